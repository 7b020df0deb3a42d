/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/attest/policy.h"

#include "cli/attest/show.h"
#include "codec/json.h"

/* Findings name their member as in a manifest; the policy file has only what is behind this. */
#define PACKAGE_NAME "policy"
static const struct bytes prefix = BYTES_LITERAL("Packages." PACKAGE_NAME ".");

static struct bytes in_the_file(struct bytes member)
{
    return bytes_start_with(member, prefix)
               ? bytes_of(member.at + prefix.len, member.len - prefix.len)
               : member;
}

bool attest_policy_read(struct cli *cli, struct arena *arena, struct attest_policy *p,
                        struct err *err)
{
    const char *const path = option_text(&cli->options, "policy");

    if (path == NULL)
        return true;
    return coordinator_policy_read_file(cli, path, BYTES_LITERAL(PACKAGE_NAME), arena, &p->policy,
                                        err) ||
           err_in(err, "policy");
}

bool attest_policy_judge(struct attest_policy *p, const struct judgement *j)
{
    const struct policy_finding *const first = &p->report.at[0];
    struct verdict *const v = j->verdict;

    if (p->policy.path == NULL)
        return true;
    if (policy_judge(&p->policy.package, NULL, 0, v, j->arena, &p->report)) {
        p->result = POLICY_ACCEPTS;
        verdict_passed(j, "policy");
        return true;
    }
    p->result = POLICY_REJECTS;
    (void)verdict_fail(j, "policy", REASON_POLICY, "policy of %s: %.*s: expected %.*s, got %.*s",
                       p->policy.path, BYTES_FMT(in_the_file(first->member)),
                       BYTES_FMT(first->expected), BYTES_FMT(first->got));
    v->steps[v->step_count - 1].expected = first->expected;
    v->steps[v->step_count - 1].found = first->got;
    return false;
}

/* ---- what is shown ---- */

static void show_part(struct buf *text, const char *name, struct bytes value)
{
    buf_add_format(text, "    %-12s", name);
    output_visible(text, value, false);
    buf_add_u8(text, '\n');
}

static void show_finding(const struct policy_finding *finding, struct buf *text)
{
    buf_add_string(text, "  ");
    output_visible(text, in_the_file(finding->member), false);
    buf_add_u8(text, '\n');
    show_part(text, "expected", finding->expected);
    show_part(text, "got", finding->got);
    if (finding->accepts.len > 0)
        show_part(text, "accepted by", in_the_file(finding->accepts));
}

void attest_policy_show_text(const struct attest_policy *p, const struct verdict *v,
                             struct buf *text)
{
    auto_buf members = { 0 };

    if (p->policy.path == NULL)
        return;
    buf_add_u8(text, '\n');
    coordinator_policy_put_members(&p->policy.package, v->tee, &members);
    if (p->result == POLICY_NOT_JUDGED)
        show_line(text, "policy", "not judged: the evidence is not valid");
    else
        show_line(text, "policy", "%s %s (compared: %.*s)", p->policy.path,
                  p->result == POLICY_ACCEPTS ? "accepts" : "rejects",
                  BYTES_FMT(buf_bytes(&members)));
    for (size_t i = 0; i < p->report.count; i++)
        show_finding(&p->report.at[i], text);
}

static void put_member(struct buf *json, const char *name, struct bytes text)
{
    json_put_name(json, name);
    json_put_string(json, text);
}

static void put_finding(const struct policy_finding *finding, struct buf *json)
{
    json_put_comma(json);
    buf_add_u8(json, '{');
    put_member(json, "member", in_the_file(finding->member));
    put_member(json, "expected", finding->expected);
    put_member(json, "got", finding->got);
    if (finding->accepts.len > 0)
        put_member(json, "accepted_by", in_the_file(finding->accepts));
    buf_add_u8(json, '}');
}

void attest_policy_show_json(const struct attest_policy *p, const struct verdict *v,
                             struct buf *json)
{
    static const char *const results[] = {
        [POLICY_NOT_JUDGED] = "not_judged", [POLICY_ACCEPTS] = "accept", [POLICY_REJECTS] = "reject"
    };
    auto_buf members = { 0 };

    if (p->policy.path == NULL)
        return;
    json_put_name(json, "policy");
    buf_add_u8(json, '{');
    put_member(json, "file", bytes_of_string(p->policy.path));
    put_member(json, "result", bytes_of_string(results[p->result]));
    if (p->result != POLICY_NOT_JUDGED) {
        coordinator_policy_put_members(&p->policy.package, v->tee, &members);
        put_member(json, "compared", buf_bytes(&members));
    }
    json_put_name(json, "findings");
    buf_add_u8(json, '[');
    for (size_t i = 0; i < p->report.count; i++)
        put_finding(&p->report.at[i], json);
    buf_add_string(json, "]}");
}
