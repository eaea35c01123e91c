#include "reports/report_provider.h"

#include "mta-under-test/base/time_text.h"
#include "sim/event/event_file.h"

#include "mta-under-test/base/poison.h"

static const char *const PLACEMENTS[REPORT_PLACEMENTS] = {
    [REPORT_PLACED_INBOX] = "inbox",
    [REPORT_PLACED_JUNK] = "junk",
    [REPORT_PLACED_DEFERRED] = "deferred",
    [REPORT_PLACED_REJECTED] = "rejected",
};

/* NULL if there are too many. */
static struct report_provider *provider_of(struct report_book *book, const char *name)
{
    struct report_run *run = book->run;
    for (size_t i = 0; i < run->provider_count; i++)
        if (slice_is(slice_of(run->providers[i].name), name))
            return &run->providers[i];
    if (run->provider_count == REPORT_PROVIDERS_MAX)
        return NULL;
    run->providers = report_room(run->providers, run->provider_count, sizeof *run->providers);
    struct report_provider *provider = &run->providers[run->provider_count++];
    *provider = (struct report_provider){.name = report_book_text(book, name)};
    return provider;
}

static void on_verdict(struct report_provider *provider, const cJSON *event)
{
    size_t slice = (size_t)(event_int(event, "at", 0) / REPORT_SLICE_US);
    if (slice >= REPORT_SLICES_MAX)
        slice = REPORT_SLICES_MAX - 1;
    while (provider->slice_count <= slice) {
        provider->slices =
            report_room(provider->slices, provider->slice_count, sizeof *provider->slices);
        provider->slices[provider->slice_count++] = (struct report_placed){{0}};
    }
    for (size_t i = 0; i < REPORT_PLACEMENTS; i++) {
        if (!slice_is(slice_of(event_text(event, "placement")), PLACEMENTS[i]))
            continue;
        /* At MAIL none is known yet: the transaction counts as one. */
        int64_t named = event_int(event, "recipients", 1);
        size_t recipients = named > 0 ? (size_t)named : 1;
        provider->slices[slice].counts[i] += recipients;
        provider->totals.counts[i] += recipients;
    }
}

static void on_reputation(struct report_book *book, struct report_provider *provider,
                          const cJSON *event)
{
    const char *of = event_text(event, "of");
    const char *key = event_text(event, "key");
    struct report_reputation *found = NULL;
    for (size_t i = 0; i < provider->reputation_count && found == NULL; i++)
        if (slice_is(slice_of(provider->reputations[i].of), of) &&
            slice_is(slice_of(provider->reputations[i].key), key))
            found = &provider->reputations[i];
    if (found == NULL && provider->reputation_count < REPORT_REPUTATIONS_MAX) {
        found = &provider->reputations[provider->reputation_count++];
        found->of = report_book_text(book, of);
        found->key = report_book_text(book, key);
    }
    if (found == NULL || found->count == REPORT_READINGS_MAX)
        return;
    found->days = report_room(found->days, found->count, sizeof *found->days);
    found->days[found->count++] = (struct report_day){
        .at_us = event_int(event, "at", 0),
        .score = event_int(event, "score", 0),
        .allowance = event_int(event, "allowance", -1),
        .accepted = event_int(event, "accepted", 0),
        .complaints = event_int(event, "complaints", 0),
    };
}

void report_provider_event(struct report_book *book, const cJSON *event)
{
    struct report_provider *provider = provider_of(book, event_text(event, "provider"));
    struct slice kind = slice_of(event_text(event, "kind"));
    if (provider == NULL)
        return;
    if (slice_is(kind, "verdict"))
        on_verdict(provider, event);
    else if (slice_is(kind, "reputation"))
        on_reputation(book, provider, event);
    else if (slice_is(kind, "complaint"))
        provider->complaints++;
    else if (slice_is(kind, "unsubscribe"))
        provider->unsubscribes++;
}
