/*
 * Hawk MPIC: every register, and the rules of delivery.
 *
 * SPDX-License-Identifier: MIT
 */
#include "device-test.h"
#include "hw/intc/intc.h"
#include "hw/intc/openpic.h"

enum {
    FEATURE = 0x1000, GCR = 0x1020, VENDOR = 0x1080, PINIT = 0x1090, IPI_VP = 0x10a0,
    SPURIOUS = 0x10e0, TFREQ = 0x10f0, T_CUR = 0x1100, T_BASE = 0x1110, T_VP = 0x1120,
    T_DEST = 0x1130, EXT_VP = 0x10000, EXT_DEST = 0x10010, ERR_VP = 0x10200, ERR_DEST = 0x10210,
    IPI_SEND = 0x20040, TASK = 0x20080, IACK = 0x200a0, EOI = 0x200b0, CPU1 = 0x1000,
};

#define MASK  0x80000000u
#define ACT   0x40000000u
#define POL   0x00800000u
#define SENSE 0x00400000u
#define RESET 0x80000000u
#define MIXED 0x20000000u
#define TIE   0x10000000u
#define INHIBIT 0x80000000u
#define TOGGLE  0x80000000u
#define TIMER_HZ 1000000 /* one tick: 1 us */

typedef struct Fixture {
    DeviceState *dev;
    AddressSpace as;
    TestLine intr[2], init[2];
} Fixture;

static uint32_t get(Fixture *f, hwaddr reg)
{
    return rd(&f->as, reg, MO_LEUL);
}

static void put(Fixture *f, hwaddr reg, uint32_t value)
{
    wr(&f->as, reg, value, MO_LEUL);
}

static void input(Fixture *f, int n, int level)
{
    qemu_set_irq(qdev_get_gpio_in(f->dev, n), level);
}

static DeviceState *new_mpic(void)
{
    DeviceState *dev = qdev_new(TYPE_HAWK_MPIC);

    qdev_prop_set_uint32(dev, "timer-frequency", TIMER_HZ);
    sysbus_realize(SYS_BUS_DEVICE(dev), &error_abort);
    return dev;
}

static void set_up(Fixture *f, gconstpointer data)
{
    f->dev = new_mpic();
    test_map(&f->as, f->dev);
    for (int c = 0; c < 2; c++) {
        sysbus_connect_irq(SYS_BUS_DEVICE(f->dev), c, test_line(&f->intr[c]));
        qdev_connect_gpio_out_named(f->dev, HAWK_MPIC_INIT_OUT, c, test_line(&f->init[c]));
    }
    device_cold_reset(f->dev);
    put(f, GCR, MIXED);
    put(f, TASK, 0);
}

static void tear_down(Fixture *f, gconstpointer data)
{
    address_space_destroy(&f->as);
    test_drop(f->dev);
}

static uint32_t vp(unsigned priority, unsigned vector, uint32_t flags)
{
    return priority << 16 | vector | flags;
}

static void ext(Fixture *f, int n, uint32_t value, uint32_t dest)
{
    put(f, EXT_DEST + 0x20 * n, dest);
    put(f, EXT_VP + 0x20 * n, value);
}

