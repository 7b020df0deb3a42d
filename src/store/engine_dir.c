/* SPDX-License-Identifier: Apache-2.0 */
#include "store/engine_dir.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define LOCK_NAME "lock"

/* What the last failure may have left behind; undone before anything else is written. */
enum repair {
    REPAIR_NONE = 0,
    REPAIR_SEGMENT = 1,  /* a segment may have bytes that were not acknowledged */
    REPAIR_SNAPSHOT = 2, /* sealed_data may have been replaced */
    REPAIR_SLOTS = 4,    /* sealed_key may have been replaced */
};

struct dir {
    struct store_engine engine;
    const struct env *env;
    const struct files *fs;
    char *path;
    int lock_fd;
    int slots_fd;                       /* for anchors; -1: opened when needed */
    int segment_fd;                     /* the segment that is being written; -1: none */
    uint64_t segment_len;               /* bytes of it that are acknowledged */
    unsigned repair;                    /* enum repair, as bits */
    uint64_t bad_segment;               /* REPAIR_SEGMENT: its number */
    uint64_t bad_keep;                  /* and how many bytes of it stay; 0: it goes */
    bool had_snapshot;                  /* REPAIR_SNAPSHOT: sealed_data was there before */
    struct buf old_snapshot, old_slots; /* what repair puts back */
};

static char *path_of(const struct dir *d, const char *name)
{
    return mem_printf("%s/%s", d->path, name);
}

static char *segment_path(const struct dir *d, uint64_t number)
{
    return mem_printf("%s/" SEGMENT_PREFIX "%" PRIu64, d->path, number);
}

static void close_fd(const struct files *fs, int *fd)
{
    if (*fd >= 0)
        (void)fs->close(fs->ctx, *fd);
    *fd = -1;
}

/* The number at the end of sealed_log.<n>, in the one way to write it; 0: it is none. */
static uint64_t segment_number(const char *name)
{
    const size_t prefix_len = strlen(SEGMENT_PREFIX);
    uint64_t number = 0;

    if (strncmp(name, SEGMENT_PREFIX, prefix_len) != 0 || name[prefix_len] == '0')
        return 0;
    for (const char *p = name + prefix_len; *p != '\0'; p++) {
        if (*p < '0' || *p > '9' || __builtin_mul_overflow(number, 10, &number) ||
            __builtin_add_overflow(number, (uint64_t)(*p - '0'), &number))
            return 0;
    }
    return number;
}

static bool head_add(void *arg, const char *name)
{
    struct engine_head *const head = arg;
    const uint64_t number = segment_number(name);

    head->snapshot |= strcmp(name, SNAPSHOT_NAME) == 0;
    head->slots |= strcmp(name, SLOTS_NAME) == 0;
    head->unfinished |= strcmp(name, UNFINISHED_NAME) == 0;
    if (number != 0) {
        head->segments =
            mem_resize(head->segments, (head->segment_count + 1) * sizeof *head->segments);
        head->segments[head->segment_count++] = number;
    }
    return true;
}

