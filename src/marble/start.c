/* SPDX-License-Identifier: Apache-2.0 */
#include "marble/start.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char DEFAULT_NAME[] = "./marble";

/* The part behind the last slash. */
static const char *base_name(const char *path)
{
    const char *const slash = strrchr(path, '/');

    return slash == NULL ? path : slash + 1;
}

static char **copy_of_command_line(const struct start_request *r)
{
    char **const argv = mem_zero_alloc((size_t)r->argc + 1, sizeof *argv);

    for (int i = 0; i < r->argc; i++)
        argv[i] = mem_string(r->argv[i]);
    return argv;
}

static char **copy_of_argv(const struct marble_parameters *p)
{
    char **const argv = mem_zero_alloc(p->argv_count + 1, sizeof *argv);

    for (size_t i = 0; i < p->argv_count; i++)
        argv[i] = bytes_to_string(p->argv[i]);
    return argv;
}

static char **only_name(const char *name)
{
    char **const argv = mem_zero_alloc(2, sizeof *argv);

    argv[0] = mem_string(name);
    return argv;
}

/* NULL: nobody names one. */
static const char *program_of(const struct start_request *r, char *const *argv)
{
    if (r->argc > 0)
        return r->argv[0];
    return r->libos == LIBOS_GRAMINE ? r->own_name : argv[0];
}

bool start_plan_make(const struct start_request *r, struct start_plan *plan, struct err *err)
{
    *plan = (struct start_plan){ 0 };
    if (r->parameters->argv_count > 0)
        plan->argv = copy_of_argv(r->parameters);
    else if (r->argc > 0 || r->libos == LIBOS_NONE)
        plan->argv = copy_of_command_line(r);
    else
        plan->argv = only_name(DEFAULT_NAME);

    const char *const program = program_of(r, plan->argv);
    if (program == NULL)
        return err_set(err, FAIL_MALFORMED,
                       "no program: neither the command line nor the manifest's Argv names one");
    plan->program = mem_string(program);
    plan->search = r->libos == LIBOS_NONE;
    plan->must_exist = r->libos == LIBOS_OCCLUM && r->argc == 0;
    if (plan->must_exist) {
        char *const name = mem_string(base_name(plan->argv[0]));
        free(plan->argv[0]);
        plan->argv[0] = name;
    }
    return true;
}

void start_plan_clear(struct start_plan *plan)
{
    for (char **argument = plan->argv; argument != NULL && *argument != NULL; argument++)
        free(*argument);
    free(plan->argv);
    free(plan->program);
    *plan = (struct start_plan){ 0 };
}

int start_exec(const struct start_plan *plan, struct err *err)
{
    if (plan->must_exist && access(plan->program, F_OK) != 0) {
        (void)err_errno(err, FAIL_NOT_FOUND, "invalid entrypoint definition in argv[0]: %s",
                        plan->program);
        return START_NOT_FOUND;
    }
    if (plan->search)
        (void)execvpe(plan->program, plan->argv, environ);
    else
        (void)execve(plan->program, plan->argv, environ);
    const int status = errno == ENOENT ? START_NOT_FOUND : START_CANNOT_EXECUTE;
    (void)err_errno(err, status == START_NOT_FOUND ? FAIL_NOT_FOUND : FAIL_UNAVAILABLE,
                    "cannot start %s", plan->program);
    return status;
}
