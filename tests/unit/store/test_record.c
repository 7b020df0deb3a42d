/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "store/record.h"

/* The worked example of the format: one segment with two records. */
static const char *const dek_hex =
    "15af6c9a564c771896edeeb09523aaa87ef8130ac65176572712648d1c9fd84b";
static const char *const oak_hex =
    "e54f8a639df81b169bdf0be28fbbfc4a564748dd32610e514c0c7c8c253037b2";
static const char *const key_hex =
    "7a3e5d847cfc33f580fef6ef489a83bf2ce99a24ee9687bde49592bf1810b901";
static const char *const header_hex =
    "4d524a53454730318000000000000000000102030405060708090a0b0c0d0e0f"
    "010000000000000007000000000000002a000000000000000300000000000000"
    "41651dfe9fe526d69f514e35ffb2e08d2fc486a529892d2acb998c348a8a28ee"
    "8f52352b653459c524e9afae3567ce942b2bc3978c3f06bb40a57ceb90c9d7d4";
static const char *const record_42_hex =
    "4d524a52950000002a00000000000000010100001d00000000de86c19b010000"
    "8f52352b653459c524e9afae3567ce942b2bc3978c3f06bb40a57ceb90c9d7d4"
    "0f33c855e003fd58dd72169289296033cb7efb43649a3582446507c6008469d6"
    "5d4e840182c4be1770454fdaa9f3d923cb99a5ebeaf9964094df8b82fbe026ff"
    "a8596ab95a3c4dade4612a5a367da44d5295000000";
static const char *const chain_42_hex =
    "3af7382be6d67b5ffc21939d861de0111b5650c7809ea6a5addd43712611661a";
static const char *const record_43_hex =
    "4d524a52a90000002b000000000000000101000031000000e8e186c19b010000"
    "3af7382be6d67b5ffc21939d861de0111b5650c7809ea6a5addd43712611661a"
    "b65649c1b9cb53358764f550a28b1ee14089b27643bd6a69dd0a8dca0881f4e4"
    "581946b63879ec794ccb6b95482d2e5f3fc89b451e256d372181fc4bbd030ac4"
    "38a78ac1518b556905f8b8f34c2f4808dcc3d472e3f4a85c5d4733a88954d595"
    "15ce831516a9000000";
static const char *const chain_43_hex =
    "1719609cf3028fc02bef9d25fab73ad19d64b81febaa4f29ff2b7cb8e8a98b42";

struct example {
    struct buf dek, oak, header, record_42, record_43, chain_42, chain_43;
    struct log_header parsed;
    uint8_t key[LOG_KEY_LEN];
    struct record_keys keys;
};

static void example_init(struct example *e)
{
    struct err err = { 0 };

    *e = (struct example){ .dek = test_unhex(dek_hex),
                           .oak = test_unhex(oak_hex),
                           .header = test_unhex(header_hex),
                           .record_42 = test_unhex(record_42_hex),
                           .record_43 = test_unhex(record_43_hex),
                           .chain_42 = test_unhex(chain_42_hex),
                           .chain_43 = test_unhex(chain_43_hex) };
    assert_ok(log_header_parse(buf_bytes(&e->header), SEGMENT_MAGIC, &e->parsed, &err), &err);
    assert_ok(log_header_key(&e->parsed, SEGMENT_KEY_LABEL, buf_bytes(&e->dek), e->key, &err),
              &err);
    e->keys =
        (struct record_keys){ e->header.at, bytes_of(e->key, sizeof e->key), buf_bytes(&e->oak) };
}

static void example_clear(struct example *e)
{
    struct buf *const all[] = { &e->dek,       &e->oak,      &e->header,  &e->record_42,
                                &e->record_43, &e->chain_42, &e->chain_43 };

    for (size_t i = 0; i < COUNT_OF(all); i++)
        buf_clear(all[i]);
}

#define auto_example struct example CLEANUP(example_clear)

