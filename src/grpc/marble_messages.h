/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/*
 * The messages of the Marble API in protobuf's wire format (marble-api.md, 1.2 and 1.3).
 *
 * Decoders take fields in any order, the last of a repeated singular one, entries of maps without
 * key or value, and skip what they don't know, groups included. FAIL_MALFORMED is "proto: cannot
 * parse invalid wire-format data" with the place in parentheses (grpc/protobuf.h), or "string field
 * contains invalid UTF-8". After a failure the result is what it was before.
 *
 * A response carries secrets: clear the buf it was encoded to and the one it was decoded from
 * (buf_clear wipes); the arena of a decoded one holds views only. Texts that are encoded have to be
 * UTF-8, or no client will take them.
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
/*
 * Files, variables and arguments of a response that are decoded at most, counted before equal names
 * merge: two bytes on the wire can stand for one, and each costs some 100 bytes of memory.
 */
enum { MARBLE_PARAMETERS_MAX = 1 << 16 };

/* Appends an ActivationResp: entries in their order, key and value always there. */
void activation_response_encode(const struct marble_parameters *parameters, struct buf *out);
/*
 * The arrays live in the arena, the bytes are views of `in`. Several Parameters merge; of equal
 * keys the last one counts and stands where the first stood. FAIL_MALFORMED; FAIL_TOO_LARGE above
 * MARBLE_PARAMETERS_MAX. Takes O(n log n) for n bytes, whatever they are.
 */
bool activation_response_decode(struct bytes in, struct arena *arena,
                                struct marble_parameters *parameters, struct err *err) MUST_CHECK;
