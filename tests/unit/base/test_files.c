/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "base/files.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * The real disk with a fault: call number `fail_at` (1: the first) fails with `number`, every
 * write puts at most `largest` bytes down, and every second read or write is interrupted when
 * `interrupted` says so.
 */
struct faulty {
    struct files files;
    unsigned calls, fail_at;
    int number;
    size_t largest; /* 0: no limit */
    bool interrupted;
    unsigned transfers;
    int open_files; /* opened and not yet closed */
};

static bool faulty_now(struct faulty *f)
{
    if (++f->calls != f->fail_at)
        return false;
    errno = f->number;
    return true;
}

static bool interrupted_now(struct faulty *f)
{
    if (!f->interrupted || f->transfers++ % 2 == 1)
        return false;
    errno = EINTR;
    return true;
}

static int faulty_open(void *ctx, const char *path, int flags, mode_t mode)
{
    struct faulty *const f = ctx;

    if (faulty_now(f))
        return -1;
    const int fd = files_posix.open(NULL, path, flags, mode);
    f->open_files += fd >= 0;
    return fd;
}

static ssize_t faulty_read(void *ctx, int fd, void *at, size_t len)
{
    struct faulty *const f = ctx;

    if (interrupted_now(f) || faulty_now(f))
        return -1;
    return files_posix.read(NULL, fd, at, f->largest != 0 && len > f->largest ? f->largest : len);
}

static ssize_t faulty_write(void *ctx, int fd, const void *at, size_t len)
{
    struct faulty *const f = ctx;

    if (interrupted_now(f) || faulty_now(f))
        return -1;
    return files_posix.write(NULL, fd, at, f->largest != 0 && len > f->largest ? f->largest : len);
}

static int faulty_fsync(void *ctx, int fd)
{
    return faulty_now(ctx) ? -1 : files_posix.fsync(NULL, fd);
}

/* The descriptor is gone either way, as on Linux. */
static int faulty_close(void *ctx, int fd)
{
    struct faulty *const f = ctx;

    f->open_files--;
    (void)files_posix.close(NULL, fd);
    return faulty_now(f) ? -1 : 0;
}

static int faulty_rename(void *ctx, const char *from, const char *to)
{
    return faulty_now(ctx) ? -1 : files_posix.rename(NULL, from, to);
}

/* Never fails: it is what cleans up after another failure. */
static int faulty_unlink(void *ctx, const char *path)
{
    (void)ctx;
    return files_posix.unlink(NULL, path);
}

static int faulty_mkdir(void *ctx, const char *path, mode_t mode)
{
    return faulty_now(ctx) ? -1 : files_posix.mkdir(NULL, path, mode);
}

static void faulty_init(struct faulty *f)
{
    *f = (struct faulty){ .files = { .ctx = f,
                                     .open = faulty_open,
                                     .read = faulty_read,
                                     .write = faulty_write,
                                     .fsync = faulty_fsync,
                                     .close = faulty_close,
                                     .rename = faulty_rename,
                                     .unlink = faulty_unlink,
                                     .mkdir = faulty_mkdir } };
}

static bool remove_entry(void *dir, const char *name)
{
    auto_string *path = mem_printf("%s/%s", (const char *)dir, name);

    if (unlink(path) != 0 && files_posix.list(NULL, path, remove_entry, path) == 0)
        (void)rmdir(path);
    return true;
}

/* Every test has a directory of its own, which is *state. */
static int make_directory(void **state)
{
    char *const dir = mem_string("/tmp/taw-test-XXXXXX");

    *state = dir;
    return mkdtemp(dir) == NULL ? -1 : 0;
}

static int remove_directory(void **state)
{
    (void)files_posix.list(NULL, *state, remove_entry, *state);
    (void)rmdir(*state);
    free(*state);
    return 0;
}

static void assert_contents(const char *dir, const char *name, struct bytes want)
{
    auto_string *path = mem_printf("%s/%s", dir, name);
    auto_buf is = { 0 };
    struct err err = { 0 };

    assert_ok(file_read(&files_posix, path, 1 << 20, &is, &err), &err);
    assert_bytes_equal(buf_bytes(&is), want);
}

static bool count_entry(void *arg, const char *name)
{
    (void)name;
    ++*(unsigned *)arg;
    return true;
}

static unsigned entries(const char *dir)
{
    unsigned count = 0;

    assert_int_equal(files_posix.list(NULL, dir, count_entry, &count), 0);
    return count;
}

