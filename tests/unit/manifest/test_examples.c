/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest_test.h"

#include <time.h>

/* The worked examples of manifest.md, section 17, and texts of extreme sizes. */

static struct manifest *load(const char *name)
{
    auto_buf text = test_data(name);
    struct err err = { 0 };
    struct manifest *const m = manifest_parse(buf_bytes(&text), &err);

    assert_ok(m != NULL, &err);
    assert_ok(manifest_check(m, NULL, &err), &err);
    return m;
}

static void every_worked_example_is_accepted(void **state)
{
    static const char *const names[] = { "minimal.json", "small.json", "users.json",
                                         "everything.json", "certificates.json" };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++)
        manifest_free(load(names[i]));
}

static void packages_of_the_full_example(void **state)
{
    auto_manifest *m = load("everything.json");
    const struct manifest_package *p = manifest_package(m, TEXT("pinned"));

    (void)state;
    assert_int_equal(m->package_count, 3);
    assert_text(m->packages[0].name, "lab");
    assert_text(m->packages[1].name, "pinned");
    assert_text(m->packages[2].name, "signed");
    assert_false(p->debug);
    assert_text(p->unique_id, "6c3f1a0b9d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8");
    assert_int_equal(p->signer_id.len, 0);
    assert_false(p->product_id.present);
    assert_false(p->security_version.present);
    assert_int_equal(p->accepted_tcb_statuses.count, 3);
    assert_text(p->accepted_tcb_statuses.at[2], "ConfigurationNeeded");
    assert_int_equal(p->accepted_advisories.count, 2);
    assert_text(p->accepted_advisories.at[0], "INTEL-SA-00615");
    p = manifest_package(m, TEXT("signed"));
    assert_true(p->product_id.present && p->product_id.value == 21);
    assert_true(p->security_version.present && p->security_version.value == 3);
    assert_false(p->accepted_tcb_statuses.present);
    assert_true(manifest_package(m, TEXT("lab"))->debug);
    assert_null(manifest_package(m, TEXT("Lab")));
    const struct manifest_infrastructure *const cloud = manifest_infrastructure(m, TEXT("cloudA"));
    static const uint8_t cpu_svn[16] = { 6, 6, 14, 13, 255, 255 };
    assert_true(cloud->cpu_svn.present);
    assert_bytes_equal(cloud->cpu_svn.value, bytes_of(cpu_svn, 16));
    assert_int_equal(cloud->qe_svn.value, 5);
    assert_int_equal(cloud->pce_svn.value, 11);
    assert_bytes_equal(cloud->root_ca.value, bytes_of("\x30\x82\x01\x02", 4));
}

static void expect_parameter(const struct manifest_parameter *p, const char *name, const char *data,
                             enum manifest_encoding encoding, const char *text, bool no_templates)
{
    assert_text(p->name, name);
    assert_text(p->data, data);
    assert_int_equal(p->encoding, encoding);
    assert_text(p->encoding_text, text);
    assert_int_equal(p->no_templates, no_templates);
}

static void marbles_of_the_full_example(void **state)
{
    auto_manifest *m = load("everything.json");
    const struct manifest_marble *const gateway = manifest_marble(m, TEXT("gateway"));
    const struct manifest_marble *const worker = manifest_marble(m, TEXT("worker"));
    const struct manifest_parameter *const env = gateway->env.at;

    (void)state;
    assert_int_equal(m->marble_count, 3);
    assert_text(gateway->package, "signed");
    assert_int_equal(gateway->max_activations, 2);
    assert_false(gateway->disable_secret_binding);
    assert_int_equal(gateway->tls.count, 2);
    assert_text(gateway->tls.at[0], "ingress");
    assert_text(gateway->tls.at[1], "mesh");
    assert_int_equal(gateway->argv.count, 3);
    assert_text(gateway->argv.at[2], "{{ not a template }}");
    assert_int_equal(gateway->env.count, 7);
    expect_parameter(&env[0], "BANNER", "gateway \xe2\x9c\x93", ENCODING_BASE64, "base64", false);
    expect_parameter(&env[1], "COORD_ROOT", "{{ pem .MarbleRun.CoordinatorRoot.Cert }}",
                     ENCODING_STRING, "string", false);
    expect_parameter(&env[2], "MAGIC", "hello", ENCODING_HEX, "hex", true);
    expect_parameter(&env[3], "MODE", "prod", ENCODING_STRING, "string", false);
    expect_parameter(&env[4], "RAW_BRACES", "{{ literally }}", ENCODING_STRING, "string", true);
    assert_int_equal(gateway->files.count, 7);
    expect_parameter(&gateway->files.at[0], "/keys/before",
                     "{{ raw .Previous.Secrets.sessionKey }}", ENCODING_STRING, "string", false);
    assert_true(worker->disable_secret_binding);
    assert_int_equal(worker->files.count, 3);
    assert_false(worker->env.present);
    assert_false(worker->argv.present);
    assert_text(manifest_marble(m, TEXT("sandbox"))->package, "lab");
}

