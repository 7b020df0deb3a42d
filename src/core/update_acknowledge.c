/* SPDX-License-Identifier: Apache-2.0 */
#include "core/update_internal.h"
#include "state/names.h"

/* Others who acknowledge at the same time: each of them lets the next one through. */
enum { MOST_ATTEMPTS = 256 };

/* One try on one snapshot. */
struct acknowledgment {
    struct update u;
    struct arena *arena;
    struct bytes stored; /* what waits, as it stands in the state of u.based_on */
    struct pending_update pending;
    char fingerprint[2 * SHA256_LEN + 1];
    struct manifest *wanted;        /* when nobody is missing any more: what waits, and ... */
    struct application application; /* ... what it takes to apply it */
    struct err failure;             /* why it cannot be applied; FAIL_NONE: it can */
    bool overtaken;
};

static bool nothing_waits(struct err *err)
{
    return err_set(err, FAIL_NOT_FOUND, "no update in progress");
}

/* ---- an acknowledgment ---- */

static bool agree(struct acknowledgment *a, struct bytes raw, struct err *err)
{
    const struct snapshot *const now = a->u.based_on;

    if (!pending_update_stored(now->values, &a->stored))
        return nothing_waits(err);
    if (!pending_update_parse(a->stored, a->arena, &a->pending, err))
        return false;
    if (quorum_acknowledge(&a->pending.quorum, a->u.user->name) == QUORUM_NO_SAY)
        return update_denied(a->u.user, "acknowledge manifest updates", err);
    return bytes_equal(raw, a->pending.manifest) ||
           err_set(err, FAIL_MALFORMED, "provided manifest does not match the pending manifest");
}

static bool prepare(struct acknowledgment *a, struct err *err)
{
    a->wanted = manifest_parse(a->pending.manifest, err);
    if (a->wanted == NULL)
        return err_in(err, "unmarshaling update manifest");
    return update_check(&a->u, a->wanted, err) &&
           application_prepare(&a->u, a->wanted, &a->application, err);
}

/* On the writer's thread. */
static bool decide(void *arg, const struct snapshot *now, struct decision *d, struct err *err)
{
    struct acknowledgment *const a = arg;
    const bool applies = a->pending.quorum.missing == 0 && a->failure.kind == FAIL_NONE;
    struct bytes stored;
    auto_buf text = { 0 };

    if (now->deployment != a->u.based_on->deployment ||
        now->authority != a->u.based_on->authority ||
        !pending_update_stored(now->values, &stored) || !bytes_equal(stored, a->stored)) {
        a->overtaken = true;
        return update_overtaken(err);
    }
    if (applies && !update_no_reissue_waits(now, err))
        return false;
    struct change *const change = applies ? &a->application.change : &d->change;
    struct update_lines lines = { change, a->u.core->env, now->log.lines };
    line_acknowledged(&lines, a->u.user->name, &a->pending, a->fingerprint);
    if (applies) {
        line_applied(&lines, a->fingerprint);
        return application_decide(&a->u, &a->application, now, d, err);
    }
    if (a->failure.kind != FAIL_NONE) {
        line_failed(&lines, a->fingerprint);
        change_delete(change, NAME_PENDING_UPDATE);
        return true;
    }
    pending_update_write(&a->pending, &text);
    change_put(change, NAME_PENDING_UPDATE, buf_bytes(&text));
    return change_fits(now, change, err);
}

/*
 * An update that came from the original, or was admitted with late checks, may turn out to be impossible only here:
 * then it goes. What fails for another reason may go well the next time.
 */
static bool prepare_last(struct acknowledgment *a, struct err *err)
{
    struct err failure = { 0 };

    if (a->pending.quorum.missing > 0 || prepare(a, &failure))
        return true;
    if (failure.kind == FAIL_MALFORMED) {
        a->failure = failure;
        return true;
    }
    *err = failure;
    return false;
}

static bool commit(struct acknowledgment *a, struct err *err)
{
    if (!writer_commit(a->u.core->writer, decide, a, err))
        return false;
    if (a->failure.kind == FAIL_NONE)
        return true;
    *err = a->failure;
    return false;
}

static void take_result(struct acknowledgment *a, struct update_result *result)
{
    if (a->pending.quorum.missing == 0)
        application_result(&a->application, result);
    else
        update_result_pending(&a->pending, result);
}

/* *overtaken: somebody else changed what waits; nothing has changed here. */
static bool try_once(const struct update *u, struct bytes raw, struct update_result *result,
                     bool *overtaken, struct err *err)
{
    auto_arena arena = { 0 };
    struct acknowledgment a = { .u = *u, .arena = &arena };
    const bool done = agree(&a, raw, err) && sha256_hex(raw, a.fingerprint, err) &&
                      prepare_last(&a, err) && commit(&a, err);

    if (done)
        take_result(&a, result);
    *overtaken = a.overtaken;
    application_clear(&a.application);
    manifest_free(a.wanted);
    return done;
}

/* An update that was applied in between took the user's rights with it, be it to give others. */
static bool is_same_deployment(const struct snapshot *now, const struct snapshot *newest,
                               struct err *err)
{
    struct bytes stored;

    if (newest->deployment == now->deployment)
        return true;
    return pending_update_stored(newest->values, &stored) ? update_overtaken(err)
                                                          : nothing_waits(err);
}

bool core_update_acknowledge(struct core *core, const struct snapshot *now,
                             const struct deployment_user *user, struct bytes raw,
                             struct update_result *result, struct err *err)
{
    bool overtaken = true;

    if (now->phase != PHASE_ACCEPTING_MARBLES)
        return err_set(err, FAIL_STATE, CORE_WRONG_STATE);
    for (unsigned attempt = 0; overtaken && attempt < MOST_ATTEMPTS; attempt++) {
        auto_snapshot *newest = core_snapshot(core);
        const struct update u = { core, newest, user };
        *err = (struct err){ 0 };
        if (!is_same_deployment(now, newest, err))
            return false;
        if (try_once(&u, raw, result, &overtaken, err))
            return true;
    }
    return false;
}

/* ---- cancelling ---- */

/* On the writer's thread. What waits goes, whatever it is. */
static bool decide_cancel(void *arg, const struct snapshot *now, struct decision *d,
                          struct err *err)
{
    const struct update *const u = arg;
    struct update_lines lines = { &d->change, u->core->env, now->log.lines };
    char fingerprint[2 * SHA256_LEN + 1] = "";
    struct pending_update pending;
    struct err unreadable = { 0 };
    auto_arena arena = { 0 };
    struct bytes stored;

    if (!pending_update_stored(now->values, &stored))
        return nothing_waits(err);
    if (now->deployment != u->based_on->deployment)
        return update_overtaken(err);
    if (pending_update_parse(stored, &arena, &pending, &unreadable) &&
        !sha256_hex(pending.manifest, fingerprint, err))
        return false;
    change_delete(&d->change, NAME_PENDING_UPDATE);
    line_cancelled(&lines, u->user->name, fingerprint);
    return true;
}

bool core_update_cancel(struct core *core, const struct snapshot *now,
                        const struct deployment_user *user, struct err *err)
{
    struct update u = { core, now, user };

    if (now->phase != PHASE_ACCEPTING_MARBLES)
        return err_set(err, FAIL_STATE, CORE_WRONG_STATE);
    if (!permissions_allow(&user->permissions, PERMISSION_UPDATE_MANIFEST, NULL, 0))
        return update_denied(user, "cancel the manifest update", err);
    return writer_commit(core->writer, decide_cancel, &u, err);
}
