/* SPDX-License-Identifier: Apache-2.0 */
#include "test_certs.h"

static const struct text_list no_texts = { true, 0, NULL };

/* manifest.md 17.5, `full`. Extension values and subject as Go's crypto/x509 writes them. */
static void full_template_gives_the_bytes_of_the_reference(void **state)
{
    const struct world *const w = *state;
    const int64_t usages[] = { 1, 2, 9 };
    const struct cert_template t = {
        .subject = { .country = TEXTS(T("DE")),
                     .province = TEXTS(T("BE")),
                     .locality = TEXTS(T("Berlin")),
                     .street_address = TEXTS(T("Main St 1")),
                     .postal_code = TEXTS(T("10115")),
                     .organization = TEXTS(T("Second Org"), T("Example")),
                     .organizational_unit = TEXTS(T("Ops")),
                     .common_name = T("full example"),
                     .serial_number = T("S-1"),
                     .extra_count = 1,
                     .extra = &(const struct cert_extra_name){ T("2.5.4.12"), T("Chief") } },
        .has_not_after = true,
        .not_after = 2224576800, /* 2040-06-30T10:00:00Z */
        .key_usage = 97,
        .has_ext_key_usage = true,
        .ext_key_usage_count = COUNT_OF(usages),
        .ext_key_usage = usages,
        .unknown_ext_key_usage = { 1, &T("1.3.6.1.4.1.99999.1") },
        .is_ca = true,
        .max_path_len = 1,
        .subject_key_id = T("\1\2\3\4"),
        .ocsp_servers = TEXTS(T("http://ocsp.example")),
        .issuing_certificate_urls = TEXTS(T("http://ca.example/ca.crt")),
        .dns_names = TEXTS(T("a.example"), T("*.b.example")),
        .email_addresses = TEXTS(T("ops@example.com")),
        .ip_addresses = TEXTS(T("\xc0\0\2\1"), T("\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1")),
        .uris = TEXTS(T("spiffe://mesh.example/svc/full")),
        .name_constraints_critical = true,
        .permitted_dns = TEXTS(T(".example")),
        .excluded_dns = TEXTS(T("bad.example")),
        .permitted_ip_count = 1,
        .permitted_ip = &(const struct cert_ip_range){ T("\xc0\0\2\0"), T("\xff\xff\xff\0") },
        .excluded_ip_count = 1,
        .excluded_ip = &(const struct cert_ip_range){ T("\xc0\0\2\x80"), T("\xff\xff\xff\x80") },
        .permitted_email = TEXTS(T("example.com")),
        .excluded_email = TEXTS(T("spam.example.com")),
        .permitted_uri = TEXTS(T(".example")),
        .excluded_uri = TEXTS(T("evil.example")),
        .crl_distribution_points = TEXTS(T("http://crl.example/1.crl")),
        .policies = { 1, &T("1.2.3.4") },
        .extension_count = 1,
        .extensions =
            &(const struct cert_extra_extension){ T("1.3.6.1.4.1.99999.2"), T("\4\2\1\2"), false },
    };
    auto_cert *cert = issue(w, &t);
    auto_string *authority = authority_line(w);
    const char *const lines[] = {
        "2.5.29.15 1 03020186",
        "2.5.29.37 0 302906082b0601050507030106082b0601050507030206082b0601050507030906092b"
        "06010401868d1f01",
        "2.5.29.19 1 30060101ff020101",
        "2.5.29.14 0 040401020304",
        authority,
        "1.3.6.1.5.5.7.1.1 0 3047301f06082b060105050730018613687474703a2f2f6f6373702e657861"
        "6d706c65302406082b060105050730028618687474703a2f2f63612e6578616d706c652f63612e637274",
        "2.5.29.17 0 30618209612e6578616d706c65820b2a2e622e6578616d706c65810f6f707340657861"
        "6d706c652e636f6d8704c0000201871020010db8000000000000000000000001861e7370696666653a"
        "2f2f6d6573682e6578616d706c652f7376632f66756c6c",
        "2.5.29.32 0 3007300506032a0304",
        "2.5.29.30 1 3076a033300a82082e6578616d706c65300a8708c0000200ffffff00300d810b657861"
        "6d706c652e636f6d300a86082e6578616d706c65a13f300d820b6261642e6578616d706c65300a8708"
        "c0000280ffffff80301281107370616d2e6578616d706c652e636f6d300e860c6576696c2e6578616d"
        "706c65",
        "2.5.29.31 0 3020301ea01ca01a8618687474703a2f2f63726c2e6578616d706c652f312e63726c",
        "1.3.6.1.4.1.99999.2 0 04020102",
    };
    assert_extensions(cert, lines, (int)COUNT_OF(lines));
    auto_string *subject = subject_hex(cert);
    assert_string_equal(
        subject,
        "3081b7310b3009060355040613024445310b3009060355040813024245310f300d060355040713064265"
        "726c696e31123010060355040913094d61696e2053742031310e300c060355041113053130313135"
        "3123300e060355040a13074578616d706c653011060355040a130a5365636f6e64204f7267310c300a"
        "060355040b13034f7073311530130603550403130c66756c6c206578616d706c65310c300a06035504"
        "051303532d31310e300c060355040c13054368696566");
    assert_int_equal(cert_not_after(cert), 2224576800);
    assert_true(cert_issued_by(cert, w->issuer));
}

