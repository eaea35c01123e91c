#include "sim/check/check_event.h"

#include "sim/event/event_file.h"

#include "mta-under-test/base/poison.h"

enum { CHECK_EVENT_KIND_BYTES = 128 };

/* All that can stand in a log (docs/events.md). */
static const char *const CHECK_EVENTS[] = {
    "run start",
    "run end",
    "client say",
    "client login",
    "client reply",
    "client end",
    "submitter submit",
    "submitter reply",
    "submitter accepted",
    "submitter broken",
    "submitter refused",
    "dns query",
    "dns changed",
    "mx connect",
    "mx refused",
    "mx reply",
    "mx command",
    "mx tls",
    "mx rule",
    "mx gauge",
    "mx data",
    "mx accepted",
    "mx declined",
    "mx call-back",
    "mx violation",
    "mx disconnect",
    "provider verdict",
    "provider complaint",
    "provider unsubscribe",
    "provider feedback",
    "provider one-click",
    "provider reputation",
    "provider listed",
    "provider delisted",
    "policy request",
    "policy report",
    "policy unsubscribe",
    "policy webhook",
    "policy listed",
    "policy delisted",
    "mta start",
    "mta ready",
    "mta stop",
    "mta kill",
    "mta pause",
    "mta continue",
    "mta reload",
    "mta queue",
    "mta order",
    "mta exit",
    "mta log",
    "timeline do",
    NULL,
};

int check_event_check(struct spec spec, const struct check_event_wish *wish, struct err *err)
{
    for (size_t i = 0; CHECK_EVENTS[i] != NULL; i++) {
        if (pattern_matches(wish->event, slice_of(CHECK_EVENTS[i])))
            return 0;
    }
    return spec_unknown(spec, err, "event (source and kind, as \"mx accepted\")", CHECK_EVENTS);
}

static int read_fact(struct spec spec, struct arena *arena, struct check_event_fact *fact,
                     struct err *err)
{
    struct err ignored;
    if (spec_is_bool(spec)) {
        fact->truth_given = true;
        return spec_read_bool(spec, &fact->truth, err);
    }
    fact->range_given = !spec_is_array(spec) && range_read(spec, &fact->range, &ignored) == 0;
    if (spec_is_number(spec))
        return fact->range_given ? 0 : range_read(spec, &fact->range, err);
    return pattern_read(spec, arena, &fact->pattern, err);
}

int check_event_read(struct spec with, struct arena *arena, struct check_event_wish *wish,
                     struct err *err)
{
    if (!spec_is_object(with))
        return spec_expected(with, err, "an object of facts, as {\"status\": 200}");
    if (spec_count(with) > CHECK_EVENT_FACTS_MAX)
        return spec_error(with, err, "at most %d facts", CHECK_EVENT_FACTS_MAX);
    wish->facts = arena_alloc_array(arena, spec_count(with) + 1, sizeof *wish->facts);
    for (size_t i = 0; i < spec_count(with); i++) {
        struct check_event_fact *fact = &wish->facts[wish->fact_count++];
        fact->name = spec_key_at(with, i);
        if (read_fact(spec_at(with, i), arena, fact, err) != 0)
            return -1;
    }
    return 0;
}

void check_event_release(struct check_event_wish *wish)
{
    pattern_release(wish->event);
    for (size_t i = 0; i < wish->fact_count; i++)
        pattern_release(wish->facts[i].pattern);
}

static bool value_fits(const struct check_event_fact *fact, const cJSON *value)
{
    if (cJSON_IsBool(value))
        return fact->truth_given && fact->truth == (cJSON_IsTrue(value) != 0);
    if (cJSON_IsNumber(value))
        return fact->range_given && range_holds(fact->range, (int64_t)cJSON_GetNumberValue(value));
    return cJSON_IsString(value) && fact->pattern != NULL &&
           pattern_matches(fact->pattern, slice_of(cJSON_GetStringValue(value)));
}

/* "tls.version" is inside of an object; of an array one element must fit, so that
 * "dsn.recipients.action" is that of any recipient. */
static bool fact_fits(const struct check_event_fact *fact, const cJSON *value, struct slice name,
                      struct arena *arena)
{
    struct slice part;
    const cJSON *element = NULL;
    if (cJSON_IsArray(value)) {
        cJSON_ArrayForEach(element, value)
        {
            if (fact_fits(fact, element, name, arena))
                return true;
        }
        return false;
    }
    if (name.len == 0)
        return value_fits(fact, value);
    if (!slice_split(&name, '.', &part))
        return false;
    return fact_fits(fact, cJSON_GetObjectItemCaseSensitive(value, arena_text_of(arena, part)),
                     name, arena);
}

bool check_event_fits(const struct check_event_wish *wish, const cJSON *event)
{
    char kind[CHECK_EVENT_KIND_BYTES];
    struct arena arena = {0};
    snprintf(kind, sizeof kind, "%s %s", event_text(event, "source"), event_text(event, "kind"));
    bool fits = pattern_matches(wish->event, slice_of(kind));
    for (size_t i = 0; fits && i < wish->fact_count; i++)
        fits = fact_fits(&wish->facts[i], event, slice_of(wish->facts[i].name), &arena);
    arena_deinit(&arena);
    return fits;
}

void check_event_to_text(const struct check_event_wish *wish, struct arena *arena, struct buf *out)
{
    buf_add_text(out, pattern_text(wish->event));
    for (size_t i = 0; i < wish->fact_count; i++) {
        const struct check_event_fact *fact = &wish->facts[i];
        buf_format(out, "%s%s ", i == 0 ? " with " : ", ", fact->name);
        if (fact->truth_given)
            buf_add_text(out, fact->truth ? "true" : "false");
        else
            buf_add_text(out, fact->pattern != NULL ? pattern_text(fact->pattern)
                                                    : range_to_text(fact->range, arena));
    }
}
