/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "codec/json.h"
#include "codec/text.h"
#include "plans.h"
#include "recovery/share_file.h"

/* The secret of bob, as he got it. */
struct scene {
    struct recovery_plan *plan;
    struct buf plain, encrypted, base64;
};

static void scene_begin(struct scene *s, unsigned threshold)
{
    *s = (struct scene){ .plan = plan_of(3, threshold) };
    s->plain = plan_share(s->plan, 1);
    buf_add(&s->encrypted, buf_bytes(&s->plan->secrets[1].encrypted));
    base64_encode(&s->base64, BASE64_STANDARD, buf_bytes(&s->encrypted));
}

static void scene_end(struct scene *s)
{
    recovery_plan_free(s->plan);
    buf_clear(&s->plain);
    buf_clear(&s->encrypted);
    buf_clear(&s->base64);
}
#define auto_scene struct scene CLEANUP(scene_end)

static struct secret *read_as(struct bytes file, const char *name, unsigned key, struct err *err)
{
    uint8_t *const exact = bytes_copy(file);

    *err = (struct err){ 0 };
    struct secret *const secret =
        share_from_file(bytes_of(exact, file.len), bytes_of_string(name), holder_key(key), err);
    free(exact);
    return secret;
}

static void assert_read(const struct scene *s, struct bytes file)
{
    struct err err;
    auto_secret *secret = read_as(file, "bob", 1, &err);

    assert_ok(secret != NULL, &err);
    assert_bytes_equal(secret_bytes(secret), buf_bytes(&s->plain));
}

static void assert_refused(struct bytes file, unsigned key, enum fail_kind kind, const char *words)
{
    struct err err;
    auto_secret *secret = read_as(file, "bob", key, &err);

    assert_null(secret);
    if (err.kind != kind || strstr(err.text, words) == NULL)
        fail_msg("%d: %s", (int)err.kind, err.text);
}

static void secret_is_read_plain_and_encrypted_raw_and_in_base64(void **state)
{
    (void)state;
    for (unsigned threshold = 0; threshold <= 2; threshold += 2) {
        auto_scene s;
        auto_buf plain_text = { 0 };
        scene_begin(&s, threshold);
        base64_encode(&plain_text, BASE64_STANDARD, buf_bytes(&s.plain));
        assert_read(&s, buf_bytes(&s.plain));
        assert_read(&s, buf_bytes(&plain_text));
        assert_read(&s, buf_bytes(&s.encrypted));
        assert_read(&s, buf_bytes(&s.base64));
        buf_add_string(&plain_text, "\n");
        buf_add_string(&s.base64, "\r\n");
        assert_read(&s, buf_bytes(&plain_text));
        assert_read(&s, buf_bytes(&s.base64));
    }
}

static void secret_is_found_in_every_answer_of_the_coordinator(void **state)
{
    static const char *const forms[][2] = {
        { "{\"status\":\"success\",\"data\":{\"RecoverySecrets\":{\"alice\":\"AAAA\",\"bob\":\"",
          "\"}}}\n" },
        { "{\"status\":\"success\",\"data\":{\"state\":\"proving\",\"recoverySecrets\":{\"bob\":\"",
          "\"}}}" },
        { "{\"recoverySecrets\":{\"bob\":\"", "\"}}" },
        { "{\"EncryptionKey\":\"", "\"}\n" },
    };
    auto_scene s;

    (void)state;
    scene_begin(&s, 2);
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        auto_buf answer = { 0 };
        buf_add_string(&answer, forms[i][0]);
        buf_add(&answer, buf_bytes(&s.base64));
        buf_add_string(&answer, forms[i][1]);
        assert_read(&s, buf_bytes(&answer));
    }
}

static void what_is_no_secret_of_this_holder_is_refused(void **state)
{
    auto_scene s;

    (void)state;
    scene_begin(&s, 2);
    assert_refused(buf_bytes(&s.encrypted), 0, FAIL_DENIED, "does not belong to this key");
    assert_refused(buf_bytes(&s.base64), 0, FAIL_DENIED, "does not belong to this key");
    assert_refused(BYTES_NONE, 1, FAIL_MALFORMED, "neither");
    assert_refused(BYTES_LITERAL("hello"), 1, FAIL_MALFORMED, "neither");
    assert_refused(BYTES_LITERAL("{}"), 1, FAIL_MALFORMED, "no recovery secrets");
    assert_refused(BYTES_LITERAL("{\"data\":null}"), 1, FAIL_MALFORMED, "no recovery secrets");
    assert_refused(BYTES_LITERAL("{\"RecoverySecrets\":{\"alice\":\"AAAA\"}}"), 1, FAIL_NOT_FOUND,
                   "\"bob\"");
    assert_refused(BYTES_LITERAL("{\"RecoverySecrets\":{\"bob\":7}}"), 1, FAIL_MALFORMED, "bob");
    assert_refused(BYTES_LITERAL("{\"RecoverySecrets\":{\"bob\":\"AAAA\"}}"), 1, FAIL_DENIED,
                   "does not belong");
    assert_refused(BYTES_LITERAL("{\"RecoverySecrets\":[]}"), 1, FAIL_DENIED, "does not belong");
}

static void every_prefix_of_an_encrypted_secret_is_refused(void **state)
{
    auto_scene s;

    (void)state;
    scene_begin(&s, 0);
    for (size_t len = 0; len < s.encrypted.len; len++) {
        struct err err;
        const bool is_plain = len == 16 || len == 32 || len == 33;
        auto_secret *secret = read_as(bytes_of(s.encrypted.at, len), "bob", 1, &err);
        assert_int_equal(secret != NULL, is_plain);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(secret_is_read_plain_and_encrypted_raw_and_in_base64),
    cmocka_unit_test(secret_is_found_in_every_answer_of_the_coordinator),
    cmocka_unit_test(what_is_no_secret_of_this_holder_is_refused),
    cmocka_unit_test(every_prefix_of_an_encrypted_secret_is_refused),
};

TEST_MAIN(tests)
