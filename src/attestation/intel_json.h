/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "attestation/intel_signature.h"
#include "codec/json.h"

/*
 * Signed JSON of Intel (attestation.md, 5.2): an object with a document and the signature over the document's exact bytes.
 * Members are required and of exactly one type; each failure names the place.
 */
struct signed_json {
    const struct json *document; /* an object */
    struct bytes signed_bytes;   /* from its { to its }, as they stand in the text */
    uint8_t signature[RAW_SIGNATURE_LEN];
};
/*
 * text: the whole response; white space and NULs may follow. name: of the member that is signed. The tree lives in the
 * arena and borrows from the text. FAIL_MALFORMED.
 */
bool signed_json_parse(struct bytes text, const char *name, struct arena *arena,
                       struct signed_json *out, struct err *err) MUST_CHECK;

/* NULL: not there, or of another type. */
const struct json *need_member(const struct json *object, const char *name, enum json_type type,
                               struct err *err) MUST_CHECK;
bool need_text(const struct json *object, const char *name, struct bytes *out,
               struct err *err) MUST_CHECK;
bool need_number(const struct json *object, const char *name, uint64_t max, uint64_t *out,
                 struct err *err) MUST_CHECK;
/* Exactly len bytes of hex, of either case. */
bool need_hex(const struct json *object, const char *name, uint8_t *out, size_t len,
              struct err *err) MUST_CHECK;
/* YYYY-MM-DDThh:mm:ssZ to seconds since 1970. */
bool need_date(const struct json *object, const char *name, int64_t *seconds,
               struct err *err) MUST_CHECK;
/* An array of at least one and at most max elements; *count tells. */
const struct json *need_list(const struct json *object, const char *name, size_t max, size_t *count,
                             struct err *err) MUST_CHECK;
