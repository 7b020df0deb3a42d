/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/attest/anchors.h"

#include "base/env.h"
#include "codec/text.h"
#include "crypto/hash.h"

enum { POINT_LEN = 65 }; /* of P-256, uncompressed */

static bool read_digits(struct arena *arena, const char *flag, struct bytes digits, size_t len,
                        struct bytes *value, struct err *err)
{
    auto_buf out = { 0 };

    if (!hex_decode(&out, digits, err))
        return err_in(err, "--%s", flag);
    *value = arena_bytes(arena, buf_bytes(&out));
    return value->len == len ||
           err_set(err, FAIL_MALFORMED, "--%s: %zu bytes instead of %zu", flag, value->len, len);
}

static bool read_intel_keys(const struct options *options, struct arena *arena,
                            struct trust_anchors *anchors, struct err *err)
{
    static const char flag[] = "intel-root-key";
    const struct option_value *const typed = option_value(options, flag);

    if (!typed->set)
        return true;
    if (typed->list_count == 0)
        return err_set(err, FAIL_MALFORMED, "--%s: there is no value", flag);
    struct bytes *const keys = arena_alloc(arena, typed->list_count * sizeof *keys);
    for (size_t i = 0; i < typed->list_count; i++) {
        if (!read_digits(arena, flag, typed->list[i], POINT_LEN, &keys[i], err))
            return false;
        if (keys[i].at[0] != 4)
            return err_set(err, FAIL_MALFORMED, "--%s: an uncompressed point begins with 04", flag);
    }
    anchors->intel_root_keys = keys;
    anchors->intel_count = typed->list_count;
    return true;
}

static bool read_arks(const struct options *options, struct arena *arena,
                      struct trust_anchors *anchors, struct err *err)
{
    static const char flag[] = "ark-spki-sha256";
    const struct option_value *const typed = option_value(options, flag);

    if (!typed->set)
        return true;
    if (typed->list_count == 0)
        return err_set(err, FAIL_MALFORMED, "--%s: there is no value", flag);
    struct ark_anchor *const arks = arena_alloc(arena, typed->list_count * sizeof *arks);
    for (size_t i = 0; i < typed->list_count; i++) {
        if (!read_digits(arena, flag, typed->list[i], SHA256_LEN, &arks[i].spki_sha256, err))
            return false;
    }
    anchors->arks = arks;
    anchors->ark_count = typed->list_count;
    return true;
}

bool anchors_read(struct cli *cli, struct arena *arena, struct trust_anchors *anchors,
                  struct err *err)
{
    *anchors = trust_anchors_builtin;
    return (read_intel_keys(&cli->options, arena, anchors, err) &&
            read_arks(&cli->options, arena, anchors, err)) ||
           cli_fail(cli, EXIT_USAGE, NULL);
}

static bool read_time(const char *text, int64_t *at, struct err *err)
{
    static const int64_t end_of_9999 = INT64_C(253402300799);
    int64_t seconds = 0;

    if (text == NULL) {
        *at = env_now_ms(NULL) / 1000;
        return true;
    }
    for (const char *c = text; *c != '\0'; c++) {
        if (*c < '0' || *c > '9' || seconds > end_of_9999)
            return err_set(err, FAIL_MALFORMED,
                           "--at: \"%.40s\" is no number of seconds since 1970", text);
        seconds = seconds * 10 + (*c - '0');
    }
    *at = seconds;
    return (text[0] != '\0' && seconds <= end_of_9999) ||
           err_set(err, FAIL_MALFORMED, "--at: \"%.40s\" is no time before the year 10000", text);
}

bool moment_read(struct cli *cli, int64_t *at, struct err *err)
{
    return read_time(option_text(&cli->options, "at"), at, err) || cli_fail(cli, EXIT_USAGE, NULL);
}
