/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "template_table.h"

static void fields_are_found_or_refused(void **state)
{
    static const struct template_row rows[] = {
        { "{{ .Secrets.cert.Type }} {{ .Secrets.cert.Size }} {{ .Secrets.cert.ValidFor }}",
          "cert-ecdsa 256 365", NULL },
        { "{{ .Secrets.cert.Shared }} {{ .Secrets.plain.UserDefined }}", "false true", NULL },
        { "{{ .Secrets.cert.Cert.Raw }} {{ .Secrets.cert.Private }} {{ .Secrets.cert.Public }}",
          "[67 69 82 84] [80 82 73 86] [80 85 66]", NULL },
        { "{{ hex .Previous.Secrets.sym }}{{ hex .SecretsWrapper.Secrets.sym }}",
          "010203ff010203ff", NULL },
        { "{{ hex .SecretsWrapper.MarbleRun.RootCA.Cert }}", "52", NULL },
        { "{{ hex .MarbleRun.CoordinatorRoot.Cert }}{{ hex .MarbleRun.CoordinatorIntermediate.Cert "
          "}}{{ hex .MarbleRun.MarbleCert }}{{ hex .MarbleRun.MarbleCert.Cert }}",
          "435243496d7075624d", NULL },
        { "{{ .MarbleRun.RootCA.Type }}|{{ .MarbleRun.RootCA.Size }}", "|0", NULL },
        { "{{ .Secrets.typo.Cert.Raw.Whatever }}", "<no value>", NULL },
        { "{{ .secrets }}", EXEC, NULL },
        { "{{ .Marblerun }}", EXEC, NULL },
        { "{{ .MarbleRun.Secrets }}", EXEC, NULL },
        { "{{ .Previous.MarbleRun }}", EXEC, NULL },
        { "{{ .Secrets.sym.type }}", EXEC, NULL },
        { "{{ .Secrets.sym.Cert.Subject }}", EXEC, NULL },
        { "{{ .Secrets.sym.Type.x }}", EXEC, NULL },
        { "{{ .Secrets.sym.Size.x }}", EXEC, NULL },
        { "{{ .Secrets.sym.Shared.x }}", EXEC, NULL },
        { "{{ .Secrets.sym.Public.x }}", EXEC, NULL },
        { "{{ .Secrets.sym.Type 1 }}", EXEC, NULL },
        { "{{ .Secrets }}", EXEC, NULL },
        { "{{ .Secrets.sym }}", EXEC, NULL },
        { "{{ .Secrets.cert.Cert }}", EXEC, NULL },
        { "{{ . }}", EXEC, NULL },
    };

    (void)state;
    check_templates(rows, COUNT_OF(rows));
}

