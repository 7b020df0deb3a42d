/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Preloaded into tawd and taw by test_confidential_vm.py: the kernel of a confidential VM, as far as they see it. They have no such
 * hook themselves.
 *
 *   FAKEVM_ROOT    directory in the place of /: entries of configfs, /proc/swaps, /dev/sev-guest; what lies below its run/
 *                  is on a tmpfs
 *   FAKEVM_SOCKET  of the test, which is the processor: a connection for each question, "WORD\n" and bytes; all that comes
 *                  back is the answer, and an empty one is none
 *
 * It looks at paths only, so that descriptors are real ones.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/sev-guest.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#define REPORTS "/sys/kernel/config/tsm/report/"
enum { MAX_PATH = 512, MAX_BLOB = 64 * 1024 };

static bool is_below(const char *path, const char *place)
{
    return strncmp(path, place, strlen(place)) == 0;
}

static void map(const char *path, char mapped[static MAX_PATH])
{
    const char *const root = getenv("FAKEVM_ROOT");

    (void)snprintf(mapped, MAX_PATH, "%s%s", root == NULL ? "/nowhere" : root, path);
}

static int failed(int error)
{
    errno = error;
    return -1;
}

/* ---- questions to the test ---- */

static bool put_all(int fd, const void *at, size_t len)
{
    for (const char *p = at; len > 0;) {
        const ssize_t put = write(fd, p, len);
        if (put <= 0)
            return false;
        p += put;
        len -= (size_t)put;
    }
    return true;
}

static int call_test(void)
{
    const char *const path = getenv("FAKEVM_SOCKET");
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", path == NULL ? "" : path);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof address) != 0)
        abort();
    return fd;
}

/* Bytes of the answer, which is at most max long. */
static size_t ask(const char *word, const void *question, size_t question_len, uint8_t *answer,
                  size_t max)
{
    const int fd = call_test();
    size_t len = 0;

    if (!put_all(fd, word, strlen(word)) || !put_all(fd, "\n", 1) ||
        !put_all(fd, question, question_len) || shutdown(fd, SHUT_WR) != 0)
        abort();
    for (ssize_t got = 1; got > 0 && len < max; len += (size_t)got) {
        got = read(fd, answer + len, max - len);
        if (got < 0)
            abort();
    }
    (void)syscall(SYS_close, fd);
    return len;
}

/* ---- configfs ---- */

static int open_with(const void *contents, size_t len)
{
    const int fd = memfd_create("fakevm", MFD_CLOEXEC);

    if (fd < 0 || !put_all(fd, contents, len) || lseek(fd, 0, SEEK_SET) != 0)
        abort();
    return fd;
}

static size_t read_inblob(const char *entry, uint8_t inblob[static 64])
{
    char path[MAX_PATH + 16];

    (void)snprintf(path, sizeof path, "%s/inblob", entry);
    const int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
    const ssize_t len = fd < 0 ? 0 : read(fd, inblob, 64);
    if (fd >= 0)
        (void)syscall(SYS_close, fd);
    return len < 0 ? 0 : (size_t)len;
}

/* An attribute that the processor or the host fills. */
static int open_answer(const char *word, const char *entry)
{
    uint8_t inblob[64], answer[MAX_BLOB];
    const size_t inblob_len = read_inblob(entry, inblob);
    const size_t len = ask(word, inblob, inblob_len, answer, sizeof answer);

    return len == 0 ? failed(ENOENT) : open_with(answer, len);
}

/* path: within the root. */
static int open_attribute(char *path)
{
    uint8_t inblob[64];
    char *const slash = strrchr(path, '/');
    const char *const name = slash + 1;

    if (strcmp(name, "inblob") == 0)
        return (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
                            0600);
    *slash = '\0';
    if (strcmp(name, "generation") == 0)
        return read_inblob(path, inblob) > 0 ? open_with("1\n", 2) : open_with("0\n", 2);
    if (strcmp(name, "provider") == 0 || strcmp(name, "outblob") == 0 ||
        strcmp(name, "auxblob") == 0)
        return open_answer(name, path);
    return failed(ENOENT);
}

