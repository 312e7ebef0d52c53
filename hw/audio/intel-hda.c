/*
 * High Definition Audio controllers: those of Intel's ICH6 ("intel-hda") and ICH9
 * ("ich9-intel-hda").
 *
 * Commands go to the codecs by a ring in memory (CORB), and answers come back by another (RIRB), or
 * one at a time by the immediate command registers. Eight streams, four in and four out, move
 * frames between memory and the link, along cyclic lists of buffers.
 *
 * A codec answers at once. A stream moves while a codec's converter listens to its tag, at that
 * one's pace; on a real link, it would do so without a listener, too.
 *
 * Reference: High Definition Audio Specification, revision 1.0a, chapter 3; Intel I/O Controller Hub
 * 6 and 9 Family Datasheets for PCI configuration and the old place of SSYNC.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hda.h"
#include "hw/pci/msi.h"
#include "hw/pci/pci.h"
#include "hw/qdev-properties.h"
#include "hw/register.h"
#include "qapi/error.h"
#include "qemu/host-utils.h"
#include "qemu/log.h"
#include "qemu/module.h"
#include "qemu/timer.h"

#define TYPE_HDA_CONTROLLER "hda-generic"
OBJECT_DECLARE_SIMPLE_TYPE(HdaController, HDA_CONTROLLER)

#define MMIO_SIZE   0x4000
#define NUM_INPUTS  4
#define NUM_STREAMS 8 /* the others are outputs */
#define RING_SIZE   256 /* commands or answers */
#define WALL_CLOCK_MHZ 24
#define MSI_OFFSET  0x60

/* Rows. */
enum {
    GCAP, VMIN, VMAJ, OUTPAY, INPAY, GCTL, WAKEEN, STATESTS, GSTS, OUTSTRMPAY, INSTRMPAY, INTCTL,
    INTSTS, WALCLK, SSYNC_ICH6, SSYNC, CORBLBASE, CORBUBASE, CORBWP, CORBRP, CORBCTL, CORBSTS,
    CORBSIZE, RIRBLBASE, RIRBUBASE, RIRBWP, RINTCNT, RIRBCTL, RIRBSTS, RIRBSIZE, IC, IR, ICS,
    DPLBASE, DPUBASE, SD_CTL, SD_LPIB, SD_CBL, SD_LVI, SD_FIFOD, SD_FMT, SD_BDPL, SD_BDPU, WALCLKA,
    SD_LPIBA,
};

enum { GCTL_RUNS = 0x001, GCTL_FLUSH = 0x002, GCTL_UNSOL = 0x100 };
enum { GSTS_FLUSHED = 0x02 };
#define INT_GLOBAL     0x80000000u
#define INT_CONTROLLER 0x40000000u
enum { POINTER_RESET = 0x8000 };
enum { CORB_ERROR_IRQ = 0x01, CORB_RUNS = 0x02, CORB_ERROR = 0x01 };
enum { RIRB_IRQ = 0x01, RIRB_RUNS = 0x02, RIRB_OVERRUN_IRQ = 0x04 };
enum { RIRB_ANSWERED = 0x01, RIRB_OVERRUN = 0x04 };
enum { ICS_BUSY = 0x01, ICS_VALID = 0x02 };
enum { DPL_ENABLE = 0x01 };

/* Control has 24 bits; status is the byte behind it. */
enum {
    SD_RESET = 0x01,
    SD_RUN = 0x02,
    SD_DONE_IRQ = 0x04, /* and the two errors; status has each 24 bits further up */
    SD_IRQS = 0x1c,
    SD_STATUS_SHIFT = 24,
    SD_STATUS = SD_IRQS << SD_STATUS_SHIFT,
    SD_DONE = SD_DONE_IRQ << SD_STATUS_SHIFT,
    SD_FIFO_READY = 0x20 << SD_STATUS_SHIFT,
    SD_WRITABLE = 0xf7001e,
    SD_TAG_SHIFT = 20,
};

enum { ENTRY_SIZE = 16, ENTRY_IRQ = 0x01 };
enum { ANSWER_UNSOLICITED = 0x10 };

