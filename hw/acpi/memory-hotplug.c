/*
 * ACPI memory hot-plug: see hw/acpi/memory-hotplug.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/acpi/acpi-ost.h"
#include "hw/acpi/memory-hotplug.h"
#include "qapi/error.h"
#include "qemu/log.h"
#include "system/events.h"

enum { SLOT_SELECT = 0x00, OST_EVENT = 0x04, OST_STATUS = 0x08, CONTROL = 0x14 };
enum { ADDRESS_LOW = 0x00, ADDRESS_HIGH = 0x04, SIZE_LOW = 0x08, SIZE_HIGH = 0x0c, NODE = 0x10,
       STATUS = 0x14 };
enum { PRESENT = 1 << 0, INSERTED = 1 << 1, REMOVAL_WANTED = 1 << 2, EJECT = 1 << 3 };

static AcpiMemorySlot *selected_slot(AcpiMemoryHotplug *h)
{
    return h->selected < h->nr_slots ? &h->slots[h->selected] : NULL;
}

/* ---- Registers ---- */

static uint8_t slot_status(const AcpiMemorySlot *slot)
{
    return (slot->dimm ? PRESENT : 0) | (slot->inserted ? INSERTED : 0) |
           (slot->removal_wanted ? REMOVAL_WANTED : 0);
}

static uint64_t registers_read(void *opaque, hwaddr addr, unsigned size)
{
    AcpiMemorySlot *slot = selected_slot(opaque);
    uint64_t base = slot && slot->dimm ? slot->dimm->addr : 0;
    uint64_t length = slot && slot->dimm ? pc_dimm_size(slot->dimm) : 0;

    switch (slot ? addr : ~0ull) {
    case ADDRESS_LOW:
        return (uint32_t)base;
    case ADDRESS_HIGH:
        return base >> 32;
    case SIZE_LOW:
        return (uint32_t)length;
    case SIZE_HIGH:
        return length >> 32;
    case NODE:
        return slot->dimm ? slot->dimm->node : 0;
    case STATUS:
        return slot_status(slot);
    default:
        return ~0ull;
    }
}

static void ost_reported(const AcpiMemoryHotplug *h, const AcpiMemorySlot *slot)
{
    const DeviceState *dev = slot->dimm ? DEVICE(slot->dimm) : NULL;

    acpi_ost_send(dev, "DIMM", h->selected, slot->ost_event, slot->ost_status);
    if (dev && acpi_ost_refused_eject(slot->ost_event, slot->ost_status)) {
        g_autofree char *why = g_strdup_printf("the guest doesn't let go of it: status 0x%x",
                                               slot->ost_status);
        JsonObject *data = json_object_new();

        json_object_set_string_member(data, "device", dev->id ? dev->id : "");
        json_object_set_string_member(data, "msg", why);
        event_send("MEM_UNPLUG_ERROR", data);
    }
}

/* The guest has let go of it; what it says of a module that there isn't means nothing. */
static void eject(AcpiMemoryHotplug *h, AcpiMemorySlot *slot)
{
    DeviceState *dev;

    if (!slot->dimm) {
        qemu_log_dev(LOG_GUEST_ERROR, "acpi-mem-hotplug", "control",
                     "slot %u is ejected, but empty", h->selected);
        return;
    }
    dev = DEVICE(slot->dimm);
    hotplug_handler_unplug(qdev_get_hotplug_handler(dev), dev, &error_abort);
    object_unparent(OBJECT(dev));
}

static void control_written(AcpiMemoryHotplug *h, AcpiMemorySlot *slot, uint64_t value)
{
    if (value & INSERTED) {
        slot->inserted = false;
    } else if (value & REMOVAL_WANTED) {
        slot->removal_wanted = false;
    } else if (value & EJECT) {
        eject(h, slot);
    }
}

static void registers_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    AcpiMemoryHotplug *h = opaque;
    AcpiMemorySlot *slot;

    if (addr == SLOT_SELECT) {
        h->selected = value;
    }
    slot = selected_slot(h);
    if (!slot) {
        qemu_log_dev(LOG_GUEST_ERROR, "acpi-mem-hotplug", "slot", "%u of %u is selected",
                     h->selected, h->nr_slots);
    } else if (addr == OST_EVENT) {
        slot->ost_event = value;
    } else if (addr == OST_STATUS) {
        slot->ost_status = value;
        ost_reported(h, slot);
    } else if (addr == CONTROL) {
        control_written(h, slot, value);
    }
}

