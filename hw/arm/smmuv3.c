/*
 * SMMUv3: see hw/arm/smmuv3.h.
 *
 * What a bus master accesses goes through an IOMMU region of its own. Its translation is found in
 * the guest's memory:
 *
 *     StreamID -> stream table (linear, or of two levels) -> STE: bypass, abort, stage 1, 2, both
 *     STE      -> context descriptor (one: there are no substreams) -> tables of stage 1
 *
 * and the tables are those of the CPUs, walked by the same functions (target/arm/mmu-walk.h). Each
 * function remembers its configuration and the pages that it has had translated; commands from the
 * ring in memory invalidate them: by address one page of all functions, else everything.
 *
 * Translation is asked for by any thread. What it remembers is under a lock; events that it has to
 * report are written to the guest's queue by the main loop.
 *
 * Not there: secure state, substreams, stalls, hardware's access flag and dirty state, ATS, PRI,
 * big-endian tables, EL2's regimes (STRW): none is announced.
 *
 * Reference: Arm System Memory Management Unit Architecture Specification, version 3 (IHI 0070):
 * 3.4, 3.5 (queues), 4 (commands), 5 (STE, CD), 6.3 (registers), 7 (events, errors).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "core/irq.h"
#include "core/register.h"
#include "core/sysbus.h"
#include "hw/arm/smmuv3.h"
#include "hw/pci/pci_bus.h"
#include "qemu/bitops.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "system/address-spaces.h"
#include "smmuv3-tables.h"
#include "system/iommu.h"

OBJECT_DECLARE_SIMPLE_TYPE(ARMSMMUv3, ARM_SMMUV3)

#define TYPE_SMMU_REGION "arm-smmuv3-iommu-memory-region"
#define LOG_NAME         "arm-smmuv3"

#define QUEUE_BITS       19
#define COMMAND_SIZE     16
#define EVENT_SIZE       32

/* Translations that a function remembers: pages of 4 KiB, whatever the granule. */
#define SLOTS            1024

typedef struct Slot {
    uint64_t page, phys;
    uint32_t generation; /* ARMSMMUv3.generation when it was made: else it is gone */
    uint8_t perm;        /* IOMMU_RO, IOMMU_WO */
} Slot;

typedef struct Event {
    uint64_t words[EVENT_SIZE / 8];
} Event;

typedef struct Function {
    IOMMUMemoryRegion iommu;
    AddressSpace space;
    ARMSMMUv3 *smmu;
    PCIBus *bus;
    int devfn;
    /* Under the SMMU's lock: */
    uint32_t stream; /* whose what follows is */
    SMMUConfig config;
    Slot slots[SLOTS];
} Function;

struct ARMSMMUv3 {
    SysBusDevice parent_obj;

    RegisterBlock regs;
    qemu_irq irq[SMMUV3_NB_IRQS];
    GPtrArray *functions; /* Function */

    /* Under the big lock: what notifiers are to be told is gone, until the next CMD_SYNC */
    uint64_t gone_first, gone_last; /* gone_first > gone_last: nothing */

    GMutex lock; /* of what follows */
    uint32_t generation;
    /* translations of more than a page, or of addresses with tags, are remembered */
    bool large;
    GQueue events;
    QEMUBH *report;
};

enum {
    IDR0,
    IDR1,
    IDR2,
    IDR3,
    IDR4,
    IDR5,
    IIDR,
    AIDR,
    CR0,
    CR0ACK,
    CR1,
    CR2,
    STATUSR,
    GBPA,
    AGBPA,
    IRQ_CTRL,
    IRQ_CTRLACK,
    GERROR,
    GERRORN,
    GERROR_IRQ_CFG0,
    GERROR_IRQ_CFG1,
    GERROR_IRQ_CFG2,
    STRTAB_BASE,
    STRTAB_BASE_CFG,
    CMDQ_BASE,
    CMDQ_PROD,
    CMDQ_CONS,
    EVENTQ_BASE,
    EVENTQ_IRQ_CFG0,
    EVENTQ_IRQ_CFG1,
    EVENTQ_IRQ_CFG2,
    EVENTQ_PROD,
    EVENTQ_CONS,
};

