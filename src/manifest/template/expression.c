/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/template/functions.h"
#include "manifest/template/literal.h"
#include "manifest/template/parser.h"

static const char *const pipeline_names[] = {
    [PIPELINE_OF_ACTION] = "command",
    [PIPELINE_OF_IF] = "if",
    [PIPELINE_OF_WITH] = "with",
    [PIPELINE_OF_RANGE] = "range",
    [PIPELINE_OF_TEMPLATE] = "template clause",
    [PIPELINE_OF_BLOCK] = "block clause",
    [PIPELINE_OF_PARENTHESES] = "parenthesized pipeline",
};

/* What the compiler needs to remember of an operand. */
struct operand {
    bool is_string; /* a literal */
    struct bytes string;
    bool is_secrets; /* a chain that ends with .Secrets: the map as a whole */
};

/* One command of a pipeline. */
struct stage {
    unsigned number;     /* from 1; from 2 on a value is piped in */
    struct operand only; /* its one operand, when it has no function */
};

static bool starts_operand(enum token_kind kind)
{
    return (kind >= TOKEN_IDENTIFIER && kind <= TOKEN_NUMBER) || kind == TOKEN_LEFT_PARENTHESIS ||
           kind == TOKEN_TRUE || kind == TOKEN_FALSE || kind == TOKEN_NIL;
}

/* A constant, or dot: not followed by fields, and not in a later stage of a pipeline. */
static bool is_plain(enum token_kind kind)
{
    return starts_operand(kind) && kind != TOKEN_IDENTIFIER && kind != TOKEN_FIELD &&
           kind != TOKEN_VARIABLE && kind != TOKEN_LEFT_PARENTHESIS;
}

static bool is_field_of_last(const struct parser *p)
{
    return p->now.kind == TOKEN_FIELD && !p->now.spaced;
}

static bool parse_integer(struct parser *p)
{
    const struct bytes text = parser_text(p, p->now);
    int64_t value = 0;
    enum literal_integer kind = LITERAL_INTEGER;

    if (p->now.kind == TOKEN_NUMBER)
        kind = literal_integer(text, &value);
    else if (!literal_character(text, &value))
        return parser_fail(p, p->now.at, "malformed character constant");
    if (kind == LITERAL_BAD)
        return parser_fail(p, p->now.at, "bad number syntax: only 64-bit integers are supported");
    if (kind == LITERAL_UNSIGNED)
        parser_emit(p, OP_FAIL, FAILS_OVERFLOW, 0, p->now);
    else
        parser_emit(p, OP_INTEGER, (uint32_t)value, (uint32_t)((uint64_t)value >> 32), p->now);
    return true;
}

static bool parse_string(struct parser *p, struct operand *operand)
{
    if (!literal_string(&p->t->arena, parser_text(p, p->now), &operand->string))
        return parser_fail(p, p->now.at, "malformed string: an escape is not known");
    operand->is_string = true;
    parser_emit(p, OP_STRING, names_add(&p->t->strings, operand->string), 0, p->now);
    return true;
}

/*
 * Fields that follow without white space, or the one that is an operand itself. Keeps book of the
 * secrets: the map is reached only through a field of the name `Secrets`.
 */
static bool parse_fields(struct parser *p, struct operand *operand)
{
    do {
        struct bytes name = parser_text(p, p->now);
        name = bytes_of(name.at + 1, name.len - 1);
        if (operand->is_secrets)
            (void)names_add(&p->t->secrets, name);
        operand->is_secrets = !operand->is_secrets && bytes_equal_string(name, "Secrets");
        parser_emit(p, OP_FIELD, names_add(&p->t->strings, name), 0, p->now);
        if (!parser_advance(p))
            return false;
    } while (is_field_of_last(p));
    return true;
}

static bool parse_function(struct parser *p, uint32_t *function)
{
    char name[PLACE_EXCERPT];

    *function = function_find(parser_text(p, p->now), p->context);
    if (*function != NO_INDEX)
        return true;
    place_excerpt(parser_text(p, p->now), name);
    return parser_fail(p, p->now.at, "function \"%s\" not defined", name);
}

static bool parse_variable(struct parser *p)
{
    uint32_t variable = 0;
    char name[PLACE_EXCERPT];

    if (!parser_variable(p, p->now, &variable))
        return false;
    if (!parser_sees(p, variable)) {
        place_excerpt(parser_text(p, p->now), name);
        return parser_fail(p, p->now.at, "undefined variable \"%s\"", name);
    }
    parser_emit(p, OP_VARIABLE, variable, 0, p->now);
    return true;
}

