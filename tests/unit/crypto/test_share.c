/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "crypto/hash.h"
#include "crypto/share.h"

enum { SECRET_LEN = 32, SHARE_LEN = 33, SHARES = 5 };

/* state-and-recovery.md, 10.1: threshold 3. */
static const char vector_secret[] =
    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
static const char vector_x1[] = "148b74aec2705d1781fc456f3581376756a0609fde24690c07c82253f164a739";
static const char vector_x2[] = "4f8c5a5956036ce8f4cc94a3196bc8562cc1e9d059746840ef286c87a6246828";
static const struct {
    const char *share, *sha256;
} vector_shares[SHARES] = {
    { "5b062cf4907637f87d39dbc720e7f13e6a709b5c9345175bf0f954cf4b5dd10e01",
      "e7ed8d1d74d7488ac5d13f130a9e14d323991aaab61e7943b7854e734e5a1cad" },
    { "dbea81979fbf95290f854c55b982c98aec53e9ebba7ab81e1575003d5bf371c97f",
      "81cad6af0a25de54a2fde82be6b66957b17deda36ae62a28f9be9932f8d1dad7" },
    { "53d436744ab25542b62b3707ea410b2898fb665bac05ec1a13cc1b82653be1f32a",
      "217820aa13abbb95cadc66759a993ac129523681d31efc4d18fc1081f1d832cb" },
    { "f550ee35d63469844c3bbf3439c00944705a4da9268b5fd38bb403edfdbb002cff",
      "d92ffdf33aaaa274f130031187effb7e182cecc4e7e2a01df72c6b21b7a40923" },
    { "2ebb6da14d8efaaa4bb7f96a8c4fcec18c18b65188e4f1da86d819cbba556ffa80",
      "102d1fd4b257d77f7caa28e8bd3265307c1cc222f62f33c7ab5b98eb7408a27f" },
};

static void load_shares(struct buf *shares)
{
    for (size_t i = 0; i < SHARES; i++)
        shares[i] = test_unhex(vector_shares[i].share);
}

static void clear_all(struct buf *shares, size_t count)
{
    for (size_t i = 0; i < count; i++)
        buf_clear(&shares[i]);
}

/* What the shares at these positions give; the caller frees it. */
static struct secret *combine_at(const struct buf *shares, const unsigned *at, unsigned count)
{
    struct bytes chosen[SHAMIR_MAX_SHARES];
    struct err err = { 0 };

    for (unsigned i = 0; i < count; i++)
        chosen[i] = buf_bytes(&shares[at[i]]);
    struct secret *const secret = shamir_combine(chosen, count, &err);
    assert_ok(secret != NULL, &err);
    return secret;
}

/* Multiplication in the field, by a line through the origin: 0x57 * 0x83 = 0xc1 and so on. */
static void shamir_evaluate_multiplies_in_the_field(void **state)
{
    static const uint8_t rows[][3] = { { 0x57, 0x83, 0xc1 }, { 0x83, 0x57, 0xc1 },
                                       { 0x53, 0xca, 0x01 }, { 0x02, 0x80, 0x1b },
                                       { 0x00, 0xff, 0x00 }, { 0x01, 0xfe, 0xfe } };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const uint8_t line[] = { 0, rows[i][0] };
        assert_int_equal(shamir_evaluate(line, COUNT_OF(line), rows[i][1]), rows[i][2]);
    }
    assert_int_equal(shamir_evaluate(NULL, 0, 7), 0);
    assert_int_equal(shamir_evaluate((const uint8_t[]){ 0x42, 9, 9 }, 3, 0), 0x42);
}

/* Multiplication bit by bit with a division of polynomials, to check all 65,536 products. */
static uint8_t slow_product(unsigned a, unsigned b)
{
    unsigned product = 0;

    for (unsigned i = 0; i < 8; i++)
        product ^= (b >> i & 1) != 0 ? a << i : 0;
    for (unsigned i = 14; i >= 8; i--)
        product ^= (product >> i & 1) != 0 ? 0x11bu << (i - 8) : 0;
    return (uint8_t)product;
}

