/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_system.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

enum { MODE_READ = 1, MODE_WRITE = 2 };
#define GRAMINE_DIRECTORY "/dev/attestation"
#define OCCLUM_DIRECTORY "/dev"
#define TSM_DIRECTORY "/sys/kernel/config/tsm/report"

/* A file and what it does; each function returns 0, or an errno. */
struct fake_attribute {
    enum fake_machine machine; /* FAKE_TDX: of every entry */
    const char *directory, *name;
    unsigned modes;
    int (*at_open)(struct fake_system *f, struct fake_handle *h);
    int (*fill)(struct fake_system *f, struct fake_entry *entry, struct buf *out);
    int (*write)(struct fake_system *f, struct fake_entry *entry, struct bytes data);
    void (*commit)(struct fake_system *f, struct fake_entry *entry, struct bytes data);
};

static void make_answer(struct fake_system *f, uint32_t level,
                        const uint8_t report_data[static REPORT_DATA_LEN], struct buf *out)
{
    f->quotes++;
    if (f->machine == FAKE_SNP)
        fake_snp_report_add(out, level, report_data);
    else
        fake_quote_add(out, &f->quote, report_data);
    if (f->spoil != NULL)
        f->spoil(out);
}

/* Gramine. */

static int type_open(struct fake_system *f, struct fake_handle *h)
{
    if (f->type == NULL)
        return ENOENT;
    buf_add_string(&h->data, f->type);
    return 0;
}

static int quote_open(struct fake_system *f, struct fake_handle *h)
{
    if (f->type != NULL && strcmp(f->type, "none") == 0)
        return ENOENT;
    /* Whoever comes between the two files of another thread is invited here. */
    (void)sched_yield();
    make_answer(f, 0, f->report_data, &h->data);
    return 0;
}

static int report_data_write(struct fake_system *f, struct fake_entry *entry, struct bytes data)
{
    (void)entry;
    memset(f->report_data, 0, sizeof f->report_data);
    memcpy(f->report_data, data.at, data.len < REPORT_DATA_LEN ? data.len : REPORT_DATA_LEN);
    return 0;
}

/* Linux. */

static int provider_fill(struct fake_system *f, struct fake_entry *entry, struct buf *out)
{
    (void)entry;
    if (f->provider == NULL)
        return ENXIO;
    buf_add_format(out, "%s\n", f->provider);
    return 0;
}

static int generation_fill(struct fake_system *f, struct fake_entry *entry, struct buf *out)
{
    if (f->generation != NULL)
        buf_add_string(out, f->generation);
    else
        buf_add_format(out, "%" PRIu64 "\n", entry->written);
    return 0;
}

static int floor_open(struct fake_system *f, struct fake_handle *h)
{
    (void)h;
    return f->machine == FAKE_SNP && f->floor != NULL ? 0 : ENOENT;
}

static int floor_fill(struct fake_system *f, struct fake_entry *entry, struct buf *out)
{
    (void)entry;
    buf_add_format(out, "%s\n", f->floor);
    return 0;
}

static int level_write(struct fake_system *f, struct fake_entry *entry, struct bytes data)
{
    auto_string *text = bytes_to_string(data);
    char *end = NULL;
    const unsigned long level = strtoul(text, &end, 10);

    if (data.len == 0 || *end != '\0' || level > 3 || level < strtoul(f->floor, NULL, 10))
        return EINVAL;
    entry->level = (uint32_t)level;
    entry->written++;
    return 0;
}

static int inblob_write(struct fake_system *f, struct fake_entry *entry, struct bytes data)
{
    (void)f;
    (void)entry;
    return data.len > REPORT_DATA_LEN ? EFBIG : 0;
}

static void inblob_commit(struct fake_system *f, struct fake_entry *entry, struct bytes data)
{
    if (f->lost_writes > 0) {
        f->lost_writes--;
        return;
    }
    memcpy(entry->inblob, data.at, data.len);
    entry->inblob_len = data.len;
    entry->written++;
}

static void disturb(struct fake_system *f, struct fake_entry *entry)
{
    if (f->disturbances == 0)
        return;
    f->disturbances--;
    memset(entry->inblob, 0xee, sizeof entry->inblob);
    entry->inblob_len = sizeof entry->inblob;
    entry->written++;
}

