/*
 * The performance monitors: PMUv3, and what AArch32 alone has of them (PMUv2).
 *
 * A counter isn't advanced by what it counts, as far as something counts that anyway: it is its
 * value when it was last looked at, plus what its source (the CPU's instruction count, the virtual
 * clock) has counted since. It is brought up to date ("folded") before anything changes that
 * decides whether and what it counts: its registers, and the exception level. So counters that are
 * off cost nothing, and those that are on a little with each exception. Rare events are added one
 * by one.
 *
 * An overflow is noticed when its counter is folded. Where it shall interrupt, the CPU's deadline
 * (it is shared with the timers, timer.c) is when it is expected: exactly for cycles; for
 * instructions as if they took their shortest time, again and again, so that the interrupt is late
 * by POLL_NS at most.
 *
 * A cycle is a nanosecond of the virtual clock.
 *
 * Reference: DDI 0487, D11 (The Performance Monitors Extension), D19.4 (registers); DDI 0406, C12,
 * for PMUv2.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "core/irq.h"
#include "qemu/bitops.h"
#include "qemu/host-utils.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "qemu/timer.h"
#include "target/arm/internal.h"
#include "target/arm/sysreg.h"

#define CYCLES            ARM_PMU_CYCLES
#define POLL_NS           20000
/* More than the translator's code executes anywhere. */
#define MOST_INSNS_PER_NS 8

/* PMCR_EL0 */
enum {
    PMCR_E = 1 << 0,
    PMCR_P = 1 << 1,
    PMCR_C = 1 << 2,
    PMCR_D = 1 << 3,
    PMCR_X = 1 << 4,
    PMCR_DP = 1 << 5,
    PMCR_LC = 1 << 6,
    PMCR_N_SHIFT = 11,
    PMCR_N = 0x1f << PMCR_N_SHIFT,
};

/* PMEVTYPERn_EL0, PMCCFILTR_EL0: who isn't counted. */
enum {
    FILTER_M = 1 << 26,   /* EL3, if it isn't as P */
    FILTER_NSH = 1 << 27, /* EL2 is */
    FILTER_NSU = 1 << 28, /* non-secure EL0, if it isn't as U */
    FILTER_NSK = 1 << 29,
    FILTER_U = 1 << 30, /* EL0 */
};
#define FILTER_P (1u << 31) /* EL1 */

enum { USER_EN = 1, USER_SW = 2, USER_CR = 4, USER_ER = 8 };

enum { SOURCE_NOTHING, SOURCE_CYCLES, SOURCE_INSNS, SOURCE_ONE_BY_ONE };

enum { EVENT_SW_INCR = 0x00, EVENT_CHAIN = 0x1e };

static const struct Event {
    uint8_t number, source, version; /* the least PMUVer that has it */
} events[] = {
    { EVENT_SW_INCR, SOURCE_ONE_BY_ONE, 0 },
    { 0x08, SOURCE_INSNS, 0 }, /* INST_RETIRED */
    { ARM_PMU_EXC_TAKEN, SOURCE_ONE_BY_ONE, 0 },
    { ARM_PMU_EXC_RETURN, SOURCE_ONE_BY_ONE, 0 },
    { 0x11, SOURCE_CYCLES, 0 }, /* CPU_CYCLES */
    { 0x1b, SOURCE_INSNS, 0 },  /* INST_SPEC: all of them retire */
    { EVENT_CHAIN, SOURCE_ONE_BY_ONE, 1 },
    { 0x23, SOURCE_NOTHING, 4 }, /* STALL_FRONTEND, */
    { 0x24, SOURCE_NOTHING, 4 }, /* STALL_BACKEND: nothing stalls */
};

/* 0: PMUv2. */
static unsigned version(const CPUARMState *env)
{
    return env->id.dfr0 >> 8 & 0xf;
}

static unsigned num_counters(const CPUARMState *env)
{
    return (env->id.pmcr & PMCR_N) >> PMCR_N_SHIFT;
}

/* MDCR_EL2.HPMN: so many counters are EL1's, the others EL2's. */
static unsigned num_of_el1(const CPUARMState *env)
{
    unsigned all = num_counters(env);

    return arm_el2_enabled(env) ? MIN(all, env->mdcr_el[2] & MDCR_HPMN) : all;
}

/* So many this level has. */
static unsigned num_visible(const CPUARMState *env)
{
    return arm_current_el(env) < 2 ? num_of_el1(env) : num_counters(env);
}

