/* SPDX-License-Identifier: Apache-2.0 */
#include "base/env.h"
#include "cli/attest/show.h"
#include "cli/coordinator/doctor.h"

#include <errno.h>
#include <inttypes.h>
#include <netdb.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* From the name to the quote; each step needs those before it. */

enum { CLOCK_WARNING_S = 60, CLOCK_FAILED_S = 5 * 60 };

static void skip(struct doctor *d, const char *const *names, const char *why)
{
    for (; *names != NULL; names++)
        doctor_add(d, *names, FINDING_UNCHECKED, NULL, "%s", why);
}

/* ---- the way there ---- */

static const char *proxy_variable(void)
{
    static const char *const names[] = { "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY" };

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        const char *const value = getenv(names[i]);
        if (value != NULL && value[0] != '\0')
            return names[i];
    }
    return NULL;
}

static void put_address(const struct addrinfo *a, struct buf *out)
{
    char host[NI_MAXHOST];

    if (getnameinfo(a->ai_addr, a->ai_addrlen, host, sizeof host, NULL, 0, NI_NUMERICHOST) == 0)
        buf_add_format(out, "%s%s", out->len > 0 ? ", " : "", host);
}

/* NULL: it has none. Freed by the caller. */
static struct addrinfo *resolve(struct doctor *d, const struct endpoint *endpoint)
{
    const struct addrinfo wanted = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV };
    auto_string *port = mem_printf("%u", (unsigned)endpoint->port);
    struct addrinfo *found = NULL;
    auto_buf list = { 0 };

    const int code = getaddrinfo(endpoint->host, port, &wanted, &found);
    if (code != 0) {
        doctor_add(d, "name", FINDING_FAILED,
                   "is the name right, and does this machine reach its "
                   "name server?",
                   "%s: %s", endpoint->host,
                   code == EAI_SYSTEM ? strerror(errno) : gai_strerror(code));
        return NULL;
    }
    for (const struct addrinfo *a = found; a != NULL; a = a->ai_next)
        put_address(a, &list);
    doctor_add(d, "name", FINDING_OK, NULL, "%s is %.*s", endpoint->host,
               BYTES_FMT(buf_bytes(&list)));
    return found;
}

