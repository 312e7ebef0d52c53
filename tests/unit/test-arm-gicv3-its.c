/*
 * GICv3 ITS and LPIs: messages become interrupts by tables that commands fill; configuration is
 * read when it has to be; commands that make no sense do nothing, and guests that do anything do no
 * harm.
 *
 * SPDX-License-Identifier: MIT
 */
#include "device-test.h"
#include "hw/intc/arm_gicv3.h"
#include "hw/intc/arm_gicv3_its.h"
#include "qemu/units.h"
#include "system/address-spaces.h"

enum { NUM_CPUS = 3, SPURIOUS = 1023, FIRST_LPI = 8192, SENDER = 0x0108, EVENTS = 5 /* bits */ };

/* The map. */
#define DIST         0x08000000ull
#define ITS          0x08080000ull
#define REDIST       0x080a0000ull
#define RAM          0x40000000ull
#define RAM_SIZE     (16 * MiB)
#define RING         (RAM + 0x10000)
#define DEVICES      (RAM + 0x20000)
#define COLLS        (RAM + 0x30000)
#define EVENT_TABLE  (RAM + 0x40000)
#define CONFIG       (RAM + 0x50000)
#define PENDING(cpu) (RAM + 0x100000 + (cpu)*0x10000ull)
#define NOWHERE      0x30000000ull

enum {
    GITS_CTLR = 0x0,
    GITS_TYPER = 0x8,
    GITS_CBASER = 0x80,
    GITS_CWRITER = 0x88,
    GITS_CREADR = 0x90,
    GITS_BASER0 = 0x100,
    GITS_BASER1 = 0x108,
    GITS_PIDR0 = 0xffe0,
    GITS_TRANSLATER = 0x10040
};
enum {
    GICR_CTLR = 0x0,
    GICR_TYPER = 0x8,
    GICR_PROPBASER = 0x70,
    GICR_PENDBASER = 0x78,
    GICR_INVLPIR = 0xa0,
    GICR_INVALLR = 0xb0,
    GICR_SYNCR = 0xc0
};
enum { GICD_CTLR = 0x0, GICD_TYPER = 0x4 };
#define VALID     (1ull << 63)
#define INDIRECT  (1ull << 62)
#define PAGES_64K (2u << 8)

#define BYTE      MO_8
#define HALF      (MO_LE | MO_16)
#define WORD      (MO_LE | MO_32)
#define DOUBLE    (MO_LE | MO_64)

typedef struct Fixture {
    DeviceState *gic, *its;
    ARMCPU *cpus[NUM_CPUS];
    MemoryRegion ram;
    hwaddr end; /* of the ring's commands */
} Fixture;

static uint64_t get(hwaddr addr, MemOp op)
{
    return rd(&address_space_memory, addr, op);
}

static void put(hwaddr addr, uint64_t value, MemOp op)
{
    wr(&address_space_memory, addr, value, op);
}

static uint64_t icc_read(Fixture *f, unsigned cpu, ARMICCRegister reg)
{
    return f->cpus[cpu]->gic_ops->read(f->cpus[cpu]->gic, cpu,
                                       &(ARMGICAccess){ .reg = reg, .el = 1 });
}

static void icc_write(Fixture *f, unsigned cpu, ARMICCRegister reg, uint64_t value)
{
    f->cpus[cpu]->gic_ops->write(f->cpus[cpu]->gic, cpu, &(ARMGICAccess){ .reg = reg, .el = 1 },
                                 value);
}

static hwaddr redist(unsigned cpu)
{
    return REDIST + cpu * (hwaddr)ARM_GICV3_REDISTRIBUTOR_SIZE;
}

/* ---- Commands ---- */

static void command(Fixture *f, uint64_t c0, uint64_t c1, uint64_t c2, uint64_t c3)
{
    put(RING + f->end, c0, DOUBLE);
    put(RING + f->end + 8, c1, DOUBLE);
    put(RING + f->end + 16, c2, DOUBLE);
    put(RING + f->end + 24, c3, DOUBLE);
    f->end = (f->end + 32) % 4096;
    put(ITS + GITS_CWRITER, f->end, DOUBLE);
}

#define DEV(device) ((uint64_t)(device) << 32)
#define CPU_N(n)    ((uint64_t)(n) << 16)

static void mapd(Fixture *f, uint32_t device, hwaddr table, unsigned bits)
{
    command(f, 0x08 | DEV(device), bits - 1, VALID | table, 0);
}

static void mapc(Fixture *f, uint16_t collection, unsigned cpu)
{
    command(f, 0x09, 0, VALID | CPU_N(cpu) | collection, 0);
}

static void mapti(Fixture *f, uint32_t device, uint32_t event, uint32_t irq, uint16_t collection)
{
    command(f, 0x0a | DEV(device), event | (uint64_t)irq << 32, collection, 0);
}

