/* SPDX-License-Identifier: Apache-2.0 */
/*
 * States that somebody wrote around the manifest of others (state-and-recovery.md, 7.5): he knows every key
 * in them, but not the recovery keys that the manifest names. The victims are alice, bob and carol; the
 * forger has a key of his own and, in some cases, that of alice.
 */
#include "test.h"

#include "codec/json.h"
#include "codec/text.h"
#include "crypto/hash.h"
#include "foreign.h"
#include "recovery/plan.h"
#include "state/names.h"
#include "store/store.h"

static struct key *forger_key(void)
{
    static struct key *key;
    struct err err = { 0 };

    if (key == NULL)
        key = key_generate(KEY_RSA, 2048, &err);
    assert_non_null(key);
    return key;
}

struct forgery {
    struct world world;
    struct machine machine;
    struct recovery_plan *plan;
    struct key *keys[HOLDERS]; /* of those whom the forged metadata names */
    unsigned count;
};

static const struct omap *victim_values(unsigned holders, unsigned threshold, bool singular)
{
    auto_buf manifest = manifest_text(holders, threshold, singular, "");

    return foreign_values(buf_bytes(&manifest));
}

static void write_state(struct forgery *f, const struct omap *values, struct bytes metadata)
{
    static const struct env real = { .files = &files_posix };
    auto_string *path = mem_printf("%s/platform-forger.key", f->world.path);
    enum store_verdict verdict;
    struct err err = { 0 };
    struct env env = f->world.env;

    env.files = real.files;
    auto_sealing *sealing = sealing_open_file(&env, path, &err);
    const struct store_config config = { &f->world.env, f->world.seal_dir, sealing };
    auto_store *store = store_open(&config, &verdict, &err);
    assert_non_null(store);
    const struct store_generation generation = {
        .values = values,
        .rwk = secret_bytes(f->plan->rwk),
        .metadata = metadata,
        .signature = BYTES_LITERAL("whatever"),
        .policy = SEAL_PRODUCT_KEY,
    };
    assert_ok(store_begin_generation(store, &generation, &err), &err);
}

/* The forged state of a set with these holders. */
static void forge(struct forgery *f, const struct omap *values, const char *const *names,
                  struct key *const *keys, unsigned count, unsigned threshold, bool without_proof)
{
    struct recovery_party parties[HOLDERS];
    auto_buf metadata = { 0 };
    struct err err = { 0 };

    *f = (struct forgery){ .count = count };
    world_begin(&f->world);
    for (unsigned i = 0; i < count; i++) {
        parties[i] = (struct recovery_party){ bytes_of_string(names[i]), keys[i] };
        f->keys[i] = keys[i];
    }
    const struct recovery_request request = {
        .parties = parties,
        .party_count = count,
        .threshold = threshold,
        .without_proof = without_proof,
        .manifest = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
    };
    f->plan = recovery_plan_make(&f->world.env, &request, &err);
    assert_non_null(f->plan);
    assert_ok(recovery_metadata_write(f->plan->metadata, &metadata, &err), &err);
    write_state(f, values, buf_bytes(&metadata));
    f->machine = machine_start(&f->world, "victim");
    assert_phase(&f->machine, PHASE_RECOVERY);
}

static void forgery_end(struct forgery *f)
{
    machine_stop(&f->machine);
    recovery_plan_free(f->plan);
    world_end(&f->world);
}
#define auto_forgery struct forgery CLEANUP(forgery_end)

/* Uploads all shares, signed by the keys of the forged set; the last answer. */
static enum recover_result upload_all(struct forgery *f, bool sign, struct err *err)
{
    enum recover_result result = RECOVER_FAILED;
    unsigned remaining = 99;

    for (unsigned i = 0; i < f->count; i++) {
        auto_buf share = { 0 }, signature = { 0 };
        *err = (struct err){ 0 };
        assert_ok(
            key_oaep_decrypt(f->keys[i], buf_bytes(&f->plan->secrets[i].encrypted), &share, err),
            err);
        assert_ok(key_sign_sha256(f->keys[i], buf_bytes(&share), &signature, err), err);
        result = core_recover(f->machine.core, buf_bytes(&share),
                              sign ? buf_bytes(&signature) : BYTES_NONE, sign, &remaining, err);
    }
    return result;
}

