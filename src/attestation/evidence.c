/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/evidence.h"

#include "crypto/hash.h"

#include <string.h>

bool report_data_of(struct bytes certificate, struct bytes nonce,
                    uint8_t out[static REPORT_DATA_LEN], struct err *err)
{
    const struct bytes parts[] = { certificate, nonce };

    memset(out, 0, REPORT_DATA_LEN);
    return sha256_parts(parts, COUNT_OF(parts), out, err) || err_in(err, "report data");
}

const char *tcb_status_text(enum tcb_status status)
{
    switch (status) {
    case TCB_UP_TO_DATE:
        return "UpToDate";
    case TCB_OUT_OF_DATE:
        return "OutOfDate";
    case TCB_REVOKED:
        return "Revoked";
    case TCB_CONFIGURATION_NEEDED:
        return "ConfigurationNeeded";
    case TCB_OUT_OF_DATE_CONFIGURATION_NEEDED:
        return "OutOfDateConfigurationNeeded";
    case TCB_SW_HARDENING_NEEDED:
        return "SWHardeningNeeded";
    case TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED:
        return "ConfigurationAndSWHardeningNeeded";
    case TCB_TD_RELAUNCH_ADVISED:
        return "TDRelaunchAdvised";
    case TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED:
        return "TDRelaunchAdvisedConfigurationNeeded";
    case TCB_STATUS_NONE:
        break;
    }
    return "Unknown";
}

const char *tee_text(enum tee tee)
{
    static const char *const texts[] = { "", "sgx", "tdx", "snp" };

    return texts[tee];
}
