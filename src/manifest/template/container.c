/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/template/functions.h"

/* len, index and slice (manifest.md, 14.7). */

static bool is_run(const struct value *v)
{
    return v->kind == VALUE_STRING || v->kind == VALUE_BYTES;
}

/* A subscript from 0 to most. */
static bool subscript(struct exec *x, const char *name, const struct value *v, size_t most,
                      size_t *at)
{
    if (v->kind != VALUE_INTEGER)
        return exec_fail(x, "error calling %s: cannot index bytes or a string with type %s", name,
                         value_type_name(v));
    if (value_is_negative(v) || v->number > most)
        return exec_fail(x, "error calling %s: index out of range", name);
    *at = v->number;
    return true;
}

bool function_len(struct exec *x, const struct value *args, size_t count, struct value *result)
{
    const struct value *const v = &args[0];
    struct bytes name = BYTES_NONE;
    int64_t entries = 0;

    (void)count;
    if (is_run(v)) {
        *result = value_int((int64_t)v->bytes.len);
        return true;
    }
    if (v->kind != VALUE_SECRETS)
        return exec_fail(x, "error calling len: len of type %s", value_type_name(v));
    while (x->data->next_secret(x->data->ctx, v->is.previous, name, entries == 0, &name)) {
        entries++;
        if (!exec_charge(x, EXEC_LOOKUP))
            return false;
    }
    *result = value_int(entries);
    return true;
}

/* A missing entry of the map is a secret without anything, not nil. */
static bool index_map(struct exec *x, const struct value *key, struct value *v)
{
    if (key->kind != VALUE_STRING)
        return exec_fail(x, "error calling index: a map of secrets has no key of type %s",
                         value_type_name(key));
    *v = value_lookup(x->data, v->is.previous, key->bytes);
    if (v->kind == VALUE_NIL)
        *v = (struct value){ .kind = VALUE_SECRET, .is.secret = SECRET_ZERO };
    return exec_charge(x, EXEC_LOOKUP);
}

bool function_index(struct exec *x, const struct value *args, size_t count, struct value *result)
{
    struct value v = args[0];
    size_t at = 0;

    if (v.kind == VALUE_NIL)
        return exec_fail(x, "error calling index: index of untyped nil");
    for (size_t i = 1; i < count; i++) {
        if (v.kind == VALUE_SECRETS) {
            if (!index_map(x, &args[i], &v))
                return false;
            continue;
        }
        if (!is_run(&v))
            return exec_fail(x, "error calling index: can't index item of type %s",
                             value_type_name(&v));
        if (!subscript(x, "index", &args[i], v.bytes.len, &at))
            return false;
        if (at == v.bytes.len)
            return exec_fail(x, "error calling index: index out of range");
        v = value_byte(v.bytes.at[at]);
    }
    *result = v;
    return true;
}

bool function_slice(struct exec *x, const struct value *args, size_t count, struct value *result)
{
    const struct value *const v = &args[0];

    if (!is_run(v))
        return exec_fail(x, "error calling slice: can't slice item of type %s", value_type_name(v));
    if (count > (v->kind == VALUE_STRING ? 3 : 4))
        return exec_fail(x, "error calling slice: too many slice indexes: %zu", count - 1);
    size_t bounds[3] = { 0, v->bytes.len, v->bytes.len };
    for (size_t i = 1; i < count; i++) {
        if (!subscript(x, "slice", &args[i], v->bytes.len, &bounds[i - 1]))
            return false;
    }
    if (bounds[0] > bounds[1] || bounds[1] > bounds[2])
        return exec_fail(x, "error calling slice: the bounds are not in ascending order");
    *result = *v;
    if (bounds[1] > bounds[0])
        result->bytes.at += bounds[0];
    result->bytes.len = bounds[1] - bounds[0];
    return true;
}