static void encoding_functions_accept_what_the_table_says(void **state)
{
    static const struct template_row rows[] = {
        { "{{ pem .Secrets.cert.Cert }}",
          "-----BEGIN CERTIFICATE-----\nQ0VSVA==\n-----END CERTIFICATE-----\n", NULL },
        { "{{ pem .Secrets.cert.Public }}",
          "-----BEGIN PUBLIC KEY-----\nUFVC\n-----END PUBLIC KEY-----\n", NULL },
        { "{{ pem (slice .Secrets.cert.Private 0 2) }}",
          "-----BEGIN PRIVATE KEY-----\nUFI=\n-----END PRIVATE KEY-----\n", NULL },
        { "{{ pem nil }}", EXEC, NULL },
        { "{{ pem \"x\" }}", EXEC, NULL },
        { "{{ pem 1 }}", EXEC, NULL },
        { "{{ pem .Secrets }}", EXEC, NULL },
        { "{{ pem .Secrets.cert }}", EXEC, NULL },
        { "{{ pem .Secrets.sym.Cert }}", EXEC, NULL },
        { "{{ pem .Secrets.cert.Cert 1 }}", EXEC, NULL },
        { "{{ hex .Secrets.cert }}{{ hex .Secrets.cert.Cert }}{{ hex .Secrets.cert.Cert.Raw }}",
          "5055424345525443455254", NULL },
        { "{{ base64 .Secrets.sym }}{{ base64 .Secrets.cert.Private }}", "AQID/w==UFJJVg==", NULL },
        { "{{ hex }}", EXEC, NULL },
        { "{{ hex .Secrets.sym .Secrets.sym }}", EXEC, NULL },
        { "{{ hex .Secrets.nope }}", EXEC, NULL },
        { "{{ hex (index .Secrets \"nope\") }}", EXEC, NULL },
        { "{{ hex .Secrets.sym | hex }}", EXEC, NULL },
        { "{{ hex 1 }}", EXEC, NULL },
        { "{{ hex true }}", EXEC, NULL },
        { "{{ hex .Secrets }}", EXEC, NULL },
        { "{{ hex .MarbleRun }}", EXEC, NULL },
        { "{{ base64 \"x\" }}", EXEC, NULL },
        { "{{ base64 .Secrets.empty }}", EXEC, NULL },
        { "{{ raw .Secrets.plain }}{{ raw .Secrets.cert.Cert }}", "helloCERT", PARSE },
        { "{{ raw \"x\" }}", EXEC, PARSE },
        { "{{ raw .Secrets.empty }}", EXEC, PARSE },
        { "{{ string .Secrets.plain | len }}", PARSE, "5" },
        { "{{ string .Secrets.nope }}", PARSE, EXEC },
        { "{{ string .Secrets.empty }}", PARSE, EXEC },
        { "{{ string (index .Secrets \"nope\") }}", PARSE, EXEC },
        { "{{ string .Secrets.cert }}", PARSE, EXEC },
        { "{{ string \"plain\" }}", PARSE, EXEC },
    };

    (void)state;
    check_templates(rows, COUNT_OF(rows));
}

static bool zero_secret(const void *ctx, bool previous, struct bytes name,
                        struct template_secret *out)
{
    (void)ctx, (void)previous, (void)name;
    *out = (struct template_secret){ .type = BYTES_LITERAL("plain"),
                                     .public_bytes = BYTES_LITERAL("a\0b") };
    return true;
}

static void string_refuses_zero_bytes_and_raw_does_not(void **state)
{
    const struct template_data data = { .secret = zero_secret,
                                        .next_secret = template_fixture_next };
    struct err err = { 0 };
    auto_buf out = { 0 };

    (void)state;
    auto_template *env =
        template_compile(BYTES_LITERAL("{{ string .Secrets.x }}"), TEMPLATE_ENV, &err);
    assert_ok(env != NULL, &err);
    assert_false(template_execute(env, &data, &out, &err));
    assert_non_null(strstr(err.text, "secret contains null bytes"));

    auto_template *file =
        template_compile(BYTES_LITERAL("{{ raw .Secrets.x }}"), TEMPLATE_FILE, &err);
    assert_ok(file != NULL, &err);
    assert_ok(template_execute(file, &data, &out, &err), &err);
    assert_bytes_equal(buf_bytes(&out), BYTES_LITERAL("a\0b"));
}

/* Only `x`, with another value now than before. */
static bool changed_secret(const void *ctx, bool previous, struct bytes name,
                           struct template_secret *out)
{
    (void)ctx;
    *out = (struct template_secret){ .public_bytes =
                                         previous ? BYTES_LITERAL("old") : BYTES_LITERAL("new") };
    return bytes_equal_string(name, "x");
}

static bool changed_next(const void *ctx, bool previous, struct bytes after, bool first,
                         struct bytes *name)
{
    (void)ctx, (void)after;
    *name = BYTES_LITERAL("x");
    return first && previous;
}

static void previous_secrets_are_asked_for_as_such(void **state)
{
    const struct template_data data = { .secret = changed_secret, .next_secret = changed_next };
    struct err err = { 0 };
    auto_buf out = { 0 };

    (void)state;
    auto_template *t = template_compile(
        BYTES_LITERAL("{{ raw .Secrets.x }} {{ raw .Previous.Secrets.x }} {{ index "
                      ".Previous.Secrets \"x\" | raw }}{{ range .Previous.Secrets }} {{ raw . "
                      "}}{{ end }} {{ len .Secrets }}{{ len .Previous.Secrets }}"),
        TEMPLATE_FILE, &err);
    assert_ok(t != NULL, &err);
    assert_ok(template_execute(t, &data, &out, &err), &err);
    assert_bytes_equal(buf_bytes(&out), BYTES_LITERAL("new old old old 01"));
}

