/*
 * Performance monitor: MMCR0, MMCR1, PMC1-4, SIA.
 *
 * A counter isn't advanced by what it counts: it is its value when it was last looked at, plus what
 * the event's source (the CPU's instruction count, the time base) has counted since. The value is
 * brought up to date ("folded") before anything that decides whether and what is counted changes:
 * MMCR0, MMCR1, MSR[PR], MSR[PM].
 *
 * Counted are the events that all four counters have: processor cycles (bus clocks, four to a tick
 * of the time base, times the PLL's factor), completed and dispatched instructions (here the same),
 * transitions of a time base bit. Others stand still and say so once. Overflows are looked for
 * every POLL_NS, so the interrupt may be that late.
 *
 * Reference: MPC750UM chapter 11.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "accel/tcg/tcg-accel.h"
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

enum { EVENT_NONE, EVENT_CYCLES, EVENT_COMPLETED, EVENT_TB_BIT, EVENT_DISPATCHED, NB_EVENTS };

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

/* Twice the core's clocks for one of the bus, by HID1's PLL configuration (MPC755 hardware
 * specification). */
static unsigned pll_factor(const CPUPPCState *env)
{
    static const uint8_t factors[16] = {
        [2] = 14, [1] = 15, [4] = 4,   [5] = 13,  [6] = 20,  [7] = 9, [8] = 6,
        [9] = 11, [10] = 8, [11] = 10, [12] = 16, [13] = 12, [14] = 7
    };
    unsigned factor = factors[env->spr[SPR_HID1] >> 28];

    return factor ? factor : 2;
}

/* How often the selected time base bit has become 1. */
static uint64_t tb_bit_count(CPUPPCState *env)
{
    static const uint8_t bits[4] = { 31, 23, 19, 15 };
    unsigned shift = 31 - bits[env->spr[SPR_MMCR0] >> 23 & 3];

    return (ppc_load_tb(env) + (1ull << shift)) >> (shift + 1);
}

static uint64_t source_count(CPUPPCState *env, unsigned event)
{
    switch (event) {
    case EVENT_CYCLES:
        return ppc_load_tb(env) * 4 * pll_factor(env) / 2;
    case EVENT_TB_BIT:
        return tb_bit_count(env);
    default:
        return tcg_cpu_insns(ppc_env_cpu(env));
    }
}

static bool counting_allowed(const CPUPPCState *env)
{
    uint32_t mmcr0 = env->spr[SPR_MMCR0];
    uint32_t stops = MMCR0_DIS | (env->msr & MSR_PR ? MMCR0_DU : MMCR0_DP) |
                     (env->msr & MSR_PM ? MMCR0_DMS : MMCR0_DMR);

    return !(mmcr0 & stops);
}

uint32_t ppc_load_pmc(CPUPPCState *env, unsigned spr)
{
    for (unsigned n = 0; n < NB_PMCS; n++) {
        if (pmc_sprs[n] == spr && (env->pm_running >> n & 1)) {
            return env->spr[spr] +
                   (uint32_t)(source_count(env, selected_event(env, n)) - env->pm_base[n]);
        }
    }
    return env->spr[spr];
}

/* An interrupt condition, if the monitor may interrupt. */
static void signal_interrupt(CPUPPCState *env)
{
    if (!(env->spr[SPR_MMCR0] & MMCR0_ENINT)) {
        return;
    }
    env->spr[SPR_MMCR0] &= ~(uint32_t)MMCR0_ENINT;
    env->spr[SPR_MMCR0] |= env->spr[SPR_MMCR0] & MMCR0_DISCOUNT ? MMCR0_DIS : 0;
    env->spr[SPR_SIA] = env->nip;
    ppc_set_pending(env, PPC_INTERRUPT_PERFMON, true);
}

/* Brings the counters up to date. Whoever calls it calls ppc_perfmon_restart() once the change has
 * been made. */
void ppc_perfmon_fold(CPUPPCState *env)
{
    for (unsigned n = 0; n < NB_PMCS; n++) {
        uint32_t control = n ? MMCR0_PMCINTCONTROL : MMCR0_PMC1INTCONTROL;
        uint32_t value = ppc_load_pmc(env, pmc_sprs[n]), old = env->spr[pmc_sprs[n]];

        env->spr[pmc_sprs[n]] = value;
        if ((value & ~old & PMC_OVERFLOW) && (env->spr[SPR_MMCR0] & control)) {
            signal_interrupt(env);
        }
    }
    if ((env->spr[SPR_MMCR0] & MMCR0_INTONBITTRANS) && tb_bit_count(env) != env->pm_tb_base) {
        signal_interrupt(env);
    }
    env->pm_running = 0;
}

static bool waits_for_overflow(const CPUPPCState *env)
{
    uint32_t mmcr0 = env->spr[SPR_MMCR0];
    uint32_t controls = MMCR0_PMC1INTCONTROL | MMCR0_PMCINTCONTROL;

    return ((mmcr0 & MMCR0_ENINT) &&
            ((mmcr0 & MMCR0_INTONBITTRANS) || (env->pm_running && (mmcr0 & controls)))) ||
           (env->pm_running && (mmcr0 & MMCR0_PMCTRIGGER) && !(env->spr[SPR_PMC1] & PMC_OVERFLOW));
}

void ppc_perfmon_restart(CPUPPCState *env)
{
    bool waiting = (env->spr[SPR_MMCR0] & MMCR0_PMCTRIGGER) && !(env->spr[SPR_PMC1] & PMC_OVERFLOW);

    env->pm_running = 0;
    env->pm_tb_base = tb_bit_count(env);
    for (unsigned n = 0; n < NB_PMCS; n++) {
        unsigned event = selected_event(env, n);

        env->pm_selected |= event != EVENT_NONE;
        if (event != EVENT_NONE && event < NB_EVENTS && counting_allowed(env) && !(n && waiting)) {
            env->pm_base[n] = source_count(env, event);
            env->pm_running |= 1u << n;
        }
    }
    if (waits_for_overflow(env)) {
        timer_mod_ns(env->pm_timer, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) + POLL_NS);
    } else {
        timer_del(env->pm_timer);
    }
}

static void report_events(const CPUPPCState *env)
{
    for (unsigned n = 0; n < NB_PMCS; n++) {
        if (selected_event(env, n) >= NB_EVENTS) {
            qemu_log_mask(LOG_UNIMP, "performance monitor: event %u of PMC%u isn't counted\n",
                          selected_event(env, n), n + 1);
        }
    }
}

void ppc_store_perfmon(CPUPPCState *env, const PPCSPR *spr, uint32_t value)
{
    ppc_perfmon_fold(env);
    env->spr[spr->num] = value;
    env->pm_selected = false;
    ppc_perfmon_restart(env);
    if (spr->num == SPR_MMCR0 || spr->num == SPR_MMCR1) {
        report_events(env);
    }
}

static void poll_on_cpu(CPUState *cs, void *data)
{
    CPUPPCState *env = &POWERPC_CPU(cs)->env;

    ppc_perfmon_fold(env);
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
    timer_del(env->pm_timer);
}

void ppc_perfmon_finalize(CPUPPCState *env)
{
    timer_free(env->pm_timer);
    env->pm_timer = NULL;
}
