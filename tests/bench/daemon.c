/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon.h"

#include "figures.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/*
 * Below the ports that the kernel gives to clients: a client that tries to connect before there is a
 * server could otherwise be given that very port and be connected to itself.
 */
static uint16_t free_port(void)
{
    enum { FIRST = 20000, COUNT = 10000 };
    uint16_t random = 0;

    for (int tries = 0; tries < COUNT; tries++) {
        if (getrandom(&random, sizeof random, 0) != sizeof random)
            die("getrandom: %s", strerror(errno));
        const uint16_t port = (uint16_t)(FIRST + random % COUNT);
        const struct sockaddr_in at = { .sin_family = AF_INET,
                                        .sin_port = htons(port),
                                        .sin_addr = { htonl(INADDR_LOOPBACK) } };
        const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const bool is_free = bind(fd, (const struct sockaddr *)&at, sizeof at) == 0;
        (void)close(fd);
        if (is_free)
            return port;
    }
    die("no free port");
}

void daemon_start(const struct surroundings *s, const char *state, const char *machine,
                  struct daemon *daemon)
{
    daemon->port = free_port();
    do
        daemon->mesh_port = free_port();
    while (daemon->mesh_port == daemon->port);
    auto_string *address = mem_printf("127.0.0.1:%u", daemon->port);
    auto_string *mesh = mem_printf("127.0.0.1:%u", daemon->mesh_port);
    auto_string *threads = mem_printf("%u", s->threads);
    auto_string *seal_directory = mem_printf("%s/%s", s->directory, state);
    auto_string *platform_key = mem_printf("%s/%s", s->directory, machine);
    auto_string *log = mem_printf("%s/log", s->directory);
    auto_string *program = mem_string(s->program);
    char simulation[] = "--simulation", client_address[] = "--client-address",
         mesh_address[] = "--mesh-address", seal_dir[] = "--seal-dir", key[] = "--platform-key",
         threads_of[] = "--threads", *no_environment[] = { NULL };
    char *const argv[] = { program,      simulation,   client_address, address,
                           mesh_address, mesh,         seal_dir,       seal_directory,
                           key,          platform_key, threads_of,     threads,
                           NULL };
    posix_spawn_file_actions_t actions;

    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, log,
                                           O_WRONLY | O_CREAT | O_APPEND, 0600);
    const int failed = posix_spawn(&daemon->pid, program, &actions, NULL, argv, no_environment);
    (void)posix_spawn_file_actions_destroy(&actions);
    if (failed != 0)
        die("tawd cannot be started: %s", strerror(failed));
}

int daemon_first_answer(const struct surroundings *s, const struct daemon *daemon,
                        struct client *client)
{
    const struct timespec moment = { 0, 20000 };
    const double begin = now_us();

    while (!client_try_open(s->context, daemon->port, client)) {
        if (now_us() - begin > 30e6 || waitpid(daemon->pid, NULL, WNOHANG) != 0)
            die("tawd does not answer");
        (void)nanosleep(&moment, NULL);
    }
    return client_status(client);
}

void daemon_run(const struct surroundings *s, const char *state, const char *machine,
                struct daemon *daemon)
{
    struct client client;

    daemon_start(s, state, machine, daemon);
    (void)daemon_first_answer(s, daemon, &client);
    client_close(&client);
}

void daemon_stop(struct daemon *daemon)
{
    int status = 0;

    (void)kill(daemon->pid, SIGTERM);
    if (waitpid(daemon->pid, &status, 0) != daemon->pid || status != 0)
        die("tawd did not end as it should (status %d)", status);
}

double daemon_cpu_us(const struct daemon *daemon)
{
    struct timespec used;
    clockid_t clock;

    if (clock_getcpuclockid(daemon->pid, &clock) != 0 || clock_gettime(clock, &used) != 0)
        die("the processor time of tawd is not known");
    return (double)used.tv_sec * 1e6 + (double)used.tv_nsec / 1e3;
}

double daemon_kernel_share(const struct daemon *daemon)
{
    auto_string *path = mem_printf("/proc/%d/stat", (int)daemon->pid);
    FILE *const file = fopen(path, "re");
    unsigned long user = 0, kernel = 0;

    /* Fields 14 and 15 of proc(5); the name in field 2 has no blanks. */
    if (file == NULL || fscanf(file, "%*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %lu %lu",
                               &user, &kernel) != 2)
        die("%s cannot be read", path);
    (void)fclose(file);
    return user + kernel == 0 ? 0 : (double)kernel / (double)(user + kernel);
}

double daemon_memory_mib(const struct daemon *daemon, const char *line)
{
    auto_string *path = mem_printf("/proc/%d/status", (int)daemon->pid);
    FILE *const file = fopen(path, "re");
    char text[256];
    long kib = -1;

    if (file == NULL)
        die("%s: %s", path, strerror(errno));
    while (fgets(text, sizeof text, file) != NULL) {
        if (strncmp(text, line, strlen(line)) == 0)
            kib = strtol(text + strlen(line), NULL, 10);
    }
    (void)fclose(file);
    if (kib < 0)
        die("%s has no %s", path, line);
    return (double)kib / 1024;
}

void daemon_make_state(const struct surroundings *s, const char *state, const char *machine,
                       size_t secrets, const char *recovery, struct buf *reply)
{
    auto_buf manifest = { 0 };
    struct daemon daemon;
    struct client client;
    struct bytes body;

    manifest_with_secrets(&manifest, secrets, recovery);
    daemon_start(s, state, machine, &daemon);
    if (daemon_first_answer(s, &daemon, &client) != PHASE_ACCEPTING_MANIFEST)
        die("state %s is not fresh", state);
    if (client_post(&client, "/manifest", buf_bytes(&manifest), &body) != 200)
        die("manifest refused: %.*s", BYTES_FMT(body));
    if (reply != NULL)
        buf_add(reply, body);
    client_close(&client);
    daemon_stop(&daemon);
}
