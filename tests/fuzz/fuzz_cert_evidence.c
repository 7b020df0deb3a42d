/* SPDX-License-Identifier: Apache-2.0 */
/* Tagged evidence of RA-TLS certificates: what was accepted is accounted for, and nothing may be missing. */
#include "attestation/tagged_evidence.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void require(bool holds)
{
    if (!holds)
        __builtin_trap();
}

static bool is_inside(struct bytes part, struct bytes whole)
{
    return part.at == NULL ||
           (part.at >= whole.at && part.len <= whole.len - (size_t)(part.at - whole.at));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct bytes raw = bytes_of(data, size);
    struct tagged_evidence e;
    struct err err = { 0 };

    if (!tagged_evidence_parse(raw, &e, &err)) {
        require(err.kind == FAIL_MALFORMED && err.text[0] != '\0');
        return 0;
    }
    require(err.kind == FAIL_NONE && is_inside(e.quote, raw) && is_inside(e.claims, raw));
    require(is_inside(e.key_hash, e.claims) && is_inside(e.nonce, e.claims));
    require(e.claims.at + e.claims.len == raw.at + raw.len);
    require(!tagged_evidence_parse(bytes_of(data, size - 1), &e, &err));
    return 0;
}
