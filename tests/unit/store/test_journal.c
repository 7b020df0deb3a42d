/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "store/journal.h"

static const uint8_t dek[LOG_KEY_LEN] = { 0xd }, oak[LOG_KEY_LEN] = { 0xa };
#define DEK bytes_of(dek, sizeof dek)
#define OAK bytes_of(oak, sizeof oak)

static const struct log_header base = {
    .deployment = { 1 }, .generation = 2, .number = 1, .seq = 10
};

/* A segment with `count` records "r": "1", "2", ... after position; moves it. */
static void build(uint64_t number, unsigned count, struct log_position *position, struct buf *out)
{
    struct log_header header = base;
    uint8_t raw[LOG_HEADER_LEN], key[LOG_KEY_LEN];
    struct err err = { 0 };

    header.number = number;
    header.seq = position->seq + 1;
    memcpy(header.chain, position->chain, CHAIN_LEN);
    log_header_write(&header, SEGMENT_MAGIC, raw);
    assert_ok(log_header_key(&header, SEGMENT_KEY_LABEL, DEK, key, &err), &err);
    buf_add(out, bytes_of(raw, sizeof raw));
    const struct record_keys keys = { raw, bytes_of(key, sizeof key), OAK };
    for (unsigned i = 1; i <= count; i++) {
        auto_string *value = mem_printf("%u", i);
        const struct store_op op = { STORE_PUT, BYTES_LITERAL("r"), bytes_of_string(value) };
        const struct store_delta delta = { STORE_RECORD_DELTA, &op, 1 };
        auto_buf plain = { 0 };
        assert_ok(ops_write(&delta, &plain, &err), &err);
        assert_ok(record_seal(&keys, i == 2 ? STORE_RECORD_AUDIT : STORE_RECORD_DELTA, 0,
                              buf_bytes(&plain), position, out, &err),
                  &err);
    }
}

static struct log_position start(void)
{
    struct log_position position = { .seq = base.seq };

    memcpy(position.chain, base.chain, CHAIN_LEN);
    return position;
}

enum { RECORD_LEN = RECORD_OVERHEAD + 4 + 7 + 2 };

static bool scan(struct bytes raw, uint64_t number, bool last, size_t *keep, struct err *err)
{
    const struct journal_place place = { number, last, &base };
    struct log_position position = start();

    return journal_scan(raw, &place, &position, keep, err);
}

static void a_whole_segment_is_kept_and_applied(void **state)
{
    struct log_position position = start(), scanned = start();
    const struct journal_place place = { 1, true, &base };
    struct journal_reading reading = { .dek = DEK, .oak = OAK };
    struct err err = { 0 };
    struct bytes value;
    auto_buf raw = { 0 };
    size_t keep;

    (void)state;
    build(1, 3, &position, &raw);
    assert_ok(journal_scan(buf_bytes(&raw), &place, &scanned, &keep, &err), &err);
    assert_int_equal(keep, LOG_HEADER_LEN + 3 * RECORD_LEN);
    assert_int_equal(scanned.seq, 13);
    assert_memory_equal(scanned.chain, position.chain, CHAIN_LEN);
    reading.anchor = &scanned;
    assert_ok(journal_apply(buf_bytes(&raw), &reading, &err), &err);
    assert_true(omap_get(reading.values, BYTES_LITERAL("r"), &value));
    assert_bytes_equal(value, BYTES_LITERAL("3"));
    assert_int_equal(reading.audit_seq, 12);
    omap_free(reading.values);
}

static void a_torn_end_counts_only_in_the_last_segment(void **state)
{
    struct log_position position = start();
    auto_buf raw = { 0 };

    (void)state;
    build(1, 3, &position, &raw);
    for (size_t len = 0; len < raw.len; len++) {
        const size_t records = len < LOG_HEADER_LEN ? 0 : (len - LOG_HEADER_LEN) / RECORD_LEN;
        const size_t want = len < LOG_HEADER_LEN ? 0 : LOG_HEADER_LEN + records * RECORD_LEN;
        uint8_t *const exact = bytes_copy(bytes_of(raw.at, len));
        struct err err = { 0 };
        size_t keep;
        assert_ok(scan(bytes_of(exact, len), 1, true, &keep, &err), &err);
        assert_int_equal(keep, want);
        /* A cut at the border of a record is seen by the segment that follows, or the anchor. */
        assert_int_equal(scan(bytes_of(exact, len), 1, false, &keep, &err),
                         want > 0 && len == want);
        free(exact);
    }
}

