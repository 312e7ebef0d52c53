/*
 * The local APIC: what its CPU sees as x2APIC's registers, and messages that come over the bus.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "device-test.h"
#include "hw/i386/apic.h"
#include "hw/i386/apic-msg.h"

enum { TPR = 0x808, PPR = 0x80a, EOI = 0x80b, SVR = 0x80f, ISR = 0x810, TMR = 0x818, IRR = 0x820,
       LVT_TIMER = 0x832, LVT_LINT1 = 0x836, INITIAL_COUNT = 0x838, CURRENT_COUNT = 0x839, DIVIDE = 0x83e,
       SELF_IPI = 0x83f };
enum { LEVEL = 0x8000, MASKED = 1 << 16, PERIODIC = 1 << 17, ON_DEADLINE = 1 << 18 };
enum { ID = 0x802, LDR = 0x80d, ESR = 0x828, ICR = 0x830, TSC_DEADLINE = 0x6e0 };

static DeviceState *apic;
static X86CPU *cpu;
static unsigned nb_ends;
static uint8_t ended;
static unsigned returns_left; /* of a level whose interrupt ends */

static uint64_t get(uint32_t msr)
{
    uint64_t value;

    g_assert_true(cpu->interrupts->read_msr(cpu->interrupt_controller, msr, &value));
    return value;
}

static bool can_set(uint32_t msr, uint64_t value)
{
    return cpu->interrupts->write_msr(cpu->interrupt_controller, msr, value);
}

static void set(uint32_t msr, uint64_t value)
{
    g_assert_true(can_set(msr, value));
}

static int acknowledge(void)
{
    return cpu->interrupts->acknowledge(cpu->interrupt_controller);
}

static void vector_ended(void *opaque, uint8_t vector)
{
    nb_ends++;
    ended = vector;
}

/* Enabled, as x2APIC. */
static void start(void)
{
    device_cold_reset(apic);
    g_assert_true(cpu->interrupts->set_base(cpu->interrupt_controller,
                                            APIC_DEFAULT_ADDRESS | X86_APIC_BASE_ENABLE |
                                                X86_APIC_BASE_X2APIC));
    set(SVR, 0x1ff);
    nb_ends = 0;
}

static void higher_classes_interrupt_lower_ones(void)
{
    start();
    apic_deliver_message(APIC_DEFAULT_ADDRESS, 0x41);
    apic_deliver_message(APIC_DEFAULT_ADDRESS, 0x45);
    g_assert_cmphex(get(IRR + 2), ==, 0x22);
    g_assert_cmphex(acknowledge(), ==, 0x45);
    g_assert_cmphex(get(PPR), ==, 0x40);
    g_assert_cmpint(acknowledge(), ==, -1); /* 41h is of the same class */
    apic_deliver_message(APIC_DEFAULT_ADDRESS, 0x51);
    g_assert_cmphex(acknowledge(), ==, 0x51);
    set(EOI, 0);
    g_assert_cmphex(get(ISR + 2), ==, 0x20);
    set(EOI, 0);
    set(TPR, 0x40);
    g_assert_cmpint(acknowledge(), ==, -1);
    set(TPR, 0x30);
    g_assert_cmphex(acknowledge(), ==, 0x41);
}

static void only_ends_of_levels_are_told(void)
{
    start();
    apic_deliver_message(APIC_DEFAULT_ADDRESS, 0x41);
    g_assert_cmphex(acknowledge(), ==, 0x41);
    set(EOI, 0);
    g_assert_cmpuint(nb_ends, ==, 0);
    apic_deliver_message(APIC_DEFAULT_ADDRESS, LEVEL | 0x41);
    g_assert_cmphex(get(TMR + 2), ==, 2);
    g_assert_cmphex(acknowledge(), ==, 0x41);
    set(EOI, 0);
    g_assert_cmpuint(nb_ends, ==, 1);
    g_assert_cmphex(ended, ==, 0x41);
}

/* Like an I/O APIC whose line is still high. */
static void ask_again(void *opaque, uint8_t vector)
{
    if (returns_left) {
        returns_left--;
        apic_msg_send(APIC_MSG_BASE | APIC_MSG_DESTINATION(0), LEVEL | vector);
    }
}

