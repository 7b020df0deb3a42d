/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/buf.h"
#include "base/err.h"

#include <sys/types.h>

/*
 * The calls through which state reaches the disk, as functions, so that a test can let any of
 * them fail, stop short, or be the last one before the power goes.
 *
 * Each behaves like its namesake: -1 and errno on failure. Names are paths.
 */
struct files {
    void *ctx;
    int (*open)(void *ctx, const char *path, int flags, mode_t mode);
    ssize_t (*read)(void *ctx, int fd, void *at, size_t len);
    ssize_t (*write)(void *ctx, int fd, const void *at, size_t len);
    ssize_t (*pwrite)(void *ctx, int fd, const void *at, size_t len, off_t offset);
    int (*ftruncate)(void *ctx, int fd, off_t len);
    int (*fdatasync)(void *ctx, int fd);
    int (*fsync)(void *ctx, int fd);
    int (*close)(void *ctx, int fd);
    int (*rename)(void *ctx, const char *from, const char *to);
    int (*unlink)(void *ctx, const char *path);
    int (*mkdir)(void *ctx, const char *path, mode_t mode);
    /* flock(LOCK_EX | LOCK_NB) */
    int (*lock)(void *ctx, int fd);
    /* Calls `each` for every entry but . and .. until it returns false. */
    int (*list)(void *ctx, const char *path, bool (*each)(void *arg, const char *name), void *arg);
};

/* The real disk. */
extern const struct files files_posix;

/*
 * Reads a whole file. FAIL_NOT_FOUND when there is none, FAIL_TOO_LARGE above max bytes,
 * FAIL_UNAVAILABLE for everything else; the path is in the text.
 */
bool file_read(const struct files *fs, const char *path, size_t max, struct buf *out,
               struct err *err) MUST_CHECK;
/* The same for a regular file; whatever else has that name, a pipe for example, is not waited for. FAIL_UNAVAILABLE. On the real
 * disk only. */
bool file_read_regular(const struct files *fs, const char *path, size_t max, struct buf *out,
                       struct err *err) MUST_CHECK;
/* Writes everything, also after short writes. FAIL_UNAVAILABLE. */
bool file_write_all(const struct files *fs, int fd, struct bytes data, struct err *err) MUST_CHECK;
/* Makes the names in a directory durable. FAIL_UNAVAILABLE. */
bool file_sync_directory(const struct files *fs, const char *path, struct err *err) MUST_CHECK;
/* Makes the name of this file or directory durable. FAIL_UNAVAILABLE. */
bool file_sync_parent(const struct files *fs, const char *path, struct err *err) MUST_CHECK;
/* One that is not there is removed already. FAIL_UNAVAILABLE. */
bool file_remove(const struct files *fs, const char *path, struct err *err) MUST_CHECK;
/* Writes <path>.new with mode 0600 and makes its contents, not yet its name, durable. */
bool file_write_new(const struct files *fs, const char *path, struct bytes data,
                    struct err *err) MUST_CHECK;
/*
 * Replaces or creates `name` in `dir` so that, whatever happens, either the old or the new contents
 * are there: file_write_new, rename over the name, sync the directory.
 */
bool file_replace(const struct files *fs, const char *dir, const char *name, struct bytes data,
                  struct err *err) MUST_CHECK;
/* Creates path and its parents, mode 0700. FAIL_UNAVAILABLE. */
bool file_make_directories(const struct files *fs, const char *path, struct err *err) MUST_CHECK;
