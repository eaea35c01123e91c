#include "mta-under-test/refmta/recipients/recipient_map.h"
#include "tests/unit/mta-under-test/refmta/server/server_stand.h"

static const char RECIPIENTS[] =
    "postmaster: ann\nann: ann\nsales: ann, bob@other.test\nnull: null\n";
static struct recipient_map *map;

static void begin(const char *client, const char *policy)
{
    static const char *const DOMAINS[] = {"h.test"};
    struct err err;
    char *keys = mem_text_format(", \"vrfy\": \"%s\", \"expn\": \"%s\", \"local\": {\"domains\":"
                                 "[\"h.test\"], \"recipients\": \"r\", \"maildirs\": \"m\"}",
                                 policy, policy);
    start_with(client, keys);
    free(keys);
    map = recipient_map_parse("r", slice_of(RECIPIENTS), DOMAINS, 1, &err);
    ck_assert_ptr_nonnull(map);
    config.local.map = map;
    expect("220 *\n");
}

static void end(void)
{
    stop();
    recipient_map_free(&map);
}

START_TEST(off_and_neutral)
{
    begin("192.0.2.1", "off");
    say("VRFY ann\r\nEXPN sales\r\n");
    expect("502 5.5.1 VRFY *\n502 5.5.1 EXPN *\n");
    end();
    begin("192.0.2.1", "neutral");
    say("VRFY ann\r\nVRFY nobody\r\nVRFY\r\nEXPN sales\r\n");
    expect("252 2.5.0 *\n252 2.5.0 *\n501 5.5.4 *\n252 2.5.0 *\n");
    end();
}
END_TEST

START_TEST(own)
{
    begin("192.0.2.1", "own");
    say("VRFY ann\r\nVRFY <Ann+x@h.test>\r\nVRFY nobody@h.test\r\nVRFY ann@other.test\r\n");
    expect("250 2.1.5 <ann@h.test>\n250 2.1.5 <Ann+x@h.test>\n550 5.1.1 *\n252 2.5.0 *\n");
    say("EXPN sales\r\nEXPN ann\r\nEXPN null\r\nEXPN nobody\r\nEXPN\r\n");
    expect("250-2.1.5 <ann@h.test>\n250 2.1.5 <bob@other.test>\n250 2.1.5 <ann@h.test>\n"
           "252 2.1.5 *\n550 5.1.1 *\n501 5.5.4 *\n");
    end();
    /* Strangers learn nothing. */
    begin("203.0.113.1", "own");
    say("VRFY ann\r\nVRFY nobody\r\nEXPN sales\r\n");
    expect("252 2.5.0 *\n252 2.5.0 *\n252 2.5.0 *\n");
    end();
}
END_TEST

UNIT_MAIN(off_and_neutral, own)
