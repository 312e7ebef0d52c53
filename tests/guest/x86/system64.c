/*
 * A bare program for a PC that loads segment registers, transfers control and provokes exceptions in
 * the ways that long mode has, in 64-bit and compatibility mode, and prints what comes of each
 * attempt. What it prints has to be the same everywhere.
 *
 * SPDX-License-Identifier: MIT
 */
#include "print.h"

/* ---- Attempts ---- */

/* The order is attempt64.S's. */
struct Context {
    u64 rip, cs, rflags, rsp, ss, rax, rbx, r11;
};

struct Record {
    u64 rax, rcx, rdx, rbx, r11, rsp_here, ds, es, fs, ss_here;
    u64 vector, error, rip, cs, rflags, rsp, ss;
} record;

extern void attempt(const struct Context *context);
extern char vectors_begin[];

enum {
    DONE = 0x40, /* the interrupt that ends an attempt that went well */
    CODE0 = 0x08, DATA0 = 0x10, CODE3 = 0x1b, DATA3 = 0x23,
    COMPATIBLE3 = 0x2b, COMPATIBLE0 = 0x30,
    TSS = 0x40,
    FIRST = 0x60, /* the selectors that are tried */
    LAST = 0x1a8,
    RF = 1 << 16,
    USER_STACK = 0x18000, INNER_STACK = 0x1a008, KERNEL_STACK = 0x1c000, IST_STACK = 0x1e008,
};

static u64 gdt[64], idt[512];
static u32 tss[26];

static u64 descriptor(u32 base, u32 limit, u32 attributes)
{
    return (limit & 0xffff) | (u64)(base & 0xffffff) << 16 | (u64)(attributes & 0xff) << 40 |
           (u64)(limit >> 16 & 15) << 48 | (u64)(attributes >> 12) << 52 | (u64)(base >> 24) << 56;
}

static void set_gate(u64 *at, u32 selector, u64 offset, u32 attributes, u32 ist)
{
    at[0] = (offset & 0xffff) | selector << 16 | (u64)ist << 32 | (u64)attributes << 40 |
            (offset >> 16 & 0xffff) << 48;
    at[1] = offset >> 32;
}

enum Mode { LEVEL_0, LEVEL_3, COMPATIBLE_0, COMPATIBLE_3 };

static const u16 code_selectors[] = { CODE0, CODE3, COMPATIBLE0, COMPATIBLE3 };

static void try_with(enum Mode mode, const char *code, u64 rflags, u64 rax, u64 rbx)
{
    int user = mode & 1;
    struct Context c = {
        .rip = (u64)code, .cs = code_selectors[mode], .rflags = rflags | 2,
        .rsp = user ? USER_STACK : KERNEL_STACK, .ss = user ? DATA3 : DATA0, .rax = rax, .rbx = rbx,
    };

    put("@");
    outb(0x3f8, '0' + mode);
    put(" ");
    attempt(&c);
    hex(record.vector, 2);
    hex(record.error, 4);
    hex(record.cs, 4);
    hex(record.rip - (u64)code, 16);
    hex(record.rflags & ~RF, 8); /* the installed QEMU never sets it */
    hex(record.ss, 4);
    hex(record.rsp, 16);
    hex(record.rax, 16);
    hex(record.rdx, 16);
    hex(record.rbx, 16);
    hex(record.es, 4);
    hex(record.fs, 4);
    hex(record.ss_here, 4);
    hex(record.rsp_here, 8);
    put("\n");
}

