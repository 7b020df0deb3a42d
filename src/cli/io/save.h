/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/bytes.h"
#include "base/err.h"
#include "cli/io/signals.h"

/*
 * Files that a command writes.
 *
 *   save_open     before the request whose answer goes in: what can go wrong goes wrong here. Nothing at the
 *                 path has changed yet.
 *   save_reserve  so that the disk is not full afterwards
 *   save_finish   all of it, durable; or the old file stays as it was
 *   save_clear    without save_finish: as if nothing had been; so it is also after Ctrl-C
 *
 * Where two are open, the one that was opened first is finished or cleared last: then signals come through.
 * The path "-" is standard output. Files are made with mode 0600; one that is replaced keeps its mode. What is no regular file (a pipe, a
 * terminal) is written to as it is.
 */
enum save_how {
    SAVE_NONE = 0,
    SAVE_NEW,     /* refuses a path that exists */
    SAVE_REPLACE, /* another file takes its place in one step */
};
struct save {
    struct signals signals; /* held back while there is a file that is not finished */
    char *path;             /* where it goes in the end */
    char *temporary;        /* where it is until then; NULL: the path itself */
    int fd;
    bool is_open, is_plain; /* plain: no regular file */
    bool is_exposed;        /* others on this machine may read the file that is replaced */
};

/* Is it standard output? That has the file then, and nothing else belongs there. */
bool save_is_output(const char *path) MUST_CHECK;
/* FAIL_STATE: the path exists; FAIL_UNAVAILABLE. */
bool save_open(struct save *save, const char *path, enum save_how how, struct err *err) MUST_CHECK;
/* FAIL_UNAVAILABLE: there is no room for len bytes. */
bool save_reserve(struct save *save, size_t len, struct err *err) MUST_CHECK;
bool save_finish(struct save *save, struct bytes data, struct err *err) MUST_CHECK;
void save_clear(struct save *save);
#define auto_save struct save CLEANUP(save_clear)

/* All of it at once. */
bool save_file(const char *path, struct bytes data, enum save_how how, struct err *err) MUST_CHECK;
