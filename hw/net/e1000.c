/*
 * Intel 82540EM: a Gigabit Ethernet controller with its PHY (PRO/1000 MT Desktop).
 *
 * Software and controller share two rings of descriptors, one for sending (e1000-tx.c) and one for
 * receiving (e1000-rx.c): software moves a ring's tail, the controller its head. Everything in
 * memory is little-endian. Registers are 32 bits wide, in a memory BAR, and through a window of two
 * registers in an I/O BAR.
 *
 * The station address comes from a serial EEPROM, which software reads through a register or by its
 * four wires. Interrupts pass a throttle (ITR) that keeps them apart; before it, those about sent
 * and received frames may wait for more of their kind (TIDV, RDTR).
 *
 * Not there: flash (the EEPROM says so), power management and wake-up, the management interface,
 * flow control (pause frames are neither sent nor heeded), TXD_LOW and small-packet interrupts. A
 * frame that doesn't fit into the ring waits with the network.
 *
 * Reference: Intel PCI/PCI-X Family of Gigabit Ethernet Controllers Software Developer's Manual,
 * 317453. PHY registers as in its section 13.4.10 (MDIC) and the tables behind it.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "e1000-internal.h"
#include "hw/pci/msi.h"
#include "hw/qdev-properties.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/module.h"

#define REGISTERS_SIZE (128 * KiB)
#define IO_SIZE        8

/* --- bits --- */

#define STATUS_FD       (1u << 0)
#define STATUS_LU       (1u << 1)
#define STATUS_1000     (2u << 6 | 2u << 8) /* as it is, and as detected */

#define EECD_SK   (1u << 0)
#define EECD_CS   (1u << 1)
#define EECD_DI   (1u << 2)
#define EECD_DO   (1u << 3)
#define EECD_REQ  (1u << 6)
#define EECD_GNT  (1u << 7)
#define EECD_PRES (1u << 8)

#define EERD_START 0x01
#define EERD_DONE  0x10

#define MDIC_WRITE     1
#define MDIC_READ      2
#define MDIC_READY     (1u << 28)
#define MDIC_INTERRUPT (1u << 29)
#define MDIC_ERROR     (1u << 30)
#define PHY_ADDRESS    1

#define RDTR_FPD (1u << 31) /* what waits shall be told now */

#define DELAY_UNIT    1024 /* ns */
#define THROTTLE_UNIT 256

static E1000State *nic_of(RegisterBlock *block)
{
    return E1000(block->owner);
}

void e1000_guest_error(const char *what, const char *why)
{
    qemu_log_dev(LOG_GUEST_ERROR, TYPE_E1000, what, "%s", why);
}

/* --- interrupts --- */

void e1000_update_interrupt(E1000State *s)
{
    bool wanted = e1000_get(s, ICR) & e1000_get(s, IMS);
    uint32_t gap = e1000_get(s, ITR) & 0xffff;
    int64_t now;

    if (wanted == s->irq_level) {
        return;
    }
    if (wanted && gap) {
        now = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
        if (now < s->irq_earliest) {
            timer_mod(s->throttle, s->irq_earliest);
            return;
        }
        s->irq_earliest = now + gap * THROTTLE_UNIT;
    }
    s->irq_level = wanted;
    if (msi_enabled(&s->parent_obj)) {
        if (wanted) {
            msi_notify(&s->parent_obj, 0);
        }
    } else {
        pci_set_irq(&s->parent_obj, wanted);
    }
}

static void update_interrupt(E1000State *s)
{
    E1000_GET_CLASS(s)->update_interrupt(s);
}

static void throttle_opens(void *opaque)
{
    update_interrupt(opaque);
}

void e1000_raise(E1000State *s, uint32_t causes)
{
    const E1000Class *model = E1000_GET_CLASS(s);

    causes |= causes & model->other_causes ? CAUSE_OTHER : 0;
    e1000_set(s, ICR, e1000_get(s, ICR) | (causes & model->causes));
    update_interrupt(s);
}

static void delay_is_over(E1000Delay *d)
{
    uint32_t causes = d->causes;

    d->limit = 0;
    d->causes = 0;
    e1000_raise(d->nic, causes);
}

static void delay_timer(void *opaque)
{
    E1000Delay *d = opaque;

    if (d->limit && qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) < d->due) {
        timer_mod(d->timer, d->due + d->slack);
    } else if (d->limit) {
        delay_is_over(d);
    }
}

void e1000_raise_what_is_due(E1000Delay *d)
{
    if (d->limit && qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) >= d->due) {
        delay_is_over(d);
    }
}

