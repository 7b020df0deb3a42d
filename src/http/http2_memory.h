/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <nghttp2/nghttp2.h>

/* The allocator under nghttp2: frames hold secrets on their way out, so all is wiped when freed. */
extern const nghttp2_mem http2_memory;
