/*
 * What bare programs for `virt` have in common: system registers, and text to the UART.
 *
 * SPDX-License-Identifier: MIT
 */
typedef unsigned long u64;
typedef unsigned int u32;

#define UART (*(volatile u32 *)0x09000000)

#define MRS(name) ({ u64 v_; __asm__ volatile("mrs %0, " #name : "=r"(v_)); v_; })
#define MSR(name, value) __asm__ volatile("msr " #name ", %0\n isb" : : "r"((u64)(value)) : "memory")

static void put(const char *text)
{
    for (; *text; text++) {
        UART = *text;
    }
}

/* The digits from that bit down, and a space. */
static void digits(u64 value, int bit)
{
    for (; bit >= 0; bit -= 4) {
        UART = "0123456789abcdef"[value >> bit & 15];
    }
    UART = ' ';
}
