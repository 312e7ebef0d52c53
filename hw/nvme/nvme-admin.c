/*
 * NVM Express: admin commands (5).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/pci/msix.h"
#include "nvme-internal.h"
#include "qemu/log.h"
#include "qemu/timer.h"

/* What is sold as a temperature, in kelvins, and the thresholds that identify tells (5.21.1.4). */
#define TEMPERATURE          323
#define TEMPERATURE_WARNING  343
#define TEMPERATURE_CRITICAL 373

/* ---- queues (5.3 to 5.6) ---- */

/* What a command says of a queue, of either kind. */
typedef struct QueueWish {
    unsigned id;
    uint32_t size;
    uint64_t base;
    bool is_contiguous;
} QueueWish;

static QueueWish queue_wish(const NvmeRequest *r)
{
    return (QueueWish){
        .id = nvme_dword(r, 10) & 0xffff,
        .size = (nvme_dword(r, 10) >> 16) + 1,
        .base = ldq_le_p(r->command + 24),
        .is_contiguous = nvme_dword(r, 11) & 1,
    };
}

static bool is_io_queue(const NvmeController *s, unsigned id)
{
    return id >= 1 && id <= s->max_io_queues;
}

static uint16_t check_queue_wish(const NvmeController *s, const QueueWish *wish, bool is_there)
{
    if (!is_io_queue(s, wish->id) || is_there) {
        return NVME_INVALID_QUEUE_ID | NVME_DNR;
    }
    if (wish->size < 2 || wish->size > NVME_MAX_ENTRIES) {
        return NVME_INVALID_QUEUE_SIZE | NVME_DNR;
    }
    if (!wish->is_contiguous) { /* CAP.CQR */
        return NVME_INVALID_FIELD | NVME_DNR;
    }
    return wish->base % nvme_page_size(s) ? NVME_INVALID_PRP_OFFSET | NVME_DNR : NVME_OK;
}

static uint16_t create_cq(NvmeRequest *r)
{
    NvmeController *s = r->sq->s;
    QueueWish wish = queue_wish(r);
    unsigned vector = nvme_dword(r, 11) >> 16;
    uint16_t status = check_queue_wish(s, &wish, is_io_queue(s, wish.id) && s->cq[wish.id].exists);
    NvmeCompletionQueue *cq;

    if (status != NVME_OK) {
        return status;
    }
    if (vector >= (msix_enabled(&s->parent_obj) ? s->msix_vectors : 32)) {
        return NVME_INVALID_VECTOR | NVME_DNR;
    }
    cq = &s->cq[wish.id];
    cq->base = wish.base;
    cq->size = wish.size;
    cq->head = cq->tail = 0;
    cq->phase = true;
    cq->interrupts = nvme_dword(r, 11) & 2;
    cq->vector = vector;
    cq->exists = true;
    return NVME_OK;
}

static uint16_t create_sq(NvmeRequest *r)
{
    NvmeController *s = r->sq->s;
    QueueWish wish = queue_wish(r);
    unsigned cqid = nvme_dword(r, 11) >> 16;
    uint16_t status;
    NvmeSubmissionQueue *sq;

    if (!is_io_queue(s, cqid) || !s->cq[cqid].exists) {
        return NVME_INVALID_CQ | NVME_DNR;
    }
    status = check_queue_wish(s, &wish, is_io_queue(s, wish.id) && s->sq[wish.id].exists);
    if (status != NVME_OK) {
        return status;
    }
    sq = &s->sq[wish.id];
    sq->base = wish.base;
    sq->size = wish.size;
    sq->head = sq->tail = 0;
    sq->cqid = cqid;
    sq->exists = true;
    return NVME_OK;
}

static uint16_t delete_cq(NvmeRequest *r)
{
    NvmeController *s = r->sq->s;
    unsigned id = nvme_dword(r, 10) & 0xffff;

    if (!is_io_queue(s, id) || !s->cq[id].exists) {
        return NVME_INVALID_QUEUE_ID | NVME_DNR;
    }
    for (unsigned i = 1; i < ARRAY_SIZE(s->sq); i++) {
        if (s->sq[i].exists && s->sq[i].cqid == id) {
            return NVME_INVALID_QUEUE_DELETION | NVME_DNR;
        }
    }
    s->cq[id].exists = false;
    nvme_update_pin(s);
    return NVME_OK;
}

