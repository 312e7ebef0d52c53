/*
 * The VMEbus from software's side: windows, bus errors, DMA and interrupts of the Universe II.
 *
 * In slot 1 it uses the cards that the test plugs in: memory in A24 at 100000, an interrupter that
 * is fired when INTERRUPT ME has been said. Built with PARTNER, two of it share a crate: the one in
 * slot 2 opens its memory at A32 40000000 and its registers in CR/CSR space, the one in slot 1
 * reads, writes, moves blocks, rings its mailbox and gets an interrupt back.
 *
 * Each line says what has been seen; DONE ends it.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdint.h>

#include "console.h"

#define MPIC     0xf3f80000
#define HAWK     0xfeff0000
#define SLOT     0xfef880e8
#define CONFIG   0xfe000cf8
#define WINDOW   0x90000000u /* A24 */
#define WINDOW32 0xa0000000u /* A32, from 40000000 on */
#define WINDOWCS 0xb0000000u /* CR/CSR */
#define MAGIC    0x564d4521u

enum {
    MSR_EE = 0x8000,
    VECTOR_MACHINE_CHECK = 0x200,
    VECTOR_EXTERNAL = 0x500,
    SOURCE_LINT0 = 5,
    SOURCE_LINT1 = 6,
    TB_HZ = 25000000,
};

static uint32_t csr;
static volatile uint32_t machine_checks, others, interrupts;
static volatile uint32_t levels, statid, other_causes;

static void write32(uint32_t addr, uint32_t value)
{
    *(volatile uint32_t *)addr = value;
    __asm__ volatile("eieio; sync" ::: "memory");
}

static uint32_t read32(uint32_t addr)
{
    uint32_t value = *(volatile uint32_t *)addr;

    __asm__ volatile("eieio; sync" ::: "memory");
    return value;
}

static void put_hex(uint32_t n)
{
    for (int shift = 28; shift >= 0; shift -= 4) {
        put_char("0123456789abcdef"[n >> shift & 15]);
    }
}

static void say(const char *what, uint32_t value)
{
    put(what);
    put(" ");
    put_hex(value);
    put("\r\n");
}

/* PCI, the MPIC and the bridge's registers are little-endian. */
static void mpic_write(uint32_t offset, uint32_t value)
{
    write32(MPIC + offset, __builtin_bswap32(value));
}

static uint32_t config(uint32_t slot, uint32_t reg)
{
    write32(CONFIG, __builtin_bswap32(0x80000000u | slot << 11 | reg));
    return __builtin_bswap32(read32(CONFIG + 4));
}

static void set_config(uint32_t slot, uint32_t reg, uint32_t value)
{
    write32(CONFIG, __builtin_bswap32(0x80000000u | slot << 11 | reg));
    write32(CONFIG + 4, __builtin_bswap32(value));
}

static void uni(uint32_t offset, uint32_t value)
{
    write32(csr + offset, __builtin_bswap32(value));
}

static uint32_t get_uni(uint32_t offset)
{
    return __builtin_bswap32(read32(csr + offset));
}

static void set_interrupts(int on)
{
    uint32_t msr;

    __asm__ volatile("mfmsr %0" : "=r"(msr));
    msr = on ? msr | MSR_EE : msr & ~MSR_EE;
    __asm__ volatile("mtmsr %0; isync" :: "r"(msr) : "memory");
}

static inline uint32_t time_base(void)
{
    uint32_t now;

    __asm__ volatile("mftb %0" : "=r"(now) :: "memory");
    return now;
}

void interrupt(uint32_t vector);

/* As drivers do it: what is pending and enabled, statuses of the levels, then clear. */
void interrupt(uint32_t vector)
{
    uint32_t pending;

    if (vector == VECTOR_MACHINE_CHECK) {
        machine_checks++;
    } else if (vector == VECTOR_EXTERNAL) {
        read32(MPIC + 0x200a0);
        pending = get_uni(0x304) & get_uni(0x300);
        for (int level = 1; level < 8; level++) {
            if (pending & 1u << level) {
                levels |= 1u << level;
                statid = get_uni(0x320 + 4 * level);
            }
        }
        other_causes |= pending & ~0xfeu;
        uni(0x304, pending);
        interrupts++;
        mpic_write(0x200b0, 0);
    } else {
        others++;
    }
}

static void wait_for(volatile uint32_t *what, uint32_t bits)
{
    while (!(*what & bits)) {
    }
    *what = 0;
}

static void open_window(int n, uint32_t at, uint32_t pci, uint32_t vme, uint32_t size, uint32_t ctl)
{
    uni(at + 0x14 * n + 4, pci);
    uni(at + 0x14 * n + 8, pci + size);
    uni(at + 0x14 * n + 12, vme - pci);
    uni(at + 0x14 * n, 0x80000000u | ctl);
}

static void enable_mpic(uint32_t source, uint32_t vector)
{
    mpic_write(0x10000 + source * 0x20, 0x00c80000 | vector);
    mpic_write(0x10010 + source * 0x20, 1);
}

static void dma(uint32_t dctl, uint32_t pci, uint32_t vme, uint32_t len)
{
    uni(0x200, dctl);
    uni(0x204, len);
    uni(0x208, pci);
    uni(0x210, vme);
    uni(0x220, 0x80006f0f);
    wait_for(&other_causes, 0x100);
    say("dma", get_uni(0x220));
}

static uint32_t source[4096], target[4096];

static uint32_t differences(void)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < 4096; i++) {
        n += ((volatile uint32_t *)source)[i] != ((volatile uint32_t *)target)[i];
    }
    return n;
}

