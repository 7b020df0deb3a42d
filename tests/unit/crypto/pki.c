/* SPDX-License-Identifier: Apache-2.0 */
#include "pki.h"

#include "test.h"

#include "codec/der.h"
#include "codec/text.h"

enum { DER_UTC_TIME = 0x17, DER_GENERALIZED_TIME = 0x18, DER_NULL = 0x05 };
static const char ecdsa_sha256[] = "2a8648ce3d040302", ecdsa_sha384[] = "2a8648ce3d040303";

void der_add(struct buf *out, uint8_t tag, struct bytes contents)
{
    buf_add_u8(out, tag);
    if (contents.len >= 0x10000) {
        buf_add_u8(out, 0x83);
        buf_add_u8(out, (uint8_t)(contents.len >> 16));
        buf_add_u8(out, (uint8_t)(contents.len >> 8));
    } else if (contents.len >= 0x100) {
        buf_add_u8(out, 0x82);
        buf_add_u8(out, (uint8_t)(contents.len >> 8));
    } else if (contents.len >= 0x80) {
        buf_add_u8(out, 0x81);
    }
    buf_add_u8(out, (uint8_t)contents.len);
    buf_add(out, contents);
}

/* Wraps what is in *inside and empties it. */
static void wrap(struct buf *out, uint8_t tag, struct buf *inside)
{
    der_add(out, tag, buf_bytes(inside));
    buf_clear(inside);
}

void der_add_oid(struct buf *out, const char *hex)
{
    auto_buf contents = test_unhex(hex);

    der_add(out, DER_OID, buf_bytes(&contents));
}

static void add_algorithm(struct buf *out, enum pki_algorithm algorithm)
{
    auto_buf inside = { 0 };

    der_add_oid(&inside, algorithm == PKI_ECDSA_SHA384 ? ecdsa_sha384 : ecdsa_sha256);
    if (algorithm == PKI_ECDSA_SHA256_NULL)
        der_add(&inside, DER_NULL, BYTES_NONE);
    wrap(out, DER_SEQUENCE, &inside);
}

static void add_name(struct buf *out, const char *name, bool printable)
{
    auto_buf pair = { 0 }, sequence = { 0 }, set = { 0 };

    der_add_oid(&pair, "550403");
    der_add(&pair, printable ? DER_PRINTABLE_STRING : DER_UTF8_STRING, bytes_of_string(name));
    wrap(&sequence, DER_SEQUENCE, &pair);
    wrap(&set, DER_SET, &sequence);
    wrap(out, DER_SEQUENCE, &set);
}

static void add_time(struct buf *out, const char *text)
{
    der_add(out, strlen(text) > 13 ? DER_GENERALIZED_TIME : DER_UTC_TIME, bytes_of_string(text));
}

static void add_extension(struct buf *out, const char *oid, bool critical, struct bytes value)
{
    auto_buf inside = { 0 };

    der_add_oid(&inside, oid);
    if (critical)
        der_add(&inside, DER_BOOLEAN, BYTES_LITERAL("\xff"));
    der_add(&inside, DER_OCTET_STRING, value);
    wrap(out, DER_SEQUENCE, &inside);
}

static void add_cert_extensions(struct buf *out, const struct pki_cert *c)
{
    auto_buf list = { 0 }, sequence = { 0 };

    if (c->constraints == PKI_CONSTRAINTS_CA)
        add_extension(&list, "551d13", true, BYTES_LITERAL("\x30\x03\x01\x01\xff"));
    if (c->constraints == PKI_CONSTRAINTS_END)
        add_extension(&list, "551d13", true, BYTES_LITERAL("\x30\x00"));
    if (c->usage == PKI_USAGE_CERT_SIGN)
        add_extension(&list, "551d0f", true, BYTES_LITERAL("\x03\x02\x01\x06"));
    if (c->usage == PKI_USAGE_SIGNATURE)
        add_extension(&list, "551d0f", true, BYTES_LITERAL("\x03\x02\x06\xc0"));
    if (c->unknown_critical)
        add_extension(&list, "2a0304", true, BYTES_LITERAL("\x05\x00"));
    for (int i = 0; c->doubled_extension && i < 2; i++)
        add_extension(&list, "2a0305", false, BYTES_LITERAL("\x05\x00"));
    if (c->extension_oid != NULL)
        add_extension(&list, c->extension_oid, false, c->extension);
    if (list.len == 0 || c->version_1)
        return;
    wrap(&sequence, DER_SEQUENCE, &list);
    wrap(out, DER_CONTEXT_CONSTRUCTED + 3, &sequence);
}

