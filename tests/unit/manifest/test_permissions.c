/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest_test.h"

#include "manifest/permissions.h"

static const char text[] =
    "{\"Users\":{\"u\":{\"Roles\":[\"w\",\"r\",\"w\",\"none\",\"p\"]},\"m\":{\"Roles\":[\"g\"]},"
    "\"z\":{}},"
    "\"Roles\":{\"w\":{\"ResourceType\":\"Secrets\",\"ResourceNames\":[\"b\",\"a\"],"
    "\"Actions\":[\"writeSECRET\",\"ReadSecret\"]},"
    "\"r\":{\"ResourceType\":\"Secrets\",\"ResourceNames\":[\"c\",\"a\"],\"Actions\":["
    "\"ReadSecret\"]},"
    "\"p\":{\"ResourceType\":\"Packages\",\"Actions\":[\"UpdateSecurityVersion\"]},"
    "\"g\":{\"ResourceType\":\"Manifest\",\"Actions\":[\"UpdateManifest\"]},"
    "\"idle\":{\"ResourceType\":\"Secrets\",\"ResourceNames\":[\"x\"],\"Actions\":[]},"
    "\"odd\":{\"ResourceType\":\"Packages\",\"Actions\":[\"ReadSecret\"]}}}";

static bool allowed(const struct manifest *m, const char *user, enum permission kind,
                    const char *first, const char *second)
{
    auto_arena arena = { 0 };
    const struct permissions p =
        permissions_of_user(m, manifest_user(m, bytes_of_string(user)), &arena);
    const struct bytes names[] = { bytes_of_string(first), bytes_of_string(second) };

    return permissions_allow(&p, kind, names, second != NULL ? 2 : first != NULL ? 1 : 0);
}

static void permissions_are_the_union_of_the_roles(void **state)
{
    struct err err = { 0 };
    auto_manifest *m = manifest_parse(bytes_of_string(text), &err);

    (void)state;
    assert_ok(m != NULL, &err);
    assert_true(allowed(m, "u", PERMISSION_READ_SECRET, "a", "c"));
    assert_true(allowed(m, "u", PERMISSION_READ_SECRET, "b", "b"));
    assert_true(allowed(m, "u", PERMISSION_WRITE_SECRET, "b", "a"));
    assert_false(allowed(m, "u", PERMISSION_WRITE_SECRET, "a", "c"));
    assert_false(allowed(m, "u", PERMISSION_READ_SECRET, "A", NULL));
    assert_false(allowed(m, "u", PERMISSION_READ_SECRET, "", NULL));
}

static void a_request_for_nothing_needs_the_kind(void **state)
{
    struct err err = { 0 };
    auto_manifest *m = manifest_parse(bytes_of_string(text), &err);

    (void)state;
    assert_ok(m != NULL, &err);
    assert_true(allowed(m, "u", PERMISSION_UPDATE_PACKAGE, NULL, NULL));
    assert_false(allowed(m, "u", PERMISSION_UPDATE_PACKAGE, "app", NULL));
    assert_false(allowed(m, "u", PERMISSION_UPDATE_MANIFEST, NULL, NULL));
    assert_true(allowed(m, "m", PERMISSION_UPDATE_MANIFEST, NULL, NULL));
    assert_false(allowed(m, "m", PERMISSION_UPDATE_PACKAGE, NULL, NULL));
    for (unsigned kind = 0; kind < PERMISSION_COUNT; kind++)
        assert_false(allowed(m, "z", kind, NULL, NULL));
}

static void roles_grant_by_type_and_action(void **state)
{
    struct err err = { 0 };
    auto_manifest *m = manifest_parse(bytes_of_string(text), &err);
    enum permission kind;

    (void)state;
    assert_ok(m != NULL, &err);
    assert_int_equal(manifest_role(m, TEXT("idle"))->grants, 0);
    assert_int_equal(manifest_role(m, TEXT("odd"))->grants, 0);
    assert_true(role_grants(manifest_role(m, TEXT("w")), PERMISSION_WRITE_SECRET));
    assert_false(role_grants(manifest_role(m, TEXT("r")), PERMISSION_WRITE_SECRET));
    assert_true(permission_from_action(RESOURCE_MANIFEST, TEXT("UPDATEMANIFEST"), &kind));
    assert_int_equal(kind, PERMISSION_UPDATE_MANIFEST);
    assert_false(permission_from_action(RESOURCE_NONE, TEXT("UpdateManifest"), &kind));
    assert_false(permission_from_action(RESOURCE_SECRETS, TEXT(""), &kind));
}

static void many_references_to_a_large_role_cost_little(void **state)
{
    auto_buf large = { 0 };
    struct err err = { 0 };
    auto_arena arena = { 0 };

    (void)state;
    buf_add_string(&large, "{\"Users\":{\"u\":{\"Roles\":[\"r\"");
    for (int i = 0; i < 100000; i++)
        buf_add_string(&large, ",\"r\"");
    buf_add_string(&large, "]}},\"Roles\":{\"r\":{\"ResourceType\":\"Secrets\",\"Actions\":["
                           "\"ReadSecret\"],\"ResourceNames\":[\"x\"");
    for (int i = 0; i < 100000; i++)
        buf_add_format(&large, ",\"s%d\"", i);
    buf_add_string(&large, "]}}}");
    auto_manifest *m = manifest_parse(buf_bytes(&large), &err);
    assert_ok(m != NULL, &err);
    const struct permissions p = permissions_of_user(m, &m->users[0], &arena);
    assert_int_equal(p.of[PERMISSION_READ_SECRET].count, 100001);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(permissions_are_the_union_of_the_roles),
    cmocka_unit_test(a_request_for_nothing_needs_the_kind),
    cmocka_unit_test(roles_grant_by_type_and_action),
    cmocka_unit_test(many_references_to_a_large_role_cost_little),
};
TEST_MAIN(tests)
