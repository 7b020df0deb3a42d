/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/intel_levels.h"

/* The words of attestation.md, 5.3; the two about a relaunch come from the evaluation alone. */
static enum tcb_status known_status(struct bytes text)
{
    static const enum tcb_status all[] = {
        TCB_UP_TO_DATE,
        TCB_SW_HARDENING_NEEDED,
        TCB_CONFIGURATION_NEEDED,
        TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED,
        TCB_OUT_OF_DATE,
        TCB_OUT_OF_DATE_CONFIGURATION_NEEDED,
        TCB_REVOKED,
    };

    for (size_t i = 0; i < COUNT_OF(all); i++) {
        if (bytes_equal_string(text, tcb_status_text(all[i])))
            return all[i];
    }
    return TCB_STATUS_NONE;
}

static bool parse_status(const struct json *level, enum tcb_status *status, struct err *err)
{
    const struct json *const member = need_member(level, "tcbStatus", JSON_STRING, err);

    if (member == NULL)
        return false;
    *status = known_status(member->text);
    return *status != TCB_STATUS_NONE || json_fail(member, err, "this status is not known");
}

static bool parse_advisories(const struct json *level, struct arena *arena,
                             struct level_verdict *out, struct err *err)
{
    size_t count = 0;

    out->advisory_count = 0;
    if (json_member(level, "advisoryIDs") == NULL)
        return true;
    const struct json *const list = need_member(level, "advisoryIDs", JSON_ARRAY, err);
    if (list == NULL || json_first(list) == NULL)
        return list != NULL;
    if (need_list(level, "advisoryIDs", ADVISORIES_MAX, &count, err) == NULL)
        return false;
    struct bytes *const advisories = arena_alloc(arena, count * sizeof *advisories);
    out->advisories = advisories;
    for (const struct json *v = json_first(list); v != NULL; v = json_next(v)) {
        if (v->type != JSON_STRING)
            return json_fail(v, err, "a string must stand here");
        advisories[out->advisory_count++] = arena_bytes(arena, v->text);
    }
    return true;
}

bool level_verdict_parse(const struct json *level, struct arena *arena, struct level_verdict *out,
                         struct err *err)
{
    if (level->type != JSON_OBJECT)
        return json_fail(level, err, "an object must stand here");
    return need_date(level, "tcbDate", &out->date, err) && parse_status(level, &out->status, err) &&
           parse_advisories(level, arena, out, err);
}

static bool parse_svn_level(const struct json *level, struct arena *arena, struct svn_level *out,
                            struct err *err)
{
    uint64_t isvsvn = 0;

    if (!level_verdict_parse(level, arena, &out->verdict, err))
        return false;
    const struct json *const tcb = need_member(level, "tcb", JSON_OBJECT, err);
    if (tcb == NULL || !need_number(tcb, "isvsvn", UINT16_MAX, &isvsvn, err))
        return false;
    out->isvsvn = (uint16_t)isvsvn;
    return true;
}

/* Puts the last of `count` levels where it belongs; of equal ones the first in the document stays first. */
static void sort_in(struct svn_level *levels, size_t count)
{
    const struct svn_level added = levels[count - 1];
    size_t at = count - 1;

    for (; at > 0 && levels[at - 1].isvsvn < added.isvsvn; at--)
        levels[at] = levels[at - 1];
    levels[at] = added;
}

bool svn_levels_parse(const struct json *object, struct arena *arena, struct svn_levels *out,
                      struct err *err)
{
    size_t count = 0, n = 0;
    const struct json *const list = need_list(object, "tcbLevels", LEVELS_MAX, &count, err);

    if (list == NULL)
        return false;
    struct svn_level *const levels = arena_alloc(arena, count * sizeof *levels);
    for (const struct json *v = json_first(list); v != NULL; v = json_next(v)) {
        if (!parse_svn_level(v, arena, &levels[n++], err))
            return false;
        sort_in(levels, n);
    }
    *out = (struct svn_levels){ count, levels };
    return true;
}

const struct svn_level *svn_levels_find(const struct svn_levels *levels, unsigned isvsvn)
{
    for (size_t i = 0; i < levels->count; i++) {
        if (levels->at[i].isvsvn <= isvsvn)
            return &levels->at[i];
    }
    return NULL;
}
