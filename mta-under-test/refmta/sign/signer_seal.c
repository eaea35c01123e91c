#include "mta-under-test/base/time_text.h"
#include "mta-under-test/mailauth/arc/arc_seal.h"
#include "mta-under-test/refmta/sign/signer_private.h"

#include "mta-under-test/base/poison.h"

/* The chain was validated when the message came, and its status stands in Authentication-Results:
 * nothing is looked up again. */
static const struct dns_answer *not_now(void *context, enum dns_type type, struct slice name)
{
    static const struct dns_answer PENDING = {.status = DNS_PENDING};
    (void)context;
    (void)type;
    (void)name;
    return &PENDING;
}

static const struct loaded_key *key_for_all(const struct signer *signer)
{
    for (size_t i = 0; i < signer->count; i++)
        if (signer->keys[i].is_for_all)
            return &signer->keys[i];
    return NULL;
}

static void write_set(const struct arc_sealed *sealed, struct buf *out)
{
    const struct slice fields[] = {sealed->seal, sealed->message, sealed->results};
    for (size_t i = 0; sealed->skipped == NULL && i < sizeof fields / sizeof fields[0]; i++) {
        buf_add_slice(out, fields[i]);
        buf_add_text(out, "\r\n");
    }
}

static int seal(const struct loaded_key *key, const struct message *message,
                const struct signer_seal_facts *facts, struct arena *arena, struct buf *out,
                struct err *err)
{
    const struct dns_resolver resolver = {NULL, not_now};
    struct dkim_key_cache keys;
    struct buf names;
    struct arc_sealed sealed;
    dkim_key_cache_init(&keys, 1);
    buf_init(&names, SIGNER_NAMES_BYTES_MAX);
    signer_add_names(message, &names);
    if (message_count(message, "dkim-signature") > 0)
        buf_add_text(&names, ":dkim-signature");
    const struct arc_seal_options options = {
        .key = key->key,
        .domain = slice_of(key->domain),
        .selector = slice_of(key->selector),
        .headers = buf_slice(&names),
        .authserv_id = slice_of(facts->authserv_id),
        .time_s = (uint64_t)(facts->now_us / TIME_SECOND),
    };
    const struct arc_options validation = {.policy = DKIM_POLICY_DEFAULT, .now_us = facts->now_us};
    struct dkim_context context = {
        .policy = &validation.policy, .resolver = &resolver, .keys = &keys, .arena = arena};
    int result = arc_seal(message, &options, &validation, &context, &sealed, err);
    if (result == 0)
        write_set(&sealed, out);
    buf_deinit(&names);
    dkim_key_cache_deinit(&keys);
    return result;
}

int signer_seal(const struct signer *signer, struct slice content,
                const struct signer_seal_facts *facts, struct buf *out, struct err *err)
{
    struct arena arena = {0};
    struct message message;
    const struct loaded_key *key = key_for_all(signer);
    int result = 0;
    if (key != NULL && !message_parse(&arena, content, &message))
        result = err_set(err, "the message has too many header fields");
    else if (key != NULL)
        result = seal(key, &message, facts, &arena, out, err);
    arena_deinit(&arena);
    return result;
}
