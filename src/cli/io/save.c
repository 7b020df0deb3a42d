/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/io/save.h"

#include "base/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool refuse(const struct save *save, struct err *err)
{
    return err_errno(err, FAIL_UNAVAILABLE, "%s", save->path);
}

static bool open_plain(struct save *save, struct err *err)
{
    save->is_plain = true;
    save->fd = open(save->path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    save->is_open = save->fd >= 0;
    return save->is_open || refuse(save, err);
}

static bool open_standard_output(struct save *save, struct err *err)
{
    save->is_plain = true;
    save->fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
    save->is_open = save->fd >= 0;
    return save->is_open || refuse(save, err);
}

bool save_is_output(const char *path)
{
    return strcmp(path, "-") == 0;
}

static bool open_beside(struct save *save, mode_t mode, struct err *err)
{
    /* What a link leads to is replaced, not the link. */
    char *const real = realpath(save->path, NULL);

    if (real != NULL) {
        free(save->path);
        save->path = real;
    }
    save->temporary = mem_printf("%s.XXXXXX", save->path);
    save->fd = mkostemp(save->temporary, O_CLOEXEC);
    save->is_open = save->fd >= 0;
    if (!save->is_open) {
        free(save->temporary);
        save->temporary = NULL;
        return refuse(save, err);
    }
    return fchmod(save->fd, mode) == 0 || refuse(save, err);
}

static bool open_new(struct save *save, struct err *err)
{
    save->fd = open(save->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    save->is_open = save->fd >= 0;
    return save->is_open || refuse(save, err);
}

bool save_open(struct save *save, const char *path, enum save_how how, struct err *err)
{
    struct stat there;

    *save = (struct save){ .path = mem_string(path), .fd = -1 };
    if (save_is_output(path))
        return open_standard_output(save, err);
    const bool exists = stat(path, &there) == 0;
    if (exists && !S_ISREG(there.st_mode))
        return open_plain(save, err);
    /* What is made from here on must not stay behind. */
    signals_hold(&save->signals);
    if (exists && how == SAVE_NEW)
        return err_set(err, FAIL_STATE, "%s: there is a file already", path);
    save->is_exposed = exists && (there.st_mode & (S_IRGRP | S_IROTH)) != 0;
    return exists ? open_beside(save, there.st_mode & 0777, err) : open_new(save, err);
}

bool save_reserve(struct save *save, size_t len, struct err *err)
{
    if (save->is_plain)
        return true;
    errno = posix_fallocate(save->fd, 0, (off_t)len);
    return errno == 0 || refuse(save, err);
}

bool save_finish(struct save *save, struct bytes data, struct err *err)
{
    if (!file_write_all(&files_posix, save->fd, data, err))
        return err_in(err, "%s", save->path);
    if (save->is_plain) {
        save_clear(save);
        return true;
    }
    /* Gives back what was reserved and not used. */
    if (ftruncate(save->fd, (off_t)data.len) != 0 || fsync(save->fd) != 0 ||
        (save->temporary != NULL && rename(save->temporary, save->path) != 0))
        return refuse(save, err);
    free(save->temporary);
    save->temporary = NULL;
    (void)close(save->fd);
    save->is_open = false;
    const bool synced = file_sync_parent(&files_posix, save->path, err);
    save_clear(save);
    return synced;
}

void save_clear(struct save *save)
{
    if (save->is_open) {
        (void)close(save->fd);
        if (!save->is_plain)
            (void)unlink(save->temporary != NULL ? save->temporary : save->path);
    }
    free(save->temporary);
    free(save->path);
    struct signals signals = save->signals;
    *save = (struct save){ .fd = -1 };
    signals_release(&signals);
}

bool save_file(const char *path, struct bytes data, enum save_how how, struct err *err)
{
    auto_save save = { .fd = -1 };

    return save_open(&save, path, how, err) && save_finish(&save, data, err);
}
