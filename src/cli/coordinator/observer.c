/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/coordinator/observer.h"

#include "crypto/hash.h"

#include <inttypes.h>

#define UNPROVEN_HINT                                                                              \
    "`recover` takes the recovery secrets; `status --collateral BUNDLE --era-config POLICY` "      \
    "verifies the quote of a Coordinator that has one, `status --insecure` does without proof"

enum { LONGEST_INTERVAL_S = 24 * 60 * 60 };

void observer_clear(struct observer *o)
{
    session_clear(&o->session);
    cache_clear(&o->cache);
    cert_free(o->refused);
    *o = (struct observer){ 0 };
}

void sight_clear(struct sight *sight)
{
    buf_clear(&sight->data);
    buf_clear(&sight->text);
    *sight = (struct sight){ 0 };
}

bool observer_interval_is_good(struct cli *cli, struct err *err)
{
    const unsigned seconds = option_count(&cli->options, "interval");

    if (seconds >= 1 && seconds <= LONGEST_INTERVAL_S)
        return true;
    (void)cli_fail(cli, EXIT_USAGE, NULL);
    return err_set(err, FAIL_MALFORMED, "--interval: want 1 to %d seconds", LONGEST_INTERVAL_S);
}

bool observer_open(struct observer *o, struct cli *cli, const char *endpoint, struct err *err)
{
    struct session *const s = &o->session;

    o->attests = option_switch(&cli->options, "attest");
    if (!session_open(s, cli, endpoint, err))
        return false;
    if (option_switch(&cli->options, "insecure"))
        output_check(&cli->out, false, "who answers at %s (--insecure)", endpoint);
    else if (!o->attests && !cache_read(cli, &o->cache, err))
        return false;
    if (o->cache.unverified)
        output_warn(&cli->out, "the pinned certificate in %s was stored with --insecure",
                    o->cache.path);
    s->transport = transport_new(cli, &s->endpoint, err);
    return s->transport != NULL;
}

/* ---- whose answer it is ---- */

static bool is_insecure(const struct observer *o)
{
    return option_switch(&o->session.cli->options, "insecure");
}

/* By what is known already. After a recovery a connection goes on with the temporary certificate. */
static bool is_known(const struct observer *o, uint64_t code, enum trust *trust, struct err *why)
{
    const struct tls_pin *const pin = transport_pin(o->session.transport);
    struct err ignored = { 0 };

    *trust = TRUST_NONE;
    if (is_insecure(o))
        *trust = TRUST_UNVERIFIED;
    else if (o->cache.root != NULL && tls_pin_accepts(pin, o->cache.root, why))
        *trust = TRUST_PINNED;
    else if (o->session.root != NULL && (o->attests || code == STATE_RECOVERY) &&
             tls_pin_accepts(pin, o->session.root, &ignored))
        *trust = TRUST_ATTESTED;
    return *trust != TRUST_NONE;
}

static bool refuse(struct observer *o, const char *hint, const struct err *why, struct err *err)
{
    *err = *why;
    (void)cli_fail(o->session.cli, EXIT_TRUST, hint);
    return err_in(err, "GET %s/api/v2/status", o->session.endpoint.url);
}

/* asked: who told the state. The quote may have come over a connection that libcurl had to open anew, from somebody else. */
static bool attest(struct observer *o, const struct cert *asked, struct err *err)
{
    struct session *const s = &o->session;

    if (!session_verify(s, err) || !session_bind(s, err))
        return false;
    if (bytes_equal(cert_der(transport_pin(s->transport)->shown), cert_der(asked)))
        return true;
    (void)cli_fail(s->cli, EXIT_TRUST, NULL);
    return err_set(
        err, FAIL_DENIED,
        "the state was told under another certificate than the one that the quote is for");
}

/* why: it is not the pinned one. Only recovery mode explains that. */
static bool prove(struct observer *o, uint64_t code, const struct err *why, struct err *err)
{
    struct cli *const cli = o->session.cli;
    /* A reference of ours: the next handshake drops the one of the pin. */
    auto_cert *shown = cert_ref(transport_pin(o->session.transport)->shown);

    if (o->attests)
        return attest(o, shown, err);
    if (code != STATE_RECOVERY)
        return refuse(o, TRANSPORT_PIN_HINT, why, err);
    if (o->refused != NULL && bytes_equal(cert_der(shown), cert_der(o->refused)))
        return refuse(o, UNPROVEN_HINT, why, err);
    if (attest(o, shown, err)) {
        output_warn(&cli->out, "this is not the pinned root certificate but the temporary one of "
                               "recovery mode; the quote for it was verified");
        return true;
    }
    output_warn(&cli->out,
                "%s says that it is in recovery mode, where a Coordinator has a temporary "
                "certificate; that was not proven: %s",
                o->session.typed, err->text);
    if (cli->status != EXIT_UNREACHABLE) {
        cert_free(o->refused);
        o->refused = cert_ref(shown);
    }
    return refuse(o, UNPROVEN_HINT, why, err);
}

