/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "attestation/cert_evidence.h"
#include "cli/attest/record.h"
#include "cli/cli.h"

/*
 * Evidence as people have it: as it came from the platform, in the answer of a Coordinator's GET quote, in a certificate, in
 * a record of `attest save`, or as text.
 */
struct evidence_input {
    struct buf bytes;
    const char *form; /* "binary", "hex", "base64", "answer of GET quote", "certificate"; static */
    struct err
        problem; /* the form is known, but there is no evidence in it; kind FAIL_NONE: there is */

    /* Of a certificate. */
    struct cert *cert;              /* owned; NULL: the evidence is from something else */
    size_t cert_number, cert_count; /* which of how many in the file, from 1 */
    struct cert_evidence in_cert;   /* views into it */

    bool has_record;
    struct saved_record record;
};
void evidence_input_clear(struct evidence_input *input);
#define auto_evidence_input struct evidence_input CLEANUP(evidence_input_clear)

/*
 * Reads a file, or standard input for "-". Only that it can be read is an error here (sets the status): what is in none of the
 * forms is handed over as it is, and the verifier says what is wrong with it.
 */
bool evidence_input_read(struct cli *cli, const char *path, struct evidence_input *input,
                         struct err *err) MUST_CHECK;
/* The same for bytes that were read. What a host puts behind a report of SEV-SNP, if it is a certificate table, is left out. */
void evidence_input_take(struct bytes raw, struct evidence_input *input);
