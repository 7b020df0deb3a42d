/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "grpc/protobuf.h"

/*
 * What a walk over an exact-size copy of `in` meets, as text: "1=0a0b 2= ." with a full stop at the
 * end, or what stands in the parentheses of the error behind an exclamation mark.
 */
static char *walk_text(struct bytes in)
{
    static const char prefix[] = "proto: cannot parse invalid wire-format data (M: ";
    uint8_t *const exact = bytes_copy(in);
    struct protobuf_walk walk = protobuf_over(bytes_of(exact, in.len), "M");
    struct err err = { 0 };
    auto_buf text = { 0 };

    while (protobuf_next(&walk)) {
        buf_add_format(&text, "%u=", walk.number);
        for (size_t i = 0; i < walk.value.len; i++)
            buf_add_format(&text, "%02x", walk.value.at[i]);
        buf_add_u8(&text, ' ');
    }
    if (protobuf_end(&walk, &err)) {
        assert_int_equal(walk.in.pos, in.len);
        buf_add_u8(&text, '.');
    } else {
        assert_int_equal(err.kind, FAIL_MALFORMED);
        assert_memory_equal(err.text, prefix, sizeof prefix - 1);
        buf_add_format(&text, "!%s", err.text + sizeof prefix - 1);
        buf_truncate(&text, text.len - 1); /* the parenthesis */
    }
    free(exact);
    return bytes_to_string(buf_bytes(&text));
}

struct row {
    const char *hex, *want;
};

static void check_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        auto_buf in = test_unhex(rows[i].hex);
        auto_string *is = walk_text(buf_bytes(&in));
        if (strcmp(is, rows[i].want) != 0)
            fail_msg("%s: is `%s`, not `%s`", rows[i].hex, is, rows[i].want);
    }
}

static void protobuf_next_gives_the_length_delimited_fields(void **state)
{
    static const struct row rows[] = {
        { "", "." },
        { "0a 02 0100", "1=0100 ." },
        { "0a 00 12 00", "1= 2= ." },
        { "7a 01 41", "15=41 ." },
        { "82 01 01 41", "16=41 ." },
        { "fa ff ff ff 0f 01 41", "536870911=41 ." },
        { "8a 80 00 81 80 80 00 41", "1=41 ." }, /* tag and length longer than they need to be */
    };

    (void)state;
    check_rows(rows, COUNT_OF(rows));
}

static void protobuf_next_skips_every_other_type(void **state)
{
    static const struct row rows[] = {
        { "08 00 0a 01 41", "1=41 ." },
        { "08 ff ff ff ff ff ff ff ff ff 01 0a 01 41", "1=41 ." }, /* 2^64-1 */
        { "08 80 80 80 80 80 80 80 80 80 00 0a 01 41", "1=41 ." }, /* 0 in ten bytes */
        { "09 0102030405060708 0a 01 41", "1=41 ." },
        { "0d 01020304 0a 01 41", "1=41 ." },
        { "0b 0c 0a 01 41", "1=41 ." },
        { "0b 0a 01 42 0c 0a 01 41", "1=41 ." }, /* a field of the group is none of the message */
        { "0b 08 01 11 0102030405060708 1d 01020304 13 1b 1c 14 0c 0a 01 41", "1=41 ." },
        { "0b 0b 0b 0c 0c 0c 0a 01 41", "1=41 ." },
        { "f8 ff ff ff 0f 00", "." },
    };

    (void)state;
    check_rows(rows, COUNT_OF(rows));
}