/* Where a stream is in its list of buffers. */
typedef struct HdaStream {
    bool loaded; /* the entry is the one of `index` */
    uint32_t index;
    uint64_t addr;
    uint32_t length, done; /* bytes */
    uint32_t flags;
} HdaStream;

struct HdaController {
    PCIDevice parent_obj;

    OnOffAuto msi; /* property */
    RegisterBlock regs;
    MemoryRegion mmio;
    HdaBus *link;
    HdaStream streams[NUM_STREAMS];
    uint32_t answers;  /* since the last interrupt */
    uint32_t asserted; /* reasons for an interrupt that were there last time */
    int64_t clock_start;
    bool in_commands;
};

static uint32_t get(const HdaController *s, unsigned row)
{
    return register_get(&s->regs, row);
}

static uint64_t address_of(const HdaController *s, unsigned lower, unsigned upper)
{
    return (uint64_t)get(s, upper) << 32 | get(s, lower);
}

/* ---- interrupts ---- */

static uint32_t stream_control(const HdaController *s, unsigned n)
{
    return register_get_at(&s->regs, SD_CTL, n);
}

/* INTSTS, but for its summary. */
static uint32_t interrupt_reasons(const HdaController *s)
{
    uint32_t reasons = 0;

    for (unsigned n = 0; n < NUM_STREAMS; n++) {
        uint32_t control = stream_control(s, n);

        reasons |= (control >> SD_STATUS_SHIFT & control & SD_IRQS) ? 1u << n : 0;
    }
    if ((get(s, RIRBSTS) & get(s, RIRBCTL) & (RIRB_IRQ | RIRB_OVERRUN_IRQ)) ||
        (get(s, CORBSTS) & get(s, CORBCTL) & CORB_ERROR_IRQ) ||
        (get(s, STATESTS) & get(s, WAKEEN))) {
        reasons |= INT_CONTROLLER;
    }
    return reasons;
}

/* A message may be to our own registers, and bring us here again. */
static void update_irq(HdaController *s)
{
    uint32_t enabled = get(s, INTCTL), wanted = 0, before = s->asserted;

    if (enabled & INT_GLOBAL) {
        wanted = interrupt_reasons(s) & enabled;
    }
    s->asserted = wanted;
    if (!msi_enabled(&s->parent_obj)) {
        pci_set_irq(&s->parent_obj, wanted != 0);
    } else if (wanted & ~before) {
        msi_notify(&s->parent_obj, 0);
    }
}

static uint64_t read_intsts(RegisterBlock *block, const Register *reg, uint64_t stored)
{
    HdaController *s = HDA_CONTROLLER(block->owner);
    uint32_t reasons = interrupt_reasons(s);

    return reasons | (reasons & get(s, INTCTL) ? INT_GLOBAL : 0);
}

static void irq_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    update_irq(HDA_CONTROLLER(block->owner));
}

/* ---- commands and answers ---- */

static bool send_command(HdaController *s, uint32_t command, uint32_t *answer)
{
    HdaCodec *codec = hda_bus_find(s->link, command >> 28);

    if (!codec) {
        return false;
    }
    if (command & 0x08000000) {
        qemu_log_dev(LOG_GUEST_ERROR, object_get_typename(OBJECT(s)), "CORB",
                     "command 0x%08x has an indirect node address", command);
    }
    *answer = HDA_CODEC_GET_CLASS(codec)->command(codec, command >> 20 & 0x7f, command & 0xfffff);
    return true;
}

static void put_answer(HdaController *s, uint32_t answer, uint32_t codec)
{
    uint32_t wp = (get(s, RIRBWP) + 1) % RING_SIZE, limit = get(s, RINTCNT);
    uint8_t entry[8];

    if (!(get(s, RIRBCTL) & RIRB_RUNS)) {
        return;
    }
    stl_le_p(entry, answer);
    stl_le_p(entry + 4, codec);
    register_set(&s->regs, RIRBWP, wp);
    pci_dma_write(&s->parent_obj, address_of(s, RIRBLBASE, RIRBUBASE) + wp * sizeof(entry), entry,
                  sizeof(entry));
    s->answers++;
    if (s->answers >= (limit ? limit : RING_SIZE)) {
        register_set(&s->regs, RIRBSTS, get(s, RIRBSTS) | RIRB_ANSWERED);
        s->answers = 0;
    }
}