/* What runs ends first. */
static uint16_t delete_sq(NvmeRequest *r)
{
    NvmeController *s = r->sq->s;
    unsigned id = nvme_dword(r, 10) & 0xffff;

    if (!is_io_queue(s, id) || !s->sq[id].exists) {
        return NVME_INVALID_QUEUE_ID | NVME_DNR;
    }
    nvme_drain(s);
    nvme_sq_drop(&s->sq[id]);
    s->sq[id].exists = false;
    return NVME_OK;
}

/* ---- identify (5.15) ---- */

static void put_text(uint8_t *to, size_t room, const char *text)
{
    memset(to, ' ', room);
    memcpy(to, text, strnlen(text, room));
}

/* Figure 251. */
static void describe_controller(const NvmeController *s, uint8_t *id)
{
    const PCIDevice *dev = &s->parent_obj;
    bool has_cache = false;

    for (unsigned i = 0; i < NVME_MAX_NAMESPACES; i++) {
        has_cache |= s->namespaces[i] != NULL;
    }
    memcpy(id, dev->config + PCI_VENDOR_ID, 2);
    memcpy(id + 2, dev->config + PCI_SUBSYSTEM_VENDOR_ID, 2);
    put_text(id + 4, 20, s->serial);
    put_text(id + 24, 40, "SYSEMU NVMe Controller");
    put_text(id + 64, 8, "1.0");
    id[72] = 6;             /* RAB: recommended arbitration burst */
    id[77] = s->mdts;
    stl_le_p(id + 80, NVME_VERSION);
    stl_le_p(id + 92, 1u << 8); /* OAES: namespaces that change */
    id[111] = 1;            /* CNTRLTYPE: one that does I/O */
    id[258] = 3;            /* ACL: abort commands under way, less 1 */
    id[259] = s->aerl;
    id[260] = 1 << 1 | 1;   /* FRMW: one firmware slot, read-only */
    id[261] = 1 << 2;       /* LPA: log pages with offsets */
    stw_le_p(id + 266, TEMPERATURE_WARNING);
    stw_le_p(id + 268, TEMPERATURE_CRITICAL);
    id[512] = 0x66;         /* SQES: 64 bytes */
    id[513] = 0x44;         /* CQES: 16 bytes */
    stl_le_p(id + 516, NVME_MAX_NAMESPACES);
    stw_le_p(id + 520, 1 << 0 | 1 << 2 | 1 << 3 | 1 << 6 | 1 << 7); /* ONCS: compare, DSM, zeroes, timestamp, verify */
    id[525] = has_cache | 3 << 1; /* VWC: there is a cache, and flush knows all namespaces */
    snprintf((char *)id + 768, 256, "nqn.2019-08.org.sysemu:%s", s->serial);
    stw_le_p(id + 2048, 2500); /* power state 0: 25 W */
}

/* Figure 249; zeroes for a namespace that isn't there. */
static void describe_namespace(const NvmeNamespace *ns, uint8_t *id)
{
    uint64_t blocks;

    if (!ns) {
        return;
    }
    blocks = nvme_ns_blocks(ns);
    stq_le_p(id, blocks);
    stq_le_p(id + 8, blocks);
    stq_le_p(id + 16, blocks);
    id[24] = 1 << 4;   /* NSFEAT: what NPDG says of deallocation is true */
    id[33] = 1 << 3;   /* DLFEAT: write zeroes can deallocate; what is read afterwards isn't known */
    if (ns->preferred >> ns->lba_bits) {
        unsigned npdg = MIN(ns->preferred >> ns->lba_bits, 0x10000) - 1;

        stw_le_p(id + 68, npdg);
        stw_le_p(id + 70, npdg);
    }
    id[99] = !blk_is_writable(ns->blk); /* NSATTR: write protected */
    stq_be_p(id + 120, ns->eui64);
    id[130] = ns->lba_bits;
}

