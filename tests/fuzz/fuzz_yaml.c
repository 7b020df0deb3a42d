/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Manifests in YAML: what is taken becomes strict JSON; what is refused leaves nothing and has a reason.
 */
#include "base/arena.h"
#include "cli/yaml_read.h"
#include "codec/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct yaml_surprises surprises;
    auto_buf json = { 0 };
    auto_arena arena = { 0 };
    struct err err = { 0 };

    if (!yaml_to_json(bytes_of(data, size), &json, &surprises, &err)) {
        if (json.len != 0 || err.kind == FAIL_NONE)
            __builtin_trap();
        return 0;
    }
    if (json_parse(buf_bytes(&json), JSON_TRAILING_REFUSED, &arena, &err) == NULL)
        __builtin_trap();
    return 0;
}
