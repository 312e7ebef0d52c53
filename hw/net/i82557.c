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
#include "hw/net/i82557.h"
#include "hw/nvram/microwire.h"
#include "hw/pci/pci.h"
#include "hw/qdev-properties.h"
#include "hw/register.h"
#include "migration/vmstate.h"
#include "net/net.h"
#include "qapi/error.h"
#include "qemu/bitops.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "qemu/units.h"

/* --- the family --- */

/* What differs between the members. */
typedef struct I8255xModel {
    const char *type;
    const char *desc;
    uint16_t device_id;
    uint8_t revision;
    uint8_t generation;  /* 7: 82557, 8: 82558, 9: 82559 and later */
    uint8_t pm_version;  /* PCI power management, 0: none */
    uint16_t io_size;
    uint16_t subsystem_vendor, subsystem; /* in the EEPROM */
} I8255xModel;

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
    { "i82550", "Intel i82550 Ethernet", 0x1209, 0x0e, 9, 2, 64, 0, 0 },
    { "i82551", "Intel i82551 Ethernet", 0x1209, 0x0f, 9, 2, 64, 0, 0 },
    { "i82562", "Intel i82562 Ethernet", 0x1209, 0x0e, 9, 2, 64, 0, 0 },
    { "i82801", "Intel i82801 Ethernet", 0x2449, 0x03, 9, 2, 64, 0, 0 },
};

/* --- CSR --- */

/* Interrupt causes, in the SCB's second byte. */
#define CAUSE_CX  0x80 /* a command with its I bit is complete */
#define CAUSE_FR  0x40 /* a frame was received */
#define CAUSE_CNA 0x20 /* the CU left the active state */
#define CAUSE_RNR 0x10 /* the RU left the ready state */
#define CAUSE_MDI 0x08 /* an MDI access is complete */
#define CAUSE_SWI 0x04 /* software's wish */
#define CAUSE_ER  0x02 /* early receive */
#define CAUSE_FCP 0x01 /* a pause frame was received */

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

/* General status. */
#define STATUS_LINK   0x01
#define STATUS_100    0x02
#define STATUS_DUPLEX 0x04

typedef enum CUState { CU_IDLE, CU_SUSPENDED, CU_ACTIVE } CUState;
/* As in the SCB status byte. */
typedef enum RUState { RU_IDLE = 0, RU_SUSPENDED = 1, RU_NO_RESOURCES = 2, RU_READY = 4 } RUState;

/* Statistical counters, in the order in which they are dumped. */
enum {
    TX_GOOD, TX_MAX_COLLISIONS, TX_LATE_COLLISIONS, TX_UNDERRUNS, TX_LOST_CARRIER, TX_DEFERRED,
    TX_ONE_COLLISION, TX_COLLISIONS, TX_TOTAL_COLLISIONS,
    RX_GOOD, RX_CRC_ERRORS, RX_ALIGNMENT_ERRORS, RX_NO_RESOURCES, RX_OVERRUNS, RX_COLLISIONS,
    RX_SHORT,
    NUM_BASIC_COUNTERS,
    FC_PAUSES_SENT = NUM_BASIC_COUNTERS, FC_PAUSES, FC_UNSUPPORTED, /* 82558 */
    NUM_FLOW_COUNTERS,
    TCO_FRAMES = NUM_FLOW_COUNTERS, /* 82559: two counters of 16 bits */
    NUM_COUNTERS,
};

#define CONFIG_SIZE   22
#define PHY_ADDRESS   1
#define NUM_PHY_REGISTERS 32

#define ETHER_MIN     60   /* without FCS */
#define ETHER_MAX     1514
#define FCS_SIZE      4
#define TX_FRAME_MAX  (16 * KiB - 1) /* a command block's byte count ends there */
#define RX_FRAME_MAX  (16 * KiB)
#define CSR_SIZE      (4 * KiB)
#define FLASH_SIZE    (1 * MiB)
#define PM_CAP        0xdc

/* So many command blocks and buffers are dealt with in a row before others have their turn. */
#define WORK_PER_TURN 512

OBJECT_DECLARE_TYPE(I8255xState, I8255xClass, I8255X)

struct I8255xClass {
    PCIDeviceClass parent_class;
    const I8255xModel *model;
};

struct I8255xState {
    PCIDevice parent_obj;

    NICState *nic;
    NICConf conf;
    RegisterBlock csr;
    MemoryRegion csr_bar, csr_io_bar, csr_io, flash_bar;
    MicrowireEeprom eeprom;
    uint16_t phy[NUM_PHY_REGISTERS];
    bool phy_link_lost; /* since the status register was read */

