/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "marble.h"

#include "codec/text.h"
#include "crypto/csr.h"

#include <errno.h>

void set_manifest_with(const struct machine *m, const char *extra)
{
    auto_buf text = manifest_text(0, 0, false, extra);
    struct manifest_reply reply = { 0 };
    struct err err = { 0 };

    assert_ok(core_set_manifest(m->core, buf_bytes(&text), &reply, &err), &err);
    manifest_reply_clear(&reply);
}

struct putting {
    const char *name;
    struct bytes value;
};

static bool decide_put(void *arg, const struct snapshot *now, struct decision *d, struct err *err)
{
    const struct putting *const p = arg;

    (void)now;
    (void)err;
    if (p->value.at == NULL)
        change_delete(&d->change, p->name);
    else
        change_put(&d->change, p->name, p->value);
    return true;
}

void put_value(const struct machine *m, const char *name, struct bytes value)
{
    struct putting p = { name, value };
    struct err err = { 0 };

    assert_ok(writer_commit(core_writer(m->core), decide_put, &p, &err), &err);
}

/* ---- requests ---- */

struct bytes marble_csr(void)
{
    static struct buf der;
    static const struct bytes dns = { (const uint8_t *)"marble.example", 14 };
    static const struct bytes ip = { (const uint8_t *)"\xc0\0\2\1", 4 };
    const struct text_list names = { true, 1, &dns }, addresses = { true, 1, &ip };
    struct err err = { 0 };

    if (der.len == 0) {
        auto_key *key = key_generate(KEY_ECDSA, 256, &err);
        assert_non_null(key);
        assert_ok(csr_make(key, &names, &addresses, &der, &err), &err);
    }
    return buf_bytes(&der);
}

struct activation marble_request(const char *type)
{
    return (struct activation){
        .leaf = BYTES_LITERAL("a leaf"),
        .csr = marble_csr(),
        .marble_type = bytes_of_string(type),
        .uuid = BYTES_LITERAL(MARBLE_UUID),
        .deadline_ms = INT64_MAX,
    };
}

/* ---- outcomes ---- */

static void take_outcome(void *arg, enum activation_result result, struct buf *message,
                         const char *text, struct spent_activation *spent)
{
    struct pending *const p = arg;

    p->times++;
    p->outcome.result = result;
    p->outcome.spent = spent;
    p->outcome.message = *message;
    *message = (struct buf){ 0 };
    (void)snprintf(p->outcome.text, sizeof p->outcome.text, "%s", text);
    (void)sem_post(&p->over);
}

void pending_start(struct pending *p, struct core *core, const struct activation *request)
{
    *p = (struct pending){ .times = 0 };
    (void)sem_init(&p->over, 0, 0);
    core_activate(core, request, take_outcome, p);
}

struct outcome pending_wait(struct pending *p)
{
    struct err err = { 0 };

    while (sem_wait(&p->over) != 0)
        assert_int_equal(errno, EINTR);
    (void)sem_destroy(&p->over);
    assert_int_equal(p->times, 1);
    struct outcome o = p->outcome;
    /* What is no success brings nothing; what is one says nothing. */
    assert_int_equal(o.result == ACTIVATION_DONE, o.message.len > 0);
    assert_int_equal(o.result == ACTIVATION_DONE, o.text[0] == '\0');
    if (o.result == ACTIVATION_DONE)
        assert_ok(activation_response_decode(buf_bytes(&o.message), &o.arena, &o.parameters, &err),
                  &err);
    else
        assert_null(o.spent);
    return o;
}

struct outcome activate(const struct machine *m, const struct activation *request)
{
    struct pending p;

    pending_start(&p, m->core, request);
    return pending_wait(&p);
}

void outcome_clear(struct outcome *o)
{
    core_activation_kept(o->spent);
    buf_clear(&o->message);
    arena_clear(&o->arena);
}

