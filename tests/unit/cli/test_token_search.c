/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "cli/token/search.h"

static void a_uri_is_told_from_a_path(void **state)
{
    (void)state;
    assert_true(token_is_uri("pkcs11:"));
    assert_true(token_is_uri("PKCS11:token=x"));
    assert_false(token_is_uri("pkcs11"));
    assert_false(token_is_uri("./pkcs11:x"));
    assert_false(token_is_uri(""));
}

static void every_attribute_has_its_place(void **state)
{
    auto_token_search s = { 0 };
    struct err err = { 0 };

    (void)state;
    assert_ok(
        token_search_from_uri(
            "pkcs11:token=my%20token;manufacturer=m%3Bn;model=v2;serial=00ff;slot-id=115406183;"
            "object=%c3%A4;id=%00%ff%2f1;type=private?module-path=/a/b.so&module-name=softhsm2&"
            "pin-source=file:/run/pin%20file",
            TOKEN_PRIVATE_KEY, &s, &err),
        &err);
    assert_bytes_equal(s.token, BYTES_LITERAL("my token"));
    assert_bytes_equal(s.manufacturer, BYTES_LITERAL("m;n"));
    assert_bytes_equal(s.model, BYTES_LITERAL("v2"));
    assert_bytes_equal(s.serial, BYTES_LITERAL("00ff"));
    assert_true(s.has_slot && s.slot == 115406183);
    assert_bytes_equal(s.label, BYTES_LITERAL("\xc3\xa4"));
    assert_bytes_equal(s.id, BYTES_LITERAL("\0\xff/1"));
    assert_bytes_equal(s.module_path, BYTES_LITERAL("/a/b.so"));
    assert_bytes_equal(s.module_name, BYTES_LITERAL("softhsm2"));
    assert_bytes_equal(s.pin_source, BYTES_LITERAL("/run/pin file"));
    assert_null(s.pin);
    assert_false(s.no_login || s.by_flags);
}

static void what_is_left_away_means_anything(void **state)
{
    static const char *const uris[] = { "pkcs11:", "pkcs11:?", "pkcs11:type=cert" };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(uris); i++) {
        auto_token_search s = { 0 };
        struct err err = { 0 };
        assert_ok(token_search_from_uri(uris[i], TOKEN_CERTIFICATE, &s, &err), &err);
        assert_int_equal(s.token.len + s.label.len + s.id.len + s.pin_source.len, 0);
        assert_false(s.has_slot);
    }
}

