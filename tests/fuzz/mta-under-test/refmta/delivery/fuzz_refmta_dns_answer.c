/* Any bytes as a DNS message. */
#include "mta-under-test/refmta/delivery/dns_answer.h"
#include "mta-under-test/refmta/delivery/mx_choice.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const unsigned TYPES[] = {DNS_TYPE_A, DNS_TYPE_AAAA, DNS_TYPE_MX, DNS_TYPE_TXT};
    for (size_t i = 0; i < sizeof TYPES / sizeof TYPES[0]; i++) {
        struct arena arena = {0};
        struct dns_answer answer;
        struct mx_choice choice;
        if (dns_answer_parse(slice_from((const char *)data, size), TYPES[i], &arena, &answer) ==
                0 &&
            TYPES[i] == DNS_TYPE_MX)
            mx_choose(answer.records, answer.count, "h.test", &choice);
        arena_deinit(&arena);
    }
    return 0;
}
