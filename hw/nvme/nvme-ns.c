/*
 * NVM Express: namespaces.
 *
 * A namespace is a drive. The controller's own drive= is number 1; each device `nvme-ns` is another
 * one, with the number it asks for or the first that is free.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/core/boot-order.h"
#include "hw/qdev-properties.h"
#include "nvme-internal.h"
#include "qapi/error.h"
#include "qemu/host-utils.h"
#include "qemu/module.h"

#define BLOCK_USUAL 512

typedef struct NvmeNamespaceDevice {
    DeviceState parent_obj;

    NvmeNamespace ns;
    uint32_t block_size;
    char *uuid; /* "auto", or NULL: made from the controller's serial and the number */
    int32_t bootindex;
} NvmeNamespaceDevice;

DECLARE_INSTANCE_CHECKER(NvmeNamespaceDevice, NVME_NS, TYPE_NVME_NS)

NvmeNamespace *nvme_ns_find(NvmeController *s, uint32_t nsid)
{
    return nsid >= 1 && nsid <= NVME_MAX_NAMESPACES ? s->namespaces[nsid - 1] : NULL;
}

uint64_t nvme_ns_blocks(const NvmeNamespace *ns)
{
    int64_t length = blk_getlength(ns->blk);

    return length < 0 ? 0 : (uint64_t)length >> ns->lba_bits;
}

/* ---- what the block layer tells ---- */

static void image_resized(void *opaque)
{
    NvmeNamespace *ns = opaque;
    unsigned i = ns->nsid - 1;

    ns->s->changed[i / 64] |= UINT64_C(1) << i % 64;
    nvme_raise_event(ns->s, EVENT_NAMESPACE_CHANGED);
}

static void drained_begin(void *opaque)
{
    ((NvmeNamespace *)opaque)->s->drained++;
}

static void drained_end(void *opaque)
{
    NvmeController *s = ((NvmeNamespace *)opaque)->s;

    s->drained--;
    nvme_process_soon(s);
}

static const BlockDevOps ns_block_ops = {
    .resize_cb = image_resized,
    .drained_begin = drained_begin,
    .drained_end = drained_end,
};

/* ---- coming and going ---- */

/* The same one in each run, as RFC 4122 makes them from names (4.3, version 5). */
static void uuid_of_serial(const char *serial, uint32_t nsid, uint8_t uuid[16])
{
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA1);
    g_autofree char *name = g_strdup_printf("nvme:%s:%u", serial, nsid);
    uint8_t digest[20];
    gsize size = sizeof(digest);

    g_checksum_update(sum, (const guchar *)name, -1);
    g_checksum_get_digest(sum, digest, &size);
    memcpy(uuid, digest, 16);
    uuid[6] = (uuid[6] & 0x0f) | 0x50;
    uuid[8] = (uuid[8] & 0x3f) | 0x80;
}

static bool is_zero(const uint8_t uuid[16])
{
    static const uint8_t none[16];

    return memcmp(uuid, none, sizeof(none)) == 0;
}

static bool choose_number(NvmeController *s, NvmeNamespace *ns, Error **errp)
{
    if (ns->nsid > NVME_MAX_NAMESPACES) {
        error_setg(errp, "nsid=%u: expected 1 to %d, or 0 for one that is free", ns->nsid, NVME_MAX_NAMESPACES);
        return false;
    }
    if (nvme_ns_find(s, ns->nsid)) {
        error_setg(errp, "nsid=%u: the controller has that namespace already", ns->nsid);
        return false;
    }
    for (uint32_t nsid = 1; ns->nsid == 0 && nsid <= NVME_MAX_NAMESPACES; nsid++) {
        ns->nsid = nvme_ns_find(s, nsid) ? 0 : nsid;
    }
    if (ns->nsid == 0) {
        error_setg(errp, "the controller has %d namespaces: there is no room for another one", NVME_MAX_NAMESPACES);
    }
    return ns->nsid != 0;
}

bool nvme_ns_attach(NvmeController *s, NvmeNamespace *ns, uint32_t block_size, Error **errp)
{
    uint32_t bytes = block_size ? block_size : BLOCK_USUAL;

    if (!ns->blk) {
        error_setg(errp, "drive property not set");
        return false;
    }
    if (!blk_is_inserted(ns->blk)) {
        error_setg(errp, "Device needs media, but drive is empty");
        return false;
    }
    if (!is_power_of_2(bytes) || bytes < BLOCK_USUAL || bytes > 64 * KiB) {
        error_setg(errp, "logical_block_size=%u: expected a power of two from 512 to 65536", bytes);
        return false;
    }
    if (!choose_number(s, ns, errp)) {
        return false;
    }
    ns->s = s;
    ns->lba_bits = ctz32(bytes);
    ns->cache_at_reset = blk_enable_write_cache(ns->blk);
    if (is_zero(ns->uuid)) {
        uuid_of_serial(s->serial, ns->nsid, ns->uuid);
    }
    s->namespaces[ns->nsid - 1] = ns;
    blk_set_dev_ops(ns->blk, &ns_block_ops, ns);
    return true;
}

