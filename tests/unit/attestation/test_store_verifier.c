/* SPDX-License-Identifier: Apache-2.0 */
#include "bundle_directory.h"
#include "intel_scene.h"

#include "attestation/store_verifier.h"

#include <pthread.h>

/* Evidence against a directory of collateral, and what is kept of it. */

struct room {
    struct bundle_directory directory;
    struct intel_scene scene;
    struct collateral_store *store;
    struct metrics *metrics;
    struct store_verifier *verifier;
    int64_t now; /* seconds */
};

static void put_bundle(struct room *r, const char *name)
{
    auto_buf text = { 0 };

    intel_scene_put_bundle(&r->scene, &text);
    directory_write(&r->directory, name, buf_bytes(&text));
}

/* With one bundle of the scene; a test changes the scene before room_open. */
static void room_begin(struct room *r, enum scene_form form)
{
    *r = (struct room){ .now = SCENE_NOW };
    directory_begin(&r->directory);
    intel_scene_init(&r->scene, form);
}

static void room_open(struct room *r)
{
    intel_scene_build(&r->scene);
    put_bundle(r, "a.json");
    r->store = directory_open(&r->directory, &r->scene.anchors);
    r->metrics = metrics_new();
    r->verifier = store_verifier_new(r->store, r->metrics);
}

static void room_end(struct room *r)
{
    store_verifier_free(r->verifier);
    metrics_free(r->metrics);
    collateral_store_free(r->store);
    intel_scene_clear(&r->scene);
    directory_end(&r->directory);
}
#define auto_room struct room CLEANUP(room_end)

static bool ask(const struct room *r, struct bytes evidence, struct arena *arena,
                struct verdict *verdict, struct err *err)
{
    const struct quote_verifier *const v = store_verifier_interface(r->verifier);

    return v->verify(v->ctx, evidence, r->now * 1000 + 999, arena, verdict, err);
}

static void expect_status(const struct room *r, enum tcb_status status)
{
    auto_arena arena = { 0 };
    struct verdict verdict = { 0 };
    struct err err = { 0 };

    assert_ok(ask(r, buf_bytes(&r->scene.quote), &arena, &verdict, &err), &err);
    if (verdict.tcb_status != status)
        fail_msg("%s", tcb_status_text(verdict.tcb_status));
}

static void expect_denied(const struct room *r, struct bytes evidence, const char *begin,
                          const char *words)
{
    auto_arena arena = { 0 };
    struct verdict verdict = { 0 };
    struct err err = { 0 };

    assert_false(ask(r, evidence, &arena, &verdict, &err));
    assert_int_equal(err.kind, FAIL_DENIED);
    if (strncmp(err.text, begin, strlen(begin)) != 0 || strstr(err.text, words) == NULL)
        fail_msg("%s", err.text);
    assert_null(strchr(err.text, '\n'));
}

static void expect_counts(const struct room *r, unsigned valid, unsigned refused, unsigned kept)
{
    auto_buf text = { 0 };
    auto_string *want = mem_printf("taw_evidence_total{result=\"valid\"} %u\n"
                                   "taw_evidence_total{result=\"refused\"} %u\n"
                                   "taw_evidence_total{result=\"kept\"} %u\n",
                                   valid, refused, kept);

    metrics_write(r->metrics, &text);
    buf_add_u8(&text, '\0');
    if (strstr((const char *)text.at, want) == NULL)
        fail_msg("%s", (const char *)text.at);
}

static void what_an_enclave_is_stands_in_its_evidence(void **state)
{
    auto_room r;
    auto_arena arena = { 0 };
    struct verdict a = { 0 };
    struct err err = { 0 };

    (void)state;
    room_begin(&r, SCENE_SGX_3);
    room_open(&r);
    const uint8_t *const body = r.scene.body;
    for (int i = 0; i < 2; i++) {
        assert_ok(ask(&r, buf_bytes(&r.scene.quote), &arena, &a, &err), &err);
        assert_int_equal(a.tcb_status, TCB_UP_TO_DATE);
        assert_int_equal(a.advisory_count, 0);
        assert_false(a.debug);
        assert_bytes_equal(verdict_field_value(&a, "mrenclave"), bytes_of(body + 64, 32));
        assert_bytes_equal(verdict_field_value(&a, "mrsigner"), bytes_of(body + 128, 32));
        assert_int_equal(verdict_field_number(&a, "isvprodid"), body[256] + 256 * body[257]);
        assert_int_equal(verdict_field_number(&a, "isvsvn"), body[258] + 256 * body[259]);
        assert_bytes_equal(a.report_data, bytes_of(body + 320, REPORT_DATA_LEN));
    }
    expect_counts(&r, 1, 0, 1);
}

