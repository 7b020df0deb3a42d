/* SPDX-License-Identifier: Apache-2.0 */
#include "core/observe.h"

#include "metrics/text.h"
#include "state/names.h"
#include "state/pending.h"
#include "state/reissue.h"

#include <stdlib.h>
#include <string.h>

enum {
    MOST_SECRETS =
        100, /* certificates of secrets with a series of their own: those that expire first */
    LONGEST_NAME = 128,    /* bytes of a secret's name; longer ones have no series of their own */
    COORDINATOR_CERTS = 3, /* root, intermediate, Marble root */
};

struct secret_expiry {
    int64_t not_after;
    char name[LONGEST_NAME + 1];
};

/* What was parsed out of a snapshot. Seconds since 1970; INT64_MAX: there is no certificate. */
struct parsed {
    int64_t coordinator[COORDINATOR_CERTS];
    int64_t first_user, first_secret;
    size_t users, secret_count;
    struct secret_expiry secrets[MOST_SECRETS]; /* those that expire first, in that order */
    bool pending;                               /* an update */
    uint64_t missing_acknowledgments;
};

struct observer {
    struct core *core;
    uint64_t number; /* of the snapshot that `parsed` is from; 0: none yet */
    struct parsed parsed;
    unsigned shares_needed,
        shares_accepted; /* as they were when nobody was at work on the session */
};

void observer_free(struct observer *observer)
{
    free(observer);
}

/* ---- parsing ---- */

