/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "cli/io/line_diff.h"
#include "cli/io/lines.h"

#include <stdlib.h>

static void check(const char *old, const char *new, const char *want)
{
    auto_buf out = { 0 };

    line_diff_put(bytes_of_string(old), bytes_of_string(new), &out);
    assert_bytes_equal(buf_bytes(&out), bytes_of_string(want));
}

static void line_diff_of_the_same_text_is_nothing(void **state)
{
    (void)state;
    check("", "", "");
    check("a\nb\n", "a\nb\n", "");
}

static void line_diff_names_the_lines_of_each_side(void **state)
{
    (void)state;
    check("a\nb\nc\n", "a\nx\nc\n", "@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n");
    check("", "a\n", "@@ -0,0 +1,1 @@\n+a\n");
    check("a\n", "", "@@ -1,1 +0,0 @@\n-a\n");
    check("a\nb\n", "b\n", "@@ -1,2 +1,1 @@\n-a\n b\n");
    check("a\n", "a\nb\n", "@@ -1,1 +1,2 @@\n a\n+b\n");
}

static void line_diff_shows_three_lines_around_a_change(void **state)
{
    (void)state;
    check("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nx\n6\n7\n8\n9\n",
          "@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+x\n 6\n 7\n 8\n");
}

static void line_diff_joins_changes_with_six_lines_between_them_and_not_with_seven(void **state)
{
    (void)state;
    check("a\n1\n2\n3\n4\n5\n6\nb\n", "x\n1\n2\n3\n4\n5\n6\ny\n",
          "@@ -1,8 +1,8 @@\n-a\n+x\n 1\n 2\n 3\n 4\n 5\n 6\n-b\n+y\n");
    check("a\n1\n2\n3\n4\n5\n6\n7\nb\n", "x\n1\n2\n3\n4\n5\n6\n7\ny\n",
          "@@ -1,4 +1,4 @@\n-a\n+x\n 1\n 2\n 3\n@@ -6,4 +6,4 @@\n 5\n 6\n 7\n-b\n+y\n");
}

/* ---- the property: hunks make the new text out of the old one, with the fewest edits ---- */

enum { MOST_LINES = 40 };

/* Puts lines of the old text in until it has `until` of them. */
static void copy_until(struct bytes *old, size_t *at, size_t until, struct buf *out)
{
    struct bytes line;

    for (; *at < until && line_next(old, &line); ++*at) {
        buf_add(out, line);
        buf_add_u8(out, '\n');
    }
}

/* Appends what `patch` would make; *edits counts lines that go and come. */
static void apply(struct bytes old, struct bytes hunks, struct buf *out, size_t *edits)
{
    size_t at = 0, from = 0, count = 0;
    struct bytes line, gone;

    while (line_next(&hunks, &line)) {
        assert_true(line.len > 0);
        if (line.at[0] == '@') {
            auto_string *head = bytes_to_string(line);
            assert_int_equal(sscanf(head, "@@ -%zu,%zu", &from, &count), 2);
            copy_until(&old, &at, count == 0 ? from : from - 1, out);
            continue;
        }
        *edits += line.at[0] != ' ';
        if (line.at[0] != '+') {
            assert_true(line_next(&old, &gone));
            assert_bytes_equal(gone, bytes_of(line.at + 1, line.len - 1));
            at++;
        }
        if (line.at[0] != '-') {
            buf_add(out, bytes_of(line.at + 1, line.len - 1));
            buf_add_u8(out, '\n');
        }
    }
    copy_until(&old, &at, SIZE_MAX, out);
}

/* Lines of the longest common subsequence, by the textbook; each line is one letter. */
static size_t longest_common(const char *a, const char *b)
{
    size_t best[MOST_LINES + 1][MOST_LINES + 1] = { 0 };
    const size_t n = strlen(a) / 2, m = strlen(b) / 2;

    for (size_t i = 1; i <= n; i++) {
        for (size_t j = 1; j <= m; j++) {
            const size_t above = best[i - 1][j], left = best[i][j - 1];
            best[i][j] = a[2 * i - 2] == b[2 * j - 2] ? best[i - 1][j - 1] + 1
                         : above > left               ? above
                                                      : left;
        }
    }
    return best[n][m];
}

static void random_text(unsigned *seed, unsigned letters, char text[static 2 * MOST_LINES + 1])
{
    const int lines = rand_r(seed) % (MOST_LINES + 1);

    for (int i = 0; i < lines; i++) {
        text[2 * i] = (char)('a' + (unsigned)rand_r(seed) % letters);
        text[2 * i + 1] = '\n';
    }
    text[2 * lines] = '\0';
}

static void line_diff_is_the_shortest_one_that_makes_the_new_text(void **state)
{
    unsigned seed = 7;

    (void)state;
    for (unsigned round = 0; round < 3000; round++) {
        char old[2 * MOST_LINES + 1], new[2 * MOST_LINES + 1];
        auto_buf hunks = { 0 }, made = { 0 };
        size_t edits = 0;
        random_text(&seed, 1 + round % 9, old);
        random_text(&seed, 1 + round % 9, new);
        line_diff_put(bytes_of_string(old), bytes_of_string(new), &hunks);
        apply(bytes_of_string(old), buf_bytes(&hunks), &made, &edits);
        assert_bytes_equal(buf_bytes(&made), bytes_of_string(new));
        assert_int_equal(edits, (strlen(old) + strlen(new)) / 2 - 2 * longest_common(old, new));
    }
}

static void line_diff_of_texts_that_have_too_little_in_common_is_still_right(void **state)
{
    auto_buf old = { 0 }, new = { 0 }, hunks = { 0 }, made = { 0 };
    size_t edits = 0;

    (void)state;
    buf_add_string(&old, "same\n");
    buf_add_string(&new, "same\n");
    for (int i = 0; i < 3 * LINE_DIFF_EDITS; i++) {
        buf_add_format(&old, i % 7 == 0 ? "both %d\n" : "old %d\n", i);
        buf_add_format(&new, i % 7 == 0 ? "both %d\n" : "new %d\n", i);
    }
    line_diff_put(buf_bytes(&old), buf_bytes(&new), &hunks);
    apply(buf_bytes(&old), buf_bytes(&hunks), &made, &edits);
    assert_bytes_equal(buf_bytes(&made), buf_bytes(&new));
    assert_true(edits >= 2 * LINE_DIFF_EDITS);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(line_diff_of_the_same_text_is_nothing),
    cmocka_unit_test(line_diff_names_the_lines_of_each_side),
    cmocka_unit_test(line_diff_shows_three_lines_around_a_change),
    cmocka_unit_test(line_diff_joins_changes_with_six_lines_between_them_and_not_with_seven),
    cmocka_unit_test(line_diff_is_the_shortest_one_that_makes_the_new_text),
    cmocka_unit_test(line_diff_of_texts_that_have_too_little_in_common_is_still_right),
};
TEST_MAIN(tests)
