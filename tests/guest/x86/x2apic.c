/*
 * Several CPUs as x2APICs, on no operating system: the first one starts the others, calls them by
 * logical and physical destination, and waits for a TSC deadline and for itself. Says on the first
 * serial line what came of it. A multiboot program.
 *
 * Reference: SDM volume 3, 8.4 (starting CPUs), 10.5.4.1 (deadlines), 10.12 (x2APIC).
 *
 * SPDX-License-Identifier: MIT
 */
#include "print.h"

void start_c(void);

enum { APIC_BASE = 0x1b, X2APIC_ON = 0xc00, ID = 0x802, LDR = 0x80d, EOI = 0x80b, SVR = 0x80f,
       ICR = 0x830, LVT_TIMER = 0x832, SELF_IPI = 0x83f, DEADLINE = 0x6e0 };
enum { TRAMPOLINE = 0x8000, NB_STARTED = 0x7000, IDS = 0x7004, CALLS = 0x7008, SECOND = 1000000000 };
enum { ALL_BUT_SELF = 3 << 18, ASSERT = 1 << 14, LOGICAL = 1 << 11, INIT = 5 << 8, STARTUP = 6 << 8 };

extern const u8 trampoline[], trampoline_end[], timer_entry[], self_entry[];
volatile u32 timer_rings, self_calls;

static u64 rdmsr(u32 msr)
{
    u64 value;

    __asm__ volatile("rdmsr" : "=A"(value) : "c"(msr));
    return value;
}

static void wrmsr(u32 msr, u64 value)
{
    __asm__ volatile("wrmsr" : : "A"(value), "c"(msr) : "memory");
}

static u64 rdtsc(void)
{
    u64 value;

    __asm__ volatile("rdtsc" : "=A"(value));
    return value;
}

static volatile u32 *word(u32 address)
{
    __asm__("" : "+r"(address));
    return (volatile u32 *)address;
}

static void wait(u64 ticks)
{
    for (u64 end = rdtsc() + ticks; rdtsc() < end;) {
    }
}

/* Until it has this value, or for ten seconds. */
static void wait_for(volatile u32 *what, u32 value)
{
    for (u64 end = rdtsc() + 10ull * SECOND; *what != value && rdtsc() < end;) {
    }
}

static void line(const char *name, u64 value)
{
    put(name);
    put("=");
    hex(value, 8);
    put("\r\n");
}

static void set_gate(u64 *idt, unsigned vector, const u8 *entry)
{
    u32 at = (u32)entry;

    idt[vector] = (u64)(at >> 16) << 48 | 0x8e0000000000ull | 8 << 16 | (at & 0xffff);
}

static void load_tables(void)
{
    static u64 idt[256], gdt[3] = { 0, 0x00cf9a000000ffffull, 0x00cf92000000ffffull };
    struct { u16 limit; u32 base; } __attribute__((packed)) table = { sizeof(gdt) - 1, (u32)gdt };

    __asm__ volatile("lgdt %0; ljmp $8, $1f; 1: movl %1, %%ds; movl %1, %%es; movl %1, %%ss"
                     : : "m"(table), "r"(16) : "memory");
    set_gate(idt, 0x50, timer_entry);
    set_gate(idt, 0x51, self_entry);
    table.limit = sizeof(idt) - 1;
    table.base = (u32)idt;
    __asm__ volatile("lidt %0" : : "m"(table));
}

void start_c(void)
{
    u32 others = 0;
    u64 deadline;

    put("STARTED\r\n");
    load_tables();
    /* Whatever firmware has done, and the 8259s silent. */
    outb(0x21, 0xff);
    outb(0xa1, 0xff);
    *word(NB_STARTED) = *word(IDS) = *word(CALLS) = 0;
    wrmsr(APIC_BASE, rdmsr(APIC_BASE) | X2APIC_ON);
    wrmsr(SVR, 0x1ff);
    line("id", rdmsr(ID));
    line("ldr", rdmsr(LDR));
    for (const u8 *from = trampoline; from < trampoline_end; from++) {
        ((volatile u8 *)word(TRAMPOLINE))[from - trampoline] = *from;
    }
    wrmsr(ICR, ALL_BUT_SELF | ASSERT | INIT);
    wait(SECOND / 100);
    wrmsr(ICR, ALL_BUT_SELF | ASSERT | STARTUP | TRAMPOLINE >> 12);
    wait(SECOND); /* nobody knows how many there are */
    others = *word(NB_STARTED);
    line("others", others);
    line("ids", *word(IDS));
    wrmsr(ICR, 0xfffeull << 32 | ASSERT | LOGICAL | 0x40);
    wait_for(word(CALLS), others);
    line("logical", *word(CALLS));
    wrmsr(ICR, 2ull << 32 | ASSERT | 0x40);
    wait_for(word(CALLS), others + 1);
    line("physical", *word(CALLS) - others);
    wrmsr(LVT_TIMER, 0x50 | 1 << 18);
    deadline = rdtsc() + SECOND / 50;
    wrmsr(DEADLINE, deadline);
    line("armed", rdmsr(DEADLINE) == deadline);
    __asm__ volatile("sti; hlt; cli");
    line("late", rdtsc() >= deadline);
    line("rings", timer_rings);
    line("left", rdmsr(DEADLINE));
    __asm__ volatile("sti");
    wrmsr(SELF_IPI, 0x51);
    wait_for(&self_calls, 1);
    line("self", self_calls);
    put("END\r\n");
    for (;;) {
        __asm__ volatile("cli; hlt");
    }
}

__asm__(".section .head, \"ax\"\n"
        ".globl _start\n"
        "_start:\n"
        "    movl $stack_end, %esp\n"
        "    call start_c\n"
        "    .balign 4\n"
        "    .long 0x1badb002, 3, -(0x1badb002 + 3)\n"
        /* What the others do, in real mode. */
        ".code16\n"
        "trampoline:\n"
        "    xorw %ax, %ax\n"
        "    movw %ax, %ds\n"
        "    movw %ax, %ss\n"
        "    movl $0x1b, %ecx\n"
        "    rdmsr\n"
        "    orl $0xc00, %eax\n"
        "    wrmsr\n"
        "    movl $0x80f, %ecx\n"
        "    movl $0x1ff, %eax\n"
        "    xorl %edx, %edx\n"
        "    wrmsr\n"
        "    movl $0x802, %ecx\n"
        "    rdmsr\n"
        "    movl %eax, %esp\n"
        "    shll $8, %esp\n"
        "    addw $0x6000, %sp\n"
        "    movw $0x8000 + called - trampoline, 4 * 0x40\n"
        "    movw $0, 4 * 0x40 + 2\n"
        "    lock btsl %eax, 0x7004\n"
        "    sti\n"
        "    lock incl 0x7000\n"
        "1:  hlt\n"
        "    jmp 1b\n"
        "called:\n"
        "    lock incl 0x7008\n"
        "    movl $0x80b, %ecx\n"
        "    xorl %eax, %eax\n"
        "    xorl %edx, %edx\n"
        "    wrmsr\n"
        "    iret\n"
        "trampoline_end:\n"
        ".code32\n"
        "timer_entry:\n"
        "    incl timer_rings\n"
        "    jmp 1f\n"
        "self_entry:\n"
        "    incl self_calls\n"
        "1:  pushal\n"
        "    movl $0x80b, %ecx\n"
        "    xorl %eax, %eax\n"
        "    xorl %edx, %edx\n"
        "    wrmsr\n"
        "    popal\n"
        "    iret\n"
        ".bss\n"
        "    .skip 4096\n"
        "stack_end:\n"
        ".text\n");
