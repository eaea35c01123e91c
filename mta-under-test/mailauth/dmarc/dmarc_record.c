#include "mta-under-test/mailauth/dmarc/dmarc_record.h"

#include "mta-under-test/base/buf.h"
#include "mta-under-test/base/text.h"
#include "mta-under-test/mailauth/core/cfws.h"

#include "mta-under-test/base/poison.h"

enum { DMARC_INTERVAL_S = 86400, DMARC_URI_BYTES_MAX = 4096 };

const char *dmarc_policy_name(enum dmarc_policy policy)
{
    static const char *const NAMES[] = {"none", "quarantine", "reject"};
    return NAMES[policy];
}

/* Cuts "name = value" at the first "="; false if there is none. */
static bool dmarc_cut_tag(struct slice text, struct slice *name, struct slice *value)
{
    size_t equals = slice_find(text, '=');
    if (equals == SIZE_MAX)
        return false;
    *name = cfws_trim(slice_first(text, equals));
    *value = cfws_trim(slice_skip(text, equals + 1));
    return true;
}

bool dmarc_record_is(struct slice text)
{
    struct slice name;
    struct slice value;
    struct slice first = slice_first(text, slice_find(text, ';'));
    if (first.len == 0 || (first.data[0] != 'v' && first.data[0] != 'V'))
        return false;
    return dmarc_cut_tag(first, &name, &value) && slice_is_nocase(name, "v") &&
           slice_is(value, "DMARC1");
}

static bool dmarc_parse_policy(struct slice value, enum dmarc_policy *policy)
{
    for (int i = DMARC_POLICY_NONE; i <= DMARC_POLICY_REJECT; i++) {
        if (slice_is_nocase(value, dmarc_policy_name((enum dmarc_policy)i))) {
            *policy = (enum dmarc_policy)i;
            return true;
        }
    }
    return false;
}

/* The "!" with a size behind a URI: a number and k, m, g or t. */
static bool dmarc_parse_size(struct slice text, uint64_t *bytes)
{
    static const char UNITS[] = "kmgt";
    unsigned shift = 0;
    if (text.len == 0)
        return false;
    const char *unit = strchr(UNITS, text_lower(text.data[text.len - 1]));
    if (unit != NULL && *unit != '\0') {
        shift = 10 * (unsigned)(unit - UNITS + 1);
        text.len--;
    }
    if (text_to_u64(text, bytes) != 0 || *bytes > UINT64_MAX >> shift)
        return false;
    *bytes <<= shift;
    return true;
}

/* The address of a mailto: URI, without its query, percent-decoded (RFC 6068). */
static struct slice dmarc_mailto_address(struct arena *arena, struct slice uri)
{
    struct buf out;
    struct slice rest = slice_skip(uri, 7);
    rest = slice_first(rest, slice_find(rest, '?'));
    buf_init(&out, DMARC_URI_BYTES_MAX);
    for (size_t i = 0; i < rest.len; i++) {
        bool escaped = rest.data[i] == '%' && i + 2 < rest.len;
        if (escaped && text_from_hex(&out, slice_from(rest.data + i + 1, 2)) == 0)
            i += 2;
        else
            buf_add_char(&out, rest.data[i]);
    }
    struct slice address = arena_slice(arena, buf_slice(&out));
    buf_deinit(&out);
    return slice_find(address, '@') != SIZE_MAX ? address : slice_first(address, 0);
}

/* One dmarc-uri: a scheme, a colon, something, and a size. */
static bool dmarc_parse_uri(struct arena *arena, struct slice text, struct dmarc_uri *uri)
{
    memset(uri, 0, sizeof *uri);
    size_t mark = slice_find(text, '!');
    if (mark != SIZE_MAX && !dmarc_parse_size(slice_skip(text, mark + 1), &uri->bytes_max))
        return false;
    uri->uri = cfws_trim(slice_first(text, mark));
    size_t colon = slice_find(uri->uri, ':');
    if (colon == SIZE_MAX || colon == 0 || colon + 1 >= uri->uri.len ||
        !text_is_alpha(uri->uri.data[0]))
        return false;
    for (size_t i = 0; i < colon; i++) {
        char c = uri->uri.data[i];
        if (!text_is_alnum(c) && c != '+' && c != '-' && c != '.')
            return false;
    }
    if (slice_starts_with_nocase(uri->uri, SLICE("mailto:"))) {
        uri->address = dmarc_mailto_address(arena, uri->uri);
        return uri->address.len > 0;
    }
    return true;
}

