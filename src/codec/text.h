/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/buf.h"
#include "base/err.h"

/*
 * Bytes as text: hex, base64 and PEM. Encoders and decoders are branch-free on the digits, because
 * keys pass through them. A decoder that fails leaves *out as it was.
 */

/* Appends lower-case hex. */
void hex_encode(struct buf *out, struct bytes in);
/* Appends the bytes; either case, even length. FAIL_MALFORMED with the offset. */
bool hex_decode(struct buf *out, struct bytes in, struct err *err) MUST_CHECK;

enum base64_alphabet { BASE64_STANDARD = 1, BASE64_URL }; /* RFC 4648, sections 4 and 5 */

/* Appends one line, with padding. */
void base64_encode(struct buf *out, enum base64_alphabet alphabet, struct bytes in);
/*
 * Appends the bytes. Padding is required, CR and LF are skipped, trailing bits need not be zero,
 * as in Go's encoding/base64 (client-api.md, 2.1). FAIL_MALFORMED with the offset.
 */
bool base64_decode(struct buf *out, enum base64_alphabet alphabet, struct bytes in,
                   struct err *err) MUST_CHECK;

/* Appends a block: 64 columns, LF line ends, final newline, no headers. */
void pem_encode(struct buf *out, const char *label, struct bytes der);
struct pem_block {
    struct bytes label; /* view into the text: `CERTIFICATE`, `PUBLIC KEY`, ... */
    struct buf der;     /* owned */
};
void pem_block_clear(struct pem_block *block);
#define auto_pem_block struct pem_block CLEANUP(pem_block_clear)
/*
 * The first well-formed block in *text, by the rules of Go's encoding/pem (manifest.md, section 9):
 * `-----BEGIN X-----` at the start of a line, optional `Key: value` headers, base64 with any
 * white space, `-----END X-----` with the same X; malformed candidates are skipped. On success
 * *text is what follows the block. False, and *text as it was, when there is none. The block starts
 * as all zero and each call clears it first:
 *     auto_pem_block block = { 0 };
 *     while (pem_next(&text, &block))
 * Time is linear in what is skipped and read.
 */
bool pem_next(struct bytes *text, struct pem_block *block) MUST_CHECK;
