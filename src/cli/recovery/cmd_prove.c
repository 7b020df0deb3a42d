/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/coordinator/session.h"
#include "cli/io/input.h"
#include "cli/recovery/drill_record.h"
#include "cli/recovery/share_input.h"
#include "cli/user/identity.h"
#include "codec/text.h"
#include "recovery/drill.h"

/* Drills: recovery prove needs no network; recovery drill does all of it over one connection, or rehearses it. */

enum { LARGEST_FILE = 1 << 20, FINGERPRINT_DIGITS = 16 };

/* What the holder has. */
struct holding {
    struct key *key;
    struct buf file; /* of the secret, as it was read */
};
static void holding_clear(struct holding *h)
{
    key_free(h->key);
    buf_clear(&h->file);
}
#define auto_holding struct holding CLEANUP(holding_clear)

static bool read_holding(struct cli *cli, struct holding *h, struct err *err)
{
    const struct options *const o = &cli->options;

    h->key = identity_recovery_key(cli, err);
    return h->key != NULL && input_file(cli, option_text(o, "secret"), LARGEST_FILE, &h->file, err);
}

/* The beginning of the SHA-256 of a secret, to compare. */
static bool prefix_of(const struct secret *secret, char hex[static 2 * SHA256_LEN + 1],
                      struct err *err)
{
    if (!sha256_hex(secret_bytes(secret), hex, err))
        return false;
    hex[FINGERPRINT_DIGITS] = '\0';
    return true;
}

/* The answer to a challenge, as JSON. */
static bool answer_challenge(struct cli *cli, const struct drill_challenge *challenge,
                             const struct holding *h, struct drill_record *record, struct buf *out,
                             struct err *err)
{
    const struct options *const o = &cli->options;
    struct bytes name = bytes_of_string(option_text(o, "name"));

    if (!option_is_set(o, "name") && !drill_holder_of(challenge, h->key, &name, err))
        return false;
    drill_record_holder(record, name);
    auto_secret *secret =
        share_input_named(cli, option_text(o, "secret"), buf_bytes(&h->file), name, h->key, err);
    return secret != NULL && prefix_of(secret, record->secret, err) &&
           drill_answer_write(challenge, name, h->key, secret_bytes(secret), out, err);
}

bool run_recovery_prove(struct cli *cli, struct err *err)
{
    auto_drill_challenge challenge = { 0 };
    auto_holding holding = { 0 };
    auto_drill_record none = { .fd = -1 };
    auto_buf input = { 0 }, data = { 0 }, text = { 0 };

    if (!input_file(cli, "-", LARGEST_FILE, &input, err) ||
        !drill_challenge_read(buf_bytes(&input), &challenge, err))
        return err_in(err, "standard input");
    if (!read_holding(cli, &holding, err) ||
        !answer_challenge(cli, &challenge, &holding, &none, &data, err))
        return false;
    buf_add(&text, buf_bytes(&data));
    buf_add_u8(&text, '\n');
    return output_result(&cli->out, "DrillAnswer", buf_bytes(&data), buf_bytes(&text), err);
}

/* ---- recovery drill ---- */

static bool show_result(struct cli *cli, const struct json *data, struct drill_record *record,
                        struct err *err)
{
    const struct json *const member = answer_member(data, "replaced");
    struct bytes name, set, proven;
    bool replaced = false;
    auto_buf json = { 0 }, text = { 0 };

    if (!answer_text(data, "name", &name, err) || !answer_text(data, "set", &set, err) ||
        !answer_text(data, "proven", &proven, err) ||
        (member != NULL && !json_get_bool(member, &replaced, err)))
        return false;
    if (proven.len == 0)
        return err_set(err, FAIL_MALFORMED, "the answer does not say that the secret is proven");
    buf_add_string(&json, "{\"result\":\"ok\",\"name\":");
    json_put_string(&json, name);
    json_put_name(&json, "set");
    json_put_string(&json, set);
    json_put_name(&json, "proven");
    json_put_string(&json, proven);
    buf_add_format(&json, ",\"replaced\":%s}", replaced ? "true" : "false");
    buf_add_format(&text, "ok: the recovery secret of \"%.*s\" was proven at %.*s\n",
                   BYTES_FMT(name), BYTES_FMT(proven));
    if (replaced)
        buf_add_string(&text, "The re-issued recovery secrets are in force now, the old ones no "
                              "longer work.\n");
    return drill_record_add(record, NULL, err) &&
           output_result(&cli->out, "DrillResult", buf_bytes(&json), buf_bytes(&text), err);
}

