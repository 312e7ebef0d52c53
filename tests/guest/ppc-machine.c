/*
 * The smallest machine that runs PowerPC code, for tests.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "ppc-machine.h"
#include "accel/tcg/tcg-accel.h"
#include "exec/debug.h"
#include "hw/qdev-core.h"
#include "qapi/error.h"
#include "qemu/atomic.h"
#include "qemu/bswap.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "qemu/rcu.h"
#include "qemu/timer.h"
#include "system/address-spaces.h"
#include "system/cpus.h"
#include "system/memory.h"
#include "target/ppc/spr.h"

#define STOP_BASE         0xfffff000u
#define HIGH_VECTORS      0xfff00000u /* with MSR[IP] */
#define VECTORS_SIZE      0x2000u
#define PAGE_WORDS        1024
#define INSN_SC           0x44000002u
#define INSN_BRANCH_SELF  0x48000000u
/* stb r0, offset - 4096(0): changes nothing but what the device sees */
#define INSN_STOP(offset) (0x98000000u | ((offset) | 0xf000))
#define TIMEOUT_US        (10 * G_USEC_PER_SEC)
#define TIMER_SLICE_US    1000 /* how often the timers are looked at meanwhile */

static PowerPCCPU *cpu;
static PPCTestState after_reset;
static GCond stopped_cond;
static bool stopped;
static unsigned stop_offset;
static uint64_t insns_before, insns_at_stop;
static bool stepping;
static uint32_t debug_addr;
static unsigned debug_len, debug_stops;

static void stop_write(void *opaque, hwaddr addr, uint64_t data, unsigned size)
{
    stop_offset = cpu->env.msr & MSR_LE ? addr ^ 7 : addr;
    if (!stopped) {
        insns_at_stop = cpu_executed_insns(CPU(cpu));
    }
    stopped = true;
    cpu_stop_current();
    g_cond_broadcast(&stopped_cond);
}

static uint64_t stop_read(void *opaque, hwaddr addr, unsigned size)
{
    return 0;
}

static const MemoryRegionOps stop_ops = {
    .read = stop_read,
    .write = stop_write,
    .endianness = DEVICE_BIG_ENDIAN,
};

static void write_words(uint32_t addr, const uint32_t *words, size_t n)
{
    g_autofree uint8_t *bytes = g_malloc(n * 4);

    for (size_t i = 0; i < n; i++) {
        stl_be_p(bytes + 4 * i, words[i]);
    }
    address_space_write(&address_space_memory, addr, MEMTXATTRS_UNSPECIFIED, bytes, n * 4);
}

/* The words are in equal pairs: a handler may run in little-endian mode. */
static void write_vectors(uint32_t base)
{
    for (unsigned vector = 0x100; vector < 0x1800; vector += 0x100) {
        uint32_t stop = INSN_STOP(vector >> 8);
        uint32_t code[] = { stop, stop, INSN_BRANCH_SELF, INSN_BRANCH_SELF };

        write_words(base + vector, code, ARRAY_SIZE(code));
    }
}

void ppc_machine_step(bool on)
{
    stepping = on;
    cpu_single_step(CPU(cpu), on ? SSTEP_ENABLE : 0);
}

void ppc_machine_stop_once(uint32_t addr, unsigned len)
{
    debug_addr = addr;
    debug_len = len;
    if (len) {
        cpu_watchpoint_insert(CPU(cpu), addr, len, BP_MEM_ACCESS);
    } else {
        cpu_breakpoint_insert(CPU(cpu), addr);
    }
}

unsigned ppc_machine_debug_stops(void)
{
    return debug_stops;
}

static void debug_stop(CPUState *cs)
{
    g_cond_broadcast(&stopped_cond);
}

/* The CPU has stopped for the debugger: on with it. */
static void go_on(void)
{
    CPUWatchpoint hit;
    vaddr addr;

    cpu_watchpoint_take_hit(CPU(cpu), &hit, &addr);
    if (debug_len) {
        cpu_watchpoint_remove(CPU(cpu), debug_addr, debug_len, BP_MEM_ACCESS);
    } else {
        cpu_breakpoint_remove(CPU(cpu), debug_addr);
    }
    debug_stops++;
    resume_all_vcpus();
}

