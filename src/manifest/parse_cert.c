/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/parse.h"

#include "codec/text.h"

#include <string.h>

/* `Cert` of a secret in all its JSON forms, manifest.md 7.7. */

static bool read_not_after(struct parse *p, const struct json *value, void *out)
{
    struct cert_draft *const draft = out;
    const int64_t year_1 = -62135596800; /* 0001-01-01T00:00:00Z, the same as none */
    int64_t seconds;
    bool fraction, null;

    if (!json_expect(value, JSON_STRING, &null, p->err))
        return false;
    if (null)
        return true;
    if (!parse_time(value->text, &seconds, &fraction))
        return json_fail(value, p->err, "parsing time \"%.*s\": not a date and time of RFC 3339",
                         BYTES_FMT(value->text));
    draft->template.has_not_after = seconds != year_1 || fraction;
    draft->template.not_after = draft->template.has_not_after ? seconds : 0;
    return true;
}

static bool read_ignored_time(struct parse *p, const struct json *value, void *out)
{
    struct cert_draft scratch = { 0 };

    (void)out;
    return read_not_after(p, value, &scratch);
}

static bool read_key_usage(struct parse *p, const struct json *value, void *out)
{
    struct cert_draft *const draft = out;
    int64_t usage = draft->template.key_usage;

    if (!json_get_int(value, &usage, p->err))
        return false;
    if (usage < 0 || usage > 0x1ff)
        parse_objection(p, value, "unknown key usage");
    draft->template.key_usage = (uint32_t)(usage & 0x1ff);
    return true;
}

static bool read_ext_key_usage(struct parse *p, const struct json *value, void *out)
{
    struct cert_template *const t = &((struct cert_draft *)out)->template;
    struct list list;

    if (!parse_list(p, value, sizeof(int64_t), &list, read_int64))
        return false;
    t->has_ext_key_usage = list.present;
    t->ext_key_usage_count = list.count;
    t->ext_key_usage = list.at;
    for (size_t i = 0; i < list.count; i++) {
        if (t->ext_key_usage[i] < 0 || t->ext_key_usage[i] > 13) {
            parse_objection(p, value, "unknown extended key usage");
            break;
        }
    }
    return true;
}

static bool read_oids(struct parse *p, const struct json *value, void *out)
{
    struct oid_list *const oids = out;
    struct list list;

    if (!parse_list(p, value, sizeof(struct bytes), &list, read_oid))
        return false;
    *oids = (struct oid_list){ list.count, list.at };
    return true;
}

/* Dotted text with two arcs or more, each without leading zeros. */
static bool is_dotted_oid(struct bytes text)
{
    size_t arcs = 0, start = 0;
    unsigned first = 0;

    for (size_t i = 0; i <= text.len; i++) {
        if (i < text.len && text.at[i] != '.') {
            if (text.at[i] < '0' || text.at[i] > '9')
                return false;
            continue;
        }
        const size_t len = i - start;
        if (len == 0 || (len > 1 && text.at[start] == '0'))
            return false;
        if (arcs == 0)
            first = len == 1 ? (unsigned)(text.at[start] - '0') : 3;
        if (arcs == 1 && first < 2 && (len > 2 || (len == 2 && text.at[start] > '3')))
            return false;
        start = i + 1;
        arcs++;
    }
    return arcs >= 2 && first <= 2;
}

static bool read_policy(struct parse *p, const struct json *value, void *out)
{
    struct bytes *const dotted = out;

    if (value->type == JSON_NULL) {
        parse_objection(p, value, "null is not a policy");
        return true;
    }
    if (!json_get_string(value, dotted, p->err))
        return false;
    return is_dotted_oid(*dotted) ||
           json_fail(value, p->err, "invalid object identifier: %.*s", BYTES_FMT(*dotted));
}

static bool read_policies(struct parse *p, const struct json *value, void *out)
{
    struct oid_list *const oids = out;
    struct list list;

    if (!parse_list(p, value, sizeof(struct bytes), &list, read_policy))
        return false;
    *oids = (struct oid_list){ list.count, list.at };
    return true;
}

static bool read_permitted_ips(struct parse *p, const struct json *value, void *out)
{
    struct cert_template *const t = &((struct cert_draft *)out)->template;
    struct list list;

    if (!parse_list(p, value, sizeof(struct cert_ip_range), &list, read_ip_range))
        return false;
    t->permitted_ip_count = list.count;
    t->permitted_ip = list.at;
    return true;
}

