/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "foreign.h"
#include "marble_scene.h"

#include "codec/text.h"
#include "manifest/records.h"
#include "state/names.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>

/* Who may come in, why not, and what the Marble's parameters become. */

/* ---- refusals ---- */

/* A request whose SAN holds the DNS name FF, which no certificate can. */
static const char impossible_name[] =
    "30819e30520201003000302a300506032b657003210083ed408460f26baa4ebfac08cad7475bfed3"
    "a502f2ac94c9097c5f8f00db5252a01f301d06092a864886f70d01090e3110300e300c0603551d11"
    "040530038201ff300506032b65700341008e1168078f62c44487876b47bb96f5d220c1d6e8c53f79"
    "15fabb25a9cd9550e405930600ffd20e77cfca690a189415f525ecc2b11647863c461b43a016d2ad"
    "0e";

#define VERIFICATION "marble verification failed: "
#define IDENTITY "generating marble authentication secrets: "

/* Everything is wrong at first; each step repairs one thing and meets the next (marble-api.md, 1.11). */
static const char all_wrong[] =
    "\"Marbles\":{\"full\":{\"Package\":\"p\",\"MaxActivations\":1,\"TLS\":[\"t\"],"
    "\"Parameters\":{\"Files\":{\"f\":\"{{ hex .Secrets.later }}\"}}}},"
    "\"TLS\":{\"t\":{\"Incoming\":[{\"Port\":\"1\",\"Cert\":\"shown\",\"DisableClientAuth\":true}]}"
    "},\"Secrets\":{\"later\":{\"Type\":\"symmetric-key\",\"Size\":128,\"UserDefined\":true},"
    "\"shown\":{\"Type\":\"cert-ecdsa\",\"Size\":256,\"Shared\":true}},";

static struct buf upload_of(struct bytes value)
{
    const struct stored_secret secret = { .type = SECRET_SYMMETRIC_KEY,
                                          .size = 8 * value.len,
                                          .user_defined = true,
                                          .private_value = { true, value },
                                          .public_value = { true, value } };
    struct buf record = { 0 };

    stored_secret_write(&secret, &record);
    return record;
}

static void refuse_before_the_quote(struct scene *s, struct activation *asked)
{
    const struct machine *const m = &s->machine;

    assert_refused(m, asked, ACTIVATION_NOT_NOW, "cannot accept marbles in current state");
    set_manifest_with(m, all_wrong);
    assert_refused(m, asked, ACTIVATION_NO_CERTIFICATE, "couldn't get marble TLS certificate");
    asked->leaf = BYTES_LITERAL("a leaf");
    assert_refused(m, asked, ACTIVATION_REFUSED, VERIFICATION "unknown marble type requested");
    asked->marble_type = BYTES_LITERAL("Full"); /* letter case counts */
    assert_refused(m, asked, ACTIVATION_REFUSED, VERIFICATION "unknown marble type requested");
    asked->marble_type = BYTES_LITERAL("full");
    auto_buf package = machine_value(m, PREFIX_PACKAGE "p");
    put_value(m, PREFIX_PACKAGE "p", BYTES_NONE);
    assert_refused(m, asked, ACTIVATION_REFUSED, VERIFICATION "undefined package \"p\"");
    put_value(m, PREFIX_PACKAGE "p", BYTES_LITERAL("no package"));
    assert_refused(m, asked, ACTIVATION_REFUSED, VERIFICATION "loading package data: ...");
    put_value(m, PREFIX_PACKAGE "p", buf_bytes(&package));
}

