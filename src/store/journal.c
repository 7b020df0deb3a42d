/* SPDX-License-Identifier: Apache-2.0 */
#include "store/journal.h"

#include <inttypes.h>
#include <string.h>

#include <openssl/crypto.h>

/* Whether a complete record starts anywhere in the bytes: then they are not just torn. */
static bool holds_a_record(struct bytes in)
{
    while (in.len >= RECORD_OVERHEAD) {
        const uint8_t *const at = memmem(in.at, in.len, "MRJR", 4);
        if (at == NULL)
            return false;
        in = bytes_of(at, in.len - (size_t)(at - in.at));
        if (record_frame(in) != 0)
            return true;
        in = bytes_of(in.at + 1, in.len - 1);
    }
    return false;
}

static bool header_fits(struct bytes raw, const struct journal_place *place,
                        const struct log_position *position, struct err *err)
{
    struct log_header header;

    if (!log_header_parse(raw, SEGMENT_MAGIC, &header, err))
        return false;
    if (memcmp(header.deployment, place->snapshot->deployment, STORE_DEPLOYMENT_LEN) != 0 ||
        header.generation != place->snapshot->generation)
        return err_set(err, FAIL_DAMAGED, "it belongs to another generation of the state");
    if (header.number != place->number)
        return err_set(err, FAIL_DAMAGED, "its header says that it is segment %" PRIu64,
                       header.number);
    if (header.seq != position->seq + 1 || memcmp(header.chain, position->chain, CHAIN_LEN) != 0)
        return err_set(err, FAIL_DAMAGED,
                       "it does not continue after record %" PRIu64 ": records are missing, or "
                       "there are two histories",
                       position->seq);
    return true;
}

/* The next record must be the one after *position; moves there. */
static bool record_follows(struct bytes raw, struct log_position *position, struct err *err)
{
    struct record record;

    if (!record_parse(raw, &record, err))
        return false;
    if (record.seq <= position->seq)
        return err_set(err, FAIL_DAMAGED, "there are two records %" PRIu64, record.seq);
    if (record.seq != position->seq + 1)
        return err_set(err, FAIL_DAMAGED, "records before %" PRIu64 " are missing", record.seq);
    if (!bytes_equal(record.previous, bytes_of(position->chain, CHAIN_LEN)))
        return err_set(err, FAIL_DAMAGED, "record %" PRIu64 " does not continue the chain",
                       record.seq);
    position->seq++;
    return record_chain(&record, position->chain, err);
}

/* What follows the last complete record: nothing, or what a crash may have left. */
static bool tail_is_torn(struct bytes tail, const struct journal_place *place, size_t at,
                         struct err *err)
{
    if (!place->last)
        return err_set(err, FAIL_DAMAGED, "it is damaged at byte %zu, and another segment follows",
                       at);
    if (holds_a_record(tail))
        return err_set(err, FAIL_DAMAGED, "it is damaged at byte %zu, and valid records follow",
                       at);
    return true;
}

static bool scan(struct bytes raw, const struct journal_place *place, struct log_position *position,
                 size_t *keep, struct err *err)
{
    size_t at = LOG_HEADER_LEN;
    struct err misfit = { 0 };

    *keep = 0;
    if (!header_fits(raw, place, position, &misfit)) {
        if (place->last && !holds_a_record(raw))
            return true;
        *err = misfit;
        return false;
    }
    for (size_t len; at < raw.len; at += len) {
        const struct bytes rest = bytes_of(raw.at + at, raw.len - at);
        len = record_frame(rest);
        if (len == 0) {
            if (!tail_is_torn(rest, place, at, err))
                return false;
            break;
        }
        if (!record_follows(bytes_of(rest.at, len), position, err))
            return false;
    }
    *keep = at;
    return true;
}

bool journal_scan(struct bytes raw, const struct journal_place *place,
                  struct log_position *position, size_t *keep, struct err *err)
{
    return scan(raw, place, position, keep, err) ||
           err_in(err, "journal segment %" PRIu64, place->number);
}

struct segment_key {
    uint8_t at[LOG_KEY_LEN];
};

static void segment_key_clear(struct segment_key *key)
{
    OPENSSL_cleanse(key, sizeof *key);
}

static bool apply_record(const struct record_keys *keys, const struct record *record,
                         struct journal_reading *reading, struct err *err)
{
    struct log_position position = { .seq = record->seq };
    auto_buf plaintext = { 0 };

    if (!record_chain(record, position.chain, err) ||
        !record_open(keys, record, position.chain, &plaintext, err) ||
        !ops_apply(buf_bytes(&plaintext), &reading->values, err))
        return false;
    if (reading->anchor != NULL && reading->anchor->seq == position.seq &&
        memcmp(reading->anchor->chain, position.chain, CHAIN_LEN) != 0)
        return err_set(err, FAIL_DAMAGED, "another record of this number was acknowledged");
    if (record->type == STORE_RECORD_AUDIT)
        reading->audit_seq = record->seq;
    return true;
}

bool journal_apply(struct bytes raw, struct journal_reading *reading, struct err *err)
{
    struct segment_key key CLEANUP(segment_key_clear) = { 0 };
    struct log_header header;
    size_t len;

    if (!log_header_parse(raw, SEGMENT_MAGIC, &header, err) ||
        !log_header_key(&header, SEGMENT_KEY_LABEL, reading->dek, key.at, err))
        return false;
    const struct record_keys keys = { raw.at, bytes_of(key.at, sizeof key.at), reading->oak };
    for (size_t at = LOG_HEADER_LEN; at < raw.len; at += len) {
        const struct bytes rest = bytes_of(raw.at + at, raw.len - at);
        struct record record;
        len = record_frame(rest);
        if (len == 0)
            return err_set(err, FAIL_DAMAGED, "a record is damaged");
        if (!record_parse(bytes_of(rest.at, len), &record, err))
            return false;
        if (!apply_record(&keys, &record, reading, err))
            return err_in(err, "record %" PRIu64, record.seq);
    }
    return true;
}
