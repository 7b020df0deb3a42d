/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/coordinator/session.h"
#include "cli/io/json_text.h"
#include "cli/io/save.h"
#include "cli/user/secret_value.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* secret get */

static char *query_of(const struct cli *cli)
{
    auto_buf query = { 0 };

    buf_add_string(&query, "secrets");
    for (size_t i = 0; i + 1 < cli->options.argument_count; i++) {
        const struct bytes name = bytes_of_string(cli_argument(cli, i));
        buf_add_string(&query, i == 0 ? "?s=" : "&s=");
        for (size_t j = 0; j < name.len; j++) {
            const uint8_t c = name.at[j];
            const bool plain = ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || (c >= '0' && c <= '9');
            buf_add_format(&query, plain || strchr("-_.~", c) != NULL ? "%c" : "%%%02X", c);
        }
    }
    return bytes_to_string(buf_bytes(&query));
}

/* ---- as the original shows them ---- */

static void put_line(struct buf *text, const char *label, const struct json *value)
{
    if (value == NULL)
        return;
    buf_add_format(text, "\t%-14s ", label);
    if (value->type == JSON_STRING)
        buf_add(text, value->text);
    else if (value->type != JSON_NULL)
        json_text_put(value, text);
    buf_add_u8(text, '\n');
}

static bool put_secret(const struct json *secret, struct buf *text, struct err *err)
{
    static const char *const cert[][2] = {
        { "Type:", "Type" },           { "UserDefined:", "UserDefined" },
        { "Size:", "Size" },           { "Valid For:", "ValidFor" },
        { "Certificate:", "Cert" },    { "Public Key:", "Public" },
        { "Private Key:", "Private" }, { NULL, NULL },
    };
    static const char *const symmetric[][2] = {
        { "Type:", "Type" }, { "UserDefined:", "UserDefined" },
        { "Size:", "Size" }, { "Key:", "Private" },
        { NULL, NULL },
    };
    static const char *const plain[][2] = { { "Type:", "Type" },
                                            { "Data:", "Private" },
                                            { NULL, NULL } };
    const char *const(*lines)[2] = cert;
    struct bytes type = BYTES_NONE;

    if (!answer_text(secret, "Type", &type, err))
        return false;
    if (bytes_equal_string(type, "symmetric-key"))
        lines = symmetric;
    else if (bytes_equal_string(type, "plain"))
        lines = plain;
    else if (!bytes_start_with(type, BYTES_LITERAL("cert-")))
        return err_set(err, FAIL_MALFORMED, "unknown type of secret: \"%.*s\"", BYTES_FMT(type));
    buf_add(text, secret->name);
    buf_add_string(text, ":\n");
    for (; (*lines)[0] != NULL; lines++) {
        const bool without_size =
            bytes_equal_string(type, "cert-ed25519") && strcmp((*lines)[1], "Size") == 0;
        if (!without_size)
            put_line(text, (*lines)[0], answer_member(secret, (*lines)[1]));
    }
    buf_add_u8(text, '\n');
    return true;
}

/* ---- the forms of values ---- */

enum form { FORM_ALL = 0, FORM_RAW, FORM_PEM, FORM_ENV, FORM_DOTENV };
static const char *const form_flags[] = {
    [FORM_RAW] = "raw", [FORM_PEM] = "pem", [FORM_ENV] = "env", [FORM_DOTENV] = "dotenv"
};

static enum form form_of(const struct options *options)
{
    enum form form = FORM_DOTENV;

    while (form > FORM_ALL && !option_switch(options, form_flags[form]))
        form--;
    return form;
}

struct shown {
    enum form form;
    struct buf data; /* JSON object */
    struct buf text;
    struct buf map; /* what goes into a file without a form: JSON */
};
static void shown_clear(struct shown *shown)
{
    buf_clear(&shown->data);
    buf_clear(&shown->text);
    buf_clear(&shown->map);
}
#define auto_shown struct shown CLEANUP(shown_clear)

