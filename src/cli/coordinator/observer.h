/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "cli/coordinator/cache.h"
#include "cli/coordinator/session.h"

/*
 * Looks at the state of a Coordinator, once or again and again, over one connection that is opened anew when it is lost.
 *
 * Whoever answers is asked for the state, which is no secret, and judged by the certificate of the connection before the answer is
 * believed. So a Coordinator in recovery mode, whose certificate is a temporary one, can be told from a stranger: by its quote, over
 * the same connection.
 */
enum trust { TRUST_NONE = 0, TRUST_UNVERIFIED, TRUST_PINNED, TRUST_ATTESTED };

enum facts {
    FACTS_STATE = 0, /* one request */
    FACTS_PROGRESS,  /* one more in recovery mode: how far it is */
    FACTS_ALL,       /* manifest, pending update, recoveries: one request for each */
};

struct observer {
    struct session session;
    struct cache cache; /* the pinned root; empty with --insecure and with --attest */
    bool attests;       /* --attest: by the quote alone */
    bool has_looked;
    struct cert *refused; /* owned; the quote for it was no proof, and it is not asked for again */
};
void observer_clear(struct observer *o);
#define auto_observer struct observer CLEANUP(observer_clear)

/* What was seen. */
struct sight {
    uint64_t code; /* of the state */
    enum trust trust;
    struct buf data; /* members of a JSON object, without braces */
    struct buf text; /* lines without control characters; the first is "N: message" */
};
void sight_clear(struct sight *sight);
#define auto_sight struct sight CLEANUP(sight_clear)

/* --interval: from one second to a day. Sets the status. */
bool observer_interval_is_good(struct cli *cli, struct err *err) MUST_CHECK;
/* Reads the certificate cache; nothing is sent. Sets the status. */
bool observer_open(struct observer *o, struct cli *cli, const char *endpoint,
                   struct err *err) MUST_CHECK;
/* FAIL_UNAVAILABLE (status unreachable), FAIL_DENIED (status trust or attestation); the next look is as good as the first. */
bool observer_look(struct observer *o, enum facts facts, struct sight *sight,
                   struct err *err) MUST_CHECK;
/* Talk: what a person does next in this state. */
void observer_say_next(struct observer *o, const struct sight *sight);
/* Is an update pending? Right after a look that saw a running Coordinator. */
bool observer_update_is_pending(struct observer *o, bool *pending, struct err *err) MUST_CHECK;

/* The facts beyond the state; appends. A Coordinator that does not know the question leaves a gap. */
bool status_facts_put(struct session *s, enum facts facts, struct sight *sight,
                      struct err *err) MUST_CHECK;
