/*
 * Intel 82574L: a Gigabit Ethernet controller on PCI Express with its PHY (e1000e).
 *
 * It is an 82540EM (e1000.c) with two queues for each direction, receive descriptors that say more
 * (e1000e-rx.c), MSI and MSI-X. With MSI-X each queue, and what else there is, has a cause of its
 * own; a table (IVAR) says which of five messages tells it, and each message has a throttle (EITR).
 * Telling a cause may clear it (EIAC) or mask it (IAM).
 *
 * The EEPROM is read (and written, until the power goes) through registers alone. Not there: what
 * the 82540EM hasn't here, flash, the management controller, time stamps of frames (the clock for
 * them runs), PHY pages beyond the first.
 *
 * Reference: Intel 82574 GbE Controller Family Datasheet, 317694; section numbers are of that.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "e1000e-internal.h"
#include "hw/pci/msi.h"
#include "hw/pci/msix.h"
#include "hw/pci/pcie.h"
#include "qapi/error.h"
#include "qemu/module.h"

#define FLASH_SIZE (128 * KiB)
#define IO_SIZE    32
#define MSIX_SIZE  (16 * KiB)
#define MSIX_PBA   0x2000

/* Capabilities in configuration space (9.1.5), but for that of express, which is longer here. */
enum { EXPRESS_CAP = 0x50, MSIX_CAP = 0xa0, PM_CAP = 0xc8, MSI_CAP = 0xd0 };
#define PM_VERSION  2
#define PMCSR_STATE 3
#define PMCSR_NO_RESET 8 /* going from D3 to D0 loses nothing */

#define CTRL_NO_MASTER  (1u << 2)
#define STATUS_MASTER   (1u << 19)
#define CTRL_EXT_EIAME  (1u << 24) /* messages mask causes */
#define CTRL_EXT_IAME   (1u << 27) /* reading ICR masks causes */
#define EECD_AUTO_READ  (1u << 9)  /* the EEPROM has been read after the reset */
#define EECD_PRESENT    (1u << 8)
#define EECD_REQUEST    (1u << 6)
#define EECD_GRANT      (1u << 7)
#define NVM_START       1
#define NVM_DONE        2
#define SWSM_SMBI       1 /* reading it takes it */
#define CAUSES_82574    0x01f782d7
#define CAUSES_OTHER    (CAUSE_LSC | CAUSE_RXO | CAUSE_MDAC | 0x00070000)
#define CAUSES_SENT     (CAUSE_TXQ0 | CAUSE_TXQ0 << 1)
#define THROTTLE_UNIT   256 /* ns */
#define CLOCK_PERIOD    40 /* ns: of the counter for time stamps */

static E1000eState *nic_of(RegisterBlock *block)
{
    return E1000E(block->owner);
}

/* ---- interrupts (7.4) ---- */

static bool is_throttled(E1000eState *s, unsigned vector, uint32_t cause)
{
    int64_t now = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL), opens = s->earliest[vector];
    uint32_t gap = register_get_at(&s->nic.regs, EITR, vector) & 0xffff;

    if (now < opens) {
        opens += cause & CAUSES_SENT ? E1000_SENT_SLACK : 0;
        if (!timer_pending(s->throttles[vector]) ||
            opens < timer_expire_time_ns(s->throttles[vector])) {
            timer_mod(s->throttles[vector], opens);
        }
        return true;
    }
    s->earliest[vector] = gap ? now + gap * THROTTLE_UNIT : 0;
    return false;
}

/* What isn't told yet is told once; when it is cleared or masked, it may be told again. */
static void send_messages(E1000eState *s)
{
    E1000State *nic = &s->nic;
    uint32_t ivar = e1000_get(nic, IVAR);

    s->told &= e1000_get(nic, ICR) & e1000_get(nic, IMS);
    for (unsigned n = 0; n < NUM_MESSAGE_CAUSES; n++) {
        uint32_t cause = CAUSE_RXQ0 << n;
        unsigned route = ivar >> 4 * n & 0xf, vector = route & 7;

        if (!(e1000_get(nic, ICR) & e1000_get(nic, IMS) & ~s->told & cause) || !(route & 8) ||
            vector >= E1000E_VECTORS || is_throttled(s, vector, cause)) {
            continue;
        }
        e1000_set(nic, ICR, e1000_get(nic, ICR) & ~(e1000_get(nic, EIAC) & cause));
        if (e1000_get(nic, CTRL_EXT) & CTRL_EXT_EIAME) {
            e1000_set(nic, IMS, e1000_get(nic, IMS) & ~(e1000_get(nic, IAM) & cause));
        }
        s->told |= e1000_get(nic, ICR) & e1000_get(nic, IMS) & cause;
        msix_notify(&nic->parent_obj, vector);
    }
}

