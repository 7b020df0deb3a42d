/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "cli/table/options.h"

enum { MOST = 16 };

/* Parses the words of a line; blanks separate them. */
struct parsed {
    char text[400];
    struct options options;
    struct buf suggestion;
    struct err err;
    bool good;
};

static void parse(struct parsed *p, const char *line)
{
    char *argv[MOST];
    int argc = 0;
    char *rest = p->text;

    *p = (struct parsed){ 0 };
    (void)snprintf(p->text, sizeof p->text, "taw %s", line);
    for (char *word = strtok_r(rest, " ", &rest); word != NULL && argc < MOST;
         word = strtok_r(NULL, " ", &rest))
        argv[argc++] = word;
    p->good = options_parse(argc, argv, "taw", &p->options, &p->suggestion, &p->err) &&
              (p->options.help || options_check(&p->options, &p->err));
    buf_add_u8(&p->suggestion, '\0');
}

static void forget(struct parsed *p)
{
    options_clear(&p->options);
    buf_clear(&p->suggestion);
}

static void options_parse_takes_flags_before_between_and_after_arguments(void **state)
{
    static const char *const lines[] = {
        "manifest set m.json host:1 -i -r file",
        "-i manifest set -r file m.json host:1",
        "-i manifest -r file set m.json host:1",
        "manifest set m.json --recoverydata=file host:1 --insecure",
        "manifest set -ir file m.json host:1",
        "manifest set -irfile m.json host:1",
        "manifest set -r=file -i=true m.json host:1",
        "manifest set --recovery-data file -i -- m.json host:1",
        "--timeout 5 manifest set -i m.json -rfile host:1",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        struct parsed p;
        parse(&p, lines[i]);
        if (!p.good)
            fail_msg("%s: %s", lines[i], p.err.text);
        assert_string_equal(p.options.command->words, "manifest set");
        assert_int_equal(p.options.argument_count, 2);
        assert_string_equal(p.options.arguments[0], "m.json");
        assert_string_equal(p.options.arguments[1], "host:1");
        assert_true(option_switch(&p.options, "insecure"));
        assert_string_equal(option_text(&p.options, "recoverydata"), "file");
        forget(&p);
    }
}

