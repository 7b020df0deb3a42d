/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/buf.h"
#include "base/bytes.h"

/*
 * What the members of a manifest mean. A test holds these tables against those of the parser (src/manifest/parse*.c): each
 * key that the parser knows has one row here, and no other.
 */
struct explanation {
    const char *
        path; /* "Packages.*.Debug"; '*' stands for a name of the author's; empty: the manifest itself */
    const char *type; /* of its value */
    const char *
        standard; /* what counts when it is not there; NULL: nothing does, or it has to be there, as the text says */
    const char *since;   /* the first release that knows it, or "taw" */
    const char *text;    /* one to three sentences */
    const char *example; /* JSON: the member with its name; NULL: none */
};

/* A table for each part; each ends with a row without path. */
extern const struct explanation EXPLAIN_DEPLOYMENT[], EXPLAIN_PLATFORM[], EXPLAIN_SECRETS[],
    EXPLAIN_CERTIFICATE[], EXPLAIN_ACCESS[];
#define END_OF_EXPLANATIONS                                                                        \
    {                                                                                              \
        0                                                                                          \
    }

/* The next row of all tables; begin with NULL. NULL at the end. The first one is the manifest itself. */
const struct explanation *explanation_next(const struct explanation *before) MUST_CHECK;
/* By a path as people write it: letter case does not count, "manifest." may stand before it, and the names of entries
 * may be there or not (Packages.app.Debug, Packages.Debug). NULL: none. */
const struct explanation *explanation_find(const char *path) MUST_CHECK;
/* The one whose path is the most like this one; NULL: none is. */
const struct explanation *explanation_nearest(const char *path) MUST_CHECK;
/* Is `member` one step below `group`? */
bool explanation_is_member(const struct explanation *group,
                           const struct explanation *member) MUST_CHECK;
/* The path without '*', as it can be typed. */
void explanation_put_path(const struct explanation *of, struct buf *out);
