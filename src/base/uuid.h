/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/bytes.h"
#include "base/env.h"

/* UUIDs as text (RFC 4122, 3): what names one instance of a Marble. */
enum { UUID_LEN = 16, UUID_TEXT_LEN = 36 }; /* bytes, characters */

/*
 * The canonical text, lower case with hyphens, of each form of marble-api.md 3.7: with hyphens, as a URN,
 * between two characters that stand for braces, without hyphens. Version and variant are not looked at.
 * FAIL_MALFORMED: "invalid UUID length: 35", "invalid UUID format", "invalid urn prefix: ...".
 */
bool uuid_canonical(struct bytes text, char out[static UUID_TEXT_LEN + 1],
                    struct err *err) MUST_CHECK;
/* A random one (RFC 4122, 4.4). */
bool uuid_random(const struct env *env, char out[static UUID_TEXT_LEN + 1],
                 struct err *err) MUST_CHECK;
