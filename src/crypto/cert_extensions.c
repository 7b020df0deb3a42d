/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/cert_internal.h"
#include "crypto/hash.h"

enum { KEY_ID_LEN = 20 }; /* bytes, RFC 7093, 2, method 1 */

/* What the functions below share: where extensions go and what replaces some of them. */
struct writer {
    X509 *x509;
    STACK_OF(X509_EXTENSION) * extras; /* those of the template; they replace generated ones */
    struct err *err;
};

DEFINE_CLEANUP(X509_EXTENSION, extension_cleanup, X509_EXTENSION_free)
DEFINE_CLEANUP(BASIC_CONSTRAINTS, basic_constraints_cleanup, BASIC_CONSTRAINTS_free)
DEFINE_CLEANUP(EXTENDED_KEY_USAGE, key_usages_cleanup, EXTENDED_KEY_USAGE_free)
DEFINE_CLEANUP(AUTHORITY_KEYID, authority_cleanup, AUTHORITY_KEYID_free)
DEFINE_CLEANUP(AUTHORITY_INFO_ACCESS, access_cleanup, AUTHORITY_INFO_ACCESS_free)
DEFINE_CLEANUP(CERTIFICATEPOLICIES, policies_cleanup, CERTIFICATEPOLICIES_free)
DEFINE_CLEANUP(NAME_CONSTRAINTS, constraints_cleanup, NAME_CONSTRAINTS_free)
DEFINE_CLEANUP(CRL_DIST_POINTS, points_cleanup, CRL_DIST_POINTS_free)

static bool refused(const struct writer *w, const char *what)
{
    return libcrypto_refused(w->err, FAIL_INTERNAL, what);
}

/* Encodes and appends, unless the template brings this extension itself. value NULL: no memory. */
static bool add(const struct writer *w, int nid, bool critical, void *value)
{
    if (value == NULL)
        return refused(w, "certificate extension");
    if (X509v3_get_ext_by_NID(w->extras, nid, -1) >= 0)
        return true;
    return X509_add1_ext_i2d(w->x509, nid, value, critical, X509V3_ADD_APPEND) == 1 ||
           refused(w, "certificate extension");
}

/* Bits of manifest.md 7.7 are numbered as in RFC 5280, 4.2.1.3. */
static bool add_key_usage(const struct writer *w, const struct cert_template *t)
{
    const uint32_t usage = t->key_usage != 0 ? t->key_usage : CERT_USAGE_DEFAULT;
    auto_asn1_string *bits = ASN1_BIT_STRING_new();

    if (usage > CERT_USAGE_ALL)
        return err_set(w->err, FAIL_MALFORMED, "KeyUsage: %u has unknown bits", usage);
    for (int bit = 0; bit < 9; bit++) {
        if (bits != NULL && (usage >> bit & 1) != 0 && ASN1_BIT_STRING_set_bit(bits, bit, 1) != 1)
            return refused(w, "KeyUsage");
    }
    return add(w, NID_key_usage, true, bits);
}

const char *const cert_purposes[CERT_PURPOSE_COUNT] = {
    "2.5.29.37.0",
    "1.3.6.1.5.5.7.3.1",
    "1.3.6.1.5.5.7.3.2",
    "1.3.6.1.5.5.7.3.3",
    "1.3.6.1.5.5.7.3.4",
    "1.3.6.1.5.5.7.3.5",
    "1.3.6.1.5.5.7.3.6",
    "1.3.6.1.5.5.7.3.7",
    "1.3.6.1.5.5.7.3.8",
    "1.3.6.1.5.5.7.3.9",
    "1.3.6.1.4.1.311.10.3.3",
    "2.16.840.1.113730.4.1",
    "1.3.6.1.4.1.311.2.1.22",
    "1.3.6.1.4.1.311.61.1.1",
};

static bool push_oid(const struct writer *w, EXTENDED_KEY_USAGE *usages, struct bytes dotted,
                     const char *member)
{
    auto_asn1_object *oid = oid_from_dotted(dotted, member, w->err);

    if (oid == NULL)
        return false;
    if (usages == NULL || sk_ASN1_OBJECT_push(usages, oid) <= 0)
        return refused(w, member);
    oid = NULL; /* the list has it */
    return true;
}

