/*
 * What CPUID says of caches: Intel's leaves 2 and 4, AMD's 80000005, 80000006 and 8000001D. There
 * are none; guests size their tables by them, and find those of QEMU's models.
 *
 * Reference: SDM volume 2, CPUID; AMD64 Architecture Programmer's Manual volume 3, appendix E.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/host-utils.h"
#include "target/i386/internal.h"

enum { DATA = 1, CODE, UNIFIED };
enum { NB_CACHES = 4, LINE = 64, SELF_INITIALIZING = 1 << 8 };
enum { WBINVD_LOWER = 1, INCLUSIVE = 2, COMPLEX_INDEX = 4 }; /* EDX */

/* In the leaves' order: L1 data, L1 code, L2, L3, which is the package's. */
typedef struct Cache {
    uint8_t kind, level, ways;
    uint32_t kib;
    uint32_t eax, edx;
} Cache;

static const Cache intel_caches[NB_CACHES] = {
    { DATA, 1, 8, 32, SELF_INITIALIZING, WBINVD_LOWER },
    { CODE, 1, 8, 32, SELF_INITIALIZING, WBINVD_LOWER },
    { UNIFIED, 2, 16, 4096, SELF_INITIALIZING, WBINVD_LOWER },
    { UNIFIED, 3, 16, 16384, SELF_INITIALIZING, INCLUSIVE | COMPLEX_INDEX },
};

static const Cache amd_caches[NB_CACHES] = {
    { DATA, 1, 2, 64, SELF_INITIALIZING, WBINVD_LOWER },
    { CODE, 1, 2, 64, SELF_INITIALIZING, WBINVD_LOWER },
    { UNIFIED, 2, 16, 512, 0, 0 },
    { UNIFIED, 3, 16, 16384, SELF_INITIALIZING, INCLUSIVE | COMPLEX_INDEX },
};

/* Family 17h */
static const Cache zen_caches[NB_CACHES] = {
    { DATA, 1, 8, 32, SELF_INITIALIZING, WBINVD_LOWER },
    { CODE, 1, 4, 64, SELF_INITIALIZING, WBINVD_LOWER },
    { UNIFIED, 2, 8, 512, 0, 0 },
    { UNIFIED, 3, 16, 8192, SELF_INITIALIZING, INCLUSIVE | COMPLEX_INDEX },
};

/* In AMD's leaves; Intel's parts have those as well, of the older caches. */
static const Cache *amd_caches_of(const X86CPU *cpu)
{
    return x86_is_amd(cpu) && cpu->family >= 0x17 ? zen_caches : amd_caches;
}

/* ---- Intel's ---- */

void x86_leaf_cache_descriptors(CPUX86State *env, uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
    /* L1: 32 KiB each (2c, 30); L2: 2 MiB (7d); L3: 16 MiB (4d) */
    if (!x86_is_amd(x86_env_archcpu(env))) {
        out[EAX] = 1;
        out[ECX] = 0x4d;
        out[EDX] = 0x002c307d;
    }
}

/* Both makers' leaf of this form; so many logical CPUs share it. */
static void describe(const Cache *c, unsigned sharing, uint32_t out[4])
{
    out[EAX] = c->kind | (uint32_t)c->level << 5 | c->eax | (uint32_t)(sharing - 1) << 14;
    out[EBX] = (LINE - 1) | (uint32_t)(c->ways - 1) << 22;
    out[ECX] = c->kib * 1024 / LINE / c->ways - 1;
    out[EDX] = c->edx;
}

static unsigned sharing_of(const X86CPU *cpu, const Cache *c)
{
    return c->level == 3 ? x86_nb_cores(cpu) * x86_nb_threads(cpu) : x86_nb_threads(cpu);
}

void x86_leaf_caches(CPUX86State *env, uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
    X86CPU *cpu = x86_env_archcpu(env);

    if (subleaf < NB_CACHES && !x86_is_amd(cpu)) {
        const Cache *c = &intel_caches[subleaf];

        describe(c, pow2ceil(sharing_of(cpu, c)), out);
        out[EAX] |= (uint32_t)(MIN(x86_nb_cores(cpu), 64) - 1) << 26;
    }
}

/* ---- AMD's ---- */

/* How many ways, as leaf 80000006 has it. */
static uint32_t code_of_ways(unsigned ways)
{
    return ways <= 4 ? ways : 2 * ctz32(ways);
}

void x86_leaf_amd_l1(CPUX86State *env, uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
    enum { TLB = 0x01ff01ff }; /* 255 entries, of any way, for each kind of page */
    const Cache *c = amd_caches_of(x86_env_archcpu(env));

    out[EAX] = out[EBX] = TLB;
    out[ECX] = c[0].kib << 24 | (uint32_t)c[0].ways << 16 | 1 << 8 | LINE;
    out[EDX] = c[1].kib << 24 | (uint32_t)c[1].ways << 16 | 1 << 8 | LINE;
}

/* L3 in units of 512 KiB */
void x86_leaf_amd_l2_l3(CPUX86State *env, uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
    enum { TLB = 0x42004200 }; /* 512 entries of 4 ways */
    const Cache *c = amd_caches_of(x86_env_archcpu(env));

    out[EBX] = TLB;
    out[ECX] = c[2].kib << 16 | code_of_ways(c[2].ways) << 12 | 1 << 8 | LINE;
    out[EDX] = c[3].kib / 512 << 18 | code_of_ways(c[3].ways) << 12 | 1 << 8 | LINE;
}

void x86_leaf_amd_caches(CPUX86State *env, uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
    X86CPU *cpu = x86_env_archcpu(env);

    if (subleaf < NB_CACHES && x86_is_amd(cpu)) {
        const Cache *c = &amd_caches_of(cpu)[subleaf];

        describe(c, sharing_of(cpu, c), out);
    }
}