static void truth_is_about_emptiness_except_for_secrets(void **state)
{
    static const struct template_row rows[] = {
        { "{{ not nil }}{{ not false }}{{ not 0 }}{{ not \"\" }}{{ not .Secrets.empty.Public }}",
          "truetruetruetruetrue", NULL },
        { "{{ not true }}{{ not -1 }}{{ not \"0\" }}{{ not .Secrets.sym.Public }}{{ not .Secrets "
          "}}{{ not . }}",
          "falsefalsefalsefalsefalsefalse", NULL },
        { "{{ not .Secrets.empty }}{{ not .Secrets.empty.Cert }}{{ not .Secrets.nope }}",
          "falsefalsetrue", NULL },
        { "{{ if .Secrets.nope.Public }}a{{ else }}b{{ end }}", "b", NULL },
        { "{{ not }}", EXEC, NULL },
        { "{{ not 1 2 }}", EXEC, NULL },
        { "{{ and 1 }}{{ and 1 2 }}{{ and 1 0 2 }}{{ and nil }}{{ or nil }}",
          "120<no value><no value>", NULL },
        { "{{ or 0 \"\" \"x\" }}{{ or 1 (hex nil) }}{{ and 0 (hex nil) 1 }}", "x10", NULL },
        { "{{ and 1 (hex nil) }}", EXEC, NULL },
        { "{{ 2 | and 1 }}{{ 2 | and 0 }}{{ 2 | or 1 }}{{ 2 | or 0 }}{{ 2 | or }}{{ 2 | and }}",
          "201222", NULL },
        { "{{ 3 | and 1 2 | print 9 }}", "9 3", NULL },
        { "{{ print (and 1 0) (or 0 5) }}", "0 5", NULL },
        { "{{ and }}", EXEC, NULL },
        { "{{ or }}", EXEC, NULL },
        { "{{ print and }}", EXEC, NULL },
    };

    (void)state;
    check_templates(rows, COUNT_OF(rows));
}

