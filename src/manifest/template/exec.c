/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/template/exec.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "manifest/template/functions.h"
#include "manifest/template/place.h"

/* ---- errors and budgets ---- */

bool exec_fail(struct exec *x, const char *fmt, ...)
{
    const struct place place = place_of(template_source(x->t), x->op->at);
    char what[256], running[PLACE_EXCERPT], source[PLACE_EXCERPT];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(what, sizeof what, fmt, args);
    va_end(args);
    place_excerpt(x->t->templates.at[x->running], running);
    place_excerpt(bytes_of(x->t->source + x->op->at, x->op->end - x->op->at), source);
    return err_set(x->err, FAIL_MALFORMED,
                   "template: data:%zu:%zu: executing \"%s\" at <%s>: %.250s", place.line,
                   place.column, running, source, what);
}

bool exec_charge(struct exec *x, size_t len)
{
    x->steps += len / 32;
    if (x->steps > TEMPLATE_STEPS_MAX)
        return exec_fail(x, "more than %d steps", TEMPLATE_STEPS_MAX);
    return true;
}

bool exec_fits(struct exec *x)
{
    if (x->scratch.len > TEMPLATE_OUTPUT_MAX)
        return exec_fail(x, "a value of more than %d bytes", TEMPLATE_OUTPUT_MAX);
    return true;
}

bool exec_take_string(struct exec *x, struct value *result)
{
    const struct bytes text = buf_bytes(&x->scratch);

    if (!exec_fits(x) || !exec_charge(x, text.len))
        return false;
    if (text.len > TEMPLATE_WORK_MAX - x->work.used)
        return exec_fail(x, "more than %d bytes of intermediate values", TEMPLATE_WORK_MAX);
    *result = value_string(arena_bytes(&x->work, text));
    buf_truncate(&x->scratch, 0);
    return true;
}

/* A place for twice as many elements; values may be parts of secrets. */
static void *grow(void *old, uint32_t count, uint32_t *capacity, size_t size)
{
    const uint32_t wanted = *capacity == 0 ? 16 : *capacity * 2;
    void *const new = mem_zero_alloc(wanted, size);

    if (count > 0)
        memcpy(new, old, count * size);
    mem_wipe_free(old, count * size);
    *capacity = wanted;
    return new;
}

/* ---- the stacks ---- */

static void push(struct exec *x, struct value v)
{
    assert(x->stack_count < x->t->stack_size);
    x->stack[x->stack_count++] = v;
}

static struct value pop(struct exec *x)
{
    assert(x->stack_count > 0);
    return x->stack[--x->stack_count];
}

static struct value *top(struct exec *x)
{
    assert(x->stack_count > 0);
    return &x->stack[x->stack_count - 1];
}

static bool push_frame(struct exec *x)
{
    if (x->frame_count == TEMPLATE_FRAMES_MAX)
        return exec_fail(x, "more than %d open blocks", TEMPLATE_FRAMES_MAX);
    if (x->frame_count == x->frame_capacity)
        x->frames = grow(x->frames, x->frame_count, &x->frame_capacity, sizeof *x->frames);
    x->frames[x->frame_count++] =
        (struct frame){ .dot = x->dot, .variable_count = x->variable_count };
    return true;
}

static struct frame *top_frame(struct exec *x)
{
    assert(x->frame_count > 0);
    return &x->frames[x->frame_count - 1];
}

/* Dot and variables are again as they were when the frame was pushed. */
static const struct frame *pop_frame(struct exec *x)
{
    const struct frame *const frame = top_frame(x);

    x->frame_count--;
    x->dot = frame->dot;
    x->variable_count = frame->variable_count;
    return frame;
}

static bool declare(struct exec *x, uint32_t name, struct value v)
{
    if (x->variable_count == TEMPLATE_VARIABLES_MAX)
        return exec_fail(x, "more than %d variables", TEMPLATE_VARIABLES_MAX);
    if (x->variable_count == x->variable_capacity)
        x->variables =
            grow(x->variables, x->variable_count, &x->variable_capacity, sizeof *x->variables);
    x->variables[x->variable_count++] = (struct variable){ .name = name, .value = v };
    return true;
}

