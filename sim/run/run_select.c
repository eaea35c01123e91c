#include "sim/run/run_select.h"

#include "mta-under-test/base/buf.h"
#include "mta-under-test/base/text.h"

#include "mta-under-test/base/poison.h"

enum { RUN_SELECT_BYTES_MAX = 1500, RUN_TAGS_SHOWN_MAX = 24 };

static bool run_has_tag(const struct scenario *scenario, const char *const *tags, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < scenario->tag_count; k++) {
            if (slice_is_nocase(slice_of(tags[i]), scenario->tags[k]))
                return true;
        }
    }
    return false;
}

bool run_select_takes(const struct run_options *options, const struct scenario *scenario)
{
    if (options->tag_count > 0 && !run_has_tag(scenario, options->tags, options->tag_count))
        return false;
    if (run_has_tag(scenario, options->exclude_tags, options->exclude_tag_count))
        return false;
    return options->grep == NULL || strcasestr(scenario->name, options->grep) != NULL ||
           strcasestr(scenario->file, options->grep) != NULL;
}

/* ---- the tags that are there */

/* Each once, in the order in which they come. */
struct run_tags {
    const char **items; /* NULL-terminated */
    size_t count;
};

static void run_tags_add(struct run_tags *tags, const char *tag)
{
    for (size_t i = 0; i < tags->count; i++) {
        if (slice_is_nocase(slice_of(tag), tags->items[i]))
            return;
    }
    tags->items = mem_grow(tags->items, tags->count + 2, sizeof *tags->items);
    tags->items[tags->count++] = tag;
    tags->items[tags->count] = NULL;
}

static struct run_tags run_tags_of(struct scenario *const *scenarios, size_t count)
{
    struct run_tags tags = {mem_alloc_array(1, sizeof *tags.items), 0};
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < scenarios[i]->tag_count; k++)
            run_tags_add(&tags, scenarios[i]->tags[k]);
    }
    return tags;
}

static bool run_tags_have(const struct run_tags *tags, const char *tag)
{
    for (size_t i = 0; i < tags->count; i++) {
        if (slice_is_nocase(slice_of(tag), tags->items[i]))
            return true;
    }
    return false;
}

static void run_tags_print(const struct run_tags *tags, struct buf *out)
{
    if (tags->count == 0)
        buf_add_text(out, "none of these has any tag");
    else
        buf_add_text(out, "tags that are there: ");
    for (size_t i = 0; i < tags->count && i < RUN_TAGS_SHOWN_MAX; i++)
        buf_format(out, "%s%s", i > 0 ? ", " : "", tags->items[i]);
    if (tags->count > RUN_TAGS_SHOWN_MAX)
        buf_format(out, " and %zu more (mailrange list --markdown shows them)",
                   tags->count - RUN_TAGS_SHOWN_MAX);
}

/* ---- what was looked for */

/* Calls back for each tag that is none of those there, with the nearest or NULL. */
typedef void run_unknown_visitor(const char *flag, const char *tag, const char *nearest,
                                 struct buf *out);

static void run_select_visit_unknown(const struct run_options *options,
                                     const struct run_tags *there, run_unknown_visitor *visitor,
                                     struct buf *out)
{
    for (size_t i = 0; i < options->tag_count + options->exclude_tag_count; i++) {
        bool wanted = i < options->tag_count;
        const char *tag = wanted ? options->tags[i] : options->exclude_tags[i - options->tag_count];
        if (!run_tags_have(there, tag))
            visitor(wanted ? "--tags" : "--exclude-tags", tag, text_nearest(tag, there->items),
                    out);
    }
}

static void run_unknown_line(const char *flag, const char *tag, const char *nearest,
                             struct buf *out)
{
    buf_format(out, "mailrange: %s: no scenario has the tag \"%s\"", flag, tag);
    if (nearest != NULL)
        buf_format(out, "; did you mean \"%s\"?", nearest);
    buf_add_char(out, '\n');
}

static void run_unknown_guess(const char *flag, const char *tag, const char *nearest,
                              struct buf *out)
{
    (void)flag;
    if (nearest != NULL)
        buf_format(out, "; \"%s\": did you mean \"%s\"?", tag, nearest);
}

void run_select_unknown_tags(const struct run_options *options, struct scenario *const *scenarios,
                             size_t count, struct buf *out)
{
    if (options->tag_count + options->exclude_tag_count == 0)
        return;
    struct run_tags there = run_tags_of(scenarios, count);
    run_select_visit_unknown(options, &there, run_unknown_line, out);
    free(there.items);
}

static void run_select_print_list(const char *what, const char *const *items, size_t count,
                                  struct buf *out)
{
    for (size_t i = 0; i < count; i++)
        buf_format(out, "%s%s", i == 0 ? what : ",", items[i]);
}

int run_select_nothing(const struct run_options *options, struct scenario *const *scenarios,
                       size_t count, struct err *err)
{
    struct buf text;
    buf_init(&text, RUN_SELECT_BYTES_MAX);
    buf_format(&text, "nothing is left of %zu scenario%s by", count, count == 1 ? "" : "s");
    run_select_print_list(" --tags ", options->tags, options->tag_count, &text);
    run_select_print_list(" --exclude-tags ", options->exclude_tags, options->exclude_tag_count,
                          &text);
    if (options->grep != NULL)
        buf_format(&text, " --grep \"%s\" (part of a name or file)", options->grep);
    if (options->tag_count + options->exclude_tag_count > 0) {
        struct run_tags there = run_tags_of(scenarios, count);
        run_select_visit_unknown(options, &there, run_unknown_guess, &text);
        buf_add_text(&text, "; ");
        run_tags_print(&there, &text);
        free(there.items);
    }
    err_set(err, "%s", buf_text(&text));
    buf_deinit(&text);
    return -1;
}
