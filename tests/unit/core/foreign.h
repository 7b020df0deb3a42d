/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* States of the original (state-and-recovery.md, 4 and 5), made from values and shares. */
#include "fixture.h"

/* Shares as the original deals them: one, all of `holders`, or `threshold` of them; signed by their
 * holders. *key is the data key. */
struct deal foreign_deal(unsigned holders, unsigned threshold, uint8_t key[static 32]);
/* The file: values sealed under the key; in front of it the hashes of the shares, for several. */
struct buf foreign_file(const struct omap *values, const struct deal *deal,
                        const uint8_t key[static 32]);
/* The values of a Coordinator that has this manifest. Freed by the caller. */
const struct omap *foreign_values(struct bytes manifest);