static void test_reset_values(Fixture *f, gconstpointer data)
{
    device_cold_reset(f->dev);
    g_assert_cmphex(get(f, FEATURE), ==, 0x000f0103);
    g_assert_cmphex(get(f, GCR), ==, 0);
    g_assert_cmphex(get(f, VENDOR), ==, 0);
    g_assert_cmphex(get(f, PINIT), ==, 0);
    g_assert_cmphex(get(f, SPURIOUS), ==, 0xff);
    g_assert_cmphex(get(f, TFREQ), ==, 0);
    for (int i = 0; i < 4; i++) {
        g_assert_cmphex(get(f, IPI_VP + 0x10 * i), ==, MASK);
        g_assert_cmphex(get(f, T_CUR + 0x40 * i), ==, 0);
        g_assert_cmphex(get(f, T_BASE + 0x40 * i), ==, INHIBIT);
        g_assert_cmphex(get(f, T_VP + 0x40 * i), ==, MASK);
        g_assert_cmphex(get(f, T_DEST + 0x40 * i), ==, 0);
    }
    for (int i = 0; i < 16; i++) {
        g_assert_cmphex(get(f, EXT_VP + 0x20 * i) & ~ACT, ==, MASK);
        g_assert_cmphex(get(f, EXT_DEST + 0x20 * i), ==, 0);
    }
    g_assert_cmphex(get(f, ERR_VP), ==, MASK | SENSE);
    g_assert_cmphex(get(f, ERR_DEST), ==, 0);
    g_assert_cmphex(get(f, TASK), ==, 0xf);
    g_assert_cmphex(get(f, TASK + CPU1), ==, 0xf);
    g_assert_cmphex(get(f, IACK), ==, 0xff);
}

/* Register, what sticks of all ones. */
static void test_write_masks(Fixture *f, gconstpointer data)
{
    static const struct {
        hwaddr reg;
        unsigned count, stride;
        uint32_t sticks;
    } rows[] = {
        { FEATURE, 1, 0, 0x000f0103 }, { VENDOR, 1, 0, 0 }, { PINIT, 1, 0, 3 },
        { IPI_VP, 4, 0x10, 0x800f00ff }, { SPURIOUS, 1, 0, 0xff }, { TFREQ, 1, 0, 0xffffffff },
        { T_CUR, 4, 0x40, 0 }, { T_BASE, 4, 0x40, 0xffffffff }, { T_VP, 4, 0x40, 0x800f00ff },
        { T_DEST, 4, 0x40, 3 }, { EXT_VP, 16, 0x20, 0x80cf00ff }, { EXT_DEST, 16, 0x20, 3 },
        { ERR_VP, 1, 0, 0x804f00ff }, { ERR_DEST, 1, 0, 3 }, { TASK, 2, 0x1000, 0xf },
        { EOI, 2, 0x1000, 0 }, { 0x0000, 1, 0, 0 }, { 0x3fffc, 1, 0, 0 }, { 0x10220, 1, 0, 0 },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        for (unsigned n = 0; n < rows[i].count; n++) {
            hwaddr reg = rows[i].reg + n * rows[i].stride;

            put(f, reg, 0xffffffff);
            g_assert_cmphex(get(f, reg), ==, rows[i].sticks);
        }
    }
    put(f, GCR, 0x7fffffff);
    g_assert_cmphex(get(f, GCR), ==, 0x70000000);
}

static void test_byte_lanes(Fixture *f, gconstpointer data)
{
    put(f, EXT_VP + 0x20, 0x804500a5);
    g_assert_cmphex(rd(&f->as, EXT_VP + 0x20, MO_8), ==, 0xa5);
    g_assert_cmphex(rd(&f->as, EXT_VP + 0x22, MO_LEUW), ==, 0x8045);
    wr(&f->as, EXT_VP + 0x22, 0x06, MO_8);
    g_assert_cmphex(get(f, EXT_VP + 0x20), ==, 0x800600a5);
    g_assert_cmphex(address_space_ld(&f->as, EXT_VP + 0x20, MO_BEUL, MEMTXATTRS_UNSPECIFIED, NULL),
                    ==, 0xa5000680);
}

static void test_edge_latched_until_ack(Fixture *f, gconstpointer data)
{
    ext(f, 3, vp(5, 0x33, 0), 1);
    input(f, 3, 1);
    input(f, 3, 0);
    g_assert_true(f->intr[0].level);
    g_assert_cmphex(get(f, EXT_VP + 0x60), ==, vp(5, 0x33, ACT));
    g_assert_cmphex(get(f, IACK), ==, 0x33);
    g_assert_false(f->intr[0].level);
    g_assert_cmphex(get(f, EXT_VP + 0x60), ==, vp(5, 0x33, ACT)); /* in service */
    put(f, EOI, 0);
    g_assert_cmphex(get(f, EXT_VP + 0x60), ==, vp(5, 0x33, 0));
    g_assert_cmphex(get(f, IACK), ==, 0xff);
}

