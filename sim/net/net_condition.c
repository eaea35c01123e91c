#include "sim/net/net_condition.h"

#include "mta-under-test/base/poison.h"

const char *const NET_CONDITION_WORDS[] = {
#define X(name, word) word,
    NET_CONDITIONS(X)
#undef X
        NULL,
};

static int net_condition_read(struct spec spec, struct net_condition *condition, struct err *err)
{
    static const char *const KEYS[] = {"is", "family", "during", NULL};
    static const char *const FAMILIES[] = {"any", "ipv4", "ipv6", NULL};
    struct spec is = spec;
    struct spec member = spec;
    size_t kind = 0;
    size_t family = 0;
    if (spec_is_object(spec) &&
        (spec_check_keys(spec, KEYS, err) != 0 || spec_need(spec, "is", &is, err) != 0 ||
         (spec_get(spec, "family", &member) &&
          spec_read_word(member, FAMILIES, &family, err) != 0)))
        return -1;
    if (spec_read_word(is, NET_CONDITION_WORDS, &kind, err) != 0)
        return -1;
    condition->kind = (enum net_condition_kind)kind;
    condition->ipv4 = family != 2;
    condition->ipv6 = family != 1;
    condition->windowed = spec_is_object(spec) && spec_get(spec, "during", &member);
    return condition->windowed ? window_read(member, &condition->during, err) : 0;
}

int net_conditions_read(struct spec spec, struct arena *arena, struct net_condition **list,
                        size_t *count, struct err *err)
{
    size_t given = spec_is_array(spec) ? spec_count(spec) : 1;
    if (given > NET_CONDITIONS_MAX)
        return spec_error(spec, err, "at most %d conditions", NET_CONDITIONS_MAX);
    *list = arena_alloc_array(arena, given + 1, sizeof **list);
    for (size_t i = 0; i < given; i++) {
        struct spec one = spec_is_array(spec) ? spec_at(spec, i) : spec;
        const struct net_condition *added = &(*list)[i];
        if (net_condition_read(one, &(*list)[i], err) != 0)
            return -1;
        if (i + 1 < given && !added->windowed && added->ipv4 && added->ipv6)
            return spec_error(one, err,
                              "holds at any time, so those behind it can never decide; give it "
                              "\"during\" or \"family\", or put it last");
    }
    *count = given;
    return 0;
}

enum net_condition_kind net_conditions_now(const struct net_condition *list, size_t count,
                                           const struct address *address, int64_t now_us,
                                           int64_t since_start_us)
{
    bool ipv4 = address_is_ipv4(address);
    for (size_t i = 0; i < count; i++) {
        if ((ipv4 ? list[i].ipv4 : list[i].ipv6) &&
            (!list[i].windowed || window_holds(&list[i].during, now_us, since_start_us)))
            return list[i].kind;
    }
    return NET_OPEN;
}

/* The next of a window's two ends. */
static int64_t net_window_next_us(const struct window *window, int64_t now_us,
                                  int64_t since_start_us)
{
    const int64_t ends[] = {window->from_us, window->to_us};
    int64_t next_us = INT64_MAX;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        int64_t at_us = ends[i];
        if (window->by_day) {
            int64_t wait_us = (ends[i] - now_us % TIME_DAY + TIME_DAY) % TIME_DAY;
            at_us = since_start_us + (wait_us > 0 ? wait_us : TIME_DAY);
        }
        if (at_us > since_start_us && at_us < next_us)
            next_us = at_us;
    }
    return next_us;
}

int64_t net_conditions_next_us(const struct net_condition *list, size_t count, int64_t now_us,
                               int64_t since_start_us)
{
    int64_t next_us = INT64_MAX;
    for (size_t i = 0; i < count; i++) {
        int64_t at_us = list[i].windowed
                            ? net_window_next_us(&list[i].during, now_us, since_start_us)
                            : INT64_MAX;
        if (at_us < next_us)
            next_us = at_us;
    }
    return next_us;
}

void net_conditions_explain(const struct net_condition *list, size_t count, struct buf *out)
{
    char from[TIME_TEXT_BYTES];
    char to[TIME_TEXT_BYTES];
    for (size_t i = 0; i < count; i++) {
        buf_format(out, "  the network to it is %s", NET_CONDITION_WORDS[list[i].kind]);
        if (list[i].ipv4 != list[i].ipv6)
            buf_add_text(out, list[i].ipv4 ? " by IPv4" : " by IPv6");
        if (list[i].windowed)
            buf_format(out, ", from %s", time_span_to_text(list[i].during.from_us, from));
        if (list[i].windowed && list[i].during.to_us != INT64_MAX)
            buf_format(out, " to %s", time_span_to_text(list[i].during.to_us, to));
        buf_add_text(out, list[i].windowed && list[i].during.by_day ? " of each day\n" : "\n");
    }
}
