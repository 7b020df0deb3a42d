/* SPDX-License-Identifier: Apache-2.0 */
#include "sealed.h"

#include "crypto/hash.h"
#include "fake_firmware.h"
#include "remove_tree.h"

#include <errno.h>
#include <unistd.h>

/* The derived key of an SEV-SNP guest, with a firmware of our own behind the device. */

struct room {
    char path[64]; /* the root of the machine */
    struct fake_firmware firmware;
    int open_error; /* of the device; 0: it opens */
    struct files files;
    struct sealing_system system;
    struct env env;
    struct sealing *sealing;
};

static int open_file(void *ctx, const char *path, int flags, mode_t mode)
{
    const struct room *const r = ctx;

    if (r->open_error != 0 && strstr(path, "/dev/sev-guest") != NULL) {
        errno = r->open_error;
        return -1;
    }
    return files_posix.open(files_posix.ctx, path, flags, mode);
}

static int control(void *ctx, int fd, unsigned long request, void *argument)
{
    struct room *const r = ctx;

    assert_true(fd >= 0);
    return fake_firmware_control(&r->firmware, request, argument);
}

static void put(const struct room *r, const char *directory, const char *name, const char *text)
{
    auto_string *full = mem_printf("%s/%s", r->path, directory);
    struct err err = { 0 };

    assert_ok(file_make_directories(&files_posix, full, &err), &err);
    assert_ok(file_replace(&files_posix, full, name, bytes_of_string(text), &err), &err);
}

static void put_level(struct room *r, const char *text)
{
    put(r, "sys/devices/system/cpu/sev", "vmpl", text);
}

static struct sealing *open_sealing(struct room *r, struct err *err)
{
    return sealing_open_snp(&r->env, &r->system, err);
}

static void room_begin(struct room *r)
{
    struct err err = { 0 };

    *r = (struct room){ .path = "/tmp/taw-snp-XXXXXX",
                        .firmware = fake_firmware_new(),
                        .files = files_posix,
                        .env = { .random = env_random, .files = &files_posix } };
    assert_non_null(mkdtemp(r->path));
    r->files.ctx = r;
    r->files.open = open_file;
    r->system = (struct sealing_system){
        .ctx = r, .root = r->path, .files = &r->files, .control = control
    };
    put(r, "dev", "sev-guest", "");
    r->sealing = open_sealing(r, &err);
    if (r->sealing == NULL)
        fail_msg("%s", err.text);
}

static void room_end(struct room *r)
{
    sealing_free(r->sealing);
    remove_tree(r->path);
}
#define auto_room struct room CLEANUP(room_end)

static void what_was_sealed_opens_again(void **state)
{
    auto_room r;

    (void)state;
    room_begin(&r);
    assert_opens_for_what_it_belongs_to(r.sealing);
}

static void each_policy_has_a_key_of_its_own(void **state)
{
    auto_room r;

    (void)state;
    room_begin(&r);
    auto_buf blob = seal(r.sealing, SEAL_PRODUCT_KEY, SECRET, AAD);
    assert_int_equal(blob.at[1], SEAL_PRODUCT_KEY);
    blob.at[1] = SEAL_UNIQUE_KEY;
    assert_does_not_open(r.sealing, buf_bytes(&blob), AAD, FAIL_DENIED);
}

/* Changes one thing, tries the blobs, and puts the processor and the guest back. */
static void expect_opens_nowhere_else(struct room *r, void (*change)(struct fake_firmware *f))
{
    auto_buf product = seal(r->sealing, SEAL_PRODUCT_KEY, SECRET, AAD),
             unique = seal(r->sealing, SEAL_UNIQUE_KEY, SECRET, AAD);

    change(&r->firmware);
    assert_does_not_open(r->sealing, buf_bytes(&product), AAD, FAIL_DENIED);
    assert_does_not_open(r->sealing, buf_bytes(&unique), AAD, FAIL_DENIED);
    r->firmware = fake_firmware_new();
    assert_opens(r->sealing, buf_bytes(&product), AAD, SECRET);
}

static void to_another_image(struct fake_firmware *f)
{
    f->measurement[47] ^= 1;
}

static void to_another_chip(struct fake_firmware *f)
{
    f->chip++;
}

static void to_a_guest_that_may_be_debugged(struct fake_firmware *f)
{
    f->guest_policy |= 1 << 19;
}

static void to_a_guest_with_a_migration_agent(struct fake_firmware *f)
{
    f->guest_policy |= 1 << 18;
}

