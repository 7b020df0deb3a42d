/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "template_table.h"

/* manifest.md, 14.10. */
static const struct template_row vectors[] = {
    { "{{ hex .Secrets.sym }}", "010203ff", NULL },
    { "{{- hex .Secrets.sym -}}", "010203ff", NULL },
    { "{{hex .Secrets.sym}}}", "010203ff}", NULL },
    { "{{ base64 .Secrets.sym.Private }}", "AQID/w==", NULL },
    { "{{ pem .Secrets.sym.Private }}",
      "-----BEGIN PRIVATE KEY-----\nAQID/w==\n-----END PRIVATE KEY-----\n", NULL },
    { "{{ pem .Secrets.cert.Cert }}",
      "-----BEGIN CERTIFICATE-----\nQ0VSVA==\n-----END CERTIFICATE-----\n", NULL },
    { "{{ pem .Secrets.sym }}", EXEC, NULL },
    { "{{ pem .Secrets.cert.Cert.Raw }}", EXEC, NULL },
    { "{{ raw .Secrets.cert }}", "PUB", PARSE },
    { "{{ raw .Secrets.cert.Cert }}", "CERT", PARSE },
    { "{{ hex .Secrets.nope }}", EXEC, NULL },
    { "{{ .Secrets.nope }};{{ .Secrets.nope.Cert }}", "<no value>;<no value>", NULL },
    { "{{ hex .Secrets.sym.Nope }}", EXEC, NULL },
    { "{{ hex .secrets.sym }}", EXEC, NULL },
    { "{{ hex .Secrets.empty }}", EXEC, NULL },
    { "{{ hex \"abc\" }}", EXEC, NULL },
    { "{{ hex }}", EXEC, NULL },
    { "{{ hex(.Secrets.sym) }}", PARSE, NULL },
    { "{{ hex (.Secrets.sym) }}", "010203ff", NULL },
    { "{{ .Secrets.sym|hex }}", "010203ff", NULL },
    { "{{ .Secrets.sym | hex | printf \"%s-%s\" \"x\" }}", "x-010203ff", NULL },
    { "{{ hex .Secrets.sym | len }}", "8", NULL },
    { "{{ \"sym\" | index .Secrets | hex }}", "010203ff", NULL },
    { "{{ raw .Secrets.a-b }}", PARSE, PARSE },
    { "{{ raw (index .Secrets \"a-b\") }}", "dash", PARSE },
    { "{{ (index .Secrets \"nope\").Size }}", "0", NULL },
    { "{{ raw (index .Secrets \"nope\") }}", EXEC, PARSE },
    { "{{ string .Secrets.plain }}", PARSE, "hello" },
    { "{{ raw .Secrets.plain }}", "hello", PARSE },
    { "{{ string .Secrets.plain.Public }}", PARSE, EXEC },
    { "{{ string .Secrets.sym }}", PARSE, EXEC },
    { "{{ printf \"%s\" .Secrets.plain.Public }}", "hello", NULL },
    { "{{ .Secrets.sym.Public }}", "[1 2 3 255]", NULL },
    { "{{ printf \"%x %X\" .Secrets.sym.Public \"hi\" }}", "010203ff 6869", NULL },
    { "{{ .Secrets.sym.Type }} {{ .Secrets.sym.Size }} {{ .Secrets.sym.Shared }}",
      "symmetric-key 32 true", NULL },
    { "{{ range $k, $v := .Secrets }}{{ $k }}={{ $v.Type }};{{ end }}",
      "a-b=plain;cert=cert-ecdsa;empty=plain;plain=plain;sym=symmetric-key;", NULL },
    { "{{ range $k := .Secrets }}{{ $k.Type }},{{ end }}",
      "plain,cert-ecdsa,plain,plain,symmetric-key,", NULL },
    { "{{ range $i, $e := .Secrets.sym.Public }}{{ $i }}:{{ $e }};{{ end }}", "0:1;1:2;2:3;3:255;",
      NULL },
    { "{{ range 3 }}{{ . }}{{ end }}", "012", NULL },
    { "{{ range .Secrets.nope }}x{{ else }}none{{ end }}", "none", NULL },
    { "{{ range \"abc\" }}{{ end }}", EXEC, NULL },
    { "{{ range $k,$v := .Secrets }}{{ if eq $k \"cert\" }}{{ continue }}{{ end }}{{ $k }},{{ end "
      "}}",
      "a-b,empty,plain,sym,", NULL },
    { "{{ if .Secrets.nope }}yes{{ else }}no{{ end }}", "no", NULL },
    { "{{ if index .Secrets \"nope\" }}yes{{ end }}", "yes", NULL },
    { "{{ if .Secrets.empty.Public }}a{{ else if .Secrets.sym.Shared }}b{{ else }}c{{ end }}", "b",
      NULL },
    { "{{ with .Secrets.nope }}a{{ else with .Secrets.sym }}{{ hex . }}{{ end }}", "010203ff",
      NULL },
    { "{{ if true }}x{{ else with true }}{{ end }}", PARSE, NULL },
    { "{{ $v := 1 }}{{ if true }}{{ $v := 2 }}{{ $v }}{{ end }}{{ $v }}", "21", NULL },
    { "{{ $v := 1 }}{{ if true }}{{ $v = 2 }}{{ end }}{{ $v }}", "2", NULL },
    { "{{ with $v := 5 }}{{ $v }}{{ end }}{{ $v }}", PARSE, NULL },
    { "{{ $x = 1 }}", EXEC, NULL },
    { "{{ $x, $y := .Secrets }}", PARSE, NULL },
    { "{{ template \"T\" }}{{ define \"T\" }}later{{ end }}", "later", NULL },
    { "{{ define \"T\" }}[{{ hex . }}]{{ end }}{{ template \"T\" .Secrets.sym }}", "[010203ff]",
      NULL },
    { "{{ define \"T\" }}{{ . }}{{ end }}{{ template \"T\" }}", "<no value>", NULL },
    { "{{ template \"T\" }}", EXEC, NULL },
    { "{{ define \"x\" }}{{ end }}{{ define \"x\" }}2{{ end }}{{ template \"x\" }}", "2", NULL },
    { "{{ block \"B\" . }}x{{ end }}{{ define \"B\" }}y{{ end }}", PARSE, NULL },
    { "{{ if true }}{{ define \"T\" }}x{{ end }}{{ end }}", PARSE, NULL },
    { "{{/* c */}}x", "x", NULL },
    { "{{ /* c */ }}x", PARSE, NULL },
    { "{{/* c */ }}x", PARSE, NULL },
    { "a {{- /* c */ -}} b", "ab", NULL },
    { "a {{-  /* c */ -}} b", PARSE, NULL },
    { "{{-1}}", "-1", NULL },
    { "{{3-}}", PARSE, NULL },
    { "{{ 3 -}} x", "3x", NULL },
    { "{{ }}", PARSE, NULL },
    { "{{ eq .Secrets.sym.Size 1 2 32 }} {{ lt .Secrets.sym.Size -1 }}", "true false", NULL },
    { "{{ eq 1 \"a\" }}", EXEC, NULL },
    { "{{ eq .Secrets.sym.Public .Secrets.sym.Public }}", EXEC, NULL },
    { "{{ eq .Secrets.nope nil }}", "true", NULL },
    { "{{ and 1 0 2 }} {{ or 0 \"\" \"x\" }} {{ and 0 (hex nil) }}", "0 x 0", NULL },
    { "{{ len .Secrets }} {{ len \"héllo\" }}", "5 6", NULL },
    { "{{ slice \"abcdef\" 1 3 }} {{ slice .Secrets.sym.Public 1 2 | hex }}", "bc 02", NULL },
    { "{{ index .Secrets.sym.Public 4 }}", EXEC, NULL },
    { "{{ print 1 2 \"a\" \"b\" 3 }}", "1 2ab3", NULL },
    { "{{ html \"<a>&'\" }} {{ urlquery \"a b&c\" }}", "&lt;a&gt;&amp;&#39; a+b%26c", NULL },
    { "{{ 'a' }} {{ 0x1F }} {{ 017 }} {{ 1_000 }}", "97 31 15 1000", NULL },
    { "{{ 9223372036854775808 }}", EXEC, NULL },
    { "{{ \"\\'\" }}", PARSE, NULL },
    { "{{ nil }}", EXEC, NULL },
    { "{{ 1 | 2 }}", PARSE, NULL },
    { "{{ .Secrets.sym \"x\" }}", EXEC, NULL },
    { "{{ .MarbleRun.MarbleCert.Private | pem }}",
      "-----BEGIN PRIVATE KEY-----\nbXByaXY=\n-----END PRIVATE KEY-----\n", NULL },
    { "{{ pem .MarbleRun.RootCA.Private }}", EXEC, NULL },
    { "{{ pem .Marblerun.RootCA.Cert }}", EXEC, NULL },
    { "{{ printf \"%d\" \"x\" }} {{ printf \"%d %d\" 1 }}", "%!d(string=x) 1 %!d(MISSING)", NULL },
    { "{{ with .Secrets }}{{ .sym.Type }} {{ $.Secrets.sym.Size }}{{ end }}", "symmetric-key 32",
      NULL },
};

