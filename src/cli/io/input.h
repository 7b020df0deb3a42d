/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "cli/cli.h"
#include "cli/io/yaml_read.h"

/* What commands read from files, or from standard input where the path is "-". */

/* A manifest as the Coordinator gets it, and the hash that names it (cli.md, 10). */
struct manifest_input {
    struct buf json;
    char fingerprint[65]; /* lower-case hex of SHA-256 */
};
void manifest_input_clear(struct manifest_input *input);
#define auto_manifest_input struct manifest_input CLEANUP(manifest_input_clear)

/* JSON stays as it is, anything else is taken for YAML; its surprises are warned of. Sets the status. */
bool input_manifest(struct cli *cli, const char *path, struct manifest_input *input,
                    struct err *err) MUST_CHECK;
/*
 * The same without these warnings, for who makes findings of them: *map tells where the values stand in YAML (empty: it is JSON); map may be
 * NULL.
 */
bool input_manifest_mapped(struct cli *cli, const char *path, struct manifest_input *input,
                           struct yaml_map *map, struct yaml_surprises *surprises,
                           struct err *err) MUST_CHECK;
/* At most `max` bytes; sets the status. */
bool input_file(struct cli *cli, const char *path, size_t max, struct buf *out,
                struct err *err) MUST_CHECK;
