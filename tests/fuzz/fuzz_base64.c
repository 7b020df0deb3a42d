/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Base64 and hex: decoding undoes encoding, and an accepted text, written again, is the canonical
 * text of the same bytes.
 */
#include "codec/text.h"

#include <ctype.h>

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void check_base64(struct bytes in, enum base64_alphabet alphabet)
{
    auto_buf text = { 0 }, back = { 0 }, accepted = { 0 };
    struct err err = { 0 };

    base64_encode(&text, alphabet, in);
    if (!base64_decode(&back, alphabet, buf_bytes(&text), &err) ||
        !bytes_equal(buf_bytes(&back), in))
        __builtin_trap();

    const bool ok = base64_decode(&accepted, alphabet, in, &err);
    if (ok != (err.kind == FAIL_NONE) || (!ok && (accepted.len != 0 || err.text[0] == '\0')))
        __builtin_trap();
    if (!ok)
        return;
    buf_truncate(&text, 0);
    base64_encode(&text, alphabet, buf_bytes(&accepted));
    /* The same text but for line ends, and for the last digit before the padding. */
    size_t same = 0;
    for (size_t i = 0; i < in.len; i++) {
        if (in.at[i] == '\r' || in.at[i] == '\n')
            continue;
        const bool loose = same + 1 < text.len && text.at[same + 1] == '=';
        if (same == text.len || (in.at[i] != text.at[same] && !loose))
            __builtin_trap();
        same++;
    }
    if (same != text.len)
        __builtin_trap();
}

static void check_hex(struct bytes in)
{
    auto_buf text = { 0 }, back = { 0 }, accepted = { 0 };
    struct err err = { 0 };

    hex_encode(&text, in);
    if (!hex_decode(&back, buf_bytes(&text), &err) || !bytes_equal(buf_bytes(&back), in))
        __builtin_trap();
    if (!hex_decode(&accepted, in, &err)) {
        if (accepted.len != 0 || err.text[0] == '\0')
            __builtin_trap();
        return;
    }
    buf_truncate(&text, 0);
    hex_encode(&text, buf_bytes(&accepted));
    if (text.len != in.len)
        __builtin_trap();
    for (size_t i = 0; i < in.len; i++) {
        if (tolower(in.at[i]) != text.at[i])
            __builtin_trap();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_base64(bytes_of(data, size), BASE64_STANDARD);
    check_base64(bytes_of(data, size), BASE64_URL);
    check_hex(bytes_of(data, size));
    return 0;
}
