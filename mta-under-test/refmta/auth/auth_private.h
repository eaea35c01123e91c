/*
 * The mechanisms, one function each, and what they share. For the files of the exchange only.
 */
#pragma once

#include "mta-under-test/refmta/auth/auth_exchange.h"

enum auth_step auth_plain_feed(struct auth_exchange *exchange, struct slice message);
enum auth_step auth_login_feed(struct auth_exchange *exchange, struct slice message);
enum auth_step auth_scram_feed(struct auth_exchange *exchange, struct slice message);
enum auth_step auth_external_feed(struct auth_exchange *exchange, struct slice message);
enum auth_step auth_oauthbearer_feed(struct auth_exchange *exchange, struct slice message);
enum auth_step auth_xoauth2_feed(struct auth_exchange *exchange, struct slice message);

/* Takes "X=value" up to the next comma. */
bool auth_take_attribute(struct slice *rest, char letter, struct slice *value);
/* saslname (RFC 5801 4): "=2C" is a comma, "=3D" an equals sign, no other "=" is allowed. False if
 * it is not the name of a user. */
bool auth_take_saslname(struct slice text, struct buf *out);
/* gs2-cbind-flag "," [authzid] "," (RFC 5801 4): the front of a message, which is taken off.
 * `acting_as` is a saslname, "" if there is none. */
bool auth_take_gs2_header(struct slice *rest, struct slice *flag, struct slice *acting_as);