static void refuse_until_the_key(struct scene *s, struct fake_verifier *v, struct activation *asked)
{
    const struct machine *const m = &s->machine;

    assert_refused(m, asked, ACTIVATION_REFUSED, VERIFICATION "invalid quote: empty report");
    assert_int_equal(v->calls, 0);
    asked->quote = BYTES_LITERAL("a quote");
    assert_refused(m, asked, ACTIVATION_REFUSED, VERIFICATION "invalid quote: no such platform");
    v->refuses = NULL;
    put_value(m, PREFIX_ACTIVATIONS "full", BYTES_LITERAL("x"));
    assert_refused(m, asked, ACTIVATION_REFUSED, VERIFICATION "value activations:full of...");
    put_value(m, PREFIX_ACTIVATIONS "full", BYTES_LITERAL("1"));
    assert_refused(m, asked, ACTIVATION_SPENT,
                   VERIFICATION "reached max activations count (1) for marble type \"full\"");
    put_value(m, PREFIX_ACTIVATIONS "full", BYTES_LITERAL("0"));
    assert_refused(m, asked, ACTIVATION_BAD_UUID, "invalid UUID: invalid UUID length: 1");
    asked->uuid = BYTES_LITERAL(MARBLE_UUID);
}

static void refuse_requests_for_certificates(struct scene *s, struct activation *asked)
{
    const struct machine *const m = &s->machine;
    auto_buf unsigned_csr = { 0 }, impossible = test_unhex(impossible_name);

    assert_refused(m, asked, ACTIVATION_FAILED, IDENTITY "parsing CSR: ...");
    buf_add(&unsigned_csr, marble_csr());
    uint8_t *const name = memmem(unsigned_csr.at, unsigned_csr.len, "marble.example", 14);
    assert_non_null(name);
    name[0] = 'g';
    asked->csr = buf_bytes(&unsigned_csr);
    assert_refused(m, asked, ACTIVATION_FAILED, IDENTITY "signature over CSR is invalid");
    asked->csr = buf_bytes(&impossible);
    assert_refused(m, asked, ACTIVATION_FAILED, IDENTITY "DNSNames[0]: ...");
    asked->csr = marble_csr();
}

static void refuse_parameters_and_the_disk(struct scene *s, const struct activation *asked)
{
    const struct machine *const m = &s->machine;
    auto_buf shown = machine_value(m, PREFIX_SECRET "shown");
    auto_buf uploaded = upload_of(BYTES_LITERAL("0123456789abcdef"));

    put_value(m, PREFIX_SECRET "shown", BYTES_LITERAL("no record"));
    assert_refused(m, asked, ACTIVATION_FAILED, "creating TTLS config: secret shown: ...");
    put_value(m, PREFIX_SECRET "shown", buf_bytes(&shown));
    assert_refused(m, asked, ACTIVATION_FAILED,
                   "customizing marble parameters: parsing secrets for file \"f\": template: ...");
    put_value(m, PREFIX_SECRET "later", buf_bytes(&uploaded));
    world_fail(&s->world, 1, false, ENOSPC);
    assert_refused(m, asked, ACTIVATION_FAILED, "committing store transaction: ...");
    world_heal(&s->world);
}

static void refusals_come_in_their_order(void **state)
{
    auto_fake_verifier v;
    struct activation asked = { .marble_type = BYTES_LITERAL("nobody"),
                                .uuid = BYTES_LITERAL("x"),
                                .csr = BYTES_LITERAL("no request"),
                                .deadline_ms = INT64_MAX };
    struct scene s = { 0 };

    (void)state;
    fake_verifier_begin(&v, BYTES_LITERAL("a leaf"));
    v.refuses = "no such platform";
    world_begin(&s.world);
    s.world.verifier = &v.as;
    s.machine = machine_start(&s.world, "a");
    refuse_before_the_quote(&s, &asked);
    refuse_until_the_key(&s, &v, &asked);
    refuse_requests_for_certificates(&s, &asked);
    refuse_parameters_and_the_disk(&s, &asked);
    auto_outcome o = activate_ok(&s.machine, &asked);
    assert_bytes_equal(outcome_file(&o, "f"), BYTES_LITERAL("30313233343536373839616263646566"));
    assert_refused(&s.machine, &asked, ACTIVATION_SPENT, VERIFICATION "reached max...");
    scene_end(&s);
}

