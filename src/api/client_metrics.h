/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "api/api.h"

/*
 * What is counted of the client API, under the names of the original (client-api.md, 20.2): by path, method and
 * status code. Only paths that are served have series, so a client cannot add any.
 */
struct client_metrics;

/* paths: borrowed texts, none twice. NULL for a NULL registry. */
struct client_metrics *client_metrics_new(struct metrics *metrics, const char *const *paths,
                                          size_t count);
/* When nobody counts any more. NULL is fine. */
void client_metrics_free(struct client_metrics *m);
/*
 * A request begins: from now on its answer goes through the counters to where it went before. Does nothing for
 * a path that is not served, or when m is NULL.
 */
void client_metrics_begin(struct client_metrics *m, const struct http_request *request,
                          api_respond **respond, void **token);
/* A request was refused because too many were waiting. m may be NULL. */
void client_metrics_busy(struct client_metrics *m);
