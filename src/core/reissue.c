/* SPDX-License-Identifier: Apache-2.0 */
#include "core/reissue.h"

#include "core/internal.h"
#include "core/lines.h"
#include "state/names.h"
#include "state/pending.h"

#include <string.h>

enum { ATTEMPTS = 8 /* when others acknowledge at the same time */ };

/* One user's word, computed for one snapshot. */
struct asking {
    struct core *core;
    const struct deployment_user *user;
    const struct snapshot *based_on;
    struct quorum quorum;       /* with this acknowledgment */
    bool is_first;              /* nobody asked before */
    struct recovery_plan *plan; /* NULL: more acknowledgments are needed */
    struct recovery_set *set;   /* of the plan */
    struct buf secrets_json;
    bool outdated; /* the writer found another state */
};

static void asking_clear(struct asking *a)
{
    recovery_plan_free(a->plan);
    recovery_set_free(a->set);
    buf_clear(&a->secrets_json);
}
#define auto_asking struct asking CLEANUP(asking_clear)

void reissue_reply_clear(struct reissue_reply *reply)
{
    buf_clear(&reply->secrets_json);
    buf_clear(&reply->missing_users);
    *reply = (struct reissue_reply){ 0 };
}

/* ---- may he? ---- */

static bool may_update(const struct deployment_user *user, const char *what, struct err *err)
{
    return permissions_allow(&user->permissions, PERMISSION_UPDATE_MANIFEST, NULL, 0) ||
           err_set(err, FAIL_DENIED, "user %.*s is not allowed to %s", BYTES_FMT(user->name), what);
}

static bool is_possible(const struct snapshot *now, struct err *err)
{
    struct bytes update;

    if (now->phase != PHASE_ACCEPTING_MARBLES)
        return err_set(err, FAIL_STATE, CORE_WRONG_STATE);
    if (now->deployment->manifest->recovery_key_count == 0)
        return err_set(err, FAIL_STATE,
                       "the manifest has no recovery keys to issue recovery secrets for");
    return !pending_update_stored(now->values, &update) ||
           err_set(err, FAIL_STATE,
                   "an update of the manifest is in progress. Acknowledge or cancel it first");
}

/* ---- lines of the update log ---- */

static void put_asked_line(const struct asking *a, uint64_t line, struct change *change)
{
    auto_buf members = { 0 };

    line_put_text(&members, "user", a->user->name);
    line_put_missing(&members, &a->quorum);
    change_put_log_line(change, a->core->env, line,
                        a->is_first ? "Re-issue of recovery secrets initiated by user"
                                    : "Re-issue of recovery secrets acknowledged by user",
                        buf_bytes(&members));
}

static void put_set_line(const struct core *core, uint64_t line, const char *event, const char *set,
                         struct change *change)
{
    auto_buf members = { 0 };

    line_put_text(&members, "set", bytes_of_string(set));
    change_put_log_line(change, core->env, line, event, buf_bytes(&members));
}

/* ---- the sets of the sealed state ---- */

/* The id of the set in force, also in a state that does not know it: then from what the store keeps in clear. */
static bool set_in_force(const struct core *core, const struct snapshot *now,
                         char id[static RECOVERY_SET_ID_LEN + 1], struct err *err)
{
    struct bytes line;

    if (now->recovery_set != NULL) {
        memcpy(id, now->recovery_set->id, RECOVERY_SET_ID_LEN + 1);
        return true;
    }
    if (!bytes_line(store_recovery_metadata(core->store), 0, &line))
        return err_set(err, FAIL_INTERNAL, "the state has no recovery metadata");
    auto_recovery_metadata *m = recovery_metadata_parse(line, err);
    if (m == NULL)
        return false;
    memcpy(id, m->set, sizeof m->set);
    return true;
}

/* The set in force stays, `added` comes or every other goes. */
static bool put_sets(const struct core *core, const struct snapshot *now,
                     struct recovery_plan *added, struct decision *d, struct err *err)
{
    char id[RECOVERY_SET_ID_LEN + 1];
    const struct set_choice choice = { .kept = { id }, .added = added };

