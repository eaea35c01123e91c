/*
 * Requests to the kernel that building a network and taking it away (outage.c) have in common, and
 * the numbers of both ends of the pair. Only for this folder.
 */
#pragma once

#include "sim/value/address.h"
#include "sim/world/netlink.h"

#define NETWORK_CREATE (NLM_F_CREATE | NLM_F_REPLACE)

/* The numbers of the interfaces in their namespaces, chosen by us so as not to ask for them (small
 * ones may be taken by what the kernel puts into each namespace). The two ends must differ: only
 * then does the kernel switch a pair on at once, and not at its next look, which comes once in a
 * second. */
enum { NETWORK_INTERNET_INDEX = 100, NETWORK_MTA_INDEX = 101 };

extern const unsigned char NETWORK_MAC_INTERNET[6];
extern const unsigned char NETWORK_MAC_MTA[6];

unsigned char network_family_of(const struct address *address);
/* An attribute with the address in its family's length. */
void network_attribute_address(struct netlink *netlink, uint16_t type,
                               const struct address *address);
/* Who has `address` behind `link`, for good: no ARP, no neighbour discovery. */
int network_neighbour_set(struct netlink *netlink, int link, const struct address *address,
                          const unsigned char mac[6], struct err *err) MUST_CHECK;
