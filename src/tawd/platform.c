/* SPDX-License-Identifier: Apache-2.0 */
#include "tawd/platform.h"

/* What seals belongs to the TEE: a state under a key that the host can read would be none of a TEE's. */
static bool can_seal(const struct platform *platform, struct err *err)
{
    return libos_detect(platform->machine) != LIBOS_OCCLUM ||
           err_set(
               err, FAIL_UNAVAILABLE,
               "%s: quotes can be made here, but the state cannot be sealed: this version seals "
               "in Gramine and in confidential VMs. Use --simulation for development",
               platform->issuer->name);
}

/* An enclave has no disk of its own: whatever a host writes into its options, it does not seal to a file. */
static bool fits(const struct platform *platform, const struct options *options, struct err *err)
{
    return !options->platform_key_on_encrypted_disk ||
           libos_detect(platform->machine) == LIBOS_NONE ||
           err_set(err, FAIL_MALFORMED,
                   "--platform-key-on-encrypted-disk is for confidential VMs, not for %s",
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
    *platform = (struct platform){ .machine = system, .root = system->root };
    if (options->simulation)
        return true;
    platform->issuer = issuer_detect(system, err);
    if (platform->issuer == NULL) {
        err->kind = FAIL_UNAVAILABLE;
        return err_in(err, "no quotes without a TEE (for development, use --simulation)");
    }
    return can_seal(platform, err) && fits(platform, options, err) && can_verify(options, err);
}

/* A key of the processor if there is one. When its device is there and fails, that is no reason for another key: the state
 * would seem to be lost. */
static struct sealing *open_vm_sealing(const struct platform *platform,
                                       const struct options *options, const struct env *env,
                                       struct err *err)
{
    const struct issuer_system *const machine = platform->machine;
    const struct sealing_system system = { machine->ctx, platform->root, machine->files,
                                           machine->control, machine->filesystem };

    if (options->platform_key_on_encrypted_disk) {
        log_warn(env->log,
                 "The platform key is on a disk that is said to be encrypted by this VM: whoever "
                 "reads the file opens the state",
                 LOG_TEXT("platform_key", options->platform_key));
        return sealing_open_file(env, options->platform_key, err);
    }
    struct sealing *const sealing = sealing_open_snp(env, &system, err);
    if (sealing != NULL || err->kind != FAIL_NOT_FOUND)
        return sealing;
    log_warn(
        env->log,
        "The processor gives no seal key here. The platform key stays in the memory of this VM: "
        "when the VM stops it is gone, and the state has to be recovered",
        LOG_TEXT("reason", err->text), LOG_TEXT("platform_key", options->platform_key));
    *err = (struct err){ 0 };
    return sealing_open_memory(env, &system, options->platform_key, err);
}

static bool open_sealing(struct platform *platform, const struct options *options,
                         const struct env *env, struct err *err)
{
    if (platform->issuer == NULL)
        platform->sealing = sealing_open_file(env, options->platform_key, err);
    else if (libos_detect(platform->machine) == LIBOS_GRAMINE)
        platform->sealing = sealing_open_gramine(env, platform->root, err);
    else
        platform->sealing = open_vm_sealing(platform, options, env, err);
    if (platform->sealing == NULL)
        return false;
    log_info(env->log, "Sealing the state", LOG_TEXT("with", platform->sealing->name),
             LOG_TEXT("opens", platform->sealing->opens));
    return true;
}

static bool open_collateral(struct platform *platform, const struct options *options,
                            const struct env *env, struct metrics *metrics, struct err *err)
{
    /* Without a verifier the core takes Marbles as they come: never in a TEE. */
    if (options->collateral_directory == NULL)
        return platform->issuer == NULL || can_verify(options, err);
    platform->number_file =
        (struct number_file){ env->files, platform->sealing, options->seal_directory };
    platform->numbers = number_file_memory(&platform->number_file);
    platform->store = collateral_store_open(env, options->collateral_directory,
                                            &trust_anchors_builtin, &platform->numbers, err);
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
