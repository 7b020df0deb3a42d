/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/parse.h"

#include "codec/der.h"

/*
 * A certificate as template, manifest.md 7.7: `Cert` was the base64 text of one. What the original
 * would take over from it is read (RFC 5280, 4.1 and 4.2); the rest has no effect there.
 */

enum list_of {
    DNS_NAMES = 0,
    EMAIL_ADDRESSES,
    URIS,
    IP_ADDRESSES,
    OCSP_SERVERS,
    ISSUING_URLS,
    CRL_POINTS,
    POLICIES,
    OTHER_PURPOSES,
    LIST_COUNT,
};

struct reading {
    struct arena *arena;
    struct cert_template *t;
    struct rows lists[LIST_COUNT]; /* of struct bytes, taken into the template at the end */
};

typedef bool (*read_extension_value)(struct reading *r, struct bytes value);

static void append(struct reading *r, enum list_of list, struct bytes text)
{
    struct rows *const rows = &r->lists[list];

    rows->size = sizeof(struct bytes);
    struct bytes *const row = rows_add(r->arena, rows);
    *row = text;
}

static struct text_list texts_of(const struct reading *r, enum list_of list)
{
    const struct rows *const rows = &r->lists[list];

    return (struct text_list){ rows->count > 0, rows->count, (const void *)rows->at };
}

static struct oid_list oids_of(const struct reading *r, enum list_of list)
{
    return (struct oid_list){ r->lists[list].count, (const void *)r->lists[list].at };
}

static void take_lists(const struct reading *r)
{
    r->t->dns_names = texts_of(r, DNS_NAMES);
    r->t->email_addresses = texts_of(r, EMAIL_ADDRESSES);
    r->t->uris = texts_of(r, URIS);
    r->t->ip_addresses = texts_of(r, IP_ADDRESSES);
    r->t->ocsp_servers = texts_of(r, OCSP_SERVERS);
    r->t->issuing_certificate_urls = texts_of(r, ISSUING_URLS);
    r->t->crl_distribution_points = texts_of(r, CRL_POINTS);
    r->t->policies = oids_of(r, POLICIES);
    r->t->unknown_ext_key_usage = oids_of(r, OTHER_PURPOSES);
}

static bool take_oid(struct reading *r, struct bytes *in, struct bytes *dotted)
{
    struct bytes contents;

    return der_take(in, DER_OID, &contents) && der_oid_text(contents, r->arena, dotted);
}

static bool read_key_usage_bits(struct reading *r, struct bytes value)
{
    struct bytes bits;

    if (!der_take(&value, DER_BIT_STRING, &bits) || bits.len < 1 || bits.len > 3)
        return false;
    for (size_t i = 0; i < 9 && i / 8 + 1 < bits.len; i++) {
        if ((bits.at[i / 8 + 1] << (i % 8) & 0x80) != 0)
            r->t->key_usage |= 1U << i;
    }
    return true;
}

static bool read_purposes(struct reading *r, struct bytes value)
{
    struct bytes list, dotted;

    if (!der_take(&value, DER_SEQUENCE, &list))
        return false;
    int64_t *const known = arena_alloc(r->arena, list.len * sizeof *known);
    r->t->ext_key_usage_count = 0;
    while (list.len > 0) {
        int64_t number = 0;
        if (!take_oid(r, &list, &dotted))
            return false;
        while (number < CERT_PURPOSE_COUNT && !bytes_equal_string(dotted, cert_purposes[number]))
            number++;
        if (number < CERT_PURPOSE_COUNT)
            known[r->t->ext_key_usage_count++] = number;
        else
            append(r, OTHER_PURPOSES, dotted);
    }
    r->t->has_ext_key_usage = r->t->ext_key_usage_count > 0;
    r->t->ext_key_usage = known;
    return true;
}

