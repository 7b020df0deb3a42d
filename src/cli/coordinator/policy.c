/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/coordinator/policy.h"

#include "cli/io/input.h"

#include <unistd.h>

enum { LARGEST_POLICY = 1 << 20 }; /* bytes */

/* The original's code takes the first, its help speaks of the second. NULL: neither is there. */
static const char *usual_path(void)
{
    static const char *const paths[] = { "era-config.json", "coordinator-era.json" };

    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        if (access(paths[i], F_OK) == 0)
            return paths[i];
    }
    return NULL;
}

static bool find_path(struct cli *cli, const char **path, struct err *err)
{
    const char *const typed = option_text(&cli->options, "era-config");

    *path = typed != NULL ? typed : usual_path();
    if (*path != NULL)
        return true;
    (void)cli_fail(cli, EXIT_ATTESTATION,
                   "--era-config names a file with the UniqueID of the Coordinator, or with "
                   "SignerID, ProductID and SecurityVersion, or with TDX or SNP");
    return err_set(err, FAIL_DENIED,
                   "no policy says which Coordinator is meant: there is no --era-config, and "
                   "neither era-config.json nor coordinator-era.json in this directory");
}

/* ---- lists ---- */

static void replace_list(const struct options *options, const char *flag, struct arena *arena,
                         struct text_list *list)
{
    const struct option_value *const typed = option_value(options, flag);

    if (!typed->set)
        return;
    struct bytes *const texts = arena_alloc(arena, (typed->list_count + 1) * sizeof *texts);
    for (size_t i = 0; i < typed->list_count; i++)
        texts[i] = typed->list[i];
    *list = (struct text_list){ .present = true, .count = typed->list_count, .at = texts };
}

static bool is_status(struct bytes text)
{
    for (int status = TCB_STATUS_NONE; status <= TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED;
         status++) {
        if (bytes_equal_string(text, tcb_status_text((enum tcb_status)status)))
            return true;
    }
    return false;
}

/* A status that is misspelt would never be accepted, and nobody would know why. */
static bool check_statuses(const struct text_list *statuses, struct err *err)
{
    for (size_t i = 0; i < statuses->count; i++) {
        if (!is_status(statuses->at[i]))
            return err_set(err, FAIL_MALFORMED, "there is no TCB status \"%.*s\"",
                           statuses->at[i].len > 60 ? 60 : (int)statuses->at[i].len,
                           (const char *)statuses->at[i].at);
    }
    return true;
}

bool coordinator_policy_read_file(struct cli *cli, const char *path, struct bytes name,
                                  struct arena *arena, struct coordinator_policy *policy,
                                  struct err *err)
{
    struct manifest_package *const package = &policy->package;
    auto_buf text = { 0 };

    policy->path = path;
    if (!input_file(cli, path, LARGEST_POLICY, &text, err))
        return false;
    if (!manifest_package_parse(buf_bytes(&text), name, arena, package, err)) {
        (void)cli_fail(cli, EXIT_USAGE, NULL);
        return err_in(err, "%s", path);
    }
    replace_list(&cli->options, "accepted-tcb-statuses", arena, &package->accepted_tcb_statuses);
    replace_list(&cli->options, "accepted-advisories", arena, &package->accepted_advisories);
    if (check_statuses(&package->accepted_tcb_statuses, err))
        return true;
    (void)cli_fail(cli, EXIT_USAGE, NULL);
    return err_in(err, "%s",
                  option_is_set(&cli->options, "accepted-tcb-statuses") ? "--accepted-tcb-statuses"
                                                                        : path);
}

bool coordinator_policy_read(struct cli *cli, struct arena *arena,
                             struct coordinator_policy *policy, struct err *err)
{
    const char *path;

    if (!find_path(cli, &path, err))
        return false;
    return coordinator_policy_read_file(cli, path, BYTES_LITERAL("Coordinator"), arena, policy,
                                        err) ||
           err_in(err, "policy for the Coordinator");
}

/* ---- what was compared ---- */

static void put_member(struct buf *out, bool present, const char *name)
{
    if (present)
        buf_add_format(out, ", %s", name);
}

void coordinator_policy_put_members(const struct manifest_package *package, enum tee tee,
                                    struct buf *out)
{
    const bool sgx = tee == TEE_SGX;

    buf_add_string(out, "Debug");
    put_member(out, sgx && package->unique_id.len > 0, "UniqueID");
    put_member(out, sgx && package->signer_id.len > 0, "SignerID");
    put_member(out, sgx && package->product_id.present, "ProductID");
    put_member(out, sgx && package->security_version.present, "SecurityVersion");
    put_member(out, tee == TEE_TDX, "TDX");
    put_member(out, tee == TEE_SNP, "SNP");
}
