/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/judging.h"

/* TCB status and advisories of a platform of Intel (marble-api.md, 7.4; attestation.md, 12.4). */

static bool lists_text(const struct text_list *list, const char *text)
{
    for (size_t i = 0; i < list->count; i++) {
        if (bytes_equal_string(list->at[i], text))
            return true;
    }
    return false;
}

static bool lists_nocase(const struct text_list *list, struct bytes text)
{
    auto_string *wanted = bytes_to_string(text);

    for (size_t i = 0; i < list->count; i++) {
        if (bytes_equal_nocase(list->at[i], wanted))
            return true;
    }
    return false;
}

/* A list that is given replaces the default; a platform that is up to date always passes. For SGX a manifest means what
 * it meant to the original; for TDX there are no old ones. */
static bool status_is_acceptable(const struct judging *j)
{
    const struct text_list *const list = &j->package->accepted_tcb_statuses;
    const enum tcb_status status = j->verdict->tcb_status;

    if (status == TCB_UP_TO_DATE)
        return true;
    if (j->verdict->tee == TEE_TDX && (status == TCB_REVOKED || status == TCB_STATUS_NONE))
        return false;
    if (list->count == 0)
        return status == TCB_SW_HARDENING_NEEDED;
    return lists_text(list, tcb_status_text(status));
}

static void put_json_list(struct buf *out, const struct text_list *list)
{
    buf_add_string(out, "[");
    for (size_t i = 0; i < list->count; i++) {
        json_put_comma(out);
        json_put_string(out, list->at[i]);
    }
}

static bool refuse_status(const struct judging *j)
{
    const struct text_list *const list = &j->package->accepted_tcb_statuses;
    static const struct bytes first = { (const uint8_t *)"SWHardeningNeeded", 17 };
    const struct text_list by_default = { true, 1, &first };
    const struct bytes member = package_member(j, "AcceptedTCBStatuses");
    const char *const status = tcb_status_text(j->verdict->tcb_status);
    auto_buf expected = { 0 }, accepts = { 0 };

    put_json_list(&expected, list->count > 0 ? list : &by_default);
    buf_add_format(&accepts, "%.*s: ", BYTES_FMT(member));
    buf_add(&accepts, buf_bytes(&expected));
    buf_add_format(&accepts, ",\"%s\"]", status);
    buf_add_string(&expected, "] or UpToDate");
    struct policy_finding finding = { .subject = POLICY_TCB,
                                      .member = member,
                                      .expected = arena_bytes(j->arena, buf_bytes(&expected)),
                                      .got = text_of(j, "%s", status),
                                      .sentence = text_of(j, "TCB level invalid: %s", status) };
    if (j->verdict->tcb_status != TCB_REVOKED && j->verdict->tcb_status != TCB_STATUS_NONE)
        finding.accepts = arena_bytes(j->arena, buf_bytes(&accepts));
    return add_finding(j, &finding);
}

/* The original looks at advisories with the first status only, whatever a list says. */
static bool advisories_count(const struct verdict *v)
{
    return v->tcb_status == TCB_SW_HARDENING_NEEDED ||
           (v->tee == TEE_TDX && v->tcb_status == TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED);
}

static bool check_advisories(const struct judging *j)
{
    const struct text_list *const list = &j->package->accepted_advisories;
    const struct verdict *const v = j->verdict;
    auto_buf refused = { 0 }, all = { 0 };

    if (!advisories_count(v) || list->count == 0)
        return true;
    const struct bytes member = package_member(j, "AcceptedAdvisories");
    buf_add_format(&all, "%.*s: ", BYTES_FMT(member));
    put_json_list(&all, list);
    for (size_t i = 0; i < v->advisory_count; i++) {
        if (lists_nocase(list, v->advisories[i]))
            continue;
        buf_add_format(&refused, "%s%.*s", refused.len > 0 ? " " : "", BYTES_FMT(v->advisories[i]));
        json_put_comma(&all);
        json_put_string(&all, v->advisories[i]);
    }
    if (refused.len == 0)
        return true;
    buf_add_string(&all, "]");
    const struct bytes got = arena_bytes(j->arena, buf_bytes(&refused));
    return add_finding(
        j,
        &(struct policy_finding){
            .subject = POLICY_TCB,
            .member = member,
            .expected = BYTES_LITERAL("only advisories of the list"),
            .got = got,
            .accepts = arena_bytes(j->arena, buf_bytes(&all)),
            .sentence = text_of(j,
                                "TCB status %s contains advisories not accepted by "
                                "configuration: [%.*s]",
                                tcb_status_text(v->tcb_status), (int)got.len, (const char *)got.at),
        });
}

bool check_tcb(const struct judging *j)
{
    if (!status_is_acceptable(j))
        return refuse_status(j);
    return check_advisories(j);
}
