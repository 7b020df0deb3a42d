/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "store/inspect.h"

/*
 * Copies of a seal directory: the files of the state, and SHA256SUMS, which `sha256sum -c` reads too. A copy is as
 * secret as the directory. Put back it is an older state, which the machine that wrote it takes for its own: nobody
 * notices what was acknowledged since then (docs/state-format.md, 6).
 *
 * Of env clock, files and log are used.
 */
struct store_backup;

/*
 * Copies the state in `from` into the directory `to`, which is made, and looks at the copy. A Coordinator may be running
 * on `from`: the copy has everything that was acknowledged before the call. FAIL_STATE: `to` exists. FAIL_NOT_FOUND:
 * there is no state. FAIL_DAMAGED: the state is none that a Coordinator starts on. FAIL_UNAVAILABLE: the disk, or a
 * state that was replaced again and again meanwhile. What was written by then stays, without SHA256SUMS.
 */
bool store_backup_make(const struct env *env, const char *from, const char *to,
                       struct store_inspection *copied, struct err *err) MUST_CHECK;

/*
 * Reads a copy. Without SHA256SUMS (*has_sums false) only what the state knows of itself is checked.
 * FAIL_NOT_FOUND: there is no state; FAIL_DAMAGED: it is not what was copied, or none that a Coordinator starts
 * on; FAIL_UNAVAILABLE.
 */
struct store_backup *store_backup_read(const struct env *env, const char *directory,
                                       struct store_inspection *inspection, bool *has_sums,
                                       struct err *err) MUST_CHECK;
/*
 * Puts it into the directory `to`, which is made when it is missing. A state that is there is copied to
 * <to>/replaced-<UTC> first; *aside is that path, the caller's, or NULL. Interrupted at any point, `to` holds the old
 * state, the new one, or one that no Coordinator starts on ("the state was deleted"), which the same call replaces.
 * FAIL_STATE: a process uses `to`; FAIL_UNAVAILABLE.
 */
bool store_backup_restore(const struct env *env, const struct store_backup *backup, const char *to,
                          char **aside, struct err *err) MUST_CHECK;
/* NULL is fine. */
void store_backup_free(struct store_backup *backup);
DEFINE_CLEANUP(struct store_backup, store_backup_cleanup, store_backup_free)
#define auto_store_backup struct store_backup CLEANUP(store_backup_cleanup)
