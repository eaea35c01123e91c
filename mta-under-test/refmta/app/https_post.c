#include "mta-under-test/refmta/app/https_post.h"

#include "mta-under-test/base/text.h"
#include "mta-under-test/base/time_text.h"

#include "mta-under-test/base/poison.h"

enum { HTTPS_PORT = 443, ADDRESSES_MAX = 8, ANSWER_BYTES_MAX = 65536 };

#define TIMEOUT_US TIME_MINUTE

struct work {
    struct https_post post;
    struct arena arena;
    const char *host;
    uint16_t port;
    struct ip_address addresses[ADDRESSES_MAX];
    size_t address_count;
    unsigned open; /* questions about addresses */
};

static void work_free(struct work *work)
{
    arena_deinit(&work->arena);
    free(work);
}

static void on_posted(void *arg, const struct https_response *response)
{
    struct work *work = arg;
    work->post.done(work->post.arg, response);
    work_free(work);
}

static void send_now(struct work *work)
{
    static const struct https_response NOWHERE = {.problem = "the host has no address",
                                                  .content_type = ""};
    struct https_request request = {
        .url = work->post.url,
        .host = work->host,
        .port = work->port,
        .addresses = work->addresses,
        .address_count = work->address_count,
        .content_type = work->post.content_type,
        .fields = work->post.fields,
        .field_count = work->post.field_count,
        .body = work->post.body,
        .bytes_max = ANSWER_BYTES_MAX,
        .timeout_us = TIMEOUT_US,
        .done = on_posted,
        .arg = work,
    };
    if (work->address_count > 0)
        https_client_ask(work->post.client, &request);
    else
        on_posted(work, &NOWHERE);
}

static void on_address(void *arg, const struct resolver_result *result)
{
    struct work *work = arg;
    for (size_t i = 0; result->status == RESOLVER_FOUND && i < result->answer.count; i++)
        if (work->address_count < ADDRESSES_MAX)
            work->addresses[work->address_count++] = result->answer.records[i].address;
    if (--work->open == 0)
        send_now(work);
}

/* The host of the URL, without brackets; false if it is no URL of ours. */
static bool parse_url(struct slice url, struct slice *host, uint16_t *port)
{
    uint64_t number = HTTPS_PORT;
    if (!slice_starts_with_nocase(url, SLICE("https://")))
        return false;
    struct slice rest = slice_skip(url, strlen("https://"));
    size_t len = 0;
    while (len < rest.len && strchr("/?#", rest.data[len]) == NULL)
        len++;
    rest = slice_first(rest, len);
    bool is_v6 = rest.len > 0 && rest.data[0] == '[';
    size_t end = slice_find(rest, is_v6 ? ']' : ':');
    if (is_v6 && end == SIZE_MAX)
        return false;
    *host = slice_first(slice_skip(rest, is_v6), end == SIZE_MAX ? rest.len : end - is_v6);
    struct slice behind = end == SIZE_MAX ? SLICE("") : slice_skip(rest, end + is_v6);
    if (behind.len > 0 &&
        (behind.data[0] != ':' || text_to_u64(slice_skip(behind, 1), &number) != 0 || number == 0 ||
         number > UINT16_MAX))
        return false;
    *port = (uint16_t)number;
    return host->len > 0;
}

bool https_post_is_url(const char *url)
{
    struct slice host;
    uint16_t port = 0;
    return parse_url(slice_of(url), &host, &port);
}

static void copy_fields(struct work *work)
{
    const char **fields =
        arena_alloc_array(&work->arena, work->post.field_count + 1, sizeof *fields);
    for (size_t i = 0; i < work->post.field_count; i++)
        fields[i] = arena_text(&work->arena, work->post.fields[i]);
    work->post.fields = fields;
}

void https_post_start(const struct https_post *post)
{
    struct work *work = mem_alloc(sizeof *work);
    struct slice host = SLICE("");
    work->post = *post;
    work->post.url = arena_text(&work->arena, post->url);
    work->post.content_type = arena_text(&work->arena, post->content_type);
    work->post.body = arena_slice(&work->arena, post->body);
    copy_fields(work);
    (void)parse_url(slice_of(work->post.url), &host, &work->port);
    work->host = arena_text_of(&work->arena, host);
    if (host.len == 0 || ip_address_from_text(host, &work->addresses[0]) == 0) {
        work->address_count = host.len > 0 ? 1 : 0;
        send_now(work);
        return;
    }
    work->open = 2;
    resolver_ask(post->resolver, work->host, DNS_TYPE_AAAA, on_address, work);
    resolver_ask(post->resolver, work->host, DNS_TYPE_A, on_address, work);
}
