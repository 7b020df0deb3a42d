/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/buf.h"
#include "state/quorum.h"

/* Members of a line of the update log (client-api.md, 13), as change_put_log_line takes them. Appended, each with its comma. */

/* `,"name":"text"` */
void line_put_text(struct buf *members, const char *name, struct bytes text);
/* `,"missingAcknowledgments":n,"missingUsers":[...]` */
void line_put_missing(struct buf *members, const struct quorum *quorum);