static void expect_secret(const struct manifest *m, const char *name, enum secret_type type,
                          uint64_t size, bool shared, bool user_defined, uint64_t valid_for)
{
    const struct manifest_secret *const s = manifest_secret(m, bytes_of_string(name));

    assert_int_equal(s->type, type);
    assert_text(s->type_text, secret_type_text(type));
    assert_int_equal(s->size, size);
    assert_int_equal(s->shared, shared);
    assert_int_equal(s->user_defined, user_defined);
    assert_int_equal(s->valid_for, valid_for);
    assert_int_equal(s->template->valid_for_days, valid_for);
    assert_false(s->cert.present || s->private_value.present || s->public_value.present);
}

static void secrets_of_the_full_example(void **state)
{
    auto_manifest *m = load("everything.json");

    (void)state;
    assert_int_equal(m->secret_count, 9);
    expect_secret(m, "sessionKey", SECRET_SYMMETRIC_KEY, 256, true, false, 0);
    expect_secret(m, "diskKey", SECRET_SYMMETRIC_KEY, 128, false, false, 0);
    expect_secret(m, "apiToken", SECRET_PLAIN, 0, false, true, 0);
    expect_secret(m, "uploadedKey", SECRET_SYMMETRIC_KEY, 128, false, true, 0);
    expect_secret(m, "uploadedCert", SECRET_CERT_ECDSA, 0, false, true, 0);
    expect_secret(m, "siteCert", SECRET_CERT_ECDSA, 384, true, false, 90);
    expect_secret(m, "legacyCert", SECRET_CERT_RSA, 2048, false, false, 0);
    expect_secret(m, "signKey", SECRET_CERT_ED25519, 0, true, false, 0);
    expect_secret(m, "subCA", SECRET_CERT_ECDSA, 256, true, false, 0);

    const struct cert_template *t = manifest_secret(m, TEXT("siteCert"))->template;
    assert_text(t->subject.common_name, "shop.example");
    assert_text(t->subject.organization.at[0], "Example Org");
    assert_text(t->subject.country.at[0], "DE");
    assert_false(t->subject.locality.present);
    assert_int_equal(t->dns_names.count, 2);
    assert_text(t->dns_names.at[1], "www.shop.example");
    assert_bytes_equal(t->ip_addresses.at[0], bytes_of("\xc0\x00\x02\x0a", 4));
    assert_int_equal(t->ip_addresses.at[1].len, 16);
    assert_int_equal(t->key_usage, 1);
    assert_true(t->has_ext_key_usage);
    assert_int_equal(t->ext_key_usage_count, 1);
    assert_int_equal(t->ext_key_usage[0], 1);
    t = manifest_secret(m, TEXT("legacyCert"))->template;
    assert_true(t->has_not_after);
    assert_int_equal(t->not_after, 2524607999); /* 2049-12-31T23:59:59Z */
    t = manifest_secret(m, TEXT("subCA"))->template;
    assert_true(t->is_ca && t->max_path_len_zero && t->max_path_len == 0);
    assert_false(manifest_secret(m, TEXT("signKey"))->has_cert);
}

static void tags_of_the_full_example(void **state)
{
    auto_manifest *m = load("everything.json");
    const struct manifest_tls_tag *const ingress = manifest_tls_tag(m, TEXT("ingress"));
    const struct manifest_tls_tag *const mesh = manifest_tls_tag(m, TEXT("mesh"));

    (void)state;
    assert_int_equal(m->tls_tag_count, 2);
    assert_false(ingress->outgoing.present);
    assert_int_equal(ingress->incoming.count, 2);
    assert_text(ingress->incoming.at[0].port, "443");
    assert_text(ingress->incoming.at[0].cert, "siteCert");
    assert_true(ingress->incoming.at[0].disable_client_auth);
    assert_text(ingress->incoming.at[1].port, "9000");
    assert_int_equal(ingress->incoming.at[1].cert.len, 0);
    assert_int_equal(mesh->outgoing.count, 2);
    assert_text(mesh->outgoing.at[0].addr, "worker.internal");
    assert_text(mesh->outgoing.at[1].addr, "192.0.2.20");
    assert_text(mesh->outgoing.at[1].port, "7001");
    assert_text(mesh->incoming.at[0].port, "7000");
}

