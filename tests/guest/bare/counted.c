/*
 * What the time base is when interrupts come: of the decrementer, of an MPIC timer, in loops, with
 * device accesses between, and out of doze mode. Under -icount the same in each run.
 *
 * Says "KIND: TB DEC" for each interrupt, and DONE.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdint.h>

#include "console.h"

#define MPIC 0xf3f80000

enum {
    SPR_DEC = 22,
    SPR_HID0 = 1008,
    HID0_DOZE = 0x00800000,
    MSR_EE = 0x8000,
    MSR_POW = 0x40000,
    VECTOR_EXTERNAL = 0x500,
    VECTOR_DECREMENTER = 0x900,
    TIMER_VECTOR = 0x41,
    EVENTS = 40, /* of each kind */
};

static volatile uint32_t nb_events, event_tb, event_dec, sum;

static void write32(uint32_t addr, uint32_t value)
{
    *(volatile uint32_t *)addr = value;
    __asm__ volatile("eieio" ::: "memory");
}

static void mpic_write(uint32_t offset, uint32_t value)
{
    write32(MPIC + offset, __builtin_bswap32(value));
}

static uint32_t mpic_read(uint32_t offset)
{
    return __builtin_bswap32(*(volatile uint32_t *)(MPIC + offset));
}

static void put_hex(uint32_t n)
{
    char text[] = { 0, 0 };

    for (int shift = 28; shift >= 0; shift -= 4) {
        text[0] = "0123456789abcdef"[n >> shift & 15];
        put(text);
    }
}

static uint32_t time_base(void)
{
    uint32_t now;

    __asm__ volatile("mftb %0" : "=r"(now) :: "memory");
    return now;
}

static uint32_t get_dec(void)
{
    uint32_t value;

    __asm__ volatile("mfspr %0, %1" : "=r"(value) : "i"(SPR_DEC) : "memory");
    return value;
}

static void set_dec(uint32_t value)
{
    __asm__ volatile("mtspr %0, %1" :: "i"(SPR_DEC), "r"(value) : "memory");
}

void interrupt(uint32_t vector);

void interrupt(uint32_t vector)
{
    event_tb = time_base();
    event_dec = get_dec();
    nb_events++;
    if (vector == VECTOR_EXTERNAL) {
        mpic_read(0x200a0);
        mpic_write(0x200b0, 0);
    } else if (vector != VECTOR_DECREMENTER) {
        put("UNEXPECTED ");
        put_hex(vector);
        put("\r\n");
    }
}

static void wait_in_loop(uint32_t before)
{
    for (uint32_t i = 1; nb_events == before; i++) { /* blocks of several lengths */
        sum += i / 3;
        if (i & 4) {
            sum ^= i << 3;
        }
        if ((i & 7) == 5) {
            sum += time_base();
        }
    }
}

static void wait_at_device(uint32_t before)
{
    while (nb_events == before) {
        sum += mpic_read(0x1100) + 1;
        sum ^= *(volatile uint8_t *)(UART + 7 * 16);
    }
}

static void set_msr(uint32_t msr)
{
    __asm__ volatile("mtmsr %0; isync" :: "r"(msr) : "memory");
}

/* Interrupts are let in by the mtmsr that stops the CPU, so that none comes just before it. */
static void wait_dozing(uint32_t before)
{
    uint32_t msr;

    __asm__ volatile("mfmsr %0" : "=r"(msr));
    set_msr(msr & ~MSR_EE);
    while (nb_events == before) {
        set_msr(msr | MSR_POW);
        set_msr(msr & ~MSR_EE);
    }
    set_msr(msr);
}

static void report(const char *kind)
{
    put(kind);
    put(": ");
    put_hex(event_tb);
    put(" ");
    put_hex(event_dec);
    put("\r\n");
}

static void test(const char *kind, void (*wait)(uint32_t before), int use_timer)
{
    uint32_t value = 7;

    for (int i = 0; i < EVENTS; i++) {
        uint32_t before = nb_events;

        value = value * 1103515245 + 12345;
        if (use_timer) {
            mpic_write(0x1110, 0x80000000);
            mpic_write(0x1110, (value >> 16 & 0x3ff) + 0x100);
        } else {
            set_dec(value >> 16 & 0x3fff);
        }
        wait(before);
        mpic_write(0x1110, 0x80000000);
        set_dec(0x7fffffff);
        report(kind);
    }
}

int main(void);

int main(void)
{
    uint32_t hid0, msr;

    __asm__ volatile("mfspr %0, %1" : "=r"(hid0) : "i"(SPR_HID0));
    __asm__ volatile("mtspr %0, %1; isync" :: "i"(SPR_HID0), "r"(hid0 | HID0_DOZE) : "memory");
    set_dec(0x7fffffff);
    mpic_write(0x1020, 0x20000000);
    mpic_write(0x20080, 0);
    mpic_write(0x1130, 1);
    mpic_write(0x1120, 0x00080000 | TIMER_VECTOR);
    __asm__ volatile("mfmsr %0" : "=r"(msr));
    set_msr(msr | MSR_EE);
    test("decrementer, loop", wait_in_loop, 0);
    test("decrementer, device", wait_at_device, 0);
    test("decrementer, doze", wait_dozing, 0);
    test("timer, loop", wait_in_loop, 1);
    test("timer, device", wait_at_device, 1);
    test("timer, doze", wait_dozing, 1);
    put_hex(sum);
    put("\r\nDONE\r\n");
    return 0;
}
