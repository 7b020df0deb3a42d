/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/issuer.h"
