#include <stdarg.h>

#include "mta-under-test/base/text.h"
#include "sim/check/check_list.h"
#include "sim/mta/mta_settings.h"
#include "sim/mx/mx_model.h"
#include "sim/policy/policy_model.h"
#include "sim/scenario/scenario_never.h"
#include "sim/scenario/scenario_reader.h"
#include "sim/scenario/scenario_zone.h"
#include "sim/value/template.h"

#include "mta-under-test/base/poison.h"

enum {
    MX_PREFERENCE_STEP = 10,
    MX_RECORD_BYTES = 18, /* of the owner as a pointer to the preference, and around the name */
    MX_BYTES_MAX = 60000, /* of the 65,535 of an answer over TCP (RFC 1035 section 4.2.2) */
    RECORD_BYTES_MAX = 2000,
};

/* Zones and names at hand while the scenario is completed. */
struct completion {
    struct scenario_reader *reader;
    struct map made;       /* zones that were made here -> struct made_zone */
    struct map targets;    /* hosts that an MX record names */
    struct map addresses;  /* that an address record names, as text */
    struct map recipients; /* domains of recipients, and all that these are below of */
    unsigned next_address;
};

struct made_zone {
    unsigned hosts;  /* that have an MX record, so far */
    size_t mx_bytes; /* of these records in an answer */
    bool is_full;
};

/* ---- records */

static int add_record(struct completion *c, const char *zone, const char *format, ...)
    PRINTF_LIKE(3, 4);

static int add_record(struct completion *c, const char *zone, const char *format, ...)
{
    struct buf text;
    va_list args;
    buf_init(&text, RECORD_BYTES_MAX);
    va_start(args, format);
    buf_vformat(&text, format, args);
    va_end(args);
    struct err err;
    int result = 0;
    if (dns_model_add_record(c->reader->scenario->dns, zone, buf_text(&text), &err) != 0)
        result = err_set(c->reader->err, "%s: making zone %s: %s", c->reader->scenario->file, zone,
                         err.text);
    buf_deinit(&text);
    return result;
}

static int make_zone(struct completion *c, const char *zone)
{
    if (dns_model_add_zone(c->reader->scenario->dns, zone, c->reader->err) != 0)
        return -1;
    map_set_text(&c->made, zone, arena_alloc(c->reader->arena, sizeof(struct made_zone)));
    return 0;
}

/* The zone that holds a name, in the arena; NULL if there is none. */
static const char *zone_of(struct completion *c, const char *name)
{
    struct buf zone;
    buf_init(&zone, RECORD_BYTES_MAX);
    const char *found = dns_model_zone_of(c->reader->scenario->dns, name, &zone)
                            ? arena_text(c->reader->arena, buf_text(&zone))
                            : NULL;
    buf_deinit(&zone);
    return found;
}

/* Gives a name its addresses, unless its zone says something about it already. */
static int add_addresses(struct completion *c, const char *name, const struct address *addresses,
                         size_t count)
{
    const struct dns_model *dns = c->reader->scenario->dns;
    const char *zone = zone_of(c, name);
    if (zone == NULL || dns_model_has_record(dns, name, "A") ||
        dns_model_has_record(dns, name, "AAAA") || dns_model_has_record(dns, name, "CNAME"))
        return 0;
    for (size_t i = 0; i < count; i++) {
        char text[ADDRESS_TEXT_BYTES];
        if (add_record(c, zone, "%s. %s %s", name, address_is_ipv4(&addresses[i]) ? "A" : "AAAA",
                       address_to_text(&addresses[i], text)) != 0)
            return -1;
    }
    return 0;
}

static int add_pointers(struct completion *c, const char *name, const struct address *addresses,
                        size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (dns_model_add_ptr(c->reader->scenario->dns, &addresses[i], name, c->reader->err) != 0)
            return -1;
    }
    return 0;
}

/* ---- hosts */

static int give_address(struct completion *c, struct mx_host *host, const struct address *address)
{
    struct spec spec = mx_host_spec(host);
    struct err err;
    if (mx_model_add_address(c->reader->scenario->mx, host, address, &err) == 0)
        return 0;
    if (spec.json != NULL)
        return spec_error(spec, c->reader->err, "%s", err.text);
    return err_set(c->reader->err, "%s: %s", c->reader->scenario->file, err.text);
}