static void assert_refused(struct forgery *f, const char *words)
{
    struct err err;

    assert_int_equal(upload_all(f, true, &err), RECOVER_FAILED);
    if (strstr(err.text, words) == NULL)
        fail_msg("\"%s\" does not speak of %s", err.text, words);
    assert_phase(&f->machine, PHASE_RECOVERY);
}

static void holders_with_other_keys_than_in_the_manifest_are_refused(void **state)
{
    static const unsigned thresholds[] = { 0, 2 };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(thresholds); i++) {
        auto_omap *values = victim_values(3, thresholds[i], false);
        struct key *const keys[] = { forger_key(), forger_key(), forger_key() };
        auto_forgery f;
        forge(&f, values, holder_names, keys, 3, 0, false);
        assert_refused(&f, "do not match the keys used for recovery");
    }
}

static void one_bad_holder_does_not_speak_for_three(void **state)
{
    static const char *const others[] = { "alice", "mallory", "oscar" };
    auto_omap *values = victim_values(3, 0, false);
    struct key *const alice_only[] = { holder_key(0) };
    struct key *const alice_thrice[] = { holder_key(0), holder_key(0), holder_key(0) };

    (void)state;
    {
        auto_forgery f;
        forge(&f, values, holder_names, alice_only, 1, 0, false);
        assert_refused(&f, "expected 3, got 1");
    }
    {
        auto_forgery f;
        forge(&f, values, holder_names, alice_thrice, 3, 0, false);
        assert_refused(&f, "\"bob\"");
    }
    {
        auto_forgery f;
        forge(&f, values, others, alice_thrice, 3, 0, false);
        assert_refused(&f, "\"mallory\"");
    }
}

/* Listing alice three times made her three holders once. */
static void one_bad_holder_listed_thrice_stops_the_start(void **state)
{
    static const char *const names[] = { "alice", "alicf", "alicg" };
    auto_omap *values = victim_values(3, 0, false);
    struct key *const keys[] = { holder_key(0), holder_key(0), holder_key(0) };
    auto_buf metadata = { 0 };
    struct forgery f;
    struct err err = { 0 };

    (void)state;
    forge(&f, values, names, keys, 3, 0, false);
    machine_stop(&f.machine);
    assert_ok(recovery_metadata_write(f.plan->metadata, &metadata, &err), &err);
    for (size_t i = 0; i + 12 < metadata.len; i++) {
        if (memcmp(metadata.at + i, "\"name\":\"alic", 12) == 0)
            metadata.at[i + 12] = 'e';
    }
    world_end(&f.world);
    world_begin(&f.world);
    write_state(&f, values, buf_bytes(&metadata));
    assert_false(machine_try(&f.world, "victim", false, &f.machine, &err));
    assert_int_equal(err.kind, FAIL_DAMAGED);
    recovery_plan_free(f.plan);
    world_end(&f.world);
}

static void metadata_that_asks_for_no_proof_does_not_decide(void **state)
{
    auto_omap *values = victim_values(1, 0, false);
    struct key *const keys[] = { forger_key() };
    auto_forgery f;
    struct err err;

    (void)state;
    forge(&f, values, holder_names, keys, 1, 0, true);
    assert_int_equal(upload_all(&f, false, &err), RECOVER_GONE);
    assert_phase(&f.machine, PHASE_RECOVERY);
    assert_refused(&f, "do not match the keys used for recovery");
}

/* What the recovery page of 2020 allows by design is at least shown. */
static void forged_state_with_the_singular_key_opens_but_without_proof(void **state)
{
    auto_omap *values = victim_values(1, 0, true);
    struct key *const keys[] = { forger_key() };
    static const char *const names[] = { "RecoveryKey" };
    auto_forgery f;
    struct err err;

    (void)state;
    forge(&f, values, names, keys, 1, 0, true);
    assert_refused(&f, "do not match the keys used for recovery");
    assert_int_equal(upload_all(&f, false, &err), RECOVER_DONE);
    auto_snapshot *now = core_snapshot(f.machine.core);
    assert_true(now->recovery.without_proof);
}

