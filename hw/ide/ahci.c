/*
 * "ich9-ahci": the AHCI host bus adapter of ICH9 (82801I, device 31 function 2), with six ports.
 *
 * A port is a bus with one unit, which is there from the start: links come up when the adapter or the
 * port is reset, and never change by themselves. Bus masters run on the main loop.
 *
 * Not there: port multipliers, command completion coalescing, enclosure management, power states of
 * links, and the registers of a legacy IDE controller.
 *
 * References: Serial ATA Advanced Host Controller Interface (AHCI) 1.3.1, sections 2 (configuration
 * registers), 3 (memory registers), 10 (software's view of resets and interrupts); Intel I/O
 * Controller Hub 9 (316972), chapter 14.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "ahci.h"
#include "hw/pci/msi.h"
#include "qapi/error.h"
#include "qemu/log.h"
#include "qemu/module.h"

#define HBA_SIZE   0x1000
#define INDEX_SIZE 0x20
#define INDEX_AT   0x10 /* in BAR 4; the data register comes next */

/* Configuration registers */
enum { MSI_AT = 0x80, MAP = 0x90, MAP_AHCI = 0x40, SATA_CAP_AT = 0xa8, SATA_CAP_SIZE = 8 };
#define CAP_ID_SATA      0x12
#define SATA_REVISION    0x0010
#define SATA_INDEX_WHERE (8 | (INDEX_AT / 4) << 4) /* BAR 4; double words into it */

enum { CAP_AHCI_ONLY = 1u << 18, CAP_QUEUE = 1u << 30, CAP_64_BITS = 1u << 31, CAP_SLOTS_SHIFT = 8,
       CAP_GENERATION_1 = 1u << 20 };
enum { GHC_RESET = 1u << 0, GHC_INTERRUPT = 1u << 1, GHC_AHCI = 1u << 31 };

#define SSTS_UP   0x113 /* a device, 1.5 Gbit/s, active */
#define SIG_NONE  0xffffffffu
#define TFD_NONE  0x7f
#define SERR_PHY_READY (1u << 16)
#define SERR_UNKNOWN   (1u << 25)
#define SERR_CONNECT   (1u << 26)

enum { SCTL_DETECT = 0x0f, DETECT_RESET = 1, DETECT_OFF = 4 };

/* Bits of PxIS that are what the same events in PxSERR are (3.3.5). */
static const struct {
    uint32_t serr, event;
} mirrored[] = {
    { SERR_UNKNOWN, IRQ_UNKNOWN }, { SERR_CONNECT, IRQ_CONNECT }, { SERR_PHY_READY, IRQ_PHY_READY },
};
#define MIRRORED_EVENTS (IRQ_UNKNOWN | IRQ_CONNECT | IRQ_PHY_READY)

/* ---- Interrupts ---- */

/* A message for each bit of IS that becomes set, and when some are left after others are cleared. */
static void update_interrupt(Ahci *s, uint32_t cleared)
{
    uint32_t before = register_get(&s->regs, HBA_IS), now = before & ~cleared;
    bool enabled = register_get(&s->regs, HBA_GHC) & GHC_INTERRUPT;

    for (unsigned i = 0; i < AHCI_PORTS; i++) {
        if (ahci_get(&s->ports[i], PX_IS) & ahci_get(&s->ports[i], PX_IE)) {
            now |= 1u << i;
        }
    }
    register_set(&s->regs, HBA_IS, now);
    if (msi_enabled(&s->parent_obj)) {
        if (enabled && now && (cleared || now & ~before)) {
            msi_notify(&s->parent_obj, 0);
        }
    } else {
        pci_set_irq(&s->parent_obj, enabled && now);
    }
}

void ahci_raise(AhciPort *p, uint32_t events)
{
    ahci_set(p, PX_IS, ahci_get(p, PX_IS) | events);
    update_interrupt(p->hba, 0);
}

static void mirror_errors(AhciPort *p)
{
    uint32_t events = ahci_get(p, PX_IS) & ~MIRRORED_EVENTS, errors = ahci_get(p, PX_SERR);

    for (size_t i = 0; i < ARRAY_SIZE(mirrored); i++) {
        events |= errors & mirrored[i].serr ? mirrored[i].event : 0;
    }
    ahci_set(p, PX_IS, events);
    update_interrupt(p->hba, 0);
}

/* ---- Resets ---- */

static void link_goes_down(AhciPort *p)
{
    ahci_drop_commands(p);
    ahci_set(p, PX_SSTS, 0);
    ahci_set(p, PX_TFD, TFD_NONE);
    ahci_set(p, PX_SIG, SIG_NONE);
}

