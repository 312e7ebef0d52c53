/*
 * GICv2: priorities, groups, lines and edges, software-generated interrupts, both modes of ending.
 *
 * SPDX-License-Identifier: MIT
 */
#include "device-test.h"
#include "hw/intc/arm_gic.h"

enum {
    CTLR = 0x000,
    TYPER = 0x004,
    IGROUPR = 0x080,
    ISENABLER = 0x100,
    ICENABLER = 0x180,
    ISPENDR = 0x200,
    ICPENDR = 0x280,
    ISACTIVER = 0x300,
    IPRIORITYR = 0x400,
    ITARGETSR = 0x800,
    ICFGR = 0xc00,
    SGIR = 0xf00,
    CPENDSGIR = 0xf10,
    SPENDSGIR = 0xf20,
};
enum {
    C_CTLR = 0x00,
    C_PMR = 0x04,
    C_BPR = 0x08,
    C_IAR = 0x0c,
    C_EOIR = 0x10,
    C_RPR = 0x14,
    C_HPPIR = 0x18,
    C_AIAR = 0x20,
    C_AEOIR = 0x24,
    C_DIR = 0x1000,
};
enum { SPURIOUS = 1023, EOI_MODE = 1 << 9, FIQ_EN = 1 << 3 };

#define WORD (MO_LE | MO_32)
#define BYTE MO_8

typedef struct Fixture {
    DeviceState *dev;
    AddressSpace dist, cpu;
    TestLine irq[2], fiq[2];
} Fixture;

/* data: has security extensions */
static void set_up(Fixture *f, gconstpointer data)
{
    SysBusDevice *sbd;

    f->dev = qdev_new(TYPE_ARM_GIC);
    sbd = SYS_BUS_DEVICE(f->dev);
    qdev_prop_set_uint32(f->dev, "num-cpu", 2);
    qdev_prop_set_uint32(f->dev, "num-irq", 96);
    qdev_prop_set_bit(f->dev, "has-security-extensions", data != NULL);
    sysbus_realize(sbd, &error_abort);
    for (int i = 0; i < 2; i++) {
        sysbus_connect_irq(sbd, i, test_line(&f->irq[i]));
        sysbus_connect_irq(sbd, 2 + i, test_line(&f->fiq[i]));
    }
    device_cold_reset(f->dev);
    test_map(&f->dist, f->dev);
    address_space_init(&f->cpu, sysbus_mmio_get_region(sbd, 1), "cpu-interface");
    wr(&f->dist, CTLR, 1, WORD);
    wr(&f->cpu, C_CTLR, 1, WORD);
    wr(&f->cpu, C_PMR, 0xff, WORD);
}

static void tear_down(Fixture *f, gconstpointer data)
{
    address_space_destroy(&f->dist);
    address_space_destroy(&f->cpu);
    test_drop(f->dev);
}

static void set_spi(Fixture *f, int irq, int level)
{
    qemu_set_irq(qdev_get_gpio_in_named(f->dev, ARM_GIC_SPI_IN, irq - 32), level);
}

/* Enables a shared interrupt for CPU 0. */
static void enable(Fixture *f, int irq, int priority)
{
    wr(&f->dist, IPRIORITYR + irq, priority, BYTE);
    wr(&f->dist, ITARGETSR + irq, 1, BYTE);
    wr(&f->dist, ISENABLER + irq / 32 * 4, 1u << (irq % 32), WORD);
}

static unsigned acknowledge(Fixture *f)
{
    return rd(&f->cpu, C_IAR, WORD);
}

static void test_level_is_pending_while_the_line_is_high(Fixture *f, gconstpointer data)
{
    enable(f, 40, 0x80);
    set_spi(f, 40, 1);
    g_assert_cmpint(f->irq[0].level, ==, 1);
    g_assert_cmpint(f->irq[1].level, ==, 0);
    g_assert_cmpuint(acknowledge(f), ==, 40);
    g_assert_cmpint(f->irq[0].level, ==, 0); /* active: not signalled again */
    wr(&f->cpu, C_EOIR, 40, WORD);
    g_assert_cmpint(f->irq[0].level, ==, 1); /* still high */
    set_spi(f, 40, 0);
    g_assert_cmpint(f->irq[0].level, ==, 0);
    g_assert_cmpuint(acknowledge(f), ==, SPURIOUS);
}

