/*
 * NVM Express: what the controller's files share.
 *
 * nvme.c is the PCI function with its registers, nvme-queues.c moves commands and completions,
 * nvme-data.c what they transfer, nvme-admin.c and nvme-io.c do them, nvme-ns.c is a namespace.
 *
 * Everything runs under the big lock. Bus master accesses may lead to the controller's own
 * registers: while one is under way (in_dma), writes to them are ignored.
 *
 * Section numbers are of the NVM Express Base Specification, revision 1.4.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_NVME_NVME_INTERNAL_H
#define HW_NVME_NVME_INTERNAL_H

#include "qemu/osdep.h"
#include "hw/pci/pci.h"
#include "hw/register.h"
#include "qemu/iov.h"
#include "qemu/main-loop.h"
#include "qemu/queue.h"
#include "qemu/units.h"
#include "system/block-backend.h"
#include "system/runstate.h"

#define TYPE_NVME "nvme"
OBJECT_DECLARE_SIMPLE_TYPE(NvmeController, NVME)
#define TYPE_NVME_NS "nvme-ns"
#define TYPE_NVME_BUS "nvme-bus"

#define NVME_VERSION        0x00010400
#define NVME_MAX_IO_QUEUES  64
#define NVME_MAX_ENTRIES    2048 /* of a queue: CAP.MQES + 1 */
#define NVME_MAX_NAMESPACES 256
#define NVME_ALL_NAMESPACES UINT32_MAX
#define NVME_COMMAND_SIZE   64
#define NVME_COMPLETION_SIZE 16
#define NVME_PAGE           4096 /* the unit of CAP.MPSMIN and MDTS, and the size of admin data */
#define NVME_MAX_EVENTS     16   /* asynchronous event requests: AERL + 1 at most */

/* Rows of nvme_registers[] (3.1). */
typedef enum NvmeRow { CAP, VS, INTMS, INTMC, CC, CSTS, NSSR, AQA, ASQ, ACQ, CMBLOC, CMBSZ } NvmeRow;

/*
 * Status of a completion (4.6.1): type in bits 8 to 10, code below; DNR: trying again is no use.
 */
enum {
    NVME_OK = 0x000,
    NVME_INVALID_OPCODE = 0x001,
    NVME_INVALID_FIELD = 0x002,
    NVME_TRANSFER_ERROR = 0x004,
    NVME_INTERNAL_ERROR = 0x006,
    NVME_INVALID_NAMESPACE = 0x00b,
    NVME_SEQUENCE_ERROR = 0x00c,
    NVME_INVALID_PRP_OFFSET = 0x013,
    NVME_LBA_OUT_OF_RANGE = 0x080,
    NVME_CAPACITY_EXCEEDED = 0x081,
    NVME_INVALID_CQ = 0x100,
    NVME_INVALID_QUEUE_ID = 0x101,
    NVME_INVALID_QUEUE_SIZE = 0x102,
    NVME_EVENT_LIMIT = 0x105,
    NVME_INVALID_VECTOR = 0x108,
    NVME_INVALID_LOG_PAGE = 0x109,
    NVME_INVALID_QUEUE_DELETION = 0x10c,
    NVME_FEATURE_NOT_SAVEABLE = 0x10d,
    NVME_WRITE_TO_READ_ONLY = 0x182,
    NVME_WRITE_FAULT = 0x280,
    NVME_READ_ERROR = 0x281,
    NVME_COMPARE_FAILURE = 0x285,
    NVME_DNR = 0x4000,
    NVME_PENDING = 0xffff, /* no status: the command goes on, and ends with nvme_finish() */
};

/* What an asynchronous event tells; the lowest comes first (figure 147 ff.). */
typedef enum NvmeEvent {
    EVENT_BAD_DOORBELL,
    EVENT_BAD_DOORBELL_VALUE,
    EVENT_TEMPERATURE,
    EVENT_NAMESPACE_CHANGED,
    NUM_EVENTS,
} NvmeEvent;

