/*
 * The policy hosts in words, for `mailrange explain`.
 */
#include "mta-under-test/base/time_text.h"
#include "sim/policy/policy_model.h"

#include "mta-under-test/base/poison.h"

static void policy_explain_sts(const struct policy_host *host, struct buf *out)
{
    char age[TIME_TEXT_BYTES];
    const struct policy_sts *sts = &host->sts;
    if (sts->text != NULL) {
        buf_format(out, "  says for %s a text of its own\n", host->domain);
        return;
    }
    buf_format(out, "  MTA-STS policy of %s: %s, for %s, hosts", host->domain, sts->mode,
               time_span_to_text(sts->max_age_us, age));
    for (size_t i = 0; i < sts->mx_count; i++)
        buf_format(out, " %s", sts->mx[i]);
    buf_add_char(out, '\n');
}

static void policy_explain_faults(const struct policy_host *host, struct buf *out)
{
    struct arena arena = {0};
    for (size_t i = 0; i < host->fault_count; i++) {
        const struct policy_fault *fault = &host->faults[i];
        char from[TIME_TEXT_BYTES];
        char to[TIME_TEXT_BYTES];
        buf_format(out, "  goes wrong: %s", policy_fault_text(fault, &arena));
        if (fault->windowed)
            buf_format(out, ", from %s to %s%s", time_span_to_text(fault->during.from_us, from),
                       time_span_to_text(fault->during.to_us, to),
                       fault->during.by_day ? " of each day" : "");
        buf_add_char(out, '\n');
    }
    arena_deinit(&arena);
}

static void policy_explain_host(const struct policy_host *host, struct buf *out)
{
    buf_add_text(out, host->name);
    for (size_t i = 0; i < host->address_count; i++) {
        char text[ADDRESS_TEXT_BYTES];
        buf_format(out, "%s%s", i == 0 ? " at " : ", ", address_to_text(&host->addresses[i], text));
    }
    buf_format(out, "\n  HTTPS with the certificate \"%s\"\n", TLS_IDENTITY_WORDS[host->identity]);
    switch (host->service) {
    case POLICY_STS:
        policy_explain_sts(host, out);
        break;
    case POLICY_TLS_REPORTS:
        buf_format(out, "  takes TLS reports about %s\n", host->domain);
        break;
    case POLICY_UNSUBSCRIBE:
        buf_add_text(out, "  takes one-click requests to unsubscribe\n");
        break;
    case POLICY_WEBHOOKS:
        buf_format(out, "  takes webhooks, signed in the field %s\n", host->webhook.signature);
        break;
    }
    policy_explain_faults(host, out);
}

void policy_model_explain(const struct policy_model *model, struct buf *out)
{
    if (model->hosts.count + model->mailboxes.count + model->blocklists.count > 0)
        buf_add_text(out, "\nPolicy hosts\n");
    for (struct map_entry *entry = map_first(&model->hosts); entry != NULL; entry = map_next(entry))
        policy_explain_host(map_value(entry), out);
    for (struct map_entry *entry = map_first(&model->mailboxes); entry != NULL;
         entry = map_next(entry)) {
        const struct policy_mailbox *mailbox = map_value(entry);
        buf_format(out, "%s takes %s reports about %s\n", mailbox->address,
                   mailbox->kind == POLICY_REPORT_TLS ? "TLS" : "DMARC", mailbox->domain);
    }
    for (struct map_entry *entry = map_first(&model->blocklists); entry != NULL;
         entry = map_next(entry)) {
        const struct policy_blocklist *list = map_value(entry);
        buf_format(out, "%s is a blocklist (%s), with %zu entries at the start\n", list->zone,
                   list->code, list->listed_count);
    }
}
