/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "../unit/attestation/snp_scene.h"

#include "base/files.h"
#include "codec/text.h"

/* As make_intel, for reports of SEV-SNP: make_snp DIRECTORY. */

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

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    make(argv[1], "milan", NULL, true);
    make(argv[1], "vlek", scene_make_vlek, false);
    make(argv[1], "turin", scene_make_turin, false);
    return 0;
}
