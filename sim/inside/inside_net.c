/*
 * The internet that the server under test sees: DNS, MX hosts, certificates, and the capture.
 */
#include "sim/inside/inside_state.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "mta-under-test/base/file.h"
#include "sim/mta/mta_dkim.h"
#include "sim/policy/policy_report.h"
#include "sim/tls/tls_identity.h"
#include "sim/tls/tls_random.h"
#include "sim/world/network.h"

#include "mta-under-test/base/poison.h"

enum {
    INSIDE_DNS_PORT = 53,
    INSIDE_HTTPS_PORT = 443,
    INSIDE_KEY_BYTES_MAX = 16 * 1024,
    INSIDE_NAMES_MAX = 5000, /* that a capture tells; more than a person looks at */
};

struct inside_names {
    struct pcapng_name *items;
    size_t count;
    struct arena arena;
};

static const char *const INSIDE_RESOLVERS[] = {"198.18.0.53", "2001:db8:18::53"};

static int inside_create(const struct inside *inside, const char *name, struct err *err)
{
    char *path = mem_text_format("%s/%s", inside->evidence, name);
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0)
        err_set_errno(err, "%s: cannot be made", path);
    free(path);
    return fd;
}

/* Who is behind the addresses of the capture: simulated hosts, and the server under test. */
static void inside_add_name(struct inside_names *names, const struct address *address,
                            const char *name)
{
    if (names->count == INSIDE_NAMES_MAX)
        return;
    char text[ADDRESS_TEXT_BYTES];
    names->items[names->count++] = (struct pcapng_name){
        .address = arena_text(&names->arena, address_to_text(address, text)),
        .name = name,
    };
}

static void inside_collect_names(const struct inside *inside, struct inside_names *names)
{
    const struct scenario *scenario = inside->scenario;
    names->items = arena_alloc_array(&names->arena, INSIDE_NAMES_MAX, sizeof *names->items);
    for (size_t i = 0; i < scenario->mta->source_count; i++)
        inside_add_name(names, &scenario->mta->sources[i], mta_settings_hostname(scenario->mta));
    for (size_t i = 0; i < mx_model_host_count(scenario->mx); i++) {
        const struct mx_host *host = mx_model_host(scenario->mx, i);
        for (size_t k = 0; k < mx_host_address_count(host); k++)
            inside_add_name(names, mx_host_address(host, k), mx_host_name(host));
    }
}

void inside_begin_capture(struct inside *inside)
{
    if (inside->options->capture)
        inside->ring = capture_begin(NETWORK_INTERNET_LINK, NULL);
}

int inside_open_capture(struct inside *inside, struct err *err)
{
    if (!inside->options->capture)
        return 0;
    struct inside_names names = {0};
    inside_collect_names(inside, &names);
    const struct capture_options options = {.names = names.items,
                                            .name_count = names.count,
                                            .comment = inside->scenario->name,
                                            .ring = inside->ring};
    int fd = inside_create(inside, "capture.pcapng", err);
    if (fd >= 0) {
        inside->ring = NULL;
        inside->capture = capture_open(inside->base, NETWORK_INTERNET_LINK, fd, &options, err);
    }
    arena_deinit(&names.arena);
    if (inside->capture == NULL)
        return -1;
    fd = inside_create(inside, "packets.tsv", err);
    if (fd < 0)
        return -1;
    inside->notes = capture_notes_open(inside->capture, inside->log, fd);
    return 0;
}

static void inside_on_key(void *context, const char *line)
{
    const struct inside *inside = context;
    if (inside->capture != NULL)
        capture_add_secret(inside->capture, line);
}

/* The simulated authority is the only one that programs of the world trust. */
static int inside_make_authority(struct inside *inside, struct err *err)
{
    inside->authority = tls_authority_new(time_now_us(), inside->scenario->seed, err);
    if (inside->authority == NULL)
        return -1;
    if (inside->options->capture)
        tls_authority_listen_keys(inside->authority, inside_on_key, inside);
    return mta_trust_install(slice_of(tls_authority_root_pem(inside->authority)), err);
}

