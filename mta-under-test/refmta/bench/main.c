/*
 * What a long queue costs: fills a spool with messages of one recipient each, spread over many
 * destinations, and takes it up again as a starting server does.
 *
 *     refmta-bench FOLDER MESSAGES DESTINATIONS [fill]
 *
 * Prints one JSON object: the seconds that the start took, and the memory for each recipient. With
 * "fill" it leaves the spool to somebody else.
 */
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "mta-under-test/base/file.h"
#include "mta-under-test/base/text.h"
#include "mta-under-test/base/time_text.h"
#include "mta-under-test/refmta/metrics/exposition.h"
#include "mta-under-test/refmta/queue/queue.h"

#include "mta-under-test/base/poison.h"

enum { AT_ONCE = 1000 };

static void on_ready(void *arg, struct queue_destination *destination)
{
    (void)arg;
    (void)destination;
}

static void on_accepted(void *arg, int error)
{
    if (error != 0)
        *(int *)arg = error;
}

static struct queue *open_queue(const struct config *config, struct err *err)
{
    struct queue_options options = {.config = config, .on_ready = on_ready};
    return queue_open(&options, err);
}

static double processor_seconds(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

static int fill(const struct config *config, uint64_t messages, uint64_t destinations,
                struct err *err)
{
    int error = 0;
    struct queue *queue = open_queue(config, err);
    if (queue == NULL)
        return -1;
    for (uint64_t i = 0; i < messages && error == 0; i++) {
        struct envelope envelope;
        struct buf content;
        char address[64];
        envelope_init(&envelope);
        snprintf(address, sizeof address, "reader-%07llu@domain-%05llu.test", (unsigned long long)i,
                 (unsigned long long)(i % destinations));
        envelope_set_sender(&envelope, SLICE("newsletter@sender.example.test"));
        envelope_add_recipient(&envelope, slice_of(address));
        buf_init(&content, 1000);
        buf_format(&content, "Subject: %llu\r\n\r\nhello\r\n", (unsigned long long)i);
        queue_accept(queue, queue_new_id(queue), &envelope, &content, on_accepted, &error);
        if (i % AT_ONCE == AT_ONCE - 1)
            queue_run(queue);
        envelope_deinit(&envelope);
    }
    queue_run(queue);
    queue_close(&queue);
    return error == 0 ? 0 : err_set(err, "cannot fill the spool: %s", strerror(error));
}

static int measure(const struct config *config, uint64_t messages, struct err *err)
{
    double before = exposition_resident_bytes();
    double processor = processor_seconds();
    int64_t since_us = time_monotonic_us();
    struct queue *queue = open_queue(config, err);
    if (queue == NULL)
        return -1;
    queue_start(queue);
    double seconds = (double)(time_monotonic_us() - since_us) / 1e6;
    size_t count = queue_message_count(queue);
    printf("{\"messages\":%zu,\"start-seconds\":%.2f,\"processor-seconds\":%.2f,\"bytes-per-"
           "recipient\":%llu}\n",
           count, seconds, processor_seconds() - processor,
           (unsigned long long)(exposition_resident_bytes() - before) / messages);
    fflush(stdout);
    _exit(count == messages ? 0 : 1);
}

static int run(const struct config *config, uint64_t messages, uint64_t destinations,
               struct err *err)
{
    /* In a process of its own, so that its memory does not count. */
    pid_t filler = fork();
    int status = 1;
    if (filler == 0)
        _exit(fill(config, messages, destinations, err) == 0 ? 0 : 1);
    if (filler < 0 || waitpid(filler, &status, 0) != filler || status != 0)
        return err_set(err, "the spool was not filled");
    return measure(config, messages, err);
}

int main(int argc, char **argv)
{
    struct config config;
    struct buf json;
    struct err err = {.text = ""};
    uint64_t messages = 0;
    uint64_t destinations = 0;
    bool fills = argc == 5 && strcmp(argv[4], "fill") == 0;
    if ((argc != 4 && !fills) || text_to_u64(slice_of(argv[2]), &messages) != 0 || messages == 0 ||
        text_to_u64(slice_of(argv[3]), &destinations) != 0 || destinations == 0) {
        fputs("usage: refmta-bench FOLDER MESSAGES DESTINATIONS [fill]\n", stderr);
        return 2;
    }
    buf_init(&json, 4096);
    buf_format(&json,
               "{\"hostname\": \"mail.s.test\", \"spool\": \"%s\", \"durability\": \"off\","
               "\"listeners\": [{\"address\": \"::\", \"port\": 25}]}",
               argv[1]);
    int result = config_parse(&config, "bench", buf_slice(&json), &err);
    if (result == 0)
        result = fills ? fill(&config, messages, destinations, &err)
                       : run(&config, messages, destinations, &err);
    buf_deinit(&json);
    config_deinit(&config);
    if (result != 0)
        fprintf(stderr, "refmta-bench: %s\n", err.text);
    return result == 0 ? 0 : 1;
}
