/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "codec/text.h"

/* RFC 4648, section 10. */
static const struct {
    const char *plain, *text;
} vectors[] = {
    { "", "" },
    { "f", "Zg==" },
    { "fo", "Zm8=" },
    { "foo", "Zm9v" },
    { "foob", "Zm9vYg==" },
    { "fooba", "Zm9vYmE=" },
    { "foobar", "Zm9vYmFy" },
};

static void base64_agrees_with_the_vectors_of_rfc_4648(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(vectors); i++) {
        auto_buf text = { 0 }, plain = { 0 };
        struct err err = { 0 };
        base64_encode(&text, BASE64_STANDARD, bytes_of_string(vectors[i].plain));
        assert_bytes_equal(buf_bytes(&text), bytes_of_string(vectors[i].text));
        assert_ok(base64_decode(&plain, BASE64_STANDARD, buf_bytes(&text), &err), &err);
        assert_bytes_equal(buf_bytes(&plain), bytes_of_string(vectors[i].plain));
    }
}

static void base64_uses_the_64_digits_of_its_alphabet_in_order(void **state)
{
    static const char *const same =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    auto_buf all = { 0 }, standard = { 0 }, url = { 0 }, want = { 0 };

    (void)state;
    for (uint32_t i = 0; i < 64; i += 4) {
        const uint32_t group = i << 18 | (i + 1) << 12 | (i + 2) << 6 | (i + 3);
        buf_add_u8(&all, (uint8_t)(group >> 16));
        buf_add_u8(&all, (uint8_t)(group >> 8));
        buf_add_u8(&all, (uint8_t)group);
    }
    base64_encode(&standard, BASE64_STANDARD, buf_bytes(&all));
    buf_add_format(&want, "%s+/", same);
    assert_bytes_equal(buf_bytes(&standard), buf_bytes(&want));
    base64_encode(&url, BASE64_URL, buf_bytes(&all));
    buf_truncate(&want, 62);
    buf_add_string(&want, "-_");
    assert_bytes_equal(buf_bytes(&url), buf_bytes(&want));
}

static void base64_decode_knows_64_digits_and_no_other_byte(void **state)
{
    (void)state;
    for (int alphabet = BASE64_STANDARD; alphabet <= BASE64_URL; alphabet++) {
        unsigned accepted = 0;
        for (unsigned value = 0; value < 256; value++) {
            const uint8_t group[4] = { 'A', 'A', 'A', (uint8_t)value };
            auto_buf out = { 0 };
            struct err err = { 0 };
            if (value != '=')
                accepted +=
                    base64_decode(&out, (enum base64_alphabet)alphabet, bytes_of(group, 4), &err);
        }
        assert_int_equal(accepted, 64);
    }
}

static void base64_decode_undoes_base64_encode_for_every_length(void **state)
{
    uint8_t in[256];

    (void)state;
    for (size_t i = 0; i < sizeof in; i++)
        in[i] = (uint8_t)(i * 167 + 13);
    for (size_t len = 0; len <= sizeof in; len++) {
        auto_buf text = { 0 }, back = { 0 };
        struct err err = { 0 };
        base64_encode(&text, BASE64_URL, bytes_of(in, len));
        assert_int_equal(text.len % 4, 0);
        assert_ok(base64_decode(&back, BASE64_URL, buf_bytes(&text), &err), &err);
        assert_bytes_equal(buf_bytes(&back), bytes_of(in, len));
    }
}

