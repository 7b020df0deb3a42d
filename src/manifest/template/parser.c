/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/template/parser.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "manifest/template/literal.h"
#include "manifest/template/unicode.h"

/* ---- what both halves use ---- */

bool parser_advance(struct parser *p)
{
    if (p->is_too_long)
        return parser_fail(p, p->now.at, "more than %d instructions", TEMPLATE_CODE_MAX);
    if (!p->has_after)
        return lexer_next(&p->lexer, &p->now, p->err);
    p->now = p->after;
    p->has_after = false;
    return true;
}

bool parser_look_after(struct parser *p)
{
    p->has_after = p->has_after || lexer_next(&p->lexer, &p->after, p->err);
    return p->has_after;
}

struct bytes parser_text(const struct parser *p, struct token token)
{
    return bytes_of(p->lexer.source.at + token.at, token.end - token.at);
}

bool parser_unexpected(struct parser *p, const char *where)
{
    char text[PLACE_EXCERPT];

    if (p->now.kind == TOKEN_END_OF_SOURCE)
        return parser_fail(p, p->now.at, "unexpected end of the template in %s", where);
    place_excerpt(parser_text(p, p->now), text);
    return parser_fail(p, p->now.at, "unexpected <%s> in %s", text, where);
}

/*
 * How many values more or less are on the stack after an instruction. OP_CALL stands for a function
 * without arguments; parse_command corrects for others.
 */
static const int8_t stack_effects[OP_COUNT] = {
    [OP_DOT] = 1,  [OP_NIL] = 1,      [OP_BOOL] = 1,  [OP_INTEGER] = 1, [OP_STRING] = 1,
    [OP_CALL] = 1, [OP_VARIABLE] = 1, [OP_FAIL] = 1,  [OP_SHORT] = -1,  [OP_PRINT] = -1,
    [OP_POP] = -1, [OP_IF] = -1,      [OP_WITH] = -1, [OP_RANGE] = -1,  [OP_TEMPLATE] = -1,
};

uint32_t parser_emit(struct parser *p, enum op_code code, uint32_t a, uint32_t b,
                     struct token token)
{
    struct template *const t = p->t;

    p->depth = (uint32_t)((int)p->depth + stack_effects[code]);
    t->stack_size = p->depth > t->stack_size ? p->depth : t->stack_size;
    if (t->code_count == TEMPLATE_CODE_MAX) {
        p->is_too_long = true;
        t->code_count--; /* nobody will execute it */
    }
    if (t->code_count == t->code_capacity) {
        t->code_capacity = t->code_capacity == 0 ? 16 : t->code_capacity * 2;
        t->code = mem_resize(t->code, t->code_capacity * sizeof *t->code);
    }
    t->code[t->code_count] =
        (struct op){ .code = (uint8_t)code, .a = a, .b = b, .at = token.at, .end = token.end };
    return t->code_count++;
}

void parser_patch(struct parser *p, uint32_t index)
{
    p->t->code[index].a = p->t->code_count;
}

void parser_chain(struct parser *p, uint32_t *chain, uint32_t index)
{
    p->t->code[index].a = *chain;
    *chain = index;
}

void parser_patch_chain(struct parser *p, uint32_t chain)
{
    while (chain != NO_INDEX && !p->is_too_long) {
        const uint32_t next = p->t->code[chain].a;
        parser_patch(p, chain);
        chain = next;
    }
}

/* ---- variables ---- */

void parser_declare(struct parser *p, uint32_t variable)
{
    if (p->visible_count == p->visible_capacity) {
        p->visible_capacity = p->visible_capacity == 0 ? 16 : p->visible_capacity * 2;
        p->visible = mem_resize(p->visible, p->visible_capacity * sizeof *p->visible);
    }
    p->visible[p->visible_count++] =
        (struct visible){ .variable = variable, .shadowed = p->latest[variable] };
    p->latest[variable] = p->visible_count;
}

bool parser_sees(const struct parser *p, uint32_t variable)
{
    return p->latest[variable] > p->visible_base;
}

bool parser_variable(struct parser *p, struct token token, uint32_t *variable)
{
    *variable = names_intern(&p->t->variables, parser_text(p, token));
    if (*variable == NO_INDEX)
        return parser_fail(p, token.at, "more than %d different variables", TEMPLATE_NAMES_MAX);
    return true;
}

static void forget_variables(struct parser *p, uint32_t count)
{
    while (p->visible_count > count) {
        const struct visible last = p->visible[--p->visible_count];
        p->latest[last.variable] = last.shadowed;
    }
}

/* ---- blocks ---- */

