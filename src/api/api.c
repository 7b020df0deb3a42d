/* SPDX-License-Identifier: Apache-2.0 */
#include "api/api.h"

#include "api/internal.h"
#include "http/url.h"

#include <stdlib.h>
#include <string.h>

enum run_on { RUN_ON_NONE = 0, ON_LOOP, ON_POOL };
enum who { WHO_NONE = 0, ANYBODY, A_USER };

enum {
    IN_RECOVERY = 1 << PHASE_RECOVERY,
    BEFORE_MANIFEST = 1 << PHASE_ACCEPTING_MANIFEST,
    RUNNING = 1 << PHASE_ACCEPTING_MARBLES,
    ALWAYS = IN_RECOVERY | BEFORE_MANIFEST | RUNNING,
};

/*
 * What is served, when, to whom, and where it runs. In other phases the answer is `wrong_phase` (client-api.md,
 * 4.3); an endpoint that is there ALWAYS may still have something to say about the phase.
 */
struct route {
    const char *method, *path;
    enum api_version version;
    int phases;
    int wrong_phase; /* status code in other phases */
    enum who who;
    enum run_on where;
    size_t body; /* largest */
    endpoint *run;
};

static const struct route ROUTES[] = {
    { "GET", "/api/v2/status", API_V2, ALWAYS, 0, ANYBODY, ON_LOOP, API_SMALL_BODY, status_get },
    { "GET", "/api/v2/quote", API_V2, ALWAYS, 0, ANYBODY, ON_POOL, API_SMALL_BODY, quote_get },
    { "GET", "/api/v2/manifest", API_V2, ALWAYS, 0, ANYBODY, ON_LOOP, API_SMALL_BODY,
      manifest_get },
    { "POST", "/api/v2/manifest", API_V2, IN_RECOVERY | BEFORE_MANIFEST, 500, ANYBODY, ON_POOL,
      API_LARGEST_BODY, manifest_post },
    { "POST", "/api/v2/recover", API_V2, ALWAYS, 0, ANYBODY, ON_POOL, API_SMALL_BODY,
      recover_post },
    { "GET", "/api/v2/recover/public-key", API_V2, IN_RECOVERY, 500, ANYBODY, ON_POOL,
      API_SMALL_BODY, recover_key_get },
    /* It waits for an attempt to recover that is under way. */
    { "GET", "/api/v2/recover/status", API_V2, ALWAYS, 0, ANYBODY, ON_POOL, API_SMALL_BODY,
      recover_status_get },
    { "GET", "/api/v2/recovery/secrets", API_V2, RUNNING, 500, ANYBODY, ON_LOOP, API_SMALL_BODY,
      recovery_secrets_get },
    { "GET", "/api/v2/recovery/status", API_V2, RUNNING, 500, ANYBODY, ON_LOOP, API_SMALL_BODY,
      recovery_status_get },
    { "POST", "/api/v2/recovery/drill", API_V2, RUNNING, 500, ANYBODY, ON_POOL, API_SMALL_BODY,
      drill_post },
    { "POST", "/api/v2/recovery/reissue", API_V2, RUNNING, 500, A_USER, ON_POOL, API_SMALL_BODY,
      reissue_post },
    { "POST", "/api/v2/recovery/reissue/cancel", API_V2, RUNNING, 500, A_USER, ON_POOL,
      API_SMALL_BODY, reissue_cancel_post },
    { "GET", "/api/v2/update", API_V2, RUNNING, 500, ANYBODY, ON_LOOP, API_SMALL_BODY,
      update_log_get },
    { "GET", "/api/v2/update/chain", API_V2, RUNNING, 500, ANYBODY, ON_POOL, API_SMALL_BODY,
      update_log_chain_get },
    { "POST", "/api/v2/update", API_V2, ALWAYS, 0, A_USER, ON_POOL, API_LARGEST_BODY, update_post },
    { "GET", "/api/v2/update-manifest", API_V2, ALWAYS, 0, ANYBODY, ON_LOOP, API_SMALL_BODY,
      pending_update_get },
    { "POST", "/api/v2/update-manifest", API_V2, ALWAYS, 0, A_USER, ON_POOL, API_LARGEST_BODY,
      pending_update_post },
    { "POST", "/api/v2/update-cancel", API_V2, ALWAYS, 0, A_USER, ON_POOL, API_SMALL_BODY,
      pending_update_cancel },
    { "GET", "/api/v2/secrets", API_V2, ALWAYS, 0, A_USER, ON_LOOP, API_SMALL_BODY, secrets_get },
    { "POST", "/api/v2/secrets", API_V2, ALWAYS, 0, A_USER, ON_POOL, API_LARGEST_BODY,
      secrets_post },
    { "POST", "/api/v2/sign-quote", API_V2, ALWAYS, 0, ANYBODY, ON_POOL, API_SMALL_BODY,
      sign_quote_post },
    { "POST", "/api/v2/monotonic-counter", API_V2, ALWAYS, 0, ANYBODY, ON_POOL, API_SMALL_BODY,
      monotonic_counter_post },
    { "GET", "/status", API_V1, ALWAYS, 0, ANYBODY, ON_LOOP, API_SMALL_BODY, status_get },
    { "GET", "/quote", API_V1, ALWAYS, 0, ANYBODY, ON_LOOP, API_SMALL_BODY, quote_get },
    { "GET", "/manifest", API_V1, ALWAYS, 0, ANYBODY, ON_LOOP, API_SMALL_BODY, manifest_get },
    { "POST", "/manifest", API_V1, IN_RECOVERY | BEFORE_MANIFEST, 400, ANYBODY, ON_POOL,
      API_LARGEST_BODY, manifest_post },
    { "POST", "/recover", API_V1, ALWAYS, 0, ANYBODY, ON_POOL, API_SMALL_BODY, page_recover_post },
    { "GET", "/update", API_V1, RUNNING, 500, ANYBODY, ON_LOOP, API_SMALL_BODY, update_log_get },
    { "POST", "/update", API_V1, ALWAYS, 0, A_USER, ON_POOL, API_LARGEST_BODY, update_post },
    { "GET", "/update-manifest", API_V2, ALWAYS, 0, ANYBODY, ON_LOOP, API_SMALL_BODY,
      pending_update_get },
    { "POST", "/update-manifest", API_V1, ALWAYS, 0, A_USER, ON_POOL, API_LARGEST_BODY,
      pending_update_post },
    { "POST", "/update-cancel", API_V1, ALWAYS, 0, A_USER, ON_POOL, API_SMALL_BODY,
      pending_update_cancel },
    { "GET", "/secrets", API_V1, ALWAYS, 0, A_USER, ON_LOOP, API_SMALL_BODY, secrets_get },
    { "POST", "/secrets", API_V1, ALWAYS, 0, A_USER, ON_POOL, API_LARGEST_BODY, secrets_post },
};

