/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"
#include "cli/cli.h"
#include "cli/io/ask.h"
#include "cli/io/save.h"
#include "codec/json.h"
#include "codec/text.h"
#include "crypto/cert.h"
#include "crypto/hash.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* recovery keygen and user keygen: keys of people, and their lines in the manifest. */

#define NO_KEY "no key was made; --no-passphrase makes one that is not encrypted"

enum { RECOVERY_BITS = 4096, LARGEST_KEY = 16 << 10 };
enum { USER_RSA_BITS = 3072, USER_CURVE_BITS = 256, LONGEST_DAYS = 36500 };

/* A name that can stand in a manifest and be told from others. */
static bool check_name(struct cli *cli, struct bytes name, const char *of_what, struct err *err)
{
    if (name.len > 0 && utf8_valid(name))
        return true;
    (void)cli_fail(cli, EXIT_USAGE, NULL);
    return err_set(err, FAIL_MALFORMED, "the name of a %s is text that is not empty", of_what);
}

/* --output, else the name where it can be one of a file. NULL: it has to be said. */
static const char *output_or_name(struct cli *cli, const char *name, const char *what,
                                  struct err *err)
{
    const char *const path = option_text(&cli->options, "output");

    if (path != NULL && path[0] != '\0' && !save_is_output(path))
        return path;
    if (path == NULL && name[0] != '.' && name[0] != '-' && strchr(name, '/') == NULL)
        return name;
    (void)cli_fail(cli, EXIT_USAGE, NULL);
    (void)err_set(err, FAIL_MALFORMED, "--output has to name %s", what);
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
static struct secret *ask_twice(struct cli *cli, const char *path, struct err *err)
{
    auto_string *what = mem_printf("New passphrase for %s", path);
    auto_secret *first = ask_passphrase(cli, what, NO_KEY, err);
    auto_secret *second =
        first == NULL ? NULL : ask_passphrase(cli, "The same once more", NO_KEY, err);

    if (secret_equal(first, second))
        return TAKE(first);
    if (second != NULL) {
        (void)cli_fail(cli, EXIT_KEY, NO_KEY);
        (void)err_set(err, FAIL_MALFORMED, "the passphrases differ");
    }
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

/* ---- recovery keygen ---- */

/* The line for the manifest's RecoveryKeys. */
static bool show_recovery_key(struct cli *cli, struct bytes name, const char *path,
                              const struct key *key, struct err *err)
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
    const char *const name = cli_argument(cli, 0);
    auto_save save = { .fd = -1 };
    auto_buf pem = { 0 };

    if (!check_name(cli, bytes_of_string(name), "holder", err))
        return false;
    const char *const base = output_or_name(cli, name, "a file for the private key", err);
    if (base == NULL)
        return false;
    auto_string *path =
        mem_printf("%s%s", base, option_is_set(&cli->options, "output") ? "" : ".key");
    if (!open_file(cli, &save, path, err))
        return false;
    auto_secret *passphrase = plain ? NULL : ask_twice(cli, path, err);
    if (passphrase == NULL && !plain)
        return false;
    auto_key *key = key_generate(KEY_RSA, RECOVERY_BITS, err);
    return key != NULL && put_private(key, passphrase, &pem, err) &&
           save_finish(&save, buf_bytes(&pem), err) &&
           show_recovery_key(cli, bytes_of_string(name), path, key, err);
}

/* ---- user keygen ---- */

struct user_files {
    char *key_path, *cert_path;
    struct save key, cert;
};
static void user_files_clear(struct user_files *files)
{
    /* In reverse: each holds signals back since it was opened. */
    save_clear(&files->cert);
    save_clear(&files->key);
    free(files->key_path);
    free(files->cert_path);
}
#define auto_user_files struct user_files CLEANUP(user_files_clear)

static bool open_user_files(struct cli *cli, struct user_files *files, struct err *err)
{
    const char *const base =
        output_or_name(cli, cli_argument(cli, 0), "the files without .key and .crt", err);

    if (base == NULL)
        return false;
    files->key_path = mem_printf("%s.key", base);
    files->cert_path = mem_printf("%s.crt", base);
    return open_file(cli, &files->key, files->key_path, err) &&
           open_file(cli, &files->cert, files->cert_path, err);
}

/* Both or none. Neither was there before, so that both are ours to remove. */
static bool finish_user_files(struct user_files *files, const struct buf *key,
                              const struct buf *cert, struct err *err)
{
    if (save_finish(&files->cert, buf_bytes(cert), err) &&
        save_finish(&files->key, buf_bytes(key), err))
        return true;
    (void)unlink(files->cert_path);
    (void)unlink(files->key_path);
    return false;
}

static bool check_days(struct cli *cli, struct err *err)
{
    const unsigned days = option_count(&cli->options, "days");

    if (days > 0 && days <= LONGEST_DAYS)
        return true;
    (void)cli_fail(cli, EXIT_USAGE, NULL);
    return err_set(err, FAIL_MALFORMED, "--days is from 1 to %d", LONGEST_DAYS);
}

static struct key *generate_user_key(const struct cli *cli, struct err *err)
{
    return strcmp(option_text(&cli->options, "type"), "rsa") == 0
               ? key_generate(KEY_RSA, USER_RSA_BITS, err)
               : key_generate(KEY_ECDSA, USER_CURVE_BITS, err);
}

/* Self-signed: a Coordinator compares it byte by byte, and asks nobody about it. */
static struct cert *issue_to_user(const struct cli *cli, struct key *key, struct err *err)
{
    static const int64_t client_auth[] = { 2 }; /* manifest.md 7.7 */
    const struct cert_template t = {
        .subject.common_name = bytes_of_string(cli_argument(cli, 0)),
        .dns_names.present = true,
        .ip_addresses.present = true,
        .valid_for_days = option_count(&cli->options, "days"),
        .key_usage = CERT_USAGE_SIGNATURE,
        .has_ext_key_usage = true,
        .ext_key_usage_count = COUNT_OF(client_auth),
        .ext_key_usage = client_auth,
    };

