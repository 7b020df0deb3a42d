/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/json.h"

#include <string.h>

#include "base/utf8.h"

enum { MAX_DEPTH = 10000 };

/*
 * The parser walks the tree that it builds instead of calling itself: nesting costs no stack. A
 * value goes behind `last`, or into `open` when that has no child yet.
 */
struct parser {
    struct bytes in;
    size_t pos;
    const struct json_document *document;
    struct arena *arena;
    struct json *open; /* innermost container that has not ended; NULL at the top */
    struct json *last; /* its last child so far; NULL: none */
    struct bytes name; /* of the next member */
    unsigned depth;    /* containers that have not ended */
    size_t count;      /* values so far */
    struct err *err;
};

static bool fail_at(const struct parser *p, size_t offset, const char *text)
{
    const struct json here = { .offset = offset, .document = p->document };

    return json_fail(&here, p->err, "%s", text);
}

/* Says what should have come, or that nothing came at all. */
static bool fail_here(const struct parser *p, const char *text)
{
    return fail_at(p, p->pos, p->pos == p->in.len ? "unexpected end of JSON input" : text);
}

/* The next byte, or -1 at the end. */
static int peek(const struct parser *p)
{
    return p->pos < p->in.len ? p->in.at[p->pos] : -1;
}

static void skip_blanks(struct parser *p)
{
    for (int c = peek(p); c == ' ' || c == '\t' || c == '\n' || c == '\r'; c = peek(p))
        p->pos++;
}

static bool is_digit(int c)
{
    return c >= '0' && c <= '9';
}

/* 0 .. 15, or -1. */
static int hex_value(int c)
{
    const int lower = c | 0x20;

    if (is_digit(c))
        return c - '0';
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* The number that the four hex digits at `at` stand for. */
static uint32_t four_digits(const uint8_t *at)
{
    uint32_t value = 0;

    for (size_t i = 0; i < 4; i++)
        value = value << 4 | (uint32_t)hex_value(at[i]);
    return value;
}

/* Checks the escape whose backslash is at pos and goes behind it. */
static bool skip_escape(struct parser *p)
{
    const size_t start = p->pos++;
    const int c = peek(p);

    if (c == 'u') {
        p->pos++;
        for (unsigned i = 0; i < 4; i++, p->pos++) {
            if (peek(p) < 0 || hex_value(peek(p)) < 0)
                return fail_here(p, "\\u needs four hex digits");
        }
        return true;
    }
    switch (c) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
        p->pos++;
        return true;
    }
    return c < 0 ? fail_here(p, "") : fail_at(p, start, "this escape is not known in strings");
}

/* The character that \b, \f, \n, \r, \t or an escaped punctuation mark stands for. */
static uint32_t short_escape(uint8_t c)
{
    switch (c) {
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    }
    return c;
}

/* Takes one \uXXXX, or two that are a surrogate pair, off the front of *in. */
static uint32_t take_unicode_escape(struct bytes *in)
{
    const uint32_t first = four_digits(in->at + 2);

    *in = bytes_of(in->at + 6, in->len - 6);
    if (first < 0xD800 || first > 0xDFFF)
        return first;
    if (first < 0xDC00 && in->len >= 6 && in->at[0] == '\\' && in->at[1] == 'u') {
        const uint32_t second = four_digits(in->at + 2);
        if (second >= 0xDC00 && second <= 0xDFFF) {
            *in = bytes_of(in->at + 6, in->len - 6);
            return 0x10000 + ((first - 0xD800) << 10 | (second - 0xDC00));
        }
    }
    return 0xFFFD;
}

/* Takes one character off the front of *in, the inside of a string whose escapes are checked. */
static uint32_t take_character(struct bytes *in)
{
    uint32_t point = 0xFFFD;
    size_t used;

    if (in->at[0] == '\\') {
        if (in->at[1] == 'u')
            return take_unicode_escape(in);
        point = short_escape(in->at[1]);
        used = 2;
    } else {
        used = utf8_sequence(*in, &point);
        used = used == 0 ? 1 : used;
    }
    *in = bytes_of(in->at + used, in->len - used);
    return point;
}

