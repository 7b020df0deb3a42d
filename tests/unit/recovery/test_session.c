/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "plans.h"
#include "recovery/session.h"

#include <pthread.h>

/* A state that opens with one key, and what its opener is told to do. */
struct vault {
    struct bytes key;
    enum fail_kind trouble; /* not FAIL_NONE: the next attempt ends with it */
    size_t refuse;          /* 1-based: this upload is refused; 0: none */
    unsigned tries;
    size_t set;   /* of the last attempt */
    size_t count; /* uploads of the last attempt */
    bool unsigned_ones;
};

static bool vault_open(void *arg, size_t set, struct bytes candidate,
                       struct recovery_upload *uploads, size_t count, struct err *err)
{
    struct vault *const v = arg;

    v->tries++;
    v->set = set;
    v->count = count;
    v->unsigned_ones = false;
    for (size_t i = 0; i < count; i++)
        v->unsigned_ones |= uploads[i].signature.len == 0;
    if (v->trouble != FAIL_NONE) {
        const enum fail_kind kind = v->trouble;
        v->trouble = FAIL_NONE;
        return err_set(err, kind, "trouble");
    }
    if (v->refuse > 0) {
        uploads[v->refuse - 1].refused = true;
        v->refuse = 0;
        return err_set(err, FAIL_DENIED, "one was refused");
    }
    return bytes_equal(candidate, v->key) || err_set(err, FAIL_DENIED, "does not open");
}

/* A session of our own state, and its holders' shares. */
struct scene {
    struct recovery_plan *plan;
    struct recovery_session *session;
    struct vault vault;
    struct buf shares[HOLDERS];
    unsigned n;
};

static struct recovery_metadata *copy_of(const struct recovery_metadata *m)
{
    auto_buf text = { 0 };
    struct err err = { 0 };

    assert_ok(recovery_metadata_write(m, &text, &err), &err);
    struct recovery_metadata *const copy = recovery_metadata_parse(buf_bytes(&text), &err);
    assert_non_null(copy);
    return copy;
}

/* A session of the state that has these sets; the second may be NULL. */
static struct recovery_session *session_of(const struct recovery_metadata *first,
                                           const struct recovery_metadata *second)
{
    struct recovery_sets sets = { .count = 1, .at = { copy_of(first) } };
    struct err err = { 0 };

    if (second != NULL)
        sets.at[sets.count++] = copy_of(second);
    struct recovery_session *const session = recovery_session_new(&holder_env, &sets, &err);
    assert_non_null(session);
    assert_int_equal(sets.count, 0);
    return session;
}

static void scene_begin(struct scene *s, unsigned n, uint64_t threshold)
{
    *s = (struct scene){ .plan = plan_of(n, threshold), .n = n };
    for (unsigned i = 0; i < n; i++)
        s->shares[i] = plan_share(s->plan, i);
    if (n > 0)
        s->vault.key = secret_bytes(s->plan->rwk);
    s->session = session_of(s->plan->metadata, NULL);
}

static void scene_end(struct scene *s)
{
    for (unsigned i = 0; i < s->n; i++)
        buf_clear(&s->shares[i]);
    recovery_session_free(s->session);
    recovery_plan_free(s->plan);
}
#define auto_scene struct scene CLEANUP(scene_end)

static bool offer(struct scene *s, struct bytes share, struct bytes signature, unsigned *remaining,
                  struct err *err)
{
    const struct recovery_opener opener = { vault_open, &s->vault };

    *err = (struct err){ 0 };
    return recovery_session_offer(s->session, share, signature, &opener, remaining, err);
}

/* Holder i gives his own share, signed. */
static void give(struct scene *s, unsigned i, unsigned want_remaining)
{
    auto_buf signature = holder_sign(i, buf_bytes(&s->shares[i]));
    unsigned remaining = 99;
    struct err err;

    assert_ok(offer(s, buf_bytes(&s->shares[i]), buf_bytes(&signature), &remaining, &err), &err);
    assert_int_equal(remaining, want_remaining);
}

/* Refused with this kind and these words. */
static void refused(struct scene *s, struct bytes share, struct bytes signature,
                    enum fail_kind kind, const char *words)
{
    unsigned remaining = 99;
    struct err err;

