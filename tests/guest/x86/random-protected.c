/*
 * Firmware that runs cases of 16-bit code in protected and virtual-8086 mode, one after another,
 * and writes to the debug console what each leaves (random_protected.py, which makes the cases and
 * puts them at CASES). A case ends with an interrupt or exception; a double fault is a task.
 *
 * SPDX-License-Identifier: MIT
 */
#include "print.h"

/* The order up to gs is random-protected.S's. */
struct Case {
    u32 edi, esi, ebp, esp, ebx, edx, ecx, eax;
    u32 eip, cs, eflags, ss, ds, es, fs, gs;
    u32 options, window, cr4, unused;
    u32 inner[4]; /* SS1, SP1, SS2, SP2 */
    u32 ports[4]; /* permissions of 180 to 1ff */
    u16 task[24]; /* a TSS of 16 bits */
    u64 ldt[16];
    u8 code[128];
};

struct Result {
    u32 ds, es, fs, gs;
    u32 edi, esi, ebp, esp_here, ebx, edx, ecx, eax;
    u32 vector, ss_here, tr, tables;
    u32 frame[10];
    u32 hash, unused[5];
} result;

enum {
    CASES = 0x400000,
    PRISTINE = 0x300000, /* what the window starts with */
    WINDOW = 0x19000,    /* a segment that begins where the code does ends in it, too */
    CODE_AT = 0x8000,
    GATES_16 = 1,
    TSS_16 = 2,
    STACK_16 = 4,
    ANY_FLAGS = 8, /* options */
    CODE0 = 0x08,
    DATA0 = 0x10,
    TSS32 = 0x18,
    TSS16 = 0x20,
    LDT = 0x28,
    TASK = 0x30,
    DOUBLE = 0x38,
    STACK16 = 0x40,
    TASK_GATE = 0x48,
    LOW_CODE = 15 << 3 | 4, /* in the LDT: 32-bit code from PROGRAM on, which 16-bit gates reach */
    PROGRAM = 0x20000,
    KERNEL_STACK = 0xf000,
    STACK_BASE = 0x1000,
    DOUBLE_STACK = 0x1e000,
    FLAGS = 0xffff,
    RF = 1 << 16,
    VM = 1 << 17,
    PORTS_AT = 0x68 + 0x20, /* behind the redirection map */
};

extern void enter_case(const struct Case *c) __attribute__((noreturn));
extern char vectors_begin[], double_fault[];

static u64 gdt[10], idt[256], ldt[16];
static u32 tss32[26 + 8 + 17];
static u16 tss16[24], task[24];
static u32 double_tss[26];
static const struct Case *current = (const struct Case *)CASES;

static u64 descriptor(u32 base, u32 limit, u32 attributes)
{
    return (limit & 0xffff) | (u64)(base & 0xffffff) << 16 | (u64)(attributes & 0xff) << 40 |
           (u64)(limit >> 16 & 15) << 48 | (u64)(attributes >> 12) << 52 | (u64)(base >> 24) << 56;
}

static u64 gate(u32 selector, u32 offset, u32 attributes)
{
    return (offset & 0xffff) | selector << 16 | (u64)attributes << 40 | (u64)(offset >> 16) << 48;
}

static void load_tables(void)
{
    struct {
        u16 limit;
        u32 base;
    } __attribute__((packed)) table = { sizeof(gdt) - 1, (u32)gdt };

    __asm__ volatile("lgdt %0" : : "m"(table));
    table.limit = sizeof(idt) - 1;
    table.base = (u32)idt;
    __asm__ volatile("lidt %0" : : "m"(table));
    __asm__ volatile("lldt %0" : : "r"((u16)LDT));
}

/* What is the same for each case but for the kind of gates. */
static void make_gates(u32 options)
{
    for (u32 i = 0; i < 256; i++) {
        u32 attributes =
            (i >= 32 || i == 3 || i == 4 ? 0x60 : 0) | (options & GATES_16 ? 0x86 : 0x8e);
        u32 stub = (u32)vectors_begin + 16 * i;

        idt[i] = options & GATES_16 ? gate(LOW_CODE, stub - PROGRAM, attributes)
                                    : gate(CODE0, stub, attributes);
    }
    idt[8] = gate(DOUBLE, 0, 0x85);
}