/* Numbers above that of the command, in ascending order (figure 247, CNS 02). */
static void list_namespaces(const NvmeController *s, uint32_t after, uint8_t *list)
{
    for (uint32_t nsid = after; nsid < NVME_MAX_NAMESPACES; nsid++) {
        if (s->namespaces[nsid]) {
            stl_le_p(list, nsid + 1);
            list += 4;
        }
    }
}

/* Figure 253. */
static void list_names(const NvmeNamespace *ns, uint8_t *list)
{
    enum { EUI64 = 1, UUID = 3 };

    list[0] = UUID;
    list[1] = sizeof(ns->uuid);
    memcpy(list + 4, ns->uuid, sizeof(ns->uuid));
    list += 4 + sizeof(ns->uuid);
    if (ns->eui64) {
        list[0] = EUI64;
        list[1] = 8;
        stq_be_p(list + 4, ns->eui64);
    }
}

static uint16_t identify(NvmeRequest *r)
{
    enum { CNS_NAMESPACE = 0, CNS_CONTROLLER = 1, CNS_NAMESPACES = 2, CNS_NAMES = 3 };
    NvmeController *s = r->sq->s;
    uint32_t nsid = nvme_nsid(r);
    const NvmeNamespace *ns = nvme_ns_find(s, nsid);
    g_autofree uint8_t *data = g_malloc0(NVME_PAGE);

    switch (nvme_dword(r, 10) & 0xff) {
    case CNS_NAMESPACE:
        if (nsid == 0 || nsid > NVME_MAX_NAMESPACES) {
            return NVME_INVALID_NAMESPACE | NVME_DNR;
        }
        describe_namespace(ns, data);
        break;
    case CNS_CONTROLLER:
        describe_controller(s, data);
        break;
    case CNS_NAMESPACES:
        if (nsid >= NVME_ALL_NAMESPACES - 1) {
            return NVME_INVALID_NAMESPACE | NVME_DNR;
        }
        list_namespaces(s, nsid, data);
        break;
    case CNS_NAMES:
        if (!ns) {
            return NVME_INVALID_NAMESPACE | NVME_DNR;
        }
        list_names(ns, data);
        break;
    default:
        return NVME_INVALID_FIELD | NVME_DNR;
    }
    return nvme_answer(r, data, NVME_PAGE);
}

/* ---- log pages (5.14) ---- */

enum { LOG_ERRORS = 1, LOG_HEALTH = 2, LOG_FIRMWARE = 3, LOG_CHANGED = 4 };

static bool is_too_hot_or_cold(const NvmeController *s)
{
    uint32_t limits = s->features[FEATURE_TEMPERATURE];

    return TEMPERATURE >= (limits & 0xffff) || TEMPERATURE <= limits >> 16;
}

/* Figure 194. Units of data are thousands of 512 bytes, rounded up. */
static void health_log(const NvmeController *s, uint8_t *log)
{
    uint64_t sums[4] = { 0 };

    for (unsigned i = 0; i < NVME_MAX_NAMESPACES; i++) {
        const NvmeNamespace *ns = s->namespaces[i];

        if (ns) {
            sums[0] += ns->blocks_read;
            sums[1] += ns->blocks_written;
            sums[2] += ns->reads;
            sums[3] += ns->writes;
        }
    }
    log[0] = is_too_hot_or_cold(s) ? 1 << 1 : 0;
    stw_le_p(log + 1, TEMPERATURE);
    log[3] = 100; /* % of spare blocks */
    log[4] = 10;
    stq_le_p(log + 32, DIV_ROUND_UP(sums[0], 1000));
    stq_le_p(log + 48, DIV_ROUND_UP(sums[1], 1000));
    stq_le_p(log + 64, sums[2]);
    stq_le_p(log + 80, sums[3]);
    stq_le_p(log + 112, s->power_cycles);
    stq_le_p(log + 128, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) / (3600 * NANOSECONDS_PER_SECOND));
}

