/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "template_table.h"

static void text_and_trim_markers_follow_the_rules(void **state)
{
    static const struct template_row rows[] = {
        { "", "", NULL },
        { "no actions } }} { \xff\xfe", "no actions } }} { \xff\xfe", NULL },
        { "{{ 1 }}}}", "1}}", NULL },
        { "{ {{ 1 }} }", "{ 1 }", NULL },
        { "{{ \"{{\" }}{{ \"}}\" }}{{ ` -}}` }}", "{{}} -}}", NULL },
        { "a \t\r\n{{- 1 -}} \t\r\nb", "a1b", NULL },
        { "a \v{{- 1 -}}\f b", "a \v1\f b", NULL },
        { "a {{-\n1\t-}} b", "a1b", NULL },
        { "a {{1}} b", "a 1 b", NULL },
        { "a {{-1}} b", "a -1 b", NULL },
        { "{{ \" x \" -}} {{- \" y \" }}", " x  y ", NULL },
        { "{{ 1 -}}", "1", NULL },
        { "{{ 1 -}} \n", "1", NULL },
        { "{{3-}}", PARSE, NULL },
        { "{{\"a\"-}}", PARSE, NULL },
        { "{{- -}}", PARSE, NULL },
        { "{{-}}", PARSE, NULL },
        { "{{ -}}", PARSE, NULL },
        { "{{", PARSE, NULL },
        { "{{ 1", PARSE, NULL },
        { "{{ 1 }", PARSE, NULL },
        { "{{}}", PARSE, NULL },
    };

    (void)state;
    check_templates(rows, COUNT_OF(rows));
}

static void comments_stand_alone_between_their_delimiters(void **state)
{
    static const struct template_row rows[] = {
        { "a{{/* x\n}} {{ \" */}}b", "ab", NULL }, { "a {{- /* x */ -}} b", "ab", NULL },
        { "a {{-\n/* x */\n-}} b", "ab", NULL },   { "a {{- /* x */}} b", "a b", NULL },
        { "a{{/**/}}{{/***/}}b", "ab", NULL },     { "a{{/*/}}b", PARSE, NULL },
        { "a{{/* x */ -}} b", "ab", NULL },        { "a{{/* x }}", PARSE, NULL },
        { "a{{ /* x */}}", PARSE, NULL },          { "a{{/* x */ }}", PARSE, NULL },
        { "a{{/* x */  -}}", PARSE, NULL },        { "a{{-  /* x */}}", PARSE, NULL },
        { "a{{/* x */ 1 }}", PARSE, NULL },        { "a{{/* x */x-}} b", PARSE, NULL },
    };

    (void)state;
    check_templates(rows, COUNT_OF(rows));
}

static void names_end_where_they_must(void **state)
{
    static const struct template_row rows[] = {
        { "{{ print\"a\" }}", PARSE, NULL },
        { "{{ print \"a\" }}", "a", NULL },
        { "{{ $x:=2 }}{{$x}}", "2", NULL },
        { "{{ $x := 1 }}{{ $x=2 }}", PARSE, NULL },
        { "{{ $x := 1 }}{{ $x =2 }}{{ $x }}", "2", NULL },
        { "{{ .Secrets.sym|hex }}", "010203ff", NULL },
        { "{{ (.Secrets).sym.Size }}", "32", NULL },
        { "{{ .Secrets .sym }}", EXEC, NULL },
        { "{{ hex(.Secrets.sym) }}", PARSE, NULL },
        { "{{ hex (.Secrets.sym) }}", "010203ff", NULL },
        { "{{ (1)(2) }}", PARSE, NULL },
        { "{{ print (1)2 }}", PARSE, NULL },
        { "{{ .Secrets.1a }}", PARSE, NULL },
        { "{{ .1 }}", PARSE, NULL },
        { "{{ .Secrets.if }}{{ .Secrets.range.nil }}", "<no value><no value>", NULL },
        { "{{ .Secrets.gr\xc3\xb6\xc3\x9f"
          "e1_ }}",
          "<no value>", NULL },
        { "{{ .Secrets.a\xcc\x80 }}", PARSE, NULL }, /* a combining mark is no letter */
        { "{{ .Secrets.a\xff }}", PARSE, NULL },
        { "{{ $1 := 3 }}{{ $1 }}{{ $\xc3\xa4 := 4 }}{{ $\xc3\xa4 }}", "34", NULL },
        { "{{ nope }}", PARSE, NULL },
        { "{{ \xc3\xa4 }}", PARSE, NULL },
        { "{{ printx 1 }}", PARSE, NULL },
        { "{{ ; }}", PARSE, NULL },
        { "{{ 1, 2 }}", PARSE, NULL },
        { "{{ $x : = 1 }}", PARSE, NULL },
        { "{{\n\tprint\r\n1\n}}", "1", NULL },
        { "{{ 1.2 }}", PARSE, NULL },
        { "{{ raw .Secrets.plain }}", "hello", PARSE },
        { "{{ string .Secrets.plain }}", PARSE, "hello" },
    };

    (void)state;
    check_templates(rows, COUNT_OF(rows));
}

