/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/env.h"

/* The real world: clock, randomness of libcrypto, disk, standard error; no quotes (simulation). */
struct env world_simulated(const struct log *log);
