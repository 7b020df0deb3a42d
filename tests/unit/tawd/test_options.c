/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "tawd/options.h"

/* Where collateral and the platform key lie, by flag and by variable. */

static int forget_variables(void **state)
{
    (void)state;
    return unsetenv("TAW_COLLATERAL_DIR") != 0 || unsetenv("TAW_COLLATERAL_INTERVAL_MS") != 0 ||
           unsetenv("TAW_PLATFORM_KEY") != 0;
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

static void expect_platform_key(const char *first, const char *second, const char *path)
{
    struct options o;
    struct err err = { 0 };

    assert_ok(read_them(&o, &err, first, second), &err);
    assert_string_equal(o.platform_key, path);
    options_clear(&o);
}

static void the_platform_key_has_its_place(void **state)
{
    (void)state;
    expect_platform_key(NULL, NULL, "/run/tawd/platform_key");
    expect_platform_key("--seal-dir=/seal", NULL, "/run/tawd/platform_key");
    expect_platform_key("--seal-dir=/seal", "--simulation", "/seal/platform_key");
    expect_platform_key("--simulation", "--platform-key=/key", "/key");
    expect_platform_key("--platform-key", "/key", "/key");
}

static void expect_wrong(const char *first, const char *second, const char *words)
{
    struct options o;
    struct err err = { 0 };

    assert_false(read_them(&o, &err, first, second));
    assert_int_equal(err.kind, FAIL_MALFORMED);
    assert_non_null(strstr(err.text, words));
    options_clear(&o);
}

static void an_encrypted_disk_has_to_be_named(void **state)
{
    struct options o;
    struct err err = { 0 };

    (void)state;
    expect_wrong("--platform-key-on-encrypted-disk", NULL, "--platform-key FILE");
    expect_wrong("--platform-key-on-encrypted-disk", "--platform-key=", "--platform-key FILE");
    assert_ok(read_them(&o, &err, "--platform-key-on-encrypted-disk", "--platform-key=/key"), &err);
    assert_true(o.platform_key_on_encrypted_disk);
    options_clear(&o);
    assert_int_equal(setenv("TAW_PLATFORM_KEY", "/key", 1), 0);
    assert_ok(read_them(&o, &err, "--platform-key-on-encrypted-disk", NULL), &err);
    assert_string_equal(o.platform_key, "/key");
    options_clear(&o);
    expect_wrong("--platform-key-on-encrypted-disk", "--simulation", "not for --simulation");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup(there_is_no_collateral_unless_it_is_named, forget_variables),
    cmocka_unit_test_setup_teardown(a_flag_wins_over_its_variable, forget_variables,
                                    forget_variables),
    cmocka_unit_test_setup(the_platform_key_has_its_place, forget_variables),
    cmocka_unit_test_setup_teardown(an_encrypted_disk_has_to_be_named, forget_variables,
                                    forget_variables),
};

TEST_MAIN(tests)
