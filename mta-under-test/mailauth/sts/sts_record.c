#include "mta-under-test/mailauth/sts/sts_record.h"

#include "mta-under-test/base/text.h"
#include "mta-under-test/mailauth/sts/sts_fields.h"

#include "mta-under-test/base/poison.h"

static bool sts_record_is_id(struct slice id)
{
    for (size_t i = 0; i < id.len; i++) {
        if (!text_is_alnum(id.data[i]))
            return false;
    }
    return id.len > 0 && id.len <= STS_ID_BYTES_MAX;
}

const char *sts_record_parse(struct slice text, struct sts_record *record)
{
    struct slice rest;
    struct slice name;
    struct slice value;
    int more = 0;
    record->id = (struct slice){NULL, 0};
    if (sts_fields_begin(text, "v=STSv1", &rest) < 0)
        return "the record does not begin with v=STSv1";
    while ((more = sts_fields_next(&rest, &name, &value)) > 0) {
        if (slice_is(name, "id")) {
            if (record->id.data != NULL)
                return "id= stands twice";
            if (!sts_record_is_id(value))
                return "id= must be 1 to 32 letters and digits";
            record->id = value;
        } else if (!sts_fields_is_name(name) || !sts_fields_is_value(value)) {
            return "a field is not of the form name=value";
        }
    }
    if (more < 0)
        return "fields are not separated by \";\"";
    return record->id.data != NULL ? NULL : "id= is missing";
}

const char *sts_record_choose(const struct dns_answer *answer, struct sts_record *record)
{
    const struct dns_record *found = NULL;
    for (size_t i = 0; i < answer->count; i++) {
        if (!slice_starts_with(answer->records[i].data, SLICE("v=STSv1")))
            continue;
        struct slice rest = slice_trim(slice_skip(answer->records[i].data, 7));
        if (rest.len == 0 || rest.data[0] != ';')
            continue;
        if (found != NULL)
            return "there is more than one record";
        found = &answer->records[i];
    }
    return found != NULL ? sts_record_parse(found->data, record) : "there is no record";
}
