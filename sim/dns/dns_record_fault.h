/*
 * What is wrong with the text of a record, in words for people. ldns only says that something is,
 * and takes some texts that nobody means: it drops what stands behind a ";" without quotes, and
 * counts a preference of 70000 from 0 again.
 */
#pragma once

#include "mta-under-test/base/buf.h"

/*
 * Looks at "NAME [TTL] [IN] TYPE DATA". True with a sentence in `out`, if it is surely wrong; of
 * what is not looked at (rare types, "( )" and "\#"), ldns has the last word.
 */
bool dns_record_fault(const char *text, struct buf *out);
