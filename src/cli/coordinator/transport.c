/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/coordinator/transport.h"

#include "cli/coordinator/curl_library.h"
#include "cli/io/signals.h"
#include "crypto/key_held.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    LARGEST_REPLY = 512 << 20, /* bytes; the log of ten years fits */
    LONGEST_PAUSE_S = 30,
    STATUS_UNAVAILABLE = 503,
};

struct transport {
    struct cli *cli;
    struct curl_library curl;
    CURL *easy;
    char *url;
    struct tls_pin pin;
    struct err tls_failure; /* of the callback */
    bool too_large;
    bool renew;       /* the next request does without the connection that is there */
    int64_t limit_ms; /* of a request; 0: --timeout */
    struct buf *body; /* of the reply that is being read */
    int64_t *date;    /* the same */
    char reason[CURL_ERROR_SIZE];
};

static size_t on_body(char *at, size_t size, size_t count, void *arg)
{
    struct transport *const t = arg;

    t->too_large = size * count > LARGEST_REPLY - t->body->len;
    if (t->too_large)
        return 0;
    buf_add(t->body, bytes_of(at, size * count));
    return size * count;
}

/* RFC 9110, 5.6.7, in the form that servers send: "Sun, 06 Nov 1994 08:49:37 GMT". 0: it is no such time. */
static int64_t date_of(struct bytes value)
{
    auto_string *text = bytes_to_string(value);
    struct tm utc = { 0 };
    const char *const end = strptime(text, " %a, %d %b %Y %H:%M:%S GMT", &utc);

    return end == NULL || strspn(end, " \r\n") != strlen(end) ? 0 : (int64_t)timegm(&utc);
}

static size_t on_header(char *at, size_t size, size_t count, void *arg)
{
    static const char name[] = "Date:";
    struct transport *const t = arg;
    const struct bytes line = bytes_of(at, size * count);
    const size_t len = strlen(name);

    if (line.len > len && bytes_equal_nocase(bytes_of(line.at, len), name))
        *t->date = date_of(bytes_of(line.at + len, line.len - len));
    return line.len;
}

/* libcurl asks at least once a second. */
static int on_progress(void *arg, curl_off_t down_all, curl_off_t down, curl_off_t up_all,
                       curl_off_t up)
{
    (void)arg, (void)down_all, (void)down, (void)up_all, (void)up;
    return signals_pending() ? 1 : 0;
}

static CURLcode on_tls(CURL *easy, void *ssl_ctx, void *arg)
{
    struct transport *const t = arg;

    (void)easy;
    return tls_pin_apply(&t->pin, ssl_ctx, &t->tls_failure) ? CURLE_OK : CURLE_SSL_CERTPROBLEM;
}