static void e1000e_update_interrupt(E1000State *nic)
{
    if (msix_enabled(&nic->parent_obj)) {
        send_messages(E1000E(nic));
    } else {
        e1000_update_interrupt(nic);
    }
}

static void throttle_opens(void *opaque)
{
    e1000e_update_interrupt(opaque);
}

static bool is_asserted(const E1000State *nic)
{
    return e1000_get(nic, ICR) & e1000_get(nic, IMS);
}

static void mask_automatically(E1000State *nic)
{
    if (is_asserted(nic) && (e1000_get(nic, CTRL_EXT) & CTRL_EXT_IAME)) {
        e1000_set(nic, IMS, e1000_get(nic, IMS) & ~e1000_get(nic, IAM));
    }
}

/* Reading clears if there is an interrupt, or if there can't be any (10.2.4.1). */
static uint64_t icr_read(RegisterBlock *block, const Register *reg, uint64_t stored)
{
    E1000State *nic = &nic_of(block)->nic;
    uint64_t value;

    e1000_raise_what_is_due(&nic->tx_delay);
    value = e1000_get(nic, ICR) | (is_asserted(nic) ? CAUSE_ASSERTED : 0);
    if (is_asserted(nic) || !e1000_get(nic, IMS)) {
        mask_automatically(nic);
        e1000_set(nic, ICR, 0);
        e1000e_update_interrupt(nic);
    }
    return value;
}

static uint64_t icr_write(RegisterBlock *block, const Register *reg, uint64_t value)
{
    mask_automatically(&nic_of(block)->nic);
    return *register_value(block, reg) & ~value;
}

static void interrupts_changed(RegisterBlock *block, const Register *reg, uint64_t value)
{
    e1000e_update_interrupt(&nic_of(block)->nic);
}

/* ---- EEPROM (10.2.2) ---- */

static uint64_t eecd_read(RegisterBlock *block, const Register *reg, uint64_t stored)
{
    return stored | EECD_PRESENT | EECD_AUTO_READ | (stored & EECD_REQUEST ? EECD_GRANT : 0);
}

static uint16_t *nvm_word(E1000eState *s, uint64_t command)
{
    unsigned address = command >> 2 & 0x3fff;

    return address < microwire_size(&s->nic.eeprom) ? &s->nic.eeprom.words[address] : NULL;
}

static uint64_t eerd_write(RegisterBlock *block, const Register *reg, uint64_t value)
{
    const uint16_t *word = nvm_word(nic_of(block), value);

    value &= 0xfffc;
    return value | NVM_DONE | (uint32_t)(word ? *word : 0xffff) << 16;
}

static uint64_t eewr_write(RegisterBlock *block, const Register *reg, uint64_t value)
{
    uint16_t *word = nvm_word(nic_of(block), value);

    if ((value & NVM_START) && word) {
        *word = value >> 16;
    }
    return (value & ~(uint64_t)NVM_START) | NVM_DONE;
}

static uint64_t swsm_read(RegisterBlock *block, const Register *reg, uint64_t stored)
{
    *register_value(block, reg) |= SWSM_SMBI;
    return stored;
}

/* ---- the clock for time stamps (10.2.9) ---- */

/* TIMINCA: so much more, every so many periods. */
static uint64_t system_time(E1000eState *s)
{
    uint32_t timinca = e1000_get(&s->nic, TIMINCA), every = timinca >> 24;
    int64_t passed = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) - s->clock_start;

    return every ? s->clock_base + (uint64_t)(passed / (every * CLOCK_PERIOD)) * (timinca & 0xffffff) : s->clock_base;
}

