/*
 * Blocklists that a provider asks: an address that writes to traps is listed by itself, and comes
 * off some time after the last hit. IPv6 is listed by /64.
 */
#include "mta-under-test/base/time_text.h"
#include "sim/provider/provider_state.h"

#include "mta-under-test/base/poison.h"

enum { PROVIDER_LISTINGS_MAX = 100000, PROVIDER_LIST_KEY_BYTES = 400, PROVIDER_LIST_V6_BITS = 64 };

static struct provider_listing *provider_listing_of(struct provider *provider,
                                                    const struct provider_blocklist *list,
                                                    const struct provider_mail *mail, bool make)
{
    char address[ADDRESS_TEXT_BYTES];
    char key[PROVIDER_LIST_KEY_BYTES];
    struct address client = mail->client;
    if (!address_is_ipv4(&client))
        client = address_mask(&client, PROVIDER_LIST_V6_BITS);
    snprintf(key, sizeof key, "%.300s %s", list->name, address_to_text(&client, address));
    struct provider_listing *listing = map_get_text(&provider->listings, key);
    if (listing != NULL || !make || provider->listings.count >= PROVIDER_LISTINGS_MAX)
        return listing;
    listing = mem_alloc(sizeof *listing);
    listing->list = list;
    listing->address = client;
    map_set_text(&provider->listings, key, listing);
    return listing;
}

static void provider_blocklist_tell(const struct provider *provider,
                                    const struct provider_listing *listing, struct event_log *log)
{
    char address[ADDRESS_TEXT_BYTES];
    const struct provider_listener *listener = &provider->listener;
    if (log != NULL) {
        struct json_out *event =
            event_begin(log, "provider", listing->listed ? "listed" : "delisted", NULL);
        json_out_text(event, "provider", provider->name);
        json_out_text(event, "blocklist", listing->list->name);
        json_out_text(event, "address", address_to_text(&listing->address, address));
        event_end(log);
    }
    if (listener->listed != NULL)
        listener->listed(listener->context, listing->list, &listing->address, listing->listed);
}

void provider_blocklist_note(struct provider *provider, const struct provider_mail *mail,
                             const char *recipient, struct event_log *log)
{
    for (size_t i = 0; i < provider->settings.blocklist_count; i++) {
        const struct provider_blocklist *list = &provider->settings.blocklists[i];
        if (!pattern_matches(list->traps, slice_of(recipient)))
            continue;
        struct provider_listing *listing = provider_listing_of(provider, list, mail, true);
        if (listing == NULL)
            continue;
        listing->hits++;
        listing->last_us = mail->now_us;
        if (listing->listed || listing->hits < list->hits)
            continue;
        listing->listed = true;
        provider_blocklist_tell(provider, listing, log);
        if (provider->listener.planned != NULL)
            provider->listener.planned(provider->listener.context);
    }
}

static int64_t provider_listing_end_us(const struct provider_listing *listing)
{
    return listing->last_us + listing->list->for_us;
}

void provider_blocklist_expire(struct provider *provider, int64_t now_us, struct event_log *log)
{
    for (struct map_entry *at = map_first(&provider->listings); at != NULL; at = map_next(at)) {
        struct provider_listing *listing = map_value(at);
        if (!listing->listed || now_us < provider_listing_end_us(listing))
            continue;
        listing->listed = false;
        listing->hits = 0;
        provider_blocklist_tell(provider, listing, log);
    }
}

int64_t provider_blocklist_due_us(const struct provider *provider)
{
    int64_t due_us = INT64_MAX;
    for (struct map_entry *at = map_first(&provider->listings); at != NULL; at = map_next(at)) {
        const struct provider_listing *listing = map_value(at);
        if (listing->listed && provider_listing_end_us(listing) < due_us)
            due_us = provider_listing_end_us(listing);
    }
    return due_us;
}

const struct provider_blocklist *provider_blocklist_find(struct provider *provider,
                                                         const struct provider_mail *mail)
{
    for (size_t i = 0; i < provider->settings.blocklist_count; i++) {
        const struct provider_blocklist *list = &provider->settings.blocklists[i];
        const struct provider_listing *listing = provider_listing_of(provider, list, mail, false);
        if (listing != NULL && listing->listed)
            return list;
    }
    return NULL;
}
