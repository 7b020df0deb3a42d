/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "issuing.h"

static void check_tdx(const struct fake_system *f, struct bytes evidence,
                      const struct report_data *data)
{
    auto_buf want = { 0 };

    fake_quote_add(&want, &f->quote, data->at);
    assert_bytes_equal(evidence, buf_bytes(&want));
}

static void check_snp(const struct fake_system *f, struct bytes evidence,
                      const struct report_data *data, bool has_certificates)
{
    auto_buf want = { 0 };

    fake_snp_report_add(&want, f->guest_level, data->at);
    assert_int_equal(want.len, SNP_REPORT_LEN);
    if (has_certificates)
        fake_certificate_table_add(&want);
    assert_bytes_equal(evidence, buf_bytes(&want));
}

static void tdx_gives_the_quote_as_it_is(void **state)
{
    static const struct fake_quote shapes[] = {
        { .version = 4, .tee_type = 0x81 },
        { .version = 5, .tee_type = 0x81, .body_type = 2 },
        { .version = 5, .tee_type = 0x81, .body_type = 3 },
    };
    auto_fake_system *f = fake_system_new(FAKE_TDX);
    auto_quote_issuer *issuer = opened(f);

    (void)state;
    assert_string_equal(issuer->name, "TDX");
    assert_int_equal(f->quotes, 0);
    for (unsigned i = 0; i < COUNT_OF(shapes); i++) {
        const struct report_data data = report_data_from(i);
        auto_buf evidence = { 0 };

        f->quote = shapes[i];
        issues(f, issuer, &data, &evidence);
        check_tdx(f, buf_bytes(&evidence), &data);
        assert_int_equal(f->quotes, i + 1);
    }
}

static void tdx_cuts_zero_bytes_behind_the_quote(void **state)
{
    auto_fake_system *f = fake_system_new(FAKE_TDX);
    auto_quote_issuer *issuer = opened(f);
    const struct report_data data = report_data_from(1);
    auto_buf evidence = { 0 };

    (void)state;
    f->spoil = pad_with_zeros;
    f->read_max = 11;
    issues(f, issuer, &data, &evidence);
    check_tdx(f, buf_bytes(&evidence), &data);
}

static void snp_gives_the_report_and_the_certificates_of_the_host(void **state)
{
    auto_fake_system *f = fake_system_new(FAKE_SNP);
    auto_quote_issuer *issuer = opened(f);
    const struct report_data data = report_data_from(1);
    auto_buf whole = { 0 }, empty = { 0 }, absent = { 0 };

    (void)state;
    assert_string_equal(issuer->name, "SEV-SNP");
    issues(f, issuer, &data, &whole);
    check_snp(f, buf_bytes(&whole), &data, true);
    f->auxblob_empty = true;
    issues(f, issuer, &data, &empty);
    check_snp(f, buf_bytes(&empty), &data, false);
    f->has_auxblob = false;
    issues(f, issuer, &data, &absent);
    check_snp(f, buf_bytes(&absent), &data, false);
    assert_int_equal(f->quotes, 3);
}

static void snp_asks_at_the_level_of_the_guest(void **state)
{
    auto_fake_system *f = fake_system_new(FAKE_SNP);
    auto_quote_issuer *issuer = opened(f);
    const struct report_data data = report_data_from(1);
    auto_buf floor_2 = { 0 }, none = { 0 };

    (void)state;
    f->guest_level = 2;
    f->floor = "2";
    issues(f, issuer, &data, &floor_2);
    check_snp(f, buf_bytes(&floor_2), &data, true);
    f->guest_level = 0;
    f->floor = NULL;
    issues(f, issuer, &data, &none);
    check_snp(f, buf_bytes(&none), &data, true);
    f->floor = "7";
    does_not_issue(f, issuer, "privlevel: Invalid argument");
    f->floor = "";
    does_not_issue(f, issuer, "privlevel_floor does not hold one short word");
}

