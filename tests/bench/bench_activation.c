/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Activation of Marbles: what it costs the server, how many there are in a second, and how long each takes.
 *
 *     bench_activation TAWD DIRECTORY            rows of the table in docs/benchmarks.md
 *     bench_activation TAWD DIRECTORY ACTIVATIONS
 *
 * The second form looks at memory alone, after so many activations against after 1,000, and fails
 * when it has grown. DIRECTORY is there and on a real disk.
 */
#include "cores.h"
#include "daemon.h"
#include "figures.h"
#include "marble.h"

#include "crypto/p384_accel.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum {
    TURNS = 6,     /* of each of what is compared; the best counts */
    IN_TURN = 150, /* activations, one at a time */
    AT_ONCE = 16,
    RUN_AT_ONCE = 2000, /* activations in a run of AT_ONCE clients */
    UNUSED = 2000,      /* secrets and Marbles of the large manifest */
    WARM_UP = 50,
    MEMORY_FIRST = 1000, /* activations before memory is looked at for the first time */
    MEMORY_COUNT = 5000, /* and in all, unless an argument says how many */
};
static const double CPU_AIM_US = 2400, LARGE_AIM = 1.1, CORES_AIM = 1.8;
/* What allocators may keep; 10 bytes that are lost each time would be as much after 100,000. */
static const double MEMORY_AIM_MIB = 1;

#define MACHINE "machine.key"
#define UUID "6ba7b810-9dad-11d1-80b4-00c04fd430c8"

/* ---- manifests ---- */

static void add_unused(struct buf *out, size_t count)
{
    static const char *const kinds[] = { "\"Type\":\"symmetric-key\",\"Size\":256,\"Shared\":true",
                                         "\"Type\":\"symmetric-key\",\"Size\":256",
                                         "\"Type\":\"cert-ecdsa\",\"Size\":256",
                                         "\"Type\":\"plain\",\"UserDefined\":true" };

    for (size_t i = 0; i < count; i++)
        buf_add_format(out, ",\"s%05zu\":{%s}", i, kinds[i % COUNT_OF(kinds)]);
}

static void add_marble(struct buf *out, const char *name, const char *more)
{
    buf_add_format(out,
                   "\"%s\":{\"Package\":\"p\",%s\"Parameters\":{\"Argv\":[\"./app\"],\"Files\":{"
                   "\"/run/disk.key\":\"{{ hex .Secrets.disk }}\","
                   "\"/run/ca.pem\":\"{{ pem .MarbleRun.RootCA.Cert }}\"},"
                   "\"Env\":{\"TOKEN\":\"{{ base64 .Secrets.token }}\"}}}",
                   name, more);
}

/* "m" without a budget, "limited" with one, and so many secrets and Marbles that nobody asks for. */
static void make_manifest(struct buf *out, size_t unused)
{
    buf_add_format(out,
                   "{\"Packages\":{\"p\":{\"UniqueID\":\"%064d\",\"Debug\":false}},"
                   "\"Marbles\":{",
                   1);
    add_marble(out, "m", "");
    buf_add_string(out, ",");
    add_marble(out, "limited", "\"MaxActivations\":1000000000,");
    for (size_t i = 0; i < unused; i++) {
        auto_string *name = mem_printf(",\"m%05zu", i);
        buf_add_format(out,
                       "%s\":{\"Package\":\"p\",\"Parameters\":{\"Env\":{\"SECRET\":"
                       "\"{{ hex .Secrets.s%05zu }}\"}}}",
                       name, i - i % 4);
    }
    buf_add_string(out, "},\"Secrets\":{\"disk\":{\"Type\":\"symmetric-key\",\"Size\":256},"
                        "\"token\":{\"Type\":\"symmetric-key\",\"Size\":128,\"Shared\":true}");
    add_unused(out, unused);
    buf_add_string(out, "}}");
}

static void start(const struct surroundings *s, const char *state, size_t unused,
                  struct daemon *daemon)
{
    auto_buf manifest = { 0 };
    struct client client;
    struct bytes body;

    make_manifest(&manifest, unused);
    daemon_start(s, state, MACHINE, daemon);
    if (daemon_first_answer(s, daemon, &client) == PHASE_ACCEPTING_MANIFEST &&
        client_post(&client, "/manifest", buf_bytes(&manifest), &body) != 200)
        die("manifest refused: %.*s", BYTES_FMT(body));
    client_close(&client);
}

