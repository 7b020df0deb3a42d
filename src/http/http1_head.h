/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "http/internal.h"

/*
 * The lines of an HTTP/1.1 message (RFC 9112) as functions of one line, without its CRLF. Each
 * says with *why which status refuses it.
 *
 *   http1_parse_request_line   method, target, version
 *   http1_parse_field          one field line, also of trailers
 *   http1_frame                when all fields are there: host, length of the body, connection
 *   http1_parse_chunk_size     the line in front of each chunk
 */

/* How the message is delimited and what becomes of the connection. */
struct http1_framing {
    bool is_1_0;
    bool is_head;
    char *authority; /* of a target in absolute-form, owned; NULL: origin-form */
    bool is_chunked;
    uint64_t body_len; /* when it is not */
    bool wants_continue;
    bool keep_alive; /* the client lets the connection stay */
};
void http1_framing_clear(struct http1_framing *framing);

/* 400, 505. */
bool http1_parse_request_line(struct bytes line, struct http_request *request,
                              struct http1_framing *framing, struct http_refusal *why) MUST_CHECK;
/* *name and *value are views into the line. 400. */
bool http1_parse_field(struct bytes line, struct bytes *name, struct bytes *value,
                       struct http_refusal *why) MUST_CHECK;
/* 400, 417, 501. The limit of the body is not looked at. */
bool http1_frame(struct http_request *request, struct http1_framing *framing,
                 struct http_refusal *why) MUST_CHECK;
/* At most 16 digits. 400. */
bool http1_parse_chunk_size(struct bytes line, uint64_t *size, struct http_refusal *why) MUST_CHECK;
