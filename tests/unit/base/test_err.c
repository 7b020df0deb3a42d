/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include <errno.h>

static void err_set_returns_false_with_kind_and_text(void **state)
{
    struct err err = { 0 };

    (void)state;
    assert_false(err_set(&err, FAIL_STATE, "state %d", 2));
    assert_int_equal(err.kind, FAIL_STATE);
    assert_string_equal(err.text, "state 2");
}

static void err_in_puts_context_in_front_and_keeps_the_kind(void **state)
{
    struct err err = { 0 };

    (void)state;
    (void)err_set(&err, FAIL_DENIED, "wrong signer");
    assert_false(err_in(&err, "package %s", "web"));
    assert_false(err_in(&err, "activation"));
    assert_int_equal(err.kind, FAIL_DENIED);
    assert_string_equal(err.text, "activation: package web: wrong signer");
}

static void err_texts_of_any_length_end_inside_the_struct(void **state)
{
    char long_text[3000];
    struct err err;

    (void)state;
    memset(long_text, 'x', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    memset(&err, 'y', sizeof err);
    (void)err_set(&err, FAIL_INTERNAL, "%s", long_text);
    assert_int_equal(strlen(err.text), sizeof err.text - 1);
    (void)err_in(&err, "%s", long_text);
    assert_true(strlen(err.text) < sizeof err.text);
    /* Neither the context nor the cause pushes the other one out. */
    (void)err_set(&err, FAIL_INTERNAL, "cause");
    (void)err_in(&err, "%s", long_text);
    assert_string_equal(err.text + strlen(err.text) - 7, ": cause");
    (void)err_set(&err, FAIL_INTERNAL, "%.250s", long_text);
    memset(long_text, 'c', sizeof long_text - 1);
    (void)err_in(&err, "%s", long_text);
    assert_int_equal(strlen(strchr(err.text, 'x')), 250);
    errno = EACCES;
    (void)err_errno(&err, FAIL_INTERNAL, "%s", long_text);
    assert_non_null(strstr(err.text, ": Permission denied"));
}

static void err_errno_ends_with_the_text_of_errno(void **state)
{
    struct err err = { 0 };

    (void)state;
    errno = ENOSPC;
    assert_false(err_errno(&err, FAIL_UNAVAILABLE, "write of %d bytes", 7));
    assert_int_equal(err.kind, FAIL_UNAVAILABLE);
    assert_string_equal(err.text, "write of 7 bytes: No space left on device");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(err_set_returns_false_with_kind_and_text),
    cmocka_unit_test(err_in_puts_context_in_front_and_keeps_the_kind),
    cmocka_unit_test(err_texts_of_any_length_end_inside_the_struct),
    cmocka_unit_test(err_errno_ends_with_the_text_of_errno),
};

TEST_MAIN(tests)
