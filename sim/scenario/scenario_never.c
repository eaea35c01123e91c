#include "sim/scenario/scenario_never.h"

#include "mta-under-test/base/text.h"
#include "sim/client/client_script.h"
#include "sim/mx/mx_model.h"
#include "sim/scenario/scenario_select.h"
#include "sim/value/template.h"

#include "mta-under-test/base/poison.h"

enum { NEVER_TEXT_BYTES_MAX = 1000 };

/* ---- expectations */

/* What two expectations say that cannot both be, in words; NULL if they can. A share of the mail
 * may do this, the rest that; what should be only, or is only told, may differ. */
static const char *contradiction(const struct check_expectation *a,
                                 const struct check_expectation *b)
{
    const struct check_wanted *one = &a->wanted;
    const struct check_wanted *two = &b->wanted;
    if (a->level != CHECK_MUST || b->level != CHECK_MUST || a->share_given || b->share_given)
        return NULL;
    if (one->ends != 0 && two->ends != 0 && (one->ends & two->ends) == 0)
        return "another end, and a recipient has one";
    if (one->within_us < two->not_before_us || two->within_us < one->not_before_us)
        return "an end by then, and this one not before";
    const struct {
        const struct range *a;
        const struct range *b;
        const char *text;
    } RANGES[] = {
        {&one->attempts, &two->attempts, "another number of \"attempts\""},
        {&one->tries, &two->tries, "another number of \"tries\""},
        {&one->copies, &two->copies, "another number of \"copies\""},
        {&one->warnings, &two->warnings, "another number of \"warnings\""},
    };
    for (size_t i = 0; i < sizeof RANGES / sizeof RANGES[0]; i++) {
        if (RANGES[i].a->max < RANGES[i].b->min || RANGES[i].b->max < RANGES[i].a->min)
            return RANGES[i].text;
    }
    return NULL;
}

static int check_pair(struct scenario_reader *r, const struct check_expectation *first,
                      const struct check_expectation *second)
{
    const struct scenario *s = r->scenario;
    if (first->subject != CHECK_OF_DELIVERIES || second->subject != CHECK_OF_DELIVERIES)
        return 0;
    const char *what = contradiction(first, second);
    struct buf to;
    buf_init(&to, NEVER_TEXT_BYTES_MAX);
    int result = 0;
    for (size_t i = 0; what != NULL && i < s->message_count && result == 0; i++) {
        if (scenario_both_expect_of(first, second, &s->messages[i], &to))
            result = spec_error(second->spec, r->err,
                                "can never hold beside %s, which expects %s (message \"%s\" to %s)",
                                spec_place(first->spec, r->arena), what, s->messages[i].id,
                                buf_text(&to));
    }
    buf_deinit(&to);
    return result;
}

int scenario_check_contradictions(struct scenario_reader *r)
{
    const struct check_list *checks = r->scenario->checks;
    for (size_t i = 0; i < checks->count; i++) {
        for (size_t k = 0; k < i; k++) {
            if (check_pair(r, &checks->items[k], &checks->items[i]) != 0)
                return -1;
        }
    }
    return 0;
}

/* ---- addresses in rules */

/* The addresses that messages have: recipients (of a sequence the first), and senders, since what
 * comes back goes to them. NULL-terminated. */
static const char **known_addresses(struct scenario_reader *r, bool senders_only)
{
    const struct scenario *s = r->scenario;
    size_t total = 0;
    size_t count = 0;
    for (size_t i = 0; i < s->message_count; i++)
        total += s->messages[i].to_count + 1;
    const char **list = arena_alloc_array(r->arena, total + 1, sizeof *list);
    struct buf text;
    buf_init(&text, NEVER_TEXT_BYTES_MAX);
    for (size_t i = 0; i < s->message_count; i++) {
        list[count++] = s->messages[i].from;
        for (size_t k = 0; k < s->messages[i].to_count && !senders_only; k++) {
            buf_reset(&text);
            sequence_text(&text, s->messages[i].to[k], 0);
            list[count++] = arena_text(r->arena, buf_text(&text));
        }
    }
    buf_deinit(&text);
    return list;
}

