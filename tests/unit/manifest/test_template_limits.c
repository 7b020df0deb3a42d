/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include <pthread.h>

#include "template_fixture.h"

/* Templates that mean harm: each is refused, soon, and on a small stack. */

static struct buf repeat(const char *before, size_t times, const char *text, const char *after)
{
    struct buf out = { 0 };

    buf_add_string(&out, before);
    for (size_t i = 0; i < times; i++)
        buf_add_string(&out, text);
    buf_add_string(&out, after);
    return out;
}

/* Fails in the compiler, with this text. */
static void refuses(struct buf source, const char *text)
{
    struct err err = { 0 };
    auto_template *t = template_compile(buf_bytes(&source), TEMPLATE_FILE, &err);

    assert_null(t);
    assert_int_equal(err.kind, FAIL_MALFORMED);
    if (strstr(err.text, text) == NULL)
        fail_msg("[%s] instead of [%s]", err.text, text);
    buf_clear(&source);
}

/* Compiles; then fails with this text, or with NULL gives an output of this length. */
static void executes(struct buf source, const char *text, size_t len)
{
    struct err err = { 0 };
    auto_buf out = { 0 };
    auto_template *t = template_compile(buf_bytes(&source), TEMPLATE_FILE, &err);

    assert_ok(t != NULL, &err);
    const bool ok = template_execute(t, &template_fixture_data, &out, &err);
    if (ok != (text == NULL) || (!ok && strstr(err.text, text) == NULL))
        fail_msg("[%s] instead of [%s]", ok ? "success" : err.text, text == NULL ? "" : text);
    assert_int_equal(out.len, len);
    buf_clear(&source);
}

static struct buf literal(const char *source)
{
    return repeat(source, 0, "", "");
}

static void deep_nesting_is_refused(void **state)
{
    (void)state;
    refuses(repeat("{{ ", 100000, "(", ""), "parentheses inside each other");
    refuses(repeat("{{ ", TEMPLATE_PARENTHESES_MAX + 1, "(", ""), "parentheses inside each other");
    refuses(repeat("{{ ", 100000, "print (", ""), "parentheses inside each other");
    refuses(repeat("", 100000, "{{ if 1 }}", ""), "blocks inside each other");
    refuses(repeat("", 100000, "{{ with 1 }}", ""), "blocks inside each other");
    refuses(repeat("", 100000, "{{ range 1 }}", ""), "blocks inside each other");
    refuses(repeat("", 100000, "{{ block \"x\" 1 }}", ""), "blocks inside each other");
    refuses(repeat("", TEMPLATE_NESTING_MAX + 1, "{{ if 1 }}", ""), "blocks inside each other");
}

static void nesting_up_to_the_limits_works(void **state)
{
    struct buf source = repeat("{{ ", TEMPLATE_PARENTHESES_MAX, "(", "1");

    (void)state;
    for (int i = 0; i < TEMPLATE_PARENTHESES_MAX; i++)
        buf_add_string(&source, ")");
    buf_add_string(&source, " }}");
    executes(source, NULL, 1);
    executes(repeat("{{ print", 1000, " (1)", " | len }}"), NULL, 4);

    source = repeat("", TEMPLATE_NESTING_MAX, "{{ range 1 }}", "x");
    for (int i = 0; i < TEMPLATE_NESTING_MAX; i++)
        buf_add_string(&source, "{{ end }}");
    executes(source, NULL, 1);

    /* Branches of one block do not nest. */
    executes(repeat("{{ if 0 }}", 10000, "{{ else if 0 }}", "{{ else }}x{{ end }}"), NULL, 1);
    executes(repeat("{{ with 0 }}", 10000, "{{ else with 0 }}", "{{ else }}x{{ end }}"), NULL, 1);
}

static void long_templates_are_bounded(void **state)
{
    struct buf source = repeat("", TEMPLATE_SOURCE_MAX, "x", "");

    (void)state;
    executes(source, NULL, TEMPLATE_SOURCE_MAX);
    source = repeat("", TEMPLATE_SOURCE_MAX, "x", "y");
    refuses(source, "more than 4194304 bytes");
    refuses(repeat("", 140000, "{{ 1 }}", ""), "instructions");
    refuses(repeat("{{ print", 400000, " 1", " }}"), "instructions");
    refuses(repeat("{{ .", 400000, "x.", "x }}"), "instructions");
    refuses(repeat("{{ and 1", 400000, " 1", " }}"), "instructions");
    refuses(repeat("{{ if 0 }}", 200000, "{{ else if 0 }}", "{{ end }}"), "instructions");
    executes(repeat("{{ print", 100000, " \"\"", " }}"), NULL, 0);
}