/* Those of which something has changed since the page was last read. */
static void changed_log(const NvmeController *s, uint8_t *log)
{
    for (unsigned i = 0; i < NVME_MAX_NAMESPACES; i++) {
        if (s->changed[i / 64] >> i % 64 & 1) {
            stl_le_p(log, i + 1);
            log += 4;
        }
    }
}

static uint16_t get_log_page(NvmeRequest *r)
{
    static const uint32_t sizes[] = {
        [LOG_ERRORS] = 64, [LOG_HEALTH] = 512, [LOG_FIRMWARE] = 512, [LOG_CHANGED] = NVME_PAGE,
    };
    NvmeController *s = r->sq->s;
    uint8_t page = nvme_dword(r, 10), log[NVME_PAGE] = { 0 };
    bool keep_event = nvme_dword(r, 10) & 1u << 15;
    uint64_t size = ((uint64_t)(nvme_dword(r, 10) >> 16 | (nvme_dword(r, 11) & 0xffff) << 16) + 1) * 4;
    uint64_t offset = nvme_dword(r, 12) | (uint64_t)nvme_dword(r, 13) << 32;
    uint16_t status;

    if (page >= ARRAY_SIZE(sizes) || !sizes[page]) {
        return NVME_INVALID_LOG_PAGE | NVME_DNR;
    }
    if (offset % 4 || offset > sizes[page]) {
        return NVME_INVALID_FIELD | NVME_DNR;
    }
    switch (page) {
    case LOG_HEALTH:
        health_log(s, log);
        break;
    case LOG_FIRMWARE:
        log[0] = 1; /* slot 1 is active */
        put_text(log + 8, 8, "1.0");
        break;
    case LOG_CHANGED:
        changed_log(s, log);
        break;
    }
    status = nvme_answer(r, log + offset, MIN(size, sizes[page] - offset));
    if (status == NVME_OK && !keep_event) {
        if (page == LOG_CHANGED) {
            memset(s->changed, 0, sizeof(s->changed));
        }
        nvme_log_page_was_read(s, page);
    }
    return status;
}

/* ---- features (5.21) ---- */

static const struct {
    bool exists;
    uint32_t writable; /* of those that are kept as they are set */
    uint32_t reset;
} features[NUM_FEATURES] = {
    [FEATURE_ARBITRATION] = { true, 0xffffff07, 0x00000006 },
    [FEATURE_POWER] = { true, 0x000000ff, 0 },
    [FEATURE_TEMPERATURE] = { true, 0x003fffff, TEMPERATURE_WARNING },
    [FEATURE_ERROR_RECOVERY] = { true, 0x0000ffff, 0 },
    [FEATURE_WRITE_CACHE] = { true, 1, 0 },
    [FEATURE_QUEUES] = { true, 0, 0 },
    [FEATURE_COALESCING] = { true, 0x0000ffff, 0 },
    [FEATURE_VECTOR] = { true, 0, 0 },
    [FEATURE_ATOMICITY] = { true, 1, 0 },
    [FEATURE_EVENTS] = { true, 0x0000ff1f | 1u << 8, 0 },
    [FEATURE_TIMESTAMP] = { true, 0, 0 },
};

void nvme_features_reset(NvmeController *s)
{
    for (unsigned i = 0; i < NUM_FEATURES; i++) {
        s->features[i] = features[i].reset;
    }
    for (unsigned i = 0; i < NVME_MAX_NAMESPACES; i++) {
        if (s->namespaces[i]) {
            blk_set_enable_write_cache(s->namespaces[i]->blk, s->namespaces[i]->cache_at_reset);
        }
    }
    memset(s->vector_uncoalesced, 0, sizeof(s->vector_uncoalesced));
    s->timestamp = 0;
    s->timestamp_set = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
}

