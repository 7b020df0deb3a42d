/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tawd, the Coordinator: reads its options, builds the rooms of the house from the ground up, waits for a
 * signal, and takes everything down in reverse.
 */
#include "api/api.h"
#include "api/marble.h"
#include "crypto/p384_accel.h"
#include "net/net.h"
#include "tawd/monitoring.h"
#include "tawd/notify.h"
#include "tawd/platform.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

enum exit_status {
    EXIT_AS_ASKED = 0,
    EXIT_UNEXPECTED = 1,
    EXIT_USAGE = 2,
    EXIT_SURROUNDINGS = 3,
    EXIT_DAMAGED = 4,
    EXIT_IN_USE = 5,
    EXIT_MANIFEST = 6,
};

enum {
    POOL_THREADS = 4,
    POOL_WAITING = 256,
    MOST_POOL_THREADS = 64,
    MARBLES_WAITING = 16384, /* a whole cluster that starts at once */
    LARGEST_MANIFEST = 16 << 20,
    HEADER_FIELDS = 128,
};

/* Everything that runs, from the ground up. */
struct tawd {
    struct options options;
    struct log log;
    struct env env;
    struct monitoring *monitoring; /* NULL: there is no monitoring port */
    struct platform platform;
    struct core *core;
    struct pool *pool;
    struct api *api;
    struct pool *marble_pool;
    struct marble_api *marble_api;
    struct net *net;
};

static enum exit_status exit_status_of(enum fail_kind kind)
{
    switch (kind) {
    case FAIL_DAMAGED:
        return EXIT_DAMAGED;
    case FAIL_STATE:
        return EXIT_IN_USE;
    case FAIL_UNAVAILABLE:
    case FAIL_DENIED:
    case FAIL_NOT_FOUND:
    case FAIL_TOO_LARGE:
        return EXIT_SURROUNDINGS;
    case FAIL_NONE:
    case FAIL_MALFORMED:
    case FAIL_INTERNAL:
        break;
    }
    return EXIT_UNEXPECTED;
}

/* One line for a person at a terminal, JSON for everybody else. */
static enum exit_status report(const struct log *log, const char *what, const struct err *err,
                               enum exit_status status)
{
    if (isatty(STDERR_FILENO))
        (void)fprintf(stderr, "tawd: %s: %s\n", what, err->text);
    else
        log_error(log, what, LOG_TEXT("error", err->text), LOG_NUMBER("exit_status", status));
    return status;
}

/* Keys stay out of core dumps and away from debuggers; files and locked memory as far as allowed. */
static void prepare_process(void)
{
    const struct rlimit no_core = { 0, 0 };
    struct rlimit limit;

    (void)prctl(PR_SET_DUMPABLE, 0);
    (void)setrlimit(RLIMIT_CORE, &no_core);
    for (size_t i = 0; i < 2; i++) {
        const __rlimit_resource_t which = i == 0 ? RLIMIT_NOFILE : RLIMIT_MEMLOCK;
        if (getrlimit(which, &limit) == 0) {
            limit.rlim_cur = limit.rlim_max;
            (void)setrlimit(which, &limit);
        }
    }
    (void)signal(SIGPIPE, SIG_IGN);
}

static const char *environment_variable(void *ctx, const char *name)
{
    (void)ctx;
    return getenv(name);
}

/* The pieces between commas, nothing trimmed (client-api.md, 1.2). Views into text. */
static size_t split_names(const char *text, struct bytes *names, size_t most)
{
    size_t count = 0;

    for (const char *p = text; p != NULL && count < most;) {
        const char *const comma = strchr(p, ',');
        names[count++] = comma == NULL ? bytes_of_string(p) : bytes_of(p, (size_t)(comma - p));
        p = comma == NULL ? NULL : comma + 1;
    }
    return count;
}

static bool open_core(struct tawd *t, struct err *err)
{
    struct bytes names[256];
    const struct core_config config = {
        .env = &t->env,
        .seal_directory = t->options.seal_directory,
        .sealing = t->platform.sealing,
        .verifier = platform_verifier(&t->platform),
        .names = names,
        .name_count = split_names(t->options.dns_names, names, COUNT_OF(names)),
        .import_without_recovery = t->options.simulation,
        .late_update_checks = t->options.late_update_checks,
        .variable = environment_variable,
        .metrics = monitoring_metrics(t->monitoring),
    };

    t->core = core_open(&config, err);
    return t->core != NULL;
}

static bool set_startup_manifest(struct tawd *t, struct err *err)
{
    auto_buf raw = { 0 };

    return file_read(t->env.files, t->options.startup_manifest, LARGEST_MANIFEST, &raw, err) &&
           core_startup_manifest(t->core, buf_bytes(&raw), err);
}

/* ---- listeners ---- */

static void respond(void *token, struct http_response *response)
{
    net_respond(token, response);
}

static void handle_client(void *arg, struct net_exchange *exchange, struct http_request *request)
{
    api_handle(arg, request, respond, exchange);
}

