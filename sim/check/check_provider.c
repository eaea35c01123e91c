#include "sim/check/check_provider.h"

#include "sim/check/check_collect.h"
#include "sim/event/event_file.h"

#include "mta-under-test/base/poison.h"

const char *const CHECK_PLACEMENT_WORDS[] = {
#define X(name, word) word,
    CHECK_PLACEMENTS(X)
#undef X
        NULL,
};

void check_provider_wanted_init(struct check_provider_wanted *wanted)
{
    wanted->reasons = RANGE_ALL;
    wanted->score = RANGE_ALL;
    wanted->complaints = RANGE_ALL;
    wanted->listed = RANGE_ALL;
    for (size_t i = 0; i < CHECK_PLACEMENT_COUNT; i++)
        wanted->placement[i] = RANGE_ALL;
}

int check_provider_wanted_read(struct spec spec, struct arena *arena,
                               struct check_provider_wanted *wanted, struct err *err)
{
    struct spec member;
    bool asks = false;
    if (spec_get(spec, "placement", &member)) {
        if (spec_check_keys(member, CHECK_PLACEMENT_WORDS, err) != 0)
            return -1;
        for (size_t i = 0; i < CHECK_PLACEMENT_COUNT; i++) {
            struct spec share;
            if (!spec_get(member, CHECK_PLACEMENT_WORDS[i], &share))
                continue;
            asks = true;
            if (range_read_share(share, &wanted->placement[i], err) != 0)
                return -1;
        }
    }
    if (spec_get(spec, "reason", &member)) {
        asks = true;
        wanted->reasons = (struct range){1, INT64_MAX};
        if (pattern_read(member, arena, &wanted->reason, err) != 0)
            return -1;
    }
    if (spec_get(spec, "count", &member) && range_read(member, &wanted->reasons, err) != 0)
        return -1;
    if (spec_get(spec, "score", &member)) {
        asks = true;
        if (range_read(member, &wanted->score, err) != 0)
            return -1;
    }
    if (spec_get(spec, "complaints", &member)) {
        asks = true;
        if (range_read_share(member, &wanted->complaints, err) != 0)
            return -1;
    }
    if (spec_get(spec, "listed", &member)) {
        asks = true;
        if (range_read(member, &wanted->listed, err) != 0)
            return -1;
    }
    return asks ? 0
                : spec_error(spec, err,
                             "expects nothing of the provider: say a placement, a "
                             "score, complaints, a reason or listings");
}

void check_provider_wanted_release(struct check_provider_wanted *wanted)
{
    pattern_release(wanted->name);
    pattern_release(wanted->reason);
}

static bool asks(struct range range)
{
    return range.min != INT64_MIN || range.max != INT64_MAX;
}

void check_provider_wanted_write(const struct check_provider_wanted *wanted, struct buf *out,
                                 struct arena *arena)
{
    const char *comma = "";
    for (size_t i = 0; i < CHECK_PLACEMENT_COUNT; i++) {
        if (!asks(wanted->placement[i]))
            continue;
        buf_format(out, "%s%s %s", comma, CHECK_PLACEMENT_WORDS[i],
                   range_share_to_text(wanted->placement[i], arena));
        comma = ", ";
    }
    if (wanted->reason != NULL) {
        buf_format(out, "%s%s verdicts for the reason %s", comma,
                   range_to_text(wanted->reasons, arena), pattern_text(wanted->reason));
        comma = ", ";
    }
    if (asks(wanted->score)) {
        buf_format(out, "%sa score of %s in the end", comma, range_to_text(wanted->score, arena));
        comma = ", ";
    }
    if (asks(wanted->complaints)) {
        buf_format(out, "%scomplaints of %s", comma,
                   range_share_to_text(wanted->complaints, arena));
        comma = ", ";
    }
    if (asks(wanted->listed))
        buf_format(out, "%s%s listings", comma, range_to_text(wanted->listed, arena));
}

void check_provider_on_event(struct check_collector *c, const cJSON *event)
{
    static const struct {
        const char *word;
        enum check_provider_kind kind;
    } KINDS[] = {
        {"verdict", CHECK_VERDICT}, {"complaint", CHECK_COMPLAINT}, {"listed", CHECK_LISTED}};
    struct check_history *h = c->history;
    const char *word = event_text(event, "kind");
    const char *placement = event_text(event, "placement");
    for (size_t i = 0; i < sizeof KINDS / sizeof KINDS[0]; i++) {
        if (strcmp(word, KINDS[i].word) != 0)
            continue;
        h->provider_events = check_collect_room(h->provider_events, h->provider_event_count,
                                                sizeof *h->provider_events);
        struct check_provider_event *one = &h->provider_events[h->provider_event_count++];
        *one = (struct check_provider_event){
            .at_us = c->at_us,
            .seq = c->seq,
            .provider = check_collect_text(c, event, "provider"),
            .session = check_collect_text(c, event, "session"),
            .reason = check_collect_text(c, event, "reason"),
            .score = event_int(event, "score", 0),
            .kind = KINDS[i].kind,
        };
        for (unsigned k = 0; k < CHECK_PLACEMENT_COUNT; k++) {
            if (strcmp(placement, CHECK_PLACEMENT_WORDS[k]) == 0)
                one->placement = (enum check_placement)k;
        }
    }
}
