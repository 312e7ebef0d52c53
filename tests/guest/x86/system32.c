/*
 * A bare program for a PC that loads segment registers, transfers control and provokes exceptions in
 * every way that 32-bit protected mode has, and prints what comes of each attempt. What it prints
 * has to be the same everywhere.
 *
 * SPDX-License-Identifier: MIT
 */
#include "print.h"

/* ---- Attempts ---- */

/* The order is start.S's. */
struct Context {
    u32 eip, cs, eflags, esp, ss, eax, ebx, es, ds, fs, gs, ecx;
};

struct Record {
    u32 ds, es, fs;
    u32 edi, esi, ebp, esp_here, ebx, edx, ecx, eax;
    u32 vector, error, eip, cs, eflags, esp, ss, more[4];
    u32 handler_ss, handler_tr;
} record;

extern void attempt(const struct Context *context);
extern char vectors_begin[];

enum {
    DONE = 0x40, /* the interrupt that ends an attempt that went well */
    HANDLER_TSS = 0x1d0,
    CODE0 = 0x08, DATA0 = 0x10, CODE3 = 0x1b, DATA3 = 0x23,
    TSS = 0x28, OTHER_TSS = 0x30, LDT = 0x38,
    FIRST = 0x40, /* the selectors that are tried */
    LAST = 0x100,
    RF = 1 << 16,
    VM = 1 << 17,
    USER_STACK = 0x18000, KERNEL_STACK = 0x1a000, VM86_STACK = 0x800,
};

static u64 gdt[64], idt[256], ldt[4];
static u32 tss[26 + 8 + 3];
u32 other_tss[26], handler_tss[26];

static u64 descriptor(u32 base, u32 limit, u32 attributes)
{
    return (limit & 0xffff) | (u64)(base & 0xffffff) << 16 | (u64)(attributes & 0xff) << 40 |
           (u64)(limit >> 16 & 15) << 48 | (u64)(attributes >> 12) << 52 | (u64)(base >> 24) << 56;
}

static u64 gate(u32 selector, u32 offset, u32 attributes, u32 count)
{
    return (offset & 0xffff) | selector << 16 | (u64)count << 32 | (u64)attributes << 40 |
           (u64)(offset >> 16) << 48;
}

static void report(u32 origin)
{
    int outer = (record.cs & 3) || (record.eflags & VM);

    hex(record.vector, 2);
    hex(record.error, 4);
    hex(record.cs, 4);
    hex(record.eip - origin, 8);
    hex(record.eflags & ~RF, 8); /* the installed QEMU never sets it */
    if (outer) {
        hex(record.ss, 4);
        hex(record.esp, 8);
    }
    hex(record.eax, 8);
    hex(record.edx, 8);
    hex(record.ds, 4);
    hex(record.es, 4);
    hex(record.handler_tr, 4);
    put("\n");
}