/* The first ones and the cycle counter, as bits. */
static uint32_t first_counters(unsigned n)
{
    return ((1u << n) - 1) | 1u << CYCLES;
}

static uint32_t visible(const CPUARMState *env)
{
    return first_counters(num_visible(env));
}

/* ---- Events ---- */

static unsigned event_number(const CPUARMState *env, unsigned n)
{
    return env->pmu.type[n] & (version(env) >= 4 ? 0xffff : version(env) ? 0x3ff : 0xff);
}

static const struct Event *find_event(const CPUARMState *env, unsigned number)
{
    for (size_t i = 0; i < ARRAY_SIZE(events); i++) {
        if (events[i].number == number && events[i].version <= version(env)) {
            return &events[i];
        }
    }
    return NULL;
}

static unsigned source_of(const CPUARMState *env, unsigned n)
{
    const struct Event *e = n == CYCLES ? NULL : find_event(env, event_number(env, n));

    return n == CYCLES ? SOURCE_CYCLES : e ? e->source : SOURCE_NOTHING;
}

/* PMCEID0, PMCEID1: bit n for event 32 * which + n. */
static uint64_t read_events(CPUARMState *env, const ARMSysReg *reg)
{
    uint64_t there = 0;

    for (size_t i = 0; i < ARRAY_SIZE(events); i++) {
        if (events[i].number / 32 == reg->index && events[i].version <= version(env)) {
            there |= 1u << events[i].number % 32;
        }
    }
    return there;
}

/* ---- Whether a counter counts ---- */

/* PMCR.E is the switch of EL1's counters and the cycle counter, MDCR_EL2.HPME the others'. What is
 * off neither counts nor interrupts. */
static uint32_t switched_on(const CPUARMState *env)
{
    uint32_t el1s = first_counters(num_of_el1(env));

    return (env->pmu.control & PMCR_E ? el1s : 0) | (env->mdcr_el[2] & MDCR_HPME ? ~el1s : 0);
}

static bool is_filtered(const CPUARMState *env, unsigned n)
{
    uint32_t f = env->pmu.type[n];
    bool nonsecure = env->has_el3 && !arm_is_secure(env);

    switch (arm_current_el(env)) {
    case 0:
        return !!(f & FILTER_U) ^ (nonsecure && (f & FILTER_NSU));
    case 1:
        return !!(f & FILTER_P) ^ (nonsecure && (f & FILTER_NSK));
    case 2:
        return !(f & FILTER_NSH);
    default:
        return !!(f & FILTER_P) ^ !!(f & FILTER_M);
    }
}

/* What EL3 says of secure state, EL2 of itself; the cycle counter need not mind (PMCR.DP). */
static bool is_prohibited(const CPUARMState *env, unsigned n)
{
    bool secure = env->has_el3 && arm_is_secure(env) && !(env->mdcr_el[3] & MDCR3_SPME);
    bool hypervisor = arm_current_el(env) == 2 && (env->mdcr_el[2] & MDCR_HPMD) &&
                      (n == CYCLES || n < num_of_el1(env));

    return (secure || hypervisor) && (n != CYCLES || (env->pmu.control & PMCR_DP));
}

/* ---- Counting ---- */

static bool is_long(const CPUARMState *env, unsigned n)
{
    return n == CYCLES && (env->pmu.control & PMCR_LC);
}

/* Every 64th cycle only. */
static bool is_divided(const CPUARMState *env, unsigned n)
{
    return n == CYCLES && (env->pmu.control & PMCR_D) && !is_long(env, n);
}

static uint64_t source_count(CPUARMState *env, unsigned n, uint64_t now)
{
    return source_of(env, n) == SOURCE_INSNS ? cpu_executed_insns(arm_env_cpu(env))
           : is_divided(env, n)              ? now / 64
                                             : now;
}

static bool counts_by_itself(const CPUARMState *env, unsigned n)
{
    unsigned source = source_of(env, n);

    return source == SOURCE_CYCLES || source == SOURCE_INSNS;
}

/* The cycle counter has 64 bits, but may overflow from 32; the others have 32. */
static void add(CPUARMState *env, unsigned n, uint64_t count)
{
    ARMPmu *pmu = &env->pmu;
    uint64_t old = pmu->value[n], wraps = ((uint64_t)(uint32_t)old + count) >> 32;

    pmu->value[n] = n == CYCLES ? old + count : (uint32_t)(old + count);
    if (is_long(env, n) ? pmu->value[n] < old : wraps) {
        pmu->overflowed |= 1u << n;
        if (!(n & 1) && (pmu->running >> (n + 1) & 1) && n + 1 < num_counters(env) &&
            event_number(env, n + 1) == EVENT_CHAIN && version(env)) {
            add(env, n + 1, wraps);
        }
    }
}

