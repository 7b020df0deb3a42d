/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/attest/chain.h"

#include "attestation/intel_chain.h"
#include "codec/text.h"

#include <string.h>

static bool read_certificates(struct bytes pem, struct pck_chain *chain, struct err *err)
{
    auto_pem_block block = { 0 };

    while (chain->count < PCK_CHAIN_SHOWN && pem_next(&pem, &block)) {
        struct cert *const cert = cert_from_der(buf_bytes(&block.der), err);
        if (cert == NULL)
            return err_in(err, "certificate %zu of the PCK chain", chain->count + 1);
        chain->certs[chain->count++] = cert;
    }
    return true;
}

bool pck_chain_read(struct bytes pem, struct pck_chain *chain, struct err *err)
{
    struct bytes extension;

    *chain = (struct pck_chain){ 0 };
    if (!read_certificates(pem, chain, err))
        return false;
    if (chain->count > 1)
        chain->ca = pck_ca_name(cert_common_name(chain->certs[1]));
    /* Blocks of PEM that cannot be decoded are skipped. */
    if (chain->count == 0 || !cert_extension(chain->certs[0], PCK_EXTENSION_OID, &extension))
        return pem.len == 0 ||
               err_set(err, FAIL_MALFORMED, "PCK chain: it does not begin with a PCK certificate");
    chain->has_pck = pck_parse(extension, &chain->pck, err);
    return chain->has_pck || err_in(err, "PCK certificate");
}

void pck_chain_describe(const struct pck_chain *chain, struct verdict *verdict)
{
    const struct pck *const pck = &chain->pck;

    verdict->pck_ca = chain->ca;
    if (!chain->has_pck)
        return;
    verdict->fmspc = bytes_of(pck->fmspc, sizeof pck->fmspc);
    verdict->pceid = bytes_of(pck->pceid, sizeof pck->pceid);
    verdict->ppid = bytes_of(pck->ppid, sizeof pck->ppid);
    verdict->pcesvn = pck->pcesvn;
    memcpy(verdict->pck_components, pck->components, sizeof pck->components);
}

void pck_chain_clear(struct pck_chain *chain)
{
    for (size_t i = 0; i < chain->count; i++)
        cert_free(chain->certs[i]);
    *chain = (struct pck_chain){ 0 };
}