static void start_clock(E1000eState *s, uint64_t from)
{
    s->clock_base = from;
    s->clock_start = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
}

/* The upper half stays as it was when the lower one was read. */
static uint64_t systiml_read(RegisterBlock *block, const Register *reg, uint64_t stored)
{
    uint64_t now = system_time(nic_of(block));

    register_set(block, SYSTIMH, now >> 32);
    return now & UINT32_MAX;
}

static uint64_t systim_write(RegisterBlock *block, const Register *reg, uint64_t value)
{
    E1000eState *s = nic_of(block);
    uint64_t now = system_time(s);
    bool is_upper = reg->offset == block->regs[SYSTIMH].offset;

    start_clock(s, is_upper ? (now & UINT32_MAX) | value << 32 : (now & ~(uint64_t)UINT32_MAX) | value);
    return value;
}

static uint64_t timinca_write(RegisterBlock *block, const Register *reg, uint64_t value)
{
    E1000eState *s = nic_of(block);

    start_clock(s, system_time(s));
    return value;
}

/* ---- registers ---- */

static uint64_t status_read(RegisterBlock *block, const Register *reg, uint64_t stored)
{
    uint64_t status = e1000_registers[STATUS].read(block, reg, stored);

    return status | (e1000_get(&nic_of(block)->nic, CTRL) & CTRL_NO_MASTER ? 0 : STATUS_MASTER);
}

/* The older controller's statistics that lie behind each other are followed by these (10.2.7). */
static uint64_t statistic_read(RegisterBlock *block, const Register *reg, uint64_t stored)
{
    *register_value(block, reg) = 0;
    return stored;
}

#define ALL_BITS UINT32_MAX
#define PLAIN(row, at, mask, ...) [row] = { #row, .offset = at, .size = 4, .writable = mask, ##__VA_ARGS__ }

/* Those that the 82540EM hasn't, or has otherwise; the others are its. */
static const Register own_registers[E1000E_NUM_ROWS] = {
    PLAIN(STATUS, 0x0008, 0, .read = status_read),
    PLAIN(EECD, 0x0010, 0x000000ff & ~EECD_GRANT, .read = eecd_read),
    PLAIN(EERD, 0x0014, ALL_BITS, .write = eerd_write),
    PLAIN(FLA, 0x001c, ALL_BITS),
    PLAIN(ICR, 0x00c0, 0, .read = icr_read, .write = icr_write, .written = interrupts_changed),
    PLAIN(EIAC, 0x00dc, 0x01f00000),
    PLAIN(IAM, 0x00e0, ALL_BITS),
    PLAIN(IVAR, 0x00e4, 0x800fffff, .written = interrupts_changed),
    PLAIN(EITR, 0x00e8, 0xffff, .count = E1000E_VECTORS),
    PLAIN(EXTCNF, 0x0f00, ALL_BITS, .reset = 0x00000008),
    PLAIN(POEMB, 0x0f10, ALL_BITS),
    PLAIN(PBA, 0x1000, 0xffff, .reset = 0x00140014),
    PLAIN(EEWR, 0x102c, ALL_BITS, .reset = NVM_DONE, .write = eewr_write),
    PLAIN(PSRCTL, 0x2170, 0x3f3f3f7f, .reset = 0x00040402),
    PLAIN(RDBAL1, 0x2900, 0xfffffff0),
    PLAIN(RDBAH1, 0x2904, ALL_BITS),
    PLAIN(RDLEN1, 0x2908, 0x000fff80),
    PLAIN(RDH1, 0x2910, 0xffff),
    PLAIN(RDT1, 0x2918, 0xffff, .written = e1000_receiving_changed),
    PLAIN(RXDCTL1, 0x2928, ALL_BITS, .reset = 0x00010000),
    PLAIN(TARC0, 0x3840, ALL_BITS, .reset = 0x00000403),
    PLAIN(TDBAL1, 0x3900, 0xfffffff0),
    PLAIN(TDBAH1, 0x3904, ALL_BITS),
    PLAIN(TDLEN1, 0x3908, 0x000fff80),
    PLAIN(TDH1, 0x3910, 0xffff),
    PLAIN(TDT1, 0x3918, 0xffff, .written = e1000_sending_changed),
    PLAIN(TXDCTL1, 0x3928, ALL_BITS),
    PLAIN(TARC1, 0x3940, ALL_BITS, .reset = 0x00000403),
    PLAIN(STATISTICS_1, 0x4100, 0, .count = 10, .read = statistic_read),
    PLAIN(RXCSUM, 0x5000, 0x3fff, .reset = 0x0300),
    PLAIN(RFCTL, 0x5008, ALL_BITS),
    PLAIN(MRQC, 0x5818, 0x001f0003),
    PLAIN(IP6AT, 0x5880, ALL_BITS, .count = 4),
    PLAIN(MDEF, 0x5890, ALL_BITS, .count = 8),
    PLAIN(GCR, 0x5b00, ALL_BITS),
    PLAIN(FACTPS, 0x5b30, 0),
    PLAIN(SWSM, 0x5b50, 0x0003, .read = swsm_read),
    PLAIN(FWSM, 0x5b54, 0),
    PLAIN(GCR2, 0x5b64, ALL_BITS),
    PLAIN(RETA, 0x5c00, ALL_BITS, .count = 32),
    PLAIN(RSSRK, 0x5c80, ALL_BITS, .count = 10),
    PLAIN(SYSTIML, 0xb600, ALL_BITS, .read = systiml_read, .write = systim_write),
    PLAIN(SYSTIMH, 0xb604, ALL_BITS, .write = systim_write),
    PLAIN(TIMINCA, 0xb608, ALL_BITS, .write = timinca_write),
    PLAIN(TSYNCTXCTL, 0xb614, 0x0011, .unmodelled = 0x0010),
    PLAIN(TXSTMP, 0xb618, 0, .count = 2),
    PLAIN(RXSTMP, 0xb624, 0, .count = 2),
    PLAIN(RXMTRL, 0xb634, ALL_BITS),
    PLAIN(RXUDP, 0xb638, 0xffff),
    PLAIN(TSYNCRXCTL, 0xb620, 0x001f, .unmodelled = 0x0010),
};

