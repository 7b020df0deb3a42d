/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/io/binary.h"
#include "cli/io/input.h"
#include "cli/recovery/recovering.h"
#include "cli/recovery/share_input.h"
#include "cli/user/identity.h"
#include "codec/text.h"

/* recover, and recover-with-signature with its parts. Nothing leaves the machine before it was checked. */

enum { LARGEST_FILE = 1 << 20 };

static bool upload(struct cli *cli, struct session *s, struct bytes secret,
                   const struct buf *signature, struct err *err)
{
    const struct bytes wanted = bytes_of_string(option_text(&cli->options, "session"));
    auto_recovering r = { 0 };

    return session_verify(s, err) && session_bind(s, err) && recovering_read(s, &r, err) &&
           recovering_expect(cli, &r, wanted, err) && recovering_say(cli, &r, err) &&
           recovering_upload(s, &r, secret, buf_bytes(signature), err);
}

bool run_recover(struct cli *cli, struct err *err)
{
    auto_session s = { 0 };
    auto_buf signature = { 0 };

    if (!session_open(&s, cli, cli_argument(cli, 1), err))
        return false;
    auto_key *key = identity_recovery_key(cli, err);
    if (key == NULL)
        return false;
    auto_secret *plain = share_input_read(cli, 0, key, err);
    return plain != NULL && share_input_sign(cli, key, plain, &signature, err) &&
           upload(cli, &s, secret_bytes(plain), &signature, err);
}

bool run_recover_with_signature(struct cli *cli, struct err *err)
{
    auto_session s = { 0 };
    auto_buf secret = { 0 }, signature = { 0 };

    return session_open(&s, cli, cli_argument(cli, 1), err) &&
           input_file(cli, cli_argument(cli, 0), LARGEST_FILE, &secret, err) &&
           input_file(cli, option_text(&cli->options, "signature"), LARGEST_FILE, &signature,
                      err) &&
           upload(cli, &s, buf_bytes(&secret), &signature, err);
}

/* ---- the parts for a machine without a network ---- */

bool run_recovery_public_key(struct cli *cli, struct err *err)
{
    const char *const path = option_text(&cli->options, "output");
    auto_session s = { 0 };
    auto_buf der = { 0 }, pem = { 0 }, data = { 0 }, signature = { 0 };
    auto_save save = { .fd = -1 };

    if (!session_open(&s, cli, cli_argument(cli, 0), err))
        return false;
    if (path != NULL && path[0] != '\0' && !save_open(&save, path, SAVE_NEW, err))
        return err->kind == FAIL_STATE ? cli_fail(cli, EXIT_USAGE, NULL) : false;
    if (!session_verify(&s, err) || !session_bind(&s, err))
        return false;
    auto_key *key = recovering_key(&s, &signature, err);
    if (key == NULL || !key_public_der(key, &der, err))
        return false;
    pem_encode(&pem, "PUBLIC KEY", buf_bytes(&der));
    buf_add_string(&data, "{\"publicKey\":");
    json_put_string(&data, buf_bytes(&pem));
    buf_add_u8(&data, '}');
    const bool to_file = save.is_open;
    if (to_file && !save_finish(&save, buf_bytes(&pem), err))
        return false;
    const bool shown = (to_file && save_is_output(path)) ||
                       output_result(&cli->out, "RecoveryPublicKey", buf_bytes(&data),
                                     to_file ? BYTES_NONE : buf_bytes(&pem), err);
    return shown && session_save_quote(&s, err);
}

bool run_sign_secret(struct cli *cli, struct err *err)
{
    auto_buf signature = { 0 };
    auto_key *key = identity_recovery_key(cli, err);

    if (key == NULL)
        return false;
    auto_secret *plain = share_input_read(cli, 0, key, err);
    return plain != NULL && share_input_sign(cli, key, plain, &signature, err) &&
           binary_put(cli, &signature, "Signature", SAVE_NEW, err);
}

static struct key *read_coordinator_key(struct cli *cli, struct err *err)
{
    const char *const path = option_text(&cli->options, "coordinator-pub-key");
    auto_buf pem = { 0 };

    if (!input_file(cli, path, LARGEST_FILE, &pem, err))
        return NULL;
    struct key *const key = key_from_recovery_pem(buf_bytes(&pem), err);
    if (key == NULL) {
        (void)cli_fail(cli, EXIT_KEY, NULL);
        (void)err_in(err, "%s", path);
    }
    return key;
}

bool run_encrypt_secret(struct cli *cli, struct err *err)
{
    const bool has_key = identity_has_recovery_key(cli);
    auto_buf encrypted = { 0 };
    auto_key *coordinator = read_coordinator_key(cli, err);

    if (coordinator == NULL)
        return false;
    auto_key *key = has_key ? identity_recovery_key(cli, err) : NULL;
    if (has_key && key == NULL)
        return false;
    auto_secret *plain = share_input_read(cli, 0, key, err);
    return plain != NULL && key_oaep_encrypt(coordinator, secret_bytes(plain), &encrypted, err) &&
           binary_put(cli, &encrypted, "Encrypted secret", SAVE_NEW, err);
}
