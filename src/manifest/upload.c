/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/upload.h"

#include "manifest/parse.h"

/*
 * All forms of a manifest's `Cert`. An object defines a certificate but is none. A text that is no base64, for
 * example PEM, counts for nothing in the original, so that the user would never learn of it.
 */
static bool read_cert(struct parse *p, const struct json *value, void *out)
{
    struct octets *const cert = out;
    struct rows objections = { .size = sizeof(struct manifest_objection) };
    struct parse without_objections = { p->arena, p->err, &objections, NULL, NULL };
    struct cert_draft draft;

    if (!parse_cert(&without_objections, value, &draft))
        return false;
    if (value->type == JSON_STRING && !draft.der.present)
        return json_fail(value, p->err, "not the base64 text of a DER certificate");
    *cert = draft.der;
    return true;
}

static bool read_entry(struct parse *p, const struct json *value, void *out)
{
    static const struct field fields[] = {
        FIELD("Cert", struct uploaded_secret, cert, read_cert),
        FIELD("Private", struct uploaded_secret, private_value, read_octets),
        FIELD("Key", struct uploaded_secret, key, read_octets),
    };

    return parse_fields(p, value, fields, COUNT_OF(fields), out);
}

static bool read_map(struct parse *p, const struct json *value, void *out)
{
    return parse_map(p, value, out, read_entry);
}

bool secret_upload_parse(const struct json *root, const char *member, struct arena *arena,
                         struct secret_upload *upload, struct err *err)
{
    const struct field wrapper = { member, read_map, 0 };
    struct rows rows = { .size = sizeof(struct uploaded_secret) };
    struct parse p = { .arena = arena, .err = err };
    const bool good =
        member == NULL ? read_map(&p, root, &rows) : parse_fields(&p, root, &wrapper, 1, &rows);

    if (!good)
        return false;
    rows_sort(&rows);
    *upload = (struct secret_upload){ rows.count, (const struct uploaded_secret *)(void *)rows.at };
    return true;
}
