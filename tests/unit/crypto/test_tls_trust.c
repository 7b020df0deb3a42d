/* SPDX-License-Identifier: Apache-2.0 */
#include "tls_link.h"

static void certificate_of_the_coordinator_can_be_pinned(void **state)
{
    const struct room *const r = *state;
    static const char *const names[] = {
        "coordinator.example", "COORDINATOR.example", "coordinator.example.",
        "a.wild.example",      "192.0.2.7",           "2001:db8::7",
        "2001:DB8:0::7",       "127.0.0.1",           "::1"
    };

    assert_true(cert_not_after(r->coordinator.cert) > time(NULL) + INT64_C(9000000000));
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        auto_link l = link_with(r, &r->coordinator, r->coordinator.cert, names[i]);
        assert_linked(&l);
        assert_bytes_equal(tls_peer_leaf(l.client), cert_der(r->coordinator.cert));
    }
}

static void wrong_names_are_refused(void **state)
{
    const struct room *const r = *state;
    static const struct {
        const char *name, *text;
    } rows[] = { { "other.example", "ostname mismatch" },
                 { "x.coordinator.example", "ostname mismatch" },
                 { "example", "ostname mismatch" },
                 { "MarbleRun Coordinator - Intermediate CA", "ostname mismatch" },
                 { "a.b.wild.example", "ostname mismatch" },
                 { "wild.example", "ostname mismatch" },
                 { "px.part.example", "ostname mismatch" },
                 { "192.0.2.8", "IP address mismatch" },
                 { "2001:db8::8", "IP address mismatch" } };

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        auto_link l = link_with(r, &r->coordinator, r->coordinator.cert, rows[i].name);
        assert_refused(&l, FAIL_DENIED, rows[i].text);
    }
}

static void common_name_means_nothing(void **state)
{
    const struct room *const r = *state;
    const struct cert_template t = { .subject.common_name = BYTES_LITERAL("coordinator.example"),
                                     .dns_names.present = true,
                                     .ip_addresses.present = true };
    auto_pair_identity server = issued(&t, NULL);
    auto_link l = link_with(r, &server, server.cert, "coordinator.example");

    assert_refused(&l, FAIL_DENIED, "ostname mismatch");
}

static void strangers_are_refused_when_there_are_roots(void **state)
{
    const struct room *const r = *state;
    auto_pair_identity same_name = coordinator_new(time(NULL)); /* all but the key */
    const struct cert *const chains[] = { r->w->root.cert, same_name.cert };

    for (size_t i = 0; i < COUNT_OF(chains); i++) {
        auto_link l = link_with(r, &r->coordinator, chains[i], "coordinator.example");
        assert_refused(&l, FAIL_DENIED, "TLS handshake: ");
    }
    auto_link l = link_with(r, &r->coordinator, NULL, "coordinator.example");
    assert_linked(&l);
}

static void one_of_several_roots_is_enough(void **state)
{
    const struct room *const r = *state;
    const struct cert *const roots[] = { r->w->root.cert, r->coordinator.cert, r->coordinator.cert,
                                         r->w->user.cert };
    struct tls_client client = marble(r);

    client.roots = roots;
    client.root_count = COUNT_OF(roots);
    auto_link l = link_new(&client, r->server);
    link_run(&l);
    assert_linked(&l);
}

static void leaf_is_trusted_through_its_issuer_or_itself(void **state)
{
    const struct room *const r = *state;
    const struct cert_template t = { .valid_for_days = 1 };
    auto_pair_identity leaf = issued(&t, &r->coordinator);
    auto_link by_issuer = link_with(r, &leaf, r->coordinator.cert, "localhost");
    auto_link by_itself = link_with(r, &leaf, leaf.cert, "localhost");
    auto_link by_another = link_with(r, &leaf, r->w->root.cert, "localhost");
    auto_pair_identity below = issued(&t, &leaf); /* which is no CA */
    auto_link by_leaf = link_with(r, &below, leaf.cert, "localhost");

    assert_linked(&by_issuer);
    assert_linked(&by_itself);
    assert_refused(&by_another, FAIL_DENIED, "unable to get local issuer certificate");
    assert_refused(&by_leaf, FAIL_DENIED, "TLS handshake: ");
}

