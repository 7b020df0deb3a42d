/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/buf.h"
#include "base/reader.h"

/*
 * Protobuf's wire format (protobuf.dev, "Encoding"), as far as messages need it that hold strings,
 * bytes and other messages: all fields that count are length-delimited.
 *
 *     struct protobuf_walk walk = protobuf_over(in, "ActivationReq");
 *     while (protobuf_next(&walk))
 *         if (walk.number == 1)
 *             quote = walk.value;
 *     return protobuf_end(&walk, err);
 *
 * Fields of other types are skipped, groups and all that they hold included, so a known number with
 * another type is an unknown field, as the specification has it. Refused are: what is cut off; a
 * varint of more than 10 bytes or 64 bits; field number 0 and those above 2^29-1; types 6 and 7;
 * the end of a group that is not the one to end; groups nested deeper than PROTOBUF_GROUPS_MAX.
 * Varints that are longer than they need to be are fine.
 */
enum { PROTOBUF_GROUPS_MAX = 100 };

struct protobuf_walk {
    struct reader in;
    const char *message; /* its name, for errors */
    uint32_t number;     /* of the current field */
    struct bytes value;  /* of the current field: a view of the input */
};

struct protobuf_walk protobuf_over(struct bytes in, const char *message);
/* Over the message in the current field of `outer`; offsets count on from the outermost message. */
struct protobuf_walk protobuf_within(const struct protobuf_walk *outer, const char *message);
/* Goes to the next length-delimited field; false at the end and at what does not parse. */
bool protobuf_next(struct protobuf_walk *walk) MUST_CHECK;
/*
 * True when protobuf_next came to the end. FAIL_MALFORMED: "proto: cannot parse invalid wire-format
 * data", then in parentheses the message, what does not parse, the number of its field (where it is
 * known) and its offset.
 */
bool protobuf_end(const struct protobuf_walk *walk, struct err *err) MUST_CHECK;

/* Appends the tag and the length of a length-delimited field; len bytes of value are to follow. */
void protobuf_add_head(struct buf *out, uint32_t number, size_t len);
/* Appends a length-delimited field. */
void protobuf_add_bytes(struct buf *out, uint32_t number, struct bytes value);
/* Bytes of a length-delimited field with a value of len bytes. */
size_t protobuf_size(uint32_t number, size_t len) MUST_CHECK;