static int64_t sooner(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t not_after_of(struct bytes der)
{
    struct err ignored = { 0 };
    auto_cert *cert = der.len == 0 ? NULL : cert_from_der(der, &ignored);

    return cert == NULL ? INT64_MAX : cert_not_after(cert);
}

/* The list stays sorted; when it is full, what expires last goes. */
static void keep_secret(struct parsed *p, struct bytes name, int64_t not_after)
{
    size_t at = p->secret_count;

    p->first_secret = sooner(p->first_secret, not_after);
    if (name.len > LONGEST_NAME || not_after == INT64_MAX)
        return;
    while (at > 0 && p->secrets[at - 1].not_after > not_after)
        at--;
    if (at == MOST_SECRETS)
        return;
    const size_t kept = p->secret_count < MOST_SECRETS ? p->secret_count++ : MOST_SECRETS - 1;
    memmove(&p->secrets[at + 1], &p->secrets[at], (kept - at) * sizeof p->secrets[0]);
    p->secrets[at] = (struct secret_expiry){ .not_after = not_after };
    if (name.len > 0)
        memcpy(p->secrets[at].name, name.at, name.len);
}

/* Of those that have one value for all Marbles: the others' are made for each activation. */
static void parse_secrets(const struct snapshot *now, struct parsed *p)
{
    const struct manifest *const m = now->deployment->manifest;

    for (size_t i = 0; i < m->secret_count; i++) {
        const struct manifest_secret *const entry = &m->secrets[i];
        auto_arena arena = { 0 };
        struct stored_secret stored;
        struct err damage = { 0 };
        if (!secret_type_is_certificate(entry->type) || !(entry->shared || entry->user_defined) ||
            !snapshot_secret(now, PREFIX_SECRET, entry->name, &arena, &stored, &damage))
            continue;
        keep_secret(p, entry->name, not_after_of(stored.cert.value));
    }
}

static void parse_users(const struct deployment *deployment, struct parsed *p)
{
    p->users = deployment->user_count;
    for (size_t i = 0; i < deployment->user_count; i++)
        p->first_user = sooner(p->first_user, not_after_of(deployment->users[i].certificate));
}

static void parse_pending(const struct snapshot *now, struct parsed *p)
{
    auto_arena arena = { 0 };
    struct pending_update update = { 0 };
    struct bytes stored;
    struct err damage = { 0 };

    p->pending = pending_update_stored(now->values, &stored);
    if (p->pending && pending_update_parse(stored, &arena, &update, &damage))
        p->missing_acknowledgments = update.quorum.missing;
}

static void parse(const struct snapshot *now, struct parsed *p)
{
    const struct authority *const a = now->authority;

    *p = (struct parsed){
        .coordinator = { cert_not_after(a->root), cert_not_after(a->intermediate),
                         cert_not_after(a->marble_root) },
        .first_user = INT64_MAX,
        .first_secret = INT64_MAX,
    };
    if (now->deployment == NULL)
        return;
    parse_secrets(now, p);
    parse_users(now->deployment, p);
    parse_pending(now, p);
}

/* ---- text ---- */

static void put_certificates(const struct parsed *p, double now, struct buf *out)
{
    static const char name[] = "taw_certificate_expires_in_seconds";
    static const char *const which[COORDINATOR_CERTS] = { "root", "intermediate", "marble_root" };

    text_family(out, name, METRIC_GAUGE,
                "Seconds until a certificate of the Coordinator expires; negative afterwards.");
    for (size_t i = 0; i < COORDINATOR_CERTS; i++) {
        const struct text_label label = { "certificate", bytes_of_string(which[i]) };
        text_series(out, name, &label, 1);
        text_number(out, (double)p->coordinator[i] - now);
    }
}

static void put_secrets(const struct parsed *p, double now, struct buf *out)
{
    static const char name[] = "taw_secret_certificate_expires_in_seconds";

    if (p->secret_count > 0)
        text_family(out, name, METRIC_GAUGE,
                    "Seconds until the certificate of a shared or user-defined secret expires; the "
                    "100 that expire first.");
    for (size_t i = 0; i < p->secret_count; i++) {
        const struct text_label label = { "secret", bytes_of_string(p->secrets[i].name) };
        text_series(out, name, &label, 1);
        text_number(out, (double)p->secrets[i].not_after - now);
    }
    if (p->first_secret != INT64_MAX)
        text_gauge(out, "taw_secret_certificate_first_expires_in_seconds",
                   "The least of all of them.", (double)p->first_secret - now);
}

static void put_users(const struct parsed *p, double now, struct buf *out)
{
    text_gauge(out, "taw_users", "Users of the manifest.", (double)p->users);
    if (p->first_user != INT64_MAX)
        text_gauge(out, "taw_user_certificate_first_expires_in_seconds",
                   "Seconds until the first certificate of a user expires. It goes on working: the "
                   "Coordinator compares it and does not look at its dates.",
                   (double)p->first_user - now);
}

static void put_recovery(struct observer *o, const struct snapshot *now, struct buf *out)
{
    const bool recovering = now->phase == PHASE_RECOVERY;
    const struct recovery_record *const r = &now->recovery;

    if (recovering && o->core->session != NULL)
        recovery_session_counts(o->core->session, &o->shares_needed, &o->shares_accepted);
    text_gauge(out, "taw_recovering", "1 in recovery mode, else 0.", recovering);
    text_gauge(out, "taw_recovery_shares_needed",
               "Recovery secrets that the present recovery needs; 0: there is none.",
               recovering ? o->shares_needed : 0);
    text_gauge(out, "taw_recovery_shares_accepted", "How many of them are there.",
               recovering ? o->shares_accepted : 0);
    text_family(out, "taw_recoveries_total", METRIC_COUNTER,
                "How often this state was recovered; kept in the state.");
    text_series(out, "taw_recoveries_total", NULL, 0);
    text_count(out, (int64_t)r->recoveries);
    text_gauge(out, "taw_last_recovery_timestamp_seconds", "When it was last recovered; 0: never.",
               (double)r->last_ms / 1000);
    text_gauge(out, "taw_recovered_without_proof",
               "1 when the last recovery was not signed by a recovery key.", r->without_proof);
}

/* Of the set in force. Who the holders are is not said. */
static void put_proofs(const struct snapshot *now, int64_t now_ms, struct buf *out)
{
    struct recovery_proofs p;

    recovery_proofs_summary(now, now_ms, &p);
    text_gauge(out, "taw_recovery_holders", "Holders of the recovery secrets in force.", p.holders);
    text_gauge(out, "taw_recovery_needed", "How many of them a recovery needs.", p.needed);
    text_gauge(out, "taw_recovery_holders_proven",
               "How many of them proved their secrets within 90 days.", p.proven_lately);
    text_gauge(out, "taw_recovery_oldest_proof_timestamp_seconds",
               "The oldest of the last proofs of each; 0: there is none.",
               (double)p.oldest_ms / 1000);
    text_gauge(out, "taw_recovery_drills_possible",
               "1 when every one of them can prove his secret.", p.possible);
    text_gauge(out, "taw_recovery_proof_alarm",
               "1 when fewer proved their secrets within 90 days than one more than are needed, or "
               "than all when all are needed.",
               p.alarm);
    text_gauge(out, "taw_recovery_reissue_pending",
               "1 when a re-issue of the recovery secrets waits for users.",
               reissue_is_pending(now));
    text_gauge(out, "taw_recovery_new_set_unproven",
               "1 when re-issued recovery secrets wait for their proofs.",
               now->new_recovery_set != NULL);
}

static void put_state(const struct parsed *p, const struct snapshot *now, struct buf *out)
{
    text_gauge(out, "coordinator_state",
               "Phase: 1 recovery, 2 waiting for a manifest, 3 accepting Marbles.", now->phase);
    text_gauge(out, "taw_state_values", "Values in the state.", (double)omap_count(now->values));
    text_gauge(out, "taw_state_bytes", "Bytes of their names and contents.",
               (double)omap_size(now->values));
    text_gauge(out, "taw_update_log_lines", "Lines of the update log.", (double)now->log.lines);
    text_gauge(out, "taw_pending_update", "1 when a manifest update waits for acknowledgments.",
               p->pending);
    text_gauge(out, "taw_pending_update_missing_acknowledgments", "How many it still waits for.",
               (double)p->missing_acknowledgments);
}

static void observe(void *arg, struct buf *out)
{
    struct observer *const o = arg;
    const struct env *const env = o->core->env;
    const int64_t now_ms = env->now_ms(env->ctx);
    const double seconds = (double)now_ms / 1000;
    uint64_t number = 0;
    auto_snapshot *now = writer_newest(o->core->writer, &number);

    if (number != o->number)
        parse(now, &o->parsed);
    o->number = number;
    put_state(&o->parsed, now, out);
    put_recovery(o, now, out);
    put_proofs(now, now_ms, out);
    put_certificates(&o->parsed, seconds, out);
    put_secrets(&o->parsed, seconds, out);
    put_users(&o->parsed, seconds, out);
}

void core_observe(struct core *core, struct metrics *metrics)
{
    if (metrics == NULL)
        return;
    core->observer = mem_zero_alloc(1, sizeof *core->observer);
    core->observer->core = core;
    metrics_add_collector(metrics, observe, core->observer);
}
