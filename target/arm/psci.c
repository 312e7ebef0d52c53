/*
 * Power State Coordination Interface, version 1.1, as firmware at a higher exception level would
 * provide it by hvc or smc.
 *
 * Reference: Arm Power State Coordination Interface (DEN 0022), chapter 5; SMC Calling Convention
 * (DEN 0028) for unknown functions.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/main-loop.h"
#include "system/cpus.h"
#include "system/runstate.h"
#include "target/arm/internal.h"

enum {
    PSCI_SUCCESS = 0,
    PSCI_NOT_SUPPORTED = -1,
    PSCI_INVALID_PARAMETERS = -2,
    PSCI_ALREADY_ON = -4,
    PSCI_INVALID_ADDRESS = -9,
};
enum { AFFINITY_ON = 0, AFFINITY_OFF = 1 };
enum { MIGRATION_NOT_NEEDED = 2 };

#define PSCI_VERSION_1_1  0x00010001
#define SMCCC_UNKNOWN     ((uint64_t)-1)
#define FUNCTION_64       0x40000000u /* parameters of 64 bits */
#define AFFINITY_MASK     0xff00ffffffull

ARMCPU *arm_cpu_by_affinity(uint64_t affinity)
{
    CPUState *cs;

    CPU_FOREACH (cs) {
        ARMCPU *cpu = ARM_CPU(cs);

        if ((cpu->env.id.mpidr & AFFINITY_MASK) == (affinity & AFFINITY_MASK)) {
            return cpu;
        }
    }
    return NULL;
}

/* ---- Single CPUs ---- */

/* On the CPU's thread. */
static void power_on(CPUState *cs, void *unused)
{
    ARMCPU *cpu = ARM_CPU(cs);
    uint64_t pc = cpu->env.start_pc, argument = cpu->env.start_argument;

    cpu_reset(cs);
    arm_set_start_state(cpu, pc, argument);
    cpu->env.powered_off = false;
    cs->halted = 0;
}

/* A CPU that another one has just called is no longer off. */
static int64_t cpu_on(CPUARMState *env, const uint64_t *args)
{
    ARMCPU *cpu = arm_cpu_by_affinity(args[0]);

    if (!cpu) {
        return PSCI_INVALID_PARAMETERS;
    }
    if (arm_cpu_is_aarch32(cpu) ? (args[1] & 3) == 2 : args[1] & 3) {
        return PSCI_INVALID_ADDRESS;
    }
    BQL_LOCK_GUARD();
    if (!cpu->env.powered_off) {
        return PSCI_ALREADY_ON;
    }
    cpu->env.powered_off = false;
    cpu->env.start_pc = args[1];
    cpu->env.start_argument = args[2];
    async_run_on_cpu(CPU(cpu), power_on, NULL);
    return PSCI_SUCCESS;
}

static int64_t cpu_off(CPUARMState *env, const uint64_t *args)
{
    arm_halt(env, true);
}

/* Every state is a standby: the CPU waits, and keeps its state. */
static int64_t cpu_suspend(CPUARMState *env, const uint64_t *args)
{
    env->x[0] = PSCI_SUCCESS;
    arm_halt(env, false);
}

static int64_t affinity_info(CPUARMState *env, const uint64_t *args)
{
    ARMCPU *cpu = arm_cpu_by_affinity(args[0]);

    if (!cpu || args[1] > 0) { /* levels above the CPU's have no state of their own */
        return PSCI_INVALID_PARAMETERS;
    }
    BQL_LOCK_GUARD();
    return cpu->env.powered_off ? AFFINITY_OFF : AFFINITY_ON;
}

/* ---- The system ---- */

static int64_t system_off(CPUARMState *env, const uint64_t *args)
{
    qemu_system_shutdown_request(SHUTDOWN_CAUSE_GUEST_SHUTDOWN);
    arm_halt(env, true); /* it doesn't return to the caller */
}

static int64_t system_reset(CPUARMState *env, const uint64_t *args)
{
    qemu_system_reset_request(SHUTDOWN_CAUSE_GUEST_RESET);
    arm_halt(env, true);
}

static int64_t version(CPUARMState *env, const uint64_t *args)
{
    return PSCI_VERSION_1_1;
}

static int64_t migrate_info_type(CPUARMState *env, const uint64_t *args)
{
    return MIGRATION_NOT_NEEDED;
}

static int64_t features(CPUARMState *env, const uint64_t *args);

/* ---- Which function is which ---- */

typedef struct PSCIFunction {
    uint32_t number; /* that with parameters of 32 bits */
    bool has_64;     /* there is one with 64 as well */
    int64_t (*call)(CPUARMState *env, const uint64_t *args);
} PSCIFunction;

static const PSCIFunction functions[] = {
    { 0x84000000, false, version },
    { 0x84000001, true, cpu_suspend },
    { 0x84000002, false, cpu_off },
    { 0x84000003, true, cpu_on },
    { 0x84000004, true, affinity_info },
    { 0x84000006, false, migrate_info_type },
    { 0x84000008, false, system_off },
    { 0x84000009, false, system_reset },
    { 0x8400000a, false, features },
};

static const PSCIFunction *find_function(uint32_t number)
{
    for (size_t i = 0; i < ARRAY_SIZE(functions); i++) {
        if (number == functions[i].number ||
            (functions[i].has_64 && number == (functions[i].number | FUNCTION_64))) {
            return &functions[i];
        }
    }
    return NULL;
}

static int64_t features(CPUARMState *env, const uint64_t *args)
{
    return find_function(args[0]) ? PSCI_SUCCESS : PSCI_NOT_SUPPORTED;
}

/* AArch32 has no functions with parameters of 64 bits, and results of 32. */
static void set_result(CPUARMState *env, int64_t result)
{
    env->x[0] = arm_in_aarch32(env) ? (uint32_t)result : (uint64_t)result;
}

void arm_psci_call(CPUARMState *env)
{
    const PSCIFunction *function = find_function(env->x[0]);
    bool wide = env->x[0] & FUNCTION_64;
    uint64_t args[3];

    if (!function || (wide && arm_in_aarch32(env))) {
        set_result(env, SMCCC_UNKNOWN);
        return;
    }
    for (unsigned i = 0; i < ARRAY_SIZE(args); i++) {
        args[i] = wide ? env->x[i + 1] : (uint32_t)env->x[i + 1];
    }
    set_result(env, function->call(env, args));
}