void arm_pmu_fold(CPUARMState *env)
{
    uint64_t now = env->pmu.running ? qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) : 0;

    for (uint32_t left = env->pmu.running; left; left &= left - 1) {
        unsigned n = ctz32(left);

        if (counts_by_itself(env, n)) {
            uint64_t count = source_count(env, n, now);

            add(env, n, count - env->pmu.base[n]);
            env->pmu.base[n] = count;
        }
    }
}

static void set_line(CPUARMState *env)
{
    ARMPmu *pmu = &env->pmu;
    bool level = pmu->overflowed & pmu->interrupt & switched_on(env);

    if (pmu->line != level) {
        BQL_LOCK_GUARD();

        pmu->line = level;
        qemu_set_irq(arm_env_archcpu(env)->pmu_out, level);
    }
}

/* How long until that one overflows, at the earliest. */
static int64_t until_overflow(const CPUARMState *env, unsigned n)
{
    uint64_t value = env->pmu.value[n];
    uint64_t left = !is_long(env, n) ? (1ull << 32) - (uint32_t)value : value ? -value : UINT64_MAX;

    if (source_of(env, n) == SOURCE_INSNS) {
        return MAX(left / MOST_INSNS_PER_NS, POLL_NS);
    }
    left = MIN(left, (uint64_t)INT64_MAX / 128);
    return is_divided(env, n) ? left * 64 : left;
}

/*
 * A deadline that is already set for an earlier time stays: counters stand still at levels that are
 * filtered, and moving it with every exception would cost more than looking once too often.
 */
static void set_deadline(CPUARMState *env, uint64_t now)
{
    ARMPmu *pmu = &env->pmu;
    uint32_t watched = pmu->running & pmu->interrupt & ~pmu->overflowed;
    int64_t deadline = INT64_MAX;

    watched |= watched >> 1 & 0x15555555 & pmu->running; /* the lower halves of chains */
    for (; watched; watched &= watched - 1) {
        unsigned n = ctz32(watched);

        if (counts_by_itself(env, n)) {
            deadline = MIN(deadline, (int64_t)now + until_overflow(env, n));
        }
    }
    if (deadline < pmu->deadline) {
        pmu->deadline = deadline;
        arm_timer_update(env);
    }
}

void arm_pmu_restart(CPUARMState *env)
{
    ARMPmu *pmu = &env->pmu;
    uint64_t now = pmu->enabled ? qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) : 0;

    pmu->active = pmu->enabled & switched_on(env);
    pmu->running = 0;
    for (uint32_t left = pmu->active; left; left &= left - 1) {
        unsigned n = ctz32(left);

        if (!is_filtered(env, n) && !is_prohibited(env, n)) {
            pmu->running |= 1u << n;
            pmu->base[n] = counts_by_itself(env, n) ? source_count(env, n, now) : 0;
        }
    }
    set_line(env);
    set_deadline(env, now);
}

void arm_pmu_deadline_passed(CPUARMState *env)
{
    arm_pmu_fold(env);
    env->pmu.deadline = INT64_MAX;
    arm_pmu_restart(env);
}

void arm_pmu_reset(CPUARMState *env)
{
    env->pmu.deadline = INT64_MAX;
    env->mdcr_el[2] = env->has_el2 && arm_has_pmu(&env->id) ? num_counters(env) : 0;
    arm_pmu_restart(env);
}

/* One of those that are added one by one, by its number. */
static void count_one(CPUARMState *env, unsigned number, uint32_t counters)
{
    for (uint32_t left = env->pmu.running & counters & ~(1u << CYCLES); left; left &= left - 1) {
        unsigned n = ctz32(left);

        if (event_number(env, n) == number) {
            add(env, n, 1);
        }
    }
    set_line(env);
}

void arm_pmu_count(CPUARMState *env, unsigned number)
{
    count_one(env, number, UINT32_MAX);
}

/* ---- Registers ---- */

static bool user_may(CPUARMState *env, unsigned bits)
{
    return arm_current_el(env) > 0 || (env->pmu.user & (USER_EN | bits));
}

static bool user_may_use(CPUARMState *env, const ARMSysReg *reg, bool write)
{
    return user_may(env, 0);
}

static bool user_may_increment(CPUARMState *env, const ARMSysReg *reg, bool write)
{
    return user_may(env, USER_SW);
}

