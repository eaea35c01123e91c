#include "sim/policy/policy_blocklist.h"

#include "mta-under-test/base/poison.h"

enum {
    BLOCKLIST_NAME_BYTES_MAX = 512,
    BLOCKLIST_TEXT_BYTES_MAX = 255,
    BLOCKLIST_LISTED_MAX = 10000,
    BLOCKLIST_V4_STEP = 8,
    BLOCKLIST_V6_STEP = 4,
    BLOCKLIST_BITS = 128,
    BLOCKLIST_V4_BITS = 32,
};

static unsigned policy_prefix_step(const struct prefix *prefix)
{
    return address_is_ipv4(&prefix->address) ? BLOCKLIST_V4_STEP : BLOCKLIST_V6_STEP;
}

int policy_blocklist_read_prefix(struct spec spec, struct prefix *prefix, struct err *err)
{
    if (prefix_read(spec, prefix, err) != 0)
        return -1;
    if (prefix->bits % policy_prefix_step(prefix) != 0)
        return spec_error(spec, err,
                          "a DNS zone lists whole octets only: /8, /16, /24 or one address (of "
                          "IPv6 whole nibbles: /32, /48, /64)");
    return 0;
}

/* Below a listed address a wildcard of a wider prefix holds no more (RFC 4592 2.2.2), so that one
 * in the other would take its neighbours off the list. */
static int policy_blocklist_check_nested(struct spec spec, const struct policy_blocklist *list,
                                         struct err *err)
{
    for (size_t i = 0; i < list->listed_count; i++) {
        const struct prefix *wide = &list->listed[i];
        for (size_t k = 0; wide->bits < BLOCKLIST_BITS && k < list->listed_count; k++) {
            const struct prefix *narrow = &list->listed[k];
            char text[ADDRESS_TEXT_BYTES];
            if (k != i && wide->bits < narrow->bits && prefix_holds(wide, &narrow->address))
                return spec_error(
                    spec_at(spec, k), err,
                    "lies in the prefix of %s, which is listed as well; leave one out",
                    address_to_text(&wide->address, text));
        }
    }
    return 0;
}

int policy_blocklist_read(struct spec spec, const char *zone, struct arena *arena,
                          struct policy_blocklist **list_at, struct err *err)
{
    static const char *const KEYS[] = {"listed", "code", "reason", "about", NULL};
    struct policy_blocklist *list = arena_alloc(arena, sizeof *list);
    struct address code;
    struct spec member;
    *list = (struct policy_blocklist){.zone = zone, .code = "127.0.0.2", .spec = spec};
    if (spec_check_keys(spec, KEYS, err) != 0 ||
        (spec_get(spec, "reason", &member) && spec_read_text(member, &list->reason, err) != 0))
        return -1;
    if (spec_get(spec, "code", &member)) {
        if (spec_read_text(member, &list->code, err) != 0)
            return -1;
        if (address_from_text(slice_of(list->code), &code) != 0 || !address_is_ipv4(&code))
            return spec_expected(member, err, "an address like \"127.0.0.2\"");
    }
    if (spec_get(spec, "listed", &member)) {
        size_t count = spec_is_array(member) ? spec_count(member) : 1;
        if (count > BLOCKLIST_LISTED_MAX)
            return spec_error(member, err, "at most %d entries", BLOCKLIST_LISTED_MAX);
        list->listed = arena_alloc_array(arena, count + 1, sizeof *list->listed);
        for (size_t i = 0; i < count; i++) {
            struct spec one = spec_is_array(member) ? spec_at(member, i) : member;
            if (policy_blocklist_read_prefix(one, &list->listed[i], err) != 0)
                return -1;
        }
        list->listed_count = count;
        if (policy_blocklist_check_nested(member, list, err) != 0)
            return -1;
    }
    *list_at = list;
    return 0;
}

/* "10.2.0.192.zen.dnsbl.test", "*.0.192.zen.dnsbl.test" for a prefix. */
static void policy_blocklist_name(const struct policy_blocklist *list, const struct prefix *prefix,
                                  struct buf *name)
{
    struct buf reverse;
    buf_init(&reverse, BLOCKLIST_NAME_BYTES_MAX);
    address_to_reverse_name(&prefix->address, &reverse);
    bool v4 = address_is_ipv4(&prefix->address);
    unsigned step = policy_prefix_step(prefix);
    unsigned bits = v4 ? BLOCKLIST_V4_BITS : BLOCKLIST_BITS;
    unsigned labels = bits / step;
    unsigned skipped = (BLOCKLIST_BITS - prefix->bits) / step;
    struct slice rest = buf_slice(&reverse);
    struct slice label;
    if (skipped > 0)
        buf_add_char(name, '*');
    for (unsigned i = 0; i < labels && slice_split(&rest, '.', &label); i++) {
        if (i >= skipped)
            buf_format(name, "%s%.*s", name->len > 0 ? "." : "", SLICE_ARG(label));
    }
    buf_format(name, ".%s.", list->zone);
    buf_deinit(&reverse);
}

/* The reason with the address put in for "{ip}". */
static void policy_blocklist_reason(const struct policy_blocklist *list,
                                    const struct prefix *prefix, struct buf *out)
{
    char text[ADDRESS_TEXT_BYTES];
    struct slice rest = slice_of(list->reason);
    size_t at;
    address_to_text(&prefix->address, text);
    while ((at = slice_find_slice(rest, SLICE("{ip}"))) != SIZE_MAX) {
        buf_add_slice(out, slice_first(rest, at));
        buf_add_text(out, text);
        rest = slice_skip(rest, at + sizeof "{ip}" - 1);
    }
    buf_add_slice(out, rest);
}

int policy_blocklist_add(const struct policy_blocklist *list, const struct prefix *prefix,
                         struct dns_model *dns, struct err *err)
{
    struct buf name;
    struct buf reason;
    buf_init(&name, BLOCKLIST_NAME_BYTES_MAX);
    buf_init(&reason, BLOCKLIST_TEXT_BYTES_MAX);
    policy_blocklist_name(list, prefix, &name);
    char *record = mem_text_format("%s A %s", buf_text(&name), list->code);
    int result = dns_model_add_record(dns, list->zone, record, err);
    if (result == 0 && list->reason != NULL) {
        policy_blocklist_reason(list, prefix, &reason);
        result = dns_model_add_txt(dns, list->zone, buf_text(&name), buf_text(&reason), err);
    }
    free(record);
    buf_deinit(&name);
    buf_deinit(&reason);
    return result;
}

int policy_blocklist_remove(const struct policy_blocklist *list, const struct prefix *prefix,
                            struct dns_model *dns, struct err *err)
{
    struct buf name;
    buf_init(&name, BLOCKLIST_NAME_BYTES_MAX);
    policy_blocklist_name(list, prefix, &name);
    int result = dns_model_remove(dns, list->zone, buf_text(&name), NULL, err);
    buf_deinit(&name);
    return result;
}

int policy_blocklist_publish(const struct policy_blocklist *list, struct dns_model *dns,
                             struct err *err)
{
    struct prefix test;
    if (prefix_from_text(SLICE("127.0.0.2/32"), &test) != 0 ||
        dns_model_add_zone(dns, list->zone, err) != 0 ||
        policy_blocklist_add(list, &test, dns, err) != 0)
        return -1;
    for (size_t i = 0; i < list->listed_count; i++) {
        if (policy_blocklist_add(list, &list->listed[i], dns, err) != 0)
            return -1;
    }
    return 0;
}
