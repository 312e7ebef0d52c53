/*
 * A program of the benchmark without an operating system, started by rom.S and then
 * tests/guest/bare/start.S: with caches, floating point, and BATs that show memory and devices where
 * they are. Prints "ready", runs, and prints "checksum NNNNNNNN".
 *
 * Two boards can run it: VMC, and g3beige with a serial card at PCI device BOARD_PCI_UART. The
 * build says which (BOARD_UART).
 *
 * SPDX-License-Identifier: MIT
 */
#include "bare.h"
#include "bench.h"

enum {
    SPR_DEC = 22,
    SPR_IBAT0U = 528,
    SPR_IBAT0L = 529,
    SPR_DBAT0U = 536,
    SPR_DBAT0L = 537,
    SPR_DBAT1U = 538,
    SPR_DBAT1L = 539,
    SPR_HID0 = 1008,
    BAT_256_MB = 0x1ffe,        /* for the supervisor */
    BAT_READ_WRITE = 2,
    BAT_DEVICE = 0x28,          /* caching inhibited, guarded */
    HID0_CACHES = 0xc000,
    UART_LINE_STATUS = 5,
    LINE_STATUS_EMPTY = 0x20,   /* room for a character */
};

/* In RAM above the program, which lies at 0. */
#define CODE_MEMORY 0x04000000u

static void put(const char *text)
{
    for (; *text; text++) {
        while (!(*uart(UART_LINE_STATUS) & LINE_STATUS_EMPTY)) {
        }
        *uart(0) = *text;
    }
}

static void stop(void) __attribute__((noreturn));

static void stop(void)
{
    for (;;) {
    }
}

void bench_fail(const char *why)
{
    put("failed: ");
    put(why);
    put("\n");
    stop();
}

__attribute__((weak)) void interrupt(uint32_t vector)
{
    (void)vector;
    bench_fail("an exception that nobody expects");
}

void *bench_code_memory(size_t size)
{
    (void)size;
    return (void *)CODE_MEMORY;
}

void bench_flush_code(void *start, size_t size)
{
    uintptr_t first = (uintptr_t)start & ~31u, end = (uintptr_t)start + size;

    for (uintptr_t line = first; line < end; line += 32) {
        __asm__ volatile("dcbst 0, %0" :: "r"(line) : "memory");
    }
    __asm__ volatile("sync" ::: "memory");
    for (uintptr_t line = first; line < end; line += 32) {
        __asm__ volatile("icbi 0, %0" :: "r"(line) : "memory");
    }
    __asm__ volatile("sync; isync" ::: "memory");
}

static void set_up_cpu(void)
{
    uint32_t devices = BOARD_UART & 0xf0000000;

    mtspr(SPR_DEC, 0x7fffffff);
    mtspr(SPR_HID0, HID0_CACHES);
    mtspr(SPR_IBAT0U, BAT_256_MB);
    mtspr(SPR_IBAT0L, BAT_READ_WRITE);
    mtspr(SPR_DBAT0U, BAT_256_MB);
    mtspr(SPR_DBAT0L, BAT_READ_WRITE);
    mtspr(SPR_DBAT1U, devices | BAT_256_MB);
    mtspr(SPR_DBAT1L, devices | BAT_DEVICE | BAT_READ_WRITE);
    set_msr(MSR_ME | MSR_FP | MSR_IR | MSR_DR);
}

#ifdef BOARD_PCI_UART
static void write_pci_config(unsigned device, unsigned reg, uint32_t value)
{
    *(volatile uint32_t *)0xfec00000 = __builtin_bswap32(0x80000000 | device << 11 | reg);
    __asm__ volatile("eieio" ::: "memory");
    *(volatile uint32_t *)0xfee00000 = __builtin_bswap32(value);
    __asm__ volatile("eieio" ::: "memory");
}

static void set_up_console(void)
{
    write_pci_config(BOARD_PCI_UART, 0x10, BOARD_UART & 0xffffff); /* in I/O space */
    write_pci_config(BOARD_PCI_UART, 0x04, 1);
}
#else
static void set_up_console(void)
{
}
#endif

static void put_checksum(uint32_t sum)
{
    char text[] = "checksum 00000000\n";

    for (char *digit = text + 16; *digit != ' '; digit--, sum >>= 4) {
        *digit = "0123456789abcdef"[sum & 15];
    }
    put(text);
}

/* What the compiler calls. */
void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memset(void *to, int value, size_t size);

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
    char *out = to;
    const char *in = from;

    while (size--) {
        *out++ = *in++;
    }
    return to;
}

void *memset(void *to, int value, size_t size)
{
    char *out = to;

    while (size--) {
        *out++ = value;
    }
    return to;
}

extern char bench_rounds[]; /* its address is the number: given to the linker */

int main(void);

int main(void)
{
    set_up_cpu();
    set_up_console();
    put("ready\n");
    put_checksum(bench((uint32_t)(uintptr_t)bench_rounds));
    stop();
}
