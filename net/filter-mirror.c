/*
 * filter-mirror and filter-redirector: packets out to a character device, and in from one.
 *
 * In the stream each packet has its length in front (framing.h); with vnet_hdr_support=on the
 * length of the offloads' header follows, in four bytes too, and the header is part of the packet.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "chardev/char-fe.h"
#include "framing.h"
#include "net/filter.h"
#include "net-internal.h"
#include "qapi/error.h"
#include "qemu/bswap.h"
#include "qemu/error-report.h"

#define TYPE_FILTER_CHANNEL    "filter-channel"
#define TYPE_FILTER_MIRROR     "filter-mirror"
#define TYPE_FILTER_REDIRECTOR "filter-redirector"
OBJECT_DECLARE_TYPE(FilterChannel, FilterChannelClass, FILTER_CHANNEL)

#define UNSENT_MAX (1024 * 1024) /* bytes; packets for a reader that is slower are lost */
#define READ_MAX   65536

struct FilterChannel {
    NetFilterState parent_obj;

    char *indev_id, *outdev_id;
    bool vnet_hdr_support;
    CharBackend indev, outdev;
    NetUnframer in;
    GByteArray *unsent;
    guint watch;
};

struct FilterChannelClass {
    NetFilterClass parent_class;

    bool takes; /* what goes out goes no further */
};

/* ---- Out ---- */

static gboolean send_unsent(void *do_not_use, GIOCondition condition, void *opaque)
{
    FilterChannel *c = opaque;
    int done = qemu_chr_fe_write(&c->outdev, c->unsent->data, c->unsent->len);

    if (done > 0) {
        g_byte_array_remove_range(c->unsent, 0, done);
    } else if (done < 0 && errno != EAGAIN) {
        g_byte_array_set_size(c->unsent, 0);
    }
    if (c->unsent->len) {
        return G_SOURCE_CONTINUE;
    }
    c->watch = 0;
    return G_SOURCE_REMOVE;
}

static void send_out(FilterChannel *c, const NetFilterPacket *p)
{
    size_t skip = c->vnet_hdr_support ? 0 : p->vnet_hdr_len;
    size_t size = iov_size(p->iov, p->iovcnt) - skip;
    size_t head = NET_FRAME_HEADER * (c->vnet_hdr_support ? 2 : 1), at = c->unsent->len;
    uint8_t *frame;

    if (!qemu_chr_fe_backend_open(&c->outdev)) {
        g_byte_array_set_size(c->unsent, 0);
        return;
    }
    if (at + head + size > UNSENT_MAX) {
        return;
    }
    g_byte_array_set_size(c->unsent, at + head + size);
    frame = c->unsent->data + at;
    stl_be_p(frame, size);
    if (c->vnet_hdr_support) {
        stl_be_p(frame + NET_FRAME_HEADER, p->vnet_hdr_len);
    }
    iov_to_buf(p->iov, p->iovcnt, skip, frame + head, size);
    if (!c->watch && send_unsent(NULL, 0, c) == G_SOURCE_CONTINUE) {
        c->watch = qemu_chr_fe_add_watch(&c->outdev, G_IO_OUT | G_IO_HUP, send_unsent, c);
        if (!c->watch) {
            g_byte_array_set_size(c->unsent, 0);
        }
    }
}

static bool channel_packet(NetFilterState *nf, const NetFilterPacket *p)
{
    FilterChannel *c = FILTER_CHANNEL(nf);

    if (c->outdev_id) {
        send_out(c, p);
    }
    return c->outdev_id && FILTER_CHANNEL_GET_CLASS(nf)->takes;
}

/* ---- In ---- */