static bool has_commands(const HdaController *s)
{
    return get(s, GCTL) & GCTL_RUNS && get(s, CORBCTL) & CORB_RUNS &&
           (get(s, CORBRP) & 0xff) != (get(s, CORBWP) & 0xff);
}

static void one_command(HdaController *s)
{
    uint32_t rp = (get(s, CORBRP) + 1) % RING_SIZE, answer;
    uint8_t bytes[4] = { 0 };

    register_set(&s->regs, CORBRP, rp);
    if (pci_dma_read(&s->parent_obj, address_of(s, CORBLBASE, CORBUBASE) + rp * sizeof(bytes), bytes,
                     sizeof(bytes)) != MEMTX_OK) {
        register_set(&s->regs, CORBSTS, CORB_ERROR);
    } else if (send_command(s, ldl_le_p(bytes), &answer)) {
        put_answer(s, answer, ldl_le_p(bytes) >> 28);
    }
}

/*
 * All that are there, but no more than a ring of them: answers that are written to our own registers
 * could go on for ever. A slot without an answer ends what an interrupt waits for (3.3.26).
 */
static void run_commands(HdaController *s)
{
    if (s->in_commands) {
        return;
    }
    s->in_commands = true;
    for (int n = 0; n < RING_SIZE && has_commands(s); n++) {
        one_command(s);
    }
    if (s->answers) {
        register_set(&s->regs, RIRBSTS, get(s, RIRBSTS) | RIRB_ANSWERED);
        s->answers = 0;
    }
    s->in_commands = false;
    update_irq(s);
}

static void corb_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    run_commands(HDA_CONTROLLER(block->owner));
}

/* The reset bit stays until it is taken back (3.3.21). */
static uint64_t write_corbrp(RegisterBlock *block, const Register *reg, uint64_t value)
{
    uint64_t before = *register_value(block, reg);

    if (value & POINTER_RESET) {
        return POINTER_RESET;
    }
    return before & POINTER_RESET ? 0 : before;
}

/* Here it is over at once (3.3.27). */
static uint64_t write_rirbwp(RegisterBlock *block, const Register *reg, uint64_t value)
{
    if (value & POINTER_RESET) {
        HDA_CONTROLLER(block->owner)->answers = 0;
        return 0;
    }
    return *register_value(block, reg);
}

static uint64_t write_ics(RegisterBlock *block, const Register *reg, uint64_t value)
{
    HdaController *s = HDA_CONTROLLER(block->owner);
    uint64_t status = *register_value(block, reg) & ~(value & ICS_VALID);
    uint32_t answer;

    if (value & ICS_BUSY && send_command(s, get(s, IC), &answer)) {
        register_set(block, IR, answer);
        status |= ICS_VALID;
    }
    return status;
}

/* ---- streams ---- */

static bool is_output(unsigned n)
{
    return n >= NUM_INPUTS;
}

static bool stream_runs(const HdaController *s, unsigned n)
{
    uint32_t held = get(s, SSYNC) | get(s, SSYNC_ICH6);

    return stream_control(s, n) & SD_RUN && !(held >> n & 1) && get(s, GCTL) & GCTL_RUNS;
}

/* Of the running one with that tag; NUM_STREAMS: there is none. */
static unsigned find_stream(const HdaController *s, bool output, unsigned tag)
{
    for (unsigned n = 0; n < NUM_STREAMS; n++) {
        if (is_output(n) == output && (stream_control(s, n) >> SD_TAG_SHIFT & 0xf) == tag &&
            stream_runs(s, n)) {
            return n;
        }
    }
    return NUM_STREAMS;
}

static bool link_is_running(DeviceState *controller, bool output, unsigned tag)
{
    return tag && find_stream(HDA_CONTROLLER(controller), output, tag) < NUM_STREAMS;
}

