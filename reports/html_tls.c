/*
 * The TLS table: for each host what the server under test could know of its policy (DANE, MTA-STS:
 * what it asked for, and what it was told), what the handshake came to, and whether mail went, in
 * TLS or in clear. Sessions with the same facts are one row; what was known is that of their time.
 */
#include "reports/html_page.h"

#include "mta-under-test/base/map.h"
#include "reports/report_index.h"

#include "mta-under-test/base/poison.h"

enum { TLS_ROWS_MAX = 60, NAME_BYTES_MAX = 300, KNOWN_TEXT_BYTES = 64 };

/* What the server under test had learned about the policy for a host. */
struct known_policy {
    bool dane;      /* records, and DNSSEC vouches for them */
    bool dane_open; /* records that a resolver of its own judges: the log does not tell how */
    bool sts;       /* a policy that enforces came, and has not run out */
    char dane_text[KNOWN_TEXT_BYTES];
    char sts_text[KNOWN_TEXT_BYTES];
};

struct tls_row {
    const struct report_session *first;
    size_t sessions;
    struct known_policy known;
};

/* The last answer that had come by then. */
static const struct report_query *last_query(const struct report_run *run, const char *type,
                                             const char *name, int64_t until_us)
{
    const struct report_query *found = NULL;
    for (size_t i = 0; i < run->query_count; i++) {
        const struct report_query *query = &run->queries[i];
        if (query->at_us <= until_us && slice_is(slice_of(query->type), type) &&
            slice_is_nocase(slice_of(query->name), name))
            found = query;
    }
    return found;
}

/* Of a large run not all queries are kept. */
static const char *unasked_text(const struct report_run *run)
{
    return run->queries_seen > run->query_count ? "not known here" : "not asked";
}

static void learn_dane(const struct report_run *run, const char *host, int64_t until_us,
                       struct known_policy *known)
{
    char name[NAME_BYTES_MAX];
    char *text = known->dane_text;
    snprintf(name, sizeof name, "_25._tcp.%s", host);
    const struct report_query *query = last_query(run, "TLSA", name, until_us);
    if (query == NULL) {
        snprintf(text, KNOWN_TEXT_BYTES, "%s", unasked_text(run));
    } else if (*query->rcode == '\0') {
        snprintf(text, KNOWN_TEXT_BYTES, "asked, no answer");
    } else if (!slice_is(slice_of(query->rcode), "NOERROR") &&
               !slice_is(slice_of(query->rcode), "NXDOMAIN")) {
        snprintf(text, KNOWN_TEXT_BYTES, "asked, look-up failed");
    } else if (query->answers == 0) {
        snprintf(text, KNOWN_TEXT_BYTES, "asked, no records");
    } else {
        known->dane = query->authenticated;
        known->dane_open = query->at_zone;
        snprintf(text, KNOWN_TEXT_BYTES, "%d record%s, %s", (int)query->answers,
                 query->answers == 1 ? "" : "s",
                 query->at_zone         ? "which a resolver judged"
                 : query->authenticated ? "authenticated"
                                        : "not authenticated");
    }
}

/* "10 mx.a.test, 20 mx2.a.test": is the host one of them? */
static bool answer_names(const char *data, const char *host)
{
    struct slice rest = slice_of(data);
    struct slice record;
    while (slice_split(&rest, ',', &record)) {
        size_t space = slice_find(slice_trim(record), ' ');
        if (space != SIZE_MAX && slice_is_nocase(slice_skip(slice_trim(record), space + 1), host))
            return true;
    }
    return false;
}

/* The domain whose MX this host is, as an answer said; NULL if none did. */
static const char *domain_of(const struct report_run *run, const char *host)
{
    for (size_t i = 0; i < run->query_count; i++) {
        const struct report_query *query = &run->queries[i];
        if (slice_is(slice_of(query->type), "MX") && answer_names(query->data, host))
            return query->name;
    }
    return NULL;
}

/* The policy of the last fetch that went well holds while it has not run out, whatever became of
 * those behind it (RFC 8461 section 3.3). */
