/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/template/functions.h"

enum { IN_FILES = 1 << TEMPLATE_FILE, IN_ENV = 1 << TEMPLATE_ENV, IN_BOTH = IN_FILES | IN_ENV };
enum { ANY_COUNT = UINT8_MAX };

static bool function_not(struct exec *x, const struct value *args, size_t count,
                         struct value *result)
{
    (void)count;
    *result = value_bool(!value_is_true(x->data, &args[0]));
    return true;
}

static bool function_call_value(struct exec *x, const struct value *args, size_t count,
                                struct value *result)
{
    (void)count, (void)result;
    return exec_fail(x, "error calling call: a %s is not a function", value_type_name(&args[0]));
}

static const struct {
    const char *name;
    uint8_t contexts;
    uint8_t least, most; /* arguments */
    enum function_kind kind;
    function_body *body; /* NULL: compiled to jumps */
} functions[] = {
    { "and", IN_BOTH, 1, ANY_COUNT, FUNCTION_AND, NULL },
    { "base64", IN_BOTH, 1, 1, FUNCTION_PLAIN, function_base64 },
    { "call", IN_BOTH, 1, ANY_COUNT, FUNCTION_PLAIN, function_call_value },
    { "eq", IN_BOTH, 1, ANY_COUNT, FUNCTION_PLAIN, function_eq },
    { "ge", IN_BOTH, 2, 2, FUNCTION_PLAIN, function_ge },
    { "gt", IN_BOTH, 2, 2, FUNCTION_PLAIN, function_gt },
    { "hex", IN_BOTH, 1, 1, FUNCTION_PLAIN, function_hex },
    { "html", IN_BOTH, 0, ANY_COUNT, FUNCTION_PLAIN, function_html },
    { "index", IN_BOTH, 1, ANY_COUNT, FUNCTION_INDEX, function_index },
    { "js", IN_BOTH, 0, ANY_COUNT, FUNCTION_PLAIN, function_js },
    { "le", IN_BOTH, 2, 2, FUNCTION_PLAIN, function_le },
    { "len", IN_BOTH, 1, 1, FUNCTION_PLAIN, function_len },
    { "lt", IN_BOTH, 2, 2, FUNCTION_PLAIN, function_lt },
    { "ne", IN_BOTH, 2, 2, FUNCTION_PLAIN, function_ne },
    { "not", IN_BOTH, 1, 1, FUNCTION_PLAIN, function_not },
    { "or", IN_BOTH, 1, ANY_COUNT, FUNCTION_OR, NULL },
    { "pem", IN_BOTH, 1, 1, FUNCTION_PLAIN, function_pem },
    { "print", IN_BOTH, 0, ANY_COUNT, FUNCTION_PLAIN, function_print },
    { "printf", IN_BOTH, 1, ANY_COUNT, FUNCTION_PLAIN, function_printf },
    { "println", IN_BOTH, 0, ANY_COUNT, FUNCTION_PLAIN, function_println },
    { "raw", IN_FILES, 1, 1, FUNCTION_PLAIN, function_raw },
    { "slice", IN_BOTH, 1, ANY_COUNT, FUNCTION_PLAIN, function_slice },
    { "string", IN_ENV, 1, 1, FUNCTION_PLAIN, function_string },
    { "urlquery", IN_BOTH, 0, ANY_COUNT, FUNCTION_PLAIN, function_urlquery },
};

uint32_t function_find(struct bytes name, enum template_context context)
{
    for (uint32_t i = 0; i < COUNT_OF(functions); i++) {
        if (bytes_equal_string(name, functions[i].name) &&
            (functions[i].contexts & 1 << context) != 0)
            return i;
    }
    return NO_INDEX;
}

enum function_kind function_kind(uint32_t function)
{
    return functions[function].kind;
}

bool function_call(struct exec *x, uint32_t function, const struct value *args, size_t count,
                   struct value *result)
{
    const char *const name = functions[function].name;
    const size_t least = functions[function].least, most = functions[function].most;

    /* Used as an argument, and and or are calls without arguments. */
    if (count < least || (most != ANY_COUNT && count > most))
        return exec_fail(x, "wrong number of args for %s: want %s%zu got %zu", name,
                         most == ANY_COUNT ? "at least " : "", least, count);
    return functions[function].body(x, args, count, result);
}
