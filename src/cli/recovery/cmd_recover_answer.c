/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/verify.h"
#include "base/env.h"
#include "cli/attest/anchors.h"
#include "cli/attest/show.h"
#include "cli/coordinator/judge.h"
#include "cli/io/ask.h"
#include "cli/io/input.h"
#include "cli/io/name_list.h"
#include "cli/io/save.h"
#include "cli/recovery/answer.h"
#include "cli/recovery/request.h"
#include "cli/recovery/share_input.h"
#include "cli/user/identity.h"
#include "codec/text.h"
#include "recovery/signed_key.h"

#include <inttypes.h>

/*
 * recover answer: the second of three steps, on a machine without a network. The secret is encrypted to a key in a file that anybody
 * may have touched; nothing is written before quote and signature, or a fingerprint, say that it is the Coordinator's.
 */

static const char CHANGED[] = "nothing was written; when it is not a slip of the pen, somebody has "
                              "changed the request on its "
                              "way: make a new one, and find out who";

static bool read_request(struct cli *cli, struct buf *file, struct recovery_request *r,
                         struct err *err)
{
    const char *const path = cli_argument(cli, 0);

    if (!input_file(cli, path, CARRIED_MAX, file, err))
        return err_in(err, "request");
    if (recovery_request_read(buf_bytes(file), r, err))
        return true;
    (void)cli_fail(cli, EXIT_USAGE, NULL);
    return err_in(err, "%.100s", path);
}

static bool say_request(struct cli *cli, const struct recovery_request *r, struct err *err)
{
    auto_buf missing = { 0 };

    if (!name_list_read(r->missing, &missing, NULL, err))
        return false;
    output_say(
        &cli->out,
        "Request of %.*s for %.*s, session %.*s: %" PRIu64 " of %" PRIu64 " secrets received%s%.*s",
        BYTES_FMT(r->made), BYTES_FMT(r->endpoint),
        BYTES_FMT(r->session.len > 0 ? r->session : BYTES_LITERAL("(not told)")), r->received,
        r->needed, missing.len > 0 ? ", missing: " : "", BYTES_FMT(buf_bytes(&missing)));
    return true;
}

/* ---- is it the Coordinator that is meant? ---- */

/* What it runs, in the words of its platform. */
static void say_measurements(struct cli *cli, struct bytes quote)
{
    static const char *const names[] = { "mrenclave", "mrsigner",    "mrtd",
                                         "rtmr0",     "rtmr1",       "rtmr2",
                                         "rtmr3",     "measurement", "host_data" };
    struct verdict v = { 0 };
    auto_arena arena = { 0 };
    auto_buf kind = { 0 };

    if (!evidence_inspect(evidence_without_certificates(quote), &arena, &v))
        return;
    show_kind(&v, &kind);
    output_say(&cli->out, "%.*s", BYTES_FMT(buf_bytes(&kind)));
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        const struct bytes value = verdict_field_value(&v, names[i]);
        auto_buf hex = { 0 };
        hex_encode(&hex, value);
        if (value.len > 0)
            output_say(&cli->out, "  %s %.*s", names[i], BYTES_FMT(buf_bytes(&hex)));
    }
    if (v.tee == TEE_SGX)
        output_say(&cli->out, "  isvprodid %" PRIu64 ", isvsvn %" PRIu64,
                   verdict_field_number(&v, "isvprodid"), verdict_field_number(&v, "isvsvn"));
}

static bool judge(struct cli *cli, const struct recovery_request *r, struct err *err)
{
    struct coordinator_claim claim = {
        .quote = r->quote, .root = r->root, .nonce = r->nonce, .collateral = r->collateral
    };

    if (option_switch(&cli->options, "insecure")) {
        output_warn(&cli->out, "skipping quote verification");
        output_check(&cli->out, false, "quote of the Coordinator (--insecure)");
        return true;
    }
    if (r->quote.len == 0) {
        (void)cli_fail(cli, EXIT_ATTESTATION,
                       "the Coordinator runs in simulation mode; --insecure accepts that");
        return err_set(err, FAIL_DENIED, "the request has no quote");
    }
    /* Who may touch the request on its way can put a policy beside it, for a Coordinator of his. */
    if (!option_is_set(&cli->options, "era-config")) {
        (void)cli_fail(
            cli, EXIT_ATTESTATION,
            "--era-config names the policy of this machine; one that lies in the working "
            "directory may have come with the request");
        return err_set(err, FAIL_DENIED, "no policy says which Coordinator is meant");
    }
    if (!r->verified)
        output_warn(&cli->out, "the request was made with --insecure");
    return moment_read(cli, &claim.at, err) && coordinator_judge(cli, &claim, err);
}

