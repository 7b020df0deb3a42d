/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The auditor's reader of an update log: what parses has a statement of the right format, and is its own continuation
 * exactly when its lines are those that it speaks of.
 */
#include "state/update_log_proof.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void require(bool holds)
{
    if (!holds)
        __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    auto_arena arena = { 0 };
    struct update_log_proof proof;
    struct err err = { 0 };

    if (!update_log_proof_parse(bytes_of(data, size), &arena, &proof, &err)) {
        require(err.kind == FAIL_MALFORMED && err.text[0] != '\0');
        return 0;
    }
    require(proof.statement.len > 0 && proof.signature.len > 0);
    if (proof.end.lines != proof.line_count)
        return 0;
    err = (struct err){ 0 };
    struct update_log_end end;
    require(update_log_begin(&end, &err));
    for (size_t i = 0; i < proof.line_count; i++)
        require(update_log_extend(&end, proof.lines[i], &err));
    const bool same = memcmp(end.chain, proof.end.chain, sizeof end.chain) == 0;
    require(update_log_proof_extends(&proof, &proof, &err) == same);
    return 0;
}
