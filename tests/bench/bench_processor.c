/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Processor time of the server for requests and for connections.
 *
 *     bench_processor TAWD DIRECTORY
 *
 * DIRECTORY is there and on a real disk. Prints rows of the table in docs/benchmarks.md.
 */
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

static void measure(const struct surroundings *s)
{
    struct samples request = { 0 }, connection = { 0 };
    struct daemon daemon;

    daemon_run(s, SMALL_STATE, MACHINE, &daemon);
    for (int i = 0; i < REQUEST_RUNS; i++)
        samples_add(&request, time_requests_us(s, &daemon));
    const double kernel = daemon_kernel_share(&daemon);
    for (int i = 0; i < CONNECTION_RUNS; i++)
        samples_add(&connection, time_connections_us(s, &daemon));
    daemon_stop(&daemon);
    auto_string *for_request =
        mem_printf("%.1f µs (%.0f %% in the kernel)", samples_least(&request), 100 * kernel);
    auto_string *for_connection = mem_printf("%.0f µs", samples_least(&connection));
    print_row_with_aim("processor time for a status request on a kept connection", for_request,
                       "10 µs", samples_least(&request) <= REQUEST_AIM_US);
    print_row("processor time for a new TLS connection with one request (P-384 signature)",
              for_connection);
}

int main(int argc, char **argv)
{
    if (argc != 3)
        die("usage: bench_processor TAWD DIRECTORY");
    const struct surroundings s = { argv[1], argv[2], client_context() };

    daemon_make_state(&s, SMALL_STATE, MACHINE, SECRETS_5_KB, "", NULL);
    measure(&s);
    SSL_CTX_free(s.context);
    return 0;
}
