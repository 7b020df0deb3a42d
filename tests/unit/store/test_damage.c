/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

#include "store/slots.h"
#include "store/snapshot.h"

#define DATA "/seal/sealed_data"
#define KEY "/seal/sealed_key"
#define LOG_1 "/seal/sealed_log.1"
#define LOG_2 "/seal/sealed_log.2"

/* A state in all its files, and the slots as they were before the last commit. */
struct fixture {
    struct fake_disk *disk;
    const struct omap *values, *before_last;
    struct buf older_key;
    size_t last_record_at; /* in sealed_log.2 */
};

static void fixture_clear(struct fixture *f)
{
    fake_disk_free(f->disk);
    omap_free(f->values);
    omap_free(f->before_last);
    buf_clear(&f->older_key);
}
#define auto_fixture struct fixture CLEANUP(fixture_clear)

static void fixture_init(struct fixture *f)
{
    struct world world;
    struct err err = { 0 };

    *f = (struct fixture){ .disk = fake_disk_new() };
    world_init(&world, f->disk);
    struct store *store = world_expect(&world, STORE_FRESH);
    auto_omap *values = world_map("a", "1", "b", "2", NULL);
    assert_ok(world_begin(store, values, NULL, &err), &err);
    assert_ok(world_put(store, "c", "3", &err), &err);
    assert_ok(world_put(store, "d", "4", &err), &err);
    store_close(store);
    store = world_expect(&world, STORE_OPEN);
    assert_ok(world_put(store, "e", "5", &err), &err);
    assert_ok(world_put(store, "f", "6", &err), &err);
    f->before_last = store_values(store);
    buf_add(&f->older_key, buf_bytes(fake_file(f->disk, KEY)));
    f->last_record_at = fake_file(f->disk, LOG_2)->len;
    assert_ok(world_put(store, "g", "7", &err), &err);
    f->values = store_values(store);
    store_close(store);
    fake_restart(f->disk);
}

/* Opens what `disk` holds now and compares the verdict. */
static void expect(struct fake_disk *disk, enum store_verdict want, const struct omap *values,
                   const char *what, size_t at)
{
    struct world world;
    enum store_verdict verdict;
    struct err err = { 0 };

    world_init(&world, disk);
    auto_store *store = world_open(&world, &verdict, &err);
    if (verdict != want)
        fail_msg("%s at %zu: %s instead of %s (%s)", what, at, store_verdict_name(verdict),
                 store_verdict_name(want), err.text);
    if (want == STORE_STOPPED)
        assert_int_equal(err.kind, FAIL_DAMAGED);
    if (want == STORE_OPEN)
        world_assert_values(store, omap_ref(values));
}

static void flip(const struct fixture *f, const char *path, size_t at, uint8_t mask,
                 enum store_verdict want, const struct omap *values)
{
    auto_disk *disk = fake_disk_clone(f->disk);

    fake_file(disk, path)->at[at] ^= mask;
    expect(disk, want, values, path, at);
}

static void flip_all(const struct fixture *f, const char *path, size_t from, size_t to,
                     enum store_verdict want)
{
    for (size_t at = from; at < to; at++) {
        flip(f, path, at, 1, want, f->values);
        flip(f, path, at, 0x80, want, f->values);
    }
}

static void a_flipped_byte_of_snapshot_or_journal_stops(void **state)
{
    auto_fixture f;

    (void)state;
    fixture_init(&f);
    flip_all(&f, DATA, 0, fake_file(f.disk, DATA)->len, STORE_STOPPED);
    flip_all(&f, LOG_1, 0, fake_file(f.disk, LOG_1)->len, STORE_STOPPED);
    flip_all(&f, LOG_2, 0, fake_file(f.disk, LOG_2)->len, STORE_STOPPED);
}

static void a_flipped_byte_of_the_slot_locks_and_one_of_a_cell_is_survived(void **state)
{
    auto_fixture f;

    (void)state;
    fixture_init(&f);
    const struct buf *const key = fake_file(f.disk, KEY);
    assert_int_equal(key->len, KEY_SLOT_LEN);
    const size_t blob_len = key->at[64] | (size_t)key->at[65] << 8;
    const size_t slot_end = SLOT_HEADER_LEN + 4 + blob_len;
    flip_all(&f, KEY, 0, slot_end, STORE_LOCKED);
    flip_all(&f, KEY, slot_end, slot_end + 16, STORE_OPEN);
    for (unsigned cell = 0; cell < 2; cell++)
        flip_all(&f, KEY, anchor_cell_offset(cell), anchor_cell_offset(cell) + ANCHOR_CELL_LEN,
                 STORE_OPEN);
    fake_file(f.disk, KEY)->at[anchor_cell_offset(0) + 30] ^= 1;
    flip_all(&f, KEY, anchor_cell_offset(1), anchor_cell_offset(1) + ANCHOR_CELL_LEN, STORE_LOCKED);
}

