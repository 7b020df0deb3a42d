/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "cli/coordinator/observer.h"

/*
 * status --watch: looks again and again, until it is interrupted, which is a success. As text on a terminal the newest sight stands in
 * place of the one before; elsewhere each change is a line, as JSON an envelope in a line, as YAML a document. A Coordinator
 * that cannot be reached, or is another one, is a change like others.
 */
bool status_watch(struct observer *o, enum facts facts, struct err *err) MUST_CHECK;
