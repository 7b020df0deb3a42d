/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/buf.h"
#include "base/err.h"

/*
 * A request and a response, whichever version of HTTP carried them. The codecs make the one and
 * serialise the other; handlers know nothing else.
 */
struct http_field {
    char *name;  /* lower case */
    char *value; /* without white space around it */
};

struct http_request {
    char *method; /* as sent, "GET" */
    char *path;   /* percent-decoded, before the '?'; no NUL byte in it */
    char *query;  /* raw, behind the '?'; "" when there is none */
    struct http_field *fields;
    size_t field_count;
    struct buf body;
    uint8_t *peer_leaf; /* DER of the proven client certificate; NULL when there is none */
    size_t peer_leaf_len;
    char peer_address[64]; /* "192.0.2.1:4711", for the log */
};
/* Wipes and frees all members. */
void http_request_clear(struct http_request *request);
/* The value of the first field of that lower-case name; NULL when there is none. */
const char *http_request_field(const struct http_request *request, const char *name) MUST_CHECK;

struct http_response {
    int status;
    const char *content_type;  /* static text; NULL: no such field */
    bool close;                /* HTTP/1.1: close the connection afterwards */
    struct http_field *fields; /* further fields, owned */
    size_t field_count;
    struct buf body;
    struct http_field *trailers; /* HTTP/2 only, sent behind the body; owned */
    size_t trailer_count;
    /*
     * Called once when the response is cleared; NULL: nobody wants to know. left: a part of the body has left
     * the codec, so the client may have it; else nobody ever will.
     */
    void (*over)(void *arg, bool left);
    void *over_arg;
    bool left; /* set by the codec */
};
/* name: lower case. Both are copied. */
void http_response_add_field(struct http_response *response, const char *name, const char *value);
void http_response_add_trailer(struct http_response *response, const char *name, const char *value);
/* Wipes and frees all members. */
void http_response_clear(struct http_response *response);

/* Hard limits of one connection; 0 is no legal value. */
struct http_limits {
    size_t header_bytes; /* request line or pseudo-headers and all fields together */
    size_t header_count;
    size_t body_bytes;
    size_t streams; /* HTTP/2: at the same time */
};
