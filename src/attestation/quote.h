/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "attestation/evidence.h"

/*
 * Quotes of SGX and TDX: the signed statement of a platform about one piece of software.
 *
 *   quote_parse       bytes -> struct quote    shape only, nothing is trusted yet
 *   quote_is_over     whether it is about this report data
 *   quote_wrap        in front of an SGX quote on the wire: the header of Open Enclave
 */

/* The views borrow from the input of quote_parse. */
struct quote {
    uint16_t version;  /* 3: SGX; 4 and 5: SGX or TDX */
    uint16_t key_type; /* of the attestation key; 2: ECDSA P-256. Any number passes */
    enum tee tee;
    uint16_t body_type;       /* version 5: 1 SGX, 2 TD report 1.0, 3 TD report 1.5; else 0 */
    struct bytes body;        /* the report: 384 bytes for SGX, 584 or 648 for TDX */
    struct bytes report_data; /* REPORT_DATA_LEN bytes, inside the body */
    struct bytes signed_part; /* what the quote signature covers: all before the signature length */
    struct bytes signature;   /* the signature data, not parsed */
    struct bytes whole;       /* the quote without zero bytes behind it */
};

/*
 * Parses a quote of version 3, 4 or 5. Zero bytes may follow it, because quotes come in buffers of
 * a fixed size. err: FAIL_MALFORMED, with the name and place of what does not fit; q->tee is then what
 * the header says, or TEE_NONE.
 * From attestation.md, 3, 3.1, 3.2 and 3.10.
 */
bool quote_parse(struct bytes raw, struct quote *q, struct err *err) MUST_CHECK;
bool quote_is_over(const struct quote *q,
                   const uint8_t report_data[static REPORT_DATA_LEN]) MUST_CHECK;
/* Appends the Open Enclave report header (marble-api.md, 6.6) and the quote. */
void quote_wrap(struct bytes quote, struct buf *out);
