/*
 * Intel 8255x: the 82557, 82558, 82559, 82550, 82551 and 82562 PCI Fast Ethernet controllers.
 *
 * Software and controller share two lists in memory. The command unit (CU) walks the command block
 * list: each block is an action (transmit, configure, set an address ...), its link says where the
 * next one is, and its EL and S bits say whether the unit becomes idle or suspended behind it. The
 * receive unit (RU) fills receive frame descriptors (RFDs) in the same manner. Both are started,
 * resumed and stopped through the system control block (SCB), the first eight bytes of the
 * control/status registers (CSR):
 *
 *     00 SCB status   01 interrupt causes   02 SCB command   03 interrupt masks
 *     04 SCB general pointer: address or base for a command
 *     08 PORT: reset, self-test, dump
 *     0c flash control   0e EEPROM control: the serial EEPROM's four wires
 *     10 MDI control: the registers of the PHY
 *
 * Everything in memory is little-endian. An address that no target answers (or any, without bus
 * mastering) reads as ones; since a command block of ones ends the list, no list is walked through
 * nowhere. A list without an end is walked in turns, between which the rest of the machine runs.
 *
 * What the manual leaves to the controller's speed happens at once: commands are complete when the
 * write that started them is, CNA interrupts aren't delayed, early receive interrupts don't come.
 * Wake-up is absent, and the power management capability says so. Flexible-mode receiving (RBDs),
 * header RFDs, the 82550's IPCBs and microcode are not modelled; using them is logged.
 *
 * Reference: Intel 8255x 10/100 Mbps Ethernet Controller Family Open Source Software Developer
 * Manual, revision 1.3; 82555 and 82559 data sheets (PHY registers).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/qdev-properties.h"
#include "i82557-internal.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/module.h"

/* --- the family --- */

static const I8255xModel models[] = {
    { "i82557a", "Intel i82557A Ethernet", 0x1229, 0x01, 7, 0, 32, 0, 0 },
    { "i82557b", "Intel i82557B Ethernet", 0x1229, 0x02, 7, 0, 32, 0, 0 },
    { "i82557c", "Intel i82557C Ethernet", 0x1229, 0x03, 7, 0, 32, 0, 0 },
    { "i82558a", "Intel i82558A Ethernet", 0x1229, 0x04, 8, 1, 32, 0, 0 },
    { "i82558b", "Intel i82558B Ethernet", 0x1229, 0x05, 8, 1, 32, 0, 0 },
    { "i82559a", "Intel i82559A Ethernet", 0x1229, 0x06, 9, 2, 64, 0, 0 },
    { "i82559b", "Intel i82559B Ethernet", 0x1229, 0x07, 9, 2, 64, 0, 0 },
    { "i82559c", "Intel i82559C Ethernet", 0x1229, 0x08, 9, 2, 64, 0x8086, 0x0040 },
    { "i82559er", "Intel i82559ER Ethernet", 0x1209, 0x09, 9, 2, 64, 0, 0 },
    { "i82550", "Intel i82550 Ethernet", 0x1209, 0x0c, 9, 2, 64, 0, 0 },
    { "i82551", "Intel i82551 Ethernet", 0x1209, 0x0e, 9, 2, 64, 0, 0 },
    { "i82562", "Intel i82562 Ethernet", 0x1209, 0x0e, 9, 2, 64, 0, 0 },
    { "i82801", "Intel i82801 Ethernet", 0x2449, 0x03, 9, 2, 64, 0, 0 },
};

/* --- registers: bits --- */

/* Interrupt control, in the SCB's fourth byte. */
#define MASK_CX  0x80
#define MASK_FR  0x40
#define MASK_CNA 0x20
#define MASK_RNR 0x10
#define MASK_ER  0x08
#define MASK_FCP 0x04
#define MASK_SI  0x02 /* writing 1 causes an SWI interrupt */
#define MASK_ALL 0x01
#define MASK_SPECIFIC (MASK_CX | MASK_FR | MASK_CNA | MASK_RNR | MASK_ER | MASK_FCP)

/* EEPROM control. */
#define EEPROM_SK 0x01
#define EEPROM_CS 0x02
#define EEPROM_DI 0x04
#define EEPROM_DO 0x08

