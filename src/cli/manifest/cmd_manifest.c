/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/io/ask.h"
#include "cli/io/input.h"
#include "cli/manifest/remote_manifest.h"
#include "cli/recovery/data.h"
#include "codec/text.h"

#include <string.h>
#include <sys/stat.h>

/* ---- signature, verify ---- */

static bool show_hash(struct cli *cli, const char *kind, const char *hash, const char *text,
                      struct err *err)
{
    auto_string *data = mem_printf("{\"manifestFingerprint\":\"%s\"}", hash);

    return output_result(&cli->out, kind, bytes_of_string(data), bytes_of_string(text), err);
}

bool run_manifest_signature(struct cli *cli, struct err *err)
{
    auto_manifest_input input = { 0 };

    if (!input_manifest(cli, cli_argument(cli, 0), &input, err))
        return false;
    auto_string *line = mem_printf("%s\n", input.fingerprint);
    return show_hash(cli, "ManifestFingerprint", input.fingerprint, line, err);
}

static bool hash_of_argument(struct cli *cli, const char *text, char hash[static 65],
                             struct err *err)
{
    auto_manifest_input input = { 0 };
    auto_buf raw = { 0 };
    struct err why = { 0 };
    struct stat there;

    if (stat(text, &there) == 0 || strcmp(text, "-") == 0) {
        if (!input_manifest(cli, text, &input, err))
            return false;
        memcpy(hash, input.fingerprint, sizeof input.fingerprint);
        return true;
    }
    (void)cli_fail(cli, EXIT_USAGE, NULL);
    if (!hex_decode(&raw, bytes_of_string(text), &why))
        return err_set(
            err, FAIL_MALFORMED,
            "%.200s is not a file and of invalid format to be a signature (needs to be in hex "
            "format)",
            text);
    if (raw.len != 32)
        return err_set(
            err, FAIL_MALFORMED,
            "%.200s is not a file and of invalid length to be a signature (needs to be 32 bytes)",
            text);
    buf_truncate(&raw, 32);
    auto_buf lower = { 0 };
    hex_encode(&lower, buf_bytes(&raw));
    memcpy(hash, lower.at, 64);
    hash[64] = '\0';
    cli->status = EXIT_GOOD;
    return true;
}

static bool compare(struct cli *cli, const char *local, struct bytes remote, struct err *err)
{
    if (remote.len == 0) {
        (void)cli_fail(cli, EXIT_STATE, NULL);
        return err_set(
            err, FAIL_STATE,
            "the Coordinator returned no manifest fingerprint: is it in the right state?");
    }
    if (bytes_equal_nocase(remote, local))
        return true;
    (void)cli_fail(cli, EXIT_DIFFERENT,
                   "`manifest get` shows the Coordinator's, and `manifest diff` what differs");
    return err_set(err, FAIL_DENIED,
                   "remote manifest %.*s does not have the fingerprint of the local one, %s",
                   BYTES_FMT(remote), local);
}

bool run_manifest_verify(struct cli *cli, struct err *err)
{
    auto_session s = { 0 };
    auto_answer answer = { 0 };
    auto_remote_manifest remote = { 0 };
    char hash[65];

    if (!hash_of_argument(cli, cli_argument(cli, 0), hash, err) ||
        !session_open(&s, cli, cli_argument(cli, 1), err) || !session_verify(&s, err) ||
        !session_bind(&s, err))
        return false;
    const bool same = remote_manifest_get(&s, &answer, &remote, err) &&
                      compare(cli, hash, remote.fingerprint, err);
    return same && session_save_quote(&s, err) && session_save_cache(&s, err) &&
           show_hash(cli, "ManifestVerification", hash, "OK\n", err);
}

/* ---- get ---- */

static void put_manifest_data(const struct remote_manifest *remote, struct buf *data)
{
    buf_add_string(data, "{\"manifestFingerprint\":");
    json_put_string(data, remote->fingerprint);
    buf_add_string(data, ",\"manifest\":");
    json_put_octets(data, buf_bytes(&remote->manifest));
    buf_add_u8(data, '}');
}

static void put_manifest_text(const struct cli *cli, const struct remote_manifest *remote,
                              struct buf *text)
{
    if (!option_switch(&cli->options, "signature")) {
        buf_add(text, buf_bytes(&remote->manifest));
        return;
    }
    buf_add_format(text, "{\n\"ManifestSignature\": \"%.*s\",\n\"Manifest\": ",
                   BYTES_FMT(remote->fingerprint));
    buf_add(text, buf_bytes(&remote->manifest));
    buf_add_u8(text, '}');
}

static bool show_manifest(struct cli *cli, const struct remote_manifest *remote, struct err *err)
{
    const char *const path = option_text(&cli->options, "output");
    auto_buf data = { 0 }, text = { 0 };

    put_manifest_data(remote, &data);
    put_manifest_text(cli, remote, &text);
    if (path != NULL && path[0] != '\0') {
        if (!save_file(path, buf_bytes(&text), SAVE_REPLACE, err))
            return false;
        if (save_is_output(path))
            return true;
        output_say(&cli->out, "Manifest written to: %s", path);
        buf_truncate(&text, 0);
    } else {
        buf_add_u8(&text, '\n');
    }
    return output_result(&cli->out, "Manifest", buf_bytes(&data), buf_bytes(&text), err);
}

