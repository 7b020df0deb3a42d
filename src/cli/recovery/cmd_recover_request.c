/* SPDX-License-Identifier: Apache-2.0 */
#include "base/env.h"
#include "cli/attest/show.h"
#include "cli/io/fingerprint.h"
#include "cli/io/input.h"
#include "cli/io/name_list.h"
#include "cli/io/save.h"
#include "cli/recovery/recovering.h"
#include "cli/recovery/request.h"

#include <inttypes.h>

/* recover request: the first of three steps of a recovery whose keys are on machines without a network. */

enum { LARGEST_BUNDLE = 4 << 20 };

/* The bundle travels along, so that the quote can be verified where it is answered. */
static bool read_collateral(struct cli *cli, struct arena *arena, struct buf *text,
                            struct bytes *bundle, struct err *err)
{
    const char *const path = option_text(&cli->options, "collateral");

    if (path == NULL)
        return true;
    if (!input_file(cli, path, LARGEST_BUNDLE, text, err))
        return err_in(err, "collateral");
    const struct json *const top = json_parse(buf_bytes(text), JSON_TRAILING_REFUSED, arena, err);
    if (top == NULL || top->type != JSON_OBJECT) {
        (void)cli_fail(cli, EXIT_USAGE, NULL);
        return err_set(err, FAIL_MALFORMED, "collateral: %s is no bundle", path);
    }
    *bundle = json_source(top);
    return true;
}

/* What `recover answer` would not read is not worth being carried. */
static bool write_request(const struct recovery_request *r, struct buf *file, struct err *err)
{
    auto_recovery_request again = { 0 };

    return recovery_request_write(r, file, err) &&
           (recovery_request_read(buf_bytes(file), &again, err) ||
            err_in(err, "what the Coordinator says about itself"));
}

static bool show(struct cli *cli, const struct recovery_request *r, const char *path,
                 struct err *err)
{
    auto_buf groups = { 0 }, json = { 0 }, text = { 0 };
    char hex[FINGERPRINT_LEN + 1];

    if (!fingerprint_of(r->key, hex, err))
        return false;
    fingerprint_put(hex, &groups);
    buf_add_string(&json, "{\"file\":");
    json_put_string(&json, bytes_of_string(path));
    buf_add_format(&json, ",\"fingerprint\":\"%s\",\"session\":", hex);
    json_put_string(&json, r->session);
    buf_add_format(&json,
                   ",\"needed\":%" PRIu64 ",\"received\":%" PRIu64 ",\"missing\":", r->needed,
                   r->received);
    name_list_put(r->missing, &json);
    buf_add_format(&json, ",\"verified\":%s}", r->verified ? "true" : "false");
    buf_add_format(&text, "fingerprint: %.*s\n", BYTES_FMT(buf_bytes(&groups)));
    if (save_is_output(path)) {
        output_say(&cli->out, "%.*s", BYTES_FMT(buf_bytes(&text)));
        return true;
    }
    output_say(&cli->out, "Request written to: %s", path);
    output_say(&cli->out,
               r->verified && r->signature.len > 0
                   ? "The quote and a signature vouch for this key: the holders can verify it."
                   : "Tell the holders this fingerprint, but do not send it along with the file: "
                     "`recover answer` asks for it.");
    return output_result(&cli->out, "RecoveryRequest", buf_bytes(&json), buf_bytes(&text), err);
}

bool run_recover_request(struct cli *cli, struct err *err)
{
    const char *const path = option_text(&cli->options, "output");
    const struct moment now = moment_of(env_now_ms(NULL) / 1000);
    auto_session s = { 0 };
    auto_recovering recovering = { 0 };
    auto_save save = { .fd = -1 };
    auto_buf bundle = { 0 }, file = { 0 }, signature = { 0 };
    auto_arena arena = { 0 };
    struct recovery_request r = { .made = bytes_of_string(now.text),
                                  .endpoint = bytes_of_string(cli_argument(cli, 0)),
                                  .verified = !option_switch(&cli->options, "insecure") };

    if (!session_open(&s, cli, cli_argument(cli, 0), err) ||
        !read_collateral(cli, &arena, &bundle, &r.collateral, err))
        return false;
    if (!save_open(&save, path, SAVE_NEW, err))
        return cli_fail(cli, EXIT_USAGE, "nothing was asked for");
    if (!session_verify(&s, err) || !session_bind(&s, err) ||
        !recovering_read(&s, &recovering, err) ||
        !recovering_expect(cli, &recovering, BYTES_NONE, err) ||
        !recovering_say(cli, &recovering, err))
        return false;
    auto_key *key = recovering_key(&s, &signature, err);
    if (key == NULL)
        return false;
    r.session = recovering.session;
    r.needed = recovering.needed;
    r.received = recovering.received;
    r.missing = recovering.missing;
    r.nonce = buf_bytes(&s.nonce);
    r.quote = buf_bytes(&s.quote);
    r.intermediate = s.intermediate;
    r.root = s.root;
    r.key = key;
    r.signature = buf_bytes(&signature);
    return write_request(&r, &file, err) && save_finish(&save, buf_bytes(&file), err) &&
           show(cli, &r, path, err) && session_save_quote(&s, err);
}
