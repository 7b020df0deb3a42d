/* SPDX-License-Identifier: Apache-2.0 */
#include "base/files.h"
#include "cli/cli.h"
#include "codec/text.h"
#include "state/update_log_proof.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { LARGEST_LOG = 256 << 20, LARGEST_CHAIN = 1 << 20 }; /* bytes */

struct arguments {
    const char *log, *root, *earlier;
};

/* The argument that an option or a place is for; NULL: there is none. */
static const char **place_of(struct arguments *a, const char *option)
{
    if (strcmp(option, "--root") == 0)
        return &a->root;
    return strcmp(option, "--earlier") == 0 ? &a->earlier : NULL;
}

static bool read_arguments(int count, char **texts, struct arguments *a)
{
    for (int i = 0; i < count; i++) {
        const char **const place = place_of(a, texts[i]);
        if (place != NULL && i + 1 < count)
            *place = texts[++i];
        else if (place == NULL && texts[i][0] != '-' && a->log == NULL)
            a->log = texts[i];
        else
            return false;
    }
    return a->log != NULL && a->root != NULL;
}

/* The last certificate of the file: GET quote puts the root behind the intermediate. */
static struct cert *read_root(const char *path, struct err *err)
{
    auto_buf text = { 0 };
    auto_pem_block block = { 0 };
    struct cert *root = NULL;

    if (!file_read(&files_posix, path, LARGEST_CHAIN, &text, err))
        return NULL;
    for (struct bytes rest = buf_bytes(&text); pem_next(&rest, &block);) {
        cert_free(root);
        root = cert_from_der(buf_bytes(&block.der), err);
        if (root == NULL) {
            (void)err_in(err, "%s", path);
            return NULL;
        }
    }
    if (root == NULL)
        (void)err_set(err, FAIL_MALFORMED, "%s: there is no certificate in it", path);
    return root;
}

/* Views of *text. */
static bool read_proof(const char *path, const struct cert *root, struct buf *text,
                       struct arena *arena, struct update_log_proof *proof, struct err *err)
{
    if (!file_read(&files_posix, path, LARGEST_LOG, text, err))
        return false;
    return (update_log_proof_parse(buf_bytes(text), arena, proof, err) &&
            update_log_proof_check(proof, root, err)) ||
           err_in(err, "%s", path);
}

static bool check(const struct arguments *a, struct err *err)
{
    auto_buf text = { 0 }, earlier_text = { 0 };
    auto_arena arena = { 0 };
    struct update_log_proof proof, earlier;
    auto_cert *root = read_root(a->root, err);

    if (root == NULL || !read_proof(a->log, root, &text, &arena, &proof, err))
        return false;
    if (a->earlier != NULL) {
        if (!read_proof(a->earlier, root, &earlier_text, &arena, &earlier, err))
            return false;
        if (!update_log_proof_extends(&proof, &earlier, err))
            return err_in(err, "%s does not continue %s", a->log, a->earlier);
    }
    (void)printf("%" PRIu64 " lines, complete at %.*s\n", proof.end.lines, BYTES_FMT(proof.time));
    if (a->earlier != NULL)
        (void)printf("continues the %" PRIu64 " lines of %.*s\n", earlier.end.lines,
                     BYTES_FMT(earlier.time));
    return true;
}

int check_log(int count, char **texts)
{
    struct arguments a = { 0 };
    struct err err = { 0 };

    if (!read_arguments(count, texts, &a)) {
        (void)fprintf(stderr, "taw: usage: taw " CHECK_LOG_USAGE "\n");
        return EXIT_USAGE;
    }
    if (check(&a, &err))
        return EXIT_GOOD;
    (void)fprintf(stderr, "taw: %s\n", err.text);
    return EXIT_REFUSED;
}
