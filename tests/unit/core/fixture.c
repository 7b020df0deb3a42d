/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "fixture.h"

#include "base/arena.h"
#include "codec/json.h"
#include "codec/text.h"
#include "crypto/hash.h"
#include "remove_tree.h"
#include "state/names.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* ---- a disk that fails when it is told to ---- */

static bool strikes(void *ctx)
{
    struct disk *const d = ctx;
    const unsigned call = __atomic_add_fetch(&d->calls, 1, __ATOMIC_SEQ_CST);
    const unsigned from = __atomic_load_n(&d->fail_from, __ATOMIC_SEQ_CST);

    if (from == 0 || call < from || (d->once && call > from))
        return false;
    errno = d->with;
    return true;
}

static int disk_open(void *ctx, const char *path, int flags, mode_t mode)
{
    return (flags & O_CREAT) != 0 && strikes(ctx) ? -1 : files_posix.open(NULL, path, flags, mode);
}

static ssize_t disk_read(void *ctx, int fd, void *at, size_t len)
{
    (void)ctx;
    return files_posix.read(NULL, fd, at, len);
}

/* A full disk still takes a few bytes. */
static ssize_t disk_write(void *ctx, int fd, const void *at, size_t len)
{
    if (!strikes(ctx))
        return files_posix.write(NULL, fd, at, len);
    const int with = errno;
    if (len > 1)
        (void)files_posix.write(NULL, fd, at, len / 2);
    errno = with;
    return -1;
}

static ssize_t disk_pwrite(void *ctx, int fd, const void *at, size_t len, off_t offset)
{
    return strikes(ctx) ? -1 : files_posix.pwrite(NULL, fd, at, len, offset);
}

static int disk_ftruncate(void *ctx, int fd, off_t len)
{
    return strikes(ctx) ? -1 : files_posix.ftruncate(NULL, fd, len);
}

static int disk_fdatasync(void *ctx, int fd)
{
    struct disk *const d = ctx;

    (void)__atomic_add_fetch(&d->syncs, 1, __ATOMIC_SEQ_CST);
    return strikes(ctx) ? -1 : files_posix.fdatasync(NULL, fd);
}

static int disk_fsync(void *ctx, int fd)
{
    return strikes(ctx) ? -1 : files_posix.fsync(NULL, fd);
}

static int disk_close(void *ctx, int fd)
{
    (void)ctx;
    return files_posix.close(NULL, fd);
}

static int disk_rename(void *ctx, const char *from, const char *to)
{
    return strikes(ctx) ? -1 : files_posix.rename(NULL, from, to);
}

static int disk_unlink(void *ctx, const char *path)
{
    return strikes(ctx) ? -1 : files_posix.unlink(NULL, path);
}

static int disk_mkdir(void *ctx, const char *path, mode_t mode)
{
    return strikes(ctx) ? -1 : files_posix.mkdir(NULL, path, mode);
}

static int disk_lock(void *ctx, int fd)
{
    (void)ctx;
    return files_posix.lock(NULL, fd);
}

static int disk_list(void *ctx, const char *path, bool (*each)(void *arg, const char *name),
                     void *arg)
{
    (void)ctx;
    return files_posix.list(NULL, path, each, arg);
}

/* ---- the world ---- */

static int64_t world_now(void *ctx)
{
    return __atomic_load_n(&((struct world *)ctx)->now_ms, __ATOMIC_SEQ_CST);
}

