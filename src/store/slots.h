/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "store/record.h"

/*
 * Key slots, docs/state-format.md, sections 5 and 6: the same keys, each time wrapped for another
 * opener.
 *
 *   recovery_slot_*   DEK under the recovery wrapping key, inside `sealed_data`
 *   key_slot_*        DEK and OAK under the platform key, in `sealed_key`; each with two cells for
 *   anchor_*          the anchor: how far the log had come
 */
enum {
    SLOT_HEADER_LEN = 64,                  /* bytes */
    SLOT_ID_LEN = 16,                      /* bytes */
    RECOVERY_SLOT_LEN = 64 + 12 + 32 + 16, /* header, nonce, DEK, tag */
    KEY_SLOT_LEN = 16 * 1024,      /* bytes of one slot in `sealed_key`, its cells included */
    KEY_SLOT_BLOB_MAX = 8192 - 68, /* bytes, after header and length */
    KEY_SLOTS_MAX = 4,
    ANCHOR_CELL_LEN = 96, /* bytes */
};

#define SLOT_MAGIC "MRSLOT01"

enum slot_type {
    SLOT_NONE = 0,
    SLOT_PLATFORM = 1,
    SLOT_CLUSTER = 2, /* reserved */
    SLOT_RECOVERY = 3,
    SLOT_FOREIGN = 4, /* the `sealed_key` of the original, as it was, while it is imported */
};

/* Which key generation of which deployment: what slots and anchors belong to. */
struct slot_owner {
    uint8_t deployment[STORE_DEPLOYMENT_LEN];
    uint64_t generation;
};
bool slot_owner_equal(const struct slot_owner *a, const struct slot_owner *b) MUST_CHECK;

/* Appends a slot that opens with rwk and this line of metadata only. random: 16 + 12 bytes for its
 * id and nonce. */
bool recovery_slot_write(const struct slot_owner *owner, struct bytes rwk, struct bytes line,
                         struct bytes dek, const uint8_t random[static 28], struct buf *out,
                         struct err *err) MUST_CHECK;
/* The slot of this line of the metadata, as it is. FAIL_NOT_FOUND. */
bool recovery_slot_find(struct bytes slots, struct bytes metadata, struct bytes line,
                        struct bytes *slot, struct err *err) MUST_CHECK;
/*
 * Looks through all recovery slots, one for each line of the metadata or none. FAIL_NOT_FOUND: there
 * is none of this owner; FAIL_DENIED: none opens; FAIL_DAMAGED: they do not parse.
 */
bool recovery_slot_open(struct bytes slots, const struct slot_owner *owner, struct bytes rwk,
                        struct bytes metadata, struct secret **dek, struct err *err) MUST_CHECK;

/* One slot of `sealed_key`; views. */
struct key_slot {
    enum slot_type type;
    struct slot_owner owner;
    struct bytes header;   /* SLOT_HEADER_LEN bytes; what the blob is bound to */
    struct bytes blob;     /* what the platform made */
    struct bytes whole;    /* all of it with its cells, at most KEY_SLOT_LEN bytes, or fewer when
                              the file was cut inside the cells */
    struct bytes cells[2]; /* ANCHOR_CELL_LEN bytes, or empty */
};

/* Writes the header of a slot; id: 16 random bytes. */
void slot_header_write(enum slot_type type, const struct slot_owner *owner,
                       const uint8_t id[static 16], uint8_t out[static SLOT_HEADER_LEN]);
/* Appends one whole slot. first_anchor: empty, or the cell to start with.
 * FAIL_TOO_LARGE: the blob. */
bool key_slot_write(const uint8_t header[static SLOT_HEADER_LEN], struct bytes blob,
                    struct bytes first_anchor, struct buf *out, struct err *err) MUST_CHECK;
/*
 * The slots that parse, in order; what does not is skipped, because a slot that is spoiled leads to
 * recovery like one that is missing. *at: where each starts, in bytes.
 */
size_t key_slots_parse(struct bytes file, struct key_slot slots[static KEY_SLOTS_MAX],
                       size_t at[static KEY_SLOTS_MAX]) MUST_CHECK;

/* Where the cells of a slot are, from its start. */
size_t anchor_cell_offset(unsigned cell) MUST_CHECK;
bool anchor_write(const struct slot_owner *owner, const struct log_position *position,
                  struct bytes oak, uint8_t cell[static ANCHOR_CELL_LEN],
                  struct err *err) MUST_CHECK;
/* False, with FAIL_DAMAGED, when the cell was not written with this OAK. */
bool anchor_read(struct bytes cell, const struct slot_owner *owner, struct bytes oak,
                 struct log_position *position, struct err *err) MUST_CHECK;
