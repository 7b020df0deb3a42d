/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/base.h"

/*
 * What systemd is told (sd_notify(3)): one datagram to the socket in NOTIFY_SOCKET. Without that
 * variable nothing happens. state: "READY=1", "STOPPING=1", "WATCHDOG=1".
 */
void notify_send(const char *state);
/* How often the watchdog wants to hear from us, in milliseconds; 0: there is none. */
unsigned notify_watchdog_ms(void);
