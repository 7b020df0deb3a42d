/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "attestation/issuer.h"
#include "grpc/marble_messages.h"

/*
 * From a premain to the application: which program, with which arguments (marble-api.md, 6.7 and
 * 6.8).
 */
struct start_request {
    enum libos libos;
    const char *own_name; /* argv[0] of this process; NULL: none */
    int argc;             /* program and arguments on the command line; 0: none */
    char *const *argv;
    const struct marble_parameters *parameters;
};

struct start_plan {
    char *program;
    bool search;     /* in PATH, when there is no slash in it */
    bool must_exist; /* Occlum: with an error of its own */
    char **argv;     /* ends with NULL */
};

/*
 * The program: the one on the command line; without one argv[0] of this process under Gramine
 * (loader.argv), the manifest's Argv[0] elsewhere. The arguments: the manifest's Argv as a whole,
 * argv[0] included; without an Argv those of the command line, and under a libOS "./marble". PATH
 * is searched only where there is no libOS. FAIL_MALFORMED: nobody names a program.
 */
bool start_plan_make(const struct start_request *request, struct start_plan *plan,
                     struct err *err) MUST_CHECK;
void start_plan_clear(struct start_plan *plan);
#define auto_start_plan struct start_plan CLEANUP(start_plan_clear)

enum { START_CANNOT_EXECUTE = 126, START_NOT_FOUND = 127 }; /* as shells say it */
/* Becomes the program with the environment as it is; returns only with an exit status and *err. */
int start_exec(const struct start_plan *plan, struct err *err);
