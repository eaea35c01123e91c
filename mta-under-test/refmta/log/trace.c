#include "mta-under-test/refmta/log/trace.h"

#include "mta-under-test/base/text.h"
#include "mta-under-test/base/time_text.h"

#include "mta-under-test/base/poison.h"

enum { TEXT_BYTES_MAX = 2000 };

static int read_word(struct slice word, struct trace *trace, int64_t *span_us, struct err *err)
{
    size_t at = slice_find(word, '=');
    struct slice name = slice_first(word, at != SIZE_MAX ? at : word.len);
    struct slice value = slice_skip(word, at != SIZE_MAX ? at + 1 : word.len);
    char *text = slice_is(name, "client")        ? trace->client
                 : slice_is(name, "destination") ? trace->destination
                                                 : NULL;
    if (slice_is(name, "for") && time_span_from_text(value, span_us) == 0)
        return 0;
    if (text == NULL || value.len == 0 || value.len >= TRACE_NAME_BYTES)
        return err_set(err,
                       "\"%.*s\" is none of client=ADDRESS, destination=NAME, for=SPAN and \"off\"",
                       SLICE_ARG(word));
    memcpy(text, value.data, value.len);
    text[value.len] = '\0';
    text_to_lower(text);
    return 0;
}

int trace_from_text(struct slice text, struct trace *trace, struct err *err)
{
    struct slice rest = slice_trim(text);
    struct slice word;
    int64_t span_us = TIME_HOUR;
    *trace = (struct trace){0};
    if (slice_is(rest, "off"))
        return 0;
    while (rest.len > 0 && slice_split(&rest, ' ', &word))
        if (word.len > 0 && read_word(word, trace, &span_us, err) != 0)
            return -1;
    if (trace->client[0] == '\0' && trace->destination[0] == '\0')
        return err_set(err,
                       "trace what? client=ADDRESS, destination=NAME (or \"all\"), or \"off\"");
    trace->until_us = time_now_us() + span_us;
    return 0;
}

static bool wants(const struct trace *trace, const char *wanted, const char *name)
{
    return wanted[0] != '\0' && time_now_us() < trace->until_us &&
           (strcmp(wanted, "all") == 0 || slice_is_nocase(slice_of(name), wanted));
}

bool trace_wants_client(const struct trace *trace, const char *client)
{
    return trace != NULL && wants(trace, trace->client, client);
}

bool trace_wants_destination(const struct trace *trace, const char *destination)
{
    return trace != NULL && wants(trace, trace->destination, destination);
}

void trace_write(struct log *log, const struct trace_piece *piece)
{
    struct log_line line;
    struct slice shown = slice_first(piece->bytes, TEXT_BYTES_MAX);
    log_begin(&line, log, "trace");
    json_out_int(&line.json, piece->kind, (int64_t)piece->number);
    json_out_text(&line.json, "direction", piece->is_sent ? "sent" : "received");
    json_out_int(&line.json, "bytes", (int64_t)piece->bytes.len);
    if (piece->is_secret)
        json_out_text(&line.json, "text", "(a login, not shown)");
    else
        json_out_slice(&line.json, "text", shown);
    log_end(&line);
}