/* What a string of UTF-8 means: never longer than it stands there, and mostly long runs without escapes. */
static struct bytes unescape(struct parser *p, struct bytes in)
{
    uint8_t *const text = arena_alloc(p->arena, in.len);
    uint8_t place[4];
    size_t used = 0;

    while (in.len > 0) {
        const uint8_t *const escape = memchr(in.at, '\\', in.len);
        const size_t plain = escape == NULL ? in.len : (size_t)(escape - in.at);
        memcpy(text + used, in.at, plain);
        used += plain;
        in = bytes_of(in.at + plain, in.len - plain);
        if (in.len == 0)
            break;
        const size_t more = utf8_encode(take_character(&in), place);
        memcpy(text + used, place, more);
        used += more;
    }
    return bytes_of(text, used);
}

/* What a string means, given what stands between its quotes. A byte that is no UTF-8 becomes three. */
static struct bytes decode_string(struct parser *p, struct bytes inside)
{
    uint8_t place[4];
    size_t len = 0;

    if (utf8_valid(inside))
        return unescape(p, inside);
    for (struct bytes in = inside; in.len > 0;)
        len += utf8_encode(take_character(&in), place);
    uint8_t *const text = arena_alloc(p->arena, len);
    size_t used = 0;
    for (struct bytes in = inside; in.len > 0;) {
        const size_t more = utf8_encode(take_character(&in), place);
        for (size_t i = 0; i < more; i++)
            text[used++] = place[i];
    }
    return bytes_of(text, len);
}

/* Goes behind what stands for itself in a string. */
static void skip_plain(struct parser *p)
{
    const uint8_t *at = p->in.at + p->pos, *const end = p->in.at + p->in.len;

    while (at < end && *at >= 0x20 && *at != '"' && *at != '\\')
        at++;
    p->pos = (size_t)(at - p->in.at);
}

/* The string whose opening quote is at pos: a view of the text when nothing had to change. */
static bool read_string(struct parser *p, struct bytes *text)
{
    const size_t start = ++p->pos;
    bool escaped = false;

    for (skip_plain(p); peek(p) != '"'; skip_plain(p)) {
        if (peek(p) < 0x20)
            return fail_here(p, "control character in a string");
        escaped = true;
        if (!skip_escape(p))
            return false;
    }
    const struct bytes inside = bytes_of(p->in.at + start, p->pos - start);
    p->pos++;
    *text = escaped || !utf8_valid(inside) ? decode_string(p, inside) : inside;
    return true;
}

/* At least one digit. */
static bool skip_digits(struct parser *p)
{
    if (!is_digit(peek(p)))
        return fail_here(p, "a digit must stand here");
    while (is_digit(peek(p)))
        p->pos++;
    return true;
}

static bool read_number(struct parser *p, struct bytes *literal)
{
    const size_t start = p->pos;

    if (peek(p) == '-')
        p->pos++;
    if (peek(p) == '0')
        p->pos++;
    else if (!skip_digits(p))
        return false;
    if (peek(p) == '.') {
        p->pos++;
        if (!skip_digits(p))
            return false;
    }
    if (peek(p) == 'e' || peek(p) == 'E') {
        p->pos++;
        if (peek(p) == '+' || peek(p) == '-')
            p->pos++;
        if (!skip_digits(p))
            return false;
    }
    *literal = bytes_of(p->in.at + start, p->pos - start);
    return true;
}

static bool read_word(struct parser *p, struct bytes word)
{
    for (size_t i = 0; i < word.len; i++, p->pos++) {
        if (peek(p) != word.at[i])
            return fail_here(p, "no word but true, false and null is known");
    }
    return true;
}

/* A new value behind the last one. */
static struct json *add_value(struct parser *p, enum json_type type)
{
    struct json *const value = arena_alloc(p->arena, sizeof *value);

