#include "reports/report_auth.h"

#include "sim/event/event_file.h"

#include "mta-under-test/base/poison.h"

enum {
    DEPTH_MAX = 24,
    FACTS_MAX = 400, /* of one method */
};

static const char *const METHODS[REPORT_AUTH_METHODS] = {
    [REPORT_AUTH_SPF] = "spf", [REPORT_AUTH_DKIM] = "dkim",   [REPORT_AUTH_DMARC] = "dmarc",
    [REPORT_AUTH_ARC] = "arc", [REPORT_AUTH_IPREV] = "iprev",
};

static enum report_outcome outcome_of(const cJSON *event)
{
    if (slice_is(slice_of(event_text(event, "kind")), "accepted"))
        return REPORT_ACCEPTED;
    int64_t code = event_int(event, "code", 0);
    return code >= 500 ? REPORT_REJECTED : code >= 400 ? REPORT_DEFERRED : REPORT_BROKEN;
}

/* The same message at the same host with the same results and the same end has the same key. */
static char *key_of(const cJSON *event, const cJSON *auth)
{
    const char *word[REPORT_AUTH_METHODS];
    for (size_t i = 0; i < REPORT_AUTH_METHODS; i++)
        word[i] = event_text(cJSON_GetObjectItemCaseSensitive(auth, METHODS[i]), "result");
    return mem_text_format("auth\n%s\n%s\n%s\n%d\n%s\n%s %s %s %s %s", event_text(event, "host"),
                           event_text(event, "message"), event_text(event, "from"),
                           (int)outcome_of(event), event_text(event, "placement"),
                           word[REPORT_AUTH_SPF], word[REPORT_AUTH_DKIM], word[REPORT_AUTH_DMARC],
                           word[REPORT_AUTH_ARC], word[REPORT_AUTH_IPREV]);
}

/* The tree, with its leaves in the order in which they are read. */
static void add_facts(struct report_book *book, struct report_auth_method *method,
                      const cJSON *facts, size_t depth)
{
    const cJSON *fact;
    cJSON_ArrayForEach(fact, facts)
    {
        if (method->fact_count == FACTS_MAX || depth == DEPTH_MAX)
            return;
        method->facts = report_room(method->facts, method->fact_count, sizeof *method->facts);
        method->facts[method->fact_count++] = (struct report_fact){
            .depth = depth,
            .text = report_book_text(book, event_text(fact, "text")),
        };
        add_facts(book, method, cJSON_GetObjectItemCaseSensitive(fact, "facts"), depth + 1);
    }
}

static void add_methods(struct report_book *book, struct report_auth *row, const cJSON *auth)
{
    for (size_t i = 0; i < REPORT_AUTH_METHODS; i++) {
        const cJSON *found = cJSON_GetObjectItemCaseSensitive(auth, METHODS[i]);
        struct report_auth_method *method = &row->methods[i];
        method->result = report_book_text(book, event_text(found, "result"));
        method->reason = report_book_text(book, event_text(found, "reason"));
        method->aligned = event_bool(found, "aligned");
        add_facts(book, method, cJSON_GetObjectItemCaseSensitive(found, "facts"), 0);
    }
    const cJSON *dmarc = cJSON_GetObjectItemCaseSensitive(auth, METHODS[REPORT_AUTH_DMARC]);
    row->author_domain = report_book_text(book, event_text(dmarc, "domain"));
    row->policy = report_book_text(book, event_text(dmarc, "policy"));
}

void report_auth_event(struct report_book *book, const cJSON *event, size_t session)
{
    struct report_run *run = book->run;
    const cJSON *auth = cJSON_GetObjectItemCaseSensitive(event, "auth");
    if (!cJSON_IsObject(auth) || auth->child == NULL)
        return;
    run->auth_seen++;
    char *key = key_of(event, auth);
    size_t found = report_index_get(&book->rows, key);
    if (found == 0 && run->auth_count < REPORT_AUTH_MAX) {
        run->auth = report_room(run->auth, run->auth_count, sizeof *run->auth);
        struct report_auth *row = &run->auth[run->auth_count++];
        *row = (struct report_auth){
            .at_us = event_int(event, "at", 0),
            .session = session,
            .message = report_book_text(book, event_text(event, "message")),
            .from = report_book_text(book, event_text(event, "from")),
            .outcome = outcome_of(event),
            .placement = report_book_text(book, event_text(event, "placement")),
        };
        add_methods(book, row, auth);
        found = run->auth_count;
        report_index_set(&book->rows, key, found);
    }
    if (found != 0)
        run->auth[found - 1].times++;
    free(key);
}
