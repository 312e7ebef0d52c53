/*
 * SVM: what a guest exits with, and what its host finds in the VMCB.
 *
 * The host is in 64-bit mode and executes VMRUN once; the guest is in flat 32-bit protected mode,
 * without paging of its own, with or without nested paging. A case is the guest's code, what is
 * intercepted, and what the exit is. VMMCALL always is one.
 *
 * Reference: AMD64 Architecture Programmer's Manual volume 2, chapter 15, appendix B.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "system/address-spaces.h"
#include "system/memory.h"
#include "target/i386/internal.h"
#include "x86-machine.h"

#define VMCB        (X86_TEST_RAM + 0x40000)
#define GUEST       (X86_TEST_RAM + 0x41000) /* its code, which is never written to otherwise */
#define IOPM        (X86_TEST_RAM + 0x44000)
#define MSRPM       (X86_TEST_RAM + 0x48000)
#define GUEST_IDT   (X86_TEST_RAM + 0x4a000)
#define GUEST_GDT   (X86_TEST_RAM + 0x4b000)
#define GUEST_STACK (X86_TEST_RAM + 0x4d000)
#define HANDLER     (GUEST + 0x800) /* of all vectors: VMMCALL */
#define NESTED      (X86_TEST_RAM + 0x50000) /* four tables */
#define GUEST_DATA  (X86_TEST_RAM + 0x60000) /* a page that only reads are allowed of, if nested */
#define NOWHERE     0x30000000u
#define VALID       (1u << 31)

enum { CODE32 = 8, DATA32 = 16 };
enum { V_IRQ = 1 << 8, V_PRIO_SHIFT = 16, V_IGNORES_TPR = 1 << 20, V_MASKING = 1 << 24 };

typedef enum Setup {
    PLAIN = 0,
    NEST = 1 << 0,
    IF_ON = 1 << 1,
    NO_IDT = 1 << 2,
    ASID_0 = 1 << 3,
    NO_SVME = 1 << 4,
    NO_VMRUN = 1 << 5,
    BAD_CR0 = 1 << 6,
    HOLE_IN_IDT = 1 << 7, /* vector 30h isn't present */
    PAGES = 1 << 8,       /* the guest has tables: at NOWHERE */
    PAE = 1 << 9,
} Setup;

typedef struct Case {
    const char *name;
    uint8_t code[16];
    uint8_t length;
    Setup setup;
    uint16_t exits[2]; /* that are intercepted; 0: none (reads of CR0 are never the second) */
    uint32_t eax, ecx, edx;
    uint64_t event, control, tsc_offset;
    uint8_t vector;
    uint64_t exit, info1, info2;
    uint32_t rip;      /* from GUEST on */
    uint32_t next_rip; /* 0: not looked at */
    bool shadow;       /* of interrupts, at the exit */
    uint64_t int_info;
} Case;

#define CODE(...) .code = { __VA_ARGS__ }, .length = sizeof((uint8_t[]){ __VA_ARGS__ })
#define ON(...)   .exits = { __VA_ARGS__ }
/* The instruction itself exits, at its beginning. */
#define EXIT(number, size) .exit = (number), .next_rip = (size)
#define VMMCALL   0x0f, 0x01, 0xd9
#define CALLED(at) .exit = X86_SVM_EXIT_VMMCALL, .rip = (at)
#define EXCEPTION(vector) (X86_SVM_EXIT_EXCEPTION + (vector))
#define IN_HANDLER .exit = X86_SVM_EXIT_VMMCALL, .rip = HANDLER - GUEST

