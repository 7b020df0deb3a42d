/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "base/secret.h"

#include <sys/wait.h>
#include <unistd.h>

static void secret_new_is_zero_and_as_long_as_asked(void **state)
{
    static const size_t sizes[] = { 0, 1, 16, 32, 4088, 4089, 10000 };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        struct err err = { 0 };
        auto_secret *s = secret_new(sizes[i], &err);
        assert_non_null(s);
        assert_int_equal(secret_bytes(s).len, sizes[i]);
        for (size_t j = 0; j < sizes[i]; j++)
            assert_int_equal(s->at[j], 0);
        memset(s->at, 0xA5, sizes[i]);
    }
}

static void secret_new_says_when_there_is_no_memory(void **state)
{
    struct err err = { 0 };

    (void)state;
    assert_null(secret_new(SIZE_MAX / 2, &err));
    assert_int_equal(err.kind, FAIL_INTERNAL);
    assert_non_null(strstr(err.text, "secret bytes"));
}

static void secret_copy_and_secret_equal_agree(void **state)
{
    struct err err = { 0 };
    auto_secret *a = secret_copy(BYTES_LITERAL("key\0one"), &err);
    auto_secret *b = secret_copy(BYTES_LITERAL("key\0one"), &err);
    auto_secret *other = secret_copy(BYTES_LITERAL("key\0onf"), &err);
    auto_secret *shorter = secret_copy(BYTES_LITERAL("key\0on"), &err);
    auto_secret *empty = secret_copy(BYTES_NONE, &err);

    (void)state;
    assert_true(secret_equal(a, b));
    assert_false(secret_equal(a, other));
    assert_false(secret_equal(a, shorter));
    assert_true(secret_equal(empty, empty));
    assert_false(secret_equal(a, NULL));
    assert_false(secret_equal(NULL, NULL));
    assert_bytes_equal(secret_bytes(a), BYTES_LITERAL("key\0one"));
    assert_int_equal(secret_bytes(NULL).len, 0);
    secret_free(NULL);
}

static void bytes_equal_secretly_sees_every_bit(void **state)
{
    uint8_t a[33] = { 0 }, b[33] = { 0 };

    (void)state;
    assert_true(bytes_equal_secretly(bytes_of(a, 33), bytes_of(b, 33)));
    for (size_t bit = 0; bit < 8 * sizeof a; bit++) {
        b[bit / 8] = (uint8_t)(1u << bit % 8);
        assert_false(bytes_equal_secretly(bytes_of(a, 33), bytes_of(b, 33)));
        b[bit / 8] = 0;
    }
    assert_false(bytes_equal_secretly(bytes_of(a, 33), bytes_of(b, 32)));
}

/* A child that touched the page would be killed: MADV_DONTFORK leaves it out. */
static void secret_is_not_in_a_forked_child(void **state)
{
    struct err err = { 0 };
    auto_secret *s = secret_copy(BYTES_LITERAL("key"), &err);
    int status = 0;
    int ends[2];

    (void)state;
    assert_non_null(s);
    assert_int_equal(pipe(ends), 0);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        /* The kernel cannot read a page that is not there: EFAULT. */
        const ssize_t written = write(ends[1], s->at, 3);
        _exit(written < 0 ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(secret_new_is_zero_and_as_long_as_asked),
    cmocka_unit_test(secret_new_says_when_there_is_no_memory),
    cmocka_unit_test(secret_copy_and_secret_equal_agree),
    cmocka_unit_test(bytes_equal_secretly_sees_every_bit),
    cmocka_unit_test(secret_is_not_in_a_forked_child),
};

TEST_MAIN(tests)
