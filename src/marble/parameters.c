/* SPDX-License-Identifier: Apache-2.0 */
#include "marble/parameters.h"

#include <string.h>

#include "base/log.h"
#include "codec/json.h"

static bool has_byte(struct bytes text, char byte)
{
    return text.len > 0 && memchr(text.at, byte, text.len) != NULL;
}

static bool check_file(const struct marble_parameter *file, size_t index, struct err *err)
{
    if (file->name.len == 0)
        return err_set(err, FAIL_MALFORMED, "file %zu has an empty path", index);
    if (has_byte(file->name, '\0'))
        return err_set(err, FAIL_MALFORMED, "the path of file %zu has a NUL byte", index);
    return true;
}

static bool check_variable(const struct marble_parameter *variable, size_t index, struct err *err)
{
    if (variable->name.len == 0)
        return err_set(err, FAIL_MALFORMED, "environment variable %zu has an empty name", index);
    if (has_byte(variable->name, '=') || has_byte(variable->name, '\0'))
        return err_set(err, FAIL_MALFORMED,
                       "the name of environment variable %zu has a '=' or NUL byte", index);
    if (has_byte(variable->value, '\0'))
        return err_set(err, FAIL_MALFORMED, "environment variable %.*s has a NUL byte in its value",
                       BYTES_FMT(variable->name));
    return true;
}

static bool check(const struct marble_parameters *p, struct err *err)
{
    for (size_t i = 0; i < p->file_count; i++) {
        if (!check_file(&p->files[i], i, err))
            return false;
    }
    for (size_t i = 0; i < p->env_count; i++) {
        if (!check_variable(&p->env[i], i, err))
            return false;
    }
    for (size_t i = 0; i < p->argv_count; i++) {
        if (has_byte(p->argv[i], '\0'))
            return err_set(err, FAIL_MALFORMED, "argument %zu has a NUL byte", i);
    }
    return true;
}

bool parameters_read(struct bytes message, struct arena *arena,
                     struct marble_parameters *parameters, struct err *err)
{
    if (activation_response_decode(message, arena, parameters, err) && check(parameters, err))
        return true;
    one_line(err->text); /* it may show the name of a variable */
    return err_in(err, "parameters");
}

bool parameters_variable(const struct marble_parameters *parameters, const char *name,
                         struct bytes *value)
{
    for (size_t i = 0; i < parameters->env_count; i++) {
        if (bytes_equal_string(parameters->env[i].name, name)) {
            *value = parameters->env[i].value;
            return true;
        }
    }
    return false;
}

static void say_connections(const struct json *connections, const char *title,
                            const struct marble_log *log)
{
    say_info(log, "  %s:", title);
    for (const struct json *c = json_first(connections); c != NULL; c = json_next(c)) {
        auto_buf address = { 0 };
        log_escape(&address, c->name);
        say_info(log, "    %.*s", BYTES_FMT(buf_bytes(&address)));
    }
}

/* {"tls":{"Incoming":{"*:<port>":{...}},"Outgoing":{"<address>:<port>":{...}}}} */
static bool read_ttls(struct bytes text, const struct marble_log *log, struct arena *arena,
                      struct err *err)
{
    const struct json *const top = json_parse(text, JSON_TRAILING_REFUSED, arena, err);

    if (top == NULL)
        return false;
    const struct json *const tls = json_member(top, "tls");
    const struct json *const incoming = tls == NULL ? NULL : json_member(tls, "Incoming");
    const struct json *const outgoing = tls == NULL ? NULL : json_member(tls, "Outgoing");
    if ((incoming == NULL || json_first(incoming) == NULL) &&
        (outgoing == NULL || json_first(outgoing) == NULL))
        return err_set(err, FAIL_MALFORMED, "TTLS config is empty");
    say_info(log, "TTLS config");
    if (incoming != NULL)
        say_connections(incoming, "Incoming", log);
    if (outgoing != NULL)
        say_connections(outgoing, "Outgoing", log);
    return true;
}

bool parameters_check_ttls(const struct marble_parameters *parameters, enum libos libos,
                           const struct marble_log *log, struct err *err)
{
    struct bytes text;
    auto_arena arena = { 0 };

    if (!parameters_variable(parameters, "MARBLE_TTLS_CONFIG", &text)) {
        say_info(log, "Not using TTLS");
        return true;
    }
    if (libos != LIBOS_NONE)
        return err_set(err, FAIL_DENIED,
                       "TTLS configured, but Marble runtime doesn't support TTLS");
    if (!read_ttls(text, log, &arena, err))
        return err_in(err, "MARBLE_TTLS_CONFIG");
    say_warn(
        log,
        "nothing here does TTLS for the application: it has to read MARBLE_TTLS_CONFIG itself");
    return true;
}
