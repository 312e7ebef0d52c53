/*
 * IDE channels: the registers that two units share, and how a command goes through them.
 *
 * A unit is idle, hands its buffer over to the host or fills it (by the data register or by DMA),
 * or is busy with its medium. Both units hear what is written to the task file; the selected one
 * answers reads, drives INTRQ and does commands.
 *
 * Reference: ATA/ATAPI-6 chapters 5 (INTRQ), 7 (registers), 9 (protocols).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "ide-internal.h"
#include "qemu/log.h"

enum { DIAGNOSTIC_PASSED = 0x01 };
enum { COMMAND_DIAGNOSTIC = 0x90 };

static IdeUnit *selected_unit(IdeBus *bus)
{
    return bus->units[bus->selected];
}

/* A unit that isn't selected, or whose interrupts the host doesn't want, doesn't drive it. */
static void update_intrq(IdeBus *bus)
{
    IdeUnit *u = selected_unit(bus);
    bool level = u && u->irq && !(bus->control & CONTROL_NIEN);

    if (level != bus->intrq) {
        bus->intrq = level;
        bus->host->interrupt(bus, level);
    }
}

static void set_irq(IdeUnit *u, bool pending)
{
    u->irq = pending;
    update_intrq(ide_bus_of(u));
}

/* --- phases --- */

static void enter_phase(IdeUnit *u, IdePhase phase, uint8_t status)
{
    const IdeHost *host = ide_bus_of(u)->host;

    u->phase = phase;
    u->status = status;
    if (host->gone_on) {
        host->gone_on(ide_bus_of(u));
    }
}

void ide_good_silently(IdeUnit *u)
{
    enter_phase(u, PHASE_IDLE, IDE_UNIT_GET_CLASS(u)->status_ready);
}

void ide_good(IdeUnit *u)
{
    ide_good_silently(u);
    set_irq(u, true);
}

static void fail_with_status(IdeUnit *u, uint8_t status, uint8_t error)
{
    enter_phase(u, PHASE_IDLE, IDE_UNIT_GET_CLASS(u)->status_ready | status);
    u->error = error;
    set_irq(u, true);
}

void ide_fail(IdeUnit *u, uint8_t error)
{
    fail_with_status(u, STATUS_ERR, error);
}

void ide_fault(IdeUnit *u)
{
    fail_with_status(u, STATUS_ERR | STATUS_DF, ERROR_ABRT);
}

void ide_nothing(IdeUnit *u, const IdeCommand *c)
{
    ide_good(u);
}

void ide_abort(IdeUnit *u, const IdeCommand *c)
{
    ide_fail(u, ERROR_ABRT);
}

void ide_work(IdeUnit *u)
{
    enter_phase(u, PHASE_WORKING, STATUS_BSY);
}

static void hand_over(IdeUnit *u, uint32_t size, IdePhase phase)
{
    assert(size && size <= IDE_BUFFER && "a block that the buffer can't hold");
    u->at = 0;
    u->filled = size;
    enter_phase(u, phase, IDE_UNIT_GET_CLASS(u)->status_ready | STATUS_DRQ);
}

void ide_data_in(IdeUnit *u, uint32_t size, bool dma)
{
    hand_over(u, size, dma ? PHASE_DMA_IN : PHASE_DATA_IN);
    if (dma) {
        ide_bus_of(u)->host->dma_request(ide_bus_of(u));
    } else {
        set_irq(u, true);
    }
}

void ide_data_out(IdeUnit *u, uint32_t size, bool dma, bool interrupt)
{
    hand_over(u, size, dma ? PHASE_DMA_OUT : PHASE_DATA_OUT);
    if (interrupt) {
        set_irq(u, true);
    }
    if (dma) {
        ide_bus_of(u)->host->dma_request(ide_bus_of(u));
    }
}

/* --- data --- */

/* The bytes from `at` on, which may reach behind the buffer's contents at an odd end. */
static uint8_t *next_bytes(IdeUnit *u, unsigned size)
{
    uint8_t *bytes = u->buffer + u->at;

    u->at = MIN(u->at + size, u->filled);
    return bytes;
}

uint32_t ide_read_data(IdeBus *bus, unsigned size)
{
    IdeUnit *u = selected_unit(bus);
    const uint8_t *bytes;
    uint32_t value;

    if (!u || u->phase != PHASE_DATA_IN) {
        return 0;
    }
    bytes = next_bytes(u, size);
    value = size == 4 ? ldl_le_p(bytes) : lduw_le_p(bytes);
    if (u->at == u->filled) {
        IDE_UNIT_GET_CLASS(u)->block_done(u);
    }
    return value;
}

void ide_write_data(IdeBus *bus, uint32_t value, unsigned size)
{
    IdeUnit *u = selected_unit(bus);
    uint8_t *bytes;

    if (!u || u->phase != PHASE_DATA_OUT) {
        return;
    }
    bytes = next_bytes(u, size);
    if (size == 4) {
        stl_le_p(bytes, value);
    } else {
        stw_le_p(bytes, value);
    }
    if (u->at == u->filled) {
        IDE_UNIT_GET_CLASS(u)->block_done(u);
    }
}

