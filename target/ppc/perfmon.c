/*
 * Performance monitor: MMCR0, MMCR1, PMC1-4, SIA.
 *
 * A counter isn't advanced by what it counts: it is its value when it was last looked at, plus what
 * the event's source (the CPU's instruction count, the time base, a count that generated code
 * keeps) has counted since. The value is brought up to date ("folded") before anything that decides
 * whether and what is counted changes: MMCR0, MMCR1, MSR[PR], MSR[PM].
 *
 * Cycles are bus clocks, four to a tick of the time base, times the PLL's factor; dispatched
 * instructions are the completed ones. Which events there are is in perfmon-events.c. Overflows are
 * looked for every POLL_NS, so the interrupt may be that late.
 *
 * Reference: MPC750UM chapter 11, 750GXUM 2.1.2.5.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/log.h"
#include "target/ppc/internal.h"

#define NB_PMCS 4
#define POLL_NS SCALE_MS

enum {
    MMCR0_DIS = 0x80000000,
    MMCR0_DP = 0x40000000,
    MMCR0_DU = 0x20000000,
    MMCR0_DMS = 0x10000000,
    MMCR0_DMR = 0x08000000,
    MMCR0_ENINT = 0x04000000,
    MMCR0_DISCOUNT = 0x02000000,
    MMCR0_INTONBITTRANS = 0x00400000,
    MMCR0_PMC1INTCONTROL = 0x00008000,
    MMCR0_PMCINTCONTROL = 0x00004000,
    MMCR0_PMCTRIGGER = 0x00002000,
};

#define PMC_OVERFLOW 0x80000000u

static const uint16_t pmc_sprs[NB_PMCS] = { SPR_PMC1, SPR_PMC2, SPR_PMC3, SPR_PMC4 };

static unsigned selected_event(const CPUPPCState *env, unsigned n)
{
    uint32_t mmcr0 = env->spr[SPR_MMCR0], mmcr1 = env->spr[SPR_MMCR1];

    switch (n) {
    case 0:
        return mmcr0 >> 6 & 0x7f;
    case 1:
        return mmcr0 & 0x3f;
    case 2:
        return mmcr1 >> 27;
    default:
        return mmcr1 >> 22 & 0x1f;
    }
}

static const PPCPerfEvent *event_of(CPUPPCState *env, unsigned n)
{
    return ppc_perfmon_event(ppc_family(env), n + 1, selected_event(env, n));
}

/* Twice the core's clocks for one of the bus, by HID1's PLL configuration (MPC755EC table 18). */
static unsigned pll_factor(const CPUPPCState *env)
{
    static const uint8_t factors[16] = {
        [2] = 14, [1] = 15, [4] = 4,   [5] = 13,  [6] = 20,  [7] = 9, [8] = 6,
        [9] = 11, [10] = 8, [11] = 10, [12] = 16, [13] = 12, [14] = 7
    };
    unsigned factor = factors[env->spr[SPR_HID1] >> 28];

    return factor ? factor : 2;
}

/* How often the selected time base bit has become 1. The 604 numbers the bits the other way. */
static uint64_t tb_bit_count(CPUPPCState *env)
{
    static const uint8_t bits[4] = { 31, 23, 19, 15 }, bits_604[4] = { 15, 19, 23, 31 };
    unsigned select = env->spr[SPR_MMCR0] >> 23 & 3;
    bool is_604 = !(ppc_family(env)->features & PPC_FEAT_PERFMON);
    unsigned shift = 31 - (is_604 ? bits_604 : bits)[select];

    return (ppc_load_tb(env) + (1ull << shift)) >> (shift + 1);
}

static uint64_t source_count(CPUPPCState *env, unsigned source)
{
    switch (source) {
    case PPC_PM_CYCLES:
        return ppc_load_tb(env) * 4 * pll_factor(env) / 2;
    case PPC_PM_COMPLETED:
        return cpu_executed_insns(ppc_env_cpu(env));
    case PPC_PM_TB_BIT:
        return tb_bit_count(env);
    case PPC_PM_TAKEN:
        return env->pm_counts[PPC_PM_BRANCH] - env->pm_counts[PPC_PM_NOT_TAKEN];
    default:
        return env->pm_counts[source];
    }
}

static bool trigger_waits(const CPUPPCState *env)
{
    return (env->spr[SPR_MMCR0] & MMCR0_PMCTRIGGER) && !env->pm_signalled &&
           !(env->spr[SPR_PMC1] & PMC_OVERFLOW);
}

/* Whether MMCR0 lets counter n run. After an interrupt was signalled with DISCOUNT, PMC1 stands
 * still, and so do the others if they didn't wait for it. */
static bool counting_allowed(const CPUPPCState *env, unsigned n)
{
    uint32_t mmcr0 = env->spr[SPR_MMCR0];
    uint32_t stops = MMCR0_DIS | (env->msr & MSR_PR ? MMCR0_DU : MMCR0_DP) |
                     (env->msr & MSR_PM ? MMCR0_DMS : MMCR0_DMR);
    bool discounted = env->pm_signalled && (mmcr0 & MMCR0_DISCOUNT);

    if ((mmcr0 & stops) || (n && trigger_waits(env))) {
        return false;
    }
    return !discounted || (n && (mmcr0 & MMCR0_PMCTRIGGER));
}

uint32_t ppc_load_pmc(CPUPPCState *env, unsigned spr)
{
    for (unsigned n = 0; n < NB_PMCS; n++) {
        if (pmc_sprs[n] == spr && (env->pm_running >> n & 1)) {
            return env->spr[spr] +
                   (uint32_t)(source_count(env, event_of(env, n)->source) - env->pm_base[n]);
        }
    }
    return env->spr[spr];
}