static void file_replace_writes_what_file_read_reads(void **state)
{
    auto_buf data = { 0 };
    struct err err = { 0 };
    struct stat st;
    auto_string *path = mem_printf("%s/name", (const char *)*state);

    memset(buf_grow(&data, 200000), 0x5A, 200000);
    assert_ok(file_replace(&files_posix, *state, "name", BYTES_LITERAL("old"), &err), &err);
    assert_contents(*state, "name", BYTES_LITERAL("old"));
    assert_ok(file_replace(&files_posix, *state, "name", buf_bytes(&data), &err), &err);
    assert_contents(*state, "name", buf_bytes(&data));
    assert_ok(file_replace(&files_posix, *state, "name", BYTES_NONE, &err), &err);
    assert_contents(*state, "name", BYTES_NONE);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(entries(*state), 1);
}

static void file_replace_survives_short_and_interrupted_transfers(void **state)
{
    struct faulty f;
    auto_buf data = { 0 }, back = { 0 };
    struct err err = { 0 };
    auto_string *path = mem_printf("%s/name", (const char *)*state);

    faulty_init(&f);
    f.largest = 7;
    f.interrupted = true;
    for (unsigned i = 0; i < 1000; i++)
        buf_add_u16le(&data, (uint16_t)i);
    assert_ok(file_replace(&f.files, *state, "name", buf_bytes(&data), &err), &err);
    assert_contents(*state, "name", buf_bytes(&data));
    assert_ok(file_read(&f.files, path, 2000, &back, &err), &err);
    assert_bytes_equal(buf_bytes(&back), buf_bytes(&data));
    assert_int_equal(f.open_files, 0);
}

/* Whatever call fails, the old or the new contents are there, whole, and nothing is left over. */
static void file_replace_is_all_or_nothing_whatever_call_fails(void **state)
{
    unsigned failures = 0;

    for (unsigned fail_at = 1; fail_at < 100; fail_at++) {
        struct faulty f;
        struct err err = { 0 };
        auto_string *path = mem_printf("%s/name", (const char *)*state);
        auto_buf is = { 0 };
        assert_ok(file_replace(&files_posix, *state, "name", BYTES_LITERAL("old"), &err), &err);
        faulty_init(&f);
        f.largest = 4;
        f.fail_at = fail_at;
        f.number = ENOSPC;
        const bool done = file_replace(&f.files, *state, "name", BYTES_LITERAL("new data"), &err);
        assert_int_equal(f.open_files, 0);
        assert_int_equal(entries(*state), 1);
        struct err unused = { 0 };
        assert_ok(file_read(&files_posix, path, 100, &is, &unused), &unused);
        const bool is_new = bytes_equal_string(buf_bytes(&is), "new data");
        assert_true(is_new || (!done && bytes_equal_string(buf_bytes(&is), "old")));
        if (!done) {
            failures++;
            assert_int_equal(err.kind, FAIL_UNAVAILABLE);
            assert_non_null(strstr(err.text, "No space left on device"));
            assert_non_null(strstr(err.text, *state));
        }
        if (f.calls < fail_at)
            break;
    }
    /* open, two writes, sync, close, rename, open and sync of the directory */
    assert_int_equal(failures, 8);
}

static void file_write_new_leaves_the_old_file_alone(void **state)
{
    struct err err = { 0 };
    auto_string *path = mem_printf("%s/name", (const char *)*state);

    assert_ok(file_replace(&files_posix, *state, "name", BYTES_LITERAL("old"), &err), &err);
    assert_ok(file_write_new(&files_posix, path, BYTES_LITERAL("new"), &err), &err);
    assert_contents(*state, "name", BYTES_LITERAL("old"));
    assert_contents(*state, "name.new", BYTES_LITERAL("new"));
    /* What an earlier crash left there does not shine through. */
    assert_ok(file_write_new(&files_posix, path, BYTES_LITERAL("n"), &err), &err);
    assert_contents(*state, "name.new", BYTES_LITERAL("n"));
}

static void file_read_tells_absent_too_large_and_unreadable_apart(void **state)
{
    struct err err = { 0 };
    auto_buf out = { 0 };
    auto_string *path = mem_printf("%s/name", (const char *)*state);
    struct faulty f;

    assert_false(file_read(&files_posix, path, 10, &out, &err));
    assert_int_equal(err.kind, FAIL_NOT_FOUND);
    assert_non_null(strstr(err.text, path));
    assert_ok(file_replace(&files_posix, *state, "name", BYTES_LITERAL("0123456789"), &err), &err);
    assert_ok(file_read(&files_posix, path, 10, &out, &err), &err);
    buf_truncate(&out, 0);
    assert_false(file_read(&files_posix, path, 9, &out, &err));
    assert_int_equal(err.kind, FAIL_TOO_LARGE);
    assert_non_null(strstr(err.text, path));
    assert_false(file_read(&files_posix, *state, 9, &out, &err));
    assert_int_equal(err.kind, FAIL_UNAVAILABLE);
    for (unsigned fail_at = 1; fail_at <= 3; fail_at++) {
        faulty_init(&f);
        f.fail_at = fail_at;
        f.number = EIO;
        buf_truncate(&out, 0);
        assert_false(file_read(&f.files, path, 10, &out, &err));
        assert_int_equal(err.kind, FAIL_UNAVAILABLE);
        assert_non_null(strstr(err.text, "Input/output error"));
        assert_int_equal(f.open_files, 0);
    }
}