static void shamir_evaluate_agrees_with_polynomial_division_everywhere(void **state)
{
    (void)state;
    for (unsigned a = 0; a < 256; a++) {
        for (unsigned b = 0; b < 256; b++) {
            const uint8_t line[] = { 0, (uint8_t)a };
            assert_int_equal(shamir_evaluate(line, 2, (uint8_t)b), slow_product(a, b));
        }
    }
}

static void shamir_evaluate_gives_the_shares_of_the_vector(void **state)
{
    struct buf shares[SHARES];
    auto_buf secret = test_unhex(vector_secret);
    auto_buf x1 = test_unhex(vector_x1);
    auto_buf x2 = test_unhex(vector_x2);

    (void)state;
    load_shares(shares);
    for (size_t s = 0; s < SHARES; s++) {
        char hex[2 * SHA256_LEN + 1];
        struct err err = { 0 };
        assert_int_equal(shares[s].len, SHARE_LEN);
        for (size_t i = 0; i < SECRET_LEN; i++) {
            const uint8_t polynomial[] = { secret.at[i], x1.at[i], x2.at[i] };
            assert_int_equal(shamir_evaluate(polynomial, 3, shares[s].at[SECRET_LEN]),
                             shares[s].at[i]);
        }
        assert_ok(sha256_hex(buf_bytes(&shares[s]), hex, &err), &err);
        assert_string_equal(hex, vector_shares[s].sha256);
    }
    clear_all(shares, SHARES);
}

/* client-api.md, 19.1: threshold 3, coefficients by rule. */
static void shamir_evaluate_gives_the_shares_of_the_second_vector(void **state)
{
    static const char *const rows[] = {
        "91a2b3c4d5e6f708192a3b4c5d6e7f91a2b3c4d5e6f708192a3b4c5d6e7f91a201",
        "5f90d1155897d604519edf1b5699d84ea3e42661a4e33770adea286faaed7db202",
        "5debca9c68deff723781a0f602b495206caa1bdd599ff53306c071b733f5a711ff",
    };

    (void)state;
    for (size_t s = 0; s < COUNT_OF(rows); s++) {
        auto_buf share = test_unhex(rows[s]);
        for (unsigned i = 0; i < SECRET_LEN; i++) {
            const uint8_t polynomial[] = { (uint8_t)i, (uint8_t)(0x80 + i),
                                           (uint8_t)(0x11 * (i % 15 + 1)) };
            assert_int_equal(shamir_evaluate(polynomial, 3, share.at[SECRET_LEN]), share.at[i]);
        }
    }
}

static void shamir_combine_takes_any_three_or_more_in_any_order(void **state)
{
    struct buf shares[SHARES];
    auto_buf want = test_unhex(vector_secret);

    (void)state;
    load_shares(shares);
    for (unsigned chosen = 0; chosen < 1u << SHARES; chosen++) {
        unsigned at[SHARES], back[SHARES], count = 0;
        for (unsigned i = 0; i < SHARES; i++) {
            if ((chosen >> i & 1) != 0)
                at[count++] = i;
        }
        if (count < 3)
            continue;
        for (unsigned i = 0; i < count; i++)
            back[i] = at[count - 1 - i];
        auto_secret *forth = combine_at(shares, at, count);
        auto_secret *reversed = combine_at(shares, back, count);
        assert_bytes_equal(secret_bytes(forth), buf_bytes(&want));
        assert_bytes_equal(secret_bytes(reversed), buf_bytes(&want));
    }
    clear_all(shares, SHARES);
}

static void shamir_combine_of_too_few_gives_a_wrong_secret_in_silence(void **state)
{
    struct buf shares[SHARES];
    auto_buf want = test_unhex("41cc6aea5e84bfa62a36a30c17d2d6555b63ccaffdc848e5dfb5a382838340b3");

    (void)state;
    load_shares(shares);
    auto_secret *wrong = combine_at(shares, (const unsigned[]){ 0, 1 }, 2);
    assert_bytes_equal(secret_bytes(wrong), buf_bytes(&want));
    clear_all(shares, SHARES);
}

