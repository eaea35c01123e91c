/*
 * A hostile client of a simulated host. The input is what it sends; its first byte says in how
 * large pieces it comes. To one that begins with LHLO the host speaks LMTP. Whatever comes: the
 * session stays within its limits, says only whole lines, keeps what it accepts, and can be ended
 * at any moment.
 */
#include <assert.h>
#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>

#include "mta-under-test/base/time_text.h"
#include "sim/mx/mx_model.h"
#include "sim/mx/mx_session.h"

#include "mta-under-test/base/poison.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { STEPS_MAX = 1000000 };

static const char HOST[] =
    "{\"mx.a.test\":{\"offers\":[\"PIPELINING\",\"SIZE 100000\",\"8BITMIME\",\"SMTPUTF8\","
    "\"ENHANCEDSTATUSCODES\",\"CHUNKING\",\"BINARYMIME\",\"DSN\",\"STARTTLS\",\"REQUIRETLS\","
    "\"AUTH PLAIN "
    "LOGIN\"],"
    "\"provider\":\"p\",\"accepts\":[\"*@a.test\"],\"credentials\":{\"u\":\"p\"},\"rules\":["
    "{\"name\":\"limited\",\"at\":\"ehlo\",\"continue\":true,\"when\":{\"helo\":\"l*\"},\"then\":{"
    "\"limit\":{\"recipients\":2,\"messages\":2,\"size\":500,\"commands\":50}}},"
    "{\"name\":\"call\",\"at\":\"rcpt\",\"when\":{\"recipient\":\"call@*\"},\"then\":{\"call-"
    "back\":true}},"
    "{\"name\":\"asked\",\"at\":\"rcpt\",\"when\":{\"parameters\":{\"NOTIFY\":\"*DELAY*\","
    "\"SMTPUTF8\":true}},"
    "\"then\":{\"reply\":\"450 later\"}},"
    "{\"name\":\"slow\",\"at\":\"mail\",\"when\":{\"sender\":\"slow@*\"},\"then\":{\"delay\":"
    "\"5s\"}},"
    "{\"name\":\"drip\",\"at\":\"rcpt\",\"when\":{\"recipient\":\"drip@*\",\"attempt\":\"1..\"},"
    "\"then\":{\"drip\":5,\"reply\":\"450 {recipient} {sender} {helo} {attempt}\"}},"
    "{\"name\":\"grey\",\"at\":\"rcpt\",\"when\":{\"recipient\":\"grey@*\",\"greylist\":\"5m\"},"
    "\"then\":{\"reply\":\"451 4.7.1 {remaining}\"}},"
    "{\"name\":\"rate\",\"at\":\"data-end\",\"when\":{\"header\":{\"X\":\"*\"},\"rate\":{\"of\":"
    "\"bytes\",\"by\":[\"dkim-domain\",\"url-domain\",\"message-id\",\"body\"],\"over\":\"10/"
    "1m\"}},"
    "\"then\":{\"reply\":\"421 4.7.28 {message-id}\",\"for\":\"1m\"}},"
    "{\"name\":\"lost\",\"at\":\"data-end\",\"when\":{\"subject\":\"lost\"},"
    "\"then\":{\"lose-reply\":true}},"
    "{\"name\":\"body\",\"at\":\"data-body\",\"when\":{\"size\":\">=200\"},"
    "\"then\":{\"reply\":\"451 enough\"}}]}}";

static const char PROVIDERS[] =
    "{\"p\":{\"warm-up\":{\"by\":[\"ip\",\"dkim\"],\"start\":3},\"bulk\":{\"over\":2},\"rules\":[{"
    "\"needs\":"
    "\"format\",\"of\":\"bulk\",\"then\":\"junk\"}],\"readers\":[{\"complain\":\"50%\"}],"
    "\"blocklists\":[{"
    "\"name\":\"b\",\"traps\":\"trap*\",\"then\":\"rejected\",\"reply\":\"550 {key}\"}]}}";

static struct mx_limits limits;
static size_t content_total;

