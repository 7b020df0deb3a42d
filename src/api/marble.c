/* SPDX-License-Identifier: Apache-2.0 */
#include "api/marble.h"

#include "api/marble_metrics.h"
#include "codec/text.h"
#include "core/activate.h"
#include "grpc/grpc.h"
#include "grpc/marble_messages.h"

#include <stdlib.h>
#include <string.h>

#define SERVICE "rpc.Marble"
#define METHOD "Activate"
#define CONTENT_TYPE "application/grpc"

enum {
    /* Above the largest message, so that a message that is too large is named with its size. */
    LARGEST_BODY = 2 * GRPC_MESSAGE_MAX,
    LARGEST_ATTEMPT = 64, /* bytes of the name of an attempt */
};

struct marble_api {
    struct core *core;
    struct pool *pool;
    struct marble_metrics *metrics; /* NULL: nobody counts */
};

struct marble_api *marble_api_new(struct core *core, struct pool *pool)
{
    struct marble_api *const api = mem_zero_alloc(1, sizeof *api);

    api->core = core;
    api->pool = pool;
    return api;
}

void marble_api_free(struct marble_api *api)
{
    if (api == NULL)
        return;
    marble_metrics_free(api->metrics);
    free(api);
}

void marble_api_measure(struct marble_api *api, struct metrics *metrics, struct events *events)
{
    api->metrics = marble_metrics_new(metrics, events);
}

struct core *marble_api_core(const struct marble_api *api)
{
    return api->core;
}

/* ---- answers ---- */

/* As the request asked for: a subtype of application/grpc is echoed (1.5). */
static void add_content_type(struct http_response *response, const char *asked)
{
    const char *const subtype = asked == NULL ? NULL : strchr(asked, '+');

    http_response_add_field(response, "content-type", subtype == NULL ? CONTENT_TYPE : asked);
}

/* Fields alone, for everything but success (1.6). */
static void fill_failure(struct http_response *response, int http_status, const char *asked_type,
                         enum grpc_status status, const char *message)
{
    auto_string *number = mem_printf("%d", (int)status);
    auto_buf text = { 0 };

    grpc_message_encode(bytes_of_string(message), &text);
    buf_add_u8(&text, '\0');
    response->status = http_status;
    add_content_type(response, asked_type);
    http_response_add_field(response, "grpc-status", number);
    http_response_add_field(response, "grpc-message", (const char *)text.at);
}

/* Takes the contents of *message. */
static void fill_message(struct http_response *response, const char *asked_type,
                         struct buf *message)
{
    response->status = 200;
    add_content_type(response, asked_type);
    grpc_frame(buf_bytes(message), &response->body);
    buf_clear(message);
    http_response_add_trailer(response, "grpc-status", "0");
    http_response_add_trailer(response, "grpc-message", "");
}

static enum grpc_status status_of(enum activation_result result)
{
    switch (result) {
    case ACTIVATION_DONE:
        return GRPC_OK;
    case ACTIVATION_NOT_NOW:
        return GRPC_FAILED_PRECONDITION;
    case ACTIVATION_NO_CERTIFICATE:
        return GRPC_UNAUTHENTICATED;
    case ACTIVATION_REFUSED:
    case ACTIVATION_SPENT:
        return GRPC_PERMISSION_DENIED;
    case ACTIVATION_BAD_UUID:
        return GRPC_INVALID_ARGUMENT;
    case ACTIVATION_TOO_LARGE:
        return GRPC_RESOURCE_EXHAUSTED;
    case ACTIVATION_LATE:
        return GRPC_DEADLINE_EXCEEDED;
    case ACTIVATION_TRY_AGAIN:
        return GRPC_UNAVAILABLE;
    case ACTIVATION_FAILED:
        break;
    }
    return GRPC_INTERNAL;
}

/* What the transport says about requests that the codec refuses. */
void marble_api_refuse(int status, const char *reason, struct http_response *response)
{
    const bool too_large = status == 413 || status == 414 || status == 431;

    fill_failure(response, too_large ? 200 : status, NULL,
                 too_large ? GRPC_RESOURCE_EXHAUSTED : GRPC_INTERNAL, reason);
}

/* ---- what the head tells ---- */

/* application/grpc, with +subtype or ;parameter. */
static bool is_grpc(const char *type)
{
    const size_t len = sizeof CONTENT_TYPE - 1;

    return type != NULL && strncmp(type, CONTENT_TYPE, len) == 0 &&
           (type[len] == '\0' || type[len] == '+' || type[len] == ';');
}

