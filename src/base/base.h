/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The words that every file of the house uses.
 *
 *   MUST_CHECK   the caller looks at the result
 *   CLEANUP      a variable that frees itself when its scope ends
 *   TAKE         hands a pointer over and forgets it
 */

#define MUST_CHECK __attribute__((warn_unused_result))
#define NONNULL __attribute__((nonnull))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args), nonnull(fmt)))
#define CLEANUP(fn) __attribute__((cleanup(fn)))

/* Hands a pointer over and forgets it: the CLEANUP variable then frees nothing. */
#define TAKE(ptr)                                                                                  \
    ({                                                                                             \
        __typeof__(ptr) taken_ = (ptr);                                                            \
        (ptr) = NULL;                                                                              \
        taken_;                                                                                    \
    })

/*
 * Makes `name`, the function that CLEANUP needs, out of `free_fn`, which takes the pointer itself
 * and accepts NULL.
 */
#define DEFINE_CLEANUP(type, name, free_fn)                                                        \
    static inline void name(type **ptr)                                                            \
    {                                                                                              \
        free_fn(*ptr);                                                                             \
    }

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