static bool put_all(const struct json *secrets, struct shown *shown, struct err *err)
{
    const struct json **const sorted = json_text_sorted(secrets);
    bool good = true;

    buf_add_u8(&shown->map, '{');
    for (size_t i = 0; sorted[i] != NULL && good; i++) {
        json_put_comma(&shown->map);
        json_put_string(&shown->map, sorted[i]->name);
        buf_add_u8(&shown->map, ':');
        json_text_put(sorted[i], &shown->map);
        good = put_secret(sorted[i], &shown->text, err);
    }
    buf_add_u8(&shown->map, '}');
    free(sorted);
    buf_add_string(&shown->data, "{\"secrets\":");
    buf_add(&shown->data, buf_bytes(&shown->map));
    buf_add_u8(&shown->data, '}');
    return good;
}

static bool put_raw(const struct secret_value *v, enum secret_field field, struct shown *shown,
                    struct err *err)
{
    struct bytes raw;

    if (!secret_value_raw(v, field, &raw, err))
        return false;
    buf_add(&shown->text, raw);
    buf_add_string(&shown->data, "{\"value\":");
    json_put_octets(&shown->data, raw);
    buf_add_u8(&shown->data, '}');
    return true;
}

static bool put_pem(const struct secret_value *v, enum secret_field field, struct shown *shown,
                    struct err *err)
{
    if (!secret_value_pem(v, field, &shown->text, err))
        return false;
    buf_add_string(&shown->data, "{\"pem\":");
    json_put_string(&shown->data, buf_bytes(&shown->text));
    buf_add_u8(&shown->data, '}');
    return true;
}

/* Readers of files with settings differ about these characters, also between single quotes. */
static bool is_unambiguous(struct bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (strchr("'\\$", text.at[i]) != NULL)
            return false;
    }
    return true;
}

static bool put_variable(const struct secret_value *v, struct shown *shown, struct err *err)
{
    auto_buf variable = { 0 }, text = { 0 };

    if (!secret_value_text(v, &text, err))
        return false;
    if (shown->form == FORM_DOTENV && !is_unambiguous(buf_bytes(&text)))
        return err_set(err, FAIL_STATE,
                       "secret %.100s has ', \\ or $, which programs read differently", v->name);
    secret_put_variable(&variable, bytes_of_string(v->name));
    json_put_comma(&shown->data);
    json_put_string(&shown->data, buf_bytes(&variable));
    buf_add_u8(&shown->data, ':');
    json_put_string(&shown->data, buf_bytes(&text));
    buf_add(&shown->text, buf_bytes(&variable));
    buf_add_u8(&shown->text, '=');
    secret_put_quoted(&shown->text, buf_bytes(&text));
    buf_add_u8(&shown->text, '\n');
    return true;
}

/* Only what was asked for: an answer that has more sets no other variables. */
static bool put_wanted(const struct options *options, const struct json *secrets,
                       struct shown *shown, struct err *err)
{
    const bool variables = shown->form == FORM_ENV || shown->form == FORM_DOTENV;
    const enum secret_field field = secret_field_from_text(option_text(options, "field"));
    bool put = true;

    buf_add_string(&shown->data, variables ? "{\"variables\":{" : "");
    for (size_t i = 0; i + 1 < options->argument_count && put; i++) {
        auto_secret_value v = { 0 };
        put = secret_value_read(secrets, options->arguments[i], &v, err) &&
              (variables                 ? put_variable(&v, shown, err)
               : shown->form == FORM_RAW ? put_raw(&v, field, shown, err)
                                         : put_pem(&v, field, shown, err));
    }
    buf_add_string(&shown->data, variables ? "}}" : "");
    return put;
}

static bool put_secrets(struct cli *cli, const struct json *secrets, struct shown *shown,
                        struct err *err)
{
    if (shown->form == FORM_ALL)
        return put_all(secrets, shown, err);
    if (put_wanted(&cli->options, secrets, shown, err))
        return true;
    if (err->kind == FAIL_NOT_FOUND)
        return cli_fail(cli, EXIT_NOT_FOUND, "`secret set` gives it a value");
    if (err->kind != FAIL_STATE)
        return false;
    if (shown->form == FORM_ENV || shown->form == FORM_DOTENV)
        return cli_fail(cli, EXIT_REJECTED, "`secret get --raw` gives its bytes");
    return cli_fail(cli, EXIT_USAGE, "--field says which part of a secret is meant");
}