/* INT 3, CLEAR 4, INV c, DISCARD f */
static void of_event(Fixture *f, uint8_t code, uint32_t device, uint32_t event)
{
    command(f, code | DEV(device), event, 0, 0);
}

static void configure(unsigned irq, unsigned priority, bool enabled)
{
    put(CONFIG + irq - FIRST_LPI, priority | enabled, BYTE);
}

static void message(uint16_t device, uint32_t event)
{
    MemTxAttrs attrs = { .requester_id = device };
    MemTxResult result;

    address_space_stl_le(&address_space_memory, ITS + GITS_TRANSLATER, event, attrs, &result);
    g_assert_cmpuint(result, ==, MEMTX_OK);
}

static unsigned take(Fixture *f, unsigned cpu)
{
    unsigned irq = icc_read(f, cpu, ICC_IAR1);

    icc_write(f, cpu, ICC_EOIR1, irq);
    return irq;
}

static void all_commands_are_read(Fixture *f)
{
    g_assert_cmphex(get(ITS + GITS_CREADR, DOUBLE), ==, f->end);
}

/* ---- Fixture: two collections, of CPUs 0 and 1, and a device of 32 events ---- */

static void set_up_gic(Fixture *f, bool security)
{
    f->gic = qdev_new(TYPE_ARM_GICV3);
    qdev_prop_set_uint32(f->gic, "num-cpu", NUM_CPUS);
    qdev_prop_set_bit(f->gic, "has-lpi", true);
    qdev_prop_set_bit(f->gic, "has-security-extensions", security);
    for (unsigned i = 0; i < NUM_CPUS; i++) {
        f->cpus[i] = ARM_CPU(object_new(ARM_CPU_TYPE_NAME("cortex-a57")));
        f->cpus[i]->mpidr = i;
        arm_gicv3_add_cpu(f->gic, f->cpus[i]);
    }
    sysbus_realize(SYS_BUS_DEVICE(f->gic), &error_abort);
    sysbus_mmio_map(SYS_BUS_DEVICE(f->gic), 0, DIST);
    sysbus_mmio_map(SYS_BUS_DEVICE(f->gic), 1, REDIST);
    device_cold_reset(f->gic);
    put(DIST + GICD_CTLR, 3, WORD);
    for (unsigned i = 0; i < NUM_CPUS; i++) {
        icc_write(f, i, ICC_PMR, 0xff);
        icc_write(f, i, ICC_IGRPEN1, 1);
    }
}

static void set_up_its(Fixture *f)
{
    f->its = qdev_new(TYPE_ARM_GICV3_ITS);
    object_property_set_link(OBJECT(f->its), "parent-gicv3", OBJECT(f->gic), &error_abort);
    sysbus_realize(SYS_BUS_DEVICE(f->its), &error_abort);
    sysbus_mmio_map(SYS_BUS_DEVICE(f->its), 0, ITS);
    device_cold_reset(f->its);
}

static void enable_lpis(unsigned cpu)
{
    put(redist(cpu) + GICR_PROPBASER, CONFIG | 15, DOUBLE);
    put(redist(cpu) + GICR_PENDBASER, PENDING(cpu), DOUBLE);
    put(redist(cpu) + GICR_CTLR, 1, WORD);
}

static void enable_its(void)
{
    put(ITS + GITS_BASER0, VALID | DEVICES | 3, DOUBLE);
    put(ITS + GITS_BASER1, VALID | COLLS | 0, DOUBLE);
    put(ITS + GITS_CBASER, VALID | RING | 0, DOUBLE);
    put(ITS + GITS_CTLR, 1, WORD);
}

static void set_up_bare(Fixture *f, gconstpointer security)
{
    f->end = 0;
    memory_region_init_ram(&f->ram, NULL, "ram", RAM_SIZE, &error_abort);
    memory_region_add_subregion(get_system_memory(), RAM, &f->ram);
    set_up_gic(f, security != NULL);
    set_up_its(f);
}

static void set_up(Fixture *f, gconstpointer security)
{
    set_up_bare(f, security);
    for (unsigned i = 0; i < NUM_CPUS; i++) {
        enable_lpis(i);
    }
    enable_its();
    mapc(f, 0, 0);
    mapc(f, 1, 1);
    mapd(f, SENDER, EVENT_TABLE, EVENTS);
    for (unsigned irq = FIRST_LPI; irq < FIRST_LPI + 100; irq++) {
        configure(irq, 0xa0, true);
    }
}

static void tear_down(Fixture *f, gconstpointer data)
{
    memory_region_del_subregion(get_system_memory(),
                                sysbus_mmio_get_region(SYS_BUS_DEVICE(f->its), 0));
    memory_region_del_subregion(get_system_memory(),
                                sysbus_mmio_get_region(SYS_BUS_DEVICE(f->gic), 0));
    memory_region_del_subregion(get_system_memory(),
                                sysbus_mmio_get_region(SYS_BUS_DEVICE(f->gic), 1));
    memory_region_del_subregion(get_system_memory(), &f->ram);
    test_drop(f->its);
    test_drop(f->gic);
    for (unsigned i = 0; i < NUM_CPUS; i++) {
        object_unref(OBJECT(f->cpus[i]));
    }
    object_unparent(OBJECT(&f->ram));
    drain_call_rcu();
}