static void another_guest_or_chip_opens_nothing(void **state)
{
    auto_room r;

    (void)state;
    room_begin(&r);
    expect_opens_nowhere_else(&r, to_another_image);
    expect_opens_nowhere_else(&r, to_another_chip);
    expect_opens_nowhere_else(&r, to_a_guest_that_may_be_debugged);
    expect_opens_nowhere_else(&r, to_a_guest_with_a_migration_agent);
}

static void what_the_host_chooses_changes_nothing(void **state)
{
    auto_room r;

    (void)state;
    room_begin(&r);
    auto_buf blob = seal(r.sealing, SEAL_PRODUCT_KEY, SECRET, AAD);
    r.firmware.family_id = r.firmware.image_id = 9;
    r.firmware.guest_svn = 3;
    assert_opens(r.sealing, buf_bytes(&blob), AAD, SECRET);
    /* Nor a key that is the same on all machines of a cloud. */
    r.firmware.vlek = 1;
    assert_opens(r.sealing, buf_bytes(&blob), AAD, SECRET);
}

static void what_was_sealed_on_older_firmware_does_not_open(void **state)
{
    auto_room r;

    (void)state;
    room_begin(&r);
    auto_buf before = seal(r.sealing, SEAL_UNIQUE_KEY, SECRET, AAD);
    r.firmware.committed_tcb += 1;
    assert_does_not_open(r.sealing, buf_bytes(&before), AAD, FAIL_DENIED);
    auto_buf after = seal(r.sealing, SEAL_UNIQUE_KEY, SECRET, AAD);
    assert_opens(r.sealing, buf_bytes(&after), AAD, SECRET);
    /* Whatever the old firmware gave away: this was not among it. */
    r.firmware.committed_tcb -= 1;
    assert_opens(r.sealing, buf_bytes(&before), AAD, SECRET);
    assert_does_not_open(r.sealing, buf_bytes(&after), AAD, FAIL_DENIED);
}

static void the_level_is_that_of_the_guest(void **state)
{
    auto_room r;
    struct err err = { 0 };

    (void)state;
    room_begin(&r);
    auto_buf at_0 = seal(r.sealing, SEAL_UNIQUE_KEY, SECRET, AAD);
    sealing_free(r.sealing);
    r.firmware.level = 2;
    r.sealing = open_sealing(&r, &err);
    assert_null(r.sealing);
    assert_int_equal(err.kind, FAIL_UNAVAILABLE);
    put_level(&r, "2\n");
    r.sealing = open_sealing(&r, &err);
    assert_non_null(r.sealing);
    auto_buf at_2 = seal(r.sealing, SEAL_UNIQUE_KEY, SECRET, AAD);
    assert_opens(r.sealing, buf_bytes(&at_2), AAD, SECRET);
    assert_does_not_open(r.sealing, buf_bytes(&at_0), AAD, FAIL_DENIED);
    for (const char *const *text = (const char *const[]){ "", "4", "x", "22", "2 2", NULL };
         *text != NULL; text++) {
        put_level(&r, *text);
        assert_null(open_sealing(&r, &err));
        assert_int_equal(err.kind, FAIL_UNAVAILABLE);
    }
}

static void a_damaged_blob_does_not_open(void **state)
{
    auto_room r;

    (void)state;
    room_begin(&r);
    assert_opens_undamaged_only(r.sealing);
}

/* Neither starts, seals nor opens; and nothing is said about the blob. */
static void expect_no_key(struct room *r, const struct fake_firmware *broken, const char *words)
{
    auto_buf sealed = seal(r->sealing, SEAL_PRODUCT_KEY, SECRET, AAD), blob = { 0 };
    struct err err = { 0 };

    r->firmware = *broken;
    assert_null(open_sealing(r, &err));
    if (err.kind != FAIL_UNAVAILABLE || strstr(err.text, words) == NULL)
        fail_msg("%d: %s", (int)err.kind, err.text);
    err = (struct err){ 0 };
    assert_false(
        sealing_seal(r->sealing, SEAL_PRODUCT_KEY, BYTES_LITERAL("secret"), AAD, &blob, &err));
    assert_int_equal(err.kind, FAIL_UNAVAILABLE);
    assert_int_equal(blob.len, 0);
    assert_does_not_open(r->sealing, buf_bytes(&sealed), AAD, FAIL_UNAVAILABLE);
    r->firmware = fake_firmware_new();
}