static const Case cases[] = {
    { "vmmcall", CODE(VMMCALL), EXIT(X86_SVM_EXIT_VMMCALL, 3) },
    { "cpuid", CODE(0x0f, 0xa2), ON(X86_SVM_EXIT_CPUID), EXIT(X86_SVM_EXIT_CPUID, 2) },
    { "cpuid, not intercepted", CODE(0x0f, 0xa2, VMMCALL), CALLED(2) },
    { "behind other instructions", CODE(0x40, 0x40, 0x0f, 0xa2), ON(X86_SVM_EXIT_CPUID),
      .exit = X86_SVM_EXIT_CPUID, .rip = 2, .next_rip = 4 },
    /* Registers */
    { "read cr0", CODE(0x0f, 0x20, 0xc0), ON(0x100), EXIT(0x00, 3) },
    { "smsw reads cr0", CODE(0x0f, 0x01, 0xe0), ON(0x100), EXIT(0x00, 3) },
    { "read cr4", CODE(0x0f, 0x20, 0xe0), ON(0x04), EXIT(0x04, 3) },
    { "write cr3", CODE(0x0f, 0x22, 0xd8), ON(0x13), EXIT(0x13, 3) },
    { "write cr3, another one", CODE(0x0f, 0x22, 0xd8, VMMCALL), ON(0x14), CALLED(3) },
    { "clts writes cr0", CODE(0x0f, 0x06), ON(0x10), EXIT(0x10, 2) },
    { "lmsw writes cr0", CODE(0x0f, 0x01, 0xf0), ON(0x10), EXIT(0x10, 3) },
    { "cr0, ts only", CODE(0x0f, 0x20, 0xc0, 0x83, 0xf0, 0x08, 0x0f, 0x22, 0xc0, VMMCALL),
      ON(X86_SVM_EXIT_CR0_SELECTIVE), CALLED(9) },
    { "cr0, em", CODE(0x0f, 0x20, 0xc0, 0x83, 0xf0, 0x04, 0x0f, 0x22, 0xc0),
      ON(X86_SVM_EXIT_CR0_SELECTIVE), .exit = X86_SVM_EXIT_CR0_SELECTIVE, .rip = 6, .next_rip = 9 },
    { "lmsw, em", CODE(0x0f, 0x01, 0xf0), .eax = 5, ON(X86_SVM_EXIT_CR0_SELECTIVE),
      EXIT(X86_SVM_EXIT_CR0_SELECTIVE, 3) },
    { "read dr6", CODE(0x0f, 0x21, 0xf0), ON(0x26), EXIT(0x26, 3) },
    { "write dr7", CODE(0x0f, 0x23, 0xf8), ON(0x37), EXIT(0x37, 3) },
    { "sidt", CODE(0x0f, 0x01, 0x0c, 0x24), ON(X86_SVM_EXIT_READ_IDTR), EXIT(X86_SVM_EXIT_READ_IDTR, 4) },
    { "sgdt", CODE(0x0f, 0x01, 0x04, 0x24), ON(X86_SVM_EXIT_READ_GDTR), EXIT(X86_SVM_EXIT_READ_GDTR, 4) },
    { "sldt", CODE(0x0f, 0x00, 0xc0), ON(X86_SVM_EXIT_READ_LDTR), EXIT(X86_SVM_EXIT_READ_LDTR, 3) },
    { "str", CODE(0x0f, 0x00, 0xc8), ON(X86_SVM_EXIT_READ_TR), EXIT(X86_SVM_EXIT_READ_TR, 3) },
    { "lidt", CODE(0x0f, 0x01, 0x1c, 0x24), ON(X86_SVM_EXIT_WRITE_IDTR), EXIT(X86_SVM_EXIT_WRITE_IDTR, 4) },
    { "lgdt", CODE(0x0f, 0x01, 0x14, 0x24), ON(X86_SVM_EXIT_WRITE_GDTR), EXIT(X86_SVM_EXIT_WRITE_GDTR, 4) },
    { "lldt", CODE(0x0f, 0x00, 0xd0), ON(X86_SVM_EXIT_WRITE_LDTR), EXIT(X86_SVM_EXIT_WRITE_LDTR, 3) },
    { "ltr", CODE(0x0f, 0x00, 0xd8), ON(X86_SVM_EXIT_WRITE_TR), EXIT(X86_SVM_EXIT_WRITE_TR, 3) },
    /* Instructions */
    { "rdtsc", CODE(0x0f, 0x31), ON(X86_SVM_EXIT_RDTSC), EXIT(X86_SVM_EXIT_RDTSC, 2) },
    { "rdtscp", CODE(0x0f, 0x01, 0xf9), ON(X86_SVM_EXIT_RDTSCP), EXIT(X86_SVM_EXIT_RDTSCP, 3) },
    { "rdpmc", CODE(0x0f, 0x33), ON(X86_SVM_EXIT_RDPMC), EXIT(X86_SVM_EXIT_RDPMC, 2) },
    { "pushf", CODE(0x9c), ON(X86_SVM_EXIT_PUSHF), EXIT(X86_SVM_EXIT_PUSHF, 1) },
    { "popf", CODE(0x9d), ON(X86_SVM_EXIT_POPF), EXIT(X86_SVM_EXIT_POPF, 1) },
    { "iret", CODE(0xcf), ON(X86_SVM_EXIT_IRET), EXIT(X86_SVM_EXIT_IRET, 1) },
    { "int", CODE(0xcd, 0x21), ON(X86_SVM_EXIT_SWINT), EXIT(X86_SVM_EXIT_SWINT, 2) },
    { "int, not intercepted", CODE(0xcd, 0x21), ON(EXCEPTION(EXCP_BP)), IN_HANDLER },
    { "icebp", CODE(0xf1), ON(X86_SVM_EXIT_ICEBP), EXIT(X86_SVM_EXIT_ICEBP, 1) },
    { "invd", CODE(0x0f, 0x08), ON(X86_SVM_EXIT_INVD), EXIT(X86_SVM_EXIT_INVD, 2) },
    { "wbinvd", CODE(0x0f, 0x09), ON(X86_SVM_EXIT_WBINVD), EXIT(X86_SVM_EXIT_WBINVD, 2) },
    { "wbinvd isn't invd", CODE(0x0f, 0x09, VMMCALL), ON(X86_SVM_EXIT_INVD), CALLED(2) },
    { "pause", CODE(0xf3, 0x90), ON(X86_SVM_EXIT_PAUSE), EXIT(X86_SVM_EXIT_PAUSE, 2) },
    { "nop isn't pause", CODE(0x90, VMMCALL), ON(X86_SVM_EXIT_PAUSE), CALLED(1) },
    { "hlt", CODE(0xf4), ON(X86_SVM_EXIT_HLT), EXIT(X86_SVM_EXIT_HLT, 1) },
    { "invlpg", CODE(0x0f, 0x01, 0x38), ON(X86_SVM_EXIT_INVLPG), EXIT(X86_SVM_EXIT_INVLPG, 3) },
    { "monitor", CODE(0x0f, 0x01, 0xc8), ON(X86_SVM_EXIT_MONITOR), EXIT(X86_SVM_EXIT_MONITOR, 3) },
    { "mwait", CODE(0x0f, 0x01, 0xc9), ON(X86_SVM_EXIT_MWAIT), EXIT(X86_SVM_EXIT_MWAIT, 3) },
    { "xsetbv", CODE(0x0f, 0x01, 0xd1), ON(X86_SVM_EXIT_XSETBV), EXIT(X86_SVM_EXIT_XSETBV, 3) },
    { "vmrun", CODE(0x0f, 0x01, 0xd8), EXIT(X86_SVM_EXIT_VMRUN, 3) },
    { "vmload", CODE(0x0f, 0x01, 0xda), ON(X86_SVM_EXIT_VMLOAD), EXIT(X86_SVM_EXIT_VMLOAD, 3) },
    { "stgi", CODE(0x0f, 0x01, 0xdc), ON(X86_SVM_EXIT_STGI), EXIT(X86_SVM_EXIT_STGI, 3) },
    { "clgi", CODE(0x0f, 0x01, 0xdd), ON(X86_SVM_EXIT_CLGI), EXIT(X86_SVM_EXIT_CLGI, 3) },
    { "skinit isn't there", CODE(0x0f, 0x01, 0xde), ON(X86_SVM_EXIT_SKINIT, EXCEPTION(EXCP_UD)),
      .exit = EXCEPTION(EXCP_UD) },
    /* Ports: 10h and 101h are intercepted */
    { "in", CODE(0xe4, 0x10), ON(X86_SVM_EXIT_IOIO), .exit = X86_SVM_EXIT_IOIO, .info1 = 0x100011,
      .info2 = GUEST + 2 },
    { "in, another port", CODE(0xe4, 0x11, VMMCALL), ON(X86_SVM_EXIT_IOIO), CALLED(2) },
    { "out, the second byte", CODE(0x66, 0xef), .edx = 0x100, ON(X86_SVM_EXIT_IOIO),
      .exit = X86_SVM_EXIT_IOIO, .info1 = 0x1000020, .info2 = GUEST + 2 },
    { "rep outsb", CODE(0xf3, 0x6e), .edx = 0x101, .ecx = 3, ON(X86_SVM_EXIT_IOIO),
      .exit = X86_SVM_EXIT_IOIO, .info1 = 0x101011c | 3 << 10, .info2 = GUEST + 2 },
    { "insd", CODE(0x6d), .edx = 0x101, ON(X86_SVM_EXIT_IOIO), .exit = X86_SVM_EXIT_IOIO,
      .info1 = 0x1010145, .info2 = GUEST + 1 },
    /* MSRs: reads of 174h and writes of LSTAR are intercepted */
    { "rdmsr", CODE(0x0f, 0x32), .ecx = 0x174, ON(X86_SVM_EXIT_MSR), EXIT(X86_SVM_EXIT_MSR, 2) },
    { "wrmsr, not intercepted", CODE(0x0f, 0x30, VMMCALL), .ecx = 0x174, ON(X86_SVM_EXIT_MSR), CALLED(2) },
    { "wrmsr", CODE(0x0f, 0x30), .ecx = 0xc0000082, ON(X86_SVM_EXIT_MSR),
      .exit = X86_SVM_EXIT_MSR, .info1 = 1, .next_rip = 2 },
    { "rdmsr, out of range", CODE(0x0f, 0x32), .ecx = 0x12345678, ON(X86_SVM_EXIT_MSR),
      EXIT(X86_SVM_EXIT_MSR, 2) },
    /* Exceptions */
    { "ud", CODE(0x0f, 0x0b), ON(EXCEPTION(EXCP_UD)), .exit = EXCEPTION(EXCP_UD) },
    { "ud, not intercepted", CODE(0x0f, 0x0b), IN_HANDLER },
    { "gp, with its error", CODE(0x8e, 0xd8), .eax = 0x1230, ON(EXCEPTION(EXCP_GP)),
      .exit = EXCEPTION(EXCP_GP), .info1 = 0x1230 },
    { "int3", CODE(0xcc), ON(EXCEPTION(EXCP_BP)), .exit = EXCEPTION(EXCP_BP), .next_rip = 1 },
    { "behind sti", CODE(0xfb, 0xf4), ON(X86_SVM_EXIT_HLT), .exit = X86_SVM_EXIT_HLT, .rip = 1,
      .next_rip = 2, .shadow = true },
    { "behind pop ss, an exception", CODE(0x16, 0x17, 0x0f, 0x0b), ON(EXCEPTION(EXCP_UD)),
      .exit = EXCEPTION(EXCP_UD), .rip = 2, .shadow = true },
    { "one more behind sti", CODE(0xfb, 0x90, 0xf4), ON(X86_SVM_EXIT_HLT), .exit = X86_SVM_EXIT_HLT,
      .rip = 2, .next_rip = 3 },
    { "triple fault", CODE(0x0f, 0x0b), .setup = NO_IDT, ON(X86_SVM_EXIT_SHUTDOWN),
      .exit = X86_SVM_EXIT_SHUTDOWN, .int_info = VALID | 0xb08 },
    { "an exception on the way", CODE(0x0f, 0x0b), .setup = NO_IDT, ON(EXCEPTION(EXCP_GP)),
      .exit = EXCEPTION(EXCP_GP), .info1 = 6 << 3 | 3, .int_info = VALID | 0x306 },
    /* States that aren't any */
    { "asid 0", CODE(VMMCALL), .setup = ASID_0, .exit = X86_SVM_EXIT_INVALID },
    { "svme is clear", CODE(VMMCALL), .setup = NO_SVME, .exit = X86_SVM_EXIT_INVALID },
    { "an event of no kind", CODE(VMMCALL), .event = VALID | 0x130, .exit = X86_SVM_EXIT_INVALID },
    { "an exception that is none", CODE(VMMCALL), .event = VALID | 0x320,
      .exit = X86_SVM_EXIT_INVALID },
    { "vmrun isn't intercepted", CODE(VMMCALL), .setup = NO_VMRUN, .exit = X86_SVM_EXIT_INVALID },
    { "nw without cd", CODE(VMMCALL), .setup = BAD_CR0, .exit = X86_SVM_EXIT_INVALID },
    /* Events */
    { "inject an exception", CODE(0x90), .event = VALID | 0x306, IN_HANDLER },
    { "what is injected isn't intercepted", CODE(0x90), .event = VALID | 0x306, ON(EXCEPTION(EXCP_UD)),
      IN_HANDLER },
    { "inject an interrupt", CODE(0x90), .event = VALID | 0x30, IN_HANDLER },
    { "an injected interrupt that faults", CODE(0x90), .setup = HOLE_IN_IDT, .event = VALID | 0x30,
      ON(EXCEPTION(EXCP_NP)), .exit = EXCEPTION(EXCP_NP), .info1 = 0x30 << 3 | 3,
      .int_info = VALID | 0x30 },
    { "an injected exception that faults", CODE(0x90), .setup = NO_IDT,
      .event = VALID | 0xb0d | 0x55ull << 32, ON(EXCEPTION(EXCP_GP)), .exit = EXCEPTION(EXCP_GP),
      .info1 = 13 << 3 | 3, .int_info = VALID | 0xb0d | 0x55ull << 32 },
    { "virtual interrupt", CODE(0x90, VMMCALL), .setup = IF_ON, .vector = 0x31,
      .control = V_IRQ | 1 << V_PRIO_SHIFT, IN_HANDLER },
    { "virtual interrupt, if is clear", CODE(0x90, VMMCALL), .vector = 0x31,
      .control = V_IRQ | 1 << V_PRIO_SHIFT, CALLED(1) },
    { "virtual interrupt behind sti", CODE(0xfb, 0x90, 0x90, VMMCALL), .vector = 0x31,
      .control = V_IRQ | 1 << V_PRIO_SHIFT, ON(X86_SVM_EXIT_VINTR), .exit = X86_SVM_EXIT_VINTR,
      .rip = 2 },
    { "virtual interrupt of low priority", CODE(0x90, VMMCALL), .setup = IF_ON, .vector = 0x31,
      .control = V_IRQ | 3 << V_PRIO_SHIFT | 3, CALLED(1) },
    { "virtual interrupt whatever its priority", CODE(0x90, VMMCALL), .setup = IF_ON, .vector = 0x31,
      .control = V_IRQ | V_IGNORES_TPR | 15, IN_HANDLER },
    /* Nested paging */
    { "nested", CODE(0x89, 0x04, 0x24, 0x8b, 0x0c, 0x24, VMMCALL), .setup = NEST, CALLED(6) },
    { "nothing is there", CODE(0xa1, 0, 0, 0, 0x30), .setup = NEST, .exit = X86_SVM_EXIT_NPF,
      .info1 = 1ull << 32 | 4, .info2 = NOWHERE },
    { "a store into nothing", CODE(0xa3, 4, 0, 0, 0x30), .setup = NEST, .exit = X86_SVM_EXIT_NPF,
      .info1 = 1ull << 32 | 6, .info2 = NOWHERE + 4 },
    { "a store where it is forbidden", CODE(0xa3, 8, 0, 6, 0x10), .setup = NEST,
      .exit = X86_SVM_EXIT_NPF, .info1 = 1ull << 32 | 7, .info2 = GUEST_DATA + 8 },
    { "a load where stores are forbidden", CODE(0xa1, 8, 0, 6, 0x10, VMMCALL), .setup = NEST, CALLED(5) },
    { "tables that aren't there", CODE(0x90), .setup = NEST | PAGES, .exit = X86_SVM_EXIT_NPF,
      .info1 = 1ull << 33 | 6, .info2 = NOWHERE + (GUEST >> 22) * 4 },
    { "pae's four registers are looked for, too", CODE(0x90), .setup = NEST | PAGES | PAE,
      .exit = X86_SVM_EXIT_NPF, .info1 = 1ull << 33 | 6, .info2 = NOWHERE + (GUEST >> 30) * 8 },
    { "a jump into nothing", CODE(0xff, 0xe0), .eax = NOWHERE, .setup = NEST,
      .exit = X86_SVM_EXIT_NPF, .info1 = 1ull << 32 | 4, .info2 = NOWHERE, .rip = NOWHERE - GUEST },
    /* Time */
    { "tsc offset", CODE(0x0f, 0x31, 0x81, 0xea, 0x34, 0x12, 0, 0, 0x75, 0xf8, VMMCALL),
      .tsc_offset = 0x1234ull << 32, CALLED(10) },
};