/* Makes the answer anew when an option changed since the last one. */
static int answer(struct fake_system *f, struct fake_entry *entry)
{
    disturb(f, entry);
    if (f->provider == NULL)
        return ENXIO;
    if (entry->inblob_len == 0)
        return EINVAL;
    if (entry->outblob.len > 0 && entry->answered == entry->written)
        return 0;
    /* Both drivers take no other length; the platform refuses a level above the guest's. */
    if (entry->inblob_len != REPORT_DATA_LEN)
        return EINVAL;
    if (entry->level < f->guest_level)
        return EIO;
    buf_clear(&entry->outblob);
    buf_clear(&entry->auxblob);
    make_answer(f, entry->level, entry->inblob, &entry->outblob);
    if (!f->auxblob_empty)
        fake_certificate_table_add(&entry->auxblob);
    entry->answered = entry->written;
    return 0;
}

static int outblob_fill(struct fake_system *f, struct fake_entry *entry, struct buf *out)
{
    const int error = answer(f, entry);

    if (error == 0)
        buf_add(out, buf_bytes(&entry->outblob));
    return error;
}

static int auxblob_open(struct fake_system *f, struct fake_handle *h)
{
    (void)h;
    return f->machine == FAKE_SNP && f->has_auxblob ? 0 : ENOENT;
}

static int auxblob_fill(struct fake_system *f, struct fake_entry *entry, struct buf *out)
{
    const int error = answer(f, entry);

    if (error == 0)
        buf_add(out, buf_bytes(&entry->auxblob));
    return error;
}

static int swaps_open(struct fake_system *f, struct fake_handle *h)
{
    if (f->swaps == NULL)
        return ENOENT;
    buf_add_string(&h->data, f->swaps);
    return 0;
}

static int firmware_open(struct fake_system *f, struct fake_handle *h)
{
    (void)h;
    return f->firmware == NULL ? ENOENT : 0;
}

static const struct fake_attribute attributes[] = {
    { FAKE_GRAMINE, GRAMINE_DIRECTORY, "attestation_type", MODE_READ, .at_open = type_open },
    { FAKE_GRAMINE, GRAMINE_DIRECTORY, "user_report_data", MODE_READ | MODE_WRITE,
      .write = report_data_write },
    { FAKE_GRAMINE, GRAMINE_DIRECTORY, "quote", MODE_READ, .at_open = quote_open },
    { FAKE_OCCLUM, OCCLUM_DIRECTORY, "sgx", MODE_READ },
    { FAKE_TDX, "/proc", "swaps", MODE_READ, .at_open = swaps_open },
    { FAKE_SNP, "/proc", "swaps", MODE_READ, .at_open = swaps_open },
    { FAKE_SNP, "/dev", "sev-guest", MODE_READ | MODE_WRITE, .at_open = firmware_open },
    { FAKE_TDX, NULL, "provider", MODE_READ, .fill = provider_fill },
    { FAKE_TDX, NULL, "generation", MODE_READ, .fill = generation_fill },
    { FAKE_TDX, NULL, "privlevel_floor", MODE_READ, .at_open = floor_open, .fill = floor_fill },
    { FAKE_TDX, NULL, "privlevel", MODE_WRITE, .at_open = floor_open, .write = level_write },
    { FAKE_TDX, NULL, "inblob", MODE_WRITE, .write = inblob_write, .commit = inblob_commit },
    { FAKE_TDX, NULL, "outblob", MODE_READ, .fill = outblob_fill },
    { FAKE_TDX, NULL, "auxblob", MODE_READ, .at_open = auxblob_open, .fill = auxblob_fill },
};

/* Counts a call; true, with errno, when it has to fail. */
static bool fails(struct fake_system *f, enum fault_call call, const char *name)
{
    struct fault *const fault = &f->fault;

    f->counts[call]++;
    if (fault->call != call || fault->times == 0 ||
        (fault->name != NULL && strcmp(fault->name, name) != 0))
        return false;
    if (fault->skip > 0) {
        fault->skip--;
        return false;
    }
    fault->times--;
    errno = fault->error;
    return true;
}

static int failed(int error)
{
    errno = error;
    return -1;
}

static struct fake_entry *entry_at(struct fake_system *f, const char *path, size_t len)
{
    for (size_t i = 0; i < FAKE_ENTRIES; i++) {
        struct fake_entry *const e = &f->entries[i];
        if (e->path != NULL && strlen(e->path) == len && strncmp(e->path, path, len) == 0)
            return e;
    }
    return NULL;
}

static bool has_entries(const struct fake_system *f)
{
    return f->machine == FAKE_TDX || f->machine == FAKE_SNP;
}

/* NULL: there is no such file. */
static const struct fake_attribute *find(struct fake_system *f, const char *path, const char *name,
                                         struct fake_entry **entry)
{
    const size_t directory_len = (size_t)(name - 1 - path);

