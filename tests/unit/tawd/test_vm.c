/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "core/core.h"
#include "fake_firmware.h"
#include "fake_system.h"
#include "remove_tree.h"
#include "tawd/platform.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <unistd.h>

/*
 * A Coordinator in a confidential VM, as main.c puts it together, without a network: what its own quotes are over, and what
 * becomes of its state when the process, the VM, the image or the processor is another one.
 */

#define NO_SWAP "Filename\t\t\t\tType\t\tSize\tUsed\tPriority\n"

struct vm {
    char path[64];
    char *state;
    struct fake_system *machine;
    struct fake_firmware firmware;
    struct log log;
    struct env env;
    struct options options;
    struct platform platform;
    struct core *core; /* NULL: it does not run */
};

static int firmware_control(void *ctx, unsigned long request, void *argument)
{
    return fake_firmware_control(ctx, request, argument);
}

static void vm_begin(struct vm *vm, enum fake_machine kind)
{
    *vm = (struct vm){ .path = "/tmp/taw-vm-XXXXXX", .firmware = fake_firmware_new() };
    assert_non_null(mkdtemp(vm->path));
    vm->state = mem_printf("%s/state", vm->path);
    vm->machine = fake_system_new(kind);
    vm->machine->filesystem = TMPFS_MAGIC;
    vm->machine->swaps = NO_SWAP;
    vm->machine->firmware = kind == FAKE_SNP ? firmware_control : NULL;
    vm->machine->firmware_ctx = &vm->firmware;
    vm->options.collateral_directory = vm->path;
    vm->options.platform_key = mem_printf("%s/run/platform_key", vm->path);
    vm->log = (struct log){ .fd = open("/dev/null", O_WRONLY | O_CLOEXEC), .level = LOG_DEBUG };
}

static void vm_stop(struct vm *vm)
{
    core_free(vm->core);
    vm->core = NULL;
    platform_close(&vm->platform);
}

static void vm_end(struct vm *vm)
{
    vm_stop(vm);
    fake_system_free(vm->machine);
    free(vm->options.platform_key);
    free(vm->state);
    (void)close(vm->log.fd);
    remove_tree(vm->path);
}
#define auto_vm struct vm CLEANUP(vm_end)

static bool vm_try(struct vm *vm, struct err *err)
{
    static const struct bytes names[] = { { (const uint8_t *)"localhost", 9 } };

    vm_stop(vm);
    if (!platform_find(&vm->platform, &vm->options, &vm->machine->system, err))
        return false;
    vm->env = world_in_tee(&vm->log, vm->platform.issuer);
    if (!platform_open(&vm->platform, &vm->options, &vm->env, NULL, err))
        return false;
    const struct core_config config = {
        .env = &vm->env,
        .seal_directory = vm->state,
        .sealing = vm->platform.sealing,
        .verifier = platform_verifier(&vm->platform),
        .names = names,
        .name_count = 1,
    };
    vm->core = core_open(&config, err);
    return vm->core != NULL;
}

static void expect_start(struct vm *vm, enum phase phase)
{
    struct err err = { 0 };

    assert_ok(vm_try(vm, &err), &err);
    auto_snapshot *now = core_snapshot(vm->core);
    assert_int_equal(now->phase, phase);
}

/* A Coordinator with a sealed state. */
static void expect_state(struct vm *vm, const char *seal_mode)
{
    auto_string *manifest = mem_printf("{\"Packages\":{\"p\":{\"Debug\":true}},"
                                       "\"Marbles\":{\"m\":{\"Package\":\"p\"}},"
                                       "\"Config\":{\"SealMode\":\"%s\"}}",
                                       seal_mode);
    struct manifest_reply reply = { 0 };
    struct err err = { 0 };

    expect_start(vm, PHASE_ACCEPTING_MANIFEST);
    assert_ok(core_set_manifest(vm->core, bytes_of_string(manifest), &reply, &err), &err);
    manifest_reply_clear(&reply);
    expect_start(vm, PHASE_ACCEPTING_MARBLES);
}

