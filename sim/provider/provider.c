#include "sim/provider/provider.h"

#include "mta-under-test/base/time_text.h"
#include "sim/provider/provider_state.h"
#include "sim/value/template.h"

#include "mta-under-test/base/poison.h"

enum {
    PROVIDER_V4_BITS = 24,
    PROVIDER_V6_BITS = 64,
    PROVIDER_RECORDS_MAX = 100000,
    PROVIDER_KEY_BYTES_MAX = 320,
    PROVIDER_RECORD_KEY_BYTES = PROVIDER_KEY_BYTES_MAX + 16,
};

struct provider *provider_new(const char *name, const struct provider_settings *settings,
                              uint64_t seed)
{
    struct provider *provider = mem_alloc(sizeof *provider);
    provider->name = mem_text_copy(name);
    provider->settings = *settings;
    provider->seed = seed;
    return provider;
}

static void provider_sender_free(void *value)
{
    struct provider_sender *sender = value;
    free(sender->record);
    free(sender);
}

void provider_free(struct provider **provider_at)
{
    struct provider *provider = *provider_at;
    if (provider == NULL)
        return;
    *provider_at = NULL;
    map_deinit(&provider->records, free);
    map_deinit(&provider->senders, provider_sender_free);
    map_deinit(&provider->unsubscribed, free);
    map_deinit(&provider->listings, free);
    provider_readers_free(provider);
    free((void *)(uintptr_t)provider->name);
    free(provider);
}

const char *provider_name(const struct provider *provider)
{
    return provider->name;
}

const struct provider_settings *provider_get_settings(const struct provider *provider)
{
    return &provider->settings;
}

/* ---- what happens by itself */

void provider_listen(struct provider *provider, const struct provider_listener *listener)
{
    provider->listener = *listener;
}

int64_t provider_due_us(const struct provider *provider)
{
    int64_t listing_us = provider_blocklist_due_us(provider);
    if (provider->reaction_count == 0 || listing_us < provider->reactions[0].at_us)
        return listing_us;
    return provider->reactions[0].at_us;
}

void provider_pass(struct provider *provider, int64_t now_us, struct event_log *log)
{
    provider_readers_react(provider, now_us, log);
    provider_blocklist_expire(provider, now_us, log);
}

/* ---- keys and their records */

/* The same client sends many messages, and each is judged by several keys. */
static void provider_write_client(struct provider *provider, const struct address *client)
{
    char address[ADDRESS_TEXT_BYTES];
    if (provider->client_text[0] != '\0' && address_equal(&provider->client, client))
        return;
    unsigned bits = address_is_ipv4(client) ? PROVIDER_V4_BITS : PROVIDER_V6_BITS;
    struct address masked = address_mask(client, bits);
    provider->client = *client;
    address_to_text(client, provider->client_text);
    snprintf(provider->prefix_text, sizeof provider->prefix_text, "%s/%u",
             address_to_text(&masked, address), bits);
}

const char *provider_key_text(struct provider *provider, const struct provider_mail *mail,
                              enum provider_key_kind kind)
{
    switch (kind) {
    case PROVIDER_KEY_IP:
    case PROVIDER_KEY_PREFIX:
        provider_write_client(provider, &mail->client);
        return kind == PROVIDER_KEY_IP ? provider->client_text : provider->prefix_text;
    case PROVIDER_KEY_DKIM:
        return mail->dkim_domain;
    case PROVIDER_KEY_SPF:
        return mail->spf_domain;
    case PROVIDER_KEY_COUNT:
        break;
    }
    return "";
}

/* "ip 192.0.2.1", in `text`. */
static struct slice provider_record_key(enum provider_key_kind kind, const char *key,
                                        char text[PROVIDER_RECORD_KEY_BYTES])
{
    const char *word = PROVIDER_KEY_WORDS[kind];
    char *end = mempcpy(text, word, strlen(word));
    *end++ = ' ';
    end = mempcpy(end, key, strnlen(key, PROVIDER_KEY_BYTES_MAX));
    return slice_from(text, (size_t)(end - text));
}

