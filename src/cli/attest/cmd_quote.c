/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/issuer.h"
#include "cli/io/binary.h"
#include "codec/text.h"

#include <string.h>

/* attest quote: evidence that the TEE of this machine makes. */

/* Shorter data has zeros behind it. */
static bool read_report_data(struct cli *cli, uint8_t report_data[static REPORT_DATA_LEN],
                             struct err *err)
{
    const char *const typed = option_text(&cli->options, "report-data");
    auto_buf bytes = { 0 };

    memset(report_data, 0, REPORT_DATA_LEN);
    if (typed == NULL)
        return true;
    (void)cli_fail(cli, EXIT_USAGE, NULL);
    if (!hex_decode(&bytes, bytes_of_string(typed), err))
        return err_in(err, "--report-data");
    if (bytes.len == 0 || bytes.len > REPORT_DATA_LEN)
        return err_set(err, FAIL_MALFORMED, "--report-data: want 1 to %d bytes in hex, not %zu",
                       REPORT_DATA_LEN, bytes.len);
    memcpy(report_data, bytes.at, bytes.len);
    cli->status = EXIT_GOOD;
    return true;
}

bool run_attest_quote(struct cli *cli, struct err *err)
{
    uint8_t report_data[REPORT_DATA_LEN];
    auto_buf evidence = { 0 };

    if (!read_report_data(cli, report_data, err))
        return false;
    auto_quote_issuer *issuer = issuer_detect(issuer_system_real(), err);
    if (issuer == NULL) {
        if (err->kind == FAIL_NOT_FOUND)
            (void)cli_fail(cli, EXIT_NOT_FOUND,
                           "it is asked inside of a confidential VM; root may have to");
        return false;
    }
    return issuer_issue(issuer, report_data, &evidence, err) &&
           binary_put(cli, &evidence, "Evidence", SAVE_REPLACE, err);
}
