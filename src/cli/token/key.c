/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/token/key.h"

#include "cli/token/public.h"
#include "cli/token/token.h"
#include "crypto/hash.h"
#include "crypto/key_held.h"

#include <stdlib.h>
#include <string.h>

/* What a token does with a private key of its own. */

enum { LONGEST_RESULT = 2048 /* bytes; RSA of 16384 bits */, PROOF_LEN = 32 };

struct token_holder {
    struct token *token; /* owned */
    CK_OBJECT_HANDLE key;
    bool asks_each_time; /* for the PIN, CKA_ALWAYS_AUTHENTICATE */
    size_t modulus_len;  /* bytes; RSA */
    bool said_raw;
    bool
        was_refused; /* the PIN for a use: tried again for each of many secrets it would lock the token */
};

static void end(void *ctx)
{
    struct token_holder *const h = ctx;

    token_close(h->token);
    free(h);
}

static bool authenticate(struct token_holder *h, struct err *err)
{
    static const char what[] = "PIN for this use of the key";
    const struct secret *const pin = h->token->pin;

    if (!h->asks_each_time)
        return true;
    if (h->was_refused)
        return err_set(err, FAIL_UNAVAILABLE, "%s: it was refused before", what);
    const CK_RV code = h->token->module->C_Login(
        h->token->session, CKU_CONTEXT_SPECIFIC,
        pin == NULL ? NULL : (CK_UTF8CHAR *)(uintptr_t)pin->at, pin == NULL ? 0 : pin->len);
    h->was_refused = code != CKR_OK;
    return code == CKR_OK || token_refused(code, what, err);
}

/* ---- signing ---- */

/* DigestInfo of SHA-256, -384 and -512 (RFC 8017, 9.2, note 1), of which two bytes differ. */
static void put_digest_info(struct buf *out, struct bytes hash)
{
    const uint8_t which = hash.len == SHA256_LEN ? 1 : hash.len == 48 ? 2 : 3;
    const uint8_t head[] = { 0x30,
                             (uint8_t)(17 + hash.len),
                             0x30,
                             0x0d,
                             0x06,
                             0x09,
                             0x60,
                             0x86,
                             0x48,
                             0x01,
                             0x65,
                             0x03,
                             0x04,
                             0x02,
                             which,
                             0x05,
                             0x00,
                             0x04,
                             (uint8_t)hash.len };

    buf_add(out, bytes_of(head, sizeof head));
    buf_add(out, hash);
}

static CK_RSA_PKCS_PSS_PARAMS pss_params(size_t hash_len)
{
    switch (hash_len) {
    case SHA256_LEN:
        return (CK_RSA_PKCS_PSS_PARAMS){ CKM_SHA256, CKG_MGF1_SHA256, hash_len };
    case 48:
        return (CK_RSA_PKCS_PSS_PARAMS){ CKM_SHA384, CKG_MGF1_SHA384, hash_len };
    default:
        return (CK_RSA_PKCS_PSS_PARAMS){ CKM_SHA512, CKG_MGF1_SHA512, hash_len };
    }
}

static bool sign_with(struct token_holder *h, CK_MECHANISM *mechanism, struct bytes data,
                      struct buf *signature, struct err *err)
{
    const CK_FUNCTION_LIST *const module = h->token->module;
    const size_t start = signature->len;
    CK_ULONG len = LONGEST_RESULT;

    CK_RV code = module->C_SignInit(h->token->session, mechanism, h->key);
    if (code != CKR_OK)
        return token_refused(code, "signing on the token", err);
    if (!authenticate(h, err))
        return false;
    code = module->C_Sign(h->token->session, (CK_BYTE *)(uintptr_t)data.at, data.len,
                          buf_grow(signature, LONGEST_RESULT), &len);
    buf_truncate(signature, start + (code == CKR_OK ? len : 0));
    return code == CKR_OK || token_refused(code, "signing on the token", err);
}

static bool sign(void *ctx, enum held_scheme scheme, struct bytes hash, struct buf *signature,
                 struct err *err)
{
    CK_RSA_PKCS_PSS_PARAMS pss = pss_params(hash.len);
    CK_MECHANISM mechanism = { CKM_ECDSA, NULL, 0 };
    auto_buf info = { 0 };

    if (scheme == HELD_RSA_PSS)
        mechanism = (CK_MECHANISM){ CKM_RSA_PKCS_PSS, &pss, sizeof pss };
    if (scheme != HELD_RSA_PKCS1)
        return sign_with(ctx, &mechanism, hash, signature, err);
    mechanism.mechanism = CKM_RSA_PKCS;
    put_digest_info(&info, hash);
    return sign_with(ctx, &mechanism, buf_bytes(&info), signature, err);
}

/* ---- decryption ---- */

static CK_RV decrypt_with(struct token_holder *h, CK_MECHANISM *mechanism, struct bytes in,
                          struct buf *out, struct err *err)
{
    const CK_FUNCTION_LIST *const module = h->token->module;
    CK_ULONG len = LONGEST_RESULT;

    CK_RV code = module->C_DecryptInit(h->token->session, mechanism, h->key);
    if (code != CKR_OK)
        return code;
    if (!authenticate(h, err))
        return CKR_PIN_INCORRECT;
    code = module->C_Decrypt(h->token->session, (CK_BYTE *)(uintptr_t)in.at, in.len,
                             buf_grow(out, LONGEST_RESULT), &len);
    buf_truncate(out, code == CKR_OK ? len : 0);
    return code;
}

static bool lacks_mechanism(CK_RV code)
{
    return code == CKR_MECHANISM_INVALID || code == CKR_MECHANISM_PARAM_INVALID ||
           code == CKR_ARGUMENTS_BAD || code == CKR_FUNCTION_NOT_SUPPORTED;
}

