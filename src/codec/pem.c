/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/text.h"

#include <string.h>

enum { COLUMNS = 64 };

static const struct bytes begin_mark = BYTES_LITERAL("-----BEGIN ");
static const struct bytes end_mark = BYTES_LITERAL("-----END ");
static const struct bytes dashes = BYTES_LITERAL("-----");

void pem_encode(struct buf *out, const char *label, struct bytes der)
{
    auto_buf digits = { 0 };

    base64_encode(&digits, BASE64_STANDARD, der);
    buf_add_format(out, "-----BEGIN %s-----\n", label);
    for (size_t i = 0; i < digits.len; i += COLUMNS) {
        const size_t left = digits.len - i;
        buf_add(out, bytes_of(digits.at + i, left < COLUMNS ? left : COLUMNS));
        buf_add_u8(out, '\n');
    }
    buf_add_format(out, "-----END %s-----\n", label);
}

void pem_block_clear(struct pem_block *block)
{
    buf_clear(&block->der);
    *block = (struct pem_block){ 0 };
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Takes one line off the front, without its line end and the blanks before it. */
static struct bytes take_line(struct bytes *text)
{
    const uint8_t *const newline = text->len == 0 ? NULL : memchr(text->at, '\n', text->len);
    struct bytes line =
        bytes_of(text->at, newline == NULL ? text->len : (size_t)(newline - text->at));
    const size_t used = newline == NULL ? line.len : line.len + 1;

    if (used > 0)
        *text = bytes_of(text->at + used, text->len - used);
    while (line.len > 0 && is_blank(line.at[line.len - 1]))
        line.len--;
    return line;
}

/* The X of `<mark>X-----`; false when the line is something else. */
static bool label_of(struct bytes line, struct bytes mark, struct bytes *label)
{
    if (!bytes_start_with(line, mark) || line.len < mark.len + dashes.len)
        return false;
    *label = bytes_of(line.at + mark.len, line.len - mark.len - dashes.len);
    return bytes_equal(bytes_of(label->at + label->len, dashes.len), dashes);
}

static void add_without_blanks(struct buf *out, struct bytes line)
{
    for (size_t i = 0; i < line.len; i++) {
        if (!is_blank(line.at[i]))
            buf_add_u8(out, line.at[i]);
    }
}

/*
 * Reads what follows a BEGIN line. *text moves to the line that ended the attempt when that line
 * may begin another block, and behind it otherwise, so that a text is gone through once, however
 * many false beginnings it has.
 */
static bool read_body(struct bytes *text, struct bytes label, struct buf *der)
{
    bool in_headers = true, after_header = false;
    auto_buf digits = { 0 };
    struct err err = { 0 };

    while (text->len > 0) {
        const struct bytes before = *text;
        const struct bytes line = take_line(text);
        struct bytes end;
        if (bytes_start_with(line, dashes)) {
            if (bytes_start_with(line, begin_mark))
                *text = before;
            /* encoding/pem wants a line between the last header and END, if only an empty one. */
            return !after_header && label_of(line, end_mark, &end) && bytes_equal(end, label) &&
                   base64_decode(der, BASE64_STANDARD, buf_bytes(&digits), &err);
        }
        after_header = in_headers && line.len > 0 && memchr(line.at, ':', line.len) != NULL;
        in_headers = after_header;
        if (!in_headers)
            add_without_blanks(&digits, line);
    }
    return false;
}

bool pem_next(struct bytes *text, struct pem_block *block)
{
    struct bytes rest = *text;

    pem_block_clear(block);
    while (rest.len > 0) {
        struct bytes label;
        if (!label_of(take_line(&rest), begin_mark, &label))
            continue;
        if (read_body(&rest, label, &block->der)) {
            block->label = label;
            *text = rest;
            return true;
        }
    }
    return false;
}
