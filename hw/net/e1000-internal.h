/*
 * Intel 82540EM and 82574L: what the controllers' files share.
 *
 * e1000.c is the older device, with registers, EEPROM and PHY as both have them; e1000e.c is the
 * newer one, and e1000e-rx.c has its receive descriptors. e1000-tx.c sends, e1000-rx.c receives.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_NET_E1000_INTERNAL_H
#define HW_NET_E1000_INTERNAL_H

#include "qemu/osdep.h"
#include "hw/nvram/microwire.h"
#include "hw/pci/pci.h"
#include "hw/register.h"
#include "net/net.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "qemu/timer.h"
#include "qemu/units.h"

#define TYPE_E1000_FAMILY "e1000-family"
typedef struct E1000State E1000State;
typedef struct E1000Class E1000Class;
DECLARE_OBJ_CHECKERS(E1000State, E1000Class, E1000, TYPE_E1000_FAMILY)
#define TYPE_E1000  "e1000"
#define TYPE_E1000E "e1000e"

/* Rows of registers that code asks for: those of both devices, then those of the 82574L. */
typedef enum E1000Row {
    CTRL, STATUS, EECD, EERD, CTRL_EXT, MDIC, FCAL, FCAH, FCT, VET, ICR, ITR, ICS, IMS, IMC, RCTL, FCTTV, TCTL,
    TIPG, AIT, LEDCTL, PBA, FCRTL, FCRTH, RDBAL, RDBAH, RDLEN, RDH, RDT, RDTR, RADV, RXDCTL, RSRPD,
    TDFH, TDFT, TDFHS, TDFTS, TDFPC, TDBAL, TDBAH, TDLEN, TDH, TDT, TIDV, TXDCTL, TADV, TSPMT, RXCSUM, MTA, RA,
    VFTA, WUC, WUFC, WUS, MANC, IPAV, WUPL, FFLT, FFMT, FFVT, PBM, STATISTICS, E1000_NUM_ROWS,

    FLA = E1000_NUM_ROWS, EIAC, IAM, IVAR, EITR, EXTCNF, EEWR, PSRCTL, RDBAL1, RDBAH1, RDLEN1, RDH1, RDT1, RXDCTL1,
    TARC0, TDBAL1, TDBAH1, TDLEN1, TDH1, TDT1, TXDCTL1, TARC1, RFCTL, MRQC, RETA, RSSRK, SWSM, FWSM, GCR, GCR2,
    TSYNCTXCTL, SYSTIML, SYSTIMH, TIMINCA, TSYNCRXCTL, TXSTMP, RXSTMP, RXMTRL, RXUDP, FACTPS, POEMB, MDEF, IP6AT, STATISTICS_1, E1000E_NUM_ROWS,
} E1000Row;

/* Statistics, in 32-bit words from 4000 on (section 13.7). */
typedef enum E1000Statistic {
    STAT_MPC = 4, STAT_PRC64 = 23, STAT_GPRC = 29, STAT_BPRC, STAT_MPRC, STAT_GPTC, STAT_GORC = 34, STAT_GOTC = 36,
    STAT_RNBC = 40, STAT_RUC, STAT_ROC = 43, STAT_TOR = 48, STAT_TOT = 50, STAT_TPR = 52, STAT_TPT, STAT_PTC64,
    STAT_MPTC = 60, STAT_BPTC, STAT_TSCTC, STAT_TSCTFC, NUM_STATISTICS,
} E1000Statistic;

/* Interrupt causes (section 13.4.17). */
#define CAUSE_TXDW   0x00001 /* a descriptor was written back */
#define CAUSE_TXQE   0x00002 /* the ring is empty */
#define CAUSE_LSC    0x00004 /* the link's state has changed */
#define CAUSE_RXDMT0 0x00010 /* few receive descriptors are left */
#define CAUSE_RXO    0x00040 /* a frame was lost for lack of them */
#define CAUSE_RXT0   0x00080 /* a frame was received */
#define CAUSE_MDAC   0x00200 /* an MDI access is complete */
#define CAUSE_ALL    0x1ffff
/* Of the 82574L besides (its section 10.2.4.1). */
#define CAUSE_RXQ0     (1u << 20)
#define CAUSE_TXQ0     (1u << 22)
#define CAUSE_OTHER    (1u << 24)
#define CAUSE_ASSERTED (1u << 31) /* an interrupt is there: not a cause */