PowerPCCPU *ppc_machine_cpu(void)
{
    return cpu;
}

void ppc_machine_exit(void)
{
    cpus_shutdown();
}

void ppc_state_init(PPCTestState *s)
{
    *s = after_reset;
    for (uint32_t i = 0; i < 32; i++) {
        s->gpr[i] = 0x12340000 + i * 0x01010101;
        s->fpr[i] = 0x3ff0000000000000ull + ((uint64_t)i << 47);
    }
    for (uint32_t i = 0; i < PPC_DATA_SIZE; i++) {
        s->data[i] = i * 7 + (i >> 8) + 1;
    }
    s->lr = 0x5004;
    s->ctr = 0x6008;
    s->msr = MSR_FP | MSR_ME;
    s->nip = PPC_CODE;
    s->spr[SPR_HID0] = 0x0000c000; /* caches on */
}

static void store_state(CPUState *cs, void *data)
{
    const PPCTestState *s = data;
    CPUPPCState *env = &cpu->env;

    cpu_reset(cs);
    for (unsigned i = 0; i < PPC_NB_SPRS; i++) {
        if (s->spr[i] != after_reset.spr[i]) {
            ppc_spr_write(env, ppc_spr_lookup(POWERPC_CPU_GET_CLASS(cpu), i), s->spr[i]);
        }
    }
    for (unsigned i = 0; i < 16; i++) {
        ppc_store_sr(env, i, s->sr[i]);
    }
    memcpy(env->gpr, s->gpr, sizeof(s->gpr));
    memcpy(env->fpr, s->fpr, sizeof(s->fpr));
    ppc_set_cr(env, s->cr);
    ppc_set_xer(env, s->xer);
    env->lr = s->lr;
    env->ctr = s->ctr;
    env->reserve = s->reserve;
    ppc_store_fpscr(env, s->fpscr, UINT32_MAX);
    ppc_store_msr(env, s->msr);
    env->nip = s->nip;
}

static void load_state(CPUState *cs, void *data)
{
    PPCTestState *s = data;
    CPUPPCState *env = &cpu->env;

    memcpy(s->gpr, env->gpr, sizeof(s->gpr));
    memcpy(s->fpr, env->fpr, sizeof(s->fpr));
    memcpy(s->spr, env->spr, sizeof(s->spr));
    memcpy(s->sr, env->sr, sizeof(s->sr));
    s->cr = ppc_get_cr(env);
    s->xer = ppc_get_xer(env);
    s->lr = env->lr;
    s->ctr = env->ctr;
    s->reserve = env->reserve;
    s->fpscr = ppc_read_fpscr(env);
    s->msr = env->msr;
    s->nip = env->nip;
    address_space_read(&address_space_memory, PPC_DATA, MEMTXATTRS_UNSPECIFIED, s->data,
                       PPC_DATA_SIZE);
}

static ObjectClass *class_by_name(const char *model)
{
    CPUClass *cc = CPU_CLASS(object_class_by_name(TYPE_POWERPC_CPU));

    return cc->class_by_name(model);
}

static void read_reset_state(CPUState *cs, void *data)
{
    cpu_reset(cs);
    load_state(cs, &after_reset);
}

void ppc_machine_init(bool interpreter)
{
    ppc_machine_init_model(interpreter, "755");
}

void ppc_machine_init_model(bool interpreter, const char *model)
{
    TCGAccelOptions options = {
        .interpreter = interpreter,
        .lockstep = g_getenv("PPC_LOCKSTEP"),
        .regions = g_getenv("PPC_FORCE_REGIONS") ? TCG_REGIONS_FORCED : TCG_REGIONS_ON,
    };
    MemoryRegion *ram = g_new0(MemoryRegion, 1), *stop = g_new0(MemoryRegion, 1);
    MemoryRegion *high = g_new0(MemoryRegion, 1);

    module_call_init(MODULE_INIT_QOM);
    qemu_init_main_loop(&error_fatal);
    memory_map_init();
    tcg_accel_init(&options, &error_fatal);
    memory_region_init_ram(ram, NULL, "ram", PPC_RAM_SIZE, &error_fatal);
    memory_region_add_subregion(get_system_memory(), 0, ram);
    memory_region_init_ram(high, NULL, "vectors", VECTORS_SIZE, &error_fatal);
    memory_region_add_subregion(get_system_memory(), HIGH_VECTORS, high);
    memory_region_init_io(stop, NULL, &stop_ops, NULL, "stop", 0x1000);
    memory_region_add_subregion(get_system_memory(), STOP_BASE, stop);
    cpu = POWERPC_CPU(object_new(object_class_get_name(class_by_name(model))));
    qdev_realize(DEVICE(cpu), NULL, &error_fatal);
    cpus_set_vm_running(true);
    cpu_enable_ticks();
    write_vectors(0);
    write_vectors(HIGH_VECTORS);
    cpus_set_debug_handler(debug_stop);
    run_on_cpu(CPU(cpu), read_reset_state, NULL);
}

