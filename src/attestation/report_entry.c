/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/report_entry.h"

#include "codec/text.h"
#include "crypto/hash.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

static bool mkdir_failed(struct err *err)
{
    switch (errno) {
    case ENXIO:
        return err_set(err, FAIL_NOT_FOUND,
                       "no TEE driver has registered with the kernel (%s is there)",
                       REPORT_DIRECTORY);
    case ENOENT:
    case ENOTDIR:
        return err_set(err, FAIL_NOT_FOUND,
                       "there is no %s: the kernel has no TEE driver, or configfs is not mounted",
                       REPORT_DIRECTORY);
    case EACCES:
    case EPERM:
        return err_set(err, FAIL_UNAVAILABLE,
                       "no permission to make a report entry in %s, which needs root",
                       REPORT_DIRECTORY);
    default:
        return err_errno(err, FAIL_UNAVAILABLE, "cannot make a report entry in %s",
                         REPORT_DIRECTORY);
    }
}

/* Containers share the directory but not their process ids, so names are random. */
static char *random_path(struct err *err)
{
    uint8_t id[8];
    auto_buf text = { 0 };

    if (!random_bytes(id, sizeof id, err))
        return NULL;
    hex_encode(&text, bytes_of(id, sizeof id));
    return mem_printf("%s/taw-%.*s", REPORT_DIRECTORY, BYTES_FMT(buf_bytes(&text)));
}

/* 0, or -1 and errno. */
static int make_directory(const struct issuer_system *system, const char *path)
{
    const struct files *const fs = system->files;
    auto_string *full = mem_printf("%s%s", system->root, path);
    int result = -1;

    do
        result = fs->mkdir(fs->ctx, full, 0700);
    while (result < 0 && errno == EINTR);
    return result;
}

static bool read_generation(const struct report_entry *entry, uint64_t *generation, struct err *err)
{
    char word[DEVICE_WORD_LEN], *end = NULL;

    if (!report_entry_word(entry, "generation", word, err))
        return false;
    errno = 0;
    *generation = strtoull(word, &end, 10);
    return (word[0] >= '0' && word[0] <= '9' && *end == '\0' && errno == 0) ||
           err_set(err, FAIL_UNAVAILABLE, "%s/generation is not a number", entry->path);
}

bool report_entry_make(const struct issuer_system *system, struct report_entry *entry,
                       struct err *err)
{
    enum { TRIES = 4 }; /* names of 64 random bits hardly meet once */

    for (int i = 0; i < TRIES; i++) {
        auto_string *path = random_path(err);
        if (path == NULL)
            return false;
        if (make_directory(system, path) == 0) {
            *entry = (struct report_entry){ system, TAKE(path), 0 };
            return read_generation(entry, &entry->generation, err);
        }
        if (errno != EEXIST)
            break;
    }
    return mkdir_failed(err);
}

bool report_entry_word(const struct report_entry *entry, const char *attribute,
                       char word[static DEVICE_WORD_LEN], struct err *err)
{
    auto_string *path = mem_printf("%s/%s", entry->path, attribute);

    return device_read_word(entry->system, path, word, err);
}

bool report_entry_write(struct report_entry *entry, const char *attribute, struct bytes data,
                        struct err *err)
{
    auto_string *path = mem_printf("%s/%s", entry->path, attribute);

    if (!device_write(entry->system, path, data))
        return err_errno(err, FAIL_UNAVAILABLE, "cannot write %s", path);
    entry->generation++;
    return true;
}

bool report_entry_read(const struct report_entry *entry, const char *attribute, struct buf *out)
{
    auto_string *path = mem_printf("%s/%s", entry->path, attribute);

    return device_read(entry->system, path, REPORT_BLOB_MAX_LEN, out);
}

bool report_entry_is_undisturbed(const struct report_entry *entry, struct err *err)
{
    uint64_t generation = 0;

    if (!read_generation(entry, &generation, err))
        return false;
    return generation == entry->generation ||
           err_set(err, FAIL_STATE,
                   "the kernel counts %" PRIu64 " writes to %s instead of %" PRIu64
                   ": another process wrote to it, or a write got lost",
                   generation, entry->path, entry->generation);
}

void report_entry_remove(struct report_entry *entry)
{
    if (entry->path == NULL)
        return;
    auto_string *full = mem_printf("%s%s", entry->system->root, entry->path);
    while (entry->system->rmdir(entry->system->ctx, full) < 0 && errno == EINTR)
        continue;
    free(entry->path);
    entry->path = NULL;
}