static void every_vector_of_the_reference_comes_out_as_written(void **state)
{
    (void)state;
    check_templates(vectors, COUNT_OF(vectors));
}

/* manifest.md, 17.4: the secrets of `worker`, as far as its report shows them. */
static const struct template_fixture report_secrets[] = {
    { "apiToken", { .type = BYTES_LITERAL("plain"), .user_defined = true } },
    { "diskKey", { .type = BYTES_LITERAL("symmetric-key"), .size = 128 } },
    { "legacyCert", { .type = BYTES_LITERAL("cert-rsa"), .size = 2048 } },
    { "sessionKey", { .type = BYTES_LITERAL("symmetric-key"), .size = 256, .shared = true } },
    { "signKey", { .type = BYTES_LITERAL("cert-ed25519"), .shared = true } },
    { "siteCert", { .type = BYTES_LITERAL("cert-ecdsa"), .size = 384, .shared = true } },
    { "subCA", { .type = BYTES_LITERAL("cert-ecdsa"), .size = 256, .shared = true } },
    { "uploadedCert", { .type = BYTES_LITERAL("cert-ecdsa"), .user_defined = true } },
    { "uploadedKey",
      { .type = BYTES_LITERAL("symmetric-key"), .size = 128, .user_defined = true } },
};

static bool report_secret(const void *ctx, bool previous, struct bytes name,
                          struct template_secret *out)
{
    (void)ctx, (void)previous;
    for (size_t i = 0; i < COUNT_OF(report_secrets); i++) {
        if (bytes_equal_string(name, report_secrets[i].name)) {
            *out = report_secrets[i].secret;
            return true;
        }
    }
    return false;
}

