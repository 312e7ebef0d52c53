/*
 * SMMUv3: streams find their translation, faults become events, commands invalidate, and guests that
 * say nonsense do no harm.
 *
 * SPDX-License-Identifier: MIT
 */
#include "pci-test.h"
#include "hw/arm/smmuv3.h"
#include "hw/pci/pci_bridge.h"
#include "hw/pci-host/gpex.h"
#include "qemu/main-loop.h"
#include "system/address-spaces.h"
#include "system/iommu.h"

#define SMMU      0x09050000ull
#define RAM       0x40000000ull
#define RAM_SIZE  (16 * MiB)
#define STREAMS   (RAM + 0x10000)
#define STREAMS_1 (RAM + 0x20000) /* level 1 */
#define CONTEXT   (RAM + 0x30000)
#define TABLE_1   (RAM + 0x40000) /* of stage 1: levels 1, 2, 3 a page each */
#define TABLE_2   (RAM + 0x50000) /* of stage 2: levels 1 and 2 */
#define COMMANDS  (RAM + 0x60000)
#define EVENTS    (RAM + 0x70000)
#define DATA      (RAM + 0x80000)
#define MESSAGE   (RAM + 0x90000)
#define NOWHERE   0x30000000ull

enum { STREAM = 0x18, COMMAND_BITS = 5, EVENT_BITS = 2 };

enum {
    IDR0 = 0x00, IDR1 = 0x04, CR0 = 0x20, CR0ACK = 0x24, CR2 = 0x2c, GBPA = 0x44, IRQ_CTRL = 0x50,
    GERROR = 0x60, GERRORN = 0x64, STRTAB_BASE = 0x80, STRTAB_BASE_CFG = 0x88, CMDQ_BASE = 0x90,
    CMDQ_PROD = 0x98, CMDQ_CONS = 0x9c, EVENTQ_BASE = 0xa0, EVENTQ_IRQ_CFG0 = 0xb0,
    EVENTQ_IRQ_CFG1 = 0xb8, EVENTQ_PROD = 0x100a8, EVENTQ_CONS = 0x100ac,
};

#define WORD   (MO_LE | MO_32)
#define DOUBLE (MO_LE | MO_64)

/* Descriptors */
enum { PAGE = 3, BLOCK = 1, TABLE = 3, AF = 1 << 10, USER = 1 << 6, READ_ONLY = 1 << 7 };
enum { S2_RW = 3 << 6 };

typedef struct Fixture {
    PciTest pci;
    DeviceState *smmu;
    AddressSpace *space;
    MemoryRegion ram;
    TestLine lines[SMMUV3_NB_IRQS];
    unsigned commands;
} Fixture;

static Fixture fixture;

static uint64_t get(hwaddr addr, MemOp op)
{
    return rd(&address_space_memory, addr, op);
}

static void put(hwaddr addr, uint64_t value, MemOp op)
{
    wr(&address_space_memory, addr, value, op);
}

/* ---- What a guest does ---- */

static void command(Fixture *f, uint64_t c0, uint64_t c1)
{
    hwaddr at = COMMANDS + (f->commands & 31) * 16;

    put(at, c0, DOUBLE);
    put(at + 8, c1, DOUBLE);
    f->commands = (f->commands + 1) & 63;
    put(SMMU + CMDQ_PROD, f->commands, WORD);
}

static void invalidate_configuration(Fixture *f)
{
    command(f, 0x04, 31);
}

static void invalidate_page(Fixture *f, uint64_t address)
{
    command(f, 0x12, address | 1);
}

static void set_ste(hwaddr at, unsigned config)
{
    put(at, 1 | config << 1 | CONTEXT, DOUBLE);
    put(at + 8, 0, DOUBLE);
    /* 32 bits, from level 1, 4 KiB, 44 bits out, AArch64, faults are recorded */
    put(at + 16, 32ull << 32 | 1ull << 38 | 4ull << 48 | 1ull << 51 | 1ull << 58, DOUBLE);
    put(at + 24, TABLE_2, DOUBLE);
}