static bool read_basic_constraints(struct reading *r, struct bytes value)
{
    struct bytes list, ca = BYTES_NONE, path_len = BYTES_NONE;
    bool has_ca, has_path_len;

    if (!der_take(&value, DER_SEQUENCE, &list) ||
        !der_take_optional(&list, DER_BOOLEAN, &ca, &has_ca) ||
        !der_take_optional(&list, DER_INTEGER, &path_len, &has_path_len) || path_len.len > 4)
        return false;
    r->t->is_ca = has_ca && ca.len == 1 && ca.at[0] != 0;
    r->t->max_path_len = has_path_len ? 0 : -1;
    for (size_t i = 0; i < path_len.len; i++)
        r->t->max_path_len = r->t->max_path_len << 8 | path_len.at[i];
    r->t->max_path_len_zero = r->t->max_path_len == 0;
    return true;
}

static bool read_subject_key_id(struct reading *r, struct bytes value)
{
    return der_take(&value, DER_OCTET_STRING, &r->t->subject_key_id);
}

/* GeneralName of RFC 5280, 4.2.1.6; kinds that a template cannot hold are left out. */
static bool read_alternative_names(struct reading *r, struct bytes value)
{
    struct bytes list, name;
    uint8_t tag;

    if (!der_take(&value, DER_SEQUENCE, &list))
        return false;
    while (list.len > 0) {
        if (!der_next(&list, &tag, &name))
            return false;
        if (tag == DER_CONTEXT + 1)
            append(r, EMAIL_ADDRESSES, name);
        else if (tag == DER_CONTEXT + 2)
            append(r, DNS_NAMES, name);
        else if (tag == DER_CONTEXT + 6)
            append(r, URIS, name);
        else if (tag == DER_CONTEXT + 7)
            append(r, IP_ADDRESSES, name);
    }
    return true;
}

static bool read_authority_information(struct reading *r, struct bytes value)
{
    struct bytes list, access, dotted, location;
    uint8_t tag;

    if (!der_take(&value, DER_SEQUENCE, &list))
        return false;
    while (list.len > 0) {
        if (!der_take(&list, DER_SEQUENCE, &access) || !take_oid(r, &access, &dotted) ||
            !der_next(&access, &tag, &location))
            return false;
        if (tag != DER_CONTEXT + 6)
            continue;
        if (bytes_equal_string(dotted, "1.3.6.1.5.5.7.48.1"))
            append(r, OCSP_SERVERS, location);
        else if (bytes_equal_string(dotted, "1.3.6.1.5.5.7.48.2"))
            append(r, ISSUING_URLS, location);
    }
    return true;
}

/* The URIs of one point: DistributionPointName, its choice fullName. */
static bool read_crl_point(struct reading *r, struct bytes point)
{
    struct bytes choice = BYTES_NONE, names = BYTES_NONE, name;
    bool present;
    uint8_t tag;

    if (!der_take_optional(&point, DER_CONTEXT_CONSTRUCTED, &choice, &present) ||
        !der_take_optional(&choice, DER_CONTEXT_CONSTRUCTED, &names, &present))
        return false;
    while (names.len > 0) {
        if (!der_next(&names, &tag, &name))
            return false;
        if (tag == DER_CONTEXT + 6)
            append(r, CRL_POINTS, name);
    }
    return true;
}

static bool read_crl_points(struct reading *r, struct bytes value)
{
    struct bytes list, point;

    if (!der_take(&value, DER_SEQUENCE, &list))
        return false;
    while (list.len > 0) {
        if (!der_take(&list, DER_SEQUENCE, &point) || !read_crl_point(r, point))
            return false;
    }
    return true;
}

static bool read_policy_identifiers(struct reading *r, struct bytes value)
{
    struct bytes list, policy, dotted;

    if (!der_take(&value, DER_SEQUENCE, &list))
        return false;
    while (list.len > 0) {
        if (!der_take(&list, DER_SEQUENCE, &policy) || !take_oid(r, &policy, &dotted))
            return false;
        append(r, POLICIES, dotted);
    }
    return true;
}

static const struct {
    const char *dotted;
    read_extension_value read;
} extensions[] = {
    { "2.5.29.15", read_key_usage_bits },
    { "2.5.29.37", read_purposes },
    { "2.5.29.19", read_basic_constraints },
    { "2.5.29.14", read_subject_key_id },
    { "1.3.6.1.5.5.7.1.1", read_authority_information },
    { "2.5.29.17", read_alternative_names },
    { "2.5.29.32", read_policy_identifiers },
    { "2.5.29.31", read_crl_points },
};