static void log_header_reads_and_writes_the_worked_example(void **state)
{
    uint8_t out[LOG_HEADER_LEN];
    auto_example e;
    auto_buf key = test_unhex(key_hex);

    (void)state;
    example_init(&e);
    assert_int_equal(e.parsed.flags, 0);
    assert_int_equal(e.parsed.deployment[15], 15);
    assert_int_equal(e.parsed.generation, 1);
    assert_int_equal(e.parsed.number, 7);
    assert_int_equal(e.parsed.seq, 42);
    assert_int_equal(e.parsed.fencing, 3);
    assert_int_equal(e.parsed.salt[0], 0x41);
    assert_int_equal(e.parsed.chain[0], 0x8f);
    assert_bytes_equal(bytes_of(e.key, sizeof e.key), buf_bytes(&key));
    log_header_write(&e.parsed, SEGMENT_MAGIC, out);
    assert_bytes_equal(bytes_of(out, sizeof out), buf_bytes(&e.header));
}

static void log_header_parse_refuses_every_prefix_and_other_magic(void **state)
{
    auto_example e;
    struct log_header header;

    (void)state;
    example_init(&e);
    for (size_t len = 0; len < LOG_HEADER_LEN; len++) {
        struct err err = { 0 };
        uint8_t *const exact = bytes_copy(bytes_of(e.header.at, len));
        assert_false(log_header_parse(bytes_of(exact, len), SEGMENT_MAGIC, &header, &err));
        assert_int_equal(err.kind, FAIL_DAMAGED);
        free(exact);
    }
    struct err err = { 0 };
    assert_false(log_header_parse(buf_bytes(&e.header), SNAPSHOT_MAGIC, &header, &err));
    e.header.at[8] = 129;
    assert_false(log_header_parse(buf_bytes(&e.header), SEGMENT_MAGIC, &header, &err));
}

/* Seals the two records of the example, which differ in their times. */
static void seal_example(const struct example *e, struct log_position *position, struct buf *out)
{
    const struct store_op first = { STORE_PUT, BYTES_LITERAL("activations:hello"),
                                    BYTES_LITERAL("1") };
    const struct store_op second[] = {
        { STORE_PUT, BYTES_LITERAL("activations:hello"), BYTES_LITERAL("2") },
        { STORE_DELETE, BYTES_LITERAL("pendingUpdate"), BYTES_NONE },
    };
    const struct store_delta deltas[] = { { STORE_RECORD_DELTA, &first, 1 },
                                          { STORE_RECORD_DELTA, second, 2 } };
    const uint64_t times[] = { 0x19bc186de00, 0x19bc186e1e8 };

    for (size_t i = 0; i < COUNT_OF(deltas); i++) {
        struct err err = { 0 };
        auto_buf plain = { 0 };
        assert_ok(ops_write(&deltas[i], &plain, &err), &err);
        assert_ok(record_seal(&e->keys, STORE_RECORD_DELTA, times[i], buf_bytes(&plain), position,
                              out, &err),
                  &err);
    }
}

static void record_seal_gives_the_worked_bytes(void **state)
{
    auto_example e;
    auto_buf out = { 0 };

    (void)state;
    example_init(&e);
    struct log_position position = { .seq = 41 };
    memcpy(position.chain, e.parsed.chain, CHAIN_LEN);
    seal_example(&e, &position, &out);
    assert_int_equal(out.len, 149 + 169);
    assert_bytes_equal(bytes_of(out.at, 149), buf_bytes(&e.record_42));
    assert_bytes_equal(bytes_of(out.at + 149, 169), buf_bytes(&e.record_43));
    assert_int_equal(position.seq, 43);
    assert_bytes_equal(bytes_of(position.chain, CHAIN_LEN), buf_bytes(&e.chain_43));
}

static void record_parse_and_open_read_the_worked_bytes(void **state)
{
    auto_example e;
    struct record record;
    struct err err = { 0 };
    uint8_t chain[CHAIN_LEN];
    auto_buf plain = { 0 };
    auto_omap *map = NULL;
    struct bytes value;

    (void)state;
    example_init(&e);
    assert_int_equal(record_frame(buf_bytes(&e.record_42)), 149);
    assert_ok(record_parse(buf_bytes(&e.record_42), &record, &err), &err);
    assert_int_equal(record.seq, 42);
    assert_int_equal(record.type, STORE_RECORD_DELTA);
    assert_int_equal(record.attempt, 0);
    assert_true(record.unix_ms == 0x19bc186de00);
    assert_bytes_equal(record.previous, bytes_of(e.parsed.chain, CHAIN_LEN));
    assert_int_equal(record.sealed.len, 29 + AEAD_TAG_LEN);
    assert_ok(record_chain(&record, chain, &err), &err);
    assert_bytes_equal(bytes_of(chain, CHAIN_LEN), buf_bytes(&e.chain_42));
    assert_ok(record_open(&e.keys, &record, chain, &plain, &err), &err);
    assert_ok(ops_apply(buf_bytes(&plain), &map, &err), &err);
    assert_int_equal(omap_count(map), 1);
    assert_true(omap_get(map, BYTES_LITERAL("activations:hello"), &value));
    assert_bytes_equal(value, BYTES_LITERAL("1"));
}

