/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "base/uuid.h"

#include <string.h>

#define CANONICAL "6ba7b810-9dad-11d1-80b4-00c04fd430c8"

static void uuid_canonical_takes_every_form(void **state)
{
    static const char *const forms[] = {
        CANONICAL,
        "6BA7B810-9DAD-11D1-80B4-00C04FD430C8",
        "urn:uuid:" CANONICAL,
        "URN:UUID:" CANONICAL,
        "{" CANONICAL "}",
        "\"" CANONICAL "x", /* what stands for the braces is not looked at */
        "6ba7b8109dad11d180b400c04fd430c8",
        "6ba7B8109DAD11d180b400c04fd430C8",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        char out[UUID_TEXT_LEN + 1];
        struct err err = { 0 };
        if (!uuid_canonical(bytes_of_string(forms[i]), out, &err))
            fail_msg("%s: %s", forms[i], err.text);
        assert_string_equal(out, CANONICAL);
    }
}

static void uuid_canonical_says_what_is_wrong(void **state)
{
    static const struct {
        const char *text, *why;
    } wrong[] = {
        { "", "invalid UUID length: 0" },
        { "x", "invalid UUID length: 1" },
        { CANONICAL "\n", "invalid UUID length: 37" },
        { "6ba7b810-9dad-11d1-80b4-00c04fd430c", "invalid UUID length: 35" },
        { "gba7b810-9dad-11d1-80b4-00c04fd430c8", "invalid UUID format" },
        { "6ba7b810_9dad_11d1_80b4_00c04fd430c8", "invalid UUID format" },
        { "6ba7b8109dad-11d1-80b4-00c04fd430c8-", "invalid UUID format" },
        { "6ba7b810-9dad-11d1-80b4-00c04fd430c-", "invalid UUID format" },
        { "6ba7b8109dad11d180b400c04fd430c ", "invalid UUID format" },
        { "urn:uuid;" CANONICAL, "invalid urn prefix: \"urn:uuid;\"" },
        { "urn:uuid:6ba7b810-9dad-11d1-80b4-00c04fd430cg", "invalid UUID format" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        char out[UUID_TEXT_LEN + 1];
        struct err err = { 0 };
        if (uuid_canonical(bytes_of_string(wrong[i].text), out, &err))
            fail_msg("%s was taken", wrong[i].text);
        assert_string_equal(err.text, wrong[i].why);
        assert_int_equal(err.kind, FAIL_MALFORMED);
    }
}

static bool counting_bytes(void *ctx, uint8_t *out, size_t len, struct err *err)
{
    (void)ctx;
    (void)err;
    for (size_t i = 0; i < len; i++)
        out[i] = (uint8_t)(0xF0 + i);
    return true;
}

static void uuid_random_sets_version_and_variant(void **state)
{
    const struct env env = { .random = counting_bytes };
    char out[UUID_TEXT_LEN + 1], again[UUID_TEXT_LEN + 1];
    struct err err = { 0 };

    (void)state;
    assert_true(uuid_random(&env, out, &err));
    assert_string_equal(out, "f0f1f2f3-f4f5-46f7-b8f9-fafbfcfdfeff");
    assert_true(uuid_canonical(bytes_of_string(out), again, &err));
    assert_string_equal(again, out);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(uuid_canonical_takes_every_form),
    cmocka_unit_test(uuid_canonical_says_what_is_wrong),
    cmocka_unit_test(uuid_random_sets_version_and_variant),
};
TEST_MAIN(tests)
