/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Set by the build option `simulation`: can this program run without a TEE? */
#ifndef SIMULATION_IS_BUILT
#define SIMULATION_IS_BUILT 0
#endif
