/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/bytes.h"
#include "base/err.h"

/*
 * Splits a template's source into text and the tokens of its actions (manifest.md, 14.4). Trim
 * markers and comments are dealt with here; nothing after the lexer knows of them.
 */
enum token_kind {
    TOKEN_NONE = 0,
    TOKEN_END_OF_SOURCE,
    TOKEN_TEXT,  /* outside actions, already trimmed, never empty */
    TOKEN_LEFT,  /* {{ */
    TOKEN_RIGHT, /* }} */
    TOKEN_IDENTIFIER,
    TOKEN_FIELD, /* .name, the dot included */
    TOKEN_DOT,
    TOKEN_VARIABLE,   /* $ or $name */
    TOKEN_STRING,     /* with its quotes */
    TOKEN_RAW_STRING, /* with its quotes */
    TOKEN_CHARACTER,  /* with its quotes */
    TOKEN_NUMBER,
    TOKEN_PIPE,
    TOKEN_COMMA,
    TOKEN_DECLARE, /* := */
    TOKEN_ASSIGN,  /* = */
    TOKEN_LEFT_PARENTHESIS,
    TOKEN_RIGHT_PARENTHESIS,
    /* Keywords */
    TOKEN_BLOCK,
    TOKEN_BREAK,
    TOKEN_CONTINUE,
    TOKEN_DEFINE,
    TOKEN_ELSE,
    TOKEN_END,
    TOKEN_FALSE,
    TOKEN_IF,
    TOKEN_NIL,
    TOKEN_RANGE,
    TOKEN_TEMPLATE,
    TOKEN_TRUE,
    TOKEN_WITH,
};

struct token {
    enum token_kind kind;
    bool spaced;      /* white space stands before it */
    uint32_t at, end; /* offsets into the source */
};

/* Starts zero-initialised but for the source, which is below 4 GiB. */
struct lexer {
    struct bytes source;
    size_t pos;
    bool inside; /* an action */
    bool trim;   /* the text that follows begins after its white space */
};

/* FAIL_MALFORMED with the line. After the end of the source comes its end again. */
bool lexer_next(struct lexer *l, struct token *token, struct err *err) MUST_CHECK;