static bool add_ext_key_usage(const struct writer *w, const struct cert_template *t)
{
    static const int64_t defaults[] = { 1, 2 }; /* serverAuth, clientAuth */
    const int64_t *const numbers = t->has_ext_key_usage ? t->ext_key_usage : defaults;
    const size_t count = t->has_ext_key_usage ? t->ext_key_usage_count : COUNT_OF(defaults);
    EXTENDED_KEY_USAGE *usages CLEANUP(key_usages_cleanup) = EXTENDED_KEY_USAGE_new();

    for (size_t i = 0; i < count; i++) {
        if (numbers[i] < 0 || (size_t)numbers[i] >= CERT_PURPOSE_COUNT)
            return err_set(w->err, FAIL_MALFORMED, "ExtKeyUsage[%zu]: %lld is not known", i,
                           (long long)numbers[i]);
        if (!push_oid(w, usages, bytes_of_string(cert_purposes[numbers[i]]), "ExtKeyUsage"))
            return false;
    }
    for (size_t i = 0; i < t->unknown_ext_key_usage.count; i++) {
        if (!push_oid(w, usages, t->unknown_ext_key_usage.dotted[i], "UnknownExtKeyUsage"))
            return false;
    }
    const bool none = count + t->unknown_ext_key_usage.count == 0;
    return none || add(w, NID_ext_key_usage, false, usages);
}

static bool add_basic_constraints(const struct writer *w, const struct cert_template *t)
{
    const bool has_length =
        t->is_ca && (t->max_path_len > 0 || (t->max_path_len == 0 && t->max_path_len_zero));
    BASIC_CONSTRAINTS *basic CLEANUP(basic_constraints_cleanup) = BASIC_CONSTRAINTS_new();

    if (t->is_ca && t->max_path_len < -1)
        return err_set(w->err, FAIL_MALFORMED, "MaxPathLen: %lld is below -1",
                       (long long)t->max_path_len);
    if (!t->is_ca && (t->max_path_len > 0 || t->max_path_len_zero))
        return err_set(w->err, FAIL_MALFORMED, "MaxPathLen: only a CA has a path length");
    if (basic == NULL)
        return refused(w, "IsCA");
    basic->ca = t->is_ca ? 0xff : 0;
    if (has_length && ((basic->pathlen = ASN1_INTEGER_new()) == NULL ||
                       ASN1_INTEGER_set_int64(basic->pathlen, t->max_path_len) != 1))
        return refused(w, "MaxPathLen");
    return add(w, NID_basic_constraints, true, basic);
}

static bool add_subject_key_id(const struct writer *w, const struct cert_template *t)
{
    const ASN1_BIT_STRING *const key = X509_get0_pubkey_bitstr(w->x509);
    uint8_t hash[SHA256_LEN];
    struct bytes id = t->subject_key_id;

    if (id.len == 0 && !t->is_ca)
        return true;
    if (id.len == 0) {
        if (!sha256(asn1_string_bytes(key), hash, w->err))
            return false;
        id = bytes_of(hash, KEY_ID_LEN);
    }
    auto_asn1_string *string = asn1_string_new(V_ASN1_OCTET_STRING, id, w->err);
    return string != NULL && add(w, NID_subject_key_identifier, false, string);
}

static bool add_authority_key_id(const struct writer *w, struct bytes issuer_key_id)
{
    AUTHORITY_KEYID *authority CLEANUP(authority_cleanup) = AUTHORITY_KEYID_new();

    if (issuer_key_id.len == 0)
        return true;
    if (authority == NULL)
        return refused(w, "authority key identifier");
    authority->keyid = asn1_string_new(V_ASN1_OCTET_STRING, issuer_key_id, w->err);
    return authority->keyid != NULL && add(w, NID_authority_key_identifier, false, authority);
}

