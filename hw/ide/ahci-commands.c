/*
 * AHCI: commands, from the lists in memory to the units and their results back.
 *
 * A command comes as a register FIS, which is written to the unit's task file. What the unit does
 * then shows in its phases: data by PIO or DMA go to or from the regions that the command's table
 * names, and in the end its registers are sent back as a FIS. Queued commands bypass the task file:
 * each is one request to the unit, mostly with the host's memory itself as its buffer.
 *
 * References: Serial ATA AHCI 1.3.1, 4.2 (lists and tables), 5.3 (states of a port), 6.2 (errors);
 * Serial ATA 2.5, 10.3 (FIS types).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "ahci.h"
#include "qemu/bitops.h"
#include "qemu/bswap.h"
#include "qemu/log.h"
#include "qemu/rcu.h"

/* A command list has these. */
#define HEADER_SIZE 32
enum { HEADER_ATAPI = 1u << 5, HEADER_PRDBC = 4 };

/* A command table. */
enum { TABLE_PACKET = 0x40, TABLE_REGIONS = 0x80, DESCRIPTOR_SIZE = 16 };
#define REGION_SIZE_MASK 0x3fffff /* less one */
#define REGION_NOTIFY    (1u << 31)

/* Frame information structures: types, where those from the unit go, bits of byte 1. */
enum { FIS_TO_UNIT = 0x27, FIS_REGISTERS = 0x34, FIS_PIO_SETUP = 0x5f, FIS_DEVICE_BITS = 0xa1 };
enum { AT_PIO_SETUP = 0x20, AT_REGISTERS = 0x40, AT_DEVICE_BITS = 0x58 };
enum { FIS_SIZE = 20, DEVICE_BITS_SIZE = 8 };
enum { FIS_TO_HOST = 0x20, FIS_INTERRUPT = 0x40, FIS_IS_COMMAND = 0x80 };

/* Bytes of a register FIS. */
enum { BYTE_COMMAND = 2, BYTE_FEATURES = 3, BYTE_LBA = 4, BYTE_DEVICE = 7, BYTE_LBA_HIGH = 8,
       BYTE_FEATURES_HIGH = 11, BYTE_COUNT = 12, BYTE_COUNT_HIGH = 13, BYTE_CONTROL = 15 };

enum { READ_QUEUED = 0x60, WRITE_QUEUED = 0x61 };
enum { DEVICE_FUA = 0x80 };

static uint64_t get_address(AhciPort *p, unsigned row)
{
    return (uint64_t)ahci_get(p, row + 1) << 32 | ahci_get(p, row);
}

/* ---- FISes from the unit ---- */

static void set_task_file(AhciPort *p, uint8_t status, uint8_t error)
{
    ahci_set(p, PX_TFD, error << 8 | status);
}

static void post_fis(AhciPort *p, unsigned where, const uint8_t *fis, size_t size)
{
    if (ahci_get(p, PX_CMD) & CMD_RECEIVE) {
        pci_dma_write(&p->hba->parent_obj, get_address(p, PX_FB) + where, fis, size);
    }
}

static void put_registers(uint8_t *fis, const IdeUnit *u)
{
    fis[BYTE_COMMAND] = u->status;
    fis[BYTE_FEATURES] = u->error;
    for (int i = 0; i < 3; i++) {
        fis[BYTE_LBA + i] = u->lba[i];
        fis[BYTE_LBA_HIGH + i] = u->lba[i] >> 8;
    }
    fis[BYTE_DEVICE] = u->device | DEVICE_OBSOLETE;
    fis[BYTE_COUNT] = u->count;
    fis[BYTE_COUNT_HIGH] = u->count >> 8;
}

static void receive_registers(AhciPort *p, bool interrupt)
{
    IdeUnit *u = ahci_unit(p);
    uint8_t fis[FIS_SIZE] = { FIS_REGISTERS, interrupt ? FIS_INTERRUPT : 0 };

    put_registers(fis, u);
    set_task_file(p, u->status, u->error);
    post_fis(p, AT_REGISTERS, fis, sizeof(fis));
}