static void people_of_the_full_example(void **state)
{
    auto_manifest *m = load("everything.json");
    const struct manifest_user *const alice = manifest_user(m, TEXT("alice"));
    const struct manifest_role *const role = manifest_role(m, TEXT("secretsRW"));
    struct err err = { 0 };

    (void)state;
    assert_int_equal(m->user_count, 3);
    assert_int_equal(alice->roles.count, 2);
    assert_text(alice->roles.at[1], "patcher");
    auto_cert *cert = manifest_user_certificate(alice, &err);
    assert_ok(cert != NULL, &err);
    assert_int_equal(m->role_count, 4);
    assert_int_equal(role->type, RESOURCE_SECRETS);
    assert_int_equal(role->resources.count, 3);
    assert_text(role->resources.at[0], "apiToken");
    assert_int_equal(role->actions.count, 2);
    assert_int_equal(manifest_role(m, TEXT("governance"))->type, RESOURCE_MANIFEST);
    assert_int_equal(manifest_role(m, TEXT("patcher"))->type, RESOURCE_PACKAGES);
    assert_int_equal(m->recovery_key_count, 3);
    assert_text(m->recovery_keys[0].name, "auditor");
    assert_text(m->recovery_keys[2].name, "security");
    assert_false(m->singular_recovery_key);
    auto_key *key = manifest_recovery_public_key(manifest_recovery_key(m, TEXT("ops")), &err);
    assert_ok(key != NULL, &err);
    assert_int_equal(key_bits(key), 2048);
    assert_int_equal(m->config.seal_mode, SEAL_MODE_UNIQUE_KEY);
    assert_int_equal(m->config.feature_gates,
                     FEATURE_SIGN_QUOTE_ENDPOINT | FEATURE_MONOTONIC_COUNTER);
    assert_int_equal(m->config.update_threshold, 2);
    assert_int_equal(m->config.recovery_threshold, 2);
    assert_false(m->config.rotate_root_secret);
    assert_false(manifest_is_package_update(m));
}

#define expect_texts(list, ...)                                                                    \
    do {                                                                                           \
        const char *const texts_[] = { __VA_ARGS__ };                                              \
        assert_true((list).present);                                                               \
        assert_int_equal((list).count, COUNT_OF(texts_));                                          \
        for (size_t i_ = 0; i_ < COUNT_OF(texts_); i_++)                                           \
            assert_text((list).at[i_], texts_[i_]);                                                \
    } while (0)

static void subject_of_the_certificate_example(void **state)
{
    auto_manifest *m = load("certificates.json");
    const struct cert_template *const t = manifest_secret(m, TEXT("full"))->template;

    (void)state;
    expect_texts(t->subject.country, "DE");
    expect_texts(t->subject.province, "BE");
    expect_texts(t->subject.locality, "Berlin");
    expect_texts(t->subject.street_address, "Main St 1");
    expect_texts(t->subject.postal_code, "10115");
    expect_texts(t->subject.organization, "Example", "Second Org");
    expect_texts(t->subject.organizational_unit, "Ops");
    assert_text(t->subject.common_name, "full example");
    assert_text(t->subject.serial_number, "S-1");
    assert_int_equal(t->subject.extra_count, 1);
    assert_text(t->subject.extra[0].dotted, "2.5.4.12");
    assert_text(t->subject.extra[0].value, "Chief");
}

