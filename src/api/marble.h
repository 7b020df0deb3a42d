/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "api/events.h"
#include "base/pool.h"
#include "core/core.h"
#include "http/message.h"
#include "metrics/metrics.h"

/*
 * The Marble API (marble-api.md, 1 to 3): one unary gRPC call, /rpc.Marble/Activate.
 *
 * Everything is answered with a gRPC status: what the codec refuses too. Activations run on the pool.
 */
struct marble_api;

typedef void marble_respond(void *token, struct http_response *response);

/* Core and pool are borrowed; freed after the core, as the client API. */
struct marble_api *marble_api_new(struct core *core, struct pool *pool);
void marble_api_free(struct marble_api *api);
/* As api_measure; successful activations go to the events, which may be NULL and outlive the api. */
void marble_api_measure(struct marble_api *api, struct metrics *metrics, struct events *events);
struct core *marble_api_core(const struct marble_api *api) MUST_CHECK;
/* Takes the contents of *request. Never waits. */
void marble_api_handle(struct marble_api *api, struct http_request *request,
                       marble_respond *respond, void *token);
/*
 * The checks that need no message, in the order of marble-api.md 1.5: fills *refusal when one of them fails. The
 * bytes that the body may have.
 */
size_t marble_api_head(const struct http_request *request, struct http_response *refusal);
/* What the codec refused, with this HTTP status. */
void marble_api_refuse(int status, const char *reason, struct http_response *response);
