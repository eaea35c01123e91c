#include "sim/event/event_line.h"

#include <limits.h>

#include "mta-under-test/base/poison.h"

enum {
    EVENT_LINE_DEPTH_MAX = 64,   /* json_out.h writes at most 32 */
    EVENT_LINE_NODES = 128,      /* in a block */
    EVENT_LINE_DIGITS_EXACT = 15 /* so many make a number that a double holds exactly */
};

/* Nodes point at each other, so that they must stay where they are: blocks, not one array. */
struct event_block {
    struct event_block *next;
    cJSON nodes[EVENT_LINE_NODES];
};

struct event_line {
    char *bytes; /* of the line at hand, with a NUL behind it; texts end in it */
    size_t size;
    char *at;  /* what comes next */
    char *end; /* where the NUL stands */
    struct event_block *first;
    struct event_block *block; /* the one that is being filled */
    size_t used;               /* of its nodes */
};

struct event_line *event_line_new(void)
{
    struct event_line *line = mem_alloc(sizeof *line);
    line->first = mem_alloc(sizeof *line->first);
    return line;
}

void event_line_free(struct event_line **line)
{
    if (*line == NULL)
        return;
    struct event_block *block = (*line)->first;
    while (block != NULL) {
        struct event_block *next = block->next;
        free(block);
        block = next;
    }
    free((*line)->bytes);
    free(*line);
    *line = NULL;
}

static cJSON *add_node(struct event_line *line)
{
    if (line->used == EVENT_LINE_NODES) {
        if (line->block->next == NULL)
            line->block->next = mem_alloc(sizeof *line->block);
        line->block = line->block->next;
        line->used = 0;
    }
    cJSON *node = &line->block->nodes[line->used++];
    *node = (cJSON){.type = cJSON_NULL};
    return node;
}

static void skip_space(struct event_line *line)
{
    while (*line->at == ' ' || *line->at == '\t' || *line->at == '\r' || *line->at == '\n')
        line->at++;
}

/* Takes the character, and the space around it. */
static bool take(struct event_line *line, char c)
{
    skip_space(line);
    if (*line->at != c)
        return false;
    line->at++;
    skip_space(line);
    return true;
}

/* ---- texts */

/* Four hex digits; -1 if they are none. */
static long read_hex(const char *text)
{
    static const char DIGITS[] = "0123456789abcdef0123456789ABCDEF";
    long number = 0;
    for (size_t i = 0; i < 4; i++) {
        const char *digit = text[i] != '\0' ? strchr(DIGITS, text[i]) : NULL;
        if (digit == NULL)
            return -1;
        number = number * 16 + (digit - DIGITS) % 16;
    }
    return number;
}

static char *add_utf8(char *out, unsigned long c)
{
    if (c < 0x80) {
        *out++ = (char)c;
        return out;
    }
    int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const unsigned char LEADS[] = {0, 0xc0, 0xe0, 0xf0};
    *out++ = (char)(LEADS[more] | c >> (6 * more));
    while (more-- > 0)
        *out++ = (char)(0x80 | (c >> (6 * more) & 0x3f));
    return out;
}

/* What stands behind "\u", of two where it is a surrogate pair (RFC 8259 section 7). */
static char *take_code_point(struct event_line *line, char *out)
{
    long c = read_hex(line->at);
    if (c < 0 || (c >= 0xdc00 && c <= 0xdfff))
        return NULL;
    line->at += 4;
    if (c < 0xd800 || c > 0xdbff)
        return add_utf8(out, (unsigned long)c);
    if (line->at[0] != '\\' || line->at[1] != 'u')
        return NULL;
    long low = read_hex(line->at + 2);
    if (low < 0xdc00 || low > 0xdfff)
        return NULL;
    line->at += 6;
    return add_utf8(out, (unsigned long)(0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00)));
}

/* Takes what stands behind a backslash; returns the end of what was written to `out`, or NULL. */
static char *take_escape(struct event_line *line, char *out)
{
    static const char FROM[] = "\"\\/bfnrt";
    static const char TO[] = "\"\\/\b\f\n\r\t";
    char c = *line->at;
    const char *found = c != '\0' ? strchr(FROM, c) : NULL;
    if (found == NULL && c != 'u')
        return NULL;
    line->at++;
    if (c == 'u')
        return take_code_point(line, out);
    *out = TO[found - FROM];
    return out + 1;
}

