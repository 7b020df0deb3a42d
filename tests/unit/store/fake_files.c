/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_files.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_NAMES = 128, MAX_INODES = 512, MAX_FDS = 32, MAX_OPS = 256, ROOT_LEN = 1 };

struct inode {
    bool is_directory;
    struct buf now, durable;
};

struct name {
    char *path;
    size_t inode;
};

struct names {
    struct name at[MAX_NAMES];
    size_t count;
};

/* A change of a directory that is not durable yet. */
struct op {
    char *path; /* what appears or goes */
    char *from; /* rename: what goes; NULL: no rename */
    bool unlink;
    size_t inode;
};

struct fd {
    bool open, locked;
    size_t inode, offset;
    char path[256];
};

struct fake_disk {
    struct files files;
    struct inode *inodes[MAX_INODES];
    size_t inode_count;
    struct names now, durable;
    struct op ops[MAX_OPS];
    size_t op_count;
    struct fd fds[MAX_FDS];
    unsigned changes, counts[FAKE_CALLS];
    unsigned kill_at;
    bool kill_half, dead;
    struct fake_fault fault;
};

static struct name *find(const struct names *names, const char *path)
{
    for (size_t i = 0; i < names->count; i++) {
        if (strcmp(names->at[i].path, path) == 0)
            return (struct name *)(uintptr_t)&names->at[i];
    }
    return NULL;
}

static void names_set(struct names *names, const char *path, size_t inode)
{
    struct name *const old = find(names, path);

    if (old != NULL) {
        old->inode = inode;
        return;
    }
    assert(names->count < MAX_NAMES);
    names->at[names->count++] = (struct name){ mem_string(path), inode };
}

static void names_drop(struct names *names, const char *path)
{
    struct name *const old = find(names, path);

    if (old == NULL)
        return;
    free(old->path);
    *old = names->at[--names->count];
}

static void names_clear(struct names *names)
{
    while (names->count > 0)
        free(names->at[--names->count].path);
}

static void names_copy(struct names *to, const struct names *from)
{
    names_clear(to);
    for (size_t i = 0; i < from->count; i++)
        names_set(to, from->at[i].path, from->at[i].inode);
}

static size_t inode_new(struct fake_disk *d, bool is_directory)
{
    assert(d->inode_count < MAX_INODES);
    d->inodes[d->inode_count] = mem_zero_alloc(1, sizeof(struct inode));
    d->inodes[d->inode_count]->is_directory = is_directory;
    return d->inode_count++;
}

static void op_apply(struct names *names, const struct op *op)
{
    if (op->from != NULL)
        names_drop(names, op->from);
    if (op->unlink)
        names_drop(names, op->path);
    else
        names_set(names, op->path, op->inode);
}

static void op_clear(struct op *op)
{
    free(op->path);
    free(op->from);
}

static void change_names(struct fake_disk *d, const char *path, const char *from, bool is_unlink,
                         size_t inode)
{
    assert(d->op_count < MAX_OPS);
    struct op *const op = &d->ops[d->op_count++];

    *op = (struct op){ mem_string(path), from ? mem_string(from) : NULL, is_unlink, inode };
    op_apply(&d->now, op);
}

/* Whether `path` is an entry of the directory itself. */
static bool is_inside(const char *directory, const char *path)
{
    const char *const slash = strrchr(path, '/');
    const size_t len = slash == path ? ROOT_LEN : (size_t)(slash - path);

    return strlen(directory) == len && strncmp(directory, path, len) == 0;
}

static void sync_names(struct fake_disk *d, const char *directory)
{
    size_t kept = 0;

    for (size_t i = 0; i < d->op_count; i++) {
        if (!is_inside(directory, d->ops[i].path)) {
            d->ops[kept++] = d->ops[i];
            continue;
        }
        op_apply(&d->durable, &d->ops[i]);
        op_clear(&d->ops[i]);
    }
    d->op_count = kept;
}

/* Counts a call; false, with errno, when it must not happen. *half: do half of it. */
static bool enter(struct fake_disk *d, enum fake_call call, bool *half)
{
    const bool changes = call != FAKE_READ && call != FAKE_CLOSE && call != FAKE_LIST &&
                         call != FAKE_LOCK && call != FAKE_OPEN;
    const struct fake_fault *const fault = &d->fault;
    bool by_half = false;

    errno = EIO;
    if (d->dead)
        return false;
    d->counts[call]++;
    d->changes += changes;
    if (changes && d->changes == d->kill_at) {
        d->dead = true;
        by_half = d->kill_half && (call == FAKE_WRITE || call == FAKE_PWRITE);
        if (!by_half)
            return false;
    }
    if (fault->times > 0 && fault->call == call && d->counts[call] >= fault->n &&
        d->counts[call] - fault->n < fault->times) {
        errno = fault->error;
        by_half = fault->half;
        if (!by_half)
            return false;
    }
    if (half != NULL)
        *half = by_half;
    return true;
}