static bool parse_parentheses(struct parser *p)
{
    struct declared declared;

    if (++p->parentheses > TEMPLATE_PARENTHESES_MAX)
        return parser_fail(p, p->now.at, "more than %d parentheses inside each other",
                           TEMPLATE_PARENTHESES_MAX);
    if (!parser_advance(p) || !expression_parse(p, PIPELINE_OF_PARENTHESES, &declared))
        return false;
    p->parentheses--;
    return true;
}

/* An operand without the fields behind it. Consumes its tokens; a leading field stays. */
static bool parse_term(struct parser *p, bool is_command, struct operand *operand)
{
    uint32_t function = 0;

    switch (p->now.kind) {
    case TOKEN_LEFT_PARENTHESIS:
        return parse_parentheses(p);
    case TOKEN_FIELD:
        parser_emit(p, OP_DOT, 0, 0, p->now);
        return true;
    case TOKEN_IDENTIFIER:
        if (!parse_function(p, &function))
            return false;
        parser_emit(p, OP_CALL, function, 0, p->now);
        break;
    case TOKEN_DOT:
        parser_emit(p, OP_DOT, 0, 0, p->now);
        break;
    case TOKEN_TRUE:
    case TOKEN_FALSE:
        parser_emit(p, OP_BOOL, p->now.kind == TOKEN_TRUE, 0, p->now);
        break;
    case TOKEN_NIL:
        parser_emit(p, is_command ? OP_FAIL : OP_NIL, FAILS_NIL_COMMAND, 0, p->now);
        break;
    case TOKEN_VARIABLE:
        if (!parse_variable(p))
            return false;
        break;
    case TOKEN_NUMBER:
    case TOKEN_CHARACTER:
        if (!parse_integer(p))
            return false;
        break;
    case TOKEN_STRING:
    case TOKEN_RAW_STRING:
        if (!parse_string(p, operand))
            return false;
        break;
    default:
        return parser_unexpected(p, "operand");
    }
    return parser_advance(p);
}

/* is_command: the first operand of a command, where `nil` alone makes no sense. */
static bool parse_operand(struct parser *p, bool is_command, struct operand *operand)
{
    const struct token first = p->now;

    *operand = (struct operand){ 0 };
    if (!parse_term(p, is_command, operand))
        return false;
    if (first.kind == TOKEN_FIELD)
        return parse_fields(p, operand);
    if (!is_field_of_last(p))
        return true;
    if (is_plain(first.kind))
        return parser_fail(p, p->now.at, "unexpected . after a term");
    return parse_fields(p, operand);
}

/* Behind an operand: is there another one in this command? */
static bool has_more(struct parser *p, bool *more)
{
    *more = p->now.kind != TOKEN_RIGHT && p->now.kind != TOKEN_RIGHT_PARENTHESIS &&
            p->now.kind != TOKEN_PIPE;
    if (*more && (!p->now.spaced || !starts_operand(p->now.kind)))
        return parser_unexpected(p, "operand");
    return true;
}

/* The map of secrets as argument of a function: harmless only as `index .Secrets "name"`. */
static void note_secrets(struct parser *p, bool is_index, unsigned number,
                         const struct operand *before, const struct operand *operand)
{
    const bool was_subscribed = number == 1 && before->is_secrets;

    if (was_subscribed && operand->is_string)
        (void)names_add(&p->t->secrets, operand->string);
    else if (was_subscribed)
        p->t->uses_all_secrets = true;
    if (operand->is_secrets && (!is_index || number > 0))
        p->t->uses_all_secrets = true;
}

/*
 * and, or: every argument but the last one of all is asked whether it decides. A piped value is
 * the last one; it lies below the arguments.
 */
static void finish_logic(struct parser *p, uint32_t is_or, unsigned count, bool piped,
                         uint32_t shorts, struct token name)
{
    if (count == 0 && !piped)
        parser_emit(p, OP_FAIL, FAILS_NO_ARGUMENTS, 0, name);
    if (count == 0 || !piped) {
        parser_patch_chain(p, shorts);
        return;
    }
    parser_chain(p, &shorts, parser_emit(p, OP_SHORT, 0, is_or, name));
    const uint32_t over = parser_emit(p, OP_JUMP, 0, 0, name);
    parser_patch_chain(p, shorts);
    parser_emit(p, OP_DROP_BELOW, 0, 0, name);
    parser_patch(p, over);
}

