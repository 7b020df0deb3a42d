/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "crypto/hash.h"

/*
 * The GCM specification (McGrew and Viega), test cases 1, 4 and 16, and the sealed state of
 * state-and-recovery.md, 10.3.
 */
static const struct row {
    const char *name, *key, *nonce, *aad, *plaintext, *sealed;
} rows[] = {
    { "case 1", "00000000000000000000000000000000", "000000000000000000000000", "", "",
      "58e2fccefa7e3061367f1d57a4e7455a" },
    { "case 4", "feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
      "feedfacedeadbeeffeedfacedeadbeefabaddad2",
      "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6"
      "b525b16aedf5aa0de657ba637b39",
      "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84"
      "aa051ba30b396a0aac973d58e0915bc94fbc3221a5db94fae95ae7121a47" },
    { "case 16", "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
      "cafebabefacedbaddecaf888", "feedfacedeadbeeffeedfacedeadbeefabaddad2",
      "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6"
      "b525b16aedf5aa0de657ba637b39",
      "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b105682"
      "8838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b" },
    { "sealed_data", "ac25bfd2de3d8953a58563d445480c0f0dbab651eb18253adebb6e710f22f3b7",
      "101112131415161718191a1b", "",
      "7b227374617465223a224d773d3d222c227570646174654c6f67223a22227d",
      "fb0fd601d657a838245725c66cc4ccbeb4e341f22878dfda91f4464cabd388ca833213e0ec2e19ee20aae07b53fe"
      "63" },
};

struct parts {
    struct buf key, nonce, aad, plaintext, sealed;
};

static struct parts parts_of(const struct row *row)
{
    return (struct parts){ test_unhex(row->key), test_unhex(row->nonce), test_unhex(row->aad),
                           test_unhex(row->plaintext), test_unhex(row->sealed) };
}

static void parts_clear(struct parts *p)
{
    buf_clear(&p->key);
    buf_clear(&p->nonce);
    buf_clear(&p->aad);
    buf_clear(&p->plaintext);
    buf_clear(&p->sealed);
}

static void aead_matches_known_answers_both_ways(void **state)
{
    struct err err = { 0 };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct parts p = parts_of(&rows[i]);
        auto_buf out = { 0 };
        print_message("# %s\n", rows[i].name);
        buf_add_string(&out, "head");
        assert_ok(aead_seal(buf_bytes(&p.key), p.nonce.at, buf_bytes(&p.aad),
                            buf_bytes(&p.plaintext), &out, &err),
                  &err);
        assert_memory_equal(out.at, "head", 4);
        assert_bytes_equal(bytes_of(out.at + 4, out.len - 4), buf_bytes(&p.sealed));
        buf_truncate(&out, 4);
        assert_ok(aead_open(buf_bytes(&p.key), p.nonce.at, buf_bytes(&p.aad), buf_bytes(&p.sealed),
                            &out, &err),
                  &err);
        assert_memory_equal(out.at, "head", 4);
        assert_bytes_equal(bytes_of(out.at + 4, out.len - 4), buf_bytes(&p.plaintext));
        parts_clear(&p);
    }
}

static void assert_refused(const struct parts *p, struct bytes sealed)
{
    struct err err = { 0 };
    auto_buf out = { 0 };

    buf_add_string(&out, "head");
    assert_false(
        aead_open(buf_bytes(&p->key), p->nonce.at, buf_bytes(&p->aad), sealed, &out, &err));
    assert_int_equal(err.kind, FAIL_DAMAGED);
    assert_int_equal(out.len, 4);
}

static void aead_open_refuses_every_changed_bit_and_appends_nothing(void **state)
{
    struct parts p = parts_of(&rows[2]);
    struct buf *const inputs[] = { &p.key, &p.nonce, &p.aad, &p.sealed };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(inputs); i++) {
        for (size_t bit = 0; bit < 8 * inputs[i]->len; bit++) {
            inputs[i]->at[bit / 8] ^= (uint8_t)(1 << bit % 8);
            assert_refused(&p, buf_bytes(&p.sealed));
            inputs[i]->at[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
    }
    parts_clear(&p);
}

static void aead_open_refuses_every_prefix(void **state)
{
    struct parts p = parts_of(&rows[3]);

    (void)state;
    for (size_t len = 0; len < p.sealed.len; len++) {
        uint8_t *const exact = bytes_copy(bytes_of(p.sealed.at, len));
        assert_refused(&p, bytes_of(exact, len));
        free(exact);
    }
    assert_refused(&p, BYTES_NONE);
    parts_clear(&p);
}

static void aead_refuses_keys_of_other_lengths(void **state)
{
    const uint8_t key[33] = { 0 }, nonce[AEAD_NONCE_LEN] = { 0 }, sealed[32] = { 0 };

    (void)state;
    for (size_t len = 0; len <= sizeof key; len++) {
        struct err err = { 0 };
        auto_buf out = { 0 };
        if (len == 16 || len == 32)
            continue;
        assert_false(aead_seal(bytes_of(key, len), nonce, BYTES_NONE, BYTES_NONE, &out, &err));
        assert_int_equal(err.kind, FAIL_INTERNAL);
        assert_false(aead_open(bytes_of(key, len), nonce, BYTES_NONE,
                               bytes_of(sealed, sizeof sealed), &out, &err));
        assert_int_equal(err.kind, FAIL_DAMAGED);
        assert_int_equal(out.len, 0);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(aead_matches_known_answers_both_ways),
    cmocka_unit_test(aead_open_refuses_every_changed_bit_and_appends_nothing),
    cmocka_unit_test(aead_open_refuses_every_prefix),
    cmocka_unit_test(aead_refuses_keys_of_other_lengths),
};

TEST_MAIN(tests)
