/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include <fcntl.h>
#include <unistd.h>

#include "remove_tree.h"
#include "tawd/number_file.h"
#include "tawd/world.h"

struct room {
    char path[64];
    struct log log;
    struct env env;
    struct sealing *sealing;
    struct number_file file;
    struct number_memory memory;
};

static void open_sealing(struct room *r, const char *key)
{
    auto_string *path = mem_printf("%s/%s", r->path, key);
    struct err err = { 0 };

    sealing_free(r->sealing);
    r->sealing = sealing_open_file(&r->env, path, &err);
    assert_ok(r->sealing != NULL, &err);
    r->file = (struct number_file){ &files_posix, r->sealing, r->path };
    r->memory = number_file_memory(&r->file);
}

static void room_begin(struct room *r)
{
    *r = (struct room){ .path = "/tmp/taw-numbers-XXXXXX" };
    assert_non_null(mkdtemp(r->path));
    r->log = (struct log){ .fd = open("/dev/null", O_WRONLY | O_CLOEXEC), .level = LOG_DEBUG };
    r->env = world_simulated(&r->log);
    open_sealing(r, "key");
}

static void room_end(struct room *r)
{
    sealing_free(r->sealing);
    (void)close(r->log.fd);
    remove_tree(r->path);
}
#define auto_room struct room CLEANUP(room_end)

static bool load(struct room *r, struct buf *out, struct err *err)
{
    return r->memory.load(r->memory.ctx, out, err);
}

static void keep(struct room *r, const char *text)
{
    struct err err = { 0 };

    assert_ok(r->memory.keep(r->memory.ctx, bytes_of_string(text), &err), &err);
}

static void what_was_kept_last_is_loaded(void **state)
{
    auto_room r;
    auto_buf none = { 0 }, text = { 0 };
    struct err err = { 0 };

    (void)state;
    room_begin(&r);
    assert_true(load(&r, &none, &err));
    assert_int_equal(none.len, 0);
    keep(&r, "first");
    keep(&r, "second");
    open_sealing(&r, "key");
    assert_ok(load(&r, &text, &err), &err);
    assert_bytes_equal(buf_bytes(&text), BYTES_LITERAL("second"));
}

static void nobody_else_can_make_one(void **state)
{
    auto_room r;
    auto_buf text = { 0 }, blob = { 0 };
    auto_string *path = NULL;
    struct err err = { 0 };

    (void)state;
    room_begin(&r);
    path = mem_printf("%s/evaluation_numbers", r.path);
    keep(&r, "numbers");
    assert_ok(file_read(&files_posix, path, 1000, &blob, &err), &err);
    assert_null(memmem(blob.at, blob.len, "numbers", 7));
    for (size_t i = 0; i < blob.len; i++) {
        blob.at[i] ^= 1;
        assert_ok(file_replace(&files_posix, r.path, "evaluation_numbers", buf_bytes(&blob), &err),
                  &err);
        assert_false(load(&r, &text, &err));
        blob.at[i] ^= 1;
    }
    assert_ok(file_replace(&files_posix, r.path, "evaluation_numbers", buf_bytes(&blob), &err),
              &err);
    assert_ok(load(&r, &text, &err), &err);
    open_sealing(&r, "other");
    err = (struct err){ 0 };
    assert_false(load(&r, &text, &err));
    assert_int_equal(err.kind, FAIL_DENIED);
    assert_non_null(strstr(err.text, path));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(what_was_kept_last_is_loaded),
    cmocka_unit_test(nobody_else_can_make_one),
};

TEST_MAIN(tests)
