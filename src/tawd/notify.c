/* SPDX-License-Identifier: Apache-2.0 */
#include "tawd/notify.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void notify_send(const char *state)
{
    const char *const path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un to = { .sun_family = AF_UNIX };

    if (path == NULL || path[0] == '\0' || strlen(path) >= sizeof to.sun_path)
        return;
    const size_t len = strlen(path);
    memcpy(to.sun_path, path, len);
    if (path[0] == '@') /* abstract: the name begins with a NUL */
        to.sun_path[0] = '\0';
    const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    (void)sendto(fd, state, strlen(state), MSG_NOSIGNAL, (const struct sockaddr *)&to,
                 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
    (void)close(fd);
}

unsigned notify_watchdog_ms(void)
{
    const char *const usec = getenv("WATCHDOG_USEC");
    const unsigned long long value = usec == NULL ? 0 : strtoull(usec, NULL, 10);

    /* Twice as often as it is wanted, as sd_watchdog_enabled(3) recommends. */
    return (unsigned)(value / 2000 > 3600000 ? 3600000 : value / 2000);
}
