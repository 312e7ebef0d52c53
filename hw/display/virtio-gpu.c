/*
 * Virtio GPU, two-dimensional: resources that the driver fills from its memory, and screens that
 * show rectangles of them.
 *
 * A request is answered before the next one is looked at, fences included. The pointer's queue is
 * answered too, and what is in it isn't shown: who looks has a pointer of their own. There are no
 * 3D contexts, blobs or UUIDs, and no feature bit promises any.
 *
 * Reference: Virtual I/O Device (VIRTIO) Version 1.2, section 5.7; linux/virtio_gpu.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <linux/virtio_gpu.h>
#include "edid.h"
#include "hw/virtio/virtio-pci.h"
#include "hw/virtio/virtio.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "qemu/log.h"
#include "qemu/module.h"
#include "virtio-gpu.h"

#define CONTROL_BUFFERS 64
#define CURSOR_BUFFERS  16
#define MAX_PIECES      16384 /* of a resource's backing */

/* A part of the guest's memory that backs a resource, and where in the resource's bytes it is. */
typedef struct Piece {
    uint64_t start, addr;
    uint32_t size;
} Piece;

typedef struct Resource {
    Surface *pixels;
    GArray *backing; /* Piece; NULL: none */
} Resource;

typedef struct Screen {
    Console *con;
    uint32_t resource; /* 0: it is off */
    unsigned x, y;     /* of the resource, at its upper left */
} Screen;

typedef struct VirtioGPU {
    VirtioDevice parent_obj;

    uint32_t num_screens; /* properties */
    uint32_t width, height;
    uint64_t max_memory;

    Screen screens[VIRTIO_GPU_MAX_SCANOUTS];
    GHashTable *resources; /* id -> Resource */
    uint64_t memory;       /* bytes that they take up here, which max_memory limits */
    uint32_t events;
    VirtQueue *control, *cursor;

    void (*driver_shows)(void *opaque, bool shows); /* virtio_gpu_share_screen() */
    void *sharer;
} VirtioGPU;

DECLARE_INSTANCE_CHECKER(VirtioGPU, VIRTIO_GPU, TYPE_VIRTIO_GPU)

/* ---- Resources ---- */

/* Names of formats are the order of bytes in memory. */
static const struct {
    uint32_t number;
    PixelFormat pixels;
} formats[] = {
#define BYTES(n, is_big, r, g, b) { n, { 4, is_big, { r, 8 }, { g, 8 }, { b, 8 } } }
    BYTES(VIRTIO_GPU_FORMAT_B8G8R8A8_UNORM, false, 16, 8, 0),
    BYTES(VIRTIO_GPU_FORMAT_B8G8R8X8_UNORM, false, 16, 8, 0),
    BYTES(VIRTIO_GPU_FORMAT_A8R8G8B8_UNORM, true, 16, 8, 0),
    BYTES(VIRTIO_GPU_FORMAT_X8R8G8B8_UNORM, true, 16, 8, 0),
    BYTES(VIRTIO_GPU_FORMAT_R8G8B8A8_UNORM, false, 0, 8, 16),
    BYTES(VIRTIO_GPU_FORMAT_R8G8B8X8_UNORM, false, 0, 8, 16),
    BYTES(VIRTIO_GPU_FORMAT_X8B8G8R8_UNORM, true, 0, 8, 16),
    BYTES(VIRTIO_GPU_FORMAT_A8B8G8R8_UNORM, true, 0, 8, 16),
#undef BYTES
};

static const PixelFormat *find_format(uint32_t number)
{
    for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
        if (formats[i].number == number) {
            return &formats[i].pixels;
        }
    }
    return NULL;
}

static Resource *find_resource(VirtioGPU *s, uint32_t id)
{
    return g_hash_table_lookup(s->resources, GUINT_TO_POINTER(id));
}

static void resource_free(void *data)
{
    Resource *r = data;

    if (r->backing) {
        g_array_unref(r->backing);
    }
    g_free(r->pixels->pixels);
    surface_unref(r->pixels);
    g_free(r);
}