/* Moves every name into an access description of its own (RFC 5280, 4.2.2.1). */
static bool push_access(const struct writer *w, AUTHORITY_INFO_ACCESS *access, int method,
                        const struct text_list *texts, const char *member)
{
    auto_general_names *names = GENERAL_NAMES_new();

    if (access == NULL || names == NULL)
        return refused(w, member);
    if (!names_add_texts(names, GEN_URI, texts, name_check_ascii, member, w->err))
        return false;
    while (sk_GENERAL_NAME_num(names) > 0) {
        ACCESS_DESCRIPTION *const one = ACCESS_DESCRIPTION_new();
        if (one == NULL || sk_ACCESS_DESCRIPTION_push(access, one) <= 0) {
            ACCESS_DESCRIPTION_free(one);
            return refused(w, member);
        }
        GENERAL_NAME_free(one->location);
        one->location = sk_GENERAL_NAME_shift(names);
        one->method = OBJ_nid2obj(method);
    }
    return true;
}

static bool add_info_access(const struct writer *w, const struct cert_template *t)
{
    AUTHORITY_INFO_ACCESS *access CLEANUP(access_cleanup) = AUTHORITY_INFO_ACCESS_new();

    if (t->ocsp_servers.count + t->issuing_certificate_urls.count == 0)
        return true;
    return push_access(w, access, NID_ad_OCSP, &t->ocsp_servers, "OCSPServer") &&
           push_access(w, access, NID_ad_ca_issuers, &t->issuing_certificate_urls,
                       "IssuingCertificateURL") &&
           add(w, NID_info_access, false, access);
}

static bool add_alternative_names(const struct writer *w, const struct cert_template *t)
{
    const bool nameless = X509_NAME_entry_count(X509_get_subject_name(w->x509)) == 0;
    auto_general_names *names = GENERAL_NAMES_new();

    if (names == NULL)
        return refused(w, "subjectAltName");
    if (!names_add_texts(names, GEN_DNS, &t->dns_names, name_check_ascii, "DNSNames", w->err) ||
        !names_add_texts(names, GEN_EMAIL, &t->email_addresses, name_check_ascii, "EmailAddresses",
                         w->err) ||
        !names_add_addresses(names, &t->ip_addresses, "IPAddresses", w->err) ||
        !names_add_texts(names, GEN_URI, &t->uris, name_check_uri, "URIs", w->err))
        return false;
    /* RFC 5280, 4.2.1.6: critical when it alone names the subject. */
    return sk_GENERAL_NAME_num(names) == 0 || add(w, NID_subject_alt_name, nameless, names);
}

static bool add_policies(const struct writer *w, const struct cert_template *t)
{
    CERTIFICATEPOLICIES *policies CLEANUP(policies_cleanup) = CERTIFICATEPOLICIES_new();

    for (size_t i = 0; i < t->policies.count; i++) {
        auto_asn1_object *oid = oid_from_dotted(t->policies.dotted[i], "Policies", w->err);
        if (oid == NULL)
            return false;
        POLICYINFO *const policy = POLICYINFO_new();
        if (policies == NULL || policy == NULL || sk_POLICYINFO_push(policies, policy) <= 0) {
            POLICYINFO_free(policy);
            return refused(w, "Policies");
        }
        policy->policyid = TAKE(oid);
    }
    return t->policies.count == 0 || add(w, NID_certificate_policies, false, policies);
}

/* The names as subtrees; NULL when there are none. False without memory. */
static bool subtrees_of(const struct writer *w, GENERAL_NAMES *names,
                        STACK_OF(GENERAL_SUBTREE) * *trees)
{
    if (sk_GENERAL_NAME_num(names) == 0)
        return true;
    *trees = sk_GENERAL_SUBTREE_new_null();
    while (*trees != NULL && sk_GENERAL_NAME_num(names) > 0) {
        GENERAL_SUBTREE *const tree = GENERAL_SUBTREE_new();
        if (tree == NULL || sk_GENERAL_SUBTREE_push(*trees, tree) <= 0) {
            GENERAL_SUBTREE_free(tree);
            return refused(w, "name constraints");
        }
        GENERAL_NAME_free(tree->base);
        tree->base = sk_GENERAL_NAME_shift(names);
    }
    return *trees != NULL || refused(w, "name constraints");
}

