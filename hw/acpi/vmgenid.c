/*
 * vmgenid: see hw/acpi/vmgenid.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "core/qdev-properties.h"
#include "hw/acpi/vmgenid.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/bswap.h"
#include "qemu/module.h"
#include "system/address-spaces.h"
#include "system/reset.h"

#define PAGE_FILE    "etc/vmgenid_guid"
#define ADDRESS_FILE "etc/vmgenid_addr"

enum { PAGE_SIZE_BYTES = 4096, GUID_SIZE = 16 };
/* Far enough into the page that nobody takes its start for a table. */
enum { GUID_OFFSET = 40 };

struct VMGenId {
    DeviceState parent_obj;

    char *guid; /* property: text, or "auto" */
    uint8_t bytes[GUID_SIZE];
    uint8_t address[8]; /* of the page, as firmware wrote it: little-endian; 0: not yet */
    void (*notify)(void *opaque);
    void *opaque;
};

/* ---- The number ---- */

/* As in memory: the first three parts are little-endian numbers. */
static void parse(const char *text, uint8_t bytes[GUID_SIZE])
{
    static const uint8_t order[GUID_SIZE] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14,
                                              15 };

    for (unsigned i = 0; i < GUID_SIZE; i++) {
        text += *text == '-';
        bytes[order[i]] = g_ascii_xdigit_value(text[0]) << 4 | g_ascii_xdigit_value(text[1]);
        text += 2;
    }
}

/* If the guest has a page for it. */
static void tell_guest(VMGenId *s)
{
    uint64_t page = ldq_le_p(s->address);

    if (page && s->notify) {
        address_space_write(&address_space_memory, page + GUID_OFFSET, MEMTXATTRS_UNSPECIFIED,
                            s->bytes, GUID_SIZE);
        s->notify(s->opaque);
    }
}

/* ---- For the board ---- */

void vmgenid_connect(VMGenId *s, FWCfgState *fw_cfg, void (*notify)(void *opaque), void *opaque)
{
    uint8_t *page = g_malloc0(PAGE_SIZE_BYTES);

    memcpy(page + GUID_OFFSET, s->bytes, GUID_SIZE);
    s->notify = notify;
    s->opaque = opaque;
    fw_cfg_add_file(fw_cfg, PAGE_FILE, page, PAGE_SIZE_BYTES);
    fw_cfg_add_file_callback(fw_cfg, ADDRESS_FILE, NULL, NULL, NULL, s->address,
                             sizeof(s->address), false);
}

void vmgenid_put_aml(VMGenId *s, ACPITables *t)
{
    acpi_allocate_file(t, PAGE_FILE, PAGE_SIZE_BYTES);
    acpi_report_file(t, ADDRESS_FILE, PAGE_FILE);
    aml_begin_scope(t, "\\_SB");
    aml_begin_device(t, "GENR");
    aml_put_string(t, "_HID", "QEMUVGID");
    aml_put_string(t, "_CID", "VM_Gen_Counter");
    aml_put_string(t, "_DDN", "VM_Gen_Counter");
    aml_put_file_address(t, "PAGE", PAGE_FILE);
    aml_begin_method(t, "ADDR", 0);
    aml_put_return(t);
    aml_put_path(t, "\\_SB.LOHI");
    aml_put_path(t, "PAGE");
    aml_put_constant(t, GUID_OFFSET);
    aml_end(t);
    aml_end(t);
    aml_end(t);
}

static VMGenId *find(void)
{
    Object *obj = object_resolve_path_type("", TYPE_VMGENID, NULL);

    return obj ? VMGENID(obj) : NULL;
}

char *vmgenid_find(void)
{
    VMGenId *s = find();

    return s ? g_strdup(s->guid) : NULL;
}

/* ---- The device ---- */

/* Firmware has yet to put the page somewhere. */
static void machine_is_reset(void *opaque)
{
    memset(VMGENID(opaque)->address, 0, sizeof(VMGENID(opaque)->address));
}

static void vmgenid_realize(DeviceState *dev, Error **errp)
{
    VMGenId *s = VMGENID(dev);
    char *text;

    if (!qdev_get_machine_hotplug_handler(dev)) {
        error_setg(errp, TYPE_VMGENID ": this machine has no ACPI tables that tell of it");
        return;
    }
    if (!find()) {
        error_setg(errp, "at most one " TYPE_VMGENID " device is permitted");
        return;
    }
    text = g_strcmp0(s->guid, "auto") ? g_strdup(s->guid) : g_uuid_string_random();
    if (!text || !g_uuid_string_is_valid(text)) {
        error_setg(errp, "Property 'vmgenid.guid' doesn't take value '%s': expected auto, or 32 "
                         "hexadecimal digits with dashes between", text ? text : "");
        g_free(text);
        return;
    }
    g_free(s->guid);
    s->guid = text;
    parse(text, s->bytes);
    qemu_register_reset(machine_is_reset, dev);
}

/* The guest goes on from where another may have, too. */
static int after_load(void *opaque, int version_id)
{
    tell_guest(opaque);
    return 0;
}

static const VMStateDescription vmstate_vmgenid = {
    .name = TYPE_VMGENID,
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = after_load,
    .fields = (const VMStateField[]){
        VMSTATE_UINT8_ARRAY(address, VMGenId, 8),
        VMSTATE_END_OF_LIST()
    },
};

static Property vmgenid_properties[] = {
    DEFINE_PROP_STRING("guid", VMGenId, guid),
    DEFINE_PROP_END_OF_LIST(),
};

static void vmgenid_init(Object *obj)
{
    VMGENID(obj)->guid = g_strdup("auto");
}

static void vmgenid_class_init(ObjectClass *oc, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);

    dc->realize = vmgenid_realize;
    dc->vmsd = &vmstate_vmgenid;
    dc->hotpluggable = false;
    dc->desc = "a number by which a guest notices that it goes on in another run";
    set_bit(DEVICE_CATEGORY_MISC, dc->categories);
    device_class_set_props(dc, vmgenid_properties);
}

static const TypeInfo vmgenid_types[] = {
    {
        .name = TYPE_VMGENID,
        .parent = TYPE_DEVICE,
        .instance_size = sizeof(VMGenId),
        .instance_init = vmgenid_init,
        .class_init = vmgenid_class_init,
    },
};

DEFINE_TYPES(vmgenid_types)