static void tsm_knows_its_providers(void **state)
{
    static const struct {
        enum fake_machine machine;
        const char *provider, *name;
    } rows[] = {
        { FAKE_TDX, "tdx_guest", "TDX" },
        { FAKE_SNP, "sev_guest", "SEV-SNP" },
        { FAKE_SNP, "sev-guest", "SEV-SNP" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        auto_fake_system *f = fake_system_new(rows[i].machine);
        f->provider = rows[i].provider;
        auto_quote_issuer *issuer = opened(f);
        assert_string_equal(issuer->name, rows[i].name);
    }
    auto_fake_system *f = fake_system_new(FAKE_TDX);
    f->provider = "arm_cca_guest";
    does_not_open(f, FAIL_NOT_FOUND, "arm_cca_guest, is not supported");
    f->provider = "tdx_guest2";
    does_not_open(f, FAIL_NOT_FOUND, "tdx_guest2, is not supported");
    f->provider = "tdx_guest\nsev_guest";
    does_not_open(f, FAIL_UNAVAILABLE, "does not hold one short word");
}

static void tsm_without_a_driver_is_not_found(void **state)
{
    auto_fake_system *plain = fake_system_new(FAKE_PLAIN);
    auto_fake_system *idle = fake_system_new(FAKE_TDX);

    (void)state;
    does_not_open(plain, FAIL_NOT_FOUND, "no TEE found here: there is no /sys/kernel/config/tsm");
    idle->provider = NULL;
    does_not_open(idle, FAIL_NOT_FOUND, "no TEE found here: no TEE driver has registered");
    assert_int_equal(idle->counts[FAULT_OPEN], 0);
}

static void tsm_says_why_it_makes_no_entry(void **state)
{
    static const struct {
        int error;
        const char *words;
    } rows[] = {
        { EACCES, "needs root" },
        { EPERM, "needs root" },
        { EROFS, "Read-only file system" },
        { ENOMEM, "Cannot allocate memory" },
    };
    auto_fake_system *f = fake_system_new(FAKE_SNP);
    auto_quote_issuer *issuer = opened(f);

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        f->fault = (struct fault){ FAULT_MKDIR, NULL, rows[i].error, 0, 1 };
        does_not_open(f, FAIL_UNAVAILABLE, rows[i].words);
        f->fault.times = 1;
        does_not_issue(f, issuer, rows[i].words);
    }
    /* A driver that goes away while the program runs. */
    f->provider = NULL;
    does_not_issue(f, issuer, "no TEE driver has registered");
}

static void tsm_takes_another_name_when_one_is_taken(void **state)
{
    auto_fake_system *f = fake_system_new(FAKE_TDX);
    auto_quote_issuer *issuer = opened(f);
    const struct report_data data = report_data_from(1);
    auto_buf evidence = { 0 };

    (void)state;
    f->fault = (struct fault){ FAULT_MKDIR, NULL, EEXIST, 0, 3 };
    issues(f, issuer, &data, &evidence);
    check_tdx(f, buf_bytes(&evidence), &data);
    f->fault.times = 4;
    does_not_issue(f, issuer, "File exists");
}

static void tsm_makes_calls_again_that_a_signal_interrupted(void **state)
{
    static const struct fault faults[] = {
        { FAULT_MKDIR, NULL, EINTR, 0, 9 },        { FAULT_OPEN, "inblob", EINTR, 0, 3 },
        { FAULT_WRITE, "inblob", EINTR, 0, 3 },    { FAULT_OPEN, "outblob", EINTR, 0, 3 },
        { FAULT_READ, "outblob", EINTR, 0, 3 },    { FAULT_READ, "outblob", EINTR, 2, 3 },
        { FAULT_READ, "auxblob", EINTR, 0, 3 },    { FAULT_READ, "generation", EINTR, 0, 3 },
        { FAULT_WRITE, "privlevel", EINTR, 0, 3 }, { FAULT_RMDIR, NULL, EINTR, 0, 3 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(faults); i++) {
        auto_fake_system *f = fake_system_new(FAKE_SNP);
        auto_quote_issuer *issuer = opened(f);
        const struct report_data data = report_data_from(9);
        auto_buf evidence = { 0 };

        f->fault = faults[i];
        f->read_max = 100;
        f->floor = "1";
        f->guest_level = 1;
        issues(f, issuer, &data, &evidence);
        check_snp(f, buf_bytes(&evidence), &data, true);
        assert_int_equal(f->fault.times, 0);
        assert_int_equal(f->quotes, 1);
    }
}

static void tsm_says_what_went_wrong_with_the_answer(void **state)
{
    static const struct {
        int error;
        const char *words;
    } rows[] = {
        { EBUSY, "still works on an earlier request" }, { ETIMEDOUT, "did not answer in time" },
        { EIO, "the host or the platform failed" },     { EFBIG, "larger than 1048576 bytes" },
        { ENXIO, "outblob: No such device" },
    };
    auto_fake_system *f = fake_system_new(FAKE_TDX);
    auto_quote_issuer *issuer = opened(f);

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const unsigned before = f->counts[FAULT_MKDIR];
        f->fault = (struct fault){ FAULT_READ, "outblob", rows[i].error, 0, 1 };
        does_not_issue(f, issuer, rows[i].words);
        assert_int_equal(f->counts[FAULT_MKDIR], before + 1);
    }
}