static void base64_decode_is_as_tolerant_as_go(void **state)
{
    static const struct {
        const char *in, *plain;
    } rows[] = {
        { "\r\nZm\n9v\r\n", "foo" }, /* line ends, everywhere */
        { "Zg=\n=\n", "f" },         /* also between and after the padding */
        { "Zh==", "f" },             /* bits that no byte takes up need not be zero */
        { "Zm9=", "fo" },
        { "\n", "" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        auto_buf out = { 0 };
        struct err err = { 0 };
        assert_ok(base64_decode(&out, BASE64_STANDARD, bytes_of_string(rows[i].in), &err), &err);
        assert_bytes_equal(buf_bytes(&out), bytes_of_string(rows[i].plain));
    }
}

static void base64_decode_names_the_place_and_leaves_the_buffer(void **state)
{
    static const struct {
        const char *in, *text;
    } rows[] = {
        { "Z", "base64: text ends inside a group of four at offset 1" },
        { "Zg", "base64: text ends inside a group of four at offset 2" },
        { "Zg=", "base64: text ends inside a group of four at offset 3" },
        { "Zm9vYg", "base64: text ends inside a group of four at offset 6" },
        { "=", "base64: padding where none belongs at offset 0" },
        { "Z===", "base64: padding where none belongs at offset 1" },
        { "Zm9v=", "base64: padding where none belongs at offset 4" },
        { "Zg===", "base64: padding where none belongs at offset 4" },
        { "Zm8==", "base64: padding where none belongs at offset 4" },
        { "Zg==Zg==", "base64: a digit after the padding at offset 4" },
        { "Zg=g", "base64: a digit after the padding at offset 3" },
        { "Zm 9v", "base64: no digit at offset 2" },
        { "Zm-_", "base64: no digit at offset 2" },
        { "Zg==\t", "base64: no digit at offset 4" },
        { "\xc3\xbc==", "base64: no digit at offset 0" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        auto_buf out = { 0 };
        struct err err = { 0 };
        buf_add_string(&out, "kept");
        assert_false(base64_decode(&out, BASE64_STANDARD, bytes_of_string(rows[i].in), &err));
        assert_int_equal(err.kind, FAIL_MALFORMED);
        assert_string_equal(err.text, rows[i].text);
        assert_bytes_equal(buf_bytes(&out), BYTES_LITERAL("kept"));
    }
}

static void base64_decode_refuses_every_prefix_that_cuts_a_group(void **state)
{
    const struct bytes whole = BYTES_LITERAL("Zm9vYmFyZm9vYg==");

    (void)state;
    for (size_t len = 0; len <= whole.len; len++) {
        uint8_t *const exact = malloc(len > 0 ? len : 1);
        auto_buf out = { 0 };
        struct err err = { 0 };
        memcpy(exact, whole.at, len);
        assert_int_equal(base64_decode(&out, BASE64_STANDARD, bytes_of(exact, len), &err),
                         len % 4 == 0);
        free(exact);
    }
}

/* Whole blocks are decoded at once; a digit has to be looked at wherever it stands in one. */
static void base64_decode_looks_at_every_byte_of_a_long_text(void **state)
{
    const struct bytes plain = BYTES_LITERAL("The quick brown fox jumps over the lazy dog 0123");

    (void)state;
    for (int alphabet = BASE64_STANDARD; alphabet <= BASE64_URL; alphabet++) {
        auto_buf text = { 0 };
        base64_encode(&text, (enum base64_alphabet)alphabet, plain);
        for (size_t at = 0; at < text.len; at++) {
            const uint8_t was = text.at[at];
            unsigned accepted = 0;
            for (unsigned value = 0; value < 256; value++) {
                auto_buf out = { 0 }, again = { 0 };
                struct err err = { 0 };
                text.at[at] = (uint8_t)value;
                if (!base64_decode(&out, (enum base64_alphabet)alphabet, buf_bytes(&text), &err)) {
                    assert_int_equal(out.len, 0);
                    continue;
                }
                base64_encode(&again, (enum base64_alphabet)alphabet, buf_bytes(&out));
                assert_true(value == '=' || bytes_equal(buf_bytes(&again), buf_bytes(&text)));
                accepted += value != '=';
            }
            assert_int_equal(accepted, 64);
            text.at[at] = was;
        }
    }
}

static void base64_decode_takes_line_ends_anywhere(void **state)
{
    const struct bytes plain = BYTES_LITERAL("The quick brown fox jumps over the lazy dog.");
    auto_buf text = { 0 };

    (void)state;
    base64_encode(&text, BASE64_STANDARD, plain);
    for (size_t first = 0; first <= text.len; first++) {
        for (size_t second = first; second <= text.len; second++) {
            auto_buf folded = { 0 }, out = { 0 };
            struct err err = { 0 };
            buf_add(&folded, bytes_of(text.at, first));
            buf_add_string(&folded, "\r\n");
            buf_add(&folded, bytes_of(text.at + first, second - first));
            buf_add_string(&folded, "\n");
            buf_add(&folded, bytes_of(text.at + second, text.len - second));
            assert_ok(base64_decode(&out, BASE64_STANDARD, buf_bytes(&folded), &err), &err);
            assert_bytes_equal(buf_bytes(&out), plain);
        }
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(base64_agrees_with_the_vectors_of_rfc_4648),
    cmocka_unit_test(base64_uses_the_64_digits_of_its_alphabet_in_order),
    cmocka_unit_test(base64_decode_knows_64_digits_and_no_other_byte),
    cmocka_unit_test(base64_decode_undoes_base64_encode_for_every_length),
    cmocka_unit_test(base64_decode_is_as_tolerant_as_go),
    cmocka_unit_test(base64_decode_names_the_place_and_leaves_the_buffer),
    cmocka_unit_test(base64_decode_refuses_every_prefix_that_cuts_a_group),
    cmocka_unit_test(base64_decode_looks_at_every_byte_of_a_long_text),
    cmocka_unit_test(base64_decode_takes_line_ends_anywhere),
};

TEST_MAIN(tests)
