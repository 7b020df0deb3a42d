/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/manifest/template_fixture.h"

#include <string.h>

/*
 * Any bytes as template, in both contexts. Compiling and executing give the same again, output is
 * bounded, and a template sees no secret that template_secret_name does not name.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool is)
{
    if (!is)
        __builtin_trap();
}

/* The secrets of the fixture that the template says it can touch. */
static bool named_secret(const void *ctx, bool previous, struct bytes name,
                         struct template_secret *out)
{
    const struct template *const t = ctx;

    for (size_t i = 0; i < template_secret_count(t); i++) {
        if (bytes_equal(template_secret_name(t, i), name))
            return template_fixture_secret(NULL, previous, name, out);
    }
    return false;
}

static bool no_next(const void *ctx, bool previous, struct bytes after, bool first,
                    struct bytes *name)
{
    (void)ctx, (void)previous, (void)after, (void)first, (void)name;
    __builtin_trap();
}

static bool execute(const struct template *t, const struct template_data *data, struct buf *out,
                    struct err *err)
{
    const bool ok = template_execute(t, data, out, err);

    require(ok == (err->kind == FAIL_NONE));
    require(ok || (err->kind == FAIL_MALFORMED && out->len == 0));
    require(out->len <= TEMPLATE_OUTPUT_MAX);
    return ok;
}

static void require_same(const struct template *t, const struct template_data *data,
                         const struct buf *out, const struct err *err)
{
    struct err again_err = { 0 };
    auto_buf again = { 0 };

    (void)execute(t, data, &again, &again_err);
    require(bytes_equal(buf_bytes(out), buf_bytes(&again)));
    require(strcmp(err->text, again_err.text) == 0);
}

static void check(struct bytes source, enum template_context context)
{
    struct err err = { 0 }, again_err = { 0 };
    auto_buf out = { 0 };
    auto_template *t = template_compile(source, context, &err);
    auto_template *again = template_compile(source, context, &again_err);

    require((t != NULL) == (again != NULL) && strcmp(err.text, again_err.text) == 0);
    require((t != NULL) == (err.kind == FAIL_NONE));
    if (t == NULL)
        return;
    const bool ok = execute(t, &template_fixture_data, &out, &err);
    require(ok || !template_is_constant(t));
    require_same(again, &template_fixture_data, &out, &err);
    if (template_uses_all_secrets(t))
        return;
    struct template_data named = template_fixture_data;
    named.ctx = t;
    named.secret = named_secret;
    named.next_secret = no_next;
    require_same(t, &named, &out, &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check(bytes_of(data, size), TEMPLATE_FILE);
    check(bytes_of(data, size), TEMPLATE_ENV);
    return 0;
}
