/*
 * The host's floating point modes and sticky flags, in MXCSR's terms.
 *
 * On x86 hosts they are MXCSR's own. Elsewhere they are what C's <fenv.h> knows: the rounding mode,
 * and the flags without that of denormal operands; a mode that isn't there, DAZ or FTZ, is left to
 * the caller.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TARGET_I386_SSE_HOST_H
#define TARGET_I386_SSE_HOST_H

#include "target/i386/sse.h"

#ifdef __SSE2__
#include <xmmintrin.h>

#define X86_HOST_IS_X86 1

typedef uint32_t X86HostMode;

static inline uint32_t x86_host_flags(void)
{
    return _mm_getcsr() & MXCSR_FLAGS;
}

static inline void x86_host_clear_flags(void)
{
    uint32_t mxcsr = _mm_getcsr();

    if (mxcsr & MXCSR_FLAGS) {
        _mm_setcsr(mxcsr & ~MXCSR_FLAGS);
    }
}

/* Enters the guest's modes, with nothing unmasked and no flag set. */
static inline X86HostMode x86_host_enter(uint32_t mxcsr)
{
    X86HostMode saved = _mm_getcsr(), mode = (mxcsr & MXCSR_MODES) | MXCSR_MASKS;

    if (mode != saved) { /* to write it is slow */
        _mm_setcsr(mode);
    }
    return saved;
}

/* Back; returns the flags that have been raised. */
static inline uint32_t x86_host_leave(X86HostMode saved)
{
    uint32_t left = _mm_getcsr();

    if (left != saved) {
        _mm_setcsr(saved);
    }
    return left & MXCSR_FLAGS;
}

#else
#include <fenv.h>

#define X86_HOST_IS_X86 0

typedef fenv_t X86HostMode;

static inline uint32_t x86_host_flags(void)
{
    int raised = fetestexcept(FE_ALL_EXCEPT);

    return (raised & FE_INVALID ? MXCSR_IE : 0) | (raised & FE_DIVBYZERO ? MXCSR_ZE : 0) |
           (raised & FE_OVERFLOW ? MXCSR_OE : 0) | (raised & FE_UNDERFLOW ? MXCSR_UE : 0) |
           (raised & FE_INEXACT ? MXCSR_PE : 0);
}

static inline void x86_host_clear_flags(void)
{
    feclearexcept(FE_ALL_EXCEPT);
}

static inline X86HostMode x86_host_enter(uint32_t mxcsr)
{
    static const int modes[] = { FE_TONEAREST, FE_DOWNWARD, FE_UPWARD, FE_TOWARDZERO };
    X86HostMode saved;

    feholdexcept(&saved);
    fesetround(modes[(mxcsr & MXCSR_RC) >> MXCSR_RC_SHIFT]);
    return saved;
}

static inline uint32_t x86_host_leave(X86HostMode saved)
{
    uint32_t flags = x86_host_flags();

    fesetenv(&saved);
    return flags;
}

#endif

#endif
