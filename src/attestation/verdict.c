/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/verdict.h"

#include <string.h>

const char *reason_text(enum reason reason)
{
    switch (reason) {
    case REASON_NONE:
        return "";
    case REASON_FORMAT:
        return "format";
    case REASON_UNSUPPORTED:
        return "unsupported";
    case REASON_COLLATERAL_MISSING:
        return "collateral_missing";
    case REASON_COLLATERAL_FORMAT:
        return "collateral_format";
    case REASON_CERT_CHAIN:
        return "cert_chain";
    case REASON_COLLATERAL_SIGNATURE:
        return "collateral_signature";
    case REASON_REVOKED:
        return "revoked";
    case REASON_EXPIRED:
        return "expired";
    case REASON_NOT_YET_VALID:
        return "not_yet_valid";
    case REASON_TCB_INFO_MISMATCH:
        return "tcb_info_mismatch";
    case REASON_TDX_MODULE_MISMATCH:
        return "tdx_module_mismatch";
    case REASON_QE_REPORT_SIGNATURE:
        return "qe_report_signature";
    case REASON_QE_REPORT_DATA:
        return "qe_report_data";
    case REASON_QE_IDENTITY_MISMATCH:
        return "qe_identity_mismatch";
    case REASON_QUOTE_SIGNATURE:
        return "quote_signature";
    case REASON_TCB_NOT_SUPPORTED:
        return "tcb_not_supported";
    case REASON_TCB_REVOKED:
        return "tcb_revoked";
    case REASON_TCB_MISMATCH:
        return "tcb_mismatch";
    case REASON_POLICY:
        return "policy";
    }
    return "";
}

struct bytes verdict_field_value(const struct verdict *verdict, const char *name)
{
    for (size_t i = 0; i < verdict->field_count; i++) {
        if (strcmp(verdict->fields[i].name, name) == 0)
            return verdict->fields[i].value;
    }
    return BYTES_NONE;
}

uint64_t verdict_field_number(const struct verdict *verdict, const char *name)
{
    const struct bytes value = verdict_field_value(verdict, name);
    uint64_t number = 0;

    for (size_t i = 0; i < value.len && i < sizeof number; i++)
        number |= (uint64_t)value.at[i] << 8 * i;
    return number;
}

static void copy_advisories(const struct bytes **list, size_t count, struct arena *arena)
{
    struct bytes *const copy = arena_alloc(arena, count * sizeof *copy);

    for (size_t i = 0; i < count; i++)
        copy[i] = arena_bytes(arena, (*list)[i]);
    *list = copy;
}

void verdict_copy(const struct verdict *from, struct arena *arena, struct verdict *to)
{
    struct bytes *const views[] = { &to->detail, &to->report_data, &to->fmspc,
                                    &to->pceid,  &to->ppid,        &to->root_ca };

    *to = *from;
    for (size_t i = 0; i < COUNT_OF(views); i++)
        *views[i] = arena_bytes(arena, *views[i]);
    for (size_t i = 0; i < to->step_count; i++) {
        to->steps[i].expected = arena_bytes(arena, to->steps[i].expected);
        to->steps[i].found = arena_bytes(arena, to->steps[i].found);
    }
    for (size_t i = 0; i < to->field_count; i++)
        to->fields[i].value = arena_bytes(arena, to->fields[i].value);
    copy_advisories(&to->advisories, to->advisory_count, arena);
    copy_advisories(&to->platform_advisories, to->platform_advisory_count, arena);
    copy_advisories(&to->qe_advisories, to->qe_advisory_count, arena);
}
