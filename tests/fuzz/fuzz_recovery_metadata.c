/* SPDX-License-Identifier: Apache-2.0 */
/* Metadata that parses is written in a form that parses to the same; so are those of several sets. */
#include "recovery/sets.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        __builtin_trap();
}

static void write_sets(const struct recovery_sets *sets, struct buf *out)
{
    struct err err = { 0 };

    for (size_t i = 0; i < sets->count; i++) {
        if (i > 0)
            buf_add_u8(out, '\n');
        require(recovery_metadata_write(sets->at[i], out, &err));
    }
}

/* What one set is alone, it is as a line of its own. */
static void check_sets(struct bytes lines, bool is_one)
{
    auto_recovery_sets sets = { 0 }, again = { 0 };
    auto_buf once = { 0 }, twice = { 0 };
    struct err err = { 0 };
    struct bytes second;

    if (!recovery_sets_parse(lines, &sets, &err)) {
        require(err.kind == FAIL_DAMAGED && sets.count == 0);
        require(!is_one || bytes_line(lines, 1, &second));
        return;
    }
    require(sets.count == 1 ? is_one : sets.count == 2);
    write_sets(&sets, &once);
    require(recovery_sets_parse(buf_bytes(&once), &again, &err) && again.count == sets.count);
    write_sets(&again, &twice);
    require(bytes_equal(buf_bytes(&once), buf_bytes(&twice)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = { 0 };
    auto_buf once = { 0 }, twice = { 0 };
    auto_recovery_metadata *m = recovery_metadata_parse(bytes_of(data, size), &err);

    check_sets(bytes_of(data, size), m != NULL);
    if (m == NULL) {
        require(err.kind == FAIL_DAMAGED);
        return 0;
    }
    require(recovery_metadata_write(m, &once, &err));
    auto_recovery_metadata *again = recovery_metadata_parse(buf_bytes(&once), &err);
    require(again != NULL && again->holder_count == m->holder_count);
    require(recovery_metadata_write(again, &twice, &err));
    require(bytes_equal(buf_bytes(&once), buf_bytes(&twice)));
    return 0;
}
