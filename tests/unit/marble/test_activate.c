/* SPDX-License-Identifier: Apache-2.0 */
#include "marble_test.h"

#include <errno.h>
#include <pthread.h>
#include <unistd.h>

#include "../attestation/fake_system.h"
#include "coordinator.h"
#include "crypto/csr.h"
#include "marble/activate.h"

/*
 * An activation against a real socket, on a machine of which disk and TEE are as the test wants
 * them.
 */
struct scene {
    char directory[32];
    char *uuid_file;
    struct buf log;
    struct marble_world world;
    struct marble_config config;
    struct marble_activation activation;
    struct marble_failure failure;
};

static void scene_begin(struct scene *s, const struct issuer_system *system, const char *address)
{
    *s = (struct scene){ .directory = "/tmp/taw-marble-XXXXXX" };
    assert_non_null(mkdtemp(s->directory));
    s->uuid_file = mem_printf("%s/uuid", s->directory);
    s->world = marble_world_real(log_into(&s->log));
    s->world.system = system;
    s->config = (struct marble_config){ .marble_type = "backend",
                                        .coordinator_address = address,
                                        .uuid_file = s->uuid_file };
}

static void scene_end(struct scene *s)
{
    (void)unlink(s->uuid_file);
    (void)rmdir(s->directory);
    free(s->uuid_file);
    buf_clear(&s->log);
    marble_activation_clear(&s->activation);
}
#define auto_scene struct scene CLEANUP(scene_end)

static bool activate(struct scene *s)
{
    return marble_activate(&s->config, &s->world, &s->activation, &s->failure);
}

static bool log_has(const struct scene *s, const char *words)
{
    auto_string *all = bytes_to_string(buf_bytes(&s->log));

    return strstr(all, words) != NULL;
}

static void head(struct http_response *response)
{
    response->status = 200;
    http_response_add_field(response, "content-type", "application/grpc");
}

static void refuse(struct http_response *response, const char *status, const char *message)
{
    head(response);
    http_response_add_field(response, "grpc-status", status);
    http_response_add_field(response, "grpc-message", message);
}

static void grant(unsigned seen, struct http_response *response)
{
    const struct marble_parameter variable = { BYTES_LITERAL("KEY"), BYTES_LITERAL("value") };
    const struct marble_parameters parameters = { .env_count = 1, .env = &variable };
    auto_buf message = { 0 };

    (void)seen;
    head(response);
    activation_response_encode(&parameters, &message);
    grpc_frame(buf_bytes(&message), &response->body);
    http_response_add_trailer(response, "grpc-status", "0");
}

static void deny(unsigned seen, struct http_response *response)
{
    (void)seen;
    refuse(response, "7", "marble verification failed: unknown marble type requested");
}

static void be_unavailable_once(unsigned seen, struct http_response *response)
{
    if (seen == 0)
        refuse(response, "14", "later");
    else
        grant(seen, response);
}

/* The request of which the views are valid as long as the Coordinator. */
static struct activation_request last_request(struct coordinator *c)
{
    struct activation_request request;
    struct err err = { 0 };

    coordinator_stop(c);
    assert_ok(activation_request_decode(coordinator_message(c), &request, &err), &err);
    return request;
}

/* marble-api.md, 2.1: the one thing that ties evidence and connection together. */
static void the_quote_is_over_the_certificate_of_the_connection(void **state)
{
    static const enum fake_machine machines[] = { FAKE_GRAMINE, FAKE_OCCLUM, FAKE_TDX, FAKE_SNP };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(machines); i++) {
        auto_coordinator *c = coordinator_start(grant);
        auto_fake_system *f = fake_system_new(machines[i]);
        auto_quote_issuer *again = NULL;
        auto_buf want = { 0 };
        uint8_t report_data[REPORT_DATA_LEN];
        struct err err = { 0 };
        auto_scene s;
        scene_begin(&s, &f->system, coordinator_address(c));
        s.config.require_quote = true;
        assert_ok(activate(&s), &s.failure.err);
        const struct activation_request request = last_request(c);

        assert_ok(report_data_of(coordinator_peer(c), BYTES_NONE, report_data, &err), &err);
        again = issuer_detect(&f->system, &err);
        assert_ok(issuer_issue(again, report_data, &want, &err), &err);
        assert_bytes_equal(request.quote, buf_bytes(&want));
    }
}

