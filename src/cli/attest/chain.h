/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "attestation/intel_pck.h"
#include "crypto/cert.h"

/* The PCK chain of a quote as far as it can be read. Nothing of it is verified. */
enum { PCK_CHAIN_SHOWN = 8 }; /* certificates that are read */

struct pck_chain {
    size_t count;
    struct cert *certs[PCK_CHAIN_SHOWN]; /* owned */
    bool has_pck;
    struct pck pck; /* of the first certificate */
    const char *ca; /* "platform", "processor"; NULL: the second certificate is neither */
};
/* pem: may be empty. FAIL_MALFORMED: a certificate does not parse, or the first is no PCK certificate; what came before is there. */
bool pck_chain_read(struct bytes pem, struct pck_chain *chain, struct err *err) MUST_CHECK;
/* Puts what is known into the verdict, in views of the chain. */
void pck_chain_describe(const struct pck_chain *chain, struct verdict *verdict);
void pck_chain_clear(struct pck_chain *chain);
#define auto_pck_chain struct pck_chain CLEANUP(pck_chain_clear)