/* ---- The machine ---- */

static uint8_t page[0x1000];

static void put(unsigned offset, uint64_t value, unsigned bytes)
{
    stn_le_p(page + offset, bytes, value);
}

static void put_segment(unsigned offset, uint16_t selector, uint16_t attributes, uint32_t limit,
                        uint64_t base)
{
    put(offset, selector, 2);
    put(offset + 2, attributes, 2);
    put(offset + 4, limit, 4);
    put(offset + 8, base, 8);
}

static void write_page(uint32_t addr)
{
    x86_machine_write(addr, page, sizeof(page));
    memset(page, 0, sizeof(page));
}

static void intercept(unsigned exit)
{
    page[exit / 32 * 4 + exit % 32 / 8] |= 1u << (exit % 8);
}

static void write_vmcb(const Case *c)
{
    intercept(X86_SVM_EXIT_VMMCALL);
    if (!(c->setup & NO_VMRUN)) {
        intercept(X86_SVM_EXIT_VMRUN);
    }
    for (size_t i = 0; i < ARRAY_SIZE(c->exits); i++) {
        if (c->exits[i]) {
            intercept(c->exits[i] == 0x100 ? 0 : c->exits[i]);
        }
    }
    put(0x40, IOPM, 8);
    put(0x48, MSRPM, 8);
    put(0x50, c->tsc_offset, 8);
    put(0x58, c->setup & ASID_0 ? 0 : 1, 4);
    page[0x5c] = 1;
    put(0x60, c->control | (uint64_t)c->vector << 32, 8);
    put(0x90, !!(c->setup & NEST), 8);
    put(0xa8, c->event, 8);
    put(0xb0, NESTED, 8);
    for (unsigned i = 0; i < 6; i++) {
        put_segment(0x400 + 16 * i, i == R_CS ? CODE32 : DATA32, i == R_CS ? 0xc9b : 0xc93, UINT32_MAX, 0);
    }
    put_segment(0x460, 0, 0, 0xff, GUEST_GDT);
    put_segment(0x480, 0, 0, c->setup & NO_IDT ? 0 : 0x7ff, GUEST_IDT);
    put(0x4d0, c->setup & NO_SVME ? 0 : EFER_SVME, 8);
    put(0x548, c->setup & PAE ? CR4_PAE : 0, 8);
    put(0x550, c->setup & PAGES ? NOWHERE : 0, 8);
    put(0x558, CR0_PE | CR0_ET | CR0_NE | (c->setup & PAGES ? CR0_PG : 0) |
                   (c->setup & BAD_CR0 ? CR0_NW : 0), 8);
    put(0x560, 0x400, 8);
    put(0x568, 0xffff0ff0, 8);
    put(0x570, 2 | (c->setup & IF_ON ? FLAG_IF : 0), 8);
    put(0x578, GUEST, 8);
    put(0x5d8, GUEST_STACK, 8);
    put(0x5f8, c->eax, 8);
    write_page(VMCB);
}

