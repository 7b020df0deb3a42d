/* SPDX-License-Identifier: Apache-2.0 */
#include "core/activate.h"

#include "base/uuid.h"
#include "core/admission.h"
#include "core/budget.h"
#include "core/internal.h"
#include "core/marble_identity.h"
#include "core/ttls.h"
#include "grpc/grpc.h"
#include "grpc/marble_messages.h"
#include "state/names.h"

#include <stdlib.h>
#include <string.h>

#define LATE_TEXT "context deadline exceeded"
#define TOO_LARGE_TEXT "the parameters of this Marble have more than %d bytes"

/* One activation on its way. */
struct work {
    struct core *core;
    struct snapshot *now;
    const struct activation *asked;
    const struct manifest_marble *marble;
    char uuid[UUID_TEXT_LEN + 1];
    char *mark;                     /* of the attempt in the state; NULL: it has no name */
    int64_t counted_ms;             /* when it was counted */
    enum activation_result refused; /* why the writer did not count it */
    struct marble_identity identity;
    struct buf chain_pem; /* its certificate, then the intermediate */
    struct arena arena;   /* of the secrets and parameters */
    size_t expanded;      /* bytes of parameters so far */
    struct marble_secrets secrets;
    struct buf message;
    core_activated *done;
    void *arg;
};

struct spent_activation {
    struct core *core;
    struct bytes marble; /* behind the struct */
    char *mark;
    int64_t counted_ms;
    uint8_t name[];
};

/* ---- the answer ---- */

static void work_free(struct work *w)
{
    marble_secrets_clear(&w->secrets);
    marble_identity_clear(&w->identity);
    buf_clear(&w->chain_pem);
    arena_clear(&w->arena);
    buf_clear(&w->message);
    snapshot_free(w->now);
    free(w->mark);
    free(w);
}

static void finish(struct work *w, enum activation_result result, const char *text,
                   struct spent_activation *spent)
{
    const struct log *const log = w->core->env->log;
    const struct bytes asked = w->asked->marble_type;
    const struct bytes type = bytes_of(asked.at, asked.len < 200 ? asked.len : 200);

    if (result == ACTIVATION_DONE)
        log_info(log, "Activated Marble", LOG_BYTES("type", type), LOG_TEXT("uuid", w->uuid));
    else
        log_warn(log, "Marble not activated", LOG_BYTES("type", type), LOG_TEXT("uuid", w->uuid),
                 LOG_TEXT("error", text));
    w->done(w->arg, result, &w->message, text, spent);
    work_free(w);
}

/* ---- who asks ---- */

/* The package as it is now: an update of packages changes its record only. */
static bool read_package(struct work *w, struct manifest_package *package, struct err *err)
{
    struct bytes record;

    if (!snapshot_value(w->now, PREFIX_PACKAGE, w->marble->package, &record))
        return err_set(err, FAIL_DENIED, "undefined package \"%.*s\"",
                       BYTES_FMT(w->marble->package));
    if (w->core->verifier == NULL)
        return true; /* nothing is compared */
    if (!record_parse_package(record, &w->arena, package, err))
        return err_in(err, "loading package data");
    package->name = w->marble->package;
    return true;
}

/* All that would have to be different, for whoever runs the cluster; the Marble is told the first. */
static void log_refusal(const struct work *w, const struct err *reason,
                        const struct policy_report *report)
{
    const struct log *const log = w->core->env->log;

    log_warn(log, "Quote refused", LOG_BYTES("type", w->marble->name),
             LOG_TEXT("reason", reason->text));
    for (size_t i = 0; i < report->count; i++) {
        const struct policy_finding *const f = &report->at[i];
        log_warn(log, "Policy not met", LOG_BYTES("type", w->marble->name),
                 LOG_BYTES("member", f->member), LOG_BYTES("expected", f->expected),
                 LOG_BYTES("got", f->got), LOG_BYTES("acceptedBy", f->accepts));
    }
}

static bool verify(struct work *w, struct err *err)
{
    const struct env *const env = w->core->env;
    const struct manifest *const m = w->now->deployment->manifest;
    struct manifest_package package = { 0 };
    struct err reason = { 0 };

    w->marble = manifest_marble(m, w->asked->marble_type);
    if (w->marble == NULL)
        return err_set(err, FAIL_DENIED, "unknown marble type requested");
    if (!read_package(w, &package, err))
        return false;
    const struct admission admission = {
        .verifier = w->core->verifier,
        .package = &package,
        .infrastructures = m->infrastructures,
        .infrastructure_count = m->infrastructure_count,
        .quote = w->asked->quote,
        .leaf = w->asked->leaf,
        .now_ms = env->now_ms(env->ctx),
    };
    struct policy_report *const report = arena_alloc(&w->arena, sizeof *report);
    if (admission_check(&admission, &w->arena, report, &reason, err))
        return true;
    log_refusal(w, &reason, report);
    return false;
}

