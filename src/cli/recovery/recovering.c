/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/recovery/recovering.h"

#include "cli/coordinator/cache.h"
#include "cli/io/name_list.h"
#include "crypto/hash.h"
#include "recovery/signed_key.h"

#include <inttypes.h>

enum { HTTP_NOT_FOUND = 404, HTTP_NO_METHOD = 405 };

void recovering_clear(struct recovering *r)
{
    answer_clear(&r->answer);
    *r = (struct recovering){ 0 };
}

/* ---- how far it is ---- */

static bool get_count(const struct json *object, const char *name, uint64_t *count, struct err *err)
{
    const struct json *const member = answer_member(object, name);

    return member == NULL || json_get_uint(member, UINT16_MAX, count, err);
}

/* The original tells its state only. */
static bool read_state_only(struct session *s, struct recovering *r, struct err *err)
{
    auto_answer answer = { 0 };
    struct bytes message;
    uint64_t code;

    s->cli->status = EXIT_GOOD;
    *err = (struct err){ 0 };
    if (!session_status(s, &code, &answer, &message, err))
        return false;
    r->active = code == STATE_RECOVERY;
    return true;
}

bool recovering_read(struct session *s, struct recovering *r, struct err *err)
{
    const struct call call = { "recover/status", NULL, NULL, NULL };

    if (!session_call(s, &call, &r->answer, err)) {
        const long status = r->answer.reply.status;
        return (status == HTTP_NOT_FOUND || status == HTTP_NO_METHOD) && read_state_only(s, r, err);
    }
    const struct json *const data = r->answer.data;
    const struct json *const active = answer_member(data, "recovering");
    r->known = true;
    r->missing = answer_member(data, "missing");
    return (active == NULL || json_get_bool(active, &r->active, err)) &&
           answer_text(data, "session", &r->session, err) &&
           get_count(data, "needed", &r->needed, err) &&
           get_count(data, "received", &r->received, err);
}

bool recovering_expect(struct cli *cli, const struct recovering *r, struct bytes wanted,
                       struct err *err)
{
    if (!r->active) {
        (void)cli_fail(cli, EXIT_STATE, "nothing was sent");
        return err_set(err, FAIL_STATE,
                       "the Coordinator is not in recovery mode: there is nothing to recover");
    }
    if (wanted.len == 0 || (r->known && bytes_equal(r->session, wanted)))
        return true;
    (void)cli_fail(cli, EXIT_STATE,
                   "nothing was sent and nothing is lost; it was started again since, or this is "
                   "another instance, and what one was given does not count for another");
    return err_set(err, FAIL_STATE, "this is session %.*s of the recovery and not %.*s",
                   BYTES_FMT(r->known ? r->session : BYTES_LITERAL("(not told)")),
                   BYTES_FMT(wanted));
}

bool recovering_say(struct cli *cli, const struct recovering *r, struct err *err)
{
    auto_buf missing = { 0 };

    if (!r->known)
        return true;
    if (!name_list_read(r->missing, &missing, NULL, err))
        return false;
    output_say(&cli->out, "Session %.*s: %" PRIu64 " of %" PRIu64 " secrets received%s%.*s",
               BYTES_FMT(r->session), r->received, r->needed, missing.len > 0 ? ", missing: " : "",
               BYTES_FMT(buf_bytes(&missing)));
    return true;
}

/* Of the key that came over this connection. */
static bool read_signature(struct session *s, const struct answer *answer, struct bytes der,
                           struct buf *signature, struct err *err)
{
    const struct json *const octets = answer_member(answer->data, "signature");
    bool present = false;

    if (octets == NULL)
        return true;
    auto_key *root = cert_public_key(s->root, err);
    if (root == NULL || !json_get_octets(octets, signature, &present, err))
        return false;
    if (signed_key_check(root, der, buf_bytes(signature), err))
        return true;
    (void)cli_fail(s->cli, EXIT_TRUST, NULL);
    return err_in(err, "the key for recovery secrets is not signed by the Coordinator's root");
}

struct key *recovering_key(struct session *s, struct buf *signature, struct err *err)
{
    const struct call call = { "recover/public-key?signed=true", NULL, NULL, NULL };
    auto_answer answer = { 0 };
    auto_buf der = { 0 };
    bool present = false;

    if (!session_call(s, &call, &answer, err))
        return NULL;
    const struct json *const octets = answer_member(answer.data, "ephemeralPublicKey");
    if (octets == NULL)
        (void)err_set(err, FAIL_MALFORMED, "the answer has no key");
    return octets != NULL && json_get_octets(octets, &der, &present, err) &&
                   read_signature(s, &answer, buf_bytes(&der), signature, err)
               ? key_from_public_der(buf_bytes(&der), err)
               : NULL;
}

/* ---- what has changed ---- */

/* The Coordinator after it was recovered, which has another certificate. */
struct recovered {
    uint64_t code;
    char root[2 * SHA256_LEN + 1]; /* SHA-256 of the certificate */
    bool compared, is_pinned;      /* with the certificate cache */
};

