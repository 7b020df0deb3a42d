/* SPDX-License-Identifier: Apache-2.0 */
#include "base/files.h"
#include "cli/coordinator/cache.h"
#include "cli/coordinator/config_path.h"
#include "cli/coordinator/context.h"
#include "cli/coordinator/endpoint.h"
#include "cli/io/ask.h"
#include "cli/io/save.h"
#include "codec/json.h"
#include "crypto/hash.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* context: Coordinators with a name. */

static bool usage(struct cli *cli)
{
    return cli_fail(cli, EXIT_USAGE, NULL);
}

static bool load(struct cli *cli, const char *name, struct context *context, struct err *err)
{
    if (context_load(name, context, err))
        return true;
    return cli_fail(cli, err->kind == FAIL_NOT_FOUND ? EXIT_NOT_FOUND : EXIT_USAGE,
                    "`context list` shows those that are there");
}

/* ---- add ---- */

/* The absolute path of a file that is there; *path NULL: the flag was not typed. */
static bool take_file(struct cli *cli, const char *flag, char **path, struct err *err)
{
    const char *const typed = option_text(&cli->options, flag);

    if (typed == NULL)
        return true;
    *path = realpath(typed, NULL);
    if (*path != NULL && access(*path, R_OK) == 0)
        return true;
    (void)err_errno(err, FAIL_NOT_FOUND, "--%s: %s", flag, typed);
    return usage(cli);
}

/* policy: NULL, none. */
static bool trust_alike(const struct context *a, const struct context *b)
{
    return strcmp(a->endpoint, b->endpoint) == 0 &&
           (a->policy == NULL ? b->policy == NULL
                              : b->policy != NULL && strcmp(a->policy, b->policy) == 0);
}

/* A root that was pinned for another endpoint, or by another policy, is nothing to believe. */
static bool drop_stale_cache(const char *name, const struct context *added, struct err *err)
{
    auto_context before = { 0 };
    struct err ignored = { 0 };
    auto_string *cache = context_path(name, "pem", err);

    if (cache == NULL)
        return false;
    if (context_load(name, &before, &ignored) && trust_alike(&before, added))
        return true;
    return unlink(cache) == 0 || access(cache, F_OK) != 0 ||
           err_errno(err, FAIL_UNAVAILABLE, "%s", cache);
}

static bool store(struct cli *cli, const char *name, const struct context *context, struct err *err)
{
    const bool force = option_switch(&cli->options, "force");
    auto_buf json = { 0 };
    auto_string *directory = config_path("taw/contexts", err);
    auto_string *path = context_path(name, "json", err);

    if (directory == NULL || path == NULL)
        return usage(cli);
    if (!file_make_directories(&files_posix, directory, err))
        return false;
    if (!force && access(path, F_OK) == 0) {
        (void)cli_fail(cli, EXIT_USAGE, "--force replaces it");
        return err_set(err, FAIL_STATE, "there is a context %s already", name);
    }
    context_put(context, &json);
    buf_add_u8(&json, '\n');
    return drop_stale_cache(name, context, err) &&
           save_file(path, buf_bytes(&json), SAVE_REPLACE, err);
}

bool run_context_add(struct cli *cli, struct err *err)
{
    const char *const name = cli_argument(cli, 0);
    auto_context context = { .endpoint = mem_string(cli_argument(cli, 1)) };
    auto_endpoint endpoint = { 0 };
    auto_buf data = { 0 };

    if (!context_name_check(name, err) || !endpoint_parse(context.endpoint, &endpoint, err))
        return usage(cli);
    if (!take_file(cli, "era-config", &context.policy, err) ||
        !take_file(cli, "collateral", &context.collateral, err) || !store(cli, name, &context, err))
        return false;
    output_say(&cli->out, "Next: `%s manifest verify MANIFEST @%s` verifies and pins it",
               cli->program, name);
    context_put(&context, &data);
    auto_string *line = mem_printf("@%s is %s\n", name, context.endpoint);
    return output_result(&cli->out, "Context", buf_bytes(&data), bytes_of_string(line), err);
}

/* ---- list, show ---- */

/* What is known of the pinned root; a cache that is not there or damaged is none. */
static void put_root(struct cli *cli, const struct context *context, struct buf *data,
                     struct buf *words)
{
    auto_cache cache = { 0 };
    char hash[2 * SHA256_LEN + 1];
    struct err ignored = { 0 };

    (void)option_fill_in(&cli->options, "coordinator-cert", context->cache);
    const bool pinned =
        cache_read(cli, &cache, &ignored) && sha256_hex(cert_der(cache.root), hash, &ignored);
    cli->status = EXIT_GOOD;
    cli->hint = NULL;
    if (!pinned) {
        buf_add_string(data, ",\"root\":null");
        buf_add_string(words, "none pinned");
        return;
    }
    buf_add_format(data, ",\"root\":{\"sha256\":\"%s\",\"verified\":%s", hash,
                   cache.unverified ? "false" : "true");
    buf_add_string(words, hash);
    if (cache.since != NULL) {
        buf_add_format(data, ",\"since\":\"%s\"", cache.since);
        buf_add_format(words, " since %s", cache.since);
    }
    buf_add_u8(data, '}');
    buf_add_string(words, cache.unverified ? ", never verified" : "");
}

