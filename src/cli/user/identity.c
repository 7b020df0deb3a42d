/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/user/identity.h"

#include "cli/io/ask.h"
#include "cli/io/input.h"
#include "cli/token/key.h"
#include "codec/text.h"

enum { LARGEST_FILE = 64 << 10 };

struct encrypted {
    struct cli *cli;
    const char *path;
};

static struct secret *ask(void *arg, struct err *err)
{
    const struct encrypted *const key = arg;
    auto_string *what = mem_printf("Passphrase for %s", key->path);

    return ask_passphrase(key->cli, what, "a key that is not encrypted needs none", err);
}

typedef struct key *key_reader(struct bytes pem, key_ask *ask, void *ctx, struct err *err);

static struct key *read_key(struct cli *cli, const char *path, key_reader *read, struct err *err)
{
    struct encrypted encrypted = { cli, path };
    auto_buf pem = { 0 };

    if (!input_file(cli, path, LARGEST_FILE, &pem, err))
        return NULL;
    struct key *const key = read(buf_bytes(&pem), ask, &encrypted, err);
    if (key == NULL) {
        (void)cli_fail(cli, EXIT_KEY, NULL);
        (void)err_in(err, "%s", path);
    }
    return key;
}

/* ---- what is on a token ---- */

static bool search_by_uri(struct cli *cli, const char *uri, enum token_object object,
                          struct token_search *search, struct err *err)
{
    return token_search_from_uri(uri, object, search, err) || cli_fail(cli, EXIT_USAGE, NULL);
}

static bool search_by_flags(struct cli *cli, enum token_object object, struct token_search *search,
                            struct err *err)
{
    const struct options *const o = &cli->options;
    const bool is_key = object == TOKEN_PRIVATE_KEY;
    const char *const path = option_text(o, "pkcs11-config");
    const char *const id = option_text(o, is_key ? "pkcs11-key-id" : "pkcs11-cert-id");
    const char *const label = option_text(o, is_key ? "pkcs11-key-label" : "pkcs11-cert-label");
    auto_buf json = { 0 };

    if ((id == NULL || id[0] == '\0') && (label == NULL || label[0] == '\0')) {
        (void)cli_fail(cli, EXIT_USAGE, NULL);
        return err_set(err, FAIL_MALFORMED,
                       "an id or a label of the %s on the token is needed, that is not empty",
                       is_key ? "key" : "certificate");
    }
    return input_file(cli, path, LARGEST_FILE, &json, err) &&
           (token_search_from_config(buf_bytes(&json), id, label, object, search, err) ||
            err_in(err, "%s", path) || cli_fail(cli, EXIT_USAGE, NULL));
}

static bool names_token(const struct cli *cli, const char *flag)
{
    const char *const text = option_text(&cli->options, flag);

    return option_is_set(&cli->options, "pkcs11-config") || (text != NULL && token_is_uri(text));
}

static bool search_for(struct cli *cli, const char *flag, enum token_object object,
                       struct token_search *search, struct err *err)
{
    return option_is_set(&cli->options, "pkcs11-config")
               ? search_by_flags(cli, object, search, err)
               : search_by_uri(cli, option_text(&cli->options, flag), object, search, err) ||
                     err_in(err, "--%s", flag);
}

struct key *identity_key(struct cli *cli, const char *path, struct err *err)
{
    auto_token_search search = { 0 };

    if (!token_is_uri(path))
        return read_key(cli, path, key_from_private_pem, err);
    return search_by_uri(cli, path, TOKEN_PRIVATE_KEY, &search, err) ? token_key(cli, &search, err)
                                                                     : NULL;
}

/* An id or a label says nothing without the token. */
static bool has_source(struct cli *cli, const char *action, struct err *err)
{
    if (option_is_set(&cli->options, "key") || option_is_set(&cli->options, "pkcs11-config"))
        return true;
    (void)cli_fail(cli, EXIT_USAGE, NULL);
    return err_set(err, FAIL_MALFORMED,
                   "%s requires setting either \"--key\" or \"--pkcs11-config\"", action);
}