static void empty_template_gives_the_defaults(void **state)
{
    const struct world *const w = *state;
    const struct cert_template t = { .valid_for_days = 30 };
    auto_cert *cert = issue(w, &t);
    auto_string *authority = authority_line(w);
    const char *const lines[] = {
        "2.5.29.15 1 03020284",
        "2.5.29.37 0 301406082b0601050507030106082b06010505070302",
        "2.5.29.19 1 3000",
        authority,
        "2.5.29.17 0 302382096c6f63616c686f737487047f000001871000000000000000000000000000000001",
    };

    assert_extensions(cert, lines, (int)COUNT_OF(lines));
    auto_string *subject = subject_text(cert);
    assert_string_equal(subject, "CN=localhost");
    assert_int_equal(cert_not_after(cert), WORLD_NOW + 30 * 86400);

    X509 *const x509 = parsed(cert);
    assert_int_equal(X509_get_version(x509), X509_VERSION_3);
    assert_int_equal(X509_get_signature_nid(x509), NID_ecdsa_with_SHA384);
    time_t now = WORLD_NOW;
    assert_int_equal(ASN1_TIME_cmp_time_t(X509_get0_notBefore(x509), now), 0);
    assert_int_equal(ASN1_STRING_type(X509_get0_notAfter(x509)), V_ASN1_UTCTIME);
    X509_free(x509);
}

static void lists_that_are_present_and_empty_suppress_the_defaults(void **state)
{
    const struct world *const w = *state;
    const struct cert_template t = {
        .dns_names = no_texts, .ip_addresses = no_texts, .has_ext_key_usage = true, .key_usage = 1
    };
    auto_cert *cert = issue(w, &t);
    auto_string *authority = authority_line(w);
    const char *const lines[] = { "2.5.29.15 1 03020780", "2.5.29.19 1 3000", authority };

    assert_extensions(cert, lines, (int)COUNT_OF(lines));
    auto_string *subject = subject_text(cert);
    assert_string_equal(subject, "CN=MarbleRun Generated Certificate");
    assert_int_equal(cert_not_after(cert), WORLD_NOW + INT64_C(365) * 86400);
}