void ahci_receive_signature(AhciPort *p)
{
    const IdeUnit *u = ahci_unit(p);

    ahci_set(p, PX_SIG, (uint32_t)(u->lba[2] & 0xff) << 24 | (u->lba[1] & 0xff) << 16 |
                            (u->lba[0] & 0xff) << 8 | (u->count & 0xff));
    receive_registers(p, false);
}

static void receive_pio_setup(AhciPort *p, uint8_t *fis, uint16_t bytes, uint8_t flags,
                              uint8_t end_status)
{
    fis[0] = FIS_PIO_SETUP;
    fis[1] = flags;
    fis[15] = end_status;
    stw_le_p(fis + 16, bytes);
    set_task_file(p, end_status, fis[BYTE_FEATURES]);
    post_fis(p, AT_PIO_SETUP, fis, FIS_SIZE);
}

/* Queued commands `done` have worked; or one of them has failed with `error`. */
static void receive_device_bits(AhciPort *p, uint8_t error, uint32_t done)
{
    uint8_t status = IDE_UNIT_GET_CLASS(ahci_unit(p))->status_ready | (error ? STATUS_ERR : 0);
    uint8_t fis[DEVICE_BITS_SIZE] = { FIS_DEVICE_BITS, FIS_INTERRUPT, status & 0x77, error };

    stl_le_p(fis + 4, done);
    set_task_file(p, status, error);
    post_fis(p, AT_DEVICE_BITS, fis, sizeof(fis));
}

/* ---- Data ---- */

/* The next region of the table; false: there is none, or it can't be read. */
static bool next_region(AhciPort *p, AhciCursor *c)
{
    uint8_t d[DESCRIPTOR_SIZE];

    if (!c->entries || pci_dma_read(&p->hba->parent_obj, c->entry, d, sizeof(d)) != MEMTX_OK) {
        return false;
    }
    c->entries--;
    c->entry += DESCRIPTOR_SIZE;
    c->at = ldq_le_p(d) & ~1ull;
    c->left = (ldl_le_p(d + 12) & REGION_SIZE_MASK) + 1;
    c->notify = ldl_le_p(d + 12) & REGION_NOTIFY;
    return true;
}

/* Returns how many bytes have been moved: fewer than `size` if the regions have come to their end. */
static size_t move_regions(AhciPort *p, AhciCursor *c, uint8_t *data, size_t size, bool to_memory)
{
    DMADirection direction = to_memory ? DMA_DIRECTION_FROM_DEVICE : DMA_DIRECTION_TO_DEVICE;
    unsigned era = p->era;
    size_t done = 0;

    while (p->era == era && done < size && (c->left || next_region(p, c))) {
        uint32_t part = MIN(size - done, c->left);
        uint64_t at = c->at;
        bool notify;

        c->at += part; /* before the data, which may be for this very port */
        c->left -= part;
        notify = !c->left && c->notify;
        if (pci_dma_rw(&p->hba->parent_obj, at, data + done, part, direction,
                       MEMTXATTRS_UNSPECIFIED) != MEMTX_OK) {
            ahci_raise(p, IRQ_HOST_BUS);
            break;
        }
        if (p->era != era) {
            break;
        }
        done += part;
        if (notify) {
            ahci_raise(p, IRQ_DESCRIPTOR);
        }
    }
    return done;
}

static size_t move_data(void *opaque, void *data, size_t size)
{
    AhciPort *p = opaque;
    IdePhase phase = ahci_unit(p)->phase;
    size_t moved = move_regions(p, &p->cursor, data, size,
                                phase == PHASE_DATA_IN || phase == PHASE_DMA_IN);

    p->moved += moved;
    return moved;
}

static size_t move_packet(void *opaque, void *data, size_t size)
{
    AhciPort *p = opaque;

    return pci_dma_read(&p->hba->parent_obj, p->table + TABLE_PACKET, data, size) == MEMTX_OK ? size
                                                                                          : 0;
}

static void stalled(AhciPort *p)
{
    qemu_log_dev(LOG_GUEST_ERROR, "ahci", "PRDT", "port %u: the command in slot %d has more data than "
                 "its regions have room for", p->number, p->slot);
    ahci_raise(p, IRQ_OVERFLOW);
}