#define CTRL_FD      (1u << 0)
#define CTRL_SLU     (1u << 6)
#define CTRL_RST     (1u << 26)
#define CTRL_VME     (1u << 30)
#define CTRL_PHY_RST (1u << 31)

#define DESCRIPTOR_SIZE 16
#define FRAME_MIN       60
#define FRAME_HEADER    14
#define VLAN_TAG_SIZE   4
#define FCS_SIZE        4
#define RX_STATUS_DD   0x01
#define RX_STATUS_EOP  0x02
#define RX_FRAME_MAX    (16 * KiB) /* with the frame check sequence */
#define TX_FRAME_MAX    (16 * KiB)
#define SEGMENT_HEADER_MAX 255
#define TX_BUFFER_SIZE  (64 * KiB + SEGMENT_HEADER_MAX) /* of the largest segment */

/*
 * So many descriptors, and segments of large packets, are dealt with before others have their turn.
 */
#define WORK_PER_TURN 512

/* What a context descriptor says (section 3.3.6). */
typedef struct E1000Context {
    uint8_t ip_start, ip_offset;
    uint8_t tu_start, tu_offset; /* of TCP or UDP */
    uint16_t ip_end, tu_end;     /* the last byte; 0: the packet's */
    uint8_t header_len;
    uint8_t command;
    uint16_t mss;
} E1000Context;

/* A packet between its first descriptor and the one with EOP. */
typedef struct E1000Packet {
    uint8_t data[TX_BUFFER_SIZE + VLAN_TAG_SIZE];
    uint32_t size;
    uint8_t header[SEGMENT_HEADER_MAX]; /* of each segment, as it came */
    uint16_t segments;                  /* sent */
    bool is_open;
    bool is_bad;   /* it can't be sent: passed over up to its end */
    bool in_segments;
    uint8_t options; /* POPTS of the first descriptor */
    bool tagged;
    uint16_t tag;
} E1000Packet;

#define E1000_MAX_QUEUES 2

typedef struct E1000TxQueue {
    E1000Context contexts[2]; /* of normal packets and of those in segments */
    E1000Packet packet;
    unsigned number;
} E1000TxQueue;

/* A cause that comes some time after what causes it, so that one interrupt serves several. */
typedef struct E1000Delay {
    E1000State *nic;
    QEMUTimer *timer;
    int64_t slack;   /* ns: the timer may be as late */
    int64_t due;     /* ns: when they may come */
    uint32_t causes; /* that wait */
    int64_t limit; /* ns: no later than that; 0: nothing waits */
} E1000Delay;

/*
 * ns. That something has been sent may be told a little later than the guest asks for: one that
 * goes on sending comes by itself, and is told then, without the main loop waking up for each
 * packet.
 */
#define E1000_SENT_SLACK (150 * 1000)

struct E1000State {
    PCIDevice parent_obj;

    NICState *nic;
    NICConf conf;
    RegisterBlock regs;
    MemoryRegion io_bar;
    uint32_t io_address;
    MicrowireEeprom eeprom;
    uint16_t phy[32];

    bool irq_level;
    int64_t irq_earliest; /* ns: the throttle lets the next one through then */
    QEMUTimer *throttle;
    E1000Delay tx_delay, rx_delay;

    E1000TxQueue txq[E1000_MAX_QUEUES];
    bool tx_waits; /* the last frame is still with the network */
    QEMUBH *turn;
    bool in_dma;
    unsigned first_queue; /* whose turn it is */
    bool sending; /* e1000_tx_run() is under way */
    uint32_t work_left; /* of its WORK_PER_TURN */
    uint8_t rx_frame[RX_FRAME_MAX + FCS_SIZE];
};

/* What a receive descriptor says of a frame; those that aren't the last one have DD alone. */
typedef struct RxNote {
    uint16_t checksum;
    uint8_t status, errors;
    uint16_t tag;
    uint16_t ip_id;
    uint32_t hash;
    uint8_t hash_type;
    uint16_t headers; /* bytes of all headers that are known; 0: none */
} RxNote;

/* What one of the two is, and does in its own way. */
struct E1000Class {
    PCIDeviceClass parent_class;

