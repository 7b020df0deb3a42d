/* SPDX-License-Identifier: Apache-2.0 */
#include "bundle_directory.h"
#include "intel_scene.h"

#include <pthread.h>
#include <sys/stat.h>

/* Bundles in a directory that changes while it is used. */

struct room {
    struct bundle_directory directory;
    struct intel_scene scene; /* TCB info has the evaluation number 17, the QE identity 18 */
    struct collateral_store *store;
};

static void room_begin(struct room *r)
{
    *r = (struct room){ 0 };
    directory_begin(&r->directory);
    intel_scene_init(&r->scene, SCENE_SGX_3);
    intel_scene_build(&r->scene);
}

static void room_end(struct room *r)
{
    collateral_store_free(r->store);
    intel_scene_clear(&r->scene);
    directory_end(&r->directory);
}
#define auto_room struct room CLEANUP(room_end)

static void put_scene(struct room *r, const char *name)
{
    auto_buf text = { 0 };

    intel_scene_build(&r->scene);
    intel_scene_put_bundle(&r->scene, &text);
    directory_write(&r->directory, name, buf_bytes(&text));
}

static void set_number(struct room *r, const char *from, const char *to)
{
    auto_string *old = mem_printf("\"tcbEvaluationDataNumber\":%s", from);
    auto_string *new = mem_printf("\"tcbEvaluationDataNumber\":%s", to);

    scene_edit(&r->scene.tcb_info, old, new);
}

static void open_store(struct room *r)
{
    r->store = directory_open(&r->directory, &r->scene.anchors);
}

static void scan(struct room *r)
{
    collateral_store_scan(r->store);
}

/* number 0: the file has no bundle in use. refusal NULL: none; else a part of it. */
static void expect_file(struct room *r, const char *name, uint64_t number, const char *refusal)
{
    auto_collateral_set *set = collateral_store_set(r->store);
    const struct collateral_file *const file = collateral_set_file(set, name);

    assert_non_null(file);
    assert_int_equal(file->collateral != NULL, number != 0);
    assert_int_equal(file->summary.evaluation_number, number);
    if (refusal == NULL)
        assert_null(file->refusal);
    else if (file->refusal == NULL || strstr(file->refusal, refusal) == NULL)
        fail_msg("%s: \"%s\" is not in: %s", name, refusal,
                 file->refusal == NULL ? "(used)" : file->refusal);
}

static size_t file_count(struct room *r, uint64_t *number)
{
    auto_collateral_set *set = collateral_store_set(r->store);

    if (number != NULL)
        *number = set->number;
    return set->count;
}

static void a_directory_is_read_and_the_rest_left_alone(void **state)
{
    auto_room r;
    auto_string *pipe_path = NULL;

    (void)state;
    room_begin(&r);
    put_scene(&r, "good.json");
    directory_write(&r.directory, ".hidden.json", BYTES_LITERAL("x"));
    directory_write(&r.directory, "notes.txt", BYTES_LITERAL("x"));
    directory_write(&r.directory, ".json", BYTES_LITERAL("x"));
    directory_write(&r.directory, "bad.json", BYTES_LITERAL("{"));
    pipe_path = mem_printf("%s/pipe.json", r.directory.path);
    assert_int_equal(mkfifo(pipe_path, 0600), 0);
    open_store(&r);
    assert_int_equal(file_count(&r, NULL), 3);
    expect_file(&r, "good.json", 17, NULL);
    expect_file(&r, "bad.json", 0, "collateral bundle");
    expect_file(&r, "pipe.json", 0, "not a regular file");
    assert_int_equal(directory_logged(&r.directory, "Collateral loaded"), 1);
    assert_int_equal(directory_logged(&r.directory, "sgx FMSPC 00c0ffee0001 (processor CA)"), 1);
    scan(&r);
    assert_int_equal(directory_logged(&r.directory, "\"msg\""), 3);
}