static void members_of_the_certificate_example(void **state)
{
    auto_manifest *m = load("certificates.json");
    const struct cert_template *const t = manifest_secret(m, TEXT("full"))->template;

    (void)state;
    assert_true(t->has_not_after);
    assert_int_equal(t->not_after, 2224663200); /* 2040-06-30T10:00:00Z */
    assert_int_equal(t->key_usage, 97);
    assert_int_equal(t->ext_key_usage_count, 3);
    assert_int_equal(t->ext_key_usage[2], 9);
    assert_int_equal(t->unknown_ext_key_usage.count, 1);
    assert_text(t->unknown_ext_key_usage.dotted[0], "1.3.6.1.4.1.99999.1");
    assert_true(t->is_ca);
    assert_int_equal(t->max_path_len, 1);
    assert_bytes_equal(t->subject_key_id, bytes_of("\x01\x02\x03\x04", 4));
    expect_texts(t->ocsp_servers, "http://ocsp.example");
    expect_texts(t->issuing_certificate_urls, "http://ca.example/ca.crt");
    expect_texts(t->dns_names, "a.example", "*.b.example");
    expect_texts(t->email_addresses, "ops@example.com");
    assert_int_equal(t->ip_addresses.count, 2);
    expect_texts(t->uris, "spiffe://mesh.example/svc/full");
    assert_true(t->name_constraints_critical);
    expect_texts(t->permitted_dns, ".example");
    expect_texts(t->excluded_dns, "bad.example");
    assert_int_equal(t->permitted_ip_count, 1);
    assert_bytes_equal(t->permitted_ip[0].ip, bytes_of("\xc0\x00\x02\x00", 4));
    assert_bytes_equal(t->permitted_ip[0].mask, bytes_of("\xff\xff\xff\x00", 4));
    assert_bytes_equal(t->excluded_ip[0].ip, bytes_of("\xc0\x00\x02\x80", 4));
    expect_texts(t->permitted_email, "example.com");
    expect_texts(t->excluded_email, "spam.example.com");
    expect_texts(t->permitted_uri, ".example");
    expect_texts(t->excluded_uri, "evil.example");
    expect_texts(t->crl_distribution_points, "http://crl.example/1.crl");
    assert_text(t->policies.dotted[0], "1.2.3.4");
    assert_int_equal(t->extension_count, 1);
    assert_text(t->extensions[0].dotted, "1.3.6.1.4.1.99999.2");
    assert_false(t->extensions[0].critical);
    assert_bytes_equal(t->extensions[0].value, bytes_of("\x04\x02\x01\x02", 4));
}

static void empty_templates_of_the_certificate_example(void **state)
{
    static const struct cert_template empty;
    auto_manifest *m = load("certificates.json");
    struct cert_template bare = *manifest_secret(m, TEXT("bare"))->template;
    const struct cert_template *const no_san = manifest_secret(m, TEXT("noSan"))->template;

    (void)state;
    assert_int_equal(bare.valid_for_days, 30);
    bare.valid_for_days = 0;
    assert_int_equal(bare.subject.common_name.len, 0);
    bare.subject.common_name = BYTES_NONE;
    assert_memory_equal(&bare, &empty, sizeof bare);
    assert_true(no_san->dns_names.present && no_san->dns_names.count == 0);
    assert_true(no_san->ip_addresses.present && no_san->ip_addresses.count == 0);
    assert_true(no_san->has_ext_key_usage && no_san->ext_key_usage_count == 0);
    assert_false(no_san->uris.present);
}

static void manifest_parse_refuses_every_prefix(void **state)
{
    auto_buf text = test_data("everything.json");

    (void)state;
    /* The file ends with "}\n": without that, every prefix is incomplete. */
    for (size_t len = 0; len + 2 <= text.len; len++) {
        struct err err = { 0 };
        uint8_t *const exact = bytes_copy(bytes_of(text.at, len));
        assert_null(manifest_parse(bytes_of(exact, len), &err));
        assert_int_equal(err.kind, FAIL_MALFORMED);
        assert_one_line(&err);
        free(exact);
    }
}

static void the_fingerprint_covers_the_raw_bytes(void **state)
{
    static const char text[] = "{\"Packages\":{\"app\":{\"UniqueID\":\"00\"}},"
                               "\"Marbles\":{\"m\":{\"Package\":\"app\"}}}";
    struct err err = { 0 };
    auto_manifest *m = manifest_parse(bytes_of_string(text), &err);
    char hex[65];

    (void)state;
    assert_ok(manifest_fingerprint(m, hex, &err), &err);
    /* Recorded from the original. */
    assert_string_equal(hex, "834abb2275819ce5b64630773f6a6b599f1e0c683eecf5c9206b339e4e6e2804");
    assert_text(m->raw, text);
}

