/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/env.h"
#include "manifest/manifest.h"
#include "manifest/records.h"
#include "state/authority.h"

/*
 * The values of a manifest's secrets (manifest.md, 7): generated, derived or given.
 */

/*
 * All secrets of the manifest as they are stored when it is set: shared ones generated, per-Marble
 * ones as placeholders that nobody is ever given, user-defined ones as the manifest gives them.
 * *out: one for each of manifest->secrets, in their order, in the arena. FAIL_MALFORMED names the
 * secret that cannot be generated.
 */
bool material_generate(const struct env *env, const struct manifest *manifest,
                       const struct authority *authority, struct arena *arena,
                       struct stored_secret **out, struct err *err) MUST_CHECK;

/* The same for one of them. */
bool material_generate_one(const struct env *env, const struct manifest_secret *secret,
                           const struct authority *authority, struct arena *arena,
                           struct stored_secret *out, struct err *err) MUST_CHECK;
/*
 * A stored certificate secret once more, for an update of packages: a new key, a certificate as the manifest says
 * that ends when the old one does, issued by this authority. *out: all else as stored.
 */
bool material_renew(const struct env *env, const struct manifest_secret *secret,
                    const struct stored_secret *old, const struct authority *authority,
                    struct arena *arena, struct stored_secret *out, struct err *err) MUST_CHECK;

/* The key of a per-Marble symmetric secret (manifest.md, 7.5): size bits, uuid in canonical text,
 * marble empty when secret binding is off. The bytes live in the arena. */
bool material_derive_key(struct bytes root_secret, struct bytes uuid, struct bytes name,
                         struct bytes marble, uint64_t size, struct arena *arena, struct bytes *key,
                         struct err *err) MUST_CHECK;

/* A new key and certificate by the authority's intermediate key (manifest.md, 7.6): fills the three values of *out, which live
 * in the arena. type, size (bits): of a certificate secret. */
bool material_issue(const struct env *env, const struct authority *authority, enum secret_type type,
                    uint64_t size, const struct cert_template *t, struct arena *arena,
                    struct stored_secret *out, struct err *err) MUST_CHECK;
/* The days for which a certificate secret is stored to live: those of the manifest or, when it says nothing, the
 * default. */
uint64_t material_valid_for(const struct manifest_secret *secret) MUST_CHECK;
