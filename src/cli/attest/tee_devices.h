/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/base.h"

/* The devices of TEEs on this machine. */
struct tee_device {
    const char *tee, *path;
};
/* The next one that is there; begin with NULL. NULL at the end. */
const struct tee_device *tee_device_next(const struct tee_device *before) MUST_CHECK;