/* A packet as if it came from where the filter listens to. */
static bool packet_came(void *opaque, const uint8_t *data, size_t size)
{
    NetFilterState *nf = opaque;
    struct iovec iov = { (void *)data, size };
    unsigned flags = FILTER_CHANNEL(nf)->vnet_hdr_support ? 0 : NET_PACKET_RAW;

    if (!nf->on || !nf->netdev) {
        return true;
    }
    if (nf->direction != NET_FILTER_DIRECTION_RX) {
        net_filter_pass_on(nf, nf->netdev, flags, &iov, 1);
    }
    if (nf->direction != NET_FILTER_DIRECTION_TX) {
        net_filter_pass_on(nf, nf->netdev->peer, flags, &iov, 1);
    }
    return true;
}

static int indev_can_read(void *opaque)
{
    return READ_MAX;
}

/* With vnet_hdr_support the header's length stands behind the packet's: it is taken out here. */
static bool packet_with_header_came(void *opaque, const uint8_t *data, size_t size)
{
    FilterChannel *c = opaque;
    NetFilterState *nf = NETFILTER(c);
    size_t expected = nf->netdev ? net_cable_vnet_hdr_len(nf->netdev) : 0;

    if (size <= NET_FRAME_HEADER + expected || ldl_be_p(data) != expected) {
        return true; /* not of a cable like this one */
    }
    return packet_came(opaque, data + NET_FRAME_HEADER, size - NET_FRAME_HEADER);
}

static void indev_read(void *opaque, const uint8_t *buf, int size)
{
    FilterChannel *c = opaque;

    net_unframer_feed(&c->in, buf, size);
    if (net_unframer_run(&c->in, c->vnet_hdr_support ? packet_with_header_came : packet_came, c) ==
        NET_UNFRAMED_GARBAGE) {
        warn_report("%s '%s': what comes from '%s' are no packets: dropped",
                    object_get_typename(OBJECT(c)), net_filter_id(NETFILTER(c)), c->indev_id);
        net_unframer_reset(&c->in);
    }
}

static void indev_event(void *opaque, QEMUChrEvent event)
{
    if (event == CHR_EVENT_OPENED) {
        net_unframer_reset(&FILTER_CHANNEL(opaque)->in);
    }
}

/* ---- Life ---- */

static bool connect_device(CharBackend *be, const char *key, const char *id, Error **errp)
{
    Chardev *chr = qemu_chr_find(id);

    if (!chr) {
        error_setg(errp, "Parameter '%s' expects the id of a -chardev: Device '%s' not found", key,
                   id);
        return false;
    }
    return qemu_chr_fe_init(be, chr, errp);
}

static bool channel_setup(NetFilterState *nf, Error **errp)
{
    FilterChannel *c = FILTER_CHANNEL(nf);

    if (!FILTER_CHANNEL_GET_CLASS(nf)->takes && !c->outdev_id) {
        error_setg(errp, "Parameter 'outdev' is missing");
        return false;
    }
    if (!c->indev_id && !c->outdev_id) {
        error_setg(errp, "filter redirector needs 'indev' or 'outdev' at least one property set");
        return false;
    }
    if (c->indev_id && !g_strcmp0(c->indev_id, c->outdev_id)) {
        error_setg(errp, "'indev' and 'outdev' could not be same for filter redirector");
        return false;
    }
    if ((c->indev_id && !connect_device(&c->indev, "indev", c->indev_id, errp)) ||
        (c->outdev_id && !connect_device(&c->outdev, "outdev", c->outdev_id, errp))) {
        qemu_chr_fe_deinit(&c->indev, false);
        return false;
    }
    c->unsent = g_byte_array_new();
    net_unframer_init(&c->in, NET_BUFSIZE);
    if (c->indev_id) {
        qemu_chr_fe_set_handlers(&c->indev, indev_can_read, indev_read, indev_event, NULL, c, NULL,
                                 true);
    }
    if (c->outdev_id) {
        qemu_chr_fe_set_open(&c->outdev, true);
    }
    return true;
}