void e1000_raise_later(E1000Delay *d, uint32_t causes, uint32_t delay, uint32_t most)
{
    int64_t now = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL), due = now + (int64_t)delay * DELAY_UNIT;

    e1000_raise_what_is_due(d);
    d->causes |= causes;
    if (delay == 0) {
        delay_is_over(d);
        return;
    }
    if (!d->limit) {
        d->limit = most ? now + (int64_t)most * DELAY_UNIT : INT64_MAX;
    }
    d->due = MIN(due, d->limit);
    timer_mod(d->timer, d->due + d->slack);
}

static void forget_delay(E1000Delay *d)
{
    timer_del(d->timer);
    d->limit = 0;
    d->causes = 0;
}

/* Reading tells and forgets. */
static uint64_t icr_read(RegisterBlock *block, const Register *reg, uint64_t stored)
{
    E1000State *s = nic_of(block);
    uint64_t causes;

    e1000_raise_what_is_due(&s->tx_delay);
    causes = e1000_get(s, ICR);
    e1000_set(s, ICR, 0);
    update_interrupt(s);
    return causes;
}

static void irq_register_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    update_interrupt(nic_of(block));
}

static uint64_t ics_write(RegisterBlock *block, const Register *reg, uint64_t value)
{
    e1000_raise(nic_of(block), value);
    return 0;
}

static uint64_t ims_write(RegisterBlock *block, const Register *reg, uint64_t value)
{
    return *register_value(block, reg) | (value & E1000_GET_CLASS(nic_of(block))->causes);
}

static uint64_t imc_write(RegisterBlock *block, const Register *reg, uint64_t value)
{
    E1000State *s = nic_of(block);

    e1000_set(s, IMS, e1000_get(s, IMS) & ~value);
    update_interrupt(s);
    return 0;
}

static void rdtr_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    E1000State *s = nic_of(block);

    if ((value & RDTR_FPD) && s->rx_delay.limit) {
        delay_is_over(&s->rx_delay);
    }
}

/* --- statistics --- */

static bool is_wide(unsigned n)
{
    return n == STAT_GORC || n == STAT_GOTC || n == STAT_TOR || n == STAT_TOT;
}

void e1000_count(E1000State *s, E1000Statistic n, uint64_t by)
{
    uint64_t old = register_get_at(&s->regs, STATISTICS, n);

    if (is_wide(n)) {
        uint64_t sum = (old | register_get_at(&s->regs, STATISTICS, n + 1) << 32) + by;

        register_set_at(&s->regs, STATISTICS, n, sum & UINT32_MAX);
        register_set_at(&s->regs, STATISTICS, n + 1, sum >> 32);
    } else {
        register_set_at(&s->regs, STATISTICS, n, MIN(old + by, UINT32_MAX));
    }
}

void e1000_count_size(E1000State *s, E1000Statistic first, size_t size)
{
    static const size_t ends[] = { 64, 127, 255, 511, 1023 };
    unsigned range = 0;

    while (range < ARRAY_SIZE(ends) && size > ends[range]) {
        range++;
    }
    e1000_count(s, first + range, 1);
}

/* Reading clears; one of 64 bits with its upper half. */
static uint64_t statistic_read(RegisterBlock *block, const Register *reg, uint64_t stored)
{
    unsigned n = block->index;

    if (!is_wide(n)) {
        register_set_at(block, STATISTICS, n, 0);
    }
    if (n && is_wide(n - 1)) {
        register_set_at(block, STATISTICS, n - 1, 0);
    }
    return stored;
}

/* --- DMA --- */

static void note_result(E1000State *s, MemTxResult result)
{
    if (result != MEMTX_OK) {
        s->parent_obj.config[PCI_STATUS + 1] |= PCI_STATUS_REC_MASTER_ABORT >> 8;
    }
}

void e1000_dma_get(E1000State *s, uint64_t from, void *to, size_t size)
{
    MemTxResult result;

    s->in_dma = true;
    result = pci_dma_read(&s->parent_obj, from, to, size);
    s->in_dma = false;
    if (result != MEMTX_OK) {
        memset(to, 0xff, size);
    }
    note_result(s, result);
}

void e1000_dma_put(E1000State *s, uint64_t to, const void *from, size_t size)
{
    s->in_dma = true;
    note_result(s, pci_dma_write(&s->parent_obj, to, from, size));
    s->in_dma = false;
}

/* --- rings --- */

E1000Ring e1000_ring(const E1000State *s, E1000Row base_low)
{
    const E1000Class *model = E1000_GET_CLASS(s);
    bool sends = base_low == TDBAL || base_low == TDBAL1;
    uint32_t size = sends || !model->rx_descriptor_size ? DESCRIPTOR_SIZE : model->rx_descriptor_size(s);
    E1000Ring ring = {
        .base = e1000_get(s, base_low) | (uint64_t)e1000_get(s, base_low + 1) << 32,
        .count = e1000_get(s, base_low + 2) / size,
        .head = e1000_get(s, base_low + 3),
        .tail = e1000_get(s, base_low + 4),
    };

    if (ring.count && (ring.head >= ring.count || ring.tail >= ring.count)) {
        e1000_guest_error(sends ? "TDT" : "RDT", "head or tail lies outside of the ring: nothing happens there");
        ring.count = 0;
    }
    return ring;
}

