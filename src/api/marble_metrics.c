/* SPDX-License-Identifier: Apache-2.0 */
#include "api/marble_metrics.h"

#include "api/marble_series.h"

#include <stdlib.h>

/* As gRPC for Go spells them, by number. */
static const char *const CODES[] = {
    "OK",       "Canceled",        "Unknown",          "InvalidArgument",   "DeadlineExceeded",
    "NotFound", "AlreadyExists",   "PermissionDenied", "ResourceExhausted", "FailedPrecondition",
    "Aborted",  "OutOfRange",      "Unimplemented",    "Internal",          "Unavailable",
    "DataLoss", "Unauthenticated",
};

/* By enum activation_result. */
static const char *const RESULTS[] = {
    [ACTIVATION_FAILED] = "failed",       [ACTIVATION_DONE] = "ok",
    [ACTIVATION_NOT_NOW] = "wrong_phase", [ACTIVATION_NO_CERTIFICATE] = "no_certificate",
    [ACTIVATION_REFUSED] = "denied",      [ACTIVATION_SPENT] = "budget",
    [ACTIVATION_BAD_UUID] = "bad_uuid",   [ACTIVATION_TOO_LARGE] = "too_large",
    [ACTIVATION_LATE] = "late",           [ACTIVATION_TRY_AGAIN] = "try_again",
};

struct marble_metrics {
    struct events *events;
    struct marble_series *series;
    struct metric *handled;
    struct metric_cell *started, *received, *sent, *busy;
};

static struct metric *add(struct metrics *metrics, const char *name, const char *help,
                          bool with_code)
{
    static const char *const method[] = { "Activate" }, *const service[] = { "rpc.Marble" },
                             *const type[] = { "unary" };
    const struct metric_label code = { "grpc_code", COUNT_OF(CODES), CODES }, rest[] = {
        { "grpc_method", 1, method }, { "grpc_service", 1, service }, { "grpc_type", 1, type }
    };
    struct metric_spec spec = { name, help, METRIC_COUNTER, { rest[0], rest[1], rest[2] } };

    if (with_code) {
        const struct metric_label all[] = { code, rest[0], rest[1], rest[2] };
        for (size_t i = 0; i < COUNT_OF(all); i++)
            spec.labels[i] = all[i];
    }
    return metrics_add(metrics, &spec);
}

static void collect(void *arg, struct buf *out)
{
    const struct marble_metrics *const m = arg;

    marble_series_write(m->series, RESULTS, COUNT_OF(RESULTS), out);
}

struct marble_metrics *marble_metrics_new(struct metrics *metrics, struct events *events)
{
    if (metrics == NULL)
        return NULL;
    struct marble_metrics *const m = mem_zero_alloc(1, sizeof *m);
    m->events = events;
    m->series = marble_series_new();
    m->started = metric_cell(
        add(metrics, "grpc_server_started_total", "Calls of the Marble API that began.", false), 0);
    m->handled = add(metrics, "grpc_server_handled_total",
                     "Calls of the Marble API that were answered, by status.", true);
    m->received = metric_cell(
        add(metrics, "grpc_server_msg_received_total", "Messages that were read.", false), 0);
    m->sent = metric_cell(
        add(metrics, "grpc_server_msg_sent_total", "Messages that were sent.", false), 0);
    m->busy = metric_cell(
        metrics_add(metrics,
                    &(struct metric_spec){ "taw_marble_api_busy_total",
                                           "Activations refused because too many were waiting.",
                                           METRIC_COUNTER }),
        0);
    metrics_add_collector(metrics, collect, m);
    return m;
}

void marble_metrics_free(struct marble_metrics *m)
{
    if (m == NULL)
        return;
    marble_series_free(m->series);
    free(m);
}

void marble_metrics_started(struct marble_metrics *m)
{
    if (m != NULL)
        cell_add(m->started, 1);
}

void marble_metrics_received(struct marble_metrics *m)
{
    if (m != NULL)
        cell_add(m->received, 1);
}

void marble_metrics_handled(struct marble_metrics *m, enum grpc_status status)
{
    if (m == NULL)
        return;
    cell_add(metric_cell(m->handled, metric_row(m->handled, (const size_t[]){ status, 0, 0, 0 })),
             1);
    if (status == GRPC_OK)
        cell_add(m->sent, 1);
}

void marble_metrics_busy(struct marble_metrics *m)
{
    if (m != NULL)
        cell_add(m->busy, 1);
}

static bool is_known(struct core *core, struct bytes type)
{
    auto_snapshot *now = core_snapshot(core);

    return now->deployment != NULL && manifest_marble(now->deployment->manifest, type) != NULL;
}

void marble_metrics_activation(struct marble_metrics *m, struct core *core,
                               const struct activation *asked, enum activation_result result)
{
    const struct env *const env = core_env(core);
    const bool done = result == ACTIVATION_DONE;

    if (m == NULL)
        return;
    marble_series_count(m->series, asked->marble_type, asked->uuid,
                        done || is_known(core, asked->marble_type), done, result);
    if (done)
        events_add_activation(m->events, env->now_ms(env->ctx), asked->marble_type, asked->uuid,
                              asked->quote);
}
