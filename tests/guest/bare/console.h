/*
 * What a program without an operating system prints with: the first serial port of the VMC board.
 *
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include <stdint.h>

#define UART 0xfef88000

static inline void put_char(char c)
{
    while (!(*(volatile uint8_t *)(UART + 5 * 16) & 0x20)) { /* LSR: room for another */
    }
    *(volatile uint8_t *)UART = c;
}

static inline void put(const char *text)
{
    while (*text) {
        put_char(*text++);
    }
}

/* In decimal. */
static inline void put_number(uint32_t n)
{
    char digits[10];
    unsigned nb = 0;

    do {
        digits[nb++] = '0' + n % 10;
        n /= 10;
    } while (n);
    while (nb) {
        put_char(digits[--nb]);
    }
}
