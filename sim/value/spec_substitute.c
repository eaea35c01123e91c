#include "mta-under-test/base/text.h"
#include "sim/value/spec_document.h"

#include "mta-under-test/base/poison.h"

enum { SUBSTITUTED_BYTES_MAX = 1024 * 1024 };

struct substitution {
    const struct spec_variable *variables;
    size_t count;
    struct err *err;
};

static int substitute_unknown(const struct substitution *s, struct spec spec, struct slice name)
{
    struct arena *arena = &spec.document->arena;
    if (s->count == 0)
        return spec_error(spec, s->err,
                          "\"${%.*s}\" stands for nothing: this scenario has no \"matrix\" (a "
                          "literal \"${\" is written \"$${\")",
                          SLICE_ARG(name));
    const char **words = arena_alloc_array(arena, s->count + 1, sizeof *words);
    for (size_t i = 0; i < s->count; i++)
        words[i] = s->variables[i].name;
    const char *nearest = text_nearest(arena_text_of(arena, name), words);
    return spec_error(spec, s->err,
                      "\"${%.*s}\": no such name in \"matrix\"; did you mean \"${%s}\"?",
                      SLICE_ARG(name), nearest != NULL ? nearest : words[0]);
}

/* Copies `text` to `out` with all names put in. */
static int substitute_text(const struct substitution *s, struct spec spec, struct buf *out)
{
    struct slice rest = slice_of(spec.json->valuestring);
    while (rest.len > 0) {
        if (slice_starts_with(rest, SLICE("$${"))) {
            buf_add_text(out, "${");
            rest = slice_skip(rest, 3);
            continue;
        }
        if (!slice_starts_with(rest, SLICE("${"))) {
            buf_add_char(out, rest.data[0]);
            rest = slice_skip(rest, 1);
            continue;
        }
        size_t end = slice_find(rest, '}');
        if (end == SIZE_MAX)
            return spec_error(spec, s->err, "\"${\" is not closed by \"}\"");
        struct slice name = slice_first(slice_skip(rest, 2), end - 2);
        size_t i = 0;
        while (i < s->count && !slice_is(name, s->variables[i].name))
            i++;
        if (i == s->count)
            return substitute_unknown(s, spec, name);
        buf_add_text(out, s->variables[i].text);
        rest = slice_skip(rest, end + 1);
    }
    return 0;
}

/* True if the whole text is one name, so that its value may be of another type. */
static bool substitute_is_whole(const char *text)
{
    struct slice all = slice_of(text);
    return slice_starts_with(all, SLICE("${")) && slice_find(all, '}') == all.len - 1;
}

/* Makes the node a number, true or false if that is what the text says. */
static void substitute_type(cJSON *json)
{
    int64_t number = 0;
    const char *text = json->valuestring;
    bool is_true = strcmp(text, "true") == 0;
    if (is_true || strcmp(text, "false") == 0)
        json->type = is_true ? cJSON_True : cJSON_False;
    else if (text_to_i64(slice_of(text), &number) == 0)
        json->type = cJSON_Number;
    else
        return;
    if (json->type == cJSON_Number)
        cJSON_SetNumberHelper(json, (double)number);
    cJSON_free(json->valuestring);
    json->valuestring = NULL;
}

static int substitute_one(const struct substitution *s, struct spec spec, cJSON *json)
{
    if (strstr(json->valuestring, "${") == NULL)
        return 0;
    bool whole = substitute_is_whole(json->valuestring);
    struct buf text;
    buf_init(&text, SUBSTITUTED_BYTES_MAX);
    int result = substitute_text(s, spec, &text);
    if (result == 0 && buf_overflowed(&text))
        result = spec_error(spec, s->err, "too long once \"matrix\" is put in");
    if (result == 0 && cJSON_SetValuestring(json, buf_text(&text)) == NULL)
        abort(); /* out of memory */
    buf_deinit(&text);
    if (result == 0 && whole)
        substitute_type(json);
    return result;
}

static int substitute_all(const struct substitution *s, struct spec spec, cJSON *json)
{
    if (cJSON_IsString(json))
        return substitute_one(s, spec, json);
    size_t i = 0;
    for (cJSON *child = json->child; child != NULL; child = child->next, i++) {
        bool inside = child->child != NULL || cJSON_IsString(child);
        if (inside && substitute_all(s, spec_of_child(spec, child, i), child) != 0)
            return -1;
    }
    return 0;
}

int spec_document_substitute(struct spec_document *document, const struct spec_variable *variables,
                             size_t count, struct err *err)
{
    struct substitution s = {variables, count, err};
    return substitute_all(&s, spec_root(document), document->root);
}
