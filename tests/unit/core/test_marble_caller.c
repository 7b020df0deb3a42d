/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "core/marble_caller.h"
#include "counter_scene.h"
#include "state/names.h"

/* Whose certificate proves a Marble to the client API, and whose does not (client-api.md, 5.2). */

/* One for all tests: what it remembers must make no difference. */
static struct vouched *vouched;

static int begin_all(void **state)
{
    (void)state;
    vouched = vouched_new();
    return 0;
}

static int end_all(void **state)
{
    (void)state;
    vouched_free(vouched);
    return 0;
}

/* ---- certificates by the key of an authority ---- */

enum { SERVER = 1, CLIENT = 2 };

struct wish {
    const char *common_name;
    const char *type; /* NULL: without the extension */
    int64_t purpose;  /* one extended key usage; 0: none at all */
    int64_t begins;   /* seconds after the start of the world */
};

static const struct wish proper = { MARBLE_UUID, "m", SERVER, 0 };

/* issuer NULL: signed by its own key. */
static struct buf issue(const struct cert *issuer, struct key *issuer_key, const struct wish *wish)
{
    const struct cert_extra_extension type = {
        .dotted = BYTES_LITERAL(CERT_OID_MARBLE_TYPE),
        .value = bytes_of_string(wish->type == NULL ? "" : wish->type),
    };
    const int64_t begins = WORLD_START_MS / 1000 + wish->begins;
    struct cert_template t = {
        .subject.common_name = bytes_of_string(wish->common_name),
        .has_not_after = true,
        .not_after = begins + 100,
        .has_ext_key_usage = true,
        .ext_key_usage_count = wish->purpose != 0,
        .ext_key_usage = &wish->purpose,
        .extension_count = wish->type != NULL,
        .extensions = &type,
    };
    struct buf der = { 0 };
    struct err err = { 0 };
    auto_key *key = key_generate(KEY_ECDSA, 256, &err);
    auto_cert *cert = cert_issue(&t, key, issuer, issuer == NULL ? key : issuer_key, begins, &err);

    assert_ok(cert != NULL, &err);
    buf_add(&der, cert_der(cert));
    return der;
}

static struct buf issue_by(const struct authority *a, const struct wish *wish)
{
    return issue(a->marble_root, a->intermediate_key, wish);
}

static struct authority *authority_of(const struct machine *m)
{
    auto_snapshot *now = core_snapshot(m->core);

    return authority_ref(now->authority);
}

static void assert_stranger(const struct authority *a, struct bytes leaf, int64_t now_ms,
                            const char *text)
{
    auto_marble_caller caller = { 0 };
    struct err err = { 0 };

    assert_false(marble_caller_read(a, vouched, leaf, now_ms, &caller, &err));
    assert_int_equal(err.kind, FAIL_DENIED);
    if (strncmp(err.text, text, strlen(text)) != 0)
        fail_msg("\"%s\" instead of \"%s\"", err.text, text);
    assert_int_equal(caller.type.len, 0);
}

static void assert_caller(const struct authority *a, struct bytes leaf, int64_t now_ms,
                          struct bytes type)
{
    static const uint8_t uuid[] = { 0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad, 0x11, 0xd1,
                                    0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8 };
    auto_marble_caller caller = { 0 };
    struct err err = { 0 };

    assert_ok(marble_caller_read(a, vouched, leaf, now_ms, &caller, &err), &err);
    assert_bytes_equal(buf_bytes(&caller.type), type);
    assert_memory_equal(caller.uuid, uuid, sizeof uuid);
}

/* ---- who is a Marble ---- */

static void certificate_of_an_activation_names_instance_and_type(void **state)
{
    auto_scene s;

    (void)state;
    scene_begin(&s);
    auto_authority *a = authority_of(&s.machine);
    assert_caller(a, buf_bytes(&s.leaf), WORLD_START_MS, BYTES_LITERAL("m"));
    auto_buf n = leaf_of(&s.machine, "n", MARBLE_UUID);
    assert_caller(a, buf_bytes(&n), WORLD_START_MS, BYTES_LITERAL("n"));
}

static void every_form_of_a_uuid_names_the_same_instance(void **state)
{
    static const char *const forms[] = {
        MARBLE_UUID,         "6BA7B810-9DAD-11D1-80B4-00C04FD430C8", "urn:uuid:" MARBLE_UUID,
        "{" MARBLE_UUID "}", "6ba7b8109dad11d180b400c04fd430c8",
    };
    auto_scene s;

    (void)state;
    scene_begin(&s);
    auto_authority *a = authority_of(&s.machine);
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        struct wish wish = proper;
        wish.common_name = forms[i];
        auto_buf leaf = issue_by(a, &wish);
        assert_caller(a, buf_bytes(&leaf), WORLD_START_MS, BYTES_LITERAL("m"));
    }
    struct wish any_purpose = proper, empty_type = proper;
    any_purpose.purpose = 0;
    empty_type.type = "";
    auto_buf unrestricted = issue_by(a, &any_purpose), nameless = issue_by(a, &empty_type);
    assert_caller(a, buf_bytes(&unrestricted), WORLD_START_MS, BYTES_LITERAL("m"));
    assert_caller(a, buf_bytes(&nameless), WORLD_START_MS, BYTES_NONE);
}

