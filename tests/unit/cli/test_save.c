/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "base/files.h"
#include "cli/io/save.h"

#include <sys/stat.h>
#include <unistd.h>

static char *new_directory(void)
{
    char pattern[] = "/tmp/taw-save-XXXXXX";

    assert_non_null(mkdtemp(pattern));
    return mem_string(pattern);
}

static void assert_file(const char *path, const char *contents, unsigned mode)
{
    auto_buf is = { 0 };
    struct err err = { 0 };
    struct stat there;

    assert_ok(file_read(&files_posix, path, 100, &is, &err), &err);
    assert_bytes_equal(buf_bytes(&is), bytes_of_string(contents));
    assert_int_equal(stat(path, &there), 0);
    assert_int_equal(there.st_mode & 0777, mode);
}

static void save_new_makes_a_file_once(void **state)
{
    auto_string *dir = new_directory();
    auto_string *path = mem_printf("%s/f", dir);
    struct err err = { 0 };

    (void)state;
    assert_ok(save_file(path, BYTES_LITERAL("one"), SAVE_NEW, &err), &err);
    assert_file(path, "one", 0600);
    assert_false(save_file(path, BYTES_LITERAL("two"), SAVE_NEW, &err));
    assert_int_equal(err.kind, FAIL_STATE);
    assert_file(path, "one", 0600);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(dir), 0);
}

static void save_replace_keeps_mode_and_follows_links(void **state)
{
    auto_string *dir = new_directory();
    auto_string *path = mem_printf("%s/f", dir), *link = mem_printf("%s/l", dir);
    struct err err = { 0 };
    struct stat there;

    (void)state;
    assert_ok(save_file(path, BYTES_LITERAL("longer than the next"), SAVE_REPLACE, &err), &err);
    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(symlink("f", link), 0);
    assert_ok(save_file(link, BYTES_LITERAL("two"), SAVE_REPLACE, &err), &err);
    assert_file(path, "two", 0640);
    assert_int_equal(lstat(link, &there), 0);
    assert_true(S_ISLNK(there.st_mode));
    assert_int_equal(unlink(link) | unlink(path), 0);
    assert_int_equal(rmdir(dir), 0);
}

static void save_clear_leaves_everything_as_it_was(void **state)
{
    auto_string *dir = new_directory();
    auto_string *path = mem_printf("%s/f", dir);
    struct save save;
    struct err err = { 0 };

    (void)state;
    assert_ok(save_open(&save, path, SAVE_NEW, &err), &err);
    save_clear(&save);
    assert_int_equal(access(path, F_OK), -1);
    assert_ok(save_file(path, BYTES_LITERAL("one"), SAVE_NEW, &err), &err);
    assert_ok(save_open(&save, path, SAVE_REPLACE, &err), &err);
    assert_file(path, "one", 0600);
    save_clear(&save);
    assert_file(path, "one", 0600);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(dir), 0);
}

static void save_says_before_the_end_that_a_directory_is_missing(void **state)
{
    struct save save;
    struct err err = { 0 };

    (void)state;
    assert_false(save_open(&save, "/nonexistent/f", SAVE_NEW, &err));
    assert_non_null(strstr(err.text, "/nonexistent/f"));
    save_clear(&save);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(save_new_makes_a_file_once),
    cmocka_unit_test(save_replace_keeps_mode_and_follows_links),
    cmocka_unit_test(save_clear_leaves_everything_as_it_was),
    cmocka_unit_test(save_says_before_the_end_that_a_directory_is_missing),
};
TEST_MAIN(tests)