void nvme_ns_detach(NvmeNamespace *ns)
{
    nvme_drain(ns->s);
    blk_set_dev_ops(ns->blk, NULL, NULL);
    ns->s->namespaces[ns->nsid - 1] = NULL;
    ns->s = NULL;
}

/* ---- snapshots ---- */

static int before_save(void *opaque)
{
    NvmeNamespace *ns = opaque;

    ns->cache_saved = ns->s && blk_enable_write_cache(ns->blk);
    return 0;
}

static int after_load(void *opaque, int version)
{
    NvmeNamespace *ns = opaque;

    if (ns->s) {
        blk_set_enable_write_cache(ns->blk, ns->cache_saved);
    }
    return 0;
}

const VMStateDescription vmstate_nvme_ns = {
    .name = "nvme-namespace",
    .version_id = 1,
    .minimum_version_id = 1,
    .pre_save = before_save,
    .post_load = after_load,
    .fields = (const VMStateField[]){
        VMSTATE_BOOL(cache_saved, NvmeNamespace),
        VMSTATE_UINT64(reads, NvmeNamespace),
        VMSTATE_UINT64(writes, NvmeNamespace),
        VMSTATE_UINT64(blocks_read, NvmeNamespace),
        VMSTATE_UINT64(blocks_written, NvmeNamespace),
        VMSTATE_END_OF_LIST()
    },
};

/* ---- the device ---- */

/* "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx". */
static bool parse_uuid(const char *text, uint8_t uuid[16], Error **errp)
{
    unsigned n = 0;

    if (!g_uuid_string_is_valid(text)) {
        error_setg(errp, "uuid=%s: expected a UUID or 'auto'", text);
        return false;
    }
    for (const char *at = text; *at; at++) {
        if (*at != '-') {
            uuid[n / 2] = uuid[n / 2] << 4 | g_ascii_xdigit_value(*at);
            n++;
        }
    }
    return true;
}

static void ns_realize(DeviceState *dev, Error **errp)
{
    NvmeNamespaceDevice *d = NVME_NS(dev);
    NvmeController *s = NVME(dev->parent_bus->parent);
    g_autofree char *suffix = NULL;

    if (d->uuid && strcmp(d->uuid, "auto") != 0 && !parse_uuid(d->uuid, d->ns.uuid, errp)) {
        return;
    }
    if (check_boot_index(d->bootindex, errp) && nvme_ns_attach(s, &d->ns, d->block_size, errp)) {
        suffix = g_strdup_printf("/namespace@%x,%" PRIx64, d->ns.nsid, d->ns.eui64);
        add_boot_device_path(d->bootindex, DEVICE(s), suffix);
    }
}

/* Commands on it that stopped the machine stay until that goes on: they find no namespace then. */
static void ns_unrealize(DeviceState *dev)
{
    NvmeNamespaceDevice *d = NVME_NS(dev);

    nvme_ns_detach(&d->ns);
}

static const VMStateDescription vmstate_ns_device = {
    .name = TYPE_NVME_NS,
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]){
        VMSTATE_STRUCT(ns, NvmeNamespaceDevice, 1, vmstate_nvme_ns, NvmeNamespace),
        VMSTATE_END_OF_LIST()
    },
};

static Property ns_properties[] = {
    DEFINE_PROP_DRIVE("drive", NvmeNamespaceDevice, ns.blk),
    DEFINE_PROP_UINT32("nsid", NvmeNamespaceDevice, ns.nsid, 0),
    DEFINE_PROP_SIZE32("logical_block_size", NvmeNamespaceDevice, block_size, 0),
    DEFINE_PROP_SIZE32("discard_granularity", NvmeNamespaceDevice, ns.preferred, 0),
    DEFINE_PROP_STRING("uuid", NvmeNamespaceDevice, uuid),
    DEFINE_PROP_UINT64("eui64", NvmeNamespaceDevice, ns.eui64, 0),
    DEFINE_PROP_BOOTINDEX(NvmeNamespaceDevice, bootindex),
    DEFINE_PROP_END_OF_LIST(),
};

static void ns_class_init(ObjectClass *oc, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);

    dc->realize = ns_realize;
    dc->unrealize = ns_unrealize;
    dc->bus_type = TYPE_NVME_BUS;
    dc->desc = "Non-Volatile Memory Express namespace";
    dc->hotpluggable = false;
    dc->vmsd = &vmstate_ns_device;
    device_class_set_props(dc, ns_properties);
    set_bit(DEVICE_CATEGORY_STORAGE, dc->categories);
}

static const TypeInfo ns_types[] = {
    {
        .name = TYPE_NVME_NS,
        .parent = TYPE_DEVICE,
        .instance_size = sizeof(NvmeNamespaceDevice),
        .class_init = ns_class_init,
    },
};

DEFINE_TYPES(ns_types)
