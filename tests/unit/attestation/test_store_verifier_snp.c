/* SPDX-License-Identifier: Apache-2.0 */
#include "bundle_directory.h"
#include "snp_scene.h"

#include "attestation/store_verifier.h"

/* Reports of SEV-SNP against a directory with bundles of several chips. */

struct room {
    struct bundle_directory directory;
    struct scene scene;
    struct collateral_store *store;
    struct store_verifier *verifier;
};

static void put_bundle(struct room *r, const char *name)
{
    auto_buf text = { 0 };

    scene_bundle(&r->scene, &text);
    directory_write(&r->directory, name, buf_bytes(&text));
}

static void room_begin(struct room *r)
{
    *r = (struct room){ 0 };
    directory_begin(&r->directory);
    scene_init(&r->scene);
    put_bundle(r, "m.json");
    r->store = directory_open(&r->directory, &r->scene.anchors);
    r->verifier = store_verifier_new(r->store, NULL);
}

static void room_end(struct room *r)
{
    store_verifier_free(r->verifier);
    collateral_store_free(r->store);
    scene_clear(&r->scene);
    directory_end(&r->directory);
}
#define auto_room struct room CLEANUP(room_end)

static bool ask(const struct room *r, struct bytes evidence, struct err *err)
{
    const struct quote_verifier *const v = store_verifier_interface(r->verifier);
    auto_arena arena = { 0 };
    struct verdict verdict = { 0 };

    if (!v->verify(v->ctx, evidence, (int64_t)SCENE_NOW * 1000, &arena, &verdict, err))
        return false;
    assert_int_equal(verdict.tee, TEE_SNP);
    assert_int_equal(verdict.reason, REASON_NONE);
    return true;
}

static struct bytes report_of(const struct room *r)
{
    return bytes_of(r->scene.report, SNP_REPORT_LEN);
}

static void expect_valid(const struct room *r, struct bytes evidence)
{
    struct err err = { 0 };

    assert_ok(ask(r, evidence, &err), &err);
}

static void expect_denied(const struct room *r, struct bytes evidence, const char *words)
{
    struct err err = { 0 };

    assert_false(ask(r, evidence, &err));
    assert_int_equal(err.kind, FAIL_DENIED);
    if (strstr(err.text, words) == NULL)
        fail_msg("%s", err.text);
}

static void a_certificate_table_behind_a_report_is_taken_off(void **state)
{
    auto_room r;
    auto_buf evidence = { 0 };

    (void)state;
    room_begin(&r);
    expect_valid(&r, report_of(&r));
    buf_add(&evidence, report_of(&r));
    buf_add_string(&evidence, "whatever a host puts there");
    expect_valid(&r, buf_bytes(&evidence));
    evidence.at[AT_MEASUREMENT] ^= 1;
    expect_denied(&r, buf_bytes(&evidence), "quote_signature: ");
    expect_denied(&r, bytes_of(r.scene.report, SNP_REPORT_LEN - 1), "format: ");
}

static void the_bundle_is_of_the_chip_and_its_tcb(void **state)
{
    auto_room r;

    (void)state;
    room_begin(&r);
    r.scene.report[AT_REPORTED_TCB] ^= 1;
    scene_sign_report(&r.scene);
    expect_denied(&r, report_of(&r), "collateral_missing: no collateral for snp Milan chip ");
    r.scene.report[AT_REPORTED_TCB] ^= 1;
    r.scene.report[AT_CHIP_ID] ^= 1;
    scene_sign_report(&r.scene);
    expect_denied(&r, report_of(&r), "collateral_missing: no collateral for snp Milan chip ");
}

static void a_hidden_chip_is_found_by_trying(void **state)
{
    auto_room r;

    (void)state;
    room_begin(&r);
    /* The same but for its key, in front. */
    r.scene.vek.key = SCENE_OTHER_VEK;
    put_bundle(&r, "a.json");
    collateral_store_scan(r.store);
    memset(r.scene.report + AT_CHIP_ID, 0, 64);
    scene_sign_report(&r.scene);
    expect_valid(&r, report_of(&r));
    directory_remove(&r.directory, "m.json");
    collateral_store_scan(r.store);
    expect_denied(&r, report_of(&r), "quote_signature: ");
    directory_remove(&r.directory, "a.json");
    collateral_store_scan(r.store);
    expect_denied(&r, report_of(&r), "with a hidden chip id");
}

static void a_vlek_is_for_every_chip_of_its_provider(void **state)
{
    auto_room r;

    (void)state;
    room_begin(&r);
    scene_make_vlek(&r.scene);
    scene_sign_report(&r.scene);
    expect_denied(&r, report_of(&r), "collateral_missing: no collateral for snp Milan with a VLEK");
    put_bundle(&r, "v.json");
    collateral_store_scan(r.store);
    expect_valid(&r, report_of(&r));
    auto_collateral_set *set = collateral_store_set(r.store);
    assert_string_equal(collateral_set_file(set, "v.json")->summary.signing_key, "vlek");
    assert_string_equal(collateral_set_file(set, "m.json")->summary.signing_key, "vcek");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_certificate_table_behind_a_report_is_taken_off),
    cmocka_unit_test(the_bundle_is_of_the_chip_and_its_tcb),
    cmocka_unit_test(a_hidden_chip_is_found_by_trying),
    cmocka_unit_test(a_vlek_is_for_every_chip_of_its_provider),
};

TEST_MAIN(tests)
