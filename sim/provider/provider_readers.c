/*
 * Simulated readers: some complain ("this is spam"), some unsubscribe. What a reader does with a
 * message is drawn from the seed, the mailbox and the message, and comes some time later. Who has
 * unsubscribed and still gets mail when the sender has had its time is quick to complain.
 */
#include "mta-under-test/base/rng.h"
#include "mta-under-test/base/time_text.h"
#include "sim/provider/provider_state.h"

#include "mta-under-test/base/poison.h"

enum { PROVIDER_REACTIONS_MAX = 1000000, PROVIDER_SALT_BYTES = 800, PROVIDER_FORGET = 1000000 };

static const struct provider_reader *provider_reader_of(const struct provider *provider,
                                                        const char *recipient)
{
    for (size_t i = 0; i < provider->settings.reader_count; i++) {
        const struct provider_reader *reader = &provider->settings.readers[i];
        if (pattern_matches(reader->to, slice_of(recipient)))
            return reader;
    }
    return NULL;
}

/* ---- the heap of what is to come */

static void provider_swap(struct provider_reaction *a, struct provider_reaction *b)
{
    struct provider_reaction kept = *a;
    *a = *b;
    *b = kept;
}

static void provider_reactions_push(struct provider *provider, struct provider_reaction reaction)
{
    if (provider->reaction_count == provider->reaction_size) {
        provider->reaction_size = provider->reaction_size > 0 ? provider->reaction_size * 2 : 64;
        provider->reactions =
            mem_grow(provider->reactions, provider->reaction_size, sizeof provider->reactions[0]);
    }
    size_t at = provider->reaction_count++;
    provider->reactions[at] = reaction;
    for (; at > 0 && provider->reactions[at].at_us < provider->reactions[(at - 1) / 2].at_us;
         at = (at - 1) / 2)
        provider_swap(&provider->reactions[at], &provider->reactions[(at - 1) / 2]);
    if (at == 0 && provider->listener.planned != NULL)
        provider->listener.planned(provider->listener.context);
}

static struct provider_reaction provider_reactions_pop(struct provider *provider)
{
    struct provider_reaction first = provider->reactions[0];
    size_t count = --provider->reaction_count;
    struct provider_reaction *heap = provider->reactions;
    heap[0] = heap[count];
    for (size_t at = 0;;) {
        size_t least = at;
        for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < count; child++)
            least = heap[child].at_us < heap[least].at_us ? child : least;
        if (least == at)
            return first;
        provider_swap(&heap[at], &heap[least]);
        at = least;
    }
}

static void provider_reaction_free(struct provider_reaction *reaction)
{
    free((void *)(uintptr_t)reaction->host);
    free((void *)(uintptr_t)reaction->sender);
    free((void *)(uintptr_t)reaction->header);
    free((void *)(uintptr_t)reaction->recipient);
    free((void *)(uintptr_t)reaction->message);
    free((void *)(uintptr_t)reaction->from_domain);
    free((void *)(uintptr_t)reaction->sender_domain);
    for (size_t i = 0; i < PROVIDER_KEY_COUNT; i++)
        free((void *)(uintptr_t)reaction->keys[i]);
}

void provider_readers_free(struct provider *provider)
{
    for (size_t i = 0; i < provider->reaction_count; i++)
        provider_reaction_free(&provider->reactions[i]);
    free(provider->reactions);
}

/* ---- a message is read */

static void provider_unsubscribed_key(const char *recipient, const char *domain,
                                      char text[PROVIDER_SALT_BYTES])
{
    snprintf(text, PROVIDER_SALT_BYTES, "%.320s %.320s", recipient, domain);
}

/* Has this reader unsubscribed so long ago that mail should have ended? */
static bool provider_is_ignored(const struct provider *provider, const struct provider_mail *mail,
                                const char *recipient)
{
    char key[PROVIDER_SALT_BYTES];
    provider_unsubscribed_key(recipient, mail->from_domain, key);
    const int64_t *since_us = map_get_text(&provider->unsubscribed, key);
    return since_us != NULL && mail->now_us > *since_us + provider->settings.unsubscribe_due_us;
}

