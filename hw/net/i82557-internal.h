/*
 * Intel 8255x: what the controller's files share.
 *
 * i82557.c is the device with its registers, i82557-cu.c the command unit, i82557-ru.c the receive
 * unit and the address filter, i82555.c the PHY.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_NET_I82557_INTERNAL_H
#define HW_NET_I82557_INTERNAL_H

#include "qemu/osdep.h"
#include "hw/net/i82557.h"
#include "hw/nvram/microwire.h"
#include "hw/pci/pci.h"
#include "hw/register.h"
#include "net/net.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "qemu/units.h"

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

/* Interrupt causes, in the SCB's second byte. */
#define CAUSE_CX  0x80 /* a command with its I bit is complete */
#define CAUSE_FR  0x40 /* a frame was received */
#define CAUSE_CNA 0x20 /* the CU left the active state */
#define CAUSE_RNR 0x10 /* the RU left the ready state */
#define CAUSE_MDI 0x08 /* an MDI access is complete */
#define CAUSE_SWI 0x04 /* software's wish */
#define CAUSE_ER  0x02 /* early receive */
#define CAUSE_FCP 0x01 /* a pause frame was received */

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

/* The PHY: an 82555, or the part of later chips that is one. i82555.c */
typedef struct I82555 {
    uint16_t regs[NUM_PHY_REGISTERS];
    bool cable;     /* something is plugged in, and its other end is up */
    bool link_lost; /* since the status register was read */
} I82555;

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
    I82555 phy;

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

/* One bit of the configure command's bytes. */
typedef struct ConfigBit {
    uint8_t byte, mask;
} ConfigBit;

static inline bool configured(const I8255xState *s, ConfigBit bit)
{
    return s->config[bit.byte] & bit.mask;
}

#define CONFIG_LOOPBACK ((ConfigBit){ 10, 0xc0 })

static inline const I8255xModel *i8255x_model(I8255xState *s)
{
    return I8255X_GET_CLASS(s)->model;
}

/* Sets a cause, one of CAUSE_*, and with it the interrupt line as the masks say. */
void i8255x_raise(I8255xState *s, uint8_t cause);
/* What isn't modelled was used; `what` is named in the log. */
void i8255x_lacking(const char *what);
void i8255x_guest_error(const char *what, const char *why);

/* Memory at a PCI address. Where nobody answers, reads give ones; the status register notes it. */
void i8255x_dma_get(I8255xState *s, uint32_t from, void *to, size_t size);
void i8255x_dma_put(I8255xState *s, uint32_t to, const void *from, size_t size);
void i8255x_dma_put_word(I8255xState *s, uint32_t to, uint16_t value);

/* The multicast filter's bit for an address. */
unsigned i8255x_hash_bit(const uint8_t address[6]);
/*
 * A frame arrives, without FCS. It has at least 60 bytes on a wire, but may have less in a loop.
 */
void i8255x_receive(I8255xState *s, const uint8_t *frame, size_t size, bool from_loop);

/* Walks the command block list for a turn; if it isn't at its end then, requests another one. */
void i8255x_cu_run(I8255xState *s);
/* `rereads`: the S bit of the block that suspended the unit must be gone by now. */
void i8255x_cu_resume(I8255xState *s, bool rereads);
/* Writes the counters where software wants them; `done` (DUMP_*) says that, behind them. */
#define DUMP_DONE       0xa005
#define DUMP_RESET_DONE 0xa007
void i8255x_dump_counters(I8255xState *s, uint32_t done);
void i8255x_dump_registers(I8255xState *s, uint32_t to);

void i82555_reset(I82555 *phy);
uint16_t i82555_read(I82555 *phy, unsigned reg);
void i82555_write(I82555 *phy, unsigned reg, uint16_t value);
/* Is the cable plugged in, and its other end up? */
void i82555_set_cable(I82555 *phy, bool cable);
bool i82555_link_is_up(const I82555 *phy);
/* Speed and duplex of the link, as bits of the general status register (STATUS_*). */
uint8_t i82555_link_mode(const I82555 *phy);
/* What is sent comes back. */
bool i82555_is_loop(const I82555 *phy);

#endif