/* A guest can have the controller write to its own registers; what follows then must wait. */
void e1000_sending_changed(RegisterBlock *block, const Register *reg, uint64_t value)
{
    E1000State *s = nic_of(block);

    if (s->in_dma || s->sending) {
        qemu_bh_schedule(s->turn);
    } else {
        e1000_tx_run(s);
    }
}

void e1000_receiving_changed(RegisterBlock *block, const Register *reg, uint64_t value)
{
    E1000State *s = nic_of(block);

    if (s->in_dma) {
        qemu_bh_schedule(s->turn);
    } else {
        qemu_flush_queued_packets(qemu_get_queue(s->nic));
    }
}

static void next_turn(void *opaque)
{
    E1000State *s = opaque;

    e1000_tx_run(s);
    qemu_flush_queued_packets(qemu_get_queue(s->nic));
}

/* --- EEPROM --- */

enum {
    EEPROM_ADDRESS = 0x00, EEPROM_CONTROL_1 = 0x0a, EEPROM_SUBSYSTEM, EEPROM_SUBSYSTEM_VENDOR, EEPROM_DEVICE,
    EEPROM_VENDOR, EEPROM_CHECKSUM = 0x3f,
};

#define EEPROM_SUM       0xbaba
#define EEPROM_SIGNATURE 0x4000
#define EEPROM_LOAD_IDS  0x0003

/* Words that nothing defines, and those of what isn't there, are 0. */
static void eeprom_fill(E1000State *s)
{
    const PCIDeviceClass *pc = PCI_DEVICE_GET_CLASS(s);
    uint16_t *words = s->eeprom.words, sum = 0;

    microwire_init(&s->eeprom, 6);
    memset(words, 0, microwire_size(&s->eeprom) * sizeof(*words));
    for (int i = 0; i < 3; i++) {
        words[EEPROM_ADDRESS + i] = lduw_le_p(s->conf.macaddr.a + 2 * i);
    }
    words[EEPROM_CONTROL_1] = EEPROM_SIGNATURE | EEPROM_LOAD_IDS;
    words[EEPROM_SUBSYSTEM] = pc->subsystem_id;
    words[EEPROM_SUBSYSTEM_VENDOR] = pc->subsystem_vendor_id;
    words[EEPROM_DEVICE] = pc->device_id;
    words[EEPROM_VENDOR] = pc->vendor_id;
    for (int i = 0; i < EEPROM_CHECKSUM; i++) {
        sum += words[i];
    }
    words[EEPROM_CHECKSUM] = EEPROM_SUM - sum;
}

/* Access is granted as soon as it is asked for. */
static void eecd_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    microwire_drive(&nic_of(block)->eeprom, value & EECD_CS, value & EECD_SK, value & EECD_DI);
}

static uint64_t eecd_read(RegisterBlock *block, const Register *reg, uint64_t stored)
{
    return stored | EECD_PRES | (stored & EECD_REQ ? EECD_GNT : 0) |
           (microwire_output(&nic_of(block)->eeprom) ? EECD_DO : 0);
}

static uint64_t eerd_write(RegisterBlock *block, const Register *reg, uint64_t value)
{
    E1000State *s = nic_of(block);
    unsigned address = value >> 8 & 0xff;
    uint32_t word = address < microwire_size(&s->eeprom) ? s->eeprom.words[address] : 0xffff;

    return value & EERD_START ? word << 16 | address << 8 | EERD_DONE : value & 0xff00;
}

/* --- PHY --- */

enum {
    PHY_CONTROL, PHY_STATUS, PHY_ID_1, PHY_ID_2, PHY_ADVERTISED, PHY_PARTNER, PHY_EXPANSION, PHY_NEXT_PAGE,
    PHY_PARTNER_PAGE, PHY_GIGABIT_CONTROL, PHY_GIGABIT_STATUS, PHY_EXTENDED_STATUS = 15, PHY_SPECIFIC_CONTROL,
    PHY_SPECIFIC_STATUS, PHY_INTERRUPTS_ENABLED, PHY_INTERRUPTS, PHY_EXTENDED_CONTROL, PHY_LED = 24,
    PHY_EXTENDED_CONTROL_2 = 26, PHY_PAGE = 29, PHY_PAGED,
};