static void control_structures_follow_their_semantics(void **state)
{
    static const struct template_row rows[] = {
        { "{{ with .Secrets.sym }}{{ .Size }}{{ else }}no{{ end }}", "32", NULL },
        { "{{ with .Secrets.nope }}a{{ else }}{{ .Secrets.sym.Size }}{{ end }}", "32", NULL },
        { "{{ with 0 }}a{{ else with 5 }}{{ . }}{{ else }}c{{ end }}{{ .Secrets.sym.Size }}", "532",
          NULL },
        { "{{ with $x := 5 }}{{ $x }}{{ . }}{{ end }}", "55", NULL },
        { "{{ range 3 }}{{ . }}{{ else }}e{{ end }}", "012", NULL },
        { "{{ range 0 }}{{ . }}{{ else }}e{{ end }}", "e", NULL },
        { "{{ range -5 }}{{ . }}{{ else }}e{{ end }}", "e", NULL },
        { "{{ range nil }}{{ end }}", EXEC, NULL }, /* a command of its own */
        { "{{ range .Secrets.empty.Public }}{{ else }}e{{ end }}", "e", NULL },
        { "{{ range $i := 3 }}{{ $i }}{{ end }}", "012", NULL },
        { "{{ range $i, $j := 3 }}{{ end }}", EXEC, NULL },
        { "{{ range $i, $j := 0 }}{{ end }}", EXEC, NULL },
        { "{{ range $e := .Secrets.sym.Public }}{{ $e }},{{ end }}", "1,2,3,255,", NULL },
        { "{{ $i := 7 }}{{ $e := 8 }}{{ range $i, $e = .Secrets.sym.Public }}{{ end }}{{ $i }} {{ "
          "$e }}",
          "3 255", NULL },
        { "{{ $e := 8 }}{{ range $e = 3 }}{{ if eq $e 1 }}{{ break }}{{ end }}{{ end }}{{ $e }}",
          "1", NULL },
        { "{{ range $e = 3 }}{{ end }}", EXEC, NULL },
        { "{{ range $x := 0 }}{{ else }}{{ $x }}{{ end }}", "0", NULL },
        { "{{ range true }}{{ end }}", EXEC, NULL },
        { "{{ range .Secrets.sym }}{{ end }}", EXEC, NULL },
        { "{{ range .Secrets.cert.Cert }}{{ end }}", EXEC, NULL },
        { "{{ range . }}{{ end }}", EXEC, NULL },
        { "{{ range $k, $v := .Previous.Secrets }}{{ $k }}={{ $v.Size }},{{ end }}",
          "a-b=0,cert=256,empty=0,plain=0,sym=32,", NULL },
        { "{{ range 3 }}{{ if . }}{{ with 9 }}{{ continue }}{{ end }}{{ end }}x{{ end }}{{ "
          ".Secrets.sym.Size }}",
          "x32", NULL },
        { "{{ range 3 }}{{ range 3 }}{{ if . }}{{ break }}{{ end }}{{ . }}{{ end }}{{ . }}{{ end "
          "}}",
          "000102", NULL },
        { "{{ $n := 0 }}{{ range 3 }}{{ $n := 5 }}{{ end }}{{ $n }}", "0", NULL },
        { "{{ range 2 }}{{ $n := . }}{{ $m := $n }}{{ $m }}{{ end }}", "01", NULL },
        { "{{ range .Secrets.sym.Size }}{{ printf \"%T\" . }}{{ break }}{{ end }}", "uint", NULL },
        { "{{ define \"T\" }}{{ . }}{{ $ }}{{ end }}{{ with 1 }}{{ template \"T\" 2 }}{{ . }}{{ "
          "end "
          "}}",
          "221", NULL },
        { "{{ define \"T\" }}{{ if . }}{{ len . }}{{ template \"T\" (slice . 1) }}{{ end }}{{ end "
          "}}{{ template \"T\" \"abc\" }}",
          "321", NULL },
        { "{{ define \"T\" }}{{ range 5 }}{{ if eq . 2 }}{{ break }}{{ end }}{{ . }}{{ end }}{{ "
          "end "
          "}}{{ range 2 }}{{ template \"T\" }};{{ end }}",
          "01;01;", NULL },
        { "{{ template \"T\" $x := 4 }}{{ $x }}{{ define \"T\" }}{{ . }}{{ end }}", "44", NULL },
    };

    (void)state;
    check_templates(rows, COUNT_OF(rows));
}