/* ---- runs ---- */

/* So many activations by so many clients at once. */
struct run {
    const struct marble *marble;
    uint16_t port;
    size_t count;
    atomic_size_t next;
    double *latencies_us; /* of `count` */
};

static void *work(void *arg)
{
    struct run *const run = arg;

    for (;;) {
        const size_t number = atomic_fetch_add(&run->next, 1);
        if (number >= run->count)
            return NULL;
        const double begin = now_us();
        marble_activate(run->marble, run->port);
        run->latencies_us[number] = now_us() - begin;
    }
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

struct outcome {
    double cpu_us;           /* of the server, for each */
    double rate;             /* in a second */
    double half_us, most_us; /* latency: p50, p99 */
};

static struct outcome activate(const struct daemon *daemon, const struct marble *marble,
                               size_t count, size_t clients)
{
    struct run run = { .marble = marble, .port = daemon->mesh_port, .count = count };
    pthread_t threads[AT_ONCE];

    run.latencies_us = mem_zero_alloc(count, sizeof run.latencies_us[0]);
    const double cpu = daemon_cpu_us(daemon), begin = now_us();
    for (size_t i = 0; i < clients; i++) {
        if (pthread_create(&threads[i], NULL, work, &run) != 0)
            die("no thread");
    }
    for (size_t i = 0; i < clients; i++)
        (void)pthread_join(threads[i], NULL);
    const double took = now_us() - begin;
    qsort(run.latencies_us, count, sizeof run.latencies_us[0], compare);
    const struct outcome o = { (daemon_cpu_us(daemon) - cpu) / (double)count,
                               (double)count / took * 1e6, run.latencies_us[count / 2],
                               run.latencies_us[count - 1 - count / 100] };
    free(run.latencies_us);
    return o;
}

/* The best of each. */
static struct outcome best_of(struct outcome a, struct outcome b)
{
    return (struct outcome){ a.cpu_us < b.cpu_us ? a.cpu_us : b.cpu_us,
                             a.rate > b.rate ? a.rate : b.rate,
                             a.half_us < b.half_us ? a.half_us : b.half_us,
                             a.most_us < b.most_us ? a.most_us : b.most_us };
}

static void print_latency(const char *what, const struct outcome *o)
{
    auto_string *figure =
        mem_printf("%.0f; %.2f ms, %.2f ms", o->rate, o->half_us / 1e3, o->most_us / 1e3);

    print_row(what, figure);
}

/* ---- one manifest against a large one ---- */

static void print_cost(const struct outcome *small, const struct outcome *large,
                       const struct outcome *limited)
{
    auto_string *cost = mem_printf("%.2f ms", small->cpu_us / 1e3);
    auto_string *ratio =
        mem_printf("%.2f ms (%.2f ×)", large->cpu_us / 1e3, large->cpu_us / small->cpu_us);
    auto_string *counted =
        mem_printf("%.2f ms (%.2f ×)", limited->cpu_us / 1e3, limited->cpu_us / small->cpu_us);

    print_row_with_aim(
        "processor time of the server for an activation on a fresh connection, one at a time", cost,
        "2.4 ms", small->cpu_us <= CPU_AIM_US);
    print_row_with_aim("the same with 2,000 unused secrets and Marbles in the manifest", ratio,
                       "1.1 ×", large->cpu_us <= LARGE_AIM * small->cpu_us);
    print_row("the same with a budget, counted on the disk", counted);
}

static void compare_manifests(const struct surroundings *s, const struct marble *marble,
                              const struct marble *limited)
{
    const struct outcome worst = { 1e12, 0, 1e12, 1e12 };
    struct outcome one[3] = { worst, worst, worst }, many[3] = { worst, worst, worst };
    struct daemon small, large;

    start(s, "activation-small", 0, &small);
    start(s, "activation-large", UNUSED, &large);
    const struct {
        const struct daemon *daemon;
        const struct marble *marble;
    } of[3] = { { &small, marble }, { &large, marble }, { &small, limited } };
    for (size_t i = 0; i < COUNT_OF(of); i++)
        (void)activate(of[i].daemon, of[i].marble, WARM_UP, 1);
    for (int turn = 0; turn < TURNS; turn++) {
        for (size_t i = 0; i < COUNT_OF(of); i++)
            one[i] = best_of(one[i], activate(of[i].daemon, of[i].marble, IN_TURN, 1));
    }
    for (size_t i = 0; i < COUNT_OF(of); i++)
        many[i] = activate(of[i].daemon, of[i].marble, RUN_AT_ONCE, AT_ONCE);
    print_cost(&one[0], &one[1], &one[2]);
    print_latency("activations per second, one at a time; latency p50, p99", &one[0]);
    print_latency("the same, 16 at a time", &many[0]);
    print_latency("one at a time, large manifest", &one[1]);
    print_latency("16 at a time, large manifest", &many[1]);
    print_latency("one at a time, with a budget", &one[2]);
    print_latency("16 at a time, with a budget", &many[2]);
    daemon_stop(&small);
    daemon_stop(&large);
}

/* ---- one core against two ---- */

static double rate_on(const struct surroundings *s, const struct marble *marble,
                      const cpu_set_t *cores, unsigned threads)
{
    struct surroundings with = *s;
    struct daemon daemon;

    cores_use(cores);
    with.threads = threads;
    start(&with, "activation-small", 0, &daemon);
    (void)activate(&daemon, marble, WARM_UP, AT_ONCE);
    struct outcome o = activate(&daemon, marble, RUN_AT_ONCE / 2, AT_ONCE);
    o = best_of(o, activate(&daemon, marble, RUN_AT_ONCE / 2, AT_ONCE));
    daemon_stop(&daemon);
    return o.rate;
}

/* Clients and server together have one core, and then two: what they share of the work stays the same. */
static void compare_cores(const struct surroundings *s, const struct marble *marble)
{
    const cpu_set_t all = cores_all();

    if (CPU_COUNT(&all) < 2)
        return;
    const cpu_set_t one_core = cores_first(&all, 1), two_cores = cores_first(&all, 2);
    const double one = rate_on(s, marble, &one_core, 1), two = rate_on(s, marble, &two_cores, 2);
    cores_use(&all);
    auto_string *figure = mem_printf("%.0f, %.0f (%.2f ×)", one, two, two / one);
    print_row_with_aim(
        "activations per second, 16 at a time: clients and server on one core, on two", figure,
        "2 × (from 1.8 on)", two >= CORES_AIM * one);
}

/* ---- memory ---- */

static bool measure_memory(const struct surroundings *s, const struct marble *marble,
                           const struct marble *limited, size_t count)
{
    struct daemon daemon;

    start(s, "activation-memory", 0, &daemon);
    (void)activate(&daemon, marble, MEMORY_FIRST / 2, AT_ONCE);
    (void)activate(&daemon, limited, MEMORY_FIRST / 2, AT_ONCE);
    const double first = daemon_memory_mib(&daemon, "RssAnon:");
    (void)activate(&daemon, marble, (count - MEMORY_FIRST) / 2, AT_ONCE);
    (void)activate(&daemon, limited, (count - MEMORY_FIRST) / 2, AT_ONCE);
    const double then = daemon_memory_mib(&daemon, "RssAnon:");
    daemon_stop(&daemon);
    auto_string *what = mem_printf("private memory after 1,000 activations, after %zu", count);
    auto_string *figure = mem_printf("%.1f MiB, %.1f MiB", first, then);
    print_row_with_aim(what, figure, "the same (to 1 MiB)", then <= first + MEMORY_AIM_MIB);
    return then <= first + MEMORY_AIM_MIB;
}

int main(int argc, char **argv)
{
    const size_t count = argc == 4 ? strtoul(argv[3], NULL, 10) : MEMORY_COUNT;
    struct marble marble, limited;
    struct err err = { 0 };

    if (argc < 3 || argc > 4 || count < 2 * MEMORY_FIRST)
        die("usage: bench_activation TAWD DIRECTORY [ACTIVATIONS]");
    /* The clients', so that they take less of the machine; tawd has its own. */
    if (!p384_accelerate(&err))
        die_of("P-384", &err);
    const struct surroundings s = { argv[1], argv[2], client_context(), 0 };
    marble_make("m", UUID, &marble);
    marble_make("limited", UUID, &limited);
    if (argc == 3) {
        compare_manifests(&s, &marble, &limited);
        compare_cores(&s, &marble);
    }
    const bool good = measure_memory(&s, &marble, &limited, count);
    marble_clear(&marble);
    marble_clear(&limited);
    SSL_CTX_free(s.context);
    return argc == 3 || good ? 0 : 1;
}
