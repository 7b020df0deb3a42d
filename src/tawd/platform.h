/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "attestation/store_verifier.h"
#include "sealing/sealing.h"
#include "tawd/number_file.h"
#include "tawd/options.h"
#include "tawd/world.h"

/*
 * What this machine gives the Coordinator: a TEE (an SGX enclave in Gramine, or a confidential VM) with its quotes and its
 * sealing, or in simulation nothing but a key in a file; and the collateral by which Marbles' evidence is judged.
 *
 *   platform_find        the TEE; with it the env is made
 *   platform_open        sealing, collateral, verifier
 *   platform_scan        in between
 *   platform_close
 */
struct platform {
    struct quote_issuer *issuer;         /* NULL: simulation */
    const struct issuer_system *machine; /* borrowed */
    const char *root;                    /* of the machine's files; "" but in tests */
    struct sealing *sealing;
    struct number_file number_file; /* of the evaluation numbers that the store has seen */
    struct number_memory numbers;
    struct collateral_store *store;  /* NULL: no directory was named, in simulation */
    struct store_verifier *verifier; /* NULL: simulation, where nobody looks at evidence */
};

/* FAIL_UNAVAILABLE: there is no TEE here, or none that can seal; FAIL_MALFORMED: an option is missing, or does not go with
 * it. In simulation it looks for nothing. The system outlives the platform. */
bool platform_find(struct platform *platform, const struct options *options,
                   const struct issuer_system *system, struct err *err) MUST_CHECK;
/* env and options outlive the platform; metrics: NULL for none. FAIL_DENIED, FAIL_DAMAGED, FAIL_UNAVAILABLE. */
bool platform_open(struct platform *platform, const struct options *options, const struct env *env,
                   struct metrics *metrics, struct err *err) MUST_CHECK;
/* NULL: there is none. */
const struct quote_verifier *platform_verifier(const struct platform *platform) MUST_CHECK;
/* Reads the collateral again, if there is a directory. */
void platform_scan(struct platform *platform);
void platform_close(struct platform *platform);
