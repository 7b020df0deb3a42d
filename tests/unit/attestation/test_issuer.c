/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "issuing.h"

#include <pthread.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

static void libos_detect_follows_uname(void **state)
{
    static const struct {
        const char *sysname, *release, *version, *machine;
        enum libos libos;
    } rows[] = {
        { "Occlum", "5.15.0", "Occlum", "x86_64", LIBOS_OCCLUM },
        { "Occlum", "3.10.0", "1", "x86_64", LIBOS_OCCLUM },
        { "Linux", "3.10.0", "1", "x86_64", LIBOS_GRAMINE },
        { "Linux", "3.10.0-1160.el7.x86_64", "1", "x86_64", LIBOS_NONE },
        { "Linux", "3.10.0", "#1 SMP", "x86_64", LIBOS_NONE },
        { "Linux", "3.10.0", "1", "aarch64", LIBOS_NONE },
        { "linux", "3.10.0", "1", "x86_64", LIBOS_NONE },
        { "occlum", "5.15.0", "1", "x86_64", LIBOS_NONE },
        { "Linux", "6.8.0", "#40-Ubuntu SMP", "x86_64", LIBOS_NONE },
        { "", "", "", "", LIBOS_NONE },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct issuer_system system = { .sysname = rows[i].sysname,
                                              .release = rows[i].release,
                                              .version = rows[i].version,
                                              .machine = rows[i].machine };
        assert_int_equal(libos_detect(&system), rows[i].libos);
    }
}

/* A libOS that attests nothing does not let the kernel of somebody else speak. */
static void issuer_detect_asks_a_libos_and_nobody_else(void **state)
{
    auto_fake_system *f = fake_system_new(FAKE_TDX);

    (void)state;
    f->system.sysname = "Occlum";
    does_not_open(f, FAIL_NOT_FOUND, "/dev/sgx");
    assert_int_equal(f->counts[FAULT_MKDIR], 0);
}

static void issuer_free_takes_null(void **state)
{
    (void)state;
    issuer_free(NULL);
}

static void issuer_system_real_has_the_names_of_uname(void **state)
{
    const struct issuer_system *const system = issuer_system_real();
    struct utsname names;

    (void)state;
    assert_int_equal(uname(&names), 0);
    assert_ptr_equal(system, issuer_system_real());
    assert_string_equal(system->sysname, names.sysname);
    assert_string_equal(system->release, names.release);
    assert_string_equal(system->version, names.version);
    assert_string_equal(system->machine, names.machine);
    assert_string_equal(system->root, "");
}

enum { THREADS = 4, ROUNDS = 200 };
struct job {
    const struct quote_issuer *issuer;
    unsigned seed;
    bool ok;
};

static void *issue_often(void *arg)
{
    struct job *const job = arg;

    job->ok = true;
    for (unsigned i = 0; i < ROUNDS; i++) {
        const struct report_data data = report_data_from(job->seed + i);
        auto_buf evidence = { 0 };
        struct err err = { 0 };
        job->ok = issuer_issue(job->issuer, data.at, &evidence, &err) && job->ok;
    }
    return NULL;
}

