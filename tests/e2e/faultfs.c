/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Preloaded into tawd by the end-to-end tests: counts the system calls that touch one directory, and
 * makes the one of a given number fail or be the last. It stands in for a dying machine and a broken
 * or full disk.
 *
 *   FAULTFS_DIR    absolute path; calls on names in it, and on descriptors opened there, are counted
 *   FAULTFS_LOG    file that gets a line for each of them: number, call, name, what was done to it
 *   FAULTFS_AT     number of the first call that goes wrong, from 1
 *   FAULTFS_DO     kill, kill-after: SIGKILL before or after the call
 *                  EIO: it fails; ENOSPC: it fails if it is one that a full disk can make fail
 *                  short: a write takes half of its bytes, later ones find the disk full
 *                  hang: it waits until FAULTFS_UNTIL exists
 *   FAULTFS_FOR    how many calls go wrong, 1 if not set
 *   FAULTFS_UNTIL  a file; while it exists nothing goes wrong
 *
 * The state below is global because a preloaded function has no context to be passed in.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { MAX_FD = 1024, MAX_NAME = 256 };

enum fault {
    FAULT_NONE = 0,
    FAULT_KILL,
    FAULT_KILL_AFTER,
    FAULT_EIO,
    FAULT_ENOSPC,
    FAULT_SHORT,
    FAULT_HANG
};

static struct {
    const char *directory, *until;
    int log_fd; /* -1: none */
    unsigned long at, count;
    enum fault kind;
} plan = { .log_fd = -1 };
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of all below */
static unsigned long calls;
static char names[MAX_FD][MAX_NAME]; /* by descriptor; empty: not in the directory */

static enum fault fault_by_name(const char *name)
{
    static const char *const texts[] = {
        "", "kill", "kill-after", "EIO", "ENOSPC", "short", "hang"
    };

    for (size_t i = 1; name != NULL && i < sizeof texts / sizeof texts[0]; i++) {
        if (strcmp(texts[i], name) == 0)
            return (enum fault)i;
    }
    return FAULT_NONE;
}

static unsigned long number_from(const char *variable, unsigned long otherwise)
{
    const char *const text = getenv(variable);

    return text == NULL ? otherwise : strtoul(text, NULL, 10);
}

