/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "base/reader.h"

static void reader_reads_every_size_in_its_byte_order(void **state)
{
    const struct bytes in = BYTES_LITERAL("\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d"
                                          "\x0e\x0f\x10\x11\x12\x13\x14\x15xyz!");
    struct reader r = reader_over(in);
    struct err err = { 0 };

    (void)state;
    assert_int_equal(reader_u8(&r, "u8"), 0x01);
    assert_int_equal(reader_u16le(&r, "u16le"), 0x0302);
    assert_int_equal(reader_u32le(&r, "u32le"), 0x07060504);
    assert_int_equal(reader_u64le(&r, "u64le"), UINT64_C(0x0f0e0d0c0b0a0908));
    assert_int_equal(reader_u16be(&r, "u16be"), 0x1011);
    assert_int_equal(reader_u32be(&r, "u32be"), 0x12131415);
    assert_bytes_equal(reader_bytes(&r, 3, "bytes"), BYTES_LITERAL("xyz"));
    assert_int_equal(reader_left(&r), 1);
    assert_bytes_equal(reader_rest(&r), BYTES_LITERAL("!"));
    assert_true(reader_ok(&r));
    assert_ok(reader_end(&r, "vector", &err), &err);
}

static void read_record(struct reader *r)
{
    (void)reader_u32be(r, "magic");
    (void)reader_bytes(r, reader_u16le(r, "length"), "body");
    (void)reader_u64le(r, "trailer");
}

static void reader_refuses_every_prefix_and_names_the_field(void **state)
{
    static const struct {
        size_t up_to;
        const char *text;
    } rows[] = { { 4, "inside magic (offset 0 of" },
                 { 6, "inside length (offset 4 of" },
                 { 9, "inside body (offset 6 of" },
                 { 17, "inside trailer (offset 9 of" } };
    const struct bytes whole = BYTES_LITERAL("MAGC\x03\x00"
                                             "abc12345678");
    size_t row = 0;

    (void)state;
    assert_int_equal(whole.len, 17);
    for (size_t len = 0; len < whole.len; len++) {
        uint8_t *const exact = malloc(len > 0 ? len : 1);
        struct err err = { 0 };
        memcpy(exact, whole.at, len);
        struct reader r = reader_over(bytes_of(exact, len));
        read_record(&r);
        row += len >= rows[row].up_to;
        assert_false(reader_fits(&r, "record", &err));
        assert_int_equal(err.kind, FAIL_MALFORMED);
        assert_non_null(strstr(err.text, rows[row].text));
        free(exact);
    }
    struct reader r = reader_over(whole);
    struct err err = { 0 };
    read_record(&r);
    assert_ok(reader_end(&r, "record", &err), &err);
}

static void reader_remembers_its_first_failure_and_gives_nothing_more(void **state)
{
    struct reader r = reader_over(BYTES_LITERAL("\x01\x02\x03"));
    struct err err = { 0 };

    (void)state;
    assert_int_equal(reader_u8(&r, "first"), 1);
    assert_int_equal(reader_u32le(&r, "second"), 0);
    assert_int_equal(reader_u8(&r, "third"), 0);
    assert_null(reader_bytes(&r, 0, "fourth").at);
    assert_int_equal(reader_rest(&r).len, 0);
    assert_int_equal(reader_left(&r), 0);
    assert_false(reader_ok(&r));
    assert_false(reader_end(&r, "thing", &err));
    assert_string_equal(err.text, "thing: input ends inside second (offset 1 of 3)");
}

static void reader_takes_lengths_near_the_integer_limit(void **state)
{
    static const size_t lengths[] = { 3, SIZE_MAX, SIZE_MAX - 1, SIZE_MAX / 2, SIZE_MAX / 2 + 1 };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        struct reader r = reader_over(BYTES_LITERAL("abc"));
        (void)reader_u8(&r, "one");
        const struct bytes view = reader_bytes(&r, lengths[i], "long");
        assert_int_equal(view.len, 0);
        assert_false(reader_ok(&r));
        assert_int_equal(r.pos, 1);
    }
}

static void reader_end_refuses_bytes_too_many_and_reader_fits_does_not(void **state)
{
    struct reader r = reader_over(BYTES_LITERAL("abc"));
    struct err err = { 0 };

    (void)state;
    (void)reader_u8(&r, "one");
    assert_ok(reader_fits(&r, "thing", &err), &err);
    assert_false(reader_end(&r, "thing", &err));
    assert_string_equal(err.text, "thing: 2 bytes too many at its end (offset 1)");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(reader_reads_every_size_in_its_byte_order),
    cmocka_unit_test(reader_refuses_every_prefix_and_names_the_field),
    cmocka_unit_test(reader_remembers_its_first_failure_and_gives_nothing_more),
    cmocka_unit_test(reader_takes_lengths_near_the_integer_limit),
    cmocka_unit_test(reader_end_refuses_bytes_too_many_and_reader_fits_does_not),
};

TEST_MAIN(tests)
