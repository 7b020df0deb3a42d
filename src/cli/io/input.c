/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/io/input.h"

#include "base/arena.h"
#include "base/files.h"
#include "cli/io/signals.h"
#include "codec/json.h"
#include "crypto/hash.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { LARGEST_MANIFEST = 16 << 20 };

void manifest_input_clear(struct manifest_input *input)
{
    buf_clear(&input->json);
    *input = (struct manifest_input){ 0 };
}

static bool read_standard_input(size_t max, struct buf *out, struct err *err)
{
    for (;;) {
        uint8_t piece[16384];
        if (!signals_wait(STDIN_FILENO, -1))
            return err_set(err, FAIL_UNAVAILABLE, "standard input: interrupted");
        const ssize_t got = read(STDIN_FILENO, piece, sizeof piece);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_errno(err, FAIL_UNAVAILABLE, "standard input");
        if (got > 0)
            buf_add(out, bytes_of(piece, (size_t)got));
        explicit_bzero(piece, sizeof piece);
        if (got == 0)
            return true;
        if (out->len > max)
            return err_set(err, FAIL_TOO_LARGE, "standard input: more than %zu bytes", max);
    }
}

bool input_file(struct cli *cli, const char *path, size_t max, struct buf *out, struct err *err)
{
    if (path[0] == '\0')
        (void)err_set(err, FAIL_MALFORMED, "the name of a file is empty");
    else if (strcmp(path, "-") == 0 ? read_standard_input(max, out, err)
                                    : file_read(&files_posix, path, max, out, err))
        return true;
    return cli_fail(cli, EXIT_USAGE, NULL);
}

static bool is_json(struct bytes text)
{
    auto_arena arena = { 0 };
    struct err err = { 0 };

    return json_parse(text, JSON_TRAILING_REFUSED, &arena, &err) != NULL;
}

static void warn_of(struct cli *cli, const char *path, const struct yaml_surprises *surprises)
{
    if (surprises->more_documents)
        output_warn(&cli->out, "%s: only the first YAML document counts", path);
    if (surprises->odd_keys)
        output_warn(&cli->out,
                    "%s: a key that YAML takes for a boolean or a number became text; quote it",
                    path);
    if (surprises->not_a_mapping)
        output_warn(&cli->out, "%s: this is neither JSON nor a YAML mapping", path);
}

bool input_manifest_mapped(struct cli *cli, const char *path, struct manifest_input *input,
                           struct yaml_map *map, struct yaml_surprises *surprises, struct err *err)
{
    auto_buf raw = { 0 };

    *surprises = (struct yaml_surprises){ 0 };
    if (!input_file(cli, path, LARGEST_MANIFEST, &raw, err))
        return err_in(err, "manifest");
    if (is_json(buf_bytes(&raw))) {
        buf_add(&input->json, buf_bytes(&raw));
    } else if (!(map == NULL
                     ? yaml_to_json(buf_bytes(&raw), &input->json, surprises, err)
                     : yaml_to_json_mapped(buf_bytes(&raw), &input->json, map, surprises, err))) {
        (void)cli_fail(cli, EXIT_REJECTED, NULL);
        return err_in(err, "%s is not JSON, and as YAML", path);
    }
    return sha256_hex(buf_bytes(&input->json), input->fingerprint, err);
}

bool input_manifest(struct cli *cli, const char *path, struct manifest_input *input,
                    struct err *err)
{
    struct yaml_surprises surprises;

    if (!input_manifest_mapped(cli, path, input, NULL, &surprises, err))
        return false;
    warn_of(cli, path, &surprises);
    return true;
}