    return cert_issue(&t, key, NULL, key, time(NULL), err);
}

/* The line for the manifest's Users. */
static bool show_user(struct cli *cli, const struct user_files *files, const struct cert *cert,
                      const struct buf *pem, struct err *err)
{
    char fingerprint[2 * SHA256_LEN + 1];
    auto_buf text = { 0 }, data = { 0 };

    if (!sha256_hex(cert_der(cert), fingerprint, err))
        return false;
    json_put_string(&text, bytes_of_string(cli_argument(cli, 0)));
    buf_add_string(&text, ":{\"Certificate\":");
    json_put_string(&text, buf_bytes(pem));
    buf_add_string(&text, ",\"Roles\":[]}");
    buf_add_string(&data, "{\"keyFile\":");
    json_put_string(&data, bytes_of_string(files->key_path));
    json_put_name(&data, "certificateFile");
    json_put_string(&data, bytes_of_string(files->cert_path));
    buf_add_format(&data, ",\"certificateFingerprint\":\"%s\",\"Users\":{", fingerprint);
    buf_add(&data, buf_bytes(&text));
    buf_add_string(&data, "}}");
    buf_add_u8(&text, '\n');
    output_say(&cli->out, "Private key written to: %s", files->key_path);
    output_say(&cli->out, "Certificate written to: %s", files->cert_path);
    output_say(&cli->out,
               "This line belongs into Users of the manifest, with the names of roles in Roles:");
    return output_result(&cli->out, "UserKey", buf_bytes(&data), buf_bytes(&text), err);
}

bool run_user_keygen(struct cli *cli, struct err *err)
{
    const bool plain = option_switch(&cli->options, "no-passphrase");
    auto_user_files files = { .key.fd = -1, .cert.fd = -1 };
    auto_buf key_pem = { 0 }, pem = { 0 };

    if (!check_name(cli, bytes_of_string(cli_argument(cli, 0)), "user", err) ||
        !check_days(cli, err) || !open_user_files(cli, &files, err))
        return false;
    auto_secret *passphrase = plain ? NULL : ask_twice(cli, files.key_path, err);
    if (passphrase == NULL && !plain)
        return false;
    auto_key *key = generate_user_key(cli, err);
    auto_cert *cert = key == NULL ? NULL : issue_to_user(cli, key, err);
    if (cert == NULL || !put_private(key, passphrase, &key_pem, err))
        return false;
    cert_pem(cert, &pem);
    return finish_user_files(&files, &key_pem, &pem, err) &&
           show_user(cli, &files, cert, &pem, err);
}
