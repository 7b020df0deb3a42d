/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/omap.h"
#include "crypto/hash.h"
#include "manifest/manifest.h"
#include "manifest/permissions.h"

/*
 * What the state says about the deployment it serves: the manifest in force, its signature, and who
 * may do what. Immutable, shared by reference count.
 */
struct deployment_user {
    struct bytes name;
    struct bytes certificate; /* DER */
    struct permissions permissions;
};

struct deployment {
    size_t refs; /* atomic */
    struct manifest *manifest;
    char fingerprint[2 * SHA256_LEN + 1];
    struct bytes signature; /* of the raw manifest, by the root key */
    size_t user_count;
    struct deployment_user *users; /* sorted by certificate */
    struct arena arena;            /* owns signature and users */
};

/* From the values of a state. FAIL_DAMAGED names the value that does not fit. */
struct deployment *deployment_load(const struct omap *values, struct err *err) MUST_CHECK;
struct deployment *deployment_ref(struct deployment *deployment) MUST_CHECK;
void deployment_free(struct deployment *deployment);
/* The user with exactly this certificate; NULL when there is none. */
const struct deployment_user *deployment_user(const struct deployment *deployment,
                                              struct bytes certificate) MUST_CHECK;

DEFINE_CLEANUP(struct deployment, deployment_cleanup, deployment_free)
#define auto_deployment struct deployment CLEANUP(deployment_cleanup)