/* The message arrives while the region that it goes to takes the write to EOI. */
static void a_level_can_return_from_within_its_end(void)
{
    const MemTxAttrs from_cpu = { .unspecified = false };

    device_cold_reset(apic);
    current_cpu = CPU(cpu);
    address_space_stl_le(&address_space_memory, APIC_DEFAULT_ADDRESS + 0xf0, 0x1ff, from_cpu, NULL);
    apic_deliver_message(APIC_DEFAULT_ADDRESS, LEVEL | 0x41);
    returns_left = 2;
    for (int i = 0; i < 3; i++) {
        g_assert_cmphex(acknowledge(), ==, 0x41);
        address_space_stl_le(&address_space_memory, APIC_DEFAULT_ADDRESS + 0xb0, 0, from_cpu, NULL);
    }
    g_assert_cmpint(acknowledge(), ==, -1);
    g_assert_cmpuint(returns_left, ==, 0);
    current_cpu = NULL;
}

static void the_timer_rings_once_or_again_and_again(void)
{
    start();
    set(DIVIDE, 0xb); /* by 1 */
    set(LVT_TIMER, 0x60);
    set(INITIAL_COUNT, 50000);
    test_advance_ns(20000);
    g_assert_cmpuint(get(CURRENT_COUNT), ==, 30000);
    g_assert_cmpint(acknowledge(), ==, -1);
    test_advance_ns(30000);
    g_assert_cmphex(acknowledge(), ==, 0x60);
    set(EOI, 0);
    test_advance_ns(100000);
    g_assert_cmpint(acknowledge(), ==, -1);
    set(DIVIDE, 0); /* by 2 */
    set(LVT_TIMER, PERIODIC | 0x60);
    set(INITIAL_COUNT, 50000);
    for (int i = 0; i < 3; i++) {
        test_advance_ns(99999);
        g_assert_cmpint(acknowledge(), ==, -1);
        test_advance_ns(1);
        g_assert_cmphex(acknowledge(), ==, 0x60);
        set(EOI, 0);
    }
}

/* A period of 1 ns: the main loop still gets somewhere. */
static void the_shortest_period_is_limited(void)
{
    int64_t first;

    start();
    set(DIVIDE, 0xb);
    set(LVT_TIMER, PERIODIC | 0x60);
    set(INITIAL_COUNT, 1);
    test_advance_ns(1);
    first = qemu_clock_deadline_ns(QEMU_CLOCK_VIRTUAL);
    g_assert_cmpint(first, >=, 1000);
    set(INITIAL_COUNT, 0);
}

/* The main loop is late, and the guest writes the timer's entry. */
static void what_is_due_is_not_lost(void)
{
    start();
    set(DIVIDE, 0xb);
    set(LVT_TIMER, 0x60);
    set(INITIAL_COUNT, 50000);
    test_now_ns += 60000;
    set(LVT_TIMER, MASKED | 0x61);
    g_assert_cmphex(acknowledge(), ==, 0x60);
}

/* The machine stops when a count has run out, and before the main loop has seen it. */
static void a_snapshot_keeps_what_is_due(void)
{
    start();
    set(DIVIDE, 0xb);
    set(LVT_TIMER, 0x60);
    set(INITIAL_COUNT, 50000);
    test_now_ns += 60000;
    test_copy_state(apic, apic);
    g_assert_cmpint(acknowledge(), ==, -1);
    test_advance_ns(0);
    g_assert_cmphex(acknowledge(), ==, 0x60);
}

/* The counter runs at 1 GHz. */
static uint64_t tsc_in_ns(int64_t ns)
{
    return test_now_ns + ns + cpu->env.tsc_offset;
}

static void a_deadline_rings_once(void)
{
    start();
    set(TSC_DEADLINE, tsc_in_ns(1000)); /* without the mode it is nothing */
    g_assert_cmphex(get(TSC_DEADLINE), ==, 0);
    set(LVT_TIMER, 0x60 | ON_DEADLINE);
    set(TSC_DEADLINE, tsc_in_ns(1000));
    g_assert_cmphex(get(TSC_DEADLINE), ==, tsc_in_ns(1000));
    set(INITIAL_COUNT, 100);
    g_assert_cmpuint(get(INITIAL_COUNT), ==, 0);
    g_assert_cmpuint(get(CURRENT_COUNT), ==, 0);
    test_advance_ns(999);
    g_assert_cmpint(acknowledge(), ==, -1);
    test_advance_ns(1);
    g_assert_cmphex(acknowledge(), ==, 0x60);
    set(EOI, 0);
    g_assert_cmphex(get(TSC_DEADLINE), ==, 0);
    test_advance_ns(1000000);
    g_assert_cmpint(acknowledge(), ==, -1);
}