/* The unit has been reset meanwhile, and says what it is. */
static void link_comes_up(AhciPort *p)
{
    if (!ahci_unit(p)) {
        return;
    }
    ide_bus_reset(p->bus);
    ahci_set(p, PX_SSTS, SSTS_UP);
    ahci_receive_signature(p);
    ahci_set(p, PX_SERR, ahci_get(p, PX_SERR) | SERR_CONNECT | SERR_PHY_READY);
    mirror_errors(p);
}

/* Ports keep the addresses of their lists (10.4.3). */
static void reset_adapter(Ahci *s)
{
    enum { NUM_ADDRESSES = PX_FBU - PX_CLB + 1 };
    uint32_t kept[AHCI_PORTS][NUM_ADDRESSES];

    for (unsigned i = 0; i < AHCI_PORTS; i++) {
        ahci_drop_commands(&s->ports[i]);
        qemu_bh_cancel(s->ports[i].go_on);
        for (unsigned n = 0; n < NUM_ADDRESSES; n++) {
            kept[i][n] = ahci_get(&s->ports[i], PX_CLB + n);
        }
    }
    register_block_reset(&s->regs);
    for (unsigned i = 0; i < AHCI_PORTS; i++) {
        for (unsigned n = 0; n < NUM_ADDRESSES; n++) {
            ahci_set(&s->ports[i], PX_CLB + n, kept[i][n]);
        }
        s->ports[i].last_slot = AHCI_SLOTS - 1;
        link_comes_up(&s->ports[i]);
    }
    update_interrupt(s, 0);
}

/* ---- Registers ---- */

static AhciPort *port_of(RegisterBlock *block)
{
    return &container_of(block, Ahci, regs)->ports[block->index];
}

static uint64_t write_ghc(RegisterBlock *block, const Register *reg, uint64_t value)
{
    Ahci *s = container_of(block, Ahci, regs);

    if (value & GHC_RESET) {
        reset_adapter(s);
        return GHC_AHCI;
    }
    return (value & GHC_INTERRUPT) | GHC_AHCI;
}

static void ghc_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    update_interrupt(container_of(block, Ahci, regs), 0);
}

static uint64_t write_is(RegisterBlock *block, const Register *reg, uint64_t value)
{
    Ahci *s = container_of(block, Ahci, regs);

    update_interrupt(s, value);
    return register_get(block, HBA_IS);
}

static void px_interrupt_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    update_interrupt(container_of(block, Ahci, regs), 0);
}

static void serr_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    mirror_errors(port_of(block));
}

static uint64_t write_cmd(RegisterBlock *block, const Register *reg, uint64_t value)
{
    enum { WRITABLE = CMD_START | CMD_RECEIVE | 0x0f000000 };
    AhciPort *p = port_of(block);
    uint32_t before = ahci_get(p, PX_CMD);
    uint32_t now = (value & WRITABLE) | CMD_SPIN_UP | CMD_POWER | (before & CMD_SLOT);

    now |= (now & CMD_START ? CMD_RUNNING : 0) | (now & CMD_RECEIVE ? CMD_RECEIVING : 0);
    if (before & ~now & CMD_START) {
        ahci_drop_commands(p);
        now &= ~CMD_SLOT;
    }
    if (value & CMD_OVERRIDE && !(now & CMD_START)) {
        ahci_set(p, PX_TFD, ahci_get(p, PX_TFD) & ~(STATUS_BSY | STATUS_DRQ));
    }
    return now;
}

static void cmd_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    ahci_issue(port_of(block));
}

/* COMRESET lasts as long as it is asked for. */
static uint64_t write_sctl(RegisterBlock *block, const Register *reg, uint64_t value)
{
    AhciPort *p = port_of(block);
    unsigned before = ahci_get(p, PX_SCTL) & SCTL_DETECT, now = value & SCTL_DETECT;

    if (now == before) {
        return value & 0xfff;
    }
    if (now == DETECT_RESET || now == DETECT_OFF) {
        link_goes_down(p);
    } else if (!now && before) {
        link_comes_up(p);
    }
    return value & 0xfff;
}

/* Ones are added, while the list runs; for PxSACT the tags of queued commands, before PxCI. */
static uint64_t write_slots(RegisterBlock *block, const Register *reg, uint64_t value)
{
    uint64_t before = *register_value(block, reg);

    return ahci_get(port_of(block), PX_CMD) & CMD_START ? before | value : before;
}

