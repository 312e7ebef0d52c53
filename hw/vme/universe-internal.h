/*
 * Universe II: what its files share.
 *
 * universe.c is the PCI function and the registers, universe-images.c the windows in both
 * directions and the error logs, universe-dma.c the DMA controller, universe-irq.c the interrupts.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_VME_UNIVERSE_INTERNAL_H
#define HW_VME_UNIVERSE_INTERNAL_H

#include "hw/pci/pci_bus.h"
#include "hw/register.h"
#include "hw/vme/universe.h"
#include "hw/vme/vme.h"
#include "qemu/timer.h"

OBJECT_DECLARE_SIMPLE_TYPE(UniverseState, UNIVERSE2)

#define UNIVERSE_IMAGES 8
#define UNIVERSE_CSR_SIZE 0x1000

/* Images 0-3 and 4-7 are a row each, one behind the other: image n is at [row + n / 4], n % 4. */
enum {
    UNI_LSI_CTL, UNI_LSI_CTL_HIGH,
    UNI_LSI_BS, UNI_LSI_BS_HIGH,
    UNI_LSI_BD, UNI_LSI_BD_HIGH,
    UNI_LSI_TO, UNI_LSI_TO_HIGH,
    UNI_VSI_CTL, UNI_VSI_CTL_HIGH,
    UNI_VSI_BS, UNI_VSI_BS_HIGH,
    UNI_VSI_BD, UNI_VSI_BD_HIGH,
    UNI_VSI_TO, UNI_VSI_TO_HIGH,
    UNI_SCYC_CTL,
    UNI_SCYC_ADDR,
    UNI_SCYC_EN,
    UNI_SCYC_CMP,
    UNI_SCYC_SWP,
    UNI_LMISC,
    UNI_SLSI,
    UNI_L_CMDERR,
    UNI_LAERR,
    UNI_DCTL,
    UNI_DTBC,
    UNI_DLA,
    UNI_DVA,
    UNI_DCPP,
    UNI_DGCS,
    UNI_D_LLUE,
    UNI_LINT_EN,
    UNI_LINT_STAT,
    UNI_LINT_MAP,
    UNI_LINT_MAP2,
    UNI_VINT_EN,
    UNI_VINT_STAT,
    UNI_VINT_MAP,
    UNI_VINT_MAP2,
    UNI_STATID,
    UNI_V_STATID,
    UNI_MBOX,
    UNI_SEMA,
    UNI_MAST_CTL,
    UNI_MISC_CTL,
    UNI_MISC_STAT,
    UNI_USER_AM,
    UNI_U2SPEC,
    UNI_LM_CTL,
    UNI_LM_BS,
    UNI_VRAI_CTL,
    UNI_VRAI_BS,
    UNI_VCSR_CTL,
    UNI_VCSR_TO,
    UNI_V_AMERR,
    UNI_VAERR,
    UNI_VCSR_CLR,
    UNI_VCSR_SET,
    UNI_VCSR_BS,
    UNI_NUM_REGS,
};

/* LSIn_CTL, SLSI and DCTL share what they say about the VMEbus side. */
#define UNI_EN   0x80000000u /* all images' control registers: the image is open */
#define UNI_PWEN 0x40000000u /* writes are posted */
#define UNI_VDW_SHIFT 22     /* widest cycle: 1 << n bytes */
#define UNI_VAS_SHIFT 16
#define UNI_PGM   0x00004000u
#define UNI_SUPER 0x00001000u
#define UNI_VCT   0x00000100u /* block transfers */

#define UNI_MISC_CTL_SW_LRST   0x00800000u
#define UNI_MISC_CTL_SW_SYSRST 0x00400000u
#define UNI_MISC_CTL_BI        0x00100000u /* isolated from the bus */
#define UNI_MISC_CTL_SYSCON    0x00020000u

/* LINT_EN and LINT_STAT; VINT_EN and VINT_STAT have those from SW_IACK down that are marked. */
#define UNI_INT_LM(n)   (0x00100000u << (n))
#define UNI_INT_MBOX(n) (0x00010000u << (n)) /* both */
#define UNI_INT_ACFAIL  0x00008000u
#define UNI_INT_SYSFAIL 0x00004000u
#define UNI_INT_SW_INT  0x00002000u
#define UNI_INT_SW_IACK 0x00001000u /* in VINT: SW_INT */
#define UNI_INT_VERR    0x00000400u /* both */
#define UNI_INT_LERR    0x00000200u /* both */
#define UNI_INT_DMA     0x00000100u /* both */
#define UNI_INT_VIRQS   0x000000feu
#define UNI_INT_VOWN    0x00000001u