#define STUB(name, code)                                                                           \
    extern char name[];                                                                            \
    __asm__(".balign 16\n" #name ":\n" code "\n int $0x40\n");

static void try_with(int user, const char *code, u32 eflags, u32 eax, u32 ebx)
{
    struct Context c = {
        .eip = (u32)code, .cs = user ? CODE3 : CODE0, .eflags = eflags | 2,
        .esp = USER_STACK, .ss = DATA3, .eax = eax, .ebx = ebx,
    };

    put(user ? "@3 " : "@0 ");
    attempt(&c);
    report((u32)code);
}

static void try(const char *code, u32 eax, u32 ebx)
{
    try_with(0, code, 0, eax, ebx);
    try_with(1, code, 0, eax, ebx);
}

/* ---- What selectors name ---- */

STUB(landing, "mov $0x34, %dl") /* the same in 16-bit code */

static void make_descriptors(void)
{
    static const u16 kinds[] = {
        0x93, 0x91, 0x92, 0xb3, 0xd3, 0xf3, 0xf1, 0xf2, 0x13, 0xf7, 0x97, /* data */
        0x9b, 0x99, 0x9a, 0x98, 0xbb, 0xfb, 0xf9, 0xff, 0x9f, 0x9d, 0xbf, 0x1b, 0x7b, /* code */
    };
    u32 i = FIRST / 8;

    for (u32 k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
        gdt[i++] = descriptor(0, 0xfffff, 0xc000 | kinds[k]);
    }
    gdt[i++] = descriptor(0, 0xfffff, 0x009b); /* code of 16 bits */
    gdt[i++] = gate(CODE0, (u32)landing, 0x8c, 0);  /* call gates */
    gdt[i++] = gate(CODE0, (u32)landing, 0xec, 0);
    gdt[i++] = gate(CODE0, (u32)landing, 0xec, 3);
    gdt[i++] = gate(CODE3, (u32)landing, 0xec, 0);
    gdt[i++] = gate(CODE0, (u32)landing, 0x6c, 0);
    gdt[i++] = gate(0, (u32)landing, 0xec, 0);
    gdt[i++] = gate(DATA0, (u32)landing, 0xec, 0);
    gdt[i++] = gate(0x3f8, (u32)landing, 0xec, 0);
    gdt[i++] = gate(CODE0, (u32)landing, 0xee, 0);  /* an interrupt gate */
}

STUB(load_es, "mov %ax, %es\n mov %es, %edx")
STUB(load_fs, "mov %ax, %fs\n mov %fs, %edx")
STUB(load_ss, "mov %ss, %ecx\n mov %ax, %ss\n mov %ss, %edx\n mov %cx, %ss")
STUB(pop_ds, "push %eax\n pop %ds\n push %ds\n pop %edx")
STUB(lar, "lar %eax, %edx\n pushf\n pop %eax")
STUB(lsl, "lsl %eax, %edx\n pushf\n pop %eax")
STUB(verr, "verr %ax\n pushf\n pop %edx")
STUB(verw, "verw %ax\n pushf\n pop %edx")
STUB(les, "mov $far_pointer, %ebx\n mov %ax, 4(%ebx)\n les (%ebx), %edx")
STUB(lldt, "lldt %ax\n sldt %edx\n xor %eax, %eax\n lldt %ax")
STUB(arpl, "mov $2, %edx\n arpl %ax, %dx\n pushf\n pop %eax")

char far_pointer[8] = "";

static void each_selector(const char *name, const char *code)
{
    for (u32 s = FIRST - 0x40; s < LAST + 0x38; s += 8) {
        if (s >= 8 && s < FIRST) {
            continue;
        }
        for (u32 rpl = 0; rpl < 4; rpl++) {
            make_descriptors();
            put(name);
            hex(s | rpl, 4);
            try(code, s | rpl, 0);
        }
    }
}

static void selectors(void)
{
    each_selector("es ", load_es);
    each_selector("ss ", load_ss);
    each_selector("pop ds ", pop_ds);
    each_selector("lar ", lar);
    each_selector("lsl ", lsl);
    each_selector("verr ", verr);
    each_selector("verw ", verw);
    each_selector("les ", les);
    each_selector("lldt ", lldt);
    for (u32 rpl = 0; rpl < 4; rpl++) {
        put("arpl ");
        try(arpl, rpl, 0);
    }
}

/* ---- Far transfers ---- */

STUB(jump, "mov $far_pointer, %ebx\n movl $landing, (%ebx)\n mov %ax, 4(%ebx)\n ljmp *(%ebx)")
STUB(call, "mov $far_pointer, %ebx\n movl $landing, (%ebx)\n mov %ax, 4(%ebx)\n"
           "push $0x11\n push $0x22\n push $0x33\n lcall *(%ebx)")
STUB(ret, "mov %esp, %ecx\n mov %ss, %edx\n push %edx\n push %ecx\n push %eax\n push $landing\n lret")
STUB(ret_outer, "push $0x23\n push $0x17000\n push $1\n push $2\n push %eax\n push $landing\n lret $8")
STUB(iret, "mov %esp, %ecx\n mov %ss, %edx\n push %edx\n push %ecx\n pushf\n push %eax\n"
           "push $landing\n iret")
STUB(iret_outer, "push $0x23\n push $0x17000\n push %ebx\n push %eax\n push $landing\n iret")

static void transfers(void)
{
    each_selector("jump ", jump);
    each_selector("call ", call);
    each_selector("ret ", ret);
    each_selector("ret outer ", ret_outer);
    each_selector("iret ", iret);
    each_selector("iret outer ", iret_outer);
}

/* A 32-bit gate to an inner level: what is on the new stack. */
STUB(look_at_stack, "mov (%esp), %eax\n mov 4(%esp), %ebx\n mov 8(%esp), %ecx\n mov 20(%esp), %edx\n"
                    "mov 24(%esp), %esi")
STUB(call_with_parameters, "push $0x11\n push $0x22\n push $0x33\n lcall $0x1d3, $0")

static void parameters(void)
{
    put("gate with parameters ");
    make_descriptors();
    gdt[0x1d0 / 8] = gate(CODE0, (u32)look_at_stack, 0xec, 3);
    try_with(1, call_with_parameters, 0, 0, 0);
    hex(record.eax - (u32)call_with_parameters, 4);
    hex(record.ebx, 4);
    hex(record.ecx, 4);
    hex(record.edx, 4);
    hex(record.esi, 8);
    put("\n");
}

/* ---- EFLAGS ---- */

STUB(popf, "push %eax\n popf\n nop\n pushf\n pop %edx\n push $2\n popf")
STUB(popfw, "push %ax\n popfw\n nop\n pushf\n pop %edx\n push $2\n popf")
STUB(cli, "cli\n pushf\n pop %edx")
STUB(sti, "sti\n nop\n pushf\n cli\n pop %edx")
STUB(iret_flags, "push %eax\n push %cs\n push $landing\n iret")

static void flags(void)
{
    static const u32 values[] = {
        0, 0xffffffff & ~0x100, 0x100, 0x200, 0x3000, 0x4000, 0x10000, 0x20000, 0x40000, 0x80000,
        0x100000, 0x200000, 0xcd5, 0x8000,
    };

    for (u32 iopl = 0; iopl < 0x4000; iopl += 0x1000) {
        for (u32 i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
            for (u32 user = 0; user < 2; user++) {
                put("popf ");
                try_with(user, popf, iopl, values[i], 0);
                put("popfw ");
                try_with(user, popfw, iopl, values[i], 0);
                put("iret "); /* the installed QEMU obeys VM at level 3, too, and no VIF, VIP */
                try_with(user, iret_flags, iopl, values[i] & ~(0x184000u | VM), 0);
            }
        }
        for (u32 user = 0; user < 2; user++) {
            put("cli ");
            try_with(user, cli, iopl, 0, 0);
            put("sti ");
            try_with(user, sti, iopl, 0, 0);
        }
    }
}

/* ---- Interrupts ---- */

STUB(int_30, "int $0x30")
STUB(int_3, "int3")
STUB(into, "mov $0x7fffffff, %eax\n inc %eax\n into")
STUB(divide, "xor %ecx, %ecx\n div %ecx")
STUB(bound_, "mov $far_pointer, %ebx\n movl $5, (%ebx)\n movl $6, 4(%ebx)\n bound %eax, (%ebx)")
STUB(undefined, "ud2")
STUB(int_1, ".byte 0xf1")
STUB(hlt_, "hlt")
STUB(limit, "mov %gs:0x1000, %edx")
STUB(stack_limit, "mov %esp, %ecx\n mov $0xfffffffe, %esp\n push %eax\n mov %ecx, %esp")
STUB(handler16, "movzwl (%esp), %edx\n movzwl 2(%esp), %eax\n movzwl 4(%esp), %ecx")

static void interrupts(void)
{
    static const u8 kinds[] = { 0xee, 0xef, 0x8e, 0x8f, 0x6e, 0xec, 0xe2, 0xf3, 0x00, 0xe9 };
    u64 saved = idt[0x30], gp = idt[13];

    for (u32 i = 0; i < sizeof(kinds); i++) {
        idt[0x30] = gate(CODE0, (u32)vectors_begin + 0x300, kinds[i], 0);
        put("int ");
        try(int_30, 0, 0);
    }
    for (u32 s = 0; s < 0x1a8; s += 8) {
        make_descriptors();
        idt[0x30] = gate(s, (u32)landing, 0xee, 0);
        put("int to ");
        hex(s, 4);
        try(int_30, 0, 0);
    }
    gdt[0x1d0 / 8] = descriptor(0x20000, 0xffff, 0x409b);
    idt[0x30] = gate(0x1d0, (u32)handler16 & 0xffff, 0xe6, 0);
    put("int through a 16-bit gate ");
    try(int_30, 0, 0);
    idt[0x30] = saved;
    put("int3 ");
    try(int_3, 0, 0);
    put("into ");
    try(into, 0, 0);
    put("divide ");
    try(divide, 0, 0);
    put("bound ");
    try(bound_, 4, 0);
    put("bound inside ");
    try(bound_, 5, 0);
    put("undefined ");
    try(undefined, 0, 0);
    put("int1 "); /* undefined on the installed QEMU */
    try(int_1, 0, 0);
    put("hlt ");
    try_with(1, hlt_, 0, 0, 0);
    idt[13] = 0;
    put("a fault's gate isn't present ");
    try_with(1, hlt_, 0, 0, 0);
    idt[13] = gate(CODE0, (u32)landing, 0x0e, 0);
    put("a fault's gate isn't present ");
    try_with(1, hlt_, 0, 0, 0);
    put("the same of a divide error ");
    saved = idt[0];
    idt[0] = gate(CODE0, (u32)landing, 0x0e, 0);
    try(divide, 0, 0);
    idt[0] = saved;
    idt[13] = gp;
    put("single step ");
    try_with(0, landing, 0x100, 0, 0);
    try_with(1, landing, 0x100, 0, 0);
}

/* ---- Virtual-8086 mode ---- */

#define STUB16(name, code)                                                                         \
    extern char name[];                                                                            \
    __asm__(".code16\n.balign 16\n" #name ":\n" code "\n int3\n .code32\n");

STUB16(vm_nop, "nop")
STUB16(vm_segments, "mov $0x1234, %dx\n mov %dx, %es\n mov %dx, %ds\n mov %dx, %fs")
STUB16(vm_pushf, "pushf\n pop %dx")
STUB16(vm_pushfl, "pushfl\n pop %edx")
STUB16(vm_popf, "push %ax\n popf\n")
STUB16(vm_popfl, "push %eax\n popfl\n")
STUB16(vm_cli, "cli")
STUB16(vm_sti, "sti")
STUB16(vm_int, "int $0x30")
STUB16(vm_int_other, "int $0x31")
STUB16(vm_iret, "push %ax\n push %cs\n push $1f - vm_iret\n iret\n 1: nop")
STUB16(vm_far, "push %cs\n push $1f - vm_far\n lret\n 1: mov $7, %dx")
STUB16(vm_lar, "lar %ax, %dx")
STUB16(vm_hlt, "hlt")
STUB16(vm_stack, "push %ax\n push %ax\n pop %dx\n mov %sp, %dx")
STUB16(vm_handler, "mov %sp, %bp\n mov 4(%bp), %dx\n mov (%bp), %ax")

static void try_vm(const char *name, const char *code, u32 eflags, u32 eax)
{
    u32 base = (u32)code & ~15u;
    struct Context c = {
        .eip = 0, .cs = base >> 4, .eflags = eflags | VM | 2, .esp = VM86_STACK, .ss = 0x1000,
        .eax = eax, .es = 0x1111, .ds = 0x2222, .fs = 0x3333, .gs = 0x4444,
    };

    put(name);
    put("@v ");
    attempt(&c);
    record.cs = record.cs == base >> 4 ? 0xcccc : record.cs;
    for (u32 i = 0; i < 4; i++) {
        hex(record.more[i], 4);
    }
    report(0);
}

static void set_cr4(u32 value)
{
    __asm__ volatile("mov %0, %%cr4" : : "r"(value));
}

static u32 has_vme(void)
{
    u32 a = 1, b, c, d;

    __asm__("cpuid" : "+a"(a), "=b"(b), "=c"(c), "=d"(d));
    return d >> 1 & 1;
}

static void virtual_8086(void)
{
    static const u32 all_flags[] = {
        0, 0x200, 0x3000, 0x3200, 0x80000, 0x100000, 0x83000, 0x180000, 0x80200, 0x40000,
    };
    u16 *vectors = (u16 *)0;

    vectors[0x30 * 2] = 0;
    vectors[0x30 * 2 + 1] = (u32)vm_handler >> 4;
    ((u8 *)tss)[0x68 + 0x31 / 8] = 1 << (0x31 & 7); /* not redirected */
    for (u32 vme = 0; vme <= has_vme(); vme++) {
        set_cr4(vme);
        put(vme ? "with VME\n" : "without VME\n");
        for (u32 i = 0; i < sizeof(all_flags) / sizeof(all_flags[0]); i++) {
            u32 f = all_flags[i];

            try_vm("vm nop ", vm_nop, f, 0);
            try_vm("vm segments ", vm_segments, f, 0);
            try_vm("vm pushf ", vm_pushf, f, 0);
            try_vm("vm pushfl ", vm_pushfl, f, 0);
            try_vm("vm popf ", vm_popf, f, 0xffff & ~0x100);
            try_vm("vm popf ", vm_popf, f, 0x200);
            try_vm("vm popf ", vm_popf, f, 0);
            try_vm("vm popfl ", vm_popfl, f, 0xffffffff & ~0x100);
            try_vm("vm cli ", vm_cli, f, 0);
            try_vm("vm sti ", vm_sti, f, 0);
            try_vm("vm int ", vm_int, f, 0);
            try_vm("vm int ", vm_int_other, f, 0);
            try_vm("vm iret ", vm_iret, f, 0x200);
            try_vm("vm iret ", vm_iret, f, 0);
            try_vm("vm iret ", vm_iret, f, 0x3cd5);
            try_vm("vm far ", vm_far, f, 0);
            try_vm("vm lar ", vm_lar, f, 0);
            try_vm("vm hlt ", vm_hlt, f, 0);
            try_vm("vm stack ", vm_stack, f, 0x5555);
        }
    }
    if (!has_vme()) {
        return;
    }
    set_cr4(2); /* PVI */
    put("pvi cli ");
    try(cli, 0, 0);
    put("pvi sti ");
    try(sti, 0, 0);
    set_cr4(0);
}

/* ---- Tasks ---- */

STUB(jump_task, "ljmp $0x30, $0")
STUB(call_task, "lcall $0x30, $0\n mov $0x77, %ecx")
STUB(call_gate_task, "lcall $0x1db, $0\n mov $0x77, %ecx")
STUB(task_iret, "iret")
STUB(task_handler, "pop %edx\n mov handler_tss, %eax\n mov other_tss + 0x20, %ebx")
STUB(task_pushf, "pushf\n pop %edx\n mov 0x1c(%esp), %eax")

static void prepare_tss(u32 *state, const char *code, u32 cs, u32 ss)
{
    for (u32 i = 0; i < 26; i++) {
        state[i] = 0;
    }
    state[1] = KERNEL_STACK;
    state[2] = DATA0;
    state[8] = (u32)code;
    state[9] = 2;
    state[10] = 0xa0a0;
    state[14] = 0x19000;
    state[18] = DATA3;
    state[19] = cs;
    state[20] = ss;
    state[21] = DATA3;
    state[25] = 0x680000;
}

static void prepare_task(const char *code, u32 cs, u32 ss)
{
    prepare_tss(other_tss, code, cs, ss);
    prepare_tss(handler_tss, task_handler, CODE0, DATA0);
    handler_tss[14] = 0x1c000;
    gdt[OTHER_TSS / 8] = descriptor((u32)other_tss, 0x67, 0xe9);
    gdt[HANDLER_TSS / 8] = descriptor((u32)handler_tss, 0x67, 0x89);
    gdt[TSS / 8] = descriptor((u32)tss, sizeof(tss) - 1, 0x8b);
    gdt[0x1d8 / 8] = gate(OTHER_TSS, 0, 0xe5, 0);
}

static void load_task_register(void)
{
    gdt[TSS / 8] = descriptor((u32)tss, sizeof(tss) - 1, 0x89);
    __asm__ volatile("ltr %0" : : "r"((u16)TSS));
}

static void try_task(const char *name, int user, const char *code, const char *there, u32 cs, u32 ss)
{
    prepare_task(there, cs, ss);
    put(name);
    try_with(user, code, 0, 0x5050, 0);
    hex(gdt[TSS / 8] >> 40 & 0xff, 2);
    hex(gdt[OTHER_TSS / 8] >> 40 & 0xff, 2);
    hex(other_tss[0], 4);
    hex(tss[8] - (u32)code, 8);
    hex(tss[9], 8);
    hex(tss[10], 8);
    hex(other_tss[9], 8);
    put("\n");
    load_task_register();
}

static void tasks(void)
{
    static const u8 kinds[] = { 0x89, 0x8b, 0x09, 0x83, 0x81 };
    u64 saved = idt[0x30];

    idt[10] = gate(HANDLER_TSS, 0, 0x85, 0);
    for (int user = 0; user < 2; user++) {
        try_task("jump ", user, jump_task, task_pushf, CODE0, DATA0);
        try_task("call ", user, call_task, task_pushf, CODE0, DATA0);
        try_task("call to level 3 ", user, call_task, landing, CODE3, DATA3);
        try_task("call and back ", user, call_task, task_iret, CODE0, DATA0);
        try_task("call through a gate ", user, call_gate_task, task_iret, CODE0, DATA0);
        try_task("bad CS ", user, call_task, task_iret, DATA0, DATA0);
        try_task("bad SS ", user, call_task, task_iret, CODE0, DATA3);
        try_task("SS isn't there ", user, call_task, task_iret, CODE0, 0xd0);
        try_task("null SS ", user, call_task, task_iret, CODE0, 0);
        try_task("null CS ", user, call_task, task_iret, 0, DATA0);
        idt[0x30] = gate(OTHER_TSS, 0, 0xe5, 0);
        try_task("interrupt ", user, int_30, task_pushf, CODE0, DATA0);
        try_task("interrupt and back ", user, int_30, task_iret, CODE0, DATA0);
        idt[0x30] = saved;
    }
    saved = idt[13];
    idt[13] = gate(OTHER_TSS, 0, 0x85, 0);
    try_task("fault with error code ", 1, hlt_, task_pushf, CODE0, DATA0);
    idt[13] = saved;
    for (u32 i = 0; i < sizeof(kinds); i++) {
        prepare_task(landing, CODE0, DATA0);
        gdt[OTHER_TSS / 8] = descriptor((u32)other_tss, i == 0 ? 0x66 : 0x67, kinds[i]);
        put("bad TSS ");
        try_with(0, jump_task, 0, 0, 0);
        load_task_register();
    }
    put("back without a task ");
    tss[0] = OTHER_TSS;
    prepare_task(landing, CODE0, DATA0);
    try_with(0, task_iret, 0x4000, 0, 0);
    load_task_register();
}

/* ---- ---- */

int main(void)
{
    struct { u16 limit; u32 base; } __attribute__((packed)) table;

    gdt[CODE0 / 8] = descriptor(0, 0xfffff, 0xc09b);
    gdt[DATA0 / 8] = descriptor(0, 0xfffff, 0xc093);
    gdt[CODE3 / 8] = descriptor(0, 0xfffff, 0xc0fb);
    gdt[DATA3 / 8] = descriptor(0, 0xfffff, 0xc0f3);
    gdt[LDT / 8] = descriptor((u32)ldt, sizeof(ldt) - 1, 0x82);
    for (u32 i = 0; i < 256; i++) {
        idt[i] = gate(CODE0, (u32)vectors_begin + 16 * i, i == DONE || i == 3 || i == 4 ? 0xee : 0x8e, 0);
    }
    table.limit = 0x1df;
    table.base = (u32)gdt;
    __asm__ volatile("lgdt %0" : : "m"(table));
    table.limit = sizeof(idt) - 1;
    table.base = (u32)idt;
    __asm__ volatile("lidt %0" : : "m"(table));
    tss[1] = KERNEL_STACK;
    tss[2] = DATA0;
    tss[25] = (0x68 + 32) << 16; /* behind the redirection map */
    load_task_register();
    put("selectors\n");
    selectors();
    put("transfers\n");
    transfers();
    parameters();
    put("flags\n");
    flags();
    put("interrupts\n");
    interrupts();
    put("virtual-8086 mode\n");
    virtual_8086();
    put("tasks\n");
    tasks();
    put("end\n");
    return 0;
}
