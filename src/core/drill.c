/* SPDX-License-Identifier: Apache-2.0 */
#include "core/drill.h"

#include "codec/json.h"
#include "core/internal.h"
#include "core/lines.h"
#include "recovery/drill.h"
#include "state/names.h"

#include <string.h>

enum { REPEATED_MS = 60 * 1000 /* a proof within this time is the same one */ };

const char *drill_result_text(enum drill_result result)
{
    static const char *const texts[] = {
        [DRILL_FAILED] = "failed",
        [DRILL_OK] = "ok",
        [DRILL_OLD_NONCE] = "old nonce",
        [DRILL_WRONG_SET] = "wrong set",
        [DRILL_UNKNOWN_HOLDER] = "unknown holder",
        [DRILL_WRONG_KEY] = "wrong key",
        [DRILL_IMPOSSIBLE] = "impossible",
        [DRILL_WRONG_SECRET] = "wrong secret",
    };

    return texts[result];
}

const struct recovery_set *core_drilled_set(const struct snapshot *now, struct bytes set)
{
    const struct recovery_set *const sets[] = { now->new_recovery_set, now->recovery_set };

    for (size_t i = 0; i < COUNT_OF(sets); i++) {
        if (sets[i] != NULL && (set.len == 0 || bytes_equal_string(set, sets[i]->id)))
            return sets[i];
    }
    return NULL;
}

/* ---- the challenge ---- */

static bool put_holder(const struct recovery_set_holder *h, struct buf *json, struct err *err)
{
    auto_buf der = { 0 };
    char spki[2 * SHA256_LEN + 1];

    if (!key_public_der(h->key, &der, err) || !sha256_hex(buf_bytes(&der), spki, err))
        return false;
    json_put_comma(json);
    buf_add_u8(json, '{');
    json_put_name(json, "name");
    json_put_string(json, h->name);
    json_put_name(json, "spki");
    json_put_string(json, bytes_of_string(spki));
    buf_add_u8(json, '}');
    return true;
}

bool core_drill_challenge(struct core *core, const struct recovery_set *set, struct buf *json,
                          struct err *err)
{
    const int64_t expires_ms = core->env->now_ms(core->env->ctx) + DRILL_NONCE_MS;
    uint8_t nonce[DRILL_NONCE_LEN];

    if (!drill_nonce_make(core->env, secret_bytes(core->nonce_key), expires_ms, nonce, err))
        return false;
    buf_add_format(json, "{\"set\":\"%s\",\"nonce\":", set->id);
    json_put_octets(json, bytes_of(nonce, sizeof nonce));
    json_put_time(json, "expires", expires_ms);
    json_put_name(json, "holders");
    buf_add_u8(json, '[');
    for (size_t i = 0; i < set->count; i++) {
        if (!put_holder(&set->holders[i], json, err))
            return false;
    }
    buf_add_string(json, "]}");
    return true;
}

/* ---- the answer ---- */

struct drill {
    struct core *core;
    const struct drill_answer *answer;
    struct drill_outcome *outcome;
    int64_t now_ms;
    bool repeated, gone; /* what the writer found */
};

/* Does it hold, by a set that never changes? */
static enum drill_result judge(const struct drill *d, const struct recovery_set *set,
                               struct err *err)
{
    const struct drill_answer *const a = d->answer;
    const struct recovery_set_holder *const h = recovery_set_holder(set, a->name);

    if (h == NULL) {
        (void)err_set(err, FAIL_NOT_FOUND, "the recovery set has no holder \"%.*s\"",
                      BYTES_FMT(a->name));
        return DRILL_UNKNOWN_HOLDER;
    }
    if (!drill_signature_check(h->key, a->nonce, set->id, a->signature, err)) {
        (void)err_set(err, FAIL_DENIED,
                      "the answer is not signed for this set by the recovery key \"%.*s\"",
                      BYTES_FMT(h->name));
        return DRILL_WRONG_KEY;
    }
    if (h->drill.len == 0) {
        (void)err_set(err, FAIL_STATE,
                      "the recovery secret of \"%.*s\" was never known here, so it cannot be "
                      "proven: re-issue the recovery secrets",
                      BYTES_FMT(h->name));
        return DRILL_IMPOSSIBLE;
    }
    if (!drill_proof_check(h->drill, a->nonce, set->id, a->proof, err))
        return err->kind == FAIL_DENIED ? DRILL_WRONG_SECRET : DRILL_FAILED;
    return DRILL_OK;
}

/* A second proof so soon says nothing new. A time that is yet to come was written by a clock that was wrong. */
static bool is_repeated(struct drill *d, const struct snapshot *now)
{
    const int64_t proven_ms = recovery_proven_ms(now->values, d->outcome->set, d->answer->name);

    if (proven_ms == 0 || proven_ms > d->now_ms || d->now_ms - proven_ms >= REPEATED_MS)
        return false;
    d->outcome->proven_ms = proven_ms;
    return true;
}

static bool is_new_set(const struct drill *d, const struct snapshot *now)
{
    return now->new_recovery_set != NULL && strcmp(now->new_recovery_set->id, d->outcome->set) == 0;
}

