/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/arena.h"

/*
 * DER (X.690) as far as certificates need it: one element after the other, low tag numbers, definite
 * lengths. Lengths may be longer than necessary; what that could hide is decided elsewhere.
 */
enum {
    DER_BOOLEAN = 0x01,
    DER_INTEGER = 0x02,
    DER_BIT_STRING = 0x03,
    DER_OCTET_STRING = 0x04,
    DER_OID = 0x06,
    DER_UTF8_STRING = 0x0c,
    DER_SEQUENCE = 0x30,
    DER_SET = 0x31,
    DER_PRINTABLE_STRING = 0x13,
    DER_IA5_STRING = 0x16,
    DER_CONTEXT = 0x80,             /* plus a number: primitive */
    DER_CONTEXT_CONSTRUCTED = 0xa0, /* plus a number */
};

/* Takes the first element off *in; contents is another variable than in. False, with *in as it was,
 * when there is none that is whole. */
bool der_next(struct bytes *in, uint8_t *tag, struct bytes *contents) MUST_CHECK;
/* The same for one tag that must be there. */
bool der_take(struct bytes *in, uint8_t tag, struct bytes *contents) MUST_CHECK;
/* The same for one tag that may be there: *present tells. False only when *in is no DER. */
bool der_take_optional(struct bytes *in, uint8_t tag, struct bytes *contents,
                       bool *present) MUST_CHECK;
/* Contents of an OID as dotted text in the arena. */
bool der_oid_text(struct bytes contents, struct arena *arena, struct bytes *dotted) MUST_CHECK;