/* Four levels: 2 MiB of RAM by pages, of which GUEST_DATA's can't be written. */
static void write_nested_tables(void)
{
    enum { ALL = 7, READ = 5 };

    put(0, (NESTED + 0x1000) | ALL, 8);
    write_page(NESTED);
    put(0, (NESTED + 0x2000) | ALL, 8);
    write_page(NESTED + 0x1000);
    put((X86_TEST_RAM >> 21) * 8, (NESTED + 0x3000) | ALL, 8);
    write_page(NESTED + 0x2000);
    for (unsigned i = 0; i < X86_TEST_RAM_SIZE >> 12; i++) {
        uint32_t at = X86_TEST_RAM + (i << 12);

        put(i * 8, at | (at == GUEST_DATA ? READ : ALL), 8);
    }
    write_page(NESTED + 0x3000);
}

static void write_guest(const Case *c)
{
    static const uint8_t vmmcall[] = { VMMCALL };

    memcpy(page, c->code, c->length);
    memcpy(page + (HANDLER - GUEST), vmmcall, sizeof(vmmcall));
    write_page(GUEST);
    put(CODE32, 0x00cf9b000000ffffull, 8);
    put(DATA32, 0x00cf93000000ffffull, 8);
    write_page(GUEST_GDT);
    for (unsigned i = 0; i < 256; i++) {
        bool hole = i == 0x30 && (c->setup & HOLE_IN_IDT);

        put(8 * i, (HANDLER & 0xffff) | CODE32 << 16 | (hole ? 0x0e00ull : 0x8e00ull) << 32 |
                       (uint64_t)(HANDLER >> 16) << 48, 8);
    }
    write_page(GUEST_IDT);
    page[0x10 / 8] = 1;
    page[0x101 / 8] = 1 << 1;
    write_page(IOPM);
    page[0x174 / 4] = 1;
    page[0x800 + 0x82 / 4] = 1 << (0x82 % 4 * 2 + 1);
    write_page(MSRPM);
    write_page(MSRPM + 0x1000);
}