struct api *api_new(struct core *core, struct pool *pool)
{
    struct api *const api = mem_zero_alloc(1, sizeof *api);

    api->core = core;
    api->pool = pool;
    return api;
}

void api_free(struct api *api)
{
    if (api == NULL)
        return;
    client_metrics_free(api->metrics);
    free(api->paths);
    free(api);
}

static bool is_listed(const char *const *paths, size_t count, const char *path)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(paths[i], path) == 0)
            return true;
    }
    return false;
}

void api_measure(struct api *api, struct metrics *metrics)
{
    size_t count = 0;

    api->paths = mem_zero_alloc(COUNT_OF(ROUTES), sizeof *api->paths);
    for (size_t i = 0; i < COUNT_OF(ROUTES); i++) {
        if (!is_listed(api->paths, count, ROUTES[i].path))
            api->paths[count++] = ROUTES[i].path;
    }
    api->metrics = client_metrics_new(metrics, api->paths, count);
}

struct core *api_core(const struct api *api)
{
    return api->core;
}

static const struct route *find_route(const struct http_request *request)
{
    for (size_t i = 0; i < COUNT_OF(ROUTES); i++) {
        if (strcmp(ROUTES[i].path, request->path) == 0 &&
            strcmp(ROUTES[i].method, request->method) == 0)
            return &ROUTES[i];
    }
    return NULL;
}

