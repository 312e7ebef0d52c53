/*
 * Universe II: windows between PCI and the VMEbus.
 *
 * PCI target images (LSI0-7, 4 KiB units in 0 and 4, else 64 KiB) and the special one (SLSI: 64 MiB
 * in four quadrants of A24, the last 64 KiB of each A16) turn PCI cycles into VME cycles; an access
 * wider than the image's data width becomes several. VME slave images (VSI0-7) turn VME cycles into
 * PCI cycles. Bytes keep their addresses on the way, whatever either side's byte order is.
 *
 * A coupled cycle that fails fails on the other side, too: a VME bus error is a target abort, an
 * abort on PCI is a bus error. A posted write has succeeded long before: its address goes to a log,
 * V_AMERR and VAERR or L_CMDERR and LAERR, and raises VERR or LERR. That a posted write takes time
 * doesn't show.
 *
 * Reference: Universe II VME-to-PCI Bus Bridge Manual, chapters "PCI slave images", "VMEbus slave
 * images" and "Error handling", by way of public register descriptions (see universe.c).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/log.h"
#include "qemu/units.h"
#include "universe-internal.h"

#define SLSI_SIZE     (64 * MiB)
#define SLSI_QUADRANT 0x01000000u
#define SLSI_A16      0x00ff0000u /* from here up, each quadrant is A16 */

#define VAS_A16   0
#define VAS_A24   1
#define VAS_A32   2
#define VAS_CRCSR 5
#define VAS_USER1 6
#define VAS_USER2 7

/* Control registers of images on the VMEbus. */
#define SLAVE_PROGRAM    0x00800000u
#define SLAVE_DATA       0x00400000u
#define SLAVE_SUPERVISOR 0x00200000u
#define SLAVE_USER       0x00100000u
#define SLAVE_LAS        0x00000003u /* memory, I/O, configuration */

#define SCYC_RMW  1
#define SCYC_ADOH 2
#define SCYC_IO   4

#define V_AMERR_M_ERR 0x01000000u
#define L_CMDERR_M_ERR 0x08000000u
#define LOG_VALID     0x00800000u
#define PCI_CMD_IO_WRITE  0x3u
#define PCI_CMD_MEM_WRITE 0x7u

#define CSR_IN_CRCSR 0x7f000 /* where a board's CR/CSR space has the registers */
#define CRCSR_SIZE   (512 * KiB)

/* --- error logs --- */

static void log_vme_error(UniverseState *s, uint8_t am, uint32_t addr)
{
    if (universe_reg(s, UNI_V_AMERR) & LOG_VALID) {
        universe_set_bits(s, UNI_V_AMERR, V_AMERR_M_ERR);
    } else {
        register_set(&s->regs, UNI_V_AMERR, (uint32_t)am << 26 | LOG_VALID);
        register_set(&s->regs, UNI_VAERR, addr);
    }
    universe_interrupt(s, UNI_INT_VERR);
}

static void log_pci_error(UniverseState *s, bool io, uint32_t addr)
{
    if (universe_reg(s, UNI_L_CMDERR) & LOG_VALID) {
        universe_set_bits(s, UNI_L_CMDERR, L_CMDERR_M_ERR);
    } else {
        uint32_t command = io ? PCI_CMD_IO_WRITE : PCI_CMD_MEM_WRITE;

        register_set(&s->regs, UNI_L_CMDERR, command << 28 | LOG_VALID);
        register_set(&s->regs, UNI_LAERR, addr);
    }
    universe_interrupt(s, UNI_INT_LERR);
}

/* --- PCI to VME --- */

bool universe_on_bus(UniverseState *s)
{
    return !(universe_reg(s, UNI_MISC_CTL) & UNI_MISC_CTL_BI);
}

