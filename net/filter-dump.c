/*
 * filter-dump: packets into a file, for tcpdump and Wireshark.
 *
 * The format is that of libpcap (draft-ietf-opsawg-pcap): a header, and for each packet its time
 * and length. Times are the guest's clock, counted from the host's time of day at the start.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "net/filter.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "qemu/timer.h"

#define TYPE_FILTER_DUMP "filter-dump"
OBJECT_DECLARE_SIMPLE_TYPE(FilterDump, FILTER_DUMP)

struct FilterDump {
    NetFilterState parent_obj;

    char *file;
    uint32_t maxlen;
    int fd;
    int64_t start_us; /* of the guest's clock, in the host's time */
    bool failed;
};

#define PCAP_MAGIC         0xa1b2c3d4 /* times in microseconds; tells the byte order as well */
#define PCAP_VERSION_MAJOR 2
#define PCAP_VERSION_MINOR 4
#define PCAP_ETHERNET      1

typedef struct PcapHeader {
    uint32_t magic;
    uint16_t major, minor;
    uint32_t zone, accuracy;
    uint32_t longest;
    uint32_t link_type;
} PcapHeader;

typedef struct PcapPacket {
    uint32_t seconds, microseconds;
    uint32_t kept, size; /* bytes in the file, and on the cable */
} PcapPacket;

static bool write_all(FilterDump *d, const void *data, size_t size)
{
    return write(d->fd, data, size) == (ssize_t)size;
}

static bool dump_packet(NetFilterState *nf, const NetFilterPacket *p)
{
    FilterDump *d = FILTER_DUMP(nf);
    size_t size = iov_size(p->iov, p->iovcnt) - p->vnet_hdr_len;
    int64_t now = d->start_us + qemu_clock_get_us(QEMU_CLOCK_VIRTUAL);
    PcapPacket header = { now / 1000000, now % 1000000, MIN(size, d->maxlen), size };
    g_autofree uint8_t *record = NULL;

    if (d->failed) {
        return false;
    }
    /* In one piece: whoever reads the file meanwhile sees whole packets. */
    record = g_malloc(sizeof(header) + header.kept);
    memcpy(record, &header, sizeof(header));
    iov_to_buf(p->iov, p->iovcnt, p->vnet_hdr_len, record + sizeof(header), header.kept);
    if (!write_all(d, record, sizeof(header) + header.kept)) {
        d->failed = true;
        warn_report("filter-dump '%s': can't write to '%s': %s; no more packets go there",
                    net_filter_id(nf), d->file, g_strerror(errno));
    }
    return false;
}

static bool dump_setup(NetFilterState *nf, Error **errp)
{
    FilterDump *d = FILTER_DUMP(nf);
    PcapHeader header = { .magic = PCAP_MAGIC, .major = PCAP_VERSION_MAJOR,
                          .minor = PCAP_VERSION_MINOR, .longest = d->maxlen,
                          .link_type = PCAP_ETHERNET };

    if (!d->file) {
        error_setg(errp, "Parameter 'file' is missing");
        return false;
    }
    d->fd = open(d->file, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0644);
    if (d->fd < 0) {
        error_setg_errno(errp, errno, "can't open '%s' for packets", d->file);
        return false;
    }
    if (!write_all(d, &header, sizeof(header))) {
        error_setg_errno(errp, errno, "can't write to '%s'", d->file);
        close(d->fd);
        return false;
    }
    d->start_us = g_get_real_time() - qemu_clock_get_us(QEMU_CLOCK_VIRTUAL);
    return true;
}

static void dump_cleanup(NetFilterState *nf)
{
    close(FILTER_DUMP(nf)->fd);
}

static void dump_describe(NetFilterState *nf, GString *out)
{
    g_string_append_printf(out, ",file=%s,maxlen=%u", FILTER_DUMP(nf)->file,
                           FILTER_DUMP(nf)->maxlen);
}

static char *get_file(Object *obj, Error **errp)
{
    return g_strdup(FILTER_DUMP(obj)->file);
}

static void set_file(Object *obj, const char *value, Error **errp)
{
    FilterDump *d = FILTER_DUMP(obj);

    if (NETFILTER(obj)->netdev) {
        error_setg(errp, "cannot change property 'file' of a filter that is in use");
        return;
    }
    g_free(d->file);
    d->file = g_strdup(value);
}

static void get_maxlen(Object *obj, QValue *v, const char *name, void *opaque, Error **errp)
{
    qvalue_set_uint(v, FILTER_DUMP(obj)->maxlen);
}

static void set_maxlen(Object *obj, QValue *v, const char *name, void *opaque, Error **errp)
{
    int64_t value;

    if (qvalue_to_int(v, name, 1, UINT32_MAX, &value, errp)) {
        FILTER_DUMP(obj)->maxlen = value;
    }
}

static void dump_init(Object *obj)
{
    FILTER_DUMP(obj)->maxlen = 65536;
}

static void dump_finalize(Object *obj)
{
    g_free(FILTER_DUMP(obj)->file);
}

static void dump_class_init(ObjectClass *oc, void *data)
{
    NetFilterClass *nfc = NETFILTER_CLASS(oc);

    nfc->setup = dump_setup;
    nfc->cleanup = dump_cleanup;
    nfc->packet = dump_packet;
    nfc->describe = dump_describe;
    object_class_property_add_str(oc, "file", get_file, set_file);
    object_class_property_set_description(oc, "file", "The file, which is emptied first");
    object_class_property_add(oc, "maxlen", "uint32", get_maxlen, set_maxlen, NULL, NULL);
    object_class_property_set_description(oc, "maxlen", "Bytes of a packet that are kept (65536)");
}

static const TypeInfo dump_types[] = {
    {
        .name = TYPE_FILTER_DUMP,
        .parent = TYPE_NETFILTER,
        .instance_size = sizeof(FilterDump),
        .instance_init = dump_init,
        .instance_finalize = dump_finalize,
        .class_init = dump_class_init,
    },
};

DEFINE_TYPES(dump_types)
