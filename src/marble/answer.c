/* SPDX-License-Identifier: Apache-2.0 */
#include "marble/answer.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"

void answer_fail(struct answer *answer, enum verdict verdict, enum grpc_status status,
                 const char *fmt, ...)
{
    va_list args;

    answer->verdict = verdict;
    answer->status = status;
    answer->err.kind = verdict == VERDICT_REFUSED ? FAIL_DENIED : FAIL_MALFORMED;
    va_start(args, fmt);
    (void)vsnprintf(answer->err.text, sizeof answer->err.text, fmt, args);
    va_end(args);
}

/* A status is final, except the one that says "later". */
static enum verdict verdict_of(enum grpc_status status)
{
    return status == GRPC_UNAVAILABLE ? VERDICT_RETRY : VERDICT_REFUSED;
}

/* RFC 9113, 7 -> marble-api.md, 1.6. */
static enum grpc_status status_of_reset(uint32_t code)
{
    enum {
        FLOW_CONTROL_ERROR = 3,
        REFUSED_STREAM = 7,
        CANCEL = 8,
        ENHANCE_YOUR_CALM = 11,
        INADEQUATE_SECURITY = 12,
        HTTP_1_1_REQUIRED = 13,
    };

    switch (code) {
    case FLOW_CONTROL_ERROR:
    case ENHANCE_YOUR_CALM:
        return GRPC_RESOURCE_EXHAUSTED;
    case REFUSED_STREAM:
        return GRPC_UNAVAILABLE;
    case CANCEL:
        return GRPC_CANCELLED;
    case INADEQUATE_SECURITY:
        return GRPC_PERMISSION_DENIED;
    default:
        return code <= HTTP_1_1_REQUIRED ? GRPC_INTERNAL : GRPC_UNKNOWN;
    }
}

static bool is_grpc(const char *content_type)
{
    static const char type[] = "application/grpc";

    return content_type != NULL && strncmp(content_type, type, sizeof type - 1) == 0 &&
           strchr("+;", content_type[sizeof type - 1]) != NULL; /* also at its end */
}

/* The text of a server on one line: quotes and control characters escaped. */
static void fail_with_text_of(const char *encoded, enum grpc_status status, struct answer *answer)
{
    auto_buf text = { 0 };
    auto_buf line = { 0 };

    grpc_message_decode(bytes_of_string(encoded), &text);
    log_escape(&line, buf_bytes(&text));
    answer_fail(answer, verdict_of(status), status, "%s: %.*s", grpc_status_name(status),
                line.len > 400 ? 400 : (int)line.len, (const char *)line.at);
}

static void read_message(const struct http_response *response, struct answer *answer)
{
    if (!grpc_unframe(buf_bytes(&response->body), &answer->message, &answer->status,
                      &answer->err)) {
        answer->verdict = VERDICT_MALFORMED;
        (void)err_in(&answer->err, "%s", grpc_status_name(answer->status));
        return;
    }
    answer->verdict = VERDICT_ANSWERED;
}

static void read_status(const struct http_response *response, struct answer *answer)
{
    /* Alone with the head, or behind the body. */
    const bool only_head = response->trailer_count == 0 && response->body.len == 0;
    const struct http_field *const fields = only_head ? response->fields : response->trailers;
    const size_t count = only_head ? response->field_count : response->trailer_count;
    const char *const text = http_field_value(fields, count, "grpc-status");
    const char *const message = http_field_value(fields, count, "grpc-message");

    if (!only_head && count == 0) {
        answer_fail(answer, VERDICT_MALFORMED, GRPC_INTERNAL,
                    "INTERNAL: server closed the stream without sending trailers");
        return;
    }
    if (text == NULL) {
        answer_fail(answer, VERDICT_MALFORMED, GRPC_UNKNOWN,
                    "UNKNOWN: the answer has no grpc-status");
        return;
    }
    answer->status = grpc_status_from_text(text);
    if (answer->status == GRPC_OK)
        read_message(response, answer);
    else
        fail_with_text_of(message == NULL ? "" : message, answer->status, answer);
}

void answer_read(enum http_outcome outcome, uint32_t reset_code,
                 const struct http_response *response, struct answer *answer)
{
    *answer = (struct answer){ 0 };
    if (outcome == HTTP_RESET) {
        const enum grpc_status status = status_of_reset(reset_code);
        answer_fail(answer, verdict_of(status), status,
                    "%s: the server reset the stream with HTTP/2 error %u",
                    grpc_status_name(status), reset_code);
        return;
    }
    const char *const type =
        http_field_value(response->fields, response->field_count, "content-type");
    if (is_grpc(type)) {
        read_status(response, answer);
        return;
    }
    const enum grpc_status status = grpc_status_from_http(response->status);
    answer_fail(answer, status == GRPC_UNAVAILABLE ? VERDICT_RETRY : VERDICT_MALFORMED, status,
                "%s: the answer is not gRPC: HTTP status %d", grpc_status_name(status),
                response->status);
}
