/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"
#include "crypto/cert_internal.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/bn.h>

enum { SERIAL_BITS = 128, DEFAULT_DAYS = 365, SECONDS_A_DAY = 86400 };
/* 0000-01-01T00:00:00Z and 9999-12-31T23:59:59Z: what GeneralizedTime can say (RFC 5280, 4.1.2.5.2). */
#define FIRST_SECOND INT64_C(-62167219200)
#define LAST_SECOND INT64_C(253402300799)

/* X.680, 41.4: what PrintableString may hold. */
static bool is_printable(struct bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        const uint8_t c = text.at[i];
        const bool alphanumeric =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!alphanumeric && (c == '\0' || strchr(" '()+,-./:=?", c) == NULL))
            return false;
    }
    return true;
}

/* Adds one attribute; `joined`: to the RDN before it. */
static bool add_attribute(X509_NAME *name, const ASN1_OBJECT *oid, struct bytes value, bool joined,
                          const char *member, struct err *err)
{
    if (!utf8_valid(value))
        return err_set(err, FAIL_MALFORMED, "Subject.%s: not UTF-8", member);
    const int type = is_printable(value) ? V_ASN1_PRINTABLESTRING : V_ASN1_UTF8STRING;
    const unsigned char *const at = value.at != NULL ? value.at : (const unsigned char *)"";
    if (value.len > INT32_MAX ||
        X509_NAME_add_entry_by_OBJ(name, oid, type, at, (int)value.len, -1, joined ? -1 : 0) != 1)
        return libcrypto_refused(err, FAIL_INTERNAL, member);
    return true;
}

/* Does ExtraNames bring this attribute itself? Its syntax is checked where it is added. */
static bool is_in_extra(const struct cert_template *t, int nid)
{
    char dotted[32];
    const int len = OBJ_obj2txt(dotted, sizeof dotted, OBJ_nid2obj(nid), 1);

    for (size_t i = 0; i < t->subject.extra_count; i++) {
        if (bytes_equal(t->subject.extra[i].dotted, bytes_of(dotted, (size_t)len)))
            return true;
    }
    return false;
}

static bool add_standard_names(X509_NAME *name, const struct cert_template *t,
                               struct bytes common_name, struct err *err)
{
    const struct text_list common = { true, common_name.len > 0 ? 1 : 0, &common_name };
    const struct text_list serial = { true, t->subject.serial_number.len > 0 ? 1 : 0,
                                      &t->subject.serial_number };
    const struct {
        int nid;
        const char *member;
        const struct text_list *values;
    } in_order[] = {
        { NID_countryName, "Country", &t->subject.country },
        { NID_stateOrProvinceName, "Province", &t->subject.province },
        { NID_localityName, "Locality", &t->subject.locality },
        { NID_streetAddress, "StreetAddress", &t->subject.street_address },
        { NID_postalCode, "PostalCode", &t->subject.postal_code },
        { NID_organizationName, "Organization", &t->subject.organization },
        { NID_organizationalUnitName, "OrganizationalUnit", &t->subject.organizational_unit },
        { NID_commonName, "CommonName", &common },
        { NID_serialNumber, "SerialNumber", &serial },
    };

    for (size_t i = 0; i < COUNT_OF(in_order); i++) {
        const struct text_list *const values = in_order[i].values;
        for (size_t v = 0; v < values->count && !is_in_extra(t, in_order[i].nid); v++) {
            if (!add_attribute(name, OBJ_nid2obj(in_order[i].nid), values->at[v], v > 0,
                               in_order[i].member, err))
                return false;
        }
    }
    return true;
}

static bool add_extra_names(X509_NAME *name, const struct cert_template *t, struct err *err)
{
    for (size_t i = 0; i < t->subject.extra_count; i++) {
        const struct cert_extra_name *const extra = &t->subject.extra[i];
        auto_asn1_object *oid = oid_from_dotted(extra->dotted, "Subject.ExtraNames", err);
        if (oid == NULL || !add_attribute(name, oid, extra->value, false, "ExtraNames", err))
            return false;
    }
    return true;
}

/* The common name that stands in for an absent one (manifest.md 7.6). */
static struct bytes common_name_of(const struct cert_template *t)
{
    if (t->subject.common_name.len > 0)
        return t->subject.common_name;
    if (t->dns_names.count == 1)
        return t->dns_names.at[0];
    return BYTES_LITERAL("MarbleRun Generated Certificate");
}