#define PHY_CONTROL_RESET   0x8000
#define PHY_CONTROL_RESTART 0x0200 /* negotiation; done at once */
#define PHY_STATUS_LINK     0x0004
#define PHY_STATUS_DONE     0x0020
#define PHY_SPECIFIC_LINK   0x0400

/* After a reset, with the link down. */
static const uint16_t phy_reset_values[32] = {
    [PHY_CONTROL] = 0x1140, [PHY_STATUS] = 0x7949, [PHY_ID_1] = 0x0141, [PHY_ID_2] = 0x0c20,
    [PHY_ADVERTISED] = 0x0de1, [PHY_NEXT_PAGE] = 0x2001, [PHY_GIGABIT_CONTROL] = 0x0e00,
    [PHY_EXTENDED_STATUS] = 0x3000, [PHY_SPECIFIC_CONTROL] = 0x0078, [PHY_EXTENDED_CONTROL] = 0x0d60,
    [PHY_LED] = 0x4100, [PHY_EXTENDED_CONTROL_2] = 0x000a,
};

static const uint16_t phy_writable[32] = {
    [PHY_CONTROL] = 0x7dc0, [PHY_ADVERTISED] = 0xffff, [PHY_NEXT_PAGE] = 0xb7ff, [PHY_GIGABIT_CONTROL] = 0xff00,
    [PHY_SPECIFIC_CONTROL] = 0xffff, [PHY_INTERRUPTS_ENABLED] = 0xffff, [PHY_EXTENDED_CONTROL] = 0xffff,
    [PHY_LED] = 0xffff, [PHY_EXTENDED_CONTROL_2] = 0xffff, [PHY_PAGE] = 0x001f, [PHY_PAGED] = 0xffff,
};

/* Without a back end, no cable is plugged in. */
static bool has_cable(const E1000State *s)
{
    const NetClientState *nc = qemu_get_queue(s->nic);

    return nc->peer && !nc->link_down;
}

/* The partner, if there is one, can do everything; both take 1000 Mbit/s, full duplex. */
static void phy_set_link(E1000State *s, bool up)
{
    s->phy[PHY_PARTNER] = up ? 0x41e1 : 0;
    s->phy[PHY_EXPANSION] = up ? 0x000f : 0x0004;
    s->phy[PHY_GIGABIT_STATUS] = up ? 0x3c00 : 0;
    s->phy[PHY_SPECIFIC_STATUS] = up ? 0xac00 : 0;
    if (up) {
        s->phy[PHY_STATUS] |= PHY_STATUS_LINK | PHY_STATUS_DONE;
    } else {
        s->phy[PHY_STATUS] &= ~(PHY_STATUS_LINK | PHY_STATUS_DONE); /* the link bit says that it was down until it is read */
    }
}

static void phy_reset(E1000State *s)
{
    memcpy(s->phy, E1000_GET_CLASS(s)->phy_reset, sizeof(s->phy));
    phy_set_link(s, has_cable(s));
}

/* Pages but the first are for what isn't there: wake-up, and numbers for adjusting wires. */
static bool is_on_other_page(const E1000State *s, unsigned reg)
{
    unsigned page_register = E1000_GET_CLASS(s)->phy_page_register;

    return page_register && reg >= 16 && reg != page_register && s->phy[page_register];
}

static uint16_t phy_read(E1000State *s, unsigned reg)
{
    uint16_t value = s->phy[reg];

    if (is_on_other_page(s, reg)) {
        return 0;
    }
    if (reg == PHY_STATUS && has_cable(s)) {
        s->phy[reg] |= PHY_STATUS_LINK;
    } else if (reg == PHY_INTERRUPTS) {
        s->phy[reg] = 0;
    }
    return value;
}

static void phy_write(E1000State *s, unsigned reg, uint16_t value)
{
    uint16_t writable = E1000_GET_CLASS(s)->phy_writable[reg];

    if (is_on_other_page(s, reg)) {
        return;
    }
    if (reg == PHY_CONTROL && (value & PHY_CONTROL_RESET)) {
        phy_reset(s);
        return;
    }
    if (reg == PHY_CONTROL) {
        value &= ~PHY_CONTROL_RESTART;
    }
    s->phy[reg] = (s->phy[reg] & ~writable) | (value & writable);
}

static uint64_t mdic_write(RegisterBlock *block, const Register *reg, uint64_t value)
{
    E1000State *s = nic_of(block);
    unsigned opcode = value >> 26 & 3, phy_reg = value >> 16 & 0x1f;
    bool answers = (value >> 21 & 0x1f) == PHY_ADDRESS;

    value = (value & ~(uint64_t)MDIC_ERROR) | MDIC_READY;
    if (!answers || (opcode != MDIC_READ && opcode != MDIC_WRITE)) {
        value |= MDIC_ERROR;
    } else if (opcode == MDIC_WRITE) {
        phy_write(s, phy_reg, value);
    } else {
        value = (value & ~UINT64_C(0xffff)) | phy_read(s, phy_reg);
    }
    if (value & MDIC_INTERRUPT) {
        e1000_raise(s, CAUSE_MDAC);
    }
    return value;
}

