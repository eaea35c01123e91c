/*
 * The steps of a session and the packets that carry them, in a capture made here.
 */
#include "reports/report_packets.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <unistd.h>

#include "mta-under-test/base/file.h"
#include "reports/report_run.h"
#include "sim/capture/capture_frame.h"
#include "sim/capture/pcapng.h"
#include "tests/unit/unit.h"

enum { CLIENT_PORT = 40000, HEADERS = 40 };

static char folder[64];
static struct buf capture;

/* One packet between 192.0.2.10 and port 25 of 198.18.1.1, without a link header. */
static void add_packet(int client_port, bool from_client, int flags, const char *payload)
{
    unsigned char frame[200] = {0x45};
    size_t len = strlen(payload);
    uint16_t total = htons((uint16_t)(HEADERS + len));
    uint16_t ports[2] = {htons((uint16_t)client_port), htons(25)};
    const char *addresses[2] = {"192.0.2.10", "198.18.1.1"};
    memcpy(frame + 2, &total, 2);
    frame[9] = IPPROTO_TCP;
    inet_pton(AF_INET, addresses[!from_client], frame + 12);
    inet_pton(AF_INET, addresses[from_client], frame + 16);
    memcpy(frame + 20, &ports[!from_client], 2);
    memcpy(frame + 22, &ports[from_client], 2);
    frame[32] = 0x50;
    frame[33] = (unsigned char)flags;
    memcpy(frame + HEADERS, payload, len);
    struct pcapng_packet packet = {
        .at_us = 1,
        .data = slice_from((const char *)frame, HEADERS + len),
        .original_bytes = (uint32_t)(HEADERS + len),
    };
    pcapng_add_packet(&capture, &packet);
}

static void open_connection(int client_port)
{
    add_packet(client_port, true, CAPTURE_TCP_SYN, "");
    add_packet(client_port, false, CAPTURE_TCP_SYN | CAPTURE_TCP_ACK, "");
    add_packet(client_port, true, CAPTURE_TCP_ACK, "");
}

static void put(const char *name, struct slice bytes)
{
    struct err err = {0};
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    ck_assert_msg(file_write(path, bytes, &err) == 0, "%s", err.text);
}

static void start(void)
{
    snprintf(folder, sizeof folder, "/tmp/report-packets-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    buf_init(&capture, 100000);
    pcapng_add_section(&capture, "test", NULL);
    pcapng_add_interface(&capture, CAPTURE_LINK_RAW, 65535, "internet0");
}

static struct report_run *load(const char *events, const char *notes)
{
    struct err err = {0};
    put("events.jsonl", slice_of(events));
    put("packets.tsv", slice_of(notes));
    put("capture.pcapng", buf_slice(&capture));
    struct report_run *run = report_run_load(folder, &err);
    ck_assert_msg(run != NULL, "%s", err.text);
    const char *const names[] = {"events.jsonl", "packets.tsv", "capture.pcapng"};
    for (size_t i = 0; i < 3; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    rmdir(folder);
    buf_deinit(&capture);
    return run;
}

#define EVENT(seq, kind, facts)                                                             \
    "{\"seq\":" seq ",\"at\":5,\"source\":\"mx\",\"kind\":\"" kind "\",\"session\":\"mx.a." \
    "test#1\"," facts "}\n"
#define SESSION                                                                           \
    EVENT("0", "connect", "\"host\":\"mx.a.test\",\"server\":\"198.18.1.1\",\"port\":25") \
    EVENT("1", "reply", "\"stage\":\"banner\",\"code\":220,\"text\":\"hi\"")              \
    EVENT("2", "command", "\"verb\":\"EHLO\",\"line\":\"EHLO c\"")                        \
    EVENT("3", "reply", "\"stage\":\"ehlo\",\"code\":250,\"text\":\"hi\"")

START_TEST(test_each_step_gets_the_packet_that_carries_it)
{
    start();
    open_connection(CLIENT_PORT);                                                    /* 1 2 3 */
    open_connection(CLIENT_PORT + 1);                                                /* 4 5 6 */
    add_packet(CLIENT_PORT, false, CAPTURE_TCP_ACK | CAPTURE_TCP_PSH, "220 hi\r\n"); /* 7 */
    add_packet(CLIENT_PORT, true, CAPTURE_TCP_ACK | CAPTURE_TCP_PSH, "EHLO c\r\n");  /* 8 */
    add_packet(CLIENT_PORT + 1, true, CAPTURE_TCP_ACK | CAPTURE_TCP_PSH, "X\r\n");   /* 9 */
    add_packet(CLIENT_PORT + 1, false, CAPTURE_TCP_ACK | CAPTURE_TCP_PSH, "Y\r\n");  /* 10 */
    add_packet(CLIENT_PORT, false, CAPTURE_TCP_ACK | CAPTURE_TCP_PSH, "250 hi\r\n"); /* 11 */
    /* When the session began all six packets of both connections were there; when EHLO was logged,
     * a packet of the other session had come behind it. */
    struct report_run *run = load(SESSION, "0\t6\n1\t6\n2\t9\n3\t9\n");
    const struct report_step *steps = run->sessions[0].steps;
    ck_assert_uint_eq(steps[0].packet, 1);
    ck_assert_uint_eq(steps[1].packet, 7);
    ck_assert_uint_eq(steps[2].packet, 8);
    ck_assert_uint_eq(steps[3].packet, 11);
    ck_assert_uint_eq(run->packet_count, 11);
    report_run_free(&run);
}
END_TEST

START_TEST(test_a_refused_connection_is_nobodys_session)
{
    start();
    add_packet(CLIENT_PORT, true, CAPTURE_TCP_SYN, "");
    add_packet(CLIENT_PORT, false, CAPTURE_TCP_RST | CAPTURE_TCP_ACK, "");
    add_packet(CLIENT_PORT + 1, true, CAPTURE_TCP_SYN, "");
    add_packet(CLIENT_PORT + 1, true, CAPTURE_TCP_SYN, ""); /* sent again: 4 */
    add_packet(CLIENT_PORT + 1, false, CAPTURE_TCP_SYN | CAPTURE_TCP_ACK, "");
    add_packet(CLIENT_PORT + 1, true, CAPTURE_TCP_ACK, "");
    add_packet(CLIENT_PORT + 1, false, CAPTURE_TCP_ACK, "220 hi\r\n"); /* 7 */
    struct report_run *run = load(SESSION, "0\t6\n1\t6\n2\t7\n3\t7\n");
    ck_assert_uint_eq(run->sessions[0].stream, 2);
    ck_assert_uint_eq(run->sessions[0].steps[0].packet, 4);
    ck_assert_uint_eq(run->sessions[0].steps[1].packet, 7);
    report_run_free(&run);
}
END_TEST

START_TEST(test_a_capture_that_is_cut_is_good_up_to_there)
{
    start();
    open_connection(CLIENT_PORT);
    buf_truncate(&capture, capture.len - 10);
    struct report_run *run = load(SESSION, "0\t2\n1\t2\n2\t2\n3\t2\n");
    ck_assert_uint_eq(run->packet_count, 2);
    ck_assert_uint_eq(run->sessions[0].steps[0].packet, 1);
    report_run_free(&run);
}
END_TEST

UNIT_MAIN(test_each_step_gets_the_packet_that_carries_it,
          test_a_refused_connection_is_nobodys_session,
          test_a_capture_that_is_cut_is_good_up_to_there)
