/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/manifest/pending_update.h"

#include "cli/io/name_list.h"
#include "crypto/hash.h"

void pending_update_clear(struct pending_update *pending)
{
    answer_clear(&pending->answer);
    buf_clear(&pending->manifest);
}

bool pending_update_get(struct session *s, struct pending_update *pending, struct err *err)
{
    const struct call call = { "update-manifest", "update-manifest", NULL, NULL };
    auto_buf names = { 0 };
    bool present = false;

    if (!session_call(s, &call, &pending->answer, err))
        return err_in(err, "getting the pending update");
    const struct json *const octets = answer_member(pending->answer.data, "manifest");
    if (octets == NULL)
        return err_set(err, FAIL_MALFORMED, "the answer has no manifest");
    pending->users = answer_member(pending->answer.data, "missingUsers");
    if (!name_list_read(pending->users, &names, &pending->missing, err))
        return err_in(err, "missing users");
    return json_get_octets(octets, &pending->manifest, &present, err) &&
           sha256_hex(buf_bytes(&pending->manifest), pending->fingerprint, err);
}

bool pending_update_misses(const struct pending_update *pending, struct bytes user)
{
    struct err ignored = { 0 };
    struct bytes name = BYTES_NONE;

    for (const struct json *v = pending->missing == 0 ? NULL : json_first(pending->users);
         v != NULL; v = json_next(v)) {
        if (json_get_string(v, &name, &ignored) && bytes_equal(name, user))
            return true;
    }
    return false;
}
