/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "cli/recovery/answer.h"
#include "cli/recovery/request.h"

/* Both files of a recovery over a machine without a network: what is written is read again, and nothing else is. */

#define MADE "2026-01-31T03:00:00Z"
static const char BUNDLE[] = "{\"format\":\"attestation-collateral\", \"version\":1}";

struct files {
    struct key *key;
    struct cert *cert;
    struct buf request, answer;
};

static void write_request(struct files *f)
{
    auto_arena arena = { 0 };
    struct err err = { 0 };
    const struct recovery_request r = {
        .made = BYTES_LITERAL(MADE),
        .endpoint = BYTES_LITERAL("coordinator.example.com:4433"),
        .session = BYTES_LITERAL("0a1b"),
        .needed = 3,
        .received = 1,
        .missing =
            json_parse(BYTES_LITERAL("[\"anna\",\"b\\nen\"]"), JSON_TRAILING_REFUSED, &arena, &err),
        .verified = true,
        .nonce = BYTES_LITERAL("nonce"),
        .quote = BYTES_LITERAL("quote"),
        .signature = BYTES_LITERAL("signature"),
        .intermediate = f->cert,
        .root = f->cert,
        .key = f->key,
        .collateral = BYTES_LITERAL(BUNDLE),
    };

    assert_ok(recovery_request_write(&r, &f->request, &err), &err);
}

static void write_answer(struct files *f)
{
    auto_recovery_answer a = { .made = BYTES_LITERAL(MADE),
                               .endpoint = BYTES_LITERAL("[::1]:4433"),
                               .session = BYTES_LITERAL("0a1b") };

    memset(a.key, 'a', FINGERPRINT_LEN);
    memset(a.holder, 'b', FINGERPRINT_LEN);
    memset(buf_grow(&a.secret, 128), 1, 128);
    memset(buf_grow(&a.signature, 2048), 2, 2048);
    recovery_answer_write(&a, &f->answer);
}

static int set_up(void **state)
{
    static struct files f;
    struct err err = { 0 };

    f.key = key_generate(KEY_RSA, 1024, &err);
    auto_key *signer = key_generate(KEY_ECDSA, 256, &err);
    assert_true(f.key != NULL && signer != NULL);
    f.cert = cert_issue_ca("root", NULL, 0, signer, NULL, signer, 1700000000, &err);
    if (f.cert == NULL)
        fail_msg("%s", err.text);
    write_request(&f);
    write_answer(&f);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct files *const f = *state;

    key_free(f->key);
    cert_free(f->cert);
    buf_clear(&f->request);
    buf_clear(&f->answer);
    return 0;
}

static bool read_request(struct bytes text, struct err *err)
{
    auto_recovery_request r = { 0 };

    return recovery_request_read(text, &r, err);
}

static bool read_answer(struct bytes text, struct err *err)
{
    auto_recovery_answer a = { 0 };

    return recovery_answer_read(text, &a, err);
}

typedef bool reader(struct bytes text, struct err *err);

/* ---- what is written is read ---- */

static void a_request_is_read_as_it_was_written(void **state)
{
    const struct files *const f = *state;
    auto_recovery_request r = { 0 };
    auto_buf again = { 0 };
    struct err err = { 0 };

    assert_ok(recovery_request_read(buf_bytes(&f->request), &r, &err), &err);
    assert_bytes_equal(r.made, BYTES_LITERAL(MADE));
    assert_bytes_equal(r.endpoint, BYTES_LITERAL("coordinator.example.com:4433"));
    assert_bytes_equal(r.session, BYTES_LITERAL("0a1b"));
    assert_int_equal(r.needed, 3);
    assert_int_equal(r.received, 1);
    assert_bytes_equal(json_first(r.missing)->text, BYTES_LITERAL("anna"));
    assert_bytes_equal(json_next(json_first(r.missing))->text, BYTES_LITERAL("b\\u000aen"));
    assert_true(r.verified);
    assert_bytes_equal(r.nonce, BYTES_LITERAL("nonce"));
    assert_bytes_equal(r.quote, BYTES_LITERAL("quote"));
    assert_bytes_equal(r.signature, BYTES_LITERAL("signature"));
    assert_bytes_equal(cert_der(r.intermediate), cert_der(f->cert));
    assert_bytes_equal(cert_der(r.root), cert_der(f->cert));
    assert_true(key_equal_public(r.key, f->key));
    assert_bytes_equal(r.collateral, BYTES_LITERAL(BUNDLE));
    assert_ok(recovery_request_write(&r, &again, &err), &err);
    assert_bytes_equal(buf_bytes(&again), buf_bytes(&f->request));
}

