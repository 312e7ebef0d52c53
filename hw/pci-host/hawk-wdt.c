/*
 * Hawk's two watchdog timers.
 *
 * WDTxCNTL: KEY 31:24, ENAB 23, ARM 22, RES 19:16, RELOAD 15:0. Writing $55 to KEY arms the
 * register; the next write with $AA in KEY takes over the other fields (those it covers) and starts
 * the count again. Any other write disarms. The timer counts RELOAD ticks of 2^RES microseconds
 * down to 0 and then asserts its output.
 *
 * Reference: MVME5100 Programmer's Reference Guide, chapter 2, "Watchdog Timers".
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/irq.h"
#include "hawk-internal.h"
#include "qemu/bitops.h"
#include "qemu/timer.h"

#define WDT_KEY(v)    extract32(v, 24, 8)
#define WDT_ARM       0x00400000u
#define WDT_RES(v)    extract32(v, 16, 4)
#define WDT_RELOAD(v) extract32(v, 0, 16)
#define WDT_FIELDS    (HAWK_WDT_ENABLE | 0x000fffffu)

#define KEY_ARM  0x55
#define KEY_LOAD 0xaa

/* From power-up: 8.4 s for the first (an interrupt), 16.8 s for the second (a reset). */
static const uint32_t reset_values[HAWK_WATCHDOGS] = {
    HAWK_WDT_ENABLE | 7 << 16 | 0xffff,
    HAWK_WDT_ENABLE | 8 << 16 | 0xffff,
};

static int64_t tick_ns(uint32_t control)
{
    return 1000LL << WDT_RES(control);
}

static void start(HawkWatchdog *w, uint32_t control)
{
    qemu_set_irq(w->phb->wdt_out[w->index], 0);
    if (!(control & HAWK_WDT_ENABLE)) {
        w->deadline = 0;
        timer_del(w->timer);
        return;
    }
    w->deadline = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) + WDT_RELOAD(control) * tick_ns(control);
    timer_mod(w->timer, w->deadline);
}

static void expired(void *opaque)
{
    HawkWatchdog *w = opaque;

    w->deadline = 0;
    qemu_set_irq(w->phb->wdt_out[w->index], 1);
}

uint64_t hawk_wdtcntl_write(RegisterBlock *block, const Register *reg, uint64_t value)
{
    HawkWatchdog *w = &HAWK_PHB(block->owner)->wdt[block->index];
    uint32_t stored = register_get_at(block, HAWK_R_WDTCNTL, block->index);

    if (WDT_KEY(value) == KEY_ARM) {
        return stored | WDT_ARM;
    }
    if (WDT_KEY(value) == KEY_LOAD && (stored & WDT_ARM)) {
        stored = value & WDT_FIELDS;
        start(w, stored);
    }
    return stored & ~WDT_ARM;
}

uint64_t hawk_wdtstat_read(RegisterBlock *block, const Register *reg, uint64_t stored)
{
    HawkWatchdog *w = &HAWK_PHB(block->owner)->wdt[block->index];
    uint32_t control = register_get_at(block, HAWK_R_WDTCNTL, block->index);
    int64_t left = w->deadline - qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);

    return w->deadline && left > 0 ? left / tick_ns(control) : 0;
}

void hawk_wdt_init(HawkPHBState *s)
{
    for (int i = 0; i < HAWK_WATCHDOGS; i++) {
        s->wdt[i].phb = s;
        s->wdt[i].index = i;
        s->wdt[i].timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, expired, &s->wdt[i]);
    }
}

void hawk_wdt_finalize(HawkPHBState *s)
{
    for (int i = 0; i < HAWK_WATCHDOGS; i++) {
        timer_free(s->wdt[i].timer);
    }
}

void hawk_wdt_reset(HawkPHBState *s)
{
    for (int i = 0; i < HAWK_WATCHDOGS; i++) {
        uint32_t control = reset_values[i] & ~(s->watchdogs ? 0 : HAWK_WDT_ENABLE);

        register_set_at(&s->regs, HAWK_R_WDTCNTL, i, control);
        start(&s->wdt[i], control);
    }
}