static void learn_policy(const struct report_run *run, const char *policy_host, int64_t until_us,
                         struct known_policy *known)
{
    const struct report_request *kept = NULL;
    const struct report_request *last = NULL;
    char *text = known->sts_text;
    for (size_t i = 0; i < run->request_count && run->requests[i].at_us <= until_us; i++) {
        if (!slice_is_nocase(slice_of(run->requests[i].host), policy_host))
            continue;
        last = &run->requests[i];
        kept = *last->mode != '\0' ? last : kept;
    }
    if (kept != NULL) {
        bool holds =
            kept->max_age_s < 0 || until_us - kept->at_us < kept->max_age_s * INT64_C(1000000);
        known->sts = holds && slice_is(slice_of(kept->mode), "enforce");
        snprintf(text, KNOWN_TEXT_BYTES, "%s%s", kept->mode,
                 !holds         ? ", run out"
                 : kept == last ? ""
                                : ", kept: the policy's host failed");
    } else if (last != NULL) {
        snprintf(text, KNOWN_TEXT_BYTES, "%s",
                 *last->error != '\0' ? "the policy's host failed" : "no policy there");
    }
}

static void learn_sts(const struct report_run *run, const char *host, int64_t until_us,
                      struct known_policy *known)
{
    const char *domain = domain_of(run, host);
    char name[NAME_BYTES_MAX];
    snprintf(known->sts_text, KNOWN_TEXT_BYTES, "%s", unasked_text(run));
    if (domain == NULL)
        return;
    snprintf(name, sizeof name, "_mta-sts.%s", domain);
    const struct report_query *query = last_query(run, "TXT", name, until_us);
    if (query != NULL)
        snprintf(known->sts_text, KNOWN_TEXT_BYTES, "%s",
                 query->answers > 0 ? "record, policy not fetched" : "asked, no record");
    snprintf(name, sizeof name, "mta-sts.%s", domain);
    learn_policy(run, name, until_us, known);
}

/* What was known of each host when nothing more was learned: most sessions of a campaign need no
 * more than that. */
struct learned {
    const struct report_run *run;
    int64_t last_us; /* when something was asked or fetched last */
    struct map hosts;
};

static void learn(struct learned *learned, const struct report_session *session,
                  struct known_policy *known)
{
    int64_t until_us = session->end_us >= 0 ? session->end_us : INT64_MAX;
    struct known_policy *final = map_get_text(&learned->hosts, session->host);
    if (until_us >= learned->last_us && final != NULL) {
        *known = *final;
        return;
    }
    *known = (struct known_policy){0};
    learn_dane(learned->run, session->host, until_us, known);
    learn_sts(learned->run, session->host, until_us, known);
    if (until_us < learned->last_us)
        return;
    final = mem_alloc(sizeof *final);
    *final = *known;
    map_set_text(&learned->hosts, session->host, final);
}

static size_t collect(const struct report_run *run, struct tls_row *rows)
{
    struct report_index index = {0};
    struct learned learned = {.run = run};
    struct known_policy known;
    size_t count = 0;
    if (run->query_count > 0)
        learned.last_us = run->queries[run->query_count - 1].at_us;
    if (run->request_count > 0 && run->requests[run->request_count - 1].at_us > learned.last_us)
        learned.last_us = run->requests[run->request_count - 1].at_us;
    for (size_t i = 0; i < run->session_count; i++) {
        const struct report_session *session = &run->sessions[i];
        if (!session->tls_tried && session->accepted == 0)
            continue;
        learn(&learned, session, &known);
        char *key = mem_text_format(
            "%s\n%s\n%s\n%s\n%s\n%s\n%s\n%d%d%d%d", session->host, known.dane_text, known.sts_text,
            session->tls_version, session->tls_cipher, session->tls_identity, session->tls_error,
            session->tls_tried, session->tls_ok, session->tls_resumed, session->accepted > 0);
        size_t found = report_index_get(&index, key);
        if (found == 0 && count < TLS_ROWS_MAX) {
            rows[count] = (struct tls_row){.first = session, .known = known};
            found = ++count;
            report_index_set(&index, key, found);
        }
        if (found != 0)
            rows[found - 1].sessions++;
        free(key);
    }
    report_index_deinit(&index);
    map_deinit(&learned.hosts, free);
    return count;
}

