/* SPDX-License-Identifier: Apache-2.0 */
/* The public interface: the room's functions behind names and structs that stay. */
#include "taw/marble.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "marble/activate.h"
#include "marble/apply.h"

_Static_assert((int)TAW_MARBLE_OK == (int)MARBLE_ACTIVATED, "results are outcomes");
_Static_assert((int)TAW_MARBLE_INTERNAL == (int)MARBLE_INTERNAL, "results are outcomes");
_Static_assert((int)TAW_MARBLE_USAGE == (int)MARBLE_USAGE, "results are outcomes");
_Static_assert((int)TAW_MARBLE_SETUP == (int)MARBLE_SETUP, "results are outcomes");
_Static_assert((int)TAW_MARBLE_UNREACHABLE == (int)MARBLE_UNREACHABLE, "results are outcomes");
_Static_assert((int)TAW_MARBLE_REFUSED == (int)MARBLE_REFUSED, "results are outcomes");
_Static_assert((int)TAW_MARBLE_ANSWER == (int)MARBLE_ANSWER, "results are outcomes");
_Static_assert((int)TAW_MARBLE_LEVEL_INFO == (int)LOG_INFO, "levels are levels");
_Static_assert((int)TAW_MARBLE_LEVEL_WARNING == (int)LOG_WARN, "levels are levels");
_Static_assert(sizeof(struct taw_marble_error) == 512, "the struct never changes its size");

struct taw_marble {
    struct marble_activation activation;
    struct arena arena; /* the copies that end with NUL */
    struct taw_marble_parameter *files, *variables;
    const char **arguments;
};

static int fail(struct taw_marble_error *error, int result, int grpc_status, const char *message)
{
    if (error != NULL) {
        *error = (struct taw_marble_error){ .result = result, .grpc_status = grpc_status };
        (void)snprintf(error->message, sizeof error->message, "%s", message);
        one_line(error->message);
    }
    return result;
}

static int fail_with(struct taw_marble_error *error, int result, const struct err *err)
{
    return fail(error, err->kind == FAIL_INTERNAL ? TAW_MARBLE_INTERNAL : result, 0, err->text);
}

static void hand_to_caller(void *ctx, enum log_level level, const char *file, int line,
                           const char *text)
{
    const struct taw_marble_options *const options = ctx;

    (void)file;
    (void)line;
    options->log(options->log_context, (int)level, text);
}

/*
 * What was given, in the shape of today: a caller that knows more members than this has those
 * ignored.
 */
static bool read_options(const struct taw_marble_options *given, struct taw_marble_options *options)
{
    static const struct taw_marble_options none = TAW_MARBLE_OPTIONS_INIT;

    if (given != NULL && given->size < sizeof none)
        return false; /* there was no smaller version of it yet */
    memcpy(options, given == NULL ? &none : given, sizeof none);
    return true;
}

static struct taw_marble_parameter *copy_parameters(struct arena *arena,
                                                    const struct marble_parameter *from,
                                                    size_t count)
{
    struct taw_marble_parameter *const all = arena_alloc(arena, count * sizeof *all);

    for (size_t i = 0; i < count; i++) {
        all[i].name = arena_string(arena, from[i].name);
        all[i].value = (const uint8_t *)arena_string(arena, from[i].value);
        all[i].len = from[i].value.len;
    }
    return all;
}

static struct taw_marble *make_handle(struct marble_activation *activation)
{
    struct taw_marble *const m = mem_zero_alloc(1, sizeof *m);

    m->activation = *activation;
    *activation = (struct marble_activation){ 0 };
    const struct marble_parameters *const p = &m->activation.parameters;
    m->files = copy_parameters(&m->arena, p->files, p->file_count);
    m->variables = copy_parameters(&m->arena, p->env, p->env_count);
    m->arguments = arena_alloc(&m->arena, p->argv_count * sizeof *m->arguments);
    for (size_t i = 0; i < p->argv_count; i++)
        m->arguments[i] = arena_string(&m->arena, p->argv[i]);
    return m;
}

static bool load_config(const struct taw_marble_options *options, struct arena *arena,
                        struct marble_config *config, struct err *err)
{
    const struct variables variables = variables_real();
    auto_string *timeout = mem_printf("%d", options->timeout_seconds);
    const struct marble_settings settings = {
        .marble_type = options->marble_type,
        .coordinator_address = options->coordinator_address,
        .dns_names = options->dns_names,
        .uuid_file = options->uuid_file,
        .coordinator_root = options->coordinator_root,
        .timeout = options->timeout_seconds < 0 ? NULL : timeout,
        .require_quote = options->require_quote < 0    ? NULL
                         : options->require_quote == 0 ? "0"
                                                       : "1",
    };

    return marble_config_load(&settings, &variables, arena, config, err);
}

int taw_marble_activate(const struct taw_marble_options *given, struct taw_marble **marble,
                        struct taw_marble_error *error)
{
    struct taw_marble_options options;
    struct marble_config config;
    struct marble_failure failure;
    struct err err = { 0 };
    auto_arena arena = { 0 };
    auto_marble_activation activation = { 0 };