static void a_deadline_that_is_over_rings_at_once(void)
{
    start();
    set(LVT_TIMER, 0x60 | ON_DEADLINE);
    test_advance_ns(5000);
    set(TSC_DEADLINE, tsc_in_ns(-1));
    g_assert_cmphex(get(TSC_DEADLINE), ==, 0);
    g_assert_cmphex(acknowledge(), ==, 0x60);
    set(EOI, 0);
    set(LVT_TIMER, 0x60 | ON_DEADLINE | MASKED); /* it is over all the same */
    set(TSC_DEADLINE, tsc_in_ns(10));
    test_advance_ns(10);
    g_assert_cmpint(acknowledge(), ==, -1);
    g_assert_cmphex(get(TSC_DEADLINE), ==, 0);
}

static void what_disarms_a_deadline(void)
{
    start();
    set(LVT_TIMER, 0x60 | ON_DEADLINE);
    set(TSC_DEADLINE, tsc_in_ns(1000));
    set(TSC_DEADLINE, 0);
    test_advance_ns(2000);
    g_assert_cmpint(acknowledge(), ==, -1);
    set(TSC_DEADLINE, tsc_in_ns(1000));
    set(LVT_TIMER, 0x60);
    g_assert_cmphex(get(TSC_DEADLINE), ==, 0);
    set(LVT_TIMER, 0x60 | ON_DEADLINE);
    test_advance_ns(2000);
    g_assert_cmpint(acknowledge(), ==, -1);
    set(TSC_DEADLINE, UINT64_MAX); /* centuries */
    test_advance_ns(2000);
    g_assert_cmphex(get(TSC_DEADLINE), ==, UINT64_MAX);
    /* Without the feature there is no such mode. */
    cpu->env.features[FEAT_1_ECX] &= ~(1u << (X86_FEATURE_TSC_DEADLINE & 31));
    g_assert_false(can_set(LVT_TIMER, 0x60 | ON_DEADLINE));
    cpu->env.features[FEAT_1_ECX] |= 1u << (X86_FEATURE_TSC_DEADLINE & 31);
}

/* Software that sets the counter sets when it is there. */
static void a_deadline_follows_the_counter(void)
{
    start();
    set(LVT_TIMER, 0x60 | ON_DEADLINE);
    set(TSC_DEADLINE, tsc_in_ns(5000));
    cpu->env.tsc_offset += 4000;
    cpu->interrupts->tsc_changed(cpu->interrupt_controller);
    test_advance_ns(999);
    g_assert_cmpint(acknowledge(), ==, -1);
    test_advance_ns(1);
    g_assert_cmphex(acknowledge(), ==, 0x60);
}

static void a_snapshot_keeps_a_deadline(void)
{
    start();
    set(LVT_TIMER, 0x60 | ON_DEADLINE);
    set(TSC_DEADLINE, tsc_in_ns(1000));
    test_copy_state(apic, apic);
    g_assert_cmphex(get(TSC_DEADLINE), ==, tsc_in_ns(1000));
    test_advance_ns(1000);
    g_assert_cmphex(acknowledge(), ==, 0x60);
}

static void x2apic_has_reserved_bits(void)
{
    static const struct {
        uint32_t msr;
        uint64_t good, bad;
    } rules[] = {
        { TPR, 0xff, 0x100 },        { SVR, 0x3ff, 0x1400 },     { LVT_TIMER, 0x310ff, 0x80000 },
        { 0x835, 0x1f7ff, 1 << 17 }, { DIVIDE, 0xb, 4 },         { ESR, 0, 1 },
        { SELF_IPI, 0xff, 0x100 },   { ICR, 0x40fb, 1 << 12 | 0xfb },
        { INITIAL_COUNT, UINT32_MAX, 1ull << 32 },
    };

    start();
    for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
        g_assert_false(can_set(rules[i].msr, rules[i].bad));
        g_assert_true(can_set(rules[i].msr, rules[i].good));
    }
    for (uint32_t msr = ID; msr <= 0x803; msr++) {
        g_assert_false(can_set(msr, 0));
    }
    g_assert_false(can_set(LDR, 0));
    g_assert_false(can_set(CURRENT_COUNT, 0));
    g_assert_false(cpu->interrupts->set_base(cpu->interrupt_controller,
                                             APIC_DEFAULT_ADDRESS | X86_APIC_BASE_ENABLE |
                                                 X86_APIC_BASE_X2APIC | 1 << 9));
}

