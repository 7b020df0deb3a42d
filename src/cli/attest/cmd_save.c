/* SPDX-License-Identifier: Apache-2.0 */
#include "base/env.h"
#include "cli/attest/question.h"
#include "cli/attest/show.h"
#include "cli/coordinator/session.h"
#include "cli/io/input.h"
#include "cli/io/save.h"
#include "codec/json.h"
#include "crypto/hash.h"

#include <string.h>

/* `taw attest save`: what proves a Coordinator, in one file that `attest verify` takes without a network. */

struct keeping {
    struct session session;
    struct buf bundle;
    struct saved_record record; /* views into the session and the bundle */
    struct buf text;
    struct question question; /* about the text */
};

static void keeping_clear(struct keeping *k)
{
    session_clear(&k->session);
    buf_clear(&k->bundle);
    buf_clear(&k->text);
    question_clear(&k->question);
}
#define auto_keeping struct keeping CLEANUP(keeping_clear)

static bool check_wish(struct cli *cli, struct err *err)
{
    const char *const bundle = option_text(&cli->options, "collateral");

    if (option_switch(&cli->options, "insecure"))
        (void)err_set(err, FAIL_MALFORMED,
                      "--insecure: without a quote that was verified there is nothing to save");
    else if (bundle != NULL && save_is_output(bundle))
        (void)err_set(err, FAIL_MALFORMED, "--collateral: it is read twice, - can not be");
    else
        return true;
    return cli_fail(cli, EXIT_USAGE, NULL);
}

static bool verify_coordinator(struct cli *cli, struct session *s, struct err *err)
{
    if (!session_open(s, cli, cli_argument(cli, 0), err))
        return false;
    if (session_verify(s, err))
        return session_bind(s, err);
    if (s->root != NULL && s->quote.len == 0)
        cli->hint = "a Coordinator in simulation mode has no quote that could be saved";
    return false;
}

static struct bytes without_blanks(struct bytes text)
{
    while (text.len > 0 && strchr(" \t\r\n", text.at[text.len - 1]) != NULL)
        text.len--;
    return text;
}

/* session_verify has read the same file; whether it still is, shows when the record is judged. */
static bool compose(struct cli *cli, struct keeping *k, struct err *err)
{
    const struct session *const s = &k->session;

    if (!input_file(cli, option_text(&cli->options, "collateral"), COLLATERAL_BUNDLE_MAX,
                    &k->bundle, err))
        return err_in(err, "collateral");
    k->record = (struct saved_record){
        .saved_at = env_now_ms(NULL) / 1000,
        .coordinator = bytes_of_string(s->typed),
        .nonce = buf_bytes(&s->nonce),
        .collateral = without_blanks(buf_bytes(&k->bundle)),
        .evidence = buf_bytes(&s->quote),
        .root = s->root,
        .intermediate = s->intermediate,
    };
    saved_record_put(&k->record, &k->text);
    return true;
}

/* Nothing is kept that would not be believed later. */
static bool judge(struct cli *cli, struct keeping *k, struct err *err)
{
    const struct verdict *const v = &k->question.verdict;

    if (!question_of_record(cli, buf_bytes(&k->text), &k->question, err))
        return false;
    question_judge(&k->question);
    if (k->question.valid)
        return true;
    (void)cli_fail(cli, EXIT_ATTESTATION, NULL);
    return err_set(err, FAIL_DENIED, "the record does not verify, nothing was written: %s: %.*s",
                   reason_text(v->reason), BYTES_FMT(v->detail));
}

static bool show(struct cli *cli, const struct keeping *k, const char *path, struct err *err)
{
    const struct verdict *const v = &k->question.verdict;
    auto_buf json = { 0 }, text = { 0 };

    buf_add_string(&json, "{\"file\":");
    json_put_string(&json, bytes_of_string(path));
    binding_show_json(&k->question.evidence, &k->question.binding, &json);
    show_evidence_json(v, &json);
    buf_add_u8(&json, '}');
    show_line(&text, "written", "%s", path);
    binding_show_text(&k->question.evidence, &k->question.binding, &text);
    return output_result(&cli->out, "AttestationRecord", buf_bytes(&json), buf_bytes(&text), err);
}

bool run_attest_save(struct cli *cli, struct err *err)
{
    const char *const path = option_text(&cli->options, "output");
    auto_keeping k = { 0 };

    if (!check_wish(cli, err) || !verify_coordinator(cli, &k.session, err) ||
        !compose(cli, &k, err) || !judge(cli, &k, err) || !session_save_quote(&k.session, err) ||
        !save_file(path, buf_bytes(&k.text), SAVE_REPLACE, err))
        return false;
    /* Standard output has the record then. */
    return save_is_output(path) || show(cli, &k, path, err);
}
