/*
 * Universe II: the PCI function and the registers.
 *
 * The 4 KiB of registers are seen through both base address registers (memory, I/O), through the
 * register access image and in the board's CR/CSR space. The first 256 bytes are the PCI
 * configuration space. From PCI they are little-endian; the bridge never turns bytes around, so a
 * big-endian master on the VMEbus sees them swapped.
 *
 * References: Universe II VME-to-PCI Bus Bridge Manual (Tundra 80A3010), appendix A; as far as that
 * could be had: the register descriptions that public drivers for the chip (RTEMS, Linux) carry.
 * What comes from neither is marked "from memory".
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/irq.h"
#include "hw/qdev-properties.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/log.h"
#include "qemu/module.h"
#include "universe-internal.h"

#define BAR_CSR_MEM 0
#define BAR_CSR_IO  1

#define MAST_CTL_VOWN     0x00080000u
#define MAST_CTL_VOWN_ACK 0x00040000u

#define VCSR_RESET   0x80000000u
#define VCSR_SYSFAIL 0x40000000u
#define VCSR_FAIL    0x20000000u

/* --- images --- */

static void images_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    universe_update_images(universe_of(block));
}

/* Base, bound and offset: units of 4 KiB in images 0 and 4, of 64 KiB in the others. */
static uint64_t image_address_write(RegisterBlock *block, const Register *reg, uint64_t value)
{
    return value & (block->index == 0 ? 0xfffff000 : 0xffff0000);
}

/* Four images of a kind; `half` is empty for images 0 to 3. */
#define IMAGE_ROWS(row, half, text, at, ctl_bits, ctl_fields)                                      \
    [row##_CTL##half] = { text "_CTL", .offset = (at), .size = 4, .count = 4, .stride = 0x14,      \
                          .writable = (ctl_bits), .fields = ctl_fields,                            \
                          .written = images_written },                                             \
    [row##_BS##half] = { text "_BS", .offset = (at) + 4, .size = 4, .count = 4, .stride = 0x14,    \
                         .write = image_address_write, .written = images_written },                \
    [row##_BD##half] = { text "_BD", .offset = (at) + 8, .size = 4, .count = 4, .stride = 0x14,    \
                         .write = image_address_write, .written = images_written },                \
    [row##_TO##half] = { text "_TO", .offset = (at) + 12, .size = 4, .count = 4, .stride = 0x14,   \
                         .write = image_address_write, .written = images_written }

static const RegisterField lsi_fields[] = {
    { "EN", UNI_EN },   { "PWEN", UNI_PWEN }, { "VDW", 0x00c00000 }, { "VAS", 0x00070000 },
    { "PGM", UNI_PGM }, { "SUPER", UNI_SUPER }, { "VCT", UNI_VCT },  { "LAS", 0x00000001 },
    {},
};

static const RegisterField vsi_fields[] = {
    { "EN", UNI_EN },         { "PWEN", UNI_PWEN },    { "PREN", 0x20000000 },
    { "PGM", 0x00c00000 },    { "SUPER", 0x00300000 }, { "VAS", 0x00070000 },
    { "LD64EN", 0x00000080 }, { "LLRMW", 0x00000040 }, { "LAS", 0x00000003 },
    {},
};

/* --- logs: one error is kept until V_STAT or L_STAT is written with 1 --- */

#define LOG_VALID 0x00800000u

static uint64_t error_log_write(RegisterBlock *block, const Register *reg, uint64_t value)
{
    return value & LOG_VALID ? 0 : *register_value(block, reg);
}

/* --- mailboxes, semaphores --- */

static void mbox_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    universe_interrupt(universe_of(block), UNI_INT_MBOX(block->index));
}

/* Four semaphores of a byte: bit 7 and a tag. One that is taken can be given back, not taken. */
static uint64_t sema_write(RegisterBlock *block, const Register *reg, uint64_t value)
{
    uint64_t result = *register_value(block, reg);

    for (int shift = 0; shift < 32; shift += 8) {
        uint8_t old = result >> shift, new = value >> shift;

        if (!(old & 0x80) || !(new & 0x80)) {
            result = (result & ~(0xffULL << shift)) | (uint64_t)new << shift;
        }
    }
    return result;
}

/* --- control --- */

void universe_local_reset(UniverseState *s, const char *why)
{
    qemu_log_mask(CPU_LOG_RESET, "universe2: LRST: %s\n", why);
    qemu_irq_pulse(s->local_reset);
}