static int compare_numbers(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

bool engine_dir_list(const struct files *fs, const char *path, struct engine_head *head,
                     struct err *err)
{
    if (fs->list(fs->ctx, path, head_add, head) != 0)
        return err_errno(err, FAIL_UNAVAILABLE, "cannot list %s", path);
    if (head->segment_count > 1)
        qsort(head->segments, head->segment_count, sizeof *head->segments, compare_numbers);
    return true;
}

static bool dir_head_read(void *ctx, struct engine_head *head, struct err *err)
{
    const struct dir *const d = ctx;

    return engine_dir_list(d->fs, d->path, head, err);
}

static const char *blob_name(enum engine_blob blob)
{
    switch (blob) {
    case ENGINE_SNAPSHOT:
        return SNAPSHOT_NAME;
    case ENGINE_SLOTS:
        return SLOTS_NAME;
    case ENGINE_UNFINISHED:
        return UNFINISHED_NAME;
    case ENGINE_NO_BLOB:
        break;
    }
    return "";
}

static bool dir_blob_get(void *ctx, enum engine_blob blob, struct buf *out, struct err *err)
{
    const struct dir *const d = ctx;
    auto_string *path = path_of(d, blob_name(blob));

    return file_read(d->fs, path, ENGINE_MAX_FILE, out, err);
}

static bool dir_records_read(void *ctx, uint64_t segment, struct buf *out, struct err *err)
{
    const struct dir *const d = ctx;
    auto_string *path = segment_path(d, segment);

    return file_read(d->fs, path, ENGINE_MAX_FILE, out, err);
}

/* Makes a segment end after `keep` bytes, durably; with 0 there is none of that number. */
static bool segment_cut(const struct dir *d, uint64_t number, uint64_t keep, struct err *err)
{
    auto_string *path = segment_path(d, number);

    if (keep == 0)
        return file_remove(d->fs, path, err) && file_sync_directory(d->fs, d->path, err);
    int fd = d->fs->open(d->fs->ctx, path, O_WRONLY, 0);
    if (fd < 0)
        return err_errno(err, FAIL_UNAVAILABLE, "cannot open %s", path);
    const bool done =
        d->fs->ftruncate(d->fs->ctx, fd, (off_t)keep) == 0 && d->fs->fdatasync(d->fs->ctx, fd) == 0;
    if (!done)
        (void)err_errno(err, FAIL_UNAVAILABLE, "cannot cut %s to %" PRIu64 " bytes", path, keep);
    close_fd(d->fs, &fd);
    return done;
}

/* Gives `to` the name `from` and makes that durable. */
static bool rename_durably(const struct dir *d, const char *from, const char *to, struct err *err)
{
    auto_string *from_path = path_of(d, from);
    auto_string *to_path = path_of(d, to);

    if (d->fs->rename(d->fs->ctx, from_path, to_path) != 0)
        return err_errno(err, errno == ENOENT ? FAIL_NOT_FOUND : FAIL_UNAVAILABLE,
                         "cannot rename %s to %s", from_path, to);
    return file_sync_directory(d->fs, d->path, err);
}

/*
 * Puts the old snapshot back. Where there was none, the new one becomes unfinished again; it never
 * just disappears, because its slots without it would look like a state that was deleted.
 */
static bool snapshot_restore(struct dir *d, struct err *err)
{
    struct err why = { 0 };

    if (d->had_snapshot)
        return file_replace(d->fs, d->path, SNAPSHOT_NAME, buf_bytes(&d->old_snapshot), err);
    if (rename_durably(d, SNAPSHOT_NAME, UNFINISHED_NAME, &why))
        return true;
    if (why.kind == FAIL_NOT_FOUND)
        return file_sync_directory(d->fs, d->path, err);
    *err = why;
    return false;
}

/* Undoes what a failed call may have left. Snapshot before slots: at no point is there a snapshot
 * without the slot that opens it. */
static bool repair(struct dir *d, struct err *err)
{
    if (d->repair == REPAIR_NONE)
        return true;
    if ((d->repair & REPAIR_SEGMENT) != 0 && !segment_cut(d, d->bad_segment, d->bad_keep, err))
        return err_in(err, "repair after a failed write");
    if ((d->repair & REPAIR_SNAPSHOT) != 0 && !snapshot_restore(d, err))
        return err_in(err, "repair after a failed write");
    if ((d->repair & REPAIR_SLOTS) != 0 && d->old_slots.len > 0) {
        close_fd(d->fs, &d->slots_fd);
        if (!file_replace(d->fs, d->path, SLOTS_NAME, buf_bytes(&d->old_slots), err))
            return err_in(err, "repair after a failed write");
    }
    d->repair = REPAIR_NONE;
    buf_clear(&d->old_snapshot);
    buf_clear(&d->old_slots);
    return true;
}

/* Notes what has to be undone, tries it at once, and returns false; *err stays the first cause. */
static bool fail_and_repair(struct dir *d, unsigned what)
{
    struct err err = { 0 };

    d->repair |= what;
    if (!repair(d, &err))
        log_warn(d->env->log, "The disk failed and could not be repaired yet",
                 LOG_TEXT("error", err.text));
    return false;
}

/* Segments that nobody needs any more. One that cannot be removed is harmless: its number tells
 * the next start that it is covered. */
static void remove_segments(const struct dir *d, uint64_t below)
{
    struct engine_head head CLEANUP(engine_head_clear) = { 0 };
    struct err err = { 0 };
    bool done = engine_dir_list(d->fs, d->path, &head, &err);

    for (size_t i = 0; done && i < head.segment_count && head.segments[i] < below; i++) {
        auto_string *path = segment_path(d, head.segments[i]);
        done = file_remove(d->fs, path, &err);
    }
    if (!done)
        log_warn(d->env->log, "Old journal segments could not be removed",
                 LOG_TEXT("error", err.text));
}

static void remove_leftovers(const struct dir *d)
{
    static const char *const names[] = { UNFINISHED_NAME, SLOTS_NAME ".new" };

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        auto_string *path = path_of(d, names[i]);
        struct err err = { 0 };
        if (!file_remove(d->fs, path, &err))
            log_warn(d->env->log, "A leftover could not be removed", LOG_TEXT("error", err.text));
    }
}