static void an_answer_is_read_as_it_was_written(void **state)
{
    const struct files *const f = *state;
    auto_recovery_answer a = { 0 };
    auto_buf again = { 0 };
    struct err err = { 0 };

    assert_ok(recovery_answer_read(buf_bytes(&f->answer), &a, &err), &err);
    assert_bytes_equal(a.endpoint, BYTES_LITERAL("[::1]:4433"));
    assert_int_equal(strspn(a.key, "a"), FINGERPRINT_LEN);
    assert_int_equal(strspn(a.holder, "b"), FINGERPRINT_LEN);
    assert_int_equal(a.secret.len, 128);
    assert_int_equal(a.signature.len, 2048);
    recovery_answer_write(&a, &again);
    assert_bytes_equal(buf_bytes(&again), buf_bytes(&f->answer));
}

/* ---- nothing else is ---- */

static void check_prefixes(const struct buf *whole, reader *read)
{
    for (size_t len = 0; len < whole->len - 1; len++) { /* the last byte ends the last line */
        struct err err = { 0 };
        uint8_t *const copy = bytes_copy(bytes_of(whole->at, len));
        const bool taken = read(bytes_of(copy, len), &err);
        free(copy);
        assert_false(taken);
        assert_int_equal(err.kind, FAIL_MALFORMED);
    }
}

static void every_prefix_is_refused(void **state)
{
    const struct files *const f = *state;

    check_prefixes(&f->request, read_request);
    check_prefixes(&f->answer, read_answer);
}

/* The file with its member `name` left out (value NULL) or with another value. */
static void put_changed(const struct buf *whole, const char *name, const char *value,
                        struct buf *out)
{
    auto_arena arena = { 0 };
    struct err err = { 0 };
    const struct json *const top =
        json_parse(buf_bytes(whole), JSON_TRAILING_REFUSED, &arena, &err);

    buf_add_u8(out, '{');
    for (const struct json *m = json_first(top); m != NULL; m = json_next(m)) {
        const bool is_it = bytes_equal_string(m->name, name);
        if (is_it && value == NULL)
            continue;
        json_put_comma(out);
        json_put_string(out, m->name);
        buf_add_u8(out, ':');
        buf_add(out, is_it ? bytes_of_string(value) : json_source(m));
    }
    buf_add_u8(out, '}');
}

static void check_change(const struct buf *whole, reader *read, const char *name, const char *value,
                         bool good)
{
    auto_buf text = { 0 };
    struct err err = { 0 };

    put_changed(whole, name, value, &text);
    if (read(buf_bytes(&text), &err) != good)
        fail_msg("%s: %s: %s", name, value == NULL ? "(left out)" : value, err.text);
}

static void every_member_is_needed_and_has_its_type(void **state)
{
    static const char *const values[] = {
        NULL, "null", "{\"a\":1}", "[[]]", "-1", "1e3", "\"\\n\""
    };
    const struct files *const f = *state;
    const struct {
        const struct buf *whole;
        reader *read;
        const char *members;
    } cases[] = {
        { &f->request, read_request,
          "format version made endpoint session needed received missing verified nonce quote "
          "certificates publicKey signature" },
        { &f->answer, read_answer,
          "format version made endpoint session publicKey holder recoverySecret "
          "recoverySecretSignature" },
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        auto_string *names = mem_string(cases[i].members);
        char *rest = names;
        for (char *name = strtok_r(names, " ", &rest); name != NULL;
             name = strtok_r(NULL, " ", &rest)) {
            for (size_t v = 0; v < COUNT_OF(values); v++) {
                /* base64 takes ends of lines */
                if (values[v] == NULL || strcmp(values[v], "\"\\n\"") != 0 ||
                    (strcmp(name, "nonce") != 0 && strcmp(name, "quote") != 0 &&
                     strcmp(name, "signature") != 0))
                    check_change(cases[i].whole, cases[i].read, name, values[v], false);
            }
        }
    }
}

