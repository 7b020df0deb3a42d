/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "cli/io/signals.h"

#include <sys/wait.h>
#include <unistd.h>

static void a_signal_that_is_held_back_ends_a_wait_and_nothing_else(void **state)
{
    auto_signals signals = { 0 };

    (void)state;
    signals_hold(&signals);
    assert_false(signals_pending());
    assert_true(signals_wait(-1, 1));
    assert_int_equal(raise(SIGINT), 0);
    assert_true(signals_pending());
    assert_false(signals_wait(-1, -1));
    assert_true(signals_take_interrupt());
    assert_false(signals_pending());
    assert_false(signals_take_interrupt());
}

static void a_wait_ends_when_there_is_something_to_read(void **state)
{
    int ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "x", 1), 1);
    assert_true(signals_wait(ends[0], -1));
    assert_int_equal(close(ends[0]) + close(ends[1]), 0);
}

/* The status of a child that gets SIGTERM inside of two holds, and says how far it came. */
static int end_of_child(int *steps)
{
    int ends[2], status = 0;
    char said[8];

    assert_int_equal(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
        struct signals outer = { 0 }, inner = { 0 };
        signals_hold(&outer);
        signals_hold(&inner);
        (void)raise(SIGTERM);
        (void)!write(ends[1], "i", 1);
        signals_release(&inner);
        signals_release(&inner);
        (void)!write(ends[1], "o", 1);
        signals_release(&outer);
        (void)!write(ends[1], "!", 1);
        _exit(0);
    }
    assert_int_equal(close(ends[1]), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    *steps = (int)read(ends[0], said, sizeof said);
    assert_int_equal(close(ends[0]), 0);
    return status;
}

static void it_ends_the_program_where_the_last_hold_is_released(void **state)
{
    int steps = 0;
    const int status = end_of_child(&steps);

    (void)state;
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGTERM);
    assert_int_equal(steps, 2);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_signal_that_is_held_back_ends_a_wait_and_nothing_else),
    cmocka_unit_test(a_wait_ends_when_there_is_something_to_read),
    cmocka_unit_test(it_ends_the_program_where_the_last_hold_is_released),
};
TEST_MAIN(tests)
