/*
 * Local APIC: interrupts, messages between CPUs, a timer; xAPIC and x2APIC.
 *
 * A vector that has arrived is a bit in IRR, one that the CPU has taken is one in ISR. Whenever one
 * of these or a priority changes, update() tells the CPU whether it has something to take.
 *
 * Reference: SDM volume 3, chapter 10 (APIC); the numbers of sections are its.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "apic-internal.h"
#include "core/qdev-properties.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/atomic.h"
#include "qemu/host-utils.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "qemu/timer.h"
#include "system/address-spaces.h"
#include "system/cpus.h"
#include "system/reset.h"

/* All of the machine, as they came; under the big lock. */
static GPtrArray *apics;
static MemoryRegion *bus_region;
static GHookList eoi_hooks;

/* What the CPU would take now, were its IF set; -1: nothing. */
static int deliverable_vector(const LocalAPIC *s)
{
    int vector = highest_vector(s->irr);

    if (!(s->base & BASE_ENABLED) || !(s->svr & SVR_ENABLED) || vector < 0) {
        return -1;
    }
    return (vector >> 4) > (processor_priority(s) >> 4) ? vector : -1;
}

/* Without an APIC LINT0 is the CPU's INTR (10.4.3). */
static bool external_is_wanted(const LocalAPIC *s)
{
    uint32_t lint0 = s->lvt[LVT(REG_LVT_LINT0)];

    return !(s->base & BASE_ENABLED) ||
           (!(lint0 & LVT_MASKED) && (lint0 >> LVT_MODE_SHIFT & 7) == MODE_EXTINT);
}

static void update(LocalAPIC *s)
{
    CPUState *cs = CPU(s->cpu);

    if (deliverable_vector(s) >= 0 || (s->external_line && s->external && external_is_wanted(s))) {
        cpu_interrupt(cs, CPU_INTERRUPT_HARD);
    } else {
        cpu_reset_interrupt(cs, CPU_INTERRUPT_HARD);
    }
}

static void note_error(LocalAPIC *s, uint32_t error);

static void accept_vector(LocalAPIC *s, uint8_t vector, bool level)
{
    if (vector < FIRST_LEGAL_VECTOR) {
        note_error(s, ESR_RECEIVE_ILLEGAL);
        return;
    }
    vector_set(s->irr, vector);
    if (level) {
        vector_set(s->tmr, vector);
    } else {
        vector_clear(s->tmr, vector);
    }
    update(s);
}

static void note_error(LocalAPIC *s, uint32_t error)
{
    uint32_t lvt = s->lvt[LVT(REG_LVT_ERROR)];

    s->errors |= error;
    if (!(lvt & LVT_MASKED) && (lvt & LVT_VECTOR) >= FIRST_LEGAL_VECTOR) {
        accept_vector(s, lvt & LVT_VECTOR, false);
    }
}

/* ---- The bus ---- */

static void init_registers(LocalAPIC *s);

static void accept_message(LocalAPIC *s, unsigned mode, uint8_t vector, bool level)
{
    CPUState *cs = CPU(s->cpu);

    switch (mode) {
    case MODE_FIXED:
    case MODE_LOWEST:
        if ((s->base & BASE_ENABLED) && (s->svr & SVR_ENABLED)) {
            accept_vector(s, vector, level);
        }
        break;
    case MODE_SMI:
        cpu_interrupt(cs, CPU_INTERRUPT_SMI);
        break;
    case MODE_NMI:
        cpu_interrupt(cs, CPU_INTERRUPT_NMI);
        break;
    case MODE_INIT:
        init_registers(s);
        cpu_interrupt(cs, CPU_INTERRUPT_INIT);
        break;
    case MODE_STARTUP:
        qatomic_set(&s->cpu->env.sipi_vector, vector);
        cpu_interrupt(cs, CPU_INTERRUPT_SIPI);
        break;
    default:
        qemu_log_mask(LOG_GUEST_ERROR, "apic: message with delivery mode %u\n", mode);
    }
}