static void load_entry(HdaController *s, unsigned n)
{
    HdaStream *stream = &s->streams[n];
    uint64_t list = (uint64_t)register_get_at(&s->regs, SD_BDPU, n) << 32 |
                    register_get_at(&s->regs, SD_BDPL, n);
    uint8_t entry[ENTRY_SIZE] = { 0 };

    pci_dma_read(&s->parent_obj, list + (uint64_t)stream->index * ENTRY_SIZE, entry, sizeof(entry));
    stream->addr = ldq_le_p(entry);
    stream->length = ldl_le_p(entry + 8);
    stream->flags = ldl_le_p(entry + 12);
    stream->done = 0;
    stream->loaded = true;
}

static void end_entry(HdaController *s, unsigned n)
{
    HdaStream *stream = &s->streams[n];
    uint32_t last = register_get_at(&s->regs, SD_LVI, n) & 0xff;
    bool interrupts = stream->flags & ENTRY_IRQ;

    stream->index = stream->index >= last ? 0 : stream->index + 1;
    load_entry(s, n); /* already, so that its end is seen in time */
    if (interrupts) {
        register_set_at(&s->regs, SD_CTL, n, stream_control(s, n) | SD_DONE);
        update_irq(s);
    }
}

/* Bytes up to the end of the buffer, or to where the position begins anew. 0: there are none. */
static uint32_t contiguous(const HdaController *s, unsigned n)
{
    const HdaStream *stream = &s->streams[n];
    uint32_t cycle = register_get_at(&s->regs, SD_CBL, n);
    uint32_t position = register_get_at(&s->regs, SD_LPIB, n);

    return position < cycle ? MIN(stream->length - stream->done, cycle - position) : 0;
}

static void advance(HdaController *s, unsigned n, uint32_t size)
{
    uint32_t position = register_get_at(&s->regs, SD_LPIB, n) + size;

    if (position >= register_get_at(&s->regs, SD_CBL, n)) {
        position = 0;
    }
    register_set_at(&s->regs, SD_LPIB, n, position);
    s->streams[n].done += size;
}

/* Tells memory where the stream is (3.6.1). */
static void write_position(HdaController *s, unsigned n)
{
    uint64_t base = address_of(s, DPLBASE, DPUBASE);
    uint8_t bytes[4];

    if (base & DPL_ENABLE) {
        stl_le_p(bytes, register_get_at(&s->regs, SD_LPIB, n));
        pci_dma_write(&s->parent_obj, (base & ~UINT64_C(0x7f)) + 8 * n, bytes, sizeof(bytes));
    }
}

/*
 * DMA may reset the controller, so that everything is looked at anew after it. Buffers without bytes
 * in a row end what moves now.
 */
static size_t link_transfer(DeviceState *controller, bool output, unsigned tag, void *bytes,
                            size_t size)
{
    HdaController *s = HDA_CONTROLLER(controller);
    unsigned n = find_stream(s, output, tag), empty = 0;
    size_t done = 0;

    if (n == NUM_STREAMS) {
        return 0;
    }
    while (done < size && stream_runs(s, n) && empty <= RING_SIZE) {
        HdaStream *stream = &s->streams[n];
        uint32_t part;

        if (!stream->loaded) {
            load_entry(s, n);
        }
        part = MIN(contiguous(s, n), size - done);
        if (part) {
            pci_dma_rw(&s->parent_obj, stream->addr + stream->done, (uint8_t *)bytes + done, part,
                       output ? DMA_DIRECTION_TO_DEVICE : DMA_DIRECTION_FROM_DEVICE,
                       MEMTXATTRS_UNSPECIFIED);
            if (!stream_runs(s, n) || !stream->loaded) {
                break;
            }
            advance(s, n, part);
            done += part;
        }
        empty = part ? 0 : empty + 1;
        if (stream->done >= stream->length) {
            end_entry(s, n);
        }
    }
    write_position(s, n);
    return done;
}

