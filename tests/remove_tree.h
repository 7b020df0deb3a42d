/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <ftw.h>
#include <stdio.h>

/* For tests that make a directory with mkdtemp. */
static inline int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

/* The directory with all that is in it. */
static inline void remove_tree(const char *path)
{
    (void)nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}