static void test_edge_is_pending_until_acknowledged(Fixture *f, gconstpointer data)
{
    enable(f, 41, 0x80);
    wr(&f->dist, ICFGR + 41 / 16 * 4, 2u << (2 * (41 % 16)), WORD);
    set_spi(f, 41, 1);
    set_spi(f, 41, 0);
    g_assert_cmphex(rd(&f->dist, ISPENDR + 4, WORD), ==, 1u << 9);
    g_assert_cmpuint(acknowledge(f), ==, 41);
    g_assert_cmphex(rd(&f->dist, ISPENDR + 4, WORD), ==, 0);
    wr(&f->cpu, C_EOIR, 41, WORD);
    g_assert_cmpuint(acknowledge(f), ==, SPURIOUS);
}

static void test_the_most_urgent_comes_first_and_interrupts(Fixture *f, gconstpointer data)
{
    enable(f, 50, 0x90);
    enable(f, 51, 0x40);
    enable(f, 52, 0x40);
    set_spi(f, 50, 1);
    g_assert_cmpuint(acknowledge(f), ==, 50);
    g_assert_cmphex(rd(&f->cpu, C_RPR, WORD), ==, 0x90);
    set_spi(f, 52, 1);
    set_spi(f, 51, 1);
    g_assert_cmpint(f->irq[0].level, ==, 1);
    g_assert_cmpuint(rd(&f->cpu, C_HPPIR, WORD), ==, 51); /* of equals the lower number */
    g_assert_cmpuint(acknowledge(f), ==, 51);
    g_assert_cmpint(f->irq[0].level, ==, 0); /* the equal one waits */
    wr(&f->cpu, C_EOIR, 51, WORD);
    set_spi(f, 51, 0);
    g_assert_cmphex(rd(&f->cpu, C_RPR, WORD), ==, 0x90);
    g_assert_cmpuint(acknowledge(f), ==, 52);
}

static void test_the_mask_and_the_binary_point_hold_back(Fixture *f, gconstpointer data)
{
    enable(f, 50, 0x90);
    set_spi(f, 50, 1);
    wr(&f->cpu, C_PMR, 0x90, WORD);
    g_assert_cmpint(f->irq[0].level, ==, 0);
    wr(&f->cpu, C_PMR, 0x98, WORD);
    g_assert_cmpint(f->irq[0].level, ==, 1);
    g_assert_cmpuint(acknowledge(f), ==, 50);
    wr(&f->cpu, C_BPR, 7, WORD); /* no bit counts for preemption */
    enable(f, 51, 0x10);
    set_spi(f, 51, 1);
    g_assert_cmpint(f->irq[0].level, ==, 0);
}

static void test_sgis_remember_their_senders(Fixture *f, gconstpointer data)
{
    wr(&f->dist, SGIR, 1u << 16 | 5, WORD); /* from CPU 0 to CPU 0 */
    wr(&f->dist, SPENDSGIR + 5, 2, BYTE);   /* as if CPU 1 had */
    g_assert_cmpint(f->irq[0].level, ==, 1);
    g_assert_cmphex(acknowledge(f), ==, 5);
    wr(&f->cpu, C_EOIR, 5, WORD);
    g_assert_cmphex(acknowledge(f), ==, 5 | 1 << 10);
    wr(&f->cpu, C_EOIR, 5 | 1 << 10, WORD);
    g_assert_cmpuint(acknowledge(f), ==, SPURIOUS);
    wr(&f->dist, SGIR, 1u << 24 | 3, WORD); /* all others */
    g_assert_cmpint(f->irq[0].level, ==, 0);
    wr(&f->dist, SGIR, 2u << 24 | 3, WORD); /* itself */
    g_assert_cmpint(f->irq[0].level, ==, 1);
    wr(&f->dist, CPENDSGIR + 3, 1, BYTE);
    g_assert_cmpint(f->irq[0].level, ==, 0);
}