/* ---- What it does ---- */

static void test_identifies_itself(Fixture *f, gconstpointer data)
{
    uint64_t typer = get(ITS + GITS_TYPER, DOUBLE);

    g_assert_cmphex(get(ITS + GITS_PIDR0, WORD), ==, 0x94);
    g_assert_cmphex(get(ITS + 0xffe8, WORD), ==, 0x3b);
    g_assert_cmphex(typer & 3, ==, 1);              /* physical LPIs alone */
    g_assert_cmphex(typer >> 19 & 1, ==, 0);        /* collections' targets are numbers of CPUs */
    g_assert_cmphex(typer >> 8 & 0x3ff, ==, 0x1ef); /* 16 bits of EventIDs, and of DeviceIDs */
    g_assert_cmphex(get(ITS + GITS_CTLR, WORD), ==, 0x80000000);
    g_assert_cmphex(get(ITS + GITS_BASER0, DOUBLE), ==, 1ull << 56 | 7ull << 48);
    g_assert_cmphex(get(ITS + GITS_BASER1, DOUBLE), ==, 4ull << 56 | 7ull << 48);
    g_assert_cmphex(get(ITS + GITS_BASER1 + 8, DOUBLE), ==, 0);
    g_assert_cmphex(get(DIST + GICD_TYPER, WORD) >> 17 & 1, ==, 1);
    g_assert_cmphex(get(redist(1) + GICR_TYPER, WORD), ==, 0x101);
    g_assert_cmphex(get(redist(1) + GICR_CTLR, WORD), ==, 6);
}

static void test_messages_become_interrupts(Fixture *f, gconstpointer data)
{
    mapti(f, SENDER, 3, FIRST_LPI + 7, 1);
    command(f, 0x0b | DEV(SENDER), 4, 0, 0); /* MAPI: no LPI has the number 4 */
    message(SENDER, 3);
    g_assert_cmpuint(icc_read(f, 0, ICC_HPPIR1), ==, SPURIOUS);
    g_assert_cmpuint(icc_read(f, 1, ICC_HPPIR1), ==, FIRST_LPI + 7);
    g_assert_cmpuint(icc_read(f, 1, ICC_IAR1), ==, FIRST_LPI + 7);
    g_assert_cmphex(icc_read(f, 1, ICC_RPR), ==, 0xa0);
    message(SENDER, 3); /* pending again, but no more urgent */
    g_assert_cmpuint(icc_read(f, 1, ICC_IAR1), ==, SPURIOUS);
    icc_write(f, 1, ICC_EOIR1, FIRST_LPI + 7);
    g_assert_cmpuint(take(f, 1), ==, FIRST_LPI + 7); /* there is no active state */
    g_assert_cmpuint(take(f, 1), ==, SPURIOUS);
    g_assert_cmphex(icc_read(f, 1, ICC_RPR), ==, 0xff);
    /* as 16 bits */
    address_space_stw_le(&address_space_memory, ITS + GITS_TRANSLATER, 3,
                         (MemTxAttrs){ .requester_id = SENDER }, NULL);
    g_assert_cmpuint(take(f, 1), ==, FIRST_LPI + 7);
    all_commands_are_read(f);
}

static void test_others_messages_are_lost(Fixture *f, gconstpointer data)
{
    mapti(f, SENDER, 3, FIRST_LPI + 7, 1);
    message(SENDER + 1, 3); /* not mapped */
    message(SENDER, 2);     /* nor this */
    message(SENDER, 1 << EVENTS | 3);
    message(0xffff, 3); /* beyond the table */
    message(SENDER, 0xffffffff);
    put(ITS + GITS_CTLR, 0, WORD);
    g_assert_cmphex(get(ITS + GITS_CTLR, WORD), ==, 0x80000000);
    message(SENDER, 3);
    put(ITS + GITS_CTLR, 1, WORD);
    g_assert_cmphex(get(ITS + GITS_CTLR, WORD), ==, 1);
    put(redist(1) + GICR_CTLR, 0, WORD);
    message(SENDER, 3);
    enable_lpis(1);
    for (unsigned i = 0; i < NUM_CPUS; i++) {
        g_assert_cmpuint(icc_read(f, i, ICC_IAR1), ==, SPURIOUS);
    }
}