    if (offer(s, share, signature, &remaining, &err))
        fail_msg("accepted, although: %s", words);
    if (err.kind != kind || strstr(err.text, words) == NULL)
        fail_msg("kind %d instead of %d: %s", (int)err.kind, (int)kind, err.text);
}

static void expect_accepted(struct scene *s, const char *names)
{
    auto_buf text = { 0 };

    buf_add_u8(&text, '{');
    recovery_session_describe(s->session, &text);
    buf_add_u8(&text, 0);
    auto_string *wanted = mem_printf("\"accepted\":[%s]", names);
    if (strstr((const char *)text.at, wanted) == NULL)
        fail_msg("%s instead of %s", (const char *)text.at, wanted);
}

static void single_key_opens_at_once(void **state)
{
    auto_scene s;

    (void)state;
    scene_begin(&s, 1, 0);
    give(&s, 0, 0);
    assert_int_equal(s.vault.tries, 1);
}

static void wrong_single_key_is_an_error_and_the_right_one_still_works(void **state)
{
    static const uint8_t wrong[32] = { 7 };
    auto_scene s;

    (void)state;
    scene_begin(&s, 1, 0);
    auto_buf signature = holder_sign(0, bytes_of(wrong, 32));
    refused(&s, bytes_of(wrong, 32), buf_bytes(&signature), FAIL_DENIED, "no holder");
    assert_int_equal(s.vault.tries, 0);
    give(&s, 0, 0);
}

static void xor_counts_exactly_whatever_comes_between(void **state)
{
    static const uint8_t foreign[32] = { 9 };
    auto_scene s;

    (void)state;
    scene_begin(&s, 3, 0);
    auto_buf right = holder_sign(1, buf_bytes(&s.shares[1]));
    auto_buf by_another = holder_sign(2, buf_bytes(&s.shares[1]));
    auto_buf alice = holder_sign(0, buf_bytes(&s.shares[0]));
    auto_buf for_foreign = holder_sign(0, bytes_of(foreign, 32));

    give(&s, 2, 2);
    refused(&s, bytes_of(foreign, 32), buf_bytes(&for_foreign), FAIL_DENIED, "no holder");
    expect_accepted(&s, "\"carol\"");
    give(&s, 0, 1);
    refused(&s, buf_bytes(&s.shares[0]), buf_bytes(&alice), FAIL_DENIED, "\"alice\"");
    refused(&s, buf_bytes(&s.shares[1]), buf_bytes(&by_another), FAIL_DENIED, "\"bob\"");
    refused(&s, buf_bytes(&s.shares[1]), BYTES_NONE, FAIL_DENIED, "\"bob\"");
    right.at[5] ^= 1;
    refused(&s, buf_bytes(&s.shares[1]), buf_bytes(&right), FAIL_DENIED, "\"bob\"");
    expect_accepted(&s, "\"alice\",\"carol\"");
    assert_int_equal(s.vault.tries, 0);
    give(&s, 1, 0);
    assert_int_equal(s.vault.count, 3);
}

static void shamir_needs_just_the_threshold(void **state)
{
    auto_scene s;

    (void)state;
    scene_begin(&s, 5, 3);
    give(&s, 4, 2);
    give(&s, 1, 1);
    give(&s, 3, 0);
    assert_int_equal(s.vault.tries, 1);
    assert_int_equal(s.vault.count, 3);
}

static void every_length_but_that_of_the_set_is_refused(void **state)
{
    static const size_t lengths[] = { 0, 1, 15, 16, 17, 31, 32, 33, 34, 255, 20480, 20481 };
    static const struct {
        unsigned n, threshold;
        size_t len;
    } sets[] = { { 0, 0, 0 }, { 1, 0, 32 }, { 3, 0, 32 }, { 3, 2, 33 } };
    uint8_t *const zeros = mem_zero_alloc(1, 20481);

    (void)state;
    for (size_t k = 0; k < COUNT_OF(sets); k++) {
        auto_scene s;
        scene_begin(&s, sets[k].n, sets[k].threshold);
        for (size_t i = 0; i < COUNT_OF(lengths); i++) {
            uint8_t *const exact = bytes_copy(bytes_of(zeros, lengths[i]));
            const bool fits = sets[k].n > 0 && lengths[i] == sets[k].len;
            refused(&s, bytes_of(exact, lengths[i]), BYTES_LITERAL("signature"),
                    sets[k].n == 0 || fits ? FAIL_DENIED : FAIL_MALFORMED,
                    sets[k].n == 0 ? "cannot be recovered"
                    : fits         ? "no holder"
                                   : "length");
            free(exact);
        }
        expect_accepted(&s, "");
        for (unsigned i = 0; i < sets[k].n && sets[k].len == 32; i++)
            give(&s, i, sets[k].n - 1 - i);
    }
    free(zeros);
}

