/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/io/ask.h"
#include "codec/json.h"
#include "codec/text.h"
#include "store/backup.h"

#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

/* state backup, state restore: copies of seal directories. */

static const struct log quiet = { .fd = STDERR_FILENO, .level = LOG_ERROR };
static const struct env disk = { .files = &files_posix, .log = &quiet, .now_ms = env_now_ms };

/* "generation 2, 31 commits of deployment 00ff...", or what else it is. */
static void put_words(const struct store_inspection *in, struct buf *out)
{
    if (in->generation == 0) {
        buf_add_string(out, in->verdict == STORE_FOREIGN ? "a state of the original"
                                                         : "a state that cannot be read");
        return;
    }
    buf_add_format(out, "generation %" PRIu64 ", %" PRIu64 " commits of deployment ",
                   in->generation, in->seq);
    hex_encode(out, bytes_of(in->deployment, sizeof in->deployment));
}

static void put_member(struct buf *out, const char *name, const char *text)
{
    json_put_name(out, name);
    if (text == NULL)
        buf_add_string(out, "null");
    else
        json_put_string(out, bytes_of_string(text));
}

static void put_data(const struct store_inspection *in, const char *directory, const char *from,
                     struct buf *out)
{
    buf_add_u8(out, '{');
    put_member(out, "directory", directory);
    put_member(out, "from", from);
    put_member(out, "format", in->generation > 0 ? "taw" : "original");
    if (in->generation > 0) {
        json_put_name(out, "deployment");
        buf_add_u8(out, '"');
        hex_encode(out, bytes_of(in->deployment, sizeof in->deployment));
        buf_add_u8(out, '"');
        json_put_name(out, "generation");
        buf_add_decimal(out, in->generation);
        json_put_name(out, "commits");
        buf_add_decimal(out, in->seq);
    }
}

static bool fail(struct cli *cli, const struct err *err)
{
    switch (err->kind) {
    case FAIL_NOT_FOUND:
        return cli_fail(cli, EXIT_NOT_FOUND, NULL);
    case FAIL_DAMAGED:
        return cli_fail(cli, EXIT_REJECTED, "`taw state inspect` shows what can be seen of it");
    case FAIL_STATE:
        return cli_fail(cli, EXIT_STATE, NULL);
    default:
        return cli_fail(cli, EXIT_FAILED, NULL);
    }
}

bool run_state_backup(struct cli *cli, struct err *err)
{
    const char *const from = cli_argument(cli, 0), *const to = cli_argument(cli, 1);
    auto_store_inspection copied = { 0 };
    auto_buf data = { 0 }, text = { 0 };

    if (!store_backup_make(&disk, from, to, &copied, err))
        return err->kind == FAIL_STATE
                   ? cli_fail(cli, EXIT_USAGE, "a backup gets a directory of its own")
                   : fail(cli, err);
    put_data(&copied, to, from, &data);
    buf_add_u8(&data, '}');
    buf_add_format(&text, "%s: ", to);
    put_words(&copied, &text);
    buf_add_u8(&text, '\n');
    if (copied.own_slots > 0)
        output_warn(&cli->out, "the backup has the key slot of this machine, on which it opens "
                               "without any recovery key: keep it like the seal directory");
    return output_result(&cli->out, "StateBackup", buf_bytes(&data), buf_bytes(&text), err);
}

/* Never over a state without a word. */
static bool may_replace(struct cli *cli, const struct store_inspection *in, const char *directory,
                        struct err *err)
{
    static const struct ask ask = {
        .question = "Set aside the state that is there, and put the backup in its place?",
        .refused = "nothing was changed",
        .always = true,
    };
    struct store_inspection there CLEANUP(store_inspection_clear) = { 0 };
    auto_buf words = { 0 };

    if (access(directory, F_OK) != 0)
        return true;
    if (!store_inspect(&disk, directory, &there, err))
        return fail(cli, err);
    if (there.verdict == STORE_FRESH)
        return true;
    buf_add_string(&words, "There: ");
    put_words(&there, &words);
    buf_add_string(&words, ". In the backup: ");
    put_words(in, &words);
    output_say(&cli->out, "%.*s.", BYTES_FMT(buf_bytes(&words)));
    return ask_consent(cli, &ask, err);
}

static bool put_back(struct cli *cli, const struct store_backup *backup,
                     const struct store_inspection *in, struct err *err)
{
    const char *const from = cli_argument(cli, 0), *const to = cli_argument(cli, 1);
    auto_string *aside = NULL;
    auto_buf data = { 0 }, text = { 0 };

    if (!store_backup_restore(&disk, backup, to, &aside, err)) {
        if (aside != NULL)
            output_warn(&cli->out, "the state that was there is in %s", aside);
        return fail(cli, err);
    }
    put_data(in, to, from, &data);
    put_member(&data, "setAside", aside);
    buf_add_u8(&data, '}');
    buf_add_format(&text, "%s: ", to);
    put_words(in, &text);
    buf_add_u8(&text, '\n');
    if (aside != NULL)
        buf_add_format(&text, "set aside: %s\n", aside);
    if (in->own_slots == 0)
        output_say(&cli->out, "It has no key slot: the Coordinator will wait for its recovery.");
    return output_result(&cli->out, "StateRestore", buf_bytes(&data), buf_bytes(&text), err);
}

bool run_state_restore(struct cli *cli, struct err *err)
{
    const char *const from = cli_argument(cli, 0);
    auto_store_inspection in = { 0 };
    bool has_sums = false;

    auto_store_backup *backup = store_backup_read(&disk, from, &in, &has_sums, err);
    if (backup == NULL)
        return fail(cli, err);
    if (!has_sums)
        output_warn(&cli->out,
                    "%s has no SHA256SUMS: whether its last commits are missing is not "
                    "known",
                    from);
    return may_replace(cli, &in, cli_argument(cli, 1), err) && put_back(cli, backup, &in, err);
}
