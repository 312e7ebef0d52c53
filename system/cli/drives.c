/*
 * -drive without if=: what the image became is said, and a disk doesn't become a flash chip.
 * -drive if=virtio: the disk that belongs to it. if=scsi: on the first SCSI bus that there is.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "cli.h"
#include "qemu/error-report.h"
#include "system/block-backend.h"
#include "hw/core/device-add.h"
#include "hw/scsi/scsi.h"
#include "hw/usb/usb.h"

/* What disks, and only they, have in places that every tool looks at. */
static const struct {
    const char *what;
    uint32_t offset;
    uint8_t length;
    uint8_t bytes[8];
} disk_marks[] = {
    { "a GPT partition table", 0x200, 8, "EFI PART" },
    { "an ext2, ext3 or ext4 file system", 0x438, 2, { 0x53, 0xef } },
    { "an ISO 9660 file system", 0x8001, 5, "CD001" },
    { "a boot sector (PC partition table or FAT file system)", 0x1fe, 2, { 0x55, 0xaa } },
};

/* NULL if nothing says that it is a disk. */
static const char *disk_content(BlockBackend *blk)
{
    for (size_t i = 0; i < ARRAY_SIZE(disk_marks); i++) {
        uint8_t bytes[sizeof(disk_marks[i].bytes)];

        if (blk_pread(blk, disk_marks[i].offset, disk_marks[i].length, bytes) == 0 &&
            !memcmp(bytes, disk_marks[i].bytes, disk_marks[i].length)) {
            return disk_marks[i].what;
        }
    }
    return NULL;
}

static bool is_memory_chip(BlockInterfaceType type)
{
    return type == IF_PFLASH || type == IF_MTD;
}

void cli_check_implied_drive(Cli *cli, const DriveInfo *d, Error **errp)
{
    const char *machine = cli->machine_class->name;
    const char *type = drive_if_name(d->type);
    const char *disk = d->file && is_memory_chip(d->type) ? disk_content(d->blk) : NULL;

    if (disk) {
        error_setg(errp, "'%s' holds %s, and a drive without if= is if=%s on machine '%s', which "
                   "has no disks (with if=%s it is taken as it is)", d->file, disk, type, machine,
                   type);
    } else if (d->file) {
        info_report("no if= given: '%s' is if=%s,bus=%d,unit=%d on machine '%s'", d->file, type,
                    d->bus, d->unit, machine);
    }
}

void cli_add_virtio_disks(void)
{
    DriveInfo *d;

    while ((d = drive_take_next(IF_VIRTIO))) {
        g_autofree char *device = g_strdup_printf("virtio-blk,drive=%s", blk_name(d->blk));
        Error *err = NULL;

        if (!device_add_from_str(device, &err)) {
            error_prepend(&err, "-drive if=virtio,id=%s: ", blk_name(d->blk));
            cli_fail(err);
        }
    }
}

void cli_add_usb_controller(Cli *cli)
{
    Error *err = NULL;

    if (cli->usb && !usb_have_bus() && !device_add_from_str("qemu-xhci", &err)) {
        error_prepend(&err, "-usb: ");
        cli_fail(err);
    }
}

void cli_add_scsi_disks(void)
{
    Error *err = NULL;

    if (!scsi_plug_drives(&err)) {
        cli_fail(err);
    }
}
