/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/tagged_evidence.h"

#include "base/reader.h"

/* RFC 8949, 3.1, of what is needed here. */
enum major {
    CBOR_UNSIGNED = 0,
    CBOR_BYTES = 2,
    CBOR_TEXT = 3,
    CBOR_ARRAY = 4,
    CBOR_MAP = 5,
    CBOR_TAG = 6,
};

/* The head of an item of definite length: its number, count, length or tag. */
static bool take_head(struct reader *r, enum major major, const char *what, uint64_t *value,
                      struct err *err)
{
    enum { IN_THE_BYTE = 24, ONE_BYTE = 24, TWO_BYTES, FOUR_BYTES, EIGHT_BYTES };
    const uint8_t first = reader_u8(r, what), info = first & 0x1f;

    *value = info;
    if (info == ONE_BYTE)
        *value = reader_u8(r, what);
    else if (info == TWO_BYTES)
        *value = reader_u16be(r, what);
    else if (info == FOUR_BYTES)
        *value = reader_u32be(r, what);
    else if (info == EIGHT_BYTES)
        *value = (uint64_t)reader_u32be(r, what) << 32 | reader_u32be(r, what);
    if (!reader_fits(r, "tagged evidence", err))
        return false;
    return (first >> 5 == (uint8_t)major && info <= EIGHT_BYTES) ||
           err_set(err, FAIL_MALFORMED, "tagged evidence: %s: CBOR of another type", what);
}

/* An array or a map with so many elements or pairs. */
static bool take_count(struct reader *r, enum major major, uint64_t least, uint64_t most,
                       const char *what, uint64_t *count, struct err *err)
{
    return take_head(r, major, what, count, err) &&
           ((*count >= least && *count <= most) ||
            err_set(err, FAIL_MALFORMED, "tagged evidence: %s: %llu members", what,
                    (unsigned long long)*count));
}

static bool take_string(struct reader *r, enum major major, const char *what, struct bytes *string,
                        struct err *err)
{
    uint64_t len;

    if (!take_head(r, major, what, &len, err))
        return false;
    *string = reader_bytes(r, len, what);
    return reader_fits(r, "tagged evidence", err);
}

static bool read_entry(struct bytes entry, struct tagged_evidence *e, struct err *err)
{
    struct reader r = reader_over(entry);
    uint64_t count;

    return take_count(&r, CBOR_ARRAY, 2, 2, "pubkey-hash", &count, err) &&
           take_head(&r, CBOR_UNSIGNED, "hash algorithm", &e->hash_algorithm, err) &&
           take_string(&r, CBOR_BYTES, "hash of the key", &e->key_hash, err) &&
           reader_end(&r, "tagged evidence: pubkey-hash", err);
}

/* One pair; each name once. */
static bool read_claim(struct reader *r, struct tagged_evidence *e, struct bytes *entry,
                       struct err *err)
{
    struct bytes name;

    if (!take_string(r, CBOR_TEXT, "name of a claim", &name, err))
        return false;
    struct bytes *const value = bytes_equal_string(name, "pubkey-hash") ? entry
                                : bytes_equal_string(name, "nonce")     ? &e->nonce
                                                                        : NULL;
    if (value == NULL || value->at != NULL)
        return err_set(
            err, FAIL_MALFORMED,
            "tagged evidence: a claim that is neither pubkey-hash nor nonce, or is there twice");
    return take_string(r, CBOR_BYTES, "value of a claim", value, err);
}

static bool read_claims(struct tagged_evidence *e, struct err *err)
{
    struct reader r = reader_over(e->claims);
    struct bytes entry = BYTES_NONE;
    uint64_t count;

    if (!take_count(&r, CBOR_MAP, 1, 2, "claims", &count, err))
        return false;
    for (uint64_t i = 0; i < count; i++) {
        if (!read_claim(&r, e, &entry, err))
            return false;
    }
    if (!reader_end(&r, "tagged evidence: claims", err))
        return false;
    return entry.at != NULL ? read_entry(entry, e, err)
                            : err_set(err, FAIL_MALFORMED, "tagged evidence: no pubkey-hash");
}

bool tagged_evidence_parse(struct bytes cbor, struct tagged_evidence *e, struct err *err)
{
    enum { TEE_QUOTE = 60000 }; /* IANA, CBOR Tags */
    struct reader r = reader_over(cbor);
    uint64_t tag, count;

    *e = (struct tagged_evidence){ 0 };
    if (!take_head(&r, CBOR_TAG, "tag", &tag, err))
        return false;
    if (tag != TEE_QUOTE)
        return err_set(err, FAIL_MALFORMED,
                       "tagged evidence: CBOR tag %llu is not that of a quote, %d",
                       (unsigned long long)tag, TEE_QUOTE);
    return take_count(&r, CBOR_ARRAY, 2, 2, "quote and claims", &count, err) &&
           take_string(&r, CBOR_BYTES, "quote", &e->quote, err) &&
           take_string(&r, CBOR_BYTES, "claims", &e->claims, err) &&
           reader_end(&r, "tagged evidence", err) && read_claims(e, err);
}
