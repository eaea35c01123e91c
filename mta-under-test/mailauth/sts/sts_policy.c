#include "mta-under-test/mailauth/sts/sts_policy.h"

#include "mta-under-test/base/text.h"
#include "mta-under-test/base/time_text.h"
#include "mta-under-test/mailauth/core/cfws.h"
#include "mta-under-test/mailauth/core/domain.h"
#include "mta-under-test/mailauth/sts/sts_fields.h"

#include "mta-under-test/base/poison.h"

enum { STS_MAX_AGE_DIGITS = 10 };

/* What was seen of a file so far. */
struct sts_reading {
    struct sts_policy *policy;
    bool has_version;
    bool has_mode;
    bool has_max_age;
};

const char *sts_mode_name(enum sts_mode mode)
{
    static const char *const NAMES[] = {"none", "testing", "enforce"};
    return NAMES[mode];
}

static const char *sts_read_mode(struct sts_reading *reading, struct slice value)
{
    for (int i = STS_MODE_NONE; i <= STS_MODE_ENFORCE; i++) {
        if (!slice_is(value, sts_mode_name((enum sts_mode)i)))
            continue;
        if (!reading->has_mode)
            reading->policy->mode = (enum sts_mode)i;
        reading->has_mode = true;
        return NULL;
    }
    return reading->has_mode ? NULL : "mode is not enforce, testing or none";
}

static const char *sts_read_max_age(struct sts_reading *reading, struct slice value)
{
    uint64_t age = 0;
    if (reading->has_max_age)
        return NULL;
    if (value.len > STS_MAX_AGE_DIGITS || text_to_u64(value, &age) != 0)
        return "max_age is not a number of 1 to 10 digits";
    if (age > STS_MAX_AGE_S)
        return "max_age is more than 31557600";
    reading->policy->max_age_s = (uint32_t)age;
    reading->has_max_age = true;
    return NULL;
}

static const char *sts_read_mx(struct sts_reading *reading, struct slice value)
{
    struct slice host = value;
    if (slice_starts_with(host, SLICE("*.")))
        host = slice_skip(host, 2);
    if (!domain_is_hostname(host))
        return "an mx is neither a host name nor \"*.\" and one";
    if (reading->policy->mx_count == STS_MX_MAX)
        return "too many mx";
    reading->policy->mx[reading->policy->mx_count++] = value;
    return NULL;
}

/* The value of a field that is not known: text, with spaces only inside. */
static bool sts_is_extension_value(struct slice value)
{
    if (value.len == 0 || value.data[value.len - 1] == ' ' || !text_is_utf8(value))
        return false;
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.data[i];
        if (c < ' ' || c == 0x7f)
            return false;
    }
    return true;
}

static const char *sts_read_line(struct sts_reading *reading, struct slice line)
{
    size_t colon = slice_find(line, ':');
    if (colon == SIZE_MAX)
        return "a line without \":\"";
    struct slice name = slice_first(line, colon);
    struct slice value = cfws_trim(slice_skip(line, colon + 1));
    if (slice_is(name, "version")) {
        bool is_first = !reading->has_version;
        reading->has_version = true;
        return !is_first || slice_is(value, "STSv1") ? NULL : "version is not STSv1";
    }
    if (slice_is(name, "mode"))
        return sts_read_mode(reading, value);
    if (slice_is(name, "max_age"))
        return sts_read_max_age(reading, value);
    if (slice_is(name, "mx"))
        return sts_read_mx(reading, value);
    if (!sts_fields_is_name(name))
        return "a field's name has a wrong character";
    return sts_is_extension_value(value) ? NULL : "a field's value has a wrong character";
}

static size_t sts_count_lines(struct slice text)
{
    size_t count = 1;
    for (size_t i = 0; i < text.len; i++)
        count += text.data[i] == '\n';
    return count < STS_MX_MAX ? count : STS_MX_MAX;
}

const char *sts_policy_parse(struct arena *arena, struct slice text, struct sts_policy *policy)
{
    struct sts_reading reading = {.policy = policy};
    struct slice line;
    memset(policy, 0, sizeof *policy);
    if (text.len == 0 || text.len > STS_POLICY_BYTES_MAX)
        return "the policy is empty or too long";
    policy->mx = arena_alloc_array(arena, sts_count_lines(text), sizeof *policy->mx);
    /* One line end at the end of the file is no further line. */
    if (text.data[text.len - 1] == '\n')
        text.len -= text.len >= 2 && text.data[text.len - 2] == '\r' ? 2 : 1;
    while (slice_split(&text, '\n', &line)) {
        if (line.len > 0 && line.data[line.len - 1] == '\r' && text.data != NULL)
            line.len--;
        const char *wrong = sts_read_line(&reading, line);
        if (wrong != NULL)
            return wrong;
    }
    if (!reading.has_version)
        return "version is missing";
    if (!reading.has_mode)
        return "mode is missing";
    if (!reading.has_max_age)
        return "max_age is missing";
    if (policy->mx_count == 0 && policy->mode != STS_MODE_NONE)
        return "mx is missing";
    return NULL;
}

bool sts_policy_allows(const struct sts_policy *policy, struct slice mx)
{
    mx = domain_without_dot(mx);
    for (size_t i = 0; i < policy->mx_count; i++) {
        struct slice pattern = policy->mx[i];
        if (!slice_starts_with(pattern, SLICE("*."))) {
            if (slice_equal_nocase(pattern, mx))
                return true;
        } else if (domain_label_count(mx) > 1 &&
                   slice_equal_nocase(domain_parent(mx), slice_skip(pattern, 2))) {
            return true;
        }
    }
    return false;
}

bool sts_policy_is_fresh(const struct sts_kept *kept, int64_t now_us)
{
    return kept != NULL && now_us - kept->fetched_us <= (int64_t)kept->max_age_s * TIME_SECOND;
}

enum sts_action sts_policy_decide(const struct sts_kept *kept, struct slice record_id,
                                  int64_t now_us)
{
    bool fresh = sts_policy_is_fresh(kept, now_us);
    if (record_id.len == 0)
        return fresh ? STS_USE_KEPT : STS_DO_NOTHING;
    if (fresh && slice_equal(kept->id, record_id))
        return STS_USE_KEPT;
    return STS_FETCH;
}
