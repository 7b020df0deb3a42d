/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/base.h"

#include <sched.h>

/*
 * Which processors a benchmark and the servers that it starts run on. On one core a figure is the work for a
 * request; on several, the server's core goes to sleep between requests of a single client, and waking it is
 * charged to the server.
 */
cpu_set_t cores_all(void) MUST_CHECK;
/* The first `count` of them. */
cpu_set_t cores_first(const cpu_set_t *all, int count) MUST_CHECK;
/* What is started afterwards runs there, too. */
void cores_use(const cpu_set_t *cores);