void world_set_clock(struct world *w, int64_t now_ms)
{
    __atomic_store_n(&w->now_ms, now_ms, __ATOMIC_SEQ_CST);
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

void world_begin(struct world *w)
{
    *w = (struct world){ .path = "/tmp/taw-test-XXXXXX",
                         .log = { .fd = -1 },
                         .now_ms = WORLD_START_MS };
    assert_non_null(mkdtemp(w->path));
    w->seal_dir = mem_printf("%s/seal", w->path);
    w->log = (struct log){ .fd = open("/dev/null", O_WRONLY | O_CLOEXEC), .level = LOG_DEBUG };
    w->files = (struct files){ &w->disk,       disk_open,      disk_read,  disk_write, disk_pwrite,
                               disk_ftruncate, disk_fdatasync, disk_fsync, disk_close, disk_rename,
                               disk_unlink,    disk_mkdir,     disk_lock,  disk_list };
    w->env = (struct env){ .ctx = w,
                           .now_ms = world_now,
                           .random = env_random,
                           .issue_quote = no_tee,
                           .files = &w->files,
                           .log = &w->log };
}

void world_end(struct world *w)
{
    remove_tree(w->path);
    (void)close(w->log.fd);
    free(w->seal_dir);
}

void world_fail(struct world *w, unsigned nth, bool once, int with)
{
    w->disk.once = once;
    w->disk.with = with;
    const unsigned calls = __atomic_load_n(&w->disk.calls, __ATOMIC_SEQ_CST);
    __atomic_store_n(&w->disk.fail_from, calls + nth, __ATOMIC_SEQ_CST);
}

void world_heal(struct world *w)
{
    __atomic_store_n(&w->disk.fail_from, 0, __ATOMIC_SEQ_CST);
}

struct copying {
    const char *from, *to;
};

static bool copy_file(void *arg, const char *name)
{
    const struct copying *const c = arg;
    auto_string *from = mem_printf("%s/%s", c->from, name);
    struct stat st;
    auto_buf data = { 0 };
    struct err err = { 0 };

    if (stat(from, &st) != 0 || !S_ISREG(st.st_mode))
        return true;
    assert_ok(file_read(&files_posix, from, 1 << 28, &data, &err), &err);
    assert_ok(file_replace(&files_posix, c->to, name, buf_bytes(&data), &err), &err);
    return true;
}

static void copy_files(const char *from, const char *to)
{
    struct copying c = { from, to };

    remove_tree(to);
    assert_int_equal(mkdir(to, 0700), 0);
    assert_int_equal(files_posix.list(NULL, from, copy_file, &c), 0);
}

void world_keep(struct world *w)
{
    auto_string *aside = mem_printf("%s/kept", w->path);

    copy_files(w->seal_dir, aside);
}

void world_put_back(struct world *w)
{
    auto_string *aside = mem_printf("%s/kept", w->path);

    copy_files(aside, w->seal_dir);
}

struct buf world_read(struct world *w, const char *name)
{
    auto_string *path = mem_printf("%s/%s", w->seal_dir, name);
    struct buf data = { 0 };
    struct err err = { 0 };

    assert_ok(file_read(&files_posix, path, 1 << 28, &data, &err), &err);
    return data;
}

void world_write(struct world *w, const char *name, struct bytes data)
{
    struct err err = { 0 };

    assert_ok(file_make_directories(&files_posix, w->seal_dir, &err), &err);
    assert_ok(file_replace(&files_posix, w->seal_dir, name, data, &err), &err);
}

void world_remove(struct world *w, const char *name)
{
    auto_string *path = mem_printf("%s/%s", w->seal_dir, name);

    assert_int_equal(unlink(path), 0);
}

struct counting {
    const char *prefix;
    unsigned count;
};

static bool count_entry(void *arg, const char *name)
{
    struct counting *const c = arg;

    c->count += strncmp(name, c->prefix, strlen(c->prefix)) == 0;
    return true;
}

unsigned world_count(struct world *w, const char *prefix)
{
    struct counting c = { prefix, 0 };

    (void)files_posix.list(NULL, w->seal_dir, count_entry, &c);
    return c.count;
}

/* ---- machines ---- */

bool machine_try(struct world *w, const char *name, bool plain_import, struct machine *m,
                 struct err *err)
{
    static const struct env real = { .random = env_random, .files = &files_posix };
    static const struct bytes names[] = { { (const uint8_t *)"localhost", 9 } };
    auto_string *key = mem_printf("%s/platform-%s.key", w->path, name);

    *m = (struct machine){ .sealing = sealing_open_file(&real, key, err) };
    assert_non_null(m->sealing);
    const struct core_config config = {
        .env = &w->env,
        .seal_directory = w->seal_dir,
        .sealing = m->sealing,
        .names = names,
        .name_count = 1,
        .import_without_recovery = plain_import,
        .verifier = w->verifier,
        .metrics = w->metrics,
    };
    m->core = core_open(&config, err);
    if (m->core != NULL)
        return true;
    sealing_free(m->sealing);
    return false;
}

struct machine machine_start(struct world *w, const char *name)
{
    struct machine m;
    struct err err = { 0 };

    assert_ok(machine_try(w, name, false, &m, &err), &err);
    return m;
}

void machine_stop(struct machine *m)
{
    core_free(m->core);
    sealing_free(m->sealing);
    *m = (struct machine){ 0 };
}

enum phase machine_phase(const struct machine *m)
{
    auto_snapshot *now = core_snapshot(m->core);

    return now->phase;
}

void assert_phase(const struct machine *m, enum phase want)
{
    assert_int_equal(machine_phase(m), want);
}

struct buf machine_value(const struct machine *m, const char *name)
{
    auto_snapshot *now = core_snapshot(m->core);
    struct buf copy = { 0 };
    struct bytes value;

    if (!omap_get(now->values, bytes_of_string(name), &value))
        fail_msg("the state has no value %s", name);
    buf_add(&copy, value);
    return copy;
}

struct buf machine_identity(const struct machine *m)
{
    static const char *const names[] = { NAME_ROOT_CERT, NAME_INTERMEDIATE_CERT,
                                         NAME_ROOT_KEY,  NAME_ROOT_SECRET,
                                         NAME_MANIFEST,  NAME_MANIFEST_SIGNATURE };
    struct buf all = { 0 };

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        auto_buf value = machine_value(m, names[i]);
        buf_add(&all, buf_bytes(&value));
    }
    return all;
}

/* ---- key holders ---- */

const char *const holder_names[HOLDERS] = { "alice", "bob", "carol" };

struct key *holder_key(unsigned i)
{
    static struct key *keys[HOLDERS];
    struct err err = { 0 };

    if (keys[i] == NULL)
        keys[i] = key_generate(KEY_RSA, 2048, &err);
    assert_non_null(keys[i]);
    return keys[i];
}

