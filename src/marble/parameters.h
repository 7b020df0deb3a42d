/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "attestation/issuer.h"
#include "grpc/marble_messages.h"
#include "marble/say.h"

/* What an activation gives a Marble: checked as a whole before the first byte of it is applied. */

/*
 * Decodes an ActivationResp; see activation_response_decode for who owns what. FAIL_MALFORMED also
 * for what no process can be given: a path that is empty or has a NUL, a variable whose name is
 * empty or has '=' or NUL or whose value has a NUL, an argument with a NUL. The text names path or
 * variable and shows no value.
 */
bool parameters_read(struct bytes message, struct arena *arena,
                     struct marble_parameters *parameters, struct err *err) MUST_CHECK;

/* The value of a variable; false when there is none. */
bool parameters_variable(const struct marble_parameters *parameters, const char *name,
                         struct bytes *value) MUST_CHECK;

/*
 * Transparent TLS (marble-api.md, 5): says in the log what is configured, never keys.
 * FAIL_MALFORMED: no such configuration, or an empty one; FAIL_DENIED: Gramine and Occlum have
 * nobody who would do it, so the application would talk without TLS. Without a libOS it is the
 * application's to read MARBLE_TTLS_CONFIG, which a warning says.
 */
bool parameters_check_ttls(const struct marble_parameters *parameters, enum libos libos,
                           const struct marble_log *log, struct err *err) MUST_CHECK;