static void x2apic_derives_its_logical_id(void)
{
    uint64_t all = (uint64_t)UINT32_MAX << 32;

    start();
    g_assert_cmphex(get(ID), ==, 0);
    g_assert_cmphex(get(LDR), ==, 1);
    set(ICR, 1ull << 32 | 1 << 11 | 0x45); /* cluster 0, its first */
    g_assert_cmphex(acknowledge(), ==, 0x45);
    set(EOI, 0);
    set(ICR, 0x10001ull << 32 | 1 << 11 | 0x45); /* another cluster */
    set(ICR, 2ull << 32 | 1 << 11 | 0x45);
    set(ICR, 1ull << 32 | 0x45); /* physical: there is only 0 */
    g_assert_cmpint(acknowledge(), ==, -1);
    set(ICR, all | 0x46);
    g_assert_cmphex(get(ICR), ==, (all | 0x46));
    g_assert_cmphex(acknowledge(), ==, 0x46);
    set(SELF_IPI, 5);
    set(ESR, 0);
    g_assert_cmphex(get(ESR), ==, 1 << 5);
}

static void msrs_have_rules(void)
{
    uint64_t value;

    start();
    g_assert_false(can_set(EOI, 1));
    g_assert_false(can_set(TPR, 1ull << 32));
    g_assert_false(can_set(PPR, 0));
    g_assert_false(cpu->interrupts->read_msr(cpu->interrupt_controller, EOI, &value));
    set(SELF_IPI, 0x71);
    g_assert_cmphex(acknowledge(), ==, 0x71);
    /* Back to xAPIC only through "disabled". */
    g_assert_false(cpu->interrupts->set_base(cpu->interrupt_controller,
                                             APIC_DEFAULT_ADDRESS | X86_APIC_BASE_ENABLE));
    g_assert_true(cpu->interrupts->set_base(cpu->interrupt_controller, APIC_DEFAULT_ADDRESS));
    g_assert_false(can_set(TPR, 0));
}

static bool nmi_came(void)
{
    bool came = qatomic_read(&CPU(cpu)->interrupt_request) & CPU_INTERRUPT_NMI;

    cpu_reset_interrupt(CPU(cpu), CPU_INTERRUPT_NMI);
    return came;
}

static void lint1_is_what_its_entry_says(void)
{
    enum { NMI = 4 << 8, MASKED = 1 << 16 };

    start();
    apic_pulse_lint1();
    g_assert_false(nmi_came()); /* masked from reset */
    set(LVT_LINT1, NMI);
    apic_pulse_lint1();
    g_assert_true(nmi_came());
    set(LVT_LINT1, NMI | MASKED);
    apic_pulse_lint1();
    g_assert_false(nmi_came());
    set(LVT_LINT1, 0x81);
    apic_pulse_lint1();
    g_assert_false(nmi_came());
    g_assert_cmphex(acknowledge(), ==, 0x81);
    g_assert_true(cpu->interrupts->set_base(cpu->interrupt_controller, APIC_DEFAULT_ADDRESS));
    apic_pulse_lint1();
    g_assert_true(nmi_came());
}

int main(int argc, char **argv)
{
    device_test_init(&argc, &argv);
    cpu = X86_CPU(object_new("max-x86_64-cpu"));
    cpu->apic_id = 0; /* which realize would choose */
    cpu->env.features[X86_FEATURE_X2APIC >> 5] |= 1u << (X86_FEATURE_X2APIC & 31);
    cpu->env.features[X86_FEATURE_TSC_DEADLINE >> 5] |= 1u << (X86_FEATURE_TSC_DEADLINE & 31);
    apic = apic_create(cpu, &error_abort);
    apic_on_eoi(vector_ended, NULL);
    apic_on_eoi(ask_again, NULL);
#define RULE(name, rule) g_test_add_func("/apic/" name, rule)
    RULE("priorities", higher_classes_interrupt_lower_ones);
    RULE("end-of-interrupt", only_ends_of_levels_are_told);
    RULE("level-returns", a_level_can_return_from_within_its_end);
    RULE("timer", the_timer_rings_once_or_again_and_again);
    RULE("shortest-period", the_shortest_period_is_limited);
    RULE("due", what_is_due_is_not_lost);
    RULE("snapshot", a_snapshot_keeps_what_is_due);
    RULE("deadline", a_deadline_rings_once);
    RULE("deadline-over", a_deadline_that_is_over_rings_at_once);
    RULE("deadline-disarmed", what_disarms_a_deadline);
    RULE("deadline-counter", a_deadline_follows_the_counter);
    RULE("deadline-snapshot", a_snapshot_keeps_a_deadline);
    RULE("reserved-bits", x2apic_has_reserved_bits);
    RULE("logical-id", x2apic_derives_its_logical_id);
    RULE("msrs", msrs_have_rules);
    RULE("lint1", lint1_is_what_its_entry_says);
    return g_test_run();
}
