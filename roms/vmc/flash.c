/*
 * Flash bank A: a 16-bit CFI NOR device with the Intel command set.
 *
 * Reference: JEDEC JESD68 (CFI), Intel StrataFlash data sheet (commands).
 *
 * SPDX-License-Identifier: MIT
 */
#include "board.h"

#define READ_ARRAY   0xffff
#define READ_QUERY   0x9898
#define CLEAR_STATUS 0x5050
#define BLOCK_ERASE  0x2020
#define CONFIRM      0xd0d0
#define PROGRAM      0x4040
#define LOCK_SETUP   0x6060
#define STATUS_READY 0x80
#define STATUS_ERROR 0x3a

/* Query data is in the low byte of each 16-bit word. */
static u32 query(u32 offset)
{
    return in16(FLASH_A + offset * 2) & 0xff;
}

static int enter_query(void)
{
    out16(FLASH_A + 0x55 * 2, READ_QUERY & 0xff);
    return query(0x10) == 'Q' && query(0x11) == 'R' && query(0x12) == 'Y';
}

static void leave_query(void)
{
    out16(FLASH_A, READ_ARRAY & 0xff);
}

static u32 block_size(void)
{
    u32 size = 0;

    if (enter_query()) {
        size = (query(0x2f) | query(0x30) << 8) << 8;
    }
    leave_query();
    return size;
}

void flash_print(void)
{
    if (!enter_query()) {
        leave_query();
        print("no CFI flash at %08x\n", FLASH_A);
        return;
    }
    u32 size = 1u << query(0x27);
    u32 blocks = (query(0x2d) | query(0x2e) << 8) + 1;
    u32 block = (query(0x2f) | query(0x30) << 8) << 8;
    u32 set = query(0x13) | query(0x14) << 8;

    leave_query();
    print("%u KiB, %u blocks of %u KiB, command set %04x\n", size >> 10, blocks, block >> 10, set);
}

static int wait_ready(u32 addr)
{
    u32 status;

    do {
        status = in16(addr);
    } while (!(status & STATUS_READY));
    out16(addr, CLEAR_STATUS & 0xff);
    out16(addr, READ_ARRAY & 0xff);
    if (status & STATUS_ERROR) {
        print("flash error at %08x, status %02x\n", addr, status & 0xff);
        return 0;
    }
    return 1;
}

/* Erases the blocks that hold [addr, addr + len). */
int flash_erase(u32 addr, u32 len)
{
    u32 size = block_size();

    if (!size) {
        print("no CFI flash at %08x\n", FLASH_A);
        return 0;
    }
    for (u32 block = addr & -size; block < addr + len; block += size) {
        out16(block, LOCK_SETUP & 0xff);
        out16(block, CONFIRM & 0xff);
        out16(block, BLOCK_ERASE & 0xff);
        out16(block, CONFIRM & 0xff);
        if (!wait_ready(block)) {
            return 0;
        }
    }
    return 1;
}

int flash_write(u32 addr, const void *data, u32 len)
{
    const u8 *p = data;

    for (u32 i = 0; i < len; i += 2) {
        u16 word = p[i] << 8 | (i + 1 < len ? p[i + 1] : 0xff);

        out16(addr + i, PROGRAM & 0xff);
        out16(addr + i, word);
        if (!wait_ready(addr + i)) {
            return 0;
        }
    }
    return memcmp((const void *)addr, data, len) == 0;
}
