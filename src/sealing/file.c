/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/text.h"
#include "sealing/blob.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { KEY_LEN = 32, KEY_FILE_LEN = 2 * KEY_LEN + 1 };
#define KEY_INFO "taw platform file key"

struct file_key {
    const struct env *env;
    char *path;
    struct secret *key; /* KEY_LEN bytes */
};

static void file_key_free(void *ctx)
{
    struct file_key *const k = ctx;

    secret_free(k->key);
    free(k->path);
    free(k);
}

static bool file_key_seal(void *ctx, enum sealing_policy policy, struct bytes plaintext,
                          struct bytes aad, struct buf *blob, struct err *err)
{
    const struct file_key *const k = ctx;

    return blob_seal(k->env, secret_bytes(k->key), BYTES_LITERAL(KEY_INFO), policy, plaintext, aad,
                     blob, err) ||
           err_in(err, "platform key file %s", k->path);
}

static bool file_key_unseal(void *ctx, struct bytes blob, struct bytes aad,
                            struct secret **plaintext, struct err *err)
{
    const struct file_key *const k = ctx;
    enum sealing_policy policy = SEAL_NONE;

    return (blob_policy(blob, &policy, err) &&
            blob_open(secret_bytes(k->key), BYTES_LITERAL(KEY_INFO), blob, aad, plaintext, err)) ||
           err_in(err, "not sealed with platform key file %s, or damaged", k->path);
}

static bool key_file_is_private(int fd, const char *path, struct err *err)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        return err_errno(err, FAIL_UNAVAILABLE, "cannot look at platform key file %s", path);
    if (!S_ISREG(st.st_mode))
        return err_set(err, FAIL_UNAVAILABLE, "platform key file %s is not a regular file", path);
    if ((st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return err_set(err, FAIL_DENIED,
                       "platform key file %s has mode %04o, but only its owner may have access; "
                       "run: chmod 600 %s",
                       path, (unsigned)(st.st_mode & 07777), path);
    return true;
}

/* One byte more than a key file has, so that a longer one is seen. */
static bool read_descriptor(const struct files *fs, int fd, const char *path, struct buf *text,
                            struct err *err)
{
    uint8_t *const at = buf_grow(text, KEY_FILE_LEN + 1);
    size_t len = 0;

    while (len < KEY_FILE_LEN + 1) {
        const ssize_t got = fs->read(fs->ctx, fd, at + len, KEY_FILE_LEN + 1 - len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_errno(err, FAIL_UNAVAILABLE, "cannot read platform key file %s", path);
        if (got == 0)
            break;
        len += (size_t)got;
    }
    buf_truncate(text, len);
    return true;
}

/* The descriptor that was asked for its mode is the one that is read. FAIL_NOT_FOUND: no file. */
static bool read_key_file(const struct files *fs, const char *path, struct buf *text,
                          struct err *err)
{
    /* Without O_NONBLOCK a pipe of that name would hold up the start for ever. */
    const int fd = fs->open(fs->ctx, path, O_RDONLY | O_NONBLOCK, 0);

    if (fd < 0)
        return err_errno(err, errno == ENOENT ? FAIL_NOT_FOUND : FAIL_UNAVAILABLE,
                         "cannot open platform key file %s", path);
    const bool done =
        key_file_is_private(fd, path, err) && read_descriptor(fs, fd, path, text, err);
    (void)fs->close(fs->ctx, fd);
    return done;
}

/* The directory of a path, with its slash, so that the root directory has a name too. */
static char *directory_of(const char *path)
{
    const char *const slash = strrchr(path, '/');

    return slash == NULL ? mem_string(".")
                         : bytes_to_string(bytes_of(path, (size_t)(slash + 1 - path)));
}

static bool create_key_file(const struct env *env, const char *path, const char *dir,
                            struct buf *text, struct err *err)
{
    const char *const slash = strrchr(path, '/');
    auto_secret *key = secret_new(KEY_LEN, err);

    if (key == NULL || !env->random(env->ctx, key->at, key->len, err))
        return err_in(err, "new platform key file %s", path);
    hex_encode(text, secret_bytes(key));
    buf_add_u8(text, '\n');
    return file_replace(env->files, dir, slash == NULL ? path : slash + 1, buf_bytes(text), err) ||
           err_in(err, "new platform key file %s", path);
}

static bool read_or_create(const struct env *env, const char *path, const char *dir,
                           struct buf *text, struct err *err)
{
    if (read_key_file(env->files, path, text, err))
        return true;
    if (err->kind != FAIL_NOT_FOUND)
        return false;
    *err = (struct err){ 0 };
    return create_key_file(env, path, dir, text, err);
}

/* Under a lock of the directory: of two processes that start at once, one makes the key, and neither
 * seals with one that the other has replaced. */
static bool create_once(const struct env *env, const char *path, struct buf *text, struct err *err)
{
    const struct files *const fs = env->files;
    auto_string *dir = directory_of(path);
    const int fd = fs->open(fs->ctx, dir, O_RDONLY | O_DIRECTORY, 0);

    if (fd < 0)
        return err_errno(err, FAIL_UNAVAILABLE, "new platform key file %s: cannot open %s", path,
                         dir);
    const bool done =
        fs->lock(fs->ctx, fd) == 0
            ? read_or_create(env, path, dir, text, err)
            : err_errno(err, FAIL_UNAVAILABLE,
                        "new platform key file %s: another process is making it", path);
    (void)fs->close(fs->ctx, fd);
    return done;
}

static struct secret *parse_key_file(const char *path, struct bytes text, struct err *err)
{
    auto_buf key = { 0 };
    struct err cause = { 0 };

    if (text.len == KEY_FILE_LEN && text.at[KEY_FILE_LEN - 1] == '\n' &&
        hex_decode(&key, bytes_of(text.at, KEY_FILE_LEN - 1), &cause))
        return secret_copy(buf_bytes(&key), err);
    (void)err_set(err, FAIL_DAMAGED,
                  "platform key file %s is not %d hex digits and a line feed; put it back from its "
                  "backup, or move it away and recover",
                  path, 2 * KEY_LEN);
    return NULL;
}

static bool load_key(const struct env *env, const char *path, struct buf *text, struct err *err)
{
    if (read_key_file(env->files, path, text, err))
        return true;
    if (err->kind != FAIL_NOT_FOUND)
        return false;
    *err = (struct err){ 0 };
    return create_once(env, path, text, err);
}

struct sealing *sealing_open_file(const struct env *env, const char *path, struct err *err)
{
    auto_buf text = { 0 };

    if (!load_key(env, path, &text, err))
        return NULL;
    struct secret *const key = parse_key_file(path, buf_bytes(&text), err);
    if (key == NULL)
        return NULL;
    struct file_key *const k = mem_alloc(sizeof *k);
    *k = (struct file_key){ .env = env, .path = mem_string(path), .key = key };
    struct sealing *const sealing = mem_alloc(sizeof *sealing);
    *sealing = (struct sealing){
        .ctx = k,
        .name = "platform key file",
        .opens = "with this key file",
        .seal = file_key_seal,
        .unseal = file_key_unseal,
        .free = file_key_free,
    };
    return sealing;
}
