/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <time.h>

#include "http/server.h"

/*
 * What the codecs share: the table of functions behind struct http_server, and small helpers.
 * Nothing outside this folder includes it.
 */

/* "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, 5.6.7), made anew once a second. */
struct http_date {
    time_t at;
    char text[96]; /* longer than any date, so that gcc sees that it fits */
};
const char *http_date_text(struct http_date *cache, time_t now);

struct http_server_ops;
/* The first member of each codec. */
struct http_server {
    const struct http_server_ops *ops;
    struct http_limits limits;
    struct http_server_events events;
    struct http_date date;
};

/* Each as the function of server.h with its name. */
struct http_server_ops {
    bool (*feed)(struct http_server *server, struct bytes in, struct err *err);
    void (*respond)(struct http_server *server, uint64_t exchange, struct http_response *response);
    void (*drain)(struct http_server *server, struct buf *out, size_t max);
    void (*shutdown)(struct http_server *server);
    bool (*wants_bytes)(const struct http_server *server);
    bool (*wants_close)(const struct http_server *server);
    bool (*is_idle)(const struct http_server *server);
    uint64_t (*receiving)(const struct http_server *server);
    void (*free)(struct http_server *server);
};

struct http_server *http1_new(void);
struct http_server *http2_new(const struct http_limits *limits);

/* Why the codec itself refuses a request; status 0: it does not. */
struct http_refusal {
    int status;
    const char *reason; /* static text, fit for an error body and for the log */
};
/* Fills *why and returns false. */
bool http_refuse(struct http_refusal *why, int status, const char *reason);
/* The response to a refused request; the caller clears it. */
struct http_response http_server_refusal(const struct http_server *server,
                                         const struct http_refusal *why);
/* The kind of failure behind a status of the codec. */
enum fail_kind http_refusal_kind(const struct http_refusal *why);
/* What this request may have as body; a *refusal with a status is the answer to it. */
size_t http_server_head(const struct http_server *server, const struct http_request *request,
                        struct http_response *refusal);
/* Responses without a body, whatever the handler gave (RFC 9110, 6.4.1). */
bool http_status_has_body(int status);

/* Sets path and query from origin-form, percent-decoded. False: no legal target. */
bool http_target_set(struct http_request *request, struct bytes target) MUST_CHECK;
/* Copies both; the name in lower case. */
void http_fields_add(struct http_field **fields, size_t *count, struct bytes name,
                     struct bytes value);
/* A decimal Content-Length; what does not fit in 64 bits becomes UINT64_MAX. False: no number. */
bool http_content_length(struct bytes value, uint64_t *length) MUST_CHECK;
/* Looks at all Expect fields: false refuses with 417; *wants_continue for 100-continue. */
bool http_expectation(const struct http_request *request, bool *wants_continue,
                      struct http_refusal *why) MUST_CHECK;
/* 0 .. 15, -1 for everything that is no hex digit. */
int http_hex_digit(uint8_t c);

/* Bytes that are added behind and taken away in front, at constant cost for each byte. */
struct http_queue {
    struct buf buf;
    size_t taken; /* at its front */
};
void http_queue_add(struct http_queue *queue, struct bytes more);
struct bytes http_queue_view(const struct http_queue *queue);
/* len at most what is there */
void http_queue_take(struct http_queue *queue, size_t len);
void http_queue_clear(struct http_queue *queue);
