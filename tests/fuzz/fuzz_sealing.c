/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A blob of a platform key file, or of an SEV-SNP processor, that is not the one that was sealed is DENIED; the first byte
 * says whether the rest replaces the blob (0) or is laid over it by XOR.
 */
#include "../unit/sealing/fake_firmware.h"
#include "base/reader.h"
#include "sealing/sealing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool same_bytes(void *ctx, uint8_t *out, size_t len, struct err *err)
{
    (void)ctx;
    (void)err;
    for (size_t i = 0; i < len; i++)
        out[i] = (uint8_t)i;
    return true;
}

static void require(bool holds)
{
    if (!holds)
        __builtin_trap();
}

static const struct env env = { .random = same_bytes, .files = &files_posix };

/* The key is always the same, so the corpus keeps its meaning. */
static struct sealing *open_sealing(void)
{
    char dir[] = "/tmp/taw-fuzz-sealing-XXXXXX";
    struct err err = { 0 };

    require(mkdtemp(dir) != NULL);
    auto_string *path = mem_printf("%s/platform.key", dir);
    struct sealing *const sealing = sealing_open_file(&env, path, &err);
    require(sealing != NULL && unlink(path) == 0 && rmdir(dir) == 0);
    return sealing;
}

static int open_device(void *ctx, const char *path, int flags, mode_t mode)
{
    (void)ctx;
    (void)flags;
    (void)mode;
    errno = ENOENT;
    return strcmp(path, "/dev/sev-guest") == 0 ? 0 : -1;
}

static int close_device(void *ctx, int fd)
{
    (void)ctx;
    (void)fd;
    return 0;
}

static int control(void *ctx, int fd, unsigned long request, void *argument)
{
    struct fake_firmware firmware = fake_firmware_new();

    (void)ctx;
    (void)fd;
    return fake_firmware_control(&firmware, request, argument);
}

static struct sealing *open_snp(void)
{
    static const struct files files = { .open = open_device, .close = close_device };
    static const struct sealing_system system = { .root = "", .files = &files, .control = control };
    struct err err = { 0 };
    struct sealing *const sealing = sealing_open_snp(&env, &system, &err);

    require(sealing != NULL);
    return sealing;
}

/* XOR over the blob as far as both reach; what is longer is appended. */
static void lay_over(struct buf *blob, struct bytes change)
{
    for (size_t i = 0; i < change.len; i++) {
        if (i < blob->len)
            blob->at[i] ^= change.at[i];
        else
            buf_add_u8(blob, change.at[i]);
    }
}

static void try_on(const struct sealing *sealing, struct bytes input)
{
    struct reader r = reader_over(input);
    const bool replaces = reader_u8(&r, "mode") == 0;
    auto_buf blob = { 0 };
    auto_buf changed = { 0 };
    struct secret *plaintext = NULL;
    struct err err = { 0 };

    require(sealing_seal(sealing, SEAL_PRODUCT_KEY, BYTES_LITERAL("data key"), BYTES_LITERAL("aad"),
                         &blob, &err));
    if (!replaces)
        buf_add(&changed, buf_bytes(&blob));
    lay_over(&changed, reader_rest(&r));
    const bool opened =
        sealing_unseal(sealing, buf_bytes(&changed), BYTES_LITERAL("aad"), &plaintext, &err);
    require(opened == bytes_equal(buf_bytes(&blob), buf_bytes(&changed)));
    require(opened ? bytes_equal(secret_bytes(plaintext), BYTES_LITERAL("data key"))
                   : err.kind == FAIL_DENIED && plaintext == NULL);
    secret_free(plaintext);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sealing *file, *snp;

    if (file == NULL)
        file = open_sealing();
    if (snp == NULL)
        snp = open_snp();
    try_on(file, bytes_of(data, size));
    try_on(snp, bytes_of(data, size));
    return 0;
}
