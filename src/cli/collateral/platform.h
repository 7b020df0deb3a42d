/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "cli/collateral/items.h"

/*
 * For which platform evidence needs collateral. All of it comes from evidence that nobody has verified: it only
 * says what to ask for. pck_pem and certificate are borrowed, empty ones are not there. product: of --product, may be
 * NULL. FAIL_MALFORMED, FAIL_STATE: something is missing that only the caller has.
 */
bool platform_of(struct bytes evidence, struct bytes pck_pem, struct bytes certificate,
                 const char *product, struct platform *platform, struct err *err) MUST_CHECK;
/* With the chain that was fetched for a platform that asks for it; borrowed. FAIL_MALFORMED, FAIL_DENIED: it is another's. */
bool platform_take_pck(struct bytes pck_pem, struct platform *platform, struct err *err) MUST_CHECK;
