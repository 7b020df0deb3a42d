/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "api/api.h"
#include "api/events.h"

/*
 * The monitoring port (client-api.md, 20; docs/monitoring.md): /metrics and /events as in the original, /healthz and
 * /readyz for who supervises the process. Plain HTTP, no authentication: nothing here is secret. It only reads
 * what is in memory and waits for nobody.
 */
struct monitor;

struct monitor_config {
    struct core *core;
    struct metrics *metrics;
    struct events *events;
    unsigned stuck_ms; /* a step of the writer's thread that takes longer is reported by /healthz */
};

/* What config names is borrowed. Adds its own metrics to the registry. */
struct monitor *monitor_new(const struct monitor_config *config) MUST_CHECK;
/* NULL is fine. */
void monitor_free(struct monitor *monitor);
/* Takes the contents of *request; answers before it returns. One thread at a time. */
void monitor_handle(struct monitor *monitor, struct http_request *request, api_respond *respond,
                    void *token);
/* What the codec refuses. */
void monitor_refuse(int status, const char *reason, struct http_response *response);
/* The process is about to stop: not ready any more. From any thread. */
void monitor_stopping(struct monitor *monitor);
