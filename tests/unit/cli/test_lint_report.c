/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "cli/manifest/lint_report.h"
#include "codec/json.h"

static const struct lint_line LINES[] = {
    { FINDING_ERROR, "package-unknown", "name an entry, of Packages",
      BYTES_LITERAL("100% \"x\"\r\n"), BYTES_LITERAL("Marbles.m.Package"), 4, 16 },
    { FINDING_WARNING, "recovery-keys-missing", "add them", BYTES_LITERAL("none\x1b"),
      BYTES_LITERAL(""), 1, 1 },
    { FINDING_ERROR, "package-unknown", "name one", BYTES_LITERAL("y"), BYTES_LITERAL("Marbles.n"),
      9, 2 },
};

static void lint_report_github_escapes_what_ends_a_property_or_a_line(void **state)
{
    const struct lint_report report = { "a:b,c%/m.yaml", COUNT_OF(LINES), LINES };
    auto_buf out = { 0 };

    (void)state;
    lint_report_github(&report, &out);
    assert_bytes_equal(
        buf_bytes(&out),
        BYTES_LITERAL(
            "::error file=a%3Ab%2Cc%25/m.yaml,line=4,col=16,title=package-unknown::100%25 "
            "\"x\"\\u000d\\u000a%0Aname an entry, of Packages\n"
            "::warning file=a%3Ab%2Cc%25/m.yaml,line=1,col=1,title=recovery-keys-missing::"
            "none\\u001b%0Aadd them\n"
            "::error file=a%3Ab%2Cc%25/m.yaml,line=9,col=2,title=package-unknown::y%0Aname "
            "one\n"));
}

static void lint_report_sarif_names_each_rule_once_and_refers_to_it(void **state)
{
    const struct lint_report report = { "dir name/m\xc3\xa4.yaml", COUNT_OF(LINES), LINES };
    auto_buf out = { 0 };

    (void)state;
    lint_report_sarif(&report, &out);
    const struct bytes wanted = BYTES_LITERAL(
        "{\"$schema\":\"https://json.schemastore.org/"
        "sarif-2.1.0.json\",\"version\":\"2.1.0\",\"runs\":["
        "{\"tool\":{\"driver\":{\"name\":\"taw\",\"version\":\"" TAW_VERSION "\",\"rules\":["
        "{\"id\":\"package-unknown\"},{\"id\":\"recovery-keys-missing\"}]}},"
        "\"columnKind\":\"unicodeCodePoints\",\"results\":["
        "{\"ruleId\":\"package-unknown\",\"ruleIndex\":0,\"level\":\"error\",\"message\":{\"text\":"
        "\"100% \\\"x\\\"\\r\\n\\nname an entry, of "
        "Packages\"},\"locations\":[{\"physicalLocation\":{"
        "\"artifactLocation\":{\"uri\":\"dir%20name/m%C3%A4.yaml\"},\"region\":{\"startLine\":4,"
        "\"startColumn\":16}},\"logicalLocations\":[{\"fullyQualifiedName\":\"Marbles.m.Package\"}]"
        "}]},"
        "{\"ruleId\":\"recovery-keys-missing\",\"ruleIndex\":1,\"level\":\"warning\",\"message\":{"
        "\"text\":\"none\\u001b\\nadd them\"},\"locations\":[{\"physicalLocation\":{"
        "\"artifactLocation\":{\"uri\":\"dir%20name/m%C3%A4.yaml\"},\"region\":{\"startLine\":1,"
        "\"startColumn\":1}}}]},"
        "{\"ruleId\":\"package-unknown\",\"ruleIndex\":0,\"level\":\"error\",\"message\":{\"text\":"
        "\"y\\nname one\"},\"locations\":[{\"physicalLocation\":{\"artifactLocation\":{\"uri\":"
        "\"dir%20name/m%C3%A4.yaml\"},\"region\":{\"startLine\":9,\"startColumn\":2}},"
        "\"logicalLocations\":[{\"fullyQualifiedName\":\"Marbles.n\"}]}]}]}]}\n");
    assert_bytes_equal(buf_bytes(&out), wanted);
}

static void lint_report_without_findings_is_a_run_without_results(void **state)
{
    const struct lint_report report = { "/abs/m.json", 0, NULL };
    auto_buf sarif = { 0 }, github = { 0 };
    auto_arena arena = { 0 };
    struct err err = { 0 };

    (void)state;
    lint_report_sarif(&report, &sarif);
    lint_report_github(&report, &github);
    assert_int_equal(github.len, 0);
    const struct json *const top =
        json_parse(buf_bytes(&sarif), JSON_TRAILING_REFUSED, &arena, &err);
    assert_ok(top != NULL, &err);
    const struct json *const run = json_first(json_member(top, "runs"));
    assert_null(json_first(json_member(run, "results")));
    assert_int_equal(json_member(run, "results")->type, JSON_ARRAY);
}

static void lint_report_sarif_of_an_absolute_path_is_a_uri_of_a_file(void **state)
{
    const struct lint_report report = { "/abs/m.json", 1, LINES };
    auto_buf out = { 0 };

    (void)state;
    lint_report_sarif(&report, &out);
    assert_non_null(memmem(out.at, out.len, "\"file:///abs/m.json\"", 20));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(lint_report_github_escapes_what_ends_a_property_or_a_line),
    cmocka_unit_test(lint_report_sarif_names_each_rule_once_and_refers_to_it),
    cmocka_unit_test(lint_report_without_findings_is_a_run_without_results),
    cmocka_unit_test(lint_report_sarif_of_an_absolute_path_is_a_uri_of_a_file),
};
TEST_MAIN(tests)
