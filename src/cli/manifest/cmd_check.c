/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/io/input.h"
#include "manifest/manifest.h"

#include <stdlib.h>

static const char *variable(void *ctx, const char *name)
{
    (void)ctx;
    return getenv(name);
}

bool run_manifest_check(struct cli *cli, struct err *err)
{
    const struct manifest_check_options options = { variable, NULL };
    const char *const path = cli_argument(cli, 0);
    auto_manifest_input input = { 0 };

    if (!input_manifest(cli, path, &input, err))
        return false;
    auto_manifest *manifest = manifest_parse(buf_bytes(&input.json), err);
    if (manifest == NULL || !manifest_check(manifest, &options, err)) {
        (void)cli_fail(cli, EXIT_REJECTED, NULL);
        return err_in(err, "%s", path);
    }
    auto_string *data = mem_printf("{\"manifestFingerprint\":\"%s\"}", input.fingerprint);
    auto_string *line = mem_printf("%s\n", input.fingerprint);
    return output_result(&cli->out, "ManifestCheck", bytes_of_string(data), bytes_of_string(line),
                         err);
}
