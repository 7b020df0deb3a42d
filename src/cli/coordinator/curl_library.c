/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/coordinator/curl_library.h"

#include <dlfcn.h>
#include <string.h>

static bool look_up(void *library, struct curl_library *curl, struct err *err)
{
    const struct {
        const char *name;
        void *place; /* of a pointer to a function; POSIX lets dlsym give those as void * */
    } symbols[] = {
        { "curl_global_init", &curl->global_init },
        { "curl_easy_init", &curl->easy_init },
        { "curl_easy_setopt", &curl->easy_setopt },
        { "curl_easy_perform", &curl->easy_perform },
        { "curl_easy_getinfo", &curl->easy_getinfo },
        { "curl_easy_cleanup", &curl->easy_cleanup },
        { "curl_slist_append", &curl->slist_append },
        { "curl_slist_free_all", &curl->slist_free_all },
        { "curl_easy_strerror", &curl->easy_strerror },
        { "curl_version_info", &curl->version_info },
    };

    for (size_t i = 0; i < COUNT_OF(symbols); i++) {
        void *const symbol = dlsym(library, symbols[i].name);
        if (symbol == NULL)
            return err_set(err, FAIL_UNAVAILABLE, "libcurl has no %s", symbols[i].name);
        memcpy(symbols[i].place, &symbol, sizeof symbol);
    }
    return true;
}

bool curl_library_load(struct curl_library *curl, struct err *err)
{
    void *const library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);

    if (library == NULL)
        return err_set(err, FAIL_UNAVAILABLE, "libcurl is needed to reach a Coordinator: %.200s",
                       dlerror());
    if (!look_up(library, curl, err))
        return false;
    if (curl->global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return err_set(err, FAIL_UNAVAILABLE, "libcurl does not start");
    const char *const tls = curl->version_info(CURLVERSION_NOW)->ssl_version;
    if (tls == NULL || strncmp(tls, "OpenSSL/", 8) != 0)
        return err_set(err, FAIL_UNAVAILABLE,
                       "this libcurl uses \"%.100s\" for TLS; the one with OpenSSL 3 is needed",
                       tls == NULL ? "nothing" : tls);
    return true;
}
