/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Signatures on P-384 that no key can have made: r or s is not from 1 to n - 1. */

#define P384_ORDER                                                                                 \
    "ffffffffffffffffffffffffffffffffffffffffffffffff"                                             \
    "c7634d81f4372ddf581a0db248b0a77aecec196accc52973"

static const char *const p384_out_of_range[] = {
    "3006020100020101",                 /* r = 0 */
    "3006020101020100",                 /* s = 0 */
    "30060201ff020101",                 /* r = -1 */
    "30060201010201ff",                 /* s = -1 */
    "3036023100" P384_ORDER "020101",   /* r = n */
    "3036020101023100" P384_ORDER,      /* s = n */
    "3037023201" P384_ORDER "00020101", /* r of 393 bits */
};