/* What the unit still has isn't given to it once more. */
static uint64_t write_issued(RegisterBlock *block, const Register *reg, uint64_t value)
{
    AhciPort *p = port_of(block);

    if (value & p->queued) {
        qemu_log_dev(LOG_GUEST_ERROR, "ahci", "PxCI", "port %u: slots %08x again, while their "
                     "commands are queued", p->number, (uint32_t)value & p->queued);
    }
    return write_slots(block, reg, value & ~(uint64_t)p->queued);
}

static void ci_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    ahci_issue(port_of(block));
}

#define PORT(_name, _offset, ...)                                                                  \
    { _name, .offset = 0x100 + (_offset), .size = 4, .count = AHCI_PORTS, .stride = 0x80,          \
      __VA_ARGS__ }

static const Register ahci_registers[NUM_AHCI_ROWS] = {
    [HBA_CAP] = { "CAP", .offset = 0x00, .size = 4,
                  .reset = CAP_64_BITS | CAP_QUEUE | CAP_GENERATION_1 | CAP_AHCI_ONLY |
                           (AHCI_SLOTS - 1) << CAP_SLOTS_SHIFT | (AHCI_PORTS - 1) },
    [HBA_GHC] = { "GHC", .offset = 0x04, .size = 4, .reset = GHC_AHCI, .write = write_ghc,
                  .written = ghc_written },
    [HBA_IS] = { "IS", .offset = 0x08, .size = 4, .write = write_is },
    [HBA_PI] = { "PI", .offset = 0x0c, .size = 4, .reset = (1u << AHCI_PORTS) - 1 },
    [HBA_VS] = { "VS", .offset = 0x10, .size = 4, .reset = 0x00010000 },
    /* All 0: not there, and CAP says so. */
    [HBA_ABSENT] = { "CCC_CTL", .offset = 0x14, .size = 4 },
    { "CCC_PORTS", .offset = 0x18, .size = 4 },
    { "EM_LOC", .offset = 0x1c, .size = 4 },
    { "EM_CTL", .offset = 0x20, .size = 4 },
    { "CAP2", .offset = 0x24, .size = 4 },
    { "BOHC", .offset = 0x28, .size = 4 },
    [PX_CLB] = PORT("PxCLB", 0x00, .writable = 0xfffffc00),
    [PX_CLBU] = PORT("PxCLBU", 0x04, .writable = 0xffffffff),
    [PX_FB] = PORT("PxFB", 0x08, .writable = 0xffffff00),
    [PX_FBU] = PORT("PxFBU", 0x0c, .writable = 0xffffffff),
    [PX_IS] = PORT("PxIS", 0x10, .w1c = 0xfdc000ff & ~MIRRORED_EVENTS,
                   .written = px_interrupt_written),
    [PX_IE] = PORT("PxIE", 0x14, .writable = 0xfdc000ff, .written = px_interrupt_written),
    [PX_CMD] = PORT("PxCMD", 0x18, .reset = CMD_SPIN_UP | CMD_POWER, .write = write_cmd,
                    .written = cmd_written),
    [PX_TFD] = PORT("PxTFD", 0x20, .reset = TFD_NONE),
    [PX_SIG] = PORT("PxSIG", 0x24, .reset = SIG_NONE),
    [PX_SSTS] = PORT("PxSSTS", 0x28, .reset = 0),
    [PX_SCTL] = PORT("PxSCTL", 0x2c, .write = write_sctl),
    [PX_SERR] = PORT("PxSERR", 0x30, .w1c = 0x07ff0f03, .written = serr_written),
    [PX_SACT] = PORT("PxSACT", 0x34, .write = write_slots),
    [PX_CI] = PORT("PxCI", 0x38, .write = write_issued, .written = ci_written),
    [PX_SNTF] = PORT("PxSNTF", 0x3c, .reset = 0),
    [PX_FBS] = PORT("PxFBS", 0x40, .reset = 0),
};

/* ---- BAR 4: an index, and the register that it names ---- */

static uint64_t index_read(void *opaque, hwaddr addr, unsigned size)
{
    Ahci *s = opaque;

    if (addr == INDEX_AT) {
        return s->index_value;
    }
    return addr == INDEX_AT + 4 ? register_block_read(&s->regs, s->index_value, 4) : 0;
}

static void index_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    Ahci *s = opaque;

    if (addr == INDEX_AT) {
        s->index_value = value & (HBA_SIZE - 4);
    } else if (addr == INDEX_AT + 4) {
        register_block_write(&s->regs, s->index_value, value, 4);
    }
}

