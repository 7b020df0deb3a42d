/* SPDX-License-Identifier: Apache-2.0 */
#include "import/internal.h"

#include "state/names.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

bool marblerun_put_root_secret(struct change *change, const struct key *root_key, struct err *err)
{
    auto_buf scalar = { 0 };

    if (!key_private_scalar(root_key, &scalar, err))
        return false;
    change_put(change, NAME_ROOT_SECRET, buf_bytes(&scalar));
    return true;
}

bool marblerun_put_signature(struct change *change, const struct key *root_key,
                             struct bytes manifest, struct err *err)
{
    auto_buf signature = { 0 };

    if (!key_sign_sha256(root_key, manifest, &signature, err))
        return false;
    change_put(change, NAME_MANIFEST_SIGNATURE, buf_bytes(&signature));
    return true;
}

/* One value for each line of the log. */
static void put_log(struct change *change, struct bytes text)
{
    uint64_t number = 0;

    while (text.len > 0) {
        const uint8_t *const end = memchr(text.at, '\n', text.len);
        const size_t len = end == NULL ? text.len : (size_t)(end - text.at);
        char name[24];
        (void)snprintf(name, sizeof name, "%020" PRIu64, number++);
        change_put_named(change, PREFIX_UPDATE_LOG, bytes_of_string(name), bytes_of(text.at, len));
        const size_t used = end == NULL ? len : len + 1;
        text = bytes_of(text.at + used, text.len - used);
    }
}

/* What is looked at besides being copied. */
struct seen {
    struct buf manifest, root_key;
    bool root_secret, signature;
};

static void seen_clear(struct seen *seen)
{
    buf_clear(&seen->manifest);
    buf_clear(&seen->root_key);
}
#define auto_seen struct seen CLEANUP(seen_clear)

static void keep(struct buf *to, struct bytes value)
{
    buf_truncate(to, 0);
    buf_add(to, value);
}

static bool read_entry(const struct json *member, struct change *change, struct seen *seen,
                       struct err *err)
{
    auto_buf value = { 0 };
    bool present = false;

    if (!json_get_octets(member, &value, &present, err))
        return false;
    if (bytes_equal_string(member->name, NAME_UPDATE_LOG)) {
        put_log(change, buf_bytes(&value));
        return true;
    }
    /* Of a name that stands twice the last value counts, here as in the change. */
    if (bytes_equal_string(member->name, NAME_MANIFEST))
        keep(&seen->manifest, buf_bytes(&value));
    if (bytes_equal_string(member->name, NAME_ROOT_KEY))
        keep(&seen->root_key, buf_bytes(&value));
    if (bytes_equal_string(member->name, NAME_ROOT_SECRET))
        seen->root_secret = value.len > 0;
    if (bytes_equal_string(member->name, NAME_MANIFEST_SIGNATURE))
        seen->signature = value.len > 0;
    change_put_named(change, "", member->name, buf_bytes(&value));
    return true;
}

bool marblerun_read_map(const struct json *root, struct change *change, bool *no_manifest,
                        struct err *err)
{
    auto_seen seen = { 0 };

    for (const struct json *v = json_first(root); v != NULL; v = json_next(v)) {
        if (!read_entry(v, change, &seen, err))
            return false;
    }
    *no_manifest = seen.manifest.len == 0;
    if (*no_manifest || (seen.root_secret && seen.signature))
        return true;
    auto_key *key = key_from_private_sec1(buf_bytes(&seen.root_key), err);
    if (key == NULL)
        return err_in(err, "value " NAME_ROOT_KEY);
    return (seen.root_secret || marblerun_put_root_secret(change, key, err)) &&
           (seen.signature || marblerun_put_signature(change, key, buf_bytes(&seen.manifest), err));
}
