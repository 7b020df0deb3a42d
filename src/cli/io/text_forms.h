/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/buf.h"

/* Bytes that somebody wrote down as text, with white space anywhere. False, and nothing appended, when the text is not of that
 * form or empty. */
bool text_from_hex(struct bytes raw, struct buf *out) MUST_CHECK;
bool text_from_base64(struct bytes raw, struct buf *out) MUST_CHECK;
