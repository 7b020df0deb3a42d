/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "grpc/grpc.h"
#include "http/client.h"

/* What the Coordinator's answer to a call means, whatever came (marble-api.md, 1.6). */
enum verdict {
    VERDICT_NONE = 0,
    VERDICT_ANSWERED,  /* status OK and one message */
    VERDICT_RETRY,     /* nobody answered: the next try may succeed */
    VERDICT_REFUSED,   /* a status that stays */
    VERDICT_MALFORMED, /* no answer that a Coordinator gives */
};

struct answer {
    enum verdict verdict;
    enum grpc_status status;
    struct bytes message; /* ANSWERED: a view of the response's body */
    struct err err;       /* the others: why; of a status its text, decoded, on one line */
};

/* outcome: not HTTP_WAITING; response: that of HTTP_ANSWERED; reset_code: that of HTTP_RESET. */
void answer_read(enum http_outcome outcome, uint32_t reset_code,
                 const struct http_response *response, struct answer *answer);
/* Sets verdict and status, and the text when there is none yet. */
void answer_fail(struct answer *answer, enum verdict verdict, enum grpc_status status,
                 const char *fmt, ...) PRINTF_LIKE(4, 5);
