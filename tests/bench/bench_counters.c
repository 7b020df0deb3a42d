/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Durable steps of monotonic counters over HTTPS: each Marble raises a counter of its own and waits for the answer.
 *
 *     bench_counters TAWD DIRECTORY
 *
 * DIRECTORY is there and on a real disk. Prints rows of the table in docs/benchmarks.md.
 */
#include "daemon.h"
#include "figures.h"
#include "marble.h"

#include <pthread.h>

enum { TURNS = 10, CLIENTS = 16, REQUEST_MAX = 64 };
static const double RUN_US = 250e3;

#define PATH "/api/v2/monotonic-counter"
#define UUID "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
#define COUNTING "\"Config\":{\"FeatureGates\":[\"MonotonicCounter\"]},"

/* A Coordinator with counters, and a Marble that may raise them. */
struct side {
    const char *what;
    size_t secrets;
    struct daemon daemon;
    SSL_CTX *context;
    uint64_t value; /* every counter is below it */
    struct samples one, many;
};

static void side_begin(const struct surroundings *s, const char *state, struct side *side)
{
    struct marble marble;

    daemon_make_state(s, state, "counters.key", side->secrets, COUNTING, NULL);
    daemon_run(s, state, "counters.key", &side->daemon);
    marble_make("m", UUID, &marble);
    side->context = client_context();
    marble_join(&marble, side->daemon.mesh_port, side->context);
    marble_clear(&marble);
}

static void side_end(struct side *side)
{
    daemon_stop(&side->daemon);
    SSL_CTX_free(side->context);
}

struct raiser {
    pthread_t thread;
    const struct side *side;
    struct client client;
    double until;
    unsigned number;
    uint64_t count; /* steps made */
};

static void *raise_steps(void *arg)
{
    struct raiser *const r = arg;
    struct bytes body;

    for (; now_us() < r->until; r->count++) {
        auto_buf content = { 0 };
        buf_reserve(&content, REQUEST_MAX);
        buf_add_format(&content, "{\"name\":\"%02u\",\"value\":%llu}", r->number,
                       (unsigned long long)(r->side->value + r->count));
        if (client_post(&r->client, PATH, buf_bytes(&content), &body) != 200)
            die("counter: %.*s", BYTES_FMT(body));
    }
    return NULL;
}

/* Steps a second of that many clients, which have their connections already. */
static double run(struct side *side, unsigned clients)
{
    struct raiser raisers[CLIENTS] = { 0 };
    uint64_t count = 0;

    for (unsigned i = 0; i < clients; i++)
        client_open(side->context, side->daemon.port, &raisers[i].client);
    const double begin = now_us();
    for (unsigned i = 0; i < clients; i++) {
        raisers[i].side = side;
        raisers[i].until = begin + RUN_US;
        raisers[i].number = i;
        if (pthread_create(&raisers[i].thread, NULL, raise_steps, &raisers[i]) != 0)
            die("a thread cannot be started");
    }
    for (unsigned i = 0; i < clients; i++) {
        (void)pthread_join(raisers[i].thread, NULL);
        count += raisers[i].count;
    }
    const double rate = (double)count / (now_us() - begin) * 1e6;
    for (unsigned i = 0; i < clients; i++)
        client_close(&raisers[i].client);
    side->value += count;
    return rate;
}

static void print(const struct side *side)
{
    auto_string *one_row =
        mem_printf("counter steps per second over HTTPS, one client, %s", side->what);
    auto_string *one = mem_printf("%.0f", samples_most(&side->one));
    auto_string *many_row =
        mem_printf("counter steps per second over HTTPS, %d clients, %s", CLIENTS, side->what);
    auto_string *many = mem_printf("%.0f (%.1f × one client)", samples_most(&side->many),
                                   samples_most(&side->many) / samples_most(&side->one));

    print_row(one_row, one);
    print_row(many_row, many);
}

/* What a counter costs must not grow with the state. */
static void compare(const struct side *small, const struct side *large)
{
    auto_string *ratio =
        mem_printf("%.2f, %.2f", samples_most(&large->one) / samples_most(&small->one),
                   samples_most(&large->many) / samples_most(&small->many));

    print_row("the same: 2.5 MB state / 5 kB state, one client, 16 clients", ratio);
}

int main(int argc, char **argv)
{
    struct side small = { .what = "5 kB state", .secrets = SECRETS_5_KB, .value = 1 };
    struct side large = { .what = "2.5 MB state", .secrets = SECRETS_2_5_MB, .value = 1 };
    struct surroundings s = { .context = client_context() };

    if (argc != 3)
        die("usage: bench_counters TAWD DIRECTORY");
    s.program = argv[1];
    s.directory = argv[2];
    side_begin(&s, "counters-small", &small);
    side_begin(&s, "counters-large", &large);
    for (int i = 0; i < TURNS; i++) {
        samples_add(&small.one, run(&small, 1));
        samples_add(&large.one, run(&large, 1));
        samples_add(&small.many, run(&small, CLIENTS));
        samples_add(&large.many, run(&large, CLIENTS));
    }
    side_end(&small);
    side_end(&large);
    SSL_CTX_free(s.context);
    print(&small);
    print(&large);
    compare(&small, &large);
    return 0;
}
