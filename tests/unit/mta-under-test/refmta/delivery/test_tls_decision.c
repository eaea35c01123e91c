#include "mta-under-test/refmta/delivery/tls_decision.h"

#include "tests/unit/unit.h"

START_TEST(the_mode_and_the_memory_decide)
{
    static const struct {
        enum config_delivery_tls mode;
        bool has_password;
        bool failed_lately;
        enum client_tls tls;
        bool verify;
    } CASES[] = {
        {CONFIG_TLS_OPPORTUNISTIC, false, false, CLIENT_TLS_IF_OFFERED, false},
        {CONFIG_TLS_OPPORTUNISTIC, false, true, CLIENT_TLS_NEVER, false},
        {CONFIG_TLS_REQUIRED, false, false, CLIENT_TLS_REQUIRED, true},
        {CONFIG_TLS_REQUIRED, false, true, CLIENT_TLS_REQUIRED, true},
        {CONFIG_TLS_OPPORTUNISTIC, true, true, CLIENT_TLS_REQUIRED, true},
        {CONFIG_TLS_NEVER, false, false, CLIENT_TLS_NEVER, false},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct tls_facts facts = {CASES[i].mode, CASES[i].has_password, CASES[i].failed_lately};
        struct tls_decision decision = tls_decide(&facts);
        ck_assert_int_eq(decision.tls, CASES[i].tls);
        ck_assert_int_eq(decision.verify, CASES[i].verify);
        ck_assert_ptr_nonnull(decision.why);
    }
}
END_TEST

UNIT_MAIN(the_mode_and_the_memory_decide)