/* 39 bits below, nothing above; 44 bits out, AArch64, faults are recorded and abort. */
#define CD_0 (25 | 1ull << 30 | 1ull << 31 | 4ull << 32 | 1ull << 41 | 1ull << 45 | 1ull << 46)

static void set_cd(uint64_t word0)
{
    put(CONTEXT, word0, DOUBLE);
    put(CONTEXT + 8, TABLE_1, DOUBLE);
}

/* An address below 2 MiB. */
static void map_page(uint64_t address, uint64_t desc)
{
    put(TABLE_1 + 0x2000 + (address >> 12) * 8, desc, DOUBLE);
}

static void enable(void)
{
    put(SMMU + STRTAB_BASE, STREAMS, DOUBLE);
    put(SMMU + STRTAB_BASE_CFG, 8, WORD);
    put(SMMU + CMDQ_BASE, COMMANDS | COMMAND_BITS, DOUBLE);
    put(SMMU + EVENTQ_BASE, EVENTS | EVENT_BITS, DOUBLE);
    put(SMMU + CMDQ_PROD, 0, WORD);
    put(SMMU + CMDQ_CONS, 0, WORD);
    put(SMMU + IRQ_CTRL, 5, WORD);
    put(SMMU + CR0, 0xd, WORD);
}

/* ---- What a function does ---- */

static bool load(Fixture *f, uint64_t address, uint64_t *value)
{
    MemTxResult result;

    *value = address_space_ld(f->space, address, DOUBLE, (MemTxAttrs){ .requester_id = STREAM }, &result);
    return result == MEMTX_OK;
}

static bool store(Fixture *f, uint64_t address, uint64_t value)
{
    MemTxResult result;

    address_space_st(f->space, address, value, DOUBLE, (MemTxAttrs){ .requester_id = STREAM }, &result);
    return result == MEMTX_OK;
}

static void loads(Fixture *f, uint64_t address, uint64_t expected)
{
    uint64_t value;

    g_assert_true(load(f, address, &value));
    g_assert_cmphex(value, ==, expected);
}

static void fails(Fixture *f, uint64_t address)
{
    uint64_t value;

    g_assert_false(load(f, address, &value));
}

/* The oldest event, which is of that kind; its doublewords 1 to 3. */
static void expect_event(Fixture *f, unsigned number, uint64_t *rest)
{
    uint32_t cons = get(SMMU + EVENTQ_CONS, WORD);
    hwaddr at = EVENTS + (cons & 3) * 32;

    main_loop_wait(true);
    g_assert_cmphex(get(SMMU + EVENTQ_PROD, WORD), !=, cons);
    g_assert_cmphex(get(at, DOUBLE), ==, number | (uint64_t)STREAM << 32);
    for (int i = 1; rest && i < 4; i++) {
        rest[i] = get(at + 8 * i, DOUBLE);
    }
    put(SMMU + EVENTQ_CONS, (cons + 1) & 7, WORD);
}

static void expect_no_event(void)
{
    main_loop_wait(true);
    g_assert_cmphex(get(SMMU + EVENTQ_PROD, WORD), ==, get(SMMU + EVENTQ_CONS, WORD));
}

/* ---- Fixture: stage 1 maps 1000 to DATA, 2000 for reading; stage 2 maps RAM's 2 MiB to themselves ---- */

