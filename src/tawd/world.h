/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "attestation/issuer.h"
#include "base/env.h"

/* The real world: clock, randomness of libcrypto, disk, standard error; no quotes (simulation). */
struct env world_simulated(const struct log *log);
/* The same with quotes of this issuer, which outlives it. */
struct env world_in_tee(const struct log *log, struct quote_issuer *issuer);