/* A disk that is full: whoever sent the last secret sends it again, the others do not. */
static void trouble_while_opening_costs_only_the_last_upload(void **state)
{
    static const enum fail_kind kinds[] = { FAIL_UNAVAILABLE, FAIL_DAMAGED, FAIL_INTERNAL,
                                            FAIL_DENIED };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        auto_scene s;
        scene_begin(&s, 3, 2);
        auto_buf signature = holder_sign(2, buf_bytes(&s.shares[2]));
        give(&s, 0, 1);
        s.vault.trouble = kinds[i];
        refused(&s, buf_bytes(&s.shares[2]), buf_bytes(&signature), kinds[i], "trouble");
        expect_accepted(&s, "\"alice\"");
        give(&s, 2, 0);
    }
}

static void only_what_the_opener_refuses_is_dropped(void **state)
{
    auto_scene s;

    (void)state;
    scene_begin(&s, 3, 0);
    auto_buf signature = holder_sign(2, buf_bytes(&s.shares[2]));
    give(&s, 0, 2);
    give(&s, 1, 1);
    s.vault.refuse = 1;
    refused(&s, buf_bytes(&s.shares[2]), buf_bytes(&signature), FAIL_DENIED, "refused");
    expect_accepted(&s, "\"bob\",\"carol\"");
    give(&s, 0, 0);
}

static void session_takes_nothing_after_it_opened_or_ended(void **state)
{
    (void)state;
    for (int ended = 0; ended <= 1; ended++) {
        auto_scene s;
        scene_begin(&s, 3, 2);
        auto_buf signature = holder_sign(2, buf_bytes(&s.shares[2]));
        give(&s, 0, 1);
        if (ended)
            recovery_session_end(s.session);
        else
            give(&s, 1, 0);
        refused(&s, buf_bytes(&s.shares[2]), buf_bytes(&signature), FAIL_STATE, "over");
        expect_accepted(&s, "");
    }
}

static void unsigned_secrets_count_only_where_no_proof_is_needed(void **state)
{
    auto_scene s;
    struct named_parties p;
    struct err err = { 0 };
    unsigned remaining = 99;

    (void)state;
    scene_begin(&s, 1, 0);
    assert_false(recovery_session_without_proof(s.session));
    refused(&s, buf_bytes(&s.shares[0]), BYTES_NONE, FAIL_DENIED, "\"alice\"");

    parties_fill(&p, 1, 0);
    p.request.without_proof = true;
    auto_recovery_plan *page = recovery_plan_make(&holder_env, &p.request, &err);
    auto_buf share = plan_share(page, 0);
    recovery_session_free(s.session);
    s.session = session_of(page->metadata, NULL);
    s.vault.key = secret_bytes(page->rwk);
    assert_true(recovery_session_without_proof(s.session));
    refused(&s, buf_bytes(&share), BYTES_LITERAL("no signature"), FAIL_DENIED, "\"alice\"");
    assert_ok(offer(&s, buf_bytes(&share), BYTES_NONE, &remaining, &err), &err);
    assert_int_equal(remaining, 0);
    assert_true(s.vault.unsigned_ones);
}

