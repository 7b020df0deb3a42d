/* SPDX-License-Identifier: Apache-2.0 */
#include "marble_test.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../store/fake_files.h"
#include "marble/uuid_file.h"

#define UUID "6ba7b810-9dad-11d1-80b4-00c04fd430c8"

/* A machine with a disk in memory. */
struct machine {
    struct fake_disk *disk;
    struct env env;
    struct buf log;
    int link_error; /* 0: links work */
    uint8_t random; /* what the next random byte is */
    const char
        *rival; /* what another process puts there just before our name comes; NULL: nothing */
};

static struct machine *g_machine; /* link has the context of files */

static bool counted_random(void *ctx, uint8_t *out, size_t len, struct err *err)
{
    struct machine *const m = ctx;

    (void)err;
    for (size_t i = 0; i < len; i++)
        out[i] = m->random++;
    return true;
}

static int fake_link(void *ctx, const char *from, const char *to)
{
    struct machine *const m = g_machine;

    (void)ctx;
    if (fake_is_dead(m->disk))
        return -1;
    if (m->rival != NULL)
        fake_put(m->disk, to, bytes_of_string(m->rival));
    errno = m->link_error != 0 ? m->link_error : fake_file(m->disk, to) != NULL ? EEXIST : 0;
    if (errno != 0)
        return -1;
    fake_put(m->disk, to, buf_bytes(fake_file(m->disk, from)));
    return 0;
}

static void machine_start(struct machine *m)
{
    *m = (struct machine){ .disk = fake_disk_new() };
    m->env = (struct env){ .ctx = m, .random = counted_random, .files = fake_files(m->disk) };
    g_machine = m;
}

static void machine_end(struct machine *m)
{
    fake_disk_free(m->disk);
    buf_clear(&m->log);
}
#define auto_machine struct machine CLEANUP(machine_end)

static bool load(struct machine *m, char out[static UUID_TEXT_LEN + 1], struct err *err)
{
    const struct marble_world world = { &m->env, fake_link, NULL, log_into(&m->log) };

    return marble_uuid_load(&world, "/d/uuid", out, err);
}

static void uuid_load_takes_every_form_and_gives_the_canonical_one(void **state)
{
    static const char *const forms[] = {
        UUID,
        "6BA7B810-9DAD-11D1-80B4-00C04FD430C8",
        "{" UUID "}",
        "urn:uuid:" UUID,
        "6ba7b8109dad11d180b400c04fd430c8",
        "(" UUID "\n", /* any character counts as a brace */
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        char uuid[UUID_TEXT_LEN + 1];
        struct err err = { 0 };
        auto_machine m;
        machine_start(&m);
        fake_put(m.disk, "/d/uuid", bytes_of_string(forms[i]));
        assert_ok(load(&m, uuid, &err), &err);
        assert_string_equal(uuid, UUID);
        assert_bytes_equal(buf_bytes(&m.log),
                           BYTES_LITERAL("loading UUID\nfound UUID: " UUID "\n"));
        assert_bytes_equal(buf_bytes(fake_file(m.disk, "/d/uuid")), bytes_of_string(forms[i]));
    }
}

static void uuid_load_refuses_everything_else_and_leaves_it(void **state)
{
    static const struct {
        const char *content, *words;
    } cases[] = {
        { "", "failed to unmarshal UUID: /d/uuid: invalid UUID length: 0" },
        { UUID "\n",
          "failed to unmarshal UUID: invalid UUID length: 37: /d/uuid ends with a newline" },
        { UUID "\r\n\n", "invalid UUID length: 39: /d/uuid ends with a newline" },
        { " " UUID, "invalid UUID length: 37" },
        { "6ba7b810x9dad-11d1-80b4-00c04fd430c8", "invalid UUID format" },
        { "urn:uuix:" UUID, "invalid urn prefix" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char uuid[UUID_TEXT_LEN + 1];
        struct err err = { 0 };
        auto_machine m;
        machine_start(&m);
        fake_put(m.disk, "/d/uuid", bytes_of_string(cases[i].content));
        assert_refused(load(&m, uuid, &err), &err, FAIL_MALFORMED, cases[i].words);
        assert_bytes_equal(buf_bytes(fake_file(m.disk, "/d/uuid")),
                           bytes_of_string(cases[i].content));
    }
}

static void uuid_load_makes_a_random_one_of_version_4(void **state)
{
    char uuid[UUID_TEXT_LEN + 1], again[UUID_TEXT_LEN + 1];
    struct err err = { 0 };
    auto_machine m;

    (void)state;
    machine_start(&m);
    assert_ok(load(&m, uuid, &err), &err);
    assert_string_equal(uuid, "00010203-0405-4607-8809-0a0b0c0d0e0f");
    assert_bytes_equal(buf_bytes(fake_file(m.disk, "/d/uuid")), bytes_of_string(uuid));
    assert_null(fake_find(m.disk, "/d/uuid."));
    assert_ok(load(&m, again, &err), &err);
    assert_string_equal(again, uuid);
}

static void uuid_load_works_where_nothing_can_be_linked(void **state)
{
    static const int errors[] = { EPERM, ENOSYS, EOPNOTSUPP, EXDEV, EACCES };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(errors); i++) {
        char uuid[UUID_TEXT_LEN + 1];
        struct err err = { 0 };
        auto_machine m;
        machine_start(&m);
        m.link_error = errors[i];
        assert_ok(load(&m, uuid, &err), &err);
        assert_bytes_equal(buf_bytes(fake_file(m.disk, "/d/uuid")), bytes_of_string(uuid));
        assert_null(fake_find(m.disk, "/d/uuid."));
    }
}

