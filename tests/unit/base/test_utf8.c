/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "base/utf8.h"

static void utf8_sequence_undoes_utf8_encode_for_every_character(void **state)
{
    (void)state;
    for (uint32_t point = 0; point <= 0x10FFFF; point++) {
        uint8_t place[4];
        uint32_t back = 0xFFFFFFFF;
        if (point >= 0xD800 && point <= 0xDFFF)
            continue;
        const size_t len = utf8_encode(point, place);
        if (utf8_sequence(bytes_of(place, len), &back) != len || back != point ||
            len != 1u + (point > 0x7F) + (point > 0x7FF) + (point > 0xFFFF))
            fail_msg("U+%04X", point);
        /* No shorter part of it is well-formed. */
        for (size_t cut = 0; cut < len; cut++) {
            if (utf8_sequence(bytes_of(place, cut), &back) != 0)
                fail_msg("U+%04X cut to %zu", point, cut);
        }
    }
}

static void utf8_sequence_refuses_what_rfc_3629_refuses(void **state)
{
    static const struct {
        const char *name;
        struct bytes in;
    } rows[] = {
        { "empty", BYTES_NONE },
        { "continuation alone", BYTES_LITERAL("\x80") },
        { "overlong /", BYTES_LITERAL("\xc0\xaf") },
        { "overlong U+007F", BYTES_LITERAL("\xc1\xbf") },
        { "overlong U+07FF", BYTES_LITERAL("\xe0\x9f\xbf") },
        { "overlong U+FFFF", BYTES_LITERAL("\xf0\x8f\xbf\xbf") },
        { "first surrogate", BYTES_LITERAL("\xed\xa0\x80") },
        { "last surrogate", BYTES_LITERAL("\xed\xbf\xbf") },
        { "above U+10FFFF", BYTES_LITERAL("\xf4\x90\x80\x80") },
        { "lead 0xf5", BYTES_LITERAL("\xf5\x80\x80\x80") },
        { "lead 0xff", BYTES_LITERAL("\xff\x80\x80\x80") },
        { "bad second", BYTES_LITERAL("\xe2\x28\xac") },
        { "bad third", BYTES_LITERAL("\xe2\x82\x28") },
        { "bad fourth", BYTES_LITERAL("\xf0\x9f\x98\x28") },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint32_t point = 7;
        if (utf8_sequence(rows[i].in, &point) != 0 || point != 7)
            fail_msg("%s", rows[i].name);
        assert_int_equal(utf8_valid(rows[i].in), rows[i].in.len == 0);
    }
}

static void utf8_valid_reads_to_the_end(void **state)
{
    (void)state;
    assert_true(utf8_valid(BYTES_LITERAL("a\0\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80")));
    assert_false(utf8_valid(BYTES_LITERAL("abc\xe2\x82")));
}

static void utf8_valid_looks_at_every_byte(void **state)
{
    enum { LEN = 40 };
    uint8_t text[LEN];

    (void)state;
    for (size_t len = 1; len <= LEN; len++) {
        for (size_t at = 0; at < len; at++) {
            memset(text, 'a', sizeof text);
            text[at] = 0x80;
            assert_false(utf8_valid(bytes_of(text, len)));
            text[at] = 0xc3;
            assert_false(utf8_valid(bytes_of(text, len)));
            if (at + 1 == len)
                continue;
            text[at + 1] = 0xa9;
            assert_true(utf8_valid(bytes_of(text, len)));
        }
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(utf8_sequence_undoes_utf8_encode_for_every_character),
    cmocka_unit_test(utf8_sequence_refuses_what_rfc_3629_refuses),
    cmocka_unit_test(utf8_valid_reads_to_the_end),
    cmocka_unit_test(utf8_valid_looks_at_every_byte),
};

TEST_MAIN(tests)
