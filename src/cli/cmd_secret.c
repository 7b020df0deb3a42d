/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/identity.h"
#include "cli/input.h"
#include "cli/json_text.h"
#include "cli/save.h"
#include "cli/session.h"
#include "codec/text.h"

#include <stdlib.h>
#include <string.h>

enum { LARGEST_SECRETS = 16 << 20 };

static bool open_as_user(struct session *s, struct cli *cli, const char *endpoint, struct err *err)
{
    return session_open(s, cli, endpoint, err) && identity_user(cli, &s->own, &s->own_key, err) &&
           session_pin(s, err);
}

/* ---- set ---- */

/* One of Cert, Private, Key: as base64 again, null when it is not there. */
static bool put_member(const struct json *secret, const char *name, struct buf *map,
                       struct err *err)
{
    const struct json *const member = answer_member(secret, name);
    auto_buf octets = { 0 };
    bool present = false;

    if (member != NULL && !json_get_octets(member, &octets, &present, err))
        return false;
    json_put_name(map, name);
    if (present)
        json_put_octets(map, buf_bytes(&octets));
    else
        buf_add_string(map, "null");
    return true;
}

static bool put_secrets(struct bytes text, struct buf *map, struct err *err)
{
    auto_arena arena = { 0 };
    const struct json *const top = json_parse(text, JSON_TRAILING_REFUSED, &arena, err);

    if (top == NULL)
        return false;
    if (top->type != JSON_OBJECT)
        return err_set(err, FAIL_MALFORMED, "want an object of secrets by name");
    buf_add_u8(map, '{');
    for (const struct json *secret = json_first(top); secret != NULL; secret = json_next(secret)) {
        if (secret->type != JSON_OBJECT)
            return json_fail(secret, err, "want an object with Cert, Private or Key");
        json_put_comma(map);
        json_put_string(map, secret->name);
        buf_add_string(map, ":{");
        if (!put_member(secret, "Cert", map, err) || !put_member(secret, "Private", map, err) ||
            !put_member(secret, "Key", map, err))
            return false;
        buf_add_u8(map, '}');
    }
    buf_add_u8(map, '}');
    return true;
}

/* Blocks until both kinds were seen; one that comes again before that replaces the first. */
static bool read_pem(struct bytes text, struct buf *cert, struct buf *private, struct err *err)
{
    auto_pem_block block = { 0 };

    while ((cert->len == 0 || private->len == 0) && pem_next(&text, &block)) {
        const bool is_cert = bytes_equal_string(block.label, "CERTIFICATE");
        struct buf *const to = is_cert ? cert : private;
        if (!is_cert &&
            (block.label.len == 0 || memmem(block.label.at, block.label.len, "PRIVATE", 7) == NULL))
            return err_set(err, FAIL_MALFORMED, "unrecognized PEM type for secret: %.*s",
                           BYTES_FMT(block.label));
        buf_truncate(to, 0);
        buf_add(to, buf_bytes(&block.der));
    }
    return cert->len > 0 || private->len > 0 ||
           err_set(err, FAIL_MALFORMED, "found no certificate or private key in PEM data");
}

static void put_octets_or_null(struct buf *map, const char *name, const struct buf *octets)
{
    json_put_name(map, name);
    if (octets->len > 0)
        json_put_octets(map, buf_bytes(octets));
    else
        buf_add_string(map, "null");
}

static bool put_pem_secret(struct bytes text, const char *name, struct buf *map, struct err *err)
{
    auto_buf cert = { 0 }, private = { 0 };

    if (!read_pem(text, &cert, &private, err))
        return false;
    buf_add_u8(map, '{');
    json_put_string(map, bytes_of_string(name));
    buf_add_string(map, ":{");
    put_octets_or_null(map, "Cert", &cert);
    put_octets_or_null(map, "Private", &private);
    buf_add_string(map, ",\"Key\":null}}");
    return true;
}

static bool read_secrets(struct cli *cli, struct buf *map, struct err *err)
{
    const char *const path = cli_argument(cli, 0), *const name =
                                                       option_text(&cli->options, "from-pem");
    auto_buf text = { 0 };

    if (!input_file(cli, path, LARGEST_SECRETS, &text, err))
        return false;
    if (name != NULL ? put_pem_secret(buf_bytes(&text), name, map, err)
                     : put_secrets(buf_bytes(&text), map, err))
        return true;
    (void)cli_fail(cli, EXIT_REJECTED,
                   name == NULL ? "a file in PEM goes with --from-pem NAME" : NULL);
    return err_in(err, "%s", path);
}

bool run_secret_set(struct cli *cli, struct err *err)
{
    auto_session s = { 0 };
    auto_answer answer = { 0 };
    auto_buf map = { 0 }, body = { 0 };

    if (!read_secrets(cli, &map, err) || !open_as_user(&s, cli, cli_argument(cli, 1), err))
        return false;
    buf_add_string(&body, "{\"secrets\":");
    buf_add(&body, buf_bytes(&map));
    buf_add_u8(&body, '}');
    const struct bytes v2 = buf_bytes(&body), v1 = buf_bytes(&map);
    const struct call call = { "secrets", "secrets", &v2, &v1 };
    return session_call(&s, &call, &answer, err) &&
           output_result(&cli->out, "SecretsSet", BYTES_LITERAL("{}"),
                         BYTES_LITERAL("Secret successfully set\n"), err);
}

/* ---- get ---- */

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

    if (!open_as_user(&s, cli, cli_argument(cli, last), err))
        return false;
    if (path != NULL && path[0] != '\0' && !save_open(&save, path, SAVE_REPLACE, err))
        return false;
    if (!session_call(&s, &call, &answer, err))
        return false;
    return show_secrets(cli, answer.is_v1 ? answer.data : answer_member(answer.data, "secrets"),
                        &save, err);
}
