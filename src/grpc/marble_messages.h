/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/*
 * The messages of the Marble API in protobuf's wire format (marble-api.md, 1.2 and 1.3).
 *
 * Decoders take fields in any order, the last of a repeated singular one, entries of maps without key or
 * value, and skip what they don't know, groups included. FAIL_MALFORMED names field and offset, or
 * says "string field contains invalid UTF-8".
 */
struct activation_request {
    struct bytes quote, csr; /* csr: PKCS#10 DER */
    struct bytes marble_type, uuid;
};
/* The members are views of `in`. */
bool activation_request_decode(struct bytes in, struct activation_request *request,
                               struct err *err) MUST_CHECK;
/* Appends; empty members are left out. */
void activation_request_encode(const struct activation_request *request, struct buf *out);

struct marble_parameter {
    struct bytes name, value; /* path or variable; the value may hold any bytes */
};
struct marble_parameters {
    size_t file_count, env_count, argv_count;
    const struct marble_parameter *files, *env;
    const struct bytes *argv;
};
/* Appends an ActivationResp: entries in their order, key and value always there. */
void activation_response_encode(const struct marble_parameters *parameters, struct buf *out);
/*
 * The arrays live in the arena, the bytes are views of `in`. Several Parameters merge; of equal keys the
 * last one counts and stands where the first stood.
 */
bool activation_response_decode(struct bytes in, struct arena *arena,
                                struct marble_parameters *parameters, struct err *err) MUST_CHECK;
