/* What a line does to what a client sends, drawn from the seed. */
#include "sim/mx/mx_line.h"

#include "mta-under-test/base/time_text.h"
#include "sim/mx/mx_model.h"
#include "tests/unit/unit.h"

static struct {
    struct arena arena;
    struct spec_document *document;
    struct mx_model *model;
} fx;

static void open_line(const char *host, uint64_t seed, struct mx_line *line)
{
    struct err err = {0};
    struct address address;
    char *json = mem_text_format("{\"mx.a.test\":%s}", host);
    memset(&fx, 0, sizeof fx);
    fx.document = spec_document_parse("h.json", slice_of(json), &err);
    free(json);
    ck_assert_msg(fx.document != NULL, "%s", err.text);
    ck_assert_msg(mx_spec_parse(spec_root(fx.document), ".", seed, &fx.arena, &fx.model, &err) == 0,
                  "%s", err.text);
    ck_assert_int_eq(address_from_text(SLICE("198.18.1.1"), &address), 0);
    mx_line_open(line, mx_model_host(fx.model, 0), &address, 0, -1);
}

static void done(void)
{
    mx_model_release(&fx.model);
    spec_document_free(&fx.document);
    arena_deinit(&fx.arena);
}

START_TEST(test_jitter_repeats_with_the_seed)
{
    int64_t drawn[2][20];
    struct mx_line line;
    for (int run = 0; run < 2; run++) {
        open_line("{\"latency\":\"20ms..200ms\"}", 7, &line);
        for (size_t i = 0; i < 20; i++) {
            drawn[run][i] = mx_line_latency_us(&line);
            ck_assert_int_ge(drawn[run][i], 20000);
            ck_assert_int_le(drawn[run][i], 200000);
        }
        done();
    }
    ck_assert_mem_eq(drawn[0], drawn[1], sizeof drawn[0]);
    ck_assert_int_ne(drawn[0][0], drawn[0][1]);
    open_line("{\"latency\":\"80ms\",\"bandwidth\":\"1kB\"}", 7, &line);
    int64_t wait_us = 0;
    ck_assert_int_eq(mx_line_carry(&line, 2000, 0, &wait_us), MX_LINE_CARRIES);
    ck_assert_int_eq(wait_us, 2080000);
    done();
}
END_TEST

START_TEST(test_stalls)
{
    struct mx_line line;
    int64_t wait_us = 0;
    open_line("{\"network\":{\"is\":\"stalls\",\"every\":\"10kB\",\"for\":\"2s\"}}", 1, &line);
    ck_assert_int_eq(mx_line_carry(&line, 9999, 0, &wait_us), MX_LINE_CARRIES);
    ck_assert_int_eq(wait_us, 0);
    ck_assert_int_eq(mx_line_carry(&line, 1, 0, &wait_us), MX_LINE_CARRIES);
    ck_assert_int_eq(wait_us, 2 * TIME_SECOND);
    ck_assert_int_eq(mx_line_carry(&line, 35000, 0, &wait_us), MX_LINE_CARRIES);
    ck_assert_int_eq(wait_us, 6 * TIME_SECOND);
    done();
}
END_TEST

START_TEST(test_a_line_that_breaks_in_its_window)
{
    static const struct {
        const char *is;
        enum mx_line_fate fate;
    } CASES[] = {{"resets", MX_LINE_RESETS}, {"vanishes", MX_LINE_VANISHES}};
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct mx_line line;
        int64_t wait_us;
        char *host = mem_text_format(
            "{\"network\":{\"is\":\"%s\",\"after\":\"10kB\",\"during\":\"1h..2h\"}}", CASES[i].is);
        open_line(host, 1, &line);
        ck_assert_int_eq(mx_line_carry(&line, 20000, 0, &wait_us), MX_LINE_CARRIES);
        ck_assert_int_eq(mx_line_carry(&line, 1, TIME_HOUR, &wait_us), CASES[i].fate);
        ck_assert_int_eq(mx_line_carry(&line, 1, 2 * TIME_HOUR, &wait_us), MX_LINE_CARRIES);
        free(host);
        done();
    }
}
END_TEST

UNIT_MAIN(test_jitter_repeats_with_the_seed, test_stalls, test_a_line_that_breaks_in_its_window)
