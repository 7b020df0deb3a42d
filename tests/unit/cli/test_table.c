/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "cli/help.h"
#include "cli/table.h"

static bool holds(const struct buf *text, const char *part)
{
    return memmem(text->at, text->len, part, strlen(part)) != NULL;
}

static void every_row_says_what_it_is(void **state)
{
    (void)state;
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        const struct command *const c = &COMMANDS[i];
        assert_non_null(c->summary);
        assert_true(c->summary[strlen(c->summary) - 1] != '.');
        assert_true(c->most >= c->least);
        assert_true((c->arguments == NULL) == (c->most == 0));
        assert_true(c->run != NULL || command_is_group(c));
        assert_ptr_equal(command_find(bytes_of_string(c->words)), c);
    }
}

static void one_name_is_one_kind_of_flag(void **state)
{
    (void)state;
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        for (const struct flag *a = NULL; (a = flag_next(&COMMANDS[i], a)) != NULL;) {
            assert_non_null(a->help);
            assert_true((a->kind == FLAG_SWITCH) == (a->value == NULL));
            assert_true((a->kind == FLAG_CHOICE) == (a->choices != NULL));
            for (const struct flag *b = NULL; (b = flag_next(&COMMANDS[i], b)) != NULL;) {
                assert_true(a == b || strcmp(a->name, b->name) != 0);
                assert_true(a == b || a->letter == '\0' || a->letter != b->letter);
            }
            for (size_t j = 0; j < COMMAND_COUNT; j++) {
                if (j == 0 || !command_is_below(&COMMANDS[i], &COMMANDS[j]) || i == 0)
                    continue;
                for (const struct flag *b = NULL; (b = flag_next(&COMMANDS[j], b)) != NULL;)
                    assert_true(strcmp(a->name, b->name) != 0 ||
                                (a->kind == FLAG_SWITCH) == (b->kind == FLAG_SWITCH));
            }
        }
    }
}

static void groups_name_flags_of_their_command(void **state)
{
    (void)state;
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        for (const struct flag_group *g = COMMANDS[i].groups; g != NULL && g->rule != GROUP_NONE;
             g++) {
            auto_string *names = mem_string(g->flags);
            char *rest = names;
            for (char *name = strtok_r(names, " ", &rest); name != NULL;
                 name = strtok_r(NULL, " ", &rest)) {
                bool found = false;
                for (const struct flag *f = NULL; (f = flag_next(&COMMANDS[i], f)) != NULL;)
                    found = found || strcmp(f->name, name) == 0;
                assert_true(found);
            }
        }
    }
}

static void help_manual_and_completions_know_every_flag_and_command(void **state)
{
    static const char *const shells[] = { "bash", "zsh", "fish" };
    auto_buf manual = { 0 }, names = { 0 };
    struct err err = { 0 };
    char *rest = NULL;

    (void)state;
    manual_put_names(&names);
    auto_string *pages = bytes_to_string(buf_bytes(&names));
    for (char *page = strtok_r(pages, "\n", &rest); page != NULL;
         page = strtok_r(NULL, "\n", &rest))
        assert_ok(manual_put(page, &manual, &err), &err);
    for (size_t s = 0; s < COUNT_OF(shells); s++) {
        auto_buf script = { 0 };
        assert_ok(completion_put(shells[s], "taw", &script, &err), &err);
        for (size_t i = 0; i < COMMAND_COUNT; i++) {
            auto_buf help = { 0 };
            if (COMMANDS[i].hidden)
                continue;
            help_put(&COMMANDS[i], "taw", &help);
            assert_true(holds(&script, command_name(&COMMANDS[i])));
            assert_true(holds(&help, COMMANDS[i].words));
            assert_true(COMMANDS[i].run == NULL || holds(&manual, COMMANDS[i].words));
            for (const struct flag *f = NULL; (f = flag_next(&COMMANDS[i], f)) != NULL;) {
                auto_string *flag = mem_printf("--%s", f->name);
                assert_true(holds(&help, flag) && holds(&manual, flag));
                assert_true(holds(&script, f->name));
            }
        }
    }
    assert_false(completion_put("tcsh", "taw", &manual, &err));
    assert_false(manual_put("taw-nothing", &manual, &err));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(every_row_says_what_it_is),
    cmocka_unit_test(one_name_is_one_kind_of_flag),
    cmocka_unit_test(groups_name_flags_of_their_command),
    cmocka_unit_test(help_manual_and_completions_know_every_flag_and_command),
};
TEST_MAIN(tests)
