/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/files.h"
#include "grpc/marble_messages.h"

/*
 * Puts parameters in their places (marble-api.md, 6.7). Nothing is rolled back when one of them
 * cannot be placed.
 */

/*
 * First the keys of Gramine's encrypted file systems, because files on those cannot be opened
 * before: everything below /dev/attestation/keys/, then /dev/attestation/protected_files_key. They
 * are never created, and written with one write(2). Then all other files, once each: parents made
 * with mode 0700, a new file with 0600, an old one emptied and its mode kept; links are followed.
 * FAIL_UNAVAILABLE with the path and the reason.
 */
bool apply_files(const struct marble_parameters *parameters, const struct files *files,
                 struct err *err) MUST_CHECK;
/* On top of the process's environment. FAIL_INTERNAL with the variable's name. */
bool apply_environment(const struct marble_parameters *parameters, struct err *err) MUST_CHECK;