static void set_up(Fixture *unused, const void *data)
{
    Fixture *f = &fixture;

    memset(memory_region_get_ram_ptr(&f->ram), 0, RAM_SIZE);
    device_cold_reset(f->smmu);
    for (unsigned i = 0; i < SMMUV3_NB_IRQS; i++) {
        f->lines[i].rises = 0;
    }
    f->commands = 0;
    set_ste(STREAMS + STREAM * 64, 5);
    set_cd(CD_0);
    put(TABLE_1, (TABLE_1 + 0x1000) | TABLE, DOUBLE);
    put(TABLE_1 + 0x1000, (TABLE_1 + 0x2000) | TABLE, DOUBLE);
    map_page(0x1000, DATA | PAGE | AF | USER);
    map_page(0x2000, (DATA + 0x1000) | PAGE | AF | USER | READ_ONLY);
    put(TABLE_2 + 8, (TABLE_2 + 0x1000) | TABLE, DOUBLE);
    put(TABLE_2 + 0x1000, RAM | BLOCK | AF | S2_RW, DOUBLE);
    put(DATA, 0x1111, DOUBLE);
    put(DATA + 0x1000, 0x2222, DOUBLE);
    put(DATA + 0x3000, 0x4444, DOUBLE);
}

static void test_identifies_itself(Fixture *u, const void *data)
{
    g_assert_cmphex(get(SMMU + IDR0, WORD) & 0x1f, ==, 0x1b); /* both stages, AArch64, coherent */
    g_assert_cmphex(get(SMMU + IDR1, WORD) & 0x3f, ==, 16);
    put(SMMU + IDR0, 0, WORD);
    g_assert_cmphex(get(SMMU + IDR0, WORD) & 3, ==, 3);
}

static void test_off_it_lets_through_or_aborts(Fixture *u, const void *data)
{
    Fixture *f = &fixture;

    loads(f, DATA, 0x1111);
    put(SMMU + GBPA, 1u << 20, WORD); /* without UPDATE */
    loads(f, DATA, 0x1111);
    put(SMMU + GBPA, 1u << 31 | 1u << 20, WORD);
    g_assert_cmphex(get(SMMU + GBPA, WORD), ==, 1u << 20);
    fails(f, DATA);
    expect_no_event();
}

static void test_stage_1(Fixture *u, const void *data)
{
    Fixture *f = &fixture;
    uint64_t event[4];

    enable();
    g_assert_cmphex(get(SMMU + CR0ACK, WORD), ==, 0xd);
    loads(f, 0x1000, 0x1111);
    loads(f, 0x2000, 0x2222);
    g_assert_true(store(f, 0x1008, 0x3333));
    g_assert_cmphex(get(DATA + 8, DOUBLE), ==, 0x3333);
    g_assert_false(store(f, 0x2008, 0x3333));
    g_assert_cmphex(get(DATA + 0x1008, DOUBLE), ==, 0);
    expect_event(f, 0x13, event);
    g_assert_cmphex(event[1], ==, 2ull << 40); /* a write, of the input address */
    g_assert_cmphex(event[2], ==, 0x2008);
    g_assert_cmpint(f->lines[SMMUV3_IRQ_EVENT].rises, ==, 1);
    fails(f, 0x3008);
    expect_event(f, 0x10, event);
    g_assert_cmphex(event[1], ==, 1ull << 35 | 2ull << 40);
    g_assert_cmphex(event[2], ==, 0x3008);
    fails(f, 1ull << 40);
    expect_event(f, 0x10, NULL);
    map_page(0x3000, (DATA + 0x3000) | PAGE | USER);
    fails(f, 0x3000);
    expect_event(f, 0x12, NULL);
    map_page(0x3000, 1ull << 46 | PAGE | USER | AF);
    fails(f, 0x3000);
    expect_event(f, 0x11, NULL);
    expect_no_event();
}

static void test_the_access_flag_can_be_ignored(Fixture *u, const void *data)
{
    Fixture *f = &fixture;

    map_page(0x3000, (DATA + 0x3000) | PAGE | USER);
    set_cd(CD_0 | 1ull << 35);
    enable();
    loads(f, 0x3000, 0x4444);
}

static void test_faults_are_recorded_if_asked_for(Fixture *u, const void *data)
{
    set_cd(CD_0 & ~(1ull << 45));
    enable();
    fails(&fixture, 0x3000);
    expect_no_event();
}

