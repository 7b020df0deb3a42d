/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/coordinator/cache.h"
#include "cli/coordinator/session.h"
#include "cli/io/save.h"

/* certificate root, intermediate, chain */

/* The root stays the same as long as a deployment lives. */
static bool root_is_known(struct session *s, struct err *err)
{
    auto_cache cache = { 0 };

    if (option_switch(&s->cli->options, "insecure"))
        return true;
    if (!cache_read(s->cli, &cache, err))
        return false;
    if (bytes_equal(cert_der(cache.root), cert_der(s->root)))
        return true;
    (void)cli_fail(s->cli, EXIT_TRUST, NULL);
    return err_set(
        err, FAIL_DENIED,
        "root certificate of Coordinator changed. Run '%s manifest verify' to verify the "
        "instance and update the local cache",
        s->cli->program);
}

static bool write_certificates(struct session *s, const struct buf *pem, const char *what,
                               struct err *err)
{
    const char *const path = option_text(&s->cli->options, "output");
    auto_buf data = { 0 };

    if (!save_file(path, buf_bytes(pem), SAVE_REPLACE, err))
        return false;
    if (save_is_output(path))
        return true;
    output_say(&s->cli->out, "%s written to %s", what, path);
    buf_add_string(&data, "{\"file\":");
    json_put_string(&data, bytes_of_string(path));
    buf_add_string(&data, ",\"pem\":");
    json_put_string(&data, buf_bytes(pem));
    buf_add_u8(&data, '}');
    return output_result(&s->cli->out, "Certificate", buf_bytes(&data), BYTES_NONE, err);
}

static bool get(struct cli *cli, bool intermediate, bool root, const char *what, struct err *err)
{
    auto_session s = { 0 };
    auto_buf pem = { 0 };

    if (option_text(&cli->options, "output")[0] == '\0') {
        (void)cli_fail(cli, EXIT_USAGE, NULL);
        return err_set(err, FAIL_MALFORMED, "output flag must not be empty");
    }
    if (!session_open(&s, cli, cli_argument(cli, 0), err))
        return false;
    if (!session_verify(&s, err))
        return err_in(err, "retrieving certificate from Coordinator");
    if (intermediate)
        cert_pem(s.intermediate, &pem);
    if (root)
        cert_pem(s.root, &pem);
    return root_is_known(&s, err) && session_save_quote(&s, err) &&
           write_certificates(&s, &pem, what, err);
}

bool run_certificate_root(struct cli *cli, struct err *err)
{
    return get(cli, false, true, "Root certificate", err);
}

bool run_certificate_intermediate(struct cli *cli, struct err *err)
{
    return get(cli, true, false, "Intermediate certificate", err);
}

bool run_certificate_chain(struct cli *cli, struct err *err)
{
    return get(cli, true, true, "Certificate chain", err);
}