static uint64_t link_until_event(DeviceState *controller, bool output, unsigned tag)
{
    HdaController *s = HDA_CONTROLLER(controller);
    unsigned n = tag ? find_stream(s, output, tag) : NUM_STREAMS;

    return n < NUM_STREAMS && s->streams[n].loaded ? s->streams[n].length - s->streams[n].done : 0;
}

static const HdaLinkOps link_ops = {
    .is_running = link_is_running,
    .transfer = link_transfer,
    .until_event = link_until_event,
};

static void reset_stream(HdaController *s, unsigned n)
{
    for (unsigned row = SD_LPIB; row <= SD_BDPU; row++) {
        register_set_at(&s->regs, row, n, s->regs.regs[row].reset);
    }
    s->streams[n] = (HdaStream){ 0 };
}

/* The first buffer is known before the first frame is due, so that its end is seen in time. */
static void begin_stream(HdaController *s, unsigned n)
{
    if (!s->streams[n].loaded) {
        load_entry(s, n);
    }
}

static void sd_ctl_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    HdaController *s = HDA_CONTROLLER(block->owner);
    unsigned n = block->index;
    uint32_t control = stream_control(s, n) & ~(SD_RESET | SD_FIFO_READY);

    if (value & SD_RESET) {
        control = SD_RESET; /* until it is taken back */
        register_set_at(block, SD_CTL, n, control);
        hda_bus_streams_changed(s->link);
        reset_stream(s, n);
    } else {
        control |= control & SD_RUN ? SD_FIFO_READY : 0;
        register_set_at(block, SD_CTL, n, control);
        if (control & SD_RUN) {
            begin_stream(s, n);
        }
        hda_bus_streams_changed(s->link);
    }
    update_irq(s);
}

static void ssync_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    hda_bus_streams_changed(HDA_CONTROLLER(block->owner)->link);
}

/* The same position at another address. */
static uint64_t read_lpib_alias(RegisterBlock *block, const Register *reg, uint64_t stored)
{
    return register_get_at(block, SD_LPIB, block->index);
}

/* ---- the controller as a whole ---- */

static uint64_t read_wall_clock(RegisterBlock *block, const Register *reg, uint64_t stored)
{
    HdaController *s = HDA_CONTROLLER(block->owner);
    int64_t ns = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) - s->clock_start;

    return (uint32_t)muldiv64(MAX(ns, 0), WALL_CLOCK_MHZ, 1000);
}

/* Everything but what a wake event needs (3.3.7, 3.3.8, 3.3.9). */
static void reset_controller(HdaController *s)
{
    uint32_t wake_enable = get(s, WAKEEN), wake = get(s, STATESTS);

    register_block_reset(&s->regs);
    register_set(&s->regs, WAKEEN, wake_enable);
    register_set(&s->regs, STATESTS, wake);
    hda_bus_streams_changed(s->link);
    for (unsigned n = 0; n < NUM_STREAMS; n++) {
        s->streams[n] = (HdaStream){ 0 };
    }
    s->answers = 0;
    update_irq(s);
}

static void gctl_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    HdaController *s = HDA_CONTROLLER(block->owner);

    if (!(value & GCTL_RUNS)) {
        reset_controller(s);
        bus_cold_reset(BUS(s->link));
        return;
    }
    if (value & GCTL_FLUSH) {
        register_set(block, GSTS, GSTS_FLUSHED);
    }
    update_irq(s);
}

/* Codecs ask to be seen when the link begins to run (4.3). */
static uint64_t write_gctl(RegisterBlock *block, const Register *reg, uint64_t value)
{
    HdaController *s = HDA_CONTROLLER(block->owner);

    if (value & GCTL_RUNS && !(get(s, GCTL) & GCTL_RUNS)) {
        s->clock_start = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
        register_set(block, STATESTS, get(s, STATESTS) | hda_bus_present(s->link));
    }
    return value & (GCTL_RUNS | GCTL_UNSOL);
}

#define RO(n, at, bytes, value)     { n, .offset = at, .size = bytes, .reset = value }
#define RW(n, at, bytes, mask)      { n, .offset = at, .size = bytes, .writable = mask }
#define SD(n, at, bytes)            n, .offset = 0x80 + (at), .size = bytes, .count = NUM_STREAMS, .stride = 0x20