/*
 * What a killed process has written is readable before it is durable. It is made so here, or a
 * power cut could take away a record that later ones build on.
 */
static bool dir_settle(void *ctx, uint64_t first_segment, uint64_t last_segment, uint64_t keep,
                       struct err *err)
{
    const struct dir *const d = ctx;

    if (last_segment != 0 && !segment_cut(d, last_segment, keep, err))
        return false;
    if (!file_sync_directory(d->fs, d->path, err))
        return false;
    remove_segments(d, first_segment);
    remove_leftovers(d);
    return true;
}

static bool dir_slots_put(void *ctx, struct bytes slots, struct err *err)
{
    struct dir *const d = ctx;

    close_fd(d->fs, &d->slots_fd);
    return repair(d, err) && file_replace(d->fs, d->path, SLOTS_NAME, slots, err);
}

/* Writes and syncs; for a new segment also its name. */
static bool segment_write(const struct dir *d, struct bytes data, bool is_new, struct err *err)
{
    if (!file_write_all(d->fs, d->segment_fd, data, err))
        return false;
    if (d->fs->fdatasync(d->fs->ctx, d->segment_fd) != 0)
        return err_errno(err, FAIL_UNAVAILABLE, "sync");
    return !is_new || file_sync_directory(d->fs, d->path, err);
}

