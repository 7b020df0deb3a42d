/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/json.h"
#include "core/drill.h"
#include "core/internal.h"
#include "import/marblerun.h"
#include "recovery/signed_key.h"
#include "state/names.h"

#include <stdio.h>
#include <string.h>

enum { EPHEMERAL_KEY_BITS = 4096 };

/* One attempt to open the state, from the session through the writer's thread and back. */
struct attempt {
    struct core *core;
    size_t set; /* which of the recovery sets */
    struct bytes candidate;
    struct recovery_upload *uploads;
    size_t count;
    struct bytes names
        [RECOVERY_MAX_HOLDERS]; /* whose they are, while the state is being opened; empty: not known */
    bool without_proof;         /* one of the uploads carries no signature */
    bool gone;                  /* it has to carry one, by the manifest that was found inside */
};

/* ---- what the manifest inside the state says about those who opened it ---- */

/* The party of that name and key, unless another upload was its. */
static bool find_party(const struct parties *parties, bool *used,
                       const struct recovery_holder *holder)
{
    for (size_t i = 0; i < parties->count; i++) {
        if (!used[i] && bytes_equal_string(parties->at[i].name, holder->name) &&
            key_equal_public(parties->at[i].key, holder->key))
            return used[i] = true;
    }
    return false;
}

/*
 * The holders of the metadata must be those of the manifest, each once: else somebody wrote a state of
 * his own around the manifest of another (state-and-recovery.md, 7.5).
 */
static bool holders_are_parties(const struct attempt *a, const struct parties *parties,
                                struct err *err)
{
    bool used[RECOVERY_MAX_HOLDERS] = { false };

    for (size_t i = 0; i < a->count; i++) {
        if (!find_party(parties, used, a->uploads[i].holder))
            return err_set(
                err, FAIL_DENIED,
                "recovery keys in manifest do not match the keys used for recovery: \"%.100s\"",
                a->uploads[i].holder->name);
    }
    return true;
}

/* A key of the manifest that made this signature and was not used for another. */
static bool find_signer(const struct parties *parties, bool *used,
                        const struct recovery_upload *upload, struct bytes *name)
{
    for (size_t i = 0; i < parties->count; i++) {
        struct err not_this_one = { 0 };
        if (used[i] ||
            !key_verify_sha256(parties->at[i].key, upload->share, upload->signature, &not_this_one))
            continue;
        *name = parties->at[i].name;
        return used[i] = true;
    }
    return false;
}

/* In a foreign state the holders show only now. Whoever did not sign has to send his share again. */
static bool signatures_are_by_parties(struct attempt *a, const struct parties *parties,
                                      struct err *err)
{
    bool used[RECOVERY_MAX_HOLDERS] = { false };
    size_t refused = 0;

    for (size_t i = 0; i < a->count; i++) {
        a->uploads[i].refused = !find_signer(parties, used, &a->uploads[i], &a->names[i]);
        refused += a->uploads[i].refused;
    }
    return refused == 0 ||
           err_set(err, FAIL_DENIED,
                   "no matching recovery public key found for %zu of %zu recovery secrets: "
                   "these were dropped and have to be sent again, signed by their recovery keys",
                   refused, a->count);
}

static bool enough_parties(const struct attempt *a, const struct manifest *manifest,
                           const struct parties *parties, struct err *err)
{
    const uint64_t threshold = manifest->config.recovery_threshold;
    const size_t wanted = threshold == 0 ? parties->count : (size_t)threshold;

    return (parties->count > 0 && a->count >= wanted) ||
           err_set(err, FAIL_DENIED,
                   "recovery keys in manifest do not match the keys used for recovery: expected "
                   "%zu, got %zu",
                   wanted, a->count);
}

static bool may_be_opened_so(struct attempt *a, const struct manifest *manifest, struct err *err)
{
    auto_parties parties = { 0 };

    if (a->without_proof && !manifest->singular_recovery_key) {
        a->gone = true;
        return err_set(err, FAIL_STATE, "this state wants signed recovery secrets");
    }
    if (!parties_of(manifest, &parties, err) || !enough_parties(a, manifest, &parties, err))
        return false;
    if (a->without_proof)
        return true;
    return a->uploads[0].holder != NULL ? holders_are_parties(a, &parties, err)
                                        : signatures_are_by_parties(a, &parties, err);
}

