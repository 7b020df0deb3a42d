/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/omap.h"
#include "state/quorum.h"

/*
 * An update of the manifest that waits for acknowledgments, as it stands in the state under
 * NAME_PENDING_UPDATE, in the original's form (client-api.md, 12.6):
 *
 *     {"manifestRaw": octets, and the members of state/quorum.h}
 *
 *   pending_update_stored   is there one?
 *   pending_update_parse    ... acknowledge ... write
 */
struct pending_update {
    struct bytes manifest; /* raw */
    struct quorum quorum;  /* who has to agree */
};

/* The stored form, a view into the values (NULL is the empty map); false when there is none. */
bool pending_update_stored(const struct omap *values, struct bytes *stored) MUST_CHECK;
/* All that *p views lives in the arena. FAIL_DAMAGED. */
bool pending_update_parse(struct bytes stored, struct arena *arena, struct pending_update *p,
                          struct err *err) MUST_CHECK;
/* Appends. */
void pending_update_write(const struct pending_update *p, struct buf *out);
