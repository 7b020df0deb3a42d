/* SPDX-License-Identifier: Apache-2.0 */
#include "sealed.h"

#include "crypto/hash.h"

#include <errno.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* A directory of its own for each test, and a world whose dice can be made to fail. */
struct room {
    char dir[64];
    char path[96];
    struct env env;
    struct files files;
    bool dice_fail;
    uint8_t next;        /* the random bytes count up from here */
    const char *failing; /* the call that fails */
};

static const char key_text[] = "000102030405060708090A0B0C0D0E0F101112131415161718191a1b1c1d1e1f\n";

static bool counting_random(void *ctx, uint8_t *out, size_t len, struct err *err)
{
    struct room *const room = ctx;

    if (room->dice_fail)
        return err_set(err, FAIL_INTERNAL, "no dice");
    for (size_t i = 0; i < len; i++)
        out[i] = room->next++;
    return true;
}

static ssize_t failing_read(void *ctx, int fd, void *at, size_t len)
{
    const struct room *const room = ctx;

    if (room->failing != NULL && strcmp(room->failing, "read") == 0) {
        errno = EIO;
        return -1;
    }
    /* Short reads are the normal case. */
    return read(fd, at, len < 7 ? len : 7);
}

static int failing_rename(void *ctx, const char *from, const char *to)
{
    const struct room *const room = ctx;

    if (room->failing != NULL && strcmp(room->failing, "rename") == 0) {
        errno = ENOSPC;
        return -1;
    }
    return rename(from, to);
}

static int set_up(void **state)
{
    struct room *const room = mem_zero_alloc(1, sizeof *room);

    (void)snprintf(room->dir, sizeof room->dir, "/tmp/taw-sealing-XXXXXX");
    if (mkdtemp(room->dir) == NULL)
        return -1;
    (void)snprintf(room->path, sizeof room->path, "%s/platform.key", room->dir);
    room->files = files_posix;
    room->files.ctx = room;
    room->files.read = failing_read;
    room->files.rename = failing_rename;
    room->env = (struct env){ .ctx = room, .random = counting_random, .files = &room->files };
    *state = room;
    return 0;
}

static int tear_down(void **state)
{
    struct room *const room = *state;

    (void)unlink(room->path);
    (void)rmdir(room->path);
    const int left = rmdir(room->dir); /* fails when a temporary file was left behind */
    free(room);
    return left;
}

static void write_key_file(const struct room *room, const char *text, mode_t mode)
{
    FILE *const f = fopen(room->path, "w");

    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(room->path, mode), 0);
}

static struct sealing *open_room(const struct room *room)
{
    struct err err = { 0 };
    struct sealing *const sealing = sealing_open_file(&room->env, room->path, &err);

    assert_ok(sealing != NULL, &err);
    assert_string_equal(sealing->name, "platform key file");
    return sealing;
}

