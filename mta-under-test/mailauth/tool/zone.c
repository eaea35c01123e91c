#include "mta-under-test/mailauth/tool/zone.h"

#include <cjson/cJSON.h>

#include "mta-under-test/base/file.h"
#include "mta-under-test/base/text.h"
#include "mta-under-test/mailauth/core/domain.h"
#include "mta-under-test/mailauth/core/ip.h"
#include "mta-under-test/mailauth/tool/json_bytes.h"

#include "mta-under-test/base/poison.h"

enum { ZONE_BYTES_MAX = 256 * 1024 * 1024, ZONE_CNAMES_MAX = 10 };

struct zone {
    cJSON *names;
    struct map index; /* name in lower case -> its object */
    struct dns_cache cache;
};

/* The words that may stand in place of a list; any other is as good as SERVFAIL. */
static const struct {
    const char *word;
    enum dns_status status;
} ZONE_WORDS[] = {{"TIMEOUT", DNS_TIMEOUT},
                  {"SERVFAIL", DNS_SERVFAIL},
                  {"NXDOMAIN", DNS_NXDOMAIN},
                  {"NODATA", DNS_NODATA}};

static bool zone_status_of(const char *word, enum dns_status *status)
{
    *status = DNS_SERVFAIL;
    for (size_t i = 0; i < sizeof ZONE_WORDS / sizeof ZONE_WORDS[0]; i++) {
        if (strcasecmp(word, ZONE_WORDS[i].word) != 0)
            continue;
        *status = ZONE_WORDS[i].status;
        return true;
    }
    return false;
}

static struct slice zone_lower(struct zone *zone, struct slice name)
{
    name = domain_without_dot(name);
    char *lower = arena_text_of(&zone->cache.arena, name);
    for (size_t i = 0; i < name.len; i++)
        lower[i] = text_lower(lower[i]);
    return slice_from(lower, name.len);
}

/* A map keeps pointers to what may be written; the zone's objects are only read. */
static void *zone_item(const cJSON *item)
{
    union {
        const cJSON *item;
        void *value;
    } both = {.item = item};
    return both.value;
}

static const char *zone_kind(const cJSON *item)
{
    return cJSON_IsObject(item)   ? "an object"
           : cJSON_IsArray(item)  ? "a list"
           : cJSON_IsString(item) ? "a text"
           : cJSON_IsNumber(item) ? "a number"
                                  : "true, false or null";
}

static int zone_index(struct zone *zone, struct err *err)
{
    if (!cJSON_IsObject(zone->names))
        return err_set(err, "expected a JSON object of names, found %s", zone_kind(zone->names));
    for (const cJSON *item = zone->names->child; item != NULL; item = item->next) {
        if (!cJSON_IsObject(item))
            return err_set(err, "\"%s\": expected an object of record types, found %s",
                           item->string, zone_kind(item));
        struct slice name = json_bytes_of(&zone->cache.arena, item->string);
        map_set(&zone->index, zone_lower(zone, name), zone_item(item));
    }
    return 0;
}

/* JSON that cannot be read: where, as editors count. */
static void zone_syntax_error(struct slice json, size_t at, struct err *err)
{
    size_t line = 1;
    size_t column = 1;
    for (size_t i = 0; i < at && i < json.len; i++) {
        column = json.data[i] == '\n' ? 1 : column + 1;
        line += json.data[i] == '\n';
    }
    err_set(err, "line %zu, column %zu: this is no valid JSON", line, column);
}

int zone_parse(struct slice json, struct zone **zone, struct err *err)
{
    size_t at = 0;
    struct zone *made = mem_alloc(sizeof *made);
    dns_cache_init(&made->cache);
    map_init(&made->index);
    made->names = json_bytes_parse(json, &at);
    if (made->names == NULL)
        zone_syntax_error(json, at, err);
    if (made->names == NULL || zone_index(made, err) != 0) {
        zone_free(&made);
        return -1;
    }
    *zone = made;
    return 0;
}

int zone_load(const char *path, struct zone **zone, struct err *err)
{
    struct buf text;
    buf_init(&text, ZONE_BYTES_MAX);
    int status = file_read(path, &text, err);
    if (status == 0) {
        status = zone_parse(buf_slice(&text), zone, err);
        if (status != 0)
            err_prefix(err, "%s", path);
    }
    buf_deinit(&text);
    return status;
}

