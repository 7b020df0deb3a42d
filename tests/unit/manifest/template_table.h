/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "template_fixture.h"

/* Tables of templates with what must come out of them. */

/* In place of an output: which stage refuses. */
static const char PARSE[] = "parse error";
static const char EXEC[] = "execution error";

struct template_row {
    const char *source;
    const char *files; /* output, PARSE or EXEC */
    const char *env;   /* NULL: the same */
};

static void check_template(struct bytes source, enum template_context context, const char *want)
{
    struct err err = { 0 };
    auto_buf out = { 0 };
    auto_template *t = template_compile(source, context, &err);

    if (want == PARSE || t == NULL) {
        if (t != NULL || want != PARSE)
            fail_msg("%.*s: %s", BYTES_FMT(source), t != NULL ? "compiles" : err.text);
        assert_int_equal(err.kind, FAIL_MALFORMED);
        assert_non_null(strstr(err.text, "template: data:"));
        return;
    }
    const bool ok = template_execute(t, &template_fixture_data, &out, &err);
    if (ok != (want != EXEC))
        fail_msg("%.*s: %s", BYTES_FMT(source), ok ? "executes" : err.text);
    if (!ok) {
        assert_int_equal(err.kind, FAIL_MALFORMED);
        assert_non_null(strstr(err.text, ": executing \""));
        assert_int_equal(out.len, 0);
    } else if (!bytes_equal_string(buf_bytes(&out), want)) {
        fail_msg("%.*s: [%.*s] instead of [%s]", BYTES_FMT(source), BYTES_FMT(out), want);
    }
}

/* Each in a copy of its exact size, so that a read too far is seen. */
static void check_templates(const struct template_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct template_row *const row = &rows[i];
        const size_t len = strlen(row->source);
        uint8_t *const exact = bytes_copy(bytes_of(row->source, len));
        check_template(bytes_of(exact, len), TEMPLATE_FILE, row->files);
        check_template(bytes_of(exact, len), TEMPLATE_ENV,
                       row->env == NULL ? row->files : row->env);
        free(exact);
    }
}
