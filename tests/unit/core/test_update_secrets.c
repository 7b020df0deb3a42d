/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "update_scene.h"

/* ---- the table of client-api.md, 11.5 ---- */

enum then {
    NONE = 0,  /* there is none */
    KEPT,      /* the same record as before, in both generations */
    NEW,       /* another one */
    AS_NEW,    /* previous: that of the current one now */
    WAS_BEFORE /* previous: that of the current one before */
};

/* A previous generation that nobody makes by chance. */
#define MARKER                                                                                     \
    "{\"Type\":\"plain\",\"Size\":0,\"Shared\":false,\"UserDefined\":true,\"Cert\":null,"          \
    "\"ValidFor\":0,\"Private\":\"b2xk\",\"Public\":\"b2xk\"}"
/* Of what a user uploaded: the values put into the record. */
#define SYM "\"Type\":\"symmetric-key\",\"Size\":128"
#define CERT "\"Type\":\"cert-ecdsa\",\"Size\":256"
#define USER "\"UserDefined\":true"
#define SHARED "\"Shared\":true"
#define NOT_AFTER ",\"Cert\":{\"NotAfter\":\"2030-01-01T00:00:00Z\"}"

static const struct row {
    const char *about;
    const char *old, *new; /* members of its entry; NULL: it is not in the manifest */
    bool rotates;
    enum then current, previous;
} rows[] = {
    { "only in the old one", SYM, NULL, false, NONE, NONE },
    { "only in the old one, user-defined", SYM "," USER, NULL, true, NONE, NONE },
    { "only in the new one, user-defined", NULL, SYM "," USER, false, NEW, AS_NEW },
    { "only in the new one, with a value", NULL,
      "\"Type\":\"plain\",\"Private\":\"QQ==\",\"Public\":\"QQ==\"," USER, false, NEW, AS_NEW },
    { "only in the new one, shared", NULL, SYM "," SHARED, false, NEW, AS_NEW },
    { "only in the new one, per Marble", NULL, SYM, true, NEW, AS_NEW },
    { "only in the new one, certificate", NULL, CERT "," SHARED, false, NEW, AS_NEW },

    { "another type", SYM "," USER, "\"Type\":\"plain\",\"Size\":128," USER, false, NEW, AS_NEW },
    { "another size", SYM "," SHARED, "\"Type\":\"symmetric-key\",\"Size\":256," SHARED, false, NEW,
      AS_NEW },
    { "another size, user-defined", SYM "," USER, "\"Type\":\"symmetric-key\",\"Size\":256," USER,
      false, NEW, AS_NEW },
    { "shared now", SYM, SYM "," SHARED, false, NEW, AS_NEW },
    { "per Marble now", SYM "," SHARED, SYM, false, NEW, AS_NEW },
    { "user-defined now", SYM "," SHARED, SYM "," SHARED "," USER, false, NEW, AS_NEW },
    { "generated now", SYM "," USER, SYM, false, NEW, AS_NEW },
    { "another lifetime", CERT ",\"ValidFor\":7", CERT ",\"ValidFor\":8", false, NEW, AS_NEW },
    { "another lifetime of a key", SYM, SYM ",\"ValidFor\":8", false, NEW, AS_NEW },
    { "the default lifetime now", CERT ",\"ValidFor\":7", CERT, false, NEW, AS_NEW },

    { "user-defined key", SYM "," USER, SYM "," USER, false, KEPT, KEPT },
    { "user-defined key, rotation", SYM "," USER, SYM "," USER, true, KEPT, KEPT },
    { "user-defined plain", "\"Type\":\"plain\"," USER, "\"Type\":\"plain\"," USER, true, KEPT,
      KEPT },
    { "user-defined certificate", CERT "," USER, CERT "," USER, true, KEPT, KEPT },

    { "shared key", SYM "," SHARED, SYM "," SHARED, false, KEPT, KEPT },
    { "key per Marble", SYM, SYM, false, KEPT, KEPT },
    { "shared key, rotation", SYM "," SHARED, SYM "," SHARED, true, NEW, WAS_BEFORE },
    { "key per Marble, rotation", SYM, SYM, true, NEW, WAS_BEFORE },

    { "certificate with a lifetime", CERT ",\"ValidFor\":7," SHARED, CERT ",\"ValidFor\":7," SHARED,
      false, NEW, WAS_BEFORE },
    { "the same, rotation", CERT ",\"ValidFor\":7," SHARED, CERT ",\"ValidFor\":7," SHARED, true,
      NEW, WAS_BEFORE },
    { "the same per Marble", CERT ",\"ValidFor\":7", CERT ",\"ValidFor\":7", false, NEW,
      WAS_BEFORE },
    { "certificate with an end", CERT NOT_AFTER, CERT NOT_AFTER, false, NEW, WAS_BEFORE },
    { "another Cert does not count", CERT ",\"ValidFor\":7",
      CERT ",\"ValidFor\":7,\"Cert\":{\"DNSNames\":[\"other\"]}", false, NEW, WAS_BEFORE },
    { "certificate without lifetime: never equal", CERT "," SHARED, CERT "," SHARED, false, NEW,
      AS_NEW },
    { "365 days said equals 365 days by default", CERT, CERT ",\"ValidFor\":365", false, NEW,
      WAS_BEFORE },
};