static void shamir_combine_refuses_what_cannot_be_shares(void **state)
{
    static const struct {
        const char *name;
        unsigned count;
        struct bytes shares[2];
    } rows[] = {
        { "none", 0, { { 0 } } },
        { "one", 1, { BYTES_LITERAL("a\001") } },
        { "other length", 2, { BYTES_LITERAL("ab\001"), BYTES_LITERAL("a\002") } },
        { "only x", 2, { BYTES_LITERAL("\001"), BYTES_LITERAL("\002") } },
        { "empty", 2, { { 0 }, { 0 } } },
        { "x is zero", 2, { BYTES_LITERAL("a\001"), BYTES_LITERAL("a\000") } },
        { "same x", 2, { BYTES_LITERAL("a\007"), BYTES_LITERAL("b\007") } },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct err err = { 0 };
        print_message("# %s\n", rows[i].name);
        assert_null(shamir_combine(rows[i].shares, rows[i].count, &err));
        assert_int_equal(err.kind, FAIL_MALFORMED);
    }
}

static void free_all(struct secret **shares, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        secret_free(shares[i]);
}

/* Splits, looks at the x, and combines the last `threshold` shares. */
static void check_split(unsigned threshold, unsigned count)
{
    struct secret *shares[SHAMIR_MAX_SHARES] = { NULL };
    struct bytes chosen[SHAMIR_MAX_SHARES];
    auto_buf want = test_unhex(vector_secret);
    bool used[256] = { [0] = true };
    struct err err = { 0 };

    assert_ok(shamir_split(buf_bytes(&want), threshold, count, shares, &err), &err);
    for (unsigned i = 0; i < count; i++) {
        assert_int_equal(shares[i]->len, SHARE_LEN);
        assert_false(used[shares[i]->at[SECRET_LEN]]);
        used[shares[i]->at[SECRET_LEN]] = true;
    }
    for (unsigned i = 0; i < threshold; i++)
        chosen[i] = secret_bytes(shares[count - 1 - i]);
    auto_secret *right = shamir_combine(chosen, threshold, &err);
    assert_bytes_equal(secret_bytes(right), buf_bytes(&want));
    if (threshold > 2) {
        auto_secret *wrong = shamir_combine(chosen, threshold - 1, &err);
        assert_memory_not_equal(wrong->at, want.at, SECRET_LEN);
    }
    free_all(shares, count);
}

static void shamir_split_and_combine_are_inverse_at_every_size(void **state)
{
    static const unsigned sizes[][2] = { { 2, 2 },   { 2, 3 },     { 3, 5 },     { 7, 9 },
                                         { 2, 255 }, { 128, 255 }, { 254, 255 }, { 255, 255 } };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(sizes); i++)
        check_split(sizes[i][0], sizes[i][1]);
}

static void shamir_split_draws_new_polynomials_and_positions(void **state)
{
    struct secret *first[SHARES] = { NULL }, *second[SHARES] = { NULL };
    const struct bytes secret = BYTES_LITERAL("0123456789abcdef");
    struct err err = { 0 };
    unsigned alike = 0;

    (void)state;
    assert_ok(shamir_split(secret, 3, SHARES, first, &err), &err);
    assert_ok(shamir_split(secret, 3, SHARES, second, &err), &err);
    for (unsigned i = 0; i < SHARES; i++) {
        assert_false(secret_equal(first[i], second[i]));
        alike += first[i]->at[secret.len] == second[i]->at[secret.len];
    }
    assert_true(alike < SHARES);
    free_all(first, SHARES);
    free_all(second, SHARES);
}

static void shamir_split_refuses_impossible_numbers(void **state)
{
    static const unsigned rows[][2] = { { 0, 3 }, { 1, 3 }, { 4, 3 },         { 2, 256 },
                                        { 2, 1 }, { 0, 0 }, { 2, UINT32_MAX } };
    struct secret *shares[3] = { NULL };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct err err = { 0 };
        assert_false(shamir_split(BYTES_LITERAL("s"), rows[i][0], rows[i][1], shares, &err));
        assert_int_equal(err.kind, FAIL_MALFORMED);
    }
    struct err err = { 0 };
    assert_false(shamir_split(BYTES_NONE, 2, 3, shares, &err));
    assert_int_equal(err.kind, FAIL_MALFORMED);
    assert_null(shares[0]);
}