static bool refuse(struct http_response *refusal, const struct http_request *request,
                   int http_status, enum grpc_status status, const char *message)
{
    const char *const type = http_request_field(request, "content-type");

    fill_failure(refusal, http_status, is_grpc(type) ? type : NULL, status, message);
    return false;
}

static bool check_type(const struct http_request *request, struct http_response *refusal)
{
    const char *const type = http_request_field(request, "content-type");

    if (is_grpc(type))
        return true;
    auto_string *text =
        mem_printf("invalid gRPC request content-type \"%.200s\"", type == NULL ? "" : type);
    return refuse(refusal, request, 415, GRPC_INVALID_ARGUMENT, text);
}

/* Nanoseconds until the deadline; UINT64_MAX: the client set none. */
static bool read_timeout(const struct http_request *request, uint64_t *left,
                         struct http_response *refusal)
{
    const char *const text = http_request_field(request, "grpc-timeout");
    struct err err = { 0 };

    *left = UINT64_MAX;
    if (text == NULL || grpc_timeout_parse(bytes_of_string(text), left, &err))
        return true;
    auto_string *message = mem_printf("malformed grpc-timeout: %s", err.text);
    return refuse(refusal, request, 400, GRPC_INTERNAL, message);
}

/* Base64, with its padding or without, as gRPC sends binary fields. */
static bool is_base64(const char *text)
{
    const size_t len = strchr(text, '=') != NULL ? 0 : strlen(text);
    auto_buf padded = { 0 }, decoded = { 0 };
    struct err err = { 0 };

    buf_add_string(&padded, text);
    buf_add_string(&padded, len % 4 == 2 ? "==" : len % 4 == 3 ? "=" : "");
    return base64_decode(&decoded, BASE64_STANDARD, buf_bytes(&padded), &err);
}

static bool check_metadata(const struct http_request *request, struct http_response *refusal)
{
    for (size_t i = 0; i < request->field_count; i++) {
        const char *const name = request->fields[i].name;
        const size_t len = strlen(name);
        if (len < 4 || strcmp(name + len - 4, "-bin") != 0 || is_base64(request->fields[i].value))
            continue;
        auto_string *text = mem_printf("malformed binary metadata in header \"%.100s\"", name);
        return refuse(refusal, request, 400, GRPC_INTERNAL, text);
    }
    return true;
}

static bool check_method_and_time(const struct http_request *request, struct http_response *refusal)
{
    uint64_t left = 0;

    if (!read_timeout(request, &left, refusal) || !check_metadata(request, refusal))
        return false;
    if (strcmp(request->method, "POST") != 0) {
        auto_string *text =
            mem_printf("Received a HEADERS frame with :method \"%.40s\" which should be POST",
                       request->method);
        return refuse(refusal, request, 405, GRPC_INTERNAL, text);
    }
    return left > 0 ||
           refuse(refusal, request, 200, GRPC_DEADLINE_EXCEEDED, "context deadline exceeded");
}

/* The service is everything up to the last slash. */
static bool check_path(const struct http_request *request, struct http_response *refusal)
{
    const char *const path = request->path;
    const char *const last = strrchr(path, '/');

    if (path[0] != '/' || last == path) {
        auto_string *text = mem_printf("malformed method name: \"%.200s\"", path);
        return refuse(refusal, request, 200, GRPC_UNIMPLEMENTED, text);
    }
    const int service_len = last - path - 1 < 200 ? (int)(last - path - 1) : 200;
    auto_string *service = mem_printf("%.*s", service_len, path + 1);
    if (strcmp(service, SERVICE) != 0) {
        auto_string *text = mem_printf("unknown service %s", service);
        return refuse(refusal, request, 200, GRPC_UNIMPLEMENTED, text);
    }
    if (strcmp(last + 1, METHOD) == 0)
        return true;
    auto_string *text = mem_printf("unknown method %.200s for service " SERVICE, last + 1);
    return refuse(refusal, request, 200, GRPC_UNIMPLEMENTED, text);
}

static bool check_encoding(const struct http_request *request, struct http_response *refusal)
{
    const char *const encoding = http_request_field(request, "grpc-encoding");

    if (encoding == NULL || strcmp(encoding, "identity") == 0)
        return true;
    auto_string *text =
        mem_printf("grpc: Decompressor is not installed for grpc-encoding \"%.40s\"", encoding);
    return refuse(refusal, request, 200, GRPC_UNIMPLEMENTED, text);
}

