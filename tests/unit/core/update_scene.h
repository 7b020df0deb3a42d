/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * A deployment whose users may update it:
 *
 *   "alice", "bob", "carol"   the manifest, and the packages p, q and pin
 *   "dave"                    only the package p
 *   "eve"                     nothing
 *
 * p and q have SecurityVersion 1 and 2, pin has none.
 */
#include "codec/json.h"
#include "core/update.h"
#include "crypto/cert.h"
#include "marble_scene.h"
#include "state/names.h"

enum up_user { ALICE = 0, BOB, CAROL, DAVE, EVE, UP_USERS };
static const char *const up_users[UP_USERS] = { "alice", "bob", "carol", "dave", "eve" };
static const char *const up_roles[UP_USERS] = { "\"all\",\"write\",\"packages\"",
                                                "\"all\",\"packages\"", "\"all\",\"packages\"",
                                                "\"p\"", "" };

/* Made once for a program. */
static inline struct cert *up_cert(enum up_user user)
{
    static struct cert *certs[UP_USERS];
    const struct cert_template t = { .subject.common_name = bytes_of_string(up_users[user]) };
    struct err err = { 0 };

    if (certs[user] == NULL) {
        auto_key *key = key_generate(KEY_ECDSA, 256, &err);
        assert_non_null(key);
        certs[user] = cert_issue(&t, key, NULL, key, WORLD_START_MS / 1000, &err);
    }
    assert_ok(certs[user] != NULL, &err);
    return certs[user];
}

static inline void up_put_users(struct buf *out, unsigned count)
{
    buf_add_string(out, "\"Users\":{");
    for (unsigned i = 0; i < count; i++) {
        auto_buf pem = { 0 };
        cert_pem(up_cert(i), &pem);
        json_put_name(out, up_users[i]);
        buf_add_string(out, "{\"Certificate\":");
        json_put_string(out, buf_bytes(&pem));
        buf_add_format(out, ",\"Roles\":[%s]}", up_roles[i]);
    }
    buf_add_u8(out, '}');
}

/* parts: more members, each with a comma before it; maps in them add to those that are here. Freed by the caller. */
static inline char *up_manifest(const char *parts)
{
    auto_buf text = { 0 };

    buf_add_string(
        &text,
        "{\"Packages\":{"
        "\"p\":{\"Debug\":true,\"SecurityVersion\":1,\"ProductID\":1,\"SignerID\":\"00\","
        "\"AcceptedAdvisories\":[\"INTEL-SA-1\"]},"
        "\"q\":{\"SecurityVersion\":2,\"ProductID\":1,\"SignerID\":\"00\"},"
        "\"pin\":{\"UniqueID\":\"00\"}},"
        "\"Marbles\":{\"m\":{\"Package\":\"p\"}},"
        "\"Roles\":{\"all\":{\"ResourceType\":\"Manifest\",\"Actions\":[\"UpdateManifest\"]},"
        "\"packages\":{\"ResourceType\":\"Packages\",\"ResourceNames\":[\"p\",\"q\",\"pin\"],"
        "\"Actions\":[\"UpdateSecurityVersion\"]},"
        "\"p\":{\"ResourceType\":\"Packages\",\"ResourceNames\":[\"p\"],"
        "\"Actions\":[\"UpdateSecurityVersion\"]},"
        "\"write\":{\"ResourceType\":\"Secrets\",\"ResourceNames\":[\"token\"],"
        "\"Actions\":[\"WriteSecret\"]}},"
        "\"Secrets\":{\"token\":{\"Type\":\"plain\",\"UserDefined\":true}},");
    up_put_users(&text, UP_USERS);
    buf_add_string(&text, parts);
    buf_add_u8(&text, '}');
    return bytes_to_string(buf_bytes(&text));
}

static inline void up_set(const struct scene *s, const char *parts, struct manifest_reply *reply)
{
    auto_string *text = up_manifest(parts);
    struct err err = { 0 };

    assert_ok(core_set_manifest(s->machine.core, bytes_of_string(text), reply, &err), &err);
}

static inline void up_begin(struct scene *s, const char *parts)
{
    struct manifest_reply reply = { 0 };

    scene_begin_in_tee(s, NULL, NULL);
    up_set(s, parts, &reply);
    manifest_reply_clear(&reply);
}

/* ---- what users do; found in `now`, or in what is newest ---- */

static inline const struct deployment_user *up_find(const struct snapshot *now, enum up_user user)
{
    const struct deployment_user *const found =
        deployment_user(now->deployment, cert_der(up_cert(user)));

    assert_non_null(found);
    return found;
}

enum up_what { UPDATE = 1, ACKNOWLEDGE, CANCEL };