static void test_translations_stay_until_they_are_invalidated(Fixture *u, const void *data)
{
    Fixture *f = &fixture;

    enable();
    loads(f, 0x1000, 0x1111);
    map_page(0x1000, (DATA + 0x1000) | PAGE | AF | USER);
    loads(f, 0x1000, 0x1111);
    invalidate_page(f, 0x2000);
    loads(f, 0x1000, 0x1111);
    invalidate_page(f, 0x1000);
    loads(f, 0x1000, 0x2222);
    map_page(0x1000, 0);
    command(f, 0x11, 0); /* CMD_TLBI_NH_ASID */
    fails(f, 0x1000);
    expect_event(f, 0x10, NULL);
}

static struct {
    unsigned told;
    hwaddr first, last;
} heard;

static void gone(IOMMUNotifier *n, IOMMUTLBEntry *entry)
{
    heard.told++;
    heard.first = entry->iova;
    heard.last = entry->iova + entry->addr_mask;
}

/* What is invalid by the time that CMD_SYNC is done. */
static void expect_gone(Fixture *f, unsigned told, hwaddr first, hwaddr last)
{
    command(f, 0x46, 0);
    g_assert_cmpuint(heard.told, ==, told);
    g_assert_cmphex(heard.first, ==, first);
    g_assert_cmphex(heard.last, ==, last);
}

static void test_notifiers_hear_what_is_gone(Fixture *u, const void *data)
{
    Fixture *f = &fixture;
    IOMMUNotifier n;

    iommu_notifier_init(&n, gone, IOMMU_NOTIFIER_UNMAP, 0, UINT64_MAX, 0);
    memory_region_register_iommu_notifier(f->space->root, &n, &error_abort);
    enable();
    command(f, 0x46, 0);
    heard.told = 0;
    loads(f, 0x1000, 0x1111);
    invalidate_page(f, 0x5000);
    g_assert_cmpuint(heard.told, ==, 0);
    expect_gone(f, 1, 0x5000, 0x5fff);
    invalidate_page(f, 0x6000);
    invalidate_page(f, 0x7000);
    expect_gone(f, 2, 0x6000, 0x7fff);
    command(f, 0x11, 0); /* CMD_TLBI_NH_ASID */
    expect_gone(f, 3, 0, UINT64_MAX);
    expect_gone(f, 3, 0, UINT64_MAX); /* nothing more */
    memory_region_unregister_iommu_notifier(f->space->root, &n);
}

static void test_one_address_invalidates_a_block(Fixture *u, const void *data)
{
    Fixture *f = &fixture;

    put(TABLE_1 + 0x1008, RAM | BLOCK | AF | USER, DOUBLE);
    enable();
    loads(f, 0x280000, 0x1111);
    put(TABLE_1 + 0x1008, 0, DOUBLE);
    loads(f, 0x280000, 0x1111);
    invalidate_page(f, 0x200000);
    fails(f, 0x280000);
}

/* Those of the upper half have bits above those that tables know; those with tags may have any. */
static void test_one_address_invalidates_whatever_is_above_it(Fixture *u, const void *data)
{
    const uint64_t upper = 0xffffff8000001000, tagged = 0x5a00000000001000;
    Fixture *f = &fixture;

    set_cd((CD_0 & ~(1ull << 30)) | 25 << 16 | 2 << 22 | 1ull << 38);
    put(CONTEXT + 16, TABLE_1, DOUBLE);
    enable();
    loads(f, upper, 0x1111);
    map_page(0x1000, (DATA + 0x1000) | PAGE | AF | USER);
    loads(f, upper, 0x1111);
    invalidate_page(f, upper);
    loads(f, upper, 0x2222);
    loads(f, tagged, 0x2222);
    map_page(0x1000, DATA | PAGE | AF | USER);
    loads(f, tagged, 0x2222);
    invalidate_page(f, 0x1000);
    loads(f, tagged, 0x1111);
}