static void comparisons_refuse_what_does_not_compare(void **state)
{
    static const struct template_row rows[] = {
        { "{{ eq 1 1 }}{{ eq 1 2 }}{{ eq 1 2 1 }}{{ ne 1 2 }}{{ ne 1 1 }}",
          "truefalsetruetruefalse", NULL },
        { "{{ eq .Secrets.sym.Size 32 }}{{ eq 255 (index .Secrets.sym.Public 3) }}", "truetrue",
          NULL },
        { "{{ lt -1 .Secrets.sym.Size }}{{ gt .Secrets.sym.Size -1 }}{{ eq .Secrets.sym.Size -32 "
          "}}",
          "truetruefalse", NULL },
        { "{{ lt 1 2 }}{{ le 2 2 }}{{ gt 2 2 }}{{ ge 2 2 }}{{ lt -2 -1 }}", "truetruefalsetruetrue",
          NULL },
        { "{{ lt \"a\" \"b\" }}{{ le \"b\" \"a\" }}{{ gt \"b\" \"\" }}{{ ge \"a\" \"a\" }}",
          "truefalsetruetrue", NULL },
        { "{{ eq true true }}{{ eq \"a\" \"b\" \"a\" }}{{ ne \"a\" \"b\" }}", "truetruetrue",
          NULL },
        { "{{ eq nil nil }}{{ eq nil 1 }}{{ eq \"\" nil }}{{ eq .Secrets.sym nil }}{{ ne nil 0 }}",
          "truefalsefalsefalsetrue", NULL },
        { "{{ eq 1 1 \"a\" }}", "true", NULL },
        { "{{ eq 1 \"a\" }}", EXEC, NULL },
        { "{{ eq true 1 }}", EXEC, NULL },
        { "{{ eq 1 }}", EXEC, NULL },
        { "{{ eq }}", EXEC, NULL },
        { "{{ ne 1 2 3 }}", EXEC, NULL },
        { "{{ ne 1 }}", EXEC, NULL },
        { "{{ lt true false }}", EXEC, NULL },
        { "{{ lt nil 1 }}", EXEC, NULL },
        { "{{ le 1 \"a\" }}", EXEC, NULL },
        { "{{ gt 1 2 3 }}", EXEC, NULL },
        { "{{ ge 1 }}", EXEC, NULL },
        { "{{ eq .Secrets.sym .Secrets.sym }}", EXEC, NULL },
        { "{{ eq .Secrets .Secrets }}", EXEC, NULL },
        { "{{ eq .Secrets.cert.Cert .Secrets.cert.Cert }}", EXEC, NULL },
        { "{{ eq .Secrets.sym.Public \"a\" }}", EXEC, NULL },
        { "{{ eq .Secrets.empty.Public nil }}", EXEC, NULL },
        { "{{ lt .Secrets.sym.Public .Secrets.sym.Public }}", EXEC, NULL },
    };

    (void)state;
    check_templates(rows, COUNT_OF(rows));
}

static void len_index_and_slice_stay_in_their_bounds(void **state)
{
    static const struct template_row rows[] = {
        { "{{ len \"\" }}{{ len .Secrets.sym.Public }}{{ len .Secrets }}", "045", NULL },
        { "{{ len nil }}", EXEC, NULL },
        { "{{ len 1 }}", EXEC, NULL },
        { "{{ len .Secrets.sym }}", EXEC, NULL },
        { "{{ index \"abc\" 0 }} {{ index .Secrets.sym.Public 3 }} {{ index \"a\" "
          ".Secrets.empty.Size "
          "}}",
          "97 255 97", NULL },
        { "{{ index \"abc\" }}{{ index (index .Secrets \"cert\").Public 1 }}", "abc85", NULL },
        { "{{ index \"abc\" 3 }}", EXEC, NULL },
        { "{{ index \"abc\" -1 }}", EXEC, NULL },
        { "{{ index \"abc\" 9223372036854775807 }}", EXEC, NULL },
        { "{{ index \"\" 0 }}", EXEC, NULL },
        { "{{ index \"abc\" \"a\" }}", EXEC, NULL },
        { "{{ index \"abc\" nil }}", EXEC, NULL },
        { "{{ index \"abc\" 0 0 }}", EXEC, NULL },
        { "{{ index .Secrets 5 }}", EXEC, NULL },
        { "{{ index .Secrets nil }}", EXEC, NULL },
        { "{{ index .Secrets \"sym\" \"Type\" }}", EXEC, NULL },
        { "{{ index nil 1 }}", EXEC, NULL },
        { "{{ index nil }}", EXEC, NULL },
        { "{{ index 1 1 }}", EXEC, NULL },
        { "{{ index . \"Secrets\" }}", EXEC, NULL },
        { "{{ index }}", EXEC, NULL },
        { "{{ (index .Secrets \"nope\").Type }}|{{ (index .Secrets \"nope\").Public }}", "|[]",
          NULL },
        { "{{ slice \"abc\" }}{{ slice \"abc\" 1 }}{{ slice \"abc\" 1 2 }}{{ slice \"abc\" 3 }}",
          "abcbcb", NULL },
        { "{{ slice .Secrets.sym.Public 1 2 3 }}{{ slice .Secrets.sym.Public 4 4 4 }}", "[2][]",
          NULL },
        { "{{ slice \"abc\" 2 1 }}", EXEC, NULL },
        { "{{ slice \"abc\" 0 4 }}", EXEC, NULL },
        { "{{ slice \"abc\" -1 }}", EXEC, NULL },
        { "{{ slice \"abc\" \"1\" }}", EXEC, NULL },
        { "{{ slice \"abc\" 0 1 2 }}", EXEC, NULL },
        { "{{ slice .Secrets.sym.Public 0 3 2 }}", EXEC, NULL },
        { "{{ slice .Secrets.sym.Public 0 1 5 }}", EXEC, NULL },
        { "{{ slice .Secrets.sym.Public 0 1 2 3 }}", EXEC, NULL },
        { "{{ slice nil }}", EXEC, NULL },
        { "{{ slice 1 }}", EXEC, NULL },
        { "{{ slice .Secrets }}", EXEC, NULL },
        { "{{ slice }}", EXEC, NULL },
        { "{{ call }}", EXEC, NULL },
        { "{{ call print }}", EXEC, NULL },
    };

    (void)state;
    check_templates(rows, COUNT_OF(rows));
}

