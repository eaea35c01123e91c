/*
 * Makes a network interface carry packets as a wire would: segmentation and checksums are done
 * before a packet leaves, not put off to hardware that is not there. Without this a veth pair
 * carries "packets" of 64 kB with wrong checksums, and the kernel's ring needs room for such a one
 * in each slot. Both ends of a pair need it, since a packet is shaped where it is sent.
 */
#pragma once

#include "mta-under-test/base/err.h"

/* -1 if there is no such interface here or it may not be changed. A feature that an interface does
 * not have is no error. */
int capture_interface_prepare(const char *interface, struct err *err) MUST_CHECK;
