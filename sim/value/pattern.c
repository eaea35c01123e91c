#include "sim/value/pattern.h"

#include <regex.h>

#include "mta-under-test/base/text.h"

#include "mta-under-test/base/poison.h"

enum {
    PATTERN_REGEX_BYTES_MAX = 512,
    /* glibc copies a repeated group as often as its bound says, nested ones multiply: a short text
     * could ask for all memory. */
    PATTERN_REPEATS_MAX = 1000,
};

enum pattern_kind { PATTERN_EXACT, PATTERN_GLOB, PATTERN_REGEX };

struct pattern_one {
    enum pattern_kind kind;
    bool excludes;
    struct slice text;
    regex_t regex;
};

struct pattern {
    const char *text; /* as it was written */
    size_t count;
    bool has_positive;
    struct pattern_one list[];
};

/* The product of all upper bounds "{m,n}" in it, at most PATTERN_REPEATS_MAX + 1. */
static uint64_t pattern_repeats(struct slice text)
{
    uint64_t product = 1;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] != '{')
            continue;
        uint64_t bound = 0;
        uint64_t most = 1;
        for (i++; i < text.len && text.data[i] != '}' && bound <= PATTERN_REPEATS_MAX; i++) {
            bound = text_is_digit(text.data[i]) ? bound * 10 + (uint64_t)(text.data[i] - '0') : 0;
            most = bound > most ? bound : most;
        }
        product *= most;
        if (product > PATTERN_REPEATS_MAX)
            return PATTERN_REPEATS_MAX + 1;
    }
    return product;
}

static int pattern_compile_regex(struct spec spec, struct arena *arena, struct pattern_one *one,
                                 struct err *err)
{
    one->kind = PATTERN_REGEX;
    one->text = slice_first(slice_skip(one->text, 1), one->text.len - 2);
    if (one->text.len > PATTERN_REGEX_BYTES_MAX)
        return spec_error(spec, err, "a regular expression has at most %d bytes",
                          PATTERN_REGEX_BYTES_MAX);
    if (pattern_repeats(one->text) > PATTERN_REPEATS_MAX)
        return spec_error(spec, err,
                          "the bounds {m,n} of this regular expression multiply to more than %d",
                          PATTERN_REPEATS_MAX);
    const char *source = arena_text_of(arena, one->text);
    int code = regcomp(&one->regex, source, REG_EXTENDED | REG_ICASE | REG_NOSUB);
    if (code == 0)
        return 0;
    char text[200];
    regerror(code, &one->regex, text, sizeof text);
    return spec_error(spec, err, "\"/%.*s/\" is no regular expression: %s", SLICE_ARG(one->text),
                      text);
}

static int pattern_compile(struct spec spec, struct arena *arena, struct pattern_one *one,
                           struct err *err)
{
    struct slice text = one->text;
    if (text.len >= 2 && text.data[0] == '/') {
        if (text.data[text.len - 1] != '/')
            return spec_error(spec, err, "\"%.*s\": a regular expression ends with \"/\"",
                              SLICE_ARG(text));
        return pattern_compile_regex(spec, arena, one, err);
    }
    bool glob = slice_find(text, '*') != SIZE_MAX || slice_find(text, '?') != SIZE_MAX;
    one->kind = glob ? PATTERN_GLOB : PATTERN_EXACT;
    return 0;
}

static const char *pattern_join(const char *const *texts, size_t count, struct arena *arena)
{
    const char *joined = arena_text(arena, texts[0]);
    for (size_t i = 1; i < count; i++)
        joined = arena_format(arena, "%s, %s", joined, texts[i]);
    return joined;
}

static bool pattern_one_matches(const struct pattern_one *one, struct slice text);

/* Does `out` match all that `in` matches? Only what is certain counts: a star of `out` takes in the
 * stars of `in`, a question mark does not. */
static bool pattern_covers(const struct pattern_one *out, const struct pattern_one *in)
{
    if (in->kind == PATTERN_REGEX)
        return out->kind == PATTERN_REGEX && slice_equal(out->text, in->text);
    if (in->kind == PATTERN_EXACT)
        return pattern_one_matches(out, in->text);
    return out->kind == PATTERN_GLOB &&
           (slice_equal_nocase(out->text, in->text) ||
            (slice_find(out->text, '?') == SIZE_MAX && pattern_one_matches(out, in->text)));
}

/* An entry that another of the list excludes whole matches nothing. */
static int pattern_check_list(struct spec spec, const struct pattern *p, struct err *err)
{
    for (size_t i = 0; i < p->count; i++) {
        for (size_t k = 0; k < p->count && !p->list[i].excludes; k++) {
            if (p->list[k].excludes && pattern_covers(&p->list[k], &p->list[i]))
                return spec_error(spec_at(spec, i), err,
                                  "\"%.*s\" never matches: \"!%.*s\" of the same list takes it out",
                                  SLICE_ARG(p->list[i].text), SLICE_ARG(p->list[k].text));
        }
    }
    return 0;
}

