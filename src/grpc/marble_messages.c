/* SPDX-License-Identifier: Apache-2.0 */
#include "grpc/marble_messages.h"
