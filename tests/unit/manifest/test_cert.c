/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest_test.h"

#include "codec/der.h"
#include "codec/text.h"
#include "manifest/parse.h"

/* `Cert` of a secret: JSON forms, members, times, URIs, certificates as templates. */

#define CERT(value) "{\"Secrets\":{\"x\":{\"Type\":\"cert-ed25519\",\"Cert\":" value "}}}"
#define MEMBER(member) CERT("{" member "}")
#define CHECKED(value)                                                                             \
    "{\"Packages\":{\"a\":{\"Debug\":true}},\"Marbles\":{\"m\":{\"Package\":\"a\"}},\"Secrets\":{" \
    "\"x\":{\"Type\":\"cert-ed25519\",\"Cert\":" value "}}}"

static struct manifest *parsed(const char *text)
{
    struct err err = { 0 };
    struct manifest *const m = test_parse(text, &err);

    if (m == NULL)
        fail_msg("%s: %s", text, err.text);
    return m;
}

struct refusal {
    const char *text, *want;
};

static void wrong_forms_and_types_do_not_decode(void **state)
{
    static const struct refusal cases[] = {
        { CERT("5"), "Secrets.x.Cert (line 1:47): " },
        { CERT("true"), "Secrets.x.Cert" },
        { CERT("[]"), "Secrets.x.Cert" },
        { CERT("\"AAAA\""), "Secrets.x.Cert" },
        { CERT("\"\""), "Secrets.x.Cert" },
        { MEMBER("\"NotAfter\":\"2040-01-01\""), "Secrets.x.Cert.NotAfter" },
        { MEMBER("\"NotAfter\":5"), "Secrets.x.Cert.NotAfter" },
        { MEMBER("\"NotBefore\":\"x\""), "Secrets.x.Cert.NotBefore" },
        { MEMBER("\"URIs\":[\"http://x\"]"), "Secrets.x.Cert.URIs[0]" },
        { MEMBER("\"IPAddresses\":[\"nope\"]"), "invalid IP address: nope" },
        { MEMBER("\"IPAddresses\":[\"1.2.3.4\\u0000\"]"), "invalid IP address" },
        { MEMBER("\"IPAddresses\":[\"01.2.3.4\"]"), "invalid IP address" },
        { MEMBER("\"IPAddresses\":[\"fe80::1%eth0\"]"), "invalid IP address" },
        { MEMBER("\"IPAddresses\":[5]"), "Secrets.x.Cert.IPAddresses[0]" },
        { MEMBER("\"Subject\":\"CN=x\""), "Secrets.x.Cert.Subject" },
        { MEMBER("\"Subject\":{\"Country\":\"DE\"}"), "Secrets.x.Cert.Subject.Country" },
        { MEMBER("\"Subject\":{\"Names\":[{\"Type\":[\"x\"]}]}"), "Subject.Names[0].Type[0]" },
        { MEMBER("\"DNSNames\":\"x\""), "Secrets.x.Cert.DNSNames" },
        { MEMBER("\"KeyUsage\":\"1\""), "Secrets.x.Cert.KeyUsage" },
        { MEMBER("\"ExtKeyUsage\":[1.5]"), "Secrets.x.Cert.ExtKeyUsage[0]" },
        { MEMBER("\"UnknownExtKeyUsage\":[\"1.2.3\"]"), "Secrets.x.Cert.UnknownExtKeyUsage[0]" },
        { MEMBER("\"IsCA\":1"), "Secrets.x.Cert.IsCA" },
        { MEMBER("\"MaxPathLen\":\"1\""), "Secrets.x.Cert.MaxPathLen" },
        { MEMBER("\"SubjectKeyId\":\"%\""), "Secrets.x.Cert.SubjectKeyId" },
        { MEMBER("\"Policies\":[\"1.2.x\"]"), "invalid object identifier: 1.2.x" },
        { MEMBER("\"Policies\":[\"1\"]"), "invalid object identifier" },
        { MEMBER("\"Policies\":[\"1.40\"]"), "invalid object identifier" },
        { MEMBER("\"Policies\":[\"3.1\"]"), "invalid object identifier" },
        { MEMBER("\"Policies\":[\"1.02\"]"), "invalid object identifier" },
        { MEMBER("\"Policies\":[\"1..2\"]"), "invalid object identifier" },
        { MEMBER("\"PermittedIPRanges\":[\"10.0.0.0/8\"]"), "PermittedIPRanges[0]" },
        { MEMBER("\"ExtraExtensions\":[{\"Id\":\"1.2\"}]"), "ExtraExtensions[0].Id" },
        { MEMBER("\"SerialNumber\":\"5\""), "Secrets.x.Cert.SerialNumber" },
        { MEMBER("\"SerialNumber\":1.5"), "Secrets.x.Cert.SerialNumber" },
        { MEMBER("\"SerialNumber\":1e5"), "Secrets.x.Cert.SerialNumber" },
        { MEMBER("\"AuthorityKeyId\":5"), "Secrets.x.Cert.AuthorityKeyId" },
        { MEMBER("\"Issuer\":5"), "Secrets.x.Cert.Issuer" },
        { MEMBER("\"Version\":\"3\""), "Secrets.x.Cert.Version" },
        { MEMBER("\"Extensions\":[5]"), "Secrets.x.Cert.Extensions[0]" },
        { MEMBER("\"PolicyIdentifiers\":[[\"x\"]]"), "PolicyIdentifiers[0][0]" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct err err = { 0 };
        auto_manifest *m = test_parse(cases[i].text, &err);
        if (m != NULL)
            fail_msg("accepted: %s", cases[i].text);
        assert_one_line(&err);
        if (strstr(err.text, cases[i].want) == NULL)
            fail_msg("%s:\n  is   %s\n  want %s", cases[i].text, err.text, cases[i].want);
    }
}

static void what_cannot_be_issued_decodes_and_is_refused_by_the_check(void **state)
{
    static const struct refusal cases[] = {
        { CHECKED("{\"IPAddresses\":[\"\"]}"), "an empty IP address" },
        { CHECKED("{\"IPAddresses\":[null]}"), "an empty IP address" },
        { CHECKED("{\"Subject\":{\"ExtraNames\":[{\"Type\":[2,5,4,12],\"Value\":5}]}}"),
          "the Value of a name is not a string" },
        { CHECKED("{\"Subject\":{\"ExtraNames\":[null]}}"), "a name without Type" },
        { CHECKED("{\"UnknownExtKeyUsage\":[[1]]}"), "not an object identifier" },
        { CHECKED("{\"UnknownExtKeyUsage\":[[1,-2]]}"), "not an object identifier" },
        { CHECKED("{\"UnknownExtKeyUsage\":[null]}"), "not an object identifier" },
        { CHECKED("{\"KeyUsage\":512}"), "unknown key usage" },
        { CHECKED("{\"KeyUsage\":-1}"), "unknown key usage" },
        { CHECKED("{\"ExtKeyUsage\":[14]}"), "unknown extended key usage" },
        { CHECKED("{\"ExtraExtensions\":[null]}"), "an extension without Id" },
        { CHECKED("{\"PermittedIPRanges\":[null]}"), "IP and Mask" },
        { CHECKED("{\"ExcludedIPRanges\":[{\"IP\":\"10.0.0.0\",\"Mask\":\"/w==\"}]}"),
          "IP and Mask" },
        { CHECKED("{\"Policies\":[null]}"), "null is not a policy" },
        { CHECKED("{\"RawSubject\":\"MAA=\"}"), "RawSubject is not supported" },
        { CHECKED("{\"URIs\":[{\"User\":{}}]}"), "User of a URI is not supported" },
        { CHECKED("{\"URIs\":[{\"RawPath\":\"x\"}]}"), "RawPath and RawFragment" },
        { CHECKED("{\"SignatureAlgorithm\":4}"), "certificate secret x is invalid: " },
        { CHECKED("{\"DNSNames\":[\"\\u00fc.example\"]}"), "certificate secret x is invalid: " },
        { CHECKED("{\"MaxPathLen\":1}"), "certificate secret x is invalid: " },
        { CHECKED("{\"IsCA\":true,\"MaxPathLen\":-2}"), "certificate secret x is invalid: " },
        { CHECKED("{\"ExtraExtensions\":[{\"Id\":[1,2,3]},{\"Id\":[1,2,3]}]}"),
          "certificate secret x is invalid: " },
        { CHECKED("{},\"ValidFor\":18446744073709551615"), "certificate secret x is invalid: " },
        { CHECKED("null,\"ValidFor\":18446744073709551615"), "certificate secret x is invalid: " },
        { CHECKED("\"-----BEGIN CERTIFICATE-----\""), "Cert is neither an object nor" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        auto_manifest *m = parsed(cases[i].text);
        struct err err = { 0 };
        if (manifest_check(m, NULL, &err))
            fail_msg("accepted: %s", cases[i].text);
        if (strncmp(err.text, cases[i].want, strlen(cases[i].want)) != 0)
            fail_msg("%s:\n  is   %s\n  want %s", cases[i].text, err.text, cases[i].want);
        assert_non_null(strstr(err.text, "(at Secrets.x."));
    }
}

static void members_without_effect_are_accepted(void **state)
{
    auto_manifest *m = parsed(CHECKED(
        "{\"PolicyIdentifiers\":[[1,2]],\"AuthorityKeyId\":\"AA==\",\"SerialNumber\":"
        "123456789012345678901234567890,\"Issuer\":{\"CommonName\":\"x\",\"ExtraNames\":[{}]},"
        "\"NotBefore\":\"2000-01-01T00:00:00Z\",\"BasicConstraintsValid\":true,\"Version\":1,"
        "\"PublicKey\":{\"X\":1},\"PublicKeyAlgorithm\":3,\"Signature\":\"AA==\",\"Extensions\":"
        "[{\"Id\":[1],\"Critical\":true,\"Value\":\"AA==\"},null],\"RawTBSCertificate\":[1],"
        "\"RawSubjectPublicKeyInfo\":\"\",\"RawIssuer\":null,\"Raw\":\"AA==\",\"Unheard\":{},"
        "\"UnhandledCriticalExtensions\":[null],\"Subject\":{\"Names\":[{\"Type\":[2,5],"
        "\"Value\":{}}],\"DNSNames\":5}}"));
    const struct cert_template *const t = m->secrets[0].template;
    struct err err = { 0 };

    (void)state;
    assert_ok(manifest_check(m, NULL, &err), &err);
    assert_int_equal(t->policies.count, 0);
    assert_int_equal(t->subject.extra_count, 0);
    assert_false(t->has_not_after);
}

static void cert_null_is_no_template_and_an_object_is_one(void **state)
{
    auto_manifest *null = parsed(CERT("null"));
    auto_manifest *object = parsed(CERT("{}"));
    auto_manifest *again = parsed(CERT("{\"IsCA\":true},\"cert\":{\"KeyUsage\":1}"));

    (void)state;
    assert_false(null->secrets[0].has_cert);
    assert_non_null(null->secrets[0].template);
    assert_true(object->secrets[0].has_cert);
    assert_false(again->secrets[0].template->is_ca);
    assert_int_equal(again->secrets[0].template->key_usage, 1);
}

static void addresses_are_four_or_sixteen_bytes(void **state)
{
    auto_manifest *m = parsed(MEMBER("\"IPAddresses\":[\"192.0.2.1\",\"::ffff:192.0.2.2\",\"::1\","
                                     "\"2001:DB8::10\"]"));
    const struct text_list *const ips = &m->secrets[0].template->ip_addresses;

    (void)state;
    assert_int_equal(ips->count, 4);
    assert_bytes_equal(ips->at[0], bytes_of("\xc0\x00\x02\x01", 4));
    assert_bytes_equal(ips->at[1], bytes_of("\xc0\x00\x02\x02", 4));
    assert_bytes_equal(ips->at[2], bytes_of("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16));
    assert_int_equal(ips->at[3].at[15], 0x10);
}

static void networks_lose_the_bits_outside_of_their_mask(void **state)
{
    auto_manifest *m =
        parsed(MEMBER("\"PermittedIPRanges\":[{\"IP\":\"10.1.2.3\",\"Mask\":[255,255,0,0]}]"));
    const struct cert_ip_range *const range = m->secrets[0].template->permitted_ip;

    (void)state;
    assert_bytes_equal(range->ip, bytes_of("\x0a\x01\x00\x00", 4));
}

static void uris_are_assembled_from_their_parts(void **state)
{
    static const struct {
        const char *object, *want;
    } cases[] = {
        { "{\"Scheme\":\"spiffe\",\"Host\":\"mesh.example\",\"Path\":\"/svc/full\"}",
          "spiffe://mesh.example/svc/full" },
        { "{\"Scheme\":\"urn\",\"Opaque\":\"uuid:1\"}", "urn:uuid:1" },
        { "{\"Scheme\":\"https\",\"Host\":\"a:8443\",\"Path\":\"b c\",\"RawQuery\":\"x=1&y\","
          "\"Fragment\":\"f g\"}",
          "https://a:8443/b%20c?x=1&y#f%20g" },
        { "{\"Scheme\":\"https\",\"Host\":\"a\"}", "https://a" },
        { "{\"Scheme\":\"file\",\"Path\":\"/etc\"}", "file:///etc" },
        { "{\"Scheme\":\"file\",\"Path\":\"/etc\",\"OmitHost\":true}", "file:/etc" },
        { "{\"Scheme\":\"http\",\"Host\":\"a\",\"ForceQuery\":true,\"Path\":\"/\\u00fc?\"}",
          "http://a/%C3%BC%3F?" },
        { "{\"scheme\":\"http\",\"host\":\"[::1]\",\"path\":\"*\"}", "http://[::1]/*" },
        { "{}", "" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        auto_string *text = mem_printf(MEMBER("\"URIs\":[%s]"), cases[i].object);
        auto_manifest *m = parsed(text);
        assert_text(m->secrets[0].template->uris.at[0], cases[i].want);
    }
}

static void times_are_read_as_rfc_3339_to_the_second(void **state)
{
    static const struct {
        const char *text;
        int64_t seconds;
        bool fraction;
    } cases[] = {
        { "1970-01-01T00:00:00Z", 0, false },
        { "0001-01-01T00:00:00Z", -62135596800, false },
        { "0000-03-01T00:00:00Z", -62162035200, false },
        { "0000-01-01T00:00:00Z", -62167219200, false },
        { "2000-02-29T23:59:59Z", 951868799, false },
        { "2040-06-30T12:00:00+02:00", 2224663200, false },
        { "2040-06-30T12:00:00-23:59", 2224756740, false },
        { "9999-12-31T23:59:59.5Z", 253402300799, true },
        { "1969-12-31T23:59:59.000Z", -1, false },
    };
    static const char *const bad[] = {
        "",
        "2040",
        "2040-01-01",
        "2040-01-01T00:00:00",
        "2040-01-01 00:00:00Z",
        "2040-01-01t00:00:00Z",
        "2040-01-01T00:00:00z",
        "2040-13-01T00:00:00Z",
        "2040-00-01T00:00:00Z",
        "2040-01-00T00:00:00Z",
        "2039-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z",
        "2040-04-31T00:00:00Z",
        "2040-01-01T24:00:00Z",
        "2040-01-01T00:60:00Z",
        "2040-01-01T00:00:60Z",
        "2040-01-01T00:00:00.Z",
        "2040-01-01T00:00:00,5Z",
        "2040-01-01T00:00:00+0200",
        "2040-01-01T00:00:00+24:00",
        "2040-01-01T00:00:00+00:60",
        "2040-01-01T00:00:00Z ",
        "12040-01-01T00:00:00Z",
        "2040-1-01T00:00:00Z",
        "-040-01-01T00:00:00Z",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t seconds = 0;
        bool fraction = false;
        if (!parse_time(bytes_of_string(cases[i].text), &seconds, &fraction))
            fail_msg("refused: %s", cases[i].text);
        assert_int_equal(seconds, cases[i].seconds);
        assert_int_equal(fraction, cases[i].fraction);
    }
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        int64_t seconds;
        bool fraction;
        if (parse_time(bytes_of_string(bad[i]), &seconds, &fraction))
            fail_msg("accepted: %s", bad[i]);
    }
}

/* The text of a manifest with a certificate as `Cert` of x; issued by the template of `member`. */
static char *with_issued(const char *member, enum key_type type, struct buf *der)
{
    auto_string *source = mem_printf(MEMBER("%s"), member);
    auto_manifest *m = parsed(source);
    struct err err = { 0 };
    auto_key *key = key_generate(type, type == KEY_ECDSA ? 256 : 0, &err);
    auto_cert *cert = cert_issue(m->secrets[0].template, key, NULL, key, 1700000000, &err);
    auto_buf text = { 0 };

    assert_ok(cert != NULL, &err);
    buf_add(der, cert_der(cert));
    base64_encode(&text, BASE64_STANDARD, cert_der(cert));
    return mem_printf(CHECKED("\"%.*s\""), (int)text.len, (const char *)text.at);
}

static const char members_of_issued[] =
    "\"Subject\":{\"CommonName\":\"c\\u00fc\",\"Country\":[\"DE\"],\"SerialNumber\":\"7\"},"
    "\"NotAfter\":\"2040-01-01T00:00:00Z\",\"KeyUsage\":257,\"ExtKeyUsage\":[1,13],"
    "\"UnknownExtKeyUsage\":[[1,2,3]],\"IsCA\":true,\"MaxPathLen\":3,\"SubjectKeyId\":\"AQI=\","
    "\"OCSPServer\":[\"http://o\"],\"IssuingCertificateURL\":[\"http://i\"],"
    "\"CRLDistributionPoints\":[\"http://c1\",\"http://"
    "c2\"],\"Policies\":[\"1.2.3.4\",\"2.999.1\"],"
    "\"DNSNames\":[\"a\",\"b\",\"c\"],\"EmailAddresses\":[\"e@x\"],\"IPAddresses\":[\"10.0.0.1\"],"
    "\"URIs\":[{\"Scheme\":\"urn\",\"Opaque\":\"u\"}]";

static void a_certificate_as_cert_is_the_template(void **state)
{
    auto_buf der = { 0 };
    auto_string *text = with_issued(members_of_issued, KEY_ECDSA, &der);
    auto_manifest *m = parsed(text);
    const struct manifest_secret *const s = &m->secrets[0];
    const struct cert_template *const t = s->template;
    struct err err = { 0 };

    (void)state;
    assert_ok(manifest_check(m, NULL, &err), &err);
    assert_true(s->has_cert && s->cert.present);
    assert_bytes_equal(s->cert.value, buf_bytes(&der));
    assert_true(t->has_not_after && t->not_after == 2208988800);
    assert_int_equal(t->key_usage, 257);
    assert_int_equal(t->ext_key_usage_count, 2);
    assert_int_equal(t->ext_key_usage[0], 1);
    assert_int_equal(t->ext_key_usage[1], 13);
    assert_text(t->unknown_ext_key_usage.dotted[0], "1.2.3");
    assert_true(t->is_ca && t->max_path_len == 3 && !t->max_path_len_zero);
    assert_bytes_equal(t->subject_key_id, bytes_of("\1\2", 2));
    assert_text(t->ocsp_servers.at[0], "http://o");
    assert_text(t->issuing_certificate_urls.at[0], "http://i");
    assert_int_equal(t->crl_distribution_points.count, 2);
    assert_text(t->crl_distribution_points.at[1], "http://c2");
    assert_int_equal(t->policies.count, 2);
    assert_text(t->policies.dotted[1], "2.999.1");
    assert_int_equal(t->dns_names.count, 3);
    assert_text(t->dns_names.at[2], "c");
    assert_text(t->email_addresses.at[0], "e@x");
    assert_bytes_equal(t->ip_addresses.at[0], bytes_of("\x0a\0\0\1", 4));
    assert_text(t->uris.at[0], "urn:u");
    assert_text(t->subject.common_name, "c\xc3\xbc");
    assert_int_equal(t->subject.extra_count, 3);
    assert_text(t->subject.extra[0].dotted, "2.5.4.6");
    assert_text(t->subject.extra[2].value, "7");
    assert_int_equal(t->signature_algorithm, 10);
}

static void a_certificate_that_no_template_can_hold_is_refused(void **state)
{
    static const struct {
        const char *members;
        enum key_type type;
    } cases[] = {
        { "\"Subject\":{\"CommonName\":\"a\",\"Organization\":[\"b\",\"c\"]}", KEY_ECDSA },
        { "\"PermittedDNSDomains\":[\"a\"]", KEY_ECDSA },
        { "\"Subject\":{\"CommonName\":\"a\"}", KEY_ED25519 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct err err = { 0 };
        auto_buf der = { 0 };
        auto_string *text = with_issued(cases[i].members, cases[i].type, &der);
        auto_manifest *m = parsed(text);
        assert_false(manifest_check(m, NULL, &err));
        assert_non_null(strstr(err.text, "not supported as a template (at Secrets.x.Cert,"));
    }
}

static void no_prefix_and_no_changed_byte_of_a_certificate_disturbs_the_reading(void **state)
{
    auto_buf der = { 0 };
    auto_string *text = with_issued(members_of_issued, KEY_ECDSA, &der);

    (void)state;
    assert_non_null(text);
    for (size_t len = 0; len < der.len; len++) {
        struct cert_template t = { 0 };
        auto_arena arena = { 0 };
        uint8_t *const exact = bytes_copy(bytes_of(der.at, len));
        assert_false(cert_template_from_der(bytes_of(exact, len), &arena, &t));
        free(exact);
    }
    for (size_t i = 0; i < der.len * 8; i++) {
        struct cert_template t = { 0 };
        auto_arena arena = { 0 };
        der.at[i / 8] ^= (uint8_t)(1 << i % 8);
        uint8_t *const exact = bytes_copy(buf_bytes(&der));
        (void)!cert_template_from_der(bytes_of(exact, der.len), &arena, &t);
        free(exact);
        der.at[i / 8] ^= (uint8_t)(1 << i % 8);
    }
}

static void der_lengths_near_the_limits_do_not_wrap(void **state)
{
    static const char *const bad[] = { "",       "30",       "3080",         "3081",
                                       "308101", "30820001", "3084ffffffff", "3085000000000100",
                                       "30ff00", "1f8100",   "3003ffff",     "3084fffffffc00" };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        auto_buf raw = test_unhex(bad[i]);
        uint8_t *const exact = bytes_copy(buf_bytes(&raw));
        struct bytes in = bytes_of(exact, raw.len), contents;
        uint8_t tag;
        if (der_next(&in, &tag, &contents))
            fail_msg("accepted: %s", bad[i]);
        free(exact);
    }
    struct bytes dotted;
    auto_arena arena = { 0 };
    assert_false(der_oid_text(bytes_of("\x2a\x86", 2), &arena, &dotted));
    assert_false(der_oid_text(bytes_of("\x2a\x83\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 11), &arena,
                              &dotted));
    assert_true(der_oid_text(bytes_of("\x88\x37\x03", 3), &arena, &dotted));
    assert_text(dotted, "2.999.3");
}

static void a_user_defined_certificate_is_seeded_with_bytes(void **state)
{
    auto_buf der = { 0 };
    auto_string *text = with_issued("\"PermittedDNSDomains\":[\"a\"]", KEY_ECDSA, &der);
    auto_string *seeded = mem_printf("%.*s,\"UserDefined\":true,\"Private\":\"AAE=\"}}}",
                                     (int)strlen(text) - 3, text);
    auto_manifest *m = parsed(seeded);
    struct err err = { 0 };

    (void)state;
    assert_ok(manifest_check(m, NULL, &err), &err);
    assert_bytes_equal(m->secrets[0].cert.value, buf_bytes(&der));
    assert_bytes_equal(m->secrets[0].private_value.value, bytes_of("\0\1", 2));
    assert_false(m->secrets[0].public_value.present);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(wrong_forms_and_types_do_not_decode),
    cmocka_unit_test(what_cannot_be_issued_decodes_and_is_refused_by_the_check),
    cmocka_unit_test(members_without_effect_are_accepted),
    cmocka_unit_test(cert_null_is_no_template_and_an_object_is_one),
    cmocka_unit_test(addresses_are_four_or_sixteen_bytes),
    cmocka_unit_test(networks_lose_the_bits_outside_of_their_mask),
    cmocka_unit_test(uris_are_assembled_from_their_parts),
    cmocka_unit_test(times_are_read_as_rfc_3339_to_the_second),
    cmocka_unit_test(a_certificate_as_cert_is_the_template),
    cmocka_unit_test(a_certificate_that_no_template_can_hold_is_refused),
    cmocka_unit_test(no_prefix_and_no_changed_byte_of_a_certificate_disturbs_the_reading),
    cmocka_unit_test(der_lengths_near_the_limits_do_not_wrap),
    cmocka_unit_test(a_user_defined_certificate_is_seeded_with_bytes),
};
TEST_MAIN(tests)
