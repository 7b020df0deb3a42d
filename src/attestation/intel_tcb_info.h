/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "attestation/intel_levels.h"
#include "attestation/intel_pck.h"

/* TCB info: which security versions platforms of one family and the TDX modules on them should have (attestation.md, 5.3). */
enum {
    TDX_COMPONENTS = 16,
    MODULE_SIGNER_LEN = 48, /* bytes */
    MODULE_ATTRIBUTES_LEN = 8,
};

struct tdx_module {
    struct bytes id; /* "TDX_03"; empty for the one of module version 0 */
    uint8_t mrsigner[MODULE_SIGNER_LEN];
    uint8_t attributes[MODULE_ATTRIBUTES_LEN], attributes_mask[MODULE_ATTRIBUTES_LEN];
    struct svn_levels levels; /* none for the one of module version 0 */
};

struct tcb_level {
    uint8_t sgx[PCK_COMPONENTS], tdx[TDX_COMPONENTS];
    uint16_t pcesvn;
    struct level_verdict verdict;
};

/* Views live in the arena; the document may go. */
struct tcb_info {
    enum tee tee;
    unsigned version; /* 2 or 3 */
    int64_t issue_date, next_update;
    uint8_t fmspc[FMSPC_LEN], pceid[PCEID_LEN];
    uint64_t evaluation_number;
    struct tdx_module module; /* TDX */
    size_t module_count;      /* TDX: the further ones, by their id */
    const struct tdx_module *modules;
    size_t level_count;             /* at least 1 */
    const struct tcb_level *levels; /* the highest first (attestation.md, 7.2) */
};
/* document: the value of tcbInfo. FAIL_MALFORMED with the place. */
bool tcb_info_parse(const struct json *document, struct arena *arena, struct tcb_info *info,
                    struct err *err) MUST_CHECK;
/* The identity of this major version of the TDX module; NULL: there is none. */
const struct tdx_module *tcb_info_module(const struct tcb_info *info, uint8_t major) MUST_CHECK;