static void the_file_of_a_pin_is_a_path_or_a_uri(void **state)
{
    static const struct {
        const char *uri, *path;
    } cases[] = {
        { "pkcs11:?pin-source=/a", "/a" },
        { "pkcs11:?pin-source=a", "a" },
        { "pkcs11:?pin-source=file:a", "a" },
        { "pkcs11:?pin-source=file:/a", "/a" },
        { "pkcs11:?pin-source=file:///a/b", "/a/b" },
        { "pkcs11:?pin-source=a%26b", "a&b" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        auto_token_search s = { 0 };
        struct err err = { 0 };
        assert_ok(token_search_from_uri(cases[i].uri, TOKEN_CERTIFICATE, &s, &err), &err);
        assert_bytes_equal(s.pin_source, bytes_of_string(cases[i].path));
    }
}

static void a_malformed_uri_is_refused_with_its_reason(void **state)
{
    static const struct {
        const char *uri, *text;
    } cases[] = {
        { "pkcs11:token", "attributes are name=value" },
        { "pkcs11:;token=x", "attributes are name=value" },
        { "pkcs11:token=x;", "attributes are name=value" },
        { "pkcs11:?pin-source=x&", "attributes are name=value" },
        { "pkcs11:token=", "token: no value" },
        { "pkcs11:id=", "id: no value" },
        { "pkcs11:=x", "there is no attribute \"\" before the question mark" },
        { "pkcs11:tokens=x", "there is no attribute \"tokens\" before the question mark" },
        { "pkcs11:Token=x", "there is no attribute \"Token\" before the question mark" },
        { "pkcs11:library-version=3", "there is no attribute \"library-version\" before the" },
        { "pkcs11:x-vendor=3", "there is no attribute \"x-vendor\"" },
        { "pkcs11:module-path=x", "there is no attribute \"module-path\" before" },
        { "pkcs11:?token=x", "there is no attribute \"token\" behind the question mark" },
        { "pkcs11:token=x;token=y", "token stands there twice" },
        { "pkcs11:slot-id=1;slot-id=1", "slot-id stands there twice" },
        { "pkcs11:?pin-source=x&pin-source=y", "pin-source stands there twice" },
        { "pkcs11:token=%", "token: a % without two hex digits" },
        { "pkcs11:token=%1", "token: a % without two hex digits" },
        { "pkcs11:token=%1g", "token: a % without two hex digits" },
        { "pkcs11:id=%0x", "id: a % without two hex digits" },
        { "pkcs11:token=a%00b", "token: a NUL in it" },
        { "pkcs11:object=%00", "object: a NUL in it" },
        { "pkcs11:slot-id=x", "slot-id: not a number" },
        { "pkcs11:slot-id=-1", "slot-id: not a number" },
        { "pkcs11:slot-id=1000000000000000000", "slot-id: not a number" },
        { "pkcs11:type=cert", "type: \"private\" is needed here" },
        { "pkcs11:type=public", "type: \"private\" is needed here" },
        { "pkcs11:?pin-source=|cat", "pin-source: commands are not run" },
        { "pkcs11:?pin-source=file:", "pin-source: no value" },
        { "pkcs11:?pin-value=4711", "pin-value: a PIN in arguments is seen by everybody" },
        { "pkcs11:pin-value=4711", "there is no attribute \"pin-value\" before" },
        { "pkcs11:token=x;4711", "attributes are name=value" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        auto_token_search s = { 0 };
        struct err err = { 0 };
        if (token_search_from_uri(cases[i].uri, TOKEN_PRIVATE_KEY, &s, &err))
            fail_msg("\"%s\" was taken", cases[i].uri);
        assert_int_equal(err.kind, FAIL_MALFORMED);
        if (strstr(err.text, cases[i].text) == NULL)
            fail_msg("\"%s\": %s", cases[i].uri, err.text);
        assert_null(strstr(err.text, "4711"));
    }
}

static void a_search_goes_back_to_text_without_the_way_to_the_pin(void **state)
{
    static const char uri[] = "pkcs11:slot-id=7;token=my%20token;object=%C3%A4;id=%00%FF/"
                              "1;type=private?module-path=/a/b.so&module-name=x";
    auto_token_search s = { 0 }, again = { 0 };
    auto_buf text = { 0 }, second = { 0 };
    struct err err = { 0 };

    (void)state;
    auto_string *with_pin = mem_printf("%s&pin-source=/p", uri);
    assert_ok(token_search_from_uri(with_pin, TOKEN_PRIVATE_KEY, &s, &err), &err);
    token_search_put(&s, &text);
    assert_bytes_equal(buf_bytes(&text), bytes_of_string(uri));
    buf_add_u8(&text, '\0');
    assert_ok(token_search_from_uri((char *)text.at, TOKEN_PRIVATE_KEY, &again, &err), &err);
    token_search_put(&again, &second);
    assert_bytes_equal(buf_bytes(&second), bytes_of_string(uri));
}

/* ---- the configuration of the original ---- */

static bool configure(const char *json, struct token_search *s, struct err *err)
{
    return token_search_from_config(bytes_of_string(json), "0x0aFF", "label", TOKEN_PRIVATE_KEY, s,
                                    err);
}

static void a_configuration_names_module_token_and_pin(void **state)
{
    auto_token_search s = { 0 };
    struct err err = { 0 };

    (void)state;
    assert_ok(configure("{\"path\":\"/m.so\",\"TOKENLABEL\":\"t\",\"Pin\":\"4711\",\"MaxSessions\":"
                        "9,\"UseGCMIVFromHSM\":true,\"Other\":{}} more",
                        &s, &err),
              &err);
    assert_bytes_equal(s.module_path, BYTES_LITERAL("/m.so"));
    assert_bytes_equal(s.token, BYTES_LITERAL("t"));
    assert_bytes_equal(secret_bytes(s.pin), BYTES_LITERAL("4711"));
    assert_bytes_equal(s.id, BYTES_LITERAL("0x0aFF"));
    assert_bytes_equal(s.other_id, BYTES_LITERAL("\x0a\xff"));
    assert_bytes_equal(s.label, BYTES_LITERAL("label"));
    assert_true(s.by_flags);
    assert_false(s.no_login || s.has_slot);
}

static void a_token_may_be_named_by_serial_or_slot(void **state)
{
    auto_token_search serial = { 0 }, slot = { 0 };
    struct err err = { 0 };

    (void)state;
    assert_ok(configure("{\"Path\":\"m\",\"TokenSerial\":\"12\",\"SlotNumber\":null,"
                        "\"LoginNotSupported\":true}",
                        &serial, &err),
              &err);
    assert_bytes_equal(serial.serial, BYTES_LITERAL("12"));
    assert_true(serial.no_login && !serial.has_slot && serial.pin == NULL);
    assert_ok(configure("{\"Path\":\"m\",\"SlotNumber\":0}", &slot, &err), &err);
    assert_true(slot.has_slot && slot.slot == 0);
}

static void a_bad_configuration_is_refused(void **state)
{
    static const struct {
        const char *json, *text;
    } cases[] = {
        { "", "EOF" },
        { "[]", "is no object" },
        { "{}", "Path of the module is missing" },
        { "{\"Path\":\"m\"}", "exactly one of TokenSerial, TokenLabel and SlotNumber" },
        { "{\"Path\":\"m\",\"TokenLabel\":\"\"}", "exactly one of" },
        { "{\"Path\":\"m\",\"TokenLabel\":\"a\",\"TokenSerial\":\"b\"}", "exactly one of" },
        { "{\"Path\":\"m\",\"TokenLabel\":\"a\",\"SlotNumber\":0}", "exactly one of" },
        { "{\"Path\":1}", "Path (line 1:9)" },
        { "{\"Path\":\"a\\u0000b\"}", "has a NUL in it" },
        { "{\"Path\":\"m\",\"SlotNumber\":-1}", "SlotNumber" },
        { "{\"Path\":\"m\",\"SlotNumber\":1e3}", "SlotNumber" },
        { "{\"Path\":\"m\",\"SlotNumber\":9223372036854775808}", "SlotNumber" },
        { "{\"Path\":\"m\",\"Pin\":4711}", "Pin" },
        { "{\"Path\":\"m\",\"LoginNotSupported\":\"yes\"}", "LoginNotSupported" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        auto_token_search s = { 0 };
        struct err err = { 0 };
        if (configure(cases[i].json, &s, &err))
            fail_msg("%s was taken", cases[i].json);
        assert_int_equal(err.kind, FAIL_MALFORMED);
        if (strstr(err.text, cases[i].text) == NULL)
            fail_msg("%s: %s", cases[i].json, err.text);
        assert_null(strstr(err.text, "4711"));
    }
}

static void an_id_is_text_or_what_the_text_means(void **state)
{
    static const struct {
        const char *typed;
        struct bytes other;
    } cases[] = {
        { "01", BYTES_LITERAL("\x01") },
        { "0aFF", BYTES_LITERAL("\x0a\xff") },
        { "abc", BYTES_NONE },
        { "label", BYTES_NONE },
        { "0x01", BYTES_LITERAL("\x01") },
        { "0X0aFf", BYTES_LITERAL("\x0a\xff") },
        { "0x", BYTES_NONE },
        { "0x1", BYTES_NONE },
        { "0x1g", BYTES_NONE },
        { "%01%ff", BYTES_LITERAL("\x01\xff") },
        { "a%62", BYTES_LITERAL("ab") },
        { "50%", BYTES_NONE },
        { "%zz", BYTES_NONE },
        { "", BYTES_NONE },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        auto_token_search s = { 0 };
        struct err err = { 0 };
        assert_ok(token_search_from_config(BYTES_LITERAL("{\"Path\":\"m\",\"TokenLabel\":\"t\"}"),
                                           cases[i].typed, NULL, TOKEN_CERTIFICATE, &s, &err),
                  &err);
        assert_bytes_equal(s.id, bytes_of_string(cases[i].typed));
        assert_bytes_equal(s.other_id, cases[i].other);
        assert_int_equal(s.label.len, 0);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_uri_is_told_from_a_path),
    cmocka_unit_test(every_attribute_has_its_place),
    cmocka_unit_test(what_is_left_away_means_anything),
    cmocka_unit_test(the_file_of_a_pin_is_a_path_or_a_uri),
    cmocka_unit_test(a_malformed_uri_is_refused_with_its_reason),
    cmocka_unit_test(a_search_goes_back_to_text_without_the_way_to_the_pin),
    cmocka_unit_test(a_configuration_names_module_token_and_pin),
    cmocka_unit_test(a_token_may_be_named_by_serial_or_slot),
    cmocka_unit_test(a_bad_configuration_is_refused),
    cmocka_unit_test(an_id_is_text_or_what_the_text_means),
};
TEST_MAIN(tests)
