#include <idn2.h>

#include "mta-under-test/base/text.h"
#include "sim/value/spec.h"

#include "mta-under-test/base/poison.h"

int spec_read_text(struct spec spec, const char **text, struct err *err)
{
    if (!spec_is_text(spec))
        return spec_expected(spec, err, "a text");
    if (spec.json->valuestring[0] == '\0')
        return spec_expected(spec, err, "a text that is not empty");
    *text = spec.json->valuestring;
    return 0;
}

int spec_read_texts(struct spec spec, struct arena *arena, const char *const **texts, size_t *count,
                    struct err *err)
{
    bool array = spec_is_array(spec);
    size_t total = array ? spec_count(spec) : 1;
    if (!array && !spec_is_text(spec))
        return spec_expected(spec, err, "a text or an array of texts");
    if (total == 0)
        return spec_expected(spec, err, "at least one text");
    const char **list = arena_alloc_array(arena, total + 1, sizeof *list);
    for (size_t i = 0; i < total; i++) {
        if (spec_read_text(array ? spec_at(spec, i) : spec, &list[i], err) != 0)
            return -1;
    }
    *texts = list;
    *count = total;
    return 0;
}

int spec_read_bool(struct spec spec, bool *value, struct err *err)
{
    if (!spec_is_bool(spec))
        return spec_expected(spec, err, "true or false");
    *value = cJSON_IsTrue(spec.json);
    return 0;
}

int spec_read_int(struct spec spec, int64_t min, int64_t max, int64_t *value, struct err *err)
{
    /* cJSON keeps numbers as doubles: beyond 2^53 they are no longer exact. */
    static const double EXACT = 9007199254740992.0;
    double number = spec.json->valuedouble;
    bool whole = spec_is_number(spec) && number >= -EXACT && number <= EXACT &&
                 number == (double)(int64_t)number;
    if (!whole || (int64_t)number < min || (int64_t)number > max) {
        char what[100];
        if (max >= (int64_t)EXACT)
            snprintf(what, sizeof what, "a whole number from %lld", (long long)min);
        else
            snprintf(what, sizeof what, "a whole number from %lld to %lld", (long long)min,
                     (long long)max);
        return spec_expected(spec, err, what);
    }
    *value = (int64_t)number;
    return 0;
}

int spec_read_word(struct spec spec, const char *const *words, size_t *index, struct err *err)
{
    const char *text = "";
    if (spec_read_text(spec, &text, err) != 0)
        return -1;
    for (size_t i = 0; words[i] != NULL; i++) {
        if (strcmp(words[i], text) == 0) {
            *index = i;
            return 0;
        }
    }
    return spec_unknown(spec, err, "word", words);
}

int spec_expected_span(struct spec spec, struct err *err, const char *what)
{
    struct arena arena = {0};
    const char *number = NULL;
    if (spec_is_number(spec))
        number = arena_format(&arena, "%.15g", spec.json->valuedouble);
    else if (spec_is_text(spec) &&
             strspn(spec.json->valuestring, "0123456789.") == strlen(spec.json->valuestring))
        number = spec.json->valuestring;
    if (number != NULL && text_is_digit(number[0]) && strlen(number) < 20)
        spec_error(spec, err,
                   "expected %s, found %s%s: the unit is missing, as in \"%ss\" or \"%sm\"", what,
                   spec_is_number(spec) ? "the number " : "", number, number, number);
    else
        spec_expected(spec, err, what);
    arena_deinit(&arena);
    return -1;
}

int spec_read_span(struct spec spec, int64_t *span_us, struct err *err)
{
    if (!spec_is_text(spec) || time_span_from_text(slice_of(spec.json->valuestring), span_us) != 0)
        return spec_expected_span(spec, err,
                                  "a duration like \"250ms\", \"30s\", \"5m\" or \"1h30m\"");
    return 0;
}

int spec_read_instant(struct spec spec, int64_t *at_us, struct err *err)
{
    if (!spec_is_text(spec) || time_from_rfc3339(slice_of(spec.json->valuestring), at_us) != 0)
        return spec_expected(spec, err, "an instant like \"2026-03-02T09:00:00Z\"");
    return 0;
}