enum { CR0_SMMUEN = 1, CR0_EVENTQEN = 4, CR0_CMDQEN = 8 };
enum { CR2_RECINVSID = 2 };
enum { GBPA_ABORT = 1 << 20 };
#define GBPA_UPDATE (1u << 31)
enum { IRQ_GERROR = 1, IRQ_EVENTQ = 4 };
enum {
    GERROR_CMDQ = 1 << 0,
    GERROR_EVENTQ_ABT = 1 << 2,
    GERROR_MSI_CMDQ_ABT = 1 << 4,
    GERROR_MSI_EVENTQ_ABT = 1 << 5,
    GERROR_MSI_GERROR_ABT = 1 << 7,
    GERROR_ALL = 0x1fd,
};
enum { CMDQ_ERROR_SHIFT = 24, CERROR_ILLEGAL = 1, CERROR_ABORT = 2 };
#define QUEUE_OVERFLOW (1u << 31)
#define QUEUE_INDEX    ((2u << QUEUE_BITS) - 1) /* with the wrap bit of the longest */

/* Two stages; tables of AArch64, little-endian; coherent; ASIDs and VMIDs of 16 bits; MSIs; no
 * stalls; terminated transactions are always aborted; stream tables of two levels. */
#define IDR0_VALUE                                                                                 \
    (1u | 1u << 1 | 2u << 2 | 1u << 4 | 1u << 12 | 1u << 13 | 1u << 18 | 2u << 21 | 1u << 24 |     \
     1u << 26 | 1u << 27)
#define IDR1_VALUE (STREAM_BITS | QUEUE_BITS << 16 | QUEUE_BITS << 21)
#define IDR5_VALUE (4u /* 44 bits */ | 7u << 4 /* all granules */)

enum { CLASS_CD, CLASS_TTD, CLASS_IN };

/* ---- Memory, interrupts ---- */

/* By a message, where the guest has said which; else by wire. False: there is nothing that takes
 * the message. */
static bool interrupt(ARMSMMUv3 *s, unsigned irq, uint64_t address, uint32_t data)
{
    MemTxResult result = MEMTX_OK;

    address &= MAKE_64BIT_MASK(2, 50);
    if (address) {
        address_space_stl_le(&address_space_memory, address, data, (MemTxAttrs){ 0 }, &result);
    } else {
        qemu_irq_pulse(s->irq[irq]);
    }
    return result == MEMTX_OK;
}

/* An error is there while GERROR and GERRORN differ. */
static bool error_is_active(ARMSMMUv3 *s, uint32_t error)
{
    return (register_get(&s->regs, GERROR) ^ register_get(&s->regs, GERRORN)) & error;
}

static void note_error(ARMSMMUv3 *s, uint32_t error)
{
    if (!error_is_active(s, error)) {
        register_set(&s->regs, GERROR, register_get(&s->regs, GERROR) ^ error);
    }
}

static void raise_error(ARMSMMUv3 *s, uint32_t error)
{
    if (error_is_active(s, error)) {
        return;
    }
    note_error(s, error);
    if ((register_get(&s->regs, IRQ_CTRL) & IRQ_GERROR) &&
        !interrupt(s, SMMUV3_IRQ_ERROR, register_get(&s->regs, GERROR_IRQ_CFG0),
                   register_get(&s->regs, GERROR_IRQ_CFG1))) {
        note_error(s, GERROR_MSI_GERROR_ABT);
    }
}

/* ---- Queues: an index, and above it a bit that changes with each round ---- */

static unsigned queue_bits(uint64_t base)
{
    return MIN(base & 0x1f, QUEUE_BITS);
}

static hwaddr queue_entry(uint64_t base, uint32_t index, unsigned size)
{
    unsigned bits = queue_bits(base);
    uint64_t start = base & MAKE_64BIT_MASK(5, 47) & -MAX((uint64_t)size << bits, 32ull);

    return start + (index & ((1u << bits) - 1)) * size;
}

static uint32_t queue_next(uint64_t base, uint32_t index)
{
    return (index + 1) & ((2u << queue_bits(base)) - 1);
}

static bool queue_is_full(uint64_t base, uint32_t prod, uint32_t cons)
{
    unsigned bits = queue_bits(base);

    return ((prod ^ cons) & ((2u << bits) - 1)) == 1u << bits;
}

/* ---- Events ---- */

