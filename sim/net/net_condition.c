#include "sim/net/net_condition.h"

#include "mta-under-test/base/poison.h"

const char *const NET_CONDITION_WORDS[] = {
#define X(name, word) word,
    NET_CONDITIONS(X)
#undef X
        NULL,
};

enum {
    NET_STALL_EVERY_BYTES = 64 * 1024,
    NET_PACKET_BYTES = 1280, /* what each link of IPv6 must carry (RFC 8200 section 5) */
    NET_PACKET_BYTES_MIN = 256,
};

static const struct range NET_STALL_US = {1 * TIME_SECOND, 3 * TIME_SECOND};

bool net_condition_shuts(enum net_condition_kind kind)
{
    return kind >= NET_REFUSED && kind <= NET_SILENT;
}

/* A key that means something to one kind (or to two) only. */
static int net_condition_check_key(struct spec spec, const char *key, bool fits, struct err *err)
{
    struct spec member;
    if (fits || !spec_get(spec, key, &member))
        return 0;
    return spec_error(member, err,
                      "means nothing here: \"after\" belongs to resets and vanishes, \"every\" and "
                      "\"for\" to stalls, \"packet\" to black-hole");
}

static int net_condition_check_keys(struct spec spec, enum net_condition_kind kind, struct err *err)
{
    static const char *const KEYS[] = {"is",    "family", "during", "after",
                                       "every", "for",    "packet", NULL};
    bool breaks = kind == NET_RESETS || kind == NET_VANISHES;
    return spec_check_keys(spec, KEYS, err) != 0 ||
                   net_condition_check_key(spec, "after", breaks, err) != 0 ||
                   net_condition_check_key(spec, "every", kind == NET_STALLS, err) != 0 ||
                   net_condition_check_key(spec, "for", kind == NET_STALLS, err) != 0 ||
                   net_condition_check_key(spec, "packet", kind == NET_BLACK_HOLE, err) != 0
               ? -1
               : 0;
}

static int net_condition_read_line(struct spec spec, struct net_condition *condition,
                                   struct err *err)
{
    struct spec member;
    if ((spec_get(spec, "after", &member) &&
         spec_read_size(member, &condition->after_bytes, err) != 0) ||
        (spec_get(spec, "every", &member) &&
         spec_read_size(member, &condition->every_bytes, err) != 0) ||
        (spec_get(spec, "packet", &member) &&
         spec_read_size(member, &condition->packet_bytes, err) != 0) ||
        (spec_get(spec, "for", &member) && range_read_span(member, &condition->stop_us, err) != 0))
        return -1;
    if (condition->every_bytes < 1)
        return spec_error(spec, err, "\"every\" is how many bytes pass between two stalls");
    if (condition->packet_bytes < NET_PACKET_BYTES_MIN)
        return spec_error(spec, err, "\"packet\" is at least %d bytes: what TCP needs for itself",
                          (int)NET_PACKET_BYTES_MIN);
    if (condition->stop_us.min < 0 || condition->stop_us.max == INT64_MAX)
        return spec_error(spec, err, "\"for\" is how long it stalls, as in \"1s..3s\"");
    return 0;
}

static int net_condition_read(struct spec spec, struct net_condition *condition, struct err *err)
{
    static const char *const FAMILIES[] = {"any", "ipv4", "ipv6", NULL};
    struct spec is = spec;
    struct spec member = spec;
    size_t kind = 0;
    size_t family = 0;
    bool object = spec_is_object(spec);
    if (object && spec_need(spec, "is", &is, err) != 0)
        return -1;
    if (spec_read_word(is, NET_CONDITION_WORDS, &kind, err) != 0)
        return -1;
    *condition = (struct net_condition){.kind = (enum net_condition_kind)kind,
                                        .every_bytes = NET_STALL_EVERY_BYTES,
                                        .stop_us = NET_STALL_US,
                                        .packet_bytes = NET_PACKET_BYTES};
    if (object && (net_condition_check_keys(spec, condition->kind, err) != 0 ||
                   net_condition_read_line(spec, condition, err) != 0 ||
                   (spec_get(spec, "family", &member) &&
                    spec_read_word(member, FAMILIES, &family, err) != 0)))
        return -1;
    condition->ipv4 = family != 2;
    condition->ipv6 = family != 1;
    condition->windowed = object && spec_get(spec, "during", &member);
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

const struct net_condition *net_conditions_now(const struct net_condition *list, size_t count,
                                               const struct address *address, int64_t now_us,
                                               int64_t since_start_us)
{
    bool ipv4 = address_is_ipv4(address);
    for (size_t i = 0; i < count; i++) {
        if ((ipv4 ? list[i].ipv4 : list[i].ipv6) &&
            (!list[i].windowed || window_holds(&list[i].during, now_us, since_start_us)))
            return &list[i];
    }
    return NULL;
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

static void net_condition_explain_line(const struct net_condition *condition, struct buf *out)
{
    char min[TIME_TEXT_BYTES];
    char max[TIME_TEXT_BYTES];
    if (condition->kind == NET_RESETS || condition->kind == NET_VANISHES)
        buf_format(out, " after %lld bytes", (long long)condition->after_bytes);
    else if (condition->kind == NET_STALLS)
        buf_format(out, " for %s to %s after each %lld bytes",
                   time_span_to_text(condition->stop_us.min, min),
                   time_span_to_text(condition->stop_us.max, max),
                   (long long)condition->every_bytes);
    else if (condition->kind == NET_BLACK_HOLE)
        buf_format(out, " for packets of more than %lld bytes", (long long)condition->packet_bytes);
}

void net_conditions_explain(const struct net_condition *list, size_t count, struct buf *out)
{
    char from[TIME_TEXT_BYTES];
    char to[TIME_TEXT_BYTES];
    for (size_t i = 0; i < count; i++) {
        buf_format(out, "  the network to it: %s", NET_CONDITION_WORDS[list[i].kind]);
        net_condition_explain_line(&list[i], out);
        if (list[i].ipv4 != list[i].ipv6)
            buf_add_text(out, list[i].ipv4 ? " by IPv4" : " by IPv6");
        if (list[i].windowed)
            buf_format(out, ", from %s", time_span_to_text(list[i].during.from_us, from));
        if (list[i].windowed && list[i].during.to_us != INT64_MAX)
            buf_format(out, " to %s", time_span_to_text(list[i].during.to_us, to));
        buf_add_text(out, list[i].windowed && list[i].during.by_day ? " of each day\n" : "\n");
    }
}
