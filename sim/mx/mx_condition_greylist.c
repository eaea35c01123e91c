/*
 * Greylisting (RFC 6647): the condition holds as long as the triplet at hand must be put off. The
 * numbers of real implementations differ widely, so each of them is a setting; the profiles have
 * those of known ones.
 */
#include "sim/mx/mx_condition_kinds.h"

#include "mta-under-test/base/time_text.h"

#include "mta-under-test/base/poison.h"

/* Slots of a greylist: the triplets, and the clients that are allowed altogether. The second one is
 * kept apart by a byte in front of its key. */
enum { MX_GREYLIST_ALLOWANCE = 'a' };

static int mx_greylist_check(struct spec spec, const struct mx_greylist *greylist, struct err *err)
{
    if (greylist->window_us > greylist->delay_us)
        return 0;
    return spec_error(spec, err,
                      "the window for the retry (%lld s) ends before the delay "
                      "(%lld s): nothing would ever pass",
                      (long long)(greylist->window_us / TIME_SECOND),
                      (long long)(greylist->delay_us / TIME_SECOND));
}

static int mx_greylist_read_spans(struct spec spec, struct mx_greylist *greylist, struct err *err)
{
    const struct {
        const char *key;
        int64_t *span_us;
    } SPANS[] = {
        {"delay", &greylist->delay_us},     {"window", &greylist->window_us},
        {"keep", &greylist->keep_us},       {"allow-every", &greylist->allow_every_us},
        {"allow-for", &greylist->allow_us},
    };
    for (size_t i = 0; i < sizeof SPANS / sizeof SPANS[0]; i++) {
        struct spec member;
        if (spec_get(spec, SPANS[i].key, &member) &&
            spec_read_span(member, SPANS[i].span_us, err) != 0)
            return -1;
    }
    return mx_greylist_check(spec, greylist, err);
}

static int mx_greylist_read_keys(struct spec spec, struct mx_greylist *greylist, struct err *err)
{
    struct spec member;
    if (spec_get(spec, "by", &member) && mx_key_read(member, &greylist->key, err) != 0)
        return -1;
    if (spec_get(spec, "allow-by", &member) && mx_key_read(member, &greylist->allow_key, err) != 0)
        return -1;
    if (!spec_get(spec, "prefix", &member))
        return 0;
    /* One length for both keys; that of the allowance may be the only one with a prefix. */
    bool own = (greylist->key.parts & MX_KEY_BIT(MX_KEY_SOURCE_PREFIX)) != 0;
    struct mx_key *first =
        own || greylist->allow_after == 0 ? &greylist->key : &greylist->allow_key;
    struct mx_key *second = first == &greylist->key ? &greylist->allow_key : &greylist->key;
    if (mx_key_read_prefix(member, first, err) != 0)
        return -1;
    second->v4_bits = first->v4_bits;
    second->v6_bits = first->v6_bits;
    return 0;
}

/* Whom the greylist lets in altogether: how, is of no use without when. */
static int mx_greylist_read_allowance(struct spec spec, struct mx_greylist *greylist,
                                      struct err *err)
{
    static const char *const HOW[] = {"allow-by", "allow-every", "allow-for", NULL};
    struct spec member;
    if (spec_get(spec, "allow-after", &member))
        return spec_read_int(member, 1, INT32_MAX, &greylist->allow_after, err);
    for (size_t i = 0; HOW[i] != NULL; i++) {
        if (spec_get(spec, HOW[i], &member))
            return spec_error(member, err,
                              "nobody is let in altogether without \"allow-after\", as in "
                              "\"allow-after\": 5");
    }
    return 0;
}

MX_CONDITION_READER(mx_greylist_read)
{
    static const char *const KEYS[] = {"delay",     "window",      "keep",     "by",
                                       "prefix",    "allow-after", "allow-by", "allow-every",
                                       "allow-for", NULL};
    (void)reader;
    struct mx_greylist *greylist = &condition->greylist;
    *greylist = (struct mx_greylist){
        .key = mx_key_of(MX_KEY_BIT(MX_KEY_SOURCE_PREFIX) | MX_KEY_BIT(MX_KEY_SENDER) |
                         MX_KEY_BIT(MX_KEY_RECIPIENT)),
        .delay_us = 5 * TIME_MINUTE,
        .window_us = 2 * TIME_DAY,
        .keep_us = 35 * TIME_DAY,
        .allow_key = mx_key_of(MX_KEY_BIT(MX_KEY_SOURCE_PREFIX)),
        .allow_us = 35 * TIME_DAY,
    };
    if (!spec_is_object(spec)) {
        /* "5m" alone is the delay. */
        return spec_read_span(spec, &greylist->delay_us, err) != 0
                   ? -1
                   : mx_greylist_check(spec, greylist, err);
    }
    if (spec_check_keys(spec, KEYS, err) != 0 || mx_greylist_read_spans(spec, greylist, err) != 0 ||
        mx_greylist_read_allowance(spec, greylist, err) != 0)
        return -1;
    return mx_greylist_read_keys(spec, greylist, err);
}

static struct mx_record *mx_greylist_allowance(const struct mx_condition *condition,
                                               struct mx_question *question)
{
    buf_reset(question->key);
    buf_add_char(question->key, MX_GREYLIST_ALLOWANCE);
    mx_key_write(&condition->greylist.allow_key, question->facts, question->key);
    return mx_state_make(question->state, condition->slot, buf_slice(question->key),
                         question->facts->now_us);
}

static bool mx_greylist_client_is_allowed(const struct mx_condition *condition,
                                          struct mx_question *question)
{
    const struct mx_greylist *greylist = &condition->greylist;
    if (greylist->allow_after == 0)
        return false;
    int64_t now_us = question->facts->now_us;
    struct mx_record *client = mx_greylist_allowance(condition, question);
    if (client->count < greylist->allow_after)
        return false;
    if (now_us > client->until_us) {
        mx_record_restart(client, now_us);
        return false;
    }
    client->until_us = now_us + greylist->allow_us;
    return true;
}

static void mx_greylist_count_client(const struct mx_condition *condition,
                                     struct mx_question *question)
{
    const struct mx_greylist *greylist = &condition->greylist;
    if (greylist->allow_after == 0)
        return;
    int64_t now_us = question->facts->now_us;
    struct mx_record *client = mx_greylist_allowance(condition, question);
    if (client->count > 0 && now_us - client->last_us < greylist->allow_every_us)
        return;
    client->count++;
    client->last_us = now_us;
    client->until_us = now_us + greylist->allow_us;
}

MX_CONDITION_JUDGE(mx_greylist_holds)
{
    const struct mx_greylist *greylist = &condition->greylist;
    int64_t now_us = question->facts->now_us;
    if (mx_greylist_client_is_allowed(condition, question))
        return false;
    struct slice key = mx_question_key(question, &greylist->key);
    struct mx_record *triplet = mx_state_make(question->state, condition->slot, key, now_us);
    bool forgotten = triplet->passed ? now_us - triplet->last_us > greylist->keep_us
                                     : now_us - triplet->first_us > greylist->window_us;
    if (forgotten)
        mx_record_restart(triplet, now_us);
    triplet->count++;
    question->attempt = triplet->count;
    int64_t age_us = now_us - triplet->first_us;
    if (!triplet->passed && age_us < greylist->delay_us) {
        question->remaining_us = greylist->delay_us - age_us;
        return true;
    }
    triplet->passed = true;
    triplet->last_us = now_us;
    mx_greylist_count_client(condition, question);
    return false;
}
