/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "codec/text.h"
#include "plans.h"

static struct buf written(const struct recovery_metadata *m)
{
    struct buf text = { 0 };
    struct err err = { 0 };

    assert_ok(recovery_metadata_write(m, &text, &err), &err);
    return text;
}

static void commit_is_the_hash_of_label_set_name_and_secret(void **state)
{
    uint8_t is[SHA256_LEN], want[SHA256_LEN];
    struct err err = { 0 };

    (void)state;
    assert_ok(recovery_commit("0011", "alice", BYTES_LITERAL("secret"), is, &err), &err);
    assert_ok(sha256(BYTES_LITERAL("mr-share-1"
                                   "0011"
                                   "alice"
                                   "secret"),
                     want, &err),
              &err);
    assert_memory_equal(is, want, SHA256_LEN);
}

static void parse_gives_back_every_field_that_was_written(void **state)
{
    auto_recovery_plan *plan = plan_of(4, 3);
    auto_buf text = written(plan->metadata);
    struct err err = { 0 };
    auto_recovery_metadata *m = recovery_metadata_parse(buf_bytes(&text), &err);
    const struct recovery_metadata *const want = plan->metadata;

    (void)state;
    assert_non_null(m);
    assert_int_equal(m->scheme, RECOVERY_SHAMIR);
    assert_int_equal(m->needed, 3);
    assert_int_equal(m->secret_size, 33);
    assert_false(m->without_proof);
    assert_string_equal(m->set, want->set);
    assert_string_equal(m->deployment, want->deployment);
    assert_string_equal(m->manifest, FINGERPRINT);
    assert_int_equal(m->created_seq, 17);
    assert_int_equal(m->holder_count, 4);
    for (unsigned i = 0; i < 4; i++) {
        assert_string_equal(m->holders[i].name, holder_names[i]);
        assert_true(key_equal_public(m->holders[i].key, holder_key(i)));
        assert_int_equal(m->holders[i].x, want->holders[i].x);
        assert_true(m->holders[i].has_commit);
        assert_memory_equal(m->holders[i].commit, want->holders[i].commit, SHA256_LEN);
    }
    auto_buf again = written(m);
    assert_bytes_equal(buf_bytes(&again), buf_bytes(&text));
}

static void metadata_without_holders_survives_the_round_trip(void **state)
{
    auto_recovery_plan *plan = plan_of(0, 0);
    auto_buf text = written(plan->metadata);
    struct err err = { 0 };
    auto_recovery_metadata *m = recovery_metadata_parse(buf_bytes(&text), &err);

    (void)state;
    assert_non_null(m);
    assert_int_equal(m->scheme, RECOVERY_NONE);
    assert_int_equal(m->holder_count, 0);
}

static void parse_refuses_every_prefix(void **state)
{
    auto_recovery_plan *plan = plan_of(2, 0);
    auto_buf text = written(plan->metadata);

    (void)state;
    for (size_t len = 0; len < text.len; len++) {
        uint8_t *const exact = bytes_copy(bytes_of(text.at, len));
        struct err err = { 0 };
        assert_null(recovery_metadata_parse(bytes_of(exact, len), &err));
        assert_int_equal(err.kind, FAIL_DAMAGED);
        free(exact);
    }
}

#define IDS                                                                                        \
    "\"deployment\":\"00112233445566778899aabbccddeeff\","                                         \
    "\"set\":\"00112233445566778899aabbccddeeff\",\"manifest\":\"" FINGERPRINT "\","
#define NONE "\"scheme\":\"none\",\"n\":0,\"t\":0,\"secretSize\":0,\"holders\":[]}"

/* HOLDER(name) stands for a holder with a real key. */
static struct buf with_keys(const char *text)
{
    auto_buf der = { 0 }, key = { 0 };
    struct buf out = { 0 };
    struct err err = { 0 };