static void handle_marble(void *arg, struct net_exchange *exchange, struct http_request *request)
{
    marble_api_handle(arg, request, respond, exchange);
}

static size_t on_client_head(void *arg, const struct http_request *request,
                             struct http_response *refusal)
{
    (void)arg;
    (void)refusal;
    return api_body_limit(request);
}

static size_t on_marble_head(void *arg, const struct http_request *request,
                             struct http_response *refusal)
{
    (void)arg;
    return marble_api_head(request, refusal);
}

static void on_marble_refused(void *arg, int status, const char *reason,
                              struct http_response *response)
{
    (void)arg;
    marble_api_refuse(status, reason, response);
}

static void on_refused(void *arg, int status, const char *reason, struct http_response *response)
{
    (void)arg;
    api_refuse(status, reason, response);
}

static struct tls_identity *client_identity(void *arg)
{
    auto_snapshot *now = core_snapshot(api_core(arg));

    return tls_identity_ref(now->authority->client_tls);
}

static struct tls_identity *marble_identity(void *arg)
{
    auto_snapshot *now = core_snapshot(marble_api_core(arg));

    return tls_identity_ref(now->authority->marble_tls);
}

static struct net_limits limits_of(const struct options *o)
{
    return (struct net_limits){
        .http = { .header_bytes = o->max_header_bytes,
                  .header_count = HEADER_FIELDS,
                  .body_bytes = o->max_body_bytes,
                  .streams = o->max_streams },
        .connections = o->max_connections,
        .connections_per_source = o->max_connections_per_source,
        .handshake_ms = o->handshake_timeout_ms,
        .request_ms = o->request_timeout_ms,
        .response_ms = o->response_timeout_ms,
        .idle_ms = o->idle_timeout_ms,
    };
}

static bool listen_on_all(struct tawd *t, unsigned loops, struct err *err)
{
    uint16_t client_port = 0, mesh_port = 0;
    struct net_listener client = {
        .address = t->options.client_address,
        .identity = client_identity,
        .handler = handle_client,
        .on_head = on_client_head,
        .on_refused = on_refused,
        .arg = t->api,
        .limits = limits_of(&t->options),
        .cells = monitoring_cells(t->monitoring, MONITORED_CLIENT),
    };
    struct net_listener mesh = client;

    mesh.address = t->options.mesh_address;
    mesh.identity = marble_identity;
    mesh.handler = handle_marble;
    mesh.on_head = on_marble_head;
    mesh.on_refused = on_marble_refused;
    mesh.arg = t->marble_api;
    mesh.http2_only = true;
    mesh.cells = monitoring_cells(t->monitoring, MONITORED_MESH);
    t->net = net_new(&t->env, loops, err);
    if (t->net == NULL || !net_listen(t->net, &client, &client_port, err) ||
        !net_listen(t->net, &mesh, &mesh_port, err) || !net_start(t->net, err))
        return false;
    log_info(&t->log, "Starting the client API", LOG_TEXT("address", client.address),
             LOG_NUMBER("port", client_port));
    log_info(&t->log, "Starting the Marble API", LOG_TEXT("address", mesh.address),
             LOG_NUMBER("port", mesh_port));
    return true;
}

/* ---- life ---- */

static void warn_about_simulation(const struct tawd *t)
{
    log_warn(&t->log,
             "SIMULATION MODE: no TEE protects this Coordinator. Never use it for real secrets",
             LOG_TEXT("platform_key", t->options.platform_key));
}

static unsigned thread_count(const struct options *o)
{
    const long cores = sysconf(_SC_NPROCESSORS_ONLN);

    return o->threads > 0 ? o->threads : cores > 0 ? (unsigned)cores : 1;
}

/* Marbles have threads of their own: a cluster that starts does not hold up the holders of recovery keys. */
static void start_apis(struct tawd *t, unsigned threads)
{
    t->pool = pool_new(POOL_THREADS);
    pool_set_limit(t->pool, POOL_WAITING);
    t->api = api_new(t->core, t->pool);
    t->marble_pool = pool_new(threads < MOST_POOL_THREADS ? threads : MOST_POOL_THREADS);
    pool_set_limit(t->marble_pool, MARBLES_WAITING);
    t->marble_api = marble_api_new(t->core, t->marble_pool);
    if (t->monitoring == NULL)
        return;
    const struct monitored_pool pools[] = { { "client", t->pool }, { "marbles", t->marble_pool } };
    api_measure(t->api, monitoring_metrics(t->monitoring));
    marble_api_measure(t->marble_api, monitoring_metrics(t->monitoring),
                       monitoring_events(t->monitoring));
    monitoring_add_pools(t->monitoring, pools);
}

static enum exit_status start(struct tawd *t)
{
    const unsigned threads = thread_count(&t->options);
    struct err err = { 0 };

    if (!p384_accelerate(&err))
        return report(&t->log, "Cannot start", &err, EXIT_UNEXPECTED);

