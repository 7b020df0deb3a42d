/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "codec/text.h"
#include "marble_scene.h"
#include "secrets_scene.h"

#include <errno.h>
#include <pthread.h>

static void begin(struct scene *s)
{
    auto_string *extra = secrets_extra("");

    scene_begin(s, extra);
}

static void scene_restart(struct scene *s)
{
    machine_stop(&s->machine);
    s->machine = machine_start(&s->world, "a");
    assert_phase(&s->machine, PHASE_ACCEPTING_MARBLES);
}

/* The upload of a user who was found in `now`. text: the map of secrets. */
static bool set_in(const struct scene *s, const struct snapshot *now, enum scene_user user,
                   const char *text, struct err *err)
{
    auto_arena arena = { 0 };
    struct secret_upload upload = { 0 };
    const struct json *const root =
        json_parse(bytes_of_string(text), JSON_TRAILING_REFUSED, &arena, err);

    *err = (struct err){ 0 };
    assert_ok(root != NULL && secret_upload_parse(root, NULL, &arena, &upload, err), err);
    return core_set_secrets(s->machine.core, now,
                            deployment_user(now->deployment, cert_der(scene_cert(user))), &upload,
                            err);
}

static bool set_as(const struct scene *s, enum scene_user user, const char *text, struct err *err)
{
    auto_snapshot *now = core_snapshot(s->machine.core);

    return set_in(s, now, user, text, err);
}

static void set_ok(const struct scene *s, const char *text)
{
    struct err err;

    assert_ok(set_as(s, WRITER, text, &err), &err);
}

/* It is refused with these words, and nothing has changed. */
static void refuse_upload(const struct scene *s, enum scene_user user, const char *text,
                          enum fail_kind kind, const char *words)
{
    auto_buf before = all_values(&s->machine);
    struct err err;

    if (set_as(s, user, text, &err) || err.kind != kind || strstr(err.text, words) == NULL)
        fail_msg("%s: kind %d, %s", text, (int)err.kind, err.text);
    auto_buf after = all_values(&s->machine);
    assert_bytes_equal(buf_bytes(&after), buf_bytes(&before));
}

static void assert_value(const struct scene *s, const char *name, const char *want)
{
    auto_buf value = machine_value(&s->machine, name);
    auto_string *text = bytes_to_string(buf_bytes(&value));

    assert_string_equal(text, want);
}

/* A line of the update log, without its time. */
static void assert_line(const struct scene *s, unsigned number, const char *want)
{
    auto_string *name = mem_printf(PREFIX_UPDATE_LOG "%020u", number);
    auto_buf value = machine_value(&s->machine, name);
    auto_string *text = bytes_to_string(buf_bytes(&value));
    const char *const event = strstr(text, ",\"update\":");

    assert_non_null(event);
    assert_string_equal(event + 1, want);
}

#define UNSET_TOKEN                                                                                \
    "{\"Type\":\"plain\",\"Size\":0,\"Shared\":false,\"UserDefined\":true,\"Cert\":null,"          \
    "\"ValidFor\":0,\"Private\":null,\"Public\":null}"
#define SET_TOKEN(base64)                                                                          \
    "{\"Type\":\"plain\",\"Size\":0,\"Shared\":false,\"UserDefined\":true,\"Cert\":null,"          \
    "\"ValidFor\":0,\"Private\":\"" base64 "\",\"Public\":\"" base64 "\"}"
#define SET_SYM(base64)                                                                            \
    "{\"Type\":\"symmetric-key\",\"Size\":128,\"Shared\":false,\"UserDefined\":true,"              \
    "\"Cert\":null,\"ValidFor\":0,\"Private\":\"" base64 "\",\"Public\":\"" base64 "\"}"
#define ZEROS "AAAAAAAAAAAAAAAAAAAAAA=="
#define LINE(user, secret, type)                                                                   \
    "\"update\":\"Secret set\",\"user\":\"" user "\",\"secret\":\"" secret "\",\"type\":\"" type   \
    "\"}"

/* ---- what is stored ---- */

