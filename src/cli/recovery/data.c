/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/recovery/data.h"

#include "cli/io/json_text.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* 255 holders with keys of 16,384 bits. */
enum { LARGEST_SECRETS = 1 << 20 };

/* ---- a file for each holder (--split) ---- */

static bool is_empty(const char *path)
{
    DIR *const directory = opendir(path);
    size_t count = 0;

    while (directory != NULL && readdir(directory) != NULL)
        count++;
    return directory != NULL && closedir(directory) == 0 && count <= 2; /* . and .. */
}

/* A directory of its own, so that no file of before passes for one of these. */
static bool open_split(const char *path, struct err *err)
{
    if (mkdir(path, 0700) == 0 || (errno == EEXIST && is_empty(path)))
        return true;
    if (errno != EEXIST)
        return err_errno(err, FAIL_UNAVAILABLE, "cannot make directory %s", path);
    return err_set(err, FAIL_UNAVAILABLE, "%s is no empty directory", path);
}

/* A name is any text; what could lead elsewhere or is hard to type is percent-encoded. */
static void put_file_name(struct bytes name, struct buf *out)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";

    for (size_t i = 0; i < name.len; i++) {
        if (memchr(plain, name.at[i], sizeof plain - 1) != NULL)
            buf_add_u8(out, name.at[i]);
        else
            buf_add_format(out, "%%%02X", name.at[i]);
    }
    buf_add_string(out, ".json");
}

static bool write_share(const char *directory, const struct json *secret, struct err *err)
{
    auto_buf name = { 0 }, line = { 0 };

    put_file_name(secret->name, &name);
    auto_string *path = mem_printf("%s/%.*s", directory, BYTES_FMT(buf_bytes(&name)));
    buf_add_string(&line, "{\"RecoverySecrets\":{");
    json_put_string(&line, secret->name);
    buf_add_u8(&line, ':');
    json_put_string(&line, secret->text);
    buf_add_string(&line, "}}\n");
    return save_file(path, buf_bytes(&line), SAVE_NEW, err);
}

/* All of them are safe in the one file by now. */
static void split(struct cli *cli, const struct json *secrets)
{
    const char *const directory = option_text(&cli->options, "split");
    size_t count = 0;

    if (directory == NULL)
        return;
    for (const struct json *m = json_first(secrets); m != NULL; m = json_next(m)) {
        struct err why = { 0 };
        if (write_share(directory, m, &why)) {
            count++;
            continue;
        }
        output_warn(&cli->out, "the secret of \"%.*s\" has no file of its own: %s",
                    BYTES_FMT(m->name), why.text);
        cli->status = EXIT_FAILED;
    }
    output_say(&cli->out, "%zu recovery secrets, each in a file of its own: %s", count, directory);
}

/* ---- all of them ---- */

bool recovery_data_open(struct cli *cli, struct save *save, struct err *err)
{
    const char *const path = option_text(&cli->options, "recoverydata");
    const char *const directory = option_text(&cli->options, "split");
    const bool force = option_switch(&cli->options, "force");

    if (path == NULL || path[0] == '\0' || save_is_output(path)) {
        return directory == NULL || cli_fail(cli, EXIT_USAGE, NULL) ||
               err_set(err, FAIL_MALFORMED,
                       "--split needs --recoverydata, too: the file that has all of them");
    }
    if (directory != NULL && !open_split(directory, err))
        return cli_fail(cli, EXIT_USAGE, "nothing was sent");
    if (save_open(save, path, force ? SAVE_REPLACE : SAVE_NEW, err) &&
        save_reserve(save, LARGEST_SECRETS, err))
        return true;
    const bool exists = err->kind == FAIL_STATE;
    save_clear(save);
    (void)cli_fail(cli, EXIT_USAGE,
                   exists ? "nothing was sent; --force replaces the file" : "nothing was sent");
    return err_in(err, "recovery data");
}

void recovery_data_put(const struct json *secrets, struct buf *out)
{
    const struct json **const sorted = json_text_sorted(secrets);

    buf_add_u8(out, '{');
    for (size_t i = 0; sorted[i] != NULL; i++) {
        json_put_comma(out);
        json_put_string(out, sorted[i]->name);
        buf_add_u8(out, ':');
        json_put_string(out, sorted[i]->text);
    }
    buf_add_u8(out, '}');
    free(sorted);
}

bool recovery_data_keep(struct cli *cli, struct save *save, const struct json *secrets,
                        struct buf *text, struct err *err)
{
    auto_buf line = { 0 };

    if (secrets == NULL || json_first(secrets) == NULL)
        return true;
    buf_add_string(&line, "{\"RecoverySecrets\":");
    recovery_data_put(secrets, &line);
    buf_add_u8(&line, '}');
    if (!save->is_open) {
        buf_add_u8(&line, '\n');
        buf_add(text, buf_bytes(&line));
        return true;
    }
    const char *const path = option_text(&cli->options, "recoverydata");
    if (save->is_exposed)
        output_warn(&cli->out, "%s keeps its mode: others on this machine may read it", path);
    if (save_finish(save, buf_bytes(&line), err)) {
        output_say(&cli->out, "Recovery data saved to: %s", path);
        split(cli, secrets);
        return true;
    }
    output_warn(
        &cli->out,
        "the recovery secrets could not be written to %s; they are on standard output: keep them",
        path);
    buf_add_u8(&line, '\n');
    buf_add(text, buf_bytes(&line));
    return false;
}

void recovery_data_rescue(const struct buf *text)
{
    output_to_error(buf_bytes(text));
}