static void record_frame_refuses_every_prefix_and_every_flipped_byte(void **state)
{
    auto_example e;

    (void)state;
    example_init(&e);
    for (size_t len = 0; len < e.record_42.len; len++) {
        uint8_t *const exact = bytes_copy(bytes_of(e.record_42.at, len));
        assert_int_equal(record_frame(bytes_of(exact, len)), 0);
        free(exact);
    }
    for (size_t i = 0; i < e.record_42.len; i++) {
        e.record_42.at[i] ^= 1;
        assert_int_equal(record_frame(buf_bytes(&e.record_42)), 0);
        e.record_42.at[i] ^= 1;
    }
}

static void record_frame_refuses_impossible_lengths(void **state)
{
    static const uint32_t lengths[] = {
        0, 7, 8, 119, 120, 148, 150, 1u << 20, (1u << 20) + 1, 0x7fffffff, 0x80000000, 0xffffffff
    };
    auto_example e;

    (void)state;
    example_init(&e);
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        le_put(e.record_42.at + 4, lengths[i], 4);
        assert_int_equal(record_frame(buf_bytes(&e.record_42)), 0);
    }
}

/* Gives a changed record its right CRC, as somebody without keys can. */
static void fix_crc(struct buf *record)
{
    le_put(record->at + record->len - 8, crc32c(bytes_of(record->at, record->len - 8)), 4);
}

static void a_record_altered_with_a_right_crc_does_not_open(void **state)
{
    auto_example e;

    (void)state;
    example_init(&e);
    for (size_t i = 8; i < e.record_42.len - 8; i++) {
        struct record record;
        struct err err = { 0 };
        uint8_t chain[CHAIN_LEN];
        auto_buf plain = { 0 };
        e.record_42.at[i] ^= 0x10;
        fix_crc(&e.record_42);
        assert_int_equal(record_frame(buf_bytes(&e.record_42)), 149);
        const bool opened = record_parse(buf_bytes(&e.record_42), &record, &err) &&
                            record_chain(&record, chain, &err) &&
                            record_open(&e.keys, &record, chain, &plain, &err);
        assert_false(opened);
        assert_int_equal(err.kind, FAIL_DAMAGED);
        e.record_42.at[i] ^= 0x10;
    }
}

static void record_open_needs_the_origin_key_only_when_it_is_given(void **state)
{
    auto_example e;
    struct record record;
    struct err err = { 0 };
    uint8_t chain[CHAIN_LEN];
    auto_buf plain = { 0 };

    (void)state;
    example_init(&e);
    e.record_42.at[149 - 40] ^= 1; /* the first byte of the origin */
    fix_crc(&e.record_42);
    assert_ok(record_parse(buf_bytes(&e.record_42), &record, &err), &err);
    assert_ok(record_chain(&record, chain, &err), &err);
    assert_false(record_open(&e.keys, &record, chain, &plain, &err));
    assert_int_equal(err.kind, FAIL_DAMAGED);
    e.keys.oak = BYTES_NONE;
    assert_ok(record_open(&e.keys, &record, chain, &plain, &err), &err);
}

