/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the start of the process to the first answer.
 *
 *     bench_start TAWD DIRECTORY
 *
 * DIRECTORY is there and on a real disk. Prints rows of the table in docs/benchmarks.md.
 */
#include "daemon.h"
#include "figures.h"

#include <stdlib.h>
#include <sys/prctl.h>

enum { STARTS = 20 };
static const double AIM_MS = 15;

#define MACHINE "machine.key"
#define SMALL_STATE "start-small"
#define LARGE_STATE "start-large"

static double time_start_ms(const struct surroundings *s, const char *state, const char *machine)
{
    struct daemon daemon;
    struct client client;
    const double begin = now_us();

    daemon_start(s, state, machine, &daemon);
    (void)daemon_first_answer(s, &daemon, &client);
    const double took = now_us() - begin;
    client_close(&client);
    daemon_stop(&daemon);
    return took / 1000;
}

static void print_start(const char *what, const struct samples *ms)
{
    auto_string *row = mem_printf("start to first answer, %s (median of %d, least)", what, STARTS);
    auto_string *figure = mem_printf("%.1f ms, %.1f ms", samples_median(ms), samples_least(ms));

    print_row_with_aim(row, figure, "15 ms", samples_median(ms) <= AIM_MS);
}

static void time_starts(const struct surroundings *s)
{
    struct samples fresh = { 0 }, small = { 0 }, large = { 0 };

    for (int i = 0; i < STARTS; i++) {
        auto_string *state = mem_printf("fresh-%d", i);
        auto_string *machine = mem_printf("fresh-%d.key", i);
        samples_add(&fresh, time_start_ms(s, state, machine));
        samples_add(&small, time_start_ms(s, SMALL_STATE, MACHINE));
        samples_add(&large, time_start_ms(s, LARGE_STATE, MACHINE));
    }
    print_start("empty directory, no platform key", &fresh);
    print_start("existing 5 kB state", &small);
    print_start("existing 2.5 MB state", &large);
}

int main(int argc, char **argv)
{
    if (argc != 3)
        die("usage: bench_start TAWD DIRECTORY");
    const struct surroundings s = { argv[1], argv[2], client_context() };

    (void)prctl(PR_SET_TIMERSLACK, 1);
    daemon_make_state(&s, SMALL_STATE, MACHINE, SECRETS_5_KB, "", NULL);
    daemon_make_state(&s, LARGE_STATE, MACHINE, SECRETS_2_5_MB, "", NULL);
    time_starts(&s);
    SSL_CTX_free(s.context);
    return 0;
}
