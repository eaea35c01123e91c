/*
 * The watch on senders of our own ("sender-watch").
 */
#pragma once

#include "mta-under-test/refmta/config/config_key.h"

enum config_watch_action { CONFIG_WATCH_OFF, CONFIG_WATCH_ALARM, CONFIG_WATCH_HOLD };

struct config_sender_watch {
    enum config_watch_action action;
    int64_t hold_us;
    unsigned recipients; /* floors, in an hour */
    unsigned new_recipients;
    unsigned bounces;
    unsigned complaints;
};

/* Becomes a struct config_sender_watch. */
extern const struct config_object CONFIG_SENDER_WATCH;
