/* SPDX-License-Identifier: Apache-2.0 */
#include "core/core.h"

#include "core/internal.h"
#include "core/observe.h"
#include "import/marblerun.h"
#include "state/names.h"

#include <stdlib.h>

enum { NONCE_KEY_LEN = 32 };

/* What a start has found; becomes the first snapshot. */
struct start {
    const struct core_config *config;
    struct core *core;
    struct snapshot *first;
};

static bool start_empty(struct start *s, enum phase phase, struct err *err)
{
    auto_authority *authority =
        authority_generate(s->config->env, s->config->names, s->config->name_count, err);

    if (authority == NULL)
        return err_in(err, "creating the Coordinator's certificates");
    s->first = snapshot_new(phase, authority);
    return true;
}

static bool start_fresh(struct start *s, struct err *err)
{
    log_info(s->config->env->log, "No sealed state found. Proceeding with new state.");
    return start_empty(s, PHASE_ACCEPTING_MANIFEST, err);
}

static bool start_open(struct start *s, struct err *err)
{
    auto_omap *values = store_values(s->core->store);

    log_info(s->config->env->log, "Loading state");
    s->first = snapshot_load(s->config->env, values, err);
    return s->first != NULL;
}

static bool start_recovery(struct start *s, struct recovery_session *session, struct err *err)
{
    if (session == NULL)
        return false;
    s->core->session = session;
    log_error(s->config->env->log,
              "Failed to decrypt sealed state. Processing with a new state. Use the /recover API "
              "endpoint to load an old state, or submit a new manifest to overwrite the old state. "
              "Look up the documentation for more information on how to proceed.");
    return start_empty(s, PHASE_RECOVERY, err);
}

static bool start_locked(struct start *s, struct err *err)
{
    struct core *const core = s->core;

    buf_add(&core->locked_metadata, store_recovery_metadata(core->store));
    buf_add(&core->locked_signature, store_recovery_signature(core->store));
    auto_recovery_sets sets = { 0 };
    return recovery_sets_parse(buf_bytes(&core->locked_metadata), &sets, err) &&
           start_recovery(s, recovery_session_new(core->env, &sets, err), err);
}

/* ---- states of the original ---- */

/* Seals it anew in our format; the writer's thread does not run yet. */
static bool import_values(struct start *s, struct bytes data_key, const struct omap *values,
                          struct err *err)
{
    struct decision d = { .set_aside = "imported" };
    auto_snapshot *inside = snapshot_load(s->config->env, values, err);
    auto_recovery_set *set = NULL;

    if (inside == NULL)
        return err_in(err, "imported state");
    bool done = core_adopt(s->core->env, buf_bytes(&s->core->foreign_data), data_key, inside, &d,
                           &set, err) &&
                change_put_recovery_set(&d.change, NAME_RECOVERY_SET, set, err);
    if (done) {
        auto_omap *all = change_apply(values, &d.change);
        s->first = snapshot_load(s->config->env, all, err);
        done = s->first != NULL && decision_seal(&d, s->core->store, all, err);
    }
    decision_clear(&d);
    if (!done)
        return err_in(err, "importing the sealed state");
    log_info(s->config->env->log, "Imported a sealed state of MarbleRun; its files were kept");
    return true;
}

static bool start_foreign_recovery(struct start *s, struct err *err)
{
    uint8_t hashes[MARBLERUN_MAX_SHARES][SHA256_LEN];
    size_t count = 0;

    if (!marblerun_share_hashes(buf_bytes(&s->core->foreign_data), hashes, &count, err))
        return false;
    return start_recovery(s,
                          recovery_session_new_foreign(
                              s->core->env, (const uint8_t(*)[SHA256_LEN])hashes, count, err),
                          err);
}

static bool import_with_key(struct start *s, struct bytes data_key, struct err *err)
{
    auto_omap *values = NULL;
    bool no_manifest = false;

    if (!marblerun_open(s->config->env, buf_bytes(&s->core->foreign_data), data_key, &values,
                        &no_manifest, err)) {
        err->kind = FAIL_DAMAGED;
        return err_in(
            err,
            "sealed_key does not open sealed_data: one of them is damaged or belongs to "
            "another state. To recover with the recovery secrets instead, move sealed_key away");
    }
    if (no_manifest)
        return start_fresh(s, err);
    return import_values(s, data_key, values, err);
}

static bool start_foreign(struct start *s, struct err *err)
{
    auto_buf key = { 0 };
    struct buf *const data = &s->core->foreign_data;

    if (!store_foreign_files(s->core->store, data, &key, err) ||
        !marblerun_check_frame(buf_bytes(data), err))
        return false;
    if (key.len == 0 || !s->config->import_without_recovery)
        return start_foreign_recovery(s, err);
    const bool done = import_with_key(s, buf_bytes(&key), err);
    buf_clear(data);
    return done;
}

static bool start(struct start *s, enum store_verdict verdict, struct err *err)
{
    switch (verdict) {
    case STORE_UNKNOWN:
    case STORE_STOPPED:
        break;
    case STORE_FRESH:
        return start_fresh(s, err);
    case STORE_OPEN:
        return start_open(s, err);
    case STORE_LOCKED:
        return start_locked(s, err);
    case STORE_FOREIGN:
        return start_foreign(s, err);
    }
    return err_set(err, FAIL_INTERNAL, "verdict %d about the sealed state", (int)verdict);
}

struct core *core_open(const struct core_config *config, struct err *err)
{
    const struct store_config store_config = { config->env, config->seal_directory,
                                               config->sealing };
    enum store_verdict verdict = STORE_UNKNOWN;
    struct core *core = mem_zero_alloc(1, sizeof *core);
    struct start s = { .config = config, .core = core };

    core->env = config->env;
    core->sealing = config->sealing;
    core->variable = config->variable;
    core->verifier = config->verifier;
    core->late_update_checks = config->late_update_checks;
    core->vouched = vouched_new();
    (void)pthread_mutex_init(&core->ephemeral_lock, NULL);
    core->nonce_key = secret_new(NONCE_KEY_LEN, err);
    if (core->nonce_key == NULL ||
        !core->env->random(core->env->ctx, core->nonce_key->at, NONCE_KEY_LEN, err)) {
        core_free(core);
        return NULL;
    }
    core->store = store_open(&store_config, &verdict, err);
    if (core->store == NULL || !start(&s, verdict, err)) {
        snapshot_free(s.first);
        core_free(core);
        return NULL;
    }
    core->writer = writer_new(config->env, core->store, s.first, config->metrics);
    core_observe(core, config->metrics);
    return core;
}

void core_free(struct core *core)
{
    if (core == NULL)
        return;
    writer_free(core->writer);
    observer_free(core->observer);
    store_close(core->store);
    vouched_free(core->vouched);
    secret_free(core->nonce_key);
    recovery_session_free(core->session);
    buf_clear(&core->locked_metadata);
    buf_clear(&core->locked_signature);
    buf_clear(&core->foreign_data);
    key_free(core->ephemeral);
    (void)pthread_mutex_destroy(&core->ephemeral_lock);
    free(core);
}

struct snapshot *core_snapshot(struct core *core)
{
    return writer_snapshot(core->writer);
}

const struct env *core_env(const struct core *core)
{
    return core->env;
}

struct writer *core_writer(struct core *core)
{
    return core->writer;
}

int64_t core_busy_ms(const struct core *core)
{
    return writer_busy_ms(core->writer);
}