static bool permitted_names(const struct writer *w, const struct cert_template *t,
                            GENERAL_NAMES *names)
{
    return names_add_texts(names, GEN_DNS, &t->permitted_dns, name_check_domain,
                           "PermittedDNSDomains", w->err) &&
           names_add_ranges(names, t->permitted_ip, t->permitted_ip_count, "PermittedIPRanges",
                            w->err) &&
           names_add_texts(names, GEN_EMAIL, &t->permitted_email, name_check_mailbox,
                           "PermittedEmailAddresses", w->err) &&
           names_add_texts(names, GEN_URI, &t->permitted_uri, name_check_uri_domain,
                           "PermittedURIDomains", w->err);
}

static bool excluded_names(const struct writer *w, const struct cert_template *t,
                           GENERAL_NAMES *names)
{
    return names_add_texts(names, GEN_DNS, &t->excluded_dns, name_check_domain,
                           "ExcludedDNSDomains", w->err) &&
           names_add_ranges(names, t->excluded_ip, t->excluded_ip_count, "ExcludedIPRanges",
                            w->err) &&
           names_add_texts(names, GEN_EMAIL, &t->excluded_email, name_check_mailbox,
                           "ExcludedEmailAddresses", w->err) &&
           names_add_texts(names, GEN_URI, &t->excluded_uri, name_check_uri_domain,
                           "ExcludedURIDomains", w->err);
}

static bool add_name_constraints(const struct writer *w, const struct cert_template *t)
{
    NAME_CONSTRAINTS *constraints CLEANUP(constraints_cleanup) = NAME_CONSTRAINTS_new();
    auto_general_names *permitted = GENERAL_NAMES_new();
    auto_general_names *excluded = GENERAL_NAMES_new();

    if (constraints == NULL || permitted == NULL || excluded == NULL)
        return refused(w, "name constraints");
    if (!permitted_names(w, t, permitted) || !excluded_names(w, t, excluded))
        return false;
    if (sk_GENERAL_NAME_num(permitted) + sk_GENERAL_NAME_num(excluded) == 0)
        return true;
    return subtrees_of(w, permitted, &constraints->permittedSubtrees) &&
           subtrees_of(w, excluded, &constraints->excludedSubtrees) &&
           add(w, NID_name_constraints, t->name_constraints_critical, constraints);
}

/* One distribution point with one full name for each text (RFC 5280, 4.2.1.13). */
static bool push_point(const struct writer *w, CRL_DIST_POINTS *points,
                       const struct text_list *one_text)
{
    DIST_POINT *const point = DIST_POINT_new();

    if (points == NULL || point == NULL || sk_DIST_POINT_push(points, point) <= 0) {
        DIST_POINT_free(point);
        return refused(w, "CRLDistributionPoints");
    }
    point->distpoint = DIST_POINT_NAME_new();
    if (point->distpoint == NULL || (point->distpoint->name.fullname = GENERAL_NAMES_new()) == NULL)
        return refused(w, "CRLDistributionPoints");
    point->distpoint->type = 0; /* fullName */
    return names_add_texts(point->distpoint->name.fullname, GEN_URI, one_text, name_check_ascii,
                           "CRLDistributionPoints", w->err);
}

static bool add_crl_points(const struct writer *w, const struct cert_template *t)
{
    CRL_DIST_POINTS *points CLEANUP(points_cleanup) = CRL_DIST_POINTS_new();

    for (size_t i = 0; i < t->crl_distribution_points.count; i++) {
        const struct text_list one = { true, 1, t->crl_distribution_points.at + i };
        if (!push_point(w, points, &one))
            return false;
    }
    return t->crl_distribution_points.count == 0 ||
           add(w, NID_crl_distribution_points, false, points);
}