static bool read_extension(struct reading *r, struct bytes extension)
{
    struct bytes dotted, critical, value;
    bool has_critical;

    if (!take_oid(r, &extension, &dotted) ||
        !der_take_optional(&extension, DER_BOOLEAN, &critical, &has_critical) ||
        !der_take(&extension, DER_OCTET_STRING, &value))
        return false;
    for (size_t i = 0; i < COUNT_OF(extensions); i++) {
        if (bytes_equal_string(dotted, extensions[i].dotted))
            return extensions[i].read(r, value);
    }
    /* Name constraints would have to be kept, and are not worth it here. */
    return !bytes_equal_string(dotted, "2.5.29.30");
}

/* Every attribute as a relative name of its own, in the order of the certificate. */
static bool read_subject(struct reading *r, struct bytes names)
{
    struct bytes set, pair, dotted, text;
    uint8_t tag;
    struct cert_extra_name *const all =
        arena_alloc(r->arena, (names.len / 4 + 1) * sizeof *all); /* none is as short as 4 bytes */
    size_t count = 0;

    while (names.len > 0) {
        if (!der_take(&names, DER_SET, &set) || !der_take(&set, DER_SEQUENCE, &pair) ||
            set.len > 0 || !take_oid(r, &pair, &dotted) || !der_next(&pair, &tag, &text) ||
            (tag != DER_UTF8_STRING && tag != DER_PRINTABLE_STRING && tag != DER_IA5_STRING))
            return false;
        if (bytes_equal_string(dotted, "2.5.4.3"))
            r->t->subject.common_name = text;
        all[count++] = (struct cert_extra_name){ dotted, text };
    }
    r->t->subject.extra = all;
    r->t->subject.extra_count = count;
    /* Without one, a name that is not in the certificate would be made up. */
    return r->t->subject.common_name.len > 0;
}

static bool read_signature_algorithm(struct reading *r, struct bytes algorithm)
{
    static const char *const ecdsa[] = { "1.2.840.10045.4.3.2", "1.2.840.10045.4.3.3",
                                         "1.2.840.10045.4.3.4" };
    struct bytes dotted;

    if (!take_oid(r, &algorithm, &dotted))
        return false;
    for (size_t i = 0; i < COUNT_OF(ecdsa); i++) {
        if (bytes_equal_string(dotted, ecdsa[i])) {
            r->t->signature_algorithm = 10 + (int64_t)i;
            return true;
        }
    }
    return false;
}

static bool read_extensions_of(struct reading *r, struct bytes rest)
{
    struct bytes explicit, list, extension;
    uint8_t tag;

    while (rest.len > 0) {
        if (!der_next(&rest, &tag, &explicit))
            return false;
        if (tag != DER_CONTEXT_CONSTRUCTED + 3)
            continue;
        if (!der_take(&explicit, DER_SEQUENCE, &list))
            return false;
        while (list.len > 0) {
            if (!der_take(&list, DER_SEQUENCE, &extension) || !read_extension(r, extension))
                return false;
        }
    }
    return true;
}

static bool read_certificate(struct reading *r, struct bytes der)
{
    struct bytes certificate, tbs, part;
    bool has_version;

    return der_take(&der, DER_SEQUENCE, &certificate) &&
           der_take(&certificate, DER_SEQUENCE, &tbs) &&
           der_take_optional(&tbs, DER_CONTEXT_CONSTRUCTED, &part, &has_version) &&
           der_take(&tbs, DER_INTEGER, &part) &&  /* serial number */
           der_take(&tbs, DER_SEQUENCE, &part) && /* signature */
           read_signature_algorithm(r, part) && der_take(&tbs, DER_SEQUENCE, &part) && /* issuer */
           der_take(&tbs, DER_SEQUENCE, &part) &&                          /* validity */
           der_take(&tbs, DER_SEQUENCE, &part) &&                          /* subject */
           read_subject(r, part) && der_take(&tbs, DER_SEQUENCE, &part) && /* public key */
           read_extensions_of(r, tbs);
}

bool cert_template_from_der(struct bytes der, struct arena *arena, struct cert_template *t)
{
    struct reading r = { .arena = arena, .t = t };

    if (!read_certificate(&r, der))
        return false;
    take_lists(&r);
    return true;
}