static void printing_functions_join_and_escape(void **state)
{
    static const struct template_row rows[] = {
        { "{{ print }}|{{ print 1 2 \"a\" 3 true nil \"b\" }}", "|1 2a3 true <nil>b", NULL },
        { "{{ print .Secrets.sym.Public 1 }}", "[1 2 3 255] 1", NULL },
        { "{{ println }}{{ println 1 \"a\" \"b\" nil }}", "\n1 a b <nil>\n", NULL },
        { "{{ html \"\\x00a\\\"'&<>\" }}",
          "\xef\xbf\xbd"
          "a&#34;&#39;&amp;&lt;&gt;",
          NULL },
        { "{{ html }}{{ html nil }}{{ html 1 2 }}{{ html \"a\" nil 1 }}",
          "&lt;no value&gt;1 2a&lt;no value&gt;1", NULL },
        { "{{ urlquery \"aZ09-_.~ /\\xff\" }}{{ urlquery nil }}", "aZ09-_.~+%2F%FF%3Cno+value%3E",
          NULL },
        { "{{ js \"\\\\'\\\"<>&=\\n\\x7f\" }}",
          "\\\\\\'\\\"\\u003C\\u003E\\u0026\\u003D\\u000A\x7f", NULL },
        { "{{ js \"\\u00e9\\u2028\\xff\" 1 2 }}{{ js nil }}",
          "\xc3\xa9\\u2028\xff"
          "1 2\\u003Cno value\\u003E",
          NULL },
        { "{{ print .Secrets.sym }}", EXEC, NULL },
        { "{{ println .Secrets }}", EXEC, NULL },
        { "{{ html .Secrets.cert.Cert }}", EXEC, NULL },
        { "{{ urlquery . }}", EXEC, NULL },
        { "{{ js .MarbleRun }}", EXEC, NULL },
    };

    (void)state;
    check_templates(rows, COUNT_OF(rows));
}