static void strings_know_exactly_these_escapes(void **state)
{
    static const struct template_row rows[] = {
        { "{{ \"\\a\\b\\f\\n\\r\\t\\v\\\\\\\"\" }}", "\a\b\f\n\r\t\v\\\"", NULL },
        { "{{ \"\\x41\\101\\u00e9\\U0001F600\" }}", "AA\xc3\xa9\xf0\x9f\x98\x80", NULL },
        { "{{ \"\\xe9\\351\" }}", "\xe9\xe9", NULL },
        { "{{ \"\xe9\" }}", "\xef\xbf\xbd", NULL },
        { "{{ `\xe9\r\n\\n\"` }}", "\xe9\n\\n\"", NULL },
        { "{{ `` }}{{ \"\" }}", "", NULL },
        { "{{ \"'`\" }}", "'`", NULL },
        { "{{ \"\\'\" }}", PARSE, NULL },
        { "{{ \"\\e\" }}", PARSE, NULL },
        { "{{ \"\\x4\" }}", PARSE, NULL },
        { "{{ \"\\xg0\" }}", PARSE, NULL },
        { "{{ \"\\400\" }}", PARSE, NULL },
        { "{{ \"\\38\" }}", PARSE, NULL },
        { "{{ \"\\ud800\" }}", PARSE, NULL },
        { "{{ \"\\U00110000\" }}", PARSE, NULL },
        { "{{ \"a\nb\" }}", PARSE, NULL },
        { "{{ \"a\\\nb\" }}", PARSE, NULL },
        { "{{ \"abc }}", PARSE, NULL },
        { "{{ `abc }}", PARSE, NULL },
        { "{{ 'a' }} {{ '\\'' }} {{ '\"' }} {{ '\\n' }} {{ '\\xff' }}", "97 39 34 10 255", NULL },
        { "{{ '\xc3\xa9' }} {{ '\\u20ac' }}", "233 8364", NULL },
        { "{{ 'ab' }}", PARSE, NULL },
        { "{{ '' }}", PARSE, NULL },
        { "{{ '\\\"' }}", PARSE, NULL },
        { "{{ 'a }}", PARSE, NULL },
        { "{{ '\n' }}", PARSE, NULL },
    };

    (void)state;
    check_templates(rows, COUNT_OF(rows));
}

static void integers_have_64_bits_and_four_bases(void **state)
{
    static const struct template_row rows[] = {
        { "{{ 0 }} {{ -0 }} {{ +7 }} {{ 00 }} {{ 017 }} {{ 0o17 }} {{ 0O17 }}", "0 0 7 0 15 15 15",
          NULL },
        { "{{ 0x1f }} {{ 0XFF }} {{ 0b101 }} {{ -0x10 }}", "31 255 5 -16", NULL },
        { "{{ 1_000 }} {{ 0x_ff }} {{ 0_17 }}", "1000 255 15", NULL },
        { "{{ 9223372036854775807 }} {{ -9223372036854775808 }}",
          "9223372036854775807 -9223372036854775808", NULL },
        { "{{ 9223372036854775808 }}", EXEC, NULL },
        { "{{ if false }}{{ 18446744073709551615 }}{{ end }}", "", NULL },
        { "{{ 18446744073709551616 }}", PARSE, NULL },
        { "{{ -9223372036854775809 }}", PARSE, NULL },
        { "{{ +9223372036854775808 }}", PARSE, NULL },
        { "{{ 08 }}", PARSE, NULL },
        { "{{ 0x }}", PARSE, NULL },
        { "{{ 0b2 }}", PARSE, NULL },
        { "{{ 1_ }}", PARSE, NULL },
        { "{{ 1__0 }}", PARSE, NULL },
        { "{{ 0x_ }}", PARSE, NULL },
        { "{{ 1.5 }}", PARSE, NULL },
        { "{{ 1e3 }}", PARSE, NULL },
        { "{{ 2i }}", PARSE, NULL },
        { "{{ 1+2 }}", PARSE, NULL },
        { "{{ - 1 }}", PARSE, NULL },
        { "{{ 1a }}", PARSE, NULL },
    };

    (void)state;
    check_templates(rows, COUNT_OF(rows));
}