static const Register hda_registers[] = {
    [GCAP] = RO("GCAP", 0x00, 2, 0x0001 | NUM_INPUTS << 8 | (NUM_STREAMS - NUM_INPUTS) << 12),
    [VMIN] = RO("VMIN", 0x02, 1, 0),
    [VMAJ] = RO("VMAJ", 0x03, 1, 1),
    [OUTPAY] = RO("OUTPAY", 0x04, 2, 0x3c),
    [INPAY] = RO("INPAY", 0x06, 2, 0x1d),
    [GCTL] = { "GCTL", .offset = 0x08, .size = 4, .write = write_gctl, .written = gctl_written },
    [WAKEEN] = { "WAKEEN", .offset = 0x0c, .size = 2, .writable = 0x7fff, .written = irq_written },
    [STATESTS] = { "STATESTS", .offset = 0x0e, .size = 2, .w1c = 0x7fff, .written = irq_written },
    [GSTS] = { "GSTS", .offset = 0x10, .size = 2, .w1c = GSTS_FLUSHED },
    [OUTSTRMPAY] = RO("OUTSTRMPAY", 0x18, 2, 0x3c),
    [INSTRMPAY] = RO("INSTRMPAY", 0x1a, 2, 0x1d),
    [INTCTL] = { "INTCTL", .offset = 0x20, .size = 4, .written = irq_written,
                 .writable = INT_GLOBAL | INT_CONTROLLER | ((1 << NUM_STREAMS) - 1) },
    [INTSTS] = { "INTSTS", .offset = 0x24, .size = 4, .read = read_intsts },
    [WALCLK] = { "WALCLK", .offset = 0x30, .size = 4, .read = read_wall_clock },
    [SSYNC_ICH6] = { "SSYNC_ICH6", .offset = 0x34, .size = 4, .writable = (1 << NUM_STREAMS) - 1,
                     .written = ssync_written },
    [SSYNC] = { "SSYNC", .offset = 0x38, .size = 4, .writable = (1 << NUM_STREAMS) - 1,
                .written = ssync_written },
    [CORBLBASE] = RW("CORBLBASE", 0x40, 4, 0xffffff80),
    [CORBUBASE] = RW("CORBUBASE", 0x44, 4, 0xffffffff),
    [CORBWP] = { "CORBWP", .offset = 0x48, .size = 2, .writable = 0xff, .written = corb_written },
    [CORBRP] = { "CORBRP", .offset = 0x4a, .size = 2, .write = write_corbrp },
    [CORBCTL] = { "CORBCTL", .offset = 0x4c, .size = 1, .writable = CORB_RUNS | CORB_ERROR_IRQ,
                  .written = corb_written },
    [CORBSTS] = { "CORBSTS", .offset = 0x4d, .size = 1, .w1c = CORB_ERROR, .written = irq_written },
    [CORBSIZE] = RO("CORBSIZE", 0x4e, 1, 0x42), /* 256 entries, and nothing else */
    [RIRBLBASE] = RW("RIRBLBASE", 0x50, 4, 0xffffff80),
    [RIRBUBASE] = RW("RIRBUBASE", 0x54, 4, 0xffffffff),
    [RIRBWP] = { "RIRBWP", .offset = 0x58, .size = 2, .write = write_rirbwp },
    [RINTCNT] = RW("RINTCNT", 0x5a, 2, 0xff),
    [RIRBCTL] = { "RIRBCTL", .offset = 0x5c, .size = 1, .written = irq_written,
                  .writable = RIRB_IRQ | RIRB_RUNS | RIRB_OVERRUN_IRQ },
    [RIRBSTS] = { "RIRBSTS", .offset = 0x5d, .size = 1, .w1c = RIRB_ANSWERED | RIRB_OVERRUN,
                  .written = irq_written },
    [RIRBSIZE] = RO("RIRBSIZE", 0x5e, 1, 0x42),
    [IC] = RW("IC", 0x60, 4, 0xffffffff),
    [IR] = RO("IR", 0x64, 4, 0),
    [ICS] = { "ICS", .offset = 0x68, .size = 2, .write = write_ics },
    [DPLBASE] = RW("DPLBASE", 0x70, 4, 0xffffff81),
    [DPUBASE] = RW("DPUBASE", 0x74, 4, 0xffffffff),
    [SD_CTL] = { SD("SD_CTL", 0x00, 4), .writable = SD_WRITABLE, .w1c = SD_STATUS,
                 .written = sd_ctl_written },
    [SD_LPIB] = { SD("SD_LPIB", 0x04, 4) },
    [SD_CBL] = { SD("SD_CBL", 0x08, 4), .writable = 0xffffffff },
    [SD_LVI] = { SD("SD_LVI", 0x0c, 2), .writable = 0xff },
    [SD_FIFOD] = { SD("SD_FIFOD", 0x10, 2), .reset = 0xbf },
    [SD_FMT] = { SD("SD_FMT", 0x12, 2), .writable = 0x7f7f },
    [SD_BDPL] = { SD("SD_BDPL", 0x18, 4), .writable = 0xffffff80 },
    [SD_BDPU] = { SD("SD_BDPU", 0x1c, 4), .writable = 0xffffffff },
    [WALCLKA] = { "WALCLKA", .offset = 0x2030, .size = 4, .read = read_wall_clock },
    [SD_LPIBA] = { "SD_LPIBA", .offset = 0x2084, .size = 4, .count = NUM_STREAMS, .stride = 0x20,
                   .read = read_lpib_alias },
};

