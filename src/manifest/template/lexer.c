/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/template/lexer.h"

#include <string.h>

#include "base/utf8.h"
#include "manifest/template/place.h"
#include "manifest/template/unicode.h"

static const struct {
    const char *word;
    enum token_kind kind;
} keywords[] = {
    { "block", TOKEN_BLOCK },       { "break", TOKEN_BREAK },
    { "continue", TOKEN_CONTINUE }, { "define", TOKEN_DEFINE },
    { "else", TOKEN_ELSE },         { "end", TOKEN_END },
    { "false", TOKEN_FALSE },       { "if", TOKEN_IF },
    { "nil", TOKEN_NIL },           { "range", TOKEN_RANGE },
    { "template", TOKEN_TEMPLATE }, { "true", TOKEN_TRUE },
    { "with", TOKEN_WITH },
};

static bool is_space(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

/* The byte at pos, or 0 behind the end. A NUL in the source is no token either. */
static uint8_t peek(const struct lexer *l, size_t pos)
{
    return pos < l->source.len ? l->source.at[pos] : 0;
}

static bool starts_with(const struct lexer *l, size_t pos, const char *text)
{
    const size_t len = strlen(text);

    return pos <= l->source.len && len <= l->source.len - pos &&
           memcmp(l->source.at + pos, text, len) == 0;
}

static struct bytes from(const struct lexer *l, size_t pos)
{
    return bytes_of(l->source.at + pos, l->source.len - pos);
}

/* Offset of the next `what`, or the end of the source. */
static size_t find(const struct lexer *l, size_t pos, const char *what)
{
    const struct bytes rest = from(l, pos);
    const uint8_t *const at = rest.len == 0 ? NULL : memmem(rest.at, rest.len, what, strlen(what));

    return at == NULL ? l->source.len : pos + (size_t)(at - rest.at);
}

static bool token_set(struct lexer *l, struct token *token, enum token_kind kind, size_t end)
{
    token->kind = kind;
    token->end = (uint32_t)end;
    l->pos = end;
    return true;
}

/* White space and the minus before }}. */
static bool is_right_trim(const struct lexer *l, size_t pos)
{
    return is_space(peek(l, pos)) && starts_with(l, pos + 1, "-}}");
}

/* l->pos is on the slash and star of a comment; goes behind the delimiter that closes it. */
static bool skip_comment(struct lexer *l, struct err *err)
{
    const size_t close = find(l, l->pos + 2, "*/");

    if (close == l->source.len)
        return place_fail(l->source, l->pos, err, "unclosed comment");
    const size_t after = close + 2;
    l->trim = is_right_trim(l, after);
    if (!l->trim && !starts_with(l, after, "}}"))
        return place_fail(l->source, after, err, "comment ends before closing delimiter");
    l->pos = after + (l->trim ? 4 : 2);
    return true;
}

static bool next_outside(struct lexer *l, struct token *token, struct err *err)
{
    for (;;) {
        while (l->trim && is_space(peek(l, l->pos)))
            l->pos++;
        l->trim = false;

        const size_t start = l->pos;
        const size_t open = find(l, start, "{{");
        const bool trim = peek(l, open + 2) == '-' && is_space(peek(l, open + 3));
        size_t text_end = open;
        while (trim && text_end > start && is_space(l->source.at[text_end - 1]))
            text_end--;
        token->at = (uint32_t)start;
        if (text_end > start) {
            (void)token_set(l, token, TOKEN_TEXT, text_end);
            l->pos = open;
            return true;
        }
        if (open == l->source.len)
            return token_set(l, token, TOKEN_END_OF_SOURCE, open);

        l->pos = open + (trim ? 4 : 2);
        token->at = (uint32_t)open;
        if (!starts_with(l, l->pos, "/*")) {
            l->inside = true;
            return token_set(l, token, TOKEN_LEFT, l->pos);
        }
        if (!skip_comment(l, err))
            return false;
    }
}

/* Names and constants must be followed by something that cannot be part of them. */
static bool is_terminated(const struct lexer *l, size_t pos)
{
    return pos == l->source.len || is_space(peek(l, pos)) || starts_with(l, pos, "}}") ||
           (peek(l, pos) != 0 && strchr(".,|:)(", peek(l, pos)) != NULL);
}

/* Offset behind the letters, digits and underscores at pos. */
static size_t word_end(const struct lexer *l, size_t pos)
{
    for (;;) {
        uint32_t point = 0;
        const size_t len = utf8_sequence(from(l, pos), &point);
        if (len == 0 || !unicode_is_word(point))
            return pos;
        pos += len;
    }
}

static bool lex_word(struct lexer *l, struct token *token, enum token_kind kind, size_t first,
                     struct err *err)
{
    const size_t end = word_end(l, first);

    if (!is_terminated(l, end))
        return place_fail(l->source, end, err, "bad character 0x%02x after a name", peek(l, end));
    return token_set(l, token, kind, end);
}

static bool lex_identifier(struct lexer *l, struct token *token, struct err *err)
{
    if (!lex_word(l, token, TOKEN_IDENTIFIER, token->at, err))
        return false;
    const struct bytes word = bytes_of(l->source.at + token->at, token->end - token->at);
    for (size_t i = 0; i < COUNT_OF(keywords); i++) {
        if (bytes_equal_string(word, keywords[i].word))
            token->kind = keywords[i].kind;
    }
    return true;
}

/* A string or character literal: until the quote that no backslash precedes. */
static bool lex_quoted(struct lexer *l, struct token *token, enum token_kind kind, struct err *err)
{
    const uint8_t quote = peek(l, token->at);

    for (size_t pos = token->at + 1; pos < l->source.len; pos++) {
        if (l->source.at[pos] == quote)
            return token_set(l, token, kind, pos + 1);
        if (l->source.at[pos] == '\\')
            pos++;
        if (peek(l, pos) == '\n')
            break;
    }
    return place_fail(l->source, token->at, err, "unterminated %s",
                      kind == TOKEN_STRING ? "quoted string" : "character constant");
}

static bool lex_raw_string(struct lexer *l, struct token *token, struct err *err)
{
    const size_t close = find(l, token->at + 1, "`");

    if (close == l->source.len)
        return place_fail(l->source, token->at, err, "unterminated raw quoted string");
    return token_set(l, token, TOKEN_RAW_STRING, close + 1);
}

/* Everything that could belong to a number; literal_integer then says whether it is one. */
static bool lex_number(struct lexer *l, struct token *token, struct err *err)
{
    size_t pos = token->at;

    if (peek(l, pos) == '+' || peek(l, pos) == '-')
        pos++;
    if (!is_digit(peek(l, pos)))
        return place_fail(l->source, token->at, err, "bad number syntax");
    pos = word_end(l, pos);
    if (peek(l, pos) == '.' || peek(l, pos) == '+' || peek(l, pos) == '-')
        return place_fail(l->source, token->at, err,
                          "bad number syntax: only integers are supported");
    return token_set(l, token, TOKEN_NUMBER, pos);
}

static bool lex_mark(struct lexer *l, struct token *token, struct err *err)
{
    const size_t at = token->at;

    switch (peek(l, at)) {
    case '|':
        return token_set(l, token, TOKEN_PIPE, at + 1);
    case ',':
        return token_set(l, token, TOKEN_COMMA, at + 1);
    case '=':
        return token_set(l, token, TOKEN_ASSIGN, at + 1);
    case '(':
        return token_set(l, token, TOKEN_LEFT_PARENTHESIS, at + 1);
    case ')':
        return token_set(l, token, TOKEN_RIGHT_PARENTHESIS, at + 1);
    case ':':
        if (peek(l, at + 1) == '=')
            return token_set(l, token, TOKEN_DECLARE, at + 2);
        return place_fail(l->source, at, err, "expected :=");
    }
    return place_fail(l->source, at, err, "unrecognized character 0x%02x in action", peek(l, at));
}

static bool next_inside(struct lexer *l, struct token *token, struct err *err)
{
    const size_t start = l->pos;

    while (is_space(peek(l, l->pos)))
        l->pos++;
    token->spaced = l->pos > start;
    token->at = (uint32_t)l->pos;
    if (l->pos == l->source.len)
        return place_fail(l->source, start, err, "unclosed action");

    l->trim = token->spaced && is_right_trim(l, l->pos - 1);
    if (l->trim || starts_with(l, l->pos, "}}")) {
        l->inside = false;
        return token_set(l, token, TOKEN_RIGHT, l->pos + (l->trim ? 3 : 2));
    }
    const uint8_t byte = peek(l, l->pos);
    if (byte == '"')
        return lex_quoted(l, token, TOKEN_STRING, err);
    if (byte == '\'')
        return lex_quoted(l, token, TOKEN_CHARACTER, err);
    if (byte == '`')
        return lex_raw_string(l, token, err);
    if (byte == '$')
        return lex_word(l, token, TOKEN_VARIABLE, l->pos + 1, err);
    if (is_digit(byte) || byte == '+' || byte == '-')
        return lex_number(l, token, err);
    if (byte == '.') {
        const bool alone = is_terminated(l, l->pos + 1);
        if (is_digit(peek(l, l->pos + 1)))
            return place_fail(l->source, l->pos, err, "bad number syntax");
        return lex_word(l, token, alone ? TOKEN_DOT : TOKEN_FIELD, l->pos + 1, err);
    }
    if (word_end(l, l->pos) > l->pos)
        return lex_identifier(l, token, err);
    return lex_mark(l, token, err);
}

bool lexer_next(struct lexer *l, struct token *token, struct err *err)
{
    *token = (struct token){ 0 };
    return l->inside ? next_inside(l, token, err) : next_outside(l, token, err);
}
