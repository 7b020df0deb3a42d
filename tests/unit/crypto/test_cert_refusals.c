/* SPDX-License-Identifier: Apache-2.0 */
#include "test_certs.h"

struct refusal {
    const char *member; /* how the text of the error starts */
    struct cert_template t;
};

#define REFUSE_ONE_TEXT(name, member_, text)                                                       \
    {                                                                                              \
        name "[0]",                                                                                \
        {                                                                                          \
            .member_ = TEXTS(T(text))                                                              \
        }                                                                                          \
    }

static void issue_refuses_what_cannot_be_encoded_and_names_the_member(void **state)
{
    const struct refusal refusals[] = {
        { "ExtKeyUsage[1]: 14",
          { .has_ext_key_usage = true,
            .ext_key_usage_count = 2,
            .ext_key_usage = (int64_t[]){ 1, 14 } } },
        { "ExtKeyUsage[0]: -1",
          { .has_ext_key_usage = true,
            .ext_key_usage_count = 1,
            .ext_key_usage = (int64_t[]){ -1 } } },
        { "UnknownExtKeyUsage", { .unknown_ext_key_usage = { 1, &T("1") } } },
        { "KeyUsage: 512", { .key_usage = 512 } },
        { "MaxPathLen: -2", { .is_ca = true, .max_path_len = -2 } },
        { "MaxPathLen: only", { .max_path_len = 1 } },
        { "MaxPathLen: only", { .max_path_len_zero = true } },
        { "SignatureAlgorithm: 9", { .signature_algorithm = 9 } },
        { "SignatureAlgorithm: 13", { .signature_algorithm = 13 } },
        { "SignatureAlgorithm: 4", { .signature_algorithm = 4 } },
        { "SignatureAlgorithm: -1", { .signature_algorithm = -1 } },
        { "ValidFor", { .valid_for_days = 4000000 } },
        { "ValidFor", { .valid_for_days = UINT64_MAX } },
        { "ValidFor", { .valid_for_days = 2932000 } },
        { "NotAfter", { .has_not_after = true, .not_after = INT64_C(253402300800) } },
        { "NotAfter", { .has_not_after = true, .not_after = INT64_C(-62167219201) } },
        { "NotAfter", { .has_not_after = true, .not_after = INT64_MAX } },
        { "NotAfter", { .has_not_after = true, .not_after = INT64_MIN } },
        REFUSE_ONE_TEXT("DNSNames", dns_names, "m\xc3\xbcller.example"),
        { "DNSNames[1]", { .dns_names = TEXTS(T("a"), T("\x80")) } },
        REFUSE_ONE_TEXT("EmailAddresses", email_addresses, "\xc3\xa9@example"),
        REFUSE_ONE_TEXT("IPAddresses", ip_addresses, ""),
        REFUSE_ONE_TEXT("IPAddresses", ip_addresses, "\1\2\3"),
        REFUSE_ONE_TEXT("IPAddresses", ip_addresses, "\1\2\3\4\5"),
        REFUSE_ONE_TEXT("IPAddresses", ip_addresses, "\1\2\3\4\5\6\7\x8\1\2\3\4\5\6\7\x8\x9"),
        REFUSE_ONE_TEXT("URIs", uris, "s://a..b/p"),
        REFUSE_ONE_TEXT("URIs", uris, "s://a./p"),
        REFUSE_ONE_TEXT("URIs", uris, "s://.a/p"),
        REFUSE_ONE_TEXT("URIs", uris, "s://a%20b/p"),
        REFUSE_ONE_TEXT("URIs", uris, "s://a b"),
        REFUSE_ONE_TEXT("URIs", uris, "s://h:x/p"),
        REFUSE_ONE_TEXT("URIs", uris, "s://a..b:80?q"),
        REFUSE_ONE_TEXT("URIs", uris, "s://u@a..b#f"),
        REFUSE_ONE_TEXT("URIs", uris, "//a..b"),
        REFUSE_ONE_TEXT("URIs", uris, "s://[::1"),
        REFUSE_ONE_TEXT("URIs", uris, "s://[]"),
        REFUSE_ONE_TEXT("URIs", uris, "s://[::1]x"),
        REFUSE_ONE_TEXT("URIs", uris, "s://h/\xc3\xa9"),
        REFUSE_ONE_TEXT("URIs", uris, "s://h/\n"),
        REFUSE_ONE_TEXT("OCSPServer", ocsp_servers, "\xc3\xa9"),
        REFUSE_ONE_TEXT("IssuingCertificateURL", issuing_certificate_urls, "\xc3\xa9"),
        REFUSE_ONE_TEXT("CRLDistributionPoints", crl_distribution_points, "\xc3\xa9"),
        REFUSE_ONE_TEXT("PermittedDNSDomains", permitted_dns, "\xc3\xa9"),
        REFUSE_ONE_TEXT("PermittedDNSDomains", permitted_dns, "a..b"),
        REFUSE_ONE_TEXT("ExcludedDNSDomains", excluded_dns, "..a"),
        REFUSE_ONE_TEXT("ExcludedDNSDomains", excluded_dns, "a."),
        REFUSE_ONE_TEXT("PermittedEmailAddresses", permitted_email, "@a"),
        REFUSE_ONE_TEXT("PermittedEmailAddresses", permitted_email, "a@"),
        REFUSE_ONE_TEXT("PermittedEmailAddresses", permitted_email, "\xc3\xa9@a"),
        REFUSE_ONE_TEXT("ExcludedEmailAddresses", excluded_email, "a b"),
        REFUSE_ONE_TEXT("PermittedURIDomains", permitted_uri, "1.2.3.4"),
        REFUSE_ONE_TEXT("PermittedURIDomains", permitted_uri, "::1"),
        REFUSE_ONE_TEXT("ExcludedURIDomains", excluded_uri, "\xc3\xa9"),
        { "PermittedIPRanges[0]",
          { .permitted_ip_count = 1,
            .permitted_ip =
                &(const struct cert_ip_range){ T("\1\2\3\4"),
                                               T("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0") } } },
        { "PermittedIPRanges[0]",
          { .permitted_ip_count = 1,
            .permitted_ip = &(const struct cert_ip_range){ T(""), T("") } } },
        { "ExcludedIPRanges[0]",
          { .excluded_ip_count = 1,
            .excluded_ip = &(const struct cert_ip_range){ T("\1\2\3\4"), T("\xff\0\xff\0") } } },
        { "Policies", { .policies = { 1, &T("1.2.3 4") } } },
        { "Policies", { .policies = { 1, &T("") } } },
        { "ExtraExtensions[1]: 1.2.3",
          { .extension_count = 2,
            .extensions = (const struct cert_extra_extension[]){ { T("1.2.3"), T("a"), false },
                                                                 { T("1.2.3"), T("b"), true } } } },
        { "ExtraExtensions[0]: malformed",
          { .extension_count = 1,
            .extensions =
                &(const struct cert_extra_extension){ T("2.5.29.15"), T("\1"), false } } },
        { "ExtraExtensions[0]: malformed",
          { .extension_count = 1,
            .extensions =
                &(const struct cert_extra_extension){ T("2.5.29.17"), T("\x30\0\0"), false } } },
        { "ExtraExtensions",
          { .extension_count = 1,
            .extensions = &(const struct cert_extra_extension){ T("2.5"
                                                                  ".x"),
                                                                T(""), false } } },
        { "Subject.Country", { .subject.country = TEXTS(T("\xff")) } },
        { "Subject.CommonName", { .subject.common_name = T("\xc3") } },
        { "Subject.ExtraNames",
          { .subject = { .extra_count = 1,
                         .extra = &(const struct cert_extra_name){ T("3.1"), T("x") } } } },
    };
    const struct world *const w = *state;

    for (size_t i = 0; i < COUNT_OF(refusals); i++) {
        struct err err = { 0 };
        struct cert *const cert =
            cert_issue(&refusals[i].t, w->subject_key, w->issuer, w->issuer_key, WORLD_NOW, &err);
        if (cert != NULL)
            fail_msg("row %zu (%s): issued", i, refusals[i].member);
        if (strncmp(err.text, refusals[i].member, strlen(refusals[i].member)) != 0)
            fail_msg("row %zu (%s): %s", i, refusals[i].member, err.text);
        assert_int_equal(err.kind, FAIL_MALFORMED);
    }
}

