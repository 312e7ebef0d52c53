/*
 * Device properties that lead to the outside: character and block back ends, network and PCI
 * addresses.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "audio/audiodev.h"
#include "chardev/char-fe.h"
#include "core/qdev-properties.h"
#include "net/net.h"
#include "qapi/error.h"
#include "qemu/cutils.h"
#include "system/block-backend.h"

/* @option: what makes such things. */
static bool not_found(const PropertyAccess *at, const char *id, const char *option, Error **errp)
{
    error_setg(errp, "Property '%s.%s' can't find value '%s': expected the id of %s",
               object_get_typename(at->owner), at->name, id, option);
    return false;
}

static bool malformed(const PropertyAccess *at, const char *text, const char *expected,
                      Error **errp)
{
    error_setg(errp, "Property '%s.%s' doesn't take value '%s': expected %s",
               object_get_typename(at->owner), at->name, text, expected);
    return false;
}

/* --- character devices --- */

static void get_chr(const PropertyAccess *at, QValue *v)
{
    const Chardev *chr = qemu_chr_fe_get_driver(at->variable);

    qvalue_set_str(v, chr ? chr->label : NULL);
}

static void release_chr(const PropertyAccess *at)
{
    qemu_chr_fe_deinit(at->variable, false);
}

static bool set_chr(const PropertyAccess *at, const QValue *v, Error **errp)
{
    const char *id;
    Chardev *chr;

    if (!qvalue_to_str(v, at->name, &id, errp)) {
        return false;
    }
    chr = *id ? qemu_chr_find(id) : NULL;
    if (*id && !chr) {
        return not_found(at, id, "a -chardev", errp);
    }
    release_chr(at);
    if (chr && !qemu_chr_fe_init(at->variable, chr, errp)) {
        error_prepend(errp, "Property '%s.%s' can't take value '%s': ",
                      object_get_typename(at->owner), at->name, id);
        return false;
    }
    return true;
}

const PropertyInfo qdev_prop_chr = {
    .name = "str",
    .description = "ID of a chardev to use as a backend",
    .get = get_chr,
    .set = set_chr,
    .release = release_chr,
};

void qdev_prop_set_chr(DeviceState *dev, const char *name, Chardev *value)
{
    assert((!value || value->label) && "a chardev without a name");
    object_property_set_str(OBJECT(dev), name, value ? value->label : "", &error_fatal);
}

/* --- drives --- */

static void get_drive(const PropertyAccess *at, QValue *v)
{
    BlockBackend *drive = *(BlockBackend **)at->variable;

    qvalue_set_str(v, drive ? blk_shown_name(drive) : NULL);
}

static void release_drive(const PropertyAccess *at)
{
    BlockBackend **drive = at->variable;

    if (*drive) {
        blk_detach_dev(*drive, DEVICE(at->owner));
        blk_unref(*drive);
        *drive = NULL;
    }
}

static bool set_drive(const PropertyAccess *at, const QValue *v, Error **errp)
{
    BlockBackend **drive = at->variable;
    BlockBackend *wanted;
    Error *err = NULL;
    const char *id;

    if (!qvalue_to_str(v, at->name, &id, errp)) {
        return false;
    }
    if (*id && !blk_by_name(id) && *drive && g_str_equal(blk_shown_name(*drive), id)) {
        return true;
    }
    wanted = *id ? blk_for_device(id, &err) : NULL;
    if (err && error_get_class(err) == ERROR_CLASS_DEVICE_NOT_FOUND) {
        error_free(err);
        return not_found(at, id, "a -drive or -blockdev", errp);
    }
    if (err) {
        error_propagate(errp, err);
        return false;
    }
    if (wanted && wanted == *drive) {
        blk_unref(wanted);
        return true;
    }
    if (wanted && blk_attach_dev(wanted, DEVICE(at->owner)) < 0) {
        error_setg(errp, "Drive '%s' is already in use by another device", id);
        blk_unref(wanted);
        return false;
    }
    release_drive(at);
    *drive = wanted;
    return true;
}

const PropertyInfo qdev_prop_drive = {
    .name = "str",
    .description = "Node name or ID of a block device to use as a backend",
    .get = get_drive,
    .set = set_drive,
    .release = release_drive,
};

bool qdev_prop_set_drive_err(DeviceState *dev, const char *name, BlockBackend *value, Error **errp)
{
    return object_property_set_str(OBJECT(dev), name, value ? blk_name(value) : "", errp);
}

void qdev_prop_set_drive(DeviceState *dev, const char *name, BlockBackend *value)
{
    qdev_prop_set_drive_err(dev, name, value, &error_abort);
}

/* --- Ethernet addresses --- */

static char *mac_text(const uint8_t *mac)
{
    return g_strdup_printf(MAC_FMT, MAC_ARG(mac));
}

static void get_mac(const PropertyAccess *at, QValue *v)
{
    g_autofree char *text = mac_text(((MACAddr *)at->variable)->a);

    qvalue_set_str(v, text);
}

static bool set_mac(const PropertyAccess *at, const QValue *v, Error **errp)
{
    const char *text;

    return qvalue_to_str(v, at->name, &text, errp) &&
           (net_mac_parse(text, at->variable) ||
            malformed(at, text, "six bytes like 52:54:00:12:34:56", errp));
}

