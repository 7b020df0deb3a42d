/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "plans.h"
#include "recovery/session.h"

/*
 * Two sets in force: shares were re-issued to the same holders, and the old ones still work.
 */
struct vault {
    struct bytes keys[RECOVERY_MAX_SETS];
    unsigned tries;
    size_t set, count;
};

/* Opens with the key of the set that is said to be tried, and no other. */
static bool vault_open(void *arg, size_t set, struct bytes candidate,
                       struct recovery_upload *uploads, size_t count, struct err *err)
{
    struct vault *const v = arg;

    (void)uploads;
    v->tries++;
    v->set = set;
    v->count = count;
    return bytes_equal(candidate, v->keys[set]) || err_set(err, FAIL_DENIED, "does not open");
}

struct scene {
    struct recovery_plan *plans[RECOVERY_MAX_SETS];
    struct buf shares[RECOVERY_MAX_SETS][HOLDERS];
    struct buf lines;
    struct vault vault;
    struct recovery_session *session;
};

static struct buf line_of(const struct recovery_plan *plan)
{
    struct buf line = { 0 };
    struct err err = { 0 };

    assert_ok(recovery_metadata_write(plan->metadata, &line, &err), &err);
    return line;
}

static void lines_of(const struct recovery_plan *first, const struct recovery_plan *second,
                     struct buf *lines)
{
    auto_buf one = line_of(first), two = line_of(second);

    buf_add(lines, buf_bytes(&one));
    buf_add_u8(lines, '\n');
    buf_add(lines, buf_bytes(&two));
}

static void open_session(struct scene *s)
{
    auto_recovery_sets sets = { 0 };
    struct err err = { 0 };

    memcpy(s->plans[1]->metadata->deployment, s->plans[0]->metadata->deployment,
           sizeof s->plans[0]->metadata->deployment);
    lines_of(s->plans[0], s->plans[1], &s->lines);
    assert_ok(recovery_sets_parse(buf_bytes(&s->lines), &sets, &err), &err);
    s->session = recovery_session_new(&holder_env, &sets, &err);
    assert_non_null(s->session);
}

static void scene_begin(struct scene *s, unsigned n, uint64_t threshold)
{
    *s = (struct scene){ 0 };
    for (size_t set = 0; set < RECOVERY_MAX_SETS; set++) {
        s->plans[set] = plan_of(n, threshold);
        s->vault.keys[set] = secret_bytes(s->plans[set]->rwk);
        for (unsigned i = 0; i < n; i++)
            s->shares[set][i] = plan_share(s->plans[set], i);
    }
    open_session(s);
}

static void scene_end(struct scene *s)
{
    recovery_session_free(s->session);
    for (size_t set = 0; set < RECOVERY_MAX_SETS; set++) {
        recovery_plan_free(s->plans[set]);
        for (unsigned i = 0; i < HOLDERS; i++)
            buf_clear(&s->shares[set][i]);
    }
    buf_clear(&s->lines);
}
#define auto_scene struct scene CLEANUP(scene_end)

static bool offer(struct scene *s, struct bytes share, struct bytes signature, unsigned *remaining,
                  struct err *err)
{
    const struct recovery_opener opener = { vault_open, &s->vault };

    *err = (struct err){ 0 };
    return recovery_session_offer(s->session, share, signature, &opener, remaining, err);
}

/* Holder i gives his share of this set. */
static void give(struct scene *s, size_t set, unsigned i, unsigned want_remaining)
{
    auto_buf signature = holder_sign(i, buf_bytes(&s->shares[set][i]));
    unsigned remaining = 99;
    struct err err;

    assert_ok(offer(s, buf_bytes(&s->shares[set][i]), buf_bytes(&signature), &remaining, &err),
              &err);
    assert_int_equal(remaining, want_remaining);
}

static void refused(struct scene *s, struct bytes share, unsigned signer, enum fail_kind kind,
                    const char *words)
{
    auto_buf signature = holder_sign(signer, share);
    unsigned remaining = 99;
    struct err err;

    if (offer(s, share, buf_bytes(&signature), &remaining, &err))
        fail_msg("accepted, although: %s", words);
    if (err.kind != kind || strstr(err.text, words) == NULL)
        fail_msg("kind %d instead of %d: %s", (int)err.kind, (int)kind, err.text);
}

/* ---- metadata ---- */

static void sets_are_read_in_the_order_of_their_lines(void **state)
{
    auto_scene s;
    auto_recovery_sets sets = { 0 };
    struct err err = { 0 };

    (void)state;
    scene_begin(&s, 3, 2);
    assert_ok(recovery_sets_parse(buf_bytes(&s.lines), &sets, &err), &err);
    assert_int_equal(sets.count, 2);
    for (size_t i = 0; i < 2; i++)
        assert_string_equal(sets.at[i]->set, s.plans[i]->metadata->set);
    recovery_sets_clear(&sets);
    auto_buf line = line_of(s.plans[1]);
    assert_ok(recovery_sets_parse(buf_bytes(&line), &sets, &err), &err);
    assert_int_equal(sets.count, 1);
    assert_string_equal(sets.at[0]->set, s.plans[1]->metadata->set);
}