/* What has moved until now is there before anything is read, and before a write stops or changes it. */
static uint64_t mmio_read(void *opaque, hwaddr addr, unsigned size)
{
    RegisterBlock *block = opaque;

    hda_bus_sync(HDA_CONTROLLER(block->owner)->link);
    return register_block_read(block, addr, size);
}

static void mmio_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    RegisterBlock *block = opaque;

    hda_bus_sync(HDA_CONTROLLER(block->owner)->link);
    register_block_write(block, addr, value, size);
}

static const MemoryRegionOps mmio_ops = {
    .read = mmio_read,
    .write = mmio_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
    .impl = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
    .names = &register_block_names,
};

static void hda_reset(DeviceState *dev)
{
    HdaController *s = HDA_CONTROLLER(dev);

    register_set(&s->regs, WAKEEN, 0);
    register_set(&s->regs, STATESTS, 0);
    reset_controller(s);
    s->clock_start = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
}

static void hda_realize(PCIDevice *dev, Error **errp)
{
    HdaController *s = HDA_CONTROLLER(dev);

    dev->config[PCI_INTERRUPT_PIN] = 1;
    dev->config[0x40] = 1; /* HDCTL: the link is this one, not AC '97 */
    dev->wmask[0x40] = 0;
    if (s->msi != ON_OFF_AUTO_OFF && msi_init(dev, MSI_OFFSET, 1, true, false, errp) < 0) {
        return;
    }
    memory_region_init_io(&s->mmio, OBJECT(s), &mmio_ops, &s->regs, "intel-hda", MMIO_SIZE);
    pci_register_bar(dev, 0, PCI_BASE_ADDRESS_SPACE_MEMORY, &s->mmio);
    s->link = hda_bus_new(DEVICE(dev), &link_ops);
}

static void hda_exit(PCIDevice *dev)
{
    msi_uninit(dev);
}

static void hda_config_write(PCIDevice *dev, uint32_t address, uint32_t value, int len)
{
    pci_default_write_config(dev, address, value, len);
    update_irq(HDA_CONTROLLER(dev));
}

static void hda_init(Object *obj)
{
    HdaController *s = HDA_CONTROLLER(obj);

    register_block_init(&s->regs, DEVICE(obj), "intel-hda registers", hda_registers, ARRAY_SIZE(hda_registers),
                        DEVICE_LITTLE_ENDIAN, MMIO_SIZE);
}