static struct fd *fd_of(struct fake_disk *d, int fd)
{
    assert(fd >= 0 && fd < MAX_FDS && d->fds[fd].open);
    return &d->fds[fd];
}

static int fake_open(void *ctx, const char *path, int flags, mode_t mode)
{
    struct fake_disk *const d = ctx;
    const struct name *name = find(&d->now, path);

    (void)mode;
    if (!enter(d, FAKE_OPEN, NULL))
        return -1;
    errno = name == NULL ? ENOENT : EEXIST;
    if (name == NULL ? (flags & O_CREAT) == 0 : (flags & O_EXCL) != 0)
        return -1;
    if (name == NULL) {
        change_names(d, path, NULL, false, inode_new(d, false));
        name = find(&d->now, path);
    }
    if ((flags & O_TRUNC) != 0)
        buf_clear(&d->inodes[name->inode]->now);
    for (int i = 0; i < MAX_FDS; i++) {
        if (d->fds[i].open)
            continue;
        d->fds[i] = (struct fd){ .open = true, .inode = name->inode };
        assert(strlen(path) < sizeof d->fds[i].path);
        strcpy(d->fds[i].path, path);
        return i;
    }
    errno = EMFILE;
    return -1;
}

static ssize_t fake_read(void *ctx, int fd, void *at, size_t len)
{
    struct fake_disk *const d = ctx;

    if (!enter(d, FAKE_READ, NULL))
        return -1;
    struct fd *const f = fd_of(d, fd);
    const struct buf *const now = &d->inodes[f->inode]->now;
    const size_t left = f->offset < now->len ? now->len - f->offset : 0;
    const size_t got = left < len ? left : len;
    if (got > 0)
        memcpy(at, now->at + f->offset, got);
    f->offset += got;
    return (ssize_t)got;
}

static void overwrite(struct buf *b, size_t offset, const void *at, size_t len)
{
    while (b->len < offset + len)
        buf_add_u8(b, 0);
    if (len > 0)
        memcpy(b->at + offset, at, len);
}

static ssize_t write_at(struct fake_disk *d, enum fake_call call, size_t inode, size_t offset,
                        const void *at, size_t len)
{
    bool half = false;

    if (!enter(d, call, &half))
        return -1;
    if (half)
        len /= 2;
    struct buf *const now = &d->inodes[inode]->now;
    buf_reserve(now, len);
    if (offset == now->len)
        buf_add(now, bytes_of(at, len));
    else
        overwrite(now, offset, at, len);
    if (d->dead || (half && len == 0))
        return -1;
    return (ssize_t)len;
}

static ssize_t fake_write(void *ctx, int fd, const void *at, size_t len)
{
    struct fake_disk *const d = ctx;

    if (d->dead) {
        errno = EIO;
        return -1;
    }
    struct fd *const f = fd_of(d, fd);
    const ssize_t put = write_at(d, FAKE_WRITE, f->inode, f->offset, at, len);
    if (put > 0)
        f->offset += (size_t)put;
    return put;
}

static ssize_t fake_pwrite(void *ctx, int fd, const void *at, size_t len, off_t offset)
{
    struct fake_disk *const d = ctx;

    if (d->dead) {
        errno = EIO;
        return -1;
    }
    return write_at(d, FAKE_PWRITE, fd_of(d, fd)->inode, (size_t)offset, at, len);
}

static int fake_ftruncate(void *ctx, int fd, off_t len)
{
    struct fake_disk *const d = ctx;

    if (!enter(d, FAKE_FTRUNCATE, NULL))
        return -1;
    struct buf *const now = &d->inodes[fd_of(d, fd)->inode]->now;
    buf_truncate(now, (size_t)len);
    overwrite(now, (size_t)len, NULL, 0);
    return 0;
}

static int sync_fd(struct fake_disk *d, int fd)
{
    const struct fd *const f = fd_of(d, fd);
    struct inode *const inode = d->inodes[f->inode];

    if (inode->is_directory) {
        sync_names(d, f->path);
        return 0;
    }
    buf_clear(&inode->durable);
    buf_add(&inode->durable, buf_bytes(&inode->now));
    return 0;
}

