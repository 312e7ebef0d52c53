/*
 * Memory: keeps the end of what was written, for the monitor's ringbuf_read.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "char-internal.h"
#include "chardev/char-ringbuf.h"
#include "qemu/module.h"

/* The newest byte is the one before `next`, the oldest `kept` before it, round the end. */
typedef struct RingBufChardev {
    Chardev parent;
    uint8_t *memory;
    size_t size, next, kept;
} RingBufChardev;
DECLARE_INSTANCE_CHECKER(RingBufChardev, RINGBUF_CHARDEV, TYPE_CHARDEV_RINGBUF)

/* Of a long text only the end would stay: the rest isn't copied. Two pieces at the wrap. */
static int ringbuf_write(Chardev *chr, const uint8_t *buf, int len)
{
    RingBufChardev *ring = RINGBUF_CHARDEV(chr);
    size_t n = MIN((size_t)len, ring->size), to_the_end = MIN(n, ring->size - ring->next);
    const uint8_t *from = buf + len - n;

    memcpy(ring->memory + ring->next, from, to_the_end);
    memcpy(ring->memory, from + to_the_end, n - to_the_end);
    ring->next = (ring->next + n) % ring->size;
    ring->kept = MIN(ring->kept + n, ring->size);
    return len;
}

GByteArray *ringbuf_chr_read(Chardev *chr, size_t max)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&chr->write_lock);
    RingBufChardev *ring = RINGBUF_CHARDEV(chr);
    size_t n = MIN(max, ring->kept);
    size_t oldest = (ring->next + ring->size - ring->kept) % ring->size;
    size_t to_the_end = MIN(n, ring->size - oldest);
    GByteArray *out = g_byte_array_sized_new(n);

    g_byte_array_append(out, ring->memory + oldest, to_the_end);
    g_byte_array_append(out, ring->memory, n - to_the_end);
    ring->kept -= n;
    return out;
}

static void ringbuf_open(Chardev *chr, QemuOpts *opts, bool *be_opened, Error **errp)
{
    uint64_t size = qemu_opt_get_size(opts, "size", 64 * KiB);

    if (__builtin_popcountll(size) != 1 || size > GiB) {
        error_setg(errp, "size of ringbuf chardev must be power of two");
        return;
    }
    RINGBUF_CHARDEV(chr)->size = size;
    RINGBUF_CHARDEV(chr)->memory = g_malloc(size);
}

static void ringbuf_finalize(Object *obj)
{
    g_free(RINGBUF_CHARDEV(obj)->memory);
}

static void ringbuf_class_init(ObjectClass *oc, void *data)
{
    CHARDEV_CLASS(oc)->open = ringbuf_open;
    CHARDEV_CLASS(oc)->chr_write = ringbuf_write;
}

static const TypeInfo ringbuf_type = {
    .name = TYPE_CHARDEV_RINGBUF,
    .parent = TYPE_CHARDEV,
    .instance_size = sizeof(RingBufChardev),
    .instance_finalize = ringbuf_finalize,
    .class_init = ringbuf_class_init,
};

static void register_types(void)
{
    type_register_static(&ringbuf_type);
}

type_init(register_types)