/* Whoever answers holds the key of the root that he shows; that he is the right one only the cache can say. */
static bool look_again(struct cli *cli, const char *endpoint, struct recovered *now,
                       struct err *err)
{
    auto_session s = { 0 };
    auto_cache cache = { 0 };
    auto_answer answer = { 0 };
    struct bytes message;
    struct err ignored = { 0 };

    if (!session_open(&s, cli, endpoint, err) || !session_certificates(&s, err) ||
        !tls_pin_accepts(transport_pin(s.transport), s.root, err))
        return false;
    transport_pin(s.transport)->root = s.root;
    now->compared = cache_read(cli, &cache, &ignored);
    now->is_pinned = now->compared && bytes_equal(cert_der(cache.root), cert_der(s.root));
    return sha256_hex(cert_der(s.root), now->root, err) &&
           session_status(&s, &now->code, &answer, &message, err);
}

/* The recovery is done: nothing that fails here may look as if it were not. */
static void show_recovered(struct cli *cli, const char *endpoint, struct buf *json)
{
    const char *const hint = cli->hint;
    struct recovered now = { 0 };
    struct err err = { 0 };

    const bool seen = look_again(cli, endpoint, &now, &err);
    cli->status = EXIT_GOOD;
    cli->hint = hint;
    if (!seen) {
        output_warn(&cli->out, "the state after the recovery is not known: %s", err.text);
        return;
    }
    buf_add_format(json, ",\"after\":{\"state\":\"%s\",\"rootFingerprint\":\"%s\",\"pinned\":%s}",
                   session_state_name(now.code), now.root,
                   !now.compared   ? "null"
                   : now.is_pinned ? "true"
                                   : "false");
    output_say(&cli->out, "The Coordinator is %s; its root certificate has the SHA-256 %s",
               session_state_name(now.code), now.root);
    if (now.compared && !now.is_pinned)
        output_warn(&cli->out, "this is not the root certificate of the certificate cache");
    else
        output_say(&cli->out, now.compared ? "It is that of the certificate cache again"
                                           : "There is no certificate cache to compare it with");
}

/* ---- one upload ---- */

/* "Session ...: 1 of 2 secrets received, from anna": of the set for which this one counted. */
static bool show_received(struct cli *cli, const struct recovering *r, const struct json *data,
                          struct buf *json, struct err *err)
{
    const struct json *const accepted = answer_member(data, "accepted");
    auto_buf names = { 0 };
    uint64_t required = 0;
    size_t count = 0;

    if (!r->known || accepted == NULL)
        return true;
    if (!get_count(data, "required", &required, err) ||
        !name_list_read(accepted, &names, &count, err))
        return false;
    json_put_name(json, "required");
    buf_add_format(json, "%" PRIu64, required);
    json_put_name(json, "accepted");
    name_list_put(accepted, json);
    output_say(&cli->out, "Session %.*s: %zu of %" PRIu64 " secrets received, from %.*s",
               BYTES_FMT(r->session), count, required, BYTES_FMT(buf_bytes(&names)));
    return true;
}

static bool show_progress(struct session *s, const struct recovering *r, const struct json *data,
                          struct err *err)
{
    struct cli *const cli = s->cli;
    const struct json *const number = answer_member(data, "remaining");
    struct bytes message = BYTES_NONE;
    uint64_t remaining = 0;
    auto_buf json = { 0 }, text = { 0 };

    if (number == NULL)
        return err_set(err, FAIL_MALFORMED, "the answer does not say how many secrets remain");
    if (!json_get_uint(number, UINT32_MAX, &remaining, err) ||
        !answer_text(data, "message", &message, err))
        return false;
    buf_add_format(&json, "{\"remaining\":%" PRIu64 ",\"message\":", remaining);
    json_put_string(&json, message);
    json_put_name(&json, "session");
    json_put_string(&json, r->session);
    if (remaining == 0) {
        buf_add_string(&text, "Recovery successful.\n");
        show_recovered(cli, s->typed, &json);
    } else {
        buf_add_format(&text,
                       "Secret was processed successfully. Upload the next secret. Remaining "
                       "secrets: %" PRIu64 "\n",
                       remaining);
        if (!show_received(cli, r, data, &json, err))
            return false;
    }
    buf_add_u8(&json, '}');
    if (remaining > 0 && option_switch(&cli->options, "exit-pending"))
        cli->status = EXIT_PENDING;
    return output_result(&cli->out, "RecoveryProgress", buf_bytes(&json), buf_bytes(&text), err);
}

bool recovering_upload(struct session *s, const struct recovering *r, struct bytes secret,
                       struct bytes signature, struct err *err)
{
    auto_answer answer = { 0 };
    auto_buf body = { 0 };

    buf_add_string(&body, "{\"recoverySecret\":");
    json_put_octets(&body, secret);
    buf_add_string(&body, ",\"recoverySecretSignature\":");
    json_put_octets(&body, signature);
    buf_add_u8(&body, '}');
    const struct bytes sent = buf_bytes(&body);
    const struct call call = { "recover", NULL, &sent, NULL };
    return session_call(s, &call, &answer, err) && show_progress(s, r, answer.data, err) &&
           session_save_quote(s, err);
}