static void sets_parse_refuses_every_prefix_but_the_first_line(void **state)
{
    auto_scene s;

    (void)state;
    scene_begin(&s, 2, 0);
    auto_buf first = line_of(s.plans[0]);
    for (size_t len = 0; len < s.lines.len; len++) {
        auto_recovery_sets sets = { 0 };
        struct err err = { 0 };
        uint8_t *const exact = bytes_copy(bytes_of(s.lines.at, len));
        const bool parsed = recovery_sets_parse(bytes_of(exact, len), &sets, &err);
        if (parsed != (len == first.len) || (!parsed && err.kind != FAIL_DAMAGED))
            fail_msg("%zu of %zu bytes: %s", len, s.lines.len, err.text);
        assert_int_equal(sets.count, parsed ? 1 : 0);
        free(exact);
    }
}

static void expect_damaged(struct bytes lines, const char *words)
{
    auto_recovery_sets sets = { 0 };
    struct err err = { 0 };

    if (recovery_sets_parse(lines, &sets, &err) || err.kind != FAIL_DAMAGED ||
        strstr(err.text, words) == NULL)
        fail_msg("\"%s\" does not speak of %s", err.text, words);
}

static void sets_that_do_not_go_together_are_damaged(void **state)
{
    auto_recovery_plan *one = plan_of(2, 0), *other = plan_of(2, 0), *none = plan_of(0, 0);
    auto_buf twice = { 0 }, strangers = { 0 }, empty = { 0 }, three = { 0 }, at_end = line_of(one);

    (void)state;
    lines_of(one, one, &twice);
    expect_damaged(buf_bytes(&twice), "listed twice");
    lines_of(one, other, &strangers);
    expect_damaged(buf_bytes(&strangers), "two deployments");
    memcpy(none->metadata->deployment, one->metadata->deployment, sizeof one->metadata->deployment);
    lines_of(one, none, &empty);
    expect_damaged(buf_bytes(&empty), "no holders");
    buf_add(&three, buf_bytes(&strangers));
    buf_add_u8(&three, '\n');
    expect_damaged(buf_bytes(&three), "more than 2");
    buf_add_u8(&at_end, '\n');
    expect_damaged(buf_bytes(&at_end), "second set");
}

/* ---- sessions ---- */

static void either_set_opens_at_its_own_threshold(void **state)
{
    static const unsigned schemes[][2] = { { 1, 0 }, { 3, 0 }, { 4, 3 } };

    (void)state;
    for (size_t k = 0; k < COUNT_OF(schemes); k++) {
        for (size_t set = 0; set < RECOVERY_MAX_SETS; set++) {
            auto_scene s;
            const unsigned needed = schemes[k][1] > 0 ? schemes[k][1] : schemes[k][0];
            scene_begin(&s, schemes[k][0], schemes[k][1]);
            for (unsigned i = 0; i < needed; i++)
                give(&s, set, i, needed - 1 - i);
            assert_int_equal(s.vault.tries, 1);
            assert_int_equal(s.vault.set, set);
            assert_int_equal(s.vault.count, needed);
        }
    }
}

/* Two old shares and two new ones are two of three, twice, and not four. */
static void shares_of_two_sets_never_combine(void **state)
{
    auto_scene s;

    (void)state;
    scene_begin(&s, 5, 3);
    give(&s, 0, 0, 2);
    give(&s, 1, 1, 2);
    give(&s, 0, 2, 1);
    give(&s, 1, 3, 1);
    /* One holder may give both of his. */
    refused(&s, buf_bytes(&s.shares[0][0]), 0, FAIL_DENIED, "\"alice\"");
    assert_int_equal(s.vault.tries, 0);
    give(&s, 1, 0, 0);
    assert_int_equal(s.vault.tries, 1);
    assert_int_equal(s.vault.set, 1);
    assert_int_equal(s.vault.count, 3);
    refused(&s, buf_bytes(&s.shares[0][4]), 4, FAIL_STATE, "over");
}

static void a_share_of_no_set_in_force_is_refused_and_costs_nobody(void **state)
{
    auto_recovery_plan *removed = plan_of(3, 2);
    auto_buf old = plan_share(removed, 0);
    auto_scene s;

    (void)state;
    scene_begin(&s, 3, 2);
    give(&s, 0, 1, 1);
    give(&s, 1, 2, 1);
    refused(&s, buf_bytes(&old), 0, FAIL_DENIED, "no holder of the recovery sets in force");
    refused(&s, bytes_of(old.at, 32), 0, FAIL_MALFORMED, "length: 32 bytes");
    refused(&s, buf_bytes(&s.shares[1][0]), 1, FAIL_DENIED, "\"alice\"");
    give(&s, 0, 0, 0);
    assert_int_equal(s.vault.set, 0);
}