/* MDI control: its highest byte. */
#define MDI_INTERRUPT 0x20
#define MDI_READY     0x10
#define MDI_OPCODE    0x0c
#define MDI_WRITE     0x04
#define MDI_READ      0x08

static I8255xState *nic_of(RegisterBlock *block)
{
    return I8255X(block->owner);
}

/* Rows of csr_registers[]. */
enum {
    ROW_STATUS, ROW_CAUSES, ROW_COMMAND, ROW_MASKS, ROW_POINTER, ROW_PORT_LOW, ROW_PORT,
    ROW_FLASH, ROW_EEPROM, ROW_MDI_DATA, ROW_MDI_ADDRESS, ROW_MDI,
};

void i8255x_guest_error(const char *what, const char *why)
{
    qemu_log_dev(LOG_GUEST_ERROR, TYPE_I8255X, what, "%s", why);
}

void i8255x_lacking(const char *what)
{
    qemu_log_dev(LOG_UNIMP, TYPE_I8255X, what, "not modelled");
}

/* --- interrupts --- */

static void update_interrupt(I8255xState *s)
{
    static const struct { uint8_t cause, mask; } specific[] = {
        { CAUSE_CX, MASK_CX }, { CAUSE_FR, MASK_FR }, { CAUSE_CNA, MASK_CNA },
        { CAUSE_RNR, MASK_RNR }, { CAUSE_ER, MASK_ER }, { CAUSE_FCP, MASK_FCP },
    };
    uint8_t causes = register_get(&s->csr, ROW_CAUSES);
    uint8_t masks = register_get(&s->csr, ROW_MASKS);

    for (size_t i = 0; i < G_N_ELEMENTS(specific); i++) {
        if (masks & specific[i].mask) {
            causes &= ~specific[i].cause;
        }
    }
    pci_set_irq(&s->parent_obj, causes && !(masks & MASK_ALL));
}

void i8255x_raise(I8255xState *s, uint8_t cause)
{
    register_set(&s->csr, ROW_CAUSES, register_get(&s->csr, ROW_CAUSES) | cause);
    update_interrupt(s);
}

/* --- DMA --- */

static void note_master_abort(I8255xState *s, MemTxResult result)
{
    if (result != MEMTX_OK) {
        s->parent_obj.config[PCI_STATUS + 1] |= PCI_STATUS_REC_MASTER_ABORT >> 8;
    }
}

void i8255x_dma_get(I8255xState *s, uint32_t from, void *to, size_t size)
{
    MemTxResult result = pci_dma_read(&s->parent_obj, from, to, size);

    if (result != MEMTX_OK) {
        memset(to, 0xff, size);
    }
    note_master_abort(s, result);
}

void i8255x_dma_put(I8255xState *s, uint32_t to, const void *from, size_t size)
{
    note_master_abort(s, pci_dma_write(&s->parent_obj, to, from, size));
}

void i8255x_dma_put_word(I8255xState *s, uint32_t to, uint16_t value)
{
    uint8_t bytes[2];

    stw_le_p(bytes, value);
    i8255x_dma_put(s, to, bytes, sizeof(bytes));
}

/* --- MDI --- */

static void mdi_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    I8255xState *s = nic_of(block);
    uint8_t address = register_get(block, ROW_MDI_ADDRESS);
    unsigned phy = (value & 3) << 3 | address >> 5, phy_reg = address & 0x1f;
    uint16_t data = register_get(block, ROW_MDI_DATA);

    switch (value & MDI_OPCODE) {
    case MDI_WRITE:
        if (phy == PHY_ADDRESS) {
            i82555_write(&s->phy, phy_reg, data);
        }
        break;
    case MDI_READ:
        /* Where no PHY answers, nobody pulls the line down. */
        data = phy == PHY_ADDRESS ? i82555_read(&s->phy, phy_reg) : 0xffff;
        register_set(block, ROW_MDI_DATA, data);
        break;
    default:
        i8255x_guest_error("MDI", "neither the opcode for reading nor the one for writing");
    }
    register_set(block, ROW_MDI, (value & reg->writable) | MDI_READY);
    if (value & MDI_INTERRUPT) {
        i8255x_raise(s, CAUSE_MDI);
    }
}