    const Register *registers;
    unsigned num_registers;
    unsigned queues;             /* of each kind */
    uint32_t causes, other_causes; /* the latter are CAUSE_OTHER as well */
    const uint16_t *phy_reset, *phy_writable; /* 32 of each */
    uint8_t phy_page_register;   /* that chooses what registers from 16 on are; 0: there are no pages */
    void (*update_interrupt)(E1000State *s);
    void (*reset)(E1000State *s);
    /* Bytes of a receive descriptor (NULL: 16), and those that it leads to. */
    uint32_t (*rx_descriptor_size)(const E1000State *s);
    uint32_t (*rx_room)(const E1000State *s);
    /* Which queue a frame goes to; completes `note`. */
    unsigned (*classify)(E1000State *s, const uint8_t *frame, size_t size, size_t header, RxNote *note);
    /* The frame in rx_frame goes into the ring whose first register is base_low. */
    void (*store)(E1000State *s, E1000Row base_low, size_t size, const RxNote *note);
};

/* ---- e1000.c ---- */

extern const Register e1000_registers[E1000_NUM_ROWS];

static inline uint32_t e1000_get(const E1000State *s, E1000Row row)
{
    return register_get(&s->regs, row);
}

static inline void e1000_set(E1000State *s, E1000Row row, uint32_t value)
{
    register_set(&s->regs, row, value);
}

void e1000_guest_error(const char *what, const char *why);
/* As hardware interrupts come and go: the throttle's part, and the pin or MSI. */
void e1000_update_interrupt(E1000State *s);
/* What both devices do to be realized; register and I/O BARs are the caller's to place. */
void e1000_make(E1000State *s, uint32_t io_size);
void e1000_unmake(E1000State *s);
/* Nothing happens within the controller's own DMA but this, later. */
void e1000_sending_changed(RegisterBlock *block, const Register *reg, uint64_t value);
void e1000_receiving_changed(RegisterBlock *block, const Register *reg, uint64_t value);
extern const VMStateDescription vmstate_e1000_family;
/* Adds causes; the interrupt follows as masks and throttle allow. */
void e1000_raise(E1000State *s, uint32_t causes);
/*
 * The same after `delay` units of 1.024 us, each call anew, but no later than `most` after the
 * first.
 */
void e1000_raise_later(E1000Delay *d, uint32_t causes, uint32_t delay, uint32_t most);
/* What the timer is late with, for who looks: see E1000_SENT_SLACK. */
void e1000_raise_what_is_due(E1000Delay *d);
/* Adds to a statistic; those of octets have 64 bits. They stick at their maximum. */
void e1000_count(E1000State *s, E1000Statistic n, uint64_t by);
/* A frame of `size` bytes (with FCS) counts in one of six ranges from `first` on. */
void e1000_count_size(E1000State *s, E1000Statistic first, size_t size);
bool e1000_link_is_up(const E1000State *s);
/* Bus master accesses; while one is under way, in_dma is set. What can't be read reads as ones. */
void e1000_dma_get(E1000State *s, uint64_t from, void *to, size_t size);
void e1000_dma_put(E1000State *s, uint64_t to, const void *from, size_t size);

/* A ring's place in memory and size in descriptors; 0: there is none. */
typedef struct E1000Ring {
    uint64_t base;
    uint32_t count, head, tail;
} E1000Ring;

/*
 * As the five registers from `base_low` (RDBAL or TDBAL, or those of queue 1) on say; head or tail
 * outside of it is a guest error: count is 0.
 */
E1000Ring e1000_ring(const E1000State *s, E1000Row base_low);

/* ---- e1000-tx.c ---- */

/* Sends what the ring holds, or a turn's worth of it. */
void e1000_tx_run(E1000State *s);
/* Forgets what was begun. */
void e1000_tx_reset(E1000State *s);

/* ---- e1000-rx.c ---- */

/*
 * A frame, without FCS, from the network or looped back. False: it doesn't fit at present, and
 * should come again.
 */
bool e1000_receive(E1000State *s, const uint8_t *frame, size_t size);
/* Of an E1000Class: legacy descriptors, a buffer each. */
uint32_t e1000_rx_room(const E1000State *s);
void e1000_store(E1000State *s, E1000Row base_low, size_t size, const RxNote *note);
/* How many descriptors software has given. */
uint32_t e1000_free_descriptors(const E1000Ring *ring);
/* The ring had less room than it seemed. */
void e1000_overrun(E1000State *s);
/* The five registers of a ring. */
static inline E1000Row e1000_head_of(E1000Row base_low)
{
    return base_low + 3;
}

#endif