static void write_event(ARMSMMUv3 *s, const Event *event)
{
    uint64_t base = register_get(&s->regs, EVENTQ_BASE);
    uint32_t prod = register_get(&s->regs, EVENTQ_PROD), cons = register_get(&s->regs, EVENTQ_CONS);
    uint8_t bytes[EVENT_SIZE];

    if (!(register_get(&s->regs, CR0) & CR0_EVENTQEN)) {
        return;
    }
    if (queue_is_full(base, prod, cons)) {
        if (!((prod ^ cons) & QUEUE_OVERFLOW)) {
            register_set(&s->regs, EVENTQ_PROD, prod ^ QUEUE_OVERFLOW);
        }
        return;
    }
    for (size_t i = 0; i < ARRAY_SIZE(event->words); i++) {
        stq_le_p(bytes + 8 * i, event->words[i]);
    }
    if (address_space_write(&address_space_memory, queue_entry(base, prod, EVENT_SIZE),
                            smmu_memory_only, bytes, sizeof(bytes)) != MEMTX_OK) {
        raise_error(s, GERROR_EVENTQ_ABT);
        return;
    }
    register_set(&s->regs, EVENTQ_PROD, (prod & QUEUE_OVERFLOW) | queue_next(base, prod));
    if ((register_get(&s->regs, IRQ_CTRL) & IRQ_EVENTQ) &&
        !interrupt(s, SMMUV3_IRQ_EVENT, register_get(&s->regs, EVENTQ_IRQ_CFG0),
                   register_get(&s->regs, EVENTQ_IRQ_CFG1))) {
        raise_error(s, GERROR_MSI_EVENTQ_ABT);
    }
}

static void report_events(void *opaque)
{
    ARMSMMUv3 *s = opaque;

    for (;;) {
        Event *event;

        g_mutex_lock(&s->lock);
        event = g_queue_pop_head(&s->events);
        g_mutex_unlock(&s->lock);
        if (!event) {
            return;
        }
        write_event(s, event);
        g_free(event);
    }
}

/* More than that in one go say nothing new; the guest's queue may be shorter. */
#define MOST_EVENTS 256

/* Under the lock. */
static void note_event(ARMSMMUv3 *s, unsigned number, uint32_t stream, uint64_t word1,
                       uint64_t address, uint64_t fetched)
{
    qemu_log_mask(LOG_GUEST_ERROR, "%s: stream 0x%x, address 0x%" PRIx64 ": event 0x%02x\n",
                  LOG_NAME, stream, address, number);
    if (g_queue_get_length(&s->events) < MOST_EVENTS) {
        Event event = { { number | (uint64_t)stream << 32, word1, address, fetched } };

        g_queue_push_tail(&s->events, g_memdup2(&event, sizeof(event)));
        qemu_bh_schedule(s->report);
    }
}

/* The second doubleword of most events. */
static uint64_t event_details(bool read, bool stage2, unsigned class)
{
    return (uint64_t)read << 35 | (uint64_t)stage2 << 39 | (uint64_t) class << 40;
}

/* ---- Configuration ---- */

/* The function's configuration; false: there is none, as has been noted. */
static bool get_config(Function *f, uint32_t stream, uint64_t address, bool read, bool asked_only)
{
    SMMUConfig c = { .kind = CONFIG_UNKNOWN };
    SMMUWalk w = { .config = &c };
    unsigned event;

    if (f->config.kind != CONFIG_UNKNOWN) {
        return true;
    }
    event = smmu_find_config(register_get(&f->smmu->regs, STRTAB_BASE),
                             register_get(&f->smmu->regs, STRTAB_BASE_CFG), stream, &c, &w);
    if (!event) {
        f->config = c;
        return true;
    }
    if (!asked_only &&
        (event != C_BAD_STREAMID || (register_get(&f->smmu->regs, CR2) & CR2_RECINVSID))) {
        bool fetch = event == F_STE_FETCH || event == F_CD_FETCH;

        if (w.stage2_fault) {
            note_event(f->smmu, event, stream, event_details(read, true, CLASS_CD), address,
                       event == F_WALK_EABT ? w.fetched : w.ipa);
        } else {
            note_event(f->smmu, event, stream, 0, 0, fetch ? w.fetched : 0);
        }
    }
    return false;
}

