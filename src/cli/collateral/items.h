/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "attestation/pck_id.h"
#include "cli/collateral/get.h"

/*
 * The items of a bundle, from the services that publish them (attestation.md, 10) into the members of attestation.md, 11.
 * Nothing is judged here beyond the forms.
 */

/* For which platform. Texts and views are borrowed. */
struct platform {
    enum tee tee;
    char fmspc[13];       /* hex */
    const char *pck_ca;   /* "platform", "processor" */
    struct bytes pck_pem; /* chain that the quote does not have; empty: it has */
    bool asks_pck;        /* the chain has to be fetched; fmspc and pck_ca are known after that */
    struct pck_id pck_id; /* then: which one */
    bool pck_is_for_tcb;  /* then: it is for the TCB that the quote names */

    const char *product;      /* "Milan" */
    const char *signing_key;  /* "vcek", "vlek" */
    char hardware_id[129];    /* hex; for a VCEK */
    char levels[128];         /* query with the parts of the reported TCB */
    struct bytes certificate; /* DER of the VEK; empty: the service is asked for the VCEK */
};

struct services {
    const char *pcs; /* base URL of PCS or PCCS, without a slash at the end */
    bool is_pccs;
    struct bytes api_key; /* for PCK certificates of the PCS; empty: none */
    const char *root_crl; /* URL; NULL: the PCCS has it */
    const char *kds;
    bool without_crl;   /* of AMD */
    const char *update; /* "standard", "early" */
};

/*
 * The PCK certificate that a quote names and its issuers, appended as PEM. FAIL_STATE: this service cannot be asked for it;
 * FAIL_MALFORMED: an answer in another form.
 */
bool collateral_get_pck(struct getter *getter, const struct services *services,
                        const struct pck_id *id, struct buf *pem, struct err *err) MUST_CHECK;
/* Append members to a JSON object that is open. FAIL_MALFORMED: an answer in no known form. */
bool collateral_get_intel(struct getter *getter, const struct services *services,
                          const struct platform *platform, struct buf *json,
                          struct err *err) MUST_CHECK;
bool collateral_get_amd(struct getter *getter, const struct services *services,
                        const struct platform *platform, struct buf *json,
                        struct err *err) MUST_CHECK;

/* A list in DER, PEM or hex, appended as DER. FAIL_MALFORMED. */
bool crl_answer_decode(struct bytes answer, struct buf *der, struct err *err) MUST_CHECK;
/* The URL-encoded PEM of a header, appended. FAIL_MALFORMED. */
bool chain_header_decode(struct bytes header, struct buf *pem, struct err *err) MUST_CHECK;
/* A certificate in DER, or the first one in PEM, appended as DER. FAIL_MALFORMED. */
bool certificate_decode(struct bytes text, struct buf *der, struct err *err) MUST_CHECK;