const PropertyInfo qdev_prop_macaddr = {
    .name = "str",
    .description = "Ethernet 6-byte MAC Address, example: 52:54:00:12:34:56",
    .get = get_mac,
    .set = set_mac,
};

void qdev_prop_set_macaddr(DeviceState *dev, const char *name, const uint8_t *value)
{
    g_autofree char *text = mac_text(value);

    object_property_set_str(OBJECT(dev), name, text, &error_abort);
}

/* --- network back ends --- */

static void get_netdev(const PropertyAccess *at, QValue *v)
{
    const NICPeers *peers = at->variable;

    qvalue_set_str(v, peers->ncs[0] ? peers->ncs[0]->name : NULL);
}

static void release_netdev(const PropertyAccess *at)
{
    NICPeers *peers = at->variable;

    for (int i = 0; i < peers->queues; i++) {
        if (peers->ncs[i]) {
            peers->ncs[i]->claimed_by = NULL;
        }
    }
    *peers = (NICPeers){ 0 };
}

static bool set_netdev(const PropertyAccess *at, const QValue *v, Error **errp)
{
    NetClientState *queues[MAX_QUEUE_NUM];
    NICPeers *peers = at->variable;
    const char *id;
    int n = 0;

    if (!qvalue_to_str(v, at->name, &id, errp)) {
        return false;
    }
    if (*id) {
        n = qemu_find_net_clients_except(id, queues, NET_CLIENT_DRIVER_NIC, MAX_QUEUE_NUM);
        if (!n) {
            return not_found(at, id, "a -netdev", errp);
        }
    }
    for (int i = 0; i < n; i++) {
        if (queues[i]->peer || (queues[i]->claimed_by && queues[i]->claimed_by != peers)) {
            error_setg(errp, "Property '%s.%s' can't take value '%s', it's in use",
                       object_get_typename(at->owner), at->name, id);
            return false;
        }
    }
    release_netdev(at);
    for (int i = 0; i < n; i++) {
        queues[i]->claimed_by = peers;
        peers->ncs[i] = queues[i];
    }
    peers->queues = n;
    return true;
}

const PropertyInfo qdev_prop_netdev = {
    .name = "str",
    .description = "The other end of its cable: the id of a -netdev",
    .get = get_netdev,
    .set = set_netdev,
    .release = release_netdev,
};

/* --- sound back ends --- */

static void get_audiodev(const PropertyAccess *at, QValue *v)
{
    const AudioDev *dev = *(AudioDev **)at->variable;

    qvalue_set_str(v, dev ? audiodev_id(dev) : NULL);
}

static bool set_audiodev(const PropertyAccess *at, const QValue *v, Error **errp)
{
    const char *id;
    AudioDev *dev;

    if (!qvalue_to_str(v, at->name, &id, errp)) {
        return false;
    }
    dev = *id ? audiodev_find(id) : NULL;
    if (*id && !dev) {
        return not_found(at, id, "an -audiodev", errp);
    }
    *(AudioDev **)at->variable = dev;
    return true;
}

const PropertyInfo qdev_prop_audiodev = {
    .name = "str",
    .description = "Where it plays and records: the id of an -audiodev",
    .get = get_audiodev,
    .set = set_audiodev,
};

/* --- PCI slot and function --- */

/* "SLOT[.FUNCTION]", both hexadecimal, or "-1". */
static bool parse_devfn(const char *text, int32_t *devfn)
{
    unsigned slot, fn = 0;
    const char *end;

    if (g_str_equal(text, "-1")) {
        *devfn = -1;
        return true;
    }
    if (!g_ascii_isxdigit(*text) || qemu_strtoui(text, &end, 16, &slot)) {
        return false;
    }
    if (*end == '.' && (!g_ascii_isxdigit(end[1]) || qemu_strtoui(end + 1, &end, 16, &fn))) {
        return false;
    }
    if (*end || slot > 31 || fn > 7) {
        return false;
    }
    *devfn = (int32_t)(slot << 3 | fn);
    return true;
}

static bool set_devfn(const PropertyAccess *at, const QValue *v, Error **errp)
{
    int64_t number;

    if (v->kind == QVALUE_STR) {
        return parse_devfn(v->s, at->variable) ||
               malformed(at, v->s, "SLOT[.FUNCTION], example: 06.0", errp);
    }
    if (!qvalue_to_int(v, at->name, -1, 255, &number, errp)) {
        return false;
    }
    *(int32_t *)at->variable = (int32_t)number;
    return true;
}

static char *print_devfn(Object *obj, const Property *prop)
{
    int32_t devfn = *(int32_t *)object_field_prop_ptr(obj, prop);

    return devfn < 0 ? g_strdup("<unset>") : g_strdup_printf("%02x.%x", devfn >> 3, devfn & 7);
}

const PropertyInfo qdev_prop_pci_devfn = {
    .name = "int32",
    .description = "Slot and optional function number, example: 06.0 or 06",
    .kind = PROPERTY_INT,
    .size = sizeof(int32_t),
    .set = set_devfn,
    .print = print_devfn,
};