void zone_free(struct zone **zone)
{
    if (*zone == NULL)
        return;
    cJSON_Delete((*zone)->names);
    map_deinit(&(*zone)->index, NULL);
    dns_cache_deinit(&(*zone)->cache);
    free(*zone);
    *zone = NULL;
}

/* The entry of that type; NULL if there is none. */
static const cJSON *zone_find_type(const cJSON *types, const char *type)
{
    for (const cJSON *item = types->child; item != NULL; item = item->next) {
        if (strcasecmp(item->string, type) == 0)
            return item;
    }
    return NULL;
}

/* TXT: a list of strings, or one string alone. */
static bool zone_read_txt(struct zone *zone, const cJSON *item, struct dns_record *record)
{
    const cJSON *part = cJSON_IsArray(item) ? item->child : item;
    struct buf joined;
    buf_init(&joined, ZONE_BYTES_MAX);
    for (; part != NULL; part = cJSON_IsArray(item) ? part->next : NULL) {
        if (cJSON_IsString(part))
            buf_add_slice(&joined, json_bytes_of(&zone->cache.arena, part->valuestring));
    }
    record->data = arena_slice(&zone->cache.arena, buf_slice(&joined));
    buf_deinit(&joined);
    return true;
}

static bool zone_read_mx(struct zone *zone, const cJSON *item, struct dns_record *record)
{
    const cJSON *preference = cJSON_GetArrayItem(item, 0);
    const cJSON *host = cJSON_GetArrayItem(item, 1);
    if (!cJSON_IsNumber(preference) || !cJSON_IsString(host) || preference->valuedouble < 0 ||
        preference->valuedouble > UINT16_MAX)
        return false;
    record->preference = (uint16_t)preference->valuedouble;
    record->data = domain_without_dot(json_bytes_of(&zone->cache.arena, host->valuestring));
    return true;
}

/* "3 1 1 hex": to wire form. */
static bool zone_read_tlsa(struct zone *zone, struct slice text, struct dns_record *record)
{
    struct slice word;
    struct buf wire;
    bool valid = true;
    size_t index = 0;
    buf_init(&wire, 65536);
    while (slice_split(&text, ' ', &word)) {
        uint64_t number = 0;
        if (word.len == 0)
            continue;
        if (index < 3) {
            valid = valid && text_to_u64(word, &number) == 0 && number <= 255;
            buf_add_char(&wire, (char)number);
        } else {
            valid = valid && text_from_hex(&wire, word) == 0;
        }
        index++;
    }
    record->data = arena_slice(&zone->cache.arena, buf_slice(&wire));
    buf_deinit(&wire);
    return valid && index >= 3;
}

static bool zone_read_record(struct zone *zone, enum dns_type type, const cJSON *item,
                             struct dns_record *record)
{
    memset(record, 0, sizeof *record);
    if (type == DNS_TYPE_TXT)
        return zone_read_txt(zone, item, record);
    if (type == DNS_TYPE_MX)
        return zone_read_mx(zone, item, record);
    if (!cJSON_IsString(item))
        return false;
    struct slice text = json_bytes_of(&zone->cache.arena, item->valuestring);
    switch (type) {
    case DNS_TYPE_A:
        return ip_parse_v4(text, record->address);
    case DNS_TYPE_AAAA:
        return ip_parse_v6(text, record->address);
    case DNS_TYPE_TLSA:
        return zone_read_tlsa(zone, text, record);
    case DNS_TYPE_PTR:
    case DNS_TYPE_MX:
    case DNS_TYPE_TXT:
        break;
    case DNS_TYPE_SOA:
        return true;
    }
    record->data = domain_without_dot(text);
    return true;
}

static const struct dns_answer *zone_read_records(struct zone *zone, enum dns_type type,
                                                  struct slice name, const cJSON *list)
{
    struct dns_answer answer = {.status = DNS_NODATA, .authenticated = true};
    int size = cJSON_GetArraySize(list);
    size_t max = size > 0 ? (size_t)size : 0;
    struct dns_record *records = mem_alloc_array(max > 0 ? max : 1, sizeof *records);
    const cJSON *item = NULL;
    for (item = list != NULL ? list->child : NULL; item != NULL; item = item->next) {
        if (answer.count < max && zone_read_record(zone, type, item, &records[answer.count]))
            answer.count++;
    }
    answer.records = records;
    if (answer.count > 0)
        answer.status = DNS_OK;
    const struct dns_answer *kept = dns_cache_put(&zone->cache, type, name, &answer);
    free(records);
    return kept;
}

