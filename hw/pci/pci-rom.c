/*
 * Expansion ROMs: an image in base address register 0x30.
 *
 * Reference: PCI Local Bus Specification, revision 2.3, sections 6.2.5.2 and 6.3.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/loader.h"
#include "hw/pci/pci_bus.h"
#include "qapi/error.h"
#include "qemu/host-utils.h"
#include "system/system.h"

#define ROM_MIN 0x800u /* bits 1-10 of the register are reserved */
#define ROM_MAX 0x1000000u

/* The user's file, the class's, or none: "" is the user's way to say none. */
static const char *rom_name(PCIDevice *dev)
{
    const char *name = dev->romfile ? dev->romfile : PCI_DEVICE_GET_CLASS(dev)->romfile;

    return name && *name ? name : NULL;
}

static bool check_rom_size(PCIDevice *dev, const char *path, int64_t size, Error **errp)
{
    bool given = dev->romsize != UINT32_MAX;

    if (size < 0) {
        error_setg_errno(errp, errno, "%s: could not read romfile '%s'", dev->name, path);
    } else if (size == 0) {
        error_setg(errp, "%s: romfile '%s' is empty", dev->name, path);
    } else if (given && (!is_power_of_2(dev->romsize) || dev->romsize < ROM_MIN)) {
        error_setg(errp, "%s: romsize %u: expected a power of two from %u on", dev->name,
                   dev->romsize, ROM_MIN);
    } else if (size > (given ? dev->romsize : ROM_MAX)) {
        error_setg(errp, "%s: romfile '%s' is too large: %" PRId64 " bytes, maximum %u", dev->name,
                   path, size, given ? dev->romsize : ROM_MAX);
    } else {
        return true;
    }
    return false;
}

bool pci_init_rom(PCIDevice *dev, Error **errp)
{
    const char *name = rom_name(dev);
    g_autofree char *path = NULL;
    g_autofree char *region_name = NULL;
    ERRP_GUARD();
    int64_t size;

    if (!name || !dev->rombar) {
        return true;
    }
    path = qemu_find_file(QEMU_FILE_TYPE_BIOS, name);
    if (!path) {
        error_setg(errp, "%s: romfile '%s' not found", dev->name, name);
        return false;
    }
    size = get_image_size(path);
    if (!check_rom_size(dev, path, size, errp)) {
        return false;
    }
    region_name = g_strdup_printf("%s.rom", dev->name);
    memory_region_init_rom(&dev->rom, OBJECT(dev), region_name,
                           dev->romsize != UINT32_MAX ? dev->romsize
                                                      : MAX(pow2ceil(size), ROM_MIN),
                           errp);
    if (*errp) {
        return false;
    }
    dev->has_rom = true;
    if (load_image_size(path, memory_region_get_ram_ptr(&dev->rom), size) != size) {
        error_setg(errp, "%s: could not read romfile '%s'", dev->name, path);
        return false;
    }
    pci_register_bar(dev, PCI_ROM_SLOT, PCI_BASE_ADDRESS_SPACE_MEMORY, &dev->rom);
    return true;
}
