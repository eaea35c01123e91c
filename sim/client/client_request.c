#include "sim/client/client_request.h"

#include "mta-under-test/base/poison.h"

bool client_request_is(struct spec step)
{
    struct spec member;
    return spec_is_object(step) &&
           (spec_get(step, "get", &member) || spec_get(step, "post", &member));
}

/* ---- the bytes */

/* "post" or "get", which has the path. */
static int read_line(struct spec step, const char *host, struct buf *out, struct err *err)
{
    struct spec get;
    struct spec post;
    const char *path = NULL;
    bool is_get = spec_get(step, "get", &get);
    bool is_post = spec_get(step, "post", &post);
    if (is_get && is_post)
        return spec_error(post, err, "a request has \"get\" or \"post\", not both");
    struct spec target = is_get ? get : post;
    if (spec_read_text(target, &path, err) != 0)
        return -1;
    if (path[0] != '/' || strpbrk(path, " \t\r\n") != NULL)
        return spec_expected(target, err, "a path like \"/v1/messages\"");
    buf_format(out, "%s %s HTTP/1.1\r\nHost: %s\r\n", is_get ? "GET" : "POST", path, host);
    return 0;
}

static int read_headers(struct spec step, struct arena *arena, struct buf *out, struct err *err)
{
    struct spec headers;
    const char *const *lines = NULL;
    size_t count = 0;
    if (!spec_get(step, "headers", &headers))
        return 0;
    if (spec_read_texts(headers, arena, &lines, &count, err) != 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        const char *colon = strchr(lines[i], ':');
        if (colon == NULL || colon == lines[i] || strpbrk(lines[i], "\r\n") != NULL)
            return spec_error(spec_is_array(headers) ? spec_at(headers, i) : headers, err,
                              "expected a header line like \"Authorization: Bearer secret\", "
                              "found \"%.100s\"",
                              lines[i]);
        buf_format(out, "%s\r\n", lines[i]);
    }
    return 0;
}

/* "json" or "body", NULL without either. */
static int read_body(struct spec step, struct arena *arena, const char **body, struct err *err)
{
    struct spec json;
    struct spec text;
    bool is_json = spec_get(step, "json", &json);
    *body = NULL;
    if (!spec_get(step, "body", &text)) {
        char *printed = is_json ? cJSON_PrintUnformatted(json.json) : NULL;
        *body = printed != NULL ? arena_text(arena, printed) : NULL;
        cJSON_free(printed);
        return 0;
    }
    if (is_json)
        return spec_error(text, err, "a request has \"json\" or \"body\", not both");
    if (!spec_is_text(text))
        return spec_expected(text, err, "a text");
    *body = text.json->valuestring;
    return 0;
}

/* ---- mail in it */

static const char *text_of(const cJSON *object, const char *key)
{
    const cJSON *member = cJSON_GetObjectItemCaseSensitive(object, key);
    return cJSON_IsString(member) ? member->valuestring : NULL;
}

/* The value of X-Mailrange-Id in a message's header; NULL without one. */
static const char *id_of(const char *raw, struct arena *arena)
{
    struct slice rest = slice_of(raw);
    struct slice line;
    const char *id = NULL;
    while (id == NULL && rest.len > 0 && slice_split(&rest, '\n', &line) &&
           slice_trim(line).len > 0)
        id = client_mail_id(line, arena);
    return id;
}

/* What {"from", "to", "raw"} hands in; NULL if it is nothing of the kind, or has no id. */
static const struct client_letter *letter_in(const cJSON *object, struct arena *arena)
{
    const char *raw = text_of(object, "raw");
    const char *from = text_of(object, "from");
    const char *id = raw != NULL ? id_of(raw, arena) : NULL;
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(object, "to");
    const cJSON *one = NULL;
    if (id == NULL || from == NULL)
        return NULL;
    struct client_letter *letter = arena_alloc(arena, sizeof *letter);
    size_t count = (size_t)cJSON_GetArraySize(list);
    const char **to = arena_alloc_array(arena, count + 1, sizeof *to);
    *letter =
        (struct client_letter){.id = id, .from = from, .to = to, .bytes = (int64_t)strlen(raw)};
    if (cJSON_IsString(list))
        to[letter->to_count++] = list->valuestring;
    cJSON_ArrayForEach(one, list)
    {
        if (cJSON_IsString(one))
            to[letter->to_count++] = one->valuestring;
    }
    return letter;
}

/* ---- the whole */

static int write_request(struct spec step, const char *host, struct arena *arena, struct buf *out,
                         struct err *err)
{
    struct spec json;
    const char *body = NULL;
    if (read_line(step, host, out, err) != 0 || read_body(step, arena, &body, err) != 0)
        return -1;
    if (spec_get(step, "json", &json))
        buf_add_text(out, "Content-Type: application/json\r\n");
    if (read_headers(step, arena, out, err) != 0)
        return -1;
    if (body != NULL)
        buf_format(out, "Content-Length: %zu\r\n", strlen(body));
    buf_format(out, "\r\n%s", body != NULL ? body : "");
    return buf_overflowed(out)
               ? spec_error(step, err, "a request of more than %d bytes", CLIENT_BYTES_MAX)
               : 0;
}

int client_request_read(struct spec step, const char *host, struct arena *arena,
                        struct client_step *out, struct err *err)
{
    struct spec json;
    struct buf text;
    buf_init(&text, CLIENT_BYTES_MAX);
    int result = write_request(step, host, arena, &text, err);
    if (result == 0) {
        out->text = arena_text(arena, buf_text(&text));
        out->hears = true;
        if (spec_get(step, "json", &json))
            out->letter = letter_in(json.json, arena);
    }
    buf_deinit(&text);
    return result;
}
