/* SPDX-License-Identifier: Apache-2.0 */
#include "sealed.h"

#include "crypto/hash.h"
#include "remove_tree.h"

#include <errno.h>
#include <linux/magic.h>
#include <unistd.h>

/* A key that must not leave the memory of the VM: what file systems and swap there may be. */

#define NO_SWAP "Filename\t\t\t\tType\t\tSize\tUsed\tPriority\n"

struct room {
    char path[64]; /* the root of the machine */
    char *key;
    uint32_t type;      /* of the file system */
    uint32_t link_type; /* of that behind the key file, when it is another one; 0: the same */
    int error;          /* of statfs */
    struct sealing_system system;
    struct env env;
};

static int filesystem(void *ctx, const char *path, uint32_t *type)
{
    const struct room *const r = ctx;

    errno = r->error;
    *type = r->link_type != 0 && strcmp(path, r->key) == 0 ? r->link_type : r->type;
    return r->error == 0 ? 0 : -1;
}

static void put_swaps(const struct room *r, const char *text)
{
    auto_string *proc = mem_printf("%s/proc", r->path);
    struct err err = { 0 };

    assert_ok(file_make_directories(&files_posix, proc, &err), &err);
    assert_ok(file_replace(&files_posix, proc, "swaps", bytes_of_string(text), &err), &err);
}

static void room_begin(struct room *r)
{
    *r = (struct room){ .path = "/tmp/taw-memory-XXXXXX",
                        .type = TMPFS_MAGIC,
                        .env = { .random = env_random, .files = &files_posix } };
    assert_non_null(mkdtemp(r->path));
    r->key = mem_printf("%s/run/tawd/platform_key", r->path);
    r->system = (struct sealing_system){
        .ctx = r, .root = r->path, .files = &files_posix, .filesystem = filesystem
    };
    put_swaps(r, NO_SWAP);
}

static void room_end(struct room *r)
{
    free(r->key);
    remove_tree(r->path);
}
#define auto_room struct room CLEANUP(room_end)

static struct sealing *open_sealing(const struct room *r)
{
    struct err err = { 0 };
    struct sealing *const sealing = sealing_open_memory(&r->env, &r->system, r->key, &err);

    if (sealing == NULL)
        fail_msg("%s", err.text);
    return sealing;
}

static void expect_refused(const struct room *r, enum fail_kind kind, const char *words)
{
    struct err err = { 0 };

    assert_null(sealing_open_memory(&r->env, &r->system, r->key, &err));
    if (err.kind != kind || strstr(err.text, words) == NULL)
        fail_msg("%d: %s", (int)err.kind, err.text);
}

static bool has_key(const struct room *r)
{
    return access(r->key, F_OK) == 0;
}

static void a_restart_of_the_process_finds_its_key_and_one_of_the_vm_does_not(void **state)
{
    auto_room r;

    (void)state;
    room_begin(&r);
    auto_sealing *first = open_sealing(&r), *again = open_sealing(&r);
    auto_buf blob = seal(first, SEAL_PRODUCT_KEY, BYTES_LITERAL("secret"), BYTES_NONE);
    assert_opens(again, buf_bytes(&blob), BYTES_NONE, BYTES_LITERAL("secret"));
    assert_int_equal(unlink(r.key), 0);
    auto_sealing *rebooted = open_sealing(&r);
    assert_does_not_open(rebooted, buf_bytes(&blob), BYTES_NONE, FAIL_DENIED);
}

static void a_disk_gets_no_key(void **state)
{
    static const uint32_t types[] = { 0xef53, 0x58465342, 0x794c7630, 0x6969, 0x01021997, 0 };
    auto_room r;

    (void)state;
    room_begin(&r);
    for (size_t i = 0; i < COUNT_OF(types); i++) {
        r.type = types[i];
        expect_refused(&r, FAIL_DENIED, "neither on a tmpfs nor on a ramfs");
    }
    r.type = TMPFS_MAGIC;
    r.error = EIO;
    expect_refused(&r, FAIL_UNAVAILABLE, "cannot tell the file system");
    assert_false(has_key(&r));
}

static void a_link_from_memory_to_a_disk_is_seen(void **state)
{
    auto_room r;

    (void)state;
    room_begin(&r);
    sealing_free(open_sealing(&r));
    r.link_type = 0xef53;
    expect_refused(&r, FAIL_DENIED, "/platform_key is neither");
}

static void a_tmpfs_that_may_be_swapped_out_gets_no_key(void **state)
{
    auto_room r;

    (void)state;
    room_begin(&r);
    put_swaps(&r, NO_SWAP "/dev/vda2                               partition\t1\t0\t-2\n");
    expect_refused(&r, FAIL_DENIED, "there is swap");
    put_swaps(&r, NO_SWAP "/swap file 1\t1\t0\t-2");
    expect_refused(&r, FAIL_DENIED, "there is swap");
    /* No list is not the same as an empty list. */
    put_swaps(&r, "");
    expect_refused(&r, FAIL_DENIED, "there is swap");
    put_swaps(&r, "/dev/vda2 partition 1 0 -2\n");
    expect_refused(&r, FAIL_DENIED, "there is swap");
    auto_string *swaps = mem_printf("%s/proc/swaps", r.path);
    assert_int_equal(unlink(swaps), 0);
    expect_refused(&r, FAIL_UNAVAILABLE, "/proc/swaps");
    assert_false(has_key(&r));
    /* A ramfs stays where it is. */
    r.type = RAMFS_MAGIC;
    sealing_free(open_sealing(&r));
    assert_true(has_key(&r));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_restart_of_the_process_finds_its_key_and_one_of_the_vm_does_not),
    cmocka_unit_test(a_disk_gets_no_key),
    cmocka_unit_test(a_link_from_memory_to_a_disk_is_seen),
    cmocka_unit_test(a_tmpfs_that_may_be_swapped_out_gets_no_key),
};

TEST_MAIN(tests)
