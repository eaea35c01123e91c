/*
 * What mail the clients of a scenario hand in if the server takes all that they say: only mail that
 * can be known again (client_mail.h).
 */
#pragma once

#include "sim/client/client_mail.h"
#include "sim/client/client_script.h"

typedef void client_letter_visitor(void *context, const struct client_letter *letter);
void client_letters_visit(const struct client_list *list, client_letter_visitor *visitor,
                          void *context);