static void test_priority_and_enable_are_in_memory(Fixture *f, gconstpointer data)
{
    for (unsigned i = 0; i < 3; i++) {
        mapti(f, SENDER, i, FIRST_LPI + i, 0);
    }
    configure(FIRST_LPI + 1, 0x40, true);
    configure(FIRST_LPI + 2, 0x20, false);
    for (unsigned i = 0; i < 3; i++) {
        message(SENDER, i);
    }
    g_assert_cmpuint(icc_read(f, 0, ICC_HPPIR1), ==, FIRST_LPI + 1);
    /* what has been read is used until it is invalidated */
    configure(FIRST_LPI + 2, 0x20, true);
    g_assert_cmpuint(icc_read(f, 0, ICC_HPPIR1), ==, FIRST_LPI + 1);
    of_event(f, 0x0c, SENDER, 2);
    g_assert_cmpuint(icc_read(f, 0, ICC_HPPIR1), ==, FIRST_LPI + 2);
    configure(FIRST_LPI + 0, 0x10, true);
    configure(FIRST_LPI + 1, 0x40, false);
    configure(FIRST_LPI + 2, 0x20, false);
    command(f, 0x0d, 0, 1, 0); /* INVALL of the other collection */
    g_assert_cmpuint(icc_read(f, 0, ICC_HPPIR1), ==, FIRST_LPI + 2);
    command(f, 0x0d, 0, 0, 0);
    g_assert_cmpuint(take(f, 0), ==, FIRST_LPI);
    g_assert_cmpuint(take(f, 0), ==, SPURIOUS);
    /* by registers */
    configure(FIRST_LPI + 1, 0x40, true);
    configure(FIRST_LPI + 2, 0x20, true);
    put(redist(0) + GICR_INVLPIR, FIRST_LPI + 1, DOUBLE);
    g_assert_cmphex(get(redist(0) + GICR_SYNCR, WORD), ==, 0);
    g_assert_cmpuint(icc_read(f, 0, ICC_HPPIR1), ==, FIRST_LPI + 1);
    put(redist(0) + GICR_INVALLR, 0, DOUBLE);
    g_assert_cmpuint(take(f, 0), ==, FIRST_LPI + 2);
    g_assert_cmpuint(take(f, 0), ==, FIRST_LPI + 1);
}

static void test_commands_set_and_clear(Fixture *f, gconstpointer data)
{
    mapti(f, SENDER, 0, FIRST_LPI, 0);
    of_event(f, 0x03, SENDER, 0); /* INT */
    g_assert_cmpuint(icc_read(f, 0, ICC_HPPIR1), ==, FIRST_LPI);
    of_event(f, 0x04, SENDER, 0); /* CLEAR */
    g_assert_cmpuint(icc_read(f, 0, ICC_HPPIR1), ==, SPURIOUS);
    of_event(f, 0x03, SENDER, 0);
    of_event(f, 0x0f, SENDER, 0); /* DISCARD */
    g_assert_cmpuint(icc_read(f, 0, ICC_HPPIR1), ==, SPURIOUS);
    message(SENDER, 0);
    g_assert_cmpuint(icc_read(f, 0, ICC_HPPIR1), ==, SPURIOUS);
    mapti(f, SENDER, 0, FIRST_LPI, 0);
    command(f, 0x08 | DEV(SENDER), 0, 0, 0); /* the device is unmapped */
    message(SENDER, 0);
    mapd(f, SENDER, EVENT_TABLE, EVENTS);
    command(f, 0x09, 0, 0, 0); /* and the collection */
    message(SENDER, 0);
    g_assert_cmpuint(icc_read(f, 0, ICC_HPPIR1), ==, SPURIOUS);
    mapc(f, 0, 2);
    message(SENDER, 0);
    g_assert_cmpuint(icc_read(f, 2, ICC_HPPIR1), ==, FIRST_LPI);
    command(f, 0x05, 0, CPU_N(2), 0); /* SYNC */
    all_commands_are_read(f);
}

static void test_events_move(Fixture *f, gconstpointer data)
{
    mapti(f, SENDER, 0, FIRST_LPI, 0);
    mapti(f, SENDER, 1, FIRST_LPI + 1, 0);
    message(SENDER, 0);
    command(f, 0x01 | DEV(SENDER), 0, 1, 0); /* MOVI, with what is pending */
    g_assert_cmpuint(icc_read(f, 0, ICC_HPPIR1), ==, SPURIOUS);
    g_assert_cmpuint(take(f, 1), ==, FIRST_LPI);
    message(SENDER, 0);
    g_assert_cmpuint(take(f, 1), ==, FIRST_LPI);
    message(SENDER, 0);
    message(SENDER, 1);
    command(f, 0x0e, 0, CPU_N(1), CPU_N(2)); /* MOVALL */
    g_assert_cmpuint(icc_read(f, 1, ICC_HPPIR1), ==, SPURIOUS);
    command(f, 0x0e, 0, CPU_N(0), CPU_N(2));
    command(f, 0x0e, 0, CPU_N(2), CPU_N(2));
    g_assert_cmpuint(take(f, 2), ==, FIRST_LPI);
    g_assert_cmpuint(take(f, 2), ==, FIRST_LPI + 1);
    g_assert_cmpuint(take(f, 2), ==, SPURIOUS);
}