static const MemoryRegionOps registers_ops = {
    .read = registers_read,
    .write = registers_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 4 },
};

/* ---- Modules ---- */

void acpi_memory_hotplug_plug(AcpiMemoryHotplug *h, PCDimm *dimm)
{
    AcpiMemorySlot *slot = &h->slots[dimm->slot];

    slot->dimm = dimm;
    slot->removal_wanted = false;
    if (DEVICE(dimm)->hotplugged) {
        slot->inserted = true;
        h->notify(h->opaque);
    }
}

void acpi_memory_hotplug_unplug_request(AcpiMemoryHotplug *h, PCDimm *dimm)
{
    h->slots[dimm->slot].removal_wanted = true;
    h->notify(h->opaque);
}

void acpi_memory_hotplug_unplug(AcpiMemoryHotplug *h, PCDimm *dimm)
{
    AcpiMemorySlot *slot = &h->slots[dimm->slot];

    slot->dimm = NULL;
    slot->inserted = slot->removal_wanted = false;
}

void acpi_memory_hotplug_report(AcpiMemoryHotplug *h, JsonArray *list)
{
    for (unsigned i = 0; i < h->nr_slots; i++) {
        const AcpiMemorySlot *slot = &h->slots[i];

        json_array_add_object_element(list, acpi_ost_info(slot->dimm ? DEVICE(slot->dimm) : NULL,
                                                          "DIMM", i, slot->ost_event,
                                                          slot->ost_status));
    }
}

/* ---- What it is to ACPI ---- */

void acpi_memory_hotplug_put_aml(ACPITables *t, unsigned nr_slots)
{
    aml_put_name(t, "MSLT", nr_slots);
    aml_begin_scope(t, "\\_SB.DIMM");
    for (unsigned i = 0; i < nr_slots; i++) {
        aml_begin_place(t, 'M', i, "PNP0C80");
        aml_put_getter(t, "_STA", "STAT", i);
        aml_put_getter(t, "_CRS", "RSRC", i);
        aml_put_getter(t, "_PXM", "DOMN", i);
        aml_put_caller(t, "_OST", 3, "OSTR", i);
        aml_put_caller(t, "_EJ0", 1, "EJEC", i);
        aml_end(t);
    }
    aml_put_place_notifier(t, "TELL", 'M', nr_slots);
    aml_end(t);
}

/* ---- Making one ---- */

void acpi_memory_hotplug_init(AcpiMemoryHotplug *h, Object *owner, unsigned nr_slots,
                              void (*notify)(void *opaque), void *opaque)
{
    h->nr_slots = nr_slots;
    h->notify = notify;
    h->opaque = opaque;
    memory_region_init_io(&h->io, owner, &registers_ops, h, "acpi-mem-hotplug",
                          ACPI_MEMORY_HOTPLUG_SIZE);
}

void acpi_memory_hotplug_reset(AcpiMemoryHotplug *h)
{
    h->selected = 0;
}

static const VMStateDescription vmstate_slot = {
    .name = "acpi-memory-slot",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]){
        VMSTATE_BOOL(inserted, AcpiMemorySlot),
        VMSTATE_BOOL(removal_wanted, AcpiMemorySlot),
        VMSTATE_UINT32(ost_event, AcpiMemorySlot),
        VMSTATE_UINT32(ost_status, AcpiMemorySlot),
        VMSTATE_END_OF_LIST()
    },
};

const VMStateDescription vmstate_acpi_memory_hotplug = {
    .name = "acpi-memory-hotplug",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]){
        VMSTATE_UINT32(selected, AcpiMemoryHotplug),
        VMSTATE_STRUCT_ARRAY(slots, AcpiMemoryHotplug, MACHINE_MAX_MEMORY_SLOTS, 1, vmstate_slot,
                             AcpiMemorySlot),
        VMSTATE_END_OF_LIST()
    },
};