/* Whether there is one that is on, or was on at the reset. */
static bool write_cache(const NvmeController *s, bool at_reset)
{
    for (unsigned i = 0; i < NVME_MAX_NAMESPACES; i++) {
        const NvmeNamespace *ns = s->namespaces[i];

        if (ns && (at_reset ? ns->cache_at_reset : blk_enable_write_cache(ns->blk))) {
            return true;
        }
    }
    return false;
}

static void set_write_cache(NvmeController *s, bool on)
{
    for (unsigned i = 0; i < NVME_MAX_NAMESPACES; i++) {
        if (s->namespaces[i]) {
            blk_set_enable_write_cache(s->namespaces[i]->blk, on);
        }
    }
}

/* Of both kinds as many, counted from 0 (5.21.1.7). */
static uint32_t queue_numbers(const NvmeController *s)
{
    return (s->max_io_queues - 1) * 0x10001;
}

static uint64_t current_timestamp(const NvmeController *s)
{
    return s->timestamp + (qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) - s->timestamp_set) / SCALE_MS;
}

/* What the feature supports: it can be changed, and isn't saved; of namespaces none (figure 276). */
#define CAPABILITY_CHANGEABLE (1u << 2)

static uint16_t get_features(NvmeRequest *r)
{
    enum { SELECT_CURRENT, SELECT_DEFAULT, SELECT_SAVED, SELECT_CAPABILITIES };
    NvmeController *s = r->sq->s;
    unsigned id = nvme_dword(r, 10) & 0xff, select = nvme_dword(r, 10) >> 8 & 7;
    uint32_t dw11 = nvme_dword(r, 11), vector = dw11 & 0xffff;
    uint8_t stamp[8] = { 0 };

    if (id >= NUM_FEATURES || !features[id].exists || select > SELECT_CAPABILITIES) {
        return NVME_INVALID_FIELD | NVME_DNR;
    }
    if (select == SELECT_CAPABILITIES) {
        r->result = CAPABILITY_CHANGEABLE;
        return NVME_OK;
    }
    r->result = select == SELECT_CURRENT ? s->features[id] : features[id].reset;
    switch (id) {
    case FEATURE_TEMPERATURE: /* of the composite sensor; others have no limits */
        if (dw11 >> 16 & 0xf) {
            r->result = 0;
        } else {
            r->result = dw11 >> 20 & 3 ? r->result >> 16 : r->result & 0xffff;
        }
        break;
    case FEATURE_WRITE_CACHE:
        r->result = write_cache(s, select != SELECT_CURRENT);
        break;
    case FEATURE_QUEUES:
        r->result = queue_numbers(s);
        break;
    case FEATURE_VECTOR:
        if (vector >= s->msix_vectors) {
            return NVME_INVALID_FIELD | NVME_DNR;
        }
        r->result = vector;
        if (select == SELECT_CURRENT && vector <= NVME_MAX_IO_QUEUES) {
            r->result |= (s->vector_uncoalesced[vector / 64] >> vector % 64 & 1) << 16;
        }
        break;
    case FEATURE_TIMESTAMP:
        stq_le_p(stamp, current_timestamp(s) & 0xffffffffffff);
        stamp[6] = s->timestamp ? 1 << 1 : 0; /* it was set */
        return nvme_answer(r, stamp, sizeof(stamp));
    }
    return NVME_OK;
}

static uint16_t set_temperature(NvmeController *s, uint32_t dw11)
{
    uint32_t *limits = &s->features[FEATURE_TEMPERATURE], which = dw11 >> 16 & 0xf;

    if (which != 0 && which != 0xf) {
        return NVME_INVALID_FIELD | NVME_DNR;
    }
    if (dw11 >> 20 & 3) {
        *limits = (*limits & 0xffff) | (dw11 & 0xffff) << 16;
    } else {
        *limits = (*limits & 0xffff0000) | (dw11 & 0xffff);
    }
    if (is_too_hot_or_cold(s)) {
        nvme_raise_event(s, EVENT_TEMPERATURE);
    }
    return NVME_OK;
}

