/*
 * The parts of the HTML report. Each writes its section of one scenario, or nothing where there is
 * nothing to say, and has what it needs in the page's state.
 */
#pragma once

#include "reports/html_out.h"
#include "reports/report_model.h"
#include "reports/report_suite.h"

enum { HTML_SLUG_BYTES = 96 };

/* How much of a run stands on the page. */
struct html_bounds {
    size_t sessions; /* ladders of the first sessions */
    size_t special;  /* sessions that are special are shown as far as this one */
    size_t queries;
};

struct html_page {
    struct buf *out;
    const struct report_suite *suite;
    const struct report_run *run; /* at hand */
    char slug[HTML_SLUG_BYTES];   /* of the run: what its links begin with */
    const char *folder;           /* in which the page will stand; "" = not known */
    struct html_bounds bounds;    /* of this run */
};

/* Begins a section with its heading: <section id="SLUG/NAME">. */
void html_section_begin(struct html_page *page, const char *name, const char *title);
void html_section_end(struct html_page *page);

/* "+5m 12s" with the exact time of the world as its hover text. */
void html_time(struct html_page *page, int64_t at_us);
/* A link to a session's ladder where it is shown, else its name; nothing for "". */
void html_session_link(struct html_page *page, const char *id);
/* The same for a session whose index is known. */
void html_session_link_at(struct html_page *page, size_t index);
/* "packet 17", or nothing for 0. */
void html_packet(struct html_page *page, uint64_t packet);
/* Says that a table was cut: "The first 40 of 1,000 ...". */
void html_cut_note(struct html_page *page, size_t shown, size_t all, const char *what);
/* Whether a ladder stands on the page: of this session of the run, or of any by its place. */
bool html_session_shown(const struct html_page *page, size_t index);
bool html_ladder_shown(const struct html_page *page, const struct report_session *session,
                       size_t index);

/* How many simulated hosts were connected to. */
size_t html_host_count(const struct report_run *run);

void html_scenario(struct html_page *page, bool open);
void html_checks(struct html_page *page);
void html_timeline(struct html_page *page);
void html_curves(struct html_page *page);
bool html_has_curves(const struct report_run *run);
void html_gauges(struct html_page *page);
void html_providers(struct html_page *page);
void html_hosts(struct html_page *page);
void html_sessions(struct html_page *page);
void html_clients(struct html_page *page);
/* Of a session at a simulated host, and of a client's dialogue with the server under test. */
void html_ladder(struct html_page *page, const struct report_session *session);
void html_client_ladder(struct html_page *page, const struct report_session *dialogue);
void html_tls(struct html_page *page);
bool html_has_tls(const struct report_run *run);
void html_auth(struct html_page *page);
void html_dns(struct html_page *page);
void html_findings(struct html_page *page);

/* "Passed", "Failed", ... and the class of its colour: pass, fail, warn, none. */
const char *html_verdict_word(enum report_verdict verdict);
const char *html_verdict_class(enum report_verdict verdict);
/* "accepted", "deferred", ...; also the class of its mark. */
const char *html_outcome_word(enum report_outcome outcome);
