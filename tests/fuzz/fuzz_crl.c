/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists of revoked certificates: there is one spelling of each, whether it is signed and whom it names can be asked of any, and nobody
 * but its issuer has signed it.
 */
#include "crypto/crl.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509.h>

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

/* libcrypto takes the list, would spell it as it came, and finds the serial number in it or not, as we do. */
static void require_that_libcrypto_agrees(struct bytes der, bool named)
{
    enum { SERIAL = 42 };
    const uint8_t *at = der.at;
    uint8_t *again = NULL;
    X509_CRL *const list = d2i_X509_CRL(NULL, &at, (long)der.len);
    int64_t number = 0;
    bool found = false;

    require(list != NULL);
    const int len = i2d_X509_CRL(list, &again);
    require(len > 0 && bytes_equal(bytes_of(again, (size_t)len), der));
    OPENSSL_free(again);
    const STACK_OF(X509_REVOKED) *const entries = X509_CRL_get_REVOKED(list);
    for (int i = 0; i < sk_X509_REVOKED_num(entries); i++) {
        const X509_REVOKED *const entry = sk_X509_REVOKED_value(entries, i);
        found =
            found || (ASN1_INTEGER_get_int64(&number, X509_REVOKED_get0_serialNumber(entry)) == 1 &&
                      number == SERIAL);
    }
    require(found == named);
    ERR_clear_error();
    X509_CRL_free(list);
}

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
    require_that_libcrypto_agrees(bytes_of(data, size), crl_names(crl, cert));
    cert_free(cert);
    /* A byte more is another list, or none. */
    uint8_t *const longer = mem_zero_alloc(1, size + 1);
    memcpy(longer, data, size);
    require(crl_from_der(bytes_of(longer, size + 1), &err) == NULL);
    free(longer);
    return 0;
}