/* An imported set: nobody knows who was given which share, but all know who signs. */
static void imported_set_is_judged_by_hash_and_signature(void **state)
{
    auto_recovery_plan *made = plan_of(3, 2);
    uint8_t hashes[3][SHA256_LEN];
    auto_scene s = { .n = 3 };
    struct named_parties p;
    struct err err = { 0 };

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        s.shares[i] = plan_share(made, i);
        assert_ok(sha256(buf_bytes(&s.shares[i]), hashes[i], &err), &err);
    }
    parties_fill(&p, 3, 2);
    s.plan = recovery_plan_adopt(&holder_env, &p.request, secret_bytes(made->rwk),
                                 (const uint8_t(*)[SHA256_LEN])hashes, 3, &err);
    s.vault.key = secret_bytes(made->rwk);
    s.session = session_of(s.plan->metadata, NULL);

    auto_buf stranger = holder_sign(4, buf_bytes(&s.shares[0]));
    auto_buf bob_for_alice = holder_sign(1, buf_bytes(&s.shares[0]));
    static const uint8_t unknown[33] = { 1 };
    auto_buf for_unknown = holder_sign(0, bytes_of(unknown, 33));
    refused(&s, bytes_of(unknown, 33), buf_bytes(&for_unknown), FAIL_DENIED, "no holder");
    refused(&s, buf_bytes(&s.shares[0]), buf_bytes(&stranger), FAIL_DENIED, "none of the recovery");
    refused(&s, buf_bytes(&s.shares[0]), BYTES_NONE, FAIL_DENIED, "none of the recovery");
    give(&s, 1, 1);
    refused(&s, buf_bytes(&s.shares[0]), buf_bytes(&bob_for_alice), FAIL_DENIED, "\"bob\"");
    give(&s, 0, 0);
}

static void scene_foreign(struct scene *s, unsigned n, uint64_t threshold, bool hashed)
{
    uint8_t hashes[HOLDERS][SHA256_LEN];
    struct err err = { 0 };

    scene_begin(s, n, threshold);
    for (unsigned i = 0; i < n; i++)
        assert_ok(sha256(buf_bytes(&s->shares[i]), hashes[i], &err), &err);
    recovery_session_free(s->session);
    s->session = recovery_session_new_foreign(&holder_env, (const uint8_t(*)[SHA256_LEN])hashes,
                                              hashed ? n : 0, &err);
    assert_non_null(s->session);
}

static void foreign_shamir_counts_down_from_all_and_opens_at_the_threshold(void **state)
{
    auto_scene s;

    (void)state;
    scene_foreign(&s, 5, 3, true);
    give(&s, 0, 4);
    give(&s, 3, 3);
    give(&s, 1, 0);
    assert_int_equal(s.vault.tries, 2);
}

static void foreign_xor_opens_with_the_last_share(void **state)
{
    static const uint8_t foreign[32] = { 9 };
    auto_scene s;

    (void)state;
    scene_foreign(&s, 3, 0, true);
    give(&s, 0, 2);
    refused(&s, bytes_of(foreign, 32), BYTES_LITERAL("x"), FAIL_DENIED, "no holder");
    refused(&s, buf_bytes(&s.shares[0]), BYTES_LITERAL("x"), FAIL_DENIED, "already used");
    give(&s, 2, 1);
    give(&s, 1, 0);
    assert_int_equal(s.vault.tries, 1);
}

static void foreign_single_key_that_is_wrong_is_an_error(void **state)
{
    static const uint8_t wrong[33] = { 9 };
    static const size_t lengths[] = { 16, 32 };
    auto_scene s;

    (void)state;
    scene_foreign(&s, 1, 0, false);
    assert_true(recovery_session_without_proof(s.session));
    for (size_t i = 0; i < COUNT_OF(lengths); i++)
        refused(&s, bytes_of(wrong, lengths[i]), BYTES_NONE, FAIL_DENIED, "does not open");
    refused(&s, bytes_of(wrong, 33), BYTES_NONE, FAIL_MALFORMED, "length: 33");
    refused(&s, bytes_of(wrong, 0), BYTES_NONE, FAIL_MALFORMED, "length: 0");
    give(&s, 0, 0);
}

/* Several holders means plural keys, and these sign: nothing unsigned may get in between. */
static void foreign_state_with_several_holders_takes_no_unsigned_secret(void **state)
{
    auto_scene s;

    (void)state;
    scene_foreign(&s, 3, 2, true);
    assert_false(recovery_session_without_proof(s.session));
}

