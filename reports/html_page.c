#include "reports/html_page.h"

#include <inttypes.h>

#include "reports/report_time.h"

#include "mta-under-test/base/poison.h"

void html_section_begin(struct html_page *page, const char *name, const char *title)
{
    html_print(page->out,
               "<section id=\"%s/%s\" class=\"part at-%s\"><h3><a href=\"#%s/%s\">%s</a></h3>\n",
               page->slug, name, name, page->slug, name, title);
}

void html_section_end(struct html_page *page)
{
    buf_add_text(page->out, "</section>\n");
}

void html_time(struct html_page *page, int64_t at_us)
{
    char point[TIME_TEXT_BYTES];
    char exact[TIME_TEXT_BYTES];
    if (at_us < 0)
        return;
    report_time_point(at_us, point);
    time_to_rfc3339(page->run->started_us + at_us, exact);
    html_print(page->out, "<time title=\"%s\">%s</time>", exact, point);
}

static size_t session_index(const struct report_run *run, const char *id)
{
    for (size_t i = 0; i < run->session_count; i++)
        if (slice_is(slice_of(run->sessions[i].id), id))
            return i;
    return run->session_count;
}

bool html_ladder_shown(const struct html_page *page, const struct report_session *session,
                       size_t index)
{
    const struct html_bounds *bounds = &page->bounds;
    return session->steps != NULL &&
           index < (session->special && bounds->special > bounds->sessions ? bounds->special
                                                                           : bounds->sessions);
}

bool html_session_shown(const struct html_page *page, size_t index)
{
    const struct report_run *run = page->run;
    return index < run->session_count && html_ladder_shown(page, &run->sessions[index], index);
}

void html_session_link_at(struct html_page *page, size_t index)
{
    const char *id = page->run->sessions[index].id;
    if (html_session_shown(page, index))
        html_print(page->out, "<a class=\"session\" href=\"#%s/session-%zu\">%s</a>", page->slug,
                   index + 1, id);
    else
        html_text(page->out, id);
}

void html_session_link(struct html_page *page, const char *id)
{
    size_t index = session_index(page->run, id);
    if (index < page->run->session_count)
        html_session_link_at(page, index);
    else
        html_text(page->out, id);
}

void html_packet(struct html_page *page, uint64_t packet)
{
    if (packet != 0)
        html_print(page->out,
                   "<span class=\"packet\" title=\"number in capture.pcapng\">packet "
                   "%" PRIu64 "</span>",
                   packet);
}

void html_cut_note(struct html_page *page, size_t shown, size_t all, const char *what)
{
    if (shown < all)
        html_print(page->out,
                   "<p class=\"note\">%zu of %zu %s are shown; all of them are in "
                   "<code>events.jsonl</code>.</p>\n",
                   shown, all, what);
}

const char *html_verdict_word(enum report_verdict verdict)
{
    static const char *const words[] = {
        [REPORT_PASSED] = "Passed",
        [REPORT_FAILED] = "Failed",
        [REPORT_WARNED] = "Warning",
        [REPORT_NOTED] = "Noted",
        [REPORT_NOT_APPLICABLE] = "Not applicable",
        [REPORT_ERROR] = "Not run",
    };
    return words[verdict];
}

const char *html_verdict_class(enum report_verdict verdict)
{
    static const char *const classes[] = {
        [REPORT_PASSED] = "pass", [REPORT_FAILED] = "fail",         [REPORT_WARNED] = "warn",
        [REPORT_NOTED] = "none",  [REPORT_NOT_APPLICABLE] = "none", [REPORT_ERROR] = "error",
    };
    return classes[verdict];
}

const char *html_outcome_word(enum report_outcome outcome)
{
    static const char *const words[REPORT_OUTCOME_COUNT] = {
        [REPORT_ACCEPTED] = "accepted", [REPORT_LOST] = "reply-lost",
        [REPORT_DEFERRED] = "deferred", [REPORT_REJECTED] = "rejected",
        [REPORT_BROKEN] = "broken",     [REPORT_LOGGED] = "logged",
        [REPORT_DELAYED] = "warned",    [REPORT_BOUNCED] = "bounced",
    };
    return words[outcome];
}