/* 10.6.2.2; x2APIC: 10.12.10.2 */
static bool logical_match(const LocalAPIC *s, uint32_t dest)
{
    if (is_x2apic(s)) {
        uint32_t cluster = s->id >> 4, bit = 1u << (s->id & 15);

        return dest >> 16 == cluster && (dest & bit);
    }
    if (s->dfr >> 28 == 15) {
        return (s->ldr >> 24) & dest & 0xff;
    }
    return (dest >> 4 & 15) == s->ldr >> 28 && (dest & s->ldr >> 24 & 15);
}

static bool matches(const LocalAPIC *s, uint32_t dest, bool logical, uint32_t broadcast)
{
    if (dest == broadcast) {
        return true;
    }
    return logical ? logical_match(s, dest) : s->id == dest;
}

/* `broadcast`: the destination that means all. */
static void send(uint32_t dest, bool logical, uint32_t broadcast, unsigned mode, uint8_t vector,
                 bool level)
{
    LocalAPIC *lowest = NULL;

    for (guint i = 0; i < apics->len; i++) {
        LocalAPIC *s = g_ptr_array_index(apics, i);

        if (!matches(s, dest, logical, broadcast)) {
            continue;
        }
        if (mode != MODE_LOWEST) {
            accept_message(s, mode, vector, level);
        } else if ((s->svr & SVR_ENABLED) &&
                   (!lowest || processor_priority(s) < processor_priority(lowest))) {
            lowest = s;
        }
    }
    if (lowest) {
        accept_message(lowest, MODE_FIXED, vector, level);
    }
}

void apic_deliver_message(uint64_t address, uint32_t data)
{
    if (apics) {
        send(address >> 12 & 0xff, address & 4, 0xff, data >> LVT_MODE_SHIFT & 7, data & LVT_VECTOR,
             data & LVT_LEVEL);
    }
}

typedef struct EOIHook {
    GHook hook;
    void (*func)(void *opaque, uint8_t vector);
} EOIHook;

void apic_on_eoi(void (*func)(void *opaque, uint8_t vector), void *opaque)
{
    EOIHook *hook;

    if (!eoi_hooks.is_setup) {
        g_hook_list_init(&eoi_hooks, sizeof(EOIHook));
    }
    hook = (EOIHook *)g_hook_alloc(&eoi_hooks);
    hook->hook.data = opaque;
    hook->func = func;
    g_hook_append(&eoi_hooks, &hook->hook);
}

static void tell_of_eoi(GHook *hook, gpointer data)
{
    ((EOIHook *)hook)->func(hook->data, *(uint8_t *)data);
}

static void end_of_interrupt(LocalAPIC *s)
{
    int in_service = highest_vector(s->isr);
    uint8_t vector = in_service;

    if (in_service < 0) {
        return;
    }
    vector_clear(s->isr, vector);
    if (vector_test(s->tmr, vector) && eoi_hooks.is_setup) {
        g_hook_list_marshal(&eoi_hooks, false, tell_of_eoi, &vector);
    }
    update(s);
}

/* A write to ICR sends it (10.6.1). */
static void send_command(LocalAPIC *s)
{
    uint32_t low = s->icr, dest = is_x2apic(s) ? s->icr >> 32 : s->icr >> 56;
    unsigned mode = low >> LVT_MODE_SHIFT & 7, shorthand = low >> ICR_SHORTHAND_SHIFT & 3;
    uint8_t vector = low & LVT_VECTOR;
    bool level = low & ICR_LEVEL;

    if (mode == MODE_INIT && level && !(low & ICR_ASSERT)) {
        return; /* "INIT level de-assert": synchronizes arbitration IDs, which there are none of */
    }
    if ((mode == MODE_FIXED || mode == MODE_LOWEST) && vector < FIRST_LEGAL_VECTOR) {
        note_error(s, ESR_SEND_ILLEGAL);
        return;
    }
    if (shorthand == 0) {
        send(dest, low & ICR_LOGICAL, is_x2apic(s) ? BROADCAST : 0xff, mode, vector, level);
        return;
    }
    for (guint i = 0; i < apics->len; i++) {
        LocalAPIC *other = g_ptr_array_index(apics, i);

        if (shorthand == 2 || (other == s) == (shorthand == 1)) {
            accept_message(other, mode, vector, level);
        }
    }
}