bool ide_bus_dma_requested(IdeBus *bus, bool to_host)
{
    IdeUnit *u = selected_unit(bus);

    return u && !bus->moving && u->phase == (to_host ? PHASE_DMA_IN : PHASE_DMA_OUT);
}

/* Of the block that the unit has or wants; true: all of it, and the unit has gone on. */
static bool move_block(IdeBus *bus, IdeDmaFunc *move, void *opaque)
{
    IdeUnit *u = selected_unit(bus);
    size_t moved;

    bus->moving = true;
    moved = move(opaque, u->buffer + u->at, u->filled - u->at);
    if (!bus->moving) {
        return false; /* what it moved to has reset the channel */
    }
    bus->moving = false;
    u->at += moved;
    if (u->at < u->filled) {
        return false;
    }
    IDE_UNIT_GET_CLASS(u)->block_done(u);
    return true;
}

void ide_bus_dma(IdeBus *bus, bool to_host, IdeDmaFunc *move, void *opaque)
{
    while (ide_bus_dma_requested(bus, to_host) && move_block(bus, move, opaque)) {
    }
}

bool ide_bus_pio(IdeBus *bus, bool to_host, IdeDmaFunc *move, void *opaque)
{
    IdeUnit *u = selected_unit(bus);

    return u && !bus->moving && u->phase == (to_host ? PHASE_DATA_IN : PHASE_DATA_OUT) &&
           move_block(bus, move, opaque);
}

/* --- resets --- */

/* What a unit did before ends without a trace. */
static void drop_command(IdeUnit *u)
{
    IDE_UNIT_GET_CLASS(u)->cancel(u);
    u->at = u->filled = 0;
}

void ide_put_signature(IdeUnit *u)
{
    IdeUnitClass *class = IDE_UNIT_GET_CLASS(u);

    u->count = u->lba[0] = 1;
    u->lba[1] = class->signature[0];
    u->lba[2] = class->signature[1];
    u->device = 0;
    u->error = DIAGNOSTIC_PASSED;
    enter_phase(u, PHASE_IDLE, class->status_at_reset);
}

static void reset_all(IdeBus *bus, IdePhase phase)
{
    bus->selected = 0;
    for (int i = 0; i < IDE_UNITS; i++) {
        IdeUnit *u = bus->units[i];

        if (u) {
            drop_command(u);
            u->irq = false;
            ide_put_signature(u);
            if (phase == PHASE_RESET) {
                enter_phase(u, PHASE_RESET, STATUS_BSY);
            }
        }
    }
    update_intrq(bus);
}

void ide_bus_reset(IdeBus *bus)
{
    bus->control = 0;
    bus->moving = false;
    reset_all(bus, PHASE_IDLE);
    for (int i = 0; i < IDE_UNITS; i++) {
        if (bus->units[i]) {
            bus->units[i]->multiword_mode = bus->units[i]->ultra_mode = 0;
            IDE_UNIT_GET_CLASS(bus->units[i])->reset(bus->units[i]);
        }
    }
}

/* EXECUTE DEVICE DIAGNOSTIC is for both; device 0 tells the result of both. */
static void diagnose(IdeBus *bus)
{
    reset_all(bus, PHASE_IDLE);
    if (bus->units[0]) {
        set_irq(bus->units[0], true);
    }
}

/* --- the task file --- */

/* While data move by DMA, the host selects no register: its memory may be these very ones. */
static bool is_selectable(IdeBus *bus)
{
    if (bus->moving) {
        qemu_log_dev(LOG_GUEST_ERROR, TYPE_IDE_BUS, "dma", "its data are for the channel itself");
    }
    return !bus->moving;
}

static void begin_command(IdeBus *bus, uint8_t code)
{
    IdeUnit *u = selected_unit(bus);
    const IdeCommand *c;
    bool busy;

    if (!u) {
        return;
    }
    for (c = IDE_UNIT_GET_CLASS(u)->commands; c->begin; c++) {
        if (code == c->code || (code > c->code && code <= c->last)) {
            break;
        }
    }
    busy = u->status & STATUS_BSY;
    if (u->phase == PHASE_RESET || (busy && !(c->begin && c->flags & IDE_WHILE_BUSY))) {
        qemu_log_dev(LOG_GUEST_ERROR, TYPE_IDE_BUS, "command", "%02x while the unit is busy", code);
        return;
    }
    drop_command(u);
    set_irq(u, false);
    u->error = 0;
    if (code == COMMAND_DIAGNOSTIC) {
        diagnose(bus);
    } else if (c->begin) {
        c->begin(u, c);
    } else {
        ide_abort(u, NULL);
    }
}

