/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "issuing.h"

enum { GRAMINE_BUFFER_LEN = 8192, REST_OF_QUOTE_LEN = 436 };

static void gramine_gives_a_quote_over_all_64_bytes(void **state)
{
    auto_fake_system *f = fake_system_new(FAKE_GRAMINE);
    auto_quote_issuer *issuer = opened(f);

    (void)state;
    assert_string_equal(issuer->name, "Gramine");
    assert_int_equal(f->quotes, 0);
    for (unsigned i = 0; i < 3; i++) {
        const struct report_data data = report_data_from(i);
        auto_buf evidence = { 0 };
        issues(f, issuer, &data, &evidence);
        check_sgx_evidence(f, buf_bytes(&evidence), &data);
        assert_int_equal(f->quotes, i + 1);
    }
}

static void gramine_reads_a_quote_that_comes_in_pieces(void **state)
{
    auto_fake_system *f = fake_system_new(FAKE_GRAMINE);
    const struct report_data data = report_data_from(7);
    auto_buf evidence = { 0 };

    (void)state;
    f->read_max = 5;
    auto_quote_issuer *issuer = opened(f);
    issues(f, issuer, &data, &evidence);
    check_sgx_evidence(f, buf_bytes(&evidence), &data);
    assert_int_equal(f->quotes, 1);
}