/* The bus is had at once, there is nobody who keeps it. */
static uint64_t mast_ctl_write(RegisterBlock *block, const Register *reg, uint64_t value)
{
    value &= reg->writable;
    return value & MAST_CTL_VOWN ? value | MAST_CTL_VOWN_ACK : value & ~MAST_CTL_VOWN_ACK;
}

static void mast_ctl_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    if (value & MAST_CTL_VOWN) {
        universe_interrupt(universe_of(block), UNI_INT_VOWN);
    }
}

static void misc_ctl_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    UniverseState *s = universe_of(block);

    universe_update_images(s);
    universe_update_irqs(s);
    if (value & UNI_MISC_CTL_SW_SYSRST) {
        vme_sysreset(s->vme);
    } else if (value & UNI_MISC_CTL_SW_LRST) {
        universe_local_reset(s, "MISC_CTL.SW_LRST");
    }
}

static void set_sysfail(UniverseState *s, bool on)
{
    uint32_t state = universe_reg(s, UNI_VCSR_SET);

    register_set(&s->regs, UNI_VCSR_SET, on ? state | VCSR_SYSFAIL : state & ~VCSR_SYSFAIL);
    vme_set_lines(s->vme, on ? VME_SYSFAIL : 0);
}

/* RESET can be pulled from the VMEbus only. Both registers read as the state of the lines. */
static uint64_t vcsr_read(RegisterBlock *block, const Register *reg, uint64_t stored)
{
    UniverseState *s = universe_of(block);

    return universe_reg(s, UNI_VCSR_SET) |
           (vme_lines(s->vme) & VME_SYSFAIL && s->vme->lines & VME_SYSFAIL ? VCSR_FAIL : 0);
}

static uint64_t vcsr_keep(RegisterBlock *block, const Register *reg, uint64_t value)
{
    return *register_value(block, reg);
}

static void vcsr_set_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    UniverseState *s = universe_of(block);

    if (value & VCSR_SYSFAIL) {
        set_sysfail(s, true);
    }
    if (value & VCSR_RESET) {
        if (s->access_from_vme) {
            universe_local_reset(s, "VCSR_SET.RESET written from the VMEbus");
        } else {
            qemu_log_dev(LOG_GUEST_ERROR, TYPE_UNIVERSE2, "VCSR_SET",
                         "RESET can be written from the VMEbus only");
        }
    }
}

static void vcsr_clr_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    if (value & VCSR_SYSFAIL) {
        set_sysfail(universe_of(block), false);
    }
}

/* --- the table --- */