/* Features that are words which mean something only to software, or to this file's others. */
typedef enum NvmeFeature {
    FEATURE_ARBITRATION = 0x01,
    FEATURE_POWER = 0x02,
    FEATURE_TEMPERATURE = 0x04,
    FEATURE_ERROR_RECOVERY = 0x05,
    FEATURE_WRITE_CACHE = 0x06,
    FEATURE_QUEUES = 0x07,
    FEATURE_COALESCING = 0x08,
    FEATURE_VECTOR = 0x09,
    FEATURE_ATOMICITY = 0x0a,
    FEATURE_EVENTS = 0x0b,
    FEATURE_TIMESTAMP = 0x0e,
    NUM_FEATURES = 0x0f,
} NvmeFeature;

typedef struct NvmeRequest NvmeRequest;

/* A namespace; it may be part of the controller (drive=), or a device of its own. */
typedef struct NvmeNamespace {
    NvmeController *s;
    BlockBackend *blk;
    uint32_t nsid;
    bool cache_at_reset; /* what the write cache is before software changes it */
    unsigned lba_bits;  /* a block has 1 << lba_bits bytes */
    uint8_t uuid[16];
    uint64_t eui64;     /* 0: none */
    uint32_t preferred; /* discard granularity in bytes; 0: not known */
    uint64_t reads, writes, blocks_read, blocks_written; /* for SMART; blocks of 512 bytes */
    bool cache_saved; /* in a snapshot: whether the write cache is on */
} NvmeNamespace;

typedef struct NvmeCompletionQueue {
    bool exists;
    bool interrupts;
    uint16_t vector;
    uint32_t size, head, tail;
    uint64_t base;
    bool phase;
    QTAILQ_HEAD(, NvmeRequest) unposted; /* finished, but there was no room */
} NvmeCompletionQueue;

typedef struct NvmeSubmissionQueue {
    NvmeController *s;
    uint16_t id;
    bool exists;
    uint16_t cqid;
    uint32_t size, head, tail;
    uint64_t base;
    uint32_t under_way; /* commands, without asynchronous event requests */
    QTAILQ_HEAD(, NvmeRequest) requests;
} NvmeSubmissionQueue;

typedef enum NvmeRequestState {
    REQUEST_RUNS,
    REQUEST_STOPPED, /* failed; is done again when the machine goes on */
    REQUEST_WAITS,   /* for an event */
    REQUEST_UNPOSTED,
} NvmeRequestState;

typedef struct NvmePiece {
    uint64_t addr;
    uint32_t size;
} NvmePiece;

struct NvmeRequest {
    NvmeSubmissionQueue *sq;
    uint8_t command[NVME_COMMAND_SIZE];
    NvmeRequestState state;
    uint16_t status;
    uint32_t result; /* dword 0 of the completion */

    /* of commands on namespaces */
    NvmeNamespace *ns;
    int64_t offset, bytes;
    unsigned flags;    /* of the block layer */
    unsigned step;     /* of commands that take several accesses */
    uint8_t *data;     /* what is transferred */
    QEMUIOVector qiov; /* over data */
    GArray *pieces;    /* of NvmePiece: where in the guest's memory it belongs */
    QTAILQ_ENTRY(NvmeRequest) link, unposted_link;
};

struct NvmeController {
    PCIDevice parent_obj;

    /* properties */
    char *serial;
    uint32_t max_io_queues;
    uint16_t msix_vectors;
    uint8_t mdts, aerl;
    bool use_intel_id;
    NvmeNamespace own; /* of drive= */
    uint32_t own_block;
    int32_t bootindex;

    BusState *bus; /* of nvme-ns */
    MemoryRegion bar;
    MemoryRegion registers;
    RegisterBlock regs;
    MemoryRegion doorbells;
    NvmeNamespace *namespaces[NVME_MAX_NAMESPACES]; /* by number - 1 */

    NvmeSubmissionQueue sq[NVME_MAX_IO_QUEUES + 1]; /* 0: admin */
    NvmeCompletionQueue cq[NVME_MAX_IO_QUEUES + 1];
    uint32_t features[NUM_FEATURES];
    uint64_t vector_uncoalesced[NVME_MAX_IO_QUEUES / 64 + 1];
    uint64_t timestamp;    /* ms, when timestamp_set was the clock's value */
    int64_t timestamp_set;
    uint32_t events;       /* bit n: event n is to be told */
    uint8_t event_types_masked;
    uint32_t waiting_events; /* how many requests wait for one */
    uint64_t changed[NVME_MAX_NAMESPACES / 64]; /* bit n: namespace n + 1 */
    uint64_t power_cycles;