static void a_platform_that_is_not_up_to_date_is_told_as_such(void **state)
{
    auto_room r;
    auto_arena arena = { 0 };
    struct verdict a = { 0 };
    struct err err = { 0 };

    (void)state;
    room_begin(&r, SCENE_SGX_3);
    r.scene.pck.pcesvn = 10;
    r.scene.body[48] |= 2;
    room_open(&r);
    for (int i = 0; i < 2; i++) {
        assert_ok(ask(&r, buf_bytes(&r.scene.quote), &arena, &a, &err), &err);
        assert_int_equal(a.tcb_status, TCB_SW_HARDENING_NEEDED);
        assert_int_equal(a.advisory_count, 2);
        assert_true(bytes_equal_string(a.advisories[0], "INTEL-SA-00001"));
        assert_true(bytes_equal_string(a.advisories[1], "INTEL-SA-00002"));
        assert_true(a.debug);
    }
}

/* It may be accepted by name (marble-api.md, 7.4); no signature is left out for it. */
static void a_revoked_tcb_is_a_status_and_a_revoked_certificate_is_none(void **state)
{
    auto_room r;
    auto_buf forged = { 0 };

    (void)state;
    room_begin(&r, SCENE_SGX_3);
    r.scene.pck.pcesvn = 10;
    scene_edit(&r.scene.tcb_info, "SWHardeningNeeded", "Revoked");
    room_open(&r);
    expect_status(&r, TCB_REVOKED);
    buf_add(&forged, buf_bytes(&r.scene.quote));
    forged.at[112] ^= 1;
    expect_denied(&r, buf_bytes(&forged), "quote_signature: ", "signature of the quote");
    expect_counts(&r, 1, 1, 0);
}

static void an_unknown_platform_is_named(void **state)
{
    auto_room r;

    (void)state;
    room_begin(&r, SCENE_SGX_3);
    room_open(&r);
    directory_remove(&r.directory, "a.json");
    collateral_store_scan(r.store);
    expect_denied(&r, buf_bytes(&r.scene.quote), "collateral_missing: ",
                  "no collateral for sgx FMSPC 00c0ffee0001 (processor CA): run taw collateral "
                  "fetch");
    expect_denied(&r, BYTES_LITERAL("nonsense"), "format: ", "");
    expect_denied(&r, BYTES_NONE, "format: ", "");
}

static void nothing_is_kept_beyond_its_time(void **state)
{
    auto_room r;

    (void)state;
    room_begin(&r, SCENE_SGX_3);
    room_open(&r);
    auto_collateral_set *set = collateral_store_set(r.store);
    const int64_t end = set->files[0].summary.earliest_expiration;
    expect_status(&r, TCB_UP_TO_DATE);
    r.now = end;
    expect_status(&r, TCB_UP_TO_DATE);
    expect_counts(&r, 1, 0, 1);
    r.now = end + 1;
    expect_denied(&r, buf_bytes(&r.scene.quote), "expired: ", "");
    r.now = SCENE_NOW - 365 * 86400;
    expect_denied(&r, buf_bytes(&r.scene.quote), "not_yet_valid: ", "");
    expect_counts(&r, 1, 2, 1);
}

static void nothing_is_kept_beyond_its_collateral(void **state)
{
    auto_room r;

    (void)state;
    room_begin(&r, SCENE_SGX_3);
    room_open(&r);
    expect_status(&r, TCB_UP_TO_DATE);
    /* The list of revoked certificates has grown. */
    auto_buf quote = { 0 };
    buf_add(&quote, buf_bytes(&r.scene.quote));
    const struct bytes serials[] = { r.scene.leaf.serial };
    r.scene.pck_crl.serials = serials;
    r.scene.pck_crl.serial_count = 1;
    intel_scene_build(&r.scene);
    put_bundle(&r, "a.json");
    collateral_store_scan(r.store);
    expect_denied(&r, buf_bytes(&quote), "revoked: ", "the PCK certificate is on the PCK CRL");
    expect_counts(&r, 1, 1, 0);
}

