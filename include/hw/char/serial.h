/*
 * 16550A UART: the core that every bus variant embeds, and the memory-mapped variant.
 *
 * Reference: National Semiconductor PC16550D data sheet.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_CHAR_SERIAL_H
#define HW_CHAR_SERIAL_H

#include "chardev/char-fe.h"
#include "hw/sysbus.h"
#include "qom/object.h"
#include "qemu/timer.h"
#include "system/memory.h"

#define TYPE_SERIAL "serial"
OBJECT_DECLARE_SIMPLE_TYPE(SerialState, SERIAL)

#define SERIAL_FIFO_LENGTH 16

typedef struct SerialFifo {
    uint8_t data[SERIAL_FIFO_LENGTH];
    uint8_t head;
    uint8_t num;
} SerialFifo;

/* The chip. A bus variant realizes it as its child and dispatches accesses to serial_io_ops. */
struct SerialState {
    DeviceState parent_obj;

    /* Registers, by their names in the data sheet. */
    uint8_t dlm; /* the divisor latches */
    uint8_t dll;
    uint8_t ier;
    uint8_t fcr;
    uint8_t lcr;
    uint8_t mcr;
    uint8_t lsr;
    uint8_t msr;
    uint8_t scr;
    uint8_t rbr;
    uint8_t thr;

    SerialFifo rx;
    uint8_t rx_errors[SERIAL_FIFO_LENGTH]; /* LSR bits that came with each received byte */
    SerialFifo tx;
    uint8_t tsr;           /* the byte being shifted out */
    bool tsr_busy;         /* the back end has not taken it yet */
    bool thre_pending;     /* THRE interrupt requested and not yet acknowledged */
    bool timeout_pending;  /* character timeout interrupt */
    bool break_sent;       /* the break condition last told to the back end */
    bool rts_dropped;      /* the guest asks the other side to wait */

    uint64_t char_time_ns; /* one character at the programmed speed and format */
    int64_t timeout_at;    /* when the character timeout is due; the timer may run out earlier */
    QEMUTimer *timeout_timer;
    int64_t rx_since;      /* when the receiver was last filled or emptied */
    int64_t rx_debt_ns;    /* time spent on reading input, less the rests from it */
    QEMUTimer *rest_timer; /* pending: no input now */
    QEMUTimer *modem_timer;
    QEMUTimer *retry_timer; /* for back ends that cannot say when they have room */
    guint tx_watch;

    qemu_irq irq;
    CharBackend chr;
    uint32_t baudbase;
};

extern const MemoryRegionOps serial_io_ops;

#define TYPE_SERIAL_MM "serial-mm"
OBJECT_DECLARE_SIMPLE_TYPE(SerialMM, SERIAL_MM)

/* Memory mapped, registers 1 << regshift bytes apart. sysbus mmio 0, irq 0. */
struct SerialMM {
    SysBusDevice parent_obj;

    SerialState serial;
    MemoryRegionOps ops;
    MemoryRegion iomem;
    uint8_t regshift;
    uint8_t endianness; /* enum device_endian */
    char *name;         /* of the region, for traces and `info mtree`; NULL: "serial" */
};

/*
 * Creates, realizes and maps a "serial-mm" at @base of @address_space. @baudbase is the input clock
 * divided by 16. Errors end the program, as for every board that cannot be built.
 */
SerialMM *serial_mm_init(MemoryRegion *address_space, hwaddr base, int regshift, qemu_irq irq,
                         int baudbase, Chardev *chr, enum device_endian end);

#endif