int spec_read_size(struct spec spec, int64_t *bytes, struct err *err)
{
    if (spec_is_number(spec))
        return spec_read_int(spec, 0, INT64_MAX, bytes, err);
    if (!spec_is_text(spec) || spec_size_from_text(slice_of(spec.json->valuestring), bytes) != 0)
        return spec_expected(spec, err, "a size like \"512kB\", \"25MB\" or \"1GiB\"");
    return 0;
}

int spec_read_share(struct spec spec, uint32_t *millionths, struct err *err)
{
    int64_t share = 0;
    if (!spec_is_text(spec) || spec_share_from_text(slice_of(spec.json->valuestring), &share) != 0)
        return spec_expected(spec, err, "a share like \"30%\" or \"99.5%\"");
    *millionths = (uint32_t)share;
    return 0;
}

int spec_size_from_text(struct slice text, int64_t *bytes)
{
    static const struct {
        const char *name;
        int64_t bytes;
    } UNITS[] = {
        {"", 1},          {"b", 1},         {"kb", 1000},     {"mb", 1000000}, {"gb", 1000000000},
        {"kib", 1 << 10}, {"mib", 1 << 20}, {"gib", 1 << 30},
    };
    size_t digits = 0;
    while (digits < text.len && text_is_digit(text.data[digits]))
        digits++;
    uint64_t count = 0;
    if (text_to_u64(slice_first(text, digits), &count) != 0)
        return -1;
    struct slice unit = slice_skip(text, digits);
    for (size_t i = 0; i < sizeof UNITS / sizeof UNITS[0]; i++) {
        if (slice_is_nocase(unit, UNITS[i].name))
            return __builtin_mul_overflow(count, UNITS[i].bytes, bytes) ? -1 : 0;
    }
    return -1;
}

int spec_share_from_text(struct slice text, int64_t *millionths)
{
    if (text.len < 2 || text.data[text.len - 1] != '%')
        return -1;
    text = slice_first(text, text.len - 1);
    size_t point = slice_find(text, '.');
    struct slice whole = point == SIZE_MAX ? text : slice_first(text, point);
    uint64_t percent = 0;
    if (text_to_u64(whole, &percent) != 0 || percent > 100)
        return -1;
    int64_t share = (int64_t)percent * 10000;
    if (point != SIZE_MAX) {
        struct slice fraction = slice_skip(text, point + 1);
        if (fraction.len < 1 || fraction.len > 4)
            return -1;
        int64_t scale = 1000;
        for (size_t i = 0; i < fraction.len; i++, scale /= 10) {
            if (!text_is_digit(fraction.data[i]))
                return -1;
            share += (fraction.data[i] - '0') * scale;
        }
    }
    if (share > 1000000)
        return -1;
    *millionths = share;
    return 0;
}

/* RFC 1035 section 2.3.4 and RFC 1123 section 2.1, with "_" as service names have it. */
static bool domain_is_valid(const char *name)
{
    struct slice rest = slice_of(name);
    if (rest.len == 0 || rest.len > 253)
        return false;
    struct slice label;
    while (slice_split(&rest, '.', &label)) {
        if (label.len == 0 || label.len > 63 || label.data[0] == '-' ||
            label.data[label.len - 1] == '-')
            return false;
        for (size_t i = 0; i < label.len; i++) {
            char c = label.data[i];
            if (!text_is_alnum(c) && c != '-' && c != '_')
                return false;
        }
    }
    return name[strlen(name) - 1] != '.';
}

const char *spec_domain_from_text(const char *text, struct arena *arena)
{
    char *ascii = NULL;
    if (!text_is_ascii(slice_of(text))) {
        if (idn2_to_ascii_8z(text, &ascii, IDN2_NONTRANSITIONAL) != IDN2_OK)
            return NULL;
        text = ascii;
    }
    char *name = arena_text(arena, text);
    free(ascii);
    text_to_lower(name);
    size_t len = strlen(name);
    if (len > 1 && name[len - 1] == '.')
        name[len - 1] = '\0';
    return domain_is_valid(name) ? name : NULL;
}

int spec_read_domain(struct spec spec, struct arena *arena, const char **name, struct err *err)
{
    if (spec_is_text(spec))
        *name = spec_domain_from_text(spec.json->valuestring, arena);
    if (!spec_is_text(spec) || *name == NULL)
        return spec_expected(spec, err, "a domain name like \"mx.example.test\"");
    return 0;
}
