#include "mta-under-test/mailauth/tool/json_bytes.h"

#include "mta-under-test/base/poison.h"

static const char JSON_BYTES_NUL[] = "\xee\x80\x80"; /* U+E000 in UTF-8 */

cJSON *json_bytes_parse(struct slice json, size_t *at)
{
    const char *end = NULL;
    char *copy = mem_alloc(json.len + 1);
    if (json.len > 0)
        memcpy(copy, json.data, json.len);
    for (size_t i = 0; i + 6 <= json.len; i++) {
        if (copy[i] != '\\')
            continue;
        if (memcmp(copy + i, "\\u0000", 6) == 0)
            copy[i + 2] = 'e';
        i++; /* what is escaped is no start of an escape */
    }
    cJSON *parsed = cJSON_ParseWithLengthOpts(copy, json.len + 1, &end, 1);
    *at = end != NULL ? (size_t)(end - copy) : 0;
    free(copy);
    return parsed;
}

static struct slice json_bytes_decode(struct arena *arena, const char *text, bool latin1)
{
    size_t len = strlen(text);
    char *bytes = arena_alloc(arena, len + 1);
    size_t count = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned char lead = (unsigned char)text[i];
        if (latin1 && (lead == 0xc2 || lead == 0xc3) && i + 1 < len) {
            i++;
            bytes[count++] = (char)((lead & 3) << 6 | (text[i] & 0x3f));
        } else if (strncmp(text + i, JSON_BYTES_NUL, 3) == 0) {
            bytes[count++] = '\0';
            i += 2;
        } else {
            bytes[count++] = text[i];
        }
    }
    return slice_from(bytes, count);
}

struct slice json_bytes_of(struct arena *arena, const char *text)
{
    return json_bytes_decode(arena, text, true);
}

struct slice json_bytes_utf8(struct arena *arena, const char *text)
{
    return json_bytes_decode(arena, text, false);
}
