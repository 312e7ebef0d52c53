/*
 * The smallest machine that runs x86 code, for tests.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "x86-machine.h"
#include "accel/tcg/tcg-accel.h"
#include "hw/qdev-core.h"
#include "qapi/error.h"
#include "qemu/atomic.h"
#include "qemu/bswap.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "qemu/timer.h"
#include "system/address-spaces.h"
#include "system/cpus.h"
#include "system/memory.h"
#include "target/i386/internal.h"

#define STOP_BASE  X86_TEST_DEVICE
#define STOP_SIZE  0x1000u
#define IDT        X86_TEST_RAM
#define HANDLERS   (X86_TEST_RAM + 0x1000) /* 16 bytes for each exception */
#define GDT        (X86_TEST_RAM + 0x2000)
#define PAGE_DIR   (X86_TEST_RAM + 0x4000)
#define PAGE_TABLE (X86_TEST_RAM + 0x5000)
#define NB_VECTORS 32
#define TIMEOUT_US (10 * G_USEC_PER_SEC)
#define LOOK_US    (20 * 1000)
#define SMRAM_SIZE 0x10000u

enum { CODE_SELECTOR = 8, DATA_SELECTOR = 16 };

static X86CPU *cpu;
static GCond stopped_cond;
static bool stopped;
static unsigned stop_offset;
static void (*prepare_state)(CPUX86State *env);
static MemoryRegion smram;

static void load_state(CPUState *cs, void *data)
{
    X86TestState *s = data;
    CPUX86State *env = &cpu->env;

    memcpy(s->regs, env->regs, sizeof(s->regs));
    s->eflags = x86_get_eflags(env);
    address_space_read(&address_space_memory, X86_TEST_DATA, MEMTXATTRS_UNSPECIFIED, s->data,
                       X86_TEST_DATA_SIZE);
}

static void stop_write(void *opaque, hwaddr addr, uint64_t data, unsigned size)
{
    stop_offset = addr;
    stopped = true;
    cpu_stop_current();
    g_cond_broadcast(&stopped_cond);
}

static uint64_t stop_read(void *opaque, hwaddr addr, unsigned size)
{
    static uint64_t reads;

    return ++reads;
}

static const MemoryRegionOps stop_ops = {
    .read = stop_read,
    .write = stop_write,
    .valid = { .min_access_size = 1, .max_access_size = 8 },
    .impl = { .min_access_size = 1, .max_access_size = 8 },
    .endianness = DEVICE_LITTLE_ENDIAN,
};

void x86_machine_write(uint32_t addr, const void *bytes, size_t n)
{
    address_space_write(&address_space_memory, addr, MEMTXATTRS_UNSPECIFIED, bytes, n);
}

/* mov [STOP_BASE + offset], al, which changes neither registers nor flags; then jmp to itself. */
static size_t make_stop(uint8_t *code, unsigned bits, unsigned offset)
{
    size_t n = 0;

    if (bits == 16) {
        code[n++] = 0x67; /* 32-bit address */
    }
    code[n++] = 0xa2;
    if (bits == 64) {
        stq_le_p(code + n, STOP_BASE + offset);
        n += 8;
    } else {
        stl_le_p(code + n, STOP_BASE + offset);
        n += 4;
    }
    code[n++] = 0xeb;
    code[n++] = 0xfe;
    return n;
}

/* An interrupt gate for each exception. */
static void write_vectors(unsigned bits)
{
    for (unsigned v = 0; v < NB_VECTORS; v++) {
        uint32_t handler = HANDLERS + 16 * v;
        uint8_t code[16], gate[16] = { 0 };

        x86_machine_write(handler, code, make_stop(code, bits, v));
        stw_le_p(gate, handler & 0xffff);
        stw_le_p(gate + 2, CODE_SELECTOR);
        gate[5] = 0x8e;
        stw_le_p(gate + 6, handler >> 16);
        x86_machine_write(IDT + (bits == 64 ? 16 : 8) * v, gate, bits == 64 ? 16 : 8);
    }
}

static void write_descriptors(unsigned bits)
{
    uint64_t kind = bits == 64   ? 0x00209a000000ffffull
                    : bits == 32 ? 0x00cf9a000000ffffull
                                 : 0x008f9a000000ffffull;
    uint64_t gdt[] = { 0, kind, 0x00cf92000000ffffull };

    x86_machine_write(GDT, gdt, sizeof(gdt));
}

