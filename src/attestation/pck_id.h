/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "attestation/intel_pck.h"
#include "attestation/quote.h"

/*
 * What a quote without a PCK certificate says about the one that it needs: certification data of types 1 to 3 (attestation.md,
 * 3.8). Nothing signs it; it is for asking a service. Views into the quote, in the order of its bytes.
 */
struct pck_id {
    struct bytes qe_id;          /* 16 bytes: the platform, for a PCCS */
    struct bytes ppid;           /* in the clear; empty: encrypted */
    struct bytes encrypted_ppid; /* RSA-OAEP, 256 or 384 bytes; empty: in the clear */
    struct bytes cpusvn, pcesvn,
        pceid; /* 16, 2 and 2 bytes; old quotes in the clear have no PCEID: empty */
};
/* FAIL_MALFORMED; FAIL_NOT_FOUND: the certification data is of another type. */
bool pck_id_parse(const struct quote *quote, struct pck_id *id, struct err *err) MUST_CHECK;
/*
 * May the certificate be that of the platform? PCEID and a PPID in the clear have to be the same, and the PCESVN may not be
 * above that of the quote. Whether it is, shows when its key verifies the QE report. FAIL_DENIED.
 */
bool pck_id_allows(const struct pck_id *id, const struct pck *pck, struct err *err) MUST_CHECK;
/* Is it for the very TCB that the quote names? */
bool pck_id_is_for_tcb(const struct pck_id *id, const struct pck *pck) MUST_CHECK;
