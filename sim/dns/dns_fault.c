#include "sim/dns/dns_fault.h"

#include "mta-under-test/base/poison.h"

static const char *const DNS_FAULT_NAMES[DNS_FAULT_ANSWER_COUNT + 1] = {
    [DNS_FAULT_RIGHT] = "right",
    [DNS_FAULT_SERVFAIL] = "servfail",
    [DNS_FAULT_REFUSED] = "refused",
    [DNS_FAULT_FORMERR] = "formerr",
    [DNS_FAULT_NOTIMP] = "notimp",
    [DNS_FAULT_NXDOMAIN] = "nxdomain",
    [DNS_FAULT_NODATA] = "nodata",
    [DNS_FAULT_NONE] = "none",
    [DNS_FAULT_TRUNCATE] = "truncate",
    [DNS_FAULT_TCP_REFUSED] = "tcp-refused",
    [DNS_FAULT_WRONG_ID] = "wrong-id",
    [DNS_FAULT_WRONG_NAME] = "wrong-name",
    [DNS_FAULT_GARBAGE] = "garbage",
    [DNS_FAULT_CUT] = "cut",
    [DNS_FAULT_CNAME_LOOP] = "cname-loop",
    [DNS_FAULT_LAME] = "lame",
    [DNS_FAULT_WRONG_CASE] = "wrong-case",
    [DNS_FAULT_NO_EDNS] = "no-edns",
    [DNS_FAULT_OPT_FORMERR] = "opt-formerr",
    [DNS_FAULT_BADVERS] = "badvers",
    [DNS_FAULT_BOGUS] = "bogus",
    [DNS_FAULT_EXPIRED] = "expired",
    [DNS_FAULT_UNSIGNED] = "unsigned",
    [DNS_FAULT_ANSWER_COUNT] = NULL,
};

const char *dns_fault_answer_name(enum dns_fault_answer answer)
{
    return DNS_FAULT_NAMES[answer];
}

static int dns_fault_parse_types(struct spec spec, struct arena *arena, struct dns_fault *fault,
                                 struct err *err)
{
    const char *const *texts;
    if (spec_read_texts(spec, arena, &texts, &fault->type_count, err) != 0)
        return -1;
    if (fault->type_count > DNS_FAULT_TYPES_MAX)
        return spec_error(spec, err, "at most %d types", (int)DNS_FAULT_TYPES_MAX);
    for (size_t i = 0; i < fault->type_count; i++) {
        if (dns_type_from_text(texts[i], &fault->types[i]) != 0)
            return spec_error(spec, err, "\"%s\" is no record type; expected A, MX, TXT, ...",
                              texts[i]);
    }
    return 0;
}

/* "answer", "delay" and "ttl": what happens. One of them must be there. */
static int dns_fault_parse_effect(struct spec spec, struct dns_fault *fault, struct err *err)
{
    struct spec part;
    bool any = false;
    size_t word;
    if (spec_get(spec, "answer", &part)) {
        if (spec_read_word(part, DNS_FAULT_NAMES, &word, err) != 0)
            return -1;
        fault->answer = (enum dns_fault_answer)word;
        any = true;
    }
    if (spec_get(spec, "delay", &part)) {
        if (spec_read_span(part, &fault->delay_us, err) != 0)
            return -1;
        any = true;
    }
    if (spec_get(spec, "ttl", &part)) {
        int64_t ttl_us;
        if (spec_read_span(part, &ttl_us, err) != 0)
            return -1;
        if (ttl_us < 0 || ttl_us / TIME_SECOND > INT32_MAX)
            return spec_error(part, err, "a TTL is between 0 and 2147483647 seconds");
        fault->ttl_given = true;
        fault->ttl = (uint32_t)(ttl_us / TIME_SECOND);
        any = true;
    }
    if (!any)
        return spec_error(spec, err,
                          "says nothing that goes wrong; expected \"answer\" (such as "
                          "\"servfail\" or \"none\"), \"delay\" or \"ttl\"");
    return 0;
}

static int dns_fault_parse_limits(struct spec spec, struct dns_fault *fault, struct err *err)
{
    static const char *const TRANSPORTS[] = {"udp", "tcp", NULL};
    struct spec part;
    if (spec_get(spec, "transport", &part)) {
        size_t word;
        if (spec_read_word(part, TRANSPORTS, &word, err) != 0)
            return -1;
        fault->udp = word == 0;
        fault->tcp = word == 1;
    }
    if (spec_get(spec, "during", &part)) {
        if (window_read(part, &fault->during, err) != 0)
            return -1;
        fault->windowed = true;
    }
    if (spec_get(spec, "probability", &part)) {
        if (spec_read_share(part, &fault->millionths, err) != 0)
            return -1;
        if (fault->millionths == 0)
            return spec_error(part, err, "a probability of 0 never holds");
    }
    if (spec_get(spec, "times", &part) &&
        spec_read_int(part, 1, INT32_MAX, &fault->times, err) != 0)
        return -1;
    return 0;
}

bool dns_fault_needs_edns(const struct dns_fault *fault)
{
    return fault->answer == DNS_FAULT_NO_EDNS || fault->answer == DNS_FAULT_OPT_FORMERR ||
           fault->answer == DNS_FAULT_BADVERS;
}

