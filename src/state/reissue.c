/* SPDX-License-Identifier: Apache-2.0 */
#include "state/reissue.h"

#include "state/names.h"
#include "state/snapshot.h"

static bool find(const struct snapshot *now, struct bytes *text)
{
    return now->values != NULL && omap_get(now->values, BYTES_LITERAL(NAME_PENDING_REISSUE), text);
}

bool reissue_is_pending(const struct snapshot *now)
{
    struct bytes text;

    return find(now, &text);
}

static bool parse(struct bytes text, struct arena *arena, struct quorum *quorum, struct err *err)
{
    auto_arena tree = { 0 };
    const struct json *const root = json_parse(text, JSON_TRAILING_REFUSED, &tree, err);
    bool null = false;

    return root != NULL && json_expect(root, JSON_OBJECT, &null, err) &&
           quorum_read(root, arena, quorum, err);
}

bool reissue_load(const struct snapshot *now, struct arena *arena, struct quorum *quorum,
                  struct err *damage)
{
    struct bytes text;

    *quorum = (struct quorum){ 0 };
    if (!find(now, &text))
        return false;
    if (parse(text, arena, quorum, damage))
        return true;
    damage->kind = FAIL_DAMAGED;
    return err_in(damage, "value " NAME_PENDING_REISSUE " of the state");
}

void change_put_reissue(struct change *change, const struct quorum *quorum)
{
    auto_buf text = { 0 };

    buf_add_u8(&text, '{');
    quorum_write(quorum, &text);
    buf_add_u8(&text, '}');
    change_put(change, NAME_PENDING_REISSUE, buf_bytes(&text));
}