/* Was it counted already, as an attempt whose reply was lost? Only its UUID tells that. */
static bool is_repeated(struct work *w, struct err *err)
{
    const struct env *const env = w->core->env;
    const struct attempt attempt = { w->marble->name, bytes_of_string(w->uuid), w->asked->leaf,
                                     w->asked->attempt };

    return w->marble->max_activations > 0 && budget_mark(&attempt, &w->mark, err) &&
           budget_is_counted(w->now, w->mark, env->now_ms(env->ctx));
}

/* A count that cannot be read is no used-up budget. */
static enum activation_result over_budget(struct err *err)
{
    const bool spent = err->kind == FAIL_DENIED;

    (void)err_in(err, "marble verification failed");
    return spent ? ACTIVATION_SPENT : ACTIVATION_REFUSED;
}

/* The budget is looked at before the UUID, as in the original. */
static enum activation_result judge(struct work *w, struct err *err)
{
    struct err bad_uuid = { 0 };

    if (!verify(w, err)) {
        (void)err_in(err, "marble verification failed");
        return ACTIVATION_REFUSED;
    }
    const bool named = uuid_canonical(w->asked->uuid, w->uuid, &bad_uuid);
    if (!(named && is_repeated(w, err)) &&
        !budget_check(w->now, w->marble->name, w->marble->max_activations, err))
        return over_budget(err);
    if (named)
        return ACTIVATION_DONE; /* the nil UUID is one like any other (manifest.md, 7.4) */
    (void)err_set(err, FAIL_MALFORMED, "invalid UUID: %s", bad_uuid.text);
    return ACTIVATION_BAD_UUID;
}

/* ---- what it gets ---- */

static bool template_secret(const void *ctx, bool previous, struct bytes name,
                            struct template_secret *out)
{
    struct work *const w = *(struct work *const *)ctx;
    struct stored_secret s;

    if (!marble_secret(&w->secrets, previous, name, &s))
        return false;
    *out = stored_secret_for_template(&s);
    return true;
}

/* Both generations have the names of the manifest. */
static bool template_next_secret(const void *ctx, bool previous, struct bytes after, bool first,
                                 struct bytes *name)
{
    const struct work *const w = *(struct work *const *)ctx;

    (void)previous;
    return manifest_next_secret(w->now->deployment->manifest, after, first, name);
}

static struct template_data template_data_of(struct work *const *w)
{
    const struct authority *const a = (*w)->now->authority;

    return (struct template_data){
        .ctx = w,
        .secret = template_secret,
        .next_secret = template_next_secret,
        .root_ca_cert = cert_der(a->marble_root),
        .marble_cert = cert_der((*w)->identity.cert),
        .marble_private = buf_bytes(&(*w)->identity.private_der),
        .marble_public = buf_bytes(&(*w)->identity.public_der),
        .coordinator_root_cert = cert_der(a->root),
        .coordinator_intermediate_cert = cert_der(a->intermediate),
    };
}

/* The text of one file or variable; lives in the arena or the manifest. */
static bool expand(struct work *w, const struct manifest_parameter *p,
                   const struct template_data *data, struct bytes *text, struct err *err)
{
    auto_buf out = { 0 };

    *text = p->data;
    if (p->program == NULL)
        return true;
    if (p->program->template == NULL)
        return err_set(err, FAIL_MALFORMED, "%s", p->program->failure);
    if (!template_execute(p->program->template, data, &out, err)) {
        if (w->secrets.failure.kind != FAIL_NONE)
            *err = w->secrets.failure;
        return false;
    }
    /* A secret that could not be made looks like one that does not exist, which a template may survive. */
    if (w->secrets.failure.kind != FAIL_NONE) {
        *err = w->secrets.failure;
        return false;
    }
    if (out.len > GRPC_MESSAGE_MAX - w->expanded)
        return err_set(err, FAIL_TOO_LARGE, TOO_LARGE_TEXT, GRPC_MESSAGE_MAX);
    w->expanded += out.len;
    *text = arena_bytes(&w->arena, buf_bytes(&out));
    return true;
}

static bool files_of(struct work *w, const struct template_data *data,
                     struct marble_parameter *files, struct err *err)
{
    for (size_t i = 0; i < w->marble->files.count; i++) {
        const struct manifest_parameter *const p = &w->marble->files.at[i];
        files[i].name = p->name;
        if (!expand(w, p, data, &files[i].value, err))
            return err_in(err, "parsing secrets for file \"%.*s\"", BYTES_FMT(p->name));
    }
    return true;
}

/* Set by the Coordinator, whatever the manifest says (manifest.md, 15). */
struct reserved {
    struct marble_parameter at[5];
    size_t count;
};

