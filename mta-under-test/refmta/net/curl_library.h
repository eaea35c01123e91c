/*
 * libcurl, loaded with the first request (see base/library.h): of the servers most never make one,
 * and two dozen libraries stand below it.
 */
#pragma once

#include <curl/curl.h>

#include "mta-under-test/base/err.h"

#define CURL_LIBRARY_FUNCTIONS(X) \
    X(easy_cleanup)               \
    X(easy_getinfo)               \
    X(easy_init)                  \
    X(easy_setopt)                \
    X(easy_strerror)              \
    X(global_cleanup)             \
    X(global_init)                \
    X(multi_add_handle)           \
    X(multi_assign)               \
    X(multi_cleanup)              \
    X(multi_info_read)            \
    X(multi_init)                 \
    X(multi_remove_handle)        \
    X(multi_setopt)               \
    X(multi_socket_action)        \
    X(slist_append)               \
    X(slist_free_all)

/* curl_easy_init() is easy_init() here, and so on. */
struct curl_library {
#define X(name) __typeof__(curl_##name) *name;
    CURL_LIBRARY_FUNCTIONS(X)
#undef X
};

/* Loads what is not loaded yet. NULL with the reason in `err`; the next call tries again. */
const struct curl_library *curl_library(struct err *err) MUST_CHECK;
