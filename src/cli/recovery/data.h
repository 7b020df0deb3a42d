/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "cli/cli.h"
#include "cli/io/save.h"
#include "codec/json.h"

/*
 * The recovery secrets of an answer: older Coordinators never give them out again, so that they must not be lost here.
 *
 *   recovery_data_open   before the request: the file of --recoverydata, when there is one, and the directory of
 *                        --split
 *   recovery_data_keep   into the file, then each into a file of its own; when that fails, on standard output; when that fails too, on standard
 *                        error
 */
bool recovery_data_open(struct cli *cli, struct save *save, struct err *err) MUST_CHECK;
/*
 * secrets: object of base64 by name, NULL or JSON null for none. `text` gets what belongs on standard output:
 * the line of JSON when there is no file. Fails when the file could not be written, with the secrets in
 * `text` then.
 */
bool recovery_data_keep(struct cli *cli, struct save *save, const struct json *secrets,
                        struct buf *text, struct err *err) MUST_CHECK;
/* Appends `{"name":"base64",...}`, names sorted. */
void recovery_data_put(const struct json *secrets, struct buf *out);
/* Writes the line to standard error, when standard output has failed. */
void recovery_data_rescue(const struct buf *text);
