/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/coordinator/context.h"

#include <string.h>

static bool same(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    auto_context context = { 0 }, again = { 0 };
    auto_buf json = { 0 };
    struct err err = { 0 };

    if (!context_parse(bytes_of(data, size), &context, &err)) {
        if (err.kind != FAIL_MALFORMED && err.kind != FAIL_TOO_LARGE)
            __builtin_trap();
        return 0;
    }
    context_put(&context, &json);
    if (!context_parse(buf_bytes(&json), &again, &err) || !same(context.endpoint, again.endpoint) ||
        !same(context.policy, again.policy) || !same(context.collateral, again.collateral))
        __builtin_trap(); /* what is stored is read back as it was */
    return 0;
}