static void test_edge_during_service(Fixture *f, gconstpointer data)
{
    ext(f, 3, vp(5, 0x33, 0), 1);
    input(f, 3, 1);
    g_assert_cmphex(get(f, IACK), ==, 0x33);
    input(f, 3, 0);
    input(f, 3, 1);
    g_assert_false(f->intr[0].level);
    put(f, EOI, 0);
    g_assert_true(f->intr[0].level);
    g_assert_cmphex(get(f, IACK), ==, 0x33);
}

static void test_level_is_the_line(Fixture *f, gconstpointer data)
{
    ext(f, 1, vp(8, 0x11, SENSE), 1);
    input(f, 1, 1);
    g_assert_true(f->intr[0].level);
    input(f, 1, 0);
    g_assert_false(f->intr[0].level);
    g_assert_cmphex(get(f, IACK), ==, 0xff); /* gone before it was acknowledged */
    input(f, 1, 1);
    g_assert_cmphex(get(f, IACK), ==, 0x11);
    g_assert_false(f->intr[0].level);
    put(f, EOI, 0);
    g_assert_true(f->intr[0].level);
    g_assert_cmphex(get(f, IACK), ==, 0x11);
    input(f, 1, 0);
    put(f, EOI, 0);
    g_assert_false(f->intr[0].level);
}

/* The early console pulses the UART's line before Linux makes the source level-sensitive. */
static void test_sense_change_drops_edge(Fixture *f, gconstpointer data)
{
    input(f, 1, 1);
    input(f, 1, 0);
    g_assert_cmphex(get(f, EXT_VP + 0x20), ==, MASK | ACT);
    ext(f, 1, vp(8, 1, SENSE), 1);
    g_assert_false(f->intr[0].level);
    g_assert_cmphex(get(f, EXT_VP + 0x20), ==, vp(8, 1, SENSE));
    input(f, 1, 1);
    g_assert_true(f->intr[0].level);
    ext(f, 1, vp(8, 1, 0), 1); /* a level is no edge */
    g_assert_false(f->intr[0].level);
}

static void test_sense_change_sees_level(Fixture *f, gconstpointer data)
{
    input(f, 2, 1);
    ext(f, 2, vp(8, 2, SENSE), 1);
    g_assert_cmphex(get(f, IACK), ==, 2);
}

static void test_reset_bit_clears(Fixture *f, gconstpointer data)
{
    ext(f, 4, vp(8, 4, 0), 1);
    input(f, 4, 1);
    input(f, 4, 0);
    put(f, SPURIOUS, 0x12);
    put(f, GCR, RESET | MIXED);
    g_assert_cmphex(get(f, GCR), ==, 0);
    g_assert_cmphex(get(f, EXT_VP + 0x80), ==, MASK);
    g_assert_cmphex(get(f, SPURIOUS), ==, 0xff);
    put(f, GCR, MIXED);
    put(f, TASK, 0);
    ext(f, 4, vp(8, 4, 0), 1);
    g_assert_false(f->intr[0].level);
    g_assert_cmphex(get(f, IACK), ==, 0xff);
}

static void test_mask_keeps_request(Fixture *f, gconstpointer data)
{
    ext(f, 5, vp(8, 5, MASK), 1);
    input(f, 5, 1);
    input(f, 5, 0);
    g_assert_false(f->intr[0].level);
    put(f, EXT_VP + 0xa0, vp(8, 5, 0));
    g_assert_true(f->intr[0].level);
    put(f, EXT_VP + 0xa0, vp(8, 5, MASK));
    g_assert_cmphex(get(f, IACK), ==, 0xff);
}

