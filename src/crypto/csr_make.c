/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/cert_internal.h"
#include "crypto/csr.h"

static bool refused(struct err *err)
{
    return libcrypto_refused(err, FAIL_INTERNAL, "certificate request");
}

/* One extensionRequest (RFC 2985, 5.4.2) with a SAN that is not critical, or none at all. */
static bool add_names(X509_REQ *request, const struct text_list *dns_names,
                      const struct text_list *ip_addresses, struct err *err)
{
    auto_extension_list *extensions = NULL;
    auto_general_names *names = GENERAL_NAMES_new();

    if (names == NULL)
        return refused(err);
    if (!names_add_texts(names, GEN_DNS, dns_names, name_check_ascii, "DNSNames", err) ||
        !names_add_addresses(names, ip_addresses, "IPAddresses", err))
        return false;
    if (sk_GENERAL_NAME_num(names) == 0)
        return true;
    return (X509V3_add1_i2d(&extensions, NID_subject_alt_name, names, 0, X509V3_ADD_APPEND) == 1 &&
            X509_REQ_add_extensions(request, extensions) == 1) ||
           refused(err);
}

static bool write_der(X509_REQ *request, struct buf *der, struct err *err)
{
    uint8_t *at = NULL;
    const int len = i2d_X509_REQ(request, &at);

    if (len <= 0)
        return refused(err);
    buf_add(der, bytes_of(at, (size_t)len));
    OPENSSL_free(at);
    return true;
}

bool csr_make(struct key *key, const struct text_list *dns_names,
              const struct text_list *ip_addresses, struct buf *der, struct err *err)
{
    auto_request *request = X509_REQ_new(); /* its subject is empty */

    if (request == NULL || X509_REQ_set_version(request, X509_REQ_VERSION_1) != 1 ||
        X509_REQ_set_pubkey(request, key_pkey(key)) != 1)
        return refused(err);
    if (!add_names(request, dns_names, ip_addresses, err))
        return false;
    if (X509_REQ_sign(request, key_pkey(key), signing_digest(key)) <= 0)
        return refused(err);
    return write_der(request, der, err);
}
