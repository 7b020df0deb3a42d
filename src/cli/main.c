/* SPDX-License-Identifier: Apache-2.0 */
/*
 * taw, the command line. In this version: what needs no Coordinator.
 */
#include "base/files.h"
#include "cli/cli.h"
#include "manifest/manifest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LARGEST_MANIFEST = 16 << 20 };

static int show_version(int count, char **arguments)
{
    (void)count;
    (void)arguments;
    (void)printf("taw %s\n", TAW_VERSION);
    return EXIT_GOOD;
}

static const char *variable(void *ctx, const char *name)
{
    (void)ctx;
    return getenv(name);
}

static bool check_file(const char *path, char fingerprint[static 65], struct err *err)
{
    const struct manifest_check_options options = { variable, NULL };
    auto_buf raw = { 0 };

    if (!file_read(&files_posix, path, LARGEST_MANIFEST, &raw, err))
        return false;
    auto_manifest *manifest = manifest_parse(buf_bytes(&raw), err);
    return manifest != NULL && manifest_check(manifest, &options, err) &&
           manifest_fingerprint(manifest, fingerprint, err);
}

static int check_manifest(int count, char **arguments)
{
    struct err err = { 0 };
    char fingerprint[65] = "";

    if (count != 1) {
        (void)fprintf(stderr, "taw: usage: taw manifest check FILE\n");
        return EXIT_USAGE;
    }
    if (!check_file(arguments[0], fingerprint, &err)) {
        (void)fprintf(stderr, "taw: %s: %s\n", arguments[0], err.text);
        return EXIT_REFUSED;
    }
    (void)printf("%s\n", fingerprint);
    return EXIT_GOOD;
}

struct command {
    const char *words[2]; /* NULL: one word */
    const char *usage, *summary;
    int (*run)(int count, char **arguments);
};

static const struct command COMMANDS[] = {
    { { "manifest", "check" },
      "manifest check FILE",
      "check a manifest before any secret is generated, print its fingerprint",
      check_manifest },
    { { "manifest", "check-log" },
      CHECK_LOG_USAGE,
      "prove that an update log is complete and continues an earlier one",
      check_log },
    { { "recovery", "prove" },
      PROVE_USAGE,
      "prove a recovery secret in a drill: challenge from standard input, answer to standard "
      "output",
      prove },
    { { "version", NULL }, "version", "print the version", show_version },
};

static void show_help(FILE *out)
{
    (void)fprintf(out, "Usage: taw COMMAND [ARGUMENT]...\n\n");
    for (size_t i = 0; i < COUNT_OF(COMMANDS); i++)
        (void)fprintf(out, "  %s\n      %s\n", COMMANDS[i].usage, COMMANDS[i].summary);
    (void)fprintf(out, "\nExit status: 0 good; 1 refused; 2 wrong arguments.\n");
}

/* How many words of argv name this command; 0: another one. */
static int words_matched(const struct command *command, int argc, char **argv)
{
    const int words = command->words[1] == NULL ? 1 : 2;

    for (int i = 0; i < words; i++) {
        if (i + 1 >= argc || strcmp(argv[i + 1], command->words[i]) != 0)
            return 0;
    }
    return words;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--version") == 0)
        return show_version(0, NULL);
    if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)) {
        show_help(stdout);
        return EXIT_GOOD;
    }
    for (size_t i = 0; i < COUNT_OF(COMMANDS); i++) {
        const int words = words_matched(&COMMANDS[i], argc, argv);
        if (words > 0)
            return COMMANDS[i].run(argc - 1 - words, argv + 1 + words);
    }
    if (argc > 1)
        (void)fprintf(stderr, "taw: unknown command \"%s\"\n", argv[1]);
    show_help(stderr);
    return EXIT_USAGE;
}