static void uploaded_values_are_there_after_a_restart_with_a_line_each(void **state)
{
    auto_scene s;

    (void)state;
    begin(&s);
    auto_buf previous = machine_value(&s.machine, PREFIX_PREVIOUS_SECRET "token");
    set_ok(&s, "{\"token\":{\"Key\":\"aGVsbG8=\"},\"sym\":{\"Key\":\"" ZEROS "\"}}");
    for (unsigned restarts = 0; restarts < 2; restarts++) {
        assert_value(&s, PREFIX_SECRET "token", SET_TOKEN("aGVsbG8="));
        assert_value(&s, PREFIX_SECRET "sym", SET_SYM(ZEROS));
        auto_buf now = machine_value(&s.machine, PREFIX_PREVIOUS_SECRET "token");
        assert_bytes_equal(buf_bytes(&now), buf_bytes(&previous));
        assert_line(&s, 1, LINE("writer", "sym", "symmetric-key"));
        assert_line(&s, 2, LINE("writer", "token", "plain"));
        auto_snapshot *snapshot = core_snapshot(s.machine.core);
        assert_int_equal(snapshot->log.lines, 3);
        scene_restart(&s);
    }
}

/* As the original does it, the private key is taken as it comes, and may be left out. */
static void certificate_is_stored_with_its_public_key(void **state)
{
    auto_string *cert = scene_cert_json();
    auto_string *text = mem_printf("{\"site\":{\"Cert\":%s,\"Private\":\"YW55\"}}", cert);
    auto_string *bare = mem_printf("{\"site\":{\"Cert\":%s,\"Private\":null}}", cert);
    auto_buf public = { 0 }, public_json = { 0 };
    struct err err = { 0 };
    auto_scene s;

    (void)state;
    auto_key *key = cert_public_key(scene_cert(HALF), &err);
    assert_ok(key != NULL && key_public_der(key, &public, &err), &err);
    json_put_octets(&public_json, buf_bytes(&public));
    auto_string *spki = bytes_to_string(buf_bytes(&public_json));
    begin(&s);
    for (unsigned i = 0; i < 2; i++) {
        auto_string *want = mem_printf("{\"Type\":\"cert-ecdsa\",\"Size\":0,\"Shared\":false,"
                                       "\"UserDefined\":true,\"Cert\":%s,\"ValidFor\":7,"
                                       "\"Private\":%s,\"Public\":%s}",
                                       cert, i == 0 ? "\"YW55\"" : "null", spki);
        set_ok(&s, i == 0 ? text : bare);
        assert_value(&s, PREFIX_SECRET "site", want);
    }
}

static void last_of_several_uploads_wins(void **state)
{
    auto_scene s;

    (void)state;
    begin(&s);
    set_ok(&s, "{\"token\":{\"Key\":\"YQ==\"},\"token\":{\"Key\":\"Yg==\"}}");
    assert_value(&s, PREFIX_SECRET "token", SET_TOKEN("Yg=="));
    set_ok(&s, "{\"token\":{\"Key\":\"YQ==\",\"KEY\":\"Yw==\",\"Cert\":null,\"other\":5}}");
    assert_value(&s, PREFIX_SECRET "token", SET_TOKEN("Yw=="));
    assert_line(&s, 2, LINE("writer", "token", "plain"));
}

/* No template uses it, so it may be nothing. */
static void plain_secret_may_be_empty_or_absent(void **state)
{
    auto_scene s;

    (void)state;
    begin(&s);
    set_ok(&s, "{\"plain\":{\"Key\":\"YQ==\"}}");
    set_ok(&s, "{\"plain\":{\"Key\":\"\"}}");
    assert_value(&s, PREFIX_SECRET "plain",
                 "{\"Type\":\"plain\",\"Size\":7,\"Shared\":true,\"UserDefined\":true,"
                 "\"Cert\":null,\"ValidFor\":0,\"Private\":\"\",\"Public\":\"\"}");
    set_ok(&s, "{\"plain\":null}");
    assert_value(&s, PREFIX_SECRET "plain",
                 "{\"Type\":\"plain\",\"Size\":7,\"Shared\":true,\"UserDefined\":true,"
                 "\"Cert\":null,\"ValidFor\":0,\"Private\":null,\"Public\":null}");
}

