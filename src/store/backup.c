/* SPDX-License-Identifier: Apache-2.0 */
#include "store/backup.h"

#include "crypto/hash.h"
#include "store/engine_dir.h"
#include "store/slots.h"
#include "store/snapshot.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SUMS_NAME "SHA256SUMS"
enum { LOOKS = 4, PAUSE_NS = 50 * 1000 * 1000, MAX_SUMS = 16 << 20 };

/* The files of a state; a name that is NULL: it has none. */
struct state_file {
    char *name;
    struct buf contents;
};
struct store_backup {
    struct state_file slots, snapshot;
    struct state_file *segments;
    size_t segment_count;
};

static void file_clear(struct state_file *file)
{
    free(file->name);
    buf_clear(&file->contents);
    *file = (struct state_file){ 0 };
}

static void files_clear(struct store_backup *b)
{
    file_clear(&b->slots);
    file_clear(&b->snapshot);
    for (size_t i = 0; i < b->segment_count; i++)
        file_clear(&b->segments[i]);
    free(b->segments);
    *b = (struct store_backup){ 0 };
}

void store_backup_free(struct store_backup *backup)
{
    if (backup == NULL)
        return;
    files_clear(backup);
    free(backup);
}

static bool read_file(const struct files *fs, const char *directory, const char *name,
                      struct state_file *file, struct err *err)
{
    auto_string *path = mem_printf("%s/%s", directory, name);

    file->name = mem_string(name);
    return file_read(fs, path, ENGINE_MAX_FILE, &file->contents, err);
}

/* sealed_key first and sealed_data last: the anchor is no newer than the records, and the snapshot covers what went
 * away before it was read. */
static bool read_files(const struct files *fs, const char *directory, struct store_backup *b,
                       struct err *err)
{
    struct engine_head head CLEANUP(engine_head_clear) = { 0 };

    if (!engine_dir_list(fs, directory, &head, err))
        return false;
    if (!head.snapshot)
        return err_set(err, FAIL_NOT_FOUND, "%s: there is no state (no " SNAPSHOT_NAME ")",
                       directory);
    if (head.slots && !read_file(fs, directory, SLOTS_NAME, &b->slots, err))
        return false;
    b->segments = mem_zero_alloc(head.segment_count + 1, sizeof *b->segments);
    for (size_t i = 0; i < head.segment_count; i++) {
        auto_string *name = mem_printf(SEGMENT_PREFIX "%" PRIu64, head.segments[i]);
        if (!read_file(fs, directory, name, &b->segments[b->segment_count++], err))
            return false;
    }
    return read_file(fs, directory, SNAPSHOT_NAME, &b->snapshot, err);
}

/* Is the key of the generation that was there before the snapshot? It may also be that of another machine. */
static bool lacks_own_slot(const struct store_backup *b)
{
    struct key_slot slots[KEY_SLOTS_MAX];
    size_t at[KEY_SLOTS_MAX];
    struct snapshot snapshot;
    struct slot_owner owner;
    struct err not_ours = { 0 };

    if (b->slots.name == NULL ||
        !snapshot_parse(buf_bytes(&b->snapshot.contents), &snapshot, &not_ours))
        return false;
    memcpy(owner.deployment, snapshot.header.deployment, sizeof owner.deployment);
    owner.generation = snapshot.header.generation;
    for (size_t i = key_slots_parse(buf_bytes(&b->slots.contents), slots, at); i > 0; i--) {
        if (slot_owner_equal(&slots[i - 1].owner, &owner))
            return false;
    }
    return true;
}

/* Of a directory that a Coordinator may be writing: files come and go. */
static bool read_moving(const struct files *fs, const char *directory, struct store_backup *b,
                        struct err *err)
{
    const struct timespec pause = { 0, PAUSE_NS };
    bool done = false;

    for (int i = 0; i < LOOKS; i++) {
        files_clear(b);
        *err = (struct err){ 0 };
        done = read_files(fs, directory, b, err);
        if (done ? !lacks_own_slot(b) : err->kind != FAIL_NOT_FOUND)
            return done;
        (void)nanosleep(&pause, NULL);
    }
    return done;
}

/* ---- SHA256SUMS ---- */

static bool put_sum(const struct state_file *file, struct buf *sums, struct err *err)
{
    char hash[2 * SHA256_LEN + 1];

    if (file->name == NULL)
        return true;
    if (!sha256_hex(buf_bytes(&file->contents), hash, err))
        return false;
    buf_add_format(sums, "%s  %s\n", hash, file->name);
    return true;
}

static bool put_sums(const struct store_backup *b, struct buf *sums, struct err *err)
{
    for (size_t i = 0; i < b->segment_count; i++) {
        if (!put_sum(&b->segments[i], sums, err))
            return false;
    }
    return put_sum(&b->slots, sums, err) && put_sum(&b->snapshot, sums, err);
}

static bool check_sums(const struct env *env, const char *directory, const struct store_backup *b,
                       bool *has_sums, struct err *err)
{
    auto_string *path = mem_printf("%s/" SUMS_NAME, directory);
    auto_buf written = { 0 }, found = { 0 };

    *has_sums = file_read(env->files, path, MAX_SUMS, &written, err);
    if (!*has_sums) {
        const bool none = err->kind == FAIL_NOT_FOUND;
        if (none)
            *err = (struct err){ 0 };
        return none;
    }
    return put_sums(b, &found, err) &&
           (bytes_equal(buf_bytes(&written), buf_bytes(&found)) ||
            err_set(err, FAIL_DAMAGED,
                    "%s: the files are not those that were copied (`sha256sum -c` says which)",
                    path));
}

