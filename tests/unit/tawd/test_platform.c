/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "fake_firmware.h"
#include "fake_system.h"
#include "remove_tree.h"
#include "tawd/platform.h"

#include <fcntl.h>
#include <linux/magic.h>
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
    r->options.seal_directory = r->path;
    r->options.platform_key = mem_printf("%s/key", r->path);
    r->log = (struct log){ .fd = open("/dev/null", O_WRONLY | O_CLOEXEC), .level = LOG_DEBUG };
    r->env = world_simulated(&r->log);
}

static void room_end(struct room *r)
{
    platform_close(&r->platform);
    fake_system_free(r->machine);
    free(r->options.platform_key);
    (void)close(r->log.fd);
    remove_tree(r->path);
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
    expect_no_start(FAKE_OCCLUM, "Occlum: quotes can be made here, but the state cannot be sealed");
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

#define NO_SWAP "Filename\t\t\t\tType\t\tSize\tUsed\tPriority\n"

/* A confidential VM whose processor has no seal key. */
static void room_in_vm(struct room *r, enum fake_machine machine)
{
    room_begin(r, machine);
    r->machine->filesystem = TMPFS_MAGIC;
    r->machine->swaps = NO_SWAP;
}

static bool start(struct room *r, struct err *err)
{
    if (!find(r, err))
        return false;
    r->env = world_in_tee(&r->log, r->platform.issuer);
    return platform_open(&r->platform, &r->options, &r->env, NULL, err);
}

static int firmware_control(void *ctx, unsigned long request, void *argument)
{
    return fake_firmware_control(ctx, request, argument);
}

static void expect_sealing(struct room *r, const char *name)
{
    struct err err = { 0 };

    assert_ok(start(r, &err), &err);
    assert_string_equal(r->platform.sealing->name, name);
    assert_non_null(r->platform.sealing->opens);
    assert_non_null(platform_verifier(&r->platform));
    platform_close(&r->platform);
}

static void expect_refused(struct room *r, enum fail_kind kind, const char *words)
{
    struct err err = { 0 };

    assert_false(start(r, &err));
    if (err.kind != kind || strstr(err.text, words) == NULL)
        fail_msg("%d: %s", (int)err.kind, err.text);
    platform_close(&r->platform);
}

static bool has_key(const struct room *r)
{
    return access(r->options.platform_key, F_OK) == 0;
}

static void a_guest_seals_with_the_key_of_its_processor(void **state)
{
    auto_room r;
    struct fake_firmware firmware = fake_firmware_new();

    (void)state;
    room_in_vm(&r, FAKE_SNP);
    r.machine->firmware = firmware_control;
    r.machine->firmware_ctx = &firmware;
    expect_sealing(&r, "seal key of the SEV-SNP processor");
    /* A device that fails is no reason to begin with another key. */
    firmware.failure = 0x200000000;
    expect_refused(&r, FAIL_UNAVAILABLE, "seal key of the processor");
    assert_false(has_key(&r));
    firmware = fake_firmware_new();
    firmware.masks_chip_key = true;
    expect_sealing(&r, "key in the memory of this VM");
}

static void a_vm_without_such_a_key_keeps_one_in_memory(void **state)
{
    static const enum fake_machine machines[] = { FAKE_TDX, FAKE_SNP };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(machines); i++) {
        auto_room r;
        room_in_vm(&r, machines[i]);
        r.machine->swaps = NO_SWAP "/dev/vda2 partition 1 0 -2\n";
        expect_refused(&r, FAIL_DENIED, "there is swap");
        r.machine->swaps = NO_SWAP;
        r.machine->filesystem = 0xef53;
        expect_refused(&r, FAIL_DENIED, "neither on a tmpfs nor on a ramfs");
        assert_false(has_key(&r));
        r.machine->filesystem = TMPFS_MAGIC;
        expect_sealing(&r, "key in the memory of this VM");
        assert_true(has_key(&r));
    }
}

static void a_disk_for_the_key_is_taken_only_when_the_operator_says_so(void **state)
{
    auto_room r;
    struct fake_firmware firmware = fake_firmware_new();

    (void)state;
    room_in_vm(&r, FAKE_SNP);
    r.machine->filesystem = 0xef53;
    expect_refused(&r, FAIL_DENIED, "neither on a tmpfs");
    r.options.platform_key_on_encrypted_disk = true;
    expect_sealing(&r, "platform key file");
    /* Also where the processor has a key: it is how a state survives an update of the image. */
    r.machine->firmware = firmware_control;
    r.machine->firmware_ctx = &firmware;
    expect_sealing(&r, "platform key file");
    assert_int_equal(firmware.calls, 0);
}

static void an_enclave_never_seals_to_a_file(void **state)
{
    auto_room r;

    (void)state;
    room_begin(&r, FAKE_GRAMINE);
    r.options.platform_key_on_encrypted_disk = true;
    expect_refused(&r, FAIL_MALFORMED, "not for Gramine");
}

static void a_vm_issues_its_own_quotes(void **state)
{
    static const enum fake_machine machines[] = { FAKE_TDX, FAKE_SNP };
    /* Of the report data (marble-api.md, 8.3). */
    static const size_t places[] = { 568, 0x50 };
    const uint8_t report_data[REPORT_DATA_LEN] = { 1, 2, 3 };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(machines); i++) {
        auto_room r;
        auto_buf quote = { 0 };
        struct err err = { 0 };
        room_in_vm(&r, machines[i]);
        assert_ok(start(&r, &err), &err);
        assert_ok(r.env.issue_quote(r.env.ctx, report_data, &quote, &err), &err);
        assert_true(quote.len > places[i] + sizeof report_data);
        assert_memory_equal(quote.at + places[i], report_data, sizeof report_data);
        assert_int_equal(fake_system_left(r.machine), 0);
    }
}

static void a_vm_needs_a_directory_of_collateral(void **state)
{
    auto_room r;

    (void)state;
    room_in_vm(&r, FAKE_TDX);
    r.options.collateral_directory = NULL;
    expect_refused(&r, FAIL_MALFORMED, "--collateral-dir");
    assert_false(has_key(&r));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(machines_without_a_tee_or_without_sealing_are_refused),
    cmocka_unit_test(simulation_looks_for_no_tee_and_verifies_nothing),
    cmocka_unit_test(an_enclave_in_gramine_seals_issues_and_verifies),
    cmocka_unit_test(an_enclave_needs_a_directory_of_collateral),
    cmocka_unit_test(a_guest_seals_with_the_key_of_its_processor),
    cmocka_unit_test(a_vm_without_such_a_key_keeps_one_in_memory),
    cmocka_unit_test(a_disk_for_the_key_is_taken_only_when_the_operator_says_so),
    cmocka_unit_test(an_enclave_never_seals_to_a_file),
    cmocka_unit_test(a_vm_issues_its_own_quotes),
    cmocka_unit_test(a_vm_needs_a_directory_of_collateral),
};

TEST_MAIN(tests)