/* Some tokens have one code for all that goes wrong with the data. */
static bool decrypt_failed(CK_RV code, struct err *err)
{
    if (err->kind != FAIL_NONE)
        return false;
    if (code == CKR_ENCRYPTED_DATA_INVALID || code == CKR_ENCRYPTED_DATA_LEN_RANGE ||
        code == CKR_DATA_INVALID || code == CKR_DATA_LEN_RANGE || code == CKR_GENERAL_ERROR ||
        code == CKR_FUNCTION_FAILED)
        return err_set(err, FAIL_DENIED, "RSA-OAEP: the ciphertext does not decrypt");
    return token_refused(code, "decrypting on the token", err);
}

/* The bare operation on the token, and the padding taken off here. */
static bool decrypt_raw(struct token_holder *h, struct bytes in, struct buf *out, struct err *err)
{
    CK_MECHANISM mechanism = { CKM_RSA_X_509, NULL, 0 };
    auto_buf padded = { 0 };
    const CK_RV code = decrypt_with(h, &mechanism, in, &padded, err);

    if (code != CKR_OK)
        return decrypt_failed(code, err);
    if (!h->said_raw)
        output_say(&h->token->cli->out,
                   "Token \"%s\" knows no RSA-OAEP with SHA-256: it decrypts, and the padding is "
                   "taken off here",
                   h->token->name);
    h->said_raw = true;
    return rsa_oaep_unpad(buf_bytes(&padded), h->modulus_len, out, err);
}

static bool oaep_decrypt(void *ctx, struct bytes in, struct buf *out, struct err *err)
{
    struct token_holder *const h = ctx;
    CK_RSA_PKCS_OAEP_PARAMS params = { CKM_SHA256, CKG_MGF1_SHA256, CKZ_DATA_SPECIFIED, NULL, 0 };
    CK_MECHANISM mechanism = { CKM_RSA_PKCS_OAEP, &params, sizeof params };
    auto_buf plain = { 0 };
    const CK_RV code = decrypt_with(h, &mechanism, in, &plain, err);

    if (lacks_mechanism(code))
        return decrypt_raw(h, in, out, err);
    if (code != CKR_OK)
        return decrypt_failed(code, err);
    buf_add(out, buf_bytes(&plain));
    return true;
}

static const struct key_holder TOKEN_HOLDER = { sign, oaep_decrypt, end };

/* ---- finding them ---- */

/* Ids are only what somebody wrote: the private key has to be that of the public one. */
static bool prove(const struct key *key, struct err *err)
{
    uint8_t random[PROOF_LEN];
    auto_buf signature = { 0 };
    const struct bytes message = bytes_of(random, sizeof random);

    if (!random_bytes(random, sizeof random, err) ||
        !key_sign_sha256(key, message, &signature, err))
        return false;
    return key_verify_sha256(key, message, buf_bytes(&signature), err) ||
           err_set(err, FAIL_MALFORMED,
                   "the private key on the token is not that of the public key with its id");
}

/* Takes over the token. */
static struct key *hold(struct token *owned, CK_OBJECT_HANDLE object, struct err *err)
{
    auto_token *token = owned;
    auto_buf each_time = { 0 };
    auto_key *public_half = token_public_half(token, object, err);

    if (public_half == NULL)
        return NULL;
    struct token_holder *const h = mem_zero_alloc(1, sizeof *h);
    h->asks_each_time = token_attribute(token, object, CKA_ALWAYS_AUTHENTICATE, &each_time) &&
                        each_time.at[0] == CK_TRUE;
    h->token = TAKE(token);
    h->key = object;
    h->modulus_len = (key_bits(public_half) + 7) / 8;
    return key_held(public_half, &TOKEN_HOLDER, h, err);
}

static struct key *find_key(struct cli *cli, const struct token_search *search, struct err *err)
{
    CK_OBJECT_HANDLE object = CK_INVALID_HANDLE;
    auto_token *token = token_open(cli, search, err);

    if (token == NULL || !token_login(token, search, err) ||
        !token_find(token, search, &object, err))
        return NULL;
    auto_key *key = hold(TAKE(token), object, err);
    return key != NULL && prove(key, err) ? TAKE(key) : NULL;
}

struct key *token_key(struct cli *cli, const struct token_search *search, struct err *err)
{
    struct key *const key = find_key(cli, search, err);

    if (key == NULL)
        (void)cli_fail(cli, EXIT_KEY, NULL);
    return key;
}

static struct cert *find_certificate(struct cli *cli, const struct token_search *search,
                                     struct err *err)
{
    CK_OBJECT_HANDLE object = CK_INVALID_HANDLE;
    struct err unseen = { 0 };
    auto_buf der = { 0 };
    auto_token *token = token_open(cli, search, err);

    if (token == NULL)
        return NULL;
    bool found = token_find(token, search, &object, &unseen);
    if (!found && unseen.kind == FAIL_NOT_FOUND)
        found = token_login(token, search, err) && token_find(token, search, &object, err);
    else if (!found)
        *err = unseen;
    if (!found)
        return NULL;
    if (token_attribute(token, object, CKA_VALUE, &der))
        return cert_from_der(buf_bytes(&der), err);
    (void)err_set(err, FAIL_MALFORMED, "the certificate on token \"%s\" has no value", token->name);
    return NULL;
}

struct cert *token_certificate(struct cli *cli, const struct token_search *search, struct err *err)
{
    struct cert *const cert = find_certificate(cli, search, err);

    if (cert == NULL)
        (void)cli_fail(cli, EXIT_KEY, NULL);
    return cert;
}
