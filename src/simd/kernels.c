/*
 * kernels.c - which table of kernels to use.
 *
 * Chosen once, by what the CPU has or by what the caller wants; all tables
 * give the same bytes.
 */
#include "simd/kernels.h"

#include "wattle/experimental/tuning.h"

#if defined(__x86_64__)

static const struct kernels *
if_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
                   __builtin_cpu_supports("bmi2")
               ? &kernels_avx2
               : NULL;
}

static const struct kernels *
if_avx512(void)
{
    return __builtin_cpu_supports("avx512f") &&
                   __builtin_cpu_supports("avx512bw") &&
                   __builtin_cpu_supports("avx512vl") &&
                   __builtin_cpu_supports("avx512dq") &&
                   __builtin_cpu_supports("avx512vbmi") &&
                   __builtin_cpu_supports("bmi") &&
                   __builtin_cpu_supports("bmi2")
               ? &kernels_avx512
               : NULL;
}

#else

static const struct kernels *
if_avx2(void)
{
    return NULL;
}

static const struct kernels *
if_avx512(void)
{
    return NULL;
}

#endif

/* Every 64-bit ARM has it. */
static const struct kernels *
if_neon(void)
{
#if defined(__AARCH64EL__)
    return &kernels_neon;
#else
    return NULL;
#endif
}

const struct kernels *
kernels_for(int simd)
{
    switch (simd) {
    case WATTLE_SIMD_SCALAR:
        return &kernels_scalar;
    case WATTLE_SIMD_AVX2:
        return if_avx2();
    case WATTLE_SIMD_AVX512:
        return if_avx512();
    case WATTLE_SIMD_NEON:
        return if_neon();
    default:
        if (if_avx512() != NULL)
            return if_avx512();
        if (if_avx2() != NULL)
            return if_avx2();
        return if_neon() != NULL ? if_neon() : &kernels_scalar;
    }
}