/* The server's key, in its file and in the zone, where the scenario has nothing there itself. */
/* It follows from the seed and from its own name. */
static int inside_write_dkim_key(struct inside *inside, const char *name, struct buf *pem,
                                 struct buf *record, struct err *err)
{
    const struct mta_dkim *dkim = inside->scenario->mta->dkim;
    struct tls_random *random = tls_authority_random(inside->authority);
    EVP_PKEY *key = dkim->is_ed25519 ? tls_random_ed25519_key(random, name, err)
                                     : tls_random_key(random, name, MTA_DKIM_RSA_BITS, err);
    int result = key != NULL ? mta_dkim_write_key(dkim, key, pem, record, err) : -1;
    EVP_PKEY_free(key);
    return result;
}

static int inside_make_dkim_key(struct inside *inside, struct err *err)
{
    const struct mta_dkim *dkim = inside->scenario->mta->dkim;
    struct dns_model *dns = inside->scenario->dns;
    if (dkim == NULL)
        return 0;
    struct buf pem;
    struct buf record;
    struct buf zone;
    char *name = mem_text_format("%s._domainkey.%s", dkim->selector, dkim->domain);
    buf_init(&pem, INSIDE_KEY_BYTES_MAX);
    buf_init(&record, INSIDE_KEY_BYTES_MAX);
    buf_init(&zone, INSIDE_KEY_BYTES_MAX);
    int result = inside_write_dkim_key(inside, name, &pem, &record, err);
    if (result == 0)
        result = file_make_parents(MTA_DKIM_KEY_FILE, err);
    if (result == 0)
        result = file_write(MTA_DKIM_KEY_FILE, buf_slice(&pem), err);
    if (result == 0 && dkim->is_published && !dns_model_has_record(dns, name, "TXT") &&
        dns_model_zone_of(dns, name, &zone)) {
        char *full = mem_text_format("%s.", name);
        result = dns_model_add_txt(dns, buf_text(&zone), full, buf_text(&record), err);
        free(full);
    }
    buf_deinit(&pem);
    buf_deinit(&record);
    buf_deinit(&zone);
    free(name);
    return result;
}

/* What the server under test may show: right for its host name, and trusted. */
static int inside_make_certificate(struct inside *inside, struct err *err)
{
    const struct tls_identity_wish wish = {
        .kind = TLS_IDENTITY_VALID,
        .host_name = mta_settings_hostname(inside->scenario->mta),
        .now_us = time_now_us(),
    };
    struct tls_identity *identity = tls_identity_make(inside->authority, &wish, err);
    struct buf shown;
    struct buf key;
    buf_init(&shown, INSIDE_KEY_BYTES_MAX);
    buf_init(&key, INSIDE_KEY_BYTES_MAX);
    int result = identity != NULL ? tls_identity_to_pem(identity, &shown, &key, err) : -1;
    if (result == 0)
        result = file_make_parents(MTA_CERTIFICATE_FILE, err);
    if (result == 0)
        result = file_write(MTA_CERTIFICATE_FILE, buf_slice(&shown), err);
    if (result == 0)
        result = file_write(MTA_CERTIFICATE_KEY_FILE, buf_slice(&key), err);
    if (result == 0 && chmod(MTA_CERTIFICATE_KEY_FILE, S_IRUSR | S_IWUSR) != 0)
        result = err_set_errno(err, "%s: its mode cannot be set", MTA_CERTIFICATE_KEY_FILE);
    buf_deinit(&shown);
    buf_deinit(&key);
    tls_identity_free(&identity);
    return result;
}

static int inside_open_dns(struct inside *inside, struct err *err)
{
    struct address resolvers[sizeof INSIDE_RESOLVERS / sizeof INSIDE_RESOLVERS[0]];
    size_t count = sizeof resolvers / sizeof resolvers[0];
    for (size_t i = 0; i < count; i++) {
        if (address_from_text(slice_of(INSIDE_RESOLVERS[i]), &resolvers[i]) != 0)
            return err_set(err, "%s: no address", INSIDE_RESOLVERS[i]);
    }
    const struct dns_server_options options = {
        .ipv4 = "0.0.0.0",
        .ipv6 = network_has_ipv6() ? "::" : NULL,
        .port = INSIDE_DNS_PORT,
        .answer = {.start_us = inside->scenario->start_us,
                   .seed = inside->scenario->seed,
                   .resolvers = resolvers,
                   .resolver_count = count},
    };
    inside->dns = dns_server_open(inside->base, inside->scenario->dns, inside->log, &options, err);
    return inside->dns != NULL ? 0 : -1;
}

