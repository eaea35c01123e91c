#include "mta-under-test/mailauth/bimi/bimi_record.h"

#include "mta-under-test/mailauth/core/taglist.h"

#include "mta-under-test/base/poison.h"

/* Commas and semicolons must be encoded in these URIs. */
static bool bimi_is_https(struct slice uri)
{
    return slice_starts_with_nocase(uri, SLICE("https://")) && uri.len > 8 && uri.data[8] != '/' &&
           slice_find(uri, ',') == SIZE_MAX && slice_find(uri, ' ') == SIZE_MAX;
}

const char *bimi_record_parse(struct arena *arena, struct slice text, struct bimi_record *record)
{
    struct taglist tags;
    memset(record, 0, sizeof *record);
    record->preference = SLICE("brand");
    const char *wrong = taglist_parse(arena, text, &tags);
    if (wrong != NULL)
        return wrong;
    if (!slice_is(tags.tags[0].name, "v") || !slice_is(tags.tags[0].value, "BIMI1"))
        return "v= is not BIMI1, or does not stand first";
    const struct tag *location = taglist_find(&tags, "l");
    const struct tag *evidence = taglist_find(&tags, "a");
    const struct tag *preference = taglist_find(&tags, "avp");
    if (location == NULL)
        return "l= is missing";
    record->location = location->value;
    if (evidence != NULL && !slice_is_nocase(evidence->value, "self"))
        record->evidence = evidence->value;
    record->is_declined = record->location.len == 0 && record->evidence.len == 0;
    if (record->location.len > 0 && !bimi_is_https(record->location))
        return "l= is no https URI";
    if (record->evidence.len > 0 && !bimi_is_https(record->evidence))
        return "a= is no https URI";
    if (preference != NULL)
        record->preference = preference->value;
    if (!slice_is(record->preference, "brand") && !slice_is(record->preference, "personal"))
        return "avp= is not brand or personal";
    return NULL;
}
