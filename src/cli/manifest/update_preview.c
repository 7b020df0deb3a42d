/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/manifest/update_preview.h"

#include "cli/manifest/diff_show.h"
#include "cli/manifest/lint_report.h"

#include <time.h>

void update_preview_clear(struct update_preview *p)
{
    manifest_findings_clear(&p->findings);
    manifest_diff_clear(&p->diff);
    manifest_free(p->new);
    manifest_free(p->old);
    buf_clear(&p->in_force);
    remote_manifest_clear(&p->remote);
    answer_clear(&p->answer);
}

static bool get_in_force(struct session *s, struct update_preview *p, struct err *err)
{
    if (!remote_manifest_get(s, &p->answer, &p->remote, err))
        return false;
    if (p->remote.fingerprint.len == 0) {
        (void)cli_fail(s->cli, EXIT_STATE, "`status` tells in which state it is");
        return err_set(err, FAIL_STATE, "the Coordinator has no manifest in force");
    }
    if (!remote_manifest_in_force(s, &p->remote, &p->in_force, err))
        return false;
    p->old = manifest_parse(buf_bytes(&p->in_force), err);
    return p->old != NULL || err_in(err, "manifest in force");
}

static void find(struct update_preview *p)
{
    manifest_diff(p->old, p->new, &p->diff);
    if (p->diff.kind != UPDATE_PACKAGES && !manifest_is_package_update(p->new))
        manifest_lint(p->new, NULL, time(NULL), &p->findings);
    for (size_t i = 0; i < p->findings.count; i++)
        *(p->findings.at[i].severity == FINDING_ERROR ? &p->errors : &p->warnings) += 1;
    p->diff.refused = p->diff.refused || p->errors > 0;
}

bool update_preview_make(struct session *s, struct bytes next, const char *name,
                         struct update_preview *p, struct err *err)
{
    p->next = next;
    p->new = manifest_parse(next, err);
    if (p->new == NULL) {
        (void)cli_fail(s->cli, EXIT_REJECTED, "`manifest lint` shows all that is wrong with it");
        return err_in(err, "%s", name);
    }
    if (!get_in_force(s, p, err))
        return false;
    find(p);
    return true;
}

/* ---- data ---- */

static void put_findings(const struct update_preview *p, struct buf *data)
{
    buf_add_format(data, ",\"errors\":%zu,\"warnings\":%zu,\"findings\":[", p->errors, p->warnings);
    for (size_t i = 0; i < p->findings.count; i++) {
        const struct manifest_finding *const f = &p->findings.at[i];
        auto_buf path = { 0 };
        json_path(f->place, &path);
        json_put_comma(data);
        buf_add_format(data, "{\"severity\":\"%s\",\"rule\":\"%s\",\"path\":",
                       lint_severity_text(f->severity), f->rule);
        json_put_string(data, buf_bytes(&path));
        buf_add_string(data, ",\"message\":");
        json_put_string(data, f->text);
        buf_add_string(data, ",\"hint\":");
        json_put_string(data, bytes_of_string(f->hint));
        buf_add_u8(data, '}');
    }
    buf_add_u8(data, ']');
}

bool update_preview_put_members(const struct cli *cli, const struct update_preview *p,
                                struct buf *data, struct err *err)
{
    diff_put_members(&p->diff, data);
    put_findings(p, data);
    buf_add_string(data, ",\"inForce\":{\"manifestFingerprint\":");
    json_put_string(data, p->remote.fingerprint);
    buf_add_u8(data, '}');
    return !option_switch(&cli->options, "unified") ||
           diff_put_unified_member(buf_bytes(&p->in_force), p->next, data, err);
}

/* ---- text ---- */

static void put_finding(const struct output *out, const struct manifest_finding *f,
                        struct buf *text)
{
    auto_buf path = { 0 };

    json_path(f->place, &path);
    buf_add_string(text, "  ");
    output_paint(out, f->severity == FINDING_ERROR ? COLOR_RED : COLOR_YELLOW,
                 bytes_of_string(lint_severity_text(f->severity)), text);
    buf_add_string(text, path.len > 0 ? " at " : "");
    output_visible(text, buf_bytes(&path), false);
    buf_add_string(text, ": ");
    output_visible(text, f->text, false);
    buf_add_format(text, " [%s]\n      %s\n", f->rule, f->hint);
}

bool update_preview_put_text(const struct cli *cli, const struct update_preview *p,
                             const char *name, struct buf *text, struct err *err)
{
    if (!option_switch(&cli->options, "unified"))
        diff_put_changes(&cli->out, &p->diff, text);
    else if (!diff_put_unified(&cli->out, buf_bytes(&p->in_force), p->next, "in force", name, text,
                               err))
        return false;
    diff_put_consequences(&cli->out, &p->diff, text);
    if (p->findings.count > 0)
        buf_add_string(text, "Findings\n");
    for (size_t i = 0; i < p->findings.count; i++)
        put_finding(&cli->out, &p->findings.at[i], text);
    return true;
}
