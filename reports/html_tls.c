/*
 * The TLS table: for each host what the server under test could know of its policy (DANE, MTA-STS:
 * what it asked for, and what it was told), what the handshake came to, and whether mail went, in
 * TLS or in clear. Sessions with the same facts are one row.
 */
#include "reports/html_page.h"

#include "reports/report_index.h"

#include "mta-under-test/base/poison.h"

enum { TLS_ROWS_MAX = 60, NAME_BYTES_MAX = 300 };

struct tls_row {
    const struct report_session *first;
    size_t sessions;
};

/* What the server under test learned about the policy for a host. */
struct known_policy {
    bool dane; /* records, and DNSSEC vouches for them */
    bool sts;  /* a policy that enforces came */
    const char *dane_text;
    const char *sts_text;
    char dane_count[64];
};

static const struct report_query *last_query(const struct report_run *run, const char *type,
                                             const char *name)
{
    const struct report_query *found = NULL;
    for (size_t i = 0; i < run->query_count; i++) {
        const struct report_query *query = &run->queries[i];
        if (slice_is(slice_of(query->type), type) && slice_is_nocase(slice_of(query->name), name))
            found = query;
    }
    return found;
}

static void learn_dane(const struct report_run *run, const char *host, struct known_policy *known)
{
    char name[NAME_BYTES_MAX];
    snprintf(name, sizeof name, "_25._tcp.%s", host);
    const struct report_query *query = last_query(run, "TLSA", name);
    if (query == NULL) {
        known->dane_text = "not asked";
    } else if (*query->rcode == '\0') {
        known->dane_text = "asked, no answer";
    } else if (!slice_is(slice_of(query->rcode), "NOERROR") &&
               !slice_is(slice_of(query->rcode), "NXDOMAIN")) {
        known->dane_text = "asked, look-up failed";
    } else if (query->answers == 0) {
        known->dane_text = "asked, no records";
    } else {
        known->dane = query->authenticated;
        snprintf(known->dane_count, sizeof known->dane_count, "%d record%s, %s",
                 (int)query->answers, query->answers == 1 ? "" : "s",
                 query->authenticated ? "authenticated" : "not authenticated");
        known->dane_text = known->dane_count;
    }
}

/* The domain whose MX this host is, as an answer said; NULL if none did. */
static const char *domain_of(const struct report_run *run, const char *host)
{
    for (size_t i = 0; i < run->query_count; i++) {
        const struct report_query *query = &run->queries[i];
        if (slice_is(slice_of(query->type), "MX") && strstr(query->data, host) != NULL)
            return query->name;
    }
    return NULL;
}

static void learn_sts(const struct report_run *run, const char *host, struct known_policy *known)
{
    const char *domain = domain_of(run, host);
    char name[NAME_BYTES_MAX];
    known->sts_text = "not asked";
    if (domain == NULL)
        return;
    snprintf(name, sizeof name, "_mta-sts.%s", domain);
    const struct report_query *query = last_query(run, "TXT", name);
    if (query != NULL)
        known->sts_text = query->answers > 0 ? "record, policy not fetched" : "asked, no record";
    snprintf(name, sizeof name, "mta-sts.%s", domain);
    for (size_t i = 0; i < run->request_count; i++) {
        const struct report_request *request = &run->requests[i];
        if (!slice_is_nocase(slice_of(request->host), name))
            continue;
        known->sts = slice_is(slice_of(request->mode), "enforce");
        known->sts_text = *request->mode != '\0'    ? request->mode
                          : *request->error != '\0' ? "the policy's host failed"
                                                    : "no policy there";
    }
}

/* Into the caller's storage, since one text may be in it. */
static void learn(const struct report_run *run, const char *host, struct known_policy *known)
{
    *known = (struct known_policy){0};
    learn_dane(run, host, known);
    learn_sts(run, host, known);
}

static size_t collect(const struct report_run *run, struct tls_row *rows)
{
    struct report_index index = {0};
    size_t count = 0;
    for (size_t i = 0; i < run->session_count; i++) {
        const struct report_session *session = &run->sessions[i];
        if (!session->tls_tried && session->accepted == 0)
            continue;
        char *key = mem_text_format("%s\n%s\n%s\n%s\n%s\n%d%d%d%d", session->host,
                                    session->tls_version, session->tls_cipher,
                                    session->tls_identity, session->tls_error, session->tls_tried,
                                    session->tls_ok, session->tls_resumed, session->accepted > 0);
        size_t found = report_index_get(&index, key);
        if (found == 0 && count < TLS_ROWS_MAX) {
            rows[count] = (struct tls_row){.first = session};
            found = ++count;
            report_index_set(&index, key, found);
        }
        if (found != 0)
            rows[found - 1].sessions++;
        free(key);
    }
    report_index_deinit(&index);
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
        why = known->dane  ? "DANE says who the host must be"
              : known->sts ? "MTA-STS says who the host must be"
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
    struct known_policy known;
    learn(page->run, session->host, &known);
    html_print(page->out, "<tr><td>%s</td><td>%s</td><td>%s</td>", session->host, known.dane_text,
               known.sts_text);
    handshake_cells(page, session);
    outcome_cell(page, session, &known);
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
