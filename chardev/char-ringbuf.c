/*
 * A ring in memory: keeps the last `size` bytes written, for the monitor's ringbuf_read.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "char-internal.h"
#include "chardev/char-ringbuf.h"
#include "qemu/module.h"

#define RINGBUF_DEFAULT_SIZE 65536

typedef struct RingBufChardev {
    Chardev parent;
    size_t size; /* a power of two */
    size_t prod, cons;
    uint8_t *data;
} RingBufChardev;
DECLARE_INSTANCE_CHECKER(RingBufChardev, RINGBUF_CHARDEV, TYPE_CHARDEV_RINGBUF)

static int ringbuf_write(Chardev *chr, const uint8_t *buf, int len)
{
    RingBufChardev *d = RINGBUF_CHARDEV(chr);

    for (int i = 0; i < len; i++) {
        d->data[d->prod++ & (d->size - 1)] = buf[i];
    }
    if (d->prod - d->cons > d->size) {
        d->cons = d->prod - d->size;
    }
    return len;
}

GByteArray *ringbuf_chr_read(Chardev *chr, size_t max)
{
    RingBufChardev *d = RINGBUF_CHARDEV(chr);
    GByteArray *out = g_byte_array_new();

    g_mutex_lock(&chr->write_lock);
    while (out->len < max && d->cons != d->prod) {
        g_byte_array_append(out, &d->data[d->cons++ & (d->size - 1)], 1);
    }
    g_mutex_unlock(&chr->write_lock);
    return out;
}

static void ringbuf_open(Chardev *chr, QemuOpts *opts, bool *be_opened, Error **errp)
{
    RingBufChardev *d = RINGBUF_CHARDEV(chr);

    d->size = qemu_opt_get_size(opts, "size", RINGBUF_DEFAULT_SIZE);
    if (d->size == 0 || (d->size & (d->size - 1)) || d->size > GiB) {
        error_setg(errp, "size of ringbuf chardev must be power of two");
        return;
    }
    d->data = g_malloc(d->size);
}

static void ringbuf_finalize(Object *obj)
{
    g_free(RINGBUF_CHARDEV(obj)->data);
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