/* The board on the VMEbus that the bridge is. */
#define TYPE_UNIVERSE_VME "universe2-vme"
typedef struct UniverseVME {
    VMEDevice parent_obj;

    UniverseState *bridge;
} UniverseVME;
DECLARE_INSTANCE_CHECKER(UniverseVME, UNIVERSE_VME, TYPE_UNIVERSE_VME)

/* One window onto the VMEbus in PCI space. */
typedef struct UniverseTarget {
    UniverseState *bridge;
    int n; /* LSIn; UNIVERSE_IMAGES: the special one */
    MemoryRegion mem, io; /* one of them is enabled */
    uint32_t base; /* PCI address of its first byte */
} UniverseTarget;

/* One window onto PCI in a VME address space. */
typedef struct UniverseSlave {
    UniverseState *bridge;
    int n;
    VMESlave slave;
} UniverseSlave;

struct UniverseState {
    PCIDevice parent_obj;

    RegisterBlock regs;
    MemoryRegion csr_mem, csr_io; /* both base address registers show all registers */
    VMEBus *bus;
    VMEDevice *vme;

    UniverseTarget targets[UNIVERSE_IMAGES + 1];
    UniverseSlave slaves[UNIVERSE_IMAGES];
    VMESlave location_monitor, register_image, crcsr;
    AddressSpace io_as; /* PCI I/O space, for images that lead there */

    QEMUTimer *dma_timer; /* runs while the DMA controller is active */
    bool dma_in_packet;   /* DTBC is what is left of the packet at DCPP */
    bool dma_halting;     /* stop behind this packet */

    bool access_from_vme; /* the register access under way came by the VMEbus */

    uint8_t seen_lines;
    qemu_irq lint[8]; /* pins 4 to 7 are no PCI interrupt pins */
    qemu_irq local_reset;
    uint8_t slot;     /* property */
};

static inline uint32_t universe_reg(UniverseState *s, unsigned row)
{
    return (uint32_t)register_get(&s->regs, row);
}

static inline uint32_t universe_image_reg(UniverseState *s, unsigned row, int n)
{
    return (uint32_t)register_get_at(&s->regs, row + n / 4, n % 4);
}

static inline void universe_set_bits(UniverseState *s, unsigned row, uint32_t bits)
{
    register_set(&s->regs, row, universe_reg(s, row) | bits);
}

static inline UniverseState *universe_of(RegisterBlock *block)
{
    return UNIVERSE2(block->owner);
}

/* --- universe.c --- */

/* A register access of 1, 2 or 4 bytes, little-endian; from_vme: it came by the VMEbus. */
uint32_t universe_csr_read(UniverseState *s, uint32_t offset, unsigned size);
void universe_csr_write(UniverseState *s, uint32_t offset, uint32_t value, unsigned size,
                        bool from_vme);
/* Pulls LRST: the board resets. */
void universe_local_reset(UniverseState *s, const char *why);

/* --- universe-images.c --- */

void universe_images_realize(UniverseState *s);
void universe_images_exit(UniverseState *s);
/* Registers, or whether PCI lets it, have changed. */
void universe_update_images(UniverseState *s);
/* The address modifier that a DCTL or LSIn_CTL value chooses; width in bytes at most. */
uint8_t universe_modifier(UniverseState *s, uint32_t ctl, bool block, unsigned *width);
/* What the board answers where the bridge itself has nothing: masters the PCI bus. */
bool universe_pci_access(UniverseState *s, bool io, uint32_t addr, void *buf, uint32_t len,
                         bool write);
/* The board may master the VMEbus. */
bool universe_on_bus(UniverseState *s);

/* --- universe-dma.c --- */

void universe_dma_init(UniverseState *s);
void universe_dma_exit(UniverseState *s);
void universe_dma_reset(UniverseState *s);
void universe_dgcs_written(RegisterBlock *block, const Register *reg, uint64_t value);
void universe_llue_written(RegisterBlock *block, const Register *reg, uint64_t value);

/* --- universe-irq.c --- */

/* Something has happened: sets the bits in LINT_STAT and those that VINT_STAT has too. */
void universe_interrupt(UniverseState *s, uint32_t sources);
/* Registers have changed. */
void universe_update_irqs(UniverseState *s);
void universe_irq_written(RegisterBlock *block, const Register *reg, uint64_t value);
uint64_t universe_lint_en_write(RegisterBlock *block, const Register *reg, uint64_t value);
uint64_t universe_vint_en_write(RegisterBlock *block, const Register *reg, uint64_t value);
void universe_vme_lines_changed(VMEDevice *dev);
bool universe_vme_iack(VMEDevice *dev, int level, uint8_t *statid);

#endif
