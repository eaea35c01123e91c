/*
 * The shipped profiles behave as their `about` says.
 */
#include <dirent.h>

#include "tests/unit/sim/mx/mx_play.h"

#define START "new\n< 220\n> HELO c.test\n< 250\n"
#define TO_RCPT START "> MAIL FROM:<a@s.test>\n< 250\n> RCPT TO:<b@a.test>\n"

#define MESSAGE \
    "> MAIL FROM:<a@s.test>\n< 250\n> RCPT TO:<b@a.test>\n< 250\n> DATA\n< 354\n> .\n< 250\n"
#define NOBODY "> RCPT TO:<x@a.test>\n< 550\n"
#define UNKNOWN NOBODY NOBODY NOBODY NOBODY NOBODY

static const struct play_case PROFILES[] = {
    {"postgrey", "\"profile\":\"greylisting/postgrey\"",
     TO_RCPT
     "< 450 4.2.0 <b@a.test>: Recipient address rejected: greylisted, come back in 300 sec\n"
     "+ 299s\n" TO_RCPT "< 450\n+ 1s\n" TO_RCPT "< 250\n"},
    {"postgrey forgets after two days", "\"profile\":\"greylisting/postgrey\"",
     TO_RCPT "< 450\n+ 49h\n" TO_RCPT "< 450\n+ 6m\n" TO_RCPT "< 250\n+ 34d\n" TO_RCPT
             "< 250\n+ 36d\n" TO_RCPT "< 450\n"},
    {"postgrey takes the network", "\"profile\":\"greylisting/postgrey\"",
     TO_RCPT
     "< 450\n+ 6m\nnew 192.0.2.77\n< 220\n> HELO x.test\n< 250\n> MAIL FROM:<a@s.test>\n< 250\n"
     "> RCPT TO:<b@a.test>\n< 250\n"},
    {"spamd puts off DATA", "\"profile\":\"greylisting/spamd\"",
     TO_RCPT "< 250\n> DATA\n< 451 Temporary failure\n+ 24m\n" TO_RCPT
             "< 250\n> DATA\n< 451\n+ 2m\n" TO_RCPT "< 250\n> DATA\n< 354\n"},
    {"spamd allows the address", "\"profile\":\"greylisting/spamd\"",
     TO_RCPT "< 250\n> DATA\n< 451\n+ 26m\n" TO_RCPT "< 250\n> DATA\n< 354\n> .\n< 250\n"
             "> MAIL FROM:<other@s.test>\n< 250\n> RCPT TO:<c@a.test>\n< 250\n> DATA\n< 354\n"},
    {"spamd forgets after four hours", "\"profile\":\"greylisting/spamd\"",
     TO_RCPT "< 250\n> DATA\n< 451\n+ 5h\n" TO_RCPT "< 250\n> DATA\n< 451\n"},
    {"milter-greylist", "\"profile\":\"greylisting/milter-greylist\"",
     TO_RCPT "< 451 4.7.1 Greylisting in action, 1800 seconds\n+ 31m\n" TO_RCPT
             "< 250\n+ 25h\n" TO_RCPT "< 451\n"},
    {"rspamd looks at the body", "\"profile\":\"greylisting/rspamd\"",
     TO_RCPT
     "< 250\n> DATA\n< 354\n> Subject: x\n> \n> one\n> .\n< 451 4.7.1 Try again\n+ 6m\n" TO_RCPT
     "< 250\n> DATA\n< 354\n> Subject: y\n> \n> two\n> .\n< 451\n" TO_RCPT
     "< 250\n> DATA\n< 354\n> Subject: z\n> \n> one\n> .\n< 250\n"},
    {"mimecast-like", "\"profile\":\"greylisting/mimecast-like\"",
     TO_RCPT "< 451\n+ 59s\n" TO_RCPT "< 451\n+ 1s\n" TO_RCPT "< 250\n+ 31d\n" TO_RCPT
             "< 451\n+ 13h\n" TO_RCPT "< 451\n"},
    {"yahoo-like hangs up after twenty", "\"profile\":\"providers/yahoo-like\"",
     START MESSAGE MESSAGE MESSAGE MESSAGE MESSAGE MESSAGE MESSAGE MESSAGE MESSAGE MESSAGE MESSAGE
         MESSAGE MESSAGE MESSAGE MESSAGE MESSAGE MESSAGE MESSAGE MESSAGE MESSAGE
     "> MAIL FROM:<a@s.test>\n.\n! close\n"},
    {"t-online-like does not know the address", "\"profile\":\"providers/t-online-like\"",
     "new\n< 554 IP=192.0.2.10\n+ 25h\n" START},
    {"gmx-like has lines without enhanced codes",
     "\"profile\":\"providers/gmx-like\",\"users\":\"bob\"",
     START "> MAIL FROM:<a@s.test>\n< 250\n" UNKNOWN UNKNOWN UNKNOWN UNKNOWN UNKNOWN UNKNOWN
           "new\n< 220\n> HELO c.test\n< 250\n> MAIL FROM:<a@s.test>\n< 250\n> RCPT "
           "TO:<x@a.test>\n< 550\n"
           "new\n< 554-Reputation\n< 554-No SMTP\n< 554-IP address\n< 554 see https\n! close\n"},
    {"a callback is made", "\"profile\":\"policy/callback\"",
     TO_RCPT "! call\ncalled 5\n< 550 5.1.0 Sender verify failed\n"},
    {"SES's simulator", "\"profile\":\"policy/ses-simulator\"",
     START "> MAIL FROM:<a@s.test>\n< 250\n> RCPT TO:<bounce@a.test>\n< 550 5.1.1\n> RCPT "
           "TO:<x@a.test>\n< 550\n"
           "> RCPT TO:<success@a.test>\n< 250\n"},
    {"Orange says later with 550", "\"profile\":\"providers/orange-like\"",
     "new\n< 220\n> HELO client\n< 550 osim: Nom HELO\n"},
    {"iCloud ends after five messages", "\"profile\":\"providers/icloud-like\"",
     START MESSAGE MESSAGE MESSAGE MESSAGE MESSAGE
     "> MAIL FROM:<a@s.test>\n< 421 4.7.0 Enough\n! close\n"},
    {"Mimecast puts off for a minute", "\"profile\":\"providers/mimecast-like\"",
     TO_RCPT "< 451 Internal resources\n+ 1m\n" TO_RCPT "< 250\n"},
    {"Exchange Online wants a name of one's own", "\"profile\":\"providers/exchange-online-like\"",
     "new\n< 220\n> HELO mx.a.test\n< 250\n> MAIL FROM:<a@s.test>\n< 550 5.7.506\n"},
    {"Exim's delays grow", "\"profile\":\"policy/exim-ratelimit\"",
     START MESSAGE MESSAGE "> MAIL FROM:<a@s.test>\n! delay 500ms\ngo\n< 250\n"},
    {"Exchange's tarpit", "\"profile\":\"policy/exchange-tarpit\",\"users\":\"b\"",
     START "> MAIL FROM:<a@s.test>\n< 250\n> RCPT TO:<x@a.test>\n< 550\n> RCPT TO:<b@a.test>\n! "
           "delay 5s\ngo\n< 250\n"},
    {"postscreen wants a second visit", "\"profile\":\"policy/postscreen\"",
     "new\n! delay 6s\n< 220-please wait\n.\ngo\n< 220 \n> HELO c.test\n< 250\n> MAIL "
     "FROM:<a@s.test>\n< 250\n"
     "> RCPT TO:<b@a.test>\n< 450 4.3.2\n+ 5m\n" TO_RCPT "< 250\n"},
    {"tarpit", "\"profile\":\"policy/tarpit\"", "new\n! delay 4m\ngo\n< 220\n"},
    {"triggers", "\"profile\":\"policy/triggers\"",
     START "> MAIL FROM:<a@s.test>\n< 250\n> RCPT TO:<bounce-552@a.test>\n< 552 5.2.2\n"
           "> RCPT TO:<defer-1x@a.test>\n< 451\n> RCPT TO:<defer-1x@a.test>\n< 250\n"
           "> RCPT TO:<bob@a.test>\n< 250\n> RCPT TO:<drop@a.test>\n! close\n"},
};

