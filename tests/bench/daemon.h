/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "client.h"

#include <sys/types.h>

/*
 * A tawd as a process of its own, in simulation, on a free port of 127.0.0.1.
 */
struct daemon {
    pid_t pid;
    uint16_t port, mesh_port; /* of the client API, of the Marble API */
};

/* What all benchmarks need to start one. */
struct surroundings {
    const char *program;   /* path of tawd */
    const char *directory; /* for states, platform keys and the log */
    SSL_CTX *context;
    unsigned threads; /* of tawd; 0: as many as there are processors */
};

/* Starts it without waiting. state, machine: names of a state and of its platform key, made if
 * missing. */
void daemon_start(const struct surroundings *s, const char *state, const char *machine,
                  struct daemon *daemon);
/* Asks for the status until there is an answer; the connection stays open. Its code. */
int daemon_first_answer(const struct surroundings *s, const struct daemon *daemon,
                        struct client *client);
/* Both in one: starts it and waits until it answers. */
void daemon_run(const struct surroundings *s, const char *state, const char *machine,
                struct daemon *daemon);
void daemon_stop(struct daemon *daemon);
/* Time of all its threads on processors, user and system, in microseconds. */
double daemon_cpu_us(const struct daemon *daemon) MUST_CHECK;
/* The part of its time so far that the kernel spent for it, 0 to 1; in steps of a clock tick. */
double daemon_kernel_share(const struct daemon *daemon) MUST_CHECK;
/* A line of /proc/PID/status, for example "VmRSS:", in MiB. */
double daemon_memory_mib(const struct daemon *daemon, const char *line) MUST_CHECK;
/*
 * Starts one on a fresh state, sets a manifest with that many secrets, and stops it. recovery: as in
 * manifest_with_secrets. The reply is appended to *reply; NULL: not wanted.
 */
void daemon_make_state(const struct surroundings *s, const char *state, const char *machine,
                       size_t secrets, const char *recovery, struct buf *reply);
