/*
 * NVM Express: queues, doorbells, completions and asynchronous events.
 *
 * Software puts commands into submission queues and rings the doorbell with the new tail; the
 * controller puts completions into completion queues, each with a phase bit that changes with
 * every pass, and learns from a doorbell how far software has read them (4.1, 7.2).
 *
 * A submission queue has no more commands under way than it has entries. A completion that finds no
 * room waits, and holds its command's place.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/pci/msix.h"
#include "nvme-internal.h"
#include "qapi/error.h"

/* So many commands are begun before others have their turn. */
#define COMMANDS_PER_TURN 256

#define MOST_UNDER_WAY 512

#define MAX_SAVED (64 * 1024) /* requests in a snapshot; it isn't to be trusted */

/* ---- requests ---- */

static NvmeRequest *new_request(NvmeSubmissionQueue *sq)
{
    NvmeRequest *r = g_new0(NvmeRequest, 1);

    r->sq = sq;
    QTAILQ_INSERT_TAIL(&sq->requests, r, link);
    sq->under_way++;
    return r;
}

static void forget_data(NvmeRequest *r)
{
    g_clear_pointer(&r->data, g_free);
    g_clear_pointer(&r->pieces, g_array_unref);
}

static void free_request(NvmeRequest *r)
{
    NvmeSubmissionQueue *sq = r->sq;

    QTAILQ_REMOVE(&sq->requests, r, link);
    if (r->state == REQUEST_WAITS) {
        sq->s->waiting_events--;
    } else {
        sq->under_way--;
    }
    forget_data(r);
    g_free(r);
}

void nvme_sq_drop(NvmeSubmissionQueue *sq)
{
    NvmeRequest *r, *next;

    QTAILQ_FOREACH_SAFE(r, &sq->requests, link, next) {
        if (r->state == REQUEST_UNPOSTED) {
            QTAILQ_REMOVE(&sq->s->cq[sq->cqid].unposted, r, unposted_link);
        }
        free_request(r);
    }
}

/* ---- completions ---- */

static bool is_full(const NvmeCompletionQueue *cq)
{
    return (cq->tail + 1) % cq->size == cq->head;
}

/* Figure 120. There is room. */
static void put_completion(NvmeCompletionQueue *cq, const NvmeRequest *r)
{
    NvmeSubmissionQueue *sq = r->sq;
    uint8_t entry[NVME_COMPLETION_SIZE] = { 0 };

    stl_le_p(entry, r->result);
    stw_le_p(entry + 8, sq->head);
    stw_le_p(entry + 10, sq->id);
    memcpy(entry + 12, r->command + 2, 2);
    stw_le_p(entry + 14, r->status << 1 | cq->phase);
    /* The phase goes last: software looks for it. */
    if (!nvme_dma_put(sq->s, cq->base + (uint64_t)cq->tail * NVME_COMPLETION_SIZE, entry, sizeof(entry))) {
        nvme_guest_error(sq->s, "completion queue", "there is no memory where its entries should go");
        nvme_fatal(sq->s);
    }
    if (++cq->tail == cq->size) {
        cq->tail = 0;
        cq->phase = !cq->phase;
    }
}

static void interrupt(NvmeController *s, const NvmeCompletionQueue *cq)
{
    if (!cq->interrupts) {
        return;
    }
    if (msix_enabled(&s->parent_obj)) {
        bool outer = s->in_dma;

        s->in_dma = true; /* a message is a write, which may lead anywhere */
        msix_notify(&s->parent_obj, cq->vector);
        s->in_dma = outer;
    } else {
        nvme_update_pin(s);
    }
}

static void post(NvmeRequest *r)
{
    NvmeController *s = r->sq->s;
    NvmeCompletionQueue *cq = &s->cq[r->sq->cqid];

    put_completion(cq, r);
    free_request(r);
    interrupt(s, cq);
}

void nvme_finish(NvmeRequest *r, uint16_t status)
{
    NvmeController *s = r->sq->s;
    NvmeCompletionQueue *cq = &s->cq[r->sq->cqid];

    r->status = status;
    forget_data(r);
    if (is_full(cq) || !QTAILQ_EMPTY(&cq->unposted)) {
        r->state = REQUEST_UNPOSTED;
        QTAILQ_INSERT_TAIL(&cq->unposted, r, unposted_link);
    } else {
        post(r);
    }
    nvme_process_soon(s);
}

static void post_waiting(NvmeCompletionQueue *cq)
{
    NvmeRequest *r;

    while (!is_full(cq) && (r = QTAILQ_FIRST(&cq->unposted))) {
        QTAILQ_REMOVE(&cq->unposted, r, unposted_link);
        r->state = REQUEST_RUNS;
        post(r);
    }
}

