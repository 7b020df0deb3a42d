/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/intel_tcb_info.h"

#include <stdio.h>
#include <string.h>

enum { OLD_VERSION = 2, VERSION = 3, MODULES_MAX = 256 };

/* ---- levels ---- */

/* sgxtcbcomponents or tdxtcbcomponents: 16 objects with svn. */
static bool parse_components(const struct json *tcb, const char *name,
                             uint8_t out[static PCK_COMPONENTS], struct err *err)
{
    size_t count = 0, n = 0;
    const struct json *const list = need_list(tcb, name, PCK_COMPONENTS, &count, err);

    if (list == NULL)
        return false;
    if (count != PCK_COMPONENTS)
        return json_fail(list, err, "%d elements must stand here", PCK_COMPONENTS);
    for (const struct json *v = json_first(list); v != NULL; v = json_next(v)) {
        uint64_t svn = 0;
        if (!need_number(v, "svn", UINT8_MAX, &svn, err))
            return false;
        out[n++] = (uint8_t)svn;
    }
    return true;
}

/* sgxtcbcomp01svn to sgxtcbcomp16svn, as version 2 has them. */
static bool parse_old_components(const struct json *tcb, uint8_t out[static PCK_COMPONENTS],
                                 struct err *err)
{
    for (unsigned i = 0; i < PCK_COMPONENTS; i++) {
        char name[32];
        uint64_t svn = 0;
        (void)snprintf(name, sizeof name, "sgxtcbcomp%02usvn", i + 1);
        if (!need_number(tcb, name, UINT8_MAX, &svn, err))
            return false;
        out[i] = (uint8_t)svn;
    }
    return true;
}

static bool parse_level(const struct json *level, const struct tcb_info *info, struct arena *arena,
                        struct tcb_level *out, struct err *err)
{
    uint64_t pcesvn = 0;

    if (!level_verdict_parse(level, arena, &out->verdict, err))
        return false;
    const struct json *const tcb = need_member(level, "tcb", JSON_OBJECT, err);
    if (tcb == NULL || !need_number(tcb, "pcesvn", UINT16_MAX, &pcesvn, err))
        return false;
    out->pcesvn = (uint16_t)pcesvn;
    if (info->version == OLD_VERSION)
        return parse_old_components(tcb, out->sgx, err);
    return parse_components(tcb, "sgxtcbcomponents", out->sgx, err) &&
           (info->tee != TEE_TDX || parse_components(tcb, "tdxtcbcomponents", out->tdx, err));
}

/* By the SGX components, then PCESVN, then the TDX components (attestation.md, 7.2): <0, 0, >0. */
static int order(const struct tcb_level *a, const struct tcb_level *b)
{
    const int sgx = memcmp(a->sgx, b->sgx, sizeof a->sgx);

    if (sgx != 0)
        return sgx;
    if (a->pcesvn != b->pcesvn)
        return a->pcesvn < b->pcesvn ? -1 : 1;
    return memcmp(a->tdx, b->tdx, sizeof a->tdx);
}

/* Puts the last of `count` levels where it belongs; of equal ones the first in the document stays first. */
static void sort_in(struct tcb_level *levels, size_t count)
{
    const struct tcb_level added = levels[count - 1];
    size_t at = count - 1;

    for (; at > 0 && order(&added, &levels[at - 1]) > 0; at--)
        levels[at] = levels[at - 1];
    levels[at] = added;
}

static bool parse_levels(const struct json *document, struct arena *arena, struct tcb_info *info,
                         struct err *err)
{
    size_t count = 0, n = 0;
    const struct json *const list = need_list(document, "tcbLevels", LEVELS_MAX, &count, err);

    if (list == NULL)
        return false;
    struct tcb_level *const levels = arena_alloc(arena, count * sizeof *levels);
    for (const struct json *v = json_first(list); v != NULL; v = json_next(v)) {
        if (!parse_level(v, info, arena, &levels[n++], err))
            return false;
        sort_in(levels, n);
    }
    info->levels = levels;
    info->level_count = count;
    return true;
}

/* ---- TDX modules ---- */

static bool parse_module(const struct json *object, struct tdx_module *module, struct err *err)
{
    if (object->type != JSON_OBJECT)
        return json_fail(object, err, "an object must stand here");
    return need_hex(object, "mrsigner", module->mrsigner, sizeof module->mrsigner, err) &&
           need_hex(object, "attributes", module->attributes, sizeof module->attributes, err) &&
           need_hex(object, "attributesMask", module->attributes_mask,
                    sizeof module->attributes_mask, err);
}

