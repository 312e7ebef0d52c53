/*
 * The standard SD host controller, as part of a device that gives it registers, an interrupt and
 * memory.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_SD_SDHCI_H
#define HW_SD_SDHCI_H

#include "hw/register.h"
#include "hw/sd/sd.h"
#include "qemu/main-loop.h"
#include "system/dma.h"

#define SDHCI_SIZE      0x100
#define SDHCI_BLOCK_MAX 2048

typedef struct Sdhci Sdhci;

/* What the owner does for it. */
typedef struct SdhciOwner {
    void (*set_irq)(Sdhci *host, bool level);
    /* Bus master accesses; false: nothing answers. */
    bool (*dma)(Sdhci *host, uint64_t address, void *data, size_t size, DMADirection direction);
} SdhciOwner;

struct Sdhci {
    const SdhciOwner *owner;
    DeviceState *dev;
    RegisterBlock regs;
    MemoryRegion mmio; /* SDHCI_SIZE bytes */
    SDBus bus;
    QEMUBH *turn;

    /* The transfer that is under way. */
    uint8_t manner; /* SdhciManner; how data move */
    bool reads, counted, stops; /* from the card; for a number of blocks; with CMD12 behind it */
    bool waits;     /* for software to go on behind a boundary of SDMA's */
    uint32_t block_size, blocks_left;
    uint8_t block[SDHCI_BLOCK_MAX];
    uint32_t pos;   /* bytes of it that have been moved to or from memory */
    bool filled;    /* it holds data yet to be moved to memory */
    uint64_t adma_next, adma_address;
    uint32_t adma_left; /* bytes of the descriptor */
    bool adma_end, adma_tells; /* the descriptor is the last one; interrupts when it is done */
    bool in_dma;
};

/*
 * From realize(): regions, bus and all; a card with the next -drive if=sd is put in. False with
 * *errp set if that can't be.
 */
bool sdhci_realize(Sdhci *host, DeviceState *dev, const SdhciOwner *owner, Error **errp);
/* Also if realizing failed in between. */
void sdhci_unrealize(Sdhci *host);
void sdhci_finalize(Sdhci *host);
void sdhci_reset(Sdhci *host);

extern const VMStateDescription vmstate_sdhci;
#define VMSTATE_SDHCI(_field, _state) VMSTATE_STRUCT(_field, _state, 1, vmstate_sdhci, Sdhci)

#endif