/* marble-api.md 6.3: what a Marble shows to the Coordinator. */
static void self_signed_certificate_of_a_marble_has_its_profile(void **state)
{
    struct err err = { 0 };
    const struct cert_template t = {
        .subject.common_name = T("MarbleRun Marble"),
        .dns_names = TEXTS(T("backend.example"), T("localhost")),
        .ip_addresses =
            TEXTS(T("\xc0\0\2\1"), T("\x7f\0\0\1"), T("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1")),
        .has_not_after = true,
        .not_after = WORLD_NOW + CERT_FOREVER_SECONDS,
        .key_usage = CERT_USAGE_SIGNATURE | CERT_USAGE_KEY_AGREEMENT,
    };
    struct key *const key = key_generate(KEY_ECDSA, 384, &err);
    assert_ok(key != NULL, &err);
    auto_cert *cert = cert_issue(&t, key, NULL, key, WORLD_NOW, &err);
    const char *const lines[] = {
        "2.5.29.15 1 03020388",
        "2.5.29.37 0 301406082b0601050507030106082b06010505070302",
        "2.5.29.19 1 3000",
        ("2.5.29.17 0 303a820f6261636b656e642e6578616d706c6582096c6f63616c686f73748704c0000201"
         "87047f000001871000000000000000000000000000000001"),
    };

    (void)state;
    assert_ok(cert != NULL, &err);
    assert_extensions(cert, lines, (int)COUNT_OF(lines));
    auto_string *subject = subject_hex(cert);
    assert_string_equal(subject, "301b31193017060355040313104d6172626c6552756e204d6172626c65");
    X509 *const x509 = parsed(cert);
    assert_int_equal(X509_get_version(x509), X509_VERSION_3);
    assert_int_equal(X509_get_signature_nid(x509), NID_ecdsa_with_SHA384);
    assert_int_equal(ASN1_STRING_type(X509_get0_notBefore(x509)), V_ASN1_UTCTIME);
    assert_int_equal(ASN1_STRING_type(X509_get0_notAfter(x509)), V_ASN1_GENERALIZEDTIME);
    X509_free(x509);
    assert_int_equal(cert_not_before(cert), WORLD_NOW);
    assert_int_equal(cert_not_after(cert), WORLD_NOW + CERT_FOREVER_SECONDS);
    assert_true(cert_issued_by(cert, cert));
    key_free(key);
}

static void only_dns_name_becomes_the_common_name(void **state)
{
    const struct cert_template one = { .dns_names = TEXTS(T("one.example")) };
    const struct cert_template two = { .dns_names = TEXTS(T("one.example"), T("two.example")) };
    auto_cert *cert_one = issue(*state, &one);
    auto_cert *cert_two = issue(*state, &two);
    auto_string *subject_one = subject_text(cert_one);
    auto_string *subject_two = subject_text(cert_two);

    assert_string_equal(subject_one, "CN=one.example");
    assert_string_equal(subject_two, "CN=MarbleRun Generated Certificate");
}

static void empty_subject_makes_the_names_critical(void **state)
{
    const struct cert_template t = { .dns_names = TEXTS(T("")), .ip_addresses = no_texts };
    auto_cert *cert = issue(*state, &t);
    auto_string *subject = subject_hex(cert);
    X509 *const x509 = parsed(cert);
    auto_string *names = extension_line(x509, 4);

    assert_string_equal(subject, "3000");
    assert_string_equal(names, "2.5.29.17 1 30028200");
    X509_free(x509);
}

static void strings_are_printable_when_they_can_be(void **state)
{
    static const struct {
        struct bytes text;
        uint8_t tag;
    } rows[] = {
        { T("aZ09 '()+,-./:=?"), 0x13 },
        { T("*.example"), 0x0c },
        { T("a&b"), 0x0c },
        { T("a@b"), 0x0c },
        { T("a_b"), 0x0c },
        { T("a;b"), 0x0c },
        { T("m\xc3\xbcller"), 0x0c },
        { T("a\0b"), 0x0c },
        { T("a\"b"), 0x0c },
    };

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct cert_template t = { .subject.common_name = rows[i].text };
        auto_cert *cert = issue(*state, &t);
        auto_string *subject = subject_hex(cert);
        auto_string *text = hex_of(rows[i].text);
        auto_string *want = mem_printf("%02x%02zx%s", rows[i].tag, rows[i].text.len, text);
        assert_non_null(strstr(subject, want));
    }
}