/* A function with the arguments that follow; `name` is consumed. */
static bool parse_call(struct parser *p, uint32_t function, struct token name,
                       const struct stage *previous)
{
    const enum function_kind kind = function_kind(function);
    const bool is_logic = kind == FUNCTION_AND || kind == FUNCTION_OR;
    const bool piped = previous->number > 0;
    struct operand before = { 0 }, operand = { 0 };
    uint32_t shorts = NO_INDEX;
    unsigned count = 0;
    bool more;

    for (;; count++) {
        if (!has_more(p, &more))
            return false;
        if (!more)
            break;
        if (is_logic && count > 0)
            parser_chain(p, &shorts, parser_emit(p, OP_SHORT, 0, kind == FUNCTION_OR, name));
        before = operand;
        if (!parse_operand(p, false, &operand))
            return false;
        note_secrets(p, kind == FUNCTION_INDEX, count, &before, &operand);
    }
    if (count == 1 && kind == FUNCTION_INDEX && operand.is_secrets)
        note_secrets(p, true, 1, &operand, &previous->only);
    if (is_logic) {
        finish_logic(p, kind == FUNCTION_OR, count, piped, shorts, name);
        return true;
    }
    const uint32_t call = parser_emit(p, OP_CALL, function, count, name);
    p->t->code[call].flag = piped;
    return true;
}

/* A value that is not a function: arguments compile, but never execute. */
static bool parse_value(struct parser *p, struct token first, struct stage *stage, bool piped)
{
    struct operand argument;
    bool more, fails = piped;

    if (!has_more(p, &more))
        return false;
    for (; more; fails = true) {
        if (!parse_operand(p, false, &argument) || !has_more(p, &more))
            return false;
        p->t->uses_all_secrets |= argument.is_secrets;
        stage->only.is_string = false;
    }
    p->t->uses_all_secrets |= stage->only.is_secrets;
    if (fails)
        parser_emit(p, OP_FAIL, FAILS_NOT_A_FUNCTION, 0, first);
    return true;
}

static bool parse_command(struct parser *p, struct stage *stage)
{
    const struct stage previous = *stage;
    const struct token first = p->now;
    const bool piped = previous.number > 0;
    const uint32_t depth = p->depth - piped;
    uint32_t function = 0;

    *stage = (struct stage){ .number = previous.number + 1 };
    if (first.kind == TOKEN_IDENTIFIER) {
        if (!parse_function(p, &function) || !parser_look_after(p))
            return false;
        if (p->after.kind != TOKEN_FIELD || p->after.spaced) {
            if (!parser_advance(p) || !parse_call(p, function, first, &previous))
                return false;
            p->depth = depth + 1;
            return true;
        }
    }
    if (piped && is_plain(first.kind))
        return parser_fail(p, first.at, "non executable command in pipeline stage %u",
                           stage->number);
    if (!parse_operand(p, true, &stage->only) || !parse_value(p, first, stage, piped))
        return false;
    p->depth = depth + 1;
    return true;
}

/* `$x :=`, `$x =`, and with range `$x, $y :=`. The names are visible from here on. */
static bool parse_declared(struct parser *p, enum pipeline_of of, struct declared *declared)
{
    while (p->now.kind == TOKEN_VARIABLE) {
        if (!parser_look_after(p))
            return false;
        const enum token_kind sign = p->after.kind;
        if (sign != TOKEN_DECLARE && sign != TOKEN_ASSIGN && sign != TOKEN_COMMA)
            break;
        if (sign == TOKEN_COMMA && (of != PIPELINE_OF_RANGE || declared->count == 1))
            return parser_fail(p, p->after.at, "too many declarations in %s", pipeline_names[of]);
        uint32_t *const variable = &declared->variable[declared->count++];
        if (!parser_variable(p, p->now, variable))
            return false;
        parser_declare(p, *variable);
        declared->assign = sign == TOKEN_ASSIGN;
        if (!parser_advance(p) || !parser_advance(p))
            return false;
        if (sign != TOKEN_COMMA)
            return true;
    }
    if (declared->count > 0)
        return parser_fail(p, p->now.at, "range can only initialize variables");
    return true;
}

bool expression_parse(struct parser *p, enum pipeline_of of, struct declared *declared)
{
    const enum token_kind end =
        of == PIPELINE_OF_PARENTHESES ? TOKEN_RIGHT_PARENTHESIS : TOKEN_RIGHT;
    const struct token first = p->now;
    struct stage stage = { 0 };

    *declared = (struct declared){ 0 };
    if (!parse_declared(p, of, declared))
        return false;
    for (;;) {
        if (p->now.kind == end)
            return parser_fail(p, p->now.at, "missing value for %s", pipeline_names[of]);
        if (!starts_operand(p->now.kind))
            return parser_unexpected(p, pipeline_names[of]);
        if (!parse_command(p, &stage))
            return false;
        if (p->now.kind != TOKEN_PIPE)
            break;
        if (!parser_advance(p))
            return false;
    }
    if (p->now.kind != end)
        return parser_unexpected(p, pipeline_names[of]);
    for (unsigned i = 0; i < declared->count; i++)
        parser_emit(p, declared->assign ? OP_ASSIGN : OP_DECLARE, declared->variable[i], 0, first);
    return parser_advance(p);
}