static void protobuf_end_says_what_does_not_parse(void **state)
{
    static const struct row rows[] = {
        { "80", "!tag at offset 1" },
        { "0a", "!length at offset 1, in field 1" },
        { "0a 80", "!length at offset 2, in field 1" },
        { "0a 02 41", "!length at offset 1, in field 1" },
        { "0a 01 41 12 01", "1=41 !length at offset 4, in field 2" },
        { "08", "!varint at offset 1, in field 1" },
        { "08 80", "!varint at offset 2, in field 1" },
        { "09 01020304050607", "!64-bit value at offset 1, in field 1" },
        { "15 010203", "!32-bit value at offset 1, in field 2" },
        { "00 01", "!field number at offset 0" },
        { "02 00", "!field number at offset 0" },
        { "0a 01 41 07", "1=41 !field number at offset 3" },
        { "82 80 80 80 10 00", "!field number at offset 0" }, /* 2^29 */
        { "82 80 80 80 80 80 80 80 80 01 00", "!field number at offset 0" },
        { "0e 00", "!wire type at offset 0" },
        { "0f 00", "!wire type at offset 0" },
        { "0c", "!end of a group without a start at offset 0, in field 1" },
        { "0b", "!tag at offset 1, in field 1" },
        { "0b 14", "!end of another group at offset 1, in field 1" },
        { "0b 13 0c", "!end of another group at offset 2, in field 1" },
        { "0b 13 14", "!tag at offset 3, in field 1" },
        { "0b 02 00 0c", "!field number at offset 1, in field 1" },
        { "0b 0e 0c", "!wire type at offset 1, in field 1" },
        { "0b 0a 05 0c", "!length at offset 2, in field 1" },
    };

    (void)state;
    check_rows(rows, COUNT_OF(rows));
}

static void sizes_near_the_limits_of_integers_are_refused(void **state)
{
    static const struct row rows[] = {
        { "0a 7f 41", "!length at offset 1, in field 1" },
        { "0a ff ff ff ff 07 41", "!length at offset 1, in field 1" },             /* 2^31-1 */
        { "0a 80 80 80 80 08 41", "!length at offset 1, in field 1" },             /* 2^31 */
        { "0a ff ff ff ff 0f 41", "!length at offset 1, in field 1" },             /* 2^32-1 */
        { "0a 80 80 80 80 10 41", "!length at offset 1, in field 1" },             /* 2^32 */
        { "0a 81 80 80 80 10 41", "!length at offset 1, in field 1" },             /* 2^32+1 */
        { "0a ff ff ff ff ff ff ff ff 7f 41", "!length at offset 1, in field 1" }, /* 2^63-1 */
        { "0a ff ff ff ff ff ff ff ff ff 01 41", "!length at offset 1, in field 1" },
        { "0a f6 ff ff ff ff ff ff ff ff 01 41", "!length at offset 1, in field 1" }, /* -10 */
        { "0a 81 80 80 80 80 80 80 80 80 02 41", "!length at offset 1, in field 1" }, /* 2^64+1 */
        { "0a 81 80 80 80 80 80 80 80 80 80 00 41", "!length at offset 1, in field 1" },
        { "08 ff ff ff ff ff ff ff ff ff 02", "!varint at offset 1, in field 1" },
        { "08 ff ff ff ff ff ff ff ff ff 81 00", "!varint at offset 1, in field 1" },
        { "8a 80 80 80 80 80 80 80 80 02 00", "!tag at offset 0" },
        { "8a 80 80 80 80 80 80 80 80 80 00 00", "!tag at offset 0" },
    };

    (void)state;
    check_rows(rows, COUNT_OF(rows));
}

/* depth groups, each in the one before, then field 1. */
static char *walk_groups(size_t depth)
{
    auto_buf in = { 0 };

    memset(buf_grow(&in, depth), 0x0b, depth);
    memset(buf_grow(&in, depth), 0x0c, depth);
    buf_add(&in, BYTES_LITERAL("\x0a\x01\x41"));
    return walk_text(buf_bytes(&in));
}

