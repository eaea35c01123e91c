#include "sim/value/parameters.h"

#include "mta-under-test/base/poison.h"

int parameters_read(struct spec spec, struct arena *arena, struct parameters *parameters,
                    struct err *err)
{
    size_t count = spec_is_object(spec) ? spec_count(spec) : 0;
    if (count == 0)
        return spec_error(spec, err,
                          "expected parameters of MAIL or RCPT, as in {\"SMTPUTF8\": true, "
                          "\"RET\": \"HDRS\"}");
    parameters->list = arena_alloc_array(arena, count, sizeof parameters->list[0]);
    for (size_t i = 0; i < count; i++) {
        struct parameter_match *match = &parameters->list[i];
        struct spec value = spec_at(spec, i);
        match->name = arena_text(arena, spec_key_at(spec, i));
        match->wanted = true;
        int result = spec_is_bool(value) ? spec_read_bool(value, &match->wanted, err)
                                         : pattern_read(value, arena, &match->value, err);
        if (result != 0)
            return -1;
        parameters->count++;
    }
    return 0;
}

void parameters_release(struct parameters *parameters)
{
    for (size_t i = 0; i < parameters->count; i++)
        pattern_release(parameters->list[i].value);
}

static bool parameters_find(const char *text, const char *name, struct slice *value)
{
    struct slice rest = slice_of(text);
    struct slice word;
    while (slice_split(&rest, ' ', &word)) {
        size_t equals = slice_find(word, '=');
        if (!slice_is_nocase(slice_first(word, equals), name))
            continue;
        *value = equals == SIZE_MAX ? slice_from("", 0) : slice_skip(word, equals + 1);
        return true;
    }
    return false;
}

bool parameters_match(const struct parameters *parameters, const char *mail, const char *rcpt)
{
    for (size_t i = 0; i < parameters->count; i++) {
        const struct parameter_match *match = &parameters->list[i];
        struct slice value = {0};
        bool found = parameters_find(mail, match->name, &value) ||
                     parameters_find(rcpt, match->name, &value);
        if (found != match->wanted || (found && !pattern_matches(match->value, value)))
            return false;
    }
    return true;
}

void parameters_write(const struct parameters *parameters, struct buf *out)
{
    for (size_t i = 0; i < parameters->count; i++) {
        const struct parameter_match *match = &parameters->list[i];
        buf_format(out, "%s%s%s", i > 0 ? ", " : "", match->wanted ? "" : "no ", match->name);
        if (match->value != NULL)
            buf_format(out, "=%s", pattern_text(match->value));
    }
}
