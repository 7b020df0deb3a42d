/* SPDX-License-Identifier: Apache-2.0 */
#include "store/journal.h"

#include <stdlib.h>
#include <string.h>

/*
 * A segment as a hostile disk may hold it, after a snapshot at record 41; the seeds have the keys
 * and the header of the worked example in docs/state-format.md. Before it is scanned, what looks
 * like a record gets its second length and its CRC, as an attacker would give it, so that mutations
 * reach what is behind them.
 *
 * Properties: what is kept lies inside the input; scanning it again gives the same; a journal that
 * is applied has the put of the worked example, because nobody without the keys makes another
 * record; operations that are refused change nothing.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t dek[] = { 0x15, 0xaf, 0x6c, 0x9a, 0x56, 0x4c, 0x77, 0x18, 0x96, 0xed, 0xee,
                               0xb0, 0x95, 0x23, 0xaa, 0xa8, 0x7e, 0xf8, 0x13, 0x0a, 0xc6, 0x51,
                               0x76, 0x57, 0x27, 0x12, 0x64, 0x8d, 0x1c, 0x9f, 0xd8, 0x4b };
static const uint8_t oak[] = { 0xe5, 0x4f, 0x8a, 0x63, 0x9d, 0xf8, 0x1b, 0x16, 0x9b, 0xdf, 0x0b,
                               0xe2, 0x8f, 0xbb, 0xfc, 0x4a, 0x56, 0x47, 0x48, 0xdd, 0x32, 0x61,
                               0x0e, 0x51, 0x4c, 0x0c, 0x7c, 0x8c, 0x25, 0x30, 0x37, 0xb2 };
static const struct log_header snapshot = {
    .deployment = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 },
    .generation = 1,
    .number = 7,
    .seq = 41,
    .chain = { 0x8f, 0x52, 0x35, 0x2b, 0x65, 0x34, 0x59, 0xc5, 0x24, 0xe9, 0xaf,
               0xae, 0x35, 0x67, 0xce, 0x94, 0x2b, 0x2b, 0xc3, 0x97, 0x8c, 0x3f,
               0x06, 0xbb, 0x40, 0xa5, 0x7c, 0xeb, 0x90, 0xc9, 0xd7, 0xd4 },
};

static void repair_frames(uint8_t *at, size_t size)
{
    for (size_t pos = 0; pos + RECORD_OVERHEAD <= size; pos++) {
        const size_t len = (size_t)at[pos + 4] | (size_t)at[pos + 5] << 8;
        if (memcmp(at + pos, "MRJR", 4) != 0 || len < RECORD_OVERHEAD || len > size - pos)
            continue;
        le_put(at + pos + len - 4, len, 4);
        le_put(at + pos + len - 8, crc32c(bytes_of(at + pos, len - 8)), 4);
    }
}

static void check(bool holds)
{
    if (!holds)
        __builtin_trap();
}

static void check_segment(struct bytes raw, bool last)
{
    const struct journal_place place = { snapshot.number, last, &snapshot };
    struct log_position position = { .seq = snapshot.seq }, again = { .seq = snapshot.seq };
    struct journal_reading reading = { .dek = bytes_of(dek, sizeof dek),
                                       .oak = bytes_of(oak, sizeof oak) };
    struct err err = { 0 };
    size_t keep = 0, keep_again = 0;

    memcpy(position.chain, snapshot.chain, CHAIN_LEN);
    memcpy(again.chain, snapshot.chain, CHAIN_LEN);
    if (!journal_scan(raw, &place, &position, &keep, &err)) {
        check(err.kind == FAIL_DAMAGED);
        return;
    }
    check(err.kind == FAIL_NONE && keep <= raw.len && (keep == 0 || keep >= LOG_HEADER_LEN));
    check(last || keep == raw.len);
    if (keep == 0)
        return;
    const struct bytes kept = bytes_of(raw.at, keep);
    check(journal_scan(kept, &place, &again, &keep_again, &err) && keep_again == keep &&
          memcmp(&again, &position, sizeof again) == 0);
    const bool applied = journal_apply(kept, &reading, &err);
    check(applied ? position.seq < 42 || reading.values != NULL : err.kind == FAIL_DAMAGED);
    omap_free(reading.values);
}

static void check_operations(struct bytes plaintext)
{
    const struct omap *map = omap_with(NULL, BYTES_LITERAL("k"), BYTES_LITERAL("v"));
    const struct omap *const before = map;
    struct err err = { 0 };

    check(ops_apply(plaintext, &map, &err) ? err.kind == FAIL_NONE
                                           : err.kind == FAIL_DAMAGED && map == before);
    omap_free(map);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *const copy = bytes_copy(bytes_of(data, size));

    check_operations(bytes_of(data, size));
    check_segment(bytes_of(data, size), true);
    repair_frames(copy, size);
    check_segment(bytes_of(copy, size), true);
    check_segment(bytes_of(copy, size), false);
    free(copy);
    return 0;
}