/* ---- opening ---- */

static void put_log_line(struct attempt *a, const struct snapshot *inside, struct change *change)
{
    const struct manifest *const manifest = inside->deployment->manifest;
    const enum recovery_scheme scheme =
        recovery_scheme_for(manifest->recovery_key_count, manifest->config.recovery_threshold);
    auto_buf members = { 0 };

    buf_add_format(&members, ",\"scheme\":\"%s\",\"holders\":[", recovery_scheme_name(scheme));
    for (size_t i = 0; i < a->count; i++) {
        if (a->uploads[i].holder == NULL)
            continue;
        json_put_comma(&members);
        buf_add_u8(&members, '"');
        log_escape(&members, bytes_of_string(a->uploads[i].holder->name));
        buf_add_u8(&members, '"');
    }
    buf_add_format(&members, "],\"secrets\":%zu,\"signed\":%s", a->count,
                   a->without_proof ? "false" : "true");
    change_put_log_line(change, a->core->env, inside->log.lines,
                        a->without_proof ? "Coordinator recovered without proof"
                                         : "Coordinator recovered",
                        buf_bytes(&members));
}

static bool own_values(struct attempt *a, const struct omap **values, struct err *err)
{
    if (!store_unlock(a->core->store, a->candidate, values, err)) {
        if (err->kind == FAIL_DENIED)
            return err_set(err, FAIL_DENIED,
                           "the combined secret does not open the state: its metadata does not "
                           "match this recovery set");
        return false;
    }
    return true;
}

static bool foreign_values(struct attempt *a, const struct omap **values, struct err *err)
{
    bool no_manifest = false;

    if (!marblerun_open(a->core->env, buf_bytes(&a->core->foreign_data), a->candidate, values,
                        &no_manifest, err))
        return false;
    return !no_manifest || err_set(err, FAIL_DAMAGED, "the sealed state has no manifest");
}

/* ---- what drills need ---- */

/* What the state inside knows of the set with these metadata; freed by the caller. */
static struct recovery_set *known_set(const struct snapshot *inside,
                                      const struct recovery_metadata *m, struct err *err)
{
    const struct recovery_set *const set = core_drilled_set(inside, bytes_of_string(m->set));
    struct bytes json;

    if (set == NULL)
        return set_of_metadata(m, 0, NULL);
    const char *const name =
        set == inside->new_recovery_set ? NAME_NEW_RECOVERY_SET : NAME_RECOVERY_SET;
    if (omap_get(inside->values, bytes_of_string(name), &json))
        return recovery_set_parse(json, err);
    (void)err_set(err, FAIL_INTERNAL, "the state has no value %s", name);
    return NULL;
}

/* The secrets that were sent are known now, also those that were not before. */
static bool put_known_set(const struct attempt *a, struct recovery_set *set, struct change *change,
                          struct err *err)
{
    for (size_t i = 0; i < a->count; i++) {
        const struct recovery_upload *const u = &a->uploads[i];
        const struct bytes name =
            u->holder == NULL ? a->names[i] : bytes_of_string(u->holder->name);
        if (!set_learn_secret(set, name, u->share, err))
            return false;
    }
    return change_put_recovery_set(change, NAME_RECOVERY_SET, set, err);
}

/* Nothing is known any more of another set, should there be one. */
static bool keep_known_set(const struct attempt *a, const struct snapshot *inside,
                           const struct recovery_metadata *m, struct change *change,
                           struct err *err)
{
    const struct recovery_set *const new_set = inside->new_recovery_set;
    auto_recovery_set *set = known_set(inside, m, err);

    if (set == NULL)
        return false;
    if (new_set == NULL || strcmp(new_set->id, set->id) != 0)
        change_drop_new_set(change);
    else if (!change_promote_new_set(change, inside, err))
        return false;
    change_drop_recovery_proofs(change, inside->values, set->id, NULL);
    return put_known_set(a, set, change, err);
}

/* ---- the keys of the new generation ---- */