static bool read_excluded_ips(struct parse *p, const struct json *value, void *out)
{
    struct cert_template *const t = &((struct cert_draft *)out)->template;
    struct list list;

    if (!parse_list(p, value, sizeof(struct cert_ip_range), &list, read_ip_range))
        return false;
    t->excluded_ip_count = list.count;
    t->excluded_ip = list.at;
    return true;
}

static bool read_extension(struct parse *p, const struct json *value, void *out)
{
    static const struct field fields[] = {
        FIELD("Id", struct cert_extra_extension, dotted, read_oid),
        FIELD("Critical", struct cert_extra_extension, critical, read_bool),
        FIELD("Value", struct cert_extra_extension, value, read_octets_as_bytes),
    };
    struct cert_extra_extension *const extension = out;

    if (!parse_fields(p, value, fields, COUNT_OF(fields), extension))
        return false;
    if (extension->dotted.len == 0)
        parse_objection(p, value, "an extension without Id");
    return true;
}

static bool read_extensions(struct parse *p, const struct json *value, void *out)
{
    struct cert_template *const t = &((struct cert_draft *)out)->template;
    struct list list;

    if (!parse_list(p, value, sizeof(struct cert_extra_extension), &list, read_extension))
        return false;
    t->extension_count = list.count;
    t->extensions = list.at;
    return true;
}

/* Members without effect: only their types count. */

static bool read_ignored_bool(struct parse *p, const struct json *value, void *out)
{
    bool scratch;

    (void)out;
    return read_bool(p, value, &scratch);
}

static bool read_ignored_int(struct parse *p, const struct json *value, void *out)
{
    int64_t scratch;

    (void)out;
    return read_int64(p, value, &scratch);
}

static bool read_ignored_octets(struct parse *p, const struct json *value, void *out)
{
    struct octets scratch;

    (void)out;
    return read_octets(p, value, &scratch);
}

static bool read_ignored_subject(struct parse *p, const struct json *value, void *out)
{
    struct cert_template scratch = { 0 };
    struct rows objections = { .size = sizeof(struct manifest_objection) };
    struct parse without_objections = { p->arena, p->err, &objections, NULL, NULL };

    (void)out;
    return read_cert_subject(&without_objections, value, &scratch);
}

static bool read_ignored_extension(struct parse *p, const struct json *value, void *out)
{
    static const struct field fields[] = {
        { "Id", read_ignored_ints, 0 },
        { "Critical", read_ignored_bool, 0 },
        { "Value", read_ignored_octets, 0 },
    };

    return parse_fields(p, value, fields, COUNT_OF(fields), out);
}

static bool read_ignored_extensions(struct parse *p, const struct json *value, void *out)
{
    struct list list;

    (void)out;
    return parse_list(p, value, 1, &list, read_ignored_extension);
}

static bool read_ignored_oids(struct parse *p, const struct json *value, void *out)
{
    struct list list;

    (void)out;
    return parse_list(p, value, 1, &list, read_ignored_ints);
}

/* A whole number of any size. */
static bool read_ignored_big_int(struct parse *p, const struct json *value, void *out)
{
    bool null;

    (void)out;
    if (!json_expect(value, JSON_NUMBER, &null, p->err))
        return false;
    for (size_t i = 0; !null && i < value->text.len; i++) {
        const uint8_t c = value->text.at[i];
        if ((c < '0' || c > '9') && !(i == 0 && c == '-'))
            return json_fail(value, p->err, "not a whole number");
    }
    return true;
}

static bool read_raw(struct parse *p, const struct json *value, void *out)
{
    struct cert_draft *const draft = out;
    struct octets raw = { 0 };

    if (!read_octets(p, value, &raw))
        return false;
    draft->has_raw = raw.value.len > 0;
    return true;
}

static bool read_raw_subject(struct parse *p, const struct json *value, void *out)
{
    struct octets raw = { 0 };

    (void)out;
    if (!read_octets(p, value, &raw))
        return false;
    if (raw.value.len > 0)
        parse_objection(p, value, "RawSubject is not supported, use Subject");
    return true;
}

#define MEMBER(name, member, read) FIELD(name, struct cert_draft, template.member, read)
/* The reader gets the whole draft. */
#define WHOLE(name, read)                                                                          \
    {                                                                                              \
        (name), (read), 0                                                                          \
    }
