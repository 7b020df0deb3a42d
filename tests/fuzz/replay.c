/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a fuzz target over the files of its corpus, so that every input that ever mattered is an
 * ordinary test: replay DIRECTORY|FILE ...
 */
#include "base/files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned long g_inputs;

static bool replay_file(const char *path)
{
    struct err err = { 0 };
    auto_buf data = { 0 };

    if (!file_read(&files_posix, path, 64u << 20, &data, &err)) {
        (void)fprintf(stderr, "%s\n", err.text);
        return false;
    }
    /* An exact-size copy: the sanitizer then sees the first byte that is read too many. */
    uint8_t *const exact = malloc(data.len > 0 ? data.len : 1);
    if (exact == NULL)
        return false;
    if (data.len > 0)
        memcpy(exact, data.at, data.len);
    (void)LLVMFuzzerTestOneInput(exact, data.len);
    free(exact);
    g_inputs++;
    return true;
}

static bool replay_entry(void *dir, const char *name)
{
    auto_string *path = mem_printf("%s/%s", (const char *)dir, name);

    if (!replay_file(path))
        exit(1);
    return true;
}

int main(int argc, char **argv)
{
    (void)LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
    for (int i = 1; i < argc; i++) {
        if (files_posix.list(NULL, argv[i], replay_entry, argv[i]) != 0 && !replay_file(argv[i]))
            return 1;
    }
    if (g_inputs == 0) {
        (void)fprintf(stderr, "%s: no inputs: the corpus is missing\n", argv[0]);
        return 1;
    }
    (void)printf("%lu inputs replayed\n", g_inputs);
    return 0;
}