static bool set_subject(X509 *x509, const struct cert_template *t, struct err *err)
{
    /* The name inside the certificate: libcrypto gives it without const. */
    X509_NAME *const name = X509_get_subject_name(x509);

    return add_standard_names(name, t, common_name_of(t), err) && add_extra_names(name, t, err);
}

static bool set_time(ASN1_TIME *field, int64_t seconds, const char *member, struct err *err)
{
    if (seconds < FIRST_SECOND || seconds > LAST_SECOND)
        return err_set(err, FAIL_MALFORMED, "%s: beyond the years 0 to 9999", member);
    return ASN1_TIME_set(field, (time_t)seconds) != NULL ||
           libcrypto_refused(err, FAIL_INTERNAL, member);
}

static bool set_validity(X509 *x509, const struct cert_template *t, int64_t now, struct err *err)
{
    const uint64_t days = t->valid_for_days != 0 ? t->valid_for_days : DEFAULT_DAYS;
    int64_t not_after = t->not_after;

    if (!set_time(X509_getm_notBefore(x509), now, "notBefore", err))
        return false;
    if (!t->has_not_after) {
        if (days > (uint64_t)(LAST_SECOND / SECONDS_A_DAY))
            return err_set(err, FAIL_MALFORMED, "ValidFor: ends after the year 9999");
        not_after = now + (int64_t)days * SECONDS_A_DAY;
    }
    return set_time(X509_getm_notAfter(x509), not_after, t->has_not_after ? "NotAfter" : "ValidFor",
                    err);
}

static bool set_serial(X509 *x509, struct err *err)
{
    BIGNUM *const number = BN_new();
    const bool set = number != NULL &&
                     BN_rand(number, SERIAL_BITS, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1 &&
                     BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x509)) != NULL;

    BN_free(number);
    return set || libcrypto_refused(err, FAIL_INTERNAL, "certificate serial");
}

const EVP_MD *signing_digest(const struct key *key)
{
    const int type = EVP_PKEY_get_base_id(key_pkey(key));
    const int bits = EVP_PKEY_get_bits(key_pkey(key));

    if (type == EVP_PKEY_EC)
        return bits <= 256 ? EVP_sha256() : bits <= 384 ? EVP_sha384() : EVP_sha512();
    return type == EVP_PKEY_ED25519 ? NULL : EVP_sha256();
}

/* *digest NULL: the key does without. */
static bool signature_digest(const struct cert_template *t, const struct key *issuer_key,
                             const EVP_MD **digest, struct err *err)
{
    const bool is_ec = EVP_PKEY_get_base_id(key_pkey(issuer_key)) == EVP_PKEY_EC;
    const EVP_MD *const by_number[] = { EVP_sha256(), EVP_sha384(), EVP_sha512() };

    if (t->signature_algorithm != 0) {
        if (!is_ec || t->signature_algorithm < 10 || t->signature_algorithm > 12)
            return err_set(err, FAIL_MALFORMED, "SignatureAlgorithm: %lld is not possible",
                           (long long)t->signature_algorithm);
        *digest = by_number[t->signature_algorithm - 10];
    } else {
        *digest = signing_digest(issuer_key);
    }
    return true;
}

/* The template with the names that stand in for absent ones (manifest.md 7.6). */
static struct cert_template with_default_names(const struct cert_template *t)
{
    static const uint8_t loopback4[] = { 127, 0, 0, 1 };
    static const uint8_t loopback6[] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 };
    static const struct bytes host[] = { { (const uint8_t *)"localhost", 9 } };
    static const struct bytes addresses[] = { { loopback4, sizeof loopback4 },
                                              { loopback6, sizeof loopback6 } };
    struct cert_template filled = *t;

    if (!t->dns_names.present)
        filled.dns_names = (struct text_list){ true, COUNT_OF(host), host };
    if (!t->ip_addresses.present)
        filled.ip_addresses = (struct text_list){ true, COUNT_OF(addresses), addresses };
    return filled;
}

/*
 * A leaf for somebody else leaves as DER and is not looked at again: then the key's bits are set alone. The
 * usual way encodes the key and decodes it again, which takes half the time of issuing.
 */