    if (!platform_find(&t->platform, &t->options, issuer_system_real(), &err))
        return report(&t->log, "Cannot start", &err,
                      err.kind == FAIL_MALFORMED ? EXIT_USAGE : EXIT_SURROUNDINGS);
    if (t->platform.issuer != NULL)
        t->env = world_in_tee(&t->log, t->platform.issuer);
    else
        warn_about_simulation(t);
    if (!file_make_directories(t->env.files, t->options.seal_directory, &err))
        return report(&t->log, "Cannot create or access sealdir", &err, EXIT_SURROUNDINGS);
    if (t->options.prometheus_address[0] != '\0')
        t->monitoring = monitoring_new(&t->env);
    if (!platform_open(&t->platform, &t->options, &t->env, monitoring_metrics(t->monitoring), &err))
        return report(&t->log, "Cannot use this platform", &err, EXIT_SURROUNDINGS);
    if (!open_core(t, &err))
        return report(&t->log, "Cannot create Coordinator core", &err, exit_status_of(err.kind));
    if (t->options.startup_manifest != NULL && !set_startup_manifest(t, &err))
        return report(&t->log, "Cannot set the startup manifest", &err, EXIT_MANIFEST);
    start_apis(t, threads);
    if (!listen_on_all(t, threads, &err))
        return report(&t->log, "Cannot listen", &err, exit_status_of(err.kind));
    if (t->monitoring != NULL && !monitoring_listen(t->monitoring, t->options.prometheus_address,
                                                    t->core, t->options.stuck_after_ms, &err))
        return report(&t->log, "Cannot listen", &err, exit_status_of(err.kind));
    return EXIT_AS_ASKED;
}

/* The sooner of watchdog and collateral. */
static int64_t wake_after_ms(int64_t scan_at)
{
    const int64_t watchdog_ms = notify_watchdog_ms();
    const int64_t left = scan_at - clock_ms(CLOCK_MONOTONIC);
    const int64_t scan_ms = left > 0 ? left : 0;

    return watchdog_ms > 0 && watchdog_ms < scan_ms ? watchdog_ms : scan_ms;
}

/* Until SIGTERM or SIGINT; tells the watchdog in between, and looks for new collateral, at once after SIGHUP. The
 * signals are blocked in all threads. */
static void wait_for_signal(struct tawd *t, const sigset_t *signals)
{
    int64_t scan_at = clock_ms(CLOCK_MONOTONIC) + t->options.collateral_interval_ms;

    notify_send("READY=1");
    for (;;) {
        const int64_t wait_ms = wake_after_ms(scan_at);
        const struct timespec interval = { wait_ms / 1000, (wait_ms % 1000) * 1000000 };
        const int got = sigtimedwait(signals, NULL, &interval);
        if (got == SIGTERM || got == SIGINT)
            break;
        if (notify_watchdog_ms() > 0)
            notify_send("WATCHDOG=1");
        if (got != SIGHUP && clock_ms(CLOCK_MONOTONIC) < scan_at)
            continue;
        platform_scan(&t->platform);
        scan_at = clock_ms(CLOCK_MONOTONIC) + t->options.collateral_interval_ms;
    }
    notify_send("STOPPING=1");
}

/* The monitoring port is there until nothing is in flight any more; it looks at what is freed after it. */
static void stop(struct tawd *t)
{
    monitoring_stopping(t->monitoring);
    if (t->net != NULL && !net_drain(t->net, t->options.drain_timeout_ms))
        log_warn(&t->log, "Some requests were not finished in time");
    monitoring_close(t->monitoring);
    /* They finish their tasks, whose answers still find the connections. */
    pool_free(t->pool);
    pool_free(t->marble_pool);
    net_free(t->net);
    /* It finishes its commits; their answers find no connection any more, but they are counted. */
    core_free(t->core);
    api_free(t->api);
    marble_api_free(t->marble_api);
    monitoring_free(t->monitoring);
    platform_close(&t->platform);
}

static enum exit_status run(struct tawd *t)
{
    sigset_t signals;

    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigaddset(&signals, SIGINT);
    (void)sigaddset(&signals, SIGHUP);
    (void)sigprocmask(SIG_BLOCK, &signals, NULL);
    const enum exit_status status = start(t);
    if (status == EXIT_AS_ASKED) {
        wait_for_signal(t, &signals);
        log_info(&t->log, "Stopping");
    }
    stop(t);
    return status;
}

int main(int argc, char **argv)
{
    struct tawd t = { .log = { STDERR_FILENO, LOG_INFO, false } };
    struct err err = { 0 };
    enum exit_status status = EXIT_AS_ASKED;

    prepare_process();
    if (!options_read(argc, argv, &t.options, &err)) {
        status = report(&t.log, "Wrong arguments", &err, EXIT_USAGE);
    } else if (t.options.help) {
        options_help(stdout);
    } else if (t.options.version) {
        (void)printf("tawd %s\n", TAW_VERSION);
    } else {
        t.log.level = t.options.debug ? LOG_DEBUG : LOG_INFO;
        t.log.human = t.options.dev_mode || isatty(STDERR_FILENO);
        t.env = world_simulated(&t.log);
        status = run(&t);
    }
    options_clear(&t.options);
    return (int)status;
}
