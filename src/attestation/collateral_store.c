/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/collateral_store.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum {
    MOST_BYTES = 64 << 20,      /* of all files together */
    LONGEST_REFUSAL_TEXT = 300, /* bytes of a detail */
};

struct collateral_store {
    const struct env *env;
    const char *directory;
    const struct trust_anchors *anchors;
    pthread_mutex_t scanning; /* one scan at a time; guards what follows up to `current` */
    const struct number_memory *memory; /* NULL: none */
    struct evaluation_numbers numbers;
    bool unlistable, unkept; /* at the last scan */
    pthread_mutex_t current; /* guards the pointer */
    struct collateral_set *set;
};

/* A scan: the set that it makes, and the one that it follows. */
struct scan {
    struct collateral_store *store;
    const struct collateral_set *old;
    struct collateral_set *set;
    size_t bytes_left;
};

/* ---- names ---- */

static bool is_bundle_name(const char *name)
{
    const size_t len = strlen(name);

    return name[0] != '.' && len > strlen(".json") &&
           strcmp(name + len - strlen(".json"), ".json") == 0;
}

static bool take_name(void *arg, const char *name)
{
    struct collateral_set *const set = arg;

    if (!is_bundle_name(name))
        return true;
    set->left_out = set->count == COLLATERAL_FILES_MAX;
    if (!set->left_out)
        set->files[set->count++].name = mem_string(name);
    return !set->left_out;
}

static int by_name(const void *a, const void *b)
{
    const struct collateral_file *const x = a, *const y = b;

    return strcmp(x->name, y->name);
}

static bool list_names(const struct collateral_store *store, struct collateral_set *set,
                       struct err *err)
{
    const struct files *const fs = store->env->files;

    if (fs->list(fs->ctx, store->directory, take_name, set) != 0)
        return err_errno(err, FAIL_UNAVAILABLE, "cannot list collateral directory %s",
                         store->directory);
    qsort(set->files, set->count, sizeof set->files[0], by_name);
    return true;
}

/* ---- one file ---- */

static bool refuse(struct collateral_file *file, enum reason reason, const char *text)
{
    file->reason = reason;
    file->refusal = mem_string(text);
    return false;
}

static bool read_bundle(struct scan *scan, struct collateral_file *file, struct buf *raw)
{
    const struct collateral_store *const store = scan->store;
    const struct files *const fs = store->env->files;
    const size_t most =
        scan->bytes_left < COLLATERAL_BUNDLE_MAX ? scan->bytes_left : COLLATERAL_BUNDLE_MAX;
    auto_string *path = mem_printf("%s/%s", store->directory, file->name);
    struct err err = { 0 };

    if (!file_read_regular(fs, path, most, raw, &err) || !sha256(buf_bytes(raw), file->hash, &err))
        return refuse(file, REASON_NONE, err.text);
    scan->bytes_left -= raw->len;
    return true;
}

static bool check_items(struct collateral_file *file, const struct collateral_summary *summary)
{
    const size_t shown =
        summary->detail.len < LONGEST_REFUSAL_TEXT ? summary->detail.len : LONGEST_REFUSAL_TEXT;
    auto_string *text = mem_printf("%s: %.*s", reason_text(summary->reason), (int)shown,
                                   (const char *)summary->detail.at);

    return summary->reason == REASON_NONE || refuse(file, summary->reason, text);
}

static void keep_previous(struct collateral_file *file, const struct collateral_file *previous)
{
    if (previous == NULL || previous->collateral == NULL)
        return;
    file->collateral = collateral_ref(previous->collateral);
    file->summary = previous->summary;
}

static void parse_bundle(const struct scan *scan, struct collateral_file *file, struct bytes raw,
                         const struct collateral_file *previous)
{
    struct collateral_summary summary;
    struct err err = { 0 };
    auto_collateral *parsed = collateral_parse(raw, scan->store->anchors, &err);

    if (parsed == NULL)
        (void)refuse(file, REASON_COLLATERAL_FORMAT, err.text);
    else
        collateral_summary(parsed, &summary);
    if (parsed == NULL || !check_items(file, &summary)) {
        keep_previous(file, previous);
        return;
    }
    file->collateral = TAKE(parsed);
    file->summary = summary;
}

