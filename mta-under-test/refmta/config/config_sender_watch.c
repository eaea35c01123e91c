#include "mta-under-test/refmta/config/config_sender_watch.h"

#include "mta-under-test/base/poison.h"

enum { FLOOR_MAX = 1000000 };

static const char *const ACTIONS[] = {"off", "alarm", "hold", NULL};

#define FLOOR(member) CONFIG_WHOLE(struct config_sender_watch, member, 1, FLOOR_MAX)

static const struct config_key KEYS[] = {
    {"action", CONFIG_WORD(struct config_sender_watch, action, enum config_watch_action, ACTIONS),
     .fallback = "\"alarm\"", .is_fixed = true,
     .help =
         "`alarm`: a line of the log, and of the metrics; `hold`: his new mail waits, too, until "
         "an operator releases it; `off`"},
    {"hold-for", CONFIG_SPAN(struct config_sender_watch, hold_us), .fallback = "\"24h\"",
     .is_fixed = true, .help = "how long mail is held that comes behind an alarm"},
    {"recipients", FLOOR(recipients), .fallback = "100", .is_fixed = true,
     .help = "up to so many in an hour are never an alarm, whatever was usual"},
    {"new-recipients", FLOOR(new_recipients), .fallback = "50", .is_fixed = true,
     .help = "the same for those that he never wrote to"},
    {"bounces", FLOOR(bounces), .fallback = "20", .is_fixed = true,
     .help = "the same for mailboxes that are not there"},
    {"complaints", FLOOR(complaints), .fallback = "5", .is_fixed = true,
     .help = "the same for complaints of a feedback loop"},
    CONFIG_END,
};

const struct config_object CONFIG_SENDER_WATCH = {.size = sizeof(struct config_sender_watch),
                                                  .keys = KEYS};
