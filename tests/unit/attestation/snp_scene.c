/* SPDX-License-Identifier: Apache-2.0 */
#include "snp_scene.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "codec/json.h"
#include "codec/text.h"

#define OID_SNP "1.3.6.1.4.1.3704.1."

static void require(bool holds)
{
    if (!holds)
        abort();
}

/* ---- keys ---- */

static EVP_PKEY *read_key(const char *name)
{
    auto_string *path = mem_printf("%s/snp_%s.pem", TEST_DATA, name);
    FILE *const file = fopen(path, "r");

    require(file != NULL);
    EVP_PKEY *const key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
    (void)fclose(file);
    require(key != NULL);
    return key;
}

static void hash_anchor(struct scene *scene)
{
    uint8_t *der = NULL;
    struct err err = { 0 };
    const int len = i2d_PUBKEY(scene->keys[SCENE_ARK], &der);

    require(len > 0 && sha256(bytes_of(der, (size_t)len), scene->anchor_hash, &err));
    OPENSSL_free(der);
    scene->anchor = (struct ark_anchor){ NULL, bytes_of(scene->anchor_hash, SHA256_LEN) };
    scene->anchors = (struct trust_anchors){ .ark_count = 1, .arks = &scene->anchor };
}

static void make_keys(struct scene *scene)
{
    scene->keys[SCENE_ARK] = read_key("ark");
    scene->keys[SCENE_ASK] = read_key("ask");
    scene->keys[SCENE_OTHER] = read_key("other");
    scene->keys[SCENE_SMALL] = read_key("small");
    scene->keys[SCENE_VEK] = EVP_EC_gen("P-384");
    scene->keys[SCENE_OTHER_VEK] = EVP_EC_gen("P-384");
    scene->keys[SCENE_P256] = EVP_EC_gen("P-256");
    for (size_t i = SCENE_NO_KEY + 1; i < SCENE_KEYS; i++)
        require(scene->keys[i] != NULL);
    hash_anchor(scene);
}

/* ---- what is right ---- */

/* As in the report below. */
static const struct scene_extension vcek_extensions[] = {
    { OID_SNP "1", BYTES_LITERAL("\x02\x01\x00"), false, false },
    { OID_SNP "2", BYTES_LITERAL("\x16\x08Milan-B0"), false, false },
    { OID_SNP "3.1", BYTES_LITERAL("\x02\x01\x04"), false, false },
    { OID_SNP "3.2", BYTES_LITERAL("\x02\x01\x00"), false, false },
    { OID_SNP "3.3", BYTES_LITERAL("\x02\x01\x18"), false, false },
    { OID_SNP "3.8", BYTES_LITERAL("\x02\x02\x00\xdb"), false, false },
    { OID_SNP "4",
      BYTES_LITERAL("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.,"), false,
      false },
};
static const uint8_t milan_tcb[] = { 4, 0, 0, 0, 0, 0, 24, 219 };

static void set_tcbs(struct scene *scene, const uint8_t tcb[static 8])
{
    static const size_t places[] = { AT_CURRENT_TCB, AT_REPORTED_TCB, AT_COMMITTED_TCB,
                                     AT_LAUNCH_TCB };

    for (size_t i = 0; i < COUNT_OF(places); i++)
        memcpy(scene->report + places[i], tcb, 8);
}

static void make_report(struct scene *scene)
{
    uint8_t *const r = scene->report;

    r[AT_VERSION] = 3;
    r[AT_POLICY + 2] = 0x03; /* SMT, and the bit that is always set */
    r[AT_ALGORITHM] = 1;
    r[AT_PLATFORM_INFO] = 0x25;
    for (size_t i = 0; i < REPORT_DATA_LEN; i++)
        r[AT_REPORT_DATA + i] = (uint8_t)(0x80 + i);
    memset(r + AT_MEASUREMENT, 0x5a, 48);
    r[AT_CPUID] = 0x19;
    r[AT_CPUID + 1] = 0x01;
    r[AT_CPUID + 2] = 0x01;
    memcpy(r + AT_CHIP_ID, vcek_extensions[COUNT_OF(vcek_extensions) - 1].value.at, 64);
    set_tcbs(scene, milan_tcb);
}

