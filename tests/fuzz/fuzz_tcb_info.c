/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TCB info and QE identity: what is signed lies inside of the text and is an object; levels are sorted, so that who has
 * everything reaches the first and who has nothing at most the last.
 */
#include "attestation/intel_tcb.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void require(bool holds)
{
    if (!holds)
        __builtin_trap();
}

static void check_source(const struct signed_json *json, struct bytes text)
{
    const struct bytes s = json->signed_bytes;

    require(s.at >= text.at && s.len >= 2 && s.len <= text.len &&
            (size_t)(s.at - text.at) <= text.len - s.len);
    require(s.at[0] == '{' && s.at[s.len - 1] == '}');
}

static void check_levels(const struct svn_levels *levels)
{
    require(levels->count > 0 && levels->count <= LEVELS_MAX);
    for (size_t i = 0; i < levels->count; i++) {
        require(levels->at[i].verdict.status != TCB_STATUS_NONE);
        require(i == 0 || levels->at[i - 1].isvsvn >= levels->at[i].isvsvn);
        require(svn_levels_find(levels, levels->at[i].isvsvn)->isvsvn == levels->at[i].isvsvn);
    }
    require(svn_levels_find(levels, UINT16_MAX) == &levels->at[0]);
}

/* A platform of which every version is the highest there is, with a module of version 0. */
static void check_highest(const struct tcb_info *info, const struct qe_identity *qe)
{
    struct pck pck = { .pcesvn = UINT16_MAX };
    uint8_t svn[TDX_COMPONENTS];
    struct tcb_platform platform = { .tee = info->tee, .pck = &pck, .qe_isvsvn = UINT16_MAX };
    struct tcb_result result;
    struct err err = { 0 };

    memset(pck.components, 0xff, sizeof pck.components);
    memset(svn, 0xff, sizeof svn);
    svn[1] = 0;
    if (info->tee == TEE_TDX)
        platform.tee_tcb_svn = platform.tee_tcb_svn2 = bytes_of(svn, sizeof svn);
    const bool reaches = info->tee != TEE_TDX || info->levels[0].tdx[1] == 0;
    const enum reason reason = tcb_evaluate(info, qe, &platform, &result, &err);
    require(!reaches || result.platform == &info->levels[0].verdict);
    require(reason != REASON_TDX_MODULE_MISMATCH);
}

static void check_info(const struct tcb_info *info)
{
    static const struct svn_level any = { 0, { .status = TCB_UP_TO_DATE } };
    const struct qe_identity qe = { .levels = { 1, &any } };

    require(info->level_count > 0 && info->level_count <= LEVELS_MAX);
    for (size_t i = 1; i < info->level_count; i++)
        require(memcmp(info->levels[i - 1].sgx, info->levels[i].sgx, PCK_COMPONENTS) >= 0);
    for (size_t i = 0; i < info->module_count; i++)
        check_levels(&info->modules[i].levels);
    for (unsigned major = 1; major <= UINT8_MAX; major++) {
        const struct tdx_module *const module = tcb_info_module(info, (uint8_t)major);
        require(module == NULL || module->id.len == strlen("TDX_00"));
    }
    check_highest(info, &qe);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct bytes text = bytes_of(data, size);
    auto_arena tree = { 0 }, arena = { 0 };
    struct signed_json json;
    struct tcb_info info;
    struct qe_identity qe;
    struct err err = { 0 };

    if (signed_json_parse(text, "tcbInfo", &tree, &json, &err)) {
        check_source(&json, text);
        if (tcb_info_parse(json.document, &arena, &info, &err))
            check_info(&info);
    }
    if (signed_json_parse(text, "enclaveIdentity", &tree, &json, &err)) {
        check_source(&json, text);
        if (qe_identity_parse(json.document, &arena, &qe, &err))
            check_levels(&qe.levels);
    }
    require(err.kind == FAIL_NONE || err.kind == FAIL_MALFORMED);
    return 0;
}