/* One block by the data register. False: that isn't possible, or all has ended meanwhile. */
static bool move_pio_block(AhciPort *p)
{
    IdeUnit *u = ahci_unit(p);
    bool in = u->phase == PHASE_DATA_IN, packet = !in && p->is_packet && !p->packet_sent;
    bool first = !in && !p->moved;
    uint8_t fis[FIS_SIZE] = { 0 }, flags = in ? FIS_TO_HOST : 0;
    uint16_t bytes = MIN(u->filled - u->at, 0xfffe);
    unsigned era = p->era;
    bool gone_on;

    put_registers(fis, u);
    ide_read(p->bus, IDE_STATUS); /* INTRQ: that there is this block */
    gone_on = ide_bus_pio(p->bus, in, packet ? move_packet : move_data, p);
    if (p->era != era) {
        return false;
    }
    if (!gone_on) {
        stalled(p);
        return false;
    }
    p->packet_sent |= packet;
    p->ends_by_pio = in && u->phase == PHASE_IDLE && !u->irq;
    if (in || (!packet && !first)) {
        flags |= FIS_INTERRUPT;
    }
    receive_pio_setup(p, fis, bytes, flags, u->status);
    if (p->era == era && flags & FIS_INTERRUPT) {
        ahci_raise(p, IRQ_PIO_SETUP);
    }
    return p->era == era;
}

static bool move_dma(AhciPort *p)
{
    IdeUnit *u = ahci_unit(p);
    IdePhase phase = u->phase;
    unsigned era = p->era;

    ide_bus_dma(p->bus, phase == PHASE_DMA_IN, move_data, p);
    if (p->era != era) {
        return false;
    }
    if (u->phase == phase) {
        stalled(p);
        return false;
    }
    return true;
}

/* ---- The command that isn't queued ---- */

static void command_ended(AhciPort *p)
{
    IdeUnit *u = ahci_unit(p);
    bool failed = u->status & (STATUS_ERR | STATUS_DF), silent = p->ends_by_pio && !failed;
    uint8_t moved[4];
    unsigned era = p->era;

    stl_le_p(moved, p->moved);
    pci_dma_write(&p->hba->parent_obj, p->header + HEADER_PRDBC, moved, sizeof(moved));
    if (p->era == era && !silent) {
        receive_registers(p, true);
    }
    if (p->era != era) {
        return;
    }
    ide_read(p->bus, IDE_STATUS); /* INTRQ */
    p->halted = failed;
    if (!failed) {
        ahci_set(p, PX_CI, ahci_get(p, PX_CI) & ~(1u << p->slot));
    }
    p->slot = -1;
    ahci_raise(p, (silent ? 0 : IRQ_REGISTERS) | (failed ? IRQ_TASK_FILE : 0));
    ahci_issue(p);
}

void ahci_go_on(void *opaque)
{
    AhciPort *p = opaque;
    IdeUnit *u = ahci_unit(p);
    bool more = true;

    while (u && p->slot >= 0 && more) {
        switch (u->phase) {
        case PHASE_DATA_IN:
        case PHASE_DATA_OUT:
            more = move_pio_block(p);
            break;
        case PHASE_DMA_IN:
        case PHASE_DMA_OUT:
            more = move_dma(p);
            break;
        case PHASE_IDLE:
            command_ended(p);
            return;
        default: /* it will go on */
            more = false;
        }
    }
    if (!u || p->slot >= 0) {
        return;
    }
    /* A command that the host has dropped comes to its end: others have waited for that. */
    if (u->phase == PHASE_IDLE && u->irq) {
        receive_registers(p, false);
        ide_read(p->bus, IDE_STATUS);
    }
    ahci_issue(p);
}

static void write_deep(AhciPort *p, IdeRegister reg, uint8_t high, uint8_t low)
{
    ide_write(p->bus, reg, high);
    ide_write(p->bus, reg, low);
}