static void test_nonsense_is_skipped(Fixture *f, gconstpointer data)
{
    static const uint64_t rows[][4] = {
        { 0 }, /* no such command */
        { 0xff },
        { 0x29 },                                        /* GICv4's VMAPP */
        { 0x08 | DEV(0x10000), 4, VALID | EVENT_TABLE }, /* DeviceID of 17 bits */
        { 0x08 | DEV(SENDER), 16, VALID | EVENT_TABLE }, /* EventIDs of 17 */
        { 0x08 | DEV(0xffff), 4, VALID | EVENT_TABLE },  /* beyond the table */
        { 0x09, 0, VALID | CPU_N(NUM_CPUS) },
        { 0x09, 0, VALID | 0xffff },
        { 0x0a | DEV(SENDER), 0 | 4096ull << 32, 0 },
        { 0x0a | DEV(SENDER), 0 | 65536ull << 32, 0 },
        { 0x0a | DEV(SENDER), 32 | 8192ull << 32, 0 },
        { 0x0a | DEV(SENDER), 0 | 8192ull << 32, 0xffff },
        { 0x0a | DEV(5), 0 | 8192ull << 32, 0 },
        { 0x01 | DEV(SENDER), 0, 0 }, /* nothing is mapped there */
        { 0x03 | DEV(SENDER), 0, 0 },
        { 0x0d, 0, 5, 0 },
        { 0x0e, 0, CPU_N(0), CPU_N(NUM_CPUS) },
        { 0x05, 0, CPU_N(0xfffffffff), 0 },
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        command(f, rows[i][0], rows[i][1], rows[i][2], rows[i][3]);
        all_commands_are_read(f);
    }
    mapti(f, SENDER, 0, FIRST_LPI, 0);
    message(SENDER, 0);
    g_assert_cmpuint(take(f, 0), ==, FIRST_LPI);
}

static void test_the_ring_stalls_where_memory_is_missing(Fixture *f, gconstpointer data)
{
    hwaddr at = f->end;

    mapd(f, 7, NOWHERE, 3);
    mapti(f, 7, 0, FIRST_LPI, 0);
    g_assert_cmphex(get(ITS + GITS_CREADR, DOUBLE), ==, (at + 32) | 1);
    mapti(f, SENDER, 0, FIRST_LPI, 0);
    g_assert_cmphex(get(ITS + GITS_CREADR, DOUBLE), ==, (at + 32) | 1);
    put(ITS + GITS_CWRITER, f->end | 1, DOUBLE); /* Retry, with nothing put right */
    g_assert_cmphex(get(ITS + GITS_CREADR, DOUBLE), ==, (at + 32) | 1);
    put(RING + at + 32, 5, DOUBLE); /* a SYNC instead */
    put(RING + at + 48, 0, DOUBLE);
    put(ITS + GITS_CWRITER, f->end | 1, DOUBLE);
    all_commands_are_read(f);
    g_assert_cmphex(get(ITS + GITS_CWRITER, DOUBLE), ==, f->end);
    message(SENDER, 0);
    g_assert_cmpuint(take(f, 0), ==, FIRST_LPI);
    message(7, 0); /* from a device whose table is nowhere */
}

static void test_tables_have_one_level_or_two(Fixture *f, gconstpointer data)
{
    hwaddr first = RAM + 0x200000, second = RAM + 0x300000;

    put(ITS + GITS_BASER0, 0, DOUBLE); /* in use: ignored */
    g_assert_cmphex(get(ITS + GITS_BASER0, DOUBLE) & VALID, ==, VALID);
    put(ITS + GITS_CTLR, 0, WORD);
    put(ITS + GITS_BASER0, VALID | INDIRECT | PAGES_64K | first, DOUBLE);
    put(ITS + GITS_CTLR, 1, WORD);
    put(first + 8 * (0xfff0 / 8192), VALID | second, DOUBLE);
    mapd(f, 0xfff0, EVENT_TABLE, EVENTS);
    g_assert_cmphex(get(second + 0xfff0 % 8192 * 8, DOUBLE) & VALID, ==, VALID);
    mapti(f, 0xfff0, 0, FIRST_LPI, 0);
    mapd(f, SENDER, EVENT_TABLE, EVENTS); /* its page isn't there */
    message(SENDER, 0);
    g_assert_cmpuint(icc_read(f, 0, ICC_HPPIR1), ==, SPURIOUS);
    message(0xfff0, 0);
    g_assert_cmpuint(take(f, 0), ==, FIRST_LPI);
    all_commands_are_read(f);
}

