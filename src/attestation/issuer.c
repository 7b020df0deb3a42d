/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/issuer.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

static int real_rmdir(void *ctx, const char *path)
{
    (void)ctx;
    return rmdir(path);
}

static int real_control(void *ctx, int fd, unsigned long request, void *argument)
{
    (void)ctx;
    return ioctl(fd, request, argument);
}

static int real_filesystem(void *ctx, const char *path, uint32_t *type)
{
    struct statfs about;

    (void)ctx;
    if (statfs(path, &about) != 0)
        return -1;
    *type = (uint32_t)about.f_type;
    return 0;
}

/* Filled once, before anybody sees it. */
static struct utsname g_names;
static struct issuer_system g_real;
static pthread_once_t g_real_once = PTHREAD_ONCE_INIT;

static void fill_real(void)
{
    const int failed = uname(&g_names);

    assert(failed == 0);
    g_real = (struct issuer_system){
        .root = "",
        .files = &files_posix,
        .rmdir = real_rmdir,
        .control = real_control,
        .filesystem = real_filesystem,
        .sysname = g_names.sysname,
        .release = g_names.release,
        .version = g_names.version,
        .machine = g_names.machine,
    };
}

const struct issuer_system *issuer_system_real(void)
{
    (void)pthread_once(&g_real_once, fill_real);
    return &g_real;
}

enum libos libos_detect(const struct issuer_system *system)
{
    if (strcmp(system->sysname, "Occlum") == 0)
        return LIBOS_OCCLUM;
    /* What Gramine says of itself; no kernel of its own has a version as short as this. */
    if (strcmp(system->sysname, "Linux") == 0 && strcmp(system->release, "3.10.0") == 0 &&
        strcmp(system->version, "1") == 0 && strcmp(system->machine, "x86_64") == 0)
        return LIBOS_GRAMINE;
    return LIBOS_NONE;
}

struct quote_issuer *issuer_detect(const struct issuer_system *system, struct err *err)
{
    switch (libos_detect(system)) {
    case LIBOS_GRAMINE:
        return issuer_open_gramine(system, err);
    case LIBOS_OCCLUM:
        return issuer_open_occlum(system, err);
    case LIBOS_NONE:
        break;
    }
    struct quote_issuer *const issuer = issuer_open_tsm(system, err);
    if (issuer == NULL && err->kind == FAIL_NOT_FOUND)
        (void)err_in(err, "no TEE found here");
    return issuer;
}

/* Gramine's pseudo-files belong to the process, not to whoever opened them: between writing the
 * report data and opening the quote nobody else may come, through whichever issuer. */
static pthread_mutex_t g_issuing = PTHREAD_MUTEX_INITIALIZER;

bool issuer_issue(const struct quote_issuer *issuer,
                  const uint8_t report_data[static REPORT_DATA_LEN], struct buf *evidence,
                  struct err *err)
{
    (void)pthread_mutex_lock(&g_issuing);
    const bool done = issuer->issue(issuer->ctx, report_data, evidence, err);
    (void)pthread_mutex_unlock(&g_issuing);
    if (done)
        return true;
    /* Whatever is wrong with the answer of a platform, it is not the fault of who asked. */
    err->kind = FAIL_UNAVAILABLE;
    return err_in(err, "evidence of %s", issuer->name);
}

void issuer_free(struct quote_issuer *issuer)
{
    if (issuer == NULL)
        return;
    issuer->free(issuer->ctx);
    free(issuer);
}
