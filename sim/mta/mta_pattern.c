#include "sim/mta/mta_pattern.h"

#include "sim/mta/mta_literal.h"

#include "mta-under-test/base/poison.h"

const char *const MTA_FACT_WORDS[MTA_FACT_COUNT] = {"queue-id", "recipient", "text"};

/* What no writer of JSON puts in another form. */
static const char MTA_PLAIN[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 -._";

/* ---- reading */

regex_t *mta_pattern_compile(struct spec spec, const char *text, struct arena *arena,
                             struct err *err)
{
    char why[128];
    regex_t *regex = arena_alloc(arena, sizeof *regex);
    int failed = regcomp(regex, text, REG_EXTENDED);
    if (failed == 0)
        return regex;
    regerror(failed, regex, why, sizeof why);
    spec_error(spec, err, "no regular expression: %s", why);
    return NULL;
}

static int mta_read_group(struct spec spec, const regex_t *regex, struct mta_fact_place *place,
                          struct err *err)
{
    int64_t number = -1;
    if (!spec_is_number(spec))
        return spec_expected(spec, err, "the number of a group of \"match\"");
    if (spec_read_int(spec, 0, MTA_PATTERN_GROUPS_MAX, &number, err) != 0)
        return -1;
    if (number > (int64_t)regex->re_nsub)
        return spec_error(spec, err, "the expression has only %zu groups", regex->re_nsub);
    place->group = (int)number;
    return 0;
}

static int mta_read_members(struct spec spec, struct arena *arena, struct mta_fact_place *place,
                            struct err *err)
{
    if (spec_is_number(spec))
        return spec_expected(spec, err,
                             "the name of a member of the line (groups are for \"match\")");
    return spec_read_texts(spec, arena, &place->members, &place->member_count, err);
}

static int mta_read_facts(struct spec spec, struct arena *arena, struct mta_pattern *pattern,
                          struct err *err)
{
    for (size_t i = 0; i < MTA_FACT_COUNT; i++) {
        struct mta_fact_place *place = &pattern->facts[i];
        struct spec member;
        *place = (struct mta_fact_place){.group = -1};
        if (!spec_get(spec, MTA_FACT_WORDS[i], &member))
            continue;
        if ((pattern->regex != NULL ? mta_read_group(member, pattern->regex, place, err)
                                    : mta_read_members(member, arena, place, err)) != 0)
            return -1;
    }
    return 0;
}

static int mta_read_match(struct spec spec, struct arena *arena, struct mta_pattern *pattern,
                          struct err *err)
{
    const char *text = NULL;
    if (spec_read_text(spec, &text, err) != 0)
        return -1;
    pattern->regex = mta_pattern_compile(spec, text, arena, err);
    pattern->literal = mta_literal_of(text, arena);
    return pattern->regex != NULL ? 0 : -1;
}

/* The literal is the longest of the values that are written in one way only. */
static int mta_read_json(struct spec spec, struct arena *arena, struct mta_pattern *pattern,
                         struct err *err)
{
    if (!spec_is_object(spec) || spec_count(spec) == 0)
        return spec_expected(spec, err,
                             "an object of members that the line has, {\"event\": \"sent\"}");
    pattern->json = spec.json;
    pattern->literal = "";
    for (size_t i = 0; i < spec_count(spec); i++) {
        const char *value = cJSON_GetStringValue(spec_at(spec, i).json);
        if (value != NULL && value[strspn(value, MTA_PLAIN)] == '\0' &&
            strlen(value) + 2 > strlen(pattern->literal))
            pattern->literal = arena_format(arena, "\"%s\"", value);
    }
    return 0;
}

int mta_pattern_read(struct spec spec, struct arena *arena, struct mta_pattern *pattern,
                     struct err *err)
{
    static const char *const KEYS[] = {"match",     "json", "status", "queue-id",
                                       "recipient", "text", NULL};
    struct spec status;
    struct spec match;
    struct spec json;
    *pattern = (struct mta_pattern){0};
    if (spec_check_keys(spec, KEYS, err) != 0 || spec_need(spec, "status", &status, err) != 0 ||
        spec_read_text(status, &pattern->status, err) != 0)
        return -1;
    bool has_match = spec_get(spec, "match", &match);
    bool has_json = spec_get(spec, "json", &json);
    if (has_match == has_json)
        return spec_error(spec, err,
                          "%s: a pattern has either \"match\", an expression for a line of text, "
                          "or \"json\", members of a line that is an object",
                          has_match ? "\"match\" and \"json\"" : "neither");
    if ((has_match ? mta_read_match(match, arena, pattern, err)
                   : mta_read_json(json, arena, pattern, err)) != 0)
        return -1;
    if (mta_read_facts(spec, arena, pattern, err) == 0)
        return 0;
    mta_pattern_release(pattern);
    return -1;
}

void mta_pattern_release(struct mta_pattern *pattern)
{
    if (pattern->regex != NULL)
        regfree(pattern->regex);
    pattern->regex = NULL;
}

/* ---- lines */

void mta_line_init(struct mta_line *line, const char *text)
{
    *line = (struct mta_line){.text = text};
}

void mta_line_deinit(struct mta_line *line)
{
    cJSON_Delete(line->json);
    line->json = NULL;
}

static bool mta_pattern_matches(const struct mta_pattern *pattern, struct mta_line *line)
{
    regmatch_t groups[MTA_PATTERN_GROUPS_MAX + 1];
    if (regexec(pattern->regex, line->text, MTA_PATTERN_GROUPS_MAX + 1, groups, 0) != 0)
        return false;
    for (size_t i = 0; i < MTA_FACT_COUNT; i++) {
        int group = pattern->facts[i].group;
        bool is_there = group >= 0 && groups[group].rm_so >= 0;
        line->facts[i] = is_there ? slice_from(line->text + groups[group].rm_so,
                                               (size_t)(groups[group].rm_eo - groups[group].rm_so))
                                  : slice_of(NULL);
    }
    return true;
}

static struct slice mta_line_fact(const cJSON *object, const struct mta_fact_place *place)
{
    const char *text = NULL;
    for (size_t i = 0; text == NULL && i < place->member_count; i++)
        text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, place->members[i]));
    return slice_of(text);
}

static bool mta_pattern_has_members(const struct mta_pattern *pattern, struct mta_line *line)
{
    const cJSON *wanted = NULL;
    if (!line->was_parsed)
        line->json = cJSON_Parse(line->text);
    line->was_parsed = true;
    cJSON_ArrayForEach(wanted, pattern->json)
    {
        if (!cJSON_Compare(wanted, cJSON_GetObjectItemCaseSensitive(line->json, wanted->string),
                           true))
            return false;
    }
    for (size_t i = 0; i < MTA_FACT_COUNT; i++)
        line->facts[i] = mta_line_fact(line->json, &pattern->facts[i]);
    return true;
}

bool mta_pattern_fits(const struct mta_pattern *pattern, struct mta_line *line)
{
    if (strstr(line->text, pattern->literal) == NULL)
        return false;
    return pattern->regex != NULL ? mta_pattern_matches(pattern, line)
                                  : mta_pattern_has_members(pattern, line);
}
