/*
 * SDRAM: how much there is, and whether it works.
 *
 * SPDX-License-Identifier: MIT
 */
#include "board.h"

#define PATTERN 0x5a5aa5a5

#define MIB          0x100000
#define SMALL_BLOCK  0x2000000 /* in a smaller one memory may come round again */

/* The word at `addr` is that of a lower address, some MiB before it. */
static __attribute__((noinline)) int comes_round(u32 addr)
{
    volatile u32 *there = (volatile u32 *)addr;
    int same = 0;

    for (u32 lower = addr; addr < SMALL_BLOCK && lower > MIB && !same;) {
        volatile u32 *before = (volatile u32 *)(lower -= MIB);
        u32 saved = *before;

        *before = ~*there;
        same = *before == *there;
        *before = saved;
    }
    return same;
}

/*
 * Whether `addr` is memory of its own: it keeps a value, and address 0's word isn't the same one.
 */
static int is_memory(u32 addr)
{
    volatile u32 *there = (volatile u32 *)addr;
    volatile u32 *base = (volatile u32 *)0;
    u32 saved, saved_base;
    int good;

    if (save_state(fw->jmp)) {
        return 0; /* machine check: nobody answered */
    }
    saved = *there;
    saved_base = *base;
    *there = PATTERN;
    *base = ~PATTERN;
    good = *there == PATTERN && !comes_round(addr);
    *base = saved_base;
    if (good) {
        *there = saved;
    }
    return good;
}

/*
 * By probing: bank registers say what was programmed, not what is fitted. Halving steps from 2 GiB
 * find the last megabyte that answers.
 */
u32 sdram_size(void)
{
    u32 low = 1, high = 2048; /* MiB: is memory at low - 1, not at high */

    fw->probing = fw->ready = 1;
    while (high - low > 1) {
        u32 middle = (low + high) / 2;

        if (is_memory((middle << 20) - 4)) {
            low = middle;
        } else {
            high = middle;
        }
    }
    fw->probing = fw->ready = 0;
    return low << 20;
}

static int report(u32 addr, u32 wrote, u32 read)
{
    print("memory error at %08x: wrote %08x, read %08x\n", addr, wrote, read);
    return 0;
}

static int test_data_lines(u32 addr)
{
    volatile u32 *p = (volatile u32 *)addr;

    for (u32 bit = 1; bit; bit <<= 1) {
        *p = bit;
        if (*p != bit) {
            return report(addr, bit, *p);
        }
    }
    return 1;
}

/*
 * Writes a word every `step` bytes, each its own address, then reads all of them, then the
 * complements.
 */
int test_memory(u32 start, u32 end, u32 step)
{
    for (u32 invert = 0; invert < 2; invert++) {
        u32 mask = invert ? 0xffffffff : 0;

        for (u32 addr = start; addr < end; addr += step) {
            *(volatile u32 *)addr = addr ^ mask;
        }
        for (u32 addr = start; addr < end; addr += step) {
            u32 read = *(volatile u32 *)addr;

            if (read != (addr ^ mask)) {
                return report(addr, addr ^ mask, read);
            }
        }
    }
    return 1;
}

/* Data lines, then one word in every 4 KiB of what the firmware doesn't use itself. */
int quick_memory_test(void)
{
    return test_data_lines(0x1000) && test_memory(0x8000, fw->ram_size - FIRMWARE_RAM, 0x1000);
}
