/*
 * counter_hash.h - random numbers without a state.
 *
 * Every number is a pure function of a key and a counter, so any reading can
 * be made at any time, in any order and on any thread. The mixing is the
 * finalizer of SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom
 * number generators", 2014). Integers only: the same on every machine.
 */
#ifndef GENERATE_COUNTER_HASH_H
#define GENERATE_COUNTER_HASH_H

#include <stdint.h>

/* 64 random bits for a counter; different keys give unrelated sequences. */
static inline uint64_t
counter_hash(uint64_t key, uint64_t counter)
{
    uint64_t x = key + counter * UINT64_C(0x9E3779B97F4A7C15);
    x = (x ^ (x >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94D049BB133111EB);
    return x ^ (x >> 31);
}

/* A number in [0, limit), from 16 random bits. */
static inline uint32_t
counter_pick(uint64_t bits, uint32_t limit)
{
    return (uint32_t)(((bits & 0xFFFF) * limit) >> 16);
}

/* A number in [min, max], from 16 random bits. */
static inline uint32_t
counter_between(uint64_t bits, uint32_t min, uint32_t max)
{
    return min + counter_pick(bits, max - min + 1);
}

#endif
