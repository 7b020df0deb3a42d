/* SPDX-License-Identifier: Apache-2.0 */
#include "recovery/signed_key.h"

static void put_statement(struct bytes spki, struct buf *out)
{
    buf_add_string(out, "taw recovery key 1\n");
    buf_add(out, spki);
}

bool signed_key_sign(const struct key *root_key, struct bytes spki, struct buf *signature,
                     struct err *err)
{
    auto_buf statement = { 0 };

    put_statement(spki, &statement);
    return key_sign_sha256(root_key, buf_bytes(&statement), signature, err);
}

bool signed_key_check(const struct key *root_key, struct bytes spki, struct bytes signature,
                      struct err *err)
{
    auto_buf statement = { 0 };

    put_statement(spki, &statement);
    return key_verify_sha256(root_key, buf_bytes(&statement), signature, err);
}