static void test_the_ring_is_a_ring(Fixture *f, gconstpointer data)
{
    mapti(f, SENDER, 0, FIRST_LPI, 0);
    for (int i = 0; i < 300; i++) {
        of_event(f, 0x03, SENDER, 0);
        g_assert_cmpuint(take(f, 0), ==, FIRST_LPI);
        all_commands_are_read(f);
    }
    put(ITS + GITS_CWRITER, 4096, DOUBLE); /* beyond it */
    all_commands_are_read(f);
    put(ITS + GITS_CBASER, VALID | RAM, DOUBLE); /* in use */
    g_assert_cmphex(get(ITS + GITS_CBASER, DOUBLE), ==, VALID | RING);
    put(ITS + GITS_CTLR, 0, WORD);
    put(ITS + GITS_CBASER, VALID | RING | 1, DOUBLE);
    g_assert_cmphex(get(ITS + GITS_CREADR, DOUBLE), ==, 0);
}

static void test_pending_ones_are_in_memory_while_disabled(Fixture *f, gconstpointer data)
{
    unsigned irq = FIRST_LPI + 77;
    hwaddr place = PENDING(0) + irq / 8;

    mapti(f, SENDER, 0, irq, 0);
    message(SENDER, 0);
    put(redist(0) + GICR_PENDBASER, PENDING(1), DOUBLE); /* in use: ignored */
    g_assert_cmphex(get(redist(0) + GICR_PENDBASER, DOUBLE), ==, PENDING(0));
    put(redist(0) + GICR_CTLR, 0, WORD);
    g_assert_cmphex(get(place, BYTE), ==, 1 << irq % 8);
    g_assert_cmpuint(icc_read(f, 0, ICC_HPPIR1), ==, SPURIOUS);
    put(place + 1, 0x80, BYTE);
    put(redist(0) + GICR_CTLR, 1, WORD);
    g_assert_cmpuint(take(f, 0), ==, irq);
    g_assert_cmpuint(take(f, 0), ==, irq / 8 * 8 + 15);
    put(redist(0) + GICR_CTLR, 0, WORD);
    g_assert_cmphex(get(place, HALF), ==, 0);
    /* as many as there are bits for; and tables that are nowhere */
    put(redist(0) + GICR_PROPBASER, CONFIG | 12, DOUBLE);
    put(redist(0) + GICR_CTLR, 1, WORD);
    message(SENDER, 0);
    g_assert_cmpuint(take(f, 0), ==, SPURIOUS);
    put(redist(0) + GICR_CTLR, 0, WORD);
    put(redist(0) + GICR_PROPBASER, NOWHERE | 15, DOUBLE);
    put(redist(0) + GICR_PENDBASER, NOWHERE, DOUBLE);
    put(redist(0) + GICR_CTLR, 1, WORD);
    message(SENDER, 0);
    g_assert_cmpuint(take(f, 0), ==, SPURIOUS);
    put(redist(0) + GICR_CTLR, 0, WORD);
}

static void test_two_security_states_leave_half_of_the_priorities(Fixture *f, gconstpointer data)
{
    ARMGICAccess secure = { .reg = ICC_RPR, .el = 3, .secure = true };

    mapti(f, SENDER, 0, FIRST_LPI, 0);
    configure(FIRST_LPI, 0x40, true);
    message(SENDER, 0);
    g_assert_cmpuint(icc_read(f, 0, ICC_IAR1), ==, FIRST_LPI);
    g_assert_cmphex(f->cpus[0]->gic_ops->read(f->cpus[0]->gic, 0, &secure), ==, 0xa0);
}

static void test_snapshots_have_what_is_pending(Fixture *f, gconstpointer data)
{
    mapti(f, SENDER, 0, FIRST_LPI, 0);
    mapti(f, SENDER, 1, FIRST_LPI + 1, 0);
    configure(FIRST_LPI + 1, 0x40, true);
    message(SENDER, 0);
    message(SENDER, 1);
    configure(FIRST_LPI + 1, 0xf0, true);
    test_copy_state(f->gic, f->gic);
    test_copy_state(f->its, f->its);
    g_assert_cmpuint(take(f, 0), ==, FIRST_LPI + 1);
    g_assert_cmpuint(take(f, 0), ==, FIRST_LPI);
    g_assert_cmpuint(take(f, 0), ==, SPURIOUS);
    message(SENDER, 0);
    g_assert_cmpuint(take(f, 0), ==, FIRST_LPI);
    message(SENDER, 0);
    device_cold_reset(f->gic);
    device_cold_reset(f->its);
    g_assert_cmphex(get(redist(0) + GICR_CTLR, WORD), ==, 6);
    g_assert_cmphex(get(redist(0) + GICR_PROPBASER, DOUBLE), ==, 0);
    g_assert_cmphex(get(ITS + GITS_CTLR, WORD), ==, 0x80000000);
    g_assert_cmphex(get(ITS + GITS_CREADR, DOUBLE), ==, 0);
}

