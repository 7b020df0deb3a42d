/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "codec/json.h"
#include "codec/text.h"
#include "plans.h"
#include "recovery/drill.h"

#define SET "000102030405060708090a0b0c0d0e0f"
#define OTHER_SET "100102030405060708090a0b0c0d0e0f"

enum { NOW = 1000000 };
static const uint8_t own_key[32] = { 7 };
static const uint8_t secret[33] = { 1, 2, 3 };

static struct bytes own(void)
{
    return bytes_of(own_key, sizeof own_key);
}

/* ---- keys ---- */

/* Computed with Python's hmac and hashlib: HKDF-SHA-256, no salt, info "mr-drill", secret 00 01 .. 1f. */
static void drill_key_is_hkdf_of_the_secret(void **state)
{
    uint8_t ikm[32], key[DRILL_KEY_LEN];
    auto_buf want = test_unhex("3e92dbdda43e6ea26e5965f4851fdd621aedaeb756813720632466db60963c1e");
    struct err err = { 0 };

    (void)state;
    for (size_t i = 0; i < sizeof ikm; i++)
        ikm[i] = (uint8_t)i;
    assert_ok(drill_key(bytes_of(ikm, sizeof ikm), key, &err), &err);
    assert_bytes_equal(bytes_of(key, sizeof key), buf_bytes(&want));
}

/* ---- nonces ---- */

static void make_nonce(int64_t expires_ms, uint8_t out[static DRILL_NONCE_LEN])
{
    struct err err = { 0 };

    assert_ok(drill_nonce_make(&holder_env, own(), expires_ms, out, &err), &err);
}

static bool nonce_is_good(struct bytes key, struct bytes nonce, int64_t now_ms)
{
    struct err err = { 0 };
    const bool good = drill_nonce_check(key, nonce, now_ms, &err);

    if (!good)
        assert_int_equal(err.kind, FAIL_DENIED);
    return good;
}

static void nonce_is_good_until_it_expires(void **state)
{
    uint8_t nonce[DRILL_NONCE_LEN] = { 0 };
    const struct bytes n = bytes_of(nonce, sizeof nonce);

    (void)state;
    make_nonce(NOW + DRILL_NONCE_MS, nonce);
    assert_true(nonce_is_good(own(), n, NOW));
    assert_true(nonce_is_good(own(), n, NOW + DRILL_NONCE_MS - 1));
    assert_false(nonce_is_good(own(), n, NOW + DRILL_NONCE_MS));
    assert_false(nonce_is_good(own(), n, INT64_MAX));
    /* Neither does a clock that was set back give more time. */
    assert_false(nonce_is_good(own(), n, NOW - 1));
    assert_false(nonce_is_good(own(), n, 0));
}