static bool push_open(struct parser *p, struct open open)
{
    if (p->open_count == TEMPLATE_NESTING_MAX)
        return parser_fail(p, open.at, "more than %d blocks inside each other",
                           TEMPLATE_NESTING_MAX);
    if (p->open_count == p->open_capacity) {
        p->open_capacity = p->open_capacity == 0 ? 8 : p->open_capacity * 2;
        p->open = mem_resize(p->open, p->open_capacity * sizeof *p->open);
    }
    open.outer_range = p->range;
    open.ends = NO_INDEX;
    p->open[p->open_count++] = open;
    return true;
}

static bool expect_right(struct parser *p, const char *where)
{
    if (p->now.kind != TOKEN_RIGHT)
        return parser_unexpected(p, where);
    return parser_advance(p);
}

/* if and with */
static bool parse_condition(struct parser *p, struct token keyword)
{
    const bool is_if = keyword.kind == TOKEN_IF;
    struct declared declared;

    if (!push_open(p, (struct open){ .kind = keyword.kind,
                                     .at = keyword.at,
                                     .visible_count = p->visible_count }))
        return false;
    parser_emit(p, OP_SCOPE, 0, 0, keyword);
    if (!expression_parse(p, is_if ? PIPELINE_OF_IF : PIPELINE_OF_WITH, &declared))
        return false;
    p->open[p->open_count - 1].jump = parser_emit(p, is_if ? OP_IF : OP_WITH, 0, 0, keyword);
    return true;
}

static bool parse_range(struct parser *p, struct token keyword)
{
    struct declared declared;

    if (!push_open(p, (struct open){ .kind = TOKEN_RANGE,
                                     .at = keyword.at,
                                     .visible_count = p->visible_count }))
        return false;
    parser_emit(p, OP_SCOPE, 0, 0, keyword);
    const struct token pipeline = p->now;
    if (!expression_parse(p, PIPELINE_OF_RANGE, &declared))
        return false;

    struct open *const range = &p->open[p->open_count - 1];
    const uint32_t element = declared.count == 0 ? 0 : declared.variable[declared.count - 1];
    range->jump = parser_emit(p, OP_RANGE, 0, declared.count, pipeline);
    range->next = parser_emit(p, OP_NEXT, 0, declared.variable[0] << 16 | element, keyword);
    p->t->code[range->next].next = (uint8_t)declared.count;
    p->t->code[range->next].flag = declared.assign;
    parser_chain(p, &range->ends, range->next);
    p->range = p->open_count - 1;
    return true;
}

/* The body of the innermost block ends here, and its else part begins. */
static void end_body(struct parser *p, struct open *open, struct token keyword)
{
    if (open->kind == TOKEN_RANGE) {
        parser_emit(p, OP_JUMP, open->next, 0, keyword);
        p->range = open->outer_range;
    } else {
        parser_chain(p, &open->ends, parser_emit(p, OP_JUMP, 0, 0, keyword));
    }
    parser_patch(p, open->jump);
    open->jump = NO_INDEX;
}

static bool parse_else(struct parser *p, struct token keyword)
{
    struct open *const open = p->open_count == 0 ? NULL : &p->open[p->open_count - 1];
    const bool again = p->now.kind == TOKEN_IF || p->now.kind == TOKEN_WITH;
    struct declared declared;

    if (open == NULL || open->has_else || open->kind == TOKEN_DEFINE || open->kind == TOKEN_BLOCK)
        return parser_fail(p, keyword.at, "unexpected {{else}}");
    end_body(p, open, keyword);
    open->has_else = true;
    if (!again)
        return expect_right(p, "else");
    if (p->now.kind != open->kind)
        return parser_unexpected(p, "else");

    /* `else if`: one more branch of the same block, so long chains do not nest. */
    open->has_else = false;
    const bool is_if = p->now.kind == TOKEN_IF;
    if (!parser_advance(p) ||
        !expression_parse(p, is_if ? PIPELINE_OF_IF : PIPELINE_OF_WITH, &declared))
        return false;
    open->jump = parser_emit(p, is_if ? OP_IF : OP_WITH, 0, 0, keyword);
    return true;
}

static bool parse_leave(struct parser *p, struct token keyword)
{
    const bool is_break = keyword.kind == TOKEN_BREAK;

    if (p->range == NO_INDEX)
        return parser_fail(p, keyword.at, "{{%s}} outside {{range}}",
                           is_break ? "break" : "continue");
    struct open *const range = &p->open[p->range];
    const uint32_t blocks = p->open_count - 1 - p->range;
    const uint32_t leave = parser_emit(p, OP_LEAVE, range->next, blocks, keyword);
    if (is_break)
        parser_chain(p, &range->ends, leave);
    return expect_right(p, is_break ? "{{break}}" : "{{continue}}");
}