static void prepare(const struct Case *c)
{
    u32 *window = (u32 *)c->window, *pristine = (u32 *)PRISTINE;
    u32 stack = c->options & STACK_16 ? KERNEL_STACK - STACK_BASE : KERNEL_STACK;
    u32 stack_selector = c->options & STACK_16 ? STACK16 : DATA0;
    u32 launch = KERNEL_STACK - 0x1000;

    for (u32 i = 0; i < WINDOW / 4; i++) {
        window[i] = pristine[i];
    }
    for (u32 i = 0; i < sizeof(c->code); i++) {
        ((u8 *)window)[CODE_AT + i] = c->code[i];
    }
    for (u32 i = 0; i < 0x1000; i++) {
        ((u8 *)launch)[i] = 0;
    }
    for (u32 i = 0; i < 16; i++) {
        ldt[i] = c->ldt[i];
    }
    ldt[15] = descriptor(PROGRAM, 0xffff, 0x409b);
    for (u32 i = 0; i < 24; i++) {
        task[i] = c->task[i];
        tss16[i] = 0;
    }
    for (u32 i = 0; i < 26; i++) {
        tss32[i] = double_tss[i] = 0;
    }
    tss32[1] = tss16[1] = stack;
    tss32[2] = tss16[2] = stack_selector;
    for (u32 i = 0; i < 4; i++) {
        tss32[3 + i] = c->inner[i ^ 1];
        tss16[3 + i] = c->inner[i ^ 1];
        tss32[PORTS_AT / 4 + 12 + i] = c->ports[i];
    }
    tss32[24] = tss16[21] = LDT;
    tss32[25] = PORTS_AT << 16;
    double_tss[8] = (u32)double_fault;
    double_tss[9] = 2;
    double_tss[14] = DOUBLE_STACK;
    double_tss[18] = double_tss[20] = double_tss[21] = DATA0;
    double_tss[19] = CODE0;
    double_tss[25] = 0x680000;

    gdt[TSS32 / 8] = descriptor((u32)tss32, sizeof(tss32) - 1, 0x89);
    gdt[TSS16 / 8] = descriptor((u32)tss16, 0x2b, 0x81);
    gdt[TASK / 8] = descriptor((u32)task, 0x2b, 0xe1);
    gdt[DOUBLE / 8] = descriptor((u32)double_tss, 0x67, 0x89);
    make_gates(c->options);
    load_tables();
    __asm__ volatile("ltr %0" : : "r"((u16)(c->options & TSS_16 ? TSS16 : TSS32)));
    __asm__ volatile("clts");
    __asm__ volatile("pushl $2; popfl");
    if (c->cr4) {
        __asm__ volatile("mov %0, %%cr4" : : "r"(c->cr4));
    }
}

static u32 mix(u32 hash, u32 value)
{
    hash += value;
    return (hash << 5 | hash >> 27) * 0x9e3779b1;
}

static u32 hash_words(const void *words, u32 bytes, u32 hash)
{
    for (u32 i = 0; i < bytes / 4; i++) {
        hash = mix(hash, ((const u32 *)words)[i]);
    }
    return hash;
}

static void __attribute__((noreturn)) next(void)
{
    if (current->window == 0xffffffff) {
        outb(0x501, 0); /* isa-debug-exit */
        for (;;) {
        }
    }
    prepare(current);
    enter_case(current++);
}

