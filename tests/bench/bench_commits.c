/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commits through the one writer and the sealed log, beside a bare loop that appends as many bytes to
 * a file and waits for the disk.
 *
 *     bench_commits DIRECTORY
 *
 * DIRECTORY is there and on a real disk. Prints rows of the table in docs/benchmarks.md.
 */
#include "core/core.h"
#include "crypto/hash.h"
#include "figures.h"
#include "state/names.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 100, CLIENTS = 16, BARE_LEN = 150 /* bytes, about what a record takes */ };
static const double RUN_US = 25e3;
static const double ONE_AIM = 0.6, MANY_AIM = 4;
/* A one-writer figure that moves by less than this with the size of the state does not depend on it. */
static const double SAME = 0.9;

/* ---- a Coordinator without its network ---- */

static int64_t real_now_ms(void *ctx)
{
    struct timespec now;

    (void)ctx;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

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

static struct core *core_with_secrets(const struct env *env, struct sealing *sealing,
                                      const char *directory, size_t secrets)
{
    const struct bytes name = BYTES_LITERAL("localhost");
    const struct core_config config = {
        .env = env,
        .seal_directory = directory,
        .sealing = sealing,
        .names = &name,
        .name_count = 1,
        .variable = no_variable,
    };
    auto_buf manifest = { 0 };
    struct manifest_reply reply = { 0 };
    struct err err = { 0 };
    struct core *const core = core_open(&config, &err);

    manifest_with_secrets(&manifest, secrets, "");
    if (core == NULL || !core_set_manifest(core, buf_bytes(&manifest), &reply, &err))
        die_of("making a state", &err);
    manifest_reply_clear(&reply);
    return core;
}

/* ---- one run ---- */

/* Appends to a file and waits, over and over. Rounds a second. */
static double run_bare(int fd)
{
    uint8_t record[BARE_LEN];
    const double begin = now_us();
    size_t count = 0;

    memset(record, 0x5a, sizeof record);
    for (; now_us() - begin < RUN_US; count++) {
        if (write(fd, record, sizeof record) != (ssize_t)sizeof record || fdatasync(fd) != 0)
            die("the bare loop: %s", strerror(errno));
    }
    return (double)count / (now_us() - begin) * 1e6;
}

struct submitter {
    struct writer *writer;
    double until;
    unsigned number;
    size_t count; /* of its commits */
};

static bool decide(void *arg, const struct snapshot *now, struct decision *decision,
                   struct err *err)
{
    const struct submitter *const s = arg;
    char name[16], value[24];

    (void)now, (void)err;
    (void)snprintf(name, sizeof name, "marble-%02u", s->number);
    (void)snprintf(value, sizeof value, "%zu", s->count);
    change_put_named(&decision->change, PREFIX_ACTIVATIONS, bytes_of_string(name),
                     bytes_of_string(value));
    return true;
}

static void *submit(void *arg)
{
    struct submitter *const s = arg;
    struct err err = { 0 };

    for (; now_us() < s->until; s->count++) {
        if (!writer_commit(s->writer, decide, s, &err))
            die_of("commit", &err);
    }
    return NULL;
}

/* Commits a second of that many clients, each of which waits for its own. */
static double run_writer(struct core *core, unsigned clients)
{
    struct submitter submitters[CLIENTS];
    pthread_t threads[CLIENTS];
    const double begin = now_us();
    size_t count = 0;

    for (unsigned i = 0; i < clients; i++) {
        submitters[i] = (struct submitter){ core_writer(core), begin + RUN_US, i, 0 };
        if (pthread_create(&threads[i], NULL, submit, &submitters[i]) != 0)
            die("a thread cannot be started");
    }
    for (unsigned i = 0; i < clients; i++) {
        (void)pthread_join(threads[i], NULL);
        count += submitters[i].count;
    }
    return (double)count / (now_us() - begin) * 1e6;
}

/* ---- the whole ---- */

struct figures {
    struct samples bare, one_small, one_large, many_small, many_large;
};

static void measure(const char *directory, struct figures *f)
{
    const struct log log = { STDERR_FILENO, LOG_WARN, false };
    const struct env env = { NULL, real_now_ms, env_random, no_quote, &files_posix, &log };
    auto_string *key = mem_printf("%s/commits.key", directory);
    auto_string *small_directory = mem_printf("%s/commits-small", directory);
    auto_string *large_directory = mem_printf("%s/commits-large", directory);
    auto_string *bare_path = mem_printf("%s/bare", directory);
    struct err err = { 0 };
    const int bare = open(bare_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    auto_sealing *sealing = sealing_open_file(&env, key, &err);

    if (sealing == NULL || bare < 0)
        die_of("surroundings", &err);
    struct core *const small = core_with_secrets(&env, sealing, small_directory, SECRETS_5_KB);
    struct core *const large = core_with_secrets(&env, sealing, large_directory, SECRETS_2_5_MB);
    for (int i = 0; i < ROUNDS; i++) {
        samples_add(&f->bare, run_bare(bare));
        samples_add(&f->one_small, run_writer(small, 1));
        samples_add(&f->one_large, run_writer(large, 1));
        samples_add(&f->many_small, run_writer(small, CLIENTS));
        samples_add(&f->many_large, run_writer(large, CLIENTS));
    }
    core_free(small);
    core_free(large);
    (void)close(bare);
}

static void print_one(const struct figures *f, const char *what, const struct samples *commits)
{
    const double ratio = samples_most(commits) / samples_most(&f->bare);
    auto_string *row = mem_printf("commits per second, one client, %s", what);
    auto_string *figure = mem_printf("%.0f (%.2f × bare)", samples_most(commits), ratio);

    print_row_with_aim(row, figure, "0.6 × bare", ratio >= ONE_AIM);
}

static void print_many(const char *what, const struct samples *many, const struct samples *one)
{
    const double ratio = samples_most(many) / samples_most(one);
    auto_string *row = mem_printf("commits per second, %d clients, %s", CLIENTS, what);
    auto_string *figure = mem_printf("%.0f (%.1f × one client)", samples_most(many), ratio);

    print_row_with_aim(row, figure, "4 × one client", ratio >= MANY_AIM);
}

static void print(const struct figures *f)
{
    const double same = samples_most(&f->one_large) / samples_most(&f->one_small);
    auto_string *bare = mem_printf("%.0f", samples_most(&f->bare));
    auto_string *ratio = mem_printf("%.2f", same);

    print_row("bare loop: append 150 bytes, `fdatasync`, per second", bare);
    print_one(f, "5 kB state", &f->one_small);
    print_one(f, "2.5 MB state", &f->one_large);
    print_row_with_aim("one client: 2.5 MB state / 5 kB state", ratio, "1 (from 0.9 on)",
                       same >= SAME);
    print_many("5 kB state", &f->many_small, &f->one_small);
    print_many("2.5 MB state", &f->many_large, &f->one_large);
}

int main(int argc, char **argv)
{
    struct figures figures = { 0 };

    if (argc != 2)
        die("usage: bench_commits DIRECTORY");
    measure(argv[1], &figures);
    print(&figures);
    return 0;
}