/* --- link and resets --- */

/* The MAC follows the PHY once software has let it (CTRL.SLU). */
bool e1000_link_is_up(const E1000State *s)
{
    return has_cable(s) && (e1000_get(s, CTRL) & CTRL_SLU);
}

static uint64_t status_read(RegisterBlock *block, const Register *reg, uint64_t stored)
{
    return STATUS_FD | STATUS_1000 | (e1000_link_is_up(nic_of(block)) ? STATUS_LU : 0);
}

static void link_changed(NetClientState *nc)
{
    E1000State *s = qemu_get_nic_opaque(nc);

    phy_set_link(s, has_cable(s));
    if (e1000_get(s, CTRL) & CTRL_SLU) {
        e1000_raise(s, CAUSE_LSC);
    }
}

/* As from power on, but for PCI's configuration space, PHY and EEPROM. */
static void software_reset(E1000State *s)
{
    const uint16_t *words = s->eeprom.words;

    qemu_bh_cancel(s->turn);
    timer_del(s->throttle);
    forget_delay(&s->tx_delay);
    forget_delay(&s->rx_delay);
    register_block_reset(&s->regs);
    s->irq_earliest = 0;
    if (E1000_GET_CLASS(s)->reset) {
        E1000_GET_CLASS(s)->reset(s);
    }
    e1000_tx_reset(s);
    register_set_at(&s->regs, RA, 0, words[0] | (uint32_t)words[1] << 16);
    register_set_at(&s->regs, RA, 1, words[2] | 1u << 31);
    update_interrupt(s);
}

static uint64_t ctrl_write(RegisterBlock *block, const Register *reg, uint64_t value)
{
    E1000State *s = nic_of(block);
    uint32_t before = e1000_get(s, CTRL);

    if (value & CTRL_RST) {
        if (!s->in_dma) {
            software_reset(s);
        } else {
            e1000_guest_error("CTRL", "a reset by the controller's own DMA is ignored");
        }
        return e1000_get(s, CTRL);
    }
    if (value & ~before & CTRL_PHY_RST) {
        phy_reset(s);
    }
    if ((value ^ before) & CTRL_SLU && has_cable(s)) {
        e1000_raise(s, CAUSE_LSC);
    }
    return value;
}

/* --- registers --- */

#define ALL_BITS UINT32_MAX
#define PLAIN(row, at, mask, ...) [row] = { #row, .offset = at, .size = 4, .writable = mask, ##__VA_ARGS__ }