/* The pseudo-files of Gramine know no owner: two issuers share them as well. */
static void issuer_issue_is_serialised_for_the_whole_process(void **state)
{
    auto_fake_system *f = fake_system_new(FAKE_GRAMINE);
    auto_quote_issuer *a = opened(f), *b = opened(f);
    struct job jobs[THREADS];
    pthread_t threads[THREADS];

    (void)state;
    for (unsigned i = 0; i < THREADS; i++) {
        jobs[i] = (struct job){ i % 2 == 0 ? a : b, i * 1000, false };
        assert_int_equal(pthread_create(&threads[i], NULL, issue_often, &jobs[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_true(jobs[i].ok);
    }
    assert_int_equal(f->quotes, THREADS * ROUNDS);
}

/* A root directory for the real functions. */
struct tree {
    char root[64];
    struct issuer_system system;
};

static char *path_in(const struct tree *t, const char *path)
{
    return mem_printf("%s%s", t->root, path);
}

static void tree_make(struct tree *t, const char *const *directories, size_t count)
{
    strcpy(t->root, "/tmp/taw-test-issuer-XXXXXX");
    assert_non_null(mkdtemp(t->root));
    for (size_t i = 0; i < count; i++) {
        auto_string *path = path_in(t, directories[i]);
        assert_int_equal(mkdir(path, 0700), 0);
    }
    t->system = *issuer_system_real();
    t->system.root = t->root;
}

static void tree_write(const struct tree *t, const char *path, struct bytes data)
{
    auto_string *full = path_in(t, path);
    FILE *const file = fopen(full, "wb");

    assert_non_null(file);
    if (data.len > 0)
        assert_int_equal(fwrite(data.at, 1, data.len, file), data.len);
    assert_int_equal(fclose(file), 0);
}

static void tree_remove(const struct tree *t, const char *const *paths, size_t count)
{
    for (size_t i = count; i > 0; i--) {
        auto_string *path = path_in(t, paths[i - 1]);
        assert_int_equal(remove(path), 0);
    }
    assert_int_equal(rmdir(t->root), 0);
}

/* Plain files that stand still, but real calls. */
static void issuer_reads_and_writes_real_files(void **state)
{
    static const char *const paths[] = { "/dev", "/dev/attestation",
                                         "/dev/attestation/attestation_type",
                                         "/dev/attestation/user_report_data",
                                         "/dev/attestation/quote" };
    auto_fake_system *f = fake_system_new(FAKE_GRAMINE);
    const struct report_data data = report_data_from(77);
    auto_buf quote = { 0 }, evidence = { 0 }, written = { 0 };
    struct err err = { 0 };
    struct tree t;

    (void)state;
    tree_make(&t, paths, 2);
    fake_quote_add(&quote, &f->quote, data.at);
    tree_write(&t, paths[2], BYTES_LITERAL("dcap"));
    tree_write(&t, paths[3], BYTES_NONE);
    tree_write(&t, paths[4], buf_bytes(&quote));
    auto_quote_issuer *issuer = issuer_open_gramine(&t.system, &err);
    assert_ok(issuer != NULL, &err);
    issues(f, issuer, &data, &evidence);
    check_sgx_evidence(f, buf_bytes(&evidence), &data);
    auto_string *report_data = path_in(&t, paths[3]);
    assert_ok(file_read(&files_posix, report_data, REPORT_DATA_LEN, &written, &err), &err);
    assert_bytes_equal(buf_bytes(&written), bytes_of(data.at, sizeof data.at));
    tree_remove(&t, paths, COUNT_OF(paths));
}

static void issuer_asks_a_real_file_what_only_a_device_knows(void **state)
{
    static const char *const paths[] = { "/dev", "/dev/sgx" };
    struct err err = { 0 };
    struct tree t;

    (void)state;
    tree_make(&t, paths, 1);
    assert_null(issuer_open_occlum(&t.system, &err));
    assert_int_equal(err.kind, FAIL_NOT_FOUND);
    tree_write(&t, paths[1], BYTES_NONE);
    assert_null(issuer_open_occlum(&t.system, &err));
    assert_int_equal(err.kind, FAIL_NOT_FOUND);
    assert_non_null(strstr(err.text, "Inappropriate ioctl"));
    tree_remove(&t, paths, COUNT_OF(paths));
}

/* A directory that is no configfs: the entry stays empty, and is gone afterwards. */
static void issuer_makes_and_removes_real_directories(void **state)
{
    static const char *const paths[] = { "/sys", "/sys/kernel", "/sys/kernel/config",
                                         "/sys/kernel/config/tsm",
                                         "/sys/kernel/config/tsm/report" };
    struct err err = { 0 };
    struct tree t;

    (void)state;
    tree_make(&t, paths, COUNT_OF(paths) - 1);
    assert_null(issuer_open_tsm(&t.system, &err));
    assert_int_equal(err.kind, FAIL_NOT_FOUND);
    auto_string *report = path_in(&t, paths[4]);
    assert_int_equal(mkdir(report, 0700), 0);
    assert_null(issuer_open_tsm(&t.system, &err));
    assert_int_equal(err.kind, FAIL_UNAVAILABLE);
    assert_non_null(strstr(err.text, "generation: No such file"));
    tree_remove(&t, paths, COUNT_OF(paths));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(libos_detect_follows_uname),
    cmocka_unit_test(issuer_detect_asks_a_libos_and_nobody_else),
    cmocka_unit_test(issuer_free_takes_null),
    cmocka_unit_test(issuer_system_real_has_the_names_of_uname),
    cmocka_unit_test(issuer_issue_is_serialised_for_the_whole_process),
    cmocka_unit_test(issuer_reads_and_writes_real_files),
    cmocka_unit_test(issuer_asks_a_real_file_what_only_a_device_knows),
    cmocka_unit_test(issuer_makes_and_removes_real_directories),
};
TEST_MAIN(tests)