    uint8_t config[CONFIG_SIZE];
    uint8_t address[6]; /* individual address */
    uint64_t hash;      /* multicast filter */

    uint32_t cu_base;
    uint32_t cu_next;    /* the block to execute next, and the last one executed: behind the base */
    uint32_t cu_last;
    uint8_t cu_state;
    bool cu_resume;      /* a resume command came while the unit was active */
    bool tx_waits;       /* until the network has taken the last frame */
    QEMUBH *cu_turn;
    int work_left;       /* in this turn */

    uint32_t ru_base;
    uint32_t ru_next;
    uint8_t ru_state;

    uint32_t counters_address;
    uint32_t counters[NUM_COUNTERS];

    /*
     * DMA is going on: a command that arrives now comes from ourselves (a list that points to the
     * CSR).
     */
    bool in_dma;
    uint8_t tx_frame[TX_FRAME_MAX];
    uint8_t rx_frame[RX_FRAME_MAX + 8]; /* with FCS and checksum behind */
};

static const I8255xModel *model_of(I8255xState *s)
{
    return I8255X_GET_CLASS(s)->model;
}

static I8255xState *nic_of(RegisterBlock *block)
{
    return I8255X(block->owner);
}

/* Rows of csr_registers[]. */
enum {
    ROW_STATUS, ROW_CAUSES, ROW_COMMAND, ROW_MASKS, ROW_POINTER, ROW_PORT_LOW, ROW_PORT,
    ROW_FLASH, ROW_EEPROM, ROW_MDI_DATA, ROW_MDI_ADDRESS, ROW_MDI,
};

static void guest_error(const char *what, const char *why)
{
    qemu_log_dev(LOG_GUEST_ERROR, TYPE_I8255X, what, "%s", why);
}

static void lacking(const char *what)
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

static void raise_cause(I8255xState *s, uint8_t cause)
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

static void dma_get(I8255xState *s, uint32_t from, void *to, size_t size)
{
    MemTxResult result = pci_dma_read(&s->parent_obj, from, to, size);

    if (result != MEMTX_OK) {
        memset(to, 0xff, size);
    }
    note_master_abort(s, result);
}

static void dma_put(I8255xState *s, uint32_t to, const void *from, size_t size)
{
    note_master_abort(s, pci_dma_write(&s->parent_obj, to, from, size));
}

static void dma_put_word(I8255xState *s, uint32_t to, uint16_t value)
{
    uint8_t bytes[2];

    stw_le_p(bytes, value);
    dma_put(s, to, bytes, sizeof(bytes));
}

static uint32_t dma_get_long(I8255xState *s, uint32_t from)
{
    uint8_t bytes[4];

    dma_get(s, from, bytes, sizeof(bytes));
    return ldl_le_p(bytes);
}

/* --- PHY: an 82555, or the part of later chips that is one --- */

enum {
    PHY_CONTROL = 0, PHY_STATUS = 1, PHY_ID1 = 2, PHY_ID2 = 3, PHY_ADVERTISED = 4,
    PHY_PARTNER = 5, PHY_EXPANSION = 6, PHY_82555_STATUS = 16, PHY_82555_CONTROL = 17,
    PHY_LEDS = 27,
};

#define CONTROL_RESET     0x8000
#define CONTROL_LOOPBACK  0x4000
#define CONTROL_100       0x2000
#define CONTROL_NEGOTIATE 0x1000
#define CONTROL_OFF       0x0800
#define CONTROL_ISOLATE   0x0400
#define CONTROL_RESTART   0x0200
#define CONTROL_DUPLEX    0x0100

#define PHY_STATUS_NEGOTIATED 0x0020
#define PHY_STATUS_LINK       0x0004

/* What both ends can do: 100 Mbps full and half duplex, 10 Mbps full and half duplex. */
#define ABILITY_100_FULL 0x0100
#define ABILITY_100      0x0080
#define ABILITY_10_FULL  0x0040
#define PARTNER_ABILITY  0x41e1 /* acknowledged, all four, IEEE 802.3 */

