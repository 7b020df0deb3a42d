/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "crypto/hash.h"

/* Hex of `is` against the text `want`, so that a failure shows both. */
static void assert_hex(struct bytes is, const char *want)
{
    auto_buf wanted = test_unhex(want);

    assert_bytes_equal(is, buf_bytes(&wanted));
}

static void sha256_matches_known_answers(void **state)
{
    uint8_t digest[SHA256_LEN];
    struct err err = { 0 };

    (void)state;
    assert_ok(sha256(BYTES_NONE, digest, &err), &err);
    assert_hex(bytes_of(digest, sizeof digest),
               "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_ok(sha256(BYTES_LITERAL("AwACAA==UpToDate"), digest, &err), &err);
    assert_hex(bytes_of(digest, sizeof digest),
               "0c91af02b0f5f1290e71b0498f3a2b8f6dc78a65edb208e8ff0d4c645b2f99b0");
}

static void sha256_hex_is_the_fingerprint_of_a_manifest(void **state)
{
    const struct bytes manifest = BYTES_LITERAL(
        "{\"Packages\":{\"app\":{\"UniqueID\":\"00\"}},\"Marbles\":{\"m\":{\"Package\":\"app\"}}}");
    char hex[2 * SHA256_LEN + 1];
    struct err err = { 0 };

    (void)state;
    assert_int_equal(manifest.len, 72);
    assert_ok(sha256_hex(manifest, hex, &err), &err);
    assert_string_equal(hex, "834abb2275819ce5b64630773f6a6b599f1e0c683eecf5c9206b339e4e6e2804");
}

static void sha256_parts_is_the_hash_of_the_whole(void **state)
{
    const struct bytes parts[] = { BYTES_LITERAL("a"), BYTES_NONE, BYTES_LITERAL("bc") };
    uint8_t digest[SHA256_LEN];
    struct err err = { 0 };

    (void)state;
    assert_ok(sha256_parts(parts, COUNT_OF(parts), digest, &err), &err);
    assert_hex(bytes_of(digest, sizeof digest),
               "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_ok(sha256_parts(NULL, 0, digest, &err), &err);
    assert_hex(bytes_of(digest, sizeof digest),
               "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

/* RFC 4231, cases 1, 2 and 7; the last row is the empty key over the empty message. */
static void hmac_sha256_matches_rfc_4231(void **state)
{
    static const struct {
        const char *key, *message, *mac;
    } rows[] = {
        { "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265",
          "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
        { "4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
          "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
        { "", "", "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad" },
    };
    uint8_t mac[SHA256_LEN];
    struct err err = { 0 };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        auto_buf key = test_unhex(rows[i].key);
        auto_buf message = test_unhex(rows[i].message);
        const size_t half = message.len / 2;
        const struct bytes parts[] = { bytes_of(message.at, half),
                                       bytes_of(half == 0 ? message.at : message.at + half,
                                                message.len - half) };
        assert_ok(hmac_sha256(buf_bytes(&key), parts, COUNT_OF(parts), mac, &err), &err);
        assert_hex(bytes_of(mac, sizeof mac), rows[i].mac);
    }
}

/* RFC 5869, A.1 and A.3. */
static void hkdf_sha256_matches_rfc_5869(void **state)
{
    auto_buf ikm = test_unhex("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b");
    auto_buf salt = test_unhex("000102030405060708090a0b0c");
    auto_buf info = test_unhex("f0f1f2f3f4f5f6f7f8f9");
    uint8_t out[42];
    struct err err = { 0 };

    (void)state;
    assert_ok(
        hkdf_sha256(buf_bytes(&ikm), buf_bytes(&salt), buf_bytes(&info), out, sizeof out, &err),
        &err);
    assert_hex(bytes_of(out, sizeof out), "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56"
                                          "ecc4c5bf34007208d5b887185865");
    assert_ok(hkdf_sha256(buf_bytes(&ikm), BYTES_NONE, BYTES_NONE, out, sizeof out, &err), &err);
    assert_hex(bytes_of(out, sizeof out), "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f"
                                          "3c738d2d9d201395faa4b61a96c8");
}

/* manifest.md, 7.5 */
static void hkdf_sha256_derives_the_secrets_of_marbles(void **state)
{
    static const struct {
        const char *name, *info;
        size_t len;
        const char *key;
    } rows[] = {
        { "symp", "m", 32, "cd6c84488c5e2b62c51161647dab250907e37fcca95dbc72460f93eb9c50b7cc" },
        { "symp", "", 32, "cd95650d2b3241e412e47ab6fef765cf561d09dbbed75aaa7f7fbdb4255ddf06" },
        { "diskKey", "backend", 16, "838e57a8b51185eab752c65187125b15" },
        { "diskKey", "backend", 48,
          "838e57a8b51185eab752c65187125b158a115aa3925f26ee6bc1954236c94cd0"
          "c226ad37734f994bd739217a83f850a9" },
    };
    auto_buf root = test_unhex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
    struct err err = { 0 };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        auto_buf salt = { 0 };
        uint8_t key[48];
        buf_add_string(&salt, "b8f5b5b0-0000-4000-8000-0000000000aa");
        buf_add_string(&salt, rows[i].name);
        assert_ok(hkdf_sha256(buf_bytes(&root), buf_bytes(&salt), bytes_of_string(rows[i].info),
                              key, rows[i].len, &err),
                  &err);
        assert_hex(bytes_of(key, rows[i].len), rows[i].key);
    }
}

static void hkdf_sha256_gives_up_to_255_blocks(void **state)
{
    uint8_t *const out = mem_alloc(255 * 32 + 1);
    struct err err = { 0 };

    (void)state;
    assert_ok(hkdf_sha256(BYTES_LITERAL("k"), BYTES_NONE, BYTES_NONE, out, (size_t)255 * 32, &err),
              &err);
    assert_false(hkdf_sha256(BYTES_LITERAL("k"), BYTES_NONE, BYTES_NONE, out, 255 * 32 + 1, &err));
    assert_int_equal(err.kind, FAIL_INTERNAL);
    free(out);
}

/* RFC 3720, B.4, and the check value that tables of CRCs give. */
static void crc32c_matches_known_answers(void **state)
{
    uint8_t block[32];

    (void)state;
    assert_int_equal(crc32c(BYTES_NONE), 0);
    assert_int_equal(crc32c(BYTES_LITERAL("123456789")), 0xe3069283);
    memset(block, 0, sizeof block);
    assert_int_equal(crc32c(bytes_of(block, sizeof block)), 0x8a9136aa);
    memset(block, 0xff, sizeof block);
    assert_int_equal(crc32c(bytes_of(block, sizeof block)), 0x62a8ab43);
    for (uint8_t i = 0; i < sizeof block; i++)
        block[i] = i;
    assert_int_equal(crc32c(bytes_of(block, sizeof block)), 0x46dd794e);
    for (uint8_t i = 0; i < sizeof block; i++)
        block[i] = (uint8_t)(31 - i);
    assert_int_equal(crc32c(bytes_of(block, sizeof block)), 0x113fdb5c);
}

static uint32_t le32(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

/* high-availability.md, 11.7: a record ends with its CRC and its length. */
static void crc32c_matches_the_worked_journal_records(void **state)
{
    static const char *const records[] = {
        "4d524a52950000002a00000000000000010100001d00000000de86c19b0100008f52352b653459c524e9afae35"
        "67"
        "ce942b2bc3978c3f06bb40a57ceb90c9d7d40f33c855e003fd58dd72169289296033cb7efb43649a3582446507"
        "c6"
        "008469d65d4e840182c4be1770454fdaa9f3d923cb99a5ebeaf9964094df8b82fbe026ffa8596ab95a3c4dade4"
        "61"
        "2a5a367da44d5295000000",
        "4d524a52a90000002b000000000000000101000031000000e8e186c19b0100003af7382be6d67b5ffc21939d86"
        "1d"
        "e0111b5650c7809ea6a5addd43712611661ab65649c1b9cb53358764f550a28b1ee14089b27643bd6a69dd0a8d"
        "ca"
        "0881f4e4581946b63879ec794ccb6b95482d2e5f3fc89b451e256d372181fc4bbd030ac438a78ac1518b556905"
        "f8"
        "b8f34c2f4808dcc3d472e3f4a85c5d4733a88954d59515ce831516a9000000",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(records); i++) {
        auto_buf record = test_unhex(records[i]);
        assert_int_equal(le32(record.at + record.len - 4), record.len);
        assert_int_equal(crc32c(bytes_of(record.at, record.len - 8)),
                         le32(record.at + record.len - 8));
    }
}

static void random_bytes_fills_all_of_it_anew(void **state)
{
    uint8_t a[64] = { 0 }, b[64] = { 0 };
    struct err err = { 0 };

    (void)state;
    assert_ok(random_bytes(a, sizeof a, &err), &err);
    assert_ok(random_bytes(b, sizeof b, &err), &err);
    assert_memory_not_equal(a, b, sizeof a);
    assert_memory_not_equal(a + 56, (const uint8_t[8]){ 0 }, 8);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(sha256_matches_known_answers),
    cmocka_unit_test(sha256_hex_is_the_fingerprint_of_a_manifest),
    cmocka_unit_test(sha256_parts_is_the_hash_of_the_whole),
    cmocka_unit_test(hmac_sha256_matches_rfc_4231),
    cmocka_unit_test(hkdf_sha256_matches_rfc_5869),
    cmocka_unit_test(hkdf_sha256_derives_the_secrets_of_marbles),
    cmocka_unit_test(hkdf_sha256_gives_up_to_255_blocks),
    cmocka_unit_test(crc32c_matches_known_answers),
    cmocka_unit_test(crc32c_matches_the_worked_journal_records),
    cmocka_unit_test(random_bytes_fills_all_of_it_anew),
};

TEST_MAIN(tests)
