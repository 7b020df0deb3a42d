/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "core/core.h"

/*
 * Activation (marble-api.md, 3.1): a Marble proves itself and gets what the manifest grants it.
 *
 * Reads one snapshot, takes no lock, and writes nothing unless the Marble has a budget of activations; then
 * the count goes through the writer, and the answer waits until it is durable.
 */
struct activation {
    struct bytes leaf;  /* DER of the proven TLS certificate */
    struct bytes quote; /* empty without a TEE */
    struct bytes csr;   /* PKCS#10 DER */
    struct bytes marble_type, uuid;
    struct bytes
        attempt; /* how the Marble names this attempt, for repeated requests; empty: it does not */
    int64_t deadline_ms; /* since 1970; INT64_MAX: none. What is not counted by then is not done */
};

/* What came out; the numbers of gRPC are the api's business. */
enum activation_result {
    ACTIVATION_FAILED = 0, /* secrets, templates, disk: ours */
    ACTIVATION_DONE,
    ACTIVATION_NOT_NOW, /* the Coordinator does not accept Marbles in its phase */
    ACTIVATION_NO_CERTIFICATE,
    ACTIVATION_REFUSED, /* Marble type, package, quote */
    ACTIVATION_SPENT,   /* the budget of this Marble is used up */
    ACTIVATION_BAD_UUID,
    ACTIVATION_TOO_LARGE, /* no Marble takes a response of this size */
    ACTIVATION_LATE,      /* after the deadline */
    ACTIVATION_TRY_AGAIN, /* the deployment was updated meanwhile */
};

/*
 * message: an ActivationResp (taken over by emptying it), empty unless DONE; text: why not. `spent` is NULL
 * when nothing was counted, now or by an attempt that this one repeats; else it is owned and goes to
 * core_activation_lost or core_activation_kept.
 */
struct spent_activation;
typedef void core_activated(void *arg, enum activation_result result, struct buf *message,
                            const char *text, struct spent_activation *spent);

/*
 * Takes milliseconds; calls `done` once, from this thread or the writer's. What *activation views must live until then.
 */
void core_activate(struct core *core, const struct activation *activation, core_activated *done,
                   void *arg);

/*
 * The answer never left this process, so it counts for nothing: one activation is given back, unless the
 * attempt was repeated and another answer may have arrived. From any thread. Frees it.
 */
void core_activation_lost(struct spent_activation *spent);
/* It has left, or may have. Frees it; NULL is fine. */
void core_activation_kept(struct spent_activation *spent);