static void provider_reader_get(struct provider *provider, const struct provider_mail *mail,
                                const char *recipient)
{
    char salt[PROVIDER_SALT_BYTES];
    struct rng rng;
    const struct provider_reader *reader = provider_reader_of(provider, recipient);
    if (reader == NULL || provider->reaction_count >= PROVIDER_REACTIONS_MAX)
        return;
    snprintf(salt, sizeof salt, "reader/%s/%.320s/%.320s", provider->name, recipient,
             mail->message);
    rng_init_salted(&rng, provider->seed, salt);
    bool ignored = provider_is_ignored(provider, mail, recipient);
    bool complains = rng_chance(&rng, ignored ? reader->complain_if_ignored : reader->complain);
    bool unsubscribes = rng_chance(&rng, reader->unsubscribe);
    if (!complains && !unsubscribes)
        return;
    /* Only a listener does anything with the header. */
    size_t header = provider->listener.reacted != NULL ? mail->header.len : 0;
    struct provider_reaction reaction = {
        .at_us = mail->now_us + (int64_t)rng_below(&rng, (uint64_t)reader->within_us + 1),
        .arrived_us = mail->now_us,
        .complains = complains,
        /* RFC 8058 4: a signature that passes has to speak for the header fields. */
        .one_click = mail->has[PROVIDER_NEED_ONE_CLICK] && mail->dkim_domain[0] != '\0',
        .client = mail->client,
        .host = mem_text_copy(mail->host),
        .sender = mem_text_copy(mail->sender),
        .header = mem_text_copy_n(header > 0 ? mail->header.data : "", header),
        .recipient = mem_text_copy(recipient),
        .message = mem_text_copy(mail->message),
        .from_domain = mem_text_copy(mail->from_domain),
        .sender_domain = mem_text_copy(provider_sender_domain(provider, mail)),
    };
    for (unsigned kind = 0; kind < PROVIDER_KEY_COUNT; kind++)
        reaction.keys[kind] =
            mem_text_copy(provider_key_text(provider, mail, (enum provider_key_kind)kind));
    provider_reactions_push(provider, reaction);
}

void provider_readers_get(struct provider *provider, const struct provider_mail *mail)
{
    for (size_t i = 0; i < mail->recipient_count; i++)
        provider_reader_get(provider, mail, mail->recipients[i]);
}

/* ---- what they do */

static void provider_count_complaint(struct provider *provider,
                                     const struct provider_reaction *reaction)
{
    for (unsigned kind = 0; kind < PROVIDER_KEY_COUNT; kind++) {
        struct provider_record *record = provider_find(provider, (enum provider_key_kind)kind,
                                                       reaction->keys[kind], reaction->at_us);
        if (record != NULL)
            provider_record_today(record)->complaints++;
    }
    struct provider_sender *sender =
        provider_find_sender(provider, reaction->sender_domain, reaction->at_us);
    if (sender != NULL)
        provider_record_today(sender->record)->complaints++;
}

static void provider_note_unsubscription(struct provider *provider,
                                         const struct provider_reaction *reaction)
{
    char key[PROVIDER_SALT_BYTES];
    provider_unsubscribed_key(reaction->recipient, reaction->from_domain, key);
    if (provider->unsubscribed.count >= PROVIDER_FORGET ||
        map_get_text(&provider->unsubscribed, key) != NULL)
        return;
    int64_t *since_us = mem_alloc(sizeof *since_us);
    *since_us = reaction->at_us;
    map_set_text(&provider->unsubscribed, key, since_us);
}

void provider_readers_react(struct provider *provider, int64_t now_us, struct event_log *log)
{
    while (provider->reaction_count > 0 && provider->reactions[0].at_us <= now_us) {
        struct provider_reaction reaction = provider_reactions_pop(provider);
        if (reaction.complains)
            provider_count_complaint(provider, &reaction);
        else
            provider_note_unsubscription(provider, &reaction);
        if (log != NULL) {
            struct json_out *event = event_begin(
                log, "provider", reaction.complains ? "complaint" : "unsubscribe", NULL);
            json_out_text(event, "provider", provider->name);
            json_out_text(event, "message", reaction.message);
            json_out_text(event, "recipient", reaction.recipient);
            json_out_text(event, "domain", reaction.from_domain);
            json_out_int(event, "ago", now_us - reaction.at_us);
            event_end(log);
        }
        if (provider->listener.reacted != NULL)
            provider->listener.reacted(provider->listener.context, provider, &reaction);
        provider_reaction_free(&reaction);
    }
}
