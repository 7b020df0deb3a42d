/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/buf.h"
#include "base/err.h"

/*
 * What gRPC adds to HTTP/2 for a unary call (marble-api.md, 1.4 to 1.10; the protocol description
 * of gRPC over HTTP/2): the prefix of a message, statuses, their texts, time-outs.
 */
enum grpc_status {
    GRPC_OK = 0,
    GRPC_CANCELLED = 1,
    GRPC_UNKNOWN = 2,
    GRPC_INVALID_ARGUMENT = 3,
    GRPC_DEADLINE_EXCEEDED = 4,
    GRPC_NOT_FOUND = 5,
    GRPC_ALREADY_EXISTS = 6,
    GRPC_PERMISSION_DENIED = 7,
    GRPC_RESOURCE_EXHAUSTED = 8,
    GRPC_FAILED_PRECONDITION = 9,
    GRPC_ABORTED = 10,
    GRPC_OUT_OF_RANGE = 11,
    GRPC_UNIMPLEMENTED = 12,
    GRPC_INTERNAL = 13,
    GRPC_UNAVAILABLE = 14,
    GRPC_DATA_LOSS = 15,
    GRPC_UNAUTHENTICATED = 16,
};
/* "PERMISSION_DENIED"; "UNKNOWN" for a number that is none of them. */
const char *grpc_status_name(enum grpc_status status) MUST_CHECK;
/* Decimal text of a trailer; GRPC_UNKNOWN for what is no number from 0 to 16, and for NULL. */
enum grpc_status grpc_status_from_text(const char *text) MUST_CHECK;
/* What a client makes of an answer without grpc-status, from its HTTP status (1.6). */
enum grpc_status grpc_status_from_http(int http_status) MUST_CHECK;

/* The value of grpc-message for a text (1.7): appends. Each byte of broken UTF-8 becomes U+FFFD. */
void grpc_message_encode(struct bytes text, struct buf *out);
/*
 * The text of such a value: appends. Never fails: broken escapes stay as they are. The text may
 * hold any bytes, newlines and those that steer a terminal included, and need not be UTF-8.
 */
void grpc_message_decode(struct bytes value, struct buf *out);

/* Nanoseconds, some 292 years: as an int64_t it is still no negative number. */
#define GRPC_TIMEOUT_MAX ((uint64_t)INT64_MAX)
/*
 * 1 to 8 digits and one of H M S m u n (1.9): nanoseconds; GRPC_TIMEOUT_MAX stands for all above it.
 * FAIL_MALFORMED.
 */
bool grpc_timeout_parse(struct bytes value, uint64_t *nanoseconds, struct err *err) MUST_CHECK;

enum {
    GRPC_PREFIX_LEN = 5,        /* bytes: flag, length */
    GRPC_MESSAGE_MAX = 4 << 20, /* bytes of a message without its prefix */
};
/*
 * Appends prefix and message, which has less than 2^32 bytes. Peers refuse one above
 * GRPC_MESSAGE_MAX: a caller that can say so better looks at the length before.
 */
void grpc_frame(struct bytes message, struct buf *out);
/*
 * The one message in the body of a call; *message is a view of it, *status GRPC_OK. On failure
 * *status is the status to answer and err->text its message, as in 1.10: INTERNAL for an empty
 * body, a flag above 1, a compressed message, a body that is cut off or goes on behind the message;
 * RESOURCE_EXHAUSTED for one that announces more than GRPC_MESSAGE_MAX, whether it follows or not.
 * The flag is judged before the length.
 */
bool grpc_unframe(struct bytes body, struct bytes *message, enum grpc_status *status,
                  struct err *err) MUST_CHECK;
