/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "tawd/options.h"

/* Where collateral lies, by flag and by variable. */

static int forget_variables(void **state)
{
    (void)state;
    return unsetenv("TAW_COLLATERAL_DIR") != 0 || unsetenv("TAW_COLLATERAL_INTERVAL_MS") != 0;
}

static bool read_them(struct options *o, struct err *err, const char *first, const char *second)
{
    char *argv[] = { (char *)(uintptr_t) "tawd", (char *)(uintptr_t)first,
                     (char *)(uintptr_t)second, NULL };

    return options_read(first == NULL ? 1 : second == NULL ? 2 : 3, argv, o, err);
}

static void there_is_no_collateral_unless_it_is_named(void **state)
{
    struct options o;
    struct err err = { 0 };

    (void)state;
    assert_ok(read_them(&o, &err, NULL, NULL), &err);
    assert_null(o.collateral_directory);
    assert_int_equal(o.collateral_interval_ms, 60000);
    options_clear(&o);
    assert_ok(read_them(&o, &err, "--collateral-dir", ""), &err);
    assert_null(o.collateral_directory);
    options_clear(&o);
}

static void a_flag_wins_over_its_variable(void **state)
{
    struct options o;
    struct err err = { 0 };

    (void)state;
    assert_int_equal(setenv("TAW_COLLATERAL_DIR", "/from/variable", 1), 0);
    assert_int_equal(setenv("TAW_COLLATERAL_INTERVAL_MS", "500", 1), 0);
    assert_ok(read_them(&o, &err, NULL, NULL), &err);
    assert_string_equal(o.collateral_directory, "/from/variable");
    assert_int_equal(o.collateral_interval_ms, 500);
    options_clear(&o);
    assert_ok(read_them(&o, &err, "--collateral-dir=/from/flag", NULL), &err);
    assert_string_equal(o.collateral_directory, "/from/flag");
    options_clear(&o);
    assert_false(read_them(&o, &err, "--collateral-interval", "99"));
    assert_int_equal(err.kind, FAIL_MALFORMED);
    assert_non_null(strstr(err.text, "--collateral-interval"));
    options_clear(&o);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup(there_is_no_collateral_unless_it_is_named, forget_variables),
    cmocka_unit_test_setup_teardown(a_flag_wins_over_its_variable, forget_variables,
                                    forget_variables),
};

TEST_MAIN(tests)
