/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/collateral/get.h"

#include "attestation/bundle.h"
#include "cli/coordinator/curl_library.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    TRIES_AGAIN = 3, /* without --retry */
    LONGEST_PAUSE_S = 8,
    LARGEST_HEADER = 64 << 10,
    STATUS_GOOD = 200,
    STATUS_NOT_FOUND = 404,
    STATUS_BUSY = 429,
    STATUS_FAILED = 500,
};

struct getter {
    struct cli *cli;
    struct curl_library curl;
    CURL *easy;
    struct got *got; /* of the request that is running */
    bool too_large;
    char reason[CURL_ERROR_SIZE];
};

void got_clear(struct got *got)
{
    buf_clear(&got->body);
    buf_clear(&got->issuer_chain);
}

static size_t on_body(char *at, size_t size, size_t count, void *arg)
{
    struct getter *const g = arg;

    g->too_large = size * count > BUNDLE_ITEM_MAX - g->got->body.len;
    if (g->too_large)
        return 0;
    buf_add(&g->got->body, bytes_of(at, size * count));
    return size * count;
}

static struct bytes trimmed(struct bytes text)
{
    while (text.len > 0 && strchr(" \t\r\n", text.at[text.len - 1]) != NULL)
        text.len--;
    while (text.len > 0 && (text.at[0] == ' ' || text.at[0] == '\t'))
        text = bytes_of(text.at + 1, text.len - 1);
    return text;
}

/* One header line. The services name the chain differently: SGX-PCK-CRL-Issuer-Chain, TCB-Info-Issuer-Chain, ... */
static size_t on_header(char *at, size_t size, size_t count, void *arg)
{
    static const char end[] = "Issuer-Chain";
    struct getter *const g = arg;
    const struct bytes line = bytes_of(at, size * count);
    const uint8_t *const colon = memchr(line.at, ':', line.len);
    const size_t name_len = colon == NULL ? 0 : (size_t)(colon - line.at);

    if (name_len < strlen(end) ||
        !bytes_equal_nocase(bytes_of(colon - strlen(end), strlen(end)), end))
        return line.len;
    g->too_large = line.len > LARGEST_HEADER;
    if (g->too_large)
        return 0;
    buf_truncate(&g->got->issuer_chain, 0);
    buf_add(&g->got->issuer_chain, trimmed(bytes_of(colon + 1, line.len - name_len - 1)));
    return line.len;
}

