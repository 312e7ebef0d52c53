/*
 * GICv3: routing, levels and edges, software-generated interrupts, groups, both modes of ending,
 * and guests that do anything.
 *
 * SPDX-License-Identifier: MIT
 */
#include "device-test.h"
#include "hw/intc/arm_gicv3.h"

enum { CTLR = 0x0, TYPER = 0x4, IGROUPR = 0x80, ISENABLER = 0x100, ICENABLER = 0x180,
       ISPENDR = 0x200, IPRIORITYR = 0x400, ICFGR = 0xc00, IROUTER = 0x6000, PIDR2 = 0xffe8 };
enum { R_TYPER = 0x08, R_WAKER = 0x14, R_SGI = 0x10000, FRAMES = ARM_GICV3_REDISTRIBUTOR_SIZE };
enum { SPURIOUS = 1023, EOI_MODE = 2, NUM_CPUS = 18, NUM_IRQS = 96 };

#define WORD   (MO_LE | MO_32)
#define DOUBLE (MO_LE | MO_64)

typedef struct Fixture {
    DeviceState *dev;
    ARMCPU *cpus[NUM_CPUS];
    AddressSpace dist, redist;
} Fixture;

static uint64_t icc_read(Fixture *f, unsigned cpu, ARMICCRegister reg)
{
    return f->cpus[cpu]->gic_ops->read(f->cpus[cpu]->gic, cpu, &(ARMGICAccess){ .reg = reg, .el = 1 });
}

static void icc_write(Fixture *f, unsigned cpu, ARMICCRegister reg, uint64_t value)
{
    f->cpus[cpu]->gic_ops->write(f->cpus[cpu]->gic, cpu, &(ARMGICAccess){ .reg = reg, .el = 1 },
                                 value);
}

/* Two clusters of 16: CPU 17 is 0.0.1.1. */
static void set_up(Fixture *f, gconstpointer data)
{
    SysBusDevice *sbd;

    f->dev = qdev_new(TYPE_ARM_GICV3);
    sbd = SYS_BUS_DEVICE(f->dev);
    qdev_prop_set_uint32(f->dev, "num-cpu", NUM_CPUS);
    qdev_prop_set_uint32(f->dev, "num-irq", NUM_IRQS);
    for (unsigned i = 0; i < NUM_CPUS; i++) {
        f->cpus[i] = ARM_CPU(object_new(ARM_CPU_TYPE_NAME("cortex-a57")));
        f->cpus[i]->mpidr = i / 16 << 8 | i % 16;
        arm_gicv3_add_cpu(f->dev, f->cpus[i]);
    }
    sysbus_realize(sbd, &error_abort);
    device_cold_reset(f->dev);
    test_map(&f->dist, f->dev);
    address_space_init(&f->redist, sysbus_mmio_get_region(sbd, 1), "redistributors");
    wr(&f->dist, CTLR, 3, WORD);
    for (unsigned i = 0; i < NUM_CPUS; i++) {
        wr(&f->redist, i * FRAMES + R_SGI + IGROUPR, UINT32_MAX, WORD);
        wr(&f->redist, i * FRAMES + R_SGI + ISENABLER, UINT32_MAX, WORD);
        icc_write(f, i, ICC_PMR, 0xff);
        icc_write(f, i, ICC_IGRPEN0, 1);
        icc_write(f, i, ICC_IGRPEN1, 1);
    }
}

static void tear_down(Fixture *f, gconstpointer data)
{
    address_space_destroy(&f->dist);
    address_space_destroy(&f->redist);
    test_drop(f->dev);
    for (unsigned i = 0; i < NUM_CPUS; i++) {
        object_unref(OBJECT(f->cpus[i]));
    }
}

static void set_spi(Fixture *f, int irq, int level)
{
    qemu_set_irq(qdev_get_gpio_in_named(f->dev, ARM_GICV3_SPI_IN, irq - 32), level);
}

/* A shared interrupt of group 1, for CPU 17. */
static void enable(Fixture *f, int irq, int priority)
{
    wr(&f->dist, IGROUPR + irq / 32 * 4, UINT32_MAX, WORD);
    wr(&f->dist, IPRIORITYR + irq, priority, MO_8);
    wr(&f->dist, IROUTER + 8 * irq, 0x101, DOUBLE);
    wr(&f->dist, ISENABLER + irq / 32 * 4, 1u << irq % 32, WORD);
}

