/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "attestation/quote.h"
#include "fake_quote.h"

enum { HEADER_LEN = 48, SHORT_SIGNATURE = 9 }; /* bytes */

static const struct form {
    const char *name;
    struct fake_quote shape;
    enum tee tee;
    size_t body_at, body_len, report_data_at; /* from the start of the quote */
} forms[] = {
    { "SGX 3", { 3, 0, 0, 0 }, TEE_SGX, 48, 384, 368 },
    { "SGX 4", { 4, 0, 0, 0 }, TEE_SGX, 48, 384, 368 },
    { "SGX 5", { 5, 0, 1, 0 }, TEE_SGX, 54, 384, 374 },
    { "TDX 4", { 4, 0x81, 0, 0 }, TEE_TDX, 48, 584, 568 },
    { "TDX 5, report 1.0", { 5, 0x81, 2, 0 }, TEE_TDX, 54, 584, 574 },
    { "TDX 5, report 1.5", { 5, 0x81, 3, 0 }, TEE_TDX, 54, 648, 574 },
};

static const uint8_t *report_data(void)
{
    static const uint8_t some[REPORT_DATA_LEN] = "report data of a test";

    return some;
}

static struct buf quote_of(const struct form *form, uint32_t signature_len)
{
    struct buf quote = { 0 };
    struct fake_quote shape = form->shape;

    shape.signature_len = signature_len;
    fake_quote_add(&quote, &shape, report_data());
    return quote;
}

/* Parses a copy of exactly that size, so that a sanitizer sees a byte too many. */
static bool parses(struct bytes raw, struct err *err)
{
    struct quote q;
    uint8_t *const exact = malloc(raw.len > 0 ? raw.len : 1);

    assert_non_null(exact);
    if (raw.len > 0)
        memcpy(exact, raw.at, raw.len);
    *err = (struct err){ 0 };
    const bool done = quote_parse(bytes_of(exact, raw.len), &q, err);
    free(exact);
    return done;
}

static void quote_parse_finds_every_field_of_every_form(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        const struct form *const form = &forms[i];
        auto_buf raw = quote_of(form, 0);
        struct quote q;
        struct err err = { 0 };

        print_message("# %s\n", form->name);
        assert_ok(quote_parse(buf_bytes(&raw), &q, &err), &err);
        assert_int_equal(q.version, form->shape.version);
        assert_int_equal(q.key_type, 2);
        assert_int_equal(q.tee, form->tee);
        assert_int_equal(q.body_type, form->shape.body_type);
        assert_ptr_equal(q.body.at, raw.at + form->body_at);
        assert_int_equal(q.body.len, form->body_len);
        assert_ptr_equal(q.report_data.at, raw.at + form->report_data_at);
        assert_bytes_equal(q.report_data, bytes_of(report_data(), REPORT_DATA_LEN));
        assert_ptr_equal(q.signed_part.at, raw.at);
        assert_int_equal(q.signed_part.len, form->body_at + form->body_len);
        assert_ptr_equal(q.signature.at, raw.at + form->body_at + form->body_len + 4);
        assert_int_equal(q.signature.len, FAKE_SIGNATURE_LEN);
        assert_bytes_equal(q.whole, buf_bytes(&raw));
        assert_int_equal(err.kind, FAIL_NONE);
    }
}

static void quote_parse_says_of_what_is_cut_off_which_tee_its_header_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        auto_buf raw = quote_of(&forms[i], SHORT_SIGNATURE);
        struct err err = { 0 };

        for (size_t len = 0; len < raw.len; len++) {
            auto_buf cut = { 0 };
            struct quote q;
            buf_add(&cut, bytes_of(raw.at, len));
            assert_false(quote_parse(buf_bytes(&cut), &q, &err));
            assert_int_equal(q.tee, len < forms[i].body_at ? TEE_NONE : forms[i].tee);
        }
    }
}

static void quote_parse_refuses_every_prefix(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        auto_buf raw = quote_of(&forms[i], SHORT_SIGNATURE);
        struct err err;

        for (size_t len = 0; len < raw.len; len++) {
            assert_false(parses(bytes_of(raw.at, len), &err));
            assert_int_equal(err.kind, FAIL_MALFORMED);
        }
        assert_ok(parses(buf_bytes(&raw), &err), &err);
    }
}

static void quote_parse_says_what_is_cut_off(void **state)
{
    auto_buf raw = quote_of(&forms[0], 0);
    struct err err;

    (void)state;
    assert_false(parses(bytes_of(raw.at, raw.len - 1), &err));
    assert_non_null(strstr(err.text, "signature"));
    assert_false(parses(bytes_of(raw.at, HEADER_LEN), &err));
    assert_non_null(strstr(err.text, "report"));
}

