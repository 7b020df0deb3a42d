/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "../unit/attestation/snp_scene.h"

#include "base/files.h"
#include "codec/text.h"

/* As make_intel, for reports of SEV-SNP: make_snp DIRECTORY, and make_snp DIRECTORY snp for a platform. */

static void save(const char *directory, const char *name, const char *kind, struct bytes bytes)
{
    auto_string *file = mem_printf("%s.%s", name, kind);
    struct err err = { 0 };

    assert_ok(file_replace(&files_posix, directory, file, bytes, &err), &err);
}

static void make(const char *directory, const char *name, void (*change)(struct scene *scene),
                 bool with_crl)
{
    auto_buf bundle = { 0 }, root = { 0 };
    auto_scene s = { 0 };

    scene_init(&s);
    if (change != NULL)
        change(&s);
    if (with_crl)
        scene_add_crl(&s);
    scene_sign_report(&s);
    scene_bundle(&s, &bundle);
    hex_encode(&root, bytes_of(s.anchor_hash, sizeof s.anchor_hash));
    save(directory, name, "quote", bytes_of(s.report, sizeof s.report));
    save(directory, name, "bundle", buf_bytes(&bundle));
    save(directory, name, "root", buf_bytes(&root));
}

/* ---- a platform ---- */

static void save_bundle(const char *directory, const char *kind, const struct scene *s)
{
    auto_buf bundle = { 0 };

    scene_bundle(s, &bundle);
    save(directory, "snp", kind, buf_bytes(&bundle));
}

static void put_report_line(const struct scene *s)
{
    auto_buf line = { 0 };

    hex_encode(&line, bytes_of(s->report, sizeof s->report));
    buf_add_u8(&line, '\n');
    assert_int_equal(fwrite(line.at, 1, line.len, stdout), line.len);
    assert_int_equal(fflush(stdout), 0);
}

static void answer(struct scene *s, const char *text)
{
    auto_buf report = { 0 };
    struct err err = { 0 };

    assert_ok(hex_decode(&report, bytes_of_string(text), &err), &err);
    assert_int_equal(report.len, sizeof s->report);
    memcpy(s->report, report.at, report.len);
    scene_sign_report(s);
    put_report_line(s);
}

static void be_platform(const char *directory)
{
    enum { YEAR = 365 * SCENE_DAY };
    char line[2 * SNP_REPORT_LEN + 2];
    auto_buf root = { 0 };
    auto_scene s = { 0 };

    scene_init(&s);
    scene_add_crl(&s);
    save_bundle(directory, "expired", &s);
    s.ark.not_after = s.ask.not_after = s.vek.not_after = s.crl.next_update =
        SCENE_NOW + 20 * (int64_t)YEAR;
    save_bundle(directory, "bundle", &s);
    hex_encode(&root, bytes_of(s.anchor_hash, sizeof s.anchor_hash));
    save(directory, "snp", "root", buf_bytes(&root));
    put_report_line(&s);
    while (fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        answer(&s, line);
    }
}

int main(int argc, char **argv)
{
    if (argc == 3) {
        be_platform(argv[1]);
        return 0;
    }
    if (argc != 2)
        return 2;
    make(argv[1], "milan", NULL, true);
    make(argv[1], "vlek", scene_make_vlek, false);
    make(argv[1], "turin", scene_make_turin, false);
    return 0;
}