static void extra_names_suppress_the_standard_attribute(void **state)
{
    const struct cert_extra_name extra[] = { { T("2.5.4.3"), T("first") },
                                             { T("2.5.4.3"), T("second") },
                                             { T("1.2.3"), T("") } };
    const struct cert_template t = { .subject = { .common_name = T("gone"),
                                                  .country = TEXTS(T("DE")),
                                                  .extra_count = COUNT_OF(extra),
                                                  .extra = extra } };
    auto_cert *cert = issue(*state, &t);
    auto_string *subject = subject_text(cert);

    assert_string_equal(subject, "C=DE,CN=first,CN=second,1.2.3=");
}

static void mapped_address_is_written_as_ipv4(void **state)
{
    const struct cert_template t = {
        .dns_names = no_texts,
        .ip_addresses = TEXTS(T("\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\2\1")),
    };
    auto_cert *cert = issue(*state, &t);
    X509 *const x509 = parsed(cert);
    auto_string *names = extension_line(x509, 4);

    assert_string_equal(names, "2.5.29.17 0 30068704c0000201");
    X509_free(x509);
}

static void address_of_a_network_is_masked(void **state)
{
    const struct cert_ip_range ranges[] = {
        { T("\xc0\0\2\x81"), T("\xff\xff\xff\x80") },
        { T("\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\2\7"), T("\xff\xff\0\0") },
    };
    const struct cert_template t = { .dns_names = no_texts,
                                     .ip_addresses = no_texts,
                                     .permitted_ip_count = 2,
                                     .permitted_ip = ranges };
    auto_cert *cert = issue(*state, &t);
    X509 *const x509 = parsed(cert);
    auto_string *constraints = extension_line(x509, 4);

    assert_string_equal(constraints,
                        "2.5.29.30 0 301aa018300a8708c0000280ffffff80300a8708c0000000ffff0000");
    X509_free(x509);
}

static void extra_extension_replaces_the_generated_one(void **state)
{
    const struct world *const w = *state;
    const struct cert_extra_extension extra = { T("2.5.29.15"), T("\3\2\1\2"), false };
    const struct cert_template t = { .dns_names = no_texts,
                                     .ip_addresses = no_texts,
                                     .has_ext_key_usage = true,
                                     .extension_count = 1,
                                     .extensions = &extra };
    auto_cert *cert = issue(w, &t);
    auto_string *authority = authority_line(w);
    const char *const lines[] = { "2.5.29.19 1 3000", authority, "2.5.29.15 0 03020102" };

    assert_extensions(cert, lines, (int)COUNT_OF(lines));
}

static void extra_extension_holds_any_bytes(void **state)
{
    /* The Marble type (marble-api.md, 3.6): raw text, no DER inside. */
    const struct cert_extra_extension extra = { T("1.3.9903.2.1"), T("backend"), true };
    const struct cert_template t = { .extension_count = 1, .extensions = &extra };
    auto_cert *cert = issue(*state, &t);
    X509 *const x509 = parsed(cert);
    auto_string *line = extension_line(x509, 5);

    assert_string_equal(line, "1.3.9903.2.1 1 6261636b656e64");
    X509_free(x509);
}

static void path_lengths_follow_their_rules(void **state)
{
    static const struct {
        bool is_ca, zero;
        int64_t length;
        const char *value;
    } rows[] = {
        { true, false, 0, "30030101ff" },
        { true, true, 0, "30060101ff020100" },
        { true, false, -1, "30030101ff" },
        { true, true, -1, "30030101ff" },
        { true, false, 3, "30060101ff020103" },
        { true, true, 300, "30070101ff0202012c" },
        { false, false, 0, "3000" },
        { false, false, -1, "3000" },
    };

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct cert_template t = { .is_ca = rows[i].is_ca,
                                         .max_path_len = rows[i].length,
                                         .max_path_len_zero = rows[i].zero };
        auto_cert *cert = issue(*state, &t);
        X509 *const x509 = parsed(cert);
        auto_string *line = extension_line(x509, 2);
        auto_string *want = mem_printf("2.5.29.19 1 %s", rows[i].value);
        assert_string_equal(line, want);
        X509_free(x509);
    }
}