static void groups_nest_as_deep_as_the_limit_and_no_deeper(void **state)
{
    auto_string *most = walk_groups(PROTOBUF_GROUPS_MAX);
    auto_string *more = walk_groups(PROTOBUF_GROUPS_MAX + 1);
    auto_string *flood = walk_groups(2u << 20);

    (void)state;
    assert_string_equal(most, "1=41 .");
    assert_string_equal(more, "!group nested too deep at offset 100, in field 1");
    assert_string_equal(flood, more);
}

static void every_prefix_ends_at_a_field_or_is_refused(void **state)
{
    auto_buf in =
        test_unhex("0a 02 4142 10 8001 19 0102030405060708 23 0a 01 43 25 01020304 2b 2c 24"
                   "3d 01020304 82 01 03 444546");
    static const size_t ends[] = { 0, 4, 7, 16, 28, 33, 39 };
    size_t next = 0;

    (void)state;
    for (size_t len = 0; len <= in.len; len++) {
        auto_string *is = walk_text(bytes_of(in.at, len));
        const bool whole = strchr(is, '!') == NULL;
        assert_int_equal(whole, next < COUNT_OF(ends) && len == ends[next]);
        next += whole;
    }
    assert_int_equal(next, COUNT_OF(ends));
}

static void offsets_of_an_inner_message_count_from_the_outermost(void **state)
{
    auto_buf in = test_unhex("12 01 41 0a 06 0a 04 0a 00 12 05 ff ff ff ff ff");
    struct protobuf_walk outer = protobuf_over(buf_bytes(&in), "Outer");
    struct err err = { 0 };

    (void)state;
    assert_true(protobuf_next(&outer) && protobuf_next(&outer));
    struct protobuf_walk middle = protobuf_within(&outer, "Middle");
    assert_true(protobuf_next(&middle));
    struct protobuf_walk inner = protobuf_within(&middle, "Inner");
    assert_true(protobuf_next(&inner));
    assert_int_equal(inner.value.len, 0);
    assert_false(protobuf_next(&inner)); /* the length does not fit in this message */
    assert_false(protobuf_end(&inner, &err));
    assert_string_equal(err.text, "proto: cannot parse invalid wire-format data (Inner: length at "
                                  "offset 10, in field 2)");
    assert_false(protobuf_next(&middle));
    assert_ok(protobuf_end(&middle, &err), &err);
}

static void protobuf_add_writes_what_protobuf_next_reads(void **state)
{
    static const uint32_t numbers[] = { 1, 15, 16, 2047, 2048, (1u << 29) - 1 };
    static const size_t lengths[] = { 0, 1, 127, 128, 16383, 16384, 1 << 21 };
    auto_buf value = { 0 };

    (void)state;
    memset(buf_grow(&value, 1 << 21), 'x', 1 << 21);
    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        for (size_t k = 0; k < COUNT_OF(lengths); k++) {
            auto_buf out = { 0 };
            protobuf_add_bytes(&out, numbers[i], bytes_of(value.at, lengths[k]));
            assert_int_equal(out.len, protobuf_size(numbers[i], lengths[k]));
            struct protobuf_walk walk = protobuf_over(buf_bytes(&out), "M");
            assert_true(protobuf_next(&walk));
            assert_int_equal(walk.number, numbers[i]);
            assert_int_equal(walk.value.len, lengths[k]);
            assert_false(protobuf_next(&walk));
        }
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(protobuf_next_gives_the_length_delimited_fields),
    cmocka_unit_test(protobuf_next_skips_every_other_type),
    cmocka_unit_test(protobuf_end_says_what_does_not_parse),
    cmocka_unit_test(sizes_near_the_limits_of_integers_are_refused),
    cmocka_unit_test(groups_nest_as_deep_as_the_limit_and_no_deeper),
    cmocka_unit_test(every_prefix_ends_at_a_field_or_is_refused),
    cmocka_unit_test(offsets_of_an_inner_message_count_from_the_outermost),
    cmocka_unit_test(protobuf_add_writes_what_protobuf_next_reads),
};

TEST_MAIN(tests)