static void locked_coordinator_accepts_no_marble(void **state)
{
    const struct activation asked = marble_request("m");
    auto_scene s;

    (void)state;
    scene_begin(&s, NULL);
    set_any_manifest(&s.machine);
    machine_stop(&s.machine);
    s.machine = machine_start(&s.world, "b");
    assert_refused(&s.machine, &asked, ACTIVATION_NOT_NOW,
                   "cannot accept marbles in current state");
}

/* ---- evidence ---- */

static void coordinator_without_a_tee_looks_at_no_quote(void **state)
{
    struct activation asked = marble_request("m");
    auto_scene s;

    (void)state;
    scene_begin(&s, "");
    auto_outcome none = activate_ok(&s.machine, &asked);
    asked.quote = BYTES_LITERAL("some quote, good or bad");
    auto_outcome some = activate_ok(&s.machine, &asked);
    assert_int_equal(none.parameters.env_count, some.parameters.env_count);
    /* Nor at the properties of the package; only it has to be there. */
    put_value(&s.machine, PREFIX_PACKAGE "p", BYTES_LITERAL("no package"));
    assert_activated(&s.machine, &asked);
    put_value(&s.machine, PREFIX_PACKAGE "p", BYTES_NONE);
    assert_refused(&s.machine, &asked, ACTIVATION_REFUSED, VERIFICATION "undefined package \"p\"");
}

static void coordinator_in_a_tee_takes_good_quotes_only(void **state)
{
    struct activation asked = marble_request("m");
    auto_fake_verifier v;
    struct scene s = { 0 };

    (void)state;
    fake_verifier_begin(&v, asked.leaf);
    scene_begin_in_tee(&s, &v.as, "");
    assert_refused(&s.machine, &asked, ACTIVATION_REFUSED,
                   VERIFICATION "invalid quote: empty report");
    asked.quote = BYTES_LITERAL("a quote");
    assert_activated(&s.machine, &asked);
    asked.leaf = BYTES_LITERAL("another leaf");
    assert_refused(&s.machine, &asked, ACTIVATION_REFUSED,
                   VERIFICATION "invalid quote: hash(cert) != report.Data: ...");
    asked.leaf = BYTES_LITERAL("a leaf");
    v.says.debug = false;
    assert_refused(&s.machine, &asked, ACTIVATION_REFUSED,
                   VERIFICATION "invalid quote: PackageProperties not compliant:\n...");
    v.says.debug = true;
    v.refuses = "OE_QUOTE_ENCLAVE_IDENTITY_EXPIRED";
    assert_refused(&s.machine, &asked, ACTIVATION_REFUSED,
                   VERIFICATION "invalid quote: OE_QUOTE_ENCLAVE_IDENTITY_EXPIRED");
    scene_end(&s);
}

static void package_of_a_later_update_decides(void **state)
{
    struct activation asked = marble_request("m");
    auto_fake_verifier v;
    struct scene s = { 0 };
    auto_buf record = { 0 };

    (void)state;
    fake_verifier_begin(&v, asked.leaf);
    scene_begin_in_tee(&s, &v.as, "");
    asked.quote = BYTES_LITERAL("a quote");
    const struct manifest_package package = { .debug = true, .security_version = { true, 2 } };
    record_write_package(&package, &record);
    put_value(&s.machine, PREFIX_PACKAGE "p", buf_bytes(&record));
    assert_refused(&s.machine, &asked, ACTIVATION_REFUSED,
                   VERIFICATION "invalid quote: PackageProperties not compliant:\n...");
    v.security_version = 2;
    assert_activated(&s.machine, &asked);
    scene_end(&s);
}