/* --- EEPROM --- */

enum {
    EEPROM_ADDRESS = 0x00, EEPROM_COMPATIBILITY = 0x03, EEPROM_CONNECTORS = 0x05,
    EEPROM_PHY = 0x06, EEPROM_ID = 0x0a, EEPROM_SUBSYSTEM = 0x0b,
    EEPROM_SUBSYSTEM_VENDOR = 0x0c, EEPROM_CHECKSUM = 0x3f,
};

#define EEPROM_ID_VALID     0x4000
#define EEPROM_CONNECTOR_RJ45 0x0001
#define EEPROM_PHY_82555    0x0700
#define EEPROM_SUM          0xbaba

/* Words that nothing defines are 0. */
static void eeprom_fill(I8255xState *s)
{
    const I8255xModel *model = i8255x_model(s);
    uint16_t *words = s->eeprom.words, sum = 0;

    microwire_init(&s->eeprom, 6);
    memset(words, 0, microwire_size(&s->eeprom) * sizeof(*words));
    for (int i = 0; i < 3; i++) {
        words[EEPROM_ADDRESS + i] = lduw_le_p(s->conf.macaddr.a + 2 * i);
    }
    words[EEPROM_CONNECTORS] = EEPROM_CONNECTOR_RJ45;
    words[EEPROM_PHY] = EEPROM_PHY_82555 | PHY_ADDRESS;
    words[EEPROM_ID] = EEPROM_ID_VALID;
    words[EEPROM_SUBSYSTEM] = model->subsystem;
    words[EEPROM_SUBSYSTEM_VENDOR] = model->subsystem_vendor;
    for (int i = 0; i < EEPROM_CHECKSUM; i++) {
        sum += words[i];
    }
    words[EEPROM_CHECKSUM] = EEPROM_SUM - sum;
}

static void eeprom_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    microwire_drive(&nic_of(block)->eeprom, value & EEPROM_CS, value & EEPROM_SK,
                    value & EEPROM_DI);
}

static uint64_t eeprom_read(RegisterBlock *block, const Register *reg, uint64_t stored)
{
    return stored | (microwire_output(&nic_of(block)->eeprom) ? EEPROM_DO : 0);
}

/* --- configuration after reset --- */

static const uint8_t config_defaults[CONFIG_SIZE] = {
    [0] = 0x16, [1] = 0x08, [6] = 0x32, [7] = 0x03, [8] = 0x01, [10] = 0x2e, [12] = 0x60,
    [14] = 0xf2, [15] = 0xc8, [17] = 0x40, [18] = 0xf2, [19] = 0x80, [20] = 0x3f, [21] = 0x05,
};

/* --- between network and units --- */

static bool is_powered(const I8255xState *s)
{
    return !(s->parent_obj.config[PM_CAP + 4] & 3) || !s->parent_obj.config[PM_CAP];
}

/* From the network. What our own DMA makes another card send must wait. */
static ssize_t receive_from_network(NetClientState *nc, const uint8_t *frame, size_t size)
{
    I8255xState *s = qemu_get_nic_opaque(nc);

    if (s->in_dma) {
        return 0;
    }
    if (!is_powered(s) || !i82555_link_is_up(&s->phy) || configured(s, CONFIG_LOOPBACK)) {
        return size;
    }
    s->in_dma = true;
    i8255x_receive(s, frame, size, false);
    s->in_dma = false;
    return size;
}

static bool can_receive(NetClientState *nc)
{
    I8255xState *s = qemu_get_nic_opaque(nc);

    return !s->in_dma;
}

static void cu_next_turn(void *opaque)
{
    I8255xState *s = opaque;

    if (is_powered(s) && !s->in_dma) {
        i8255x_cu_run(s);
    }
}

/* --- control commands --- */

enum {
    CUC_NOP = 0, CUC_START = 1, CUC_RESUME = 2, CUC_COUNTERS_ADDRESS = 4, CUC_DUMP = 5,
    CUC_BASE = 6, CUC_DUMP_RESET = 7, CUC_STATIC_RESUME = 10,
};