static const struct { uint16_t reset, writable; } phy_registers[NUM_PHY_REGISTERS] = {
    [PHY_CONTROL] = { CONTROL_100 | CONTROL_NEGOTIATE,
                      CONTROL_LOOPBACK | CONTROL_100 | CONTROL_NEGOTIATE | CONTROL_OFF |
                          CONTROL_ISOLATE | CONTROL_DUPLEX | 0x0080 },
    [PHY_STATUS] = { 0x7809, 0 },
    [PHY_ID1] = { 0x02a8, 0 },
    [PHY_ID2] = { 0x0154, 0 },
    [PHY_ADVERTISED] = { 0x05e1, 0x2fff },
    [PHY_82555_CONTROL] = { 0, 0xffff },
    [PHY_LEDS] = { 0, 0x0007 },
};

static void phy_reset(I8255xState *s)
{
    for (int i = 0; i < NUM_PHY_REGISTERS; i++) {
        s->phy[i] = phy_registers[i].reset;
    }
    s->phy_link_lost = false;
}

/* Without a back end, no cable is plugged in. */
static bool link_is_up(I8255xState *s)
{
    NetClientState *nc = qemu_get_queue(s->nic);

    return nc->peer && !nc->link_down &&
           !(s->phy[PHY_CONTROL] & (CONTROL_OFF | CONTROL_ISOLATE));
}

static bool negotiated(I8255xState *s)
{
    return link_is_up(s) && (s->phy[PHY_CONTROL] & CONTROL_NEGOTIATE);
}

/* Speed and duplex of the link, as bits of the general status register. */
static uint8_t link_mode(I8255xState *s)
{
    uint16_t control = s->phy[PHY_CONTROL];
    uint16_t common = s->phy[PHY_ADVERTISED] & PARTNER_ABILITY;

    if (!(control & CONTROL_NEGOTIATE)) {
        return (control & CONTROL_100 ? STATUS_100 : 0) |
               (control & CONTROL_DUPLEX ? STATUS_DUPLEX : 0);
    }
    if (common & (ABILITY_100_FULL | ABILITY_100)) {
        return STATUS_100 | (common & ABILITY_100_FULL ? STATUS_DUPLEX : 0);
    }
    return common & ABILITY_10_FULL ? STATUS_DUPLEX : 0;
}

static uint16_t phy_read(I8255xState *s, unsigned reg)
{
    uint16_t value = s->phy[reg];

    switch (reg) {
    case PHY_STATUS:
        /* A loss of the link shows once, even if it is there again. */
        value |= link_is_up(s) && !s->phy_link_lost ? PHY_STATUS_LINK : 0;
        value |= negotiated(s) ? PHY_STATUS_NEGOTIATED : 0;
        s->phy_link_lost = false;
        return value;
    case PHY_PARTNER:
        return negotiated(s) ? PARTNER_ABILITY : 0;
    case PHY_EXPANSION:
        return negotiated(s) ? 0x0001 : 0;
    case PHY_82555_STATUS:
        return (link_mode(s) & STATUS_100 ? 0x0002 : 0) |
               (link_mode(s) & STATUS_DUPLEX ? 0x0001 : 0);
    }
    return value;
}

static void phy_write(I8255xState *s, unsigned reg, uint16_t value)
{
    uint16_t writable = phy_registers[reg].writable;

    if (reg == PHY_CONTROL && (value & CONTROL_RESET)) {
        phy_reset(s);
        return;
    }
    s->phy[reg] = (s->phy[reg] & ~writable) | (value & writable);
}

