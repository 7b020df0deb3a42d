/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/token/public.h"

#include "codec/der.h"
#include "crypto/cert.h"

/* Public keys out of the attributes of PKCS#11, by way of SubjectPublicKeyInfo (RFC 5280, 4.1.2.7). */

static void put_element(struct buf *out, uint8_t tag, struct bytes contents)
{
    buf_add_u8(out, tag);
    if (contents.len >= 0x80) {
        /* Values of tokens are shorter than 64 KiB. */
        buf_add_u8(out, 0x82);
        buf_add_u8(out, (uint8_t)(contents.len >> 8));
    }
    buf_add_u8(out, (uint8_t)contents.len);
    buf_add(out, contents);
}

/* A number as PKCS#11 has them: big-endian, unsigned. */
static void put_number(struct buf *out, struct bytes number)
{
    auto_buf contents = { 0 };

    while (number.len > 1 && number.at[0] == 0)
        number = bytes_of(number.at + 1, number.len - 1);
    if (number.len > 0 && number.at[0] >= 0x80)
        buf_add_u8(&contents, 0);
    buf_add(&contents, number);
    put_element(out, DER_INTEGER, buf_bytes(&contents));
}

static struct key *from_parts(struct bytes algorithm, struct bytes public_bits, struct err *err)
{
    auto_buf bits = { 0 }, contents = { 0 }, der = { 0 };

    buf_add_u8(&bits, 0); /* no bits are left over */
    buf_add(&bits, public_bits);
    put_element(&contents, DER_SEQUENCE, algorithm);
    put_element(&contents, DER_BIT_STRING, buf_bytes(&bits));
    put_element(&der, DER_SEQUENCE, buf_bytes(&contents));
    return key_from_public_der(buf_bytes(&der), err);
}

static struct key *read_rsa(const struct token *token, CK_OBJECT_HANDLE object, struct err *err)
{
    /* rsaEncryption, NULL */
    const struct bytes algorithm =
        BYTES_LITERAL("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00");
    auto_buf modulus = { 0 }, exponent = { 0 }, numbers = { 0 }, sequence = { 0 };

    if (!token_attribute(token, object, CKA_MODULUS, &modulus) ||
        !token_attribute(token, object, CKA_PUBLIC_EXPONENT, &exponent))
        return NULL;
    put_number(&numbers, buf_bytes(&modulus));
    put_number(&numbers, buf_bytes(&exponent));
    put_element(&sequence, DER_SEQUENCE, buf_bytes(&numbers));
    return from_parts(algorithm, buf_bytes(&sequence), err);
}

/* The point is in an OCTET STRING, but not every token knows that. */
static struct key *read_ec(const struct token *token, CK_OBJECT_HANDLE object, struct err *err)
{
    auto_buf algorithm = { 0 }, value = { 0 };
    struct bytes point;

    buf_add(&algorithm, BYTES_LITERAL("\x06\x07\x2a\x86\x48\xce\x3d\x02\x01")); /* id-ecPublicKey */
    if (!token_attribute(token, object, CKA_EC_PARAMS, &algorithm) ||
        !token_attribute(token, object, CKA_EC_POINT, &value))
        return NULL;
    struct bytes rest = buf_bytes(&value);
    if (der_take(&rest, DER_OCTET_STRING, &point) && rest.len == 0) {
        struct key *const key = from_parts(buf_bytes(&algorithm), point, err);
        if (key != NULL)
            return key;
    }
    *err = (struct err){ 0 };
    return from_parts(buf_bytes(&algorithm), buf_bytes(&value), err);
}

static struct key *read_object(const struct token *token, CK_OBJECT_HANDLE object, struct err *err)
{
    auto_buf info = { 0 };
    struct key *key = NULL;

    if (token_attribute(token, object, CKA_PUBLIC_KEY_INFO, &info))
        key = key_from_public_der(buf_bytes(&info), err);
    if (key == NULL)
        key = read_rsa(token, object, err);
    if (key == NULL)
        key = read_ec(token, object, err);
    return key;
}

static struct key *read_certificate(const struct token *token, CK_OBJECT_HANDLE object,
                                    struct err *err)
{
    auto_buf der = { 0 };

    if (!token_attribute(token, object, CKA_VALUE, &der))
        return NULL;
    auto_cert *cert = cert_from_der(buf_bytes(&der), err);
    return cert == NULL ? NULL : cert_public_key(cert, err);
}

struct key *token_public_half(struct token *token, CK_OBJECT_HANDLE private_key, struct err *err)
{
    struct err why = { 0 };
    auto_buf id = { 0 };
    CK_OBJECT_HANDLE other = CK_INVALID_HANDLE;

    struct key *key = read_object(token, private_key, &why);
    const bool has_id = token_attribute(token, private_key, CKA_ID, &id);
    if (key == NULL && has_id && token_find_by_id(token, CKO_PUBLIC_KEY, buf_bytes(&id), &other))
        key = read_object(token, other, &why);
    if (key == NULL && has_id && token_find_by_id(token, CKO_CERTIFICATE, buf_bytes(&id), &other))
        key = read_certificate(token, other, &why);
    if (key == NULL)
        (void)err_set(
            err, FAIL_NOT_FOUND,
            "token \"%s\" has neither the public key nor a certificate with the id of the "
            "private key%s%.200s",
            token->name, why.text[0] != '\0' ? ": " : "", why.text);
    return key;
}
