/*
 * Device properties that lead to the outside: character and block back ends, network and PCI
 * addresses.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "chardev/char-fe.h"
#include "hw/qdev-properties.h"
#include "qapi/error.h"
#include "qemu/cutils.h"
#include "system/block-backend.h"

/* --- character devices --- */

static void get_chr(Object *obj, QValue *v, const char *name, void *opaque, Error **errp)
{
    CharBackend *be = object_field_prop_ptr(obj, opaque);

    qvalue_set_str(v, be->chr ? be->chr->label : "");
}

static void set_chr(Object *obj, QValue *v, const char *name, void *opaque, Error **errp)
{
    CharBackend *be = object_field_prop_ptr(obj, opaque);
    const char *id;
    Chardev *chr;

    if (!qvalue_to_str(v, name, &id, errp)) {
        return;
    }
    if (qemu_chr_fe_get_driver(be)) {
        qemu_chr_fe_deinit(be, false);
    }
    if (!*id) {
        return;
    }
    chr = qemu_chr_find(id);
    if (!chr) {
        error_setg(errp, "Property '%s.%s' can't find value '%s'", object_get_typename(obj), name,
                   id);
        return;
    }
    if (!qemu_chr_fe_init(be, chr, errp)) {
        error_prepend(errp, "Property '%s.%s' can't take value '%s': ", object_get_typename(obj),
                      name, id);
    }
}

static void release_chr(Object *obj, const char *name, void *opaque)
{
    qemu_chr_fe_deinit(object_field_prop_ptr(obj, opaque), false);
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

static void get_drive(Object *obj, QValue *v, const char *name, void *opaque, Error **errp)
{
    BlockBackend **p = object_field_prop_ptr(obj, opaque);

    qvalue_set_str(v, *p ? blk_name(*p) : "");
}

static bool attach_drive(Object *obj, const char *name, BlockBackend **p, BlockBackend *blk,
                         Error **errp)
{
    BlockBackend *old = *p;

    if (blk && blk != old && blk_attach_dev(blk, DEVICE(obj)) < 0) {
        error_setg(errp, "Drive '%s' is already in use by another device", blk_name(blk));
        return false;
    }
    if (blk != old) {
        if (blk) {
            blk_ref(blk);
        }
        *p = blk;
        if (old) {
            blk_detach_dev(old, DEVICE(obj));
            blk_unref(old);
        }
    }
    return true;
}

static void set_drive(Object *obj, QValue *v, const char *name, void *opaque, Error **errp)
{
    BlockBackend **p = object_field_prop_ptr(obj, opaque);
    BlockBackend *blk = NULL;
    const char *id;

    if (!qvalue_to_str(v, name, &id, errp)) {
        return;
    }
    if (*id) {
        blk = blk_by_name(id);
        if (!blk) {
            error_setg(errp, "Property '%s.%s' can't find value '%s'", object_get_typename(obj),
                       name, id);
            return;
        }
    }
    attach_drive(obj, name, p, blk, errp);
}

static void release_drive(Object *obj, const char *name, void *opaque)
{
    attach_drive(obj, name, object_field_prop_ptr(obj, opaque), NULL, NULL);
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

static void get_mac(Object *obj, QValue *v, const char *name, void *opaque, Error **errp)
{
    MACAddr *mac = object_field_prop_ptr(obj, opaque);
    g_autofree char *text =
        g_strdup_printf("%02x:%02x:%02x:%02x:%02x:%02x", mac->a[0], mac->a[1], mac->a[2],
                        mac->a[3], mac->a[4], mac->a[5]);

    qvalue_set_str(v, text);
}

/* "52:54:00:12:34:56", also with dashes. */
static bool parse_mac(const char *text, MACAddr *mac)
{
    for (int i = 0; i < 6; i++, text += 3) {
        if (!g_ascii_isxdigit(text[0]) || !g_ascii_isxdigit(text[1])) {
            return false;
        }
        mac->a[i] = g_ascii_xdigit_value(text[0]) << 4 | g_ascii_xdigit_value(text[1]);
        if (i == 5 ? text[2] != 0 : text[2] != ':' && text[2] != '-') {
            return false;
        }
    }
    return true;
}

static void set_mac(Object *obj, QValue *v, const char *name, void *opaque, Error **errp)
{
    const char *text;
    MACAddr mac;

    if (!qvalue_to_str(v, name, &text, errp)) {
        return;
    }
    if (!parse_mac(text, &mac)) {
        error_setg(errp, "Property '%s.%s' doesn't take value '%s': expected six bytes like "
                         "52:54:00:12:34:56", object_get_typename(obj), name, text);
        return;
    }
    *(MACAddr *)object_field_prop_ptr(obj, opaque) = mac;
}

const PropertyInfo qdev_prop_macaddr = {
    .name = "str",
    .description = "Ethernet 6-byte MAC Address, example: 52:54:00:12:34:56",
    .get = get_mac,
    .set = set_mac,
};

void qdev_prop_set_macaddr(DeviceState *dev, const char *name, const uint8_t *value)
{
    g_autofree char *text = g_strdup_printf("%02x:%02x:%02x:%02x:%02x:%02x", value[0], value[1],
                                            value[2], value[3], value[4], value[5]);

    object_property_set_str(OBJECT(dev), name, text, &error_abort);
}

/* --- PCI slot and function --- */

static void get_devfn(Object *obj, QValue *v, const char *name, void *opaque, Error **errp)
{
    qvalue_set_int(v, *(int32_t *)object_field_prop_ptr(obj, opaque));
}

/* "SLOT[.FUNCTION]", both hexadecimal. */
static bool parse_devfn(const char *text, int32_t *devfn)
{
    unsigned slot, fn = 0;
    const char *end;

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

static void set_devfn(Object *obj, QValue *v, const char *name, void *opaque, Error **errp)
{
    int32_t *p = object_field_prop_ptr(obj, opaque);
    int64_t value;

    if (v->kind != QVALUE_STR) {
        if (qvalue_to_int(v, name, -1, 255, &value, errp)) {
            *p = (int32_t)value;
        }
        return;
    }
    if (!strcmp(v->s, "-1")) {
        *p = -1;
    } else if (!parse_devfn(v->s, p)) {
        error_setg(errp, "Property '%s.%s' doesn't take value '%s': expected SLOT[.FUNCTION], "
                         "example: 06.0", object_get_typename(obj), name, v->s);
    }
}

static char *print_devfn(Object *obj, const Property *prop)
{
    int32_t devfn = *(int32_t *)object_field_prop_ptr(obj, prop);

    if (devfn == -1) {
        return g_strdup("<unset>");
    }
    return g_strdup_printf("%02x.%x", devfn >> 3, devfn & 7);
}

static void set_default_devfn(ObjectProperty *op, const Property *prop)
{
    object_property_set_default_int(op, prop->defval.i);
}

const PropertyInfo qdev_prop_pci_devfn = {
    .name = "int32",
    .description = "Slot and optional function number, example: 06.0 or 06",
    .print = print_devfn,
    .get = get_devfn,
    .set = set_devfn,
    .set_default_value = set_default_devfn,
};
