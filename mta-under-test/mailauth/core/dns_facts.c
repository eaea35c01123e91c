#include "mta-under-test/mailauth/core/dns_facts.h"

#include "mta-under-test/mailauth/core/ip.h"

#include "mta-under-test/base/poison.h"

enum { DNS_FACTS_RECORDS_MAX = 12, DNS_FACTS_BYTES_MAX = 4096 };

static void dns_facts_record(struct buf *out, enum dns_type type, const struct dns_record *record)
{
    char text[IP_TEXT_BYTES];
    struct ip_address ip = {.is_v6 = type == DNS_TYPE_AAAA};
    if (type == DNS_TYPE_A || type == DNS_TYPE_AAAA) {
        memcpy(ip.bytes, record->address, sizeof ip.bytes);
        buf_add_text(out, ip_to_text(&ip, text));
        return;
    }
    if (type == DNS_TYPE_MX)
        buf_format(out, "%u ", record->preference);
    buf_add_slice(out, record->data.len > 0 ? record->data : SLICE("."));
}

void dns_facts_add(struct facts *facts, enum dns_type type, struct slice name,
                   const struct dns_answer *answer)
{
    struct buf out;
    if (facts == NULL)
        return;
    buf_init(&out, DNS_FACTS_BYTES_MAX);
    bool is_told = type != DNS_TYPE_TXT && type != DNS_TYPE_TLSA;
    if (answer->count == 0 || answer->status != DNS_OK)
        buf_add_text(&out, dns_status_name(answer->status));
    else if (!is_told || answer->count > DNS_FACTS_RECORDS_MAX)
        buf_format(&out, "%zu record%s", answer->count, answer->count == 1 ? "" : "s");
    for (size_t i = 0; is_told && i < answer->count && i < DNS_FACTS_RECORDS_MAX; i++) {
        if (out.len > 0)
            buf_add_text(&out, i == 0 ? ": " : ", ");
        dns_facts_record(&out, type, &answer->records[i]);
    }
    if (is_told && answer->count > DNS_FACTS_RECORDS_MAX)
        buf_add_text(&out, ", ...");
    facts_add(facts, "query", "%s %.*s: %.*s", dns_type_name(type), SLICE_ARG(name),
              SLICE_ARG(buf_slice(&out)));
    buf_deinit(&out);
}
