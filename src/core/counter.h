/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "core/core.h"

/*
 * Monotonic counters (client-api.md, 18): numbers that a Marble keeps here, so that it notices when somebody gives
 * it an old copy of its data. Each belongs to one instance of one Marble type, begins with 0, and never goes back.
 *
 *   counter_admit   whose certificate is this?
 *   counter_raise   to the value, if that is greater; says what it was before
 *
 * A call that raises nothing is answered from the newest snapshot, which is durable, without a write.
 */
enum {
    COUNTER_NAME_MAX = 1024,      /* bytes */
    COUNTERS_MAX = 1024,          /* of one instance of a Marble */
    COUNTER_STATE_MAX = 64 << 20, /* bytes of the whole state, from which on no counter is added */
};

enum counter_result {
    COUNTER_FAILED = 0, /* limits, disk, state */
    COUNTER_DONE,
    COUNTER_CLOSED,   /* the manifest does not enable them, or there is none */
    COUNTER_STRANGER, /* not the certificate of a Marble of this deployment as it is now */
};

/* A Marble that may call. */
struct counter_call;
/* leaf: DER of the proven TLS certificate, copied. NULL: *refused and err say why. */
struct counter_call *counter_admit(struct core *core, struct bytes leaf,
                                   enum counter_result *refused, struct err *err) MUST_CHECK;
void counter_call_free(struct counter_call *call);

/* text: why not, unless DONE; previous: before the call, 0 unless DONE. */
typedef void counter_done(void *arg, enum counter_result result, uint64_t previous,
                          const char *text);
/*
 * Takes the call over, and copies the name, any bytes, at most COUNTER_NAME_MAX. Does not wait: calls `done` once,
 * from this thread or the writer's, when the value is durable. The Marble is admitted once more when the
 * deployment has changed since.
 */
void counter_raise(struct counter_call *call, struct bytes name, uint64_t value, counter_done *done,
                   void *arg);

DEFINE_CLEANUP(struct counter_call, counter_call_cleanup, counter_call_free)
#define auto_counter_call struct counter_call CLEANUP(counter_call_cleanup)
