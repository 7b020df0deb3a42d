/* SPDX-License-Identifier: Apache-2.0 */
/* What older releases left out or wrote differently. */
#include "test.h"

#include "crypto/cert.h"
#include "crypto/key.h"
#include "states.h"

/* The state of 10.7 without, or with other, members. */
struct edit {
    const char *name;
    const char *value; /* JSON text; NULL: left out */
};

static struct buf edited(const struct edit *edits, size_t count)
{
    auto_buf plain = plain_state();
    auto_arena arena = { 0 };
    struct err err = { 0 };
    struct buf out = { 0 };
    const struct json *const root =
        json_parse(buf_bytes(&plain), JSON_TRAILING_REFUSED, &arena, &err);

    buf_add_u8(&out, '{');
    for (const struct json *v = json_first(root); v != NULL; v = json_next(v)) {
        const struct edit *edit = NULL;
        for (size_t i = 0; i < count; i++) {
            if (bytes_equal_string(v->name, edits[i].name))
                edit = &edits[i];
        }
        if (edit != NULL)
            continue;
        json_put_comma(&out);
        json_put_string(&out, v->name);
        buf_add_u8(&out, ':');
        json_put_string(&out, v->text);
    }
    for (size_t i = 0; i < count; i++) {
        if (edits[i].value == NULL)
            continue;
        json_put_name(&out, edits[i].name);
        buf_add_string(&out, edits[i].value);
    }
    buf_add_u8(&out, '}');
    return out;
}

static bool open_text(struct bytes text, const struct omap **values, bool *no_manifest,
                      struct err *err)
{
    auto_buf key = test_unhex(KEY_OF_2020);
    auto_buf data = sealed_state("", text, buf_bytes(&key));

    *err = (struct err){ 0 };
    return marblerun_open(&import_env, buf_bytes(&data), buf_bytes(&key), values, no_manifest, err);
}

static const struct omap *opened(const struct edit *edits, size_t count)
{
    auto_buf text = edited(edits, count);
    const struct omap *values = NULL;
    bool no_manifest = true;
    struct err err;

    assert_ok(open_text(buf_bytes(&text), &values, &no_manifest, &err), &err);
    assert_false(no_manifest);
    return values;
}

static struct key *root_key(const struct omap *values)
{
    struct bytes der;
    struct err err = { 0 };

    assert_true(state_value(values, "privateKey:coordinatorRootKey", &der));
    struct key *const key = key_from_private_sec1(der, &err);
    assert_non_null(key);
    return key;
}

/* Also when it is there, but null: else keys would be derived from nothing. */
static void missing_root_secret_is_the_scalar_of_the_root_key(void **state)
{
    static const struct edit edits[] = { { "rootSecret", NULL },
                                         { "rootSecret", "null" },
                                         { "rootSecret", "\"\"" } };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(edits); i++) {
        auto_omap *values = opened(&edits[i], 1);
        auto_key *key = root_key(values);
        auto_buf scalar = { 0 };
        struct bytes secret;
        struct err err = { 0 };
        assert_true(state_value(values, "rootSecret", &secret));
        assert_ok(key_private_scalar(key, &scalar, &err), &err);
        assert_bytes_equal(secret, buf_bytes(&scalar));
    }
}

static void missing_signature_is_made_by_the_root_key(void **state)
{
    static const struct edit edit = { "manifestSignature", NULL };
    auto_omap *values = opened(&edit, 1);
    auto_key *key = root_key(values);
    struct bytes signature, manifest;
    struct err err = { 0 };

    (void)state;
    assert_true(state_value(values, "manifestSignature", &signature));
    assert_true(state_value(values, "manifest", &manifest));
    assert_ok(key_verify_sha256(key, manifest, signature, &err), &err);
}

static void log_is_taken_apart_into_lines(void **state)
{
    static const struct {
        const char *base64;
        size_t lines;
    } cases[] = {
        { "\"\"", 0 },         /* nothing */
        { "null", 0 },         /* nothing */
        { "\"YQo=\"", 1 },     /* "a\n" */
        { "\"YQpiYg==\"", 2 }, /* "a\nbb" */
        { "\"YQpiYgo=\"", 2 }, /* "a\nbb\n" */
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct edit edit = { "updateLog", cases[i].base64 };
        auto_omap *values = opened(&edit, 1);
        struct bytes line;
        size_t count = 0;
        for (struct omap_entry e = { 0 };
             omap_next_with_prefix(values, BYTES_LITERAL("updateLog:"), &e);)
            count++;
        assert_int_equal(count, cases[i].lines);
        if (count == 2) {
            assert_true(state_value(values, "updateLog:00000000000000000001", &line));
            assert_bytes_equal(line, BYTES_LITERAL("bb"));
        }
    }
}

static void of_a_member_that_stands_twice_the_last_counts(void **state)
{
    auto_buf text = edited(NULL, 0);
    auto_omap *values = NULL;
    bool no_manifest = true;
    struct err err;

    (void)state;
    /* The signature has to be made anew, for the manifest that counts. */
    buf_truncate(&text, text.len - 1);
    buf_add_string(&text, ",\"manifest\":\"e30=\",\"manifestSignature\":null}");
    assert_ok(open_text(buf_bytes(&text), &values, &no_manifest, &err), &err);
    auto_key *key = root_key(values);
    struct bytes signature, manifest;
    assert_true(state_value(values, "manifestSignature", &signature));
    assert_true(state_value(values, "manifest", &manifest));
    assert_bytes_equal(manifest, BYTES_LITERAL("{}"));
    assert_ok(key_verify_sha256(key, manifest, signature, &err), &err);
}