static uint64_t ends_counted(Fixture *f, uint32_t irq)
{
    const ARMGICOps *ops = f->cpus[0]->gic_ops;
    ARMGICAccess active = { .reg = ICH_AP1R0, .el = 2 }, control = { .reg = ICH_HCR, .el = 2 };
    ARMGICAccess ending = { .reg = ICC_EOIR1, .el = 1, .is_virtual = true };

    ops->write(f->cpus[0]->gic, 0, &control, 1);
    ops->write(f->cpus[0]->gic, 0, &active, 1);
    ops->write(f->cpus[0]->gic, 0, &ending, irq);
    return ops->read(f->cpus[0]->gic, 0, &control) >> 27;
}

static void test_ends_of_guests_lpis_are_not_counted(Fixture *f, gconstpointer data)
{
    g_assert_cmpuint(ends_counted(f, 40), ==, 1); /* listed nowhere: the hypervisor has it */
    g_assert_cmpuint(ends_counted(f, FIRST_LPI), ==, 0);
}

static void test_needs_a_gic_with_lpis(void)
{
    DeviceState *its = qdev_new(TYPE_ARM_GICV3_ITS);
    g_autoptr(Error) err = NULL;

    g_assert_false(sysbus_realize(SYS_BUS_DEVICE(its), &err));
    g_assert_nonnull(
        strstr(error_get_pretty(err), "parent-gicv3: expected a arm-gicv3 with has-lpi=on"));
    object_unref(OBJECT(its));
}

/* ---- Guests that do anything ---- */

/* An address for a table or a ring: in memory, within the devices' registers, nowhere, at the end
 * of all. */
static uint64_t random_place(void)
{
    static const uint64_t places[] = {
        DEVICES, COLLS,         EVENT_TABLE, CONFIG, RING,    RAM, RAM + RAM_SIZE - 0x1000,
        ITS,     ITS + 0x10000, REDIST,      DIST,   NOWHERE, 0,   0xfffffffff0000ull
    };

    return places[g_test_rand_int_range(0, ARRAY_SIZE(places))];
}

static uint64_t random_word(void)
{
    uint64_t value = (uint64_t)g_test_rand_int() << 32 | (uint32_t)g_test_rand_int();

    return value >> g_test_rand_int_range(0, 64);
}

static void random_command(Fixture *f)
{
    bool wild = g_test_rand_int_range(0, 4) == 0;
    uint64_t c[4];

    for (size_t i = 0; i < ARRAY_SIZE(c); i++) {
        c[i] = random_word();
    }
    if (!wild) {
        c[0] = g_test_rand_int_range(0, 0x11) |
               DEV(g_test_rand_bit() ? SENDER : g_test_rand_int_range(0, 0x3000));
        c[1] = g_test_rand_int_range(0, 40) |
               (uint64_t)(FIRST_LPI + g_test_rand_int_range(-3, 3000)) << 32;
        c[2] = g_test_rand_bit()
                   ? random_place() | (g_test_rand_bit() ? VALID : 0)
                   : CPU_N(g_test_rand_int_range(0, NUM_CPUS + 1)) | g_test_rand_int_range(0, 4) |
                         (g_test_rand_bit() ? VALID : 0);
        c[3] = CPU_N(g_test_rand_int_range(0, NUM_CPUS + 1));
    }
    command(f, c[0], c[1], c[2], c[3]);
}

static void random_register(Fixture *f)
{
    static const hwaddr its[] = { GITS_CTLR,   GITS_CBASER, GITS_CWRITER,   GITS_CREADR,
                                  GITS_BASER0, GITS_BASER1, GITS_TRANSLATER };
    static const hwaddr redistributors[] = { GICR_CTLR, GICR_PROPBASER, GICR_PENDBASER,
                                             GICR_INVLPIR, GICR_INVALLR };
    MemOp op = g_test_rand_int_range(0, 4) | MO_LE;
    bool of_its = g_test_rand_bit();
    hwaddr addr = of_its ? ITS + its[g_test_rand_int_range(0, ARRAY_SIZE(its))]
                         : redist(g_test_rand_int_range(0, NUM_CPUS)) +
                               redistributors[g_test_rand_int_range(0, ARRAY_SIZE(redistributors))];
    uint64_t value = g_test_rand_bit() ? random_word()
                                       : (random_place() & ~0xffffull) | (random_word() & 0xffff) |
                                             (random_word() & (VALID | INDIRECT));

    if (g_test_rand_int_range(0, 8) == 0) {
        address_space_ld(&address_space_memory, addr, op, MEMTXATTRS_UNSPECIFIED, NULL);
    } else {
        address_space_st(&address_space_memory, addr, value, op, MEMTXATTRS_UNSPECIFIED, NULL);
    }
}

