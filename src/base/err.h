/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/base.h"

/*
 * Why something failed: a kind that means something outside, and one sentence.
 *
 * The last parameter of every function that can fail; it lives on the caller's stack, is never
 * NULL and is set once, where the cause is known. Context is put in front on the way up.
 */
enum fail_kind {
    FAIL_NONE = 0,
    FAIL_MALFORMED,   /* input does not parse                        400 */
    FAIL_DENIED,      /* signature, measurement or role refused      401 */
    FAIL_STATE,       /* right request, wrong Coordinator state      409 */
    FAIL_NOT_FOUND,   /*                                             404 */
    FAIL_TOO_LARGE,   /* a size limit was exceeded                   413 */
    FAIL_UNAVAILABLE, /* a service or a disk does not answer         503 */
    FAIL_DAMAGED,     /* stored bytes do not authenticate            500 */
    FAIL_INTERNAL,    /* ours: memory, libcrypto                     500 */
};

struct err {
    enum fail_kind kind;
    char text[480]; /* one line, no secrets, always terminated */
};

/* Sets *e and returns false, so a failing function can say why in one line. No argument may be the
 * text of *e itself: that is what err_in is for. */
bool err_set(struct err *e, enum fail_kind kind, const char *fmt, ...) PRINTF_LIKE(3, 4) NONNULL;
/* Puts "context: " before the text and returns false; the kind stays. */
bool err_in(struct err *e, const char *fmt, ...) PRINTF_LIKE(2, 3) NONNULL;
/* As err_set, with ": " and the text of errno at its end. */
bool err_errno(struct err *e, enum fail_kind kind, const char *fmt, ...) PRINTF_LIKE(3, 4) NONNULL;