static void channel_cleanup(NetFilterState *nf)
{
    FilterChannel *c = FILTER_CHANNEL(nf);

    g_clear_handle_id(&c->watch, g_source_remove);
    qemu_chr_fe_deinit(&c->indev, false);
    qemu_chr_fe_deinit(&c->outdev, false);
    net_unframer_clear(&c->in);
    g_byte_array_unref(c->unsent);
}

static void channel_describe(NetFilterState *nf, GString *out)
{
    FilterChannel *c = FILTER_CHANNEL(nf);

    if (c->indev_id) {
        g_string_append_printf(out, ",indev=%s", c->indev_id);
    }
    if (c->outdev_id) {
        g_string_append_printf(out, ",outdev=%s", c->outdev_id);
    }
    g_string_append_printf(out, ",vnet_hdr_support=%s", c->vnet_hdr_support ? "on" : "off");
}

/* ---- Properties ---- */

static char *get_indev(Object *obj, Error **errp)
{
    return g_strdup(FILTER_CHANNEL(obj)->indev_id);
}

static char *get_outdev(Object *obj, Error **errp)
{
    return g_strdup(FILTER_CHANNEL(obj)->outdev_id);
}

static void set_device(Object *obj, char **id, const char *value, Error **errp)
{
    if (NETFILTER(obj)->netdev) {
        error_setg(errp, "cannot change a device of a filter that is in use");
        return;
    }
    g_free(*id);
    *id = g_strdup(value);
}

static void set_indev(Object *obj, const char *value, Error **errp)
{
    set_device(obj, &FILTER_CHANNEL(obj)->indev_id, value, errp);
}

static void set_outdev(Object *obj, const char *value, Error **errp)
{
    set_device(obj, &FILTER_CHANNEL(obj)->outdev_id, value, errp);
}

static bool get_vnet_hdr(Object *obj, Error **errp)
{
    return FILTER_CHANNEL(obj)->vnet_hdr_support;
}

static void set_vnet_hdr(Object *obj, bool value, Error **errp)
{
    FILTER_CHANNEL(obj)->vnet_hdr_support = value;
}

static void channel_finalize(Object *obj)
{
    g_free(FILTER_CHANNEL(obj)->indev_id);
    g_free(FILTER_CHANNEL(obj)->outdev_id);
}

static void channel_class_init(ObjectClass *oc, void *data)
{
    NetFilterClass *nfc = NETFILTER_CLASS(oc);

    nfc->setup = channel_setup;
    nfc->cleanup = channel_cleanup;
    nfc->packet = channel_packet;
    nfc->describe = channel_describe;
    object_class_property_add_str(oc, "outdev", get_outdev, set_outdev);
    object_class_property_set_description(oc, "outdev", "The -chardev that packets go to");
    object_class_property_add_bool(oc, "vnet_hdr_support", get_vnet_hdr, set_vnet_hdr);
    object_class_property_set_description(oc, "vnet_hdr_support",
                                          "Packets there have the offloads' header");
}

static void redirector_class_init(ObjectClass *oc, void *data)
{
    FILTER_CHANNEL_CLASS(oc)->takes = true;
    object_class_property_add_str(oc, "indev", get_indev, set_indev);
    object_class_property_set_description(oc, "indev", "The -chardev that packets come from");
}

static const TypeInfo channel_types[] = {
    {
        .name = TYPE_FILTER_CHANNEL,
        .parent = TYPE_NETFILTER,
        .abstract = true,
        .instance_size = sizeof(FilterChannel),
        .instance_finalize = channel_finalize,
        .class_size = sizeof(FilterChannelClass),
        .class_init = channel_class_init,
    },
    { .name = TYPE_FILTER_MIRROR, .parent = TYPE_FILTER_CHANNEL },
    {
        .name = TYPE_FILTER_REDIRECTOR,
        .parent = TYPE_FILTER_CHANNEL,
        .class_init = redirector_class_init,
    },
};

DEFINE_TYPES(channel_types)
