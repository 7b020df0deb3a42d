/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/base.h"

/*
 * The firmware of an SEV-SNP processor and a guest on it, as AMD's publication 56860 has them: it makes reports and derives
 * keys, here SHA-256 over all that is mixed in. Nothing of it was compared with a real one.
 */
struct fake_firmware {
    /* The processor. */
    uint8_t chip;           /* stands for the key of the chip */
    uint64_t committed_tcb; /* a part in each byte */
    uint8_t vlek;           /* what the host has put in; 0: nothing */
    bool masks_chip_key;    /* the host does */
    /* The guest. */
    uint8_t measurement[48];
    uint64_t guest_policy;
    uint8_t family_id, image_id;
    uint32_t guest_svn, level;

    /* Faults. */
    int error;        /* errno of the call */
    unsigned errors;  /* how often, then it works */
    uint64_t failure; /* exitinfo2 */
    bool succeeds;    /* the call, in spite of a failure */
    uint32_t status;  /* of the answer, with a key in it nevertheless */
    bool zero_key;
    uint32_t report_len; /* what the answer says */

    unsigned calls, keys; /* counted */
};

/* A processor and a guest that work. */
struct fake_firmware fake_firmware_new(void) MUST_CHECK;
/* ioctl(2) on /dev/sev-guest. */
int fake_firmware_control(struct fake_firmware *f, unsigned long request, void *argument);
