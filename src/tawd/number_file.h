/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "attestation/evaluation_numbers.h"
#include "base/files.h"
#include "sealing/sealing.h"

/*
 * The evaluation numbers of collateral in the file `evaluation_numbers` of the seal directory, sealed by the platform key as the
 * state is for the product. The host can take it away or put an old one back, as it can with the state; it cannot make one.
 */
struct number_file {
    const struct files *files; /* borrowed, as the rest */
    const struct sealing *sealing;
    const char *directory;
};
/* The ctx of the memory is the file, which stays where it is. */
struct number_memory number_file_memory(struct number_file *file) MUST_CHECK;
