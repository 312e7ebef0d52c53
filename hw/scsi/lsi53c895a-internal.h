/*
 * LSI53C895A: what its files share.
 *
 * lsi53c895a.c is the function with its registers, lsi53c895a-scripts.c runs programs and speaks
 * with targets. Everything runs under the big lock.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_SCSI_LSI53C895A_INTERNAL_H
#define HW_SCSI_LSI53C895A_INTERNAL_H

#include "qemu/osdep.h"
#include "hw/pci/pci.h"
#include "hw/scsi/scsi.h"
#include "qemu/main-loop.h"
#include "qemu/timer.h"
#include "qemu/units.h"

#define TYPE_LSI53C895A "lsi53c895a"
OBJECT_DECLARE_SIMPLE_TYPE(LsiState, LSI53C895A)

#define REGISTERS  256
#define MMIO_SIZE  1024
#define RAM_SIZE   (8 * KiB)
#define PIECE      (64 * KiB) /* of data that is moved at once */
#define INSTRUCTIONS_PER_TURN 5000
#define BYTES_PER_INSTRUCTION 4096 /* so many copied ones count as another one */
#define MAX_MESSAGES 16
#define TIMER_UNIT 125000 /* ns: of STIME1 with a clock of 40 MHz */

/* Registers that code asks for (4.1). Those of more bytes are little-endian. */
enum {
    SCNTL0 = 0x00, SCNTL1, SCNTL2, SCNTL3, SCID, SXFER, SDID, GPREG, SFBR, SOCL, SSID, SBCL, DSTAT, SSTAT0, SSTAT1, SSTAT2,
    DSA = 0x10, ISTAT0 = 0x14, ISTAT1, MBOX0, MBOX1, CTEST0, CTEST1, CTEST2, CTEST3, TEMP = 0x1c, DFIFO = 0x20, CTEST4, CTEST5,
    CTEST6, DBC = 0x24, DCMD = 0x27, DNAD = 0x28, DSP = 0x2c, DSPS = 0x30, SCRATCHA = 0x34, DMODE = 0x38, DIEN, SBR, DCNTL,
    ADDER = 0x3c, SIEN0 = 0x40, SIEN1, SIST0, SIST1, SLPAR, SWIDE, MACNTL, GPCNTL, STIME0, STIME1, RESPID0, RESPID1, STEST0,
    STEST1, STEST2, STEST3, SIDL, STEST4 = 0x52, SODL = 0x54, CCNTL0 = 0x56, CCNTL1, SBDL, SCRATCHB = 0x5c, SCRATCHC = 0x60,
    MMRS = 0xa0, DBMS = 0xb4, PMJAD1 = 0xc0, PMJAD2 = 0xc4, RBC = 0xc8, UA = 0xcc, ESA = 0xd0, IA = 0xd4, SBC = 0xd8, CSBC = 0xdc,
    SCRATCH_END = 0xa0,
};

#define SCNTL1_RST   0x08
#define SCNTL1_CON   0x10
#define SSTAT0_RST   0x02
#define ISTAT0_ABRT  0x80
#define ISTAT0_SRST  0x40
#define ISTAT0_SIGP  0x20
#define ISTAT0_SEM   0x10
#define ISTAT0_CON   0x08
#define ISTAT0_INTF  0x04
#define ISTAT0_SIP   0x02
#define ISTAT0_DIP   0x01
#define DSTAT_DFE    0x80 /* the FIFO is empty; no cause */
#define DSTAT_BF     0x20 /* bus fault */
#define DSTAT_ABRT   0x10
#define DSTAT_SSI    0x08 /* single step */
#define DSTAT_SIR    0x04 /* instruction INT */
#define DSTAT_IID    0x01 /* illegal instruction */
#define SIST0_MA     0x80 /* phase mismatch */
#define SIST0_UDC    0x04 /* unexpected disconnect */
#define SIST0_RST    0x02
#define SIST1_STO    0x04 /* selection timed out */
#define SIST1_GEN    0x02 /* the general purpose timer */
#define DMODE_MAN    0x01
#define DCNTL_STD    0x04
#define DCNTL_SSM    0x10
#define CCNTL0_ENPMJ 0x80
#define CCNTL0_PMJCTL 0x40

