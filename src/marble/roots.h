/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/files.h"
#include "crypto/cert.h"
#include "marble/say.h"

/*
 * Whom a Marble takes for its Coordinator: the certificates of a PEM file, or, without one,
 * anybody.
 */
struct roots {
    size_t count;
    struct cert **at;
};

/* path NULL: none. FAIL_MALFORMED: no certificate in the file, or a broken one. */
bool roots_load(const struct files *files, const char *path, struct roots *roots,
                struct err *err) MUST_CHECK;
/* Says which of the two it is. */
void roots_say(const struct roots *roots, const char *path, const struct marble_log *log);
void roots_clear(struct roots *roots);
