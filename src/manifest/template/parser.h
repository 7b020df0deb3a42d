/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "manifest/template/lexer.h"
#include "manifest/template/place.h"
#include "manifest/template/program.h"

/*
 * What the two halves of the compiler share: statements (parser.c) and expressions (expression.c).
 * Both write instructions while they read; there is no tree in between.
 */

/* A declaration that is visible here. */
struct visible {
    uint32_t variable;
    uint32_t shadowed; /* what `latest` of this variable was before */
};

/* An if, with, range, define or block that waits for its end. */
struct open {
    enum token_kind kind;
    uint32_t at;          /* where it begins in the source */
    bool has_else;        /* the body is over */
    uint32_t jump;        /* the instruction that leads to the else part, or NO_INDEX */
    uint32_t next;        /* range: its OP_NEXT */
    uint32_t ends;        /* chain of instructions that lead to the end */
    uint32_t outer_range; /* innermost range around it, or NO_INDEX */
    uint32_t visible_count;
    /* define and block: */
    uint32_t name, entry;
    uint32_t outer_base;
    bool outer_is_empty;
};

struct parser {
    struct template *t;
    enum template_context context;
    struct err *err;

    struct lexer lexer;
    struct token now, after; /* the next token and, when has_after, the one behind it */
    bool has_after;

    struct open *open;
    uint32_t open_count, open_capacity;
    uint32_t range; /* index in open of the range that break leaves, or NO_INDEX */

    struct visible *visible;
    uint32_t visible_count, visible_capacity;
    uint32_t visible_base;               /* what this definition sees begins here */
    uint32_t latest[TEMPLATE_NAMES_MAX]; /* 1 + index in visible of the latest; 0: none */

    /* For each template name its definition; no other may replace one that is not empty. */
    uint32_t entries[TEMPLATE_NAMES_MAX];
    bool entry_is_empty[TEMPLATE_NAMES_MAX];

    uint32_t parentheses;
    uint32_t depth;   /* values on the stack of expressions */
    bool is_empty;    /* the current definition: nothing but white space yet */
    bool is_too_long; /* more instructions than TEMPLATE_CODE_MAX */
};

#define parser_fail(p, offset, ...) place_fail((p)->lexer.source, (offset), (p)->err, __VA_ARGS__)

bool parser_advance(struct parser *p) MUST_CHECK;
/* Makes p->after valid. */
bool parser_look_after(struct parser *p) MUST_CHECK;
/* Sets the error for p->now and returns false. */
bool parser_unexpected(struct parser *p, const char *where);
struct bytes parser_text(const struct parser *p, struct token token);

/* Appends an instruction that comes from `token`, and returns its index. */
uint32_t parser_emit(struct parser *p, enum op_code code, uint32_t a, uint32_t b,
                     struct token token);
/* Makes an instruction jump to what is emitted next. */
void parser_patch(struct parser *p, uint32_t index);
/* Instructions with the same target, linked through `a` until it is known. */
void parser_chain(struct parser *p, uint32_t *chain, uint32_t index);
void parser_patch_chain(struct parser *p, uint32_t chain);

void parser_declare(struct parser *p, uint32_t variable);
bool parser_sees(const struct parser *p, uint32_t variable) MUST_CHECK;
/* The number of a variable's name. */
bool parser_variable(struct parser *p, struct token token, uint32_t *variable) MUST_CHECK;

enum pipeline_of {
    PIPELINE_OF_ACTION = 0,
    PIPELINE_OF_IF,
    PIPELINE_OF_WITH,
    PIPELINE_OF_RANGE,
    PIPELINE_OF_TEMPLATE,
    PIPELINE_OF_BLOCK,
    PIPELINE_OF_PARENTHESES,
};

/* The variables in front of := or =, already part of the code. */
struct declared {
    unsigned count; /* 0, 1; with range also 2 */
    uint32_t variable[2];
    bool assign; /* = */
};

/* Compiles a pipeline with the delimiter or parenthesis that closes it; its value is the one on
 * the stack. */
bool expression_parse(struct parser *p, enum pipeline_of of, struct declared *declared) MUST_CHECK;
