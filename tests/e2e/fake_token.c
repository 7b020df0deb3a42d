/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A PKCS#11 module with one token that does what SoftHSM does not: it knows RSA-OAEP with SHA-256, wants the PIN for each use, counts
 * down to its lock, or is pulled out. The RSA key is the file $FAKE_TOKEN_KEY, the PIN "4711-pin", $FAKE_TOKEN words from
 *
 *   oaep     it knows RSA-OAEP with SHA-256, and nothing else decrypts
 *   number   results of the bare RSA operation come without zeros in front
 *   always   CKA_ALWAYS_AUTHENTICATE
 *   final, locked    flags of the PIN
 *   keypad   it has one: the PIN comes from there
 *   signer   its key does not decrypt
 *   deaf     signing stops working after the first signature
 *   slots, objects   it says that it found a million of them, and gives one
 *   forgetful        takes the PIN for the first use only
 *
 * $FAKE_TOKEN_LOG gets a line for each login. Behind the login is a certificate, too: the file $FAKE_TOKEN_CERT, DER.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <p11-kit/pkcs11.h>

#define PIN "4711-pin"
enum { MILLION = 1000 * 1000 };

CK_RV C_GetFunctionList(CK_FUNCTION_LIST_PTR_PTR list);

static struct {
    EVP_PKEY *key;
    unsigned sessions, uses;
    bool logged_in, confirmed, listed, signed_once;
    CK_OBJECT_CLASS object; /* that is looked for; also its handle */
    CK_MECHANISM_TYPE mechanism;
} token;

static bool is(const char *word)
{
    const char *const words = getenv("FAKE_TOKEN");

    return words != NULL && strstr(words, word) != NULL;
}

static CK_RV initialize(void *arguments)
{
    (void)arguments;
    if (token.key != NULL)
        return CKR_CRYPTOKI_ALREADY_INITIALIZED;
    FILE *const file = fopen(getenv("FAKE_TOKEN_KEY"), "r");
    token.key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
    fclose(file);
    return CKR_OK;
}

static CK_RV finalize(void *reserved)
{
    (void)reserved;
    EVP_PKEY_free(token.key);
    token.key = NULL;
    return CKR_OK;
}

static CK_RV get_slot_list(CK_BBOOL present, CK_SLOT_ID *slots, CK_ULONG *count)
{
    (void)present;
    slots[0] = 3;
    *count = is("slots") ? MILLION : 1;
    return CKR_OK;
}

static CK_RV get_token_info(CK_SLOT_ID slot, CK_TOKEN_INFO *info)
{
    (void)slot;
    memset(info, 0, sizeof *info);
    memset(info->label, ' ', sizeof info->label);
    memcpy(info->label, "fake\033", 5);
    info->flags = CKF_TOKEN_INITIALIZED | CKF_LOGIN_REQUIRED | CKF_USER_PIN_INITIALIZED |
                  (is("final") ? CKF_USER_PIN_FINAL_TRY : 0) |
                  (is("locked") ? CKF_USER_PIN_LOCKED : 0) |
                  (is("keypad") ? CKF_PROTECTED_AUTHENTICATION_PATH : 0);
    return CKR_OK;
}

static CK_RV open_session(CK_SLOT_ID slot, CK_FLAGS flags, void *application, CK_NOTIFY notify,
                          CK_SESSION_HANDLE *session)
{
    (void)slot, (void)flags, (void)application, (void)notify;
    *session = ++token.sessions;
    return CKR_OK;
}

/* The last one takes the login with it. */
static CK_RV close_session(CK_SESSION_HANDLE session)
{
    (void)session;
    token.sessions--;
    token.logged_in &= token.sessions > 0;
    return CKR_OK;
}

static CK_RV get_session_info(CK_SESSION_HANDLE session, CK_SESSION_INFO *info)
{
    (void)session;
    *info = (CK_SESSION_INFO){
        .state = token.logged_in ? CKS_RO_USER_FUNCTIONS : CKS_RO_PUBLIC_SESSION,
    };
    return CKR_OK;
}

static CK_RV login(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR *pin, CK_ULONG len)
{
    FILE *const log = fopen(getenv("FAKE_TOKEN_LOG"), "a");
    const bool forgot = is("forgetful") && user != CKU_USER && token.uses++ > 0;
    const bool right =
        is("keypad") ? pin == NULL : len == strlen(PIN) && memcmp(pin, PIN, len) == 0;
    const bool good = right && !forgot;

    (void)session;
    fprintf(log, "%s %s\n", user == CKU_USER ? "user" : "use", good ? "good" : "bad");
    fclose(log);
    if (user == CKU_USER)
        token.logged_in = good;
    else
        token.confirmed = good;
    return good ? CKR_OK : CKR_PIN_INCORRECT;
}

static CK_RV find_init(CK_SESSION_HANDLE session, CK_ATTRIBUTE *wanted, CK_ULONG count)
{
    (void)session, (void)count;
    token.object = *(CK_OBJECT_CLASS *)wanted[0].pValue;
    token.listed = !token.logged_in ||
                   (token.object != CKO_PRIVATE_KEY &&
                    (token.object != CKO_CERTIFICATE || getenv("FAKE_TOKEN_CERT") == NULL));
    return CKR_OK;
}

static CK_RV find(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE *objects, CK_ULONG most,
                  CK_ULONG *got)
{
    (void)session;
    *got = token.listed || most == 0 ? 0 : is("objects") ? MILLION : 1;
    objects[0] = token.object;
    token.listed = true;
    return CKR_OK;
}

static CK_RV find_final(CK_SESSION_HANDLE session)
{
    (void)session;
    return CKR_OK;
}

