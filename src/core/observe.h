/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "core/internal.h"

/*
 * What can be read from the newest snapshot when somebody asks for the metrics: phase, values, certificates and
 * when they expire, recoveries, proofs of recovery secrets, a pending update. What needs parsing is kept until another snapshot is
 * published.
 */
struct observer;

/* Adds the collector; keeps its memory in the core. metrics may be NULL. */
void core_observe(struct core *core, struct metrics *metrics);
/* NULL is fine. */
void observer_free(struct observer *observer);
