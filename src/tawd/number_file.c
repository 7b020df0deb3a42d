/* SPDX-License-Identifier: Apache-2.0 */
#include "tawd/number_file.h"

#include "base/secret.h"

#define FILE_NAME "evaluation_numbers"
enum { FILE_MAX = 64 << 10 }; /* bytes; 1024 numbers take 15 kB */

static struct bytes purpose(void)
{
    return BYTES_LITERAL("taw evaluation numbers 1");
}

static bool load(void *ctx, struct buf *out, struct err *err)
{
    const struct number_file *const file = ctx;
    auto_string *path = mem_printf("%s/" FILE_NAME, file->directory);
    auto_buf blob = { 0 };
    struct secret *text = NULL;

    if (!file_read(file->files, path, FILE_MAX, &blob, err))
        return err->kind == FAIL_NOT_FOUND;
    if (!sealing_unseal(file->sealing, buf_bytes(&blob), purpose(), &text, err))
        return err_in(err, "%s", path);
    buf_add(out, secret_bytes(text));
    secret_free(text);
    return true;
}

static bool keep(void *ctx, struct bytes text, struct err *err)
{
    const struct number_file *const file = ctx;
    auto_buf blob = { 0 };

    return sealing_seal(file->sealing, SEAL_PRODUCT_KEY, text, purpose(), &blob, err) &&
           file_replace(file->files, file->directory, FILE_NAME, buf_bytes(&blob), err);
}

struct number_memory number_file_memory(struct number_file *file)
{
    return (struct number_memory){ file, load, keep };
}