/* The innermost variable of a name. */
static bool find_variable(struct exec *x, uint32_t name, struct value **v)
{
    char text[PLACE_EXCERPT];

    for (uint32_t i = x->variable_count; i > x->variable_base; i--) {
        if (x->variables[i - 1].name == name) {
            *v = &x->variables[i - 1].value;
            return exec_charge(x, x->variable_count - i);
        }
    }
    place_excerpt(x->t->variables.at[name], text);
    return exec_fail(x, "undefined variable: %s", text);
}

static bool assign(struct exec *x, uint32_t name, struct value v)
{
    struct value *place;

    if (!find_variable(x, name, &place))
        return false;
    *place = v;
    return true;
}

static bool output(struct exec *x, struct bytes text)
{
    if (text.len > TEMPLATE_OUTPUT_MAX - (x->out->len - x->out_start))
        return exec_fail(x, "more than %d bytes of output", TEMPLATE_OUTPUT_MAX);
    buf_add(x->out, text);
    return exec_charge(x, text.len);
}

/* ---- expressions ---- */

static bool do_dot(struct exec *x, const struct op *op)
{
    (void)op;
    push(x, x->dot);
    return true;
}

static bool do_nil(struct exec *x, const struct op *op)
{
    (void)op;
    push(x, (struct value){ 0 });
    return true;
}

static bool do_bool(struct exec *x, const struct op *op)
{
    push(x, value_bool(op->a != 0));
    return true;
}

static bool do_integer(struct exec *x, const struct op *op)
{
    push(x, value_int((int64_t)((uint64_t)op->b << 32 | op->a)));
    return true;
}

static bool do_string(struct exec *x, const struct op *op)
{
    push(x, value_string(x->t->strings.at[op->a]));
    return true;
}

static bool do_variable(struct exec *x, const struct op *op)
{
    struct value *v;

    if (!find_variable(x, op->a, &v))
        return false;
    push(x, *v);
    return true;
}

static bool do_field(struct exec *x, const struct op *op)
{
    const struct bytes name = x->t->strings.at[op->a];
    struct value *const v = top(x);
    struct value field;
    char text[PLACE_EXCERPT];

    if (!value_field(x->data, v, name, &field)) {
        place_excerpt(name, text);
        return exec_fail(x, "can't evaluate field %s in type %s", text, value_type_name(v));
    }
    const bool is_lookup = v->kind == VALUE_SECRETS || v->kind == VALUE_SECRET;
    *v = field;
    return !is_lookup || exec_charge(x, EXEC_LOOKUP);
}

static bool do_call(struct exec *x, const struct op *op)
{
    const uint32_t count = op->b + op->flag;
    struct value result;

    assert(x->stack_count >= count);
    x->stack_count -= count;
    struct value *const args = &x->stack[x->stack_count];
    if (op->flag && count > 1) {
        const struct value piped = args[0];
        memmove(args, args + 1, op->b * sizeof *args);
        args[op->b] = piped;
    }
    if (!function_call(x, op->a, args, count, &result))
        return false;
    push(x, result);
    return true;
}

static bool do_short(struct exec *x, const struct op *op)
{
    if (value_is_true(x->data, top(x)) == (op->b != 0))
        x->pc = op->a;
    else
        (void)pop(x);
    return true;
}

static bool do_drop_below(struct exec *x, const struct op *op)
{
    (void)op;
    const struct value v = pop(x);
    *top(x) = v;
    return true;
}

static bool do_declare(struct exec *x, const struct op *op)
{
    return declare(x, op->a, *top(x));
}

static bool do_assign(struct exec *x, const struct op *op)
{
    return assign(x, op->a, *top(x));
}

static bool do_fail(struct exec *x, const struct op *op)
{
    static const char *const texts[] = {
        [FAILS_NIL_COMMAND] = "nil is not a command",
        [FAILS_NOT_A_FUNCTION] = "can't give argument to non-function",
        [FAILS_OVERFLOW] = "this number overflows int",
        [FAILS_NO_ARGUMENTS] = "wrong number of args: want at least 1 got 0",
    };

    return exec_fail(x, "%s", texts[op->a]);
}

