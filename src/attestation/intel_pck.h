/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "attestation/verdict.h"

/* What the extension of a PCK certificate says about the platform (attestation.md, 4). */

#define PCK_EXTENSION_OID "1.2.840.113741.1.13.1"
enum { PPID_LEN = 16, CPUSVN_LEN = 16, PCEID_LEN = 2, FMSPC_LEN = 6, PCK_INSTANCE_ID_LEN = 16 };

/* Copies; nothing is borrowed. */
struct pck {
    uint8_t ppid[PPID_LEN];
    uint8_t components[PCK_COMPONENTS]; /* the SVNs that TCB levels are compared with */
    uint16_t pcesvn;
    uint8_t cpusvn[CPUSVN_LEN]; /* raw; nothing is compared with it */
    uint8_t pceid[PCEID_LEN];
    uint8_t fmspc[FMSPC_LEN];
    uint8_t sgx_type; /* 0 standard, 1 scalable, 2 scalable with integrity */
};
/*
 * extension: the contents of its OCTET STRING. The entries may stand in any order, unknown ones are skipped.
 * FAIL_MALFORMED: one is missing, there twice, of another type or size.
 */
bool pck_parse(struct bytes extension, struct pck *pck, struct err *err) MUST_CHECK;
