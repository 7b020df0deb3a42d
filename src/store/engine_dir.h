/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "store/engine.h"

/* What the two files of the directory engine share. */
#define SNAPSHOT_NAME "sealed_data"
#define SLOTS_NAME "sealed_key"
#define SEGMENT_PREFIX "sealed_log."
#define UNFINISHED_NAME SNAPSHOT_NAME ".new"

enum { ENGINE_MAX_FILE = 1 << 30 }; /* bytes of one file that are read */

/* Lists the names that the engine knows; everything else in the directory is left alone. */
bool engine_dir_list(const struct files *fs, const char *path, struct engine_head *head,
                     struct err *err) MUST_CHECK;

/*
 * Copies the state in `path` into a new directory <path>/<prefix>-<UTC>[-n], durably and
 * sealed_data last: a copy without sealed_data was interrupted, one with it is complete. *to is its path, the
 * caller's.
 */
bool engine_dir_set_aside(const struct env *env, const char *path, const char *prefix, char **to,
                          struct err *err) MUST_CHECK;
