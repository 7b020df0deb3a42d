/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/io/input.h"
#include "cli/manifest/remote_manifest.h"
#include "codec/text.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

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

static struct secret *ask_nobody(void *ctx, struct err *err)
{
    (void)ctx;
    (void)err_set(err, FAIL_UNAVAILABLE, "the private key is encrypted");
    return NULL;
}

/* A Coordinator takes them, and the Marbles fail. So it is where a chain has the certificate of its CA before the key. */
static void warn_of_another_key(struct cli *cli, struct bytes name, struct bytes pem,
                                const struct buf *der)
{
    struct err ignored = { 0 };
    auto_cert *cert = cert_from_der(buf_bytes(der), &ignored);
    auto_key *certified = cert == NULL ? NULL : cert_public_key(cert, &ignored);
    auto_key *private = key_from_private_pem(pem, ask_nobody, NULL, &ignored);

    if (certified != NULL && private != NULL && !key_equal_public(certified, private))
        output_warn(&cli->out, "secret %.*s: the private key does not belong to the certificate",
                    BYTES_FMT(name));
}

/* "name":{...}: certificate and private key out of PEM. */
static bool put_pem_secret(struct cli *cli, struct bytes text, struct bytes name, struct buf *map,
                           struct err *err)
{
    auto_buf cert = { 0 }, private = { 0 };

    if (!read_pem(text, &cert, &private, err))
        return false;
    warn_of_another_key(cli, name, text, &cert);
    json_put_comma(map);
    json_put_string(map, name);
    buf_add_string(map, ":{");
    put_octets_or_null(map, "Cert", &cert);
    put_octets_or_null(map, "Private", &private);
    buf_add_string(map, ",\"Key\":null}");
    return true;
}

/* ---- secrets from a file: <file> <IP:PORT> ---- */

static bool put_one_pem(struct cli *cli, struct bytes text, const char *name, struct buf *map,
                        struct err *err)
{
    buf_add_u8(map, '{');
    const bool put = put_pem_secret(cli, text, bytes_of_string(name), map, err);
    buf_add_u8(map, '}');
    return put;
}

static bool read_file(struct cli *cli, struct buf *map, struct err *err)
{
    const char *const path = cli_argument(cli, 0), *const name =
                                                       option_text(&cli->options, "from-pem");
    auto_buf text = { 0 };

    if (!input_file(cli, path, LARGEST_SECRETS, &text, err))
        return false;
    if (name == NULL ? put_secrets(buf_bytes(&text), map, err)
                     : put_one_pem(cli, buf_bytes(&text), name, map, err))
        return true;
    (void)cli_fail(cli, EXIT_REJECTED,
                   name == NULL ? "a file in PEM goes with --from-pem NAME" : NULL);
    return err_in(err, "%s", path);
}

/* ---- secrets by name: NAME=@FILE or NAME=- ... <IP:PORT> ---- */

struct assignment {
    struct bytes name;
    const char *path;
    struct buf value;
};

static void assignments_free(struct assignment **all)
{
    for (struct assignment *a = *all; a != NULL && a->path != NULL; a++)
        buf_clear(&a->value);
    free(*all);
}
#define auto_assignments struct assignment CLEANUP(assignments_free)

/* A directory before the '=' makes it a path: so ./a=@b names a file. */
static bool is_assignment(const char *text)
{
    const char *const equals = strchr(text, '=');

    return equals != NULL && equals != text && memchr(text, '/', (size_t)(equals - text)) == NULL &&
           (strcmp(equals + 1, "-") == 0 || (equals[1] == '@' && equals[2] != '\0'));
}

static bool is_file(const char *path)
{
    struct stat there;

    return stat(path, &there) == 0;
}

/* Names the secret, never what stands behind it: that may be its value. */
static bool refuse_argument(struct cli *cli, const char *text, struct err *err)
{
    const struct bytes name = bytes_of(text, strcspn(text, "="));

    (void)cli_fail(cli, EXIT_USAGE, "what is typed here, others on this machine can read");
    return err_set(err, FAIL_MALFORMED,
                   "secret %.*s: want NAME=@FILE, or NAME=- for standard input", BYTES_FMT(name));
}

/* Ends with an entry without path. NULL: *err is set. */
static struct assignment *read_assignments(struct cli *cli, struct err *err)
{
    const size_t count = cli->options.argument_count - 1;
    auto_assignments *all = mem_zero_alloc(count + 1, sizeof *all);

    for (size_t i = 0; i < count; i++) {
        const char *const text = cli_argument(cli, i);
        if (!is_assignment(text)) {
            (void)refuse_argument(cli, text, err);
            return NULL;
        }
        const char *const equals = strchr(text, '=');
        all[i].name = bytes_of(text, (size_t)(equals - text));
        all[i].path = equals[1] == '@' ? equals + 2 : "-";
    }
    return TAKE(all);
}