    return !has_sealed_sets(core) ||
           (set_in_force(core, now, id, err) &&
            decision_put_sets(d, core, &choice, now->authority->root_key, err));
}

/* ---- asking ---- */

/* Everything that needs no writer. False, without an error: he has acknowledged before. */
static bool acknowledge(struct asking *a, struct arena *arena, struct err *err)
{
    const bool pending = reissue_load(a->based_on, arena, &a->quorum, err);

    if (err->kind != FAIL_NONE)
        return false;
    if (!pending)
        a->quorum = quorum_begin(a->based_on->deployment, arena);
    a->is_first = !pending;
    const enum quorum_acknowledged done = quorum_acknowledge(&a->quorum, a->user->name);
    if (done == QUORUM_NO_SAY)
        return err_set(err, FAIL_DENIED, "user %.*s is not one of those who have to acknowledge",
                       BYTES_FMT(a->user->name));
    return done == QUORUM_FIRST;
}

static bool make_plan(struct asking *a, struct err *err)
{
    const struct deployment *const deployment = a->based_on->deployment;
    auto_parties parties = { 0 };

    if (!parties_of(deployment->manifest, &parties, err))
        return false;
    const struct recovery_request request =
        recovery_request_of(deployment->manifest, &parties, deployment->fingerprint);
    a->plan = recovery_plan_make(a->core->env, &request, err);
    if (a->plan == NULL)
        return err_in(err, "generating recovery secrets");
    a->set = set_of_plan(a->core->env, a->plan);
    put_secrets_json(a->plan, &a->secrets_json);
    return true;
}

/* Is the state that it was computed for still there, as far as it matters? */
static bool is_current(const struct asking *a, const struct snapshot *now)
{
    struct bytes before = BYTES_NONE, after = BYTES_NONE, update;

    (void)!omap_get(a->based_on->values, BYTES_LITERAL(NAME_PENDING_REISSUE), &before);
    (void)!omap_get(now->values, BYTES_LITERAL(NAME_PENDING_REISSUE), &after);
    return now->deployment == a->based_on->deployment &&
           now->recovery_set == a->based_on->recovery_set &&
           now->new_recovery_set == a->based_on->new_recovery_set && bytes_equal(before, after) &&
           !pending_update_stored(now->values, &update);
}

static bool put_new_set(struct asking *a, const struct snapshot *now, struct decision *d,
                        struct err *err)
{
    change_delete(&d->change, NAME_PENDING_REISSUE);
    change_put(&d->change, NAME_NEW_RECOVERY_SECRETS, buf_bytes(&a->secrets_json));
    put_set_line(a->core, now->log.lines + 1, "Recovery secrets re-issued", a->set->id, &d->change);
    return change_put_recovery_set(&d->change, NAME_NEW_RECOVERY_SET, a->set, err) &&
           put_sets(a->core, now, a->plan, d, err);
}

/* On the writer's thread. */
static bool decide(void *arg, const struct snapshot *now, struct decision *d, struct err *err)
{
    struct asking *const a = arg;

    a->outdated = !is_current(a, now);
    if (a->outdated)
        return err_set(err, FAIL_UNAVAILABLE, "somebody else was faster: try again");
    put_asked_line(a, now->log.lines, &d->change);
    if (a->plan != NULL)
        return put_new_set(a, now, d, err);
    change_put_reissue(&d->change, &a->quorum);
    return true;
}

static enum reissue_state reply_proving(struct reissue_reply *reply, const char *set,
                                        struct bytes secrets)
{
    memcpy(reply->set, set, sizeof reply->set);
    buf_add(&reply->secrets_json, secrets);
    return REISSUE_PROVING;
}

/* The new secrets once more, should the reply have been lost. */
static enum reissue_state reply_again(const struct snapshot *now, struct reissue_reply *reply,
                                      struct err *err)
{
    struct bytes secrets;

