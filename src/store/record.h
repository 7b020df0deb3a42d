/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/omap.h"
#include "crypto/hash.h"
#include "store/store.h"

/*
 * The bytes of the journal: headers, records and the operations in them, as in
 * docs/state-format.md, sections 2 and 3. No I/O, no state.
 *
 *   log_header_*     the 128 bytes that start a segment and, with another magic, a snapshot
 *   record_*         one sealed record: framing (no keys needed), sealing, opening
 *   ops_*            what is inside: puts and deletes
 */
enum {
    LOG_HEADER_LEN = 128,   /* bytes */
    RECORD_OVERHEAD = 120,  /* bytes around the ciphertext, its tag included */
    RECORD_MAX = 1 << 20,   /* bytes */
    CHAIN_LEN = SHA256_LEN, /* bytes */
    LOG_KEY_LEN = 32,       /* bytes; DEK and OAK are as long */
    OP_OVERHEAD = 7,        /* bytes before the key of an operation */
};

/* Writes the low `len` bytes of value, the lowest first. */
static inline void le_put(uint8_t *at, uint64_t value, size_t len)
{
    for (size_t i = 0; i < len; i++)
        at[i] = (uint8_t)(value >> (8 * i));
}

#define SEGMENT_MAGIC "MRJSEG01"
#define SNAPSHOT_MAGIC "MRSNAP01"
#define SEGMENT_KEY_LABEL "mrj1 segment"
#define SNAPSHOT_KEY_LABEL "mrj1 snapshot"

enum log_flags {
    LOG_AFTER_RECOVERY = 1, /* the generation replaces one that was unlocked or set aside */
    LOG_AFTER_IMPORT = 2,   /* the generation replaces a state of the original */
    LOG_FIRST = 4,          /* snapshot: there was nothing in the directory before it */
};

/* Where the log stands: the number and the chain value of its last commit. */
struct log_position {
    uint64_t seq;
    uint8_t chain[CHAIN_LEN];
};

struct log_header {
    uint32_t flags; /* enum log_flags */
    uint8_t deployment[STORE_DEPLOYMENT_LEN];
    uint64_t generation;
    uint64_t number; /* of the segment; in a snapshot: of the first segment that follows it */
    uint64_t seq;    /* of the first record; in a snapshot: of the last commit that is in it */
    uint64_t fencing;
    uint8_t salt[32];
    uint8_t chain[CHAIN_LEN]; /* before the first record; in a snapshot: at seq */
};

/* magic: eight characters. */
void log_header_write(const struct log_header *header, const char *magic,
                      uint8_t out[static LOG_HEADER_LEN]);
/* The first LOG_HEADER_LEN bytes of raw; more may follow. FAIL_DAMAGED. */
bool log_header_parse(struct bytes raw, const char *magic, struct log_header *header,
                      struct err *err) MUST_CHECK;
/* HKDF-SHA-256(DEK, salt, label | deployment | LE64 generation | LE64 number). */
bool log_header_key(const struct log_header *header, const char *label, struct bytes dek,
                    uint8_t key[static LOG_KEY_LEN], struct err *err) MUST_CHECK;

/* Views into one complete record. */
struct record {
    struct bytes raw;
    uint64_t seq;
    enum store_record_type type;
    uint16_t attempt;
    uint64_t unix_ms;
    struct bytes previous; /* CHAIN_LEN bytes: chain value before this record */
    struct bytes sealed;   /* ciphertext and tag */
    struct bytes origin;   /* SHA256_LEN bytes */
};

/*
 * The length of the record that `in` starts with; 0 when there is none that is complete, has both
 * its lengths and the right CRC.
 */
size_t record_frame(struct bytes in) MUST_CHECK;
/* raw: what record_frame found, exactly. FAIL_DAMAGED: its fields contradict each other. */
bool record_parse(struct bytes raw, struct record *record, struct err *err) MUST_CHECK;
/* SHA-256("mrj1 chain" | record up to its tag). */
bool record_chain(const struct record *record, uint8_t chain[static CHAIN_LEN],
                  struct err *err) MUST_CHECK;

/* What a segment needs to seal and open its records. */
struct record_keys {
    const uint8_t *header; /* LOG_HEADER_LEN bytes of the segment */
    struct bytes key;      /* of the segment, LOG_KEY_LEN bytes */
    struct bytes oak;      /* empty: the origin cannot be checked (recovery) */
};

/*
 * Appends the record that follows *position and moves *position to it. FAIL_TOO_LARGE, with nothing
 * appended, when it would be longer than RECORD_MAX.
 */
bool record_seal(const struct record_keys *keys, enum store_record_type type, uint64_t unix_ms,
                 struct bytes plaintext, struct log_position *position, struct buf *out,
                 struct err *err) MUST_CHECK;
/* Appends the plaintext. chain: of this record. FAIL_DAMAGED: tag or origin are wrong. */
bool record_open(const struct record_keys *keys, const struct record *record,
                 const uint8_t chain[static CHAIN_LEN], struct buf *out,
                 struct err *err) MUST_CHECK;

/* Appends one operation. FAIL_TOO_LARGE: a key above 65535 bytes, a value above 2^32 - 1. */
bool op_write(const struct store_op *op, struct buf *out, struct err *err) MUST_CHECK;
/* The plaintext of a record: LE32 count, operations. */
bool ops_write(const struct store_delta *delta, struct buf *out, struct err *err) MUST_CHECK;
/* Applies one operation to *map, which is replaced. */
void op_apply(const struct store_op *op, const struct omap **map);
/* Reads the plaintext of a record and applies it to *map. FAIL_DAMAGED: *map is as before. */
bool ops_apply(struct bytes plaintext, const struct omap **map, struct err *err) MUST_CHECK;
