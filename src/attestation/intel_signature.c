/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/intel_signature.h"

#include "base/reader.h"

static const char what[] = "signature data";

/* A number from the wire as a type of the inner certification data, or CERT_DATA_NONE. */
static enum cert_data_type known_type(uint16_t number)
{
    switch (number) {
    case CERT_DATA_PPID:
    case CERT_DATA_PPID_RSA_2048:
    case CERT_DATA_PPID_RSA_3072:
    case CERT_DATA_LEAF:
    case CERT_DATA_CHAIN:
        return (enum cert_data_type)number;
    }
    return CERT_DATA_NONE;
}

/* attestation.md, 3.8: identifiers have fixed sizes; old clear ones lack the PCEID. */
static bool size_suits(enum cert_data_type type, size_t len)
{
    enum { CPUSVN_LEN = 16, PCESVN_LEN = 2, PCEID_LEN = 2, PPID_LEN = 16 };
    const size_t behind = CPUSVN_LEN + PCESVN_LEN + PCEID_LEN;

    switch (type) {
    case CERT_DATA_PPID:
        return len == PPID_LEN + behind || len == PPID_LEN + behind - PCEID_LEN;
    case CERT_DATA_PPID_RSA_2048:
        return len == 2048 / 8 + behind;
    case CERT_DATA_PPID_RSA_3072:
        return len == 3072 / 8 + behind;
    case CERT_DATA_LEAF:
    case CERT_DATA_CHAIN:
        return true;
    case CERT_DATA_NONE:
    case CERT_DATA_QE_REPORT:
        break;
    }
    return false;
}

static bool read_certification(struct reader *r, struct quote_signature *s, struct err *err)
{
    s->qe_report = reader_bytes(r, ENCLAVE_REPORT_LEN, "QE report");
    s->qe_report_signature = reader_bytes(r, RAW_SIGNATURE_LEN, "QE report signature");
    const uint16_t data_len = reader_u16le(r, "size of the QE authentication data");
    s->qe_authentication_data = reader_bytes(r, data_len, "QE authentication data");
    const uint16_t type = reader_u16le(r, "certification data type");
    const uint32_t cert_data_len = reader_u32le(r, "size of the certification data");
    s->cert_data = reader_bytes(r, cert_data_len, "certification data");

    if (!reader_end(r, what, err))
        return false;
    s->cert_data_type = known_type(type);
    if (s->cert_data_type == CERT_DATA_NONE)
        return err_set(err, FAIL_MALFORMED, "%s: certification data type %u is not known", what,
                       type);
    return size_suits(s->cert_data_type, s->cert_data.len) ||
           err_set(err, FAIL_MALFORMED, "%s: %zu bytes of certification data do not suit type %u",
                   what, s->cert_data.len, type);
}

/* From version 4 on the QE report and all behind it stands inside certification data of its own. */
static bool read_outer(struct reader *r, struct err *err)
{
    const uint16_t type = reader_u16le(r, "outer certification data type");
    const uint32_t len = reader_u32le(r, "size of the outer certification data");

    if (!reader_fits(r, what, err))
        return false;
    if (type != CERT_DATA_QE_REPORT)
        return err_set(err, FAIL_MALFORMED,
                       "%s: the outer certification data is of type %u and not %d", what, type,
                       CERT_DATA_QE_REPORT);
    return len == reader_left(r) ||
           err_set(err, FAIL_MALFORMED,
                   "%s: the outer certification data has %u bytes, but %zu are left", what, len,
                   reader_left(r));
}

bool quote_signature_parse(const struct quote *quote, struct quote_signature *s, struct err *err)
{
    enum { FLAT_VERSION = 3 };
    struct reader r = reader_over(quote->signature);

    s->signature = reader_bytes(&r, RAW_SIGNATURE_LEN, "quote signature");
    s->attestation_key = reader_bytes(&r, ATTESTATION_KEY_LEN, "attestation key");
    return (quote->version == FLAT_VERSION || read_outer(&r, err)) &&
           read_certification(&r, s, err);
}