/* Each step of a whole conversation fails once: the entry goes, the text names the attribute. */
static void tsm_removes_its_entry_whatever_fails(void **state)
{
    static const char *const names[] = { "generation", "privlevel_floor", "privlevel",
                                         "inblob",     "outblob",         "auxblob" };
    static const enum fault_call calls[] = { FAULT_OPEN, FAULT_READ, FAULT_WRITE };
    unsigned failures = 0;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(names) * COUNT_OF(calls) * 2; i++) {
        auto_fake_system *f = fake_system_new(FAKE_SNP);
        const char *const name = names[i / 2 / COUNT_OF(calls)];
        const struct report_data data = report_data_from(1);
        auto_buf evidence = { 0 };
        struct err err = { 0 };

        f->floor = "1";
        auto_quote_issuer *issuer = opened(f);
        f->fault =
            (struct fault){ calls[i / 2 % COUNT_OF(calls)], name, EPERM, (unsigned)(i % 2), 1 };
        if (issuer_issue(issuer, data.at, &evidence, &err))
            continue;
        assert_non_null(strstr(err.text, name));
        check_error(f, &err, FAIL_UNAVAILABLE, "Operation not permitted");
        assert_int_equal(evidence.len, 0);
        failures++;
    }
    /* generation, which is read twice, fails at 4 calls; the floor and both answers at 3, the last
     * of them the read that finds the end; privlevel and inblob at 2. */
    assert_int_equal(failures, 4 + 3 * 3 + 2 * 2);
}

static void tsm_leaves_the_evidence_alone_when_rmdir_fails(void **state)
{
    auto_fake_system *f = fake_system_new(FAKE_TDX);
    auto_quote_issuer *issuer = opened(f);
    const struct report_data data = report_data_from(1);
    auto_buf evidence = { 0 };
    struct err err = { 0 };

    (void)state;
    f->fault = (struct fault){ FAULT_RMDIR, NULL, EBUSY, 0, 1 };
    assert_ok(issuer_issue(issuer, data.at, &evidence, &err), &err);
    check_tdx(f, buf_bytes(&evidence), &data);
    assert_int_equal(fake_system_left(f), 1);
}

static void tsm_asks_again_when_another_process_wrote_to_its_entry(void **state)
{
    auto_fake_system *tdx = fake_system_new(FAKE_TDX), *snp = fake_system_new(FAKE_SNP);
    struct fake_system *const both[] = { tdx, snp };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(both); i++) {
        struct fake_system *const f = both[i];
        auto_quote_issuer *issuer = opened(f);
        const struct report_data data = report_data_from(1);
        auto_buf evidence = { 0 };

        f->disturbances = 3;
        issues(f, issuer, &data, &evidence);
        if (f == tdx)
            check_tdx(f, buf_bytes(&evidence), &data);
        else
            check_snp(f, buf_bytes(&evidence), &data, true);
        assert_int_equal(f->disturbances, 0);
        f->disturbances = 1000;
        does_not_issue(f, issuer, "another process wrote to it");
    }
}

/* An error at the close of inblob is silent. */
static void tsm_notices_a_write_that_got_lost(void **state)
{
    auto_fake_system *f = fake_system_new(FAKE_TDX);
    auto_quote_issuer *issuer = opened(f);
    const struct report_data data = report_data_from(1);
    auto_buf evidence = { 0 };

    (void)state;
    f->lost_writes = 3;
    issues(f, issuer, &data, &evidence);
    check_tdx(f, buf_bytes(&evidence), &data);
    f->lost_writes = 1000;
    does_not_issue(f, issuer, "lost the report data");
    /* Half of it is no better than none. */
    f->lost_writes = 0;
    f->fault = (struct fault){ FAULT_WRITE, "inblob", 0, 0, 1 };
    does_not_issue(f, issuer, "cannot write");
}