static bool user_may_read_cycles(CPUARMState *env, const ARMSysReg *reg, bool write)
{
    return user_may(env, write ? 0 : USER_CR);
}

static bool user_may_read_counter(CPUARMState *env, const ARMSysReg *reg, bool write)
{
    return user_may(env, write ? 0 : USER_ER);
}

static bool user_may_select(CPUARMState *env, const ARMSysReg *reg, bool write)
{
    return user_may(env, USER_ER);
}

static uint64_t read_control(CPUARMState *env, const ARMSysReg *reg)
{
    return (env->id.pmcr & ~(uint64_t)PMCR_N) | num_visible(env) << PMCR_N_SHIFT | env->pmu.control;
}

static void write_control(CPUARMState *env, const ARMSysReg *reg, uint64_t value)
{
    arm_pmu_fold(env);
    for (unsigned n = 0; n < num_counters(env); n++) {
        if ((value & PMCR_P) && (visible(env) >> n & 1)) {
            env->pmu.value[n] = 0;
        }
    }
    if (value & PMCR_C) {
        env->pmu.value[CYCLES] = 0;
    }
    env->pmu.control = value & (PMCR_E | PMCR_D | PMCR_X | PMCR_DP | (version(env) ? PMCR_LC : 0));
    arm_pmu_restart(env);
}

/* PMCNTENSET and -CLR, PMINTEN…, PMOVS…: index says which bits, whether ones set or clear. */
enum { SET_ENABLED, SET_INTERRUPT, SET_OVERFLOWED, CLEARS = 4 };

static uint32_t *bits_of(CPUARMState *env, const ARMSysReg *reg)
{
    switch (reg->index & 3) {
    case SET_ENABLED:
        return &env->pmu.enabled;
    case SET_INTERRUPT:
        return &env->pmu.interrupt;
    default:
        return &env->pmu.overflowed;
    }
}

static uint64_t read_bits(CPUARMState *env, const ARMSysReg *reg)
{
    arm_pmu_fold(env);
    set_line(env);
    return *bits_of(env, reg) & visible(env);
}

static void write_bits(CPUARMState *env, const ARMSysReg *reg, uint64_t value)
{
    uint32_t *bits = bits_of(env, reg);

    arm_pmu_fold(env);
    value &= visible(env);
    *bits = reg->index & CLEARS ? *bits & ~value : *bits | value;
    arm_pmu_restart(env);
}

static void write_increment(CPUARMState *env, const ARMSysReg *reg, uint64_t value)
{
    count_one(env, EVENT_SW_INCR, value & visible(env));
}

/* The counter that a register is about: PMSELR's, or its own; whether there is that. */
#define SELECTED 32

static bool find_counter(CPUARMState *env, const ARMSysReg *reg, unsigned *n)
{
    *n = reg->index == SELECTED ? env->pmu.select : reg->index;
    return visible(env) >> *n & 1;
}

static uint64_t read_counter(CPUARMState *env, const ARMSysReg *reg)
{
    unsigned n;

    if (!find_counter(env, reg, &n) || (n == CYCLES && reg->index == SELECTED)) {
        return 0;
    }
    arm_pmu_fold(env);
    set_line(env);
    return env->pmu.value[n];
}

static void write_counter(CPUARMState *env, const ARMSysReg *reg, uint64_t value)
{
    unsigned n;

    if (find_counter(env, reg, &n) && (n != CYCLES || reg->index != SELECTED)) {
        arm_pmu_fold(env);
        env->pmu.value[n] = n == CYCLES ? value : (uint32_t)value;
        env->pmu.deadline = INT64_MAX; /* a new one, later or not */
        arm_pmu_restart(env);
    }
}

static uint64_t read_type(CPUARMState *env, const ARMSysReg *reg)
{
    unsigned n;

    return find_counter(env, reg, &n) ? env->pmu.type[n] : 0;
}

static void write_type(CPUARMState *env, const ARMSysReg *reg, uint64_t value)
{
    uint32_t known = FILTER_P | FILTER_U | (env->has_el3 ? FILTER_NSK | FILTER_NSU | FILTER_M : 0) |
                     (env->has_el2 ? FILTER_NSH : 0);
    unsigned n;

    if (!find_counter(env, reg, &n)) {
        return;
    }
    arm_pmu_fold(env);
    env->pmu.type[n] = value & (known | (n == CYCLES ? 0 : 0xffff));
    if (n != CYCLES && !find_event(env, event_number(env, n))) {
        qemu_log_mask(LOG_UNIMP, "performance monitors: event 0x%x isn't counted\n",
                      event_number(env, n));
    }
    arm_pmu_restart(env);
}

