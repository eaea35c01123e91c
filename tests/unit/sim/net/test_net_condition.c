#include "sim/net/net_condition.h"

#include "tests/unit/unit.h"

static struct {
    struct arena arena;
    struct spec_document *document;
    struct net_condition *list;
    size_t count;
    struct err err;
} fx;

static int read_conditions(const char *json)
{
    memset(&fx, 0, sizeof fx);
    fx.document = spec_document_parse("n.json", slice_of(json), &fx.err);
    ck_assert_msg(fx.document != NULL, "%s", fx.err.text);
    return net_conditions_read(spec_root(fx.document), &fx.arena, &fx.list, &fx.count, &fx.err);
}

static void done(void)
{
    spec_document_free(&fx.document);
    arena_deinit(&fx.arena);
}

static enum net_condition_kind at(const char *text, int64_t since_us)
{
    struct address address;
    ck_assert_int_eq(address_from_text(slice_of(text), &address), 0);
    const struct net_condition *now =
        net_conditions_now(fx.list, fx.count, &address, since_us, since_us);
    return now != NULL ? now->kind : NET_OPEN;
}

START_TEST(test_windows_and_families)
{
    ck_assert_int_eq(read_conditions("[{\"is\":\"unreachable\",\"family\":\"ipv6\"},"
                                     "{\"is\":\"refused\",\"during\":\"10m..2h\"},\"silent\"]"),
                     0);
    ck_assert_int_eq(at("2001:db8::1", 0), NET_UNREACHABLE);
    ck_assert_int_eq(at("198.18.0.1", 0), NET_SILENT);
    ck_assert_int_eq(at("198.18.0.1", TIME_HOUR), NET_REFUSED);
    ck_assert_int_eq(at("198.18.0.1", 2 * TIME_HOUR), NET_SILENT);
    done();
}
END_TEST

START_TEST(test_the_next_change)
{
    ck_assert_int_eq(read_conditions("[{\"is\":\"refused\",\"during\":\"10m..2h\"},"
                                     "{\"is\":\"silent\",\"during\":\"22:00..06:00\"}]"),
                     0);
    ck_assert_int_eq(net_conditions_next_us(fx.list, fx.count, 0, 0), 10 * TIME_MINUTE);
    ck_assert_int_eq(net_conditions_next_us(fx.list, fx.count, TIME_HOUR, TIME_HOUR),
                     2 * TIME_HOUR);
    ck_assert_int_eq(net_conditions_next_us(fx.list, fx.count, 3 * TIME_HOUR, 3 * TIME_HOUR),
                     6 * TIME_HOUR);
    ck_assert_int_eq(net_conditions_next_us(fx.list, fx.count, 22 * TIME_HOUR, 22 * TIME_HOUR),
                     30 * TIME_HOUR);
    ck_assert_int_eq(net_conditions_next_us(fx.list, 0, 0, 0), INT64_MAX);
    done();
}
END_TEST

START_TEST(test_what_strikes_open_connections)
{
    ck_assert_int_eq(read_conditions("[{\"is\":\"resets\",\"after\":\"100kB\",\"during\":\"..1h\"},"
                                     "{\"is\":\"black-hole\",\"family\":\"ipv6\"},"
                                     "{\"is\":\"stalls\",\"every\":\"1kB\",\"for\":\"1s..2s\"}]"),
                     0);
    ck_assert_int_eq(fx.list[0].after_bytes, 100000);
    ck_assert_int_eq(fx.list[1].packet_bytes, 1280);
    ck_assert_int_eq(fx.list[2].every_bytes, 1000);
    ck_assert_int_eq(fx.list[2].stop_us.max, 2 * TIME_SECOND);
    for (size_t i = 0; i < fx.count; i++)
        ck_assert(!net_condition_shuts(fx.list[i].kind));
    ck_assert(net_condition_shuts(NET_SILENT) && !net_condition_shuts(NET_OPEN));
    struct buf text;
    buf_init(&text, 4096);
    net_conditions_explain(fx.list, fx.count, &text);
    ck_assert_str_eq(buf_text(&text),
                     "  the network to it: resets after 100000 bytes, from 0s to 1h\n"
                     "  the network to it: black-hole for packets of more than 1280 bytes by IPv6\n"
                     "  the network to it: stalls for 1s to 2s after each 1000 bytes\n");
    buf_deinit(&text);
    done();
}
END_TEST

START_TEST(test_bad_input_is_told)
{
    static const struct {
        const char *json;
        const char *error;
    } CASES[] = {
        {"\"sillent\"", "did you mean \"silent\"?"},
        {"{\"during\":\"1h..2h\"}", "\"is\" is missing"},
        {"{\"is\":\"silent\",\"family\":\"ip6\"}", "did you mean \"ipv6\"?"},
        {"[\"silent\",\"refused\"]", "can never decide"},
        {"{\"is\":\"silent\",\"fro\":\"1h\"}", "unknown key"},
        {"{\"is\":\"silent\",\"for\":\"1h\"}", "$.for: means nothing here"},
        {"{\"is\":\"stalls\",\"after\":\"1kB\"}", "\"after\" belongs to resets and vanishes"},
        {"{\"is\":\"resets\",\"packet\":1280}", "\"packet\" to black-hole"},
        {"{\"is\":\"black-hole\",\"packet\":100}", "at least 256 bytes"},
        {"{\"is\":\"stalls\",\"every\":0}", "how many bytes pass"},
        {"{\"is\":\"stalls\",\"for\":\"1s..\"}", "how long it stalls"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        ck_assert_msg(read_conditions(CASES[i].json) == -1, "%s", CASES[i].json);
        ck_assert_msg(strstr(fx.err.text, CASES[i].error) != NULL, "%s: %s", CASES[i].json,
                      fx.err.text);
        done();
    }
}
END_TEST

UNIT_MAIN(test_windows_and_families, test_the_next_change, test_what_strikes_open_connections,
          test_bad_input_is_told)
