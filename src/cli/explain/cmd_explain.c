/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"
#include "cli/explain/explain.h"
#include "codec/json.h"

#include <string.h>

/* explain: what the members of a manifest mean. */

/* "1.0" is of the original. */
static void put_since(const struct explanation *e, struct buf *out)
{
    buf_add_format(out, "%s%s", strcmp(e->since, "taw") == 0 ? "" : "MarbleRun ", e->since);
}

/* ---- data ---- */

static void put_member(const char *name, const char *text, struct buf *data)
{
    json_put_name(data, name);
    if (text == NULL)
        buf_add_string(data, "null");
    else
        json_put_string(data, bytes_of_string(text));
}

static void put_data(const struct explanation *e, struct buf *data)
{
    auto_buf since = { 0 };

    put_since(e, &since);
    buf_add_string(data, "{\"path\":");
    json_put_string(data, bytes_of_string(e->path));
    put_member("type", e->type, data);
    put_member("default", e->standard, data);
    json_put_name(data, "since");
    json_put_string(data, buf_bytes(&since));
    put_member("text", e->text, data);
    put_member("example", e->example, data);
    buf_add_string(data, ",\"members\":[");
    for (const struct explanation *m = NULL; (m = explanation_next(m)) != NULL;) {
        if (explanation_is_member(e, m)) {
            json_put_comma(data);
            json_put_string(data, bytes_of_string(m->path));
        }
    }
    buf_add_string(data, "]}");
}

/* ---- text ---- */

enum { WIDTH = 100 };

/* In lines of at most WIDTH characters. */
static void put_wrapped(const char *words, const char *indent, struct buf *text)
{
    size_t column = 0;

    while (words[0] != '\0') {
        const size_t len = strcspn(words, " ");
        if (column > 0 && column + 1 + len > WIDTH) {
            buf_add_u8(text, '\n');
            column = 0;
        }
        buf_add_string(text, column > 0 ? " " : indent);
        buf_add(text, bytes_of(words, len));
        column += 1 + len;
        words += len + strspn(words + len, " ");
    }
    buf_add_u8(text, '\n');
}

static const char *name_of(const struct explanation *e)
{
    const char *const dot = strrchr(e->path, '.');

    return dot == NULL ? e->path : dot + 1;
}

static void put_members(const struct explanation *group, struct buf *text)
{
    const char *head = "\nMembers:\n";

    for (const struct explanation *e = NULL; (e = explanation_next(e)) != NULL;) {
        if (!explanation_is_member(group, e))
            continue;
        const char *const dot = strstr(e->text, ". ");
        const size_t len = dot == NULL ? strlen(e->text) : (size_t)(dot - e->text) + 1;
        buf_add_format(text, "%s  %-28s %.*s\n", head, name_of(e), (int)len, e->text);
        head = "";
    }
}

static void put_text(const struct explanation *e, struct buf *text)
{
    buf_add_format(text, "%s\n\n", e->path[0] == '\0' ? "manifest" : e->path);
    put_wrapped(e->text, "", text);
    buf_add_format(text, "\ntype:     %s\n", e->type);
    if (e->standard != NULL)
        buf_add_format(text, "default:  %s\n", e->standard);
    buf_add_string(text, "since:    ");
    put_since(e, text);
    buf_add_u8(text, '\n');
    if (e->example != NULL)
        buf_add_format(text, "example:  %s\n", e->example);
    put_members(e, text);
}

static bool unknown(struct cli *cli, const char *path, struct err *err)
{
    const struct explanation *const nearest = explanation_nearest(path);
    auto_buf typed = { 0 };

    if (nearest != NULL)
        explanation_put_path(nearest, &typed);
    (void)cli_fail(cli, EXIT_USAGE, "`explain` shows the top level, and so on below");
    return err_set(err, FAIL_NOT_FOUND, "a manifest has no \"%.80s\"%s%.*s%s", path,
                   nearest == NULL ? "" : ": did you mean ", BYTES_FMT(buf_bytes(&typed)),
                   nearest == NULL ? "" : "?");
}

bool run_explain(struct cli *cli, struct err *err)
{
    const char *const path = cli->options.argument_count > 0 ? cli_argument(cli, 0) : "";
    const struct explanation *const found = explanation_find(path);
    auto_buf data = { 0 }, text = { 0 };

    if (found == NULL)
        return unknown(cli, path, err);
    put_data(found, &data);
    put_text(found, &text);
    return output_result(&cli->out, "Explanation", buf_bytes(&data), buf_bytes(&text), err);
}
