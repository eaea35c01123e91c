/* Mailboxes, address lists and dates. */
#include "mta-under-test/mailauth/address/address_list.h"
#include "mta-under-test/mailauth/address/date_time.h"
#include "mta-under-test/mailauth/address/smtp_mailbox.h"

#include "mta-under-test/base/poison.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = slice_from((const char *)data, size);
    struct arena arena;
    struct address_list list;
    struct smtp_mailbox mailbox;
    int64_t at_us = 0;
    arena_init(&arena);
    if (smtp_mailbox_parse(text, false, &mailbox) == SMTP_MAILBOX_VALID) {
        /* Every mailbox of SMTP is an address of a header field. */
        if (address_list_parse(&arena, text, &list) != NULL || list.count != 1)
            __builtin_trap();
    }
    smtp_mailbox_parse(text, true, &mailbox);
    address_list_parse(&arena, text, &list);
    date_time_parse(text, &at_us);
    arena_deinit(&arena);
    return 0;
}
