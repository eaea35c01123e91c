/* DNS over UDP on one socket. Private to sim/dns. */
#pragma once

#include "sim/dns/dns_service.h"

struct dns_udp;

/* Takes over `fd`, a bound UDP socket. */
struct dns_udp *dns_udp_open(struct dns_service *service, int fd, struct err *err) MUST_CHECK;
void dns_udp_close(struct dns_udp **udp);