static void make_chain(struct scene *scene)
{
    scene->ark = (struct scene_cert){
        .name = "ARK-Milan",
        .issuer = "ARK-Milan",
        .key = SCENE_ARK,
        .signer = SCENE_ARK,
        .not_before = SCENE_NOW - 40 * SCENE_DAY,
        .not_after = SCENE_NOW + 40 * SCENE_DAY,
        .serial = 0x010000,
        .is_ca = true,
    };
    scene->ask = (struct scene_cert){
        .name = "SEV-Milan",
        .issuer = "ARK-Milan",
        .key = SCENE_ASK,
        .signer = SCENE_ARK,
        .not_before = SCENE_NOW - 30 * SCENE_DAY,
        .not_after = SCENE_NOW + 30 * SCENE_DAY,
        .serial = 0x010001,
        .is_ca = true,
    };
    scene->vek = (struct scene_cert){
        .name = "SEV-VCEK",
        .issuer = "SEV-Milan",
        .key = SCENE_VEK,
        .signer = SCENE_ASK,
        .not_before = SCENE_NOW - 20 * SCENE_DAY,
        .not_after = SCENE_NOW + 20 * SCENE_DAY,
        .no_constraints = true,
        .extension_count = COUNT_OF(vcek_extensions),
    };
    memcpy(scene->vek.extensions, vcek_extensions, sizeof vcek_extensions);
}

void scene_init(struct scene *scene)
{
    *scene = (struct scene){
        .report_signer = SCENE_VEK, .vek_member = "vek", .ask_member = "ask", .ark_member = "ark"
    };
    make_keys(scene);
    make_chain(scene);
    make_report(scene);
    scene_sign_report(scene);
}

void scene_clear(struct scene *scene)
{
    for (size_t i = 0; i < SCENE_KEYS; i++)
        EVP_PKEY_free(scene->keys[i]);
}

void scene_add_crl(struct scene *scene)
{
    scene->crl = (struct scene_crl){
        .present = true,
        .issuer = "ARK-Milan",
        .signer = SCENE_ARK,
        .this_update = SCENE_NOW - 10 * SCENE_DAY,
        .next_update = SCENE_NOW + 10 * SCENE_DAY,
        .serial_count = 1,
        .serials = { BYTES_LITERAL("\x01\x00\x02") },
    };
}

void scene_set_extension(struct scene *scene, const char *oid, struct bytes value)
{
    struct scene_cert *const vek = &scene->vek;

    for (size_t i = 0; i < vek->extension_count; i++) {
        if (strcmp(vek->extensions[i].oid, oid) != 0)
            continue;
        vek->extensions[i].value = value;
        if (value.at == NULL)
            vek->extensions[i] = vek->extensions[--vek->extension_count];
        return;
    }
    require(value.at != NULL && vek->extension_count < SCENE_EXTENSIONS_MAX);
    vek->extensions[vek->extension_count++] = (struct scene_extension){ oid, value, false, false };
}

void scene_make_vlek(struct scene *scene)
{
    scene->ask.name = scene->vek.issuer = "SEV-VLEK-Milan";
    scene->vek.name = "SEV-VLEK";
    scene_set_extension(scene, OID_SNP "4", BYTES_NONE);
    scene_set_extension(scene, OID_SNP "5", BYTES_LITERAL("\x16\x08provider"));
    scene->report[AT_KEY_INFO] = 1 << 2;
    memset(scene->report + AT_CHIP_ID, 0, 64);
    scene_sign_report(scene);
}

void scene_make_genoa(struct scene *scene)
{
    scene->ark.name = scene->ark.issuer = scene->ask.issuer = "ARK-Genoa";
    scene->ask.name = scene->vek.issuer = "SEV-Genoa";
    scene->report[AT_CPUID + 1] = 0xa0;
    scene_sign_report(scene);
}