enum {
    RUC_NOP = 0, RUC_START = 1, RUC_RESUME = 2, RUC_REDIRECT = 3, RUC_ABORT = 4,
    RUC_HEADER_SIZE = 5, RUC_BASE = 6,
};

static void cu_command(I8255xState *s, unsigned command, uint32_t pointer)
{
    switch (command) {
    case CUC_NOP:
        return;
    case CUC_START:
        if (s->cu_state == CU_ACTIVE) {
            i8255x_guest_error("SCB command", "CU start while the unit is active");
            return;
        }
        s->cu_next = pointer;
        s->cu_state = CU_ACTIVE;
        break;
    case CUC_RESUME:
    case CUC_STATIC_RESUME:
        if (s->cu_state == CU_ACTIVE) {
            s->cu_resume = true;
        } else if (s->cu_state == CU_SUSPENDED) {
            i8255x_cu_resume(s, command == CUC_RESUME);
        }
        break;
    case CUC_COUNTERS_ADDRESS:
        s->counters_address = pointer;
        return;
    case CUC_DUMP:
        i8255x_dump_counters(s, DUMP_DONE);
        return;
    case CUC_DUMP_RESET:
        i8255x_dump_counters(s, DUMP_RESET_DONE);
        return;
    case CUC_BASE:
        s->cu_base = pointer;
        return;
    default:
        qemu_log_dev(LOG_UNIMP, TYPE_I8255X, "SCB command", "CU command %u not modelled", command);
        return;
    }
    i8255x_cu_run(s);
}

static void ru_command(I8255xState *s, unsigned command, uint32_t pointer)
{
    switch (command) {
    case RUC_NOP:
        return;
    case RUC_START:
        if (s->ru_state == RU_READY) {
            i8255x_guest_error("SCB command", "RU start while the unit is ready");
            return;
        }
        s->ru_next = pointer;
        s->ru_state = RU_READY;
        break;
    case RUC_RESUME:
        if (s->ru_state == RU_SUSPENDED) {
            s->ru_state = RU_READY;
        }
        break;
    case RUC_ABORT:
        if (s->ru_state == RU_READY) {
            i8255x_raise(s, CAUSE_RNR);
        }
        s->ru_state = RU_IDLE;
        return;
    case RUC_BASE:
        s->ru_base = pointer;
        return;
    default:
        qemu_log_dev(LOG_UNIMP, TYPE_I8255X, "SCB command", "RU command %u not modelled", command);
        return;
    }
    qemu_flush_queued_packets(qemu_get_queue(s->nic));
}

/* The byte reads as 0 as soon as the command is accepted: at once. */
static void command_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    I8255xState *s = nic_of(block);
    uint32_t pointer = register_get(block, ROW_POINTER);
    unsigned cuc = value >> 4, ruc = value & 7;

    if (s->in_dma) {
        i8255x_guest_error("SCB command", "it comes from the controller's own DMA, and is ignored");
        return;
    }
    if (cuc && ruc) {
        i8255x_guest_error("SCB command", "one for the CU and one for the RU at once");
    }
    ru_command(s, ruc, pointer);
    cu_command(s, cuc, pointer);
}

static uint64_t status_read(RegisterBlock *block, const Register *reg, uint64_t stored)
{
    I8255xState *s = nic_of(block);

    return s->cu_state << 6 | s->ru_state << 2;
}

static void causes_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    update_interrupt(nic_of(block));
}

static void masks_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    I8255xState *s = nic_of(block);

    if (i8255x_model(s)->generation < 8) {
        register_set(block, ROW_MASKS, value & MASK_ALL);
    }
    if (value & MASK_SI) {
        i8255x_raise(s, CAUSE_SWI);
    }
    update_interrupt(s);
}

/* --- PORT and resets --- */

enum { PORT_RESET = 0, PORT_SELF_TEST = 1, PORT_SELECTIVE_RESET = 2, PORT_DUMP = 3 };

