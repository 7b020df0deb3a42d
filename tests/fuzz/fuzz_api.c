/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One request to a Coordinator that waits for its manifest: the first byte picks the endpoint, the rest is
 * the body, or the query of a GET. Every request is answered exactly once, in a shape that clients know.
 */
#include "api/api.h"
#include "base/reader.h"
#include "crypto/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
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

static bool real_random(void *ctx, uint8_t *out, size_t len, struct err *err)
{
    (void)ctx;
    return random_bytes(out, len, err);
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
static const struct env env = { .now_ms = fixed_now,
                                .random = real_random,
                                .issue_quote = no_tee,
                                .files = &null_disk,
                                .log = &silent };

/* ---- the Coordinator ---- */

struct target {
    struct sealing sealing;
    struct pool *pool;
    struct core *core;
    struct api *api;
};

static void open_core(struct target *t)
{
    static const struct bytes names[] = { { (const uint8_t *)"localhost", 9 } };
    const struct core_config config = { .env = &env,
                                        .seal_directory = "/nowhere",
                                        .sealing = &t->sealing,
                                        .names = names,
                                        .name_count = 1 };
    struct err err = { 0 };

    t->core = core_open(&config, &err);
    require(t->core != NULL);
    t->api = api_new(t->core, t->pool);
}

/* Back to the phase before the manifest. */
static void reopen_if_set(struct target *t)
{
    struct snapshot *const now = core_snapshot(t->core);
    const bool set = now->phase != PHASE_ACCEPTING_MANIFEST;

    snapshot_free(now);
    if (!set)
        return;
    api_free(t->api);
    core_free(t->core);
    open_core(t);
}

/* ---- one request ---- */

static const struct {
    const char *method, *path;
} endpoints[] = {
    { "POST", "/manifest" },
    { "POST", "/api/v2/manifest" },
    { "POST", "/api/v2/recover" },
    { "POST", "/recover" },
    { "GET", "/api/v2/quote" },
    { "GET", "/quote" },
    { "GET", "/api/v2/secrets" },
    { "POST", "/api/v2/secrets" },
    { "POST", "/api/v2/update" },
    { "POST", "/update-manifest" },
    { "POST", "/api/v2/sign-quote" },
    { "POST", "/api/v2/monotonic-counter" },
    { "GET", "/api/v2/recover/public-key" },
    { "GET", "/api/v2/recover/status" },
    { "GET", "/api/v2/recovery/secrets" },
    { "GET", "/api/v2/status" },
    { "GET", "//api/./v2/../status" },
    { "PUT", "/status" },
};

struct answer {
    pthread_mutex_t lock;
    pthread_cond_t there;
    unsigned times;
    struct http_response response;
};

static void take_answer(void *token, struct http_response *response)
{
    struct answer *const a = token;

    (void)pthread_mutex_lock(&a->lock);
    require(a->times++ == 0);
    a->response = *response;
    (void)pthread_cond_signal(&a->there);
    (void)pthread_mutex_unlock(&a->lock);
}

static void check_answer(const struct http_response *r)
{
    static const char *const shapes[] = {
        "{\"status\":\"success\",\"data\":", "{\"status\":\"error\",\"data\":null",
        "{\"status\":\"fail\",\"data\":null", "{\"EncryptionKey\":\""
    };
    bool known = r->status == 307 && r->field_count > 0;

    for (size_t i = 0; i < COUNT_OF(shapes); i++)
        known |= bytes_start_with(buf_bytes(&r->body), bytes_of_string(shapes[i]));
    require(known && r->status >= 200 && r->status < 600);
    require(
        (r->status == 200) ==
        (r->body.len > 0 && (bytes_start_with(buf_bytes(&r->body), bytes_of_string(shapes[0])) ||
                             bytes_start_with(buf_bytes(&r->body), bytes_of_string(shapes[3])))));
    require(r->body.len == 0 || r->body.at[r->body.len - 1] == '\n');
}

/* RSA keys of 16384 bits are legal, but take minutes. */
static bool is_slow(struct bytes body)
{
    return body.len > 0 && memmem(body.at, body.len, "cert-rsa", 8) != NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct target t = { .sealing = { .name = "none", .seal = no_seal } };
    struct reader r = reader_over(bytes_of(data, size));
    const size_t which = reader_u8(&r, "endpoint") % COUNT_OF(endpoints);
    const struct bytes rest = reader_rest(&r);
    const bool is_get = endpoints[which].method[0] == 'G';
    struct answer a = { .lock = PTHREAD_MUTEX_INITIALIZER, .there = PTHREAD_COND_INITIALIZER };

    if (is_slow(rest))
        return 0;
    if (t.pool == NULL) {
        t.pool = pool_new(1);
        open_core(&t);
    }
    struct http_request request = { .method = mem_string(endpoints[which].method),
                                    .path = mem_string(endpoints[which].path),
                                    .query = bytes_to_string(is_get ? rest : BYTES_NONE) };
    if (!is_get)
        buf_add(&request.body, rest);
    api_handle(t.api, &request, take_answer, &a);
    (void)pthread_mutex_lock(&a.lock);
    while (a.times == 0)
        (void)pthread_cond_wait(&a.there, &a.lock);
    (void)pthread_mutex_unlock(&a.lock);
    check_answer(&a.response);
    http_response_clear(&a.response);
    reopen_if_set(&t);
    return 0;
}