static void set_segments(CPUX86State *env, unsigned bits)
{
    unsigned data = SEG_P | SEG_S | SEG_WRITABLE | SEG_ACCESSED | SEG_G;
    unsigned size = bits == 64 ? SEG_L : bits == 32 ? SEG_DB : 0;

    for (unsigned i = 0; i < X86_NB_SEGS; i++) {
        env->segs[i] = (X86Segment){ .selector = DATA_SELECTOR,
                                     .limit = UINT32_MAX,
                                     .attributes = data | (bits == 16 ? 0 : SEG_DB) };
    }
    env->segs[R_CS] = (X86Segment){ .selector = CODE_SELECTOR,
                                    .limit = UINT32_MAX,
                                    .attributes = data | SEG_CODE | size };
    env->idt = (X86Segment){ .base = IDT, .limit = 0xfff };
    env->gdt = (X86Segment){ .base = GDT, .limit = 0xff };
}

static void store_state(CPUState *cs, void *data)
{
    const X86TestState *s = data;
    CPUX86State *env = &cpu->env;

    cpu_reset(cs);
    env->cr0 |= CR0_PE | CR0_NE;
    env->cr4 |= CR4_OSFXSR | CR4_OSXMMEXCPT | CR4_OSXSAVE;
    env->xcr0 = 7;
    env->efer = s->bits == 64 ? EFER_LME | EFER_LMA : 0;
    set_segments(env, s->bits);
    memcpy(env->regs, s->regs, sizeof(s->regs));
    x86_set_status_flags(env, s->eflags, FLAGS_STATUS);
    env->df = s->eflags & FLAG_DF ? -1 : 1;
    if (prepare_state) {
        prepare_state(env);
    }
    x86_update_hflags(env);
    env->pc = X86_TEST_CODE;
}

void x86_machine_set_prepare(void (*prepare)(CPUX86State *env))
{
    prepare_state = prepare;
}

enum { PRESENT = 1, WRITABLE = 2, USER = 4, LARGE = 0x80 };

void x86_machine_set_page(uint32_t addr, uint32_t entry)
{
    uint8_t bytes[4];

    stl_le_p(bytes, entry);
    x86_machine_write(PAGE_TABLE + ((addr - X86_TEST_RAM) >> 12) * 4, bytes, 4);
}

static void write_entry(uint32_t table, unsigned index, uint64_t entry)
{
    uint8_t bytes[8];

    stq_le_p(bytes, entry);
    x86_machine_write(table + 8 * index, bytes, 8);
}

/* Four levels, with pages of 2 MiB. */
static void page_64(CPUX86State *env)
{
    enum { RIGHTS = PRESENT | WRITABLE | USER };
    uint32_t pointers = PAGE_DIR + 0x1000, directory = PAGE_DIR + 0x2000;

    write_entry(PAGE_DIR, 0, pointers | RIGHTS);
    write_entry(pointers, 0, directory | RIGHTS);
    write_entry(directory, X86_TEST_RAM >> 21, X86_TEST_RAM | RIGHTS | LARGE);
    write_entry(directory, STOP_BASE >> 21, STOP_BASE | RIGHTS | LARGE);
    env->cr4 |= CR4_PAE;
}

static void page_32(CPUX86State *env)
{
    uint8_t bytes[4];

    stl_le_p(bytes, PAGE_TABLE | PRESENT | WRITABLE | USER);
    x86_machine_write(PAGE_DIR + (X86_TEST_RAM >> 22) * 4, bytes, 4);
    stl_le_p(bytes, STOP_BASE | PRESENT | WRITABLE | USER | LARGE);
    x86_machine_write(PAGE_DIR + (STOP_BASE >> 22) * 4, bytes, 4);
    for (uint32_t at = 0; at < X86_TEST_RAM_SIZE; at += 0x1000) {
        x86_machine_set_page(X86_TEST_RAM + at, (X86_TEST_RAM + at) | PRESENT | WRITABLE | USER);
    }
    env->cr4 |= CR4_PSE;
}

void x86_machine_page(CPUX86State *env)
{
    static const uint8_t empty[0x3000];

    x86_machine_write(PAGE_DIR, empty, sizeof(empty));
    (env->efer & EFER_LMA ? page_64 : page_32)(env);
    env->cr0 |= CR0_PG | CR0_WP;
    env->cr3 = PAGE_DIR;
}

