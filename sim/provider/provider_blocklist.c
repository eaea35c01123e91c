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
    map_set_text(&provider->listings, key, listing);
    return listing;
}

static void provider_blocklist_log(const struct provider *provider,
                                   const struct provider_blocklist *list,
                                   const struct provider_mail *mail, bool listed,
                                   struct event_log *log)
{
    char address[ADDRESS_TEXT_BYTES];
    if (log == NULL)
        return;
    struct json_out *event = event_begin(log, "provider", listed ? "listed" : "delisted", NULL);
    json_out_text(event, "provider", provider->name);
    json_out_text(event, "blocklist", list->name);
    json_out_text(event, "address", address_to_text(&mail->client, address));
    event_end(log);
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
        provider_blocklist_log(provider, list, mail, true, log);
    }
}

const struct provider_blocklist *provider_blocklist_find(struct provider *provider,
                                                         const struct provider_mail *mail,
                                                         struct event_log *log)
{
    for (size_t i = 0; i < provider->settings.blocklist_count; i++) {
        const struct provider_blocklist *list = &provider->settings.blocklists[i];
        struct provider_listing *listing = provider_listing_of(provider, list, mail, false);
        if (listing == NULL || !listing->listed)
            continue;
        if (mail->now_us < listing->last_us + list->for_us)
            return list;
        *listing = (struct provider_listing){0};
        provider_blocklist_log(provider, list, mail, false, log);
    }
    return NULL;
}