static void test_spurious_vector(Fixture *f, gconstpointer data)
{
    put(f, SPURIOUS, 0x7e);
    g_assert_cmphex(get(f, IACK), ==, 0x7e);
    put(f, EOI, 0); /* harmless: nothing in service */
    ext(f, 5, vp(1, 5, 0), 1);
    input(f, 5, 1);
    g_assert_cmphex(get(f, IACK), ==, 5);
}

static void test_task_priority(Fixture *f, gconstpointer data)
{
    ext(f, 6, vp(6, 6, SENSE), 1);
    input(f, 6, 1);
    put(f, TASK, 6);
    g_assert_false(f->intr[0].level);
    g_assert_cmphex(get(f, IACK), ==, 0xff);
    put(f, TASK, 5);
    g_assert_true(f->intr[0].level);
    put(f, EXT_VP + 0xc0, vp(0, 6, SENSE)); /* priority 0 never interrupts */
    put(f, TASK, 0);
    g_assert_false(f->intr[0].level);
}

static void test_nesting(Fixture *f, gconstpointer data)
{
    ext(f, 1, vp(4, 0x41, SENSE), 1);
    ext(f, 2, vp(9, 0x92, SENSE), 1);
    ext(f, 3, vp(9, 0x93, SENSE), 1);
    input(f, 1, 1);
    g_assert_cmphex(get(f, IACK), ==, 0x41);
    input(f, 2, 1);
    input(f, 3, 1);
    g_assert_true(f->intr[0].level);
    g_assert_cmphex(get(f, IACK), ==, 0x92);
    g_assert_false(f->intr[0].level); /* equal priority does not preempt */
    input(f, 2, 0);
    put(f, EOI, 0);
    g_assert_cmphex(get(f, IACK), ==, 0x93);
    input(f, 3, 0);
    put(f, EOI, 0);
    g_assert_false(f->intr[0].level); /* 1 is still in service */
    put(f, EOI, 0);
    g_assert_cmphex(get(f, IACK), ==, 0x41);
}

static void test_highest_first(Fixture *f, gconstpointer data)
{
    ext(f, 7, vp(3, 7, 0), 1);
    ext(f, 8, vp(12, 8, 0), 1);
    ext(f, 9, vp(7, 9, 0), 1);
    for (int n = 7; n <= 9; n++) {
        input(f, n, 1);
    }
    g_assert_cmphex(get(f, IACK), ==, 8);
    put(f, EOI, 0);
    g_assert_cmphex(get(f, IACK), ==, 9);
    put(f, EOI, 0);
    g_assert_cmphex(get(f, IACK), ==, 7);
}

static void test_destination(Fixture *f, gconstpointer data)
{
    put(f, TASK + CPU1, 0);
    ext(f, 1, vp(5, 1, SENSE), 2);
    input(f, 1, 1);
    g_assert_false(f->intr[0].level);
    g_assert_true(f->intr[1].level);
    g_assert_cmphex(get(f, IACK), ==, 0xff);
    g_assert_cmphex(get(f, IACK + CPU1), ==, 1);
    put(f, EOI + CPU1, 0);
    put(f, EXT_DEST + 0x20, 0);
    g_assert_false(f->intr[1].level);
}

static void test_distributed_once(Fixture *f, gconstpointer data)
{
    put(f, TASK + CPU1, 3);
    ext(f, 1, vp(5, 1, SENSE), 3);
    input(f, 1, 1);
    g_assert_true(f->intr[0].level); /* the less busy */
    g_assert_false(f->intr[1].level);
    put(f, TASK, 4);
    g_assert_false(f->intr[0].level);
    g_assert_true(f->intr[1].level);
    g_assert_cmphex(get(f, IACK + CPU1), ==, 1);
    g_assert_false(f->intr[0].level); /* in service on the other */
}