/* Options that stay as they are. libcurl refuses one only when it was built without it. */
static bool set_up(struct transport *t)
{
    const struct options *const options = &t->cli->options;
    const struct curl_library *const curl = &t->curl;
    const long connect_s = (long)option_count(options, "connect-timeout");
    const long total_s = (long)option_count(options, "timeout");

    return curl->easy_setopt(t->easy, CURLOPT_ERRORBUFFER, t->reason) == CURLE_OK &&
           curl->easy_setopt(t->easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl->easy_setopt(t->easy, CURLOPT_PROTOCOLS_STR, "https") == CURLE_OK &&
           curl->easy_setopt(t->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) ==
               CURLE_OK &&
           curl->easy_setopt(t->easy, CURLOPT_USERAGENT, "taw/" TAW_VERSION) == CURLE_OK &&
           curl->easy_setopt(t->easy, CURLOPT_CONNECTTIMEOUT, connect_s) == CURLE_OK &&
           curl->easy_setopt(t->easy, CURLOPT_TIMEOUT, total_s) == CURLE_OK &&
           curl->easy_setopt(t->easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) ==
               CURLE_OK &&
           /* Chain and name are judged by struct tls_pin, whatever libcurl believes. */
           curl->easy_setopt(t->easy, CURLOPT_CAINFO, NULL) == CURLE_OK &&
           curl->easy_setopt(t->easy, CURLOPT_CAPATH, NULL) == CURLE_OK &&
           curl->easy_setopt(t->easy, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK &&
           curl->easy_setopt(t->easy, CURLOPT_SSL_VERIFYHOST, 0L) == CURLE_OK &&
           curl->easy_setopt(t->easy, CURLOPT_SSL_CTX_FUNCTION, on_tls) == CURLE_OK &&
           curl->easy_setopt(t->easy, CURLOPT_SSL_CTX_DATA, t) == CURLE_OK &&
           curl->easy_setopt(t->easy, CURLOPT_SSL_SESSIONID_CACHE, 0L) == CURLE_OK &&
           curl->easy_setopt(t->easy, CURLOPT_NOPROGRESS, 0L) == CURLE_OK &&
           curl->easy_setopt(t->easy, CURLOPT_XFERINFOFUNCTION, on_progress) == CURLE_OK &&
           curl->easy_setopt(t->easy, CURLOPT_HEADERFUNCTION, on_header) == CURLE_OK &&
           curl->easy_setopt(t->easy, CURLOPT_HEADERDATA, t) == CURLE_OK &&
           curl->easy_setopt(t->easy, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK &&
           curl->easy_setopt(t->easy, CURLOPT_WRITEDATA, t) == CURLE_OK;
}

struct transport *transport_new(struct cli *cli, const struct endpoint *endpoint, struct err *err)
{
    auto_transport *t = mem_zero_alloc(1, sizeof *t);

    t->cli = cli;
    if (!curl_library_load(&t->curl, err))
        return NULL;
    t->easy = t->curl.easy_init();
    if (t->easy == NULL || !set_up(t)) {
        (void)err_set(err, FAIL_INTERNAL, "libcurl cannot do what is needed");
        return NULL;
    }
    t->url = mem_string(endpoint->url);
    t->pin.name = endpoint->host;
    return TAKE(t);
}

void transport_free(struct transport *t)
{
    if (t == NULL)
        return;
    if (t->easy != NULL)
        t->curl.easy_cleanup(t->easy);
    tls_pin_clear(&t->pin);
    free(t->url);
    free(t);
}

void transport_renew(struct transport *t)
{
    t->renew = true;
}

void transport_limit(struct transport *t, int64_t ms)
{
    const int64_t usual = INT64_C(1000) * option_count(&t->cli->options, "timeout");

    t->limit_ms = usual == 0 || ms < usual ? ms : usual;
}

struct tls_pin *transport_pin(struct transport *t)
{
    return &t->pin;
}

void reply_clear(struct reply *reply)
{
    buf_clear(&reply->body);
    *reply = (struct reply){ 0 };
}

/* Did it fail before the Coordinator can have seen anything of the request? */
static bool never_sent(const struct transport *t, CURLcode code)
{
    long sent = 0;

    if (code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_RESOLVE_PROXY ||
        code == CURLE_COULDNT_CONNECT || code == CURLE_SSL_CONNECT_ERROR)
        return true;
    return t->curl.easy_getinfo(t->easy, CURLINFO_REQUEST_SIZE, &sent) == CURLE_OK && sent == 0;
}

/* Did the token not do its part of the handshake? */
static bool key_refused(const struct transport *t, struct err *err)
{
    return t->pin.key != NULL && key_held_refusal(t->pin.key, err);
}

static bool name_failure(struct transport *t, const char *method, const char *url, CURLcode code,
                         struct err *err)
{
    if (t->too_large)
        return err_set(err, FAIL_TOO_LARGE, "%s %s: the answer has more than %d bytes", method, url,
                       LARGEST_REPLY);
    if (t->tls_failure.kind != FAIL_NONE) {
        *err = t->tls_failure;
        return cli_fail(t->cli, EXIT_KEY, NULL);
    }
    if (key_refused(t, err))
        return cli_fail(t->cli, EXIT_KEY, NULL);
    if (t->pin.refusal.kind != FAIL_NONE) {
        *err = t->pin.refusal;
        (void)cli_fail(t->cli, EXIT_TRUST, TRANSPORT_PIN_HINT);
        return err_in(err, "%s %s", method, url);
    }
    (void)cli_fail(t->cli, EXIT_UNREACHABLE, NULL);
    return err_set(err, FAIL_UNAVAILABLE, "%s %s: %.200s", method, url,
                   t->reason[0] != '\0' ? t->reason : t->curl.easy_strerror(code));
}

static bool set_request(struct transport *t, const char *url, const struct bytes *body,
                        struct curl_slist **headers)
{
    const struct curl_library *const curl = &t->curl;

    *headers = body != NULL && body->len > 0
                   ? curl->slist_append(*headers, "Content-Type: application/json")
                   : curl->slist_append(*headers, "Content-Type:");
    /* Without it libcurl waits a second before larger bodies. */
    struct curl_slist *const more = curl->slist_append(*headers, "Expect:");
    if (*headers == NULL || more == NULL)
        return false;
    *headers = more;
    if (curl->easy_setopt(t->easy, CURLOPT_URL, url) != CURLE_OK ||
        curl->easy_setopt(t->easy, CURLOPT_HTTPHEADER, *headers) != CURLE_OK)
        return false;
    if (curl->easy_setopt(t->easy, CURLOPT_FRESH_CONNECT, t->renew ? 1L : 0L) != CURLE_OK)
        return false;
    t->renew = false;
    if (t->limit_ms > 0 &&
        curl->easy_setopt(t->easy, CURLOPT_TIMEOUT_MS, (long)t->limit_ms) != CURLE_OK)
        return false;
    if (body == NULL)
        return curl->easy_setopt(t->easy, CURLOPT_HTTPGET, 1L) == CURLE_OK;
    return curl->easy_setopt(t->easy, CURLOPT_POST, 1L) == CURLE_OK &&
           curl->easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body->len) ==
               CURLE_OK &&
           curl->easy_setopt(t->easy, CURLOPT_POSTFIELDS,
                             body->len > 0 ? (const char *)body->at : "") == CURLE_OK;
}

/* One try. *again: another one may do better. */
static bool send_once(struct transport *t, const char *url, const struct bytes *body,
                      struct reply *reply, bool *again, struct err *err)
{
    const char *const method = body == NULL ? "GET" : "POST";
    struct curl_slist *headers = NULL;

    reply_clear(reply);
    t->body = &reply->body;
    t->date = &reply->date;
    t->reason[0] = '\0';
    t->tls_failure = (struct err){ 0 };
    t->pin.refusal = (struct err){ 0 };
    const bool set = set_request(t, url, body, &headers);
    const CURLcode code = set ? t->curl.easy_perform(t->easy) : CURLE_FAILED_INIT;
    t->curl.slist_free_all(headers);
    if (code != CURLE_OK) {
        *again = t->pin.refusal.kind == FAIL_NONE && t->tls_failure.kind == FAIL_NONE &&
                 !t->too_large && set && code != CURLE_ABORTED_BY_CALLBACK &&
                 !key_refused(t, err) && (body == NULL || never_sent(t, code));
        return name_failure(t, method, url, code, err);
    }
    (void)t->curl.easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &reply->status);
    *again = body == NULL && reply->status == STATUS_UNAVAILABLE;
    return true;
}

bool transport_send(struct transport *t, const char *path, const struct bytes *body,
                    struct reply *reply, struct err *err)
{
    auto_string *url = mem_printf("%s%s", t->url, path);
    unsigned left = option_count(&t->cli->options, "retry"), pause_s = 1;

    for (;;) {
        bool again = false;
        const bool sent = send_once(t, url, body, reply, &again, err);
        if (!again || left == 0)
            return sent;
        output_say(&t->cli->out, "%s; trying again in %u s",
                   sent ? "the Coordinator is busy (503)" : err->text, pause_s);
        if (!signals_wait(-1, (int)pause_s * 1000))
            return sent;
        pause_s = pause_s * 2 > LONGEST_PAUSE_S ? LONGEST_PAUSE_S : pause_s * 2;
        left--;
        t->cli->status = EXIT_GOOD;
    }
}