/* ---- The timer (10.5.4): counts at 1 GHz, or waits until the time stamp counter is there ---- */

static int64_t period(const LocalAPIC *s)
{
    return (int64_t)s->initial_count << divide_shift(s);
}

static bool timer_is_periodic(const LocalAPIC *s)
{
    return (s->lvt[LVT(REG_LVT_TIMER)] & LVT_TIMER_MODE) == LVT_TIMER_PERIODIC;
}

/* 10.5.4.1: counts have no meaning then. */
static bool timer_has_deadline(const LocalAPIC *s)
{
    return (s->lvt[LVT(REG_LVT_TIMER)] & LVT_TIMER_MODE) == LVT_TIMER_DEADLINE;
}

static void send_timer_vector(LocalAPIC *s)
{
    uint32_t lvt = s->lvt[LVT(REG_LVT_TIMER)];

    if (!(lvt & LVT_MASKED)) {
        accept_vector(s, lvt & LVT_VECTOR, false);
    }
}

/* The clock is read behind what has been reached by it: else that might seem to lie ahead for ever. */
static void arm_deadline(LocalAPIC *s)
{
    int64_t due = x86_tsc_reaches(&s->cpu->env, s->deadline);

    if (s->deadline && due > qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL)) {
        timer_mod_ns(s->timer, due);
        return;
    }
    timer_del(s->timer);
    if (s->deadline) {
        s->deadline = 0;
        send_timer_vector(s);
    }
}

/* Of a count that began at count_start: the next time it reaches 0 after `now`. */
static void arm_timer(LocalAPIC *s, int64_t now)
{
    int64_t ns = period(s), passed = now - s->count_start;

    if (timer_has_deadline(s)) {
        arm_deadline(s);
        return;
    }
    if (!ns || (passed >= ns && !timer_is_periodic(s))) {
        timer_del(s->timer);
        return;
    }
    timer_mod_ns(s->timer, s->count_start + (passed / ns + 1) * ns);
}

static void timer_rang(void *opaque)
{
    LocalAPIC *s = opaque;
    int64_t now = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);

    if (timer_has_deadline(s)) {
        arm_deadline(s);
        return;
    }
    send_timer_vector(s);
    arm_timer(s, now);
    if (timer_pending(s->timer)) {
        timer_mod_ns(s->timer, MAX(timer_expire_time_ns(s->timer), now + SHORTEST_NS));
    }
}

uint32_t apic_current_count(const LocalAPIC *s)
{
    int64_t ns = period(s), passed = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) - s->count_start;

    if (!ns || (passed >= ns && !timer_is_periodic(s)) || timer_has_deadline(s)) {
        return 0;
    }
    return s->initial_count - (passed % ns >> divide_shift(s));
}

static void set_divide(LocalAPIC *s, uint32_t value)
{
    int64_t now = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
    uint32_t left = apic_current_count(s);

    s->divide = value & 0xb;
    if (timer_has_deadline(s)) {
        return;
    }
    /* The count goes on from where it is, at the new rate. */
    s->count_start = now - ((int64_t)(s->initial_count - left) << divide_shift(s));
    if (left) {
        arm_timer(s, now);
    }
}

/* ---- Registers ---- */

/* What can be written of the LVT's entries (10.5.1). */
static const uint32_t lvt_writable[NB_LVTS] = {
    [LVT(REG_LVT_TIMER)] = LVT_VECTOR | LVT_MASKED | LVT_TIMER_PERIODIC,
    [LVT(REG_LVT_THERMAL)] = LVT_VECTOR | 7 << LVT_MODE_SHIFT | LVT_MASKED,
    [LVT(REG_LVT_PERFMON)] = LVT_VECTOR | 7 << LVT_MODE_SHIFT | LVT_MASKED,
    [LVT(REG_LVT_LINT0)] = LVT_VECTOR | 7 << LVT_MODE_SHIFT | LVT_POLARITY | LVT_LEVEL | LVT_MASKED,
    [LVT(REG_LVT_LINT1)] = LVT_VECTOR | 7 << LVT_MODE_SHIFT | LVT_POLARITY | LVT_LEVEL | LVT_MASKED,
    [LVT(REG_LVT_ERROR)] = LVT_VECTOR | LVT_MASKED,
};