static void test_random_guests(Fixture *f, gconstpointer data)
{
    for (int i = 0; i < 60000; i++) {
        unsigned cpu = g_test_rand_int_range(0, NUM_CPUS);

        switch (g_test_rand_int_range(0, 8)) {
        case 0:
            if (g_test_rand_int_range(0, 4) == 0) {
                random_register(f);
            }
            break;
        case 1:
            put(RAM + g_test_rand_int_range(0, 0x60000) / 8 * 8, random_word(), DOUBLE);
            break;
        case 2:
            take(f, cpu);
            break;
        case 3:
            message(g_test_rand_bit() ? SENDER : g_test_rand_int_range(0, 0x10000),
                    g_test_rand_int_range(0, 40));
            break;
        default:
            random_command(f);
        }
        if (i % 500 == 0) { /* back to where something works */
            put(ITS + GITS_CTLR, 0, WORD);
            enable_its();
            f->end = 0;
            for (unsigned n = 0; n < NUM_CPUS; n++) {
                put(redist(n) + GICR_CTLR, 0, WORD);
                enable_lpis(n);
            }
            mapc(f, 0, 0);
            mapc(f, 1, 1);
            mapd(f, SENDER, EVENT_TABLE, EVENTS);
        }
    }
}

/* The largest ring, full of the command that takes longest: not in one go. */
static void test_a_full_ring_takes_time(Fixture *f, gconstpointer data)
{
    hwaddr ring = RAM + 0x800000, before = 0, at;

    put(redist(0) + GICR_CTLR, 0, WORD);
    for (unsigned irq = FIRST_LPI; irq < 65536; irq += 64) {
        put(PENDING(0) + irq / 8, UINT64_MAX, DOUBLE);
    }
    put(redist(0) + GICR_CTLR, 1, WORD);
    put(ITS + GITS_CTLR, 0, WORD);
    put(ITS + GITS_CBASER, VALID | ring | 0xff, DOUBLE);
    for (unsigned i = 0; i < 1 * MiB; i += 32) {
        put(ring + i, 0x0d, DOUBLE);
    }
    put(ITS + GITS_CWRITER, 0xfffe0, DOUBLE);
    put(ITS + GITS_CTLR, 1, WORD);
    for (int i = 0; i < 10; i++) {
        at = get(ITS + GITS_CREADR, DOUBLE);
        g_assert_cmphex(at, >, before);
        g_assert_cmphex(at, <=, before + 100 * 32);
        before = at;
        test_advance_ns(10000);
    }
    put(ITS + GITS_CTLR, 0, WORD);
    at = get(ITS + GITS_CREADR, DOUBLE);
    test_advance_ns(100000);
    g_assert_cmphex(get(ITS + GITS_CREADR, DOUBLE), ==, at);
    put(ITS + GITS_CWRITER, (at + 32 * 1000) % 0x100000, DOUBLE);
    put(ITS + GITS_CTLR, 1, WORD);
    test_advance_ns(1000000);
    g_assert_cmphex(get(ITS + GITS_CREADR, DOUBLE), ==, (at + 32 * 1000) % 0x100000);
}

int main(int argc, char **argv)
{
    device_test_init(&argc, &argv);
    memory_map_init();
    g_test_add_func("/arm-gicv3-its/needs-a-gic-with-lpis", test_needs_a_gic_with_lpis);
#define TEST(name, function, before, security)                                                     \
    g_test_add("/arm-gicv3-its/" name, Fixture, security, before, function, tear_down)
    TEST("identifies-itself", test_identifies_itself, set_up_bare, NULL);
    TEST("messages-become-interrupts", test_messages_become_interrupts, set_up, NULL);
    TEST("others-messages-are-lost", test_others_messages_are_lost, set_up, NULL);
    TEST("priority-and-enable-are-in-memory", test_priority_and_enable_are_in_memory, set_up, NULL);
    TEST("commands-set-and-clear", test_commands_set_and_clear, set_up, NULL);
    TEST("events-move", test_events_move, set_up, NULL);
    TEST("nonsense-is-skipped", test_nonsense_is_skipped, set_up, NULL);
    TEST("the-ring-stalls-where-memory-is-missing", test_the_ring_stalls_where_memory_is_missing,
         set_up, NULL);
    TEST("tables-have-one-level-or-two", test_tables_have_one_level_or_two, set_up, NULL);
    TEST("the-ring-is-a-ring", test_the_ring_is_a_ring, set_up, NULL);
    TEST("pending-ones-are-in-memory-while-disabled",
         test_pending_ones_are_in_memory_while_disabled, set_up, NULL);
    TEST("two-security-states-leave-half-of-the-priorities",
         test_two_security_states_leave_half_of_the_priorities, set_up, "security");
    TEST("snapshots-have-what-is-pending", test_snapshots_have_what_is_pending, set_up, NULL);
    TEST("ends-of-guests-lpis-are-not-counted", test_ends_of_guests_lpis_are_not_counted,
         set_up_bare, NULL);
    TEST("random-guests", test_random_guests, set_up, NULL);
    TEST("a-full-ring-takes-time", test_a_full_ring_takes_time, set_up, NULL);
    return g_test_run();
}
