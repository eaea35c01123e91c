/*
 * A session to talk to, for the tests of the receiving side.
 */
#pragma once

#include <stdlib.h>

#include "mta-under-test/refmta/server/server_session.h"
#include "tests/unit/unit.h"

static struct config config;
static struct config_listener listener = {.mode = CONFIG_MODE_RELAY};
static struct server_limits limits;
static struct server_session session;
static struct buf in;
static struct policy_memory memory;

static uint64_t new_id(void *arg)
{
    (void)arg;
    return 0xabc;
}

/* With more keys in the configuration: ", \"vrfy\": \"off\"". */
static void start_with(const char *client, const char *keys)
{
    struct err err;
    char *json = mem_text_format("{\"hostname\": \"mail.h.test\", \"spool\": \"s\","
                                 "\"listeners\": [{\"address\": \"::\", \"port\": 25}],"
                                 "\"relay-networks\": [\"192.0.2.0/24\"],"
                                 "\"relay-for\": [\"partner.test\"]%s}",
                                 keys);
    ck_assert_msg(config_parse(&config, "c", slice_of(json), &err) == 0, "%s", err.text);
    free(json);
    limits = SERVER_LIMITS_DEFAULT;
    limits.message_bytes_max = 100000;
    struct server_setup setup = {
        .config = &config,
        .listener = &listener,
        .limits = &limits,
        .memory = &memory,
        .new_id = new_id,
    };
    policy_memory_init(&memory);
    ck_assert_int_eq(ip_address_from_text(slice_of(client), &setup.client.address), 0);
    buf_init(&in, 1 << 20);
    server_session_init(&session, &setup);
}

static inline void start_from(const char *client)
{
    start_with(client, "");
}

static void stop(void)
{
    server_session_deinit(&session);
    buf_deinit(&in);
    policy_memory_deinit(&memory);
    config_deinit(&config);
}

static inline enum server_event say(const char *text)
{
    buf_add_text(&in, text);
    return server_session_feed(&session, &in);
}

/* The whole output since the last time is `text`, where "*" in it stands for the rest of a line. */
static inline void expect(const char *text)
{
    const char *got = buf_text(&session.out);
    const char *want = text;
    while (*want != '\0') {
        if (*want == '*') {
            want++;
            while (*got != '\0' && *got != '\r')
                got++;
        } else if (*want == '\n') {
            ck_assert_msg(strncmp(got, "\r\n", 2) == 0, "expected %s, got %s", text,
                          buf_text(&session.out));
            want++;
            got += 2;
        } else {
            ck_assert_msg(*got == *want, "expected %s, got %s", text, buf_text(&session.out));
            want++;
            got++;
        }
    }
    ck_assert_msg(*got == '\0', "expected %s, got %s", text, buf_text(&session.out));
    buf_reset(&session.out);
}