/* ---- Translating ---- */

typedef struct Result {
    uint64_t phys, size;
    int perm;
} Result;

static int perm_of_prot(int prot)
{
    return IOMMU_ACCESS_FLAG(prot & PAGE_READ, prot & PAGE_WRITE);
}

/* Both stages, as far as they are on; what can't be is noted. */
static bool walk(Function *f, uint32_t stream, uint64_t address, MMUAccessType access,
                 bool asked_only, Result *result)
{
    const SMMUConfig *c = &f->config;
    SMMUWalk w = { .config = c };
    ARMWalk found = { .phys = address, .size = UINT64_MAX, .prot = PAGE_READ | PAGE_WRITE }, second;
    bool read = access == MMU_DATA_LOAD;
    unsigned fault = 0, event, class = CLASS_IN;

    if (c->stage1) {
        const ARMTableMemory memory = { .load = smmu_load_table1, .opaque = &w };

        fault = arm_walk(&c->regs1, &memory, address, access, true, &found);
        class = w.stage2_fault ? CLASS_TTD : CLASS_IN;
    }
    if (!fault && c->stage2) {
        if (smmu_second_stage(&w, found.phys, access, &second)) {
            found.phys = second.phys;
            found.size = MIN(found.size, second.size);
            found.prot &= second.prot;
        }
        fault = w.stage2_fault;
    }
    if (!fault) {
        *result = (Result){ found.phys, found.size, perm_of_prot(found.prot) };
        return true;
    }
    if (asked_only || !(w.stage2_fault ? c->record2 : c->record1)) {
        return false;
    }
    event = smmu_event_of_fault(w.stage2_fault ? w.stage2_fault : fault);
    note_event(f->smmu, event, stream, event_details(read, w.stage2_fault, class), address,
               event == F_WALK_EABT ? w.fetched
               : w.stage2_fault     ? w.ipa
                                    : 0);
    return false;
}

/* The function's StreamID; when the guest has given the bus another number, it is another
 * stream. */
static uint32_t stream_of(Function *f)
{
    const PCIDevice *dev = f->bus->devices[f->devfn];
    uint32_t stream = dev ? pci_requester_id(dev) : (unsigned)PCI_BUILD_BDF(0, f->devfn);

    if (f->stream != stream) {
        f->stream = stream;
        f->config.kind = CONFIG_UNKNOWN;
        memset(f->slots, 0, sizeof(f->slots));
    }
    return stream;
}

/* Addresses that differ above SMMU_ADDRESS share it: with tags (CD.TBI) they are the same. */
static Slot *slot_of(Function *f, uint64_t page)
{
    page &= SMMU_ADDRESS;
    return &f->slots[(page >> TARGET_PAGE_BITS ^ page >> 34) % SLOTS];
}

/* Under the lock: false: aborted. */
static bool translate_page(Function *f, uint64_t address, IOMMUAccessFlags flag, Slot *found)
{
    ARMSMMUv3 *s = f->smmu;
    uint64_t page = address & TARGET_PAGE_MASK;
    uint32_t stream = stream_of(f);
    Slot *slot = slot_of(f, page);
    bool write = flag & IOMMU_WO;
    Result result;

    if (slot->generation == s->generation && slot->page == page && (slot->perm & flag) == flag) {
        *found = *slot;
        return true;
    }
    if (!(register_get(&s->regs, CR0) & CR0_SMMUEN)) {
        *found = (Slot){ page, page, 0, IOMMU_RW };
        return !(register_get(&s->regs, GBPA) & GBPA_ABORT);
    }
    if (!get_config(f, stream, address, !write, flag == IOMMU_NONE)) {
        return false;
    }
    if (f->config.kind != CONFIG_TRANSLATE) {
        *found = (Slot){ page, page, 0, IOMMU_RW };
        return f->config.kind == CONFIG_BYPASS;
    }
    if (!walk(f, stream, address, write ? MMU_DATA_STORE : MMU_DATA_LOAD, flag == IOMMU_NONE,
              &result)) {
        return false;
    }
    s->large |= result.size > TARGET_PAGE_SIZE || (page & ~SMMU_ADDRESS);
    *slot = (Slot){ page, result.phys & TARGET_PAGE_MASK, s->generation, result.perm };
    *found = *slot;
    return true;
}