struct provider_record *provider_find(struct provider *provider, enum provider_key_kind kind,
                                      const char *key, int64_t now_us)
{
    char text[PROVIDER_RECORD_KEY_BYTES];
    if (key[0] == '\0')
        return NULL;
    const struct slice name = provider_record_key(kind, key, text);
    struct provider_record *record = map_get(&provider->records, name);
    int64_t day = now_us / TIME_DAY;
    if (record == NULL) {
        /* Whoever sends from ever new addresses does not fill the memory. */
        if (provider->records.count >= PROVIDER_RECORDS_MAX)
            free(map_remove(&provider->records, map_key_slice(map_first(&provider->records))));
        record = provider_record_new(kind, &provider->settings, day);
        map_set(&provider->records, name, record);
    }
    provider_record_advance(record, &provider->settings, day);
    return record;
}

const char *provider_sender_domain(const struct provider *provider,
                                   const struct provider_mail *mail)
{
    bool has = mail->organisation != NULL && mail->organisation[0] != '\0';
    return has && provider->settings.bulk_by_organisation ? mail->organisation : mail->from_domain;
}

struct provider_sender *provider_find_sender(struct provider *provider, const char *domain,
                                             int64_t now_us)
{
    int64_t day = now_us / TIME_DAY;
    if (domain[0] == '\0')
        return NULL;
    struct provider_sender *sender = map_get_text(&provider->senders, domain);
    if (sender == NULL) {
        if (provider->senders.count >= PROVIDER_RECORDS_MAX)
            provider_sender_free(
                map_remove(&provider->senders, map_key_slice(map_first(&provider->senders))));
        sender = mem_alloc(sizeof *sender);
        sender->day = day;
        sender->record = provider_record_new(PROVIDER_KEY_DKIM, &provider->settings, day);
        map_set_text(&provider->senders, domain, sender);
    }
    if (sender->day != day) {
        sender->day = day;
        sender->today = 0;
        sender->is_bulk = sender->is_bulk && provider->settings.bulk_for_ever;
    }
    provider_record_advance(sender->record, &provider->settings, day);
    return sender;
}

int64_t provider_score(struct provider *provider, const struct provider_mail *mail,
                       enum provider_key_kind only)
{
    const struct provider_settings *s = &provider->settings;
    int64_t sum = 0;
    int64_t weights = 0;
    for (unsigned kind = 0; kind < PROVIDER_KEY_COUNT; kind++) {
        if (only != PROVIDER_KEY_COUNT && kind != (unsigned)only)
            continue;
        const char *key = provider_key_text(provider, mail, (enum provider_key_kind)kind);
        const struct provider_record *record =
            provider_find(provider, (enum provider_key_kind)kind, key, mail->now_us);
        int64_t weight = only != PROVIDER_KEY_COUNT ? 1 : s->weights[kind];
        if (record == NULL)
            continue;
        sum += record->score * weight;
        weights += weight;
    }
    return weights > 0 ? sum / weights : s->start;
}

/* ---- judging */

struct provider_filling {
    const char *key;
    const struct provider *provider;
    const struct provider_mail *mail;
};

static const char *provider_fill(void *context, const char *name)
{
    const struct provider_filling *filling = context;
    if (strcmp(name, "key") == 0)
        return filling->key;
    if (strcmp(name, "provider") == 0)
        return filling->provider->name;
    return strcmp(name, "from-domain") == 0 ? filling->mail->from_domain : NULL;
}

static struct provider_verdict provider_refuse(struct provider *provider,
                                               const struct provider_mail *mail,
                                               enum provider_placement placement,
                                               const char *reason, const char *key,
                                               const char *reply)
{
    struct buf text;
    struct provider_filling filling = {key, provider, mail};
    buf_init(&text, sizeof provider->reply - 1);
    template_fill(&text, reply, provider_fill, &filling);
    snprintf(provider->reply, sizeof provider->reply, "%s", buf_text(&text));
    buf_deinit(&text);
    return (struct provider_verdict){placement, reason, provider->reply, 0};
}

