/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/buf.h"

/*
 * The parts of a URL that a server meets: a path to decode or to clean, a query to walk through.
 * Where RFC 3986 leaves room, the rules are those of Go's net/url, which clients know.
 */

/* Appends `in` with its %-escapes resolved; `plus_is_space` as in queries. False: a bad escape;
 * *out then holds a part. */
bool http_unescape(struct bytes in, bool plus_is_space, struct buf *out) MUST_CHECK;

/*
 * The path of a request without `//`, `/./` and `/../`, escaped again so that it can stand in a
 * Location field: the answer is a redirect (307) to it, with the raw query behind a '?'.
 * NULL when there is nothing to clean. Freed by the caller.
 *
 * path  percent-decoded, as in struct http_request
 */
char *http_path_clean(const char *path) MUST_CHECK;

/*
 * The next pair of a query, decoded, both without a NUL at the end; false at the end of the query.
 * Pairs are separated by '&' only; one with a ';' or a bad escape is left out silently; a name
 * without '=' has an empty value; '+' is a space. Names are case-sensitive.
 *
 * query        moves behind the pair; starts as request->query
 * name, value  replaced; the caller clears them in the end
 */
bool http_query_next(const char **query, struct buf *name, struct buf *value) MUST_CHECK;

enum { HTTP_QUERY_PAIRS_MAX = 10000 }; /* Go's limit; above it there is no query at all */
