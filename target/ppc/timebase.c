/*
 * Time base and decrementer: both count at the board's rate from the virtual clock.
 *
 * TB is the clock's tick count plus an offset; DEC is the value last written less the ticks since.
 * Neither is ever advanced by a timer: the only timer waits for DEC's top bit to go from 0 to 1,
 * which happens DEC + 1 ticks from now, whatever DEC is.
 *
 * Reference: PEM 2.2, 2.3.14; MPC750UM 2.1, 10.2.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/main-loop.h"
#include "target/ppc/internal.h"

static uint64_t clock_ticks(const CPUPPCState *env)
{
    return muldiv64(qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL), env->tb_freq, NANOSECONDS_PER_SECOND);
}

/* The first ns of the virtual clock at which clock_ticks() is at least `ticks`. */
static int64_t ticks_to_ns(const CPUPPCState *env, uint64_t ticks)
{
    __uint128_t ns = (__uint128_t)ticks * NANOSECONDS_PER_SECOND + env->tb_freq - 1;

    ns /= env->tb_freq;
    return ns > INT64_MAX ? INT64_MAX : (int64_t)ns;
}

uint64_t ppc_load_tb(CPUPPCState *env)
{
    return env->tb_running ? clock_ticks(env) + env->tb_offset : env->tb_stopped;
}

void ppc_store_tb(CPUPPCState *env, uint64_t value)
{
    if (env->tb_running) {
        env->tb_offset = value - clock_ticks(env);
    } else {
        env->tb_stopped = value;
    }
}

uint32_t ppc_load_dec(CPUPPCState *env)
{
    uint64_t passed = env->tb_running ? clock_ticks(env) - env->dec_start : 0;

    return env->dec_value - (uint32_t)passed;
}

static void arm_dec_timer(CPUPPCState *env)
{
    uint64_t now = clock_ticks(env);
    uint32_t dec = env->dec_value - (uint32_t)(now - env->dec_start);

    timer_mod_ns(env->dec_timer, ticks_to_ns(env, now + dec + 1));
}

static void dec_timer_fired(void *opaque)
{
    CPUPPCState *env = opaque;

    if (ppc_load_dec(env) >> 31) {
        ppc_set_pending(env, PPC_INTERRUPT_DECR, true);
    }
    arm_dec_timer(env);
}

/* The lock keeps the timer of the old value from firing in between. */
void ppc_store_dec(CPUPPCState *env, uint32_t value)
{
    BQL_LOCK_GUARD();
    bool was_negative = ppc_load_dec(env) >> 31;

    env->dec_value = value;
    env->dec_start = env->tb_running ? clock_ticks(env) : 0;
    if (!was_negative && value >> 31) {
        ppc_set_pending(env, PPC_INTERRUPT_DECR, true);
    }
    if (env->tb_running) {
        arm_dec_timer(env);
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

    if (on && !env->tb_running) {
        env->dec_start = clock_ticks(env);
        env->tb_offset = env->tb_stopped - env->dec_start;
        env->tb_running = true;
        arm_dec_timer(env);
    } else if (!on && env->tb_running) {
        env->dec_value = ppc_load_dec(env);
        env->tb_stopped = ppc_load_tb(env);
        env->dec_start = 0;
        env->tb_running = false;
        timer_del(env->dec_timer);
    }
}

void ppc_timebase_init(PowerPCCPU *cpu)
{
    CPUPPCState *env = &cpu->env;

    env->tb_freq = cpu->tb_freq;
    env->tb_running = true;
    env->dec_value = 0xffffffff;
    env->dec_timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, dec_timer_fired, env);
}

void ppc_set_tb_frequency(PowerPCCPU *cpu, uint32_t hz)
{
    CPUPPCState *env = &cpu->env;
    uint64_t tb = env->dec_timer ? ppc_load_tb(env) : 0;
    uint32_t dec = env->dec_timer ? ppc_load_dec(env) : 0;

    cpu->tb_freq = hz;
    if (env->dec_timer) {
        env->tb_freq = hz;
        ppc_store_tb(env, tb);
        ppc_store_dec(env, dec);
    }
}

/* Hard reset: DEC is all ones, TB is 0. */
void ppc_timebase_reset(CPUPPCState *env)
{
    ppc_store_tb(env, 0);
    env->dec_value = 0xffffffff;
    env->dec_start = env->tb_running ? clock_ticks(env) : 0;
    if (env->tb_running) {
        arm_dec_timer(env);
    }
}

void ppc_timebase_loaded(CPUPPCState *env)
{
    if (env->tb_running) {
        arm_dec_timer(env);
    } else {
        timer_del(env->dec_timer);
    }
}

void ppc_timebase_finalize(CPUPPCState *env)
{
    timer_free(env->dec_timer);
    env->dec_timer = NULL;
}
