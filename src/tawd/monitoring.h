/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "api/events.h"
#include "base/pool.h"
#include "core/core.h"
#include "net/net.h"

/*
 * The monitoring port of this process: the registry, the events, and a listener on a thread of its own, so that
 * whoever asks it takes no time from the APIs.
 *
 *   monitoring_new        before everything that counts
 *   monitoring_listen     when all of it is there
 *   monitoring_stopping   /readyz says so
 *   monitoring_close      nobody is answered any more: before what is looked at is freed
 *   monitoring_free       after everything that counts
 *
 * Without it, NULL, the others do nothing and give NULL.
 */
struct monitoring;

struct monitoring *monitoring_new(const struct env *env) MUST_CHECK;
struct metrics *monitoring_metrics(const struct monitoring *m) MUST_CHECK;
struct events *monitoring_events(const struct monitoring *m) MUST_CHECK;

enum monitored_listener { MONITORED_CLIENT = 0, MONITORED_MESH, MONITORED_MONITORING };
struct net_cells monitoring_cells(const struct monitoring *m,
                                  enum monitored_listener listener) MUST_CHECK;
struct monitored_pool {
    const char *name;
    struct pool *pool;
};
enum { MONITORED_POOLS = 2 };
/* Their queues are looked at until monitoring_close. */
void monitoring_add_pools(struct monitoring *m,
                          const struct monitored_pool pools[static MONITORED_POOLS]);
/* As net_listen and net_start. */
bool monitoring_listen(struct monitoring *m, const char *address, struct core *core,
                       unsigned stuck_ms, struct err *err) MUST_CHECK;
void monitoring_stopping(struct monitoring *m);
void monitoring_close(struct monitoring *m);
void monitoring_free(struct monitoring *m);
