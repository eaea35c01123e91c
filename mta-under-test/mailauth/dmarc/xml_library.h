/*
 * libxml2, loaded with the first report that is read (see base/library.h): of the programs that can
 * read one most never do.
 */
#pragma once

#include <libxml/parser.h>
#include <libxml/tree.h>

#include "mta-under-test/base/err.h"

struct xml_library {
    __typeof__(xmlReadMemory) *read_memory;
    __typeof__(xmlFreeDoc) *free_doc;
    __typeof__(xmlNodeGetContent) *node_get_content;
    xmlFreeFunc *free_text; /* for what node_get_content() gives; a variable of the library */
};

/* Loads what is not loaded yet. NULL with the reason in `err`; the next call tries again. */
const struct xml_library *xml_library(struct err *err) MUST_CHECK;
