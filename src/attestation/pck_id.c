/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/pck_id.h"

#include "attestation/intel_signature.h"
#include "base/reader.h"
#include "codec/text.h"

static struct bytes qe_id_of(const struct quote *quote)
{
    enum { QE_ID_AT = 28, QE_ID_LEN = 16 }; /* the user data of the header, attestation.md 3.1 */

    return bytes_of(quote->whole.at + QE_ID_AT, QE_ID_LEN);
}

bool pck_id_parse(const struct quote *quote, struct pck_id *id, struct err *err)
{
    enum { TCB_LEN = CPUSVN_LEN + 2 };
    struct quote_signature s;

    *id = (struct pck_id){ 0 };
    if (!quote_signature_parse(quote, &s, err))
        return false;
    if (s.cert_data_type < CERT_DATA_PPID || s.cert_data_type > CERT_DATA_PPID_RSA_3072)
        return err_set(err, FAIL_NOT_FOUND,
                       "certification data of type %d does not name a PCK certificate",
                       (int)s.cert_data_type);
    struct reader r = reader_over(s.cert_data);
    const bool in_the_clear = s.cert_data_type == CERT_DATA_PPID;
    const bool has_pceid = !in_the_clear || s.cert_data.len == PPID_LEN + TCB_LEN + PCEID_LEN;
    const size_t ppid_len = in_the_clear ? (size_t)PPID_LEN : s.cert_data.len - TCB_LEN - PCEID_LEN;

    *(in_the_clear ? &id->ppid : &id->encrypted_ppid) = reader_bytes(&r, ppid_len, "PPID");
    id->cpusvn = reader_bytes(&r, CPUSVN_LEN, "CPUSVN");
    id->pcesvn = reader_bytes(&r, 2, "PCESVN");
    if (has_pceid)
        id->pceid = reader_bytes(&r, PCEID_LEN, "PCEID");
    id->qe_id = qe_id_of(quote);
    return reader_end(&r, "certification data", err);
}

static bool check_same(const char *what, struct bytes wanted, struct bytes got, struct err *err)
{
    auto_buf a = { 0 }, b = { 0 };

    if (bytes_equal(wanted, got))
        return true;
    hex_encode(&a, wanted);
    hex_encode(&b, got);
    return err_set(err, FAIL_DENIED, "%s %.*s and not %.*s", what, BYTES_FMT(buf_bytes(&b)),
                   BYTES_FMT(buf_bytes(&a)));
}

static unsigned pcesvn_of(const struct pck_id *id)
{
    return id->pcesvn.at[0] | (unsigned)id->pcesvn.at[1] << 8;
}

bool pck_id_allows(const struct pck_id *id, const struct pck *pck, struct err *err)
{
    if (!check_same("PCEID", id->pceid, bytes_of(pck->pceid, PCEID_LEN), err) ||
        (id->ppid.len > 0 && !check_same("PPID", id->ppid, bytes_of(pck->ppid, PPID_LEN), err)))
        return false;
    return pck->pcesvn <= pcesvn_of(id) ||
           err_set(err, FAIL_DENIED, "PCESVN %u and not at most %u", pck->pcesvn, pcesvn_of(id));
}

bool pck_id_is_for_tcb(const struct pck_id *id, const struct pck *pck)
{
    return pck->pcesvn == pcesvn_of(id) &&
           bytes_equal(id->cpusvn, bytes_of(pck->cpusvn, CPUSVN_LEN));
}
