/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "codec/text.h"
#include "state_test.h"

static void generated_authority_loads_from_its_values(void **state)
{
    auto_authority *a = new_authority();
    auto_omap *values = state_values(a);
    struct err err = { 0 };
    auto_authority *b = authority_load(&state_env, values, &err);

    (void)state;
    assert_non_null(b);
    assert_bytes_equal(cert_der(a->root), cert_der(b->root));
    assert_bytes_equal(cert_der(a->intermediate), cert_der(b->intermediate));
    assert_bytes_equal(cert_der(a->marble_root), cert_der(b->marble_root));
    assert_true(secret_equal(a->root_secret, b->root_secret));
    assert_null(b->previous_root_secret);
    assert_bytes_equal(buf_bytes(&a->chain_pem), buf_bytes(&b->chain_pem));
    assert_bytes_equal(buf_bytes(&a->quote), buf_bytes(&b->quote));
}

static void two_authorities_have_nothing_in_common(void **state)
{
    auto_authority *a = new_authority();
    auto_authority *b = new_authority();

    (void)state;
    assert_false(secret_equal(a->root_secret, b->root_secret));
    assert_false(key_equal_public(a->root_key, b->root_key));
    assert_false(key_equal_public(a->root_key, a->intermediate_key));
}

static void chain_is_intermediate_then_root(void **state)
{
    auto_authority *a = new_authority();
    struct bytes text = buf_bytes(&a->chain_pem);
    auto_pem_block block = { 0 };

    (void)state;
    assert_true(pem_next(&text, &block));
    assert_bytes_equal(buf_bytes(&block.der), cert_der(a->intermediate));
    assert_true(pem_next(&text, &block));
    assert_bytes_equal(buf_bytes(&block.der), cert_der(a->root));
    assert_false(pem_next(&text, &block));
}

/* client-api.md, 15.1: SHA-256 of root certificate and nonce, then zeros. */
static void quote_is_over_root_certificate_and_nonce(void **state)
{
    auto_authority *a = new_authority();
    const struct bytes parts[] = { cert_der(a->root), BYTES_LITERAL("nonce") };
    uint8_t want[64] = { 0 };
    auto_buf quote = { 0 };
    struct err err = { 0 };

    (void)state;
    assert_ok(sha256_parts(parts, 2, want, &err), &err);
    assert_ok(authority_quote(a, &state_env, parts[1], &quote, &err), &err);
    assert_bytes_equal(buf_bytes(&quote), bytes_of(want, 64));
    assert_ok(sha256_parts(parts, 1, want, &err), &err);
    assert_bytes_equal(buf_bytes(&a->quote), bytes_of(want, 64));
}

static bool no_quote(void *ctx, const uint8_t report_data[static 64], struct buf *quote,
                     struct err *err)
{
    (void)ctx;
    (void)report_data;
    (void)quote;
    return err_set(err, FAIL_UNAVAILABLE, "no quote today");
}

static void a_quote_that_fails_is_an_error(void **state)
{
    const struct env env = { .now_ms = fixed_now, .random = real_random, .issue_quote = no_quote };
    struct err err = { 0 };

    (void)state;
    assert_null(authority_generate(&env, state_names, 1, &err));
    assert_int_equal(err.kind, FAIL_UNAVAILABLE);
}

static void load_names_the_value_that_does_not_fit(void **state)
{
    static const char *const names[] = {
        NAME_ROOT_CERT, NAME_INTERMEDIATE_CERT, NAME_MARBLE_ROOT_CERT,
        NAME_ROOT_KEY,  NAME_INTERMEDIATE_KEY,  NAME_ROOT_SECRET,
    };
    auto_authority *a = new_authority();
    auto_omap *values = state_values(a);

    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        auto_omap *without = omap_without(values, bytes_of_string(names[i]));
        auto_omap *empty = with_value(values, names[i], BYTES_NONE);
        auto_omap *broken = with_value(values, names[i], BYTES_LITERAL("no DER"));
        const struct omap *const cases[] = { without, empty, broken };
        for (size_t k = 0; k < COUNT_OF(cases); k++) {
            struct err err = { 0 };
            auto_authority *loaded = authority_load(&state_env, cases[k], &err);
            if (k == 2 && strcmp(names[i], NAME_ROOT_SECRET) == 0) {
                assert_non_null(loaded); /* any bytes are a secret */
                continue;
            }
            assert_null(loaded);
            if (err.kind != FAIL_DAMAGED || strstr(err.text, names[i]) == NULL)
                fail_msg("%s: kind %d, %s", names[i], (int)err.kind, err.text);
        }
    }
}

/* Each alone is fine, but they do not belong together. */
static void load_refuses_keys_of_other_certificates(void **state)
{
    static const char *const names[] = { NAME_ROOT_CERT, NAME_INTERMEDIATE_CERT,
                                         NAME_MARBLE_ROOT_CERT, NAME_ROOT_KEY,
                                         NAME_INTERMEDIATE_KEY };
    auto_authority *a = new_authority();
    auto_authority *b = new_authority();
    auto_omap *values = state_values(a);
    auto_omap *others = state_values(b);

    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct err err = { 0 };
        struct bytes value;
        assert_true(omap_get(others, bytes_of_string(names[i]), &value));
        auto_omap *mixed = with_value(values, names[i], value);
        assert_null(authority_load(&state_env, mixed, &err));
        assert_int_equal(err.kind, FAIL_DAMAGED);
    }
}