enum { HOSTS_A_NET = 250, HOST_NETS_MAX = 510, HOST_NETS_BELOW = 255, GROUP_BITS = 16 };

/* The addresses of a number, from 1: 198.18.1.1 and 2001:db8:18:1::1, then on to 198.19.255.249. */
static int make_addresses(unsigned number, struct address *v4, struct address *v6)
{
    char text[ADDRESS_TEXT_BYTES];
    unsigned net = 1 + number / HOSTS_A_NET;
    unsigned high = number >> GROUP_BITS;
    if (net > HOST_NETS_MAX)
        return -1;
    bool second = net > HOST_NETS_BELOW; /* of the two /16 */
    snprintf(text, sizeof text, "198.%s.%u.%u", second ? "19" : "18",
             second ? net - HOST_NETS_BELOW : net, number % HOSTS_A_NET);
    if (address_from_text(slice_of(text), v4) != 0)
        return -1;
    if (high > 0)
        snprintf(text, sizeof text, "2001:db8:18:1::%x:%x", high, number & 0xffffU);
    else
        snprintf(text, sizeof text, "2001:db8:18:1::%x", number);
    return address_from_text(slice_of(text), v6);
}

/* The next pair of addresses that no host has. */
static int give_next_addresses(struct completion *c, struct mx_host *host)
{
    const struct mx_model *mx = c->reader->scenario->mx;
    struct address v4;
    struct address v6;
    do {
        unsigned number = ++c->next_address;
        if (number % HOSTS_A_NET == 0)
            number = ++c->next_address;
        if (make_addresses(number, &v4, &v6) != 0)
            return err_set(c->reader->err, "%s: there are no more addresses for hosts",
                           c->reader->scenario->file);
    } while (mx_model_find_address(mx, &v4) != NULL || mx_model_find_address(mx, &v6) != NULL);
    return give_address(c, host, &v4) != 0 || give_address(c, host, &v6) != 0 ? -1 : 0;
}

/* Addresses that the zone gives to the host's name are its own. */
static int take_zone_addresses(struct completion *c, struct mx_host *host)
{
    struct address addresses[SCENARIO_ADDRESSES_MAX];
    if (mx_host_address_count(host) > 0)
        return 0;
    size_t count = scenario_zone_addresses(c->reader->scenario->dns, mx_host_name(host), addresses);
    for (size_t i = 0; i < count; i++) {
        if (give_address(c, host, &addresses[i]) != 0)
            return -1;
    }
    return 0;
}

/* The part behind the first dot if that is a domain of two labels or more, else the name itself. */
static const char *domain_of_host(const char *name)
{
    const char *dot = strchr(name, '.');
    return dot != NULL && strchr(dot + 1, '.') != NULL ? dot + 1 : name;
}

/* Does anything lead mail to this host? */
static bool is_reachable(struct completion *c, const struct mx_host *host)
{
    const struct scenario *s = c->reader->scenario;
    const char *name = mx_host_name(host);
    const char *domain = domain_of_host(name);
    char text[ADDRESS_TEXT_BYTES];
    if (s->message_count == 0 || s->smart_host || map_get_text(&c->targets, name) != NULL)
        return true;
    for (size_t i = 0; i < mx_host_address_count(host); i++) {
        if (map_get_text(&c->addresses, address_to_text(mx_host_address(host, i), text)) != NULL)
            return true;
    }
    if (map_get_text(&c->recipients, domain) != NULL || map_get_text(&c->recipients, name) != NULL)
        return true;
    for (size_t i = 0; i < s->event_count; i++) {
        for (size_t k = 0; k < s->timeline[i].record_count; k++) {
            if (strcasestr(s->timeline[i].records[k], name) != NULL)
                return true;
        }
    }
    return false;
}

static bool says_where_mail_goes(const struct completion *c, const char *domain)
{
    const struct dns_model *dns = c->reader->scenario->dns;
    return dns_model_has_record(dns, domain, "MX") || dns_model_has_record(dns, domain, "A") ||
           dns_model_has_record(dns, domain, "AAAA") || dns_model_has_record(dns, domain, "CNAME");
}

static bool is_domain_of_host(const struct mx_model *mx, const char *domain)
{
    for (size_t i = 0; i < mx_model_host_count(mx); i++) {
        if (strcmp(domain_of_host(mx_host_name(mx_model_host(mx, i))), domain) == 0 ||
            strcmp(mx_host_name(mx_model_host(mx, i)), domain) == 0)
            return true;
    }
    return false;
}