static IOMMUTLBEntry smmu_translate(IOMMUMemoryRegion *iommu, hwaddr addr, IOMMUAccessFlags flag,
                                    int iommu_idx)
{
    Function *f = container_of(iommu, Function, iommu);
    IOMMUTLBEntry entry = { .target_as = &address_space_memory,
                            .iova = addr & TARGET_PAGE_MASK,
                            .addr_mask = ~TARGET_PAGE_MASK };
    Slot found;

    g_mutex_lock(&f->smmu->lock);
    if (translate_page(f, addr, flag, &found)) {
        entry.translated_addr = found.phys;
        entry.perm = found.perm;
    }
    g_mutex_unlock(&f->smmu->lock);
    return entry;
}

/* ---- Invalidating ---- */

/*
 * Who holds on to what a translation led to (rings of virtio devices) is told. Not under the lock,
 * as those translate while they hold their own.
 */
static void tell_of_what_is_gone(ARMSMMUv3 *s)
{
    uint64_t first = s->gone_first, mask = s->gone_first ^ s->gone_last;

    if (first > s->gone_last) {
        return;
    }
    mask = mask ? UINT64_MAX >> clz64(mask) : 0; /* the aligned block that has both */
    s->gone_first = UINT64_MAX;
    s->gone_last = 0;
    for (guint i = 0; i < s->functions->len; i++) {
        Function *f = g_ptr_array_index(s->functions, i);

        if (f->iommu.iommu_notify_flags & IOMMU_NOTIFIER_UNMAP) {
            memory_region_notify_iommu(&f->iommu, 0, (IOMMUTLBEvent){
                .type = IOMMU_NOTIFIER_UNMAP,
                .entry = { .target_as = &address_space_memory, .iova = first & ~mask,
                           .addr_mask = mask },
            });
        }
    }
}

static void is_gone(ARMSMMUv3 *s, uint64_t first, uint64_t last)
{
    s->gone_first = MIN(s->gone_first, first);
    s->gone_last = MAX(s->gone_last, last);
}

static void forget_translations(ARMSMMUv3 *s)
{
    is_gone(s, 0, UINT64_MAX);
    s->large = false;
    if (++s->generation == 0) {
        for (guint i = 0; i < s->functions->len; i++) {
            Function *f = g_ptr_array_index(s->functions, i);

            memset(f->slots, 0, sizeof(f->slots));
        }
        s->generation = 1;
    }
}

/* A page; where some are parts of blocks, of whose others nothing is known, all. */
static void forget_page(ARMSMMUv3 *s, uint64_t address)
{
    if (s->large) {
        forget_translations(s);
        return;
    }
    is_gone(s, address & SMMU_ADDRESS, (address & SMMU_ADDRESS) | ~TARGET_PAGE_MASK);
    for (guint i = 0; i < s->functions->len; i++) {
        Slot *slot = slot_of(g_ptr_array_index(s->functions, i), address);

        if ((slot->page & SMMU_ADDRESS) == (address & SMMU_ADDRESS)) {
            slot->generation = 0;
        }
    }
}

static void forget_configurations(ARMSMMUv3 *s)
{
    for (guint i = 0; i < s->functions->len; i++) {
        Function *f = g_ptr_array_index(s->functions, i);

        f->config.kind = CONFIG_UNKNOWN;
    }
    forget_translations(s);
}

static void forget_everything(ARMSMMUv3 *s)
{
    g_mutex_lock(&s->lock);
    forget_configurations(s);
    g_mutex_unlock(&s->lock);
    tell_of_what_is_gone(s);
}

/* ---- Commands ---- */

static void cmd_nothing(ARMSMMUv3 *s, const uint64_t *command)
{
}

static void cmd_configuration(ARMSMMUv3 *s, const uint64_t *command)
{
    forget_configurations(s);
}

static void cmd_all(ARMSMMUv3 *s, const uint64_t *command)
{
    forget_translations(s);
}

static void cmd_address(ARMSMMUv3 *s, const uint64_t *command)
{
    forget_page(s, command[1]);
}

enum { SYNC_NONE, SYNC_IRQ };

enum { CMD_SYNC = 0x46 };