static const MemoryRegionOps index_ops = {
    .read = index_read,
    .write = index_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 4 },
    .impl = { .min_access_size = 4, .max_access_size = 4 },
};

/* ---- What a port's bus wants ---- */

/* Interrupts are FISes here: the unit's phase says when. */
static void unit_interrupts(IdeBus *bus, bool level)
{
}

static void unit_requests_dma(IdeBus *bus)
{
}

static void unit_has_gone_on(IdeBus *bus)
{
    qemu_bh_schedule(((AhciPort *)bus->opaque)->go_on);
}

static const IdeHost ahci_host = {
    .serial = true,
    .interrupt = unit_interrupts,
    .dma_request = unit_requests_dma,
    .gone_on = unit_has_gone_on,
};

void ahci_create_devs(PCIDevice *dev)
{
    for (unsigned i = 0; i < AHCI_PORTS; i++) {
        ide_create_drive(ICH9_AHCI(dev)->ports[i].bus, i, 0);
    }
}

/* ---- The function ---- */

static void machine_stops_or_goes_on(void *opaque, bool running, RunState state)
{
    Ahci *s = opaque;

    for (unsigned i = 0; running && i < AHCI_PORTS; i++) {
        ahci_requeue(&s->ports[i]);
        qemu_bh_schedule(s->ports[i].go_on);
    }
}

static void init_config(PCIDevice *dev)
{
    memset(dev->wmask + PCI_CONFIG_HEADER_SIZE, 0, PCI_CONFIG_SPACE_SIZE - PCI_CONFIG_HEADER_SIZE);
    pci_config_set_interrupt_pin(dev->config, 1);
    dev->config[MAP] = MAP_AHCI;
}

static void ahci_realize(PCIDevice *dev, Error **errp)
{
    Ahci *s = ICH9_AHCI(dev);
    uint8_t *cap;

    init_config(dev);
    if (pci_add_capability(dev, CAP_ID_SATA, SATA_CAP_AT, SATA_CAP_SIZE, errp) < 0 ||
        msi_init(dev, MSI_AT, 1, true, false, errp) < 0) {
        return;
    }
    cap = dev->config + SATA_CAP_AT;
    pci_set_word(cap + 2, SATA_REVISION);
    pci_set_long(cap + 4, SATA_INDEX_WHERE);
    memory_region_init_io(&s->index, OBJECT(s), &index_ops, s, "ahci-idp", INDEX_SIZE);
    pci_register_bar(dev, 4, PCI_BASE_ADDRESS_SPACE_IO, &s->index);
    pci_register_bar(dev, 5, PCI_BASE_ADDRESS_SPACE_MEMORY, &s->regs.mmio);
    for (unsigned i = 0; i < AHCI_PORTS; i++) { /* they are called after the device's id */
        s->ports[i].bus = ide_bus_new(DEVICE(dev), i, &ahci_host, &s->ports[i]);
    }
    s->state_change = qemu_add_vm_change_state_handler(machine_stops_or_goes_on, s);
}

static void ahci_exit(PCIDevice *dev)
{
    Ahci *s = ICH9_AHCI(dev);

    for (unsigned i = 0; i < AHCI_PORTS; i++) {
        ahci_drop_commands(&s->ports[i]);
        qemu_bh_cancel(s->ports[i].go_on);
    }
    qemu_del_vm_change_state_handler(s->state_change);
}

static void ahci_init(Object *obj)
{
    Ahci *s = ICH9_AHCI(obj);

    register_block_init(&s->regs, DEVICE(obj), "ahci", ahci_registers, NUM_AHCI_ROWS,
                        DEVICE_LITTLE_ENDIAN, HBA_SIZE);
    for (unsigned i = 0; i < AHCI_PORTS; i++) {
        AhciPort *p = &s->ports[i];

        p->hba = s;
        p->number = i;
        p->slot = -1;
        p->go_on = qemu_bh_new(ahci_go_on, p);
    }
}

static void ahci_finalize(Object *obj)
{
    Ahci *s = ICH9_AHCI(obj);

    for (unsigned i = 0; i < AHCI_PORTS; i++) {
        qemu_bh_delete(s->ports[i].go_on);
    }
    register_block_finalize(&s->regs);
}

static void ahci_reset_hold(Object *obj)
{
    Ahci *s = ICH9_AHCI(obj);

    s->index_value = 0;
    reset_adapter(s);
    for (unsigned i = 0; i < AHCI_PORTS; i++) {
        for (unsigned row = PX_CLB; row <= PX_FBU; row++) {
            ahci_set(&s->ports[i], row, 0);
        }
    }
}