static void a_directory_that_is_not_there_is_an_error_at_first_and_none_later(void **state)
{
    auto_room r;
    struct err err = { 0 };

    (void)state;
    room_begin(&r);
    assert_null(
        collateral_store_open(&r.directory.env, "/nowhere/at/all", &r.scene.anchors, NULL, &err));
    assert_int_equal(err.kind, FAIL_UNAVAILABLE);
    assert_non_null(strstr(err.text, "/nowhere/at/all"));
    put_scene(&r, "a.json");
    open_store(&r);
    auto_string *aside = mem_printf("%s-aside", r.directory.path);
    assert_int_equal(rename(r.directory.path, aside), 0);
    scan(&r);
    scan(&r);
    assert_int_equal(rename(aside, r.directory.path), 0);
    assert_int_equal(directory_logged(&r.directory, "Collateral stays as it is"), 1);
    expect_file(&r, "a.json", 17, NULL);
}

static void what_changes_takes_the_place_of_what_was(void **state)
{
    uint64_t before = 0, after = 0;
    auto_room r;

    (void)state;
    room_begin(&r);
    put_scene(&r, "a.json");
    open_store(&r);
    auto_collateral_set *old = collateral_store_set(r.store);
    assert_int_equal(file_count(&r, &before), 1);
    scan(&r);
    (void)file_count(&r, &after);
    assert_int_equal(after, before);
    set_number(&r, "17", "18");
    put_scene(&r, "a.json");
    scan(&r);
    (void)file_count(&r, &after);
    assert_int_equal(after, before + 1);
    expect_file(&r, "a.json", 18, NULL);
    /* Whoever has the old one still has it. */
    assert_int_equal(old->files[0].summary.evaluation_number, 17);
    directory_remove(&r.directory, "a.json");
    scan(&r);
    assert_int_equal(file_count(&r, &after), 0);
    assert_int_equal(after, before + 2);
    assert_int_equal(directory_logged(&r.directory, "Collateral removed"), 1);
}

static void a_file_that_turns_bad_keeps_its_bundle_and_says_so(void **state)
{
    auto_room r;
    auto_buf bad_signature = { 0 };

    (void)state;
    room_begin(&r);
    put_scene(&r, "a.json");
    open_store(&r);
    directory_write(&r.directory, "a.json", BYTES_NONE);
    scan(&r);
    scan(&r);
    expect_file(&r, "a.json", 17, "collateral bundle");
    assert_int_equal(directory_logged(&r.directory, "stays in use"), 1);
    intel_scene_put_bundle(&r.scene, &bad_signature);
    scene_edit(&bad_signature, "13T00:00:00Z", "14T00:00:00Z");
    directory_write(&r.directory, "a.json", buf_bytes(&bad_signature));
    scan(&r);
    expect_file(&r, "a.json", 17, "collateral_signature: ");
    put_scene(&r, "a.json");
    scan(&r);
    expect_file(&r, "a.json", 17, NULL);
    /* It never was good under this name. */
    directory_write(&r.directory, "b.json", buf_bytes(&bad_signature));
    scan(&r);
    expect_file(&r, "b.json", 0, "collateral_signature: ");
}

static void a_lower_evaluation_number_is_refused_however_it_comes(void **state)
{
    auto_room r;

    (void)state;
    room_begin(&r);
    set_number(&r, "17", "18");
    put_scene(&r, "a.json");
    open_store(&r);
    /* In its own file: what was there stays. */
    set_number(&r, "18", "17");
    put_scene(&r, "a.json");
    scan(&r);
    expect_file(&r, "a.json", 18, "evaluation number 17 is lower than 18");
    /* After the file was away: nothing stays. */
    directory_remove(&r.directory, "a.json");
    scan(&r);
    put_scene(&r, "a.json");
    scan(&r);
    expect_file(&r, "a.json", 0, "evaluation number 17 is lower than 18");
    scan(&r);
    expect_file(&r, "a.json", 0, "evaluation number 17 is lower than 18");
    /* Another platform has numbers of its own. */
    scene_edit(&r.scene.tcb_info, "00C0ffEE0001", "00C0ffEE0002");
    put_scene(&r, "b.json");
    scan(&r);
    expect_file(&r, "b.json", 17, NULL);
}