static void prepare(CPUX86State *env)
{
    env->efer |= EFER_SVME;
    env->cr4 |= CR4_PAE;
}

static uint64_t vmcb(unsigned offset)
{
    uint8_t bytes[8];

    address_space_read(&address_space_memory, VMCB + offset, MEMTXATTRS_UNSPECIFIED, bytes,
                       sizeof(bytes));
    return ldq_le_p(bytes);
}

static void run_case(gconstpointer data)
{
    static const uint8_t vmrun[] = { 0x0f, 0x01, 0xd8 };
    static X86TestState state;
    const Case *c = data;
    const CPUX86State *env = &x86_machine_cpu()->env;

    state = (X86TestState){ .bits = 64 };
    state.regs[R_EAX] = VMCB;
    state.regs[R_EBX] = 0x123456789abcdef0;
    state.regs[R_ECX] = c->ecx;
    state.regs[R_EDX] = c->edx;
    state.regs[R_ESI] = GUEST_STACK;
    state.regs[R_EDI] = GUEST_STACK;
    state.regs[R_ESP] = X86_TEST_DATA + 0x1800;
    write_vmcb(c);
    write_nested_tables();
    write_guest(c);
    x86_machine_set_prepare(prepare);
    x86_machine_run(&state, vmrun, sizeof(vmrun));
    g_assert_cmpuint(state.stop, ==, X86_STOP_END);
    g_assert_cmphex(vmcb(0x70), ==, c->exit);
    g_assert_cmphex(vmcb(0x78), ==, c->info1);
    g_assert_cmphex(vmcb(0x80), ==, c->info2);
    g_assert_cmphex(vmcb(0x88), ==, c->int_info);
    g_assert_cmphex(vmcb(0x578), ==, GUEST + c->rip);
    if (c->next_rip) {
        g_assert_cmphex(vmcb(0xc8), ==, GUEST + c->next_rip);
    }
    g_assert_cmphex(vmcb(0x68) & 1, ==, c->shadow);
    g_assert_false(vmcb(0xa8) & VALID);
    /* The host is as it was, and what VMRUN doesn't save is the guest's. */
    g_assert_cmphex(state.regs[R_EAX], ==, VMCB);
    g_assert_cmphex(state.regs[R_ESP], ==, X86_TEST_DATA + 0x1800);
    g_assert_cmphex(env->efer, ==, EFER_SVME | EFER_LME | EFER_LMA);
    g_assert_false(env->svm.gif);
    g_assert_false(env->svm.guest);
}