/* Keys that only fit into a certificate of somebody else: made with openssl. */
#define X25519_CERT                                                                                \
    "\"MIHkMIGMAhRl9YnUCgEeVRShtu5sTepiYg9SvDAKBggqhkjOPQQDAjAMMQowCAYDVQQDDAF4MCAXDTI2MTEyMzIw"   \
    "MzI1OFoYDzIxMjYxMDMwMjAzMjU4WjAMMQowCAYDVQQDDAF4MCowBQYDK2VuAyEAYp8nbWEFTNAiDcr9W68djlXvcH"   \
    "CRF/KysvroD0qVOkwwCgYIKoZIzj0EAwIDRwAwRAIgPT5HMzv9w+jkog7gmqYePNvut8KVPvFXCHsmUzT4S/wCIGgk"   \
    "aoQdGq2BQr4cYw+ksSoQnBAdN0Q6LHXn3XhIAYAU\""
#define ED448_CERT                                                                                 \
    "\"MIH9MIGlAhQdNhy6y0PXOQaWPWs/e7N86lREITAKBggqhkjOPQQDAjAMMQowCAYDVQQDDAFlMCAXDTI2MTEyMzIw"   \
    "MzI1OFoYDzIxMjYxMDMwMjAzMjU4WjAMMQowCAYDVQQDDAFlMEMwBQYDK2VxAzoAWHgq0noA1yPAQYJr/HAv8bq6Mb"   \
    "JG3iuTRtN9e8KAy5GJOj04qcUh9gJ+etCUUJLx3oJA1TBj2duAMAoGCCqGSM49BAMCA0cAMEQCIEadnAQJtt18wUH9"   \
    "r89pk05c54RlTZUPxZ4i+ZhWgBidAiBPH/7aLk9G0D0KXmrPQQReRRYpd39T7sYcreSOlz+oSg==\""

static void certificate_may_have_a_key_for_agreement_but_none_of_another_kind(void **state)
{
    auto_scene s;

    (void)state;
    begin(&s);
    set_ok(&s, "{\"site\":{\"Cert\":" X25519_CERT "}}");
    refuse_upload(&s, WRITER, "{\"site\":{\"Cert\":" ED448_CERT "}}", FAIL_MALFORMED,
                  "no public key of type RSA");
}

/* ---- what is refused ---- */

static void every_bad_value_is_refused_with_name_place_and_reason(void **state)
{
    auto_string *cert = scene_cert_json();
    auto_string *sym_cert = mem_printf("{\"sym\":{\"Key\":\"" ZEROS "\",\"Cert\":%s}}", cert);
    auto_string *token_cert = mem_printf("{\"token\":{\"Cert\":%s}}", cert);
    auto_string *site_key = mem_printf("{\"site\":{\"Cert\":%s,\"Key\":\"\"}}", cert);
    const struct {
        const char *text, *words;
    } cases[] = {
        { "{}", "parsing new secrets: no new secrets defined" },
        { "null", "parsing new secrets: no new secrets defined" },
        { "{\"nope\":{}}",
          "parsing new secrets: secret manifest specifies a secret which the original manifest "
          "does not contain (at nope, line 1:9)" },
        { "{\"Token\":{}}", "does not contain (at Token, line 1:10)" },
        { "{\"\":{}}", "does not contain" },
        { "{\"a\\nb\":{}}", "does not contain (at \"a\\nb\", line 1:9)" },
        { "{\"key\":{\"Key\":\"" ZEROS "\"}}",
          "parsing new secrets: secret key is not writeable (at key, line 1:8)" },
        { "{\"own\":{}}", "secret own is not writeable" },
        { "{\"sizeless\":{}}", "parsing new secrets: invalid secret size: sizeless (at sizeless" },
        { "{\"odd\":{\"Key\":\"AA==\"}}", "invalid secret size: odd (at odd, line 1:8)" },
        { "{\"sym\":{\n \"Key\":\"AA==\"}}",
          "declared size and actual size don't match: sym: 128 bits are declared, 1 bytes were "
          "given (at sym.Key, line 2:8)" },
        { "{\"sym\":{}}", "actual size don't match: sym: 128 bits are declared, 0 bytes" },
        { "{\"sym\":{\"Key\":\"\"}}", "actual size don't match: sym" },
        { "{\"sym\":{\"Key\":\"AAAAAAAAAAAAAAAAAAAAAAA=\"}}", "17 bytes were given" },
        { "{\"sym\":{\"Key\":\"" ZEROS "\",\"private\":\"\"}}",
          "secret sym is set to be of type symmetric-key but specified values for a certificate "
          "(at sym.private, line 1:52)" },
        { sym_cert, "specified values for a certificate (at sym.Cert" },
        { token_cert, "secret token is set to be of type plain but specified values for a cert" },
        { "{\"token\":{\"Key\":\"YQ==\",\"Private\":\"YQ==\"}}", "values for a certificate" },
        { site_key, "secret site is set to be of type cert-ecdsa but specified values for a "
                    "symmetric-key (at site.Key" },
        { "{\"site\":{}}", "secret site needs a certificate in Cert (at site, line 1:9)" },
        { "{\"site\":{\"Private\":\"YQ==\"}}", "secret site needs a certificate" },
        { "{\"site\":{\"Cert\":{\"IsCA\":true}}}", "needs a certificate in Cert (at site.Cert" },
        { "{\"token\":{\"Key\":\"YQBi\"}}",
          "running manifest template dry run: in Marble t: env variable T:" },
        { "{\"token\":{}}", "running manifest template dry run: in Marble t: env variable T:" },
        { "{\"token\":{\"Key\":\"\"}}", "tried to parse secret with empty value" },
    };
    auto_scene s;

    (void)state;
    begin(&s);
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        refuse_upload(&s, WRITER, cases[i].text, FAIL_MALFORMED, cases[i].words);
}