static struct mx_host *fuzz_host(void)
{
    static struct mx_host *host;
    static struct arena arena;
    static struct spec_document *document;
    static struct mx_model *model;
    struct err err = {0};
    if (host != NULL)
        return host;
    document = spec_document_parse("host", slice_of(HOST), &err);
    static struct spec_document *providers;
    providers = spec_document_parse("providers", slice_of(PROVIDERS), &err);
    model = mx_model_new(".", 1, &arena);
    if (document == NULL || providers == NULL ||
        mx_model_add_providers(model, spec_root(providers), &err) != 0 ||
        mx_model_read_hosts(model, spec_root(document), &err) != 0) {
        fprintf(stderr, "%s\n", err.text);
        abort();
    }
    limits = MX_LIMITS_DEFAULT;
    limits.line_bytes_max = 600;
    limits.endless_bytes_max = 2000;
    limits.output_bytes_max = 4000;
    limits.content_bytes_max = 200000;
    limits.body_step_bytes = 100;
    limits.records_max = 100;
    host = mx_model_host(model, 0);
    mx_rulebook_start(&host->rules, mx_model_state(model, host, limits.records_max));
    return host;
}

static struct event_log *fuzz_log(void)
{
    static struct event_log *log;
    if (log == NULL)
        log = event_log_new(open("/dev/null", O_WRONLY | O_CLOEXEC), 0);
    return log;
}

static void fuzz_store(void *context, const struct mx_host *host, uint64_t number,
                       struct slice content)
{
    (void)context;
    assert(number == host->message_count);
    assert(content.len <= limits.content_bytes_max);
}

/* Replies are whole lines that begin with a code. */
static void fuzz_check_output(struct mx_session *session)
{
    struct buf *output = mx_session_output(session);
    struct slice rest = buf_slice(output);
    while (rest.len > 0) {
        size_t end = slice_find_slice(rest, SLICE("\r\n"));
        assert(end != SIZE_MAX && end >= 4);
        assert(rest.data[0] >= '2' && rest.data[0] <= '5');
        assert(rest.data[3] == ' ' || rest.data[3] == '-');
        rest = slice_skip(rest, end + 2);
    }
    buf_reset(output);
    mx_session_drip_done(session);
}

/* Fulfils a need; false at the end. */
static bool fuzz_fulfil(struct mx_session *session, int64_t *now_us)
{
    const struct mx_tls_facts tls = {
        .version = "TLSv1.3", .cipher = "x", .sni = "", .session = "s", .client = ""};
    switch (mx_session_need(session)) {
    case MX_NEED_INPUT:
        return true;
    case MX_NEED_DELAY:
        *now_us += mx_session_delay_us(session);
        mx_session_continue(session, *now_us);
        return true;
    case MX_NEED_CALL:
        mx_session_called_back(session, *now_us, *now_us % 2 == 0 ? 250 : 550, "");
        return true;
    case MX_NEED_HALF_CLOSE:
        mx_session_continue(session, *now_us);
        return true;
    case MX_NEED_TLS:
        mx_session_tls_started(session, *now_us, &tls, false);
        return true;
    case MX_NEED_CLOSE:
    case MX_NEED_RESET:
    case MX_NEED_HANG:
        break;
    }
    return false;
}

static void fuzz_play(struct mx_session *session, struct slice input, size_t piece)
{
    int64_t now_us = TIME_DAY;
    size_t at = 0;  /* consumed */
    size_t end = 0; /* received */
    mx_session_open(session, now_us);
    for (int i = 0; i < STEPS_MAX && fuzz_fulfil(session, &now_us); i++) {
        fuzz_check_output(session);
        if (mx_session_need(session) != MX_NEED_INPUT)
            continue;
        size_t consumed =
            mx_session_feed(session, now_us, slice_first(slice_skip(input, at), end - at));
        at += consumed;
        now_us += TIME_SECOND;
        if (consumed > 0)
            continue;
        if (end == input.len && mx_session_output(session)->len == 0)
            break;
        end = end + piece < input.len ? end + piece : input.len;
    }
    fuzz_check_output(session);
    mx_session_end(session, now_us, "client");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct mx_session_options options = {
        .host = fuzz_host(),
        .limits = &limits,
        .log = fuzz_log(),
        .port = 25,
        .client_name = "",
        .store = fuzz_store,
        .content_total = &content_total,
    };
    struct slice input = slice_from((const char *)data + 1, size - 1);
    options.host->is_lmtp = slice_starts_with(input, SLICE("LHLO"));
    struct mx_session *session = mx_session_new(&options);
    fuzz_play(session, input, (size_t)data[0] + 1);
    mx_session_free(&session);
    assert(content_total == 0);
    return 0;
}
