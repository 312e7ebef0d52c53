/*
 * What the programs that need no operating system, and bare.c, know of the machine.
 *
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include <stdint.h>

#if !defined(BOARD_UART) || !defined(BOARD_UART_SHIFT)
#error "the address of a 16550, and the logarithm of the distance of its registers"
#endif

enum { MSR_EE = 0x8000, MSR_FP = 0x2000, MSR_ME = 0x1000, MSR_IR = 0x20, MSR_DR = 0x10 };

#define mfspr(number) ({ \
    uint32_t value_; \
    __asm__ volatile("mfspr %0, %1" : "=r"(value_) : "i"(number) : "memory"); \
    value_; \
})

#define mtspr(number, value) \
    __asm__ volatile("mtspr %0, %1; isync" :: "i"(number), "r"(value) : "memory")

static inline uint32_t get_msr(void)
{
    uint32_t msr;

    __asm__ volatile("mfmsr %0" : "=r"(msr) :: "memory");
    return msr;
}

static inline void set_msr(uint32_t msr)
{
    __asm__ volatile("mtmsr %0; isync" :: "r"(msr) : "memory");
}

/* A register of the UART, by its number. */
static inline volatile uint8_t *uart(unsigned number)
{
    return (volatile uint8_t *)BOARD_UART + (number << BOARD_UART_SHIFT);
}

/* Exceptions come to this, with the vector's address; a program that expects some has its own. */
void interrupt(uint32_t vector);