/* With --display-update: as it is in force. */
static bool apply_log(struct session *s, struct remote_manifest *remote, struct err *err)
{
    auto_buf updated = { 0 };

    if (!option_switch(&s->cli->options, "display-update"))
        return true;
    if (!remote_manifest_in_force(s, remote, &updated, err))
        return false;
    buf_truncate(&remote->manifest, 0);
    buf_add(&remote->manifest, buf_bytes(&updated));
    return true;
}

bool run_manifest_get(struct cli *cli, struct err *err)
{
    auto_session s = { 0 };
    auto_answer answer = { 0 };
    auto_remote_manifest remote = { 0 };

    if (!session_open(&s, cli, cli_argument(cli, 0), err) || !session_verify(&s, err) ||
        !session_bind(&s, err))
        return false;
    const bool shown = remote_manifest_get(&s, &answer, &remote, err) &&
                       apply_log(&s, &remote, err) && show_manifest(cli, &remote, err);
    return shown && session_save_quote(&s, err) &&
           (!option_switch(&cli->options, "keep-cert") || session_save_cache(&s, err));
}

/* ---- set ---- */

/* In recovery mode a manifest ends the old state: people are asked, programs warned. */
static bool may_replace_state(struct session *s, struct err *err)
{
    static const struct ask dismissal = {
        .question = "The Coordinator is in recovery mode. Dismiss its old state for ever?",
        .unattended = "the Coordinator is in recovery mode: its old state is dismissed",
        .refused = "the manifest was not set",
        .hint = "`recover` brings the old state back",
    };
    auto_answer answer = { 0 };
    struct bytes message;
    uint64_t code;

    if (!session_status(s, &code, &answer, &message, err))
        return false;
    return code != STATE_RECOVERY || ask_consent(s->cli, &dismissal, err);
}

/* file NULL: the secrets are not in one, so they are here. */
static void put_set_data(const struct manifest_input *input, const struct json *secrets,
                         const char *file, struct buf *data)
{
    buf_add_format(data, "{\"manifestFingerprint\":\"%s\",", input->fingerprint);
    if (file != NULL) {
        buf_add_string(data, "\"recoveryDataFile\":");
        json_put_string(data, bytes_of_string(file));
    } else {
        buf_add_string(data, "\"recoverySecrets\":");
        recovery_data_put(secrets, data);
    }
    buf_add_u8(data, '}');
}

/* From here on the manifest is set, whatever else fails. */
static bool finish_set(struct session *s, const struct manifest_input *input,
                       const struct answer *answer, struct save *save, struct err *err)
{
    struct cli *const cli = s->cli;
    const struct json *const secrets = answer_member(answer->data, "RecoverySecrets");
    auto_buf data = { 0 }, text = { 0 };
    struct err shown = { 0 };

    output_say(&cli->out, "Manifest successfully set");
    const bool in_file = save->is_open && secrets != NULL;
    const bool kept = recovery_data_keep(cli, save, secrets, &text, err);
    put_set_data(input, secrets,
                 in_file && kept ? option_text(&cli->options, "recoverydata") : NULL, &data);
    const bool put =
        output_result(&cli->out, "ManifestSet", buf_bytes(&data), buf_bytes(&text), &shown);
    if (!put) {
        recovery_data_rescue(cli->out.format == FORMAT_TEXT ? &text : &data);
        if (kept)
            *err = shown;
    }
    return kept && put && session_save_quote(s, err) && session_save_cache(s, err);
}

static bool refuse_set(struct cli *cli, struct err *err)
{
    if (cli->status == EXIT_STATE)
        (void)cli_fail(cli, EXIT_STATE,
                       "it has a manifest already: `manifest update plan` shows what another one "
                       "would change, `manifest update apply` sends it");
    else if (cli->status == EXIT_REJECTED)
        (void)cli_fail(cli, EXIT_REJECTED, "`manifest lint` shows all that is wrong with it");
    return err_in(err, "setting manifest");
}

static bool set_manifest(struct session *s, const struct manifest_input *input, struct save *save,
                         struct err *err)
{
    auto_buf body = { 0 };
    auto_answer answer = { 0 };

    buf_add_string(&body, "{\"manifest\":");
    json_put_octets(&body, buf_bytes(&input->json));
    buf_add_u8(&body, '}');
    const struct bytes v2 = buf_bytes(&body), v1 = buf_bytes(&input->json);
    const struct call call = { "manifest", "manifest", &v2, &v1 };
    output_say(&s->cli->out, "Manifest signature: %s", input->fingerprint);
    if (!session_call(s, &call, &answer, err))
        return refuse_set(s->cli, err);
    return finish_set(s, input, &answer, save, err);
}

bool run_manifest_set(struct cli *cli, struct err *err)
{
    auto_session s = { 0 };
    auto_manifest_input input = { 0 };
    auto_save save = { .fd = -1 };

    return session_open(&s, cli, cli_argument(cli, 1), err) &&
           input_manifest(cli, cli_argument(cli, 0), &input, err) &&
           recovery_data_open(cli, &save, err) && session_verify(&s, err) &&
           session_bind(&s, err) && may_replace_state(&s, err) &&
           set_manifest(&s, &input, &save, err);
}
