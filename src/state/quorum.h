/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "codec/json.h"
#include "crypto/cert.h"
#include "state/deployment.h"

/*
 * Users who have to agree before something happens: an update of the manifest (state/pending.h), a re-issue of the
 * recovery secrets (state/reissue.h). It is stored as two members of a JSON object (client-api.md, 12.6):
 *
 *     "requiredUsers":{"<name>":<has acknowledged>, ...},"missingAcknowledgments":n
 */
struct quorum_user {
    struct bytes name;
    bool acknowledged;
};
struct quorum {
    uint64_t missing; /* acknowledgments; with a threshold fewer than users */
    size_t count;
    struct quorum_user *users; /* who may acknowledge; sorted by name, each once; in an arena */
};

/* Nobody has agreed yet: all who may update the manifest, of whom its UpdateThreshold says how many, or all (12.2). Views
 * the names of the deployment. */
struct quorum quorum_begin(const struct deployment *deployment, struct arena *arena) MUST_CHECK;
/*
 * From the members of an object; others are skipped, names are copied into the arena. States of older releases lack
 * the count: then it is that of the users who have not acknowledged. FAIL_DAMAGED or FAIL_MALFORMED.
 */
bool quorum_read(const struct json *object, struct arena *arena, struct quorum *q,
                 struct err *err) MUST_CHECK;
/* Appends both members. */
void quorum_write(const struct quorum *q, struct buf *out);

enum quorum_acknowledged {
    QUORUM_NO_SAY = 0, /* none of those who are asked: nothing has changed */
    QUORUM_AGAIN,      /* once more: nothing has changed */
    QUORUM_FIRST,
};
enum quorum_acknowledged quorum_acknowledge(struct quorum *q, struct bytes user);
/* Who has not acknowledged: sorted, in the arena; present, be it empty. */
struct text_list quorum_missing(const struct quorum *q, struct arena *arena) MUST_CHECK;
/* The same, appended as the elements of a JSON list. */
void quorum_put_missing(const struct quorum *q, struct buf *out);