/* Nothing leads mail to this host: a recipient's domain is mistyped, which is told there, or the
 * host's own name is. */
static int outside_every_zone(struct completion *c, const struct mx_host *host)
{
    const struct scenario *s = c->reader->scenario;
    const char *name = mx_host_name(host);
    const char *const names[] = {domain_of_host(name), name, NULL};
    for (size_t i = 0; i < s->message_count; i++) {
        for (size_t k = 0; k < s->messages[i].to_count; k++) {
            const char *to = s->messages[i].to[k];
            const char *at = strrchr(to, '@');
            const char *domain =
                at != NULL ? spec_domain_from_text(at + 1, c->reader->arena) : NULL;
            if (domain == NULL || zone_of(c, domain) != NULL || is_domain_of_host(s->mx, domain) ||
                text_nearest(domain, names) == NULL)
                continue;
            struct spec place = s->messages[i].spec;
            if (spec_get(place, "to", &place) && spec_is_array(place))
                place = spec_at(place, k);
            return scenario_unknown_domain(c->reader, place, domain, to);
        }
    }
    return spec_error(mx_host_spec(host), c->reader->err,
                      "%s lies outside every zone: no recipient is at %s, and no record of \"dns\" "
                      "names this host; if it is meant, name it there: {\"zones\": {\"%s\": "
                      "[\"@ MX 10 %s.\"]}}",
                      name, domain_of_host(name), domain_of_host(name), name);
}

/* The next MX record of a zone that was made here, as long as one answer holds them all. */
static int add_mx(struct completion *c, const char *zone, const struct mx_host *host,
                  struct made_zone *made)
{
    const char *name = mx_host_name(host);
    made->mx_bytes += MX_RECORD_BYTES + strlen(name);
    if (made->mx_bytes <= MX_BYTES_MAX) {
        made->hosts++;
        return add_record(c, zone, "%s. MX %u %s.", domain_of_host(name),
                          made->hosts * MX_PREFERENCE_STEP, name);
    }
    if (!made->is_full)
        scenario_add_finding(c->reader, mx_host_spec(host),
                             "from here on the hosts of %s get no MX record: the %u before them "
                             "fill an answer; give MX records under \"dns\" to choose others",
                             domain_of_host(name), made->hosts);
    made->is_full = true;
    return 0;
}

/* A host whose domain has no zone gets one, with an MX record. */
static int make_host_zone(struct completion *c, const struct mx_host *host)
{
    const char *name = mx_host_name(host);
    const char *domain = domain_of_host(name);
    const char *zone = zone_of(c, name);
    if (zone == NULL) {
        if (strchr(domain, '.') == NULL)
            return spec_error(mx_host_spec(host), c->reader->err,
                              "\"%s\" is no name of a host: it has no domain", name);
        if (!is_reachable(c, host))
            return outside_every_zone(c, host);
        if (make_zone(c, domain) != 0)
            return -1;
        zone = domain;
    }
    struct made_zone *made = map_get_text(&c->made, zone);
    if (made == NULL && strcmp(zone, domain) == 0 && !says_where_mail_goes(c, domain)) {
        made = arena_alloc(c->reader->arena, sizeof *made);
        map_set_text(&c->made, zone, made);
    }
    if (made == NULL || strcmp(name, zone) == 0)
        return 0;
    return add_mx(c, zone, host, made);
}

/* Two machines cannot have one address. */
static int check_own_addresses(struct completion *c, const struct mx_host *host)
{
    const struct mta_settings *mta = c->reader->scenario->mta;
    char text[ADDRESS_TEXT_BYTES];
    for (size_t i = 0; i < mx_host_address_count(host); i++) {
        for (size_t k = 0; k < mta->source_count; k++) {
            if (mx_host_spec(host).json != NULL &&
                address_equal(&mta->sources[k], mx_host_address(host, i)))
                return spec_error(mx_host_spec(host), c->reader->err,
                                  "%s is the address of the server under test; give the host "
                                  "another, or none to get the next that is free",
                                  address_to_text(&mta->sources[k], text));
        }
    }
    return 0;
}

