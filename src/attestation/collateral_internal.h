/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "attestation/intel.h"
#include "attestation/snp.h"

/* The part of the collateral that a technology needs; NULL when it is of the other one, or NULL itself. */
const struct intel_collateral *collateral_of_intel(const struct collateral *collateral) MUST_CHECK;
const struct snp_collateral *collateral_of_snp(const struct collateral *collateral) MUST_CHECK;