static void foreign_session_refuses_more_than_255_shares(void **state)
{
    static const uint8_t hashes[256][SHA256_LEN];
    struct err err = { 0 };

    (void)state;
    assert_null(recovery_session_new_foreign(&holder_env, hashes, 256, &err));
    assert_int_equal(err.kind, FAIL_DAMAGED);
}

static void describe_names_scheme_holders_and_session(void **state)
{
    auto_buf text = { 0 }, progress = { 0 };
    auto_scene s;

    (void)state;
    scene_begin(&s, 3, 2);
    give(&s, 1, 1);
    buf_add_u8(&text, '{');
    recovery_session_describe(s.session, &text);
    buf_add_u8(&text, 0);
    const char *const start = "{\"scheme\":\"shamir\",\"needed\":2,\"received\":1,\"accepted\":"
                              "[\"bob\"],\"missing\":[\"alice\",\"carol\"],\"session\":\"";
    assert_memory_equal(text.at, start, strlen(start));
    assert_int_equal(strlen((const char *)text.at), strlen(start) + 33);
    buf_add_u8(&progress, '{');
    recovery_session_progress(s.session, &progress);
    assert_bytes_equal(buf_bytes(&progress),
                       BYTES_LITERAL("{\"required\":2,\"accepted\":[\"bob\"]"));
}

struct giver {
    struct scene *scene;
    unsigned holder;
    unsigned accepted, refused, opened;
};

static void *give_often(void *arg)
{
    struct giver *const g = arg;
    const struct buf *const share = &g->scene->shares[g->holder];
    const struct recovery_opener opener = { vault_open, &g->scene->vault };
    struct buf signature = holder_sign(g->holder, buf_bytes(share));

    for (int i = 0; i < 20; i++) {
        unsigned remaining = 99;
        struct err err = { 0 };
        if (!recovery_session_offer(g->scene->session, buf_bytes(share), buf_bytes(&signature),
                                    &opener, &remaining, &err))
            g->refused++;
        else if (remaining > 0)
            g->accepted++;
        else
            g->opened++;
    }
    buf_clear(&signature);
    return NULL;
}

static void holders_who_come_together_open_it_once(void **state)
{
    struct giver givers[HOLDERS] = { 0 };
    pthread_t threads[HOLDERS];
    unsigned accepted = 0, opened = 0;
    auto_scene s;

    (void)state;
    scene_begin(&s, HOLDERS, 3);
    for (unsigned i = 0; i < HOLDERS; i++) {
        givers[i] = (struct giver){ .scene = &s, .holder = i };
        assert_int_equal(pthread_create(&threads[i], NULL, give_often, &givers[i]), 0);
    }
    for (unsigned i = 0; i < HOLDERS; i++) {
        (void)pthread_join(threads[i], NULL);
        accepted += givers[i].accepted;
        opened += givers[i].opened;
    }
    assert_int_equal(accepted, 2);
    assert_int_equal(opened, 1);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(single_key_opens_at_once),
    cmocka_unit_test(wrong_single_key_is_an_error_and_the_right_one_still_works),
    cmocka_unit_test(xor_counts_exactly_whatever_comes_between),
    cmocka_unit_test(shamir_needs_just_the_threshold),
    cmocka_unit_test(every_length_but_that_of_the_set_is_refused),
    cmocka_unit_test(trouble_while_opening_costs_only_the_last_upload),
    cmocka_unit_test(only_what_the_opener_refuses_is_dropped),
    cmocka_unit_test(session_takes_nothing_after_it_opened_or_ended),
    cmocka_unit_test(unsigned_secrets_count_only_where_no_proof_is_needed),
    cmocka_unit_test(imported_set_is_judged_by_hash_and_signature),
    cmocka_unit_test(foreign_shamir_counts_down_from_all_and_opens_at_the_threshold),
    cmocka_unit_test(foreign_xor_opens_with_the_last_share),
    cmocka_unit_test(foreign_single_key_that_is_wrong_is_an_error),
    cmocka_unit_test(foreign_state_with_several_holders_takes_no_unsigned_secret),
    cmocka_unit_test(foreign_session_refuses_more_than_255_shares),
    cmocka_unit_test(describe_names_scheme_holders_and_session),
    cmocka_unit_test(holders_who_come_together_open_it_once),
};

TEST_MAIN(tests)
