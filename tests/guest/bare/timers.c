/*
 * Thousands of short deadlines of the decrementer, the MPIC's timers and Hawk's first watchdog:
 * none may get lost.
 *
 * Built with VALUES (the largest decrementer value), STEP (between values) and ROUNDS (of
 * everything). Says "NAME: N deadlines, M lost" for each kind, and DONE.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdint.h>

#include "console.h"

#define WDT1 0xfeff0060
#define MPIC 0xf3f80000

enum {
    SPR_DEC = 22,
    MSR_EE = 0x8000,
    VECTOR_EXTERNAL = 0x500,
    VECTOR_DECREMENTER = 0x900,
    IRQ_WATCHDOG1 = 3,
    TB_HZ = 25000000,
    PATIENCE = 5 * TB_HZ, /* of the time base: then a deadline is lost */
    WATCHDOG_VECTOR = 0x31,
    TIMER_VECTOR = 0x41,
};

static volatile uint32_t decrementers, watchdogs, timers, others;

static void write32(uint32_t addr, uint32_t value)
{
    *(volatile uint32_t *)addr = value;
    __asm__ volatile("eieio" ::: "memory");
}

static uint32_t read32(uint32_t addr)
{
    return *(volatile uint32_t *)addr;
}

/* The MPIC's registers are little-endian. */
static void mpic_write(uint32_t offset, uint32_t value)
{
    write32(MPIC + offset, __builtin_bswap32(value));
}

static void report(const char *name, uint32_t nb, uint32_t lost)
{
    put(name);
    put(": ");
    put_number(nb);
    put(" deadlines, ");
    put_number(lost);
    put(" lost\r\n");
}

static uint32_t time_base(void)
{
    uint32_t now;

    __asm__ volatile("mftb %0" : "=r"(now) :: "memory");
    return now;
}

static void set_dec(uint32_t value)
{
    __asm__ volatile("mtspr %0, %1" :: "i"(SPR_DEC), "r"(value) : "memory");
}

static void set_interrupts(int on)
{
    uint32_t msr;

    __asm__ volatile("mfmsr %0" : "=r"(msr));
    msr = on ? msr | MSR_EE : msr & ~MSR_EE;
    __asm__ volatile("mtmsr %0; isync" :: "r"(msr) : "memory");
}

/* Arms the watchdog: what it is to hold, with the key. This ends an interrupt, too. */
static void set_watchdog(uint32_t value)
{
    write32(WDT1, 0x55000000);
    write32(WDT1, 0xaa000000 | value);
}

void interrupt(uint32_t vector);

void interrupt(uint32_t vector)
{
    uint32_t source;

    if (vector == VECTOR_DECREMENTER) {
        decrementers++;
    } else if (vector == VECTOR_EXTERNAL) {
        source = __builtin_bswap32(read32(MPIC + 0x200a0));
        if (source == WATCHDOG_VECTOR) {
            watchdogs++;
            set_watchdog(0);
        } else if (source == TIMER_VECTOR) {
            timers++;
        }
        mpic_write(0x200b0, 0);
    } else {
        others++;
    }
}

/* Until *count has changed: 0, or 1 if that takes too long. */
static uint32_t is_lost(volatile uint32_t *count, uint32_t before)
{
    uint32_t start = time_base();

    while (*count == before) {
        if (time_base() - start > PATIENCE) {
            return 1;
        }
    }
    return 0;
}

static void test_decrementer(void)
{
    uint32_t lost = 0, nb = 0;

    for (uint32_t round = 0; round < ROUNDS; round++) {
        for (uint32_t value = round % STEP; value <= VALUES; value += STEP, nb++) {
            uint32_t before = decrementers;

            set_dec(value);
            lost += is_lost(&decrementers, before);
        }
    }
    report("decrementer", nb, lost);
}

/* The smallest values are over before the instruction is. */
static void test_shortest(void)
{
    uint32_t lost = 0, nb = 0;

    for (uint32_t i = 0; i < ROUNDS * 1000; i++, nb++) {
        uint32_t before = decrementers;

        set_dec(i % 4);
        lost += is_lost(&decrementers, before);
    }
    report("shortest", nb, lost);
}

/* Expired while interrupts were off, and then set to a long time. */
static void test_overwritten(void)
{
    uint32_t lost = 0, nb = 0;

    for (uint32_t i = 0; i < ROUNDS * 500; i++, nb++) {
        uint32_t before = decrementers, start;

        set_interrupts(0);
        set_dec(i % 100);
        for (start = time_base(); time_base() - start <= i % 100;) {
        }
        set_dec(0x7fffffff);
        set_interrupts(1);
        lost += decrementers == before;
    }
    report("overwritten", nb, lost);
}

static void test_watchdog(void)
{
    uint32_t lost = 0, nb = 0;

    mpic_write(0x10000 + IRQ_WATCHDOG1 * 0x20, 0x00c80000 | WATCHDOG_VECTOR);
    mpic_write(0x10010 + IRQ_WATCHDOG1 * 0x20, 1);
    for (uint32_t i = 0; i < ROUNDS * 500; i++, nb++) {
        uint32_t before = watchdogs;

        set_watchdog(0x00800000 | (i * 7 % 1000)); /* enabled, so many microseconds */
        lost += is_lost(&watchdogs, before);
    }
    report("watchdog", nb, lost);
}

/* One shot of the MPIC's first timer. */
static void test_timer(void)
{
    uint32_t lost = 0, nb = 0;

    mpic_write(0x1130, 1);
    mpic_write(0x1120, 0x00080000 | TIMER_VECTOR);
    for (uint32_t i = 0; i < ROUNDS * 500; i++, nb++) {
        uint32_t before = timers;

        mpic_write(0x1110, 0x80000000);
        mpic_write(0x1110, i % 1000 + 1);
        lost += is_lost(&timers, before);
    }
    mpic_write(0x1110, 0x80000000);
    report("timer", nb, lost);
}

int main(void);

int main(void)
{
    set_dec(0x7fffffff);
    mpic_write(0x1020, 0x20000000);
    mpic_write(0x20080, 0);
    set_interrupts(1);
    test_decrementer();
    test_shortest();
    test_overwritten();
    test_watchdog();
    test_timer();
    report("other exceptions", 0, others);
    put("DONE\r\n");
    return 0;
}
