/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/io/text_forms.h"

#include "base/err.h"
#include "codec/text.h"

#include <string.h>

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Copies the text without white space. False: not all of the rest are characters of this set. */
static bool squeeze(struct bytes text, const char *set, struct buf *out)
{
    for (size_t i = 0; i < text.len; i++) {
        if (is_space(text.at[i]))
            continue;
        if (text.at[i] == '\0' || strchr(set, text.at[i]) == NULL)
            return false;
        buf_add_u8(out, text.at[i]);
    }
    return out->len > 0;
}

bool text_from_hex(struct bytes raw, struct buf *out)
{
    auto_buf digits = { 0 };
    struct err err = { 0 };

    return squeeze(raw, "0123456789abcdefABCDEF", &digits) &&
           hex_decode(out, buf_bytes(&digits), &err);
}

bool text_from_base64(struct bytes raw, struct buf *out)
{
    static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
    auto_buf digits = { 0 };
    struct err err = { 0 };

    return squeeze(raw, set, &digits) &&
           base64_decode(out, BASE64_STANDARD, buf_bytes(&digits), &err);
}