static void test_groups_go_to_fiq_and_irq(Fixture *f, gconstpointer data)
{
    enable(f, 60, 0x80);
    enable(f, 61, 0x80);
    wr(&f->dist, IGROUPR + 4, 1u << (61 - 32), WORD);
    wr(&f->dist, CTLR, 3, WORD);
    wr(&f->cpu, C_CTLR, 3 | FIQ_EN, WORD);
    set_spi(f, 61, 1);
    g_assert_cmpint(f->irq[0].level, ==, 1);
    g_assert_cmpint(f->fiq[0].level, ==, 0);
    g_assert_cmpuint(acknowledge(f), ==, 1022); /* it is the other group's */
    g_assert_cmpuint(rd(&f->cpu, C_AIAR, WORD), ==, 61);
    wr(&f->cpu, C_AEOIR, 61, WORD);
    set_spi(f, 61, 0);
    set_spi(f, 60, 1);
    g_assert_cmpint(f->irq[0].level, ==, 0);
    g_assert_cmpint(f->fiq[0].level, ==, 1);
}

static void test_ending_in_two_steps(Fixture *f, gconstpointer data)
{
    enable(f, 40, 0x80);
    wr(&f->cpu, C_CTLR, 1 | EOI_MODE, WORD);
    set_spi(f, 40, 1);
    g_assert_cmpuint(acknowledge(f), ==, 40);
    wr(&f->cpu, C_EOIR, 40, WORD);
    g_assert_cmphex(rd(&f->cpu, C_RPR, WORD), ==, 0xff);
    g_assert_cmpint(f->irq[0].level, ==, 0); /* still active */
    wr(&f->cpu, C_DIR, 40, WORD);
    g_assert_cmpint(f->irq[0].level, ==, 1);
}

static void test_registers_have_the_bits_that_there_are(Fixture *f, gconstpointer data)
{
    g_assert_cmphex(rd(&f->dist, TYPER, WORD), ==, 2 | 1 << 5);
    wr(&f->dist, IPRIORITYR + 40, 0xff, BYTE);
    g_assert_cmphex(rd(&f->dist, IPRIORITYR + 40, BYTE), ==, 0xf8);
    wr(&f->dist, ITARGETSR + 40, 0xff, BYTE);
    g_assert_cmphex(rd(&f->dist, ITARGETSR + 40, BYTE), ==, 3);
    g_assert_cmphex(rd(&f->dist, ITARGETSR + 20, BYTE), ==, 1);
    g_assert_cmphex(rd(&f->dist, ISENABLER, WORD), ==, 0xffff);
    wr(&f->dist, ICENABLER, 0xffff, WORD); /* SGIs can't be disabled */
    g_assert_cmphex(rd(&f->dist, ISENABLER, WORD), ==, 0xffff);
    wr(&f->dist, ISENABLER + 8, 0xffffffff, WORD);
    g_assert_cmphex(rd(&f->dist, ICENABLER + 8, WORD), ==, 0xffffffff);
    wr(&f->dist, ISENABLER + 12, 0xffffffff, WORD); /* beyond num-irq */
    g_assert_cmphex(rd(&f->dist, ISENABLER + 12, WORD), ==, 0);
    g_assert_cmphex(rd(&f->dist, 0xfe8, WORD), ==, 0x2b);
}

/* A snapshot in the middle of handling. */
static void test_state_goes_along(Fixture *f, gconstpointer data)
{
    Fixture other;

    enable(f, 40, 0x80);
    enable(f, 41, 0x20);
    set_spi(f, 40, 1);
    g_assert_cmpuint(acknowledge(f), ==, 40);
    set_spi(f, 41, 1);
    set_up(&other, NULL);
    test_copy_state(f->dev, other.dev);
    g_assert_cmphex(rd(&other.cpu, C_RPR, WORD), ==, 0x80);
    g_assert_cmpuint(acknowledge(&other), ==, 41);
    tear_down(&other, NULL);
}