static bool report_next(const void *ctx, bool previous, struct bytes after, bool first,
                        struct bytes *name)
{
    (void)ctx, (void)previous;
    for (size_t i = 0; i < COUNT_OF(report_secrets); i++) {
        *name = bytes_of_string(report_secrets[i].name);
        if (first || bytes_compare(*name, after) > 0)
            return true;
    }
    return false;
}

static void the_report_of_the_worked_example_lists_its_keys(void **state)
{
    const struct bytes source = BYTES_LITERAL(
        "{{- /* inventory of secrets */ -}}\n{{ define \"line\" }}{{ .Type }}{{ end -}}\n"
        "{{ $n := 0 -}}\n{{ range $name, $s := .Secrets }}{{ if eq $s.Type \"symmetric-key\" }}"
        "{{ $n = len $name }}{{ printf \"%s %d \" $name $n }}{{ template \"line\" $s }}\n"
        "{{ else if $s.UserDefined }}{{ continue }}{{ end }}{{ end -}}\n"
        "shared={{ .Secrets.sessionKey.Shared }} size={{ .Secrets.sessionKey.Size }} "
        "token={{ (index .Secrets \"apiToken\").Type | printf \"%q\" }}");
    const struct template_data data = { .secret = report_secret, .next_secret = report_next };
    struct err err = { 0 };
    auto_buf out = { 0 };

    (void)state;
    auto_template *t = template_compile(source, TEMPLATE_FILE, &err);
    assert_ok(t != NULL, &err);
    assert_ok(template_execute(t, &data, &out, &err), &err);
    assert_bytes_equal(buf_bytes(&out), BYTES_LITERAL("diskKey 7 symmetric-key\n"
                                                      "sessionKey 10 symmetric-key\n"
                                                      "uploadedKey 11 symmetric-key\n"
                                                      "shared=true size=256 token=\"plain\""));
    assert_true(template_uses_all_secrets(t));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(every_vector_of_the_reference_comes_out_as_written),
    cmocka_unit_test(the_report_of_the_worked_example_lists_its_keys),
};

TEST_MAIN(tests)