__attribute__((constructor)) static void read_plan(void)
{
    const char *const log = getenv("FAULTFS_LOG");

    plan.directory = getenv("FAULTFS_DIR");
    plan.until = getenv("FAULTFS_UNTIL");
    plan.at = number_from("FAULTFS_AT", 0);
    plan.count = number_from("FAULTFS_FOR", 1);
    plan.kind = fault_by_name(getenv("FAULTFS_DO"));
    if (log != NULL)
        plan.log_fd = (int)syscall(SYS_openat, AT_FDCWD, log,
                                   O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static bool is_inside(const char *path)
{
    const size_t len = plan.directory == NULL ? 0 : strlen(plan.directory);

    return len > 0 && strncmp(path, plan.directory, len) == 0 &&
           (path[len] == '/' || path[len] == '\0');
}

static bool is_inside_fd(int fd)
{
    return fd >= 0 && fd < MAX_FD && names[fd][0] != '\0';
}

/* What may be done to a call. */
enum call_kind { CALL_OTHER, CALL_NEEDS_SPACE, CALL_WRITES };

static bool nothing_goes_wrong(void)
{
    return plan.until != NULL && syscall(SYS_faccessat, AT_FDCWD, plan.until, F_OK) == 0;
}

static void hang(void)
{
    const struct timespec a_moment = { 0, 10 * 1000 * 1000 };

    while (!nothing_goes_wrong())
        (void)syscall(SYS_nanosleep, &a_moment, NULL);
}

static enum fault fault_of(unsigned long number, enum call_kind kind)
{
    if (plan.at == 0 || number < plan.at || number - plan.at >= plan.count || nothing_goes_wrong())
        return FAULT_NONE;
    if (plan.kind == FAULT_SHORT && kind == CALL_WRITES && number == plan.at)
        return FAULT_SHORT;
    if (plan.kind == FAULT_ENOSPC || plan.kind == FAULT_SHORT)
        return kind != CALL_OTHER && (plan.kind == FAULT_ENOSPC || number != plan.at) ? FAULT_ENOSPC
                                                                                      : FAULT_NONE;
    return plan.kind;
}

/* Counts and logs a call; what is to be done to it. Comes back with errno as it was. */
static enum fault enter(const char *call, const char *name, enum call_kind kind)
{
    static const char *const words[] = { "",        " kill",  " kill-after", " EIO",
                                         " ENOSPC", " short", " hang" };
    const int saved = errno;
    char line[MAX_NAME + 64];

    (void)pthread_mutex_lock(&lock);
    const enum fault fault = fault_of(++calls, kind);
    const int len =
        snprintf(line, sizeof line, "%lu %s %.250s%s\n", calls, call, name, words[fault]);
    if (plan.log_fd >= 0 && len > 0)
        (void)syscall(SYS_write, plan.log_fd, line, (size_t)len);
    (void)pthread_mutex_unlock(&lock);
    if (fault == FAULT_KILL)
        (void)syscall(SYS_kill, getpid(), SIGKILL);
    if (fault == FAULT_HANG)
        hang();
    errno = saved;
    return fault;
}

static enum fault enter_fd(const char *call, int fd, enum call_kind kind)
{
    return enter(call, names[fd], kind);
}

static long leave(enum fault fault, long result)
{
    if (fault == FAULT_KILL_AFTER)
        (void)syscall(SYS_kill, getpid(), SIGKILL);
    return result;
}

/* True: the call must not be made, errno says why. */
static bool is_refused(enum fault fault)
{
    if (fault != FAULT_EIO && fault != FAULT_ENOSPC)
        return false;
    errno = fault == FAULT_EIO ? EIO : ENOSPC;
    return true;
}

/* ---- the calls, under names of their own so that the headers' declarations do not matter ---- */

static int open_at(int directory, const char *path, int flags, mode_t mode)
{
    if (!is_inside(path))
        return (int)syscall(SYS_openat, directory, path, flags, mode);
    const enum fault fault =
        enter("open", path, (flags & O_CREAT) != 0 ? CALL_NEEDS_SPACE : CALL_OTHER);
    if (is_refused(fault))
        return -1;
    const int fd = (int)syscall(SYS_openat, directory, path, flags, mode);
    if (fd >= 0 && fd < MAX_FD)
        (void)snprintf(names[fd], sizeof names[fd], "%s", path);
    return (int)leave(fault, fd);
}

static mode_t mode_argument(int flags, va_list arguments)
{
    return (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0;
}

int fault_open(const char *path, int flags, ...) __asm__("open");
int fault_open(const char *path, int flags, ...)
{
    va_list arguments;

    va_start(arguments, flags);
    const mode_t mode = mode_argument(flags, arguments);
    va_end(arguments);
    return open_at(AT_FDCWD, path, flags, mode);
}

int fault_openat(int directory, const char *path, int flags, ...) __asm__("openat");
int fault_openat(int directory, const char *path, int flags, ...)
{
    va_list arguments;

    va_start(arguments, flags);
    const mode_t mode = mode_argument(flags, arguments);
    va_end(arguments);
    return open_at(directory, path, flags, mode);
}

int fault_creat(const char *path, mode_t mode) __asm__("creat");
int fault_creat(const char *path, mode_t mode)
{
    return open_at(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, mode);
}

ssize_t fault_read(int fd, void *at, size_t len) __asm__("read");
ssize_t fault_read(int fd, void *at, size_t len)
{
    if (!is_inside_fd(fd))
        return syscall(SYS_read, fd, at, len);
    const enum fault fault = enter_fd("read", fd, CALL_OTHER);
    return is_refused(fault) ? -1 : leave(fault, syscall(SYS_read, fd, at, len));
}

/* A short write is one of half the bytes. */
static size_t allowed(enum fault fault, size_t len)
{
    return fault == FAULT_SHORT ? len / 2 : len;
}

ssize_t fault_write(int fd, const void *at, size_t len) __asm__("write");
ssize_t fault_write(int fd, const void *at, size_t len)
{
    if (!is_inside_fd(fd))
        return syscall(SYS_write, fd, at, len);
    const enum fault fault = enter_fd("write", fd, CALL_WRITES);
    return is_refused(fault) ? -1 : leave(fault, syscall(SYS_write, fd, at, allowed(fault, len)));
}

ssize_t fault_pwrite(int fd, const void *at, size_t len, off_t offset) __asm__("pwrite");
ssize_t fault_pwrite(int fd, const void *at, size_t len, off_t offset)
{
    if (!is_inside_fd(fd))
        return syscall(SYS_pwrite64, fd, at, len, offset);
    const enum fault fault = enter_fd("pwrite", fd, CALL_WRITES);
    return is_refused(fault)
               ? -1
               : leave(fault, syscall(SYS_pwrite64, fd, at, allowed(fault, len), offset));
}

/* Of a short one only the first piece is written. */
ssize_t fault_pwritev(int fd, const struct iovec *pieces, int count,
                      off_t offset) __asm__("pwritev");
ssize_t fault_pwritev(int fd, const struct iovec *pieces, int count, off_t offset)
{
    if (!is_inside_fd(fd))
        return syscall(SYS_pwritev, fd, pieces, count, offset, 0);
    const enum fault fault = enter_fd("pwritev", fd, CALL_WRITES);
    const int some = fault == FAULT_SHORT ? 1 : count;
    return is_refused(fault) ? -1 : leave(fault, syscall(SYS_pwritev, fd, pieces, some, offset, 0));
}

int fault_fsync(int fd) __asm__("fsync");
int fault_fsync(int fd)
{
    if (!is_inside_fd(fd))
        return (int)syscall(SYS_fsync, fd);
    const enum fault fault = enter_fd("fsync", fd, CALL_NEEDS_SPACE);
    return is_refused(fault) ? -1 : (int)leave(fault, syscall(SYS_fsync, fd));
}

int fault_fdatasync(int fd) __asm__("fdatasync");
int fault_fdatasync(int fd)
{
    if (!is_inside_fd(fd))
        return (int)syscall(SYS_fdatasync, fd);
    const enum fault fault = enter_fd("fdatasync", fd, CALL_NEEDS_SPACE);
    return is_refused(fault) ? -1 : (int)leave(fault, syscall(SYS_fdatasync, fd));
}

int fault_ftruncate(int fd, off_t len) __asm__("ftruncate");
int fault_ftruncate(int fd, off_t len)
{
    if (!is_inside_fd(fd))
        return (int)syscall(SYS_ftruncate, fd, len);
    const enum fault fault = enter_fd("ftruncate", fd, CALL_OTHER);
    return is_refused(fault) ? -1 : (int)leave(fault, syscall(SYS_ftruncate, fd, len));
}

/* Linux closes the descriptor even when close reports an error. */
int fault_close(int fd) __asm__("close");
int fault_close(int fd)
{
    if (!is_inside_fd(fd))
        return (int)syscall(SYS_close, fd);
    const enum fault fault = enter_fd("close", fd, CALL_OTHER);
    names[fd][0] = '\0';
    const int result = (int)syscall(SYS_close, fd);
    return is_refused(fault) ? -1 : (int)leave(fault, result);
}

int fault_renameat(int from_at, const char *from, int to_at, const char *to) __asm__("renameat");
int fault_renameat(int from_at, const char *from, int to_at, const char *to)
{
    if (!is_inside(from) && !is_inside(to))
        return (int)syscall(SYS_renameat2, from_at, from, to_at, to, 0);
    const enum fault fault = enter("rename", to, CALL_NEEDS_SPACE);
    return is_refused(fault)
               ? -1
               : (int)leave(fault, syscall(SYS_renameat2, from_at, from, to_at, to, 0));
}

int fault_rename(const char *from, const char *to) __asm__("rename");
int fault_rename(const char *from, const char *to)
{
    return fault_renameat(AT_FDCWD, from, AT_FDCWD, to);
}

int fault_unlink(const char *path) __asm__("unlink");
int fault_unlink(const char *path)
{
    if (!is_inside(path))
        return (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
    const enum fault fault = enter("unlink", path, CALL_OTHER);
    return is_refused(fault) ? -1 : (int)leave(fault, syscall(SYS_unlinkat, AT_FDCWD, path, 0));
}

int fault_mkdir(const char *path, mode_t mode) __asm__("mkdir");
int fault_mkdir(const char *path, mode_t mode)
{
    if (!is_inside(path))
        return (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
    const enum fault fault = enter("mkdir", path, CALL_NEEDS_SPACE);
    return is_refused(fault) ? -1 : (int)leave(fault, syscall(SYS_mkdirat, AT_FDCWD, path, mode));
}

/* The names of the same calls in programs that were built with other settings. */
int fault_open64(const char *path, int flags, ...) __asm__("open64");
int fault_open64(const char *path, int flags, ...)
{
    va_list arguments;

    va_start(arguments, flags);
    const mode_t mode = mode_argument(flags, arguments);
    va_end(arguments);
    return open_at(AT_FDCWD, path, flags, mode);
}

int fault_open_2(const char *path, int flags) __asm__("__open_2");
int fault_open_2(const char *path, int flags)
{
    return open_at(AT_FDCWD, path, flags, 0);
}

int fault_open64_2(const char *path, int flags) __asm__("__open64_2");
int fault_open64_2(const char *path, int flags)
{
    return open_at(AT_FDCWD, path, flags, 0);
}

ssize_t fault_pwrite64(int fd, const void *at, size_t len, off_t offset) __asm__("pwrite64");
ssize_t fault_pwrite64(int fd, const void *at, size_t len, off_t offset)
{
    return fault_pwrite(fd, at, len, offset);
}

ssize_t fault_pwritev64(int fd, const struct iovec *pieces, int count,
                        off_t offset) __asm__("pwritev64");
ssize_t fault_pwritev64(int fd, const struct iovec *pieces, int count, off_t offset)
{
    return fault_pwritev(fd, pieces, count, offset);
}

int fault_ftruncate64(int fd, off_t len) __asm__("ftruncate64");
int fault_ftruncate64(int fd, off_t len)
{
    return fault_ftruncate(fd, len);
}