static void infrastructures_hide_the_reason(void **state)
{
    struct activation asked = marble_request("m");
    auto_fake_verifier v;
    struct scene s = { 0 };

    (void)state;
    fake_verifier_begin(&v, asked.leaf);
    scene_begin_in_tee(&s, &v.as, "\"Infrastructures\":{\"i\":{},\"j\":{\"PCESVN\":13}},");
    assert_refused(&s.machine, &asked, ACTIVATION_REFUSED, VERIFICATION "invalid infrastructure");
    asked.quote = BYTES_LITERAL("a quote");
    v.refuses = "expired";
    assert_refused(&s.machine, &asked, ACTIVATION_REFUSED, VERIFICATION "invalid infrastructure");
    v.refuses = NULL;
    v.says.pcesvn = 12;
    assert_refused(&s.machine, &asked, ACTIVATION_REFUSED, VERIFICATION "invalid infrastructure");
    v.says.pcesvn = 13;
    assert_activated(&s.machine, &asked);
    scene_end(&s);
}

/* ---- the certificate ---- */

static void assert_key_of(const struct outcome *o, const struct cert *leaf)
{
    struct bytes text = outcome_variable(o, "MARBLE_PREDEFINED_PRIVATE_KEY");
    auto_pem_block block = { 0 };
    struct err err = { 0 };

    assert_true(pem_next(&text, &block));
    assert_true(bytes_equal_string(block.label, "PRIVATE KEY"));
    assert_int_equal(text.len, 0);
    auto_key *private = key_from_private_pkcs8(buf_bytes(&block.der), &err);
    assert_ok(private != NULL, &err);
    auto_key *public = cert_public_key(leaf, &err);
    assert_int_equal(key_type(private), KEY_ECDSA);
    assert_int_equal(key_bits(private), 384);
    assert_true(key_equal_public(private, public));
}

/* marble-api.md, 3.6: keyUsage, extKeyUsage, no CA, names of the request, Marble type. */
static void assert_leaf_profile(const struct cert *leaf)
{
    static const struct {
        const char *oid, *value;
    } rows[] = {
        { "2.5.29.15", "03020388" },
        { "2.5.29.37", "301406082b0601050507030106082b06010505070302" },
        { "2.5.29.19", "3000" },
        { "2.5.29.17", "3016820e6d6172626c652e6578616d706c658704c0000201" },
        { CERT_OID_MARBLE_TYPE, "6d" },
    };
    struct bytes value;

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        auto_buf want = test_unhex(rows[i].value);
        if (!cert_extension(leaf, rows[i].oid, &value))
            fail_msg("no extension %s", rows[i].oid);
        assert_bytes_equal(value, buf_bytes(&want));
    }
}

static void marble_gets_a_certificate_for_a_new_key(void **state)
{
    struct activation asked = marble_request("m");
    auto_scene s;

    (void)state;
    scene_begin(&s, "");
    asked.uuid = BYTES_LITERAL("{6BA7B810-9DAD-11D1-80B4-00C04FD430C8}");
    auto_outcome first = activate_ok(&s.machine, &asked);
    auto_outcome second = activate_ok(&s.machine, &asked);
    auto_cert *leaf = outcome_cert(&first, "MARBLE_PREDEFINED_MARBLE_CERTIFICATE_CHAIN", 0);
    auto_cert *between = outcome_cert(&first, "MARBLE_PREDEFINED_MARBLE_CERTIFICATE_CHAIN", 1);
    auto_cert *marble_root = outcome_cert(&first, "MARBLE_PREDEFINED_ROOT_CA", 0);
    auto_cert *root = outcome_cert(&first, "MARBLE_PREDEFINED_COORDINATOR_ROOT_CA", 0);
    auto_cert *other = outcome_cert(&second, "MARBLE_PREDEFINED_MARBLE_CERTIFICATE_CHAIN", 0);
    struct err err = { 0 };

    assert_true(cert_issued_by(leaf, marble_root));
    assert_true(cert_issued_by(leaf, between));
    assert_true(cert_issued_by(between, root));
    assert_key_of(&first, leaf);
    assert_key_of(&second, other);
    auto_key *one = cert_public_key(leaf, &err), *two = cert_public_key(other, &err);
    assert_false(key_equal_public(one, two));
    assert_bytes_equal(cert_common_name(leaf), BYTES_LITERAL(MARBLE_UUID));
    assert_leaf_profile(leaf);
    assert_int_equal(cert_not_before(leaf), WORLD_START_MS / 1000);
    assert_int_equal(cert_not_after(leaf), WORLD_START_MS / 1000 + CERT_FOREVER_SECONDS);
    assert_int_equal(first.parameters.env_count, 4);
    assert_int_equal(first.parameters.file_count + first.parameters.argv_count, 0);
}

