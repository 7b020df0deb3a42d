/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "marble_scene.h"

#include "codec/json.h"
#include "codec/text.h"
#include "core/marble_secrets.h"
#include "crypto/hash.h"
#include "state/names.h"

/* Which value each kind of secret has for a Marble (marble-api.md, 4 and 5; manifest.md, 7). */

/* A Marble "x" with one file "f" of this template, and secrets. */
#define ONE_FILE(text, secrets)                                                                    \
    "\"Marbles\":{\"x\":{\"Package\":\"p\",\"Parameters\":{\"Files\":{\"f\":\"" text               \
    "\"}}}},\"Secrets\":{" secrets "},"

static struct buf file_of(const struct scene *s, const char *type, const char *uuid)
{
    struct activation asked = marble_request(type);
    struct buf copy = { 0 };

    asked.uuid = bytes_of_string(uuid);
    auto_outcome o = activate_ok(&s->machine, &asked);
    buf_add(&copy, outcome_file(&o, "f"));
    return copy;
}

/* ---- derivation ---- */

#define R "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define R48 R "202122232425262728292a2b2c2d2e2f"
#define U3 "b8f5b5b0-0000-4000-8000-0000000000aa"

static const struct {
    const char *ikm, *uuid, *name, *info;
    unsigned size;
    const char *key;
} vectors[] = {
    /* marble-api.md, 4.3 */
    { R, MARBLE_UUID, "symmetricKeyPrivate", "backend", 256,
      "cc779c3ae482e359516aeb82cc47b56c50003889ee80b1d6d7a5ead55b29a43e" },
    { R, MARBLE_UUID, "symmetricKeyPrivate", "", 256,
      "de2698fb7a0aaa810eee709a2d1a444b1aa7fffb9cb3c0664e4fab54e8568cf9" },
    { R, MARBLE_UUID, "symmetricKeyPrivate", "frontend", 256,
      "60a01710dd085a4cdc22a70398df67f567c4090dd59a45fde6b67ce538cfff88" },
    { R, OTHER_UUID, "symmetricKeyPrivate", "backend", 256,
      "2651ce1b73709a5fbd06a57d6532f0d78b40df715290a2ff98a80358ae9f1111" },
    { R, MARBLE_UUID, "pfKey", "backend", 128, "e717881ccdf910ad15a0ca25dcb1cd41" },
    { R, MARBLE_UUID, "pfKey", "backend", 512,
      "e717881ccdf910ad15a0ca25dcb1cd412cb82b5f0ea027ab47ac0c47fe0543d1"
      "bdbfdf6710d1f3152ecea526678141f8979d8234c3cabef7f554b4f2e8c3b7c1" },
    { R, MARBLE_UUID, "b", "backend", 8, "cc" },
    { R, MARBLE_UUID, "schl\xc3\xbcssel", "dienst", 128, "8a37dbddf489747d969734841f2359ea" },
    { R48, MARBLE_UUID, "symmetricKeyPrivate", "backend", 256,
      "08c4a637ab6567a89c7f321724850c90b6ac52e2e1bd938ba496f34d4e389b41" },
    /* manifest.md, 7.5 */
    { R, U3, "symp", "m", 256, "cd6c84488c5e2b62c51161647dab250907e37fcca95dbc72460f93eb9c50b7cc" },
    { R, U3, "symp", "", 256, "cd95650d2b3241e412e47ab6fef765cf561d09dbbed75aaa7f7fbdb4255ddf06" },
    { R, U3, "diskKey", "backend", 128, "838e57a8b51185eab752c65187125b15" },
    { R, U3, "diskKey", "backend", 384,
      "838e57a8b51185eab752c65187125b158a115aa3925f26ee6bc1954236c94cd0"
      "c226ad37734f994bd739217a83f850a9" },
};

static void derivation_gives_the_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(vectors); i++) {
        auto_buf ikm = test_unhex(vectors[i].ikm), want = test_unhex(vectors[i].key);
        auto_arena arena = { 0 };
        struct err err = { 0 };
        struct bytes key;
        assert_ok(material_derive_key(buf_bytes(&ikm), bytes_of_string(vectors[i].uuid),
                                      bytes_of_string(vectors[i].name),
                                      bytes_of_string(vectors[i].info), vectors[i].size, &arena,
                                      &key, &err),
                  &err);
        assert_bytes_equal(key, buf_bytes(&want));
    }
}