/* ---- Snapshots: queued commands begin again, from the lists in memory ---- */

static int before_load(void *opaque)
{
    Ahci *s = opaque;

    for (unsigned i = 0; i < AHCI_PORTS; i++) {
        ahci_drop_commands(&s->ports[i]);
    }
    return 0;
}

static int after_load(void *opaque, int version_id)
{
    Ahci *s = opaque;

    for (unsigned i = 0; i < AHCI_PORTS; i++) {
        AhciPort *p = &s->ports[i];
        IdeUnit *u = ahci_unit(p);

        if (p->slot < -1 || p->slot >= AHCI_SLOTS || p->last_slot >= AHCI_SLOTS ||
            (p->slot >= 0 && !u) || (p->queued && (!u || !IDE_UNIT_GET_CLASS(u)->queue)) ||
            (p->slot >= 0 && p->queued)) {
            return -EINVAL;
        }
        qemu_bh_schedule(p->go_on);
    }
    s->index_value &= HBA_SIZE - 4;
    return 0;
}

static const VMStateDescription vmstate_cursor = {
    .name = "ahci-cursor",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]){
        VMSTATE_UINT64(entry, AhciCursor),
        VMSTATE_UINT32(entries, AhciCursor),
        VMSTATE_UINT64(at, AhciCursor),
        VMSTATE_UINT32(left, AhciCursor),
        VMSTATE_BOOL(notify, AhciCursor),
        VMSTATE_END_OF_LIST()
    },
};

static const VMStateDescription vmstate_port = {
    .name = "ahci-port",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]){
        VMSTATE_IDE_BUS(bus, AhciPort),
        VMSTATE_UINT32(queued, AhciPort),
        VMSTATE_INT32(slot, AhciPort),
        VMSTATE_UINT32(last_slot, AhciPort),
        VMSTATE_UINT64(header, AhciPort),
        VMSTATE_UINT64(table, AhciPort),
        VMSTATE_STRUCT(cursor, AhciPort, 1, vmstate_cursor, AhciCursor),
        VMSTATE_UINT32(moved, AhciPort),
        VMSTATE_BOOL(is_packet, AhciPort),
        VMSTATE_BOOL(packet_sent, AhciPort),
        VMSTATE_BOOL(ends_by_pio, AhciPort),
        VMSTATE_BOOL(halted, AhciPort),
        VMSTATE_END_OF_LIST()
    },
};

static const VMStateDescription vmstate_ahci = {
    .name = TYPE_ICH9_AHCI,
    .version_id = 1,
    .minimum_version_id = 1,
    .pre_load = before_load,
    .post_load = after_load,
    .fields = (const VMStateField[]){
        VMSTATE_PCI_DEVICE(parent_obj, Ahci),
        VMSTATE_REGISTER_BLOCK(regs, Ahci),
        VMSTATE_UINT32(index_value, Ahci),
        VMSTATE_STRUCT_ARRAY(ports, Ahci, AHCI_PORTS, 1, vmstate_port, AhciPort),
        VMSTATE_END_OF_LIST()
    },
};

static void ahci_class_init(ObjectClass *oc, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(oc);

    pc->realize = ahci_realize;
    pc->exit = ahci_exit;
    pc->vendor_id = PCI_VENDOR_ID_INTEL;
    pc->device_id = 0x2922;
    pc->revision = 0x02;
    pc->class_id = PCI_CLASS_STORAGE_SATA;
    pc->prog_if = 0x01;
    pc->subsystem_vendor_id = PCI_SUBVENDOR_ID_REDHAT_QUMRANET;
    pc->subsystem_id = PCI_SUBDEVICE_ID_QEMU;
    RESETTABLE_CLASS(oc)->phases.hold = ahci_reset_hold;
    dc->desc = "AHCI host bus adapter of ICH9: six ports";
    dc->vmsd = &vmstate_ahci;
    dc->hotpluggable = false;
    set_bit(DEVICE_CATEGORY_STORAGE, dc->categories);
}

static const TypeInfo ahci_types[] = {
    {
        .name = TYPE_ICH9_AHCI,
        .parent = TYPE_PCI_DEVICE,
        .instance_size = sizeof(Ahci),
        .instance_init = ahci_init,
        .instance_finalize = ahci_finalize,
        .class_init = ahci_class_init,
    },
};

DEFINE_TYPES(ahci_types)