/* Whether mail went, how, and what it rests on. */
static void outcome_cell(struct html_page *page, const struct report_session *session,
                         const struct known_policy *known)
{
    bool has_policy = known->dane || known->sts;
    bool went = session->accepted > 0;
    const char *class = !went ? "warn" : session->tls_ok ? "pass" : has_policy ? "fail" : "none";
    const char *word = !went ? "no mail" : session->tls_ok ? "encrypted" : "in clear";
    const char *why = "";
    if (went && session->tls_ok)
        why = known->dane        ? "DANE says who the host must be"
              : known->sts       ? "MTA-STS says who the host must be"
              : known->dane_open ? "DANE says who the host must be, if the resolver vouched for it"
                                 : "nothing said who the host must be";
    else if (went)
        why = has_policy ? "although a policy forbids it" : "nothing forbids it";
    else if (!session->tls_ok)
        why = has_policy ? "a policy demands TLS" : "";
    html_print(page->out, "<td><span class=\"badge %s\">%s</span><br><small>%s</small></td>", class,
               word, why);
}

static void handshake_cells(struct html_page *page, const struct report_session *session)
{
    struct buf *out = page->out;
    if (!session->tls_tried) {
        buf_add_text(out, "<td colspan=\"4\" class=\"quiet\">STARTTLS was not used</td>");
        return;
    }
    html_print(out,
               "<td><span class=\"badge %s\">%s</span><br><small>%s</small></td><td>%s<br>"
               "<small><code>%s</code></small></td><td>%s</td><td>%s</td>",
               session->tls_ok ? "pass" : "fail", session->tls_ok ? "Established" : "Failed",
               !session->tls_ok       ? session->tls_error
               : session->tls_resumed ? "resumed"
                                      : "full handshake",
               session->tls_version, session->tls_cipher, session->tls_identity, session->tls_sni);
}

static void tls_row(struct html_page *page, const struct tls_row *row)
{
    const struct report_session *session = row->first;
    html_print(page->out, "<tr><td>%s</td><td>%s</td><td>%s</td>", session->host,
               row->known.dane_text, row->known.sts_text);
    handshake_cells(page, session);
    outcome_cell(page, session, &row->known);
    html_print(page->out, "<td class=\"number\">%zu</td><td>", row->sessions);
    html_session_link_at(page, (size_t)(session - page->run->sessions));
    buf_add_text(page->out, "</td></tr>\n");
}

bool html_has_tls(const struct report_run *run)
{
    for (size_t i = 0; i < run->session_count; i++)
        if (run->sessions[i].tls_tried || run->sessions[i].accepted > 0)
            return true;
    return false;
}

void html_tls(struct html_page *page)
{
    static const char *const TITLES[] = {
        "Host",           "DANE", "MTA-STS", "Handshake", "Version", "Certificate shown",
        "Name asked for", "Mail",
    };
    if (!html_has_tls(page->run))
        return;
    struct tls_row *rows = mem_alloc_array(TLS_ROWS_MAX, sizeof *rows);
    size_t count = collect(page->run, rows);
    html_section_begin(page, "tls", "TLS and its policies");
    buf_add_text(
        page->out,
        "<div class=\"scroll\"><table><caption class=\"unseen\">TLS by host</caption><thead><tr>");
    for (size_t i = 0; i < sizeof TITLES / sizeof TITLES[0]; i++)
        html_print(page->out, "<th scope=\"col\">%s</th>", TITLES[i]);
    buf_add_text(page->out, "<th scope=\"col\" class=\"number\">Sessions</th>"
                            "<th scope=\"col\">First</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < count; i++)
        tls_row(page, &rows[i]);
    buf_add_text(page->out, "</tbody></table></div>\n");
    html_section_end(page);
    free(rows);
}
