/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/omap.h"
#include "crypto/cert.h"

/*
 * An update of the manifest that waits for acknowledgments, as it stands in the state under
 * NAME_PENDING_UPDATE, in the original's form (client-api.md, 12.6):
 *
 *     {"manifestRaw": octets, "requiredUsers": {name: has acknowledged}, "missingAcknowledgments": n}
 *
 *   pending_update_stored   is there one?
 *   pending_update_parse    ... acknowledge ... write
 */
struct pending_user {
    struct bytes name;
    bool acknowledged;
};
struct pending_update {
    struct bytes manifest; /* raw */
    size_t user_count;
    struct pending_user *users; /* who may acknowledge; sorted by name, each once */
    uint64_t missing;           /* acknowledgments; with a threshold fewer than users */
};

/* The stored form, a view into the values (NULL is the empty map); false when there is none. */
bool pending_update_stored(const struct omap *values, struct bytes *stored) MUST_CHECK;
/*
 * All that *p views lives in the arena. States of older releases lack the count: then it is that of the users who
 * have not acknowledged. FAIL_DAMAGED.
 */
bool pending_update_parse(struct bytes stored, struct arena *arena, struct pending_update *p,
                          struct err *err) MUST_CHECK;
/* Appends. */
void pending_update_write(const struct pending_update *p, struct buf *out);
/*
 * This user agrees; once more changes nothing. False: this one has no say, and nothing has changed.
 */
bool pending_update_acknowledge(struct pending_update *p, struct bytes user) MUST_CHECK;
/* Who has not acknowledged: sorted, in the arena; present, be it empty. */
struct text_list pending_update_missing(const struct pending_update *p,
                                        struct arena *arena) MUST_CHECK;
