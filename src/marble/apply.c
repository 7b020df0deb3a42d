/* SPDX-License-Identifier: Apache-2.0 */
#include "marble/apply.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

static const char KEYS[] = "/dev/attestation/keys/";
static const char OLD_KEY[] = "/dev/attestation/protected_files_key"; /* Gramine up to 1.2 */

enum file_class { FILE_NONE = 0, FILE_KEY, FILE_OLD_KEY, FILE_ORDINARY };

static enum file_class class_of(struct bytes path)
{
    if (bytes_start_with(path, BYTES_LITERAL(KEYS)))
        return FILE_KEY;
    return bytes_equal_string(path, OLD_KEY) ? FILE_OLD_KEY : FILE_ORDINARY;
}

/* Makes the directories before the last part of a path. */
static bool make_parents(const struct files *files, const char *path, struct err *err)
{
    const char *const slash = strrchr(path, '/');

    if (slash == NULL || slash == path)
        return true;
    auto_string *parent = bytes_to_string(bytes_of(path, (size_t)(slash - path)));
    return file_make_directories(files, parent, err);
}

/*
 * Makes parents only when they are missing: where they are there, nobody needs the right to look
 * into them.
 */
static int open_file(const struct files *files, const char *path, enum file_class class,
                     struct err *err)
{
    const int flags = class == FILE_ORDINARY ? O_WRONLY | O_CREAT | O_TRUNC : O_WRONLY | O_TRUNC;
    int fd = files->open(files->ctx, path, flags, 0600);

    if (fd < 0 && errno == ENOENT && class == FILE_ORDINARY) {
        if (!make_parents(files, path, err))
            return -1;
        fd = files->open(files->ctx, path, flags, 0600);
    }
    if (fd < 0)
        (void)err_errno(err, FAIL_UNAVAILABLE, "open");
    return fd;
}

static bool write_file(const struct files *files, const struct marble_parameter *file,
                       enum file_class class, struct err *err)
{
    auto_string *path = bytes_to_string(file->name);
    const int fd = open_file(files, path, class, err);

    if (fd < 0)
        return err_in(err, "cannot write file %s", path);
    bool written = file_write_all(files, fd, file->value, err);
    if (files->close(files->ctx, fd) != 0 && written)
        written = err_errno(err, FAIL_UNAVAILABLE, "close");
    return written || err_in(err, "cannot write file %s", path);
}

bool apply_files(const struct marble_parameters *parameters, const struct files *files,
                 struct err *err)
{
    static const enum file_class order[] = { FILE_KEY, FILE_OLD_KEY, FILE_ORDINARY };

    for (size_t step = 0; step < COUNT_OF(order); step++) {
        for (size_t i = 0; i < parameters->file_count; i++) {
            if (class_of(parameters->files[i].name) == order[step] &&
                !write_file(files, &parameters->files[i], order[step], err))
                return false;
        }
    }
    return true;
}

bool apply_environment(const struct marble_parameters *parameters, struct err *err)
{
    for (size_t i = 0; i < parameters->env_count; i++) {
        const struct marble_parameter *const variable = &parameters->env[i];
        auto_string *name = bytes_to_string(variable->name);
        char *const value = bytes_to_string(variable->value);
        const bool set = setenv(name, value, 1) == 0;

        mem_wipe_free(value, variable->value.len);
        if (!set)
            return err_errno(err, FAIL_INTERNAL, "cannot set environment variable %s", name);
    }
    return true;
}