static void uuid_load_never_replaces_that_of_another(void **state)
{
    (void)state;
    for (int linked = 0; linked < 2; linked++) {
        char uuid[UUID_TEXT_LEN + 1];
        struct err err = { 0 };
        auto_machine m;
        machine_start(&m);
        m.rival = UUID;
        m.link_error = linked ? 0 : EPERM;
        assert_ok(load(&m, uuid, &err), &err);
        assert_string_equal(uuid, UUID);
        assert_null(fake_find(m.disk, "/d/uuid."));
    }
}

static void a_crash_at_any_moment_leaves_a_whole_file_or_none(void **state)
{
    unsigned crashes = 0;

    (void)state;
    for (unsigned n = 1;; n++) {
        char uuid[UUID_TEXT_LEN + 1];
        struct err err = { 0 };
        auto_machine m;
        machine_start(&m);
        fake_kill_at(m.disk, n, n % 2 == 0);
        const bool done = load(&m, uuid, &err);
        if (!fake_is_dead(m.disk)) {
            assert_true(done);
            break;
        }
        crashes++;
        fake_power_loss(m.disk, n % 3 == 0 ? FAKE_ALL : FAKE_NONE, FAKE_HALF);
        const struct buf *const file = fake_file(m.disk, "/d/uuid");
        assert_true(file == NULL || file->len == UUID_TEXT_LEN);
        assert_ok(load(&m, uuid, &err), &err);
        if (file != NULL)
            assert_bytes_equal(buf_bytes(fake_file(m.disk, "/d/uuid")), bytes_of_string(uuid));
    }
    assert_true(crashes >= 4);
}

static void a_full_disk_leaves_nothing(void **state)
{
    static const struct fake_fault faults[] = {
        { FAKE_WRITE, 1, 100, ENOSPC, false },
        { FAKE_WRITE, 1, 100, ENOSPC, true },
        { FAKE_FSYNC, 1, 100, EIO, false },
        { FAKE_OPEN, 2, 2, EROFS, false },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(faults); i++) {
        char uuid[UUID_TEXT_LEN + 1];
        struct err err = { 0 };
        auto_machine m;
        machine_start(&m);
        fake_set_fault(m.disk, &faults[i]);
        assert_refused(load(&m, uuid, &err), &err, FAIL_UNAVAILABLE,
                       "cannot create the UUID file /d/uuid: ");
        assert_non_null(strstr(err.text, strerror(faults[i].error)));
        assert_null(fake_find(m.disk, "/d/uuid"));
    }
}

static void a_file_that_cannot_be_read_is_not_replaced(void **state)
{
    char uuid[UUID_TEXT_LEN + 1];
    struct err err = { 0 };
    auto_machine m;

    (void)state;
    machine_start(&m);
    fake_put(m.disk, "/d/uuid", BYTES_LITERAL(UUID));
    fake_set_fault(m.disk, &(struct fake_fault){ FAKE_OPEN, 1, 1, EACCES, false });
    assert_refused(load(&m, uuid, &err), &err, FAIL_UNAVAILABLE, "UUID file: cannot open /d/uuid");
    assert_ok(load(&m, uuid, &err), &err);
    assert_string_equal(uuid, UUID);
}

static void on_a_real_disk_the_file_is_for_its_owner(void **state)
{
    char directory[] = "/tmp/taw-uuid-XXXXXX", uuid[UUID_TEXT_LEN + 1];
    struct marble_world world = marble_world_real((struct marble_log){ 0 });
    struct err err = { 0 };
    struct stat info;

    (void)state;
    assert_non_null(mkdtemp(directory));
    auto_string *path = mem_printf("%s/uuid", directory);
    assert_ok(marble_uuid_load(&world, path, uuid, &err), &err);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0600);
    assert_int_equal(info.st_size, UUID_TEXT_LEN);
    assert_int_equal(info.st_nlink, 1);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(directory), 0);
    assert_refused(marble_uuid_load(&world, path, uuid, &err), &err, FAIL_UNAVAILABLE,
                   "cannot create the UUID file");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(uuid_load_takes_every_form_and_gives_the_canonical_one),
    cmocka_unit_test(uuid_load_refuses_everything_else_and_leaves_it),
    cmocka_unit_test(uuid_load_makes_a_random_one_of_version_4),
    cmocka_unit_test(uuid_load_works_where_nothing_can_be_linked),
    cmocka_unit_test(uuid_load_never_replaces_that_of_another),
    cmocka_unit_test(a_crash_at_any_moment_leaves_a_whole_file_or_none),
    cmocka_unit_test(a_full_disk_leaves_nothing),
    cmocka_unit_test(a_file_that_cannot_be_read_is_not_replaced),
    cmocka_unit_test(on_a_real_disk_the_file_is_for_its_owner),
};
TEST_MAIN(tests)