#define FIELD(member) (offsetof(CPUARMState, member) / 8)
#define ROW(name_, op1_, crn_, crm_, op2_, access_, flags_, ...)                                   \
    {                                                                                              \
        .name = name_, .op0 = 3, .op1 = op1_, .crn = crn_, .crm = crm_, .op2 = op2_,               \
        .access = access_, .flags = SYSREG_PMU | (flags_), __VA_ARGS__                             \
    }
#define PMU(name_, op1_, crm_, op2_, access_, ...)                                                 \
    ROW(name_, op1_, 9, crm_, op2_, access_, SYSREG_ENDS | SYSREG_COUNT, __VA_ARGS__)
#define BITS(name_, op1_, crm_, op2_, access_, which)                                              \
    PMU(name_, op1_, crm_, op2_, access_, .read = read_bits, .write = write_bits,                  \
        .allowed = user_may_use, .index = which)
#define COUNTER(n)                                                                                 \
    ROW("PMEVCNTR" #n "_EL0", 3, 14, 8, n, SYSREG_RW, SYSREG_ENDS | SYSREG_COUNT,                  \
        .read = read_counter, .write = write_counter, .allowed = user_may_read_counter,            \
        .index = n),                                                                               \
        ROW("PMEVTYPER" #n "_EL0", 3, 14, 12, n, SYSREG_RW, SYSREG_ENDS, .read = read_type,        \
            .write = write_type, .allowed = user_may_use, .index = n)

const ARMSysReg arm_pmu_sysregs[] = {
    PMU("PMCR_EL0", 3, 12, 0, SYSREG_RW, .read = read_control, .write = write_control,
        .allowed = user_may_use),
    BITS("PMCNTENSET_EL0", 3, 12, 1, SYSREG_RW, SET_ENABLED),
    BITS("PMCNTENCLR_EL0", 3, 12, 2, SYSREG_RW, SET_ENABLED | CLEARS),
    BITS("PMOVSCLR_EL0", 3, 12, 3, SYSREG_RW, SET_OVERFLOWED | CLEARS),
    PMU("PMSWINC_EL0", 3, 12, 4, SYSREG_W, .write = write_increment, .allowed = user_may_increment),
    ROW("PMSELR_EL0", 3, 9, 12, 5, SYSREG_RW, 0, .allowed = user_may_select,
        .offset = FIELD(pmu.select), .mask = 0x1f),
    PMU("PMCEID0_EL0", 3, 12, 6, SYSREG_R, .read = read_events, .allowed = user_may_use,
        .index = 0),
    PMU("PMCEID1_EL0", 3, 12, 7, SYSREG_R, .read = read_events, .allowed = user_may_use,
        .index = 1),
    PMU("PMCCNTR_EL0", 3, 13, 0, SYSREG_RW, .read = read_counter, .write = write_counter,
        .allowed = user_may_read_cycles, .index = CYCLES),
    PMU("PMXEVTYPER_EL0", 3, 13, 1, SYSREG_RW, .read = read_type, .write = write_type,
        .allowed = user_may_use, .index = SELECTED),
    PMU("PMXEVCNTR_EL0", 3, 13, 2, SYSREG_RW, .read = read_counter, .write = write_counter,
        .allowed = user_may_read_counter, .index = SELECTED),
    ROW("PMUSERENR_EL0", 3, 9, 14, 0, SYSREG_RW1 | SYSREG_R0, 0, .offset = FIELD(pmu.user),
        .mask = USER_EN | USER_SW | USER_CR | USER_ER),
    BITS("PMOVSSET_EL0", 3, 14, 3, SYSREG_RW, SET_OVERFLOWED),
    BITS("PMINTENSET_EL1", 0, 14, 1, SYSREG_RW1, SET_INTERRUPT),
    BITS("PMINTENCLR_EL1", 0, 14, 2, SYSREG_RW1, SET_INTERRUPT | CLEARS),
    ROW("PMCCFILTR_EL0", 3, 14, 15, 7, SYSREG_RW, SYSREG_ENDS, .read = read_type,
        .write = write_type, .allowed = user_may_use, .index = CYCLES),
    COUNTER(0),
    COUNTER(1),
    COUNTER(2),
    COUNTER(3),
    COUNTER(4),
    COUNTER(5),
};
const size_t arm_num_pmu_sysregs = ARRAY_SIZE(arm_pmu_sysregs);