static void of_two_bundles_for_a_platform_the_one_that_expires_last_counts(void **state)
{
    enum { AFTER_10_DAYS = SCENE_NOW + 10 * 86400 };
    static const char *const names[] = { "0.json", "z.json" };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        auto_room r;
        room_begin(&r, SCENE_SGX_3);
        room_open(&r);
        scene_edit(&r.scene.tcb_info, "2025-07-01T00:00:00Z", "2025-06-20T00:00:00Z");
        auto_buf quote = { 0 };
        buf_add(&quote, buf_bytes(&r.scene.quote));
        intel_scene_build(&r.scene);
        put_bundle(&r, names[i]);
        collateral_store_scan(r.store);
        r.now = AFTER_10_DAYS;
        expect_status(&r, TCB_UP_TO_DATE);
        directory_remove(&r.directory, "a.json");
        collateral_store_scan(r.store);
        expect_denied(&r, buf_bytes(&quote), "expired: ", "");
    }
}

static void refusals_are_not_kept(void **state)
{
    auto_room r;

    (void)state;
    room_begin(&r, SCENE_SGX_3);
    room_open(&r);
    r.scene.quote.at[112] ^= 1;
    expect_denied(&r, buf_bytes(&r.scene.quote), "quote_signature: ", "");
    expect_denied(&r, buf_bytes(&r.scene.quote), "quote_signature: ", "");
    expect_counts(&r, 0, 2, 0);
}

static void what_is_kept_is_bounded(void **state)
{
    enum { MORE = 80 };
    auto_room r;
    struct buf quotes[MORE] = { 0 };

    (void)state;
    room_begin(&r, SCENE_SGX_3);
    room_open(&r);
    for (unsigned i = 0; i < MORE; i++) {
        auto_arena arena = { 0 };
        struct verdict a = { 0 };
        struct err err = { 0 };
        /* Zero bytes behind a quote make other evidence of it. */
        buf_add(&quotes[i], buf_bytes(&r.scene.quote));
        for (unsigned j = 0; j < i; j++)
            buf_add_u8(&quotes[i], 0);
        assert_ok(ask(&r, buf_bytes(&quotes[i]), &arena, &a, &err), &err);
        assert_ok(ask(&r, buf_bytes(&quotes[i]), &arena, &a, &err), &err);
    }
    expect_counts(&r, MORE, 0, MORE);
    expect_status(&r, TCB_UP_TO_DATE);
    expect_counts(&r, MORE + 1, 0, MORE);
    for (unsigned i = 0; i < MORE; i++)
        buf_clear(&quotes[i]);
}

static void *verify_often(void *arg)
{
    for (unsigned i = 0; i < 60; i++)
        expect_status(arg, TCB_UP_TO_DATE);
    return NULL;
}

static void many_threads_ask_while_collateral_changes(void **state)
{
    auto_room r;
    pthread_t threads[4];

    (void)state;
    room_begin(&r, SCENE_SGX_3);
    room_open(&r);
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, verify_often, &r), 0);
    for (unsigned i = 0; i < 10; i++) {
        put_bundle(&r, i % 2 == 0 ? "b.json" : "c.json");
        collateral_store_scan(r.store);
        directory_remove(&r.directory, i % 2 == 0 ? "b.json" : "c.json");
        collateral_store_scan(r.store);
    }
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(what_an_enclave_is_stands_in_its_evidence),
    cmocka_unit_test(a_platform_that_is_not_up_to_date_is_told_as_such),
    cmocka_unit_test(a_revoked_tcb_is_a_status_and_a_revoked_certificate_is_none),
    cmocka_unit_test(an_unknown_platform_is_named),
    cmocka_unit_test(nothing_is_kept_beyond_its_time),
    cmocka_unit_test(nothing_is_kept_beyond_its_collateral),
    cmocka_unit_test(of_two_bundles_for_a_platform_the_one_that_expires_last_counts),
    cmocka_unit_test(refusals_are_not_kept),
    cmocka_unit_test(what_is_kept_is_bounded),
    cmocka_unit_test(many_threads_ask_while_collateral_changes),
};

TEST_MAIN(tests)
