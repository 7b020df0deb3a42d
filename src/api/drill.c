/* SPDX-License-Identifier: Apache-2.0 */
#include "core/drill.h"

#include "api/internal.h"
#include "state/reissue.h"

#include <inttypes.h>

/* What a holder sends: nothing for a challenge but perhaps the set, the rest for a proof. */
struct answer_body {
    struct buf set, name, nonce, proof, signature;
    bool is_answer;
};

static void answer_body_clear(struct answer_body *body)
{
    buf_clear(&body->set);
    buf_clear(&body->name);
    buf_clear(&body->nonce);
    buf_clear(&body->proof);
    buf_clear(&body->signature);
}
#define auto_answer_body struct answer_body CLEANUP(answer_body_clear)

static bool get_text(const struct json *value, struct buf *to, struct err *err)
{
    struct bytes text = BYTES_NONE;

    if (!json_get_string(value, &text, err))
        return false;
    buf_truncate(to, 0);
    buf_add(to, text);
    return true;
}

static bool get_octets(const struct json *value, struct buf *to, struct err *err)
{
    bool present = false;

    buf_truncate(to, 0);
    return json_get_octets(value, to, &present, err);
}

/* {"set":text,"name":text,"nonce":octets,"proof":octets,"signature":octets} */
static bool answer_member(void *arg, const struct json *value, struct err *err)
{
    struct answer_body *const body = arg;

    if (json_name_is(value, "set"))
        return get_text(value, &body->set, err);
    const bool is_name = json_name_is(value, "name");
    struct buf *const octets = json_name_is(value, "nonce")       ? &body->nonce
                               : json_name_is(value, "proof")     ? &body->proof
                               : json_name_is(value, "signature") ? &body->signature
                                                                  : NULL;
    body->is_answer |= is_name || octets != NULL;
    if (is_name)
        return get_text(value, &body->name, err);
    return octets == NULL || get_octets(value, octets, err);
}

static void reply_challenge(struct call *call, struct bytes wanted)
{
    const struct recovery_set *const set = core_drilled_set(call->now, wanted);
    auto_buf data = { 0 };
    struct err err = { 0 };

    if (set == NULL && wanted.len > 0)
        reply_error(call, 404, "no such recovery set is in force");
    else if (set == NULL)
        reply_error(call, 500,
                    "this state does not know what its recovery secrets are: re-issue them to make "
                    "drills possible");
    else if (!core_drill_challenge(call->api->core, set, &data, &err))
        reply_failed(call, &err, 500);
    else
        reply_success(call, buf_bytes(&data));
}

/* What a proof is refused with: who did not prove who he is 401, else 400. */
static void reply_refused(struct call *call, enum drill_result result, struct bytes name,
                          const struct err *err)
{
    const bool denied = result == DRILL_WRONG_KEY || result == DRILL_WRONG_SECRET;
    auto_buf data = { 0 };

    buf_add_string(&data, "{\"result\":");
    json_put_string(&data, bytes_of_string(drill_result_text(result)));
    json_put_name(&data, "name");
    json_put_string(&data, name);
    buf_add_u8(&data, '}');
    reply_fail_with(call, denied ? 401 : 400, buf_bytes(&data), err->text);
}

static void reply_proven(struct call *call, struct bytes name, const struct drill_outcome *outcome)
{
    struct buf *const body = reply_begin(call);

    buf_add_string(body, "{\"result\":\"ok\",\"name\":");
    json_put_string(body, name);
    json_put_name(body, "set");
    json_put_string(body, bytes_of_string(outcome->set));
    json_put_time(body, "proven", outcome->proven_ms);
    buf_add_format(body, ",\"replaced\":%s}", outcome->replaced ? "true" : "false");
    reply_end(call);
}

void drill_post(struct call *call)
{
    auto_answer_body body = { 0 };
    struct drill_outcome outcome;
    struct err err = { 0 };

    if (!body_members(call, buf_bytes(&call->request->body), answer_member, &body))
        return;
    if (!body.is_answer) {
        reply_challenge(call, buf_bytes(&body.set));
        return;
    }
    const struct drill_answer answer = { buf_bytes(&body.set), buf_bytes(&body.name),
                                         buf_bytes(&body.nonce), buf_bytes(&body.proof),
                                         buf_bytes(&body.signature) };
    const enum drill_result result = core_drill(call->api->core, &answer, &outcome, &err);
    switch (result) {
    case DRILL_OK:
        reply_proven(call, answer.name, &outcome);
        break;
    case DRILL_FAILED:
        reply_failed(call, &err, 500);
        break;
    case DRILL_OLD_NONCE:
    case DRILL_WRONG_SET:
    case DRILL_UNKNOWN_HOLDER:
    case DRILL_WRONG_KEY:
    case DRILL_IMPOSSIBLE:
    case DRILL_WRONG_SECRET:
        reply_refused(call, result, answer.name, &err);
        break;
    }
}