static void test_levels_go_where_they_are_routed(Fixture *f, gconstpointer data)
{
    enable(f, 40, 0x80);
    set_spi(f, 40, 1);
    g_assert_cmpuint(icc_read(f, 0, ICC_IAR1), ==, SPURIOUS);
    g_assert_cmpuint(icc_read(f, 17, ICC_IAR0), ==, SPURIOUS);
    g_assert_cmpuint(icc_read(f, 17, ICC_HPPIR1), ==, 40);
    g_assert_cmpuint(icc_read(f, 17, ICC_IAR1), ==, 40);
    g_assert_cmphex(icc_read(f, 17, ICC_RPR), ==, 0x80);
    g_assert_cmpuint(icc_read(f, 17, ICC_IAR1), ==, SPURIOUS);
    icc_write(f, 17, ICC_EOIR1, 40);
    g_assert_cmphex(icc_read(f, 17, ICC_RPR), ==, 0xff);
    g_assert_cmpuint(icc_read(f, 17, ICC_HPPIR1), ==, 40); /* still high */
    wr(&f->dist, IROUTER + 8 * 40 + 4, 0, WORD);
    wr(&f->dist, IROUTER + 8 * 40, 2, WORD);
    g_assert_cmpuint(icc_read(f, 17, ICC_HPPIR1), ==, SPURIOUS);
    g_assert_cmpuint(icc_read(f, 2, ICC_HPPIR1), ==, 40);
    set_spi(f, 40, 0);
    g_assert_cmpuint(icc_read(f, 2, ICC_IAR1), ==, SPURIOUS);
}

static void test_edges_are_remembered(Fixture *f, gconstpointer data)
{
    enable(f, 41, 0x80);
    wr(&f->dist, ICFGR + 41 / 16 * 4, 2u << 41 % 16 * 2, WORD);
    set_spi(f, 41, 1);
    set_spi(f, 41, 0);
    g_assert_cmpuint(icc_read(f, 17, ICC_IAR1), ==, 41);
    icc_write(f, 17, ICC_EOIR1, 41);
    g_assert_cmpuint(icc_read(f, 17, ICC_IAR1), ==, SPURIOUS);
}

static void test_urgent_ones_interrupt_others(Fixture *f, gconstpointer data)
{
    enable(f, 40, 0x80);
    enable(f, 41, 0x40);
    set_spi(f, 40, 1);
    g_assert_cmpuint(icc_read(f, 17, ICC_IAR1), ==, 40);
    set_spi(f, 41, 1);
    g_assert_cmpuint(icc_read(f, 17, ICC_IAR1), ==, 41);
    icc_write(f, 17, ICC_EOIR1, 41);
    g_assert_cmphex(icc_read(f, 17, ICC_RPR), ==, 0x80);
    /* a mask that lets only more urgent ones through */
    icc_write(f, 17, ICC_EOIR1, 40);
    icc_write(f, 17, ICC_PMR, 0x40);
    g_assert_cmpuint(icc_read(f, 17, ICC_IAR1), ==, SPURIOUS);
    icc_write(f, 17, ICC_PMR, 0x48);
    g_assert_cmpuint(icc_read(f, 17, ICC_IAR1), ==, 41);
}

static void test_ending_in_two_steps(Fixture *f, gconstpointer data)
{
    icc_write(f, 17, ICC_CTLR, EOI_MODE);
    enable(f, 40, 0x80);
    set_spi(f, 40, 1);
    g_assert_cmpuint(icc_read(f, 17, ICC_IAR1), ==, 40);
    icc_write(f, 17, ICC_EOIR1, 40);
    g_assert_cmphex(icc_read(f, 17, ICC_RPR), ==, 0xff);
    g_assert_cmpuint(icc_read(f, 17, ICC_IAR1), ==, SPURIOUS); /* active */
    icc_write(f, 17, ICC_DIR, 40);
    g_assert_cmpuint(icc_read(f, 17, ICC_IAR1), ==, 40);
}

static void test_software_generated_interrupts(Fixture *f, gconstpointer data)
{
    /* number 5 to CPUs 1 and 3 of cluster 0 */
    icc_write(f, 0, ICC_SGI1R, 5 << 24 | 0x0a);
    for (unsigned i = 0; i < NUM_CPUS; i++) {
        g_assert_cmpuint(icc_read(f, i, ICC_IAR1), ==, i == 1 || i == 3 ? 5 : SPURIOUS);
    }
    /* number 6 to the second of cluster 1; 7 to all others */
    icc_write(f, 0, ICC_SGI1R, 6 << 24 | 1 << 16 | 2);
    g_assert_cmpuint(icc_read(f, 17, ICC_IAR1), ==, 6);
    icc_write(f, 17, ICC_SGI1R, 1ull << 40 | 7 << 24);
    g_assert_cmpuint(icc_read(f, 17, ICC_HPPIR1), ==, SPURIOUS);
    g_assert_cmpuint(icc_read(f, 16, ICC_IAR1), ==, 7);
    /* those of group 0 have another register to be sent with, and to be taken from */
    wr(&f->redist, 2 * FRAMES + R_SGI + IGROUPR, 0, WORD);
    icc_write(f, 2, ICC_EOIR1, 7);
    wr(&f->redist, 2 * FRAMES + R_SGI + 0x280, UINT32_MAX, WORD);
    icc_write(f, 0, ICC_SGI1R, 8 << 24 | 4);
    g_assert_cmpuint(icc_read(f, 2, ICC_IAR0), ==, SPURIOUS);
    icc_write(f, 0, ICC_SGI0R, 8 << 24 | 4);
    g_assert_cmpuint(icc_read(f, 2, ICC_IAR1), ==, SPURIOUS);
    g_assert_cmpuint(icc_read(f, 2, ICC_IAR0), ==, 8);
}