void scene_make_turin(struct scene *scene)
{
    static const uint8_t tcb[] = { 1, 4, 0, 24, 0, 0, 0, 219 };

    scene->ark.name = scene->ark.issuer = scene->ask.issuer = "ARK-Turin";
    scene->ask.name = scene->vek.issuer = "SEV-Turin";
    scene_set_extension(scene, OID_SNP "3.9", BYTES_LITERAL("\x02\x01\x01"));
    scene_set_extension(scene, OID_SNP "4", BYTES_LITERAL("01234567"));
    memset(scene->report + AT_CHIP_ID + 8, 0, 56);
    scene->report[AT_VERSION] = 5;
    scene->report[AT_CPUID] = 0x1a;
    scene->report[AT_CPUID + 1] = 0x02;
    set_tcbs(scene, tcb);
    scene_sign_report(scene);
}

/* ---- signing ---- */

void scene_sign_report(struct scene *scene)
{
    uint8_t der[256], *const at = scene->report + AT_SIGNATURE;
    const uint8_t *from = der;
    size_t len = sizeof der;
    EVP_MD_CTX *const ctx = EVP_MD_CTX_new();

    require(EVP_DigestSignInit(ctx, NULL, EVP_sha384(), NULL, scene->keys[scene->report_signer]) ==
                1 &&
            EVP_DigestSign(ctx, der, &len, scene->report, AT_SIGNATURE) == 1);
    ECDSA_SIG *const signature = d2i_ECDSA_SIG(NULL, &from, (long)len);
    require(signature != NULL &&
            BN_bn2lebinpad(ECDSA_SIG_get0_r(signature), at, SCENE_NUMBER_LEN) > 0 &&
            BN_bn2lebinpad(ECDSA_SIG_get0_s(signature), at + SCENE_NUMBER_LEN, SCENE_NUMBER_LEN) >
                0);
    ECDSA_SIG_free(signature);
    EVP_MD_CTX_free(ctx);
}

static EVP_MD_CTX *signing(const struct scene *scene, enum scene_key signer,
                           const struct scene_signature *how)
{
    EVP_MD_CTX *const ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *pkey_ctx = NULL;
    const EVP_MD *const hash = EVP_get_digestbyname(how->hash == NULL ? "SHA384" : how->hash);
    const EVP_MD *const mask =
        EVP_get_digestbyname(how->mask_hash == NULL ? "SHA384" : how->mask_hash);

    require(EVP_DigestSignInit(ctx, &pkey_ctx, hash, NULL, scene->keys[signer]) == 1);
    if (!how->pkcs1 && EVP_PKEY_get_base_id(scene->keys[signer]) == EVP_PKEY_RSA)
        require(EVP_PKEY_CTX_set_rsa_padding(pkey_ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
                EVP_PKEY_CTX_set_rsa_mgf1_md(pkey_ctx, mask) == 1 &&
                EVP_PKEY_CTX_set_rsa_pss_saltlen(pkey_ctx,
                                                 how->salt_len == 0 ? 48 : how->salt_len) == 1);
    return ctx;
}

static X509_NAME *name_of(const char *organization, const char *common_name)
{
    X509_NAME *const name = X509_NAME_new();

    require(X509_NAME_add_entry_by_txt(
                name, "O", MBSTRING_ASC,
                (const uint8_t *)(organization == NULL ? "Advanced Micro Devices" : organization),
                -1, -1, 0) == 1 &&
            X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const uint8_t *)common_name, -1,
                                       -1, 0) == 1);
    return name;
}

/* ---- certificates ---- */

static void add_extension(X509 *x509, const struct scene_extension *extension)
{
    ASN1_OBJECT *const oid = OBJ_txt2obj(extension->oid, 1);
    ASN1_OCTET_STRING *const value = ASN1_OCTET_STRING_new();
    X509_EXTENSION *made = NULL;

    require(ASN1_OCTET_STRING_set(value, extension->value.at, (int)extension->value.len) == 1);
    made = X509_EXTENSION_create_by_OBJ(NULL, oid, extension->critical, value);
    require(made != NULL && X509_add_ext(x509, made, -1) == 1 &&
            (!extension->twice || X509_add_ext(x509, made, -1) == 1));
    X509_EXTENSION_free(made);
    ASN1_OCTET_STRING_free(value);
    ASN1_OBJECT_free(oid);
}