static void one_bad_secret_refuses_the_good_ones_with_it(void **state)
{
    static const char *const bad[] = {
        "\"nope\":{}", "\"key\":{}", "\"sym\":{\"Key\":\"AA==\"}", "\"site\":{}", "\"odd\":{}",
    };
    auto_scene s;

    (void)state;
    begin(&s);
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        auto_string *before = mem_printf("{%s,\"token\":{\"Key\":\"YQ==\"}}", bad[i]);
        auto_string *after = mem_printf("{\"plain\":{\"Key\":\"YQ==\"},%s}", bad[i]);
        refuse_upload(&s, WRITER, before, FAIL_MALFORMED, "parsing new secrets: ");
        refuse_upload(&s, WRITER, after, FAIL_MALFORMED, "parsing new secrets: ");
    }
    assert_value(&s, PREFIX_SECRET "token", UNSET_TOKEN);
}

static void right_is_needed_for_every_single_secret(void **state)
{
    auto_scene s;
    struct err err;

    (void)state;
    begin(&s);
    refuse_upload(&s, READER, "{\"token\":{\"Key\":\"YQ==\"}}", FAIL_DENIED,
                  "user reader is not allowed to update secret: token");
    refuse_upload(&s, NOBODY, "{\"token\":{\"Key\":\"YQ==\"}}", FAIL_DENIED,
                  "user nobody is not allowed to update secret: token");
    refuse_upload(&s, WRITER, "{\"vault\":{},\"token\":{\"Key\":\"YQ==\"}}", FAIL_DENIED,
                  "user writer is not allowed to update secret: vault");
    refuse_upload(&s, HALF, "{\"token\":{\"Key\":\"YQ==\"},\"sym\":{\"Key\":\"" ZEROS "\"}}",
                  FAIL_DENIED, "user half is not allowed to update secret: sym");
    assert_ok(set_as(&s, HALF, "{\"token\":{\"Key\":\"YQ==\"}}", &err), &err);
    assert_line(&s, 1, LINE("half", "token", "plain"));
}

/* The order of the original: what is wrong with the values is said to those who may not write them, too. */
static void values_are_judged_before_rights(void **state)
{
    auto_scene s;

    (void)state;
    begin(&s);
    refuse_upload(&s, NOBODY, "{\"sym\":{\"Key\":\"YQ==\"}}", FAIL_MALFORMED, "actual size");
    refuse_upload(&s, NOBODY, "{\"token\":{\"Key\":\"AA==\"}}", FAIL_MALFORMED, "dry run");
}

/* ---- the dry run ---- */

/* `sym` has no value yet, and raw would fail on none. */
static void dry_run_stands_in_for_what_is_not_uploaded(void **state)
{
    auto_scene s;

    (void)state;
    begin(&s);
    set_ok(&s, "{\"token\":{\"Key\":\"YQ==\"}}");
}