/* ---- across restarts ---- */

struct memory {
    struct buf kept;
    bool broken;
    unsigned keeps;
};

static bool load_kept(void *ctx, struct buf *out, struct err *err)
{
    const struct memory *const m = ctx;

    buf_add(out, buf_bytes(&m->kept));
    return !m->broken || err_set(err, FAIL_DENIED, "broken");
}

static bool keep_text(void *ctx, struct bytes text, struct err *err)
{
    struct memory *const m = ctx;

    m->keeps++;
    if (m->broken)
        return err_set(err, FAIL_UNAVAILABLE, "broken");
    buf_clear(&m->kept);
    buf_add(&m->kept, text);
    return true;
}

static void restart(struct room *r, const struct number_memory *memory)
{
    collateral_store_free(r->store);
    r->store = directory_open_with(&r->directory, &r->scene.anchors, memory);
}

static void a_lower_evaluation_number_is_refused_after_a_restart(void **state)
{
    auto_room r;
    struct memory m = { 0 };
    const struct number_memory memory = { &m, load_kept, keep_text };

    (void)state;
    room_begin(&r);
    put_scene(&r, "a.json");
    restart(&r, &memory);
    assert_int_equal(m.keeps, 1);
    scan(&r);
    assert_int_equal(m.keeps, 1); /* nothing has risen */
    set_number(&r, "17", "16");
    put_scene(&r, "a.json");
    restart(&r, &memory);
    expect_file(&r, "a.json", 0, "16 is lower than 17, which was seen before");
    assert_int_equal(m.keeps, 1);
    restart(&r, NULL);
    expect_file(&r, "a.json", 16, NULL);
    buf_clear(&m.kept);
}

static void a_memory_that_is_lost_or_damaged_does_not_stop_anything(void **state)
{
    auto_room r;
    struct memory m = { .broken = true };
    const struct number_memory memory = { &m, load_kept, keep_text };

    (void)state;
    room_begin(&r);
    put_scene(&r, "a.json");
    restart(&r, &memory);
    expect_file(&r, "a.json", 17, NULL);
    assert_int_equal(m.keeps, 1);
    scan(&r);
    assert_int_equal(m.keeps, 2); /* tried again */
    m.broken = false;
    scan(&r);
    assert_int_equal(m.keeps, 3);
    assert_true(m.kept.len > 0);
    scan(&r);
    assert_int_equal(m.keeps, 3);
    buf_truncate(&m.kept, m.kept.len - 1);
    restart(&r, &memory);
    expect_file(&r, "a.json", 17, NULL);
    assert_int_equal(m.keeps, 4);
    buf_clear(&m.kept);
}

static void of_two_files_for_one_platform_the_higher_number_counts(void **state)
{
    auto_room r;

    (void)state;
    room_begin(&r);
    put_scene(&r, "z.json");
    open_store(&r);
    set_number(&r, "17", "18");
    put_scene(&r, "a.json");
    scan(&r);
    expect_file(&r, "a.json", 18, NULL);
    expect_file(&r, "z.json", 0, "lower than 18");
}

static void what_a_bundle_says_it_is_for_moves_no_number_of_another_tee(void **state)
{
    auto_room r;
    auto_buf text = { 0 };

    (void)state;
    room_begin(&r);
    put_scene(&r, "a.json");
    open_store(&r);
    set_number(&r, "17", "18");
    intel_scene_build(&r.scene);
    r.scene.bundle.tee = TEE_TDX;
    intel_scene_put_bundle(&r.scene, &text);
    directory_write(&r.directory, "b.json", buf_bytes(&text));
    scan(&r);
    auto_collateral_set *set = collateral_store_set(r.store);
    assert_int_equal(collateral_set_file(set, "b.json")->summary.tee, TEE_SGX);
    expect_file(&r, "b.json", 18, NULL);
    expect_file(&r, "a.json", 0, "lower than 18");
}

