/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists of revoked certificates: there is one spelling of each, whether it is signed and whom it names can be asked of any, and nobody
 * but its issuer has signed it.
 */
#include "crypto/crl.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static const int64_t YEAR_0 = -62167219200, YEAR_10000 = 253402300800; /* seconds since 1970 */

static void require(bool holds)
{
    if (!holds)
        __builtin_trap();
}

/* Of a key that was thrown away; its serial number is 42. */
static const char stranger[] = "-----BEGIN CERTIFICATE-----\n"
                               "MIIBfTCCASKgAwIBAgIBKjAKBggqhkjOPQQDAjAcMRowGAYDVQQDDBFJbnRlbCBT\n"
                               "R1ggUm9vdCBDQTAgFw0yNjExMjQwMjI2MjVaGA8yMDU0MDQxMDAyMjYyNVowHDEa\n"
                               "MBgGA1UEAwwRSW50ZWwgU0dYIFJvb3QgQ0EwWTATBgcqhkjOPQIBBggqhkjOPQMB\n"
                               "BwNCAARPX8fqjRtFll14eV59Xao8OTWaem7OWW8yLItftdlSpVbZpXVnXEd5QCXj\n"
                               "f+yNDW2DmwuGCGp5IFoIqhtiaYRlo1MwUTAdBgNVHQ4EFgQUIjpBTCnR85PPB3fD\n"
                               "+2NStV2Vcm4wHwYDVR0jBBgwFoAUIjpBTCnR85PPB3fD+2NStV2Vcm4wDwYDVR0T\n"
                               "AQH/BAUwAwEB/zAKBggqhkjOPQQDAgNJADBGAiEA2lvnxluNlVjFN37hybLlkchA\n"
                               "loxpXk0BxDWq1D8GyhACIQCePJTU81q4jfi8xdM2ZT12bpGCDM/NUaRxohTJmR2G\n"
                               "zg==\n"
                               "-----END CERTIFICATE-----\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = { 0 };
    struct cert *cert = NULL;
    int64_t next = 0;

    auto_crl *crl = crl_from_der(bytes_of(data, size), &err);
    if (crl == NULL) {
        require(err.kind == FAIL_MALFORMED && strchr(err.text, '\n') == NULL);
        return 0;
    }
    require(cert_chain_from_pem(bytes_of_string(stranger), &cert, 1, &err));
    require(!crl_is_signed_by(crl, cert, SIGNATURE_ECDSA_P256_SHA256, &err));
    require(err.kind == FAIL_DENIED && err.text[0] != '\0');
    require(crl_this_update(crl) >= YEAR_0 && crl_this_update(crl) < YEAR_10000);
    require(!crl_next_update(crl, &next) || (next >= YEAR_0 && next < YEAR_10000));
    auto_crl *again = crl_from_der(bytes_of(data, size), &err);
    require(again != NULL && crl_names(crl, cert) == crl_names(again, cert));
    cert_free(cert);
    /* A byte more is another list, or none. */
    uint8_t *const longer = mem_zero_alloc(1, size + 1);
    memcpy(longer, data, size);
    require(crl_from_der(bytes_of(longer, size + 1), &err) == NULL);
    free(longer);
    return 0;
}
