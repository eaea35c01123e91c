#include "reports/report_book.h"

#include "mta-under-test/base/text.h"

#include "mta-under-test/base/poison.h"

/* How far apart an attempt at a host and the line in the server's log about it may be. */
static const int64_t LOG_NEAR_US = 2000000;

void report_book_init(struct report_book *book, struct report_run *run)
{
    *book = (struct report_book){.run = run};
    buf_init(&book->words, REPORT_WORDS_MAX);
}

static void free_domain(void *value)
{
    struct report_domain *domain = value;
    free(domain->deliveries);
    free(domain);
}

void report_book_free_track(void *value)
{
    struct report_track *track = value;
    free(track->from);
    free(track->last_text);
    free(track->recipients);
    free(track);
}

static void free_domain_names(void *value)
{
    map_deinit(value, NULL);
    free(value);
}

void report_book_deinit(struct report_book *book)
{
    map_deinit(&book->tracks, report_book_free_track);
    report_table_deinit(&book->messages);
    report_table_deinit(&book->exact);
    report_table_deinit(&book->recipients);
    map_deinit(&book->domains, free_domain);
    map_deinit(&book->host_domains, free_domain_names);
    report_index_deinit(&book->rows);
    free(book->findings);
    buf_deinit(&book->words);
}

const char *report_book_text(struct report_book *book, const char *text)
{
    if (*text == '\0')
        return "";
    return arena_text_of(&book->run->arena, slice_from(text, strnlen(text, REPORT_TEXT_MAX)));
}

static char *lower_copy(const char *text)
{
    char *copy = mem_text_copy(text);
    text_to_lower(copy);
    return copy;
}

static uint32_t exact_hash(const char *message, const char *recipient)
{
    return report_table_hash(report_table_hash(0, message), recipient);
}

size_t report_book_find(const struct report_book *book, const char *message, const char *recipient)
{
    const struct report_run *run = book->run;
    size_t found = report_table_first(&book->exact, exact_hash(message, recipient));
    for (; found != 0; found = report_table_next(&book->exact, found)) {
        const struct report_delivery *delivery = &run->deliveries[found - 1];
        if (slice_is_nocase(slice_of(run->messages[delivery->message].id), message) &&
            slice_is_nocase(slice_of(delivery->recipient), recipient))
            break;
    }
    return found;
}

size_t report_book_find_open(const struct report_book *book, const char *from,
                             const char *recipient)
{
    const struct report_run *run = book->run;
    size_t found = report_table_first(&book->recipients, report_table_hash(0, recipient));
    for (int i = 0; found != 0 && i < REPORT_SCAN_MAX; i++) {
        const struct report_delivery *delivery = &run->deliveries[found - 1];
        const char *sender = run->messages[delivery->message].from;
        if (delivery->end == REPORT_QUEUED && delivery->accepted_us >= 0 &&
            slice_is_nocase(slice_of(delivery->recipient), recipient) &&
            (from == NULL || slice_equal_nocase(slice_of(sender), slice_of(from))))
            return found;
        found = report_table_next(&book->recipients, found);
    }
    return 0;
}

static size_t find_message(const struct report_book *book, uint32_t hash, const char *id)
{
    size_t found = report_table_first(&book->messages, hash);
    while (found != 0 && strcmp(book->run->messages[found - 1].id, id) != 0)
        found = report_table_next(&book->messages, found);
    return found;
}

/* A reverse-path, kept: mostly that of the message before. */
static const char *reverse_path(struct report_book *book, const char *from)
{
    const struct report_run *run = book->run;
    const char *last = run->message_count > 0 ? run->messages[run->message_count - 1].from : "";
    return strcmp(last, from) == 0 ? last : report_book_text(book, from);
}

size_t report_book_message(struct report_book *book, const char *id, const char *from)
{
    struct report_run *run = book->run;
    uint32_t hash = report_table_hash(0, id);
    size_t found = find_message(book, hash, id);
    if (found != 0)
        return found - 1;
    run->messages = report_room(run->messages, run->message_count, sizeof *run->messages);
    run->messages[run->message_count] = (struct report_message){
        .id = report_book_text(book, id),
        .from = reverse_path(book, from),
        .refusal = "",
    };
    report_table_add(&book->messages, hash);
    return run->message_count++;
}

static const char *domain_of(const char *address)
{
    const char *at = strrchr(address, '@');
    return at != NULL ? at + 1 : address;
}

static void add_to_domain(struct report_book *book, const char *recipient, size_t delivery)
{
    char *name = lower_copy(domain_of(recipient));
    struct report_domain *domain = map_get_text(&book->domains, name);
    if (domain == NULL) {
        domain = mem_alloc(sizeof *domain);
        map_set_text(&book->domains, name, domain);
    }
    free(name);
    domain->deliveries = report_room(domain->deliveries, domain->count, sizeof *domain->deliveries);
    domain->deliveries[domain->count++] = (uint32_t)delivery;
}

