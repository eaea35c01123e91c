/* The small parsers of the core: tag lists, messages, comments, names, addresses. */
#include "mta-under-test/mailauth/core/cfws.h"
#include "mta-under-test/mailauth/core/domain.h"
#include "mta-under-test/mailauth/core/ip.h"
#include "mta-under-test/mailauth/core/message.h"
#include "mta-under-test/mailauth/core/taglist.h"

#include "mta-under-test/base/poison.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = slice_from((const char *)data, size);
    struct arena arena;
    struct taglist tags;
    struct message message;
    struct ip_address ip;
    struct slice ascii;
    arena_init(&arena);
    if (taglist_parse(&arena, text, &tags) == NULL) {
        for (size_t i = 0; i < tags.count; i++) {
            if (tags.tags[i].end > size || tags.tags[i].at > tags.tags[i].end)
                __builtin_trap();
            taglist_base64(&arena, tags.tags[i].value, &ascii);
        }
    }
    if (message_parse(&arena, text, &message)) {
        size_t found = 0;
        for (size_t i = 0; i < message.count; i++) {
            uint32_t id = message_name_id(&message, message.fields[i].name);
            found += id == message.fields[i].name_id;
        }
        if (found != message.count)
            __builtin_trap();
    }
    if (cfws_len(text) > size || cfws_quoted_len(text) > size)
        __builtin_trap();
    domain_to_ascii(&arena, text, &ascii);
    if (ip_parse(text, &ip)) {
        char reverse[IP_REVERSE_BYTES];
        ip_to_arpa(&ip, reverse);
    }
    arena_deinit(&arena);
    return 0;
}