uint8_t universe_modifier(UniverseState *s, uint32_t ctl, bool block, unsigned *width)
{
    static const VMESpace spaces[] = {
        [VAS_A16] = VME_A16, [VAS_A24] = VME_A24, [VAS_A32] = VME_A32, [VAS_CRCSR] = VME_CRCSR,
    };
    unsigned vas = ctl >> UNI_VAS_SHIFT & 7;
    uint8_t kinds = (ctl & UNI_PGM ? VME_PROGRAM : VME_DATA) |
                    (ctl & UNI_SUPER ? VME_SUPERVISOR : VME_USER_MODE);

    *width = 1u << (ctl >> UNI_VDW_SHIFT & 3);
    if (block && (ctl & UNI_VCT) && (vas == VAS_A24 || vas == VAS_A32)) {
        return vme_am(spaces[vas], kinds | (*width == 8 ? VME_MBLOCK : VME_BLOCK));
    }
    /* 64 bits go in multiplexed blocks only. */
    *width = MIN(*width, 4);
    switch (vas) {
    case VAS_USER1:
        return universe_reg(s, UNI_USER_AM) >> 26;
    case VAS_USER2:
        return universe_reg(s, UNI_USER_AM) >> 18 & 0x3f;
    case VAS_A16:
    case VAS_A24:
    case VAS_A32:
    case VAS_CRCSR:
        return vme_am(spaces[vas], kinds);
    default:
        return 0; /* a reserved modifier, to which nobody answers */
    }
}

/* What the special image's quadrant says, as an LSIn_CTL. */
static uint32_t slsi_ctl(uint32_t slsi, uint32_t offset)
{
    unsigned quadrant = offset / SLSI_QUADRANT;
    bool a16 = (offset & SLSI_A16) == SLSI_A16;
    unsigned vdw = slsi & (0x00100000u << quadrant) ? 2 : 1;

    return (slsi & (UNI_EN | UNI_PWEN)) | vdw << UNI_VDW_SHIFT |
           (a16 ? VAS_A16 : VAS_A24) << UNI_VAS_SHIFT |
           (slsi & (0x1000u << quadrant) ? UNI_PGM : 0) |
           (slsi & (0x100u << quadrant) ? UNI_SUPER : 0);
}

static uint32_t in_space(uint8_t am, uint32_t addr)
{
    uint64_t size = vme_space_size(vme_modifier(am).space);

    return size ? addr & (uint32_t)(size - 1) : addr;
}

/* The registers for special cycles are little-endian, as PCI carries the data. */
static bool scyc_decide(void *opaque, VMECycle *cycle)
{
    UniverseState *s = opaque;
    uint32_t found = bswap32((uint32_t)cycle->data);
    uint32_t enable = universe_reg(s, UNI_SCYC_EN);
    uint32_t swap = universe_reg(s, UNI_SCYC_SWP);

    if ((found ^ universe_reg(s, UNI_SCYC_CMP)) & enable) {
        return false;
    }
    cycle->data = bswap32((found & ~enable) | (swap & enable));
    return true;
}

typedef struct ScycRead {
    UniverseState *bridge;
    uint64_t found;
} ScycRead;

static bool scyc_remember_and_decide(void *opaque, VMECycle *cycle)
{
    ScycRead *read = opaque;

    read->found = cycle->data;
    return scyc_decide(read->bridge, cycle);
}

/* A read of the special cycle's address becomes a read-modify-write on the VMEbus. */
static bool is_special_cycle(UniverseTarget *t, uint32_t pci_addr, unsigned size, bool io)
{
    UniverseState *s = t->bridge;
    uint32_t ctl = universe_reg(s, UNI_SCYC_CTL);

    return (ctl & 3) && size == 4 && pci_addr == universe_reg(s, UNI_SCYC_ADDR) &&
           !!(ctl & SCYC_IO) == io;
}

