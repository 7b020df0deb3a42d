/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/collateral/replace.h"

#include "base/files.h"
#include "cli/io/save.h"

#include <inttypes.h>

/* The number of what is there; 0: no good bundle for the same. */
static uint64_t number_at(const char *path, const struct trust_anchors *anchors,
                          const struct collateral_summary *fresh)
{
    struct collateral_summary old;
    struct err err = { 0 };
    auto_buf text = { 0 };

    if (save_is_output(path) || !file_read(&files_posix, path, COLLATERAL_BUNDLE_MAX, &text, &err))
        return 0;
    auto_collateral *collateral = collateral_parse(buf_bytes(&text), anchors, &err);
    if (collateral == NULL)
        return 0;
    collateral_summary(collateral, &old);
    return old.reason == REASON_NONE && old.tee == fresh->tee &&
                   bytes_equal(old.fmspc, fresh->fmspc)
               ? old.evaluation_number
               : 0;
}

bool collateral_may_replace(struct cli *cli, const char *path, const struct trust_anchors *anchors,
                            const struct collateral_summary *fresh, struct err *err)
{
    const uint64_t old = number_at(path, anchors, fresh);

    if (old <= fresh->evaluation_number)
        return true;
    if (option_switch(&cli->options, "force")) {
        output_warn(&cli->out,
                    "TCB evaluation data number %" PRIu64 " takes the place of number %" PRIu64,
                    fresh->evaluation_number, old);
        return true;
    }
    (void)cli_fail(cli, EXIT_ATTESTATION,
                   "--update early has higher numbers than standard; --force replaces the file");
    return err_set(
        err, FAIL_DENIED,
        "the collateral that came is older than that in %s, nothing was written: its TCB "
        "evaluation data number is %" PRIu64 " and not at least %" PRIu64,
        path, fresh->evaluation_number, old);
}