static void derivation_refuses_more_than_hkdf_gives(void **state)
{
    auto_arena arena = { 0 };
    struct err err = { 0 };
    struct bytes key;

    (void)state;
    assert_ok(material_derive_key(BYTES_LITERAL("k"), BYTES_LITERAL(MARBLE_UUID),
                                  BYTES_LITERAL("n"), BYTES_NONE, 65280, &arena, &key, &err),
              &err);
    assert_int_equal(key.len, 8160);
    assert_false(material_derive_key(BYTES_LITERAL("k"), BYTES_LITERAL(MARBLE_UUID),
                                     BYTES_LITERAL("n"), BYTES_NONE, 65288, &arena, &key, &err));
    assert_string_equal(err.text, "invalid secret size: n");
    assert_false(material_derive_key(BYTES_LITERAL("k"), BYTES_LITERAL(MARBLE_UUID),
                                     BYTES_LITERAL("n"), BYTES_NONE, UINT64_MAX, &arena, &key,
                                     &err));
}

/* RFC 5869 by itself, over the root secret that the state holds under this name. */
static struct buf derived(const struct scene *s, const char *root, const char *uuid,
                          const char *name, const char *info, size_t len)
{
    auto_buf ikm = machine_value(&s->machine, root);
    auto_string *salt = mem_printf("%s%s", uuid, name);
    uint8_t key[64];
    struct buf hex = { 0 };
    struct err err = { 0 };

    assert_ok(
        hkdf_sha256(buf_bytes(&ikm), bytes_of_string(salt), bytes_of_string(info), key, len, &err),
        &err);
    hex_encode(&hex, bytes_of(key, len));
    return hex;
}

static const char two_marbles[] =
    "\"Marbles\":{\"x\":{\"Package\":\"p\",\"Parameters\":{\"Files\":{"
    "\"f\":\"{{ hex .Secrets.own }}\"}}},"
    "\"y\":{\"Package\":\"p\",\"DisableSecretBinding\":true,\"Parameters\":{\"Files\":{"
    "\"f\":\"{{ hex .Secrets.own }}\"}}}},"
    "\"Secrets\":{\"own\":{\"Type\":\"symmetric-key\",\"Size\":256}},";

static void private_keys_are_derived_for_marble_and_uuid(void **state)
{
    static const struct {
        const char *type, *uuid, *canonical, *info;
    } rows[] = {
        { "x", MARBLE_UUID, MARBLE_UUID, "x" },
        { "x", OTHER_UUID, OTHER_UUID, "x" },
        { "y", MARBLE_UUID, MARBLE_UUID, "" }, /* without secret binding */
        { "x", "6BA7B8109DAD11D180B400C04FD430C8", MARBLE_UUID, "x" },
        { "x", "URN:uuid:6ba7b810-9DAD-11d1-80b4-00c04fd430c8", MARBLE_UUID, "x" },
        { "x", "{6ba7b810-9dad-11d1-80b4-00c04fd430c8}", MARBLE_UUID, "x" },
        /* The nil UUID is one like any other: never a placeholder (manifest.md, 7.4). */
        { "x", "00000000000000000000000000000000", "00000000-0000-0000-0000-000000000000", "x" },
    };
    auto_scene s;

    (void)state;
    scene_begin(&s, two_marbles);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        auto_buf is = file_of(&s, rows[i].type, rows[i].uuid);
        auto_buf want = derived(&s, NAME_ROOT_SECRET, rows[i].canonical, "own", rows[i].info, 32);
        assert_bytes_equal(buf_bytes(&is), buf_bytes(&want));
    }
}

/* ---- kinds ---- */

static const char shared_ones[] =
    "\"Marbles\":{\"x\":{\"Package\":\"p\",\"Parameters\":{\"Files\":{"
    "\"f\":\"{{ hex .Secrets.key }}{{ pem .Secrets.c.Cert }}{{ pem .Secrets.c.Private }}\"}}},"
    "\"y\":{\"Package\":\"p\",\"Parameters\":{\"Files\":{"
    "\"f\":\"{{ hex .Secrets.key }}{{ pem .Secrets.c.Cert }}{{ pem .Secrets.c.Private }}\"}}}},"
    "\"Secrets\":{\"c\":{\"Type\":\"cert-ed25519\",\"Shared\":true}},";

static void shared_secrets_are_the_same_for_all_marbles(void **state)
{
    auto_scene s;

    (void)state;
    scene_begin(&s, shared_ones);
    auto_buf one = file_of(&s, "x", MARBLE_UUID), two = file_of(&s, "y", OTHER_UUID);
    auto_buf nil = file_of(&s, "x", "00000000-0000-0000-0000-000000000000");
    assert_true(one.len > 300);
    assert_bytes_equal(buf_bytes(&two), buf_bytes(&one));
    assert_bytes_equal(buf_bytes(&nil), buf_bytes(&one));
}

