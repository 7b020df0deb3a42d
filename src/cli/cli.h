/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the files of this room share. */
enum exit_status { EXIT_GOOD = 0, EXIT_REFUSED = 1, EXIT_USAGE = 2 };

/* check_log.c */
#define CHECK_LOG_USAGE "manifest check-log FILE --root PEM [--earlier FILE]"
int check_log(int count, char **arguments);

/*
 * prove.c: proves a recovery secret in a drill, without a connection: the challenge comes from standard input, the
 * answer goes to standard output.
 */
#define PROVE_USAGE "recovery prove --key KEY.pem --secret FILE [--name NAME]"
int prove(int count, char **arguments);