static bool drill(struct cli *cli, const struct holding *h, struct drill_record *record,
                  struct err *err)
{
    const struct bytes nothing = BYTES_LITERAL("{}");
    const struct call ask = { "recovery/drill", NULL, &nothing, NULL };
    auto_session s = { 0 };
    auto_answer asked = { 0 }, answered = { 0 };
    auto_drill_challenge challenge = { 0 };
    auto_buf body = { 0 };

    if (!session_open(&s, cli, cli_argument(cli, 0), err) || !session_pin(&s, err) ||
        !drill_record_coordinator(record, s.pinned, err) || !session_call(&s, &ask, &asked, err) ||
        !drill_challenge_read(buf_bytes(&asked.reply.body), &challenge, err) ||
        !answer_challenge(cli, &challenge, h, record, &body, err))
        return false;
    const struct bytes sent = buf_bytes(&body);
    const struct call answer = { "recovery/drill", NULL, &sent, NULL };
    if (session_call(&s, &answer, &answered, err))
        return show_result(cli, answered.data, record, err);
    if (cli->status == EXIT_DENIED || cli->status == EXIT_REJECTED)
        (void)cli_fail(cli, cli->status,
                       "nothing has changed; while re-issued secrets wait for their proofs, the "
                       "Coordinator asks for the new one");
    return false;
}

/* All that a holder does, and nothing is sent: does the key open the secret, and does it sign? */
static bool rehearse(struct cli *cli, const struct holding *h, struct drill_record *record,
                     struct err *err)
{
    const char *const path = option_text(&cli->options, "secret");
    const struct bytes typed = bytes_of_string(option_text(&cli->options, "name"));
    auto_buf name = { 0 }, signature = { 0 }, json = { 0 }, text = { 0 };

    buf_add_string(&record->coordinator, "\"offline\"");
    buf_add(&name, typed);
    auto_secret *secret =
        option_is_set(&cli->options, "name")
            ? share_input_named(cli, path, buf_bytes(&h->file), typed, h->key, err)
            : share_input_open(cli, path, buf_bytes(&h->file), h->key, &name, err);
    if (name.len > 0)
        drill_record_holder(record, buf_bytes(&name));
    if (secret == NULL)
        return false;
    if (!prefix_of(secret, record->secret, err) ||
        !share_input_sign(cli, h->key, secret, &signature, err))
        return false;
    buf_add_format(&json,
                   "{\"result\":\"ok\",\"offline\":true,\"bytes\":%zu,\"sha256Prefix\":\"%s\"}",
                   secret->len, record->secret);
    buf_add_format(&text,
                   "ok: the key opens the secret (%zu bytes, SHA-256 begins with %s) and signs\n",
                   secret->len, record->secret);
    output_say(&cli->out,
               "Nothing was sent: whether the Coordinator still knows this secret is not proven.");
    return drill_record_add(record, NULL, err) &&
           output_result(&cli->out, "DrillResult", buf_bytes(&json), buf_bytes(&text), err);
}

bool run_recovery_drill(struct cli *cli, struct err *err)
{
    const bool offline = option_switch(&cli->options, "offline");
    auto_drill_record record = { .fd = -1 };
    auto_holding holding = { 0 };
    struct err unrecorded = { 0 };

    if (offline == (cli->options.argument_count > 0)) {
        (void)cli_fail(cli, EXIT_USAGE, NULL);
        return err_set(err, FAIL_MALFORMED,
                       offline ? "--offline talks to no Coordinator: leave <IP:PORT> away"
                               : "either <IP:PORT> or --offline is required");
    }
    if (!read_holding(cli, &holding, err) || !drill_record_open(cli, holding.key, &record, err))
        return false;
    const bool done =
        offline ? rehearse(cli, &holding, &record, err) : drill(cli, &holding, &record, err);
    if (!done && !drill_record_add(&record, err->text, &unrecorded))
        output_warn(&cli->out, "%s", unrecorded.text);
    return done;
}
