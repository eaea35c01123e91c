/*
 * A warm-up of thirty days with a million messages, played as SMTP dialogues against a simulated
 * host of a provider, without sockets: what the receiver's side of such a run costs.
 *
 *     provider_bench [MESSAGES [DAYS]]
 */
#include <fcntl.h>
#include <sys/resource.h>

#include "mta-under-test/base/text.h"
#include "sim/mx/mx_model.h"
#include "sim/mx/mx_session.h"

#include "mta-under-test/base/poison.h"

enum { BENCH_RECORDS = 100000, BENCH_LINE_BYTES = 1000, BENCH_GROWTH_PERCENT = 135 };

#define BENCH_START_US (INT64_C(1772442000) * TIME_SECOND)

static const char HOSTS[] = "{\"mx.bigmail.test\": {\"provider\": \"bigmail\", \"verify\": false}}";
static const char PROVIDERS[] =
    "{\"bigmail\": {\"model\": \"gmail-like\", \"warm-up\": {\"by\": \"ip\"}, \"rules\": []}}";

struct bench {
    struct mx_host *host;
    struct event_log *log;
    int64_t sent;
    int64_t taken;
};

static void bench_send(struct bench *bench, int64_t now_us)
{
    char text[BENCH_LINE_BYTES];
    struct mx_session_options options = {.host = bench->host,
                                         .limits = &MX_LIMITS_DEFAULT,
                                         .log = bench->log,
                                         .start_us = BENCH_START_US,
                                         .port = 25,
                                         .client_name = "mail.sender.test"};
    if (address_from_text(SLICE("192.0.2.10"), &options.client) != 0)
        return;
    struct mx_session *session = mx_session_new(&options);
    mx_session_open(session, now_us);
    snprintf(text, sizeof text,
             "EHLO mail.sender.test\r\nMAIL FROM:<news@sender.test>\r\n"
             "RCPT TO:<user%lld@bigmail.test>\r\nDATA\r\n",
             (long long)bench->sent);
    mx_session_feed(session, now_us, slice_of(text));
    if (mx_session_need(session) == MX_NEED_INPUT) {
        snprintf(text, sizeof text,
                 "Date: Mon, 2 Mar 2026 09:00:00 +0000\r\nFrom: news@sender.test\r\nMessage-ID: "
                 "<%lld@sender.test>\r\nX-Mailrange-Id: m/%lld\r\n\r\nHello.\r\n.\r\nQUIT\r\n",
                 (long long)bench->sent, (long long)bench->sent);
        mx_session_feed(session, now_us, slice_of(text));
    }
    mx_session_end(session, now_us, "client");
    mx_session_free(&session);
    bench->sent++;
    bench->taken = (int64_t)bench->host->message_count;
}

/* Each day a third more than the day before, the last day fills up. */
static void bench_play(struct bench *bench, int64_t messages, int64_t days)
{
    int64_t today = 100;
    for (int64_t day = 0; day < days; day++) {
        int64_t left = messages - bench->sent;
        int64_t count = day == days - 1 || today > left ? left : today;
        for (int64_t i = 0; i < count; i++)
            bench_send(bench, BENCH_START_US + day * TIME_DAY + i * (12 * TIME_HOUR) / count);
        today = today * BENCH_GROWTH_PERCENT / 100;
    }
}

static int bench_run(int64_t messages, int64_t days, struct err *err)
{
    struct arena arena = {0};
    struct spec_document *hosts = spec_document_parse("hosts", slice_of(HOSTS), err);
    struct spec_document *providers = spec_document_parse("providers", slice_of(PROVIDERS), err);
    struct mx_model *model = mx_model_new(".", 1, &arena);
    int result = hosts != NULL && providers != NULL &&
                         mx_model_add_providers(model, spec_root(providers), err) == 0 &&
                         mx_model_read_hosts(model, spec_root(hosts), err) == 0
                     ? 0
                     : -1;
    if (result == 0) {
        struct bench bench = {
            .host = mx_model_host(model, 0),
            .log = event_log_new(open("/dev/null", O_WRONLY | O_CLOEXEC), BENCH_START_US)};
        mx_rulebook_start(&bench.host->rules, mx_model_state(model, bench.host, BENCH_RECORDS));
        int64_t began_us = time_monotonic_us();
        bench_play(&bench, messages, days);
        int64_t took_us = time_monotonic_us() - began_us;
        struct rusage usage;
        getrusage(RUSAGE_SELF, &usage);
        printf("%lld messages in %lld days, %lld taken: %lld ms, %lld kB\n", (long long)bench.sent,
               (long long)days, (long long)bench.taken, (long long)(took_us / TIME_MS),
               (long long)usage.ru_maxrss);
        result = event_log_free(&bench.log, err);
    }
    mx_model_release(&model);
    spec_document_free(&providers);
    spec_document_free(&hosts);
    arena_deinit(&arena);
    return result;
}

int main(int argc, char **argv)
{
    struct err err = {0};
    uint64_t messages = 1000000;
    uint64_t days = 30;
    if ((argc > 1 && text_to_u64(slice_of(argv[1]), &messages) != 0) ||
        (argc > 2 && text_to_u64(slice_of(argv[2]), &days) != 0) || argc > 3 || days == 0) {
        fprintf(stderr, "usage: provider_bench [MESSAGES [DAYS]]\n");
        return 2;
    }
    if (bench_run((int64_t)messages, (int64_t)days, &err) == 0)
        return 0;
    fprintf(stderr, "provider_bench: %s\n", err.text);
    return 1;
}
