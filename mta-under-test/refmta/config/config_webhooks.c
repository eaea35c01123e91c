#include "mta-under-test/refmta/config/config_webhooks.h"

#include "mta-under-test/base/slice.h"
#include "mta-under-test/refmta/config/config_reader.h"

#include "mta-under-test/base/poison.h"

static const struct config_key KEYS[] = {
    {"url", CONFIG_TEXT(struct config_webhooks, url), .is_needed = true, .is_fixed = true,
     .help = "an `https:` URL that gets a POST with a JSON array of events"},
    {"secret-file", CONFIG_FILE(struct config_webhooks, secret_file), .is_needed = true,
     .is_fixed = true, .help = "its first line is the key of the signature"},
    {"events", CONFIG_LIST(struct config_webhooks, events, CONFIG_TYPE_TEXT, event_count),
     .fallback = "[]", .is_fixed = true,
     .help = "which: `accepted`, `delivered`, `deferred`, `bounced`, `complained`, "
             "`unsubscribed`; without any all of them"},
    {"give-up", CONFIG_SPAN(struct config_webhooks, give_up_us), .fallback = "\"3d\"",
     .is_fixed = true, .help = "an event that was not taken for so long is dropped"},
    CONFIG_END,
};

static int check(struct config_reader *reader, const char *path, void *target)
{
    static const char *const NAMES[] = {"accepted", "delivered",  "deferred",
                                        "bounced",  "complained", "unsubscribed"};
    const struct config_webhooks *webhooks = target;
    int result = 0;
    if (!slice_starts_with_nocase(slice_of(webhooks->url), SLICE("https://")))
        result = config_mistake(reader, path, "\"url\" must begin with https://");
    for (size_t i = 0; i < webhooks->event_count; i++) {
        size_t k = 0;
        while (k < sizeof NAMES / sizeof NAMES[0] && strcmp(NAMES[k], webhooks->events[i]) != 0)
            k++;
        if (k == sizeof NAMES / sizeof NAMES[0])
            result = config_mistake(reader, path,
                                    "\"events\": there is no \"%s\", but accepted, delivered, "
                                    "deferred, bounced, complained, unsubscribed",
                                    webhooks->events[i]);
    }
    return result;
}

const struct config_object CONFIG_WEBHOOKS = {
    .size = sizeof(struct config_webhooks), .keys = KEYS, .check = check};
