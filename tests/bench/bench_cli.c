/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command line: from the start of the process to its end.
 *
 *     bench_cli TAW TAWD DIRECTORY
 *
 * `taw --help` needs no library for requests; `taw status` loads it and makes one. Prints rows of the table in
 * docs/benchmarks.md.
 */
#include "daemon.h"
#include "figures.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { RUNS = 40 };
static const double AIM_START_MS = 5;

extern char **environ;

static double time_run_ms(char *const *argv)
{
    posix_spawn_file_actions_t actions;
    pid_t pid = 0;
    int status = 0;

    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    (void)posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    const double begin = now_us();
    if (posix_spawn(&pid, argv[0], &actions, NULL, argv, environ) != 0 ||
        waitpid(pid, &status, 0) != pid || status != 0)
        die("%s %s does not end well", argv[0], argv[1]);
    const double took = now_us() - begin;
    (void)posix_spawn_file_actions_destroy(&actions);
    return took / 1000;
}

static void print_runs(const char *what, char *const *argv, const char *aim, double aim_ms)
{
    struct samples ms = { 0 };

    for (int i = 0; i < RUNS; i++)
        samples_add(&ms, time_run_ms(argv));
    const double median = samples_median(&ms);
    auto_string *row = mem_printf("%s (median of %d, least)", what, RUNS);
    auto_string *figure = mem_printf("%.1f ms, %.1f ms", median, samples_least(&ms));
    print_row_with_aim(row, figure, aim, median <= aim_ms);
}

/* A connection, its handshake, one request and its answer, from a process that has all it needs. */
static double round_trip_ms(const struct surroundings *s, const struct daemon *daemon)
{
    struct samples ms = { 0 };
    struct client client;

    for (int i = 0; i < RUNS; i++) {
        const double begin = now_us();
        client_open(s->context, daemon->port, &client);
        (void)client_status(&client);
        samples_add(&ms, (now_us() - begin) / 1000);
        client_close(&client);
    }
    return samples_median(&ms);
}

int main(int argc, char **argv)
{
    if (argc != 4)
        die("usage: bench_cli TAW TAWD DIRECTORY");
    const struct surroundings s = { argv[2], argv[3], client_context(), 0 };
    char *const help[] = { argv[1], (char *)(uintptr_t) "--help", NULL };
    struct daemon daemon;

    print_runs("`taw --help`", help, "5 ms", AIM_START_MS);
    daemon_run(&s, "cli", "cli.key", &daemon);
    auto_string *at = mem_printf("127.0.0.1:%u", daemon.port);
    char *const status[] = { argv[1], (char *)(uintptr_t) "status", (char *)(uintptr_t) "-i", at,
                             NULL };
    const double aim_ms = AIM_START_MS + round_trip_ms(&s, &daemon);
    auto_string *aim = mem_printf("%.1f ms: 5 ms and a request on a new connection", aim_ms);
    print_runs("`taw status`, Coordinator on the same machine", status, aim, aim_ms);
    daemon_stop(&daemon);
    SSL_CTX_free(s.context);
    return 0;
}