/* Little-endian mode fetches the word at address ^ 4. */
static void swap_pairs(uint32_t *page)
{
    for (unsigned i = 0; i < PAGE_WORDS; i += 2) {
        uint32_t word = page[i];

        page[i] = page[i + 1];
        page[i + 1] = word;
    }
}

/*
 * With data translation on, or stores to changed addresses, the stop device can't be reached: then
 * the system call vector reaches it.
 */
static void write_code(uint32_t addr, const uint32_t *code, size_t nb_words, uint32_t msr)
{
    uint32_t page[PAGE_WORDS];
    uint32_t first = addr & ~(uint32_t)(4 * PAGE_WORDS - 1);

    g_assert((addr - first) / 4 + nb_words + 2 <= PAGE_WORDS);
    for (unsigned i = 0; i < PAGE_WORDS; i++) {
        page[i] = INSN_SC;
    }
    memcpy(&page[(addr - first) / 4], code, nb_words * 4);
    page[(addr - first) / 4 + nb_words] = msr & (MSR_DR | MSR_LE) ? INSN_SC : INSN_STOP(0);
    page[(addr - first) / 4 + nb_words + 1] = INSN_BRANCH_SELF;
    if (msr & MSR_LE) {
        swap_pairs(page);
    }
    write_words(first, page, PAGE_WORDS);
}

void ppc_machine_run(PPCTestState *s, const uint32_t *code, size_t nb_words)
{
    int64_t deadline = g_get_monotonic_time() + TIMEOUT_US;
    CPUState *cs = CPU(cpu);

    write_code(s->nip, code, nb_words, s->msr);
    address_space_write(&address_space_memory, PPC_DATA, MEMTXATTRS_UNSPECIFIED, s->data,
                        PPC_DATA_SIZE);
    run_on_cpu(cs, store_state, s);
    stopped = false;
    debug_stops = 0;
    insns_before = cpu_executed_insns(cs);
    resume_all_vcpus();
    while (!stopped && !qatomic_read(&cpu->env.checkstopped) && g_get_monotonic_time() < deadline) {
        qemu_cond_timedwait_iothread(&stopped_cond, g_get_monotonic_time() + TIMER_SLICE_US);
        qemu_clock_run_all_timers();
        if (cs->stopped && !stopped) {
            go_on();
        }
    }
    s->stop = stopped                 ? stop_offset << 8
              : cpu->env.checkstopped ? PPC_STOP_CHECKSTOP
                                      : PPC_STOP_TIMEOUT;
    pause_all_vcpus();
    run_on_cpu(cs, load_state, s);
    s->insns = (stopped ? insns_at_stop : cpu_executed_insns(cs)) - insns_before;
}

int ppc_machine_test_model(int argc, char **argv, const char *model, void (*set_up)(void),
                           const PPCTest *tests)
{
    int result;

    g_test_init(&argc, &argv, NULL);
    ppc_machine_init_model(argc > 1 && !strcmp(argv[1], "interp"), model);
    if (set_up) {
        set_up();
    }
    for (const PPCTest *t = tests; t->path; t++) {
        g_test_add_func(t->path, t->run);
    }
    result = g_test_run();
    ppc_machine_exit();
    return result;
}

int ppc_machine_test(int argc, char **argv, void (*set_up)(void), const PPCTest *tests)
{
    return ppc_machine_test_model(argc, argv, "755", set_up, tests);
}
