/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "crypto/share.h"
#include "plans.h"

static void nobody_gets_nothing(void **state)
{
    auto_recovery_plan *plan = plan_of(0, 0);

    (void)state;
    assert_int_equal(plan->metadata->scheme, RECOVERY_NONE);
    assert_null(plan->rwk);
    assert_int_equal(plan->count, 0);
}

static void one_holder_gets_the_key_itself(void **state)
{
    auto_recovery_plan *plan = plan_of(1, 0);
    auto_buf share = plan_share(plan, 0);

    (void)state;
    assert_int_equal(plan->metadata->scheme, RECOVERY_SINGLE);
    assert_int_equal(plan->metadata->needed, 1);
    assert_bytes_equal(buf_bytes(&share), secret_bytes(plan->rwk));
}

static void threshold_of_zero_or_all_is_xor(void **state)
{
    (void)state;
    for (unsigned threshold = 0; threshold <= 3; threshold += 3) {
        auto_recovery_plan *plan = plan_of(3, threshold);
        struct buf shares[3];
        struct bytes views[3];
        struct err err = { 0 };

        assert_int_equal(plan->metadata->scheme, RECOVERY_XOR);
        assert_int_equal(plan->metadata->needed, 3);
        assert_int_equal(plan->metadata->secret_size, 32);
        for (unsigned i = 0; i < 3; i++) {
            shares[i] = plan_share(plan, i);
            views[i] = buf_bytes(&shares[i]);
        }
        auto_secret *key = xor_combine(views, 3, &err);
        assert_true(secret_equal(key, plan->rwk));
        for (unsigned i = 0; i < 3; i++)
            buf_clear(&shares[i]);
    }
}

static void lesser_threshold_is_shamir_and_each_share_fits_its_commitment(void **state)
{
    auto_recovery_plan *plan = plan_of(5, 3);
    const struct recovery_metadata *const m = plan->metadata;
    struct buf shares[3];
    struct bytes views[3];
    struct err err = { 0 };

    (void)state;
    assert_int_equal(m->scheme, RECOVERY_SHAMIR);
    assert_int_equal(m->needed, 3);
    for (unsigned i = 0; i < 3; i++) {
        uint8_t commit[SHA256_LEN];
        shares[i] = plan_share(plan, i + 2);
        views[i] = buf_bytes(&shares[i]);
        assert_int_equal(shares[i].len, 33);
        assert_int_equal(m->holders[i + 2].x, shares[i].at[32]);
        assert_ok(recovery_commit(m->set, holder_names[i + 2], views[i], commit, &err), &err);
        assert_memory_equal(commit, m->holders[i + 2].commit, SHA256_LEN);
    }
    auto_secret *key = shamir_combine(views, 3, &err);
    assert_true(secret_equal(key, plan->rwk));
    for (unsigned i = 0; i < 3; i++)
        buf_clear(&shares[i]);
}

static void holders_are_sorted_whatever_the_order_of_the_parties(void **state)
{
    struct named_parties p;
    struct err err = { 0 };

    (void)state;
    parties_fill(&p, 3, 0);
    const struct recovery_party first = p.at[0];
    p.at[0] = p.at[2];
    p.at[2] = first;
    auto_recovery_plan *plan = recovery_plan_make(&holder_env, &p.request, &err);
    assert_non_null(plan);
    for (unsigned i = 0; i < 3; i++) {
        auto_buf share = plan_share(plan, i);
        assert_string_equal(plan->metadata->holders[i].name, holder_names[i]);
        assert_int_equal(share.len, 32);
    }
}