/* SEQUENCE { tbs, algorithm, signature } */
static void add_signed(struct buf *out, struct bytes tbs, enum pki_algorithm algorithm,
                       const struct key *key)
{
    auto_buf inside = { 0 }, signature = { 0 };
    struct err err = { 0 };

    buf_add(&inside, tbs);
    add_algorithm(&inside, algorithm);
    buf_add_u8(&signature, 0); /* unused bits */
    assert_ok(key_sign_sha256(key, tbs, &signature, &err), &err);
    der_add(&inside, DER_BIT_STRING, buf_bytes(&signature));
    wrap(out, DER_SEQUENCE, &inside);
}

void pki_cert_add(struct buf *out, const struct pki_cert *c, const struct key *key,
                  const struct key *issuer_key)
{
    auto_buf tbs = { 0 }, inside = { 0 }, whole = { 0 };
    struct err err = { 0 };

    if (!c->version_1) {
        der_add(&inside, DER_INTEGER, BYTES_LITERAL("\x02"));
        wrap(&tbs, DER_CONTEXT_CONSTRUCTED, &inside);
    }
    der_add(&tbs, DER_INTEGER, c->serial);
    add_algorithm(&tbs, c->inner);
    add_name(&tbs, c->issuer == NULL ? c->name : c->issuer, c->other_encoding);
    add_time(&inside, c->not_before);
    add_time(&inside, c->not_after);
    wrap(&tbs, DER_SEQUENCE, &inside);
    add_name(&tbs, c->name, false);
    assert_ok(key_public_der(key, &tbs, &err), &err);
    add_cert_extensions(&tbs, c);
    wrap(&whole, DER_SEQUENCE, &tbs);
    add_signed(out, buf_bytes(&whole), c->outer, issuer_key);
}

static void add_entries(struct buf *out, const struct pki_crl *crl)
{
    auto_buf list = { 0 }, entry = { 0 }, extensions = { 0 };

    for (size_t i = 0; i < crl->serial_count; i++) {
        der_add(&entry, DER_INTEGER, crl->serials[i]);
        add_time(&entry, crl->this_update);
        if (crl->remove_from_crl)
            add_extension(&extensions, "551d15", false, BYTES_LITERAL("\x0a\x01\x08"));
        if (crl->critical_entry)
            add_extension(&extensions, "2a0304", true, BYTES_LITERAL("\x05\x00"));
        if (extensions.len > 0)
            wrap(&entry, DER_SEQUENCE, &extensions);
        wrap(&list, DER_SEQUENCE, &entry);
    }
    buf_add(&list, crl->entries);
    if (list.len > 0)
        wrap(out, DER_SEQUENCE, &list);
}

void pki_crl_add(struct buf *out, const struct pki_crl *crl, const struct key *issuer_key)
{
    auto_buf tbs = { 0 }, extensions = { 0 }, sequence = { 0 }, whole = { 0 };

    if (!crl->version_1)
        der_add(&tbs, DER_INTEGER, BYTES_LITERAL("\x01"));
    add_algorithm(&tbs, crl->inner);
    add_name(&tbs, crl->issuer, crl->other_encoding);
    add_time(&tbs, crl->this_update);
    if (crl->next_update != NULL)
        add_time(&tbs, crl->next_update);
    add_entries(&tbs, crl);
    if (!crl->version_1) {
        add_extension(&extensions, "551d14", crl->critical_extension,
                      BYTES_LITERAL("\x02\x01\x01"));
        wrap(&sequence, DER_SEQUENCE, &extensions);
        wrap(&tbs, DER_CONTEXT_CONSTRUCTED, &sequence);
    }
    buf_add(&tbs, crl->behind);
    wrap(&whole, DER_SEQUENCE, &tbs);
    add_signed(out, buf_bytes(&whole), crl->outer, issuer_key);
}

/* The contents of an INTEGER as 32 bytes. */
static void copy_number(struct bytes integer, uint8_t out[static 32])
{
    while (integer.len > 32)
        integer = bytes_of(integer.at + 1, integer.len - 1);
    memset(out, 0, 32);
    memcpy(out + 32 - integer.len, integer.at, integer.len);
}

void pki_sign_raw(const struct key *key, struct bytes message, uint8_t raw[static 64])
{
    auto_buf der = { 0 };
    struct err err = { 0 };
    struct bytes pair, r = BYTES_NONE, s = BYTES_NONE;

    assert_ok(key_sign_sha256(key, message, &der, &err), &err);
    struct bytes in = buf_bytes(&der);
    assert_true(der_take(&in, DER_SEQUENCE, &pair) && der_take(&pair, DER_INTEGER, &r) &&
                der_take(&pair, DER_INTEGER, &s));
    copy_number(r, raw);
    copy_number(s, raw + 32);
}

void pki_key_raw(const struct key *key, uint8_t raw[static 64])
{
    uint8_t point[P256_POINT_LEN];

    assert_true(key_p256_point(key, point));
    memcpy(raw, point + 1, 64);
}