static int fake_fdatasync(void *ctx, int fd)
{
    return enter(ctx, FAKE_FDATASYNC, NULL) ? sync_fd(ctx, fd) : -1;
}

static int fake_fsync(void *ctx, int fd)
{
    return enter(ctx, FAKE_FSYNC, NULL) ? sync_fd(ctx, fd) : -1;
}

static int fake_close(void *ctx, int fd)
{
    struct fake_disk *const d = ctx;

    assert(fd >= 0 && fd < MAX_FDS && d->fds[fd].open);
    d->fds[fd].open = false;
    return enter(d, FAKE_CLOSE, NULL) ? 0 : -1;
}

static int fake_rename(void *ctx, const char *from, const char *to)
{
    struct fake_disk *const d = ctx;

    if (!enter(d, FAKE_RENAME, NULL))
        return -1;
    const struct name *const name = find(&d->now, from);
    errno = ENOENT;
    if (name == NULL)
        return -1;
    change_names(d, to, from, false, name->inode);
    return 0;
}

static int fake_unlink(void *ctx, const char *path)
{
    struct fake_disk *const d = ctx;

    if (!enter(d, FAKE_UNLINK, NULL))
        return -1;
    const struct name *const name = find(&d->now, path);
    errno = ENOENT;
    if (name == NULL)
        return -1;
    change_names(d, path, NULL, true, name->inode);
    return 0;
}

static int fake_mkdir(void *ctx, const char *path, mode_t mode)
{
    struct fake_disk *const d = ctx;

    (void)mode;
    if (!enter(d, FAKE_MKDIR, NULL))
        return -1;
    errno = EEXIST;
    if (find(&d->now, path) != NULL)
        return -1;
    change_names(d, path, NULL, false, inode_new(d, true));
    return 0;
}

static int fake_lock(void *ctx, int fd)
{
    struct fake_disk *const d = ctx;

    if (!enter(d, FAKE_LOCK, NULL))
        return -1;
    struct fd *const f = fd_of(d, fd);
    for (size_t i = 0; i < MAX_FDS; i++) {
        const struct fd *const other = &d->fds[i];
        errno = EWOULDBLOCK;
        if (other != f && other->open && other->locked && other->inode == f->inode)
            return -1;
    }
    f->locked = true;
    return 0;
}

static int fake_list(void *ctx, const char *path, bool (*each)(void *arg, const char *name),
                     void *arg)
{
    struct fake_disk *const d = ctx;

    if (!enter(d, FAKE_LIST, NULL))
        return -1;
    for (size_t i = 0; i < d->now.count; i++) {
        const char *const name = d->now.at[i].path;
        if (strcmp(name, "/") != 0 && is_inside(path, name) && !each(arg, strrchr(name, '/') + 1))
            break;
    }
    return 0;
}

static const struct files functions = {
    .open = fake_open,
    .read = fake_read,
    .write = fake_write,
    .pwrite = fake_pwrite,
    .ftruncate = fake_ftruncate,
    .fdatasync = fake_fdatasync,
    .fsync = fake_fsync,
    .close = fake_close,
    .rename = fake_rename,
    .unlink = fake_unlink,
    .mkdir = fake_mkdir,
    .lock = fake_lock,
    .list = fake_list,
};

static struct fake_disk *disk_without_root(void)
{
    struct fake_disk *const d = mem_zero_alloc(1, sizeof *d);

    d->files = functions;
    d->files.ctx = d;
    return d;
}

struct fake_disk *fake_disk_new(void)
{
    struct fake_disk *const d = disk_without_root();

    names_set(&d->now, "/", inode_new(d, true));
    names_copy(&d->durable, &d->now);
    return d;
}

struct fake_disk *fake_disk_clone(const struct fake_disk *from)
{
    struct fake_disk *const d = disk_without_root();

    for (size_t i = 0; i < from->inode_count; i++) {
        const struct inode *const old = from->inodes[i];
        struct inode *const copy = d->inodes[inode_new(d, old->is_directory)];
        buf_add(&copy->now, buf_bytes(&old->now));
        buf_add(&copy->durable, buf_bytes(&old->durable));
    }
    names_copy(&d->now, &from->now);
    names_copy(&d->durable, &from->durable);
    for (size_t i = 0; i < from->op_count; i++) {
        const struct op *const op = &from->ops[i];
        d->ops[d->op_count++] =
            (struct op){ mem_string(op->path), op->from ? mem_string(op->from) : NULL, op->unlink,
                         op->inode };
    }
    return d;
}