static void pipelines_have_the_shape_of_the_grammar(void **state)
{
    static const struct template_row rows[] = {
        { "{{ 1 | print 2 | print 3 }}", "32 1", NULL },
        { "{{ (1 | print) | len }}", "1", NULL },
        { "{{ print (print (print (1))) }}", "1", NULL },
        { "{{ (index .Secrets \"sym\").Type.x }}", EXEC, NULL },
        { "{{ $.Secrets.sym.Type }}{{ $v := . }}{{ $v.Secrets.sym.Size }}", "symmetric-key32",
          NULL },
        { "{{ (.Secrets.sym).Cert.Raw | len }}", "0", NULL },
        { "{{ print.Type }}", EXEC, NULL },
        { "{{ 1 | }}", PARSE, NULL },
        { "{{ | print }}", PARSE, NULL },
        { "{{ 1 || print }}", PARSE, NULL },
        { "{{ () }}", PARSE, NULL },
        { "{{ (1 }}", PARSE, NULL },
        { "{{ 1) }}", PARSE, NULL },
        { "{{ 1 | 2 }}", PARSE, NULL },
        { "{{ 1 | \"a\" }}", PARSE, NULL },
        { "{{ 1 | true }}", PARSE, NULL },
        { "{{ 1 | nil }}", PARSE, NULL },
        { "{{ 1 | . }}", PARSE, NULL },
        { "{{ 1 | (print) }}", EXEC, NULL },
        { "{{ 1 | .Secrets }}", EXEC, NULL },
        { "{{ \"a\".b }}", PARSE, NULL },
        { "{{ nil.b }}", PARSE, NULL },
        { "{{ true.b }}", PARSE, NULL },
        { "{{ ..Secrets }}", PARSE, NULL },
        { "{{ 1 2 }}", EXEC, NULL },
        { "{{ true 1 }}", EXEC, NULL },
        { "{{ . 1 }}", EXEC, NULL },
        { "{{ (1) 2 }}", EXEC, NULL },
        { "{{ $ 2 }}", EXEC, NULL },
        { "{{ nil }}", EXEC, NULL },
        { "{{ (nil) }}", EXEC, NULL },
        { "{{ $x := nil }}", EXEC, NULL },
        { "{{ print nil }}", "<nil>", NULL },
        { "{{ print hex }}", EXEC, NULL },
        { "{{ print print 1 }}", "1", NULL },
        { "{{ end }}", PARSE, NULL },
        { "{{ print if }}", PARSE, NULL },
        { "{{ if }}x{{ end }}", PARSE, NULL },
        { "{{ with }}x{{ end }}", PARSE, NULL },
        { "{{ range }}x{{ end }}", PARSE, NULL },
        { "{{ block \"x\" }}x{{ end }}", PARSE, NULL },
        { "{{ $x := }}", PARSE, NULL },
        { "{{ $x, $y := 1 }}", PARSE, NULL },
        { "{{ if $x, $y := 1 }}{{ end }}", PARSE, NULL },
        { "{{ range $x, $y, $z := 1 }}{{ end }}", PARSE, NULL },
        { "{{ range $x, 1 }}{{ end }}", PARSE, NULL },
        { "{{ range $x, }}{{ end }}", PARSE, NULL },
        { "{{ $x := 1 }}{{ range $y, $x }}{{ end }}", PARSE, NULL },
        { "{{ ($x := 2) }}{{ $x }}", "22", NULL },
    };

    (void)state;
    check_templates(rows, COUNT_OF(rows));
}

