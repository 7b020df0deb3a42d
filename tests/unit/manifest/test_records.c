/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest_test.h"

#include "manifest/permissions.h"
#include "manifest/records.h"

/*
 * data/<state>.records holds the records of a state that the original wrote after it had accepted
 * data/<state>.json: lines of `<kind>:<name>`, a tab and the JSON.
 */
static const char *const states[] = { "single-recovery-key", "no-recovery-key", "all-of-3",
                                      "in-use" };

struct line {
    struct bytes kind, name, json;
};

static struct bytes take_until(struct bytes *in, char end)
{
    const uint8_t *const at = memchr(in->at, end, in->len);

    assert_non_null(at);
    const struct bytes part = bytes_of(in->at, (size_t)(at - in->at));
    *in = bytes_of(at + 1, in->len - part.len - 1);
    return part;
}

static bool next_line(struct bytes *file, struct line *line)
{
    if (file->len == 0)
        return false;
    line->kind = take_until(file, ':');
    line->name = take_until(file, '\t');
    line->json = take_until(file, '\n');
    return true;
}

static void write_user(const struct manifest *m, struct bytes name, struct buf *out)
{
    auto_arena arena = { 0 };
    struct stored_user user;
    struct err err = { 0 };

    assert_ok(stored_user_from_manifest(m, manifest_user(m, name), &arena, &user, &err), &err);
    stored_user_write(&user, out);
}

/* The record that the manifest gives; nothing for kinds that hold generated material. */
static void write_from_manifest(const struct manifest *m, const struct line *line, struct buf *out)
{
    if (bytes_equal_string(line->kind, "package"))
        record_write_package(manifest_package(m, line->name), out);
    else if (bytes_equal_string(line->kind, "infrastructure"))
        record_write_infrastructure(manifest_infrastructure(m, line->name), out);
    else if (bytes_equal_string(line->kind, "marble"))
        record_write_marble(manifest_marble(m, line->name), out);
    else if (bytes_equal_string(line->kind, "TLS"))
        record_write_tls_tag(manifest_tls_tag(m, line->name), out);
    else if (bytes_equal_string(line->kind, "user"))
        write_user(m, line->name, out);
}

static void records_of_a_manifest_are_those_of_the_original_byte_for_byte(void **state)
{
    size_t compared = 0;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(states); i++) {
        auto_string *json = mem_printf("%s.json", states[i]);
        auto_string *records = mem_printf("%s.records", states[i]);
        auto_buf raw = test_data(json), file = test_data(records);
        struct bytes rest = buf_bytes(&file);
        struct err err = { 0 };
        auto_manifest *m = manifest_parse(buf_bytes(&raw), &err);
        struct line line;

        assert_ok(m != NULL && manifest_check(m, NULL, &err), &err);
        while (next_line(&rest, &line)) {
            auto_buf out = { 0 };
            write_from_manifest(m, &line, &out);
            /* This one package was updated afterwards. */
            if (out.len == 0 || (i == 3 && bytes_equal_string(line.name, "app")))
                continue;
            buf_add_u8(&out, 0);
            auto_string *want = bytes_to_string(line.json);
            assert_string_equal((const char *)out.at, want);
            compared++;
        }
    }
    assert_int_equal(compared, 24);
}

static void read_and_write(const struct line *line, struct buf *out, struct err *err)
{
    auto_arena arena = { 0 };
    struct manifest_package package;
    struct stored_secret secret;
    struct stored_user user;

    if (bytes_equal_string(line->kind, "package")) {
        assert_ok(record_parse_package(line->json, &arena, &package, err), err);
        record_write_package(&package, out);
    } else if (bytes_equal_string(line->kind, "secret")) {
        assert_ok(stored_secret_parse(line->json, &arena, &secret, err), err);
        stored_secret_write(&secret, out);
    } else if (bytes_equal_string(line->kind, "user")) {
        assert_ok(stored_user_parse(line->json, &arena, &user, err), err);
        stored_user_write(&user, out);
    }
}

static void stored_records_survive_reading_and_writing(void **state)
{
    size_t compared = 0;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(states); i++) {
        auto_string *records = mem_printf("%s.records", states[i]);
        auto_buf file = test_data(records);
        struct bytes rest = buf_bytes(&file);
        struct line line;
        while (next_line(&rest, &line)) {
            auto_buf out = { 0 };
            struct err err = { 0 };
            read_and_write(&line, &out, &err);
            if (out.len == 0)
                continue;
            assert_bytes_equal(buf_bytes(&out), line.json);
            compared++;
        }
    }
    assert_int_equal(compared, 31);
}