static bool special_cycle(UniverseState *s, uint8_t am, uint32_t addr, uint8_t *buf)
{
    VMECycle cycle = { .addr = addr, .am = am, .size = 4 };
    ScycRead read = { s, 0 };

    if ((universe_reg(s, UNI_SCYC_CTL) & 3) != SCYC_RMW) {
        qemu_log_dev(LOG_UNIMP, TYPE_UNIVERSE2, "SCYC_CTL",
                     "address-only cycles not modelled: an ordinary read instead");
        return vme_transfer(s->vme, am, addr, buf, 4, 4, false) == 4;
    }
    if (!vme_read_modify_write(s->vme, &cycle, scyc_remember_and_decide, &read)) {
        return false;
    }
    stl_be_p(buf, (uint32_t)read.found);
    return true;
}

static MemTxResult target_access(UniverseTarget *t, bool io, hwaddr offset, uint64_t *data,
                                 unsigned size, bool write, MemTxAttrs attrs)
{
    UniverseState *s = t->bridge;
    bool special = t->n == UNIVERSE_IMAGES;
    uint32_t ctl = special ? slsi_ctl(universe_reg(s, UNI_SLSI), (uint32_t)offset)
                           : universe_image_reg(s, UNI_LSI_CTL, t->n);
    uint32_t pci_addr = t->base + (uint32_t)offset;
    unsigned width;
    uint8_t am = universe_modifier(s, ctl, false, &width);
    uint32_t addr = in_space(am, special ? (uint32_t)offset
                                         : pci_addr + universe_image_reg(s, UNI_LSI_TO, t->n));
    uint8_t buf[8];
    uint32_t done = 0;

    stn_be_p(buf, (int)size, *data);
    if (!universe_on_bus(s)) {
        qemu_log_dev(LOG_GUEST_ERROR, TYPE_UNIVERSE2, "MISC_CTL",
                     "access to the VMEbus while BI isolates the bridge");
    } else if (!write && is_special_cycle(t, pci_addr, size, io)) {
        done = special_cycle(s, am, addr, buf) ? size : 0;
    } else {
        done = vme_transfer(s->vme, am, addr, buf, size, width, write);
    }
    *data = ldn_be_p(buf, (int)size);
    if (done == size) {
        return MEMTX_OK;
    }
    if (write && (ctl & UNI_PWEN)) {
        log_vme_error(s, am, addr + done);
        return MEMTX_OK;
    }
    *data = UINT64_MAX;
    return pci_target_abort(&s->parent_obj, pci_addr, io, write, attrs);
}

static MemTxResult target_mem_read(void *opaque, hwaddr addr, uint64_t *data, unsigned size,
                                   MemTxAttrs attrs)
{
    *data = 0;
    return target_access(opaque, false, addr, data, size, false, attrs);
}

static MemTxResult target_mem_write(void *opaque, hwaddr addr, uint64_t data, unsigned size,
                                    MemTxAttrs attrs)
{
    return target_access(opaque, false, addr, &data, size, true, attrs);
}

static MemTxResult target_io_read(void *opaque, hwaddr addr, uint64_t *data, unsigned size,
                                  MemTxAttrs attrs)
{
    *data = 0;
    return target_access(opaque, true, addr, data, size, false, attrs);
}

static MemTxResult target_io_write(void *opaque, hwaddr addr, uint64_t data, unsigned size,
                                   MemTxAttrs attrs)
{
    return target_access(opaque, true, addr, &data, size, true, attrs);
}

/* The size of the access stays what it was: it decides which cycles are done. */
#define TARGET_OPS(reader, writer)                                                                 \
    {                                                                                              \
        .read_with_attrs = reader, .write_with_attrs = writer, .endianness = DEVICE_BIG_ENDIAN,    \
        .valid = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },                \
        .impl = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },                 \
    }

static const MemoryRegionOps target_mem_ops = TARGET_OPS(target_mem_read, target_mem_write);
static const MemoryRegionOps target_io_ops = TARGET_OPS(target_io_read, target_io_write);

static void place_target(MemoryRegion *mr, bool open, uint64_t base, uint64_t size)
{
    if (open) {
        memory_region_set_size(mr, size);
        memory_region_set_address(mr, base);
    }
    memory_region_set_enabled(mr, open);
}