static bool is_known_set(const struct drill *d, const struct snapshot *now)
{
    return core_drilled_set(now, bytes_of_string(d->outcome->set)) != NULL;
}

/* Have enough holders of the re-issued set proven it, with this one? */
static bool completes_reissue(const struct drill *d, const struct snapshot *now)
{
    const struct recovery_set *const set = now->new_recovery_set;
    unsigned proven = 0;

    if (!is_new_set(d, now))
        return false;
    for (size_t i = 0; i < set->count; i++) {
        const struct bytes name = set->holders[i].name;
        proven += bytes_equal(name, d->answer->name) ||
                  recovery_proven_ms(now->values, set->id, name) > 0;
    }
    return proven >= set->needed;
}

/* The old set goes in the same commit. */
static bool replace_set(const struct drill *d, const struct snapshot *now,
                        struct decision *decision, struct err *err)
{
    const struct set_choice choice = { .kept = { d->outcome->set } };
    auto_buf members = { 0 };

    if (!change_promote_new_set(&decision->change, now, err))
        return false;
    line_put_text(&members, "set", bytes_of_string(d->outcome->set));
    change_put_log_line(&decision->change, d->core->env, now->log.lines + 1,
                        "Re-issued recovery secrets in force, the old ones removed",
                        buf_bytes(&members));
    return !has_sealed_sets(d->core) ||
           decision_put_sets(decision, d->core, &choice, now->authority->root_key, err);
}

static void put_proof(const struct drill *d, const struct snapshot *now, const char *other_set,
                      struct change *change)
{
    auto_buf members = { 0 };

    change_drop_recovery_proofs(change, now->values, d->outcome->set, other_set);
    change_put_recovery_proof(change, d->outcome->set, d->answer->name, d->now_ms);
    line_put_text(&members, "holder", d->answer->name);
    line_put_text(&members, "set", bytes_of_string(d->outcome->set));
    change_put_log_line(change, d->core->env, now->log.lines, "Recovery secret proven",
                        buf_bytes(&members));
}

/* The other set whose proofs count; NULL: none. */
static const char *other_set(const struct drill *d, const struct snapshot *now)
{
    const struct recovery_set *const other =
        is_new_set(d, now) ? now->recovery_set : now->new_recovery_set;

    return other == NULL ? NULL : other->id;
}

/* On the writer's thread. */
static bool decide(void *arg, const struct snapshot *now, struct decision *decision,
                   struct err *err)
{
    struct drill *const d = arg;

    if (!is_known_set(d, now)) {
        d->gone = true;
        return err_set(err, FAIL_STATE, "this recovery set is no longer in force");
    }
    if (is_repeated(d, now)) {
        d->repeated = true;
        return err_set(err, FAIL_STATE, "proven a moment ago");
    }
    d->outcome->proven_ms = d->now_ms;
    d->outcome->replaced = completes_reissue(d, now);
    put_proof(d, now, d->outcome->replaced ? NULL : other_set(d, now), &decision->change);
    return !d->outcome->replaced || replace_set(d, now, decision, err);
}

static enum drill_result record(struct drill *d, const struct snapshot *now, struct err *err)
{
    struct core *const core = d->core;

    if (is_repeated(d, now) || writer_commit(core->writer, decide, d, err)) {
        log_info(core->env->log, "Recovery secret proven", LOG_BYTES("holder", d->answer->name),
                 LOG_TEXT("set", d->outcome->set));
        if (d->outcome->replaced)
            log_info(core->env->log, "The re-issued recovery secrets are in force",
                     LOG_TEXT("set", d->outcome->set));
        return DRILL_OK;
    }
    d->outcome->replaced = false;
    return d->repeated ? DRILL_OK : d->gone ? DRILL_WRONG_SET : DRILL_FAILED;
}

enum drill_result core_drill(struct core *core, const struct drill_answer *answer,
                             struct drill_outcome *outcome, struct err *err)
{
    auto_snapshot *now = core_snapshot(core);
    struct drill d = { core, answer, outcome, core->env->now_ms(core->env->ctx), false, false };

    *outcome = (struct drill_outcome){ 0 };
    if (now->phase != PHASE_ACCEPTING_MARBLES) {
        (void)err_set(err, FAIL_STATE, CORE_WRONG_STATE);
        return DRILL_FAILED;
    }
    if (!drill_nonce_check(secret_bytes(core->nonce_key), answer->nonce, d.now_ms, err))
        return err->kind == FAIL_DENIED ? DRILL_OLD_NONCE : DRILL_FAILED;
    const struct recovery_set *const set = core_drilled_set(now, answer->set);
    if (set == NULL) {
        (void)err_set(err, FAIL_NOT_FOUND, "no such recovery set is in force");
        return DRILL_WRONG_SET;
    }
    memcpy(outcome->set, set->id, sizeof outcome->set);
    const enum drill_result result = judge(&d, set, err);
    return result == DRILL_OK ? record(&d, now, err) : result;
}