static void assert_refused(const struct room *room, enum fail_kind kind, const char *why)
{
    struct err err = { 0 };

    assert_null(sealing_open_file(&room->env, room->path, &err));
    assert_int_equal(err.kind, kind);
    if (strstr(err.text, why) == NULL || strstr(err.text, room->path) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", err.text, why);
}

static void missing_key_file_is_made_once(void **state)
{
    struct room *const room = *state;
    auto_buf text = { 0 };
    struct err err = { 0 };
    struct stat st;

    auto_sealing *first = open_room(room);
    assert_int_equal(stat(room->path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_ok(file_read(&files_posix, room->path, 100, &text, &err), &err);
    assert_bytes_equal(buf_bytes(&text), BYTES_LITERAL("000102030405060708090a0b0c0d0e0f"
                                                       "101112131415161718191a1b1c1d1e1f\n"));
    auto_sealing *second = open_room(room);
    auto_buf blob = seal(first, SEAL_PRODUCT_KEY, BYTES_LITERAL("dek"), BYTES_NONE);
    assert_opens(second, buf_bytes(&blob), BYTES_NONE, BYTES_LITERAL("dek"));
}

/* Field by field, with the key derived here once more. */
static void blob_has_its_documented_form(void **state)
{
    struct room *const room = *state;
    const struct bytes aad = BYTES_LITERAL("slot header");
    auto_buf ikm = test_unhex(key_text);
    auto_buf opened = { 0 };
    struct err err = { 0 };
    uint8_t key[32];

    write_key_file(room, key_text, 0600);
    room->next = 0x40;
    auto_sealing *sealing = open_room(room);
    auto_buf blob = seal(sealing, SEAL_UNIQUE_KEY, BYTES_LITERAL("data key"), aad);
    auto_buf head = test_unhex("0102 404142434445464748494a4b");
    assert_int_equal(blob.len, 14 + 8 + 16);
    assert_true(bytes_start_with(buf_bytes(&blob), buf_bytes(&head)));
    assert_ok(hkdf_sha256(buf_bytes(&ikm), BYTES_NONE, BYTES_LITERAL("taw platform file key\002"),
                          key, sizeof key, &err),
              &err);
    assert_ok(aead_open(bytes_of(key, sizeof key), blob.at + 2, aad,
                        bytes_of(blob.at + 14, blob.len - 14), &opened, &err),
              &err);
    assert_bytes_equal(buf_bytes(&opened), BYTES_LITERAL("data key"));
}

static void blobs_open_with_every_size_and_policy(void **state)
{
    struct room *const room = *state;
    const uint8_t plaintext[4096] = { 1 };
    auto_sealing *sealing = open_room(room);

    for (size_t len = 0; len <= sizeof plaintext; len += 1024) {
        const struct bytes in = bytes_of(plaintext, len);
        auto_buf product = seal(sealing, SEAL_PRODUCT_KEY, in, BYTES_LITERAL("a"));
        auto_buf unique = seal(sealing, SEAL_UNIQUE_KEY, in, BYTES_LITERAL("a"));
        assert_opens(sealing, buf_bytes(&product), BYTES_LITERAL("a"), in);
        assert_opens(sealing, buf_bytes(&unique), BYTES_LITERAL("a"), in);
        assert_false(bytes_equal(buf_bytes(&product), buf_bytes(&unique)));
    }
}

static void blobs_open_only_whole_unchanged_and_with_their_aad(void **state)
{
    struct room *const room = *state;
    const struct bytes aad = BYTES_LITERAL("slot header");
    auto_sealing *sealing = open_room(room);
    auto_buf blob = seal(sealing, SEAL_PRODUCT_KEY, BYTES_LITERAL("data key"), aad);

    for (size_t bit = 0; bit < 8 * blob.len; bit++) {
        blob.at[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_does_not_open(sealing, buf_bytes(&blob), aad, FAIL_DENIED);
        blob.at[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t len = 0; len < blob.len; len++) {
        uint8_t *const exact = bytes_copy(bytes_of(blob.at, len));
        assert_does_not_open(sealing, bytes_of(exact, len), aad, FAIL_DENIED);
        free(exact);
    }
    assert_does_not_open(sealing, buf_bytes(&blob), BYTES_LITERAL("slot headeR"), FAIL_DENIED);
    assert_does_not_open(sealing, buf_bytes(&blob), BYTES_NONE, FAIL_DENIED);
    assert_opens(sealing, buf_bytes(&blob), aad, BYTES_LITERAL("data key"));
    buf_add_u8(&blob, 0);
    assert_does_not_open(sealing, buf_bytes(&blob), aad, FAIL_DENIED);
}

/* A blob that is relabelled with the other policy has another key. */
static void blobs_keep_their_policy(void **state)
{
    struct room *const room = *state;
    auto_sealing *sealing = open_room(room);
    auto_buf blob = seal(sealing, SEAL_UNIQUE_KEY, BYTES_LITERAL("data key"), BYTES_NONE);

    blob.at[1] = SEAL_PRODUCT_KEY;
    assert_does_not_open(sealing, buf_bytes(&blob), BYTES_NONE, FAIL_DENIED);
}

static void blobs_of_another_key_file_do_not_open(void **state)
{
    struct room *const room = *state;
    auto_sealing *first = open_room(room);
    auto_buf blob = seal(first, SEAL_PRODUCT_KEY, BYTES_LITERAL("data key"), BYTES_NONE);

    assert_int_equal(unlink(room->path), 0);
    room->next = 99;
    auto_sealing *second = open_room(room);
    assert_does_not_open(second, buf_bytes(&blob), BYTES_NONE, FAIL_DENIED);
    assert_opens(first, buf_bytes(&blob), BYTES_NONE, BYTES_LITERAL("data key"));
}

static void nothing_is_sealed_without_policy_or_randomness(void **state)
{
    struct room *const room = *state;
    auto_sealing *sealing = open_room(room);
    auto_buf blob = { 0 };
    struct err err = { 0 };

    assert_false(sealing_seal(sealing, SEAL_NONE, BYTES_LITERAL("x"), BYTES_NONE, &blob, &err));
    assert_int_equal(err.kind, FAIL_INTERNAL);
    room->dice_fail = true;
    assert_false(
        sealing_seal(sealing, SEAL_PRODUCT_KEY, BYTES_LITERAL("x"), BYTES_NONE, &blob, &err));
    assert_int_equal(err.kind, FAIL_INTERNAL);
    assert_int_equal(blob.len, 0);
    sealing_free(NULL);
}

static void key_file_that_others_can_touch_is_refused_with_the_remedy(void **state)
{
    static const mode_t modes[] = { 0640, 0604, 0620, 0602, 0610, 0601, 0666, 0777 };
    struct room *const room = *state;

    for (size_t i = 0; i < COUNT_OF(modes); i++) {
        auto_string *remedy = mem_printf("run: chmod 600 %s", room->path);
        write_key_file(room, key_text, modes[i]);
        assert_refused(room, FAIL_DENIED, remedy);
    }
    write_key_file(room, key_text, 0400);
    auto_sealing *sealing = open_room(room);
    assert_non_null(sealing);
}

static void key_file_with_other_contents_is_refused_and_kept(void **state)
{
    static const char *const texts[] = {
        "",
        "\n",
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1\n",
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n\n",
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f00\n",
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1g\n",
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f ",
    };
    struct room *const room = *state;

    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        auto_buf text = { 0 };
        struct err err = { 0 };
        write_key_file(room, texts[i], 0600);
        assert_refused(room, FAIL_DAMAGED, "is not 64 hex digits and a line feed");
        assert_ok(file_read(&files_posix, room->path, 100, &text, &err), &err);
        assert_true(bytes_equal_string(buf_bytes(&text), texts[i]));
    }
}

static void key_file_that_cannot_be_read_is_refused(void **state)
{
    struct room *const room = *state;

    assert_int_equal(mkdir(room->path, 0700), 0);
    assert_refused(room, FAIL_UNAVAILABLE, "not a regular file");
    assert_int_equal(rmdir(room->path), 0);
    assert_int_equal(mkfifo(room->path, 0600), 0);
    assert_refused(room, FAIL_UNAVAILABLE, "not a regular file");
    assert_int_equal(unlink(room->path), 0);
    write_key_file(room, key_text, 0600);
    room->failing = "read";
    assert_refused(room, FAIL_UNAVAILABLE, "cannot read");
}

static void key_file_that_cannot_be_made_is_refused(void **state)
{
    struct room *const room = *state;
    struct err err = { 0 };
    auto_string *no_directory = mem_printf("%s/none/platform.key", room->dir);

    assert_null(sealing_open_file(&room->env, no_directory, &err));
    assert_int_equal(err.kind, FAIL_UNAVAILABLE);
    room->dice_fail = true;
    assert_refused(room, FAIL_INTERNAL, "no dice");
    assert_int_equal(access(room->path, F_OK), -1);
    room->dice_fail = false;
    room->failing = "rename";
    assert_refused(room, FAIL_UNAVAILABLE, "cannot rename");
    assert_int_equal(access(room->path, F_OK), -1);
}

static void key_file_without_a_directory_is_in_the_current_one(void **state)
{
    struct room *const room = *state;
    char *const before = getcwd(NULL, 0);
    struct err err = { 0 };

    assert_int_equal(chdir(room->dir), 0);
    auto_sealing *sealing = sealing_open_file(&room->env, "platform.key", &err);
    assert_int_equal(chdir(before), 0);
    free(before);
    assert_ok(sealing != NULL, &err);
    assert_int_equal(access(room->path, F_OK), 0);
}

/* A child with dice of its own: opens the key file when `start` ends and sends what it sealed. */
static void open_in_child(struct room *room, unsigned number, int start, int out)
{
    struct err err = { 0 };
    char wait;
    auto_buf blob = { 0 };

    room->next = (uint8_t)(number * 40);
    (void)!read(start, &wait, 1);
    auto_sealing *sealing = sealing_open_file(&room->env, room->path, &err);
    if (sealing != NULL &&
        sealing_seal(sealing, SEAL_PRODUCT_KEY, BYTES_LITERAL("plain"), BYTES_NONE, &blob, &err))
        (void)!write(out, blob.at, blob.len);
    _exit(0);
}

static void processes_that_start_at_once_agree_on_one_key(void **state)
{
    struct room *const room = *state;

    for (unsigned round = 0; round < 20; round++) {
        int start[2], out[6][2];
        unsigned opened = 0;
        struct err err = { 0 };
        assert_int_equal(pipe(start), 0);
        for (unsigned i = 0; i < COUNT_OF(out); i++) {
            assert_int_equal(pipe(out[i]), 0);
            if (fork() == 0) {
                (void)close(start[1]);
                open_in_child(room, i + 1, start[0], out[i][1]);
            }
            (void)close(out[i][1]);
        }
        (void)close(start[0]);
        (void)close(start[1]); /* go */
        uint8_t blobs[COUNT_OF(out)][256];
        ssize_t len[COUNT_OF(out)];
        for (unsigned i = 0; i < COUNT_OF(out); i++) {
            len[i] = read(out[i][0], blobs[i], sizeof blobs[i]);
            (void)close(out[i][0]);
        }
        while (wait(NULL) > 0)
            continue;
        auto_sealing *sealing = sealing_open_file(&room->env, room->path, &err);
        assert_non_null(sealing);
        for (unsigned i = 0; i < COUNT_OF(out); i++) {
            if (len[i] <= 0)
                continue;
            opened++;
            assert_opens(sealing, bytes_of(blobs[i], (size_t)len[i]), BYTES_NONE,
                         BYTES_LITERAL("plain"));
        }
        assert_true(opened > 0);
        assert_int_equal(unlink(room->path), 0);
    }
}

#define TEST_IN_ROOM(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
static const struct CMUnitTest tests[] = {
    TEST_IN_ROOM(processes_that_start_at_once_agree_on_one_key),
    TEST_IN_ROOM(missing_key_file_is_made_once),
    TEST_IN_ROOM(blob_has_its_documented_form),
    TEST_IN_ROOM(blobs_open_with_every_size_and_policy),
    TEST_IN_ROOM(blobs_open_only_whole_unchanged_and_with_their_aad),
    TEST_IN_ROOM(blobs_keep_their_policy),
    TEST_IN_ROOM(blobs_of_another_key_file_do_not_open),
    TEST_IN_ROOM(nothing_is_sealed_without_policy_or_randomness),
    TEST_IN_ROOM(key_file_that_others_can_touch_is_refused_with_the_remedy),
    TEST_IN_ROOM(key_file_with_other_contents_is_refused_and_kept),
    TEST_IN_ROOM(key_file_that_cannot_be_read_is_refused),
    TEST_IN_ROOM(key_file_that_cannot_be_made_is_refused),
    TEST_IN_ROOM(key_file_without_a_directory_is_in_the_current_one),
};

TEST_MAIN(tests)
