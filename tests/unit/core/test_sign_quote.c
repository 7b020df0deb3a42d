/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "fixture.h"

#include "attestation/verifier.h"

/* A verifier that finds every quote but one genuine, with this status. */
static bool judge(void *ctx, struct bytes evidence, int64_t now_ms, struct arena *arena,
                  struct verdict *verdict, struct err *err)
{
    (void)arena;
    assert_int_equal(now_ms, WORLD_START_MS);
    if (bytes_equal(evidence, BYTES_LITERAL("forged")))
        return err_set(err, FAIL_DENIED, "no signature fits");
    verdict->tcb_status = *(const enum tcb_status *)ctx;
    return true;
}

/* The check value of client-api.md, 17: these bytes, "UpToDate", give the message AwACAA==UpToDate. */
static void a_quote_is_signed_with_what_it_was_found_to_be_worth(void **state)
{
    static const struct {
        enum tcb_status status;
        const char *message;
    } cases[] = { { TCB_UP_TO_DATE, "AwACAA==UpToDate" },
                  { TCB_OUT_OF_DATE, "AwACAA==OutOfDate" } };
    static const uint8_t quote[] = { 3, 0, 2, 0 };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        enum tcb_status given = cases[i].status, found = TCB_STATUS_NONE;
        const struct quote_verifier verifier = { &given, judge };
        struct world w;
        auto_buf signature = { 0 };
        struct err err = { 0 };
        world_begin(&w);
        w.verifier = &verifier;
        struct machine m = machine_start(&w, "a");
        auto_snapshot *now = core_snapshot(m.core);
        assert_ok(
            core_sign_quote(m.core, now, bytes_of(quote, sizeof quote), &found, &signature, &err),
            &err);
        assert_int_equal(found, cases[i].status);
        auto_key *root = cert_public_key(now->authority->root, &err);
        assert_ok(
            key_verify_sha256(root, bytes_of_string(cases[i].message), buf_bytes(&signature), &err),
            &err);
        machine_stop(&m);
        world_end(&w);
    }
}

static void what_does_not_verify_is_denied_with_the_reason(void **state)
{
    enum tcb_status given = TCB_UP_TO_DATE, found = TCB_STATUS_NONE;
    const struct quote_verifier verifier = { &given, judge };

    (void)state;
    for (int with_tee = 0; with_tee < 2; with_tee++) {
        struct world w;
        auto_buf signature = { 0 };
        struct err err = { 0 };
        world_begin(&w);
        w.verifier = with_tee != 0 ? &verifier : NULL;
        struct machine m = machine_start(&w, "a");
        auto_snapshot *now = core_snapshot(m.core);
        assert_false(
            core_sign_quote(m.core, now, BYTES_LITERAL("forged"), &found, &signature, &err));
        assert_int_equal(err.kind, FAIL_DENIED);
        assert_non_null(
            strstr(err.text, with_tee != 0 ? "no signature fits" : "cannot verify quotes"));
        assert_int_equal(signature.len, 0);
        machine_stop(&m);
        world_end(&w);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_quote_is_signed_with_what_it_was_found_to_be_worth),
    cmocka_unit_test(what_does_not_verify_is_denied_with_the_reason),
};

TEST_MAIN(tests)