static uint16_t set_timestamp(NvmeRequest *r)
{
    NvmeController *s = r->sq->s;
    uint8_t stamp[8];
    uint16_t status = nvme_map(r, sizeof(stamp));

    if (status == NVME_OK) {
        status = nvme_from_guest(r, stamp, sizeof(stamp));
    }
    if (status == NVME_OK) {
        s->timestamp = ldq_le_p(stamp) & 0xffffffffffff;
        s->timestamp_set = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
    }
    return status;
}

static uint16_t set_features(NvmeRequest *r)
{
    NvmeController *s = r->sq->s;
    unsigned id = nvme_dword(r, 10) & 0xff;
    uint32_t dw11 = nvme_dword(r, 11), vector = dw11 & 0xffff;

    if (id >= NUM_FEATURES || !features[id].exists) {
        return NVME_INVALID_FIELD | NVME_DNR;
    }
    if (nvme_dword(r, 10) >> 31) {
        return NVME_FEATURE_NOT_SAVEABLE | NVME_DNR;
    }
    switch (id) {
    case FEATURE_POWER:
        if (dw11 & 0x1f) { /* there is one power state */
            return NVME_INVALID_FIELD | NVME_DNR;
        }
        break;
    case FEATURE_TEMPERATURE:
        return set_temperature(s, dw11);
    case FEATURE_WRITE_CACHE:
        set_write_cache(s, dw11 & 1);
        return NVME_OK;
    case FEATURE_QUEUES:
        if ((dw11 & 0xffff) == 0xffff || dw11 >> 16 == 0xffff) {
            return NVME_INVALID_FIELD | NVME_DNR;
        }
        for (unsigned i = 1; i < ARRAY_SIZE(s->cq); i++) {
            if (s->cq[i].exists) {
                return NVME_SEQUENCE_ERROR | NVME_DNR;
            }
        }
        r->result = queue_numbers(s);
        return NVME_OK;
    case FEATURE_VECTOR: /* interrupts are never held back, so the wish is kept and changes nothing */
        if (vector >= s->msix_vectors || vector > NVME_MAX_IO_QUEUES) {
            return NVME_INVALID_FIELD | NVME_DNR;
        }
        s->vector_uncoalesced[vector / 64] &= ~(UINT64_C(1) << vector % 64);
        s->vector_uncoalesced[vector / 64] |= (uint64_t)(dw11 >> 16 & 1) << vector % 64;
        return NVME_OK;
    case FEATURE_TIMESTAMP:
        return set_timestamp(r);
    }
    s->features[id] = dw11 & features[id].writable;
    return NVME_OK;
}

/* ---- others ---- */

/* Commands run to their end: none is ever taken back, which is allowed and said (5.1). */
static uint16_t abort_command(NvmeRequest *r)
{
    r->result = 1;
    return NVME_OK;
}

static uint16_t wait_for_event(NvmeRequest *r)
{
    NvmeController *s = r->sq->s;

    if (s->waiting_events > s->aerl) {
        return NVME_EVENT_LIMIT | NVME_DNR;
    }
    r->state = REQUEST_WAITS;
    s->waiting_events++;
    r->sq->under_way--;
    nvme_tell_events(s);
    return NVME_PENDING;
}

static const struct {
    uint8_t opcode;
    uint16_t (*run)(NvmeRequest *r);
} commands[] = {
    { 0x00, delete_sq }, { 0x01, create_sq }, { 0x02, get_log_page }, { 0x04, delete_cq }, { 0x05, create_cq },
    { 0x06, identify }, { 0x08, abort_command }, { 0x09, set_features }, { 0x0a, get_features },
    { 0x0c, wait_for_event },
};

uint16_t nvme_admin_begin(NvmeRequest *r)
{
    for (unsigned i = 0; i < ARRAY_SIZE(commands); i++) {
        if (commands[i].opcode == r->command[0]) {
            return commands[i].run(r);
        }
    }
    qemu_log_dev(LOG_UNIMP, TYPE_NVME, "admin command", "opcode %02x isn't there", r->command[0]);
    return NVME_INVALID_OPCODE | NVME_DNR;
}
