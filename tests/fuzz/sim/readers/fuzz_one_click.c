/*
 * List-Unsubscribe of a hostile sender: what is found can be put into a request as it is.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "sim/readers/one_click.h"

#include "mta-under-test/base/poison.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct one_click_url url;
    if (!one_click_find_url(slice_from((const char *)data, size), &url))
        return 0;
    assert(url.host[0] != '\0' && url.target[0] == '/' && url.port != 0);
    assert(strpbrk(url.host, "\r\n /?#:") == NULL && strpbrk(url.target, "\r\n ") == NULL);
    return 0;
}