/* ---- parameters ---- */

static const char parameters[] =
    "\"Marbles\":{\"x\":{\"Package\":\"p\",\"Parameters\":{"
    "\"Files\":{\"/raw\":\"{{ raw .Secrets.key }}\",\"/binary\":{\"Encoding\":\"hex\",\"Data\":"
    "\"00ff7b7b20\",\"NoTemplates\":true},\"/empty\":\"\","
    "\"/literal\":{\"Data\":\"{{ hex .Secrets.key }}\",\"NoTemplates\":true},"
    "\"/ca\":\"{{ pem .MarbleRun.RootCA.Cert }}\",\"/own\":\"{{ pem .MarbleRun.MarbleCert.Cert "
    "}}\","
    "\"/between\":\"{{ pem .MarbleRun.CoordinatorIntermediate.Cert }}\","
    "\"/root\":\"{{ pem .MarbleRun.CoordinatorRoot.Cert }}\"},"
    "\"Env\":{\"KEY\":\"<{{ hex .Secrets.key }}>\",\"EMPTY\":\"\",\"PLAIN\":\"a&b\","
    "\"MARBLE_PREDEFINED_ROOT_CA\":\"unused\",\"MARBLE_PREDEFINED_PRIVATE_KEY\":\"unused\","
    "\"MARBLE_PREDEFINED_MARBLE_CERTIFICATE_CHAIN\":\"unused\","
    "\"MARBLE_PREDEFINED_COORDINATOR_ROOT_CA\":\"unused\",\"MARBLE_TTLS_CONFIG\":\"mine\"},"
    "\"Argv\":[\"./app\",\"\",\"{{ hex .Secrets.key }}\",\"z\",\"a\"]}}},";

static void assert_parameters(const struct outcome *o, struct bytes key)
{
    auto_buf hex = { 0 };

    buf_add_u8(&hex, '<');
    hex_encode(&hex, key);
    buf_add_u8(&hex, '>');
    assert_int_equal(o->parameters.file_count, 8);
    assert_bytes_equal(outcome_file(o, "/raw"), key);
    assert_bytes_equal(outcome_file(o, "/binary"), BYTES_LITERAL("\0\xff{{ "));
    assert_int_equal(outcome_file(o, "/empty").len, 0);
    assert_bytes_equal(outcome_file(o, "/literal"), BYTES_LITERAL("{{ hex .Secrets.key }}"));
    assert_bytes_equal(outcome_variable(o, "KEY"), buf_bytes(&hex));
    assert_int_equal(outcome_variable(o, "EMPTY").len, 0);
    assert_bytes_equal(outcome_variable(o, "PLAIN"), BYTES_LITERAL("a&b"));
    static const char *const argv[] = { "./app", "", "{{ hex .Secrets.key }}", "z", "a" };
    assert_int_equal(o->parameters.argv_count, COUNT_OF(argv));
    for (size_t i = 0; i < COUNT_OF(argv); i++)
        assert_true(bytes_equal_string(o->parameters.argv[i], argv[i]));
}

static void assert_certificates(const struct outcome *o)
{
    static const char *const variables[] = { "MARBLE_PREDEFINED_ROOT_CA",
                                             "MARBLE_PREDEFINED_COORDINATOR_ROOT_CA" };
    static const char *const files[] = { "/ca", "/root" };
    auto_buf chain = { 0 };

    for (size_t i = 0; i < COUNT_OF(files); i++)
        assert_bytes_equal(outcome_file(o, files[i]), outcome_variable(o, variables[i]));
    buf_add(&chain, outcome_file(o, "/own"));
    buf_add(&chain, outcome_file(o, "/between"));
    assert_bytes_equal(outcome_variable(o, "MARBLE_PREDEFINED_MARBLE_CERTIFICATE_CHAIN"),
                       buf_bytes(&chain));
}