/* Key and certificate of a secret, from two files of one answer. */
static struct cert *pair_of(const struct scene *s, struct key **public)
{
    const struct activation asked = marble_request("x");
    auto_outcome o = activate_ok(&s->machine, &asked);
    struct bytes text = outcome_file(&o, "cert");
    auto_pem_block block = { 0 };
    struct err err = { 0 };

    assert_true(pem_next(&text, &block));
    struct cert *const cert = cert_from_der(buf_bytes(&block.der), &err);
    text = outcome_file(&o, "key");
    assert_true(pem_next(&text, &block));
    auto_key *private = key_from_private_pkcs8(buf_bytes(&block.der), &err);
    assert_non_null(cert);
    assert_non_null(private);
    *public = cert_public_key(cert, &err);
    assert_true(key_equal_public(private, *public));
    return cert;
}

static void private_certificates_are_new_at_each_activation(void **state)
{
    auto_scene s;

    (void)state;
    scene_begin(&s, "\"Marbles\":{\"x\":{\"Package\":\"p\",\"Parameters\":{\"Files\":{"
                    "\"cert\":\"{{ pem .Secrets.c.Cert }}\",\"key\":\"{{ pem .Secrets.c.Private }}"
                    "\"}}}},\"Secrets\":{\"c\":{\"Type\":\"cert-ecdsa\",\"Size\":256,"
                    "\"ValidFor\":7}},");
    auto_key *one = NULL, *two = NULL;
    auto_cert *first = pair_of(&s, &one);
    world_set_clock(&s.world, WORLD_START_MS + 86400 * 1000);
    auto_cert *second = pair_of(&s, &two);
    auto_snapshot *now = core_snapshot(s.machine.core);
    assert_false(key_equal_public(one, two));
    assert_true(cert_issued_by(first, now->authority->marble_root));
    assert_true(cert_issued_by(second, now->authority->marble_root));
    assert_int_equal(cert_not_after(second), WORLD_START_MS / 1000 + 8 * 86400);
}

static void user_defined_secret_is_what_was_given(void **state)
{
    const struct activation asked = marble_request("x");
    auto_scene s;

    (void)state;
    scene_begin(&s, ONE_FILE("{{ hex .Secrets.given.Public }} {{ with .Secrets.later }}"
                             "{{ len .Public }}{{ end }}",
                             "\"given\":{\"Type\":\"plain\",\"UserDefined\":true,\"Public\":"
                             "\"/wA=\"},\"later\":{\"Type\":\"plain\",\"UserDefined\":true}"));
    auto_buf text = file_of(&s, "x", MARBLE_UUID);
    assert_bytes_equal(buf_bytes(&text), BYTES_LITERAL("ff00 0"));
    put_value(
        &s.machine, PREFIX_SECRET "later",
        BYTES_LITERAL("{\"Type\":\"plain\",\"Size\":0,\"Shared\":false,\"UserDefined\":true,"
                      "\"Cert\":null,\"ValidFor\":0,\"Private\":\"YWJj\",\"Public\":\"YWJj\"}"));
    auto_buf after = file_of(&s, "x", MARBLE_UUID);
    assert_bytes_equal(buf_bytes(&after), BYTES_LITERAL("ff00 3"));
    put_value(&s.machine, PREFIX_SECRET "given", BYTES_NONE);
    assert_refused(&s.machine, &asked, ACTIVATION_FAILED, "customizing marble parameters: ...");
}

/* An empty value would be a key that everybody knows. */
static void user_defined_secret_that_is_missing_fails_the_activation(void **state)
{
    static const char *const uses[] = { "{{ hex .Secrets.k }}", "{{ raw .Secrets.k.Private }}",
                                        "{{ base64 .Secrets.k }}", "{{ pem .Secrets.k.Cert }}" };
    const struct activation asked = marble_request("x");

    (void)state;
    for (size_t i = 0; i < COUNT_OF(uses); i++) {
        auto_string *extra =
            mem_printf("\"Marbles\":{\"x\":{\"Package\":\"p\",\"Parameters\":{\"Files\":{\"f\":\"%s"
                       "\"}}}},\"Secrets\":{\"k\":{\"Type\":\"cert-ed25519\",\"UserDefined\":true}"
                       "},",
                       uses[i]);
        auto_scene s;
        scene_begin(&s, extra);
        assert_refused(&s.machine, &asked, ACTIVATION_FAILED,
                       "customizing marble parameters: parsing secrets for file \"f\": template: "
                       "data:1:...");
    }
}