static bool set_up(struct getter *g)
{
    const struct options *const options = &g->cli->options;
    const struct curl_library *const curl = &g->curl;
    const char *const ca_file = option_text(options, "ca-file");
    const long connect_s = (long)option_count(options, "connect-timeout");
    const long total_s = (long)option_count(options, "timeout");

    return curl->easy_setopt(g->easy, CURLOPT_ERRORBUFFER, g->reason) == CURLE_OK &&
           curl->easy_setopt(g->easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl->easy_setopt(g->easy, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
           curl->easy_setopt(g->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) ==
               CURLE_OK &&
           curl->easy_setopt(g->easy, CURLOPT_USERAGENT, "taw/" TAW_VERSION) == CURLE_OK &&
           curl->easy_setopt(g->easy, CURLOPT_CONNECTTIMEOUT, connect_s) == CURLE_OK &&
           curl->easy_setopt(g->easy, CURLOPT_TIMEOUT, total_s) == CURLE_OK &&
           curl->easy_setopt(g->easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) ==
               CURLE_OK &&
           (ca_file == NULL || curl->easy_setopt(g->easy, CURLOPT_CAINFO, ca_file) == CURLE_OK) &&
           curl->easy_setopt(g->easy, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK &&
           curl->easy_setopt(g->easy, CURLOPT_WRITEDATA, g) == CURLE_OK &&
           curl->easy_setopt(g->easy, CURLOPT_HEADERFUNCTION, on_header) == CURLE_OK &&
           curl->easy_setopt(g->easy, CURLOPT_HEADERDATA, g) == CURLE_OK;
}

struct getter *getter_new(struct cli *cli, struct err *err)
{
    auto_getter *g = mem_zero_alloc(1, sizeof *g);

    g->cli = cli;
    if (!curl_library_load(&g->curl, err))
        return NULL;
    g->easy = g->curl.easy_init();
    if (g->easy == NULL || !set_up(g)) {
        (void)err_set(err, FAIL_INTERNAL, "libcurl cannot do what is needed");
        return NULL;
    }
    return TAKE(g);
}

void getter_free(struct getter *g)
{
    if (g == NULL)
        return;
    if (g->easy != NULL)
        g->curl.easy_cleanup(g->easy);
    free(g);
}

static bool judge_status(struct getter *g, const char *url, long status, bool *again,
                         struct err *err)
{
    if (status == STATUS_GOOD)
        return true;
    *again = status == STATUS_BUSY || status >= STATUS_FAILED;
    if (status == STATUS_NOT_FOUND) {
        (void)cli_fail(g->cli, EXIT_NOT_FOUND, NULL);
        return err_set(err, FAIL_NOT_FOUND, "GET %.200s: the service does not have it (404)", url);
    }
    (void)cli_fail(g->cli, *again ? EXIT_UNREACHABLE : EXIT_FAILED, NULL);
    return err_set(err, *again ? FAIL_UNAVAILABLE : FAIL_DENIED,
                   "GET %.200s: the service answers with status %ld", url, status);
}

static bool get_once(struct getter *g, const char *url, struct got *got, bool *again,
                     struct err *err)
{
    long status = 0;

    got_clear(got);
    *err = (struct err){ 0 };
    g->got = got;
    g->too_large = false;
    g->reason[0] = '\0';
    const bool set = g->curl.easy_setopt(g->easy, CURLOPT_URL, url) == CURLE_OK;
    const CURLcode code = set ? g->curl.easy_perform(g->easy) : CURLE_FAILED_INIT;
    if (g->too_large)
        return err_set(err, FAIL_TOO_LARGE, "GET %.200s: the answer has more than %d bytes", url,
                       BUNDLE_ITEM_MAX);
    if (code != CURLE_OK) {
        const bool distrusted =
            code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE;
        /* Neither a wrong URL nor a wrong certificate gets better by waiting. */
        *again = !distrusted && code != CURLE_URL_MALFORMAT && code != CURLE_UNSUPPORTED_PROTOCOL;
        (void)cli_fail(g->cli, distrusted ? EXIT_TRUST : EXIT_UNREACHABLE, NULL);
        return err_set(err, FAIL_UNAVAILABLE, "GET %.200s: %.200s", url,
                       g->reason[0] != '\0' ? g->reason : g->curl.easy_strerror(code));
    }
    (void)g->curl.easy_getinfo(g->easy, CURLINFO_RESPONSE_CODE, &status);
    return judge_status(g, url, status, again, err);
}

bool getter_get(struct getter *g, const char *url, struct got *got, struct err *err)
{
    const bool typed = option_is_set(&g->cli->options, "retry");
    unsigned left = typed ? option_count(&g->cli->options, "retry") : TRIES_AGAIN, pause_s = 1;

    for (;;) {
        bool again = false;
        if (get_once(g, url, got, &again, err))
            return true;
        if (!again || left == 0)
            return false;
        output_say(&g->cli->out, "%s; trying again in %u s", err->text, pause_s);
        (void)sleep(pause_s);
        pause_s = pause_s * 2 > LONGEST_PAUSE_S ? LONGEST_PAUSE_S : pause_s * 2;
        left--;
        g->cli->status = EXIT_GOOD;
    }
}

static void wipe_headers(struct getter *g, struct curl_slist *headers)
{
    for (struct curl_slist *header = headers; header != NULL; header = header->next)
        explicit_bzero(header->data, strlen(header->data));
    g->curl.slist_free_all(headers);
}

bool getter_get_with_key(struct getter *g, const char *url, struct bytes key, struct got *got,
                         struct err *err)
{
    auto_buf header = { 0 };

    if (key.len == 0)
        return getter_get(g, url, got, err);
    buf_add_string(&header, "Ocp-Apim-Subscription-Key: ");
    buf_add(&header, key);
    buf_add_u8(&header, '\0');
    struct curl_slist *const headers = g->curl.slist_append(NULL, (const char *)header.at);
    const bool done =
        headers != NULL && g->curl.easy_setopt(g->easy, CURLOPT_HTTPHEADER, headers) == CURLE_OK
            ? getter_get(g, url, got, err)
            : err_set(err, FAIL_INTERNAL, "libcurl cannot do what is needed");
    (void)g->curl.easy_setopt(g->easy, CURLOPT_HTTPHEADER, NULL);
    wipe_headers(g, headers);
    return done;
}