static void blocks_open_and_close_in_order(void **state)
{
    static const struct template_row rows[] = {
        { "{{ if true }}a{{ end }}", "a", NULL },
        { "{{if(true)}}a{{end}}", "a", NULL },
        { "{{ if 0 }}a{{ else if 0 }}b{{ else if 1 }}c{{ else }}d{{ end }}", "c", NULL },
        { "{{ if 0 }}a{{ else if 0 }}b{{ else }}d{{ end }}", "d", NULL },
        { "{{ if true }}", PARSE, NULL },
        { "{{ end }}", PARSE, NULL },
        { "{{ else }}", PARSE, NULL },
        { "{{ if true }}{{ end }}{{ end }}", PARSE, NULL },
        { "{{ if true }}{{ else }}{{ else }}{{ end }}", PARSE, NULL },
        { "{{ if true }}{{ else }}{{ else if true }}{{ end }}", PARSE, NULL },
        { "{{ if true }}{{ else with true }}{{ end }}", PARSE, NULL },
        { "{{ with true }}{{ else if true }}{{ end }}", PARSE, NULL },
        { "{{ range 1 }}{{ else if true }}{{ end }}", PARSE, NULL },
        { "{{ range 1 }}{{ else with true }}{{ end }}", PARSE, NULL },
        { "{{ if true }}{{ else x }}{{ end }}", PARSE, NULL },
        { "{{ if true }}{{ end x }}", PARSE, NULL },
        { "{{ range 1 }}{{ break x }}{{ end }}", PARSE, NULL },
        { "{{ range 1 }}{{ continue 1 }}{{ end }}", PARSE, NULL },
        { "{{ break }}", PARSE, NULL },
        { "{{ if true }}{{ continue }}{{ end }}", PARSE, NULL },
        { "{{ range 1 }}{{ else }}{{ break }}{{ end }}", PARSE, NULL },
        { "{{ range 2 }}{{ range 0 }}{{ else }}x{{ break }}{{ end }}{{ end }}", "x", NULL },
        { "{{ range 1 }}{{ block \"b\" . }}{{ break }}{{ end }}{{ end }}", PARSE, NULL },
        { "{{ define \"T\" }}{{ else }}{{ end }}", PARSE, NULL },
        { "{{ define T }}{{ end }}", PARSE, NULL },
        { "{{ define \"T\" . }}{{ end }}", PARSE, NULL },
        { "{{ define \"T\\q\" }}{{ end }}", PARSE, NULL },
        { "{{ define \"T\" }}", PARSE, NULL },
        { "{{ template T }}", PARSE, NULL },
        { "{{ template \"T\" . . }}", EXEC, NULL },
        { "{{ block \"T\" . }}", PARSE, NULL },
        { "{{ with true }}{{ define \"T\" }}{{ end }}{{ end }}", PARSE, NULL },
        { "{{ define \"S\" }}{{ define \"T\" }}{{ end }}{{ end }}", PARSE, NULL },
        { "{{ block \"S\" 1 }}{{ define \"T\" }}{{ end }}{{ end }}", PARSE, NULL },
    };

    (void)state;
    check_templates(rows, COUNT_OF(rows));
}

static void definitions_replace_only_empty_ones(void **state)
{
    static const struct template_row rows[] = {
        { "{{ define \"x\" }}1{{ end }}{{ define \"x\" }} {{/* */}}\n{{ end }}{{ template \"x\" }}",
          "1", NULL },
        { "{{ define \"x\" }} {{ end }}{{ template \"x\" }}.", " .", NULL },
        { "{{ define \"x\" }}\xc2\xa0{{ end }}{{ define `x` }}2{{ end }}{{ template \"\\x78\" }}",
          "2", NULL },
        { "{{ define \"x\" }}1{{ end }}{{ define \"x\" }}2{{ end }}", PARSE, NULL },
        { "{{ define \"x\" }}{{ 1 }}{{ end }}{{ block \"x\" 1 }}2{{ end }}", PARSE, NULL },
        { "{{ define \"x\" }}{{ if 0 }}{{ end }}{{ end }}{{ define \"x\" }}2{{ end }}", PARSE,
          NULL },
        { "{{ define \"data\" }}inner{{ end }} \n{{/* */}}", "inner", NULL },
        { "{{ define \"data\" }}{{ end }}outer", "outer", NULL },
        { "{{ define \"data\" }}inner{{ end }}outer", PARSE, NULL },
        { "{{ block \"data\" . }}inner{{ end }}", PARSE, NULL },
        { "{{ if 0 }}{{ template \"nowhere\" }}{{ end }}ok", "ok", NULL },
        { "{{ template \"nowhere\" }}", EXEC, NULL },
        { "{{ template \"x\" 1 }}{{ block \"x\" 2 }}({{ . }}){{ end }}", "(1)(2)", NULL },
        { "{{ block \"a\" 1 }}{{ block \"b\" 2 }}{{ . }}{{ end }}{{ . }}{{ end }}", "21", NULL },
    };

    (void)state;
    check_templates(rows, COUNT_OF(rows));
}

