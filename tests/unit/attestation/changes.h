/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/bytes.h"

/*
 * Changes of evidence that is valid, one at a time: bits of every byte, other bytes, every length. None may stay valid but those that
 * changes.c lists, with the place and the reason. With TAW_SOAK in the environment all of them; without, a sample.
 */
struct changes {
    struct bytes evidence;
    bool (*is_valid)(void *ctx, struct bytes evidence);
    void *ctx;
};
/* A test fails that finds another set of valid changes than the listed one. */
void changes_expect_refused(const struct changes *changes);
/* Whether it is all of them. */
bool changes_are_all(void);
