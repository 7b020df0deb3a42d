/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "marble_scene.h"

#include "codec/json.h"
#include "codec/text.h"
#include "state/names.h"

/* MARBLE_TTLS_CONFIG (marble-api.md, 5). */

/* A Marble "x" with these tags. */
#define TAGGED(list, tags, secrets)                                                                \
    "\"Marbles\":{\"x\":{\"Package\":\"p\",\"TLS\":[" list "],\"Parameters\":{\"Files\":{"         \
    "\"own\":\"{{ pem .MarbleRun.MarbleCert.Cert }}\",\"cert\":\"{{ pem .Secrets.pub.Cert }}\","   \
    "\"key\":\"{{ pem .Secrets.pub.Private }}\"},\"Env\":{\"MARBLE_TTLS_CONFIG\":\"mine\"}}}},"    \
    "\"TLS\":{" tags "},\"Secrets\":{" secrets "},"
#define PUB "\"pub\":{\"Type\":\"cert-ecdsa\",\"Size\":256}"

/* R, M, K, C and S stand for marble root, own certificate and key, certificate and key of the secret. */
static void assert_config(const struct outcome *o, const char *form)
{
    const struct {
        char name;
        struct bytes value;
    } values[] = {
        { 'R', outcome_variable(o, "MARBLE_PREDEFINED_ROOT_CA") },
        { 'M', outcome_file(o, "own") },
        { 'K', outcome_variable(o, "MARBLE_PREDEFINED_PRIVATE_KEY") },
        { 'C', outcome_file(o, "cert") },
        { 'S', outcome_file(o, "key") },
    };
    auto_buf want = { 0 };

    for (; *form != '\0'; form++) {
        const char c = *form;
        size_t i = 0;
        while (i < COUNT_OF(values) && values[i].name != c)
            i++;
        if (i < COUNT_OF(values))
            json_put_string(&want, values[i].value);
        else
            buf_add_u8(&want, (uint8_t)c);
    }
    assert_bytes_equal(outcome_variable(o, "MARBLE_TTLS_CONFIG"), buf_bytes(&want));
}

static void config_is_that_of_the_worked_example(void **state)
{
    const struct activation asked = marble_request("x");
    auto_scene s;

    (void)state;
    scene_begin(&s, TAGGED("\"web\"",
                           "\"web\":{\"Outgoing\":[{\"Addr\":\"db.ns\",\"Port\":\"5432\"}],"
                           "\"Incoming\":[{\"Port\":\"8443\"},{\"Port\":\"8080\",\"Cert\":\"pub\","
                           "\"DisableClientAuth\":true}]}",
                           PUB));
    auto_outcome o = activate_ok(&s.machine, &asked);
    assert_config(&o, "{\"tls\":{\"Incoming\":{"
                      "\"*:8080\":{\"cacrt\":R,\"clicrt\":C,\"clientAuth\":false,\"clikey\":S},"
                      "\"*:8443\":{\"cacrt\":R,\"clicrt\":M,\"clientAuth\":true,\"clikey\":K}},"
                      "\"Outgoing\":{"
                      "\"db.ns:5432\":{\"cacrt\":R,\"clicrt\":M,\"clikey\":K}}}}");
}

static void later_entry_replaces_an_earlier_one_of_its_key(void **state)
{
    const struct activation asked = marble_request("x");
    auto_scene s;

    (void)state;
    scene_begin(&s, TAGGED("\"a\",\"b\"",
                           "\"b\":{\"Incoming\":[{\"Port\":\"1\"}]},"
                           "\"a\":{\"Incoming\":[{\"Port\":\"1\",\"Cert\":\"pub\","
                           "\"DisableClientAuth\":true}],\"Outgoing\":[]}",
                           PUB));
    auto_outcome o = activate_ok(&s.machine, &asked);
    assert_config(&o, "{\"tls\":{\"Incoming\":{"
                      "\"*:1\":{\"cacrt\":R,\"clicrt\":M,\"clientAuth\":true,\"clikey\":K}},"
                      "\"Outgoing\":{}}}");
}

static void keys_are_taken_as_they_are_written_and_escaped(void **state)
{
    const struct activation asked = marble_request("x");
    auto_scene s;

    (void)state;
    scene_begin(&s, TAGGED("\"t\"",
                           "\"t\":{\"Outgoing\":[{\"Addr\":\"a<b>&\\\"\",\"Port\":\"p:1\"},"
                           "{\"Addr\":\"::1\",\"Port\":\"{{2}}\"}]}",
                           PUB));
    auto_outcome o = activate_ok(&s.machine, &asked);
    assert_config(&o, "{\"tls\":{\"Incoming\":{},\"Outgoing\":{"
                      "\"::1:{{2}}\":{\"cacrt\":R,\"clicrt\":M,\"clikey\":K},"
                      "\"a\\u003cb\\u003e\\u0026\\\":p:1\":"
                      "{\"cacrt\":R,\"clicrt\":M,\"clikey\":K}}}}");
}

static void certificate_that_was_not_uploaded_gives_empty_blocks(void **state)
{
    const struct activation asked = marble_request("x");
    auto_scene s;

    (void)state;
    scene_begin(&s, "\"Marbles\":{\"x\":{\"Package\":\"p\",\"TLS\":[\"t\"]}},"
                    "\"TLS\":{\"t\":{\"Incoming\":[{\"Port\":\"1\",\"Cert\":\"pub\","
                    "\"DisableClientAuth\":true}]}},"
                    "\"Secrets\":{\"pub\":{\"Type\":\"cert-ed25519\",\"UserDefined\":true}},");
    auto_outcome o = activate_ok(&s.machine, &asked);
    const struct bytes config = outcome_variable(&o, "MARBLE_TTLS_CONFIG");
    static const char empty[] =
        "\"clicrt\":\"-----BEGIN CERTIFICATE-----\\n-----END CERTIFICATE-----\\n\",\"clientAuth\":"
        "false,\"clikey\":\"-----BEGIN PRIVATE KEY-----\\n-----END PRIVATE KEY-----\\n\"}";
    assert_non_null(memmem(config.at, config.len, empty, sizeof empty - 1));
}

static void marble_without_tags_gets_none(void **state)
{
    const struct activation asked = marble_request("m");
    auto_scene s;

    (void)state;
    scene_begin(&s, "");
    auto_outcome o = activate_ok(&s.machine, &asked);
    assert_false(outcome_has_variable(&o, "MARBLE_TTLS_CONFIG"));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(config_is_that_of_the_worked_example),
    cmocka_unit_test(later_entry_replaces_an_earlier_one_of_its_key),
    cmocka_unit_test(keys_are_taken_as_they_are_written_and_escaped),
    cmocka_unit_test(certificate_that_was_not_uploaded_gives_empty_blocks),
    cmocka_unit_test(marble_without_tags_gets_none),
};

TEST_MAIN(tests)