static void make_refuses_impossible_requests(void **state)
{
    struct recovery_party many[256];
    struct named_parties p;
    struct err err = { 0 };
    char names[256][8];

    (void)state;
    for (unsigned i = 0; i < 256; i++) {
        (void)snprintf(names[i], sizeof names[i], "k%03u", i);
        many[i] = (struct recovery_party){ bytes_of_string(names[i]), holder_key(0) };
    }
    parties_fill(&p, 2, 3);
    assert_null(recovery_plan_make(&holder_env, &p.request, &err));
    assert_int_equal(err.kind, FAIL_MALFORMED);
    p.request.threshold = 1;
    assert_null(recovery_plan_make(&holder_env, &p.request, &err));
    p.request.threshold = UINT64_MAX;
    assert_null(recovery_plan_make(&holder_env, &p.request, &err));
    p.request.parties = many;
    p.request.party_count = 256;
    p.request.threshold = 2;
    assert_null(recovery_plan_make(&holder_env, &p.request, &err));
    p.request.party_count = 0;
    p.request.threshold = 2;
    assert_null(recovery_plan_make(&holder_env, &p.request, &err));
}

/* Such a name was cut at the NUL in the metadata and not found in the manifest at the recovery. */
static void make_refuses_a_name_with_nul(void **state)
{
    struct named_parties p;
    struct err err = { 0 };

    (void)state;
    parties_fill(&p, 2, 0);
    p.at[1].name = BYTES_LITERAL("b\0b");
    assert_null(recovery_plan_make(&holder_env, &p.request, &err));
    assert_int_equal(err.kind, FAIL_MALFORMED);
}

static void make_fails_without_randomness(void **state)
{
    const struct env env = { .random = no_random };
    struct named_parties p;
    struct err err = { 0 };

    (void)state;
    parties_fill(&p, 2, 0);
    assert_null(recovery_plan_make(&env, &p.request, &err));
    assert_int_equal(err.kind, FAIL_INTERNAL);
}

static struct recovery_plan *adopt(unsigned n, uint64_t threshold, size_t hash_count)
{
    static const uint8_t key[32] = { 1, 2, 3 };
    uint8_t hashes[2][SHA256_LEN] = { { 1 }, { 2 } };
    struct named_parties p;
    struct err err = { 0 };

    parties_fill(&p, n, threshold);
    struct recovery_plan *const plan =
        recovery_plan_adopt(&holder_env, &p.request, bytes_of(key, sizeof key),
                            (const uint8_t(*)[SHA256_LEN])hashes, hash_count, &err);
    assert_non_null(plan);
    if (n > 0)
        assert_bytes_equal(secret_bytes(plan->rwk), bytes_of(key, sizeof key));
    else
        assert_null(plan->rwk);
    assert_int_equal(plan->count, 0);
    return plan;
}

static void adopt_keeps_the_old_key_and_what_is_known_of_its_shares(void **state)
{
    auto_recovery_plan *none = adopt(0, 0, 0);
    auto_recovery_plan *single = adopt(1, 0, 0);
    auto_recovery_plan *all = adopt(2, 0, 2);
    auto_recovery_plan *some = adopt(3, 2, 0);

    (void)state;
    assert_int_equal(none->metadata->scheme, RECOVERY_NONE);
    assert_true(single->metadata->holders[0].has_commit);
    assert_int_equal(single->metadata->secret_size, 32);
    assert_false(all->metadata->holders[0].has_commit);
    assert_int_equal(all->metadata->hash_count, 2);
    assert_int_equal(all->metadata->hashes[1][0], 2);
    assert_int_equal(some->metadata->secret_size, 33);
    assert_int_equal(some->metadata->hash_count, 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(nobody_gets_nothing),
    cmocka_unit_test(one_holder_gets_the_key_itself),
    cmocka_unit_test(threshold_of_zero_or_all_is_xor),
    cmocka_unit_test(lesser_threshold_is_shamir_and_each_share_fits_its_commitment),
    cmocka_unit_test(holders_are_sorted_whatever_the_order_of_the_parties),
    cmocka_unit_test(make_refuses_impossible_requests),
    cmocka_unit_test(make_refuses_a_name_with_nul),
    cmocka_unit_test(make_fails_without_randomness),
    cmocka_unit_test(adopt_keeps_the_old_key_and_what_is_known_of_its_shares),
};

TEST_MAIN(tests)