    assert_ok(key_public_der(holder_key(0), &der, &err), &err);
    base64_encode(&key, BASE64_STANDARD, buf_bytes(&der));
    for (; *text != '\0'; text++) {
        if (*text == '$')
            buf_add(&out, buf_bytes(&key));
        else
            buf_add_u8(&out, (uint8_t)*text);
    }
    return out;
}

#define HOLDER(name) "{\"name\":\"" name "\",\"key\":\"$\"}"

static void parse_refuses_what_contradicts_itself(void **state)
{
    static const struct {
        const char *name, *text;
    } cases[] = {
        { "no object", "[]" },
        { "null", "null" },
        { "unknown scheme", "{\"v\":2," IDS "\"scheme\":\"magic\",\"t\":0,\"holders\":[]}" },
        { "scheme called unknown", "{\"v\":2," IDS "\"scheme\":\"unknown\",\"holders\":[]}" },
        { "another version", "{\"v\":3," IDS NONE },
        { "version of text", "{\"v\":\"2\"," IDS NONE },
        { "no set", "{\"v\":2,\"deployment\":\"00112233445566778899aabbccddeeff\","
                    "\"manifest\":\"" FINGERPRINT "\"," NONE },
        { "no ids", "{\"v\":2," NONE },
        { "set too short", "{\"v\":2,\"set\":\"0011\"," NONE },
        { "set of no digits", "{\"v\":2,\"set\":\"0011223344556677889gaabbccddeeff\"," NONE },
        { "more bytes behind", "{\"v\":2," IDS NONE " x" },
        { "single of none", "{\"v\":2," IDS "\"scheme\":\"single\",\"t\":1,\"secretSize\":32}" },
        { "single of two", "{\"v\":2," IDS "\"scheme\":\"single\",\"t\":1,\"secretSize\":32,"
                           "\"holders\":[" HOLDER("a") "," HOLDER("b") "]}" },
        { "xor of one", "{\"v\":2," IDS "\"scheme\":\"xor\",\"t\":1,\"secretSize\":32,"
                        "\"holders\":[" HOLDER("a") "]}" },
        { "xor that needs fewer", "{\"v\":2," IDS "\"scheme\":\"xor\",\"t\":1,\"secretSize\":32,"
                                  "\"holders\":[" HOLDER("a") "," HOLDER("b") "]}" },
        { "shamir that needs one",
          "{\"v\":2," IDS "\"scheme\":\"shamir\",\"t\":1,"
          "\"secretSize\":33,\"holders\":[" HOLDER("a") "," HOLDER("b") "," HOLDER("c") "]}" },
        { "shamir that needs all",
          "{\"v\":2," IDS "\"scheme\":\"shamir\",\"t\":2,"
          "\"secretSize\":33,\"holders\":[" HOLDER("a") "," HOLDER("b") "]}" },
        { "needs more than 255", "{\"v\":2," IDS "\"scheme\":\"none\",\"t\":256,\"holders\":[]}" },
        { "needs a negative number", "{\"v\":2," IDS "\"scheme\":\"none\",\"t\":-1}" },
        { "needs 2^64 of them", "{\"v\":2," IDS "\"scheme\":\"none\",\"t\":18446744073709551616}" },
        { "the same holder twice", "{\"v\":2," IDS "\"scheme\":\"xor\",\"t\":2,\"secretSize\":32,"
                                   "\"holders\":[" HOLDER("a") "," HOLDER("a") "]}" },
        { "holders in no order", "{\"v\":2," IDS "\"scheme\":\"xor\",\"t\":2,\"secretSize\":32,"
                                 "\"holders\":[" HOLDER("b") "," HOLDER("a") "]}" },
        { "two lists of holders", "{\"v\":2," IDS "\"scheme\":\"single\",\"t\":1,\"secretSize\":32,"
                                  "\"holders\":[],\"holders\":[" HOLDER("a") "]}" },
        { "a holder without key", "{\"v\":2," IDS "\"scheme\":\"single\",\"t\":1,"
                                  "\"secretSize\":32,\"holders\":[{\"name\":\"a\"}]}" },
        { "a key that is none", "{\"v\":2," IDS "\"scheme\":\"single\",\"t\":1,\"secretSize\":32,"
                                "\"holders\":[{\"name\":\"a\",\"key\":\"AAAA\"}]}" },
        { "a name with NUL", "{\"v\":2," IDS "\"scheme\":\"single\",\"t\":1,\"secretSize\":32,"
                             "\"holders\":[" HOLDER("a\\u0000b") "]}" },
        { "a commitment too short", "{\"v\":2," IDS "\"scheme\":\"single\",\"t\":1,"
                                    "\"secretSize\":32,\"holders\":[{\"name\":\"a\",\"key\":\"$\","
                                    "\"commit\":\"00\"}]}" },
        { "x of 256", "{\"v\":2," IDS "\"scheme\":\"single\",\"t\":1,\"secretSize\":32,"
                      "\"holders\":[{\"name\":\"a\",\"key\":\"$\",\"x\":256}]}" },
        { "secrets of 31 bytes", "{\"v\":2," IDS "\"scheme\":\"single\",\"t\":1,\"secretSize\":31,"
                                 "\"holders\":[" HOLDER("a") "]}" },
        { "shamir secrets of 32",
          "{\"v\":2," IDS "\"scheme\":\"shamir\",\"t\":2,\"secretSize\":32,"
          "\"holders\":[" HOLDER("a") "," HOLDER("b") "," HOLDER("c") "]}" },
        { "a hash too short", "{\"v\":2," IDS "\"hashes\":[\"00\"]," NONE },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        auto_buf text = with_keys(cases[i].text);
        struct err err = { 0 };
        auto_recovery_metadata *m = recovery_metadata_parse(buf_bytes(&text), &err);
        if (m != NULL || err.kind != FAIL_DAMAGED)
            fail_msg("%s: %s", cases[i].name, m != NULL ? "accepted" : err.text);
    }
}

