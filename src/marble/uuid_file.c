/* SPDX-License-Identifier: Apache-2.0 */
#include "marble/uuid_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

enum { CONTENT_MAX = 4096 }; /* bytes; far above every form, so that the message tells the length */

static bool read_uuid(const struct files *fs, const char *path, char out[static UUID_TEXT_LEN + 1],
                      struct err *err)
{
    auto_buf content = { 0 };

    if (!file_read(fs, path, CONTENT_MAX, &content, err))
        return err_in(err, "UUID file");
    if (uuid_canonical(buf_bytes(&content), out, err))
        return true;
    if (content.len > 1 && content.at[content.len - 1] == '\n')
        return err_set(
            err, FAIL_MALFORMED,
            "failed to unmarshal UUID: invalid UUID length: %zu: %s ends with a newline, "
            "which must not be there; to cut it off: truncate -s -1 %s",
            content.len, path, path);
    return err_in(err, "failed to unmarshal UUID: %s", path);
}

/* Writes a file that must not be there yet. On failure errno says why, and nothing is left. */
static bool write_new(const struct files *fs, const char *path, struct bytes text)
{
    struct err ignored;
    const int fd = fs->open(fs->ctx, path, O_WRONLY | O_CREAT | O_EXCL, 0600);

    if (fd < 0)
        return false;
    bool written = file_write_all(fs, fd, text, &ignored) && fs->fsync(fs->ctx, fd) == 0;
    int cause = errno;
    if (fs->close(fs->ctx, fd) != 0 && written) {
        cause = errno;
        written = false;
    }
    if (!written)
        (void)fs->unlink(fs->ctx, path);
    errno = cause;
    return written;
}

/*
 * The name becomes durable where the file system can do that; where not, the file is there all the
 * same.
 */
static void sync_directory_of(const struct files *fs, const char *path)
{
    struct err ignored;
    const char *const slash = strrchr(path, '/');
    auto_string *directory =
        slash == NULL ? mem_string(".")
                      : bytes_to_string(bytes_of(path, (size_t)(slash - path) + (slash == path)));

    const bool synced = file_sync_directory(fs, directory, &ignored);
    (void)synced;
}

/* Complete under another name first, then linked to its own. On failure errno says why. */
static bool create_by_link(const struct marble_world *world, const char *path, struct bytes text,
                           const char *unique)
{
    const struct files *const fs = world->env->files;
    auto_string *temporary = mem_printf("%s.%s", path, unique);

    if (!write_new(fs, temporary, text))
        return false;
    const bool linked = world->link(fs->ctx, temporary, path) == 0;
    const int cause = errno;
    (void)fs->unlink(fs->ctx, temporary);
    errno = cause;
    return linked;
}

static bool create_uuid(const struct marble_world *world, const char *path,
                        char out[static UUID_TEXT_LEN + 1], struct err *err)
{
    char unique[UUID_TEXT_LEN + 1];

    if (!uuid_random(world->env, out, err) || !uuid_random(world->env, unique, err))
        return false;
    const struct bytes text = bytes_of(out, UUID_TEXT_LEN);
    if (!create_by_link(world, path, text, unique) && errno != EEXIST &&
        !write_new(world->env->files, path, text) && errno != EEXIST)
        return err_errno(err, FAIL_UNAVAILABLE, "cannot create the UUID file %s", path);
    sync_directory_of(world->env->files, path);
    /* Also when another Marble was faster: what counts is what the file says. */
    return read_uuid(world->env->files, path, out, err);
}

bool marble_uuid_load(const struct marble_world *world, const char *path,
                      char out[static UUID_TEXT_LEN + 1], struct err *err)
{
    say_info(&world->log, "loading UUID");
    if (read_uuid(world->env->files, path, out, err)) {
        say_info(&world->log, "found UUID: %s", out);
        return true;
    }
    if (err->kind != FAIL_NOT_FOUND)
        return false;
    say_info(&world->log, "UUID not found. Generating and storing a new UUID");
    return create_uuid(world, path, out, err);
}