/* state-and-recovery.md, 10.2 */
static void xor_combine_gives_the_key_of_the_vector(void **state)
{
    struct buf shares[] = {
        test_unhex("efe59faffd2b10071433ab72a74b9224b977cc553d617a01d0f0230cd21a55ea"),
        test_unhex("a95151f75b1c21d0616949080497215f47fd677df56c95ffdbe77975157c0ee7"),
        test_unhex("ea91718a780ab884d0df81aee694bf74f3301d792315cac4d5ac3408c844a8ba"),
    };
    const struct bytes all[] = { buf_bytes(&shares[0]), buf_bytes(&shares[1]),
                                 buf_bytes(&shares[2]) };
    auto_buf want = test_unhex("ac25bfd2de3d8953a58563d445480c0f0dbab651eb18253adebb6e710f22f3b7");
    struct err err = { 0 };

    (void)state;
    auto_secret *key = xor_combine(all, 3, &err);
    assert_bytes_equal(secret_bytes(key), buf_bytes(&want));
    auto_secret *two = xor_combine(all, 2, &err);
    assert_false(secret_equal(key, two));
    clear_all(shares, COUNT_OF(shares));
}

static void xor_split_and_combine_are_inverse(void **state)
{
    const struct bytes want = BYTES_LITERAL("0123456789abcdef0123456789abcdef");
    struct secret *shares[300] = { NULL };
    struct bytes all[300];

    (void)state;
    for (unsigned count = 2; count <= COUNT_OF(shares); count += 149) {
        struct err err = { 0 };
        assert_ok(xor_split(want, count, shares, &err), &err);
        for (unsigned i = 0; i < count; i++) {
            all[i] = secret_bytes(shares[i]);
            assert_false(bytes_equal(all[i], want));
        }
        auto_secret *secret = xor_combine(all, count, &err);
        assert_bytes_equal(secret_bytes(secret), want);
        free_all(shares, count);
    }
}

static void xor_refuses_too_few_shares_and_other_lengths(void **state)
{
    const struct bytes uneven[] = { BYTES_LITERAL("abc"), BYTES_LITERAL("ab") };
    struct secret *shares[1] = { NULL };

    (void)state;
    for (unsigned count = 0; count < 2; count++) {
        struct err err = { 0 };
        assert_false(xor_split(BYTES_LITERAL("s"), count, shares, &err));
        assert_int_equal(err.kind, FAIL_MALFORMED);
    }
    struct err err = { 0 };
    assert_null(xor_combine(NULL, 0, &err));
    assert_int_equal(err.kind, FAIL_MALFORMED);
    err.kind = FAIL_NONE;
    assert_null(xor_combine(uneven, 2, &err));
    assert_int_equal(err.kind, FAIL_MALFORMED);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(shamir_evaluate_multiplies_in_the_field),
    cmocka_unit_test(shamir_evaluate_agrees_with_polynomial_division_everywhere),
    cmocka_unit_test(shamir_evaluate_gives_the_shares_of_the_vector),
    cmocka_unit_test(shamir_evaluate_gives_the_shares_of_the_second_vector),
    cmocka_unit_test(shamir_combine_takes_any_three_or_more_in_any_order),
    cmocka_unit_test(shamir_combine_of_too_few_gives_a_wrong_secret_in_silence),
    cmocka_unit_test(shamir_combine_refuses_what_cannot_be_shares),
    cmocka_unit_test(shamir_split_and_combine_are_inverse_at_every_size),
    cmocka_unit_test(shamir_split_draws_new_polynomials_and_positions),
    cmocka_unit_test(shamir_split_refuses_impossible_numbers),
    cmocka_unit_test(xor_combine_gives_the_key_of_the_vector),
    cmocka_unit_test(xor_split_and_combine_are_inverse),
    cmocka_unit_test(xor_refuses_too_few_shares_and_other_lengths),
};

TEST_MAIN(tests)
