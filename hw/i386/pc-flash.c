/*
 * The PC's firmware: a ROM, or up to two flash chips.
 *
 * Both end at 4 GiB, where the reset vector is; a second chip lies right below the first. The last
 * 128 KiB are to be read below 1 MiB as well: of flash this is a copy from before the start, as
 * nothing that is programmed later can be what a real-mode program runs.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/block/flash.h"
#include "hw/i386/pc.h"
#include "hw/loader.h"
#include "hw/sysbus.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "system/block-backend.h"
#include "system/system.h"

#define FIRMWARE_MAX     (8 * MiB)
#define ROM_UNIT         (64 * KiB)
#define FLASH_SECTOR     (4 * KiB)
#define ISA_BIOS_MAX     (128 * KiB)

/* ---- ROM ---- */

static char *find_firmware(const char *name, int64_t *size)
{
    char *filename = qemu_find_file(QEMU_FILE_TYPE_BIOS, name);

    if (!filename) {
        error_report("could not find firmware '%s': it comes with the package seabios, or -bios "
                     "and -L say where it is", name);
        exit(1);
    }
    *size = get_image_size(filename);
    if (*size <= 0 || *size % ROM_UNIT || *size > (int64_t)FIRMWARE_MAX) {
        error_report("firmware '%s' has %" PRId64 " bytes, expected a multiple of 64 KiB up to 8 "
                     "MiB", filename, *size);
        exit(1);
    }
    return filename;
}

/* What is written to is as the file has it after each reset. */
static void init_rom(PCState *s, const char *filename, int64_t size)
{
    if (PC_MACHINE_GET_CLASS(s)->firmware_is_ram) {
        memory_region_init_ram(&s->bios, OBJECT(s), "pc.bios", size, &error_fatal);
        if (rom_add_file_mr(filename, &s->bios, -1) < 0) {
            exit(1); /* it is reported */
        }
        return;
    }
    memory_region_init_rom(&s->bios, OBJECT(s), "pc.bios", size, &error_fatal);
    if (load_image_size(filename, memory_region_get_ram_ptr(&s->bios), size) != size) {
        error_report("could not read firmware '%s'", filename);
        exit(1);
    }
}

static void map_rom(PCState *s)
{
    const PCMachineClass *pmc = PC_MACHINE_GET_CLASS(s);
    const char *name = s->parent_obj.firmware ? s->parent_obj.firmware : pmc->firmware;
    int64_t size;
    g_autofree char *filename = find_firmware(name, &size);
    uint64_t low_size = MIN(size, ISA_BIOS_MAX);

    init_rom(s, filename, size);
    memory_region_init_alias(&s->isa_bios, OBJECT(s), "isa-bios", &s->bios, size - low_size,
                             low_size);
    memory_region_set_readonly(&s->isa_bios, !pmc->firmware_is_ram);
    memory_region_add_subregion_overlap(s->rom_memory, MiB - low_size, &s->isa_bios, 1);
    memory_region_add_subregion(s->rom_memory, 4 * GiB - size, &s->bios);
}

/* ---- Flash ---- */

/* What the user calls the chip, for errors: unit=N of if=pflash or the machine's property. */
static char *source_of(const PCState *s, unsigned unit)
{
    return s->flash_node[unit] ? g_strdup_printf("-machine pflash%u=%s", unit, s->flash_node[unit])
                               : g_strdup_printf("the drive with if=pflash,unit=%u", unit);
}

static bool is_given(const PCState *s, unsigned unit)
{
    return s->flash_node[unit] || drive_get(IF_PFLASH, 0, unit);
}

/* Its size isn't known yet; NULL: there is none. */
static DeviceState *new_chip(PCState *s, unsigned unit)
{
    DriveInfo *drive = drive_get(IF_PFLASH, 0, unit);
    g_autofree char *name = g_strdup_printf("system.flash%u", unit);
    DeviceState *dev;

    if (!is_given(s, unit)) {
        return NULL;
    }
    if (drive && s->flash_node[unit]) {
        error_report("-machine pflash%u=%s and a drive with if=pflash,unit=%u both give the "
                     "contents of flash chip %u", unit, s->flash_node[unit], unit, unit);
        exit(1);
    }
    dev = qdev_new(TYPE_PFLASH_CFI01);
    object_property_add_child(OBJECT(s), name, OBJECT(dev));
    qdev_prop_set_uint64(dev, "sector-length", FLASH_SECTOR);
    qdev_prop_set_uint8(dev, "width", 1);
    qdev_prop_set_string(dev, "name", name);
    qdev_prop_set_bit(dev, "ready-when-cleared", false);
    pflash_cfi01_legacy_drive(PFLASH_CFI01(dev), drive);
    if (s->flash_node[unit]) {
        object_property_set_str(OBJECT(dev), "drive", s->flash_node[unit], &error_fatal);
    }
    return dev;
}