static int complete_host(struct completion *c, struct mx_host *host)
{
    if (take_zone_addresses(c, host) != 0 || make_host_zone(c, host) != 0)
        return -1;
    if ((mx_host_address_count(host) == 0 && give_next_addresses(c, host) != 0) ||
        check_own_addresses(c, host) != 0)
        return -1;
    const struct address *addresses = mx_host_address(host, 0);
    size_t count = mx_host_address_count(host);
    return add_addresses(c, mx_host_name(host), addresses, count) != 0 ||
                   add_pointers(c, mx_host_name(host), addresses, count) != 0
               ? -1
               : 0;
}

/* ---- the sender's side */

/* A domain that sends mail has an inbox, so that what comes back can be seen, and an SPF record. */
static int complete_sender(struct completion *c, const char *domain)
{
    const struct scenario *s = c->reader->scenario;
    if (zone_of(c, domain) == NULL && make_zone(c, domain) != 0)
        return -1;
    const char *zone = zone_of(c, domain);
    if (!dns_model_has_record(s->dns, domain, "MX")) {
        const char *inbox = arena_format(c->reader->arena, "inbox.%s", domain);
        struct mx_host *host = mx_model_find_host(s->mx, inbox);
        if (host == NULL)
            host = mx_model_add_host(s->mx, inbox);
        if (add_record(c, zone, "%s. MX 10 %s.", domain, inbox) != 0 || complete_host(c, host) != 0)
            return -1;
    }
    if (dns_model_has_record(s->dns, domain, "TXT"))
        return 0;
    const char *spf = "v=spf1";
    for (size_t i = 0; i < s->mta->source_count; i++) {
        char text[ADDRESS_TEXT_BYTES];
        spf = arena_format(c->reader->arena, "%s %s:%s", spf,
                           address_is_ipv4(&s->mta->sources[i]) ? "ip4" : "ip6",
                           address_to_text(&s->mta->sources[i], text));
    }
    return add_record(c, zone, "%s. TXT \"%s -all\"", domain, spf);
}

static int complete_senders(struct completion *c)
{
    const struct scenario *s = c->reader->scenario;
    const char *hostname = mta_settings_hostname(s->mta);
    if (complete_sender(c, mta_settings_domain(s->mta)) != 0 ||
        add_addresses(c, hostname, s->mta->sources, s->mta->source_count) != 0 ||
        add_pointers(c, hostname, s->mta->sources, s->mta->source_count) != 0)
        return -1;
    if (s->mta->dkim != NULL && zone_of(c, s->mta->dkim->domain) == NULL &&
        make_zone(c, s->mta->dkim->domain) != 0)
        return -1;
    for (size_t i = 0; i < s->message_count; i++) {
        const char *at = strrchr(s->messages[i].from, '@');
        const char *domain = at != NULL ? spec_domain_from_text(at + 1, c->reader->arena) : NULL;
        if (domain != NULL && complete_sender(c, domain) != 0)
            return -1;
    }
    return 0;
}

/* ---- who takes mail for whom */

static void on_mx(void *context, const char *domain, const char *target)
{
    struct completion *c = context;
    const struct scenario *s = c->reader->scenario;
    struct address addresses[SCENARIO_ADDRESSES_MAX];
    struct mx_host *host = mx_model_find_host(s->mx, target);
    if (host != NULL)
        mx_host_add_domain(host, domain);
    size_t count = scenario_zone_addresses(s->dns, target, addresses);
    for (size_t i = 0; i < count; i++) {
        struct mx_host *other = mx_model_find_address(s->mx, &addresses[i]);
        if (other != NULL && other != host)
            mx_host_add_domain(other, domain);
    }
}

/* RFC 5321 section 5.1: a name without MX records is its own mail host. */
static void on_address(void *context, const char *name, const struct address *address)
{
    struct completion *c = context;
    const struct scenario *s = c->reader->scenario;
    struct mx_host *host = mx_model_find_address(s->mx, address);
    if (host != NULL && !dns_model_has_record(s->dns, name, "MX"))
        mx_host_add_domain(host, name);
}