static GByteArray *saved(Fixture *f)
{
    GByteArray *bytes = g_byte_array_new();

    vmstate_save_state(bytes, DEVICE_GET_CLASS(f->dev)->vmsd, f->dev, &error_abort);
    return bytes;
}

/* A binary point that no write can leave, where the byte of a good one is. */
static void test_state_with_impossible_numbers_is_refused(Fixture *f, gconstpointer data)
{
    g_autoptr(GByteArray) bytes = NULL, good = NULL;
    VMStateReader reader;
    Error *err = NULL;
    guint at = 0;

    wr(&f->cpu, C_BPR, 6, WORD);
    bytes = saved(f);
    wr(&f->cpu, C_BPR, 7, WORD);
    good = saved(f);
    while (bytes->data[at] == good->data[at]) {
        at++;
    }
    good->data[at] = 0x40;
    reader = (VMStateReader){ .data = good->data, .size = good->len };
    g_assert_cmpint(vmstate_load_state(&reader, DEVICE_GET_CLASS(f->dev)->vmsd, f->dev, &err), <, 0);
    error_free(err);
}

static void write_secure(Fixture *f, hwaddr offset, uint8_t value)
{
    address_space_st(&f->dist, offset, value, BYTE, (MemTxAttrs){ .secure = true }, NULL);
}

/* Group 0's are secure state's: nobody else sees or takes back that they were sent. */
static void test_secure_sgis_are_out_of_reach(Fixture *f, gconstpointer data)
{
    write_secure(f, IGROUPR, 1 << 4);
    write_secure(f, SPENDSGIR + 3, 1);
    write_secure(f, SPENDSGIR + 4, 1);
    g_assert_cmphex(rd(&f->dist, SPENDSGIR, WORD), ==, 0);
    g_assert_cmphex(rd(&f->dist, SPENDSGIR + 4, WORD), ==, 1);
    wr(&f->dist, CPENDSGIR, 0xffffffff, WORD);
    wr(&f->dist, CPENDSGIR + 4, 0xffffffff, WORD);
    g_assert_cmphex(rd(&f->dist, SPENDSGIR + 4, WORD), ==, 0);
    g_assert_cmphex(address_space_ld(&f->dist, SPENDSGIR + 3, BYTE, (MemTxAttrs){ .secure = true }, NULL),
                    ==, 1);
}

int main(int argc, char **argv)
{
    device_test_init(&argc, &argv);
#define TEST(name, function)                                                                       \
    g_test_add("/arm-gic/" name, Fixture, NULL, set_up, function, tear_down)
    TEST("level-is-pending-while-the-line-is-high", test_level_is_pending_while_the_line_is_high);
    TEST("edge-is-pending-until-acknowledged", test_edge_is_pending_until_acknowledged);
    TEST("the-most-urgent-comes-first-and-interrupts",
         test_the_most_urgent_comes_first_and_interrupts);
    TEST("mask-and-binary-point-hold-back", test_the_mask_and_the_binary_point_hold_back);
    TEST("sgis-remember-their-senders", test_sgis_remember_their_senders);
    TEST("groups-go-to-fiq-and-irq", test_groups_go_to_fiq_and_irq);
    TEST("ending-in-two-steps", test_ending_in_two_steps);
    TEST("registers-have-the-bits-that-there-are", test_registers_have_the_bits_that_there_are);
    TEST("state-goes-along", test_state_goes_along);
    TEST("state-with-impossible-numbers-is-refused", test_state_with_impossible_numbers_is_refused);
    g_test_add("/arm-gic/secure-sgis-are-out-of-reach", Fixture, "secure", set_up,
               test_secure_sgis_are_out_of_reach, tear_down);
    return g_test_run();
}