static void a_broken_record_before_a_whole_one_is_no_torn_end(void **state)
{
    struct log_position position = start();
    auto_buf raw = { 0 };

    (void)state;
    build(1, 3, &position, &raw);
    for (size_t at = 0; at < raw.len; at++) {
        struct err err = { 0 };
        size_t keep;
        raw.at[at] ^= 0x20;
        const bool accepted = scan(buf_bytes(&raw), 1, true, &keep, &err);
        const bool may = at >= LOG_HEADER_LEN + 2 * RECORD_LEN || (at >= 12 && at < 16) ||
                         (at >= 56 && at < 96); /* flags, fencing and salt need the key */
        assert_int_equal(accepted, may);
        if (!accepted)
            assert_int_equal(err.kind, FAIL_DAMAGED);
        raw.at[at] ^= 0x20;
    }
}

static void a_record_twice_or_left_out_is_refused(void **state)
{
    struct log_position position = start();
    auto_buf raw = { 0 }, twice = { 0 }, without = { 0 };
    struct err err = { 0 };
    size_t keep;

    (void)state;
    build(1, 3, &position, &raw);
    buf_add(&twice, buf_bytes(&raw));
    buf_add(&twice, bytes_of(raw.at + raw.len - RECORD_LEN, RECORD_LEN));
    assert_false(scan(buf_bytes(&twice), 1, true, &keep, &err));
    assert_non_null(strstr(err.text, "two records 13"));
    buf_add(&without, bytes_of(raw.at, LOG_HEADER_LEN + RECORD_LEN));
    buf_add(&without, bytes_of(raw.at + LOG_HEADER_LEN + 2 * RECORD_LEN, RECORD_LEN));
    assert_false(scan(buf_bytes(&without), 1, true, &keep, &err));
    assert_non_null(strstr(err.text, "before 13 are missing"));
}

static void a_segment_must_continue_what_is_there(void **state)
{
    struct log_position position = start();
    auto_buf first = { 0 }, second = { 0 };
    struct err err = { 0 };
    size_t keep;

    (void)state;
    build(1, 1, &position, &first);
    build(2, 1, &position, &second);
    assert_false(scan(buf_bytes(&second), 2, true, &keep, &err));
    assert_int_equal(err.kind, FAIL_DAMAGED);
    assert_false(scan(buf_bytes(&first), 2, true, &keep, &err));
    struct log_header next_generation = base;
    next_generation.generation++;
    const struct journal_place place = { 1, true, &next_generation };
    position = start();
    assert_false(journal_scan(buf_bytes(&first), &place, &position, &keep, &err));
    assert_int_equal(err.kind, FAIL_DAMAGED);
}

static void records_that_claim_to_be_torn_hide_no_valid_one(void **state)
{
    struct log_position position = start();
    auto_buf raw = { 0 }, record = { 0 };
    struct err err = { 0 };
    size_t keep;

    (void)state;
    build(1, 2, &position, &raw);
    buf_add(&record, bytes_of(raw.at + LOG_HEADER_LEN, RECORD_LEN));
    buf_add_string(&raw, "MRJRMRJR");
    assert_ok(scan(buf_bytes(&raw), 1, true, &keep, &err), &err);
    assert_int_equal(keep, raw.len - 8);
    buf_add(&raw, buf_bytes(&record));
    assert_false(scan(buf_bytes(&raw), 1, true, &keep, &err));
}

static void journal_apply_refuses_wrong_keys_and_another_anchor(void **state)
{
    struct log_position position = start();
    struct log_position other = { .seq = 11 };
    const struct journal_reading cases[] = { { .dek = OAK, .oak = OAK },
                                             { .dek = DEK, .oak = DEK },
                                             { .dek = DEK, .oak = OAK, .anchor = &other } };
    auto_buf raw = { 0 };

    (void)state;
    build(1, 2, &position, &raw);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct journal_reading reading = cases[i];
        struct err err = { 0 };
        assert_false(journal_apply(buf_bytes(&raw), &reading, &err));
        assert_int_equal(err.kind, FAIL_DAMAGED);
        omap_free(reading.values);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_whole_segment_is_kept_and_applied),
    cmocka_unit_test(a_torn_end_counts_only_in_the_last_segment),
    cmocka_unit_test(a_broken_record_before_a_whole_one_is_no_torn_end),
    cmocka_unit_test(a_record_twice_or_left_out_is_refused),
    cmocka_unit_test(a_segment_must_continue_what_is_there),
    cmocka_unit_test(records_that_claim_to_be_torn_hide_no_valid_one),
    cmocka_unit_test(journal_apply_refuses_wrong_keys_and_another_anchor),
};
TEST_MAIN(tests)
