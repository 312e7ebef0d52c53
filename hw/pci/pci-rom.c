/*
 * Expansion ROMs: an image in base address register 0x30.
 *
 * Firmware starts a ROM only if that says that it is for the device. One file serves all devices of
 * a family, so that its images are made to name the one that has them.
 *
 * Reference: PCI Local Bus Specification, revision 2.3, sections 6.2.5.2 and 6.3.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/loader.h"
#include "hw/pci/pci_bus.h"
#include "qapi/error.h"
#include "qemu/bswap.h"
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

/* Section 6.3.1: where an image says what it is. A PC's says its length in 512 bytes, too. */
enum { HEADER_DATA = 0x18, HEADER_SIZE = 0x1a, PC_LENGTH = 0x02, PC_CHECKSUM = 0x06 };
enum { DATA_VENDOR = 0x04, DATA_DEVICE = 0x06, DATA_LENGTH = 0x10, DATA_CODE = 0x14,
       DATA_INDICATOR = 0x15, DATA_SIZE = 0x18 };
enum { CODE_PC = 0, LAST_IMAGE = 0x80 };

/*
 * An image of another device of the same vendor is for this one. A PC's adds up to 0, of which a
 * byte that is free in its header takes care if what changes is in the sum.
 */
static void name_device(const PCIDevice *dev, uint8_t *image, uint8_t *data)
{
    uint16_t vendor = pci_get_word(dev->config + PCI_VENDOR_ID);
    uint16_t device = pci_get_word(dev->config + PCI_DEVICE_ID);

    if (lduw_le_p(data + DATA_VENDOR) != vendor) {
        return;
    }
    if (data[DATA_CODE] == CODE_PC && data - image < image[PC_LENGTH] * 512) {
        image[PC_CHECKSUM] += data[DATA_DEVICE] + data[DATA_DEVICE + 1] - (device & 0xff) -
                              (device >> 8);
    }
    stw_le_p(data + DATA_DEVICE, device);
}

static void name_device_in_all(const PCIDevice *dev, uint8_t *rom, uint64_t size)
{
    uint64_t at = 0;

    while (at + HEADER_SIZE <= size && lduw_le_p(rom + at) == 0xaa55) {
        uint64_t data = at + lduw_le_p(rom + at + HEADER_DATA);
        uint64_t length;

        if (data + DATA_SIZE > size || memcmp(rom + data, "PCIR", 4)) {
            return;
        }
        name_device(dev, rom + at, rom + data);
        length = lduw_le_p(rom + data + DATA_LENGTH) * 512u;
        if (!length || rom[data + DATA_INDICATOR] & LAST_IMAGE) {
            return;
        }
        at += length;
    }
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
    name_device_in_all(dev, memory_region_get_ram_ptr(&dev->rom), size);
    pci_register_bar(dev, PCI_ROM_SLOT, PCI_BASE_ADDRESS_SPACE_MEMORY, &dev->rom);
    return true;
}