static uint32_t lvt_bits(const LocalAPIC *s, unsigned n)
{
    bool has_deadline = x86_has(&s->cpu->env, X86_FEATURE_TSC_DEADLINE);

    return lvt_writable[n] | (n == LVT(REG_LVT_TIMER) && has_deadline ? LVT_TIMER_DEADLINE : 0);
}

static void write_timer(LocalAPIC *s, uint32_t value)
{
    int64_t now = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
    bool had_deadline = timer_has_deadline(s);

    if (timer_expired(s->timer, now)) {
        timer_rang(s); /* the main loop is late: this is still by the entry as it was */
    }
    s->lvt[LVT(REG_LVT_TIMER)] = value;
    if (timer_has_deadline(s) != had_deadline) { /* which disarms it (10.5.4.1) */
        s->deadline = 0;
        s->initial_count = 0;
    }
    arm_timer(s, now);
}

static void write_lvt(LocalAPIC *s, unsigned n, uint32_t value)
{
    value = (value & lvt_bits(s, n)) | (s->svr & SVR_ENABLED ? 0 : LVT_MASKED);
    if (n == LVT(REG_LVT_TIMER)) {
        write_timer(s, value);
    } else {
        s->lvt[n] = value;
    }
    update(s);
}

static void write_svr(LocalAPIC *s, uint32_t value)
{
    s->svr = value & (LVT_VECTOR | SVR_ENABLED | SVR_FOCUS);
    if (!(value & SVR_ENABLED)) {
        for (unsigned n = 0; n < NB_LVTS; n++) {
            s->lvt[n] |= LVT_MASKED;
        }
    }
    update(s);
}

uint32_t apic_logical_id(const LocalAPIC *s)
{
    return is_x2apic(s) ? (s->id >> 4) << 16 | 1u << (s->id & 15) : s->ldr;
}

/* false: there is no such register. */
static bool read_register(LocalAPIC *s, unsigned reg, uint64_t *value)
{
    switch (reg) {
    case REG_ID:
        *value = is_x2apic(s) ? s->id : s->id << 24;
        break;
    case REG_VERSION:
        *value = APIC_VERSION;
        break;
    case REG_TPR:
        *value = s->tpr;
        break;
    case REG_APR:
        *value = 0; /* no CPU of the families that we model arbitrates by it */
        break;
    case REG_PPR:
        *value = processor_priority(s);
        break;
    case REG_EOI:
        *value = 0;
        break;
    case REG_LDR:
        *value = apic_logical_id(s);
        break;
    case REG_DFR:
        *value = s->dfr;
        break;
    case REG_SVR:
        *value = s->svr;
        break;
    case REG_ISR ... REG_ISR + 7:
        *value = s->isr[reg - REG_ISR];
        break;
    case REG_TMR ... REG_TMR + 7:
        *value = s->tmr[reg - REG_TMR];
        break;
    case REG_IRR ... REG_IRR + 7:
        *value = s->irr[reg - REG_IRR];
        break;
    case REG_ESR:
        *value = s->esr;
        break;
    case REG_ICR:
        *value = is_x2apic(s) ? s->icr : (uint32_t)s->icr;
        break;
    case REG_ICR_HIGH:
        *value = s->icr >> 32;
        break;
    case REG_LVT_TIMER ... REG_LVT_ERROR:
        *value = s->lvt[LVT(reg)];
        break;
    case REG_INITIAL_COUNT:
        *value = s->initial_count;
        break;
    case REG_CURRENT_COUNT:
        *value = apic_current_count(s);
        break;
    case REG_DIVIDE:
        *value = s->divide;
        break;
    default:
        *value = 0;
        return false;
    }
    return true;
}

