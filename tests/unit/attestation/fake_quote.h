/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "attestation/evidence.h"

/*
 * Evidence of the right shape: every field in its place, the rest a pattern, nothing signed.
 * Layouts from attestation.md, 3 and 8.1.
 */
struct fake_quote {
    uint16_t version;       /* 0: 3 for SGX, 4 for TDX */
    uint32_t tee_type;      /* 0: SGX, 0x81: TDX */
    uint16_t body_type;     /* version 5: 1, 2 or 3 */
    uint32_t signature_len; /* 0: 4162, as in a real quote of SGX */
};
enum { FAKE_SIGNATURE_LEN = 4162 };

/* Append. */
void fake_quote_add(struct buf *out, const struct fake_quote *shape,
                    const uint8_t report_data[static REPORT_DATA_LEN]);
void fake_snp_report_add(struct buf *out, uint32_t level,
                         const uint8_t report_data[static REPORT_DATA_LEN]);
/* A table with one certificate, as a host gives it. */
void fake_certificate_table_add(struct buf *out);
