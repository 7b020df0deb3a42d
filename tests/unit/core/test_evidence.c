/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "marble.h"

#include "../attestation/bundle_directory.h"
#include "../attestation/intel_scene.h"
#include "attestation/store_verifier.h"
#include "codec/text.h"

/* Marbles with quotes that are signed and verified, under a root of our own, at a fixed time. */

struct room {
    struct bundle_directory directory;
    struct intel_scene intel;
    struct collateral_store *store;
    struct store_verifier *verifier;
    struct world world;
    struct machine machine;
};

/* A manifest for the enclave of the scene; package: more members of it, each with a comma in front. */
static void set_manifest_for(const struct room *r, const char *package)
{
    auto_buf text = { 0 };
    struct manifest_reply reply = { 0 };
    struct err err = { 0 };

    buf_add_string(&text, "{\"Packages\":{\"enclave\":{\"UniqueID\":\"");
    hex_encode(&text, bytes_of(r->intel.body + 64, 32));
    buf_add_format(&text, "\"%s}},\"Marbles\":{\"m\":{\"Package\":\"enclave\"}}}", package);
    assert_ok(core_set_manifest(r->machine.core, buf_bytes(&text), &reply, &err), &err);
    manifest_reply_clear(&reply);
}

/* The quote is over the leaf of marble_request; a test changes r->intel before. */
static void room_open(struct room *r, const char *package)
{
    auto_buf bundle = { 0 };
    struct err err = { 0 };

    assert_ok(report_data_of(BYTES_LITERAL("a leaf"), BYTES_NONE, r->intel.body + 320, &err), &err);
    intel_scene_build(&r->intel);
    intel_scene_put_bundle(&r->intel, &bundle);
    directory_write(&r->directory, "sgx.json", buf_bytes(&bundle));
    r->store = directory_open(&r->directory, &r->intel.anchors);
    r->verifier = store_verifier_new(r->store, NULL);
    world_begin(&r->world);
    world_set_clock(&r->world, (int64_t)SCENE_NOW * 1000);
    r->world.verifier = store_verifier_interface(r->verifier);
    r->machine = machine_start(&r->world, "a");
    set_manifest_for(r, package);
}

static void room_begin(struct room *r)
{
    *r = (struct room){ 0 };
    directory_begin(&r->directory);
    intel_scene_init(&r->intel, SCENE_SGX_3);
}

static void room_end(struct room *r)
{
    machine_stop(&r->machine);
    world_end(&r->world);
    store_verifier_free(r->verifier);
    collateral_store_free(r->store);
    intel_scene_clear(&r->intel);
    directory_end(&r->directory);
}
#define auto_room struct room CLEANUP(room_end)

static struct activation request_of(const struct room *r)
{
    struct activation request = marble_request("m");

    request.quote = buf_bytes(&r->intel.quote);
    return request;
}

static void expect_refused(const struct room *r, const struct activation *request,
                           const char *reason)
{
    auto_string *text = mem_printf("marble verification failed: invalid quote: %s", reason);

    assert_refused(&r->machine, request, ACTIVATION_REFUSED, text);
}

static void a_genuine_quote_over_its_certificate_activates(void **state)
{
    auto_room r;

    (void)state;
    room_begin(&r);
    room_open(&r, "");
    struct activation request = request_of(&r);
    assert_activated(&r.machine, &request);
    /* The same quote again is known; what it is used for is compared anew. */
    assert_activated(&r.machine, &request);
    request.leaf = BYTES_LITERAL("another leaf");
    expect_refused(&r, &request,
                   "hash(cert) != report.Data: the quote was made for another TLS certificate");
}

static void a_forged_quote_does_not(void **state)
{
    auto_room r;

    (void)state;
    room_begin(&r);
    room_open(&r, "");
    r.intel.quote.at[112] ^= 1; /* MRENCLAVE */
    const struct activation request = request_of(&r);
    expect_refused(&r, &request, "quote_signature: ...");
}

static void another_enclave_does_not(void **state)
{
    auto_room r;

    (void)state;
    room_begin(&r);
    room_open(&r, "");
    r.intel.body[64] ^= 1;
    intel_scene_build(&r.intel);
    const struct activation request = request_of(&r);
    expect_refused(&r, &request, "PackageProperties not compliant:...");
}

static void a_platform_that_is_out_of_date_has_to_be_accepted(void **state)
{
    (void)state;
    for (int accepted = 0; accepted < 2; accepted++) {
        auto_room r;
        room_begin(&r);
        r.intel.pck.pcesvn = 10;
        scene_edit(&r.intel.tcb_info, "SWHardeningNeeded", "OutOfDate");
        room_open(&r, accepted != 0 ? ",\"AcceptedTCBStatuses\":[\"OutOfDate\"]" : "");
        const struct activation request = request_of(&r);
        if (accepted != 0)
            assert_activated(&r.machine, &request);
        else
            expect_refused(&r, &request, "TCB level invalid: OutOfDate...");
    }
}

static void a_debug_enclave_has_to_be_wanted(void **state)
{
    (void)state;
    for (int wanted = 0; wanted < 2; wanted++) {
        auto_room r;
        room_begin(&r);
        r.intel.body[48] |= 2;
        room_open(&r, wanted != 0 ? ",\"Debug\":true" : "");
        const struct activation request = request_of(&r);
        if (wanted != 0)
            assert_activated(&r.machine, &request);
        else
            expect_refused(&r, &request, "PackageProperties not compliant:...");
    }
}

static void evidence_is_judged_by_the_clock_and_the_collateral_of_the_moment(void **state)
{
    auto_room r;

    (void)state;
    room_begin(&r);
    room_open(&r, "");
    const struct activation request = request_of(&r);
    assert_activated(&r.machine, &request);
    world_set_clock(&r.world, (int64_t)SCENE_NOW * 1000 + INT64_C(365) * 86400 * 1000);
    expect_refused(&r, &request, "expired: ...");
    world_set_clock(&r.world, (int64_t)SCENE_NOW * 1000);
    directory_remove(&r.directory, "sgx.json");
    collateral_store_scan(r.store);
    expect_refused(&r, &request,
                   "collateral_missing: no collateral for sgx FMSPC 00c0ffee0001 (processor CA): "
                   "run taw collateral fetch");
}

static void an_empty_quote_is_none(void **state)
{
    auto_room r;

    (void)state;
    room_begin(&r);
    room_open(&r, "");
    const struct activation request = marble_request("m");
    expect_refused(&r, &request, "empty report");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_genuine_quote_over_its_certificate_activates),
    cmocka_unit_test(a_forged_quote_does_not),
    cmocka_unit_test(another_enclave_does_not),
    cmocka_unit_test(a_platform_that_is_out_of_date_has_to_be_accepted),
    cmocka_unit_test(a_debug_enclave_has_to_be_wanted),
    cmocka_unit_test(evidence_is_judged_by_the_clock_and_the_collateral_of_the_moment),
    cmocka_unit_test(an_empty_quote_is_none),
};

TEST_MAIN(tests)