static void mdi_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    I8255xState *s = nic_of(block);
    uint8_t address = register_get(block, ROW_MDI_ADDRESS);
    unsigned phy = (value & 3) << 3 | address >> 5, phy_reg = address & 0x1f;
    uint16_t data = register_get(block, ROW_MDI_DATA);

    switch (value & MDI_OPCODE) {
    case MDI_WRITE:
        if (phy == PHY_ADDRESS) {
            phy_write(s, phy_reg, data);
        }
        break;
    case MDI_READ:
        /* Where no PHY answers, nobody pulls the line down. */
        register_set(block, ROW_MDI_DATA, phy == PHY_ADDRESS ? phy_read(s, phy_reg) : 0xffff);
        break;
    default:
        guest_error("MDI", "neither the opcode for reading nor the one for writing");
    }
    register_set(block, ROW_MDI, (value & reg->writable) | MDI_READY);
    if (value & MDI_INTERRUPT) {
        raise_cause(s, CAUSE_MDI);
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
    const I8255xModel *model = model_of(s);
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

/* --- configuration --- */

/* One bit of the configure command's bytes. */
typedef struct ConfigBit {
    uint8_t byte, mask;
} ConfigBit;

static const ConfigBit
    config_ci_only = { 6, 0x08 },           /* no CNA interrupt when suspended */
    config_tco_counters = { 6, 0x04 },
    config_standard_tcb = { 6, 0x10 },
    config_basic_counters = { 6, 0x20 },
    config_save_bad = { 6, 0x80 },
    config_discard_short = { 7, 0x01 },
    config_extended_rfd = { 7, 0x20 },
    config_rx_checksum = { 9, 0x01 },
    config_own_source = { 10, 0x08 },       /* the source address comes from memory */
    config_loopback = { 10, 0xc0 },
    config_promiscuous = { 15, 0x01 },
    config_no_broadcast = { 15, 0x02 },
    config_ignore_local = { 15, 0x10 },     /* U/L bit of addresses */
    config_strip = { 18, 0x01 },
    config_pad = { 18, 0x02 },
    config_keep_fcs = { 18, 0x04 },
    config_long_frames = { 18, 0x08 },
    config_reject_pauses = { 19, 0x20 },
    config_multiple_ia = { 20, 0x40 },
    config_all_multicast = { 21, 0x08 };

static const uint8_t config_defaults[CONFIG_SIZE] = {
    [0] = 0x16, [1] = 0x08, [6] = 0x32, [7] = 0x03, [8] = 0x01, [10] = 0x2e, [12] = 0x60,
    [14] = 0xf2, [15] = 0xc8, [17] = 0x40, [18] = 0xf2, [19] = 0x80, [20] = 0x3f, [21] = 0x05,
};

static bool configured(const I8255xState *s, ConfigBit bit)
{
    return s->config[bit.byte] & bit.mask;
}

/* --- address filter --- */

/* What the low bits of an RFD's status say of the destination address. */
#define RX_STATUS_NO_MATCH 0x0004
#define RX_STATUS_NOT_IA   0x0002

static unsigned hash_bit(const uint8_t address[6])
{
    return net_crc32(address, 6) >> 26;
}

static bool is_own_address(const I8255xState *s, const uint8_t *address)
{
    uint8_t differs = (address[0] ^ s->address[0]) &
                      (configured(s, config_ignore_local) ? ~0x02 : 0xff);

    return !differs && memcmp(address + 1, s->address + 1, 5) == 0;
}

/* Is the frame ours? *status: why. */
static bool accepts(const I8255xState *s, const uint8_t *address, uint16_t *status)
{
    static const uint8_t broadcast[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
    bool is_group = address[0] & 1, in_hash = s->hash >> hash_bit(address) & 1;

    *status = RX_STATUS_NOT_IA;
    if (memcmp(address, broadcast, 6) == 0) {
        if (!configured(s, config_no_broadcast)) {
            return true;
        }
    } else if (is_group) {
        if (in_hash || configured(s, config_all_multicast)) {
            return true;
        }
    } else if (is_own_address(s, address)) {
        *status = 0;
        return true;
    } else if (in_hash && configured(s, config_multiple_ia)) {
        return true;
    }
    *status |= RX_STATUS_NO_MATCH;
    return configured(s, config_promiscuous);
}

/* --- receive unit --- */

#define RFD_SIZE   16
#define RFD_EL     0x8000 /* of the command word */
#define RFD_S      0x4000
#define RFD_SF     0x0008
#define RFD_C      0x8000 /* of the status word */
#define RFD_OK     0x2000
#define RFD_NO_ROOM 0x0200
#define RFD_SHORT  0x0080
#define RFD_TYPE   0x0020 /* the field behind the addresses is a type */
#define RFD_EOF    0x8000 /* of the actual count */
#define RFD_F      0x4000
#define RFD_COUNT  0x3fff

static void ru_leave_ready(I8255xState *s, RUState state)
{
    s->ru_state = state;
    raise_cause(s, CAUSE_RNR);
}

static uint16_t type_or_length(const uint8_t *frame)
{
    return lduw_be_p(frame + 12);
}

static bool is_length(uint16_t type_or_length)
{
    return type_or_length <= 1500;
}

/* Pause frames have been acted on (by whom they paused: nobody) when this returns true. */
static bool is_rejected_pause(I8255xState *s, const uint8_t *frame)
{
    static const uint8_t address[6] = { 0x01, 0x80, 0xc2, 0x00, 0x00, 0x01 };
    bool is_pause;

    if (model_of(s)->generation < 8 || type_or_length(frame) != 0x8808) {
        return false;
    }
    is_pause = memcmp(frame, address, 6) == 0 && lduw_be_p(frame + 14) == 1;
    s->counters[is_pause ? FC_PAUSES : FC_UNSUPPORTED]++;
    if (is_pause) {
        lacking("pausing after a flow control frame");
        raise_cause(s, CAUSE_FCP);
    }
    return configured(s, config_reject_pauses);
}

/* The one's complement sum of what follows the Ethernet header: the 82559's help with TCP. */
static uint16_t payload_sum(const uint8_t *frame, size_t size)
{
    uint32_t sum = 0;

    for (size_t i = 14; i + 1 < size; i += 2) {
        sum += lduw_le_p(frame + i);
    }
    if (size > 14 && (size & 1)) {
        sum += frame[size - 1];
    }
    sum = (sum & 0xffff) + (sum >> 16);
    return (sum & 0xffff) + (sum >> 16);
}

/*
 * The frame in rx_frame, `size` bytes without FCS, as it is stored: without padding, with FCS, with
 * its checksum, as configured. Returns the size.
 */
static size_t finish_frame(I8255xState *s, size_t size)
{
    size_t payload = type_or_length(s->rx_frame);
    uint32_t fcs = net_crc32_le(s->rx_frame, size);
    uint16_t sum = payload_sum(s->rx_frame, size);

    if (configured(s, config_strip) && is_length(payload) && 14 + payload < size) {
        size = 14 + payload;
    }
    if (configured(s, config_keep_fcs)) {
        stl_le_p(s->rx_frame + size, ~fcs);
        size += FCS_SIZE;
    }
    if (configured(s, config_rx_checksum) && model_of(s)->generation >= 9) {
        stw_le_p(s->rx_frame + size, sum);
        size += 2;
    }
    return size;
}

/* Stores the frame in rx_frame into the next RFD, if there is one. */
static void ru_store(I8255xState *s, size_t size, uint16_t status)
{
    uint32_t rfd_address = s->ru_base + s->ru_next;
    uint8_t rfd[RFD_SIZE];
    uint16_t command, room;
    size_t stored;

    dma_get(s, rfd_address, rfd, sizeof(rfd));
    command = lduw_le_p(rfd + 2);
    room = lduw_le_p(rfd + 14) & RFD_COUNT;
    if (command & RFD_SF) {
        lacking("flexible receive frame descriptor");
    }
    /* The last one, without room, only marks the end: it isn't touched. */
    if ((command & RFD_SF) || (room == 0 && (command & RFD_EL))) {
        s->counters[RX_NO_RESOURCES]++;
        ru_leave_ready(s, RU_NO_RESOURCES);
        return;
    }

    if (!is_length(type_or_length(s->rx_frame))) {
        status |= RFD_TYPE;
    }
    size = finish_frame(s, size);
    stored = MIN(size, room);
    dma_put(s, rfd_address + RFD_SIZE, s->rx_frame, stored);
    if (stored < size) {
        status |= RFD_NO_ROOM;
        s->counters[RX_NO_RESOURCES]++;
    } else if (!(status & RFD_SHORT)) {
        status |= RFD_OK;
        s->counters[RX_GOOD]++;
    }
    dma_put_word(s, rfd_address + 12, RFD_EOF | RFD_F | stored);
    dma_put_word(s, rfd_address, status | RFD_C);

    s->ru_next = ldl_le_p(rfd + 4);
    raise_cause(s, CAUSE_FR);
    if (command & RFD_EL) {
        ru_leave_ready(s, RU_NO_RESOURCES);
    } else if (command & RFD_S) {
        ru_leave_ready(s, RU_SUSPENDED);
    }
}

/* A frame arrives, without FCS. It has at least 60 bytes on a wire, but may have less in a loop. */
static void ru_receive(I8255xState *s, const uint8_t *frame, size_t size, bool from_loop)
{
    uint16_t status;
    bool is_short = from_loop && size < ETHER_MIN;

    if (size < 14 || size > RX_FRAME_MAX) {
        return;
    }
    memcpy(s->rx_frame, frame, size);
    if (!is_short && size < ETHER_MIN) {
        memset(s->rx_frame + size, 0, ETHER_MIN - size);
        size = ETHER_MIN;
    }
    if (is_short) {
        s->counters[RX_SHORT]++;
        if (configured(s, config_discard_short)) {
            return;
        }
    }
    if (!accepts(s, s->rx_frame, &status) || is_rejected_pause(s, s->rx_frame) ||
        (size > ETHER_MAX && !configured(s, config_long_frames))) {
        return;
    }
    if (is_short) {
        status |= RFD_SHORT;
        if (!configured(s, config_save_bad)) {
            return;
        }
    }
    if (s->ru_state == RU_READY) {
        ru_store(s, size, status);
    } else if (s->ru_state == RU_NO_RESOURCES) {
        s->counters[RX_NO_RESOURCES]++;
    }
}

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
    if (!is_powered(s) || !link_is_up(s) || configured(s, config_loopback)) {
        return size;
    }
    s->in_dma = true;
    ru_receive(s, frame, size, false);
    s->in_dma = false;
    return size;
}

static bool can_receive(NetClientState *nc)
{
    I8255xState *s = qemu_get_nic_opaque(nc);

    return !s->in_dma;
}

/* --- statistical counters --- */

#define DUMP_DONE       0xa005
#define DUMP_RESET_DONE 0xa007

static unsigned counters_in_dump(I8255xState *s)
{
    unsigned generation = model_of(s)->generation;

    if (generation >= 9 && configured(s, config_tco_counters)) {
        return NUM_COUNTERS;
    }
    return generation >= 8 && !configured(s, config_basic_counters) ? NUM_FLOW_COUNTERS
                                                                    : NUM_BASIC_COUNTERS;
}

static void dump_counters(I8255xState *s, uint32_t done)
{
    uint8_t dump[(NUM_COUNTERS + 1) * 4];
    unsigned n = counters_in_dump(s);

    for (unsigned i = 0; i < n; i++) {
        stl_le_p(dump + 4 * i, s->counters[i]);
    }
    stl_le_p(dump + 4 * n, done);
    dma_put(s, s->counters_address, dump, 4 * (n + 1));
    if (done == DUMP_RESET_DONE) {
        memset(s->counters, 0, sizeof(s->counters));
    }
}

/* --- action commands --- */

#define CB_SIZE 16
#define CB_EL   0x8000 /* of the command word */
#define CB_S    0x4000
#define CB_I    0x2000
#define CB_NC   0x0010 /* transmit: FCS and source address come from memory */
#define CB_SF   0x0008 /* transmit: flexible mode */
#define CB_C    0x8000 /* of the status word */
#define CB_OK   0x2000

static void action_nop(I8255xState *s, uint32_t at, const uint8_t *cb)
{
}

static void action_address(I8255xState *s, uint32_t at, const uint8_t *cb)
{
    memcpy(s->address, cb + 8, 6);
    qemu_format_nic_info_str(qemu_get_queue(s->nic), s->address);
}

/* The first byte's count says how many there are; those that aren't given stay. */
static void action_configure(I8255xState *s, uint32_t at, const uint8_t *cb)
{
    unsigned count = cb[8] & 0x3f;

    dma_get(s, at + 8, s->config, MIN(count, CONFIG_SIZE));
    if (configured(s, config_extended_rfd)) {
        lacking("extended receive frame descriptor");
    }
}

static void action_multicast(I8255xState *s, uint32_t at, const uint8_t *cb)
{
    unsigned size = lduw_le_p(cb + 8) & 0x3fff;
    uint8_t *list = s->tx_frame; /* free between frames */

    G_STATIC_ASSERT(TX_FRAME_MAX >= 0x3fff);
    dma_get(s, at + 10, list, size);
    s->hash = 0;
    for (unsigned i = 0; i + 6 <= size; i += 6) {
        s->hash |= UINT64_C(1) << hash_bit(list + i);
    }
}

static void tx_done(NetClientState *nc, ssize_t ret)
{
    I8255xState *s = qemu_get_nic_opaque(nc);

    s->tx_waits = false;
    if (s->cu_state == CU_ACTIVE) {
        qemu_bh_schedule(s->cu_turn);
    }
}

/* Onto the wire with the frame in tx_frame, or back through a loop. */
static void send_frame(I8255xState *s, size_t size)
{
    NetClientState *nc = qemu_get_queue(s->nic);

    s->counters[TX_GOOD]++;
    if (configured(s, config_loopback) || (s->phy[PHY_CONTROL] & CONTROL_LOOPBACK)) {
        ru_receive(s, s->tx_frame, size, true);
    } else if (!link_is_up(s)) {
        s->counters[TX_LOST_CARRIER]++;
    } else {
        s->tx_waits = qemu_send_packet_async(nc, s->tx_frame, size, tx_done) == 0;
    }
}

/* Collects a part of the frame behind the *size bytes that are there; false if it is too long. */
static bool gather(I8255xState *s, uint32_t from, uint32_t len, size_t *size)
{
    if (len > TX_FRAME_MAX - *size) {
        return false;
    }
    dma_get(s, from, s->tx_frame + *size, len);
    *size += len;
    return true;
}

/* Collects the buffers of a flexible-mode frame; the first two are in an extended block itself. */
static bool gather_buffers(I8255xState *s, uint32_t at, const uint8_t *cb, size_t *size)
{
    bool extended = model_of(s)->generation >= 8 && !configured(s, config_standard_tcb);
    uint32_t array = ldl_le_p(cb + 8);
    unsigned count = cb[15], in_block = extended ? 2 : 0;

    /* A count of 255 means "until the EL bit" then: there are no frames of so many pieces. */
    for (unsigned i = 0; i < count; i++, s->work_left--) {
        uint32_t place = i < in_block ? at + CB_SIZE + 8 * i : array + 8 * (i - in_block);
        uint8_t tbd[8];

        dma_get(s, place, tbd, sizeof(tbd));
        if (!gather(s, ldl_le_p(tbd), lduw_le_p(tbd + 4) & 0x7fff, size)) {
            return false;
        }
        if (tbd[6] & 1) {
            break;
        }
    }
    return true;
}

static void action_transmit(I8255xState *s, uint32_t at, const uint8_t *cb)
{
    uint16_t command = lduw_le_p(cb + 2), count = lduw_le_p(cb + 12) & 0x3fff;
    size_t size = 0;

    if (!gather(s, at + CB_SIZE, count, &size) ||
        ((command & CB_SF) && !gather_buffers(s, at, cb, &size))) {
        guest_error("transmit", "the frame has 16 KiB or more, and is not sent");
        return;
    }
    if (command & CB_NC) {
        if (size < FCS_SIZE ||
            ~net_crc32_le(s->tx_frame, size - FCS_SIZE) !=
                ldl_le_p(s->tx_frame + size - FCS_SIZE)) {
            guest_error("transmit", "the frame's own check sequence is wrong: nobody takes it");
            s->counters[TX_GOOD]++;
            return;
        }
        size -= FCS_SIZE;
    } else if (!configured(s, config_own_source) && size >= 12) {
        memcpy(s->tx_frame + 6, s->address, 6);
    }
    if (size < 14) {
        guest_error("transmit", "the frame is shorter than its header, and is not sent");
        return;
    }
    if (size < ETHER_MIN && configured(s, config_pad)) {
        memset(s->tx_frame + size, 0, ETHER_MIN - size);
        size = ETHER_MIN;
    }
    send_frame(s, size);
}

static void action_microcode(I8255xState *s, uint32_t at, const uint8_t *cb)
{
    lacking("microcode");
}

/* Of the registers' 596 bytes, the configuration and the address; what else is there reads as 0. */
static void dump_registers(I8255xState *s, uint32_t to)
{
    uint8_t dump[596] = { 0 };

    memcpy(dump, s->config, CONFIG_SIZE);
    memcpy(dump + CONFIG_SIZE, s->address, sizeof(s->address));
    lacking("dump of internal registers other than configuration and address");
    dma_put(s, to, dump, sizeof(dump));
}

static void action_dump(I8255xState *s, uint32_t at, const uint8_t *cb)
{
    dump_registers(s, ldl_le_p(cb + 8));
}

static void action_diagnose(I8255xState *s, uint32_t at, const uint8_t *cb)
{
}

static void (*const actions[8])(I8255xState *s, uint32_t at, const uint8_t *cb) = {
    action_nop,      action_address,   action_configure, action_multicast,
    action_transmit, action_microcode, action_dump,      action_diagnose,
};

/* --- command unit --- */

static void cu_run(I8255xState *s);

/* `rereads`: the S bit of the block that suspended the unit must be gone by now. */
static void cu_resume(I8255xState *s, bool rereads)
{
    if (rereads && (dma_get_long(s, s->cu_base + s->cu_last) >> 16 & CB_S)) {
        return;
    }
    s->cu_state = CU_ACTIVE;
}

static void cu_suspend(I8255xState *s)
{
    s->cu_state = CU_SUSPENDED;
    if (!configured(s, config_ci_only)) {
        raise_cause(s, CAUSE_CNA);
    }
    if (s->cu_resume) {
        s->cu_resume = false;
        cu_resume(s, true);
    }
}

static void cu_execute_block(I8255xState *s)
{
    uint32_t at = s->cu_base + s->cu_next;
    uint8_t cb[CB_SIZE];
    uint16_t command;

    dma_get(s, at, cb, sizeof(cb));
    command = lduw_le_p(cb + 2);
    s->cu_last = s->cu_next;
    s->cu_next = ldl_le_p(cb + 4);
    actions[command & 7](s, at, cb);
    dma_put_word(s, at, CB_C | CB_OK);

    if (command & CB_I) {
        raise_cause(s, CAUSE_CX);
    }
    if (command & CB_EL) {
        s->cu_state = CU_IDLE;
        s->cu_resume = false;
        raise_cause(s, CAUSE_CNA);
    } else if (command & CB_S) {
        cu_suspend(s);
    }
}

static void cu_run(I8255xState *s)
{
    s->in_dma = true;
    for (s->work_left = WORK_PER_TURN; s->cu_state == CU_ACTIVE && !s->tx_waits; s->work_left--) {
        if (s->work_left <= 0) {
            qemu_bh_schedule(s->cu_turn);
            break;
        }
        cu_execute_block(s);
    }
    s->in_dma = false;
    /* Answers to what was sent may have come meanwhile. */
    qemu_flush_queued_packets(qemu_get_queue(s->nic));
}

static void cu_next_turn(void *opaque)
{
    I8255xState *s = opaque;

    if (is_powered(s) && !s->in_dma) {
        cu_run(s);
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
            guest_error("SCB command", "CU start while the unit is active");
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
            cu_resume(s, command == CUC_RESUME);
        }
        break;
    case CUC_COUNTERS_ADDRESS:
        s->counters_address = pointer;
        return;
    case CUC_DUMP:
        dump_counters(s, DUMP_DONE);
        return;
    case CUC_DUMP_RESET:
        dump_counters(s, DUMP_RESET_DONE);
        return;
    case CUC_BASE:
        s->cu_base = pointer;
        return;
    default:
        qemu_log_dev(LOG_UNIMP, TYPE_I8255X, "SCB command", "CU command %u not modelled", command);
        return;
    }
    cu_run(s);
}