static Register e1000e_registers[E1000E_NUM_ROWS];

static void make_registers(void)
{
    for (unsigned i = 0; i < E1000E_NUM_ROWS; i++) {
        e1000e_registers[i] = own_registers[i].name ? own_registers[i] : e1000_registers[i];
    }
}

/* ---- PHY (its tables; e1000.c has how they are used) ---- */

static const uint16_t phy_reset_values[32] = {
    [0] = 0x1140, [1] = 0x7949, [2] = 0x0141, [3] = 0x0cb1, [4] = 0x0de1, [7] = 0x2001, [9] = 0x0e00, [15] = 0x3000,
    [16] = 0x0078, [20] = 0x0c60, [24] = 0x4100, [26] = 0x000a,
};

static const uint16_t phy_writable[32] = {
    [0] = 0x7dc0, [4] = 0xffff, [7] = 0xb7ff, [9] = 0xff00, [16] = 0xffff, [18] = 0xffff, [20] = 0xffff, [22] = 0xffff,
    [24] = 0xffff, [26] = 0xffff, [29] = 0x001f, [30] = 0xffff,
};

/* ---- device ---- */

static void e1000e_reset(E1000State *nic)
{
    E1000eState *s = E1000E(nic);

    s->told = 0;
    for (unsigned i = 0; i < E1000E_VECTORS; i++) {
        s->earliest[i] = 0;
        timer_del(s->throttles[i]);
    }
    start_clock(s, 0);
}

static uint64_t flash_read(void *opaque, hwaddr addr, unsigned size)
{
    return UINT64_MAX;
}

static void flash_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    e1000_guest_error("flash", "there is none");
}

static const MemoryRegionOps flash_ops = {
    .read = flash_read,
    .write = flash_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
};

