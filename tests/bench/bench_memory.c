/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Resident memory, idle and with many connections.
 *
 *     bench_memory TAWD DIRECTORY
 *
 * DIRECTORY is there and on a real disk. Prints rows of the table in docs/benchmarks.md.
 */
#include "daemon.h"
#include "figures.h"

#include <stdlib.h>
#include <sys/resource.h>

enum { IDLE_CONNECTIONS = 1000 };
static const double AIM_MIB = 8;

#define MACHINE "machine.key"
#define SMALL_STATE "memory-small"
#define LARGE_STATE "memory-large"

static void print_memory(const struct daemon *daemon, const char *what, bool has_aim)
{
    const double resident = daemon_memory_mib(daemon, "VmRSS:");
    auto_string *row = mem_printf("resident memory, %s (of it private)", what);
    auto_string *figure =
        mem_printf("%.1f MiB (%.1f MiB)", resident, daemon_memory_mib(daemon, "RssAnon:"));

    if (has_aim)
        print_row_with_aim(row, figure, "8 MiB", resident <= AIM_MIB);
    else
        print_row(row, figure);
}

static void fill_with_connections(const struct surroundings *s, const struct daemon *daemon)
{
    struct client *const clients = mem_zero_alloc(IDLE_CONNECTIONS, sizeof clients[0]);
    const double before = daemon_memory_mib(daemon, "RssAnon:");

    for (int i = 0; i < IDLE_CONNECTIONS; i++) {
        client_open(s->context, daemon->port, &clients[i]);
        (void)client_status(&clients[i]);
    }
    print_memory(daemon, "1,000 idle TLS connections, each after one request", false);
    auto_string *each = mem_printf("%.1f KiB", (daemon_memory_mib(daemon, "RssAnon:") - before) *
                                                   1024 / (double)IDLE_CONNECTIONS);
    print_row("memory for each of these connections", each);
    for (int i = 0; i < IDLE_CONNECTIONS; i++)
        client_close(&clients[i]);
    free(clients);
}

static void fill_memory(const struct surroundings *s)
{
    struct daemon daemon;

    daemon_run(s, SMALL_STATE, MACHINE, &daemon);
    print_memory(&daemon, "idle, 5 kB state", true);
    fill_with_connections(s, &daemon);
    daemon_stop(&daemon);
    daemon_run(s, LARGE_STATE, MACHINE, &daemon);
    print_memory(&daemon, "idle, 2.5 MB state", false);
    daemon_stop(&daemon);
}

static void allow_descriptors(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_max < 2 * IDLE_CONNECTIONS)
        die("the limit of open files is too low for %d connections", IDLE_CONNECTIONS);
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

int main(int argc, char **argv)
{
    if (argc != 3)
        die("usage: bench_memory TAWD DIRECTORY");
    const struct surroundings s = { argv[1], argv[2], client_context() };

    allow_descriptors();
    daemon_make_state(&s, SMALL_STATE, MACHINE, SECRETS_5_KB, "", NULL);
    daemon_make_state(&s, LARGE_STATE, MACHINE, SECRETS_2_5_MB, "", NULL);
    fill_memory(&s);
    SSL_CTX_free(s.context);
    return 0;
}