/* ---- templates ---- */

static bool parse_template_name(struct parser *p, const char *where, uint32_t *name)
{
    struct bytes text;

    if (p->now.kind != TOKEN_STRING && p->now.kind != TOKEN_RAW_STRING)
        return parser_unexpected(p, where);
    if (!literal_string(&p->t->arena, parser_text(p, p->now), &text))
        return parser_fail(p, p->now.at, "malformed string: an escape is not known");
    *name = names_intern(&p->t->templates, text);
    if (*name == NO_INDEX)
        return parser_fail(p, p->now.at, "more than %d different template names",
                           TEMPLATE_NAMES_MAX);
    return parser_advance(p);
}

static bool parse_template(struct parser *p, struct token keyword)
{
    struct declared declared;
    uint32_t name = 0;

    if (!parse_template_name(p, "template clause", &name))
        return false;
    if (p->now.kind == TOKEN_RIGHT) {
        parser_emit(p, OP_NIL, 0, 0, keyword);
        if (!parser_advance(p))
            return false;
    } else if (!expression_parse(p, PIPELINE_OF_TEMPLATE, &declared)) {
        return false;
    }
    parser_emit(p, OP_TEMPLATE, name, 0, keyword);
    return true;
}

/* The body of a definition stands where it is written; the code around it jumps over. */
static bool open_definition(struct parser *p, struct token keyword, uint32_t name)
{
    if (!push_open(p, (struct open){ .kind = keyword.kind,
                                     .at = keyword.at,
                                     .visible_count = p->visible_count,
                                     .name = name,
                                     .outer_base = p->visible_base,
                                     .outer_is_empty = p->is_empty }))
        return false;
    struct open *const open = &p->open[p->open_count - 1];
    open->jump = parser_emit(p, OP_JUMP, 0, 0, keyword);
    open->entry = p->t->code_count;
    p->range = NO_INDEX;
    p->is_empty = true;
    p->visible_base = p->visible_count;
    parser_declare(p, VARIABLE_ROOT);
    return true;
}

static bool parse_define(struct parser *p, struct token keyword)
{
    uint32_t name = 0;

    return parse_template_name(p, "define clause", &name) && expect_right(p, "define clause") &&
           open_definition(p, keyword, name);
}

static bool parse_block(struct parser *p, struct token keyword)
{
    struct declared declared;
    uint32_t name = 0;

    if (!parse_template_name(p, "block clause", &name) ||
        !expression_parse(p, PIPELINE_OF_BLOCK, &declared))
        return false;
    parser_emit(p, OP_TEMPLATE, name, 0, keyword);
    return open_definition(p, keyword, name);
}

/* Empty definitions give way to others; two that are not empty contradict each other. */
static bool add_definition(struct parser *p, uint32_t name, uint32_t entry, bool is_empty,
                           uint32_t at)
{
    char text[PLACE_EXCERPT];

    if (p->entries[name] != NO_INDEX && !p->entry_is_empty[name]) {
        if (is_empty)
            return true;
        place_excerpt(p->t->templates.at[name], text);
        return parser_fail(p, at, "multiple definition of template \"%s\"", text);
    }
    p->entries[name] = entry;
    p->entry_is_empty[name] = is_empty;
    return true;
}

static bool end_definition(struct parser *p, const struct open *open, struct token keyword)
{
    parser_emit(p, OP_RETURN, 0, 0, keyword);
    parser_patch(p, open->jump);
    if (!add_definition(p, open->name, open->entry, p->is_empty, open->at))
        return false;
    p->visible_base = open->outer_base;
    p->is_empty = open->outer_is_empty;
    p->range = open->outer_range;
    return true;
}

static bool parse_end(struct parser *p, struct token keyword)
{
    if (p->open_count == 0)
        return parser_fail(p, keyword.at, "unexpected {{end}}");
    if (!expect_right(p, "end"))
        return false;
    struct open *const open = &p->open[--p->open_count];
    forget_variables(p, open->visible_count);
    if (open->kind == TOKEN_DEFINE || open->kind == TOKEN_BLOCK)
        return end_definition(p, open, keyword);

    if (open->kind == TOKEN_RANGE && !open->has_else)
        end_body(p, open, keyword);
    if (open->jump != NO_INDEX)
        parser_patch(p, open->jump);
    parser_patch_chain(p, open->ends);
    parser_emit(p, OP_END_SCOPE, 0, 0, keyword);
    return true;
}