/* Of what differs from the start: where and what. */
static void __attribute__((noreturn)) finish(void)
{
    const struct Case *c = current - 1;
    u32 *window = (u32 *)c->window, *pristine = (u32 *)PRISTINE, hash = 0;
    u16 tr;

    for (u32 i = 0; i < WINDOW / 4; i++) {
        if (window[i] != pristine[i]) {
            hash = mix(mix(hash, i), window[i]);
        }
    }
    result.hash = hash;
    __asm__("str %0" : "=r"(tr));
    result.tr = tr;
    tss32[9] &= ~RF;              /* the installed QEMU never sets it */
    if (c->options & ANY_FLAGS) { /* what that one saves of the flags is anything */
        tss32[9] &= ~FLAGS;
        tss16[8] = task[8] = 0;
    }
    hash = hash_words(ldt, sizeof(ldt), 0);
    hash = hash_words(gdt, sizeof(gdt), hash);
    hash = hash_words(tss32, sizeof(tss32), hash);
    hash = hash_words(tss16, sizeof(tss16), hash);
    result.tables = hash_words(task, sizeof(task), hash);
    for (u32 i = 0; i < sizeof(result); i++) {
        outb(0xe9, ((u8 *)&result)[i]);
    }
    next();
}

static u32 linear(u32 selector, u32 offset)
{
    u64 d = (selector & 4 ? ldt : gdt)[selector >> 3];

    return (u32)(d >> 16 & 0xffffff) + (u32)(d >> 56 << 24) +
           (d >> 54 & 1 ? offset : offset & 0xffff);
}

static int has_error(u32 vector)
{
    return (vector >= 10 && vector <= 14) || vector == 17;
}

/* What the stubs have pushed, and above that the CPU. Called by random-protected.S. */
void __attribute__((noreturn)) handle(u32 ss, u32 esp)
{
    u32 *pushed = (u32 *)linear(ss, esp);
    const u16 *words = (const u16 *)(pushed + 13);
    u32 nb, first;

    for (u32 i = 0; i < 4 + 8 + 1; i++) {
        (&result.ds)[i] = pushed[i];
    }
    result.esp_here = pushed[4 + 3];
    result.ss_here = ss;
    first = has_error(result.vector) ? 0 : 1;
    if (!(current[-1].options & GATES_16)) {
        pushed[13 + 3 - first] &= ~RF;
    }
    result.frame[0] = 0;
    for (nb = 0; first + nb < 10; nb++) {
        result.frame[first + nb] = current[-1].options & GATES_16 ? words[nb] : pushed[13 + nb];
    }
    /* Selectors are words; what is behind the frame isn't looked at. */
    result.frame[2] &= 0xffff;
    nb = result.frame[2] & 3 ? 6 : 4;
    if (!(current[-1].options & GATES_16) && (result.frame[3] & VM)) {
        nb = 10;
    }
    for (u32 i = 5; i < 10; i++) {
        result.frame[i] = i < nb ? result.frame[i] & 0xffff : 0;
    }
    result.frame[4] = nb > 4 ? result.frame[4] : 0;
    finish();
}

void __attribute__((noreturn)) handle_double_fault(void)
{
    u16 old = double_tss[0];

    for (u32 i = 0; i < sizeof(result) / 4; i++) {
        ((u32 *)&result)[i] = 0;
    }
    result.vector = 8;
    result.frame[0] = old;
    finish();
}

int main(void)
{
    u32 value = 0x12345678, *pristine = (u32 *)PRISTINE;
    volatile u32 *vectors = 0;

    outb(0x21, 0xff);
    outb(0xa1, 0xff);
    for (u32 i = 0; i < WINDOW / 4; i++) {
        value = value * 1103515245 + 12345;
        pristine[i] = value >> 11 | value << 21;
    }
    for (u32 i = 0; i < 256;
         i++) { /* where CR4.VME's redirection leads: to INT3s behind the code */
        vectors[i] = 0x48000070 | (i & 15);
    }
    gdt[CODE0 / 8] = descriptor(0, 0xfffff, 0xc09b);
    gdt[DATA0 / 8] = descriptor(0, 0xfffff, 0xc093);
    gdt[LDT / 8] = descriptor((u32)ldt, sizeof(ldt) - 1, 0x82);
    gdt[STACK16 / 8] = descriptor(STACK_BASE, 0xffff, 0x93);
    gdt[TASK_GATE / 8] = gate(TASK, 0, 0xe5);
    next();
}
