/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "codec/json.h"

/*
 * Files that are carried to a machine without a network and back (recovery/request.h, recovery/answer.h): one JSON object,
 * which a person can read, with a note what it is, its format and its version. Whoever carries it may change it.
 *
 *   carried_begin, carried_member, carried_put_*, carried_end     writing
 *   carried_open, carried_*                                       reading
 *
 * Every member asked for has to be there and of its type; FAIL_MALFORMED names it. Members that are not known are skipped. No text
 * has a control character, so that what is shown cannot pretend to be another line.
 */
enum { CARRIED_VERSION = 1, CARRIED_MAX = 6 << 20 /* bytes */ };

void carried_begin(struct buf *out, const char *format, const char *note);
/* The name; the value follows. */
void carried_member(struct buf *out, const char *name);
/* Control characters are made visible. */
void carried_put_text(struct buf *out, const char *name, struct bytes text);
void carried_put_octets(struct buf *out, const char *name, struct bytes octets);
void carried_end(struct buf *out);

/* The object, if it is of this format and of the version above. */
const struct json *carried_open(struct bytes text, const char *format, struct arena *arena,
                                struct err *err) MUST_CHECK;
bool carried_value(const struct json *top, const char *name, enum json_type type,
                   const struct json **value, struct err *err) MUST_CHECK;
/* At most max bytes; a view. */
bool carried_text(const struct json *top, const char *name, size_t max, struct bytes *text,
                  struct err *err) MUST_CHECK;
/* least to most bytes. */
bool carried_octets(const struct json *top, const char *name, size_t least, size_t most,
                    struct buf *octets, struct err *err) MUST_CHECK;
bool carried_count(const struct json *top, const char *name, uint64_t *count,
                   struct err *err) MUST_CHECK;
/* A time of the form 2026-01-31T03:00:00Z, which nobody vouches for; a view. */
bool carried_time(const struct json *top, const char *name, struct bytes *time,
                  struct err *err) MUST_CHECK;
/* Where the Coordinator is; nothing that a shell would take for more than a word. A view. */
bool carried_endpoint(const struct json *top, struct bytes *endpoint, struct err *err) MUST_CHECK;
/* The id of a recovery's session: hex, empty when the Coordinator tells none; a view. */
bool carried_session(const struct json *top, struct bytes *session, struct err *err) MUST_CHECK;
