/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/coordinator/observer.h"
#include "cli/io/name_list.h"
#include "crypto/hash.h"

#include <inttypes.h>

/* What `status` shows beyond the state, one request for each. */

enum { HTTP_NOT_FOUND = 404 };

/* *known false: the Coordinator has no such thing, or does not know the question. */
static bool ask(struct session *s, const char *path, const char *v1_path, struct answer *answer,
                bool *known, struct err *err)
{
    const struct call call = { path, v1_path, NULL, NULL };

    *known = session_call(s, &call, answer, err);
    if (*known || s->cli->status == EXIT_UNREACHABLE || s->cli->status == EXIT_TRUST)
        return *known;
    s->cli->status = EXIT_GOOD;
    return true;
}

/* Nothing that a Coordinator says makes two lines. */
static void put_line(struct sight *sight, const char *label, struct bytes text)
{
    buf_add_string(&sight->text, label);
    output_visible(&sight->text, text, false);
    buf_add_u8(&sight->text, '\n');
}

static bool put_manifest(struct session *s, struct sight *sight, struct err *err)
{
    auto_answer answer = { 0 };
    struct bytes hash = BYTES_NONE;
    bool known = false;

    if (!ask(s, "manifest", "manifest", &answer, &known, err))
        return false;
    if (known &&
        !answer_text(answer.data, answer.is_v1 ? "ManifestSignature" : "manifestFingerprint", &hash,
                     err))
        return false;
    if (hash.len == 0)
        return true;
    buf_add_string(&sight->data, ",\"manifestFingerprint\":");
    json_put_string(&sight->data, hash);
    put_line(sight, "manifest:  ", hash);
    return true;
}

static bool put_pending(const struct answer *answer, struct sight *sight, struct err *err)
{
    const struct json *const octets = answer_member(answer->data, "manifest");
    const struct json *const missing = answer_member(answer->data, "missingUsers");
    auto_buf manifest = { 0 }, names = { 0 };
    char hash[2 * SHA256_LEN + 1];
    bool present = false;

    if (octets == NULL || !json_get_octets(octets, &manifest, &present, err) ||
        !name_list_read(missing, &names, NULL, err))
        return octets == NULL && err_set(err, FAIL_MALFORMED, "the pending update has no manifest");
    if (!sha256_hex(buf_bytes(&manifest), hash, err))
        return false;
    buf_add_format(&sight->data, ",\"pendingUpdate\":{\"manifestFingerprint\":\"%s\"", hash);
    buf_add_string(&sight->data, ",\"missingUsers\":");
    name_list_put(missing, &sight->data);
    buf_add_u8(&sight->data, '}');
    auto_string *label = mem_printf("update:    %s, not yet acknowledged by: ", hash);
    put_line(sight, label, buf_bytes(&names));
    return true;
}

static bool put_update(struct session *s, struct sight *sight, struct err *err)
{
    auto_answer answer = { 0 };
    bool known = false;

    if (!ask(s, "update-manifest", "update-manifest", &answer, &known, err))
        return false;
    if (known)
        return put_pending(&answer, sight, err);
    if (answer.reply.status != HTTP_NOT_FOUND)
        return true;
    buf_add_string(&sight->data, ",\"pendingUpdate\":null");
    buf_add_string(&sight->text, "update:    none pending\n");
    return true;
}

static bool put_progress(const struct json *data, struct sight *sight, struct err *err)
{
    const struct json *const needed = answer_member(data, "needed");
    const struct json *const received = answer_member(data, "received");
    const struct json *const missing = answer_member(data, "missing");
    auto_buf names = { 0 };
    uint64_t want = 0, have = 0;

    if ((needed != NULL && !json_get_uint(needed, UINT16_MAX, &want, err)) ||
        (received != NULL && !json_get_uint(received, UINT16_MAX, &have, err)) ||
        !name_list_read(missing, &names, NULL, err))
        return err_in(err, "recovery status");
    buf_add_format(
        &sight->data,
        ",\"recovery\":{\"needed\":%" PRIu64 ",\"received\":%" PRIu64 ",\"missing\":", want, have);
    name_list_put(missing, &sight->data);
    buf_add_u8(&sight->data, '}');
    auto_string *label = mem_printf("recovery:  %" PRIu64 " of %" PRIu64 " secrets received%s",
                                    have, want, names.len > 0 ? ", none from: " : "");
    put_line(sight, label, buf_bytes(&names));
    return true;
}

static bool put_recovery(struct session *s, struct sight *sight, struct err *err)
{
    auto_answer answer = { 0 };
    struct bytes last;
    bool known = false;

    if (!ask(s, "recover/status", NULL, &answer, &known, err))
        return false;
    if (!known)
        return true;
    if (sight->code == STATE_RECOVERY)
        return put_progress(answer.data, sight, err);
    if (!answer_text(answer.data, "lastRecovery", &last, err))
        return err_in(err, "recovery status");
    if (last.len == 0)
        return true;
    buf_add_string(&sight->data, ",\"lastRecovery\":");
    json_put_string(&sight->data, last);
    put_line(sight, "recovered: ", last);
    return true;
}

bool status_facts_put(struct session *s, enum facts facts, struct sight *sight, struct err *err)
{
    const bool all = facts == FACTS_ALL;

    return (!all || sight->code != STATE_RUNNING ||
            (put_manifest(s, sight, err) && put_update(s, sight, err))) &&
           ((!all && sight->code != STATE_RECOVERY) || put_recovery(s, sight, err));
}
