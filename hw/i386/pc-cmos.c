/*
 * PC boards: what firmware finds in the CMOS memory behind the clock.
 *
 * Reference: Ralf Brown's Interrupt List, "CMOS.LST", for the bytes of the PC/AT; those from 34h on
 * are what Bochs' and SeaBIOS' documentation say.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/block/fdc.h"
#include "hw/core/boot-order.h"
#include "hw/i386/pc.h"
#include "hw/ide/ide.h"
#include "hw/rtc/mc146818rtc.h"
#include "qapi/error.h"
#include "system/system.h"

enum {
    CMOS_FLOPPIES = 0x10,
    CMOS_EQUIPMENT = 0x14,
    CMOS_BASE_MEMORY = 0x15,
    CMOS_EXTENDED_MEMORY = 0x17,
    CMOS_EXTENDED_MEMORY_FOUND = 0x30,
    CMOS_ABOVE_16M = 0x34,
    CMOS_BOOT_THIRD = 0x38,
    CMOS_TRANSLATION = 0x39,
    CMOS_BOOT_FIRST = 0x3d,
    CMOS_ABOVE_4G = 0x5b,
    CMOS_OTHER_CPUS = 0x5f,
};
enum { HAS_FLOPPY = 0x01, HAS_FPU = 0x02, HAS_MOUSE = 0x04, HAS_SECOND_FLOPPY = 0x40 };
enum { TRANSLATE_NOT = 0, TRANSLATE_LBA = 1 }; /* cylinders, heads and sectors of INT 13h */

#define BIOS_CYLINDERS 1024 /* what INT 13h can name */

#define BASE_MEMORY_KIB 640

static void put(PCState *s, unsigned at, unsigned bytes, uint64_t value)
{
    for (unsigned i = 0; i < bytes; i++) {
        rtc_set_memory(s->rtc, at + i, value >> 8 * i & 0xff);
    }
}

static uint64_t memory_from(uint64_t size, uint64_t start, uint64_t unit, uint64_t limit)
{
    return size > start ? MIN((size - start) / unit, limit) : 0;
}

static void put_memory_sizes(PCState *s)
{
    uint64_t extended = memory_from(s->below_4g, 1 * MiB, KiB, UINT16_MAX);

    put(s, CMOS_BASE_MEMORY, 2, BASE_MEMORY_KIB);
    put(s, CMOS_EXTENDED_MEMORY, 2, extended);
    put(s, CMOS_EXTENDED_MEMORY_FOUND, 2, extended);
    put(s, CMOS_ABOVE_16M, 2, memory_from(s->below_4g, 16 * MiB, 64 * KiB, UINT16_MAX));
    put(s, CMOS_ABOVE_4G, 3, memory_from(s->above_4g, 0, 64 * KiB, 0xffffff));
}

/* The first drive's type in the upper half; the equipment byte counts them. */
static void put_floppies(PCState *s, unsigned *equipment)
{
    static const uint8_t types[] = {
        [FLOPPY_DRIVE_TYPE_144] = 4, [FLOPPY_DRIVE_TYPE_288] = 5, [FLOPPY_DRIVE_TYPE_120] = 2,
        [FLOPPY_DRIVE_TYPE_NONE] = 0,
    };
    uint8_t first = s->fdc ? types[isa_fdc_get_drive_type(s->fdc, 0)] : 0;
    uint8_t second = s->fdc ? types[isa_fdc_get_drive_type(s->fdc, 1)] : 0;

    put(s, CMOS_FLOPPIES, 1, first << 4 | second);
    *equipment |= (first || second ? HAS_FLOPPY : 0) | (first && second ? HAS_SECOND_FLOPPY : 0);
}

/* 0: there is no such device to boot from. */
static unsigned boot_code(char letter)
{
    switch (letter) {
    case 'a':
    case 'b':
        return 1;
    case 'c':
        return 2;
    case 'd':
        return 3;
    case 'n':
        return 4;
    default:
        return 0;
    }
}

/* Three devices, in half a byte each; the last half says how floppy disks are treated. */
static void set_boot_order(void *opaque, const char *order, Error **errp)
{
    PCState *s = opaque;
    unsigned codes[3] = { 0 };

    if (strlen(order) > ARRAY_SIZE(codes)) {
        error_setg(errp, "Too many boot devices for PC: '%s', at most three", order);
        return;
    }
    for (size_t i = 0; order[i]; i++) {
        codes[i] = boot_code(order[i]);
        if (!codes[i]) {
            error_setg(errp, "Invalid boot device for PC: '%c', expected a, b, c, d or n",
                       order[i]);
            return;
        }
    }
    put(s, CMOS_BOOT_FIRST, 1, codes[1] << 4 | codes[0]);
    put(s, CMOS_BOOT_THIRD, 1, codes[2] << 4 | !s->check_floppies);
}

/* Two bits for each IDE disk: firmware has no other way to know. */
static void put_disk_translations(Notifier *notifier, void *data)
{
    PCState *s = container_of(notifier, PCState, complete);
    unsigned bits = 0;

    for (unsigned i = 0; i < PC_IDE_CHANNELS * IDE_UNITS; i++) {
        IdeBus *bus = s->ide[i / IDE_UNITS];
        IdeGeometry g;

        if (bus && ide_bus_get_geometry(bus, i % IDE_UNITS, &g)) {
            bits |= (g.cylinders > BIOS_CYLINDERS ? TRANSLATE_LBA : TRANSLATE_NOT) << 2 * i;
        }
    }
    put(s, CMOS_TRANSLATION, 1, bits);
}

void pc_cmos_set_cpus(PCState *s, unsigned count)
{
    put(s, CMOS_OTHER_CPUS, 1, count - 1);
}

void pc_cmos_setup(PCState *s)
{
    unsigned equipment = HAS_FPU | (s->i8042_enabled ? HAS_MOUSE : 0);

    s->complete.notify = put_disk_translations;
    qemu_add_machine_init_done_notifier(&s->complete);
    put_memory_sizes(s);
    put_floppies(s, &equipment);
    put(s, CMOS_EQUIPMENT, 1, equipment);
    pc_cmos_set_cpus(s, s->parent_obj.smp.cpus);
    set_boot_order(s, s->parent_obj.boot_config.order, &error_fatal);
    qemu_register_boot_set(set_boot_order, s);
}