    *entry = entry_at(f, path, directory_len);
    for (size_t i = 0; i < COUNT_OF(attributes); i++) {
        const struct fake_attribute *const a = &attributes[i];
        const bool is_there = a->directory == NULL
                                  ? *entry != NULL
                                  : a->machine == f->machine &&
                                        strlen(a->directory) == directory_len &&
                                        strncmp(a->directory, path, directory_len) == 0;
        if (is_there && strcmp(a->name, name) == 0)
            return a;
    }
    return NULL;
}

static int fake_open(void *ctx, const char *path, int flags, mode_t mode)
{
    struct fake_system *const f = ctx;
    const char *const name = strrchr(path, '/') + 1;
    struct fake_entry *entry = NULL;
    const struct fake_attribute *const a = find(f, path, name, &entry);
    const unsigned modes = (flags & O_ACCMODE) == O_RDONLY   ? MODE_READ
                           : (flags & O_ACCMODE) == O_WRONLY ? MODE_WRITE
                                                             : MODE_READ | MODE_WRITE;

    (void)mode;
    if (fails(f, FAULT_OPEN, name))
        return -1;
    if (a == NULL)
        return failed(ENOENT);
    if ((modes & ~a->modes) != 0)
        return failed(EACCES);
    for (int fd = 0; fd < FAKE_HANDLES; fd++) {
        struct fake_handle *const h = &f->handles[fd];
        if (h->attribute != NULL)
            continue;
        *h = (struct fake_handle){ .attribute = a, .entry = entry };
        const int error = a->at_open == NULL ? 0 : a->at_open(f, h);
        if (error == 0)
            return fd;
        buf_clear(&h->data);
        *h = (struct fake_handle){ 0 };
        return failed(error);
    }
    return failed(EMFILE);
}

static struct fake_handle *handle_of(struct fake_system *f, int fd)
{
    assert(fd >= 0 && fd < FAKE_HANDLES && f->handles[fd].attribute != NULL);
    return &f->handles[fd];
}

static ssize_t fake_read(void *ctx, int fd, void *at, size_t len)
{
    struct fake_system *const f = ctx;
    struct fake_handle *const h = handle_of(f, fd);

    if (fails(f, FAULT_READ, h->attribute->name))
        return -1;
    if (!h->filled && h->attribute->fill != NULL) {
        const int error = h->attribute->fill(f, h->entry, &h->data);
        if (error != 0)
            return failed(error);
    }
    h->filled = true;
    size_t got = h->data.len - h->offset;
    if (got > len)
        got = len;
    if (f->read_max != 0 && got > f->read_max)
        got = f->read_max;
    if (got > 0)
        memcpy(at, h->data.at + h->offset, got);
    h->offset += got;
    return (ssize_t)got;
}

static ssize_t fake_write(void *ctx, int fd, const void *at, size_t len)
{
    struct fake_system *const f = ctx;
    struct fake_handle *const h = handle_of(f, fd);

    if (fails(f, FAULT_WRITE, h->attribute->name))
        return f->fault.error == 0 ? (ssize_t)(len / 2) : -1;
    buf_add(&h->data, bytes_of(at, len));
    const struct bytes data =
        h->attribute->commit != NULL ? buf_bytes(&h->data) : bytes_of(at, len);
    const int error = h->attribute->write(f, h->entry, data);
    if (error != 0)
        return failed(error);
    h->written = true;
    return (ssize_t)len;
}

static int fake_close(void *ctx, int fd)
{
    struct fake_system *const f = ctx;
    struct fake_handle *const h = handle_of(f, fd);
    const struct fake_attribute *const a = h->attribute;

    if (h->written && a->commit != NULL)
        a->commit(f, h->entry, buf_bytes(&h->data));
    buf_clear(&h->data);
    *h = (struct fake_handle){ 0 };
    /* Successful calls may change errno too. */
    errno = ENOTUNIQ;
    return fails(f, FAULT_CLOSE, a->name) ? -1 : 0;
}

static bool is_in_report_directory(const char *path)
{
    const size_t len = strlen(TSM_DIRECTORY);

    return strncmp(path, TSM_DIRECTORY, len) == 0 && path[len] == '/' &&
           strchr(path + len + 1, '/') == NULL;
}

static int fake_mkdir(void *ctx, const char *path, mode_t mode)
{
    struct fake_system *const f = ctx;

    (void)mode;
    if (fails(f, FAULT_MKDIR, NULL))
        return -1;
    if (!has_entries(f) || !is_in_report_directory(path))
        return failed(ENOENT);
    if (f->provider == NULL)
        return failed(ENXIO);
    if (entry_at(f, path, strlen(path)) != NULL)
        return failed(EEXIST);
    for (size_t i = 0; i < FAKE_ENTRIES; i++) {
        if (f->entries[i].path != NULL)
            continue;
        f->entries[i] =
            (struct fake_entry){ .path = mem_string(path), .written = f->first_generation };
        return 0;
    }
    return failed(ENOSPC);
}