static void update_target(UniverseTarget *t)
{
    UniverseState *s = t->bridge;
    bool special = t->n == UNIVERSE_IMAGES;
    uint32_t ctl = universe_reg(s, UNI_SLSI), base = (ctl & 0xfc) << 24;
    uint64_t size = SLSI_SIZE;
    uint16_t command = pci_get_word(s->parent_obj.config + PCI_COMMAND);

    if (!special) {
        uint32_t bound = universe_image_reg(s, UNI_LSI_BD, t->n);

        ctl = universe_image_reg(s, UNI_LSI_CTL, t->n);
        base = universe_image_reg(s, UNI_LSI_BS, t->n);
        size = bound > base ? bound - base : 0;
    }
    t->base = base;
    place_target(&t->mem, (ctl & UNI_EN) && size && !(ctl & 1) && (command & PCI_COMMAND_MEMORY),
                 base, size);
    place_target(&t->io, (ctl & UNI_EN) && size && (ctl & 1) && (command & PCI_COMMAND_IO), base,
                 size);
}

/* --- VME to PCI --- */

bool universe_pci_access(UniverseState *s, bool io, uint32_t addr, void *buf, uint32_t len,
                         bool write)
{
    uint8_t *status = s->parent_obj.config + PCI_STATUS;
    MemTxResult result;

    if (!(pci_get_word(s->parent_obj.config + PCI_COMMAND) & PCI_COMMAND_MASTER)) {
        return false;
    }
    result = io ? address_space_rw(&s->io_as, addr, MEMTXATTRS_UNSPECIFIED, buf, len, write)
                : pci_dma_rw(&s->parent_obj, addr, buf, len,
                             write ? DMA_DIRECTION_FROM_DEVICE : DMA_DIRECTION_TO_DEVICE,
                             MEMTXATTRS_UNSPECIFIED);
    if (result != MEMTX_OK) {
        pci_set_word(status, pci_get_word(status) | (result & MEMTX_DECODE_ERROR
                                                         ? PCI_STATUS_REC_MASTER_ABORT
                                                         : PCI_STATUS_REC_TARGET_ABORT));
    }
    return result == MEMTX_OK;
}

/* `las`: memory, I/O or configuration cycles. */
static bool to_pci(UniverseState *s, unsigned las, uint32_t addr, uint8_t *buf, uint32_t len,
                   bool write, bool posted)
{
    if (las > 1) {
        qemu_log_dev(LOG_UNIMP, TYPE_UNIVERSE2, "LAS",
                     "configuration cycles from the VMEbus not modelled");
        return false;
    }
    if (universe_pci_access(s, las == 1, addr, buf, len, write)) {
        return true;
    }
    if (write && posted) {
        log_pci_error(s, las == 1, addr);
        return true;
    }
    return false;
}

static bool slave_block(void *opaque, uint32_t offset, uint8_t am, uint8_t *buf, uint32_t len,
                        bool write)
{
    UniverseSlave *image = opaque;
    UniverseState *s = image->bridge;
    uint32_t ctl = universe_image_reg(s, UNI_VSI_CTL, image->n);
    uint32_t addr = image->slave.base + offset + universe_image_reg(s, UNI_VSI_TO, image->n);

    return to_pci(s, ctl & SLAVE_LAS, addr, buf, len, write, ctl & UNI_PWEN);
}

static bool slave_cycle(void *opaque, uint32_t offset, VMECycle *cycle)
{
    uint8_t buf[8];

    stn_be_p(buf, cycle->size, cycle->data);
    if (!slave_block(opaque, offset, cycle->am, buf, cycle->size, cycle->write)) {
        return false;
    }
    cycle->data = ldn_be_p(buf, cycle->size);
    return true;
}