/* Behind a port the guest decides what a function's number is. */
static void test_another_bus_number_is_another_stream(Fixture *u, const void *data)
{
    Fixture *f = &fixture;
    DeviceState *host = qdev_new(TYPE_GPEX_HOST);
    AddressSpace *space = f->space;
    PCIBus *root, *bus;
    PCIDevice *port;

    sysbus_realize(SYS_BUS_DEVICE(host), &error_abort);
    root = gpex_bus(GPEX_HOST(host));
    arm_smmuv3_attach(f->smmu, root);
    port = pci_create_simple(root, PCI_DEVFN(4, 0), "pcie-root-port");
    bus = pci_bridge_get_sec_bus(port);
    pci_create_simple(bus, 0, "virtio-rng-pci");
    f->space = root->iommu_fn(bus, root->iommu_opaque, 0);

    pci_default_write_config(port, PCI_SECONDARY_BUS, 1, 1);
    set_ste(STREAMS + 0x100 * 64, 5);
    set_ste(STREAMS + 0x200 * 64, 4); /* bypass */
    enable();
    put(SMMU + STRTAB_BASE_CFG, 10, WORD);
    loads(f, 0x1000, 0x1111);
    pci_default_write_config(port, PCI_SECONDARY_BUS, 2, 1);
    loads(f, DATA, 0x1111);
    fails(f, 0x1000);
    pci_default_write_config(port, PCI_SECONDARY_BUS, 1, 1);
    loads(f, 0x1000, 0x1111);
    f->space = space;
}

static void test_configurations_stay_until_they_are_invalidated(Fixture *u, const void *data)
{
    Fixture *f = &fixture;

    enable();
    loads(f, 0x1000, 0x1111);
    set_ste(STREAMS + STREAM * 64, 4); /* bypass */
    loads(f, 0x1000, 0x1111);
    invalidate_configuration(f);
    loads(f, DATA, 0x1111);
    set_ste(STREAMS + STREAM * 64, 0); /* abort, without an event */
    command(f, 0x03 | (uint64_t)STREAM << 32, 1);
    fails(f, DATA);
    expect_no_event();
}

static void test_stream_tables_of_two_levels(Fixture *u, const void *data)
{
    Fixture *f = &fixture;

    enable();
    put(SMMU + STRTAB_BASE, STREAMS_1, DOUBLE);
    put(SMMU + STRTAB_BASE_CFG, 1 << 16 | 6 << 6 | 8, WORD);
    fails(f, 0x1000);
    expect_no_event();
    put(SMMU + CR2, 2, WORD); /* RECINVSID */
    fails(f, 0x1000);
    expect_event(f, 0x02, NULL);
    put(STREAMS_1, STREAMS | 5, DOUBLE); /* 16: one too few */
    fails(f, 0x1000);
    expect_event(f, 0x02, NULL);
    put(STREAMS_1, STREAMS | 6, DOUBLE);
    loads(f, 0x1000, 0x1111);
    invalidate_configuration(f);
    put(STREAMS_1, NOWHERE | 6, DOUBLE);
    fails(f, 0x1000);
    expect_event(f, 0x03, NULL);
}

static void test_structures_that_make_no_sense(Fixture *u, const void *data)
{
    Fixture *f = &fixture;

    enable();
    put(STREAMS + STREAM * 64, 0, DOUBLE);
    fails(f, 0x1000);
    expect_event(f, 0x04, NULL);
    set_ste(STREAMS + STREAM * 64, 5);
    set_cd(CD_0 & ~(1ull << 31));
    fails(f, 0x1000);
    expect_event(f, 0x0a, NULL);
    set_cd(CD_0 & ~(1ull << 46)); /* doesn't abort */
    fails(f, 0x1000);
    expect_event(f, 0x0a, NULL);
    put(STREAMS + STREAM * 64, 1 | 5 << 1 | NOWHERE, DOUBLE);
    fails(f, 0x1000);
    expect_event(f, 0x09, NULL);
    set_ste(STREAMS + STREAM * 64, 6);
    put(STREAMS + STREAM * 64 + 16, 0, DOUBLE); /* tables of AArch32 */
    fails(f, 0x1000);
    expect_event(f, 0x04, NULL);
    set_ste(STREAMS + STREAM * 64, 6);
    put(STREAMS + STREAM * 64 + 16, get(STREAMS + STREAM * 64 + 16, DOUBLE) | 1ull << 57, DOUBLE);
    fails(f, 0x1000); /* stalls */
    expect_event(f, 0x04, NULL);
    set_ste(STREAMS + STREAM * 64, 5);
    set_cd(CD_0);
    put(TABLE_1, NOWHERE | TABLE, DOUBLE);
    fails(f, 0x1000);
    expect_event(f, 0x0b, NULL);
}

