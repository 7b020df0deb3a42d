/* SPDX-License-Identifier: Apache-2.0 */
/*
 * taw-premain, the first program of every Marble: activation, parameters, then it becomes the
 * application. Signal mask and dispositions reach the application as they came here, and no file
 * descriptor of ours does.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "marble/activate.h"
#include "marble/apply.h"
#include "marble/start.h"
#include "premain/options.h"
#include "premain/voice.h"

/*
 * As the first process of a container this one would not notice SIGTERM while it waits for the
 * Coordinator: the kernel spares process 1 whatever it has no handler for. exec puts handlers back
 * to the default.
 */
static void end_by_signal(int number)
{
    (void)raise(number); /* SA_RESETHAND: now the default, which ends every process but number 1 */
    _exit(128 + number);
}

static void listen_to_signals(void)
{
    static const int numbers[] = { SIGTERM, SIGINT, SIGHUP };
    const struct sigaction ours = { .sa_handler = end_by_signal,
                                    .sa_flags = (int)(SA_RESETHAND | SA_NODEFER) };
    struct sigaction before;

    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        /* What was ignored stays so: nohup means it. */
        if (sigaction(numbers[i], NULL, &before) == 0 && before.sa_handler == SIG_DFL)
            (void)sigaction(numbers[i], &ours, NULL);
    }
}

/*
 * Keys pass through this process, so it leaves no core and lets nobody look in. exec undoes the
 * latter; *before is for the application.
 */
static void hide(struct rlimit *before)
{
    const struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };

    *before = unlimited;
    if (getrlimit(RLIMIT_CORE, before) == 0) {
        const struct rlimit none = { 0, before->rlim_max };
        (void)setrlimit(RLIMIT_CORE, &none);
    }
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

static int complain(const struct voice *voice, int status, struct err *err)
{
    one_line(err->text);
    voice_complain(voice, err->text);
    return status;
}

/* Steps 8 to 10 of marble-api.md, 6.2; all checks come before the first change. */
static enum marble_outcome apply(const struct marble_world *world, enum libos libos,
                                 const struct start_request *request, struct start_plan *plan,
                                 struct err *err)
{
    const struct marble_parameters *const parameters = request->parameters;

    if (!parameters_check_ttls(parameters, libos, &world->log, err) ||
        !start_plan_make(request, plan, err))
        return MARBLE_ANSWER;
    say_info(&world->log, "creating files from manifest");
    if (!apply_files(parameters, world->env->files, err))
        return MARBLE_SETUP;
    say_info(&world->log, "setting env vars from manifest");
    return apply_environment(parameters, err) ? MARBLE_ACTIVATED : MARBLE_INTERNAL;
}

/* Returns an exit status when there is no application to become. */
static int become_application(const struct voice *voice, const struct marble_world *world,
                              const struct marble_config *config, struct start_request *request,
                              const struct rlimit *core)
{
    struct err err = { 0 };
    struct marble_failure failure;
    auto_marble_activation activation = { 0 };
    auto_start_plan plan = { 0 };

    if (!marble_activate(config, world, &activation, &failure))
        return complain(voice, (int)failure.outcome, &failure.err);
    request->libos = libos_detect(world->system);
    request->parameters = &activation.parameters;
    const enum marble_outcome outcome = apply(world, request->libos, request, &plan, &err);
    if (outcome != MARBLE_ACTIVATED)
        return complain(voice, (int)outcome, &err);
    marble_activation_clear(&activation); /* wiped: what counts is in its place */
    say_info(&world->log, "done with PreMain");
    (void)setrlimit(RLIMIT_CORE, core);
    const int status = start_exec(&plan, &err);
    return complain(voice, status, &err);
}

static int start(const struct voice *voice, const struct premain_options *options, int argc,
                 char **argv, const struct rlimit *core)
{
    const struct marble_world world = marble_world_real(voice_log(voice));
    const struct variables variables = variables_real();
    struct marble_config config;
    struct start_request request = {
        .own_name = argc > 0 ? argv[0] : NULL,
        .argc = argc - options->program_at,
        .argv = argv + options->program_at,
    };
    struct err err = { 0 };
    auto_arena arena = { 0 };

    say_info(&world.log, "starting PreMain");
    say_info(&world.log, "fetching env variables");
    if (!marble_config_load(&options->settings, &variables, &arena, &config, &err))
        return complain(voice, MARBLE_SETUP, &err);
    return become_application(voice, &world, &config, &request, core);
}

static int print(char *text)
{
    const bool printed = fputs(text, stdout) >= 0 && fflush(stdout) == 0;

    free(text);
    return printed ? EXIT_SUCCESS : MARBLE_INTERNAL;
}

int main(int argc, char **argv)
{
    const struct voice voice = voice_of_format(getenv("EDG_LOG_FORMAT"));
    struct premain_options options;
    struct rlimit core;
    struct err err = { 0 };

    if (!premain_options_read(argc, argv, &options, &err))
        return complain(&voice, MARBLE_USAGE, &err);
    if (options.help)
        return print(premain_options_help());
    if (options.version)
        return print(mem_string("taw-premain " TAW_VERSION "\n"));
    hide(&core);
    listen_to_signals();
    return start(&voice, &options, argc, argv, &core);
}