static bool is_signed(struct cli *cli, const struct recovery_request *r, struct err *err)
{
    auto_key *root = cert_public_key(r->root, err);
    auto_buf spki = { 0 };

    if (root == NULL || !key_public_der(r->key, &spki, err))
        return false;
    if (signed_key_check(root, buf_bytes(&spki), r->signature, err)) {
        output_check(&cli->out, true, "signature of the Coordinator's root over its key");
        return true;
    }
    (void)cli_fail(cli, EXIT_TRUST, CHANGED);
    return err_in(err, "the key in the request is not signed by the Coordinator's root");
}

/* Without quote or signature nothing vouches for the key in the request: only who made the request knows whether it is the
 * one he saw. */
static bool compare_fingerprint(struct cli *cli, const char hex[static FINGERPRINT_LEN + 1],
                                struct err *err)
{
    const char *const typed = option_text(&cli->options, "fingerprint");
    auto_string *line = NULL;

    if (typed == NULL) {
        line = ask_line(cli,
                        "Type the first 5 groups of the fingerprint that `recover request` showed",
                        "--fingerprint takes it where nobody is asked", err);
        if (line == NULL)
            return false;
    }
    if (fingerprint_check(hex, typed != NULL ? typed : line, err)) {
        output_check(&cli->out, true, "fingerprint of the Coordinator's key");
        return true;
    }
    (void)cli_fail(cli, err->kind == FAIL_DENIED ? EXIT_TRUST : EXIT_USAGE,
                   err->kind == FAIL_DENIED ? CHANGED : "nothing was written");
    return err_in(err, "the key in the request");
}

static bool trust_key(struct cli *cli, const struct recovery_request *r,
                      const char fingerprint[static FINGERPRINT_LEN + 1], struct err *err)
{
    const bool is_vouched = r->signature.len > 0 && !option_switch(&cli->options, "insecure");

    if (r->signature.len > 0 && !is_signed(cli, r, err))
        return false;
    return (is_vouched && !option_is_set(&cli->options, "fingerprint")) ||
           compare_fingerprint(cli, fingerprint, err);
}

/* ---- the answer ---- */

static bool make_answer(struct cli *cli, const struct recovery_request *r,
                        struct recovery_answer *a, struct err *err)
{
    auto_key *key = identity_recovery_key(cli, err);

    if (key == NULL)
        return false;
    auto_secret *plain = share_input_read(cli, 1, key, err);
    return plain != NULL && share_input_sign(cli, key, plain, &a->signature, err) &&
           fingerprint_of(key, a->holder, err) &&
           (key_oaep_encrypt(r->key, secret_bytes(plain), &a->secret, err) ||
            err_in(err, "the key in the request"));
}

static bool show(struct cli *cli, const struct recovery_answer *a, const char *path,
                 struct err *err)
{
    auto_buf json = { 0 };

    if (save_is_output(path))
        return true;
    buf_add_string(&json, "{\"file\":");
    json_put_string(&json, bytes_of_string(path));
    json_put_name(&json, "endpoint");
    json_put_string(&json, a->endpoint);
    json_put_name(&json, "session");
    json_put_string(&json, a->session);
    buf_add_format(&json, ",\"holder\":\"%s\"}", a->holder);
    output_say(&cli->out, "Answer written to: %s", path);
    output_say(&cli->out, "Take it back and run: %s recover submit %s %.*s", cli->program, path,
               BYTES_FMT(a->endpoint));
    return output_result(&cli->out, "RecoveryAnswer", buf_bytes(&json), BYTES_NONE, err);
}

bool run_recover_answer(struct cli *cli, struct err *err)
{
    const char *const path = option_text(&cli->options, "output");
    const struct moment now = moment_of(env_now_ms(NULL) / 1000);
    auto_recovery_request r = { 0 };
    auto_recovery_answer a = { .made = bytes_of_string(now.text) };
    auto_save save = { .fd = -1 };
    auto_buf request = { 0 }, file = { 0 };

    if (!read_request(cli, &request, &r, err) || !fingerprint_of(r.key, a.key, err))
        return false;
    if (!save_open(&save, path, SAVE_NEW, err))
        return cli_fail(cli, EXIT_USAGE, NULL);
    a.endpoint = r.endpoint;
    a.session = r.session;
    if (!say_request(cli, &r, err) || !judge(cli, &r, err))
        return false;
    say_measurements(cli, r.quote);
    if (!trust_key(cli, &r, a.key, err) || !make_answer(cli, &r, &a, err))
        return false;
    recovery_answer_write(&a, &file);
    return save_finish(&save, buf_bytes(&file), err) && show(cli, &a, path, err);
}
