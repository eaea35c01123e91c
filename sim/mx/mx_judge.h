/*
 * A session's message as a provider sees it, and the provider's verdict as a reply. The rules of
 * the host come first: the provider is asked where they have not decided.
 */
#pragma once

#include "sim/mx/mx_facts.h"
#include "sim/provider/provider.h"

/* What is known of the message; what it needs lives in `arena`. */
struct provider_mail mx_judge_mail(const struct mx_facts *facts, enum mx_stage stage,
                                   struct arena *arena);
