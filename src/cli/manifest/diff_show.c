/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/manifest/diff_show.h"

#include "cli/io/line_diff.h"
#include "cli/io/lines.h"
#include "cli/manifest/updated_manifest.h"
#include "codec/json.h"

#include <string.h>

/* ---- data ---- */

static void put_member(struct buf *data, const char *name, struct bytes text)
{
    json_put_name(data, name);
    json_put_string(data, text);
}

static void put_texts(struct buf *data, const char *name, const struct bytes *texts, size_t count)
{
    json_put_name(data, name);
    buf_add_u8(data, '[');
    for (size_t i = 0; i < count; i++) {
        json_put_comma(data);
        json_put_string(data, texts[i]);
    }
    buf_add_u8(data, ']');
}

void diff_put_members(const struct manifest_diff *diff, struct buf *data)
{
    put_member(data, "update", bytes_of_string(update_kind_text(diff->kind)));
    json_put_name(data, "changes");
    buf_add_u8(data, '[');
    for (size_t i = 0; i < diff->count; i++) {
        const struct manifest_change *const change = &diff->at[i];
        json_put_comma(data);
        buf_add_u8(data, '{');
        put_member(data, "section", bytes_of_string(change->section));
        put_member(data, "name", change->name);
        put_member(data, "change", bytes_of_string(change_kind_text(change->kind)));
        put_member(data, "what", change->what);
        put_member(data, "consequence", change->consequence);
        buf_add_u8(data, '}');
    }
    buf_add_u8(data, ']');
    put_texts(data, "consequences", diff->consequences, diff->consequence_count);
    put_texts(data, "acknowledgers", diff->holders, diff->holder_count);
    buf_add_format(data, ",\"acknowledgments\":%zu,\"newRecoverySecrets\":%s,\"refused\":%s",
                   diff->acknowledgments, diff->new_recovery_secrets ? "true" : "false",
                   diff->refused ? "true" : "false");
}

/* ---- text ---- */

static void put_line(const struct output *out, enum output_color color, const char *begin,
                     struct bytes text, struct buf *to)
{
    auto_buf line = { 0 };

    buf_add_string(&line, begin);
    output_visible(&line, text, false);
    output_paint(out, color, buf_bytes(&line), to);
    buf_add_u8(to, '\n');
}

/* What follows stands out when the Coordinator does not take it. */
static enum output_color color_of(struct bytes consequence)
{
    return bytes_start_with(consequence, BYTES_LITERAL("refused: ")) ? COLOR_RED : COLOR_NONE;
}

static void put_change(const struct output *out, const struct manifest_change *change,
                       struct buf *text)
{
    static const struct {
        const char *begin;
        enum output_color color;
    } marks[] = { [CHANGE_ADDED] = { "  + ", COLOR_GREEN },
                  [CHANGE_REMOVED] = { "  - ", COLOR_RED },
                  [CHANGE_CHANGED] = { "  ~ ", COLOR_YELLOW } };
    auto_buf line = { 0 };

    buf_add(&line, change->name);
    buf_add_string(&line, change->name.len > 0 && change->what.len > 0 ? ": " : "");
    buf_add(&line, change->what);
    put_line(out, marks[change->kind].color, marks[change->kind].begin, buf_bytes(&line), text);
    if (change->consequence.len > 0)
        put_line(out, color_of(change->consequence), "      ", change->consequence, text);
}

void diff_put_changes(const struct output *out, const struct manifest_diff *diff, struct buf *text)
{
    const char *section = "";

    for (size_t i = 0; i < diff->count; i++) {
        const struct manifest_change *const change = &diff->at[i];
        if (strcmp(section, change->section) != 0)
            buf_add_format(text, "%s\n", change->section);
        section = change->section;
        put_change(out, change, text);
    }
}

void diff_put_consequences(const struct output *out, const struct manifest_diff *diff,
                           struct buf *text)
{
    if (diff->consequence_count > 0)
        buf_add_string(text, "Consequences\n");
    for (size_t i = 0; i < diff->consequence_count; i++)
        put_line(out, color_of(diff->consequences[i]), "  * ", diff->consequences[i], text);
}

/* ---- by the text ---- */

static bool put_hunks(struct bytes old, struct bytes new, struct buf *hunks, struct err *err)
{
    auto_buf old_text = { 0 }, new_text = { 0 };

    if (!updated_manifest_put(old, BYTES_NONE, &old_text, err) ||
        !updated_manifest_put(new, BYTES_NONE, &new_text, err))
        return false;
    line_diff_put(buf_bytes(&old_text), buf_bytes(&new_text), hunks);
    return true;
}

bool diff_put_unified_member(struct bytes old, struct bytes new, struct buf *data, struct err *err)
{
    auto_buf hunks = { 0 };

    if (!put_hunks(old, new, &hunks, err))
        return false;
    put_member(data, "unified", buf_bytes(&hunks));
    return true;
}

static enum output_color color_of_line(struct bytes line)
{
    static const enum output_color colors[] = {
        ['+'] = COLOR_GREEN, ['-'] = COLOR_RED, ['@'] = COLOR_CYAN
    };

    return line.len > 0 && line.at[0] < COUNT_OF(colors) ? colors[line.at[0]] : COLOR_NONE;
}

bool diff_put_unified(const struct output *out, struct bytes old, struct bytes new,
                      const char *old_name, const char *new_name, struct buf *text, struct err *err)
{
    auto_buf hunks = { 0 };
    struct bytes line;

    if (!put_hunks(old, new, &hunks, err))
        return false;
    if (hunks.len == 0)
        return true;
    put_line(out, COLOR_NONE, "--- ", bytes_of_string(old_name), text);
    put_line(out, COLOR_NONE, "+++ ", bytes_of_string(new_name), text);
    for (struct bytes rest = buf_bytes(&hunks); line_next(&rest, &line);)
        put_line(out, color_of_line(line), "", line, text);
    return true;
}
