/*
 * The mailbox providers of a scenario ("providers": {"bigmail": {"model": "gmail-like", ...}}): who
 * judges what comes to the hosts that name one.
 */
#pragma once

#include "sim/provider/provider.h"

struct mx_providers;

struct mx_providers *mx_providers_new(const char *root, uint64_t seed, struct arena *arena);
void mx_providers_free(struct mx_providers **providers);
/* -1 with the place. */
int mx_providers_read(struct mx_providers *providers, struct spec spec, struct err *err) MUST_CHECK;
/* The provider of that name, or NULL; it counts as used from then on. */
struct provider *mx_providers_use(struct mx_providers *providers, const char *name);
size_t mx_providers_count(const struct mx_providers *providers);
/* Their names into `names`, which has room for all of them; how many there are. */
size_t mx_providers_names(const struct mx_providers *providers, const char **names);
/* The i-th of them. */
struct provider *mx_providers_at(const struct mx_providers *providers, size_t i);
/* Appends all of them in words. */
void mx_providers_explain(const struct mx_providers *providers, struct buf *out);
/* The name of one that no host has used, or NULL. */
const char *mx_providers_unused(const struct mx_providers *providers);