static bool segment_create(struct dir *d, uint64_t number, struct err *err)
{
    auto_string *path = segment_path(d, number);

    close_fd(d->fs, &d->segment_fd);
    d->segment_len = 0;
    d->segment_fd = d->fs->open(d->fs->ctx, path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    return d->segment_fd >= 0 || err_errno(err, FAIL_UNAVAILABLE, "cannot create %s", path);
}

static bool dir_commit(void *ctx, const struct engine_append *append, struct err *err)
{
    struct dir *const d = ctx;
    const bool is_new = append->header.len > 0;
    auto_buf joined = { 0 };
    struct bytes data = append->records;

    if (!repair(d, err) || (is_new && !segment_create(d, append->segment, err)))
        return false;
    assert(d->segment_fd >= 0);
    if (is_new) {
        buf_add(&joined, append->header);
        buf_add(&joined, append->records);
        data = buf_bytes(&joined);
    }
    if (segment_write(d, data, is_new, err)) {
        d->segment_len += data.len;
        return true;
    }
    close_fd(d->fs, &d->segment_fd);
    d->bad_segment = append->segment;
    d->bad_keep = d->segment_len;
    (void)err_in(err, "journal segment %" PRIu64, append->segment);
    return fail_and_repair(d, REPAIR_SEGMENT);
}

static bool slots_open(struct dir *d, struct err *err)
{
    auto_string *path = path_of(d, SLOTS_NAME);

    if (d->slots_fd < 0)
        d->slots_fd = d->fs->open(d->fs->ctx, path, O_WRONLY, 0);
    return d->slots_fd >= 0 || err_errno(err, FAIL_UNAVAILABLE, "cannot open %s", path);
}

static bool dir_anchor_put(void *ctx, uint64_t offset, struct bytes cell, struct err *err)
{
    struct dir *const d = ctx;

    if (!slots_open(d, err))
        return false;
    const ssize_t put = d->fs->pwrite(d->fs->ctx, d->slots_fd, cell.at, cell.len, (off_t)offset);
    if (put < 0)
        return err_errno(err, FAIL_UNAVAILABLE, "cannot write the anchor");
    return (size_t)put == cell.len ||
           err_set(err, FAIL_UNAVAILABLE, "the anchor was written in part");
}

static bool dir_anchor_sync(void *ctx, struct err *err)
{
    struct dir *const d = ctx;

    if (!slots_open(d, err))
        return false;
    return d->fs->fdatasync(d->fs->ctx, d->slots_fd) == 0 ||
           err_errno(err, FAIL_UNAVAILABLE, "cannot sync the anchor");
}

/* Reads sealed_data, so that it can be put back. */
static bool snapshot_remember(struct dir *d, struct err *err)
{
    struct err why = { 0 };

    buf_clear(&d->old_snapshot);
    d->had_snapshot = dir_blob_get(d, ENGINE_SNAPSHOT, &d->old_snapshot, &why);
    if (d->had_snapshot || why.kind == FAIL_NOT_FOUND)
        return true;
    *err = why;
    return false;
}

static bool snapshot_write_new(const struct dir *d, struct bytes snapshot, struct err *err)
{
    auto_string *path = path_of(d, SNAPSHOT_NAME);

    return file_write_new(d->fs, path, snapshot, err);
}

/* The replacement has happened: nothing is to be put back, and the segment has ended. */
static void replaced(struct dir *d, uint64_t first_segment)
{
    buf_clear(&d->old_snapshot);
    buf_clear(&d->old_slots);
    close_fd(d->fs, &d->segment_fd);
    remove_segments(d, first_segment);
}

static bool dir_snapshot_put(void *ctx, struct bytes snapshot, uint64_t first_segment,
                             struct err *err)
{
    struct dir *const d = ctx;

    if (!repair(d, err) || !snapshot_remember(d, err) || !snapshot_write_new(d, snapshot, err))
        return false;
    if (!rename_durably(d, UNFINISHED_NAME, SNAPSHOT_NAME, err))
        return fail_and_repair(d, REPAIR_SNAPSHOT);
    replaced(d, first_segment);
    return true;
}

/* Syncs one directory; one that we may not look into is not ours to make durable. */
static bool sync_ancestor(const struct dir *d, const char *path, struct err *err)
{
    int fd = d->fs->open(d->fs->ctx, path, O_RDONLY | O_DIRECTORY, 0);

    if (fd < 0)
        return errno == EACCES || errno == EPERM ||
               err_errno(err, FAIL_UNAVAILABLE, "cannot open directory %s", path);
    const bool done = d->fs->fsync(d->fs->ctx, fd) == 0 ||
                      err_errno(err, FAIL_UNAVAILABLE, "cannot sync directory %s", path);
    close_fd(d->fs, &fd);
    return done;
}

/* Before the first state: the directory itself, and those around it, may be as new as it is. */
static bool sync_ancestors(const struct dir *d, struct err *err)
{
    auto_string *path = mem_string(d->path);
    char *slash;

    while ((slash = strrchr(path, '/')) != NULL && slash != path) {
        *slash = '\0';
        if (!sync_ancestor(d, path, err))
            return false;
    }
    return sync_ancestor(d, slash == path ? "/" : ".", err);
}

/*
 * The slots of a first generation that was never finished: they go before its snapshot is
 * overwritten, because slots without any snapshot would look like a state that was deleted.
 */
static bool remove_unfinished_slots(const struct dir *d, struct err *err)
{
    auto_string *path = path_of(d, SLOTS_NAME);

    return file_remove(d->fs, path, err) && file_sync_directory(d->fs, d->path, err);
}

/* The new snapshot is complete under its temporary name before any slot changes, and the slots for
 * both are durable before the one rename that decides. */
static bool generation_replace(struct dir *d, const struct engine_generation *g, struct err *err)
{
    if (!snapshot_write_new(d, g->snapshot, err) || !file_sync_directory(d->fs, d->path, err))
        return false;
    buf_add(&d->old_slots, g->slots_before);
    close_fd(d->fs, &d->slots_fd);
    if (!file_replace(d->fs, d->path, SLOTS_NAME, g->slots_both, err))
        return fail_and_repair(d, REPAIR_SLOTS);
    if (!rename_durably(d, UNFINISHED_NAME, SNAPSHOT_NAME, err))
        return fail_and_repair(d, REPAIR_SNAPSHOT | REPAIR_SLOTS);
    return true;
}

static bool dir_generation_put(void *ctx, const struct engine_generation *g, struct err *err)
{
    struct dir *const d = ctx;
    auto_string *aside = NULL;
    struct err tidy = { 0 };

    if (!repair(d, err) || !snapshot_remember(d, err))
        return false;
    if (d->had_snapshot && g->set_aside != NULL &&
        !engine_dir_set_aside(d->env, d->path, g->set_aside, &aside, err))
        return false;
    if (!d->had_snapshot && (!sync_ancestors(d, err) || !remove_unfinished_slots(d, err)))
        return false;
    if (!generation_replace(d, g, err))
        return false;
    replaced(d, g->first_segment);
    if (!dir_slots_put(d, g->slots_after, &tidy))
        log_warn(d->env->log, "The key slot of the old generation could not be removed yet",
                 LOG_TEXT("error", tidy.text));
    return true;
}

static void dir_close(void *ctx)
{
    struct dir *const d = ctx;

    close_fd(d->fs, &d->segment_fd);
    close_fd(d->fs, &d->slots_fd);
    close_fd(d->fs, &d->lock_fd);
    buf_clear(&d->old_snapshot);
    buf_clear(&d->old_slots);
    free(d->path);
    free(d);
}

static const struct store_engine functions = {
    .head_read = dir_head_read,
    .blob_get = dir_blob_get,
    .records_read = dir_records_read,
    .settle = dir_settle,
    .slots_put = dir_slots_put,
    .commit = dir_commit,
    .anchor_put = dir_anchor_put,
    .anchor_sync = dir_anchor_sync,
    .snapshot_put = dir_snapshot_put,
    .generation_put = dir_generation_put,
    .close = dir_close,
};

static const struct store_engine reading_functions = {
    .head_read = dir_head_read,
    .blob_get = dir_blob_get,
    .records_read = dir_records_read,
    .close = dir_close,
};

static bool take_lock(struct dir *d, struct err *err)
{
    auto_string *path = path_of(d, LOCK_NAME);

    if (!file_make_directories(d->fs, d->path, err))
        return false;
    d->lock_fd = d->fs->open(d->fs->ctx, path, O_RDWR | O_CREAT, 0600);
    if (d->lock_fd < 0)
        return err_errno(err, FAIL_UNAVAILABLE, "cannot open %s", path);
    if (d->fs->lock(d->fs->ctx, d->lock_fd) == 0)
        return true;
    if (errno == EWOULDBLOCK)
        return err_set(err, FAIL_STATE, "another process uses the seal directory %s", d->path);
    return err_errno(err, FAIL_UNAVAILABLE, "cannot lock %s", path);
}

static struct dir *dir_new(const struct env *env, const char *directory,
                           const struct store_engine *engine)
{
    struct dir *const d = mem_zero_alloc(1, sizeof *d);

    d->engine = *engine;
    d->engine.ctx = d;
    d->env = env;
    d->fs = env->files;
    d->path = mem_string(directory);
    d->lock_fd = d->slots_fd = d->segment_fd = -1;
    return d;
}

struct store_engine *engine_open_directory(const struct env *env, const char *directory,
                                           struct err *err)
{
    struct dir *const d = dir_new(env, directory, &functions);

    if (take_lock(d, err))
        return &d->engine;
    dir_close(d);
    return NULL;
}

struct store_engine *engine_read_directory(const struct env *env, const char *directory)
{
    return &dir_new(env, directory, &reading_functions)->engine;
}

void engine_close(struct store_engine *engine)
{
    if (engine != NULL)
        engine->close(engine->ctx);
}

void engine_head_clear(struct engine_head *head)
{
    free(head->segments);
    head->segments = NULL;
    head->segment_count = 0;
}
