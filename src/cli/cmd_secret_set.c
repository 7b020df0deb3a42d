/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/input.h"
#include "cli/session.h"
#include "codec/text.h"

#include <string.h>

/* secret set */

enum { LARGEST_SECRETS = 16 << 20 };

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

    if (!read_secrets(cli, &map, err) || !session_open_as_user(&s, cli, cli_argument(cli, 1), err))
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
