/*
 * Writes the decrementer WRITES times, each time for later than it ever comes to; then says DONE.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdint.h>

#include "console.h"

enum { SPR_DEC = 22, FAR_AWAY = 0x40000000 };

void interrupt(uint32_t vector);

void interrupt(uint32_t vector)
{
    (void)vector;
    put("EXCEPTION\r\n");
}

int main(void);

int main(void)
{
    put("START\r\n");
    while (!(*(volatile uint8_t *)(UART + 5 * 16) & 1)) { /* a character: the host is ready */
    }
    for (uint32_t i = 0; i < WRITES; i++) {
        __asm__ volatile("mtspr %0, %1" :: "i"(SPR_DEC), "r"(FAR_AWAY - (i & 0xff) * 0x10000) : "memory");
    }
    put("DONE\r\n");
    return 0;
}
