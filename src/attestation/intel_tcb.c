/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/intel_tcb.h"

#include <assert.h>

/* Places in TEE_TCB_SVN and in the TDX components (attestation.md, 3.4). */
enum { MODULE_MINOR = 0, MODULE_MAJOR = 1, LATE_MICROCODE = 2 };

/* ---- statuses ---- */

static bool wants_configuration(enum tcb_status status)
{
    return status == TCB_CONFIGURATION_NEEDED ||
           status == TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED ||
           status == TCB_OUT_OF_DATE_CONFIGURATION_NEEDED;
}

static bool is_outdated(enum tcb_status status)
{
    return status == TCB_OUT_OF_DATE || status == TCB_OUT_OF_DATE_CONFIGURATION_NEEDED;
}

enum tcb_status tcb_converge(enum tcb_status platform, enum tcb_status part)
{
    if (platform == TCB_REVOKED || part == TCB_REVOKED)
        return TCB_REVOKED;
    if (part == TCB_UP_TO_DATE)
        return platform;
    return wants_configuration(platform) ? TCB_OUT_OF_DATE_CONFIGURATION_NEEDED : TCB_OUT_OF_DATE;
}

/* A QE is up to date or revoked when its level says so; everything else is out of date (attestation.md, 7.1). */
static enum tcb_status qe_status(enum tcb_status status)
{
    return status == TCB_UP_TO_DATE || status == TCB_REVOKED ? status : TCB_OUT_OF_DATE;
}

/* ---- levels ---- */

static bool reaches(const uint8_t *have, const uint8_t *want, size_t first, size_t count)
{
    for (size_t i = first; i < count; i++) {
        if (have[i] < want[i])
            return false;
    }
    return true;
}

static bool sgx_matches(const struct tcb_level *level, const struct pck *pck)
{
    return reaches(pck->components, level->sgx, 0, PCK_COMPONENTS) && pck->pcesvn >= level->pcesvn;
}

/* Modules of a major version above 0 are judged by their own identity and not by the first two components. */
static bool tdx_matches(const struct tcb_level *level, struct bytes tee_tcb_svn)
{
    const size_t first = tee_tcb_svn.at[MODULE_MAJOR] == 0 ? MODULE_MINOR : LATE_MICROCODE;

    return reaches(tee_tcb_svn.at, level->tdx, first, TDX_COMPONENTS);
}

/* The first level that matches; without_tdx: whatever its TDX components are. */
static const struct tcb_level *find_level(const struct tcb_info *info,
                                          const struct tcb_platform *platform, bool without_tdx)
{
    for (size_t i = 0; i < info->level_count; i++) {
        const struct tcb_level *const level = &info->levels[i];
        if (sgx_matches(level, platform->pck) &&
            (without_tdx || tdx_matches(level, platform->tee_tcb_svn)))
            return level;
    }
    return NULL;
}

static bool find_module_level(const struct tcb_info *info, const struct tcb_platform *platform,
                              struct tcb_result *result, struct err *err)
{
    const uint8_t major = platform->tee_tcb_svn.at[MODULE_MAJOR];
    const struct tdx_module *const module = tcb_info_module(info, major);

    if (major == 0)
        return true;
    assert(module != NULL);
    const struct svn_level *const level =
        svn_levels_find(&module->levels, platform->tee_tcb_svn.at[MODULE_MINOR]);
    if (level == NULL)
        return err_set(err, FAIL_DENIED, "the TDX module is below all levels of its identity");
    result->module = &level->verdict;
    result->module_status = level->verdict.status;
    return true;
}

static bool find_qe_level(const struct qe_identity *qe, const struct tcb_platform *platform,
                          struct tcb_result *result, struct err *err)
{
    const struct svn_level *const level = svn_levels_find(&qe->levels, platform->qe_isvsvn);

