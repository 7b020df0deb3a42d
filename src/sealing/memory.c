/* SPDX-License-Identifier: Apache-2.0 */
#include "sealing/sealing.h"

#include <libgen.h>
#include <linux/magic.h>

#define SWAPS_FILE "/proc/swaps"

/* A line of titles, then one for each place to which memory is written out. */
static bool has_no_swap(struct bytes swaps)
{
    struct bytes first;

    return bytes_start_with(swaps, BYTES_LITERAL("Filename")) && bytes_line(swaps, 1, &first) &&
           first.len == 0;
}

static bool nothing_is_swapped(const struct sealing_system *system, struct err *err)
{
    enum { MOST = 64 * 1024 };
    auto_string *path = mem_printf("%s" SWAPS_FILE, system->root);
    auto_buf swaps = { 0 };

    if (!file_read(system->files, path, MOST, &swaps, err)) {
        err->kind = FAIL_UNAVAILABLE;
        return err_in(err, "is there swap? A ramfs is never swapped out");
    }
    return has_no_swap(buf_bytes(&swaps)) ||
           err_set(err, FAIL_DENIED,
                   "there is swap (" SWAPS_FILE "), to which the host could see a tmpfs written: "
                   "turn it off, or use a ramfs");
}

static bool stays_in_memory(const struct sealing_system *system, const char *path, struct err *err)
{
    uint32_t kind = 0;

    if (system->filesystem(system->ctx, path, &kind) < 0)
        return err_errno(err, FAIL_UNAVAILABLE, "cannot tell the file system of %s", path);
    if (kind == RAMFS_MAGIC)
        return true;
    if (kind == TMPFS_MAGIC)
        return nothing_is_swapped(system, err);
    return err_set(err, FAIL_DENIED,
                   "%s is neither on a tmpfs nor on a ramfs, and whoever reads the key opens the "
                   "state",
                   path);
}

struct sealing *sealing_open_memory(const struct env *env, const struct sealing_system *system,
                                    const char *path, struct err *err)
{
    auto_string *copy = mem_string(path);
    const char *const directory = dirname(copy);
    auto_sealing *sealing = NULL;

    /* The directory before a key is written there; the file because it may be a link to another place. */
    if (file_make_directories(env->files, directory, err) &&
        stays_in_memory(system, directory, err) &&
        (sealing = sealing_open_file(env, path, err)) != NULL &&
        stays_in_memory(system, path, err)) {
        sealing->name = "key in the memory of this VM";
        sealing->opens = "until this VM stops";
        return TAKE(sealing);
    }
    (void)err_in(err, "platform key in memory");
    return NULL;
}