static bool is_clear(struct cli *cli, const struct assignment *all, struct err *err)
{
    unsigned from_input = 0;

    (void)cli_fail(cli, EXIT_USAGE, NULL);
    if (option_text(&cli->options, "from-pem") != NULL)
        return err_set(err, FAIL_MALFORMED,
                       "--from-pem goes with a file; NAME=@FILE reads PEM where the manifest wants "
                       "a certificate");
    if (is_file(cli_argument(cli, 0)))
        return err_set(
            err, FAIL_MALFORMED,
            "%.100s is also a file: ./%.100s reads its secrets, and %.*s=@./... sets one",
            cli_argument(cli, 0), cli_argument(cli, 0), BYTES_FMT(all->name));
    for (const struct assignment *a = all; a->path != NULL; a++) {
        from_input += strcmp(a->path, "-") == 0 ? 1 : 0;
        for (const struct assignment *b = all; b < a; b++) {
            if (bytes_equal(a->name, b->name))
                return err_set(err, FAIL_MALFORMED, "secret %.*s is given twice",
                               BYTES_FMT(a->name));
        }
    }
    if (from_input > 1)
        return err_set(err, FAIL_MALFORMED, "standard input has the value of one secret only");
    cli->status = EXIT_GOOD;
    return true;
}

static bool read_values(struct cli *cli, struct assignment *all, struct err *err)
{
    for (struct assignment *a = all; a->path != NULL; a++) {
        if (!input_file(cli, a->path, LARGEST_SECRETS, &a->value, err))
            return err_in(err, "secret %.*s", BYTES_FMT(a->name));
    }
    return true;
}

static void warn_of_line_end(struct cli *cli, const struct assignment *a)
{
    if (a->value.len > 0 && a->value.at[a->value.len - 1] == '\n')
        output_warn(&cli->out, "secret %.*s ends with a line end, which is set with the rest",
                    BYTES_FMT(a->name));
}

/* In the form that the manifest wants. */
static bool put_value(struct cli *cli, const struct manifest *m, const struct assignment *a,
                      struct buf *map, struct err *err)
{
    const struct manifest_secret *const secret = manifest_secret(m, a->name);

    if (secret == NULL) {
        (void)cli_fail(cli, EXIT_NOT_FOUND, "`secret list` shows those that the manifest has");
        return err_set(err, FAIL_NOT_FOUND, "the manifest has no secret of this name");
    }
    (void)cli_fail(cli, EXIT_REJECTED, NULL);
    if (!secret->user_defined)
        return err_set(err, FAIL_DENIED, "the Coordinator makes it: it is not user-defined");
    if (secret_type_is_certificate(secret->type))
        return put_pem_secret(cli, buf_bytes(&a->value), a->name, map, err);
    if (secret->type == SECRET_PLAIN)
        warn_of_line_end(cli, a);
    json_put_comma(map);
    json_put_string(map, a->name);
    buf_add_string(map, ":{\"Cert\":null,\"Private\":null");
    json_put_name(map, "Key");
    json_put_octets(map, buf_bytes(&a->value));
    buf_add_u8(map, '}');
    return true;
}

static bool put_values(struct session *s, const struct assignment *all, struct buf *map,
                       struct err *err)
{
    auto_manifest *m = remote_manifest_parse(s, err);

    if (m == NULL)
        return false;
    buf_add_u8(map, '{');
    for (const struct assignment *a = all; a->path != NULL; a++) {
        if (!put_value(s->cli, m, a, map, err))
            return err_in(err, "secret %.*s", BYTES_FMT(a->name));
    }
    buf_add_u8(map, '}');
    s->cli->status = EXIT_GOOD;
    return true;
}

/* ---- the command ---- */

static bool send(struct session *s, const struct buf *map, struct err *err)
{
    auto_answer answer = { 0 };
    auto_buf body = { 0 };

    buf_add_string(&body, "{\"secrets\":");
    buf_add(&body, buf_bytes(map));
    buf_add_u8(&body, '}');
    const struct bytes v2 = buf_bytes(&body), v1 = buf_bytes(map);
    const struct call call = { "secrets", "secrets", &v2, &v1 };
    return session_call(s, &call, &answer, err) &&
           output_result(&s->cli->out, "SecretsSet", BYTES_LITERAL("{}"),
                         BYTES_LITERAL("Secret successfully set\n"), err);
}

static bool set_from_file(struct cli *cli, struct err *err)
{
    auto_session s = { 0 };
    auto_buf map = { 0 };

    return read_file(cli, &map, err) && session_open_as_user(&s, cli, cli_argument(cli, 1), err) &&
           send(&s, &map, err);
}

static bool set_by_name(struct cli *cli, struct err *err)
{
    const size_t last = cli->options.argument_count - 1;
    auto_assignments *all = read_assignments(cli, err);
    auto_session s = { 0 };
    auto_buf map = { 0 };

    return all != NULL && is_clear(cli, all, err) && read_values(cli, all, err) &&
           session_open_as_user(&s, cli, cli_argument(cli, last), err) &&
           put_values(&s, all, &map, err) && send(&s, &map, err);
}

bool run_secret_set(struct cli *cli, struct err *err)
{
    const char *const first = cli_argument(cli, 0);

    if (is_assignment(first))
        return set_by_name(cli, err);
    if (strchr(first, '=') != NULL && !is_file(first))
        return refuse_argument(cli, first, err);
    if (cli->options.argument_count == 2)
        return set_from_file(cli, err);
    (void)cli_fail(cli, EXIT_USAGE, "several secrets are set with NAME=@FILE for each");
    return err_set(err, FAIL_MALFORMED, "accepts 2 arg(s), received %zu",
                   cli->options.argument_count);
}