static void cut_at(const struct fixture *f, const char *path, size_t len, enum store_verdict want,
                   const struct omap *values)
{
    auto_disk *disk = fake_disk_clone(f->disk);

    buf_truncate(fake_file(disk, path), len);
    expect(disk, want, values, path, len);
}

static void a_truncation_at_any_byte_gets_its_verdict(void **state)
{
    static const char *const stopping[] = { DATA, LOG_1, LOG_2 };
    auto_fixture f;

    (void)state;
    fixture_init(&f);
    for (size_t i = 0; i < COUNT_OF(stopping); i++) {
        for (size_t len = 0; len < fake_file(f.disk, stopping[i])->len; len++)
            cut_at(&f, stopping[i], len, STORE_STOPPED, NULL);
    }
    for (size_t len = 0; len < KEY_SLOT_LEN; len++)
        cut_at(&f, KEY, len,
               len < anchor_cell_offset(0) + ANCHOR_CELL_LEN ? STORE_LOCKED : STORE_OPEN, f.values);
}

static void remove_one(const struct fixture *f, const char *path, enum store_verdict want)
{
    auto_disk *disk = fake_disk_clone(f->disk);

    fake_remove(disk, path);
    expect(disk, want, NULL, path, 0);
}

static void a_file_that_is_gone_never_looks_fresh(void **state)
{
    auto_fixture f;

    (void)state;
    fixture_init(&f);
    remove_one(&f, DATA, STORE_STOPPED);
    remove_one(&f, KEY, STORE_LOCKED);
    remove_one(&f, LOG_1, STORE_STOPPED);
    remove_one(&f, LOG_2, STORE_STOPPED);
    fake_remove(f.disk, DATA);
    remove_one(&f, KEY, STORE_STOPPED);
    fake_remove(f.disk, LOG_1);
    fake_remove(f.disk, LOG_2);
    expect(f.disk, STORE_STOPPED, NULL, "only sealed_key", 0);
    fake_put(f.disk, "/seal/sealed_data.new", BYTES_LITERAL("not a snapshot"));
    expect(f.disk, STORE_STOPPED, NULL, "an unfinished snapshot that is none", 0);
    remove_one(&f, KEY, STORE_FRESH);
}

static void a_torn_last_record_is_cut_only_before_its_anchor(void **state)
{
    auto_fixture f;

    (void)state;
    fixture_init(&f);
    buf_clear(fake_file(f.disk, KEY));
    buf_add(fake_file(f.disk, KEY), buf_bytes(&f.older_key));
    const size_t len = fake_file(f.disk, LOG_2)->len;
    for (size_t cut = f.last_record_at; cut < len; cut++) {
        cut_at(&f, LOG_2, cut, STORE_OPEN, f.before_last);
        flip(&f, LOG_2, cut, 4, STORE_OPEN, f.before_last);
    }
    for (size_t cut = 0; cut < f.last_record_at; cut++)
        cut_at(&f, LOG_2, cut, STORE_STOPPED, NULL);
    expect(f.disk, STORE_OPEN, f.values, "the last commit without its anchor", 0);
}

/* The two cells hold the last two commits, so one that is lost costs the protection of one commit. */
static void with_its_newer_cell_lost_the_anchor_is_one_commit_older(void **state)
{
    auto_fixture f;
    size_t earlier_at;

    (void)state;
    fixture_init(&f);
    /* The records of e, f and g have the same length. */
    earlier_at = f.last_record_at - (fake_file(f.disk, LOG_2)->len - f.last_record_at);
    auto_buf newest = { 0 };
    buf_add(&newest, buf_bytes(fake_file(f.disk, KEY)));
    for (unsigned cell = 0; cell < 2; cell++) {
        uint8_t *const now = newest.at + anchor_cell_offset(cell);
        if (memcmp(now, f.older_key.at + anchor_cell_offset(cell), ANCHOR_CELL_LEN) != 0)
            fake_file(f.disk, KEY)->at[anchor_cell_offset(cell) + 40] ^= 1;
    }
    expect(f.disk, STORE_OPEN, f.values, "one cell lost", 0);
    cut_at(&f, LOG_2, f.last_record_at, STORE_OPEN, f.before_last);
    cut_at(&f, LOG_2, earlier_at, STORE_STOPPED, NULL);
}