static void gramine_makes_calls_again_that_a_signal_interrupted(void **state)
{
    static const struct fault faults[] = {
        { FAULT_OPEN, "user_report_data", EINTR, 0, 3 },
        { FAULT_WRITE, "user_report_data", EINTR, 0, 3 },
        { FAULT_OPEN, "quote", EINTR, 0, 3 },
        { FAULT_READ, "quote", EINTR, 1, 3 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(faults); i++) {
        auto_fake_system *f = fake_system_new(FAKE_GRAMINE);
        auto_quote_issuer *issuer = opened(f);
        const struct report_data data = report_data_from(9);
        auto_buf evidence = { 0 };

        f->fault = faults[i];
        f->read_max = 1000;
        issues(f, issuer, &data, &evidence);
        check_sgx_evidence(f, buf_bytes(&evidence), &data);
        assert_int_equal(f->fault.times, 0);
    }
}

static void gramine_trims_the_attestation_type(void **state)
{
    auto_fake_system *f = fake_system_new(FAKE_GRAMINE);

    (void)state;
    f->type = "dcap \n";
    auto_quote_issuer *issuer = opened(f);
    assert_string_equal(issuer->name, "Gramine");
}

static void gramine_without_attestation_is_not_found(void **state)
{
    auto_fake_system *f = fake_system_new(FAKE_GRAMINE);

    (void)state;
    f->type = "none";
    does_not_open(f, FAIL_NOT_FOUND, "sgx.remote_attestation = \"dcap\"");
    f->type = "epid";
    does_not_open(f, FAIL_NOT_FOUND, "\"epid\" is not supported");
}

static void gramine_before_1_3_has_no_type_and_still_attests(void **state)
{
    auto_fake_system *f = fake_system_new(FAKE_GRAMINE);
    const struct report_data data = report_data_from(3);
    auto_buf evidence = { 0 };

    (void)state;
    f->type = NULL;
    auto_quote_issuer *issuer = opened(f);
    issues(f, issuer, &data, &evidence);
    check_sgx_evidence(f, buf_bytes(&evidence), &data);
}

static void gramine_outside_sgx_is_not_found(void **state)
{
    auto_fake_system *f = fake_system_new(FAKE_GRAMINE);

    (void)state;
    f->type = NULL;
    f->fault = (struct fault){ FAULT_OPEN, "user_report_data", ENOENT, 0, 1 };
    does_not_open(f, FAIL_NOT_FOUND, "does not run in an SGX enclave");
}

static void gramine_whose_files_fail_is_unavailable(void **state)
{
    auto_fake_system *f = fake_system_new(FAKE_GRAMINE);

    (void)state;
    f->fault = (struct fault){ FAULT_OPEN, "attestation_type", EACCES, 0, 1 };
    does_not_open(f, FAIL_UNAVAILABLE, "attestation_type: Permission denied");
    f->fault = (struct fault){ FAULT_READ, "attestation_type", EIO, 0, 1 };
    does_not_open(f, FAIL_UNAVAILABLE, "Input/output error");
    f->type = NULL;
    f->fault = (struct fault){ FAULT_OPEN, "user_report_data", EACCES, 0, 1 };
    does_not_open(f, FAIL_UNAVAILABLE, "user_report_data: Permission denied");
}

#define DIGITS_60 "012345678901234567890123456789012345678901234567890123456789"

static void gramine_refuses_a_type_that_is_no_word(void **state)
{
    static const char *const types[] = {
        "",         "\n",           "dcap none",       "dcap\tnone",
        "dcap\x7f", "dcap\xc3\xa4", DIGITS_60 "123\n", DIGITS_60 "1234"
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(types); i++) {
        auto_fake_system *f = fake_system_new(FAKE_GRAMINE);
        f->type = types[i];
        does_not_open(f, FAIL_UNAVAILABLE, "/dev/attestation/attestation_type");
    }
    auto_fake_system *f = fake_system_new(FAKE_GRAMINE);
    f->type = DIGITS_60 "123";
    does_not_open(f, FAIL_NOT_FOUND, DIGITS_60 "123\" is not supported");
}

static void gramine_says_when_the_host_makes_no_quote(void **state)
{
    auto_fake_system *f = fake_system_new(FAKE_GRAMINE);
    auto_quote_issuer *issuer = opened(f);

    (void)state;
    f->fault = (struct fault){ FAULT_OPEN, "quote", EACCES, 0, 1 };
    does_not_issue(f, issuer, "quoting service (AESM)");
    f->fault = (struct fault){ FAULT_OPEN, "quote", ENOENT, 0, 1 };
    does_not_issue(f, issuer, "/dev/attestation/quote: No such file");
    f->fault = (struct fault){ FAULT_READ, "quote", EIO, 0, 1 };
    does_not_issue(f, issuer, "/dev/attestation/quote: Input/output error");
    /* And is as good as new afterwards. */
    const struct report_data data = report_data_from(4);
    auto_buf evidence = { 0 };
    issues(f, issuer, &data, &evidence);
}

static void gramine_never_asks_for_a_quote_over_half_the_report_data(void **state)
{
    static const struct fault faults[] = {
        { FAULT_OPEN, "user_report_data", EACCES, 0, 1 },
        { FAULT_WRITE, "user_report_data", EIO, 0, 1 },
        { FAULT_WRITE, "user_report_data", 0, 0, 1 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(faults); i++) {
        auto_fake_system *f = fake_system_new(FAKE_GRAMINE);
        auto_quote_issuer *issuer = opened(f);

        f->fault = faults[i];
        does_not_issue(f, issuer, "cannot write /dev/attestation/user_report_data");
        assert_int_equal(f->quotes, 0);
        assert_int_equal(f->counts[FAULT_WRITE], i > 0);
    }
}

static void give_another_tee(struct buf *answer)
{
    static const struct fake_quote tdx = { .tee_type = 0x81 };
    uint8_t report_data[REPORT_DATA_LEN];

    memcpy(report_data, answer->at + 368, sizeof report_data);
    buf_truncate(answer, 0);
    fake_quote_add(answer, &tdx, report_data);
}

static void change_report_data(struct buf *answer)
{
    answer->at[368 + REPORT_DATA_LEN - 1] ^= 0x80;
}

static void raise_signature_len(struct buf *answer)
{
    answer->at[REST_OF_QUOTE_LEN - 1] = 0xff;
}

static void gramine_looks_at_what_it_gets(void **state)
{
    static const struct {
        void (*spoil)(struct buf *answer);
        const char *words;
    } rows[] = {
        { empty_it, "/dev/attestation/quote is empty" },
        { cut_one_byte, "signature" },
        { add_one_byte, "1 bytes follow" },
        { raise_signature_len, "signature" },
        { give_another_tee, "another kind of TEE" },
        { change_report_data, "other report data" },
    };
    auto_fake_system *f = fake_system_new(FAKE_GRAMINE);
    auto_quote_issuer *issuer = opened(f);

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        f->spoil = rows[i].spoil;
        does_not_issue(f, issuer, rows[i].words);
    }
}

/* The wrapper must say how long the quote is, so zero bytes behind it cannot stay. */
static void gramine_cuts_zero_bytes_behind_the_quote(void **state)
{
    auto_fake_system *f = fake_system_new(FAKE_GRAMINE);
    auto_quote_issuer *issuer = opened(f);
    const struct report_data data = report_data_from(5);
    auto_buf evidence = { 0 };

    (void)state;
    f->spoil = pad_with_zeros;
    issues(f, issuer, &data, &evidence);
    check_sgx_evidence(f, buf_bytes(&evidence), &data);
}

static void gramine_refuses_a_quote_that_may_have_been_cut(void **state)
{
    auto_fake_system *f = fake_system_new(FAKE_GRAMINE);
    auto_quote_issuer *issuer = opened(f);
    const struct report_data data = report_data_from(6);
    auto_buf evidence = { 0 };

    (void)state;
    f->quote.signature_len = GRAMINE_BUFFER_LEN - 1 - REST_OF_QUOTE_LEN;
    issues(f, issuer, &data, &evidence);
    check_sgx_evidence(f, buf_bytes(&evidence), &data);
    f->quote.signature_len++;
    does_not_issue(f, issuer, "more than 8191 bytes");
    f->quote.signature_len = 300000;
    does_not_issue(f, issuer, "more than 8191 bytes");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(gramine_gives_a_quote_over_all_64_bytes),
    cmocka_unit_test(gramine_reads_a_quote_that_comes_in_pieces),
    cmocka_unit_test(gramine_makes_calls_again_that_a_signal_interrupted),
    cmocka_unit_test(gramine_trims_the_attestation_type),
    cmocka_unit_test(gramine_without_attestation_is_not_found),
    cmocka_unit_test(gramine_before_1_3_has_no_type_and_still_attests),
    cmocka_unit_test(gramine_outside_sgx_is_not_found),
    cmocka_unit_test(gramine_whose_files_fail_is_unavailable),
    cmocka_unit_test(gramine_refuses_a_type_that_is_no_word),
    cmocka_unit_test(gramine_says_when_the_host_makes_no_quote),
    cmocka_unit_test(gramine_never_asks_for_a_quote_over_half_the_report_data),
    cmocka_unit_test(gramine_looks_at_what_it_gets),
    cmocka_unit_test(gramine_cuts_zero_bytes_behind_the_quote),
    cmocka_unit_test(gramine_refuses_a_quote_that_may_have_been_cut),
};
TEST_MAIN(tests)
