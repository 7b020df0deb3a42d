/* SPDX-License-Identifier: Apache-2.0 */
#include "store/engine_dir.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

/* How often a name that is taken is tried again with another number. */
enum { MAX_TRIES = 1000 };

static char *aside_name(const char *path, const char *prefix, int64_t now_ms, unsigned try)
{
    const time_t seconds = (time_t)(now_ms / 1000);
    struct tm utc = { 0 };
    char stamp[32] = "";

    (void)gmtime_r(&seconds, &utc);
    (void)strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%SZ", &utc);
    if (try == 1)
        return mem_printf("%s/%s-%s", path, prefix, stamp);
    return mem_printf("%s/%s-%s-%u", path, prefix, stamp, try);
}

/* The path of a directory that is there and empty. */
static char *aside_directory(const struct env *env, const char *path, const char *prefix,
                             struct err *err)
{
    const int64_t now_ms = env->now_ms(env->ctx);

    for (unsigned try = 1; try <= MAX_TRIES; try++) {
        auto_string *name = aside_name(path, prefix, now_ms, try);
        if (env->files->mkdir(env->files->ctx, name, 0700) == 0)
            return TAKE(name);
        if (errno != EEXIST) {
            (void)err_errno(err, FAIL_UNAVAILABLE, "cannot create directory %s", name);
            return NULL;
        }
    }
    (void)err_set(err, FAIL_UNAVAILABLE, "%s has too many directories %s-*", path, prefix);
    return NULL;
}

static bool copy_file(const struct files *fs, const char *from, const char *to, const char *name,
                      struct err *err)
{
    auto_string *path = mem_printf("%s/%s", from, name);
    auto_buf contents = { 0 };

    return file_read(fs, path, ENGINE_MAX_FILE, &contents, err) &&
           file_replace(fs, to, name, buf_bytes(&contents), err);
}

static bool copy_state(const struct files *fs, const struct engine_head *head, const char *from,
                       const char *to, struct err *err)
{
    if (head->slots && !copy_file(fs, from, to, SLOTS_NAME, err))
        return false;
    for (size_t i = 0; i < head->segment_count; i++) {
        auto_string *name = mem_printf(SEGMENT_PREFIX "%" PRIu64, head->segments[i]);
        if (!copy_file(fs, from, to, name, err))
            return false;
    }
    return copy_file(fs, from, to, SNAPSHOT_NAME, err) && file_sync_directory(fs, from, err);
}

bool engine_dir_set_aside(const struct env *env, const char *path, const char *prefix, char **to,
                          struct err *err)
{
    struct engine_head head CLEANUP(engine_head_clear) = { 0 };

    if (!engine_dir_list(env->files, path, &head, err))
        return false;
    auto_string *name = aside_directory(env, path, prefix, err);
    if (name == NULL || !copy_state(env->files, &head, path, name, err))
        return err_in(err, "cannot set the old state aside");
    log_info(env->log, "The old state was set aside", LOG_TEXT("directory", name));
    *to = TAKE(name);
    return true;
}