static void test_tie(Fixture *f, gconstpointer data)
{
    put(f, TASK + CPU1, 0);
    ext(f, 1, vp(5, 1, 0), 3);
    for (int i = 0; i < 2; i++) {
        input(f, 1, 1);
        input(f, 1, 0);
        g_assert_cmphex(get(f, IACK), ==, 1); /* always processor 0 */
        put(f, EOI, 0);
    }
    put(f, GCR, RESET);
    put(f, GCR, MIXED | TIE);
    put(f, TASK, 0);
    put(f, TASK + CPU1, 0);
    ext(f, 1, vp(5, 1, 0), 3);
    for (int i = 0; i < 4; i++) {
        hwaddr cpu = i & 1 ? CPU1 : 0;

        input(f, 1, 1);
        input(f, 1, 0);
        g_assert_true(f->intr[i & 1].level);
        g_assert_cmphex(get(f, IACK + cpu), ==, 1);
        put(f, EOI + cpu, 0);
    }
}

static void test_pass_through(Fixture *f, gconstpointer data)
{
    put(f, GCR, 0);
    ext(f, 1, vp(5, 1, SENSE), 1);
    input(f, 1, 1);
    g_assert_false(f->intr[0].level);
    input(f, 0, 1);
    g_assert_true(f->intr[0].level);
    g_assert_cmphex(get(f, IACK), ==, 0xff);
    input(f, 0, 0);
    g_assert_false(f->intr[0].level);
    put(f, GCR, MIXED);
    put(f, TASK + CPU1, 0);
    put(f, EXT_DEST + 0x20, 2);
    g_assert_true(f->intr[1].level);
    put(f, GCR, 0);
    g_assert_false(f->intr[1].level);
}

static void test_source0_polarity(Fixture *f, gconstpointer data)
{
    ext(f, 0, vp(5, 0x50, SENSE | POL), 1);
    g_assert_false(f->intr[0].level);
    input(f, 0, 1);
    g_assert_true(f->intr[0].level);
    put(f, EXT_VP, vp(5, 0x50, SENSE));
    g_assert_false(f->intr[0].level);
    input(f, 0, 0);
    g_assert_cmphex(get(f, IACK), ==, 0x50);
    put(f, EXT_VP, vp(5, 0x50, 0)); /* falling edge */
    put(f, EOI, 0);
    g_assert_false(f->intr[0].level);
    input(f, 0, 1);
    g_assert_false(f->intr[0].level);
    input(f, 0, 0);
    g_assert_true(f->intr[0].level);
}

static void test_others_ignore_polarity(Fixture *f, gconstpointer data)
{
    ext(f, 1, vp(5, 1, SENSE | POL), 1);
    g_assert_false(f->intr[0].level);
    input(f, 1, 1);
    g_assert_true(f->intr[0].level);
}

static void test_error_source(Fixture *f, gconstpointer data)
{
    put(f, ERR_DEST, 1);
    put(f, ERR_VP, vp(15, 0xee, 0));
    input(f, HAWK_MPIC_IRQ_HAWK_ERROR, 1);
    g_assert_cmphex(get(f, ERR_VP), ==, vp(15, 0xee, SENSE | ACT));
    g_assert_cmphex(get(f, IACK), ==, 0xee);
    input(f, HAWK_MPIC_IRQ_HAWK_ERROR, 0);
    put(f, EOI, 0);
    g_assert_false(f->intr[0].level);
}

