/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/io/signals.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

static sigset_t ending(void)
{
    sigset_t set;

    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGHUP);
    return set;
}

void signals_hold(struct signals *signals)
{
    const sigset_t set = ending();

    signals->held = sigprocmask(SIG_BLOCK, &set, &signals->before) == 0;
}

void signals_release(struct signals *signals)
{
    if (signals->held)
        (void)sigprocmask(SIG_SETMASK, &signals->before, NULL);
    signals->held = false;
}

bool signals_pending(void)
{
    sigset_t come;

    return sigpending(&come) == 0 &&
           (sigismember(&come, SIGINT) == 1 || sigismember(&come, SIGTERM) == 1 ||
            sigismember(&come, SIGHUP) == 1);
}

bool signals_take_interrupt(void)
{
    const struct timespec now = { 0 };
    sigset_t interrupt;

    (void)sigemptyset(&interrupt);
    (void)sigaddset(&interrupt, SIGINT);
    return sigtimedwait(&interrupt, NULL, &now) == SIGINT;
}

bool signals_wait(int fd, int ms)
{
    const sigset_t set = ending();
    /* Only those that are held back make it readable; the others act as ever. */
    const int come = signalfd(-1, &set, SFD_CLOEXEC);
    struct pollfd watched[] = { { .fd = come, .events = POLLIN }, { .fd = fd, .events = POLLIN } };

    (void)poll(watched, COUNT_OF(watched), ms);
    if (come >= 0)
        (void)close(come);
    return !signals_pending();
}
