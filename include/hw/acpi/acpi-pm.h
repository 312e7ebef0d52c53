/*
 * ACPI's fixed hardware, as chipsets have it: the PM1 event and control registers, the PM timer, a
 * block of general-purpose events, and the system control interrupt (SCI) that comes of them.
 *
 * A chipset holds one, maps the regions where its configuration says and drives its interrupt line
 * with what `sci` is told. The power button is connected (`system_powerdown`); S3 suspends the
 * machine to RAM.
 *
 * Reference: ACPI specification 6.4, 4.8.3 (fixed hardware), 4.8.4 (general-purpose events).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_ACPI_ACPI_PM_H
#define HW_ACPI_ACPI_PM_H

#include "migration/vmstate.h"
#include "qemu/notify.h"
#include "qemu/timer.h"
#include "system/memory.h"

#define ACPI_PM_EVENT_SIZE   4 /* bytes of each region */
#define ACPI_PM_CONTROL_SIZE 2
#define ACPI_PM_TIMER_SIZE   4
#define ACPI_PM_GPE_SIZE     4 /* of a block of 16 events: status, enable */
#define ACPI_PM_GPE_MAX      64 /* events */

#define ACPI_PM_TIMER_HZ 3579545

#define ACPI_PM_SLEEP_RAM 1 /* SLP_TYP of S3 */

/* What software writes that firmware may want to hear of (SMI). */
typedef enum AcpiPmCall {
    ACPI_PM_SLEEPS,        /* SLP_EN */
    ACPI_PM_RELEASES_LOCK, /* GBL_RLS */
} AcpiPmCall;

typedef struct AcpiPm {
    MemoryRegion event, control, timer, gpe;
    void (*sci)(void *opaque, bool level);
    bool (*call_firmware)(void *opaque, AcpiPmCall call); /* may be NULL */
    void *opaque;
    /* SLP_TYP that switches the machine off, and what the registers' reader calls it in logs. */
    uint8_t sleep_off;
    uint8_t gpe_bytes; /* of the block's status, and as many of its enable */
    const char *name;
    uint8_t s3_disabled; /* the owner's property disable_s3: it doesn't suspend to RAM */
    Notifier power_button, wakeup;
    QEMUTimer *overflow;

    uint16_t status, enable, controls;
    uint64_t gpe_status, gpe_enable;
    int64_t timer_seen; /* ticks up to which overflows have been noticed */
} AcpiPm;

/* Makes the regions; sleep_off is the SLP_TYP of S5. The callback gets each change of the SCI. */
void acpi_pm_init(AcpiPm *pm, Object *owner, const char *name, uint8_t sleep_off,
                  void (*sci)(void *opaque, bool level), void *opaque);
/* A block of so many events (a multiple of 8, at most 64) in place of 16; right after init. */
void acpi_pm_set_gpe_count(AcpiPm *pm, unsigned events);
/* Of a chipset with SMIs; true: firmware has been called, so that it doesn't sleep by itself. */
void acpi_pm_set_firmware_call(AcpiPm *pm, bool (*call_firmware)(void *opaque, AcpiPmCall call));
void acpi_pm_reset(AcpiPm *pm);
/* What firmware does when the OS asks it to leave hardware to it, or take it back: SCI_EN. */
void acpi_pm_set_acpi_mode(AcpiPm *pm, bool on);
/* Firmware has released the global lock that the OS waits for: GBL_STS. */
void acpi_pm_release_global_lock(AcpiPm *pm);
/* Event n of the general-purpose block has happened. */
void acpi_pm_raise_gpe(AcpiPm *pm, unsigned n);

extern const VMStateDescription vmstate_acpi_pm;
#define VMSTATE_ACPI_PM(_field, _state) VMSTATE_STRUCT(_field, _state, 2, vmstate_acpi_pm, AcpiPm)

#endif