static void ru_command(I8255xState *s, unsigned command, uint32_t pointer)
{
    switch (command) {
    case RUC_NOP:
        return;
    case RUC_START:
        if (s->ru_state == RU_READY) {
            guest_error("SCB command", "RU start while the unit is ready");
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
            raise_cause(s, CAUSE_RNR);
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
        guest_error("SCB command", "it comes from the controller's own DMA, and is ignored");
        return;
    }
    if (cuc && ruc) {
        guest_error("SCB command", "one for the CU and one for the RU at once");
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

    if (model_of(s)->generation < 8) {
        register_set(block, ROW_MASKS, value & MASK_ALL);
    }
    if (value & MASK_SI) {
        raise_cause(s, CAUSE_SWI);
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
    stl_le_p(results, 0x82557000 | model_of(s)->revision);
    dma_put(s, to, results, sizeof(results));
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
        guest_error("PORT", "written by the controller's own DMA, and ignored");
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
        dump_registers(s, pointer);
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

    return link_is_up(s) ? STATUS_LINK | link_mode(s) : 0;
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
    unsigned version = model_of(s)->pm_version;

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
    bool known = model_of(s)->pm_version > 1 && selected < G_N_ELEMENTS(power);

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

static void i8255x_reset_hold(Object *obj)
{
    I8255xState *s = I8255X(obj);

    microwire_power_up(&s->eeprom);
    phy_reset(s);
    software_reset(s);
    if (model_of(s)->pm_version) {
        pci_set_word(s->parent_obj.config + PM_CAP + 4, 0);
        update_power_data(s);
    }
    power_changed(s);
    qemu_format_nic_info_str(qemu_get_queue(s->nic), s->conf.macaddr.a);
}

static void link_changed(NetClientState *nc)
{
    I8255xState *s = qemu_get_nic_opaque(nc);

    if (nc->link_down) {
        s->phy_link_lost = true;
    }
}

static NetClientInfo net_info = {
    .type = NET_CLIENT_DRIVER_NIC,
    .receive = receive_from_network,
    .can_receive = can_receive,
    .link_status_changed = link_changed,
};

static void init_config_space(I8255xState *s)
{
    const I8255xModel *model = model_of(s);
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
    const I8255xModel *model = model_of(s);
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
    s->nic = qemu_new_nic(&net_info, &s->conf, model_of(s)->type, DEVICE(dev)->id, s);
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
        VMSTATE_UINT16_ARRAY(phy, I8255xState, NUM_PHY_REGISTERS),
        VMSTATE_BOOL(phy_link_lost, I8255xState),
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
