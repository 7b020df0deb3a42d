/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "cli/coordinator/session.h"
#include "cli/io/input.h"

/*
 * Sends an acknowledgment of the pending update by the user of the session, and says what it has come to, as `manifest update
 * acknowledge` does: with --recoverydata, --force and --exit-pending. input: the bytes that the user agrees to. review: what he was shown,
 * JSON for the envelope; empty for none.
 */
bool update_acknowledge(struct session *s, const struct manifest_input *input, struct bytes review,
                        struct err *err) MUST_CHECK;