static void secret_that_cannot_be_made_is_not_one_that_does_not_exist(void **state)
{
    const struct activation asked = marble_request("x");
    auto_scene s;

    (void)state;
    scene_begin(&s, ONE_FILE("{{ with .Secrets.key }}key{{ else }}none{{ end }}", ""));
    put_value(&s.machine, PREFIX_SECRET "key", BYTES_LITERAL("{"));
    assert_refused(&s.machine, &asked, ACTIVATION_FAILED,
                   "customizing marble parameters: parsing secrets for file \"f\": secret key: "
                   "value secret:key of the state: ...");
}

/* ---- the generation before ---- */

static const char both_generations[] =
    ONE_FILE("{{ hex .Secrets.own }} {{ hex .Previous.Secrets.own }}",
             "\"own\":{\"Type\":\"symmetric-key\",\"Size\":128}");

static void previous_secrets_are_the_same_before_the_first_update(void **state)
{
    auto_scene s;

    (void)state;
    scene_begin(&s, both_generations);
    auto_buf text = file_of(&s, "x", MARBLE_UUID);
    auto_buf key = derived(&s, NAME_ROOT_SECRET, MARBLE_UUID, "own", "x", 16);
    auto_string *want = mem_printf("%.32s %.32s", (const char *)key.at, (const char *)key.at);
    assert_bytes_equal(buf_bytes(&text), bytes_of_string(want));
}

static void previous_keys_come_from_the_previous_root_secret_and_definition(void **state)
{
    static const uint8_t old_root[32] = { 7 };
    auto_scene s;

    (void)state;
    scene_begin(&s, both_generations);
    put_value(&s.machine, NAME_PREVIOUS_ROOT_SECRET, bytes_of(old_root, sizeof old_root));
    put_value(
        &s.machine, PREFIX_PREVIOUS_SECRET "own",
        BYTES_LITERAL("{\"Type\":\"symmetric-key\",\"Size\":256,\"Shared\":false,"
                      "\"UserDefined\":false,\"Cert\":null,\"ValidFor\":0,\"Private\":\"AA==\","
                      "\"Public\":\"AA==\"}"));
    auto_buf text = file_of(&s, "x", MARBLE_UUID);
    auto_buf now = derived(&s, NAME_ROOT_SECRET, MARBLE_UUID, "own", "x", 16);
    auto_buf before = derived(&s, NAME_PREVIOUS_ROOT_SECRET, MARBLE_UUID, "own", "x", 32);
    auto_string *want = mem_printf("%.32s %.64s", (const char *)now.at, (const char *)before.at);
    assert_bytes_equal(buf_bytes(&text), bytes_of_string(want));
}

/* What an activation looks through, without its templates. */
struct view {
    struct arena arena;
    struct snapshot *now;
    struct marble_secrets secrets;
};

static void view_begin(struct view *v, const struct scene *s)
{
    *v = (struct view){ .now = core_snapshot(s->machine.core) };
    v->secrets = (struct marble_secrets){ .env = &s->world.env,
                                          .now = v->now,
                                          .uuid = BYTES_LITERAL(MARBLE_UUID),
                                          .binding = BYTES_LITERAL("x"),
                                          .arena = &v->arena };
}

static void view_end(struct view *v)
{
    marble_secrets_clear(&v->secrets);
    arena_clear(&v->arena);
    snapshot_free(v->now);
}
#define auto_view struct view CLEANUP(view_end)

static struct cert *previous_cert(const struct scene *s, const char *name)
{
    struct stored_secret secret;
    struct err err = { 0 };
    auto_view v;

    view_begin(&v, s);
    if (!marble_secret(&v.secrets, true, bytes_of_string(name), &secret))
        fail_msg("previous %s: %s", name, v.secrets.failure.text);
    return cert_from_der(secret.cert.value, &err);
}

/* The manifest knows the definition no more; what was issued once says how to issue again. */
static void previous_certificate_is_issued_again_without_its_definition(void **state)
{
    auto_scene s;

    (void)state;
    scene_begin(&s, "\"Secrets\":{\"c\":{\"Type\":\"cert-ed25519\",\"ValidFor\":7,\"Cert\":{"
                    "\"Subject\":{\"CommonName\":\"as before\"}}}},");
    auto_buf record = machine_value(&s.machine, PREFIX_PREVIOUS_SECRET "c");
    put_value(&s.machine, PREFIX_PREVIOUS_SECRET "gone", buf_bytes(&record));
    world_set_clock(&s.world, WORLD_START_MS + 86400 * 1000);
    auto_cert *defined = previous_cert(&s, "c"), *gone = previous_cert(&s, "gone");
    auto_cert *other = previous_cert(&s, "gone");
    assert_bytes_equal(cert_common_name(gone), BYTES_LITERAL("as before"));
    assert_int_equal(cert_not_after(gone), cert_not_after(defined));
    assert_int_equal(cert_not_after(gone), WORLD_START_MS / 1000 + 8 * 86400);
    assert_false(bytes_equal(cert_der(gone), cert_der(other)));
}