static void times_change_their_form_in_2050(void **state)
{
    static const struct {
        int64_t seconds;
        int type;
        const char *text;
    } rows[] = {
        { 2524607999, V_ASN1_UTCTIME, "491231235959Z" },
        { 2524608000, V_ASN1_GENERALIZEDTIME, "20500101000000Z" },
        { -631152000, V_ASN1_UTCTIME, "500101000000Z" },
        { -631152001, V_ASN1_GENERALIZEDTIME, "19491231235959Z" },
        { INT64_C(253402300799), V_ASN1_GENERALIZEDTIME, "99991231235959Z" },
        { 0, V_ASN1_UTCTIME, "700101000000Z" },
    };

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct cert_template t = { .has_not_after = true, .not_after = rows[i].seconds };
        auto_cert *cert = issue(*state, &t);
        X509 *const x509 = parsed(cert);
        const ASN1_TIME *const time = X509_get0_notAfter(x509);
        assert_int_equal(ASN1_STRING_type(time), rows[i].type);
        assert_string_equal((const char *)ASN1_STRING_get0_data(time), rows[i].text);
        assert_int_equal(cert_not_after(cert), rows[i].seconds);
        X509_free(x509);
    }
}

static void signature_algorithm_is_chosen_by_number_or_key(void **state)
{
    const struct world *const w = *state;
    static const struct {
        enum key_type type;
        unsigned bits;
        int64_t number;
        int nid;
    } rows[] = {
        { KEY_ECDSA, 256, 0, NID_ecdsa_with_SHA256 },
        { KEY_ECDSA, 384, 0, NID_ecdsa_with_SHA384 },
        { KEY_ECDSA, 521, 0, NID_ecdsa_with_SHA512 },
        { KEY_ECDSA, 384, 10, NID_ecdsa_with_SHA256 },
        { KEY_ECDSA, 384, 11, NID_ecdsa_with_SHA384 },
        { KEY_ECDSA, 384, 12, NID_ecdsa_with_SHA512 },
        { KEY_ED25519, 0, 0, NID_ED25519 },
        { KEY_RSA, 2048, 0, NID_sha256WithRSAEncryption },
    };

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct err err = { 0 };
        const struct cert_template t = { .signature_algorithm = rows[i].number };
        auto_key *key = key_generate(rows[i].type, rows[i].bits, &err);
        assert_ok(key != NULL, &err);
        auto_cert *cert = cert_issue(&t, key, NULL, key, WORLD_NOW, &err);
        assert_ok(cert != NULL, &err);
        X509 *const x509 = parsed(cert);
        assert_int_equal(X509_get_signature_nid(x509), rows[i].nid);
        X509_free(x509);
        assert_true(cert_issued_by(cert, cert));
    }
    const struct cert_template twelve = { .signature_algorithm = 12 };
    auto_cert *cert = issue(w, &twelve);
    assert_true(cert_issued_by(cert, w->issuer));
}

static void every_key_usage_has_its_bit(void **state)
{
    static const char *const values[] = { "03020780", "03020640", "03020520",
                                          "03020410", "03020308", "03020204",
                                          "03020102", "03020001", "0303070080" };

    for (unsigned bit = 0; bit < COUNT_OF(values); bit++) {
        const struct cert_template t = { .key_usage = 1u << bit };
        auto_cert *cert = issue(*state, &t);
        X509 *const x509 = parsed(cert);
        auto_string *line = extension_line(x509, 0);
        auto_string *want = mem_printf("2.5.29.15 1 %s", values[bit]);
        assert_string_equal(line, want);
        X509_free(x509);
    }
}