static inline bool up_in(const struct scene *s, const struct snapshot *now, enum up_what what,
                         enum up_user user, const char *text, struct update_result *result,
                         struct err *err)
{
    const struct deployment_user *const found = up_find(now, user);
    struct core *const core = s->machine.core;

    *err = (struct err){ 0 };
    switch (what) {
    case UPDATE:
        return core_update(core, now, found, bytes_of_string(text), result, err);
    case ACKNOWLEDGE:
        return core_update_acknowledge(core, now, found, bytes_of_string(text), result, err);
    case CANCEL:
        return core_update_cancel(core, now, found, err);
    }
    return false;
}

static inline bool up_try(const struct scene *s, enum up_what what, enum up_user user,
                          const char *text, struct update_result *result, struct err *err)
{
    auto_snapshot *now = core_snapshot(s->machine.core);

    return up_in(s, now, what, user, text, result, err);
}

/* It is done, and so many acknowledgments are missing. */
static inline void up_ok(const struct scene *s, enum up_what what, enum up_user user,
                         const char *text, unsigned missing)
{
    auto_update_result result = { 0 };
    struct err err;

    assert_ok(up_try(s, what, user, text, &result, &err), &err);
    assert_int_equal(result.missing, missing);
    assert_true(result.missing_users.present == (missing > 0));
}

/* An update to a manifest with these parts, as up_manifest takes them, that all three agree to. */
static inline void up_apply(const struct scene *s, const char *parts)
{
    auto_string *text = up_manifest(parts);

    up_ok(s, UPDATE, ALICE, text, 2);
    up_ok(s, ACKNOWLEDGE, BOB, text, 1);
    up_ok(s, ACKNOWLEDGE, CAROL, text, 0);
}

/* Everything that the state holds. */
static inline struct buf up_values(const struct scene *s)
{
    auto_snapshot *now = core_snapshot(s->machine.core);
    struct buf all = { 0 };

    for (struct omap_entry e = { 0 }; omap_next_with_prefix(now->values, BYTES_NONE, &e);) {
        buf_add(&all, e.key);
        buf_add_u8(&all, '=');
        buf_add(&all, e.value);
        buf_add_u8(&all, '\n');
    }
    return all;
}

/* It is refused with these words, and nothing has changed. */
static inline void up_refuse(const struct scene *s, enum up_what what, enum up_user user,
                             const char *text, enum fail_kind kind, const char *words)
{
    auto_buf before = up_values(s);
    auto_update_result result = { 0 };
    struct err err;

    if (up_try(s, what, user, text, &result, &err) || err.kind != kind ||
        strstr(err.text, words) == NULL)
        fail_msg("%.200s: kind %d, %s", text, (int)err.kind, err.text);
    auto_buf after = up_values(s);
    assert_bytes_equal(buf_bytes(&after), buf_bytes(&before));
}

static inline void up_restart(struct scene *s)
{
    machine_stop(&s->machine);
    s->machine = machine_start(&s->world, "a");
    assert_phase(&s->machine, PHASE_ACCEPTING_MARBLES);
}

/* The lines of the update log from `first` on, without their times. */
static inline void assert_lines(const struct scene *s, unsigned first, const char *const *want,
                                unsigned count)
{
    auto_snapshot *now = core_snapshot(s->machine.core);

    assert_int_equal(now->log.lines, first + count);
    for (unsigned i = 0; i < count; i++) {
        auto_string *name = mem_printf(PREFIX_UPDATE_LOG "%020u", first + i);
        auto_buf value = machine_value(&s->machine, name);
        auto_string *text = bytes_to_string(buf_bytes(&value));
        const char *const event = strstr(text, ",\"update\":");
        assert_non_null(event);
        assert_string_equal(event + 1, want[i]);
    }
}

static inline bool up_waits(const struct scene *s)
{
    auto_snapshot *now = core_snapshot(s->machine.core);

    return omap_get(now->values, BYTES_LITERAL(NAME_PENDING_UPDATE), NULL);
}

/* A secret of this generation as it is stored; its values live in the arena. */
static inline struct stored_secret up_secret(const struct scene *s, const char *prefix,
                                             const char *name, struct arena *arena)
{
    auto_snapshot *now = core_snapshot(s->machine.core);
    struct stored_secret stored, copy;
    struct err damage = { 0 };

    if (!snapshot_secret(now, prefix, bytes_of_string(name), arena, &stored, &damage))
        fail_msg("%s%s: %s", prefix, name, damage.text);
    copy = stored;
    copy.cert.value = arena_bytes(arena, stored.cert.value);
    copy.private_value.value = arena_bytes(arena, stored.private_value.value);
    copy.public_value.value = arena_bytes(arena, stored.public_value.value);
    return copy;
}