/* ---- making ---- */

static bool write_file(const struct files *fs, const char *directory, const struct state_file *file,
                       struct err *err)
{
    return file->name == NULL ||
           file_replace(fs, directory, file->name, buf_bytes(&file->contents), err);
}

static bool write_segments(const struct files *fs, const char *directory,
                           const struct store_backup *b, struct err *err)
{
    for (size_t i = 0; i < b->segment_count; i++) {
        if (!write_file(fs, directory, &b->segments[i], err))
            return false;
    }
    return true;
}

static bool inspect_copy(const struct env *env, const char *directory, struct store_inspection *in,
                         struct err *err)
{
    if (!store_inspect(env, directory, in, err))
        return false;
    if (in->verdict == STORE_STOPPED) {
        *err = in->damage;
        return err_in(err, "%s", directory);
    }
    return true;
}

static bool write_copy(const struct env *env, const struct store_backup *b, const char *to,
                       struct store_inspection *copied, struct err *err)
{
    auto_buf sums = { 0 };

    return write_file(env->files, to, &b->slots, err) && write_segments(env->files, to, b, err) &&
           write_file(env->files, to, &b->snapshot, err) && inspect_copy(env, to, copied, err) &&
           put_sums(b, &sums, err) &&
           file_replace(env->files, to, SUMS_NAME, buf_bytes(&sums), err) &&
           file_sync_parent(env->files, to, err);
}

bool store_backup_make(const struct env *env, const char *from, const char *to,
                       struct store_inspection *copied, struct err *err)
{
    auto_store_backup *b = mem_zero_alloc(1, sizeof *b);

    if (!read_moving(env->files, from, b, err))
        return false;
    if (env->files->mkdir(env->files->ctx, to, 0700) != 0)
        return err_errno(err, errno == EEXIST ? FAIL_STATE : FAIL_UNAVAILABLE,
                         "cannot make directory %s", to);
    return write_copy(env, b, to, copied, err);
}

/* ---- putting back ---- */

struct store_backup *store_backup_read(const struct env *env, const char *directory,
                                       struct store_inspection *inspection, bool *has_sums,
                                       struct err *err)
{
    auto_store_backup *b = mem_zero_alloc(1, sizeof *b);

    if (!read_files(env->files, directory, b, err) ||
        !check_sums(env, directory, b, has_sums, err) ||
        !inspect_copy(env, directory, inspection, err))
        return NULL;
    return TAKE(b);
}

static bool remove_name(const struct files *fs, const char *directory, const char *name,
                        struct err *err)
{
    auto_string *path = mem_printf("%s/%s", directory, name);

    return file_remove(fs, path, err);
}

/*
 * From here to the end there is a sealed_key at any moment and, until the last step, no sealed_data: that is never taken for
 * a directory in which nothing was. An unfinished snapshot goes first, because beside sealed_key it would be (7).
 */
static bool clear_old(const struct files *fs, const char *to, const struct engine_head *head,
                      struct err *err)
{
    if (!remove_name(fs, to, UNFINISHED_NAME, err) ||
        (!head->slots && !file_replace(fs, to, SLOTS_NAME, BYTES_NONE, err)) ||
        !file_sync_directory(fs, to, err) || !remove_name(fs, to, SNAPSHOT_NAME, err) ||
        !file_sync_directory(fs, to, err))
        return false;
    for (size_t i = 0; i < head->segment_count; i++) {
        auto_string *name = mem_printf(SEGMENT_PREFIX "%" PRIu64, head->segments[i]);
        if (!remove_name(fs, to, name, err))
            return false;
    }
    return file_sync_directory(fs, to, err);
}

/* Under another temporary name than store's own, which would be taken for an unfinished first manifest. */
static bool place_snapshot(const struct files *fs, const char *to, const struct store_backup *b,
                           struct err *err)
{
    auto_string *path = mem_printf("%s/" SNAPSHOT_NAME, to);
    auto_string *restored = mem_printf("%s.restored", path);
    auto_string *written = mem_printf("%s.new", restored);

    if (!file_write_new(fs, restored, buf_bytes(&b->snapshot.contents), err))
        return false;
    return (fs->rename(fs->ctx, written, path) == 0 ||
            err_errno(err, FAIL_UNAVAILABLE, "cannot rename %s", written)) &&
           file_sync_directory(fs, to, err);
}

static bool put_back(const struct env *env, const struct store_backup *b, const char *to,
                     char **aside, struct err *err)
{
    struct engine_head head CLEANUP(engine_head_clear) = { 0 };

    return engine_dir_list(env->files, to, &head, err) &&
           (!head.snapshot || engine_dir_set_aside(env, to, "replaced", aside, err)) &&
           clear_old(env->files, to, &head, err) && write_segments(env->files, to, b, err) &&
           file_replace(env->files, to, SLOTS_NAME, buf_bytes(&b->slots.contents), err) &&
           place_snapshot(env->files, to, b, err) &&
           (b->slots.name != NULL || remove_name(env->files, to, SLOTS_NAME, err)) &&
           file_sync_directory(env->files, to, err);
}

bool store_backup_restore(const struct env *env, const struct store_backup *backup, const char *to,
                          char **aside, struct err *err)
{
    *aside = NULL;
    struct store_engine *const lock = engine_open_directory(env, to, err);
    if (lock == NULL)
        return false;
    const bool done = put_back(env, backup, to, aside, err);
    engine_close(lock);
    return done;
}