static void tsm_counts_generations_over_the_end_of_64_bits(void **state)
{
    static const uint64_t starts[] = { 1, 0x7fffffffffffffff, UINT64_MAX };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(starts); i++) {
        auto_fake_system *f = fake_system_new(FAKE_TDX);
        auto_quote_issuer *issuer = opened(f);
        const struct report_data data = report_data_from(1);
        auto_buf evidence = { 0 };

        f->first_generation = starts[i];
        issues(f, issuer, &data, &evidence);
        assert_int_equal(f->quotes, 1);
    }
}

static void tsm_refuses_a_generation_that_is_no_number(void **state)
{
    static const char *const texts[] = {
        "", "-1", "+1", "0x1", "1a", "18446744073709551616", "1 2"
    };
    auto_fake_system *f = fake_system_new(FAKE_TDX);
    auto_quote_issuer *issuer = opened(f);

    (void)state;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        f->generation = texts[i];
        does_not_issue(f, issuer, "generation");
        assert_int_equal(f->quotes, 0);
    }
}

static void change_td_report_data(struct buf *answer)
{
    answer->at[568 + 63] ^= 1;
}

static void give_sgx_quote(struct buf *answer)
{
    static const struct fake_quote sgx = { .version = 4 };
    uint8_t report_data[REPORT_DATA_LEN];

    memcpy(report_data, answer->at + 568, sizeof report_data);
    buf_truncate(answer, 0);
    fake_quote_add(answer, &sgx, report_data);
}

static void make_huge(struct buf *answer)
{
    memset(buf_grow(answer, 1024 * 1024), 0, 1024 * 1024);
}

static void tdx_looks_at_what_it_gets(void **state)
{
    static const struct {
        void (*spoil)(struct buf *answer);
        const char *words;
    } rows[] = {
        { empty_it, "input ends" },
        { cut_one_byte, "signature" },
        { add_one_byte, "1 bytes follow" },
        { give_sgx_quote, "another kind of TEE" },
        { change_td_report_data, "other report data" },
        { make_huge, "larger than 1048576 bytes" },
    };
    auto_fake_system *f = fake_system_new(FAKE_TDX);
    auto_quote_issuer *issuer = opened(f);

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        f->spoil = rows[i].spoil;
        does_not_issue(f, issuer, rows[i].words);
    }
}

static void change_snp_report_data(struct buf *answer)
{
    answer->at[0x50] ^= 1;
}

static void snp_looks_at_what_it_gets(void **state)
{
    static const struct {
        void (*spoil)(struct buf *answer);
        const char *words;
    } rows[] = {
        { empty_it, "1184 bytes, but this one has 0" },
        { cut_one_byte, "1184 bytes, but this one has 1183" },
        { add_one_byte, "1184 bytes, but this one has 1185" },
        { change_snp_report_data, "other report data" },
        { make_huge, "larger than 1048576 bytes" },
    };
    auto_fake_system *f = fake_system_new(FAKE_SNP);
    auto_quote_issuer *issuer = opened(f);

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        f->spoil = rows[i].spoil;
        does_not_issue(f, issuer, rows[i].words);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(tdx_gives_the_quote_as_it_is),
    cmocka_unit_test(tdx_cuts_zero_bytes_behind_the_quote),
    cmocka_unit_test(snp_gives_the_report_and_the_certificates_of_the_host),
    cmocka_unit_test(snp_asks_at_the_level_of_the_guest),
    cmocka_unit_test(tsm_knows_its_providers),
    cmocka_unit_test(tsm_without_a_driver_is_not_found),
    cmocka_unit_test(tsm_says_why_it_makes_no_entry),
    cmocka_unit_test(tsm_takes_another_name_when_one_is_taken),
    cmocka_unit_test(tsm_makes_calls_again_that_a_signal_interrupted),
    cmocka_unit_test(tsm_says_what_went_wrong_with_the_answer),
    cmocka_unit_test(tsm_removes_its_entry_whatever_fails),
    cmocka_unit_test(tsm_leaves_the_evidence_alone_when_rmdir_fails),
    cmocka_unit_test(tsm_asks_again_when_another_process_wrote_to_its_entry),
    cmocka_unit_test(tsm_notices_a_write_that_got_lost),
    cmocka_unit_test(tsm_counts_generations_over_the_end_of_64_bits),
    cmocka_unit_test(tsm_refuses_a_generation_that_is_no_number),
    cmocka_unit_test(tdx_looks_at_what_it_gets),
    cmocka_unit_test(snp_looks_at_what_it_gets),
};
TEST_MAIN(tests)
