/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "cli/table/help.h"
#include "cli/table/table.h"

static bool holds(const struct buf *text, const char *part)
{
    return memmem(text->at, text->len, part, strlen(part)) != NULL;
}

static void every_row_says_what_it_is(void **state)
{
    (void)state;
    for (const struct command *c = NULL; (c = command_next(c)) != NULL;) {
        assert_non_null(c->summary);
        assert_true(c->summary[strlen(c->summary) - 1] != '.');
        assert_true(c->most >= c->least);
        assert_true((c->arguments == NULL) == (c->most == 0));
        assert_true(c->run != NULL || command_is_group(c));
        assert_ptr_equal(command_find(bytes_of_string(c->words)), c);
    }
}

/* There contexts are looked for. */
static void an_endpoint_is_the_first_argument_or_the_last(void **state)
{
    static const char first[] = "<IP:PORT>", last[] = "IP:PORT";

    (void)state;
    for (const struct command *c = NULL; (c = command_next(c)) != NULL;) {
        const char *const place = c->arguments == NULL ? NULL : strstr(c->arguments, last);
        assert_true(place == NULL || strlen(place) == strlen(last) + 1 ||
                    strncmp(c->arguments, first, strlen(first)) == 0);
    }
}

static void one_name_is_one_kind_of_flag(void **state)
{
    (void)state;
    for (const struct command *c = NULL; (c = command_next(c)) != NULL;) {
        for (const struct flag *a = NULL; (a = flag_next(c, a)) != NULL;) {
            assert_non_null(a->help);
            assert_true((a->kind == FLAG_SWITCH) == (a->value == NULL));
            assert_true((a->kind == FLAG_CHOICE) == (a->choices != NULL));
            for (const struct flag *b = NULL; (b = flag_next(c, b)) != NULL;) {
                assert_true(a == b || strcmp(a->name, b->name) != 0);
                assert_true(a == b || a->letter == '\0' || a->letter != b->letter);
            }
            for (const struct command *below = command_root();
                 (below = command_next(below)) != NULL;) {
                if (c == command_root() || !command_is_below(c, below))
                    continue;
                for (const struct flag *b = NULL; (b = flag_next(below, b)) != NULL;)
                    assert_true(strcmp(a->name, b->name) != 0 ||
                                (a->kind == FLAG_SWITCH) == (b->kind == FLAG_SWITCH));
            }
        }
    }
}

static void groups_name_flags_of_their_command(void **state)
{
    (void)state;
    for (const struct command *c = NULL; (c = command_next(c)) != NULL;) {
        for (const struct flag_group *g = c->groups; g != NULL && g->rule != GROUP_NONE; g++) {
            auto_string *names = mem_string(g->flags);
            char *rest = names;
            for (char *name = strtok_r(names, " ", &rest); name != NULL;
                 name = strtok_r(NULL, " ", &rest)) {
                bool found = false;
                for (const struct flag *f = NULL; (f = flag_next(c, f)) != NULL;)
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
        for (const struct command *c = NULL; (c = command_next(c)) != NULL;) {
            auto_buf help = { 0 };
            if (c->hidden)
                continue;
            help_put(c, "taw", &help);
            assert_true(holds(&script, command_name(c)));
            assert_true(holds(&help, c->words));
            assert_true(c->run == NULL || holds(&manual, c->words));
            for (const struct flag *f = NULL; (f = flag_next(c, f)) != NULL;) {
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
    cmocka_unit_test(an_endpoint_is_the_first_argument_or_the_last),
    cmocka_unit_test(one_name_is_one_kind_of_flag),
    cmocka_unit_test(groups_name_flags_of_their_command),
    cmocka_unit_test(help_manual_and_completions_know_every_flag_and_command),
};
TEST_MAIN(tests)