START_TEST(test_profiles)
{
    for (size_t i = 0; i < sizeof PROFILES / sizeof PROFILES[0]; i++)
        play_case(&PROFILES[i]);
}
END_TEST

START_TEST(test_gmail_like_stops_a_burst_for_ten_minutes)
{
    struct play play;
    play_open(&play, "gmail-like", "\"profile\":\"providers/gmail-like\"");
    for (int i = 0; i < 100; i++)
        play_script(&play, START "> MAIL FROM:<a@s.test>\n< 250\n");
    play_script(&play, START "> MAIL FROM:<a@s.test>\n< 421-4.7.28 \n< 421 4.7.28 \n! close\n"
                             "+ 9m\n" START "> MAIL FROM:<a@s.test>\n< 421\n< 421\n"
                             "+ 2m\n" START "> MAIL FROM:<a@s.test>\n< 250\n"
                             "fired 2 address too fast\n");
    play_close(&play);
}
END_TEST

START_TEST(test_nolisting_is_a_host_that_is_away)
{
    struct play play;
    play_open(&play, "nolisting", "\"profile\":\"policy/nolisting\"");
    ck_assert(!mx_host_listens(play.host, 25, PLAY_START_US, 0));
    play_close(&play);
}
END_TEST

/* Every file in the folders is a profile, says where its facts are from and what is assumed. */
static unsigned check_folder(const char *path, const char *name)
{
    DIR *folder = opendir(path);
    unsigned count = 0;
    if (folder == NULL)
        return 0;
    const struct dirent *entry;
    while ((entry = readdir(folder)) != NULL) {
        const char *dot = strstr(entry->d_name, ".json");
        if (dot == NULL)
            continue;
        struct err err;
        struct play play;
        char settings[512];
        char file[512];
        snprintf(settings, sizeof settings, "\"profile\":\"%s/%.*s\"", name,
                 (int)(dot - entry->d_name), entry->d_name);
        play_open(&play, settings, settings);
        play_close(&play);
        snprintf(file, sizeof file, "%s/%s", path, entry->d_name);
        struct spec_document *document = spec_document_open(file, &err);
        ck_assert_ptr_nonnull(document);
        static const char *const NEEDED[] = {"name", "about", "sources", "assumptions"};
        struct spec member;
        for (size_t i = 0; i < sizeof NEEDED / sizeof NEEDED[0]; i++)
            ck_assert_msg(spec_get(spec_root(document), NEEDED[i], &member), "%s: no %s", file,
                          NEEDED[i]);
        spec_document_free(&document);
        count++;
    }
    closedir(folder);
    return count;
}

START_TEST(test_all_files)
{
    ck_assert_uint_ge(check_folder("fixtures/profiles/greylisting", "greylisting"), 5);
    ck_assert_uint_ge(check_folder("fixtures/profiles/policy", "policy"), 8);
    ck_assert_uint_ge(check_folder("fixtures/providers", "providers"), 11);
}
END_TEST

UNIT_MAIN(test_nolisting_is_a_host_that_is_away, test_profiles,
          test_gmail_like_stops_a_burst_for_ten_minutes, test_all_files)
