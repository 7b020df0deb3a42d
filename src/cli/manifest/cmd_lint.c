/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/io/input.h"
#include "cli/manifest/lint_report.h"
#include "codec/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* `manifest lint`: findings of the manifest room and of the YAML reader, with places in the file. */

struct lint {
    const char *path;
    struct manifest_input input;
    struct yaml_map map;
    struct yaml_surprises surprises;
    size_t count, room;
    struct lint_line *lines; /* their texts in the arena */
    struct arena arena;
    struct buf text, data; /* lines, and the elements of the array */
    size_t errors, warnings;
};

static void lint_clear(struct lint *l)
{
    manifest_input_clear(&l->input);
    yaml_map_clear(&l->map);
    buf_clear(&l->text);
    buf_clear(&l->data);
    arena_clear(&l->arena);
    free(l->lines);
}

static void add_line(struct lint *l, const struct lint_line *f)
{
    if (l->count == l->room) {
        l->room = l->room == 0 ? 16 : l->room * 2;
        l->lines = mem_resize(l->lines, l->room * sizeof *l->lines);
    }
    struct lint_line *const line = &l->lines[l->count++];
    *line = *f;
    line->text = arena_bytes(&l->arena, f->text);
    line->path = arena_bytes(&l->arena, f->path);
}

/* In the order of the file; YAML's mappings are sorted on their way. */
static int compare_lines(const void *left, const void *right)
{
    const struct lint_line *const a = left, *const b = right;

    if (a->line != b->line)
        return a->line < b->line ? -1 : 1;
    if (a->column != b->column)
        return a->column < b->column ? -1 : 1;
    if (a->severity != b->severity)
        return a->severity < b->severity ? -1 : 1;
    const int order = strcmp(a->rule, b->rule);
    return order != 0 ? order : bytes_compare(a->text, b->text);
}

static void put_line(struct lint *l, const struct lint_line *f)
{
    const char *const severity = lint_severity_text(f->severity);

    *(f->severity == FINDING_ERROR ? &l->errors : &l->warnings) += 1;
    buf_add_format(&l->text, "%s:%zu:%zu: %s: ", l->path, f->line, f->column, severity);
    output_visible(&l->text, f->text, false);
    buf_add_format(&l->text, " [%s]\n    %s\n", f->rule, f->hint);
    json_put_comma(&l->data);
    buf_add_format(&l->data, "{\"severity\":\"%s\",\"rule\":\"%s\",\"line\":%zu,\"column\":%zu",
                   severity, f->rule, f->line, f->column);
    buf_add_string(&l->data, ",\"path\":");
    json_put_string(&l->data, f->path);
    buf_add_string(&l->data, ",\"message\":");
    json_put_string(&l->data, f->text);
    buf_add_string(&l->data, ",\"hint\":");
    json_put_string(&l->data, bytes_of_string(f->hint));
    buf_add_u8(&l->data, '}');
}

/* Line and column in the JSON become those of the file. */
static void place_in_file(const struct lint *l, size_t offset, struct lint_line *f)
{
    const struct yaml_place *const place = yaml_map_find(&l->map, offset);

    if (place == NULL)
        return;
    f->line = place->line;
    f->column = place->column;
}

static void put_finding(struct lint *l, const struct manifest_finding *finding)
{
    auto_buf path = { 0 }, where = { 0 };
    struct lint_line f = { .severity = finding->severity,
                           .rule = finding->rule,
                           .hint = finding->hint,
                           .text = finding->text,
                           .line = 1,
                           .column = 1 };

    json_path(finding->place, &path);
    f.path = buf_bytes(&path);
    if (l->map.count == 0) {
        json_place(finding->place, &where);
        buf_add_u8(&where, '\0');
        (void)sscanf((const char *)where.at, "line %zu:%zu", &f.line, &f.column);
    }
    place_in_file(l, finding->place->offset, &f);
    add_line(l, &f);
}

/* The place in the JSON says nothing to who wrote YAML. */
static void put_without_place(const char *text, struct buf *out)
{
    const char *const place = strstr(text, " (line ");
    const char *const end = place == NULL ? NULL : strchr(place, ')');

    if (end == NULL) {
        buf_add_string(out, text);
        return;
    }
    buf_add(out, bytes_of(text, (size_t)(place - text)));
    buf_add_string(out, end + 1);
}

/* The first value that does not decode; behind it nothing is known. */
static void put_decoding(struct lint *l, const struct err *why)
{
    struct lint_line f = {
        .severity = FINDING_ERROR,
        .rule = "decode",
        .hint = "give the value the type that is documented; in YAML, quote text that "
                "looks like something else",
        .line = 1,
        .column = 1
    };
    const char *const place = strstr(why->text, "line ");
    auto_buf text = { 0 };

    if (place != NULL && sscanf(place, "line %zu:%zu", &f.line, &f.column) == 2 && f.column > 0)
        place_in_file(l, f.column - 1, &f);
    put_without_place(why->text, &text);
    f.text = buf_bytes(&text);
    add_line(l, &f);
}

