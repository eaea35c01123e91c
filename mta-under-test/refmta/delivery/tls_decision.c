#include "mta-under-test/refmta/delivery/tls_decision.h"

#include "mta-under-test/base/poison.h"

struct tls_decision tls_decide(const struct tls_facts *facts)
{
    if (facts->has_password)
        return (struct tls_decision){CLIENT_TLS_REQUIRED, true,
                                     "a password is said in verified TLS only"};
    switch (facts->mode) {
    case CONFIG_TLS_REQUIRED:
        return (struct tls_decision){CLIENT_TLS_REQUIRED, true, "verified TLS is required"};
    case CONFIG_TLS_NEVER:
        return (struct tls_decision){CLIENT_TLS_NEVER, false, "TLS is switched off"};
    case CONFIG_TLS_OPPORTUNISTIC:
        break;
    }
    /* RFC 7435: some protection, but mail in clear text rather than none. */
    if (facts->failed_lately)
        return (struct tls_decision){CLIENT_TLS_NEVER, false,
                                     "a handshake with this host failed not long ago"};
    return (struct tls_decision){CLIENT_TLS_IF_OFFERED, false, "TLS where it is offered"};
}