/* ---- commands ---- */

static void begin(NvmeRequest *r)
{
    uint16_t status;

    r->state = REQUEST_RUNS;
    r->result = 0;
    r->step = 0;
    forget_data(r);
    if (r->command[1] & 3) { /* fused with another one: identify doesn't offer it */
        status = NVME_INVALID_FIELD | NVME_DNR;
    } else {
        status = r->sq->id == 0 ? nvme_admin_begin(r) : nvme_io_begin(r);
    }
    if (status != NVME_PENDING) {
        nvme_finish(r, status);
    }
}

static void fetch(NvmeSubmissionQueue *sq)
{
    NvmeController *s = sq->s;
    uint8_t command[NVME_COMMAND_SIZE];
    NvmeRequest *r;

    if (!nvme_dma_get(s, sq->base + (uint64_t)sq->head * NVME_COMMAND_SIZE, command, sizeof(command))) {
        nvme_guest_error(s, "submission queue", "there is no memory where its entries should be");
        nvme_fatal(s);
        return;
    }
    sq->head = (sq->head + 1) % sq->size;
    r = new_request(sq);
    memcpy(r->command, command, sizeof(command));
    begin(r);
}

/* Each command may have half a MiB of the host's memory; a guest can ask for many. */
static bool may_begin(const NvmeController *s)
{
    unsigned under_way = 0;

    for (unsigned i = 0; i < ARRAY_SIZE(s->sq); i++) {
        under_way += s->sq[i].under_way;
    }
    return nvme_is_ready(s) && !s->drained && under_way < MOST_UNDER_WAY && runstate_is_running();
}

/* One command of each queue in turn (4.13: round robin). */
void nvme_process(NvmeController *s)
{
    unsigned left = COMMANDS_PER_TURN;
    bool any = true;

    if (s->processing) {
        return;
    }
    s->processing = true;
    while (any && left) {
        any = false;
        for (unsigned i = 0; i < ARRAY_SIZE(s->sq) && left && may_begin(s); i++) {
            NvmeSubmissionQueue *sq = &s->sq[i];

            if (sq->exists && sq->head != sq->tail && sq->under_way < sq->size) {
                fetch(sq);
                any = true;
                left--;
            }
        }
    }
    s->processing = false;
    if (any) {
        nvme_process_soon(s);
    }
}

/* Where nothing waits, a bottom half would only cost time. */
void nvme_process_soon(NvmeController *s)
{
    for (unsigned i = 0; i < ARRAY_SIZE(s->sq); i++) {
        if (s->sq[i].exists && s->sq[i].head != s->sq[i].tail) {
            qemu_bh_schedule(s->turn);
            return;
        }
    }
}

void nvme_resume(NvmeController *s)
{
    for (unsigned i = 0; i < ARRAY_SIZE(s->sq); i++) {
        NvmeRequest *r, *next;

        QTAILQ_FOREACH_SAFE(r, &s->sq[i].requests, link, next) {
            if (r->state == REQUEST_STOPPED) {
                begin(r);
            }
        }
    }
}

/* ---- doorbells ---- */

static void bad_doorbell(NvmeController *s, NvmeEvent event, const char *why)
{
    nvme_guest_error(s, "doorbell", why);
    nvme_raise_event(s, event);
}

/* Section 3.1.24, with strides of 4 bytes. */
static void doorbell_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    NvmeController *s = opaque;
    unsigned id = addr / 8;
    bool is_cq = addr & 4;

    if (s->in_dma) {
        nvme_guest_error(s, "doorbell", "a write from the controller's own DMA is ignored");
        return;
    }
    if (!nvme_is_ready(s)) {
        return;
    }
    if (id >= ARRAY_SIZE(s->sq) || !(is_cq ? s->cq[id].exists : s->sq[id].exists)) {
        bad_doorbell(s, EVENT_BAD_DOORBELL, "there is no such queue");
    } else if (value >= (is_cq ? s->cq[id].size : s->sq[id].size)) {
        bad_doorbell(s, EVENT_BAD_DOORBELL_VALUE, "the queue is smaller than that");
    } else if (is_cq) {
        s->cq[id].head = value;
        post_waiting(&s->cq[id]);
        nvme_update_pin(s);
        nvme_process_soon(s);
    } else {
        s->sq[id].tail = value;
        nvme_process(s);
    }
}

/* Doorbells are write-only (3.1.24). */
static uint64_t doorbell_read(void *opaque, hwaddr addr, unsigned size)
{
    return 0;
}

const MemoryRegionOps nvme_doorbell_ops = {
    .read = doorbell_read,
    .write = doorbell_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 4, .max_access_size = 4 },
    .impl = { .min_access_size = 4, .max_access_size = 4 },
};