X86CPU *x86_machine_cpu(void)
{
    return cpu;
}

uint8_t *x86_machine_smram(void)
{
    return memory_region_get_ram_ptr(&smram);
}

void x86_machine_write_smram(uint32_t offset, const void *bytes, size_t n)
{
    address_space_write(CPU(cpu)->spaces[X86_SPACE_SMM], X86_TEST_SMRAM + offset,
                        MEMTXATTRS_UNSPECIFIED, bytes, n);
}

static AddressSpace *make_smm_space(void)
{
    MemoryRegion *all = g_new0(MemoryRegion, 1), *usual = g_new0(MemoryRegion, 1);
    AddressSpace *space = g_new0(AddressSpace, 1);

    memory_region_init(all, NULL, "smm", UINT64_MAX);
    memory_region_init_alias(usual, NULL, "usual", get_system_memory(), 0, UINT64_MAX);
    memory_region_add_subregion(all, 0, usual);
    memory_region_init_ram(&smram, NULL, "smram", SMRAM_SIZE, &error_fatal);
    memory_region_add_subregion_overlap(all, X86_TEST_SMRAM, &smram, 1);
    address_space_init(space, all, "smm");
    return space;
}

void x86_machine_exit(void)
{
    cpus_shutdown();
}

void x86_machine_init(bool interpreter, const char *model)
{
    TCGAccelOptions options = {
        .interpreter = interpreter,
        .lockstep = g_getenv("X86_LOCKSTEP"),
        .regions = g_getenv("X86_FORCE_REGIONS") ? TCG_REGIONS_FORCED : TCG_REGIONS_ON,
    };
    MemoryRegion *ram = g_new0(MemoryRegion, 1), *stop = g_new0(MemoryRegion, 1);
    g_autofree char *type = g_strconcat(model, X86_CPU_TYPE_SUFFIX, NULL);

    module_call_init(MODULE_INIT_QOM);
    qemu_init_main_loop(&error_fatal);
    memory_map_init();
    tcg_accel_init(&options, &error_fatal);
    memory_region_init_ram(ram, NULL, "ram", X86_TEST_RAM_SIZE, &error_fatal);
    memory_region_add_subregion(get_system_memory(), X86_TEST_RAM, ram);
    memory_region_init_io(stop, NULL, &stop_ops, NULL, "stop", STOP_SIZE);
    memory_region_add_subregion(get_system_memory(), STOP_BASE, stop);
    cpu = X86_CPU(object_new(type));
    CPU(cpu)->spaces[X86_SPACE_MEMORY] = &address_space_memory;
    CPU(cpu)->spaces[X86_SPACE_SMM] = make_smm_space();
    qdev_realize(DEVICE(cpu), NULL, &error_fatal);
    cpus_set_vm_running(true);
    cpu_enable_ticks();
}

void x86_machine_run(X86TestState *s, const uint8_t *code, size_t bytes)
{
    static unsigned vectors_for;
    int64_t deadline = g_get_monotonic_time() + TIMEOUT_US;
    uint8_t end[32];

    g_assert(bytes <= X86_TEST_MAX_CODE);
    if (vectors_for != s->bits) {
        vectors_for = s->bits;
        write_vectors(s->bits);
        write_descriptors(s->bits);
    }
    x86_machine_write(X86_TEST_CODE, code, bytes);
    x86_machine_write(X86_TEST_CODE + bytes, end, make_stop(end, s->bits, X86_STOP_END));
    x86_machine_write(X86_TEST_DATA, s->data, sizeof(s->data));
    run_on_cpu(CPU(cpu), store_state, s);
    stopped = false;
    resume_all_vcpus();
    while (!stopped && !cpu->env.shut_down && g_get_monotonic_time() < deadline) {
        qemu_cond_timedwait_iothread(&stopped_cond,
                                     MIN(deadline, g_get_monotonic_time() + LOOK_US));
    }
    pause_all_vcpus();
    run_on_cpu(CPU(cpu), load_state, s);
    s->stop = stopped            ? stop_offset
              : cpu->env.shut_down ? X86_STOP_SHUTDOWN
                                   : X86_STOP_TIMEOUT;
}