const Register e1000_registers[E1000_NUM_ROWS] = {
    PLAIN(CTRL, 0x0000, ALL_BITS, .reset = CTRL_FD, .write = ctrl_write),
    PLAIN(STATUS, 0x0008, 0, .read = status_read),
    PLAIN(EECD, 0x0010, EECD_SK | EECD_CS | EECD_DI | EECD_REQ | 0x30, .reset = 0x10, .read = eecd_read,
          .written = eecd_written),
    PLAIN(EERD, 0x0014, ALL_BITS, .write = eerd_write),
    PLAIN(CTRL_EXT, 0x0018, ALL_BITS),
    PLAIN(MDIC, 0x0020, ALL_BITS, .reset = MDIC_READY, .write = mdic_write),
    PLAIN(FCAL, 0x0028, ALL_BITS),
    PLAIN(FCAH, 0x002c, 0xffff),
    PLAIN(FCT, 0x0030, 0xffff),
    PLAIN(VET, 0x0038, 0xffff),
    PLAIN(ICR, 0x00c0, 0, .w1c = CAUSE_ALL, .read = icr_read, .written = irq_register_written),
    PLAIN(ITR, 0x00c4, 0xffff, .written = irq_register_written),
    PLAIN(ICS, 0x00c8, ALL_BITS, .write = ics_write),
    PLAIN(IMS, 0x00d0, ALL_BITS, .write = ims_write, .written = irq_register_written),
    PLAIN(IMC, 0x00d8, ALL_BITS, .write = imc_write),
    PLAIN(RCTL, 0x0100, ALL_BITS, .written = e1000_receiving_changed),
    PLAIN(FCTTV, 0x0170, 0xffff),
    PLAIN(TCTL, 0x0400, ALL_BITS, .written = e1000_sending_changed),
    PLAIN(TIPG, 0x0410, 0x3fffffff),
    PLAIN(AIT, 0x0458, 0xffff),
    PLAIN(LEDCTL, 0x0e00, ALL_BITS, .reset = 0x07068302),
    PLAIN(PBA, 0x1000, 0xffff, .reset = 0x00100030),
    PLAIN(FCRTL, 0x2160, 0x8000fff8),
    PLAIN(FCRTH, 0x2168, 0x0000fff8),
    PLAIN(RDBAL, 0x2800, 0xfffffff0),
    PLAIN(RDBAH, 0x2804, ALL_BITS),
    PLAIN(RDLEN, 0x2808, 0x000fff80),
    PLAIN(RDH, 0x2810, 0xffff),
    PLAIN(RDT, 0x2818, 0xffff, .written = e1000_receiving_changed),
    PLAIN(RDTR, 0x2820, 0xffff, .written = rdtr_written),
    PLAIN(RXDCTL, 0x2828, ALL_BITS, .reset = 0x00010000),
    PLAIN(RADV, 0x282c, 0xffff),
    PLAIN(RSRPD, 0x2c00, 0x0fff, .unmodelled = 0x0fff),
    PLAIN(TDFH, 0x3410, 0x1fff),
    PLAIN(TDFT, 0x3418, 0x1fff),
    PLAIN(TDFHS, 0x3420, 0x1fff),
    PLAIN(TDFTS, 0x3428, 0x1fff),
    PLAIN(TDFPC, 0x3430, 0x1fff),
    PLAIN(TDBAL, 0x3800, 0xfffffff0),
    PLAIN(TDBAH, 0x3804, ALL_BITS),
    PLAIN(TDLEN, 0x3808, 0x000fff80),
    PLAIN(TDH, 0x3810, 0xffff),
    PLAIN(TDT, 0x3818, 0xffff, .written = e1000_sending_changed),
    PLAIN(TIDV, 0x3820, 0xffff),
    PLAIN(TXDCTL, 0x3828, ALL_BITS),
    PLAIN(TADV, 0x382c, 0xffff),
    PLAIN(TSPMT, 0x3830, ALL_BITS),
    PLAIN(STATISTICS, 0x4000, 0, .count = NUM_STATISTICS, .read = statistic_read),
    PLAIN(RXCSUM, 0x5000, 0x07ff),
    PLAIN(MTA, 0x5200, ALL_BITS, .count = 128),
    PLAIN(RA, 0x5400, ALL_BITS, .count = 32),
    PLAIN(VFTA, 0x5600, ALL_BITS, .count = 128),
    PLAIN(WUC, 0x5800, 0x000f, .unmodelled = 0x0009),
    PLAIN(WUFC, 0x5808, 0x000f80ff, .unmodelled = 0x000f80ff),
    PLAIN(WUS, 0x5810, 0),
    PLAIN(MANC, 0x5820, ALL_BITS),
    PLAIN(IPAV, 0x5838, ALL_BITS),
    PLAIN(WUPL, 0x5900, ALL_BITS),
    PLAIN(FFLT, 0x5f00, ALL_BITS, .count = 4, .stride = 8),
    PLAIN(FFMT, 0x9000, 0xf, .count = 128, .stride = 8),
    PLAIN(FFVT, 0x9800, ALL_BITS, .count = 128, .stride = 8),
    PLAIN(PBM, 0x10000, ALL_BITS, .count = 16384),
};

/* Section 13.2.2: IOADDR says where IODATA leads to. */
static uint64_t io_read(void *opaque, hwaddr addr, unsigned size)
{
    E1000State *s = opaque;

    if (addr >= 8) {
        return 0;
    }
    return addr < 4 ? s->io_address : register_block_read(&s->regs, s->io_address, 4);
}

static void io_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    E1000State *s = opaque;

    if (addr >= 8) {
        return;
    }
    if (addr >= 4) {
        register_block_write(&s->regs, s->io_address, value, 4);
    } else {
        s->io_address = value & (REGISTERS_SIZE - 4);
    }
}

static const MemoryRegionOps io_ops = {
    .read = io_read,
    .write = io_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .impl = { .min_access_size = 4, .max_access_size = 4 },
};

/* --- device --- */

static bool can_receive(NetClientState *nc)
{
    E1000State *s = qemu_get_nic_opaque(nc);

    return !s->in_dma;
}

static ssize_t receive(NetClientState *nc, const uint8_t *frame, size_t size)
{
    E1000State *s = qemu_get_nic_opaque(nc);

    if (s->in_dma) { /* what our own access to memory has made another card send */
        qemu_bh_schedule(s->turn);
        return 0;
    }
    return !e1000_link_is_up(s) || e1000_receive(s, frame, size) ? (ssize_t)size : 0;
}

