/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/manifest/lint_report.h"

#include "cli/io/output.h"
#include "codec/json.h"

#include <stdlib.h>
#include <string.h>

const char *lint_severity_text(enum finding_severity severity)
{
    return severity == FINDING_ERROR ? "error" : "warning";
}

/* ---- SARIF ---- */

/* The rules that were broken, each once, in the order of their first findings. */
struct rules {
    size_t count;
    const char **at;
};

static size_t rule_index(const struct rules *rules, const char *rule)
{
    size_t i = 0;

    while (i < rules->count && strcmp(rules->at[i], rule) != 0)
        i++;
    return i;
}

static struct rules find_rules(const struct lint_report *report)
{
    struct rules rules = { .at = mem_zero_alloc(report->count + 1, sizeof *rules.at) };

    for (size_t i = 0; i < report->count; i++) {
        const char *const rule = report->lines[i].rule;
        if (rule_index(&rules, rule) == rules.count)
            rules.at[rules.count++] = rule;
    }
    return rules;
}

static void put_rules(const struct rules *rules, struct buf *out)
{
    buf_add_u8(out, '[');
    for (size_t i = 0; i < rules->count; i++)
        buf_add_format(out, "%s{\"id\":\"%s\"}", i > 0 ? "," : "", rules->at[i]);
    buf_add_u8(out, ']');
}

/* A reference to a URI (RFC 3986): what is not unreserved or a slash is escaped. */
static void put_uri(const char *file, struct buf *out)
{
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";

    buf_add_string(out, file[0] == '/' ? "\"file://" : "\"");
    for (; *file != '\0'; file++)
        buf_add_format(out, strchr(plain, *file) != NULL ? "%c" : "%%%02X", (uint8_t)*file);
    buf_add_u8(out, '"');
}

static void put_result(const char *file, const struct rules *rules, const struct lint_line *line,
                       struct buf *out)
{
    auto_buf message = { 0 };

    buf_add(&message, line->text);
    buf_add_format(&message, "\n%s", line->hint);
    buf_add_format(out, "{\"ruleId\":\"%s\",\"ruleIndex\":%zu,\"level\":\"%s\"", line->rule,
                   rule_index(rules, line->rule), lint_severity_text(line->severity));
    buf_add_string(out, ",\"message\":{\"text\":");
    json_put_string(out, buf_bytes(&message));
    buf_add_string(out, "},\"locations\":[{\"physicalLocation\":{\"artifactLocation\":{\"uri\":");
    put_uri(file, out);
    buf_add_format(out, "},\"region\":{\"startLine\":%zu,\"startColumn\":%zu}}", line->line,
                   line->column);
    if (line->path.len > 0) {
        buf_add_string(out, ",\"logicalLocations\":[{\"fullyQualifiedName\":");
        json_put_string(out, line->path);
        buf_add_string(out, "}]");
    }
    buf_add_string(out, "}]}");
}

void lint_report_sarif(const struct lint_report *report, struct buf *out)
{
    const struct rules rules = find_rules(report);

    buf_add_string(out, "{\"$schema\":\"https://json.schemastore.org/sarif-2.1.0.json\","
                        "\"version\":\"2.1.0\",\"runs\":[{\"tool\":{\"driver\":{\"name\":\"taw\","
                        "\"version\":\"" TAW_VERSION "\",\"rules\":");
    put_rules(&rules, out);
    buf_add_string(out, "}},\"columnKind\":\"unicodeCodePoints\",\"results\":[");
    for (size_t i = 0; i < report->count; i++) {
        json_put_comma(out);
        put_result(report->file, &rules, &report->lines[i], out);
    }
    buf_add_string(out, "]}]}\n");
    free(rules.at);
}

/* ---- workflow commands ---- */

/* Properties end at a colon or a comma, the text at the end of the line. */
static void put_escaped(struct bytes text, const char *escaped, struct buf *out)
{
    for (size_t i = 0; i < text.len; i++) {
        const uint8_t c = text.at[i];
        if (c == '\0' || strchr(escaped, c) == NULL)
            buf_add_u8(out, c);
        else
            buf_add_format(out, "%%%02X", c);
    }
}

void lint_report_github(const struct lint_report *report, struct buf *out)
{
    for (size_t i = 0; i < report->count; i++) {
        const struct lint_line *const line = &report->lines[i];
        auto_buf message = { 0 };
        output_visible(&message, line->text, false);
        buf_add_format(&message, "\n%s", line->hint);
        buf_add_format(out, "::%s file=", lint_severity_text(line->severity));
        put_escaped(bytes_of_string(report->file), "%\r\n:,", out);
        buf_add_format(out, ",line=%zu,col=%zu,title=%s::", line->line, line->column, line->rule);
        put_escaped(buf_bytes(&message), "%\r\n", out);
        buf_add_u8(out, '\n');
    }
}