    if (omap_get(now->values, BYTES_LITERAL(NAME_NEW_RECOVERY_SECRETS), &secrets))
        return reply_proving(reply, now->new_recovery_set->id, secrets);
    (void)err_set(err, FAIL_DAMAGED, "the state has no secrets of its new recovery set");
    return REISSUE_FAILED;
}

/* One attempt. *again: somebody else acknowledged, cancelled or updated meanwhile. */
static enum reissue_state ask(struct core *core, const struct snapshot *now,
                              const struct deployment_user *user, struct reissue_reply *reply,
                              bool *again, struct err *err)
{
    auto_arena arena = { 0 };
    auto_asking a = { .core = core, .user = user, .based_on = now };

    if (!is_possible(now, err))
        return REISSUE_FAILED;
    if (now->new_recovery_set != NULL)
        return reply_again(now, reply, err);
    const bool first_time = acknowledge(&a, &arena, err);
    if (err->kind != FAIL_NONE)
        return REISSUE_FAILED;
    if (first_time && a.quorum.missing == 0 && !make_plan(&a, err))
        return REISSUE_FAILED;
    if (first_time && !writer_commit(core->writer, decide, &a, err)) {
        *again = a.outdated;
        return REISSUE_FAILED;
    }
    if (a.plan != NULL)
        return reply_proving(reply, a.set->id, buf_bytes(&a.secrets_json));
    reply->missing = a.quorum.missing;
    quorum_put_missing(&a.quorum, &reply->missing_users);
    return REISSUE_PENDING;
}

enum reissue_state core_reissue(struct core *core, const struct snapshot *found_in,
                                const struct deployment_user *user, struct reissue_reply *reply,
                                struct err *err)
{
    enum reissue_state state = REISSUE_FAILED;
    bool again = true;

    if (!may_update(user, "re-issue the recovery secrets", err))
        return REISSUE_FAILED;
    for (int i = 0; i < ATTEMPTS && again; i++) {
        auto_snapshot *now = core_snapshot(core);
        *err = (struct err){ 0 };
        again = false;
        if (now->deployment != found_in->deployment) {
            (void)err_set(err, FAIL_STATE,
                          "the manifest was updated in the meantime: nothing was done, try again");
            return REISSUE_FAILED;
        }
        state = ask(core, now, user, reply, &again, err);
    }
    return state;
}

/* ---- cancelling ---- */

struct cancelling {
    struct core *core;
    const struct snapshot *based_on;
    const struct deployment_user *user;
};

static bool decide_cancel(void *arg, const struct snapshot *now, struct decision *d,
                          struct err *err)
{
    const struct cancelling *const c = arg;
    auto_buf members = { 0 };

    if (now->deployment != c->based_on->deployment)
        return err_set(err, FAIL_STATE,
                       "the manifest was updated in the meantime: nothing was done, try again");
    if (now->new_recovery_set == NULL && !reissue_is_pending(now))
        return err_set(err, FAIL_NOT_FOUND, "no re-issue of recovery secrets in progress");
    line_put_text(&members, "user", c->user->name);
    change_put_log_line(&d->change, c->core->env, now->log.lines,
                        "Re-issue of recovery secrets cancelled by user", buf_bytes(&members));
    change_delete(&d->change, NAME_PENDING_REISSUE);
    if (now->new_recovery_set == NULL)
        return true;
    change_drop_new_set(&d->change);
    change_drop_recovery_proofs(&d->change, now->values,
                                now->recovery_set == NULL ? NULL : now->recovery_set->id, NULL);
    return put_sets(c->core, now, NULL, d, err);
}

bool core_reissue_cancel(struct core *core, const struct snapshot *now,
                         const struct deployment_user *user, struct err *err)
{
    struct cancelling c = { core, now, user };

    if (now->phase != PHASE_ACCEPTING_MARBLES)
        return err_set(err, FAIL_STATE, CORE_WRONG_STATE);
    return may_update(user, "cancel the re-issue of the recovery secrets", err) &&
           writer_commit(core->writer, decide_cancel, &c, err);
}