static void file_make_directories_makes_what_is_missing(void **state)
{
    static const char *const paths[] = { "%s/a/b/c", "%s/a/b/d/", "%s//a///e", "%s", "%s/a" };
    struct err err = { 0 };
    struct stat st;

    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        auto_string *path = mem_string(paths[i] + 2);
        auto_string *whole = mem_printf("%s%s", (const char *)*state, path);
        assert_ok(file_make_directories(&files_posix, whole, &err), &err);
        assert_int_equal(stat(whole, &st), 0);
        assert_true(S_ISDIR(st.st_mode));
        assert_int_equal(st.st_mode & 0777, 0700);
    }
    assert_ok(file_make_directories(&files_posix, "/", &err), &err);
}

static void file_make_directories_says_which_one_it_cannot_make(void **state)
{
    struct faulty f;
    struct err err = { 0 };
    auto_string *path = mem_printf("%s/x/y", (const char *)*state);

    faulty_init(&f);
    f.fail_at = 3; /* /tmp and the test's directory are there */
    f.number = EACCES;
    assert_false(file_make_directories(&f.files, path, &err));
    assert_int_equal(err.kind, FAIL_UNAVAILABLE);
    assert_non_null(strstr(err.text, "/x: Permission denied"));
}

static bool stop_at_first(void *arg, const char *name)
{
    (void)name;
    ++*(unsigned *)arg;
    return false;
}

static void files_list_gives_every_name_until_told_to_stop(void **state)
{
    struct err err = { 0 };
    unsigned count = 0;
    auto_string *absent = mem_printf("%s/absent", (const char *)*state);

    assert_int_equal(entries(*state), 0);
    for (unsigned i = 0; i < 5; i++) {
        auto_string *name = mem_printf(".n%u", i);
        assert_ok(file_replace(&files_posix, *state, name, BYTES_NONE, &err), &err);
    }
    assert_int_equal(entries(*state), 5);
    assert_int_equal(files_posix.list(NULL, *state, stop_at_first, &count), 0);
    assert_int_equal(count, 1);
    assert_int_equal(files_posix.list(NULL, absent, stop_at_first, &count), -1);
    assert_int_equal(errno, ENOENT);
}

static void files_lock_is_held_by_one_open_file(void **state)
{
    const struct files *const fs = &files_posix;
    auto_string *path = mem_printf("%s/lock", (const char *)*state);
    const int one = fs->open(NULL, path, O_RDWR | O_CREAT, 0600);
    const int two = fs->open(NULL, path, O_RDWR, 0);

    assert_true(one >= 0 && two >= 0);
    assert_int_equal(fs->lock(NULL, one), 0);
    assert_int_equal(fs->lock(NULL, two), -1);
    assert_int_equal(errno, EWOULDBLOCK);
    assert_int_equal(fs->close(NULL, one), 0);
    assert_int_equal(fs->lock(NULL, two), 0);
    assert_int_equal(fs->close(NULL, two), 0);
}

#define IN_A_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, make_directory, remove_directory)
static const struct CMUnitTest tests[] = {
    IN_A_DIRECTORY(file_replace_writes_what_file_read_reads),
    IN_A_DIRECTORY(file_replace_survives_short_and_interrupted_transfers),
    IN_A_DIRECTORY(file_replace_is_all_or_nothing_whatever_call_fails),
    IN_A_DIRECTORY(file_write_new_leaves_the_old_file_alone),
    IN_A_DIRECTORY(file_read_tells_absent_too_large_and_unreadable_apart),
    IN_A_DIRECTORY(file_make_directories_makes_what_is_missing),
    IN_A_DIRECTORY(file_make_directories_says_which_one_it_cannot_make),
    IN_A_DIRECTORY(files_list_gives_every_name_until_told_to_stop),
    IN_A_DIRECTORY(files_lock_is_held_by_one_open_file),
};

TEST_MAIN(tests)