static char *secrets_of(bool new, bool rotates)
{
    auto_buf parts = { 0 };

    if (rotates)
        buf_add_string(&parts, ",\"Config\":{\"RotateRootSecret\":true,\"UpdateThreshold\":1}");
    else
        buf_add_string(&parts, ",\"Config\":{\"UpdateThreshold\":1}");
    buf_add_string(&parts, ",\"Secrets\":{");
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        const char *const entry = new ? rows[i].new : rows[i].old;
        if (entry == NULL || rows[i].rotates != rotates)
            continue;
        json_put_comma(&parts);
        buf_add_format(&parts, "\"s%u\":{%s}", i, entry);
    }
    buf_add_u8(&parts, '}');
    return bytes_to_string(buf_bytes(&parts));
}

/* Empty when there is none. */
static struct buf record(const struct scene *s, const char *prefix, unsigned row)
{
    auto_snapshot *now = core_snapshot(s->machine.core);
    auto_string *name = mem_printf("s%u", row);
    struct bytes value;
    struct buf out = { 0 };

    if (snapshot_value(now, prefix, bytes_of_string(name), &value))
        buf_add(&out, value);
    return out;
}

static enum then what_became(const struct buf *is, const struct buf *kept, const struct buf *before,
                             const struct buf *current)
{
    if (is->len == 0)
        return NONE;
    if (bytes_equal(buf_bytes(is), buf_bytes(kept)))
        return KEPT;
    if (current == NULL)
        return NEW;
    if (bytes_equal(buf_bytes(is), buf_bytes(current)))
        return AS_NEW;
    return bytes_equal(buf_bytes(is), buf_bytes(before)) ? WAS_BEFORE : NEW;
}

static void apply_rows(bool rotates)
{
    struct buf before[COUNT_OF(rows)];
    auto_string *old = secrets_of(false, rotates);
    auto_string *new = secrets_of(true, rotates);
    auto_string *text = up_manifest(new);
    auto_buf marker = { 0 };
    auto_scene s;

    buf_add_string(&marker, MARKER);
    up_begin(&s, old);
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        auto_string *name = mem_printf(PREFIX_PREVIOUS_SECRET "s%u", i);
        before[i] = record(&s, PREFIX_SECRET, i);
        if (before[i].len > 0)
            put_value(&s.machine, name, buf_bytes(&marker));
    }
    up_ok(&s, UPDATE, ALICE, text, 0);
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        auto_buf current = record(&s, PREFIX_SECRET, i);
        auto_buf previous = record(&s, PREFIX_PREVIOUS_SECRET, i);
        if (rows[i].rotates == rotates) {
            const enum then now = what_became(&current, &before[i], NULL, NULL);
            const enum then then = what_became(&previous, &marker, &before[i], &current);
            if (now != rows[i].current || then != rows[i].previous)
                fail_msg("%s: current %d instead of %d, previous %d instead of %d", rows[i].about,
                         (int)now, (int)rows[i].current, (int)then, (int)rows[i].previous);
        }
        buf_clear(&before[i]);
    }
}