static bool parse_any(const char *kind, struct bytes json, struct err *err)
{
    auto_arena arena = { 0 };
    struct manifest_package package;
    struct stored_secret secret;
    struct stored_user user;

    if (strcmp(kind, "package") == 0)
        return record_parse_package(json, &arena, &package, err);
    if (strcmp(kind, "secret") == 0)
        return stored_secret_parse(json, &arena, &secret, err);
    return stored_user_parse(json, &arena, &user, err);
}

static void every_prefix_of_a_record_is_refused(void **state)
{
    auto_buf file = test_data("in-use.records");
    struct bytes rest = buf_bytes(&file);
    struct line line;

    (void)state;
    while (next_line(&rest, &line)) {
        auto_string *kind = bytes_to_string(line.kind);
        if (strcmp(kind, "package") != 0 && strcmp(kind, "secret") != 0 &&
            strcmp(kind, "user") != 0)
            continue;
        for (size_t len = 0; len < line.json.len; len++) {
            struct err err = { 0 };
            uint8_t *const exact = bytes_copy(bytes_of(line.json.at, len));
            assert_false(parse_any(kind, bytes_of(exact, len), &err));
            assert_int_equal(err.kind, FAIL_MALFORMED);
            free(exact);
        }
    }
}

static void malformed_records_are_refused(void **state)
{
    static const struct {
        const char *kind, *json;
    } cases[] = {
        { "secret", "null" },
        { "secret", "[]" },
        { "secret", "{}" },
        { "secret", "{\"Type\":\"raw\"}" },
        { "secret", "{\"Type\":\"plain\",\"Private\":\"%\"}" },
        { "secret", "{\"Type\":\"plain\",\"Size\":-1}" },
        { "secret", "{\"Type\":\"plain\",\"Cert\":{}}" },
        { "secret", "{\"Type\":\"plain\"} x" },
        { "package", "null" },
        { "package", "{\"SecurityVersion\":\"1\"}" },
        { "user", "{\"Permissions\":{\"root\":{}}}" },
        { "user", "{\"Permissions\":{\"readsecret\":5}}" },
        { "user", "{\"Permissions\":{\"readsecret\":{\"ResourceID\":[]}}}" },
        { "user", "{\"Permissions\":{\"readsecret\":{\"ResourceID\":{\"a\":1}}}}" },
        { "user", "{\"Certificate\":5}" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct err err = { 0 };
        if (parse_any(cases[i].kind, bytes_of_string(cases[i].json), &err))
            fail_msg("accepted: %s", cases[i].json);
        assert_int_equal(err.kind, FAIL_MALFORMED);
        assert_one_line(&err);
    }
}

static void a_stored_secret_tells_absent_from_empty(void **state)
{
    auto_arena arena = { 0 };
    struct stored_secret s;
    struct err err = { 0 };

    (void)state;
    assert_ok(stored_secret_parse(TEXT("{\"Type\":\"plain\",\"Private\":\"\",\"Public\":null,"
                                       "\"UserDefined\":true,\"ValidFor\":3}"),
                                  &arena, &s, &err),
              &err);
    assert_int_equal(s.type, SECRET_PLAIN);
    assert_true(s.private_value.present && s.private_value.value.len == 0);
    assert_false(s.public_value.present || s.cert.present || s.shared);
    assert_true(s.user_defined && s.valid_for == 3 && s.size == 0);
}

static void a_stored_user_has_sorted_permissions(void **state)
{
    static const struct bytes names[] = { { (const uint8_t *)"a", 1 },
                                          { (const uint8_t *)"c", 1 } };
    auto_arena arena = { 0 };
    struct stored_user u;
    struct err err = { 0 };

    (void)state;
    assert_ok(stored_user_parse(TEXT("{\"Name\":\"n\",\"Certificate\":\"AQI=\",\"Permissions\":{"
                                     "\"writesecret\":{\"ResourceID\":{\"c\":true,\"b\":false,"
                                     "\"a\":true,\"c\":true}},\"updatemanifest\":null}}"),
                                &arena, &u, &err),
              &err);
    assert_text(u.name, "n");
    assert_bytes_equal(u.certificate, bytes_of("\1\2", 2));
    assert_int_equal(u.permissions.of[PERMISSION_WRITE_SECRET].count, 2);
    assert_true(permissions_allow(&u.permissions, PERMISSION_WRITE_SECRET, names, 2));
    assert_false(permissions_allow(&u.permissions, PERMISSION_WRITE_SECRET, &TEXT("b"), 1));
    assert_true(permissions_allow(&u.permissions, PERMISSION_UPDATE_MANIFEST, NULL, 0));
    assert_false(permissions_allow(&u.permissions, PERMISSION_READ_SECRET, NULL, 0));
}

/* A certificate as the state holds it, made from the first secret of this manifest. */
static struct cert *issued(const char *text, int64_t now)
{
    struct err err = { 0 };
    auto_manifest *m = test_parse(text, &err);
    auto_key *key = key_generate(KEY_ECDSA, 256, &err);

    assert_ok(m != NULL, &err);
    struct cert *const cert = cert_issue(m->secrets[0].template, key, NULL, key, now, &err);
    assert_ok(cert != NULL, &err);
    return cert;
}

#define CERT_SECRET(members)                                                                       \
    "{\"Secrets\":{\"s\":{\"Type\":\"cert-ecdsa\",\"Size\":256" members "}}}"

static void stored_certificate_is_its_own_template(void **state)
{
    auto_arena arena = { 0 };
    struct cert_template t;
    struct err err = { 0 };
    auto_cert *cert =
        issued(CERT_SECRET(",\"Cert\":{\"Subject\":{\"CommonName\":\"n\",\"Country\":[\"DE\"]},"
                           "\"DNSNames\":[\"a\",\"b\"],\"IPAddresses\":[\"1.2.3.4\"],"
                           "\"KeyUsage\":1,\"NotAfter\":\"2030-01-01T00:00:00Z\"}"),
               1768478400);
    struct stored_secret stored = { .type = SECRET_CERT_ECDSA, .cert = { true, cert_der(cert) } };

    (void)state;
    assert_ok(stored_secret_template(&stored, &arena, &t, &err), &err);
    assert_text(t.subject.common_name, "n");
    assert_int_equal(t.subject.extra_count, 2); /* the whole subject in its order */
    assert_text(t.subject.extra[0].dotted, "2.5.4.6");
    assert_text(t.subject.extra[0].value, "DE");
    assert_int_equal(t.dns_names.count, 2);
    assert_text(t.dns_names.at[1], "b");
    assert_int_equal(t.ip_addresses.count, 1);
    assert_int_equal(t.key_usage, 1);
    assert_true(t.has_not_after);
    assert_int_equal(t.not_after, 1893456000);
    /* With ValidFor it lives so many days from its next issue. */
    stored.valid_for = 7;
    assert_ok(stored_secret_template(&stored, &arena, &t, &err), &err);
    assert_false(t.has_not_after);
    assert_int_equal(t.valid_for_days, 7);
}

static void stored_secret_without_a_certificate_is_no_template(void **state)
{
    auto_cert *cert = issued(CERT_SECRET(""), 1768478400);
    const struct bytes der = cert_der(cert);
    auto_arena arena = { 0 };
    struct cert_template t;

    (void)state;
    for (size_t len = 0; len < der.len; len++) {
        struct err err = { 0 };
        uint8_t *const exact = bytes_copy(bytes_of(der.at, len));
        const struct stored_secret stored = { .cert = { true, bytes_of(exact, len) } };
        assert_false(stored_secret_template(&stored, &arena, &t, &err));
        assert_int_equal(err.kind, FAIL_MALFORMED);
        free(exact);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(stored_certificate_is_its_own_template),
    cmocka_unit_test(stored_secret_without_a_certificate_is_no_template),
    cmocka_unit_test(records_of_a_manifest_are_those_of_the_original_byte_for_byte),
    cmocka_unit_test(stored_records_survive_reading_and_writing),
    cmocka_unit_test(every_prefix_of_a_record_is_refused),
    cmocka_unit_test(malformed_records_are_refused),
    cmocka_unit_test(a_stored_secret_tells_absent_from_empty),
    cmocka_unit_test(a_stored_user_has_sorted_permissions),
};
TEST_MAIN(tests)
