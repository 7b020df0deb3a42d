/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Queries and paths: pairs never hold more than the query did, and what comes out of
 * http_path_clean is clean and can stand in a header.
 */
#include <stdlib.h>
#include <string.h>

#include "http/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void check_query(const char *query)
{
    auto_buf name = { 0 }, value = { 0 };
    const size_t most = strlen(query);
    const char *at = query;
    size_t sum = 0;

    while (http_query_next(&at, &name, &value)) {
        sum += name.len + value.len;
        if (sum > most || at > query + most)
            __builtin_trap();
    }
    if (at != query + most)
        __builtin_trap();
}

static void check_path(const char *path)
{
    auto_buf decoded = { 0 };
    auto_string *cleaned = http_path_clean(path);

    if (cleaned == NULL)
        return;
    for (const char *c = cleaned; *c != '\0'; c++) {
        if (*c <= ' ' || *c > '~' || *c == '?' || *c == '#')
            __builtin_trap();
    }
    if (cleaned[0] != '/' || cleaned[1] == '/' ||
        !http_unescape(bytes_of_string(cleaned), false, &decoded))
        __builtin_trap();
    buf_add_u8(&decoded, '\0');
    auto_string *again = http_path_clean((const char *)decoded.at);
    if (again != NULL)
        __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    auto_string *text = bytes_to_string(bytes_of(data, size));

    check_query(text);
    check_path(text);
    return 0;
}