int pattern_read(struct spec spec, struct arena *arena, struct pattern **pattern, struct err *err)
{
    const char *const *texts = NULL;
    size_t count = 0;
    *pattern = NULL;
    if (spec_read_texts(spec, arena, &texts, &count, err) != 0)
        return -1;
    struct pattern *p = arena_alloc(arena, sizeof *p + count * sizeof p->list[0]);
    p->text = pattern_join(texts, count, arena);
    for (size_t i = 0; i < count; i++) {
        struct pattern_one *one = &p->list[i];
        one->excludes = spec_is_array(spec) && texts[i][0] == '!';
        one->text = slice_of(arena_text(arena, texts[i] + (one->excludes ? 1 : 0)));
        p->has_positive = p->has_positive || !one->excludes;
        struct spec place = spec_is_array(spec) ? spec_at(spec, i) : spec;
        if (!spec_is_array(spec) && texts[i][0] == '!' && texts[i][1] != '\0')
            return spec_error(spec, err, "\"!\" excludes in a list only: write [\"%s\"]", texts[i]);
        if (pattern_compile(place, arena, one, err) != 0) {
            pattern_release(p);
            return -1;
        }
        p->count = i + 1;
    }
    if (count > 1 && pattern_check_list(spec, p, err) != 0) {
        pattern_release(p);
        return -1;
    }
    *pattern = p;
    return 0;
}

void pattern_release(struct pattern *pattern)
{
    if (pattern == NULL)
        return;
    for (size_t i = 0; i < pattern->count; i++) {
        if (pattern->list[i].kind == PATTERN_REGEX)
            regfree(&pattern->list[i].regex);
    }
    pattern->count = 0;
}

/* "*" is tried shortest first; only the last star is ever gone back to, so the time is at most
 * the product of both lengths. */
static bool pattern_glob(struct slice glob, struct slice text)
{
    size_t g = 0;
    size_t t = 0;
    size_t star = SIZE_MAX;
    size_t star_t = 0;
    while (t < text.len) {
        if (g < glob.len && glob.data[g] == '*') {
            star = g++;
            star_t = t;
        } else if (g < glob.len &&
                   (glob.data[g] == '?' || text_lower(glob.data[g]) == text_lower(text.data[t]))) {
            g++;
            t++;
        } else if (star != SIZE_MAX) {
            g = star + 1;
            t = ++star_t;
        } else {
            return false;
        }
    }
    while (g < glob.len && glob.data[g] == '*')
        g++;
    return g == glob.len;
}

static bool pattern_one_matches(const struct pattern_one *one, struct slice text)
{
    if (one->kind == PATTERN_EXACT)
        return slice_equal_nocase(one->text, text);
    if (one->kind == PATTERN_GLOB)
        return pattern_glob(one->text, text);
    regmatch_t part = {0, (regoff_t)text.len};
    return regexec(&one->regex, text.data != NULL ? text.data : "", 1, &part, REG_STARTEND) == 0;
}

bool pattern_matches_any(const struct pattern *pattern, const struct slice *texts, size_t count)
{
    if (pattern == NULL)
        return true;
    bool found = !pattern->has_positive;
    for (size_t i = 0; i < pattern->count; i++) {
        const struct pattern_one *one = &pattern->list[i];
        bool matches = false;
        for (size_t k = 0; k < count && !matches; k++)
            matches = pattern_one_matches(one, texts[k]);
        if (matches && one->excludes)
            return false;
        found = found || matches;
    }
    return found;
}

bool pattern_matches(const struct pattern *pattern, struct slice text)
{
    return pattern_matches_any(pattern, &text, 1);
}

bool pattern_is_exact(const char *text)
{
    return text[0] != '/' && strpbrk(text, "*?") == NULL;
}

int pattern_check_words(struct spec spec, const char *noun, const char *const *words,
                        struct err *err)
{
    bool array = spec_is_array(spec);
    for (size_t i = 0; i < (array ? spec_count(spec) : 1); i++) {
        struct spec one = array ? spec_at(spec, i) : spec;
        const char *text = one.json->valuestring;
        if (text[0] == '!')
            text++;
        bool known = !pattern_is_exact(text);
        for (size_t k = 0; words[k] != NULL && !known; k++)
            known = strcmp(words[k], text) == 0;
        if (!known)
            return spec_unknown(one, err, noun, words);
    }
    return 0;
}

bool pattern_is_within(const struct pattern *narrow, const struct pattern *wide)
{
    for (size_t k = 0; k < wide->count; k++) {
        if (wide->list[k].excludes)
            return false;
    }
    for (size_t i = 0; i < narrow->count; i++) {
        bool covered = narrow->list[i].excludes;
        for (size_t k = 0; k < wide->count && !covered; k++)
            covered = pattern_covers(&wide->list[k], &narrow->list[i]);
        if (!covered)
            return false;
    }
    return narrow->has_positive;
}

const char *pattern_text(const struct pattern *pattern)
{
    return pattern != NULL ? pattern->text : "*";
}