/* ---- the command ---- */

/* No two secrets in one variable. */
static bool variables_differ(const struct options *options)
{
    for (size_t i = 1; i + 1 < options->argument_count; i++) {
        auto_buf later = { 0 };
        secret_put_variable(&later, bytes_of_string(options->arguments[i]));
        for (size_t j = 0; j < i; j++) {
            auto_buf earlier = { 0 };
            secret_put_variable(&earlier, bytes_of_string(options->arguments[j]));
            if (bytes_equal(buf_bytes(&earlier), buf_bytes(&later)))
                return false;
        }
    }
    return true;
}

static bool check_form(struct cli *cli, enum form form, struct err *err)
{
    const struct options *const options = &cli->options;
    const bool one = form == FORM_RAW || form == FORM_PEM;

    if (one && options->argument_count > 2)
        (void)err_set(err, FAIL_MALFORMED, "--%s is for one secret", form_flags[form]);
    else if (!one && option_is_set(options, "field"))
        (void)err_set(err, FAIL_MALFORMED, "--field goes with --raw or --pem");
    else if (!one && form != FORM_ALL && !variables_differ(options))
        (void)err_set(err, FAIL_MALFORMED, "two of the secrets would be in the same variable");
    else
        return true;
    return cli_fail(cli, EXIT_USAGE, NULL);
}

/* Bytes are not for a terminal. */
static bool check_place(struct cli *cli, enum form form, const struct save *save, struct err *err)
{
    const bool bytes = form == FORM_RAW && (save->is_open || cli->out.format == FORMAT_TEXT);

    if (!bytes || isatty(save->is_open ? save->fd : STDOUT_FILENO) != 1)
        return true;
    (void)cli_fail(cli, EXIT_USAGE, "`--raw` goes into a pipe, or into a file with -o FILE");
    return err_set(err, FAIL_STATE, "the bytes of a secret are not shown on a terminal");
}

static bool show(struct cli *cli, const struct shown *shown, struct save *save, struct err *err)
{
    const char *const path = option_text(&cli->options, "output");
    auto_buf data = { 0 };

    if (!save->is_open && shown->form == FORM_RAW && cli->out.format == FORMAT_TEXT)
        return output_raw(&cli->out, buf_bytes(&shown->text), err);
    if (!save->is_open)
        return output_result(&cli->out, "Secret", buf_bytes(&shown->data), buf_bytes(&shown->text),
                             err);
    if (save->is_exposed)
        output_warn(&cli->out, "%s keeps its mode: others on this machine may read it", path);
    if (!save_finish(save, buf_bytes(shown->form == FORM_ALL ? &shown->map : &shown->text), err))
        return false;
    if (save_is_output(path))
        return true;
    buf_add_string(&data, "{\"file\":");
    json_put_string(&data, bytes_of_string(path));
    buf_add_u8(&data, '}');
    output_say(&cli->out, "Saved secrets to: %s", path);
    return output_result(&cli->out, "Secret", buf_bytes(&data), BYTES_NONE, err);
}

bool run_secret_get(struct cli *cli, struct err *err)
{
    const size_t last = cli->options.argument_count - 1;
    const char *const path = option_text(&cli->options, "output");
    auto_string *query = query_of(cli);
    const struct call call = { query, query, NULL, NULL };
    auto_shown shown = { .form = form_of(&cli->options) };
    auto_session s = { 0 };
    auto_answer answer = { 0 };
    auto_save save = { .fd = -1 };

    if (!check_form(cli, shown.form, err) ||
        !session_open_as_user(&s, cli, cli_argument(cli, last), err))
        return false;
    if (path != NULL && path[0] != '\0' && !save_open(&save, path, SAVE_REPLACE, err))
        return false;
    if (!check_place(cli, shown.form, &save, err) || !session_call(&s, &call, &answer, err))
        return false;
    const struct json *const secrets =
        answer.is_v1 ? answer.data : answer_member(answer.data, "secrets");
    return put_secrets(cli, secrets, &shown, err) && show(cli, &shown, &save, err);
}