/* ---- the whole ---- */

static bool parse_print(struct parser *p)
{
    const struct token first = p->now;
    struct declared declared;

    if (!expression_parse(p, PIPELINE_OF_ACTION, &declared))
        return false;
    parser_emit(p, declared.count == 0 ? OP_PRINT : OP_POP, 0, 0, first);
    return true;
}

/* Behind a left delimiter. */
static bool parse_action(struct parser *p)
{
    static const struct {
        enum token_kind kind;
        bool (*parse)(struct parser *p, struct token keyword);
    } statements[] = {
        { TOKEN_IF, parse_condition },   { TOKEN_WITH, parse_condition },
        { TOKEN_RANGE, parse_range },    { TOKEN_ELSE, parse_else },
        { TOKEN_END, parse_end },        { TOKEN_BREAK, parse_leave },
        { TOKEN_CONTINUE, parse_leave }, { TOKEN_TEMPLATE, parse_template },
        { TOKEN_BLOCK, parse_block },    { TOKEN_DEFINE, parse_define },
    };
    const struct token keyword = p->now;

    if (keyword.kind == TOKEN_DEFINE && p->open_count > 0)
        return parser_unexpected(p, "a block: templates are defined at the top level");
    if (keyword.kind != TOKEN_DEFINE && keyword.kind != TOKEN_END)
        p->is_empty = false;
    for (size_t i = 0; i < COUNT_OF(statements); i++) {
        if (statements[i].kind == keyword.kind)
            return parser_advance(p) && statements[i].parse(p, keyword);
    }
    return parse_print(p);
}

static bool is_blank(struct bytes text)
{
    while (text.len > 0) {
        uint32_t point = 0;
        const size_t len = utf8_sequence(text, &point);
        if (len == 0 || !unicode_is_space(point))
            return false;
        text = bytes_of(text.at + len, text.len - len);
    }
    return true;
}

static bool parse_items(struct parser *p)
{
    while (p->now.kind != TOKEN_END_OF_SOURCE) {
        assert(p->depth == 0);
        if (p->now.kind == TOKEN_TEXT) {
            const struct bytes text = parser_text(p, p->now);
            parser_emit(p, OP_TEXT, names_add(&p->t->strings, text), 0, p->now);
            p->is_empty = p->is_empty && is_blank(text);
            if (!parser_advance(p))
                return false;
        } else if (!parser_advance(p) || !parse_action(p)) {
            return false;
        }
    }
    if (p->open_count > 0)
        return parser_fail(p, p->open[p->open_count - 1].at, "this block has no {{end}}");
    return true;
}

static bool parse_source(struct parser *p)
{
    /* `$` and the template of the whole are the first names, so their numbers are known. */
    (void)names_intern(&p->t->variables, BYTES_LITERAL("$"));
    p->t->main_name = names_intern(&p->t->templates, BYTES_LITERAL("data"));
    memset(p->entries, 0xFF, sizeof p->entries);
    parser_declare(p, VARIABLE_ROOT);
    p->is_empty = true;
    p->range = NO_INDEX;
    if (!parser_advance(p) || !parse_items(p))
        return false;
    parser_emit(p, OP_RETURN, 0, 0, p->now);
    return add_definition(p, p->t->main_name, 0, p->is_empty, 0);
}

/* What is known when all is read. */
static void finish(struct parser *p)
{
    struct template *const t = p->t;

    t->entries = mem_alloc(t->templates.count * sizeof *t->entries);
    memcpy(t->entries, p->entries, t->templates.count * sizeof *t->entries);
    names_sort(&t->secrets);
    t->is_constant = true;
    for (uint32_t i = 0; i < t->code_count; i++) {
        const uint8_t code = t->code[i].code;
        t->is_constant =
            t->is_constant && (code == OP_TEXT || code == OP_JUMP || code == OP_RETURN);
    }
}

struct template *template_compile(struct bytes source, enum template_context context,
                                  struct err *err)
{
    if (source.len > TEMPLATE_SOURCE_MAX) {
        (void)err_set(err, FAIL_MALFORMED, "template: data:1: more than %d bytes",
                      TEMPLATE_SOURCE_MAX);
        return NULL;
    }
    auto_template *t = mem_zero_alloc(1, sizeof *t);
    t->source = bytes_copy(source);
    t->source_len = source.len;

    struct parser p = {
        .t = t, .context = context, .err = err, .lexer = { .source = template_source(t) }
    };
    const bool parsed = parse_source(&p);
    if (parsed)
        finish(&p);
    free(p.open);
    free(p.visible);
    return parsed ? TAKE(t) : NULL;
}