static const char *inside_client_name(void *context, const struct address *client)
{
    struct inside *inside = context;
    return dns_receiver_client_name(inside->namer, client, time_now_us());
}

static struct dns_resolver inside_resolver_at(void *context, int64_t now_us)
{
    return dns_receiver_at(context, now_us);
}

/* The hosts ask the same DNS as the server under test, inside this process. */
static void inside_make_verifier(struct inside *inside)
{
    const struct dns_answer_options options = {.start_us = inside->scenario->start_us,
                                               .seed = inside->scenario->seed};
    inside->resolver = dns_receiver_new(inside->scenario->dns, &options);
    inside->namer = dns_receiver_new(inside->scenario->dns, &options);
    inside->verifier = mx_verifier_new(inside_resolver_at, inside->resolver);
}

/* A message that a host took may be a report to a mailbox of "policy". */
static void inside_on_received(void *context, const char *recipient, struct slice message)
{
    struct inside *inside = context;
    const struct policy_mailbox *mailbox =
        policy_model_find_mailbox(inside->scenario->policy, recipient);
    if (mailbox != NULL)
        policy_report_take_mail(inside->log, mailbox, message);
}

static int inside_open_mx(struct inside *inside, struct err *err)
{
    inside_make_verifier(inside);
    inside->store = mem_text_format("%s/store", inside->evidence);
    const struct mx_server_options options = {
        .start_us = inside->scenario->start_us,
        .authority = inside->authority,
        .client_name = inside_client_name,
        .client_name_context = inside,
        .verifier = inside->verifier,
        .store_folder = inside->store,
        .received = inside_on_received,
        .received_context = inside,
    };
    inside->mx = mx_server_open(inside->base, inside->scenario->mx, inside->log, &options, err);
    return inside->mx != NULL ? 0 : -1;
}

static int inside_open_policy(struct inside *inside, struct err *err)
{
    const struct policy_server_options options = {
        .http = {.ipv4 = "0.0.0.0",
                 .ipv6 = network_has_ipv6() ? "::" : NULL,
                 .port = INSIDE_HTTPS_PORT},
        .start_us = inside->scenario->start_us,
        .authority = inside->authority,
    };
    inside->policy =
        policy_server_open(inside->base, inside->scenario->policy, inside->log, &options, err);
    return inside->policy != NULL ? 0 : -1;
}

static int inside_open_readers(struct inside *inside, struct err *err)
{
    const struct readers_options options = {
        .mx = inside->scenario->mx,
        .policy = inside->scenario->policy,
        .dns = inside->scenario->dns,
        .verifier = inside->verifier,
        .authority = inside->authority,
    };
    inside->readers = readers_open(inside->base, inside->log, &options, err);
    return inside->readers != NULL ? 0 : -1;
}

int inside_open_internet(struct inside *inside, struct err *err)
{
    if (inside_make_authority(inside, err) != 0 || inside_make_certificate(inside, err) != 0 ||
        inside_make_dkim_key(inside, err) != 0 || inside_publish_dane(inside, err) != 0 ||
        inside_open_dns(inside, err) != 0 || inside_open_mx(inside, err) != 0 ||
        inside_open_policy(inside, err) != 0 || inside_open_readers(inside, err) != 0 ||
        inside_open_gate(inside, err) != 0)
        return -1;
    return 0;
}

int inside_close_internet(struct inside *inside, struct err *err)
{
    int result = inside->mx != NULL && mx_server_failed(inside->mx, err) ? -1 : 0;
    inside_close_gate(inside);
    readers_close(&inside->readers);
    policy_server_close(&inside->policy);
    mx_server_close(&inside->mx);
    mx_verifier_free(&inside->verifier);
    dns_receiver_free(&inside->resolver);
    dns_receiver_free(&inside->namer);
    dns_server_close(&inside->dns);
    tls_authority_free(&inside->authority);
    free(inside->store);
    inside->store = NULL;
    return result;
}
