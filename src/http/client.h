/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "http/message.h"

/*
 * The client side of one HTTP/2 connection (RFC 9113) as a codec without I/O: one request at a
 * time; bytes for the server out, bytes of the server in.
 *
 *   http_client_new
 *   http_client_send       a request; again after the response to the one before
 *   http_client_drain      bytes for the server
 *   http_client_feed       bytes of the server
 *   http_client_take       the response, when it is complete
 *   http_client_shutdown   GOAWAY
 *
 * Memory is bounded by the request and by the limits on the response.
 */
struct http_client;

/*
 * header_bytes (with 32 for each field, RFC 9113, 6.5.2) and header_count bound :status, fields and
 * trailers together, those of 1xx responses included; body_bytes bounds the body; streams is not used.
 */
struct http_client *http_client_new(const struct http_limits *limits) MUST_CHECK;

struct http_client_request {
    const char *method, *path, *authority; /* as they go on the wire; scheme is https */
    const struct http_field
        *fields; /* lower-case names, sent in this order behind the pseudo-headers */
    size_t field_count;
    struct bytes body; /* copied */
};
/*
 * FAIL_STATE: a request is under way or its response was not taken, or the connection takes no more.
 * FAIL_TOO_LARGE: more than 60000 bytes of fields, counted as above.
 */
bool http_client_send(struct http_client *client, const struct http_client_request *request,
                      struct err *err) MUST_CHECK;
/*
 * False when the connection is over; err says why. FAIL_MALFORMED: the server broke the protocol, or
 * ended the connection with an error code; FAIL_TOO_LARGE: the response is beyond a limit;
 * FAIL_UNAVAILABLE: the server sent GOAWAY and does not serve our stream. A response that was complete
 * before can still be taken, and what is left to drain tells the server why. True also for bytes that
 * mean nothing to us.
 */
bool http_client_feed(struct http_client *client, struct bytes in, struct err *err) MUST_CHECK;
/* Appends bytes for the server, up to about max at a time. */
void http_client_drain(struct http_client *client, struct buf *out, size_t max);

enum http_outcome {
    HTTP_WAITING = 0, /* nothing was asked, or the response is not complete */
    HTTP_ANSWERED,
    HTTP_RESET, /* the server reset the stream: *reset_code is the error code (RFC 9113, 7) */
};
/*
 * The response, once: moves to *response, which the caller clears with http_response_clear. fields
 * and trailers are as received, names in lower case, content-type among the fields
 * (response->content_type stays NULL). A response of HEADERS alone that ends the stream has fields
 * and no trailers. 1xx responses are passed over.
 */
enum http_outcome http_client_take(struct http_client *client, struct http_response *response,
                                   uint32_t *reset_code) MUST_CHECK;
/* The value of the first field of that lower-case name among `count` fields; NULL when there is none. */
const char *http_field_value(const struct http_field *fields, size_t count,
                             const char *name) MUST_CHECK;
/* GOAWAY: no request follows; the response to the one under way can still be waited for. */
void http_client_shutdown(struct http_client *client);
/* NULL is fine. */
void http_client_free(struct http_client *client);
DEFINE_CLEANUP(struct http_client, http_client_cleanup, http_client_free)
#define auto_http_client struct http_client CLEANUP(http_client_cleanup)
