#include "sim/world/root.h"

#include "mta-under-test/base/poison.h"

enum { FILE_BYTES_MAX = 64 * 1024 };

static int write_text(const char *path, const struct buf *text, struct err *err)
{
    return root_write_file(ROOT_UPPER, path, buf_slice(text), 0644, err);
}

static int write_resolv_conf(const struct world_options *options, struct err *err)
{
    struct buf text;
    buf_init(&text, FILE_BYTES_MAX);
    for (size_t i = 0; i < options->resolver_count; i++) {
        char address[ADDRESS_TEXT_BYTES];
        buf_format(&text, "nameserver %s\n", address_to_text(&options->resolvers[i], address));
    }
    /* Names are complete here: without this line the host's own domain would be tried behind each
     * name that does not exist. */
    buf_add_text(&text, "search .\n");
    /* The way to the resolver is safe here: what it says of DNSSEC (AD) counts, as DANE needs. */
    buf_add_text(&text, "options trust-ad\n");
    int result = write_text("/etc/resolv.conf", &text, err);
    buf_deinit(&text);
    return result;
}

static int write_hosts(const struct world_options *options, struct err *err)
{
    struct buf text;
    buf_init(&text, FILE_BYTES_MAX);
    buf_add_text(&text, "127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n");
    size_t short_len = slice_find(slice_of(options->hostname), '.');
    for (size_t i = 0; i < options->mta_count; i++) {
        char address[ADDRESS_TEXT_BYTES];
        buf_format(&text, "%s %s", address_to_text(&options->mta[i], address), options->hostname);
        if (short_len != SIZE_MAX)
            buf_format(&text, " %.*s", (int)short_len, options->hostname);
        buf_add_char(&text, '\n');
    }
    int result = write_text("/etc/hosts", &text, err);
    buf_deinit(&text);
    return result;
}

static int write_line(const char *path, const char *line, struct err *err)
{
    struct buf text;
    buf_init(&text, FILE_BYTES_MAX);
    buf_format(&text, "%s\n", line);
    int result = write_text(path, &text, err);
    buf_deinit(&text);
    return result;
}

int root_write_etc(const struct world_options *options, struct err *err)
{
    if (write_resolv_conf(options, err) != 0 || write_hosts(options, err) != 0 ||
        write_line("/etc/hostname", options->hostname, err) != 0 ||
        write_line("/etc/mailname", options->hostname, err) != 0)
        return -1;
    /* No name service but files and DNS: others would ask daemons of the host. */
    return write_line("/etc/nsswitch.conf",
                      "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\n"
                      "networks: files\nprotocols: files\nservices: files\nethers: files\n"
                      "rpc: files\naliases: files",
                      err);
}