/* ---- GET /api/v2/recovery/status ---- */

static void put_summary(struct buf *body, const struct recovery_proofs *p)
{
    buf_add_format(
        body, ",\"proven\":%u,\"provenWithin90Days\":%u,\"drillsPossible\":%s,\"alarm\":%s",
        p->proven, p->proven_lately, p->possible ? "true" : "false", p->alarm ? "true" : "false");
}

static void put_holder(struct buf *body, struct bytes name, int64_t proven_ms, bool possible)
{
    json_put_comma(body);
    buf_add_u8(body, '{');
    json_put_name(body, "name");
    json_put_string(body, name);
    json_put_time(body, "proven", proven_ms);
    buf_add_format(body, ",\"drillPossible\":%s}", possible ? "true" : "false");
}

/* The members about one set. */
static void put_set(struct buf *body, const struct call *call, const struct recovery_set *set)
{
    const struct omap *const values = call->now->values;
    const struct env *const env = core_env(call->api->core);
    struct recovery_proofs proofs;

    recovery_set_proofs(set, values, env->now_ms(env->ctx), &proofs);
    buf_add_format(body, "\"set\":\"%s\",\"scheme\":", set->id);
    json_put_string(body, set->scheme);
    buf_add_format(body, ",\"needed\":%u", set->needed);
    json_put_time(body, "created", set->created_ms);
    put_summary(body, &proofs);
    json_put_name(body, "holders");
    buf_add_u8(body, '[');
    for (size_t i = 0; i < set->count; i++) {
        const struct recovery_set_holder *const h = &set->holders[i];
        put_holder(body, h->name, recovery_proven_ms(values, set->id, h->name), h->drill.len > 0);
    }
    buf_add_u8(body, ']');
}

/* In a state from before there were drills only the manifest says who the holders are. */
static void put_unknown_set(struct buf *body, const struct call *call)
{
    const struct manifest *const m = call->now->deployment->manifest;
    struct recovery_proofs proofs;

    recovery_proofs_summary(call->now, 0, &proofs);
    buf_add_format(body, "\"set\":null,\"scheme\":\"unknown\",\"needed\":%u,\"created\":null",
                   proofs.needed);
    put_summary(body, &proofs);
    json_put_name(body, "message");
    json_put_string(body, BYTES_LITERAL("unknown: re-issue the shares to make drills possible"));
    json_put_name(body, "holders");
    buf_add_u8(body, '[');
    for (size_t i = 0; i < m->recovery_key_count; i++)
        put_holder(body, m->recovery_keys[i].name, 0, false);
    buf_add_u8(body, ']');
}

static void put_pending(struct buf *body, const struct quorum *q)
{
    buf_add_string(body, "{\"state\":\"pending\",\"requiredUsers\":[");
    for (size_t i = 0; i < q->count; i++) {
        json_put_comma(body);
        json_put_string(body, q->users[i].name);
    }
    buf_add_string(body, "],\"missingUsers\":[");
    quorum_put_missing(q, body);
    buf_add_format(body, "],\"missingAcknowledgments\":%" PRIu64 "}", q->missing);
}

/* False with *damage when the state of a re-issue cannot be read. */
static bool put_reissue(struct buf *body, const struct call *call, struct err *damage)
{
    auto_arena arena = { 0 };
    struct quorum pending;

    json_put_name(body, "reissue");
    if (call->now->new_recovery_set != NULL) {
        buf_add_string(body, "{\"state\":\"proving\",\"newSet\":{");
        put_set(body, call, call->now->new_recovery_set);
        buf_add_string(body, "}}");
    } else if (reissue_load(call->now, &arena, &pending, damage)) {
        put_pending(body, &pending);
    } else {
        buf_add_string(body, "null");
    }
    return damage->kind == FAIL_NONE;
}

void recovery_status_get(struct call *call)
{
    auto_buf data = { 0 };
    struct err damage = { 0 };

    buf_add_u8(&data, '{');
    if (call->now->recovery_set != NULL)
        put_set(&data, call, call->now->recovery_set);
    else
        put_unknown_set(&data, call);
    if (!put_reissue(&data, call, &damage)) {
        reply_failed(call, &damage, 500);
        return;
    }
    put_recovery_record(&data, &call->now->recovery);
    buf_add_u8(&data, '}');
    reply_success(call, buf_bytes(&data));
}
