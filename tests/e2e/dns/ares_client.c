/*
 * Asks a server by c-ares, as the mail server under test does, and prints what it got in the form
 * in which the test compares clients: "RCODE", then one line for each record of the answer.
 *
 *     dns-ares-client ADDRESS PORT NAME TYPE
 */
#include <ares.h>
#include <ares_nameser.h>
#include <arpa/inet.h>
#include <netdb.h>
#include <sys/select.h>

#include "mta-under-test/base/text.h"

#include "mta-under-test/base/poison.h"

struct question {
    const char *name;
    int type;
    const char *status; /* how it ended; NULL while it runs */
};

static const struct {
    const char *name;
    int type;
} TYPES[] = {
    {"A", ns_t_a},     {"AAAA", ns_t_aaaa}, {"MX", ns_t_mx},   {"TXT", ns_t_txt}, {"NS", ns_t_ns},
    {"SOA", ns_t_soa}, {"PTR", ns_t_ptr},   {"SRV", ns_t_srv}, {"CAA", ns_t_caa},
};

static int type_of(const char *name)
{
    for (size_t i = 0; i < sizeof TYPES / sizeof TYPES[0]; i++) {
        if (strcmp(TYPES[i].name, name) == 0)
            return TYPES[i].type;
    }
    return 0;
}

static const char *status_name(int status)
{
    switch (status) {
    case ARES_SUCCESS:
    case ARES_ENODATA:
        return "NOERROR";
    case ARES_ENOTFOUND:
        return "NXDOMAIN";
    case ARES_ESERVFAIL:
        return "SERVFAIL";
    case ARES_EREFUSED:
        return "REFUSED";
    case ARES_ENOTIMP:
        return "NOTIMP";
    case ARES_EFORMERR:
        return "FORMERR";
    case ARES_ETIMEOUT:
        return "TIMEOUT";
    default:
        return ares_strerror(status);
    }
}

static void print_addresses(const unsigned char *reply, int len, int family)
{
    struct ares_addrttl four[64];
    struct ares_addr6ttl six[64];
    int count = 64;
    char text[INET6_ADDRSTRLEN];
    bool ipv4 = family == AF_INET;
    int status = ipv4 ? ares_parse_a_reply(reply, len, NULL, four, &count)
                      : ares_parse_aaaa_reply(reply, len, NULL, six, &count);
    for (int i = 0; status == ARES_SUCCESS && i < count; i++)
        puts(inet_ntop(family, ipv4 ? (const void *)&four[i].ipaddr : (const void *)&six[i].ip6addr,
                       text, sizeof text));
}

static void print_mx(const unsigned char *reply, int len)
{
    struct ares_mx_reply *list = NULL;
    if (ares_parse_mx_reply(reply, len, &list) != ARES_SUCCESS)
        return;
    for (const struct ares_mx_reply *one = list; one != NULL; one = one->next)
        printf("%u %s.\n", (unsigned)one->priority, one->host);
    ares_free_data(list);
}

static void print_txt(const unsigned char *reply, int len)
{
    struct ares_txt_reply *list = NULL;
    if (ares_parse_txt_reply(reply, len, &list) != ARES_SUCCESS)
        return;
    for (const struct ares_txt_reply *one = list; one != NULL; one = one->next)
        printf("\"%.*s\"\n", (int)one->length, (const char *)one->txt);
    ares_free_data(list);
}

static void print_srv(const unsigned char *reply, int len)
{
    struct ares_srv_reply *list = NULL;
    if (ares_parse_srv_reply(reply, len, &list) != ARES_SUCCESS)
        return;
    for (const struct ares_srv_reply *one = list; one != NULL; one = one->next)
        printf("%u %u %u %s.\n", (unsigned)one->priority, (unsigned)one->weight,
               (unsigned)one->port, one->host);
    ares_free_data(list);
}

static void print_soa(const unsigned char *reply, int len)
{
    struct ares_soa_reply *soa = NULL;
    if (ares_parse_soa_reply(reply, len, &soa) != ARES_SUCCESS)
        return;
    printf("%s. %s. %u %u %u %u %u\n", soa->nsname, soa->hostmaster, soa->serial, soa->refresh,
           soa->retry, soa->expire, soa->minttl);
    ares_free_data(soa);
}

static void print_ns(const unsigned char *reply, int len)
{
    struct hostent *hosts = NULL;
    if (ares_parse_ns_reply(reply, len, &hosts) != ARES_SUCCESS)
        return;
    for (char **name = hosts->h_aliases; *name != NULL; name++)
        printf("%s.\n", *name);
    ares_free_hostent(hosts);
}

static void answered(void *context, int status, int timeouts, unsigned char *reply, int len)
{
    struct question *question = context;
    (void)timeouts;
    question->status = status_name(status);
    puts(question->status);
    if (status != ARES_SUCCESS)
        return;
    if (question->type == ns_t_a || question->type == ns_t_aaaa)
        print_addresses(reply, len, question->type == ns_t_a ? AF_INET : AF_INET6);
    else if (question->type == ns_t_mx)
        print_mx(reply, len);
    else if (question->type == ns_t_txt)
        print_txt(reply, len);
    else if (question->type == ns_t_srv)
        print_srv(reply, len);
    else if (question->type == ns_t_soa)
        print_soa(reply, len);
    else if (question->type == ns_t_ns)
        print_ns(reply, len);
}

static void run(ares_channel channel, const struct question *question)
{
    while (question->status == NULL) {
        fd_set readable;
        fd_set writable;
        FD_ZERO(&readable);
        FD_ZERO(&writable);
        int count = ares_fds(channel, &readable, &writable);
        struct timeval longest = {.tv_sec = 1};
        struct timeval until;
        const struct timeval *wait = ares_timeout(channel, &longest, &until);
        struct timeval copy = *wait;
        if (select(count, &readable, &writable, NULL, &copy) < 0)
            return;
        ares_process(channel, &readable, &writable);
    }
}

int main(int argc, char **argv)
{
    struct ares_options options = {
        .timeout = 20000, .tries = 2, .flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOCHECKRESP};
    ares_channel channel = NULL;
    if (argc != 5) {
        (void)fputs("usage: dns-ares-client ADDRESS PORT NAME TYPE\n", stderr);
        return 2;
    }
    char *server = mem_text_format("%s:%s", argv[1], argv[2]);
    struct question question = {.name = argv[3], .type = type_of(argv[4])};
    int mask = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_FLAGS;
    int status = ares_library_init(ARES_LIB_INIT_ALL);
    if (status == ARES_SUCCESS)
        status = ares_init_options(&channel, &options, mask);
    if (status == ARES_SUCCESS)
        status = ares_set_servers_ports_csv(channel, server);
    if (status != ARES_SUCCESS || question.type == 0) {
        (void)fprintf(stderr, "dns-ares-client: %s\n",
                      question.type == 0 ? "unknown type" : ares_strerror(status));
        return 1;
    }
    ares_query(channel, question.name, ns_c_in, question.type, answered, &question);
    run(channel, &question);
    ares_destroy(channel);
    ares_library_cleanup();
    free(server);
    return 0;
}