/* An imported set knows no commitments: any signed share might be one of it. */
static void a_share_that_is_committed_to_never_counts_for_an_imported_set(void **state)
{
    auto_recovery_plan *made = plan_of(3, 0);
    auto_scene s = { 0 };
    struct named_parties p;
    struct err err = { 0 };

    (void)state;
    parties_fill(&p, 3, 0);
    s.plans[0] =
        recovery_plan_adopt(&holder_env, &p.request, secret_bytes(made->rwk), NULL, 0, &err);
    s.plans[1] = plan_of(3, 0);
    for (unsigned i = 0; i < 3; i++) {
        s.shares[0][i] = plan_share(made, i);
        s.shares[1][i] = plan_share(s.plans[1], i);
    }
    s.vault.keys[0] = secret_bytes(made->rwk);
    s.vault.keys[1] = secret_bytes(s.plans[1]->rwk);
    open_session(&s);
    give(&s, 1, 0, 2);
    give(&s, 0, 0, 2);
    give(&s, 1, 1, 1);
    refused(&s, buf_bytes(&s.shares[1][2]), 1, FAIL_DENIED, "\"carol\"");
    give(&s, 0, 1, 1);
    give(&s, 0, 2, 0);
    assert_int_equal(s.vault.set, 0);
}

static void lengths_of_two_sets_are_both_named(void **state)
{
    static const uint8_t zeros[31];
    static const uint8_t old_key[16] = { 1 };
    auto_scene s = { 0 };
    struct named_parties p;
    struct err err = { 0 };

    (void)state;
    parties_fill(&p, 1, 0);
    s.plans[0] = recovery_plan_adopt(&holder_env, &p.request, bytes_of(old_key, sizeof old_key),
                                     NULL, 0, &err);
    s.plans[1] = plan_of(1, 0);
    open_session(&s);
    s.vault.keys[0] = bytes_of(old_key, sizeof old_key);
    refused(&s, bytes_of(zeros, 31), 0, FAIL_MALFORMED, "31 bytes, those of the recovery sets");
    refused(&s, bytes_of(zeros, 31), 0, FAIL_MALFORMED, "have 16 and 32");
    refused(&s, bytes_of(zeros, 16), 0, FAIL_DENIED, "no holder of the recovery sets in force");
    buf_add(&s.shares[0][0], bytes_of(old_key, sizeof old_key));
    give(&s, 0, 0, 0);
}

static void describe_shows_the_first_set_and_then_both(void **state)
{
    auto_buf text = { 0 }, progress = { 0 };
    auto_scene s;

    (void)state;
    scene_begin(&s, 3, 2);
    give(&s, 1, 1, 1);
    buf_add_u8(&text, '{');
    recovery_session_describe(s.session, &text);
    buf_add_u8(&text, 0);
    auto_string *sets =
        mem_printf("\"sets\":[{\"set\":\"%s\",\"scheme\":\"shamir\",\"needed\":2,\"received\":0,"
                   "\"accepted\":[],\"missing\":[\"alice\",\"bob\",\"carol\"]},"
                   "{\"set\":\"%s\",\"scheme\":\"shamir\",\"needed\":2,\"received\":1,"
                   "\"accepted\":[\"bob\"],\"missing\":[\"alice\",\"carol\"]}]",
                   s.plans[0]->metadata->set, s.plans[1]->metadata->set);
    const char *const start = "{\"scheme\":\"shamir\",\"needed\":2,\"received\":0,\"accepted\":[],"
                              "\"missing\":[\"alice\",\"bob\",\"carol\"],\"session\":\"";
    assert_memory_equal(text.at, start, strlen(start));
    assert_string_equal((const char *)text.at + strlen(start) + 32 + strlen("\","), sets);
    buf_add_u8(&progress, '{');
    recovery_session_progress(s.session, &progress);
    assert_bytes_equal(buf_bytes(&progress),
                       BYTES_LITERAL("{\"required\":2,\"accepted\":[\"bob\"]"));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(sets_are_read_in_the_order_of_their_lines),
    cmocka_unit_test(sets_parse_refuses_every_prefix_but_the_first_line),
    cmocka_unit_test(sets_that_do_not_go_together_are_damaged),
    cmocka_unit_test(either_set_opens_at_its_own_threshold),
    cmocka_unit_test(shares_of_two_sets_never_combine),
    cmocka_unit_test(a_share_of_no_set_in_force_is_refused_and_costs_nobody),
    cmocka_unit_test(a_share_that_is_committed_to_never_counts_for_an_imported_set),
    cmocka_unit_test(lengths_of_two_sets_are_both_named),
    cmocka_unit_test(describe_shows_the_first_set_and_then_both),
};

TEST_MAIN(tests)