/* The Coordinator's root signs the intermediate, which has the key and name of the marble root. */
static void intermediate_is_a_root_without_being_self_signed(void **state)
{
    const struct room *const r = *state;
    struct err err = { 0 };
    auto_cert *intermediate =
        cert_issue_ca("MarbleRun Coordinator - Intermediate CA", NULL, 0, r->coordinator.key,
                      r->w->root.cert, r->w->root.key, time(NULL) - 5, &err);
    const struct cert_template t = { .valid_for_days = 1 };
    auto_pair_identity leaf = issued(&t, &r->coordinator);

    assert_ok(intermediate != NULL, &err);
    auto_link l = link_with(r, &leaf, intermediate, "localhost");
    assert_linked(&l);
}

static void time_counts_only_with_roots(void **state)
{
    const struct room *const r = *state;
    auto_pair_identity expired = pair_identity(KEY_ECDSA, 256, 1600000000);
    auto_pair_identity future = pair_identity(KEY_ECDSA, 256, time(NULL) + 86400);
    auto_link expired_pinned = link_with(r, &expired, expired.cert, "localhost");
    auto_link future_pinned = link_with(r, &future, future.cert, "localhost");
    auto_link expired_any = link_with(r, &expired, NULL, "localhost");
    auto_link future_any = link_with(r, &future, NULL, "localhost");

    assert_refused(&expired_pinned, FAIL_DENIED, "certificate has expired");
    assert_refused(&future_pinned, FAIL_DENIED, "certificate is not yet valid");
    assert_linked(&expired_any);
    assert_linked(&future_any);
}

static void purpose_counts_when_the_certificate_names_one(void **state)
{
    const struct room *const r = *state;
    static const struct {
        size_t count;
        int64_t usage;
        uint32_t key_usage;
        bool accepted;
    } rows[] = { { 0, 0, CERT_USAGE_DEFAULT, true },  { 0, 0, CERT_USAGE_CERT_SIGN, true },
                 { 1, 0, CERT_USAGE_DEFAULT, true },  { 1, 1, CERT_USAGE_DEFAULT, true },
                 { 1, 2, CERT_USAGE_DEFAULT, false }, { 1, 3, CERT_USAGE_DEFAULT, false } };

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct cert_template t = { .key_usage = rows[i].key_usage,
                                         .has_ext_key_usage = true,
                                         .ext_key_usage_count = rows[i].count,
                                         .ext_key_usage = &rows[i].usage };
        auto_pair_identity server = issued(&t, NULL);
        auto_link l = link_with(r, &server, server.cert, "localhost");
        if (rows[i].accepted)
            assert_linked(&l);
        else
            assert_refused(&l, FAIL_DENIED, "purpose");
    }
}

static void pinned_certificate_without_its_key_is_refused(void **state)
{
    const struct room *const r = *state;
    const struct cert_template t = { .valid_for_days = 1 };
    auto_pair_identity real = issued(&t, NULL);
    auto_pair_identity thief = { .key = key_of_pkey(pair_mixed_key(real.key, r->w->other.key)),
                                 .cert = cert_ref(real.cert) };
    const struct cert *const root = real.cert;
    struct tls_client client = marble(r);
    char protocol[] = "h2";

    client.roots = &root;
    client.root_count = 1;
    client.server_name = "localhost";
    for (size_t v = 0; v < COUNT_OF(versions); v++) {
        auto_foreign f = foreign_new(&client, &thief, versions[v], protocol);
        foreign_run(&f);
        assert_true(f.client_failed && f.server_failed);
        assert_int_equal(f.err.kind, FAIL_DENIED);
        assert_false(tls_established(f.client));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(certificate_of_the_coordinator_can_be_pinned),
        cmocka_unit_test(wrong_names_are_refused),
        cmocka_unit_test(common_name_means_nothing),
        cmocka_unit_test(strangers_are_refused_when_there_are_roots),
        cmocka_unit_test(one_of_several_roots_is_enough),
        cmocka_unit_test(leaf_is_trusted_through_its_issuer_or_itself),
        cmocka_unit_test(intermediate_is_a_root_without_being_self_signed),
        cmocka_unit_test(time_counts_only_with_roots),
        cmocka_unit_test(purpose_counts_when_the_certificate_names_one),
        cmocka_unit_test(pinned_certificate_without_its_key_is_refused),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, room_up, room_down);
}
