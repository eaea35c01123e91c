#include "mta-under-test/mailauth/sts/sts_record.h"

#include "mta-under-test/base/text.h"
#include "mta-under-test/mailauth/sts/sts_fields.h"

#include "mta-under-test/base/poison.h"

static const char STS_VERSION[] = "v=STSv1";

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
    if (sts_fields_begin(text, STS_VERSION, &rest) < 0)
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
    struct slice text;
    const char *wrong = sts_fields_choose(answer, STS_VERSION, &text);
    return wrong != NULL ? wrong : sts_record_parse(text, record);
}