static const struct provider_verdict PROVIDER_TAKEN = {PROVIDER_INBOX, "", NULL, 0};

static bool provider_is_taken(const struct provider_verdict *verdict)
{
    return verdict->placement == PROVIDER_INBOX || verdict->placement == PROVIDER_JUNK;
}

/* A key that is blocked, or has had its messages for today. At MAIL only the address is known for
 * sure. */
static struct provider_verdict provider_judge_volume(struct provider *provider,
                                                     const struct provider_mail *mail)
{
    const struct provider_settings *s = &provider->settings;
    for (unsigned kind = 0; kind < PROVIDER_KEY_COUNT; kind++) {
        if (!mail->whole && kind > PROVIDER_KEY_PREFIX)
            break;
        const char *key = provider_key_text(provider, mail, (enum provider_key_kind)kind);
        struct provider_record *record =
            provider_find(provider, (enum provider_key_kind)kind, key, mail->now_us);
        if (record == NULL)
            continue;
        if (mail->now_us < record->blocked_until_us)
            return provider_refuse(provider, mail, PROVIDER_REJECTED, "blocked", key, s->blocked);
        struct provider_day *today = provider_record_today(record);
        int64_t allowance = provider_record_allowance(record, s);
        if (today->accepted < allowance)
            continue;
        /* Who keeps on sending although it was told to wait is shut out. */
        if (s->patience > 0 && today->deferred > s->patience * (allowance + 1))
            record->blocked_until_us = mail->now_us + s->block_us;
        return provider_refuse(provider, mail, PROVIDER_DEFERRED, "over-allowance", key,
                               s->over_allowance);
    }
    return PROVIDER_TAKEN;
}

static struct provider_verdict provider_judge_lists(struct provider *provider,
                                                    const struct provider_mail *mail)
{
    const struct provider_blocklist *list = provider_blocklist_find(provider, mail);
    if (list == NULL)
        return PROVIDER_TAKEN;
    if (list->then == PROVIDER_JUNK)
        return (struct provider_verdict){PROVIDER_JUNK, list->name, NULL, 0};
    return provider_refuse(provider, mail, list->then, list->name,
                           provider_key_text(provider, mail, PROVIDER_KEY_IP), list->reply);
}

static bool provider_rule_is_met(const struct provider_rule *rule, const struct provider_mail *mail,
                                 const struct provider_sender *sender)
{
    if (rule->need != PROVIDER_NEED_COMPLAINTS)
        return mail->has[rule->need];
    if (sender == NULL)
        return true;
    struct provider_day week = provider_record_week(sender->record);
    return provider_day_complaint_rate(&week) < rule->below;
}

/* The rules for senders, from the top; the first that is not met decides. */
static struct provider_verdict provider_judge_rules(struct provider *provider,
                                                    const struct provider_mail *mail)
{
    const struct provider_settings *s = &provider->settings;
    const struct provider_sender *sender =
        provider_find_sender(provider, provider_sender_domain(provider, mail), mail->now_us);
    bool bulk = sender != NULL && sender->is_bulk;
    for (size_t i = 0; i < s->rule_count; i++) {
        const struct provider_rule *rule = &s->rules[i];
        if ((rule->bulk_only && !bulk) || provider_rule_is_met(rule, mail, sender))
            continue;
        if (rule->then == PROVIDER_JUNK)
            return (struct provider_verdict){PROVIDER_JUNK, rule->name, NULL, 0};
        return provider_refuse(provider, mail, rule->then, rule->name, mail->from_domain,
                               rule->reply);
    }
    return PROVIDER_TAKEN;
}

