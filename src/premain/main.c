/* SPDX-License-Identifier: Apache-2.0 */
/*
 * taw-premain, the first program of every Marble. This version cannot activate Marbles: it says so and never
 * starts an application as if it had.
 */
#include <stdio.h>
#include <string.h>

enum { EXIT_USAGE = 2, EXIT_NOT_THERE = 69 /* EX_UNAVAILABLE of sysexits.h */ };

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        (void)printf("taw-premain %s\n", TAW_VERSION);
        return 0;
    }
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        (void)printf("Usage: taw-premain -- PROGRAM [ARGUMENT]...\n\n"
                     "This version does not activate Marbles yet and starts no program.\n");
        return 0;
    }
    (void)fprintf(stderr,
                  "taw-premain: this version does not activate Marbles yet: nothing was started\n");
    return argc == 1 ? EXIT_USAGE : EXIT_NOT_THERE;
}
