/*
 * The mechanisms, one function each. For the files of the exchange only.
 */
#pragma once

#include "mta-under-test/refmta/auth/auth_exchange.h"

enum auth_step auth_plain_feed(struct auth_exchange *exchange, struct slice message);
enum auth_step auth_login_feed(struct auth_exchange *exchange, struct slice message);
enum auth_step auth_scram_feed(struct auth_exchange *exchange, struct slice message);