static NetClientInfo net_info = {
    .type = NET_CLIENT_DRIVER_NIC,
    .can_receive = can_receive,
    .receive = receive,
    .link_status_changed = link_changed,
};

static void e1000_reset_hold(Object *obj)
{
    E1000State *s = E1000(obj);

    microwire_power_up(&s->eeprom);
    s->io_address = 0;
    phy_reset(s);
    software_reset(s);
    qemu_format_nic_info_str(qemu_get_queue(s->nic), s->conf.macaddr.a);
}

static void init_delay(E1000State *s, E1000Delay *d, int64_t slack)
{
    d->nic = s;
    d->slack = slack;
    d->timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, delay_timer, d);
}

void e1000_make(E1000State *s, uint32_t io_size)
{
    PCIDevice *dev = &s->parent_obj;
    const E1000Class *model = E1000_GET_CLASS(s);

    pci_config_set_interrupt_pin(dev->config, 1);
    register_block_init(&s->regs, DEVICE(dev), object_get_typename(OBJECT(s)), model->registers, model->num_registers,
                        DEVICE_LITTLE_ENDIAN, REGISTERS_SIZE);
    memory_region_init_io(&s->io_bar, OBJECT(dev), &io_ops, s, "e1000-io", io_size);
    init_delay(s, &s->tx_delay, E1000_SENT_SLACK);
    init_delay(s, &s->rx_delay, 0);
    for (unsigned i = 0; i < E1000_MAX_QUEUES; i++) {
        s->txq[i].number = i;
    }
    s->throttle = timer_new_ns(QEMU_CLOCK_VIRTUAL, throttle_opens, s);
    s->turn = qemu_bh_new(next_turn, s);
    qemu_macaddr_default_if_unset(&s->conf.macaddr);
    eeprom_fill(s);
    s->nic = qemu_new_nic(&net_info, &s->conf, object_get_typename(OBJECT(s)), DEVICE(dev)->id, s);
}

void e1000_unmake(E1000State *s)
{
    g_clear_pointer(&s->nic, qemu_del_nic);
    g_clear_pointer(&s->turn, qemu_bh_delete);
    g_clear_pointer(&s->throttle, timer_free);
    g_clear_pointer(&s->tx_delay.timer, timer_free);
    g_clear_pointer(&s->rx_delay.timer, timer_free);
}

static void e1000_realize(PCIDevice *dev, Error **errp)
{
    E1000State *s = E1000(dev);

    memset(dev->wmask + PCI_CONFIG_HEADER_SIZE, 0, PCI_CONFIG_SPACE_SIZE - PCI_CONFIG_HEADER_SIZE);
    pci_set_word(dev->config + PCI_STATUS, PCI_STATUS_FAST_BACK | PCI_STATUS_DEVSEL_MEDIUM);
    dev->config[PCI_MIN_GNT] = 0xff;
    e1000_make(s, IO_SIZE);
    pci_register_bar(dev, 0, PCI_BASE_ADDRESS_SPACE_MEMORY, &s->regs.mmio);
    pci_register_bar(dev, 2, PCI_BASE_ADDRESS_SPACE_IO, &s->io_bar);
}

static void e1000_exit(PCIDevice *dev)
{
    e1000_unmake(E1000(dev));
}

static void e1000_finalize(Object *obj)
{
    register_block_finalize(&E1000(obj)->regs);
}

/* Sizes index buffers: those of a file are not to be trusted. */
static int after_load(void *opaque, int version_id)
{
    E1000State *s = opaque;

    for (unsigned i = 0; i < E1000_MAX_QUEUES; i++) {
        const E1000Packet *p = &s->txq[i].packet;
        const E1000Context *c = &s->txq[i].contexts[1];

        if (p->size > (p->in_segments ? (uint32_t)c->header_len + c->mss : TX_FRAME_MAX)) {
            return -EINVAL;
        }
    }
    if (s->io_address >= REGISTERS_SIZE) {
        return -EINVAL;
    }
    s->tx_waits = false;
    phy_set_link(s, has_cable(s));
    qemu_bh_schedule(s->turn);
    return 0;
}

static const VMStateDescription vmstate_context = {
    .name = "e1000-context",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]){
        VMSTATE_UINT8(ip_start, E1000Context),
        VMSTATE_UINT8(ip_offset, E1000Context),
        VMSTATE_UINT8(tu_start, E1000Context),
        VMSTATE_UINT8(tu_offset, E1000Context),
        VMSTATE_UINT16(ip_end, E1000Context),
        VMSTATE_UINT16(tu_end, E1000Context),
        VMSTATE_UINT8(header_len, E1000Context),
        VMSTATE_UINT8(command, E1000Context),
        VMSTATE_UINT16(mss, E1000Context),
        VMSTATE_END_OF_LIST()
    },
};

