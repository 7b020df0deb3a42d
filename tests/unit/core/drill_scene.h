/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * A deployment with three key holders, and users of whom "first", "second" and "third" may update its manifest,
 * "outsider" may not; what holders and users do in drills and re-issues.
 */
#include "codec/json.h"
#include "core/drill.h"
#include "core/reissue.h"
#include "crypto/cert.h"
#include "fixture.h"
#include "recovery/drill.h"
#include "state/names.h"

enum scene_user { FIRST = 0, SECOND, THIRD, OUTSIDER, SCENE_USERS };
static const char *const scene_users[SCENE_USERS] = { "first", "second", "third", "outsider" };

struct scene {
    struct world world;
    struct machine machine;
    struct deal deal; /* of the manifest */
};

/* Made once for a program. */
static inline struct cert *scene_cert(enum scene_user user)
{
    static struct cert *certs[SCENE_USERS];
    const struct cert_template t = { .subject.common_name = bytes_of_string(scene_users[user]) };
    struct err err = { 0 };

    if (certs[user] == NULL) {
        auto_key *key = key_generate(KEY_ECDSA, 256, &err);
        assert_non_null(key);
        certs[user] = cert_issue(&t, key, NULL, key, WORLD_START_MS / 1000, &err);
    }
    assert_ok(certs[user] != NULL, &err);
    return certs[user];
}

/* config: members of Config with a comma at the end, or "". Freed by the caller. */
static inline struct buf scene_manifest(unsigned holders, unsigned threshold, const char *config)
{
    auto_buf extra = { 0 };

    buf_add_string(&extra, "\"Users\":{");
    for (unsigned i = 0; i < SCENE_USERS; i++) {
        auto_buf pem = { 0 };
        cert_pem(scene_cert(i), &pem);
        json_put_name(&extra, scene_users[i]);
        buf_add_string(&extra, "{\"Certificate\":");
        json_put_string(&extra, buf_bytes(&pem));
        buf_add_format(&extra, ",\"Roles\":[%s]}", i == OUTSIDER ? "" : "\"update\"");
    }
    buf_add_string(&extra, "},\"Roles\":{\"update\":{\"ResourceType\":\"Manifest\",\"Actions\":["
                           "\"UpdateManifest\"]}},");
    if (config[0] != '\0')
        buf_add_format(&extra, "\"Config\":{%s},", config);
    auto_string *text = bytes_to_string(buf_bytes(&extra));
    return manifest_text(holders, threshold, false, text);
}

static inline void scene_set_manifest(struct scene *s, unsigned holders, unsigned threshold,
                                      const char *config)
{
    auto_buf text = scene_manifest(holders, threshold, config);
    struct manifest_reply reply = { 0 };
    struct err err = { 0 };

    assert_ok(core_set_manifest(s->machine.core, buf_bytes(&text), &reply, &err), &err);
    s->deal = deal_from_json(buf_bytes(&reply.secrets_json), holders, false);
    manifest_reply_clear(&reply);
}

static inline void scene_begin(struct scene *s, unsigned holders, unsigned threshold,
                               const char *config)
{
    *s = (struct scene){ 0 };
    world_begin(&s->world);
    s->machine = machine_start(&s->world, "a");
    scene_set_manifest(s, holders, threshold, config);
}

static inline void scene_end(struct scene *s)
{
    machine_stop(&s->machine);
    deal_clear(&s->deal);
    world_end(&s->world);
}
#define auto_scene struct scene CLEANUP(scene_end)

/* Stops and starts again, perhaps on another machine. */
static inline void scene_restart(struct scene *s, const char *machine)
{
    machine_stop(&s->machine);
    s->machine = machine_start(&s->world, machine);
}

static inline void scene_wait(struct scene *s, int64_t ms)
{
    world_set_clock(&s->world, s->world.now_ms + ms);
}

/* ---- drills ---- */

/* The ids of both sets; empty: there is none. Freed by the caller. */
static inline char *set_id(const struct scene *s, bool of_new_set)
{
    auto_snapshot *now = core_snapshot(s->machine.core);
    const struct recovery_set *const set = of_new_set ? now->new_recovery_set : now->recovery_set;

    return mem_string(set == NULL ? "" : set->id);
}

/* A challenge for this set, or with NULL for that which waits first. */
static inline void ask_challenge(const struct scene *s, const char *set, struct drill_challenge *c)
{
    auto_snapshot *now = core_snapshot(s->machine.core);
    const struct recovery_set *const found = core_drilled_set(now, bytes_of_string(set));
    auto_buf json = { 0 };
    struct err err = { 0 };

    assert_non_null(found);
    assert_ok(core_drill_challenge(s->machine.core, found, &json, &err), &err);
    assert_ok(drill_challenge_read(buf_bytes(&json), c, &err), &err);
}

/* An answer whose parts a test may spoil. */
struct attempt {
    struct arena arena;
    struct buf text, nonce, proof, signature;
    struct drill_answer answer; /* views of the above, see attempt_send */
    struct drill_outcome outcome;
    struct err err;
};
static inline void attempt_clear(struct attempt *a)
{
    arena_clear(&a->arena);
    buf_clear(&a->text);
    buf_clear(&a->nonce);
    buf_clear(&a->proof);
    buf_clear(&a->signature);
    *a = (struct attempt){ 0 };
}
#define auto_attempt struct attempt CLEANUP(attempt_clear)

static inline void attempt_get(const struct json *root, const char *name, struct buf *to)
{
    bool present = false;
    struct err err = { 0 };

    assert_ok(json_get_octets(json_member(root, name), to, &present, &err), &err);
}

