/* SPDX-License-Identifier: Apache-2.0 */
#include "core/internal.h"
#include "import/marblerun.h"

bool core_adopt(const struct env *env, struct bytes foreign_data, struct bytes data_key,
                const struct snapshot *inside, struct decision *d, struct recovery_set **set,
                struct err *err)
{
    const struct deployment *const deployment = inside->deployment;
    auto_parties parties = { 0 };
    uint8_t hashes[MARBLERUN_MAX_SHARES][SHA256_LEN];
    size_t hash_count = 0;

    if (!marblerun_share_hashes(foreign_data, hashes, &hash_count, err) ||
        !parties_of(deployment->manifest, &parties, err))
        return false;
    const struct recovery_request request =
        recovery_request_of(deployment->manifest, &parties, deployment->fingerprint);
    auto_recovery_plan *plan = recovery_plan_adopt(
        env, &request, data_key, (const uint8_t(*)[SHA256_LEN])hashes, hash_count, err);
    if (plan == NULL ||
        !decision_put_plan(d, plan, inside->authority->root_key, deployment->manifest, err))
        return false;
    *set = set_of_plan(env, plan);
    return true;
}