void assert_outcome(const struct outcome *o, enum activation_result want, const char *text)
{
    const size_t len = strlen(text);
    const bool open = len >= 3 && strcmp(text + len - 3, "...") == 0;

    if (o->result != want || strncmp(o->text, text, open ? len - 3 : len + 1) != 0)
        fail_msg("%d instead of %d \"%s\": \"%s\"", (int)o->result, (int)want, text, o->text);
}

void assert_refused(const struct machine *m, const struct activation *request,
                    enum activation_result want, const char *text)
{
    auto_outcome o = activate(m, request);

    assert_outcome(&o, want, text);
}

struct outcome activate_ok(const struct machine *m, const struct activation *request)
{
    const struct outcome o = activate(m, request);

    assert_outcome(&o, ACTIVATION_DONE, "");
    return o;
}

void assert_activated(const struct machine *m, const struct activation *request)
{
    auto_outcome o = activate(m, request);

    assert_outcome(&o, ACTIVATION_DONE, "");
}

static const struct marble_parameter *find(const struct marble_parameter *at, size_t count,
                                           const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (bytes_equal_string(at[i].name, name))
            return &at[i];
    }
    return NULL;
}

bool outcome_has_variable(const struct outcome *o, const char *name)
{
    return find(o->parameters.env, o->parameters.env_count, name) != NULL;
}

struct bytes outcome_variable(const struct outcome *o, const char *name)
{
    const struct marble_parameter *const p = find(o->parameters.env, o->parameters.env_count, name);

    if (p == NULL)
        fail_msg("no variable %s", name);
    return p->value;
}

struct bytes outcome_file(const struct outcome *o, const char *name)
{
    const struct marble_parameter *const p =
        find(o->parameters.files, o->parameters.file_count, name);

    if (p == NULL)
        fail_msg("no file %s", name);
    return p->value;
}

struct cert *outcome_cert(const struct outcome *o, const char *variable, unsigned place)
{
    struct bytes text = outcome_variable(o, variable);
    auto_pem_block block = { 0 };
    struct err err = { 0 };

    for (unsigned i = 0; i <= place; i++)
        assert_true(pem_next(&text, &block));
    struct cert *const cert = cert_from_der(buf_bytes(&block.der), &err);
    assert_ok(cert != NULL, &err);
    return cert;
}

/* ---- evidence ---- */

static bool fake_verify(void *ctx, struct bytes evidence, int64_t now_ms, struct arena *arena,
                        struct verdict *verdict, struct err *err)
{
    struct fake_verifier *const v = ctx;

    (void)evidence;
    (void)now_ms;
    (void)arena;
    (void)__atomic_add_fetch(&v->calls, 1, __ATOMIC_SEQ_CST);
    *verdict = v->says;
    verdict->fields[0] = (struct verdict_field){ .name = "mrenclave", .value = v->unique_id };
    verdict->fields[1] = (struct verdict_field){ .name = "mrsigner", .value = v->signer_id };
    verdict->fields[2] =
        (struct verdict_field){ .name = "isvprodid", .value = bytes_of(&v->product_id, 1) };
    verdict->fields[3] =
        (struct verdict_field){ .name = "isvsvn", .value = bytes_of(&v->security_version, 1) };
    verdict->field_count = 4;
    return v->refuses == NULL || err_set(err, FAIL_DENIED, "%s", v->refuses);
}

void fake_verifier_begin(struct fake_verifier *v, struct bytes leaf)
{
    struct err err = { 0 };

    *v = (struct fake_verifier){ .as = { v, fake_verify } };
    assert_ok(report_data_of(leaf, BYTES_NONE, buf_grow(&v->report_data, REPORT_DATA_LEN), &err),
              &err);
    /* The package of manifest_text. */
    v->says.tee = TEE_SGX;
    v->says.tcb_status = TCB_UP_TO_DATE;
    v->says.debug = true;
    v->says.report_data = buf_bytes(&v->report_data);
    v->unique_id = BYTES_LITERAL("\x11");
    v->signer_id = BYTES_LITERAL("\0");
    v->product_id = 1;
    v->security_version = 1;
}

void fake_verifier_end(struct fake_verifier *v)
{
    buf_clear(&v->report_data);
}