static bool status_suits_module(const struct svn_levels *levels)
{
    for (size_t i = 0; i < levels->count; i++) {
        const enum tcb_status status = levels->at[i].verdict.status;
        if (status != TCB_UP_TO_DATE && status != TCB_OUT_OF_DATE && status != TCB_REVOKED)
            return false;
    }
    return true;
}

static bool parse_identity(const struct json *object, struct arena *arena,
                           struct tdx_module *module, struct err *err)
{
    if (!parse_module(object, module, err) || !need_text(object, "id", &module->id, err) ||
        !svn_levels_parse(object, arena, &module->levels, err))
        return false;
    module->id = arena_bytes(arena, module->id);
    return status_suits_module(&module->levels) ||
           json_fail(object, err, "a level has a status that modules do not have");
}

static bool parse_identities(const struct json *document, struct arena *arena,
                             struct tcb_info *info, struct err *err)
{
    size_t count = 0;

    if (json_member(document, "tdxModuleIdentities") == NULL)
        return true;
    const struct json *const list = need_member(document, "tdxModuleIdentities", JSON_ARRAY, err);
    if (list == NULL || json_first(list) == NULL)
        return list != NULL;
    if (need_list(document, "tdxModuleIdentities", MODULES_MAX, &count, err) == NULL)
        return false;
    struct tdx_module *const modules = arena_alloc(arena, count * sizeof *modules);
    for (const struct json *v = json_first(list); v != NULL; v = json_next(v)) {
        if (!parse_identity(v, arena, &modules[info->module_count++], err))
            return false;
    }
    info->modules = modules;
    return true;
}

static bool parse_modules(const struct json *document, struct arena *arena, struct tcb_info *info,
                          struct err *err)
{
    if (info->tee == TEE_TDX) {
        const struct json *const module = need_member(document, "tdxModule", JSON_OBJECT, err);
        return module != NULL && parse_module(module, &info->module, err) &&
               parse_identities(document, arena, info, err);
    }
    if (json_member(document, "tdxModule") == NULL &&
        json_member(document, "tdxModuleIdentities") == NULL)
        return true;
    return json_fail(document, err, "TCB info of SGX has no TDX modules");
}

const struct tdx_module *tcb_info_module(const struct tcb_info *info, uint8_t major)
{
    char id[16];

    if (major == 0)
        return &info->module;
    (void)snprintf(id, sizeof id, "TDX_%02X", major);
    for (size_t i = 0; i < info->module_count; i++) {
        if (bytes_equal_nocase(info->modules[i].id, id))
            return &info->modules[i];
    }
    return NULL;
}

/* ---- the document ---- */

/* Version 2 has no id and is for SGX. */
static bool parse_tee(const struct json *document, struct tcb_info *info, struct err *err)
{
    struct bytes id = BYTES_LITERAL("SGX");
    uint64_t version = 0;

    if (!need_number(document, "version", UINT32_MAX, &version, err))
        return false;
    if (version != OLD_VERSION && version != VERSION)
        return json_fail(document, err, "only the versions %d and %d are known", OLD_VERSION,
                         VERSION);
    info->version = (unsigned)version;
    if (version == VERSION && !need_text(document, "id", &id, err))
        return false;
    info->tee = bytes_equal_string(id, "SGX")   ? TEE_SGX
                : bytes_equal_string(id, "TDX") ? TEE_TDX
                                                : TEE_NONE;
    return info->tee != TEE_NONE || json_fail(document, err, "its id is neither SGX nor TDX");
}

bool tcb_info_parse(const struct json *document, struct arena *arena, struct tcb_info *info,
                    struct err *err)
{
    uint64_t type = 0;

    *info = (struct tcb_info){ 0 };
    return parse_tee(document, info, err) &&
           need_date(document, "issueDate", &info->issue_date, err) &&
           need_date(document, "nextUpdate", &info->next_update, err) &&
           need_hex(document, "fmspc", info->fmspc, sizeof info->fmspc, err) &&
           need_hex(document, "pceId", info->pceid, sizeof info->pceid, err) &&
           /* How components compare; 0 is the only way there is. */
           need_number(document, "tcbType", 0, &type, err) &&
           need_number(document, "tcbEvaluationDataNumber", UINT64_MAX, &info->evaluation_number,
                       err) &&
           parse_modules(document, arena, info, err) && parse_levels(document, arena, info, err);
}