/* "truncate" has no meaning by TCP, nor has "tcp-refused" by UDP: they say the transport. */
static int dns_fault_check(struct spec spec, struct dns_fault *fault, struct err *err)
{
    bool only_udp = fault->answer == DNS_FAULT_TRUNCATE;
    bool only_tcp = fault->answer == DNS_FAULT_TCP_REFUSED;
    if ((only_udp && !fault->udp) || (only_tcp && !fault->tcp))
        return spec_error(spec, err, "can never happen: \"%s\" exists only by %s",
                          dns_fault_answer_name(fault->answer), only_udp ? "udp" : "tcp");
    fault->tcp = fault->tcp && !only_udp;
    fault->udp = fault->udp && !only_tcp;
    return 0;
}

int dns_fault_parse(struct spec spec, struct arena *arena, struct dns_fault **fault,
                    struct err *err)
{
    static const char *const KEYS[] = {"name",      "type",   "answer",      "delay", "ttl",
                                       "transport", "during", "probability", "times", NULL};
    struct spec name;
    struct spec type;
    *fault = NULL;
    if (spec_check_keys(spec, KEYS, err) != 0)
        return -1;
    struct dns_fault *made = mem_alloc(sizeof *made);
    made->udp = made->tcp = true;
    made->millionths = 1000000;
    made->place = mem_text_copy(spec.path);
    if ((spec_get(spec, "name", &name) && pattern_read(name, arena, &made->pattern, err) != 0) ||
        (spec_get(spec, "type", &type) && dns_fault_parse_types(type, arena, made, err) != 0) ||
        dns_fault_parse_effect(spec, made, err) != 0 ||
        dns_fault_parse_limits(spec, made, err) != 0 || dns_fault_check(spec, made, err) != 0) {
        dns_fault_free(&made);
        return -1;
    }
    *fault = made;
    return 0;
}

void dns_fault_free(struct dns_fault **fault)
{
    if (*fault == NULL)
        return;
    if ((*fault)->pattern != NULL)
        pattern_release((*fault)->pattern);
    free((*fault)->place);
    free(*fault);
    *fault = NULL;
}

static bool dns_fault_has_type(const struct dns_fault *fault, uint16_t type)
{
    for (size_t i = 0; i < fault->type_count; i++) {
        if (fault->types[i] == type)
            return true;
    }
    return fault->type_count == 0;
}

bool dns_fault_matches(const struct dns_fault *fault, struct slice name, uint16_t type, bool tcp)
{
    if (!(tcp ? fault->tcp : fault->udp))
        return false;
    return dns_fault_has_type(fault, type) &&
           (fault->pattern == NULL || pattern_matches(fault->pattern, name));
}

bool dns_fault_is_on(const struct dns_fault *fault, int64_t now_us, int64_t since_start_us)
{
    return !fault->windowed || window_holds(&fault->during, now_us, since_start_us);
}

bool dns_fault_hides(const struct dns_fault *first, const struct dns_fault *later)
{
    if (first->windowed || first->times > 0 || first->millionths < 1000000 ||
        (later->udp && !first->udp) || (later->tcp && !first->tcp))
        return false;
    if (first->type_count > 0 && later->type_count == 0)
        return false;
    for (size_t i = 0; i < later->type_count; i++) {
        if (!dns_fault_has_type(first, later->types[i]))
            return false;
    }
    return first->pattern == NULL ||
           (later->pattern != NULL &&
            strcmp(pattern_text(first->pattern), pattern_text(later->pattern)) == 0);
}

static void dns_fault_limits_to_text(const struct dns_fault *fault, struct buf *out)
{
    char from[TIME_TEXT_BYTES];
    char to[TIME_TEXT_BYTES];
    if (fault->udp != fault->tcp)
        buf_add_text(out, fault->udp ? ", by UDP only" : ", by TCP only");
    if (fault->windowed) {
        buf_format(out, ", from %s", time_span_to_text(fault->during.from_us, from));
        if (fault->during.to_us != INT64_MAX)
            buf_format(out, " to %s", time_span_to_text(fault->during.to_us, to));
        buf_add_text(out, fault->during.by_day ? " of each day" : "");
    }
    if (fault->millionths < 1000000)
        buf_format(out, ", %u.%04u %% of the queries", fault->millionths / 10000,
                   fault->millionths % 10000);
    if (fault->times > 0)
        buf_format(out, ", the first %lld times", (long long)fault->times);
}

void dns_fault_to_text(const struct dns_fault *fault, struct buf *out)
{
    char text[TIME_TEXT_BYTES];
    char type[DNS_TYPE_TEXT_BYTES];
    buf_add_text(out, fault->pattern != NULL ? pattern_text(fault->pattern) : "every name");
    for (size_t i = 0; i < fault->type_count; i++)
        buf_format(out, "%s%s", i > 0 ? ", " : " ", dns_type_to_text(fault->types[i], type));
    buf_format(out, ": %s", dns_fault_answer_name(fault->answer));
    if (fault->delay_us > 0)
        buf_format(out, ", delayed by %s", time_span_to_text(fault->delay_us, text));
    if (fault->ttl_given)
        buf_format(out, ", TTL %u", fault->ttl);
    dns_fault_limits_to_text(fault, out);
}
