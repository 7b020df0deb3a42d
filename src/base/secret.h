/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/bytes.h"
#include "base/err.h"

/*
 * Key material on pages of its own: locked in memory where the limits allow it, left out of core
 * dumps and of forked children, wiped when freed.
 */
struct secret {
    size_t len; /* bytes */
    uint8_t at[];
};

/* len zero bytes. FAIL_INTERNAL when there is no memory. */
struct secret *secret_new(size_t len, struct err *err) MUST_CHECK;
struct secret *secret_copy(struct bytes from, struct err *err) MUST_CHECK;
/* Constant time in the contents; NULL equals nothing. */
bool secret_equal(const struct secret *a, const struct secret *b) MUST_CHECK;
/* Constant time; for MACs and hashes of secrets. */
bool bytes_equal_secretly(struct bytes a, struct bytes b) MUST_CHECK;
/* A view for the functions that take bytes; valid as long as *s. */
struct bytes secret_bytes(const struct secret *s);
/* NULL is fine. */
void secret_free(struct secret *s);

DEFINE_CLEANUP(struct secret, secret_cleanup, secret_free)
#define auto_secret struct secret CLEANUP(secret_cleanup)
