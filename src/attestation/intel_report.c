/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/intel_report.h"

#include <assert.h>

#include "base/reader.h"

enum {
    HASH_LEN = 48,           /* bytes; of TDX's measurements */
    ATTRIBUTE_DEBUG = 0x02,  /* in the first byte of an enclave's attributes */
    TD_ATTRIBUTE_TUD = 0xff, /* the first byte of a TD's attributes: any bit makes it a debug TD */
};

void enclave_report_read(struct bytes report, struct enclave_report *out)
{
    struct reader r = reader_over(report);

    out->cpusvn = reader_bytes(&r, 16, "CPUSVN");
    out->miscselect = reader_bytes(&r, 4, "MISCSELECT");
    reader_bytes(&r, 12, "reserved");
    out->isvextprodid = reader_bytes(&r, 16, "ISVEXTPRODID");
    out->attributes = reader_bytes(&r, 16, "ATTRIBUTES");
    out->mrenclave = reader_bytes(&r, 32, "MRENCLAVE");
    reader_bytes(&r, 32, "reserved");
    out->mrsigner = reader_bytes(&r, 32, "MRSIGNER");
    reader_bytes(&r, 32, "reserved");
    out->configid = reader_bytes(&r, 64, "CONFIGID");
    out->isvprodid = reader_bytes(&r, 2, "ISVPRODID");
    out->isvsvn = reader_bytes(&r, 2, "ISVSVN");
    out->configsvn = reader_bytes(&r, 2, "CONFIGSVN");
    reader_bytes(&r, 42, "reserved");
    out->isvfamilyid = reader_bytes(&r, 16, "ISVFAMILYID");
    out->report_data = reader_bytes(&r, 64, "REPORTDATA");
    assert(reader_ok(&r)); /* the quote parser has cut it to its size */
}

void td_report_read(struct bytes report, struct td_report *out)
{
    struct reader r = reader_over(report);

    out->tee_tcb_svn = reader_bytes(&r, 16, "TEE_TCB_SVN");
    out->mrseam = reader_bytes(&r, HASH_LEN, "MRSEAM");
    out->mrsignerseam = reader_bytes(&r, HASH_LEN, "MRSIGNERSEAM");
    out->seamattributes = reader_bytes(&r, 8, "SEAMATTRIBUTES");
    out->tdattributes = reader_bytes(&r, 8, "TDATTRIBUTES");
    out->xfam = reader_bytes(&r, 8, "XFAM");
    out->mrtd = reader_bytes(&r, HASH_LEN, "MRTD");
    out->mrconfigid = reader_bytes(&r, HASH_LEN, "MRCONFIGID");
    out->mrowner = reader_bytes(&r, HASH_LEN, "MROWNER");
    out->mrownerconfig = reader_bytes(&r, HASH_LEN, "MROWNERCONFIG");
    for (size_t i = 0; i < COUNT_OF(out->rtmr); i++)
        out->rtmr[i] = reader_bytes(&r, HASH_LEN, "RTMR");
    out->report_data = reader_bytes(&r, 64, "REPORTDATA");
    assert(reader_ok(&r));
    out->tee_tcb_svn2 = out->mrservicetd = BYTES_NONE;
    if (reader_left(&r) == 0)
        return;
    out->tee_tcb_svn2 = reader_bytes(&r, 16, "TEE_TCB_SVN2");
    out->mrservicetd = reader_bytes(&r, HASH_LEN, "MRSERVICETD");
    assert(reader_ok(&r));
}

static void describe_enclave(const struct judgement *j, struct bytes body)
{
    struct enclave_report r;

    enclave_report_read(body, &r);
    j->verdict->debug = (r.attributes.at[0] & ATTRIBUTE_DEBUG) != 0;
    verdict_add_field(j, "mrenclave", r.mrenclave);
    verdict_add_field(j, "mrsigner", r.mrsigner);
    verdict_add_number_field(j, "isvprodid", r.isvprodid);
    verdict_add_number_field(j, "isvsvn", r.isvsvn);
    verdict_add_field(j, "attributes", r.attributes);
    verdict_add_field(j, "miscselect", r.miscselect);
    verdict_add_field(j, "cpusvn", r.cpusvn);
    verdict_add_field(j, "configid", r.configid);
    verdict_add_number_field(j, "configsvn", r.configsvn);
    verdict_add_field(j, "isvextprodid", r.isvextprodid);
    verdict_add_field(j, "isvfamilyid", r.isvfamilyid);
    verdict_add_field(j, "report_data", r.report_data);
}

static void describe_td(const struct judgement *j, struct bytes body)
{
    static const char *const rtmr_names[] = { "rtmr0", "rtmr1", "rtmr2", "rtmr3" };
    struct td_report r;

    td_report_read(body, &r);
    j->verdict->debug = (r.tdattributes.at[0] & TD_ATTRIBUTE_TUD) != 0;
    verdict_add_field(j, "mrtd", r.mrtd);
    for (size_t i = 0; i < COUNT_OF(r.rtmr); i++)
        verdict_add_field(j, rtmr_names[i], r.rtmr[i]);
    verdict_add_field(j, "mrconfigid", r.mrconfigid);
    verdict_add_field(j, "mrowner", r.mrowner);
    verdict_add_field(j, "mrownerconfig", r.mrownerconfig);
    verdict_add_field(j, "tdattributes", r.tdattributes);
    verdict_add_field(j, "xfam", r.xfam);
    verdict_add_field(j, "mrseam", r.mrseam);
    verdict_add_field(j, "mrsignerseam", r.mrsignerseam);
    verdict_add_field(j, "seamattributes", r.seamattributes);
    verdict_add_field(j, "tee_tcb_svn", r.tee_tcb_svn);
    if (r.tee_tcb_svn2.len > 0) {
        verdict_add_field(j, "tee_tcb_svn2", r.tee_tcb_svn2);
        verdict_add_field(j, "mrservicetd", r.mrservicetd);
    }
    verdict_add_field(j, "report_data", r.report_data);
}

void intel_describe(const struct judgement *j, const struct quote *quote)
{
    struct verdict *const v = j->verdict;

    v->tee = quote->tee;
    v->version = quote->version;
    v->body_type = quote->body_type;
    v->report_data = quote->report_data;
    if (quote->tee == TEE_TDX)
        describe_td(j, quote->body);
    else
        describe_enclave(j, quote->body);
}