/* One type of one name. */
static int zone_check_type(struct zone *zone, const char *name, const cJSON *list, struct err *err)
{
    static const enum dns_type TYPES[] = {DNS_TYPE_A,   DNS_TYPE_AAAA, DNS_TYPE_MX,
                                          DNS_TYPE_TXT, DNS_TYPE_PTR,  DNS_TYPE_TLSA};
    struct dns_record unused;
    enum dns_status status;
    size_t type = 0;
    if (cJSON_IsString(list) && strcmp(list->string, "CNAME") != 0 &&
        !zone_status_of(list->valuestring, &status))
        return err_set(err,
                       "\"%s\", %s: expected a list of records or TIMEOUT, SERVFAIL, NXDOMAIN or "
                       "NODATA, found \"%s\", which is taken as SERVFAIL",
                       name, list->string, list->valuestring);
    while (type < sizeof TYPES / sizeof TYPES[0] &&
           strcasecmp(list->string, dns_type_name(TYPES[type])) != 0)
        type++;
    if (type == sizeof TYPES / sizeof TYPES[0] || cJSON_IsString(list))
        return 0;
    if (!cJSON_IsArray(list))
        return err_set(err, "\"%s\", %s: expected a list of records, found %s", name, list->string,
                       zone_kind(list));
    size_t index = 0;
    for (const cJSON *item = list->child; item != NULL; item = item->next, index++) {
        if (!zone_read_record(zone, TYPES[type], item, &unused))
            return err_set(err, "\"%s\", %s, record %zu is no %s record and is left out", name,
                           list->string, index + 1, list->string);
    }
    return 0;
}

int zone_check(struct zone *zone, struct err *err)
{
    for (const cJSON *name = zone->names->child; name != NULL; name = name->next) {
        for (const cJSON *list = name->child; list != NULL; list = list->next) {
            if (zone_check_type(zone, name->string, list, err) != 0)
                return -1;
        }
    }
    return 0;
}

static const struct dns_answer *zone_put_status(struct zone *zone, enum dns_type type,
                                                struct slice name, enum dns_status status)
{
    struct dns_answer answer = {.status = status, .authenticated = true};
    return dns_cache_put(&zone->cache, type, name, &answer);
}

/* The target of the name's CNAME; NULL if it has none. */
static const char *zone_cname(const cJSON *types)
{
    const cJSON *cname = zone_find_type(types, "CNAME");
    if (cJSON_IsArray(cname))
        cname = cname->child;
    return cJSON_IsString(cname) ? cname->valuestring : NULL;
}

static const struct dns_answer *zone_lookup(void *context, enum dns_type type, struct slice name)
{
    struct zone *zone = context;
    const struct dns_answer *known = dns_cache_get(&zone->cache, type, name);
    struct slice at = name;
    if (known != NULL)
        return known;
    for (int step = 0; step <= ZONE_CNAMES_MAX; step++) {
        const cJSON *types = map_get(&zone->index, at);
        if (types == NULL)
            return zone_put_status(zone, type, name, DNS_NXDOMAIN);
        const cJSON *list = zone_find_type(types, dns_type_name(type));
        const char *cname = list == NULL ? zone_cname(types) : NULL;
        if (cname != NULL) {
            at = zone_lower(zone, json_bytes_of(&zone->cache.arena, cname));
            continue;
        }
        if (list == NULL)
            list = zone_find_type(types, "*");
        if (cJSON_IsString(list)) {
            enum dns_status status;
            zone_status_of(list->valuestring, &status);
            return zone_put_status(zone, type, name, status);
        }
        return zone_read_records(zone, type, name, list);
    }
    return zone_put_status(zone, type, name, DNS_SERVFAIL);
}

struct dns_resolver zone_resolver(struct zone *zone)
{
    return (struct dns_resolver){zone, zone_lookup};
}
