/* SPDX-License-Identifier: Apache-2.0 */
#include "marble/config.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

static const char DEFAULT_ADDRESS[] = "localhost:2001";
static const char DEFAULT_NAMES[] = "localhost";
static const char DEFAULT_TIMEOUT[] = "300";
static const char UUID_NAME[] = "uuid";

static const char *getenv_of_process(void *ctx, const char *name)
{
    (void)ctx;
    return getenv(name);
}

struct variables variables_real(void)
{
    return (struct variables){ NULL, getenv_of_process };
}

static bool is_set(const char *text)
{
    return text != NULL && text[0] != '\0';
}

/*
 * A copy of the first that is set of the given text, the variable and the default; NULL when none
 * is.
 */
static const char *choose(const char *given, const char *name, const char *otherwise,
                          const struct variables *variables, struct arena *arena)
{
    const char *text = is_set(given) ? given : variables->get(variables->ctx, name);

    if (!is_set(text))
        text = otherwise;
    return text == NULL ? NULL : arena_string(arena, bytes_of_string(text));
}

static const char *default_uuid_file(const struct variables *variables, struct arena *arena)
{
    const char *const directory = variables->get(variables->ctx, "EDG_CWD");

    if (!is_set(directory))
        return UUID_NAME;
    auto_string *path = mem_printf("%s/%s", directory, UUID_NAME);
    return arena_string(arena, bytes_of_string(path));
}

/* Whole seconds in decimal digits, nothing else. */
static bool read_timeout(const char *text, int64_t *milliseconds, struct err *err)
{
    int64_t seconds = 0;

    for (const char *p = text; *p != '\0' && seconds <= MARBLE_TIMEOUT_MAX_S; p++) {
        if (*p < '0' || *p > '9')
            return err_set(err, FAIL_MALFORMED,
                           "TAW_MARBLE_TIMEOUT: \"%.40s\" is not a number of seconds", text);
        seconds = seconds * 10 + (*p - '0');
    }
    if (seconds > MARBLE_TIMEOUT_MAX_S)
        return err_set(err, FAIL_MALFORMED, "TAW_MARBLE_TIMEOUT: \"%.40s\" is above %d seconds",
                       text, MARBLE_TIMEOUT_MAX_S);
    *milliseconds = seconds * 1000;
    return true;
}

/*
 * The raw bytes of an IP literal, IPv4 in 4 bytes also when it is written as IPv6; none for other
 * text.
 */
static struct bytes read_ip(const char *text, struct arena *arena)
{
    struct in_addr four;
    struct in6_addr six;

    if (inet_pton(AF_INET, text, &four) == 1)
        return arena_bytes(arena, bytes_of(&four, sizeof four));
    if (inet_pton(AF_INET6, text, &six) != 1)
        return BYTES_NONE;
    return IN6_IS_ADDR_V4MAPPED(&six) ? arena_bytes(arena, bytes_of(six.s6_addr + 12, 4))
                                      : arena_bytes(arena, bytes_of(&six, sizeof six));
}

/* Splits at commas without trimming; empty items name nothing and are left out. */
static void split_names(const char *text, struct arena *arena, struct marble_names *names)
{
    const size_t most = strlen(text) / 2 + 1;
    struct bytes *const dns = arena_alloc(arena, most * sizeof *dns);
    struct bytes *const ips = arena_alloc(arena, most * sizeof *ips);

    *names = (struct marble_names){ .dns = dns, .ips = ips };
    while (text != NULL) {
        const char *const comma = strchr(text, ',');
        const size_t len = comma == NULL ? strlen(text) : (size_t)(comma - text);
        if (len > 0) {
            const char *const name = arena_string(arena, bytes_of(text, len));
            const struct bytes ip = read_ip(name, arena);
            if (ip.len > 0)
                ips[names->ip_count++] = ip;
            else
                dns[names->dns_count++] = bytes_of(name, len);
        }
        text = comma == NULL ? NULL : comma + 1;
    }
}

bool marble_config_load(const struct marble_settings *given, const struct variables *variables,
                        struct arena *arena, struct marble_config *config, struct err *err)
{
    const char *const type = choose(given->marble_type, "EDG_MARBLE_TYPE", NULL, variables, arena);
    const char *const names =
        choose(given->dns_names, "EDG_MARBLE_DNS_NAMES", DEFAULT_NAMES, variables, arena);
    const char *const timeout =
        choose(given->timeout, "TAW_MARBLE_TIMEOUT", DEFAULT_TIMEOUT, variables, arena);
    const char *const require =
        choose(given->require_quote, "TAW_MARBLE_REQUIRE_QUOTE", "0", variables, arena);

    *config = (struct marble_config){ .marble_type = type };
    if (type == NULL)
        return err_set(err, FAIL_MALFORMED, "environment variable not set: EDG_MARBLE_TYPE");
    /* The Coordinator could not read the request (protobuf strings are UTF-8). */
    if (!utf8_valid(bytes_of_string(type)))
        return err_set(err, FAIL_MALFORMED, "EDG_MARBLE_TYPE is not UTF-8");
    if (strcmp(require, "0") != 0 && strcmp(require, "1") != 0)
        return err_set(err, FAIL_MALFORMED,
                       "TAW_MARBLE_REQUIRE_QUOTE: \"%.40s\" is neither 0 nor 1", require);
    config->coordinator_address = choose(given->coordinator_address, "EDG_MARBLE_COORDINATOR_ADDR",
                                         DEFAULT_ADDRESS, variables, arena);
    config->uuid_file = choose(given->uuid_file, "EDG_MARBLE_UUID_FILE",
                               default_uuid_file(variables, arena), variables, arena);
    config->coordinator_root =
        choose(given->coordinator_root, "TAW_MARBLE_COORDINATOR_ROOT", NULL, variables, arena);
    config->require_quote = require[0] == '1';
    split_names(names, arena, &config->names);
    return read_timeout(timeout, &config->timeout_ms, err);
}