static void test_stage_2(Fixture *u, const void *data)
{
    Fixture *f = &fixture;
    uint64_t event[4];

    set_ste(STREAMS + STREAM * 64, 6);
    enable();
    loads(f, DATA, 0x1111);
    fails(f, RAM + 0x200000);
    expect_event(f, 0x10, event);
    g_assert_cmphex(event[1], ==, 1ull << 35 | 1ull << 39 | 2ull << 40);
    g_assert_cmphex(event[3], ==, RAM + 0x200000);
    put(TABLE_2 + 0x1000, RAM | BLOCK | AF | 1 << 6, DOUBLE);
    command(f, 0x2a, DATA);
    loads(f, DATA, 0x1111);
    g_assert_false(store(f, DATA, 0));
    expect_event(f, 0x13, NULL);
}

static void test_both_stages(Fixture *u, const void *data)
{
    Fixture *f = &fixture;
    uint64_t event[4];

    set_ste(STREAMS + STREAM * 64, 7);
    enable();
    loads(f, 0x1000, 0x1111);
    map_page(0x3000, NOWHERE | PAGE | AF | USER);
    fails(f, 0x3000);
    expect_event(f, 0x10, event);
    g_assert_cmphex(event[1], ==, 1ull << 35 | 1ull << 39 | 2ull << 40);
    g_assert_cmphex(event[2], ==, 0x3000);
    g_assert_cmphex(event[3], ==, NOWHERE);
    put(TABLE_1 + 8, NOWHERE | TABLE, DOUBLE); /* a table that stage 2 doesn't have */
    fails(f, 1 << 30);
    expect_event(f, 0x10, event);
    g_assert_cmphex(event[1], ==, 1ull << 35 | 1ull << 39 | 1ull << 40);
    g_assert_cmphex(event[3], ==, NOWHERE);
    put(TABLE_2 + 0x1000, 0, DOUBLE); /* not even the context descriptor */
    invalidate_configuration(f);
    fails(f, 0x1000);
    expect_event(f, 0x10, event);
    g_assert_cmphex(event[1], ==, 1ull << 35 | 1ull << 39);
    put(TABLE_2 + 8, NOWHERE | TABLE, DOUBLE); /* a table on the way to it that isn't there */
    fails(f, 0x1008);
    expect_event(f, 0x0b, event);
    g_assert_cmphex(event[1], ==, 1ull << 35 | 1ull << 39);
    g_assert_cmphex(event[2], ==, 0x1008);
    g_assert_cmphex(event[3], ==, NOWHERE);
}