static void variables_are_visible_in_their_scope(void **state)
{
    static const struct template_row rows[] = {
        { "{{ $x }}", PARSE, NULL },
        { "{{ if true }}{{ $x := 1 }}{{ end }}{{ $x }}", PARSE, NULL },
        { "{{ if $x := 1 }}{{ $x }}{{ end }}{{ $x }}", PARSE, NULL },
        { "{{ range $x := 1 }}{{ $x }}{{ end }}{{ $x }}", PARSE, NULL },
        { "{{ if $x := 0 }}{{ else if $y := 2 }}{{ $x }}{{ $y }}{{ end }}", "02", NULL },
        { "{{ with $x := 0 }}{{ else }}{{ $x }}{{ end }}", "0", NULL },
        { "{{ $x := 1 }}{{ define \"T\" }}{{ $x }}{{ end }}", PARSE, NULL },
        { "{{ $x := 1 }}{{ block \"T\" 1 }}{{ $x }}{{ end }}", PARSE, NULL },
        { "{{ block \"T\" 1 }}{{ $x := 1 }}{{ end }}{{ $x }}", PARSE, NULL },
        { "{{ $x := 1 }}{{ $x := print $x 2 }}{{ $x }}", "1 2", NULL },
        { "{{ $x := 1 }}{{ with 5 }}{{ $x = . }}{{ end }}{{ $x }}", "5", NULL },
        { "{{ $x = 1 }}", EXEC, NULL },
        { "{{ if false }}{{ $x = 1 }}{{ end }}ok", "ok", NULL },
        { "{{ $ := 7 }}{{ $ }}", "7", NULL },
        { "{{ $ = 7 }}{{ $ }}{{ . | len }}", EXEC, NULL },
        { "{{ define \"T\" }}{{ $ = 3 }}{{ end }}{{ template \"T\" }}{{ $.Secrets.sym.Size }}",
          "32", NULL },
        { "{{ $x := $x }}", EXEC, NULL },
        { "{{ $x := 1 }}{{ define \"T\" }}{{ $x = 2 }}{{ end }}{{ template \"T\" }}", EXEC, NULL },
    };

    (void)state;
    check_templates(rows, COUNT_OF(rows));
}

