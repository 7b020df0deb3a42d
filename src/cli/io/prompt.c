/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/io/prompt.h"

#include "cli/io/signals.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <termios.h>
#include <unistd.h>

enum { LONGEST_LINE = 1024 };

bool prompt_is_possible(void)
{
    return isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1;
}

/* One line without its end; false at the end of the file, when it is too long, or after a signal. */
static bool read_line(int fd, char line[static LONGEST_LINE])
{
    for (size_t len = 0; len < LONGEST_LINE; len++) {
        if (!signals_wait(fd, -1) || read(fd, line + len, 1) != 1)
            return false;
        if (line[len] == '\n') {
            line[len] = '\0';
            return true;
        }
    }
    return false;
}

bool prompt_confirm(const char *question)
{
    char line[LONGEST_LINE];

    (void)fprintf(stderr, "%s [y/N] ", question);
    return read_line(STDIN_FILENO, line) &&
           (strcasecmp(line, "y") == 0 || strcasecmp(line, "yes") == 0);
}

static int open_terminal(const char *what, struct err *err)
{
    const int fd = open("/dev/tty", O_RDWR | O_CLOEXEC);

    if (fd < 0)
        (void)err_set(err, FAIL_UNAVAILABLE, "%s: there is no terminal to ask at", what);
    return fd;
}

char *prompt_line(const char *what, struct err *err)
{
    char line[LONGEST_LINE];
    const int fd = open_terminal(what, err);

    if (fd < 0)
        return NULL;
    (void)dprintf(fd, "%s: ", what);
    const bool typed = read_line(fd, line) && line[0] != '\0';
    (void)close(fd);
    if (typed)
        return mem_string(line);
    (void)err_set(err, FAIL_UNAVAILABLE, "%s: nothing was typed", what);
    return NULL;
}

static struct secret *ask(int fd, const char *what, struct err *err)
{
    char line[LONGEST_LINE];
    struct secret *typed = NULL;

    (void)dprintf(fd, "%s: ", what);
    if (read_line(fd, line) && line[0] != '\0')
        typed = secret_copy(bytes_of_string(line), err);
    else
        (void)err_set(err, FAIL_UNAVAILABLE, "%s: nothing was typed", what);
    explicit_bzero(line, sizeof line);
    (void)dprintf(fd, "\n");
    return typed;
}

struct secret *prompt_passphrase(const char *what, struct err *err)
{
    const int fd = open_terminal(what, err);
    auto_signals signals = { 0 };
    struct termios shown, hidden;

    if (fd < 0)
        return NULL;
    if (tcgetattr(fd, &shown) != 0) {
        (void)close(fd);
        (void)err_errno(err, FAIL_UNAVAILABLE, "%s: the terminal", what);
        return NULL;
    }
    /* Whoever gives up here gets the echo back first. */
    signals_hold(&signals);
    hidden = shown;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    (void)tcsetattr(fd, TCSAFLUSH, &hidden);
    struct secret *const typed = ask(fd, what, err);
    (void)tcsetattr(fd, TCSAFLUSH, &shown);
    (void)close(fd);
    return typed;
}
