/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/base.h"

/* The classes of characters that the template language knows (Unicode 15.0.0). */

/* A letter, a decimal digit or `_`: what names are made of. */
bool unicode_is_word(uint32_t point) MUST_CHECK;
/* Shown as it is in quoted text: letters, marks, numbers, punctuation, symbols, the ASCII space. */
bool unicode_is_printable(uint32_t point) MUST_CHECK;
bool unicode_is_space(uint32_t point) MUST_CHECK;
