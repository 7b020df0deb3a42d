/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/coordinator/context.h"

#include "base/files.h"
#include "cli/coordinator/config_path.h"
#include "cli/coordinator/endpoint.h"
#include "codec/json.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LONGEST_NAME = 64 };

void context_clear(struct context *context)
{
    free(context->endpoint);
    free(context->policy);
    free(context->collateral);
    free(context->cache);
    *context = (struct context){ 0 };
}

/* ---- the file ---- */

/* Text that is a string of C. */
static bool take_text(const struct json *member, char **out, struct err *err)
{
    struct bytes text = BYTES_NONE;

    if (!json_get_string(member, &text, err))
        return false;
    if (text.len == 0 || memchr(text.at, '\0', text.len) != NULL)
        return json_fail(member, err, "want text that is not empty");
    free(*out);
    *out = bytes_to_string(text);
    return true;
}

static bool take_member(const struct json *member, struct context *context, struct err *err)
{
    const struct {
        const char *name;
        char **place;
    } known[] = { { "endpoint", &context->endpoint },
                  { "policy", &context->policy },
                  { "collateral", &context->collateral } };

    for (size_t i = 0; i < COUNT_OF(known); i++) {
        if (bytes_equal_string(member->name, known[i].name))
            return take_text(member, known[i].place, err);
    }
    return json_fail(member, err, "no such member is known");
}

static bool parse(struct bytes json, struct context *context, struct err *err)
{
    auto_arena arena = { 0 };
    auto_endpoint endpoint = { 0 };
    const struct json *const top = json_parse(json, JSON_TRAILING_REFUSED, &arena, err);

    if (top == NULL)
        return false;
    if (top->type != JSON_OBJECT)
        return err_set(err, FAIL_MALFORMED, "want an object");
    for (const struct json *m = json_first(top); m != NULL; m = json_next(m)) {
        if (!take_member(m, context, err))
            return false;
    }
    if (context->endpoint == NULL)
        return err_set(err, FAIL_MALFORMED, "the member \"endpoint\" is missing");
    return endpoint_parse(context->endpoint, &endpoint, err);
}

bool context_parse(struct bytes json, struct context *context, struct err *err)
{
    *context = (struct context){ 0 };
    if (parse(json, context, err))
        return true;
    context_clear(context);
    return false;
}

void context_put(const struct context *context, struct buf *json)
{
    buf_add_string(json, "{\"endpoint\":");
    json_put_string(json, bytes_of_string(context->endpoint));
    if (context->policy != NULL) {
        buf_add_string(json, ",\"policy\":");
        json_put_string(json, bytes_of_string(context->policy));
    }
    if (context->collateral != NULL) {
        buf_add_string(json, ",\"collateral\":");
        json_put_string(json, bytes_of_string(context->collateral));
    }
    buf_add_u8(json, '}');
}

/* ---- its place ---- */

bool context_name_check(const char *name, struct err *err)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    const size_t len =
        strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_");

    if (len > 0 && len <= LONGEST_NAME && name[len] == '\0' && strchr(letters, name[0]) != NULL)
        return true;
    return err_set(err, FAIL_MALFORMED,
                   "\"%.80s\" is no name of a context: want letters, digits, '.', '-' and '_', at "
                   "most %d",
                   name, LONGEST_NAME);
}

char *context_path(const char *name, const char *kind, struct err *err)
{
    auto_string *below = mem_printf("taw/contexts/%s.%s", name, kind);

    return config_path(below, err);
}

bool context_load(const char *name, struct context *context, struct err *err)
{
    auto_buf text = { 0 };

    if (!context_name_check(name, err))
        return false;
    auto_string *path = context_path(name, "json", err);
    if (path == NULL)
        return false;
    if (!file_read(&files_posix, path, CONTEXT_FILE_MAX, &text, err))
        return err_in(err, "context %s", name);
    if (!context_parse(buf_bytes(&text), context, err))
        return err_in(err, "context %s: %s", name, path);
    context->cache = context_path(name, "pem", err);
    return context->cache != NULL;
}

/* ---- @NAME ---- */

/* The argument that is the endpoint: the first or the last one. NULL: the command has none. */
static const char **endpoint_argument(const struct options *options)
{
    static const char first[] = "<IP:PORT>",
                      last[] = "IP:PORT"; /* the last one may be in brackets */
    const char *const usage = options->command->arguments;
    const size_t len = usage == NULL ? 0 : strlen(usage);

    if (options->argument_count == 0 || len < strlen(first))
        return NULL;
    if (strncmp(usage, first, strlen(first)) == 0)
        return &options->arguments[0];
    if (strncmp(usage + len - 1 - strlen(last), last, strlen(last)) == 0)
        return &options->arguments[options->argument_count - 1];
    return NULL;
}

/* A file that has gone would let the command take another one, or none. */
static bool fill_in(struct cli *cli, const char *flag, const char *path, struct err *err)
{
    if (path == NULL || !option_fill_in(&cli->options, flag, path) || access(path, R_OK) == 0)
        return true;
    return err_errno(err, FAIL_NOT_FOUND, "--%s: %s", flag, path);
}

bool context_apply(struct cli *cli, struct context *context, struct err *err)
{
    struct options *const options = &cli->options;

    const char **const endpoint = endpoint_argument(options);
    if (endpoint == NULL || (*endpoint)[0] != '@')
        return true;
    const char *const name = *endpoint + 1;
    if (!context_load(name, context, err))
        return cli_fail(cli, EXIT_USAGE, "`context list` shows those that are there");
    *endpoint = context->endpoint;
    (void)option_fill_in(options, "coordinator-cert", context->cache);
    if (fill_in(cli, "era-config", context->policy, err) &&
        fill_in(cli, "collateral", context->collateral, err))
        return true;
    (void)cli_fail(cli, EXIT_USAGE, "`context add --force` names another one");
    return err_in(err, "context %s", name);
}
