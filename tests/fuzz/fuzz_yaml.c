/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Manifests in YAML: what is taken becomes strict JSON, every value of which has its place; what is refused leaves nothing and has a reason.
 */
#include "base/arena.h"
#include "cli/io/yaml_read.h"
#include "codec/json.h"

/* Each place is that of a value of the JSON, in their order. */
static void check_places(const struct yaml_map *map, const struct json *top)
{
    const struct json *v = top;

    for (size_t i = 0; i < map->count; i++) {
        if (v == NULL || map->at[i].offset != v->offset || map->at[i].line == 0 ||
            map->at[i].column == 0)
            __builtin_trap();
        if (json_first(v) != NULL) {
            v = json_first(v);
            continue;
        }
        while (v != NULL && json_next(v) == NULL)
            v = v->parent;
        v = v == NULL ? NULL : json_next(v);
    }
    if (map->count > 0 && v != NULL)
        __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct yaml_surprises surprises;
    auto_yaml_map map = { 0 };
    auto_buf json = { 0 };
    auto_arena arena = { 0 };
    struct err err = { 0 };

    if (!yaml_to_json_mapped(bytes_of(data, size), &json, &map, &surprises, &err)) {
        if (json.len != 0 || err.kind == FAIL_NONE)
            __builtin_trap();
        return 0;
    }
    const struct json *const top =
        json_parse(buf_bytes(&json), JSON_TRAILING_REFUSED, &arena, &err);
    if (top == NULL)
        __builtin_trap();
    check_places(&map, top);
    return 0;
}
