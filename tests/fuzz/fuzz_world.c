/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz_world.h"

#include "core/marble_identity.h"
#include "crypto/csr.h"
#include "crypto/hash.h"

#include <errno.h>
#include <fcntl.h>

void require(bool holds)
{
    if (!holds)
        __builtin_trap();
}

/* ---- a world that keeps nothing ---- */

static int null_open(void *ctx, const char *path, int flags, mode_t mode)
{
    (void)ctx;
    (void)path;
    if ((flags & O_CREAT) == 0 && (flags & O_DIRECTORY) == 0) {
        errno = ENOENT;
        return -1;
    }
    return files_posix.open(NULL, "/dev/null", O_RDWR | O_CLOEXEC, mode);
}

static ssize_t null_write(void *ctx, int fd, const void *at, size_t len)
{
    (void)ctx;
    (void)fd;
    (void)at;
    return (ssize_t)len;
}

static ssize_t null_pwrite(void *ctx, int fd, const void *at, size_t len, off_t offset)
{
    (void)offset;
    return null_write(ctx, fd, at, len);
}

static int null_ftruncate(void *ctx, int fd, off_t len)
{
    (void)ctx;
    (void)fd;
    (void)len;
    return 0;
}

static int null_fd(void *ctx, int fd)
{
    (void)ctx;
    (void)fd;
    return 0;
}

static int real_close(void *ctx, int fd)
{
    (void)ctx;
    return files_posix.close(NULL, fd);
}

static ssize_t null_read(void *ctx, int fd, void *at, size_t len)
{
    (void)ctx;
    (void)fd;
    (void)at;
    (void)len;
    return 0;
}

static int null_rename(void *ctx, const char *from, const char *to)
{
    (void)ctx;
    (void)from;
    (void)to;
    return 0;
}

static int null_unlink(void *ctx, const char *path)
{
    (void)ctx;
    (void)path;
    return 0;
}

static int null_mkdir(void *ctx, const char *path, mode_t mode)
{
    (void)ctx;
    (void)path;
    (void)mode;
    return 0;
}

static int null_list(void *ctx, const char *path, bool (*each)(void *arg, const char *name),
                     void *arg)
{
    (void)ctx;
    (void)path;
    (void)each;
    (void)arg;
    return 0;
}

static const struct files null_disk = {
    NULL,    null_open,  null_read,   null_write,  null_pwrite, null_ftruncate, null_fd,
    null_fd, real_close, null_rename, null_unlink, null_mkdir,  null_fd,        null_list,
};

static bool no_seal(void *ctx, enum sealing_policy policy, struct bytes plaintext, struct bytes aad,
                    struct buf *blob, struct err *err)
{
    (void)ctx;
    (void)policy;
    (void)aad;
    (void)err;
    buf_add(blob, plaintext);
    return true;
}

static int64_t fixed_now(void *ctx)
{
    (void)ctx;
    return 1768478400000;
}

static bool no_tee(void *ctx, const uint8_t report_data[static 64], struct buf *quote,
                   struct err *err)
{
    (void)ctx;
    (void)report_data;
    (void)quote;
    (void)err;
    return true;
}

static const struct log silent = { .fd = -1, .level = LOG_ERROR + 1 };

struct env world_env(const struct files *disk)
{
    return (struct env){ .now_ms = fixed_now,
                         .random = env_random,
                         .issue_quote = no_tee,
                         .files = disk,
                         .log = &silent };
}

struct core *world_core_on(const struct env *env, struct sealing *sealing)
{
    static const struct bytes names[] = { { (const uint8_t *)"localhost", 9 } };
    const struct core_config config = { .env = env,
                                        .seal_directory = "/nowhere",
                                        .sealing = sealing,
                                        .names = names,
                                        .name_count = 1 };
    struct err err = { 0 };
    struct core *const core = core_open(&config, &err);

    require(core != NULL);
    return core;
}

struct core *world_core(void)
{
    static struct sealing no_sealing = { .name = "none", .seal = no_seal };
    static struct env env;

    env = world_env(&null_disk);
    return world_core_on(&env, &no_sealing);
}

void world_set_manifest(struct core *core, struct bytes manifest, struct manifest_reply *reply)
{
    struct err err = { 0 };

    require(core_set_manifest(core, manifest, reply, &err));
}

void world_marble_leaf(struct core *core, struct buf *leaf)
{
    const struct text_list none = { 0 };
    auto_snapshot *now = core_snapshot(core);
    struct marble_identity identity = { 0 };
    auto_buf csr = { 0 };
    struct err err = { 0 };
    auto_key *key = key_generate(KEY_ECDSA, 256, &err);

    require(key != NULL && csr_make(key, &none, &none, &csr, &err));
    require(marble_identity_issue(core_env(core), now->authority, buf_bytes(&csr),
                                  BYTES_LITERAL("6ba7b810-9dad-11d1-80b4-00c04fd430c8"),
                                  BYTES_LITERAL("m"), &identity, &err));
    buf_add(leaf, cert_der(identity.cert));
    marble_identity_clear(&identity);
}

/* ---- the caller ---- */

void take_answer(void *token, struct http_response *response)
{
    struct answer *const a = token;

    (void)pthread_mutex_lock(&a->lock);
    require(a->times++ == 0);
    a->response = *response;
    (void)pthread_cond_signal(&a->there);
    (void)pthread_mutex_unlock(&a->lock);
}

void wait_for_answer(struct answer *a)
{
    (void)pthread_mutex_lock(&a->lock);
    while (a->times == 0)
        (void)pthread_cond_wait(&a->there, &a->lock);
    (void)pthread_mutex_unlock(&a->lock);
}

/* ---- the client API ---- */

void world_api_open(struct world_api *w, struct bytes manifest)
{
    struct manifest_reply reply = { 0 };

    w->core = world_core();
    world_set_manifest(w->core, manifest, &reply);
    manifest_reply_clear(&reply);
    w->pool = pool_new(1);
    w->api = api_new(w->core, w->pool);
    auto_snapshot *now = core_snapshot(w->core);
    if (now->deployment->user_count > 0)
        buf_add(&w->leaf, now->deployment->users[0].certificate);
}

void world_api_close(struct world_api *w)
{
    pool_free(w->pool);
    core_free(w->core);
    api_free(w->api);
    buf_clear(&w->leaf);
    *w = (struct world_api){ 0 };
}

struct http_response world_post(const struct world_api *w, const char *path, struct bytes body)
{
    struct answer a = ANSWER_NONE;
    struct http_request request = { .method = mem_string("POST"),
                                    .path = mem_string(path),
                                    .query = mem_string(""),
                                    .peer_leaf = bytes_copy(buf_bytes(&w->leaf)),
                                    .peer_leaf_len = w->leaf.len };

    buf_add(&request.body, body);
    api_handle(w->api, &request, take_answer, &a);
    wait_for_answer(&a);
    return a.response;
}