/* ---- asynchronous events (5.2) ---- */

enum { EVENT_TYPE_ERROR, EVENT_TYPE_HEALTH, EVENT_TYPE_NOTICE };

static const struct {
    uint8_t type, information, log_page;
} events[NUM_EVENTS] = {
    [EVENT_BAD_DOORBELL] = { EVENT_TYPE_ERROR, 0x00, 0x01 },
    [EVENT_BAD_DOORBELL_VALUE] = { EVENT_TYPE_ERROR, 0x01, 0x01 },
    [EVENT_TEMPERATURE] = { EVENT_TYPE_HEALTH, 0x01, 0x02 },
    [EVENT_NAMESPACE_CHANGED] = { EVENT_TYPE_NOTICE, 0x00, 0x04 },
};

static NvmeRequest *first_waiting(NvmeController *s)
{
    NvmeRequest *r;

    QTAILQ_FOREACH(r, &s->sq[0].requests, link) {
        if (r->state == REQUEST_WAITS) {
            break;
        }
    }
    return r;
}

void nvme_tell_events(NvmeController *s)
{
    for (unsigned i = 0; i < NUM_EVENTS; i++) {
        NvmeRequest *r = first_waiting(s);

        if (r && (s->events >> i & 1) && !(s->event_types_masked >> events[i].type & 1)) {
            s->events &= ~(1u << i);
            s->event_types_masked |= 1u << events[i].type;
            s->waiting_events--;
            s->sq[0].under_way++;
            r->state = REQUEST_RUNS;
            r->result = events[i].type | events[i].information << 8 | events[i].log_page << 16;
            nvme_finish(r, NVME_OK);
        }
    }
}

/* Software says which ones it wants to hear of; errors always are (5.21.1.11). */
void nvme_raise_event(NvmeController *s, NvmeEvent event)
{
    uint32_t wanted = s->features[FEATURE_EVENTS];

    if ((event == EVENT_TEMPERATURE && !(wanted & 2)) ||
        (event == EVENT_NAMESPACE_CHANGED && !(wanted & 1u << 8))) {
        return;
    }
    s->events |= 1u << event;
    if (nvme_is_ready(s)) {
        nvme_tell_events(s);
    }
}

void nvme_log_page_was_read(NvmeController *s, uint8_t page)
{
    for (unsigned i = 0; i < NUM_EVENTS; i++) {
        if (events[i].log_page == page) {
            s->event_types_masked &= ~(1u << events[i].type);
        }
    }
    nvme_tell_events(s);
}

/* ---- from nothing to nothing ---- */

void nvme_queues_init(NvmeController *s)
{
    for (unsigned i = 0; i < ARRAY_SIZE(s->sq); i++) {
        s->sq[i].s = s;
        s->sq[i].id = i;
        QTAILQ_INIT(&s->sq[i].requests);
        QTAILQ_INIT(&s->cq[i].unposted);
    }
}

void nvme_admin_queues_start(NvmeController *s)
{
    uint32_t aqa = register_get(&s->regs, AQA);

    s->sq[0].base = register_get(&s->regs, ASQ);
    s->sq[0].size = (aqa & 0xfff) + 1;
    s->sq[0].head = s->sq[0].tail = 0;
    s->sq[0].cqid = 0;
    s->sq[0].exists = true;
    s->cq[0].base = register_get(&s->regs, ACQ);
    s->cq[0].size = (aqa >> 16 & 0xfff) + 1;
    s->cq[0].head = s->cq[0].tail = 0;
    s->cq[0].phase = true;
    s->cq[0].interrupts = true;
    s->cq[0].vector = 0;
    s->cq[0].exists = true;
}

void nvme_queues_reset(NvmeController *s)
{
    for (unsigned i = 0; i < ARRAY_SIZE(s->sq); i++) {
        nvme_sq_drop(&s->sq[i]);
    }
    for (unsigned i = 0; i < ARRAY_SIZE(s->sq); i++) {
        s->sq[i].exists = s->cq[i].exists = false;
    }
    s->events = 0;
    s->event_types_masked = 0;
    nvme_update_pin(s);
}

/* ---- snapshots ---- */

/*
 * Requests that haven't been answered: none runs then, but some may have stopped the machine, wait
 * for an event or for room. Those that were stopped are begun anew.
 */
static void put_requests(GByteArray *out, const void *pv, size_t size, const VMStateField *field)
{
    const NvmeSubmissionQueue *sq = container_of(pv, NvmeSubmissionQueue, requests);
    uint8_t head[7];
    const NvmeRequest *r;

    QTAILQ_FOREACH(r, &sq->requests, link) {
        head[0] = r->state == REQUEST_RUNS ? REQUEST_STOPPED : r->state;
        stw_be_p(head + 1, r->status);
        stl_be_p(head + 3, r->result);
        g_byte_array_append(out, head, sizeof(head));
        g_byte_array_append(out, r->command, sizeof(r->command));
    }
    head[0] = UINT8_MAX;
    g_byte_array_append(out, head, 1);
}