static void begin_command(AhciPort *p, unsigned slot, const uint8_t *fis, uint32_t flags)
{
    static const uint8_t no_bytes[4];

    p->slot = slot;
    p->moved = 0;
    p->is_packet = flags & HEADER_ATAPI;
    p->packet_sent = p->ends_by_pio = false;
    pci_dma_write(&p->hba->parent_obj, p->header + HEADER_PRDBC, no_bytes, sizeof(no_bytes));
    if (p->slot != (int)slot) {
        return; /* that was where its own registers are */
    }
    ahci_set(p, PX_TFD, ahci_get(p, PX_TFD) | STATUS_BSY);
    write_deep(p, IDE_FEATURES, fis[BYTE_FEATURES_HIGH], fis[BYTE_FEATURES]);
    write_deep(p, IDE_COUNT, fis[BYTE_COUNT_HIGH], fis[BYTE_COUNT]);
    for (int i = 0; i < 3; i++) {
        write_deep(p, IDE_LBA_LOW + i, fis[BYTE_LBA_HIGH + i], fis[BYTE_LBA + i]);
    }
    ide_write(p->bus, IDE_DEVICE, fis[BYTE_DEVICE] & ~DEVICE_DEV);
    ide_write(p->bus, IDE_COMMAND, fis[BYTE_COMMAND]);
}

/* A register FIS that isn't a command is for the control block: software resets. */
static void write_control(AhciPort *p, unsigned slot, uint8_t value)
{
    bool before = p->bus->control & CONTROL_SRST, now = value & CONTROL_SRST;

    ahci_set(p, PX_CI, ahci_get(p, PX_CI) & ~(1u << slot));
    if (now && !before && p->queued) {
        ahci_drop_commands(p);
    }
    ide_write_control(p->bus, value & CONTROL_SRST);
    if (now) {
        set_task_file(p, STATUS_BSY, 0);
    } else if (before) {
        ahci_receive_signature(p);
    }
}

/* ---- Queued commands ---- */

static void free_queued(AhciQueued *a)
{
    AddressSpace *as = pci_get_address_space(&a->port->hba->parent_obj);
    DMADirection direction = a->q.write ? DMA_DIRECTION_TO_DEVICE : DMA_DIRECTION_FROM_DEVICE;

    for (int i = 0; !a->bounce && i < a->q.qiov.niov; i++) {
        const struct iovec *piece = &a->q.qiov.iov[i];

        dma_memory_unmap(as, piece->iov_base, piece->iov_len, direction, piece->iov_len);
    }
    qemu_iovec_destroy(&a->q.qiov);
    g_free(a->bounce);
    g_free(a);
}

static bool is_memory(AddressSpace *as, uint64_t at, bool is_write)
{
    hwaddr offset, size = 1;

    RCU_READ_LOCK_GUARD();
    return memory_access_is_direct(address_space_translate(as, at, &offset, &size, is_write,
                                                           MEMTXATTRS_UNSPECIFIED), is_write);
}

/* Makes the host's memory itself the buffer; false: not all of it can be. */
static bool map_regions(AhciQueued *a, AhciCursor c, size_t size)
{
    AddressSpace *as = pci_get_address_space(&a->port->hba->parent_obj);
    DMADirection direction = a->q.write ? DMA_DIRECTION_TO_DEVICE : DMA_DIRECTION_FROM_DEVICE;

    while (size) {
        dma_addr_t part;
        void *bytes;

        if ((!c.left && !next_region(a->port, &c)) || !is_memory(as, c.at, !a->q.write)) {
            return false;
        }
        part = MIN(size, c.left);
        bytes = dma_memory_map(as, c.at, &part, direction, MEMTXATTRS_UNSPECIFIED);
        if (!bytes || !part) {
            return false;
        }
        qemu_iovec_add(&a->q.qiov, bytes, part);
        c.at += part;
        c.left -= part;
        size -= part;
    }
    return true;
}

/* Data that are to go to a device's registers, or come from there, go by a buffer. */
static bool make_bounce(AhciQueued *a, size_t size)
{
    AddressSpace *as = pci_get_address_space(&a->port->hba->parent_obj);
    AhciCursor c = a->cursor;

    for (int i = 0; i < a->q.qiov.niov; i++) {
        const struct iovec *piece = &a->q.qiov.iov[i];

        dma_memory_unmap(as, piece->iov_base, piece->iov_len,
                         a->q.write ? DMA_DIRECTION_TO_DEVICE : DMA_DIRECTION_FROM_DEVICE, 0);
    }
    qemu_iovec_reset(&a->q.qiov);
    a->bounce = g_try_malloc0(size);
    if (!a->bounce) {
        return false;
    }
    qemu_iovec_add(&a->q.qiov, a->bounce, size);
    return !a->q.write || move_regions(a->port, &c, a->bounce, size, false) == size;
}