static void printf_prints_strings_and_bytes(void **state)
{
    static const struct template_row rows[] = {
        { "{{ printf \"%v|%s|%q|%x|%X\" \"a\" \"b\" \"c\" \"d\\xff\" \"\\xab\" }}",
          "a|b|\"c\"|64ff|AB", NULL },
        { "{{ printf \"%5s|%-5s|%.1s|%5.1s|\" \"ab\" \"ab\" \"\\u00e9x\" \"yz\" }}",
          "   ab|ab   |\xc3\xa9|    y|", NULL },
        { "{{ printf \"% x|%#x|%# X|%.1x|%8x|\" \"ab\" \"ab\" \"ab\" \"ab\" \"ab\" }}",
          "61 62|0x6162|0X61 0X62|61|    6162|", NULL },
        { "{{ printf \"%q\" \"\\a\\b\\f\\n\\r\\t\\v\\\\\\\"\\x00\\x7f\\xff\\u2028\\U000e0001\" }}",
          "\"\\a\\b\\f\\n\\r\\t\\v\\\\\\\"\\x00\\x7f\\xff\\u2028\\U000e0001\"", NULL },
        { "{{ printf \"%q|%+q|%#q|%#q\" \"\\u00e9'\" \"\\u00e9\" \"a\\\"\" \"`\" }}",
          "\"\xc3\xa9'\"|\"\\u00e9\"|`a\"`|\"`\"", NULL },
        { "{{ printf \"%v %s %x %d %#v\" .Secrets.sym.Public .Secrets.plain.Public "
          ".Secrets.sym.Public .Secrets.sym.Public \"x\" }}",
          "[1 2 3 255] hello 010203ff [1 2 3 255] \"x\"", NULL },
        { "{{ printf \"%q %2d %b\" .Secrets.plain.Public .Secrets.sym.Public .Secrets.sym.Public "
          "}}",
          "\"hello\" [ 1  2  3 255] [1 10 11 11111111]", NULL },
        { "{{ printf \"%d %b %o %c %U %t\" \"x\" \"x\" \"x\" \"x\" \"x\" \"x\" }}",
          "%!d(string=x) %!b(string=x) %!o(string=x) %!c(string=x) %!U(string=x) %!t(string=x)",
          NULL },
        { "{{ printf \"%3d\" \"x\" }}", "%!d(string=  x)", NULL },
        { "{{ printf \"%v\" .Secrets.sym }}", EXEC, NULL },
        { "{{ printf \"%s\" .Secrets.cert.Cert }}", EXEC, NULL },
        { "{{ printf \"%#v\" .Secrets.sym.Public }}", EXEC, NULL },
        { "{{ printf \"%T\" .Secrets.sym.Public }}", EXEC, NULL },
        { "{{ printf \"%p\" .Secrets.sym.Public }}", EXEC, NULL },
        { "{{ printf \"\" .Secrets.sym.Public }}", EXEC, NULL },
    };

    (void)state;
    check_templates(rows, COUNT_OF(rows));
}

static void printf_prints_integers_and_bools(void **state)
{
    static const struct template_row rows[] = {
        { "{{ printf \"%v %d %b %o %O %x %X %c %U %q\" 5 -5 5 8 8 255 255 65 65 65 }}",
          "5 -5 101 10 0o10 ff FF A U+0041 'A'", NULL },
        { "{{ printf \"%#b %#o %#x %#X %#O %#U %+q\" 5 8 255 -255 8 128512 233 }}",
          "0b101 010 0xff -0XFF 0o010 U+1F600 '\xf0\x9f\x98\x80' '\\u00e9'", NULL },
        { "{{ printf \"%5d|%-5d|%05d|%+d|% d|%+05d|%.3d|%6.3d|%.0d|\" 7 7 -7 7 7 7 7 7 0 }}",
          "    7|7    |-0007|+7| 7|+0007|007|   007||", NULL },
        { "{{ printf \"%*d|%-*d|%.*d|%*d|\" 4 7 4 7 3 7 -4 7 }}", "   7|7   |007|7   |", NULL },
        { "{{ printf \"%x %d\" -9223372036854775808 -9223372036854775808 }}",
          "-8000000000000000 -9223372036854775808", NULL },
        { "{{ printf \"%c|%c|%q\" 55296 -1 1114112 }}", "\xef\xbf\xbd|\xef\xbf\xbd|'\xef\xbf\xbd'",
          NULL },
        { "{{ printf \"%.6U|%8U|%+v|%#v\" 65 65 5 5 }}", "U+000041|  U+0041|5|5", NULL },
        { "{{ printf \"%s %t %f\" 5 5 5 }}", "%!s(int=5) %!t(int=5) %!f(int=5)", NULL },
        { "{{ printf \"%s %s %#v\" .Secrets.sym.Size (index \"a\" 0) .Secrets.sym.Size }}",
          "%!s(uint=32) %!s(uint8=97) 0x20", NULL },
        { "{{ printf \"%v %t %6t|%d %s %q %x\" true false true true true true true }}",
          "true false   true|%!d(bool=true) %!s(bool=true) %!q(bool=true) %!x(bool=true)", NULL },
        { "{{ printf \"%T %T %T %T\" 1 true \"\" .Secrets.sym.Size }}", "int bool string uint",
          NULL },
    };

    (void)state;
    check_templates(rows, COUNT_OF(rows));
}