size_t report_book_delivery(struct report_book *book, size_t message, const char *recipient)
{
    struct report_run *run = book->run;
    const char *id = run->messages[message].id;
    size_t found = report_book_find(book, id, recipient);
    if (found != 0)
        return found - 1;
    run->deliveries = report_room(run->deliveries, run->delivery_count, sizeof *run->deliveries);
    run->deliveries[run->delivery_count] = (struct report_delivery){
        .message = (uint32_t)message,
        .recipient = report_book_text(book, recipient),
        .accepted_us = -1,
        .end_us = -1,
        .within_us = -1,
    };
    report_table_add(&book->exact, exact_hash(id, recipient));
    report_table_add(&book->recipients, report_table_hash(0, recipient));
    add_to_domain(book, recipient, run->delivery_count);
    return run->delivery_count++;
}

void report_book_link(struct report_book *book, const char *domain, const char *host)
{
    char *host_key = lower_copy(host);
    char *domain_key = lower_copy(domain);
    struct map *domains = map_get_text(&book->host_domains, host_key);
    if (domains == NULL) {
        domains = mem_alloc(sizeof *domains);
        map_set_text(&book->host_domains, host_key, domains);
    }
    map_set_text(domains, domain_key, domains);
    free(host_key);
    free(domain_key);
}

void report_book_attempt(struct report_book *book, size_t index,
                         const struct report_attempt *attempt)
{
    struct report_run *run = book->run;
    struct report_delivery *delivery = &run->deliveries[index];
    delivery->attempts =
        report_room(delivery->attempts, delivery->attempt_count, sizeof *delivery->attempts);
    struct report_attempt *copy = &delivery->attempts[delivery->attempt_count++];
    *copy = *attempt;
    copy->text = report_book_text(book, attempt->text);
    run->attempts_seen++;
}

static void attempt_domain(struct report_book *book, struct report_domain *domain, const char *from,
                           const struct report_attempt *attempt)
{
    const struct report_run *run = book->run;
    size_t pending[REPORT_PENDING_MAX + 1];
    size_t count = 0;
    while (domain->first_open < domain->count &&
           run->deliveries[domain->deliveries[domain->first_open]].end != REPORT_QUEUED)
        domain->first_open++;
    size_t last = domain->first_open + REPORT_SCAN_MAX;
    for (size_t i = domain->first_open;
         i < domain->count && i < last && count <= REPORT_PENDING_MAX; i++) {
        const struct report_delivery *delivery = &run->deliveries[domain->deliveries[i]];
        const char *sender = run->messages[delivery->message].from;
        if (delivery->end == REPORT_QUEUED && delivery->accepted_us >= 0 &&
            (from == NULL || slice_equal_nocase(slice_of(sender), slice_of(from))))
            pending[count++] = domain->deliveries[i];
    }
    if (count > REPORT_PENDING_MAX) {
        domain->failed = true;
        domain->failure = *attempt;
        domain->failure.text = report_book_text(book, attempt->text);
        return;
    }
    for (size_t i = 0; i < count; i++)
        report_book_attempt(book, pending[i], attempt);
}

void report_book_logged(struct report_book *book, size_t index, int64_t at_us, const char *text)
{
    const struct report_delivery *delivery = &book->run->deliveries[index];
    if (delivery->attempt_count > 0 &&
        at_us - delivery->attempts[delivery->attempt_count - 1].at_us < LOG_NEAR_US)
        return;
    char *recipient = lower_copy(delivery->recipient);
    const struct report_domain *domain = map_get_text(&book->domains, domain_of(recipient));
    free(recipient);
    struct report_attempt attempt = {.at_us = at_us, .outcome = REPORT_LOGGED, .text = text};
    if (domain != NULL && domain->failed && at_us - domain->failure.at_us < LOG_NEAR_US)
        attempt = domain->failure;
    report_book_attempt(book, index, &attempt);
}

void report_book_attempt_host(struct report_book *book, const char *host, const char *from,
                              const struct report_attempt *attempt)
{
    char *key = lower_copy(host);
    const struct map *domains = map_get_text(&book->host_domains, key);
    struct report_domain *own = map_get_text(&book->domains, key);
    free(key);
    if (own != NULL)
        attempt_domain(book, own, from, attempt);
    if (domains == NULL)
        return;
    for (struct map_entry *entry = map_first(domains); entry != NULL; entry = map_next(entry)) {
        struct report_domain *domain = map_get_text(&book->domains, map_key(entry));
        if (domain != NULL && domain != own)
            attempt_domain(book, domain, from, attempt);
    }
}

void report_book_end(struct report_book *book, size_t index, enum report_end end, int64_t at_us)
{
    struct report_delivery *delivery = &book->run->deliveries[index];
    if (delivery->end != REPORT_QUEUED)
        return;
    delivery->end = end;
    delivery->end_us = at_us;
    if (delivery->accepted_us >= 0)
        report_book_change(&book->run->queue, at_us, -1);
}

void report_book_change(struct report_curve *curve, int64_t at_us, int32_t by)
{
    /* Changes of one moment are one step. */
    if (curve->count > 0 && curve->changes[curve->count - 1].at_us == at_us) {
        curve->changes[curve->count - 1].by += by;
        return;
    }
    curve->changes = report_room(curve->changes, curve->count, sizeof *curve->changes);
    curve->changes[curve->count++] = (struct report_change){at_us, by};
}
