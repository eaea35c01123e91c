#include "sim/check/check_list.h"
#include "sim/client/client_script.h"
#include "sim/mta/mta_settings.h"
#include "sim/mx/mx_model.h"
#include "sim/policy/policy_model.h"
#include "sim/scenario/scenario_reader.h"
#include "sim/scenario/scenario_zone.h"

#include "mta-under-test/base/poison.h"

enum { TEXT_COLUMNS = 92 };

/* A long text in lines, each behind `indent` spaces. */
static void explain_wrapped(struct buf *out, const char *text, int indent)
{
    size_t column = 0;
    struct slice rest = slice_of(text);
    struct slice word;
    while (rest.len > 0 && slice_split(&rest, ' ', &word)) {
        if (column > 0 && column + word.len >= TEXT_COLUMNS) {
            buf_add_char(out, '\n');
            column = 0;
        }
        if (column == 0)
            buf_format(out, "%*s", indent, "");
        buf_format(out, "%s%.*s", column > 0 ? " " : "", SLICE_ARG(word));
        column += word.len + 1;
    }
    buf_add_char(out, '\n');
}

static void explain_list(struct buf *out, const char *heading, const char *const *texts,
                         size_t count)
{
    if (count == 0)
        return;
    buf_format(out, "%s: ", heading);
    for (size_t i = 0; i < count; i++)
        buf_format(out, "%s%s", i > 0 ? ", " : "", texts[i]);
    buf_add_char(out, '\n');
}

static void explain_head(const struct scenario *s, struct buf *out)
{
    char start[TIME_TEXT_BYTES];
    char limit[TIME_TEXT_BYTES];
    char settle[TIME_TEXT_BYTES];
    buf_format(out, "%s\n", s->name);
    if (s->cell[0] != '\0')
        buf_format(out, "with %s\n", s->cell);
    if (s->about[0] != '\0')
        explain_wrapped(out, s->about, 2);
    explain_list(out, "Tags", s->tags, s->tag_count);
    explain_list(out, "See", s->references, s->reference_count);
    buf_format(
        out,
        "\nThe clock starts at %s. The run ends %s after the last message has its end, or at "
        "%s at the latest. Seed %llu.\n",
        time_to_rfc3339(s->start_us, start), time_span_to_text(s->settle_us, settle),
        time_span_to_text(s->limit_us, limit), (unsigned long long)s->seed);
}

static void explain_hosts(const struct scenario *s, struct buf *out)
{
    buf_add_text(out, "\nSimulated hosts\n");
    for (size_t i = 0; i < mx_model_host_count(s->mx); i++)
        mx_host_explain(mx_model_host(s->mx, i), out);
}

static void explain_message(const struct scenario_message *message, struct buf *out)
{
    char text[TIME_TEXT_BYTES];
    char address[ADDRESS_TEXT_BYTES];
    buf_format(out, "  %s: from %s to ", message->id,
               message->from[0] != '\0' ? message->from : "<> (the null reverse-path)");
    for (size_t i = 0; i < message->to_count; i++)
        buf_format(out, "%s%s", i > 0 ? ", " : "", message->to[i]);
    if (message->instances > 1)
        buf_format(out, ", %zu messages", message->instances);
    if (message->file != NULL)
        buf_format(out, ", from the file %s", message->file);
    if (message->size_bytes > 0)
        buf_format(out, ", of %lld bytes", (long long)message->size_bytes);
    if (message->rate.count > 0)
        buf_format(out, ", %lld in %s", (long long)message->rate.count,
                   time_span_to_text(message->rate.window_us, text));
    buf_format(out, ", handed in at port %d", message->port);
    if (message->pipelining)
        buf_add_text(out, " with pipelining");
    if (message->per_connection > 0)
        buf_format(out, ", at most %zu over one connection", message->per_connection);
    if (message->at_us > 0)
        buf_format(out, " after %s", time_span_to_text(message->at_us, text));
    if (message->has_client)
        buf_format(out, " by the stranger %s", address_to_text(&message->client, address));
    buf_add_char(out, '\n');
}

static void explain_expectations(const struct scenario *s, struct buf *out)
{
    struct arena arena = {0};
    buf_add_text(out, "\nExpected\n");
    for (size_t i = 0; i < s->checks->count; i++) {
        const struct check_expectation *e = &s->checks->items[i];
        const char *level = e->level == CHECK_MUST ? "" : CHECK_LEVEL_WORDS[e->level];
        buf_format(out, "  %s%s%s\n", level, *level != '\0' ? ": " : "",
                   check_expectation_text(e, &arena));
        if (e->about != NULL)
            explain_wrapped(out, e->about, 4);
    }
    if (s->checks->count == 0)
        buf_add_text(out, "  nothing but the invariants that hold for every run\n");
    arena_deinit(&arena);
}

void scenario_explain(const struct scenario *s, struct buf *out)
{
    explain_head(s, out);
    buf_add_char(out, '\n');
    mta_settings_explain(s->mta, out);
    buf_add_text(out, "\nDNS\n");
    dns_model_explain(s->dns, false, out);
    explain_hosts(s, out);
    policy_model_explain(s->policy, out);
    if (mx_providers_count(mx_model_providers(s->mx)) > 0) {
        buf_add_text(out, "\nProviders\n");
        mx_providers_explain(mx_model_providers(s->mx), out);
    }
    buf_add_text(out, "\nMessages\n");
    for (size_t i = 0; i < s->message_count; i++)
        explain_message(&s->messages[i], out);
    client_list_explain(s->clients, out);
    if (s->event_count > 0)
        buf_add_text(out, "\nWhat happens\n");
    for (size_t i = 0; i < s->event_count; i++)
        scenario_explain_event(&s->timeline[i], out);
    explain_expectations(s, out);
    if (s->finding_count > 0)
        buf_add_text(out, "\nWorth a look\n");
    for (size_t i = 0; i < s->finding_count; i++)
        buf_format(out, "  %s: %s\n", s->findings[i].place, s->findings[i].text);
}