    QEMUBH *turn;
    VMChangeStateEntry *state_change;
    bool in_dma, processing;
    bool reset_waits; /* it came within our own DMA, whose command is still needed */
    unsigned flushing;            /* namespaces that a shutdown still flushes */
    unsigned drained;             /* how often the block layer has asked for no new requests */
};

static inline uint32_t nvme_dword(const NvmeRequest *r, unsigned n)
{
    return ldl_le_p(r->command + 4 * n);
}

static inline uint32_t nvme_nsid(const NvmeRequest *r)
{
    return nvme_dword(r, 1);
}

/* ---- nvme.c ---- */

void nvme_guest_error(NvmeController *s, const char *what, const char *why);
bool nvme_is_ready(const NvmeController *s);
/* The page size that software has chosen, in bytes. */
uint32_t nvme_page_size(const NvmeController *s);
/* CSTS.CFS: only a reset helps. */
void nvme_fatal(NvmeController *s);
/* The INTx pin follows the completion queues. */
void nvme_update_pin(NvmeController *s);
/* Waits for everything that has begun. */
void nvme_drain(NvmeController *s);

/* ---- nvme-data.c ---- */

/* Bus master accesses; false and *to all ones if there is no memory. */
bool nvme_dma_get(NvmeController *s, uint64_t from, void *to, size_t size);
bool nvme_dma_put(NvmeController *s, uint64_t to, const void *from, size_t size);
/*
 * Finds the pieces of `bytes` bytes of the command's data pointer and makes `data` for them.
 * NVME_OK or a status.
 */
uint16_t nvme_map(NvmeRequest *r, size_t bytes);
/* Between `buf` and the pieces, from their start: what nvme_map() has found, or less. */
uint16_t nvme_from_guest(NvmeRequest *r, void *buf, size_t bytes);
uint16_t nvme_to_guest(NvmeRequest *r, const void *buf, size_t bytes);
/* Both steps for an admin command's answer; bytes behind `bytes` aren't touched. */
uint16_t nvme_answer(NvmeRequest *r, const void *buf, size_t bytes);

/* ---- nvme-queues.c ---- */

void nvme_queues_init(NvmeController *s);
/* Begins to take commands from queue 0 as the registers say. */
void nvme_admin_queues_start(NvmeController *s);
/* All queues and what is in them go. Nothing runs any more. */
void nvme_queues_reset(NvmeController *s);
/* Fetches and begins commands as long as there are any, and room for them. */
void nvme_process(NvmeController *s);
/* Later. */
void nvme_process_soon(NvmeController *s);
void nvme_finish(NvmeRequest *r, uint16_t status);
/* Commands of the queue that haven't been answered are forgotten; none runs. */
void nvme_sq_drop(NvmeSubmissionQueue *sq);
/* Commands that failed and stopped the machine are done again. */
void nvme_resume(NvmeController *s);
/* Tells what there is to tell as long as requests for it wait. */
void nvme_tell_events(NvmeController *s);
void nvme_raise_event(NvmeController *s, NvmeEvent event);
/* Software has read a log page: events of its type may come again. */
void nvme_log_page_was_read(NvmeController *s, uint8_t page);
extern const MemoryRegionOps nvme_doorbell_ops;
extern const VMStateDescription vmstate_nvme_sq, vmstate_nvme_cq;
/* Links of the queues after their state has been loaded; false: it makes no sense. */
bool nvme_queues_loaded(NvmeController *s);

/* ---- nvme-admin.c, nvme-io.c ---- */

/* A status, or NVME_PENDING. */
uint16_t nvme_admin_begin(NvmeRequest *r);
uint16_t nvme_io_begin(NvmeRequest *r);
void nvme_features_reset(NvmeController *s);

/* ---- nvme-ns.c ---- */

/* False and an error if the drive or the number can't be used. */
bool nvme_ns_attach(NvmeController *s, NvmeNamespace *ns, uint32_t block_size, Error **errp);
void nvme_ns_detach(NvmeNamespace *ns);
NvmeNamespace *nvme_ns_find(NvmeController *s, uint32_t nsid);
/* Its size in blocks. */
uint64_t nvme_ns_blocks(const NvmeNamespace *ns);
extern const VMStateDescription vmstate_nvme_ns;

#endif