static void its_quotes_are_over_its_root_and_the_nonce(void **state)
{
    static const struct {
        enum fake_machine machine;
        size_t at; /* of the report data (marble-api.md, 8.3) */
    } rows[] = { { FAKE_TDX, 568 }, { FAKE_SNP, 0x50 } };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        auto_vm vm;
        auto_buf quote = { 0 };
        uint8_t data[REPORT_DATA_LEN];
        struct err err = { 0 };
        vm_begin(&vm, rows[i].machine);
        expect_start(&vm, PHASE_ACCEPTING_MANIFEST);
        auto_snapshot *now = core_snapshot(vm.core);
        const struct authority *const a = now->authority;
        assert_ok(report_data_of(cert_der(a->root), BYTES_NONE, data, &err), &err);
        assert_true(a->quote.len > rows[i].at + sizeof data);
        assert_memory_equal(a->quote.at + rows[i].at, data, sizeof data);
        assert_ok(authority_quote(a, &vm.env, BYTES_LITERAL("nonce"), &quote, &err), &err);
        assert_ok(report_data_of(cert_der(a->root), BYTES_LITERAL("nonce"), data, &err), &err);
        assert_memory_equal(quote.at + rows[i].at, data, sizeof data);
        assert_int_equal(fake_system_left(vm.machine), 0);
    }
}

static void the_state_opens_in_the_same_image_on_the_same_processor(void **state)
{
    static const char *const modes[] = { "ProductKey", "UniqueKey" };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(modes); i++) {
        auto_vm vm;
        vm_begin(&vm, FAKE_SNP);
        expect_state(&vm, modes[i]);
        vm.firmware.committed_tcb++;
        expect_start(&vm, PHASE_RECOVERY);
        vm.firmware.committed_tcb--;
        /* An updated image, and one that the host wants to look into: under both modes. */
        vm.firmware.measurement[0] ^= 1;
        expect_start(&vm, PHASE_RECOVERY);
        vm.firmware.measurement[0] ^= 1;
        vm.firmware.guest_policy |= 1 << 19;
        expect_start(&vm, PHASE_RECOVERY);
        vm.firmware.guest_policy &= ~(UINT64_C(1) << 19);
        vm.firmware.chip++;
        expect_start(&vm, PHASE_RECOVERY);
        vm.firmware.chip--;
        expect_start(&vm, PHASE_ACCEPTING_MARBLES);
    }
}

static void a_processor_that_does_not_answer_is_no_reason_for_recovery(void **state)
{
    auto_vm vm;
    struct err err = { 0 };

    (void)state;
    vm_begin(&vm, FAKE_SNP);
    expect_state(&vm, "ProductKey");
    vm.firmware.status = 0x11;
    assert_false(vm_try(&vm, &err));
    assert_int_equal(err.kind, FAIL_UNAVAILABLE);
    vm.firmware.status = 0;
    expect_start(&vm, PHASE_ACCEPTING_MARBLES);
}

static void a_key_in_memory_survives_the_process_but_not_the_vm(void **state)
{
    auto_vm vm;

    (void)state;
    vm_begin(&vm, FAKE_TDX);
    expect_state(&vm, "ProductKey");
    expect_start(&vm, PHASE_ACCEPTING_MARBLES);
    assert_int_equal(unlink(vm.options.platform_key), 0);
    expect_start(&vm, PHASE_RECOVERY);
}

static void a_guest_that_loses_its_device_recovers(void **state)
{
    auto_vm vm;

    (void)state;
    vm_begin(&vm, FAKE_SNP);
    expect_state(&vm, "ProductKey");
    vm.machine->firmware = NULL;
    expect_start(&vm, PHASE_RECOVERY);
    vm.machine->firmware = firmware_control;
    expect_start(&vm, PHASE_ACCEPTING_MARBLES);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(its_quotes_are_over_its_root_and_the_nonce),
    cmocka_unit_test(the_state_opens_in_the_same_image_on_the_same_processor),
    cmocka_unit_test(a_processor_that_does_not_answer_is_no_reason_for_recovery),
    cmocka_unit_test(a_key_in_memory_survives_the_process_but_not_the_vm),
    cmocka_unit_test(a_guest_that_loses_its_device_recovers),
};

TEST_MAIN(tests)
