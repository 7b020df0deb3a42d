/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"
#include "cli/cli.h"
#include "cli/prompt.h"
#include "cli/save.h"
#include "codec/json.h"
#include "codec/text.h"
#include "crypto/key.h"

#include <string.h>

/* recovery keygen: the key pair of a holder, and its line in the manifest. */

enum { KEY_BITS = 4096, LARGEST_KEY = 16 << 10 };

/* A name that can stand in a manifest and be told from others. */
static bool check_name(struct cli *cli, struct bytes name, struct err *err)
{
    if (name.len > 0 && utf8_valid(name))
        return true;
    (void)cli_fail(cli, EXIT_USAGE, NULL);
    return err_set(err, FAIL_MALFORMED, "the name of a holder is text that is not empty");
}

/* Where the key goes; freed by the caller. NULL: it has to be said. */
static char *key_path(struct cli *cli, const char *name, struct err *err)
{
    const char *const path = option_text(&cli->options, "output");

    if (path != NULL && path[0] != '\0' && strcmp(path, "-") != 0)
        return mem_string(path);
    if (path == NULL && name[0] != '.' && name[0] != '-' && strchr(name, '/') == NULL)
        return mem_printf("%s.key", name);
    (void)cli_fail(cli, EXIT_USAGE, NULL);
    (void)err_set(err, FAIL_MALFORMED, "--output has to name a file for the private key");
    return NULL;
}

/* What is no regular file would lose the key, or show it. */
static bool open_file(struct cli *cli, struct save *save, const char *path, struct err *err)
{
    if (save_open(save, path, SAVE_NEW, err) && !save->is_plain &&
        save_reserve(save, LARGEST_KEY, err))
        return true;
    if (save->is_plain)
        (void)err_set(err, FAIL_STATE, "%s is no regular file", path);
    return cli_fail(cli, EXIT_USAGE, "no key was made");
}

/* Typed twice. */
static struct secret *ask_passphrase(struct cli *cli, const char *path, struct err *err)
{
    auto_string *what = mem_printf("New passphrase for %s", path);
    auto_secret *first = prompt_passphrase(what, err);
    auto_secret *second = first == NULL ? NULL : prompt_passphrase("The same once more", err);

    if (secret_equal(first, second))
        return TAKE(first);
    if (second != NULL)
        (void)err_set(err, FAIL_MALFORMED, "the passphrases differ");
    (void)cli_fail(cli, EXIT_KEY,
                   "no key was made; --no-passphrase makes one that is not encrypted");
    return NULL;
}

/* passphrase NULL: not encrypted. */
static bool put_private(const struct key *key, const struct secret *passphrase, struct buf *pem,
                        struct err *err)
{
    auto_buf der = { 0 };

    if (passphrase != NULL ? !key_private_encrypted(key, secret_bytes(passphrase), &der, err)
                           : !key_private_pkcs8(key, &der, err))
        return false;
    pem_encode(pem, passphrase != NULL ? "ENCRYPTED PRIVATE KEY" : "PRIVATE KEY", buf_bytes(&der));
    return true;
}

/* The line for the manifest's RecoveryKeys. */
static bool show(struct cli *cli, struct bytes name, const char *path, const struct key *key,
                 struct err *err)
{
    auto_buf der = { 0 }, pem = { 0 }, data = { 0 }, text = { 0 };

    if (!key_public_der(key, &der, err))
        return false;
    pem_encode(&pem, "PUBLIC KEY", buf_bytes(&der));
    json_put_string(&text, name);
    buf_add_u8(&text, ':');
    json_put_string(&text, buf_bytes(&pem));
    buf_add_string(&data, "{\"file\":");
    json_put_string(&data, bytes_of_string(path));
    buf_add_string(&data, ",\"RecoveryKeys\":{");
    buf_add(&data, buf_bytes(&text));
    buf_add_string(&data, "}}");
    buf_add_u8(&text, '\n');
    output_say(&cli->out, "Private key written to: %s", path);
    output_say(&cli->out, "This line belongs into RecoveryKeys of the manifest:");
    return output_result(&cli->out, "RecoveryKey", buf_bytes(&data), buf_bytes(&text), err);
}

bool run_recovery_keygen(struct cli *cli, struct err *err)
{
    const bool plain = option_switch(&cli->options, "no-passphrase");
    const struct bytes name = bytes_of_string(cli_argument(cli, 0));
    auto_save save = { .fd = -1 };
    auto_buf pem = { 0 };

    if (!check_name(cli, name, err))
        return false;
    auto_string *path = key_path(cli, cli_argument(cli, 0), err);
    if (path == NULL || !open_file(cli, &save, path, err))
        return false;
    auto_secret *passphrase = plain ? NULL : ask_passphrase(cli, path, err);
    if (passphrase == NULL && !plain)
        return false;
    auto_key *key = key_generate(KEY_RSA, KEY_BITS, err);
    return key != NULL && put_private(key, passphrase, &pem, err) &&
           save_finish(&save, buf_bytes(&pem), err) && show(cli, name, path, key, err);
}