static void too_many_names_are_refused(void **state)
{
    struct buf variables = { 0 }, templates = { 0 };

    (void)state;
    for (int i = 0; i < TEMPLATE_NAMES_MAX; i++) {
        buf_add_format(&variables, "{{ $v%d := 1 }}", i);
        buf_add_format(&templates, "{{ define \"t%d\" }}{{ end }}", i);
    }
    refuses(variables, "different variables");
    refuses(templates, "different template names");
}

static void recursion_of_templates_ends(void **state)
{
    (void)state;
    executes(literal("{{ define \"T\" }}{{ template \"T\" }}{{ end }}{{ template \"T\" }}"),
             "templates call each other", 0);
    executes(literal("{{ template \"data\" }}"), "templates call each other", 0);
    executes(literal("{{ block \"A\" . }}{{ template \"B\" }}{{ end }}"
                     "{{ define \"B\" }}x{{ template \"A\" }}{{ end }}"),
             "templates call each other", 0);
    struct buf source = repeat("{{ define \"T\" }}", 200, "{{ if 1 }}", "{{ template \"T\" }}");
    for (int i = 0; i < 200; i++)
        buf_add_string(&source, "{{ end }}");
    buf_add_string(&source, "{{ end }}{{ template \"T\" }}");
    executes(source, "open blocks", 0);
    /* 500 levels, each with blocks around the call. */
    executes(literal("{{ define \"T\" }}{{ if . }}{{ with . }}{{ range 1 }}x"
                     "{{ template \"T\" (slice $ 1) }}{{ end }}{{ end }}{{ end }}{{ end }}"
                     "{{ template \"T\" (printf \"%500d\" 1) }}"),
             NULL, 500);
}

static void loops_run_out_of_steps(void **state)
{
    (void)state;
    executes(literal("{{ range 1000000000 }}{{ end }}"), "steps", 0);
    executes(literal("{{ range 1000000000 }}{{ range 1000000000 }}{{ range 1000000000 }}"
                     "{{ end }}{{ end }}{{ end }}"),
             "steps", 0);
    executes(literal("{{ range 9223372036854775807 }}{{ continue }}{{ end }}"), "steps", 0);
    executes(literal("{{ define \"T\" }}{{ range 1000000 }}{{ template \"T\" }}{{ end }}{{ end }}"
                     "{{ template \"T\" }}"),
             "templates call each other", 0);
    executes(literal("{{ $a := printf \"%1000000d\" 1 }}{{ range 1000000 }}"
                     "{{ if eq $a $a }}{{ end }}{{ end }}"),
             "steps", 0);
    executes(
        repeat("{{ $a := 1 }}", 60000, "{{ $b := 1 }}", "{{ range 1000000 }}{{ $a }}{{ end }}"),
        "steps", 0);
    executes(literal("{{ range 1000000 }}{{ .Secrets.sym.Type }}{{ end }}"), "field", 0);
    executes(literal("{{ range 1000000 }}{{ if $.Secrets.sym }}{{ end }}{{ end }}"), "steps", 0);
}

static void bombs_of_output_and_memory_are_refused(void **state)
{
    (void)state;
    executes(literal("{{ range 1000000000 }}xxxxxxxx{{ end }}"), "bytes of output", 0);
    executes(literal("{{ $x := \"x\" }}{{ range 100 }}{{ $x = print $x $x }}{{ end }}"),
             "a value of more than", 0);
    executes(
        literal("{{ $x := printf \"%1000000d\" 1 }}{{ range 100 }}{{ $x = print $x }}{{ end }}"),
        "bytes of intermediate values", 0);
    executes(literal("{{ range 100 }}{{ printf \"%1000000d\" 1 }}{{ end }}"), "bytes of output", 0);
    executes(literal("{{ printf \"%1000000d%1000000d%1000000d%1000000d%1000000d\" 1 1 1 1 1 }}"),
             "a value of more than", 0);
    executes(literal("{{ printf \"%9999999d\" 1 }}"), "a value of more than", 0);
    executes(literal("{{ printf \"%.9999999d\" 1 }}"), "a value of more than", 0);
    executes(literal("{{ printf \"%.9999999U\" 1 }}"), "a value of more than", 0);
    executes(literal("{{ $x := printf \"%1000000d\" 1 }}{{ print $x $x $x $x $x $x $x }}"),
             "a value of more than", 0);
    executes(literal("{{ $x := printf \"%1000000d\" 1 }}{{ html $x $x $x $x $x }}"),
             "a value of more than", 0);
    executes(literal("{{ define \"T\" }}{{ with . }}{{ template \"T\" . }}{{ end }}{{ end }}"
                     "{{ range 100000 }}{{ $a := 1 }}{{ $b := 2 }}{{ end }}x"),
             NULL, 1);
    executes(repeat("", 70000, "{{ $x := 1 }}", ""), "variables", 0);
}

