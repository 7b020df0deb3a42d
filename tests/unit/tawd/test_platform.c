/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "fake_system.h"
#include "tawd/platform.h"

#include <fcntl.h>
#include <ftw.h>
#include <unistd.h>

/* What tawd finds on machines with and without a TEE. */

struct room {
    char path[64];
    struct fake_system *machine;
    struct log log;
    struct env env;
    struct options options;
    struct platform platform;
};

static void room_begin(struct room *r, enum fake_machine machine)
{
    *r = (struct room){ .path = "/tmp/taw-platform-XXXXXX" };
    assert_non_null(mkdtemp(r->path));
    r->machine = fake_system_new(machine);
    r->options.collateral_directory = r->path;
    r->options.platform_key = mem_printf("%s/key", r->path);
    r->log = (struct log){ .fd = open("/dev/null", O_WRONLY | O_CLOEXEC), .level = LOG_DEBUG };
    r->env = world_simulated(&r->log);
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static void room_end(struct room *r)
{
    platform_close(&r->platform);
    fake_system_free(r->machine);
    free(r->options.platform_key);
    (void)close(r->log.fd);
    (void)nftw(r->path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}
#define auto_room struct room CLEANUP(room_end)

static bool find(struct room *r, struct err *err)
{
    return platform_find(&r->platform, &r->options, &r->machine->system, err);
}

static void expect_no_start(enum fake_machine machine, const char *words)
{
    auto_room r;
    struct err err = { 0 };

    room_begin(&r, machine);
    assert_false(find(&r, &err));
    assert_int_equal(err.kind, FAIL_UNAVAILABLE);
    if (strstr(err.text, words) == NULL || strstr(err.text, "--simulation") == NULL)
        fail_msg("%s", err.text);
}

static void machines_without_a_tee_or_without_sealing_are_refused(void **state)
{
    (void)state;
    expect_no_start(FAKE_PLAIN, "no TEE found here");
    expect_no_start(FAKE_TDX, "TDX: quotes can be made here, but the state cannot be sealed");
    expect_no_start(FAKE_SNP, "needs a vTPM");
    expect_no_start(FAKE_OCCLUM, "Occlum");
}

static void simulation_looks_for_no_tee_and_verifies_nothing(void **state)
{
    auto_room r;
    struct err err = { 0 };

    (void)state;
    room_begin(&r, FAKE_GRAMINE);
    r.options.simulation = true;
    assert_ok(find(&r, &err), &err);
    assert_null(r.platform.issuer);
    assert_ok(platform_open(&r.platform, &r.options, &r.env, NULL, &err), &err);
    assert_string_equal(r.platform.sealing->name, "platform key file");
    assert_non_null(r.platform.store);
    assert_null(platform_verifier(&r.platform));
    platform_scan(&r.platform);
    platform_close(&r.platform);
    r.options.collateral_directory = NULL;
    assert_ok(find(&r, &err), &err);
    assert_ok(platform_open(&r.platform, &r.options, &r.env, NULL, &err), &err);
    assert_null(r.platform.store);
    platform_scan(&r.platform);
}

static void put_seal_keys(const struct room *r)
{
    struct err err = { 0 };
    auto_string *keys = mem_printf("%s/dev/attestation/keys", r->path);

    assert_ok(file_make_directories(&files_posix, keys, &err), &err);
    assert_ok(
        file_replace(&files_posix, keys, "_sgx_mrsigner", BYTES_LITERAL("0123456789abcdef"), &err),
        &err);
    assert_ok(
        file_replace(&files_posix, keys, "_sgx_mrenclave", BYTES_LITERAL("fedcba9876543210"), &err),
        &err);
}

static void an_enclave_in_gramine_seals_issues_and_verifies(void **state)
{
    auto_room r;
    uint8_t report_data[REPORT_DATA_LEN] = { 1, 2, 3 };
    auto_buf quote = { 0 };
    auto_arena arena = { 0 };
    struct verdict verdict = { 0 };
    struct err err = { 0 };

    (void)state;
    room_begin(&r, FAKE_GRAMINE);
    assert_ok(find(&r, &err), &err);
    r.env = world_in_tee(&r.log, r.platform.issuer);
    /* A quote in the header of Open Enclave (client-api.md, 15.1). */
    assert_ok(r.env.issue_quote(r.env.ctx, report_data, &quote, &err), &err);
    assert_true(
        bytes_start_with(buf_bytes(&quote), BYTES_LITERAL("\x01\x00\x00\x00\x02\x00\x00\x00")));
    assert_memory_equal(quote.at + 16 + 368, report_data, sizeof report_data);
    /* The machine in memory has no seal keys; those on the disk stand for them. */
    r.platform.root = r.path;
    assert_false(platform_open(&r.platform, &r.options, &r.env, NULL, &err));
    assert_int_equal(err.kind, FAIL_UNAVAILABLE);
    assert_non_null(strstr(err.text, "_sgx_mrsigner"));
    put_seal_keys(&r);
    err = (struct err){ 0 };
    assert_ok(platform_open(&r.platform, &r.options, &r.env, NULL, &err), &err);
    assert_string_equal(r.platform.sealing->name, "Gramine's seal keys");
    const struct quote_verifier *const v = platform_verifier(&r.platform);
    assert_non_null(v);
    assert_false(v->verify(v->ctx, buf_bytes(&quote), 0, &arena, &verdict, &err));
    assert_int_equal(err.kind, FAIL_DENIED);
}

static void an_enclave_needs_a_directory_of_collateral(void **state)
{
    auto_room r;
    struct err err = { 0 };

    (void)state;
    room_begin(&r, FAKE_GRAMINE);
    r.options.collateral_directory = NULL;
    assert_false(find(&r, &err));
    assert_int_equal(err.kind, FAIL_MALFORMED);
    assert_non_null(strstr(err.text, "--collateral-dir"));
    platform_close(&r.platform);
    r.options.collateral_directory = "/nowhere/at/all";
    err = (struct err){ 0 };
    assert_ok(find(&r, &err), &err);
    r.platform.root = r.path;
    put_seal_keys(&r);
    assert_false(platform_open(&r.platform, &r.options, &r.env, NULL, &err));
    assert_non_null(strstr(err.text, "/nowhere/at/all"));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(machines_without_a_tee_or_without_sealing_are_refused),
    cmocka_unit_test(simulation_looks_for_no_tee_and_verifies_nothing),
    cmocka_unit_test(an_enclave_in_gramine_seals_issues_and_verifies),
    cmocka_unit_test(an_enclave_needs_a_directory_of_collateral),
};

TEST_MAIN(tests)