/* The unit gives up all that is queued, until software has read its log and begun anew. */
static void fail_queue(AhciPort *p, const AhciQueued *a, uint8_t error)
{
    IdeUnit *u = ahci_unit(p);
    uint32_t active = ahci_get(p, PX_SACT), issued = ahci_get(p, PX_CI);

    IDE_UNIT_GET_CLASS(u)->queue_failed(u, a->slot, &a->q, error);
    ahci_drop_commands(p);
    ahci_set(p, PX_SACT, active);
    ahci_set(p, PX_CI, issued);
    p->halted = true;
    receive_device_bits(p, error, 0);
    ahci_raise(p, IRQ_DEVICE_BITS | IRQ_TASK_FILE);
}

static void queued_done(IdeQueued *q, uint8_t error)
{
    AhciQueued *a = container_of(q, AhciQueued, q);
    AhciPort *p = a->port;
    uint32_t bit = 1u << a->slot;
    unsigned era = p->era;

    p->queue[a->slot] = NULL;
    p->queued &= ~bit;
    if (!error && a->bounce && !q->write &&
        move_regions(p, &a->cursor, a->bounce, q->qiov.size, true) < q->qiov.size) {
        error = ERROR_ABRT;
    }
    if (p->era == era && error) {
        fail_queue(p, a, error);
    } else if (p->era == era) {
        ahci_set(p, PX_SACT, ahci_get(p, PX_SACT) & ~bit);
        receive_device_bits(p, 0, bit);
        ahci_raise(p, IRQ_DEVICE_BITS);
        ahci_issue(p);
    }
    free_queued(a);
}

static void begin_queued(AhciPort *p, unsigned slot, const uint8_t *fis)
{
    IdeUnit *u = ahci_unit(p);
    AhciQueued *a = g_new0(AhciQueued, 1);
    uint32_t sectors = fis[BYTE_FEATURES_HIGH] << 8 | fis[BYTE_FEATURES], bit = 1u << slot;
    unsigned era = p->era;
    bool has_data;
    size_t size;

    a->port = p;
    a->slot = slot;
    a->cursor = p->cursor;
    a->q.write = fis[BYTE_COMMAND] == WRITE_QUEUED;
    a->q.fua = fis[BYTE_DEVICE] & DEVICE_FUA;
    a->q.sectors = sectors ? sectors : 0x10000;
    a->q.done = queued_done;
    for (int i = 0; i < 3; i++) {
        a->q.lba |= (uint64_t)fis[BYTE_LBA + i] << 8 * i |
                    (uint64_t)fis[BYTE_LBA_HIGH + i] << (24 + 8 * i);
    }
    size = (size_t)a->q.sectors * IDE_SECTOR;
    qemu_iovec_init(&a->q.qiov, 16);
    ahci_set(p, PX_CI, ahci_get(p, PX_CI) & ~bit);
    p->queued |= bit;
    if (fis[BYTE_COUNT] >> 3 != slot || !(ahci_get(p, PX_SACT) & bit)) {
        qemu_log_dev(LOG_GUEST_ERROR, "ahci", "PxSACT", "port %u: a queued command in slot %u with "
                     "the tag %u", p->number, slot, fis[BYTE_COUNT] >> 3);
        queued_done(&a->q, ERROR_ABRT);
        return;
    }
    has_data = map_regions(a, a->cursor, size) || make_bounce(a, size);
    if (p->era != era) {
        free_queued(a); /* an interrupt's message, or what it has read, was for this port */
        return;
    }
    p->queue[slot] = a;
    if (has_data) {
        IDE_UNIT_GET_CLASS(u)->queue(u, &a->q);
    } else {
        queued_done(&a->q, ERROR_ABRT);
    }
}

/* ---- The list ---- */

static void fail_fatally(AhciPort *p, uint32_t event, const char *what, uint64_t address)
{
    qemu_log_dev(LOG_GUEST_ERROR, "ahci", "PxCLB", "port %u: %s at 0x%" PRIx64, p->number, what,
                 address);
    p->halted = true;
    ahci_raise(p, event);
}