/* ---- statements ---- */

static bool do_text(struct exec *x, const struct op *op)
{
    return output(x, x->t->strings.at[op->a]);
}

static bool do_print(struct exec *x, const struct op *op)
{
    (void)op;
    const struct value v = pop(x);
    if (v.kind == VALUE_STRING)
        return output(x, v.bytes);
    if (!text_add(x, &x->scratch, &v, "<no value>") || !output(x, buf_bytes(&x->scratch)))
        return false;
    buf_truncate(&x->scratch, 0);
    return true;
}

static bool do_pop(struct exec *x, const struct op *op)
{
    (void)op;
    (void)pop(x);
    return true;
}

static bool do_jump(struct exec *x, const struct op *op)
{
    x->pc = op->a;
    return true;
}

static bool do_scope(struct exec *x, const struct op *op)
{
    (void)op;
    return push_frame(x);
}

static bool do_if(struct exec *x, const struct op *op)
{
    const struct value v = pop(x);

    if (!value_is_true(x->data, &v))
        x->pc = op->a;
    return true;
}

static bool do_with(struct exec *x, const struct op *op)
{
    const struct value v = pop(x);

    if (value_is_true(x->data, &v))
        x->dot = v;
    else
        x->pc = op->a;
    return true;
}

static bool do_range(struct exec *x, const struct op *op)
{
    const struct value v = pop(x);
    const bool is_integer = v.kind == VALUE_INTEGER;

    if (is_integer && op->b > 1)
        return exec_fail(x, "can't use an integer to iterate over more than one variable");
    if (!is_integer && v.kind != VALUE_NIL && v.kind != VALUE_BYTES && v.kind != VALUE_SECRETS)
        return exec_fail(x, "range can't iterate over type %s", value_type_name(&v));
    if (!value_is_true(x->data, &v) || (is_integer && value_is_negative(&v))) {
        x->pc = op->a;
        return true;
    }
    struct frame *const frame = top_frame(x);
    frame->over = v;
    frame->round_variables = x->variable_count;
    return true;
}

/* Index and element of the next round; false when there is none. */
static bool next_element(const struct template_data *data, struct frame *frame, struct value *index,
                         struct value *element)
{
    const struct value *const over = &frame->over;
    const bool is_first = frame->round == 0;
    const uint64_t round = frame->round++;

    if (over->kind == VALUE_SECRETS) {
        if (!data->next_secret(data->ctx, over->is.previous, frame->last, is_first, &frame->last))
            return false;
        *index = value_string(frame->last);
        *element = value_secret_named(over->is.previous, frame->last);
        return true;
    }
    *index = value_int((int64_t)round);
    if (over->kind == VALUE_INTEGER) {
        *element = *over;
        element->number = round;
        return round < over->number;
    }
    if (round >= over->bytes.len)
        return false;
    *element = value_byte(over->bytes.at[round]);
    return true;
}

static bool do_next(struct exec *x, const struct op *op)
{
    struct frame *const frame = top_frame(x);
    const uint32_t index_name = op->b >> 16, element_name = op->b & 0xFFFF;
    struct value index, element;

    if (!next_element(x->data, frame, &index, &element)) {
        x->pc = op->a;
        return true;
    }
    if (frame->over.kind == VALUE_SECRETS && !exec_charge(x, EXEC_LOOKUP))
        return false;
    x->variable_count = frame->round_variables;
    x->dot = element;
    if (op->flag)
        return (op->next != NEXT_BOTH || assign(x, index_name, index)) &&
               assign(x, element_name, element);
    if (op->next >= NEXT_ELEMENT)
        x->variables[x->variable_count - 1].value = element;
    if (op->next == NEXT_BOTH)
        x->variables[x->variable_count - 2].value = index;
    return true;
}

static bool do_leave(struct exec *x, const struct op *op)
{
    for (uint32_t i = 0; i < op->b; i++)
        (void)pop_frame(x);
    x->pc = op->a;
    return true;
}

