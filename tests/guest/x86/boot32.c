/*
 * Started by -kernel: says on the first serial line what the loader told it, in either protocol.
 *
 * The program is multiboot's with a header that names addresses if ADDRESSES is defined, by its ELF
 * segments if MULTIBOOT is, and PVH's if PVH is. Then it waits.
 *
 * References: Multiboot Specification 0.6.96, 3.1 and 3.3; Xen, public/arch-x86/hvm/start_info.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdint.h>

#define COM1 0x3f8

void start_c(uint32_t magic, uint32_t information);

static void put_char(char c)
{
    __asm__ volatile("outb %0, %w1" : : "a"(c), "Nd"((uint16_t)COM1));
}

static void put(const char *text)
{
    while (*text) {
        put_char(*text++);
    }
}

static void put_hex(const char *name, uint32_t value)
{
    put(name);
    put("=");
    for (int shift = 28; shift >= 0; shift -= 4) {
        put_char("0123456789abcdef"[value >> shift & 15]);
    }
    put(" ");
}

static void put_text(const char *name, uint32_t address)
{
    put(name);
    put("='");
    put((const char *)address);
    put("' ");
}

static void end_line(void)
{
    put("\r\n");
}

static uint32_t sum(uint32_t start, uint32_t size)
{
    uint32_t total = 0;

    for (uint32_t i = 0; i < size; i++) {
        total += ((const uint8_t *)start)[i] * (i % 251 + 1);
    }
    return total;
}

static void put_range(const uint32_t *range)
{
    put_hex("at", range[0]);
    put_hex("size", range[2]);
    put_hex("type", range[4]);
    end_line();
}

enum { INFO_CMDLINE = 1 << 2, INFO_MODULES = 1 << 3, INFO_MAP = 1 << 6 };

static void show_multiboot(const uint32_t *info)
{
    put("MULTIBOOT ");
    put_hex("flags", info[0]);
    put_hex("lower", info[1]);
    put_hex("upper", info[2]);
    end_line();
    if (info[0] & INFO_CMDLINE) {
        put_text("cmdline", info[4]);
        end_line();
    }
    for (uint32_t i = 0; info[0] & INFO_MODULES && i < info[5]; i++) {
        const uint32_t *module = (const uint32_t *)info[6] + 4 * i;

        put("module ");
        put_hex("unaligned", module[0] & 4095);
        put_hex("size", module[1] - module[0]);
        put_hex("sum", sum(module[0], module[1] - module[0]));
        put_text("string", module[2]);
        end_line();
    }
    for (uint32_t at = 0; info[0] & INFO_MAP && at < info[11];) {
        const uint32_t *entry = (const uint32_t *)(info[12] + at);

        put("range ");
        put_range(entry + 1);
        at += entry[0] + 4;
    }
}

static void show_pvh(const uint32_t *start)
{
    put("PVH ");
    put_hex("magic", start[0]);
    put_hex("version", start[1]);
    put_hex("modules", start[3]);
    end_line();
    put_text("cmdline", start[6]);
    end_line();
    if (start[3]) {
        const uint32_t *module = (const uint32_t *)start[4];

        put("module ");
        put_hex("unaligned", module[0] & 4095);
        put_hex("size", module[2]);
        put_hex("sum", sum(module[0], module[2]));
        end_line();
    }
    put("rsdp ");
    put_hex("first", start[8] ? *(const uint32_t *)start[8] : 0);
    end_line();
    for (uint32_t i = 0; i < start[12]; i++) {
        const uint32_t *range = (const uint32_t *)start[10] + 6 * i;

        put("range ");
        put_hex("reserved", range[5]);
        put_range(range);
    }
}

static uint32_t selector_limit(uint16_t selector)
{
    uint32_t limit;

    __asm__("lsll %1, %0" : "=r"(limit) : "r"((uint32_t)selector));
    return limit;
}

void start_c(uint32_t magic, uint32_t information)
{
    uint32_t flags, cr0, cr4, data;
    static uint32_t bss; /* zeroed by the loader */

    __asm__("pushfl; popl %0" : "=r"(flags));
    __asm__("movl %%cr0, %0" : "=r"(cr0));
    __asm__("movl %%cr4, %0" : "=r"(cr4));
    __asm__("movl %%ds, %0" : "=r"(data));
    put("STARTED ");
    put_hex("if", flags & 0x200);
    put_hex("cr0", cr0 & 0x80000001);
    put_hex("cr4", cr4);
    put_hex("limit", selector_limit(data));
    put_hex("bss", bss);
    end_line();
    if (magic == 0x2badb002) {
        show_multiboot((const uint32_t *)information);
    } else {
        show_pvh((const uint32_t *)information);
    }
    put("END\r\n");
    for (;;) {
        __asm__ volatile("cli; hlt");
    }
}

#ifdef VIDEO
#define WISHES 7
#else
#define WISHES 3
#endif
#define TEXT_OF(x) #x
#define TEXT(x)    TEXT_OF(x)

__asm__(".section .head, \"ax\"\n"
        ".globl _start\n"
        "_start:\n"
        "    movl $stack_end, %esp\n"
        "    pushl %ebx\n"
        "    pushl %eax\n"
        "    call start_c\n"
#ifdef ADDRESSES
        "    .balign 4\n"
        "header: .long 0x1badb002, 0x10003, -(0x1badb002 + 0x10003)\n"
        "    .long header, _start, loaded_end, bss_end, _start\n"
#endif
#ifdef MULTIBOOT
        "    .balign 4\n"
        "    .long 0x1badb002, " TEXT(WISHES) ", -(0x1badb002 + " TEXT(WISHES) ")\n"
#endif
#ifdef PVH
        ".section .note.pvh, \"a\", @note\n"
        "    .long 4, 4, 18\n"
        "    .asciz \"Xen\"\n"
        "    .long pvh_start\n"
        ".section .head\n"
        "pvh_start:\n"
        "    xorl %eax, %eax\n"
        "    jmp _start\n"
#endif
        ".bss\n"
        "    .skip 4096\n"
        "stack_end:\n"
        ".text\n");
