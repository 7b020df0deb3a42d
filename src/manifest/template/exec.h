/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "manifest/template/program.h"
#include "manifest/template/value.h"

/* A variable that is alive. */
struct variable {
    uint32_t name;
    struct value value;
};

/* An open block, or a template that was called. */
struct frame {
    struct value dot;        /* what to restore at its end */
    uint32_t variable_count; /* likewise */
    /* range: */
    struct value over;
    uint64_t round;           /* rounds that have begun */
    struct bytes last;        /* map: the name of the latest round */
    uint32_t round_variables; /* alive when a round begins */
    /* call: */
    uint32_t return_to, caller;
    uint32_t outer_base;
};

/* One execution. Everything it allocates is wiped at its end. */
struct exec {
    const struct template *t;
    const struct template_data *data;
    struct err *err;

    struct buf *out;
    size_t out_start;   /* bytes in *out that are not ours */
    struct arena work;  /* values that live until the end */
    struct buf scratch; /* the value that is being made */
    uint64_t steps;

    uint32_t pc;         /* the next instruction */
    const struct op *op; /* the current one */
    uint32_t running;    /* name of the template it belongs to */
    uint32_t depth;      /* templates that were called and have not returned */
    bool is_done;
    struct value dot;
    struct value *stack;
    uint32_t stack_count;
    struct variable *variables;
    uint32_t variable_count, variable_capacity;
    uint32_t variable_base; /* what the running template sees begins here */
    struct frame *frames;
    uint32_t frame_count, frame_capacity;
};

/* Sets the error, with the place of the current instruction, and returns false. */
bool exec_fail(struct exec *x, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Takes the work of looking at or writing `len` bytes from the budget. */
bool exec_charge(struct exec *x, size_t len) MUST_CHECK;
/* What asking the caller for a secret counts as, in bytes: its map may be large. */
enum { EXEC_LOOKUP = 512 };
/* Makes the scratch buffer a string value, and empties it. Fails when it is too long. */
bool exec_take_string(struct exec *x, struct value *result) MUST_CHECK;
/* Fails when the scratch buffer is longer than a value may be. */
bool exec_fits(struct exec *x) MUST_CHECK;