static bool is_reserved(const struct reserved *r, struct bytes name)
{
    for (size_t i = 0; i < r->count; i++) {
        if (bytes_equal(r->at[i].name, name))
            return true;
    }
    return false;
}

static bool variables_of(struct work *w, const struct template_data *data,
                         const struct reserved *reserved, struct marble_parameter *env,
                         size_t *count, struct err *err)
{
    for (size_t i = 0; i < w->marble->env.count; i++) {
        const struct manifest_parameter *const p = &w->marble->env.at[i];
        struct bytes text;
        if (is_reserved(reserved, p->name))
            continue;
        if (!expand(w, p, data, &text, err))
            return err_in(err, "parsing secrets for env variable \"%.*s\"", BYTES_FMT(p->name));
        if (text.len > 0 && memchr(text.at, '\0', text.len) != NULL)
            return err_set(err, FAIL_MALFORMED, "env variable \"%.*s\": contains null bytes",
                           BYTES_FMT(p->name));
        env[(*count)++] = (struct marble_parameter){ p->name, text };
    }
    for (size_t i = 0; i < reserved->count; i++)
        env[(*count)++] = reserved->at[i];
    return true;
}

static void reserve(struct reserved *r, const char *name, const struct buf *value)
{
    r->at[r->count++] = (struct marble_parameter){ bytes_of_string(name), buf_bytes(value) };
}

static bool reserve_ttls(struct work *w, struct reserved *r, struct err *err)
{
    const struct ttls_identity own = { buf_bytes(&w->now->authority->marble_root_pem),
                                       buf_bytes(&w->identity.cert_pem),
                                       buf_bytes(&w->identity.key_pem) };
    auto_buf config = { 0 };

    if (w->marble->tls.count == 0)
        return true;
    if (!ttls_config(w->marble, &own, &w->secrets, &config, err))
        return err_in(err, "creating TTLS config");
    r->at[r->count++] = (struct marble_parameter){ BYTES_LITERAL("MARBLE_TTLS_CONFIG"),
                                                   arena_bytes(&w->arena, buf_bytes(&config)) };
    return true;
}

static bool reserved_of(struct work *w, struct reserved *r, struct err *err)
{
    const struct authority *const a = w->now->authority;

    buf_add(&w->chain_pem, buf_bytes(&w->identity.cert_pem));
    buf_add(&w->chain_pem, buf_bytes(&a->intermediate_pem));
    reserve(r, "MARBLE_PREDEFINED_ROOT_CA", &a->marble_root_pem);
    reserve(r, "MARBLE_PREDEFINED_MARBLE_CERTIFICATE_CHAIN", &w->chain_pem);
    reserve(r, "MARBLE_PREDEFINED_PRIVATE_KEY", &w->identity.key_pem);
    reserve(r, "MARBLE_PREDEFINED_COORDINATOR_ROOT_CA", &a->root_pem);
    return reserve_ttls(w, r, err);
}

static bool make_message(struct work *w, struct err *err)
{
    const struct manifest_marble *const m = w->marble;
    struct marble_parameter *const files = arena_alloc(&w->arena, m->files.count * sizeof files[0]);
    struct reserved reserved = { 0 };
    const struct template_data data = template_data_of(&w);
    struct marble_parameters all = { .file_count = m->files.count,
                                     .argv_count = m->argv.count,
                                     .argv = m->argv.at };

    if (!reserved_of(w, &reserved, err))
        return false;
    struct marble_parameter *const env =
        arena_alloc(&w->arena, (m->env.count + reserved.count) * sizeof env[0]);
    if (!files_of(w, &data, files, err) ||
        !variables_of(w, &data, &reserved, env, &all.env_count, err))
        return err_in(err, "customizing marble parameters");
    all.files = files;
    all.env = env;
    activation_response_encode(&all, &w->message);
    return w->message.len <= GRPC_MESSAGE_MAX ||
           err_set(err, FAIL_TOO_LARGE, TOO_LARGE_TEXT, GRPC_MESSAGE_MAX);
}

static enum activation_result prepare(struct work *w, struct err *err)
{
    const enum activation_result verdict = judge(w, err);

    if (verdict != ACTIVATION_DONE)
        return verdict;
    if (!marble_identity_issue(w->core->env, w->now->authority, w->asked->csr,
                               bytes_of_string(w->uuid), w->marble->name, &w->identity, err)) {
        (void)err_in(err, "generating marble authentication secrets");
        return ACTIVATION_FAILED;
    }
    w->secrets = (struct marble_secrets){
        .env = w->core->env,
        .now = w->now,
        .uuid = bytes_of_string(w->uuid),
        .binding = w->marble->disable_secret_binding ? BYTES_NONE : w->marble->name,
        .arena = &w->arena,
    };
    if (!make_message(w, err))
        return err->kind == FAIL_TOO_LARGE ? ACTIVATION_TOO_LARGE : ACTIVATION_FAILED;
    return ACTIVATION_DONE;
}

