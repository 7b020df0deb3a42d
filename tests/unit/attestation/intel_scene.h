/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "test.h"

#include "../crypto/pki.h"
#include "attestation/intel.h"

/*
 * A quote and its collateral under a root of our own. A test takes a scene in which all is well, makes one thing wrong, and
 * looks at the verdict:
 *
 *     auto_scene scene;
 *     intel_scene_init(&scene, SCENE_SGX_3);
 *     scene.pck_crl.serials = ...;
 *     scene_expect(&scene, REASON_REVOKED, "the PCK certificate is on its CRL");
 */
enum scene_form {
    SCENE_SGX_3 = 0,
    SCENE_SGX_4,
    SCENE_SGX_5,
    SCENE_TDX_4,
    SCENE_TDX_5,
    SCENE_TDX_5_15
};
enum { SCENE_FORMS = 6 };

enum { SCENE_NOW = 1750000000 /* 2025-06-15T15:06:40Z */ };

struct scene_pck {
    uint8_t ppid[16], components[16], cpusvn[16], pceid[2], fmspc[6];
    uint16_t pcesvn;
    bool platform; /* under the platform CA, with what that adds */
};

struct intel_scene {
    enum scene_form form;
    int64_t now;
    /* Keys: root, CA, PCK, TCB signing, attestation. A test may put its own in the place of one. */
    struct key *root_key, *ca_key, *pck_key, *signer_key, *attestation_key;

    struct pki_cert root, ca, leaf, signer;
    struct pki_crl root_crl, pck_crl;
    struct scene_pck pck;
    struct buf extension; /* of the leaf; made of pck when empty */

    uint8_t body[648];      /* the report, as long as the form has it */
    uint8_t qe_report[384]; /* report data is made when it is built */
    uint8_t authentication_data[32];
    uint16_t authentication_len;
    const uint8_t *attestation_raw; /* x and y in the quote instead of those of attestation_key */
    uint8_t qe_report_data_tail;    /* the last byte of the QE's report data */
    uint16_t key_type, cert_data_type;
    struct buf cert_data; /* when it is not the PCK chain */
    size_t nul_bytes;     /* behind the PEM */

    /* Documents without their signatures. */
    struct buf tcb_info, qe_identity;

    /* ---- what intel_scene_build makes ---- */
    struct buf root_der, ca_der, leaf_der, signer_der;
    struct buf pck_chain, crl_issuer_chain, signer_chain; /* PEM */
    struct buf root_crl_der, pck_crl_der, tcb_info_text, qe_identity_text;
    struct buf quote;
    struct bundle bundle;
    uint8_t point[P256_POINT_LEN];
    struct bytes anchor;
    struct trust_anchors anchors;
    struct intel_collateral
        *collateral; /* of the last scene_verify; the views of its verdict live in it */
};

void intel_scene_init(struct intel_scene *scene, enum scene_form form);
/* Makes certificates, lists, documents, bundle and quote anew. */
void intel_scene_build(struct intel_scene *scene);
/* The bundle as a file. Appends. */
void intel_scene_put_bundle(const struct intel_scene *scene, struct buf *out);
void intel_scene_clear(struct intel_scene *scene);
#define auto_scene struct intel_scene CLEANUP(intel_scene_clear)

bool scene_is_tdx(const struct intel_scene *scene);
/* Signs the document and puts it into a response; appends. member: "tcbInfo" or "enclaveIdentity". */
void scene_sign_document(struct buf *out, const char *member, struct bytes document,
                         const struct key *key);
/* Replaces the first `from` in the text; it has to be there. */
void scene_edit(struct buf *text, const char *from, const char *to);
void scene_set_item(struct bundle_item *item, struct bytes bytes);

/* Judges what was built. */
bool scene_verify(struct intel_scene *scene, struct arena *arena, struct verdict *verdict);
bool scene_verify_quote(const struct intel_scene *scene, struct bytes quote,
                        const struct intel_collateral *collateral, struct arena *arena,
                        struct verdict *verdict);
/* Builds the scene, verifies it, and compares the reason. */
void scene_expect(struct intel_scene *scene, enum reason reason, const char *what);
/* As scene_expect without building. */
void scene_expect_built(struct intel_scene *scene, enum reason reason, const char *what);
/* Builds, expects a valid verdict with this converged status. */
void scene_expect_status(struct intel_scene *scene, enum tcb_status status, const char *what);