static bool set_public_key(X509 *x509, const struct key *key, bool is_others_leaf)
{
    uint8_t point[P384_POINT_LEN];

    if (!is_others_leaf || !key_p384_point(key, point))
        return X509_set_pubkey(x509, key_pkey(key)) == 1;
    uint8_t *const copy = OPENSSL_memdup(point, sizeof point);
    if (copy != NULL &&
        X509_PUBKEY_set0_param(X509_get_X509_PUBKEY(x509), OBJ_nid2obj(NID_X9_62_id_ecPublicKey),
                               V_ASN1_OBJECT, OBJ_nid2obj(NID_secp384r1), copy, sizeof point) == 1)
        return true;
    OPENSSL_free(copy);
    return false;
}

struct cert *cert_issue(const struct cert_template *t, struct key *subject_key,
                        const struct cert *issuer, struct key *issuer_key, int64_t now,
                        struct err *err)
{
    const struct cert_template filled = with_default_names(t);
    const struct bytes issuer_key_id = issuer != NULL ? cert_subject_key_id(issuer) : BYTES_NONE;
    const EVP_MD *digest = NULL;
    auto_x509 *x509 = X509_new();

    if (x509 == NULL || X509_set_version(x509, X509_VERSION_3) != 1 ||
        !set_public_key(x509, subject_key, issuer != NULL && !t->is_ca)) {
        (void)libcrypto_refused(err, FAIL_INTERNAL, "certificate");
        return NULL;
    }
    if (!signature_digest(t, issuer_key, &digest, err) || !set_serial(x509, err) ||
        !set_validity(x509, &filled, now, err) || !set_subject(x509, &filled, err) ||
        !cert_add_extensions(x509, &filled, issuer_key_id, err))
        return NULL;
    const X509_NAME *const issuer_name =
        X509_get_subject_name(issuer != NULL ? cert_x509(issuer) : x509);
    if (X509_set_issuer_name(x509, issuer_name) != 1 ||
        X509_sign(x509, key_pkey(issuer_key), digest) <= 0) {
        (void)libcrypto_refused(err, FAIL_INTERNAL, "certificate: signing");
        return NULL;
    }
    return cert_of_x509(TAKE(x509), err);
}

struct ca_names {
    size_t dns_count, address_count;
    struct bytes *dns, *addresses; /* room for all names and the two defaults */
    uint8_t (*raw)[16];
};

/* Sorts a name of the configuration to the addresses or to the DNS names. */
static void ca_names_add(struct ca_names *names, struct bytes text)
{
    uint8_t *const raw = names->raw[names->address_count];
    auto_string *terminated = bytes_to_string(text);
    const bool whole = strlen(terminated) == text.len;

    if (whole && inet_pton(AF_INET, terminated, raw) == 1)
        names->addresses[names->address_count++] = bytes_of(raw, 4);
    else if (whole && inet_pton(AF_INET6, terminated, raw) == 1)
        names->addresses[names->address_count++] = bytes_of(raw, 16);
    else
        names->dns[names->dns_count++] = text;
}

struct cert *cert_issue_ca(const char *common_name, const struct bytes *names, size_t name_count,
                           struct key *subject_key, const struct cert *issuer,
                           struct key *issuer_key, int64_t now, struct err *err)
{
    struct ca_names sorted = {
        .dns = mem_zero_alloc(name_count + 2, sizeof(struct bytes)),
        .addresses = mem_zero_alloc(name_count + 2, sizeof(struct bytes)),
        .raw = mem_zero_alloc(name_count + 2, sizeof *sorted.raw),
    };

    ca_names_add(&sorted, BYTES_LITERAL("127.0.0.1"));
    ca_names_add(&sorted, BYTES_LITERAL("::1"));
    for (size_t i = 0; i < name_count; i++)
        ca_names_add(&sorted, names[i]);
    const struct cert_template t = {
        .subject.common_name = bytes_of_string(common_name),
        .dns_names = { true, sorted.dns_count, sorted.dns },
        .ip_addresses = { true, sorted.address_count, sorted.addresses },
        .has_not_after = true,
        .not_after = now + CERT_FOREVER_SECONDS,
        .is_ca = true,
    };
    struct cert *const cert = cert_issue(&t, subject_key, issuer, issuer_key, now, err);
    free(sorted.dns);
    free(sorted.addresses);
    free(sorted.raw);
    return cert;
}
