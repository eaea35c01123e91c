#include "mta-under-test/mailauth/core/facts.h"

#include "mta-under-test/base/text.h"

#include "mta-under-test/base/poison.h"

enum { FACTS_INDENT = 3, FACTS_COLUMNS = 100 };

void facts_init(struct facts *facts, struct arena *arena)
{
    memset(facts, 0, sizeof *facts);
    facts->arena = arena;
    facts->open[0] = &facts->root;
    facts->depth = 1;
}

PRINTF_LIKE(3, 0)
static struct fact *facts_append(struct facts *facts, const char *kind, const char *format,
                                 va_list args) PRINTF_LIKE(3, 0);

static struct fact *facts_append(struct facts *facts, const char *kind, const char *format,
                                 va_list args)
{
    if (facts->count >= FACTS_MAX) {
        facts->dropped++;
        return NULL;
    }
    struct buf raw;
    struct buf safe;
    buf_init(&raw, (size_t)FACTS_TEXT_BYTES_MAX * 16);
    buf_init(&safe, (size_t)FACTS_TEXT_BYTES_MAX * 4 + 16);
    if (!buf_vformat(&raw, format, args))
        buf_add_text(&raw, "(too long to show)");
    text_to_printable(&safe, buf_slice(&raw), FACTS_TEXT_BYTES_MAX);
    struct fact *fact = arena_alloc(facts->arena, sizeof *fact);
    fact->kind = kind;
    fact->text = arena_text(facts->arena, buf_text(&safe));
    buf_deinit(&raw);
    buf_deinit(&safe);

    struct fact *parent = facts->open[facts->depth - 1];
    if (parent->last_child != NULL)
        parent->last_child->next = fact;
    else
        parent->first_child = fact;
    parent->last_child = fact;
    facts->count++;
    return fact;
}

void facts_add(struct facts *facts, const char *kind, const char *format, ...)
{
    va_list args;
    if (facts == NULL)
        return;
    va_start(args, format);
    facts_append(facts, kind, format, args);
    va_end(args);
}

void facts_open(struct facts *facts, const char *kind, const char *format, ...)
{
    va_list args;
    if (facts == NULL)
        return;
    va_start(args, format);
    struct fact *fact = facts_append(facts, kind, format, args);
    va_end(args);
    if (facts->depth < FACTS_DEPTH_MAX)
        facts->open[facts->depth] = fact != NULL ? fact : facts->open[facts->depth - 1];
    facts->depth++;
    if (facts->depth > FACTS_DEPTH_MAX)
        facts->depth = FACTS_DEPTH_MAX;
}

void facts_close(struct facts *facts)
{
    if (facts != NULL && facts->depth > 1)
        facts->depth--;
}

static void facts_list_to_json(const struct fact *parent, struct json_out *out, const char *key,
                               size_t depth)
{
    json_out_array(out, key);
    for (const struct fact *fact = parent->first_child; fact != NULL; fact = fact->next) {
        json_out_object(out, NULL);
        json_out_text(out, "kind", fact->kind);
        json_out_text(out, "text", fact->text);
        /* Two levels of JSON for each level of facts; what is deeper is shown flat by the tree. */
        if (fact->first_child != NULL && depth < JSON_OUT_DEPTH_MAX / 2 - 4)
            facts_list_to_json(fact, out, "facts", depth + 1);
        json_out_end(out);
    }
    json_out_end(out);
}

void facts_to_json(const struct facts *facts, struct json_out *out, const char *key)
{
    facts_list_to_json(&facts->root, out, key, 0);
}

/* The text behind the branch, broken at spaces into lines that start with `prefix`. */
static void facts_add_wrapped(struct buf *out, struct slice prefix, size_t depth, struct slice text)
{
    size_t used = depth * FACTS_INDENT;
    size_t room = used + FACTS_INDENT < FACTS_COLUMNS ? FACTS_COLUMNS - used : FACTS_INDENT;
    while (text.len > room) {
        size_t space = slice_find_last(slice_first(text, room + 1), ' ');
        if (space == SIZE_MAX || space == 0)
            space = slice_find(text, ' ');
        if (space == SIZE_MAX)
            break;
        buf_add_slice(out, slice_first(text, space));
        buf_add_char(out, '\n');
        buf_add_slice(out, prefix);
        text = slice_skip(text, space + 1);
    }
    buf_add_slice(out, text);
    buf_add_char(out, '\n');
}

static void facts_list_to_tree(const struct fact *parent, struct buf *out, struct buf *prefix,
                               size_t depth)
{
    for (const struct fact *fact = parent->first_child; fact != NULL; fact = fact->next) {
        bool last = fact->next == NULL;
        size_t before = prefix->len;
        buf_add_slice(out, buf_slice(prefix));
        buf_add_text(out, last ? "\u2514\u2500 " : "\u251c\u2500 ");
        buf_add_text(prefix, last ? "   " : "\u2502  ");
        struct slice below = buf_slice(prefix);
        struct buf more;
        buf_init(&more, prefix->len + 8);
        buf_add_slice(&more, below);
        if (fact->first_child != NULL)
            buf_add_text(&more, "\u2502  ");
        facts_add_wrapped(out, buf_slice(&more), depth + 1, slice_of(fact->text));
        buf_deinit(&more);
        facts_list_to_tree(fact, out, prefix, depth + 1);
        buf_truncate(prefix, before);
    }
}

void facts_to_tree(const struct facts *facts, struct buf *out)
{
    struct buf prefix;
    buf_init(&prefix, (size_t)FACTS_DEPTH_MAX * 8);
    facts_list_to_tree(&facts->root, out, &prefix, 0);
    if (facts->dropped > 0)
        buf_format(out, "(%zu more facts are not shown)\n", facts->dropped);
    buf_deinit(&prefix);
}
