/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "http/internal.h"

/* How a response leaves as HTTP/1.1. */
struct http1_answer {
    bool is_head;    /* the answer to HEAD: no body, but the length that it would have */
    bool close;      /* "Connection: close" */
    bool keep_alive; /* "Connection: keep-alive", for clients of HTTP/1.0 */
    const char *date;
};

/* Appends status line, fields and body. Trailers have no place in HTTP/1.1 with a length. */
void http1_write(struct buf *out, const struct http_response *response,
                 const struct http1_answer *answer);
