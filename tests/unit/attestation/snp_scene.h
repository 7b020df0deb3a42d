/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "attestation/verify.h"

/*
 * A report of SEV-SNP with a PKI of its own, in which everything is right until a test changes it.
 *
 *   scene_init          a report of version 3 by a Milan, its VCEK, no CRL
 *   ...                 a test sets what should be wrong
 *   scene_bundle        signs certificates and CRL -> the bundle
 *   scene_sign_report   after a change of the report that its signature should cover
 *   scene_verify        both, and the verdict
 */

/* Those of RSA are in data/, because they take seconds to make; those on curves are made in scene_init. */
enum scene_key {
    SCENE_NO_KEY = 0,
    SCENE_ARK,
    SCENE_ASK,
    SCENE_OTHER,
    SCENE_SMALL, /* RSA with 3072 bits; the three above have 4096 */
    SCENE_VEK,   /* P-384 */
    SCENE_OTHER_VEK,
    SCENE_P256,
    SCENE_KEYS,
};

/* How something is signed; all zero is what AMD does. */
struct scene_signature {
    bool pkcs1;                   /* instead of PSS */
    const char *hash, *mask_hash; /* NULL: SHA384 */
    int salt_len;                 /* 0: 48 */
};

struct scene_extension {
    const char *oid;
    struct bytes value;
    bool critical, twice;
};
enum { SCENE_EXTENSIONS_MAX = 16 };

struct scene_cert {
    const char *name, *issuer; /* common names */
    const char *organization;  /* of the issuer's name */
    enum scene_key key, signer;
    int64_t not_before, not_after;
    int64_t serial;
    bool is_ca, may_not_sign; /* may_not_sign: a key usage without keyCertSign */
    bool no_constraints;      /* no basicConstraints at all */
    bool version_1;
    struct scene_signature signature;
    size_t extension_count;
    struct scene_extension extensions[SCENE_EXTENSIONS_MAX];
};

struct scene_crl {
    bool present;
    const char *issuer;
    enum scene_key signer;
    int64_t this_update, next_update; /* next_update 0: none */
    struct scene_signature signature;
    size_t serial_count;
    struct bytes serials[4]; /* big-endian */
    bool removed;            /* the entries have the reason removeFromCRL */
};

/* Places in the report (attestation.md, 8.1). */
enum {
    AT_VERSION = 0x00,
    AT_POLICY = 0x08,
    AT_FAMILY_ID = 0x10,
    AT_ALGORITHM = 0x34,
    AT_CURRENT_TCB = 0x38,
    AT_PLATFORM_INFO = 0x40,
    AT_KEY_INFO = 0x48,
    AT_REPORT_DATA = 0x50,
    AT_MEASUREMENT = 0x90,
    AT_REPORTED_TCB = 0x180,
    AT_CPUID = 0x188,
    AT_CHIP_ID = 0x1a0,
    AT_COMMITTED_TCB = 0x1e0,
    AT_LAUNCH_TCB = 0x1f0,
    AT_MITIGATIONS = 0x1f8,
    AT_SIGNATURE = 0x2a0,
    SCENE_NUMBER_LEN = 72,
};

/* Every time lies within what is valid at SCENE_NOW; each window is another one. */
enum { SCENE_NOW = 1750000000, SCENE_DAY = 86400 };

struct scene {
    void *keys[SCENE_KEYS]; /* EVP_PKEY, owned */
    uint8_t report[SNP_REPORT_LEN];
    enum scene_key report_signer;
    struct scene_cert ark, ask, vek;
    struct scene_crl crl;
    uint8_t anchor_hash[SHA256_LEN];
    struct ark_anchor anchor; /* the key of SCENE_ARK */
    struct trust_anchors anchors;
    /* Items of the bundle that stand there instead of what was made; at NULL: as made. */
    struct bytes vek_text, ask_text, ark_text, crl_text;
    const char *vek_member, *ask_member, *ark_member; /* names of members; "": left out */
};

void scene_init(struct scene *scene);
void scene_clear(struct scene *scene);
#define auto_scene struct scene CLEANUP(scene_clear)

/* The report by a VLEK, with its chain. */
void scene_make_vlek(struct scene *scene);
/* The report and chain of another product. */
void scene_make_genoa(struct scene *scene);
void scene_make_turin(struct scene *scene);
void scene_add_crl(struct scene *scene);

/* Of an extension of the VEK, which has to be there; NULL takes it away. */
void scene_set_extension(struct scene *scene, const char *oid, struct bytes value);

void scene_sign_report(struct scene *scene);
/* Appends DER, PEM, the whole bundle. */
void scene_cert_der(const struct scene *scene, const struct scene_cert *cert, struct buf *out);
void scene_cert_pem(const struct scene *scene, const struct scene_cert *cert, struct buf *out);
void scene_crl_der(const struct scene *scene, struct buf *out);
void scene_bundle(const struct scene *scene, struct buf *out);

/* Makes the bundle anew and judges the report as it stands there; views of the verdict are gone, but the numbers. */
enum reason scene_verify(const struct scene *scene, int64_t now);