static void add_extensions(X509 *x509, const struct scene_cert *cert)
{
    static const struct scene_extension ca = { "2.5.29.19", BYTES_LITERAL("\x30\x03\x01\x01\xff"),
                                               true, false };
    static const struct scene_extension leaf = { "2.5.29.19", BYTES_LITERAL("\x30\x00"), true,
                                                 false };
    /* keyCertSign and cRLSign; cRLSign alone */
    static const struct scene_extension usage = { "2.5.29.15", BYTES_LITERAL("\x03\x02\x01\x06"),
                                                  true, false };
    static const struct scene_extension other_usage = { "2.5.29.15",
                                                        BYTES_LITERAL("\x03\x02\x01\x02"), true,
                                                        false };

    if (!cert->no_constraints) {
        add_extension(x509, cert->is_ca ? &ca : &leaf);
        add_extension(x509, cert->may_not_sign ? &other_usage : &usage);
    }
    for (size_t i = 0; i < cert->extension_count; i++)
        add_extension(x509, &cert->extensions[i]);
}

void scene_cert_der(const struct scene *scene, const struct scene_cert *cert, struct buf *out)
{
    X509 *const x509 = X509_new();
    X509_NAME *const subject = name_of(NULL, cert->name);
    X509_NAME *const issuer = name_of(cert->organization, cert->issuer);
    EVP_MD_CTX *const ctx = signing(scene, cert->signer, &cert->signature);
    uint8_t *der = NULL;

    require(X509_set_version(x509, cert->version_1 ? X509_VERSION_1 : X509_VERSION_3) == 1 &&
            ASN1_INTEGER_set_int64(X509_get_serialNumber(x509), cert->serial) == 1 &&
            X509_set_subject_name(x509, subject) == 1 && X509_set_issuer_name(x509, issuer) == 1 &&
            X509_set_pubkey(x509, scene->keys[cert->key]) == 1 &&
            ASN1_TIME_set(X509_getm_notBefore(x509), cert->not_before) != NULL &&
            ASN1_TIME_set(X509_getm_notAfter(x509), cert->not_after) != NULL);
    if (!cert->version_1)
        add_extensions(x509, cert);
    require(X509_sign_ctx(x509, ctx) > 0);
    const int len = i2d_X509(x509, &der);
    require(len > 0);
    buf_add(out, bytes_of(der, (size_t)len));
    OPENSSL_free(der);
    EVP_MD_CTX_free(ctx);
    X509_NAME_free(issuer);
    X509_NAME_free(subject);
    X509_free(x509);
}

void scene_cert_pem(const struct scene *scene, const struct scene_cert *cert, struct buf *out)
{
    auto_buf der = { 0 };

    scene_cert_der(scene, cert, &der);
    pem_encode(out, "CERTIFICATE", buf_bytes(&der));
}

static void add_entry(X509_CRL *crl, ASN1_TIME *when, struct bytes serial, bool removed)
{
    X509_REVOKED *const entry = X509_REVOKED_new();
    BIGNUM *const number = BN_bin2bn(serial.at, (int)serial.len, NULL);
    ASN1_INTEGER *const integer = BN_to_ASN1_INTEGER(number, NULL);
    ASN1_ENUMERATED *const reason = ASN1_ENUMERATED_new();

    require(X509_REVOKED_set_serialNumber(entry, integer) == 1 &&
            X509_REVOKED_set_revocationDate(entry, when) == 1 &&
            ASN1_ENUMERATED_set(reason, CRL_REASON_REMOVE_FROM_CRL) == 1 &&
            (!removed ||
             X509_REVOKED_add1_ext_i2d(entry, NID_crl_reason, reason, 0, X509V3_ADD_APPEND) == 1) &&
            X509_CRL_add0_revoked(crl, entry) == 1);
    ASN1_ENUMERATED_free(reason);
    ASN1_INTEGER_free(integer);
    BN_free(number);
}