/* false: it isn't there, or can't be written. */
static bool write_register(LocalAPIC *s, unsigned reg, uint64_t value)
{
    switch (reg) {
    case REG_ID:
        s->id = (uint32_t)value >> 24;
        break;
    case REG_TPR:
        s->tpr = value;
        update(s);
        break;
    case REG_EOI:
        end_of_interrupt(s);
        break;
    case REG_LDR:
        s->ldr = value & 0xff000000u;
        break;
    case REG_DFR:
        s->dfr = value | 0x0fffffffu;
        break;
    case REG_SVR:
        write_svr(s, value);
        break;
    case REG_ESR:
        s->esr = s->errors;
        s->errors = 0;
        break;
    case REG_ICR:
        s->icr = (is_x2apic(s) ? value : (s->icr & ~(uint64_t)UINT32_MAX) | (uint32_t)value) &
                 ~(uint64_t)LVT_PENDING;
        send_command(s);
        break;
    case REG_ICR_HIGH:
        s->icr = (uint32_t)s->icr | value << 32;
        break;
    case REG_LVT_TIMER ... REG_LVT_ERROR:
        write_lvt(s, LVT(reg), value);
        break;
    case REG_INITIAL_COUNT:
        if (timer_has_deadline(s)) {
            break;
        }
        s->initial_count = value;
        s->count_start = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
        arm_timer(s, s->count_start);
        break;
    case REG_DIVIDE:
        set_divide(s, value);
        break;
    default:
        return false;
    }
    return true;
}

/* ---- Accesses to the region: a CPU's to its own APIC, anybody else's are messages ---- */

static const X86InterruptOps apic_interrupt_ops;

static LocalAPIC *apic_of_access(hwaddr addr, MemTxAttrs attrs)
{
    X86CPU *cpu;
    LocalAPIC *s;

    if (!current_cpu || attrs.unspecified || attrs.requester_id || addr >= TARGET_PAGE_SIZE) {
        return NULL;
    }
    cpu = (X86CPU *)object_dynamic_cast(OBJECT(current_cpu), TYPE_X86_CPU);
    if (!cpu || cpu->interrupts != &apic_interrupt_ops) {
        return NULL;
    }
    s = cpu->interrupt_controller;
    return (s->base & BASE_ENABLED) && !is_x2apic(s) ? s : NULL;
}

static MemTxResult bus_read(void *opaque, hwaddr addr, uint64_t *data, unsigned size,
                            MemTxAttrs attrs)
{
    LocalAPIC *s = apic_of_access(addr, attrs);

    *data = 0;
    if (!s) {
        return MEMTX_DECODE_ERROR;
    }
    if ((addr & 15) == 0 && !read_register(s, addr >> 4, data)) {
        note_error(s, ESR_ILLEGAL_REGISTER);
    }
    return MEMTX_OK;
}

static MemTxResult bus_write(void *opaque, hwaddr addr, uint64_t data, unsigned size,
                             MemTxAttrs attrs)
{
    LocalAPIC *s = apic_of_access(addr, attrs);

    if (!s) {
        apic_deliver_message(addr, data);
        return MEMTX_OK;
    }
    if ((addr & 15) == 0 && !write_register(s, addr >> 4, data)) {
        note_error(s, ESR_ILLEGAL_REGISTER);
    }
    return MEMTX_OK;
}

static const MemoryRegionOps bus_ops = {
    .read_with_attrs = bus_read,
    .write_with_attrs = bus_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 4 },
    .impl = { .min_access_size = 1, .max_access_size = 4 },
};

static void make_bus(void)
{
    apics = g_ptr_array_new();
    bus_region = g_new0(MemoryRegion, 1);
    memory_region_init_io(bus_region, NULL, &bus_ops, NULL, "apic-msi", APIC_SPACE_SIZE);
    /*
     * A level that is still there when a CPU writes to EOI comes back as a message from within that
     * write. It goes no deeper: a message only sets bits, and never sends anything.
     */
    bus_region->disable_reentrancy_guard = true;
    memory_region_add_subregion_overlap(get_system_memory(), APIC_DEFAULT_ADDRESS, bus_region, 4096);
}

/* ---- What the CPU asks ---- */

static int apic_acknowledge(void *opaque)
{
    LocalAPIC *s = opaque;
    int vector = deliverable_vector(s);

    if (vector >= 0) {
        vector_clear(s->irr, vector);
        vector_set(s->isr, vector);
    } else if (s->external_line && s->external && external_is_wanted(s)) {
        vector = s->external(s->external_opaque);
    }
    update(s);
    return vector;
}