static void secrets_follow_the_table_without_rotation(void **state)
{
    (void)state;
    apply_rows(false);
}

static void secrets_follow_the_table_with_rotation(void **state)
{
    (void)state;
    apply_rows(true);
}

/* ---- values ---- */

static void give_values(const struct scene *s, const char *text)
{
    auto_arena arena = { 0 };
    auto_snapshot *now = core_snapshot(s->machine.core);
    struct secret_upload values = { 0 };
    struct err err = { 0 };
    const struct json *const root =
        json_parse(bytes_of_string(text), JSON_TRAILING_REFUSED, &arena, &err);

    assert_ok(root != NULL && secret_upload_parse(root, NULL, &arena, &values, &err), &err);
    assert_ok(core_set_secrets(s->machine.core, now, up_find(now, ALICE), &values, &err), &err);
}

static void an_uploaded_value_stays_until_its_definition_changes(void **state)
{
    auto_arena arena = { 0 };
    auto_scene s;

    (void)state;
    up_begin(&s, "");
    give_values(&s, "{\"token\":{\"Key\":\"aGVsbG8=\"}}");
    up_apply(&s, ",\"Config\":{\"RotateRootSecret\":true}");
    assert_bytes_equal(up_secret(&s, PREFIX_SECRET, "token", &arena).public_value.value,
                       BYTES_LITERAL("hello"));
    assert_false(up_secret(&s, PREFIX_PREVIOUS_SECRET, "token", &arena).public_value.present);
    up_apply(&s, ",\"Secrets\":{\"token\":{\"Type\":\"plain\",\"UserDefined\":true,\"Size\":8}}");
    assert_false(up_secret(&s, PREFIX_SECRET, "token", &arena).public_value.present);
}

/* A state of an older release. */
static void a_missing_previous_generation_is_there_after_an_update(void **state)
{
    auto_arena arena = { 0 };
    auto_scene s;

    (void)state;
    up_begin(&s, ",\"Secrets\":{\"k\":{" SYM "," SHARED "}}");
    put_value(&s.machine, PREFIX_PREVIOUS_SECRET "k", BYTES_NONE);
    up_apply(&s, ",\"Secrets\":{\"k\":{" SYM "," SHARED "}}");
    assert_bytes_equal(up_secret(&s, PREFIX_PREVIOUS_SECRET, "k", &arena).public_value.value,
                       up_secret(&s, PREFIX_SECRET, "k", &arena).public_value.value);
}

static void a_damaged_secret_stops_the_update_and_is_named(void **state)
{
    auto_string *text = up_manifest("");
    auto_scene s;

    (void)state;
    up_begin(&s, ",\"Config\":{\"UpdateThreshold\":1}");
    put_value(&s.machine, PREFIX_SECRET "token", BYTES_LITERAL("{"));
    up_refuse(&s, UPDATE, ALICE, text, FAIL_DAMAGED, "value secret:token of the state");
}

/* The dry run sees what users uploaded: with a NUL byte it is no string. */
static void templates_are_tried_with_the_values_that_stay(void **state)
{
    static const char parts[] = ",\"Marbles\":{\"m\":{\"Package\":\"p\",\"Parameters\":{\"Env\":{"
                                "\"T\":\"{{ string .Secrets.token }}\"}}}}";
    auto_string *text = up_manifest(parts);
    auto_scene s;

    (void)state;
    up_begin(&s, "");
    give_values(&s, "{\"token\":{\"Key\":\"AA==\"}}");
    up_refuse(&s, UPDATE, ALICE, text, FAIL_MALFORMED,
              "updating secrets: running manifest template dry run: in Marble m: env variable T");
    give_values(&s, "{\"token\":{\"Key\":\"QQ==\"}}");
    up_ok(&s, UPDATE, ALICE, text, 2);
}

