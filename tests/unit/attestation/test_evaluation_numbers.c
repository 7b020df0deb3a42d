/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "attestation/evaluation_numbers.h"

#define FMSPC_A BYTES_LITERAL("\x00\xc0\xff\xee\x00\x01")
#define FMSPC_B BYTES_LITERAL("\x00\xc0\xff\xee\x00\x02")
enum { RECORD_LEN = 15 };

static void the_highest_number_of_each_platform_stays(void **state)
{
    struct evaluation_numbers n = { 0 };

    (void)state;
    assert_true(evaluation_numbers_least(&n, TEE_SGX, FMSPC_A) == UINT64_MAX);
    evaluation_numbers_note(&n, TEE_SGX, FMSPC_A, 17);
    evaluation_numbers_note(&n, TEE_TDX, FMSPC_A, 20);
    evaluation_numbers_note(&n, TEE_SGX, FMSPC_B, 0);
    assert_true(n.risen);
    n.risen = false;
    evaluation_numbers_note(&n, TEE_SGX, FMSPC_A, 17);
    evaluation_numbers_note(&n, TEE_SGX, FMSPC_A, 3);
    assert_false(n.risen);
    assert_int_equal(evaluation_numbers_least(&n, TEE_SGX, FMSPC_A), 17);
    assert_int_equal(evaluation_numbers_least(&n, TEE_TDX, FMSPC_A), 20);
    assert_int_equal(evaluation_numbers_least(&n, TEE_SGX, FMSPC_B), 0);
}

static void a_platform_without_room_has_no_collateral(void **state)
{
    static struct evaluation_numbers n;
    uint8_t fmspc[NUMBER_FMSPC_LEN] = { 0 };

    (void)state;
    for (unsigned i = 0; i <= EVALUATION_NUMBERS_MAX; i++) {
        fmspc[0] = (uint8_t)i;
        fmspc[1] = (uint8_t)(i >> 8);
        evaluation_numbers_note(&n, TEE_SGX, bytes_of(fmspc, sizeof fmspc), 1);
    }
    assert_int_equal(n.count, EVALUATION_NUMBERS_MAX);
    assert_true(evaluation_numbers_least(&n, TEE_SGX, bytes_of(fmspc, sizeof fmspc)) == UINT64_MAX);
    assert_int_equal(evaluation_numbers_least(&n, TEE_SGX, bytes_of(n.at[7].fmspc, 6)), 1);
}

static void what_was_written_is_read_and_lowers_nothing(void **state)
{
    struct evaluation_numbers n = { 0 }, m = { 0 };
    auto_buf text = { 0 };
    struct err err = { 0 };

    (void)state;
    evaluation_numbers_note(&n, TEE_SGX, FMSPC_A, 17);
    evaluation_numbers_note(&n, TEE_TDX, FMSPC_B, UINT64_MAX - 1);
    evaluation_numbers_put(&n, &text);
    assert_false(n.risen);
    assert_bytes_equal(
        buf_bytes(&text),
        BYTES_LITERAL("\x01"
                      "\x01\x00\xc0\xff\xee\x00\x01\x11\x00\x00\x00\x00\x00\x00\x00"
                      "\x02\x00\xc0\xff\xee\x00\x02\xfe\xff\xff\xff\xff\xff\xff\xff"));
    evaluation_numbers_note(&m, TEE_SGX, FMSPC_A, 18);
    assert_ok(evaluation_numbers_read(&m, buf_bytes(&text), &err), &err);
    assert_int_equal(evaluation_numbers_least(&m, TEE_SGX, FMSPC_A), 18);
    assert_true(evaluation_numbers_least(&m, TEE_TDX, FMSPC_B) == UINT64_MAX - 1);
}

static void what_is_damaged_notes_nothing(void **state)
{
    struct evaluation_numbers n = { 0 };
    auto_buf text = { 0 };
    struct err err = { 0 };

    (void)state;
    evaluation_numbers_note(&n, TEE_SGX, FMSPC_A, 17);
    evaluation_numbers_note(&n, TEE_SGX, FMSPC_B, 18);
    evaluation_numbers_put(&n, &text);
    for (size_t len = 0; len < text.len; len++) {
        uint8_t *const exact = bytes_copy(bytes_of(text.at, len));
        struct evaluation_numbers m = { 0 };
        const bool whole = len > 0 && (len - 1) % RECORD_LEN == 0;
        assert_int_equal(evaluation_numbers_read(&m, bytes_of(exact, len), &err), whole);
        assert_int_equal(m.count, whole ? (len - 1) / RECORD_LEN : 0);
        free(exact);
    }
    for (size_t at = 0; at <= 1 + RECORD_LEN; at += at == 0 ? 1 : RECORD_LEN) {
        struct evaluation_numbers m = { 0 };
        text.at[at] ^= 0x40; /* form, TEE, TEE */
        assert_false(evaluation_numbers_read(&m, buf_bytes(&text), &err));
        assert_int_equal(err.kind, FAIL_MALFORMED);
        assert_int_equal(m.count, 0);
        text.at[at] ^= 0x40;
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(the_highest_number_of_each_platform_stays),
    cmocka_unit_test(a_platform_without_room_has_no_collateral),
    cmocka_unit_test(what_was_written_is_read_and_lowers_nothing),
    cmocka_unit_test(what_is_damaged_notes_nothing),
};

TEST_MAIN(tests)
