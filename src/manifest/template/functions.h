/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "manifest/template/exec.h"

/* The functions of templates (manifest.md, 14.3 and 14.7). */

/* What the compiler treats in a special way. */
enum function_kind { FUNCTION_PLAIN = 0, FUNCTION_AND, FUNCTION_OR, FUNCTION_INDEX };

/* The number of a function that this context knows, or NO_INDEX. */
uint32_t function_find(struct bytes name, enum template_context context);
enum function_kind function_kind(uint32_t function);
/* Fails also when the number of arguments is wrong. */
bool function_call(struct exec *x, uint32_t function, const struct value *args, size_t count,
                   struct value *result) MUST_CHECK;

/* What a function is made of; counts of arguments are already checked. */
typedef bool function_body(struct exec *x, const struct value *args, size_t count,
                           struct value *result);

/* encode.c */
function_body function_pem, function_hex, function_base64, function_raw, function_string;
/* compare.c */
function_body function_eq, function_ne, function_lt, function_le, function_gt, function_ge;
/* container.c */
function_body function_len, function_index, function_slice;
/* text.c */
function_body function_print, function_println, function_html, function_js, function_urlquery;
/* printf.c */
function_body function_printf;

/* Appends the text form of a value (14.8) to *out; `nil` is what nil looks like. */
bool text_add(struct exec *x, struct buf *out, const struct value *v, const char *nil) MUST_CHECK;