static CK_RV give(CK_ATTRIBUTE *attribute, const void *value, CK_ULONG len)
{
    if (attribute->pValue != NULL)
        memcpy(attribute->pValue, value, len);
    attribute->ulValueLen = len;
    return CKR_OK;
}

static CK_RV get_certificate(CK_ATTRIBUTE *attribute)
{
    FILE *const file = fopen(getenv("FAKE_TOKEN_CERT"), "r");
    unsigned char der[4096];
    const size_t len = fread(der, 1, sizeof der, file);

    fclose(file);
    return give(attribute, der, len);
}

static CK_RV get_attribute(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object,
                           CK_ATTRIBUTE *attribute, CK_ULONG count)
{
    const bool modulus = attribute->type == CKA_MODULUS;
    const CK_BBOOL always = is("always") ? CK_TRUE : CK_FALSE;
    unsigned char number[512];
    BIGNUM *value = NULL;

    (void)session, (void)count;
    if (object == CKO_CERTIFICATE && attribute->type == CKA_VALUE)
        return get_certificate(attribute);
    if (attribute->type == CKA_ALWAYS_AUTHENTICATE)
        return give(attribute, &always, sizeof always);
    if (!modulus && attribute->type != CKA_PUBLIC_EXPONENT)
        return CKR_ATTRIBUTE_TYPE_INVALID;
    EVP_PKEY_get_bn_param(token.key, modulus ? OSSL_PKEY_PARAM_RSA_N : OSSL_PKEY_PARAM_RSA_E,
                          &value);
    const int len = BN_bn2bin(value, number);
    BN_free(value);
    return give(attribute, number, (CK_ULONG)len);
}

/* Asks for the PIN again where it has to. */
static CK_RV begin(CK_MECHANISM *mechanism)
{
    token.mechanism = mechanism->mechanism;
    token.confirmed = !is("always");
    return CKR_OK;
}

static CK_RV sign_init(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key)
{
    (void)session, (void)key;
    if (is("deaf") && token.signed_once)
        return CKR_DEVICE_REMOVED;
    token.signed_once = true;
    return begin(mechanism);
}

static CK_RV sign(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_len, CK_BYTE *signature,
                  CK_ULONG *len)
{
    EVP_PKEY_CTX *const ctx = EVP_PKEY_CTX_new(token.key, NULL);
    size_t made = *len;
    int done = 0;

    (void)session;
    const bool pss = token.mechanism == CKM_RSA_PKCS_PSS;
    if (token.confirmed && EVP_PKEY_sign_init(ctx) == 1 &&
        EVP_PKEY_CTX_set_rsa_padding(ctx, pss ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING) == 1 &&
        (!pss || (EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1 &&
                  EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) == 1)))
        done = EVP_PKEY_sign(ctx, signature, &made, data, data_len);
    EVP_PKEY_CTX_free(ctx);
    *len = made;
    return done == 1 ? CKR_OK : CKR_USER_NOT_LOGGED_IN;
}

static CK_RV decrypt_init(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key)
{
    const CK_RSA_PKCS_OAEP_PARAMS *const params = mechanism->pParameter;
    const bool oaep = mechanism->mechanism == CKM_RSA_PKCS_OAEP;

    (void)session, (void)key;
    if (is("signer"))
        return CKR_KEY_FUNCTION_NOT_PERMITTED;
    if (oaep != is("oaep"))
        return CKR_MECHANISM_INVALID;
    if (oaep && (params->hashAlg != CKM_SHA256 || params->mgf != CKG_MGF1_SHA256))
        return CKR_MECHANISM_PARAM_INVALID;
    return begin(mechanism);
}

static CK_RV decrypt(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_len, CK_BYTE *out,
                     CK_ULONG *len)
{
    EVP_PKEY_CTX *const ctx = EVP_PKEY_CTX_new(token.key, NULL);
    const bool oaep = token.mechanism == CKM_RSA_PKCS_OAEP;
    size_t made = *len;
    int done = 0;

    (void)session;
    if (token.confirmed && EVP_PKEY_decrypt_init(ctx) == 1 &&
        EVP_PKEY_CTX_set_rsa_padding(ctx, oaep ? RSA_PKCS1_OAEP_PADDING : RSA_NO_PADDING) == 1 &&
        (!oaep || EVP_PKEY_CTX_set_rsa_oaep_md(ctx, EVP_sha256()) == 1))
        done = EVP_PKEY_decrypt(ctx, out, &made, data, data_len);
    EVP_PKEY_CTX_free(ctx);
    if (is("number") && done == 1) {
        const size_t zeros = out[0] == 0 ? 1 : 0;
        memmove(out, out + zeros, made - zeros);
        made -= zeros;
    }
    *len = made;
    return done == 1 ? CKR_OK : CKR_ENCRYPTED_DATA_INVALID;
}

CK_RV C_GetFunctionList(CK_FUNCTION_LIST_PTR_PTR list)
{
    static CK_FUNCTION_LIST functions = {
        .version = { 2, 40 },
        .C_Initialize = initialize,
        .C_Finalize = finalize,
        .C_GetSlotList = get_slot_list,
        .C_GetTokenInfo = get_token_info,
        .C_OpenSession = open_session,
        .C_CloseSession = close_session,
        .C_GetSessionInfo = get_session_info,
        .C_Login = login,
        .C_FindObjectsInit = find_init,
        .C_FindObjects = find,
        .C_FindObjectsFinal = find_final,
        .C_GetAttributeValue = get_attribute,
        .C_SignInit = sign_init,
        .C_Sign = sign,
        .C_DecryptInit = decrypt_init,
        .C_Decrypt = decrypt,
    };

    *list = &functions;
    return CKR_OK;
}