#define STUB(name, code)                                                                           \
    extern char name[];                                                                            \
    __asm__(".balign 16\n" #name ":\n" code "\n int $0x40\n");
#define STUB32(name, code)                                                                         \
    extern char name[];                                                                            \
    __asm__(".code32\n.balign 16\n" #name ":\n" code "\n int $0x40\n.code64\n");

static void try(const char *code, u64 rax, u64 rbx)
{
    try_with(LEVEL_0, code, 0, rax, rbx);
    try_with(LEVEL_3, code, 0, rax, rbx);
}

static void try32(const char *code, u64 rax, u64 rbx)
{
    try_with(COMPATIBLE_0, code, 0, rax, rbx);
    try_with(COMPATIBLE_3, code, 0, rax, rbx);
}

/* ---- What selectors name ---- */

STUB(landing, "mov $0x34, %dl") /* the same in 32-bit code */

static void make_descriptors(void)
{
    static const u16 kinds[] = {
        0xc93, 0xc91, 0xcb3, 0xcf3, 0xcf1, 0xc13, 0xcf7, /* data */
        0xa9b, 0xa99, 0xa98, 0xafb, 0xaff, 0xa9f, 0xa1b, 0xe9b, /* code of 64 bits; L and D */
        0xc9b, 0xcfb, 0x89b, 0xc9f, 0xc1b, /* of 32, of 16 bits */
    };
    u32 i = FIRST / 8;

    for (u32 k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
        gdt[i++] = descriptor(0, 0xfffff, (kinds[k] & 0xf00) << 4 | (kinds[k] & 0xff));
    }
    gdt[i++] = descriptor(0x5000, 0xfff, 0x82); /* LDT, TSS, busy TSS; their upper halves */
    gdt[i++] = 0x00007fff;
    gdt[i++] = descriptor(0x5000, 0xfff, 0x89);
    gdt[i++] = 0;
    gdt[i++] = descriptor(0x5000, 0xfff, 0x8b);
    gdt[i++] = 0;
    set_gate(gdt + i, CODE0, (u64)landing, 0x8c, 0); /* call gates */
    set_gate(gdt + i + 2, CODE0, (u64)landing, 0xec, 0);
    set_gate(gdt + i + 4, CODE3, (u64)landing, 0xec, 0);
    set_gate(gdt + i + 6, COMPATIBLE0, (u64)landing, 0xec, 0);
    set_gate(gdt + i + 8, CODE0, 1ull << 47, 0xec, 0);
    set_gate(gdt + i + 10, CODE0, (u64)landing, 0x6c, 0);
    set_gate(gdt + i + 12, CODE0, (u64)landing, 0xec, 0);
    gdt[i + 13] |= 0x100000000000;
    gdt[i + 14] = descriptor(0x5000, 0xfff, 0xe1); /* no such types here */
    gdt[i + 15] = descriptor(0x5000, 0xfff, 0xe4);
    gdt[i + 16] = descriptor(0x5000, 0xfff, 0xe5);
}

STUB(load_es, "mov %eax, %es\n mov %es, %edx")
STUB(load_fs, "mov %eax, %fs\n mov %fs, %edx")
STUB(load_ss, "mov %ss, %ebx\n mov %eax, %ss\n mov %ss, %edx\n mov %ebx, %ss")
STUB(lar, "lar %eax, %edx\n pushf\n pop %rax")
STUB(lsl, "lsl %eax, %edx\n pushf\n pop %rax")
STUB(verr, "verr %ax\n pushf\n pop %rdx")
STUB(verw, "verw %ax\n pushf\n pop %rdx")
STUB(lldt, "lldt %ax\n sldt %rdx\n xor %eax, %eax\n lldt %ax")
STUB(ltr, "ltr %ax\n str %rdx\n mov $0x40, %eax\n mov $gdt_of_tss, %ebx\n mov (%rbx), %rbx\n movb $0x89, 5(%rbx)\n ltr %ax")
STUB(lss, "lea far_pointer(%rip), %rbx\n mov %ax, 4(%rbx)\n movl $0x19000, (%rbx)\n lss (%rbx), %esp")

char far_pointer[16] = "";
u64 *gdt_of_tss = gdt + TSS / 8;

static void each_selector(const char *name, const char *code, const char *code32)
{
    for (u32 s = FIRST - 8; s < LAST; s += 8) {
        for (u32 rpl = 0; rpl < 4; rpl += 3) {
            u32 selector = s < FIRST ? rpl : s | rpl;

            make_descriptors();
            put(name);
            hex(selector, 4);
            try(code, selector, 0);
            make_descriptors();
            if (code32) {
                try32(code32, selector, 0);
            }
        }
    }
}

/* ---- Far transfers ---- */

#define FAR_POINTER "mov $far_pointer, %ebx\n movl $landing, (%ebx)\n mov %ax, 4(%ebx)\n"
#define FAR_POINTER_64 "mov $far_pointer, %ebx\n movq $landing, (%rbx)\n mov %ax, 8(%rbx)\n"

STUB(jump, FAR_POINTER "ljmp *(%rbx)")
STUB(jump64, FAR_POINTER_64 "rex.w ljmp *(%rbx)")
STUB(call, FAR_POINTER "lcall *(%rbx)")
STUB(call64, FAR_POINTER_64 "rex.w lcall *(%rbx)")
STUB(ret64, "mov %rsp, %rcx\n mov %ss, %edx\n push %rdx\n push %rcx\n push %rax\n push $landing\n lretq")
STUB(ret64_outer, "push $0x23\n push $0x17000\n push %rax\n push $landing\n lretq")
STUB(iret64, "mov %rsp, %rcx\n mov %ss, %edx\n push %rdx\n push %rcx\n pushf\n push %rax\n"
             "push $landing\n iretq")
STUB(iret64_outer, "push $0x23\n push $0x17000\n push $2\n push %rax\n push $landing\n iretq")
STUB(iret64_null, "mov $0, %edx\n push %rdx\n push $0x17000\n push $2\n push %rax\n push $landing\n iretq")
STUB(iret64_null1, "push $1\n push $0x17000\n push $2\n push %rax\n push $landing\n iretq")
STUB32(jump_32, FAR_POINTER "ljmp *(%ebx)")
STUB32(call_32, FAR_POINTER "lcall *(%ebx)")
STUB32(ret_32, "mov %esp, %ecx\n mov %ss, %edx\n push %edx\n push %ecx\n push %eax\n push $landing\n lret")
STUB32(ret_outer_32, "push $0x23\n push $0x17000\n push %eax\n push $landing\n lret")
STUB32(iret_32, "mov %esp, %ecx\n mov %ss, %edx\n push %edx\n push %ecx\n pushf\n push %eax\n"
                "push $landing\n iret")
STUB32(iret_outer_32, "push $0x23\n push $0x17000\n push $2\n push %eax\n push $landing\n iret")

static void selectors(void)
{
    each_selector("es ", load_es, 0);
    each_selector("fs ", load_fs, 0);
    each_selector("ss ", load_ss, 0);
    each_selector("lss ", lss, 0);
    each_selector("lar ", lar, 0);
    each_selector("lsl ", lsl, 0);
    each_selector("verr ", verr, 0);
    each_selector("verw ", verw, 0);
    each_selector("lldt ", lldt, 0);
    each_selector("ltr ", ltr, 0);
}

static void transfers(void)
{
    each_selector("jump ", jump, jump_32);
    each_selector("jump64 ", jump64, 0);
    each_selector("call ", call, call_32);
    each_selector("call64 ", call64, 0);
    each_selector("ret ", ret64, ret_32);
    each_selector("ret outer ", ret64_outer, ret_outer_32);
    each_selector("iret ", iret64, iret_32);
    each_selector("iret outer ", iret64_outer, iret_outer_32);
    each_selector("iret with null ", iret64_null, 0);
    each_selector("iret with 1 ", iret64_null1, 0);
}

/* ---- Addresses ---- */

STUB(load_memory, "mov (%rax), %rdx")
STUB(push_there, "mov %rsp, %rbx\n mov %rax, %rsp\n push %rdx\n mov %rbx, %rsp")
STUB(load_by_sp, "mov %rsp, %rbx\n mov %rax, %rsp\n mov (%rsp), %rdx\n mov %rbx, %rsp")
STUB(load_by_bp, "mov %rax, %rbp\n mov (%rbp), %rdx")
STUB(jump_there, "jmp *%rax")
STUB(call_there, "call *%rax")
STUB(ret_there, "push %rax\n ret")
STUB(iret_there, "mov %ss, %edx\n push %rdx\n push $0x17000\n push $2\n mov %cs, %edx\n push %rdx\n"
                 "push %rax\n iretq")
STUB(iret_to_stack, "mov %ss, %edx\n push %rdx\n push %rax\n push $2\n mov %cs, %edx\n push %rdx\n"
                    "push $landing\n iretq")
STUB(lgdt_there, "mov $far_pointer, %ebx\n movw $0xff, (%rbx)\n mov %rax, 2(%rbx)\n lgdt (%rbx)")

static void addresses(void)
{
    static const u64 odd[] = {
        0x0000800000000000, 0xffff7fffffffffff, 0x8000000000000000, 0x00007ffffffffffc,
    };

    for (u32 i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        put("load ");
        try(load_memory, odd[i], 0);
        put("push ");
        try(push_there, odd[i], 0);
        put("load by sp ");
        try(load_by_sp, odd[i], 0);
        put("load by bp ");
        try(load_by_bp, odd[i], 0);
        put("iret to ");
        try(iret_there, odd[i], 0);
        if (i < 3) {
            put("iret to stack ");
            try(iret_to_stack, odd[i], 0);
        }
    }
}

/* ---- Interrupts ---- */

STUB(int_30, "int $0x30")
STUB(int_3, "int3")
STUB(divide, "xor %ecx, %ecx\n div %ecx")
STUB(undefined, "ud2")
STUB(hlt_, "hlt")
STUB(push_es, ".byte 0x06")
STUB(les_, ".byte 0xc4, 0x03")
STUB(into, ".byte 0xce")
STUB(far_jump_immediate, ".byte 0xea, 0, 0, 0, 0, 8, 0")
STUB(far_call_immediate, ".byte 0x9a, 0, 0, 0, 0, 8, 0")
STUB(aaa, ".byte 0x37")
STUB(pusha, ".byte 0x60")
STUB(bound, ".byte 0x62, 0x03")
STUB(swapgs, "swapgs\n swapgs")
STUB(frame, "mov (%rsp), %rax\n mov 16(%rsp), %rbx\n mov 24(%rsp), %rdx\n mov %rsp, %rcx")
STUB(popf, "push %rax\n popf\n nop\n pushf\n pop %rdx\n push $2\n popf")
STUB(popfw, "push %ax\n popfw\n nop\n pushf\n pop %rdx\n push $2\n popf")
STUB(pushfw, "pushfw\n mov %rsp, %rdx")
STUB(push_fs, "mov $0x23, %eax\n mov %eax, %fs\n push %fs\n pop %rdx\n pushw %fs\n mov %rsp, %rbx")
STUB(pop_fs, "push $0x23\n pop %fs\n mov %fs, %edx")

static void interrupts(void)
{
    static const u8 kinds[] = { 0xee, 0xef, 0x8e, 0x6e, 0xec, 0xe5, 0xe6, 0xe7, 0xfe, 0x00 };

    for (u32 i = 0; i < sizeof(kinds); i++) {
        for (u32 ist = 0; ist < 3; ist++) {
            set_gate(idt + 0x60, CODE0, (u64)frame, kinds[i], ist);
            put("int ");
            try(int_30, 0, 0);
            try32(int_30, 0, 0);
        }
    }
    for (u32 s = 0; s < LAST; s += 8) {
        if (s < FIRST && s > DATA3) {
            continue;
        }
        make_descriptors();
        set_gate(idt + 0x60, s, (u64)landing, 0xee, 1);
        put("int to ");
        hex(s, 4);
        try(int_30, 0, 0);
    }
    set_gate(idt + 0x60, CODE0, (u64)landing, 0xee, 0);
    idt[0x61] |= 1ull << 44;
    put("gate with a type above ");
    try(int_30, 0, 0);
    set_gate(idt + 0x60, CODE0, (u64)landing, 0xee, 7);
    tss[9 + 12] = 0x80000000; /* IST7 isn't canonical */
    tss[10 + 12] = 0x80000000;
    put("stack isn't canonical ");
    try(int_30, 0, 0);
    put("int3 ");
    try(int_3, 0, 0);
    put("divide ");
    try(divide, 0, 0);
    put("undefined ");
    try(undefined, 0, 0);
    put("hlt ");
    try_with(LEVEL_3, hlt_, 0, 0, 0);
    put("push es ");
    try(push_es, 0, 0);
    put("les ");
    try(les_, 0, (u64)far_pointer);
    put("into ");
    try(into, 0, 0);
    put("far jump ");
    try(far_jump_immediate, 0, 0);
    put("far call ");
    try(far_call_immediate, 0, 0);
    put("aaa ");
    try(aaa, 0, 0);
    put("pusha ");
    try(pusha, 0, 0);
    put("bound ");
    try(bound, 0, (u64)far_pointer);
    put("swapgs ");
    try(swapgs, 0, 0);
    put("push fs ");
    try(push_fs, 0, 0);
    put("pop fs ");
    try(pop_fs, 0, 0);
    put("pushfw ");
    try(pushfw, 0, 0);
    for (u32 bit = 0; bit < 22; bit++) {
        if (bit != 8) {
            put("popf ");
            try(popf, 1u << bit, 0);
            put("popfw ");
            try(popfw, 1u << bit, 0);
        }
    }
    put("step ");
    try_with(LEVEL_0, landing, 0x100, 0, 0);
    try_with(LEVEL_3, landing, 0x100, 0, 0);
    set_gate(idt + 26, CODE0, (u64)landing, 0x0e, 0);
    put("a fault's gate isn't present ");
    try_with(LEVEL_3, hlt_, 0, 0, 0);
    set_gate(idt + 26, CODE0, (u64)vectors_begin + 16 * 13, 0x8e, 1);
}

/* ---- System calls ---- */

STUB(syscall_, "mov $7, %ebx\n syscall")
STUB(sysret64, "mov %eax, %ecx\n mov $0x244, %r11d\n sysretq")
STUB(sysret32, "mov %eax, %ecx\n mov $0x244, %r11d\n sysretl")
STUB(sysret_odd, "mov %rax, %rcx\n mov $0x202, %r11d\n sysretq")
STUB(sysenter_, "sysenter")
STUB(called, "mov %r11, %rdx\n mov %rcx, %rax\n pushf\n pop %rbx\n push $2\n popf")
STUB32(syscall_32, "mov $7, %ebx\n syscall")

static void write_msr(u32 number, u64 value)
{
    __asm__ volatile("wrmsr" : : "c"(number), "a"((u32)value), "d"((u32)(value >> 32)));
}

static void system_calls(void)
{
    enum { EFER = 0xc0000080, STAR, LSTAR, CSTAR, FMASK };

    write_msr(STAR, (u64)(COMPATIBLE3 - 16) << 48 | (u64)CODE0 << 32);
    write_msr(LSTAR, (u64)called);
    write_msr(CSTAR, (u64)called);
    for (u32 mask = 0; mask < 2; mask++) {
        write_msr(FMASK, mask ? 0x4d5 : 0);
        put("syscall ");
        try_with(LEVEL_0, syscall_, 0x4d5, 0, 0);
        try_with(LEVEL_3, syscall_, 0x4d5, 0, 0);
        try_with(COMPATIBLE_3, syscall_32, 0x4d5, 0, 0);
    }
    put("sysret ");
    try(sysret64, (u64)landing, 0);
    put("sysretl ");
    try(sysret32, (u64)landing, 0);
    write_msr(EFER, 0x100);
    put("syscall isn't enabled ");
    try(syscall_, 0, 0);
    put("sysret isn't enabled ");
    try(sysret64, (u64)landing, 0);
    write_msr(EFER, 0x101);
}

/* ---- ---- */

int main(void)
{
    struct { u16 limit; u64 base; } __attribute__((packed)) table;

    gdt[CODE0 / 8] = descriptor(0, 0xfffff, 0xa09b);
    gdt[DATA0 / 8] = descriptor(0, 0xfffff, 0xc093);
    gdt[CODE3 / 8] = descriptor(0, 0xfffff, 0xa0fb);
    gdt[DATA3 / 8] = descriptor(0, 0xfffff, 0xc0f3);
    gdt[COMPATIBLE3 / 8] = descriptor(0, 0xfffff, 0xc0fb);
    gdt[COMPATIBLE0 / 8] = descriptor(0, 0xfffff, 0xc09b);
    gdt[TSS / 8] = descriptor((u32)(u64)tss, sizeof(tss) - 1, 0x89);
    for (u32 i = 0; i < 256; i++) {
        int software = i == DONE || i == 3 || i == 4;

        set_gate(idt + 2 * i, CODE0, (u64)vectors_begin + 16 * i, software ? 0xee : 0x8e, !software);
    }
    table.limit = LAST - 1;
    table.base = (u64)gdt;
    __asm__ volatile("lgdt %0" : : "m"(table));
    table.limit = sizeof(idt) - 1;
    table.base = (u64)idt;
    __asm__ volatile("lidt %0" : : "m"(table));
    tss[1] = INNER_STACK;
    tss[9] = tss[11] = IST_STACK;
    __asm__ volatile("ltr %0" : : "r"((u16)TSS));
    put("selectors\n");
    selectors();
    put("transfers\n");
    transfers();
    put("addresses\n");
    addresses();
    put("interrupts\n");
    interrupts();
    put("system calls\n");
    system_calls();
    put("tables\n"); /* the installed QEMU takes any, and ends here */
    try(lgdt_there, 1ull << 47, 0);
    put("end\n");
    return 0;
}