static void certificate_that_lacks_something_is_refused(void **state)
{
    static const struct {
        struct wish wish;
        const char *text;
    } rows[] = {
        { { "backend", "m", SERVER, 0 }, "common name of the certificate: invalid UUID length: 7" },
        { { "6ba7b810-9dad-11d1-80b4-00c04fd430cx", "m", SERVER, 0 },
          "common name of the certificate: invalid UUID format" },
        { { MARBLE_UUID, NULL, SERVER, 0 }, "certificate has no Marble type" },
        { { MARBLE_UUID, "m", CLIENT, 0 },
          "certificate is not for the authentication of a server" },
        { { MARBLE_UUID, "m", SERVER, 1 }, "certificate has expired or is not yet valid" },
        { { MARBLE_UUID, "m", SERVER, -101 }, "certificate has expired or is not yet valid" },
    };
    auto_scene s;

    (void)state;
    scene_begin(&s);
    auto_authority *a = authority_of(&s.machine);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        auto_buf leaf = issue_by(a, &rows[i].wish);
        assert_stranger(a, buf_bytes(&leaf), WORLD_START_MS, rows[i].text);
    }
}

static void certificate_counts_from_its_first_second_to_its_last(void **state)
{
    auto_scene s;

    (void)state;
    scene_begin(&s);
    auto_authority *a = authority_of(&s.machine);
    auto_buf leaf = issue_by(a, &proper);
    assert_stranger(a, buf_bytes(&leaf), WORLD_START_MS - 1, "certificate has expired or is not");
    assert_caller(a, buf_bytes(&leaf), WORLD_START_MS, BYTES_LITERAL("m"));
    assert_caller(a, buf_bytes(&leaf), WORLD_START_MS + 100000, BYTES_LITERAL("m"));
    assert_stranger(a, buf_bytes(&leaf), WORLD_START_MS + 101000, "certificate has expired or is");
}

static void only_the_current_marble_root_vouches(void **state)
{
    const struct bytes name = BYTES_LITERAL("localhost");
    const char *const text = "certificate was not issued by the current marble root";
    auto_scene s;
    struct err err = { 0 };

    (void)state;
    scene_begin(&s);
    auto_authority *a = authority_of(&s.machine);
    /* Another deployment's: every name is the same, the key is not. */
    auto_authority *other = authority_generate(core_env(s.machine.core), &name, 1, &err);
    assert_ok(other != NULL, &err);
    auto_buf foreign = issue_by(other, &proper), by_root = issue(a->root, a->root_key, &proper),
             self_signed = issue(NULL, NULL, &proper);
    assert_stranger(a, buf_bytes(&foreign), WORLD_START_MS, text);
    assert_stranger(a, buf_bytes(&by_root), WORLD_START_MS, text);
    assert_stranger(a, buf_bytes(&self_signed), WORLD_START_MS, text);
    /* Those who vouched for it once vouch for themselves only. */
    for (int i = 0; i < 2; i++) {
        assert_caller(other, buf_bytes(&foreign), WORLD_START_MS, BYTES_LITERAL("m"));
        assert_stranger(a, buf_bytes(&foreign), WORLD_START_MS, text);
    }
    /* By a proper Marble's key: it is no authority. */
    auto_buf middle = issue_by(a, &proper);
    auto_cert *parent = cert_from_der(buf_bytes(&middle), &err);
    auto_key *own = key_generate(KEY_ECDSA, 256, &err);
    auto_buf child = issue(parent, own, &proper);
    assert_stranger(a, buf_bytes(&child), WORLD_START_MS, text);
    assert_stranger(a, cert_der(a->marble_root), WORLD_START_MS, "common name of the certificate");
    assert_stranger(a, cert_der(a->intermediate), WORLD_START_MS, text);
}

static void what_is_no_certificate_is_refused(void **state)
{
    auto_scene s;

    (void)state;
    scene_begin(&s);
    auto_authority *a = authority_of(&s.machine);
    assert_stranger(a, BYTES_NONE, WORLD_START_MS, "client certificate did not match any Marble");
    assert_stranger(a, BYTES_LITERAL("x"), WORLD_START_MS, "");
    for (size_t len = 1; len < s.leaf.len; len++) {
        struct buf part = { 0 };
        buf_add(&part, bytes_of(s.leaf.at, len));
        uint8_t *const exact = bytes_copy(buf_bytes(&part));
        buf_clear(&part);
        assert_stranger(a, bytes_of(exact, len), WORLD_START_MS, "");
        free(exact);
    }
    buf_add_u8(&s.leaf, 0);
    assert_stranger(a, buf_bytes(&s.leaf), WORLD_START_MS, "");
}

static void changed_certificate_is_refused(void **state)
{
    auto_scene s;

    (void)state;
    scene_begin(&s);
    auto_authority *a = authority_of(&s.machine);
    assert_caller(a, buf_bytes(&s.leaf), WORLD_START_MS, BYTES_LITERAL("m"));
    for (size_t i = 0; i < s.leaf.len; i += 7) {
        auto_buf changed = { 0 };
        auto_marble_caller caller = { 0 };
        struct err err = { 0 };
        buf_add(&changed, buf_bytes(&s.leaf));
        changed.at[i] ^= 1;
        if (marble_caller_read(a, vouched, buf_bytes(&changed), WORLD_START_MS, &caller, &err))
            fail_msg("byte %zu does not matter", i);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(certificate_of_an_activation_names_instance_and_type),
    cmocka_unit_test(every_form_of_a_uuid_names_the_same_instance),
    cmocka_unit_test(certificate_that_lacks_something_is_refused),
    cmocka_unit_test(certificate_counts_from_its_first_second_to_its_last),
    cmocka_unit_test(only_the_current_marble_root_vouches),
    cmocka_unit_test(what_is_no_certificate_is_refused),
    cmocka_unit_test(changed_certificate_is_refused),
};

int main(void)
{
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, begin_all, end_all);
}
