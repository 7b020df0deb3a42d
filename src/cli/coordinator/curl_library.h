/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/err.h"

#include <curl/curl.h>

/*
 * libcurl, loaded when the first request is made: with its thirty libraries it would cost every
 * command, also `taw --help`, more time than all the rest.
 */
struct curl_library {
    CURLcode (*global_init)(long flags);
    CURL *(*easy_init)(void);
    CURLcode (*easy_setopt)(CURL *, CURLoption, ...);
    CURLcode (*easy_perform)(CURL *);
    CURLcode (*easy_getinfo)(CURL *, CURLINFO, ...);
    void (*easy_cleanup)(CURL *);
    struct curl_slist *(*slist_append)(struct curl_slist *, const char *);
    void (*slist_free_all)(struct curl_slist *);
    const char *(*easy_strerror)(CURLcode);
    curl_version_info_data *(*version_info)(CURLversion);
};

/* The library stays loaded until the process ends. FAIL_UNAVAILABLE: it is not installed, or does not use
 * OpenSSL, whose connections are verified by us. */
bool curl_library_load(struct curl_library *curl, struct err *err) MUST_CHECK;