static bool ask(struct observer *o, uint64_t *code, struct answer *answer, struct bytes *message,
                struct err *err)
{
    transport_pin(o->session.transport)->root = NULL; /* is_known judges */
    return session_status(&o->session, code, answer, message, err);
}

static bool ask_and_judge(struct observer *o, struct answer *answer, struct sight *sight,
                          struct bytes *message, struct err *err)
{
    struct tls_pin *const pin = transport_pin(o->session.transport);
    struct err why = { 0 };
    const bool again = o->has_looked;

    if (!ask(o, &sight->code, answer, message, err))
        return false;
    o->has_looked = true;
    bool known = is_known(o, sight->code, &sight->trust, &why);
    if (!known && again) {
        transport_renew(o->session.transport);
        if (!ask(o, &sight->code, answer, message, err))
            return false;
        known = is_known(o, sight->code, &sight->trust, &why);
    }
    if (!known) {
        sight->trust = TRUST_ATTESTED;
        return prove(o, sight->code, &why, err);
    }
    if (sight->trust == TRUST_PINNED && !again)
        output_check(&o->session.cli->out, true, "root certificate and name, against %s",
                     o->cache.path);
    /* For a connection that libcurl has to open anew before the facts are read. */
    pin->root = sight->trust == TRUST_PINNED     ? o->cache.root
                : sight->trust == TRUST_ATTESTED ? o->session.root
                                                 : NULL;
    return true;
}

/* ---- what is shown ---- */

static bool put_root(const struct observer *o, enum facts facts, struct sight *sight,
                     struct err *err)
{
    static const char *const names[] = {
        [TRUST_UNVERIFIED] = "unverified", [TRUST_PINNED] = "pinned", [TRUST_ATTESTED] = "attested"
    };
    const struct tls_pin *const pin = transport_pin(o->session.transport);
    const bool pinned = sight->trust == TRUST_PINNED;
    const char *const since = pinned ? o->cache.since : NULL;
    char hash[2 * SHA256_LEN + 1];

    if (!sha256_hex(cert_der(pin->shown), hash, err))
        return false;
    buf_add_format(&sight->data, ",\"root\":{\"sha256\":\"%s\",\"trust\":\"%s\"", hash,
                   names[sight->trust]);
    if (since != NULL)
        buf_add_format(&sight->data, ",\"since\":\"%s\"", since);
    if (pinned)
        buf_add_format(&sight->data, ",\"verified\":%s", o->cache.unverified ? "false" : "true");
    buf_add_u8(&sight->data, '}');
    if (facts == FACTS_ALL)
        buf_add_format(&sight->text, "root:      %s\ntrust:     %s%s%s%s%s\n", hash,
                       names[sight->trust], sight->trust == TRUST_ATTESTED ? " now" : "",
                       since != NULL ? " since " : "", since != NULL ? since : "",
                       pinned && o->cache.unverified ? ", but never verified" : "");
    return true;
}

bool observer_look(struct observer *o, enum facts facts, struct sight *sight, struct err *err)
{
    auto_answer answer = { 0 };
    struct bytes message;

    sight_clear(sight);
    if (!ask_and_judge(o, &answer, sight, &message, err))
        return false;
    buf_add_format(&sight->data, "\"code\":%" PRIu64 ",\"state\":\"%s\",\"message\":", sight->code,
                   session_state_name(sight->code));
    json_put_string(&sight->data, message);
    buf_add_format(&sight->text, "%" PRIu64 ": ", sight->code);
    output_visible(&sight->text, message, false);
    buf_add_u8(&sight->text, '\n');
    return put_root(o, facts, sight, err) &&
           (facts == FACTS_STATE || status_facts_put(&o->session, facts, sight, err));
}

void observer_say_next(struct observer *o, const struct sight *sight)
{
    struct cli *const cli = o->session.cli;

    if (sight->code == STATE_RECOVERY)
        output_say(&cli->out,
                   "Next: `%s recover SECRET %s --key KEY` by each holder brings the state back; "
                   "`%s recovery status %s` shows how far it is",
                   cli->program, o->session.typed, cli->program, o->session.typed);
    else if (sight->code == STATE_AWAITS_MANIFEST)
        output_say(&cli->out, "Next: `%s manifest set MANIFEST %s`", cli->program,
                   o->session.typed);
}

bool observer_update_is_pending(struct observer *o, bool *pending, struct err *err)
{
    const struct call call = { "update-manifest", "update-manifest", NULL, NULL };
    auto_answer answer = { 0 };

    *pending = session_call(&o->session, &call, &answer, err);
    if (*pending || o->session.cli->status != EXIT_NOT_FOUND)
        return *pending;
    o->session.cli->status = EXIT_GOOD;
    return true;
}