/* CU and RU stop; what was configured stays. */
static void selective_reset(I8255xState *s)
{
    qemu_bh_cancel(s->cu_turn);
    s->cu_state = CU_IDLE;
    s->cu_resume = false;
    s->tx_waits = false;
    s->ru_state = RU_IDLE;
    register_block_reset(&s->csr);
    update_interrupt(s);
}

static void software_reset(I8255xState *s)
{
    selective_reset(s);
    s->cu_base = 0;
    s->cu_next = 0;
    s->cu_last = 0;
    s->ru_base = 0;
    s->ru_next = 0;
    s->counters_address = 0;
    s->hash = 0;
    memset(s->counters, 0, sizeof(s->counters));
    memcpy(s->config, config_defaults, CONFIG_SIZE);
    for (int i = 0; i < 3; i++) {
        stw_le_p(s->address + 2 * i, s->eeprom.words[EEPROM_ADDRESS + i]);
    }
}

/* The ROM's signature, which isn't 0, and the results: all tests passed. */
static void self_test(I8255xState *s, uint32_t to)
{
    uint8_t results[8] = { 0 };

    software_reset(s);
    stl_le_p(results, 0x82557000 | i8255x_model(s)->revision);
    i8255x_dma_put(s, to, results, sizeof(results));
}

/* Complete with its highest byte: that is written last. */
static void port_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    I8255xState *s = nic_of(block);
    uint32_t pointer = value << 24;
    unsigned function = register_get_at(block, ROW_PORT_LOW, 0) & 0xf;

    for (int i = 0; i < 3; i++) {
        pointer |= register_get_at(block, ROW_PORT_LOW, i) << 8 * i;
    }
    pointer &= ~0xfu;
    if (s->in_dma) {
        i8255x_guest_error("PORT", "written by the controller's own DMA, and ignored");
        return;
    }
    s->in_dma = true;
    switch (function) {
    case PORT_RESET:
        software_reset(s);
        break;
    case PORT_SELF_TEST:
        self_test(s, pointer);
        break;
    case PORT_SELECTIVE_RESET:
        selective_reset(s);
        break;
    case PORT_DUMP:
        i8255x_dump_registers(s, pointer);
        break;
    default:
        qemu_log_dev(LOG_UNIMP, TYPE_I8255X, "PORT", "function %u not modelled", function);
    }
    s->in_dma = false;
}

/* --- registers --- */

static uint64_t general_status_read(RegisterBlock *block, const Register *reg, uint64_t stored)
{
    I8255xState *s = nic_of(block);

    return i82555_link_is_up(&s->phy) ? STATUS_LINK | i82555_link_mode(&s->phy) : 0;
}

static const Register csr_registers[] = {
    [ROW_STATUS] = { "SCB_STATUS", .offset = 0x00, .size = 1, .read = status_read },
    [ROW_CAUSES] = { "SCB_STATACK", .offset = 0x01, .size = 1, .w1c = 0xff,
                     .written = causes_written },
    [ROW_COMMAND] = { "SCB_COMMAND", .offset = 0x02, .size = 1, .written = command_written },
    [ROW_MASKS] = { "SCB_INTMASK", .offset = 0x03, .size = 1,
                    .writable = MASK_SPECIFIC | MASK_ALL, .written = masks_written },
    [ROW_POINTER] = { "SCB_POINTER", .offset = 0x04, .size = 4, .writable = UINT32_MAX },
    [ROW_PORT_LOW] = { "PORT_LOW", .offset = 0x08, .size = 1, .count = 3, .writable = 0xff },
    [ROW_PORT] = { "PORT", .offset = 0x0b, .size = 1, .writable = 0xff,
                   .written = port_written },
    [ROW_FLASH] = { "FLASH_CONTROL", .offset = 0x0c, .size = 2 },
    [ROW_EEPROM] = { "EEPROM_CONTROL", .offset = 0x0e, .size = 2,
                     .writable = EEPROM_SK | EEPROM_CS | EEPROM_DI, .read = eeprom_read,
                     .written = eeprom_written },
    [ROW_MDI_DATA] = { "MDI_DATA", .offset = 0x10, .size = 2, .writable = 0xffff },
    [ROW_MDI_ADDRESS] = { "MDI_ADDRESS", .offset = 0x12, .size = 1, .writable = 0xff },
    [ROW_MDI] = { "MDI_CONTROL", .offset = 0x13, .size = 1, .reset = MDI_READY,
                  .writable = 0x3f, .written = mdi_written },
    /* What is received is there at once: the counter of bytes under way is always 0. */
    { "RX_DMA_COUNT", .offset = 0x14, .size = 4 },
    { "EARLY_RX", .offset = 0x18, .size = 1, .writable = 0xff },
    { "FC_THRESHOLD", .offset = 0x19, .size = 1, .writable = 0x07 },
    { "FC_COMMAND", .offset = 0x1a, .size = 1, .writable = 0x07, .unmodelled = 0x07 },
    { "PMDR", .offset = 0x1b, .size = 1, .w1c = 0xff },
    { "GENERAL_CONTROL", .offset = 0x1c, .size = 1, .writable = 0x03 },
    { "GENERAL_STATUS", .offset = 0x1d, .size = 1, .read = general_status_read },
};