static void hda_finalize(Object *obj)
{
    register_block_finalize(&HDA_CONTROLLER(obj)->regs);
}

/* Codecs that were loaded before know of the streams from now on; those that come later ask. */
static int after_load(void *opaque, int version_id)
{
    HdaController *s = opaque;

    for (unsigned n = 0; n < NUM_STREAMS; n++) {
        const HdaStream *stream = &s->streams[n];

        if (stream->index >= RING_SIZE || stream->done > stream->length) {
            return -EINVAL;
        }
    }
    hda_bus_streams_changed(s->link);
    return 0;
}

static const VMStateDescription vmstate_stream = {
    .name = "intel-hda/stream",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]){
        VMSTATE_BOOL(loaded, HdaStream),
        VMSTATE_UINT32(index, HdaStream),
        VMSTATE_UINT64(addr, HdaStream),
        VMSTATE_UINT32(length, HdaStream),
        VMSTATE_UINT32(done, HdaStream),
        VMSTATE_UINT32(flags, HdaStream),
        VMSTATE_END_OF_LIST()
    },
};

static const VMStateDescription vmstate_hda = {
    .name = "intel-hda",
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = after_load,
    .fields = (const VMStateField[]){
        VMSTATE_PCI_DEVICE(parent_obj, HdaController),
        VMSTATE_REGISTER_BLOCK(regs, HdaController),
        VMSTATE_STRUCT_ARRAY(streams, HdaController, NUM_STREAMS, 1, vmstate_stream, HdaStream),
        VMSTATE_UINT32(answers, HdaController),
        VMSTATE_UINT32(asserted, HdaController),
        VMSTATE_INT64(clock_start, HdaController),
        VMSTATE_END_OF_LIST()
    },
};

static Property hda_properties[] = {
    DEFINE_PROP_ON_OFF_AUTO("msi", HdaController, msi, ON_OFF_AUTO_AUTO),
    DEFINE_PROP_END_OF_LIST(),
};

static void controller_class_init(ObjectClass *oc, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(oc);

    pc->realize = hda_realize;
    pc->exit = hda_exit;
    pc->config_write = hda_config_write;
    pc->vendor_id = PCI_VENDOR_ID_INTEL;
    pc->class_id = 0x0403; /* multimedia, HD audio */
    pc->subsystem_vendor_id = PCI_SUBVENDOR_ID_REDHAT_QUMRANET;
    pc->subsystem_id = PCI_SUBDEVICE_ID_QEMU;
    dc->vmsd = &vmstate_hda;
    device_class_set_legacy_reset(dc, hda_reset);
    device_class_set_props(dc, hda_properties);
    set_bit(DEVICE_CATEGORY_SOUND, dc->categories);
}

typedef struct Chip {
    const char *name, *desc;
    uint16_t device_id;
    uint8_t revision;
} Chip;

static const Chip chips[] = {
    { "intel-hda", "Intel HD Audio Controller (ich6)", 0x2668, 1 },
    { "ich9-intel-hda", "Intel HD Audio Controller (ich9)", 0x293e, 3 },
};

static void chip_class_init(ObjectClass *oc, void *data)
{
    const Chip *chip = data;

    PCI_DEVICE_CLASS(oc)->device_id = chip->device_id;
    PCI_DEVICE_CLASS(oc)->revision = chip->revision;
    DEVICE_CLASS(oc)->desc = chip->desc;
}

static const TypeInfo controller_type = {
    .name = TYPE_HDA_CONTROLLER,
    .parent = TYPE_PCI_DEVICE,
    .abstract = true,
    .instance_size = sizeof(HdaController),
    .instance_init = hda_init,
    .instance_finalize = hda_finalize,
    .class_init = controller_class_init,
};

static void register_types(void)
{
    type_register_static(&controller_type);
    for (size_t i = 0; i < ARRAY_SIZE(chips); i++) {
        TypeInfo info = {
            .name = chips[i].name,
            .parent = TYPE_HDA_CONTROLLER,
            .class_init = chip_class_init,
            .class_data = (void *)&chips[i],
        };

        type_register(&info);
    }
}

type_init(register_types)