static uint8_t apic_get_tpr(void *opaque)
{
    return ((LocalAPIC *)opaque)->tpr >> 4;
}

static void apic_set_tpr(void *opaque, uint8_t priority)
{
    LocalAPIC *s = opaque;

    s->tpr = priority << 4;
    update(s);
}

static uint64_t apic_get_base(void *opaque)
{
    return ((LocalAPIC *)opaque)->base;
}

/* 10.12.5, figure 10-27: which changes of mode there are. */
static bool apic_set_base(void *opaque, uint64_t value)
{
    LocalAPIC *s = opaque;
    uint64_t modes = BASE_ENABLED | BASE_X2APIC, was = s->base & modes, now = value & modes;

    if ((value & BASE_RESERVED) || now == BASE_X2APIC ||
        (was == modes && now == BASE_ENABLED) || (!was && now == modes) ||
        ((value & BASE_X2APIC) && !x86_has(&s->cpu->env, X86_FEATURE_X2APIC))) {
        return false;
    }
    if ((value & ~(uint64_t)0xfff) != APIC_DEFAULT_ADDRESS) {
        qemu_log_mask(LOG_UNIMP, "apic: registers can't be moved to 0x%" PRIx64 "\n",
                      value & ~(uint64_t)0xfff);
    }
    s->base = APIC_DEFAULT_ADDRESS | (value & modes) | (s->base & BASE_BSP);
    if (!now && was) {
        init_registers(s);
    }
    if (now == modes && was != modes) {
        s->id = s->initial_id;
    }
    update(s);
    return true;
}

static bool apic_read_msr(void *opaque, uint32_t msr, uint64_t *value)
{
    LocalAPIC *s = opaque;
    unsigned reg = msr - MSR_X2APIC_FIRST;

    if (msr == MSR_TSC_DEADLINE) {
        *value = s->deadline;
        return true;
    }
    if (!is_x2apic(s) || reg >= NB_APIC_REGS || reg == REG_EOI || reg == REG_DFR ||
        reg == REG_ICR_HIGH || reg == REG_SELF_IPI || reg == REG_APR) {
        return false;
    }
    return read_register(s, reg, value);
}

/* 10.12.1.2, 10.12.1.3: bits that a register has as an MSR; setting others is #GP. false: it can't be
 * written. */
static bool x2apic_bits(const LocalAPIC *s, unsigned reg, uint64_t *bits)
{
    switch (reg) {
    case REG_TPR:
    case REG_SELF_IPI:
        *bits = 0xff;
        return true;
    case REG_EOI:
    case REG_ESR:
        *bits = 0;
        return true;
    case REG_SVR:
        *bits = LVT_VECTOR | SVR_ENABLED | SVR_FOCUS;
        return true;
    case REG_ICR:
        *bits = 0xffffffff000ccfff;
        return true;
    case REG_LVT_TIMER ... REG_LVT_ERROR: /* two can only be read: written back, they don't matter */
        *bits = lvt_bits(s, LVT(reg)) | LVT_PENDING | LVT_REMOTE_IRR;
        return true;
    case REG_INITIAL_COUNT:
        *bits = UINT32_MAX;
        return true;
    case REG_DIVIDE:
        *bits = 0xb;
        return true;
    default:
        return false;
    }
}

static void send_to_self(LocalAPIC *s, uint8_t vector)
{
    if (vector < FIRST_LEGAL_VECTOR) {
        note_error(s, ESR_SEND_ILLEGAL);
    } else {
        accept_message(s, MODE_FIXED, vector, false);
    }
}

static bool apic_write_msr(void *opaque, uint32_t msr, uint64_t value)
{
    LocalAPIC *s = opaque;
    unsigned reg = msr - MSR_X2APIC_FIRST;
    uint64_t bits;

    if (msr == MSR_TSC_DEADLINE) {
        if (timer_has_deadline(s)) {
            s->deadline = value;
            arm_timer(s, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL));
        }
        return true;
    }
    if (!is_x2apic(s) || !x2apic_bits(s, reg, &bits) || (value & ~bits)) {
        return false;
    }
    if (reg == REG_SELF_IPI) {
        send_to_self(s, value);
        return true;
    }
    return write_register(s, reg, value);
}