static void test_a_wrong_command_stops_the_ring(Fixture *u, const void *data)
{
    Fixture *f = &fixture;

    enable();
    command(f, 0x46, 0);
    g_assert_cmphex(get(SMMU + CMDQ_CONS, WORD), ==, 1);
    command(f, 0xff, 0);
    g_assert_cmphex(get(SMMU + CMDQ_CONS, WORD), ==, 1 | 1 << 24);
    g_assert_cmphex(get(SMMU + GERROR, WORD), ==, 1);
    g_assert_cmpint(f->lines[SMMUV3_IRQ_ERROR].rises, ==, 1);
    command(f, 0x46, 0);
    g_assert_cmphex(get(SMMU + CMDQ_CONS, WORD) & 63, ==, 1);
    put(COMMANDS + 16, 0x46, DOUBLE);
    put(SMMU + GERRORN, 1, WORD);
    g_assert_cmphex(get(SMMU + CMDQ_CONS, WORD), ==, 3);
    put(SMMU + CR0, 5, WORD);
    put(SMMU + CMDQ_BASE, NOWHERE | COMMAND_BITS, DOUBLE);
    put(SMMU + CR0, 0xd, WORD);
    put(SMMU + CMDQ_PROD, 4, WORD);
    g_assert_cmphex(get(SMMU + CMDQ_CONS, WORD), ==, 3 | 2 << 24);
}

static void test_the_ring_is_a_ring(Fixture *u, const void *data)
{
    Fixture *f = &fixture;

    enable();
    for (unsigned i = 0; i < 100; i++) {
        command(f, 0x46, 0);
        g_assert_cmphex(get(SMMU + CMDQ_CONS, WORD), ==, f->commands);
    }
}

static void test_messages(Fixture *u, const void *data)
{
    Fixture *f = &fixture;

    put(SMMU + EVENTQ_IRQ_CFG0, MESSAGE, DOUBLE);
    put(SMMU + EVENTQ_IRQ_CFG1, 77, WORD);
    enable();
    command(f, 0x46 | 1 << 12 | 55ull << 32, MESSAGE + 8);
    g_assert_cmphex(get(MESSAGE + 8, WORD), ==, 55);
    command(f, 0x46 | 1 << 12, 0);
    g_assert_cmpint(f->lines[SMMUV3_IRQ_SYNC].rises, ==, 1);
    fails(f, 0x3000);
    expect_event(f, 0x10, NULL);
    g_assert_cmphex(get(MESSAGE, WORD), ==, 77);
    g_assert_cmpint(f->lines[SMMUV3_IRQ_EVENT].rises, ==, 0);
    g_assert_cmphex(get(SMMU + GERROR, WORD), ==, 0);
    command(f, 0x46 | 1 << 12, NOWHERE);
    g_assert_cmphex(get(SMMU + GERROR, WORD), ==, 1 << 4);
    put(SMMU + EVENTQ_IRQ_CFG0, NOWHERE, DOUBLE);
    fails(f, 0x3000);
    expect_event(f, 0x10, NULL);
    g_assert_cmphex(get(SMMU + GERROR, WORD), ==, 1 << 4 | 1 << 5);
    g_assert_cmpint(f->lines[SMMUV3_IRQ_ERROR].rises, ==, 2);
}

static void test_events_overflow(Fixture *u, const void *data)
{
    Fixture *f = &fixture;

    enable();
    for (unsigned i = 0; i < 6; i++) {
        fails(f, 0x3000 + 0x1000 * i);
    }
    main_loop_wait(true);
    g_assert_cmphex(get(SMMU + EVENTQ_PROD, WORD), ==, 1u << 31 | 4);
    put(SMMU + EVENTQ_CONS, 1u << 31 | 4, WORD);
    fails(f, 0x3000);
    main_loop_wait(true);
    g_assert_cmphex(get(SMMU + EVENTQ_PROD, WORD), ==, 1u << 31 | 5);
    put(SMMU + CR0, 9, WORD); /* no queue */
    fails(f, 0x3000);
    main_loop_wait(true);
    g_assert_cmphex(get(SMMU + EVENTQ_PROD, WORD), ==, 1u << 31 | 5);
}

static void test_snapshots(Fixture *u, const void *data)
{
    Fixture *f = &fixture;

    enable();
    loads(f, 0x1000, 0x1111);
    map_page(0x1000, (DATA + 0x1000) | PAGE | AF | USER);
    test_copy_state(f->smmu, f->smmu);
    loads(f, 0x1000, 0x2222);
    g_assert_cmphex(get(SMMU + CR0ACK, WORD), ==, 0xd);
}

