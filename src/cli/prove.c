/* SPDX-License-Identifier: Apache-2.0 */
#include "base/files.h"
#include "cli/cli.h"
#include "recovery/drill.h"
#include "recovery/share_file.h"

#include <stdio.h>
#include <string.h>

enum { LARGEST_FILE = 1 << 20 };

struct options {
    const char *key, *secret;
    const char *name; /* NULL: whoever has the key */
};

static bool read_options(int count, char **arguments, struct options *o)
{
    const struct {
        const char *flag;
        const char **value;
    } known[] = { { "--key", &o->key }, { "--secret", &o->secret }, { "--name", &o->name } };

    for (int i = 0; i + 1 < count; i += 2) {
        size_t which = 0;
        while (which < COUNT_OF(known) && strcmp(arguments[i], known[which].flag) != 0)
            which++;
        if (which == COUNT_OF(known) || *known[which].value != NULL)
            return false;
        *known[which].value = arguments[i + 1];
    }
    return count % 2 == 0 && o->key != NULL && o->secret != NULL;
}

static bool read_input(struct buf *out, struct err *err)
{
    char part[4096];
    size_t got;

    while ((got = fread(part, 1, sizeof part, stdin)) > 0) {
        if (out->len + got > LARGEST_FILE)
            return err_set(err, FAIL_TOO_LARGE, "more than %d bytes", LARGEST_FILE);
        buf_add(out, bytes_of(part, got));
    }
    return ferror(stdin) == 0 || err_set(err, FAIL_UNAVAILABLE, "cannot be read");
}

static struct key *read_key(const char *path, struct err *err)
{
    auto_buf pem = { 0 };

    if (!file_read(&files_posix, path, LARGEST_FILE, &pem, err))
        return NULL;
    struct key *const key = key_from_recovery_private_pem(buf_bytes(&pem), err);
    if (key == NULL)
        (void)err_in(err, "%.100s", path);
    return key;
}

static struct secret *read_secret(const char *path, struct bytes name, const struct key *key,
                                  struct err *err)
{
    auto_buf file = { 0 };

    if (!file_read(&files_posix, path, LARGEST_FILE, &file, err))
        return NULL;
    struct secret *const secret = share_from_file(buf_bytes(&file), name, key, err);
    if (secret == NULL)
        (void)err_in(err, "%.100s", path);
    return secret;
}

static bool answer(const struct options *o, struct buf *out, struct err *err)
{
    auto_drill_challenge challenge = { 0 };
    auto_buf input = { 0 };
    struct bytes name = bytes_of_string(o->name);

    if (!read_input(&input, err) || !drill_challenge_read(buf_bytes(&input), &challenge, err))
        return err_in(err, "standard input");
    auto_key *key = read_key(o->key, err);
    if (key == NULL || (o->name == NULL && !drill_holder_of(&challenge, key, &name, err)))
        return false;
    auto_secret *secret = read_secret(o->secret, name, key, err);
    return secret != NULL &&
           drill_answer_write(&challenge, name, key, secret_bytes(secret), out, err);
}

int prove(int count, char **arguments)
{
    struct options o = { 0 };
    struct err err = { 0 };
    auto_buf out = { 0 };

    if (!read_options(count, arguments, &o)) {
        (void)fprintf(stderr, "taw: usage: taw " PROVE_USAGE "\n");
        return EXIT_USAGE;
    }
    if (!answer(&o, &out, &err)) {
        (void)fprintf(stderr, "taw: %s\n", err.text);
        return EXIT_REFUSED;
    }
    buf_add_u8(&out, '\n');
    if (fwrite(out.at, 1, out.len, stdout) == out.len && fflush(stdout) == 0)
        return EXIT_GOOD;
    (void)fprintf(stderr, "taw: standard output cannot be written\n");
    return EXIT_REFUSED;
}