/* After the cut, the file is as if the record had never been. */
static void a_torn_tail_is_removed_and_the_log_goes_on(void **state)
{
    struct world world;
    struct err err = { 0 };
    auto_fixture f;

    (void)state;
    fixture_init(&f);
    buf_clear(fake_file(f.disk, KEY));
    buf_add(fake_file(f.disk, KEY), buf_bytes(&f.older_key));
    buf_truncate(fake_file(f.disk, LOG_2), f.last_record_at + 40);
    world_init(&world, f.disk);
    struct store *store = world_expect(&world, STORE_OPEN);
    assert_int_equal(fake_file(f.disk, LOG_2)->len, f.last_record_at);
    assert_ok(world_put(store, "h", "8", &err), &err);
    assert_non_null(fake_file(f.disk, "/seal/sealed_log.3"));
    auto_omap *want = store_values(store);
    store_close(store);
    fake_power_loss(f.disk, FAKE_NONE, FAKE_NONE);
    expect(f.disk, STORE_OPEN, want, "after a torn tail", 0);
}

static void a_segment_of_which_only_a_part_of_the_header_was_written_goes(void **state)
{
    static const size_t lengths[] = { 0, 1, 64, 127, 128 };
    auto_fixture f;

    (void)state;
    fixture_init(&f);
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        auto_disk *disk = fake_disk_clone(f.disk);
        uint8_t zeros[128] = { 0 };
        fake_put(disk, "/seal/sealed_log.3", bytes_of(zeros, lengths[i]));
        expect(disk, STORE_OPEN, f.values, "a torn header", lengths[i]);
        assert_null(fake_file(disk, "/seal/sealed_log.3"));
    }
}

static void covered_segments_and_leftovers_are_removed_at_the_start(void **state)
{
    auto_fixture f;
    struct world world;
    struct err err = { 0 };

    (void)state;
    fixture_init(&f);
    auto_buf covered = { 0 };
    buf_add(&covered, buf_bytes(fake_file(f.disk, LOG_1)));
    world_init(&world, f.disk);
    struct store *const store = world_expect(&world, STORE_OPEN);
    assert_ok(world_begin(store, f.values, NULL, &err), &err);
    store_close(store);
    assert_null(fake_file(f.disk, LOG_1));
    fake_put(f.disk, LOG_1, buf_bytes(&covered));
    fake_put(f.disk, "/seal/sealed_data.new", BYTES_LITERAL("half"));
    fake_put(f.disk, "/seal/sealed_key.new", BYTES_LITERAL("half"));
    fake_put(f.disk, "/seal/notes.txt", BYTES_LITERAL("of the operator"));
    expect(f.disk, STORE_OPEN, f.values, "covered segment", 0);
    assert_null(fake_file(f.disk, LOG_1));
    assert_null(fake_file(f.disk, "/seal/sealed_data.new"));
    assert_null(fake_file(f.disk, "/seal/sealed_key.new"));
    assert_non_null(fake_file(f.disk, "/seal/notes.txt"));
}

/* Two histories that branch off one state, with records of the same numbers. */
static void another_history_than_the_acknowledged_one_stops(void **state)
{
    auto_fixture f;
    struct err err = { 0 };

    (void)state;
    fixture_init(&f);
    auto_disk *other = fake_disk_clone(f.disk);
    struct fake_disk *const disks[] = { f.disk, other };
    for (size_t i = 0; i < 2; i++) {
        struct world world;
        world_init(&world, disks[i]);
        struct store *const store = world_expect(&world, STORE_OPEN);
        assert_ok(world_put(store, "h", i == 0 ? "x" : "y", &err), &err);
        store_close(store);
    }
    fake_put(f.disk, "/seal/sealed_log.3", buf_bytes(fake_file(other, "/seal/sealed_log.3")));
    expect(f.disk, STORE_STOPPED, NULL, "fork", 0);
    fake_put(f.disk, KEY, buf_bytes(fake_file(other, KEY)));
    auto_omap *values = omap_with(f.values, BYTES_LITERAL("h"), BYTES_LITERAL("y"));
    expect(f.disk, STORE_OPEN, values, "the other history as a whole", 0);
}

static struct secret *dek_of(const struct fixture *f, struct snapshot *snapshot)
{
    struct slot_owner owner;
    struct secret *dek = NULL;
    struct err err = { 0 };

    assert_ok(snapshot_parse(buf_bytes(fake_file(f->disk, DATA)), snapshot, &err), &err);
    memcpy(owner.deployment, snapshot->header.deployment, sizeof owner.deployment);
    owner.generation = snapshot->header.generation;
    assert_ok(
        recovery_slot_open(snapshot->slots, &owner, WORLD_RWK, snapshot->metadata, &dek, &err),
        &err);
    return dek;
}

