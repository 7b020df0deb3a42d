/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "test.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/pool.h"
#include "net/net.h"

/*
 * A small service on loopback for the tests of this room, and blocking clients for it. Its paths:
 *
 *   /echo    the body of the request, at once
 *   /later   the same from another thread
 *   /hold    waits for service_release
 *   /big?n   n bytes of 'x'
 *   /who     address and leaf of the client, "127.0.0.1:4711 <length of leaf>"
 */
struct service {
    struct env env;
    struct log log;
    int log_fd; /* a file in memory */
    struct net *net;
    uint16_t port;
    struct pool *pool;
    struct net_listener listener; /* changed by a test before service_start */
    pthread_mutex_t lock;         /* for the rest */
    struct tls_identity *identity;
    struct net_exchange *held[4096];
    size_t held_count;
    size_t handled;      /* calls of the handler */
    size_t bodies;       /* bytes of all their request bodies */
    pthread_t loops[16]; /* threads on which the handler ran */
    size_t loop_count;
};

/* A plain listener on 127.0.0.1 with generous limits. */
void service_init(struct service *s);
void service_start(struct service *s, unsigned loops);
/* Answers all that /hold has kept. */
void service_release(struct service *s);
size_t service_held(struct service *s);
size_t service_handled(struct service *s);
void service_set_identity(struct service *s, struct tls_identity *identity);
/* How often `text` is in the log. */
size_t service_log_count(struct service *s, const char *text);
void service_clear(struct service *s);

/* Fails the test after 20 s. */
#define wait_until(condition)                                                                      \
    do {                                                                                           \
        int left_ = 4000;                                                                          \
        while (!(condition)) {                                                                     \
            if (--left_ == 0)                                                                      \
                fail_msg("waited in vain for: %s", #condition);                                    \
            client_sleep_ms(5);                                                                    \
        }                                                                                          \
    } while (0)

/* Every read waits 20 s at most. */
int client_connect(uint16_t port);
/* From this address of the loopback net, with a small receive buffer when `small`. */
int client_connect_from(uint16_t port, const char *from, bool small);
/* False when the server has closed. */
bool client_send(int fd, struct bytes data);
bool client_send_text(int fd, const char *text);
/* Reads until `end` has come or the server closes; a NUL is put behind. */
struct buf client_read_until(int fd, const char *end);
struct buf client_read_all(int fd);
/* One HTTP/1.1 response with a Content-Length: its body; fails the test when there is none. */
struct buf client_read_response(int fd, int *status);
/* Waits until the server closes, with FIN or reset. */
bool client_sees_end(int fd);
/* Closes so that the server gets a reset. */
void client_vanish(int fd);
void client_sleep_ms(unsigned ms);
int64_t client_now_ms(void);
