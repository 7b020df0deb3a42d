/* SPDX-License-Identifier: Apache-2.0 */
#include "state/recovery_set.h"

#include "codec/json.h"
#include "codec/text.h"
#include "state/names.h"
#include "state/snapshot.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct recovery_set *recovery_set_new(size_t count)
{
    struct recovery_set *const set = mem_zero_alloc(1, sizeof *set);

    set->refs = 1;
    set->count = count;
    set->holders = arena_alloc(&set->arena, count * sizeof set->holders[0]);
    return set;
}

struct recovery_set *recovery_set_ref(struct recovery_set *set)
{
    if (set != NULL)
        (void)__atomic_add_fetch(&set->refs, 1, __ATOMIC_RELAXED);
    return set;
}

void recovery_set_free(struct recovery_set *set)
{
    if (set == NULL || __atomic_sub_fetch(&set->refs, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    for (size_t i = 0; i < set->count; i++)
        key_free(set->holders[i].key);
    arena_clear(&set->arena);
    free(set);
}

const struct recovery_set_holder *recovery_set_holder(const struct recovery_set *set,
                                                      struct bytes name)
{
    for (size_t i = 0; i < set->count; i++) {
        if (bytes_equal(set->holders[i].name, name))
            return &set->holders[i];
    }
    return NULL;
}

/* ---- reading ---- */

static bool get_drill(const struct json *value, struct arena *arena, struct bytes *drill,
                      struct err *err)
{
    auto_buf raw = { 0 };
    bool present = false;

    if (!json_get_octets(value, &raw, &present, err))
        return false;
    if (raw.len != RECOVERY_SET_DRILL_LEN)
        return json_fail(value, err, "is not %d bytes", RECOVERY_SET_DRILL_LEN);
    *drill = arena_bytes(arena, buf_bytes(&raw));
    return true;
}

static bool parse_holder(const struct json *object, struct arena *arena,
                         struct recovery_set_holder *h, struct err *err)
{
    struct bytes name = BYTES_NONE;
    bool null = false, good = json_expect(object, JSON_OBJECT, &null, err);

    for (const struct json *v = json_first(object); v != NULL && good; v = json_next(v)) {
        if (bytes_equal_string(v->name, "name"))
            good = json_get_string(v, &name, err);
        else if (bytes_equal_string(v->name, "key"))
            good = key_get_json(v, &h->key, err);
        else if (bytes_equal_string(v->name, "drill"))
            good = get_drill(v, arena, &h->drill, err);
    }
    if (!good)
        return false;
    h->name = arena_bytes(arena, name);
    return h->key != NULL || json_fail(object, err, "has no key");
}

static bool names_rise(const struct recovery_set *set, struct err *err)
{
    for (size_t i = 1; i < set->count; i++) {
        if (bytes_compare(set->holders[i - 1].name, set->holders[i].name) >= 0)
            return err_set(err, FAIL_MALFORMED, "the holders are not listed by name, each once");
    }
    return true;
}

static bool get_id(const struct json *value, char *id, struct err *err)
{
    struct bytes text = BYTES_NONE;
    auto_buf raw = { 0 };

    if (!json_get_string(value, &text, err))
        return false;
    if (text.len != RECOVERY_SET_ID_LEN || !hex_decode(&raw, text, err))
        return json_fail(value, err, "is not the id of a set");
    memcpy(id, text.at, text.len);
    return true;
}

static bool parse_member(const struct json *v, struct recovery_set *set, struct err *err)
{
    struct bytes text = BYTES_NONE;
    uint64_t number = 0;

    if (bytes_equal_string(v->name, "set"))
        return get_id(v, set->id, err);
    if (bytes_equal_string(v->name, "scheme")) {
        if (!json_get_string(v, &text, err))
            return false;
        set->scheme = arena_bytes(&set->arena, text);
    } else if (bytes_equal_string(v->name, "needed")) {
        if (!json_get_uint(v, RECOVERY_SET_MAX, &number, err))
            return false;
        set->needed = (unsigned)number;
    } else if (bytes_equal_string(v->name, "created")) {
        if (!json_get_uint(v, INT64_MAX, &number, err))
            return false;
        set->created_ms = (int64_t)number;
    }
    return true;
}

static bool parse_members(const struct json *root, struct recovery_set *set, struct err *err)
{
    const struct json *holder = json_first(json_member(root, "holders"));

    for (const struct json *v = json_first(root); v != NULL; v = json_next(v)) {
        if (!parse_member(v, set, err))
            return false;
    }
    for (size_t i = 0; i < set->count; i++, holder = json_next(holder)) {
        if (!parse_holder(holder, &set->arena, &set->holders[i], err))
            return false;
    }
    if (set->id[0] == '\0' || set->needed > set->count)
        return err_set(err, FAIL_MALFORMED,
                       "set is missing or more holders are needed than there are");
    return names_rise(set, err);
}

static struct recovery_set *parse(struct bytes json, struct err *err)
{
    auto_arena arena = { 0 };
    const struct json *const root = json_parse(json, JSON_TRAILING_REFUSED, &arena, err);
    const struct json *const holders = root == NULL ? NULL : json_member(root, "holders");
    size_t count = 0;

    if (root == NULL)
        return NULL;
    if (holders == NULL || holders->type != JSON_ARRAY) {
        (void)json_fail(root, err, "has no list of holders");
        return NULL;
    }
    for (const struct json *v = json_first(holders); v != NULL; v = json_next(v))
        count++;
    if (count > RECOVERY_SET_MAX) {
        (void)json_fail(holders, err, "lists %zu holders", count);
        return NULL;
    }
    auto_recovery_set *set = recovery_set_new(count);
    return parse_members(root, set, err) ? TAKE(set) : NULL;
}

struct recovery_set *recovery_set_parse(struct bytes json, struct err *err)
{
    struct recovery_set *const set = parse(json, err);

    if (set == NULL)
        err->kind = FAIL_DAMAGED;
    return set;
}

/* ---- writing ---- */

static bool put_holder(const struct recovery_set_holder *h, struct buf *out, struct err *err)
{
    auto_buf der = { 0 };

    if (!key_public_der(h->key, &der, err))
        return false;
    json_put_comma(out);
    buf_add_u8(out, '{');
    json_put_name(out, "name");
    json_put_string(out, h->name);
    json_put_name(out, "key");
    json_put_octets(out, buf_bytes(&der));
    if (h->drill.len > 0) {
        json_put_name(out, "drill");
        json_put_octets(out, h->drill);
    }
    buf_add_u8(out, '}');
    return true;
}

bool recovery_set_write(const struct recovery_set *set, struct buf *out, struct err *err)
{
    buf_add_format(out, "{\"set\":\"%s\",\"scheme\":", set->id);
    json_put_string(out, set->scheme);
    buf_add_format(out, ",\"needed\":%u,\"created\":%" PRId64 ",\"holders\":[", set->needed,
                   set->created_ms);
    for (size_t i = 0; i < set->count; i++) {
        if (!put_holder(&set->holders[i], out, err))
            return false;
    }
    buf_add_string(out, "]}");
    return true;
}

/* ---- proofs ---- */

/* <set>:<name> */
static struct buf proof_name(const char *set, struct bytes name)
{
    struct buf whole = { 0 };

    buf_add_string(&whole, set);
    buf_add_u8(&whole, ':');
    buf_add(&whole, name);
    return whole;
}

int64_t recovery_proven_ms(const struct omap *values, const char *set, struct bytes name)
{
    auto_buf whole = { 0 }, rest = proof_name(set, name);
    struct bytes text;

    buf_add_string(&whole, PREFIX_RECOVERY_PROOF);
    buf_add(&whole, buf_bytes(&rest));
    if (!omap_get(values, buf_bytes(&whole), &text))
        return 0;
    auto_string *number = bytes_to_string(text);
    return strtoll(number, NULL, 10);
}

void change_put_recovery_proof(struct change *change, const char *set, struct bytes name,
                               int64_t now_ms)
{
    auto_buf whole = proof_name(set, name);
    char number[24];

    (void)snprintf(number, sizeof number, "%" PRId64, now_ms);
    change_put_named(change, PREFIX_RECOVERY_PROOF, buf_bytes(&whole), bytes_of_string(number));
}

static bool is_of_set(struct bytes value_name, const char *set)
{
    const size_t prefix = sizeof PREFIX_RECOVERY_PROOF - 1;

    return set != NULL &&
           bytes_start_with(bytes_of(value_name.at + prefix, value_name.len - prefix),
                            bytes_of_string(set));
}

void change_drop_recovery_proofs(struct change *change, const struct omap *values, const char *kept,
                                 const char *also_kept)
{
    for (struct omap_entry e = { 0 };
         omap_next_with_prefix(values, BYTES_LITERAL(PREFIX_RECOVERY_PROOF), &e);) {
        if (is_of_set(e.key, kept) || is_of_set(e.key, also_kept))
            continue;
        change_delete_key(change, e.key);
    }
}

static void finish_summary(struct recovery_proofs *p)
{
    p->wanted = p->needed < p->holders ? p->needed + 1 : p->holders;
    p->alarm = p->proven_lately < p->wanted;
}

void recovery_set_proofs(const struct recovery_set *set, const struct omap *values, int64_t now_ms,
                         struct recovery_proofs *p)
{
    *p = (struct recovery_proofs){
        .known = true,
        .possible = true,
        .holders = (unsigned)set->count,
        .needed = set->needed,
    };
    for (size_t i = 0; i < set->count; i++) {
        const int64_t proven = recovery_proven_ms(values, set->id, set->holders[i].name);
        p->possible &= set->holders[i].drill.len > 0;
        p->proven += proven > 0;
        if (proven > 0 && (p->oldest_ms == 0 || proven < p->oldest_ms))
            p->oldest_ms = proven;
        p->proven_lately += proven > 0 && proven >= now_ms - RECOVERY_PROOF_MS;
    }
    finish_summary(p);
}

void recovery_proofs_summary(const struct snapshot *now, int64_t now_ms, struct recovery_proofs *p)
{
    *p = (struct recovery_proofs){ 0 };
    if (now->deployment == NULL)
        return;
    if (now->recovery_set != NULL) {
        recovery_set_proofs(now->recovery_set, now->values, now_ms, p);
        return;
    }
    const struct manifest *const m = now->deployment->manifest;
    p->holders = (unsigned)m->recovery_key_count;
    p->needed =
        m->config.recovery_threshold == 0 ? p->holders : (unsigned)m->config.recovery_threshold;
    finish_summary(p);
}
