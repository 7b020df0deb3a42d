/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/recovery/share_input.h"

#include "base/arena.h"
#include "cli/coordinator/session.h"
#include "cli/io/input.h"
#include "recovery/share_file.h"

enum { LARGEST_FILE = 1 << 20 };
enum { LEGACY_LEN = 16, SECRET_LEN = 32, SHARE_LEN = 33 };

static bool is_plain(struct bytes secret)
{
    return secret.len == LEGACY_LEN || secret.len == SECRET_LEN || secret.len == SHARE_LEN;
}

/* NULL: this is no answer with secrets by name. */
static const struct json *secrets_in(struct bytes text, struct arena *arena)
{
    struct err ignored = { 0 };
    const struct json *const top = json_parse(text, JSON_TRAILING_REFUSED, arena, &ignored);
    const struct json *const data = answer_member(top, "data");
    const struct json *const secrets = answer_member(data == NULL ? top : data, "RecoverySecrets");

    return secrets != NULL && secrets->type == JSON_OBJECT ? secrets : NULL;
}

/* Of the reply of `manifest set` the one that the key opens. */
static struct secret *open_any(struct cli *cli, struct bytes file, const struct json *secrets,
                               const struct key *key, struct buf *name, struct err *err)
{
    auto_secret *opened = NULL;
    auto_buf names = { 0 };
    size_t count = 0;

    for (const struct json *m = json_first(secrets); m != NULL; m = json_next(m)) {
        struct err why = { 0 };
        struct secret *const secret = share_from_file(file, m->name, key, &why);
        if (why.kind == FAIL_UNAVAILABLE)
            *err = why; /* the token does not do it, whosever secret it is */
        if (secret == NULL)
            continue;
        buf_add_format(&names, "%s\"%.*s\"", count++ > 0 ? ", " : "", BYTES_FMT(m->name));
        secret_free(opened);
        opened = secret;
        if (name != NULL) {
            buf_truncate(name, 0);
            buf_add(name, m->name);
        }
    }
    if (count == 1) {
        *err = (struct err){ 0 };
        output_say(&cli->out, "Using the recovery secret of %.*s", BYTES_FMT(buf_bytes(&names)));
        return TAKE(opened);
    }
    if (count == 0 && err->kind == FAIL_NONE)
        (void)err_set(err, FAIL_DENIED, "this key opens none of the secrets");
    else if (count > 0)
        (void)err_set(err, FAIL_STATE,
                      "this key opens the secrets of %.*s: say with --party whose is meant",
                      BYTES_FMT(buf_bytes(&names)));
    return NULL;
}

static struct secret *open_without_name(struct cli *cli, struct bytes file, const struct key *key,
                                        struct buf *name, struct err *err)
{
    auto_arena arena = { 0 };

    if (key == NULL && is_plain(file))
        return secret_copy(file, err);
    if (key == NULL) {
        (void)err_set(err, FAIL_MALFORMED, "the secret is encrypted: it needs --key");
        return NULL;
    }
    const struct json *const secrets = secrets_in(file, &arena);
    return secrets != NULL ? open_any(cli, file, secrets, key, name, err)
                           : share_from_file(file, BYTES_NONE, key, err);
}

/* Takes over the secret. */
static struct secret *accept(struct cli *cli, const char *path, struct secret *opened,
                             struct err *err)
{
    auto_secret *secret = opened;

    if (secret != NULL && is_plain(secret_bytes(secret)))
        return TAKE(secret);
    if (secret != NULL)
        (void)err_set(err, FAIL_MALFORMED, "what the key opens is no recovery secret: %zu bytes",
                      secret->len);
    (void)cli_fail(cli, err->kind == FAIL_STATE ? EXIT_USAGE : EXIT_KEY, "the secret was not sent");
    (void)err_in(err, "%.100s", path);
    return NULL;
}

struct secret *share_input_open(struct cli *cli, const char *path, struct bytes file,
                                const struct key *key, struct buf *name, struct err *err)
{
    return accept(cli, path, open_without_name(cli, file, key, name, err), err);
}

struct secret *share_input_named(struct cli *cli, const char *path, struct bytes file,
                                 struct bytes name, const struct key *key, struct err *err)
{
    return accept(cli, path, share_from_file(file, name, key, err), err);
}

struct secret *share_input_read(struct cli *cli, size_t argument, const struct key *key,
                                struct err *err)
{
    const char *const path = cli_argument(cli, argument);
    const char *const party = option_text(&cli->options, "party");
    auto_buf file = { 0 };

    if (!input_file(cli, path, LARGEST_FILE, &file, err))
        return NULL;
    return party == NULL || key == NULL
               ? share_input_open(cli, path, buf_bytes(&file), key, NULL, err)
               : share_input_named(cli, path, buf_bytes(&file), bytes_of_string(party), key, err);
}

bool share_input_sign(struct cli *cli, const struct key *key, const struct secret *plain,
                      struct buf *signature, struct err *err)
{
    if (key_sign_sha256(key, secret_bytes(plain), signature, err) &&
        key_verify_sha256(key, secret_bytes(plain), buf_bytes(signature), err))
        return true;
    (void)cli_fail(cli, EXIT_KEY, NULL);
    return err_in(err, "signing the recovery secret");
}