static double seconds_of(struct bytes text, bool accepted)
{
    struct timespec start, end;
    struct err err = { 0 };

    (void)clock_gettime(CLOCK_MONOTONIC, &start);
    auto_manifest *m = manifest_parse(text, &err);
    const bool good = m != NULL && manifest_check(m, NULL, &err);
    (void)clock_gettime(CLOCK_MONOTONIC, &end);
    if (good != accepted)
        fail_msg("accepted: %d, %s", good, err.text);
    return (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9;
}

enum { BIG = 10 << 20 };

static void ten_megabytes_answer_quickly(void **state)
{
    static const struct {
        const char *name, *head, *entry, *tail; /* %d in the entry counts */
        bool accepted;
    } cases[] = {
        { "secrets", "\"Secrets\":{", "\"s%d\":{\"Type\":\"plain\",\"UserDefined\":true}", "}",
          true },
        { "null secrets", "\"Secrets\":{", "\"s%d\":null", "}", false },
        { "one name", "\"Secrets\":{", "\"s\":{\"Type\":\"plain\",\"UserDefined\":true}", "}",
          true },
        { "maps again and again", "", "\"TLS\":{\"t%d\":{}}", "", true },
        { "files", "\"Marbles\":{\"m\":{\"Package\":\"app\",\"Parameters\":{\"Files\":{",
          "\"/f%d\":\"x\"", "}}}}", true },
        { "roles of one user", "\"Users\":{\"u\":{\"Certificate\":\"x\",\"Roles\":[", "\"r%d\"",
          "]}}", false },
        { "infrastructure", "\"Infrastructures\":{\"i\":{\"CPUSVN\":[", "%d", "]}}", false },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        auto_buf text = { 0 };
        buf_add_format(&text,
                       "{\"Packages\":{\"app\":{\"UniqueID\":\"00\"}},"
                       "\"Marbles\":{\"m\":{\"Package\":\"app\"}},%s",
                       cases[i].head);
        for (int n = 0; text.len < BIG; n++) {
            buf_add_string(&text, n == 0 ? "" : ",");
            char entry[100];
            (void)snprintf(entry, sizeof entry, "%s", cases[i].entry);
            char *const number = strstr(entry, "%d");
            if (number == NULL) {
                buf_add_string(&text, entry);
                continue;
            }
            *number = '\0';
            buf_add_format(&text, "%s%d%s", entry, n, number + 2);
        }
        buf_add_format(&text, "%s}", cases[i].tail);
        const double seconds = seconds_of(buf_bytes(&text), cases[i].accepted);
        if (seconds > 20) /* with sanitizers on a busy machine; otherwise about half a second */
            fail_msg("%s took %.1f s", cases[i].name, seconds);
    }
}

static void deep_nesting_answers_quickly(void **state)
{
    auto_buf text = { 0 };

    (void)state;
    buf_add_string(&text, "{\"Packages\":{\"app\":{\"UniqueID\":\"00\"}},"
                          "\"Marbles\":{\"m\":{\"Package\":\"app\"}},\"unknown\":");
    for (int i = 0; i < 9999; i++)
        buf_add_string(&text, "[");
    for (int i = 0; i < 9999; i++)
        buf_add_string(&text, "]");
    buf_add_string(&text, "}");
    assert_true(seconds_of(buf_bytes(&text), true) < 5);

    buf_truncate(&text, 0);
    for (int i = 0; i < 1 << 20; i++)
        buf_add_string(&text, "{\"Marbles\":");
    assert_true(seconds_of(buf_bytes(&text), false) < 5);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(every_worked_example_is_accepted),
    cmocka_unit_test(packages_of_the_full_example),
    cmocka_unit_test(marbles_of_the_full_example),
    cmocka_unit_test(secrets_of_the_full_example),
    cmocka_unit_test(tags_of_the_full_example),
    cmocka_unit_test(people_of_the_full_example),
    cmocka_unit_test(subject_of_the_certificate_example),
    cmocka_unit_test(members_of_the_certificate_example),
    cmocka_unit_test(empty_templates_of_the_certificate_example),
    cmocka_unit_test(manifest_parse_refuses_every_prefix),
    cmocka_unit_test(the_fingerprint_covers_the_raw_bytes),
    cmocka_unit_test(ten_megabytes_answer_quickly),
    cmocka_unit_test(deep_nesting_answers_quickly),
};
TEST_MAIN(tests)