/* What the holder called `name` answers with this key and secret. */
static inline void attempt_make(struct attempt *a, const struct drill_challenge *c,
                                const char *name, unsigned key, struct bytes secret)
{
    struct err err = { 0 };

    *a = (struct attempt){ 0 };
    assert_ok(drill_answer_write(c, bytes_of_string(name), holder_key(key), secret, &a->text, &err),
              &err);
    const struct json *const root =
        json_parse(buf_bytes(&a->text), JSON_TRAILING_REFUSED, &a->arena, &err);
    assert_non_null(root);
    attempt_get(root, "nonce", &a->nonce);
    attempt_get(root, "proof", &a->proof);
    attempt_get(root, "signature", &a->signature);
    a->answer.set = json_member(root, "set")->text;
    a->answer.name = json_member(root, "name")->text;
}

static inline enum drill_result attempt_send(const struct scene *s, struct attempt *a)
{
    a->answer.nonce = buf_bytes(&a->nonce);
    a->answer.proof = buf_bytes(&a->proof);
    a->answer.signature = buf_bytes(&a->signature);
    a->err = (struct err){ 0 };
    return core_drill(s->machine.core, &a->answer, &a->outcome, &a->err);
}

/* Holder i proves his share of this set. */
static inline struct drill_outcome prove(const struct scene *s, const struct deal *deal, unsigned i,
                                         const char *set)
{
    auto_drill_challenge c = { 0 };
    auto_attempt a = { 0 };

    ask_challenge(s, set, &c);
    attempt_make(&a, &c, holder_names[i], i, share_bytes(&deal->shares[i]));
    const enum drill_result result = attempt_send(s, &a);
    if (result != DRILL_OK)
        fail_msg("%s: %s, %s", holder_names[i], drill_result_text(result), a.err.text);
    return a.outcome;
}

static inline int64_t proven_ms(const struct scene *s, const char *set, unsigned holder)
{
    auto_snapshot *now = core_snapshot(s->machine.core);

    return recovery_proven_ms(now->values, set, bytes_of_string(holder_names[holder]));
}

static inline uint64_t log_lines(const struct scene *s)
{
    auto_snapshot *now = core_snapshot(s->machine.core);

    return now->log.lines;
}

/* The line of the update log, counted from the end: 0 is the last one. */
static inline void assert_log_line(const struct scene *s, uint64_t from_end, const char *words)
{
    auto_string *name =
        mem_printf(PREFIX_UPDATE_LOG "%020llu", (unsigned long long)(log_lines(s) - 1 - from_end));
    auto_buf line = machine_value(&s->machine, name);

    buf_add_u8(&line, 0);
    if (strstr((const char *)line.at, words) == NULL)
        fail_msg("%s does not speak of %s", (const char *)line.at, words);
}

/* ---- re-issues ---- */

static inline enum reissue_state ask_reissue(const struct scene *s, enum scene_user user,
                                             struct reissue_reply *reply, struct err *err)
{
    auto_snapshot *now = core_snapshot(s->machine.core);
    const struct deployment_user *const found =
        deployment_user(now->deployment, cert_der(scene_cert(user)));

    *err = (struct err){ 0 };
    assert_non_null(found);
    return core_reissue(s->machine.core, now, found, reply, err);
}

static inline bool cancel_reissue(const struct scene *s, enum scene_user user, struct err *err)
{
    auto_snapshot *now = core_snapshot(s->machine.core);
    const struct deployment_user *const found =
        deployment_user(now->deployment, cert_der(scene_cert(user)));

    *err = (struct err){ 0 };
    assert_non_null(found);
    return core_reissue_cancel(s->machine.core, now, found, err);
}

/* All who have to ask, and the new shares. */
static inline struct deal reissue(const struct scene *s)
{
    enum reissue_state state = REISSUE_PENDING;
    struct deal deal = { 0 };

    for (unsigned user = FIRST; user <= THIRD && state == REISSUE_PENDING; user++) {
        auto_reissue_reply reply = { 0 };
        struct err err;
        state = ask_reissue(s, user, &reply, &err);
        if (state == REISSUE_FAILED)
            fail_msg("%s: %s", scene_users[user], err.text);
        if (state == REISSUE_PROVING)
            deal = deal_from_json(buf_bytes(&reply.secrets_json), s->deal.count, false);
    }
    assert_int_equal(state, REISSUE_PROVING);
    return deal;
}

/* The state on another machine, where these shares open it, or do not. The scene is as before afterwards. */
static inline void assert_recovers(struct scene *s, const struct deal *deal, unsigned needed,
                                   bool want)
{
    unsigned remaining = 99;
    struct err err = { 0 };

    machine_stop(&s->machine);
    world_keep(&s->world);
    s->machine = machine_start(&s->world, "elsewhere");
    assert_phase(&s->machine, PHASE_RECOVERY);
    enum recover_result result = RECOVER_MORE;
    for (unsigned i = 0; i < needed && result == RECOVER_MORE; i++) {
        const struct share *const share = &deal->shares[i];
        result =
            upload(&s->machine, share_bytes(share), buf_bytes(&share->signature), &remaining, &err);
    }
    if ((result == RECOVER_DONE) != want)
        fail_msg("recovery: %d, %s", (int)result, err.text);
    machine_stop(&s->machine);
    world_put_back(&s->world);
    s->machine = machine_start(&s->world, "a");
    assert_phase(&s->machine, PHASE_ACCEPTING_MARBLES);
}