/* ---- what is made ---- */

static void secrets_are_made_once_and_only_when_they_are_asked_for(void **state)
{
    struct stored_secret one, two;
    auto_scene s;
    auto_view v;

    (void)state;
    scene_begin(&s, "\"Secrets\":{\"c\":{\"Type\":\"cert-ed25519\"},"
                    "\"d\":{\"Type\":\"cert-ed25519\"}},");
    view_begin(&v, &s);
    assert_int_equal(v.secrets.count, 0);
    assert_true(marble_secret(&v.secrets, false, BYTES_LITERAL("c"), &one));
    assert_true(marble_secret(&v.secrets, true, BYTES_LITERAL("c"), &two));
    assert_false(bytes_equal(one.cert.value, two.cert.value));
    assert_true(marble_secret(&v.secrets, false, BYTES_LITERAL("c"), &two));
    assert_bytes_equal(two.cert.value, one.cert.value);
    assert_int_equal(v.secrets.count, 2);
}

static void names_that_do_not_exist_are_not_remembered(void **state)
{
    struct stored_secret secret;
    auto_scene s;
    auto_view v;

    (void)state;
    scene_begin(&s, "");
    view_begin(&v, &s);
    for (unsigned i = 0; i < 1000; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "none%u", i);
        assert_false(marble_secret(&v.secrets, i % 2 == 0, bytes_of_string(name), &secret));
    }
    assert_int_equal(v.secrets.count, 0);
    assert_int_equal(v.secrets.failure.kind, FAIL_NONE);
}

/* Such a name was once a view of memory that ended with its template. */
static void secret_with_a_computed_name_is_found_by_the_next_template(void **state)
{
    const struct activation asked = marble_request("x");
    auto_scene s;

    (void)state;
    scene_begin(&s, "\"Marbles\":{\"x\":{\"Package\":\"p\",\"Parameters\":{\"Files\":{"
                    "\"1\":\"{{ hex (index .Secrets (printf \\\"%s%s\\\" \\\"o\\\" \\\"wn\\\")) }}"
                    "\",\"2\":\"{{ hex .Secrets.own }}{{ hex .Secrets.more }}\",\"3\":"
                    "\"{{ hex (index .Secrets (printf \\\"%s%s\\\" \\\"ow\\\" \\\"n\\\")) }}\"}}}},"
                    "\"Secrets\":{\"own\":{\"Type\":\"symmetric-key\",\"Size\":128},"
                    "\"more\":{\"Type\":\"symmetric-key\",\"Size\":128}},");
    auto_outcome o = activate_ok(&s.machine, &asked);
    assert_int_equal(outcome_file(&o, "1").len, 32);
    assert_bytes_equal(outcome_file(&o, "3"), outcome_file(&o, "1"));
    assert_true(bytes_start_with(outcome_file(&o, "2"), outcome_file(&o, "1")));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(derivation_gives_the_vectors),
    cmocka_unit_test(derivation_refuses_more_than_hkdf_gives),
    cmocka_unit_test(private_keys_are_derived_for_marble_and_uuid),
    cmocka_unit_test(shared_secrets_are_the_same_for_all_marbles),
    cmocka_unit_test(private_certificates_are_new_at_each_activation),
    cmocka_unit_test(user_defined_secret_is_what_was_given),
    cmocka_unit_test(user_defined_secret_that_is_missing_fails_the_activation),
    cmocka_unit_test(secret_that_cannot_be_made_is_not_one_that_does_not_exist),
    cmocka_unit_test(previous_secrets_are_the_same_before_the_first_update),
    cmocka_unit_test(previous_keys_come_from_the_previous_root_secret_and_definition),
    cmocka_unit_test(previous_certificate_is_issued_again_without_its_definition),
    cmocka_unit_test(secrets_are_made_once_and_only_when_they_are_asked_for),
    cmocka_unit_test(names_that_do_not_exist_are_not_remembered),
    cmocka_unit_test(secret_with_a_computed_name_is_found_by_the_next_template),
};

TEST_MAIN(tests)
