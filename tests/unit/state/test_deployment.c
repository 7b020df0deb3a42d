/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "state_test.h"

/* The record of a user, as state-and-recovery.md 5.3 shows it. */
static const struct omap *with_user(const struct omap *values, const char *name,
                                    const char *certificate)
{
    auto_string *key = mem_printf(PREFIX_USER "%s", name);
    auto_string *record = mem_printf(
        "{\"Name\":\"%s\",\"Certificate\":\"%s\",\"Permissions\":{\"readsecret\":{\"PermissionID\":"
        "\"readsecret\",\"ResourceID\":{\"%s-secret\":true}}}}",
        name, certificate, name);

    return omap_with(values, bytes_of_string(key), bytes_of_string(record));
}

static const struct omap *base_values(void)
{
    auto_omap *empty = omap_with(NULL, BYTES_LITERAL(NAME_MANIFEST), BYTES_LITERAL(STATE_MANIFEST));

    return with_value(empty, NAME_MANIFEST_SIGNATURE, BYTES_LITERAL("s"));
}

static void users_are_found_by_their_exact_certificate(void **state)
{
    auto_omap *values = base_values();
    auto_omap *one = with_user(values, "zoe", "AAEC");
    auto_omap *two = with_user(one, "adam", "AAED");
    auto_omap *three = with_user(two, "mia", "AAE=");
    struct err err = { 0 };
    auto_deployment *d = deployment_load(three, &err);

    (void)state;
    assert_non_null(d);
    assert_int_equal(d->user_count, 3);
    const struct deployment_user *const zoe = deployment_user(d, BYTES_LITERAL("\0\1\2"));
    assert_non_null(zoe);
    assert_bytes_equal(zoe->name, BYTES_LITERAL("zoe"));
    const struct bytes secret = BYTES_LITERAL("zoe-secret"), other = BYTES_LITERAL("adam-secret");
    assert_true(permissions_allow(&zoe->permissions, PERMISSION_READ_SECRET, &secret, 1));
    assert_false(permissions_allow(&zoe->permissions, PERMISSION_READ_SECRET, &other, 1));
    assert_bytes_equal(deployment_user(d, BYTES_LITERAL("\0\1"))->name, BYTES_LITERAL("mia"));
    assert_null(deployment_user(d, BYTES_LITERAL("\0\1\2\3")));
    assert_null(deployment_user(d, BYTES_LITERAL("\0")));
    assert_null(deployment_user(d, BYTES_NONE));
}

static void no_users_means_nobody(void **state)
{
    auto_omap *values = base_values();
    struct err err = { 0 };
    auto_deployment *d = deployment_load(values, &err);

    (void)state;
    assert_non_null(d);
    assert_null(deployment_user(d, BYTES_NONE));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(users_are_found_by_their_exact_certificate),
    cmocka_unit_test(no_users_means_nobody),
};

TEST_MAIN(tests)