void fake_disk_free(struct fake_disk *d)
{
    if (d == NULL)
        return;
    for (size_t i = 0; i < d->inode_count; i++) {
        buf_clear(&d->inodes[i]->now);
        buf_clear(&d->inodes[i]->durable);
        free(d->inodes[i]);
    }
    while (d->op_count > 0)
        op_clear(&d->ops[--d->op_count]);
    names_clear(&d->now);
    names_clear(&d->durable);
    free(d);
}

const struct files *fake_files(struct fake_disk *d)
{
    return &d->files;
}

unsigned fake_count(const struct fake_disk *d, enum fake_call call)
{
    return d->counts[call];
}

void fake_kill_at(struct fake_disk *d, unsigned n, bool half)
{
    d->kill_half = half;
    d->changes = 0;
    d->kill_at = n;
}

bool fake_is_dead(const struct fake_disk *d)
{
    return d->dead;
}

void fake_set_fault(struct fake_disk *d, const struct fake_fault *fault)
{
    d->fault = *fault;
}

void fake_clear_fault(struct fake_disk *d)
{
    d->fault = (struct fake_fault){ 0 };
}

void fake_restart(struct fake_disk *d)
{
    memset(d->fds, 0, sizeof d->fds);
    memset(d->counts, 0, sizeof d->counts);
    d->changes = d->kill_at = 0;
    d->dead = false;
    fake_clear_fault(d);
}

/* What is on the disk of a file: all new bytes, none, or the first half of what differs. */
static void lose_data(struct inode *inode, enum fake_survival data)
{
    struct buf *const now = &inode->now, *const durable = &inode->durable;

    if (data == FAKE_HALF) {
        const size_t start = durable->len < now->len ? durable->len : 0;
        const size_t end = start + (now->len - start) / 2;
        if (start < end)
            overwrite(durable, start, now->at + start, end - start);
    } else if (data != FAKE_NONE) {
        buf_clear(durable);
        buf_add(durable, buf_bytes(now));
    }
    buf_clear(now);
    buf_add(now, buf_bytes(durable));
}

/* Names in a directory that is not there are not there either. */
static void drop_orphans(struct names *names)
{
    for (size_t i = 0; i < names->count;) {
        const char *const path = names->at[i].path;
        const char *const slash = strrchr(path, '/');
        auto_string *parent =
            bytes_to_string(bytes_of(path, slash == path ? ROOT_LEN : (size_t)(slash - path)));
        if (find(names, parent) != NULL) {
            i++;
            continue;
        }
        names_drop(names, path);
        i = 0;
    }
}

void fake_power_loss(struct fake_disk *d, enum fake_survival names, enum fake_survival data)
{
    const size_t half = d->op_count / 2;

    for (size_t i = 0; i < d->op_count; i++) {
        if (names == FAKE_ALL || (names == FAKE_HALF && i < half) ||
            (names == FAKE_LATE && i >= half))
            op_apply(&d->durable, &d->ops[i]);
        op_clear(&d->ops[i]);
    }
    d->op_count = 0;
    drop_orphans(&d->durable);
    names_copy(&d->now, &d->durable);
    for (size_t i = 0; i < d->inode_count; i++)
        lose_data(d->inodes[i], data);
    fake_restart(d);
}

struct buf *fake_file(struct fake_disk *d, const char *path)
{
    const struct name *const name = find(&d->now, path);

    return name == NULL ? NULL : &d->inodes[name->inode]->now;
}

/* The directory that a path is in, there and durable. */
static void put_parent(struct fake_disk *d, const char *path)
{
    auto_string *parent = mem_string(path);

    *strrchr(parent, '/') = '\0';
    if (parent[0] == '\0' || find(&d->durable, parent) != NULL)
        return;
    const struct name *const name = find(&d->now, parent);
    const size_t inode = name != NULL ? name->inode : inode_new(d, true);
    names_set(&d->now, parent, inode);
    names_set(&d->durable, parent, inode);
}

void fake_put(struct fake_disk *d, const char *path, struct bytes contents)
{
    const size_t inode = inode_new(d, false);

    put_parent(d, path);
    buf_add(&d->inodes[inode]->now, contents);
    buf_add(&d->inodes[inode]->durable, contents);
    names_set(&d->now, path, inode);
    names_set(&d->durable, path, inode);
}

void fake_remove(struct fake_disk *d, const char *path)
{
    names_drop(&d->now, path);
    names_drop(&d->durable, path);
}

const char *fake_find(const struct fake_disk *d, const char *prefix)
{
    for (size_t i = 0; i < d->now.count; i++) {
        if (strncmp(d->now.at[i].path, prefix, strlen(prefix)) == 0)
            return d->now.at[i].path;
    }
    return NULL;
}
