/* SPDX-License-Identifier: Apache-2.0 */
#include "marble_test.h"

#include <errno.h>
#include <fcntl.h>

#include "marble/apply.h"

#define TEXT(text) BYTES_LITERAL(text)

/* Files that only write down what is done to them. */
struct recorder {
    struct files files;
    struct buf story;
    const char *missing_directory; /* files below it do not open until it was made */
    const char *fails;             /* this step fails once with EACCES */
};

static bool may(struct recorder *r, const char *step)
{
    buf_add_format(&r->story, "%s\n", step);
    if (r->fails == NULL || strcmp(r->fails, step) != 0)
        return true;
    r->fails = NULL;
    errno = EACCES;
    return false;
}

static int record_open(void *ctx, const char *path, int flags, mode_t mode)
{
    struct recorder *const r = ctx;
    auto_string *step =
        (flags & O_DIRECTORY) != 0
            ? mem_printf("directory %s", path)
            : mem_printf("open %s%s%s %03o", path, (flags & O_CREAT) != 0 ? " create" : "",
                         (flags & O_TRUNC) != 0 ? " truncate" : "", mode);

    if (!may(r, step))
        return -1;
    errno = ENOENT;
    if (r->missing_directory != NULL && (flags & O_DIRECTORY) == 0 &&
        strncmp(path, r->missing_directory, strlen(r->missing_directory)) == 0)
        return -1;
    return 7;
}

static ssize_t record_write(void *ctx, int fd, const void *at, size_t len)
{
    auto_string *step = mem_printf("write %.*s", (int)len, (const char *)at);

    assert_int_equal(fd, 7);
    return may(ctx, step) ? (ssize_t)len : -1;
}

static int record_close(void *ctx, int fd)
{
    assert_int_equal(fd, 7);
    return may(ctx, "close") ? 0 : -1;
}

static int record_mkdir(void *ctx, const char *path, mode_t mode)
{
    struct recorder *const r = ctx;
    auto_string *step = mem_printf("mkdir %s %03o", path, mode);

    if (r->missing_directory != NULL && strcmp(path, r->missing_directory) == 0)
        r->missing_directory = NULL;
    return may(r, step) ? 0 : -1;
}

static void recorder_start(struct recorder *r)
{
    *r = (struct recorder){ .files = { .ctx = r,
                                       .open = record_open,
                                       .write = record_write,
                                       .close = record_close,
                                       .mkdir = record_mkdir } };
}

static void recorder_end(struct recorder *r)
{
    buf_clear(&r->story);
}
#define auto_recorder struct recorder CLEANUP(recorder_end)

static const struct marble_parameter FILES[] = {
    { { (const uint8_t *)"/a", 2 }, { (const uint8_t *)"1", 1 } },
    { { (const uint8_t *)"/dev/attestation/protected_files_key", 36 },
      { (const uint8_t *)"old", 3 } },
    { { (const uint8_t *)"/dev/attestation/keys/x", 23 }, { (const uint8_t *)"kx", 2 } },
    { { (const uint8_t *)"/dev/attestation/other", 22 }, { (const uint8_t *)"2", 1 } },
    { { (const uint8_t *)"/dev/attestation/keys/a/b", 25 }, { (const uint8_t *)"kb", 2 } },
};
static const struct marble_parameters ALL = { .file_count = COUNT_OF(FILES), .files = FILES };

static void keys_come_first_and_only_once(void **state)
{
    auto_recorder r;
    struct err err = { 0 };

    (void)state;
    recorder_start(&r);
    assert_ok(apply_files(&ALL, &r.files, &err), &err);
    assert_bytes_equal(
        buf_bytes(&r.story),
        TEXT("open /dev/attestation/keys/x truncate 600\nwrite kx\nclose\n"
             "open /dev/attestation/keys/a/b truncate 600\nwrite kb\nclose\n"
             "open /dev/attestation/protected_files_key truncate 600\nwrite old\nclose\n"
             "open /a create truncate 600\nwrite 1\nclose\n"
             "open /dev/attestation/other create truncate 600\nwrite 2\nclose\n"));
}