void put_holder_key(struct buf *out, unsigned i)
{
    auto_buf der = { 0 }, pem = { 0 };
    struct err err = { 0 };

    assert_ok(key_public_der(holder_key(i), &der, &err), &err);
    pem_encode(&pem, "PUBLIC KEY", buf_bytes(&der));
    json_put_string(out, buf_bytes(&pem));
}

struct buf manifest_text(unsigned holders, unsigned threshold, bool singular, const char *extra)
{
    struct buf out = { 0 };

    buf_add_format(&out, "{%s", extra);
    if (threshold > 0)
        buf_add_format(&out, "\"Config\":{\"RecoveryThreshold\":%u},", threshold);
    if (singular) {
        buf_add_string(&out, "\"RecoveryKey\":");
        put_holder_key(&out, 0);
        buf_add_u8(&out, ',');
    } else if (holders > 0) {
        buf_add_string(&out, "\"RecoveryKeys\":{");
        for (unsigned i = 0; i < holders; i++) {
            json_put_name(&out, holder_names[i]);
            put_holder_key(&out, i);
        }
        buf_add_string(&out, "},");
    }
    buf_add_string(&out,
                   "\"Packages\":{\"p\":{\"Debug\":true,\"SecurityVersion\":1,\"ProductID\":1,"
                   "\"SignerID\":\"00\"}},\"Marbles\":{\"m\":{\"Package\":\"p\"}},"
                   "\"Secrets\":{\"key\":{\"Type\":\"symmetric-key\",\"Size\":128,"
                   "\"Shared\":true}}}");
    return out;
}

struct bytes share_bytes(const struct share *share)
{
    return bytes_of(share->at, share->len);
}

void share_sign(struct share *share, unsigned holder)
{
    struct err err = { 0 };

    buf_clear(&share->signature);
    assert_ok(key_sign_sha256(holder_key(holder), share_bytes(share), &share->signature, &err),
              &err);
}

static void decrypt_share(const struct json *value, unsigned holder, struct share *share)
{
    auto_buf encrypted = { 0 }, plain = { 0 };
    bool present = false;
    struct err err = { 0 };

    assert_ok(json_get_octets(value, &encrypted, &present, &err), &err);
    assert_ok(key_oaep_decrypt(holder_key(holder), buf_bytes(&encrypted), &plain, &err), &err);
    assert_true(plain.len <= SHARE_MAX);
    memcpy(share->at, plain.at, plain.len);
    share->len = plain.len;
    share_sign(share, holder);
}

struct deal deal_from_json(struct bytes object, unsigned holders, bool singular)
{
    auto_arena arena = { 0 };
    struct deal deal = { .count = holders };
    struct err err = { 0 };
    const struct json *const root = json_parse(object, JSON_TRAILING_REFUSED, &arena, &err);

    assert_non_null(root);
    for (unsigned i = 0; i < holders; i++) {
        const struct json *const value =
            json_member(root, singular ? "RecoveryKey" : holder_names[i]);
        assert_non_null(value);
        decrypt_share(value, i, &deal.shares[i]);
    }
    return deal;
}

struct deal set_manifest(const struct machine *m, unsigned holders, unsigned threshold,
                         bool singular)
{
    auto_buf text = manifest_text(holders, threshold, singular, "");
    struct manifest_reply reply = { 0 };
    struct err err = { 0 };

    assert_ok(core_set_manifest(m->core, buf_bytes(&text), &reply, &err), &err);
    assert_int_equal(reply.singular, singular);
    const struct deal deal = deal_from_json(buf_bytes(&reply.secrets_json), holders, singular);
    manifest_reply_clear(&reply);
    return deal;
}

void set_any_manifest(const struct machine *m)
{
    struct deal deal = set_manifest(m, 1, 0, false);

    deal_clear(&deal);
}

void deal_clear(struct deal *deal)
{
    for (unsigned i = 0; i < deal->count; i++)
        buf_clear(&deal->shares[i].signature);
}

/* ---- uploads ---- */

enum recover_result upload(const struct machine *m, struct bytes share, struct bytes signature,
                           unsigned *remaining, struct err *err)
{
    *err = (struct err){ 0 };
    return core_recover(m->core, share, signature, true, remaining, err);
}

void give(const struct machine *m, const struct deal *deal, unsigned i, unsigned want_remaining)
{
    const struct share *const share = &deal->shares[i];
    unsigned remaining = 99;
    struct err err;
    const enum recover_result result =
        upload(m, share_bytes(share), buf_bytes(&share->signature), &remaining, &err);

    if (result != (want_remaining > 0 ? RECOVER_MORE : RECOVER_DONE))
        fail_msg("%s: result %d, %s", holder_names[i], (int)result, err.text);
    assert_int_equal(remaining, want_remaining);
}

void refuse(const struct machine *m, struct bytes share, struct bytes signature, const char *words)
{
    unsigned remaining = 99;
    struct err err;

    assert_int_equal(upload(m, share, signature, &remaining, &err), RECOVER_FAILED);
    if (strstr(err.text, words) == NULL)
        fail_msg("\"%s\" does not speak of %s", err.text, words);
}