static void marble_gets_the_new_value_at_its_next_activation(void **state)
{
    const struct activation request = marble_request("t");
    auto_string *cert = scene_cert_json();
    auto_string *rest =
        mem_printf("{\"site\":{\"Cert\":%s},\"sym\":{\"Key\":\"" ZEROS "\"}}", cert);
    auto_scene s;

    (void)state;
    begin(&s);
    assert_refused(&s.machine, &request, ACTIVATION_FAILED, "customizing marble parameters: ...");
    set_ok(&s, "{\"token\":{\"Key\":\"b2xk\"}}");
    set_ok(&s, rest);
    auto_outcome first = activate_ok(&s.machine, &request);
    assert_bytes_equal(outcome_variable(&first, "T"), BYTES_LITERAL("old"));
    set_ok(&s, "{\"token\":{\"Key\":\"bmV3\"}}");
    auto_outcome second = activate_ok(&s.machine, &request);
    assert_bytes_equal(outcome_variable(&second, "T"), BYTES_LITERAL("new"));
}

/* ---- a state that is not as it should be ---- */

static void damaged_and_missing_records_are_said(void **state)
{
    auto_scene s;

    (void)state;
    begin(&s);
    put_value(&s.machine, PREFIX_SECRET "plain", BYTES_LITERAL("{"));
    refuse_upload(&s, WRITER, "{\"plain\":{\"Key\":\"YQ==\"}}", FAIL_DAMAGED,
                  "value secret:plain of the state: ");
    put_value(&s.machine, PREFIX_SECRET "plain", BYTES_NONE);
    refuse_upload(&s, WRITER, "{\"plain\":{\"Key\":\"YQ==\"}}", FAIL_MALFORMED, "does not contain");
    put_value(&s.machine, PREFIX_SECRET "key", BYTES_LITERAL("[]"));
    refuse_upload(&s, WRITER, "{\"token\":{\"Key\":\"YQ==\"}}", FAIL_DAMAGED,
                  "value secret:key of the state: ");
}

/* ---- at the same time ---- */

static void update_in_between_refuses_the_upload(void **state)
{
    static const char *const touched[] = { NAME_MANIFEST_SIGNATURE, NAME_ROOT_SECRET };
    struct err err;
    auto_scene s;

    (void)state;
    begin(&s);
    for (size_t i = 0; i < COUNT_OF(touched); i++) {
        auto_snapshot *found = core_snapshot(s.machine.core);
        auto_buf same = machine_value(&s.machine, touched[i]);
        put_value(&s.machine, touched[i], buf_bytes(&same));
        auto_buf before = all_values(&s.machine);
        assert_false(set_in(&s, found, WRITER, "{\"token\":{\"Key\":\"YQ==\"}}", &err));
        assert_int_equal(err.kind, FAIL_STATE);
        assert_string_equal(err.text, "the manifest was updated in the meantime: no secret was "
                                      "set, try again");
        auto_buf after = all_values(&s.machine);
        assert_bytes_equal(buf_bytes(&after), buf_bytes(&before));
    }
    set_ok(&s, "{\"token\":{\"Key\":\"YQ==\"}}");
}

/* Another upload in between is none of its business. */
static void upload_in_between_is_no_obstacle(void **state)
{
    struct err err;
    auto_scene s;

    (void)state;
    begin(&s);
    auto_snapshot *found = core_snapshot(s.machine.core);
    set_ok(&s, "{\"token\":{\"Key\":\"YQ==\"},\"plain\":{\"Key\":\"YQ==\"}}");
    assert_ok(set_in(&s, found, WRITER, "{\"token\":{\"Key\":\"Yg==\"}}", &err), &err);
    assert_value(&s, PREFIX_SECRET "token", SET_TOKEN("Yg=="));
    auto_buf plain = machine_value(&s.machine, PREFIX_SECRET "plain");
    assert_non_null(memmem(plain.at, plain.len, "YQ==", 4));
    assert_line(&s, 3, LINE("writer", "token", "plain"));
}

enum { ROUNDS = 40, WRITERS = 2 };

struct uploader {
    const struct scene *scene;
    const char *text;
    bool failed;
};

static void *upload_often(void *arg)
{
    struct uploader *const u = arg;
    struct err err;

    for (unsigned i = 0; i < ROUNDS; i++)
        u->failed |= !set_as(u->scene, WRITER, u->text, &err);
    return NULL;
}

