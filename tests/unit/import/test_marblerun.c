/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "states.h"

static bool open_file(struct bytes data, const char *key_hex, const struct omap **values,
                      struct err *err)
{
    auto_buf key = test_unhex(key_hex);
    bool no_manifest = true;

    *err = (struct err){ 0 };
    const bool done = marblerun_open(&import_env, data, buf_bytes(&key), values, &no_manifest, err);
    assert_true(!done || !no_manifest);
    return done;
}

static void assert_value(const struct omap *values, const char *name, struct bytes want)
{
    struct bytes is;

    if (!state_value(values, name, &is))
        fail_msg("no value %s", name);
    assert_bytes_equal(is, want);
}

static void complete_state_opens_with_everything_in_it(void **state)
{
    auto_buf file = state_file("single-recovery-key.sealed_data");
    auto_buf secret = test_unhex("2a00000000000000");
    auto_omap *values = NULL;
    struct bytes value;
    struct err err = { 0 };

    (void)state;
    assert_int_equal(file.len, 7229);
    assert_ok(marblerun_check_frame(buf_bytes(&file), &err), &err);
    assert_ok(open_file(buf_bytes(&file), SINGLE_KEY, &values, &err), &err);
    assert_value(values, "state", BYTES_LITERAL("3"));
    assert_value(values, "activations:hello", BYTES_LITERAL("11"));
    assert_value(values,
                 "monotonicCounter:aGVsbG8=:ASNFZ4mrze8BI0VniavN7w==:YzE=", buf_bytes(&secret));
    assert_true(state_value(values, "user:admin", &value));
    assert_true(state_value(values, "certificate:coordinatorRootCert", &value));
    assert_true(state_value(values, "updateLog:00000000000000000000", &value));
    assert_true(bytes_start_with(value, BYTES_LITERAL("{\"time\":\"2026-01-15T12:00:00.000Z\"")));
    assert_false(state_value(values, "updateLog:00000000000000000001", &value));
    assert_false(state_value(values, "updateLog", &value));
    assert_int_equal(omap_count(values), 19);
}

static void frame_with_three_shares_opens_and_names_them(void **state)
{
    static const char *const shares[] = {
        "efe59faffd2b10071433ab72a74b9224b977cc553d617a01d0f0230cd21a55ea",
        "a95151f75b1c21d0616949080497215f47fd677df56c95ffdbe77975157c0ee7",
        "ea91718a780ab884d0df81aee694bf74f3301d792315cac4d5ac3408c844a8ba",
    };
    auto_buf file = state_file("three-xor-shares.sealed_data");
    auto_buf key = test_unhex(XOR_KEY);
    uint8_t hashes[MARBLERUN_MAX_SHARES][SHA256_LEN];
    const struct omap *values = NULL;
    bool no_manifest = false;
    size_t count = 0;
    struct err err = { 0 };

    (void)state;
    assert_ok(marblerun_share_hashes(buf_bytes(&file), hashes, &count, &err), &err);
    assert_int_equal(count, 3);
    for (size_t i = 0; i < COUNT_OF(shares); i++) {
        auto_buf share = test_unhex(shares[i]);
        uint8_t hash[SHA256_LEN];
        bool found = false;
        assert_ok(sha256(buf_bytes(&share), hash, &err), &err);
        for (size_t k = 0; k < count; k++)
            found |= memcmp(hash, hashes[k], SHA256_LEN) == 0;
        assert_true(found);
    }
    assert_ok(
        marblerun_open(&import_env, buf_bytes(&file), buf_bytes(&key), &values, &no_manifest, &err),
        &err);
    assert_true(no_manifest);
    assert_null(values);
}

/* It opens, but lacks a root key: that is said, not that the key is wrong. */
static void file_of_2020_has_no_frame_and_opens_all_the_same(void **state)
{
    auto_buf file = state_file("release-2020.sealed_data");
    uint8_t hashes[MARBLERUN_MAX_SHARES][SHA256_LEN];
    const struct omap *values = NULL;
    size_t count = 9;
    struct err err = { 0 };

    (void)state;
    assert_ok(marblerun_check_frame(buf_bytes(&file), &err), &err);
    assert_ok(marblerun_share_hashes(buf_bytes(&file), hashes, &count, &err), &err);
    assert_int_equal(count, 0);
    assert_false(open_file(buf_bytes(&file), KEY_OF_2020, &values, &err));
    assert_int_equal(err.kind, FAIL_DAMAGED);
    assert_non_null(strstr(err.text, "root key"));
}

static void wrong_keys_are_denied_whatever_their_length(void **state)
{
    static const uint8_t zeros[64];
    static const size_t lengths[] = { 0, 15, 16, 17, 24, 31, 32, 33, 64 };
    auto_buf file = state_file("single-recovery-key.sealed_data");

    (void)state;
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        const struct omap *values = NULL;
        bool no_manifest = false;
        struct err err = { 0 };
        assert_false(marblerun_open(&import_env, buf_bytes(&file), bytes_of(zeros, lengths[i]),
                                    &values, &no_manifest, &err));
        assert_int_equal(err.kind, FAIL_DENIED);
        assert_null(values);
    }
}

