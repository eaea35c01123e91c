#include "sim/dns/dns_spec.h"

#include <sys/stat.h>

#include "mta-under-test/base/file.h"
#include "sim/dns/dns_fault.h"
#include "sim/dns/dns_query.h"

#include "mta-under-test/base/poison.h"

enum {
    DNS_FAULTS_MAX = 1000,
    DNS_UDP_BYTES_MAX = 4096,
};

#define DNS_TTL_MAX_US (INT64_C(0x7fffffff) * TIME_SECOND)

/* ---- zones */

/* An ordinary file, or NULL: reading a folder or a pipe would fail late or never end. */
static FILE *dns_spec_open_path(const char *path)
{
    struct stat facts;
    return stat(path, &facts) == 0 && S_ISREG(facts.st_mode) ? fopen(path, "re") : NULL;
}

/* The file in one of the two folders (the second may be NULL), or NULL with an error. */
static FILE *dns_spec_open_file(struct spec spec, const char *name, const char *const *folders,
                                struct err *err)
{
    char *paths[2] = {NULL, NULL};
    FILE *file = NULL;
    for (size_t i = 0; i < 2 && file == NULL; i++) {
        if (i == 1 && (*name == '/' || folders[1] == NULL))
            break;
        paths[i] = *name == '/' ? mem_text_copy(name) : mem_text_format("%s/%s", folders[i], name);
        file = dns_spec_open_path(paths[i]);
    }
    const char *there = file_exists(paths[0]) ? paths[0] : paths[1];
    if (file == NULL && there != NULL && file_exists(there))
        spec_error(spec, err, "%s is no ordinary file that can be read", there);
    else if (file == NULL)
        spec_no_file(spec, err, paths[0], paths[1]);
    free(paths[0]);
    free(paths[1]);
    return file;
}

static int dns_spec_parse_zone_file(struct spec spec, const char *zone, const char *const *folders,
                                    struct dns_model *model, struct err *err)
{
    const char *name;
    if (spec_read_text(spec, &name, err) != 0)
        return -1;
    FILE *file = dns_spec_open_file(spec, name, folders, err);
    if (file == NULL)
        return -1;
    int result = dns_model_add_zone_file(model, zone, file, name, err);
    (void)fclose(file);
    if (result != 0) {
        struct arena arena;
        arena_init(&arena);
        err_prefix(err, "%s", spec_place(spec, &arena));
        arena_deinit(&arena);
    }
    return result;
}

static int dns_spec_parse_records(struct spec spec, const char *zone, struct dns_model *model,
                                  struct err *err)
{
    for (size_t i = 0; i < spec_count(spec); i++) {
        struct spec record = spec_at(spec, i);
        const char *text;
        struct err why;
        if (spec_read_text(record, &text, err) != 0)
            return -1;
        if (dns_model_add_record(model, zone, text, &why) != 0)
            return spec_error(record, err, "%s", why.text);
    }
    return 0;
}

static int dns_spec_parse_zones(struct spec spec, const char *const *folders,
                                struct dns_model *model, struct err *err)
{
    if (!spec_is_object(spec))
        return spec_error(spec, err, "expected an object of zones: { \"a.test\": [ records ] }");
    for (size_t i = 0; i < spec_count(spec); i++) {
        struct spec zone = spec_at(spec, i);
        const char *name = spec_key_at(spec, i);
        struct err why;
        if (strpbrk(name, " \t\r\n") != NULL)
            return spec_error(zone, err, "\"%s\" is no name of a zone: it has a space", name);
        if (dns_model_has_zone(model, name) && strcmp(name, ".") != 0)
            return spec_error(zone, err, "the zone %s is there already", name);
        if (dns_model_add_zone(model, name, &why) != 0)
            return spec_error(zone, err, "%s", why.text);
        int result = 0;
        if (spec_is_array(zone))
            result = dns_spec_parse_records(zone, name, model, err);
        else if (spec_is_text(zone))
            result = dns_spec_parse_zone_file(zone, name, folders, model, err);
        else
            result = spec_error(zone, err,
                                "expected an array of records ([ \"@ MX 10 mail\" ]), or the path "
                                "of a zone file");
        if (result != 0)
            return -1;
    }
    return 0;
}

/* ---- faults */

/* A fault that an earlier one always decides before is a mistake. */
static int dns_spec_check_hidden(struct spec spec, const struct dns_model *model,
                                 const struct dns_fault *fault, struct err *err)
{
    for (size_t i = 0; i < model->fault_count; i++) {
        if (dns_fault_hides(model->faults[i], fault))
            return spec_error(spec, err, "can never happen: %s always decides before it",
                              model->faults[i]->place);
    }
    return 0;
}