static int get_requests(VMStateReader *in, void *pv, size_t size, const VMStateField *field, Error **errp)
{
    NvmeSubmissionQueue *sq = container_of(pv, NvmeSubmissionQueue, requests);
    const uint8_t *from;
    NvmeRequest *r;

    nvme_sq_drop(sq);
    for (unsigned i = 0; i < MAX_SAVED && in->pos < in->size; i++) {
        from = in->data + in->pos++;
        if (*from == UINT8_MAX) {
            return 0;
        }
        if (*from < REQUEST_STOPPED || *from > REQUEST_UNPOSTED || (*from == REQUEST_WAITS && sq->id) ||
            (*from == REQUEST_STOPPED && !sq->id) || /* administration never stops */
            in->size - in->pos < 6 + NVME_COMMAND_SIZE) {
            break;
        }
        r = new_request(sq);
        r->status = lduw_be_p(from + 1);
        r->result = ldl_be_p(from + 3);
        memcpy(r->command, from + 7, NVME_COMMAND_SIZE);
        in->pos += 6 + NVME_COMMAND_SIZE;
        r->state = *from == REQUEST_UNPOSTED ? REQUEST_RUNS : *from; /* nvme_queues_loaded() links it */
        if (r->state == REQUEST_WAITS) {
            sq->under_way--;
            sq->s->waiting_events++;
        }
    }
    error_setg(errp, "nvme: the commands of submission queue %u make no sense", sq->id);
    return -EINVAL;
}

static const VMStateInfo requests_info = {
    .name = "nvme-requests",
    .put = put_requests,
    .get = get_requests,
};

const VMStateDescription vmstate_nvme_sq = {
    .name = "nvme-sq",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]){
        {
            .name = "requests", .kind = VMS_KIND_CUSTOM, .info = &requests_info,
            .size = sizeof(((NvmeSubmissionQueue *)0)->requests), .offset = offsetof(NvmeSubmissionQueue, requests),
        },
        VMSTATE_BOOL(exists, NvmeSubmissionQueue),
        VMSTATE_UINT16(cqid, NvmeSubmissionQueue),
        VMSTATE_UINT32(size, NvmeSubmissionQueue),
        VMSTATE_UINT32(head, NvmeSubmissionQueue),
        VMSTATE_UINT32(tail, NvmeSubmissionQueue),
        VMSTATE_UINT64(base, NvmeSubmissionQueue),
        VMSTATE_END_OF_LIST()
    },
};

const VMStateDescription vmstate_nvme_cq = {
    .name = "nvme-cq",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]){
        VMSTATE_BOOL(exists, NvmeCompletionQueue),
        VMSTATE_BOOL(interrupts, NvmeCompletionQueue),
        VMSTATE_BOOL(phase, NvmeCompletionQueue),
        VMSTATE_UINT16(vector, NvmeCompletionQueue),
        VMSTATE_UINT32(size, NvmeCompletionQueue),
        VMSTATE_UINT32(head, NvmeCompletionQueue),
        VMSTATE_UINT32(tail, NvmeCompletionQueue),
        VMSTATE_UINT64(base, NvmeCompletionQueue),
        VMSTATE_END_OF_LIST()
    },
};

static bool ring_makes_sense(uint32_t size, uint32_t head, uint32_t tail)
{
    return size >= 1 && size <= MAX(NVME_MAX_ENTRIES, 4096) && head < size && tail < size;
}

bool nvme_queues_loaded(NvmeController *s)
{
    for (unsigned i = 0; i < ARRAY_SIZE(s->sq); i++) {
        NvmeSubmissionQueue *sq = &s->sq[i];
        NvmeCompletionQueue *cq = &s->cq[i];
        NvmeRequest *r;

        if ((cq->exists && !ring_makes_sense(cq->size, cq->head, cq->tail)) ||
            (sq->exists && (!ring_makes_sense(sq->size, sq->head, sq->tail) ||
                            sq->cqid >= ARRAY_SIZE(s->cq) || !s->cq[sq->cqid].exists)) ||
            (!sq->exists && !QTAILQ_EMPTY(&sq->requests))) {
            return false;
        }
        QTAILQ_FOREACH(r, &sq->requests, link) {
            if (r->state == REQUEST_RUNS) {
                r->state = REQUEST_UNPOSTED;
                QTAILQ_INSERT_TAIL(&s->cq[sq->cqid].unposted, r, unposted_link);
            }
        }
    }
    return true;
}