/* The set that opened the state stays, signed alone, and what is known about the other one goes with it. */
static bool keep_one_set(struct attempt *a, const struct snapshot *inside,
                         const struct recovery_sets *sets, struct decision *d, struct err *err)
{
    struct bytes line = BYTES_NONE;

    change_drop_set(&d->change, a->core->env, inside->log.lines + 1, sets->at[a->set]->set,
                    sets->at[1 - a->set]->set);
    if (!bytes_line(buf_bytes(&a->core->locked_metadata), a->set, &line))
        return err_set(err, FAIL_INTERNAL, "recovery set %zu has no metadata", a->set);
    buf_add(&d->metadata, line);
    return key_sign_sha256(inside->authority->root_key, line, &d->signature, err);
}

static bool keep_own_recovery(struct attempt *a, const struct snapshot *inside, struct decision *d,
                              struct err *err)
{
    auto_recovery_sets sets = { 0 };

    d->policy = core_policy(inside->deployment->manifest);
    d->rwk = secret_copy(a->candidate, err);
    if (d->rwk == NULL || !recovery_sets_parse(buf_bytes(&a->core->locked_metadata), &sets, err) ||
        !keep_known_set(a, inside, sets.at[a->set], &d->change, err))
        return false;
    if (sets.count > 1)
        return keep_one_set(a, inside, &sets, d, err);
    buf_add(&d->metadata, buf_bytes(&a->core->locked_metadata));
    buf_add(&d->signature, buf_bytes(&a->core->locked_signature));
    return true;
}

/*
 * The recovery slot of the new generation opens with the secrets that the holders have. It has a new data key, and of
 * another set nobody knows the key under which that would have to go: only the set that opened the state stays.
 */
static bool keep_recovery(struct attempt *a, const struct snapshot *inside, struct decision *d,
                          struct err *err)
{
    auto_recovery_set *set = NULL;

    if (a->core->foreign_data.len == 0)
        return keep_own_recovery(a, inside, d, err);
    d->set_aside = "imported";
    return core_adopt(a->core->env, buf_bytes(&a->core->foreign_data), a->candidate, inside, d,
                      &set, err) &&
           put_known_set(a, set, &d->change, err);
}

/* On the writer's thread. */
static bool decide(void *arg, const struct snapshot *now, struct decision *d, struct err *err)
{
    struct attempt *const a = arg;
    const bool foreign = a->core->foreign_data.len > 0;

    if (now->phase != PHASE_RECOVERY)
        return err_set(err, FAIL_STATE, CORE_WRONG_STATE);
    if (!(foreign ? foreign_values(a, &d->base, err) : own_values(a, &d->base, err)))
        return false;
    auto_snapshot *inside = snapshot_load(a->core->env, d->base, err);
    if (inside == NULL || !may_be_opened_so(a, inside->deployment->manifest, err))
        return false;
    struct recovery_record record = inside->recovery;
    record.recoveries++;
    record.last_ms = a->core->env->now_ms(a->core->env->ctx);
    record.without_proof = a->without_proof;
    change_put_recovery_record(&d->change, &record);
    put_log_line(a, inside, &d->change);
    d->new_generation = true;
    return keep_recovery(a, inside, d, err);
}

static bool open_state(void *arg, size_t set, struct bytes candidate,
                       struct recovery_upload *uploads, size_t count, struct err *err)
{
    struct attempt *const a = arg;

    a->set = set;
    a->candidate = candidate;
    a->uploads = uploads;
    a->count = count;
    a->without_proof = false;
    for (size_t i = 0; i < count; i++)
        a->without_proof |= uploads[i].signature.len == 0;
    return writer_commit(a->core->writer, decide, a, err);
}

static bool is_recovering(struct core *core)
{
    auto_snapshot *now = core_snapshot(core);

    return now->phase == PHASE_RECOVERY && core->session != NULL;
}

/* What an upload without the right proof is answered with, before it is looked at. */
static enum recover_result check_proof(const struct core *core, struct bytes signature,
                                       bool signed_only, struct err *err)
{
    if (!signed_only && !recovery_session_without_proof(core->session)) {
        (void)err_set(err, FAIL_STATE, "this state wants signed recovery secrets");
        return RECOVER_GONE;
    }
    if (signed_only && signature.len == 0) {
        (void)err_set(err, FAIL_DENIED, "the recovery secret is not signed");
        return RECOVER_FAILED;
    }
    return RECOVER_MORE;
}