static void test_ipi(Fixture *f, gconstpointer data)
{
    put(f, TASK + CPU1, 0);
    for (int i = 0; i < 4; i++) {
        put(f, IPI_VP + 0x10 * i, vp(10, 0xf0 + i, 0));
        put(f, IPI_SEND + 0x10 * i, 2);
        g_assert_false(f->intr[0].level);
        g_assert_cmphex(get(f, IPI_SEND + 0x10 * i), ==, 0);
        g_assert_cmphex(get(f, IACK + CPU1), ==, 0xf0 + i);
        put(f, EOI + CPU1, 0);
        put(f, IPI_SEND + CPU1 + 0x10 * i, 3); /* multicast */
        g_assert_cmphex(get(f, IACK), ==, 0xf0 + i);
        put(f, EOI, 0);
        g_assert_cmphex(get(f, IPI_VP + 0x10 * i), ==, vp(10, 0xf0 + i, ACT));
        g_assert_cmphex(get(f, IACK + CPU1), ==, 0xf0 + i);
        put(f, EOI + CPU1, 0);
        g_assert_cmphex(get(f, IACK), ==, 0xff);
    }
    put(f, IPI_SEND, 1);
    put(f, IPI_SEND, 2); /* does not take back the first */
    g_assert_true(f->intr[0].level);
    g_assert_true(f->intr[1].level);
    put(f, GCR, RESET);
    g_assert_false(f->intr[0].level);
    g_assert_false(f->intr[1].level);
}

static void test_processor_init(Fixture *f, gconstpointer data)
{
    put(f, TASK + CPU1, 2);
    put(f, PINIT, 2);
    g_assert_true(f->init[1].level);
    g_assert_false(f->init[0].level);
    g_assert_cmphex(get(f, TASK + CPU1), ==, 0xf);
    g_assert_cmphex(get(f, TASK), ==, 0);
    put(f, PINIT, 0);
    g_assert_false(f->init[1].level);
}

static void test_timer_counts(Fixture *f, gconstpointer data)
{
    for (int i = 0; i < 4; i++) {
        hwaddr o = 0x40 * i;

        put(f, T_DEST + o, 1);
        put(f, T_VP + o, vp(9, 0xa0 + i, 0));
        put(f, T_BASE + o, 1000);
        g_assert_cmpuint(get(f, T_CUR + o), ==, 1000);
        test_advance_ns(400 * 1000);
        g_assert_cmpuint(get(f, T_CUR + o), ==, 600);
        g_assert_false(f->intr[0].level);
        test_advance_ns(601 * 1000);
        g_assert_true(f->intr[0].level);
        g_assert_cmphex(get(f, T_CUR + o), ==, TOGGLE | 999);
        g_assert_cmphex(get(f, IACK), ==, 0xa0 + i);
        put(f, EOI, 0);
        put(f, T_BASE + o, INHIBIT | 500);
        test_advance_ns(5 * 1000 * 1000);
        g_assert_cmphex(get(f, T_CUR + o), ==, TOGGLE | 999); /* stands */
        g_assert_false(f->intr[0].level);
    }
}

static void test_timer_new_base_at_reload(Fixture *f, gconstpointer data)
{
    put(f, T_BASE, 1000);
    put(f, T_BASE, 100);
    test_advance_ns(500 * 1000);
    g_assert_cmpuint(get(f, T_CUR), ==, 500);
    test_advance_ns(550 * 1000);
    g_assert_cmphex(get(f, T_CUR), ==, TOGGLE | 50);
    test_advance_ns(100 * 1000);
    g_assert_cmphex(get(f, T_CUR), ==, 50); /* toggled back */
}

static void test_timer_multicast(Fixture *f, gconstpointer data)
{
    put(f, TASK + CPU1, 0);
    put(f, T_DEST, 3);
    put(f, T_VP, vp(9, 0xa0, 0));
    put(f, T_BASE, 100);
    test_advance_ns(101 * 1000);
    g_assert_cmphex(get(f, IACK), ==, 0xa0);
    g_assert_cmphex(get(f, IACK + CPU1), ==, 0xa0);
    put(f, T_BASE, 0); /* from the next reload on: stands */
    test_advance_ns(1000 * 1000);
    g_assert_cmpuint(get(f, T_CUR) & ~TOGGLE, ==, 0);
}

