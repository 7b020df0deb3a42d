/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "issuing.h"

enum { SIGNATURE_LEN = 100, QUOTE_LEN = 436 + SIGNATURE_LEN, ROOM = 4000 };

static void occlum_gives_a_quote_over_all_64_bytes(void **state)
{
    auto_fake_system *f = fake_system_new(FAKE_OCCLUM);
    auto_quote_issuer *issuer = opened(f);

    (void)state;
    assert_string_equal(issuer->name, "Occlum");
    for (unsigned i = 0; i < 3; i++) {
        const struct report_data data = report_data_from(i);
        auto_buf evidence = { 0 };
        issues(f, issuer, &data, &evidence);
        check_sgx_evidence(f, buf_bytes(&evidence), &data);
    }
}

/* The device announces a fixed size and says afterwards how much of it there is. */
static void occlum_honours_the_length_that_comes_back(void **state)
{
    auto_fake_system *f = fake_system_new(FAKE_OCCLUM);
    auto_quote_issuer *issuer = opened(f);
    const struct report_data data = report_data_from(2);
    auto_buf evidence = { 0 }, padded = { 0 };

    (void)state;
    f->quote.signature_len = SIGNATURE_LEN;
    f->quote_len = ROOM;
    issues(f, issuer, &data, &evidence);
    check_sgx_evidence(f, buf_bytes(&evidence), &data);
    /* Or it does not touch the length, and zeros follow. */
    f->len_back = ROOM;
    issues(f, issuer, &data, &padded);
    check_sgx_evidence(f, buf_bytes(&padded), &data);
    f->len_back = QUOTE_LEN - 1;
    does_not_issue(f, issuer, "signature");
    f->len_back = 435;
    does_not_issue(f, issuer, "signature");
    f->len_back = ROOM + 1;
    does_not_issue(f, issuer, "4001 bytes into room for 4000");
    f->len_back = 0xffffffff;
    does_not_issue(f, issuer, "4294967295 bytes into room for 4000");
}

static void occlum_refuses_an_absurd_size(void **state)
{
    static const uint32_t sizes[] = { 1, 435, 64 * 1024 + 1, 0x7fffffff, 0xffffffff };
    auto_fake_system *f = fake_system_new(FAKE_OCCLUM);
    auto_quote_issuer *issuer = opened(f);

    (void)state;
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        f->quote_len = sizes[i];
        does_not_issue(f, issuer, "between 436 and 65536");
        assert_int_equal(f->quotes, 0);
        does_not_open(f, FAIL_UNAVAILABLE, "between 436 and 65536");
    }
    f->quote_len = 64 * 1024;
    f->quote.signature_len = 64 * 1024 - 436;
    const struct report_data data = report_data_from(2);
    auto_buf evidence = { 0 };
    issues(f, issuer, &data, &evidence);
    check_sgx_evidence(f, buf_bytes(&evidence), &data);
}

static void occlum_without_the_device_or_dcap_is_not_found(void **state)
{
    static const int errors[] = { ENOTTY, EINVAL, ENOSYS };
    auto_fake_system *f = fake_system_new(FAKE_OCCLUM);

    (void)state;
    f->fault = (struct fault){ FAULT_OPEN, "sgx", ENOENT, 0, 1 };
    does_not_open(f, FAIL_NOT_FOUND, "cannot open /dev/sgx");
    for (size_t i = 0; i < COUNT_OF(errors); i++) {
        f->fault = (struct fault){ FAULT_CONTROL, "sgx", errors[i], 0, 1 };
        does_not_open(f, FAIL_NOT_FOUND, "how long a DCAP quote is");
    }
}

static void occlum_whose_device_fails_is_unavailable(void **state)
{
    auto_fake_system *f = fake_system_new(FAKE_OCCLUM);

    (void)state;
    f->fault = (struct fault){ FAULT_OPEN, "sgx", EACCES, 0, 1 };
    does_not_open(f, FAIL_UNAVAILABLE, "/dev/sgx: Permission denied");
    f->fault = (struct fault){ FAULT_CONTROL, "sgx", EIO, 0, 1 };
    does_not_open(f, FAIL_UNAVAILABLE, "Input/output error");

    auto_quote_issuer *issuer = opened(f);
    f->fault = (struct fault){ FAULT_OPEN, "sgx", ENOENT, 0, 1 };
    does_not_issue(f, issuer, "cannot open /dev/sgx");
    f->fault = (struct fault){ FAULT_CONTROL, "sgx", EINVAL, 0, 1 };
    does_not_issue(f, issuer, "how long a DCAP quote is");
    f->fault = (struct fault){ FAULT_CONTROL, "sgx", EINVAL, 1, 1 };
    does_not_issue(f, issuer, "quoting service (AESM)");
}

static void occlum_makes_calls_again_that_a_signal_interrupted(void **state)
{
    static const struct fault faults[] = {
        { FAULT_OPEN, "sgx", EINTR, 0, 3 },
        { FAULT_CONTROL, "sgx", EINTR, 0, 3 },
        { FAULT_CONTROL, "sgx", EINTR, 1, 3 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(faults); i++) {
        auto_fake_system *f = fake_system_new(FAKE_OCCLUM);
        auto_quote_issuer *issuer = opened(f);
        const struct report_data data = report_data_from(9);
        auto_buf evidence = { 0 };

        f->fault = faults[i];
        issues(f, issuer, &data, &evidence);
        check_sgx_evidence(f, buf_bytes(&evidence), &data);
        assert_int_equal(f->fault.times, 0);
    }
}

static void change_report_data(struct buf *answer)
{
    answer->at[368] ^= 1;
}

static void change_version(struct buf *answer)
{
    answer->at[0] = 2;
}

static void occlum_looks_at_what_it_gets(void **state)
{
    auto_fake_system *f = fake_system_new(FAKE_OCCLUM);
    auto_quote_issuer *issuer = opened(f);

    (void)state;
    f->spoil = change_report_data;
    does_not_issue(f, issuer, "other report data");
    f->spoil = change_version;
    does_not_issue(f, issuer, "version 2");
    f->spoil = empty_it;
    does_not_issue(f, issuer, "input ends");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(occlum_gives_a_quote_over_all_64_bytes),
    cmocka_unit_test(occlum_honours_the_length_that_comes_back),
    cmocka_unit_test(occlum_refuses_an_absurd_size),
    cmocka_unit_test(occlum_without_the_device_or_dcap_is_not_found),
    cmocka_unit_test(occlum_whose_device_fails_is_unavailable),
    cmocka_unit_test(occlum_makes_calls_again_that_a_signal_interrupted),
    cmocka_unit_test(occlum_looks_at_what_it_gets),
};
TEST_MAIN(tests)