static const struct Command {
    uint8_t opcode;
    void (*execute)(ARMSMMUv3 *s, const uint64_t *command); /* under the lock */
} commands[] = {
    { 0x01, cmd_nothing },       /* CMD_PREFETCH_CONFIG */
    { 0x02, cmd_nothing },       /* CMD_PREFETCH_ADDR */
    { 0x03, cmd_configuration }, /* CMD_CFGI_STE */
    { 0x04, cmd_configuration }, /* CMD_CFGI_STE_RANGE, CMD_CFGI_ALL */
    { 0x05, cmd_configuration }, /* CMD_CFGI_CD */
    { 0x06, cmd_configuration }, /* CMD_CFGI_CD_ALL */
    { 0x10, cmd_all },           /* CMD_TLBI_NH_ALL */
    { 0x11, cmd_all },           /* CMD_TLBI_NH_ASID */
    { 0x12, cmd_address },       /* CMD_TLBI_NH_VA */
    { 0x13, cmd_address },       /* CMD_TLBI_NH_VAA */
    { 0x28, cmd_all },           /* CMD_TLBI_S12_VMALL */
    { 0x2a, cmd_all },           /* CMD_TLBI_S2_IPA: what stage 1 made of the address isn't known */
    { 0x30, cmd_all },           /* CMD_TLBI_NSNH_ALL */
    { CMD_SYNC, cmd_nothing },   /* everything before it is done */
};

static void sync_done(ARMSMMUv3 *s, const uint64_t *command)
{
    if (extract64(command[0], 12, 2) == SYNC_IRQ &&
        !interrupt(s, SMMUV3_IRQ_SYNC, command[1], command[0] >> 32)) {
        raise_error(s, GERROR_MSI_CMDQ_ABT);
    }
}

/* 0 or CERROR_* */
static unsigned execute(ARMSMMUv3 *s, const uint64_t *command)
{
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
        if (commands[i].opcode == (command[0] & 0xff)) {
            g_mutex_lock(&s->lock);
            commands[i].execute(s, command);
            g_mutex_unlock(&s->lock);
            if (commands[i].opcode == CMD_SYNC) {
                tell_of_what_is_gone(s);
                sync_done(s, command);
            }
            return 0;
        }
    }
    qemu_log_mask(LOG_GUEST_ERROR, "%s: command %016" PRIx64 " %016" PRIx64 " isn't one\n",
                  LOG_NAME, command[0], command[1]);
    return CERROR_ILLEGAL;
}

/* Until the ring is empty, or a command is wrong: then until the guest has seen the error. */
static void run_commands(ARMSMMUv3 *s)
{
    uint64_t base = register_get(&s->regs, CMDQ_BASE), command[COMMAND_SIZE / 8];
    uint32_t around = (2u << queue_bits(base)) - 1;
    uint32_t prod = register_get(&s->regs, CMDQ_PROD) & around;
    uint32_t cons = register_get(&s->regs, CMDQ_CONS) & around;

    if (!(register_get(&s->regs, CR0) & CR0_CMDQEN)) {
        return;
    }
    while (cons != prod && !error_is_active(s, GERROR_CMDQ)) {
        unsigned error =
            smmu_load_entry(queue_entry(base, cons, COMMAND_SIZE), command, COMMAND_SIZE)
                ? execute(s, command)
                : CERROR_ABORT;

        if (error) {
            register_set(&s->regs, CMDQ_CONS, cons | error << CMDQ_ERROR_SHIFT);
            raise_error(s, GERROR_CMDQ);
            return;
        }
        cons = queue_next(base, cons);
        register_set(&s->regs, CMDQ_CONS, cons);
    }
}

/* ---- Registers ---- */

static void cr0_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    ARMSMMUv3 *s = ARM_SMMUV3(block->owner);

    register_set(block, CR0ACK, register_get(block, CR0));
    forget_everything(s);
    run_commands(s);
}

static void irq_ctrl_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    register_set(block, IRQ_CTRLACK, register_get(block, IRQ_CTRL));
}

/* Takes effect with UPDATE, which is clear when that is done. */
static uint64_t write_gbpa(RegisterBlock *block, const Register *reg, uint64_t value)
{
    return value & GBPA_UPDATE ? value & (GBPA_ABORT | 0xfffff) : *register_value(block, reg);
}