static void manifest_without_recovery_keys_is_never_recovered(void **state)
{
    auto_omap *values = victim_values(0, 0, false);
    struct key *const keys[] = { forger_key() };
    auto_forgery f;

    (void)state;
    forge(&f, values, holder_names, keys, 1, 0, false);
    assert_refused(&f, "expected 0, got 1");
}

/* ---- the same with states of the original ---- */

static void foreign_state_with_signatures_of_others_is_refused(void **state)
{
    auto_omap *values = victim_values(3, 2, false);
    auto_buf signature = { 0 };
    uint8_t key[32];
    struct world w;
    struct err err = { 0 };

    (void)state;
    auto_deal deal = foreign_deal(3, 2, key);
    auto_buf file = foreign_file(values, &deal, key);
    world_begin(&w);
    world_write(&w, "sealed_data", buf_bytes(&file));
    struct machine m = machine_start(&w, "victim");
    assert_ok(key_sign_sha256(forger_key(), share_bytes(&deal.shares[1]), &signature, &err), &err);
    give(&m, &deal, 0, 2);
    refuse(&m, share_bytes(&deal.shares[1]), buf_bytes(&signature), "no matching recovery public");
    /* Alice twice is not two holders either. */
    share_sign(&deal.shares[1], 0);
    refuse(&m, share_bytes(&deal.shares[1]), buf_bytes(&deal.shares[1].signature),
           "no matching recovery public");
    assert_phase(&m, PHASE_RECOVERY);
    share_sign(&deal.shares[1], 1);
    give(&m, &deal, 1, 0);
    machine_stop(&m);
    world_end(&w);
}

static void put_pem(struct buf *out, const struct key *key)
{
    auto_buf der = { 0 }, pem = { 0 };
    struct err err = { 0 };

    assert_ok(key_public_der(key, &der, &err), &err);
    pem_encode(&pem, "PUBLIC KEY", buf_bytes(&der));
    json_put_string(out, buf_bytes(&pem));
}

/* 300 keys, of which one is enough, and it is the last: more than are counted. */
static struct buf crowded_manifest(void)
{
    struct buf out = { 0 };

    buf_add_string(&out, "{\"Config\":{\"RecoveryThreshold\":1},\"RecoveryKeys\":{");
    for (int i = 0; i < 300; i++) {
        auto_string *name = mem_printf("key%03d", i);
        json_put_name(&out, name);
        put_pem(&out, i < 299 ? holder_key(0) : forger_key());
    }
    buf_add_string(&out, "}}");
    return out;
}

static void foreign_manifest_with_300_recovery_keys_is_refused(void **state)
{
    auto_omap *victim = victim_values(1, 0, false);
    auto_buf manifest = crowded_manifest(), signature = { 0 };
    auto_omap *values = omap_with(victim, BYTES_LITERAL(NAME_MANIFEST), buf_bytes(&manifest));
    uint8_t key[32];
    struct world w;
    struct err err = { 0 };

    (void)state;
    auto_deal deal = foreign_deal(1, 0, key);
    auto_buf file = foreign_file(values, &deal, key);
    world_begin(&w);
    world_write(&w, "sealed_data", buf_bytes(&file));
    struct machine m = machine_start(&w, "victim");
    assert_ok(key_sign_sha256(forger_key(), share_bytes(&deal.shares[0]), &signature, &err), &err);
    refuse(&m, share_bytes(&deal.shares[0]), buf_bytes(&signature),
           "300 recovery keys are more than 255");
    assert_phase(&m, PHASE_RECOVERY);
    machine_stop(&m);
    world_end(&w);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(holders_with_other_keys_than_in_the_manifest_are_refused),
    cmocka_unit_test(one_bad_holder_does_not_speak_for_three),
    cmocka_unit_test(one_bad_holder_listed_thrice_stops_the_start),
    cmocka_unit_test(metadata_that_asks_for_no_proof_does_not_decide),
    cmocka_unit_test(forged_state_with_the_singular_key_opens_but_without_proof),
    cmocka_unit_test(manifest_without_recovery_keys_is_never_recovered),
    cmocka_unit_test(foreign_state_with_signatures_of_others_is_refused),
    cmocka_unit_test(foreign_manifest_with_300_recovery_keys_is_refused),
};

TEST_MAIN(tests)