static void printf_reports_odd_formats_in_its_output(void **state)
{
    static const struct template_row rows[] = {
        { "{{ printf \"a%%b%5%\" }}", "a%b%", NULL },
        { "{{ printf \"%d\" }} {{ printf \"%d %s\" 1 }}", "%!d(MISSING) 1 %!s(MISSING)", NULL },
        { "{{ printf \"x\" 2 \"a\" nil }}", "x%!(EXTRA int=2, string=a, <nil>)", NULL },
        { "{{ printf \"%\" }} {{ printf \"%5\" 1 }}", "%!(NOVERB) %!(NOVERB)%!(EXTRA int=1)",
          NULL },
        { "{{ printf \"%!\" 1 }} {{ printf \"%\\u00e9\" 1 }}", "%!!(int=1) %!\xc3\xa9(int=1)",
          NULL },
        { "{{ printf \"%v %d %T\" nil nil nil }}", "<nil> %!d(<nil>) <nil>", NULL },
        { "{{ printf \"%*d\" \"x\" 1 }}", "%!(BADWIDTH)1", NULL },
        { "{{ printf \"%.*d\" -1 1 }}", "%!(BADPREC)1", NULL },
        { "{{ printf \"%*d\" 1000001 1 }}", "%!(BADWIDTH)1", NULL },
        { "{{ printf \"%99999999999999999999d\" 1 }}", "%!(NOVERB)%!(EXTRA int=1)", NULL },
        { "{{ printf \"%.\" 1 }}", "%!.(int=1)", NULL },
        { "{{ printf \"%[1]d\" 1 }}", EXEC, NULL },
        { "{{ printf \"%.[1]*d\" 1 1 }}", EXEC, NULL },
        { "{{ printf }}", EXEC, NULL },
        { "{{ printf 1 }}", EXEC, NULL },
        { "{{ printf nil }}", EXEC, NULL },
        { "{{ printf .Secrets.nope }}", EXEC, NULL },
        { "{{ printf .Secrets.plain.Public }}", EXEC, NULL },
        { "{{ \"x\" | printf \"%s%s\" \"y\" }}", "yx", NULL },
    };

    (void)state;
    check_templates(rows, COUNT_OF(rows));
}

static void output_is_appended_and_failures_leave_nothing(void **state)
{
    struct err err = { 0 };
    auto_buf out = { 0 };

    (void)state;
    buf_add_string(&out, "before:");
    auto_template *good =
        template_compile(BYTES_LITERAL("{{ hex .Secrets.sym }}"), TEMPLATE_FILE, &err);
    auto_template *bad = template_compile(
        BYTES_LITERAL("text{{ hex .Secrets.sym }}{{ hex .Secrets.nope }}"), TEMPLATE_FILE, &err);
    assert_non_null(good);
    assert_non_null(bad);
    for (int i = 0; i < 2; i++)
        assert_ok(template_execute(good, &template_fixture_data, &out, &err), &err);
    assert_false(template_execute(bad, &template_fixture_data, &out, &err));
    assert_bytes_equal(buf_bytes(&out), BYTES_LITERAL("before:010203ff010203ff"));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(fields_are_found_or_refused),
    cmocka_unit_test(encoding_functions_accept_what_the_table_says),
    cmocka_unit_test(string_refuses_zero_bytes_and_raw_does_not),
    cmocka_unit_test(previous_secrets_are_asked_for_as_such),
    cmocka_unit_test(truth_is_about_emptiness_except_for_secrets),
    cmocka_unit_test(control_structures_follow_their_semantics),
    cmocka_unit_test(comparisons_refuse_what_does_not_compare),
    cmocka_unit_test(len_index_and_slice_stay_in_their_bounds),
    cmocka_unit_test(printing_functions_join_and_escape),
    cmocka_unit_test(printf_prints_strings_and_bytes),
    cmocka_unit_test(printf_prints_integers_and_bools),
    cmocka_unit_test(printf_reports_odd_formats_in_its_output),
    cmocka_unit_test(output_is_appended_and_failures_leave_nothing),
};

TEST_MAIN(tests)