/* 0, or errno. */
static int connect_within(const struct addrinfo *a, int ms)
{
    const int fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct pollfd watched = { .fd = fd, .events = POLLOUT };
    socklen_t len = sizeof(int);
    int error = 0;

    if (fd < 0)
        return errno;
    if (connect(fd, a->ai_addr, a->ai_addrlen) != 0) {
        error = errno;
        if (error == EINPROGRESS && poll(&watched, 1, ms) == 0)
            error = ETIMEDOUT;
        else if (error == EINPROGRESS && getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
            error = errno;
    }
    (void)close(fd);
    return error;
}

/* All of them: libcurl takes the first that answers, and so hides one that does not. */
static bool check_tcp(struct doctor *d, const struct addrinfo *found, uint16_t port)
{
    const unsigned seconds = option_count(&d->cli->options, "connect-timeout");
    auto_buf good = { 0 }, bad = { 0 };

    for (const struct addrinfo *a = found; a != NULL; a = a->ai_next) {
        const int error = connect_within(a, seconds == 0 ? -1 : (int)seconds * 1000);
        put_address(a, error == 0 ? &good : &bad);
        if (error != 0)
            buf_add_format(&bad, " (%s)", strerror(error));
    }
    if (good.len == 0)
        doctor_add(d, "tcp", FINDING_FAILED,
                   "does the Coordinator run, is this its client port (not that of the mesh), and "
                   "does a firewall let it through?",
                   "port %u: nobody answers at %.*s", (unsigned)port, BYTES_FMT(buf_bytes(&bad)));
    else if (bad.len > 0)
        doctor_add(d, "tcp", FINDING_WARNING, "clients that take that address wait in vain",
                   "port %u: %.*s answers, but not %.*s", (unsigned)port,
                   BYTES_FMT(buf_bytes(&good)), BYTES_FMT(buf_bytes(&bad)));
    else
        doctor_add(d, "tcp", FINDING_OK, NULL, "port %u of %.*s answers", (unsigned)port,
                   BYTES_FMT(buf_bytes(&good)));
    return good.len > 0;
}

static bool check_way(struct doctor *d, const struct endpoint *endpoint)
{
    static const char *const both[] = { "name", "tcp", NULL };
    static const char *const tcp[] = { "tcp", NULL };
    const char *const proxy = proxy_variable();

    if (proxy != NULL) {
        auto_string *why = mem_printf("%s may lead over a proxy", proxy);
        skip(d, both, why);
        return true;
    }
    struct addrinfo *const found = resolve(d, endpoint);
    if (found == NULL) {
        skip(d, tcp, "the name is not known");
        return false;
    }
    const bool answers = check_tcp(d, found, endpoint->port);
    freeaddrinfo(found);
    return answers;
}

/* ---- who is there ---- */

static void check_san(struct doctor *d, const struct session *s)
{
    const struct tls_pin *const pin = transport_pin(s->transport);
    struct err err = { 0 };

    if (tls_pin_accepts(pin, pin->shown, &err))
        doctor_add(d, "san", FINDING_OK, NULL, "the certificate is for %s", s->endpoint.host);
    else
        doctor_add(d, "san", FINDING_FAILED,
                   "use a name of the certificate, or start the Coordinator with this one among "
                   "its DNS names (tawd --dns-names) before it has a state",
                   "%s", err.text);
}

static bool is_of(const struct cert *shown, const struct cert *root)
{
    return bytes_equal(cert_der(shown), cert_der(root)) || cert_issued_by(shown, root);
}

static void check_root(struct doctor *d, const struct session *s, uint64_t code)
{
    const struct cert *const shown = transport_pin(s->transport)->shown;

    if (!d->has_cache)
        doctor_add(d, "root", FINDING_UNCHECKED, NULL, "there is no pinned root certificate");
    else if (is_of(shown, d->cache.root))
        doctor_add(d, "root", FINDING_OK, NULL, "it is the pinned Coordinator");
    else if (code == STATE_RECOVERY)
        doctor_add(
            d, "root", FINDING_WARNING,
            "`status --collateral BUNDLE --era-config POLICY` verifies it; the pinned one is "
            "back after the recovery",
            "not the pinned root certificate, as is usual in recovery mode");
    else
        doctor_add(
            d, "root", FINDING_FAILED,
            "if the Coordinator was set up anew, `manifest verify` verifies and pins it; else "
            "somebody stands in its place",
            "another root certificate than the pinned one");
}

/* date: of the answer, seconds since 1970; 0: none. */
static void check_clock(struct doctor *d, const struct session *s, int64_t date)
{
    static const char advice[] = "set this machine's clock (NTP)";
    const struct cert *const shown = transport_pin(s->transport)->shown;
    const int64_t now = env_now_ms(NULL) / 1000;
    const int64_t off = date == 0 ? 0 : llabs(now - date);

    if (now < cert_not_before(shown) || now > cert_not_after(shown))
        doctor_add(d, "clock", FINDING_FAILED, advice,
                   "it is %s here, and the certificate is good from %s to %s", moment_of(now).text,
                   moment_of(cert_not_before(shown)).text, moment_of(cert_not_after(shown)).text);
    else if (off > CLOCK_WARNING_S)
        doctor_add(d, "clock", off > CLOCK_FAILED_S ? FINDING_FAILED : FINDING_WARNING,
                   "set the clock that is wrong (NTP)",
                   "it is %s here and %s there: %" PRId64 " s apart", moment_of(now).text,
                   moment_of(date).text, off);
    else
        doctor_add(d, "clock", FINDING_OK, NULL, "%s, %s", moment_of(now).text,
                   date != 0 ? "as at the Coordinator"
                             : "within the certificate's time; the Coordinator tells none");
}

static void check_state(struct doctor *d, uint64_t code, struct bytes message)
{
    const char *advice = NULL;

    if (code == STATE_RECOVERY)
        advice = "`recover` brings the state back";
    else if (code == STATE_AWAITS_MANIFEST)
        advice = "`manifest set`";
    doctor_add(d, "state", code == STATE_RUNNING ? FINDING_OK : FINDING_WARNING, advice, "%.*s",
               BYTES_FMT(message));
}

static void check_quote(struct doctor *d, struct session *s)
{
    const struct options *const options = &d->cli->options;
    const bool can_judge = d->has_policy && option_text(options, "collateral") != NULL;
    struct err err = { 0 };

    const bool accepted = session_verify(s, &err);
    if (s->root != NULL && s->quote.len == 0) {
        doctor_add_error(d, "quote", FINDING_NONE, &err);
        doctor_add(d, "quote", FINDING_WARNING,
                   "for tests only: commands that verify want --insecure",
                   "there is none: the Coordinator runs in simulation mode");
    } else if (!accepted) {
        doctor_add_error(d, "quote",
                         s->root == NULL || can_judge ? FINDING_FAILED : FINDING_UNCHECKED, &err);
    } else if (option_switch(options, "insecure")) {
        doctor_add(d, "quote", FINDING_UNCHECKED, NULL,
                   "there is one of %zu bytes, which --insecure does not verify", s->quote.len);
    } else if (!is_of(transport_pin(s->transport)->shown, s->root)) {
        doctor_add(d, "quote", FINDING_FAILED, "somebody stands in between, and hands it on",
                   "it is genuine, and for another root certificate than that of this connection");
    } else {
        doctor_add(d, "quote", FINDING_OK, NULL, "it is genuine and fits the policy");
    }
}

static void check_answer(struct doctor *d, struct session *s)
{
    static const char *const without_tls[] = {
        "san", "root", "clock", "api", "state", "quote", NULL
    };
    static const char *const without_answer[] = { "state", "quote", NULL };
    auto_answer answer = { 0 };
    struct bytes message;
    struct err err = { 0 };
    uint64_t code;

    const bool told = session_status(s, &code, &answer, &message, &err);
    if (s->transport == NULL || transport_pin(s->transport)->shown == NULL) {
        doctor_add_error(d, "tls", FINDING_FAILED, &err);
        skip(d, without_tls, "there is no TLS connection");
        return;
    }
    doctor_add(d, "tls", FINDING_OK, NULL, "the handshake is complete");
    check_san(d, s);
    check_root(d, s, code);
    check_clock(d, s, answer.reply.date);
    if (!told) {
        doctor_add_error(d, "api", FINDING_FAILED, &err);
        skip(d, without_answer, "the state is not known");
        return;
    }
    if (answer.is_v1)
        doctor_add(d, "api", FINDING_WARNING,
                   "a newer Coordinator has it; without it no quote is fresh",
                   "there is only the API of version 1");
    else
        doctor_add(d, "api", FINDING_OK, NULL, "version 2");
    check_state(d, code, message);
    check_quote(d, s);
}

void doctor_check_coordinator(struct doctor *d, struct session *s)
{
    static const char *const rest[] = {
        "tls", "san", "root", "clock", "api", "state", "quote", NULL
    };

    if (check_way(d, &s->endpoint))
        check_answer(d, s);
    else
        skip(d, rest, "nobody answers");
}