static uint64_t resource_size(const Resource *r)
{
    return r->pixels->stride * r->pixels->height;
}

/* What else a resource takes up, about. */
#define UPKEEP 512

static uint64_t cost(uint64_t pixels, unsigned pieces)
{
    return pixels + pieces * sizeof(Piece) + UPKEEP;
}

static void tell_sharer(VirtioGPU *s, bool shows)
{
    if (s->driver_shows) {
        s->driver_shows(s->sharer, shows);
    }
}

static void switch_off(Screen *screen)
{
    Surface *before = console_surface(screen->con);

    screen->resource = 0;
    console_set_surface(screen->con, surface_new(before->width, before->height));
}

/* No screen shows it any more. */
static void hide_resource(VirtioGPU *s, uint32_t id)
{
    for (uint32_t i = 0; i < s->num_screens; i++) {
        if (s->screens[i].resource == id) {
            switch_off(&s->screens[i]);
        }
    }
}

/*
 * Copies from the backing, from `offset` on; what it hasn't got, or the bus doesn't answer, stays.
 */
static void read_backing(VirtioGPU *s, const Resource *r, uint64_t offset, uint8_t *to, size_t size)
{
    unsigned low = 0, high = r->backing->len;

    while (low < high) { /* the first piece that ends behind the offset */
        unsigned middle = (low + high) / 2;
        const Piece *p = &g_array_index(r->backing, Piece, middle);

        if (p->start + p->size <= offset) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    for (; size && low < r->backing->len; low++) {
        const Piece *p = &g_array_index(r->backing, Piece, low);
        size_t n = MIN(size, p->start + p->size - offset);

        address_space_read(s->parent_obj.as, p->addr + (offset - p->start), MEMTXATTRS_UNSPECIFIED,
                           to, n);
        to += n;
        offset += n;
        size -= n;
    }
}

/* ---- Requests ---- */

typedef union Request {
    struct virtio_gpu_ctrl_hdr header;
    struct virtio_gpu_resource_create_2d create;
    struct virtio_gpu_resource_unref resource; /* and those that name nothing else */
    struct virtio_gpu_set_scanout scanout;
    struct virtio_gpu_resource_flush flush;
    struct virtio_gpu_transfer_to_host_2d transfer;
    struct virtio_gpu_resource_attach_backing attach;
    struct virtio_gpu_cmd_get_edid edid;
} Request;

typedef union Answer {
    struct virtio_gpu_ctrl_hdr header;
    struct virtio_gpu_resp_display_info displays;
    struct virtio_gpu_resp_edid edid;
} Answer;

/* Carries out a request and gives the type of the answer, whose other members it fills in. */
typedef uint32_t RequestFunc(VirtioGPU *s, const Request *q, const VirtBuffer *buf, Answer *a);

/* The rectangle lies in `width` x `height`, and isn't empty. */
static bool rectangle(const struct virtio_gpu_rect *r, unsigned width, unsigned height, unsigned *x,
                      unsigned *y, unsigned *w, unsigned *h)
{
    *x = le32_to_cpu(r->x);
    *y = le32_to_cpu(r->y);
    *w = le32_to_cpu(r->width);
    *h = le32_to_cpu(r->height);
    return *w && *h && *x <= width && *y <= height && *w <= width - *x && *h <= height - *y;
}

static uint32_t get_display_info(VirtioGPU *s, const Request *q, const VirtBuffer *buf, Answer *a)
{
    for (uint32_t i = 0; i < s->num_screens; i++) {
        a->displays.pmodes[i].enabled = cpu_to_le32(1);
        a->displays.pmodes[i].r.width = cpu_to_le32(s->width);
        a->displays.pmodes[i].r.height = cpu_to_le32(s->height);
    }
    return VIRTIO_GPU_RESP_OK_DISPLAY_INFO;
}

static uint32_t get_edid(VirtioGPU *s, const Request *q, const VirtBuffer *buf, Answer *a)
{
    if (le32_to_cpu(q->edid.scanout) >= s->num_screens) {
        return VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER;
    }
    a->edid.size = cpu_to_le32(EDID_SIZE);
    edid_make(a->edid.edid, s->width, s->height);
    return VIRTIO_GPU_RESP_OK_EDID;
}

static uint32_t create_resource(VirtioGPU *s, const Request *q, const VirtBuffer *buf, Answer *a)
{
    uint32_t id = le32_to_cpu(q->create.resource_id);
    uint32_t width = le32_to_cpu(q->create.width), height = le32_to_cpu(q->create.height);
    const PixelFormat *format = find_format(le32_to_cpu(q->create.format));
    uint64_t size = (uint64_t)width * height * 4;
    Resource *r;

    if (!id || find_resource(s, id)) {
        return VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
    }
    if (!format || !width || !height || width > SURFACE_MAX_SIDE || height > SURFACE_MAX_SIDE) {
        return VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER;
    }
    if (cost(size, 0) > s->max_memory - s->memory) {
        return VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY;
    }
    s->memory += cost(size, 0);
    r = g_new0(Resource, 1);
    r->pixels = surface_new_over(g_malloc0(size), width, height, (size_t)width * 4, format);
    g_hash_table_insert(s->resources, GUINT_TO_POINTER(id), r);
    return VIRTIO_GPU_RESP_OK_NODATA;
}

static uint32_t unref_resource(VirtioGPU *s, const Request *q, const VirtBuffer *buf, Answer *a)
{
    uint32_t id = le32_to_cpu(q->resource.resource_id);
    Resource *r = find_resource(s, id);

    if (!r) {
        return VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
    }
    hide_resource(s, id);
    s->memory -= cost(resource_size(r), r->backing ? r->backing->len : 0);
    g_hash_table_remove(s->resources, GUINT_TO_POINTER(id));
    return VIRTIO_GPU_RESP_OK_NODATA;
}

static uint32_t set_scanout(VirtioGPU *s, const Request *q, const VirtBuffer *buf, Answer *a)
{
    uint32_t n = le32_to_cpu(q->scanout.scanout_id), id = le32_to_cpu(q->scanout.resource_id);
    Resource *r = find_resource(s, id);
    unsigned x, y, width, height;
    Surface *p;

    if (n >= s->num_screens) {
        return VIRTIO_GPU_RESP_ERR_INVALID_SCANOUT_ID;
    }
    if (!id) {
        switch_off(&s->screens[n]);
        return VIRTIO_GPU_RESP_OK_NODATA;
    }
    if (!r) {
        return VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
    }
    p = r->pixels;
    if (!rectangle(&q->scanout.r, p->width, p->height, &x, &y, &width, &height)) {
        return VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER;
    }
    if (n == 0) {
        tell_sharer(s, true);
    }
    s->screens[n] = (Screen){ s->screens[n].con, id, x, y };
    console_set_surface(s->screens[n].con,
                        surface_new_over(p->pixels + y * p->stride + (size_t)x * 4, width, height,
                                         p->stride, &p->format));
    return VIRTIO_GPU_RESP_OK_NODATA;
}

static uint32_t flush_resource(VirtioGPU *s, const Request *q, const VirtBuffer *buf, Answer *a)
{
    uint32_t id = le32_to_cpu(q->flush.resource_id);
    Resource *r = find_resource(s, id);
    unsigned x, y, width, height;

    if (!r) {
        return VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
    }
    if (!rectangle(&q->flush.r, r->pixels->width, r->pixels->height, &x, &y, &width, &height)) {
        return VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER;
    }
    for (uint32_t i = 0; i < s->num_screens; i++) {
        const Screen *screen = &s->screens[i];

        if (screen->resource == id) { /* what lies outside is cut off */
            console_update(screen->con, (int)x - (int)screen->x, (int)y - (int)screen->y, width,
                           height);
        }
    }
    return VIRTIO_GPU_RESP_OK_NODATA;
}

/* The offset is that of the rectangle's first pixel; lines are the resource's apart. */
static uint32_t transfer(VirtioGPU *s, const Request *q, const VirtBuffer *buf, Answer *a)
{
    Resource *r = find_resource(s, le32_to_cpu(q->transfer.resource_id));
    uint64_t offset = le64_to_cpu(q->transfer.offset);
    unsigned x, y, width, height;

    if (!r || !r->backing) {
        return r ? VIRTIO_GPU_RESP_ERR_UNSPEC : VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
    }
    if (offset > resource_size(r) ||
        !rectangle(&q->transfer.r, r->pixels->width, r->pixels->height, &x, &y, &width, &height)) {
        return VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER;
    }
    for (unsigned line = 0; line < height; line++) {
        read_backing(s, r, offset + line * r->pixels->stride,
                     r->pixels->pixels + (y + line) * r->pixels->stride + (size_t)x * 4,
                     (size_t)width * 4);
    }
    return VIRTIO_GPU_RESP_OK_NODATA;
}

static uint32_t attach_backing(VirtioGPU *s, const Request *q, const VirtBuffer *buf, Answer *a)
{
    Resource *r = find_resource(s, le32_to_cpu(q->attach.resource_id));
    uint32_t n = le32_to_cpu(q->attach.nr_entries);
    uint64_t start = 0;

    if (!r || r->backing) {
        return r ? VIRTIO_GPU_RESP_ERR_UNSPEC : VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
    }
    if (n > MAX_PIECES ||
        buf->out_size < sizeof(q->attach) + (size_t)n * sizeof(struct virtio_gpu_mem_entry)) {
        return VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER;
    }
    if (n * sizeof(Piece) > s->max_memory - s->memory) {
        return VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY;
    }
    s->memory += n * sizeof(Piece);
    r->backing = g_array_sized_new(FALSE, FALSE, sizeof(Piece), n);
    for (uint32_t i = 0; i < n; i++) {
        struct virtio_gpu_mem_entry entry;
        Piece piece;

        iov_to_buf(buf->out, buf->num_out, sizeof(q->attach) + i * sizeof(entry), &entry,
                   sizeof(entry));
        piece = (Piece){ start, le64_to_cpu(entry.addr), le32_to_cpu(entry.length) };
        start += piece.size;
        g_array_append_val(r->backing, piece);
    }
    return VIRTIO_GPU_RESP_OK_NODATA;
}

static uint32_t detach_backing(VirtioGPU *s, const Request *q, const VirtBuffer *buf, Answer *a)
{
    Resource *r = find_resource(s, le32_to_cpu(q->resource.resource_id));

    if (!r || !r->backing) {
        return r ? VIRTIO_GPU_RESP_ERR_UNSPEC : VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
    }
    s->memory -= r->backing->len * sizeof(Piece);
    g_clear_pointer(&r->backing, g_array_unref);
    return VIRTIO_GPU_RESP_OK_NODATA;
}

static const struct {
    uint32_t type;
    RequestFunc *run;
    size_t size, answer;
} requests[] = {
#define REQUEST(type, run, member, answer)                                                         \
    { VIRTIO_GPU_CMD_##type, run, sizeof(((Request *)0)->member), sizeof(((Answer *)0)->answer) }
    REQUEST(GET_DISPLAY_INFO, get_display_info, header, displays),
    REQUEST(GET_EDID, get_edid, edid, edid),
    REQUEST(RESOURCE_CREATE_2D, create_resource, create, header),
    REQUEST(RESOURCE_UNREF, unref_resource, resource, header),
    REQUEST(SET_SCANOUT, set_scanout, scanout, header),
    REQUEST(RESOURCE_FLUSH, flush_resource, flush, header),
    REQUEST(TRANSFER_TO_HOST_2D, transfer, transfer, header),
    REQUEST(RESOURCE_ATTACH_BACKING, attach_backing, attach, header),
    REQUEST(RESOURCE_DETACH_BACKING, detach_backing, resource, header),
#undef REQUEST
};

/* How many bytes of the answer are filled in. */
static size_t answer_request(VirtioGPU *s, const VirtBuffer *buf, Answer *a)
{
    Request q = { 0 };
    size_t size = iov_to_buf(buf->out, buf->num_out, 0, &q, MIN(sizeof(q), buf->out_size));
    uint32_t type = le32_to_cpu(q.header.type), answer = VIRTIO_GPU_RESP_ERR_UNSPEC;
    size_t filled = sizeof(a->header);

    for (size_t i = 0; i < ARRAY_SIZE(requests); i++) {
        if (requests[i].type == type && size >= requests[i].size) {
            answer = requests[i].run(s, &q, buf, a);
            filled = answer < VIRTIO_GPU_RESP_ERR_UNSPEC ? requests[i].answer : filled;
        }
    }
    if (answer >= VIRTIO_GPU_RESP_ERR_UNSPEC) {
        qemu_log_mask(LOG_GUEST_ERROR, "virtio-gpu: request 0x%x is answered with error 0x%x\n",
                      type, answer);
    }
    a->header.type = cpu_to_le32(answer);
    if (le32_to_cpu(q.header.flags) & VIRTIO_GPU_FLAG_FENCE) { /* it is done: 5.7.6.7 */
        a->header.flags = cpu_to_le32(VIRTIO_GPU_FLAG_FENCE);
        a->header.fence_id = q.header.fence_id;
        a->header.ctx_id = q.header.ctx_id;
    }
    return filled;
}

static void control_requests(VirtioDevice *dev, VirtQueue *q)
{
    VirtioGPU *s = VIRTIO_GPU(dev);
    VirtBuffer *buf;

    while ((buf = virtq_take(q, sizeof(*buf))) != NULL) {
        Answer a = { 0 };
        size_t size = answer_request(s, buf, &a);

        virtq_finish(buf, iov_from_buf(buf->in, buf->num_in, 0, &a, MIN(size, buf->in_size)));
    }
    virtq_publish(q);
}

static void cursor_requests(VirtioDevice *dev, VirtQueue *q)
{
    VirtBuffer *buf;

    while ((buf = virtq_take(q, sizeof(*buf))) != NULL) {
        virtq_finish(buf, 0);
    }
    virtq_publish(q);
}

/* ---- Coming and going ---- */

static void gpu_read_config(VirtioDevice *dev, uint8_t *bytes)
{
    VirtioGPU *s = VIRTIO_GPU(dev);
    struct virtio_gpu_config config = { .events_read = cpu_to_le32(s->events),
                                        .num_scanouts = cpu_to_le32(s->num_screens) };

    memcpy(bytes, &config, sizeof(config));
}

static void gpu_write_config(VirtioDevice *dev, const uint8_t *bytes)
{
    VIRTIO_GPU(dev)->events &=
        ~ldl_le_p(bytes + offsetof(struct virtio_gpu_config, events_clear));
}

static void gpu_reset(VirtioDevice *dev)
{
    VirtioGPU *s = VIRTIO_GPU(dev);

    for (uint32_t i = 0; i < s->num_screens && s->screens[i].con; i++) {
        switch_off(&s->screens[i]);
    }
    g_hash_table_remove_all(s->resources);
    s->memory = 0;
    s->events = 0;
    tell_sharer(s, false);
}

static void gpu_refresh(void *opaque)
{
    /* the driver says what has changed */
}

static void gpu_realize(VirtioDevice *dev, Error **errp)
{
    static const ConsoleOps ops = { .refresh = gpu_refresh };
    VirtioGPU *s = VIRTIO_GPU(dev);

    s->control = virtio_add_queue(dev, CONTROL_BUFFERS, control_requests);
    s->cursor = virtio_add_queue(dev, CURSOR_BUFFERS, cursor_requests);
    for (uint32_t i = 0; i < s->num_screens; i++) {
        s->screens[i] = (Screen){ console_new(OBJECT(dev), i, &ops, s) };
    }
}

static void gpu_unrealize(VirtioDevice *dev)
{
    VirtioGPU *s = VIRTIO_GPU(dev);

    for (uint32_t i = 0; i < s->num_screens; i++) {
        g_clear_pointer(&s->screens[i].con, console_free);
    }
    g_hash_table_remove_all(s->resources);
}

void virtio_gpu_share_screen(VirtioDevice *gpu, Console *con,
                             void (*driver_shows)(void *opaque, bool shows), void *opaque)
{
    VirtioGPU *s = VIRTIO_GPU(gpu);

    if (!s->driver_shows) {
        console_free(s->screens[0].con);
    }
    s->screens[0].con = con;
    s->driver_shows = driver_shows;
    s->sharer = opaque;
}

static void gpu_init(Object *obj)
{
    VIRTIO_GPU(obj)->resources = g_hash_table_new_full(NULL, NULL, NULL, resource_free);
}

static void gpu_finalize(Object *obj)
{
    g_hash_table_unref(VIRTIO_GPU(obj)->resources);
}

/* What is in resources can't be saved yet, and a screen without them would be wrong. */
static int before_save(void *opaque)
{
    VirtioGPU *s = opaque;

    if (g_hash_table_size(s->resources)) {
        error_report("virtio-gpu: a screen's contents can't be saved yet");
        return -ENOTSUP;
    }
    return 0;
}

static const VMStateDescription vmstate_gpu = {
    .name = "virtio-gpu",
    .version_id = 1,
    .minimum_version_id = 1,
    .pre_save = before_save,
    .fields = (const VMStateField[]){
        VMSTATE_VIRTIO_DEVICE(parent_obj, VirtioGPU),
        VMSTATE_UINT32(events, VirtioGPU),
        VMSTATE_END_OF_LIST()
    },
};

static Property gpu_properties[] = {
    DEFINE_PROP_UINT32_RANGE("max_outputs", VirtioGPU, num_screens, 1, 1, VIRTIO_GPU_MAX_SCANOUTS),
    DEFINE_PROP_SIZE("max_hostmem", VirtioGPU, max_memory, 256 * MiB),
    DEFINE_PROP_UINT32_RANGE("xres", VirtioGPU, width, 1280, 64, EDID_MAX_SIDE),
    DEFINE_PROP_UINT32_RANGE("yres", VirtioGPU, height, 800, 64, EDID_MAX_SIDE),
    DEFINE_PROP_BIT64("edid", VirtioDevice, device_features, VIRTIO_GPU_F_EDID, true),
    DEFINE_PROP_END_OF_LIST(),
};

static void gpu_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    VirtioDeviceClass *vc = VIRTIO_DEVICE_CLASS(klass);

    vc->device_id = VIRTIO_ID_GPU;
    vc->config_size = sizeof(struct virtio_gpu_config);
    vc->modern_only = true;
    vc->realize = gpu_realize;
    vc->unrealize = gpu_unrealize;
    vc->read_config = gpu_read_config;
    vc->write_config = gpu_write_config;
    vc->reset = gpu_reset;
    dc->vmsd = &vmstate_gpu;
    set_bit(DEVICE_CATEGORY_DISPLAY, dc->categories);
    device_class_set_props(dc, gpu_properties);
}

static const TypeInfo gpu_types[] = {
    {
        .name = TYPE_VIRTIO_GPU,
        .parent = TYPE_VIRTIO_DEVICE,
        .instance_size = sizeof(VirtioGPU),
        .instance_init = gpu_init,
        .instance_finalize = gpu_finalize,
        .class_init = gpu_class_init,
    },
};

DEFINE_TYPES(gpu_types)

static const VirtioPCIKind gpu_pci = {
    .name = "virtio-gpu-pci",
    .backend = TYPE_VIRTIO_GPU,
    .class_id = PCI_CLASS_DISPLAY_OTHER,
    .vectors = VIRTIO_PCI_VECTORS_AUTO,
    .category = DEVICE_CATEGORY_DISPLAY,
};

static void register_gpu_pci(void)
{
    virtio_pci_register(&gpu_pci);
}

type_init(register_gpu_pci)