static void test_private_interrupts(Fixture *f, gconstpointer data)
{
    qemu_set_irq(qdev_get_gpio_in_named(f->dev, ARM_GICV3_PPI_IN, 3 * 32 + 27), 1);
    g_assert_cmpuint(icc_read(f, 2, ICC_HPPIR1), ==, SPURIOUS);
    g_assert_cmpuint(icc_read(f, 3, ICC_HPPIR1), ==, 27);
    wr(&f->redist, 3 * FRAMES + R_SGI + ICENABLER, 1u << 27, WORD);
    g_assert_cmpuint(icc_read(f, 3, ICC_HPPIR1), ==, SPURIOUS);
}

static void test_identifies_itself(Fixture *f, gconstpointer data)
{
    g_assert_cmphex(rd(&f->dist, PIDR2, WORD), ==, 0x3b);
    g_assert_cmphex(rd(&f->redist, 5 * FRAMES + PIDR2, WORD), ==, 0x3b);
    g_assert_cmphex(rd(&f->dist, TYPER, WORD) & 0x1f, ==, NUM_IRQS / 32 - 1);
    g_assert_cmphex(rd(&f->dist, CTLR, WORD), ==, 0x53);
    g_assert_cmphex(rd(&f->redist, R_TYPER, DOUBLE), ==, 0);
    g_assert_cmphex(rd(&f->redist, 17 * FRAMES + R_TYPER, DOUBLE), ==, 0x101ull << 32 | 17 << 8 | 16);
    g_assert_cmphex(rd(&f->redist, R_WAKER, WORD), ==, 6);
    wr(&f->redist, R_WAKER, 0, WORD);
    g_assert_cmphex(rd(&f->redist, R_WAKER, WORD), ==, 0);
    wr(&f->dist, IROUTER + 8 * 95, UINT64_MAX, DOUBLE);
    g_assert_cmphex(rd(&f->dist, IROUTER + 8 * 95, DOUBLE), ==, 0xff00ffffff);
    g_assert_cmphex(rd(&f->dist, IROUTER + 8 * 96, DOUBLE), ==, 0);
}

static void test_random_guests(Fixture *f, gconstpointer data)
{
    static const uint32_t hot[] = { 0, 0x80, 0x104, 0x204, 0x304, 0x428, 0xc08, 0x6140, 0x6144 };

    for (int i = 0; i < 30000; i++) {
        MemOp op = g_test_rand_int_range(0, 4) | (g_test_rand_bit() ? MO_LE : MO_BE);
        unsigned cpu = g_test_rand_int_range(0, NUM_CPUS);
        uint64_t value = (uint64_t)g_test_rand_int() << 32 | (uint32_t)g_test_rand_int();
        hwaddr addr = g_test_rand_bit() ? hot[g_test_rand_int_range(0, G_N_ELEMENTS(hot))]
                                        : g_test_rand_int_range(0, 0x10000);
        AddressSpace *as = g_test_rand_bit() ? &f->dist : &f->redist;

        addr += as == &f->redist ? cpu * FRAMES + (g_test_rand_bit() ? R_SGI : 0) : 0;
        switch (g_test_rand_int_range(0, 5)) {
        case 0:
            address_space_st(as, addr, value, op, MEMTXATTRS_UNSPECIFIED, NULL);
            break;
        case 1:
            address_space_ld(as, addr, op, MEMTXATTRS_UNSPECIFIED, NULL);
            break;
        case 2:
            icc_write(f, cpu, g_test_rand_int_range(0, ICC_IGRPEN1 + 1), value);
            break;
        case 3:
            icc_read(f, cpu, g_test_rand_int_range(0, ICC_IGRPEN1 + 1));
            break;
        default:
            set_spi(f, g_test_rand_int_range(32, NUM_IRQS), g_test_rand_bit());
        }
    }
}

int main(int argc, char **argv)
{
    device_test_init(&argc, &argv);
#define TEST(name, function)                                                                       \
    g_test_add("/arm-gicv3/" name, Fixture, NULL, set_up, function, tear_down)
    TEST("levels-go-where-they-are-routed", test_levels_go_where_they_are_routed);
    TEST("edges-are-remembered", test_edges_are_remembered);
    TEST("urgent-ones-interrupt-others", test_urgent_ones_interrupt_others);
    TEST("ending-in-two-steps", test_ending_in_two_steps);
    TEST("software-generated-interrupts", test_software_generated_interrupts);
    TEST("private-interrupts", test_private_interrupts);
    TEST("identifies-itself", test_identifies_itself);
    TEST("random-guests", test_random_guests);
    return g_test_run();
}
