/*
 * _OST as events and answers of the monitor: see hw/acpi/acpi-ost.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/acpi/acpi-ost.h"
#include "qemu/module.h"
#include "system/events.h"

/* Sources of an eject: a notification, or the user inside the guest. */
enum { NOTIFIED_EJECT = 0x03, GUESTS_EJECT = 0x103 };
enum { STATUS_SUCCESS = 0x00, STATUS_EJECT_PENDING = 0x84 };

JsonObject *acpi_ost_info(const DeviceState *dev, const char *kind, unsigned slot, uint32_t event,
                          uint32_t status)
{
    g_autofree char *name = g_strdup_printf("%u", slot);
    JsonObject *o = json_object_new();

    if (dev && dev->id) {
        json_object_set_string_member(o, "device", dev->id);
    }
    json_object_set_string_member(o, "slot", name);
    json_object_set_string_member(o, "slot-type", kind);
    json_object_set_int_member(o, "source", event);
    json_object_set_int_member(o, "status", status);
    return o;
}

void acpi_ost_send(const DeviceState *dev, const char *kind, unsigned slot, uint32_t event,
                   uint32_t status)
{
    JsonObject *data = json_object_new();

    json_object_set_object_member(data, "info", acpi_ost_info(dev, kind, slot, event, status));
    event_send("ACPI_DEVICE_OST", data);
}

static const TypeInfo acpi_ost_types[] = {
    { .name = TYPE_ACPI_DEVICE_IF, .parent = TYPE_INTERFACE,
      .class_size = sizeof(AcpiDeviceIfClass) },
};

DEFINE_TYPES(acpi_ost_types)

bool acpi_ost_refused_eject(uint32_t event, uint32_t status)
{
    return (event == NOTIFIED_EJECT || event == GUESTS_EJECT) && status != STATUS_SUCCESS &&
           status != STATUS_EJECT_PENDING;
}
