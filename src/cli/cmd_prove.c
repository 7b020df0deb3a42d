/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/identity.h"
#include "cli/input.h"
#include "recovery/drill.h"
#include "recovery/share_file.h"

/* recovery prove: a drill, without a network. */

enum { LARGEST_FILE = 1 << 20 };

static struct secret *read_secret(struct cli *cli, const char *path, struct bytes name,
                                  const struct key *key, struct err *err)
{
    auto_buf file = { 0 };

    if (!input_file(cli, path, LARGEST_FILE, &file, err))
        return NULL;
    struct secret *const secret = share_from_file(buf_bytes(&file), name, key, err);
    if (secret == NULL) {
        (void)cli_fail(cli, EXIT_KEY, NULL);
        (void)err_in(err, "%.100s", path);
    }
    return secret;
}

bool run_recovery_prove(struct cli *cli, struct err *err)
{
    const struct options *const o = &cli->options;
    auto_drill_challenge challenge = { 0 };
    auto_buf input = { 0 }, data = { 0 }, text = { 0 };
    struct bytes name = bytes_of_string(option_text(o, "name"));

    if (!input_file(cli, "-", LARGEST_FILE, &input, err) ||
        !drill_challenge_read(buf_bytes(&input), &challenge, err))
        return err_in(err, "standard input");
    auto_key *key = identity_recovery_key(cli, option_text(o, "key"), err);
    if (key == NULL || (!option_is_set(o, "name") && !drill_holder_of(&challenge, key, &name, err)))
        return false;
    auto_secret *secret = read_secret(cli, option_text(o, "secret"), name, key, err);
    if (secret == NULL ||
        !drill_answer_write(&challenge, name, key, secret_bytes(secret), &data, err))
        return false;
    buf_add(&text, buf_bytes(&data));
    buf_add_u8(&text, '\n');
    return output_result(&cli->out, "DrillAnswer", buf_bytes(&data), buf_bytes(&text), err);
}