static void previous_root_secret_is_kept(void **state)
{
    auto_authority *a = new_authority();
    auto_omap *values = state_values(a);
    auto_omap *rotated = with_value(values, NAME_PREVIOUS_ROOT_SECRET, BYTES_LITERAL("before"));
    struct err err = { 0 };
    auto_authority *b = authority_load(&state_env, rotated, &err);

    (void)state;
    assert_non_null(b);
    assert_bytes_equal(secret_bytes(b->previous_root_secret), BYTES_LITERAL("before"));
    auto_omap *again = state_values(b);
    assert_true(omap_get(again, BYTES_LITERAL(NAME_PREVIOUS_ROOT_SECRET), NULL));
}

/* ---- renewed ---- */

static struct authority *renewed(const struct authority *old, bool rotate)
{
    struct err err = { 0 };
    struct authority *const a = authority_renew(&state_env, old, rotate, &err);

    assert_ok(a != NULL, &err);
    return a;
}

static void renewed_authority_has_the_same_root_and_everything_below_it_new(void **state)
{
    auto_authority *old = new_authority();
    auto_authority *a = renewed(old, false);
    auto_omap *values = state_values(a);
    struct err err = { 0 };
    auto_authority *loaded = authority_load(&state_env, values, &err);

    (void)state;
    assert_ok(loaded != NULL, &err);
    assert_bytes_equal(cert_der(a->root), cert_der(old->root));
    assert_bytes_equal(buf_bytes(&a->quote), buf_bytes(&old->quote));
    assert_true(key_equal_public(a->root_key, old->root_key));
    assert_false(key_equal_public(a->intermediate_key, old->intermediate_key));
    assert_true(cert_issued_by(a->intermediate, a->root));
    assert_true(cert_issued_by(a->marble_root, a->marble_root));
    assert_false(cert_issued_by(a->marble_root, old->marble_root));
    assert_int_equal(cert_not_after(a->intermediate), FIXED_MS + CERT_FOREVER_SECONDS);
    assert_bytes_equal(buf_bytes(&loaded->chain_pem), buf_bytes(&a->chain_pem));
}

static void only_a_rotation_makes_a_root_secret_and_one_previous_is_kept(void **state)
{
    auto_authority *first = new_authority();
    auto_authority *second = renewed(first, false);
    auto_authority *third = renewed(second, true);
    auto_authority *fourth = renewed(third, false);
    auto_authority *fifth = renewed(fourth, true);

    (void)state;
    assert_true(secret_equal(second->root_secret, first->root_secret));
    assert_null(second->previous_root_secret);
    assert_false(secret_equal(third->root_secret, second->root_secret));
    assert_true(secret_equal(third->previous_root_secret, second->root_secret));
    assert_true(secret_equal(fourth->root_secret, third->root_secret));
    assert_true(secret_equal(fourth->previous_root_secret, third->previous_root_secret));
    assert_false(secret_equal(fifth->root_secret, fourth->root_secret));
    assert_true(secret_equal(fifth->previous_root_secret, fourth->root_secret));
}

/* A second renewal must not add what the first one took over. */
static void names_and_addresses_of_the_root_stay(void **state)
{
    static const char *const names[] = { "a.example", "192.0.2.1", "b.example", "2001:db8::1" };
    struct bytes list[COUNT_OF(names)];
    struct err err = { 0 };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++)
        list[i] = bytes_of_string(names[i]);
    auto_authority *first = authority_generate(&state_env, list, COUNT_OF(list), &err);
    assert_non_null(first);
    auto_authority *second = renewed(first, false);
    auto_authority *third = renewed(second, true);
    const struct cert *const certs[] = { first->root, second->intermediate, third->intermediate,
                                         second->marble_root, third->marble_root };
    for (size_t i = 0; i < COUNT_OF(certs); i++) {
        struct bytes value;
        auto_buf hex = { 0 };
        assert_true(cert_extension(certs[i], "2.5.29.17", &value));
        hex_encode(&hex, value);
        assert_bytes_equal(buf_bytes(&hex), BYTES_LITERAL("3046"
                                                          "8209612e6578616d706c65"
                                                          "8209622e6578616d706c65"
                                                          "87047f000001"
                                                          "871000000000000000000000000000000001"
                                                          "8704c0000201"
                                                          "871020010db8000000000000000000000001"));
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(renewed_authority_has_the_same_root_and_everything_below_it_new),
    cmocka_unit_test(only_a_rotation_makes_a_root_secret_and_one_previous_is_kept),
    cmocka_unit_test(names_and_addresses_of_the_root_stay),
    cmocka_unit_test(generated_authority_loads_from_its_values),
    cmocka_unit_test(two_authorities_have_nothing_in_common),
    cmocka_unit_test(chain_is_intermediate_then_root),
    cmocka_unit_test(quote_is_over_root_certificate_and_nonce),
    cmocka_unit_test(a_quote_that_fails_is_an_error),
    cmocka_unit_test(load_names_the_value_that_does_not_fit),
    cmocka_unit_test(load_refuses_keys_of_other_certificates),
    cmocka_unit_test(previous_root_secret_is_kept),
};

TEST_MAIN(tests)