static void the_request_names_type_uuid_key_and_this_activation(void **state)
{
    auto_coordinator *c = coordinator_start(grant);
    auto_fake_system *f = fake_system_new(FAKE_PLAIN);
    struct cert_template kept;
    auto_arena arena = { 0 };
    struct err err = { 0 };
    auto_scene s;

    (void)state;
    scene_begin(&s, &f->system, coordinator_address(c));
    assert_ok(activate(&s), &s.failure.err);
    const struct activation_request request = last_request(c);
    assert_bytes_equal(request.marble_type, BYTES_LITERAL("backend"));
    assert_bytes_equal(request.uuid, bytes_of_string(s.activation.uuid));
    assert_int_equal(request.quote.len, 0);
    assert_ok(csr_read(request.csr, &arena, &kept, &err), &err);
    assert_int_equal(strlen(coordinator_field(c, "taw-activation")), 32);
    assert_string_equal(coordinator_field(c, "te"), "trailers");
    assert_string_equal(coordinator_field(c, "content-type"), "application/grpc");
    assert_int_equal(s.activation.parameters.env_count, 1);
    assert_bytes_equal(s.activation.parameters.env[0].value, BYTES_LITERAL("value"));
}

static void without_a_quote_it_goes_on_in_simulation_and_says_so(void **state)
{
    auto_coordinator *c = coordinator_start(grant);
    auto_fake_system *f = fake_system_new(FAKE_GRAMINE);
    auto_scene s;

    (void)state;
    f->fault = (struct fault){ FAULT_OPEN, "quote", EACCES, 0, UINT32_MAX };
    scene_begin(&s, &f->system, coordinator_address(c));
    assert_ok(activate(&s), &s.failure.err);
    assert_true(log_has(&s, "failed to get quote: "));
    assert_true(log_has(&s, ". Proceeding in simulation mode\n"));
    assert_int_equal(last_request(c).quote.len, 0);
}

static void a_required_quote_that_fails_ends_it_before_the_call(void **state)
{
    static const enum fake_machine machines[] = { FAKE_GRAMINE, FAKE_PLAIN };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(machines); i++) {
        auto_coordinator *c = coordinator_start(grant);
        auto_fake_system *f = fake_system_new(machines[i]);
        auto_scene s;
        f->fault = (struct fault){ FAULT_OPEN, "quote", EACCES, 0, UINT32_MAX };
        scene_begin(&s, &f->system, coordinator_address(c));
        s.config.require_quote = true;
        assert_false(activate(&s));
        assert_int_equal(s.failure.outcome, MARBLE_SETUP);
        assert_non_null(strstr(s.failure.err.text, "TAW_MARBLE_REQUIRE_QUOTE is 1: "));
        coordinator_stop(c);
        assert_int_equal(coordinator_seen(c), 0);
    }
}

static void a_refusal_is_final_and_has_its_status(void **state)
{
    auto_coordinator *c = coordinator_start(deny);
    auto_fake_system *f = fake_system_new(FAKE_PLAIN);
    auto_scene s;

    (void)state;
    scene_begin(&s, &f->system, coordinator_address(c));
    s.config.timeout_ms = 60000;
    assert_false(activate(&s));
    assert_int_equal(s.failure.outcome, MARBLE_REFUSED);
    assert_int_equal(s.failure.status, GRPC_PERMISSION_DENIED);
    assert_string_equal(s.failure.err.text,
                        "the Coordinator refused the activation: PERMISSION_DENIED: "
                        "marble verification failed: unknown marble type requested");
    assert_int_equal(s.activation.body.len, 0);
    assert_int_equal(s.activation.parameters.env_count, 0);
    coordinator_stop(c);
    assert_int_equal(coordinator_seen(c), 1);
}

