#include "mta-under-test/base/rng.h"

#include <assert.h>

#include "mta-under-test/base/poison.h"

static uint64_t rng_split_mix(uint64_t *state)
{
    *state += 0x9e3779b97f4a7c15u;
    uint64_t z = *state;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

void rng_init(struct rng *rng, uint64_t seed)
{
    for (int i = 0; i < 4; i++)
        rng->state[i] = rng_split_mix(&seed);
}

void rng_init_salted(struct rng *rng, uint64_t seed, const char *salt)
{
    for (; *salt != '\0'; salt++)
        seed = (seed ^ (unsigned char)*salt) * 0x100000001b3u;
    rng_init(rng, seed);
}

static uint64_t rng_rotate(uint64_t x, int by)
{
    return x << by | x >> (64 - by);
}

uint64_t rng_u64(struct rng *rng)
{
    uint64_t *s = rng->state;
    uint64_t result = rng_rotate(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rng_rotate(s[3], 45);
    return result;
}

uint64_t rng_below(struct rng *rng, uint64_t bound)
{
    assert(bound > 0);
    /* Draws from the uneven rest at the top are thrown away. */
    uint64_t limit = UINT64_MAX - UINT64_MAX % bound;
    uint64_t draw = rng_u64(rng);
    while (draw >= limit)
        draw = rng_u64(rng);
    return draw % bound;
}

bool rng_chance(struct rng *rng, uint32_t millionths)
{
    return rng_below(rng, 1000000) < millionths;
}
