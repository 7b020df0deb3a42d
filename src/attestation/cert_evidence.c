/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/cert_evidence.h"

#include "attestation/intel_pck.h"
#include "attestation/tagged_evidence.h"
#include "codec/der.h"
#include "codec/text.h"
#include "crypto/hash.h"

static const char *const rule_texts[] = {
    [KEY_RULE_SPKI] = "SHA-256 of SubjectPublicKeyInfo",
    [KEY_RULE_PEM] = "SHA-256 of the public key as PEM",
    [KEY_RULE_SPKI_OR_PEM] = "SHA-256 of SubjectPublicKeyInfo or of the public key as PEM",
    [KEY_RULE_CLAIMS] = "SHA-256 of claims that have SHA-256 of SubjectPublicKeyInfo",
};

/*
 * In the order of preference. Gramine wrote tag and length of the OID into the OID, which then reads as the second of the
 * two. Programs on Open Enclave hash the key in either form.
 */
static const struct scheme {
    const char *oid, *name;
    enum key_rule rule;
} schemes[] = {
    { "2.23.133.5.4.9", "TCG DICE tagged evidence", KEY_RULE_CLAIMS },
    { "1.2.840.113741.1337.6", "RA-TLS", KEY_RULE_SPKI },
    { "0.6.9.42.840.113741.1337.6", "RA-TLS of Gramine", KEY_RULE_SPKI },
    { "1.3.6.1.4.1.311.105.1", "Open Enclave", KEY_RULE_SPKI_OR_PEM },
    { "1.2.840.113556.10.1.1", "Open Enclave, old", KEY_RULE_SPKI_OR_PEM },
    { PCK_EXTENSION_OID, "Intel SGX SDK", KEY_RULE_PEM },
};

/* A PCK certificate describes its platform under the OID that Intel's SDK uses for quotes. */
static bool is_platform(const struct scheme *scheme, struct bytes value)
{
    struct bytes contents;

    return scheme->rule == KEY_RULE_PEM && der_take(&value, DER_SEQUENCE, &contents) &&
           value.len == 0;
}

bool cert_evidence_find(const struct cert *cert, struct cert_evidence *found, struct err *err)
{
    struct bytes value;

    for (size_t i = 0; i < COUNT_OF(schemes); i++) {
        const struct scheme *const s = &schemes[i];
        if (!cert_extension(cert, s->oid, &value) || is_platform(s, value))
            continue;
        *found = (struct cert_evidence){
            .oid = s->oid, .scheme = s->name, .rule = s->rule, .evidence = value
        };
        if (s->rule != KEY_RULE_CLAIMS)
            return true;
        if (!tagged_evidence_parse(value, &found->tagged, err))
            return err_in(err, "extension %s", s->oid);
        found->evidence = found->tagged.quote;
        return true;
    }
    return err_set(err, FAIL_NOT_FOUND, "no extension with evidence");
}

/* ---- the key ---- */

static void compare(struct key_binding *b)
{
    b->result = bytes_equal(bytes_of(b->expected, b->expected_len), b->found) ? KEY_BINDING_HOLDS
                                                                              : KEY_BINDING_BROKEN;
}

/* Whether the report data is over these bytes. */
static bool compare_over(struct bytes hashed, enum key_rule rule, struct bytes report_data,
                         struct key_binding *b, struct err *err)
{
    *b = (struct key_binding){ .rule = rule_texts[rule],
                               .expected_len = REPORT_DATA_LEN,
                               .found = report_data };
    if (!report_data_of(hashed, BYTES_NONE, b->expected, err))
        return false;
    compare(b);
    return true;
}

static bool compare_pem(struct bytes spki, struct bytes report_data, struct key_binding *b,
                        struct err *err)
{
    auto_buf pem = { 0 };

    pem_encode(&pem, "PUBLIC KEY", spki);
    buf_add_u8(&pem, '\0');
    return compare_over(buf_bytes(&pem), KEY_RULE_PEM, report_data, b, err);
}

static bool compare_either(struct bytes spki, struct bytes report_data, struct key_binding *b,
                           struct err *err)
{
    struct key_binding pem;

    if (!compare_over(spki, KEY_RULE_SPKI_OR_PEM, report_data, b, err) ||
        !compare_pem(spki, report_data, &pem, err))
        return false;
    if (b->result == KEY_BINDING_HOLDS)
        b->rule = rule_texts[KEY_RULE_SPKI];
    else if (pem.result == KEY_BINDING_HOLDS)
        *b = pem;
    return true;
}

/* The report data is over the claims, and they name the key. */
static bool compare_claims(const struct tagged_evidence *tagged, struct bytes spki,
                           struct bytes report_data, struct key_binding *b, struct err *err)
{
    if (!compare_over(tagged->claims, KEY_RULE_CLAIMS, report_data, b, err))
        return false;
    if (b->result != KEY_BINDING_HOLDS)
        return true;
    b->result = KEY_BINDING_NOT_CHECKED;
    if (tagged->hash_algorithm != NAMED_HASH_SHA256)
        return true;
    b->expected_len = SHA256_LEN;
    b->found = tagged->key_hash;
    if (!sha256(spki, b->expected, err))
        return false;
    compare(b);
    return true;
}

bool key_binding_of(const struct cert *cert, const struct cert_evidence *found,
                    struct bytes report_data, struct key_binding *b, struct err *err)
{
    auto_key *key = cert_public_key(cert, err);
    auto_buf der = { 0 };

    if (key == NULL || !key_public_der(key, &der, err))
        return false;
    const struct bytes spki = buf_bytes(&der);
    switch (found->rule) {
    case KEY_RULE_SPKI:
        return compare_over(spki, KEY_RULE_SPKI, report_data, b, err);
    case KEY_RULE_PEM:
        return compare_pem(spki, report_data, b, err);
    case KEY_RULE_SPKI_OR_PEM:
        return compare_either(spki, report_data, b, err);
    case KEY_RULE_CLAIMS:
        return compare_claims(&found->tagged, spki, report_data, b, err);
    case KEY_RULE_NONE:
        break;
    }
    *b = (struct key_binding){ 0 };
    return true;
}