/* From a file, or on a token. */
static struct key *find_key(struct cli *cli, key_reader *read, struct err *err)
{
    auto_token_search search = { 0 };

    if (!names_token(cli, "key"))
        return read_key(cli, option_text(&cli->options, "key"), read, err);
    return search_for(cli, "key", TOKEN_PRIVATE_KEY, &search, err) ? token_key(cli, &search, err)
                                                                   : NULL;
}

bool identity_has_recovery_key(const struct cli *cli)
{
    static const char *const flags[] = { "key", "pkcs11-config", "pkcs11-key-id",
                                         "pkcs11-key-label" };

    for (size_t i = 0; i < COUNT_OF(flags); i++) {
        if (option_is_set(&cli->options, flags[i]))
            return true;
    }
    return false;
}

struct key *identity_recovery_key(struct cli *cli, struct err *err)
{
    if (!has_source(cli, "signing", err))
        return NULL;
    auto_key *key = find_key(cli, key_from_recovery_private_pem, err);
    if (key == NULL || key_is_for_recovery(key, "private key on the token: a recovery key is RSA", err))
        return TAKE(key);
    (void)cli_fail(cli, EXIT_KEY, NULL);
    return NULL;
}

/* ---- users ---- */

bool identity_has_user(const struct cli *cli)
{
    return option_is_set(&cli->options, "cert") || option_is_set(&cli->options, "pkcs11-config");
}

/* The leaf comes first, whatever follows. */
static struct cert *read_certificate(struct cli *cli, const char *path, struct err *err)
{
    auto_buf text = { 0 };
    auto_pem_block block = { 0 };
    struct cert *cert = NULL;

    if (!input_file(cli, path, LARGEST_FILE, &text, err))
        return NULL;
    struct bytes rest = buf_bytes(&text);
    if (!pem_next(&rest, &block))
        (void)err_set(err, FAIL_MALFORMED, "there is no certificate in it");
    else
        cert = cert_from_der(buf_bytes(&block.der), err);
    if (cert == NULL) {
        (void)cli_fail(cli, EXIT_KEY, NULL);
        (void)err_in(err, "%s", path);
    }
    return cert;
}

static struct cert *find_certificate(struct cli *cli, struct err *err)
{
    auto_token_search search = { 0 };

    if (!names_token(cli, "cert"))
        return read_certificate(cli, option_text(&cli->options, "cert"), err);
    return search_for(cli, "cert", TOKEN_CERTIFICATE, &search, err)
               ? token_certificate(cli, &search, err)
               : NULL;
}

static bool belong_together(struct cli *cli, const struct cert *cert, const struct key *key,
                            struct err *err)
{
    auto_key *certified = cert_public_key(cert, err);

    if (certified != NULL && key_equal_public(certified, key))
        return true;
    (void)cli_fail(cli, EXIT_KEY, NULL);
    if (option_is_set(&cli->options, "pkcs11-config"))
        return err_set(err, FAIL_MALFORMED,
                       "the certificate and the key on the token do not belong together");
    return err_set(err, FAIL_MALFORMED, "%.200s and %.200s do not belong together",
                   option_text(&cli->options, "cert"), option_text(&cli->options, "key"));
}

bool identity_user(struct cli *cli, struct cert **cert, struct key **key, struct err *err)
{
    /* With the key's session its token shows certificates without asking for the PIN again. */
    const bool key_first = names_token(cli, "cert") && names_token(cli, "key");
    auto_key *own_key = NULL;

    if (!has_source(cli, "authentication", err))
        return false;
    if (key_first)
        own_key = find_key(cli, key_from_private_pem, err);
    if (key_first && own_key == NULL)
        return false;
    auto_cert *own = find_certificate(cli, err);
    if (own == NULL)
        return false;
    if (!key_first)
        own_key = find_key(cli, key_from_private_pem, err);
    if (own_key == NULL || !belong_together(cli, own, own_key, err))
        return false;
    *cert = TAKE(own);
    *key = TAKE(own_key);
    return true;
}
