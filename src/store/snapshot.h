/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "store/record.h"

/*
 * The bytes of `sealed_data`, docs/state-format.md, section 4: a part in clear, which people need
 * to recover, and all values in sealed frames.
 *
 *   snapshot_parse    no keys needed: header, recovery slots, recovery metadata
 *   snapshot_open     values, when the keys are there
 *   snapshot_write    the whole file
 */
enum {
    SNAPSHOT_FRAME_LEN = 64 * 1024,      /* plaintext bytes in every frame but the last */
    SNAPSHOT_METADATA_MAX = 1024 * 1024, /* bytes */
    SNAPSHOT_SIGNATURE_MAX = 64 * 1024,  /* bytes */
};

/* Views into the file; nothing of this is authenticated yet, only undamaged. */
struct snapshot {
    struct log_header header;
    struct bytes raw_header;
    struct bytes slots;     /* the recovery slots, see slots.h */
    struct bytes metadata;  /* about the recovery, opaque */
    struct bytes signature; /* over metadata, opaque */
    struct bytes frames;
    struct bytes origin;      /* the last SHA256_LEN bytes */
    struct bytes signed_part; /* all before origin */
};

/* FAIL_DAMAGED: not a snapshot, cut short, or its clear part has been altered. */
bool snapshot_parse(struct bytes file, struct snapshot *snapshot, struct err *err) MUST_CHECK;
/*
 * Opens the frames. *values is a new reference; *audit_seq the number of the last audit record.
 * oak: empty in recovery, the origin is not checked then. FAIL_DAMAGED.
 */
bool snapshot_open(const struct snapshot *snapshot, struct bytes dek, struct bytes oak,
                   const struct omap **values, uint64_t *audit_seq, struct err *err) MUST_CHECK;

struct snapshot_content {
    struct log_header header; /* the salt must be new for every snapshot */
    struct bytes slots, metadata, signature;
    const struct omap *values;
    uint64_t audit_seq;
};

/* Appends the file to an empty buf. */
bool snapshot_write(const struct snapshot_content *content, struct bytes dek, struct bytes oak,
                    struct buf *out, struct err *err) MUST_CHECK;

/*
 * The chain value of a commit that is a snapshot instead of a record: SHA-256("mrj1 state" |
 * deployment | LE64 generation | LE64 seq | chain before | all pairs in the op encoding).
 * header->seq and header->generation are those of the new commit.
 */
bool snapshot_chain(const struct log_header *header, const uint8_t before[static CHAIN_LEN],
                    const struct omap *values, uint8_t chain[static CHAIN_LEN],
                    struct err *err) MUST_CHECK;