/* No flash is fitted: nobody drives the data lines. */
static uint64_t flash_read(void *opaque, hwaddr addr, unsigned size)
{
    return UINT64_MAX;
}

static void flash_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
}

static const MemoryRegionOps flash_ops = {
    .read = flash_read,
    .write = flash_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
};

/* --- PCI power management --- */

#define PM_DSI       0x0020 /* needs initialization after D3 */
#define PM_D1        0x0200
#define PM_D2        0x0400
#define PMCSR_STATE  0x0003
#define PMCSR_SELECT 0x1e00 /* which value is in the data register */
#define PMCSR_SCALE  0x6000

/* Without the bits for PME#: it wakes nobody. */
static bool add_power_management(I8255xState *s, Error **errp)
{
    PCIDevice *dev = &s->parent_obj;
    unsigned version = i8255x_model(s)->pm_version;

    if (!version) {
        return true;
    }
    if (pci_add_capability(dev, PCI_CAP_ID_PM, PM_CAP, 8, errp) < 0) {
        return false;
    }
    pci_set_word(dev->config + PM_CAP + 2, version | PM_DSI | PM_D1 | PM_D2);
    pci_set_word(dev->wmask + PM_CAP + 4, PMCSR_STATE | (version > 1 ? PMCSR_SELECT : 0));
    return true;
}

/* The data register: consumption (0-3) and dissipation (4-7) in D0-D3, in units of 10 mW. */
static void update_power_data(I8255xState *s)
{
    static const uint8_t power[] = { 58, 40, 40, 40, 58, 40, 40, 40, 0 };
    uint8_t *config = s->parent_obj.config;
    uint16_t pmcsr = pci_get_word(config + PM_CAP + 4);
    unsigned selected = (pmcsr & PMCSR_SELECT) >> 9;
    bool known = i8255x_model(s)->pm_version > 1 && selected < G_N_ELEMENTS(power);

    pci_set_word(config + PM_CAP + 4, (pmcsr & ~PMCSR_SCALE) | (known ? 2 << 13 : 0));
    config[PM_CAP + 7] = known ? power[selected] : 0;
}

/* In D1-D3 only the configuration space answers. */
static void power_changed(I8255xState *s)
{
    memory_region_set_enabled(&s->csr.mmio, is_powered(s));
    memory_region_set_enabled(&s->csr_io, is_powered(s));
}

static void i8255x_config_write(PCIDevice *dev, uint32_t address, uint32_t value, int len)
{
    I8255xState *s = I8255X(dev);
    unsigned before = dev->config[PM_CAP + 4] & PMCSR_STATE;

    pci_default_write_config(dev, address, value, len);
    if (!dev->config[PM_CAP]) {
        return;
    }
    update_power_data(s);
    if (before == 3 && is_powered(s)) {
        software_reset(s);
    }
    power_changed(s);
}

/* --- device --- */

/* Without a back end, no cable is plugged in. */
static bool has_cable(I8255xState *s)
{
    const NetClientState *nc = qemu_get_queue(s->nic);

    return nc->peer && !nc->link_down;
}

