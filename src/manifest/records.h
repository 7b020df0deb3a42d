/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "manifest/manifest.h"
#include "manifest/permissions.h"

/*
 * The JSON records of the state (state-and-recovery.md, 5.3), byte for byte as the original writes
 * them: `package:<name>`, `marble:<name>` and so on. What the original does not have (manifest/tee.h) comes behind its
 * members, and only when the manifest has it. Writers append to `out`.
 *
 * What is read back comes from an opened seal or an imported state: it is checked, and its views
 * live in the arena.
 */
void record_write_package(const struct manifest_package *package, struct buf *out);
void record_write_infrastructure(const struct manifest_infrastructure *infrastructure,
                                 struct buf *out);
void record_write_marble(const struct manifest_marble *marble, struct buf *out);
void record_write_tls_tag(const struct manifest_tls_tag *tag, struct buf *out);

/* A member `name` with a list of strings, null when it is absent. */
void json_put_texts(struct buf *out, const char *name, const struct text_list *texts);

/* `name` is set by the caller, it is not in the record. FAIL_MALFORMED. */
bool record_parse_package(struct bytes record, struct arena *arena,
                          struct manifest_package *package, struct err *err) MUST_CHECK;

/* Also the answer of GET secrets, with the same eight members (client-api.md, 14.1). */
struct stored_secret {
    enum secret_type type;
    uint64_t size; /* bits */
    bool shared, user_defined;
    struct octets cert; /* DER */
    uint64_t valid_for; /* days */
    struct octets private_value, public_value;
};
void stored_secret_write(const struct stored_secret *secret, struct buf *out);
/* FAIL_MALFORMED; a type that is not known is refused. The value is secret: so is the arena. */
bool stored_secret_parse(struct bytes record, struct arena *arena, struct stored_secret *secret,
                         struct err *err) MUST_CHECK;

/*
 * The template from which a stored certificate secret is issued anew when the manifest that it came from is
 * gone: its certificate's, with its ValidFor. FAIL_MALFORMED when the certificate cannot be one.
 */
bool stored_secret_template(const struct stored_secret *secret, struct arena *arena,
                            struct cert_template *t, struct err *err) MUST_CHECK;

/* What a template sees of it: views of the same bytes. */
struct template_secret stored_secret_for_template(const struct stored_secret *secret);

struct stored_user {
    struct bytes name;
    struct bytes certificate; /* DER */
    struct permissions permissions;
};
void stored_user_write(const struct stored_user *user, struct buf *out);
bool stored_user_parse(struct bytes record, struct arena *arena, struct stored_user *user,
                       struct err *err) MUST_CHECK;
/* The record of a user of the manifest, with the certificate's DER (copied into the arena) and the
 * permissions. FAIL_MALFORMED when the certificate does not parse. */
bool stored_user_from_manifest(const struct manifest *m, const struct manifest_user *user,
                               struct arena *arena, struct stored_user *out,
                               struct err *err) MUST_CHECK;