static bool do_end_scope(struct exec *x, const struct op *op)
{
    (void)op;
    (void)pop_frame(x);
    return true;
}

static bool do_template(struct exec *x, const struct op *op)
{
    const struct value dot = pop(x);
    char name[PLACE_EXCERPT];

    if (x->t->entries[op->a] == NO_INDEX) {
        place_excerpt(x->t->templates.at[op->a], name);
        return exec_fail(x, "template \"%s\" not defined", name);
    }
    if (x->depth == TEMPLATE_DEPTH_MAX)
        return exec_fail(x, "more than %d templates call each other", TEMPLATE_DEPTH_MAX);
    if (!push_frame(x))
        return false;
    struct frame *const frame = top_frame(x);
    frame->return_to = x->pc;
    frame->caller = x->running;
    frame->outer_base = x->variable_base;
    x->depth++;
    x->running = op->a;
    x->pc = x->t->entries[op->a];
    x->dot = dot;
    x->variable_base = x->variable_count;
    return declare(x, VARIABLE_ROOT, dot);
}

static bool do_return(struct exec *x, const struct op *op)
{
    (void)op;
    if (x->depth == 0) {
        x->is_done = true;
        return true;
    }
    const struct frame *const frame = pop_frame(x);
    x->depth--;
    x->pc = frame->return_to;
    x->running = frame->caller;
    x->variable_base = frame->outer_base;
    return true;
}

/* ---- the machine ---- */

static bool (*const steps[OP_COUNT])(struct exec *x, const struct op *op) = {
    [OP_DOT] = do_dot,
    [OP_NIL] = do_nil,
    [OP_BOOL] = do_bool,
    [OP_INTEGER] = do_integer,
    [OP_STRING] = do_string,
    [OP_VARIABLE] = do_variable,
    [OP_FIELD] = do_field,
    [OP_CALL] = do_call,
    [OP_SHORT] = do_short,
    [OP_DROP_BELOW] = do_drop_below,
    [OP_DECLARE] = do_declare,
    [OP_ASSIGN] = do_assign,
    [OP_FAIL] = do_fail,
    [OP_TEXT] = do_text,
    [OP_PRINT] = do_print,
    [OP_POP] = do_pop,
    [OP_JUMP] = do_jump,
    [OP_SCOPE] = do_scope,
    [OP_IF] = do_if,
    [OP_WITH] = do_with,
    [OP_RANGE] = do_range,
    [OP_NEXT] = do_next,
    [OP_LEAVE] = do_leave,
    [OP_END_SCOPE] = do_end_scope,
    [OP_TEMPLATE] = do_template,
    [OP_RETURN] = do_return,
};

static bool run(struct exec *x)
{
    while (!x->is_done) {
        x->op = &x->t->code[x->pc++];
        if (++x->steps > TEMPLATE_STEPS_MAX)
            return exec_fail(x, "more than %d steps", TEMPLATE_STEPS_MAX);
        if (!steps[x->op->code](x, x->op))
            return false;
    }
    return true;
}

static void exec_clear(struct exec *x)
{
    arena_clear(&x->work);
    buf_clear(&x->scratch);
    mem_wipe_free(x->stack, x->t->stack_size * sizeof *x->stack);
    mem_wipe_free(x->variables, x->variable_capacity * sizeof *x->variables);
    mem_wipe_free(x->frames, x->frame_capacity * sizeof *x->frames);
}

bool template_execute(const struct template *t, const struct template_data *data, struct buf *out,
                      struct err *err)
{
    struct exec x = {
        .t = t,
        .data = data,
        .err = err,
        .out = out,
        .out_start = out->len,
        .pc = t->entries[t->main_name],
        .running = t->main_name,
        .op = t->code,
        .dot = { .kind = VALUE_OBJECT, .is.object = OBJECT_ROOT },
        .stack = mem_zero_alloc(t->stack_size + 1, sizeof *x.stack),
    };

    const bool ok = declare(&x, VARIABLE_ROOT, x.dot) && run(&x);
    if (!ok)
        buf_truncate(out, x.out_start);
    exec_clear(&x);
    return ok;
}