static void apic_tsc_changed(void *opaque)
{
    LocalAPIC *s = opaque;

    if (timer_has_deadline(s)) {
        arm_timer(s, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL));
    }
}

static const X86InterruptOps apic_interrupt_ops = {
    .acknowledge = apic_acknowledge,
    .get_tpr = apic_get_tpr,
    .set_tpr = apic_set_tpr,
    .get_base = apic_get_base,
    .set_base = apic_set_base,
    .read_msr = apic_read_msr,
    .write_msr = apic_write_msr,
    .tsc_changed = apic_tsc_changed,
    .dump = apic_dump,
};

/* ---- LINT0, LINT1, and the device ---- */

static void lint0_changed(void *opaque, int n, int level)
{
    LocalAPIC *s = opaque;
    uint32_t lvt = s->lvt[LVT(REG_LVT_LINT0)];
    unsigned mode = lvt >> LVT_MODE_SHIFT & 7;
    bool rises = level && !s->external_line;

    s->external_line = level;
    if (rises && (s->base & BASE_ENABLED) && !(lvt & LVT_MASKED) && mode != MODE_EXTINT) {
        accept_message(s, mode, lvt & LVT_VECTOR, lvt & LVT_LEVEL);
    }
    update(s);
}

/* Without an APIC LINT1 is the CPU's NMI (10.4.3). */
void apic_pulse_lint1(void)
{
    for (guint i = 0; i < apics->len; i++) {
        LocalAPIC *s = g_ptr_array_index(apics, i);
        uint32_t lvt = s->lvt[LVT(REG_LVT_LINT1)];

        if (!(s->base & BASE_ENABLED)) {
            accept_message(s, MODE_NMI, 0, false);
        } else if (!(lvt & LVT_MASKED)) {
            accept_message(s, lvt >> LVT_MODE_SHIFT & 7, lvt & LVT_VECTOR, false);
        }
    }
}

void apic_set_external(DeviceState *apic, int (*acknowledge)(void *opaque), void *opaque)
{
    LocalAPIC *s = APIC(apic);

    s->external = acknowledge;
    s->external_opaque = opaque;
}

/* What INIT leaves: all but the ID and IA32_APIC_BASE (10.4.7.3). */
static void init_registers(LocalAPIC *s)
{
    timer_del(s->timer);
    s->tpr = 0;
    s->ldr = 0;
    s->dfr = UINT32_MAX;
    s->svr = 0xff;
    s->divide = 0;
    memset(s->isr, 0, sizeof(s->isr));
    memset(s->tmr, 0, sizeof(s->tmr));
    memset(s->irr, 0, sizeof(s->irr));
    s->esr = s->errors = 0;
    s->icr = 0;
    for (unsigned n = 0; n < NB_LVTS; n++) {
        s->lvt[n] = LVT_MASKED;
    }
    s->initial_count = 0;
    s->count_start = 0;
    s->deadline = 0;
    update(s);
}

static void apic_reset(DeviceState *dev)
{
    LocalAPIC *s = APIC(dev);

    s->id = s->initial_id;
    s->base = APIC_DEFAULT_ADDRESS | BASE_ENABLED | (s->initial_id == 0 ? BASE_BSP : 0);
    init_registers(s);
}

static void reset_with_machine(void *opaque)
{
    device_cold_reset(opaque);
}

static void apic_realize(DeviceState *dev, Error **errp)
{
    LocalAPIC *s = APIC(dev);

    s->timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, timer_rang, s);
    qdev_init_gpio_in(dev, lint0_changed, 1);
    if (!apics) {
        make_bus();
    }
    g_ptr_array_add(apics, s);
    x86_cpu_set_interrupt_controller(s->cpu, &apic_interrupt_ops, s);
    qemu_register_reset(reset_with_machine, dev); /* it is on no bus that a reset comes by */
}

