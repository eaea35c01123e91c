/*
 * A host in words, for `mailrange explain`.
 */
#include "mta-under-test/base/time_text.h"
#include "sim/mx/mx_model.h"
#include "sim/mx/mx_tls.h"

#include "mta-under-test/base/poison.h"

static void mx_explain_offers(const struct mx_host *host, struct buf *out)
{
    buf_add_text(out, "  offers");
    if (host->no_esmtp)
        buf_add_text(out, " nothing (HELO only)");
    for (unsigned i = 0; i < MX_EXTENSION_COUNT && !host->no_esmtp; i++) {
        if (!mx_host_offers(host, (enum mx_extension)i))
            continue;
        buf_format(out, " %s", MX_EXTENSION_WORDS[i]);
        if (i == MX_EXTENSION_SIZE && host->size_max > 0)
            buf_format(out, "=%lld", (long long)host->size_max);
    }
    for (size_t i = 0; i < host->line_count; i++)
        buf_format(out, ", \"%s\"", host->lines[i]);
    buf_add_char(out, '\n');
}

static void mx_explain_reach(const struct mx_host *host, struct buf *out)
{
    char text[TIME_TEXT_BYTES];
    char until[TIME_TEXT_BYTES];
    if (host->down)
        buf_add_text(out, "  refuses all connections\n");
    if (host->down_window_given && !host->down_window.by_day)
        buf_format(out, "  refuses connections from %s to %s after the start\n",
                   time_span_to_text(host->down_window.from_us, text),
                   time_span_to_text(host->down_window.to_us, until));
    net_conditions_explain(host->network, host->network_count, out);
    if (host->latency_us.max > 0)
        buf_format(out, "  answers after %s", time_span_to_text(host->latency_us.min, text));
    if (host->latency_us.max > host->latency_us.min)
        buf_format(out, " to %s", time_span_to_text(host->latency_us.max, text));
    if (host->latency_us.max > 0)
        buf_add_char(out, '\n');
    if (host->provider != NULL)
        buf_format(out, "  counts together with all hosts of provider %s\n", host->provider);
}

void mx_host_explain(const struct mx_host *host, struct buf *out)
{
    buf_add_text(out, host->name);
    for (size_t i = 0; i < host->address_count; i++) {
        char text[ADDRESS_TEXT_BYTES];
        buf_format(out, "%s%s", i == 0 ? " at " : ", ", address_to_text(&host->addresses[i], text));
    }
    buf_add_char(out, '\n');
    if (host->is_lmtp)
        buf_format(out, "  speaks LMTP, on port %d\n", MX_PORT_LMTP);
    mx_explain_offers(host, out);
    mx_tls_explain(host, out);
    mx_explain_reach(host, out);
    if (host->accepts != NULL)
        buf_format(out, "  takes mail for %s\n", pattern_text(host->accepts));
    if (host->users != NULL)
        buf_format(out, "  knows the users %s\n", pattern_text(host->users));
    for (size_t i = 0; i < host->rules.active_count; i++) {
        const struct mx_rule_list *list = host->rules.lists[i];
        if (list->count == 0)
            continue;
        if (list->name[0] == '\0')
            buf_add_text(out, "  its own rules\n");
        else
            buf_format(out, "  rules of %s\n", list->name);
        mx_rule_list_explain(list, out);
    }
}
