/* SPDX-License-Identifier: Apache-2.0 */
#include "sealing/sealing.h"

#include <stdlib.h>

bool sealing_seal(const struct sealing *sealing, enum sealing_policy policy, struct bytes plaintext,
                  struct bytes aad, struct buf *blob, struct err *err)
{
    if (policy != SEAL_PRODUCT_KEY && policy != SEAL_UNIQUE_KEY)
        return err_set(err, FAIL_INTERNAL, "%s: nothing is sealed under policy %d", sealing->name,
                       (int)policy);
    return sealing->seal(sealing->ctx, policy, plaintext, aad, blob, err);
}

bool sealing_unseal(const struct sealing *sealing, struct bytes blob, struct bytes aad,
                    struct secret **plaintext, struct err *err)
{
    *plaintext = NULL;
    return sealing->unseal(sealing->ctx, blob, aad, plaintext, err);
}

void sealing_free(struct sealing *sealing)
{
    if (sealing == NULL)
        return;
    sealing->free(sealing->ctx);
    free(sealing);
}
