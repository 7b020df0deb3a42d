/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* A directory of collateral on the real disk, and a world whose clock is the test's and whose log can be read. */
#include "test.h"

#include "attestation/collateral_store.h"
#include "remove_tree.h"

#include <fcntl.h>
#include <unistd.h>

struct bundle_directory {
    char path[64];
    struct log log;
    struct env env;
};

static inline void directory_begin(struct bundle_directory *d)
{
    *d = (struct bundle_directory){ .path = "/tmp/taw-collateral-XXXXXX" };
    assert_non_null(mkdtemp(d->path));
    auto_string *log = mem_printf("%s/log", d->path);
    d->log =
        (struct log){ .fd = open(log, O_RDWR | O_CREAT | O_CLOEXEC, 0600), .level = LOG_DEBUG };
    assert_true(d->log.fd >= 0);
    d->env = (struct env){ .files = &files_posix, .log = &d->log };
}

static inline void directory_end(struct bundle_directory *d)
{
    (void)close(d->log.fd);
    remove_tree(d->path);
}
#define auto_bundle_directory struct bundle_directory CLEANUP(directory_end)

static inline void directory_write(const struct bundle_directory *d, const char *name,
                                   struct bytes data)
{
    struct err err = { 0 };

    assert_ok(file_replace(&files_posix, d->path, name, data, &err), &err);
}

static inline void directory_remove(const struct bundle_directory *d, const char *name)
{
    auto_string *path = mem_printf("%s/%s", d->path, name);

    assert_int_equal(remove(path), 0);
}

/* How often the words are in the log. */
static inline unsigned directory_logged(const struct bundle_directory *d, const char *words)
{
    auto_string *path = mem_printf("%s/log", d->path);
    auto_buf text = { 0 };
    struct err err = { 0 };
    unsigned count = 0;

    assert_ok(file_read(&files_posix, path, 1 << 24, &text, &err), &err);
    buf_add_u8(&text, '\0');
    for (const char *p = (const char *)text.at; (p = strstr(p, words)) != NULL; p++)
        count++;
    return count;
}

static inline struct collateral_store *directory_open_with(const struct bundle_directory *d,
                                                           const struct trust_anchors *anchors,
                                                           const struct number_memory *memory)
{
    struct err err = { 0 };
    struct collateral_store *const store =
        collateral_store_open(&d->env, d->path, anchors, memory, &err);

    if (store == NULL)
        fail_msg("%s", err.text);
    return store;
}

static inline struct collateral_store *directory_open(const struct bundle_directory *d,
                                                      const struct trust_anchors *anchors)
{
    return directory_open_with(d, anchors, NULL);
}
