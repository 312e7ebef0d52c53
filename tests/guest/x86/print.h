/*
 * What bare programs for the PC print with: the first serial port, which needs no preparation.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRINT_H
#define PRINT_H

typedef unsigned int u32;
typedef unsigned short u16;
typedef unsigned char u8;
typedef unsigned long long u64;

static inline void outb(u16 port, u8 value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static void put(const char *text)
{
    for (; *text; text++) {
        outb(0x3f8, *text);
    }
}

static void hex(u64 value, int digits)
{
    while (digits-- > 0) {
        outb(0x3f8, "0123456789abcdef"[value >> digits * 4 & 15]);
    }
    outb(0x3f8, ' ');
}

#endif
