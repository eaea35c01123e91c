#include "mta-under-test/refmta/recipients/recipient_map.h"

#include "mta-under-test/base/buf.h"
#include "tests/unit/unit.h"

static const char *const DOMAINS[] = {"a.test", "b.test"};

static const char FILE_TEXT[] = "# who gets mail here\n"
                                "postmaster: ann\n"
                                "ann: ann\n"
                                "bob@a.test: bob   # only there\n"
                                "sales@a.test: ann, bob@a.test, eve@elsewhere.test\n"
                                "ann+list: bob\n"
                                "noreply: null\n"
                                "loop1: loop2@a.test\n"
                                "loop2: loop1@a.test\n"
                                "lost: nobody@a.test\n"
                                "@b.test: Box\n";

static struct recipient_map *sample(void)
{
    struct err err;
    struct recipient_map *map = recipient_map_parse("r", slice_of(FILE_TEXT), DOMAINS, 2, &err);
    ck_assert_msg(map != NULL, "%s", err.text);
    return map;
}

START_TEST(addresses_find_their_mailboxes)
{
    static const struct {
        const char *local;
        const char *domain;
        const char *targets; /* NULL: unknown */
    } CASES[] = {
        {"ann", "a.test", "ann@a.test"},
        {"ANN", "A.test", "ann@A.test"},
        {"\"ann\"", "a.test", "ann@a.test"},
        {"ann+news", "a.test", "ann+news@a.test"},
        {"ann+list", "a.test", "bob@a.test"},
        {"bob", "a.test", "bob@a.test"},
        {"bob", "b.test", "box@b.test"},
        {"sales", "a.test", "ann@a.test bob@a.test eve@elsewhere.test"},
        {"sales+x", "a.test", "ann+x@a.test bob@a.test eve@elsewhere.test"},
        {"noreply", "a.test", ""},
        {"loop1", "a.test", NULL},
        {"lost", "a.test", NULL},
        {"nobody", "a.test", NULL},
        {"nobody", "b.test", "box@b.test"},
        {"+x", "a.test", NULL},
        {"", "a.test", NULL},
        {"../ann", "a.test", NULL},
    };
    struct recipient_map *map = sample();
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct arena arena;
        struct recipient_targets targets;
        struct buf got;
        arena_init(&arena);
        buf_init(&got, 1000);
        bool found = recipient_map_find(map, slice_of(CASES[i].local), slice_of(CASES[i].domain),
                                        &arena, &targets);
        for (size_t j = 0; j < targets.count; j++)
            buf_format(&got, "%s%s", j > 0 ? " " : "", targets.addresses[j]);
        ck_assert_msg(found == (CASES[i].targets != NULL), "%s", CASES[i].local);
        if (found)
            ck_assert_str_eq(buf_text(&got), CASES[i].targets);
        buf_deinit(&got);
        arena_deinit(&arena);
    }
    recipient_map_free(&map);
}
END_TEST

START_TEST(a_target_names_its_mailbox)
{
    struct recipient_map *map = sample();
    ck_assert_str_eq(recipient_map_mailbox(map, "ann+news@a.test"), "ann");
    ck_assert_str_eq(recipient_map_mailbox(map, "BOX@b.test"), "box");
    ck_assert_ptr_null(recipient_map_mailbox(map, "sales@a.test"));
    ck_assert_ptr_null(recipient_map_mailbox(map, "ann@elsewhere.test"));
    ck_assert_ptr_null(recipient_map_mailbox(map, "ann"));
    ck_assert(recipient_map_is_local(map, SLICE("B.TEST")));
    ck_assert(!recipient_map_is_local(map, SLICE("c.test")));
    recipient_map_free(&map);
}
END_TEST

START_TEST(mistakes_have_their_line)
{
    static const struct {
        const char *text;
        const char *says;
    } CASES[] = {
        {"ann: ann\n", "postmaster"},
        {"postmaster: ann\nann\n", "r:2: expected \"address: target"},
        {"postmaster: ../ann\n", "r:1: expected mailboxes"},
        {"postmaster: .ann\n", "r:1: expected mailboxes"},
        {"postmaster: a b\n", "r:1: expected mailboxes"},
        {"postmaster: ann@\n", "r:1: has a target that is no address"},
        {"postmaster:\n", "r:1: "},
        {"postmaster: a\nx: a\nX: b\n", "r:3: this address stood"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct err err;
        ck_assert_ptr_null(recipient_map_parse("r", slice_of(CASES[i].text), DOMAINS, 2, &err));
        ck_assert_msg(strstr(err.text, CASES[i].says) != NULL, "%s", err.text);
    }
}
END_TEST

UNIT_MAIN(addresses_find_their_mailboxes, a_target_names_its_mailbox, mistakes_have_their_line)