static void parameters_are_those_of_the_manifest(void **state)
{
    const struct activation asked = marble_request("x");
    struct stored_secret key;
    auto_arena arena = { 0 };
    auto_scene s;
    struct err err = { 0 };

    (void)state;
    scene_begin(&s, parameters);
    auto_outcome o = activate_ok(&s.machine, &asked);
    auto_buf record = machine_value(&s.machine, PREFIX_SECRET "key");
    assert_ok(stored_secret_parse(buf_bytes(&record), &arena, &key, &err), &err);
    assert_parameters(&o, key.public_value.value);
    assert_certificates(&o);
}

static void reserved_variables_replace_those_of_the_manifest(void **state)
{
    const struct activation asked = marble_request("x");
    unsigned reserved = 0;
    auto_scene s;

    (void)state;
    scene_begin(&s, parameters);
    auto_outcome o = activate_ok(&s.machine, &asked);
    for (size_t i = 0; i < o.parameters.env_count; i++) {
        if (!bytes_start_with(o.parameters.env[i].name, BYTES_LITERAL("MARBLE_PREDEFINED_")))
            continue;
        reserved++;
        assert_true(bytes_start_with(o.parameters.env[i].value, BYTES_LITERAL("-----BEGIN ")));
    }
    assert_int_equal(reserved, 4);
    assert_null(memmem(o.message.at, o.message.len, "unused", 6)); /* nor twice on the wire */
    /* This one is set for Marbles with TLS tags only. */
    assert_bytes_equal(outcome_variable(&o, "MARBLE_TTLS_CONFIG"), BYTES_LITERAL("mine"));
    assert_int_equal(o.parameters.env_count, 8);
}

static void variable_that_expands_to_a_nul_is_refused(void **state)
{
    const struct activation asked = marble_request("x");
    auto_scene s;

    (void)state;
    scene_begin(&s, "\"Marbles\":{\"x\":{\"Package\":\"p\",\"Parameters\":{\"Env\":{"
                    "\"N\":\"a{{ printf \\\"%c\\\" 0 }}\"}}}},");
    assert_refused(&s.machine, &asked, ACTIVATION_FAILED,
                   "customizing marble parameters: env variable \"N\": contains null bytes");
}

/* ---- sizes ---- */

/* `count` files with the whole of a secret whose size the dry run does not know. */
static struct buf large_manifest(unsigned count)
{
    struct buf text = { 0 };

    buf_add_string(&text, "\"Secrets\":{\"big\":{\"Type\":\"plain\",\"UserDefined\":true}},"
                          "\"Marbles\":{\"x\":{\"Package\":\"p\",\"Parameters\":{\"Files\":{");
    for (unsigned i = 0; i < count; i++)
        buf_add_format(&text, "%s\"f%u\":\"{{ raw .Secrets.big }}\"", i > 0 ? "," : "", i);
    buf_add_string(&text, "}}}},");
    buf_add_u8(&text, 0);
    return text;
}

static void put_big(const struct machine *m, size_t len)
{
    uint8_t *const value = mem_zero_alloc(len, 1);
    auto_buf record = upload_of(bytes_of(value, len));

    put_value(m, PREFIX_SECRET "big", buf_bytes(&record));
    free(value);
}

