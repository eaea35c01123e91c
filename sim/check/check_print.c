#include "sim/check/check.h"

#include <inttypes.h>

#include "mta-under-test/base/poison.h"

static const char *mark_of(const struct check_result *result)
{
    if (result->verdict != CHECK_FAILED)
        return "ok";
    return result->level == CHECK_MUST ? "FAILED" : "warning";
}

static void print_event(int64_t seq, const struct check_packets *packets, struct buf *out)
{
    buf_format(out, "      event     %" PRId64 "\n", seq);
    if ((uint64_t)seq < packets->count && packets->numbers[seq] > 0)
        buf_format(out, "      packet    %" PRIu64 " of capture.pcapng\n", packets->numbers[seq]);
}

static void print_where(const struct check_result *result, const struct check_packets *packets,
                        struct buf *out)
{
    char text[TIME_TEXT_BYTES];
    if (result->message[0] != '\0' || result->recipient[0] != '\0')
        buf_format(out, "      message   %s%s%s\n", result->message,
                   result->recipient[0] != '\0' ? " to " : "", result->recipient);
    if (result->at_us >= 0)
        buf_format(out, "      when      %s after the start\n",
                   time_span_to_text(result->at_us, text));
    if (result->session[0] != '\0')
        buf_format(out, "      session   %s\n", result->session);
    if (result->seq >= 0)
        print_event(result->seq, packets, out);
    if (result->rfc[0] != '\0')
        buf_format(out, "      see       %s\n", result->rfc);
}

static void print_result(const struct check_result *result, bool all,
                         const struct check_packets *packets, struct buf *out)
{
    if (result->verdict != CHECK_FAILED) {
        if (all)
            buf_format(out, "  ok: %s%s%s\n", result->text, *result->actual != '\0' ? ": " : "",
                       result->actual);
        return;
    }
    /* What is only told takes one line. */
    if (result->level == CHECK_INFO) {
        buf_format(out, "  info: %s: %s\n", result->text, result->actual);
        return;
    }
    buf_format(out, "  %s: %s%s%s%s\n", mark_of(result), result->text,
               result->place[0] != '\0' ? " (" : "", result->place,
               result->place[0] != '\0' ? ")" : "");
    buf_format(out, "      expected  %s\n      happened  %s\n", result->expected, result->actual);
    print_where(result, packets, out);
    if (result->count > 1)
        buf_format(out, "      and %zu more like this\n", result->count - 1);
}

/* How many had to hold, and how many of them did: what is only told counts for neither. */
static size_t count_asked(const struct check_result *results, size_t count, size_t *held)
{
    size_t asked = 0;
    *held = 0;
    for (size_t i = 0; i < count; i++) {
        if (results[i].level == CHECK_INFO)
            continue;
        asked++;
        *held += results[i].verdict != CHECK_FAILED ? 1 : 0;
    }
    return asked;
}

void check_report_print(const struct check_report *report, bool all,
                        const struct check_packets *packets, struct buf *out)
{
    if (report->problem[0] != '\0')
        buf_format(out, "  could not be judged: %s\n", report->problem);
    for (size_t i = 0; i < report->expectation_count; i++)
        print_result(&report->expectations[i], all, packets, out);
    for (size_t i = 0; i < report->invariant_count; i++)
        print_result(&report->invariants[i], all, packets, out);
    for (size_t i = 0; i < report->finding_count; i++) {
        const struct check_finding *finding = &report->findings[i];
        if (all || finding->level[0] != 'i')
            buf_format(out, "  note: %s%s%s%s\n", finding->text, *finding->rfc != '\0' ? " (" : "",
                       finding->rfc, *finding->rfc != '\0' ? ")" : "");
    }
    size_t held = 0;
    size_t asked = count_asked(report->expectations, report->expectation_count, &held);
    buf_format(out, "  %zu of %zu expectations", held, asked);
    asked = count_asked(report->invariants, report->invariant_count, &held);
    buf_format(out, " and %zu of %zu invariants hold\n", held, asked);
}