/* As data with its name; as text "NAME  ENDPOINT" or several lines. */
static void put(struct cli *cli, const char *name, const struct context *context, bool lines,
                struct buf *data, struct buf *text)
{
    auto_buf root = { 0 };

    buf_add_string(data, "{\"name\":");
    json_put_string(data, bytes_of_string(name));
    buf_add_u8(data, ',');
    auto_buf members = { 0 };
    context_put(context, &members);
    buf_add(data, bytes_of(members.at + 1, members.len - 2));
    put_root(cli, context, data, &root);
    buf_add_u8(data, '}');
    if (!lines) {
        buf_add_format(text, "%-20s %s\n", name, context->endpoint);
        return;
    }
    buf_add_format(text, "name:       %s\nendpoint:   %s\npolicy:     %s\ncollateral: %s\n", name,
                   context->endpoint, context->policy == NULL ? "none" : context->policy,
                   context->collateral == NULL ? "none" : context->collateral);
    buf_add_string(text, "root:       ");
    buf_add(text, buf_bytes(&root));
    buf_add_u8(text, '\n');
}

bool run_context_show(struct cli *cli, struct err *err)
{
    auto_context context = { 0 };
    auto_buf data = { 0 }, text = { 0 };

    if (!load(cli, cli_argument(cli, 0), &context, err))
        return false;
    put(cli, cli_argument(cli, 0), &context, true, &data, &text);
    return output_result(&cli->out, "Context", buf_bytes(&data), buf_bytes(&text), err);
}

struct names {
    size_t count;
    char **at;
};
static void names_clear(struct names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->at[i]);
    free(names->at);
}
#define auto_names struct names CLEANUP(names_clear)

static bool take_name(void *arg, const char *file)
{
    static const char end[] = ".json";
    struct names *const names = arg;
    const size_t len = strlen(file);
    struct err ignored = { 0 };

    if (len <= strlen(end) || strcmp(file + len - strlen(end), end) != 0)
        return true;
    char *const name = bytes_to_string(bytes_of(file, len - strlen(end)));
    if (!context_name_check(name, &ignored)) {
        free(name);
        return true;
    }
    names->at = mem_resize(names->at, (names->count + 1) * sizeof *names->at);
    names->at[names->count++] = name;
    return true;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

bool run_context_list(struct cli *cli, struct err *err)
{
    auto_names names = { 0 };
    auto_buf data = { 0 }, text = { 0 };
    auto_string *directory = config_path("taw/contexts", err);

    if (directory == NULL)
        return usage(cli);
    /* Without the directory there are none. */
    if (access(directory, F_OK) == 0 &&
        files_posix.list(files_posix.ctx, directory, take_name, &names) != 0)
        return err_errno(err, FAIL_UNAVAILABLE, "%s", directory);
    if (names.count > 0)
        qsort(names.at, names.count, sizeof *names.at, by_name);
    buf_add_string(&data, "{\"contexts\":[");
    for (size_t i = 0; i < names.count; i++) {
        auto_context context = { 0 };
        struct err why = { 0 };
        if (!context_load(names.at[i], &context, &why)) {
            output_warn(&cli->out, "%s", why.text);
            continue;
        }
        json_put_comma(&data);
        put(cli, names.at[i], &context, false, &data, &text);
    }
    buf_add_string(&data, "]}");
    return output_result(&cli->out, "Contexts", buf_bytes(&data), buf_bytes(&text), err);
}

/* ---- remove ---- */

static bool remove_file(const char *name, const char *kind, struct err *err)
{
    auto_string *path = context_path(name, kind, err);

    if (path == NULL)
        return false;
    return unlink(path) == 0 || access(path, F_OK) != 0 ||
           err_errno(err, FAIL_UNAVAILABLE, "%s", path);
}

bool run_context_remove(struct cli *cli, struct err *err)
{
    static const struct ask ask = {
        .question = "Forget this Coordinator and its pinned root certificate?",
        .refused = "the context was not removed",
    };
    const char *const name = cli_argument(cli, 0);

    if (!context_name_check(name, err))
        return usage(cli);
    auto_string *path = context_path(name, "json", err);
    if (path == NULL)
        return usage(cli);
    if (access(path, F_OK) != 0) {
        (void)cli_fail(cli, EXIT_NOT_FOUND, "`context list` shows those that are there");
        return err_errno(err, FAIL_NOT_FOUND, "context %s: %s", name, path);
    }
    /* The pinned root first: alone it would be found by a context that is added later. */
    return ask_consent(cli, &ask, err) && remove_file(name, "pem", err) &&
           remove_file(name, "json", err) &&
           output_result(&cli->out, "ContextRemoved", BYTES_LITERAL("{}"),
                         BYTES_LITERAL("Removed\n"), err);
}