static void queue_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    run_commands(ARM_SMMUV3(block->owner));
}

static void tables_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    forget_everything(ARM_SMMUV3(block->owner));
}

/* An index: the guest sets where a queue begins that it hasn't enabled. */
static uint64_t write_cmdq_cons(RegisterBlock *block, const Register *reg, uint64_t value)
{
    return register_get(block, CR0) & CR0_CMDQEN ? *register_value(block, reg)
                                                 : value & (QUEUE_INDEX | 0x7f000000);
}

static uint64_t write_eventq_prod(RegisterBlock *block, const Register *reg, uint64_t value)
{
    return register_get(block, CR0) & CR0_EVENTQEN ? *register_value(block, reg)
                                                   : value & (QUEUE_INDEX | QUEUE_OVERFLOW);
}

#define ROW(reg, offset_, size_, ...)                                                              \
    [reg] = { .name = "SMMU_" #reg, .offset = offset_, .size = size_, __VA_ARGS__ }
#define CONSTANT(reg, offset, value) ROW(reg, offset, 4, .reset = value, .read_only = true)
#define BASE_BITS                    (1ull << 62 | MAKE_64BIT_MASK(5, 47) | 0x1f)

static const Register smmu_registers[] = {
    CONSTANT(IDR0, 0x00, IDR0_VALUE),
    CONSTANT(IDR1, 0x04, IDR1_VALUE),
    CONSTANT(IDR2, 0x08, 0),
    CONSTANT(IDR3, 0x0c, 1u << 2), /* HAD: permissions of tables can be switched off */
    CONSTANT(IDR4, 0x10, 0),
    CONSTANT(IDR5, 0x14, IDR5_VALUE),
    CONSTANT(IIDR, 0x18, 0),
    CONSTANT(AIDR, 0x1c, 1), /* SMMUv3.1 */
    ROW(CR0, 0x20, 4, .writable = CR0_SMMUEN | CR0_EVENTQEN | CR0_CMDQEN, .written = cr0_written),
    CONSTANT(CR0ACK, 0x24, 0),
    ROW(CR1, 0x28, 4, .writable = 0xfff),
    ROW(CR2, 0x2c, 4, .writable = 7),
    CONSTANT(STATUSR, 0x40, 0),
    ROW(GBPA, 0x44, 4, .write = write_gbpa, .written = tables_written),
    ROW(AGBPA, 0x48, 4, .writable = 0),
    ROW(IRQ_CTRL, 0x50, 4, .writable = IRQ_GERROR | IRQ_EVENTQ, .written = irq_ctrl_written),
    CONSTANT(IRQ_CTRLACK, 0x54, 0),
    CONSTANT(GERROR, 0x60, 0),
    ROW(GERRORN, 0x64, 4, .writable = GERROR_ALL, .written = queue_written),
    ROW(GERROR_IRQ_CFG0, 0x68, 8, .writable = MAKE_64BIT_MASK(2, 50)),
    ROW(GERROR_IRQ_CFG1, 0x70, 4, .writable = UINT32_MAX),
    ROW(GERROR_IRQ_CFG2, 0x74, 4, .writable = 0x3f),
    ROW(STRTAB_BASE, 0x80, 8, .writable = 1ull << 62 | MAKE_64BIT_MASK(6, 46),
        .written = tables_written),
    ROW(STRTAB_BASE_CFG, 0x88, 4, .writable = 0x307ff, .written = tables_written),
    ROW(CMDQ_BASE, 0x90, 8, .writable = BASE_BITS),
    ROW(CMDQ_PROD, 0x98, 4, .writable = QUEUE_INDEX, .written = queue_written),
    ROW(CMDQ_CONS, 0x9c, 4, .write = write_cmdq_cons),
    ROW(EVENTQ_BASE, 0xa0, 8, .writable = BASE_BITS),
    ROW(EVENTQ_IRQ_CFG0, 0xb0, 8, .writable = MAKE_64BIT_MASK(2, 50)),
    ROW(EVENTQ_IRQ_CFG1, 0xb8, 4, .writable = UINT32_MAX),
    ROW(EVENTQ_IRQ_CFG2, 0xbc, 4, .writable = 0x3f),
    ROW(EVENTQ_PROD, 0x100a8, 4, .write = write_eventq_prod),
    ROW(EVENTQ_CONS, 0x100ac, 4, .writable = QUEUE_INDEX | QUEUE_OVERFLOW),
};

/* ---- Functions ---- */

static AddressSpace *space_of_function(PCIBus *bus, void *opaque, int devfn)
{
    ARMSMMUv3 *s = opaque;
    g_autofree char *name = g_strdup_printf("%s-%02x.%x", LOG_NAME, devfn >> 3, devfn & 7);
    Function *f;

    for (guint i = 0; i < s->functions->len; i++) {
        f = g_ptr_array_index(s->functions, i);
        if (f->bus == bus && f->devfn == devfn) {
            return &f->space;
        }
    }
    f = g_new0(Function, 1);
    f->smmu = s;
    f->bus = bus;
    f->devfn = devfn;
    memory_region_init_iommu(&f->iommu, sizeof(f->iommu), TYPE_SMMU_REGION, OBJECT(s), name,
                             UINT64_MAX);
    address_space_init(&f->space, MEMORY_REGION(&f->iommu), name);
    g_mutex_lock(&s->lock);
    g_ptr_array_add(s->functions, f);
    g_mutex_unlock(&s->lock);
    return &f->space;
}

void arm_smmuv3_attach(DeviceState *smmu, PCIBus *root)
{
    pci_setup_iommu(root, space_of_function, ARM_SMMUV3(smmu));
    root->iommu_below = true;
}

/* ---- The device ---- */

static void smmu_reset(DeviceState *dev)
{
    ARMSMMUv3 *s = ARM_SMMUV3(dev);

    register_block_reset(&s->regs);
    forget_everything(s);
    g_mutex_lock(&s->lock);
    g_queue_clear_full(&s->events, g_free);
    g_mutex_unlock(&s->lock);
}

static void smmu_realize(DeviceState *dev, Error **errp)
{
    ARMSMMUv3 *s = ARM_SMMUV3(dev);

    register_block_init(&s->regs, dev, LOG_NAME, smmu_registers, ARRAY_SIZE(smmu_registers),
                        DEVICE_LITTLE_ENDIAN, ARM_SMMUV3_SIZE);
    sysbus_init_mmio(SYS_BUS_DEVICE(dev), &s->regs.mmio);
    for (unsigned i = 0; i < SMMUV3_NB_IRQS; i++) {
        sysbus_init_irq(SYS_BUS_DEVICE(dev), &s->irq[i]);
    }
    s->report = qemu_bh_new(report_events, s);
}

static void smmu_instance_init(Object *obj)
{
    ARMSMMUv3 *s = ARM_SMMUV3(obj);

    g_mutex_init(&s->lock);
    g_queue_init(&s->events);
    s->functions = g_ptr_array_new();
    s->generation = 1;
    s->gone_first = UINT64_MAX;
}

static int smmu_post_load(void *opaque, int version_id)
{
    forget_everything(opaque);
    return 0;
}

static const VMStateDescription vmstate_smmu = {
    .name = TYPE_ARM_SMMUV3,
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = smmu_post_load,
    .fields =
        (const VMStateField[]){
            VMSTATE_REGISTER_BLOCK(regs, ARMSMMUv3),
            VMSTATE_END_OF_LIST(),
        },
};

static const DeviceTraits smmu_traits = {
    .desc = "Arm SMMUv3",
    .realize = smmu_realize,
    .reset = smmu_reset,
    .state = &vmstate_smmu,
    .board_only = true, /* it stands in front of a bridge */
};

static void smmu_region_class_init(ObjectClass *klass, void *data)
{
    IOMMU_MEMORY_REGION_CLASS(klass)->translate = smmu_translate;
}

static const TypeInfo smmu_types[] = {
    {
        .name = TYPE_ARM_SMMUV3,
        .parent = TYPE_SYS_BUS_DEVICE,
        .instance_size = sizeof(ARMSMMUv3),
        .instance_init = smmu_instance_init,
        .class_init = device_class_init_traits,
        .class_data = (void *)&smmu_traits,
    },
    {
        .name = TYPE_SMMU_REGION,
        .parent = TYPE_IOMMU_MEMORY_REGION,
        .class_init = smmu_region_class_init,
    },
};

DEFINE_TYPES(smmu_types)
