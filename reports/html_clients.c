/*
 * The scenario's clients: each dialogue with the server under test, and where it left the script.
 */
#include "reports/html_page.h"
#include "reports/report_time.h"

#include "mta-under-test/base/poison.h"

static void summary(struct html_page *page, size_t index)
{
    const struct report_session *dialogue = &page->run->clients[index];
    struct buf *out = page->out;
    char text[TIME_TEXT_BYTES];
    const char *mark = dialogue->special ? "broken" : "accepted";
    html_print(out,
               "<details class=\"ladder-of\" id=\"%s/client-%zu\"%s><summary>"
               "<svg width=\"16\" height=\"16\" viewBox=\"-8 -8 16 16\" aria-hidden=\"true\">"
               "<use class=\"mark %s\" href=\"#m-%s\"/></svg><span class=\"name\">%s</span>",
               page->slug, index + 1, dialogue->special ? " open" : "", mark, mark, dialogue->id);
    html_time(page, dialogue->start_us);
    html_print(out, "<span class=\"chip %s\">%s</span><span class=\"last quiet\">",
               dialogue->special ? "fail" : "",
               dialogue->special      ? "left the script"
               : dialogue->end_us < 0 ? "not at its end"
                                      : "as scripted");
    html_cut(out, slice_of(dialogue->last_text), 90);
    buf_add_text(out, "</span>");
    if (dialogue->end_us >= 0)
        html_print(out, "<span class=\"lasted quiet\" title=\"how long it lasted\">%s</span>",
                   report_time_text(dialogue->end_us - dialogue->start_us, text));
    buf_add_text(out, "</summary>\n");
}

void html_clients(struct html_page *page)
{
    const struct report_run *run = page->run;
    size_t shown = 0;
    if (run->client_count == 0)
        return;
    html_section_begin(page, "clients", "Clients of the server under test");
    for (size_t i = 0; i < run->client_count; i++) {
        if (!html_ladder_shown(page, &run->clients[i], i))
            continue;
        summary(page, i);
        html_client_ladder(page, &run->clients[i]);
        buf_add_text(page->out, "</details>\n");
        shown++;
    }
    html_cut_note(page, shown, run->client_count,
                  "dialogues (the first, and those that left their script)");
    html_section_end(page);
}