static const Register universe_registers[UNI_NUM_REGS] = {
    IMAGE_ROWS(UNI_LSI, , "LSI", 0x100, 0xc0c75101, lsi_fields),
    IMAGE_ROWS(UNI_LSI, _HIGH, "LSI+4", 0x1a0, 0xc0c75101, lsi_fields),
    [UNI_SCYC_CTL] = { "SCYC_CTL", .offset = 0x170, .size = 4, .writable = 0x00000007 },
    [UNI_SCYC_ADDR] = { "SCYC_ADDR", .offset = 0x174, .size = 4, .writable = 0xfffffffc },
    [UNI_SCYC_EN] = { "SCYC_EN", .offset = 0x178, .size = 4, .writable = 0xffffffff },
    [UNI_SCYC_CMP] = { "SCYC_CMP", .offset = 0x17c, .size = 4, .writable = 0xffffffff },
    [UNI_SCYC_SWP] = { "SCYC_SWP", .offset = 0x180, .size = 4, .writable = 0xffffffff },
    /* That it is 0 after a reset is from memory. */
    [UNI_LMISC] = { "LMISC", .offset = 0x184, .size = 4, .writable = 0xff000000 },
    [UNI_SLSI] = { "SLSI", .offset = 0x188, .size = 4, .writable = 0xc0f0fffd,
                   .written = images_written },
    [UNI_L_CMDERR] = { "L_CMDERR", .offset = 0x18c, .size = 4, .write = error_log_write },
    [UNI_LAERR] = { "LAERR", .offset = 0x190, .size = 4 },

    [UNI_DCTL] = { "DCTL", .offset = 0x200, .size = 4, .writable = 0x80c75380 },
    [UNI_DTBC] = { "DTBC", .offset = 0x204, .size = 4, .writable = 0x00ffffff },
    [UNI_DLA] = { "DLA", .offset = 0x208, .size = 4, .writable = 0xffffffff },
    [UNI_DVA] = { "DVA", .offset = 0x210, .size = 4, .writable = 0xffffffff },
    [UNI_DCPP] = { "DCPP", .offset = 0x218, .size = 4, .writable = 0xfffffff8 },
    [UNI_DGCS] = { "DGCS", .offset = 0x220, .size = 4, .writable = 0x087f006f, .w1c = 0x00006f00,
                   .written = universe_dgcs_written },
    [UNI_D_LLUE] = { "D_LLUE", .offset = 0x224, .size = 4, .writable = 0x80000000,
                     .written = universe_llue_written },

    [UNI_LINT_EN] = { "LINT_EN", .offset = 0x300, .size = 4, .write = universe_lint_en_write,
                      .written = universe_irq_written },
    [UNI_LINT_STAT] = { "LINT_STAT", .offset = 0x304, .size = 4, .w1c = 0x00fff7ff,
                        .written = universe_irq_written },
    [UNI_LINT_MAP] = { "LINT_MAP", .offset = 0x308, .size = 4, .count = 2,
                       .writable = 0x77777777, .written = universe_irq_written },
    [UNI_VINT_EN] = { "VINT_EN", .offset = 0x310, .size = 4, .write = universe_vint_en_write,
                      .written = universe_irq_written },
    [UNI_VINT_STAT] = { "VINT_STAT", .offset = 0x314, .size = 4, .w1c = 0xfe0f17ff,
                        .written = universe_irq_written },
    [UNI_VINT_MAP] = { "VINT_MAP", .offset = 0x318, .size = 4, .count = 2,
                       .writable = 0x77777777, .written = universe_irq_written },
    /* Bit 24 is not software's: it says whether a software interrupt is acknowledged. */
    [UNI_STATID] = { "STATID", .offset = 0x320, .size = 4, .reset = 0xff000000,
                     .writable = 0xfe000000 },
    [UNI_V_STATID] = { "V_STATID", .offset = 0x324, .size = 4, .count = VME_LEVELS },
    [UNI_LINT_MAP2] = { "LINT_MAP2", .offset = 0x340, .size = 4, .writable = 0x77777777,
                        .written = universe_irq_written },
    [UNI_VINT_MAP2] = { "VINT_MAP2", .offset = 0x344, .size = 4, .writable = 0x00007777,
                        .written = universe_irq_written },
    [UNI_MBOX] = { "MBOX", .offset = 0x348, .size = 4, .count = 4, .writable = 0xffffffff,
                   .written = mbox_written },
    [UNI_SEMA] = { "SEMA", .offset = 0x358, .size = 4, .count = 2, .write = sema_write },

    /* Arbitration, retries and time-outs have nothing to act on; MAXRTRY's 8 is from memory. */
    [UNI_MAST_CTL] = { "MAST_CTL", .offset = 0x400, .size = 4, .reset = 0x80c00000,
                       .writable = 0xfff830ff, .write = mast_ctl_write,
                       .written = mast_ctl_written },
    /* SYSCON is set where the board sits in slot 1. */
    [UNI_MISC_CTL] = { "MISC_CTL", .offset = 0x404, .size = 4, .reset = 0x31000000,
                       .writable = 0xf71f0000, .unmodelled = 0x00090000,
                       .written = misc_ctl_written },
    /* Both FIFOs are empty, the bus is not held: the bits are from memory. */
    [UNI_MISC_STAT] = { "MISC_STAT", .offset = 0x408, .size = 4, .reset = 0x00260000 },
    /* The first of the user-defined modifiers, from memory. */
    [UNI_USER_AM] = { "USER_AM", .offset = 0x40c, .size = 4, .reset = 0x40400000,
                      .writable = 0xfcfc0000 },
    [UNI_U2SPEC] = { "U2SPEC", .offset = 0x4fc, .size = 4, .writable = 0x00001705 },

    IMAGE_ROWS(UNI_VSI, , "VSI", 0xf00, 0xe0f700c3, vsi_fields),
    IMAGE_ROWS(UNI_VSI, _HIGH, "VSI+4", 0xf90, 0xe0f700c3, vsi_fields),
    [UNI_LM_CTL] = { "LM_CTL", .offset = 0xf64, .size = 4, .writable = 0x80f70000,
                     .written = images_written },
    [UNI_LM_BS] = { "LM_BS", .offset = 0xf68, .size = 4, .writable = 0xfffff000,
                    .written = images_written },
    [UNI_VRAI_CTL] = { "VRAI_CTL", .offset = 0xf70, .size = 4, .writable = 0x80f30000,
                       .written = images_written },
    [UNI_VRAI_BS] = { "VRAI_BS", .offset = 0xf74, .size = 4, .writable = 0xfffff000,
                      .written = images_written },
    [UNI_VCSR_CTL] = { "VCSR_CTL", .offset = 0xf80, .size = 4, .writable = 0x80000003,
                       .written = images_written },
    [UNI_VCSR_TO] = { "VCSR_TO", .offset = 0xf84, .size = 4, .writable = 0xfff80000 },
    [UNI_V_AMERR] = { "V_AMERR", .offset = 0xf88, .size = 4, .write = error_log_write },
    [UNI_VAERR] = { "VAERR", .offset = 0xf8c, .size = 4 },
    [UNI_VCSR_CLR] = { "VCSR_CLR", .offset = 0xff4, .size = 4, .read = vcsr_read,
                       .write = vcsr_keep, .written = vcsr_clr_written },
    [UNI_VCSR_SET] = { "VCSR_SET", .offset = 0xff8, .size = 4, .read = vcsr_read,
                       .write = vcsr_keep, .written = vcsr_set_written },
    [UNI_VCSR_BS] = { "VCSR_BS", .offset = 0xffc, .size = 4, .writable = 0xf8000000,
                      .written = images_written },
};

