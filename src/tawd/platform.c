/* SPDX-License-Identifier: Apache-2.0 */
#include "tawd/platform.h"

/* What seals belongs to the TEE: a state under a key that the host can read would be none of a TEE's. */
static bool can_seal(const struct platform *platform, struct err *err)
{
    return platform->is_gramine ||
           err_set(err, FAIL_UNAVAILABLE,
                   "%s: quotes can be made here, but the state cannot be sealed: a confidential VM "
                   "needs a vTPM for that, and Occlum its own keys; this version seals only in "
                   "Gramine. Use --simulation for development",
                   platform->issuer->name);
}

static bool can_verify(const struct options *options, struct err *err)
{
    return options->collateral_directory != NULL ||
           err_set(err, FAIL_MALFORMED,
                   "--collateral-dir is missing: without collateral no Marble's quote can be "
                   "verified");
}

bool platform_find(struct platform *platform, const struct options *options,
                   const struct issuer_system *system, struct err *err)
{
    *platform = (struct platform){ .root = system->root };
    if (options->simulation)
        return true;
    platform->issuer = issuer_detect(system, err);
    if (platform->issuer == NULL) {
        err->kind = FAIL_UNAVAILABLE;
        return err_in(err, "no quotes without a TEE (for development, use --simulation)");
    }
    platform->is_gramine = libos_detect(system) == LIBOS_GRAMINE;
    return can_seal(platform, err) && can_verify(options, err);
}

static bool open_sealing(struct platform *platform, const struct options *options,
                         const struct env *env, struct err *err)
{
    platform->sealing = platform->issuer == NULL
                            ? sealing_open_file(env, options->platform_key, err)
                            : sealing_open_gramine(env, platform->root, err);
    return platform->sealing != NULL;
}

static bool open_collateral(struct platform *platform, const struct options *options,
                            const struct env *env, struct metrics *metrics, struct err *err)
{
    /* Without a verifier the core takes Marbles as they come: never in a TEE. */
    if (options->collateral_directory == NULL)
        return platform->issuer == NULL || can_verify(options, err);
    platform->store =
        collateral_store_open(env, options->collateral_directory, &trust_anchors_builtin, err);
    if (platform->store == NULL)
        return false;
    collateral_store_observe(platform->store, metrics);
    if (platform->issuer != NULL)
        platform->verifier = store_verifier_new(platform->store, metrics);
    else
        log_warn(env->log, "Simulation looks at no evidence; collateral is only read");
    return true;
}

bool platform_open(struct platform *platform, const struct options *options, const struct env *env,
                   struct metrics *metrics, struct err *err)
{
    if (platform->issuer != NULL)
        log_info(env->log, "Running in a TEE", LOG_TEXT("platform", platform->issuer->name));
    return open_sealing(platform, options, env, err) &&
           open_collateral(platform, options, env, metrics, err);
}

const struct quote_verifier *platform_verifier(const struct platform *platform)
{
    return platform->verifier == NULL ? NULL : store_verifier_interface(platform->verifier);
}

void platform_scan(struct platform *platform)
{
    if (platform->store != NULL)
        collateral_store_scan(platform->store);
}

void platform_close(struct platform *platform)
{
    store_verifier_free(platform->verifier);
    collateral_store_free(platform->store);
    sealing_free(platform->sealing);
    issuer_free(platform->issuer);
    *platform = (struct platform){ 0 };
}
