/* SPDX-License-Identifier: Apache-2.0 */
#include "base/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static int posix_open(void *ctx, const char *path, int flags, mode_t mode)
{
    (void)ctx;
    return open(path, flags | O_CLOEXEC, mode);
}

static ssize_t posix_read(void *ctx, int fd, void *at, size_t len)
{
    (void)ctx;
    return read(fd, at, len);
}

static ssize_t posix_write(void *ctx, int fd, const void *at, size_t len)
{
    (void)ctx;
    return write(fd, at, len);
}

static ssize_t posix_pwrite(void *ctx, int fd, const void *at, size_t len, off_t offset)
{
    (void)ctx;
    return pwrite(fd, at, len, offset);
}

static int posix_ftruncate(void *ctx, int fd, off_t len)
{
    (void)ctx;
    return ftruncate(fd, len);
}

static int posix_fdatasync(void *ctx, int fd)
{
    (void)ctx;
    return fdatasync(fd);
}

static int posix_fsync(void *ctx, int fd)
{
    (void)ctx;
    return fsync(fd);
}

static int posix_close(void *ctx, int fd)
{
    (void)ctx;
    return close(fd);
}

static int posix_rename(void *ctx, const char *from, const char *to)
{
    (void)ctx;
    return rename(from, to);
}

static int posix_unlink(void *ctx, const char *path)
{
    (void)ctx;
    return unlink(path);
}

static int posix_mkdir(void *ctx, const char *path, mode_t mode)
{
    (void)ctx;
    return mkdir(path, mode);
}

static int posix_lock(void *ctx, int fd)
{
    (void)ctx;
    return flock(fd, LOCK_EX | LOCK_NB);
}

static int posix_list(void *ctx, const char *path, bool (*each)(void *arg, const char *name),
                      void *arg)
{
    (void)ctx;
    DIR *const dir = opendir(path);

    if (dir == NULL)
        return -1;
    errno = 0;
    for (const struct dirent *e; (e = readdir(dir)) != NULL;) {
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0 && !each(arg, e->d_name))
            break;
        errno = 0;
    }
    const int failed = errno;
    (void)closedir(dir);
    errno = failed;
    return failed == 0 ? 0 : -1;
}

const struct files files_posix = {
    .open = posix_open,
    .read = posix_read,
    .write = posix_write,
    .pwrite = posix_pwrite,
    .ftruncate = posix_ftruncate,
    .fdatasync = posix_fdatasync,
    .fsync = posix_fsync,
    .close = posix_close,
    .rename = posix_rename,
    .unlink = posix_unlink,
    .mkdir = posix_mkdir,
    .lock = posix_lock,
    .list = posix_list,
};

static bool read_until_end(const struct files *fs, int fd, const char *path, size_t max,
                           struct buf *out, struct err *err)
{
    enum { CHUNK = 64 * 1024 };
    const size_t before = out->len;

    for (;;) {
        buf_reserve(out, CHUNK);
        const ssize_t got = fs->read(fs->ctx, fd, out->at + out->len, CHUNK);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_errno(err, FAIL_UNAVAILABLE, "cannot read %s", path);
        if (got == 0)
            return true;
        out->len += (size_t)got;
        if (out->len - before > max)
            return err_set(err, FAIL_TOO_LARGE, "%s has more than %zu bytes", path, max);
    }
}

static int open_to_read(const struct files *fs, const char *path, int flags, struct err *err)
{
    const int fd = fs->open(fs->ctx, path, O_RDONLY | flags, 0);

    if (fd < 0)
        (void)err_errno(err, errno == ENOENT ? FAIL_NOT_FOUND : FAIL_UNAVAILABLE, "cannot open %s",
                        path);
    return fd;
}

bool file_read(const struct files *fs, const char *path, size_t max, struct buf *out,
               struct err *err)
{
    const int fd = open_to_read(fs, path, 0, err);

    if (fd < 0)
        return false;
    const bool done = read_until_end(fs, fd, path, max, out, err);
    (void)fs->close(fs->ctx, fd);
    return done;
}

bool file_read_regular(const struct files *fs, const char *path, size_t max, struct buf *out,
                       struct err *err)
{
    const int fd = open_to_read(fs, path, O_NONBLOCK, err);
    struct stat st;

