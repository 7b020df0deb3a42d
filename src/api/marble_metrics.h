/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "api/events.h"
#include "core/activate.h"
#include "grpc/grpc.h"
#include "metrics/metrics.h"

/* What is counted of the Marble API: gRPC's own metrics under their usual names, and activations. */
struct marble_metrics;

/* NULL for a NULL registry. events may be NULL; it outlives them. */
struct marble_metrics *marble_metrics_new(struct metrics *metrics, struct events *events);
/* NULL is fine. */
void marble_metrics_free(struct marble_metrics *m);
/* A call of Activate: began, its message was read, was answered. m may be NULL. */
void marble_metrics_started(struct marble_metrics *m);
void marble_metrics_received(struct marble_metrics *m);
void marble_metrics_handled(struct marble_metrics *m, enum grpc_status status);
/* It was refused because too many were waiting. */
void marble_metrics_busy(struct marble_metrics *m);
/* An activation came to an end. */
void marble_metrics_activation(struct marble_metrics *m, struct core *core,
                               const struct activation *asked, enum activation_result result);