static void put_traps(struct lint *l)
{
    static const struct {
        const char *rule, *text, *hint;
    } traps[] = {
        [YAML_TRAP_KEY] = { "yaml-key",
                            "YAML takes the key of this value for a boolean or a number",
                            "quote the key" },
        [YAML_TRAP_BOOLEAN] = { "yaml-boolean", "YAML takes this word for true or false",
                                "write true or false, or quote it when it is text" },
        [YAML_TRAP_NUMBER] = { "yaml-number", "YAML takes this for a number that reads differently",
                               "write it in plain decimal digits, or quote it when it is text" },
    };

    for (size_t i = 0; i < l->map.count; i++) {
        const struct yaml_place *const place = &l->map.at[i];
        const struct lint_line f = { .severity = FINDING_WARNING,
                                     .rule = traps[place->trap].rule,
                                     .hint = traps[place->trap].hint,
                                     .text = bytes_of_string(traps[place->trap].text),
                                     .line = place->line,
                                     .column = place->column };
        if (place->trap != YAML_TRAP_NONE)
            add_line(l, &f);
    }
}

static void put_surprises(struct lint *l)
{
    struct lint_line f = {
        .severity = FINDING_WARNING, .rule = "yaml-documents", .line = 1, .column = 1
    };

    f.text = BYTES_LITERAL("only the first YAML document counts");
    f.hint = "keep one document in the file";
    if (l->surprises.more_documents)
        add_line(l, &f);
    f.rule = "yaml-no-mapping";
    f.text = BYTES_LITERAL("this is neither JSON nor a YAML mapping");
    f.hint = "see whether this is the right file";
    if (l->surprises.not_a_mapping)
        add_line(l, &f);
}

static void find(struct lint *l)
{
    auto_findings findings = { 0 };
    struct err why = { 0 };
    auto_manifest *m = manifest_parse(buf_bytes(&l->input.json), &why);

    put_surprises(l);
    if (m == NULL)
        put_decoding(l, &why);
    else
        manifest_lint(m, NULL, time(NULL), &findings);
    for (size_t i = 0; i < findings.count; i++)
        put_finding(l, &findings.at[i]);
    put_traps(l);
    if (l->count > 1)
        qsort(l->lines, l->count, sizeof *l->lines, compare_lines);
    for (size_t i = 0; i < l->count; i++)
        put_line(l, &l->lines[i]);
}

/* What --format asks for beyond the formats of every command goes out without an envelope. */
static bool show_report(struct cli *cli, const struct lint *l, struct err *err)
{
    const struct lint_report report = { l->path, l->count, l->lines };
    auto_buf text = { 0 };

    if (strcmp(option_text(&cli->options, "format"), "sarif") == 0)
        lint_report_sarif(&report, &text);
    else
        lint_report_github(&report, &text);
    return output_result(&cli->out, "", BYTES_NONE, buf_bytes(&text), err);
}

static bool wants_report(const struct cli *cli)
{
    const char *const format = option_text(&cli->options, "format");

    return strcmp(format, "sarif") == 0 || strcmp(format, "github") == 0;
}

static bool show(struct cli *cli, const struct lint *l, struct err *err)
{
    auto_buf data = { 0 };

    buf_add_format(&data,
                   "{\"errors\":%zu,\"warnings\":%zu,\"manifestFingerprint\":\"%s\",\"file\":",
                   l->errors, l->warnings, l->input.fingerprint);
    json_put_string(&data, bytes_of_string(l->path));
    buf_add_string(&data, ",\"findings\":[");
    buf_add(&data, buf_bytes(&l->data));
    buf_add_string(&data, "]}");
    if (l->errors + l->warnings == 0)
        output_say(&cli->out, "%s: nothing found", l->path);
    else
        output_say(&cli->out, "%s: errors: %zu, warnings: %zu", l->path, l->errors, l->warnings);
    if (wants_report(cli))
        return show_report(cli, l, err);
    return output_result(&cli->out, "ManifestLint", buf_bytes(&data), buf_bytes(&l->text), err);
}

/* For a report, what is neither JSON nor YAML is a finding like others; its text begins with the path and names the line. */
static bool put_syntax(struct cli *cli, struct lint *l, struct err *why)
{
    const size_t path_len = strlen(l->path), len = strlen(why->text);
    const char *const place = strstr(why->text + (path_len < len ? path_len : len), "line ");
    struct lint_line f = { .severity = FINDING_ERROR,
                           .rule = "syntax",
                           .hint = "correct this first: nothing else is known before",
                           .text = bytes_of_string(why->text),
                           .line = 1,
                           .column = 1 };

    if (!wants_report(cli) || cli->status != EXIT_REJECTED)
        return false;
    if (place != NULL)
        (void)sscanf(place, "line %zu", &f.line);
    add_line(l, &f);
    l->errors++;
    *why = (struct err){ 0 };
    return true;
}

bool run_manifest_lint(struct cli *cli, struct err *err)
{
    struct lint l = { .path = cli_argument(cli, 0) };
    const bool read = input_manifest_mapped(cli, l.path, &l.input, &l.map, &l.surprises, err);

    if (read)
        find(&l);
    const bool shown = (read || put_syntax(cli, &l, err)) && show(cli, &l, err);
    if (shown && (l.errors > 0 || (l.warnings > 0 && option_switch(&cli->options, "strict"))))
        cli->status = EXIT_REJECTED;
    lint_clear(&l);
    return shown;
}