/* Which modifiers an image takes; A16 knows no programs. */
static uint8_t kinds_of(uint32_t ctl)
{
    return (ctl & SLAVE_PROGRAM ? VME_PROGRAM : 0) | (ctl & SLAVE_DATA ? VME_DATA : 0) |
           (ctl & SLAVE_SUPERVISOR ? VME_SUPERVISOR : 0) | (ctl & SLAVE_USER ? VME_USER_MODE : 0) |
           ((ctl >> UNI_VAS_SHIFT & 7) == VAS_A16 && (ctl & SLAVE_PROGRAM) ? VME_DATA : 0);
}

/* False: no slave image can be there. */
static bool space_of(uint32_t ctl, VMESpace *space)
{
    unsigned vas = ctl >> UNI_VAS_SHIFT & 7;

    if (vas > VAS_A32 && (ctl & UNI_EN)) {
        qemu_log_dev(LOG_UNIMP, TYPE_UNIVERSE2, "VSI_CTL", "slave images with VAS %u not modelled",
                     vas);
    }
    *space = vas <= VAS_A32 ? (VMESpace)vas : VME_RESERVED;
    return vas <= VAS_A32;
}

static void update_slave(UniverseSlave *image)
{
    UniverseState *s = image->bridge;
    VMESlave *slave = &image->slave;
    uint32_t ctl = universe_image_reg(s, UNI_VSI_CTL, image->n);
    uint32_t bound = universe_image_reg(s, UNI_VSI_BD, image->n);

    slave->kinds = kinds_of(ctl) | VME_BLOCK | VME_MBLOCK;
    slave->base = universe_image_reg(s, UNI_VSI_BS, image->n);
    slave->size = space_of(ctl, &slave->space) && (ctl & UNI_EN) && universe_on_bus(s) &&
                          bound > slave->base
                      ? bound - slave->base
                      : 0;
}

/* --- the bridge's own ranges on the VMEbus --- */

/* Address bits 4 and 3 say which of the four locations it is. Nothing is stored. */
static bool location_monitor_cycle(void *opaque, uint32_t offset, VMECycle *cycle)
{
    universe_interrupt(opaque, UNI_INT_LM(offset >> 3 & 3));
    if (!cycle->write) {
        cycle->data = 0;
    }
    return true;
}

static uint32_t swap_bytes(uint32_t value, unsigned size)
{
    return bswap32(value) >> (32 - 8 * size);
}

static bool register_image_cycle(void *opaque, uint32_t offset, VMECycle *cycle)
{
    UniverseState *s = opaque;

    if (cycle->write) {
        universe_csr_write(s, offset, swap_bytes((uint32_t)cycle->data, cycle->size), cycle->size,
                           true);
    } else {
        cycle->data = swap_bytes(universe_csr_read(s, offset, cycle->size), cycle->size);
    }
    return true;
}

/* The registers are the end of the board's 512 KiB; the rest is what the board has on PCI. */
static bool crcsr_cycle(void *opaque, uint32_t offset, VMECycle *cycle)
{
    UniverseState *s = opaque;
    uint8_t buf[8];

    if (offset >= CSR_IN_CRCSR) {
        return register_image_cycle(s, offset - CSR_IN_CRCSR, cycle);
    }
    stn_be_p(buf, cycle->size, cycle->data);
    if (!to_pci(s, universe_reg(s, UNI_VCSR_CTL) & SLAVE_LAS,
                universe_reg(s, UNI_VCSR_TO) + s->crcsr.base + offset, buf, cycle->size,
                cycle->write, false)) {
        return false;
    }
    cycle->data = ldn_be_p(buf, cycle->size);
    return true;
}

static void update_own_range(UniverseState *s, VMESlave *slave, unsigned ctl_row, unsigned bs_row)
{
    uint32_t ctl = universe_reg(s, ctl_row);
    bool possible = space_of(ctl, &slave->space);

    slave->kinds = kinds_of(ctl);
    slave->base = universe_reg(s, bs_row) & (possible ? vme_space_size(slave->space) - 1 : 0);
    slave->size = possible && (ctl & UNI_EN) && universe_on_bus(s) ? UNIVERSE_CSR_SIZE : 0;
}