static void entry_clear(struct fake_entry *e)
{
    buf_clear(&e->outblob);
    buf_clear(&e->auxblob);
    free(e->path);
    *e = (struct fake_entry){ 0 };
}

static int fake_rmdir(void *ctx, const char *path)
{
    struct fake_system *const f = ctx;

    if (fails(f, FAULT_RMDIR, NULL))
        return -1;
    struct fake_entry *const e = entry_at(f, path, strlen(path));
    if (e == NULL)
        return failed(ENOENT);
    for (size_t i = 0; i < FAKE_HANDLES; i++)
        assert(f->handles[i].entry != e);
    entry_clear(e);
    return 0;
}

struct occlum_request {
    const uint8_t *report_data;
    uint32_t *len;
    uint8_t *quote;
};

static int give_quote(struct fake_system *f, const struct occlum_request *request)
{
    auto_buf quote = { 0 };

    make_answer(f, 0, request->report_data, &quote);
    if (quote.len > *request->len)
        return failed(EINVAL);
    memcpy(request->quote, quote.at, quote.len);
    *request->len = f->len_back != 0 ? f->len_back : (uint32_t)quote.len;
    return 0;
}

static int fake_control(void *ctx, int fd, unsigned long request, void *argument)
{
    struct fake_system *const f = ctx;
    const struct fake_handle *const h = handle_of(f, fd);
    static const uint8_t zero[REPORT_DATA_LEN];
    auto_buf quote = { 0 };

    if (fails(f, FAULT_CONTROL, h->attribute->name))
        return -1;
    if (f->machine == FAKE_SNP && strcmp(h->attribute->name, "sev-guest") == 0)
        return f->firmware(f->firmware_ctx, request, argument);
    if (f->machine != FAKE_OCCLUM)
        return failed(ENOTTY);
    if (request == 0xC0187308UL)
        return give_quote(f, argument);
    if (request != 0x80047307UL)
        return failed(ENOTTY);
    fake_quote_add(&quote, &f->quote, zero);
    *(uint32_t *)argument = f->quote_len != 0 ? f->quote_len : (uint32_t)quote.len;
    return 0;
}

static int fake_filesystem(void *ctx, const char *path, uint32_t *type)
{
    const struct fake_system *const f = ctx;

    (void)path;
    if (f->filesystem == 0)
        return failed(ENOENT);
    *type = f->filesystem;
    return 0;
}

struct fake_system *fake_system_new(enum fake_machine machine)
{
    struct fake_system *const f = mem_zero_alloc(1, sizeof *f);
    const bool is_gramine = machine == FAKE_GRAMINE, is_occlum = machine == FAKE_OCCLUM;

    f->machine = machine;
    f->files = (struct files){ .ctx = f,
                               .open = fake_open,
                               .read = fake_read,
                               .write = fake_write,
                               .close = fake_close,
                               .mkdir = fake_mkdir };
    f->system = (struct issuer_system){
        .ctx = f,
        .root = "",
        .files = &f->files,
        .rmdir = fake_rmdir,
        .control = fake_control,
        .filesystem = fake_filesystem,
        .sysname = is_occlum ? "Occlum" : "Linux",
        .release = is_gramine  ? "3.10.0"
                   : is_occlum ? "5.15.0"
                               : "6.8.0-40-generic",
        .version = is_gramine ? "1" : "#40-Ubuntu SMP PREEMPT_DYNAMIC",
        .machine = "x86_64",
    };
    f->quote.tee_type = machine == FAKE_TDX ? 0x81 : 0;
    f->type = "dcap";
    f->provider = machine == FAKE_TDX ? "tdx_guest" : "sev_guest";
    f->floor = "0";
    f->has_auxblob = true;
    return f;
}

unsigned fake_system_left(const struct fake_system *f)
{
    unsigned left = 0;

    for (size_t i = 0; i < FAKE_ENTRIES; i++)
        left += f->entries[i].path != NULL;
    for (size_t i = 0; i < FAKE_HANDLES; i++)
        left += f->handles[i].attribute != NULL;
    return left;
}

void fake_system_free(struct fake_system *f)
{
    if (f == NULL)
        return;
    for (size_t i = 0; i < FAKE_ENTRIES; i++)
        entry_clear(&f->entries[i]);
    for (size_t i = 0; i < FAKE_HANDLES; i++)
        buf_clear(&f->handles[i].data);
    free(f);
}
