#include "mta-under-test/mailauth/core/taglist.h"

#include "mta-under-test/base/text.h"

#include "mta-under-test/base/poison.h"

static size_t taglist_wsp_len(struct slice text)
{
    size_t len = 0;
    while (len < text.len && (text.data[len] == ' ' || text.data[len] == '\t'))
        len++;
    return len;
}

/* More than one fold in a row is obs-FWS (RFC 5322 4.2), which readers must take. */
size_t taglist_fws_len(struct slice text)
{
    size_t len = taglist_wsp_len(text);
    for (;;) {
        struct slice rest = slice_skip(text, len);
        if (!slice_starts_with(rest, SLICE("\r\n")))
            return len;
        size_t behind = taglist_wsp_len(slice_skip(rest, 2));
        if (behind == 0)
            return len;
        len += 2 + behind;
    }
}

static bool taglist_is_valchar(char c)
{
    return c >= 0x21 && c <= 0x7e && c != ';';
}

/* tag-value, with UTF-8 for internationalised mail (RFC 8616); returns its length without FWS
 * behind it. */
static size_t taglist_value_len(struct slice text)
{
    size_t len = 0;
    size_t at = 0;
    while (at < text.len) {
        struct slice rest = slice_skip(text, at);
        size_t step = taglist_is_valchar(rest.data[0]) ? 1 : 0;
        if (step == 0 && (unsigned char)rest.data[0] >= 0x80)
            step = text_utf8_len(rest);
        if (step > 0) {
            at += step;
            len = at;
            continue;
        }
        step = taglist_fws_len(rest);
        if (step == 0)
            break;
        at += step;
    }
    return len;
}

static size_t taglist_name_len(struct slice text)
{
    size_t len = 0;
    if (text.len == 0 || !text_is_alpha(text.data[0]))
        return 0;
    while (len < text.len && (text_is_alnum(text.data[len]) || text.data[len] == '_'))
        len++;
    return len;
}

/* One tag-spec from *at on; leaves *at behind it. */
static const char *taglist_parse_tag(struct slice text, size_t *at, struct tag *tag)
{
    *at += taglist_fws_len(slice_skip(text, *at));
    struct slice rest = slice_skip(text, *at);
    tag->name = slice_first(rest, taglist_name_len(rest));
    if (tag->name.len == 0)
        return "a tag without a name, or a name with a wrong character";
    *at += tag->name.len;
    *at += taglist_fws_len(slice_skip(text, *at));
    if (*at >= text.len || text.data[*at] != '=')
        return "a tag without \"=\"";
    *at += 1;
    tag->at = *at;
    *at += taglist_fws_len(slice_skip(text, *at));
    rest = slice_skip(text, *at);
    tag->value = slice_first(rest, taglist_value_len(rest));
    *at += tag->value.len;
    *at += taglist_fws_len(slice_skip(text, *at));
    tag->end = *at;
    if (*at < text.len && text.data[*at] != ';')
        return "a wrong character in a value";
    return NULL;
}

const char *taglist_parse(struct arena *arena, struct slice text, struct taglist *list)
{
    struct tag tags[TAGLIST_TAGS_MAX];
    size_t count = 0;
    size_t at = 0;
    list->count = 0;
    list->tags = NULL;
    do {
        if (count == TAGLIST_TAGS_MAX)
            return "too many tags";
        const char *wrong = taglist_parse_tag(text, &at, &tags[count]);
        if (wrong != NULL)
            return wrong;
        for (size_t i = 0; i < count; i++) {
            if (slice_equal(tags[i].name, tags[count].name))
                return "a tag stands twice";
        }
        count++;
        if (at >= text.len)
            break;
        at++; /* the ";" */
    } while (at + taglist_fws_len(slice_skip(text, at)) < text.len);
    list->tags = arena_alloc_array(arena, count, sizeof *tags);
    memcpy(list->tags, tags, count * sizeof *tags);
    list->count = count;
    return NULL;
}

const struct tag *taglist_find(const struct taglist *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++) {
        if (slice_is(list->tags[i].name, name))
            return &list->tags[i];
    }
    return NULL;
}

struct slice taglist_value(const struct taglist *list, const char *name)
{
    const struct tag *tag = taglist_find(list, name);
    return tag != NULL ? tag->value : (struct slice){NULL, 0};
}

struct slice taglist_without_space(struct arena *arena, struct slice value)
{
    char *text = arena_alloc(arena, value.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < value.len; i++) {
        if (strchr(" \t\r\n", value.data[i]) == NULL)
            text[len++] = value.data[i];
    }
    return slice_from(text, len);
}

/* The "=" at the end may be left out: the grammar of base64string does not want them. */
bool taglist_base64(struct arena *arena, struct slice value, struct slice *bytes)
{
    struct slice packed = taglist_without_space(arena, value);
    struct buf text;
    struct buf out;
    if (packed.len == 0)
        return false;
    buf_init(&text, packed.len + 2);
    buf_init(&out, packed.len + 2);
    buf_add_slice(&text, packed);
    while (text.len % 4 > 1)
        buf_add_char(&text, '=');
    bool valid = text_from_base64(&out, buf_slice(&text)) == 0;
    if (valid)
        *bytes = arena_slice(arena, buf_slice(&out));
    buf_deinit(&out);
    buf_deinit(&text);
    return valid;
}

bool taglist_next_item(struct slice *rest, char c, struct slice *item)
{
    if (!slice_split(rest, c, item))
        return false;
    *item = slice_trim(*item);
    return true;
}