static void an_answer_that_is_no_key_seals_nothing(void **state)
{
    auto_room r;
    struct fake_firmware broken = fake_firmware_new();

    (void)state;
    room_begin(&r);
    broken.zero_key = true;
    expect_no_key(&r, &broken, "a key of zeros");
    broken = fake_firmware_new();
    broken.status = 0x11;
    expect_no_key(&r, &broken, "status 0x11");
    broken.status = 0x16;
    expect_no_key(&r, &broken, "status 0x16");
    broken = fake_firmware_new();
    broken.failure = 0x200000000;
    expect_no_key(&r, &broken, "failure 0x0000000200000000: Input/output error");
    broken.failure = 0x16;
    broken.succeeds = true;
    expect_no_key(&r, &broken, "failure 0x0000000000000016");
    broken = fake_firmware_new();
    broken.report_len = 1183;
    expect_no_key(&r, &broken, "1183 bytes");
    broken = fake_firmware_new();
    broken.errors = 1000;
    broken.error = EIO;
    expect_no_key(&r, &broken, "Input/output error");
}

static void a_busy_host_is_asked_again_but_not_for_ever(void **state)
{
    auto_room r;
    struct err err = { 0 };

    (void)state;
    room_begin(&r);
    for (int error = EINTR;; error = EAGAIN) {
        auto_buf blob = { 0 };
        r.firmware.error = error;
        r.firmware.errors = 5;
        blob = seal(r.sealing, SEAL_PRODUCT_KEY, SECRET, AAD);
        assert_opens(r.sealing, buf_bytes(&blob), AAD, SECRET);
        r.firmware.errors = 1000;
        r.firmware.calls = 0;
        assert_does_not_open(r.sealing, buf_bytes(&blob), AAD, FAIL_UNAVAILABLE);
        assert_in_range(r.firmware.calls, 2, 100);
        r.firmware.errors = 0;
        if (error == EAGAIN)
            break;
    }
    r.open_error = EACCES;
    assert_null(open_sealing(&r, &err));
    assert_int_equal(err.kind, FAIL_UNAVAILABLE);
}

static void a_machine_without_such_keys_is_told_apart(void **state)
{
    auto_room r;

    (void)state;
    room_begin(&r);
    auto_buf blob = seal(r.sealing, SEAL_PRODUCT_KEY, SECRET, AAD);
    for (const int *error = (const int[]){ ENOENT, ENXIO, ENODEV, 0 }; *error != 0; error++) {
        struct err err = { 0 };
        r.open_error = *error;
        assert_null(open_sealing(&r, &err));
        assert_int_equal(err.kind, FAIL_NOT_FOUND);
        assert_non_null(strstr(err.text, "/dev/sev-guest"));
    }
    r.open_error = 0;
    r.firmware.masks_chip_key = true;
    struct err err = { 0 };
    assert_null(open_sealing(&r, &err));
    assert_int_equal(err.kind, FAIL_NOT_FOUND);
    /* What was sealed before is not lost because of it. */
    assert_does_not_open(r.sealing, buf_bytes(&blob), AAD, FAIL_UNAVAILABLE);
}

static void the_key_is_asked_for_each_time(void **state)
{
    auto_room r;

    (void)state;
    room_begin(&r);
    const unsigned at_start = r.firmware.keys;
    auto_buf blob = seal(r.sealing, SEAL_PRODUCT_KEY, SECRET, AAD);
    assert_opens(r.sealing, buf_bytes(&blob), AAD, SECRET);
    assert_int_equal(r.firmware.keys, at_start + 2);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(what_was_sealed_opens_again),
    cmocka_unit_test(each_policy_has_a_key_of_its_own),
    cmocka_unit_test(another_guest_or_chip_opens_nothing),
    cmocka_unit_test(what_the_host_chooses_changes_nothing),
    cmocka_unit_test(what_was_sealed_on_older_firmware_does_not_open),
    cmocka_unit_test(the_level_is_that_of_the_guest),
    cmocka_unit_test(a_damaged_blob_does_not_open),
    cmocka_unit_test(an_answer_that_is_no_key_seals_nothing),
    cmocka_unit_test(a_busy_host_is_asked_again_but_not_for_ever),
    cmocka_unit_test(a_machine_without_such_keys_is_told_apart),
    cmocka_unit_test(the_key_is_asked_for_each_time),
};

TEST_MAIN(tests)