static void link_changed(NetClientState *nc)
{
    I8255xState *s = qemu_get_nic_opaque(nc);

    i82555_set_cable(&s->phy, has_cable(s));
}

static void i8255x_reset_hold(Object *obj)
{
    I8255xState *s = I8255X(obj);

    microwire_power_up(&s->eeprom);
    i82555_reset(&s->phy);
    s->phy.cable = has_cable(s);
    software_reset(s);
    if (i8255x_model(s)->pm_version) {
        pci_set_word(s->parent_obj.config + PM_CAP + 4, 0);
        update_power_data(s);
    }
    power_changed(s);
    qemu_format_nic_info_str(qemu_get_queue(s->nic), s->conf.macaddr.a);
}

static NetClientInfo net_info = {
    .type = NET_CLIENT_DRIVER_NIC,
    .receive = receive_from_network,
    .can_receive = can_receive,
    .link_status_changed = link_changed,
};

static void init_config_space(I8255xState *s)
{
    const I8255xModel *model = i8255x_model(s);
    PCIDevice *dev = &s->parent_obj;

    memset(dev->wmask + PCI_CONFIG_HEADER_SIZE, 0, PCI_CONFIG_SPACE_SIZE - PCI_CONFIG_HEADER_SIZE);
    pci_set_word(dev->config + PCI_STATUS, PCI_STATUS_FAST_BACK | PCI_STATUS_DEVSEL_MEDIUM);
    if (model->generation >= 8) {
        pci_set_word(dev->wmask + PCI_COMMAND,
                     pci_get_word(dev->wmask + PCI_COMMAND) | PCI_COMMAND_INVALIDATE);
    }
    pci_set_word(dev->config + PCI_SUBSYSTEM_VENDOR_ID, model->subsystem_vendor);
    pci_set_word(dev->config + PCI_SUBSYSTEM_ID, model->subsystem);
    pci_config_set_interrupt_pin(dev->config, 1);
    dev->config[PCI_MIN_GNT] = 0x08;
    dev->config[PCI_MAX_LAT] = 0x18;
}

static void init_regions(I8255xState *s)
{
    const I8255xModel *model = i8255x_model(s);
    PCIDevice *dev = &s->parent_obj;
    Object *obj = OBJECT(s);

    memory_region_init(&s->csr_bar, obj, "i8255x-csr-bar", CSR_SIZE);
    memory_region_add_subregion(&s->csr_bar, 0, &s->csr.mmio);
    memory_region_init(&s->csr_io_bar, obj, "i8255x-csr-io-bar", model->io_size);
    memory_region_init_alias(&s->csr_io, obj, "i8255x-csr-io", &s->csr.mmio, 0, model->io_size);
    memory_region_add_subregion(&s->csr_io_bar, 0, &s->csr_io);
    memory_region_init_io(&s->flash_bar, obj, &flash_ops, s, "i8255x-flash", FLASH_SIZE);
    pci_register_bar(dev, 0, model->generation < 9 ? PCI_BASE_ADDRESS_MEM_PREFETCH : 0,
                     &s->csr_bar);
    pci_register_bar(dev, 1, PCI_BASE_ADDRESS_SPACE_IO, &s->csr_io_bar);
    pci_register_bar(dev, 2, PCI_BASE_ADDRESS_SPACE_MEMORY, &s->flash_bar);
}

static void i8255x_realize(PCIDevice *dev, Error **errp)
{
    I8255xState *s = I8255X(dev);

    init_config_space(s);
    if (!add_power_management(s, errp)) {
        return;
    }
    register_block_init(&s->csr, DEVICE(dev), "i8255x-csr", csr_registers,
                        G_N_ELEMENTS(csr_registers), DEVICE_LITTLE_ENDIAN, 64);
    init_regions(s);
    qemu_macaddr_default_if_unset(&s->conf.macaddr);
    eeprom_fill(s);
    s->cu_turn = qemu_bh_new(cu_next_turn, s);
    s->nic = qemu_new_nic(&net_info, &s->conf, i8255x_model(s)->type, DEVICE(dev)->id, s);
}