static void load(struct scan *scan, struct collateral_file *file)
{
    const struct collateral_file *const previous = collateral_set_file(scan->old, file->name);
    auto_buf raw = { 0 };

    if (!read_bundle(scan, file, &raw)) {
        keep_previous(file, previous);
        return;
    }
    if (previous == NULL || memcmp(previous->hash, file->hash, SHA256_LEN) != 0) {
        parse_bundle(scan, file, buf_bytes(&raw), previous);
        return;
    }
    keep_previous(file, previous);
    if (previous->refusal != NULL)
        (void)refuse(file, previous->reason, previous->refusal);
}

/* ---- evaluation numbers ---- */

/* A memory that was lost costs a warning: what the files say holds then. */
static void load_numbers(struct collateral_store *store)
{
    auto_buf text = { 0 };
    struct err err = { 0 };

    if (store->memory == NULL)
        return;
    const bool loaded = store->memory->load(store->memory->ctx, &text, &err);
    if (loaded && text.len == 0)
        return;
    if (!loaded || !evaluation_numbers_read(&store->numbers, buf_bytes(&text), &err))
        log_warn(
            store->env->log,
            "The evaluation numbers of earlier runs are lost; older collateral may be accepted",
            LOG_TEXT("error", err.text));
    store->numbers.risen = false; /* what was read is kept already */
}

/* Tried again at the next scan. */
static void keep_numbers(struct collateral_store *store)
{
    auto_buf text = { 0 };
    struct err err = { 0 };

    if (store->memory == NULL || !store->numbers.risen)
        return;
    evaluation_numbers_put(&store->numbers, &text);
    const bool kept = store->memory->keep(store->memory->ctx, buf_bytes(&text), &err);
    if (!kept && !store->unkept)
        log_warn(store->env->log, "Evaluation numbers are not kept for the next run",
                 LOG_TEXT("error", err.text));
    store->unkept = !kept;
    store->numbers.risen = !kept;
}

static uint64_t least_number(const struct collateral_store *store,
                             const struct collateral_summary *summary)
{
    return evaluation_numbers_least(&store->numbers, summary->tee, summary->fmspc);
}

static void refuse_old(struct scan *scan, struct collateral_file *file)
{
    const struct collateral_file *const previous = collateral_set_file(scan->old, file->name);
    const uint64_t least = least_number(scan->store, &file->summary);

    if (file->summary.evaluation_number >= least)
        return;
    auto_string *text =
        mem_printf("evaluation number %" PRIu64 " is lower than %" PRIu64 ", which was seen before",
                   file->summary.evaluation_number, least);
    collateral_free(TAKE(file->collateral));
    file->summary = (struct collateral_summary){ 0 };
    if (file->refusal == NULL)
        (void)refuse(file, REASON_POLICY, text);
    if (previous != NULL && previous->collateral != NULL &&
        previous->summary.evaluation_number >= least_number(scan->store, &previous->summary))
        keep_previous(file, previous);
}

static void compare_numbers(struct scan *scan)
{
    for (size_t i = 0; i < scan->set->count; i++) {
        const struct collateral_file *const file = &scan->set->files[i];
        if (file->collateral != NULL && file->summary.tee != TEE_SNP)
            evaluation_numbers_note(&scan->store->numbers, file->summary.tee, file->summary.fmspc,
                                    file->summary.evaluation_number);
    }
    for (size_t i = 0; i < scan->set->count; i++) {
        struct collateral_file *const file = &scan->set->files[i];
        if (file->collateral != NULL && file->summary.tee != TEE_SNP)
            refuse_old(scan, file);
    }
}

/* ---- what has changed ---- */