    *value = (struct json){
        .type = type,
        .name = p->name,
        .offset = p->pos,
        .index = p->last == NULL ? 0 : p->last->index + 1,
        .parent = p->open,
        .document = p->document,
    };
    if (p->last != NULL)
        p->last->next = value;
    else if (p->open != NULL)
        p->open->first = value;
    p->last = value;
    p->name = BYTES_NONE;
    return value;
}

static bool open_container(struct parser *p, enum json_type type)
{
    if (p->depth == MAX_DEPTH)
        return fail_at(p, p->pos, "exceeded max depth");
    p->open = add_value(p, type);
    p->last = NULL;
    p->depth++;
    p->pos++;
    return true;
}

/* The closed container is its parent's last child now. */
static void close_container(struct parser *p)
{
    p->last = p->open;
    /* Only this parser made the tree, and in memory that it may write. */
    p->open = (struct json *)(uintptr_t)p->open->parent;
    p->depth--;
    p->pos++;
}

/* A whole scalar, or the beginning of a container. */
static bool read_value(struct parser *p)
{
    skip_blanks(p);
    if (p->count++ == JSON_MAX_VALUES)
        return fail_at(p, p->pos, "the document has too many values");
    const int c = peek(p);
    switch (c) {
    case '{':
        return open_container(p, JSON_OBJECT);
    case '[':
        return open_container(p, JSON_ARRAY);
    case '"':
        return read_string(p, &add_value(p, JSON_STRING)->text);
    case 'n':
        (void)add_value(p, JSON_NULL);
        return read_word(p, BYTES_LITERAL("null"));
    case 't':
        add_value(p, JSON_BOOL)->boolean = true;
        return read_word(p, BYTES_LITERAL("true"));
    case 'f':
        (void)add_value(p, JSON_BOOL);
        return read_word(p, BYTES_LITERAL("false"));
    }
    if (c == '-' || is_digit(c))
        return read_number(p, &add_value(p, JSON_NUMBER)->text);
    return fail_here(p, "a value must begin here");
}

/* The name of a member and its colon, when the next value is one. */
static bool read_name(struct parser *p)
{
    if (p->open == NULL || p->open->type != JSON_OBJECT)
        return true;
    skip_blanks(p);
    if (peek(p) != '"')
        return fail_here(p, "the name of a member must begin here");
    if (!read_string(p, &p->name))
        return false;
    skip_blanks(p);
    if (peek(p) != ':')
        return fail_here(p, "a colon must follow the name of a member");
    p->pos++;
    return true;
}

/* Goes through all ends to where another value must stand; at the last end *more is false. */
static bool find_next(struct parser *p, bool *more)
{
    for (; p->open != NULL; close_container(p)) {
        const bool object = p->open->type == JSON_OBJECT;
        skip_blanks(p);
        const int c = peek(p);
        if (c == (object ? '}' : ']'))
            continue;
        *more = true;
        if (p->last == NULL)
            return true;
        if (c != ',')
            return fail_here(p, object ? "a comma or } must follow a member"
                                       : "a comma or ] must follow an element");
        p->pos++;
        return true;
    }
    *more = false;
    return true;
}

const struct json *json_parse(struct bytes source, enum json_trailing trailing, struct arena *arena,
                              struct err *err)
{
    struct json_document *const document = arena_alloc(arena, sizeof *document);
    struct parser p = { .in = source, .document = document, .arena = arena, .err = err };

    document->source = source;
    skip_blanks(&p);
    if (p.pos == source.len) {
        (void)err_set(err, FAIL_MALFORMED, "%s",
                      trailing == JSON_TRAILING_REFUSED ? "unexpected end of JSON input" : "EOF");
        return NULL;
    }
    for (bool more = true; more;) {
        if (!read_name(&p) || !read_value(&p) || !find_next(&p, &more))
            return NULL;
    }
    skip_blanks(&p);
    if (trailing == JSON_TRAILING_REFUSED && p.pos != source.len) {
        (void)fail_here(&p, "nothing may follow the value");
        return NULL;
    }
    return p.last;
}