static void errors_name_line_column_template_and_source(void **state)
{
    static const struct {
        const char *source, *text;
    } rows[] = {
        { "a\nb\n{{ nope }}", "template: data:3: function \"nope\" not defined" },
        { "a\n  {{ hex .Secrets.nope }}",
          "template: data:2:5: executing \"data\" at <hex>: error calling hex: secret does not "
          "exist" },
        { "{{ template \"T\" . }}{{ define \"T\" }}{{ .x.y }}{{ end }}",
          "template: data:1:39: executing \"T\" at <.x>: can't evaluate field x in type object" },
        { "{{ range .Secrets.sym.Type }}{{ end }}",
          "template: data:1:9: executing \"data\" at <.Secrets>: range can't iterate over type "
          "string" },
        { "{{ string .Secrets.sym }}", "template: data:1: function \"string\" not defined" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct err err = { 0 };
        auto_buf out = { 0 };
        auto_template *t = template_compile(bytes_of_string(rows[i].source), TEMPLATE_FILE, &err);
        if (t != NULL)
            assert_false(template_execute(t, &template_fixture_data, &out, &err));
        assert_int_equal(err.kind, FAIL_MALFORMED);
        assert_string_equal(err.text, rows[i].text);
    }
}

static void the_names_of_secrets_are_known_without_executing(void **state)
{
    static const struct {
        const char *source;
        const char *names; /* sorted, each followed by a blank */
        bool all;
    } rows[] = {
        { "text", "", false },
        { "{{ pem .MarbleRun.RootCA.Cert }}", "", false },
        { "{{ hex .Secrets.b }}{{ .Secrets.a.Type }}{{ hex .Secrets.b }}", "a b ", false },
        { "{{ if false }}{{ .Secrets.a }}{{ end }}{{ define \"T\" }}{{ $.Secrets.b }}{{ end }}",
          "a b ", false },
        { "{{ hex .Previous.Secrets.p }}{{ .SecretsWrapper.Secrets.w }}", "p w ", false },
        { "{{ hex (index .Secrets \"a-b\") }}{{ index $.Previous.Secrets `c` | hex }}", "a-b c ",
          false },
        { "{{ \"x\" | index .Secrets | hex }}", "x ", false },
        { "{{ with . }}{{ (.).Secrets.y }}{{ end }}{{ $v := $ }}{{ $v.Secrets.z.Type }}", "y z ",
          false },
        { "{{ .Secrets.Secrets.Type }}", "Secrets ", false },
        { "{{ range .Secrets }}{{ end }}", "", true },
        { "{{ len .Secrets }}", "", true },
        { "{{ if .Secrets }}{{ end }}", "", true },
        { "{{ with .Secrets }}{{ .a }}{{ end }}", "", true },
        { "{{ $s := .Secrets }}", "", true },
        { "{{ (.Secrets).a }}", "", true },
        { "{{ index .Secrets }}", "", true },
        { "{{ index .Secrets (print \"a\") }}", "", true },
        { "{{ $n := \"a\" }}{{ index .Secrets $n }}", "", true },
        { "{{ print \"a\" | index .Secrets }}", "", true },
        { "{{ index (.Secrets) \"a\" }}", "", true },
        { "{{ index \"a\" .Secrets }}", "", true },
        { "{{ template \"T\" .Secrets }}", "", true },
        { "{{ 1 .Secrets }}", "", true },
        { "{{ .Previous.Secrets | len }}", "", true },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct err err = { 0 };
        auto_buf names = { 0 };
        auto_template *t = template_compile(bytes_of_string(rows[i].source), TEMPLATE_FILE, &err);
        assert_ok(t != NULL, &err);
        for (size_t n = 0; n < template_secret_count(t); n++) {
            buf_add(&names, template_secret_name(t, n));
            buf_add_u8(&names, ' ');
        }
        if (!bytes_equal_string(buf_bytes(&names), rows[i].names) ||
            template_uses_all_secrets(t) != rows[i].all)
            fail_msg("%s: [%.*s]", rows[i].source, BYTES_FMT(names));
    }
}

static void a_template_without_actions_is_constant(void **state)
{
    static const struct {
        const char *source;
        bool is;
    } rows[] = {
        { "", true },
        { "text }}", true },
        { "a {{- /* comment */ -}} b", true },
        { "{{ define \"T\" }}x{{ end }}y", true },
        { "{{ 1 }}", false },
        { "a{{ .Secrets.x }}", false },
        { "{{ template \"T\" }}", false },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct err err = { 0 };
        auto_template *t = template_compile(bytes_of_string(rows[i].source), TEMPLATE_ENV, &err);
        assert_ok(t != NULL, &err);
        assert_true(template_is_constant(t) == rows[i].is);
    }
}

static void zero_bytes_are_ordinary_text_and_never_tokens(void **state)
{
    (void)state;
    const struct bytes text = BYTES_LITERAL("a\0b{{ \"\\x00\" }}{{ `\0` }}");
    struct err err = { 0 };
    auto_buf out = { 0 };
    auto_template *t = template_compile(text, TEMPLATE_FILE, &err);
    assert_ok(t != NULL, &err);
    assert_ok(template_execute(t, &template_fixture_data, &out, &err), &err);
    assert_bytes_equal(buf_bytes(&out), BYTES_LITERAL("a\0b\0\0"));

    check_template(BYTES_LITERAL("{{ \0 }}"), TEMPLATE_FILE, PARSE);
    check_template(BYTES_LITERAL("{{ print\0 }}"), TEMPLATE_FILE, PARSE);
    check_template(BYTES_LITERAL("{{ 1 \0"), TEMPLATE_FILE, PARSE);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(text_and_trim_markers_follow_the_rules),
    cmocka_unit_test(comments_stand_alone_between_their_delimiters),
    cmocka_unit_test(names_end_where_they_must),
    cmocka_unit_test(strings_know_exactly_these_escapes),
    cmocka_unit_test(integers_have_64_bits_and_four_bases),
    cmocka_unit_test(pipelines_have_the_shape_of_the_grammar),
    cmocka_unit_test(blocks_open_and_close_in_order),
    cmocka_unit_test(definitions_replace_only_empty_ones),
    cmocka_unit_test(variables_are_visible_in_their_scope),
    cmocka_unit_test(errors_name_line_column_template_and_source),
    cmocka_unit_test(the_names_of_secrets_are_known_without_executing),
    cmocka_unit_test(a_template_without_actions_is_constant),
    cmocka_unit_test(zero_bytes_are_ordinary_text_and_never_tokens),
};

TEST_MAIN(tests)