static void options_parse_speaks_as_the_original_does(void **state)
{
    static const struct {
        const char *line, *says;
    } bad[] = {
        { "manifest set m", "accepts 2 arg(s), received 1" },
        { "version x", "unknown command \"x\" for \"taw version\"" },
        { "nonsense", "unknown command \"nonsense\" for \"taw\"" },
        { "manifest nonsense a b", "unknown command \"nonsense\" for \"taw manifest\"" },
        { "status --x h", "unknown flag: --x" },
        { "status -x h", "unknown shorthand flag: 'x' in -x" },
        { "status -ix h", "unknown shorthand flag: 'x' in -ix" },
        { "status h --timeout", "flag needs an argument: --timeout" },
        { "manifest get h -o", "flag needs an argument: 'o' in -o" },
        { "manifest check-log x", "required flag(s) \"root\" not set" },
        { "secret get x h -c c", "[key cert] are set they must all be set; missing [key]" },
        { "secret get x h", "in the group [pkcs11-cert-id pkcs11-cert-label cert] is required" },
        { "secret get x h --pkcs11-config f -c c -k k",
          "in the group [pkcs11-config cert] are set none of the others can be; [cert "
          "pkcs11-config] were all set" },
        { "recover x h --pkcs11-key-id 1 -k k --pkcs11-config f",
          "in the group [pkcs11-config key] are set none of the others can be; [key "
          "pkcs11-config] were all set" },
        { "status h --timeout=x", "invalid argument \"x\" for \"--timeout\" flag" },
        { "status h --timeout=-1", "invalid argument" },
        { "status h --timeout=9999999999", "invalid argument" },
        { "status h -i=perhaps", "invalid argument \"perhaps\" for \"-i, --insecure\" flag" },
        { "status h --format=xml", "invalid argument \"xml\"" },
        { "status h --format=tex", "invalid argument" },
        { "status h --format=", "invalid argument" },
        { "completion", "accepts 1 arg(s), received 0" },
        { "help a b c d e", "accepts between 0 and 4 arg(s), received 5" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct parsed p;
        parse(&p, bad[i].line);
        if (p.good)
            fail_msg("\"%s\" was taken", bad[i].line);
        if (strstr(p.err.text, bad[i].says) == NULL)
            fail_msg("\"%s\": \"%s\"", bad[i].line, p.err.text);
        forget(&p);
    }
}

static void options_parse_suggests_what_was_meant(void **state)
{
    static const struct {
        const char *line, *suggestion;
    } cases[] = {
        { "manifst", "\tmanifest\n" },
        { "manifest verfy", "\tverify\n" },
        { "manifest si", "\tsignature\n" },
        { "sttaus", "\tstatus\n" },
        { "status h --insecur", "\t--insecure\n" },
        { "update plan", "\tmanifest update\n" },
        { "keygen", "\tuser keygen\n\trecovery keygen\n" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct parsed p;
        parse(&p, cases[i].line);
        assert_false(p.good);
        if (strstr((const char *)p.suggestion.at, cases[i].suggestion) == NULL)
            fail_msg("\"%s\": \"%s\"", cases[i].line, (const char *)p.suggestion.at);
        forget(&p);
    }
}

static void options_parse_ends_flags_with_two_hyphens_and_takes_one_as_an_argument(void **state)
{
    struct parsed p;

    (void)state;
    parse(&p, "manifest signature -- -i");
    assert_true(p.good);
    assert_string_equal(p.options.arguments[0], "-i");
    assert_false(option_switch(&p.options, "insecure"));
    forget(&p);
    parse(&p, "manifest signature -");
    assert_true(p.good);
    assert_string_equal(p.options.arguments[0], "-");
    forget(&p);
}

static void options_parse_knows_what_a_letter_means_below_the_words_before_it(void **state)
{
    struct parsed p;

    (void)state;
    parse(&p, "recover-with-signature -s public-key secret host");
    assert_true(p.good);
    assert_string_equal(p.options.command->words, "recover-with-signature");
    assert_string_equal(option_text(&p.options, "signature"), "public-key");
    forget(&p);
    parse(&p, "manifest -s get host");
    assert_true(p.good && option_switch(&p.options, "signature"));
    forget(&p);
}

static void options_parse_adds_to_lists_and_replaces_their_default(void **state)
{
    struct parsed p;

    (void)state;
    parse(&p, "status h");
    assert_int_equal(option_value(&p.options, "accepted-tcb-statuses")->list_count, 2);
    forget(&p);
    parse(&p, "status h --accepted-tcb-statuses OutOfDate --accepted-tcb-statuses a,b");
    const struct option_value *const list = option_value(&p.options, "accepted-tcb-statuses");
    assert_int_equal(list->list_count, 3);
    assert_true(bytes_equal_string(list->list[0], "OutOfDate"));
    assert_true(bytes_equal_string(list->list[2], "b"));
    forget(&p);
}

static void options_parse_knows_help_everywhere(void **state)
{
    static const char *const lines[] = {
        "--help",    "-h", "manifest --help", "manifest set -h", "manifest set a b c --help",
        "-ih status"
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        struct parsed p;
        parse(&p, lines[i]);
        assert_true(p.good && p.options.help);
        forget(&p);
    }
}

static void edit_distance_counts_letters(void **state)
{
    (void)state;
    assert_int_equal(edit_distance("", "", 2), 0);
    assert_int_equal(edit_distance("verfy", "verify", 2), 1);
    assert_int_equal(edit_distance("abc", "abd", 2), 1);
    assert_int_equal(edit_distance("sttaus", "status", 2), 2);
    assert_int_equal(edit_distance("abcdef", "uvwxyz", 2), 3);
    assert_int_equal(edit_distance("", "abc", 2), 3);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(options_parse_takes_flags_before_between_and_after_arguments),
    cmocka_unit_test(options_parse_speaks_as_the_original_does),
    cmocka_unit_test(options_parse_suggests_what_was_meant),
    cmocka_unit_test(options_parse_ends_flags_with_two_hyphens_and_takes_one_as_an_argument),
    cmocka_unit_test(options_parse_knows_what_a_letter_means_below_the_words_before_it),
    cmocka_unit_test(options_parse_adds_to_lists_and_replaces_their_default),
    cmocka_unit_test(options_parse_knows_help_everywhere),
    cmocka_unit_test(edit_distance_counts_letters),
};
TEST_MAIN(tests)