static void issue_accepts_what_the_reference_accepts(void **state)
{
    const struct refusal rows[] = {
        REFUSE_ONE_TEXT("DNSNames", dns_names, "a b"),
        REFUSE_ONE_TEXT("DNSNames", dns_names, "..a"),
        REFUSE_ONE_TEXT("URIs", uris, "s://[::1]:80/p"),
        REFUSE_ONE_TEXT("URIs", uris, "s://h:80"),
        REFUSE_ONE_TEXT("URIs", uris, "s://h:"),
        REFUSE_ONE_TEXT("URIs", uris, "s://u:p@h:80/a..b"),
        REFUSE_ONE_TEXT("URIs", uris, "s:///p"),
        REFUSE_ONE_TEXT("URIs", uris, "s://"),
        REFUSE_ONE_TEXT("URIs", uris, "mailto:a//a..b"),
        REFUSE_ONE_TEXT("URIs", uris, "/a..b//c..d"),
        REFUSE_ONE_TEXT("URIs", uris, ""),
        REFUSE_ONE_TEXT("PermittedDNSDomains", permitted_dns, ""),
        REFUSE_ONE_TEXT("PermittedDNSDomains", permitted_dns, ".a"),
        REFUSE_ONE_TEXT("PermittedEmailAddresses", permitted_email, "x@a.b"),
        REFUSE_ONE_TEXT("PermittedEmailAddresses", permitted_email, ".a"),
        { "NotAfter", { .has_not_after = true, .not_after = WORLD_NOW - 1 } },
        { "NotAfter", { .has_not_after = true, .not_after = INT64_C(-62167219200) } },
        { "MaxPathLen", { .max_path_len = -5 } },
        { "OID",
          { .policies = { 3, (const struct bytes[]){ T("0.39"), T("2.999.1"), T("1.0.0") } } } },
    };

    for (size_t i = 0; i < COUNT_OF(rows); i++)
        cert_free(issue(*state, &rows[i].t));
}

static void oids_follow_their_syntax(void **state)
{
    static const struct bytes bad[] = {
        T("1"),    T("."),    T("1."),   T(".1"),  T("1..2"), T("3.1"),     T("1.40"), T("0.40"),
        T("01.2"), T("1.02"), T("1.2 "), T("a.b"), T("1 2"),  T("1.2\0.3"), T("-1.2"), T("10.2"),
    };

    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        const struct world *const w = *state;
        struct err err = { 0 };
        const struct cert_template t = { .policies = { 1, &bad[i] } };
        assert_null(cert_issue(&t, w->subject_key, w->issuer, w->issuer_key, WORLD_NOW, &err));
        assert_int_equal(err.kind, FAIL_MALFORMED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(issue_refuses_what_cannot_be_encoded_and_names_the_member),
        cmocka_unit_test(issue_accepts_what_the_reference_accepts),
        cmocka_unit_test(oids_follow_their_syntax),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, world_up, world_down);
}