static void i8255x_exit(PCIDevice *dev)
{
    I8255xState *s = I8255X(dev);

    g_clear_pointer(&s->nic, qemu_del_nic);
    g_clear_pointer(&s->cu_turn, qemu_bh_delete);
}

static void i8255x_finalize(Object *obj)
{
    register_block_finalize(&I8255X(obj)->csr);
}

/* A list that was being walked is walked on. */
static int after_load(void *opaque, int version_id)
{
    I8255xState *s = opaque;

    if (s->cu_state > CU_ACTIVE) {
        return -EINVAL;
    }
    s->tx_waits = false;
    s->phy.cable = has_cable(s);
    if (s->cu_state == CU_ACTIVE) {
        qemu_bh_schedule(s->cu_turn);
    }
    power_changed(s);
    return 0;
}

static const VMStateDescription vmstate_i8255x = {
    .name = TYPE_I8255X,
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = after_load,
    .fields = (const VMStateField[]){
        VMSTATE_PCI_DEVICE(parent_obj, I8255xState),
        VMSTATE_REGISTER_BLOCK(csr, I8255xState),
        VMSTATE_MICROWIRE(eeprom, I8255xState),
        VMSTATE_UINT16_ARRAY(phy.regs, I8255xState, NUM_PHY_REGISTERS),
        VMSTATE_BOOL(phy.link_lost, I8255xState),
        VMSTATE_UINT8_ARRAY(config, I8255xState, CONFIG_SIZE),
        VMSTATE_UINT8_ARRAY(address, I8255xState, 6),
        VMSTATE_UINT64(hash, I8255xState),
        VMSTATE_UINT32(cu_base, I8255xState),
        VMSTATE_UINT32(cu_next, I8255xState),
        VMSTATE_UINT32(cu_last, I8255xState),
        VMSTATE_UINT8(cu_state, I8255xState),
        VMSTATE_BOOL(cu_resume, I8255xState),
        VMSTATE_UINT32(ru_base, I8255xState),
        VMSTATE_UINT32(ru_next, I8255xState),
        VMSTATE_UINT8(ru_state, I8255xState),
        VMSTATE_UINT32(counters_address, I8255xState),
        VMSTATE_UINT32_ARRAY(counters, I8255xState, NUM_COUNTERS),
        VMSTATE_END_OF_LIST()
    },
};

static Property i8255x_properties[] = {
    DEFINE_NIC_PROPERTIES(I8255xState, conf),
    DEFINE_PROP_END_OF_LIST(),
};

/* --- types --- */

static void i8255x_class_init(ObjectClass *oc, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(oc);

    pc->realize = i8255x_realize;
    pc->exit = i8255x_exit;
    pc->config_write = i8255x_config_write;
    pc->vendor_id = PCI_VENDOR_ID_INTEL;
    pc->class_id = PCI_CLASS_NETWORK_ETHERNET;
    dc->vmsd = &vmstate_i8255x;
    RESETTABLE_CLASS(oc)->phases.hold = i8255x_reset_hold;
    device_class_set_props(dc, i8255x_properties);
    set_bit(DEVICE_CATEGORY_NETWORK, dc->categories);
}

static void model_class_init(ObjectClass *oc, void *data)
{
    const I8255xModel *model = data;

    I8255X_CLASS(oc)->model = model;
    DEVICE_CLASS(oc)->desc = model->desc;
    PCI_DEVICE_CLASS(oc)->device_id = model->device_id;
    PCI_DEVICE_CLASS(oc)->revision = model->revision;
}

static const TypeInfo i8255x_type = {
    .name = TYPE_I8255X,
    .parent = TYPE_PCI_DEVICE,
    .abstract = true,
    .instance_size = sizeof(I8255xState),
    .instance_finalize = i8255x_finalize,
    .class_size = sizeof(I8255xClass),
    .class_init = i8255x_class_init,
};

static void register_types(void)
{
    type_register_static(&i8255x_type);
    for (size_t i = 0; i < G_N_ELEMENTS(models); i++) {
        type_register(&(TypeInfo){
            .name = models[i].type,
            .parent = TYPE_I8255X,
            .class_init = model_class_init,
            .class_data = (void *)&models[i],
        });
    }
}

type_init(register_types)