static int dns_spec_parse_faults(struct spec spec, struct dns_model *model, struct err *err)
{
    if (spec_check_array(spec, err) != 0)
        return -1;
    size_t count = spec_count(spec);
    if (count > DNS_FAULTS_MAX)
        return spec_error(spec, err, "at most %d faults", (int)DNS_FAULTS_MAX);
    for (size_t i = 0; i < count; i++) {
        struct dns_fault *fault;
        if (dns_fault_parse(spec_at(spec, i), &model->arena, &fault, err) != 0)
            return -1;
        if (dns_spec_check_hidden(spec_at(spec, i), model, fault, err) != 0) {
            dns_fault_free(&fault);
            return -1;
        }
        model->faults = mem_grow(model->faults, model->fault_count + 1, sizeof(struct dns_fault *));
        model->faults[model->fault_count++] = fault;
    }
    return 0;
}

/* ---- the whole */

static int dns_spec_parse_settings(struct spec spec, struct dns_model *model, struct err *err)
{
    static const char *const RESOLVERS[] = {"sim", "unbound", NULL};
    struct spec part;
    size_t word = DNS_RESOLVER_SIM;
    int64_t number;
    if (spec_get(spec, "resolver", &part) && spec_read_word(part, RESOLVERS, &word, err) != 0)
        return -1;
    model->resolver = (enum dns_resolver_kind)word;
    if (spec_get(spec, "ttl", &part)) {
        if (spec_read_span(part, &number, err) != 0)
            return -1;
        if (number < 0 || number > DNS_TTL_MAX_US)
            return spec_error(part, err, "a TTL is between 0 and 2147483647 seconds");
        model->ttl = (uint32_t)(number / TIME_SECOND);
    }
    if (spec_get(spec, "udp-size", &part)) {
        if (spec_read_int(part, DNS_UDP_BYTES_MIN, DNS_UDP_BYTES_MAX, &number, err) != 0)
            return -1;
        model->udp_bytes = (uint16_t)number;
    }
    return 0;
}

int dns_spec_parse(struct spec spec, const char *folder, const char *root, struct dns_model *model,
                   struct err *err)
{
    static const char *const KEYS[] = {"resolver", "ttl",    "udp-size", "zones",
                                       "signed",   "faults", NULL};
    const char *const folders[] = {folder, root};
    struct spec part;
    if (spec_check_keys(spec, KEYS, err) != 0 || dns_spec_parse_settings(spec, model, err) != 0)
        return -1;
    if (spec_get(spec, "zones", &part) && dns_spec_parse_zones(part, folders, model, err) != 0)
        return -1;
    if (spec_get(spec, "faults", &part) && dns_spec_parse_faults(part, model, err) != 0)
        return -1;
    return 0;
}

/* "a.test", or {"zone": "a.test", "ds": "missing", "nsec3": true}. */
static int dns_spec_sign(struct spec entry, struct dns_model *model, struct err *err)
{
    static const char *const KEYS[] = {"zone", "ds", "nsec3", NULL};
    static const char *const DS[] = {"right", "missing", "wrong", NULL};
    struct spec name = entry;
    struct spec member;
    const char *zone;
    size_t ds = DNS_DS_RIGHT;
    bool nsec3 = false;
    struct err why;
    if (spec_is_object(entry) &&
        (spec_check_keys(entry, KEYS, err) != 0 || spec_need(entry, "zone", &name, err) != 0 ||
         (spec_get(entry, "ds", &member) && spec_read_word(member, DS, &ds, err) != 0) ||
         (spec_get(entry, "nsec3", &member) && spec_read_bool(member, &nsec3, err) != 0)))
        return -1;
    if (spec_read_text(name, &zone, err) != 0)
        return -1;
    if (dns_model_set_signed(model, zone, &why) != 0)
        return spec_error(name, err, "%s", why.text);
    dns_model_set_signing(model, zone, (enum dns_ds)ds, nsec3);
    return 0;
}

/* What strikes signatures needs some. */
static int dns_spec_check_unsigned(struct spec faults, const struct dns_model *model,
                                   struct err *err)
{
    for (struct map_entry *entry = map_first(&model->zones); entry != NULL;
         entry = map_next(entry)) {
        const struct dns_zone *zone = map_value(entry);
        if (zone->is_signed)
            return 0;
    }
    for (size_t i = 0; i < model->fault_count; i++) {
        if (model->faults[i]->answer >= DNS_FAULT_BOGUS)
            return spec_error(spec_at(faults, i), err,
                              "can never happen: it strikes the signatures of zones, and none is "
                              "\"signed\"");
    }
    return 0;
}

int dns_spec_finish(struct spec spec, struct dns_model *model, struct err *err)
{
    struct spec part;
    if (spec_get(spec, "signed", &part)) {
        if (spec_check_array(part, err) != 0)
            return -1;
        for (size_t i = 0; i < spec_count(part); i++) {
            if (dns_spec_sign(spec_at(part, i), model, err) != 0)
                return -1;
        }
    }
    return spec_get(spec, "faults", &part) ? dns_spec_check_unsigned(part, model, err) : 0;
}
