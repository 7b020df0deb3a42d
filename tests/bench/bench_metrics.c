/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What counting costs: the cheapest request there is, GET /status, through the handler of the client API with a
 * registry and without. Network, TLS and HTTP are left out, so this is the most that it can be.
 *
 *     bench_metrics DIRECTORY
 *
 * DIRECTORY is there. Prints rows as the other benchmarks do; the page of figures does not have them.
 */
#include "api/api.h"
#include "crypto/hash.h"
#include "figures.h"

#include <stdio.h>
#include <unistd.h>

enum { ROUNDS = 101, REQUESTS = 2000 };

static bool no_quote(void *ctx, const uint8_t report_data[static 64], struct buf *quote,
                     struct err *err)
{
    (void)ctx, (void)report_data, (void)quote, (void)err;
    return true;
}

static const char *no_variable(void *ctx, const char *name)
{
    (void)ctx, (void)name;
    return NULL;
}

/* A client API over a fresh state. */
struct side {
    struct sealing *sealing;
    struct core *core;
    struct pool *pool;
    struct api *api;
};

static void side_begin(struct side *s, const struct env *env, const char *directory,
                       const char *name, struct metrics *metrics)
{
    const struct bytes host = BYTES_LITERAL("localhost");
    auto_string *state = mem_printf("%s/%s", directory, name);
    auto_string *key = mem_printf("%s/%s.key", directory, name);
    struct err err = { 0 };

    s->sealing = sealing_open_file(env, key, &err);
    if (s->sealing == NULL)
        die_of("a platform key", &err);
    const struct core_config config = { .env = env,
                                        .seal_directory = state,
                                        .names = &host,
                                        .name_count = 1,
                                        .sealing = s->sealing,
                                        .variable = no_variable,
                                        .metrics = metrics };
    s->core = core_open(&config, &err);
    if (s->core == NULL)
        die_of("a state", &err);
    s->pool = pool_new(1);
    s->api = api_new(s->core, s->pool);
    if (metrics != NULL)
        api_measure(s->api, metrics);
}

static void side_end(struct side *s)
{
    pool_free(s->pool);
    api_free(s->api);
    core_free(s->core);
    sealing_free(s->sealing);
}

static void drop(void *token, struct http_response *response)
{
    if (response->status != 200)
        die("status %d", response->status);
    *(size_t *)token += response->body.len;
    http_response_clear(response);
}

/* Nanoseconds for one request. */
static double run(const struct side *s)
{
    size_t bytes = 0;
    const double begin = now_us();

    for (unsigned i = 0; i < REQUESTS; i++) {
        struct http_request request = { .method = mem_string("GET"),
                                        .path = mem_string("/status"),
                                        .query = mem_string("") };
        api_handle(s->api, &request, drop, &bytes);
    }
    if (bytes == 0)
        die("no answers");
    return (now_us() - begin) * 1000 / REQUESTS;
}

int main(int argc, char **argv)
{
    const struct log log = { STDERR_FILENO, LOG_ERROR, true };
    const struct env env = { .now_ms = env_now_ms,
                             .random = env_random,
                             .issue_quote = no_quote,
                             .files = &files_posix,
                             .log = &log };
    struct metrics *const metrics = metrics_new();
    struct samples with = { 0 }, without = { 0 }, ratio = { 0 };
    struct side counted, uncounted;
    char figure[80];

    if (argc != 2)
        die("usage: bench_metrics DIRECTORY");
    side_begin(&counted, &env, argv[1], "counted", metrics);
    side_begin(&uncounted, &env, argv[1], "uncounted", NULL);
    for (unsigned i = 0; i < ROUNDS; i++) {
        const double a = run(&counted), b = run(&uncounted);
        samples_add(&with, a);
        samples_add(&without, b);
        samples_add(&ratio, a / b);
    }
    (void)snprintf(figure, sizeof figure, "%.2f (%.0f ns and %.0f ns)", samples_median(&ratio),
                   samples_median(&with), samples_median(&without));
    print_row("`GET /status` in its handler: counted, as a multiple of uncounted", figure);
    side_end(&counted);
    side_end(&uncounted);
    metrics_free(metrics);
    return 0;
}
