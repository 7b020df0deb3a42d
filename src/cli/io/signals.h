/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/base.h"

#include <signal.h>

/*
 * The signals that end the program: SIGINT, SIGTERM, SIGHUP. They are held back while something would stay behind
 * (a half-written file, a terminal without echo); whoever waits then asks for them, gives up, and what was begun
 * is undone on the way out. Holds nest: the last to hold is the
 * first to release.
 */
struct signals {
    bool held;
    sigset_t before;
};
void signals_hold(struct signals *signals);
/* Where the last hold is released, the program ends if one of them has come. */
void signals_release(struct signals *signals);
#define auto_signals struct signals CLEANUP(signals_release)

/* Has one come that is held back? */
bool signals_pending(void) MUST_CHECK;
/* Takes a SIGINT that has come and is held back, so that it does not end the program. False: there is none. */
bool signals_take_interrupt(void) MUST_CHECK;
/* Waits until fd (-1: none) can be read or has ended, or ms (-1: for ever) are over; false when one has come that is held back. */
bool signals_wait(int fd, int ms) MUST_CHECK;