const char *const *scenario_some_addresses(struct scenario_reader *r, bool recipients)
{
    enum { SOME = 8 };
    const struct scenario *s = r->scenario;
    const char **list = arena_alloc_array(r->arena, SOME + 1, sizeof *list);
    size_t count = 0;
    struct buf text;
    buf_init(&text, NEVER_TEXT_BYTES_MAX);
    for (size_t i = 0; i < s->message_count; i++) {
        for (size_t k = 0; k < s->messages[i].to_count && count < SOME; k++) {
            buf_reset(&text);
            sequence_text(&text, recipients ? s->messages[i].to[k] : s->messages[i].from, 0);
            list[count++] = arena_text(r->arena, buf_text(&text));
            if (!recipients)
                break;
        }
    }
    buf_deinit(&text);
    return list;
}

static bool is_address_of_mail(const struct scenario *s, struct slice address, bool senders_only)
{
    bool found = false;
    struct buf text;
    buf_init(&text, NEVER_TEXT_BYTES_MAX);
    for (size_t i = 0; i < s->message_count && !found; i++) {
        found = slice_equal_nocase(address, slice_of(s->messages[i].from));
        for (size_t k = 0; k < s->messages[i].to_count && !found && !senders_only; k++) {
            size_t count = sequence_count((struct spec){0}, s->messages[i].to[k], SIZE_MAX, NULL);
            for (size_t n = 0; n < count && !found; n++) {
                buf_reset(&text);
                sequence_text(&text, s->messages[i].to[k], n);
                found = slice_equal_nocase(address, buf_slice(&text));
            }
        }
    }
    buf_deinit(&text);
    return found;
}

/* Only a whole address can be compared: no glob, no regular expression, nothing excluded. */
static void note_address(struct scenario_reader *r, struct spec spec, bool is_sender)
{
    if (!spec_is_text(spec))
        return;
    const char *address = spec.json->valuestring;
    if (strchr(address, '@') == NULL || strpbrk(address, "*?!/") != NULL ||
        is_address_of_mail(r->scenario, slice_of(address), is_sender))
        return;
    const char *nearest = text_nearest(address, known_addresses(r, is_sender));
    if (nearest != NULL)
        scenario_add_finding(r, spec, "no message is %s \"%s\"; did you mean \"%s\"?",
                             is_sender ? "from" : "to", address, nearest);
}

static void note_condition(struct scenario_reader *r, struct spec when, const char *key)
{
    struct spec member;
    bool is_sender = strcmp(key, "sender") == 0;
    if (!spec_get(when, key, &member))
        return;
    for (size_t i = 0; spec_is_array(member) && i < spec_count(member); i++)
        note_address(r, spec_at(member, i), is_sender);
    note_address(r, member, is_sender);
}

void scenario_note_strange_addresses(struct scenario_reader *r)
{
    const struct scenario *s = r->scenario;
    if (s->message_count == 0 || s->clients->count > 0)
        return; /* others may have any address */
    for (size_t i = 0; i < mx_model_host_count(s->mx); i++) {
        const struct mx_rule_list *rules = &mx_model_host(s->mx, i)->own;
        for (size_t k = 0; k < rules->count; k++) {
            struct spec when;
            if (!spec_get(rules->rules[k].spec, "when", &when))
                continue;
            note_condition(r, when, "sender");
            note_condition(r, when, "recipient");
        }
    }
}

/* ---- domains */

int scenario_unknown_domain(struct scenario_reader *r, struct spec spec, const char *domain,
                            const char *address)
{
    const struct mx_model *mx = r->scenario->mx;
    size_t count = mx_model_host_count(mx);
    const char **names = arena_alloc_array(r->arena, 2 * count + 1, sizeof *names);
    for (size_t i = 0; i < count; i++) {
        const char *name = mx_host_name(mx_model_host(mx, i));
        const char *dot = strchr(name, '.');
        names[2 * i] = dot != NULL && strchr(dot + 1, '.') != NULL ? dot + 1 : name;
        names[2 * i + 1] = name;
    }
    const char *nearest = text_nearest(domain, names);
    if (nearest != NULL)
        return spec_error(
            spec, r->err,
            "no host and no zone is there for %s; did you mean %s? If mail to it shall "
            "fail, expect that ({\"to\": \"%s\", \"is\": \"bounced\"})",
            domain, nearest, address);
    return spec_error(spec, r->err,
                      "no host and no zone is there for %s: add one, or, if mail to it shall fail, "
                      "expect that ({\"to\": \"%s\", \"is\": \"bounced\"})",
                      domain, address);
}
