/*
 * LSI53C895A: a SCSI host adapter that runs programs of its own, SCRIPTS.
 *
 * The driver's programs lie in memory, or in the chip's 8 KiB. An instruction of two (or three)
 * words moves data in a phase of the bus, selects a target, calculates with the chip's registers,
 * jumps, interrupts, or copies memory. A program waits at an instruction for as long as the target
 * needs; others run for a number of instructions before everybody else has a turn, so that one
 * without an end does no harm.
 *
 * Targets here never disconnect within a command and never reselect: one command is under way at a
 * time. They refuse to negotiate (the driver then believes in asynchronous transfers of 8 bits,
 * which cost nothing here).
 *
 * Not there: target mode, the low-level mode without SCRIPTS, 64-bit addresses, parity, the timers
 * but the general purpose one, the serial EEPROM at the GPIO pins.
 *
 * Reference: LSI53C895A PCI to Ultra2 SCSI Controller Technical Manual, version 2.2: chapter 4 has
 * the registers, chapter 5 the instructions. SCSI's phases and messages: SPI-3.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "lsi53c895a-internal.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/log.h"
#include "qemu/module.h"

void lsi_guest_error(const char *what, const char *why)
{
    qemu_log_dev(LOG_GUEST_ERROR, TYPE_LSI53C895A, what, "%s", why);
}

/* ---- interrupts ---- */

void lsi_update_interrupt(LsiState *s)
{
    bool dma = s->regs[DSTAT] & ~DSTAT_DFE, scsi = s->regs[SIST0] | s->regs[SIST1];

    s->regs[ISTAT0] &= ~(ISTAT0_SIP | ISTAT0_DIP);
    s->regs[ISTAT0] |= (dma ? ISTAT0_DIP : 0) | (scsi ? ISTAT0_SIP : 0);
    pci_set_irq(&s->parent_obj, (s->regs[DSTAT] & s->regs[DIEN] & ~DSTAT_DFE) || (s->regs[SIST0] & s->regs[SIEN0]) ||
                                    (s->regs[SIST1] & s->regs[SIEN1]) || (s->regs[ISTAT0] & ISTAT0_INTF));
}

/* ---- registers ---- */

static void chip_reset(LsiState *s)
{
    qemu_bh_cancel(s->turn);
    timer_del(s->general);
    s->reset_waits = false;
    s->state = PROGRAM_STOPPED;
    lsi_bus_free(s);
    memset(s->regs, 0, sizeof(s->regs));
    s->regs[SCNTL0] = 0xc0;
    s->regs[DSTAT] = DSTAT_DFE;
    s->regs[SSTAT2] = 0x02; /* nobody is connected */
    s->regs[CTEST1] = 0xf0;
    s->regs[CTEST3] = 0x40;
    s->regs[MACNTL] = 0xd0;
    s->regs[GPCNTL] = 0x0f;
    s->regs[GPREG] = 0x7f;
    s->regs[STEST0] = 0;
    s->regs[STEST4] = 0xe0; /* low voltage, and its clock is locked */
    s->carry = 0;
    s->count = 0;
    lsi_update_interrupt(s);
}

static void timer_rings(void *opaque)
{
    LsiState *s = opaque;

    s->regs[SIST1] |= SIST1_GEN;
    lsi_update_interrupt(s);
}

static void clear_causes(LsiState *s, unsigned reg, uint8_t what)
{
    s->regs[reg] &= ~what;
    lsi_update_interrupt(s);
}

uint8_t lsi_register_load(LsiState *s, unsigned reg)
{
    uint8_t value = s->regs[reg];

    switch (reg) {
    case DSTAT:
        clear_causes(s, reg, 0x7f);
        break;
    case SIST0:
    case SIST1:
        clear_causes(s, reg, 0xff);
        break;
    case SSTAT0:
        return s->regs[SCNTL1] & SCNTL1_RST ? SSTAT0_RST : 0;
    case SBCL: /* REQ, BSY, ATN and the phase */
        if (s->target == NO_TARGET) {
            return 0;
        }
        return s->phase == PHASE_NONE ? 0x20 : 0xa0 | (s->attention ? 0x08 : 0) | s->phase;
    case CTEST2:
        value = (value & ~0x40) | (s->regs[ISTAT0] & ISTAT0_SIGP ? 0x40 : 0);
        s->regs[ISTAT0] &= ~ISTAT0_SIGP;
        break;
    case CTEST3:
        return (value & 0x0f) | 0x40; /* chip revision 4 */
    }
    return value;
}

