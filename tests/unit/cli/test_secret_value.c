/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "cli/user/secret_value.h"

/* A map with one secret of this type; the parts are base64 or JSON null. */
static bool read_secret(const char *type, const char *private, struct secret_value *v,
                        struct err *err)
{
    auto_arena arena = { 0 };
    auto_string *text = mem_printf("{\"s\":{\"Type\":\"%s\",\"Cert\":\"AQ==\",\"Private\":%s,"
                                   "\"Public\":\"Ag==\"}}",
                                   type, private);
    const struct json *const secrets =
        json_parse(bytes_of_string(text), JSON_TRAILING_REFUSED, &arena, err);

    assert_non_null(secrets);
    return secret_value_read(secrets, "s", v, err);
}

static void a_field_is_known_by_its_name_only(void **state)
{
    (void)state;
    assert_int_equal(secret_field_from_text("cert"), SECRET_FIELD_CERT);
    assert_int_equal(secret_field_from_text("private"), SECRET_FIELD_PRIVATE);
    assert_int_equal(secret_field_from_text("public"), SECRET_FIELD_PUBLIC);
    assert_int_equal(secret_field_from_text("key"), SECRET_FIELD_KEY);
    assert_int_equal(secret_field_from_text("Key"), SECRET_FIELD_NONE);
    assert_int_equal(secret_field_from_text(""), SECRET_FIELD_NONE);
    assert_int_equal(secret_field_from_text(NULL), SECRET_FIELD_NONE);
}

static void a_secret_has_the_parts_of_its_type(void **state)
{
    static const struct {
        const char *type, *private;
        enum secret_field field;
        enum fail_kind kind; /* FAIL_NONE: it has it */
    } rows[] = {
        { "plain", "\"AQI=\"", SECRET_FIELD_NONE, FAIL_NONE },
        { "plain", "\"\"", SECRET_FIELD_KEY, FAIL_NONE },
        { "plain", "null", SECRET_FIELD_KEY, FAIL_NOT_FOUND },
        { "plain", "\"AQI=\"", SECRET_FIELD_PUBLIC, FAIL_STATE },
        { "symmetric-key", "\"AQI=\"", SECRET_FIELD_CERT, FAIL_STATE },
        { "cert-rsa", "\"AQI=\"", SECRET_FIELD_PRIVATE, FAIL_NONE },
        { "cert-rsa", "null", SECRET_FIELD_PUBLIC, FAIL_NONE },
        { "cert-rsa", "null", SECRET_FIELD_PRIVATE, FAIL_NOT_FOUND },
        { "cert-rsa", "\"AQI=\"", SECRET_FIELD_KEY, FAIL_STATE },
        { "cert-rsa", "\"AQI=\"", SECRET_FIELD_NONE, FAIL_STATE },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        auto_secret_value v = { 0 };
        struct err err = { 0 };
        struct bytes raw;
        assert_true(read_secret(rows[i].type, rows[i].private, &v, &err));
        assert_int_equal(secret_value_raw(&v, rows[i].field, &raw, &err),
                         rows[i].kind == FAIL_NONE);
        assert_int_equal(err.kind, rows[i].kind);
    }
}

static void a_type_that_nobody_knows_is_refused(void **state)
{
    auto_secret_value v = { 0 };
    struct err err = { 0 };

    (void)state;
    assert_false(read_secret("Plain", "null", &v, &err));
    assert_int_equal(err.kind, FAIL_MALFORMED);
}

/* The label in PEM says which structure is inside. */
static void a_private_key_has_the_label_of_its_form(void **state)
{
    static const struct {
        const char *base64, *label; /* NULL: there is none */
    } rows[] = {
        { "MAUCAQAwAA==", "PRIVATE KEY" },       /* SEQUENCE of INTEGER, SEQUENCE */
        { "MAYCAQACAQM=", "RSA PRIVATE KEY" },   /* INTEGER, INTEGER */
        { "MAUCAQEEAA==", "EC PRIVATE KEY" },    /* INTEGER, OCTET STRING */
        { "MAQwAAQA", "ENCRYPTED PRIVATE KEY" }, /* SEQUENCE, OCTET STRING */
        { "MAQwADAA", NULL },                    /* SEQUENCE, SEQUENCE */
        { "MAUCAQACAQ==", NULL },                /* cut off */
        { "MAMCAQA=", NULL },                    /* alone */
        { "BAUCAQAwAA==", NULL },                /* no SEQUENCE */
        { "", NULL },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        auto_secret_value v = { 0 };
        auto_buf pem = { 0 };
        struct err err = { 0 };
        auto_string *private = mem_printf("\"%s\"", rows[i].base64);
        auto_string *wanted = mem_printf("-----BEGIN %s-----\n%s\n-----END %s-----\n",
                                         rows[i].label, rows[i].base64, rows[i].label);
        assert_true(read_secret("cert-rsa", private, &v, &err));
        const bool put = secret_value_pem(&v, SECRET_FIELD_PRIVATE, &pem, &err);
        assert_int_equal(put, rows[i].label != NULL);
        assert_true(!put || bytes_equal_string(buf_bytes(&pem), wanted));
        assert_int_equal(err.kind, put ? FAIL_NONE : FAIL_STATE);
    }
}

static void text_is_by_the_type_and_never_by_the_value(void **state)
{
    static const struct {
        const char *type, *private, *text; /* NULL: refused */
    } rows[] = {
        { "symmetric-key", "\"YWJj\"", "YWJj" },
        { "plain", "\"YWJj\"", "abc" },
        { "plain", "\"\"", "" },
        { "plain", "\"w6kKCQ==\"", "\xc3\xa9\n\t" },
        { "plain", "\"AA==\"", NULL },
        { "plain", "\"DQ==\"", NULL }, /* CR */
        { "plain", "\"fw==\"", NULL }, /* DEL */
        { "plain", "\"woU=\"", NULL }, /* U+0085 */
        { "plain", "\"wg==\"", NULL }, /* cut off */
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        auto_secret_value v = { 0 };
        auto_buf text = { 0 };
        struct err err = { 0 };
        assert_true(read_secret(rows[i].type, rows[i].private, &v, &err));
        const bool put = secret_value_text(&v, &text, &err);
        assert_int_equal(put, rows[i].text != NULL);
        assert_true(!put || bytes_equal_string(buf_bytes(&text), rows[i].text));
    }
}

static void names_become_variables_and_text_is_quoted(void **state)
{
    static const char *const names[][2] = {
        { "token", "token" }, { "Db_1", "Db_1" }, { "db-pass.word", "db_pass_word" },
        { "1st", "_1st" },    { "", "" },         { "\xc3\xa9", "__" },
        { "[`{@", "____" }
    };
    auto_buf quoted = { 0 };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        auto_buf variable = { 0 };
        secret_put_variable(&variable, bytes_of_string(names[i][0]));
        assert_true(bytes_equal_string(buf_bytes(&variable), names[i][1]));
    }
    secret_put_quoted(&quoted, BYTES_LITERAL("a'$`\\\n'"));
    assert_true(bytes_equal_string(buf_bytes(&quoted), "'a'\\''$`\\\n'\\'''"));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_field_is_known_by_its_name_only),
    cmocka_unit_test(a_secret_has_the_parts_of_its_type),
    cmocka_unit_test(a_type_that_nobody_knows_is_refused),
    cmocka_unit_test(a_private_key_has_the_label_of_its_form),
    cmocka_unit_test(text_is_by_the_type_and_never_by_the_value),
    cmocka_unit_test(names_become_variables_and_text_is_quoted),
};
TEST_MAIN(tests)
