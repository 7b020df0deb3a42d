/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "attestation/intel_levels.h"

/* QE identity: which quoting enclave is Intel's, and how recent it should be (attestation.md, 5.4). */
enum { MISCSELECT_LEN = 4, ATTRIBUTES_LEN = 16, MRSIGNER_LEN = 32 }; /* bytes */

/* The levels live in the arena; the document may go. All bytes are in the order of the report. */
struct qe_identity {
    enum tee tee; /* whose quotes it signs; TEE_NONE for the enclave that verifies quotes */
    int64_t issue_date, next_update;
    uint64_t evaluation_number;
    uint8_t miscselect[MISCSELECT_LEN], miscselect_mask[MISCSELECT_LEN];
    uint8_t attributes[ATTRIBUTES_LEN], attributes_mask[ATTRIBUTES_LEN];
    uint8_t mrsigner[MRSIGNER_LEN];
    uint16_t isvprodid;
    struct svn_levels levels;
};
/* document: the value of enclaveIdentity. FAIL_MALFORMED with the place. */
bool qe_identity_parse(const struct json *document, struct arena *arena, struct qe_identity *qe,
                       struct err *err) MUST_CHECK;
