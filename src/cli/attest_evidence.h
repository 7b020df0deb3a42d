/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "cli/cli.h"

/*
 * Evidence as people have it: as it came from the platform, in the answer of a Coordinator's GET quote, or as text.
 */
struct evidence_input {
    struct buf bytes;
    const char *form; /* "binary", "hex", "base64", "answer of GET quote"; static */
};
void evidence_input_clear(struct evidence_input *input);
#define auto_evidence_input struct evidence_input CLEANUP(evidence_input_clear)

/*
 * Reads a file, or standard input for "-". Only that it can be read is an error here (sets the status): what is in none of the
 * forms is handed over as it is, and the verifier says what is wrong with it.
 */
bool evidence_input_read(struct cli *cli, const char *path, struct evidence_input *input,
                         struct err *err) MUST_CHECK;
/* The same for bytes that were read: appends the evidence; the form. */
const char *evidence_decode(struct bytes raw, struct buf *out) MUST_CHECK;