static void record_seal_refuses_one_byte_too_many(void **state)
{
    auto_example e;
    struct log_position position = { .seq = 41 };
    struct err err = { 0 };
    auto_buf plain = { 0 }, out = { 0 };

    (void)state;
    example_init(&e);
    memset(buf_grow(&plain, RECORD_MAX - RECORD_OVERHEAD + 1), 0, RECORD_MAX - RECORD_OVERHEAD + 1);
    assert_false(
        record_seal(&e.keys, STORE_RECORD_DELTA, 0, buf_bytes(&plain), &position, &out, &err));
    assert_int_equal(err.kind, FAIL_TOO_LARGE);
    assert_int_equal(position.seq, 41);
    assert_int_equal(out.len, 0);
    buf_truncate(&plain, RECORD_MAX - RECORD_OVERHEAD);
    assert_ok(record_seal(&e.keys, STORE_RECORD_DELTA, 0, buf_bytes(&plain), &position, &out, &err),
              &err);
    assert_int_equal(out.len, RECORD_MAX);
    assert_int_equal(record_frame(buf_bytes(&out)), RECORD_MAX);
}

static void ops_apply_refuses_what_is_not_exactly_its_operations(void **state)
{
    static const struct {
        const char *name, *hex;
    } cases[] = {
        { "empty", "" },
        { "count cut", "010000" },
        { "no operation", "01000000" },
        { "key cut", "0100000001020000000000 61" },
        { "value cut", "01000000 01 0100 02000000 61 62" },
        { "value of 2^32 - 1 bytes", "01000000 01 0100 ffffffff 61 62" },
        { "key of 65535 bytes", "01000000 01 ffff 00000000 61" },
        { "one byte left", "01000000 01 0100 01000000 61 62 00" },
        { "2^32 - 1 operations", "ffffffff 01 0100 01000000 61 62" },
        { "operation 0", "01000000 00 0100 01000000 61 62" },
        { "operation 3", "01000000 03 0100 01000000 61 62" },
        { "delete with a value", "01000000 02 0100 01000000 61 62" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct err err = { 0 };
        auto_omap *map = omap_with(NULL, BYTES_LITERAL("k"), BYTES_LITERAL("v"));
        const struct omap *const before = map;
        auto_buf plain = test_unhex(cases[i].hex);
        uint8_t *const exact = bytes_copy(buf_bytes(&plain));
        if (ops_apply(bytes_of(exact, plain.len), &map, &err) || err.kind != FAIL_DAMAGED)
            fail_msg("%s was accepted", cases[i].name);
        assert_ptr_equal(map, before);
        free(exact);
    }
}

static void ops_apply_works_in_order(void **state)
{
    const struct store_op ops[] = {
        { STORE_PUT, BYTES_LITERAL("a"), BYTES_LITERAL("1") },
        { STORE_PUT, BYTES_LITERAL("a"), BYTES_LITERAL("2") },
        { STORE_PUT, BYTES_LITERAL("b"), BYTES_LITERAL("3") },
        { STORE_DELETE, BYTES_LITERAL("b"), BYTES_NONE },
        { STORE_DELETE, BYTES_LITERAL("c"), BYTES_NONE },
        { STORE_PUT, BYTES_NONE, BYTES_NONE },
    };
    const struct store_delta delta = { STORE_RECORD_DELTA, ops, COUNT_OF(ops) };
    struct err err = { 0 };
    auto_buf plain = { 0 };
    auto_omap *map = NULL;
    struct bytes value;

    (void)state;
    assert_ok(ops_write(&delta, &plain, &err), &err);
    assert_ok(ops_apply(buf_bytes(&plain), &map, &err), &err);
    assert_int_equal(omap_count(map), 2);
    assert_true(omap_get(map, BYTES_LITERAL("a"), &value));
    assert_bytes_equal(value, BYTES_LITERAL("2"));
    assert_true(omap_get(map, BYTES_NONE, &value));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(log_header_reads_and_writes_the_worked_example),
    cmocka_unit_test(log_header_parse_refuses_every_prefix_and_other_magic),
    cmocka_unit_test(record_seal_gives_the_worked_bytes),
    cmocka_unit_test(record_parse_and_open_read_the_worked_bytes),
    cmocka_unit_test(record_frame_refuses_every_prefix_and_every_flipped_byte),
    cmocka_unit_test(record_frame_refuses_impossible_lengths),
    cmocka_unit_test(a_record_altered_with_a_right_crc_does_not_open),
    cmocka_unit_test(record_open_needs_the_origin_key_only_when_it_is_given),
    cmocka_unit_test(record_seal_refuses_one_byte_too_many),
    cmocka_unit_test(ops_apply_refuses_what_is_not_exactly_its_operations),
    cmocka_unit_test(ops_apply_works_in_order),
};
TEST_MAIN(tests)