static void test_fast_timer_is_no_storm(Fixture *f, gconstpointer data)
{
    put(f, T_DEST, 1);
    put(f, T_VP, vp(9, 0xa0, 0));
    put(f, T_BASE, 1);
    test_advance_ns(1000 * 1000);
    g_assert_cmphex(get(f, IACK), ==, 0xa0);
    put(f, T_BASE, 0x80000000);
    put(f, T_BASE, 0); /* nothing to count */
    test_advance_ns(1000 * 1000);
    g_assert_cmpuint(get(f, T_CUR), ==, 0);
}

static void test_state_is_complete(Fixture *f, gconstpointer data)
{
    DeviceState *copy = new_mpic();
    AddressSpace as;
    TestLine line;

    sysbus_connect_irq(SYS_BUS_DEVICE(copy), 0, test_line(&line));
    ext(f, 1, vp(4, 0x41, SENSE), 1);
    ext(f, 2, vp(9, 0x92, 0), 1);
    put(f, SPURIOUS, 0x77);
    put(f, TFREQ, 12345);
    put(f, T_DEST, 1);
    put(f, T_VP, vp(11, 0xa0, 0));
    put(f, T_BASE, 1000);
    input(f, 1, 1);
    get(f, IACK);
    input(f, 2, 1);
    test_copy_state(f->dev, copy);
    test_map(&as, copy);
    g_assert_true(line.level);
    g_assert_cmphex(rd(&as, IACK, MO_LEUL), ==, 0x92);
    g_assert_cmphex(rd(&as, TFREQ, MO_LEUL), ==, 12345);
    test_advance_ns(1001 * 1000);
    g_assert_cmphex(rd(&as, IACK, MO_LEUL), ==, 0xa0);
    wr(&as, EOI, 0, MO_LEUL);
    wr(&as, EOI, 0, MO_LEUL);
    g_assert_false(line.level);
    wr(&as, EOI, 0, MO_LEUL);
    g_assert_cmphex(rd(&as, IACK, MO_LEUL), ==, 0x41);
    address_space_destroy(&as);
    test_drop(copy);
}

/* A byte access to the vector's neighbours must not acknowledge. */
static void test_iack_lanes(Fixture *f, gconstpointer data)
{
    ext(f, 1, vp(4, 0x41, SENSE), 1);
    input(f, 1, 1);
    g_assert_cmphex(rd(&f->as, IACK + 1, MO_8), ==, 0);
    g_assert_cmphex(rd(&f->as, IACK + 2, MO_LEUW), ==, 0);
    g_assert_true(f->intr[0].level);
    g_assert_cmphex(rd(&f->as, IACK, MO_8), ==, 0x41);
    g_assert_false(f->intr[0].level);
}

static void test_timer_frequency(Fixture *f, gconstpointer data)
{
    DeviceState *dev = qdev_new(TYPE_HAWK_MPIC);
    Error *err = NULL;

    qdev_prop_set_uint32(dev, "timer-frequency", 0);
    g_assert_false(sysbus_realize(SYS_BUS_DEVICE(dev), &err));
    g_assert_nonnull(strstr(error_get_pretty(err), "timer-frequency"));
    error_free(err);
    object_unref(OBJECT(dev));
}

/* Nesting that can't come from the device is refused, not trusted. */
static void test_bad_state(Fixture *f, gconstpointer data)
{
    const VMStateDescription *vmsd = DEVICE_GET_CLASS(f->dev)->vmsd;
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    VMStateReader reader;
    Error *err = NULL;

    for (int i = 1; i <= 15; i++) {
        ext(f, i, vp(i, i, 0), 1);
        input(f, i, 1);
        g_assert_cmphex(get(f, IACK), ==, i);
    }
    g_assert_cmpint(vmstate_save_state(bytes, vmsd, f->dev, &error_abort), ==, 0);
    reader = (VMStateReader) { .data = bytes->data, .size = bytes->len };
    g_assert_cmpint(vmstate_load_state(&reader, vmsd, f->dev, &error_abort), ==, 0);
    /* The last record is processor 1: task priority, 16 sources, 16 priorities, depth. */
    bytes->data[bytes->len - 1] = 3;
    reader = (VMStateReader) { .data = bytes->data, .size = bytes->len };
    g_assert_cmpint(vmstate_load_state(&reader, vmsd, f->dev, &err), <, 0);
    error_free(err);
}

