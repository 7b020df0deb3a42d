/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/identity.h"

#include "cli/ask.h"
#include "cli/input.h"
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

    return ask_passphrase(key->cli, what, NULL, err);
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

struct key *identity_recovery_key(struct cli *cli, const char *path, struct err *err)
{
    return read_key(cli, path, key_from_recovery_private_pem, err);
}

struct key *identity_key(struct cli *cli, const char *path, struct err *err)
{
    return read_key(cli, path, key_from_private_pem, err);
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

bool identity_user(struct cli *cli, struct cert **cert, struct key **key, struct err *err)
{
    const char *const cert_path = option_text(&cli->options, "cert");
    const char *const key_path = option_text(&cli->options, "key");
    auto_cert *own = read_certificate(cli, cert_path, err);

    if (own == NULL)
        return false;
    auto_key *own_key = identity_key(cli, key_path, err);
    if (own_key == NULL)
        return false;
    auto_key *certified = cert_public_key(own, err);
    if (certified == NULL || !key_equal_public(certified, own_key)) {
        (void)cli_fail(cli, EXIT_KEY, NULL);
        return err_set(err, FAIL_MALFORMED, "%s and %s do not belong together", cert_path,
                       key_path);
    }
    *cert = TAKE(own);
    *key = TAKE(own_key);
    return true;
}