/* As large as its image, of which 8 MiB in all have room; `above` bytes lie between it and 4 GiB. */
static uint64_t map_chip(PCState *s, unsigned unit, uint64_t above)
{
    DeviceState *dev = new_chip(s, unit);
    g_autofree char *source = source_of(s, unit);
    int64_t size;

    if (!dev) {
        return 0;
    }
    size = blk_getlength(pflash_cfi01_get_blk(PFLASH_CFI01(dev)));
    if (size < 0) {
        error_report("%s: could not tell its size: %s", source, strerror(-size));
        exit(1);
    }
    if (size == 0 || size % FLASH_SECTOR || (uint64_t)size > FIRMWARE_MAX - above) {
        error_report("%s has %" PRId64 " bytes, expected a multiple of 4 KiB up to %" PRIu64 " KiB",
                     source, size, (uint64_t)((FIRMWARE_MAX - above) / KiB));
        exit(1);
    }
    qdev_prop_set_uint32(dev, "num-blocks", size / FLASH_SECTOR);
    sysbus_realize_and_unref(SYS_BUS_DEVICE(dev), &error_fatal);
    sysbus_mmio_map(SYS_BUS_DEVICE(dev), 0, 4 * GiB - above - size);
    s->flash[unit] = PFLASH_CFI01(dev);
    return size;
}

static void copy_below_1m(PCState *s, uint64_t flash_size)
{
    const uint8_t *flash = memory_region_get_ram_ptr(pflash_cfi01_get_memory(s->flash[0]));
    uint64_t size = MIN(flash_size, ISA_BIOS_MAX);

    memory_region_init_rom(&s->isa_bios, OBJECT(s), "isa-bios", size, &error_fatal);
    memcpy(memory_region_get_ram_ptr(&s->isa_bios), flash + flash_size - size, size);
    memory_region_add_subregion_overlap(s->rom_memory, MiB - size, &s->isa_bios, 1);
}

/* ---- For the boards ---- */

void pc_map_firmware(PCState *s)
{
    uint64_t size;

    if (!is_given(s, 0)) {
        if (is_given(s, 1)) {
            g_autofree char *source = source_of(s, 1);

            error_report("%s is the second flash chip, and there is no first one (unit 0), from "
                         "which the firmware starts", source);
            exit(1);
        }
        map_rom(s);
        return;
    }
    if (s->parent_obj.firmware) {
        g_autofree char *source = source_of(s, 0);

        error_report("-bios %s and %s both give the firmware: expected one of them",
                     s->parent_obj.firmware, source);
        exit(1);
    }
    size = map_chip(s, 0, 0);
    map_chip(s, 1, size);
    copy_below_1m(s, size);
}

static char *get_flash0(Object *obj, Error **errp)
{
    return g_strdup(PC_MACHINE(obj)->flash_node[0]);
}

static char *get_flash1(Object *obj, Error **errp)
{
    return g_strdup(PC_MACHINE(obj)->flash_node[1]);
}

static void set_node(PCState *s, unsigned unit, const char *value)
{
    g_free(s->flash_node[unit]);
    s->flash_node[unit] = *value ? g_strdup(value) : NULL;
}

static void set_flash0(Object *obj, const char *value, Error **errp)
{
    set_node(PC_MACHINE(obj), 0, value);
}

static void set_flash1(Object *obj, const char *value, Error **errp)
{
    set_node(PC_MACHINE(obj), 1, value);
}

void pc_add_flash_properties(ObjectClass *oc)
{
    object_class_property_add_str(oc, "pflash0", get_flash0, set_flash0);
    object_class_property_set_description(oc, "pflash0",
                                          "Block node with the first flash chip's contents");
    object_class_property_add_str(oc, "pflash1", get_flash1, set_flash1);
    object_class_property_set_description(oc, "pflash1",
                                          "Block node with the second flash chip's contents");
}
