/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/arena.h"
#include "manifest/template/template.h"

/*
 * The compiled form: instructions for a stack machine. Expressions leave one value on the stack;
 * statements leave none. Blocks (if, with, range) and calls of templates are frames on a stack of
 * their own, so neither the compiler nor the machine recurses over statements.
 */
enum op_code {
    OP_NONE = 0,
    /* Expressions: what they push is in the third column. */
    OP_DOT,        /*                                  dot */
    OP_NIL,        /*                                  nil */
    OP_BOOL,       /* a: 0 or 1                        the bool */
    OP_INTEGER,    /* b, a: high and low 32 bits       the integer */
    OP_STRING,     /* a: string                        the string */
    OP_VARIABLE,   /* a: variable                      its value */
    OP_FIELD,      /* a: string; pops a receiver       the field */
    OP_CALL,       /* a: function, b: arguments; pops them, and first of all the piped value,
                      which is the last argument       the result */
    OP_SHORT,      /* a: target, b: 1 for or, 0 for and: when the top is decisive, keeps it and
                      jumps; else pops it */
    OP_DROP_BELOW, /* removes the value below the top */
    OP_DECLARE,    /* a: variable; the value stays */
    OP_ASSIGN,     /* a: variable; the value stays */
    OP_FAIL,       /* a: enum op_failure               never returns */
    /* Statements */
    OP_TEXT,      /* a: string */
    OP_PRINT,     /* pops */
    OP_POP,       /* pops */
    OP_JUMP,      /* a: target */
    OP_SCOPE,     /* opens a block */
    OP_IF,        /* pops; jumps to a when false */
    OP_WITH,      /* pops; jumps to a when false, else it becomes dot */
    OP_RANGE,     /* pops what to iterate over; jumps to a when there is nothing */
    OP_NEXT,      /* next round, or jumps to a; b: index and element variable, 16 bits each */
    OP_LEAVE,     /* closes b blocks and jumps to a */
    OP_END_SCOPE, /* closes a block: dot and variables are as before it */
    OP_TEMPLATE,  /* a: template name; pops its dot */
    OP_RETURN,    /* ends a template */
    OP_COUNT,
};

/* Which variables OP_NEXT sets. */
enum op_next { NEXT_NOTHING = 0, NEXT_ELEMENT, NEXT_BOTH };

/* Errors that are known when compiling but may only happen when executing. */
enum op_failure {
    FAILS_NOT = 0,
    FAILS_NIL_COMMAND,
    FAILS_NOT_A_FUNCTION,
    FAILS_OVERFLOW,
    FAILS_NO_ARGUMENTS,
};

struct op {
    uint8_t code;     /* enum op_code */
    uint8_t next;     /* OP_NEXT: enum op_next */
    bool flag;        /* OP_CALL: a value is piped in; OP_NEXT: assign instead of declare */
    uint32_t a, b;    /* see above */
    uint32_t at, end; /* the source it comes from, for errors */
};

/* A growing list of names or strings; views into the source or the arena. */
struct names {
    struct bytes *at;
    uint32_t count, capacity;
};

enum { NO_INDEX = UINT32_MAX };
/* The variable `$` has this index in every template. */
enum { VARIABLE_ROOT = 0 };

struct template
{
    struct arena arena; /* decoded strings */
    uint8_t *source;
    size_t source_len; /* bytes */
    struct op *code;
    uint32_t code_count, code_capacity;
    struct names strings, variables, templates;
    uint32_t *entries;   /* for each template name: its first instruction, or NO_INDEX */
    uint32_t main_name;  /* what runs */
    uint32_t stack_size; /* values that expressions need at most */
    bool is_constant, uses_all_secrets;
    struct names secrets; /* sorted, each once */
};

struct bytes template_source(const struct template *t);
/* Appends; what is there already is added again. */
uint32_t names_add(struct names *names, struct bytes name);
/* The index of a name, added when it is new; NO_INDEX when there would be too many. */
uint32_t names_intern(struct names *names, struct bytes name);
void names_sort(struct names *names);
