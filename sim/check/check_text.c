#include "mta-under-test/base/buf.h"
#include "sim/check/check_list.h"
#include "sim/check/check_number.h"

#include "mta-under-test/base/poison.h"

enum { CHECK_TEXT_BYTES_MAX = 4000 };

static const char CHECK_SPAN_FOREVER[] = "any time";

static const char *span_text(int64_t span_us, struct arena *arena)
{
    char text[TIME_TEXT_BYTES];
    if (span_us == INT64_MAX)
        return CHECK_SPAN_FOREVER;
    return arena_text(arena, time_span_to_text(span_us, text));
}

static bool range_asks(struct range range)
{
    return range.min != INT64_MIN || range.max != INT64_MAX;
}

/* Puts ", " between parts. */
static void add_part(struct buf *out, const char *text)
{
    buf_format(out, "%s%s", out->len > 0 ? ", " : "", text);
}

static void add_range(struct buf *out, struct range range, const char *noun, struct arena *arena)
{
    if (range_asks(range))
        add_part(out, check_range_of(range, noun, arena));
}

static void add_pattern(struct buf *out, const char *noun, const struct pattern *pattern,
                        struct arena *arena)
{
    if (pattern != NULL)
        add_part(out, arena_format(arena, "%s %s", noun, pattern_text(pattern)));
}

static void add_ends(struct buf *out, const struct check_wanted *wanted)
{
    size_t added = 0;
    for (size_t i = 0; i < CHECK_END_COUNT; i++) {
        if ((wanted->ends & 1U << i) == 0)
            continue;
        const char *word = i == CHECK_QUEUED ? "still queued at the end" : CHECK_END_WORDS[i];
        buf_format(out, "%s%s", added++ > 0 ? " or " : "", word);
    }
    if (wanted->within_us != INT64_MAX) {
        char text[TIME_TEXT_BYTES];
        buf_format(out, "%swithin %s", out->len > 0 ? " " : "",
                   time_span_to_text(wanted->within_us, text));
    }
    if (wanted->not_before_us > 0) {
        char text[TIME_TEXT_BYTES];
        buf_format(out, "%snot before %s", out->len > 0 ? " " : "",
                   time_span_to_text(wanted->not_before_us, text));
    }
}

static const char *version_text(struct range range, struct arena *arena)
{
    if (range.max == 13)
        return arena_format(arena, "TLS 1.%d or later", (int)(range.min - 10));
    if (range.min == range.max)
        return arena_format(arena, "TLS 1.%d", (int)(range.min - 10));
    return arena_format(arena, "TLS 1.%d to 1.%d", (int)(range.min - 10), (int)(range.max - 10));
}

static void add_tls(struct buf *out, const struct check_wanted *wanted, struct arena *arena)
{
    if (!wanted->tls_asked)
        return;
    if (!wanted->tls_wanted)
        add_part(out, "in clear text");
    else if (range_asks(wanted->tls_version))
        add_part(out, version_text(wanted->tls_version, arena));
    else
        add_part(out, "over TLS");
    add_pattern(out, "cipher", wanted->tls_cipher, arena);
    add_pattern(out, "the host showing a certificate that is", wanted->tls_identity, arena);
}

static void add_retries(struct buf *out, const struct check_wanted *wanted, struct arena *arena)
{
    if (!range_asks(wanted->spacing))
        return;
    const char *spacing = range_span_to_text(wanted->spacing, arena);
    if (wanted->after != NULL)
        add_part(out, arena_format(arena, "after a reply %s the next attempt comes after %s",
                                   pattern_text(wanted->after), spacing));
    else
        add_part(out, arena_format(arena, "%s between attempts", spacing));
}

static void add_hosts(struct buf *out, const struct check_wanted *wanted, struct arena *arena)
{
    const char *list = "";
    for (size_t i = 0; i < wanted->host_count; i++)
        list = arena_format(arena, "%s%s%s", list, i > 0 ? ", then " : "", wanted->hosts[i]);
    if (wanted->host_count > 0)
        add_part(out, arena_format(arena, "tried at %s", list));
}

static void add_parameters(struct buf *out, const struct check_wanted *wanted, struct arena *arena)
{
    if (wanted->parameters.count == 0)
        return;
    struct buf text;
    buf_init(&text, CHECK_TEXT_BYTES_MAX);
    buf_add_text(&text, "with the parameters ");
    parameters_write(&wanted->parameters, &text);
    add_part(out, arena_text(arena, buf_text(&text)));
    buf_deinit(&text);
}

static void write_wanted(const struct check_wanted *wanted, struct buf *out, struct arena *arena)
{
    add_ends(out, wanted);
    add_range(out, wanted->attempts, "attempts", arena);
    add_range(out, wanted->tries, "tries", arena);
    add_range(out, wanted->copies, "copies", arena);
    add_range(out, wanted->warnings, "warnings to the sender", arena);
    add_retries(out, wanted, arena);
    add_pattern(out, "at host", wanted->via, arena);
    add_hosts(out, wanted, arena);
    add_pattern(out, "last reply", wanted->reply, arena);
    add_tls(out, wanted, arena);
    for (unsigned i = 0; i < CHECK_AUTH_COUNT; i++)
        add_pattern(out, CHECK_AUTH_TITLES[i], wanted->auth[i], arena);
    add_pattern(out, "placed in", wanted->placement, arena);
    add_pattern(out, "sent with", wanted->transfer, arena);
    add_parameters(out, wanted, arena);
    add_pattern(out, "the notification's status", wanted->dsn_status, arena);
    add_pattern(out, "its diagnostic", wanted->dsn_diagnostic, arena);
    add_pattern(out, "its remote MTA", wanted->dsn_remote_mta, arena);
    add_pattern(out, "its reporting MTA", wanted->dsn_reporting_mta, arena);
}