static void fill(void)
{
    for (uint32_t i = 0; i < 4096; i++) {
        source[i] = i * 0x01010101u;
        target[i] = 0;
    }
}

static void set_up(void)
{
    say("bridge", config(13, 0));
    set_config(13, 4, 0xf9000007u);
    csr = config(13, 0x10);
    mpic_write(0x1020, 0x20000000);
    mpic_write(0x20080, 0);
    enable_mpic(SOURCE_LINT0, 0x45);
    enable_mpic(SOURCE_LINT1, 0x46);
    uni(0x308, 0);          /* levels to LINT0, all else to LINT1 */
    uni(0x30c, 0x11111111);
    uni(0x340, 0x11111111);
    uni(0x304, 0xffffffff);
}

#ifndef PARTNER
static void bus_errors(void)
{
    write32(HAWK + 0x24, 0xbf);
    say("nobody", read32(WINDOW + 0x20));
    say("estat", read32(HAWK + 0x24));
    say("eaddr", read32(HAWK + 0x28));
    say("machine checks", machine_checks);
    write32(HAWK + 0x24, 0xbf);
    write32(HAWK + 0x20, 0x0100); /* RTAM */
    __asm__ volatile("mtspr 1008, %0; isync" :: "r"(0x80000000u)); /* HID0.EMCP: the MCP pin counts */
    read32(WINDOW + 0x20);
    for (uint32_t start = time_base(); !machine_checks && time_base() - start < TB_HZ;) {
    }
    say("machine checks", machine_checks);
    write32(HAWK + 0x20, 0);
    write32(HAWK + 0x24, 0xbf);
    uni(0x300, 0x400);
    open_window(1, 0x100, WINDOW, 0, 0x1000000, 0x40810000); /* posted */
    write32(WINDOW + 0x30, 1);
    wait_for(&other_causes, 0x400);
    say("v_amerr", get_uni(0xf88));
    say("vaerr", get_uni(0xf8c));
    uni(0xf88, 0x00800000);
    open_window(1, 0x100, WINDOW, 0, 0x1000000, 0x00810000);
}

static void alone(void)
{
    open_window(1, 0x100, WINDOW, 0, 0x1000000, 0x00810000);
    write32(WINDOW + 0x100010, 0x12345678);
    say("memory", read32(WINDOW + 0x100010));
    say("byte", *(volatile uint8_t *)(WINDOW + 0x100011));
    bus_errors();

    fill();
    uni(0x300, 0x100);
    dma(0x80c10100, (uint32_t)source, 0x100000, sizeof(source));
    dma(0x00c10100, (uint32_t)target, 0x100000, sizeof(target));
    say("differences", differences());
    dma(0x80810000, (uint32_t)source, 0x800000, 64); /* nobody there */

    uni(0x300, 0xfe);
    put("INTERRUPT ME\r\n");
    wait_for(&levels, 0xfe);
    say("status/ID", statid);
}
#else
/* Slot 1. */
static void caller(void)
{
    uint32_t n = 0;

    open_window(1, 0x100, WINDOW32, 0x40000000, 0x1000000, 0x00820000);
    open_window(2, 0x100, WINDOWCS, 0, 0x1000000, 0x00850000);
    while (read32(WINDOW32 + 0x300000) != MAGIC) {
    }
    write32(WINDOW32 + 0x300004, 0xcafe1234);
    say("there", read32(WINDOW32 + 0x300004));
    fill();
    uni(0x300, 0x110);
    dma(0x80c20100, (uint32_t)source, 0x40310000, sizeof(source));
    dma(0x00c20100, (uint32_t)target, 0x40310000, sizeof(target));
    say("differences", differences());
    /* MBOX0 of the other's registers; PCI byte order stays. */
    write32(WINDOWCS + 2 * 0x80000 + 0x7f348, __builtin_bswap32(0x600d));
    wait_for(&levels, 1u << 4);
    say("status/ID", statid);
#ifdef ENDLESS
    put("CALLING\r\n");
    for (;;) {
        uint32_t found = read32(WINDOW32 + 0x300000);

        if (found == MAGIC) {
            n++;
        } else {
            say("gone after", n > 0);
            break;
        }
    }
    while (read32(WINDOW32 + 0x300000) != MAGIC) {
    }
    put("BACK\r\n");
#else
    say("left over", n);
#endif
}

/* Slot 2. */
static void called(void)
{
    open_window(1, 0xf00, 0x40000000, 0, 0x1000000, 0x00f20000); /* base VME, to PCI 0 */
    uni(0xf00 + 0x14 + 12, 0 - 0x40000000);
    uni(0xffc, 2u << 27);
    uni(0xf80, 0x80000000);
    uni(0x300, 0x00010000 | 0x1000);
    *(volatile uint32_t *)0x300000 = MAGIC;
    put("OPEN\r\n");
    wait_for(&other_causes, 0x00010000);
    say("mailbox", get_uni(0x348));
    say("memory", *(volatile uint32_t *)0x300004);
    uni(0x320, 0x66000000);
    uni(0x310, 1u << (24 + 4));
    wait_for(&other_causes, 0x1000);
    put("acknowledged\r\n");
}
#endif

int main(void);

int main(void)
{
    set_up();
    set_interrupts(1);
#ifdef PARTNER
    if (*(volatile uint8_t *)SLOT == 1) {
        caller();
    } else {
        called();
    }
#else
    alone();
#endif
    say("other exceptions", others);
    put("DONE\r\n");
    return 0;
}
