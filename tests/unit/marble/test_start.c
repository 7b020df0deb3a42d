/* SPDX-License-Identifier: Apache-2.0 */
#include "marble_test.h"

#include <errno.h>
#include <unistd.h>

#include "marble/start.h"

/* Words, joined by "|"; "-": none. */
static size_t split(const char *words, char **out, char *storage)
{
    size_t count = 0;

    if (strcmp(words, "-") == 0)
        return 0;
    strcpy(storage, words);
    for (char *word = storage; word != NULL; count++) {
        char *const bar = strchr(word, '|');
        if (bar != NULL)
            *bar = '\0';
        out[count] = word;
        word = bar == NULL ? NULL : bar + 1;
    }
    return count;
}

static bool plan_of(enum libos libos, const char *line, const char *argv, struct start_plan *plan,
                    struct err *err)
{
    char line_text[100], argv_text[100];
    char *words[10], *arguments[10];
    struct bytes given[10];
    const size_t argc = split(line, words, line_text), count = split(argv, arguments, argv_text);

    for (size_t i = 0; i < count; i++)
        given[i] = bytes_of_string(arguments[i]);
    const struct marble_parameters parameters = { .argv_count = count, .argv = given };
    const struct start_request request = { libos, "/own/app", (int)argc, words, &parameters };
    return start_plan_make(&request, plan, err);
}

static void the_plan_follows_the_rules_of_each_runtime(void **state)
{
    static const struct {
        enum libos libos;
        const char *line, *argv; /* command line; Argv of the manifest */
        const char *program, *arguments;
        bool search, must_exist;
    } cases[] = {
        { LIBOS_NONE, "app|a|b", "-", "app", "app|a|b", true, false },
        { LIBOS_NONE, "app|a|b", "name|x", "app", "name|x", true, false },
        { LIBOS_NONE, "app", "|", "app", "|", true, false },
        { LIBOS_NONE, "-", "other|x", "other", "other|x", true, false },
        { LIBOS_GRAMINE, "-", "name|x", "/own/app", "name|x", false, false },
        { LIBOS_GRAMINE, "-", "-", "/own/app", "./marble", false, false },
        { LIBOS_GRAMINE, "app|a", "-", "app", "app|a", false, false },
        { LIBOS_GRAMINE, "app|a", "name", "app", "name", false, false },
        { LIBOS_OCCLUM, "-", "/bin/app|x", "/bin/app", "app|x", false, true },
        { LIBOS_OCCLUM, "-", "app", "app", "app", false, true },
        { LIBOS_OCCLUM, "-", "-", "./marble", "marble", false, true },
        { LIBOS_OCCLUM, "app|a", "/bin/name", "app", "/bin/name", false, false },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char storage[100];
        char *words[10];
        const size_t count = split(cases[i].arguments, words, storage);
        auto_start_plan plan = { 0 };
        struct err err = { 0 };
        print_message("# %zu\n", i);
        assert_ok(plan_of(cases[i].libos, cases[i].line, cases[i].argv, &plan, &err), &err);
        assert_string_equal(plan.program, cases[i].program);
        for (size_t a = 0; a < count; a++)
            assert_string_equal(plan.argv[a], words[a]);
        assert_null(plan.argv[count]);
        assert_int_equal(plan.search, cases[i].search);
        assert_int_equal(plan.must_exist, cases[i].must_exist);
    }
}

static void without_any_name_there_is_no_plan(void **state)
{
    const struct marble_parameters none = { 0 };
    const struct start_request gramine = { LIBOS_GRAMINE, NULL, 0, NULL, &none };
    auto_start_plan plan = { 0 }, other = { 0 };
    struct err err = { 0 };

    (void)state;
    assert_refused(plan_of(LIBOS_NONE, "-", "-", &plan, &err), &err, FAIL_MALFORMED,
                   "no program: neither the command line nor the manifest's Argv names one");
    assert_refused(start_plan_make(&gramine, &other, &err), &err, FAIL_MALFORMED, "no program");
}

static void a_program_that_is_missing_is_127_and_one_that_is_none_126(void **state)
{
    static const struct {
        const char *program;
        bool search, must_exist;
        int status;
        const char *words;
    } cases[] = {
        { "no-such-program", true, false, 127, "cannot start no-such-program: No such file" },
        { "/no/such/program", false, false, 127, "cannot start /no/such/program: No such file" },
        { "/dev/null", false, false, 126, "cannot start /dev/null: Permission denied" },
        { "/no/such/program", false, true, 127,
          "invalid entrypoint definition in argv[0]: /no/such" },
        { "true", false, false, 127, "cannot start true: No such file" }, /* not searched */
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char name[] = "name";
        char *argv[] = { name, NULL };
        auto_string *program = mem_string(cases[i].program);
        const struct start_plan plan = { program, cases[i].search, cases[i].must_exist, argv };
        struct err err = { 0 };
        assert_int_equal(start_exec(&plan, &err), cases[i].status);
        if (strstr(err.text, cases[i].words) == NULL)
            fail_msg("\"%s\" is not in: %s", cases[i].words, err.text);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(the_plan_follows_the_rules_of_each_runtime),
    cmocka_unit_test(without_any_name_there_is_no_plan),
    cmocka_unit_test(a_program_that_is_missing_is_127_and_one_that_is_none_126),
};
TEST_MAIN(tests)