/* A record that the timeline will set: its host must take the domain's mail by then. */
static void add_timeline_record(struct completion *c, const char *zone, const char *text)
{
    struct dns_name origin;
    struct err err;
    ldns_rr *rr = NULL;
    /* What cannot be read is told where the timeline is checked. */
    if (dns_name_from_text(slice_of(zone), &origin) != 0 ||
        dns_record_parse(text, dns_name_slice(&origin), DNS_TTL_DEFAULT, &rr, &err) != 0)
        return;
    struct dns_name owner;
    struct buf data;
    struct buf domain;
    struct buf target;
    buf_init(&data, DNS_RDATA_BYTES_MAX);
    buf_init(&domain, RECORD_BYTES_MAX);
    buf_init(&target, RECORD_BYTES_MAX);
    bool mx = ldns_rr_get_type(rr) == LDNS_RR_TYPE_MX;
    if (mx && dns_record_owner(rr, &owner, &err) == 0 && dns_record_data(rr, &data) &&
        data.len > 2) {
        dns_name_to_text(dns_name_slice(&owner), &domain);
        dns_name_to_text(slice_skip(buf_slice(&data), 2), &target);
        on_mx(c, buf_text(&domain), buf_text(&target));
    }
    buf_deinit(&data);
    buf_deinit(&domain);
    buf_deinit(&target);
    ldns_rr_free(rr);
}

static void add_timeline_domains(struct completion *c)
{
    const struct scenario *s = c->reader->scenario;
    for (size_t i = 0; i < s->event_count; i++) {
        const struct scenario_event *event = &s->timeline[i];
        for (size_t k = 0; k < event->record_count; k++)
            add_timeline_record(c, event->zone, event->records[k]);
    }
}

/* ---- what the scenario's own zones say */

static void note_target(void *context, const char *domain, const char *host)
{
    struct completion *c = context;
    (void)domain;
    map_set_text(&c->targets, host, c);
}

static void note_address(void *context, const char *name, const struct address *address)
{
    struct completion *c = context;
    char text[ADDRESS_TEXT_BYTES];
    (void)name;
    map_set_text(&c->addresses, address_to_text(address, text), c);
}

static void note_recipient(struct completion *c, const char *to)
{
    const char *at = strrchr(to, '@');
    const char *domain = at != NULL ? spec_domain_from_text(at + 1, c->reader->arena) : NULL;
    while (domain != NULL && map_get_text(&c->recipients, domain) == NULL) {
        map_set_text(&c->recipients, domain, c);
        domain = strchr(domain, '.');
        domain = domain != NULL ? domain + 1 : NULL;
    }
}

static void note_recipients(struct completion *c)
{
    const struct scenario *s = c->reader->scenario;
    struct buf text;
    buf_init(&text, RECORD_BYTES_MAX);
    for (size_t i = 0; i < s->message_count; i++) {
        for (size_t k = 0; k < s->messages[i].to_count; k++) {
            const char *to = s->messages[i].to[k];
            const char *at = strrchr(to, '@');
            bool are_domains = at != NULL && strchr(at, '{') != NULL; /* "bob@d{1..9}.test" */
            size_t count = are_domains ? sequence_count((struct spec){0}, to, SIZE_MAX, NULL) : 1;
            for (size_t n = 0; n < count; n++) {
                buf_reset(&text);
                sequence_text(&text, to, n);
                note_recipient(c, buf_text(&text));
            }
        }
    }
    buf_deinit(&text);
}

static int complete_all(struct completion *c)
{
    const struct scenario *s = c->reader->scenario;
    scenario_visit_mx(s->dns, note_target, c);
    scenario_visit_addresses(s->dns, note_address, c);
    note_recipients(c);
    for (size_t i = 0; i < mx_model_host_count(s->mx); i++) {
        if (complete_host(c, mx_model_host(s->mx, i)) != 0)
            return -1;
    }
    if (complete_senders(c) != 0)
        return -1;
    scenario_visit_mx(s->dns, on_mx, c);
    scenario_visit_addresses(s->dns, on_address, c);
    add_timeline_domains(c);
    return policy_model_publish(s->policy, s->dns, s->mx, c->reader->err);
}

int scenario_complete(struct scenario_reader *reader)
{
    struct completion c = {.reader = reader};
    if (check_list_asks_auth(reader->scenario->checks))
        mx_model_verify_all(reader->scenario->mx);
    int result = complete_all(&c);
    map_deinit(&c.made, NULL);
    map_deinit(&c.targets, NULL);
    map_deinit(&c.addresses, NULL);
    map_deinit(&c.recipients, NULL);
    return result;
}
