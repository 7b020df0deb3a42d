/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/json_text.h"
#include "cli/save.h"
#include "cli/session.h"

#include <stdlib.h>
#include <string.h>

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

static bool put_all(const struct json *secrets, struct buf *map, struct buf *text, struct err *err)
{
    const struct json **const sorted = json_text_sorted(secrets);
    bool good = true;

    buf_add_u8(map, '{');
    for (size_t i = 0; sorted[i] != NULL && good; i++) {
        json_put_comma(map);
        json_put_string(map, sorted[i]->name);
        buf_add_u8(map, ':');
        json_text_put(sorted[i], map);
        good = put_secret(sorted[i], text, err);
    }
    buf_add_u8(map, '}');
    free(sorted);
    return good;
}

static bool show_secrets(struct cli *cli, const struct json *secrets, struct save *save,
                         struct err *err)
{
    auto_buf map = { 0 }, text = { 0 }, data = { 0 };

    if (!put_all(secrets, &map, &text, err))
        return false;
    buf_add_string(&data, "{\"secrets\":");
    buf_add(&data, buf_bytes(&map));
    buf_add_u8(&data, '}');
    if (!save->is_open)
        return output_result(&cli->out, "Secret", buf_bytes(&data), buf_bytes(&text), err);
    if (!save_finish(save, buf_bytes(&map), err))
        return false;
    output_say(&cli->out, "Saved secrets to: %s", option_text(&cli->options, "output"));
    return output_result(&cli->out, "Secret", BYTES_LITERAL("{}"), BYTES_NONE, err);
}

bool run_secret_get(struct cli *cli, struct err *err)
{
    const size_t last = cli->options.argument_count - 1;
    const char *const path = option_text(&cli->options, "output");
    auto_string *query = query_of(cli);
    const struct call call = { query, query, NULL, NULL };
    auto_session s = { 0 };
    auto_answer answer = { 0 };
    auto_save save = { .fd = -1 };

    if (!session_open_as_user(&s, cli, cli_argument(cli, last), err))
        return false;
    if (path != NULL && path[0] != '\0' && !save_open(&save, path, SAVE_REPLACE, err))
        return false;
    if (!session_call(&s, &call, &answer, err))
        return false;
    return show_secrets(cli, answer.is_v1 ? answer.data : answer_member(answer.data, "secrets"),
                        &save, err);
}
