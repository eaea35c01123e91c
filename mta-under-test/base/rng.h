/*
 * Seeded random numbers (xoshiro256**, seeded through splitmix64): the same seed gives the same
 * numbers on every machine. Not for secrets.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct rng {
    uint64_t state[4];
};

void rng_init(struct rng *rng, uint64_t seed);

/* A generator of its own for a part that is named by `salt`, so that a draw in one part does not
 * move the others. */
void rng_init_salted(struct rng *rng, uint64_t seed, const char *salt);

uint64_t rng_u64(struct rng *rng);

/* Evenly in 0 .. bound - 1; bound must not be 0. */
uint64_t rng_below(struct rng *rng, uint64_t bound);

/* True with a chance of `millionths` in a million. */
bool rng_chance(struct rng *rng, uint32_t millionths);