static bool is_queued(AhciPort *p, const uint8_t *fis)
{
    return IDE_UNIT_GET_CLASS(ahci_unit(p))->queue &&
           (fis[BYTE_COMMAND] == READ_QUEUED || fis[BYTE_COMMAND] == WRITE_QUEUED);
}

/* Header and FIS of a slot's command; false: there are none, and the port is halted. */
static bool fetch(AhciPort *p, unsigned slot, uint8_t *fis, uint32_t *flags)
{
    uint8_t header[HEADER_SIZE];

    p->header = get_address(p, PX_CLB) + slot * HEADER_SIZE;
    if (pci_dma_read(&p->hba->parent_obj, p->header, header, sizeof(header)) != MEMTX_OK) {
        fail_fatally(p, IRQ_HOST_BUS, "no command header can be read", p->header);
        return false;
    }
    *flags = ldl_le_p(header);
    p->table = ldq_le_p(header + 8) & ~0x7full;
    if (pci_dma_read(&p->hba->parent_obj, p->table, fis, FIS_SIZE) != MEMTX_OK) {
        fail_fatally(p, IRQ_HOST_BUS, "no command table can be read", p->table);
        return false;
    }
    if (fis[0] != FIS_TO_UNIT) {
        fail_fatally(p, IRQ_INTERFACE, "no register FIS", p->table);
        return false;
    }
    p->cursor = (AhciCursor){ .entry = p->table + TABLE_REGIONS, .entries = *flags >> 16 };
    return true;
}

/* False: it has to wait, until what is queued or has been dropped has ended, or for ever. */
static bool begin(AhciPort *p, unsigned slot)
{
    uint8_t fis[FIS_SIZE];
    uint32_t flags;

    if (!fetch(p, slot, fis, &flags)) {
        return false;
    }
    if (fis[1] & FIS_IS_COMMAND && is_queued(p, fis)) {
        begin_queued(p, slot, fis);
        return true;
    }
    if (fis[1] & FIS_IS_COMMAND && (p->queued || ahci_unit(p)->phase == PHASE_WORKING)) {
        return false;
    }
    ahci_set(p, PX_CMD, (ahci_get(p, PX_CMD) & ~CMD_SLOT) | slot << 8);
    if (fis[1] & FIS_IS_COMMAND) {
        begin_command(p, slot, fis, flags);
    } else {
        write_control(p, slot, fis[BYTE_CONTROL]);
    }
    return true;
}

static bool can_begin(AhciPort *p)
{
    return ahci_unit(p) && p->slot < 0 && !p->halted && (ahci_get(p, PX_CMD) & CMD_START) &&
           ahci_get(p, PX_CI) && runstate_is_running();
}

/* From the slot after the last one on, round and round. */
void ahci_issue(AhciPort *p)
{
    while (can_begin(p)) {
        uint32_t issued = ahci_get(p, PX_CI);
        unsigned slot = (p->last_slot + 1) % AHCI_SLOTS;

        slot = (slot + ctz32(ror32(issued, slot))) % AHCI_SLOTS;
        if (!begin(p, slot)) {
            return;
        }
        p->last_slot = slot;
    }
}

void ahci_drop_commands(AhciPort *p)
{
    IdeUnit *u = ahci_unit(p);

    p->era++;
    p->slot = -1;
    p->halted = false;
    p->queued = 0;
    if (u && IDE_UNIT_GET_CLASS(u)->cancel_queue) {
        IDE_UNIT_GET_CLASS(u)->cancel_queue(u);
    }
    for (unsigned slot = 0; slot < AHCI_SLOTS; slot++) {
        if (p->queue[slot]) {
            free_queued(g_steal_pointer(&p->queue[slot]));
        }
    }
    ahci_set(p, PX_SACT, 0);
    ahci_set(p, PX_CI, 0);
}

void ahci_requeue(AhciPort *p)
{
    uint8_t fis[FIS_SIZE];
    uint32_t flags;

    for (unsigned slot = 0; slot < AHCI_SLOTS; slot++) {
        if (!(p->queued >> slot & 1) || p->queue[slot] || !fetch(p, slot, fis, &flags)) {
            continue;
        }
        if (is_queued(p, fis)) {
            begin_queued(p, slot, fis);
        } else {
            fail_fatally(p, IRQ_INTERFACE, "another command than the queued one", p->table);
        }
    }
}
