/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "sealing/sealing.h"

/*
 * What the firmware of an SEV-SNP processor answers to its guest: requests on /dev/sev-guest (linux/sev-guest.h), whose
 * messages are those of AMD's SEV-SNP Firmware ABI Specification (publication 56860), chapter 7. The guest's kernel and the
 * firmware encrypt and authenticate them; the host carries them.
 *
 *   snp_device_is_there     whether the kernel offers the device
 *   snp_device_level        VMPL of this guest
 *   snp_device_tcb          committed TCB of the processor
 *   snp_device_derive_key   a key that only this guest on this chip gets
 *
 * A request that a signal or a busy host interrupted is made again, a few times.
 */

enum { SNP_DERIVED_KEY_LEN = 32 }; /* bytes */

/* FAIL_NOT_FOUND: there is no device, as in a guest with a paravisor; FAIL_UNAVAILABLE. */
bool snp_device_is_there(const struct sealing_system *system, struct err *err) MUST_CHECK;
/* The level at which the kernel runs (0 to 3); kernels that do not say it know no other than 0. FAIL_UNAVAILABLE. */
bool snp_device_level(const struct sealing_system *system, uint32_t *level,
                      struct err *err) MUST_CHECK;
/* The lowest TCB to which the chip can still be put back, as it stands in reports. FAIL_UNAVAILABLE. */
bool snp_device_tcb(const struct sealing_system *system, uint32_t level, uint64_t *tcb,
                    struct err *err) MUST_CHECK;
/*
 * Appends a key of SNP_DERIVED_KEY_LEN bytes, derived from the chip's own key (VCEK), the launch measurement, the guest
 * policy, the level and tcb, which must not be above the committed one; snp.c says why these.
 *
 * FAIL_NOT_FOUND    the host does not let this chip's key be used
 * FAIL_UNAVAILABLE  no answer, or none that is a key
 */
bool snp_device_derive_key(const struct sealing_system *system, uint32_t level, uint64_t tcb,
                           struct buf *key, struct err *err) MUST_CHECK;