void scene_crl_der(const struct scene *scene, struct buf *out)
{
    const struct scene_crl *const shape = &scene->crl;
    X509_CRL *const crl = X509_CRL_new();
    X509_NAME *const issuer = name_of(NULL, shape->issuer);
    ASN1_TIME *const start = ASN1_TIME_set(NULL, shape->this_update);
    ASN1_TIME *const end = shape->next_update == 0 ? NULL : ASN1_TIME_set(NULL, shape->next_update);
    EVP_MD_CTX *const ctx = signing(scene, shape->signer, &shape->signature);
    uint8_t *der = NULL;

    require(X509_CRL_set_version(crl, X509_CRL_VERSION_2) == 1 &&
            X509_CRL_set_issuer_name(crl, issuer) == 1 &&
            X509_CRL_set1_lastUpdate(crl, start) == 1 &&
            (end == NULL || X509_CRL_set1_nextUpdate(crl, end) == 1));
    for (size_t i = 0; i < shape->serial_count; i++)
        add_entry(crl, start, shape->serials[i], shape->removed);
    require(X509_CRL_sign_ctx(crl, ctx) > 0);
    const int len = i2d_X509_CRL(crl, &der);
    require(len > 0);
    buf_add(out, bytes_of(der, (size_t)len));
    OPENSSL_free(der);
    EVP_MD_CTX_free(ctx);
    ASN1_TIME_free(end);
    ASN1_TIME_free(start);
    X509_NAME_free(issuer);
    X509_CRL_free(crl);
}

/* ---- the bundle ---- */

static void put_cert(const struct scene *scene, const char *member, struct bytes instead,
                     const struct scene_cert *cert, struct buf *out)
{
    auto_buf pem = { 0 };

    if (member[0] == '\0')
        return;
    if (instead.at == NULL)
        scene_cert_pem(scene, cert, &pem);
    json_put_name(out, member);
    json_put_string(out, instead.at == NULL ? buf_bytes(&pem) : instead);
}

static void put_crl(const struct scene *scene, struct buf *out)
{
    auto_buf der = { 0 };

    if (!scene->crl.present)
        return;
    json_put_name(out, "crl");
    if (scene->crl_text.at != NULL) {
        json_put_string(out, scene->crl_text);
        return;
    }
    scene_crl_der(scene, &der);
    json_put_octets(out, buf_bytes(&der));
}

void scene_bundle(const struct scene *scene, struct buf *out)
{
    buf_add_string(out, "{\"format\":\"attestation-collateral\",\"version\":1,\"tee\":\"snp\"");
    put_cert(scene, scene->vek_member, scene->vek_text, &scene->vek, out);
    put_cert(scene, scene->ask_member, scene->ask_text, &scene->ask, out);
    put_cert(scene, scene->ark_member, scene->ark_text, &scene->ark, out);
    put_crl(scene, out);
    buf_add_string(out, "}");
}

enum reason scene_verify(const struct scene *scene, int64_t now)
{
    auto_buf bundle = { 0 };
    auto_arena arena = { 0 };
    struct err err = { 0 };
    struct verdict verdict;

    scene_bundle(scene, &bundle);
    auto_collateral *collateral = collateral_parse(buf_bytes(&bundle), &scene->anchors, &err);
    require(collateral != NULL);
    const bool valid = evidence_verify(bytes_of(scene->report, sizeof scene->report), collateral,
                                       &scene->anchors, now, &arena, &verdict);
    require(valid == (verdict.reason == REASON_NONE) && valid == (verdict.detail.len == 0));
    /* The last step is the one that failed, and only that. */
    for (size_t i = 0; i < verdict.step_count; i++)
        require(verdict.steps[i].passed == (valid || i + 1 < verdict.step_count));
    return verdict.reason;
}