static struct provider_verdict provider_judge_score(struct provider *provider,
                                                    const struct provider_mail *mail, int64_t score)
{
    const struct provider_settings *s = &provider->settings;
    if (score >= s->inbox_from)
        return PROVIDER_TAKEN;
    if (score >= s->junk_from)
        return (struct provider_verdict){PROVIDER_JUNK, "reputation", NULL, 0};
    const char *ip = provider_key_text(provider, mail, PROVIDER_KEY_IP);
    if (score >= s->deferred_from)
        return provider_refuse(provider, mail, PROVIDER_DEFERRED, "reputation", ip, s->deferred);
    return provider_refuse(provider, mail, PROVIDER_REJECTED, "reputation", ip, s->rejected);
}

static struct provider_verdict provider_judge_all(struct provider *provider,
                                                  const struct provider_mail *mail, int64_t score)
{
    struct provider_verdict verdict = provider_judge_volume(provider, mail);
    struct provider_verdict listed = {0};
    if (provider_is_taken(&verdict)) {
        listed = provider_judge_lists(provider, mail);
        verdict = listed;
    }
    if (!mail->whole || !provider_is_taken(&verdict))
        return verdict;
    verdict = provider_judge_rules(provider, mail);
    if (verdict.placement == PROVIDER_INBOX)
        verdict = provider_judge_score(provider, mail, score);
    /* Junk by a list stays junk where nothing worse was found. */
    return verdict.placement == PROVIDER_INBOX ? listed : verdict;
}

/* ---- counting */

static void provider_count(struct provider *provider, const struct provider_mail *mail,
                           enum provider_placement placement)
{
    for (unsigned kind = 0; kind < PROVIDER_KEY_COUNT; kind++) {
        const char *key = provider_key_text(provider, mail, (enum provider_key_kind)kind);
        struct provider_record *record =
            provider_find(provider, (enum provider_key_kind)kind, key, mail->now_us);
        if (record == NULL)
            continue;
        struct provider_day *today = provider_record_today(record);
        today->accepted += placement == PROVIDER_INBOX || placement == PROVIDER_JUNK;
        today->inboxed += placement == PROVIDER_INBOX;
        today->deferred += placement == PROVIDER_DEFERRED;
        today->rejected += placement == PROVIDER_REJECTED;
    }
    struct provider_sender *sender =
        provider_find_sender(provider, provider_sender_domain(provider, mail), mail->now_us);
    if (sender == NULL || placement == PROVIDER_DEFERRED || placement == PROVIDER_REJECTED)
        return;
    provider_record_today(sender->record)->inboxed += placement == PROVIDER_INBOX;
    sender->today += (int64_t)mail->recipient_count;
    if (provider->settings.bulk_over > 0 && sender->today > provider->settings.bulk_over)
        sender->is_bulk = true;
}

struct provider_verdict provider_judge(struct provider *provider, const struct provider_mail *mail,
                                       struct event_log *log)
{
    provider_pass(provider, mail->now_us, log);
    provider_report_day(provider, mail->now_us, log);
    int64_t score = provider_score(provider, mail, PROVIDER_KEY_COUNT);
    struct provider_verdict verdict = provider_judge_all(provider, mail, score);
    verdict.score = score;
    /* At MAIL a message that may go on has no verdict yet. */
    if (!mail->whole && provider_is_taken(&verdict))
        return PROVIDER_TAKEN;
    provider_count(provider, mail, verdict.placement);
    provider_report_verdict(provider, mail, &verdict, log);
    if (verdict.placement == PROVIDER_INBOX)
        provider_readers_get(provider, mail);
    return verdict;
}

void provider_note_recipient(struct provider *provider, const struct provider_mail *mail,
                             const char *recipient, bool unknown, struct event_log *log)
{
    for (unsigned kind = 0; kind <= PROVIDER_KEY_PREFIX; kind++) {
        const char *key = provider_key_text(provider, mail, (enum provider_key_kind)kind);
        struct provider_day *today = provider_record_today(
            provider_find(provider, (enum provider_key_kind)kind, key, mail->now_us));
        today->recipients++;
        today->unknown += unknown;
    }
    provider_blocklist_note(provider, mail, recipient, log);
}