static const VMStateDescription vmstate_packet = {
    .name = "e1000-packet",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]){
        VMSTATE_BUFFER(data, E1000Packet),
        VMSTATE_UINT32(size, E1000Packet),
        VMSTATE_BUFFER(header, E1000Packet),
        VMSTATE_UINT16(segments, E1000Packet),
        VMSTATE_BOOL(is_open, E1000Packet),
        VMSTATE_BOOL(is_bad, E1000Packet),
        VMSTATE_BOOL(in_segments, E1000Packet),
        VMSTATE_UINT8(options, E1000Packet),
        VMSTATE_BOOL(tagged, E1000Packet),
        VMSTATE_UINT16(tag, E1000Packet),
        VMSTATE_END_OF_LIST()
    },
};

static const VMStateDescription vmstate_tx_queue = {
    .name = "e1000-tx-queue",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]){
        VMSTATE_STRUCT_ARRAY(contexts, E1000TxQueue, 2, 1, vmstate_context, E1000Context),
        VMSTATE_STRUCT(packet, E1000TxQueue, 1, vmstate_packet, E1000Packet),
        VMSTATE_END_OF_LIST()
    },
};

const VMStateDescription vmstate_e1000_family = {
    .name = TYPE_E1000,
    .version_id = 2,
    .minimum_version_id = 2,
    .post_load = after_load,
    .fields = (const VMStateField[]){
        VMSTATE_PCI_DEVICE(parent_obj, E1000State),
        VMSTATE_REGISTER_BLOCK(regs, E1000State),
        VMSTATE_UINT32(io_address, E1000State),
        VMSTATE_MICROWIRE(eeprom, E1000State),
        VMSTATE_UINT16_ARRAY(phy, E1000State, 32),
        VMSTATE_BOOL(irq_level, E1000State),
        VMSTATE_INT64(irq_earliest, E1000State),
        VMSTATE_TIMER_PTR(throttle, E1000State),
        VMSTATE_TIMER_PTR(tx_delay.timer, E1000State),
        VMSTATE_INT64(tx_delay.limit, E1000State),
        VMSTATE_TIMER_PTR(rx_delay.timer, E1000State),
        VMSTATE_INT64(rx_delay.limit, E1000State),
        VMSTATE_UINT32(tx_delay.causes, E1000State),
        VMSTATE_UINT32(rx_delay.causes, E1000State),
        VMSTATE_STRUCT_ARRAY(txq, E1000State, E1000_MAX_QUEUES, 1, vmstate_tx_queue, E1000TxQueue),
        VMSTATE_END_OF_LIST()
    },
};

static Property e1000_properties[] = {
    DEFINE_NIC_PROPERTIES(E1000State, conf),
    DEFINE_PROP_END_OF_LIST(),
};

static void e1000_class_init(ObjectClass *oc, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(oc);
    E1000Class *model = E1000_CLASS(oc);

    model->registers = e1000_registers;
    model->num_registers = E1000_NUM_ROWS;
    model->queues = 1;
    model->causes = CAUSE_ALL;
    model->phy_reset = phy_reset_values;
    model->phy_writable = phy_writable;
    model->update_interrupt = e1000_update_interrupt;
    model->rx_room = e1000_rx_room;
    model->store = e1000_store;
    pc->realize = e1000_realize;
    pc->exit = e1000_exit;
    pc->vendor_id = PCI_VENDOR_ID_INTEL;
    pc->device_id = 0x100e;
    pc->revision = 2;
    pc->class_id = PCI_CLASS_NETWORK_ETHERNET;
    pc->subsystem_vendor_id = PCI_VENDOR_ID_INTEL;
    pc->subsystem_id = 0x001e;
    dc->desc = "Intel 82540EM Gigabit Ethernet";
}

/* Both devices'. */
static void family_class_init(ObjectClass *oc, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);

    dc->vmsd = &vmstate_e1000_family;
    RESETTABLE_CLASS(oc)->phases.hold = e1000_reset_hold;
    device_class_set_props(dc, e1000_properties);
    set_bit(DEVICE_CATEGORY_NETWORK, dc->categories);
}

static const TypeInfo e1000_types[] = {
    {
        .name = TYPE_E1000_FAMILY,
        .parent = TYPE_PCI_DEVICE,
        .abstract = true,
        .instance_size = sizeof(E1000State),
        .instance_finalize = e1000_finalize,
        .class_size = sizeof(E1000Class),
        .class_init = family_class_init,
    },
    {
        .name = TYPE_E1000,
        .parent = TYPE_E1000_FAMILY,
        .class_init = e1000_class_init,
    },
};

DEFINE_TYPES(e1000_types)