/* ---- the count ---- */

static bool is_late(const struct work *w)
{
    const struct env *const env = w->core->env;

    return env->now_ms(env->ctx) > w->asked->deadline_ms;
}

static bool not_counted(struct work *w, enum activation_result why, struct err *err,
                        const char *text)
{
    w->refused = why;
    return err_set(err, FAIL_STATE, "%s", text);
}

/*
 * On the writer's thread, on the newest state: the limit holds exactly. A repeated attempt writes its mark
 * too, so that its answer waits for the first one to be durable.
 */
static bool decide_count(void *arg, const struct snapshot *newest, struct decision *d,
                         struct err *err)
{
    struct work *const w = arg;
    const int64_t now_ms = w->core->env->now_ms(w->core->env->ctx);

    if (newest->deployment != w->now->deployment || newest->authority != w->now->authority)
        return not_counted(w, ACTIVATION_TRY_AGAIN, err,
                           "the deployment was updated meanwhile: try again");
    if (is_late(w))
        return not_counted(w, ACTIVATION_LATE, err, LATE_TEXT);
    if (budget_answer_again(newest, w->mark, now_ms, &d->change, &w->counted_ms))
        return true;
    if (!budget_check(newest, w->marble->name, w->marble->max_activations, err)) {
        w->refused = over_budget(err);
        return false;
    }
    w->counted_ms = now_ms;
    return budget_count(newest, w->marble->name, w->mark, now_ms, &d->change, err);
}

static struct spent_activation *spent_new(const struct work *w)
{
    const struct bytes name = w->marble->name;
    struct spent_activation *const spent = mem_zero_alloc(1, sizeof *spent + name.len);

    spent->core = w->core;
    if (name.len > 0)
        memcpy(spent->name, name.at, name.len);
    spent->marble = bytes_of(spent->name, name.len);
    spent->mark = w->mark == NULL ? NULL : mem_string(w->mark);
    spent->counted_ms = w->counted_ms;
    return spent;
}

static void count_done(void *arg, const struct err *err)
{
    struct work *const w = arg;

    if (err == NULL) {
        finish(w, ACTIVATION_DONE, "", spent_new(w));
        return;
    }
    buf_clear(&w->message);
    if (w->refused != ACTIVATION_FAILED) {
        finish(w, w->refused, err->text, NULL);
        return;
    }
    auto_string *text = mem_printf("committing store transaction: %s", err->text);
    finish(w, ACTIVATION_FAILED, text, NULL);
}

void core_activate(struct core *core, const struct activation *asked, core_activated *done,
                   void *arg)
{
    struct work *const w = mem_zero_alloc(1, sizeof *w);
    struct err err = { 0 };

    w->core = core;
    w->now = core_snapshot(core);
    w->asked = asked;
    w->done = done;
    w->arg = arg;
    if (w->now->phase != PHASE_ACCEPTING_MARBLES) {
        finish(w, ACTIVATION_NOT_NOW, "cannot accept marbles in current state", NULL);
        return;
    }
    if (asked->leaf.len == 0) {
        finish(w, ACTIVATION_NO_CERTIFICATE, "couldn't get marble TLS certificate", NULL);
        return;
    }
    const enum activation_result result = prepare(w, &err);
    if (result != ACTIVATION_DONE) {
        buf_clear(&w->message);
        finish(w, result, err.text, NULL);
    } else if (is_late(w)) {
        buf_clear(&w->message);
        finish(w, ACTIVATION_LATE, LATE_TEXT, NULL);
    } else if (w->marble->max_activations == 0) {
        finish(w, ACTIVATION_DONE, "", NULL);
    } else {
        writer_submit(core->writer, &(struct commit){ decide_count, count_done, w });
    }
}

/* ---- an answer that was lost ---- */

static bool decide_give_back(void *arg, const struct snapshot *newest, struct decision *d,
                             struct err *err)
{
    const struct spent_activation *const spent = arg;

    return budget_give_back(newest, spent->marble, spent->mark, spent->counted_ms, &d->change, err);
}

static void given_back(void *arg, const struct err *err)
{
    struct spent_activation *const spent = arg;

    if (err != NULL)
        log_warn(spent->core->env->log, "An activation whose answer was lost stays counted",
                 LOG_BYTES("type", spent->marble), LOG_TEXT("error", err->text));
    core_activation_kept(spent);
}

void core_activation_lost(struct spent_activation *spent)
{
    writer_submit(spent->core->writer, &(struct commit){ decide_give_back, given_back, spent });
}

void core_activation_kept(struct spent_activation *spent)
{
    if (spent == NULL)
        return;
    free(spent->mark);
    free(spent);
}
