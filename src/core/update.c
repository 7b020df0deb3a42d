/* SPDX-License-Identifier: Apache-2.0 */
#include "core/update.h"

#include "core/update_internal.h"
#include "state/names.h"
#include "state/reissue.h"

void update_result_clear(struct update_result *result)
{
    buf_clear(&result->recovery_secrets);
    arena_clear(&result->arena);
    *result = (struct update_result){ 0 };
}

bool update_none_waits(const struct snapshot *now, struct err *err)
{
    struct bytes stored;

    return !pending_update_stored(now->values, &stored) ||
           err_set(err, FAIL_STATE,
                   "update already in progress. Acknowledge the update to apply it, or cancel it "
                   "to start a new one");
}

bool update_no_reissue_waits(const struct snapshot *now, struct err *err)
{
    return !reissue_is_pending(now) ||
           err_set(err, FAIL_STATE,
                   "a re-issue of the recovery secrets is in progress: acknowledge or cancel it "
                   "first");
}

bool update_overtaken(struct err *err)
{
    return err_set(err, FAIL_STATE,
                   "the manifest was updated in the meantime: nothing was changed, try again");
}

bool update_denied(const struct deployment_user *user, const char *what, struct err *err)
{
    return err_set(err, FAIL_DENIED, "user %.*s is not allowed to %s", BYTES_FMT(user->name), what);
}

bool update_fits(const struct update *u, const struct snapshot *newest, struct err *err)
{
    if (newest->deployment != u->based_on->deployment ||
        newest->authority != u->based_on->authority)
        return update_overtaken(err);
    return update_none_waits(newest, err);
}

bool update_check(const struct update *u, const struct manifest *wanted, struct err *err)
{
    const struct manifest_check_options options = { .variable = u->core->variable,
                                                    .consistency_only = true };

    return manifest_check(wanted, &options, err) || err_in(err, "invalid manifest");
}

void update_result_pending(const struct pending_update *p, struct update_result *result)
{
    auto_arena arena = { 0 };
    const struct text_list missing = quorum_missing(&p->quorum, &arena);
    struct bytes *const names = arena_alloc(&result->arena, missing.count * sizeof names[0]);

    for (size_t i = 0; i < missing.count; i++)
        names[i] = arena_bytes(&result->arena, missing.at[i]);
    result->missing = p->quorum.missing;
    result->missing_users = (struct text_list){ true, missing.count, names };
}

/* ---- a whole manifest (client-api.md, 11.3 and 12.2) ---- */

/* A manifest on its way into the state, or to its users. */
struct proposal {
    const struct update *u;
    struct pending_update pending; /* none missing: it is applied at once */
    struct application application;
};

/* On the writer's thread: may it begin on what is newest? */
static bool may_begin(const struct proposal *p, const struct snapshot *now, struct err *err)
{
    return update_fits(p->u, now, err) && update_no_reissue_waits(now, err);
}

/* On the writer's thread. */
static bool decide_apply(void *arg, const struct snapshot *now, struct decision *d, struct err *err)
{
    struct proposal *const p = arg;
    struct update_lines lines = { &p->application.change, p->u->core->env, now->log.lines };

    if (!may_begin(p, now, err))
        return false;
    line_initiated(&lines, p->u->user->name, p->application.fingerprint);
    line_applied(&lines, p->application.fingerprint);
    return application_decide(p->u, &p->application, now, d, err);
}

/* On the writer's thread. */
static bool decide_wait(void *arg, const struct snapshot *now, struct decision *d, struct err *err)
{
    const struct proposal *const p = arg;
    struct update_lines lines = { &d->change, p->u->core->env, now->log.lines };
    char fingerprint[2 * SHA256_LEN + 1];
    auto_buf text = { 0 };

    if (!may_begin(p, now, err) || !sha256_hex(p->pending.manifest, fingerprint, err))
        return false;
    line_waits(&lines, p->u->user->name, &p->pending, fingerprint);
    pending_update_write(&p->pending, &text);
    change_put(&d->change, NAME_PENDING_UPDATE, buf_bytes(&text));
    return change_fits(now, &d->change, err);
}

/* Nobody is asked about what cannot be applied. */
static bool propose(struct proposal *p, const struct manifest *wanted, struct update_result *result,
                    struct err *err)
{
    const bool at_once = p->pending.quorum.missing == 0;
    const bool prepares = at_once || !p->u->core->late_update_checks;

    if (prepares && !application_prepare(p->u, wanted, &p->application, err))
        return false;
    if (!writer_commit(p->u->core->writer, at_once ? decide_apply : decide_wait, p, err))
        return false;
    if (at_once)
        application_result(&p->application, result);
    else
        update_result_pending(&p->pending, result);
    return true;
}

static bool update_manifest(const struct update *u, const struct manifest *wanted,
                            struct update_result *result, struct err *err)
{
    auto_arena arena = { 0 };
    struct proposal p = { .u = u };

    if (!permissions_allow(&u->user->permissions, PERMISSION_UPDATE_MANIFEST, NULL, 0))
        return update_denied(u->user, "update the complete manifest", err);
    if (!update_no_reissue_waits(u->based_on, err) || !update_check(u, wanted, err))
        return false;
    /* Who has to agree is said by the manifest in force. */
    p.pending =
        (struct pending_update){ wanted->raw, quorum_begin(u->based_on->deployment, &arena) };
    if (quorum_acknowledge(&p.pending.quorum, u->user->name) == QUORUM_NO_SAY)
        return err_set(err, FAIL_INTERNAL, "the user is none of those who may update the manifest");
    const bool done = propose(&p, wanted, result, err);
    application_clear(&p.application);
    return done;
}

bool core_update(struct core *core, const struct snapshot *now, const struct deployment_user *user,
                 struct bytes raw, struct update_result *result, struct err *err)
{
    const struct update u = { core, now, user };

    if (now->phase != PHASE_ACCEPTING_MARBLES)
        return err_set(err, FAIL_STATE, CORE_WRONG_STATE);
    auto_manifest *wanted = manifest_parse(raw, err);
    if (wanted == NULL)
        return err_in(err, "unmarshaling update manifest");
    if (!update_none_waits(now, err))
        return false;
    return manifest_is_package_update(wanted) ? update_packages(&u, wanted, err)
                                              : update_manifest(&u, wanted, result, err);
}
