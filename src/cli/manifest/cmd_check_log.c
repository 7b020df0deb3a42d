/* SPDX-License-Identifier: Apache-2.0 */
#include "base/files.h"
#include "cli/cli.h"
#include "codec/json.h"
#include "codec/text.h"
#include "state/update_log_proof.h"

#include <inttypes.h>

enum { LARGEST_LOG = 256 << 20, LARGEST_CHAIN = 1 << 20 }; /* bytes */

/* A file that is not there proves nothing, neither way. */
static bool read_input(struct cli *cli, const char *path, size_t max, struct buf *text,
                       struct err *err)
{
    return file_read(&files_posix, path, max, text, err) || cli_fail(cli, EXIT_USAGE, NULL);
}

/* The last certificate of the file: GET quote puts the root behind the intermediate. */
static struct cert *last_certificate(struct bytes text, struct err *err)
{
    auto_pem_block block = { 0 };
    struct cert *last = NULL;
    size_t count = 0;

    while (pem_next(&text, &block)) {
        cert_free(last);
        last = cert_from_der(buf_bytes(&block.der), err);
        if (last == NULL)
            return NULL;
        count++;
    }
    if (count == 0)
        (void)err_set(err, FAIL_MALFORMED, "there is no certificate in it");
    return last;
}

static struct cert *read_root(struct cli *cli, const char *path, struct err *err)
{
    auto_buf text = { 0 };

    if (!read_input(cli, path, LARGEST_CHAIN, &text, err))
        return NULL;
    struct cert *const root = last_certificate(buf_bytes(&text), err);
    if (root == NULL) {
        (void)cli_fail(cli, EXIT_USAGE, NULL);
        (void)err_in(err, "%s", path);
    }
    return root;
}

/* Views of *text. */
static bool read_proof(struct cli *cli, const char *path, const struct cert *root, struct buf *text,
                       struct arena *arena, struct update_log_proof *proof, struct err *err)
{
    if (!read_input(cli, path, LARGEST_LOG, text, err))
        return false;
    const bool parsed = update_log_proof_parse(buf_bytes(text), arena, proof, err);
    if (parsed && update_log_proof_check(proof, root, err))
        return true;
    (void)cli_fail(cli, parsed ? EXIT_TRUST : EXIT_USAGE, NULL);
    return err_in(err, "%s", path);
}

/* earlier NULL: there is none. */
static bool show(struct cli *cli, const struct update_log_proof *proof,
                 const struct update_log_proof *earlier, struct err *err)
{
    auto_buf data = { 0 }, text = { 0 };

    buf_add_format(&data, "{\"lines\":%" PRIu64 ",\"time\":", proof->end.lines);
    json_put_string(&data, proof->time);
    buf_add_format(&text, "%" PRIu64 " lines, complete at %.*s\n", proof->end.lines,
                   BYTES_FMT(proof->time));
    if (earlier != NULL) {
        buf_add_format(&data, ",\"earlierLines\":%" PRIu64 ",\"earlierTime\":", earlier->end.lines);
        json_put_string(&data, earlier->time);
        buf_add_format(&text, "continues the %" PRIu64 " lines of %.*s\n", earlier->end.lines,
                       BYTES_FMT(earlier->time));
    }
    buf_add_u8(&data, '}');
    return output_result(&cli->out, "UpdateLogCheck", buf_bytes(&data), buf_bytes(&text), err);
}

bool run_manifest_check_log(struct cli *cli, struct err *err)
{
    const char *const path = cli_argument(cli, 0);
    const char *const earlier_path = option_text(&cli->options, "earlier");
    auto_buf text = { 0 }, earlier_text = { 0 };
    auto_arena arena = { 0 };
    struct update_log_proof proof, earlier;
    auto_cert *root = read_root(cli, option_text(&cli->options, "root"), err);

    if (root == NULL || !read_proof(cli, path, root, &text, &arena, &proof, err))
        return false;
    if (earlier_path == NULL)
        return show(cli, &proof, NULL, err);
    if (!read_proof(cli, earlier_path, root, &earlier_text, &arena, &earlier, err))
        return false;
    if (update_log_proof_extends(&proof, &earlier, err))
        return show(cli, &proof, &earlier, err);
    (void)cli_fail(cli, EXIT_TRUST, NULL);
    return err_in(err, "%s does not continue %s", path, earlier_path);
}