static int open_path(const char *path, int flags, mode_t mode)
{
    char mapped[MAX_PATH];

    map(path, mapped);
    if (is_below(path, REPORTS))
        return open_attribute(mapped);
    const bool is_ours = strcmp(path, "/proc/swaps") == 0 || strcmp(path, "/dev/sev-guest") == 0 ||
                         is_below(path, "/sys/devices/system/cpu/sev/");
    return (int)syscall(SYS_openat, AT_FDCWD, is_ours ? mapped : path, flags, mode);
}

/* ---- the calls, under names of their own so that the headers' declarations do not matter ---- */

int vm_open(const char *path, int flags, ...) __asm__("open");
int vm_open(const char *path, int flags, ...)
{
    va_list arguments;

    va_start(arguments, flags);
    const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    return open_path(path, flags, mode);
}

int vm_open64(const char *path, int flags, ...) __asm__("open64");
int vm_open64(const char *path, int flags, ...)
{
    va_list arguments;

    va_start(arguments, flags);
    const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    return open_path(path, flags, mode);
}

int vm_mkdir(const char *path, mode_t mode) __asm__("mkdir");
int vm_mkdir(const char *path, mode_t mode)
{
    char mapped[MAX_PATH];

    map(path, mapped);
    return (int)syscall(SYS_mkdirat, AT_FDCWD, is_below(path, REPORTS) ? mapped : path, mode);
}

/* The kernel takes the attributes away with the entry. */
int vm_rmdir(const char *path) __asm__("rmdir");
int vm_rmdir(const char *path)
{
    char mapped[MAX_PATH], inblob[MAX_PATH + 16];

    if (!is_below(path, REPORTS))
        return (int)syscall(SYS_unlinkat, AT_FDCWD, path, AT_REMOVEDIR);
    map(path, mapped);
    (void)snprintf(inblob, sizeof inblob, "%s/inblob", mapped);
    (void)syscall(SYS_unlinkat, AT_FDCWD, inblob, 0);
    return (int)syscall(SYS_unlinkat, AT_FDCWD, mapped, AT_REMOVEDIR);
}

static int statfs_of(const char *path, struct statfs *about)
{
    char run[MAX_PATH];
    const int result = (int)syscall(SYS_statfs, path, about);

    map("/run/", run);
    if (result == 0 && is_below(path, run))
        about->f_type = TMPFS_MAGIC;
    return result;
}

int vm_statfs(const char *path, struct statfs *about) __asm__("statfs");
int vm_statfs(const char *path, struct statfs *about)
{
    return statfs_of(path, about);
}

int vm_statfs64(const char *path, struct statfs *about) __asm__("statfs64");
int vm_statfs64(const char *path, struct statfs *about)
{
    return statfs_of(path, about);
}

static int guest_request(const char *word, const struct snp_guest_request_ioctl *call,
                         size_t question_len, size_t answer_len)
{
    uint8_t *const answer = (uint8_t *)(uintptr_t)call->resp_data;

    return ask(word, (const void *)(uintptr_t)call->req_data, question_len, answer, answer_len) ==
                   answer_len
               ? 0
               : failed(EIO);
}

int vm_ioctl(int fd, unsigned long request, ...) __asm__("ioctl");
int vm_ioctl(int fd, unsigned long request, ...)
{
    va_list arguments;

    va_start(arguments, request);
    void *const argument = va_arg(arguments, void *);
    va_end(arguments);
    if (request == SNP_GET_REPORT)
        return guest_request("report", argument, sizeof(struct snp_report_req),
                             sizeof(struct snp_report_resp));
    if (request == SNP_GET_DERIVED_KEY)
        return guest_request("key", argument, sizeof(struct snp_derived_key_req),
                             sizeof(struct snp_derived_key_resp));
    return (int)syscall(SYS_ioctl, fd, request, argument);
}