static void write_host_wanted(const struct check_expectation *e, struct buf *out,
                              struct arena *arena)
{
    if (e->rule != NULL)
        add_part(out, arena_format(arena, "rule \"%s\" fires %s", pattern_text(e->rule),
                                   check_range_of(e->fired, "times", arena)));
    if (e->rate_given)
        add_part(out,
                 arena_format(arena, "at most %s in any %s",
                              check_number_of(e->rate.count, CHECK_COUNT_WORDS[e->rate_of], arena),
                              span_text(e->rate.window_us, arena)));
    add_range(out, e->concurrency, "connections at the same time", arena);
    for (size_t i = 0; i < CHECK_COUNT_COUNT; i++)
        add_range(out, e->count[i],
                  i == CHECK_ACCEPTED ? "messages accepted" : CHECK_COUNT_WORDS[i], arena);
}

static void add_during(struct buf *out, const struct check_expectation *e, struct arena *arena)
{
    if (e->during.from_us == 0 && e->during.to_us == INT64_MAX)
        return;
    if (e->during.to_us == INT64_MAX)
        buf_format(out, " from %s on", span_text(e->during.from_us, arena));
    else
        buf_format(out, " from %s to %s", span_text(e->during.from_us, arena),
                   span_text(e->during.to_us, arena));
}

const char *check_wanted_text(const struct check_expectation *e, struct arena *arena)
{
    struct buf out;
    buf_init(&out, CHECK_TEXT_BYTES_MAX);
    switch (e->subject) {
    case CHECK_OF_DELIVERIES:
        write_wanted(&e->wanted, &out, arena);
        if (e->share_given)
            add_part(&out,
                     arena_format(arena, "for %s of them", range_share_to_text(e->share, arena)));
        break;
    case CHECK_OF_HOST:
        write_host_wanted(e, &out, arena);
        break;
    case CHECK_OF_QUERIES:
    case CHECK_OF_LOG:
    case CHECK_OF_EVENTS:
        add_range(&out, e->times, "times", arena);
        break;
    case CHECK_OF_PROVIDER:
        check_provider_wanted_write(&e->provider, &out, arena);
        break;
    case CHECK_OF_END:
        add_pattern(&out, "because of", e->ends, arena);
        add_ends(&out, &e->wanted);
        break;
    }
    add_during(&out, e, arena);
    const char *text = arena_text(arena, buf_text(&out));
    buf_deinit(&out);
    return text;
}

/* Which deliveries: "message welcome from a to b". */
static const char *selector_text(const struct check_expectation *e, struct arena *arena)
{
    const char *text = "";
    if (e->message != NULL)
        text = arena_format(arena, "message %s", pattern_text(e->message));
    if (e->from != NULL)
        text = arena_format(arena, "%s%sfrom %s", text, *text != '\0' ? " " : "",
                            pattern_text(e->from));
    if (e->to != NULL)
        text =
            arena_format(arena, "%s%sto %s", text, *text != '\0' ? " " : "", pattern_text(e->to));
    return *text != '\0' ? text : "every message";
}

static const char *events_text(const struct check_expectation *e, struct arena *arena)
{
    struct buf out;
    buf_init(&out, CHECK_TEXT_BYTES_MAX);
    check_event_to_text(&e->wish, arena, &out);
    const char *text = arena_text(arena, buf_text(&out));
    buf_deinit(&out);
    return text;
}

const char *check_expectation_text(const struct check_expectation *e, struct arena *arena)
{
    const char *wanted = check_wanted_text(e, arena);
    switch (e->subject) {
    case CHECK_OF_HOST:
        return arena_format(arena, "host %s: %s", pattern_text(e->host), wanted);
    case CHECK_OF_QUERIES:
        return arena_format(arena, "DNS queries for %s%s%s: %s", pattern_text(e->query),
                            e->type != NULL ? " " : "",
                            e->type != NULL ? pattern_text(e->type) : "", wanted);
    case CHECK_OF_LOG:
        return arena_format(arena, "lines of the server's log like %s: %s", pattern_text(e->log),
                            wanted);
    case CHECK_OF_EVENTS:
        return arena_format(arena, "events %s: %s", events_text(e, arena), wanted);
    case CHECK_OF_PROVIDER:
        return arena_format(arena, "provider %s: %s", pattern_text(e->provider.name), wanted);
    case CHECK_OF_END:
        return arena_format(arena, "the run ends: %s", wanted);
    case CHECK_OF_DELIVERIES:
        break;
    }
    return arena_format(arena, "%s: %s", selector_text(e, arena), wanted);
}