/* An interrupt condition, if the monitor may interrupt. The 74xx says in MMCR0 what became of the
 * counters (FC, TRIGGER). */
static void signal_interrupt(CPUPPCState *env)
{
    uint32_t *mmcr0 = &env->spr[SPR_MMCR0];

    if (!(*mmcr0 & MMCR0_ENINT)) {
        return;
    }
    *mmcr0 &= ~(uint32_t)MMCR0_ENINT;
    if (ppc_family(env)->features & PPC_FEAT_ALTIVEC) {
        *mmcr0 &= ~(uint32_t)MMCR0_PMCTRIGGER;
        *mmcr0 |= *mmcr0 & MMCR0_DISCOUNT ? MMCR0_DIS : 0;
    }
    env->pm_signalled = true;
    env->spr[SPR_SIA] = env->pm_sampled & ~3u;
    ppc_set_pending(env, PPC_INTERRUPT_PERFMON, true);
}

/* A counter's top bit that MMCR0 makes a condition: also one that software has set. */
static bool overflow_is_due(const CPUPPCState *env)
{
    uint32_t mmcr0 = env->spr[SPR_MMCR0];
    uint32_t others = env->spr[SPR_PMC2] | env->spr[SPR_PMC3] | env->spr[SPR_PMC4];

    return ((mmcr0 & MMCR0_PMC1INTCONTROL) && (env->spr[SPR_PMC1] & PMC_OVERFLOW)) ||
           ((mmcr0 & MMCR0_PMCINTCONTROL) && (others & PMC_OVERFLOW));
}

void ppc_perfmon_fold(CPUPPCState *env, uint32_t address)
{
    uint32_t values[NB_PMCS];

    for (unsigned n = 0; n < NB_PMCS; n++) {
        values[n] = ppc_load_pmc(env, pmc_sprs[n]);
    }
    for (unsigned n = 0; n < NB_PMCS; n++) {
        env->spr[pmc_sprs[n]] = values[n];
    }
    env->pm_sampled = address;
    if (overflow_is_due(env) || ((env->spr[SPR_MMCR0] & MMCR0_INTONBITTRANS) &&
                                 tb_bit_count(env) != env->pm_tb_base)) {
        signal_interrupt(env);
    }
    env->pm_running = 0;
}

/* Whether something has to look at the counters now and then. */
static bool must_poll(const CPUPPCState *env)
{
    uint32_t mmcr0 = env->spr[SPR_MMCR0];
    uint32_t controls = MMCR0_PMC1INTCONTROL | MMCR0_PMCINTCONTROL;

    return ((mmcr0 & MMCR0_ENINT) &&
            ((mmcr0 & MMCR0_INTONBITTRANS) || (env->pm_running && (mmcr0 & controls)))) ||
           (env->pm_running && trigger_waits(env));
}

/* Generated code counts instructions by kind while some counter counts one. */
static void set_kinds_counted(CPUPPCState *env, bool counted)
{
    if (env->pm_kinds != counted) {
        env->pm_kinds = counted;
        ppc_update_hflags(env);
    }
}

void ppc_perfmon_restart(CPUPPCState *env)
{
    bool kinds = false;

    if (overflow_is_due(env)) {
        signal_interrupt(env);
    }
    env->pm_running = 0;
    env->pm_tb_base = tb_bit_count(env);
    for (unsigned n = 0; n < NB_PMCS; n++) {
        unsigned source = event_of(env, n)->source;

        env->pm_selected |= source != PPC_PM_NOTHING;
        kinds |= source < PPC_PM_NB_KINDS || source == PPC_PM_TAKEN;
        if (source != PPC_PM_NOTHING && source != PPC_PM_UNKNOWN && counting_allowed(env, n)) {
            env->pm_base[n] = source_count(env, source);
            env->pm_running |= 1u << n;
        }
    }
    set_kinds_counted(env, kinds);
    if (must_poll(env)) {
        timer_mod_ns(env->pm_timer, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) + POLL_NS);
    } else {
        timer_del(env->pm_timer);
    }
}

static void report_events(CPUPPCState *env)
{
    for (unsigned n = 0; n < NB_PMCS; n++) {
        const PPCPerfEvent *e = event_of(env, n);

        if (e->source == PPC_PM_UNKNOWN) {
            qemu_log_mask(LOG_UNIMP, "performance monitor: event %u of PMC%u (%s) isn't counted\n",
                          selected_event(env, n), n + 1, e->name);
        }
    }
}

void ppc_store_perfmon(CPUPPCState *env, const PPCSPR *spr, uint32_t value)
{
    bool selects = spr->num == SPR_MMCR0 || spr->num == SPR_MMCR1;

    ppc_perfmon_fold(env, env->pm_sampled);
    env->spr[spr->num] = value;
    env->pm_selected = false;
    env->pm_signalled &= spr->num != SPR_MMCR0;
    ppc_perfmon_restart(env);
    if (selects) {
        report_events(env);
    }
}

static void poll_on_cpu(CPUState *cs, void *data)
{
    CPUPPCState *env = ppc_env(cs);

    ppc_perfmon_fold(env, env->nip);
    ppc_perfmon_restart(env);
}

static void poll_timer_fired(void *opaque)
{
    async_run_on_cpu(ppc_env_cpu(opaque), poll_on_cpu, NULL);
}

void ppc_perfmon_init(CPUPPCState *env)
{
    env->pm_timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, poll_timer_fired, env);
}

void ppc_perfmon_reset(CPUPPCState *env)
{
    env->pm_running = 0;
    env->pm_selected = false;
    env->pm_signalled = false;
    env->pm_kinds = false;
    timer_del(env->pm_timer);
}

void ppc_perfmon_finalize(CPUPPCState *env)
{
    timer_free(env->pm_timer);
    env->pm_timer = NULL;
}
