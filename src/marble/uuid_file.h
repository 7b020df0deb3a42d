/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/uuid.h"
#include "marble/world.h"

/*
 * The UUID of a Marble: what its sealing keys depend on, kept in a file of its own (marble-api.md,
 * 6.4).
 *
 * Reads the file, or makes one with a random UUID: 36 characters without a line end, mode 0600. The
 * directory must be there. A file appears complete or not at all, and never in the place of
 * another: of several Marbles that start at once on one file, all get the same UUID. (Where a file
 * cannot be linked to its name, as under Gramine, it is created in its place; a crash in that
 * moment leaves an incomplete file, which the next start refuses.)
 *
 * out: canonical. FAIL_MALFORMED: the file holds something else; FAIL_UNAVAILABLE: it can be
 * neither read nor made.
 */
bool marble_uuid_load(const struct marble_world *world, const char *path,
                      char out[static UUID_TEXT_LEN + 1], struct err *err) MUST_CHECK;