/* --- access --- */

uint32_t universe_csr_read(UniverseState *s, uint32_t offset, unsigned size)
{
    if (offset < PCI_CONFIG_SPACE_SIZE) {
        return pci_host_config_read_common(&s->parent_obj, offset, PCI_CONFIG_SPACE_SIZE, size);
    }
    return (uint32_t)register_block_read(&s->regs, offset, size);
}

void universe_csr_write(UniverseState *s, uint32_t offset, uint32_t value, unsigned size,
                        bool from_vme)
{
    s->access_from_vme = from_vme;
    if (offset < PCI_CONFIG_SPACE_SIZE) {
        pci_host_config_write_common(&s->parent_obj, offset, PCI_CONFIG_SPACE_SIZE, value, size);
    } else {
        register_block_write(&s->regs, offset, value, size);
    }
    s->access_from_vme = false;
}

static uint64_t csr_read(void *opaque, hwaddr addr, unsigned size)
{
    return universe_csr_read(opaque, (uint32_t)addr, size);
}

static void csr_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    universe_csr_write(opaque, (uint32_t)addr, (uint32_t)value, size, false);
}

static const MemoryRegionOps csr_ops = {
    .read = csr_read,
    .write = csr_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
    .impl = { .min_access_size = 1, .max_access_size = 4 },
};

static void universe_config_write(PCIDevice *dev, uint32_t address, uint32_t value, int len)
{
    pci_default_write_config(dev, address, value, len);
    if (address < PCI_STATUS) {
        universe_update_images(UNIVERSE2(dev));
    }
}

/* --- the device --- */

/*
 * A reset of the board leaves SYSFAIL released: on hardware a power-up option and the board's
 * self-test decide.
 */
static void universe_reset_hold(Object *obj)
{
    UniverseState *s = UNIVERSE2(obj);

    universe_dma_reset(s);
    register_block_reset(&s->regs);
    if (s->slot == 1) {
        universe_set_bits(s, UNI_MISC_CTL, UNI_MISC_CTL_SYSCON);
    }
    universe_update_images(s);
    vme_set_lines(s->vme, 0);
    universe_update_irqs(s);
}

static void universe_realize(PCIDevice *dev, Error **errp)
{
    UniverseState *s = UNIVERSE2(dev);

    dev->config[PCI_INTERRUPT_PIN] = 1;
    dev->config[PCI_MIN_GNT] = 3; /* from memory */
    pci_set_word(dev->config + PCI_STATUS, PCI_STATUS_DEVSEL_MEDIUM);
    register_block_init(&s->regs, DEVICE(dev), TYPE_UNIVERSE2, universe_registers, UNI_NUM_REGS,
                        DEVICE_LITTLE_ENDIAN, UNIVERSE_CSR_SIZE);
    s->bus = vme_bus_new(DEVICE(dev), "vme.0");
    s->vme = VME_DEVICE(qdev_new(TYPE_UNIVERSE_VME));
    UNIVERSE_VME(s->vme)->bridge = s;
    s->vme->slot = s->slot;
    universe_images_realize(s);
    if (!qdev_realize_and_unref(DEVICE(s->vme), BUS(s->bus), errp)) {
        return;
    }
    memory_region_init_io(&s->csr_mem, OBJECT(s), &csr_ops, s, "universe2-csr", UNIVERSE_CSR_SIZE);
    memory_region_init_io(&s->csr_io, OBJECT(s), &csr_ops, s, "universe2-csr-io",
                          UNIVERSE_CSR_SIZE);
    pci_register_bar(dev, BAR_CSR_MEM, PCI_BASE_ADDRESS_SPACE_MEMORY, &s->csr_mem);
    pci_register_bar(dev, BAR_CSR_IO, PCI_BASE_ADDRESS_SPACE_IO, &s->csr_io);
    universe_dma_init(s);
}