size_t api_body_limit(const struct http_request *request)
{
    const struct route *const route = find_route(request);

    return route == NULL ? API_SMALL_BODY : route->body;
}

static void fill_answer(const struct route *route, struct call *call)
{
    const struct http_request *const request = call->request;
    const struct snapshot *const now = call->now;

    if (now->deployment != NULL && request->peer_leaf != NULL)
        call->user =
            deployment_user(now->deployment, bytes_of(request->peer_leaf, request->peer_leaf_len));
    if (route->who == A_USER && call->user == NULL) {
        reply_fail(call, 401,
                   "unauthorized user: client certificate did not match any MarbleRun users");
        return;
    }
    if ((route->phases & 1 << now->phase) == 0)
        reply_error(call, route->wrong_phase, CORE_WRONG_STATE);
    else
        route->run(call);
}

/* Clears *request. */
static void run_endpoint(struct api *api, const struct route *route, struct http_request *request,
                         api_respond *respond, void *token)
{
    struct http_response response = { 0 };
    struct snapshot *const now = core_snapshot(api->core);
    struct call call = {
        .api = api,
        .now = now,
        .request = request,
        .version = route->version,
        .response = &response,
        .respond = respond,
        .token = token,
    };

    fill_answer(route, &call);
    snapshot_free(now);
    http_request_clear(request);
    if (!call.answers_later)
        respond(token, &response);
}

/* A request that waits for a thread of the pool. */
struct job {
    struct api *api;
    const struct route *route;
    struct http_request request;
    api_respond *respond;
    void *token;
};

static void run_job(void *arg)
{
    struct job *const job = arg;

    run_endpoint(job->api, job->route, &job->request, job->respond, job->token);
    free(job);
}

static void redirect(const struct http_request *request, char *clean,
                     struct http_response *response)
{
    const bool has_query = request->query[0] != '\0';
    auto_string *location = mem_printf("%s%s%s", clean, has_query ? "?" : "", request->query);

    response->status = 307;
    http_response_add_field(response, "location", location);
}

/* Paths with //, /./ or /../ lead to their clean form; everything else that is not served is a 405. */
static void answer_unserved(const struct http_request *request, struct http_response *response)
{
    auto_string *clean = http_path_clean(request->path);

    if (clean != NULL)
        redirect(request, clean, response);
    else
        fill_error(response, 405, NULL);
}

static void hand_to_pool(struct api *api, const struct route *route, struct http_request *request,
                         api_respond *respond, void *token)
{
    struct job *const job = mem_alloc(sizeof *job);
    struct http_response response = { 0 };

    *job = (struct job){ api, route, *request, respond, token };
    *request = (struct http_request){ 0 };
    if (pool_submit(api->pool, run_job, job))
        return;
    client_metrics_busy(api->metrics);
    fill_error(&response, 503, "too many requests are waiting: try again in a moment");
    http_response_add_field(&response, "retry-after", "1");
    http_request_clear(&job->request);
    free(job);
    respond(token, &response);
}

void api_handle(struct api *api, struct http_request *request, api_respond *respond, void *token)
{
    const struct route *const route = find_route(request);
    struct http_response response = { 0 };

    client_metrics_begin(api->metrics, request, &respond, &token);
    if (route != NULL && route->where == ON_POOL) {
        hand_to_pool(api, route, request, respond, token);
        return;
    }
    if (route != NULL) {
        run_endpoint(api, route, request, respond, token);
        return;
    }
    answer_unserved(request, &response);
    http_request_clear(request);
    respond(token, &response);
}
