/* SPDX-License-Identifier: Apache-2.0 */
#include "intel_scene.h"

#include "base/files.h"

/* Every byte of a quote is covered by something, of our own quotes and of genuine ones (attestation.md, 14). */

/* Goes on with one collateral, because it does not change. */
static void expect_never_valid(const struct intel_scene *s, size_t step, uint8_t bits)
{
    struct intel_collateral *const c = intel_collateral_parse(&s->bundle, &s->anchors);
    uint8_t *const copy = bytes_copy(buf_bytes(&s->quote));

    for (size_t i = 0; i < s->quote.len; i += step) {
        auto_arena arena = { 0 };
        struct verdict v;
        copy[i] ^= bits;
        if (scene_verify_quote(s, bytes_of(copy, s->quote.len), c, &arena, &v))
            fail_msg("valid with byte %zu of %zu changed by %02x", i, s->quote.len, bits);
        if (v.reason == REASON_NONE)
            fail_msg("refused without a reason: byte %zu", i);
        copy[i] ^= bits;
    }
    free(copy);
    intel_collateral_free(c);
}

static void a_changed_byte_is_never_valid(void **state)
{
    (void)state;
    for (int form = 0; form < SCENE_FORMS; form++) {
        auto_scene s;
        intel_scene_init(&s, (enum scene_form)form);
        intel_scene_build(&s);
        expect_never_valid(&s, form == SCENE_SGX_3 ? 1 : 37, 0x01);
    }
}

/* White space between the certificates and NULs behind them are the only bytes that nothing covers. */
static void only_white_space_of_the_chain_may_change(void **state)
{
    auto_scene s;
    size_t changed = 0;

    (void)state;
    intel_scene_init(&s, SCENE_SGX_3);
    intel_scene_build(&s);
    struct intel_collateral *const c = intel_collateral_parse(&s.bundle, &s.anchors);
    for (size_t i = s.quote.len - 200; i < s.quote.len; i++) {
        const uint8_t was = s.quote.at[i];
        for (unsigned value = 0; value <= ' ' + 8 && (was == '\n' || was == 0); value++) {
            auto_arena arena = { 0 };
            struct verdict v;
            const bool blank = value == '\n' || value == '\r' || value == '\t' || value == ' ';
            s.quote.at[i] = (uint8_t)value;
            const bool valid = scene_verify_quote(&s, buf_bytes(&s.quote), c, &arena, &v);
            assert_int_equal(valid, blank || (value == 0 && i + 2 >= s.quote.len));
            changed++;
        }
        s.quote.at[i] = was;
    }
    assert_true(changed > 100);
    intel_collateral_free(c);
}

/* ---- genuine quotes ---- */

static bool read_vector(const char *name, const char *file, struct buf *out)
{
    auto_string *path = mem_printf(TEST_VECTORS "/%s/%s", name, file);
    struct err err = { 0 };

    return file_read(&files_posix, path, COLLATERAL_BUNDLE_MAX, out, &err);
}

static void a_changed_byte_of_a_genuine_quote_is_never_valid(void **state)
{
    static const struct {
        const char *name;
        int64_t now;
    } vectors[] = { { "sgx3-processor-2025", 1751624924 }, { "tdx5-90c06f-uptodate", 1772000000 } };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(vectors); i++) {
        auto_buf bundle = { 0 };
        auto_arena arena = { 0 };
        struct intel_scene s = { .anchors = trust_anchors_builtin, .now = vectors[i].now };
        struct err err = { 0 };
        if (!read_vector(vectors[i].name, "quote.bin", &s.quote) ||
            !read_vector(vectors[i].name, "collateral.json", &bundle))
            skip();
        assert_ok(bundle_parse(buf_bytes(&bundle), &arena, &s.bundle, &err), &err);
        scene_expect_built(&s, REASON_NONE, vectors[i].name);
        expect_never_valid(&s, i == 0 ? 2 : 11, 0x01);
        expect_never_valid(&s, 61, 0x80);
        intel_scene_clear(&s);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_changed_byte_is_never_valid),
    cmocka_unit_test(only_white_space_of_the_chain_may_change),
    cmocka_unit_test(a_changed_byte_of_a_genuine_quote_is_never_valid),
};

TEST_MAIN(tests)
