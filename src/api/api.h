/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/pool.h"
#include "core/core.h"
#include "http/message.h"
#include "metrics/metrics.h"

/*
 * The client API (client-api.md): a table of routes, and a function for each endpoint, request in,
 * response out. What takes long runs on a pool.
 */
struct api;

/* Where the answer goes, once for each request, from any thread; takes the contents of *response. */
typedef void api_respond(void *token, struct http_response *response);

/* Core and pool are borrowed. An answer may wait for the core's writer, so the api is freed after the core unless
 * nothing is in flight. */
struct api *api_new(struct core *core, struct pool *pool);
void api_free(struct api *api);
/* Before the first request: counts them. The registry outlives the api; NULL: nobody counts. It is not written any
 * more when the api is gone. */
void api_measure(struct api *api, struct metrics *metrics);
/* Takes the contents of *request. Never waits. */
void api_handle(struct api *api, struct http_request *request, api_respond *respond, void *token);
struct core *api_core(const struct api *api) MUST_CHECK;
/* How many body bytes this request may have. */
size_t api_body_limit(const struct http_request *request) MUST_CHECK;
/* The answer to what is no proper request: an error envelope. */
void api_refuse(int status, const char *reason, struct http_response *response);

enum {
    API_RECOVER_READ = 20480,    /* bytes of an upload that are looked at (client-api.md, 8.5) */
    API_SMALL_BODY = 256 << 10,  /* bytes of any body but a manifest or secrets */
    API_LARGEST_BODY = 24 << 20, /* a manifest of 16 MiB in base64, with room */
};
