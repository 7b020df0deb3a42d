/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/intel_qe_identity.h"

enum { VERSION = 2 };

static bool parse_id(const struct json *document, struct qe_identity *qe, struct err *err)
{
    struct bytes id = BYTES_NONE;
    uint64_t version = 0;

    if (!need_number(document, "version", UINT32_MAX, &version, err) ||
        !need_text(document, "id", &id, err))
        return false;
    if (version != VERSION)
        return json_fail(document, err, "only version %d is known", VERSION);
    if (bytes_equal_string(id, "QE"))
        qe->tee = TEE_SGX;
    else if (bytes_equal_string(id, "TD_QE"))
        qe->tee = TEE_TDX;
    else if (!bytes_equal_string(id, "QVE"))
        return json_fail(document, err, "its id is not known");
    return true;
}

static bool parse_masks(const struct json *document, struct qe_identity *qe, struct err *err)
{
    return need_hex(document, "miscselect", qe->miscselect, sizeof qe->miscselect, err) &&
           need_hex(document, "miscselectMask", qe->miscselect_mask, sizeof qe->miscselect_mask,
                    err) &&
           need_hex(document, "attributes", qe->attributes, sizeof qe->attributes, err) &&
           need_hex(document, "attributesMask", qe->attributes_mask, sizeof qe->attributes_mask,
                    err);
}

bool qe_identity_parse(const struct json *document, struct arena *arena, struct qe_identity *qe,
                       struct err *err)
{
    uint64_t isvprodid = 0;

    *qe = (struct qe_identity){ 0 };
    if (!parse_id(document, qe, err) || !need_date(document, "issueDate", &qe->issue_date, err) ||
        !need_date(document, "nextUpdate", &qe->next_update, err) ||
        !need_number(document, "tcbEvaluationDataNumber", UINT64_MAX, &qe->evaluation_number,
                     err) ||
        !parse_masks(document, qe, err) ||
        !need_hex(document, "mrsigner", qe->mrsigner, sizeof qe->mrsigner, err) ||
        !need_number(document, "isvprodid", UINT16_MAX, &isvprodid, err))
        return false;
    qe->isvprodid = (uint16_t)isvprodid;
    return svn_levels_parse(document, arena, &qe->levels, err);
}