/* Do both secrets have the value of the same upload? True before the first one. */
static bool is_no_mixture(const struct snapshot *now)
{
    struct bytes token = BYTES_NONE, sym = BYTES_NONE;

    assert_true(omap_get(now->values, BYTES_LITERAL(PREFIX_SECRET "token"), &token) &&
                omap_get(now->values, BYTES_LITERAL(PREFIX_SECRET "sym"), &sym));
    const bool first = bytes_equal_string(token, SET_TOKEN("YWFh"));
    const bool second = bytes_equal_string(token, SET_TOKEN("YmJi"));
    return first == bytes_equal_string(sym, SET_SYM("YWFhYWFhYWFhYWFhYWFhYQ==")) &&
           second == bytes_equal_string(sym, SET_SYM("YmJiYmJiYmJiYmJiYmJiYg=="));
}

static void writers_at_the_same_time_both_get_through_and_never_mix(void **state)
{
    static const char *const texts[WRITERS] = {
        "{\"token\":{\"Key\":\"YWFh\"},\"sym\":{\"Key\":\"YWFhYWFhYWFhYWFhYWFhYQ==\"}}",
        "{\"token\":{\"Key\":\"YmJi\"},\"sym\":{\"Key\":\"YmJiYmJiYmJiYmJiYmJiYg==\"}}",
    };
    struct uploader uploaders[WRITERS];
    pthread_t threads[WRITERS];
    const uint64_t all = 1 + 2 * ROUNDS * WRITERS;
    uint64_t lines = 0;
    auto_scene s;

    (void)state;
    begin(&s);
    (void)scene_cert(WRITER);
    for (unsigned i = 0; i < WRITERS; i++) {
        uploaders[i] = (struct uploader){ &s, texts[i], false };
        assert_int_equal(pthread_create(&threads[i], NULL, upload_often, &uploaders[i]), 0);
    }
    for (unsigned looks = 0; lines < all && looks < 1000000; looks++) {
        auto_snapshot *now = core_snapshot(s.machine.core);
        lines = now->log.lines;
        if (!is_no_mixture(now))
            fail_msg("after %llu lines of the log", (unsigned long long)lines);
    }
    for (unsigned i = 0; i < WRITERS; i++) {
        (void)pthread_join(threads[i], NULL);
        assert_false(uploaders[i].failed);
    }
    scene_restart(&s);
    auto_snapshot *after = core_snapshot(s.machine.core);
    assert_int_equal(after->log.lines, all);
    assert_true(is_no_mixture(after));
}

/* ---- the disk ---- */

#define OLD "{\"token\":{\"Key\":\"YWFh\"},\"sym\":{\"Key\":\"YWFhYWFhYWFhYWFhYWFhYQ==\"}}"
#define NEW "{\"token\":{\"Key\":\"YmJi\"},\"sym\":{\"Key\":\"YmJiYmJiYmJiYmJiYmJiYg==\"}}"

/* The process ends when the nth call to the disk fails; text: what is uploaded then. False: it did not fail. */
static bool die_at(unsigned nth, bool tries_again, const char *text)
{
    struct err err;
    auto_scene s;

    begin(&s);
    set_ok(&s, OLD);
    auto_buf before = all_values(&s.machine);
    world_fail(&s.world, nth, false, ENOSPC);
    const bool done = set_as(&s, WRITER, text, &err);
    if (!done) {
        assert_int_equal(err.kind, FAIL_UNAVAILABLE);
        auto_buf now = all_values(&s.machine);
        assert_bytes_equal(buf_bytes(&now), buf_bytes(&before));
    }
    if (!done && tries_again) {
        world_heal(&s.world);
        set_ok(&s, text);
    }
    auto_buf after = all_values(&s.machine);
    world_heal(&s.world);
    scene_restart(&s);
    auto_buf later = all_values(&s.machine);
    if (done || tries_again) /* acknowledged */
        assert_bytes_equal(buf_bytes(&later), buf_bytes(&after));
    else if (later.len == before.len) /* all or nothing */
        assert_bytes_equal(buf_bytes(&later), buf_bytes(&before));
    auto_snapshot *now = core_snapshot(s.machine.core);
    assert_true(is_no_mixture(now));
    return !done;
}

static void upload_is_all_or_nothing_whatever_call_to_the_disk_fails(void **state)
{
    unsigned nth = 1;

    (void)state;
    while (die_at(nth, false, NEW))
        nth++;
    assert_true(nth > 2);
    for (unsigned i = 1; i < nth; i++)
        assert_true(die_at(i, true, NEW));
}