static void a_failure_ends_it_and_names_the_file(void **state)
{
    static const struct {
        const char *fails, *words;
    } cases[] = {
        { "open /dev/attestation/keys/a/b truncate 600",
          "cannot write file /dev/attestation/keys/a/b: open: Permission denied" },
        { "write 1", "cannot write file /a: write of 1 bytes: Permission denied" },
        { "close", "cannot write file /dev/attestation/keys/x: close: Permission denied" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        auto_recorder r;
        struct err err = { 0 };
        recorder_start(&r);
        r.fails = cases[i].fails;
        assert_refused(apply_files(&ALL, &r.files, &err), &err, FAIL_UNAVAILABLE, cases[i].words);
    }
}

static void parents_are_made_only_where_they_are_missing(void **state)
{
    const struct marble_parameter file = { TEXT("/p/q/f"), TEXT("v") };
    const struct marble_parameters one = { .file_count = 1, .files = &file };
    auto_recorder r;
    struct err err = { 0 };

    (void)state;
    recorder_start(&r);
    r.missing_directory = "/p/q";
    assert_ok(apply_files(&one, &r.files, &err), &err);
    assert_bytes_equal(
        buf_bytes(&r.story),
        TEXT("open /p/q/f create truncate 600\nmkdir /p 700\nmkdir /p/q 700\n"
             "directory /p/q\nclose\nopen /p/q/f create truncate 600\nwrite v\nclose\n"));
    buf_clear(&r.story);
    r.missing_directory = "/p/q";
    r.fails = "mkdir /p/q 700";
    assert_refused(apply_files(&one, &r.files, &err), &err, FAIL_UNAVAILABLE,
                   "cannot write file /p/q/f: cannot create directory /p/q: Permission denied");
}

static void a_missing_key_is_never_made(void **state)
{
    const struct marble_parameter file = { TEXT("/dev/attestation/keys/x"), TEXT("v") };
    const struct marble_parameters one = { .file_count = 1, .files = &file };
    auto_recorder r;
    struct err err = { 0 };

    (void)state;
    recorder_start(&r);
    r.missing_directory = "/dev/attestation/keys";
    assert_refused(apply_files(&one, &r.files, &err), &err, FAIL_UNAVAILABLE,
                   "/dev/attestation/keys/x: open: No such file");
    assert_bytes_equal(buf_bytes(&r.story), TEXT("open /dev/attestation/keys/x truncate 600\n"));
}

static void paths_without_a_directory_need_none(void **state)
{
    static const char *const paths[] = { "f", "/f" };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        const struct marble_parameter file = { bytes_of_string(paths[i]), TEXT("v") };
        const struct marble_parameters one = { .file_count = 1, .files = &file };
        auto_recorder r;
        struct err err = { 0 };
        recorder_start(&r);
        r.missing_directory = paths[i];
        assert_refused(apply_files(&one, &r.files, &err), &err, FAIL_UNAVAILABLE, "No such file");
        assert_null(strstr((char *)r.story.at, "mkdir"));
    }
}

static void variables_go_on_top_of_the_environment(void **state)
{
    const struct marble_parameter env[] = { { TEXT("TAW_TEST_NEW"), TEXT("a=b") },
                                            { TEXT("TAW_TEST_OLD"), TEXT("") } };
    const struct marble_parameters given = { .env_count = 2, .env = env };
    struct err err = { 0 };

    (void)state;
    assert_int_equal(setenv("TAW_TEST_OLD", "before", 1), 0);
    assert_int_equal(setenv("TAW_TEST_KEPT", "kept", 1), 0);
    assert_ok(apply_environment(&given, &err), &err);
    assert_string_equal(getenv("TAW_TEST_NEW"), "a=b");
    assert_string_equal(getenv("TAW_TEST_OLD"), "");
    assert_string_equal(getenv("TAW_TEST_KEPT"), "kept");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(keys_come_first_and_only_once),
    cmocka_unit_test(a_failure_ends_it_and_names_the_file),
    cmocka_unit_test(parents_are_made_only_where_they_are_missing),
    cmocka_unit_test(a_missing_key_is_never_made),
    cmocka_unit_test(paths_without_a_directory_need_none),
    cmocka_unit_test(variables_go_on_top_of_the_environment),
};
TEST_MAIN(tests)