static void quote_parse_refuses_a_signature_size_beyond_the_input(void **state)
{
    static const uint32_t sizes[] = { SHORT_SIGNATURE + 1, 0x7fffffff, 0x80000000, 0xfffffe4b,
                                      0xffffffff };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        auto_buf raw = quote_of(&forms[i], SHORT_SIGNATURE);
        const size_t at = forms[i].body_at + forms[i].body_len;
        struct err err;

        for (size_t k = 0; k < COUNT_OF(sizes); k++) {
            for (size_t byte = 0; byte < 4; byte++)
                raw.at[at + byte] = (uint8_t)(sizes[k] >> 8 * byte);
            assert_false(parses(buf_bytes(&raw), &err));
            assert_int_equal(err.kind, FAIL_MALFORMED);
        }
    }
}

static void quote_parse_takes_zero_bytes_behind_a_quote_and_no_others(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        auto_buf raw = quote_of(&forms[i], SHORT_SIGNATURE);
        const size_t len = raw.len;
        struct quote q;
        struct err err = { 0 };

        memset(buf_grow(&raw, 100), 0, 100);
        assert_ok(quote_parse(buf_bytes(&raw), &q, &err), &err);
        assert_int_equal(q.whole.len, len);
        raw.at[raw.len - 1] = 1;
        assert_false(quote_parse(buf_bytes(&raw), &q, &err));
        assert_int_equal(err.kind, FAIL_MALFORMED);
        assert_non_null(strstr(err.text, "100 bytes follow"));
    }
}

static void quote_parse_refuses_forms_that_do_not_exist(void **state)
{
    static const struct {
        const char *name;
        size_t form, at;
        uint8_t value;
    } rows[] = {
        { "version 2", 0, 0, 2 },
        { "version 6", 0, 0, 6 },
        { "version 0x103", 0, 1, 1 },
        { "TDX in version 3", 0, 4, 0x81 },
        { "TEE type 1", 1, 4, 1 },
        { "TEE type 0x81000000", 1, 7, 0x81 },
        { "QE vendor, first byte", 0, 12, 0 },
        { "QE vendor, last byte", 3, 27, 0 },
        { "body type 0", 2, 48, 0 },
        { "body type 4", 4, 48, 4 },
        { "TD report in SGX", 2, 48, 2 },
        { "enclave report in TDX", 4, 48, 1 },
        { "body size + 1", 2, 50, 0x81 },
        { "body size of the other report", 4, 50, 0x88 },
        { "body size with a high byte", 5, 53, 1 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        auto_buf raw = quote_of(&forms[rows[i].form], 0);
        struct err err;

        print_message("# %s\n", rows[i].name);
        assert_true(raw.at[rows[i].at] != rows[i].value);
        raw.at[rows[i].at] = rows[i].value;
        assert_false(parses(buf_bytes(&raw), &err));
        assert_int_equal(err.kind, FAIL_MALFORMED);
    }
}

static void quote_is_over_compares_every_byte(void **state)
{
    auto_buf raw = quote_of(&forms[0], 0);
    uint8_t other[REPORT_DATA_LEN];
    struct quote q;
    struct err err = { 0 };

    (void)state;
    assert_ok(quote_parse(buf_bytes(&raw), &q, &err), &err);
    assert_true(quote_is_over(&q, report_data()));
    for (size_t i = 0; i < sizeof other; i++) {
        memcpy(other, report_data(), sizeof other);
        other[i] ^= 1;
        assert_false(quote_is_over(&q, other));
    }
}

/* The example of marble-api.md, 6.6. */
static void quote_wrap_puts_the_header_of_open_enclave_in_front(void **state)
{
    auto_buf want = test_unhex("01000000 02000000 f611000000000000");
    auto_buf raw = quote_of(&forms[0], 0), is = { 0 };

    (void)state;
    assert_int_equal(raw.len, 4598);
    buf_add(&want, buf_bytes(&raw));
    quote_wrap(buf_bytes(&raw), &is);
    assert_bytes_equal(buf_bytes(&is), buf_bytes(&want));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(quote_parse_finds_every_field_of_every_form),
    cmocka_unit_test(quote_parse_says_of_what_is_cut_off_which_tee_its_header_names),
    cmocka_unit_test(quote_parse_refuses_every_prefix),
    cmocka_unit_test(quote_parse_says_what_is_cut_off),
    cmocka_unit_test(quote_parse_refuses_a_signature_size_beyond_the_input),
    cmocka_unit_test(quote_parse_takes_zero_bytes_behind_a_quote_and_no_others),
    cmocka_unit_test(quote_parse_refuses_forms_that_do_not_exist),
    cmocka_unit_test(quote_is_over_compares_every_byte),
    cmocka_unit_test(quote_wrap_puts_the_header_of_open_enclave_in_front),
};
TEST_MAIN(tests)