static void unavailable_is_tried_again_in_the_given_time(void **state)
{
    auto_coordinator *c = coordinator_start(be_unavailable_once);
    auto_fake_system *f = fake_system_new(FAKE_PLAIN);
    auto_scene s;

    (void)state;
    scene_begin(&s, &f->system, coordinator_address(c));
    s.config.timeout_ms = 60000;
    assert_ok(activate(&s), &s.failure.err);
    assert_true(log_has(&s, ": UNAVAILABLE: later; next try in "));
    coordinator_stop(c);
    assert_int_equal(coordinator_seen(c), 2);
}

static void with_a_timeout_of_0_there_is_one_try(void **state)
{
    auto_coordinator *c = coordinator_start(be_unavailable_once);
    auto_fake_system *f = fake_system_new(FAKE_PLAIN);
    auto_scene s;

    (void)state;
    scene_begin(&s, &f->system, coordinator_address(c));
    assert_false(activate(&s));
    assert_int_equal(s.failure.outcome, MARBLE_UNREACHABLE);
    assert_int_equal(s.failure.status, GRPC_OK);
    coordinator_stop(c);
    assert_int_equal(coordinator_seen(c), 1);
}

static bool no_random(void *ctx, uint8_t *out, size_t len, struct err *err)
{
    (void)ctx;
    (void)out;
    (void)len;
    return err_set(err, FAIL_INTERNAL, "no randomness");
}

static void broken_randomness_is_an_internal_failure(void **state)
{
    const struct env *const real = marble_world_real((struct marble_log){ 0 }).env;
    struct env env = *real;
    auto_fake_system *f = fake_system_new(FAKE_PLAIN);
    auto_scene s;

    (void)state;
    env.random = no_random;
    scene_begin(&s, &f->system, "127.0.0.1:1");
    s.world.env = &env;
    assert_false(activate(&s));
    assert_int_equal(s.failure.outcome, MARBLE_INTERNAL);
    assert_string_equal(s.failure.err.text, "no randomness");
}

static void a_wrong_configuration_ends_it_before_the_call(void **state)
{
    auto_coordinator *c = coordinator_start(grant);
    auto_fake_system *f = fake_system_new(FAKE_PLAIN);
    auto_scene s;

    (void)state;
    scene_begin(&s, &f->system, "no:port:here");
    assert_false(activate(&s));
    assert_int_equal(s.failure.outcome, MARBLE_SETUP);
    s.config.coordinator_address = coordinator_address(c);
    s.config.coordinator_root = "/no/such/file.pem";
    assert_false(activate(&s));
    assert_int_equal(s.failure.outcome, MARBLE_SETUP);
    assert_non_null(strstr(s.failure.err.text, "/no/such/file.pem"));
}

static void *activate_on_a_thread(void *scene)
{
    return activate(scene) ? scene : NULL;
}

static void several_threads_may_activate_at_once(void **state)
{
    enum { THREADS = 4 };
    auto_coordinator *c = coordinator_start(grant);
    struct scene scenes[THREADS];
    pthread_t threads[THREADS];

    (void)state;
    for (size_t i = 0; i < THREADS; i++) {
        scene_begin(&scenes[i], issuer_system_real(), coordinator_address(c));
        assert_int_equal(pthread_create(&threads[i], NULL, activate_on_a_thread, &scenes[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        void *done = NULL;
        assert_int_equal(pthread_join(threads[i], &done), 0);
        assert_ok(done != NULL, &scenes[i].failure.err);
        scene_end(&scenes[i]);
    }
    coordinator_stop(c);
    assert_int_equal(coordinator_seen(c), THREADS);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(the_quote_is_over_the_certificate_of_the_connection),
    cmocka_unit_test(the_request_names_type_uuid_key_and_this_activation),
    cmocka_unit_test(without_a_quote_it_goes_on_in_simulation_and_says_so),
    cmocka_unit_test(a_required_quote_that_fails_ends_it_before_the_call),
    cmocka_unit_test(a_refusal_is_final_and_has_its_status),
    cmocka_unit_test(unavailable_is_tried_again_in_the_given_time),
    cmocka_unit_test(with_a_timeout_of_0_there_is_one_try),
    cmocka_unit_test(several_threads_may_activate_at_once),
    cmocka_unit_test(broken_randomness_is_an_internal_failure),
    cmocka_unit_test(a_wrong_configuration_ends_it_before_the_call),
};
TEST_MAIN(tests)