    if (level == NULL)
        return err_set(err, FAIL_DENIED,
                       "the quoting enclave with ISVSVN %u is below all levels of its identity",
                       platform->qe_isvsvn);
    result->qe = &level->verdict;
    result->qe_status = qe_status(level->verdict.status);
    return true;
}

static bool find_platform_level(const struct tcb_info *info, const struct tcb_platform *platform,
                                struct tcb_result *result, struct err *err)
{
    const struct tcb_level *const level = find_level(info, platform, platform->tee != TEE_TDX);

    if (level == NULL)
        return err_set(err, FAIL_DENIED, "the platform is below all levels of the TCB info");
    result->platform = &level->verdict;
    return true;
}

/* ---- relaunch (attestation.md, 7.4 b) ---- */

/* What one relaunch would repair: a TD that began under an old module, on a platform with nothing else out of date. */
static bool relaunch_could_help(const struct tcb_result *result, enum tcb_status sgx_status)
{
    return result->qe_status == TCB_UP_TO_DATE &&
           (sgx_status == TCB_UP_TO_DATE || sgx_status == TCB_SW_HARDENING_NEEDED ||
            sgx_status == TCB_CONFIGURATION_NEEDED ||
            sgx_status == TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED) &&
           is_outdated(result->status) && result->module_status == TCB_OUT_OF_DATE;
}

/* Is the module that runs now up to the highest level? False with *known false: there is no identity of it. */
static bool runs_current_module(const struct tcb_info *info, struct bytes running, bool *known)
{
    const uint8_t *const highest = info->levels[0].tdx;
    const uint8_t major = running.at[MODULE_MAJOR];
    const struct tdx_module *const module = tcb_info_module(info, major);

    *known = module != NULL;
    if (!*known)
        return false;
    const unsigned wanted = major == 0 ? highest[MODULE_MINOR] : module->levels.at[0].isvsvn;
    return running.at[MODULE_MINOR] >= wanted &&
           running.at[LATE_MICROCODE] >= highest[LATE_MICROCODE];
}

static bool consider_relaunch(const struct tcb_info *info, const struct tcb_platform *platform,
                              struct tcb_result *result, struct err *err)
{
    const struct tcb_level *const sgx_level = find_level(info, platform, true);
    bool known = true;

    /* The platform's level matches without its TDX components too, so there is one. */
    assert(sgx_level != NULL);
    const enum tcb_status sgx_status = sgx_level->verdict.status;
    if (!relaunch_could_help(result, sgx_status))
        return true;
    if (runs_current_module(info, platform->tee_tcb_svn2, &known))
        result->status = wants_configuration(sgx_status) || wants_configuration(result->status)
                             ? TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED
                             : TCB_TD_RELAUNCH_ADVISED;
    return known || err_set(err, FAIL_DENIED,
                            "the TCB info has no identity of the TDX module that runs now");
}

/* ---- all together ---- */

enum reason tcb_evaluate(const struct tcb_info *info, const struct qe_identity *qe,
                         const struct tcb_platform *platform, struct tcb_result *result,
                         struct err *err)
{
    *result = (struct tcb_result){ 0 };
    if (!find_qe_level(qe, platform, result, err) ||
        !find_platform_level(info, platform, result, err) ||
        (platform->tee == TEE_TDX && !find_module_level(info, platform, result, err)))
        return REASON_TCB_NOT_SUPPORTED;
    result->status = result->platform->status;
    if (result->module != NULL)
        result->status = tcb_converge(result->status, result->module_status);
    if (platform->tee_tcb_svn2.len > 0 && result->status != TCB_REVOKED &&
        !consider_relaunch(info, platform, result, err))
        return REASON_TDX_MODULE_MISMATCH;
    result->status = tcb_converge(result->status, result->qe_status);
    if (result->status != TCB_REVOKED)
        return REASON_NONE;
    (void)err_set(err, FAIL_DENIED, "the TCB is revoked");
    return REASON_TCB_REVOKED;
}