static void istat_written(LsiState *s, uint8_t value)
{
    uint8_t stays = s->regs[ISTAT0] & (ISTAT0_CON | ISTAT0_SIP | ISTAT0_DIP | ISTAT0_SIGP | ISTAT0_INTF);

    if (value & ISTAT0_SRST) {
        chip_reset(s);
        return;
    }
    s->regs[ISTAT0] = (stays & ~(value & ISTAT0_INTF)) | (value & (ISTAT0_ABRT | ISTAT0_SIGP | ISTAT0_SEM));
    if (value & ISTAT0_ABRT) {
        lsi_stop_for_dma(s, DSTAT_ABRT);
    } else if ((value & ISTAT0_SIGP) && s->state == PROGRAM_WAITS_RESELECT) {
        lsi_set(s, DSP, lsi_get(s, DNAD));
        s->state = PROGRAM_RUNS;
        lsi_run(s);
    }
    lsi_update_interrupt(s);
}

static void scntl1_written(LsiState *s, uint8_t before, uint8_t value)
{
    if ((value & ~before) & SCNTL1_RST) {
        lsi_bus_free(s);
        scsi_bus_reset(s->bus);
        lsi_stop_for_scsi(s, SIST0_RST, 0);
    }
}

static void stime1_written(LsiState *s, uint8_t value)
{
    unsigned n = value & 0xf;

    if (n) {
        timer_mod(s->general, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) + ((int64_t)TIMER_UNIT << (n - 1)));
    } else {
        timer_del(s->general);
    }
}

static bool is_read_only(unsigned reg)
{
    static const uint8_t list[] = {
        SSID, SBCL, DSTAT, SSTAT0, SSTAT1, SSTAT2, CTEST1, CTEST2, SIST0, SIST1, STEST0, SIDL, SIDL + 1, STEST4, SBDL, SBDL + 1,
    };

    return memchr(list, reg, sizeof(list)) != NULL;
}

void lsi_register_store(LsiState *s, unsigned reg, uint8_t value)
{
    uint8_t before = s->regs[reg];

    if (is_read_only(reg)) {
        return;
    }
    if (reg == ISTAT0) {
        istat_written(s, value);
        return;
    }
    s->regs[reg] = value;
    switch (reg) {
    case SCNTL1:
        s->regs[reg] = (value & ~SCNTL1_CON) | (before & SCNTL1_CON);
        scntl1_written(s, before, value);
        break;
    case DIEN:
    case SIEN0:
    case SIEN1:
        lsi_update_interrupt(s);
        break;
    case STIME1:
        stime1_written(s, value);
        break;
    case DSP + 3:
        if (!(s->regs[DMODE] & DMODE_MAN) && !s->in_turn) {
            lsi_start(s);
        }
        break;
    case DCNTL:
        s->regs[reg] = value & ~DCNTL_STD;
        if ((value & DCNTL_STD) && !s->in_turn) {
            lsi_start(s);
        }
        break;
    }
}

static uint64_t lsi_read(void *opaque, hwaddr addr, unsigned size)
{
    return lsi_register_load(opaque, addr % REGISTERS);
}

static void lsi_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    LsiState *s = opaque;

    if (s->moves_data || (s->in_turn && (addr % REGISTERS == ISTAT0 || addr % REGISTERS == SCNTL1))) {
        lsi_guest_error("registers", "a write by the chip's own DMA is ignored");
    } else {
        lsi_register_store(s, addr % REGISTERS, value);
    }
}

static const MemoryRegionOps lsi_ops = {
    .read = lsi_read,
    .write = lsi_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 4 },
    .impl = { .min_access_size = 1, .max_access_size = 1 },
};

/* ---- device ---- */

static void turn(void *opaque)
{
    LsiState *s = opaque;

    if (s->reset_waits) {
        chip_reset(s);
    }
    lsi_run(s);
}

static const ScsiHost lsi_scsi_host = {
    .max_target = 15,
    .max_lun = 31,
    .moved = lsi_data_moved,
    .complete = lsi_command_complete,
    .cancelled = lsi_command_cancelled,
};

/* What our own DMA writes to may be the bridge above, and have it reset its bus. */
static void lsi_reset_hold(Object *obj)
{
    LsiState *s = LSI53C895A(obj);

    if (s->in_turn || s->moves_data) {
        s->reset_waits = true;
        qemu_bh_schedule(s->turn);
    } else {
        chip_reset(s);
    }
}

