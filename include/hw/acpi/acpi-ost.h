/*
 * _OST: what a guest says about a device that it was told of.
 *
 * Reference: ACPI specification 6.4, 6.3.5.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_ACPI_ACPI_OST_H
#define HW_ACPI_ACPI_OST_H

#include <json-glib/json-glib.h>
#include "core/qdev-core.h"

/* A device by which the guest is told, and that knows what the guest said. */
#define TYPE_ACPI_DEVICE_IF "acpi-device-interface"
typedef struct AcpiDeviceIfClass {
    InterfaceClass parent_class;

    /* Appends an ACPIOSTInfo for each place that a device may come to. */
    void (*report)(Object *obj, JsonArray *list);
    /* Event n of its general-purpose block has happened. */
    void (*raise_event)(Object *obj, unsigned n);
} AcpiDeviceIfClass;
DECLARE_CLASS_CHECKERS(AcpiDeviceIfClass, ACPI_DEVICE_IF, TYPE_ACPI_DEVICE_IF)

/* An ACPIOSTInfo; dev may be NULL. `kind`: "DIMM" or "CPU". */
JsonObject *acpi_ost_info(const DeviceState *dev, const char *kind, unsigned slot, uint32_t event,
                          uint32_t status);
/* Sends ACPI_DEVICE_OST with it. */
void acpi_ost_send(const DeviceState *dev, const char *kind, unsigned slot, uint32_t event,
                   uint32_t status);
/* Whether the guest has refused to eject: it isn't done, nor will it be. */
bool acpi_ost_refused_eject(uint32_t event, uint32_t status);

#endif