static const struct field cert_fields[] = {
    FIELD("Subject", struct cert_draft, template, read_cert_subject),
    MEMBER("DNSNames", dns_names, read_texts),
    MEMBER("EmailAddresses", email_addresses, read_texts),
    MEMBER("IPAddresses", ip_addresses, read_ips),
    MEMBER("URIs", uris, read_uris),
    WHOLE("NotAfter", read_not_after),
    WHOLE("KeyUsage", read_key_usage),
    WHOLE("ExtKeyUsage", read_ext_key_usage),
    MEMBER("UnknownExtKeyUsage", unknown_ext_key_usage, read_oids),
    MEMBER("IsCA", is_ca, read_bool),
    MEMBER("MaxPathLen", max_path_len, read_int64),
    MEMBER("MaxPathLenZero", max_path_len_zero, read_bool),
    MEMBER("SubjectKeyId", subject_key_id, read_octets_as_bytes),
    MEMBER("SignatureAlgorithm", signature_algorithm, read_int64),
    MEMBER("OCSPServer", ocsp_servers, read_texts),
    MEMBER("IssuingCertificateURL", issuing_certificate_urls, read_texts),
    MEMBER("CRLDistributionPoints", crl_distribution_points, read_texts),
    MEMBER("Policies", policies, read_policies),
    MEMBER("PermittedDNSDomainsCritical", name_constraints_critical, read_bool),
    MEMBER("PermittedDNSDomains", permitted_dns, read_texts),
    MEMBER("ExcludedDNSDomains", excluded_dns, read_texts),
    MEMBER("PermittedEmailAddresses", permitted_email, read_texts),
    MEMBER("ExcludedEmailAddresses", excluded_email, read_texts),
    MEMBER("PermittedURIDomains", permitted_uri, read_texts),
    MEMBER("ExcludedURIDomains", excluded_uri, read_texts),
    WHOLE("PermittedIPRanges", read_permitted_ips),
    WHOLE("ExcludedIPRanges", read_excluded_ips),
    WHOLE("ExtraExtensions", read_extensions),
    WHOLE("Raw", read_raw),
    WHOLE("RawSubject", read_raw_subject),
    WHOLE("SerialNumber", read_ignored_big_int),
    WHOLE("AuthorityKeyId", read_ignored_octets),
    WHOLE("Issuer", read_ignored_subject),
    WHOLE("NotBefore", read_ignored_time),
    WHOLE("BasicConstraintsValid", read_ignored_bool),
    WHOLE("Version", read_ignored_int),
    WHOLE("PublicKeyAlgorithm", read_ignored_int),
    WHOLE("Signature", read_ignored_octets),
    WHOLE("Extensions", read_ignored_extensions),
    WHOLE("RawTBSCertificate", read_ignored_octets),
    WHOLE("RawSubjectPublicKeyInfo", read_ignored_octets),
    WHOLE("RawIssuer", read_ignored_octets),
    WHOLE("PolicyIdentifiers", read_ignored_oids),
    WHOLE("UnhandledCriticalExtensions", read_ignored_oids),
};

static bool parse_cert_text(struct parse *p, const struct json *value, struct cert_draft *draft)
{
    auto_buf der = { 0 };
    struct err cause = { 0 };

    if (!base64_decode(&der, BASE64_STANDARD, value->text, &cause)) {
        /* The original takes such a text, for example PEM, for an empty template. */
        parse_objection(p, value,
                        "Cert is neither an object nor the base64 text of a DER "
                        "certificate");
        return true;
    }
    auto_cert *cert = cert_from_der(buf_bytes(&der), &cause);
    if (cert == NULL)
        return json_fail(value, p->err, "%s", cause.text);
    draft->has_cert = true;
    draft->der.present = true;
    draft->der.value = arena_bytes(p->arena, buf_bytes(&der));
    draft->no_template = !cert_template_from_der(draft->der.value, p->arena, &draft->template);
    draft->template.has_not_after = true;
    draft->template.not_after = cert_not_after(cert);
    return true;
}

bool parse_cert(struct parse *p, const struct json *value, void *out)
{
    struct cert_draft *const draft = out;

    *draft = (struct cert_draft){ .source = value };
    switch (value->type) {
    case JSON_NULL:
        return true;
    case JSON_OBJECT:
        draft->has_cert = true;
        return parse_fields(p, value, cert_fields, COUNT_OF(cert_fields), draft);
    case JSON_STRING:
        return parse_cert_text(p, value, draft);
    case JSON_NONE:
    case JSON_BOOL:
    case JSON_NUMBER:
    case JSON_ARRAY:
        break;
    }
    return json_fail(value, p->err, "neither an object nor base64 text");
}