static void response_above_4_mib_is_refused_by_its_size(void **state)
{
    static const char text[] =
        "customizing marble parameters: parsing secrets for file \"f4\": the "
        "parameters of this Marble have more than 4194304 bytes";
    const struct activation asked = marble_request("x");
    auto_buf manifest = large_manifest(5);
    auto_scene s;

    (void)state;
    scene_begin(&s, (const char *)manifest.at);
    put_big(&s.machine, 1 << 20);
    assert_refused(&s.machine, &asked, ACTIVATION_TOO_LARGE, text);
    put_big(&s.machine, (4 << 20) / 5 - 2000); /* with certificates and key */
    auto_outcome fits = activate_ok(&s.machine, &asked);
    assert_true(fits.message.len <= 4 << 20);
    put_big(&s.machine, (4 << 20) / 5);
    assert_refused(&s.machine, &asked, ACTIVATION_TOO_LARGE,
                   "the parameters of this Marble have more than 4194304 bytes");
}

static void arguments_above_4_mib_are_refused_when_the_manifest_is_set(void **state)
{
    auto_buf extra = { 0 };
    struct manifest_reply reply = { 0 };
    auto_scene s;
    struct err err = { 0 };

    (void)state;
    scene_begin(&s, NULL);
    buf_add_string(&extra,
                   "\"Marbles\":{\"x\":{\"Package\":\"p\",\"Parameters\":{\"Argv\":[\"\",\"");
    memset(buf_grow(&extra, 5 << 20), 'a', 5 << 20);
    buf_add_string(&extra, "\"]}}},");
    buf_add_u8(&extra, 0);
    auto_buf text = manifest_text(0, 0, false, (const char *)extra.at);
    assert_false(core_set_manifest(s.machine.core, buf_bytes(&text), &reply, &err));
    assert_non_null(strstr(err.text, "in Marble x: argument 1: with it the parameters are larger"));
}

/* ---- what survives ---- */

#define PRIVATE_KEYS                                                                               \
    "\"Marbles\":{\"x\":{\"Package\":\"p\",\"MaxActivations\":9,\"Parameters\":{\"Files\":{"       \
    "\"all\":\"{{ hex .Secrets.key }} {{ hex .Secrets.own }} {{ pem .MarbleRun.RootCA.Cert }}\""   \
    "}}}},\"Secrets\":{\"own\":{\"Type\":\"symmetric-key\",\"Size\":256}},"

static void assert_same_file(const struct machine *m, const struct outcome *before)
{
    const struct activation asked = marble_request("x");
    auto_outcome now = activate_ok(m, &asked);

    assert_bytes_equal(outcome_file(&now, "all"), outcome_file(before, "all"));
}

static void secrets_are_the_same_after_a_restart_and_on_another_machine(void **state)
{
    const struct activation asked = marble_request("x");
    auto_buf text = manifest_text(2, 0, false, PRIVATE_KEYS);
    struct manifest_reply reply = { 0 };
    auto_scene s;
    struct err err = { 0 };

    (void)state;
    scene_begin(&s, NULL);
    assert_ok(core_set_manifest(s.machine.core, buf_bytes(&text), &reply, &err), &err);
    auto_deal deal = deal_from_json(buf_bytes(&reply.secrets_json), 2, false);
    manifest_reply_clear(&reply);
    auto_outcome before = activate_ok(&s.machine, &asked);
    machine_stop(&s.machine);
    s.machine = machine_start(&s.world, "a");
    assert_same_file(&s.machine, &before);
    machine_stop(&s.machine);
    s.machine = machine_start(&s.world, "b");
    assert_refused(&s.machine, &asked, ACTIVATION_NOT_NOW, "cannot accept...");
    give(&s.machine, &deal, 0, 1);
    give(&s.machine, &deal, 1, 0);
    assert_same_file(&s.machine, &before);
}