/* Registers with history, of the one unit. NULL: another register. */
static uint16_t *deep_register(IdeUnit *u, IdeRegister reg)
{
    switch (reg) {
    case IDE_FEATURES:
        return &u->features;
    case IDE_COUNT:
        return &u->count;
    case IDE_LBA_LOW:
    case IDE_LBA_MID:
    case IDE_LBA_HIGH:
        return &u->lba[reg - IDE_LBA_LOW];
    default:
        return NULL;
    }
}

void ide_write(IdeBus *bus, IdeRegister reg, uint8_t value)
{
    IdeUnit *u = selected_unit(bus);

    if (!is_selectable(bus)) {
        return;
    }
    bus->control &= ~CONTROL_HOB; /* any write to the command block */
    if (reg == IDE_COMMAND) {
        begin_command(bus, value);
        return;
    }
    if (u && u->status & STATUS_BSY) {
        return; /* what such writes do is left open (chapter 7): nothing */
    }
    for (int i = 0; i < IDE_UNITS; i++) {
        uint16_t *deep = bus->units[i] ? deep_register(bus->units[i], reg) : NULL;

        if (deep) {
            *deep = *deep << 8 | value;
        } else if (bus->units[i] && reg == IDE_DEVICE) {
            bus->units[i]->device = value;
        }
    }
    if (reg == IDE_DEVICE) {
        bus->selected = value & DEVICE_DEV ? 1 : 0;
        update_intrq(bus);
    }
}

/* Device 0 answers for a device 1 that isn't there, whose status is 0. */
static IdeUnit *answering_unit(IdeBus *bus)
{
    return selected_unit(bus) ? selected_unit(bus) : bus->units[0];
}

uint8_t ide_read_alternate_status(IdeBus *bus)
{
    IdeUnit *u = selected_unit(bus);

    return u ? u->status : 0;
}

uint8_t ide_read(IdeBus *bus, IdeRegister reg)
{
    IdeUnit *u = answering_unit(bus);
    uint16_t *deep;

    if (reg == IDE_STATUS) {
        uint8_t status = ide_read_alternate_status(bus);

        if (selected_unit(bus)) {
            set_irq(u, false);
        }
        return status;
    }
    if (!u) {
        return 0;
    }
    if (reg == IDE_ERROR) {
        return u->error;
    }
    if (reg == IDE_DEVICE) {
        return (u->device & ~DEVICE_DEV) | DEVICE_OBSOLETE | (bus->selected ? DEVICE_DEV : 0);
    }
    deep = deep_register(u, reg);
    if (!deep) {
        return 0;
    }
    return bus->control & CONTROL_HOB ? *deep >> 8 : *deep;
}

void ide_write_control(IdeBus *bus, uint8_t value)
{
    bool was_reset = bus->control & CONTROL_SRST;

    if (!is_selectable(bus)) {
        return;
    }
    bus->control = value;
    if (value & CONTROL_SRST && !was_reset) {
        reset_all(bus, PHASE_RESET);
    } else if (!(value & CONTROL_SRST) && was_reset) {
        reset_all(bus, PHASE_IDLE);
    } else {
        update_intrq(bus);
    }
}

/* --- snapshots --- */

int ide_check_loaded(IdeUnit *u)
{
    bool has_data = u->phase >= PHASE_DATA_IN && u->phase <= PHASE_DMA_OUT;

    return u->phase >= PHASE_COUNT || u->filled > IDE_BUFFER || u->at > u->filled ||
                   (has_data && u->at == u->filled)
               ? -EINVAL : 0;
}

const VMStateDescription vmstate_ide_unit = {
    .name = TYPE_IDE_UNIT,
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]){
        VMSTATE_UINT16(features, IdeUnit),
        VMSTATE_UINT16(count, IdeUnit),
        VMSTATE_UINT16_ARRAY(lba, IdeUnit, 3),
        VMSTATE_UINT8(device, IdeUnit),
        VMSTATE_UINT8(error, IdeUnit),
        VMSTATE_UINT8(status, IdeUnit),
        VMSTATE_UINT8(irq, IdeUnit),
        VMSTATE_UINT8(multiword_mode, IdeUnit),
        VMSTATE_UINT8(ultra_mode, IdeUnit),
        VMSTATE_UINT8(phase, IdeUnit),
        VMSTATE_UINT32(at, IdeUnit),
        VMSTATE_UINT32(filled, IdeUnit),
        VMSTATE_BUFFER(buffer, IdeUnit),
        VMSTATE_END_OF_LIST()
    },
};

static int bus_loaded(void *opaque, int version)
{
    IdeBus *bus = opaque;

    return bus->selected < IDE_UNITS ? 0 : -EINVAL;
}

/* intrq is what the adapter was told, which saves its own lines. */
const VMStateDescription vmstate_ide_bus = {
    .name = TYPE_IDE_BUS,
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = bus_loaded,
    .fields = (const VMStateField[]){
        VMSTATE_UINT8(selected, IdeBus),
        VMSTATE_UINT8(control, IdeBus),
        VMSTATE_BOOL(intrq, IdeBus),
        VMSTATE_END_OF_LIST()
    },
};
