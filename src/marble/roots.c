/* SPDX-License-Identifier: Apache-2.0 */
#include "marble/roots.h"

#include <stdlib.h>

#include "codec/text.h"

enum { FILE_MAX = 1 << 20 }; /* bytes */

static bool add(struct roots *roots, const struct pem_block *block, struct err *err)
{
    if (!bytes_equal_string(block->label, "CERTIFICATE"))
        return true; /* a key or parameters beside it */
    struct cert *const cert = cert_from_der(buf_bytes(&block->der), err);
    if (cert == NULL)
        return false;
    roots->at = mem_resize(roots->at, (roots->count + 1) * sizeof *roots->at);
    roots->at[roots->count++] = cert;
    return true;
}

bool roots_load(const struct files *files, const char *path, struct roots *roots, struct err *err)
{
    auto_buf text = { 0 };
    auto_pem_block block = { 0 };

    if (path == NULL)
        return true;
    if (!file_read(files, path, FILE_MAX, &text, err))
        return err_in(err, "TAW_MARBLE_COORDINATOR_ROOT");
    for (struct bytes left = buf_bytes(&text); pem_next(&left, &block);) {
        if (!add(roots, &block, err))
            return err_in(err, "TAW_MARBLE_COORDINATOR_ROOT: %s", path);
    }
    return roots->count > 0 ||
           err_set(err, FAIL_MALFORMED, "TAW_MARBLE_COORDINATOR_ROOT: %s has no certificate", path);
}

void roots_say(const struct roots *roots, const char *path, const struct marble_log *log)
{
    if (roots->count > 0)
        say_info(log, "the Coordinator must prove itself by a certificate of %s", path);
    else
        say_info(log, "the Coordinator's certificate is not verified: "
                      "TAW_MARBLE_COORDINATOR_ROOT is not set");
}

void roots_clear(struct roots *roots)
{
    for (size_t i = 0; i < roots->count; i++)
        cert_free(roots->at[i]);
    free(roots->at);
    *roots = (struct roots){ 0 };
}