static void test_info(Fixture *f, gconstpointer data)
{
    InterruptStatsProvider *stats = INTERRUPT_STATS_PROVIDER(f->dev);
    InterruptStatsProviderClass *c = INTERRUPT_STATS_PROVIDER_GET_CLASS(f->dev);
    g_autoptr(GString) text = g_string_new("");
    uint64_t *counts;
    unsigned nr;

    ext(f, 3, vp(5, 0x33, 0), 1);
    input(f, 3, 1);
    c->print_info(stats, text);
    g_assert_nonnull(strstr(text->str, "ext3  vector 33 priority  5 dest 1 edge line pending\n"));
    g_assert_nonnull(strstr(text->str, "next vector 33"));
    get(f, IACK);
    g_assert_true(c->get_statistics(stats, &counts, &nr));
    g_assert_cmpuint(counts[3], ==, 1);
    g_assert_cmpuint(nr, ==, 25);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*test)(Fixture *f, gconstpointer data);
    } tests[] = {
        { "reset-values", test_reset_values },
        { "write-masks", test_write_masks },
        { "byte-lanes", test_byte_lanes },
        { "edge-is-latched-until-acknowledged", test_edge_latched_until_ack },
        { "edge-during-service-comes-after-eoi", test_edge_during_service },
        { "level-request-is-the-line", test_level_is_the_line },
        { "sense-change-drops-latched-edge", test_sense_change_drops_edge },
        { "sense-change-sees-level", test_sense_change_sees_level },
        { "reset-bit-clears-edges-and-registers", test_reset_bit_clears },
        { "masked-request-is-kept", test_mask_keeps_request },
        { "spurious-vector-without-request", test_spurious_vector },
        { "task-priority-must-be-exceeded", test_task_priority },
        { "nesting-by-priority", test_nesting },
        { "highest-priority-first", test_highest_first },
        { "destination-selects-processor", test_destination },
        { "distributed-interrupt-is-taken-once", test_distributed_once },
        { "tie-goes-to-processor-0-or-alternates", test_tie },
        { "pass-through-mode-is-source-0", test_pass_through },
        { "source-0-obeys-polarity", test_source0_polarity },
        { "other-sources-ignore-polarity", test_others_ignore_polarity },
        { "error-source-is-level-sensitive", test_error_source },
        { "ipi-is-directed", test_ipi },
        { "processor-init-drives-line-and-raises-task-priority", test_processor_init },
        { "timer-counts-toggles-interrupts-inhibits", test_timer_counts },
        { "timer-base-takes-effect-at-reload", test_timer_new_base_at_reload },
        { "timer-is-multicast-and-stops-at-base-0", test_timer_multicast },
        { "fast-timer-is-batched", test_fast_timer_is_no_storm },
        { "state-table-is-complete", test_state_is_complete },
        { "only-the-vector-byte-acknowledges", test_iack_lanes },
        { "timer-frequency-0-is-refused", test_timer_frequency },
        { "impossible-nesting-is-refused", test_bad_state },
        { "info", test_info },
    };

    device_test_init(&argc, &argv);
    for (size_t i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_autofree char *path = g_strconcat("/mpic/", tests[i].name, NULL);

        g_test_add(path, Fixture, NULL, set_up, tests[i].test, tear_down);
    }
    return g_test_run();
}