/* Whatever stands in registers and memory: no crash, and accesses end. */
static void test_random_guests(Fixture *u, const void *data)
{
    Fixture *f = &fixture;
    GRand *r = g_rand_new_with_seed(1);

    for (unsigned round = 0; round < 3000; round++) {
        hwaddr reg = g_rand_int_range(r, 0, 0x100) & ~3;
        uint64_t value;

        switch (g_rand_int_range(r, 0, 4)) {
        case 0:
            put(SMMU + reg, g_rand_int(r), WORD);
            break;
        case 1:
            enable();
            put(SMMU + STRTAB_BASE_CFG, g_rand_int(r), WORD);
            break;
        case 2:
            put(RAM + (g_rand_int(r) & 0x7fff8), (uint64_t)g_rand_int(r) << 32 | g_rand_int(r), DOUBLE);
            break;
        default:
            load(f, g_rand_int(r), &value);
            store(f, (uint64_t)g_rand_int(r) << 16, value);
        }
        main_loop_wait(true);
    }
    g_rand_free(r);
}

int main(int argc, char **argv)
{
    Fixture *f = &fixture;

    device_test_init(&argc, &argv);
    memory_map_init();
    memory_region_init_ram(&f->ram, NULL, "smmu-test-ram", RAM_SIZE, &error_abort);
    memory_region_add_subregion(get_system_memory(), RAM, &f->ram);
    pci_test_init(&f->pci);
    f->smmu = qdev_new(TYPE_ARM_SMMUV3);
    sysbus_realize(SYS_BUS_DEVICE(f->smmu), &error_abort);
    sysbus_mmio_map(SYS_BUS_DEVICE(f->smmu), 0, SMMU);
    for (unsigned i = 0; i < SMMUV3_NB_IRQS; i++) {
        sysbus_connect_irq(SYS_BUS_DEVICE(f->smmu), i, test_line(&f->lines[i]));
    }
    arm_smmuv3_attach(f->smmu, f->pci.bus);
    f->space = f->pci.bus->iommu_fn(f->pci.bus, f->pci.bus->iommu_opaque, STREAM);
#define TEST(name, function) g_test_add("/arm-smmuv3/" name, Fixture, NULL, set_up, function, NULL)
    TEST("identifies-itself", test_identifies_itself);
    TEST("off-it-lets-through-or-aborts", test_off_it_lets_through_or_aborts);
    TEST("stage-1", test_stage_1);
    TEST("the-access-flag-can-be-ignored", test_the_access_flag_can_be_ignored);
    TEST("faults-are-recorded-if-asked-for", test_faults_are_recorded_if_asked_for);
    TEST("translations-stay-until-they-are-invalidated", test_translations_stay_until_they_are_invalidated);
    TEST("notifiers-hear-what-is-gone", test_notifiers_hear_what_is_gone);
    TEST("one-address-invalidates-a-block", test_one_address_invalidates_a_block);
    TEST("one-address-invalidates-whatever-is-above-it",
         test_one_address_invalidates_whatever_is_above_it);
    TEST("another-bus-number-is-another-stream", test_another_bus_number_is_another_stream);
    TEST("configurations-stay-until-they-are-invalidated", test_configurations_stay_until_they_are_invalidated);
    TEST("stream-tables-of-two-levels", test_stream_tables_of_two_levels);
    TEST("structures-that-make-no-sense", test_structures_that_make_no_sense);
    TEST("stage-2", test_stage_2);
    TEST("both-stages", test_both_stages);
    TEST("a-wrong-command-stops-the-ring", test_a_wrong_command_stops_the_ring);
    TEST("the-ring-is-a-ring", test_the_ring_is_a_ring);
    TEST("messages", test_messages);
    TEST("events-overflow", test_events_overflow);
    TEST("snapshots", test_snapshots);
    TEST("random-guests", test_random_guests);
    return g_test_run();
}
