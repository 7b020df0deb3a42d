/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/judging.h"

#include "codec/text.h"

#include <stdarg.h>
#include <stdio.h>

struct bytes text_of(const struct judging *j, const char *fmt, ...)
{
    char text[1024]; /* longer ones, as of long lists, are cut */
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    return arena_bytes(j->arena, bytes_of_string(text));
}

struct bytes text_of_hex(const struct judging *j, struct bytes value)
{
    auto_buf text = { 0 };

    if (value.len == 0)
        return BYTES_LITERAL("nothing");
    buf_add_u8(&text, '"');
    hex_encode(&text, value);
    buf_add_u8(&text, '"');
    return arena_bytes(j->arena, buf_bytes(&text));
}

struct bytes package_member(const struct judging *j, const char *member)
{
    auto_buf text = { 0 };

    buf_add_string(&text, "Packages.");
    json_put_path_name(&text, j->package->name);
    buf_add_format(&text, "%s%s", *member == '\0' ? "" : ".", member);
    return arena_bytes(j->arena, buf_bytes(&text));
}

bool lists_value(const struct text_list *list, struct bytes value)
{
    auto_buf hex = { 0 };

    hex_encode(&hex, value);
    buf_add_u8(&hex, '\0');
    for (size_t i = 0; value.len > 0 && i < list->count; i++) {
        if (bytes_equal_nocase(list->at[i], (const char *)hex.at))
            return true;
    }
    return false;
}

bool is_zero(struct bytes value)
{
    for (size_t i = 0; i < value.len; i++) {
        if (value.at[i] != 0)
            return false;
    }
    return true;
}

/* ---- findings ---- */

bool add_finding(const struct judging *j, const struct policy_finding *finding)
{
    struct policy_report *const r = j->report;

    if (r->count == POLICY_FINDINGS_MAX)
        return false;
    struct policy_finding *const kept = &r->at[r->count++];
    *kept = *finding;
    if (kept->sentence.len == 0) /* what was found comes first, because a long list is cut */
        kept->sentence = text_of(j, "%.*s: got %.*s, expected %.*s", BYTES_FMT(kept->member),
                                 BYTES_FMT(kept->got), BYTES_FMT(kept->expected));
    return false;
}

bool add_difference(const struct judging *j, enum policy_subject subject, struct bytes member,
                    struct bytes expected, struct bytes got)
{
    return add_finding(j,
                       &(struct policy_finding){
                           .subject = subject,
                           .member = member,
                           .expected = expected,
                           .got = got,
                           .accepts = text_of(j, "%.*s: %.*s", BYTES_FMT(member), BYTES_FMT(got)),
                       });
}

static struct bytes alternatives(const struct judging *j, const struct text_list *list)
{
    auto_buf text = { 0 };

    for (size_t i = 0; i < list->count; i++) {
        buf_add_string(&text, i > 0 ? " or " : "");
        json_put_string(&text, list->at[i]);
    }
    if (list->count == 0)
        buf_add_string(&text, "one of no values");
    return arena_bytes(j->arena, buf_bytes(&text));
}

bool check_reference(const struct judging *j, enum policy_subject subject, const char *where,
                     const struct reference_kind *kind, const struct text_list *list,
                     struct bytes value)
{
    if (!list->present || lists_value(list, value))
        return true;
    const struct bytes member = text_of(j, "%s.%s", where, kind->name);
    const struct bytes expected = alternatives(j, list);
    if (value.len > 0)
        return add_difference(j, subject, member, expected, text_of_hex(j, value));
    return add_finding(j, &(struct policy_finding){ .subject = subject,
                                                    .member = member,
                                                    .expected = expected,
                                                    .got = text_of_hex(j, value) });
}

void policy_report_write(const struct policy_report *report, struct buf *out)
{
    if (report->count > 0) {
        buf_add(out, report->at[0].sentence);
        buf_add_u8(out, '\n');
    }
    for (size_t i = 0; i < report->count; i++) {
        const struct policy_finding *const f = &report->at[i];
        buf_add(out, f->member);
        buf_add_string(out, "\n  expected: ");
        buf_add(out, f->expected);
        buf_add_string(out, "\n  got: ");
        buf_add(out, f->got);
        buf_add_string(out, "\n  accepted by: ");
        buf_add(out, f->accepts.len > 0 ? f->accepts : BYTES_LITERAL("nothing"));
        buf_add_u8(out, '\n');
    }
}