static void e1000e_realize(PCIDevice *dev, Error **errp)
{
    E1000eState *s = E1000E(dev);
    E1000State *nic = &s->nic;

    e1000_make(nic, IO_SIZE);
    for (unsigned i = 0; i < E1000E_VECTORS; i++) {
        s->throttles[i] = timer_new_ns(QEMU_CLOCK_VIRTUAL, throttle_opens, nic);
    }
    memory_region_init_io(&s->flash, OBJECT(dev), &flash_ops, s, "e1000e-flash", FLASH_SIZE);
    memory_region_init(&s->msix, OBJECT(dev), "e1000e-msix", MSIX_SIZE);
    pci_register_bar(dev, 0, PCI_BASE_ADDRESS_SPACE_MEMORY, &nic->regs.mmio);
    pci_register_bar(dev, 1, PCI_BASE_ADDRESS_SPACE_MEMORY, &s->flash);
    pci_register_bar(dev, 2, PCI_BASE_ADDRESS_SPACE_IO, &nic->io_bar);
    pci_register_bar(dev, 3, PCI_BASE_ADDRESS_SPACE_MEMORY, &s->msix);
    if (pci_add_capability(dev, PCI_CAP_ID_PM, PM_CAP, 8, errp) < 0 ||
        msi_init(dev, MSI_CAP, 1, true, false, errp) < 0 ||
        (dev->express && pcie_endpoint_cap_init(dev, EXPRESS_CAP, errp) < 0) ||
        msix_init(dev, E1000E_VECTORS, &s->msix, 3, 0, &s->msix, 3, MSIX_PBA, MSIX_CAP, errp) < 0) {
        return;
    }
    pci_set_word(dev->config + PM_CAP + 2, PM_VERSION);
    pci_set_word(dev->config + PM_CAP + 4, PMCSR_NO_RESET);
    pci_set_word(dev->wmask + PM_CAP + 4, PMCSR_STATE);
}

static void e1000e_exit(PCIDevice *dev)
{
    E1000eState *s = E1000E(dev);

    e1000_unmake(&s->nic);
    for (unsigned i = 0; i < E1000E_VECTORS; i++) {
        g_clear_pointer(&s->throttles[i], timer_free);
    }
    msix_uninit(dev);
    msi_uninit(dev);
}

static const VMStateDescription vmstate_e1000e = {
    .name = TYPE_E1000E,
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]){
        VMSTATE_STRUCT(nic, E1000eState, 1, vmstate_e1000_family, E1000State),
        VMSTATE_UINT32(told, E1000eState),
        VMSTATE_INT64_ARRAY(earliest, E1000eState, E1000E_VECTORS),
        VMSTATE_TIMER_PTR_ARRAY(throttles, E1000eState, E1000E_VECTORS),
        VMSTATE_UINT64(clock_base, E1000eState),
        VMSTATE_INT64(clock_start, E1000eState),
        VMSTATE_END_OF_LIST()
    },
};

static void e1000e_class_init(ObjectClass *oc, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(oc);
    E1000Class *model = E1000_CLASS(oc);

    make_registers();
    model->registers = e1000e_registers;
    model->num_registers = E1000E_NUM_ROWS;
    model->queues = 2;
    model->causes = CAUSES_82574;
    model->other_causes = CAUSES_OTHER;
    model->phy_reset = phy_reset_values;
    model->phy_writable = phy_writable;
    model->phy_page_register = 22;
    model->update_interrupt = e1000e_update_interrupt;
    model->reset = e1000e_reset;
    model->rx_descriptor_size = e1000e_rx_descriptor_size;
    model->rx_room = e1000e_rx_room;
    model->classify = e1000e_classify;
    model->store = e1000e_store;
    pc->realize = e1000e_realize;
    pc->exit = e1000e_exit;
    pc->vendor_id = PCI_VENDOR_ID_INTEL;
    pc->device_id = 0x10d3;
    pc->revision = 0;
    pc->class_id = PCI_CLASS_NETWORK_ETHERNET;
    pc->subsystem_vendor_id = PCI_VENDOR_ID_INTEL;
    pc->subsystem_id = 0;
    pc->is_express = true;
    dc->desc = "Intel 82574L Gigabit Ethernet";
    dc->vmsd = &vmstate_e1000e;
}

static const TypeInfo e1000e_types[] = {
    {
        .name = TYPE_E1000E,
        .parent = TYPE_E1000_FAMILY,
        .instance_size = sizeof(E1000eState),
        .class_init = e1000e_class_init,
    },
};

DEFINE_TYPES(e1000e_types)