/* The end of a text without its escapes, written over itself: it is never longer. */
static char *take_escapes(struct event_line *line)
{
    char *out = line->at;
    while (*line->at != '"') {
        if (*line->at == '\0')
            return NULL;
        if (*line->at != '\\') {
            *out++ = *line->at++;
            continue;
        }
        line->at++;
        out = take_escape(line, out);
        if (out == NULL)
            return NULL;
    }
    line->at++;
    return out;
}

static char *read_text(struct event_line *line)
{
    if (*line->at != '"')
        return NULL;
    char *text = line->at + 1;
    char *end = memchr(text, '"', (size_t)(line->end - text));
    if (end == NULL)
        return NULL;
    /* Most texts have no escape: they are taken as they stand. */
    char *escape = memchr(text, '\\', (size_t)(end - text));
    line->at = escape != NULL ? escape : end + 1;
    if (escape != NULL)
        end = take_escapes(line);
    if (end == NULL)
        return NULL;
    *end = '\0';
    return text;
}

/* ---- values */

static void set_number(cJSON *node, double number)
{
    node->type = cJSON_Number;
    node->valuedouble = number;
    if (number >= INT_MAX)
        node->valueint = INT_MAX;
    else
        node->valueint = number <= INT_MIN ? INT_MIN : (int)number;
}

static bool read_number(struct event_line *line, cJSON *node)
{
    char *from = line->at;
    char *at = from + (*from == '-' ? 1 : 0);
    int64_t whole = 0;
    int digits = 0;
    for (; *at >= '0' && *at <= '9' && digits <= EVENT_LINE_DIGITS_EXACT; digits++)
        whole = whole * 10 + (*at++ - '0');
    if (digits > 0 && digits <= EVENT_LINE_DIGITS_EXACT && strchr(".eE", *at) == NULL) {
        line->at = at;
        set_number(node, *from == '-' ? -(double)whole : (double)whole);
        return true;
    }
    size_t len = strspn(from, "0123456789+-.eE");
    if (len == 0)
        return false;
    set_number(node, strtod(from, &line->at));
    return line->at == from + len;
}

static bool read_value(struct event_line *line, cJSON *node, int depth);

/* What is inside of an object or an array. */
static bool read_members(struct event_line *line, cJSON *parent, int depth, char closer)
{
    cJSON *last = NULL;
    if (depth == EVENT_LINE_DEPTH_MAX)
        return false;
    if (take(line, closer))
        return true;
    do {
        cJSON *node = add_node(line);
        if (last == NULL)
            parent->child = node;
        else
            last->next = node;
        node->prev = last;
        last = node;
        if (closer == '}') {
            node->string = read_text(line);
            if (node->string == NULL || !take(line, ':'))
                return false;
        }
        if (!read_value(line, node, depth + 1))
            return false;
    } while (take(line, ','));
    parent->child->prev = last; /* as cJSON has it */
    return take(line, closer);
}

static bool read_word(struct event_line *line, cJSON *node, struct slice word, int type)
{
    if (strncmp(line->at, word.data, word.len) != 0)
        return false;
    line->at += word.len;
    node->type = type;
    return true;
}

static bool read_value(struct event_line *line, cJSON *node, int depth)
{
    switch (*line->at) {
    case '"':
        node->type = cJSON_String;
        node->valuestring = read_text(line);
        return node->valuestring != NULL;
    case '{':
        line->at++;
        node->type = cJSON_Object;
        return read_members(line, node, depth, '}');
    case '[':
        line->at++;
        node->type = cJSON_Array;
        return read_members(line, node, depth, ']');
    case 't':
        return read_word(line, node, SLICE("true"), cJSON_True);
    case 'f':
        return read_word(line, node, SLICE("false"), cJSON_False);
    case 'n':
        return read_word(line, node, SLICE("null"), cJSON_NULL);
    default:
        return read_number(line, node);
    }
}

const cJSON *event_line_read(struct event_line *line, struct slice text)
{
    if (line->size < text.len + 1) {
        line->size = (text.len + 1) * 2;
        line->bytes = mem_grow(line->bytes, line->size, 1);
    }
    if (text.len > 0)
        memcpy(line->bytes, text.data, text.len);
    line->at = line->bytes;
    line->end = line->bytes + text.len;
    *line->end = '\0';
    line->block = line->first;
    line->used = 0;
    if (strlen(line->bytes) < text.len)
        return NULL; /* a NUL would end the texts too early */
    cJSON *root = add_node(line);
    skip_space(line);
    if (!read_value(line, root, 0) || !cJSON_IsObject(root))
        return NULL;
    skip_space(line);
    return line->at == line->end ? root : NULL;
}
