/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "cli/manifest/updated_manifest.h"

static const char MANIFEST[] =
    "{\"Packages\":{\"p\":{\"SecurityVersion\":1,\"ProductID\":7},"
    "\"q\":{\"SecurityVersion\":2}},\"Odd\":{\"p\":{\"SecurityVersion\":9}},"
    "\"L\":[1,{}],\"A\":[]}";

static void check(const char *log, const char *p, const char *q)
{
    auto_buf out = { 0 };
    struct err err = { 0 };
    auto_string *wanted =
        mem_printf("{\n    \"A\": [],\n    \"L\": [\n        1,\n        {}\n    ],\n"
                   "    \"Odd\": {\n        \"p\": {\n            \"SecurityVersion\": 9\n"
                   "        }\n    },\n    \"Packages\": {\n        \"p\": {\n"
                   "            \"ProductID\": 7,\n            \"SecurityVersion\": %s\n"
                   "        },\n        \"q\": {\n            \"SecurityVersion\": %s\n"
                   "        }\n    }\n}\n",
                   p, q);

    assert_ok(updated_manifest_put(bytes_of_string(MANIFEST), bytes_of_string(log), &out, &err),
              &err);
    buf_add_u8(&out, '\0');
    assert_string_equal((const char *)out.at, wanted);
}

#define RAISED(package, version)                                                                   \
    "{\"update\":\"SecurityVersion increased\",\"package\":\"" package                             \
    "\",\"new version\":" version "}\n"

static void updated_manifest_put_takes_the_last_version_of_each_package(void **state)
{
    (void)state;
    check("", "1", "2");
    check("{\"update\":\"Initial manifest set\"}\n", "1", "2");
    check(RAISED("p", "3") RAISED("q", "4") RAISED("p", "5"), "5", "4");
    check(RAISED("unknown", "3"), "1", "2");
}

static void updated_manifest_put_forgets_what_was_raised_in_an_earlier_manifest(void **state)
{
    (void)state;
    check(RAISED("p", "30") "{\"update\":\"Complete Manifest updated\"}\n" RAISED("q", "4"), "1",
          "4");
}

static void updated_manifest_put_gives_a_version_to_a_package_without_one(void **state)
{
    static const struct {
        const char *package, *wanted;
    } rows[] = {
        { "{}", "{\n            \"SecurityVersion\": 4\n        }" },
        { "{\"UniqueID\":\"00\",\"Debug\":true}",
          "{\n            \"Debug\": true,\n            \"SecurityVersion\": 4,\n"
          "            \"UniqueID\": \"00\"\n        }" },
        { "{\"securityversion\":1}", "{\n            \"securityversion\": 4\n        }" },
        { "[]", "[]" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        auto_string *manifest = mem_printf("{\"Packages\":{\"p\":%s}}", rows[i].package);
        auto_string *wanted =
            mem_printf("{\n    \"Packages\": {\n        \"p\": %s\n    }\n}\n", rows[i].wanted);
        auto_buf out = { 0 };
        struct err err = { 0 };
        assert_ok(updated_manifest_put(bytes_of_string(manifest), BYTES_LITERAL(RAISED("p", "4")),
                                       &out, &err),
                  &err);
        assert_bytes_equal(buf_bytes(&out), bytes_of_string(wanted));
    }
}

static void updated_manifest_put_ends_before_indentation_fills_the_memory(void **state)
{
    enum { DEPTH = 990, ITEMS = 20 * 1000 };
    auto_buf manifest = { 0 }, out = { 0 };
    struct err err = { 0 };

    (void)state;
    for (size_t i = 0; i < DEPTH; i++)
        buf_add_u8(&manifest, '[');
    for (size_t i = 0; i < ITEMS; i++)
        buf_add_string(&manifest, i == 0 ? "1" : ",1");
    for (size_t i = 0; i < DEPTH; i++)
        buf_add_u8(&manifest, ']');
    assert_false(updated_manifest_put(buf_bytes(&manifest), BYTES_NONE, &out, &err));
    assert_int_equal(err.kind, FAIL_TOO_LARGE);
}

static void updated_manifest_put_refuses_what_is_no_json(void **state)
{
    auto_buf out = { 0 };
    struct err err = { 0 };

    (void)state;
    assert_false(updated_manifest_put(BYTES_LITERAL("{"), BYTES_NONE, &out, &err));
    assert_false(updated_manifest_put(BYTES_LITERAL("{}"), BYTES_LITERAL("x"), &out, &err));
    assert_false(
        updated_manifest_put(BYTES_LITERAL("{}"), BYTES_LITERAL("{\"update\":1}"), &out, &err));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(updated_manifest_put_takes_the_last_version_of_each_package),
    cmocka_unit_test(updated_manifest_put_forgets_what_was_raised_in_an_earlier_manifest),
    cmocka_unit_test(updated_manifest_put_gives_a_version_to_a_package_without_one),
    cmocka_unit_test(updated_manifest_put_ends_before_indentation_fills_the_memory),
    cmocka_unit_test(updated_manifest_put_refuses_what_is_no_json),
};

TEST_MAIN(tests)