/* Extensions that every reader of the certificate will decode. */
static const struct {
    int nid;
    ASN1_ITEM_EXP *item;
} decoded[] = {
    { NID_key_usage, ASN1_ITEM_ref(ASN1_BIT_STRING) },
    { NID_ext_key_usage, ASN1_ITEM_ref(EXTENDED_KEY_USAGE) },
    { NID_basic_constraints, ASN1_ITEM_ref(BASIC_CONSTRAINTS) },
    { NID_subject_key_identifier, ASN1_ITEM_ref(ASN1_OCTET_STRING) },
    { NID_authority_key_identifier, ASN1_ITEM_ref(AUTHORITY_KEYID) },
    { NID_info_access, ASN1_ITEM_ref(AUTHORITY_INFO_ACCESS) },
    { NID_subject_alt_name, ASN1_ITEM_ref(GENERAL_NAMES) },
    { NID_certificate_policies, ASN1_ITEM_ref(CERTIFICATEPOLICIES) },
    { NID_name_constraints, ASN1_ITEM_ref(NAME_CONSTRAINTS) },
    { NID_crl_distribution_points, ASN1_ITEM_ref(CRL_DIST_POINTS) },
};

/* False for one of those with a value that no reader could decode. */
static bool is_decodable(const ASN1_OBJECT *oid, struct bytes value)
{
    const int nid = OBJ_obj2nid(oid);

    for (size_t i = 0; i < COUNT_OF(decoded); i++) {
        if (decoded[i].nid != nid)
            continue;
        const uint8_t *at = value.at;
        const ASN1_ITEM *const item = ASN1_ITEM_ptr(decoded[i].item);
        ASN1_VALUE *const parsed = ASN1_item_d2i(NULL, &at, (long)value.len, item);
        ERR_clear_error();
        const bool whole = parsed != NULL && at == value.at + value.len;
        ASN1_item_free(parsed, item);
        return whole;
    }
    return true;
}

static bool push_extra(const struct cert_extra_extension *extra, size_t place,
                       extension_list **extras, struct err *err)
{
    auto_asn1_object *oid = oid_from_dotted(extra->dotted, "ExtraExtensions", err);
    if (oid == NULL)
        return false;
    auto_asn1_string *value = asn1_string_new(V_ASN1_OCTET_STRING, extra->value, err);
    if (value == NULL)
        return false;
    if (X509v3_get_ext_by_OBJ(*extras, oid, -1) >= 0)
        return err_set(err, FAIL_MALFORMED, "ExtraExtensions[%zu]: %.*s stands twice", place,
                       BYTES_FMT(extra->dotted));
    if (!is_decodable(oid, extra->value))
        return err_set(err, FAIL_MALFORMED, "ExtraExtensions[%zu]: malformed value of %.*s", place,
                       BYTES_FMT(extra->dotted));
    X509_EXTENSION *extension CLEANUP(extension_cleanup) =
        X509_EXTENSION_create_by_OBJ(NULL, oid, extra->critical, value);
    if (extension == NULL || X509v3_add_ext(extras, extension, -1) == NULL)
        return libcrypto_refused(err, FAIL_INTERNAL, "ExtraExtensions");
    return true;
}

static bool add_extras(const struct writer *w)
{
    for (int i = 0; i < X509v3_get_ext_count(w->extras); i++) {
        if (X509_add_ext(w->x509, X509v3_get_ext(w->extras, i), -1) != 1)
            return refused(w, "ExtraExtensions");
    }
    return true;
}

bool cert_add_extensions(X509 *x509, const struct cert_template *t, struct bytes issuer_key_id,
                         struct err *err)
{
    auto_extension_list *extras = NULL;

    for (size_t i = 0; i < t->extension_count; i++) {
        if (!push_extra(&t->extensions[i], i, &extras, err))
            return false;
    }
    const struct writer w = { x509, extras, err };
    return add_key_usage(&w, t) && add_ext_key_usage(&w, t) && add_basic_constraints(&w, t) &&
           add_subject_key_id(&w, t) && add_authority_key_id(&w, issuer_key_id) &&
           add_info_access(&w, t) && add_alternative_names(&w, t) && add_policies(&w, t) &&
           add_name_constraints(&w, t) && add_crl_points(&w, t) && add_extras(&w);
}