/* ---- The host's instructions ---- */

typedef struct HostCase {
    const char *name;
    uint8_t code[16];
    uint8_t length;
    bool is_off;
    uint64_t rax;
    unsigned stop;
} HostCase;

static const HostCase host_cases[] = {
    { "vmrun without svme", CODE(0x0f, 0x01, 0xd8), true, VMCB, EXCP_UD },
    { "clgi without svme", CODE(0x0f, 0x01, 0xdd), true, VMCB, EXCP_UD },
    { "vmrun of no page", CODE(0x0f, 0x01, 0xd8), false, VMCB + 8, EXCP_GP },
    { "vmload beyond memory", CODE(0x0f, 0x01, 0xda), false, 1ull << 45, EXCP_GP },
    { "vmmcall of nobody's guest", CODE(0x0f, 0x01, 0xd9), false, VMCB, EXCP_UD },
    { "skinit", CODE(0x0f, 0x01, 0xde), false, VMCB, EXCP_UD },
    { "clgi, stgi", CODE(0x0f, 0x01, 0xdd, 0x0f, 0x01, 0xdc), false, VMCB, X86_STOP_END },
    { "invlpga", CODE(0x0f, 0x01, 0xdf), false, VMCB, X86_STOP_END },
    { "vmsave, vmload", CODE(0x0f, 0x01, 0xdb, 0x0f, 0x01, 0xda), false, VMCB, X86_STOP_END },
};

