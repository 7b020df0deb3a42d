/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/store_verifier.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum {
    KEPT = 64,                 /* outcomes */
    KEPT_EVIDENCE = 32 * 1024, /* bytes; larger evidence is verified each time */
    DETAIL_MAX = 360,          /* bytes of a verdict's detail in an error */
};

enum outcome { OUTCOME_VALID = 0, OUTCOME_REFUSED, OUTCOME_KEPT, OUTCOMES };

/* Evidence, what was found out about it, and all that this points to. */
struct judged {
    size_t refs; /* atomic */
    uint8_t hash[SHA256_LEN];
    uint64_t set_number;
    struct buf evidence;
    struct arena arena;
    struct collateral *collateral; /* NULL: there was none */
    struct verdict verdict;
};

struct slot {
    struct judged *judged; /* NULL: free */
    uint64_t used;         /* when, in uses of the cache */
};

struct store_verifier {
    struct quote_verifier as;
    struct collateral_store *store;
    struct metric_cell *cells[OUTCOMES];
    pthread_mutex_t lock; /* guards what follows */
    uint64_t uses;
    struct slot slots[KEPT];
};

static void judged_free(struct judged *judged)
{
    if (judged == NULL || __atomic_sub_fetch(&judged->refs, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    arena_clear(&judged->arena);
    buf_clear(&judged->evidence);
    collateral_free(judged->collateral);
    free(judged);
}
DEFINE_CLEANUP(struct judged, judged_cleanup, judged_free)
#define auto_judged struct judged CLEANUP(judged_cleanup)

static struct judged *judged_ref(struct judged *judged)
{
    (void)__atomic_add_fetch(&judged->refs, 1, __ATOMIC_RELAXED);
    return judged;
}

/* ---- what is kept ---- */

/* Both ends of a window belong to it. */
static bool holds_at(const struct verdict *v, int64_t now)
{
    return v->latest_issue <= now && now <= v->earliest_expiration;
}

static struct judged *find_kept(struct store_verifier *verifier,
                                const uint8_t hash[static SHA256_LEN], uint64_t set_number,
                                int64_t now)
{
    struct judged *found = NULL;

    (void)pthread_mutex_lock(&verifier->lock);
    for (size_t i = 0; i < KEPT && found == NULL; i++) {
        struct judged *const one = verifier->slots[i].judged;
        if (one == NULL || one->set_number != set_number ||
            memcmp(one->hash, hash, SHA256_LEN) != 0 || !holds_at(&one->verdict, now))
            continue;
        found = judged_ref(one);
        verifier->slots[i].used = ++verifier->uses;
    }
    (void)pthread_mutex_unlock(&verifier->lock);
    return found;
}

/* The place of the same evidence, else a free one, else the one that was not used for longest. */
static struct slot *slot_for(struct store_verifier *verifier, const struct judged *judged)
{
    struct slot *best = &verifier->slots[0];

    for (size_t i = 0; i < KEPT; i++) {
        struct slot *const slot = &verifier->slots[i];
        if (slot->judged != NULL && memcmp(slot->judged->hash, judged->hash, SHA256_LEN) == 0)
            return slot;
        if (slot->used < best->used)
            best = slot;
    }
    return best;
}

static void keep(struct store_verifier *verifier, struct judged *judged)
{
    if (judged->evidence.len > KEPT_EVIDENCE || judged->verdict.latest_issue == 0)
        return;
    (void)pthread_mutex_lock(&verifier->lock);
    struct slot *const slot = slot_for(verifier, judged);
    struct judged *const old = slot->judged;
    slot->judged = judged_ref(judged);
    slot->used = ++verifier->uses;
    (void)pthread_mutex_unlock(&verifier->lock);
    judged_free(old);
}

/* ---- verification ---- */

static const char *failed_step(const struct verdict *v)
{
    for (size_t i = v->step_count; i > 0; i--) {
        if (!v->steps[i - 1].passed)
            return v->steps[i - 1].name;
    }
    return "";
}

/* One line: the class, the step, and what was expected and found, as far as the detail has that. */
static bool deny(const struct verdict *v, struct err *err)
{
    const struct bytes step = bytes_of_string(failed_step(v));
    const size_t shown = v->detail.len < DETAIL_MAX ? v->detail.len : DETAIL_MAX;
    const char *const detail = v->detail.at == NULL ? "" : (const char *)v->detail.at;

    if (step.len == 0 || bytes_start_with(v->detail, step))
        return err_set(err, FAIL_DENIED, "%s: %.*s", reason_text(v->reason), (int)shown, detail);
    return err_set(err, FAIL_DENIED, "%s: %.*s: %.*s", reason_text(v->reason), BYTES_FMT(step),
                   (int)shown, detail);
}

static bool deny_unknown(const struct verdict *located, struct err *err)
{
    auto_buf wanted = { 0 };

    collateral_put_wanted(&wanted, located);
    return err_set(err, FAIL_DENIED, "%s: no collateral for %.*s: run taw collateral fetch",
                   reason_text(REASON_COLLATERAL_MISSING), (int)wanted.len,
                   (const char *)wanted.at);
}

/* A revoked TCB is the last thing that is found out, after every signature; the status says it. */
static bool excuse_revoked_tcb(struct verdict *v)
{
    if (v->reason != REASON_TCB_REVOKED || v->tcb_status != TCB_REVOKED)
        return false;
    v->reason = REASON_NONE;
    v->detail = BYTES_NONE;
    return true;
}

/* With each bundle in turn, until one says that it is valid; else what the best one said. */
static bool try_bundles(struct judged *judged, const struct collateral_file *const *picked,
                        size_t count, const struct trust_anchors *anchors, int64_t now,
                        struct err *err)
{
    const struct bytes evidence = buf_bytes(&judged->evidence);
    struct verdict *const v = &judged->verdict;

    for (size_t i = 0; i < count; i++) {
        struct err why = { 0 };
        if (evidence_verify(evidence, picked[i]->collateral, anchors, now, &judged->arena, v) ||
            excuse_revoked_tcb(v)) {
            judged->collateral = collateral_ref(picked[i]->collateral);
            return true;
        }
        (void)deny(v, &why);
        if (i == 0)
            *err = why;
    }
    return false;
}

static bool judge(struct judged *judged, const struct collateral_set *set,
                  const struct trust_anchors *anchors, int64_t now, struct err *err)
{
    const struct collateral_file *picked[COLLATERAL_PICKED_MAX];

    if (!evidence_locate(buf_bytes(&judged->evidence), &judged->arena, &judged->verdict))
        return deny(&judged->verdict, err);
    const size_t count = collateral_set_pick(set, &judged->verdict, picked);
    if (count == 0)
        return deny_unknown(&judged->verdict, err);
    return try_bundles(judged, picked, count, anchors, now, err);
}

static struct judged *judged_new(struct bytes evidence, const uint8_t hash[static SHA256_LEN],
                                 uint64_t set_number)
{
    struct judged *const judged = mem_zero_alloc(1, sizeof *judged);

    judged->refs = 1;
    judged->set_number = set_number;
    memcpy(judged->hash, hash, SHA256_LEN);
    buf_add(&judged->evidence, evidence);
    return judged;
}

/* A new reference, or NULL. */
static struct judged *outcome_of(struct store_verifier *verifier, struct bytes evidence,
                                 int64_t now, struct err *err)
{
    uint8_t hash[SHA256_LEN];
    auto_collateral_set *set = collateral_store_set(verifier->store);

    if (!sha256(evidence, hash, err))
        return NULL;
    struct judged *const kept = find_kept(verifier, hash, set->number, now);
    if (kept != NULL) {
        cell_add(verifier->cells[OUTCOME_KEPT], 1);
        return kept;
    }
    auto_judged *judged = judged_new(evidence, hash, set->number);
    const bool good = judge(judged, set, collateral_store_anchors(verifier->store), now, err);
    cell_add(verifier->cells[good ? OUTCOME_VALID : OUTCOME_REFUSED], 1);
    if (!good)
        return NULL;
    keep(verifier, judged);
    return TAKE(judged);
}

/* A copy: what is kept may be gone before the caller is done. */
static bool verify(void *ctx, struct bytes evidence, int64_t now_ms, struct arena *arena,
                   struct verdict *verdict, struct err *err)
{
    auto_judged *judged =
        outcome_of(ctx, evidence_without_certificates(evidence), now_ms / 1000, err);

    if (judged == NULL)
        return false;
    verdict_copy(&judged->verdict, arena, verdict);
    return true;
}

/* ---- life ---- */

struct store_verifier *store_verifier_new(struct collateral_store *store, struct metrics *metrics)
{
    static const char *const results[OUTCOMES] = { "valid", "refused", "kept" };
    struct store_verifier *const verifier = mem_zero_alloc(1, sizeof *verifier);
    struct metric *const family = metrics_add(
        metrics,
        &(struct metric_spec){ "taw_evidence_total",
                               "Evidence that was verified, refused, or known from before.",
                               METRIC_COUNTER,
                               { { "result", OUTCOMES, results } } });

    verifier->as = (struct quote_verifier){ verifier, verify };
    verifier->store = store;
    for (size_t i = 0; i < OUTCOMES; i++)
        verifier->cells[i] = metric_cell(family, i);
    (void)pthread_mutex_init(&verifier->lock, NULL);
    return verifier;
}

const struct quote_verifier *store_verifier_interface(const struct store_verifier *verifier)
{
    return &verifier->as;
}

void store_verifier_free(struct store_verifier *verifier)
{
    if (verifier == NULL)
        return;
    for (size_t i = 0; i < KEPT; i++)
        judged_free(verifier->slots[i].judged);
    (void)pthread_mutex_destroy(&verifier->lock);
    free(verifier);
}