static void lsi_realize(PCIDevice *dev, Error **errp)
{
    LsiState *s = LSI53C895A(dev);
    g_autofree char *bus_name = DEVICE(dev)->id ? g_strdup_printf("%s.0", DEVICE(dev)->id) : NULL;

    pci_config_set_interrupt_pin(dev->config, 1);
    memory_region_init_io(&s->mmio, OBJECT(dev), &lsi_ops, s, "lsi-registers", MMIO_SIZE);
    memory_region_init_io(&s->io, OBJECT(dev), &lsi_ops, s, "lsi-io", REGISTERS);
    memory_region_init_ram(&s->ram, OBJECT(dev), "lsi-ram", RAM_SIZE, errp);
    if (*errp) {
        return;
    }
    pci_register_bar(dev, 0, PCI_BASE_ADDRESS_SPACE_IO, &s->io);
    pci_register_bar(dev, 1, PCI_BASE_ADDRESS_SPACE_MEMORY, &s->mmio);
    pci_register_bar(dev, 2, PCI_BASE_ADDRESS_SPACE_MEMORY, &s->ram);
    s->target = NO_TARGET;
    s->phase = PHASE_NONE;
    s->turn = qemu_bh_new(turn, s);
    s->general = timer_new_ns(QEMU_CLOCK_VIRTUAL, timer_rings, s);
    s->bus = scsi_bus_new(DEVICE(dev), bus_name, &lsi_scsi_host);
}

static void lsi_exit(PCIDevice *dev)
{
    LsiState *s = LSI53C895A(dev);

    s->state = PROGRAM_STOPPED;
    lsi_bus_free(s);
    g_clear_pointer(&s->turn, qemu_bh_delete);
    g_clear_pointer(&s->general, timer_free);
}

/* Its data are to be moved, or it is busy. */
static bool target_has_command(const LsiState *s)
{
    return s->target != NO_TARGET && (s->data_left || s->phase <= PHASE_DATA_IN || s->phase == PHASE_NONE);
}

/* A command that was under way isn't part of the state: its driver sees the bus reset, and tries it again. */
static int lsi_loaded(void *opaque, int version)
{
    LsiState *s = opaque;
    bool had_command = target_has_command(s) || s->state == PROGRAM_WAITS_PHASE || s->state == PROGRAM_WAITS_DATA;

    if (s->state > PROGRAM_WAITS_DATA || s->phase > PHASE_NONE || s->message_size > MAX_MESSAGES ||
        s->message_at > s->message_size || (s->target != NO_TARGET && s->target > lsi_scsi_host.max_target)) {
        return -EINVAL;
    }
    s->count = 0;
    if (had_command) {
        lsi_bus_free(s);
        lsi_stop_for_scsi(s, SIST0_RST, 0);
    } else if (s->state == PROGRAM_RUNS) {
        qemu_bh_schedule(s->turn);
    }
    return 0;
}

static const VMStateDescription vmstate_lsi = {
    .name = TYPE_LSI53C895A,
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = lsi_loaded,
    .fields = (const VMStateField[]){
        VMSTATE_PCI_DEVICE(parent_obj, LsiState),
        VMSTATE_TIMER_PTR(general, LsiState),
        VMSTATE_BUFFER(regs, LsiState),
        VMSTATE_UINT32(state, LsiState),
        VMSTATE_UINT32(instruction, LsiState),
        VMSTATE_UINT8(carry, LsiState),
        VMSTATE_UINT32(phase, LsiState),
        VMSTATE_UINT32(target, LsiState),
        VMSTATE_UINT32(lun, LsiState),
        VMSTATE_UINT64(tag, LsiState),
        VMSTATE_BOOL(attention, LsiState),
        VMSTATE_BOOL(selection_fails, LsiState),
        VMSTATE_BUFFER(message, LsiState),
        VMSTATE_UINT32(message_size, LsiState),
        VMSTATE_UINT32(message_at, LsiState),
        VMSTATE_BOOL(free_after_message, LsiState),
        VMSTATE_UINT8(status, LsiState),
        VMSTATE_BOOL(data_left, LsiState),
        VMSTATE_END_OF_LIST()
    },
};

static void lsi_class_init(ObjectClass *oc, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(oc);

    pc->realize = lsi_realize;
    pc->exit = lsi_exit;
    pc->vendor_id = 0x1000; /* LSI Logic */
    pc->device_id = 0x0012;
    pc->class_id = PCI_CLASS_STORAGE_SCSI;
    pc->subsystem_id = 0x1000;
    dc->desc = "LSI53C895A Ultra2 SCSI";
    dc->vmsd = &vmstate_lsi;
    RESETTABLE_CLASS(oc)->phases.hold = lsi_reset_hold;
    set_bit(DEVICE_CATEGORY_STORAGE, dc->categories);
}

static const TypeInfo lsi_types[] = {
    {
        .name = TYPE_LSI53C895A,
        .parent = TYPE_PCI_DEVICE,
        .instance_size = sizeof(LsiState),
        .class_init = lsi_class_init,
    },
};

DEFINE_TYPES(lsi_types)