static bool same_refusal(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool is_unchanged(const struct collateral_file *file, const struct collateral_file *before)
{
    return before != NULL && file->collateral == before->collateral &&
           same_refusal(file->refusal, before->refusal);
}

static void tell_file(const struct log *log, const struct collateral_file *file)
{
    auto_buf platform = { 0 };

    if (file->collateral != NULL)
        collateral_put_platform(&platform, &file->summary);
    if (file->refusal == NULL)
        log_info(log, "Collateral loaded", LOG_TEXT("file", file->name),
                 LOG_BYTES("platform", buf_bytes(&platform)),
                 LOG_NUMBER("evaluation_number", file->summary.evaluation_number),
                 LOG_NUMBER("expires", file->summary.earliest_expiration));
    else if (file->collateral == NULL)
        log_warn(log, "Collateral refused", LOG_TEXT("file", file->name),
                 LOG_TEXT("error", file->refusal));
    else
        log_warn(log, "Collateral refused; what this file held before stays in use",
                 LOG_TEXT("file", file->name), LOG_BYTES("platform", buf_bytes(&platform)),
                 LOG_TEXT("error", file->refusal));
}

/* True when something has. */
static bool tell_changes(const struct scan *scan)
{
    const struct log *const log = scan->store->env->log;
    const struct collateral_set *const old = scan->old, *const set = scan->set;
    bool changed = false;

    for (size_t i = 0; i < set->count; i++) {
        if (is_unchanged(&set->files[i], collateral_set_file(old, set->files[i].name)))
            continue;
        changed = true;
        tell_file(log, &set->files[i]);
    }
    for (size_t i = 0; i < old->count; i++) {
        if (collateral_set_file(set, old->files[i].name) != NULL)
            continue;
        changed = true;
        log_info(log, "Collateral removed", LOG_TEXT("file", old->files[i].name));
    }
    if (set->left_out && !old->left_out)
        log_warn(log, "Too many files of collateral; some are not looked at",
                 LOG_NUMBER("most", COLLATERAL_FILES_MAX));
    return changed || set->left_out != old->left_out;
}

static bool hashes_differ(const struct scan *scan)
{
    for (size_t i = 0; i < scan->set->count; i++) {
        const struct collateral_file *const file = &scan->set->files[i];
        const struct collateral_file *const before = collateral_set_file(scan->old, file->name);
        if (before == NULL || memcmp(before->hash, file->hash, SHA256_LEN) != 0)
            return true;
    }
    return false;
}

/* ---- the scan ---- */

static void replace_set(struct collateral_store *store, struct collateral_set *set)
{
    set->number = store->set->number + 1;
    (void)pthread_mutex_lock(&store->current);
    struct collateral_set *const old = store->set;
    store->set = set;
    (void)pthread_mutex_unlock(&store->current);
    collateral_set_free(old);
}

static bool scan_all(struct collateral_store *store, struct err *err)
{
    auto_collateral_set *set = collateral_set_new();
    struct scan scan = { store, store->set, set, MOST_BYTES };

    if (!list_names(store, set, err))
        return false;
    for (size_t i = 0; i < set->count; i++)
        load(&scan, &set->files[i]);
    compare_numbers(&scan);
    keep_numbers(store);
    const bool changed = tell_changes(&scan);
    if (changed || hashes_differ(&scan))
        replace_set(store, TAKE(set));
    return true;
}

void collateral_store_scan(struct collateral_store *store)
{
    struct err err = { 0 };

    (void)pthread_mutex_lock(&store->scanning);
    const bool listed = scan_all(store, &err);
    if (!listed && !store->unlistable)
        log_warn(store->env->log, "Collateral stays as it is", LOG_TEXT("error", err.text));
    store->unlistable = !listed;
    (void)pthread_mutex_unlock(&store->scanning);
}

struct collateral_store *collateral_store_open(const struct env *env, const char *directory,
                                               const struct trust_anchors *anchors,
                                               const struct number_memory *memory, struct err *err)
{
    auto_collateral_store *store = mem_zero_alloc(1, sizeof *store);

    store->env = env;
    store->directory = directory;
    store->anchors = anchors;
    store->memory = memory;
    (void)pthread_mutex_init(&store->scanning, NULL);
    (void)pthread_mutex_init(&store->current, NULL);
    store->set = collateral_set_new();
    load_numbers(store);
    return scan_all(store, err) ? TAKE(store) : NULL;
}

struct collateral_set *collateral_store_set(struct collateral_store *store)
{
    (void)pthread_mutex_lock(&store->current);
    struct collateral_set *const set = collateral_set_ref(store->set);
    (void)pthread_mutex_unlock(&store->current);
    return set;
}

const struct trust_anchors *collateral_store_anchors(const struct collateral_store *store)
{
    return store->anchors;
}

void collateral_store_free(struct collateral_store *store)
{
    if (store == NULL)
        return;
    collateral_set_free(store->set);
    (void)pthread_mutex_destroy(&store->current);
    (void)pthread_mutex_destroy(&store->scanning);
    free(store);
}