    if (fd < 0)
        return false;
    const bool regular = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
    const bool done = regular ? read_until_end(fs, fd, path, max, out, err)
                              : err_set(err, FAIL_UNAVAILABLE, "%s is not a regular file", path);
    (void)fs->close(fs->ctx, fd);
    return done;
}

bool file_write_all(const struct files *fs, int fd, struct bytes data, struct err *err)
{
    while (data.len > 0) {
        const ssize_t put = fs->write(fs->ctx, fd, data.at, data.len);
        if (put < 0 && errno == EINTR)
            continue;
        if (put == 0)
            errno = EIO; /* no progress: never try for ever */
        if (put <= 0)
            return err_errno(err, FAIL_UNAVAILABLE, "write of %zu bytes", data.len);
        data = bytes_of(data.at + put, data.len - (size_t)put);
    }
    return true;
}

bool file_sync_directory(const struct files *fs, const char *path, struct err *err)
{
    const int fd = fs->open(fs->ctx, path, O_RDONLY | O_DIRECTORY, 0);

    if (fd < 0)
        return err_errno(err, FAIL_UNAVAILABLE, "cannot open directory %s", path);
    const bool done = fs->fsync(fs->ctx, fd) == 0 ||
                      err_errno(err, FAIL_UNAVAILABLE, "cannot sync directory %s", path);
    (void)fs->close(fs->ctx, fd);
    return done;
}

bool file_sync_parent(const struct files *fs, const char *path, struct err *err)
{
    const char *const slash = strrchr(path, '/');
    auto_string *parent = slash == NULL   ? mem_string(".")
                          : slash == path ? mem_string("/")
                                          : bytes_to_string(bytes_of(path, (size_t)(slash - path)));

    return file_sync_directory(fs, parent, err);
}

bool file_remove(const struct files *fs, const char *path, struct err *err)
{
    if (fs->unlink(fs->ctx, path) != 0 && errno != ENOENT)
        return err_errno(err, FAIL_UNAVAILABLE, "cannot remove %s", path);
    return true;
}

bool file_write_new(const struct files *fs, const char *path, struct bytes data, struct err *err)
{
    auto_string *temporary = mem_printf("%s.new", path);
    const int fd = fs->open(fs->ctx, temporary, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    if (fd < 0)
        return err_errno(err, FAIL_UNAVAILABLE, "cannot create %s", temporary);
    bool done = file_write_all(fs, fd, data, err);
    if (done && fs->fsync(fs->ctx, fd) != 0)
        done = err_errno(err, FAIL_UNAVAILABLE, "sync");
    if (fs->close(fs->ctx, fd) != 0 && done)
        done = err_errno(err, FAIL_UNAVAILABLE, "close");
    if (done)
        return true;
    (void)fs->unlink(fs->ctx, temporary);
    return err_in(err, "cannot write %s", temporary);
}

bool file_replace(const struct files *fs, const char *dir, const char *name, struct bytes data,
                  struct err *err)
{
    auto_string *path = mem_printf("%s/%s", dir, name);
    auto_string *temporary = mem_printf("%s.new", path);

    if (!file_write_new(fs, path, data, err))
        return false;
    if (fs->rename(fs->ctx, temporary, path) != 0) {
        (void)err_errno(err, FAIL_UNAVAILABLE, "cannot rename %s to %s", temporary, name);
        (void)fs->unlink(fs->ctx, temporary);
        return false;
    }
    return file_sync_directory(fs, dir, err);
}

bool file_make_directories(const struct files *fs, const char *path, struct err *err)
{
    auto_string *part = mem_string(path);

    for (char *slash = part + (part[0] == '/'); slash != NULL;) {
        slash = strchr(slash, '/');
        if (slash != NULL)
            *slash = '\0';
        if (part[0] != '\0' && fs->mkdir(fs->ctx, part, 0700) != 0 && errno != EEXIST)
            return err_errno(err, FAIL_UNAVAILABLE, "cannot create directory %s", part);
        if (slash != NULL)
            *slash++ = '/';
    }
    const int fd = fs->open(fs->ctx, path, O_RDONLY | O_DIRECTORY, 0);
    if (fd < 0)
        return err_errno(err, FAIL_UNAVAILABLE, "cannot use %s as a directory", path);
    (void)fs->close(fs->ctx, fd);
    return true;
}
