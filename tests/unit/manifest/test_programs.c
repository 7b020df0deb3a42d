/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest_test.h"

/* What a manifest keeps ready for activations: compiled templates, and secrets in their order. */

static const struct manifest_parameter *file_of(const struct manifest *m, const char *name)
{
    for (size_t i = 0; i < m->marbles[0].files.count; i++) {
        if (bytes_equal_string(m->marbles[0].files.at[i].name, name))
            return &m->marbles[0].files.at[i];
    }
    fail_msg("no file %s", name);
    return NULL;
}

static size_t program_count(const struct manifest *m)
{
    size_t count = 0;

    for (const struct manifest_program *p = m->programs; p != NULL; p = p->next)
        count++;
    return count;
}

static void templates_are_compiled_when_the_manifest_is_read(void **state)
{
    struct err err = { 0 };
    auto_manifest *m = test_parse("{\"Marbles\":{\"m\":{\"Parameters\":{"
                                  "\"Files\":{\"f\":\"{{ raw .Secrets.a }}\"},"
                                  "\"Env\":{\"E\":\"{{ string .Secrets.b }}\"}}}}}",
                                  &err);

    (void)state;
    assert_ok(m != NULL, &err);
    const struct manifest_program *const file = m->marbles[0].files.at[0].program;
    const struct manifest_program *const env = m->marbles[0].env.at[0].program;
    assert_int_equal(program_count(m), 2);
    assert_int_equal(file->context, TEMPLATE_FILE); /* where there is no `string` */
    assert_int_equal(env->context, TEMPLATE_ENV);   /* where there is no `raw` */
    assert_non_null(file->template);
    assert_non_null(env->template);
    assert_int_equal(template_secret_count(file->template), 1);
    assert_text(template_secret_name(file->template, 0), "a");
    assert_text(template_secret_name(env->template, 0), "b");
}

static void data_without_actions_has_no_program(void **state)
{
    struct err err = { 0 };
    auto_manifest *m = test_parse(
        "{\"Marbles\":{\"m\":{\"Parameters\":{\"Files\":{"
        "\"text\":\"a } { }} b\",\"empty\":\"\",\"one\":\"{\","
        "\"literal\":{\"Data\":\"{{ hex .Secrets.a }}\",\"NoTemplates\":true},"
        "\"decoded\":{\"Encoding\":\"hex\",\"Data\":\"7b7b207d7d\",\"NoTemplates\":true},"
        "\"hex\":{\"Encoding\":\"hex\",\"Data\":\"7b7b2031207d7d\"}}}}}}",
        &err);
    static const char *const constant[] = { "text", "empty", "one", "literal", "decoded" };

    (void)state;
    assert_ok(m != NULL, &err);
    for (size_t i = 0; i < COUNT_OF(constant); i++)
        assert_null(file_of(m, constant[i])->program);
    assert_non_null(file_of(m, "hex")->program); /* the decoded data are the template */
    assert_int_equal(program_count(m), 1);
}

static void template_that_does_not_compile_keeps_its_failure(void **state)
{
    struct err err = { 0 }, refusal = { 0 };
    auto_manifest *m = test_parse(
        "{\"Packages\":{\"p\":{\"UniqueID\":\"00\"}},\"Marbles\":{\"m\":{\"Package\":\"p\","
        "\"Parameters\":{\"Files\":{\"bad\":\"{{ nothing }}\",\"good\":\"{{ 1 }}\","
        "\"wrong\":\"{{ string .Secrets.a }}\",\"open\":\"{{\"}}}}}",
        &err);

    (void)state;
    assert_ok(m != NULL, &err); /* a state may hold it */
    assert_null(file_of(m, "bad")->program->template);
    assert_string_equal(file_of(m, "bad")->program->failure,
                        "template: data:1: function \"nothing\" not defined");
    assert_null(file_of(m, "wrong")->program->template);
    assert_non_null(strstr(file_of(m, "wrong")->program->failure, "\"string\" not defined"));
    assert_null(file_of(m, "open")->program->template);
    assert_non_null(file_of(m, "good")->program->template);
    assert_null(file_of(m, "good")->program->failure);
    assert_false(manifest_check(m, NULL, &refusal));
    assert_non_null(strstr(refusal.text, "in Marble m: file bad: template: data:1: function"));
}

/* The later entry of a name counts; what it replaced is compiled for nobody, and freed. */
static void replaced_marbles_leave_nothing_behind(void **state)
{
    struct err err = { 0 };
    auto_manifest *m =
        test_parse("{\"Marbles\":{\"m\":{\"Parameters\":{\"Files\":{\"f\":\"{{ 1 }}\","
                   "\"f\":\"{{ 2 }}\"}}},\"m\":{\"Parameters\":{\"Files\":{"
                   "\"f\":\"{{ 3 }}\",\"f\":\"plain\"}}}}}",
                   &err);

    (void)state;
    assert_ok(m != NULL, &err);
    assert_int_equal(m->marble_count, 1);
    assert_int_equal(m->marbles[0].files.count, 1);
    assert_text(m->marbles[0].files.at[0].data, "plain");
    assert_null(m->marbles[0].files.at[0].program);
}

static void next_secret_walks_the_names_in_byte_order(void **state)
{
    static const char *const names[] = { "", "A", "a", "aa", "b", "\xc3\xa9" };
    struct err err = { 0 };
    auto_manifest *m = test_parse("{\"Secrets\":{\"b\":{},\"aa\":{},\"A\":{},\"\":{},"
                                  "\"\xc3\xa9\":{},\"a\":{}}}",
                                  &err);
    struct bytes name = BYTES_NONE;
    size_t count = 0;

    (void)state;
    assert_ok(m != NULL, &err);
    while (manifest_next_secret(m, name, count == 0, &name))
        assert_text(name, names[count++]);
    assert_int_equal(count, COUNT_OF(names));
    /* Names that are not there lie between others. */
    assert_true(manifest_next_secret(m, TEXT("a "), false, &name));
    assert_text(name, "aa");
    assert_true(manifest_next_secret(m, TEXT("ab"), false, &name));
    assert_text(name, "b");
    assert_true(manifest_next_secret(m, TEXT("zzz"), true, &name)); /* the first of all */
    assert_text(name, "");
    assert_false(manifest_next_secret(m, TEXT("\xff"), false, &name));
    assert_text(name, "");
}

static void next_secret_of_none_is_none(void **state)
{
    struct err err = { 0 };
    auto_manifest *m = test_parse("{}", &err);
    struct bytes name;

    (void)state;
    assert_ok(m != NULL, &err);
    assert_false(manifest_next_secret(m, BYTES_NONE, true, &name));
    assert_false(manifest_next_secret(m, BYTES_NONE, false, &name));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(templates_are_compiled_when_the_manifest_is_read),
    cmocka_unit_test(data_without_actions_has_no_program),
    cmocka_unit_test(template_that_does_not_compile_keeps_its_failure),
    cmocka_unit_test(replaced_marbles_leave_nothing_behind),
    cmocka_unit_test(next_secret_walks_the_names_in_byte_order),
    cmocka_unit_test(next_secret_of_none_is_none),
};
TEST_MAIN(tests)