static void apic_unrealize(DeviceState *dev)
{
    LocalAPIC *s = APIC(dev);

    qemu_unregister_reset(reset_with_machine, dev);
    g_ptr_array_remove(apics, s);
    x86_cpu_set_interrupt_controller(s->cpu, NULL, NULL);
    timer_free(s->timer);
}

void apic_destroy(X86CPU *cpu)
{
    Object *apic = object_resolve_path_component(OBJECT(cpu), "lapic");

    if (apic) {
        object_unparent(apic);
    }
}

DeviceState *apic_create(X86CPU *cpu, Error **errp)
{
    DeviceState *dev = qdev_new(TYPE_APIC);
    LocalAPIC *s = APIC(dev);

    object_property_add_child(OBJECT(cpu), "lapic", OBJECT(dev));

    s->cpu = cpu;
    s->initial_id = cpu->apic_id;
    if (!qdev_realize_and_unref(dev, NULL, errp)) {
        return NULL;
    }
    return dev;
}

static int apic_post_load(void *opaque, int version_id)
{
    LocalAPIC *s = opaque;

    /* After a change of the divisor it may have been before the clock's 0. */
    if (s->count_start < -INT64_MAX / 2 || s->count_start > INT64_MAX / 2) {
        return -EINVAL;
    }
    update(s);
    return 0;
}

/* A section that isn't there says that there is none. */
static int apic_pre_load(void *opaque)
{
    ((LocalAPIC *)opaque)->deadline = 0;
    return 0;
}

static bool has_deadline(void *opaque)
{
    return ((LocalAPIC *)opaque)->deadline;
}

static const VMStateDescription vmstate_deadline = {
    .name = "apic/deadline",
    .version_id = 1,
    .minimum_version_id = 1,
    .needed = has_deadline,
    .fields = (const VMStateField[]){
        VMSTATE_UINT64(deadline, LocalAPIC),
        VMSTATE_END_OF_LIST(),
    },
};

static const VMStateDescription vmstate_apic = {
    .name = "apic",
    .version_id = 1,
    .minimum_version_id = 1,
    .pre_load = apic_pre_load,
    .post_load = apic_post_load,
    .fields = (const VMStateField[]){
        VMSTATE_UINT64(base, LocalAPIC),
        VMSTATE_UINT32(id, LocalAPIC),
        VMSTATE_UINT8(tpr, LocalAPIC),
        VMSTATE_UINT32(ldr, LocalAPIC),
        VMSTATE_UINT32(dfr, LocalAPIC),
        VMSTATE_UINT32(svr, LocalAPIC),
        VMSTATE_UINT32(divide, LocalAPIC),
        VMSTATE_UINT32_ARRAY(isr, LocalAPIC, 8),
        VMSTATE_UINT32_ARRAY(tmr, LocalAPIC, 8),
        VMSTATE_UINT32_ARRAY(irr, LocalAPIC, 8),
        VMSTATE_UINT32(esr, LocalAPIC),
        VMSTATE_UINT32(errors, LocalAPIC),
        VMSTATE_UINT64(icr, LocalAPIC),
        VMSTATE_UINT32_ARRAY(lvt, LocalAPIC, NB_LVTS),
        VMSTATE_BOOL(external_line, LocalAPIC),
        VMSTATE_UINT32(initial_count, LocalAPIC),
        VMSTATE_INT64(count_start, LocalAPIC),
        VMSTATE_TIMER_PTR(timer, LocalAPIC), /* may be due already */
        VMSTATE_END_OF_LIST(),
    },
    .subsections = (const VMStateDescription *const[]){ &vmstate_deadline, NULL },
};

static void apic_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    dc->realize = apic_realize;
    dc->unrealize = apic_unrealize;
    dc->reset = apic_reset;
    dc->vmsd = &vmstate_apic;
    dc->user_creatable = false;
    dc->desc = "local APIC of a CPU";
}

static const TypeInfo apic_info = {
    .name = TYPE_APIC,
    .parent = TYPE_DEVICE,
    .instance_size = sizeof(LocalAPIC),
    .class_init = apic_class_init,
};

static void apic_register_types(void)
{
    type_register_static(&apic_info);
}

type_init(apic_register_types)
