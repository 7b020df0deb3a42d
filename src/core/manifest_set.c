/* SPDX-License-Identifier: Apache-2.0 */
#include "core/dry_run.h"
#include "core/internal.h"
#include "core/material.h"
#include "state/names.h"

#include <string.h>

/* A manifest on its way into the state. */
struct setting {
    struct core *core;
    const struct snapshot *based_on; /* authority and phase that all of it was computed for */
    struct manifest *manifest;
    struct decision *prepared;
};

void manifest_reply_clear(struct manifest_reply *reply)
{
    buf_clear(&reply->secrets_json);
    buf_clear(&reply->first);
    *reply = (struct manifest_reply){ 0 };
}

static void put_secrets(struct change *change, const struct manifest *m,
                        const struct stored_secret *secrets)
{
    auto_buf record = { 0 };

    for (size_t i = 0; i < m->secret_count; i++) {
        stored_secret_write(&secrets[i], &record);
        /* There is no generation before the first: .Previous shows the same. */
        change_put_named(change, PREFIX_PREVIOUS_SECRET, m->secrets[i].name, buf_bytes(&record));
        change_put_named(change, PREFIX_SECRET, m->secrets[i].name, buf_bytes(&record));
        buf_truncate(&record, 0);
    }
}

static bool prepare_recovery(const struct setting *s, const char *fingerprint,
                             struct manifest_reply *reply, struct err *err)
{
    auto_parties parties = { 0 };

    if (!parties_of(s->manifest, &parties, err))
        return err_in(err, "generating recovery encryption key");
    const struct recovery_request request = recovery_request_of(s->manifest, &parties, fingerprint);
    auto_recovery_plan *plan = recovery_plan_make(s->core->env, &request, err);
    if (plan == NULL)
        return err_in(err, "generating recovery encryption key");
    if (!change_put_recovery(&s->prepared->change, s->core->env, plan, &reply->secrets_json, err))
        return false;
    if (plan->count > 0)
        buf_add(&reply->first, buf_bytes(&plan->secrets[0].encrypted));
    reply->singular = s->manifest->singular_recovery_key;
    return decision_put_plan(s->prepared, plan, s->based_on->authority->root_key, s->manifest, err);
}

/* For the dry run; arg: one for each of the manifest's secrets. What the manifest gives for a user-defined one
 * is only its initial value. */
static const struct stored_secret *generated_secret(void *arg, size_t i, bool *given)
{
    const struct stored_secret *const secrets = arg;

    *given = false;
    return &secrets[i];
}

/* Everything that is computed before the writer is asked. */
static bool prepare(const struct setting *s, struct manifest_reply *reply, struct err *err)
{
    struct change *const change = &s->prepared->change;
    const struct authority *const authority = s->based_on->authority;
    struct stored_secret *secrets = NULL;
    auto_arena arena = { 0 };
    auto_buf signature = { 0 };
    char fingerprint[65];

    if (!manifest_fingerprint(s->manifest, fingerprint, err) ||
        !material_generate(s->core->env, s->manifest, authority, &arena, &secrets, err) ||
        !dry_run(s->manifest, generated_secret, secrets, err) ||
        !prepare_recovery(s, fingerprint, reply, err) ||
        !change_put_users(change, s->manifest, err) ||
        !key_sign_sha256(authority->root_key, s->manifest->raw, &signature, err) ||
        !change_put_authority(change, authority, err))
        return false;
    change_put(change, NAME_STATE, BYTES_LITERAL("3"));
    change_put(change, NAME_MANIFEST, s->manifest->raw);
    change_put(change, NAME_MANIFEST_SIGNATURE, buf_bytes(&signature));
    change_put_parts(change, s->manifest);
    put_secrets(change, s->manifest, secrets);
    change_put_log_line(change, s->core->env, 0, "Initial manifest set", BYTES_NONE);
    s->prepared->new_generation = true;
    return true;
}

static bool takes_manifest(const struct snapshot *s)
{
    return s->phase == PHASE_RECOVERY || s->phase == PHASE_ACCEPTING_MANIFEST;
}

/* On the writer's thread: is the world still the one that this was computed for? */
static bool decide(void *arg, const struct snapshot *now, struct decision *decision,
                   struct err *err)
{
    const struct setting *const s = arg;

    if (!takes_manifest(now) || now->authority != s->based_on->authority)
        return err_set(err, FAIL_STATE, CORE_WRONG_STATE);
    *decision = *s->prepared;
    *s->prepared = (struct decision){ 0 };
    if (now->phase == PHASE_RECOVERY)
        decision->set_aside = "dismissed";
    else if (store_verdict_of(s->core->store) == STORE_FOREIGN)
        decision->set_aside = "imported"; /* written before there was a manifest */
    return true;
}

static bool set_manifest(struct core *core, struct bytes raw, struct manifest_reply *reply,
                         struct err *err)
{
    auto_snapshot *now = core_snapshot(core);
    struct decision prepared = { 0 };
    struct setting s = { .core = core, .based_on = now, .prepared = &prepared };
    const struct manifest_check_options options = { core->variable, NULL };

    if (!takes_manifest(now))
        return err_set(err, FAIL_STATE, CORE_WRONG_STATE);
    auto_manifest *manifest = manifest_parse(raw, err);
    if (manifest == NULL)
        return err_in(err, "unmarshaling manifest");
    if (!manifest_check(manifest, &options, err))
        return err_in(err, "checking manifest");
    s.manifest = manifest;
    const bool done = prepare(&s, reply, err) && writer_commit(core->writer, decide, &s, err);
    decision_clear(&prepared);
    if (!done) {
        manifest_reply_clear(reply);
        return false;
    }
    if (now->phase == PHASE_RECOVERY) {
        recovery_session_end(core->session);
        log_warn(core->env->log,
                 "The sealed state was dismissed by a new manifest; its files were kept");
    }
    return true;
}

bool core_set_manifest(struct core *core, struct bytes raw, struct manifest_reply *reply,
                       struct err *err)
{
    if (__atomic_test_and_set(&core->setting_manifest, __ATOMIC_ACQUIRE))
        return err_set(err, FAIL_UNAVAILABLE,
                       "another manifest is being set: try again in a moment");
    const bool done = set_manifest(core, raw, reply, err);
    __atomic_clear(&core->setting_manifest, __ATOMIC_RELEASE);
    return done;
}

bool core_startup_manifest(struct core *core, struct bytes raw, struct err *err)
{
    auto_snapshot *now = core_snapshot(core);
    struct manifest_reply reply = { 0 };

    if (now->phase == PHASE_ACCEPTING_MANIFEST) {
        const bool done = core_set_manifest(core, raw, &reply, err);
        manifest_reply_clear(&reply);
        return done;
    }
    if (now->phase == PHASE_RECOVERY)
        log_error(core->env->log, "Startup manifest ignored: it must not dismiss the sealed state "
                                  "that waits for its recovery");
    else if (!bytes_equal(now->deployment->manifest->raw, raw))
        log_warn(core->env->log,
                 "Startup manifest ignored: the state has another manifest; use an update");
    else
        log_info(core->env->log, "Startup manifest is already in force");
    return true;
}