static void state_without_manifest_is_told_apart(void **state)
{
    static const char *const texts[] = { "", "{}", "{\"state\":\"Mg==\"}", "{\"manifest\":null}",
                                         "{\"Privk\":\"\",\"RawManifest\":\"\"}" };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        const struct omap *values = NULL;
        bool no_manifest = false;
        struct err err;
        assert_ok(open_text(bytes_of_string(texts[i]), &values, &no_manifest, &err), &err);
        assert_true(no_manifest);
        assert_null(values);
    }
}

static void what_is_no_state_is_damaged(void **state)
{
    static const char *const texts[] = {
        "[]",
        "null",
        "{",
        "{} x",
        "{\"manifest\":5}",
        "{\"manifest\":\"*\"}",
        "{\"manifest\":\"e30=\"}",
        "{\"manifest\":\"e30=\",\"privateKey:coordinatorRootKey\":\"AAAA\"}",
        "{\"Privk\":5}",
        "{\"Privk\":\"AAAA\",\"RawManifest\":\"e30=\"}",
        "{\"Privk\":\"\",\"RawManifest\":\"AAAA\"}",
        "{\"RootPrivK\":\"\",\"RawManifest\":\"e30=\",\"Activations\":{\"a\":-1}}",
        "{\"RootPrivK\":\"\",\"RawManifest\":\"e30=\",\"RawUpdateManifest\":\"AAAA\"}",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        const struct omap *values = NULL;
        bool no_manifest = false;
        struct err err;
        if (open_text(bytes_of_string(texts[i]), &values, &no_manifest, &err) ||
            err.kind != FAIL_DAMAGED)
            fail_msg("%s: %s", texts[i], err.text);
        assert_null(values);
    }
}

/* The structs of 2020 and 0.3, with the authority of 10.7. */
static struct buf old_struct(bool with_intermediate)
{
    auto_buf plain = plain_state();
    auto_arena arena = { 0 };
    struct err err = { 0 };
    struct buf out = { 0 };
    const struct json *const root =
        json_parse(buf_bytes(&plain), JSON_TRAILING_REFUSED, &arena, &err);
    const struct {
        const char *from, *to;
        bool put;
    } members[] = {
        { "privateKey:coordinatorRootKey", with_intermediate ? "RootPrivK" : "Privk", true },
        { "certificate:coordinatorRootCert", with_intermediate ? "RawRootCert" : "RawCert", true },
        { "privateKey:coordinatorIntermediateKey", "IntermediatePrivK", with_intermediate },
        { "certificate:coordinatorIntermediateCert", "RawIntermediateCert", with_intermediate },
        { "manifest", "RawManifest", true },
    };

    buf_add_u8(&out, '{');
    for (size_t i = 0; i < COUNT_OF(members); i++) {
        if (!members[i].put)
            continue;
        json_put_name(&out, members[i].to);
        json_put_string(&out, json_member(root, members[i].from)->text);
    }
    buf_add_string(&out,
                   ",\"State\":3,\"Activations\":{\"hello\":17},\"Secrets\":{\"shared\":"
                   "{\"Type\":\"raw\",\"Size\":128,\"Shared\":true,\"Cert\":null,\"ValidFor\":"
                   "0,\"Private\":\"AAECAwQFBgcICQoLDA0ODw==\",\"Public\":null}}}");
    return out;
}

static void structs_get_what_they_lack(void **state)
{
    (void)state;
    for (int with_intermediate = 0; with_intermediate <= 1; with_intermediate++) {
        auto_buf text = old_struct(with_intermediate != 0);
        auto_omap *values = NULL;
        bool no_manifest = true;
        struct bytes value, manifest;
        struct err err;

        assert_ok(open_text(buf_bytes(&text), &values, &no_manifest, &err), &err);
        assert_false(no_manifest);
        assert_true(state_value(values, "activations:hello", &value));
        assert_bytes_equal(value, BYTES_LITERAL("11"));
        assert_true(state_value(values, "secret:shared", &value));
        assert_true(bytes_start_with(value, BYTES_LITERAL("{\"Type\":\"symmetric-key\"")));
        assert_true(state_value(values, "package:backend", &value));
        assert_true(state_value(values, "marble:hello", &value));
        auto_key *key = root_key(values);
        assert_true(state_value(values, "manifest", &manifest));
        assert_true(state_value(values, "manifestSignature", &value));
        assert_ok(key_verify_sha256(key, manifest, value, &err), &err);
        assert_true(state_value(values, "certificate:marbleRootCert", &value));
        auto_cert *cert = cert_from_der(value, &err);
        assert_non_null(cert);
        assert_true(state_value(values, "privateKey:coordinatorIntermediateKey", &value));
        auto_key *intermediate = key_from_private_sec1(value, &err);
        auto_key *public = cert_public_key(cert, &err);
        assert_true(key_equal_public(intermediate, public));
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(missing_root_secret_is_the_scalar_of_the_root_key),
    cmocka_unit_test(missing_signature_is_made_by_the_root_key),
    cmocka_unit_test(log_is_taken_apart_into_lines),
    cmocka_unit_test(of_a_member_that_stands_twice_the_last_counts),
    cmocka_unit_test(state_without_manifest_is_told_apart),
    cmocka_unit_test(what_is_no_state_is_damaged),
    cmocka_unit_test(structs_get_what_they_lack),
};

TEST_MAIN(tests)
