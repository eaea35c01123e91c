#include "mta-under-test/mailauth/bimi/bimi_record.h"
#include "mta-under-test/mailauth/core/dns_facts.h"
#include "mta-under-test/mailauth/core/domain.h"
#include "mta-under-test/mailauth/dmarc/dmarc_discovery.h"
#include "mta-under-test/mailauth/peer/dnsbl.h"
#include "mta-under-test/mailauth/peer/iprev.h"
#include "mta-under-test/mailauth/tool/tool.h"

#include "mta-under-test/base/poison.h"

int tool_iprev(struct tool *tool, struct err *err)
{
    struct ip_address ip;
    struct iprev_outcome outcome;
    struct json_out *json = &tool->json;
    if (tool_ip(tool, &ip, err) != 0)
        return -1;
    iprev_check(&ip, &tool->resolver, &tool->facts, &outcome);
    tool->verdict = arena_format(&tool->arena, "%s: %s", iprev_result_name(outcome.result),
                                 outcome.result == IPREV_PASS
                                     ? "a name of the client leads back to it"
                                     : "no name of the client is known to lead back to it");
    json_out_object(json, NULL);
    json_out_text(json, "result", iprev_result_name(outcome.result));
    json_out_slice(json, "name", outcome.name);
    json_out_int(json, "names", (int64_t)outcome.names);
    facts_to_json(&tool->facts, json, "facts");
    json_out_end(json);
    return 0;
}

/* --ip or --domain in the list --zone. */
int tool_dnsbl(struct tool *tool, struct err *err)
{
    struct ip_address ip;
    struct dnsbl_outcome outcome;
    struct json_out *json = &tool->json;
    struct slice domain = args_slice(&tool->args, "domain");
    char name[DNSBL_NAME_BYTES];
    const char *zone = NULL;
    if (args_need(&tool->args, "zone", &zone, err) != 0)
        return -1;
    if (domain.len == 0 && tool_ip(tool, &ip, err) != 0)
        return -1;
    if (domain.len > 0)
        dnsbl_domain_name(domain, slice_of(zone), name);
    else
        dnsbl_ip_name(&ip, slice_of(zone), name);
    dnsbl_check(name, &tool->resolver, &tool->facts, &outcome);
    tool->verdict =
        arena_format(&tool->arena, "%s in %s%s%.*s", dnsbl_status_name(outcome.status), zone,
                     outcome.text.len > 0 ? ", which says: " : "", SLICE_ARG(outcome.text));
    json_out_object(json, NULL);
    json_out_text(json, "status", dnsbl_status_name(outcome.status));
    json_out_text(json, "query", name);
    json_out_array(json, "codes");
    for (size_t i = 0; i < outcome.count; i++) {
        char text[IP_TEXT_BYTES];
        memset(&ip, 0, sizeof ip);
        memcpy(ip.bytes, outcome.codes[i], 4);
        json_out_text(json, NULL, ip_to_text(&ip, text));
    }
    json_out_end(json);
    json_out_slice(json, "text", outcome.text);
    facts_to_json(&tool->facts, json, "facts");
    json_out_end(json);
    return 0;
}

/* The one BIMI record of a domain; why there is none otherwise. */
static const char *tool_bimi_ask(struct tool *tool, struct slice selector, struct slice domain,
                                 struct bimi_record *record)
{
    const struct dns_record *found = NULL;
    struct slice name = slice_of(
        arena_format(&tool->arena, "%.*s._bimi.%.*s", SLICE_ARG(selector), SLICE_ARG(domain)));
    const struct dns_answer *answer = dns_lookup(&tool->resolver, DNS_TYPE_TXT, name);
    dns_facts_add(&tool->facts, DNS_TYPE_TXT, name, answer);
    for (size_t i = 0; i < answer->count; i++) {
        if (!slice_starts_with_nocase(answer->records[i].data, SLICE("v=BIMI1")))
            continue;
        if (found != NULL)
            return "there is more than one record";
        found = &answer->records[i];
    }
    return found != NULL ? bimi_record_parse(&tool->arena, found->data, record)
                         : dns_status_name(answer->status);
}

/* The record of --domain, or else of its organisation. */
int tool_bimi(struct tool *tool, struct err *err)
{
    struct bimi_record record = {0};
    struct json_out *json = &tool->json;
    struct slice selector = args_slice(&tool->args, "selector");
    const char *text = NULL;
    if (args_need(&tool->args, "domain", &text, err) != 0)
        return -1;
    struct slice domain = domain_without_dot(slice_of(text));
    if (selector.len == 0)
        selector = SLICE("default");
    const char *wrong = tool_bimi_ask(tool, selector, domain, &record);
    struct slice organisation = dmarc_psl_domain(NULL, domain, &tool->arena);
    if (wrong != NULL && organisation.len > 0 && organisation.len < domain.len)
        wrong = tool_bimi_ask(tool, selector, organisation, &record);
    tool->verdict = wrong != NULL        ? arena_format(&tool->arena, "none: %s", wrong)
                    : record.is_declined ? "declined: the domain wants no indicator to be shown"
                                         : arena_format(&tool->arena, "the indicator is at %.*s",
                                                        SLICE_ARG(record.location));
    json_out_object(json, NULL);
    json_out_bool(json, "valid", wrong == NULL);
    json_out_text(json, "reason", wrong != NULL ? wrong : "");
    json_out_slice(json, "location", record.location);
    json_out_slice(json, "evidence", record.evidence);
    json_out_bool(json, "declined", wrong == NULL && record.is_declined);
    facts_to_json(&tool->facts, json, "facts");
    json_out_end(json);
    return 0;
}