static void parse_accepts_what_the_refusals_are_made_of(void **state)
{
    auto_buf one = with_keys("{\"v\":2," IDS "\"scheme\":\"single\",\"t\":1,\"secretSize\":16,"
                             "\"proof\":\"none\",\"later\":{},\"holders\":[" HOLDER("a") "]}");
    struct err err = { 0 };
    auto_recovery_metadata *m = recovery_metadata_parse(buf_bytes(&one), &err);

    (void)state;
    if (m == NULL)
        fail_msg("%s", err.text);
    assert_true(m->without_proof);
    assert_false(m->holders[0].has_commit);
    assert_int_equal(m->secret_size, 16);
}

static void parse_refuses_more_than_255_holders_and_hashes(void **state)
{
    static const char *const members[] = { "holders", "hashes" };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(members); i++) {
        auto_buf text = { 0 };
        struct err err = { 0 };
        buf_add_format(&text, "{\"v\":2,\"%s\":[0", members[i]);
        for (int k = 0; k < RECOVERY_MAX_HOLDERS; k++)
            buf_add_string(&text, ",0");
        buf_add_string(&text, "]}");
        assert_null(recovery_metadata_parse(buf_bytes(&text), &err));
        assert_non_null(strstr(err.text, "lists 256"));
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(commit_is_the_hash_of_label_set_name_and_secret),
    cmocka_unit_test(parse_gives_back_every_field_that_was_written),
    cmocka_unit_test(metadata_without_holders_survives_the_round_trip),
    cmocka_unit_test(parse_refuses_every_prefix),
    cmocka_unit_test(parse_refuses_what_contradicts_itself),
    cmocka_unit_test(parse_accepts_what_the_refusals_are_made_of),
    cmocka_unit_test(parse_refuses_more_than_255_holders_and_hashes),
};

TEST_MAIN(tests)