static enum recover_result offer(struct core *core, struct bytes secret, struct bytes signature,
                                 bool signed_only, unsigned *remaining, struct err *err)
{
    struct attempt a = { .core = core };
    const struct recovery_opener opener = { open_state, &a };
    const enum recover_result proof = check_proof(core, signature, signed_only, err);

    if (proof != RECOVER_MORE)
        return proof;
    if (!recovery_session_offer(core->session, secret, signature, &opener, remaining, err))
        return a.gone ? RECOVER_GONE : RECOVER_FAILED;
    if (*remaining > 0)
        return RECOVER_MORE;
    if (a.without_proof)
        log_warn(core->env->log,
                 "The recovery is without proof: whoever sent the secret did not sign it");
    return RECOVER_DONE;
}

enum recover_result core_recover(struct core *core, struct bytes secret, struct bytes signature,
                                 bool signed_only, unsigned *remaining, struct err *err)
{
    const struct log *const log = core->env->log;

    if (!is_recovering(core)) {
        (void)err_set(err, FAIL_STATE, CORE_WRONG_STATE);
        return RECOVER_FAILED;
    }
    log_info(log, "Recover called");
    const enum recover_result result = offer(core, secret, signature, signed_only, remaining, err);
    switch (result) {
    case RECOVER_FAILED:
    case RECOVER_GONE:
        log_error(log, "Recover failed", LOG_TEXT("error", err->text));
        break;
    case RECOVER_MORE:
        log_info(log, "Recover: recovery incomplete, more keys needed",
                 LOG_NUMBER("remaining", *remaining));
        break;
    case RECOVER_DONE:
        log_info(log, "Recover successful");
        break;
    }
    return result;
}

/* ---- the key for secrets on their way ---- */

static struct key *ephemeral_key(struct core *core, bool make, struct err *err)
{
    (void)pthread_mutex_lock(&core->ephemeral_lock);
    if (core->ephemeral == NULL && make)
        core->ephemeral = key_generate(KEY_RSA, EPHEMERAL_KEY_BITS, err);
    else if (core->ephemeral == NULL)
        (void)err_set(err, FAIL_STATE, "ephemeral secret key not set");
    struct key *const key = core->ephemeral == NULL ? NULL : key_ref(core->ephemeral);
    (void)pthread_mutex_unlock(&core->ephemeral_lock);
    return key;
}

bool core_ephemeral_public_key(struct core *core, const struct snapshot *now, struct buf *der,
                               struct buf *signature, struct err *err)
{
    if (!is_recovering(core) || now->phase != PHASE_RECOVERY)
        return err_set(err, FAIL_STATE, CORE_WRONG_STATE);
    auto_key *key = ephemeral_key(core, true, err);
    return key != NULL && key_public_der(key, der, err) &&
           signed_key_sign(now->authority->root_key, buf_bytes(der), signature, err);
}

bool core_ephemeral_decrypt(struct core *core, struct bytes encrypted, struct buf *secret,
                            struct err *err)
{
    if (!is_recovering(core))
        return err_set(err, FAIL_STATE, CORE_WRONG_STATE);
    auto_key *key = ephemeral_key(core, false, err);
    if (key != NULL && key_oaep_decrypt(key, encrypted, secret, err))
        return true;
    log_error(core->env->log, "Recover failed", LOG_TEXT("error", err->text));
    return false;
}

bool core_recovery_status(struct core *core, struct buf *members, struct err *err)
{
    if (!is_recovering(core))
        return err_set(err, FAIL_STATE, CORE_WRONG_STATE);
    recovery_session_describe(core->session, members);
    if (core->locked_metadata.len > 0) {
        json_put_name(members, "metadata");
        json_put_octets(members, buf_bytes(&core->locked_metadata));
        json_put_name(members, "metadataSignature");
        json_put_octets(members, buf_bytes(&core->locked_signature));
    }
    return true;
}

void core_recovery_progress(struct core *core, struct buf *members)
{
    recovery_session_progress(core->session, members);
}