static bool host_is_off;

static void prepare_host(CPUX86State *env)
{
    env->efer |= host_is_off ? 0 : EFER_SVME;
    env->segs[R_FS].base = 0x1234567890;
    env->lstar = 0xffff800012345678;
    env->sysenter_cs = 0x55;
}

static void run_host_case(gconstpointer data)
{
    static X86TestState state;
    const HostCase *c = data;
    const CPUX86State *env = &x86_machine_cpu()->env;

    state = (X86TestState){ .bits = 64 };
    state.regs[R_EAX] = c->rax;
    state.regs[R_ESP] = X86_TEST_DATA + 0x1800;
    host_is_off = c->is_off;
    write_page(VMCB);
    x86_machine_set_prepare(prepare_host);
    x86_machine_run(&state, c->code, c->length);
    g_assert_cmpuint(state.stop, ==, c->stop);
    g_assert_true(env->svm.gif);
    if (c->code[2] == 0xdb) {
        g_assert_cmphex(vmcb(0x448), ==, 0x1234567890);
        g_assert_cmphex(vmcb(0x608), ==, 0xffff800012345678);
        g_assert_cmphex(vmcb(0x628), ==, 0x55);
        g_assert_cmphex(env->segs[R_FS].base, ==, 0x1234567890);
    }
}

int main(int argc, char **argv)
{
    int result;

    g_test_init(&argc, &argv, NULL);
    x86_machine_init(argc > 1 && !strcmp(argv[1], "interp"), "max");
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        g_autofree char *path = g_strdup_printf("/x86/svm/%s", cases[i].name);

        g_test_add_data_func(path, &cases[i], run_case);
    }
    for (size_t i = 0; i < ARRAY_SIZE(host_cases); i++) {
        g_autofree char *path = g_strdup_printf("/x86/svm/host/%s", host_cases[i].name);

        g_test_add_data_func(path, &host_cases[i], run_host_case);
    }
    result = g_test_run();
    x86_machine_exit();
    return result;
}