/* Holders of shares learn the DEK; with it alone, nobody makes what loads by itself. */
static void a_state_written_without_the_origin_key_does_not_load(void **state)
{
    static const uint8_t wrong_oak[LOG_KEY_LEN] = { 1 };
    auto_fixture f;
    struct snapshot snapshot;
    struct err err = { 0 };
    auto_buf forged = { 0 };

    (void)state;
    fixture_init(&f);
    auto_secret *dek = dek_of(&f, &snapshot);
    auto_omap *values = world_map("root", "mine", NULL);
    const struct snapshot_content content = {
        .header = snapshot.header,
        .slots = snapshot.slots,
        .metadata = snapshot.metadata,
        .signature = snapshot.signature,
        .values = values,
    };
    assert_ok(snapshot_write(&content, secret_bytes(dek), bytes_of(wrong_oak, LOG_KEY_LEN), &forged,
                             &err),
              &err);
    fake_put(f.disk, DATA, buf_bytes(&forged));
    expect(f.disk, STORE_STOPPED, NULL, "forged snapshot", 0);
}

/* Everything locked: who alters what the people see cannot make them open something else. */
static void altered_recovery_metadata_opens_nothing(void **state)
{
    auto_fixture f;
    struct world world;
    struct err err = { 0 };
    auto_omap *values = NULL;
    uint8_t sum[SHA256_LEN];

    (void)state;
    fixture_init(&f);
    world_init(&world, f.disk);
    fake_remove(f.disk, KEY);
    struct buf *const data = fake_file(f.disk, DATA);
    const size_t clear_len =
        LOG_HEADER_LEN + 12 + RECOVERY_SLOT_LEN + WORLD_METADATA.len + WORLD_SIGNATURE.len;
    data->at[LOG_HEADER_LEN + 4 + RECOVERY_SLOT_LEN + 4 + 2] ^= 1;
    assert_ok(sha256(bytes_of(data->at, clear_len), sum, &err), &err);
    memcpy(data->at + clear_len, sum, sizeof sum);
    auto_store *store = world_expect(&world, STORE_LOCKED);
    assert_false(store_unlock(store, WORLD_RWK, &values, &err));
    assert_int_equal(err.kind, FAIL_DENIED);
}

static void locked_and_damaged_is_seen_when_it_is_unlocked(void **state)
{
    auto_fixture f;

    (void)state;
    fixture_init(&f);
    fake_remove(f.disk, KEY);
    const size_t len = fake_file(f.disk, DATA)->len;
    for (size_t at = LOG_HEADER_LEN + 12 + RECOVERY_SLOT_LEN + WORLD_METADATA.len +
                     WORLD_SIGNATURE.len + SHA256_LEN;
         at < len - SHA256_LEN; at++) {
        auto_disk *disk = fake_disk_clone(f.disk);
        struct world world;
        struct err err = { 0 };
        auto_omap *values = NULL;
        world_init(&world, disk);
        fake_file(disk, DATA)->at[at] ^= 1;
        auto_store *store = world_expect(&world, STORE_LOCKED);
        assert_false(store_unlock(store, WORLD_RWK, &values, &err));
        assert_int_equal(err.kind, FAIL_DAMAGED);
        assert_null(values);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_flipped_byte_of_snapshot_or_journal_stops),
    cmocka_unit_test(a_flipped_byte_of_the_slot_locks_and_one_of_a_cell_is_survived),
    cmocka_unit_test(a_truncation_at_any_byte_gets_its_verdict),
    cmocka_unit_test(a_file_that_is_gone_never_looks_fresh),
    cmocka_unit_test(a_torn_last_record_is_cut_only_before_its_anchor),
    cmocka_unit_test(with_its_newer_cell_lost_the_anchor_is_one_commit_older),
    cmocka_unit_test(a_torn_tail_is_removed_and_the_log_goes_on),
    cmocka_unit_test(a_segment_of_which_only_a_part_of_the_header_was_written_goes),
    cmocka_unit_test(covered_segments_and_leftovers_are_removed_at_the_start),
    cmocka_unit_test(another_history_than_the_acknowledged_one_stops),
    cmocka_unit_test(a_state_written_without_the_origin_key_does_not_load),
    cmocka_unit_test(altered_recovery_metadata_opens_nothing),
    cmocka_unit_test(locked_and_damaged_is_seen_when_it_is_unlocked),
};
TEST_MAIN(tests)
