/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a key on a token is: a URI that is taken goes back to text that means the same, no text shows the way to the PIN, and a
 * configuration is taken or refused with a reason.
 */
#include <string.h>

#include "cli/token/search.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static bool same(struct bytes a, struct bytes b)
{
    return bytes_equal(a, b);
}

static void check_uri(const char *uri)
{
    auto_token_search s = { 0 }, again = { 0 };
    auto_buf text = { 0 };
    struct err err = { 0 };

    if (!token_search_from_uri(uri, TOKEN_PRIVATE_KEY, &s, &err)) {
        if (err.kind != FAIL_MALFORMED)
            __builtin_trap();
        return;
    }
    token_search_put(&s, &text);
    buf_add_u8(&text, '\0');
    if (!token_search_from_uri((char *)text.at, TOKEN_PRIVATE_KEY, &again, &err) ||
        !same(s.token, again.token) || !same(s.id, again.id) || !same(s.label, again.label) ||
        !same(s.module_path, again.module_path) || !same(s.serial, again.serial) ||
        s.has_slot != again.has_slot || s.slot != again.slot || again.pin_source.len != 0)
        __builtin_trap();
}

static void check_config(struct bytes json)
{
    auto_token_search s = { 0 };
    struct err err = { 0 };

    if (token_search_from_config(json, "%01", NULL, TOKEN_CERTIFICATE, &s, &err)
            ? s.module_path.len == 0 || (s.token.len > 0 && s.has_slot)
            : err.kind != FAIL_MALFORMED)
        __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    auto_string *text = bytes_to_string(bytes_of(data, size));
    auto_string *uri = mem_printf("pkcs11:%s", text);

    check_uri(uri);
    check_config(bytes_of(data, size));
    return 0;
}