size_t marble_api_head(const struct http_request *request, struct http_response *refusal)
{
    const bool good = check_type(request, refusal) && check_method_and_time(request, refusal) &&
                      check_path(request, refusal) && check_encoding(request, refusal);

    return good ? LARGEST_BODY : 0;
}

/* ---- the call ---- */

struct activation_job {
    struct marble_api *api;
    struct http_request request;
    struct activation asked; /* views of the request */
    marble_respond *respond;
    void *token;
};

static void answer(struct activation_job *job, enum grpc_status status,
                   struct http_response *response)
{
    marble_metrics_handled(job->api->metrics, status);
    http_request_clear(&job->request);
    job->respond(job->token, response);
    free(job);
}

/* What was counted for an answer that never left is given back. */
static void on_answer_over(void *spent, bool left)
{
    if (left)
        core_activation_kept(spent);
    else
        core_activation_lost(spent);
}

static void on_activated(void *arg, enum activation_result result, struct buf *message,
                         const char *text, struct spent_activation *spent)
{
    struct activation_job *const job = arg;
    const char *const type = http_request_field(&job->request, "content-type");
    struct http_response response = { 0 };

    marble_metrics_activation(job->api->metrics, job->api->core, &job->asked, result);
    if (result == ACTIVATION_DONE)
        fill_message(&response, type, message);
    else
        fill_failure(&response, 200, type, status_of(result), text);
    if (spent != NULL) {
        response.over = on_answer_over;
        response.over_arg = spent;
    }
    answer(job, status_of(result), &response);
}

static void run_activation(void *arg)
{
    struct activation_job *const job = arg;

    core_activate(job->api->core, &job->asked, on_activated, job);
}

static int64_t deadline_of(const struct activation_job *job, uint64_t left)
{
    const struct env *const env = core_env(job->api->core);
    const uint64_t ms = left / 1000000 + (left % 1000000 != 0);

    /* The largest time-out is 99999999 hours, far from the end of the clock. */
    return left == UINT64_MAX ? INT64_MAX : env->now_ms(env->ctx) + (int64_t)ms;
}

/* The message, and what travels beside it. */
static bool read_call(struct activation_job *job, enum grpc_status *status,
                      struct http_response *refusal)
{
    const char *const attempt = http_request_field(&job->request, "taw-activation");
    const char *const type = http_request_field(&job->request, "content-type");
    struct activation_request request;
    struct bytes message;
    uint64_t left = 0;
    struct err err = { 0 };

    *status = GRPC_INTERNAL;
    if (!read_timeout(&job->request, &left, refusal))
        return false;
    if (!grpc_unframe(buf_bytes(&job->request.body), &message, status, &err)) {
        fill_failure(refusal, 200, type, *status, err.text);
        return false;
    }
    if (!activation_request_decode(message, &request, &err)) {
        *status = GRPC_INTERNAL;
        (void)err_in(&err, "grpc: error unmarshalling request");
        fill_failure(refusal, 200, type, *status, err.text);
        return false;
    }
    marble_metrics_received(job->api->metrics);
    job->asked = (struct activation){
        .leaf = bytes_of(job->request.peer_leaf, job->request.peer_leaf_len),
        .quote = request.quote,
        .csr = request.csr,
        .marble_type = request.marble_type,
        .uuid = request.uuid,
        .attempt = bytes_of_string(attempt),
        .deadline_ms = deadline_of(job, left),
    };
    if (job->asked.attempt.len <= LARGEST_ATTEMPT)
        return true;
    *status = GRPC_INVALID_ARGUMENT;
    fill_failure(refusal, 200, type, *status, "taw-activation is longer than 64 bytes");
    return false;
}

void marble_api_handle(struct marble_api *api, struct http_request *request,
                       marble_respond *respond, void *token)
{
    struct activation_job *const job = mem_zero_alloc(1, sizeof *job);
    struct http_response response = { 0 };
    enum grpc_status status = GRPC_UNKNOWN;

    job->api = api;
    job->request = *request;
    job->respond = respond;
    job->token = token;
    *request = (struct http_request){ 0 };
    marble_metrics_started(api->metrics);
    if (!read_call(job, &status, &response)) {
        answer(job, status, &response);
    } else if (!pool_submit(api->pool, run_activation, job)) {
        marble_metrics_busy(api->metrics);
        fill_failure(&response, 200, http_request_field(&job->request, "content-type"),
                     GRPC_UNAVAILABLE, "too many activations are waiting: try again in a moment");
        answer(job, GRPC_UNAVAILABLE, &response);
    }
}