/* The most that the compiler recurses, and a template that uses everything. */
static void *compile_deeply(void *arg)
{
    (void)arg;
    nesting_up_to_the_limits_works(NULL);
    return arg;
}

static void a_stack_of_256_kib_suffices(void **state)
{
    pthread_attr_t attributes;
    pthread_t thread;

    (void)state;
    assert_int_equal(pthread_attr_init(&attributes), 0);
    assert_int_equal(pthread_attr_setstacksize(&attributes, 256 << 10), 0);
    assert_int_equal(pthread_create(&thread, &attributes, compile_deeply, NULL), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(pthread_attr_destroy(&attributes), 0);
}

static const char everything[] =
    "a {{- /* c */ -}} b{{ define \"T\" }}{{ with $x := .Type }}{{ $x | printf \"%q %5.2s\" . }}"
    "{{ else with 1 }}{{ end }}{{ end }}{{ $n := 0x1F -}}\n{{ range $k, $v := .Secrets }}"
    "{{ if and (eq $v.Type `plain`) (ne $k \"empty\") }}{{ template \"T\" $v }}{{ continue }}"
    "{{ else if not $v.Shared }}{{ $n = len $k }}{{ else }}{{ break }}{{ end }}{{ end }}"
    "{{ block \"B\" 'x' }}{{ . }}{{ end }}{{ (index .Secrets \"a-b\").Public | hex | html }}"
    "{{ range 3 }}{{ . }}{{ else }}{{ end }}{{ pem .MarbleRun.RootCA.Cert -}} \n";

static void every_prefix_compiles_or_is_refused(void **state)
{
    size_t compiled = 0;

    (void)state;
    for (size_t len = 0; len < sizeof everything; len++) {
        uint8_t *const exact = bytes_copy(bytes_of(everything, len));
        struct err err = { 0 };
        auto_buf out = { 0 };
        auto_template *t = template_compile(bytes_of(exact, len), TEMPLATE_FILE, &err);
        free(exact);
        assert_true((t != NULL) == (err.kind == FAIL_NONE));
        if (t == NULL)
            continue;
        compiled++;
        assert_ok(template_execute(t, &template_fixture_data, &out, &err), &err);
    }
    assert_in_range(compiled, 10, 60);
}

static void *execute_often(void *arg)
{
    const struct template *const t = arg;
    const char *const want = "ab\"plain\"    pl\"plain\"    pl12064617368012"
                             "-----BEGIN CERTIFICATE-----\nUg==\n-----END CERTIFICATE-----\n";

    for (int i = 0; i < 500; i++) {
        struct err err = { 0 };
        auto_buf out = { 0 };
        if (!template_execute(t, &template_fixture_data, &out, &err) ||
            !bytes_equal_string(buf_bytes(&out), want))
            return arg;
    }
    return NULL;
}

static void one_template_serves_several_threads(void **state)
{
    pthread_t threads[4];
    struct err err = { 0 };

    (void)state;
    auto_template *t = template_compile(bytes_of_string(everything), TEMPLATE_FILE, &err);
    assert_ok(t != NULL, &err);
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, execute_often, t), 0);
    for (size_t i = 0; i < COUNT_OF(threads); i++) {
        void *failed = NULL;
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(deep_nesting_is_refused),
    cmocka_unit_test(nesting_up_to_the_limits_works),
    cmocka_unit_test(long_templates_are_bounded),
    cmocka_unit_test(too_many_names_are_refused),
    cmocka_unit_test(recursion_of_templates_ends),
    cmocka_unit_test(loops_run_out_of_steps),
    cmocka_unit_test(bombs_of_output_and_memory_are_refused),
    cmocka_unit_test(a_stack_of_256_kib_suffices),
    cmocka_unit_test(every_prefix_compiles_or_is_refused),
    cmocka_unit_test(one_template_serves_several_threads),
};

TEST_MAIN(tests)