/* Larger than a record of the log: it becomes a new snapshot, which is not less all or nothing. */
static void large_upload_is_all_or_nothing_too(void **state)
{
    auto_buf large = { 0 }, text = { 0 };
    unsigned nth = 1;

    (void)state;
    memset(buf_grow(&large, 1 << 20), 'x', 1 << 20);
    buf_add_string(&text, "{\"plain\":{\"Key\":");
    json_put_octets(&text, buf_bytes(&large));
    buf_add_string(&text, "}}");
    buf_add_u8(&text, 0);
    while (die_at(nth, false, (const char *)text.at))
        nth++;
    assert_true(nth > 2);
    for (unsigned i = 1; i < nth; i++)
        assert_true(die_at(i, true, (const char *)text.at));
}

/* A Marble takes no more than a message. */
static void value_that_no_marble_takes_is_refused(void **state)
{
    enum { TOO_MUCH = (4 << 20) + 1 };
    auto_buf large = { 0 }, text = { 0 };
    auto_scene s;

    (void)state;
    begin(&s);
    memset(buf_grow(&large, TOO_MUCH), 'x', TOO_MUCH);
    buf_add_string(&text, "{\"token\":{\"Key\":");
    json_put_octets(&text, buf_bytes(&large));
    buf_add_string(&text, "}}");
    buf_add_u8(&text, 0);
    refuse_upload(&s, WRITER, (const char *)text.at, FAIL_MALFORMED, "env variable T: ");
}

static void state_does_not_grow_beyond_its_limit(void **state)
{
    enum { PARTS = 16 };
    auto_string *extra = secrets_extra("\"Config\":{\"SealMode\":\"Disabled\"},");
    auto_buf part = { 0 };
    auto_scene s;

    (void)state;
    scene_begin(&s, extra);
    memset(buf_grow(&part, STORE_MAX_VALUES / PARTS - 1024), 0, STORE_MAX_VALUES / PARTS - 1024);
    for (unsigned i = 0; i < PARTS; i++) {
        auto_string *name = mem_printf("taw:filler%u", i);
        put_value(&s.machine, name, buf_bytes(&part));
    }
    auto_snapshot *now = core_snapshot(s.machine.core);
    const size_t room = STORE_MAX_VALUES - omap_size(now->values);
    buf_truncate(&part, room - 100);
    put_value(&s.machine, "taw:more", buf_bytes(&part));
    struct err err;
    assert_false(set_as(&s, WRITER, "{\"token\":{\"Key\":\"YQ==\"}}", &err));
    assert_int_equal(err.kind, FAIL_TOO_LARGE);
    put_value(&s.machine, "taw:more", BYTES_NONE);
    set_ok(&s, "{\"token\":{\"Key\":\"YQ==\"}}");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(uploaded_values_are_there_after_a_restart_with_a_line_each),
    cmocka_unit_test(certificate_is_stored_with_its_public_key),
    cmocka_unit_test(last_of_several_uploads_wins),
    cmocka_unit_test(plain_secret_may_be_empty_or_absent),
    cmocka_unit_test(certificate_may_have_a_key_for_agreement_but_none_of_another_kind),
    cmocka_unit_test(every_bad_value_is_refused_with_name_place_and_reason),
    cmocka_unit_test(one_bad_secret_refuses_the_good_ones_with_it),
    cmocka_unit_test(right_is_needed_for_every_single_secret),
    cmocka_unit_test(values_are_judged_before_rights),
    cmocka_unit_test(dry_run_stands_in_for_what_is_not_uploaded),
    cmocka_unit_test(marble_gets_the_new_value_at_its_next_activation),
    cmocka_unit_test(damaged_and_missing_records_are_said),
    cmocka_unit_test(update_in_between_refuses_the_upload),
    cmocka_unit_test(upload_in_between_is_no_obstacle),
    cmocka_unit_test(writers_at_the_same_time_both_get_through_and_never_mix),
    cmocka_unit_test(upload_is_all_or_nothing_whatever_call_to_the_disk_fails),
    cmocka_unit_test(large_upload_is_all_or_nothing_too),
    cmocka_unit_test(value_that_no_marble_takes_is_refused),
    cmocka_unit_test(state_does_not_grow_beyond_its_limit),
};

TEST_MAIN(tests)
