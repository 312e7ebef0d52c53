/*
 * Time base and decrementer: both count at the board's rate from the virtual clock.
 *
 * TB is the clock's tick count plus an offset; DEC is the value last written less the ticks since.
 * Neither is ever advanced by a timer: only DEC's top bit going from 0 to 1 is waited for, as the
 * CPU's deadline. The tick at which that happens next is kept (dec_expiry) until the exception has
 * been latched, by whoever comes first: the deadline, or the guest writing DEC. So whatever happens
 * to DEC after it has expired, the exception is pending, as it is on the part.
 *
 * All of this is the CPU thread's own, which takes no lock for it; others stop that thread first.
 *
 * An operation reads the clock once and does all of its arithmetic with that `now` (in ticks): with
 * two readings, DEC could expire in between and be armed for its next turn, 2^32 ticks later.
 *
 * Reference: PEM 2.2, 2.3.14; MPC750UM 2.1, 10.2.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/timer.h"
#include "system/cpus.h"
#include "target/ppc/internal.h"

static uint64_t ticks_at(const CPUPPCState *env, int64_t ns)
{
    return muldiv64(ns, env->tb_freq, NANOSECONDS_PER_SECOND);
}

static uint64_t clock_ticks(const CPUPPCState *env)
{
    return ticks_at(env, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL));
}

/* The first ns of the virtual clock at which the tick count is at least `ticks`. */
static int64_t ticks_to_ns(const CPUPPCState *env, uint64_t ticks)
{
    __uint128_t ns = (__uint128_t)ticks * NANOSECONDS_PER_SECOND + env->tb_freq - 1;

    ns /= env->tb_freq;
    return ns > INT64_MAX ? INT64_MAX : (int64_t)ns;
}

static uint64_t tb_at(const CPUPPCState *env, uint64_t now)
{
    return env->tb_running ? now + env->tb_offset : env->tb_stopped;
}

static uint32_t dec_at(const CPUPPCState *env, uint64_t now)
{
    return env->dec_value - (env->tb_running ? (uint32_t)(now - env->dec_start) : 0);
}

uint64_t ppc_load_tb(CPUPPCState *env)
{
    return tb_at(env, clock_ticks(env));
}

static void set_tb(CPUPPCState *env, uint64_t now, uint64_t value)
{
    if (env->tb_running) {
        env->tb_offset = value - now;
    } else {
        env->tb_stopped = value;
    }
}

void ppc_store_tb(CPUPPCState *env, uint64_t value)
{
    set_tb(env, clock_ticks(env), value);
}

uint32_t ppc_load_dec(CPUPPCState *env)
{
    return dec_at(env, clock_ticks(env));
}

/* Waits for DEC's next expiry after `now`. */
static void arm_dec(CPUPPCState *env, uint64_t now)
{
    env->dec_expiry = now + dec_at(env, now) + 1;
    cpu_set_deadline(ppc_env_cpu(env), ticks_to_ns(env, env->dec_expiry));
}

/* The exception for an expiry that has come by `now`, and the wait for the one after it. */
static void latch_dec(CPUPPCState *env, uint64_t now)
{
    if (env->tb_running && now >= env->dec_expiry) {
        ppc_set_pending(env, PPC_INTERRUPT_DECR, true);
        arm_dec(env, now);
    }
}

/* DEC counts down from `value`, from `now` on; an earlier expiry has been latched or doesn't matter. */
static void set_dec(CPUPPCState *env, uint64_t now, uint32_t value)
{
    env->dec_value = value;
    env->dec_start = env->tb_running ? now : 0;
    if (env->tb_running) {
        arm_dec(env, now);
    }
}

void ppc_deadline_passed(CPUState *cs, int64_t now)
{
    CPUPPCState *env = ppc_env(cs);

    latch_dec(env, ticks_at(env, now));
}

void ppc_store_dec(CPUPPCState *env, uint32_t value)
{
    uint64_t now = clock_ticks(env);
    bool goes_negative = !(dec_at(env, now) >> 31) && value >> 31;

    latch_dec(env, now);
    set_dec(env, now, value);
    if (goes_negative) {
        ppc_set_pending(env, PPC_INTERRUPT_DECR, true);
    }
}

/* In sleep mode the time base's clock stands still too (MPC750UM 10.2.1.4). */
static bool is_asleep(CPUPPCState *env)
{
    uint32_t modes = env->spr[SPR_HID0] & (HID0_DOZE | HID0_NAP | HID0_SLEEP);

    return ppc_env_cpu(env)->halted && !env->checkstopped && modes == HID0_SLEEP;
}

void ppc_timebase_update(CPUPPCState *env)
{
    bool on = (env->input_levels >> PPC6xx_INPUT_TBEN & 1) && !is_asleep(env);
    uint64_t now, tb;
    uint32_t dec;

    if (on == env->tb_running) {
        return;
    }
    if (!qemu_cpu_is_self(ppc_env_cpu(env))) {
        cpus_hold();
    }
    now = clock_ticks(env);
    tb = tb_at(env, now);
    dec = dec_at(env, now);
    latch_dec(env, now);
    env->tb_running = on;
    set_tb(env, now, tb);
    set_dec(env, now, dec);
    if (!on) {
        cpu_set_deadline(ppc_env_cpu(env), INT64_MAX);
    }
}

void ppc_timebase_init(PowerPCCPU *cpu)
{
    CPUPPCState *env = &cpu->env;

    env->tb_freq = cpu->tb_freq;
    env->tb_running = true;
    env->dec_value = 0xffffffff;
}

void ppc_set_tb_frequency(PowerPCCPU *cpu, uint32_t hz)
{
    CPUPPCState *env = &cpu->env;
    int64_t ns = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);

    cpu->tb_freq = hz;
    if (env->tb_freq) { /* realized */
        uint64_t now = ticks_at(env, ns);
        uint64_t tb = tb_at(env, now);
        uint32_t dec = dec_at(env, now);

        latch_dec(env, now);
        env->tb_freq = hz;
        now = ticks_at(env, ns);
        set_tb(env, now, tb);
        set_dec(env, now, dec);
    }
}

/* Hard reset: DEC is all ones, TB is 0. */
void ppc_timebase_reset(CPUPPCState *env)
{
    uint64_t now = clock_ticks(env);

    set_tb(env, now, 0);
    set_dec(env, now, 0xffffffff);
}

/* dec_expiry came with the state: one that passed just before it was saved isn't lost. */
void ppc_timebase_loaded(CPUPPCState *env)
{
    cpu_set_deadline(ppc_env_cpu(env),
                     env->tb_running ? ticks_to_ns(env, env->dec_expiry) : INT64_MAX);
}