static void there_is_an_end_to_the_files(void **state)
{
    auto_room r;

    (void)state;
    room_begin(&r);
    for (unsigned i = 0; i < COLLATERAL_FILES_MAX + 3; i++) {
        auto_string *name = mem_printf("%03u.json", i);
        auto_string *path = mem_printf("%s/%s", r.directory.path, name);
        (void)close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    }
    open_store(&r);
    assert_int_equal(file_count(&r, NULL), COLLATERAL_FILES_MAX);
    scan(&r);
    assert_int_equal(directory_logged(&r.directory, "Too many files"), 1);
}

static void metrics_tell_what_expires_and_what_was_refused(void **state)
{
    auto_room r;
    auto_buf text = { 0 };

    (void)state;
    room_begin(&r);
    put_scene(&r, "a.json");
    directory_write(&r.directory, "bad\".json", BYTES_LITERAL("{"));
    open_store(&r);
    struct metrics *const metrics = metrics_new();
    collateral_store_observe(r.store, metrics);
    collateral_store_observe(NULL, metrics);
    metrics_write(metrics, &text);
    buf_add_u8(&text, '\0');
    const char *const all = (const char *)text.at;
    assert_non_null(strstr(all, "taw_collateral_bundles 1\n"));
    assert_non_null(strstr(all,
                           "taw_collateral_expiry_timestamp_seconds{tee=\"sgx\",platform=\"sgx "
                           "FMSPC 00c0ffee0001 (processor CA)\",file=\"a.json\"} 1"));
    assert_non_null(strstr(all, "taw_collateral_refused{reason=\"collateral_format\","
                                "file=\"bad\\\".json\"} 1\n"));
    metrics_free(metrics);
}

struct reading {
    struct collateral_store *store;
    bool stop; /* atomic */
};

static void *read_sets(void *arg)
{
    struct reading *const reading = arg;

    while (!__atomic_load_n(&reading->stop, __ATOMIC_SEQ_CST)) {
        auto_collateral_set *set = collateral_store_set(reading->store);
        for (size_t i = 0; i < set->count; i++)
            assert_true(set->files[i].collateral == NULL ||
                        set->files[i].summary.fmspc.at[1] == 0xc0);
    }
    return NULL;
}

static void sets_are_read_while_they_are_replaced(void **state)
{
    auto_room r;
    pthread_t threads[2];

    (void)state;
    room_begin(&r);
    put_scene(&r, "a.json");
    open_store(&r);
    struct reading reading = { .store = r.store };
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_sets, &reading), 0);
    for (unsigned i = 0; i < 20; i++) {
        auto_string *name = mem_printf("%u.json", i % 3);
        put_scene(&r, name);
        scan(&r);
    }
    __atomic_store_n(&reading.stop, true, __ATOMIC_SEQ_CST);
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_directory_is_read_and_the_rest_left_alone),
    cmocka_unit_test(a_directory_that_is_not_there_is_an_error_at_first_and_none_later),
    cmocka_unit_test(what_changes_takes_the_place_of_what_was),
    cmocka_unit_test(a_file_that_turns_bad_keeps_its_bundle_and_says_so),
    cmocka_unit_test(a_lower_evaluation_number_is_refused_however_it_comes),
    cmocka_unit_test(a_lower_evaluation_number_is_refused_after_a_restart),
    cmocka_unit_test(a_memory_that_is_lost_or_damaged_does_not_stop_anything),
    cmocka_unit_test(of_two_files_for_one_platform_the_higher_number_counts),
    cmocka_unit_test(what_a_bundle_says_it_is_for_moves_no_number_of_another_tee),
    cmocka_unit_test(there_is_an_end_to_the_files),
    cmocka_unit_test(metrics_tell_what_expires_and_what_was_refused),
    cmocka_unit_test(sets_are_read_while_they_are_replaced),
};

TEST_MAIN(tests)
