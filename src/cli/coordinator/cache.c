/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/coordinator/cache.h"

#include "base/files.h"
#include "cli/coordinator/config_path.h"
#include "cli/io/save.h"
#include "codec/text.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define UNVERIFIED "# Nobody has verified a quote for these (--insecure).\n"
enum { LARGEST_CACHE = 1 << 20 };

void cache_clear(struct cache *cache)
{
    free(cache->path);
    free(cache->since);
    cert_free(cache->root);
    cert_free(cache->intermediate);
    *cache = (struct cache){ 0 };
}

static struct cert *next_certificate(struct bytes *pem, const char *which, struct err *err)
{
    auto_pem_block block = { 0 };

    if (!pem_next(pem, &block)) {
        (void)err_set(err, FAIL_MALFORMED,
                      "could not parse Coordinator %s certificate from PEM data", which);
        return NULL;
    }
    struct cert *const cert = cert_from_der(buf_bytes(&block.der), err);
    if (cert == NULL)
        (void)err_in(err, "Coordinator %s certificate", which);
    return cert;
}

bool chain_parse(struct bytes pem, struct cert **intermediate, struct cert **root, struct err *err)
{
    auto_cert *first = next_certificate(&pem, "intermediate", err);

    if (first == NULL)
        return false;
    *root = next_certificate(&pem, "root", err);
    if (*root == NULL)
        return false;
    *intermediate = TAKE(first);
    return true;
}

/* "# endpoint, 2026-01-02T03:04:05Z, by ...", as cache_write puts it in front. */
static char *since_of(struct bytes text)
{
    enum { TIME_LEN = 20 };
    struct bytes line;

    if (!bytes_line(text, 0, &line) || line.len == 0 || line.at[0] != '#')
        return NULL;
    const uint8_t *const comma = memmem(line.at, line.len, ", ", 2);
    const uint8_t *const end =
        comma == NULL ? NULL
                      : memmem(comma + 2, (size_t)(line.at + line.len - comma - 2), ", by ", 5);
    if (end == NULL || end - comma - 2 != TIME_LEN || end[-1] != 'Z' ||
        strspn((const char *)comma + 2, "0123456789-:TZ") != TIME_LEN)
        return NULL;
    return bytes_to_string(bytes_of(comma + 2, TIME_LEN));
}

static char *cache_path(const struct cli *cli, struct err *err)
{
    const char *const typed = option_text(&cli->options, "coordinator-cert");

    if (typed != NULL)
        return mem_string(typed);
    char *const usual = config_path("marblerun/coordinator-cert.pem", err);
    if (usual == NULL)
        (void)err_in(err, "no place for the certificate cache (--coordinator-cert)");
    return usual;
}

bool cache_read(struct cli *cli, struct cache *cache, struct err *err)
{
    auto_buf pem = { 0 };

    cache->path = cache_path(cli, err);
    if (cache->path == NULL)
        return cli_fail(cli, EXIT_USAGE, NULL);
    if (!file_read(&files_posix, cache->path, LARGEST_CACHE, &pem, err)) {
        (void)cli_fail(cli, EXIT_TRUST,
                       "`manifest verify` verifies a Coordinator and stores its certificate; "
                       "--insecure does without");
        return err_in(err, "certificate cache");
    }
    cache->unverified =
        pem.at != NULL && memmem(pem.at, pem.len, UNVERIFIED, strlen(UNVERIFIED)) != NULL;
    cache->since = since_of(buf_bytes(&pem));
    if (chain_parse(buf_bytes(&pem), &cache->intermediate, &cache->root, err))
        return true;
    (void)cli_fail(cli, EXIT_TRUST, NULL);
    return err_in(err, "certificate cache %s", cache->path);
}

static bool make_parents(const char *path, struct err *err)
{
    const char *const slash = strrchr(path, '/');

    if (slash == NULL || slash == path)
        return true;
    auto_string *parent = bytes_to_string(bytes_of(path, (size_t)(slash - path)));
    return file_make_directories(&files_posix, parent, err);
}

bool cache_write(struct cli *cli, const char *endpoint, const struct cert *root,
                 const struct cert *intermediate, bool unverified, struct err *err)
{
    auto_string *path = cache_path(cli, err);
    auto_buf text = { 0 };
    const time_t now = time(NULL);
    struct tm utc = { 0 };
    char when[32];

    if (path == NULL || !make_parents(path, err))
        return err_in(err, "certificate cache");
    (void)gmtime_r(&now, &utc);
    (void)strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", &utc);
    buf_add_format(&text, "# %s, %s, by %s %s\n%s", endpoint, when, cli->program,
                   cli->options.command->words, unverified ? UNVERIFIED : "");
    cert_pem(intermediate, &text);
    cert_pem(root, &text);
    return save_file(path, buf_bytes(&text), SAVE_REPLACE, err) || err_in(err, "certificate cache");
}
