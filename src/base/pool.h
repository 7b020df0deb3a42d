/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/base.h"

/*
 * A few threads for what takes long (an RSA key, a disk, a TPM), so that no event loop waits.
 * Tasks start in the order in which they came.
 */
struct pool;

/* threads 1 .. 64. Never NULL: a process that cannot start threads ends. */
struct pool *pool_new(unsigned threads) MUST_CHECK;
/* False when `limit` tasks wait already; run(arg) is then never called. */
bool pool_submit(struct pool *pool, void (*run)(void *arg), void *arg) MUST_CHECK;
void pool_set_limit(struct pool *pool, size_t limit);
/* Tasks that no thread has begun. */
size_t pool_waiting(struct pool *pool) MUST_CHECK;
/* Finishes all tasks that were accepted, then ends the threads. NULL is fine. */
void pool_free(struct pool *pool);