typedef enum Phase {
    PHASE_DATA_OUT, PHASE_DATA_IN, PHASE_COMMAND, PHASE_STATUS, PHASE_RESERVED_4, PHASE_RESERVED_5, PHASE_MESSAGE_OUT,
    PHASE_MESSAGE_IN,
    PHASE_NONE, /* the target is busy: no request for a byte yet */
} Phase;

typedef enum ProgramState {
    PROGRAM_STOPPED,
    PROGRAM_RUNS,
    PROGRAM_WAITS_RESELECT, /* for somebody to set SIGP, since nobody reselects */
    PROGRAM_WAITS_PHASE,    /* the instruction is begun anew then */
    PROGRAM_WAITS_DATA,
} ProgramState;

struct LsiState {
    PCIDevice parent_obj;

    MemoryRegion mmio, io, ram;
    ScsiBus *bus;
    QEMUBH *turn;
    QEMUTimer *general;

    uint8_t regs[REGISTERS];
    uint32_t state; /* ProgramState */
    uint32_t instruction; /* where the current one is */
    uint8_t carry;
    bool in_turn;
    uint32_t turn_left; /* of its INSTRUCTIONS_PER_TURN */
    bool reset_waits; /* it came within our own DMA, whose instruction is still needed */
    bool moves_data; /* our own DMA, for the bus: registers are deaf */

    /* the connection */
    uint32_t phase;
    uint32_t target; /* -1: the bus is free */
    uint32_t lun;
    uint64_t tag;
    bool attention;
    bool selection_fails; /* nobody answers, which the next instruction that needs a target notices */
    uint8_t message[MAX_MESSAGES]; /* that comes in next */
    uint32_t message_size, message_at;
    bool free_after_message;
    uint8_t status;
    ScsiRequest *request;
    bool data_left; /* the request wants to move more */
    uint64_t to_move;

    /* the block move that is under way */
    uint32_t address, count, piece;
    uint32_t table_entry;
    uint8_t buffer[PIECE];
    QEMUIOVector qiov;
};

#define NO_TARGET UINT32_MAX

static inline uint32_t lsi_get(const LsiState *s, unsigned reg)
{
    return ldl_le_p(s->regs + reg);
}

static inline void lsi_set(LsiState *s, unsigned reg, uint32_t value)
{
    stl_le_p(s->regs + reg, value);
}

/* ---- lsi53c895a.c ---- */

void lsi_guest_error(const char *what, const char *why);
/* The pin, and the bits that sum causes up, follow those. */
void lsi_update_interrupt(LsiState *s);
/* As the driver and programs access a register; reading some clears them. */
uint8_t lsi_register_load(LsiState *s, unsigned reg);
void lsi_register_store(LsiState *s, unsigned reg, uint8_t value);

/* ---- lsi53c895a-scripts.c ---- */

/* The program stops, and the driver is told why: DSTAT, or SIST0 and SIST1. */
void lsi_stop_for_dma(LsiState *s, uint8_t cause);
void lsi_stop_for_scsi(LsiState *s, uint8_t cause0, uint8_t cause1);
/* The target lets go of the bus; a command that is under way is cancelled. */
void lsi_bus_free(LsiState *s);
/* Begins at DSP; goes on for a turn. */
void lsi_start(LsiState *s);
void lsi_run(LsiState *s);
/* Of a ScsiHost. */
void lsi_command_complete(ScsiRequest *r);
void lsi_command_cancelled(ScsiRequest *r);
void lsi_data_moved(ScsiRequest *r, size_t bytes);

#endif