static void numbers_texts_and_lists_have_their_bounds(void **state)
{
    static const struct {
        const char *name, *value;
        bool good;
    } cases[] = {
        { "version", "1", true },
        { "version", "2", false },
        { "version", "18446744073709551617", false },
        { "needed", "65535", true },
        { "needed", "65536", false },
        { "received", "18446744073709551616", false },
        { "format", "\"taw recovery answer\"", false },
        { "made", "\"2026-01-31T03:00:00+\"", false },
        { "made", "\"2026-01-31T03:00:00Zx\"", false },
        { "session", "\"\"", true },
        { "session", "\"0A\"", false },
        { "endpoint", "\"a b:1\"", false },
        { "endpoint", "\"a:1\\u0000b\"", false },
        { "endpoint", "\"$(x):1\"", false },
        { "missing", "[]", true },
        { "missing", "[\"\\u0085\"]", false },
        { "missing", "[7]", false },
        { "quote", "\"\"", true },
        { "quote", "\"****\"", false },
        { "collateral", NULL, true },
        { "collateral", "{}", true },
        { "collateral", "{\"a\":[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]}", true }, /* 16 deep */
        { "collateral", "{\"a\":[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]}", false },
        { "collateral", "[]", false },
        { "collateral", "null", false },
        { "note", NULL, true },
        { "publicKey", "\"-----BEGIN PUBLIC KEY-----\\n-----END PUBLIC KEY-----\\n\"", false },
    };
    const struct files *const f = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++)
        check_change(&f->request, read_request, cases[i].name, cases[i].value, cases[i].good);
}

static void what_is_too_long_is_refused(void **state)
{
    static const struct {
        const char *name, *piece;
        size_t most; /* pieces */
    } cases[] = {
        { "session", "ab", 32 },
        { "nonce", "AAAA", 1365 },
        { "quote", "AAAA", 21845 },
        { "signature", "AAAA", 341 },
    };
    const struct files *const f = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        auto_buf value = { 0 };
        buf_add_u8(&value, '"');
        for (size_t n = 0; n < cases[i].most; n++)
            buf_add_string(&value, cases[i].piece);
        auto_string *longest = mem_printf("%.*s\"", (int)value.len, (const char *)value.at);
        auto_string *longer =
            mem_printf("%.*s%s\"", (int)value.len, (const char *)value.at, cases[i].piece);
        check_change(&f->request, read_request, cases[i].name, longest, true);
        check_change(&f->request, read_request, cases[i].name, longer, false);
    }
}

static void a_whole_file_that_is_too_long_is_not_parsed(void **state)
{
    const struct files *const f = *state;
    auto_buf text = { 0 };
    struct err err = { 0 };

    buf_add(&text, buf_bytes(&f->answer));
    const size_t room = CARRIED_MAX - text.len;
    memset(buf_grow(&text, room), ' ', room);
    assert_int_equal(text.len, CARRIED_MAX);
    assert_ok(read_answer(buf_bytes(&text), &err), &err);
    memset(buf_grow(&text, CARRIED_MAX), ' ', CARRIED_MAX);
    assert_false(read_answer(buf_bytes(&text), &err));
    assert_int_equal(err.kind, FAIL_TOO_LARGE);
}

static void a_plain_secret_is_never_read(void **state)
{
    static const char *const plain[] = {
        "\"AAAAAAAAAAAAAAAAAAAAAA==\"",
        "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"",
        "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"",
        "\"\"",
    };
    const struct files *const f = *state;

    for (size_t i = 0; i < COUNT_OF(plain); i++)
        check_change(&f->answer, read_answer, "recoverySecret", plain[i], false);
}

static void members_twice_and_bytes_behind_are_refused(void **state)
{
    const struct files *const f = *state;
    auto_buf twice = { 0 }, behind = { 0 };
    struct err err = { 0 };

    buf_add_string(&twice, "{\"session\":\"\",");
    buf_add(&twice, bytes_of(f->answer.at + 1, f->answer.len - 1));
    assert_false(read_answer(buf_bytes(&twice), &err));
    buf_add(&behind, buf_bytes(&f->answer));
    buf_add_u8(&behind, '}');
    assert_false(read_answer(buf_bytes(&behind), &err));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_request_is_read_as_it_was_written),
    cmocka_unit_test(an_answer_is_read_as_it_was_written),
    cmocka_unit_test(every_prefix_is_refused),
    cmocka_unit_test(every_member_is_needed_and_has_its_type),
    cmocka_unit_test(numbers_texts_and_lists_have_their_bounds),
    cmocka_unit_test(what_is_too_long_is_refused),
    cmocka_unit_test(a_whole_file_that_is_too_long_is_not_parsed),
    cmocka_unit_test(a_plain_secret_is_never_read),
    cmocka_unit_test(members_twice_and_bytes_behind_are_refused),
};

int main(void)
{
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
