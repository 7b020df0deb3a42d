/* SPDX-License-Identifier: Apache-2.0 */
#include "state/pending.h"

#include "codec/json.h"
#include "state/names.h"

bool pending_update_stored(const struct omap *values, struct bytes *stored)
{
    return omap_get(values, BYTES_LITERAL(NAME_PENDING_UPDATE), stored);
}

static bool read_manifest(const struct json *root, struct arena *arena, struct pending_update *p,
                          struct err *err)
{
    auto_buf manifest = { 0 };
    bool has_manifest = false;

    for (const struct json *v = json_first(root); v != NULL; v = json_next(v)) {
        if (!bytes_equal_string(v->name, "manifestRaw"))
            continue;
        buf_truncate(&manifest, 0);
        if (!json_get_octets(v, &manifest, &has_manifest, err))
            return false;
    }
    p->manifest = arena_bytes(arena, buf_bytes(&manifest));
    return has_manifest || err_set(err, FAIL_DAMAGED, "it has no manifestRaw");
}

static bool read_members(const struct json *root, struct arena *arena, struct pending_update *p,
                         struct err *err)
{
    if (root->type != JSON_OBJECT)
        return err_set(err, FAIL_DAMAGED, "not a JSON object");
    return read_manifest(root, arena, p, err) && quorum_read(root, arena, &p->quorum, err);
}

bool pending_update_parse(struct bytes stored, struct arena *arena, struct pending_update *p,
                          struct err *err)
{
    const struct json *const root = json_parse(stored, JSON_TRAILING_REFUSED, arena, err);

    *p = (struct pending_update){ 0 };
    if (root != NULL && read_members(root, arena, p, err))
        return true;
    err->kind = FAIL_DAMAGED;
    return err_in(err, "value " NAME_PENDING_UPDATE " of the state");
}

void pending_update_write(const struct pending_update *p, struct buf *out)
{
    buf_add_string(out, "{\"manifestRaw\":");
    json_put_octets(out, p->manifest);
    buf_add_u8(out, ',');
    quorum_write(&p->quorum, out);
    buf_add_u8(out, '}');
}