static void universe_exit(PCIDevice *dev)
{
    UniverseState *s = UNIVERSE2(dev);

    universe_dma_exit(s);
    universe_images_exit(s);
}

static void universe_instance_init(Object *obj)
{
    DeviceState *dev = DEVICE(obj);
    UniverseState *s = UNIVERSE2(obj);

    qdev_init_gpio_out_named(dev, s->lint, UNIVERSE_LINT_OUT, G_N_ELEMENTS(s->lint));
    qdev_init_gpio_out_named(dev, &s->local_reset, UNIVERSE_RESET_OUT, 1);
}

static void universe_instance_finalize(Object *obj)
{
    register_block_finalize(&UNIVERSE2(obj)->regs);
}

static int universe_post_load(void *opaque, int version_id)
{
    UniverseState *s = opaque;

    universe_update_images(s);
    vme_set_lines(s->vme, universe_reg(s, UNI_VCSR_SET) & VCSR_SYSFAIL ? VME_SYSFAIL : 0);
    universe_update_irqs(s);
    return 0;
}

static const VMStateDescription vmstate_universe = {
    .name = TYPE_UNIVERSE2,
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = universe_post_load,
    .fields = (const VMStateField[]){
        VMSTATE_PCI_DEVICE(parent_obj, UniverseState),
        VMSTATE_REGISTER_BLOCK(regs, UniverseState),
        VMSTATE_TIMER_PTR(dma_timer, UniverseState),
        VMSTATE_BOOL(dma_in_packet, UniverseState),
        VMSTATE_BOOL(dma_halting, UniverseState),
        VMSTATE_UINT8(seen_lines, UniverseState),
        VMSTATE_END_OF_LIST()
    },
};

static Property universe_properties[] = {
    DEFINE_PROP_UINT8_RANGE("slot", UniverseState, slot, 1, 1, VME_SLOTS),
    DEFINE_PROP_END_OF_LIST(),
};

static void universe_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(klass);

    pc->realize = universe_realize;
    pc->exit = universe_exit;
    pc->config_write = universe_config_write;
    pc->vendor_id = PCI_VENDOR_ID_TUNDRA;
    pc->device_id = PCI_DEVICE_ID_TUNDRA_UNIVERSE2;
    pc->revision = 0x02;
    pc->class_id = PCI_CLASS_BRIDGE_OTHER;
    dc->desc = "Universe II PCI to VMEbus bridge";
    dc->vmsd = &vmstate_universe;
    dc->user_creatable = false; /* soldered to a board */
    RESETTABLE_CLASS(klass)->phases.hold = universe_reset_hold;
    device_class_set_props(dc, universe_properties);
    set_bit(DEVICE_CATEGORY_BRIDGE, dc->categories);
}

/* SYSRESET resets the board, too. */
static void universe_vme_sysreset(VMEDevice *dev)
{
    universe_local_reset(UNIVERSE_VME(dev)->bridge, "SYSRESET");
}

static void universe_vme_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    VMEDeviceClass *vc = VME_DEVICE_CLASS(klass);

    vc->iack = universe_vme_iack;
    vc->lines_changed = universe_vme_lines_changed;
    vc->sysreset = universe_vme_sysreset;
    dc->desc = "Universe II, VMEbus side";
    dc->user_creatable = false; /* part of the bridge */
}

static const TypeInfo universe_types[] = {
    {
        .name = TYPE_UNIVERSE2,
        .parent = TYPE_PCI_DEVICE,
        .instance_size = sizeof(UniverseState),
        .instance_init = universe_instance_init,
        .instance_finalize = universe_instance_finalize,
        .class_init = universe_class_init,
    },
    {
        .name = TYPE_UNIVERSE_VME,
        .parent = TYPE_VME_DEVICE,
        .instance_size = sizeof(UniverseVME),
        .class_init = universe_vme_class_init,
    },
};

DEFINE_TYPES(universe_types)
