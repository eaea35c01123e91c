#include "sim/policy/policy_sts.h"

#include "mta-under-test/base/text.h"
#include "mta-under-test/mailauth/sts/sts_record.h"

#include "mta-under-test/base/poison.h"

#define POLICY_STS_MAX_AGE_US (7 * TIME_DAY)

void policy_sts_set_defaults(struct policy_sts *sts)
{
    *sts = (struct policy_sts){.mode = "enforce", .max_age_us = POLICY_STS_MAX_AGE_US, .id = "1"};
}

/* 1*32(ALPHA / DIGIT), as RFC 8461 3.1 has it. */
static int policy_sts_read_id(struct spec spec, const char **id, struct err *err)
{
    if (spec_read_text(spec, id, err) != 0)
        return -1;
    size_t len = strlen(*id);
    bool right = len <= STS_ID_BYTES_MAX;
    for (size_t i = 0; i < len; i++)
        right = right && text_is_alnum((*id)[i]);
    return right ? 0
                 : spec_error(spec, err,
                              "an id has at most %d letters and digits; for a wrong one give the "
                              "whole \"record\"",
                              (int)STS_ID_BYTES_MAX);
}

/* The text is the whole file: what else would stand in it has no place beside it. */
static int policy_sts_check_text(struct spec spec, struct err *err)
{
    static const char *const PARTS[] = {"mode", "mx", "max-age"};
    struct spec member;
    if (!spec_get(spec, "text", &member))
        return 0;
    for (size_t i = 0; i < sizeof PARTS / sizeof PARTS[0]; i++) {
        if (spec_get(spec, PARTS[i], &member))
            return spec_error(member, err,
                              "means nothing beside \"text\", which is the whole file; write it "
                              "there");
    }
    return 0;
}

int policy_sts_read(struct spec spec, struct arena *arena, struct policy_sts *sts, struct err *err)
{
    static const char *const MODES[] = {"enforce", "testing", "none", NULL};
    struct spec member;
    size_t mode = 0;
    if (policy_sts_check_text(spec, err) != 0)
        return -1;
    if (spec_get(spec, "mode", &member)) {
        if (spec_read_word(member, MODES, &mode, err) != 0)
            return -1;
        sts->mode = MODES[mode];
    }
    if ((spec_get(spec, "mx", &member) &&
         spec_read_texts(member, arena, &sts->mx, &sts->mx_count, err) != 0) ||
        (spec_get(spec, "id", &member) && policy_sts_read_id(member, &sts->id, err) != 0) ||
        (spec_get(spec, "text", &member) && spec_read_text(member, &sts->text, err) != 0))
        return -1;
    if (!spec_get(spec, "max-age", &member))
        return 0;
    return spec_read_span(member, &sts->max_age_us, err);
}

void policy_sts_write(const struct policy_sts *sts, struct buf *out)
{
    if (sts->text != NULL) {
        buf_add_text(out, sts->text);
        return;
    }
    buf_format(out, "version: STSv1\r\nmode: %s\r\n", sts->mode);
    for (size_t i = 0; i < sts->mx_count; i++)
        buf_format(out, "mx: %s\r\n", sts->mx[i]);
    buf_format(out, "max_age: %lld\r\n", (long long)(sts->max_age_us / TIME_SECOND));
}

void policy_sts_write_record(const struct policy_sts *sts, struct buf *out)
{
    buf_format(out, "v=STSv1; id=%s;", sts->id);
}
