/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "attestation/evidence.h"

/* The stand-in for a certificate and its vectors are those of marble-api.md, 2.1 and 7.1. */
static const uint8_t certificate[] = { 0x30, 0x03, 0x02, 0x01, 0x05 };

static void check_report_data(struct bytes nonce, const char *hash)
{
    struct err err = { 0 };
    uint8_t is[REPORT_DATA_LEN];
    auto_buf want = test_unhex(hash);

    memset(buf_grow(&want, 32), 0, 32);
    memset(is, 0xff, sizeof is);
    assert_ok(report_data_of(bytes_of(certificate, sizeof certificate), nonce, is, &err), &err);
    assert_bytes_equal(bytes_of(is, sizeof is), buf_bytes(&want));
}

static void report_data_is_the_hash_of_the_certificate_and_zeros(void **state)
{
    (void)state;
    check_report_data(BYTES_NONE,
                      "417c7763c4e320a6b747b3cb0c6d22f93741b29a32b48594b8eb4c144fe6d729");
}

static void report_data_has_the_nonce_behind_the_certificate(void **state)
{
    static const uint8_t nonce[] = { 0x01, 0x02 };

    (void)state;
    check_report_data(bytes_of(nonce, sizeof nonce),
                      "b8112605f29c6bc3b0cf874df518919957f179c47db9b1b68cc3aa1dbb0383c4");
}

static void tcb_status_has_the_word_of_the_collateral(void **state)
{
    static const struct {
        enum tcb_status status;
        const char *text;
    } rows[] = {
        { TCB_STATUS_NONE, "Unknown" },
        { TCB_UP_TO_DATE, "UpToDate" },
        { TCB_OUT_OF_DATE, "OutOfDate" },
        { TCB_REVOKED, "Revoked" },
        { TCB_CONFIGURATION_NEEDED, "ConfigurationNeeded" },
        { TCB_OUT_OF_DATE_CONFIGURATION_NEEDED, "OutOfDateConfigurationNeeded" },
        { TCB_SW_HARDENING_NEEDED, "SWHardeningNeeded" },
        { TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED, "ConfigurationAndSWHardeningNeeded" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_string_equal(tcb_status_text(rows[i].status), rows[i].text);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(report_data_is_the_hash_of_the_certificate_and_zeros),
    cmocka_unit_test(report_data_has_the_nonce_behind_the_certificate),
    cmocka_unit_test(tcb_status_has_the_word_of_the_collateral),
};
TEST_MAIN(tests)