static void every_prefix_and_every_flipped_byte_is_refused(void **state)
{
    auto_buf file = state_file("three-xor-shares.sealed_data");
    auto_buf key = test_unhex(XOR_KEY);

    (void)state;
    for (size_t i = 0; i < 2 * file.len; i++) {
        const size_t len = i < file.len ? i : file.len;
        uint8_t *const exact = bytes_copy(bytes_of(file.at, len));
        uint8_t hashes[MARBLERUN_MAX_SHARES][SHA256_LEN];
        const struct omap *values = NULL;
        bool no_manifest = false;
        size_t count = 0;
        struct err err = { 0 };
        if (i >= file.len)
            exact[i - file.len] ^= 0x20;
        assert_true(marblerun_check_frame(bytes_of(exact, len), &err) == (len >= 28));
        if (!marblerun_share_hashes(bytes_of(exact, len), hashes, &count, &err))
            assert_int_equal(err.kind, FAIL_DAMAGED);
        /* The metadata is not authenticated: only what is behind it must be whole. */
        const bool done = marblerun_open(&import_env, bytes_of(exact, len), buf_bytes(&key),
                                         &values, &no_manifest, &err);
        if (done != (i >= file.len + 4 && i < file.len + 4 + 217))
            fail_msg("%zu: %s", i, done ? "opened" : err.text);
        free(exact);
    }
}

static void frames_that_are_too_short_are_damaged(void **state)
{
    static const uint8_t zeros[28];

    (void)state;
    for (size_t len = 0; len < 28; len++) {
        struct err err = { 0 };
        assert_false(marblerun_check_frame(bytes_of(zeros, len), &err));
        assert_int_equal(err.kind, FAIL_DAMAGED);
        assert_non_null(strstr(err.text, "missing data"));
    }
    struct err err = { 0 };
    assert_true(marblerun_check_frame(bytes_of(zeros, 28), &err));
}

/* The original wraps at 32 bits here and crashes. */
static void metadata_length_near_4_gib_is_no_frame(void **state)
{
    (void)state;
    for (uint64_t len = 0xFFFFFFF0; len <= 0xFFFFFFFF; len++) {
        uint8_t hashes[MARBLERUN_MAX_SHARES][SHA256_LEN];
        const struct omap *values = NULL;
        size_t count = 9;
        struct err err = { 0 };
        auto_buf data = { 0 };
        buf_add_u32le(&data, (uint32_t)len);
        buf_add(&data, bytes_of((const uint8_t[40]){ 0 }, 40));
        assert_ok(marblerun_share_hashes(buf_bytes(&data), hashes, &count, &err), &err);
        assert_int_equal(count, 0);
        assert_false(open_file(buf_bytes(&data), SINGLE_KEY, &values, &err));
        assert_int_equal(err.kind, FAIL_DENIED);
    }
}

static void share_hashes_refuse_what_is_no_map_of_hashes(void **state)
{
    static const char *const good[] = { "", "null", "{}" };
    static const char *const bad[] = {
        "[]",
        "true",
        "{",
        "{\"00\":true}",
        "nul",
        "{\"9a27a220933e8dd7688e39ffa26be311323445e153c4ba85eccd11a2fbe3b31g\":true}",
        "{\"9a27a220933e8dd7688e39ffa26be311323445e153c4ba85eccd11a2fbe3b31600\":true}",
    };
    uint8_t hashes[MARBLERUN_MAX_SHARES][SHA256_LEN];
    auto_buf key = test_unhex(SINGLE_KEY);
    size_t count = 0;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(good) + COUNT_OF(bad); i++) {
        const bool fits = i < COUNT_OF(good);
        const char *const metadata = fits ? good[i] : bad[i - COUNT_OF(good)];
        auto_buf data = sealed_state(metadata, BYTES_LITERAL("{}"), buf_bytes(&key));
        struct err err = { 0 };
        if (marblerun_share_hashes(buf_bytes(&data), hashes, &count, &err) != fits)
            fail_msg("%s: %s", metadata, err.text);
        assert_int_equal(err.kind, fits ? FAIL_NONE : FAIL_DAMAGED);
    }
}

static void share_hashes_stop_at_255(void **state)
{
    auto_buf key = test_unhex(SINGLE_KEY);
    uint8_t hashes[MARBLERUN_MAX_SHARES][SHA256_LEN];

    (void)state;
    for (int n = 255; n <= 256; n++) {
        auto_buf metadata = { 0 };
        size_t count = 0;
        struct err err = { 0 };
        buf_add_u8(&metadata, '{');
        for (int i = 0; i < n; i++)
            buf_add_format(&metadata, "%s\"%064x\":true", i > 0 ? "," : "", i);
        buf_add(&metadata, bytes_of("}", 2));
        auto_buf data =
            sealed_state((const char *)metadata.at, BYTES_LITERAL("{}"), buf_bytes(&key));
        assert_int_equal(marblerun_share_hashes(buf_bytes(&data), hashes, &count, &err), n == 255);
        assert_int_equal(count, 255);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(complete_state_opens_with_everything_in_it),
    cmocka_unit_test(frame_with_three_shares_opens_and_names_them),
    cmocka_unit_test(file_of_2020_has_no_frame_and_opens_all_the_same),
    cmocka_unit_test(wrong_keys_are_denied_whatever_their_length),
    cmocka_unit_test(every_prefix_and_every_flipped_byte_is_refused),
    cmocka_unit_test(frames_that_are_too_short_are_damaged),
    cmocka_unit_test(metadata_length_near_4_gib_is_no_frame),
    cmocka_unit_test(share_hashes_refuse_what_is_no_map_of_hashes),
    cmocka_unit_test(share_hashes_stop_at_255),
};

TEST_MAIN(tests)