static void nonce_of_another_process_or_with_any_bit_changed_is_refused(void **state)
{
    static const uint8_t other_key[32] = { 8 };
    uint8_t nonce[DRILL_NONCE_LEN] = { 0 }, second[DRILL_NONCE_LEN];
    const struct bytes n = bytes_of(nonce, sizeof nonce);

    (void)state;
    make_nonce(NOW + 1000, nonce);
    make_nonce(NOW + 1000, second);
    assert_memory_not_equal(nonce, second, sizeof nonce);
    assert_false(nonce_is_good(bytes_of(other_key, sizeof other_key), n, NOW));
    for (size_t bit = 0; bit < 8 * sizeof nonce; bit++) {
        nonce[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_false(nonce_is_good(own(), n, NOW));
        nonce[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_true(nonce_is_good(own(), n, NOW));
}

static void nonce_of_every_other_length_is_refused(void **state)
{
    uint8_t nonce[DRILL_NONCE_LEN + 1] = { 0 };

    (void)state;
    make_nonce(NOW + 1000, nonce);
    for (size_t len = 0; len <= sizeof nonce; len++) {
        uint8_t *const exact = bytes_copy(bytes_of(nonce, len));
        assert_int_equal(nonce_is_good(own(), bytes_of(exact, len), NOW), len == DRILL_NONCE_LEN);
        free(exact);
    }
}

static void without_randomness_there_is_no_nonce(void **state)
{
    const struct env env = { .random = no_random };
    uint8_t nonce[DRILL_NONCE_LEN] = { 0 };
    struct err err = { 0 };

    (void)state;
    assert_false(drill_nonce_make(&env, own(), NOW, nonce, &err));
    assert_int_equal(err.kind, FAIL_INTERNAL);
}

/* ---- challenge and answer ---- */

/* For a set of the first n holders. */
static struct buf challenge_json(unsigned n, struct bytes nonce, bool envelope)
{
    struct buf out = { 0 };

    buf_add_string(&out, envelope ? "{\"status\":\"success\",\"data\":" : "");
    buf_add_string(&out, "{\"set\":\"" SET "\",\"nonce\":");
    json_put_octets(&out, nonce);
    buf_add_string(&out, ",\"expires\":\"2026-01-15T12:05:00Z\",\"holders\":[");
    for (unsigned i = 0; i < n; i++) {
        auto_buf der = { 0 };
        char spki[2 * SHA256_LEN + 1];
        struct err err = { 0 };
        assert_ok(key_public_der(holder_key(i), &der, &err), &err);
        assert_ok(sha256_hex(buf_bytes(&der), spki, &err), &err);
        json_put_comma(&out);
        buf_add_format(&out, "{\"name\":\"%s\",\"spki\":\"%s\"}", holder_names[i], spki);
    }
    buf_add_string(&out, "]}");
    buf_add_string(&out, envelope ? "}\n" : "");
    return out;
}

static bool read_json(struct bytes json, struct drill_challenge *c, struct err *err)
{
    uint8_t *const exact = bytes_copy(json);
    const bool good = drill_challenge_read(bytes_of(exact, json.len), c, err);

    free(exact);
    return good;
}

static void challenge_is_read_field_by_field_alone_or_in_its_envelope(void **state)
{
    (void)state;
    for (int envelope = 0; envelope < 2; envelope++) {
        auto_buf json = challenge_json(2, BYTES_LITERAL("nonce"), envelope == 1);
        auto_drill_challenge c = { 0 };
        struct err err = { 0 };
        assert_ok(read_json(buf_bytes(&json), &c, &err), &err);
        assert_string_equal(c.set, SET);
        assert_bytes_equal(buf_bytes(&c.nonce), BYTES_LITERAL("nonce"));
        assert_int_equal(c.count, 2);
        assert_true(bytes_equal_string(c.holders[1].name, "bob"));
        assert_int_equal(strlen(c.holders[1].spki), 64);
    }
}

static void every_prefix_of_a_challenge_is_refused(void **state)
{
    auto_buf json = challenge_json(2, BYTES_LITERAL("nonce"), false);

    (void)state;
    for (size_t len = 0; len < json.len; len++) {
        auto_drill_challenge c = { 0 };
        struct err err = { 0 };
        assert_false(read_json(bytes_of(json.at, len), &c, &err));
        assert_non_null(strstr(err.text, "drill challenge"));
    }
}

static void challenge_that_does_not_fit_is_refused_with_the_place(void **state)
{
    static const struct {
        const char *json, *words;
    } rows[] = {
        { "[]", "drill challenge" },
        { "{}", "set or nonce is missing" },
        { "{\"set\":\"" SET "\"}", "set or nonce is missing" },
        { "{\"nonce\":\"AAAA\"}", "set or nonce is missing" },
        { "{\"set\":\"00\",\"nonce\":\"AAAA\"}", "set (line 1:8)" },
        { "{\"set\":\"zz0102030405060708090a0b0c0d0e0f\",\"nonce\":\"AAAA\"}", "set (line 1:8)" },
        { "{\"set\":7,\"nonce\":\"AAAA\"}", "set" },
        { "{\"set\":\"" SET "\",\"nonce\":\"?\"}", "nonce" },
        { "{\"set\":\"" SET "\",\"nonce\":\"AAAA\",\"holders\":{}}", "holders" },
        { "{\"set\":\"" SET "\",\"nonce\":\"AAAA\",\"holders\":[{\"spki\":\"00\"}]}", "spki" },
        { "{\"status\":\"fail\",\"data\":null,\"message\":\"no\"}", "set or nonce is missing" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        auto_drill_challenge c = { 0 };
        struct err err = { 0 };
        assert_false(read_json(bytes_of_string(rows[i].json), &c, &err));
        if (err.kind != FAIL_MALFORMED || strstr(err.text, rows[i].words) == NULL)
            fail_msg("%s: %s", rows[i].json, err.text);
    }
}

static void more_holders_than_a_set_has_are_refused(void **state)
{
    (void)state;
    for (size_t n = 255; n <= 256; n++) {
        auto_buf json = { 0 };
        auto_drill_challenge c = { 0 };
        struct err err = { 0 };
        buf_add_string(&json, "{\"set\":\"" SET "\",\"nonce\":\"AAAA\",\"holders\":[");
        for (size_t i = 0; i < n; i++)
            buf_add_string(&json, i == 0 ? "{}" : ",{}");
        buf_add_string(&json, "]}");
        assert_int_equal(read_json(buf_bytes(&json), &c, &err), n == 255);
    }
}

static void holder_is_found_by_his_key(void **state)
{
    auto_buf json = challenge_json(3, BYTES_LITERAL("nonce"), false);
    auto_drill_challenge c = { 0 };
    struct bytes name = BYTES_NONE;
    struct err err = { 0 };

    (void)state;
    assert_ok(read_json(buf_bytes(&json), &c, &err), &err);
    assert_ok(drill_holder_of(&c, holder_key(1), &name, &err), &err);
    assert_true(bytes_equal_string(name, "bob"));
    assert_false(drill_holder_of(&c, holder_key(3), &name, &err));
    assert_int_equal(err.kind, FAIL_NOT_FOUND);
    memcpy(c.holders[2].spki, c.holders[1].spki, sizeof c.holders[2].spki);
    assert_false(drill_holder_of(&c, holder_key(1), &name, &err));
    assert_int_equal(err.kind, FAIL_DENIED);
}

/* What bob answers, member by member. */
struct reply {
    struct arena arena;
    struct buf text, nonce, proof, signature;
};

static void reply_clear(struct reply *r)
{
    arena_clear(&r->arena);
    buf_clear(&r->text);
    buf_clear(&r->nonce);
    buf_clear(&r->proof);
    buf_clear(&r->signature);
}
#define auto_reply struct reply CLEANUP(reply_clear)

static void get(const struct json *root, const char *name, struct buf *to)
{
    bool present = false;
    struct err err = { 0 };

    assert_ok(json_get_octets(json_member(root, name), to, &present, &err), &err);
}

static void answer(struct bytes plain, struct reply *r)
{
    auto_buf json = challenge_json(2, BYTES_LITERAL("nonce"), true);
    auto_drill_challenge c = { 0 };
    struct err err = { 0 };

    *r = (struct reply){ 0 };
    assert_ok(read_json(buf_bytes(&json), &c, &err), &err);
    assert_ok(drill_answer_write(&c, BYTES_LITERAL("bob"), holder_key(1), plain, &r->text, &err),
              &err);
    const struct json *const root =
        json_parse(buf_bytes(&r->text), JSON_TRAILING_REFUSED, &r->arena, &err);
    assert_non_null(root);
    assert_true(bytes_equal_string(json_member(root, "set")->text, SET));
    assert_true(bytes_equal_string(json_member(root, "name")->text, "bob"));
    get(root, "nonce", &r->nonce);
    get(root, "proof", &r->proof);
    get(root, "signature", &r->signature);
    assert_bytes_equal(buf_bytes(&r->nonce), BYTES_LITERAL("nonce"));
}

static bool is_signed(const struct reply *r, unsigned by, const char *nonce, const char *set)
{
    struct err err = { 0 };

    return drill_signature_check(holder_key(by), bytes_of_string(nonce), set,
                                 buf_bytes(&r->signature), &err);
}

static bool proves(const struct reply *r, struct bytes plain, const char *nonce, const char *set)
{
    uint8_t key[DRILL_KEY_LEN];
    struct err err = { 0 };

    assert_ok(drill_key(plain, key, &err), &err);
    return drill_proof_check(bytes_of(key, sizeof key), bytes_of_string(nonce), set,
                             buf_bytes(&r->proof), &err);
}

static void answer_proves_this_secret_and_key_for_this_nonce_and_set(void **state)
{
    const struct bytes plain = bytes_of(secret, sizeof secret);
    auto_reply r;

    (void)state;
    answer(plain, &r);
    assert_true(is_signed(&r, 1, "nonce", SET));
    assert_false(is_signed(&r, 0, "nonce", SET));
    assert_false(is_signed(&r, 1, "Nonce", SET));
    assert_false(is_signed(&r, 1, "nonce", OTHER_SET));
    assert_true(proves(&r, plain, "nonce", SET));
    assert_false(proves(&r, bytes_of(secret, 32), "nonce", SET));
    assert_false(proves(&r, plain, "nonceX", SET));
    assert_false(proves(&r, plain, "nonce", OTHER_SET));
    buf_truncate(&r.proof, 31);
    assert_false(proves(&r, plain, "nonce", SET));
}

static void answer_holds_nothing_of_the_secret(void **state)
{
    static const uint8_t plain[32] = "an unmistakable secret of bob!!";
    auto_buf hex = { 0 }, text = { 0 };
    auto_reply r;

    (void)state;
    answer(bytes_of(plain, sizeof plain), &r);
    hex_encode(&hex, bytes_of(plain, sizeof plain));
    base64_encode(&text, BASE64_STANDARD, bytes_of(plain, sizeof plain));
    assert_null(memmem(r.text.at, r.text.len, hex.at, 16));
    assert_null(memmem(r.text.at, r.text.len, text.at, 16));
    assert_null(memmem(r.text.at, r.text.len, plain, 16));
}

/* ---- plans ---- */

static void plans_keep_a_drill_key_for_each_share(void **state)
{
    static const unsigned schemes[][2] = { { 1, 0 }, { 3, 0 }, { 5, 3 } };

    (void)state;
    for (size_t s = 0; s < COUNT_OF(schemes); s++) {
        auto_recovery_plan *plan = plan_of(schemes[s][0], schemes[s][1]);
        for (unsigned i = 0; i < schemes[s][0]; i++) {
            auto_buf share = plan_share(plan, i);
            uint8_t want[DRILL_KEY_LEN];
            struct err err = { 0 };
            assert_ok(drill_key(buf_bytes(&share), want, &err), &err);
            assert_memory_equal(plan->drills[i], want, sizeof want);
        }
    }
    auto_recovery_plan *none = plan_of(0, 0);
    assert_null(none->drills);
}

static void adopted_plan_knows_only_a_single_secret(void **state)
{
    struct named_parties p;
    uint8_t want[DRILL_KEY_LEN];
    struct err err = { 0 };

    (void)state;
    parties_fill(&p, 1, 0);
    auto_recovery_plan *single =
        recovery_plan_adopt(&holder_env, &p.request, bytes_of(secret, 32), NULL, 0, &err);
    assert_ok(single != NULL, &err);
    assert_ok(drill_key(bytes_of(secret, 32), want, &err), &err);
    assert_memory_equal(single->drills[0], want, sizeof want);
    parties_fill(&p, 3, 2);
    auto_recovery_plan *several =
        recovery_plan_adopt(&holder_env, &p.request, bytes_of(secret, 32), NULL, 0, &err);
    assert_ok(several != NULL, &err);
    assert_null(several->drills);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(drill_key_is_hkdf_of_the_secret),
    cmocka_unit_test(nonce_is_good_until_it_expires),
    cmocka_unit_test(nonce_of_another_process_or_with_any_bit_changed_is_refused),
    cmocka_unit_test(nonce_of_every_other_length_is_refused),
    cmocka_unit_test(without_randomness_there_is_no_nonce),
    cmocka_unit_test(challenge_is_read_field_by_field_alone_or_in_its_envelope),
    cmocka_unit_test(every_prefix_of_a_challenge_is_refused),
    cmocka_unit_test(challenge_that_does_not_fit_is_refused_with_the_place),
    cmocka_unit_test(more_holders_than_a_set_has_are_refused),
    cmocka_unit_test(holder_is_found_by_his_key),
    cmocka_unit_test(answer_proves_this_secret_and_key_for_this_nonce_and_set),
    cmocka_unit_test(answer_holds_nothing_of_the_secret),
    cmocka_unit_test(plans_keep_a_drill_key_for_each_share),
    cmocka_unit_test(adopted_plan_knows_only_a_single_secret),
};

TEST_MAIN(tests)