/* What the original once accepted stands in its state; such a Marble fails alone. */
static void template_of_an_imported_state_that_does_not_compile_fails_its_marble(void **state)
{
    uint8_t key[32];
    auto_deal deal = foreign_deal(1, 0, key);
    auto_buf good = manifest_text(1, 0, false, "");
    auto_buf bad = manifest_text(1, 0, false,
                                 "\"Marbles\":{\"old\":{\"Package\":\"p\",\"Parameters\":{"
                                 "\"Env\":{\"E\":\"{{ nothing }}\"}}}},");
    auto_omap *values = foreign_values(buf_bytes(&good));
    auto_omap *older = omap_with(values, BYTES_LITERAL(NAME_MANIFEST), buf_bytes(&bad));
    auto_buf file = foreign_file(older, &deal, key);
    struct activation asked = marble_request("old");
    auto_scene s;

    (void)state;
    scene_begin(&s, NULL);
    machine_stop(&s.machine);
    world_write(&s.world, "sealed_data", buf_bytes(&file));
    s.machine = machine_start(&s.world, "b");
    give(&s.machine, &deal, 0, 0);
    assert_refused(&s.machine, &asked, ACTIVATION_FAILED,
                   "customizing marble parameters: parsing secrets for env variable \"E\": "
                   "template: data:1: function \"nothing\" not defined");
    asked.marble_type = BYTES_LITERAL("m");
    assert_activated(&s.machine, &asked);
}

/* ---- cost ---- */

static double cpu_of(const struct machine *m, const struct activation *asked)
{
    struct timespec before, after;

    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before);
    assert_activated(m, asked);
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after);
    return (double)(after.tv_sec - before.tv_sec) +
           (double)(after.tv_nsec - before.tv_nsec) / 1000000000;
}

/* All of them would cost a signature each, as much as an activation without any. */
static void secrets_that_a_marble_does_not_name_cost_it_nothing(void **state)
{
    enum { UNUSED = 600 };
    const struct activation few = marble_request("few"), all = marble_request("all");
    auto_buf extra = { 0 };
    auto_scene s;

    (void)state;
    buf_add_string(&extra, "\"Secrets\":{");
    for (unsigned i = 0; i < UNUSED; i++)
        buf_add_format(&extra, "%s\"s%u\":{\"Type\":\"cert-ed25519\"}", i > 0 ? "," : "", i);
    buf_add_string(&extra,
                   "},\"Marbles\":{\"few\":{\"Package\":\"p\",\"Parameters\":{\"Files\":{\"f\":"
                   "\"{{ pem .Secrets.s7.Cert }}{{ len .Secrets }}\"}}},"
                   "\"all\":{\"Package\":\"p\",\"Parameters\":{\"Files\":{\"f\":"
                   "\"{{ range $k, $v := .Secrets }}{{ hex $v.Public }}{{ end }}\"}}}},");
    buf_add_u8(&extra, 0);
    scene_begin(&s, (const char *)extra.at);
    const double cost_of_few = cpu_of(&s.machine, &few), cost_of_all = cpu_of(&s.machine, &all);
    if (cost_of_few * 20 > cost_of_all)
        fail_msg("%.1f ms for one secret, %.1f ms for %d", 1000 * cost_of_few, 1000 * cost_of_all,
                 UNUSED);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(refusals_come_in_their_order),
    cmocka_unit_test(locked_coordinator_accepts_no_marble),
    cmocka_unit_test(coordinator_without_a_tee_looks_at_no_quote),
    cmocka_unit_test(coordinator_in_a_tee_takes_good_quotes_only),
    cmocka_unit_test(package_of_a_later_update_decides),
    cmocka_unit_test(infrastructures_hide_the_reason),
    cmocka_unit_test(marble_gets_a_certificate_for_a_new_key),
    cmocka_unit_test(parameters_are_those_of_the_manifest),
    cmocka_unit_test(reserved_variables_replace_those_of_the_manifest),
    cmocka_unit_test(variable_that_expands_to_a_nul_is_refused),
    cmocka_unit_test(response_above_4_mib_is_refused_by_its_size),
    cmocka_unit_test(arguments_above_4_mib_are_refused_when_the_manifest_is_set),
    cmocka_unit_test(secrets_are_the_same_after_a_restart_and_on_another_machine),
    cmocka_unit_test(template_of_an_imported_state_that_does_not_compile_fails_its_marble),
    cmocka_unit_test(secrets_that_a_marble_does_not_name_cost_it_nothing),
};

TEST_MAIN(tests)