static void every_extended_key_usage_number_has_its_oid(void **state)
{
    static const int nids[] = {
        NID_anyExtendedKeyUsage, NID_server_auth,    NID_client_auth, NID_code_sign,
        NID_email_protect,       NID_ipsecEndSystem, NID_ipsecTunnel, NID_ipsecUser,
        NID_time_stamp,          NID_OCSP_sign,      NID_ms_sgc,      NID_ns_sgc,
        NID_ms_code_com,
    };
    const int64_t numbers[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13 };
    const struct cert_template t = { .has_ext_key_usage = true,
                                     .ext_key_usage = numbers,
                                     .ext_key_usage_count = COUNT_OF(numbers) };
    auto_cert *cert = issue(*state, &t);
    X509 *const x509 = parsed(cert);
    EXTENDED_KEY_USAGE *const usages = X509_get_ext_d2i(x509, NID_ext_key_usage, NULL, NULL);
    char kernel[40];

    assert_int_equal(sk_ASN1_OBJECT_num(usages), COUNT_OF(numbers));
    for (int i = 0; i < (int)COUNT_OF(nids); i++)
        assert_int_equal(OBJ_obj2nid(sk_ASN1_OBJECT_value(usages, i)), nids[i]);
    (void)OBJ_obj2txt(kernel, sizeof kernel, sk_ASN1_OBJECT_value(usages, 13), 1);
    assert_string_equal(kernel, "1.3.6.1.4.1.311.61.1.1");
    EXTENDED_KEY_USAGE_free(usages);
    X509_free(x509);
}

static void serials_are_random_below_2_to_the_128(void **state)
{
    const struct cert_template t = { 0 };
    int top_bit = 0;
    uint8_t last[16] = { 0 };

    for (int i = 0; i < 64; i++) {
        auto_cert *cert = issue(*state, &t);
        X509 *const x509 = parsed(cert);
        uint8_t serial[16] = { 0 };
        BIGNUM *const number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(x509), NULL);
        assert_true(BN_num_bits(number) <= 128 && BN_is_negative(number) == 0);
        assert_int_equal(BN_bn2binpad(number, serial, sizeof serial), 16);
        assert_memory_not_equal(serial, last, sizeof serial);
        memcpy(last, serial, sizeof serial);
        top_bit += serial[0] >> 7;
        BN_free(number);
        X509_free(x509);
    }
    assert_in_range(top_bit, 8, 56); /* fails once in 2^30 runs */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(full_template_gives_the_bytes_of_the_reference),
        cmocka_unit_test(empty_template_gives_the_defaults),
        cmocka_unit_test(lists_that_are_present_and_empty_suppress_the_defaults),
        cmocka_unit_test(self_signed_certificate_of_a_marble_has_its_profile),
        cmocka_unit_test(only_dns_name_becomes_the_common_name),
        cmocka_unit_test(empty_subject_makes_the_names_critical),
        cmocka_unit_test(strings_are_printable_when_they_can_be),
        cmocka_unit_test(extra_names_suppress_the_standard_attribute),
        cmocka_unit_test(mapped_address_is_written_as_ipv4),
        cmocka_unit_test(address_of_a_network_is_masked),
        cmocka_unit_test(extra_extension_replaces_the_generated_one),
        cmocka_unit_test(extra_extension_holds_any_bytes),
        cmocka_unit_test(path_lengths_follow_their_rules),
        cmocka_unit_test(times_change_their_form_in_2050),
        cmocka_unit_test(signature_algorithm_is_chosen_by_number_or_key),
        cmocka_unit_test(every_key_usage_has_its_bit),
        cmocka_unit_test(every_extended_key_usage_number_has_its_oid),
        cmocka_unit_test(serials_are_random_below_2_to_the_128),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, world_up, world_down);
}
