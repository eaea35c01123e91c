#include "mta-under-test/refmta/net/curl_library.h"

#include "mta-under-test/base/library.h"

#include "mta-under-test/base/poison.h"

const struct curl_library *curl_library(struct err *err)
{
    static struct curl_library calls;
    static const struct library_symbol SYMBOLS[] = {
#define X(name) {"curl_" #name, &calls.name},
        CURL_LIBRARY_FUNCTIONS(X)
#undef X
    };
    static struct library library = {
        .file = "libcurl.so.4", .symbols = SYMBOLS, .count = sizeof SYMBOLS / sizeof SYMBOLS[0]};
    return library_load(&library, err) == 0 ? &calls : NULL;
}