static struct dmarc_uri *dmarc_parse_uris(struct arena *arena, struct slice value, size_t *count)
{
    struct slice item;
    struct dmarc_uri *uris = arena_alloc_array(arena, DMARC_URIS_MAX, sizeof *uris);
    *count = 0;
    while (slice_split(&value, ',', &item) && *count < DMARC_URIS_MAX) {
        if (dmarc_parse_uri(arena, cfws_trim(item), &uris[*count]))
            *count += 1;
    }
    return uris;
}

static void dmarc_parse_options(struct slice value, struct dmarc_record *record)
{
    struct slice item;
    struct dmarc_record read = {0};
    while (slice_split(&value, ':', &item)) {
        item = cfws_trim(item);
        if (item.len != 1 || strchr("01dsDS", item.data[0]) == NULL)
            return;
        read.reports_all = read.reports_all || item.data[0] == '0';
        read.reports_any = read.reports_any || item.data[0] == '1';
        read.reports_dkim = read.reports_dkim || text_lower(item.data[0]) == 'd';
        read.reports_spf = read.reports_spf || text_lower(item.data[0]) == 's';
    }
    record->reports_all = read.reports_all;
    record->reports_any = read.reports_any;
    record->reports_dkim = read.reports_dkim;
    record->reports_spf = read.reports_spf;
}

/* What sp= and np= say is known only when all tags were read. */
struct dmarc_policies {
    bool has_sp;
    bool has_np;
    enum dmarc_policy sp;
    enum dmarc_policy np;
};

static bool dmarc_parse_policy_tag(struct slice name, struct slice value,
                                   struct dmarc_record *record, struct dmarc_policies *others)
{
    bool valid = true;
    if (slice_is_nocase(name, "p"))
        valid = record->has_policy = dmarc_parse_policy(value, &record->policy);
    else if (slice_is_nocase(name, "sp"))
        valid = others->has_sp = dmarc_parse_policy(value, &others->sp);
    else if (slice_is_nocase(name, "np"))
        valid = others->has_np = dmarc_parse_policy(value, &others->np);
    else
        return false;
    if (!valid)
        record->has_bad_policy = true;
    return true;
}

static void dmarc_parse_number_tag(struct slice name, struct slice value,
                                   struct dmarc_record *record)
{
    uint64_t number = 0;
    if (text_to_u64(value, &number) != 0)
        return;
    if (slice_is_nocase(name, "pct") && number <= 100)
        record->percent = (unsigned)number;
    else if (slice_is_nocase(name, "ri") && number <= UINT32_MAX)
        record->interval_s = (uint32_t)number;
}

static void dmarc_parse_tag(struct arena *arena, struct slice name, struct slice value,
                            struct dmarc_record *record)
{
    char letter = value.len == 1 ? text_lower(value.data[0]) : '\0';
    if (slice_is_nocase(name, "adkim"))
        record->is_strict_dkim = letter == 's';
    else if (slice_is_nocase(name, "aspf"))
        record->is_strict_spf = letter == 's';
    else if (slice_is_nocase(name, "t"))
        record->is_testing = letter == 'y';
    else if (slice_is_nocase(name, "psd"))
        record->psd = letter == 'y' || letter == 'n' ? letter : 'u';
    else if (slice_is_nocase(name, "fo"))
        dmarc_parse_options(value, record);
    else if (slice_is_nocase(name, "rua"))
        record->aggregate = dmarc_parse_uris(arena, value, &record->aggregate_count);
    else if (slice_is_nocase(name, "ruf"))
        record->failure = dmarc_parse_uris(arena, value, &record->failure_count);
    else
        dmarc_parse_number_tag(name, value, record);
}

void dmarc_record_parse(struct arena *arena, struct slice text, struct dmarc_record *record)
{
    struct slice rest = text;
    struct slice part;
    struct dmarc_policies others = {0};
    memset(record, 0, sizeof *record);
    record->text = text;
    record->percent = 100;
    record->interval_s = DMARC_INTERVAL_S;
    record->psd = 'u';
    record->reports_all = true;
    bool is_version = true;
    while (slice_split(&rest, ';', &part)) {
        struct slice name = {NULL, 0};
        struct slice value = {NULL, 0};
        bool is_tag = !is_version && dmarc_cut_tag(part, &name, &value);
        is_version = false;
        if (is_tag && !dmarc_parse_policy_tag(name, value, record, &others))
            dmarc_parse_tag(arena, name, value, record);
    }
    record->subdomain_policy = others.has_sp ? others.sp : record->policy;
    record->nonexistent_policy = others.has_np ? others.np : record->subdomain_policy;
}
