/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/arena.h"
#include "crypto/cert.h"

/*
 * Names in certificates as text, so that no name can look like another one: what separates is escaped in values. Control
 * characters and broken UTF-8 stay in; they are for whoever shows the text.
 */
struct cert_names {
    struct bytes subject, issuer; /* empty: a name without attributes */
    struct text_list alternative; /* of the subject */
    struct arena arena;           /* owns all of it */
};
void cert_names_clear(struct cert_names *names);
#define auto_cert_names struct cert_names CLEANUP(cert_names_clear)

/* FAIL_MALFORMED: a name has another shape than RFC 5280 gives it. */
bool cert_names_read(const struct cert *cert, struct cert_names *names, struct err *err) MUST_CHECK;

/*
 * A Name (RFC 5280, 4.1.2.4) in the order of its encoding: "C=DE, O=Example+CN=anna", escaped as RFC 4514, 2.4 says. A
 * value that is no text in ASCII or UTF-8 is # and the hex of its DER. der: what is in its SEQUENCE. False: it has another shape.
 */
bool cert_name_text(struct bytes der, struct arena *arena, struct bytes *text) MUST_CHECK;
/*
 * GeneralNames (RFC 5280, 4.2.1.6) as "DNS:localhost", "IP:::1", "email:a@b", "URI:...", "directory:CN=...", and "other:" with the hex
 * of its DER. der: the whole SEQUENCE. False: it has another shape.
 */
bool cert_general_names_text(struct bytes der, struct arena *arena,
                             struct text_list *names) MUST_CHECK;
