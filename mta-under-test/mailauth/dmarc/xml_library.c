#include "mta-under-test/mailauth/dmarc/xml_library.h"

#include "mta-under-test/base/library.h"

#include "mta-under-test/base/poison.h"

const struct xml_library *xml_library(struct err *err)
{
    static struct xml_library calls;
    static const struct library_symbol SYMBOLS[] = {
        {"xmlReadMemory", &calls.read_memory},
        {"xmlFreeDoc", &calls.free_doc},
        {"xmlNodeGetContent", &calls.node_get_content},
        {"xmlFree", &calls.free_text},
    };
    static struct library library = {
        .file = "libxml2.so.2", .symbols = SYMBOLS, .count = sizeof SYMBOLS / sizeof SYMBOLS[0]};
    return library_load(&library, err) == 0 ? &calls : NULL;
}
