/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Processor time of the server for requests and for connections.
 *
 *     bench_processor TAWD DIRECTORY
 *
 * DIRECTORY is there and on a real disk. Prints rows of the table in docs/benchmarks.md.
 */
#include "cores.h"
#include "daemon.h"
#include "figures.h"

#include <stdlib.h>

enum {
    REQUEST_RUNS = 5,
    REQUESTS = 10000, /* in a run */
    CONNECTION_RUNS = 5,
    CONNECTIONS = 100, /* in a run */
};
static const double REQUEST_AIM_US = 10;

#define MACHINE "machine.key"
#define SMALL_STATE "processor-small"

static double time_requests_us(const struct surroundings *s, const struct daemon *daemon)
{
    struct client client;

    client_open(s->context, daemon->port, &client);
    (void)client_status(&client);
    const double before = daemon_cpu_us(daemon);
    for (int i = 0; i < REQUESTS; i++)
        (void)client_status(&client);
    const double used = daemon_cpu_us(daemon) - before;
    client_close(&client);
    return used / (double)REQUESTS;
}

static double time_connections_us(const struct surroundings *s, const struct daemon *daemon)
{
    const double before = daemon_cpu_us(daemon);

    for (int i = 0; i < CONNECTIONS; i++) {
        struct client client;
        client_open(s->context, daemon->port, &client);
        (void)client_status(&client);
        client_close(&client);
    }
    return (daemon_cpu_us(daemon) - before) / (double)CONNECTIONS;
}

/* Least time for a request, and how much of all of it was the kernel's. */
static double measure_requests(const struct surroundings *s, double *kernel)
{
    struct samples request = { 0 };
    struct daemon daemon;

    daemon_run(s, SMALL_STATE, MACHINE, &daemon);
    for (int i = 0; i < REQUEST_RUNS; i++)
        samples_add(&request, time_requests_us(s, &daemon));
    *kernel = daemon_kernel_share(&daemon);
    daemon_stop(&daemon);
    return samples_least(&request);
}

static double measure_connections(const struct surroundings *s)
{
    struct samples connection = { 0 };
    struct daemon daemon;

    daemon_run(s, SMALL_STATE, MACHINE, &daemon);
    for (int i = 0; i < CONNECTION_RUNS; i++)
        samples_add(&connection, time_connections_us(s, &daemon));
    daemon_stop(&daemon);
    return samples_least(&connection);
}

static void print_requests(const struct surroundings *s)
{
    const cpu_set_t all = cores_all(), one = cores_first(&all, 1);
    double kernel = 0;

    cores_use(&one);
    const double busy = measure_requests(s, &kernel);
    auto_string *for_busy = mem_printf("%.1f µs (%.0f %% in the kernel)", busy, 100 * kernel);
    print_row_with_aim(
        "processor time for a status request on a kept connection, client on the same core",
        for_busy, "10 µs", busy <= REQUEST_AIM_US);
    cores_use(&all);
    const double idle = measure_requests(s, &kernel);
    auto_string *for_idle = mem_printf("%.1f µs (%.0f %% in the kernel)", idle, 100 * kernel);
    print_row("the same, client on any core: with the waking of an idle one", for_idle);
}

int main(int argc, char **argv)
{
    if (argc != 3)
        die("usage: bench_processor TAWD DIRECTORY");
    const struct surroundings s = { argv[1], argv[2], client_context() };

    daemon_make_state(&s, SMALL_STATE, MACHINE, SECRETS_5_KB, "", NULL);
    print_requests(&s);
    auto_string *for_connection = mem_printf("%.0f µs", measure_connections(&s));
    print_row("processor time for a new TLS connection with one request (P-384 signature)",
              for_connection);
    SSL_CTX_free(s.context);
    return 0;
}