/* ---- what Marbles see ---- */

#define SEES                                                                                       \
    ",\"Secrets\":{\"own\":{" SYM "},\"key\":{" SYM "," SHARED "},\"cert\":{" CERT                 \
    ",\"ValidFor\":7," SHARED "}},\"Marbles\":{\"t\":{\"Package\":\"p\",\"Parameters\":{"          \
    "\"Files\":{\"own\":\"{{ hex .Secrets.own }}\",\"own-\":\"{{ hex .Previous.Secrets.own }}\","  \
    "\"key\":\"{{ hex .Secrets.key }}\",\"key-\":\"{{ hex .Previous.Secrets.key }}\","             \
    "\"cert\":\"{{ pem .Secrets.cert.Cert }}\","                                                   \
    "\"cert-\":\"{{ pem .Previous.Secrets.cert.Cert }}\"}}}}"
#define ROTATES ",\"Config\":{\"RotateRootSecret\":true}"

static void assert_file(const struct outcome *o, const char *name, const struct outcome *then,
                        const char *then_name, bool same)
{
    if (bytes_equal(outcome_file(o, name), outcome_file(then, then_name)) != same)
        fail_msg("%s is%s %s of before", name, same ? " not" : "", then_name);
}

static void the_previous_generation_is_that_of_the_last_rotation(void **state)
{
    const struct activation request = marble_request("t");
    auto_scene s;

    (void)state;
    up_begin(&s, SEES);
    auto_outcome first = activate_ok(&s.machine, &request);
    assert_file(&first, "own-", &first, "own", true);
    assert_file(&first, "key-", &first, "key", true);
    assert_file(&first, "cert-", &first, "cert", true);

    up_apply(&s, SEES);
    auto_outcome kept = activate_ok(&s.machine, &request);
    assert_file(&kept, "own", &first, "own", true);
    assert_file(&kept, "own-", &first, "own", true);
    assert_file(&kept, "key", &first, "key", true);
    assert_file(&kept, "cert", &first, "cert", false);
    assert_file(&kept, "cert-", &first, "cert", true);

    up_apply(&s, SEES ROTATES);
    auto_outcome rotated = activate_ok(&s.machine, &request);
    assert_file(&rotated, "own", &kept, "own", false);
    assert_file(&rotated, "own-", &kept, "own", true);
    assert_file(&rotated, "key", &kept, "key", false);
    assert_file(&rotated, "key-", &kept, "key", true);
    assert_file(&rotated, "cert-", &kept, "cert", true);

    up_apply(&s, SEES);
    auto_outcome after = activate_ok(&s.machine, &request);
    assert_file(&after, "own", &rotated, "own", true);
    assert_file(&after, "own-", &first, "own", true);
    assert_file(&after, "key-", &first, "key", true);

    up_apply(&s, SEES ROTATES);
    up_restart(&s);
    auto_outcome again = activate_ok(&s.machine, &request);
    assert_file(&again, "own-", &rotated, "own", true);
    assert_file(&again, "own-", &first, "own", false);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(secrets_follow_the_table_without_rotation),
    cmocka_unit_test(secrets_follow_the_table_with_rotation),
    cmocka_unit_test(an_uploaded_value_stays_until_its_definition_changes),
    cmocka_unit_test(a_missing_previous_generation_is_there_after_an_update),
    cmocka_unit_test(a_damaged_secret_stops_the_update_and_is_named),
    cmocka_unit_test(templates_are_tried_with_the_values_that_stay),
    cmocka_unit_test(the_previous_generation_is_that_of_the_last_rotation),
};

TEST_MAIN(tests)