/* --- all of them --- */

void universe_update_images(UniverseState *s)
{
    memory_region_transaction_begin();
    for (size_t i = 0; i < G_N_ELEMENTS(s->targets); i++) {
        update_target(&s->targets[i]);
    }
    memory_region_transaction_commit();
    for (size_t i = 0; i < G_N_ELEMENTS(s->slaves); i++) {
        update_slave(&s->slaves[i]);
    }
    update_own_range(s, &s->location_monitor, UNI_LM_CTL, UNI_LM_BS);
    update_own_range(s, &s->register_image, UNI_VRAI_CTL, UNI_VRAI_BS);
    s->crcsr.base = (universe_reg(s, UNI_VCSR_BS) >> 27) * CRCSR_SIZE;
    s->crcsr.size = (universe_reg(s, UNI_VCSR_CTL) & UNI_EN) && s->crcsr.base && universe_on_bus(s)
                        ? CRCSR_SIZE
                        : 0;
}

static void init_target(UniverseState *s, int n)
{
    UniverseTarget *t = &s->targets[n];
    PCIBus *bus = pci_get_bus(&s->parent_obj);
    g_autofree char *name = n == UNIVERSE_IMAGES ? g_strdup("universe2-slsi")
                                                 : g_strdup_printf("universe2-lsi%d", n);
    g_autofree char *io_name = g_strdup_printf("%s-io", name);

    t->bridge = s;
    t->n = n;
    memory_region_init_io(&t->mem, OBJECT(s), &target_mem_ops, t, name, UNIVERSE_CSR_SIZE);
    memory_region_init_io(&t->io, OBJECT(s), &target_io_ops, t, io_name, UNIVERSE_CSR_SIZE);
    memory_region_set_enabled(&t->mem, false);
    memory_region_set_enabled(&t->io, false);
    memory_region_add_subregion_overlap(bus->address_space_mem, 0, &t->mem, -n);
    memory_region_add_subregion_overlap(bus->address_space_io, 0, &t->io, -n);
}

/* The bridge's own ranges come first: a location monitor may lie over a slave. */
void universe_images_realize(UniverseState *s)
{
    VMESlave *own[] = { &s->location_monitor, &s->register_image, &s->crcsr };

    for (int n = 0; n <= UNIVERSE_IMAGES; n++) {
        init_target(s, n);
    }
    s->location_monitor = (VMESlave){ .cycle = location_monitor_cycle, .widths = 7 };
    s->register_image = (VMESlave){ .cycle = register_image_cycle, .widths = 7 };
    s->crcsr = (VMESlave){ .cycle = crcsr_cycle, .widths = 7, .space = VME_CRCSR,
                           .kinds = VME_ANY };
    for (size_t i = 0; i < G_N_ELEMENTS(own); i++) {
        own[i]->opaque = s;
        vme_add_slave(s->vme, own[i]);
    }
    for (int n = 0; n < UNIVERSE_IMAGES; n++) {
        UniverseSlave *image = &s->slaves[n];

        image->bridge = s;
        image->n = n;
        image->slave = (VMESlave){ .cycle = slave_cycle, .block = slave_block, .opaque = image,
                                   .widths = VME_ALL_WIDTHS };
        vme_add_slave(s->vme, &image->slave);
    }
    address_space_init(&s->io_as, pci_get_bus(&s->parent_obj)->address_space_io, "universe2-io");
}

void universe_images_exit(UniverseState *s)
{
    PCIBus *bus = pci_get_bus(&s->parent_obj);

    address_space_destroy(&s->io_as);
    for (size_t i = 0; i < G_N_ELEMENTS(s->targets); i++) {
        memory_region_del_subregion(bus->address_space_mem, &s->targets[i].mem);
        memory_region_del_subregion(bus->address_space_io, &s->targets[i].io);
    }
}