    if (marble == NULL)
        return fail(error, TAW_MARBLE_USAGE, 0, "taw_marble_activate: no place for the handle");
    *marble = NULL;
    if (!read_options(given, &options))
        return fail(error, TAW_MARBLE_USAGE, 0,
                    "taw_marble_activate: the options do not begin with TAW_MARBLE_OPTIONS_INIT");
    const struct marble_log log = { &options, options.log == NULL ? NULL : hand_to_caller };
    const struct marble_world world = marble_world_real(log);
    if (!load_config(&options, &arena, &config, &err))
        return fail_with(error, TAW_MARBLE_SETUP, &err);
    if (!marble_activate(&config, &world, &activation, &failure))
        return fail(error, (int)failure.outcome, (int)failure.status, failure.err.text);
    *marble = make_handle(&activation);
    return TAW_MARBLE_OK;
}

void taw_marble_free(struct taw_marble *m)
{
    if (m == NULL)
        return;
    arena_clear(&m->arena);
    marble_activation_clear(&m->activation);
    free(m);
}

const char *taw_marble_uuid(const struct taw_marble *m)
{
    return m->activation.uuid;
}

int taw_marble_get_tls(const struct taw_marble *m, struct taw_marble_tls *tls,
                       struct taw_marble_error *error)
{
    const struct taw_marble_tls found = {
        .size = sizeof found,
        .certificate_chain =
            taw_marble_find_variable(m, "MARBLE_PREDEFINED_MARBLE_CERTIFICATE_CHAIN"),
        .private_key = taw_marble_find_variable(m, "MARBLE_PREDEFINED_PRIVATE_KEY"),
        .root_ca = taw_marble_find_variable(m, "MARBLE_PREDEFINED_ROOT_CA"),
        .coordinator_root_ca = taw_marble_find_variable(m, "MARBLE_PREDEFINED_COORDINATOR_ROOT_CA"),
    };

    if (tls->size < sizeof found)
        return fail(error, TAW_MARBLE_USAGE, 0,
                    "taw_marble_get_tls: the struct does not begin with TAW_MARBLE_TLS_INIT");
    if (found.certificate_chain == NULL || found.private_key == NULL || found.root_ca == NULL)
        return fail(error, TAW_MARBLE_ANSWER, 0,
                    "the Coordinator's answer lacks the Marble's certificate, key or root");
    const size_t size = tls->size;
    *tls = found;
    tls->size = size;
    return TAW_MARBLE_OK;
}

size_t taw_marble_file_count(const struct taw_marble *m)
{
    return m->activation.parameters.file_count;
}

struct taw_marble_parameter taw_marble_file(const struct taw_marble *m, size_t index)
{
    return index < taw_marble_file_count(m) ? m->files[index] : (struct taw_marble_parameter){ 0 };
}

size_t taw_marble_variable_count(const struct taw_marble *m)
{
    return m->activation.parameters.env_count;
}

struct taw_marble_parameter taw_marble_variable(const struct taw_marble *m, size_t index)
{
    return index < taw_marble_variable_count(m) ? m->variables[index]
                                                : (struct taw_marble_parameter){ 0 };
}

/* NULL when there is none of that name. */
static const struct taw_marble_parameter *find(const struct taw_marble_parameter *all, size_t count,
                                               const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(all[i].name, name) == 0)
            return &all[i];
    }
    return NULL;
}

const uint8_t *taw_marble_find_file(const struct taw_marble *m, const char *path, size_t *len)
{
    const struct taw_marble_parameter *const file = find(m->files, taw_marble_file_count(m), path);

    if (file == NULL)
        return NULL;
    *len = file->len;
    return file->value;
}

const char *taw_marble_find_variable(const struct taw_marble *m, const char *name)
{
    const struct taw_marble_parameter *const variable =
        find(m->variables, taw_marble_variable_count(m), name);

    return variable == NULL ? NULL : (const char *)variable->value;
}

size_t taw_marble_argument_count(const struct taw_marble *m)
{
    return m->activation.parameters.argv_count;
}

const char *taw_marble_argument(const struct taw_marble *m, size_t index)
{
    return index < taw_marble_argument_count(m) ? m->arguments[index] : NULL;
}

int taw_marble_apply(const struct taw_marble *m, unsigned what, struct taw_marble_error *error)
{
    const struct marble_parameters *const parameters = &m->activation.parameters;
    struct err err = { 0 };

    if ((what & ~(unsigned)(TAW_MARBLE_FILES | TAW_MARBLE_ENVIRONMENT)) != 0)
        return fail(error, TAW_MARBLE_USAGE, 0, "taw_marble_apply: unknown bits in `what`");
    if ((what & TAW_MARBLE_FILES) != 0 && !apply_files(parameters, &files_posix, &err))
        return fail_with(error, TAW_MARBLE_SETUP, &err);
    if ((what & TAW_MARBLE_ENVIRONMENT) != 0 && !apply_environment(parameters, &err))
        return fail_with(error, TAW_MARBLE_SETUP, &err);
    return TAW_MARBLE_OK;
}

const char *taw_marble_version(void)
{
    return TAW_VERSION;
}
