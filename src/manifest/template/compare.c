/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/template/functions.h"

/* eq, ne, lt, le, gt and ge (manifest.md, 14.7). */

static bool is_comparable(const struct value *v)
{
    return v->kind == VALUE_BOOL || v->kind == VALUE_INTEGER || v->kind == VALUE_STRING;
}

static bool incompatible(struct exec *x, const char *name)
{
    return exec_fail(x, "error calling %s: incompatible types for comparison", name);
}

/* <0, 0, >0, whatever the signs of the types. */
static int compare_integers(const struct value *a, const struct value *b)
{
    const bool a_negative = value_is_negative(a), b_negative = value_is_negative(b);

    if (a_negative != b_negative)
        return a_negative ? -1 : 1;
    return (a->number > b->number) - (a->number < b->number);
}

static bool charge_strings(struct exec *x, const struct value *a, const struct value *b)
{
    return exec_charge(x, a->bytes.len < b->bytes.len ? a->bytes.len : b->bytes.len);
}

/*
 * nil differs from everything else. Empty bytes and maps are refused beside nil: whether they were
 * ever set is not known here, and the original tells the two apart.
 */
static bool equal_to_nil(struct exec *x, const char *name, const struct value *v, bool *equal)
{
    *equal = v->kind == VALUE_NIL;
    if ((v->kind == VALUE_BYTES || v->kind == VALUE_SECRETS) && !value_is_true(x->data, v))
        return exec_fail(x, "error calling %s: non-comparable type: %s", name, value_type_name(v));
    return true;
}

static bool equal(struct exec *x, const char *name, const struct value *a, const struct value *b,
                  bool *equal)
{
    if (a->kind == VALUE_NIL)
        return equal_to_nil(x, name, b, equal);
    if (b->kind == VALUE_NIL)
        return equal_to_nil(x, name, a, equal);
    if (a->kind != b->kind)
        return incompatible(x, name);
    if (!is_comparable(a))
        return exec_fail(x, "error calling %s: non-comparable type: %s", name, value_type_name(a));
    if (a->kind == VALUE_INTEGER)
        *equal = compare_integers(a, b) == 0;
    else if (a->kind == VALUE_BOOL)
        *equal = a->number == b->number;
    else
        *equal = bytes_equal(a->bytes, b->bytes);
    return charge_strings(x, a, b);
}

bool function_eq(struct exec *x, const struct value *args, size_t count, struct value *result)
{
    bool is = false;

    if (count == 1)
        return exec_fail(x, "error calling eq: missing argument for comparison");
    for (size_t i = 1; i < count && !is; i++) {
        if (!equal(x, "eq", &args[0], &args[i], &is))
            return false;
    }
    *result = value_bool(is);
    return true;
}

bool function_ne(struct exec *x, const struct value *args, size_t count, struct value *result)
{
    bool is = false;

    (void)count;
    if (!equal(x, "ne", &args[0], &args[1], &is))
        return false;
    *result = value_bool(!is);
    return true;
}

/* The order of two integers or two strings: <0, 0, >0. */
static bool order(struct exec *x, const char *name, const struct value *args, int *order)
{
    const struct value *const a = &args[0], *const b = &args[1];

    if (a->kind != b->kind && is_comparable(a) && is_comparable(b))
        return incompatible(x, name);
    if (a->kind != b->kind || (a->kind != VALUE_INTEGER && a->kind != VALUE_STRING))
        return exec_fail(x, "error calling %s: invalid type for comparison", name);
    *order = a->kind == VALUE_INTEGER ? compare_integers(a, b) : bytes_compare(a->bytes, b->bytes);
    return charge_strings(x, a, b);
}

bool function_lt(struct exec *x, const struct value *args, size_t count, struct value *result)
{
    int is = 0;

    (void)count;
    if (!order(x, "lt", args, &is))
        return false;
    *result = value_bool(is < 0);
    return true;
}

bool function_le(struct exec *x, const struct value *args, size_t count, struct value *result)
{
    int is = 0;

    (void)count;
    if (!order(x, "le", args, &is))
        return false;
    *result = value_bool(is <= 0);
    return true;
}

bool function_gt(struct exec *x, const struct value *args, size_t count, struct value *result)
{
    int is = 0;

    (void)count;
    if (!order(x, "gt", args, &is))
        return false;
    *result = value_bool(is > 0);
    return true;
}

bool function_ge(struct exec *x, const struct value *args, size_t count, struct value *result)
{
    int is = 0;

    (void)count;
    if (!order(x, "ge", args, &is))
        return false;
    *result = value_bool(is >= 0);
    return true;
}
